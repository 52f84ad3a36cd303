//! What a saga is meant to do: the steps of its definition, or those that its own facts name when there is none.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::naming::is_notice;
use crate::domain::{Domain, Name, Saga, SagaStyle, Step, StepKind, split_version};

/// What an event of a domain means for a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The step happened.
    Effect,
    /// It was refused.
    Refusal,
    /// It was undone.
    Undone,
    /// There was nothing to undo.
    Tombstone,
    /// A further part of the effect, recorded with it: the second line of an order.
    Part,
    /// It was undone by somebody else, beside the saga: a refund because the parcel was lost.
    TakenBack,
}

/// One step, as far as it is known.
#[derive(Clone, Debug)]
pub struct PlanStep {
    /// `process-payment`.
    pub name: Name,
    /// Its definition, where there is one.
    pub definition: Option<Step>,
    /// What is known of the span of a trace that it is.
    pub span: Option<SpanStep>,
}

/// A step that is a span of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpanStep {
    /// It has no parent: with it the trace begins and ends.
    pub is_root: bool,
    /// Its parent was not seen before it.
    pub is_top: bool,
    /// Which of its name in this trace, from 1.
    pub number: u32,
}

impl PlanStep {
    /// Compensatable, pivot or retriable; unknown without a definition.
    pub fn kind(&self) -> Option<StepKind> {
        self.definition.as_ref().map(|step| step.kind)
    }

    /// Whether it may happen twice without harm.
    pub fn is_notice(&self) -> bool {
        self.definition.as_ref().map_or_else(|| is_notice(&self.name), |step| step.notice)
    }

    /// What it does, for people.
    pub fn label(&self) -> &str {
        self.definition.as_ref().map_or(&*self.name, |step| &step.label)
    }
}

/// A saga's steps in order.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Name of the definition, where one is known.
    pub name: Option<Name>,
    /// Orchestrated or choreographed, where known.
    pub style: Option<SagaStyle>,
    /// Its steps.
    pub steps: Vec<PlanStep>,
    /// Whether a domain file says all this.
    pub is_defined: bool,
    /// Whether an engine's history says it: each step is one call, and its answer is its effect.
    pub is_history: bool,
    /// Calls that undo a step, by their names: inferred.
    pub(super) undos: Vec<(Name, usize)>,
    starts_on: Option<Name>,
    /// Steps that are spans, by their ids.
    spans: BTreeMap<String, usize>,
    /// How many spans have each name.
    named: BTreeMap<String, u32>,
}

impl Plan {
    /// Of a definition.
    pub fn of(saga: &Saga) -> Self {
        let steps = saga.steps.iter();
        Self {
            name: Some(Arc::clone(&saga.name)),
            style: Some(saga.style),
            steps: steps
                .map(|step| PlanStep {
                    name: Arc::clone(&step.name),
                    definition: Some(step.clone()),
                    span: None,
                })
                .collect(),
            is_defined: true,
            is_history: false,
            undos: Vec::new(),
            starts_on: Some(Arc::clone(&saga.starts_on)),
            spans: BTreeMap::new(),
            named: BTreeMap::new(),
        }
    }

    /// Of a saga that only its own facts tell of.
    pub fn unknown() -> Self {
        Self {
            name: None,
            style: None,
            steps: Vec::new(),
            is_defined: false,
            is_history: false,
            undos: Vec::new(),
            starts_on: None,
            spans: BTreeMap::new(),
            named: BTreeMap::new(),
        }
    }

    /// The step of this name; without a definition it is added.
    pub fn step(&mut self, name: &str) -> Option<usize> {
        let known = self.steps.iter().position(|step| *step.name == *name);
        if known.is_some() || self.is_defined {
            return known;
        }
        self.steps.push(PlanStep { name: name.into(), definition: None, span: None });
        Some(self.steps.len() - 1)
    }

    /// The step that a span is; added when it is new. `None` where a definition says what the steps are.
    pub fn span(&mut self, id: &str, name: &str, parent: Option<&str>) -> Option<usize> {
        if let Some(known) = self.spans.get(id) {
            return Some(*known);
        }
        if self.is_defined {
            return None;
        }
        let number = self.named.entry(name.to_owned()).or_default();
        *number += 1;
        let span = SpanStep {
            is_root: parent.is_none(),
            is_top: parent.is_none_or(|parent| !self.spans.contains_key(parent)),
            number: *number,
        };
        let name = if *number > 1 { format!("{name} #{number}") } else { name.to_owned() };
        self.spans.insert(id.to_owned(), self.steps.len());
        self.steps.push(PlanStep { name: name.into(), definition: None, span: Some(span) });
        Some(self.steps.len() - 1)
    }

    /// The step whose completion is the point of no return: the pivot, else the last that is not retriable. `None` of
    /// a definition: every step is retriable, and there is no way back from the beginning.
    pub fn point_of_no_return(&self) -> Option<usize> {
        let kind = |kind: StepKind| move |step: &PlanStep| step.kind() == Some(kind);
        self.steps.iter().position(kind(StepKind::Pivot)).or_else(|| {
            self.steps.iter().rposition(|step| step.kind().is_some_and(|kind| kind != StepKind::Retriable))
        })
    }

