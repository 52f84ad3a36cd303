//! One event as rows of our own store, in both directions. No transactions here, and no files.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::model::{
    Envelope, Envelopes, EventKind, IdKey, JsonText, Locator, Member, Membership, Payload, RecordedEvent,
    StreamName, Timestamp,
};
use crate::store::StoreError;
use crate::store::sqlite::{Cells, Column, Traits, needs_no_repair, time_of_text};

/// Makes the tables.
pub(super) const SCHEMA: &str = include_str!("schema.sql");

/// `SAGA`.
pub(super) const APPLICATION_ID: i64 = 0x5341_4741;

/// Version of the layout.
pub(super) const FORMAT_VERSION: i64 = 1;

/// What is read of an event, in the order of [`map`].
pub(super) const COLUMNS: [&str; 19] = [
    "sequence",
    "position",
    "event_id",
    "kind",
    "type",
    "schema_version",
    "stream_id",
    "aggregate_type",
    "version",
    "role",
    "occurred_at",
    "recorded_at",
    "correlation_id",
    "causation_id",
    "data",
    "data_bytes",
    "data_encoding",
    "metadata",
    "warnings",
];

/// [`COLUMNS`] of the table called `e`.
pub(super) fn columns() -> Vec<Column> {
    COLUMNS.map(Column::named).into()
}

/// The event of a row, without its further streams.
pub(super) fn map(cells: &Cells<'_>) -> Result<RecordedEvent, String> {
    let kind = cells.required(3)?;
    let stream = cells.text(6).map(|id| Membership {
        stream: StreamName { aggregate_type: cells.text(7), id },
        version: cells.integer(8),
        role: cells.text(9),
    });
    Ok(RecordedEvent {
        position: cells.integer(1),
        id: cells.text(2),
        kind: EventKind::from_word(&kind).ok_or_else(|| format!("Its kind is no kind: {kind:?}"))?,
        event_type: cells.required(4)?,
        schema_version: cells.text(5),
        streams: stream.into_iter().collect(),
        occurred_at: cells.time(10),
        recorded_at: cells.time(11),
        correlation_id: cells.text(12),
        causation_id: cells.text(13),
        data: match (cells.raw(15), cells.text(16)) {
            (ValueRef::Blob(bytes) | ValueRef::Text(bytes), encoding) => Payload::Opaque {
                bytes: Arc::from(bytes),
                encoding: encoding.map_or(Cow::Borrowed("binary"), Cow::Owned),
            },
            _ => cells.payload(14),
        },
        metadata: cells.metadata(17),
        warnings: cells
            .text(18)
            .map(|text| serde_json::from_str(&text).unwrap_or_else(|_| vec![text]))
            .unwrap_or_default(),
    })
}

