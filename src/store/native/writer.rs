//! Writes a whole log into a new file of our own, without loss. Appends nothing to what is there.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::rows::{insert, prepare};
use crate::model::RecordedEvent;
use crate::store::Partial;
use crate::store::sqlite::{is_damage, sentence};

/// Why a log could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Nothing is ever overwritten.
    #[error("There is a file of this name already. Choose another name, or move it away first\n{}", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The system does not let us.
    #[error("Cannot write the file: {reason}\n{}", path.display())]
    Io {
        /// The system's reason and what to do.
        reason: String,
        /// The file.
        path: PathBuf,
    },
}

/// A store that is being written, under a temporary name beside the one it will have. It gets its name by
/// [`Writer::finish`]; dropped before, it is removed.
pub struct Writer {
    path: PathBuf,
    /// None only while it is closed. Before the file, so that it is closed when that is removed.
    connection: Option<Connection>,
    partial: Partial,
    sequence: i64,
}

impl Writer {
    /// Begins a store that will be at `path`, where nothing may be yet.
    pub fn create(path: &Path) -> Result<Self, WriteError> {
        let (partial, file) =
            Partial::reserve(path, is_abandoned).map_err(|error| io_failure(path, &error))?;
        drop(file);
        let failed = |error: &rusqlite::Error| sqlite_failure(path, error);
        let connection = Connection::open(partial.path()).map_err(|error| failed(&error))?;
        // Nobody else sees the file, and half of one is thrown away: no need to sync before the end.
        connection
            .execute_batch(
                "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE",
            )
            .map_err(|error| failed(&error))?;
        prepare(&connection, path)
            .map_err(|error| WriteError::Io { reason: error.to_string(), path: path.to_owned() })?;
        Ok(Self { path: path.to_owned(), connection: Some(connection), partial, sequence: 0 })
    }

    /// Writes `events` behind those before, in one transaction.
    pub fn write<'a>(
        &mut self,
        events: impl IntoIterator<Item = &'a RecordedEvent>,
    ) -> Result<(), WriteError> {
        let connection =
            self.connection.as_ref().expect("only finish takes the connection, and self with it");
        let mut sequence = self.sequence;
        let write = || {
            let transaction = connection.unchecked_transaction()?;
            for event in events {
                sequence += 1;
                insert(&transaction, sequence, true, event)?;
            }
            transaction.commit()
        };
        write().map_err(|error| sqlite_failure(&self.path, &error))?;
        self.sequence = sequence;
        Ok(())
    }

    /// How many events were written.
    pub fn len(&self) -> u64 {
        self.sequence as u64
    }

    /// Whether no event was written.
    pub fn is_empty(&self) -> bool {
        self.sequence == 0
    }

    /// Closes the store and gives it its name.
    pub fn finish(mut self) -> Result<(), WriteError> {
        let io = |error: std::io::Error| io_failure(&self.path, &error);
        if let Some(connection) = self.connection.take() {
            connection
                .execute_batch("PRAGMA locking_mode = NORMAL; PRAGMA journal_mode = WAL")
                .and_then(|()| connection.close().map_err(|(_, error)| error))
                .map_err(|error| sqlite_failure(&self.path, &error))?;
        }
        let written = OpenOptions::new().write(true).open(self.partial.path()).map_err(io)?;
        written.sync_all().map_err(io)?;
        drop(written);
        let path = self.path;
        self.partial.publish().map_err(|error| io_failure(&path, &error))
    }
}

/// Whether nobody writes the database `partial`: a writer holds SQLite's own lock on it until the end, and a killed
/// one holds nothing.
fn is_abandoned(partial: &Path) -> bool {
    let locked =
        Connection::open_with_flags(partial, OpenFlags::SQLITE_OPEN_READ_WRITE).and_then(|connection| {
            connection.busy_timeout(Duration::ZERO)?;
            connection.execute_batch("BEGIN EXCLUSIVE")
        });
    match locked {
        Ok(()) => true,
        Err(error) => is_damage(&error),
    }
}

fn io_failure(path: &Path, error: &std::io::Error) -> WriteError {
    if error.kind() == ErrorKind::AlreadyExists {
        return WriteError::Exists { path: path.to_owned() };
    }
    WriteError::Io { reason: Partial::refusal(error), path: path.to_owned() }
}

fn sqlite_failure(path: &Path, error: &rusqlite::Error) -> WriteError {
    let reason = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => Partial::refusal(&ErrorKind::StorageFull.into()),
        _ => sentence(error),
    };
    WriteError::Io { reason, path: path.to_owned() }
}
