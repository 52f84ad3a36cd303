//! The ports: how events are appended and read back, and how one event of an indexed source is fetched.
//! The traits only; who implements them does the I/O.

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

    /// Lets go of the files it holds open; the next fetch opens them again.
    fn rest(&mut self);
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
