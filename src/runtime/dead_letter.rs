//! Dead letters: messages that nobody will handle without help, kept with their error and the history of every
//! attempt. The primer: what cannot be handled must neither block the queue for ever nor vanish, so it is put
//! aside where a person sees it, and can be sent again (*redrive*) once the cause is gone. A letter is identified
//! by its consumer and the message; when it comes again, its count of deliveries rises. Its state is the fold of
//! its stream `dead_letter-<id>`. Without this queue, errors are swallowed, and what is owed is known to nobody.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::fact::{FailedAttempt, LetterFact, WhyResolved};
use super::{Direction, EventId, Fact, Key, Message, MessageId, Party, Position, Recorded, SagaNo, StreamNo};
use crate::base::ticks::Ticks;
use crate::domain::Name;

/// Where a dead letter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LetterState {
    /// Nobody will act without a person.
    Open,
    /// A person has sent it again; it is under way.
    Redriven,
    /// The saga has gone another way; it is kept as evidence and cannot be sent again.
    Answered,
    /// Handled after all: by a late reply or a redrive.
    Resolved,
    /// A person put it away.
    Discarded,
}

impl LetterState {
    /// Every state.
    pub const ALL: [Self; 5] =
        [Self::Open, Self::Redriven, Self::Answered, Self::Resolved, Self::Discarded];

    /// As JSON and tables spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Redriven => "redriven",
            Self::Answered => "answered",
            Self::Resolved => "resolved",
            Self::Discarded => "discarded",
        }
    }
}

impl fmt::Display for LetterState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A dead letter, folded from its stream.
#[derive(Clone, Debug)]
pub struct Letter {
    /// `1`, `2` …
    pub id: u32,
    /// Its stream.
    pub stream: StreamNo,
    /// Where it stands.
    pub state: LetterState,
    /// Who should have handled the message.
    pub consumer: Party,
    /// The message itself, to be sent again.
    pub message: Arc<Message>,
    /// Type of the message, for people.
    pub message_type: Name,
    /// The last error.
    pub error: Name,
    /// Every attempt, of every cycle.
    pub attempts: Vec<FailedAttempt>,
    /// How often it has been delivered.
    pub deliveries: u32,
    /// When it was parked first.
    pub since: Ticks,
    /// Where it was parked last.
    pub position: Position,
}

impl Letter {
    /// The request it belongs to.
    pub fn key(&self) -> Key {
        self.message.key()
    }
}

/// The dead letters of a system: the fold of their streams.
#[derive(Clone, Debug, Default)]
pub struct DeadLetters {
    letters: Vec<Letter>,
    by_message: BTreeMap<MessageId, u32>,
    by_saga: BTreeMap<SagaNo, Vec<u32>>,
}

impl DeadLetters {
    /// Every letter, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Letter> {
        self.letters.iter()
    }

    /// The letter of this number.
    pub fn get(&self, id: u32) -> Option<&Letter> {
        self.letters.get((id as usize).checked_sub(1)?)
    }

    /// The letter that this message is.
    pub fn of_message(&self, message: MessageId) -> Option<&Letter> {
        self.get(*self.by_message.get(&message)?)
    }

    /// The letters of one saga, oldest first.
    pub fn of_saga(&self, saga: SagaNo) -> impl Iterator<Item = &Letter> {
        self.by_saga.get(&saga).into_iter().flatten().filter_map(|id| self.get(*id))
    }

    /// Number of the next new letter.
    pub fn next_id(&self) -> u32 {
        self.letters.len() as u32 + 1
    }

    /// Whether there is no letter at all.
    pub fn is_empty(&self) -> bool {
        self.letters.is_empty()
    }

    /// Whether a letter of this saga keeps it from ending.
    pub fn has_open(&self, saga: SagaNo) -> bool {
        self.of_saga(saga).any(|letter| letter.state == LetterState::Open)
    }

    /// Takes over a letter that is about to be parked for the first time. Its facts follow by [`DeadLetters::evolve`].
    pub fn announce(&mut self, stream: StreamNo, consumer: Party, message: Message) -> u32 {
        let id = self.next_id();
        let saga = message.saga;
        self.by_message.insert(message.id(), id);
        self.by_saga.entry(saga).or_default().push(id);
        self.letters.push(Letter {
            id,
            stream,
            state: LetterState::Discarded,
            consumer,
            message: Arc::new(message),
            message_type: "".into(),
            error: "".into(),
            attempts: Vec::new(),
            deliveries: 0,
            since: Ticks::ZERO,
            position: Position::default(),
        });
        id
    }

    /// Folds one recorded event; others than `dead_letter.*` change nothing.
    pub fn evolve(&mut self, position: Position, event: &Recorded) {
        let Fact::Letter(fact) = &event.fact else { return };
        let Some(letter) = self.letters.iter_mut().rev().find(|letter| letter.stream == event.stream) else {
            return;
        };
        match fact {
            LetterFact::Parked { message_type, error, attempts, deliveries, .. } => {
                if letter.position == Position::default() {
                    letter.since = event.at;
                }
                letter.state = LetterState::Open;
                letter.message_type = Arc::clone(message_type);
                letter.error = Arc::clone(error);
                letter.attempts.extend(attempts.iter().cloned());
                letter.deliveries = (*deliveries).max(letter.deliveries);
                letter.position = position;
            }
            LetterFact::Repeated { deliveries } => letter.deliveries = *deliveries,
            LetterFact::Redriven {} => letter.state = LetterState::Redriven,
            LetterFact::Resolved { .. } => letter.state = LetterState::Resolved,
            LetterFact::Answered {} => letter.state = LetterState::Answered,
            LetterFact::Discarded {} => letter.state = LetterState::Discarded,
        }
    }
}

/// Why a letter is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It was handled after all.
    Resolved(WhyResolved),
    /// The saga has gone another way.
    Answered,
}

impl Settled {
    /// The fact that says so.
    pub fn fact(self) -> LetterFact {
        match self {
            Self::Resolved(by) => LetterFact::Resolved { by },
            Self::Answered => LetterFact::Answered {},
        }
    }
}

/// What a letter that is to be parked says beside the message.
#[derive(Clone, Debug)]
pub struct Parking {
    /// Who should have handled it.
    pub consumer: Party,
    /// Its name.
    pub consumer_name: Name,
    /// Type of the message, for people.
    pub message_type: Name,
    /// The last error.
    pub error: Name,
    /// Every attempt of this cycle.
    pub attempts: Arc<[FailedAttempt]>,
    /// How often it has been delivered.
    pub deliveries: u32,
}

impl Parking {
    /// The fact that parks `message`.
    pub fn fact(&self, message: EventId, key: Key) -> LetterFact {
        let Key { step, direction, .. } = key;
        LetterFact::Parked {
            consumer: Arc::clone(&self.consumer_name),
            message,
            message_type: Arc::clone(&self.message_type),
            step,
            direction,
            error: Arc::clone(&self.error),
            attempts: Arc::clone(&self.attempts),
            deliveries: self.deliveries,
        }
    }
}

/// Letters of a request that are still open or under way again.
pub(crate) fn unsettled(letter: &Letter, direction: Option<Direction>) -> bool {
    matches!(letter.state, LetterState::Open | LetterState::Redriven)
        && direction.is_none_or(|direction| letter.message.direction == direction)
}
