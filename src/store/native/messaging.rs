//! Inbox and outbox beside the events, and the transaction over all three: the two tables of `messaging.sql`,
//! made when the first row is written. Delivers no message itself.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::SqliteEventStore;
use super::store::fault;
use crate::model::{
    Claim, CommitError, Committed, IdempotencyStore, JsonText, Outbox, OutboxMessage, OutboxRow, StoreFault,
    Timestamp, Transaction, TransactionalStore,
};

/// Makes the tables where they are not.
const SCHEMA: &str = include_str!("messaging.sql");

/// Fractional digits of times that are kept as nanoseconds.
const DIGITS: u8 = 9;

impl SqliteEventStore {
    /// Whether there is anything to read. Another connection may have made the tables meanwhile.
    fn reads_messaging(&self) -> rusqlite::Result<bool> {
        if !self.has_messaging.get() {
            let found = self
                .connection
                .prepare_cached(
                    "SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = 'outbox_unsent'",
                )?
                .exists([])?;
            self.has_messaging.set(found);
        }
        Ok(self.has_messaging.get())
    }
}

impl TransactionalStore for SqliteEventStore {
    fn commit(&mut self, transaction: &Transaction) -> Result<Committed, CommitError> {
        let failed = |error: rusqlite::Error| CommitError::from(fault(&error));
        let writes_messaging = transaction.claim.is_some() || !transaction.outbox.is_empty();
        let makes_tables = writes_messaging && !self.has_messaging.get();
        let mut write = self.begin().map_err(failed)?;
        if let Some(expected) = transaction.position {
            let actual = write.next_position().map_err(failed)?;
            if actual != expected {
                return Err(CommitError::Moved { expected, actual });
            }
        }
        if makes_tables {
            write.transaction.execute_batch(SCHEMA).map_err(failed)?;
        }
        if let Some(claim) = &transaction.claim
            && let Some(processed) = claimed_by_other(&write.transaction, claim).map_err(failed)?
        {
            return Err(CommitError::Processed { processed });
        }
        let mut committed = Committed::default();
        for append in &transaction.appends {
            committed.appended.push(write.append(&append.stream, append.expected, &append.events)?);
        }
        insert_messages(&write.transaction, &transaction.outbox).map_err(failed)?;
        write.commit().map_err(failed)?;
        if makes_tables {
            self.has_messaging.set(true);
        }
        Ok(committed)
    }
}

/// Claims, unless there is a claim that still counts: that one is returned.
fn claimed_by_other(connection: &Connection, claim: &Claim) -> rusqlite::Result<Option<Claim>> {
    let inserted = connection
        .prepare_cached(
            "INSERT INTO inbox (consumer, key, result, claimed_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE
             SET result = excluded.result, claimed_at = excluded.claimed_at, expires_at = excluded.expires_at
             WHERE expires_at <= excluded.claimed_at",
        )?
        .execute(params![
            claim.consumer,
            claim.key,
            claim.result.as_str(),
            claim.claimed_at.nanos(),
            claim.expires_at.map(Timestamp::nanos),
        ])?;
    if inserted > 0 { Ok(None) } else { find(connection, &claim.consumer, &claim.key) }
}

fn find(connection: &Connection, consumer: &str, key: &str) -> rusqlite::Result<Option<Claim>> {
    connection
        .prepare_cached(
            "SELECT consumer, key, result, claimed_at, expires_at FROM inbox WHERE consumer = ?1 AND key = ?2",
        )?
        .query_row([consumer, key], |row| {
            let time = |nanos| Timestamp::from_nanos(nanos, DIGITS);
            Ok(Claim {
                consumer: row.get(0)?,
                key: row.get(1)?,
                result: json(row, 2)?,
                claimed_at: time(row.get(3)?),
                expires_at: row.get::<_, Option<i64>>(4)?.map(time),
            })
        })
        .optional()
}

fn insert_messages(connection: &Connection, messages: &[OutboxMessage]) -> rusqlite::Result<()> {
    for message in messages {
        connection
            .prepare_cached("INSERT INTO outbox (sender, message_id, body, sent) VALUES (?1, ?2, ?3, 0)")?
            .execute([&message.sender, &message.id, message.body.as_str()])?;
    }
    Ok(())
}

/// The JSON of a column; what is none was not written by us.
pub(super) fn json(row: &Row<'_>, column: usize) -> rusqlite::Result<JsonText> {
    let text: String = row.get(column)?;
    JsonText::new(&text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
    })
}

impl IdempotencyStore for SqliteEventStore {
    fn processed(&self, consumer: &str, key: &str, now: Timestamp) -> Result<Option<Claim>, StoreFault> {
        let read = || -> rusqlite::Result<Option<Claim>> {
            if !self.reads_messaging()? {
                return Ok(None);
            }
            Ok(find(&self.connection, consumer, key)?.filter(|claim| !claim.is_expired(now)))
        };
        read().map_err(|error| fault(&error))
    }

    fn remove_expired(&mut self, now: Timestamp) -> Result<u64, StoreFault> {
        let remove = || -> rusqlite::Result<usize> {
            if !self.reads_messaging()? {
                return Ok(0);
            }
            self.connection.prepare_cached("DELETE FROM inbox WHERE expires_at <= ?1")?.execute([now.nanos()])
        };
        remove().map(|rows| rows as u64).map_err(|error| fault(&error))
    }
}

impl Outbox for SqliteEventStore {
    fn unsent(&self, sender: &str, limit: usize) -> Result<Vec<OutboxRow>, StoreFault> {
        let read = || -> rusqlite::Result<Vec<OutboxRow>> {
            if !self.reads_messaging()? {
                return Ok(Vec::new());
            }
            self.connection
                .prepare_cached(
                    "SELECT sequence, sender, message_id, body FROM outbox
                     WHERE sent = 0 AND sender = ?1 ORDER BY sequence LIMIT ?2",
                )?
                .query_map(params![sender, i64::try_from(limit).unwrap_or(i64::MAX)], |row| {
                    let message = OutboxMessage { sender: row.get(1)?, id: row.get(2)?, body: json(row, 3)? };
                    Ok(OutboxRow { sequence: row.get(0)?, message })
                })?
                .collect()
        };
        read().map_err(|error| fault(&error))
    }

    fn mark_sent(&mut self, sequences: &[i64]) -> Result<(), StoreFault> {
        let mut mark = || -> rusqlite::Result<()> {
            if sequences.is_empty() || !self.reads_messaging()? {
                return Ok(());
            }
            let write = self.begin()?;
            for sequence in sequences {
                write
                    .transaction
                    .prepare_cached("UPDATE outbox SET sent = 1 WHERE sequence = ?1")?
                    .execute([sequence])?;
            }
            write.commit()
        };
        mark().map_err(|error| fault(&error))
    }
}
