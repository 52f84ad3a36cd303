//! Tables that no format claims: which could hold events, and reading one through a mapping.
//! What a column could be is guessed in [`crate::store::mapping`]; here are the tables and the values.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde_json::{Map, Value};

use super::cells::{Cells, Column, quoted, time_of_text, value_of};
use super::key::Key;
use super::open::Database;
use super::rows::{Plan, RowReader};
use super::{no_rowid, source_info};
use crate::base::hash::Fnv1a;
use crate::model::{EventKind, JsonText, Membership, Payload, RecordedEvent, StreamName, Timestamp};
use crate::store::mapping::{Field, Mapping, Proposal, propose_fields};
use crate::store::shape::{SqliteShape, TableShape};
use crate::store::{OpenRequest, StoreError, StoreReader};

/// Rows by which a mapping is proposed.
const SAMPLE_ROWS: usize = 50;

/// Rows shown to the person who judges it.
const PREVIEW_ROWS: usize = 10;

/// Tables that are looked into; a database with more is no event store with an odd name.
const TABLES_MAX: usize = 256;

/// A longer value is cut in samples and previews.
const PREVIEW_BYTES: usize = 16 << 10;

struct Candidate<'a> {
    table: &'a TableShape,
    mapping: Mapping,
    sample: Vec<Vec<Value>>,
}

/// Proposes the table that looks most like events, and names the others that could be meant.
pub(crate) fn propose(
    request: &OpenRequest<'_>,
    shape: &SqliteShape,
) -> Result<Option<Proposal>, StoreError> {
    let mut database = Database::open(request.path, request.cache_dir)?;
    let mut candidates = database.read_or_store_error(|connection| {
        Ok(shape.tables.iter().take(TABLES_MAX).map(|table| candidate(connection, table)).collect::<Vec<_>>())
    })?;
    candidates.retain(|candidate| looks_like_events(&candidate.mapping));
    // Stable: tables that match equally well stay in order of name.
    candidates.sort_by_key(|candidate| {
        let mapping = &candidate.mapping;
        std::cmp::Reverse((mapping.is_sufficient(), !candidate.sample.is_empty(), mapping.fields.len()))
    });
    let tables = candidates.iter().map(|candidate| candidate.table.name.clone()).collect();
    Ok(candidates.into_iter().next().map(|best| proposal(best, tables)))
}

/// Proposes how the table named `name` could be read, whether it looks like events or not.
pub(crate) fn propose_table(
    request: &OpenRequest<'_>,
    shape: &SqliteShape,
    name: &str,
) -> Result<Proposal, StoreError> {
    let mapping = Mapping { table: Some(name.to_owned()), ..Mapping::default() };
    let table = table_of(request.path, shape, &mapping)?;
    let mut database = Database::open(request.path, request.cache_dir)?;
    let candidate = database.read_or_store_error(|connection| Ok(candidate(connection, table)))?;
    Ok(proposal(candidate, vec![table.name.clone()]))
}

fn proposal(candidate: Candidate<'_>, tables: Vec<String>) -> Proposal {
    Proposal {
        columns: candidate.table.columns.clone(),
        preview: candidate.sample.into_iter().take(PREVIEW_ROWS).collect(),
        shape_key: shape_key(candidate.table),
        mapping: candidate.mapping,
        tables,
    }
}

/// A table of a type or a stream or a time alone may be anything; two of them make events likely.
fn looks_like_events(mapping: &Mapping) -> bool {
    let has = |field: &Field| mapping.fields.contains_key(field);
    let known = [Field::Type, Field::Stream, Field::OccurredAt, Field::RecordedAt];
    known.iter().filter(|field| has(field)).count() >= 2
}

fn candidate<'a>(connection: &Connection, table: &'a TableShape) -> Candidate<'a> {
    // A table that cannot be read is judged by its column names.
    let sample = sample(connection, table).unwrap_or_default();
    let fields = propose_fields(&table.columns, &sample);
    Candidate { table, mapping: Mapping { table: Some(table.name.clone()), fields }, sample }
}

fn sample(connection: &Connection, table: &TableShape) -> rusqlite::Result<Vec<Vec<Value>>> {
    let columns: Vec<String> = table.columns.iter().map(|column| quoted(column)).collect();
    let sql = format!("SELECT {} FROM {} LIMIT {SAMPLE_ROWS}", columns.join(", "), quoted(&table.name));
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([])?;
    let mut sample = Vec::new();
    while let Some(row) = rows.next()? {
        let values = (0..columns.len()).map(|index| Ok(shortened(row.get_ref(index)?)));
        sample.push(values.collect::<rusqlite::Result<_>>()?);
    }
    Ok(sample)
}

fn shortened(cell: ValueRef<'_>) -> Value {
    match cell {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) if bytes.len() > PREVIEW_BYTES => {
            Value::from(format!("{}…", String::from_utf8_lossy(&bytes[..PREVIEW_BYTES])))
        }
        other => value_of(other),
    }
}

