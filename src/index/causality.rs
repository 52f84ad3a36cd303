//! Causes and effects of one event, from the cause column alone.

use super::columns::NO_ROW;
use super::log::EventLog;
use crate::model::{Row, SourceId};

impl EventLog {
    /// The chain of causes of an event, nearest first, at most `limit`. A cycle ends it.
    pub fn causes(&self, row: Row, limit: usize) -> Vec<Row> {
        let mut chain: Vec<Row> = Vec::new();
        let mut current = row;
        while chain.len() < limit
            && let Some(cause) = self.event(current).cause
            && cause != row
            && !chain.contains(&cause)
        {
            chain.push(cause);
            current = cause;
        }
        chain
    }

    /// Events directly caused by `row`, in order of the log. Looks at its correlation if it has one (and at the
    /// few events that left their cause's), else at the whole log: call it off the window's thread.
    pub fn effects(&self, row: Row) -> Vec<Row> {
        let mut effects: Vec<Row> = match self.event(row).correlation {
            Some(correlation) => {
                let rows = &self.correlation(correlation).rows;
                let rows = rows.iter().chain(self.strays.iter()).copied();
                rows.filter(|other| self.event(*other).cause == Some(row)).collect()
            }
            None => self.effects_by_scan(row),
        };
        effects.sort_by_cached_key(|effect| self.rank_of(*effect));
        // An event strayed from one cause and was then given another.
        effects.dedup();
        effects
    }

    fn effects_by_scan(&self, row: Row) -> Vec<Row> {
        debug_assert!(row.raw() != NO_ROW, "a row that stands for an event");
        let sources = self.sources.iter().enumerate();
        sources
            .flat_map(|(source, columns)| {
                let causes = columns.causes.iter().enumerate();
                causes
                    .filter(|(_, cause)| **cause == row.raw())
                    .map(move |(ordinal, _)| Row::new(SourceId(source as u16), ordinal))
            })
            .collect()
    }
}
