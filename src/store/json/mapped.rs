//! JSON of an unknown shape, read by a mapping that a person confirmed: which JSON pointer is which field.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::draft::Draft;
use super::events::add_notes;
use super::reader;
use super::record::{Convert, Record};
use crate::base::hash::Fnv1a;
use crate::model::RecordedEvent;
use crate::store::mapping::{Field, Mapping, Proposal, propose_fields};
use crate::store::shape::JsonShape;
use crate::store::{OpenRequest, SourceInfo, StoreError, StoreReader};

/// Columns that are proposed: a record with thousands of keys is no record of an event.
const COLUMNS_MAX: usize = 256;

/// The JSON pointer to a key inside keys.
pub(super) fn pointer_to(keys: &[&str]) -> String {
    keys.iter().flat_map(|key| ["/".to_owned(), key.replace('~', "~0").replace('/', "~1")]).collect()
}

/// The keys that a JSON pointer goes through; `None` if it is none.
fn keys_of(pointer: &str) -> Option<Vec<String>> {
    let steps = pointer.strip_prefix('/')?;
    Some(steps.split('/').map(|key| key.replace("~1", "/").replace("~0", "~")).collect())
}

/// Pointers to everything that could be a field, two levels deep, in the order they are met.
fn columns_of(records: &[Map<String, Value>]) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    let mut add = |column: String| {
        if columns.len() < COLUMNS_MAX && !columns.contains(&column) {
            columns.push(column);
        }
    };
    for record in records {
        for (key, value) in record {
            match value {
                Value::Array(_) => {}
                Value::Object(inner) => {
                    add(pointer_to(&[key]));
                    for (inner_key, _) in inner.iter().filter(|(_, value)| !value.is_array()) {
                        add(pointer_to(&[key, inner_key]));
                    }
                }
                _ => add(pointer_to(&[key])),
            }
        }
    }
    columns
}

/// How JSON that no format claims could be read; `None` if it has no objects.
pub(in crate::store) fn propose(shape: &JsonShape) -> Option<Proposal> {
    let columns = columns_of(&shape.records);
    if columns.is_empty() {
        return None;
    }
    let preview: Vec<Vec<Value>> = shape
        .records
        .iter()
        .map(|record| {
            let record = Value::Object(record.clone());
            columns.iter().map(|column| record.pointer(column).cloned().unwrap_or_default()).collect()
        })
        .collect();
    let fields = propose_fields(&columns, &preview);
    let mut sorted: Vec<&str> = columns.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    let shape_key = format!("{:016x}", Fnv1a::of(sorted.join("\n").as_bytes()));
    Some(Proposal {
        mapping: Mapping { table: None, fields },
        columns,
        preview,
        shape_key,
        tables: Vec::new(),
    })
}

/// Opens the file of `request` by `mapping`.
pub(in crate::store) fn open_mapped(
    request: &OpenRequest<'_>,
    shape: &JsonShape,
    mapping: &Mapping,
) -> Result<Box<dyn StoreReader>, StoreError> {
    let wrong = |reason: String| StoreError::Mapping { reason, path: request.path.to_owned() };
    let mut pointers = BTreeMap::new();
    for (field, pointer) in &mapping.fields {
        let keys = keys_of(pointer).filter(|_| {
            shape.records.iter().any(|record| Value::Object(record.clone()).pointer(pointer).is_some())
        });
        let keys = keys.ok_or_else(|| {
            let known = columns_of(&shape.records).join(", ");
            wrong(format!("no record has \"{pointer}\", the {}. There are {known}", field.label()))
        })?;
        pointers.insert(*field, keys);
    }
    if !pointers.contains_key(&Field::Type) {
        return Err(wrong("it does not say where the type is; every event needs one".to_owned()));
    }
    let mut info = SourceInfo {
        format: "mapped-json".to_owned(),
        title: "JSON with a mapping".to_owned(),
        mapping: mapping.described(),
        ..SourceInfo::default()
    };
    let has_data = pointers.contains_key(&Field::Data);
    let data = |record: &Map<String, Value>| -> Option<Value> {
        Value::Object(record.clone()).pointer(mapping.fields.get(&Field::Data)?).cloned()
    };
    add_notes(&mut info, &shape.records.iter().filter_map(data).collect::<Vec<_>>(), has_data);
    reader::open(request, shape, Box::new(Pointers(pointers)), info)
}

