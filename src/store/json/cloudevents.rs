//! CloudEvents 1.0 in JSON: lines, and batches as one array.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::reader::{self, info_of, json_shape};
use super::record::{Convert, Record};
use super::values;
use crate::model::{EventKind, JsonText, Membership, Payload, RecordedEvent, StreamName};
use crate::store::shape::Shape;
use crate::store::{Format, OpenRequest, StoreError, StoreReader};

/// CloudEvents as JSON.
pub(in crate::store) struct CloudEventsJson;

impl Format for CloudEventsJson {
    fn name(&self) -> &'static str {
        "cloudevents-json"
    }

    fn title(&self) -> &'static str {
        "CloudEvents 1.0, JSON"
    }

    fn about(&self) -> &'static str {
        "CloudEvents, one a line or as a batch, told by specversion beside id, source or type."
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["jsonl", "ndjson", "json", "cloudevents"]
    }

    fn claims(&self, shape: &Shape) -> bool {
        let Shape::Json(shape) = shape else { return false };
        let claimed = shape.records.iter().filter(|record| is_cloud_event(record)).count();
        claimed > 0 && claimed * 2 >= shape.records.len()
    }

    fn open(&self, request: &OpenRequest<'_>) -> Result<Box<dyn StoreReader>, StoreError> {
        let shape = json_shape(request)?;
        let mut info = info_of(self);
        let has = |key: &str| {
            shape.records.iter().any(|record| record.get(key).is_some_and(|value| !value.is_null()))
        };
        info.mapping = [
            ("type", "type"),
            ("id", "id"),
            ("stream", STREAM_KEYS.into_iter().find(|key| has(key)).unwrap_or("source")),
            ("version", "sequence"),
            ("time", "time"),
            ("data", if has("data_base64") && !has("data") { "data_base64" } else { "data" }),
            ("correlation", if has("correlationid") { "correlationid" } else { "traceparent" }),
            ("causation", "causationid"),
            ("schema version", "dataschema"),
        ]
        .into_iter()
        .filter(|(_, key)| has(key))
        .map(|(label, key)| (label.to_owned(), key.to_owned()))
        .collect();
        reader::open(request, shape, Box::new(CloudEvents), info)
    }
}

/// Attributes that name the stream, best first.
const STREAM_KEYS: [&str; 3] = ["subject", "partitionkey", "source"];

/// Whether a record is meant as one of CloudEvents.
pub(super) fn is_cloud_event(record: &Map<String, Value>) -> bool {
    record.contains_key("specversion") && ["id", "source", "type"].iter().any(|key| record.contains_key(*key))
}

struct CloudEvents;

impl Convert for CloudEvents {
    fn event(&self, record: &Record<'_>) -> Result<RecordedEvent, String> {
        let mut warnings = Vec::new();
        let text = |key: &str| record.get(key).and_then(values::text);
        let missing: Vec<&str> =
            ["specversion", "id", "source", "type"].into_iter().filter(|key| text(key).is_none()).collect();
        if !missing.is_empty() {
            warnings.push(format!("CloudEvents requires what is missing here: {}.", missing.join(", ")));
        }
        let version = record.get("sequence").and_then(values::position);
        let stream = STREAM_KEYS.iter().find_map(|key| text(key));
        let streams: Vec<Membership> = stream
            .map(|id| Membership { stream: StreamName::untyped(id), version, role: None })
            .into_iter()
            .collect();
        let occurred_at = record.get("time").and_then(values::time);
        let mut metadata_time = false;
        if let Some(raw) = record.get("time").filter(|_| occurred_at.is_none()) {
            warnings.push(format!("The time cannot be read: {}", shortened(raw)));
            metadata_time = true;
        }
        let correlation_id = text("correlationid").or_else(|| trace_id(&text("traceparent")?));
        let data = payload(record, &mut warnings);
        let is_kept = |key: &str| match key {
            "specversion" | "id" | "type" | "subject" | "data" | "data_base64" | "correlationid"
            | "causationid" => false,
            "sequence" => version.is_none() || streams.is_empty(),
            "time" => metadata_time,
            _ => true,
        };
        let metadata = values::object(
            record
                .keys
                .iter()
                .filter(|(key, value)| is_kept(key) && value.get() != "null")
                .map(|(key, value)| (Cow::Borrowed(key.as_ref()), *value)),
        )?;
        Ok(RecordedEvent {
            position: None,
            id: text("id"),
            kind: EventKind::Integration,
            event_type: text("type").unwrap_or_default(),
            schema_version: text("dataschema").and_then(|schema| version_of(&schema)),
            streams,
            occurred_at,
            recorded_at: None,
            correlation_id,
            causation_id: text("causationid"),
            data,
            metadata,
            warnings,
        })
    }
}

fn shortened(raw: &RawValue) -> String {
    raw.get().chars().take(60).collect()
}

