//! Our own store as a format like any other: read-only, by the same row reader.

use super::rows::{add_envelope, add_streams, columns, map, next_with_streams};
use crate::store::shape::{Shape, TableShape};
use crate::store::sqlite::{Database, Key, Plan, Quick, RowReader, source_info};
use crate::store::{Format, OpenRequest, StoreError, StoreReader};

/// `sagascope-sqlite`.
pub(crate) struct SagascopeSqlite;

fn events(shape: &Shape) -> Option<&TableShape> {
    let Shape::Sqlite(shape) = shape else { return None };
    shape.table("event_streams").filter(|table| table.has(&["sequence", "ordinal", "stream_id"]))?;
    shape.table("events").filter(|table| table.has(&super::rows::COLUMNS))
}

impl Format for SagascopeSqlite {
    fn name(&self) -> &'static str {
        "sagascope-sqlite"
    }

    fn title(&self) -> &'static str {
        "Sagascope, SQLite"
    }

    fn about(&self) -> &'static str {
        "Sagascope's own store, written by convert, by recorded runs and by sandboxes; its layout is documented."
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["sagascope", "db"]
    }

    fn claims(&self, shape: &Shape) -> bool {
        events(shape).is_some()
    }

    fn open(&self, request: &OpenRequest<'_>) -> Result<Box<dyn StoreReader>, StoreError> {
        let table = events(request.shape).ok_or_else(|| StoreError::NotAStore {
            reason: "This is no store of Sagascope's own. Open it without naming a format".to_owned(),
            path: request.path.to_owned(),
        })?;
        let database = Database::open(request.path, request.cache_dir)?;
        let mut info = source_info(self.name(), self.title(), request.path)?;
        info.mapping = [
            ("position", "position"),
            ("id", "event_id"),
            ("kind", "kind"),
            ("type", "type"),
            ("stream", "stream_id"),
            ("aggregate type", "aggregate_type"),
            ("version", "version"),
            ("schema version", "schema_version"),
            ("time", "occurred_at"),
            ("recorded at", "recorded_at"),
            ("correlation", "correlation_id"),
            ("causation", "causation_id"),
            ("data", "data"),
            ("metadata", "metadata"),
        ]
        .map(|(field, column)| (field.to_owned(), column.to_owned()))
        .into();
        let plan = Plan {
            table: table.name.clone(),
            columns: columns(),
            filter: None,
            key: Key::Rowid("sequence".to_owned()),
            map: Box::new(map),
            complete: Some(add_streams),
            quick: Some(Quick { add: add_envelope, next_completed: next_with_streams }),
        };
        Ok(Box::new(RowReader::new(database, plan, info)?))
    }
}
