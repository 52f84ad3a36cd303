//! Spans of distributed traces as events, whoever wrote them down: a span is a step with a start and an end, so it
//! becomes two events, and its end says whether it failed. The trace is what they belong to, the parent is the
//! cause, the service is the stream. How a span is spelled is the format's matter ([`Spelling`]).

use std::sync::{Mutex, PoisonError};

use foldhash::HashMap;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::record::{Convert, Fault, Record, decode};
use super::sorted::{Part, Parts};
use crate::model::{JsonText, Locator, Membership, Payload, RecordedEvent, StreamName, Timestamp};
use crate::store::shape::Shape;

/// What a reader of traces says of its source.
pub(super) const NOTES: [&str; 3] = [
    "A span is two events: its start, named as the operation, and its end (\"… ended\", or \"… failed\" where its status is an error).",
    "The trace is the correlation, the parent span (else the first link) the cause, the service the stream.",
    "Events come in the order of their times, whatever their order in the file.",
];

/// Whether most records of a file are what `is_own` knows.
pub(super) fn claims(shape: &Shape, is_own: impl Fn(&Map<String, Value>) -> bool) -> bool {
    let Shape::Json(shape) = shape else { return false };
    let claimed = shape.records.iter().filter(|record| is_own(record)).count();
    claimed > 0 && claimed * 2 >= shape.records.len()
}

/// Where spans ran.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Place {
    /// The service's name.
    pub(super) service: Option<String>,
    /// Attributes of the process or resource.
    pub(super) resource: Map<String, Value>,
    /// The instrumentation.
    pub(super) scope: Map<String, Value>,
}

/// A span as it was written down.
#[derive(Clone, Debug, Default)]
pub(super) struct Span {
    pub(super) trace: String,
    pub(super) id: String,
    pub(super) parent: Option<String>,
    /// What caused it beside its parent.
    pub(super) link: Option<String>,
    pub(super) name: String,
    pub(super) kind: Option<String>,
    pub(super) start: Option<Timestamp>,
    pub(super) end: Option<Timestamp>,
    /// Whether its status says so; nothing where it has none.
    pub(super) failed: Option<bool>,
    /// Why it failed.
    pub(super) message: Option<String>,
    pub(super) attributes: Map<String, Value>,
    /// What happened within it.
    pub(super) events: Vec<Value>,
    pub(super) links: Vec<Value>,
    /// Everything else.
    pub(super) rest: Map<String, Value>,
    pub(super) warnings: Vec<String>,
}

/// How one format spells traces.
pub(super) trait Spelling: Send + Sync {
    /// The spans of a record, each with where it ran.
    fn split<'a>(&self, record: &'a RawValue) -> Result<Vec<(Place, Vec<&'a RawValue>)>, String>;

    /// Start and end of a span, in nanoseconds since 1970.
    fn times(&self, span: &Record<'_>) -> (Option<i64>, Option<i64>);

    /// The span itself.
    fn span(&self, span: &Record<'_>) -> Result<Span, String>;
}

/// Takes records of traces apart.
pub(super) struct Traces<S> {
    spelling: S,
    known: Mutex<Known>,
}

/// Where the spans of a file ran.
#[derive(Default)]
struct Known {
    places: Vec<Place>,
    by_text: HashMap<String, u32>,
    /// From this offset on spans ran there, until the next.
    from: Vec<(u64, u32)>,
}

impl<S: Spelling> Traces<S> {
    pub(super) fn new(spelling: S) -> Self {
        Self { spelling, known: Mutex::default() }
    }

    fn place_at(&self, at: u64) -> Place {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let next = known.from.partition_point(|(from, _)| *from <= at);
        let place = next.checked_sub(1).map(|at| known.from[at].1 as usize);
        place.map(|place| known.places[place].clone()).unwrap_or_default()
    }
}

impl Known {
    fn number(&mut self, place: Place) -> u32 {
        let text = json!([place.service, place.resource, place.scope]).to_string();
        let next = self.places.len() as u32;
        let number = *self.by_text.entry(text).or_insert(next);
        if number == next {
            self.places.push(place);
        }
        number
    }
}

/// A start lies at its span's bytes, an end at the same ones without the opening brace: so each is found again.
fn end_of(start: Locator) -> Locator {
    Locator { at: start.at + 1, len: start.len - 1 }
}

impl<S: Spelling> Parts for Traces<S> {
    fn parts(&self, at: u64, record: &[u8]) -> Result<Vec<Part>, Fault> {
        // Bytes that are no UTF-8 keep their number, so that offsets stay right.
        let text = std::str::from_utf8(record).map_or_else(
            |_| record.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { '?' }).collect(),
            std::borrow::Cow::Borrowed,
        );
        let raw: &RawValue = serde_json::from_str(&text).map_err(|error| Fault {
            problem: format!("It is not JSON: {error}."),
            is_syntax: true,
            is_cut: error.is_eof(),
        })?;
        let groups = self.spelling.split(raw).map_err(Fault::of_kind)?;
        let mut parts = Vec::new();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut from = Vec::new();
        for (place, spans) in groups {
            let number = known.number(place);
            for span in spans {
                let offset = span.get().as_ptr() as usize - text.as_ptr() as usize;
                let len = u32::try_from(span.get().len())
                    .map_err(|_too_long| Fault::of_kind("A span is too long."))?;
                let locator = Locator { at: at + offset as u64, len };
                from.push((locator.at, number));
                let (start, end) = match Record::parse(span.get()) {
                    Ok(span) => self.spelling.times(&span),
                    // It is told when it is read.
                    Err(_no_object) => (None, None),
                };
                let length = start.zip(end).map_or(0, |(start, end)| end.saturating_sub(start).max(0));
                // Of the same time: what ends comes first, the inner before the outer; then what begins, the outer
                // before the inner; then the ends of what took no time.
                parts.push(Part { time: start, tie: (1, -length), locator });
                if let Some(end) = end {
                    let end = start.map_or(end, |start| end.max(start));
                    let tie = if length == 0 { (2, 0) } else { (0, length) };
                    parts.push(Part { time: Some(end), tie, locator: end_of(locator) });
                }
            }
        }
        from.sort_unstable();
        for (at, number) in from {
            if known.from.last().is_none_or(|(_, last)| *last != number) {
                known.from.push((at, number));
            }
        }
        Ok(parts)
    }

    fn event(&self, locator: Locator, bytes: &[u8]) -> Result<RecordedEvent, Fault> {
        // Behind the opening brace stands a key; what is no object at all is told as such.
        let is_end = bytes.first().is_some_and(|byte| *byte == b'"' || byte.is_ascii_whitespace());
        let is_start = !is_end;
        let place = self.place_at(locator.at);
        let phase = OneEnd { spelling: &self.spelling, place, is_start };
        if is_start {
            return decode(bytes, false, &phase);
        }
        let whole = [b"{", bytes].concat();
        decode(&whole, false, &phase)
    }
}

/// One of the two events of a span.
struct OneEnd<'a, S> {
    spelling: &'a S,
    place: Place,
    is_start: bool,
}

