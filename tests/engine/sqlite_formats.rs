//! The formats on stores that the real libraries wrote: small extracts always, the whole samples when there.

use std::collections::BTreeMap;

use sagascope::model::{EventKind, JsonText, Payload, RecordedEvent, StreamName};
use sagascope::store::shape::{Shape, SqliteShape, TableShape};
use sagascope::store::{FORMATS, OpenRequest, look};

use crate::support::{copied, data, events_of, open_store, read_all, sample};

fn json(text: &str) -> Payload {
    Payload::Json(JsonText::new(text).unwrap())
}

fn format_of(name: &str) -> &'static str {
    let (folder, path) = copied(name);
    let shape = look(&path, folder.path()).unwrap();
    let claims: Vec<_> =
        FORMATS.iter().filter(|format| format.claims(&shape)).map(|format| format.name()).collect();
    let [only] = claims[..] else { panic!("{name} is claimed by {claims:?}") };
    only
}

fn by_type(events: &[RecordedEvent]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for event in events {
        *counts.entry(event.event_type.as_str()).or_default() += 1;
    }
    counts
}

#[test]
fn every_extract_is_claimed_by_exactly_one_format() {
    for (name, format) in [
        ("emmett.db", "emmett-sqlite"),
        ("cqrs-es.db", "cqrs-es-sqlite"),
        ("pyeventsourcing.db", "pyeventsourcing-sqlite"),
        ("pyeventsourcing-compressed.db", "pyeventsourcing-sqlite"),
    ] {
        assert_eq!(format_of(name), format, "{name}");
    }
}

#[test]
fn names_of_tables_alone_claim_nothing() {
    for names in [&["events", "event_streams"][..], &["stored_events"], &["emt_messages"], &["messages"]] {
        let tables = names
            .iter()
            .map(|name| TableShape {
                name: (*name).to_owned(),
                columns: vec!["id".to_owned(), "type".to_owned(), "data".to_owned()],
                without_rowid: false,
            })
            .collect();
        let shape = Shape::Sqlite(SqliteShape { tables });
        assert!(!FORMATS.iter().any(|format| format.claims(&shape)), "{names:?}");
    }
}

#[test]
fn an_extract_of_emmett_is_read_as_written() {
    let (_folder, path) = copied("emmett.db");
    let events = events_of(&path);
    assert_eq!(events.len(), 97);
    let first = &events[0];
    assert_eq!(first.position, Some(12));
    assert_eq!(first.event_type, "StockReceived");
    assert_eq!(first.kind, EventKind::Event);
    let home = first.home().unwrap();
    assert_eq!(home.stream, StreamName::new("Inventory", "Inventory-SKU-011"));
    assert_eq!(home.version, Some(1));
    assert_eq!(first.recorded_at.unwrap().to_string(), "2026-11-23T04:05:31Z");
    assert_eq!(first.occurred_at, None, "the time in the data is not taken silently");
    assert_eq!(first.schema_version, None, "the column holds the stream's version");
    let metadata = first.metadata.as_ref().unwrap().value();
    assert_eq!(metadata["correlationId"], first.correlation_id.as_deref().unwrap());
    assert_eq!(metadata["causationId"], first.causation_id.as_deref().unwrap());
    assert_eq!(metadata["messageId"], first.id.as_deref().unwrap());
    let declined = events.iter().find(|event| event.event_type == "PaymentDeclined").unwrap();
    assert_eq!(declined.home().unwrap().stream, StreamName::new("Payment", "Payment-pay-00008"));
    assert_eq!(declined.data.value().unwrap()["reason"], "insufficient_funds");
}

#[test]
fn emmetts_notes_say_which_times_are_shown() {
    let (folder, path) = copied("emmett.db");
    let reader = open_store(&path, folder.path()).unwrap();
    assert_eq!(
        reader.info().notes,
        [
            "Times are the times of writing.",
            "Most events have a time of their own in their data, under \"at\"; it is not used."
        ]
    );
    assert_eq!(reader.info().format, "emmett-sqlite");
    assert_eq!(reader.info().bytes, 90_112);
}

