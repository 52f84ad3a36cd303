//! Stores of the Python library `eventsourcing`. Snapshots are never events; nothing is unpickled or decrypted.

use std::io::Read as _;

use flate2::read::ZlibDecoder;
use rusqlite::types::ValueRef;
use serde_json::{Map, Value};

use super::cells::{Cells, Column, opaque, time_of_text};
use super::key::Key;
use super::open::Database;
use super::rows::{Plan, RowReader};
use super::{no_rowid, source_info};
use crate::base::limits::RECORD_BYTES_MAX;
use crate::model::{JsonText, Membership, Payload, RecordedEvent, StreamName, Timestamp, parse_json};
use crate::store::mapping::{Field, spelling_rank};
use crate::store::shape::{Shape, TableShape};
use crate::store::sound::without_lone_surrogates;
use crate::store::{Format, OpenRequest, StoreError, StoreReader};

/// `pyeventsourcing-sqlite`.
pub(crate) struct PyEventSourcingSqlite;

const COLUMNS: [&str; 4] = ["originator_id", "originator_version", "topic", "state"];

/// The table of events: of several (one an application) the first in order of name.
fn tables(shape: &Shape) -> Vec<&TableShape> {
    match shape {
        Shape::Sqlite(shape) => shape
            .tables
            .iter()
            .filter(|table| table.has(&COLUMNS) && !table.name.to_ascii_lowercase().ends_with("snapshots"))
            .collect(),
        Shape::Json(_) | Shape::Other { .. } => Vec::new(),
    }
}

impl Format for PyEventSourcingSqlite {
    fn name(&self) -> &'static str {
        "pyeventsourcing-sqlite"
    }

    fn title(&self) -> &'static str {
        "eventsourcing for Python, SQLite"
    }

    fn about(&self) -> &'static str {
        "The event store of the Python library eventsourcing: a table with originator_id, topic and state."
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["db", "sqlite", "sqlite3"]
    }

    fn claims(&self, shape: &Shape) -> bool {
        !tables(shape).is_empty()
    }

    fn open(&self, request: &OpenRequest<'_>) -> Result<Box<dyn StoreReader>, StoreError> {
        let tables = tables(request.shape);
        let Some(table) = tables.first() else {
            return Err(StoreError::NotAStore {
                reason:
                    "This is no store of Python's eventsourcing: no table has its columns. Open it without naming a format"
                        .to_owned(),
                path: request.path.to_owned(),
            });
        };
        let mut database = Database::open(request.path, request.cache_dir)?;
        let key = database
            .read_or_store_error(|connection| Key::of(connection, &table.name))?
            .ok_or_else(|| no_rowid(request.path, &table.name))?;
        let by_rowid = matches!(key, Key::Rowid(_));
        let mut info = source_info(self.name(), self.title(), request.path)?;
        info.mapping = [
            ("type", "topic, after its last dot"),
            ("stream", "originator_id"),
            ("aggregate type", "topic, before its last dot"),
            ("version", "originator_version"),
            ("time", "state.timestamp"),
            ("id", "state.message_id"),
            ("correlation", "state.correlation_id"),
            ("causation", "state.causation_id"),
            ("data", "state, or state.payload where nothing else is left"),
        ]
        .map(|(field, column)| (field.to_owned(), column.to_owned()))
        .into();
        if by_rowid {
            info.mapping.insert(0, ("position".to_owned(), "rowid".to_owned()));
        } else {
            info.notes.push(
                "The store keeps no global order; events come in the order of their streams.".to_owned(),
            );
        }
        info.notes.push("Snapshots are not shown; they repeat what events say.".to_owned());
        if let [_, others @ ..] = &tables[..]
            && !others.is_empty()
        {
            let names: Vec<&str> = others.iter().map(|table| table.name.as_str()).collect();
            info.notes.push(format!(
                "Only the table {} is shown; {} hold events of other applications.",
                table.name,
                names.join(", ")
            ));
        }
        let plan = Plan {
            table: table.name.clone(),
            columns: COLUMNS.map(Column::named).into(),
            filter: Some("e.topic IS NOT 'eventsourcing.domain:Snapshot'".to_owned()),
            key,
            map: Box::new(move |cells| map(cells, by_rowid)),
            complete: None,
            quick: None,
        };
        Ok(Box::new(RowReader::new(database, plan, info)?))
    }
}

