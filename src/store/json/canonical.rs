//! Our own JSON lines: the canonical event without loss, one object a line. What `events --json` prints, what an
//! export writes, and what can be opened again like any store. A log without events is written as one line that
//! says what the file is, because an empty file could be anything.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::quick::{NamesId, Part, Parts};
use super::reader::{self, info_of, json_shape};
use super::record::{Convert, Record};
use super::values;
use crate::model::{EventKind, JsonText, Membership, Payload, RecordedEvent, StreamName, Timestamp};
use crate::store::shape::Shape;
use crate::store::{Format, OpenRequest, StoreError, StoreReader};

/// The event as an object: every key always there, null where there is nothing. `stream`, `aggregate_type` and
/// `version` repeat the home stream. The encoding "json" marks a payload that is JSON's null.
pub fn event_to_json(event: &RecordedEvent) -> Map<String, Value> {
    let home = event.home();
    let (data, base64, encoding) = match &event.data {
        Payload::Missing => (Value::Null, Value::Null, Value::Null),
        Payload::Json(text) => {
            let data = text.value();
            let encoding = if data.is_null() { NULL_PAYLOAD.into() } else { Value::Null };
            (data, Value::Null, encoding)
        }
        Payload::Opaque { bytes, encoding } => {
            (Value::Null, BASE64.encode(bytes).into(), encoding.as_ref().into())
        }
    };
    let streams: Vec<Value> = event
        .streams
        .iter()
        .map(|member| {
            json!({
                "stream": member.stream.id,
                "aggregate_type": member.stream.aggregate_type,
                "version": member.version,
                "role": member.role,
            })
        })
        .collect();
    let time = |time: Option<Timestamp>| time.map(|time| time.to_string()).into();
    [
        ("position", event.position.into()),
        ("id", event.id.clone().into()),
        ("kind", event.kind.as_str().into()),
        ("type", event.event_type.clone().into()),
        ("schema_version", event.schema_version.clone().into()),
        ("stream", home.map(|home| home.stream.id.clone()).into()),
        ("aggregate_type", home.and_then(|home| home.stream.aggregate_type.clone()).into()),
        ("version", home.and_then(|home| home.version).into()),
        ("streams", Value::Array(streams)),
        ("occurred_at", time(event.occurred_at)),
        ("recorded_at", time(event.recorded_at)),
        ("correlation_id", event.correlation_id.clone().into()),
        ("causation_id", event.causation_id.clone().into()),
        ("data", data),
        ("data_base64", base64),
        ("data_encoding", encoding),
        ("metadata", event.metadata.as_ref().map_or(Value::Null, JsonText::value)),
        ("warnings", event.warnings.clone().into()),
    ]
    .into_iter()
    .map(|(key, value): (&str, Value)| (key.to_owned(), value))
    .collect()
}

/// Tells a payload of JSON's null from no payload.
const NULL_PAYLOAD: &str = "json";

/// The only line of a log without events. Read as nothing, also between events.
const EMPTY_LOG: &str = r#"{"sagascope":"events","events":0}"#;

/// Writes events as our own JSON lines.
#[derive(Debug)]
pub struct JsonlWriter<W: Write> {
    to: W,
    is_empty: bool,
}

impl<W: Write> JsonlWriter<W> {
    /// Writes to `to`, which should be buffered.
    pub fn new(to: W) -> Self {
        Self { to, is_empty: true }
    }

    /// Writes one event as one line.
    pub fn write(&mut self, event: &RecordedEvent) -> io::Result<()> {
        self.is_empty = false;
        serde_json::to_writer(&mut self.to, &event_to_json(event))?;
        self.to.write_all(b"\n")
    }

    /// Ends the log, flushes, and gives back what was written to.
    pub fn finish(mut self) -> io::Result<W> {
        if self.is_empty {
            self.to.write_all(EMPTY_LOG.as_bytes())?;
            self.to.write_all(b"\n")?;
        }
        self.to.flush()?;
        Ok(self.to)
    }
}

/// Sagascope's own JSON lines.
pub(in crate::store) struct SagascopeJsonl;

impl Format for SagascopeJsonl {
    fn name(&self) -> &'static str {
        "sagascope-jsonl"
    }

    fn title(&self) -> &'static str {
        "Sagascope, JSON lines"
    }

    fn about(&self) -> &'static str {
        "Sagascope's own export, told by the keys streams, kind, data_base64 and data_encoding in each record."
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["jsonl", "ndjson", "json"]
    }

    fn claims(&self, shape: &Shape) -> bool {
        let Shape::Json(shape) = shape else { return false };
        let own = shape.records.iter().filter(|record| is_own(record)).count();
        own > 0 && own * 2 >= shape.records.len()
    }

    fn open(&self, request: &OpenRequest<'_>) -> Result<Box<dyn StoreReader>, StoreError> {
        reader::open(request, json_shape(request)?, Box::new(Canonical), info_of(self))
    }
}

/// Whether a record is [`EMPTY_LOG`].
fn is_empty_log(record: &Map<String, Value>) -> bool {
    record.len() == 2
        && record.get("sagascope") == Some(&"events".into())
        && record.get("events") == Some(&0.into())
}

