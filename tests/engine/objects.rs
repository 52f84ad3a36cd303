//! Object-centric event logs: an event of several objects, in SQLite and JSON, and the sagas that objects make where
//! nobody wrote a correlation.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::Connection;
use sagascope::base::cancel::CancelToken;
use sagascope::engine::{Dirs, LoadItem, Loader, SurveyProgress};
use sagascope::model::RecordedEvent;
use sagascope::saga::Outcome;
use serde_json::json;

use crate::support::{copied, data, events_of, open_store, read_all};

fn streams(event: &RecordedEvent) -> Vec<String> {
    let streams = event.streams.iter().map(|one| {
        let kind = one.stream.aggregate_type.as_deref().unwrap_or("?");
        format!("{kind}/{} as {}", one.stream.id, one.role.as_deref().unwrap_or("?"))
    });
    streams.collect()
}

/// By id of a saga its outcome and its types of events.
fn sagas(path: &Path) -> BTreeMap<String, (Outcome, Vec<String>, usize)> {
    let folder = tempfile::tempdir().unwrap();
    let mut loader = Loader::new(Dirs::in_folder(folder.path().to_owned()));
    loader.load(&LoadItem::detected(path), &CancelToken::default(), &mut |_, _| {}).unwrap();
    let open = loader.publish();
    let survey = open.sagas(None, &CancelToken::default(), &SurveyProgress::default()).unwrap();
    let told = survey.sagas.iter().map(|saga| {
        let one = &survey.instances.list()[saga.instance];
        let shape = &survey.variants.list[saga.variant as usize].shape;
        let shape = shape.iter().map(|id| survey.traits[id.0 as usize].name.to_string()).collect();
        (one.title(&open.log), (saga.outcome, shape, saga.events))
    });
    told.collect()
}

#[test]
fn an_extract_of_pm4py_is_read_with_all_objects_of_an_event() {
    let (folder, path) = copied("shop.ocel2.sqlite");
    let mut reader = open_store(&path, folder.path()).unwrap();
    assert_eq!(reader.info().format, "ocel-sqlite");
    let read = read_all(&mut *reader);
    assert!(read.issues.is_empty() && read.error.is_none(), "{:?}", read.issues);
    let events = read.events;
    assert_eq!(events.len(), 120);
    assert!(events.iter().all(|event| event.warnings.is_empty() && event.position.is_none()));
    assert!(events.is_sorted_by_key(|event| event.occurred_at));
    let placed = events.iter().find(|event| event.event_type == "OrderPlaced").unwrap();
    assert_eq!(
        streams(placed)[..2],
        ["order/ord-00001 as order of OrderPlaced", "customer/cust-محمد علي as placed by"]
    );
    assert_eq!(placed.occurred_at.unwrap().to_string(), "2026-03-01T08:06:42.750321Z");
    assert_eq!(placed.correlation_id.as_deref(), Some("8a42827f-f0d3-49d7-af8c-beb2670c1cd3"));
    assert_eq!(placed.causation_id, placed.id);
    assert!(placed.data.is_empty(), "the type, the correlation and the cause are no data");
    let declined = events.iter().find(|event| event.event_type == "PaymentDeclined").unwrap();
    assert_eq!(declined.home().unwrap().stream.aggregate_type.as_deref(), Some("payment"));
    assert_eq!(declined.data.value().unwrap(), json!({"reason": "insufficient_funds"}));
    let objects: usize = events.iter().map(|event| event.streams.len()).sum();
    assert!(objects > 200, "{objects}");
}

#[test]
fn json_of_the_same_events_is_read_in_order_of_time_and_typed_as_declared() {
    let tables = events_of(&data("shop.ocel2.sqlite"));
    let events = events_of(&data("shop.ocel2.json"));
    assert_eq!(events.len(), tables.len());
    assert!(events.is_sorted_by_key(|event| event.occurred_at), "the file is shuffled");
    let by_id = |id: &Option<String>| tables.iter().find(|other| other.id == *id).unwrap();
    for event in &events {
        let other = by_id(&event.id);
        assert_eq!((&event.event_type, event.occurred_at), (&other.event_type, other.occurred_at));
        assert_eq!(streams(event), streams(other));
        assert_eq!(event.correlation_id, None);
    }
    let received = events.iter().find(|event| event.event_type == "StockReceived").unwrap();
    assert!(received.data.value().unwrap()["quantity"].is_i64(), "declared as integer, written as text");
}

