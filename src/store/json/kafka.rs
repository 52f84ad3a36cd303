//! Kafka topics as `kcat -C -J` prints them: a record a line with topic, partition and offset, its headers a flat list
//! of names and values, its payload a text.
//!
//! The key is the stream and the topic its aggregate type; a record without a key belongs to its partition. The offset
//! is the place in the partition and no version of the stream: it has gaps for every stream but one. What the record is
//! called is in a header, else in the payload, else it is the topic. Partitions lie in the file as they were fetched,
//! so they are put in order ([`super::ordered`]).
//!
//! A record of a dead-letter topic is a `dead_letter.parked` and a letter of its own; its data are the message's, and
//! why it is there stands in its metadata.

use std::borrow::Cow;

use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::cloudevents::trace_id;
use super::draft::{CAUSATION_KEYS, CORRELATION_KEYS, nested_id};
use super::ordered::{self, Lane, Lanes};
use super::reader::{info_of, json_shape};
use super::record::{Convert, Record};
use super::values;
use crate::base::limits::JSON_DEPTH_MAX;
use crate::model::{
    EventKind, JsonText, LETTER_MEMBER, Membership, Payload, RecordedEvent, StreamName, Timestamp,
    parse_json, words,
};
use crate::store::mapping::{Field, folded, spelling_rank};
use crate::store::shape::Shape;
use crate::store::sound::{nests_deeper, too_deep};
use crate::store::{Format, OpenRequest, StoreError, StoreReader};

/// Topics as kcat prints them.
pub(in crate::store) struct KafkaJson;

impl Format for KafkaJson {
    fn name(&self) -> &'static str {
        "kafka-kcat"
    }

    fn title(&self) -> &'static str {
        "Kafka topics, kcat -J"
    }

    fn about(&self) -> &'static str {
        "Records of Kafka topics as kcat -C -J prints them, told by topic, partition and offset."
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["jsonl", "ndjson", "json"]
    }

    fn claims(&self, shape: &Shape) -> bool {
        let Shape::Json(shape) = shape else { return false };
        let claimed = shape.records.iter().filter(|record| is_kafka_record(record)).count();
        claimed > 0 && claimed * 2 >= shape.records.len()
    }

    fn open(&self, request: &OpenRequest<'_>) -> Result<Box<dyn StoreReader>, StoreError> {
        let shape = json_shape(request)?;
        let mut info = info_of(self);
        info.mapping = [
            ("type", "header ce_type, eventType, __TypeId__; payload.type; topic"),
            ("id", "header ce_id, id; else topic/partition/offset"),
            ("stream", "key, else topic/partition"),
            ("aggregate type", "topic"),
            ("time", "header ce_time, else ts"),
            ("data", "payload"),
            ("metadata", "topic, partition, offset, headers"),
            ("correlation", "header correlation_id"),
            ("causation", "header causation_id"),
        ]
        .into_iter()
        .map(|(label, key)| (label.to_owned(), key.to_owned()))
        .collect();
        ordered::open(request, shape, Box::new(Kafka), Box::new(Kafka), info)
    }
}

/// Whether a record is one of a topic.
pub(super) fn is_kafka_record(record: &Map<String, Value>) -> bool {
    record.get("topic").is_some_and(Value::is_string)
        && ["partition", "offset"].iter().all(|key| record.get(*key).is_some_and(Value::is_number))
}

/// Headers that name the type of a record, the best first; folded.
const TYPES: [&str; 7] =
    ["cetype", "eventtype", "typeid", "type", "messagetype", "eventname", "nservicebusenclosedmessagetypes"];
/// Headers that name its id.
const IDS: [&str; 4] = ["ceid", "id", "eventid", "messageid"];
/// Headers that name its time.
const TIMES: [&str; 3] = ["cetime", "eventtime", "occurredat"];
/// Headers that say why a letter is where it is; the message before the class of the error.
const REASONS: [&str; 12] = [
    "kafkadltexceptionmessage",
    "xexceptionmessage",
    "connecterrorsexceptionmessage",
    "mtfaultmessage",
    "nservicebusexceptioninfomessage",
    "exceptionmessage",
    "errormessage",
    "error",
    "reason",
    "kafkadltexceptioncausefqcn",
    "kafkadltexceptionfqcn",
    "connecterrorsexceptionclassname",
];
/// Headers that name the topic from which a letter came.
const ORIGINS: [&str; 4] = ["kafkadltoriginaltopic", "xoriginaltopic", "connecterrorstopic", "originaltopic"];
/// Headers that name who could not handle it.
const CONSUMERS: [&str; 4] = [
    "kafkadltoriginalconsumergroup",
    "connecterrorsconnectorname",
    "consumergroup",
    "nservicebusprocessingendpoint",
];

/// Headers, in their order; a name may come again.
#[derive(Debug, Default)]
struct Headers(Vec<(String, Value)>);

