//! Whole logs written into our own store: nothing is lost, nothing is overwritten, nothing half-done stays.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use sagascope::model::{
    EventKind, EventStore as _, ExpectedVersion, JsonText, Membership, NewEvent, Payload, RecordedEvent,
    StreamName, Timestamp,
};
use sagascope::store::native::{SqliteEventStore, WriteError, Writer};

use crate::support::{Listing, copied, events_of, open_store};

fn write(path: &Path, events: &[RecordedEvent]) {
    let mut writer = Writer::create(path).unwrap();
    for batch in events.chunks(3) {
        writer.write(batch).unwrap();
    }
    assert_eq!(writer.len(), events.len() as u64);
    writer.finish().unwrap();
}

/// Few words, so that streams, ids and versions repeat; and any text at all.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::sample::select(vec!["", "a", "b", "Größe", "a\0b", "'; DROP TABLE events; --"])
            .prop_map(str::to_owned),
        vec(any::<char>(), 0..6).prop_map(|letters| letters.into_iter().collect()),
    ]
}

fn time() -> impl Strategy<Value = Timestamp> {
    (any::<i64>(), 0..=9_u8).prop_map(|(nanos, digits)| Timestamp::from_nanos(nanos, digits))
}

fn json() -> impl Strategy<Value = JsonText> {
    prop_oneof![
        proptest::sample::select(vec![
            r#"{"price":1.10}"#,
            "12345678901234567890123",
            "[ ]",
            "null",
            r#"{"b":1,"a":{"c":[1e400,-0.0]}}"#,
            r#""\u0000\ud83e\udde6""#,
        ])
        .prop_map(|text| JsonText::new(text).unwrap()),
        text().prop_map(|text| JsonText::from_value(&serde_json::Value::from(text))),
    ]
}

fn payload() -> impl Strategy<Value = Payload> {
    prop_oneof![
        Just(Payload::Missing),
        json().prop_map(Payload::Json),
        (vec(any::<u8>(), 0..20), text()).prop_map(|(bytes, encoding)| Payload::Opaque {
            bytes: Arc::from(bytes),
            encoding: Cow::Owned(encoding)
        }),
    ]
}

fn membership() -> impl Strategy<Value = Membership> {
    let version = option::of(prop_oneof![0..3_i64, any::<i64>()]);
    (option::of(text()), text(), version, option::of(text())).prop_map(
        |(aggregate_type, id, version, role)| Membership {
            stream: StreamName { aggregate_type, id },
            version,
            role,
        },
    )
}

fn recorded() -> impl Strategy<Value = RecordedEvent> {
    let names = (option::of(text()), text(), option::of(text()), option::of(text()), option::of(text()));
    let times = (option::of(time()), option::of(time()));
    let content = (payload(), option::of(json()), vec(text(), 0..3));
    let kind = proptest::sample::select(EventKind::ALL.to_vec());
    (option::of(any::<i64>()), kind, names, vec(membership(), 0..4), times, content).prop_map(
        |(position, kind, names, streams, times, content)| RecordedEvent {
            position,
            id: names.0,
            kind,
            event_type: names.1,
            schema_version: names.2,
            streams,
            occurred_at: times.0,
            recorded_at: times.1,
            correlation_id: names.3,
            causation_id: names.4,
            data: content.0,
            metadata: content.1,
            warnings: content.2,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_events_come_back_equal_and_in_order(events in vec(recorded(), 0..12)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        write(&path, &events);
        let read = events_of(&path);
        prop_assert_eq!(&read, &events);
        // Equal times may still differ in the digits that are shown.
        for (read, event) in read.iter().zip(&events) {
            if let (Some(read), Some(time)) = (read.occurred_at, event.occurred_at) {
                prop_assert!(read.digits() == time.digits() || read.digits() == 9);
            }
        }
    }
}

#[test]
fn a_converted_store_is_the_same_log() {
    for name in ["emmett.db", "cqrs-es.db", "pyeventsourcing.db"] {
        let (folder, path) = copied(name);
        let events = events_of(&path);
        let converted = folder.path().join("converted.db");
        write(&converted, &events);
        assert_eq!(events_of(&converted), events, "{name}");
        assert_eq!(open_store(&converted, folder.path()).unwrap().info().format, "sagascope-sqlite");
    }
}

#[test]
fn plain_sql_reads_what_was_written() {
    let (folder, path) = copied("cqrs-es.db");
    let converted = folder.path().join("converted.db");
    write(&converted, &events_of(&path));
    let connection = rusqlite::Connection::open(&converted).unwrap();
    let total: i64 = connection
        .query_row(
            "SELECT sum(json_extract(data, '$.quantity')) FROM events WHERE type = 'StockReceived' AND stream_id = 'SKU-011'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert!(total > 0);
    let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
    let application: i64 = connection.query_row("PRAGMA application_id", [], |row| row.get(0)).unwrap();
    assert_eq!(application, i64::from(u32::from_be_bytes(*b"SAGA")));
}

#[test]
fn an_existing_file_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    std::fs::write(&path, "mine").unwrap();
    assert!(matches!(Writer::create(&path), Err(WriteError::Exists { .. })));
    std::fs::remove_file(&path).unwrap();
    let writer = Writer::create(&path).unwrap();
    std::fs::write(&path, "came meanwhile").unwrap();
    assert!(matches!(writer.finish(), Err(WriteError::Exists { .. })));
    assert_eq!(std::fs::read(&path).unwrap(), b"came meanwhile");
    assert_eq!(Listing::of(folder.path()).names(), ["store.db"]);
}

#[test]
fn an_unfinished_store_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let mut writer = Writer::create(&path).unwrap();
    writer.write(&[RecordedEvent::default()]).unwrap();
    assert!(!path.exists());
    drop(writer);
    assert!(Listing::of(folder.path()).names().is_empty());
    write(&path, &[RecordedEvent::default()]);
    assert_eq!(Listing::of(folder.path()).names(), ["store.db"]);
}

#[test]
fn a_folder_that_is_not_there_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let error = Writer::create(&folder.path().join("none/store.db")).map(|_| ()).unwrap_err().to_string();
    assert!(error.starts_with("Cannot write the file: its folder does not exist."), "{error}");
}

