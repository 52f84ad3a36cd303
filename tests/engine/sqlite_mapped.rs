//! Tables that no format claims: what is proposed, and reading through a mapping.

use std::collections::BTreeMap;
use std::path::PathBuf;

use sagascope::model::{EventKind, JsonText, Payload, StreamName};
use sagascope::store::mapping::{Field, Mapping, Proposal};
use sagascope::store::{Detection, OpenRequest, detect, look};

use crate::support::{open_mapped, open_store, read_all};

fn store(sql: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    rusqlite::Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    (folder, path)
}

fn proposed(path: &std::path::Path) -> Option<Proposal> {
    let cache = tempfile::tempdir().unwrap();
    let shape = look(path, cache.path()).unwrap();
    match detect(&OpenRequest { path, shape: &shape, cache_dir: cache.path() }) {
        Ok(Detection::Proposed(proposal)) => Some(proposal),
        Ok(Detection::Known(format)) => panic!("claimed by {}", format.name()),
        Err(_) => None,
    }
}

fn mapping(table: &str, fields: &[(Field, &str)]) -> Mapping {
    let fields: BTreeMap<_, _> =
        fields.iter().map(|(field, column)| (*field, (*column).to_owned())).collect();
    Mapping { table: Some(table.to_owned()), fields }
}

const JOURNAL: &str = "
    CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
    INSERT INTO users VALUES (1, 'Ada');
    CREATE TABLE audit (action TEXT, object_id TEXT, timestamp TEXT);
    CREATE TABLE journal (no INTEGER PRIMARY KEY, event_type TEXT, entity_id TEXT, seq INTEGER,
        created_at TEXT, body TEXT, headers TEXT);
    INSERT INTO journal VALUES
        (1, 'order.created', 'o-1', 1, '2026-03-01 08:00:00', '{\"total\":1.10}', '{\"user\":{\"id\":7,\"corr\":\"c-1\"}}'),
        (2, 'order.paid', 'o-1', 2, '2026-03-01 08:00:05.25', 'plain words', NULL),
        (3, NULL, 'o-1', 3, '2026-03-01 08:00:06', NULL, NULL);
";

#[test]
fn the_table_that_looks_most_like_events_is_proposed_first() {
    let (_folder, path) = store(JOURNAL);
    let proposal = proposed(&path).unwrap();
    assert_eq!(proposal.tables, ["journal", "audit"]);
    assert_eq!(proposal.mapping.table.as_deref(), Some("journal"));
    let fields = &proposal.mapping.fields;
    for (field, column) in [
        (Field::Type, "event_type"),
        (Field::Stream, "entity_id"),
        (Field::Version, "seq"),
        (Field::OccurredAt, "created_at"),
        (Field::Data, "body"),
    ] {
        assert_eq!(fields.get(&field).map(String::as_str), Some(column), "{field:?}");
    }
    assert_eq!(proposal.columns, ["no", "event_type", "entity_id", "seq", "created_at", "body", "headers"]);
    assert_eq!(proposal.preview.len(), 3);
    assert_eq!(proposal.preview[0][5]["total"].to_string(), "1.10");
    assert!(proposal.mapping.is_sufficient());
}

#[test]
fn a_database_without_anything_like_events_is_refused() {
    let (_folder, path) = store("CREATE TABLE prices (sku, amount); INSERT INTO prices VALUES (1, 2)");
    assert!(proposed(&path).is_none());
}

#[test]
fn a_mapping_gives_events() {
    let (folder, path) = store(JOURNAL);
    let mapping = mapping(
        "journal",
        &[
            (Field::Type, "event_type"),
            (Field::Stream, "entity_id"),
            (Field::Version, "seq"),
            (Field::Position, "no"),
            (Field::OccurredAt, "created_at"),
            (Field::Data, "body"),
            (Field::Metadata, "headers"),
            (Field::CorrelationId, "/headers/user/corr"),
        ],
    );
    let mut reader = open_mapped(&path, folder.path(), &mapping).unwrap();
    assert_eq!(reader.info().format, "mapped-sqlite");
    assert!(reader.info().mapping.contains(&("time".to_owned(), "created_at".to_owned())));
    let read = read_all(&mut *reader);
    let [created, paid] = &read.events[..] else { panic!("{read:?}") };
    assert_eq!(created.event_type, "order.created");
    assert_eq!(created.home().unwrap().stream, StreamName::untyped("o-1"));
    assert_eq!(created.home().unwrap().version, Some(1));
    assert_eq!(created.position, Some(1));
    assert_eq!(created.correlation_id.as_deref(), Some("c-1"));
    assert_eq!(created.data.value().unwrap()["total"].to_string(), "1.10");
    assert_eq!(paid.occurred_at.unwrap().to_string(), "2026-03-01T08:00:05.25Z");
    assert_eq!(paid.data, Payload::Json(JsonText::new("\"plain words\"").unwrap()));
    assert_eq!(paid.metadata, None);
    assert_eq!(paid.correlation_id, None);
    let [issue] = &read.issues[..] else { panic!("{:?}", read.issues) };
    assert_eq!((issue.place.as_str(), issue.problem.as_str()), ("row 3 of journal", "Its type is NULL"));
    let fetched = reader.payloads().unwrap().fetch(&read.locators);
    assert_eq!(fetched, [Ok(created.clone()), Ok(paid.clone())]);
}