#[test]
fn emmetts_commands_and_archived_rows_are_there() {
    let (_folder, path) = copied("emmett.db");
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch(
            "UPDATE emt_messages SET message_kind = 'C' WHERE global_position = 12;
             UPDATE emt_messages SET is_archived = 1 WHERE stream_id = 'Order-ord-00008';
             UPDATE emt_streams SET is_archived = 1 WHERE stream_id = 'Order-ord-00008';",
        )
        .unwrap();
    let events = events_of(&path);
    assert_eq!(events.len(), 97);
    assert_eq!(events[0].kind, EventKind::Command);
    let archived = events.iter().find(|event| event.home().unwrap().stream.id == "Order-ord-00008").unwrap();
    assert_eq!(archived.home().unwrap().stream.aggregate_type.as_deref(), Some("Order"));
}

#[test]
fn an_extract_of_cqrs_es_is_read_as_written() {
    let (_folder, path) = copied("cqrs-es.db");
    let events = events_of(&path);
    assert_eq!(events.len(), 97);
    let first = &events[0];
    assert_eq!(first.position, Some(12));
    assert_eq!(first.event_type, "StockReceived");
    assert_eq!(first.home().unwrap().stream, StreamName::new("Inventory", "SKU-011"));
    assert_eq!(first.home().unwrap().version, Some(1));
    assert_eq!(first.schema_version.as_deref(), Some("1.0"));
    assert_eq!(first.occurred_at.unwrap().to_string(), "2026-03-01T08:00:00.000000Z");
    assert_eq!(first.recorded_at, None);
    let metadata = first.metadata.as_ref().unwrap().value();
    assert_eq!(metadata["event_id"], first.id.as_deref().unwrap());
    assert_eq!(metadata["correlation_id"], first.correlation_id.as_deref().unwrap());
    assert_eq!(first.data.value().unwrap()["sku"], "SKU-011", "the type's name is no part of the payload");
}

