//! The quick way from a line to its envelope, for logs whose lines look alike: which keys there are, and what stands
//! between the values, is learned from one line and compared with the next ones byte by byte. Payloads are checked and
//! skipped. Whatever is odd about a line is left to the slow way ([`super::record`]), whose answer this must equal.

use super::record::Convert;
use super::scan::{self, MemberAt};
use crate::model::{Envelope, Envelopes, EventKind, IdKey, Locator, Member, Timestamp};

/// Shapes that are kept: a log has a few kinds of lines, and whoever has hundreds gains nothing here.
const SHAPES_MAX: usize = 8;

/// Keys of metadata whose meaning is remembered.
const KNOWN_KEYS_MAX: usize = 64;

/// What the value of a key is to the envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Position,
    Id,
    Kind,
    Type,
    SchemaVersion,
    Stream,
    AggregateType,
    Version,
    OccurredAt,
    RecordedAt,
    CorrelationId,
    CausationId,
    /// The list of streams of our own format, which counts instead of a single one.
    Streams,
    /// Metadata, in which ids are looked for that stand nowhere else.
    Beside,
    /// Makes a difference unless it is null.
    Null,
    /// Makes a difference unless it is null or an empty list.
    Empty,
    /// Makes none.
    Any,
}

/// What a format says of records with certain keys.
pub(super) struct Parts {
    /// Of each key, in their order, and whether null in it is left to the slow way.
    pub(super) keys: Vec<(Part, bool)>,
    /// The kind that a word means.
    pub(super) kind_of: fn(&str) -> Option<EventKind>,
    /// Whether a key of metadata may hold a correlation or a causation id.
    pub(super) names_id: fn(&str) -> NamesId,
}

/// Whether a key of metadata may hold a correlation id, and whether a causation id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct NamesId {
    pub(super) correlation: bool,
    pub(super) causation: bool,
}

/// A value, and what stands before it.
#[derive(Debug)]
struct Slot {
    before: Box<[u8]>,
    part: Part,
    is_needed: bool,
}

/// Lines that look alike.
struct Shape {
    slots: Vec<Slot>,
    after: Box<[u8]>,
    kind_of: fn(&str) -> Option<EventKind>,
    names_id: fn(&str) -> NamesId,
}

/// Reads the lines of one file, and remembers how they look.
#[derive(Default)]
pub(super) struct Quick {
    shapes: Vec<Shape>,
    /// The shape that fitted last.
    last: usize,
    known_keys: Vec<(Box<[u8]>, NamesId)>,
    members: Vec<Spelled>,
}

/// A stream in a line: where its names lie, and its version.
#[derive(Clone, Copy, Debug, Default)]
struct Spelled {
    aggregate_type: Option<(usize, usize)>,
    stream: (usize, usize),
    version: Option<i64>,
}

impl Quick {
    /// Adds the envelope of `line`, if that can be told without doubt. Backslashes in it are as they should be.
    pub(super) fn add(&mut self, line: &str, locator: Locator, to: &mut Envelopes) -> bool {
        let Self { shapes, last, known_keys, members } = self;
        let others = (0..shapes.len()).filter(|at| at != last);
        for at in std::iter::once(*last).chain(others) {
            let Some(shape) = shapes.get(at) else { continue };
            members.clear();
            let mut reading = Reading { line, bytes: line.as_bytes(), known_keys, members, shape };
            if let Some(envelope) = reading.envelope() {
                let streams = members.iter().map(|spelled| Member {
                    aggregate_type: spelled.aggregate_type.map(|(from, to)| &line[from..to]),
                    stream: &line[spelled.stream.0..spelled.stream.1],
                    version: spelled.version,
                });
                to.add(locator, &envelope, streams);
                *last = at;
                return true;
            }
        }
        false
    }

    /// Learns the shape of a line that the slow way has read.
    pub(super) fn learn(&mut self, line: &str, convert: &dyn Convert) {
        if self.shapes.len() < SHAPES_MAX
            && let Some(shape) = Shape::of(line, convert)
            && !self.shapes.iter().any(|known| known.looks_like(&shape))
        {
            self.last = self.shapes.len();
            self.shapes.push(shape);
        }
    }
}

