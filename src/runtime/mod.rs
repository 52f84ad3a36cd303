//! The event-driven runtime: an event store with an outbox and an inbox ([`Journal`]), services that handle
//! commands ([`Participant`]), sagas that are coordinated ([`Orchestrator`]) or not ([`Choreographer`]), retries,
//! dead letters. It is the real thing, not a picture of it: the simulator only surrounds it with virtual time and
//! weather. Nothing here reads a clock, a file or chance of its own; whatever it cannot decide itself comes
//! through a port ([`Journal`], [`Surroundings`]).
//!
//! One principle carries most of the rules: *known* means recorded under the key by the one who would have done
//! it; everything else is unknown, and unknown is treated as "may have happened".

mod choreographer;
pub mod commands;
mod dead_letter;
pub mod fact;
mod ids;
mod journal;
mod message;
pub mod monitor;
mod orchestrator;
mod participant;
pub mod pipeline;
pub mod projection;
mod protection;
pub mod queries;
pub mod record;
pub mod retry;
pub mod snapshot;
pub mod validation;
pub mod version_router;
mod wiring;

pub use crate::domain::Direction;
pub use choreographer::Choreographer;
pub use dead_letter::{DeadLetters, Letter, LetterState, Parking, Settled};
pub use fact::{
    CheckFact, DomainFact, Fact, FailedAttempt, LetterFact, MessageFact, ParticipationFact, Role, RunFact,
    SagaFact, ServiceFact, StepOutcome, Transport, UndoEffect, WhyResolved,
};
pub use ids::{EventId, Key, Party, Position, SagaNo, StepNo, StreamNo};
pub use journal::{Claim, Commit, CommitError, Context, Journal, MemoryJournal, Recorded, StreamInfo};
pub use message::{Answer, Baggage, Body, Failure, Happened, Message, MessageId, Refusal, RefusedBy, Route};
pub use orchestrator::{Lane, Orchestrator, Phase, Reaction, SagaState, Status, StepState};
pub use participant::{Aggregate, CONFLICT_RETRIES, Outcome, Participant, prove_snapshot};
pub use pipeline::{Bench, Forced, Gap, Halt, Interrupted, Surroundings};
pub use protection::Protections;
pub use wiring::{Subscription, Wiring, WiringError};
