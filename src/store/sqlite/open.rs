//! Opening an SQLite database so that nothing in it or beside it changes, and reading it in short
//! transactions. Knows nothing of tables.
//!
//! How a database is opened is decided by what lies beside it, anew before every read ([`super::sidecar`]):
//!
//! | mode | beside the file | opened |
//! | --- | --- | --- |
//! | rollback | no journal left by a crash | `mode=ro` |
//! | WAL | `-wal` and `-shm` | `mode=ro`, for one read at a time |
//! | any | an empty `-wal` without `-shm`, or a WAL database without `-wal` | `immutable=1` |
//! | any | a `-wal` with content without a usable `-shm`, a journal left by a crash | a copy |
//! | any | nothing, but the file ends inside a page | a copy, cut to whole pages |
//!
//! `mode=ro` alone would create `-wal` and `-shm` beside a clean WAL database and leave them; `immutable=1`
//! alone would miss what is in a WAL. A read without locks (`immutable=1`) counts only if the file is the same
//! after it; else it is discarded and done again. A live WAL is opened with `readonly_shm=1`, so that not even
//! its index changes, and closed after each read: a connection of ours that stayed would keep the writer from
//! removing its WAL when it ends. No transaction outlives a read, so a writer can always checkpoint.
//!
//! A program that writes a store in this same process must do it through a connection that stays open
//! for longer than any of these reads: POSIX locks belong to the process.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};

use super::copy::CopiedStore;
use super::sidecar::{Choice, Identity, choose, stamps};
use crate::base::clock::Stopwatch;
use crate::store::{FileState, StoreError};

/// A read that others keep from being done is tried no longer than this: a locked database, a file that changed
/// while it was read without locks.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often a connection that meets a lock looks again before its read is begun anew.
const LOCK_TRIES: i32 = 300;

/// How often a database is refused before that is taken as its state, not as a moment of somebody's commit.
const REFUSED_TRIES: u32 = 20;

/// Why a read gave nothing.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The store as a whole: gone, replaced, locked, cannot be opened.
    Store(StoreError),
    /// What SQLite said to the read itself.
    Sqlite(rusqlite::Error),
}

/// A database on disk. Cheap to keep: it holds a connection only where that is in nobody's way.
pub(crate) struct Database {
    /// As asked for; in messages.
    path: PathBuf,
    /// Without symbolic links: what belongs to a database lies beside the file itself.
    real: PathBuf,
    cache_dir: PathBuf,
    /// Open while it reads or holds a connection, and then the same for all siblings: closing one handle of a file
    /// ends all locks that the process has on it.
    file: Option<Arc<File>>,
    /// Where siblings find it. Locked while the last one closes it.
    shared_file: Arc<Mutex<Weak<File>>>,
    identity: Identity,
    copy: Option<Arc<CopiedStore>>,
    open: Option<(Choice, Connection)>,
    damaged: bool,
}

/// What became of an attempt to connect.
enum Attempt {
    Connected(Choice, Connection),
    /// What lies beside the file changed meanwhile.
    Changed,
    /// The database cannot be opened in place.
    Refused,
}

impl Database {
    /// Opens the database at `path`. `cache_dir` is for a copy, should one be needed.
    pub(crate) fn open(path: &Path, cache_dir: &Path) -> Result<Self, StoreError> {
        let io = |error: std::io::Error| StoreError::io(path, &error);
        let real = path.canonicalize().map_err(io)?;
        let identity = Identity::of(&real).map_err(io)?;
        let mut database = Self {
            path: path.to_owned(),
            file: None,
            shared_file: Arc::default(),
            real,
            cache_dir: cache_dir.to_owned(),
            identity,
            copy: None,
            open: None,
            damaged: false,
        };
        database.read_or_store_error(|_connection| Ok(()))?;
        Ok(database)
    }

    /// The same database (the same copy, where it is one) through a connection of its own.
    pub(crate) fn sibling(&self) -> Self {
        Self {
            path: self.path.clone(),
            real: self.real.clone(),
            cache_dir: self.cache_dir.clone(),
            file: None,
            shared_file: Arc::clone(&self.shared_file),
            identity: self.identity,
            copy: self.copy.clone(),
            open: None,
            damaged: self.damaged,
        }
    }