impl Shape {
    fn of(line: &str, convert: &dyn Convert) -> Option<Self> {
        let bytes = line.as_bytes();
        let mut places: Vec<MemberAt> = Vec::new();
        scan::members(bytes, 0, |member| {
            places.push(member);
            Some(())
        })?;
        let keys: Vec<&str> = places.iter().map(|place| &line[place.key.0..place.key.1]).collect();
        if keys.iter().enumerate().any(|(at, key)| keys[..at].contains(key)) {
            return None;
        }
        let Parts { keys, kind_of, names_id } = convert.parts(&keys)?;
        let mut from = 0;
        let slots = places.iter().zip(keys).map(|(place, (part, is_needed))| {
            let before = bytes[from..place.value.0].into();
            from = place.value.1;
            Slot { before, part, is_needed }
        });
        let slots = slots.collect();
        Some(Self { slots, after: bytes[from..].into(), kind_of, names_id })
    }

    fn looks_like(&self, other: &Self) -> bool {
        self.slots.len() == other.slots.len()
            && self.slots.iter().zip(&other.slots).all(|(one, two)| one.before == two.before)
            && self.after == other.after
    }
}

/// A line being read by a shape.
struct Reading<'a, 's> {
    line: &'a str,
    bytes: &'a [u8],
    known_keys: &'s mut Vec<(Box<[u8]>, NamesId)>,
    members: &'s mut Vec<Spelled>,
    shape: &'s Shape,
}

/// A value that is one word: a text without escapes, a number or a truth value as it is spelled, or null.
type Word = Option<(usize, usize)>;

