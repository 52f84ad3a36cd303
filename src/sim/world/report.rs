//! What can be asked of a world: plain data for the command line, the matrix and the window. Names are texts here,
//! because this is the outside. How each is found is the matter of the modules beside.

use serde::Serialize;

use crate::base::ticks::Ticks;
use crate::domain::{Direction, Money, StepKind};
use crate::runtime::{EventId, LetterState, Route};
pub use crate::saga::{Account, Debt as Owed, StepState as StepProgress};

/// How a saga ended, by the log alone; the order is that of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// An invariant is broken by its effects.
    Inconsistent,
    /// An open dead letter keeps it from ending.
    DeadLettered,
    /// Nothing will happen any more, and it has not ended.
    Stuck,
    /// Everything that had happened is undone.
    Compensated,
    /// Every step is done.
    Completed,
    /// The run is not over.
    Running,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 6] = [
        Self::Inconsistent,
        Self::DeadLettered,
        Self::Stuck,
        Self::Compensated,
        Self::Completed,
        Self::Running,
    ];

    /// As JSON and tables spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Inconsistent => "inconsistent",
            Self::DeadLettered => "dead-lettered",
            Self::Stuck => "stuck",
            Self::Compensated => "compensated",
            Self::Completed => "completed",
            Self::Running => "running",
        }
    }
}

impl Serialize for Outcome {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// Where a saga is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SagaPhase {
    /// Going forward.
    Running,
    /// Going back.
    Compensating,
    /// Waiting for a person or a late reply.
    Parked,
    /// At its end.
    Completed,
    /// Back at its beginning.
    Compensated,
}

/// One step of one saga.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepReport {
    /// Its name.
    pub name: String,
    /// Compensatable, pivot or retriable.
    pub kind: StepKind,
    /// Where it is, as the orchestrator knows it; in a choreography, as the effects show it.
    pub state: StepProgress,
    /// Commands issued, all cycles together.
    pub attempts: u32,
    /// Undo commands issued, all cycles together.
    pub undo_attempts: u32,
    /// What it says of itself: "refused: card declined".
    pub note: String,
}

/// One line of the ledger: an effect, joined to its undo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerLine {
    /// The step.
    pub step: String,
    /// What it does, for people: "charge".
    pub label: String,
    /// Its kind.
    pub kind: StepKind,
    /// Success events.
    pub effects: u32,
    /// Undone events.
    pub undone: u32,
    /// Tombstones.
    pub tombstones: u32,
    /// Effects less undos.
    pub held: i64,
    /// What one effect is worth, where the domain file says so.
    pub amount: Option<Money>,
    /// The saga believes that it owes this, and it was paid: "paid, not known".
    pub paid_not_known: bool,
    /// How it is accounted for.
    pub account: Account,
}

/// One saga.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SagaReport {
    /// `s1`, which is its correlation id too.
    pub id: String,
    /// Where it is.
    pub phase: SagaPhase,
    /// How it ended.
    pub outcome: Outcome,
    /// Its steps in order.
    pub steps: Vec<StepReport>,
    /// Its effects.
    pub ledger: Vec<LedgerLine>,
    /// What is still owed, forward and back.
    pub owed: Vec<Owed>,
    /// Whether the point of no return lies behind.
    pub pivot_passed: bool,
    /// When it began.
    pub started: Ticks,
    /// When it ended, or was parked.
    pub ended: Option<Ticks>,
}

/// One failed attempt of a dead letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptReport {
    /// Which attempt of its cycle.
    pub attempt: u32,
    /// When it failed.
    pub at: Ticks,
    /// With what.
    pub error: String,
}

/// One dead letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// `1`, `2` …: its stream is `dead_letter-1`.
    pub id: u32,
    /// Where it stands.
    pub state: LetterState,
    /// Who should have handled it.
    pub consumer: String,
    /// Event that issued the message.
    pub message: EventId,
    /// Type of the message.
    pub message_type: String,
    /// `s1/process-payment/undo`.
    pub key: String,
    /// The saga.
    pub saga: String,
    /// The step.
    pub step: String,
    /// Doing or undoing.
    pub direction: Direction,
    /// The last error.
    pub error: String,
    /// How often it has been delivered.
    pub deliveries: u32,
    /// Every attempt.
    pub attempts: Vec<AttemptReport>,
    /// When it was parked first.
    pub parked: Ticks,
    /// What waits behind it: "s1: send-confirmation".
    pub blocked: Vec<String>,
    /// Whether it can be sent again now.
    pub redrivable: bool,
}