/// FNV-1a over the table's name and its columns in order of name.
fn shape_key(table: &TableShape) -> String {
    let mut columns: Vec<&str> = table.columns.iter().map(String::as_str).collect();
    columns.sort_unstable();
    let mut hash = Fnv1a::default();
    for name in std::iter::once(table.name.as_str()).chain(columns) {
        hash.add(name.as_bytes());
        hash.add(&[0]);
    }
    format!("{:016x}", hash.finish())
}

/// Opens the table that `mapping` names.
pub(crate) fn open_mapped(
    request: &OpenRequest<'_>,
    shape: &SqliteShape,
    mapping: &Mapping,
) -> Result<Box<dyn StoreReader>, StoreError> {
    let table = table_of(request.path, shape, mapping)?;
    let plan_of = |key| plan(request.path, table, mapping, key);
    let mut database = Database::open(request.path, request.cache_dir)?;
    let key = database
        .read_or_store_error(|connection| Key::of(connection, &table.name))?
        .ok_or_else(|| no_rowid(request.path, &table.name))?;
    let mut info = source_info("mapped-sqlite", &format!("SQLite table {}", table.name), request.path)?;
    info.mapping = mapping.described();
    match key {
        Key::Rowid(_) => info.notes.push("Events come in the order of the table's rows.".to_owned()),
        Key::Primary(_) => info.notes.push("Events come in the order of the table's primary key.".to_owned()),
    }
    if !mapping.fields.contains_key(&Field::Data) {
        info.notes.push("No column is the payload, so all that are not mapped are it together.".to_owned());
    }
    let plan = plan_of(key)?;
    Ok(Box::new(RowReader::new(database, plan, info)?))
}

fn table_of<'a>(
    path: &Path,
    shape: &'a SqliteShape,
    mapping: &Mapping,
) -> Result<&'a TableShape, StoreError> {
    let error = |reason: String| StoreError::Mapping { reason, path: path.to_owned() };
    let Some(name) = &mapping.table else {
        return Err(error("it names no table. Add `table = \"…\"`".to_owned()));
    };
    shape.table(name).ok_or_else(|| {
        let names: Vec<&str> = shape.tables.iter().map(|table| table.name.as_str()).collect();
        error(format!("there is no table {name}. Its tables are {}", names.join(", ")))
    })
}

/// Where a field's value is: in a column, or inside the JSON of one.
#[derive(Clone, Debug)]
struct Place {
    column: usize,
    pointer: String,
}

/// The columns that were given a field, and those left over.
struct Places {
    fields: Vec<(Field, Place)>,
    rest: Vec<(usize, String)>,
}

fn plan(path: &Path, table: &TableShape, mapping: &Mapping, key: Key) -> Result<Plan, StoreError> {
    let error = |reason: String| StoreError::Mapping { reason, path: path.to_owned() };
    if !mapping.is_sufficient() {
        return Err(error("it needs a type, and a stream or a time".to_owned()));
    }
    let mut fields = Vec::new();
    for (field, spelled) in &mapping.fields {
        let place = place(table, spelled).ok_or_else(|| {
            error(format!(
                "{} is to be {spelled}, which the table {} does not have. Its columns are {}",
                field.label(),
                table.name,
                table.columns.join(", ")
            ))
        })?;
        fields.push((*field, place));
    }
    let is_used =
        |index: usize| fields.iter().any(|(_, place)| place.column == index && place.pointer.is_empty());
    let rest = table.columns.iter().cloned().enumerate().filter(|(index, _)| !is_used(*index)).collect();
    let places = Places { fields, rest };
    Ok(Plan {
        table: table.name.clone(),
        columns: table.columns.iter().map(|column| Column::named(column)).collect(),
        filter: None,
        key,
        map: Box::new(move |cells| places.map(cells)),
        complete: None,
        quick: None,
    })
}

/// A column by its name, else `/column/inside/its/json`.
fn place(table: &TableShape, spelled: &str) -> Option<Place> {
    let column = |name: &str| {
        let exact = table.columns.iter().position(|column| column == name);
        exact.or_else(|| table.columns.iter().position(|column| column.eq_ignore_ascii_case(name)))
    };
    if let Some(column) = column(spelled) {
        return Some(Place { column, pointer: String::new() });
    }
    let (name, pointer) = spelled.strip_prefix('/').map(|rest| match rest.find('/') {
        Some(slash) => rest.split_at(slash),
        None => (rest, ""),
    })?;
    let column = column(&name.replace("~1", "/").replace("~0", "~"))?;
    Some(Place { column, pointer: pointer.to_owned() })
}

impl Places {
    fn place(&self, field: Field) -> Option<&Place> {
        self.fields.iter().find(|(known, _)| *known == field).map(|(_, place)| place)
    }

    /// The value inside a column's JSON that a place points to.
    fn inner(cells: &Cells<'_>, place: &Place) -> Option<Value> {
        value_of(cells.raw(place.column)).pointer(&place.pointer).filter(|value| !value.is_null()).cloned()
    }

