//! The facts of an orchestrated saga, the events of its stream. The saga's state is their fold and nothing else.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::json;
use crate::base::ticks::Ticks;
use crate::domain::Name;
use crate::runtime::{Direction, EventId, Refusal, StepNo};

/// `saga.*`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SagaFact {
    /// It begins.
    Started {
        /// Name of its definition.
        saga: Name,
        /// Version of its definition.
        definition: u32,
        /// What it was started with.
        input: Arc<Value>,
    },
    /// First attempt of a step, or of a cycle after a redrive: the command goes out.
    StepStarted {
        /// The step.
        step: StepNo,
        /// Which attempt of this cycle.
        attempt: u32,
        /// The command's data.
        data: Arc<Value>,
        /// When the attempt has had its time.
        #[serde(with = "json::deadline")]
        deadline: Option<Ticks>,
    },
    /// A further attempt: the command goes out again, with the same key.
    StepRetried {
        /// The step.
        step: StepNo,
        /// Which attempt of this cycle.
        attempt: u32,
        /// How long it was waited for.
        #[serde(with = "json::ticks")]
        backoff: Ticks,
        /// Why the attempt before failed.
        reason: Name,
        /// When the attempt has had its time.
        #[serde(with = "json::deadline")]
        deadline: Option<Ticks>,
    },
    /// The service has done it.
    StepCompleted {
        /// The step.
        step: StepNo,
        /// Which attempt was current.
        attempt: u32,
        /// What the success event says; may be null, and the step is done all the same.
        result: Arc<Value>,
        /// The event that is the reply.
        reply: EventId,
    },
    /// The service has recorded that it did not and will not do it.
    StepRejected {
        /// The step.
        step: StepNo,
        /// Which attempt was current.
        attempt: u32,
        /// Who refused, and why.
        refusal: Refusal,
        /// The event that is the reply.
        reply: Option<EventId>,
    },
    /// An attempt failed technically and was rolled back.
    StepAttemptFailed {
        /// The step.
        step: StepNo,
        /// Which attempt.
        attempt: u32,
        /// With what.
        error: Name,
    },
    /// Nobody answered in time: the attempt may have happened.
    StepTimedOut {
        /// The step.
        step: StepNo,
        /// Which attempt.
        attempt: u32,
        /// The deadline.
        #[serde(with = "json::ticks")]
        deadline: Ticks,
    },
    /// No attempt is left.
    StepFailed {
        /// The step.
        step: StepNo,
        /// Attempts made.
        attempts: u32,
        /// What is known.
        outcome: StepOutcome,
    },
    /// The point of no return lies behind.
    PivotPassed {
        /// The pivot.
        step: StepNo,
    },
    /// The saga goes back.
    CompensationStarted {
        /// What will be undone, in this order.
        undos: Arc<[StepNo]>,
        /// Why.
        reason: Name,
    },
    /// First attempt of an undo.
    UndoStarted {
        /// The step to undo.
        step: StepNo,
        /// Which attempt of this cycle.
        attempt: u32,
        /// When the attempt has had its time.
        #[serde(with = "json::deadline")]
        deadline: Option<Ticks>,
    },
    /// A further attempt.
    UndoRetried {
        /// The step to undo.
        step: StepNo,
        /// Which attempt of this cycle.
        attempt: u32,
        /// How long it was waited for.
        #[serde(with = "json::ticks")]
        backoff: Ticks,
        /// Why the attempt before failed.
        reason: Name,
        /// When the attempt has had its time.
        #[serde(with = "json::deadline")]
        deadline: Option<Ticks>,
    },
    /// Nobody answered in time.
    UndoTimedOut {
        /// The step to undo.
        step: StepNo,
        /// Which attempt.
        attempt: u32,
        /// The deadline.
        #[serde(with = "json::ticks")]
        deadline: Ticks,
    },
    /// The attempt failed technically.
    UndoAttemptFailed {
        /// The step to undo.
        step: StepNo,
        /// Which attempt.
        attempt: u32,
        /// With what.
        error: Name,
    },
    /// The step is undone, or had never happened and never will.
    UndoCompleted {
        /// The step.
        step: StepNo,
        /// Which of the two.
        effect: UndoEffect,
        /// The event that is the reply.
        reply: EventId,
    },
    /// A step waits for a person or a late reply.
    StepParked {
        /// The step.
        step: StepNo,
        /// The dead letter.
        letter: u32,
        /// Attempts made.
        attempts: u32,
        /// Why.
        reason: Name,
    },
    /// An undo waits for a person or a late reply.
    UndoParked {
        /// The step.
        step: StepNo,
        /// The dead letter.
        letter: u32,
        /// Attempts made.
        attempts: u32,
        /// Why.
        reason: Name,
    },
    /// What was parked goes on.
    ParkResolved {
        /// The step.
        step: StepNo,
        /// Its doing or its undoing.
        direction: Direction,
        /// By what.
        by: WhyResolved,
    },
    /// A reply for a step that was given up: noted, changes nothing.
    LateReplyIgnored {
        /// The step.
        step: StepNo,
        /// The event that is the reply.
        reply: EventId,
        /// What it said: "done".
        said: Name,
    },
    /// Every step is done.
    Completed {},
    /// Everything that had happened is undone.
    Compensated {},
    /// It waits, and says for what.
    Parked {
        /// Steps that are not done although the pivot lies behind, or are not known.
        forward: Arc<[StepNo]>,
        /// Steps whose undo is parked.
        back: Arc<[StepNo]>,
    },
}