#[test]
fn appends_continue_an_imported_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let stream = StreamName::new("Order", "o-1");
    let imported = |position, version| RecordedEvent {
        position: Some(position),
        id: Some("same".to_owned()),
        event_type: "placed".to_owned(),
        streams: vec![Membership { stream: stream.clone(), version: Some(version), role: None }],
        ..RecordedEvent::default()
    };
    // A foreign log may have a version and an id twice.
    write(&path, &[imported(10, 0), imported(90, 1), imported(40, 1)]);
    let mut store = SqliteEventStore::open(&path, Box::new(Timestamp::default)).unwrap();
    let new = NewEvent { id: "new".to_owned(), event_type: "paid".to_owned(), ..NewEvent::default() };
    let appended = store.append(&stream, ExpectedVersion::Exactly(1), std::slice::from_ref(&new)).unwrap();
    assert_eq!((appended.version, appended.position), (2, 91));
    assert!(
        store.append(&stream, ExpectedVersion::Any, &[NewEvent { id: "same".to_owned(), ..new }]).is_err()
    );
    let positions: Vec<_> = store.read_all(0, 9).unwrap().iter().map(|event| event.position).collect();
    assert_eq!(positions, [Some(1), Some(2), Some(3), Some(91)]);
    drop(store);
    let read: Vec<_> = events_of(&path).iter().map(|event| event.position).collect();
    assert_eq!(read, [Some(10), Some(90), Some(40), Some(91)]);
}

#[test]
fn what_a_killed_writer_left_goes_and_what_a_living_one_writes_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.db");
    let named = |n: u32| folder.path().join(format!("out.db.sagascope-{n}-0.partial"));
    let event = RecordedEvent { event_type: "Happened".to_owned(), ..RecordedEvent::default() };
    let mut living = Writer::create(&path).unwrap();
    living.write([&event]).unwrap();
    let of_living = Listing::of(folder.path());
    let [name] = of_living.names()[..] else { panic!("{of_living:?}") };
    // Killed before the first byte, in the middle, and before anything made sense.
    std::fs::write(named(1), "").unwrap();
    std::fs::copy(folder.path().join(name), named(2)).unwrap();
    std::fs::write(named(3), "no database, but longer than the header of one is: ".repeat(4)).unwrap();
    write(&path, &[event]);
    assert_eq!(Listing::of(folder.path()).names(), ["out.db", name]);
    assert!(matches!(living.finish(), Err(WriteError::Exists { .. })));
    assert_eq!(Listing::of(folder.path()).names(), ["out.db"]);
}