#[test]
fn objects_make_the_same_sagas_as_correlations() {
    let (correlated, by_objects) = (sagas(&data("shop.ocel2.sqlite")), sagas(&data("shop.ocel2.json")));
    assert_eq!(by_objects.len(), 17);
    assert!(by_objects.keys().all(|id| id.starts_with("ord-")), "{:?}", by_objects.keys());
    assert_eq!(correlated, by_objects);
}

#[test]
fn what_is_always_there_does_not_lead() {
    // One warehouse sees everything; each parcel sees its three steps; both parcels are in one van.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.json");
    let event = |number: usize, kind: &str, objects: &[&str]| {
        let relationships: Vec<_> =
            objects.iter().map(|id| json!({"objectId": id, "qualifier": "of"})).collect();
        json!({"id": number.to_string(), "type": kind, "time": format!("2026-03-01T08:00:0{number}Z"),
            "attributes": [], "relationships": relationships})
    };
    let log = json!({
        "events": [
            event(1, "pack", &["hall", "p1"]), event(2, "pack", &["hall", "p2"]),
            event(3, "load", &["hall", "p1", "p2", "van"]), event(4, "deliver", &["hall", "p1", "van"]),
            event(5, "deliver", &["hall", "p2", "van"]),
        ],
        "eventTypes": [], "objectTypes": [],
        "objects": [{"id": "hall", "type": "warehouse"}, {"id": "p1", "type": "parcel"},
            {"id": "p2", "type": "parcel"}, {"id": "van", "type": "van"}],
    });
    std::fs::write(&path, log.to_string()).unwrap();
    let told = sagas(&path);
    let shape = |id: &str| told[id].1.join(" ");
    assert_eq!(told.keys().collect::<Vec<_>>(), ["p1", "p2"]);
    // One event is in both.
    assert_eq!((shape("p1"), shape("p2")), ("pack load deliver".into(), "pack load deliver".into()));
}

/// Reads a database made of `sql`.
fn made_of(sql: &str) -> (Vec<RecordedEvent>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.sqlite");
    Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    let read = read_all(&mut *open_store(&path, folder.path()).unwrap());
    assert!(read.error.is_none(), "{:?}", read.error);
    (read.events, read.issues.into_iter().map(|issue| issue.problem).collect())
}

const SCHEMA: &str = "CREATE TABLE event(ocel_id TEXT, ocel_type TEXT);
    CREATE TABLE object(ocel_id TEXT, ocel_type TEXT);
    CREATE TABLE event_object(ocel_event_id TEXT, ocel_object_id TEXT, ocel_qualifier TEXT);
    CREATE TABLE event_map_type(ocel_type TEXT, ocel_type_map TEXT);";

#[test]
fn tables_are_found_by_the_map_and_two_types_may_share_one() {
    let (events, issues) = made_of(&format!(
        "{SCHEMA}
        INSERT INTO event_map_type VALUES ('Pay order', 'payorder'), ('pay Order', 'PayOrder');
        CREATE TABLE event_payorder(ocel_id TEXT, ocel_time TEXT, paid BOOLEAN, note TEXT, amount REAL);
        INSERT INTO event VALUES ('b', 'pay Order'), ('a', 'Pay order'), ('c', 'Pay order'), ('d', 'unmapped');
        INSERT INTO event_payorder VALUES ('a', '2023-03-27 10:13:07', 1, NULL, 7.5),
            ('b', '2023-03-27T10:13:08+02:00', 0, 'x', 7), ('c', NULL, NULL, NULL, NULL);
        INSERT INTO object VALUES ('o', 'orders');
        INSERT INTO event_object VALUES ('a', 'o', 'of'), ('a', 'nobody', NULL), ('zz', 'o', 'of');"
    ));
    let ids: Vec<&str> = events.iter().map(|event| event.id.as_deref().unwrap()).collect();
    // `b` is of 08:13 UTC; what has no time follows the one before it in the table.
    assert_eq!(ids, ["b", "a", "c", "d"]);
    assert_eq!(events[0].data.value().unwrap(), json!({"paid": false, "note": "x", "amount": 7.0}));
    assert_eq!(events[1].data.value().unwrap(), json!({"paid": true, "amount": 7.5}));
    assert_eq!(streams(&events[1]), ["orders/o as of", "?/nobody as ?"]);
    assert_eq!((events[0].event_type.as_str(), events[1].event_type.as_str()), ("pay Order", "Pay order"));
    assert_eq!(events[3].warnings, ["No table has its time and attributes"]);
    assert_eq!(issues, ["1 relations name an event that is not there."]);
}