/// Whether a record has the keys that only our own records have together.
pub(super) fn is_own(record: &Map<String, Value>) -> bool {
    is_empty_log(record)
        || ["streams", "kind", "data_base64", "data_encoding"].iter().all(|key| record.contains_key(*key))
}

/// Reads what [`event_to_json`] gives.
pub(super) struct Canonical;

impl Convert for Canonical {
    fn parts(&self, keys: &[&str]) -> Option<Parts> {
        let has_list = keys.contains(&"streams");
        let part = |key: &str| match key {
            "position" => Part::Position,
            "id" => Part::Id,
            "kind" => Part::Kind,
            "type" => Part::Type,
            "schema_version" => Part::SchemaVersion,
            "streams" => Part::Streams,
            "stream" if !has_list => Part::Stream,
            "aggregate_type" if !has_list => Part::AggregateType,
            "version" if !has_list => Part::Version,
            "occurred_at" => Part::OccurredAt,
            "recorded_at" => Part::RecordedAt,
            "correlation_id" => Part::CorrelationId,
            "causation_id" => Part::CausationId,
            "data_base64" => Part::Null,
            "warnings" => Part::Empty,
            _ => Part::Any,
        };
        Some(Parts {
            // Without a list of streams, the single one counts.
            keys: keys.iter().map(|key| (part(key), *key == "streams")).collect(),
            kind_of: EventKind::from_word,
            names_id: |_| NamesId::default(),
        })
    }

    fn is_nothing(&self, bytes: &[u8]) -> bool {
        bytes == EMPTY_LOG.as_bytes()
    }

    fn keeps(&self, _text: &str) -> bool {
        true
    }

    fn event(&self, record: &Record<'_>) -> Result<RecordedEvent, String> {
        let mut warnings: Vec<String> = match record.get("warnings") {
            Some(raw) => serde_json::from_str(raw.get()).unwrap_or_default(),
            None => Vec::new(),
        };
        let text = |key: &str| record.get(key).and_then(values::text);
        let mut or_warn = |key: &str, missing: bool| {
            if missing && let Some(raw) = record.get(key) {
                let shown: String = raw.get().chars().take(60).collect();
                warnings.push(format!("\"{key}\" cannot be read: {shown}"));
            }
        };
        let position = record.get("position").and_then(values::integer);
        or_warn("position", position.is_none());
        let occurred_at = record.get("occurred_at").and_then(values::time);
        or_warn("occurred_at", occurred_at.is_none());
        let recorded_at = record.get("recorded_at").and_then(values::time);
        or_warn("recorded_at", recorded_at.is_none());
        let kind = text("kind").and_then(|word| EventKind::from_word(&word));
        or_warn("kind", kind.is_none());
        let streams = streams(record);
        or_warn("streams", streams.is_none());
        let data = match (record.get("data_base64"), record.get("data")) {
            (Some(base64), _) => Self::opaque(base64, text("data_encoding"))?,
            (None, Some(data)) => Payload::Json(JsonText::from_raw(data)),
            (None, None) if text("data_encoding").as_deref() == Some(NULL_PAYLOAD) => {
                Payload::Json(JsonText::from_raw(RawValue::NULL))
            }
            (None, None) => Payload::Missing,
        };
        Ok(RecordedEvent {
            position,
            id: text("id"),
            kind: kind.unwrap_or_default(),
            event_type: text("type").ok_or("It has no \"type\".")?,
            schema_version: text("schema_version"),
            streams: streams.unwrap_or_default(),
            occurred_at,
            recorded_at,
            correlation_id: text("correlation_id"),
            causation_id: text("causation_id"),
            data,
            metadata: record.get("metadata").map(JsonText::from_raw),
            warnings,
        })
    }
}

impl Canonical {
    fn opaque(base64: &RawValue, encoding: Option<String>) -> Result<Payload, String> {
        let text = values::string(base64).ok_or("\"data_base64\" is not text.")?;
        let bytes =
            BASE64.decode(text.as_bytes()).map_err(|error| format!("\"data_base64\" is broken: {error}."))?;
        Ok(Payload::Opaque {
            bytes: bytes.into(),
            encoding: encoding.unwrap_or_else(|| "binary".to_owned()).into(),
        })
    }
}

/// The list of streams; the home stream alone where there is no list. `None` if it is something else.
fn streams(record: &Record<'_>) -> Option<Vec<Membership>> {
    let Some(list) = record.get("streams") else {
        return Some(membership(record).into_iter().collect());
    };
    let list: Vec<Record<'_>> = serde_json::from_str(list.get()).ok()?;
    list.iter().map(membership).collect()
}

