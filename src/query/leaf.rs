//! One term made ready for a log: tables of what matches, so that an event is a lookup. Answers for whole segments
//! where the columns know, and for single events with their payload.

use std::cell::OnceCell;
use std::ops::RangeInclusive;
use std::sync::Arc;

use serde_json::Value;

use super::ast::Pattern;
use super::marks::{Bits, Marks, NONE, bits_of, combine, every};
use super::path::Path;
use super::plan::KeptTexts;
use super::text::Needle;
use super::value::ValueTest;
use crate::index::{EventLog, NO_ID, NO_NUMBER, NO_ROW, Segment, StreamId};
use crate::model::{EventKind, Payload, RecordedEvent, Row, TextFinder};

/// A term made ready.
pub(super) enum Leaf {
    /// The same for every event.
    Constant(bool),
    /// By number of the type.
    Types(Vec<bool>),
    /// By number of any of its streams.
    Streams { flags: Vec<bool>, named: Option<Vec<StreamId>> },
    /// By number of the correlation; false without one.
    Correlations(Vec<bool>),
    /// By source.
    Sources(Vec<bool>),
    /// By kind, in the order of [`EventKind::ALL`].
    Kinds([bool; EventKind::ALL.len()]),
    /// Read with a repair.
    Warned,
    /// A number that the index has.
    Number { column: Column, range: RangeInclusive<i64>, inside: bool },
    /// Found beforehand.
    Marked(Marks),
    /// The payload must be read.
    Deep(Deep),
}

/// A number of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Position,
    /// In any of its streams.
    Version,
    Time,
    Row,
    /// Nanoseconds since its cause.
    Wait,
}

/// What only the payload tells.
pub(super) enum Deep {
    /// Text anywhere; where a name has it, the payload need not be read.
    Text {
        needle: Needle,
        types: Vec<bool>,
        streams: Vec<bool>,
        kept: Option<Arc<dyn KeptTexts>>,
    },
    Value {
        place: Place,
        path: Path,
        test: ValueTest,
    },
    Exists {
        place: Place,
        path: Path,
    },
    /// The event's own id, or the version of its schema.
    Word {
        of: Word,
        like: Matcher,
        equal: bool,
    },
    /// Bytes of the data as stored.
    Size {
        range: RangeInclusive<i64>,
        inside: bool,
    },
}

/// Where a path begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Data,
    Metadata,
}

/// A text that the index does not keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Id,
    Schema,
}

/// A name to compare with, made ready.
pub(super) enum Matcher {
    Glob(globset::GlobMatcher),
    Exact(String),
    /// Ids are written as they are: upper and lower case differ.
    Start(String),
    Regex(Pattern),
}

impl Matcher {
    pub(super) fn is_match(&self, text: &str) -> bool {
        match self {
            Self::Glob(glob) => glob.is_match(text),
            Self::Exact(exact) => exact == text,
            Self::Start(start) => text.starts_with(start),
            Self::Regex(Pattern(regex)) => regex.is_match(text),
        }
    }
}

/// An event read again, its documents parsed when they are first asked for.
pub(super) struct Opened<'a> {
    event: &'a RecordedEvent,
    data: OnceCell<Option<Value>>,
    metadata: OnceCell<Option<Value>>,
}

impl<'a> Opened<'a> {
    pub(super) fn new(event: &'a RecordedEvent) -> Self {
        Self { event, data: OnceCell::new(), metadata: OnceCell::new() }
    }

    pub(super) fn schema_version(&self) -> Option<&str> {
        self.event.schema_version.as_deref()
    }

    pub(super) fn document(&self, place: Place) -> Option<&Value> {
        let document = match place {
            Place::Data => self.data.get_or_init(|| self.event.data.value()),
            Place::Metadata => {
                self.metadata.get_or_init(|| self.event.metadata.as_ref().map(crate::model::JsonText::value))
            }
        };
        document.as_ref()
    }
}

fn between(range: &RangeInclusive<i64>, inside: bool, value: i64) -> bool {
    value != NO_NUMBER && range.contains(&value) == inside
}

fn wait(log: &EventLog, time: i64, cause: u64) -> i64 {
    if cause == NO_ROW || time == NO_NUMBER {
        return NO_NUMBER;
    }
    let cause = log.event(Row::from_raw(cause)).time;
    cause.map_or(NO_NUMBER, |cause| time.saturating_sub(cause.nanos()))
}

#[inline]
fn flagged(flags: &[bool], id: u32) -> bool {
    id != NO_ID && flags.get(id as usize).copied().unwrap_or(false)
}

impl Leaf {
    /// By a flag for each stream.
    pub(super) fn streams(flags: Vec<bool>) -> Self {
        Self::Streams { flags, named: None }
    }

