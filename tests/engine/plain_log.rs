//! The naive twin of the index: plain vectors of whole events, every answer found by looking at all of them.
//! And the events that properties are tried with.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use sagascope::base::prng::Prng;
use sagascope::index::{EventLog, LogBuilder};
use sagascope::model::{
    EventKind, JsonText, Locator, Membership, Payload, ReadIssue, RecordedEvent, Row, SourceId, StreamName,
    Timestamp,
};

/// All events of a log in the order they were read.
#[derive(Clone, Debug, Default)]
pub(crate) struct PlainLog {
    pub(crate) sources: Vec<Vec<RecordedEvent>>,
    pub(crate) read: Vec<Row>,
    pub(crate) issues: Vec<(SourceId, ReadIssue)>,
}

/// A stream with the rows of its events in the order of the source.
#[derive(Clone, Debug)]
pub(crate) struct PlainStream {
    pub(crate) source: SourceId,
    pub(crate) name: StreamName,
    pub(crate) rows: Vec<Row>,
}

impl PlainLog {
    pub(crate) fn event(&self, row: Row) -> &RecordedEvent {
        &self.sources[usize::from(row.source().0)][row.ordinal()]
    }

    /// The running maximum of the source's times; `i64::MIN` before the first event that has one.
    pub(crate) fn key(&self, row: Row) -> i64 {
        let events = &self.sources[usize::from(row.source().0)][..=row.ordinal()];
        events.iter().filter_map(RecordedEvent::time).map(Timestamp::nanos).max().unwrap_or(i64::MIN)
    }

    /// All rows: sources one after the other, then sorted by key without changing the order of equal ones.
    pub(crate) fn merged(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        for (source, events) in self.sources.iter().enumerate() {
            let mut key = i64::MIN;
            for (ordinal, event) in events.iter().enumerate() {
                key = key.max(event.time().map_or(i64::MIN, Timestamp::nanos));
                rows.push((key, Row::new(SourceId(source as u16), ordinal)));
            }
        }
        rows.sort_by_key(|(key, _)| *key);
        rows.into_iter().map(|(_, row)| row).collect()
    }

    /// Streams in order of appearance.
    pub(crate) fn streams(&self) -> Vec<PlainStream> {
        let mut streams: Vec<PlainStream> = Vec::new();
        let mut places: BTreeMap<(SourceId, &StreamName), usize> = BTreeMap::new();
        for row in &self.read {
            for membership in &self.event(*row).streams {
                let place = *places.entry((row.source(), &membership.stream)).or_insert_with(|| {
                    let name = membership.stream.clone();
                    streams.push(PlainStream { source: row.source(), name, rows: Vec::new() });
                    streams.len() - 1
                });
                if streams[place].rows.last() != Some(row) {
                    streams[place].rows.push(*row);
                }
            }
        }
        streams
    }

    /// Distinct texts in order of appearance, each with its rows as they were read.
    pub(crate) fn grouped(
        &self,
        text: impl Fn(&RecordedEvent) -> Option<&String>,
    ) -> Vec<(String, Vec<Row>)> {
        let mut groups: Vec<(String, Vec<Row>)> = Vec::new();
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for row in &self.read {
            let Some(text) = text(self.event(*row)) else { continue };
            let place = *places.entry(text).or_insert_with(|| {
                groups.push((text.clone(), Vec::new()));
                groups.len() - 1
            });
            groups[place].1.push(*row);
        }
        groups
    }

    /// Each event's cause: the first event of its own source that has the id, else the first read of any, which is
    /// never the event itself. Bare numbers are ids of their source only.
    pub(crate) fn causes(&self) -> BTreeMap<Row, Row> {
        let mut first: BTreeMap<String, Row> = BTreeMap::new();
        let mut own: BTreeMap<(SourceId, String), Row> = BTreeMap::new();
        for row in &self.read {
            if let Some(id) = &self.event(*row).id {
                own.entry((row.source(), same_id(id))).or_insert(*row);
                if id.parse::<u32>().map(|number| number.to_string()).as_ref() != Ok(id) {
                    first.entry(same_id(id)).or_insert(*row);
                }
            }
        }
        let cause = |row: &Row| {
            let event = self.event(*row);
            let cause = same_id(event.causation_id.as_ref()?);
            let is_itself = event.id.as_deref().map(same_id).as_ref() == Some(&cause);
            let found = own.get(&(row.source(), cause.clone())).or_else(|| first.get(&cause));
            (!is_itself).then(|| found.map(|found| (*row, *found)))?
        };
        self.read.iter().filter_map(cause).collect()
    }
}