impl DeadLetter {
    /// When the message failed first; `None` where it was parked without being tried.
    pub fn failed_first(&self) -> Option<Ticks> {
        self.attempts.first().map(|attempt| attempt.at)
    }
}

/// Whether an invariant holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvariantState {
    /// It holds.
    Holds,
    /// It does not.
    Broken {
        /// Since when.
        since: Ticks,
        /// What differs.
        difference: String,
        /// The event that did it.
        event: Option<EventId>,
    },
    /// It is checked when nothing is under way, and that has not been the case yet.
    NotChecked,
}

/// One invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvariantReport {
    /// `S1`.
    pub code: String,
    /// One sentence.
    pub about: String,
    /// Whether it holds.
    pub state: InvariantState,
}

/// One service, or the orchestrator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceReport {
    /// Its name.
    pub name: String,
    /// Whether it takes deliveries.
    pub up: bool,
    /// Messages that have been accepted for it and not acknowledged.
    pub inbox: u32,
    /// What it has in hand, if anything.
    pub in_hand: Option<String>,
}

/// One read model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadModelReport {
    /// Its name.
    pub name: String,
    /// How many rows.
    pub rows: u64,
    /// Events it has not seen yet.
    pub lag: u64,
}

/// Names a message under way, from one step of the world to the next and in every clone of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FlightId(pub u64);

/// A message or timer under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InFlight {
    /// Its name for acts.
    pub id: FlightId,
    /// Who sent it.
    pub from: String,
    /// Who will receive it.
    pub to: String,
    /// What kind of message.
    pub route: Route,
    /// The saga.
    pub saga: String,
    /// The step.
    pub step: String,
    /// The attempt; 0 where there are none.
    pub attempt: u32,
    /// When it was sent.
    pub sent_at: Ticks,
    /// When it will have been handled; `None`: its receiver is down.
    pub due: Option<Ticks>,
    /// When its receiver takes it in hand: between this and `due` it is at work.
    pub taken_at: Ticks,
    /// A fault holds it back.
    pub held: bool,
    /// Its body is broken.
    pub poison: bool,
    /// `payment.refund`, `timer process-payment`.
    pub label: String,
}

/// What one step of the world was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorldStep {
    /// The moment that it led to; the first leads to 1.
    pub number: u64,
    /// When.
    pub at: Ticks,
    /// What was handled.
    pub what: Handled,
    /// Who sent it.
    pub from: String,
    /// Who handled it.
    pub to: String,
    /// The saga, if it belongs to one.
    pub saga: Option<String>,
    /// The step of the saga.
    pub step: Option<String>,
    /// The attempt.
    pub attempt: u32,
    /// When it was sent and taken in hand.
    pub sent_at: Ticks,
    /// When its receiver took it in hand.
    pub taken_at: Ticks,
    /// Type of the message: `payment.refund`.
    pub label: String,
    /// What came of it.
    pub result: StepResult,
    /// What it meant for its saga, if that is more than one step further.
    pub turn: Option<Turn>,
    /// Position of the first event it added (from 1), and how many.
    pub events: (u64, u64),
    /// In plain words.
    pub sentence: String,
}

/// What came of handling a message; of an answer, what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepResult {
    /// Done, or undone.
    Done,
    /// Recorded as refused or given up.
    Refused,
    /// Failed and rolled back, to be tried again.
    Failed,
    /// A deadline that nobody met.
    TimedOut,
    /// A repeat: the stored answer was sent again.
    Repeated,
    /// It came too late, or nobody knows what it is about; nothing changed.
    Ignored,
    /// The process died over it.
    Crashed,
}

/// A turn in the life of a saga.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It began.
    Started,
    /// It goes back.
    Back,
    /// Something of it became a dead letter.
    Parked,
    /// It goes on after having been parked.
    Resumed,
    /// Done.
    Completed,
    /// Back at its beginning.
    Compensated,
}