    fn text(&self, cells: &Cells<'_>, field: Field) -> Option<String> {
        let place = self.place(field)?;
        if place.pointer.is_empty() {
            return match cells.raw(place.column) {
                // Ids are kept as bytes in some stores; they are told by hex digits, as UUIDs are.
                ValueRef::Blob(bytes) if std::str::from_utf8(bytes).is_err() => Some(hex(bytes)),
                _ => cells.text(place.column),
            };
        }
        Self::inner(cells, place).map(|value| match value {
            Value::String(text) => text,
            other => other.to_string(),
        })
    }

    fn integer(&self, cells: &Cells<'_>, field: Field) -> Option<i64> {
        let place = self.place(field)?;
        if place.pointer.is_empty() {
            return cells.integer(place.column);
        }
        self.text(cells, field)?.trim().parse().ok()
    }

    fn time(&self, cells: &Cells<'_>, field: Field) -> Option<Timestamp> {
        let place = self.place(field)?;
        if place.pointer.is_empty() {
            return cells.time(place.column);
        }
        time_of_text(&self.text(cells, field)?)
    }

    fn payload(&self, cells: &Cells<'_>) -> Payload {
        let Some(place) = self.place(Field::Data) else {
            if cells.is_lean() {
                return Payload::Missing;
            }
            let rest: Map<String, Value> =
                self.rest.iter().map(|(index, name)| (name.clone(), value_of(cells.raw(*index)))).collect();
            return if rest.is_empty() {
                Payload::Missing
            } else {
                Payload::Json(JsonText::from_value(&Value::Object(rest)))
            };
        };
        if !place.pointer.is_empty() {
            return Self::inner(cells, place)
                .map_or(Payload::Missing, |value| Payload::Json(JsonText::from_value(&value)));
        }
        match cells.payload(place.column) {
            // Plain words in a column for data are data; in a known format they would be a defect.
            Payload::Opaque { bytes, .. } if matches!(cells.raw(place.column), ValueRef::Text(_)) => {
                Payload::Json(JsonText::from_value(&Value::from(String::from_utf8_lossy(&bytes))))
            }
            payload => payload,
        }
    }

    fn metadata(&self, cells: &Cells<'_>) -> Option<JsonText> {
        let place = self.place(Field::Metadata)?;
        if place.pointer.is_empty() {
            return cells.metadata(place.column);
        }
        Self::inner(cells, place).map(|value| JsonText::from_value(&value))
    }

    fn map(&self, cells: &Cells<'_>) -> Result<RecordedEvent, String> {
        let event_type = self.text(cells, Field::Type).ok_or("Its type is NULL")?;
        let word = |field| self.text(cells, field).filter(|text| !text.is_empty());
        let stream = self.text(cells, Field::Stream);
        Ok(RecordedEvent {
            position: self.integer(cells, Field::Position),
            id: word(Field::Id),
            kind: match word(Field::Kind).map(|word| word.to_lowercase()) {
                Some(word) if word == "c" => EventKind::Command,
                Some(word) => EventKind::from_word(&word).unwrap_or_default(),
                None => EventKind::Event,
            },
            event_type,
            schema_version: word(Field::SchemaVersion),
            streams: stream
                .map(|id| Membership {
                    stream: StreamName { aggregate_type: word(Field::AggregateType), id },
                    version: self.integer(cells, Field::Version),
                    role: None,
                })
                .into_iter()
                .collect(),
            occurred_at: self.time(cells, Field::OccurredAt),
            recorded_at: self.time(cells, Field::RecordedAt),
            correlation_id: word(Field::CorrelationId),
            causation_id: word(Field::CausationId),
            data: self.payload(cells),
            metadata: self.metadata(cells),
            warnings: Vec::new(),
        })
    }
}

fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from(b"0123456789abcdef"[usize::from(half)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> TableShape {
        let columns = ["kind of", "meta", "a/b", "/odd"].map(str::to_owned).into();
        TableShape { name: "t".to_owned(), columns, without_rowid: false }
    }

    #[test]
    fn a_place_is_a_column_or_a_way_into_its_json() {
        let check = |spelled: &str, expected: Option<(usize, &str)>| {
            let found = place(&table(), spelled).map(|place| (place.column, place.pointer));
            assert_eq!(found, expected.map(|(column, pointer)| (column, pointer.to_owned())), "{spelled}");
        };
        check("kind of", Some((0, "")));
        check("META", Some((1, "")));
        check("/meta/user/id", Some((1, "/user/id")));
        check("/a~1b/x", Some((2, "/x")));
        check("/odd", Some((3, "")));
        check("nothing", None);
        check("/nothing/x", None);
    }

    #[test]
    fn the_shape_key_depends_on_names_not_on_their_order() {
        let mut turned = table();
        turned.columns.reverse();
        assert_eq!(shape_key(&table()), shape_key(&turned));
        turned.name = "u".to_owned();
        assert_ne!(shape_key(&table()), shape_key(&turned));
        assert_eq!(shape_key(&table()).len(), 16);
    }
}