fn payload(record: &Record<'_>, warnings: &mut Vec<String>) -> Payload {
    if let Some(data) = record.get("data") {
        return Payload::Json(JsonText::from_raw(data));
    }
    let Some(base64) = record.get("data_base64") else { return Payload::Missing };
    let content_type = record.get("datacontenttype").and_then(values::text);
    let decoded = values::string(base64).and_then(|text| BASE64.decode(text.as_bytes()).ok());
    let Some(bytes) = decoded else {
        warnings.push("data_base64 is not base64; it is shown as it is.".to_owned());
        return Payload::Json(JsonText::from_raw(base64));
    };
    let json = content_type.as_deref().is_some_and(is_json_type).then(|| std::str::from_utf8(&bytes).ok());
    match json.flatten().and_then(|text| JsonText::new(text).ok()) {
        Some(document) => Payload::Json(document),
        None => Payload::Opaque {
            bytes: bytes.into(),
            encoding: content_type.map_or(Cow::Borrowed("binary"), Cow::Owned),
        },
    }
}

/// `application/json`, `application/vnd.shop+json; charset=utf-8`, `text/json`.
fn is_json_type(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence.ends_with("/json") || essence.ends_with("+json")
}

/// The trace id of `00-<trace>-<parent>-<flags>`.
pub(super) fn trace_id(traceparent: &str) -> Option<String> {
    let trace = traceparent.split('-').nth(1)?;
    (trace.len() == 32 && trace.bytes().all(|digit| digit.is_ascii_hexdigit())).then(|| trace.to_owned())
}

/// The version that a schema's address ends with: `3`, `v2`, `1.0.1`.
fn version_of(schema: &str) -> Option<String> {
    let last = schema.trim_end_matches('/').rsplit(['/', '#', ':']).next()?;
    let digits = last.strip_prefix(['v', 'V']).unwrap_or(last);
    let is_version = digits.starts_with(|first: char| first.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    is_version.then(|| last.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::record::decode;
    use super::*;

    fn event(text: &str) -> RecordedEvent {
        decode(text.as_bytes(), false, &CloudEvents).unwrap()
    }

    #[test]
    fn attributes_are_mapped_and_the_rest_kept_in_order() {
        let event = event(
            r#"{"specversion":"1.0","type":"com.shop.Paid","zeta":1,"id":"e1","source":"/pay","subject":"p-1",
            "time":"2026-03-01T08:00:00.5Z","sequence":"7","dataschema":"https://x/Paid/v2","data":{"b":1.10},
            "traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","causationid":"c"}"#,
        );
        assert_eq!(event.event_type, "com.shop.Paid");
        assert_eq!(event.kind, EventKind::Integration);
        assert_eq!(event.home().unwrap().stream, StreamName::untyped("p-1"));
        assert_eq!(event.home().unwrap().version, Some(7));
        assert_eq!(event.occurred_at.unwrap().to_string(), "2026-03-01T08:00:00.5Z");
        assert_eq!(event.schema_version.as_deref(), Some("v2"));
        assert_eq!(event.correlation_id.as_deref(), Some("0af7651916cd43dd8448eb211c80319c"));
        assert_eq!(event.causation_id.as_deref(), Some("c"));
        assert_eq!(event.data.value().unwrap().to_string(), r#"{"b":1.10}"#);
        assert!(
            event.metadata.unwrap().as_str().starts_with(
                r#"{"zeta":1,"source":"/pay","dataschema":"https://x/Paid/v2","traceparent":"00-"#
            )
        );
        assert!(event.warnings.is_empty());
    }

    #[test]
    fn what_is_missing_is_named() {
        let event = event(r#"{"specversion":"1.0","type":"t","time":"soon","sequence":"b2"}"#);
        assert_eq!(
            event.warnings,
            ["CloudEvents requires what is missing here: id, source.", "The time cannot be read: \"soon\"",]
        );
        assert!(event.streams.is_empty());
        assert_eq!(event.metadata.unwrap().as_str(), r#"{"time":"soon","sequence":"b2"}"#);
    }

    #[test]
    fn base64_is_decoded_as_its_content_type_says() {
        let of = |kind: &str, data: &str| {
            event(&format!(
                r#"{{"specversion":"1.0","id":"1","source":"s","type":"t","datacontenttype":"{kind}","data_base64":"{data}"}}"#
            ))
        };
        assert_eq!(
            of("application/json; charset=utf-8", "eyJhIjoxfQ==").data.value().unwrap().to_string(),
            r#"{"a":1}"#
        );
        let opaque = |encoding: &str| Payload::Opaque {
            bytes: br#"{"a":1}"#.as_slice().into(),
            encoding: encoding.to_owned().into(),
        };
        assert_eq!(of("image/png", "eyJhIjoxfQ==").data, opaque("image/png"));
        let broken = of("image/png", "~~~");
        assert_eq!(
            (broken.data.value().unwrap().to_string(), broken.warnings.len()),
            ("\"~~~\"".to_owned(), 1)
        );
    }

    #[test]
    fn only_what_looks_like_a_version_is_one() {
        for (schema, expected) in [
            ("https://shop.example/schemas/StockReceived/1", Some("1")),
            ("urn:shop:Paid:1.2.0", Some("1.2.0")),
            ("https://x/Paid/v3/", Some("v3")),
            ("https://x/Paid.json", None),
            ("https://x/v", None),
        ] {
            assert_eq!(version_of(schema).as_deref(), expected, "{schema}");
        }
    }
}
