//! The end of a table that was read: whether rows came behind it. `PRAGMA data_version` would need a connection that
//! stays open, which keeps a writer from removing its WAL; so the files are asked for their lengths and times first,
//! and the table for its last key only after one of them changed.

use std::sync::Arc;

use super::{Database, Fault, KeyPart, Range, ReadRow, RowKey, RowReader, Shared, fingerprint, quoted};
use crate::store::{Change, FileState, Growth, Resume, SourceInfo, StoreError};

/// Where a reader of a table with rowids ended.
pub(super) struct RowsEnd {
    info: SourceInfo,
    database: Database,
    shared: Arc<Shared>,
    last: Option<(RowKey, Option<u32>)>,
    /// The highest rowid there was; `None` where there was no row.
    high: Option<i64>,
    ordinal: usize,
    /// The files as they were at the last look but one, and whether they were the same at the last: a file that is
    /// written twice within one tick of the file system's clock looks the same after the second time.
    seen: Option<(Vec<Option<FileState>>, bool)>,
}

/// What a transaction saw.
enum Seen {
    Rewritten,
    High(Option<i64>),
}

impl RowsEnd {
    /// The end of `reader`; `None` where rows have no order of writing, or are read from a copy.
    pub(super) fn of(reader: &RowReader) -> Option<Self> {
        let RowReader { info, database, shared, .. } = reader;
        if !shared.plan.is_by_rowid() || database.is_copy() || database.is_damaged() {
            return None;
        }
        let high = reader.bounds.map(|(_, high)| high);
        // Its keys are out of order.
        if high.is_none() && reader.last.is_some() {
            return None;
        }
        Some(Self {
            info: info.clone(),
            database: database.sibling(),
            shared: Arc::clone(shared),
            last: reader.last.clone(),
            high,
            ordinal: reader.ordinal,
            seen: None,
        })
    }

    fn ask(&mut self) -> Result<Seen, Fault> {
        let (shared, last) = (&self.shared, &self.last);
        self.database.read(|connection| {
            if !shared.is_same_table(connection)? {
                return Ok(Seen::Rewritten);
            }
            if let Some((key, Some(expected))) = last {
                let (rows, stopped) = shared.plan.rows(connection, &Range::At(key), 1)?;
                if let Some(error) = stopped {
                    return Err(error);
                }
                let is_same = matches!(&rows[..], [ReadRow { event: Ok(event), .. }] if fingerprint(event) == *expected);
                if !is_same {
                    return Ok(Seen::Rewritten);
                }
            }
            let (key, table) = (shared.plan.key.sql(), quoted(&shared.plan.table));
            let sql = format!("SELECT max({key}) FROM {table} AS e NOT INDEXED");
            connection.query_row(&sql, [], |row| row.get(0)).map(Seen::High)
        })
    }
}

impl Resume for RowsEnd {
    fn look(&mut self) -> Growth {
        // A folder that cannot be looked into just now is looked at again.
        let Ok(states) = self.database.states() else { return Growth::None };
        if states.first().is_none_or(Option::is_none) {
            return Growth::Changed(Change::Gone);
        }
        let is_same = self.seen.as_ref().is_some_and(|(seen, _)| *seen == states);
        if is_same && self.seen.as_ref().is_some_and(|(_, settled)| *settled) {
            return Growth::None;
        }
        let seen = self.ask();
        self.database.rest();
        let high = match seen {
            Ok(Seen::High(high)) => high,
            Ok(Seen::Rewritten) => return Growth::Changed(Change::Rewritten),
            Err(Fault::Store(StoreError::Changed { .. })) => return Growth::Changed(Change::Replaced),
            // Locked for a long time, or in the middle of something: asked again.
            Err(_not_now) => return Growth::None,
        };
        self.seen = Some((states, is_same));
        let (Some(high), true) = (high, high > self.high) else { return Growth::None };
        let low = match self.last.as_ref().map(|(key, _)| &key[..]) {
            Some([KeyPart::Integer(rowid)]) => rowid.saturating_add(1),
            _ => high,
        };
        Growth::More {
            reader: Box::new(RowReader {
                info: self.info.clone(),
                database: self.database.sibling(),
                shared: Arc::clone(&self.shared),
                bounds: Some((low, high)),
                last: self.last.clone(),
                ends: Vec::new(),
                ordinal: self.ordinal,
                finished: false,
            }),
            heals: false,
        }
    }
}
