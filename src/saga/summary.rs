//! What a list says of a saga. Plain data; how it is found is the matter of the survey.

use super::lane::StepState;
use super::ledger::Debt;
use super::outcome::{Confidence, Outcome};
use crate::domain::Name;
use crate::model::Timestamp;

/// A step of a saga in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepView {
    /// The step.
    pub name: Name,
    /// Where it is.
    pub state: StepState,
    /// Attempts of doing it.
    pub attempts: u32,
    /// Attempts of undoing it.
    pub undo_attempts: u32,
}

/// One saga in a list.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Its events: place in [`super::Survey::instances`].
    pub instance: usize,
    /// The definition that it follows, where one is known.
    pub definition: Option<Name>,
    /// How it stands.
    pub outcome: Outcome,
    /// How sure that is.
    pub confidence: Confidence,
    /// Place of its variant in [`super::Survey::variants`].
    pub variant: u32,
    /// The step in hand, or what happened last.
    pub current: Name,
    /// Its steps; empty where they are the types of its variant.
    pub steps: Vec<StepView>,
    /// Attempts beyond the first, of all steps.
    pub retries: u32,
    /// What it owes.
    pub owed: Vec<Debt>,
    /// When it began.
    pub started: Option<Timestamp>,
    /// Its last event.
    pub last: Option<Timestamp>,
    /// From its first to its last event, in nanoseconds.
    pub duration: i64,
    /// How long it has been quiet at the end of the log, in nanoseconds.
    pub silence: i64,
    /// Number of its events.
    pub events: usize,
    /// It took a way that no other saga of the log took.
    pub is_singular: bool,
}
