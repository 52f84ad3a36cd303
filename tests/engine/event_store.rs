//! One suite for everything that implements the event store port.

use std::cell::Cell;

use sagascope::model::{
    AppendError, Appended, EventKind, EventStore, ExpectedVersion, JsonText, NewEvent, Payload, StreamName,
    Timestamp,
};
use sagascope::store::native::{Clock, MemoryEventStore, SqliteEventStore};

/// A clock that goes one second a reading.
fn clock() -> Clock {
    let seconds = Cell::new(1_772_352_000);
    Box::new(move || {
        seconds.set(seconds.get() + 1);
        Timestamp::from_nanos(seconds.get() * 1_000_000_000, 0)
    })
}

/// Runs `test` on an empty store of each kind.
fn on_each(test: impl Fn(&mut dyn EventStore)) {
    test(&mut MemoryEventStore::new(clock()));
    let folder = tempfile::tempdir().unwrap();
    test(&mut SqliteEventStore::open(&folder.path().join("store.db"), clock()).unwrap());
}

fn event(id: &str) -> NewEvent {
    NewEvent { id: id.to_owned(), event_type: "order.created.v1".to_owned(), ..NewEvent::default() }
}

fn events(ids: &[&str]) -> Vec<NewEvent> {
    ids.iter().map(|id| event(id)).collect()
}

fn order() -> StreamName {
    StreamName::new("Order", "o-1")
}

fn ids(events: &[sagascope::model::RecordedEvent]) -> Vec<&str> {
    events.iter().map(|event| event.id.as_deref().unwrap()).collect()
}

#[test]
fn versions_begin_at_one_in_every_stream() {
    on_each(|store| {
        let other = StreamName::new("Payment", "o-1");
        let untyped = StreamName::untyped("o-1");
        let blank = StreamName::new("", "o-1");
        let any = ExpectedVersion::Any;
        assert_eq!(
            store.append(&order(), any, &events(&["a", "b"])).unwrap(),
            Appended { version: 2, position: 2 }
        );
        for (name, id) in [(&other, "c"), (&untyped, "d"), (&blank, "e")] {
            assert_eq!(
                store.append(name, ExpectedVersion::NoStream, &[event(id)]).unwrap().version,
                1,
                "{name}"
            );
        }
        assert_eq!(store.append(&order(), any, &[event("f")]).unwrap(), Appended { version: 3, position: 6 });
        assert_eq!(ids(&store.read_stream(&order(), 0).unwrap()), ["a", "b", "f"]);
        assert_eq!(ids(&store.read_stream(&untyped, 0).unwrap()), ["d"]);
        assert_eq!(ids(&store.read_stream(&blank, 0).unwrap()), ["e"]);
    });
}

