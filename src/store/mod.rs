//! Reading what others wrote, one file a format, and our own writable store behind the ports.
//!
//! A file is looked at once ([`shape`]), every format says whether that shape is its own ([`FORMATS`]), and the
//! one that does opens it. Files that no format claims are read through a column [`mapping`].
//! Everything here is read-only but [`native`]: the traits have no method that could write.

mod detect;
mod json;
pub mod mapping;
pub mod native;
mod ocel;
mod partial;
mod resume;
mod scratch;
mod seal;
pub mod shape;
mod sound;
mod sqlite;
mod unpack;

use std::path::{Path, PathBuf};

use crate::model::{Envelopes, Locator, PayloadSource, ReadIssue, RecordedEvent};

pub use detect::{Detection, detect, look, open, propose_table};
pub use json::{JsonlWriter, event_to_json};
pub use partial::Partial;
pub use resume::{Change, FileState, Growth, Resume};
pub use unpack::Unpacked;

/// A kind of store that can be read.
pub trait Format: Sync {
    /// Stable short name, printed by the command line: `emmett-sqlite`.
    fn name(&self) -> &'static str;

    /// What people call it: "Emmett, SQLite".
    fn title(&self) -> &'static str;

    /// One sentence: what it is and how it is told apart.
    fn about(&self) -> &'static str;

    /// Usual file name extensions, for the open dialog only; detection looks at content.
    fn extensions(&self) -> &'static [&'static str];

    /// Whether a file of this shape is of this format. At most one format may say so.
    fn claims(&self, shape: &shape::Shape) -> bool;

    /// Opens a file that it claims, read-only.
    fn open(&self, request: &OpenRequest<'_>) -> Result<Box<dyn StoreReader>, StoreError>;
}

/// What a format gets to open a file.
#[derive(Clone, Copy, Debug)]
pub struct OpenRequest<'a> {
    /// The file.
    pub path: &'a Path,
    /// Its shape, already looked at.
    pub shape: &'a shape::Shape,
    /// Where a copy may be put when a store can only be read from a copy.
    pub cache_dir: &'a Path,
}

/// Every format, in the order the command line lists them. Adding one is one file and one line.
pub static FORMATS: &[&dyn Format] = &[
    &json::SagascopeJsonl,
    &json::CloudEventsJson,
    &json::JaegerJson,
    &json::OcelJson,
    &json::OtlpJson,
    &json::JsonEvents,
    &json::TemporalJson,
    &json::KafkaJson,
    &sqlite::CqrsEsSqlite,
    &sqlite::EmmettSqlite,
    &sqlite::OcelSqlite,
    &sqlite::PyEventSourcingSqlite,
    &native::SagascopeSqlite,
];

/// A store being read from its beginning to its end.
pub trait StoreReader: Send {
    /// What was opened and how it is mapped.
    fn info(&self) -> &SourceInfo;

    /// Appends the next events and issues to `batch`: at most
    /// [`crate::base::limits::READ_BATCH_EVENTS`] events or about 8 MiB, so that a cancel never waits long.
    /// A broken record is an issue; an error means that the rest cannot be read.
    fn read_batch(&mut self, batch: &mut ReadBatch) -> Result<Progress, StoreError>;

    /// The same for the index: fills `batch`, which is empty, with events without payloads, as many as are at hand
    /// after some tens of milliseconds. A reader is read in one of both ways only.
    fn read_envelopes(&mut self, batch: &mut EnvelopeBatch) -> Result<Progress, StoreError>;

    /// A second way into the same source, for reading single events again while this one goes on.
    fn payloads(&self) -> Result<Box<dyn PayloadSource>, StoreError>;

    /// What goes on behind this reader's end once the source has grown; asked of a reader that is finished.
    /// `None` where a source of this format has no end at which it grows, or is read from a copy.
    fn resume(&self) -> Option<Box<dyn Resume>> {
        None
    }
}

