//! The merged order of several sources: by the running maximum of each source's times, ties by source, then
//! ordinal. No event ever overtakes another of its own source.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use super::columns::Columns;
use crate::model::{Row, SourceId};

/// Rank → row. A single source needs no table.
#[derive(Clone, Debug, Default)]
pub(super) struct Order {
    merged: Option<Arc<Vec<Row>>>,
}

impl Order {
    pub(super) fn heap_bytes(&self) -> usize {
        self.merged.as_ref().map_or(0, |rows| rows.capacity() * size_of::<Row>())
    }

    pub(super) fn of(sources: &[Columns]) -> Self {
        if sources.iter().filter(|source| source.len() > 0).count() <= 1
            && sources.iter().skip(1).all(|source| source.len() == 0)
        {
            return Self::default();
        }
        let key = |source: usize, ordinal: usize| {
            (ordinal < sources[source].len())
                .then(|| Reverse((sources[source].keys[ordinal], source, ordinal)))
        };
        let mut heap: BinaryHeap<_> = (0..sources.len()).filter_map(|source| key(source, 0)).collect();
        let mut merged = Vec::with_capacity(sources.iter().map(Columns::len).sum());
        while let Some(Reverse((_, source, ordinal))) = heap.pop() {
            merged.push(Row::new(SourceId(source as u16), ordinal));
            heap.extend(key(source, ordinal + 1));
        }
        Self { merged: Some(Arc::new(merged)) }
    }

    pub(super) fn row(&self, rank: u64) -> Row {
        match &self.merged {
            Some(merged) => merged[rank as usize],
            None => Row::new(SourceId(0), rank as usize),
        }
    }

    pub(super) fn rank(&self, sources: &[Columns], row: Row) -> u64 {
        if self.merged.is_none() {
            return row.ordinal() as u64;
        }
        let own = usize::from(row.source().0);
        let key = sources[own].keys[row.ordinal()];
        let before: usize = sources
            .iter()
            .enumerate()
            .filter(|(source, _)| *source != own)
            .map(|(source, columns)| columns.keys.partition_point(|k| (*k, source) < (key, own)))
            .sum();
        (before + row.ordinal()) as u64
    }
}
