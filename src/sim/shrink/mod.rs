//! Shrinking: a recipe that fails is made smaller as long as it fails in the same way, until nothing can be left
//! out any more. What the same way is, the caller says. Runs nothing itself.
//!
//! Smaller means: fewer faults, then fewer removals, then narrower targets, then shorter text, then text order.
//! Every accepted step is smaller, so shrinking ends.

mod candidates;

use crate::domain::Domain;

use super::recipe::{Place, Recipe};

pub use candidates::candidates;

/// What shrinking came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shrunk {
    /// The smallest recipe found; the given one, in canonical form, where none smaller fails in the same way.
    pub recipe: Recipe,
    /// Runs that were made.
    pub runs: u64,
    /// Whether nothing smaller was left to try, rather than the limit of runs reached.
    pub finished: bool,
}

/// Makes a failing recipe smaller. `fails` runs one and says whether it fails in the same way; it is asked at most
/// `runs_max` times.
pub fn shrink(
    domain: &Domain,
    recipe: &Recipe,
    runs_max: u64,
    fails: &mut dyn FnMut(&Recipe) -> bool,
) -> Shrunk {
    let mut best = recipe.check(domain).unwrap_or_else(|_unknown_names| recipe.clone());
    let mut runs = 0;
    loop {
        let mut smaller_found = false;
        for stage in candidates::STAGES {
            // Within a stage from the start again after each success: two faults may both have to go.
            while let Some(found) = first_failing(domain, &best, *stage, runs_max, &mut runs, fails) {
                best = found;
                smaller_found = true;
            }
            if runs >= runs_max {
                return Shrunk { recipe: best, runs, finished: false };
            }
        }
        if !smaller_found {
            return Shrunk { recipe: best, runs, finished: true };
        }
    }
}

fn first_failing(
    domain: &Domain,
    best: &Recipe,
    stage: candidates::Stage,
    runs_max: u64,
    runs: &mut u64,
    fails: &mut dyn FnMut(&Recipe) -> bool,
) -> Option<Recipe> {
    for candidate in candidates::of_stage(domain, best, stage) {
        if *runs >= runs_max {
            return None;
        }
        *runs += 1;
        if fails(&candidate) {
            return Some(candidate);
        }
    }
    None
}

/// Whether `a` is smaller than `b`.
pub fn is_smaller(a: &Recipe, b: &Recipe) -> bool {
    size(a) < size(b)
}

fn size(recipe: &Recipe) -> (usize, usize, u32, usize, String) {
    let text = recipe.to_string();
    let breadth = recipe.faults.iter().map(|fault| breadth(&fault.target.place)).sum();
    (recipe.faults.len(), recipe.without.len(), breadth, text.len(), text)
}

/// How many messages a place takes in, roughly.
fn breadth(place: &Place) -> u32 {
    match place {
        Place::Start | Place::Step { .. } => 0,
        Place::Type(_) => 1,
        Place::Service(_) => 2,
        Place::Any => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::faults::{FaultKind, Protection};
    use crate::sim::testing::shop;

    const MANY: u64 = 100_000;

    /// Shrinks `from` while `fails` says so of the text's parts.
    fn shrunk(from: &str, fails: impl Fn(&Recipe) -> bool) -> String {
        let from = Recipe::parse(from).unwrap();
        assert!(fails(&from), "what is shrunk fails at first");
        let shrunk = shrink(&shop(), &from, MANY, &mut |recipe| fails(recipe));
        assert!(shrunk.finished && fails(&shrunk.recipe), "{shrunk:?}");
        shrunk.recipe.to_string()
    }

    #[test]
    fn what_does_not_matter_is_left_out_and_what_does_stays() {
        let long = "shop/fulfilment?seed=4711&sagas=9&every=3s&fault=create-order/reply:delayed=70ms\
                    &fault=process-payment#4:duplicated:5@3+20ms=9ms&fault=send-confirmation:transient:2\
                    &without=idempotency&without=retries&limit=5000";
        let duplicated = |recipe: &Recipe| {
            recipe.faults.iter().any(|fault| {
                fault.kind == FaultKind::Duplicated
                    && matches!(&fault.target.place, Place::Step { step, .. } if step == "process-payment")
            })
        };
        assert_eq!(
            shrunk(long, |recipe| duplicated(recipe) && !recipe.protects(Protection::Idempotency)),
            "shop/fulfilment?fault=process-payment:duplicated&without=idempotency"
        );
        assert_eq!(shrunk(long, duplicated), "shop/fulfilment?fault=process-payment:duplicated");
        assert_eq!(shrunk(long, |_| true), "shop/fulfilment");
        assert_eq!(
            shrunk(long, |recipe| duplicated(recipe) && recipe.sagas >= 3 && recipe.seed % 9 == 4),
            "shop/fulfilment?seed=4&sagas=3&fault=process-payment:duplicated"
        );
        assert_eq!(
            shrunk(long, |recipe| recipe.faults.iter().any(|fault| fault.at == 3 && fault.strikes(6))),
            "shop/fulfilment?fault=process-payment:duplicated:4@3"
        );
    }

    #[test]
    fn faults_that_only_fail_together_stay_together() {
        assert_eq!(
            shrunk(
                "shop/fulfilment?fault=create-order:lost&fault=create-order/reply:lost\
                 &fault=process-payment:lost&fault=reserve-inventory:lost&fault=confirm-order:lost",
                |recipe| {
                    let text = recipe.to_string();
                    text.contains("process-payment:lost") == text.contains("confirm-order:lost")
                        && text.contains("create-order:lost")
                }
            ),
            "shop/fulfilment?fault=create-order:lost&fault=process-payment:lost&fault=confirm-order:lost",
            "one of the two alone does not fail, so neither can be dropped alone"
        );
    }

    #[test]
    fn a_wide_target_becomes_the_message_that_matters() {
        let hits = |recipe: &Recipe| {
            recipe.faults.iter().any(|fault| match &fault.target.place {
                Place::Any => true,
                Place::Type(name) => name == "reserve-inventory.do",
                Place::Service(name) => name == "inventory",
                Place::Step { step, leg } => step == "reserve-inventory" && leg.name() == "command",
                Place::Start => false,
            })
        };
        for wide in ["any", "service/inventory", "type/reserve-inventory.do"] {
            assert_eq!(
                shrunk(&format!("shop/fulfilment?fault={wide}:lost"), hits),
                "shop/fulfilment?fault=reserve-inventory:lost"
            );
        }
    }

    #[test]
    fn every_candidate_is_smaller_and_valid_and_shrinking_keeps_to_its_limit() {
        let recipe = Recipe::parse(
            "shop/fulfilment?seed=99&sagas=5&fault=any#2:delayed:all=1s&fault=confirm-order:timeout:2@2&without=outbox",
        )
        .unwrap();
        let all: Vec<Recipe> = candidates(&shop(), &recipe).collect();
        assert!(all.len() > 30, "{}", all.len());
        for candidate in &all {
            assert!(is_smaller(candidate, &recipe), "{candidate}");
            assert_eq!(candidate.check(&shop()).as_ref(), Ok(candidate));
        }
        let mut asked = 0;
        let shrunk = shrink(&shop(), &recipe, 7, &mut |_| {
            asked += 1;
            false
        });
        assert_eq!((shrunk.runs, asked, shrunk.finished), (7, 7, false));
        assert_eq!(Ok(shrunk.recipe), recipe.check(&shop()));
    }
}
