//! A published snapshot of the log, to read.

use std::ops::{Deref, Range};
use std::sync::{Arc, OnceLock};

use globset::GlobBuilder;

use super::columns::{Columns, id, number};
use super::names::StreamNames;
use super::order::Order;
use super::tables::{CorrelationId, CorrelationInfo, StreamId, StreamInfo, TimeRange, TypeId, TypeInfo};
use super::touched::touch;
use crate::base::chunks::Chunks;
use crate::model::{EventKind, Locator, ReadIssue, Row, SourceId, Timestamp};

/// An immutable view of everything indexed so far. A clone is one pointer, however long the log is.
#[derive(Clone, Debug, Default)]
pub struct EventLog {
    shared: Arc<Published>,
}

#[derive(Debug, Default)]
struct Published {
    data: LogData,
    /// Made when first asked for.
    names: OnceLock<StreamNames>,
}

impl Deref for EventLog {
    type Target = LogData;

    fn deref(&self) -> &LogData {
        &self.shared.data
    }
}

impl From<LogData> for EventLog {
    fn from(data: LogData) -> Self {
        Self { shared: Arc::new(Published { data, names: OnceLock::new() }) }
    }
}

/// What a log is made of. A clone is a pointer for each chunk of each column.
#[derive(Clone, Debug, Default)]
pub struct LogData {
    pub(super) generation: u64,
    pub(super) sources: Vec<Columns>,
    pub(super) summaries: Vec<SourceSummary>,
    pub(super) order: Order,
    pub(super) types: Chunks<TypeInfo>,
    pub(super) streams: Chunks<StreamInfo>,
    pub(super) correlations: Chunks<CorrelationInfo>,
    /// Events with another correlation than their cause has, or with none: few, if any.
    pub(super) strays: Chunks<Row>,
    pub(super) issues: Chunks<(SourceId, ReadIssue)>,
    pub(super) len: usize,
    pub(super) times: TimeRange,
}

/// Counts of one source.
#[derive(Clone, Debug, Default)]
pub struct SourceSummary {
    /// Events read.
    pub events: u64,
    /// Records that could not be read; all of them, also those no longer kept one by one.
    pub issues: u64,
    /// Events read with a repair.
    pub warnings: u64,
    /// Earliest and latest time.
    pub times: TimeRange,
}

/// What the index knows of one event.
#[derive(Clone, Copy, Debug)]
pub struct EventRef {
    /// Its name in this log.
    pub row: Row,
    /// Global position as stored.
    pub position: Option<i64>,
    /// Its type.
    pub event_type: TypeId,
    /// Its home stream.
    pub stream: Option<StreamId>,
    /// Version in the home stream.
    pub version: Option<i64>,
    /// When it happened, else when it was written.
    pub time: Option<Timestamp>,
    /// Nanoseconds since 1970 that place it on a time axis: the running maximum of its source's times.
    pub key: i64,
    /// Its correlation.
    pub correlation: Option<CorrelationId>,
    /// The event that caused it, if it is in the log.
    pub cause: Option<Row>,
    /// Event, command or integration event.
    pub kind: EventKind,
    /// Whether it was read with a repair.
    pub has_warnings: bool,
}

/// What a stream's spelling on the command line led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamLookup {
    /// Exactly one.
    Found(StreamId),
    /// Several have this name.
    Ambiguous(Vec<StreamId>),
    /// None has; these are spelled alike.
    Unknown(Vec<StreamId>),
}

impl EventLog {
    /// Number of events.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no event.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Grows with every publish: results that answer an older generation can be told apart.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Counts by source, in the order they were opened.
    pub fn sources(&self) -> &[SourceSummary] {
        &self.summaries
    }

    /// Types in order of appearance.
    pub fn types(&self) -> &Chunks<TypeInfo> {
        &self.types
    }

    /// Streams in order of appearance.
    pub fn streams(&self) -> &Chunks<StreamInfo> {
        &self.streams
    }

    /// Correlations in order of appearance.
    pub fn correlations(&self) -> &Chunks<CorrelationInfo> {
        &self.correlations
    }

    /// Records that could not be read, as many as are kept.
    pub fn issues(&self) -> &Chunks<(SourceId, ReadIssue)> {
        &self.issues
    }

    /// Earliest and latest time of all events.
    pub fn times(&self) -> TimeRange {
        self.times
    }

    /// A type.
    pub fn event_type(&self, id: TypeId) -> &TypeInfo {
        &self.types[id.0 as usize]
    }

