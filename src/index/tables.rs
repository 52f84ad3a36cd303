//! The tables beside the columns: event types, streams and correlations, each with what a list shows of it.

use std::sync::Arc;

use crate::model::{Row, SourceId, StreamName, Timestamp};

/// Number of an event type in its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId(pub u32);

/// Number of a stream in its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamId(pub u32);

/// Number of a correlation in its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CorrelationId(pub u32);

/// An event type over the whole log.
#[derive(Clone, Debug)]
pub struct TypeInfo {
    /// As stored.
    pub name: Arc<str>,
    /// [`crate::model::type_family`] of the name: what gives it its hue.
    pub family: Arc<str>,
    /// Whether the name tells of a failure (inferred).
    pub is_failure: bool,
    /// Schema versions seen, in order of appearance.
    pub schema_versions: Vec<Arc<str>>,
    /// Events of this type.
    pub events: u64,
    /// Earliest and latest time.
    pub times: TimeRange,
}

/// A stream of one source.
#[derive(Clone, Debug)]
pub struct StreamInfo {
    /// Where it lies.
    pub source: SourceId,
    /// Its id as stored.
    pub id: Arc<str>,
    /// Its aggregate type, where the store has one.
    pub aggregate_type: Option<Arc<str>>,
    /// Ordinals of its events in the source, ascending.
    pub ordinals: Arc<Vec<u32>>,
    /// Lowest and highest version, where versions are known.
    pub versions: Option<(i64, i64)>,
    /// Earliest and latest time.
    pub times: TimeRange,
}

impl StreamInfo {
    /// Number of events.
    pub fn len(&self) -> usize {
        self.ordinals.len()
    }

    /// Whether it has no event (it never has none in a log).
    pub fn is_empty(&self) -> bool {
        self.ordinals.is_empty()
    }

    /// Its events in the order of the source.
    pub fn rows(&self) -> impl DoubleEndedIterator<Item = Row> + ExactSizeIterator + '_ {
        self.ordinals.iter().map(|ordinal| Row::new(self.source, *ordinal as usize))
    }

    /// The name as identity within its source.
    pub fn name(&self) -> StreamName {
        StreamName {
            aggregate_type: self.aggregate_type.as_deref().map(str::to_owned),
            id: self.id.to_string(),
        }
    }

    /// The aggregate type, or what stands before the first `-`, `_`, `$` or `|` of the id (inferred), or "".
    pub fn group(&self) -> &str {
        self.aggregate_type.as_deref().unwrap_or_else(|| {
            let end = self.id.find(['-', '_', '$', '|', ':']).unwrap_or(0);
            &self.id[..end]
        })
    }
}

/// Events with the same correlation id, over all sources.
#[derive(Clone, Debug)]
pub struct CorrelationInfo {
    /// As stored.
    pub id: Arc<str>,
    /// Its events in the order they were read.
    pub rows: Arc<Vec<Row>>,
}

/// Earliest and latest of some times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeRange {
    /// Earliest, if there was any.
    pub first: Option<Timestamp>,
    /// Latest, if there was any.
    pub last: Option<Timestamp>,
}

impl TimeRange {
    /// Widens the range to hold `time`.
    pub fn include(&mut self, time: Timestamp) {
        if self.first.is_none_or(|first| time < first) {
            self.first = Some(time);
        }
        if self.last.is_none_or(|last| time > last) {
            self.last = Some(time);
        }
    }
}
