//! The last four operations of every handler, in their order: 6 commit, 7 acknowledge, 8 publish, 9 mark as sent.
//! The primer: after the commit everything is decided, and everything after it may be repeated. A crash before the
//! commit leaves nothing behind and the bus delivers again; before the acknowledgement, the bus delivers again and
//! the repeat is recognised; before publishing, the outbox still holds the messages and the relay sends them after
//! the restart; before marking, the relay sends them twice and the receivers recognise the repeat.
//!
//! *Without the outbox* (dual write) the messages are in no transaction: a crash between commit and publish loses
//! them for good.

use super::{Commit, CommitError, DeadLetters, Journal, Message, Party, Position, Protections, Wiring};
use crate::base::ticks::Ticks;
use crate::domain::Name;

/// Where a process may die: before which of the four operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gap {
    /// Nothing is durable.
    Commit,
    /// Events, outbox and inbox are durable.
    Acknowledge,
    /// The bus will not deliver again.
    Publish,
    /// The bus has the messages.
    Mark,
}

impl Gap {
    /// For people: "before ack".
    pub fn name(self) -> &'static str {
        match self {
            Self::Commit => "before commit",
            Self::Acknowledge => "before ack",
            Self::Publish => "before publish",
            Self::Mark => "before mark",
        }
    }
}

/// What surrounding circumstances make of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forced {
    /// The answer is no.
    Refuse,
    /// Handling fails.
    Throw,
}

/// Everything around a handler that it neither knows nor controls: the bus, the weather, whoever watches. In a
/// quiet system nothing strikes and everything is answered with "no".
pub trait Surroundings {
    /// Asked at decide, once for each decision.
    fn decide(&mut self) -> Option<Forced>;
    /// Asked at commit: somebody else was faster.
    fn conflict(&mut self) -> bool;
    /// Asked at dedupe, if there is a row: it has expired.
    fn expired(&mut self) -> bool;
    /// Asked before each of the last four operations.
    fn crash(&mut self, gap: Gap) -> bool;
    /// Told after a commit that added events.
    fn committed(&mut self, journal: &dyn Journal, letters: &DeadLetters, first: Position);
    /// The message in hand is done with.
    fn acknowledge(&mut self);
    /// Hands a message to the bus.
    fn publish(&mut self, message: &Message);
    /// Told when a repeat is recognised.
    fn deduplicated(&mut self);
}

/// What a handler works with.
pub struct Bench<'a> {
    /// The event store.
    pub journal: &'a mut dyn Journal,
    /// The dead letters.
    pub letters: &'a mut DeadLetters,
    /// Who handles what.
    pub wiring: &'a Wiring,
    /// What is switched on.
    pub protections: &'a Protections,
    /// What chance depends on.
    pub seed: u64,
    /// The time.
    pub now: Ticks,
    /// Everything else.
    pub around: &'a mut dyn Surroundings,
    /// To be filled and committed; empty between messages.
    pub commit: &'a mut Commit,
}

/// Why the last operations did not come to their end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interrupted {
    /// The process died.
    Crashed(Gap),
    /// Somebody else appended first: reload and decide again.
    Conflict,
    /// The store failed: deciding again is of no use, and nothing is decided.
    Store(Name),
}

/// Why a handler let go of a message without an answer: it is not acknowledged, and comes again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Halt {
    /// The process died.
    #[error("the process died {}", .0.name())]
    Crashed(Gap),
    /// The store failed, and nothing of this handling was written. This is no failure of the business and counts as
    /// no attempt: whoever runs the handler has to say so, and hand it the message again when the store is well.
    #[error("the store failed: {0}")]
    Store(Name),
}

/// What came of the last operations where nobody else can be faster.
pub(crate) fn unopposed(finished: Result<(), Interrupted>) -> Result<(), Halt> {
    match finished {
        Err(Interrupted::Crashed(gap)) => Err(Halt::Crashed(gap)),
        Err(Interrupted::Store(reason)) => Err(Halt::Store(reason)),
        // Nobody else writes while this handler runs, and the weather was asked to spare it.
        Ok(()) | Err(Interrupted::Conflict) => Ok(()),
    }
}

/// Whether a handler minds what the weather says at commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposed {
    /// As every commit.
    ToConflicts,
    /// Noting that one gives up cannot fail by what one gives up for.
    No,
}

impl Bench<'_> {
    /// Commits what was decided, acknowledges, publishes and marks as sent, for `party`.
    pub fn finish(&mut self, party: Party, exposed: Exposed) -> Result<(), Interrupted> {
        if self.around.crash(Gap::Commit) {
            self.commit.clear();
            return Err(Interrupted::Crashed(Gap::Commit));
        }
        // An orchestrator without durable sagas keeps in memory what it knows. Only what messages follow from is
        // committed with them; the rest is noted when the handling is over, and a crash before loses it.
        let in_memory = party == Party::ORCHESTRATOR && !self.protections.durable_saga;
        let noted_later = in_memory && self.commit.outbox.is_empty();
        let direct =
            if self.protections.outbox { Vec::new() } else { std::mem::take(&mut self.commit.outbox) };
        if !noted_later {
            self.write(exposed)?;
        }
        if self.around.crash(Gap::Acknowledge) {
            return Err(Interrupted::Crashed(Gap::Acknowledge));
        }
        self.around.acknowledge();
        if self.around.crash(Gap::Publish) {
            return Err(Interrupted::Crashed(Gap::Publish));
        }
        for message in &direct {
            self.around.publish(message);
        }
        let sent = self.relay(party);
        if noted_later {
            self.write(Exposed::No)?;
        }
        if self.around.crash(Gap::Mark) {
            return Err(Interrupted::Crashed(Gap::Mark));
        }
        self.journal.mark_sent(party, sent);
        Ok(())
    }

    fn write(&mut self, exposed: Exposed) -> Result<(), Interrupted> {
        if self.commit.is_empty() {
            return Ok(());
        }
        let adds_events = !self.commit.events.is_empty();
        if exposed == Exposed::ToConflicts && adds_events && self.around.conflict() {
            self.commit.clear();
            return Err(Interrupted::Conflict);
        }
        match self.journal.commit(self.commit) {
            Ok(first) => {
                if adds_events {
                    self.watch(first);
                }
                Ok(())
            }
            Err(error) => {
                self.commit.clear();
                Err(match error {
                    CommitError::Conflict { .. } | CommitError::Claimed { .. } => Interrupted::Conflict,
                    CommitError::Store(reason) => Interrupted::Store(reason.into()),
                })
            }
        }
    }

    /// Tells who watches what was added from `first` on.
    fn watch(&mut self, first: Position) {
        for at in first.0..=self.journal.len() {
            if let Some(event) = self.journal.event(Position(at)) {
                self.letters.evolve(Position(at), event);
            }
        }
        self.around.committed(self.journal, self.letters, first);
    }

    /// Publishes what waits in the outbox of `party`, in order; gives how many there were.
    fn relay(&mut self, party: Party) -> usize {
        let unsent = self.journal.unsent(party);
        for message in unsent {
            self.around.publish(message);
        }
        unsent.len()
    }

    /// After a restart: sends what waits in the outbox. Nothing else; a restart never sends because of what it
    /// finds in a state.
    pub fn drain(&mut self, party: Party) {
        let sent = self.relay(party);
        self.journal.mark_sent(party, sent);
    }

    /// Commits facts that belong to no message: what a person does.
    pub fn note(&mut self) -> Result<(), CommitError> {
        let committed = self.journal.commit(self.commit);
        self.commit.clear();
        self.watch(committed?);
        Ok(())
    }
}
