//! Traces in the JSON form of OpenTelemetry's protocol (OTLP): one request a line, as the collector's file exporter
//! writes them, or one document.
//!
//! Seen in real files: ids in base64, where something printed the protobuf and did not know that they are hex;
//! kinds and codes as numbers or as names; 64-bit numbers as text or as numbers; the old key
//! `instrumentationLibrarySpans`; keys in snake case; `batches`, as Tempo says; `result` around it, as Jaeger says.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::layout::start_of;
use super::reader::{info_of, json_shape};
use super::record::Record;
use super::sorted::{self, head};
use super::traces::{NOTES, Place, Span, Spelling, Traces, claims, reason, text_in};
use super::values;
use crate::model::Timestamp;
use crate::store::shape::Shape;
use crate::store::{Format, OpenRequest, StoreError, StoreReader};

/// `otlp-json`.
pub(in crate::store) struct OtlpJson;

/// Keys that hold spans: in a request, and in one element of it.
const SPANS: [&str; 6] = [
    "resourceSpans",
    "resource_spans",
    "batches",
    "scopeSpans",
    "scope_spans",
    "instrumentationLibrarySpans",
];

/// Keys that hold other signals.
const OTHERS: [&str; 4] = ["resourceLogs", "resourceMetrics", "scopeLogs", "scopeMetrics"];

fn has_any(record: &Map<String, Value>, keys: &[&str]) -> bool {
    keys.iter().any(|key| record.get(*key).is_some_and(Value::is_array))
}

fn has_spans(record: &Map<String, Value>) -> bool {
    has_any(record, &SPANS)
        || record.get("result").and_then(Value::as_object).is_some_and(|inner| has_any(inner, &SPANS))
}

/// Whether a record is one of OTLP, whatever its signal.
pub(super) fn is_otlp(record: &Map<String, Value>) -> bool {
    has_spans(record) || has_any(record, &OTHERS)
}

impl Format for OtlpJson {
    fn name(&self) -> &'static str {
        "otlp-json"
    }

    fn title(&self) -> &'static str {
        "OpenTelemetry traces (OTLP), JSON"
    }

    fn about(&self) -> &'static str {
        "Spans as OTLP writes them in JSON, a request a line or one document, told by resourceSpans; a span is its start and its end."
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["json", "jsonl", "ndjson"]
    }

    fn claims(&self, shape: &Shape) -> bool {
        claims(shape, is_otlp)
    }

    fn open(&self, request: &OpenRequest<'_>) -> Result<Box<dyn StoreReader>, StoreError> {
        let shape = json_shape(request)?;
        let others = shape.records.iter().any(|record| has_any(record, &OTHERS));
        if !shape.records.iter().any(has_spans) {
            let reason = "These are logs or metrics of OpenTelemetry, and Sagascope reads its traces only: steps with a start and an end. Export the traces (resourceSpans)".to_owned();
            return Err(StoreError::NotAStore { reason, path: request.path.to_owned() });
        }
        let mut info = info_of(self);
        info.mapping = [
            ("id", "spanId"),
            ("type", "name"),
            ("stream", "resource attribute service.name"),
            ("correlation", "traceId"),
            ("causation", "parentSpanId, else the first of links"),
            ("time", "startTimeUnixNano and endTimeUnixNano"),
            ("data", "attributes at the start; duration, status and events at the end"),
            ("metadata", "resource and scope"),
        ]
        .map(|(field, key)| (field.to_owned(), key.to_owned()))
        .into();
        info.notes.extend(NOTES.map(str::to_owned));
        if others {
            info.notes.push("Logs and metrics of this file are not shown.".to_owned());
        }
        let head = head(request).map_err(|error| StoreError::io(request.path, &error))?;
        let keys = shape.records.iter().flat_map(|record| record.keys().cloned()).collect();
        sorted::open(request, start_of(shape.layout, &head), keys, Arc::new(Traces::new(Otlp)), info)
    }
}

struct Otlp;

