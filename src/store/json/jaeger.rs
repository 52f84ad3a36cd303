//! Traces as Jaeger writes them in JSON: what its window downloads (`data`), one trace, or the spans of its
//! Elasticsearch index, one a record.

use std::sync::Arc;

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

/// `jaeger-json`.
pub(in crate::store) struct JaegerJson;

/// Whether a record is a trace of Jaeger or a span of its index.
pub(super) fn is_jaeger(record: &Map<String, Value>) -> bool {
    let is_span = |record: &Map<String, Value>| {
        ["traceID", "spanID", "operationName"].iter().all(|key| record.contains_key(*key))
    };
    let is_trace = record.contains_key("traceID")
        && record.get("spans").is_some_and(Value::is_array)
        && record.get("processes").is_none_or(Value::is_object);
    is_trace || is_span(record) || record.get("_source").and_then(Value::as_object).is_some_and(is_span)
}

impl Format for JaegerJson {
    fn name(&self) -> &'static str {
        "jaeger-json"
    }

    fn title(&self) -> &'static str {
        "Jaeger traces, JSON"
    }

    fn about(&self) -> &'static str {
        "Traces that Jaeger's window downloads, single traces and spans of its Elasticsearch index, told by traceID beside spans or spanID; a span is its start and its end."
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["json", "jsonl", "ndjson"]
    }

    fn claims(&self, shape: &Shape) -> bool {
        claims(shape, is_jaeger)
    }

    fn open(&self, request: &OpenRequest<'_>) -> Result<Box<dyn StoreReader>, StoreError> {
        let shape = json_shape(request)?;
        let mut info = info_of(self);
        info.mapping = [
            ("id", "spanID"),
            ("type", "operationName"),
            ("stream", "processes[processID].serviceName"),
            ("correlation", "traceID"),
            ("causation", "references: CHILD_OF, else FOLLOWS_FROM; parentSpanID"),
            ("time", "startTime, and startTime + duration"),
            ("data", "tags at the start; duration, status and logs at the end"),
            ("metadata", "tags of the process"),
        ]
        .map(|(field, key)| (field.to_owned(), key.to_owned()))
        .into();
        info.notes.extend(NOTES.map(str::to_owned));
        let head = head(request).map_err(|error| StoreError::io(request.path, &error))?;
        let keys = shape.records.iter().flat_map(|record| record.keys().cloned()).collect();
        sorted::open(request, start_of(shape.layout, &head), keys, Arc::new(Traces::new(Jaeger)), info)
    }
}

struct Jaeger;

#[derive(Deserialize)]
struct Trace<'a> {
    #[serde(borrow, default)]
    spans: Vec<&'a RawValue>,
    #[serde(default)]
    processes: Map<String, Value>,
    #[serde(borrow, default, rename = "_source")]
    source: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Where {
    #[serde(default, rename = "processID")]
    id: Option<String>,
    #[serde(default)]
    process: Option<Value>,
}

fn place(process: &Value) -> Place {
    let service = process.as_object().and_then(|process| text_in(process, "serviceName"));
    Place { service, resource: tags(process), scope: Map::new() }
}

/// Tags as an object: a list of keys and values, or, in an index, an object whose dots were replaced.
fn tags(of: &Value) -> Map<String, Value> {
    let typed = |one: &Value| {
        let value = one.get("value").cloned().unwrap_or_default();
        let kind = one.get("type").and_then(Value::as_str).unwrap_or_default();
        match (&value, kind) {
            (Value::String(text), "int64") => text.parse::<i64>().map_or(value.clone(), Value::from),
            (Value::String(text), "float64") => text.parse::<f64>().map_or(value.clone(), Value::from),
            (Value::String(text), "bool") => text.parse::<bool>().map_or(value.clone(), Value::from),
            _ => value,
        }
    };
    let list = of.get("tags").and_then(Value::as_array).into_iter().flatten();
    let mut tags: Map<String, Value> =
        list.filter_map(|one| Some((one.get("key")?.as_str()?.to_owned(), typed(one)))).collect();
    if let Some(Value::Object(flat)) = of.get("tag") {
        tags.extend(flat.iter().map(|(key, value)| (key.replace('@', "."), value.clone())));
    }
    tags
}

