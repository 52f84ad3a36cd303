//! Stores of Emmett (`@event-driven-io/emmett-sqlite`).
//!
//! Seen in its real files: `emt_streams.partition` may hold `[object Object]`, so streams are joined by their id
//! alone; `message_schema_version` holds the stream's version before the append, so there is no schema
//! version; `created` is the time of writing, in whole seconds.

use rusqlite::Connection;

use super::cells::{Cells, Column, quoted};
use super::fields::Members;
use super::key::Key;
use super::open::Database;
use super::rows::{Plan, RowReader};
use super::{no_rowid, source_info};
use crate::model::{EventKind, Membership, Payload, RecordedEvent, StreamName, Timestamp};
use crate::store::shape::{Shape, SqliteShape, TableShape};
use crate::store::{Format, OpenRequest, StoreError, StoreReader};

/// `emmett-sqlite`.
pub(crate) struct EmmettSqlite;

const TABLE: &str = "emt_messages";

/// Rows looked at for a business time in the data.
const SAMPLE: usize = 100;

const TIME_KEYS: [&str; 4] = ["at", "occurredAt", "occurred_at", "timestamp"];

fn messages(shape: &SqliteShape) -> Option<&TableShape> {
    shape.table(TABLE).filter(|table| {
        table.has(&[
            "stream_id",
            "stream_position",
            "message_kind",
            "message_data",
            "message_metadata",
            "message_type",
            "message_id",
            "global_position",
            "created",
        ])
    })
}

impl Format for EmmettSqlite {
    fn name(&self) -> &'static str {
        "emmett-sqlite"
    }

    fn title(&self) -> &'static str {
        "Emmett, SQLite"
    }

    fn about(&self) -> &'static str {
        "The event store of Emmett for SQLite: a table emt_messages with message_data and global_position."
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["db", "sqlite", "sqlite3"]
    }

    fn claims(&self, shape: &Shape) -> bool {
        matches!(shape, Shape::Sqlite(shape) if messages(shape).is_some())
    }

    fn open(&self, request: &OpenRequest<'_>) -> Result<Box<dyn StoreReader>, StoreError> {
        let Shape::Sqlite(shape) = request.shape else {
            return Err(not_ours(request));
        };
        let table = messages(shape).ok_or_else(|| not_ours(request))?;
        let streams = shape.table("emt_streams").filter(|table| table.has(&["stream_id", "stream_type"]));
        let mut database = Database::open(request.path, request.cache_dir)?;
        // global_position is an INTEGER PRIMARY KEY, so it is the rowid.
        let key = database
            .read_or_store_error(|connection| Key::of(connection, &table.name))?
            .ok_or_else(|| no_rowid(request.path, &table.name))?;
        let business_time = database.read_or_store_error(|connection| Ok(business_time(connection)))?;
        let mut info = source_info(self.name(), self.title(), request.path)?;
        info.mapping = [
            ("position", "global_position"),
            ("id", "message_id"),
            ("kind", "message_kind"),
            ("type", "message_type"),
            ("stream", "stream_id"),
            ("aggregate type", "emt_streams.stream_type"),
            ("version", "stream_position"),
            ("recorded at", "created"),
            ("correlation", "message_metadata.correlationId"),
            ("causation", "message_metadata.causationId"),
            ("data", "message_data"),
            ("metadata", "message_metadata"),
        ]
        .map(|(field, column)| (field.to_owned(), column.to_owned()))
        .into();
        info.notes.push("Times are the times of writing.".to_owned());
        if let Some(key) = business_time {
            info.notes.push(format!(
                "Most events have a time of their own in their data, under \"{key}\"; it is not used."
            ));
        }
        let mut columns: Vec<Column> = [
            "message_id",
            "message_kind",
            "message_type",
            "stream_id",
            "stream_position",
            "created",
            "message_data",
            "message_metadata",
            "global_position",
        ]
        .map(Column::named)
        .into();
        columns.push(Column {
            label: "stream_type".to_owned(),
            sql: match streams {
                Some(streams) => format!(
                    "(SELECT s.stream_type FROM {} AS s WHERE s.stream_id = e.stream_id LIMIT 1)",
                    quoted(&streams.name)
                ),
                None => "NULL".to_owned(),
            },
        });
        let plan = Plan {
            table: table.name.clone(),
            columns,
            filter: None,
            key,
            map: Box::new(map),
            complete: None,
            quick: None,
        };
        Ok(Box::new(RowReader::new(database, plan, info)?))
    }
}

fn not_ours(request: &OpenRequest<'_>) -> StoreError {
    StoreError::NotAStore {
        reason: "This is no Emmett store: it has no table emt_messages. Open it without naming a format"
            .to_owned(),
        path: request.path.to_owned(),
    }
}

fn map(cells: &Cells<'_>) -> Result<RecordedEvent, String> {
    let mut event = RecordedEvent {
        position: cells.integer(8),
        id: cells.word(0),
        kind: match cells.text(1).as_deref() {
            Some("C") => EventKind::Command,
            _ => EventKind::Event,
        },
        event_type: cells.required(2)?,
        streams: vec![Membership {
            stream: StreamName { aggregate_type: cells.word(9), id: cells.required(3)? },
            version: cells.integer(4),
            role: None,
        }],
        recorded_at: cells.time(5),
        data: cells.payload(6),
        metadata: cells.metadata(7),
        ..RecordedEvent::default()
    };
    if let Some(metadata) = event.metadata.clone() {
        Members::of(metadata.as_str()).fill_causality(&mut event);
    }
    Ok(event)
}

/// The key under which most of the first events have a time in their data.
fn business_time(connection: &Connection) -> Option<&'static str> {
    let mut statement = connection
        .prepare(&format!("SELECT message_data FROM {TABLE} ORDER BY global_position LIMIT {SAMPLE}"))
        .ok()?;
    let columns = [Column::named("message_data")];
    let mut rows = statement.query([]).ok()?;
    let mut seen = 0;
    let mut counts = [0; TIME_KEYS.len()];
    // A row that cannot be read ends the sample, not the opening.
    while let Ok(Some(row)) = rows.next() {
        seen += 1;
        let Payload::Json(data) = Cells::new(row, 0, &columns).payload(0) else { continue };
        for (key, value) in Members::of(data.as_str()).0 {
            let is_time = serde_json::from_str::<String>(value.get())
                .is_ok_and(|text| text.len() >= 10 && Timestamp::parse(&text).is_ok());
            if let Some(index) = TIME_KEYS.iter().position(|known| *known == key)
                && is_time
            {
                counts[index] += 1;
            }
        }
    }
    TIME_KEYS.into_iter().zip(counts).find(|(_, count)| *count * 2 > seen).map(|(key, _)| key)
}
