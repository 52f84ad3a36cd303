//! Dead letters: messages that nobody will handle without help, kept with their error and the history of every
//! attempt. The primer: what cannot be handled must neither block the queue for ever nor vanish, so it is put
//! aside where a person sees it, and can be sent again (*redrive*) once the cause is gone. A letter is identified
//! by its consumer and the message; when it comes again, its count of deliveries rises. Its state is the fold of
//! its stream `dead_letter-<id>`. Without this queue, errors are swallowed, and what is owed is known to nobody.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::fact::{FailedAttempt, LetterFact, WhyResolved};
use super::{
    Commit, Context, Fact, Journal, Key, Message, MessageId, Party, Position, Recorded, SagaNo, StreamNo,
};
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
    pub const ALL: [Self; 5] = [Self::Open, Self::Redriven, Self::Answered, Self::Resolved, Self::Discarded];

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
    by_stream: BTreeMap<StreamNo, u32>,
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

    /// Folds one recorded event; others than `dead_letter.*` change nothing.
    pub fn evolve(&mut self, position: Position, event: &Recorded) {
        let Fact::Letter(fact) = &event.fact else { return };
        let known = self.by_stream.get(&event.stream).copied();
        if let (None, LetterFact::Parked { message, .. }) = (known, fact) {
            self.add(event, message);
        }
        let Some(id) = self.by_stream.get(&event.stream) else { return };
        let Some(letter) = self.letters.get_mut(*id as usize - 1) else { return };
        match fact {
            LetterFact::Parked { message, message_type, error, attempts, deliveries, .. } => {
                letter.state = LetterState::Open;
                letter.message = Arc::clone(message);
                letter.message_type = Arc::clone(message_type);
                letter.error = Arc::clone(error);
                letter.attempts.extend(attempts.iter().cloned());
                letter.deliveries = letter.deliveries.max(*deliveries);
                letter.position = position;
                self.by_message.insert(message.id(), *id);
            }
            LetterFact::Repeated { deliveries } => letter.deliveries = *deliveries,
            LetterFact::Redriven {} => letter.state = LetterState::Redriven,
            LetterFact::Resolved { .. } => letter.state = LetterState::Resolved,
            LetterFact::Answered {} => letter.state = LetterState::Answered,
            LetterFact::Discarded {} => letter.state = LetterState::Discarded,
        }
    }

    fn add(&mut self, event: &Recorded, message: &Arc<Message>) {
        let id = self.next_id();
        self.by_stream.insert(event.stream, id);
        self.by_saga.entry(message.saga).or_default().push(id);
        self.letters.push(Letter {
            id,
            stream: event.stream,
            state: LetterState::Open,
            consumer: message.to,
            message: Arc::clone(message),
            message_type: "".into(),
            error: "".into(),
            attempts: Vec::new(),
            deliveries: 0,
            since: event.at,
            position: Position::default(),
        });
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

/// What a letter that is to be parked says.
#[derive(Clone, Debug)]
pub struct Parking {
    /// Name of who should have handled it.
    pub consumer: Name,
    /// The message.
    pub message: Message,
    /// Its type, for people.
    pub message_type: Name,
    /// The last error.
    pub error: Name,
    /// Every attempt of this cycle.
    pub attempts: Vec<FailedAttempt>,
    /// How often it has been delivered.
    pub deliveries: u32,
}

impl DeadLetters {
    /// Writes a letter into `commit`: a new one, or the one that this message or this `known` letter is already.
    /// Gives its number.
    pub fn park(
        &self,
        commit: &mut Commit,
        journal: &mut dyn Journal,
        context: &Context,
        known: Option<u32>,
        parking: Parking,
    ) -> u32 {
        let letter = known.and_then(|id| self.get(id)).or_else(|| self.of_message(parking.message.id()));
        let deliveries = letter.map_or(0, |letter| letter.deliveries) + parking.deliveries;
        if let Some(letter) = letter
            && letter.state != LetterState::Redriven
        {
            commit.append(journal, letter.stream, context, Fact::Letter(LetterFact::Repeated { deliveries }));
            return letter.id;
        }
        let id = letter.map_or(self.next_id(), |letter| letter.id);
        let stream = journal.open(&format!("dead_letter-{id}"), &"DeadLetter".into());
        let Key { step, direction, .. } = parking.message.key();
        let fact = LetterFact::Parked {
            consumer: parking.consumer,
            message: Arc::new(Message { poison: false, ..parking.message }),
            message_type: parking.message_type,
            step,
            direction,
            error: parking.error,
            attempts: parking.attempts.into(),
            deliveries,
        };
        commit.append(journal, stream, context, Fact::Letter(fact));
        id
    }

    /// As [`DeadLetters::park`], for a step or an undo that is parked: if its last message is an open letter already,
    /// this is it.
    pub fn park_for(
        &self,
        commit: &mut Commit,
        journal: &mut dyn Journal,
        context: &Context,
        known: Option<u32>,
        parking: Parking,
    ) -> u32 {
        match self.of_message(parking.message.id()) {
            Some(letter) if letter.state == LetterState::Open => letter.id,
            _ => self.park(commit, journal, context, known, parking),
        }
    }

    /// Writes into `commit` that the letters of a saga which `chosen` picks are settled.
    pub fn settle(
        &self,
        commit: &mut Commit,
        journal: &dyn Journal,
        context: &Context,
        how: Settled,
        chosen: impl Fn(&Letter) -> bool,
    ) {
        for letter in self.of_saga(context.saga) {
            // What this commit settles already is settled.
            let settled = commit.events.iter().any(|event| {
                event.stream == letter.stream
                    && !matches!(event.fact, Fact::Letter(LetterFact::Parked { .. }))
            });
            let unsettled = matches!(letter.state, LetterState::Open | LetterState::Redriven) && !settled;
            if unsettled && chosen(letter) {
                let how = match how {
                    Settled::Resolved(_) if letter.state == LetterState::Redriven => {
                        Settled::Resolved(WhyResolved::Redrive)
                    }
                    how => how,
                };
                commit.append(journal, letter.stream, context, Fact::Letter(how.fact()));
            }
        }
    }
}