/// Two spellings of one UUID are one id.
fn same_id(id: &str) -> String {
    uuid::Uuid::try_parse(id).map_or_else(|_| id.to_owned(), |uuid| uuid.to_string())
}

/// A log being built beside its twin.
#[derive(Default)]
pub(crate) struct Twins {
    builder: LogBuilder,
    pub(crate) plain: PlainLog,
}

impl Twins {
    pub(crate) fn add_source(&mut self) {
        self.plain.sources.push(Vec::new());
        let source = self.builder.add_source();
        assert_eq!(usize::from(source.0), self.plain.sources.len() - 1);
    }

    pub(crate) fn push(&mut self, source: usize, event: RecordedEvent) -> Row {
        let ordinal = self.plain.sources[source].len();
        let row = self.builder.push(SourceId(source as u16), locator(ordinal), &event);
        self.plain.sources[source].push(event);
        self.plain.read.push(row);
        assert_eq!(row, Row::new(SourceId(source as u16), ordinal));
        row
    }

    pub(crate) fn push_issue(&mut self, source: usize) {
        let source = SourceId(source as u16);
        let issue = ReadIssue::new(format!("line {}", self.plain.issues.len()), "It is broken.", b"{");
        self.plain.issues.push((source, issue.clone()));
        self.builder.push_issue(source, issue);
    }

    pub(crate) fn publish(&mut self) -> EventLog {
        self.builder.publish()
    }

    /// One source after another, as files are loaded.
    pub(crate) fn of(sources: Vec<Vec<RecordedEvent>>) -> Self {
        let mut twins = Self::default();
        for (source, events) in sources.into_iter().enumerate() {
            twins.add_source();
            for event in events {
                twins.push(source, event);
            }
        }
        twins
    }
}

/// Where the twins say that an event lies.
pub(crate) fn locator(ordinal: usize) -> Locator {
    Locator { at: ordinal as u64 * 7, len: ordinal as u32 + 1 }
}

const TYPES: [&str; 6] =
    ["OrderPlaced", "PaymentDeclined", "order.created.v1", "payment.failed.v1", "", "Größe"];
const AGGREGATES: [Option<&str>; 4] = [None, Some("Order"), Some("Pay/ment"), Some("")];
const STREAMS: [&str; 7] = ["o-1", "o-2", "Order/1", "1", "", "ment/1", "kunde_ü"];
const CORRELATIONS: [&str; 4] = ["c-1", "c-2", "C-1", ""];
/// Two spellings of one UUID among them, and one id that is no UUID in two cases.
const IDS: [&str; 12] = [
    "7",
    "8",
    "07",
    "e1",
    "e2",
    "E2",
    "e3",
    "e4",
    "7a4a5c6e-0d5e-4a39-8a1c-3f3a0a1c9b11",
    "7A4A5C6E-0D5E-4A39-8A1C-3F3A0A1C9B11",
    "7a4a5c6e-0d5e-4a39-8a1c-3f3a0a1c9b12",
    "",
];
const PAYLOADS: [&str; 8] = [
    r#"{"status":"paid","total":12.50}"#,
    r#"{"name":"Gr\u00f6\u00dfe XL"}"#,
    r#"{"text":"a\nb","path":"c:\\new"}"#,
    r#"["MÁLAGA",null,true]"#,
    r#""only text""#,
    "1e5",
    r#"{"deep":{"deeper":[{"Key":"ValueOne"}]}}"#,
    "{}",
];