#[test]
fn without_a_payload_column_the_rest_of_the_row_is_the_payload() {
    let (folder, path) = store(
        "CREATE TABLE log (kind TEXT, at INTEGER, what TEXT, amount REAL, doc TEXT, bin BLOB, none TEXT);
         INSERT INTO log VALUES ('C', 1772352000123, 'paid', 1.5, '[1,2.50]', x'00FF', NULL)",
    );
    let mapping = mapping("LOG", &[(Field::Type, "what"), (Field::OccurredAt, "at"), (Field::Kind, "kind")]);
    let read = read_all(&mut *open_mapped(&path, folder.path(), &mapping).unwrap());
    let [event] = &read.events[..] else { panic!("{read:?}") };
    assert_eq!(event.kind, EventKind::Command);
    assert_eq!(event.occurred_at.unwrap().to_string(), "2026-03-01T08:00:00.123Z");
    assert!(event.streams.is_empty());
    let expected = r#"{"amount":1.5,"doc":[1,2.50],"bin":"AP8=","none":null}"#;
    assert_eq!(event.data, Payload::Json(JsonText::new(expected).unwrap()));
}

#[test]
fn names_made_to_do_harm_are_only_names() {
    for (table, column, other) in [
        ("a\"; DROP TABLE x; --", "it's \"type\"", "e"),
        ("select", "rowid", "oid"),
        ("sqlite", "e.\"x\"", "_rowid_"),
        ("Größe\u{1f9e6}\n", " ", "[b]"),
    ] {
        let quote = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        let (folder, path) = store(&format!(
            "CREATE TABLE {table} ({column} TEXT, {other} TEXT); CREATE TABLE x (a);
             INSERT INTO {table} VALUES ('t1', 's1'), ('t2', 's2')",
            table = quote(table),
            column = quote(column),
            other = quote(other)
        ));
        let mapping = mapping(table, &[(Field::Type, column), (Field::Stream, other)]);
        let mut reader = open_mapped(&path, folder.path(), &mapping).unwrap();
        let read = read_all(&mut *reader);
        let found: Vec<_> = read
            .events
            .iter()
            .map(|event| (event.event_type.as_str(), event.home().unwrap().stream.id.as_str()))
            .collect();
        assert_eq!(found, [("t1", "s1"), ("t2", "s2")], "{table}");
        assert!(reader.payloads().unwrap().fetch(&read.locators).iter().all(Result::is_ok), "{table}");
        proposed(&path);
    }
}

#[test]
fn a_table_that_hides_its_rowids_is_refused_unless_a_key_stands_in() {
    let fields = [(Field::Type, "rowid"), (Field::Stream, "oid")];
    let (folder, path) = store("CREATE TABLE t (rowid TEXT, oid TEXT, _rowid_ TEXT)");
    let error =
        open_mapped(&path, folder.path(), &mapping("t", &fields)).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("its rows cannot be told apart"), "{error}");
    let (folder, path) = store(
        "CREATE TABLE t (rowid TEXT, oid TEXT, _rowid_ TEXT, n INTEGER PRIMARY KEY);
         INSERT INTO t VALUES ('a', 's', '', 5), ('b', 's', '', -5)",
    );
    let read = read_all(&mut *open_mapped(&path, folder.path(), &mapping("t", &fields)).unwrap());
    let types: Vec<_> = read.events.iter().map(|event| event.event_type.as_str()).collect();
    assert_eq!(types, ["b", "a"]);
}

#[test]
fn keys_of_any_kind_order_a_table_without_rowids() {
    let (folder, path) = store(
        "CREATE TABLE t (k, type TEXT, stream TEXT, PRIMARY KEY (k, type)) WITHOUT ROWID;
         WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
         INSERT INTO t SELECT CASE i % 4 WHEN 0 THEN i WHEN 1 THEN i + 0.5 WHEN 2 THEN CAST(x'FF' || i AS TEXT)
             ELSE CAST(i AS BLOB) END, 't' || i, 's' FROM n",
    );
    let mapping = mapping("t", &[(Field::Type, "type"), (Field::Stream, "stream")]);
    let mut reader = open_mapped(&path, folder.path(), &mapping).unwrap();
    let read = read_all(&mut *reader);
    assert_eq!(read.events.len(), 10_000);
    let some: Vec<_> = read.locators.iter().copied().step_by(977).collect();
    let fetched = reader.payloads().unwrap().fetch(&some);
    for (fetched, event) in fetched.iter().zip(read.events.iter().step_by(977)) {
        assert_eq!(fetched.as_ref(), Ok(event));
    }
}

#[test]
fn a_mapping_that_does_not_fit_says_what_would() {
    let (folder, path) = store(JOURNAL);
    for (mapping, expected) in [
        (mapping("nothing", &[]), "there is no table nothing. Its tables are audit, journal, users"),
        (mapping("journal", &[(Field::Type, "event_type")]), "it needs a type, and a stream or a time"),
        (
            mapping("journal", &[(Field::Type, "typ"), (Field::Stream, "entity_id")]),
            "type is to be typ, which the table journal does not have. Its columns are no, event_type,",
        ),
        (Mapping::default(), "it names no table"),
    ] {
        let error = open_mapped(&path, folder.path(), &mapping).map(|_| ()).unwrap_err().to_string();
        assert!(error.starts_with(&format!("The mapping does not fit: {expected}")), "{error}");
    }
    let error = open_store(&path, folder.path()).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("needs a mapping"), "{error}");
}
