//! What travels on the bus. The primer: a *message* is an envelope that everybody can read (who, to whom, which
//! saga, step, key, attempt) and a body that only its receiver has to understand. Its id is the id of the recorded
//! event that issued it plus the leg, so that a message sent twice is known to be one. Timers are messages to
//! oneself: what survives a crash is on the bus, and nothing else is. Delivery is at least once; whoever relies on
//! exactly once is wrong after the first crash.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Direction, EventId, Key, Party, SagaNo, StepNo};
use crate::base::ticks::Ticks;
use crate::domain::Name;

/// What kind of message it is, as seen from the step it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Route {
    /// From outside: begin a saga.
    Start,
    /// Do the step.
    Command,
    /// The answer to it.
    Reply,
    /// Undo the step.
    Undo,
    /// The answer to that.
    UndoReply,
    /// To oneself: wake up.
    Timer,
}

impl Route {
    /// As recipes spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Command => "command",
            Self::Reply => "reply",
            Self::Undo => "undo",
            Self::UndoReply => "undo-reply",
            Self::Timer => "timer",
        }
    }
}

/// Names a message for ever: the event that issued it, and the route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId {
    /// The recorded event that issued it; for an integration event the event itself.
    pub event: EventId,
    /// What kind of message.
    pub route: Route,
    /// To whom; one event may go to several.
    pub to: Party,
}

/// A message in its envelope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// The event that issued it.
    pub event: EventId,
    /// What kind of message it is.
    pub route: Route,
    /// Who sends it.
    pub from: Party,
    /// Who receives it.
    pub to: Party,
    /// Correlation id.
    pub saga: SagaNo,
    /// The step it belongs to.
    pub step: StepNo,
    /// Whether it is about doing or undoing the step.
    pub direction: Direction,
    /// Which attempt issued it; 0 where there are none.
    pub attempt: u32,
    /// Whether no further attempt follows and a technical failure shall be recorded as a refusal.
    pub last: bool,
    /// When it shall be delivered at the earliest: timers. Zero: as fast as it goes.
    #[serde(with = "super::fact::json::ticks")]
    pub due: Ticks,
    /// The body breaks its schema.
    pub poison: bool,
    /// What it says.
    pub body: Body,
}

impl Message {
    /// Its name.
    pub fn id(&self) -> MessageId {
        MessageId { event: self.event, route: self.route, to: self.to }
    }

    /// The idempotency key of the request it belongs to.
    pub fn key(&self) -> Key {
        Key { saga: self.saga, step: self.step, direction: self.direction }
    }
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// Begin, with this input.
    Start(Arc<Value>),
    /// Do or undo, with this data.
    Command(Arc<Value>),
    /// An answer.
    Answer(Answer),
    /// The attempt that this event began has had its time.
    Deadline,
    /// The wait after this failed attempt is over.
    Backoff,
    /// Choreography: something happened; whoever subscribes may react.
    Event(Happened),
    /// Choreography: nobody has heard of the step that this event should have set off, and its time is over. As a
    /// timer, to whoever published the event; as a request, from there to whoever should have done the step.
    Overdue(Happened),
}

/// What a service answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It is done; the data of the success event.
    Done(Arc<Value>),
    /// Recorded: it has not happened and will not.
    Refused(Refusal),
    /// Undone now or earlier.
    Undone,
    /// There was nothing to undo, and there never will be.
    NothingToUndo,
    /// Handling failed and was rolled back; nothing is recorded.
    Failed(Failure),
}

/// Why something was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// For people: "card declined".
    pub reason: Name,
    /// What kind of refusal.
    pub by: RefusedBy,
}

/// Who or what refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusedBy {
    /// A business decision.
    Business,
    /// The last attempt failed technically: the consumer gave up and recorded that.
    GaveUp,
    /// The body could not be read.
    Poison,
    /// The undo was there first.
    Tombstone,
}

/// Why handling failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// For people: "provider unavailable".
    pub error: Name,
    /// Trying again is of no use: poison.
    pub permanent: bool,
}

/// An integration event in a choreography.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Happened {
    /// Event type.
    pub event_type: Name,
    /// Its data.
    pub data: Arc<Value>,
    /// What the saga has gathered: its input, and the data of success events by step, carried along from message
    /// to message.
    pub baggage: Arc<Baggage>,
}

/// What choreographed messages carry along.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Baggage {
    /// The saga's input.
    pub input: Arc<Value>,
    /// Data of the success events so far.
    pub results: Vec<(StepNo, Arc<Value>)>,
}
