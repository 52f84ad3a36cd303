//! Where in a saga each fault can strike. Recipes are checked by it, the failure matrix is laid out by it, and
//! random runs draw from it.

use super::faults::{FaultInfo, Leg, Needs};
use crate::domain::{Guard, Saga, SagaStyle, Step, StepKind};

/// Why a fault cannot strike this leg of a step, in words; `None` where it can.
pub fn impossible(info: &FaultInfo, saga: &Saga, step: &Step, leg: Leg) -> Option<String> {
    no_such_leg(saga, step, leg).or_else(|| {
        if !info.legs.contains(&leg) {
            let legs: Vec<&str> = info.legs.iter().map(|leg| leg.name()).collect();
            return Some(format!("{} strikes {} only", info.name, legs.join(", ")));
        }
        match info.needs {
            Needs::InboxGuard if step.guard != Guard::Key => {
                Some(format!("{} is guarded by its state, not by an idempotency key", step.name))
            }
            Needs::Undo if step.compensate.is_none() => Some(format!("{} has no undo", step.name)),
            _ => None,
        }
    })
}

/// Why a step has no such message, in words; `None` where it has.
pub fn no_such_leg(saga: &Saga, step: &Step, leg: Leg) -> Option<String> {
    if leg.is_undo() && step.compensate.is_none() {
        return Some(format!("{} has no undo", step.name));
    }
    let nobody_asks = saga.style == SagaStyle::Choreography && leg == Leg::Timer && step.timeout.is_none();
    nobody_asks.then(|| format!("{} has no timeout, and so no timer", step.name))
}

/// The legs of a step that the failure matrix shows. In a choreography the reply of a step is the event that the
/// next one reacts to.
pub fn shown_legs(step: &Step) -> impl Iterator<Item = Leg> + use<> {
    let undoes = step.compensate.is_some();
    Leg::ALL.into_iter().filter(move |leg| *leg != Leg::Timer && (undoes || !leg.is_undo()))
}

/// The first step after this one that may be refused, so that this one must be undone.
pub fn next_refusable(saga: &Saga, step: usize) -> Option<&Step> {
    saga.steps.iter().skip(step + 1).find(|step| step.kind != StepKind::Retriable)
}

/// Every type that a message of the saga can have: commands and events.
pub fn message_types(saga: &Saga) -> impl Iterator<Item = &str> {
    std::iter::once(&*saga.starts_on).chain(saga.steps.iter().flat_map(types_of))
}

fn types_of(step: &Step) -> impl Iterator<Item = &str> {
    let done = [&step.command, &step.success, &step.failure];
    let undone = [&step.compensate, &step.compensated, &step.tombstone];
    done.into_iter().chain(undone.into_iter().flatten()).map(|name| &**name)
}

/// Name of the one who coordinates, where faults of a service are asked for.
pub const ORCHESTRATOR: &str = "orchestrator";

/// Everyone who handles messages of the saga.
pub fn handlers(saga: &Saga) -> impl Iterator<Item = &str> {
    let coordinator = (saga.style == SagaStyle::Orchestration).then_some(ORCHESTRATOR);
    saga.steps.iter().map(|step| &*step.service).chain(coordinator)
}
