//! The event store port on our own SQLite layout. One connection; several stores may be open on one file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

use super::rows::{COLUMNS, add_streams, columns, insert, map, prepare, sqlite_error};
use super::{Clock, next_version, recorded};
use crate::model::{
    AppendError, Appended, EventStore, ExpectedVersion, Locator, NewEvent, RecordedEvent, StoreFault,
    StreamName,
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
    connection: Connection,
    path: PathBuf,
    clock: Clock,
    columns: Vec<Column>,
    /// Highest position of what was imported; appended events come after it.
    imported_position: i64,
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
        Ok(Self { connection, path: path.to_owned(), clock, columns: columns(), imported_position })
    }

    fn connect(path: &Path) -> rusqlite::Result<Connection> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK")?;
        Ok(connection)
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

fn is_read_only(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::ReadOnly)
}

fn fault(error: &rusqlite::Error) -> StoreFault {
    StoreFault(sentence(error))
}

impl EventStore for SqliteEventStore {
    fn append(
        &mut self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Result<Appended, AppendError> {
        let failed = |error: rusqlite::Error| AppendError::Store(fault(&error));
        // Immediate: what is read below stays true until the commit.
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        let newest = transaction
            .prepare_cached(
                "SELECT version, sequence FROM events
                 WHERE stream_id = ?1 AND ifnull(aggregate_type, x'') = ifnull(?2, x'') AND version IS NOT NULL
                 ORDER BY version DESC LIMIT 1",
            )
            .and_then(|mut statement| {
                statement
                    .query_row(params![stream.id, stream.aggregate_type], |row| Ok((row.get(0)?, row.get(1)?)))
                    .optional()
            })
            .map_err(failed)?;
        let last: Option<i64> = newest.map(|(version, _): (i64, i64)| version);
        let first = next_version(stream, expected, last)?;
        let mut appended =
            Appended { version: last.unwrap_or(0), position: newest.map_or(0, |(_, sequence)| sequence) };
        if events.is_empty() {
            return Ok(appended);
        }
        let newest: i64 = transaction
            .prepare_cached("SELECT ifnull(max(sequence), 0) FROM events")
            .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
            .map_err(failed)?;
        let recorded_at = (self.clock)();
        let before = newest.max(self.imported_position);
        for (offset, event) in (0..).zip(events) {
            let known = transaction
                .prepare_cached("SELECT 1 FROM events WHERE event_id = ?1")
                .and_then(|mut statement| statement.exists([&event.id]))
                .map_err(failed)?;
            if known {
                return Err(AppendError::DuplicateId(event.id.clone()));
            }
            appended = Appended { version: first + offset, position: before + 1 + offset };
            let event = recorded(stream, event, appended.version, appended.position, recorded_at);
            insert(&transaction, appended.position, false, &event).map_err(failed)?;
        }
        transaction.commit().map_err(failed)?;
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
