//! JSON records of no particular make that name their fields in one of the usual ways: at least a type and a
//! stream. Which key is which field is decided once, from the first records.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::draft::{self, Draft};
use super::quick::{Part, Parts};
use super::reader::{self, info_of, json_shape};
use super::record::{Convert, Record};
use super::{canonical, cloudevents, jaeger, kafka, ocel, otlp, temporal};
use crate::model::RecordedEvent;
use crate::store::mapping::{FIELDS, Field, fields_by_name, spelling_rank};
use crate::store::shape::{JsonShape, Shape};
use crate::store::{Format, OpenRequest, SourceInfo, StoreError, StoreReader};

/// Records with a type and a stream.
pub(in crate::store) struct JsonEvents;

impl Format for JsonEvents {
    fn name(&self) -> &'static str {
        "json-events"
    }

    fn title(&self) -> &'static str {
        "JSON events"
    }

    fn about(&self) -> &'static str {
        "JSON lines or an array of events with a type and a stream under one of their usual names."
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["jsonl", "ndjson", "json"]
    }

    fn claims(&self, shape: &Shape) -> bool {
        let Shape::Json(shape) = shape else { return false };
        !shape.records.iter().any(is_of_another) && Plan::of(shape).is_some()
    }

    fn open(&self, request: &OpenRequest<'_>) -> Result<Box<dyn StoreReader>, StoreError> {
        let shape = json_shape(request)?;
        let plan = Plan::of(shape).ok_or_else(|| StoreError::NotAStore {
            reason: "Its records have no keys that name a type and a stream; give it a mapping".to_owned(),
            path: request.path.to_owned(),
        })?;
        let mut info = info_of(self);
        info.mapping =
            plan.chosen.iter().map(|(field, key)| (field.label().to_owned(), key.clone())).collect();
        let data = |record: &Map<String, Value>| record.get(plan.chosen.get(&Field::Data)?).cloned();
        let data: Vec<Value> = shape.records.iter().filter_map(data).collect();
        add_notes(&mut info, &data, plan.has_data());
        reader::open(request, shape, Box::new(plan), info)
    }
}

/// Says what is done with payloads, of which `data` are some.
pub(super) fn add_notes(info: &mut SourceInfo, data: &[Value], has_data: bool) {
    if !has_data {
        info.notes.push("There is no payload field: the keys that are no field are the payload.".to_owned());
    }
    let holds_document = |value: &Value| {
        value.as_str().is_some_and(|text| {
            text.trim_start().starts_with(['{', '[']) && serde_json::from_str::<Value>(text).is_ok()
        })
    };
    if data.iter().any(holds_document) {
        info.notes.push("Payloads are text that holds JSON; they are shown as that JSON.".to_owned());
    }
}

/// Whether a record is of a format with rules of its own.
fn is_of_another(record: &Map<String, Value>) -> bool {
    let has = |key: &str| record.contains_key(key);
    canonical::is_own(record)
        || cloudevents::is_cloud_event(record)
        || kafka::is_kafka_record(record)
        || temporal::is_history_event(record)
        || otlp::is_otlp(record)
        || jaeger::is_jaeger(record)
        || ocel::is_event(record)
        || has("objectTypes")
        || record.keys().any(|key| key.starts_with("ocel:") || key.starts_with("ocel_"))
}

/// What a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Chosen(Field),
    /// Another spelling of a field, taken where the chosen key is missing; less is better.
    Spare(Field, usize),
    Rest,
}

/// Which key is which field.
#[derive(Debug)]
struct Plan {
    chosen: BTreeMap<Field, String>,
    /// What each sampled key is, so that most records need no comparison of spellings.
    roles: Vec<(String, Role)>,
}

