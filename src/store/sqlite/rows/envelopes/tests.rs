//! The quick way against the whole one, over rows that are odd in one cell each.

use std::path::Path;

use rusqlite::Connection;

use crate::model::{Envelope, Envelopes, Locator, ReadIssue};
use crate::store::mapping::{Field, Mapping};
use crate::store::{EnvelopeBatch, OpenRequest, ReadBatch, StoreReader, look, open};

const OWN: &str = "CREATE TABLE events (sequence INTEGER PRIMARY KEY, position, event_id, kind, type, schema_version,
    stream_id, aggregate_type, version, role, occurred_at, recorded_at, correlation_id, causation_id, data, data_bytes,
    data_encoding, metadata, warnings);
  CREATE TABLE event_streams (sequence INTEGER NOT NULL, ordinal INTEGER NOT NULL, stream_id TEXT NOT NULL,
    aggregate_type TEXT, version INTEGER, role TEXT, PRIMARY KEY (sequence, ordinal)) WITHOUT ROWID;";

/// A row of `OWN` as rows usually are, but its sequence.
const OWN_ROW: &str = "abs(n), printf('6fa459ea-ee8a-4ca4-894e-%012d', n), 'event', 'order.paid', '2', 'order-' || (n % 7),
    'Order', n / 7, NULL, '2026-03-01T19:02:26.013Z', NULL, 'c' || (n % 5), 'cause ' || (n - 1), '{\"total\":1.10}', NULL, NULL,
    '{\"user\":\"u\"}', NULL";

const EMMETT: &str = "CREATE TABLE emt_messages (stream_id, stream_position, message_kind, message_data,
    message_metadata, message_type, message_id, global_position INTEGER PRIMARY KEY, created);";

const CQRS: &str =
    "CREATE TABLE events (id INTEGER PRIMARY KEY, aggregate_type, aggregate_id, sequence, event_type,
    event_version, payload, metadata);";

const OTHER: &str = "CREATE TABLE things (n INTEGER PRIMARY KEY, what, whose, at, said, beside);";

/// What a cell may hold that is not what its column is for.
const ODD: [&str; 15] = [
    "NULL",
    "7",
    "1.5",
    "''",
    "' '",
    "'text'",
    "'1772352000'",
    "'2026-03-01'",
    "x'FF00'",
    "CAST('{\"total\":2}' AS BLOB)",
    "CAST(x'61FF62' AS TEXT)",
    "CAST(x'22' || x'FF' || x'22' AS TEXT)",
    "'{\"half\":\"\\ud83d\",\"correlation_id\":\"c\"}'",
    "'half \\ud83d'",
    "replace(printf('%200c', 'x'), ' ', '[') || replace(printf('%200c', 'x'), ' ', ']')",
];

/// Locator, envelope in words, streams in words.
type Kept = (Locator, String, String);

fn kept(envelopes: &Envelopes) -> Vec<Kept> {
    let words = |envelope: Envelope<'_>| format!("{envelope:?}");
    envelopes
        .iter()
        .map(|packed| {
            let streams: Vec<String> = packed.members().map(|member| format!("{member:?}")).collect();
            (packed.locator(), words(packed.envelope()), streams.join("; "))
        })
        .collect()
}

fn reader(path: &Path, mapping: Option<&Mapping>) -> Box<dyn StoreReader> {
    let cache = path.parent().unwrap();
    let shape = look(path, cache).unwrap();
    open(&OpenRequest { path, shape: &shape, cache_dir: cache }, None, mapping).unwrap()
}

/// Reads the store in both ways; gives how many events there were, and how many with a repair.
fn check(sql: &str, mapping: Option<&Mapping>) -> (usize, usize, Vec<ReadIssue>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    Connection::open(&path).unwrap().execute_batch(sql).unwrap();

    let (mut whole, mut of_whole) = (reader(&path, mapping), Envelopes::default());
    let mut batch = ReadBatch::default();
    while !whole.read_batch(&mut batch).unwrap().finished {}
    for (locator, event) in &batch.events {
        of_whole.add_event(*locator, event);
    }
    let (mut quick, mut events, mut issues) = (reader(&path, mapping), Vec::new(), Vec::new());
    loop {
        let mut step = EnvelopeBatch::default();
        let progress = quick.read_envelopes(&mut step).unwrap();
        events.extend(kept(&step.envelopes));
        issues.append(&mut step.issues);
        if progress.finished {
            break;
        }
    }
    for (one, other) in events.iter().zip(kept(&of_whole)) {
        assert_eq!(*one, other);
    }
    assert_eq!(events.len(), of_whole.len());
    assert_eq!(issues, batch.issues);
    let locators: Vec<Locator> = events.iter().map(|(locator, ..)| *locator).collect();
    let again = quick.payloads().unwrap().fetch(&locators);
    assert!(again.iter().zip(&batch.events).all(|(again, (_, event))| again.as_ref() == Ok(event)));
    let repaired = batch.events.iter().filter(|(_, event)| !event.warnings.is_empty()).count();
    (events.len(), repaired, issues)
}

