//! The tables beside the columns: event types, streams and correlations, each with what a list shows of it.

use std::sync::Arc;

use super::ordinals::Ordinals;
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
    pub ordinals: Ordinals,
    /// Lowest and highest version; the first is above the second where none is known.
    versions: (i64, i64),
    /// Nanoseconds since 1970 of the earliest and the latest time; the same.
    times: (i64, i64),
    /// How many digits these two times have.
    digits: (u8, u8),
}

impl StreamInfo {
    /// A stream without events.
    pub(super) fn new(source: SourceId, id: &str, aggregate_type: Option<Arc<str>>) -> Self {
        let nothing = (i64::MAX, i64::MIN);
        let (id, ordinals) = (id.into(), Ordinals::default());
        Self { source, id, aggregate_type, ordinals, versions: nothing, times: nothing, digits: (0, 0) }
    }

    /// Adds the next event.
    pub(super) fn include(&mut self, ordinal: u32, version: Option<i64>, time: Option<Timestamp>) {
        // An event that names the same stream twice is still one event of it.
        if self.ordinals.last() != Some(&ordinal) {
            self.ordinals.push(ordinal);
        }
        if let Some(version) = version {
            self.versions = (self.versions.0.min(version), self.versions.1.max(version));
        }
        if let Some(time) = time {
            let is_first = self.times.0 > self.times.1;
            if is_first || time.nanos() < self.times.0 {
                (self.times.0, self.digits.0) = (time.nanos(), time.digits());
            }
            if is_first || time.nanos() > self.times.1 {
                (self.times.1, self.digits.1) = (time.nanos(), time.digits());
            }
        }
    }

    /// Lowest and highest version, where versions are known.
    pub fn versions(&self) -> Option<(i64, i64)> {
        (self.versions.0 <= self.versions.1).then_some(self.versions)
    }

    /// Earliest and latest time.
    pub fn times(&self) -> TimeRange {
        if self.times.0 > self.times.1 {
            return TimeRange::default();
        }
        TimeRange {
            first: Some(Timestamp::from_nanos(self.times.0, self.digits.0)),
            last: Some(Timestamp::from_nanos(self.times.1, self.digits.1)),
        }
    }

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