fn map(cells: &Cells<'_>, by_rowid: bool) -> Result<RecordedEvent, String> {
    let (aggregate_type, event_type) = of_topic(&cells.required(2)?);
    let mut event = RecordedEvent {
        position: if by_rowid { cells.rowid() } else { None },
        event_type,
        streams: vec![Membership {
            stream: StreamName { aggregate_type, id: cells.required(0)? },
            version: cells.integer(1),
            role: None,
        }],
        ..RecordedEvent::default()
    };
    let (ValueRef::Text(state) | ValueRef::Blob(state)) = cells.raw(3) else {
        event.data = cells.payload(3);
        return Ok(event);
    };
    match decoded(state)? {
        State::Json(Value::Object(state)) => fill_from_state(&mut event, state),
        State::Json(other) => event.data = Payload::Json(JsonText::from_value(&unwrapped(other))),
        State::Opaque(encoding) => event.data = opaque(state, encoding),
    }
    Ok(event)
}

/// (`Order`, `OrderPlaced`) of `shop.domain:Order.OrderPlaced`; a class outside any other has no aggregate.
fn of_topic(topic: &str) -> (Option<String>, String) {
    let class = topic.rsplit_once(':').map_or(topic, |(_, class)| class);
    match class.rsplit_once('.') {
        Some((aggregate, event)) => {
            // Without a colon the part before is modules and classes; the last of them is the aggregate.
            let aggregate = if topic.contains(':') {
                aggregate
            } else {
                aggregate.rsplit('.').next().unwrap_or(aggregate)
            };
            (Some(aggregate.to_owned()), event.to_owned())
        }
        None => (None, class.to_owned()),
    }
}

enum State {
    Json(Value),
    Opaque(&'static str),
}

/// JSON, plain or in zlib; anything else stays as it is.
fn decoded(state: &[u8]) -> Result<State, String> {
    let document = |text: &str| parse_json(&without_lone_surrogates(text)).ok();
    if let Some(value) = std::str::from_utf8(state).ok().and_then(document) {
        return Ok(State::Json(value));
    }
    let is_zlib = matches!(state, [0x78, second, ..] if (0x7800 | u16::from(*second)).is_multiple_of(31));
    if is_zlib {
        let mut plain = Vec::new();
        let limit = RECORD_BYTES_MAX as u64;
        let inflated = ZlibDecoder::new(state).take(limit + 1).read_to_end(&mut plain);
        if plain.len() > RECORD_BYTES_MAX {
            return Err("Its state unpacks to more than an event can have".to_owned());
        }
        if inflated.is_ok() {
            return Ok(
                serde_json::from_slice(&plain).map_or(State::Opaque("zlib, not JSON inside"), State::Json)
            );
        }
    }
    Ok(State::Opaque("encrypted or unknown binary"))
}

fn fill_from_state(event: &mut RecordedEvent, state: Map<String, Value>) {
    let mut data = Map::new();
    let mut library = Map::new();
    for (key, value) in state {
        let value = unwrapped(value);
        match key.as_str() {
            "timestamp" if event.occurred_at.is_none() => match time_of(&value) {
                Some(time) => event.occurred_at = Some(time),
                None => drop(data.insert(key, value)),
            },
            "originator_topic" => drop(library.insert(key, value)),
            _ => drop(data.insert(key, value)),
        }
    }
    let id = |field: Field| {
        let found = data.iter().filter_map(|(key, value)| Some((spelling_rank(field, key)?, value)));
        found
            .filter_map(|(rank, value)| match value {
                Value::String(text) if !text.is_empty() => Some((rank, text.clone())),
                Value::Number(number) => Some((rank, number.to_string())),
                _ => None,
            })
            .min_by_key(|(rank, _)| *rank)
            .map(|(_, text)| text)
    };
    event.correlation_id = id(Field::CorrelationId);
    event.causation_id = id(Field::CausationId);
    event.id = data
        .iter()
        .find(|(key, _)| is_message_id(key))
        .and_then(|(_, value)| value.as_str())
        .map(str::to_owned);
    let mut own = data.iter().filter(|(key, _)| !is_id(key));
    let wrapped = match (own.next(), own.next()) {
        (Some((key, Value::Object(_))), None) if key == "payload" || key == "data" => Some(key.clone()),
        _ => None,
    };
    if let Some(key) = wrapped
        && let Some(inner) = data.shift_remove(&key)
    {
        library.extend(data);
        event.data = Payload::Json(JsonText::from_value(&inner));
    } else {
        event.data = Payload::Json(JsonText::from_value(&Value::Object(data)));
    }
    if !library.is_empty() {
        event.metadata = Some(JsonText::from_value(&Value::Object(library)));
    }
}

/// `message_id` and `event_id`, but not a plain `id`: that may be of anything.
fn is_message_id(key: &str) -> bool {
    spelling_rank(Field::Id, key).is_some_and(|rank| rank < 2)
}

fn is_id(key: &str) -> bool {
    is_message_id(key)
        || spelling_rank(Field::CorrelationId, key).is_some()
        || spelling_rank(Field::CausationId, key).is_some()
}

fn time_of(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => time_of_text(text),
        Value::Number(number) => time_of_text(&number.to_string()),
        _ => None,
    }
}