/// Copies of the first row of `table`, each with something odd in one of `columns`.
fn odd_rows(table: &str, columns: &[&str]) -> String {
    let mut sql = Vec::new();
    for (at, column) in columns.iter().enumerate() {
        for (index, odd) in ODD.iter().enumerate() {
            // Between the usual rows, so that odd ones come one by one.
            let key = 2 + (at * ODD.len() + index) * 3;
            sql.push(format!("UPDATE {table} SET {column} = {odd} WHERE rowid = {key};\n"));
        }
    }
    sql.concat()
}

fn many(table: &str, row: &str, count: usize) -> String {
    format!(
        "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {count})
         INSERT INTO {table} SELECT {row} FROM c;\n"
    )
}

#[test]
fn an_own_store_is_read_quickly_as_it_is_read_whole() {
    let columns = [
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
    let rows = many("events", &format!("n, {OWN_ROW}"), 9_000);
    let odd = odd_rows("events", &columns);
    let begin = format!("{OWN} {rows} {odd}");
    let (events, repaired, issues) = check(&begin, None);
    assert_eq!(events + issues.len(), 9_000);
    assert!(repaired > 50 && issues.len() > 10, "{repaired} {}", issues.len());

    // Further streams of a few events: of the first, of odd ones, of two in a row, and of the last.
    let further = "INSERT INTO event_streams SELECT sequence, 1 + sequence % 2, 'cart-' || sequence, 'Cart', sequence, NULL
         FROM events WHERE sequence IN (1, 5, 41, 3000, 3001, 5000, 8999, 9000);
         INSERT INTO event_streams VALUES (5, 0, 'x', NULL, NULL, CAST(x'61FF62' AS TEXT)), (77777, 1, 'y', NULL, 1, NULL);";
    assert_eq!(check(&format!("{begin} {further}"), None).0, events);
}

#[test]
fn stores_of_others_are_read_without_payloads_as_with_them() {
    let columns = [
        "stream_id",
        "stream_position",
        "message_kind",
        "message_data",
        "message_metadata",
        "message_type",
        "message_id",
        "created",
    ];
    let row =
        "'s' || (n % 7), n / 7, 'E', '{\"total\":1}', '{\"correlationId\":\"c\"}', 'Paid', 'id' || n, n, n";
    let sql = format!("{EMMETT} {} {}", many("emt_messages", row, 5_000), odd_rows("emt_messages", &columns));
    assert!(check(&sql, None).1 > 10);

    let columns =
        ["aggregate_type", "aggregate_id", "sequence", "event_type", "event_version", "payload", "metadata"];
    let row = "n, 'Order', 'o' || (n % 7), n / 7, 'Paid', '1', '{\"Paid\":{\"total\":1}}', '{\"time\":\"2026-03-01T08:00:00Z\"}'";
    let sql = format!("{CQRS} {} {}", many("events", row, 5_000), odd_rows("events", &columns));
    assert!(check(&sql, None).1 > 10);

    let columns = ["what", "whose", "at", "said", "beside"];
    let row = "n, 'paid', 'o' || (n % 7), '2026-03-01T08:00:00Z', '{\"total\":1}', '{\"user\":\"u\"}'";
    let sql = format!("{OTHER} {} {}", many("things", row, 5_000), odd_rows("things", &columns));
    let field = |field, column: &str| (field, column.to_owned());
    let named =
        vec![field(Field::Type, "what"), field(Field::Stream, "whose"), field(Field::OccurredAt, "at")];
    let mut mapping = Mapping { table: Some("things".to_owned()), ..Mapping::default() };
    mapping.fields = named.into_iter().collect();
    assert!(check(&sql, Some(&mapping)).1 > 5);
    mapping.fields.extend([field(Field::Data, "said"), field(Field::Metadata, "beside")]);
    assert!(check(&sql, Some(&mapping)).1 > 10);
}