/// Field → the keys on the way to it.
struct Pointers(BTreeMap<Field, Vec<String>>);

impl Convert for Pointers {
    fn event(&self, record: &Record<'_>) -> Result<RecordedEvent, String> {
        let mut draft = Draft::default();
        for (field, keys) in &self.0 {
            if let Some(raw) = raw_at(record, keys) {
                draft.set(*field, raw);
            }
        }
        let is_field =
            |key: &str| self.0.values().any(|keys| matches!(keys.as_slice(), [only] if only == key));
        draft.rest = record
            .keys
            .iter()
            .filter(|(key, _)| !is_field(key))
            .map(|(key, raw)| (key.as_ref().into(), *raw))
            .collect();
        draft.event(!self.0.contains_key(&Field::Data))
    }
}

/// The raw value at the end of `keys`.
fn raw_at<'a>(record: &Record<'a>, keys: &[String]) -> Option<&'a RawValue> {
    let (first, rest) = keys.split_first()?;
    let mut raw = record.get(first)?;
    for key in rest {
        raw = if raw.get().starts_with('[') {
            let list: Vec<&RawValue> = serde_json::from_str(raw.get()).ok()?;
            list.get(key.parse::<usize>().ok()?).copied()?
        } else {
            Record::parse(raw.get()).ok()?.get(key)?
        };
    }
    Some(raw)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::record::decode;
    use super::*;
    use crate::store::shape::JsonLayout;

    fn shape(record: &Value) -> JsonShape {
        JsonShape { layout: JsonLayout::Lines, records: vec![record.as_object().unwrap().clone()] }
    }

    #[test]
    fn a_proposal_lists_columns_two_levels_deep_and_has_a_stable_key() {
        let record = json!({"what": {"type": "Paid", "list": [1]}, "a/b": 1, "tags": [], "when": "2026-03-01T08:00:00Z"});
        let proposal = propose(&shape(&record)).unwrap();
        assert_eq!(proposal.columns, ["/what", "/what/type", "/a~1b", "/when"]);
        assert_eq!(
            proposal.preview,
            [[json!({"type": "Paid", "list": [1]}), json!("Paid"), json!(1), json!("2026-03-01T08:00:00Z")]]
        );
        assert_eq!(proposal.mapping.fields[&Field::Type], "/what/type");
        assert_eq!(proposal.mapping.fields[&Field::OccurredAt], "/when");
        let turned = json!({"when": "x", "a/b": 2, "what": {"type": 3}});
        assert_eq!(propose(&shape(&turned)).unwrap().shape_key, proposal.shape_key);
        assert_ne!(propose(&shape(&json!({"when": 1}))).unwrap().shape_key, proposal.shape_key);
        assert!(propose(&shape(&json!({}))).is_none());
    }

    #[test]
    fn pointers_reach_into_objects_and_lists() {
        let pointers = [(Field::Type, "/e/type"), (Field::Stream, "/ids/1"), (Field::Id, "/a~1b")];
        let pointers =
            Pointers(pointers.into_iter().map(|(field, at)| (field, keys_of(at).unwrap())).collect());
        let record = br#"{"e":{"type":"Paid"},"ids":["x","s-1"],"a/b":"id","n":1}"#;
        let event = decode(record, false, &pointers).unwrap();
        assert_eq!((event.event_type.as_str(), event.id.as_deref()), ("Paid", Some("id")));
        assert_eq!(event.home().unwrap().stream.id, "s-1");
        assert_eq!(event.data.value().unwrap(), json!({"e": {"type": "Paid"}, "ids": ["x", "s-1"], "n": 1}));
    }
}
