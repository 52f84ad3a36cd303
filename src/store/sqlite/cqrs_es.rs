//! Stores of the cqrs-es family (Rust; `sqlite-es`), whatever their table is called.
//!
//! There is no column for a time or a global order: a time comes from the metadata, if somebody put one there, and
//! the order is that of the rows.

use super::cells::{Cells, Column};
use super::fields::Members;
use super::key::Key;
use super::open::Database;
use super::rows::{Plan, RowReader};
use super::{no_rowid, source_info};
use crate::model::{JsonText, Membership, Payload, RecordedEvent, StreamName};
use crate::store::mapping::Field;
use crate::store::shape::{Shape, TableShape};
use crate::store::{Format, OpenRequest, StoreError, StoreReader};

/// `cqrs-es-sqlite`.
pub(crate) struct CqrsEsSqlite;

const COLUMNS: [&str; 7] =
    ["aggregate_type", "aggregate_id", "sequence", "event_type", "event_version", "payload", "metadata"];

fn events(shape: &Shape) -> Option<&TableShape> {
    match shape {
        Shape::Sqlite(shape) => shape.table_with(&COLUMNS),
        Shape::Json(_) | Shape::Other { .. } => None,
    }
}

impl Format for CqrsEsSqlite {
    fn name(&self) -> &'static str {
        "cqrs-es-sqlite"
    }

    fn title(&self) -> &'static str {
        "cqrs-es, SQLite"
    }

    fn about(&self) -> &'static str {
        "The event store of cqrs-es for SQLite: a table with aggregate_type, sequence, event_version and payload."
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["db", "sqlite", "sqlite3"]
    }

    fn claims(&self, shape: &Shape) -> bool {
        events(shape).is_some()
    }

    fn open(&self, request: &OpenRequest<'_>) -> Result<Box<dyn StoreReader>, StoreError> {
        let table = events(request.shape).ok_or_else(|| StoreError::NotAStore {
            reason: "This is no cqrs-es store: no table has its columns. Open it without naming a format"
                .to_owned(),
            path: request.path.to_owned(),
        })?;
        let mut database = Database::open(request.path, request.cache_dir)?;
        let key = database
            .read_or_store_error(|connection| Key::of(connection, &table.name))?
            .ok_or_else(|| no_rowid(request.path, &table.name))?;
        let mut info = source_info(self.name(), self.title(), request.path)?;
        let by_rowid = matches!(key, Key::Rowid(_));
        info.mapping = [
            ("type", "event_type"),
            ("stream", "aggregate_id"),
            ("aggregate type", "aggregate_type"),
            ("version", "sequence"),
            ("schema version", "event_version"),
            ("time", "metadata.time"),
            ("id", "metadata.event_id"),
            ("correlation", "metadata.correlation_id"),
            ("causation", "metadata.causation_id"),
            ("data", "payload"),
            ("metadata", "metadata"),
        ]
        .map(|(field, column)| (field.to_owned(), column.to_owned()))
        .into();
        if by_rowid {
            info.mapping.insert(0, ("position".to_owned(), "rowid".to_owned()));
            info.notes.push(
                "Positions are row numbers, in the order of writing; the store keeps no global order of its own."
                    .to_owned(),
            );
        } else {
            info.notes.push(
                "The store keeps no global order; events come in the order of their streams.".to_owned(),
            );
        }
        info.notes.push("Times come from the metadata; the store has no column for them.".to_owned());
        let plan = Plan {
            table: table.name.clone(),
            columns: COLUMNS.map(Column::named).into(),
            filter: None,
            key,
            map: Box::new(move |cells| map(cells, by_rowid)),
            complete: None,
            quick: None,
        };
        Ok(Box::new(RowReader::new(database, plan, info)?))
    }
}

fn map(cells: &Cells<'_>, by_rowid: bool) -> Result<RecordedEvent, String> {
    let event_type = cells.required(3)?;
    let mut event = RecordedEvent {
        position: if by_rowid { cells.rowid() } else { None },
        streams: vec![Membership {
            stream: StreamName { aggregate_type: cells.text(0), id: cells.required(1)? },
            version: cells.integer(2),
            role: None,
        }],
        schema_version: cells.word(4),
        data: unwrapped(cells.payload(5), &event_type),
        event_type,
        metadata: cells.metadata(6),
        ..RecordedEvent::default()
    };
    if let Some(metadata) = event.metadata.clone() {
        let members = Members::of(metadata.as_str());
        members.fill_causality(&mut event);
        event.id = members.find(Field::Id);
        event.occurred_at = members.time();
    }
    Ok(event)
}

/// `{"OrderPlaced":{…}}` of an `OrderPlaced` without its tag; anything else as it is.
fn unwrapped(payload: Payload, event_type: &str) -> Payload {
    let Payload::Json(text) = &payload else { return payload };
    match &Members::of(text.as_str()).0[..] {
        [(tag, inner)] if tag == event_type => Payload::Json(JsonText::from_raw(inner)),
        _ => payload,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(stored: &str, expected: &str) {
        let text = |text: &str| Payload::Json(JsonText::new(text).unwrap());
        assert_eq!(unwrapped(text(stored), "OrderPlaced"), text(expected), "{stored}");
    }

    #[test]
    fn a_payload_loses_its_tag_only_if_it_is_the_type() {
        check(r#"{"OrderPlaced":{"total":1.10}}"#, r#"{"total":1.10}"#);
        check(r#"{"OrderPlaced":[1]}"#, "[1]");
        check(r#"{"OrderShipped":{"total":1}}"#, r#"{"OrderShipped":{"total":1}}"#);
        check(r#"{"OrderPlaced":{},"more":1}"#, r#"{"OrderPlaced":{},"more":1}"#);
        check(r#""OrderPlaced""#, r#""OrderPlaced""#);
    }
}