impl Headers {
    /// Of a flat list of names and values, an object, or a list of objects with a key and a value.
    fn of(raw: Option<&RawValue>) -> Self {
        let list = match raw.and_then(|raw| parse_json(raw.get()).ok()) {
            Some(Value::Object(members)) => members.into_iter().collect(),
            Some(Value::Array(items)) if items.iter().all(Value::is_object) => items
                .iter()
                .filter_map(|item| {
                    let name = item.get("key").or_else(|| item.get("name"))?.as_str()?;
                    Some((name.to_owned(), item.get("value").cloned().unwrap_or_default()))
                })
                .collect(),
            Some(Value::Array(items)) => items
                .chunks(2)
                .filter_map(|pair| {
                    Some((pair[0].as_str()?.to_owned(), pair.get(1).cloned().unwrap_or_default()))
                })
                .collect(),
            _ => Vec::new(),
        };
        Self(list)
    }

    /// The value of the first of `names` that is there.
    fn first(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|wanted| {
            let mut values = self.0.iter().filter(|(name, _)| folded(name) == *wanted);
            values.find_map(|(_, value)| plain(value))
        })
    }

    /// The value of the header that names `field` best.
    fn field(&self, field: Field, more: &[&str]) -> Option<String> {
        let rank = |name: &str| {
            let folded = folded(name);
            // CloudEvents prefixes its own attributes and extensions.
            let bare = name.strip_prefix("ce_").or_else(|| name.strip_prefix("ce-")).unwrap_or(name);
            spelling_rank(field, bare)
                .or_else(|| more.iter().position(|known| *known == folded).map(|at| 100 + at))
        };
        let ranked = self.0.iter().filter_map(|(name, value)| Some((rank(name)?, plain(value)?)));
        ranked.min_by_key(|(rank, _)| *rank).map(|(_, id)| id)
    }

    /// As an object: a name that comes again has a list of its values.
    fn object(self) -> Value {
        let mut object = Map::new();
        for (name, value) in self.0 {
            match object.get_mut(&name) {
                None => {
                    object.insert(name, value);
                }
                Some(Value::Array(values)) => values.push(value),
                Some(first) => *first = Value::Array(vec![first.take(), value]),
            }
        }
        Value::Object(object)
    }

    /// The keys of Spring's and Connect's dead-letter publishers.
    fn tell_of_a_letter(&self) -> bool {
        self.0.iter().any(|(name, _)| {
            let name = folded(name);
            name.starts_with("kafkadltexception")
                || name.starts_with("kafkadltoriginal")
                || name == "connecterrorstopic"
        })
    }
}

