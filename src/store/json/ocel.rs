//! Object-centric event logs in JSON, OCEL 2.0. Types of objects and of attributes are read first, wherever they stand
//! in the document; then events, in the order of their times. OCEL 1.0 is refused by name.

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom};
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::elements::List;
use super::frames::{Frame, Frames};
use super::layout::Start;
use super::outline::{ListAt, lists_of};
use super::reader::{info_of, json_shape};
use super::record::{Convert, Fault, Record, decode};
use super::sorted::{self, Part, Parts};
use super::values;
use crate::model::{Locator, Membership, RecordedEvent, StreamName, parse_json};
use crate::store::ocel::{NOTES, fill};
use crate::store::shape::Shape;
use crate::store::{Format, OpenRequest, StoreError, StoreReader};

/// `ocel-json`.
pub(in crate::store) struct OcelJson;

/// Whether a record is an event of such a log.
pub(super) fn is_event(record: &Map<String, Value>) -> bool {
    let lists_objects = record.get("relationships").and_then(Value::as_array);
    let named = |list: &Vec<Value>| list.iter().all(|one| one.get("objectId").is_some());
    ["id", "type", "time"].iter().all(|key| record.contains_key(*key))
        && (lists_objects.is_some_and(named)
            || lists_objects.is_none() && record.get("attributes").is_some_and(Value::is_array))
}

/// Whether a record is a whole log.
fn is_log(record: &Map<String, Value>) -> bool {
    record.contains_key("eventTypes") && record.contains_key("objectTypes")
}

/// Whether a record is a log of the first version.
fn is_first(record: &Map<String, Value>) -> bool {
    ["ocel:events", "ocel:global-log", "ocel:global-event"].iter().any(|key| record.contains_key(*key))
}

/// Whether these lists are those of such a log.
pub(super) fn is_outline(lists: &[ListAt]) -> bool {
    ["eventTypes", "objectTypes"].iter().all(|key| lists.iter().any(|list| list.key == *key))
}

impl Format for OcelJson {
    fn name(&self) -> &'static str {
        "ocel-json"
    }

    fn title(&self) -> &'static str {
        "OCEL 2.0, JSON"
    }

    fn about(&self) -> &'static str {
        "An object-centric event log, OCEL 2.0: a document with eventTypes, objectTypes, events and objects."
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["json", "jsonocel"]
    }

    fn claims(&self, shape: &Shape) -> bool {
        let Shape::Json(shape) = shape else { return false };
        let records = &shape.records;
        records.first().is_some_and(|first| is_log(first) || is_first(first))
            || !records.is_empty() && records.iter().filter(|one| is_event(one)).count() * 2 > records.len()
    }

    fn open(&self, request: &OpenRequest<'_>) -> Result<Box<dyn StoreReader>, StoreError> {
        let shape = json_shape(request)?;
        if shape.records.first().is_some_and(is_first) {
            let reason = "This is an object-centric event log of OCEL 1.0, and in JSON Sagascope reads OCEL 2.0. Convert it, for instance with pm4py.read_ocel and pm4py.write_ocel2_json".to_owned();
            return Err(StoreError::NotAStore { reason, path: request.path.to_owned() });
        }
        let failed = |error: io::Error| StoreError::io(request.path, &error);
        let open = || File::open(request.path);
        let lists = open().and_then(lists_of).map_err(failed)?;
        let at = |key: &str| lists.iter().find(|list| list.key == key).map(|list| list.at);
        let mut known = Ocel::default();
        if let Some(at) = at("objects") {
            known.read_objects(open().map_err(failed)?, at).map_err(failed)?;
        }
        if let Some(at) = at("eventTypes") {
            known.read_types(open().map_err(failed)?, at).map_err(failed)?;
        }
        let start = match at("events") {
            Some(at) => Start::List(List::Inner, at),
            None if shape.records.iter().any(is_event) => {
                super::layout::start_of(shape.layout, &sorted::head(request).map_err(failed)?)
            }
            None => {
                let reason = "This object-centric event log has no list of events".to_owned();
                return Err(StoreError::NotAStore { reason, path: request.path.to_owned() });
            }
        };
        let mut info = info_of(self);
        info.mapping = [
            ("id", "id"),
            ("type", "type"),
            ("stream", "relationships: objectId"),
            ("aggregate type", "objects: type"),
            ("role", "relationships: qualifier"),
            ("time", "time"),
            ("correlation", "an attribute named like correlationId"),
            ("causation", "an attribute named like causationId"),
            ("data", "attributes"),
        ]
        .map(|(field, key)| (field.to_owned(), key.to_owned()))
        .into();
        info.notes.extend(NOTES.map(str::to_owned));
        let keys = ["id", "type", "time", "attributes", "relationships"].map(str::to_owned);
        sorted::open(request, start, keys.into(), Arc::new(known), info)
    }
}

/// How an attribute is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Declared {
    Number,
    Truth,
    Text,
}

/// What an event's objects and attributes are.
#[derive(Default)]
struct Ocel {
    /// Types of objects, numbered in `kinds`.
    objects: HashMap<Box<str>, u32>,
    kinds: Vec<String>,
    /// By type of event, and attribute.
    declared: HashMap<String, HashMap<String, Declared>>,
}