/// What is known of a step that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepOutcome {
    /// Recorded: it did not happen, and will not.
    DidNotHappen,
    /// It may have happened.
    Unknown,
}

/// What an undo found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoEffect {
    /// Something, and undid it.
    Undone,
    /// Nothing, and left a tombstone.
    NothingToUndo,
}

/// What resolved something that was parked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyResolved {
    /// The reply came after all.
    LateReply,
    /// It was sent again.
    Redrive,
    /// A person settled it.
    Person,
}

impl SagaFact {
    /// The step it is about.
    pub fn step(&self) -> Option<StepNo> {
        match self {
            Self::Started { .. }
            | Self::CompensationStarted { .. }
            | Self::Completed {}
            | Self::Compensated {}
            | Self::Parked { .. } => None,
            Self::StepStarted { step, .. }
            | Self::StepRetried { step, .. }
            | Self::StepCompleted { step, .. }
            | Self::StepRejected { step, .. }
            | Self::StepAttemptFailed { step, .. }
            | Self::StepTimedOut { step, .. }
            | Self::StepFailed { step, .. }
            | Self::PivotPassed { step }
            | Self::UndoStarted { step, .. }
            | Self::UndoRetried { step, .. }
            | Self::UndoTimedOut { step, .. }
            | Self::UndoAttemptFailed { step, .. }
            | Self::UndoCompleted { step, .. }
            | Self::StepParked { step, .. }
            | Self::UndoParked { step, .. }
            | Self::ParkResolved { step, .. }
            | Self::LateReplyIgnored { step, .. } => Some(*step),
        }
    }

    /// The attempt it is about.
    pub fn attempt(&self) -> Option<u32> {
        match self {
            Self::StepStarted { attempt, .. }
            | Self::StepRetried { attempt, .. }
            | Self::StepCompleted { attempt, .. }
            | Self::StepRejected { attempt, .. }
            | Self::StepAttemptFailed { attempt, .. }
            | Self::StepTimedOut { attempt, .. }
            | Self::UndoStarted { attempt, .. }
            | Self::UndoRetried { attempt, .. }
            | Self::UndoTimedOut { attempt, .. }
            | Self::UndoAttemptFailed { attempt, .. } => Some(*attempt),
            _ => None,
        }
    }

    /// Whether it is about undoing.
    pub fn direction(&self) -> Direction {
        match self {
            Self::UndoStarted { .. }
            | Self::UndoRetried { .. }
            | Self::UndoTimedOut { .. }
            | Self::UndoAttemptFailed { .. }
            | Self::UndoCompleted { .. }
            | Self::UndoParked { .. } => Direction::Undo,
            Self::ParkResolved { direction, .. } => *direction,
            _ => Direction::Do,
        }
    }
}