/// A text that is not empty, or a number as it is spelled.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Whether a topic is where messages go that nobody could handle: `payments.DLT`, `payments-dlq`, `payments_error`.
fn is_letter_topic(topic: &str) -> bool {
    let words = words(topic);
    let ends = |end: &[&str]| {
        words.len() > end.len() && words.ends_with(&end.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    [
        &["dlt"][..],
        &["dlq"],
        &["dlx"],
        &["deadletter"],
        &["deadletters"],
        &["dead", "letter"],
        &["dead", "letters"],
    ]
    .iter()
    .any(|end| ends(end))
        || topic.rsplit_once(['_', '.']).is_some_and(|(_, end)| end == "error")
}

/// When a record happened, by its own word, else by the producer's; and when the broker took it, where that is the time
/// that is kept.
fn times(record: &Record<'_>, headers: &Headers) -> (Option<Timestamp>, Option<Timestamp>) {
    let own = headers.first(&TIMES).and_then(|text| Timestamp::parse(&text).ok());
    let stamp = ["ts", "timestamp"].iter().find_map(|key| record.get(key));
    let stamp = stamp.filter(|raw| !raw.get().starts_with('-')).and_then(values::time);
    let is_brokers = record.get("tstype").and_then(values::text).is_some_and(|kind| kind == "logappend");
    if is_brokers { (own, stamp) } else { (own.or(stamp), None) }
}

struct Kafka;

impl Lanes for Kafka {
    fn lane(&self, record: &Record<'_>) -> Lane {
        let topic = record.get("topic").and_then(values::text).unwrap_or_default();
        let partition = record.get("partition").and_then(values::integer).unwrap_or_default();
        let (occurred, recorded) = times(record, &Headers::of(record.get("headers")));
        Lane { name: topic, number: partition, time: occurred.or(recorded) }
    }
}

impl Convert for Kafka {
    fn event(&self, record: &Record<'_>) -> Result<RecordedEvent, String> {
        let text = |key: &str| record.get(key).and_then(values::text).filter(|text| !text.is_empty());
        let topic = text("topic").ok_or("It has no topic.")?;
        let (partition, offset) = (text("partition").unwrap_or_default(), text("offset").unwrap_or_default());
        let headers = Headers::of(record.get("headers"));
        let raw =
            ["payload", "value"].iter().find_map(|key| record.keys.iter().find(|(known, _)| known == key));
        let data = raw.map_or(Payload::Missing, |(_, raw)| values::payload(raw));
        let inside = match &data {
            Payload::Json(text) => Record::parse(text.as_str()).unwrap_or_default(),
            Payload::Missing | Payload::Opaque { .. } => Record::default(),
        };
        let said = |key: &str| inside.get(key).and_then(values::string).filter(|text| !text.is_empty());
        let kind = headers.first(&TYPES).or_else(|| {
            let inside = ["type", "eventType", "event_type", "@type"].iter().find_map(|key| said(key));
            inside.map(Cow::into_owned)
        });
        let is_deleted = raw.is_some_and(|(_, raw)| raw.get() == "null");
        let place = format!("{topic}/{partition}/{offset}");
        // An id in the payload is one of the event only where the payload says what event it is; else it is the
        // entity's.
        let own_id = headers.first(&IDS).or_else(|| {
            let keys = ["eventId", "event_id", "messageId", "message_id"];
            let named = keys.iter().find_map(|key| said(key));
            named.or_else(|| said("id").filter(|_| said("type").is_some())).map(Cow::into_owned)
        });
        let nested =
            ["metadata", "meta", "headers"].iter().find_map(|key| Record::parse(inside.get(key)?.get()).ok());
        let named = |field: Field, more: &[&str]| {
            let in_data = || {
                nested_id(&inside, field, more)
                    .filter(|_| field == Field::CausationId || has_correlation(&inside))
            };
            headers
                .field(field, more)
                .or_else(|| nested.as_ref().and_then(|nested| nested_id(nested, field, more)))
                .or_else(in_data)
        };
        let correlation_id = named(Field::CorrelationId, &CORRELATION_KEYS)
            .or_else(|| trace_id(&headers.first(&["traceparent"])?));
        let causation_id = named(Field::CausationId, &CAUSATION_KEYS);
        let (occurred_at, recorded_at) = times(record, &headers);
        let key = record.get("key").map(|raw| values::text(raw).unwrap_or_else(|| raw.get().to_owned()));
        let key = key.filter(|key| !key.is_empty());
        let mut event = RecordedEvent {
            position: None,
            kind: EventKind::Integration,
            schema_version: headers.first(&["schemaversion", "cedataschema"]),
            occurred_at,
            recorded_at,
            correlation_id,
            warnings: broken_time(record),
            ..RecordedEvent::default()
        };
        let mut metadata = Map::new();
        if is_letter_topic(&topic) || headers.tell_of_a_letter() {
            // A letter's message may still have the id of the event it is a copy of: that is where it came from.
            event.id = Some(place);
            event.causation_id = own_id.or(causation_id);
            "dead_letter.parked".clone_into(&mut event.event_type);
            let id = format!("dead_letter-{topic}-{partition}-{offset}");
            event.streams =
                vec![Membership { stream: StreamName::new("DeadLetter", id), version: None, role: None }];
            metadata
                .insert(LETTER_MEMBER.to_owned(), letter(&headers, &inside, &topic, kind, key.as_deref()));
        } else {
            event.id = own_id.or(Some(place));
            event.causation_id = causation_id;
            event.event_type =
                kind.unwrap_or_else(|| if is_deleted { format!("{topic}.tombstone") } else { topic.clone() });
            let id = key.unwrap_or_else(|| format!("{topic}/{partition}"));
            event.streams =
                vec![Membership { stream: StreamName::new(topic, id), version: None, role: None }];
        }
        let is_rest =
            |key: &str| !matches!(key, "payload" | "value" | "key" | "headers" | "tstype" | "broker");
        for (key, raw) in record.keys.iter().filter(|(key, raw)| is_rest(key) && raw.get() != "null") {
            metadata.insert(key.to_string(), parse_json(raw.get()).unwrap_or_default());
        }
        if !headers.0.is_empty() {
            metadata.insert("headers".to_owned(), headers.object());
        }
        let metadata = JsonText::from_value(&Value::Object(metadata));
        if nests_deeper(metadata.as_str().as_bytes(), JSON_DEPTH_MAX - 1) {
            return Err(too_deep());
        }
        event.metadata = Some(metadata);
        drop((inside, nested));
        event.data = data;
        Ok(event)
    }
}

/// Whether a payload's own keys name a correlation as such: an order's `processId` is its business.
fn has_correlation(inside: &Record<'_>) -> bool {
    inside.keys.iter().any(|(key, _)| folded(key).contains("correlation"))
}

fn broken_time(record: &Record<'_>) -> Vec<String> {
    let stamp = record.get("ts").filter(|raw| values::time(raw).is_none());
    stamp
        .map(|raw| format!("The time cannot be read: {}", raw.get().chars().take(60).collect::<String>()))
        .into_iter()
        .collect()
}

/// What is known of a dead letter.
fn letter(
    headers: &Headers,
    inside: &Record<'_>,
    topic: &str,
    kind: Option<String>,
    key: Option<&str>,
) -> Value {
    let origin = headers.first(&ORIGINS);
    let within = || {
        let keys = ["error", "errorMessage", "error_message", "reason"];
        keys.iter().find_map(|key| inside.get(key).and_then(values::string)).map(Cow::into_owned)
    };
    json!({
        "consumer": headers.first(&CONSUMERS),
        "message_type": kind.or(origin).unwrap_or_else(|| topic.to_owned()),
        "error": headers.first(&REASONS).or_else(within),
        "key": key,
    })
}

#[cfg(test)]
mod tests;