#[test]
fn tables_without_rowids_are_read_as_those_with_them() {
    let log = |without: &str| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.sqlite");
        let sql = format!(
            "CREATE TABLE event(ocel_type TEXT, ocel_id TEXT, PRIMARY KEY(ocel_type, ocel_id)) {without};
            CREATE TABLE object(ocel_id TEXT PRIMARY KEY, ocel_type TEXT) {without};
            CREATE TABLE event_object(ocel_event_id TEXT, ocel_object_id TEXT, ocel_qualifier TEXT,
                PRIMARY KEY(ocel_event_id, ocel_object_id)) {without};
            CREATE TABLE event_map_type(ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT) {without};
            CREATE TABLE event_PayOrder(ocel_id TEXT PRIMARY KEY, ocel_time TEXT, amount REAL) {without};
            INSERT INTO event_map_type VALUES ('pay order', 'payorder');
            WITH RECURSIVE n(i) AS (VALUES (1000) UNION ALL SELECT i + 1 FROM n WHERE i < 5999)
            INSERT INTO event SELECT 'pay order', 'e' || i FROM n;
            INSERT INTO object VALUES ('o', 'orders');
            INSERT INTO event_object SELECT ocel_id, 'o', 'of' FROM event;
            INSERT INTO event_PayOrder SELECT ocel_id, datetime(9000 - substr(ocel_id, 2), 'unixepoch'), 1.5
                FROM event;"
        );
        Connection::open(&path).unwrap().execute_batch(&sql).unwrap();
        // Each event is fetched again, too.
        events_of(&path)
    };
    let (with, without) = (log(""), log("WITHOUT ROWID"));
    assert_eq!(with.len(), 5_000);
    assert_eq!(with[0].id.as_deref(), Some("e5999"));
    assert_eq!(streams(&with[0]), ["orders/o as of"]);
    assert_eq!(without, with);
}

#[test]
fn the_first_version_is_read_from_its_three_tables() {
    let (events, issues) = made_of(
        "CREATE TABLE EVENTS(\"ocel:eid\" TEXT, \"ocel:timestamp\" TIMESTAMP, \"ocel:activity\" TEXT, \"weight\" REAL);
        CREATE TABLE OBJECTS(\"ocel:oid\" TEXT, \"ocel:type\" TEXT);
        CREATE TABLE RELATIONS(\"ocel:eid\" TEXT, \"ocel:activity\" TEXT, \"ocel:timestamp\" TIMESTAMP, \"ocel:oid\" TEXT, \"ocel:type\" TEXT);
        INSERT INTO EVENTS VALUES ('1', '2026-03-01 08:00:00+00:00', 'pack', 1.5);
        INSERT INTO OBJECTS VALUES ('p', 'parcel');
        INSERT INTO RELATIONS VALUES ('1', 'pack', '2026-03-01 08:00:00+00:00', 'p', 'parcel'),
            ('1', 'pack', '2026-03-01 08:00:00+00:00', 'v', 'van');",
    );
    let [event] = &events[..] else { panic!("{events:?}") };
    assert_eq!(streams(event), ["parcel/p as ?", "van/v as ?"]);
    assert_eq!((event.event_type.as_str(), event.data.value().unwrap()), ("pack", json!({"weight": 1.5})));
    assert!(issues.is_empty(), "{issues:?}");
}

#[test]
fn the_first_version_in_json_is_refused_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonocel");
    let log = json!({"ocel:global-log": {"ocel:version": "1.0"}, "ocel:events": {"1": {"ocel:activity": "pack"}},
        "ocel:objects": {}});
    std::fs::write(&path, log.to_string()).unwrap();
    let error = open_store(&path, folder.path()).err().unwrap().to_string();
    assert!(error.contains("OCEL 1.0") && error.contains("Convert it"), "{error}");
}

#[test]
fn a_log_whose_objects_fill_more_than_its_beginning_is_still_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.json");
    let objects: Vec<_> = (0..4_000).map(|n| json!({"id": format!("object-{n}"), "type": "thing"})).collect();
    let log = json!({"eventTypes": [], "events": [{"id": "e", "type": "t", "time": "2026-03-01T08:00:00Z",
        "attributes": [], "relationships": [{"objectId": "object-3999", "qualifier": ""}]}], "objectTypes": [],
        "objects": objects});
    let Some(fields) = log.as_object() else { unreachable!() };
    // Objects first, whatever order a map has.
    let text = format!(
        r#"{{"objects":{},"objectTypes":[],"eventTypes":[],"events":{}}}"#,
        fields["objects"], fields["events"]
    );
    std::fs::write(&path, text).unwrap();
    let events = events_of(&path);
    assert_eq!(streams(&events[0]), ["thing/object-3999 as ?"]);
}