/// Without the library's tags: `{"_type_":"decimal_str","_data_":"1.10"}` is `"1.10"`.
fn unwrapped(value: Value) -> Value {
    match value {
        Value::Object(mut members) => {
            let tagged = members.len() == 2 && members.get("_type_").is_some_and(Value::is_string);
            match if tagged { members.shift_remove("_data_") } else { None } {
                Some(data) => unwrapped(data),
                None => {
                    Value::Object(members.into_iter().map(|(key, value)| (key, unwrapped(value))).collect())
                }
            }
        }
        Value::Array(items) => Value::Array(items.into_iter().map(unwrapped).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_and_aggregate_come_from_the_topic() {
        for (topic, aggregate, event) in [
            ("shop_es:Order.OrderPlaced", Some("Order"), "OrderPlaced"),
            ("shop.domain:Outer.Order.Placed", Some("Outer.Order"), "Placed"),
            ("shop:OrderPlaced", None, "OrderPlaced"),
            ("shop.domain.Order.Placed", Some("Order"), "Placed"),
            ("", None, ""),
        ] {
            assert_eq!(of_topic(topic), (aggregate.map(str::to_owned), event.to_owned()), "{topic}");
        }
    }

    fn event_of(state: &str) -> RecordedEvent {
        let mut event = RecordedEvent::default();
        fill_from_state(&mut event, serde_json::from_str(state).unwrap());
        event
    }

    fn json(text: &str) -> JsonText {
        JsonText::new(text).unwrap()
    }

    #[test]
    fn tags_are_unwrapped_at_every_depth() {
        let event = event_of(
            r#"{"timestamp":{"_type_":"datetime_iso","_data_":"2026-03-01T08:00:00.5+00:00"},"total":{"_type_":"decimal_str","_data_":"1.10"},"lines":{"_type_":"tuple_as_list","_data_":[{"id":{"_type_":"uuid_hex","_data_":"ab"}}]},"odd":{"_type_":"x","_data_":1,"more":2}}"#,
        );
        assert_eq!(event.occurred_at.unwrap().to_string(), "2026-03-01T08:00:00.5Z");
        assert_eq!(
            event.data,
            Payload::Json(json(
                r#"{"total":"1.10","lines":[{"id":"ab"}],"odd":{"_type_":"x","_data_":1,"more":2}}"#
            ))
        );
        assert_eq!(event.metadata, None);
    }

    #[test]
    fn ids_move_to_the_metadata_only_when_the_payload_is_unwrapped() {
        let event =
            event_of(r#"{"payload":{"a":1.10},"correlation_id":"c","causation_id":"d","message_id":"m"}"#);
        assert_eq!(event.data, Payload::Json(json(r#"{"a":1.10}"#)));
        assert_eq!(
            event.metadata,
            Some(json(r#"{"correlation_id":"c","causation_id":"d","message_id":"m"}"#))
        );
        assert_eq!(
            (event.id.as_deref(), event.correlation_id.as_deref(), event.causation_id.as_deref()),
            (Some("m"), Some("c"), Some("d"))
        );
        let event = event_of(r#"{"amount":1,"correlation_id":"c"}"#);
        assert_eq!(event.data, Payload::Json(json(r#"{"amount":1,"correlation_id":"c"}"#)));
        assert_eq!(event.metadata, None);
        assert_eq!(event.correlation_id.as_deref(), Some("c"));
    }

    #[test]
    fn a_timestamp_that_is_none_stays_in_the_data() {
        let event = event_of(r#"{"timestamp":"soon","a":1}"#);
        assert_eq!(event.occurred_at, None);
        assert_eq!(event.data, Payload::Json(json(r#"{"timestamp":"soon","a":1}"#)));
    }

    #[test]
    fn bytes_that_are_no_json_stay_as_they_are() {
        for bytes in [&b"\x80\x04pickle"[..], b"\x78\x9cnot zlib", b"\xff\xfe", b""] {
            assert!(matches!(decoded(bytes), Ok(State::Opaque("encrypted or unknown binary"))), "{bytes:?}");
        }
    }

    #[test]
    fn a_state_that_unpacks_without_end_is_refused() {
        use std::io::Write as _;
        let mut bomb = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        let zeros = vec![0; 1 << 20];
        for _ in 0..65 {
            bomb.write_all(&zeros).unwrap();
        }
        assert!(decoded(&bomb.finish().unwrap()).is_err());
    }
}