impl Plan {
    /// `None` without a type and a stream.
    fn of(shape: &JsonShape) -> Option<Self> {
        let mut keys: Vec<&str> = Vec::new();
        for record in &shape.records {
            for key in record.keys() {
                if !keys.contains(&key.as_str()) {
                    keys.push(key);
                }
            }
        }
        let columns: Vec<String> = keys.iter().map(|key| super::mapped::pointer_to(&[key])).collect();
        let sample: Vec<Vec<Value>> = shape
            .records
            .iter()
            .map(|record| keys.iter().map(|key| record.get(*key).cloned().unwrap_or_default()).collect())
            .collect();
        let mut chosen = BTreeMap::new();
        let mut roles: Vec<(String, Role)> = Vec::new();
        let by_name = fields_by_name(&columns, &sample);
        for (key, column) in keys.iter().zip(&columns) {
            let field = by_name.iter().find(|(_, chosen)| *chosen == column).map(|(field, _)| *field);
            if let Some(field) = field {
                chosen.insert(field, (*key).to_owned());
            }
            roles.push(((*key).to_owned(), field.map_or(Role::Rest, Role::Chosen)));
        }
        let plan = Self { chosen, roles };
        if !plan.chosen.contains_key(&Field::Type) || !plan.chosen.contains_key(&Field::Stream) {
            return None;
        }
        // Only now is it known which fields have a key: others of their spellings may stand in.
        let spares: Vec<Role> = keys.iter().map(|key| plan.spare(key)).collect();
        let roles = plan
            .roles
            .iter()
            .zip(spares)
            .map(|((key, role), spare)| {
                let is_spare = *role == Role::Rest
                    && matches!(spare, Role::Spare(field, _) if plan.chosen.contains_key(&field));
                (key.clone(), if is_spare { spare } else { *role })
            })
            .collect();
        Some(Self { chosen: plan.chosen, roles })
    }

    fn has_data(&self) -> bool {
        self.chosen.contains_key(&Field::Data)
    }

    fn role(&self, key: &str) -> Role {
        self.roles.iter().find(|(known, _)| known == key).map_or_else(|| self.spare(key), |(_, role)| *role)
    }

    /// What a key is that no sampled record chose.
    fn spare(&self, key: &str) -> Role {
        let spelled = FIELDS.iter().find_map(|(field, ..)| Some((*field, spelling_rank(*field, key)?)));
        match spelled {
            Some((field, rank)) if self.chosen.contains_key(&field) || is_plain(field) => {
                Role::Spare(field, rank)
            }
            _ => Role::Rest,
        }
    }
}

/// Fields whose names mean nothing else, so that a later record may bring one that the sample did not have.
fn is_plain(field: Field) -> bool {
    matches!(
        field,
        Field::Id | Field::CorrelationId | Field::CausationId | Field::OccurredAt | Field::RecordedAt
    )
}

impl Convert for Plan {
    fn keeps(&self, text: &str) -> bool {
        // Documents that are put together have marks and names that no record has.
        let is_mark = |letter: char| "\"{}[],:.".contains(letter);
        !text.contains(is_mark) && !["record", "metadata"].iter().any(|name| name.contains(text))
    }

    fn parts(&self, keys: &[&str]) -> Option<Parts> {
        let roles: Vec<Role> = keys.iter().map(|key| self.role(key)).collect();
        // A spare is the field, and not the business's own, where the chosen key is missing.
        let has_spare = |wanted: Field| {
            roles.iter().any(|role| matches!(role, Role::Spare(field, _) if *field == wanted))
        };
        let is_chosen = |wanted: Field| roles.contains(&Role::Chosen(wanted));
        if FIELDS.iter().any(|(field, ..)| has_spare(*field) && !is_chosen(*field)) {
            return None;
        }
        let keys = roles.iter().map(|role| match role {
            Role::Chosen(field) => (part_of(*field), has_spare(*field)),
            Role::Spare(..) | Role::Rest => (Part::Any, false),
        });
        Some(Parts { keys: keys.collect(), kind_of: draft::kind_of, names_id: draft::names_id })
    }