fn membership(record: &Record<'_>) -> Option<Membership> {
    let text = |key: &str| record.get(key).and_then(values::text);
    Some(Membership {
        stream: StreamName { aggregate_type: text("aggregate_type"), id: text("stream")? },
        version: record.get("version").and_then(values::integer),
        role: text("role"),
    })
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use proptest::prelude::*;

    use super::super::record::decode;
    use super::*;

    fn json_text() -> impl Strategy<Value = JsonText> {
        let leaf = prop_oneof![
            Just("null".to_owned()),
            Just("true".to_owned()),
            prop::sample::select(vec!["1.10", "1e400", "-0.0", "12345678901234567890123", "0"])
                .prop_map(str::to_owned),
            any::<String>().prop_map(|text| Value::from(text).to_string()),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(|list| format!("[{}]", list.join(", "))),
                prop::collection::btree_map("[b-y]{1,4}", inner, 0..4).prop_map(|map| {
                    // Not in order of name, to see that the order is kept.
                    let keys: Vec<String> =
                        map.iter().rev().map(|(key, value)| format!("\"{key}\":{value}")).collect();
                    format!("{{{}}}", keys.join(","))
                }),
            ]
        })
        .prop_map(|text| JsonText::new(&text).unwrap())
    }

    fn timestamp() -> impl Strategy<Value = Timestamp> {
        (-9_000_000_000_i64..9_000_000_000, 0_u8..=9, 0_i64..1_000_000_000).prop_map(
            |(seconds, digits, nanos)| {
                let unit = 10_i64.pow(9 - u32::from(digits));
                Timestamp::from_nanos(seconds * 1_000_000_000 + nanos / unit * unit, digits)
            },
        )
    }

    fn member() -> impl Strategy<Value = Membership> {
        (any::<Option<String>>(), any::<String>(), any::<Option<i64>>(), any::<Option<String>>()).prop_map(
            |(aggregate_type, id, version, role)| Membership {
                stream: StreamName { aggregate_type, id },
                version,
                role,
            },
        )
    }

    fn payload() -> impl Strategy<Value = Payload> {
        prop_oneof![
            Just(Payload::Missing),
            json_text().prop_map(Payload::Json),
            (any::<Vec<u8>>(), any::<String>()).prop_map(|(bytes, encoding)| Payload::Opaque {
                bytes: bytes.into(),
                encoding: Cow::Owned(encoding)
            }),
        ]
    }

    prop_compose! {
        fn event()(
            (position, id, schema_version, correlation_id, causation_id, event_type) in any::<(
                Option<i64>, Option<String>, Option<String>, Option<String>, Option<String>, String)>(),
            kind in prop::sample::select(EventKind::ALL.to_vec()),
            streams in prop::collection::vec(member(), 0..4),
            occurred_at in prop::option::of(timestamp()),
            recorded_at in prop::option::of(timestamp()),
            data in payload(),
            // Metadata of JSON's null are no metadata.
            metadata in prop::option::of(json_text().prop_filter("null", |text| text.as_str() != "null")),
            warnings in prop::collection::vec(any::<String>(), 0..3),
        ) -> RecordedEvent {
            RecordedEvent {
                position, id, kind, event_type, schema_version, streams, occurred_at, recorded_at,
                correlation_id, causation_id, data, metadata, warnings,
            }
        }
    }

    proptest! {
        #[test]
        fn an_event_written_and_read_is_the_same(event in event()) {
            let mut writer = JsonlWriter::new(Vec::new());
            writer.write(&event).unwrap();
            let line = writer.finish().unwrap();
            let read = decode(line.trim_ascii(), false, &Canonical).unwrap();
            // The digits of times, the spelling of numbers and the order of keys are in the text alone.
            prop_assert_eq!(event_to_json(&read).into_iter().collect::<Vec<_>>(),
                event_to_json(&event).into_iter().collect::<Vec<_>>());
            prop_assert_eq!(read.occurred_at.map(Timestamp::digits), event.occurred_at.map(Timestamp::digits));
            prop_assert_eq!(read, event);
        }
    }

    #[test]
    fn every_key_is_there_and_in_its_order() {
        let keys: Vec<String> =
            event_to_json(&RecordedEvent::default()).into_iter().map(|(key, _)| key).collect();
        assert_eq!(
            keys.join(" "),
            "position id kind type schema_version stream aggregate_type version streams occurred_at recorded_at \
             correlation_id causation_id data data_base64 data_encoding metadata warnings"
        );
    }

    #[test]
    fn a_null_payload_is_not_a_missing_one() {
        let null = Payload::Json(JsonText::new("null").unwrap());
        for data in [Payload::Missing, null] {
            let event = RecordedEvent { event_type: "t".to_owned(), data, ..RecordedEvent::default() };
            let line = Value::Object(event_to_json(&event)).to_string();
            assert_eq!(decode(line.as_bytes(), false, &Canonical).unwrap(), event);
        }
    }

    #[test]
    fn what_somebody_edited_badly_is_a_warning() {
        let line =
            r#"{"type":"t","streams":3,"kind":"x","position":"y","occurred_at":"z","data_base64":null}"#;
        let event = decode(line.as_bytes(), false, &Canonical).unwrap();
        assert_eq!(event.warnings.len(), 4, "{:?}", event.warnings);
        for line in [r#"{"streams":[]}"#, r#"{"type":"t","data_base64":"~"}"#] {
            assert!(decode(line.as_bytes(), false, &Canonical).is_err(), "{line}");
        }
    }
}
