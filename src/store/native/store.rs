//! The event store port on our own SQLite layout. One connection; several stores may be open on one file.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

use super::rows::{COLUMNS, add_streams, columns, insert, map, prepare, sqlite_error};
use super::{Clock, next_version, recorded};
use crate::model::{
    AppendError, Appended, EventStore, ExpectedVersion, Locator, NewEvent, RecordedEvent, StoreFault,
    StreamName, Timestamp,
};
use crate::store::StoreError;
use crate::store::sqlite::{Cells, Column, quoted, sentence};

/// Another writer is waited for no longer than this.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// How often a writer that another connection of this process made read-only tries again. Readers open a
/// live store for milliseconds and with a read-only index, which connections of one process share.
const OPEN_ATTEMPTS: usize = 200;

/// Events appended to a file of our own.
///
/// In WAL mode with `synchronous = NORMAL`: a crash of the program loses nothing, a power cut at worst the last
/// appends, never half of one. Positions are sequences (see the module); `read_stream` gives what has
/// its home there and a version.
pub struct SqliteEventStore {
    pub(super) connection: Connection,
    path: PathBuf,
    clock: Clock,
    columns: Vec<Column>,
    /// Highest position of what was imported; appended events come after it.
    imported_position: i64,
    /// Whether the tables of inbox and outbox are known to be there.
    pub(super) has_messaging: Cell<bool>,
}

impl SqliteEventStore {
    /// Opens the store at `path`, or makes an empty one there. Refuses what is not ours. `clock` gives the
    /// time of recording.
    pub fn open(path: &Path, clock: Clock) -> Result<Self, StoreError> {
        let failed = |error: &rusqlite::Error| sqlite_error(path, error);
        let mut attempts = 0;
        let connection = loop {
            attempts += 1;
            match Self::connect(path) {
                Ok(connection) => break connection,
                Err(error) if is_read_only(&error) && attempts < OPEN_ATTEMPTS => {}
                Err(error) => return Err(failed(&error)),
            }
        };
        let imported_position = connection.query_row(
            "SELECT ifnull(max(position), 0) FROM events WHERE imported <> 0",
            [],
            |row| row.get(0),
        );
        let imported_position = match imported_position {
            Ok(position) => position,
            // No table yet, or the file is another program's: `prepare` tells which.
            Err(_no_table) => {
                connection.execute_batch("BEGIN IMMEDIATE").map_err(|error| failed(&error))?;
                prepare(&connection, path)?;
                connection.execute_batch("COMMIT").map_err(|error| failed(&error))?;
                0
            }
        };
        prepare(&connection, path)?;
        // Only now, for it writes: the file is known to be ours.
        connection
            .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")
            .map_err(|error| failed(&error))?;
        Ok(Self {
            connection,
            path: path.to_owned(),
            clock,
            columns: columns(),
            imported_position,
            has_messaging: Cell::new(false),
        })
    }

    fn connect(path: &Path) -> rusqlite::Result<Connection> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK")?;
        Ok(connection)
    }

    /// Begins a transaction that writes. Immediate: what is read in it stays true until the commit.
    pub(super) fn begin(&mut self) -> rusqlite::Result<Write<'_>> {
        Ok(Write {
            transaction: self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?,
            clock: &self.clock,
            imported_position: self.imported_position,
            recorded_at: None,
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn events(
        &self,
        condition: &str,
        parameters: impl rusqlite::Params,
    ) -> Result<Vec<RecordedEvent>, StoreFault> {
        let names: Vec<String> = COLUMNS.iter().map(|name| format!("e.{}", quoted(name))).collect();
        let sql = format!("SELECT {} FROM events AS e WHERE {condition}", names.join(", "));
        let read = || -> rusqlite::Result<Result<Vec<RecordedEvent>, StoreFault>> {
            let mut statement = self.connection.prepare_cached(&sql)?;
            let mut rows = statement.query(parameters)?;
            let mut events = Vec::new();
            while let Some(row) = rows.next()? {
                let cells = Cells::new(row, 0, &self.columns);
                let sequence = cells.rowid().unwrap_or_default();
                match map(&cells) {
                    Ok(mut event) => {
                        event.position = Some(sequence);
                        events.push((Locator { at: sequence as u64, len: 0 }, event));
                    }
                    Err(problem) => return Ok(Err(StoreFault(format!("Event {sequence}: {problem}")))),
                }
            }
            // The streams are found by ascending sequence; the order asked for may be another.
            let order: Vec<u64> = events.iter().map(|(locator, _)| locator.at).collect();
            events.sort_by_key(|(locator, _)| locator.at);
            add_streams(&self.connection, &mut events)?;
            if !order.is_sorted() {
                let rank = |locator: &Locator| order.iter().position(|at| *at == locator.at);
                events.sort_by_cached_key(|(locator, _)| rank(locator));
            }
            Ok(Ok(events.into_iter().map(|(_, event)| event).collect()))
        };
        read().map_err(|error| fault(&error))?
    }
}

/// Events being appended, in one transaction of the database; dropped before the commit, nothing happened.
pub(super) struct Write<'a> {
    pub(super) transaction: rusqlite::Transaction<'a>,
    clock: &'a Clock,
    imported_position: i64,
    /// Asked for once, when there is something to record.
    recorded_at: Option<Timestamp>,
}