#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow, default, rename = "resourceSpans", alias = "resource_spans", alias = "batches")]
    resources: Vec<Resource<'a>>,
    #[serde(borrow, default)]
    result: Option<Inner<'a>>,
    /// A record may be one element of the list.
    #[serde(borrow, default)]
    resource: Option<&'a RawValue>,
    #[serde(
        borrow,
        default,
        rename = "scopeSpans",
        alias = "scope_spans",
        alias = "instrumentationLibrarySpans"
    )]
    scopes: Vec<Scope<'a>>,
}

#[derive(Deserialize)]
struct Inner<'a> {
    #[serde(borrow, default, rename = "resourceSpans", alias = "resource_spans")]
    resources: Vec<Resource<'a>>,
}

#[derive(Deserialize)]
struct Resource<'a> {
    #[serde(borrow, default)]
    resource: Option<&'a RawValue>,
    #[serde(
        borrow,
        default,
        rename = "scopeSpans",
        alias = "scope_spans",
        alias = "instrumentationLibrarySpans"
    )]
    scopes: Vec<Scope<'a>>,
}

#[derive(Deserialize)]
struct Scope<'a> {
    #[serde(borrow, default, alias = "instrumentationLibrary")]
    scope: Option<&'a RawValue>,
    #[serde(borrow, default)]
    spans: Vec<&'a RawValue>,
}

/// The value that protobuf's `AnyValue` holds.
fn any(value: &Value) -> Value {
    let Some((kind, inner)) = value.as_object().and_then(|one| one.iter().next()) else {
        return if value.is_object() { Value::Null } else { value.clone() };
    };
    let list = |inner: &Value| inner.get("values").and_then(Value::as_array).cloned().unwrap_or_default();
    match kind.as_str() {
        "intValue" | "int_value" => match inner.as_str().and_then(|text| text.parse::<i64>().ok()) {
            Some(number) => number.into(),
            None => inner.clone(),
        },
        "arrayValue" | "array_value" => list(inner).iter().map(any).collect(),
        "kvlistValue" | "kvlist_value" => Value::Object(attributes(Some(&Value::Array(list(inner))))),
        _ => inner.clone(),
    }
}

/// A list of keys and values as an object.
fn attributes(list: Option<&Value>) -> Map<String, Value> {
    let list = list.and_then(Value::as_array).into_iter().flatten();
    let pairs = list.filter_map(|one| {
        Some((one.get("key")?.as_str()?.to_owned(), one.get("value").map_or(Value::Null, any)))
    });
    pairs.collect()
}

fn parsed(raw: &RawValue) -> Value {
    crate::model::parse_json(raw.get()).unwrap_or_default()
}

fn place(resource: Option<&RawValue>, scope: Option<&RawValue>) -> Place {
    let resource = attributes(resource.map(parsed).unwrap_or_default().get("attributes"));
    let mut about = match scope.map(parsed) {
        Some(Value::Object(scope)) => scope,
        _ => Map::new(),
    };
    if let Some(list) = about.remove("attributes") {
        let list = attributes(Some(&list));
        if !list.is_empty() {
            about.insert("attributes".to_owned(), Value::Object(list));
        }
    }
    let service = text_in(&resource, "service.name");
    Place { service, resource, scope: about }
}

fn groups<'a>(
    resource: Option<&'a RawValue>,
    scopes: Vec<Scope<'a>>,
) -> impl Iterator<Item = (Place, Vec<&'a RawValue>)> {
    scopes.into_iter().map(move |scope| (place(resource, scope.scope), scope.spans))
}

/// An id in hex; also where it was written in base64. None where it is empty or nothing but zeros.
fn id(raw: &RawValue) -> Option<String> {
    let text = values::string(raw)?;
    let is_hex =
        |text: &str| text.len().is_multiple_of(16) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let hex = if is_hex(&text) {
        text.to_ascii_lowercase()
    } else {
        match BASE64.decode(text.as_bytes()) {
            Ok(bytes) if matches!(bytes.len(), 8 | 16) => {
                bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(digit).collect()
            }
            _ => text.into_owned(),
        }
    };
    Some(hex).filter(|hex| hex.bytes().any(|byte| byte != b'0'))
}