#[test]
fn an_extract_of_pyeventsourcing_is_read_as_written() {
    let (_folder, path) = copied("pyeventsourcing.db");
    let events = events_of(&path);
    assert_eq!(events.len(), 121, "the two snapshots are no events");
    let [created, received, ..] = &events[..] else { panic!() };
    assert_eq!(
        (created.event_type.as_str(), created.position, created.id.as_deref()),
        ("Created", Some(3), None)
    );
    assert_eq!(created.data, json(r#"{"ref":"SKU-001"}"#));
    assert_eq!(created.metadata, Some(JsonText::new(r#"{"originator_topic":"shop_es:Inventory"}"#).unwrap()));
    assert_eq!(received.event_type, "StockReceived");
    let home = received.home().unwrap();
    assert_eq!(home.stream, StreamName::new("Inventory", "02fac7888ac453da9a297d0d7dee29b5"));
    assert_eq!(home.version, Some(2));
    assert_eq!(received.occurred_at.unwrap().to_string(), "2026-11-23T04:02:35.468352Z");
    assert_eq!(
        received.data,
        json(r#"{"sku":"SKU-001","name":"Crème brûlée kit","quantity":139,"warehouse":"東京"}"#)
    );
    assert_eq!(received.id.as_deref(), Some("458bfed0-a712-455f-acac-e4d519d52695"));
    assert_eq!(received.correlation_id.as_deref(), Some("12e74f7b-fab3-4728-a78b-eb7e0787c0de"));
    assert_eq!(received.causation_id.as_deref(), Some("458bfed0-a712-455f-acac-e4d519d52695"));
    assert_eq!(
        received.metadata,
        Some(
            JsonText::new(
                r#"{"correlation_id":"12e74f7b-fab3-4728-a78b-eb7e0787c0de","causation_id":"458bfed0-a712-455f-acac-e4d519d52695","message_id":"458bfed0-a712-455f-acac-e4d519d52695"}"#
            )
            .unwrap()
        )
    );
}

#[test]
fn compressed_and_encrypted_states_of_pyeventsourcing_are_told_apart() {
    let (_folder, path) = copied("pyeventsourcing-compressed.db");
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute("UPDATE stored_events SET state = x'0102FFFE' WHERE rowid = 3", [])
        .unwrap();
    let events = events_of(&path);
    assert_eq!(events.len(), 125);
    assert!(
        matches!(&events[0].data, Payload::Opaque { encoding, .. } if encoding == "encrypted or unknown binary")
    );
    assert_eq!(events[1].data.value().unwrap()["sku"], "SKU-001");
}

#[test]
fn a_recorder_without_rowids_is_read_in_order_of_its_streams() {
    let (_folder, path) = copied("pyeventsourcing.db");
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch(
            "CREATE TABLE s (originator_id TEXT, originator_version INTEGER, topic TEXT, state BLOB,
                 PRIMARY KEY (originator_id, originator_version)) WITHOUT ROWID;
             INSERT INTO s SELECT * FROM stored_events;
             INSERT INTO s SELECT * FROM stored_snapshots WHERE true ON CONFLICT DO NOTHING;
             DROP TABLE stored_events;
             ALTER TABLE s RENAME TO stored_events;",
        )
        .unwrap();
    let events = events_of(&path);
    assert_eq!(events.len(), 121);
    let keys: Vec<(&str, i64)> = events
        .iter()
        .map(|event| event.home().unwrap())
        .map(|home| (home.stream.id.as_str(), home.version.unwrap()))
        .collect();
    assert!(keys.is_sorted());
    assert!(events.iter().all(|event| event.position.is_none()));
}

#[test]
fn the_real_samples_have_the_events_their_libraries_wrote() {
    for (name, count, chosen) in [
        ("emmett/shop.db", 3_776, ("OrderPlaced", 400)),
        ("cqrs-es/shop.db", 3_776, ("OrderPlaced", 400)),
        ("pyeventsourcing/shop.db", 4_906, ("OrderPlaced", 400)),
        ("pyeventsourcing/shop-compressed.db", 1_953, ("OrderPlaced", 210)),
    ] {
        let Some(path) = sample(name) else { continue };
        let events = events_of(&path);
        assert_eq!(events.len(), count, "{name}");
        assert_eq!(by_type(&events).get(chosen.0), Some(&chosen.1), "{name}");
        assert!(events.iter().all(|event| event.warnings.is_empty()), "{name}");
        assert!(events.iter().all(|event| matches!(event.data, Payload::Json(_))), "{name}");
    }
}

#[test]
fn rows_that_make_no_event_are_issues_with_their_place() {
    let (folder, path) = copied("emmett.db");
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch(
            "CREATE TABLE m AS SELECT * FROM emt_messages; DROP TABLE emt_messages;
             ALTER TABLE m RENAME TO emt_messages;
             UPDATE emt_messages SET message_type = NULL WHERE rowid = 17;
             UPDATE emt_messages SET message_data = CAST(x'7B2261223A22FF227D' AS TEXT) WHERE rowid = 18;
             UPDATE emt_messages SET message_data = '{broken', stream_position = 'x' WHERE rowid = 19;",
        )
        .unwrap();
    let mut reader = open_store(&path, folder.path()).unwrap();
    let read = read_all(&mut *reader);
    assert_eq!(read.events.len(), 96);
    let [issue] = &read.issues[..] else { panic!("{:?}", read.issues) };
    assert_eq!(
        (issue.place.as_str(), issue.problem.as_str()),
        ("row 17 of emt_messages", "Its message_type is NULL")
    );
    let repaired = &read.events[16];
    assert_eq!(repaired.data, json("{\"a\":\"\u{fffd}\"}"));
    assert_eq!(
        repaired.warnings,
        ["The message_data was not valid UTF-8; the bad bytes are shown as \u{fffd}"]
    );
    let broken = &read.events[17];
    assert!(matches!(&broken.data, Payload::Opaque { encoding, .. } if encoding == "text, not JSON"));
    assert_eq!(broken.home().unwrap().version, None);
    assert_eq!(broken.warnings, ["The stream_position is no whole number"]);
}

#[test]
fn a_format_that_is_asked_for_another_store_says_so() {
    let path = data("cqrs-es.db");
    let cache = tempfile::tempdir().unwrap();
    let shape = look(&path, cache.path()).unwrap();
    let request = OpenRequest { path: &path, shape: &shape, cache_dir: cache.path() };
    for format in FORMATS.iter().filter(|format| !format.claims(&shape)) {
        let error = format.open(&request).map(|_| ()).unwrap_err().to_string();
        assert!(error.ends_with("cqrs-es.db"), "{error}");
    }
}
