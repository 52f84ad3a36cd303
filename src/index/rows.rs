//! Sets of events in the order of the log: what a filter left, or everything.

use std::sync::Arc;

use super::log::EventLog;
use super::tables::StreamId;
use crate::model::Row;

/// Rows in order of rank.
#[derive(Clone, Debug, Default)]
pub enum RowSet {
    /// Every event of the log.
    #[default]
    All,
    /// These, in order of rank.
    Some(Arc<Vec<Row>>),
    /// The events of a stream: of one source, so their order there is their order in the log.
    Stream(StreamId),
}

impl RowSet {
    /// A set of `rows`, put into the order of `log`.
    pub fn sorted(log: &EventLog, mut rows: Vec<Row>) -> Self {
        rows.sort_by_cached_key(|row| log.rank_of(*row));
        rows.dedup();
        Self::Some(Arc::new(rows))
    }

    /// The rows of a stream one by one: for whoever goes through all of them.
    pub fn of_stream(log: &EventLog, stream: StreamId) -> Self {
        Self::Some(Arc::new(log.stream(stream).rows().collect()))
    }

    /// Number of rows.
    pub fn len(&self, log: &EventLog) -> u64 {
        match self {
            Self::All => log.len() as u64,
            Self::Some(rows) => rows.len() as u64,
            Self::Stream(stream) => log.stream(*stream).len() as u64,
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self, log: &EventLog) -> bool {
        self.len(log) == 0
    }

    /// The row at `index`.
    pub fn get(&self, log: &EventLog, index: u64) -> Option<Row> {
        match self {
            Self::All => (index < log.len() as u64).then(|| log.row_at(index)),
            Self::Some(rows) => rows.get(index as usize).copied(),
            Self::Stream(stream) => log.stream(*stream).rows().nth(index as usize),
        }
    }

    /// Number of rows at or before `row` in the log: the index after it, whether it is in the set or not.
    pub fn count_through(&self, log: &EventLog, row: Row) -> u64 {
        let rank = log.rank_of(row);
        match self {
            Self::All => rank + 1,
            Self::Some(rows) => rows.partition_point(|other| log.rank_of(*other) <= rank) as u64,
            Self::Stream(stream) => {
                let info = log.stream(*stream);
                let happened = |ordinal: &u32| log.rank_of(Row::new(info.source, *ordinal as usize)) <= rank;
                info.ordinals.partition_point(happened) as u64
            }
        }
    }

    /// Where `row` stands in the set, if it is in it.
    pub fn index_of(&self, log: &EventLog, row: Row) -> Option<u64> {
        let index = self.count_through(log, row).checked_sub(1)?;
        (self.get(log, index) == Some(row)).then_some(index)
    }
}