    /// What the columns know of a segment: which events match for certain, and which may.
    pub(super) fn judge(&self, log: &EventLog, segment: &Segment<'_>) -> (Bits, Bits) {
        let certain = match self {
            Self::Constant(true) => every(segment.len()),
            Self::Constant(false) => NONE,
            Self::Types(flags) => bits_of(segment.types(), |id| flagged(flags, id)),
            Self::Streams { flags, .. } => streams(segment, flags),
            Self::Correlations(flags) => bits_of(segment.correlations(), |id| flagged(flags, id)),
            Self::Sources(flags) => match flags.get(usize::from(segment.source.0)) {
                Some(true) => every(segment.len()),
                _ => NONE,
            },
            Self::Kinds(kinds) => by_traits(segment, |(kind, _)| kinds[kind as usize]),
            Self::Warned => by_traits(segment, |(_, warned)| warned),
            Self::Number { column, range, inside } => numbers(log, segment, *column, range, *inside),
            Self::Marked(marks) => marks.of_segment(segment),
            Self::Deep(Deep::Text { needle, types, streams: names, kept }) => {
                let mut by_name = bits_of(segment.types(), |id| flagged(types, id));
                combine(&mut by_name, &streams(segment, names), |a, b| a | b);
                let kept = kept.as_ref().and_then(|kept| kept.holding(segment, needle.text()));
                let mut possible = kept.unwrap_or_else(|| every(segment.len()));
                combine(&mut possible, &by_name, |a, b| a | b);
                return (by_name, possible);
            }
            Self::Deep(_) => return (NONE, every(segment.len())),
        };
        (certain, certain)
    }

    /// Whether an event matches.
    pub(super) fn holds(&self, log: &EventLog, row: Row, opened: &Opened<'_>) -> bool {
        match self {
            Self::Constant(value) => *value,
            Self::Types(flags) => flagged(flags, log.type_of(row).0),
            Self::Streams { flags, .. } => in_streams(log, row, flags),
            Self::Correlations(flags) => log.event(row).correlation.is_some_and(|id| flagged(flags, id.0)),
            Self::Sources(flags) => flags.get(usize::from(row.source().0)).copied().unwrap_or(false),
            Self::Kinds(kinds) => kinds[log.event(row).kind as usize],
            Self::Warned => log.event(row).has_warnings,
            Self::Number { column, range, inside } => {
                let event = log.event(row);
                let time = event.time.map_or(NO_NUMBER, crate::model::Timestamp::nanos);
                let one = |value: i64| between(range, *inside, value);
                match column {
                    Column::Position => one(event.position.unwrap_or(NO_NUMBER)),
                    Column::Version => {
                        log.memberships(row).iter().any(|(_, version)| one(version.unwrap_or(NO_NUMBER)))
                    }
                    Column::Time => one(time),
                    Column::Row => one(row.raw() as i64),
                    Column::Wait => one(wait(log, time, event.cause.map_or(NO_ROW, Row::raw))),
                }
            }
            Self::Marked(marks) => marks.contains(row),
            Self::Deep(deep) => deep.holds(log, row, opened),
        }
    }

    /// The events it can only be among, where these are few.
    pub(super) fn few(&self, log: &EventLog, limit: usize) -> Option<Vec<Row>> {
        let mut rows = Vec::new();
        match self {
            Self::Constant(false) => {}
            Self::Streams { flags, named } => {
                let flagged = || flags.iter().zip(0..).filter_map(|(flag, at)| flag.then_some(StreamId(at)));
                let streams: &mut dyn Iterator<Item = StreamId> = match named {
                    Some(named) => &mut named.iter().copied(),
                    None => &mut flagged(),
                };
                for stream in streams {
                    rows.extend(log.stream(stream).rows());
                    if rows.len() > limit {
                        return None;
                    }
                }
            }
            Self::Correlations(flags) => {
                for (at, _) in flags.iter().enumerate().filter(|(_, flag)| **flag) {
                    rows.extend(log.correlation(crate::index::CorrelationId(at as u32)).rows.iter().copied());
                    if rows.len() > limit {
                        return None;
                    }
                }
            }
            Self::Number { column: Column::Row, range, inside: true } => {
                let length = range.end().saturating_sub(*range.start());
                if length < 0 || length >= limit as i64 {
                    return (length < 0).then_some(rows);
                }
                let named = range.clone().filter_map(|raw| u64::try_from(raw).ok()).map(Row::from_raw);
                rows.extend(named.filter(|row| log.contains(*row)));
            }
            Self::Marked(marks) => {
                for row in marks.rows() {
                    rows.push(row);
                    if rows.len() > limit {
                        return None;
                    }
                }
            }
            _ => return None,
        }
        Some(rows)
    }

    /// What finds the text that an event must carry, if it is a text and can be found in bytes.
    pub(super) fn finder(&self) -> Option<&dyn TextFinder> {
        match self {
            Self::Deep(Deep::Text { needle, .. }) => needle.finder(),
            _ => None,
        }
    }

