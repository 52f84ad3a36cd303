//! The ports: how events are appended and read back, alone or together with what must become durable with them,
//! and how one event of an indexed source is fetched. The traits only; who implements them does the I/O.

use super::{EventKind, JsonText, Payload, RecordedEvent, StreamName, Timestamp};

/// Where an event lies in its source; only the source that gave it can read it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Locator {
    /// Byte offset, or the row's key.
    pub at: u64,
    /// Length in bytes, or 0.
    pub len: u32,
}

/// Reads whole events of one source again, on demand.
pub trait PayloadSource: Send {
    /// The events at `locators`, in that order. One result for each.
    fn fetch(&mut self, locators: &[Locator]) -> Vec<Result<RecordedEvent, FetchError>>;

    /// Which of the events at `locators` may carry a text, as far as their bytes tell without being decoded: one
    /// answer for each, and `true` where that is not known. An event that carries it is never left out.
    fn may_hold(&mut self, locators: &[Locator], _text: &dyn TextFinder) -> Vec<bool> {
        vec![true; locators.len()]
    }

    /// Lets go of the files it holds open; the next fetch opens them again.
    fn rest(&mut self);
}

/// Finds a text in bytes, without regard to case.
pub trait TextFinder: Sync {
    /// The text.
    fn text(&self) -> &str;

    /// Where it occurs first in `bytes`, from this place on. It may find more than the text, never less.
    fn find(&self, bytes: &[u8], from: usize) -> Option<usize>;
}

/// Why an event could not be read again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The source is another one than when it was indexed: its locators mean nothing now.
    #[error("The store changed since it was opened, so this event cannot be shown. Open it again.")]
    Changed,
    /// The record cannot be read.
    #[error("This event could not be read again: {0}")]
    Unreadable(String),
}

/// An event store that can be written: optimistic concurrency by expected version.
pub trait EventStore: Send {
    /// Appends `events` to `stream` as one, if the stream is where `expected` says.
    /// A stream's first event has version 1.
    fn append(
        &mut self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Result<Appended, AppendError>;

    /// The events of a stream with a version of at least `from_version`, in order of version.
    fn read_stream(&self, stream: &StreamName, from_version: i64) -> Result<Vec<RecordedEvent>, StoreFault>;

    /// At most `limit` events with a position of at least `from_position`, in order of position.
    fn read_all(&self, from_position: i64, limit: usize) -> Result<Vec<RecordedEvent>, StoreFault>;
}

/// What a writer believes of a stream before it appends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectedVersion {
    /// Nothing.
    Any,
    /// It has no event yet.
    NoStream,
    /// Its last event has this version.
    Exactly(i64),
}

/// What an append did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Version of the last appended event.
    pub version: i64,
    /// Its global position.
    pub position: i64,
}

/// An event to append; the store gives it version, position and time of recording.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewEvent {
    /// Unique over the store.
    pub id: String,
    /// Event, command or integration event.
    pub kind: EventKind,
    /// Type name.
    pub event_type: String,
    /// Version of the payload's schema.
    pub schema_version: Option<String>,
    /// When it happened.
    pub occurred_at: Option<Timestamp>,
    /// What it belongs to.
    pub correlation_id: Option<String>,
    /// What caused it.
    pub causation_id: Option<String>,
    /// The payload.
    pub data: Payload,
    /// Everything else.
    pub metadata: Option<JsonText>,
}

/// Why nothing was appended.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Somebody else was faster.
    #[error("{stream} is at version {actual}, not at {expected}: load it again and decide anew")]
    Conflict {
        /// The stream.
        stream: StreamName,
        /// What the writer believed: "version 3", "no stream".
        expected: String,
        /// Its last version; 0 for none.
        actual: i64,
    },
    /// An event id is there already.
    #[error("an event with the id {0} is in the store already")]
    DuplicateId(String),
    /// The store itself failed.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

/// A store that cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StoreFault(pub String);

/// A store that commits everything one handling of a message changes as one: events of several streams, the
/// messages to publish (outbox) and the claim that the message is handled (inbox). All of it becomes durable, or
/// nothing does; that is what makes a repeat harmless and keeps a message from being lost.
pub trait TransactionalStore: EventStore + IdempotencyStore + Outbox + SnapshotStore {
    /// Commits `transaction`. On an error nothing changed.
    fn commit(&mut self, transaction: &Transaction) -> Result<Committed, CommitError>;
}

