//! What a domain file says about a system, read and checked: plain data for the fold, the runtime and the
//! simulator. Reading the file is the matter of `file`, running its programs that of `program`.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Program;
use crate::base::ticks::Ticks;

/// A name: of a type, a step, a service.
pub type Name = Arc<str>;

/// A system as its domain file describes it. Everything may be empty; lists keep the order of the file.
#[derive(Clone, Debug, Default)]
pub struct Domain {
    /// `shop`.
    pub name: Name,
    /// One sentence for people.
    pub about: String,
    /// What is folded from streams.
    pub aggregates: Vec<Aggregate>,
    /// Steps from one schema version to the next.
    pub upcasts: Vec<Upcast>,
    /// Read models.
    pub projections: Vec<Projection>,
    /// JSON Schemas of event types.
    pub schemas: Vec<EventSchema>,
    /// Long-running transactions; the first is the one meant where none is named.
    pub sagas: Vec<Saga>,
    /// What must hold.
    pub invariants: Vec<Invariant>,
    /// Who handles commands.
    pub services: Vec<Service>,
}

/// `[aggregate.Order]`: a consistency boundary, its fold and its commands.
#[derive(Clone, Debug)]
pub struct Aggregate {
    /// `Order`: the aggregate type.
    pub name: Name,
    /// Glob over stream ids that belong to it: `order-*`.
    pub streams: String,
    /// Over `{command}`: what stands for `*` in the stream id of the instance that a command addresses.
    pub key: Option<Program>,
    /// The state before the first event.
    pub initial: Value,
    /// Evolve by event type, over `{state, event}`; where a type is missing the default merge applies.
    pub on: Vec<(Name, Program)>,
    /// Decide by command type.
    pub commands: Vec<CommandRule>,
}

/// `[aggregate.Order.command."order.create"]`: a check and the events it emits.
#[derive(Clone, Debug)]
pub struct CommandRule {
    /// Command type.
    pub command: Name,
    /// Over `{state, command}`: whether the command may be carried out; false or null is a refusal.
    pub requires: Option<Program>,
    /// Why it is refused, for people: "out of stock".
    pub refusal: Option<String>,
    /// What is recorded when it is.
    pub emits: Vec<Emit>,
}

/// One event that a command emits.
#[derive(Clone, Debug)]
pub struct Emit {
    /// Event type.
    pub event_type: Name,
    /// Over `{state, command}`: its data. Without a program the command's data.
    pub data: Option<Program>,
}

/// `[[upcast]]`: the data of a type from one schema version to a newer one.
#[derive(Clone, Debug)]
pub struct Upcast {
    /// Type without its version: `order.created`.
    pub event_type: Name,
    /// Version it takes.
    pub from: u32,
    /// Version it gives; greater than `from`.
    pub to: u32,
    /// Over the data.
    pub with: Program,
}

/// `[projection.orders]`: keyed rows, changed by events.
#[derive(Clone, Debug)]
pub struct Projection {
    /// Name of the read model.
    pub name: Name,
    /// Over `{event}`: the row's key.
    pub key: Program,
    /// Over `{row, event}` by event type: the row afterwards; null deletes it.
    pub on: Vec<(Name, Program)>,
}

/// `[schema]`: what an event's data must look like.
#[derive(Clone, Debug)]
pub struct EventSchema {
    /// Event type, its version included: `order.created.v1`.
    pub event_type: Name,
    /// The schema, compiled.
    pub schema: Arc<super::Schema>,
}

/// How the services of a saga find together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SagaStyle {
    /// One orchestrator sends commands and hears the answers.
    Orchestration,
    /// Every service reacts to the events of the others.
    Choreography,
}

/// `[saga.fulfilment]`.
#[derive(Clone, Debug)]
pub struct Saga {
    /// `fulfilment`.
    pub name: Name,
    /// One sentence for people.
    pub about: String,
    /// Orchestration or choreography.
    pub style: SagaStyle,
    /// Version of the definition.
    pub version: u32,
    /// Type of what starts it.
    pub starts_on: Name,
    /// Over `{number, sample}`: the input of one saga in a simulation; `number` counts from 1.
    pub input: Option<Program>,
    /// Values drawn by the seed for each saga, given to `input` as `sample`.
    pub samples: Vec<(Name, Sample)>,
    /// The steps in order; at most one pivot, and no compensatable step after it.
    pub steps: Vec<Step>,
    /// Choreography only: who reacts to what.
    pub reactions: Vec<Reaction>,
}

/// What the seed draws for one saga.
#[derive(Clone, Debug)]
pub enum Sample {
    /// An integer, both ends included.
    Between(u64, u64),
    /// One of these.
    OneOf(Vec<Value>),
}

/// What may still happen once a step is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// Before the point of no return; has an undo, or says that it needs none.
    Compensatable,
    /// Its completion is the point of no return.
    Pivot,
    /// After the pivot; may fail, must not refuse.
    Retriable,
}

/// What makes a repeated command harmless.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// The inbox: the idempotency key is known.
    Key,
    /// The aggregate's own state.
    State,
}