#[test]
fn what_was_appended_comes_back() {
    on_each(|store| {
        let json = |text: &str| JsonText::new(text).unwrap();
        let new = NewEvent {
            id: "id-1".to_owned(),
            kind: EventKind::Integration,
            event_type: "payment.completed.v1".to_owned(),
            schema_version: Some("1.0".to_owned()),
            occurred_at: Some(Timestamp::parse("2026-03-01T07:59:59.5Z").unwrap()),
            correlation_id: Some("c".to_owned()),
            causation_id: Some("d".to_owned()),
            data: Payload::Json(json(r#"{"amount":1.10,"name":"Größe\u0000"}"#)),
            metadata: Some(json(r#"{"user":"e"}"#)),
        };
        store.append(&order(), ExpectedVersion::NoStream, std::slice::from_ref(&new)).unwrap();
        let [read] = &store.read_all(0, 10).unwrap()[..] else { panic!() };
        assert_eq!(read.position, Some(1));
        assert_eq!(read.home().unwrap().version, Some(1));
        assert_eq!(read.home().unwrap().stream, order());
        assert_eq!(read.recorded_at.unwrap().to_string(), "2026-03-01T08:00:01Z");
        assert_eq!(read.data, new.data);
        let back = NewEvent {
            id: read.id.clone().unwrap(),
            kind: read.kind,
            event_type: read.event_type.clone(),
            schema_version: read.schema_version.clone(),
            occurred_at: read.occurred_at,
            correlation_id: read.correlation_id.clone(),
            causation_id: read.causation_id.clone(),
            data: read.data.clone(),
            metadata: read.metadata.clone(),
        };
        assert_eq!(back, new);
    });
}

#[test]
fn a_wrong_expectation_is_a_conflict_and_appends_nothing() {
    on_each(|store| {
        store.append(&order(), ExpectedVersion::Exactly(0), &events(&["a", "b"])).unwrap();
        for (expected, believed) in [
            (ExpectedVersion::NoStream, "no stream"),
            (ExpectedVersion::Exactly(0), "version 0"),
            (ExpectedVersion::Exactly(1), "version 1"),
            (ExpectedVersion::Exactly(3), "version 3"),
        ] {
            match store.append(&order(), expected, &[event("x")]) {
                Err(AppendError::Conflict { stream, expected, actual }) => {
                    assert_eq!((stream, expected.as_str(), actual), (order(), believed, 2));
                }
                other => panic!("{expected:?}: {other:?}"),
            }
        }
        let empty = StreamName::new("Order", "none");
        assert!(matches!(
            store.append(&empty, ExpectedVersion::Exactly(1), &[event("x")]),
            Err(AppendError::Conflict { actual: 0, .. })
        ));
        assert_eq!(store.read_all(0, 10).unwrap().len(), 2);
        store.append(&order(), ExpectedVersion::Exactly(2), &[event("x")]).unwrap();
    });
}

#[test]
fn a_batch_with_a_known_id_appends_nothing() {
    on_each(|store| {
        store.append(&order(), ExpectedVersion::Any, &events(&["a"])).unwrap();
        for batch in [&["b", "a"][..], &["b", "c", "b"]] {
            let repeated = batch.last().unwrap();
            match store.append(&order(), ExpectedVersion::Any, &events(batch)) {
                Err(AppendError::DuplicateId(id)) => assert_eq!(&id, repeated),
                other => panic!("{batch:?}: {other:?}"),
            }
        }
        assert_eq!(ids(&store.read_all(0, 10).unwrap()), ["a"]);
        assert_eq!(
            store.append(&order(), ExpectedVersion::Exactly(1), &events(&["b", "c"])).unwrap(),
            Appended { version: 3, position: 3 },
            "nothing of the failed batches left a gap"
        );
    });
}

#[test]
fn an_empty_batch_only_checks_the_expectation() {
    on_each(|store| {
        let none = store.append(&order(), ExpectedVersion::NoStream, &[]).unwrap();
        assert_eq!(none, Appended { version: 0, position: 0 });
        store.append(&order(), ExpectedVersion::NoStream, &events(&["a", "b"])).unwrap();
        store.append(&StreamName::untyped("x"), ExpectedVersion::Any, &events(&["c"])).unwrap();
        let still = store.append(&order(), ExpectedVersion::Exactly(2), &[]).unwrap();
        assert_eq!(still, Appended { version: 2, position: 2 });
        assert!(store.append(&order(), ExpectedVersion::NoStream, &[]).is_err());
    });
}

#[test]
fn reading_pages_through_positions_and_versions() {
    on_each(|store| {
        let names: Vec<String> = (0..25).map(|n| format!("e{n}")).collect();
        for (n, name) in names.iter().enumerate() {
            let stream = StreamName::untyped(format!("s{}", n % 2));
            store.append(&stream, ExpectedVersion::Any, &[event(name)]).unwrap();
        }
        let mut paged = Vec::new();
        let mut from = 0;
        loop {
            let page = store.read_all(from, 7).unwrap();
            let Some(last) = page.last() else { break };
            from = last.position.unwrap() + 1;
            paged.extend(page);
        }
        assert_eq!(ids(&paged), names);
        let tail = store.read_stream(&StreamName::untyped("s0"), 12).unwrap();
        assert_eq!(ids(&tail), ["e22", "e24"]);
        assert_eq!(tail[0].home().unwrap().version, Some(12));
        assert!(store.read_stream(&StreamName::untyped("none"), 0).unwrap().is_empty());
        assert!(store.read_all(26, 7).unwrap().is_empty());
        assert!(store.read_all(0, 0).unwrap().is_empty());
    });
}

#[test]
fn two_writers_of_one_file_see_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let mut first = SqliteEventStore::open(&path, clock()).unwrap();
    let mut second = SqliteEventStore::open(&path, clock()).unwrap();
    first.append(&order(), ExpectedVersion::NoStream, &events(&["a"])).unwrap();
    assert!(matches!(
        second.append(&order(), ExpectedVersion::NoStream, &events(&["b"])),
        Err(AppendError::Conflict { actual: 1, .. })
    ));
    assert!(matches!(
        second.append(&order(), ExpectedVersion::Exactly(1), &events(&["a"])),
        Err(AppendError::DuplicateId(_))
    ));
    second.append(&order(), ExpectedVersion::Exactly(1), &events(&["b"])).unwrap();
    assert_eq!(first.append(&order(), ExpectedVersion::Any, &events(&["c"])).unwrap().version, 3);
    assert_eq!(ids(&second.read_stream(&order(), 2).unwrap()), ["b", "c"]);
}

#[test]
fn a_store_is_there_after_it_was_closed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    SqliteEventStore::open(&path, clock())
        .unwrap()
        .append(&order(), ExpectedVersion::NoStream, &events(&["a"]))
        .unwrap();
    let mut again = SqliteEventStore::open(&path, clock()).unwrap();
    assert_eq!(again.append(&order(), ExpectedVersion::Any, &events(&["b"])).unwrap().position, 2);
}

#[test]
fn databases_of_others_are_refused_and_stay_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.db");
    rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE events (id)").unwrap();
    let before = std::fs::read(&path).unwrap();
    let refused = SqliteEventStore::open(&path, clock()).map(|_| ()).unwrap_err().to_string();
    assert!(refused.starts_with("This is a database of another program"), "{refused}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert!(SqliteEventStore::open(&folder.path().join("no/folder/store.db"), clock()).is_err());
}
