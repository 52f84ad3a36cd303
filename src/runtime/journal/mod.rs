//! The journal: an event store whose commit takes everything a handler decides as one. The primer: events of
//! several streams, each with its expected version; the messages that follow (outbox); and the claim of the
//! idempotency key (inbox) become durable together or not at all. Expected versions are what makes two writers of
//! one stream safe: the slower one gets a conflict, loads again and decides anew. Without the outbox in the same
//! commit a crash can lose a message for good; without the inbox in it, a request can be done twice.
//!
//! A port: [`MemoryJournal`] is one, a file can be another. Nothing here reads a clock or a disk.

mod memory;

pub use memory::MemoryJournal;

use std::sync::Arc;

use super::{Aggregate, EventId, Fact, Key, Message, Party, Position, SagaNo, StreamNo};
use crate::base::ticks::Ticks;
use crate::domain::Name;

/// An event in the journal.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// Its id.
    pub id: EventId,
    /// Its stream.
    pub stream: StreamNo,
    /// Its version there, from 1.
    pub version: u32,
    /// When.
    pub at: Ticks,
    /// What it belongs to.
    pub saga: SagaNo,
    /// What caused it.
    pub cause: Option<EventId>,
    /// The request it belongs to.
    pub key: Option<Key>,
    /// The attempt that led to it; 0 where there are none.
    pub attempt: u32,
    /// What happened.
    pub fact: Fact,
}

/// A stream of a journal.
#[derive(Clone, Debug)]
pub struct StreamInfo {
    /// `payment-order-1`.
    pub name: Name,
    /// `Payment`: the aggregate type.
    pub aggregate: Name,
    /// Version of its last event; 0 for none.
    pub version: u32,
}

/// Who claims a key, and what the repeat will be answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The handler.
    pub consumer: Party,
    /// The request.
    pub key: Key,
    /// The event of this commit that is the answer. That there is a row decides, never what the event says.
    pub answer: EventId,
    /// From when on the row does not count any more.
    pub expires: Ticks,
    /// Whether a row that is there has expired and is replaced.
    pub renew: bool,
}

/// Everything one handling decides. Reused from message to message.
#[derive(Clone, Debug, Default)]
pub struct Commit {
    /// What each stream's version is believed to be, in order of first use.
    pub expected: Vec<(StreamNo, u32)>,
    /// The events, in order.
    pub events: Vec<Recorded>,
    /// The messages that follow, in order; all of one sender.
    pub outbox: Vec<Message>,
    /// The key that is claimed.
    pub claim: Option<Claim>,
}

/// What all events of one handling share.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    /// When.
    pub at: Ticks,
    /// The saga.
    pub saga: SagaNo,
    /// What caused it.
    pub cause: Option<EventId>,
    /// The request.
    pub key: Option<Key>,
    /// The attempt.
    pub attempt: u32,
}

impl Commit {
    /// Forgets everything, keeps the memory.
    pub fn clear(&mut self) {
        self.expected.clear();
        self.events.clear();
        self.outbox.clear();
        self.claim = None;
    }

    /// Whether nothing would happen.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty() && self.outbox.is_empty() && self.claim.is_none()
    }

    /// Adds an event to `stream`. The version before the first one added is taken from `journal`: load before.
    pub fn append(
        &mut self,
        journal: &dyn Journal,
        stream: StreamNo,
        context: &Context,
        fact: Fact,
    ) -> EventId {
        let expected = self.expected.iter().find(|(known, _)| *known == stream).map(|(_, version)| *version);
        let expected = expected.unwrap_or_else(|| {
            let version = journal.version(stream);
            self.expected.push((stream, version));
            version
        });
        let own = self.events.iter().filter(|event| event.stream == stream).count() as u32;
        let version = expected + own + 1;
        let id = journal.event_id(stream, version);
        let Context { at, saga, cause, key, attempt } = *context;
        self.events.push(Recorded { id, stream, version, at, saga, cause, key, attempt, fact });
        id
    }
}

/// Why nothing was committed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// Somebody else was faster.
    #[error("the stream is at version {actual}, not at {expected}: load it again and decide anew")]
    Conflict {
        /// Which stream.
        stream: StreamNo,
        /// What was believed.
        expected: u32,
        /// What it is.
        actual: u32,
    },
    /// The key is claimed already: this request has been handled.
    #[error("the request {key:?} has been handled already")]
    Claimed {
        /// The request.
        key: Key,
    },
    /// The store failed.
    #[error("{0}")]
    Store(String),
}

/// An event store for the runtime.
pub trait Journal {
    /// The stream of this name, made if it is not known: it has version 0 until something is appended.
    fn open(&mut self, name: &str, aggregate: &Name) -> StreamNo;

    /// The stream of this name, if it is known.
    fn find(&self, name: &str) -> Option<StreamNo>;

    /// What is known of a stream.
    fn stream(&self, stream: StreamNo) -> &StreamInfo;

    /// Version of the last event; 0 for none.
    fn version(&self, stream: StreamNo) -> u32 {
        self.stream(stream).version
    }

    /// The id that the event with this version will have or has.
    fn event_id(&self, stream: StreamNo, version: u32) -> EventId;

    /// Number of events.
    fn len(&self) -> u32;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The event at `position`.
    fn event(&self, position: Position) -> Option<&Recorded>;

    /// Where the event with this version of the stream lies.
    fn locate(&self, stream: StreamNo, version: u32) -> Option<Position>;

    /// The events of a stream after `version`, in order.
    fn replay(&self, stream: StreamNo, after: u32, visit: &mut dyn FnMut(Position, &Recorded));

    /// The newest snapshot of a stream's aggregate, if one was kept: where loading it begins.
    fn snapshot(&self, stream: StreamNo) -> Option<Arc<Aggregate>>;

    /// Keeps a stream's aggregate as it was at its version. A cache: losing it costs time and nothing else, so nobody
    /// is told if it cannot be kept.
    fn keep_snapshot(&mut self, stream: StreamNo, aggregate: Arc<Aggregate>);

    /// Everything of `commit`, or nothing. Gives the position of its first event.
    fn commit(&mut self, commit: &mut Commit) -> Result<Position, CommitError>;

    /// Where the event lies that the request was answered with, if it was and the row still counts at `now`.
    fn answered(&self, consumer: Party, key: Key, now: Ticks) -> Option<Position>;

    /// Messages of `sender` that are not marked as sent, oldest first.
    fn unsent(&self, sender: Party) -> &[Message];

    /// The oldest `count` messages of `sender` have been sent.
    fn mark_sent(&mut self, sender: Party, count: usize);
}