    /// As asked for.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether parts of the file are missing or unreadable.
    pub(crate) fn is_damaged(&self) -> bool {
        self.damaged
    }

    /// Whether a copy is read.
    pub(crate) fn is_copy(&self) -> bool {
        self.copy.is_some()
    }

    /// The state of every file that holds its content, the database itself first.
    pub(crate) fn states(&self) -> std::io::Result<Vec<Option<FileState>>> {
        stamps(&self.real)
    }

    /// Runs `work` in one read transaction. It may run several times, and only the last run counts.
    pub(crate) fn read<T>(
        &mut self,
        mut work: impl FnMut(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Fault> {
        let started = Stopwatch::start();
        let mut refused = 0;
        loop {
            let last = started.elapsed() >= PATIENCE;
            let (choice, connection) = match self.connection(refused >= REFUSED_TRIES) {
                Ok(Attempt::Connected(choice, connection)) => (choice, connection),
                Ok(_) if last => return Err(Fault::Store(self.busy())),
                Ok(attempt) => {
                    refused += u32::from(matches!(attempt, Attempt::Refused));
                    pause(refused);
                    continue;
                }
                Err(Fault::Sqlite(error)) if is_busy(&error) && !last => continue,
                Err(fault) => return Err(fault),
            };
            let result = transaction(&connection, &mut work);
            match choice {
                Choice::Immutable(_) => {
                    if self.choose()? != choice {
                        if last {
                            return Err(Fault::Store(self.busy()));
                        }
                        continue;
                    }
                    self.open = Some((choice, connection));
                }
                Choice::Rollback | Choice::Copy => self.open = Some((choice, connection)),
                Choice::Wal => drop(connection),
            }
            self.check_identity()?;
            match result {
                Err(error) if is_busy(&error) && !last => {}
                // The journal of a commit that has just begun looks like one that a crash left.
                Err(error) if cannot_be_read_in_place(&error) && choice != Choice::Copy && !last => {
                    self.open = None;
                    refused += 1;
                    pause(refused);
                }
                result => return result.map_err(Fault::Sqlite),
            }
        }
    }

    /// [`Database::read`], for reads whose failure is the store's.
    pub(crate) fn read_or_store_error<T>(
        &mut self,
        work: impl FnMut(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        self.read(work).map_err(|fault| self.store_error(fault))
    }

    /// What a user is told of a fault.
    pub(crate) fn store_error(&self, fault: Fault) -> StoreError {
        match fault {
            Fault::Store(error) => error,
            Fault::Sqlite(error) => StoreError::Sqlite { reason: sentence(&error), path: self.path.clone() },
        }
    }

    /// A copy is what it was, whatever happens to the original.
    fn check_identity(&self) -> Result<(), Fault> {
        if self.copy.is_some() {
            return Ok(());
        }
        match Identity::of(&self.real) {
            Ok(identity) if identity == self.identity => Ok(()),
            Ok(_) => Err(Fault::Store(StoreError::Changed { path: self.path.clone() })),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(Fault::Store(StoreError::Changed { path: self.path.clone() }))
            }
            Err(error) => Err(self.io(&error)),
        }
    }

    fn choose(&mut self) -> Result<Choice, Fault> {
        if self.copy.is_some() {
            return Ok(Choice::Copy);
        }
        let chosen = self.open_file().and_then(|file| choose(&self.real, &file));
        chosen.map_err(|error| self.io(&error))
    }

    fn open_file(&mut self) -> std::io::Result<Arc<File>> {
        if let Some(file) = &self.file {
            return Ok(Arc::clone(file));
        }
        let mut shared = self.shared_file.lock().unwrap_or_else(PoisonError::into_inner);
        let file = match shared.upgrade() {
            Some(file) => file,
            None => Arc::new(File::open(&self.real)?),
        };
        *shared = Arc::downgrade(&file);
        Ok(Arc::clone(self.file.insert(file)))
    }

    /// Closes what is open; the next read opens it again.
    pub(crate) fn rest(&mut self) {
        self.open = None;
        // Under the lock, so that no sibling opens the file anew before this handle is closed.
        let _shared = self.shared_file.lock().unwrap_or_else(PoisonError::into_inner);
        self.file = None;
    }

    /// Takes a connection that fits what lies beside the file now. With `may_copy` a database that cannot be opened
    /// in place is copied.
    fn connection(&mut self, may_copy: bool) -> Result<Attempt, Fault> {
        self.check_identity()?;
        let choice = self.choose()?;
        if let Some((open, connection)) = self.open.take()
            && open == choice
        {
            return Ok(Attempt::Connected(open, connection));
        }
        let opened = match choice {
            Choice::Copy => return self.copied(),
            Choice::Rollback => self.connect(&self.real, "?mode=ro"),
            Choice::Wal => self.connect(&self.real, "?mode=ro&readonly_shm=1"),
            Choice::Immutable(_) => self.connect(&self.real, "?mode=ro&immutable=1"),
        };
        match opened {
            Ok((connection, false)) => Ok(Attempt::Connected(choice, connection)),
            // What looks broken may only have been looked at in the middle of a change.
            _ if self.choose()? != choice => Ok(Attempt::Changed),
            Ok((connection, true)) => {
                self.damaged = true;
                Ok(Attempt::Connected(choice, connection))
            }
            // An abandoned journal, or an index nobody can use: only a copy may be repaired.
            Err(error) if cannot_be_read_in_place(&error) && !matches!(choice, Choice::Immutable(_)) => {
                if may_copy {
                    self.copied()
                } else {
                    Ok(Attempt::Refused)
                }
            }
            Err(error) => Err(Fault::Sqlite(error)),
        }
    }

    fn copied(&mut self) -> Result<Attempt, Fault> {
        let copy = match &self.copy {
            Some(copy) => Arc::clone(copy),
            None => match CopiedStore::make(&self.real, &self.cache_dir) {
                Ok(copy) => Arc::new(copy),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Attempt::Changed),
                Err(error) => {
                    let reason = format!(
                        "it can only be read from a copy, and that could not be made in {}: {error}. Free some space, or close the program that writes it",
                        self.cache_dir.display()
                    );
                    return Err(Fault::Store(StoreError::Sqlite { reason, path: self.path.clone() }));
                }
            },
        };
        // Read-write: SQLite rolls the copied journal back or recovers the copied WAL.
        let (connection, damaged) = self.connect(&copy.path(), "?mode=rw").map_err(Fault::Sqlite)?;
        self.copy = Some(copy);
        self.damaged |= damaged;
        Ok(Attempt::Connected(Choice::Copy, connection))
    }

    /// A connection that has read the schema, and whether the file is damaged.
    fn connect(&self, file: &Path, parameters: &str) -> rusqlite::Result<(Connection, bool)> {
        let flags =
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(uri(file, parameters), flags)?;
        connection.busy_handler(Some(look_again))?;
        // What is in the file is data: no function in its schema runs, nothing is written, temporary
        // results stay in memory.
        connection.execute_batch(
            "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY",
        )?;
        let probe = |connection: &Connection| {
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))
        };
        if self.damaged {
            connection.execute_batch("PRAGMA writable_schema = ON")?;
        }
        match probe(&connection) {
            Ok(_) => Ok((connection, false)),
            // A file that was cut is refused as a whole, unless SQLite is told that the schema may be
            // odd; then what is there can be read.
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt) => {
                connection.execute_batch("PRAGMA writable_schema = ON")?;
                probe(&connection).map(|_| (connection, true))
            }
            Err(error) => Err(error),
        }
    }

    fn io(&self, error: &std::io::Error) -> Fault {
        Fault::Store(StoreError::io(&self.path, error))
    }

    fn busy(&self) -> StoreError {
        let reason = "another program keeps writing it. Wait until it has finished, then open it again";
        StoreError::Sqlite { reason: reason.to_owned(), path: self.path.clone() }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.rest();
    }
}