impl Write<'_> {
    pub(super) fn append(
        &mut self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Result<Appended, AppendError> {
        let failed = |error: rusqlite::Error| AppendError::Store(fault(&error));
        let newest = self.newest_of(stream).map_err(failed)?;
        let last = newest.map(|(version, _)| version);
        let first = next_version(stream, expected, last)?;
        let mut appended =
            Appended { version: last.unwrap_or(0), position: newest.map_or(0, |(_, sequence)| sequence) };
        if events.is_empty() {
            return Ok(appended);
        }
        let next = self.next_position().map_err(failed)?;
        let recorded_at = *self.recorded_at.get_or_insert_with(self.clock);
        for (offset, event) in (0..).zip(events) {
            let known = self
                .transaction
                .prepare_cached("SELECT 1 FROM events WHERE event_id = ?1")
                .and_then(|mut statement| statement.exists([&event.id]))
                .map_err(failed)?;
            if known {
                return Err(AppendError::DuplicateId(event.id.clone()));
            }
            appended = Appended { version: first + offset, position: next + offset };
            let event = recorded(stream, event, appended.version, appended.position, recorded_at);
            insert(&self.transaction, appended.position, false, &event).map_err(failed)?;
        }
        Ok(appended)
    }

    /// The position that the next event gets.
    pub(super) fn next_position(&self) -> rusqlite::Result<i64> {
        let mut newest = self.transaction.prepare_cached("SELECT ifnull(max(sequence), 0) FROM events")?;
        let newest: i64 = newest.query_row([], |row| row.get(0))?;
        Ok(newest.max(self.imported_position) + 1)
    }

    /// Version and sequence of a stream's last event.
    fn newest_of(&self, stream: &StreamName) -> rusqlite::Result<Option<(i64, i64)>> {
        self.transaction
            .prepare_cached(
                "SELECT version, sequence FROM events
                 WHERE stream_id = ?1 AND ifnull(aggregate_type, x'') = ifnull(?2, x'') AND version IS NOT NULL
                 ORDER BY version DESC LIMIT 1",
            )?
            .query_row(params![stream.id, stream.aggregate_type], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
    }

    pub(super) fn commit(self) -> rusqlite::Result<()> {
        self.transaction.commit()
    }
}

fn is_read_only(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::ReadOnly)
}

pub(super) fn fault(error: &rusqlite::Error) -> StoreFault {
    StoreFault(sentence(error))
}

impl EventStore for SqliteEventStore {
    fn append(
        &mut self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Result<Appended, AppendError> {
        let mut write = self.begin().map_err(|error| fault(&error))?;
        let appended = write.append(stream, expected, events)?;
        if !events.is_empty() {
            write.commit().map_err(|error| fault(&error))?;
        }
        Ok(appended)
    }

    fn read_stream(&self, stream: &StreamName, from_version: i64) -> Result<Vec<RecordedEvent>, StoreFault> {
        self.events(
            "e.stream_id = ?1 AND ifnull(e.aggregate_type, x'') = ifnull(?2, x'') AND e.version >= ?3
             ORDER BY e.version, e.sequence",
            params![stream.id, stream.aggregate_type, from_version],
        )
    }

    fn read_all(&self, from_position: i64, limit: usize) -> Result<Vec<RecordedEvent>, StoreFault> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.events("e.sequence >= ?1 ORDER BY e.sequence LIMIT ?2", params![from_position, limit])
    }
}