fn digit(nibble: u8) -> char {
    char::from_digit(u32::from(nibble), 16).unwrap_or('0')
}

/// The first of two spellings of a key.
fn get<'a>(record: &Record<'a>, camel: &str, snake: &str) -> Option<&'a RawValue> {
    record.get(camel).or_else(|| record.get(snake))
}

/// A time in nanoseconds since 1970; 0 is none.
fn nanos(raw: &RawValue) -> Option<i64> {
    values::integer(raw).filter(|nanos| *nanos > 0)
}

fn kind(raw: &RawValue) -> Option<String> {
    const KINDS: [&str; 6] = ["unspecified", "internal", "server", "client", "producer", "consumer"];
    let word = match values::integer(raw) {
        Some(number) => KINDS.get(usize::try_from(number).ok()?).map(|kind| (*kind).to_owned())?,
        None => values::string(raw)?.trim_start_matches("SPAN_KIND_").to_ascii_lowercase(),
    };
    (word != "unspecified").then_some(word)
}

/// Whether a status says that the span failed; `None` where it says nothing.
fn failed(status: &Value) -> Option<bool> {
    match status.get("code")? {
        Value::Number(number) => match number.as_u64() {
            Some(1) => Some(false),
            Some(2) => Some(true),
            _ => None,
        },
        Value::String(text) => match text.trim_start_matches("STATUS_CODE_") {
            "1" | "OK" => Some(false),
            "2" | "ERROR" => Some(true),
            _ => None,
        },
        _ => None,
    }
}

/// Something within a span, or a link, with its attributes as an object and its ids as hex.
fn within(value: &Value) -> Value {
    let Value::Object(fields) = value else { return value.clone() };
    let field = |(key, value): (&String, &Value)| match key.as_str() {
        "attributes" => (key.clone(), Value::Object(attributes(Some(value)))),
        "timeUnixNano" | "time_unix_nano" => {
            let nanos = value.as_i64().or_else(|| value.as_str()?.parse().ok());
            let time = nanos.map(|nanos| Timestamp::from_nanos(nanos, 9).to_string());
            ("time".to_owned(), time.map_or_else(|| value.clone(), Value::String))
        }
        "traceId" | "spanId" | "trace_id" | "span_id" => {
            let hex = serde_json::value::to_raw_value(value).ok().and_then(|raw| id(&raw));
            (key.clone(), hex.map_or_else(|| value.clone(), Value::String))
        }
        _ => (key.clone(), value.clone()),
    };
    Value::Object(fields.iter().map(field).collect())
}

