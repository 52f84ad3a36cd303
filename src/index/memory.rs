//! How much heap an index holds, part by part, as it counts itself: columns by the value of an event, dictionaries by
//! their texts and lists. Allocators round up and keep a little for themselves; that is not counted.

use std::sync::Arc;

use super::columns::Columns;
use super::log::EventLog;
use super::tables::{CorrelationInfo, StreamInfo, TypeInfo};
use crate::base::chunks::Chunks;
use crate::model::Row;

/// Reference counts in front of what an `Arc` holds.
const COUNTS: usize = 2 * size_of::<usize>();

/// Part of an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// What it is.
    pub name: &'static str,
    /// One value an event, or a dictionary.
    pub is_column: bool,
    /// Bytes of heap.
    pub bytes: usize,
}

fn text(text: &Arc<str>) -> usize {
    COUNTS + text.len()
}

fn list<T>(list: &Arc<Vec<T>>) -> usize {
    COUNTS + size_of::<Vec<T>>() + list.capacity() * size_of::<T>()
}

impl EventLog {
    /// What each part holds.
    pub fn memory(&self) -> Vec<Held> {
        type Bytes = fn(&Columns) -> usize;
        let columns: [(&'static str, Bytes); 12] = [
            ("positions", |columns| columns.positions.heap_bytes()),
            ("times", |columns| columns.times.heap_bytes()),
            ("keys", |columns| columns.keys.heap_bytes_beside(&columns.times)),
            ("types", |columns| columns.types.heap_bytes()),
            ("streams", |columns| columns.streams.heap_bytes()),
            ("versions", |columns| columns.versions.heap_bytes()),
            ("correlations", |columns| columns.correlations.heap_bytes()),
            ("causes", |columns| columns.causes.heap_bytes()),
            ("offsets", |columns| columns.offsets.heap_bytes()),
            ("lengths", |columns| columns.lengths.heap_bytes()),
            ("flags", |columns| columns.flags.heap_bytes()),
            ("more streams", |columns| columns.memberships.heap_bytes()),
        ];
        let column = |(name, bytes): (&'static str, Bytes)| {
            let bytes = self.sources.iter().map(bytes).sum();
            Held { name, is_column: true, bytes }
        };
        let mut parts: Vec<Held> = columns.into_iter().map(column).collect();
        let order = Held { name: "merged order", is_column: true, bytes: self.order.heap_bytes() };
        parts.push(order);
        for (name, bytes) in [
            ("names of types", self.types.heap_bytes() + sum(&self.types, type_bytes)),
            ("names of streams", self.streams.heap_bytes() + sum(&self.streams, |stream| text(&stream.id))),
            ("streams by name", self.stream_names_bytes()),
            ("events of streams", sum(&self.streams, |stream: &StreamInfo| stream.ordinals.heap_bytes())),
            (
                "ids of correlations",
                self.correlations.heap_bytes() + sum(&self.correlations, |correlation| text(&correlation.id)),
            ),
            (
                "events of correlations",
                sum(&self.correlations, |correlation: &CorrelationInfo| list::<Row>(&correlation.rows)),
            ),
            ("records not read", self.issues.heap_bytes() + sum(&self.issues, |(_, issue)| issue.raw.len())),
        ] {
            parts.push(Held { name, is_column: false, bytes });
        }
        parts
    }
}

fn type_bytes(info: &TypeInfo) -> usize {
    text(&info.name) + text(&info.family) + info.schema_versions.iter().map(text).sum::<usize>()
}

fn sum<T>(table: &Chunks<T>, bytes: impl Fn(&T) -> usize) -> usize {
    table.iter().map(bytes).sum()
}