    /// What a domain event of this type means, by the definition: under its whole name, else whatever its version.
    pub fn meaning(&self, event_type: &str) -> Option<(usize, Meaning)> {
        let exact = |name: &str| name == event_type;
        let base = split_version(event_type).0;
        let loose = |name: &str| split_version(name).0 == base;
        self.meaning_by(&exact).or_else(|| self.meaning_by(&loose))
    }

    fn meaning_by(&self, is: &dyn Fn(&str) -> bool) -> Option<(usize, Meaning)> {
        let named = |name: &Option<Name>| name.as_deref().is_some_and(is);
        self.steps.iter().enumerate().find_map(|(at, step)| {
            let step = step.definition.as_ref()?;
            let meaning = if is(&step.success) {
                Meaning::Effect
            } else if is(&step.failure) {
                Meaning::Refusal
            } else if named(&step.compensated) {
                Meaning::Undone
            } else if named(&step.tombstone) {
                Meaning::Tombstone
            } else {
                return None;
            };
            Some((at, meaning))
        })
    }

    /// Whether an event of this type is one of the saga.
    pub fn knows(&self, event_type: &str) -> bool {
        let starts = self.starts_on.as_deref();
        starts.is_some_and(|name| split_version(name).0 == split_version(event_type).0)
            || self.meaning(event_type).is_some()
    }
}

/// Finds the definitions that the events of a correlation follow.
#[derive(Debug)]
pub(super) struct Plans {
    plans: Vec<Plan>,
}

impl Plans {
    /// The sagas of a domain.
    pub(super) fn of(domain: &Domain) -> Self {
        Self { plans: domain.sagas.iter().map(Plan::of).collect() }
    }

    /// The definition called `name`.
    pub(super) fn named(&self, name: &str) -> Option<&Plan> {
        self.plans.iter().find(|plan| plan.name.as_deref() == Some(name))
    }

    /// The definition that has most of these steps; of equals the one whose form fits.
    pub(super) fn of_steps(&self, steps: &[&str], coordinated: bool) -> Option<&Plan> {
        let known = |plan: &Plan| {
            steps.iter().filter(|name| plan.steps.iter().any(|step| *step.name == ***name)).count()
        };
        let fits = |plan: &Plan| (plan.style == Some(SagaStyle::Orchestration)) == coordinated;
        let best = self.plans.iter().rev().max_by_key(|plan| (known(plan), fits(plan)));
        best.filter(|plan| known(plan) > 0)
    }

    /// The definitions that these types of events follow, the best first. Two definitions of the same types are two
    /// forms of one saga: `coordinated` says which it is. One that explains types which no other does is another
    /// saga of the same correlation.
    pub(super) fn of_types(&self, types: &[&str], coordinated: bool) -> Vec<&Plan> {
        let mut left: Vec<&str> = types.to_vec();
        let mut found = Vec::new();
        loop {
            let explained = |plan: &Plan| left.iter().filter(|name| plan.knows(name)).count();
            let fits = |plan: &Plan| (plan.style == Some(SagaStyle::Orchestration)) == coordinated;
            let best = self.plans.iter().rev().max_by_key(|plan| (explained(plan), fits(plan)));
            let Some(best) = best.filter(|plan| explained(plan) >= if found.is_empty() { 1 } else { 2 })
            else {
                return found;
            };
            left.retain(|name| !best.knows(name));
            found.push(best);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::BuiltIn;

    fn plans(name: &str) -> Plans {
        Plans::of(&BuiltIn::named(name).unwrap().load())
    }

    #[test]
    fn types_mean_what_the_definition_says_whatever_their_version() {
        let plans = plans("shop");
        let plan = plans.named("fulfilment").unwrap();
        for (event_type, meaning) in [
            ("payment.completed.v1", Some((1, Meaning::Effect))),
            ("payment.completed.v9", Some((1, Meaning::Effect))),
            ("payment.failed.v1", Some((1, Meaning::Refusal))),
            ("payment.refunded.v1", Some((1, Meaning::Undone))),
            ("inventory.voided.v1", Some((2, Meaning::Tombstone))),
            ("user.created.v1", None),
        ] {
            assert_eq!(plan.meaning(event_type), meaning, "{event_type}");
        }
        assert_eq!(plan.point_of_no_return(), Some(3));
    }

    #[test]
    fn the_form_of_a_saga_follows_from_whether_somebody_coordinates() {
        let plans = plans("shop");
        let types = ["order.created.v1", "payment.completed.v1"];
        for (coordinated, name) in [(true, "fulfilment"), (false, "fulfilment_choreographed")] {
            let found = plans.of_types(&types, coordinated);
            assert_eq!(found.iter().map(|plan| plan.name.as_deref().unwrap()).collect::<Vec<_>>(), [name]);
        }
        assert!(plans.of_types(&["something.else"], true).is_empty());
    }
}