impl Spelling for Otlp {
    fn split<'a>(&self, record: &'a RawValue) -> Result<Vec<(Place, Vec<&'a RawValue>)>, String> {
        let request: Request<'a> = serde_json::from_str(record.get())
            .map_err(|error| format!("It is no request of OTLP: {error}."))?;
        let inner = request.result.into_iter().flat_map(|inner| inner.resources);
        let all = request.resources.into_iter().chain(inner);
        let mut found: Vec<_> = all.flat_map(|one| groups(one.resource, one.scopes)).collect();
        found.extend(groups(request.resource, request.scopes));
        Ok(found)
    }

    fn times(&self, span: &Record<'_>) -> (Option<i64>, Option<i64>) {
        let time = |camel: &str, snake: &str| get(span, camel, snake).and_then(nanos);
        (time("startTimeUnixNano", "start_time_unix_nano"), time("endTimeUnixNano", "end_time_unix_nano"))
    }

    fn span(&self, record: &Record<'_>) -> Result<Span, String> {
        let ident = |camel: &str, snake: &str| get(record, camel, snake).and_then(id);
        let (start, end) = self.times(record);
        let time = |nanos: Option<i64>| nanos.map(|nanos| Timestamp::from_nanos(nanos, 9));
        let list = |key: &str| match record.get(key).map(parsed) {
            Some(Value::Array(list)) => list.iter().map(within).collect::<Vec<_>>(),
            _ => Vec::new(),
        };
        let links = list("links");
        let link = links.iter().find_map(|link| {
            link.as_object().and_then(|link| text_in(link, "spanId").or_else(|| text_in(link, "span_id")))
        });
        let status = record.get("status").map(parsed).unwrap_or_default();
        let mut rest = Map::new();
        for key in
            ["traceState", "flags", "droppedAttributesCount", "droppedEventsCount", "droppedLinksCount"]
        {
            let said = record.get(key).map(parsed);
            if let Some(value) = said.filter(|value| *value != 0 && *value != "" && *value != "0") {
                rest.insert(key.to_owned(), value);
            }
        }
        let mut warnings = Vec::new();
        if start.is_none() {
            warnings.push("It has no time at which it starts.".to_owned());
        }
        let mut span = Span {
            trace: ident("traceId", "trace_id").ok_or("It has no traceId.")?,
            id: ident("spanId", "span_id").ok_or("It has no spanId.")?,
            parent: ident("parentSpanId", "parent_span_id"),
            link,
            name: record
                .get("name")
                .and_then(values::text)
                .filter(|name| !name.is_empty())
                .unwrap_or_else(|| "(unnamed span)".to_owned()),
            kind: record.get("kind").and_then(kind),
            start: time(start),
            end: time(end),
            failed: failed(&status),
            message: status.as_object().and_then(|status| text_in(status, "message")),
            attributes: attributes(record.get("attributes").map(parsed).as_ref()),
            events: list("events"),
            links,
            rest,
            warnings,
        };
        span.message = span.message.take().or_else(|| reason(&span));
        Ok(span)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn raw(value: &Value) -> Box<RawValue> {
        serde_json::value::to_raw_value(value).unwrap()
    }

    #[test]
    fn ids_are_hex_however_they_are_written() {
        for (written, expected) in [
            ("EEE19B7EC3C1B174", Some("eee19b7ec3c1b174")),
            ("7uGbfsPBsXQ=", Some("eee19b7ec3c1b174")),
            ("W47/95gDgQPSabYzgT/GDA==", Some("5b8efff798038103d269b633813fc60c")),
            ("0000000000000000", None),
            ("", None),
            ("odd", Some("odd")),
        ] {
            assert_eq!(id(&raw(&written.into())).as_deref(), expected, "{written}");
        }
    }

    #[test]
    fn kinds_and_codes_are_numbers_or_names() {
        for (written, expected) in [
            (json!(2), Some("server")),
            (json!("SPAN_KIND_PRODUCER"), Some("producer")),
            (json!("3"), Some("client")),
            (json!(0), None),
            (json!("SPAN_KIND_UNSPECIFIED"), None),
            (json!(99), None),
        ] {
            assert_eq!(kind(&raw(&written)).as_deref(), expected, "{written}");
        }
        for (code, expected) in [
            (json!(2), Some(true)),
            (json!("STATUS_CODE_ERROR"), Some(true)),
            (json!("2"), Some(true)),
            (json!(1), Some(false)),
            (json!("STATUS_CODE_OK"), Some(false)),
            (json!(0), None),
            (json!("STATUS_CODE_UNSET"), None),
        ] {
            assert_eq!(failed(&json!({"code": code})), expected, "{code}");
        }
        assert_eq!(failed(&json!({})), None);
    }

    #[test]
    fn values_lose_their_wrapping() {
        let list = json!([
            {"key": "s", "value": {"stringValue": "x"}},
            {"key": "i", "value": {"intValue": "9007199254740993"}},
            {"key": "n", "value": {"intValue": 7}},
            {"key": "b", "value": {"boolValue": true}},
            {"key": "d", "value": {"doubleValue": 1.5}},
            {"key": "a", "value": {"arrayValue": {"values": [{"intValue": "1"}, {"stringValue": "y"}]}}},
            {"key": "m", "value": {"kvlistValue": {"values": [{"key": "k", "value": {"boolValue": false}}]}}},
            {"key": "e", "value": {}},
        ]);
        assert_eq!(
            Value::Object(attributes(Some(&list))),
            json!({"s": "x", "i": 9_007_199_254_740_993_i64, "n": 7, "b": true, "d": 1.5, "a": [1, "y"],
                "m": {"k": false}, "e": null})
        );
    }
}
