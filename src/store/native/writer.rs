//! Writes a whole log into a new file of our own, without loss. Appends nothing to what is there.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode};

use super::rows::{insert, prepare};
use crate::model::RecordedEvent;
use crate::store::sqlite::sentence;

/// Why a log could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Nothing is ever overwritten.
    #[error("There is a file of this name already. Choose another name, or move it away first.\n{}", path.display())]
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
    temporary: Temporary,
    /// None only while it is closed.
    connection: Option<Connection>,
    sequence: i64,
}

/// Removes a file and what SQLite puts beside it.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        for suffix in ["", "-journal", "-wal", "-shm"] {
            let mut name = self.0.clone().into_os_string();
            name.push(suffix);
            // Most of them do not exist; of the others nobody could do more than we.
            drop(std::fs::remove_file(name));
        }
    }
}

impl Writer {
    /// Begins a store that will be at `path`, where nothing may be yet.
    pub fn create(path: &Path) -> Result<Self, WriteError> {
        if path.symlink_metadata().is_ok() {
            return Err(WriteError::Exists { path: path.to_owned() });
        }
        let temporary = Temporary(reserve(path)?);
        let failed = |error: &rusqlite::Error| sqlite_failure(path, error);
        let connection = Connection::open(&temporary.0).map_err(|error| failed(&error))?;
        // Nobody else sees the file, and half of one is thrown away: no need to sync before the end.
        connection
            .execute_batch(
                "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE",
            )
            .map_err(|error| failed(&error))?;
        prepare(&connection, path)
            .map_err(|error| WriteError::Io { reason: error.to_string(), path: path.to_owned() })?;
        Ok(Self { path: path.to_owned(), temporary, connection: Some(connection), sequence: 0 })
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
        let written = OpenOptions::new().write(true).open(&self.temporary.0).map_err(io)?;
        written.sync_all().map_err(io)?;
        drop(written);
        // A link fails where a file is; a rename would replace it. The temporary name goes with `self`.
        match std::fs::hard_link(&self.temporary.0, &self.path) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                Err(WriteError::Exists { path: self.path.clone() })
            }
            // File systems without links.
            Err(_no_links) => {
                if self.path.symlink_metadata().is_ok() {
                    return Err(WriteError::Exists { path: self.path.clone() });
                }
                std::fs::rename(&self.temporary.0, &self.path).map_err(io)
            }
        }
    }
}

/// A new empty file beside `path`.
fn reserve(path: &Path) -> Result<PathBuf, WriteError> {
    let name = path.file_name().ok_or_else(|| io_failure(path, &ErrorKind::InvalidFilename.into()))?;
    let process = std::process::id();
    for attempt in 0..1_000 {
        let mut temporary = name.to_owned();
        temporary.push(format!(".{process}-{attempt}.partial"));
        let temporary = path.with_file_name(temporary);
        match File::create_new(&temporary) {
            Ok(_) => return Ok(temporary),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(io_failure(path, &error)),
        }
    }
    Err(io_failure(path, &ErrorKind::AlreadyExists.into()))
}

fn io_failure(path: &Path, error: &std::io::Error) -> WriteError {
    let reason = match error.kind() {
        ErrorKind::NotFound => "its folder does not exist. Make it first, or choose another one.".to_owned(),
        ErrorKind::PermissionDenied => "no permission. Choose a folder you may write to.".to_owned(),
        ErrorKind::StorageFull => "the disk is full. Free some space, or choose another disk.".to_owned(),
        _ => error.to_string(),
    };
    WriteError::Io { reason, path: path.to_owned() }
}

fn sqlite_failure(path: &Path, error: &rusqlite::Error) -> WriteError {
    let reason = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "the disk is full. Free some space, or choose another disk.".to_owned(),
        _ => sentence(error),
    };
    WriteError::Io { reason, path: path.to_owned() }
}