fn transaction<T>(
    connection: &Connection,
    work: &mut impl FnMut(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    connection.execute_batch("BEGIN")?;
    let result = work(connection);
    // Some errors end the transaction by themselves.
    let ended = if connection.is_autocommit() { Ok(()) } else { connection.execute_batch("ROLLBACK") };
    let value = result?;
    ended.map(|()| value)
}

/// Waits a moment for a lock, rather the shortest gap between two commits than SQLite's growing pauses: a writer
/// that commits every millisecond would win against those. The moments differ, so as not to keep in step with it.
fn look_again(tries: i32) -> bool {
    pause(tries.unsigned_abs());
    tries < LOCK_TRIES
}

fn pause(tries: u32) {
    std::thread::sleep(Duration::from_micros(200 + u64::from(tries) * 373 % 1_000));
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// The file as a URI. SQLite decodes `%`; everything but plain letters is written that way.
fn uri(file: &Path, parameters: &str) -> String {
    #[cfg(unix)]
    let bytes = std::os::unix::ffi::OsStrExt::as_bytes(file.as_os_str());
    #[cfg(not(unix))]
    let windows = format!("/{}", file.to_string_lossy().trim_start_matches(r"\\?\").replace('\\', "/"));
    #[cfg(not(unix))]
    let bytes = windows.as_bytes();
    let mut uri = "file://".to_owned();
    for byte in bytes {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b':' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                uri.push(char::from(*byte));
            }
            _ => {
                uri.push('%');
                uri.extend(
                    [byte >> 4, byte & 15].map(|digit| char::from(b"0123456789ABCDEF"[usize::from(digit)])),
                );
            }
        }
    }
    uri + parameters
}

fn cannot_be_read_in_place(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::SystemIoFailure)
    )
}

