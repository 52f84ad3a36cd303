//! Single rows read again by their locators. Which rows there are is the reader's matter.

use std::sync::Arc;

use rusqlite::Connection;

use super::{Fault, Key, KeyPart, MARK_EVERY, Range, Shared, damage, fingerprint, sentence};
use crate::model::{FetchError, Locator, PayloadSource, RecordedEvent};
use crate::store::StoreError;
use crate::store::sqlite::open::Database;

/// Rows looked through for one event of a table WITHOUT ROWID, should others have been added around it.
const SEARCH_MAX: usize = 4_096;

/// Why a read of single rows gave nothing.
pub(crate) fn fetch_error(fault: Fault) -> FetchError {
    match fault {
        Fault::Store(StoreError::Changed { .. }) => FetchError::Changed,
        Fault::Store(StoreError::Sqlite { reason, .. } | StoreError::Io { reason, .. }) => {
            FetchError::Unreadable(reason)
        }
        Fault::Store(other) => FetchError::Unreadable(other.to_string()),
        Fault::Sqlite(error) => FetchError::Unreadable(sentence(&error)),
    }
}

/// Reads single rows again.
pub(super) struct RowPayloads {
    pub(super) database: Database,
    pub(super) shared: Arc<Shared>,
}

impl PayloadSource for RowPayloads {
    fn fetch(&mut self, locators: &[Locator]) -> Vec<Result<RecordedEvent, FetchError>> {
        let shared = Arc::clone(&self.shared);
        let read = self.database.read(|connection| {
            if !shared.is_same_table(connection)? {
                return Ok(vec![Err(FetchError::Changed); locators.len()]);
            }
            let mut events: Vec<_> =
                locators.iter().map(|locator| shared.fetch(connection, *locator)).collect();
            if events.contains(&Err(FetchError::Changed)) && !shared.is_sound(connection)? {
                let broken = FetchError::Unreadable(sentence(&damage()));
                events
                    .iter_mut()
                    .filter(|event| event.is_err())
                    .for_each(|event| *event = Err(broken.clone()));
            }
            Ok(events)
        });
        match read {
            Ok(events) => events,
            Err(fault) => vec![Err(fetch_error(fault)); locators.len()],
        }
    }

    fn rest(&mut self) {
        self.database.rest();
    }
}

impl Shared {
    fn fetch(&self, connection: &Connection, locator: Locator) -> Result<RecordedEvent, FetchError> {
        let unreadable = |error: rusqlite::Error| FetchError::Unreadable(sentence(&error));
        let (key, limit, first) = match &self.plan.key {
            Key::Rowid(_) => (vec![KeyPart::Integer(locator.at as i64)], 1, 0),
            Key::Primary(_) => {
                let ordinal = locator.at as usize;
                let mark = self.marks().get(ordinal / MARK_EVERY).cloned().ok_or(FetchError::Changed)?;
                (mark, MARK_EVERY, ordinal % MARK_EVERY)
            }
        };
        let range = if limit == 1 { Range::At(&key) } else { Range::From(&key) };
        let mut found = self.search(connection, &range, limit, first, locator.len).map_err(unreadable)?;
        if found.is_none() && limit > 1 {
            // Rows that were added around it since may have moved it on.
            found = self.search(connection, &range, SEARCH_MAX, first, locator.len).map_err(unreadable)?;
        }
        let mut event = [(locator, found.ok_or(FetchError::Changed)?)];
        if let Some(complete) = self.plan.complete {
            complete(connection, &mut event).map_err(unreadable)?;
        }
        let [(_, event)] = event;
        Ok(event)
    }

    /// The event with this fingerprint in a range: the one at its old place, else the first.
    fn search(
        &self,
        connection: &Connection,
        range: &Range<'_>,
        limit: usize,
        first: usize,
        expected: u32,
    ) -> rusqlite::Result<Option<RecordedEvent>> {
        let (rows, stopped) = self.plan.rows(connection, range, limit)?;
        let mut events: Vec<Option<RecordedEvent>> = rows
            .into_iter()
            .map(|row| row.event.ok().filter(|event| fingerprint(event) == expected))
            .collect();
        let found = match events.get_mut(first).and_then(Option::take) {
            Some(event) => Some(event),
            None => events.into_iter().flatten().next(),
        };
        match stopped {
            Some(error) if found.is_none() => Err(error),
            _ => Ok(found),
        }
    }
}