impl<S: Spelling> Convert for OneEnd<'_, S> {
    fn event(&self, record: &Record<'_>) -> Result<RecordedEvent, String> {
        let span = self.spelling.span(record)?;
        Ok(if self.is_start { started(span, &self.place) } else { ended(span, &self.place) })
    }
}

/// The id of the event with which a span ends.
fn end_id(span: &str) -> String {
    format!("{span}-end")
}

fn base(span: &Span, place: &Place, phase: &str) -> RecordedEvent {
    let mut about = Map::new();
    about.insert("id".to_owned(), span.id.clone().into());
    about.insert("phase".to_owned(), phase.into());
    about.insert("name".to_owned(), span.name.clone().into());
    if let Some(parent) = &span.parent {
        about.insert("parent".to_owned(), parent.clone().into());
    }
    if let Some(kind) = &span.kind {
        about.insert("kind".to_owned(), kind.clone().into());
    }
    let mut metadata = Map::new();
    metadata.insert("span".to_owned(), Value::Object(about));
    for (key, part) in [("resource", &place.resource), ("scope", &place.scope)] {
        if !part.is_empty() {
            metadata.insert(key.to_owned(), Value::Object(part.clone()));
        }
    }
    let home = place.service.as_ref().map(|service| Membership {
        stream: StreamName::new("service", service.as_str()),
        version: None,
        role: None,
    });
    RecordedEvent {
        streams: home.into_iter().collect(),
        correlation_id: Some(span.trace.clone()),
        metadata: Some(JsonText::from_value(&Value::Object(metadata))),
        ..RecordedEvent::default()
    }
}

fn started(mut span: Span, place: &Place) -> RecordedEvent {
    let mut event = base(&span, place, "start");
    event.id = Some(span.id);
    event.occurred_at = span.start;
    event.causation_id = span.parent.or(span.link);
    event.warnings = span.warnings;
    let mut data = span.attributes;
    data.append(&mut span.rest);
    if !span.links.is_empty() {
        data.insert("links".to_owned(), Value::Array(span.links));
    }
    if !data.is_empty() {
        event.data = Payload::Json(JsonText::from_value(&Value::Object(data)));
    }
    event.event_type = span.name;
    event
}

fn ended(span: Span, place: &Place) -> RecordedEvent {
    let mut event = base(&span, place, "end");
    let failed = span.failed == Some(true);
    let word = if failed { "failed" } else { "ended" };
    event.event_type = format!("{} {word}", span.name);
    event.id = Some(end_id(&span.id));
    // A clock that went back within a span makes it end where it began.
    event.occurred_at = match (span.start, span.end) {
        (Some(start), Some(end)) if end.nanos() < start.nanos() => {
            event.warnings.push("It ends before it starts; it is shown to end where it starts.".to_owned());
            Some(start)
        }
        (_, end) => end,
    };
    event.causation_id = Some(span.id);
    let mut data = Map::new();
    if let (Some(start), Some(end)) = (span.start, event.occurred_at) {
        data.insert("duration_ns".to_owned(), end.nanos().saturating_sub(start.nanos()).into());
    }
    if let Some(failed) = span.failed {
        data.insert("status".to_owned(), if failed { "error" } else { "ok" }.into());
    }
    if let Some(message) = span.message.filter(|_| failed) {
        data.insert("error".to_owned(), message.into());
    }
    if !span.events.is_empty() {
        data.insert("events".to_owned(), Value::Array(span.events));
    }
    event.data = Payload::Json(JsonText::from_value(&Value::Object(data)));
    event
}

/// The text under `key`, if there is one that says something.
pub(super) fn text_in(map: &Map<String, Value>, key: &str) -> Option<String> {
    map.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Why a span failed, from what is said within it.
pub(super) fn reason(span: &Span) -> Option<String> {
    let mut within = span.events.iter().filter_map(|event| {
        let attributes = event.get("attributes")?.as_object()?;
        ["exception.message", "error.message", "message", "error.object"]
            .iter()
            .find_map(|key| text_in(attributes, key))
    });
    let own = ["error.message", "exception.message", "error.type"]
        .iter()
        .find_map(|key| text_in(&span.attributes, key));
    within.next_back().or(own)
}
