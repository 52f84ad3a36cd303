//! Rows for the index: what it keeps goes from the cells into its batch, and no event is made of a row that is as
//! rows usually are. Whatever is odd about a row, or about the table, is left to the whole way, whose answer this
//! must equal.

use std::sync::Arc;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, params_from_iter};

use super::{BATCH_BYTES, Fault, KeyPart, Range, RowKey, RowReader, Shared, fingerprint, is_damage};
use crate::base::limits::{READ_BATCH_EVENTS, RECORD_BYTES_MAX};
use crate::model::{Envelopes, Locator};
use crate::store::{EnvelopeBatch, Progress, StoreError, envelopes_of_whole};

/// Columns that a quick way may have.
const CELLS_MAX: usize = 24;

/// How a format comes from a row to its envelope without making an event.
pub(crate) struct Quick {
    /// Adds the envelope of the row with these cells and this key, and gives its fingerprint; adds nothing where that
    /// cannot be told without doubt.
    pub(crate) add: fn(&[ValueRef<'_>], u64, &mut Envelopes) -> Option<u32>,
    /// The first key, this one or beyond, that the plan's `complete` finds something for.
    pub(crate) next_completed: fn(&Connection, i64) -> rusqlite::Result<Option<i64>>,
}

/// The rows of one transaction.
struct Pass {
    rows: usize,
    last: (RowKey, Option<u32>),
}

impl RowReader {
    /// [`crate::store::StoreReader::read_envelopes`].
    pub(super) fn envelopes(&mut self, batch: &mut EnvelopeBatch) -> Result<Progress, StoreError> {
        if self.finished {
            return Ok(self.progress());
        }
        if let Some(Pass { rows, last }) = self.pass(batch)? {
            return self.advance(rows, Some(last), None, &mut batch.issues);
        }
        batch.clear();
        envelopes_of_whole(self, batch)
    }

    /// The next rows, as far as nothing is odd; `None` where the whole way has to see what it is, or the end.
    fn pass(&mut self, batch: &mut EnvelopeBatch) -> Result<Option<Pass>, StoreError> {
        let shared = Arc::clone(&self.shared);
        let Some((_, high)) = self.bounds else { return Ok(None) };
        if !shared.plan.is_by_rowid() || (shared.plan.complete.is_some() && shared.plan.quick.is_none()) {
            return Ok(None);
        }
        let last = self.last.clone();
        let read = self.database.read(|connection| {
            batch.clear();
            if !shared.is_same_table(connection)? {
                return Ok(None);
            }
            if let Some((key, Some(expected))) = &last
                && !shared.is_at_its_place(connection, key, *expected)?
            {
                return Ok(None);
            }
            shared.pass(connection, last.as_ref().map(|(key, _)| key), high, batch)
        });
        match read {
            Ok(pass) => Ok(pass),
            Err(Fault::Sqlite(error)) if is_damage(&error) => Ok(None),
            Err(fault) => Err(self.database.store_error(fault)),
        }
    }
}

impl Shared {
    fn pass(
        &self,
        connection: &Connection,
        after: Option<&RowKey>,
        high: i64,
        batch: &mut EnvelopeBatch,
    ) -> rusqlite::Result<Option<Pass>> {
        let plan = &self.plan;
        let mut high = high;
        if let Some(quick) = &plan.quick {
            let from = match after.map(|key| &key[..]) {
                None => i64::MIN,
                Some([KeyPart::Integer(rowid)]) => rowid.saturating_add(1),
                Some(_) => return Ok(None),
            };
            match (quick.next_completed)(connection, from) {
                Ok(Some(next)) if next > from => high = high.min(next - 1),
                Ok(None) => {}
                Ok(Some(_)) | Err(_) => return Ok(None),
            }
        }
        let range = Range::After(after, Some(high));
        let (sql, parameters) = plan.select(&range, READ_BATCH_EVENTS);
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(parameters))?;
        let (mut count, mut bytes) = (0, 0);
        let mut last: Option<(i64, Option<u32>)> = None;
        while bytes < BATCH_BYTES {
            // What stopped the reading is found, and told, by the whole way.
            let Ok(row) = rows.next() else { return Ok(None) };
            let Some(row) = row else { break };
            let ValueRef::Integer(rowid) = row.get_ref(0)? else { return Ok(None) };
            if last.is_some_and(|(before, _)| rowid <= before) {
                return Ok(None);
            }
            let mut cells = [ValueRef::Null; CELLS_MAX];
            let mut size = 0;
            for index in 0..plan.columns.len() {
                let cell = row.get_ref(index + 1)?;
                size += match cell {
                    ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.len(),
                    _ => 8,
                };
                if let Some(place) = cells.get_mut(index) {
                    *place = cell;
                }
            }
            let at = rowid as u64;
            let quick = plan.quick.as_ref().filter(|_| size <= RECORD_BYTES_MAX);
            let mut known = quick.and_then(|quick| (quick.add)(&cells, at, &mut batch.envelopes));
            if known.is_none() {
                match plan.event(row, size, true) {
                    Ok(event) => {
                        let len = fingerprint(&event);
                        batch.envelopes.add_event(Locator { at, len }, &event);
                        known = Some(len);
                    }
                    Err(problem) => batch.issues.push(plan.issue(at, problem)),
                }
            }
            last = Some((rowid, known));
            count += 1;
            bytes += size;
        }
        Ok(last.map(|(rowid, known)| Pass { rows: count, last: (vec![KeyPart::Integer(rowid)], known) }))
    }
}

#[cfg(test)]
mod tests;