    /// A stream.
    pub fn stream(&self, id: StreamId) -> &StreamInfo {
        &self.streams[id.0 as usize]
    }

    /// A correlation.
    pub fn correlation(&self, id: CorrelationId) -> &CorrelationInfo {
        &self.correlations[id.0 as usize]
    }

    /// Whether `row` is in this snapshot.
    pub fn contains(&self, row: Row) -> bool {
        self.sources.get(usize::from(row.source().0)).is_some_and(|source| row.ordinal() < source.len())
    }

    /// The event at a rank below [`EventLog::len`].
    pub fn row_at(&self, rank: u64) -> Row {
        self.order.row(rank)
    }

    /// Place in the merged order, from 0, of a row in this log.
    pub fn rank_of(&self, row: Row) -> u64 {
        self.order.rank(&self.sources, row)
    }

    /// The last event.
    pub fn last_row(&self) -> Option<Row> {
        (self.len as u64).checked_sub(1).map(|rank| self.row_at(rank))
    }

    fn columns(&self, row: Row) -> (&Columns, usize) {
        touch(1);
        (&self.sources[usize::from(row.source().0)], row.ordinal())
    }

    /// What is known of an event in this log.
    pub fn event(&self, row: Row) -> EventRef {
        let (columns, at) = self.columns(row);
        EventRef {
            row,
            position: number(columns.positions.get(at)),
            event_type: TypeId(columns.types[at]),
            stream: id(columns.streams[at]).map(StreamId),
            version: number(columns.versions[at]),
            time: columns.time(at),
            key: columns.keys[at],
            correlation: id(columns.correlations[at]).map(CorrelationId),
            cause: columns.cause(at),
            kind: columns.flags[at].kind(),
            has_warnings: columns.flags[at].has_warnings(),
        }
    }

    /// Type of an event, without the rest.
    pub fn type_of(&self, row: Row) -> TypeId {
        let (columns, at) = self.columns(row);
        TypeId(columns.types[at])
    }

    /// Calls `each` with the type and the correlation of every event, in the order of the log: for what looks at all of
    /// them, with no look-up an event where there is one source.
    pub fn scan(&self, mut each: impl FnMut(Row, TypeId, Option<CorrelationId>)) {
        if let [columns] = self.sources.as_slice() {
            let slices = columns.types.slices().zip(columns.correlations.slices());
            let mut ordinal = 0;
            for (types, correlations) in slices {
                for (event_type, correlation) in types.iter().zip(correlations) {
                    let correlation = id(*correlation).map(CorrelationId);
                    each(Row::new(SourceId(0), ordinal), TypeId(*event_type), correlation);
                    ordinal += 1;
                }
            }
            return;
        }
        for rank in 0..self.len as u64 {
            let row = self.row_at(rank);
            let (columns, at) = self.columns(row);
            each(row, TypeId(columns.types[at]), id(columns.correlations[at]).map(CorrelationId));
        }
    }

    /// The key that places an event on a time axis, without the rest.
    pub fn key_of(&self, row: Row) -> i64 {
        let (columns, at) = self.columns(row);
        columns.keys[at]
    }

    /// Whether an event's type tells of a failure.
    pub fn is_failure(&self, row: Row) -> bool {
        self.event_type(self.type_of(row)).is_failure
    }

    /// Where the event lies in its source.
    pub fn locator(&self, row: Row) -> Locator {
        let (columns, at) = self.columns(row);
        columns.locator(at)
    }

    /// All streams of an event, the home stream first, each with the version there.
    pub fn memberships(&self, row: Row) -> Vec<(StreamId, Option<i64>)> {
        let (columns, at) = self.columns(row);
        id(columns.streams[at])
            .map(|stream| (StreamId(stream), number(columns.versions[at])))
            .into_iter()
            .chain(columns.extra_memberships(at).map(|extra| (StreamId(extra.stream), number(extra.version))))
            .collect()
    }

    /// Version of an event in one of its streams.
    pub fn version_in(&self, row: Row, stream: StreamId) -> Option<i64> {
        let (columns, at) = self.columns(row);
        if columns.streams[at] == stream.0 {
            return number(columns.versions[at]);
        }
        let extra = columns.extra_memberships(at).find(|extra| extra.stream == stream.0)?;
        number(extra.version)
    }

    /// A stream's events in the order to replay them: by version where all have one, else as stored.
    pub fn replay_rows(&self, stream: StreamId) -> Vec<Row> {
        let mut rows: Vec<Row> = self.stream(stream).rows().collect();
        let versions: Option<Vec<i64>> = rows.iter().map(|row| self.version_in(*row, stream)).collect();
        if let Some(versions) = versions
            && !versions.is_sorted()
        {
            let mut by_version: Vec<(i64, Row)> = versions.into_iter().zip(rows).collect();
            by_version.sort();
            rows = by_version.into_iter().map(|(_, row)| row).collect();
        }
        rows
    }