    fn event(&self, record: &Record<'_>) -> Result<RecordedEvent, String> {
        let mut draft = Draft::default();
        let mut spares = Vec::new();
        for (key, raw) in &record.keys {
            match self.role(key) {
                Role::Chosen(field) => draft.set(field, raw),
                Role::Spare(field, rank) => spares.push((rank, field, key.as_ref(), *raw)),
                Role::Rest => draft.rest.push((key.as_ref().into(), raw)),
            }
        }
        spares.sort_by_key(|(rank, ..)| *rank);
        for (_, field, key, raw) in spares {
            if draft.get(field).is_none() {
                draft.set(field, raw);
            } else {
                draft.rest.push((key.into(), raw));
            }
        }
        draft.event(!self.has_data())
    }
}

fn part_of(field: Field) -> Part {
    match field {
        Field::Type => Part::Type,
        Field::Stream => Part::Stream,
        Field::AggregateType => Part::AggregateType,
        Field::Version => Part::Version,
        Field::OccurredAt => Part::OccurredAt,
        Field::RecordedAt => Part::RecordedAt,
        Field::Id => Part::Id,
        Field::Position => Part::Position,
        Field::Data => Part::Any,
        Field::Metadata => Part::Beside,
        Field::CorrelationId => Part::CorrelationId,
        Field::CausationId => Part::CausationId,
        Field::SchemaVersion => Part::SchemaVersion,
        Field::Kind => Part::Kind,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::record::decode;
    use super::*;
    use crate::model::{StreamName, Timestamp};
    use crate::store::shape::JsonLayout;

    fn shape(records: &[Value]) -> JsonShape {
        let records = records.iter().map(|record| record.as_object().unwrap().clone()).collect();
        JsonShape { layout: JsonLayout::Lines, records }
    }

    fn read(sample: &[Value], record: &str) -> RecordedEvent {
        decode(record.as_bytes(), false, &Plan::of(&shape(sample)).unwrap()).unwrap()
    }

    fn metadata(event: &RecordedEvent) -> Option<&str> {
        event.metadata.as_ref().map(crate::model::JsonText::as_str)
    }

    #[test]
    fn records_with_a_type_and_a_stream_are_claimed_and_others_left_to_their_formats() {
        for (record, expected) in [
            (json!({"type": "t", "stream_id": "s"}), true),
            (json!({"event_name": "t", "aggregateId": 7}), true),
            (json!({"type": "t"}), false),
            (json!({"type": 3, "stream_id": "s"}), false),
            (json!({"stream_id": "s", "at": "2026-03-01"}), false),
            (json!({"specversion": "1.0", "id": "1", "type": "t", "subject": "s"}), false),
            (json!({"topic": "t", "partition": 0, "offset": 1, "key": "k", "stream": "s"}), false),
            (
                json!({"eventId": "1", "eventType": "x", "stream": "s", "timerFiredEventAttributes": {}}),
                false,
            ),
            (json!({"resourceSpans": [], "type": "t", "stream": "s"}), false),
            (json!({"ocel:eid": "1", "type": "t", "stream": "s"}), false),
        ] {
            assert_eq!(
                JsonEvents.claims(&Shape::Json(shape(std::slice::from_ref(&record)))),
                expected,
                "{record}"
            );
        }
        assert!(!JsonEvents.claims(&Shape::Json(shape(&[]))));
    }

    #[test]
    fn every_field_is_mapped_and_the_rest_is_metadata() {
        let record = r#"{"position":"12","event_id":"e","type":"Paid","stream":"p-1","stream_type":"Payment",
            "version":3,"time":1772352000.5,"recorded_at":"2026-03-01","data":{"x":1.10},"correlation_id":"c",
            "metadata":{"user":"u","tenant":1},"schema_version":2,"message_kind":"C","tenant":"t","note":null,"extra":{}}"#;
        let event = read(&[serde_json::from_str(record).unwrap()], record);
        assert_eq!(event.position, Some(12));
        assert_eq!(event.home().unwrap().stream, StreamName::new("Payment", "p-1"));
        assert_eq!(event.home().unwrap().version, Some(3));
        assert_eq!(event.occurred_at.map(|time| time.to_string()).unwrap(), "2026-03-01T08:00:00.5Z");
        assert_eq!(event.recorded_at, Timestamp::parse("2026-03-01").ok());
        assert_eq!(event.schema_version.as_deref(), Some("2"));
        assert_eq!(event.kind.as_str(), "command");
        assert_eq!(event.data.value().unwrap().to_string(), r#"{"x":1.10}"#);
        assert_eq!(metadata(&event), Some(r#"{"user":"u","tenant":1,"record.tenant":"t"}"#));
        assert!(event.warnings.is_empty(), "{:?}", event.warnings);
    }

    #[test]
    fn a_record_may_spell_a_field_otherwise() {
        let sample = [json!({"type": "t", "stream_id": "s", "at": "2026-03-01", "data": 1})];
        let event = read(
            &sample,
            r#"{"eventType":"t2","aggregate_id":"a","created":"2026-03-02","payload":[2],"trace_id":"c"}"#,
        );
        assert_eq!(event.event_type, "t2");
        assert_eq!(event.home().unwrap().stream.id, "a");
        assert_eq!(event.occurred_at.unwrap().date(), "2026-03-02");
        assert_eq!(event.data.value().unwrap(), json!([2]));
        assert_eq!(event.correlation_id.as_deref(), Some("c"));
        // With the chosen key there, the others are the business's own.
        let event = read(&sample, r#"{"type":"t","name":"Bob","stream_id":"s","data":1}"#);
        assert_eq!((event.event_type.as_str(), metadata(&event)), ("t", Some(r#"{"name":"Bob"}"#)));
    }

    #[test]
    fn without_a_payload_field_the_rest_is_the_payload() {
        let event = read(
            &[json!({"type": "t", "stream": "s", "amount": 1})],
            r#"{"type":"t","amount":2.50,"stream":"s","name":"é\n"}"#,
        );
        assert_eq!(event.data.value().unwrap().to_string(), r#"{"amount":2.50,"name":"é\n"}"#);
        assert_eq!(metadata(&event), None);
    }

    #[test]
    fn ids_are_found_inside_metadata() {
        let sample = [json!({"type": "t", "stream": "s", "data": {}, "metadata": {}})];
        for (inside, correlation, causation) in [
            (r#"{"$correlationId":"c","$causationId":"x"}"#, Some("c"), Some("x")),
            (r#"{"NServiceBus.ConversationId":"c","NServiceBus.RelatedTo":7}"#, Some("c"), Some("7")),
            (r#"{"traceId":"t","correlation_id":"c","_causation_id":""}"#, Some("c"), None),
            (r#"{"correlationStreamName":"c-1","causationMessageGlobalPosition":4}"#, Some("c-1"), Some("4")),
            ("[1]", None, None),
        ] {
            let event =
                read(&sample, &format!(r#"{{"type":"t","stream":"s","data":{{}},"metadata":{inside}}}"#));
            let found = (event.correlation_id.as_deref(), event.causation_id.as_deref());
            assert_eq!(found, (correlation, causation), "{inside}");
            assert_eq!(metadata(&event), Some(inside));
        }
    }

    #[test]
    fn values_of_the_wrong_kind_are_warnings() {
        let sample = [json!({"type": "t", "stream": "s", "version": 1, "at": "2026-03-01", "position": 1})];
        let event = read(&sample, r#"{"type":"t","stream":"s","version":-1,"at":"soon","position":1.5}"#);
        assert_eq!(
            event.warnings,
            [
                "The position is not an integer from 0: 1.5",
                "The version is not an integer from 0: -1",
                "The time is not a time that can be read: \"soon\"",
            ]
        );
        assert_eq!((event.position, event.home().unwrap().version, event.occurred_at), (None, None, None));
    }
}