/// [`StoreReader::read_envelopes`] of formats that have no faster way than to read whole events.
fn envelopes_of_whole(
    reader: &mut dyn StoreReader,
    batch: &mut EnvelopeBatch,
) -> Result<Progress, StoreError> {
    let mut whole = ReadBatch::default();
    let progress = reader.read_batch(&mut whole);
    for (locator, event) in &whole.events {
        batch.envelopes.add_event(*locator, event);
    }
    batch.issues.append(&mut whole.issues);
    progress
}

/// Events and issues of one step of reading.
#[derive(Debug, Default)]
pub struct ReadBatch {
    /// Events in the source's order, each with the place to fetch it from again.
    pub events: Vec<(Locator, RecordedEvent)>,
    /// Records that could not be read.
    pub issues: Vec<ReadIssue>,
}

/// Envelopes and issues of one step of reading.
#[derive(Debug, Default)]
pub struct EnvelopeBatch {
    /// Events in the source's order, without their payloads.
    pub envelopes: Envelopes,
    /// Records that could not be read.
    pub issues: Vec<ReadIssue>,
}

impl EnvelopeBatch {
    /// Forgets all, and keeps the memory.
    pub fn clear(&mut self) {
        self.envelopes.clear();
        self.issues.clear();
    }
}

/// How far reading has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes or rows read so far.
    pub done: u64,
    /// Bytes or rows in all, as far as is known.
    pub total: Option<u64>,
    /// Nothing more will come.
    pub finished: bool,
}

/// A source as it was opened.
#[derive(Clone, Debug, Default)]
pub struct SourceInfo {
    /// The file.
    pub path: PathBuf,
    /// [`Format::name`], or `mapped-json`, `mapped-sqlite`.
    pub format: String,
    /// [`Format::title`].
    pub title: String,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// Which of the source's fields became which field of the canonical event: ("time", "created").
    pub mapping: Vec<(String, String)>,
    /// Whether locators are keys of rows; else they are offsets in bytes, with a length.
    pub has_rows: bool,
    /// What a user should know of this source, each a sentence: "Times are the times of writing."
    pub notes: Vec<String>,
}

/// Why a store cannot be opened or read on. Each says what failed, why, and what to do; the path comes last.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The system does not give the file.
    #[error("Cannot read the file: {reason}\n{}", path.display())]
    Io {
        /// The system's reason, as a sentence.
        reason: String,
        /// The file.
        path: PathBuf,
    },
    /// The file is no event store that is known, and no mapping could be proposed.
    #[error("{reason}\n{}", path.display())]
    NotAStore {
        /// What it looks like and what to do.
        reason: String,
        /// The file.
        path: PathBuf,
    },
    /// SQLite says no.
    #[error("SQLite cannot read this store: {reason}\n{}", path.display())]
    Sqlite {
        /// SQLite's message and what to do.
        reason: String,
        /// The file.
        path: PathBuf,
    },
    /// The store was vacuumed, replaced or cut while it was open.
    #[error("The store changed under us, so reading stopped. Open it again.\n{}", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// More than this process may hold.
    #[error("{reason}\n{}", path.display())]
    Memory {
        /// How much is in use and allowed, and what to do.
        reason: String,
        /// The file.
        path: PathBuf,
    },
    /// The mapping does not fit the file.
    #[error("The mapping does not fit: {reason}\n{}", path.display())]
    Mapping {
        /// Which part, and what to write instead.
        reason: String,
        /// The file.
        path: PathBuf,
    },
}

impl StoreError {
    /// An I/O error as a sentence.
    pub fn io(path: &Path, error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        let reason = match error.kind() {
            ErrorKind::NotFound => "it does not exist. Check the name, or choose File › Open.".to_owned(),
            ErrorKind::PermissionDenied => "no permission. Ask its owner for read access.".to_owned(),
            ErrorKind::IsADirectory => "it is a folder. Name the files in it.".to_owned(),
            _ => error.to_string(),
        };
        Self::Io { reason, path: path.to_owned() }
    }
}