/// What the index keeps of a row, as [`map`] tells it, without making an event of it; and the event's fingerprint.
/// `None` for a row that is odd in any way, which `map` has to see then.
pub(super) fn add_envelope(cells: &[ValueRef<'_>], at: u64, envelopes: &mut Envelopes) -> Option<u32> {
    let text = |index: usize| match cells[index] {
        ValueRef::Null => Some(None),
        ValueRef::Text(bytes) => std::str::from_utf8(bytes).ok().map(Some),
        _ => None,
    };
    let integer = |index: usize| match cells[index] {
        ValueRef::Null => Some(None),
        ValueRef::Integer(number) => Some(Some(number)),
        _ => None,
    };
    let time = |index: usize| match text(index)? {
        // No count: those are tried first, and this is none.
        Some(text) if matches!(text.as_bytes(), [b'0'..=b'9', _, _, _, b'-', ..]) => {
            Timestamp::parse(text).ok().map(Some)
        }
        Some(text) => time_of_text(text).map(Some),
        None => Some(None),
    };
    let is_plain = |index: usize| match cells[index] {
        ValueRef::Null => true,
        document @ ValueRef::Text(_) => needs_no_repair(document),
        _ => false,
    };
    let is_null = |index: usize| matches!(cells[index], ValueRef::Null);
    let has_plain_data = is_plain(14) && is_null(15) && is_null(16);
    if !(has_plain_data && is_plain(17) && is_null(18)) {
        return None;
    }
    let home = match text(6)? {
        Some(id) => {
            // What it is to its stream is not kept, but may need a repair.
            text(9)?;
            Some((text(7)?, id, integer(8)?))
        }
        None => None,
    };
    let traits = Traits {
        event_type: text(4)??,
        id: text(2)?,
        correlation_id: text(12)?,
        causation_id: text(13)?,
        home,
        occurred_at: time(10)?,
        recorded_at: time(11)?,
    };
    let envelope = Envelope {
        position: integer(1)?,
        id: traits.id.map(IdKey::of),
        kind: EventKind::from_word(text(3)??)?,
        event_type: traits.event_type,
        schema_version: text(5)?,
        time: traits.occurred_at.or(traits.recorded_at),
        correlation_id: traits.correlation_id,
        cause: traits.causation_id.map(IdKey::of),
        has_warnings: false,
    };
    let len = traits.fingerprint();
    let member = home.map(|(aggregate_type, stream, version)| Member { aggregate_type, stream, version });
    envelopes.add(Locator { at, len }, &envelope, member);
    Some(len)
}

/// The first sequence, this one or beyond, whose event has further streams.
pub(super) fn next_with_streams(connection: &Connection, from: i64) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached(
            "SELECT e.sequence FROM event_streams AS e WHERE e.sequence >= ?1 ORDER BY e.sequence LIMIT 1",
        )?
        .query_row([from], |row| row.get(0))
        .optional()
}

/// Adds the further streams of events that were read; their locators are sequences, in ascending order.
pub(super) fn add_streams(
    connection: &Connection,
    events: &mut [(Locator, RecordedEvent)],
) -> rusqlite::Result<()> {
    let ([(first, _), ..], [.., (last, _)]) = (&*events, &*events) else { return Ok(()) };
    let mut statement = connection.prepare_cached(
        "SELECT e.sequence, e.stream_id, e.aggregate_type, e.version, e.role FROM event_streams AS e
         WHERE e.sequence BETWEEN ?1 AND ?2 ORDER BY e.sequence, e.ordinal",
    )?;
    let labels = ["stream_id", "aggregate_type", "version", "role"].map(Column::named);
    let mut rows = statement.query(params![first.at as i64, last.at as i64])?;
    while let Some(row) = rows.next()? {
        let cells = Cells::new(row, 1, &labels);
        let Some(sequence) = cells.rowid() else { continue };
        let Ok(index) = events.binary_search_by_key(&sequence, |(locator, _)| locator.at as i64) else {
            continue;
        };
        let Some(id) = cells.text(0) else { continue };
        let stream = StreamName { aggregate_type: cells.text(1), id };
        let membership = Membership { stream, version: cells.integer(2), role: cells.text(3) };
        let event = &mut events[index].1;
        event.streams.push(membership);
        event.warnings.extend(cells.into_warnings());
    }
    Ok(())
}

