//! What a first visitor can let go wrong: made from the steps of a saga and the registry of faults, so that a new
//! domain has its own. Nothing is drawn or run here.

use crate::domain::{Domain, Guard, Saga, Step, StepKind};
use crate::sim::Recipe;
use crate::sim::faults::{Count, FaultKind, Leg};
use crate::sim::possible::next_refusable;
use crate::sim::recipe::Fault;

/// Seed of these runs.
const SEED: u64 = 7;

/// One thing that goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Choice {
    /// On its button: "No stock".
    pub(super) title: String,
    /// What that is, in one sentence.
    pub(super) about: &'static str,
    /// The run.
    pub(super) recipe: Recipe,
}

/// What can go wrong in a saga, the gentle things first.
pub(super) fn choices(domain: &Domain, saga: &Saga) -> Vec<Choice> {
    let mut choices: Vec<Choice> = Vec::new();
    let base = Recipe { seed: SEED, ..Recipe::new(&*domain.name, &*saga.name) };
    let mut offer = |title: String, kind: FaultKind, faults: Vec<Fault>| {
        let recipe = faults.into_iter().fold(base.clone(), Recipe::with);
        // Canonical, as it is printed everywhere; what cannot happen is not offered.
        if let Ok(recipe) = recipe.check(domain)
            && choices.iter().all(|known| known.title != title)
        {
            choices.push(Choice { title, about: kind.info().sentence, recipe });
        }
    };
    let at = |step: &Step, leg: Leg, kind: FaultKind| Fault::at_step(&step.name, leg, kind);
    let refuse = |step: &Step| {
        (refusal_title(domain, step), FaultKind::Reject, vec![at(step, Leg::Command, FaultKind::Reject)])
    };
    let mut refusable = refusable(saga);
    let first = refusable.next();
    if let Some(step) = first {
        let (title, kind, faults) = refuse(step);
        offer(title, kind, faults);
    }
    let held = held(saga);
    if let Some(step) = held {
        let faults = vec![at(step, Leg::Reply, FaultKind::Timeout)];
        offer(format!("{} times out", family(step)), FaultKind::Timeout, faults);
    }
    if let Some(step) = refusable.next() {
        let (title, kind, faults) = refuse(step);
        offer(title, kind, faults);
    }
    if let Some(step) = held
        && let Some(index) = saga.steps.iter().position(|known| known.name == step.name)
        && let Some(next) = next_refusable(saga, index)
    {
        let faults =
            vec![at(step, Leg::Undo, FaultKind::UndoFails), at(next, Leg::Command, FaultKind::Reject)];
        offer(undo_title(step), FaultKind::UndoFails, faults);
    }
    if let Some(step) = held {
        let faults = vec![at(step, Leg::Command, FaultKind::CrashBeforeAck)];
        offer("Service crashes".to_owned(), FaultKind::CrashBeforeAck, faults);
    }
    if let Some(step) = saga.steps.iter().find(|step| step.kind == StepKind::Pivot) {
        // A late answer would still resolve it; one that never comes does not.
        let faults = vec![Fault { count: Count::All, ..at(step, Leg::Reply, FaultKind::Lost) }];
        offer(format!("{} never answers", family(step)), FaultKind::Lost, faults);
    }
    choices
}

/// Steps that may be refused, the first one only where there are few: refusing it leaves nothing to undo.
fn refusable(saga: &Saga) -> impl Iterator<Item = &Step> {
    let may = |step: &&Step| step.kind != StepKind::Retriable;
    let spare = usize::from(saga.steps.iter().filter(may).count() > 2);
    saga.steps.iter().filter(may).skip(spare)
}

/// The step whose effect is worth talking about: compensatable and guarded by its key.
fn held(saga: &Saga) -> Option<&Step> {
    let undone = || saga.steps.iter().filter(|step| step.compensate.is_some());
    undone().find(|step| step.guard == Guard::Key).or_else(|| undone().next())
}

/// "Payment" of `payment.process`.
fn family(step: &Step) -> String {
    capital(&crate::model::type_family(&step.command))
}

/// "Payment refused"; where the file says why, the shorter of it: "No stock", "Flight sold out".
fn refusal_title(domain: &Domain, step: &Step) -> String {
    let rule = domain.aggregate_of_command(&step.command).and_then(|(_, rule)| rule.refusal.as_deref());
    let reason = rule.unwrap_or_default();
    if let Some(what) = reason.strip_prefix("out of ") {
        return format!("No {what}");
    }
    if let Some(what) = reason.strip_prefix("no ").and_then(|rest| rest.split(' ').next()) {
        return format!("No {what}");
    }
    if let Some((what, is)) = reason.strip_prefix("the ").and_then(|rest| rest.split_once(" is ")) {
        return format!("{} {is}", capital(what));
    }
    if reason.starts_with("insufficient") {
        return capital(reason);
    }
    format!("{} refused", family(step))
}

/// "Refund fails", "Car cannot be cancelled".
fn undo_title(step: &Step) -> String {
    let verb = step.compensate.as_deref().and_then(|command| command.rsplit('.').next()).unwrap_or("undo");
    if matches!(verb, "refund" | "release" | "return" | "reversal") {
        return format!("{} fails", capital(verb));
    }
    format!("{} cannot be {}", family(step), participle(step))
}

/// "refunded" of `payment.refunded.v1`.
pub(super) fn participle(step: &Step) -> &str {
    let compensated = step.compensated.as_deref().unwrap_or("undone");
    let mut parts = compensated.rsplit('.');
    let last = parts.next().unwrap_or("undone");
    let is_version = last.strip_prefix('v').is_some_and(|number| number.parse::<u32>().is_ok());
    if is_version { parts.next().unwrap_or(last) } else { last }
}

/// With a capital letter.
pub(super) fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::BUILT_IN;

    #[test]
    fn every_built_in_domain_offers_its_own_failures() {
        for (name, expected) in [
            (
                "shop",
                [
                    "Payment refused",
                    "Payment times out",
                    "No stock",
                    "Refund fails",
                    "Service crashes",
                    "Order never answers",
                ],
            ),
            (
                "travel",
                [
                    "No car",
                    "Car times out",
                    "Flight sold out",
                    "Car cannot be cancelled",
                    "Service crashes",
                    "Flight never answers",
                ],
            ),
            (
                "transfer",
                [
                    "Insufficient funds",
                    "Debit times out",
                    "Account closed",
                    "Release fails",
                    "Service crashes",
                    "Credit never answers",
                ],
            ),
        ] {
            let domain = BUILT_IN.iter().find(|built_in| built_in.name == name).unwrap().load();
            let offered = choices(&domain, &domain.sagas[0]);
            let titles: Vec<&str> = offered.iter().map(|choice| &*choice.title).collect();
            assert_eq!(titles, expected);
            for choice in &offered {
                assert_eq!(choice.recipe.check(&domain).as_ref(), Ok(&choice.recipe));
                assert!(!choice.recipe.faults.is_empty());
            }
        }
    }
}
