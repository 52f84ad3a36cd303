//! What is recorded, as types: the domain events of services, and the runtime's own facts about sagas, dead
//! letters, runs, messages and services. Typed inside, JSON at the edge: a fact becomes an event type and a JSON
//! document only when somebody reads the log, and comes back from them without loss ([`json`]).

pub mod json;
mod saga;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Direction, EventId, Message, Refusal, RefusedBy, StepNo};
use crate::base::ticks::Ticks;
use crate::domain::Name;

pub use saga::{SagaFact, StepOutcome, UndoEffect, WhyResolved};

/// One recorded fact.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// A domain event of a service.
    Domain(DomainFact),
    /// `saga.*`: the orchestrator's.
    Saga(SagaFact),
    /// `participation.*`: a choreographer's.
    Participation(ParticipationFact),
    /// `dead_letter.*`.
    Letter(LetterFact),
    /// `run.*`.
    Run(RunFact),
    /// `message.*`: transport, decides nothing.
    Message(MessageFact),
    /// `service.*`: transport too.
    Service(ServiceFact),
    /// `check.*`: the monitor's.
    Check(CheckFact),
}

/// What a domain event means for the request it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The step happened.
    Effect,
    /// The step was refused, or given up; final unless the step may be tried again.
    Refusal,
    /// The step was undone.
    Undone,
    /// There was nothing to undo; the step, should it come later, is refused.
    Tombstone,
    /// Recorded beside one of those.
    Beside,
    /// There before the run began.
    Given,
}

/// A domain event.
#[derive(Clone, Debug, PartialEq)]
pub struct DomainFact {
    /// Its type.
    pub event_type: Name,
    /// Its data.
    pub data: Arc<Value>,
    /// What it means for the request it answers.
    pub role: Role,
    /// For a refusal: who refused and why.
    pub refusal: Option<Refusal>,
}

/// What a service notes of its part in a choreography.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParticipationFact {
    /// It did a step.
    Acted {
        /// The step.
        step: StepNo,
        /// The event it reacted to.
        cause: Option<EventId>,
    },
    /// It undid what it had done.
    Undone {
        /// The step.
        step: StepNo,
        /// The event it reacted to.
        cause: Option<EventId>,
    },
    /// It keeps the time of a step that another service does, and has heard what became of it.
    Heard {
        /// The step.
        step: StepNo,
        /// The event that says so.
        cause: Option<EventId>,
    },
    /// The time of that step is over, and nobody has heard of it.
    TimedOut {
        /// The step.
        step: StepNo,
        /// When its time was over.
        #[serde(with = "json::ticks")]
        deadline: Ticks,
    },
}

/// One attempt that failed, for the history of a dead letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedAttempt {
    /// Which attempt of its cycle.
    pub attempt: u32,
    /// When it failed.
    #[serde(with = "json::ticks")]
    pub at: Ticks,
    /// With what.
    pub error: Name,
}

/// What happens to a dead letter. The states that follow are those of [`super::LetterState`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterFact {
    /// A message cannot be handled, or its attempts are spent: kept for a person.
    Parked {
        /// Who should have handled it.
        consumer: Name,
        /// The message itself, to be sent again.
        message: Arc<Message>,
        /// Type of the message.
        message_type: Name,
        /// The step it belongs to.
        step: StepNo,
        /// Doing or undoing.
        direction: Direction,
        /// The last error.
        error: Name,
        /// Every attempt.
        attempts: Arc<[FailedAttempt]>,
        /// How often it has been delivered.
        deliveries: u32,
    },
    /// It came again and failed again.
    Repeated {
        /// How often it has been delivered by now.
        deliveries: u32,
    },
    /// A person sends it again.
    Redriven {},
    /// Handled after all.
    Resolved {
        /// By what.
        by: WhyResolved,
    },
    /// The saga has gone another way; kept as evidence.
    Answered {},
    /// A person put it away.
    Discarded {},
}

/// What the run itself does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunFact {
    /// It begins.
    Started {
        /// The recipe's line.
        recipe: Name,
        /// Version of the semantics.
        semantics: u32,
    },
    /// A fault struck.
    FaultInjected {
        /// As recipes spell it.
        fault: Name,
        /// Event that issued the message it struck.
        message: Option<EventId>,
        /// What kind of message: `command`.
        leg: Name,
    },
    /// A fault never struck.
    FaultUnused {
        /// As recipes spell it.
        fault: Name,
    },
    /// A person did something.
    Acted {
        /// What, in a sentence.
        act: Name,
        /// The same as recipes spell it: what stands behind `act=`.
        recipe: Name,
    },
    /// Nothing is under way any more.
    Quiesced {},
    /// The limit of steps was reached.
    Stopped {},
}

/// What the bus does with a message. May be switched off; decides nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageFact {
    /// Accepted.
    Sent(Transport),
    /// Handed to its consumer.
    Delivered(Transport),
    /// The consumer has done with it.
    Acknowledged(Transport),
    /// Accepted by nobody.
    Lost(Transport),
    /// There are two now.
    Duplicated(Transport),
    /// Held back.
    Delayed(Transport),
    /// A repeat: answered as before.
    Deduplicated(Transport),
    /// Handling failed and was rolled back.
    AttemptFailed(Transport),
}

/// The envelope of a message, as far as the log keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transport {
    /// What kind of message.
    pub leg: Name,
    /// Who sent it.
    pub from: Name,
    /// Who receives it.
    pub to: Name,
    /// The step it belongs to.
    pub step: StepNo,
    /// Which attempt issued it.
    pub attempt: u32,
}

/// What happens to a process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceFact {
    /// It died.
    Crashed {
        /// In which gap: `before ack`.
        gap: Name,
    },
    /// It is there again.
    Restarted {},
    /// It takes no deliveries.
    Down {},
    /// It does again.
    Up {},
}

/// What the consistency monitor sees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckFact {
    /// An invariant does not hold any more.
    Broken {
        /// Which.
        invariant: Name,
        /// What differs, for people.
        difference: Name,
        /// The event that did it.
        event: Option<EventId>,
    },
    /// It holds again.
    Restored {
        /// Which.
        invariant: Name,
        /// The event that did it.
        event: Option<EventId>,
    },
}

impl Fact {
    /// The domain event, if it is one.
    pub fn domain(&self) -> Option<&DomainFact> {
        match self {
            Self::Domain(fact) => Some(fact),
            _ => None,
        }
    }

    /// The orchestrator's fact, if it is one.
    pub fn saga(&self) -> Option<&SagaFact> {
        match self {
            Self::Saga(fact) => Some(fact),
            _ => None,
        }
    }

    /// Whether it is transport, which may be switched off and decides nothing.
    pub fn is_transport(&self) -> bool {
        matches!(self, Self::Message(_) | Self::Service(_))
    }
}

impl DomainFact {
    /// The answer that this event is to whoever asked.
    pub fn answer(&self) -> super::Answer {
        match self.role {
            Role::Effect | Role::Beside | Role::Given => super::Answer::Done(Arc::clone(&self.data)),
            Role::Refusal => super::Answer::Refused(
                self.refusal
                    .clone()
                    .unwrap_or_else(|| Refusal { reason: "refused".into(), by: RefusedBy::Business }),
            ),
            Role::Undone => super::Answer::Undone,
            Role::Tombstone => super::Answer::NothingToUndo,
        }
    }
}