fn text_of(choices: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(choices).prop_map(str::to_owned)
}

fn time() -> impl Strategy<Value = Option<Timestamp>> {
    let near = (0..40_i64, 0..10_u8).prop_map(|(s, digits)| Timestamp::from_nanos(s * 1_000_000_000, digits));
    let far = (i64::MIN + 1..=i64::MAX).prop_map(|nanos| Timestamp::from_nanos(nanos, 9));
    prop_oneof![3 => Just(None), 12 => near.prop_map(Some), 1 => far.prop_map(Some)]
}

fn membership() -> impl Strategy<Value = Membership> {
    (
        prop::sample::select(&AGGREGATES),
        text_of(&STREAMS),
        option::of(-2..6_i64),
        option::of(text_of(&["main"])),
    )
        .prop_map(|(kind, id, version, role)| {
            let stream = StreamName { aggregate_type: kind.map(str::to_owned), id };
            Membership { stream, version, role }
        })
}

fn payload() -> impl Strategy<Value = Payload> {
    let json = text_of(&PAYLOADS).prop_map(|text| Payload::Json(JsonText::new(&text).expect("valid JSON")));
    let opaque = Payload::Opaque { bytes: (*b"\x00Secret\xff").into(), encoding: "binary".into() };
    prop_oneof![1 => Just(Payload::Missing), 8 => json, 1 => Just(opaque)]
}

/// Any event: few distinct names, so that they meet, and everything that can be missing sometimes missing.
pub(crate) fn event() -> impl Strategy<Value = RecordedEvent> {
    let names = (
        prop::sample::select(&EventKind::ALL[..]),
        text_of(&TYPES),
        option::of(text_of(&["1", "2", "v3"])),
        vec(membership(), 0..4),
    );
    let times = (time(), time(), option::of(-3..50_i64));
    let ids =
        (option::weighted(0.8, text_of(&IDS)), option::of(text_of(&IDS)), option::of(text_of(&CORRELATIONS)));
    let content =
        (payload(), option::of(text_of(&PAYLOADS)), vec(text_of(&["The time was repaired."]), 0..2));
    (names, times, ids, content).prop_map(|(names, times, ids, content)| {
        let (kind, event_type, schema_version, streams) = names;
        let (occurred_at, recorded_at, position) = times;
        let (id, causation_id, correlation_id) = ids;
        let (data, metadata, warnings) = content;
        let metadata = metadata.map(|text| JsonText::new(&text).expect("valid JSON"));
        RecordedEvent {
            position,
            id,
            kind,
            event_type,
            schema_version,
            streams,
            occurred_at,
            recorded_at,
            correlation_id,
            causation_id,
            data,
            metadata,
            warnings,
        }
    })
}

/// A log that is longer than a chunk of a column in every source; the same every time.
pub(crate) fn long_log(n_sources: usize, events: usize) -> Twins {
    let mut prng = Prng::new(7);
    let mut make = |source: usize, ordinal: usize| {
        let n_streams = 1 + prng.below(3);
        let membership = |prng: &mut Prng| Membership {
            stream: StreamName::new("Order", prng.below(300).to_string()),
            version: Some(ordinal as i64),
            role: None,
        };
        let cause = (source as u64 * events as u64 + ordinal as u64 + prng.below(200)).saturating_sub(150);
        RecordedEvent {
            id: Some(format!("e{}", source * events + ordinal)),
            event_type: (*prng.pick(&TYPES)).to_owned(),
            streams: (0..n_streams).map(|_| membership(&mut prng)).collect(),
            occurred_at: prng
                .percent(90)
                .then(|| Timestamp::from_nanos((ordinal as i64 * 1_000) + prng.below(50_000) as i64, 6)),
            correlation_id: prng.percent(80).then(|| format!("c{}", prng.below(900))),
            causation_id: prng.percent(50).then(|| format!("e{cause}")),
            ..RecordedEvent::default()
        }
    };
    let sources = (0..n_sources).map(|source| (0..events).map(|at| make(source, at)).collect());
    Twins::of(sources.collect())
}