    /// Rank of the first event whose key is at least `nanos`.
    pub fn rank_at_key(&self, nanos: i64) -> u64 {
        let (mut low, mut high) = (0, self.len as u64);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.key_of(self.row_at(middle)) < nanos { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// Ranks of the events whose keys lie between two, both included.
    pub fn ranks_in(&self, (from, to): (i64, i64)) -> Range<u64> {
        let start = self.rank_at_key(from);
        start..self.rank_at_key(to.saturating_add(1)).max(start)
    }

    /// The stream spelled `id` or `Type/id`; with candidates where that is not exactly one.
    pub fn find_stream(&self, spelling: &str) -> StreamLookup {
        let named = |wanted: &dyn Fn(&StreamInfo) -> bool| -> Vec<StreamId> {
            let found = self.streams.iter().enumerate().filter(|(_, stream)| wanted(stream));
            found.map(|(at, _)| StreamId(at as u32)).collect()
        };
        let found = self.streams_named(spelling);
        match found.len() {
            1 => StreamLookup::Found(found[0]),
            0 => {
                let folded = spelling.rsplit('/').next().unwrap_or(spelling).to_lowercase();
                let mut alike = named(&|stream| stream.id.to_lowercase().contains(&folded));
                alike.truncate(5);
                StreamLookup::Unknown(alike)
            }
            _ => StreamLookup::Ambiguous(found),
        }
    }

    /// Whether no event is in more than one stream.
    pub fn has_single_streams(&self) -> bool {
        self.sources.iter().all(|columns| columns.memberships.is_empty())
    }

    pub(super) fn stream_names(&self) -> &StreamNames {
        self.shared.names.get_or_init(|| StreamNames::of(&self.streams))
    }

    /// Bytes of heap of the names, where they were asked for.
    pub(super) fn stream_names_bytes(&self) -> usize {
        self.shared.names.get().map_or(0, StreamNames::heap_bytes)
    }

    /// For each type, in how many streams it occurs. Scans the log.
    pub fn streams_by_type(&self) -> Vec<u64> {
        let mut pairs: Vec<(u32, u32)> = Vec::with_capacity(self.len);
        for source in &self.sources {
            pairs.extend(
                source
                    .types
                    .iter()
                    .copied()
                    .zip(source.streams.iter().copied())
                    .filter(|(_, s)| id(*s).is_some()),
            );
            pairs.extend(
                source.memberships.iter().map(|extra| (source.types[extra.ordinal as usize], extra.stream)),
            );
        }
        pairs.sort_unstable();
        pairs.dedup();
        let mut counts = vec![0; self.types.len()];
        for (event_type, _) in pairs {
            counts[event_type as usize] += 1;
        }
        counts
    }
}

/// Braces inside each other in a glob; deeper ones are taken literally: as a pattern they would be too large.
const BRACES_MAX: usize = 8;

/// A matcher for `--type` and `type:`: a glob without regard to the case of ASCII letters, or the text itself if it is
/// no valid glob.
pub fn glob(pattern: &str) -> globset::GlobMatcher {
    let build = |text: &str, escapes: bool| {
        GlobBuilder::new(text).case_insensitive(true).backslash_escape(escapes).build()
    };
    let deepest = pattern.chars().scan(0_usize, |depth, letter| {
        *depth = match letter {
            '{' => *depth + 1,
            '}' => depth.saturating_sub(1),
            _ => *depth,
        };
        Some(*depth)
    });
    let as_pattern = if deepest.max().unwrap_or(0) > BRACES_MAX { None } else { build(pattern, true).ok() };
    as_pattern
        .unwrap_or_else(|| {
            build(&globset::escape(pattern), false).expect("an escaped text without escapes is a valid glob")
        })
        .compile_matcher()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_is_a_glob() {
        for (pattern, text) in [
            ("pay*", "Payment"),
            ("\\", "\\"),
            ("C:\\", "c:\\"),
            ("{a,\\", "{a,\\"),
            ("[x", "[x"),
            ("{a,{b,c}}", "c"),
        ] {
            assert!(glob(pattern).is_match(text), "{pattern}");
        }
        let deep = format!("{}a{}", "{".repeat(300), "}".repeat(300));
        assert!(glob(&deep).is_match(&deep));
    }
}