fn parsed(raw: &RawValue) -> Value {
    crate::model::parse_json(raw.get()).unwrap_or_default()
}

/// Whether the tags say that the span failed.
fn failed(tags: &Map<String, Value>) -> Option<bool> {
    let code = tags.get("otel.status_code").and_then(Value::as_str).map(str::to_ascii_uppercase);
    match (tags.get("error"), code.as_deref()) {
        (Some(Value::Bool(true)), _) | (_, Some("ERROR")) => Some(true),
        (Some(Value::String(text)), _) if !text.is_empty() && text != "false" => Some(true),
        (_, Some("OK")) => Some(false),
        _ => None,
    }
}

/// What a log of a span says, with its time and its fields as an object.
fn log(value: &Value) -> Value {
    let mut said = Map::new();
    let micros = value.get("timestamp").and_then(Value::as_i64);
    if let Some(time) = micros.and_then(|micros| micros.checked_mul(1_000)) {
        said.insert("time".to_owned(), Timestamp::from_nanos(time, 6).to_string().into());
    }
    let fields = tags(&serde_json::json!({ "tags": value.get("fields") }));
    said.insert("attributes".to_owned(), Value::Object(fields));
    Value::Object(said)
}

/// The ids that a span refers to: its parent, and what else caused it.
fn causes(record: &Record<'_>, trace: &str) -> (Option<String>, Option<String>, Vec<Value>) {
    let references = match record.get("references").map(parsed) {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    };
    let of = |kind: &str, same: bool| {
        references.iter().find_map(|one| {
            let one = one.as_object()?;
            let is_same = text_in(one, "traceID").is_none_or(|other| other == trace);
            let is_kind = one.get("refType").and_then(Value::as_str) == Some(kind);
            text_in(one, "spanID").filter(|_| is_kind && is_same == same)
        })
    };
    let old = record.get("parentSpanID").and_then(values::text);
    let parent = of("CHILD_OF", true).or_else(|| of("FOLLOWS_FROM", true)).or(old);
    let parent = parent.filter(|id| id.bytes().any(|byte| byte != b'0'));
    let link = of("FOLLOWS_FROM", false).or_else(|| of("CHILD_OF", false));
    let links = if references.len() > 1 || link.is_some() { references } else { Vec::new() };
    (parent, link, links)
}

/// Nanoseconds of a count of microseconds.
fn micros(raw: Option<&RawValue>) -> Option<i64> {
    raw.and_then(values::integer)?.checked_mul(1_000)
}