/// A message that nobody accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostMessage {
    /// When it was sent or taken away.
    pub at: Ticks,
    /// Who sent it.
    pub from: String,
    /// Who would have received it.
    pub to: String,
    /// What kind of message.
    pub route: Route,
    /// The saga.
    pub saga: String,
    /// The step.
    pub step: String,
    /// The attempt.
    pub attempt: u32,
    /// Its type.
    pub label: String,
}

/// What kind of step it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handled {
    /// A message was handled.
    Message(Route),
    /// A message came back to life: a fault had held it.
    Released,
    /// A process is there again.
    Restarted,
    /// The run ended.
    Quiesced,
    /// No message: a person did something.
    Acted,
}

/// What a person does to a world, its messages named by their numbers. Recorded, so that a run with acts can be run
/// again.
pub type Act = crate::sim::recipe::Act<FlightId>;

/// Why an act was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActError {
    /// The message has arrived meanwhile.
    #[error("This message is not under way any more. Step back to before it arrived.")]
    NotInFlight,
    /// There is no such message.
    #[error("No message {message} is under way at this moment. Under way are {known}.")]
    NotUnderWay {
        /// As the recipe names it.
        message: String,
        /// Those that are.
        known: String,
    },
    /// There is no such service.
    #[error("There is no service {0:?} in this domain.")]
    NoService(String),
    /// There is no such dead letter.
    #[error("There is no dead letter {0}.")]
    NoLetter(u32),
    /// The letter's saga has closed the books.
    #[error("This letter cannot be sent again: it is {0}. Only an open letter can be redriven.")]
    NotOpen(LetterState),
    /// The fault names something the domain does not have.
    #[error("{0}")]
    Fault(String),
}

/// Why there is no world.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorldError {
    /// The domain has no saga of this name.
    #[error("The domain {domain} has no saga {saga:?}. It has: {known}.")]
    NoSaga {
        /// The domain.
        domain: String,
        /// The name asked for.
        saga: String,
        /// The names there are.
        known: String,
    },
    /// The saga cannot be run.
    #[error("The saga {saga} cannot be simulated: {reason}.")]
    Saga {
        /// The saga.
        saga: String,
        /// What is wrong.
        reason: String,
    },
    /// A fault strikes something that is not there.
    #[error("The fault {fault} cannot strike: {reason}.")]
    Fault {
        /// The fault, as recipes spell it.
        fault: String,
        /// What is wrong.
        reason: String,
    },
    /// A program of the domain file failed.
    #[error("A program of the domain file failed: {0}")]
    Program(String),
}

/// A fault of the recipe, and how often it has struck.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArmedFault {
    /// As recipes spell it.
    pub fault: String,
    /// Whether it may still strike; one that was disarmed is listed for what it did.
    pub on: bool,
    /// How often it struck.
    pub hits: u32,
    /// Position of the first event that says so.
    pub first_hit: Option<u64>,
}

/// A run in plain words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Narration {
    /// What just happened: "The refund failed three times and is parked. 120.00 € are still owed."
    pub headline: String,
    /// The part of it that says what is owed: "120.00 € are still owed."
    pub owed: String,
    /// What comes next: "Next, order receives order.cancel."
    pub next: String,
}

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunReport {
    /// The recipe's line.
    pub recipe: String,
    /// How many sagas had which outcome; outcomes that none had are left out.
    pub outcomes: Vec<(Outcome, u32)>,
    /// Every saga.
    pub sagas: Vec<SagaReport>,
    /// Every dead letter.
    pub dead_letters: Vec<DeadLetter>,
    /// Every invariant.
    pub invariants: Vec<InvariantReport>,
    /// The faults.
    pub faults: Vec<ArmedFault>,
    /// When the run ended.
    pub ended: Ticks,
    /// Steps of the world.
    pub steps: u64,
    /// Events recorded.
    pub events: u64,
    /// Whether it became quiet, rather than being stopped.
    pub quiescent: bool,
    /// Whether its limit of steps stopped it.
    pub stopped: bool,
}