/// `[[saga.fulfilment.step]]`.
#[derive(Clone, Debug)]
pub struct Step {
    /// `process-payment`.
    pub name: Name,
    /// Compensatable, pivot or retriable.
    pub kind: StepKind,
    /// Nothing is wrong if it happens twice: a notice.
    pub notice: bool,
    /// What makes a repeat harmless.
    pub guard: Guard,
    /// Who handles its commands.
    pub service: Name,
    /// Command type.
    pub command: Name,
    /// Over `{input, results}`: the command's data; without a program the saga's input. `results` holds the data
    /// of the success events so far, by step name.
    pub data: Option<Program>,
    /// Event type that means it is done.
    pub success: Name,
    /// Event type that means it was refused. Derived where the file names none.
    pub failure: Name,
    /// Command that undoes it; `None` where there is nothing to undo, and for pivot and retriable steps.
    pub compensate: Option<Name>,
    /// Event type that means it is undone.
    pub compensated: Option<Name>,
    /// Event type recorded when an undo finds nothing: the command, should it come later, is refused.
    pub tombstone: Option<Name>,
    /// How long one attempt may take.
    pub timeout: Option<Ticks>,
    /// How often it is tried, and how long between.
    pub retry: RetryPolicy,
    /// What the effect is worth, for the ledger.
    pub amount: Option<Amount>,
    /// What it does in one word or two, for people: "charge", "reserve stock".
    pub label: String,
}

/// Attempts and the waits between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts in all, at least 1.
    pub attempts: u32,
    /// Whether each wait is twice the one before.
    pub exponential: bool,
    /// The first wait.
    pub initial: Ticks,
    /// No wait is longer.
    pub cap: Ticks,
    /// Spread to either side, in thousandths of the wait.
    pub jitter_permille: u32,
}

/// What an effect is worth.
#[derive(Clone, Debug)]
pub struct Amount {
    /// Over the data of the success event: an integer.
    pub value: Program,
    /// How to print it.
    pub unit: Unit,
}

/// A unit of amounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Hundredths of a currency: 12000 with `€` is "120.00 €".
    Cents(String),
    /// Pieces: "2 units".
    Count(String),
}

/// An amount with its unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Money {
    /// In hundredths or in pieces, as the unit says.
    pub value: i64,
    /// How to print it.
    pub unit: Unit,
}

/// "120.00 €", "2 units".
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.unit {
            Unit::Cents(currency) => {
                let (sign, cents) = (if self.value < 0 { "-" } else { "" }, self.value.unsigned_abs());
                write!(f, "{sign}{}.{:02} {currency}", cents / 100, cents % 100)
            }
            Unit::Count(name) if name.is_empty() => write!(f, "{}", self.value),
            Unit::Count(name) => write!(f, "{} {name}", self.value),
        }
    }
}

/// Doing a step or undoing it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Forward.
    #[default]
    Do,
    /// Back: the compensation.
    Undo,
}

impl Direction {
    /// The last part of a key.
    pub fn word(self) -> &'static str {
        match self {
            Self::Do => "do",
            Self::Undo => "undo",
        }
    }
}

/// Choreography: an event type, and what a service does about it.
#[derive(Clone, Debug)]
pub struct Reaction {
    /// Event type reacted to.
    pub event: Name,
    /// Index of the step in [`Saga::steps`].
    pub step: usize,
    /// Whether the reaction undoes the step rather than does it.
    pub undo: bool,
}

/// When an invariant is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// After every commit.
    Always,
    /// Once no message is in flight and no timer is running, and at the latest after so long.
    Settled(Option<Ticks>),
}

/// `[invariant.…]`.
#[derive(Clone, Debug)]
pub struct Invariant {
    /// Name in the file.
    pub name: Name,
    /// Short name for lists: `S1`. Empty where the file gives none.
    pub code: String,
    /// One sentence for people.
    pub about: String,
    /// Over `{models, owed}`: `models` maps projections to their rows by key, `owed` lists what is accounted for.
    /// True where it holds; else false, or text or a list that says the difference.
    pub holds: Program,
    /// When it is checked.
    pub when: When,
}

/// `[service.payment]`: who handles commands, and how it behaves in the simulator.
#[derive(Clone, Debug)]
pub struct Service {
    /// `payment`.
    pub name: Name,
    /// How long handling takes, both ends included.
    pub latency: (Ticks, Ticks),
    /// Which answer by command type, over `{command, state}`: null or true for success, false or text (the reason)
    /// for a refusal.
    pub outcomes: Vec<(Name, Program)>,
    /// How long the keys of commands already handled are kept; for ever where the file says nothing.
    pub idempotency_ttl: Option<Ticks>,
    /// What is there before a simulation begins.
    pub given: Vec<Given>,
}

/// An event that a simulation begins with: stock on the shelf, money on an account.
#[derive(Clone, Debug)]
pub struct Given {
    /// Aggregate type.
    pub aggregate: Name,
    /// Stream id.
    pub stream: String,
    /// Event type.
    pub event_type: Name,
    /// Its data.
    pub data: Value,
}