/// Hands every element of the list at `at` to `take`; what is no object is passed over.
fn each(mut file: File, at: u64, take: &mut dyn FnMut(&Record<'_>)) -> io::Result<()> {
    file.seek(SeekFrom::Start(at))?;
    let mut frames = Frames::elements(file, at, List::Inner, vec!["id".to_owned(), "type".to_owned()]);
    loop {
        match frames.next()? {
            Frame::Record(cut) => {
                let text = String::from_utf8_lossy(frames.bytes(&cut));
                if let Ok(record) = Record::parse(&text) {
                    take(&record);
                }
            }
            Frame::Problem(_) | Frame::Pause => {}
            Frame::End => return Ok(()),
        }
    }
}

impl Ocel {
    fn read_objects(&mut self, file: File, at: u64) -> io::Result<()> {
        let mut by_name: HashMap<String, u32> = HashMap::new();
        each(file, at, &mut |record| {
            let text = |key: &str| record.get(key).and_then(values::text);
            if let (Some(id), Some(kind)) = (text("id"), text("type")) {
                let next = self.kinds.len() as u32;
                let number = *by_name.entry(kind.clone()).or_insert(next);
                if number == next {
                    self.kinds.push(kind);
                }
                self.objects.entry(id.into()).or_insert(number);
            }
        })
    }

    fn read_types(&mut self, file: File, at: u64) -> io::Result<()> {
        each(file, at, &mut |record| {
            let Some(name) = record.get("name").and_then(values::text) else { return };
            let list = record.get("attributes").and_then(|raw| parse_json(raw.get()).ok());
            let attributes = list.as_ref().and_then(Value::as_array).into_iter().flatten();
            let declared = attributes.filter_map(|one| {
                let kind = match one.get("type")?.as_str()? {
                    "integer" | "int" | "float" | "double" | "number" | "real" => Declared::Number,
                    "boolean" | "bool" => Declared::Truth,
                    _ => Declared::Text,
                };
                Some((one.get("name")?.as_str()?.to_owned(), kind))
            });
            self.declared.insert(name, declared.collect());
        })
    }

    fn attributes(&self, event_type: &str, raw: Option<&RawValue>) -> Map<String, Value> {
        let declared = self.declared.get(event_type);
        let typed = |name: &str, value: &Value| {
            let kind = declared.and_then(|known| known.get(name).copied()).unwrap_or(Declared::Text);
            let text = value.as_str().map(str::trim);
            let read = match (kind, text) {
                (Declared::Number, Some(text)) => parse_json(text).ok().filter(Value::is_number),
                (Declared::Truth, Some(text)) => match text.to_ascii_lowercase().as_str() {
                    "true" | "1" => Some(Value::Bool(true)),
                    "false" | "0" => Some(Value::Bool(false)),
                    _ => None,
                },
                _ => None,
            };
            read.unwrap_or_else(|| value.clone())
        };
        match raw.and_then(|raw| parse_json(raw.get()).ok()) {
            Some(Value::Array(list)) => list
                .iter()
                .filter_map(|one| {
                    let name = one.get("name")?.as_str()?;
                    let value = one.get("value").filter(|value| !value.is_null())?;
                    Some((name.to_owned(), typed(name, value)))
                })
                .collect(),
            Some(Value::Object(map)) => map,
            _ => Map::new(),
        }
    }
}

impl Parts for Ocel {
    fn parts(&self, at: u64, record: &[u8]) -> Result<Vec<Part>, Fault> {
        let len = record.len() as u32;
        // Read once, so that a record that cannot be read is told in its place.
        let event = decode(record, false, self)?;
        let time = event.occurred_at.map(crate::model::Timestamp::nanos);
        Ok(vec![Part { time, tie: (0, 0), locator: Locator { at, len } }])
    }

    fn event(&self, _locator: Locator, bytes: &[u8]) -> Result<RecordedEvent, Fault> {
        decode(bytes, false, self)
    }
}

impl Convert for Ocel {
    fn event(&self, record: &Record<'_>) -> Result<RecordedEvent, String> {
        let text = |key: &str| record.get(key).and_then(values::text).filter(|text| !text.is_empty());
        let event_type = text("type").ok_or("It has no \"type\".")?;
        let occurred_at = record.get("time").and_then(values::time);
        let mut warnings = Vec::new();
        if occurred_at.is_none() {
            warnings.push("It has no time that can be read.".to_owned());
        }
        let related = record.get("relationships").and_then(|raw| parse_json(raw.get()).ok());
        let related = related.as_ref().and_then(Value::as_array).into_iter().flatten();
        let streams = related.filter_map(|one| {
            let id = one.get("objectId")?.as_str()?;
            let kind = self.objects.get(id).map(|kind| self.kinds[*kind as usize].clone());
            Some(Membership {
                stream: StreamName { aggregate_type: kind, id: id.to_owned() },
                version: None,
                role: one
                    .get("qualifier")
                    .and_then(Value::as_str)
                    .filter(|word| !word.is_empty())
                    .map(str::to_owned),
            })
        });
        let streams = streams.collect();
        let attributes = self.attributes(&event_type, record.get("attributes"));
        let mut event =
            RecordedEvent { id: text("id"), event_type, occurred_at, warnings, ..RecordedEvent::default() };
        fill(&mut event, attributes, streams);
        Ok(event)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn attributes_are_typed_as_they_are_declared() {
        let mut known = Ocel::default();
        let kinds = [("n", Declared::Number), ("b", Declared::Truth), ("s", Declared::Text)];
        let kinds = kinds.map(|(name, kind)| (name.to_owned(), kind));
        known.declared.insert("t".to_owned(), kinds.into_iter().collect());
        let written = r#"[{"name":"n","value":"19.5"},{"name":"b","value":"true"},{"name":"s","value":"7"},
            {"name":"x","value":1},{"name":"n2","value":null}]"#;
        let raw: &RawValue = serde_json::from_str(written).unwrap();
        let read = Value::Object(known.attributes("t", Some(raw)));
        assert_eq!(read, json!({"n": 19.5, "b": true, "s": "7", "x": 1}));
        assert_eq!(known.attributes("t", None), Map::new());
    }
}
