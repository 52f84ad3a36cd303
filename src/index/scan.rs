//! The columns piece by piece, for whoever looks through all events: tight loops over slices instead of one lookup
//! an event. What is looked for is the matter of the query.

use std::borrow::Cow;

use super::columns::{Columns, Flags};
use super::log::EventLog;
use super::touched::touch;
use crate::base::chunks::CHUNK;
use crate::model::{EventKind, Row, SourceId};

/// Events in a [`Segment`] at most.
pub const SEGMENT: usize = CHUNK;

/// In a column of numbers: the store has none.
pub const NO_NUMBER: i64 = super::columns::NO_NUMBER;
/// In a column of ids: none.
pub const NO_ID: u32 = super::columns::NO_ID;
/// In the column of causes: none, or not in the log.
pub const NO_ROW: u64 = super::columns::NO_ROW;

/// Neighbouring events of one source: value `n` of every column belongs to the event with ordinal `first + n`.
#[derive(Clone, Copy)]
pub struct Segment<'a> {
    /// Whose events.
    pub source: SourceId,
    /// Ordinal of the first event.
    pub first: usize,
    columns: &'a Columns,
}

impl<'a> Segment<'a> {
    /// Number of events, 1 to [`SEGMENT`].
    pub fn len(&self) -> usize {
        self.types().len()
    }

    /// Never: a segment has an event.
    pub fn is_empty(&self) -> bool {
        self.types().is_empty()
    }

    fn number(&self) -> usize {
        self.first / SEGMENT
    }

    /// The event at a place below [`Segment::len`].
    pub fn row(&self, at: usize) -> Row {
        Row::new(self.source, self.first + at)
    }

    /// Numbers of types.
    pub fn types(&self) -> &'a [u32] {
        self.columns.types.slice(self.number())
    }

    /// Numbers of home streams, or [`NO_ID`].
    pub fn streams(&self) -> &'a [u32] {
        self.columns.streams.slice(self.number())
    }

    /// Numbers of correlations, or [`NO_ID`].
    pub fn correlations(&self) -> &'a [u32] {
        self.columns.correlations.slice(self.number())
    }

    /// Nanoseconds since 1970, or [`NO_NUMBER`].
    pub fn times(&self) -> &'a [i64] {
        self.columns.times.slice(self.number())
    }

    /// The running maximum of the times, which never falls.
    pub fn keys(&self) -> &'a [i64] {
        self.columns.keys.slice(self.number())
    }

    /// Versions in the home streams, or [`NO_NUMBER`].
    pub fn versions(&self) -> &'a [i64] {
        self.columns.versions.slice(self.number())
    }

    /// Global positions as stored, or [`NO_NUMBER`].
    pub fn positions(&self) -> Cow<'a, [i64]> {
        self.columns.positions.slice(self.number())
    }

    /// Raw rows of the causes, or [`NO_ROW`].
    pub fn causes(&self) -> &'a [u64] {
        self.columns.causes.slice(self.number())
    }

    /// Kind of each event, and whether it was read with a repair.
    pub fn traits(&self) -> impl Iterator<Item = (EventKind, bool)> + 'a {
        let flags: &'a [Flags] = self.columns.flags.slice(self.number());
        flags.iter().map(|flags| (flags.kind(), flags.has_warnings()))
    }

    /// Memberships beyond the home stream: place in the segment, stream, version or [`NO_NUMBER`].
    pub fn extra_memberships(&self) -> impl Iterator<Item = (usize, u32, i64)> + 'a {
        let all = &self.columns.memberships;
        let (first, end) = (self.first, self.first + self.len());
        let from = all.partition_point(|extra| (extra.ordinal as usize) < first);
        (from..all.len())
            .map(|at| all[at])
            .take_while(move |extra| (extra.ordinal as usize) < end)
            .map(move |extra| (extra.ordinal as usize - first, extra.stream, extra.version))
    }
}

impl EventLog {
    /// Number of segments of a source.
    pub fn segments(&self, source: SourceId) -> usize {
        self.sources[usize::from(source.0)].len().div_ceil(SEGMENT)
    }

    /// A segment below [`EventLog::segments`].
    pub fn segment(&self, source: SourceId, number: usize) -> Segment<'_> {
        let columns = &self.sources[usize::from(source.0)];
        debug_assert!(number * SEGMENT < columns.len(), "a segment with events");
        touch(SEGMENT.min(columns.len() - number * SEGMENT));
        Segment { source, first: number * SEGMENT, columns }
    }
}
