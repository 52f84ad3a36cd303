//! A sweep: runs with faults drawn by a seed, to find what nobody thought of. Each run is a recipe like any other,
//! so whatever is found can be run again, made shorter and kept as a test.

use std::ops::ControlFlow;

use super::faults::{Count, FAULTS, FaultInfo, FaultKind, Leg};
use super::matrix::Run;
use super::outcome::{Failure, worst};
use super::possible::impossible;
use super::recipe::{Fault, Place, Recipe, RecipeErrors, Target};
use super::world::{Outcome, RunReport, WorldError};
use crate::base::entropy::{Purpose, between, mix};
use crate::domain::{Domain, Saga};

/// Faults in one random run, at most: more hide each other.
const FAULTS_MAX: u64 = 4;

/// Sagas in one random run, at most: enough for them to meet at one aggregate.
const SAGAS_MAX: u64 = 3;

/// One run of a sweep.
#[derive(Clone, Debug)]
pub struct SweepRun {
    /// Its number, from 0.
    pub number: u64,
    /// What was run, in canonical form.
    pub recipe: Recipe,
    /// What it came to.
    pub report: RunReport,
}

impl SweepRun {
    /// How it ended, of several sagas the worst.
    pub fn outcome(&self) -> Outcome {
        worst(&self.report)
    }

    /// Whether and how it failed.
    pub fn failure(&self) -> Option<Failure> {
        Failure::of(&self.report)
    }
}

/// Runs `runs` random recipes around `base` and hands over each as it is done. Ends early when `each` breaks.
pub fn sweep(
    domain: &Domain,
    base: &Recipe,
    runs: u64,
    run: &mut Run<'_>,
    each: &mut dyn FnMut(SweepRun) -> ControlFlow<()>,
) -> Result<(), SweepError> {
    for number in 0..runs {
        let recipe = random_recipe(domain, base, number)?;
        let report = run(&recipe)?;
        if each(SweepRun { number, recipe, report }).is_break() {
            break;
        }
    }
    Ok(())
}

/// Why a sweep could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The recipe to begin with is not of this domain.
    #[error(transparent)]
    Recipe(#[from] RecipeErrors),
    /// A run could not be begun.
    #[error(transparent)]
    World(#[from] WorldError),
}

/// The recipe of a random run: weather drawn by the seed of `base` and the number of the run, on top of what `base`
/// has.
pub fn random_recipe(domain: &Domain, base: &Recipe, number: u64) -> Result<Recipe, RecipeErrors> {
    let base = base.check(domain)?;
    let saga = domain.sagas.iter().find(|saga| *saga.name == *base.saga);
    let saga = saga.expect("a checked recipe names a saga of the domain");
    let draws = Draws { seed: base.seed, number };
    let mut recipe = Recipe { seed: draws.draw("seed", 0, 999_999), ..base.clone() };
    if base.sagas == 1 && draws.draw("several", 0, 3) == 0 {
        recipe.sagas = draws.draw("sagas", 2, SAGAS_MAX) as u32;
    }
    let targets = targets(saga);
    for index in 0..draws.draw("faults", 1, FAULTS_MAX) {
        let draws = |what: &str, low, high| draws.draw(&format!("{what}/{index}"), low, high);
        let (info, place) = &targets[draws("target", 0, targets.len() as u64 - 1) as usize];
        let mut fault = Fault::new(Target { place: place.clone(), saga: None }, info.kind);
        match draws("count", 0, 5) {
            0 => fault.count = Count::Times(draws("times", 1, 3) as u32),
            // A process that dies each time never gets anywhere: the weather must end some time.
            1 if !info.kind.is_crash() => fault.count = Count::All,
            2 => fault = Fault { at: draws("at", 1, 3) as u32, count: Count::Times(1), ..fault },
            _ => {}
        }
        if recipe.sagas > 1 && draws("one", 0, 1) == 0 {
            fault.target.saga = Some(draws("saga", 1, u64::from(recipe.sagas)) as u32);
        }
        recipe = recipe.with(fault);
    }
    // A saga that must go back, so that undoing is tried as well.
    if draws.draw("back", 0, 2) == 0
        && let Some(step) = last_refusable(saga)
    {
        recipe = recipe.with(Fault::at_step(step, Leg::Command, FaultKind::Reject));
    }
    recipe.check(domain)
}

struct Draws {
    seed: u64,
    number: u64,
}

impl Draws {
    fn draw(&self, what: &str, low: u64, high: u64) -> u64 {
        between(mix(self.seed, Purpose::Swarm, what, self.number), low, high)
    }
}

/// Everything that weather can strike: each message of each step by each kind. Lost timers are left out: who loses
/// them has no timeouts, and that is a protection taken away.
fn targets(saga: &Saga) -> Vec<(&'static FaultInfo, Place)> {
    let mut targets = Vec::new();
    for info in FAULTS.iter().filter(|info| info.weather) {
        if info.at_start {
            targets.push((info, Place::Start));
        }
        for step in &saga.steps {
            for leg in Leg::ALL {
                let lost_timer = info.kind == FaultKind::Lost && leg == Leg::Timer;
                if !lost_timer && impossible(info, saga, step, leg).is_none() {
                    targets.push((info, Place::Step { step: step.name.to_string(), leg }));
                }
            }
        }
    }
    targets
}

fn last_refusable(saga: &Saga) -> Option<&str> {
    use crate::domain::StepKind::Retriable;
    saga.steps.iter().rfind(|step| step.kind != Retriable).map(|step| &*step.name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::sim::testing::shop;

    fn recipes(seed: u64) -> Vec<String> {
        let base = Recipe { seed, ..Recipe::new("shop", "fulfilment") };
        (0..400).map(|number| random_recipe(&shop(), &base, number).unwrap().to_string()).collect()
    }

    #[test]
    fn the_same_seed_draws_the_same_runs_and_another_seed_others() {
        assert_eq!(recipes(1), recipes(1));
        let shared: BTreeSet<String> =
            BTreeSet::from_iter(recipes(1)).intersection(&BTreeSet::from_iter(recipes(2))).cloned().collect();
        assert!(shared.len() < 5, "{shared:?}");
    }

    #[test]
    fn every_kind_of_weather_is_drawn_and_nothing_else() {
        let text = recipes(1).join("\n");
        for info in FAULTS {
            assert_eq!(text.contains(&format!(":{}", info.name)), info.weather, "{}", info.name);
        }
        for shape in ["sagas=2", "sagas=3", "#1:", "#3:", ":all", "@2", "start:", "/timer:"] {
            assert!(text.contains(shape), "{shape}");
        }
    }

    #[test]
    fn what_the_base_recipe_says_stays() {
        let base = Recipe::parse("shop/fulfilment?sagas=5&every=1s&fault=any:lost&without=outbox").unwrap();
        for number in 0..20 {
            let recipe = random_recipe(&shop(), &base, number).unwrap();
            assert_eq!((recipe.sagas, recipe.every, &recipe.without), (5, base.every, &base.without));
            assert!(recipe.faults.contains(&base.faults[0]));
        }
    }
}
