//! The recipes that are one step smaller than a given one, in the order in which they are tried.

use super::is_smaller;
use crate::domain::{Domain, Saga};
use crate::sim::faults::{Count, Leg};
use crate::sim::possible::{impossible, message_types};
use crate::sim::recipe::{Fault, Place, Recipe};

/// One way of making a recipe smaller: gives what might be, valid or not.
pub(super) type Stage = fn(&Saga, &Recipe) -> Vec<Recipe>;

/// The ways, in order.
pub(super) const STAGES: &[Stage] =
    &[drop_fault, drop_removal, fewer_sagas, fewer_times, earlier, default_durations, narrower, smaller_seed];

/// Seeds that are tried, from 0.
const SEEDS_MAX: u64 = 16;

/// Every smaller recipe that shrinking tries first, in order; each is valid and in canonical form.
pub fn candidates<'a>(domain: &'a Domain, recipe: &'a Recipe) -> impl Iterator<Item = Recipe> + 'a {
    STAGES.iter().flat_map(move |stage| of_stage(domain, recipe, *stage))
}

/// Those of one stage.
pub(super) fn of_stage(domain: &Domain, recipe: &Recipe, stage: Stage) -> Vec<Recipe> {
    let Some(saga) = domain.sagas.iter().find(|saga| *saga.name == *recipe.saga) else { return Vec::new() };
    let mut found: Vec<Recipe> = Vec::new();
    for candidate in stage(saga, recipe) {
        let Ok(candidate) = candidate.check(domain) else { continue };
        if is_smaller(&candidate, recipe) && !found.contains(&candidate) {
            found.push(candidate);
        }
    }
    found
}

fn drop_fault(_: &Saga, recipe: &Recipe) -> Vec<Recipe> {
    let drop = |at: usize| {
        let mut smaller = recipe.clone();
        smaller.faults.remove(at);
        smaller
    };
    (0..recipe.faults.len()).map(drop).collect()
}

fn drop_removal(_: &Saga, recipe: &Recipe) -> Vec<Recipe> {
    let drop = |at: usize| {
        let mut smaller = recipe.clone();
        smaller.without.remove(at);
        smaller
    };
    (0..recipe.without.len()).map(drop).collect()
}

/// One saga, with all faults or with those of one saga only; then fewer; then none singled out.
fn fewer_sagas(_: &Saga, recipe: &Recipe) -> Vec<Recipe> {
    let mut found = Vec::new();
    let mut fewer = |sagas: u32, keep: &dyn Fn(&Fault) -> bool| {
        let faults = recipe.faults.iter().filter(|fault| keep(fault)).cloned().map(|mut fault| {
            fault.target.saga = fault.target.saga.filter(|_| sagas > 1).map(|number| number.min(sagas));
            fault
        });
        found.push(Recipe { sagas, faults: faults.collect(), ..recipe.clone() });
    };
    fewer(1, &|_| true);
    for number in recipe.faults.iter().filter_map(|fault| fault.target.saga) {
        fewer(1, &|fault| fault.target.saga.is_none_or(|of| of == number));
    }
    for sagas in [2, recipe.sagas / 2, recipe.sagas.saturating_sub(1)] {
        if (2..recipe.sagas).contains(&sagas) {
            fewer(sagas, &|_| true);
        }
    }
    found.extend(each_fault(recipe, |fault| {
        let mut every = fault.clone();
        every.target.saga = None;
        vec![every]
    }));
    found
}

/// The recipe once for each of its faults and each of that fault's variants.
fn each_fault(recipe: &Recipe, variants: impl Fn(&Fault) -> Vec<Fault>) -> Vec<Recipe> {
    let mut found = Vec::new();
    for (at, fault) in recipe.faults.iter().enumerate() {
        for variant in variants(fault) {
            let mut smaller = recipe.clone();
            smaller.faults[at] = variant;
            found.push(smaller);
        }
    }
    found
}

fn fewer_times(_: &Saga, recipe: &Recipe) -> Vec<Recipe> {
    each_fault(recipe, |fault| {
        let lower = match fault.count {
            Count::All => vec![],
            Count::Times(times) => vec![1, times / 2, times - 1],
        };
        let lower = lower.into_iter().filter(|times| *times > 0).map(Count::Times);
        std::iter::once(fault.kind.info().count)
            .chain(lower)
            .map(|count| Fault { count, ..fault.clone() })
            .collect()
    })
}

fn earlier(_: &Saga, recipe: &Recipe) -> Vec<Recipe> {
    each_fault(recipe, |fault| {
        let places = [1, fault.at - 1].into_iter().filter(|at| *at > 0);
        places.map(|at| Fault { at, ..fault.clone() }).collect()
    })
}

fn default_durations(_: &Saga, recipe: &Recipe) -> Vec<Recipe> {
    let mut found = each_fault(recipe, |fault| {
        vec![
            Fault { start: None, length: None, ..fault.clone() },
            Fault { start: None, ..fault.clone() },
            Fault { length: None, ..fault.clone() },
        ]
    });
    found.push(Recipe { every: None, ..recipe.clone() });
    found.push(Recipe { limit: None, ..recipe.clone() });
    found
}

/// Wide targets become each leg they stand for.
fn narrower(saga: &Saga, recipe: &Recipe) -> Vec<Recipe> {
    each_fault(recipe, |fault| {
        let places: Vec<Place> = match &fault.target.place {
            Place::Start | Place::Step { .. } => Vec::new(),
            Place::Any => std::iter::once(Place::Start)
                .chain(legs(saga, fault))
                .chain(message_types(saga).map(|name| Place::Type(name.to_owned())))
                .collect(),
            Place::Service(service) => {
                let of_service = |place: &Place| match place {
                    Place::Step { step, leg } => {
                        let known = saga.steps.iter().find(|known| *known.name == **step);
                        let replies = matches!(leg, Leg::Reply | Leg::UndoReply | Leg::Timer);
                        replies || known.is_some_and(|known| *known.service == **service)
                    }
                    _ => true,
                };
                legs(saga, fault).filter(of_service).collect()
            }
            Place::Type(_) => legs(saga, fault).collect(),
        };
        places
            .into_iter()
            .map(|place| {
                let mut narrow = fault.clone();
                narrow.target.place = place;
                narrow
            })
            .collect()
    })
}

fn legs<'a>(saga: &'a Saga, fault: &'a Fault) -> impl Iterator<Item = Place> + 'a {
    saga.steps.iter().flat_map(move |step| {
        let legs = Leg::ALL.into_iter();
        let possible = legs.filter(|leg| impossible(fault.kind.info(), saga, step, *leg).is_none());
        possible.map(|leg| Place::Step { step: step.name.to_string(), leg })
    })
}

fn smaller_seed(_: &Saga, recipe: &Recipe) -> Vec<Recipe> {
    (0..=SEEDS_MAX).map(|seed| Recipe { seed, ..recipe.clone() }).collect()
}
