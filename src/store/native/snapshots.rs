//! Snapshots of aggregates beside the events: the table of `snapshots.sql`, made when the first one is kept. One row a
//! stream, the newest. Nothing is lost with them.

use rusqlite::{OptionalExtension as _, params};

use super::SqliteEventStore;
use super::messaging::json;
use super::store::fault;
use crate::model::{Snapshot, SnapshotStore, StoreFault, StreamName};

/// Makes the table where it is not.
const SCHEMA: &str = include_str!("snapshots.sql");

impl SnapshotStore for SqliteEventStore {
    fn snapshot(&self, stream: &StreamName, rules: &str) -> Result<Option<Snapshot>, StoreFault> {
        let read = || -> rusqlite::Result<Option<Snapshot>> {
            // Another connection may have made the table meanwhile.
            let is_there = self
                .connection
                .prepare_cached(
                    "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'aggregate_snapshots'",
                )?
                .exists([])?;
            if !is_there {
                return Ok(None);
            }
            self.connection
                .prepare_cached(
                    "SELECT version, state FROM aggregate_snapshots
                     WHERE stream_id = ?1 AND aggregate_type = ?2 AND rules = ?3",
                )?
                .query_row(params![stream.id, aggregate_type(stream), rules], |row| {
                    Ok(Snapshot { rules: rules.to_owned(), version: row.get(0)?, state: json(row, 1)? })
                })
                .optional()
        };
        read().map_err(|error| fault(&error))
    }

    fn keep_snapshot(&mut self, stream: &StreamName, snapshot: &Snapshot) -> Result<(), StoreFault> {
        let mut keep = || -> rusqlite::Result<()> {
            let write = self.begin()?;
            write.transaction.execute_batch(SCHEMA)?;
            write
                .transaction
                .prepare_cached(
                    "INSERT INTO aggregate_snapshots (stream_id, aggregate_type, rules, version, state)
                     VALUES (?1, ?2, ?3, ?4, ?5)
                     ON CONFLICT DO UPDATE
                     SET rules = excluded.rules, version = excluded.version, state = excluded.state
                     WHERE rules <> excluded.rules OR version < excluded.version",
                )?
                .execute(params![
                    stream.id,
                    aggregate_type(stream),
                    snapshot.rules,
                    snapshot.version,
                    snapshot.state.as_str(),
                ])?;
            write.commit()
        };
        keep().map_err(|error| fault(&error))
    }
}

fn aggregate_type(stream: &StreamName) -> &str {
    stream.aggregate_type.as_deref().unwrap_or("")
}
