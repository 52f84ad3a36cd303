//! The canonical event: what every format is mapped to, and nothing a store did not say.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use super::{JsonText, StreamName, Timestamp};

/// An event as some store recorded it. What the store does not have is `None`, never invented.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecordedEvent {
    /// Position in the store's global order; may have gaps.
    pub position: Option<i64>,
    /// The event's own id, as the store spells it.
    pub id: Option<String>,
    /// Event, command or integration event.
    pub kind: EventKind,
    /// The event type's name, as users of the system say it.
    pub event_type: String,
    /// Version of the payload's schema, in the store's own spelling.
    pub schema_version: Option<String>,
    /// The streams it belongs to, the home stream first; may be empty.
    pub streams: Vec<Membership>,
    /// When it happened.
    pub occurred_at: Option<Timestamp>,
    /// When it was written.
    pub recorded_at: Option<Timestamp>,
    /// What it belongs to.
    pub correlation_id: Option<String>,
    /// What caused it.
    pub causation_id: Option<String>,
    /// The payload.
    pub data: Payload,
    /// Everything else the store keeps beside the payload.
    pub metadata: Option<JsonText>,
    /// Repairs made while reading this event, each a sentence.
    pub warnings: Vec<String>,
}

impl RecordedEvent {
    /// The stream it was written to, if it has one.
    pub fn home(&self) -> Option<&Membership> {
        self.streams.first()
    }

    /// The time to order and to show it by: when it happened, else when it was written.
    pub fn time(&self) -> Option<Timestamp> {
        self.occurred_at.or(self.recorded_at)
    }
}

/// One stream that an event belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Membership {
    /// Which stream.
    pub stream: StreamName,
    /// Position in that stream, as the store counts (some from 0, some from 1).
    pub version: Option<i64>,
    /// What the event is to that stream, where a store says so (an OCEL qualifier, for instance).
    pub role: Option<String>,
}

/// What kind of message was recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// A fact inside a service.
    #[default]
    Event,
    /// A request that was stored beside the events.
    Command,
    /// A fact published between services.
    Integration,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Event, Self::Command, Self::Integration];

    /// The word in JSON, in our own stores and in the window.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Command => "command",
            Self::Integration => "integration",
        }
    }

    /// The kind named `word`.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// An event's payload.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Payload {
    /// The store has none.
    #[default]
    Missing,
    /// A JSON document, in the store's own spelling of numbers and order of keys.
    Json(JsonText),
    /// Bytes that cannot be read as JSON.
    Opaque {
        /// The bytes as stored.
        bytes: Arc<[u8]>,
        /// What they are, as far as can be told: "encrypted", "binary", "avro" …
        encoding: Cow<'static, str>,
    },
}

impl Payload {
    /// The parsed document; `None` when there is none or it is opaque.
    pub fn value(&self) -> Option<Value> {
        match self {
            Self::Json(text) => Some(text.value()),
            Self::Missing | Self::Opaque { .. } => None,
        }
    }

    /// Size as stored, in bytes.
    pub fn len(&self) -> usize {
        match self {
            Self::Missing => 0,
            Self::Json(text) => text.as_str().len(),
            Self::Opaque { bytes, .. } => bytes.len(),
        }
    }

    /// Whether there is nothing at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