/// Whether the content is broken, so that reading on makes no sense but what was read is good.
pub(crate) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DatabaseCorrupt
                | ErrorCode::NotADatabase
                | ErrorCode::SystemIoFailure
                | ErrorCode::TooBig
                | ErrorCode::OutOfMemory
        )
    )
}

/// What SQLite says of broken content, for what it does not notice itself.
pub(crate) fn damage() -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CORRUPT), None)
}

/// SQLite's message and what to do about it.
pub(crate) fn sentence(error: &rusqlite::Error) -> String {
    let extended = error.sqlite_error().map_or(0, |error| error.extended_code);
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "another program has locked it. Close that program, or wait until it has finished writing, then open it again".to_owned()
        }
        Some(ErrorCode::NotADatabase) => {
            "it is encrypted or damaged. Decrypt it first; a damaged one may be saved by `sqlite3 FILE .recover`".to_owned()
        }
        Some(ErrorCode::DatabaseCorrupt) => {
            "it is damaged. What is left may be saved by `sqlite3 FILE .recover`".to_owned()
        }
        Some(ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied) => {
            "no permission. Ask its owner for read access".to_owned()
        }
        Some(ErrorCode::SystemIoFailure) if extended == ffi::SQLITE_IOERR_SHORT_READ => {
            "it ends too early. Copy it again from where it came".to_owned()
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_of_a_path_survives_the_uri() {
        let path = Path::new("/tmp/a b?c#d%e&f=Größe.db");
        assert_eq!(uri(path, "?mode=ro"), "file:///tmp/a%20b%3Fc%23d%25e%26f%3DGr%C3%B6%C3%9Fe.db?mode=ro");
    }

    #[test]
    fn a_store_with_a_hostile_name_opens() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a b?mode=memory#c%41&d 'e\".db");
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE \"it's\" (a)").unwrap();
        let mut database = Database::open(&path, folder.path()).unwrap();
        let name: String = database
            .read_or_store_error(|connection| {
                connection.query_row("SELECT name FROM sqlite_schema", [], |row| row.get(0))
            })
            .unwrap();
        assert_eq!(name, "it's");
    }

    #[test]
    fn nothing_can_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE t (a)").unwrap();
        let mut database = Database::open(&path, folder.path()).unwrap();
        let written = database.read(|connection| connection.execute("INSERT INTO t VALUES (1)", []));
        assert!(matches!(written, Err(Fault::Sqlite(_))), "{written:?}");
    }
}
