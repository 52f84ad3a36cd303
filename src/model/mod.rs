//! The nouns: what an event is, how one is named, and the ports through which events are stored and fetched.
//! No I/O here, and no opinion about where events come from.

mod envelope;
mod event;
mod failure;
mod issue;
mod json;
mod letter;
mod port;
mod row;
mod stream;
mod time;
mod workflow;

pub use envelope::{Envelope, EnvelopeRef, Envelopes, IdKey, Member, NameNumber};
pub use event::{EventKind, Membership, Payload, RecordedEvent};
pub use failure::{is_failure_type, type_family, words};
pub use issue::ReadIssue;
pub use json::{JsonError, JsonText, parse_json};
pub use letter::{LETTER_MEMBER, letter_facts};
pub use port::{
    AppendError, Appended, Claim, CommitError, Committed, EventStore, ExpectedVersion, FetchError,
    IdempotencyStore, Locator, NewEvent, Outbox, OutboxMessage, OutboxRow, PayloadSource, Snapshot,
    SnapshotStore, StoreFault, StreamAppend, TextFinder, Transaction, TransactionalStore,
};
pub use row::{Row, SourceId};
pub use stream::StreamName;
pub use time::{TimeError, Timestamp};
pub use workflow::{RUNTIME_FAMILIES, WorkflowAct, WorkflowNote};