impl Spelling for Jaeger {
    fn split<'a>(&self, record: &'a RawValue) -> Result<Vec<(Place, Vec<&'a RawValue>)>, String> {
        let bad = |error: serde_json::Error| format!("It is no trace of Jaeger: {error}.");
        let trace: Trace<'a> = serde_json::from_str(record.get()).map_err(bad)?;
        let spans = match trace.source {
            Some(source) => vec![source],
            None if trace.spans.is_empty() => vec![record],
            None => trace.spans,
        };
        let mut groups: Vec<(Place, Vec<&'a RawValue>)> = Vec::new();
        for span in spans {
            let found: Where = serde_json::from_str(span.get()).unwrap_or(Where { id: None, process: None });
            let process = found.process.or_else(|| trace.processes.get(&found.id?).cloned());
            let place = place(&process.unwrap_or_default());
            match groups.last_mut() {
                Some((last, spans)) if *last == place => spans.push(span),
                _ => groups.push((place, vec![span])),
            }
        }
        Ok(groups)
    }

    fn times(&self, span: &Record<'_>) -> (Option<i64>, Option<i64>) {
        let millis = || span.get("startTimeMillis").and_then(values::integer)?.checked_mul(1_000_000);
        let start = micros(span.get("startTime")).or_else(millis);
        let duration = micros(span.get("duration")).filter(|duration| *duration >= 0);
        (start, start.zip(duration).and_then(|(start, duration)| start.checked_add(duration)))
    }

    fn span(&self, record: &Record<'_>) -> Result<Span, String> {
        let text = |key: &str| record.get(key).and_then(values::text).filter(|text| !text.is_empty());
        let trace = text("traceID").ok_or("It has no traceID.")?;
        let (parent, link, links) = causes(record, &trace);
        let (start, end) = self.times(record);
        let time = |nanos: Option<i64>| nanos.map(|nanos| Timestamp::from_nanos(nanos, 6));
        let mut said = Map::new();
        for key in ["tags", "tag"] {
            if let Some(raw) = record.get(key) {
                said.insert(key.to_owned(), parsed(raw));
            }
        }
        let attributes = tags(&Value::Object(said));
        let mut rest = Map::new();
        let mut warnings: Vec<String> = match record.get("warnings").map(parsed) {
            Some(Value::Array(list)) => {
                list.iter().filter_map(|one| Some(format!("Jaeger says: {}", one.as_str()?))).collect()
            }
            _ => Vec::new(),
        };
        if start.is_none() {
            warnings.push("It has no time at which it starts.".to_owned());
        }
        if let Some(flags) = record.get("flags").map(parsed).filter(|flags| *flags != 0 && *flags != 1) {
            rest.insert("flags".to_owned(), flags);
        }
        let events = match record.get("logs").map(parsed) {
            Some(Value::Array(list)) => list.iter().map(log).collect(),
            _ => Vec::new(),
        };
        let mut span = Span {
            id: text("spanID").ok_or("It has no spanID.")?,
            trace,
            parent,
            link,
            name: text("operationName").unwrap_or_else(|| "(unnamed span)".to_owned()),
            kind: text_in(&attributes, "span.kind"),
            start: time(start),
            end: time(end),
            failed: failed(&attributes),
            message: text_in(&attributes, "otel.status_description"),
            attributes,
            events,
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

    #[test]
    fn a_span_failed_if_a_tag_says_so_however_it_is_typed() {
        for (tags, expected) in [
            (json!({"error": true}), Some(true)),
            (json!({"error": "true"}), Some(true)),
            (json!({"error": false}), None),
            (json!({"error": "false"}), None),
            (json!({"otel.status_code": "ERROR"}), Some(true)),
            (json!({"otel.status_code": "OK"}), Some(false)),
            (json!({}), None),
        ] {
            assert_eq!(failed(tags.as_object().unwrap()), expected, "{tags}");
        }
    }

    #[test]
    fn tags_are_typed_and_those_of_an_index_get_their_dots_back() {
        let written = json!({
            "tags": [{"key": "n", "type": "int64", "value": "9"}, {"key": "b", "type": "bool", "value": "true"}],
            "tag": {"http@status_code": 500},
        });
        assert_eq!(Value::Object(tags(&written)), json!({"n": 9, "b": true, "http.status_code": 500}));
    }

    #[test]
    fn the_parent_is_of_the_same_trace_and_another_trace_is_a_link() {
        for (record, expected) in [
            (
                json!({"references": [{"refType": "CHILD_OF", "traceID": "t", "spanID": "p"}]}),
                (Some("p"), None),
            ),
            (
                json!({"references": [{"refType": "FOLLOWS_FROM", "traceID": "t", "spanID": "f"},
                    {"refType": "CHILD_OF", "traceID": "t", "spanID": "p"}]}),
                (Some("p"), None),
            ),
            (
                json!({"references": [{"refType": "FOLLOWS_FROM", "traceID": "u", "spanID": "f"}]}),
                (None, Some("f")),
            ),
            (json!({"parentSpanID": "q"}), (Some("q"), None)),
            (json!({"parentSpanID": "0"}), (None, None)),
            (json!({"references": null}), (None, None)),
        ] {
            let text = record.to_string();
            let (parent, link, _) = causes(&Record::parse(&text).unwrap(), "t");
            assert_eq!((parent.as_deref(), link.as_deref()), expected, "{text}");
        }
    }
}