    /// Whether its text is in the name of an event's type or of one of its streams.
    pub(super) fn is_in_names(&self, log: &EventLog, row: Row) -> bool {
        match self {
            Self::Deep(Deep::Text { types, streams, .. }) => {
                flagged(types, log.type_of(row).0) || in_streams(log, row, streams)
            }
            _ => false,
        }
    }

    /// How much work an event is, for the order of terms.
    pub(super) fn cost(&self) -> u32 {
        match self {
            Self::Constant(_) | Self::Sources(_) => 0,
            Self::Marked(_) => 1,
            Self::Types(_) | Self::Correlations(_) | Self::Kinds(_) | Self::Warned => 2,
            Self::Number { column: Column::Wait, .. } => 8,
            Self::Number { .. } | Self::Streams { .. } => 3,
            Self::Deep(Deep::Word { .. } | Deep::Size { .. }) => 100,
            Self::Deep(Deep::Text { .. }) => 200,
            Self::Deep(_) => 300,
        }
    }
}

fn streams(segment: &Segment<'_>, flags: &[bool]) -> Bits {
    let mut bits = bits_of(segment.streams(), |id| flagged(flags, id));
    for (at, stream, _) in segment.extra_memberships() {
        bits[at / 64] |= u64::from(flagged(flags, stream)) << (at % 64);
    }
    bits
}

fn in_streams(log: &EventLog, row: Row, flags: &[bool]) -> bool {
    log.memberships(row).iter().any(|(stream, _)| flagged(flags, stream.0))
}

fn by_traits(segment: &Segment<'_>, test: impl Fn((EventKind, bool)) -> bool) -> Bits {
    let mut bits = NONE;
    for (at, traits) in segment.traits().enumerate() {
        bits[at / 64] |= u64::from(test(traits)) << (at % 64);
    }
    bits
}

fn numbers(
    log: &EventLog,
    segment: &Segment<'_>,
    column: Column,
    range: &RangeInclusive<i64>,
    inside: bool,
) -> Bits {
    // Plain numbers, which a loop over a column keeps in registers.
    let (least, most) = (*range.start(), *range.end());
    let test = move |value: i64| value != NO_NUMBER && (value >= least && value <= most) == inside;
    match column {
        Column::Position => bits_of(&segment.positions(), test),
        Column::Time => {
            // A time is at most its key, and keys never fall: nothing here is late enough.
            if inside && segment.keys().last().is_some_and(|last| last < range.start()) {
                return NONE;
            }
            bits_of(segment.times(), test)
        }
        Column::Version => {
            let mut bits = bits_of(segment.versions(), test);
            for (at, _, version) in segment.extra_memberships() {
                bits[at / 64] |= u64::from(test(version)) << (at % 64);
            }
            bits
        }
        Column::Row => {
            let mut bits = NONE;
            for at in (0..segment.len()).filter(|at| test(segment.row(*at).raw() as i64)) {
                bits[at / 64] |= 1 << (at % 64);
            }
            bits
        }
        Column::Wait => {
            let mut bits = NONE;
            for (at, (time, cause)) in segment.times().iter().zip(segment.causes()).enumerate() {
                bits[at / 64] |= u64::from(test(wait(log, *time, *cause))) << (at % 64);
            }
            bits
        }
    }
}

impl Deep {
    fn holds(&self, log: &EventLog, row: Row, opened: &Opened<'_>) -> bool {
        match self {
            Self::Text { needle, types, streams, .. } => {
                flagged(types, log.type_of(row).0)
                    || in_streams(log, row, streams)
                    || needle.is_in_event(opened.event)
            }
            Self::Value { place, path, test } => {
                opened.document(*place).is_some_and(|document| value_holds(document, path, test))
            }
            Self::Exists { place, path } => {
                opened.document(*place).is_some_and(|document| path.visit(document, &mut |_| true))
            }
            Self::Word { of, like, equal } => {
                let word = match of {
                    Word::Id => opened.event.id.as_deref(),
                    Word::Schema => opened.schema_version(),
                };
                word.is_some_and(|word| like.is_match(word) == *equal)
            }
            Self::Size { range, inside } => match &opened.event.data {
                Payload::Missing => false,
                data => between(range, *inside, data.len() as i64),
            },
        }
    }
}

/// Whether a value that the path leads to is as it is asked; for `!=`, whether there is one and all are.
fn value_holds(document: &Value, path: &Path, test: &ValueTest) -> bool {
    if test.op != super::value::Op::Unequal {
        return path.visit(document, &mut |value| test.holds(value));
    }
    let mut there_is_one = false;
    let equal = path.visit(document, &mut |value| {
        there_is_one = true;
        !value.is_object() && !value.is_array() && !test.holds(value)
    });
    there_is_one && !equal
}
