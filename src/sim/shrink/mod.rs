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
