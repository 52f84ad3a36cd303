//! Object-centric event logs in SQLite: OCEL 2.0, and 1.0 as pm4py writes it. Says which tables are which; how they
//! are joined is the matter of [`super::ocel_index`]; [`super::ocel_rows`] reads them.
//!
//! Seen in real files: no keys and no index at all; tables named by what `event_map_type` says, which is not the
//! type; a column `ocel:activity` that repeats the type; types that differ in case alone and so share one table.

use super::ocel_index::{Relations, Tables, Things};
use super::ocel_rows::OcelReader;
use super::open::Database;
use super::source_info;
use crate::store::ocel::NOTES;
use crate::store::shape::{Shape, SqliteShape};
use crate::store::{Format, OpenRequest, StoreError, StoreReader};

/// `ocel-sqlite`.
pub(crate) struct OcelSqlite;

/// The tables of OCEL 2.0.
fn second(shape: &SqliteShape) -> Option<Tables> {
    let with = |name: &str, columns: &[&str]| shape.table(name).filter(|table| table.has(columns));
    let events = with("event", &["ocel_id", "ocel_type"])?;
    let relations = with("event_object", &["ocel_event_id", "ocel_object_id"])?;
    let map = with("event_map_type", &["ocel_type", "ocel_type_map"])?;
    Some(Tables {
        events: Things::new(&events.name, "ocel_id", "ocel_type"),
        objects: with("object", &["ocel_id", "ocel_type"])
            .map(|table| Things::new(&table.name, "ocel_id", "ocel_type")),
        relations: Relations {
            table: relations.name.clone(),
            event: "ocel_event_id",
            object: "ocel_object_id",
            kind: None,
            qualifier: relations.has(&["ocel_qualifier"]).then_some("ocel_qualifier"),
        },
        map: Some(map.name.clone()),
        id: "ocel_id",
        time: "ocel_time",
    })
}

/// The tables of OCEL 1.0.
fn first(shape: &SqliteShape) -> Option<Tables> {
    let with = |name: &str, columns: &[&str]| shape.table(name).filter(|table| table.has(columns));
    let events = with("EVENTS", &["ocel:eid", "ocel:activity", "ocel:timestamp"])?;
    let relations = with("RELATIONS", &["ocel:eid", "ocel:oid"])?;
    Some(Tables {
        events: Things::new(&events.name, "ocel:eid", "ocel:activity"),
        objects: with("OBJECTS", &["ocel:oid", "ocel:type"])
            .map(|table| Things::new(&table.name, "ocel:oid", "ocel:type")),
        relations: Relations {
            table: relations.name.clone(),
            event: "ocel:eid",
            object: "ocel:oid",
            kind: relations.has(&["ocel:type"]).then_some("ocel:type"),
            qualifier: relations.has(&["ocel:qualifier"]).then_some("ocel:qualifier"),
        },
        map: None,
        id: "ocel:eid",
        time: "ocel:timestamp",
    })
}

fn tables(shape: &Shape) -> Option<Tables> {
    match shape {
        Shape::Sqlite(shape) => second(shape).or_else(|| first(shape)),
        Shape::Json(_) | Shape::Other { .. } => None,
    }
}

impl Format for OcelSqlite {
    fn name(&self) -> &'static str {
        "ocel-sqlite"
    }

    fn title(&self) -> &'static str {
        "OCEL, SQLite"
    }

    fn about(&self) -> &'static str {
        "An object-centric event log, OCEL 2.0 (tables event, event_object and event_map_type) or 1.0 (EVENTS and RELATIONS)."
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["sqlite", "db", "sqlite3", "ocel"]
    }

    fn claims(&self, shape: &Shape) -> bool {
        tables(shape).is_some()
    }

    fn open(&self, request: &OpenRequest<'_>) -> Result<Box<dyn StoreReader>, StoreError> {
        let tables = tables(request.shape).ok_or_else(|| StoreError::NotAStore {
            reason: "This is no object-centric event log: it lacks the tables of one. Open it without naming a format"
                .to_owned(),
            path: request.path.to_owned(),
        })?;
        let database = Database::open(request.path, request.cache_dir)?;
        let mut info = source_info(self.name(), self.title(), request.path)?;
        let of = |table: &str, column: &str| format!("{table}.{column}");
        let relations = &tables.relations;
        info.mapping = vec![
            ("id".to_owned(), of(&tables.events.table, tables.events.id)),
            ("type".to_owned(), of(&tables.events.table, tables.events.kind)),
            ("stream".to_owned(), of(&relations.table, relations.object)),
            (
                "aggregate type".to_owned(),
                tables.objects.as_ref().map_or_else(
                    || of(&relations.table, relations.kind.unwrap_or("(none)")),
                    |objects| of(&objects.table, objects.kind),
                ),
            ),
            ("time".to_owned(), tables.time.to_owned()),
            ("correlation".to_owned(), "an attribute named like correlationId".to_owned()),
            ("causation".to_owned(), "an attribute named like causationId".to_owned()),
            ("data".to_owned(), "attributes of the event".to_owned()),
        ];
        if let Some(qualifier) = relations.qualifier {
            info.mapping.insert(4, ("role".to_owned(), of(&relations.table, qualifier)));
        }
        info.notes.extend(NOTES.map(str::to_owned));
        Ok(Box::new(OcelReader::new(database, tables, info)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::shape::TableShape;

    fn check(tables: &[(&str, &[&str])], expected: bool) {
        let tables = tables.iter().map(|(name, columns)| TableShape {
            name: (*name).to_owned(),
            columns: columns.iter().map(|column| (*column).to_owned()).collect(),
            without_rowid: false,
        });
        let shape = Shape::Sqlite(SqliteShape { tables: tables.collect() });
        assert_eq!(OcelSqlite.claims(&shape), expected);
    }

    #[test]
    fn tables_count_by_their_columns() {
        let event: (&str, &[&str]) = ("event", &["ocel_id", "ocel_type"]);
        let map: (&str, &[&str]) = ("event_map_type", &["ocel_type", "ocel_type_map"]);
        let relations: (&str, &[&str]) = ("event_object", &["ocel_event_id", "ocel_object_id"]);
        check(&[event, map, relations], true);
        check(&[event, map], false);
        check(&[("event", &["id", "type"]), map, relations], false);
        check(
            &[
                ("EVENTS", &["ocel:eid", "ocel:activity", "ocel:timestamp"]),
                ("RELATIONS", &["ocel:eid", "ocel:oid"]),
            ],
            true,
        );
        check(&[("events", &["aggregate_id", "sequence"])], false);
    }
}