/// What becomes durable together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transaction {
    /// Checked and appended in this order; a stream may be there twice.
    pub appends: Vec<StreamAppend>,
    /// What is to be published afterwards, in this order.
    pub outbox: Vec<OutboxMessage>,
    /// That a message is handled. Claimed before anything else: of two handlers of one message, one commits.
    pub claim: Option<Claim>,
    /// The position that the next event must get, for a writer that counts along; `None` takes any.
    pub position: Option<i64>,
}

/// Events for one stream, as in [`EventStore::append`].
#[derive(Clone, Debug, PartialEq)]
pub struct StreamAppend {
    /// Where to.
    pub stream: StreamName,
    /// What the writer believes of it.
    pub expected: ExpectedVersion,
    /// What is appended.
    pub events: Vec<NewEvent>,
}

/// What a commit did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// One for each append, in order.
    pub appended: Vec<Appended>,
}

/// Why nothing was committed.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The message was handled before; this was answered.
    #[error("{} has handled {} before, and answers as it did then", processed.consumer, processed.key)]
    Processed {
        /// The row that is there.
        processed: Claim,
    },
    /// Somebody else appended: the next event would get another position than the writer believes.
    #[error("the next event gets position {actual}, not {expected}: somebody else writes to this store")]
    Moved {
        /// What the writer believes.
        expected: i64,
        /// What it is.
        actual: i64,
    },
    /// An append did not go through.
    #[error(transparent)]
    Append(#[from] AppendError),
}

impl From<StoreFault> for CommitError {
    fn from(fault: StoreFault) -> Self {
        Self::Append(AppendError::Store(fault))
    }
}

/// Which messages were handled, and what was answered: the inbox. A row is inserted by
/// [`TransactionalStore::commit`] and by nothing else; looking it up first only saves work.
///
/// That the row exists says that the message is handled. Its result says nothing about that: it may be null, 0
/// or empty.
pub trait IdempotencyStore {
    /// What `consumer` recorded under `key`, unless that expired by `now`.
    fn processed(&self, consumer: &str, key: &str, now: Timestamp) -> Result<Option<Claim>, StoreFault>;

    /// Removes what expired by `now`, and says how many rows that were.
    fn remove_expired(&mut self, now: Timestamp) -> Result<u64, StoreFault>;
}

/// A row of the inbox: `consumer` handled the message with this idempotency key.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// Who handled it.
    pub consumer: String,
    /// Its idempotency key: the same for every repeat.
    pub key: String,
    /// What was answered, any JSON.
    pub result: JsonText,
    /// When it was handled. A row that expired by then gives way.
    pub claimed_at: Timestamp,
    /// From when on a repeat is taken for something new; `None` is never.
    pub expires_at: Option<Timestamp>,
}

impl Claim {
    /// Whether it counts no longer.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|expires_at| expires_at <= now)
    }
}

/// The newest snapshot of each aggregate: its state at a version, so that a long stream need not be read from its
/// beginning. A cache, in no transaction with anything: whatever is missing in it is folded again.
pub trait SnapshotStore {
    /// The snapshot of a stream, if there is one that was made by these `rules`.
    fn snapshot(&self, stream: &StreamName, rules: &str) -> Result<Option<Snapshot>, StoreFault>;

    /// Keeps a snapshot, unless there is a newer one by the same rules.
    fn keep_snapshot(&mut self, stream: &StreamName, snapshot: &Snapshot) -> Result<(), StoreFault>;
}

/// The state of an aggregate at a version.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// Names the rules by which it was folded: by others the state would be another one.
    pub rules: String,
    /// Version of the last event in it.
    pub version: i64,
    /// The state, as whoever folded it spells it.
    pub state: JsonText,
}

/// Messages that were committed with the events that caused them and are still to be published. Rows are
/// inserted by [`TransactionalStore::commit`]. Who publishes marks them afterwards, so that a crash in between
/// publishes again: at least once, in order, never not at all.
pub trait Outbox {
    /// At most `limit` rows of `sender` that are not marked as sent, the oldest first.
    fn unsent(&self, sender: &str, limit: usize) -> Result<Vec<OutboxRow>, StoreFault>;

    /// Marks rows as sent by their sequences. Marking again changes nothing.
    fn mark_sent(&mut self, sequences: &[i64]) -> Result<(), StoreFault>;
}

/// A message to publish.
#[derive(Clone, Debug, PartialEq)]
pub struct OutboxMessage {
    /// Whose outbox.
    pub sender: String,
    /// The message's id, by which its consumers know a repeat.
    pub id: String,
    /// The message as the sender spells it.
    pub body: JsonText,
}

/// A message in the outbox.
#[derive(Clone, Debug, PartialEq)]
pub struct OutboxRow {
    /// Place in the outbox, ascending in order of commit.
    pub sequence: i64,
    /// What is to be published.
    pub message: OutboxMessage,
}
