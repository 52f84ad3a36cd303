//! Our own store: an SQLite database that plain SQL can read, written by [`Writer`] (whole logs, converted) and by
//! [`SqliteEventStore`] (appends with optimistic concurrency), read like any other store by its format.
//! Beside it the same ports in memory, [`MemoryEventStore`]. Never opens what others wrote.
//!
//! The database is in WAL mode; `PRAGMA application_id` is 1396787009 (`SAGA`), `PRAGMA user_version` the
//! version of this layout, 1:
//!
//! ```sql
#![doc = include_str!("schema.sql")]
//! ```
//!
//! A store in which handlers work ([`TransactionalStore`](crate::model::TransactionalStore)) has two more tables,
//! made with their first row; readers of events need not know them:
//!
//! ```sql
#![doc = include_str!("messaging.sql")]
//! ```
//!
//! And one in which long streams have snapshots has another, a cache that may be dropped at any time:
//!
//! ```sql
#![doc = include_str!("snapshots.sql")]
//! ```
//!
//! * `sequence` is the order of storage. `position` is the global position as the source gave it; for an event
//!   appended here it is its `sequence`. The [`EventStore`](crate::model::EventStore) port counts by `sequence`.
//! * An event's home stream stands in its own row, any further ones in `event_streams` from ordinal 1.
//! * `data` is JSON text. Where the payload is no JSON it is NULL, and `data_bytes` and `data_encoding` have it;
//!   where there is none all three are NULL. `metadata` is JSON text, `warnings` a JSON array of sentences or NULL.
//! * Times are RFC 3339 in UTC with the digits they were stored with.
//! * The times of `inbox` are nanoseconds since 1970, for they are compared; `expires_at` is NULL for never. Its
//!   `result` and the `body` of an outbox message are JSON text. Messages stay when they were sent, with `sent` 1.
//! * A stream's versions are unique among the events appended here: that is what `imported` is for. It is 0 for
//!   them, and the row's own `sequence` for what was imported, so that the unique index never rejects a foreign log
//!   in which a version or an event id is there twice: an import loses nothing. An append continues after
//!   the highest version of the stream, whoever wrote it.

mod format;
mod memory;
mod messaging;
mod rows;
mod snapshots;
mod store;
mod writer;

pub(super) use format::SagascopeSqlite;
pub use memory::MemoryEventStore;
pub use store::SqliteEventStore;
pub use writer::{WriteError, Writer};

use crate::model::{AppendError, ExpectedVersion, NewEvent, RecordedEvent, StreamName, Timestamp};
use crate::model::{Membership, StoreFault};

/// Tells the time of recording.
pub type Clock = Box<dyn Fn() -> Timestamp + Send>;

/// The version that the next event of a stream gets, whose last one has version `last`.
fn next_version(
    stream: &StreamName,
    expected: ExpectedVersion,
    last: Option<i64>,
) -> Result<i64, AppendError> {
    let (fits, believed) = match expected {
        ExpectedVersion::Any => (true, String::new()),
        ExpectedVersion::NoStream => (last.is_none(), "no stream".to_owned()),
        ExpectedVersion::Exactly(version) => {
            (last == Some(version) || (last.is_none() && version == 0), format!("version {version}"))
        }
    };
    if !fits {
        let actual = last.unwrap_or(0);
        return Err(AppendError::Conflict { stream: stream.clone(), expected: believed, actual });
    }
    match last {
        None => Ok(1),
        Some(last) => last.checked_add(1).ok_or_else(|| {
            AppendError::Store(StoreFault(format!("{stream} has no version left after {last}")))
        }),
    }
}

/// A new event as it is recorded.
fn recorded(
    stream: &StreamName,
    event: &NewEvent,
    version: i64,
    position: i64,
    recorded_at: Timestamp,
) -> RecordedEvent {
    RecordedEvent {
        position: Some(position),
        id: Some(event.id.clone()),
        kind: event.kind,
        event_type: event.event_type.clone(),
        schema_version: event.schema_version.clone(),
        streams: vec![Membership { stream: stream.clone(), version: Some(version), role: None }],
        occurred_at: event.occurred_at,
        recorded_at: Some(recorded_at),
        correlation_id: event.correlation_id.clone(),
        causation_id: event.causation_id.clone(),
        data: event.data.clone(),
        metadata: event.metadata.clone(),
        warnings: Vec::new(),
    }
}