impl<'a> Reading<'a, '_> {
    fn envelope(&mut self) -> Option<Envelope<'a>> {
        let shape = self.shape;
        let mut at = 0;
        let mut envelope = Envelope::default();
        let (mut occurred_at, mut recorded_at) = (None, None);
        let mut home = Spelled::default();
        let (mut has_home, mut beside, mut has_type) = (false, None, false);
        for slot in &shape.slots {
            let before = &*slot.before;
            if !self.bytes[at..].starts_with(before) {
                return None;
            }
            at += before.len();
            // One more blank than in the lines that this was learnt from: what follows looks at the first letter.
            if self.bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
                return None;
            }
            let is_null = self.bytes.get(at) == Some(&b'n');
            if is_null && slot.is_needed {
                return None;
            }
            match slot.part {
                Part::Any => at = scan::value(self.bytes, at)?,
                // A text may hold a document, which would have to be looked into.
                Part::Beside if self.bytes.get(at) == Some(&b'"') => return None,
                Part::Beside => {
                    let from = at;
                    at = scan::value(self.bytes, at)?;
                    beside = (!is_null).then_some(from);
                }
                Part::Empty if self.bytes[at..].starts_with(b"[]") => at += 2,
                Part::Empty | Part::Null => at = self.null(at)?,
                Part::Position => (envelope.position, at) = self.integer(at)?,
                Part::Version => (home.version, at) = self.integer(at)?,
                Part::Id => (envelope.id, at) = self.id(at)?,
                Part::CausationId => (envelope.cause, at) = self.id(at)?,
                Part::OccurredAt => (occurred_at, at) = self.time(at)?,
                Part::RecordedAt => (recorded_at, at) = self.time(at)?,
                Part::Streams => at = self.streams(at)?,
                Part::Kind => {
                    let (word, end) = self.text(at)?;
                    envelope.kind = match word {
                        Some(word) => (shape.kind_of)(word)?,
                        None => EventKind::default(),
                    };
                    at = end;
                }
                Part::Type => {
                    let (name, end) = self.text(at)?;
                    envelope.event_type = name.filter(|name| !name.is_empty())?;
                    has_type = true;
                    at = end;
                }
                Part::SchemaVersion => (envelope.schema_version, at) = self.text(at)?,
                Part::CorrelationId => (envelope.correlation_id, at) = self.text(at)?,
                Part::AggregateType => (home.aggregate_type, at) = self.word(at)?,
                Part::Stream => {
                    let (stream, end) = self.word(at)?;
                    has_home = stream.is_some();
                    home.stream = stream.unwrap_or_default();
                    at = end;
                }
            }
        }
        if self.bytes[at..] != *shape.after || !has_type {
            return None;
        }
        if has_home {
            self.members.push(home);
        }
        if let Some(beside) = beside {
            let missing = NamesId {
                correlation: envelope.correlation_id.is_none(),
                causation: envelope.cause.is_none(),
            };
            self.names_no_id(beside, missing)?;
        }
        envelope.time = occurred_at.or(recorded_at);
        Some(envelope)
    }

    fn null(&self, at: usize) -> Option<usize> {
        self.bytes[at..].starts_with(b"null").then_some(at + 4)
    }

    /// The word at `at`, and where it ends.
    fn word(&self, at: usize) -> Option<(Word, usize)> {
        match self.bytes.get(at)? {
            b'"' => {
                let end = scan::plain_text(self.bytes, at + 1)?;
                Some((Some((at + 1, end)), end + 1))
            }
            b'n' => Some((None, self.null(at)?)),
            b'-' | b'0'..=b'9' => {
                let end = scan::number(self.bytes, at)?;
                Some((Some((at, end)), end))
            }
            _ => None,
        }
    }

    fn text(&self, at: usize) -> Option<(Option<&'a str>, usize)> {
        let (word, end) = self.word(at)?;
        Some((word.map(|(from, to)| &self.line[from..to]), end))
    }

    /// An integer without sign that surely fits.
    fn integer(&self, at: usize) -> Option<(Option<i64>, usize)> {
        if self.bytes.get(at) == Some(&b'n') {
            return Some((None, self.null(at)?));
        }
        let mut number = 0_i64;
        let digits = self.bytes[at..].iter().take_while(|byte| byte.is_ascii_digit());
        let mut count = 0;
        for digit in digits.take(19) {
            // The nineteenth digit may be too much; the number is not taken then.
            number = number.wrapping_mul(10).wrapping_add(i64::from(digit - b'0'));
            count += 1;
        }
        let is_odd = count == 0 || count > 18 || (count > 1 && self.bytes[at] == b'0');
        let end = at + count;
        let goes_on = matches!(self.bytes.get(end), Some(b'.' | b'e' | b'E'));
        if is_odd || goes_on { None } else { Some((Some(number), end)) }
    }

    fn id(&self, at: usize) -> Option<(Option<IdKey>, usize)> {
        // A UUID ends where it must, and holds nothing that needs a look.
        if self.bytes.get(at + 37) == Some(&b'"')
            && self.bytes[at] == b'"'
            && let Some(key) = uuid_key(&self.bytes[at + 1..at + 37])
        {
            return Some((Some(key), at + 38));
        }
        let (id, end) = self.text(at)?;
        Some((id.map(IdKey::of), end))
    }

    fn time(&self, at: usize) -> Option<(Option<Timestamp>, usize)> {
        if self.bytes.get(at) == Some(&b'"') {
            let end = scan::plain_text(self.bytes, at + 1)?;
            return Some((Some(Timestamp::parse(&self.line[at + 1..end]).ok()?), end + 1));
        }
        let (count, end) = self.integer(at)?;
        match count {
            Some(count) => Some((Some(Timestamp::from_epoch(count).ok()?), end)),
            None => Some((None, end)),
        }
    }

    /// The list of streams in our own format.
    fn streams(&mut self, at: usize) -> Option<usize> {
        let after = |at: usize, text: &str| {
            self.bytes.get(at..)?.starts_with(text.as_bytes()).then_some(at + text.len())
        };
        let mut at = after(at, "[")?;
        if let Some(end) = after(at, "]") {
            return Some(end);
        }
        loop {
            let (stream, end) = self.word(after(at, "{\"stream\":")?)?;
            let (aggregate_type, end) = self.word(after(end, ",\"aggregate_type\":")?)?;
            let (version, end) = self.integer(after(end, ",\"version\":")?)?;
            let (_, end) = self.word(after(end, ",\"role\":")?)?;
            at = after(end, "}")?;
            self.members.push(Spelled { aggregate_type, stream: stream?, version });
            match self.bytes.get(at)? {
                b',' => at += 1,
                b']' => return Some(at + 1),
                _ => return None,
            }
        }
    }

    /// Whether the metadata at `at` are an object without a key that could name an id that is `missing`.
    fn names_no_id(&mut self, at: usize, missing: NamesId) -> Option<()> {
        if missing == NamesId::default() {
            return Some(());
        }
        let Self { line, bytes, known_keys, shape, .. } = self;
        scan::members(bytes, at, |MemberAt { key: (from, to), .. }| {
            let key = &bytes[from..to];
            let names = if let Some((_, names)) = known_keys.iter().find(|(known, _)| **known == *key) {
                *names
            } else {
                let names = (shape.names_id)(&line[from..to]);
                if known_keys.len() < KNOWN_KEYS_MAX {
                    known_keys.push((key.into(), names));
                }
                names
            };
            let is_wanted =
                (missing.correlation && names.correlation) || (missing.causation && names.causation);
            (!is_wanted).then_some(())
        })
        .map(|_| ())
    }
}

/// The key of an id that is spelled as UUIDs usually are.
fn uuid_key(text: &[u8]) -> Option<IdKey> {
    uuid::Uuid::try_parse_ascii(text).ok().map(|uuid| IdKey(uuid.as_u128()))
}
