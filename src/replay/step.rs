//! One step of a replay: what an event was, what it did to the state, and what is kept to fold it again.

use std::sync::Arc;

use super::EvolveIssue;
use super::diff::Counts;
use crate::model::{EventKind, JsonText, RecordedEvent, Row, Timestamp};

/// One event of the stream and what it did to the state. Steps count from 0 and have no gaps.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The event.
    pub row: Row,
    /// Its version in the stream, as the store counts.
    pub version: Option<i64>,
    /// Its type's name, shared by all steps of the type.
    pub event_type: Arc<str>,
    /// Its time.
    pub time: Option<Timestamp>,
    /// Event, command or integration event.
    pub kind: EventKind,
    /// How many values it changed.
    pub counts: Counts,
    /// Why it changed nothing, if there was nothing to evolve from.
    pub skipped: Option<Skipped>,
    /// Why the rule refused it; the state is the one before.
    pub issue: Option<Arc<EvolveIssue>>,
    /// Whether its type's name tells of a failure.
    pub failure: bool,
}

/// Why the default rule left the state alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skipped {
    /// The event has no data.
    NoData,
    /// Its data cannot be read as JSON.
    Opaque,
}

impl Skipped {
    /// For a label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoData => "no data",
            Self::Opaque => "data cannot be read",
        }
    }
}

/// What has to be kept of an event to fold it again.
#[derive(Clone, Debug)]
pub(super) enum Input {
    Nothing,
    Merge(JsonText),
    Event(Arc<RecordedEvent>),
}

impl Input {
    pub(super) fn document(&self) -> Option<&JsonText> {
        match self {
            Self::Merge(text) => Some(text),
            Self::Nothing | Self::Event(_) => None,
        }
    }

    pub(super) fn event(&self) -> Option<&RecordedEvent> {
        match self {
            Self::Event(event) => Some(event),
            Self::Nothing | Self::Merge(_) => None,
        }
    }
}