/// Writes an event under `sequence`.
pub(super) fn insert(
    connection: &Connection,
    sequence: i64,
    imported: bool,
    event: &RecordedEvent,
) -> rusqlite::Result<()> {
    let home = event.home();
    let (data, bytes, encoding) = match &event.data {
        Payload::Missing => (None, None, None),
        Payload::Json(text) => (Some(text.as_str()), None, None),
        Payload::Opaque { bytes, encoding } => (None, Some(&bytes[..]), Some(encoding.as_ref())),
    };
    let warnings =
        (!event.warnings.is_empty()).then(|| serde_json::Value::from(event.warnings.clone()).to_string());
    connection
        .prepare_cached(
            "INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
        )?
        .execute(params![
            sequence,
            event.position,
            event.id,
            event.kind.as_str(),
            event.event_type,
            event.schema_version,
            home.map(|home| &home.stream.id),
            home.and_then(|home| home.stream.aggregate_type.as_ref()),
            home.and_then(|home| home.version),
            home.and_then(|home| home.role.as_ref()),
            event.occurred_at.map(time_text),
            event.recorded_at.map(time_text),
            event.correlation_id,
            event.causation_id,
            data,
            bytes,
            encoding,
            event.metadata.as_ref().map(JsonText::as_str),
            warnings,
            if imported { sequence } else { 0 },
        ])?;
    for (ordinal, membership) in event.streams.iter().enumerate().skip(1) {
        connection.prepare_cached("INSERT INTO event_streams VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute(
            params![
                sequence,
                ordinal as i64,
                membership.stream.id,
                membership.stream.aggregate_type,
                membership.version,
                membership.role,
            ],
        )?;
    }
    Ok(())
}

/// With the digits stored, unless the time is finer than they say.
fn time_text(time: Timestamp) -> String {
    let unit = 10_i64.pow(9 - u32::from(time.digits()));
    if time.nanos() % unit == 0 {
        time.to_string()
    } else {
        Timestamp::from_nanos(time.nanos(), 9).to_string()
    }
}

/// Makes the tables in an empty database, or checks that they are ours.
pub(super) fn prepare(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let number = |sql: &str| {
        connection.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(|error| sqlite_error(path, &error))
    };
    if number("SELECT count(*) FROM sqlite_schema")? == 0 {
        return connection
            .execute_batch(&format!(
                "PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {FORMAT_VERSION}; {SCHEMA}"
            ))
            .map_err(|error| sqlite_error(path, &error));
    }
    let reason = match (number("PRAGMA application_id")?, number("PRAGMA user_version")?) {
        (APPLICATION_ID, FORMAT_VERSION) => return Ok(()),
        (APPLICATION_ID, newer) => {
            format!(
                "This store was written by another version of Sagascope (its format is {newer}). Open it with that one"
            )
        }
        _ => "This is a database of another program, and Sagascope writes only its own. Choose another file"
            .to_owned(),
    };
    Err(StoreError::NotAStore { reason, path: path.to_owned() })
}

pub(super) fn sqlite_error(path: &Path, error: &rusqlite::Error) -> StoreError {
    StoreError::Sqlite { reason: crate::store::sqlite::sentence(error), path: path.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row as the writer leaves it.
    fn usual() -> [ValueRef<'static>; COLUMNS.len()] {
        let text = |text: &'static str| ValueRef::Text(text.as_bytes());
        let mut cells = [ValueRef::Null; COLUMNS.len()];
        cells[0] = ValueRef::Integer(7);
        cells[1] = ValueRef::Integer(70);
        cells[2] = text("6fa459ea-ee8a-4ca4-894e-db77e160355e");
        cells[3] = text("event");
        cells[4] = text("order.paid");
        cells[6] = text("order-1");
        cells[8] = ValueRef::Integer(3);
        cells[10] = text("2026-03-01T19:02:26.013693Z");
        cells[12] = text("c-1");
        cells[14] = text("{\"total\":1.10,\"said\":\"a \\\"word\\\"\"}");
        cells[17] = text("{}");
        cells
    }

    #[test]
    fn usual_rows_go_the_quick_way_and_odd_ones_do_not() {
        let mut envelopes = Envelopes::default();
        assert!(add_envelope(&usual(), 7, &mut envelopes).is_some());
        for (index, name) in COLUMNS.iter().enumerate().skip(1) {
            let mut cells = usual();
            cells[index] = ValueRef::Text(b"a\xff");
            assert_eq!(add_envelope(&cells, 7, &mut envelopes), None, "{name}");
        }
        assert_eq!(envelopes.len(), 1);
    }
}
