//! One suite for everything that implements the transaction port: events, inbox and outbox as one.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use sagascope::model::{
    AppendError, Appended, Claim, CommitError, EventStore, ExpectedVersion, IdempotencyStore as _, JsonText,
    NewEvent, OutboxMessage, StreamAppend, StreamName, Timestamp, Transaction, TransactionalStore,
};
use sagascope::store::native::{Clock, MemoryEventStore, SqliteEventStore};

use crate::support::{Listing, events_of, open_store};

fn clock() -> Clock {
    Box::new(|| at(0))
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_nanos((1_772_352_000 + second) * 1_000_000_000, 0)
}

/// Runs `test` on an empty store of each kind.
fn on_each(test: impl Fn(&mut dyn TransactionalStore)) {
    test(&mut MemoryEventStore::new(clock()));
    let folder = tempfile::tempdir().unwrap();
    test(&mut SqliteEventStore::open(&folder.path().join("store.db"), clock()).unwrap());
}

fn append(stream: &str, expected: ExpectedVersion, ids: &[&str]) -> StreamAppend {
    let event = |id: &&str| NewEvent {
        id: (*id).to_owned(),
        event_type: "payment.completed.v1".to_owned(),
        ..NewEvent::default()
    };
    StreamAppend { stream: StreamName::untyped(stream), expected, events: ids.iter().map(event).collect() }
}

fn message(sender: &str, id: &str) -> OutboxMessage {
    let body = JsonText::from_value(&serde_json::json!({ "message": id }));
    OutboxMessage { sender: sender.to_owned(), id: id.to_owned(), body }
}

fn claim(key: &str, result: &str, second: i64, ttl: Option<i64>) -> Claim {
    Claim {
        consumer: "payment".to_owned(),
        key: key.to_owned(),
        result: JsonText::new(result).unwrap(),
        claimed_at: at(second),
        expires_at: ttl.map(|ttl| at(second + ttl)),
    }
}

fn unsent(store: &dyn TransactionalStore, sender: &str) -> Vec<String> {
    store.unsent(sender, 100).unwrap().into_iter().map(|row| row.message.id).collect()
}

fn ids(store: &dyn EventStore) -> Vec<String> {
    store.read_all(0, 1_000).unwrap().into_iter().map(|event| event.id.unwrap()).collect()
}

#[test]
fn events_outbox_and_inbox_become_durable_together() {
    on_each(|store| {
        let committed = store
            .commit(&Transaction {
                appends: vec![
                    append("payment-1", ExpectedVersion::NoStream, &["a", "b"]),
                    append("participation-1", ExpectedVersion::Any, &["c"]),
                    append("payment-1", ExpectedVersion::Exactly(2), &["d"]),
                ],
                outbox: vec![message("payment", "d/event"), message("order", "x"), message("payment", "e")],
                claim: Some(claim("s1/process-payment/do", r#"{"id":"a"}"#, 0, None)),
                ..Transaction::default()
            })
            .unwrap();
        let expected = [(2, 2), (1, 3), (3, 4)].map(|(version, position)| Appended { version, position });
        assert_eq!(committed.appended, expected);
        assert_eq!(ids(&*store), ["a", "b", "c", "d"]);
        assert_eq!(unsent(store, "payment"), ["d/event", "e"]);
        assert_eq!(unsent(store, "order"), ["x"]);
        let processed = store.processed("payment", "s1/process-payment/do", at(1)).unwrap().unwrap();
        assert_eq!(processed.result, JsonText::new(r#"{"id":"a"}"#).unwrap());
        assert_eq!(processed.claimed_at, at(0));
    });
}

#[test]
fn one_part_that_fails_leaves_nothing_of_the_others() {
    let fails: [(&str, Vec<StreamAppend>); 3] = [
        ("conflict", vec![append("p", ExpectedVersion::Exactly(7), &["x"])]),
        ("known id", vec![append("q", ExpectedVersion::Any, &["y", "a"])]),
        (
            "conflict with itself",
            vec![
                append("q", ExpectedVersion::NoStream, &["y"]),
                append("q", ExpectedVersion::NoStream, &["z"]),
            ],
        ),
    ];
    on_each(|store| {
        let first = Transaction {
            appends: vec![append("p", ExpectedVersion::NoStream, &["a"])],
            ..Transaction::default()
        };
        store.commit(&first).unwrap();
        for (name, failing) in &fails {
            let mut appends = vec![append("r", ExpectedVersion::NoStream, &["good"])];
            appends.extend(failing.iter().cloned());
            let outbox = vec![message("payment", "m")];
            let transaction =
                Transaction { appends, outbox, claim: Some(claim("k", "1", 0, None)), position: None };
            assert!(matches!(store.commit(&transaction), Err(CommitError::Append(_))), "{name}");
            assert_eq!(ids(&*store), ["a"], "{name}");
            assert!(unsent(store, "payment").is_empty(), "{name}");
            assert_eq!(store.processed("payment", "k", at(0)).unwrap(), None, "{name}");
        }
        let good = Transaction {
            appends: vec![append("r", ExpectedVersion::NoStream, &["good"])],
            ..Transaction::default()
        };
        assert_eq!(store.commit(&good).unwrap().appended, [Appended { version: 1, position: 2 }]);
    });
}

#[test]
fn a_writer_that_counts_along_is_refused_when_others_wrote() {
    on_each(|store| {
        let at = |position: i64, id: &str| Transaction {
            appends: vec![append(id, ExpectedVersion::NoStream, &[id])],
            outbox: vec![message("payment", id)],
            position: Some(position),
            ..Transaction::default()
        };
        store.commit(&at(1, "a")).unwrap();
        for wrong in [1, 3] {
            match store.commit(&at(wrong, "b")) {
                Err(CommitError::Moved { expected, actual }) => assert_eq!((expected, actual), (wrong, 2)),
                other => panic!("{wrong}: {other:?}"),
            }
        }
        assert_eq!((ids(&*store), unsent(&*store, "payment")), (vec!["a".to_owned()], vec!["a".to_owned()]));
        store.commit(&at(2, "b")).unwrap();
        assert_eq!(ids(&*store), ["a", "b"]);
    });
}

#[test]
fn a_claimed_message_is_handled_whatever_was_answered() {
    for result in ["null", "0", "\"\"", "{}", "[]", "false"] {
        on_each(|store| {
            let handling = |id: &str| Transaction {
                appends: vec![append("p", ExpectedVersion::Any, &[id])],
                outbox: vec![message("payment", id)],
                claim: Some(claim("k", result, 0, None)),
                ..Transaction::default()
            };
            store.commit(&handling("a")).unwrap();
            match store.commit(&handling("b")) {
                Err(CommitError::Processed { processed }) => {
                    assert_eq!(processed, claim("k", result, 0, None));
                }
                other => panic!("{result}: {other:?}"),
            }
            assert_eq!(ids(&*store), ["a"], "{result}");
            assert_eq!(unsent(store, "payment"), ["a"], "{result}");
        });
    }
}

#[test]
fn a_claim_ends_with_its_time_to_live() {
    on_each(|store| {
        let claimed =
            |second, ttl| Transaction { claim: Some(claim("k", "1", second, ttl)), ..Transaction::default() };
        store.commit(&claimed(0, Some(10))).unwrap();
        assert!(store.processed("payment", "k", at(9)).unwrap().is_some());
        assert!(store.commit(&claimed(9, None)).is_err(), "the last instant at which it counts");
        assert_eq!(store.processed("payment", "k", at(10)).unwrap(), None);
        store.commit(&claimed(10, Some(5))).unwrap();
        assert!(store.processed("payment", "k", at(14)).unwrap().is_some(), "the new claim has its own time");
        assert_eq!(store.remove_expired(at(14)).unwrap(), 0);
        assert_eq!(store.remove_expired(at(15)).unwrap(), 1);
        store.commit(&claimed(15, None)).unwrap();
        assert_eq!(store.remove_expired(at(1_000_000)).unwrap(), 0, "without a time to live it stays");
    });
}

#[test]
fn consumers_and_keys_are_told_apart() {
    on_each(|store| {
        for (consumer, key) in [("a", "bc"), ("ab", "c"), ("", "abc"), ("abc", "")] {
            let claim = Claim { consumer: consumer.to_owned(), ..claim(key, "1", 0, None) };
            store.commit(&Transaction { claim: Some(claim), ..Transaction::default() }).unwrap();
        }
    });
}

#[test]
fn messages_are_unsent_in_order_until_they_are_marked() {
    on_each(|store| {
        assert!(store.unsent("payment", 10).unwrap().is_empty());
        store.mark_sent(&[1, 2]).unwrap();
        for id in ["a", "b", "c", "a"] {
            let outbox = vec![message("payment", id)];
            store.commit(&Transaction { outbox, ..Transaction::default() }).unwrap();
        }
        let rows = store.unsent("payment", 2).unwrap();
        assert_eq!(rows.iter().map(|row| row.message.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        store.mark_sent(&[rows[1].sequence, rows[1].sequence, 1_000_000, -5, i64::MIN]).unwrap();
        assert_eq!(unsent(store, "payment"), ["a", "c", "a"], "an id may come again: consumers know it");
        let all: Vec<i64> = store.unsent("payment", 10).unwrap().iter().map(|row| row.sequence).collect();
        assert!(all.is_sorted());
        store.mark_sent(&all).unwrap();
        assert!(unsent(store, "payment").is_empty());
    });
}

#[test]
fn two_handlers_of_one_message_commit_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let mut first = SqliteEventStore::open(&path, clock()).unwrap();
    let mut second = SqliteEventStore::open(&path, clock()).unwrap();
    let handling = |id: &str| Transaction {
        appends: vec![append("p", ExpectedVersion::Any, &[id])],
        outbox: vec![message("payment", id)],
        claim: Some(claim("k", "null", 0, None)),
        ..Transaction::default()
    };
    // Both looked the key up and found nothing.
    assert_eq!(second_look(&second), None);
    first.commit(&handling("a")).unwrap();
    assert!(matches!(second.commit(&handling("b")), Err(CommitError::Processed { .. })));
    assert!(second_look(&second).is_some());
    assert_eq!(ids(&second), ["a"]);
    assert_eq!(unsent(&second, "payment"), ["a"]);
}

fn second_look(store: &dyn TransactionalStore) -> Option<Claim> {
    store.processed("payment", "k", at(0)).unwrap()
}

#[test]
fn the_tables_are_made_when_they_are_used_and_events_are_read_as_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let tables = || -> Vec<String> {
        let connection = rusqlite::Connection::open(&path).unwrap();
        let mut statement =
            connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").unwrap();
        let names = statement.query_map([], |row| row.get(0)).unwrap();
        names.map(Result::unwrap).collect()
    };
    let mut store = SqliteEventStore::open(&path, clock()).unwrap();
    store
        .append(
            &StreamName::untyped("p"),
            ExpectedVersion::Any,
            &append("p", ExpectedVersion::Any, &["a"]).events,
        )
        .unwrap();
    assert_eq!(store.processed("payment", "k", at(0)).unwrap(), None);
    assert_eq!(store.remove_expired(at(0)).unwrap(), 0);
    let only_events = Transaction {
        appends: vec![append("p", ExpectedVersion::Exactly(1), &["b"])],
        ..Transaction::default()
    };
    store.commit(&only_events).unwrap();
    assert_eq!(tables(), ["event_streams", "events"], "an old file stays as it is");

    let failing = Transaction {
        appends: vec![append("p", ExpectedVersion::NoStream, &["x"])],
        claim: Some(claim("k", "1", 0, None)),
        ..Transaction::default()
    };
    assert!(store.commit(&failing).is_err());
    assert_eq!(tables(), ["event_streams", "events"], "a commit that failed made none");
    let claimed = Transaction { claim: failing.claim, ..Transaction::default() };
    store.commit(&claimed).unwrap();
    assert_eq!(tables(), ["event_streams", "events", "inbox", "outbox"]);
    drop(store);

    assert_eq!(open_store(&path, folder.path()).unwrap().info().format, "sagascope-sqlite");
    assert_eq!(events_of(&path).len(), 2);
    let before = Listing::of(folder.path());
    assert_eq!(events_of(&path).len(), 2);
    assert_eq!(Listing::of(folder.path()), before);
}

/// What is done to a store.
#[derive(Clone, Debug)]
enum Act {
    Commit(Transaction),
    Append(StreamAppend),
    RemoveExpired(i64),
    MarkSent(Vec<i64>),
    Reopen,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let expected = prop_oneof![
        3 => Just(ExpectedVersion::Any),
        1 => Just(ExpectedVersion::NoStream),
        2 => (0..4_i64).prop_map(ExpectedVersion::Exactly),
    ];
    let appended = (0..3_u8, expected, vec(0..40_u8, 0..3)).prop_map(|(stream, expected, ids)| {
        let ids: Vec<String> = ids.iter().map(|id| format!("e{id}")).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        append(&format!("s{stream}"), expected, &ids)
    });
    let messages = vec((0..2_u8, 0..9_u8), 0..3).prop_map(|messages| {
        messages.iter().map(|(sender, id)| message(&format!("o{sender}"), &format!("m{id}"))).collect()
    });
    let claimed =
        (0..3_u8, 0..20_i64, option::of(0..9_i64), 0..3_usize).prop_map(|(key, second, ttl, result)| {
            claim(&format!("k{key}"), ["null", "0", "[1]"][result], second, ttl)
        });
    let transaction = (vec(appended.clone(), 0..3), messages, option::of(claimed))
        .prop_map(|(appends, outbox, claim)| Transaction { appends, outbox, claim, position: None });
    vec(
        prop_oneof![
            8 => transaction.prop_map(Act::Commit),
            2 => appended.prop_map(Act::Append),
            1 => (0..30_i64).prop_map(Act::RemoveExpired),
            2 => vec(0..12_i64, 0..4).prop_map(Act::MarkSent),
            1 => Just(Act::Reopen),
        ],
        0..25,
    )
}

/// The ports as simply as they can be written: everything is copied before a commit, and put back after a failure.
#[derive(Clone, Debug, Default)]
struct Naive {
    /// Stream and id of every event.
    events: Vec<(String, String)>,
    claims: Vec<Claim>,
    /// Sender, id and whether it was sent.
    messages: Vec<(String, String, bool)>,
}

impl Naive {
    fn version(&self, stream: &str) -> i64 {
        self.events.iter().filter(|(of, _)| of == stream).count() as i64
    }

    fn append(&mut self, append: &StreamAppend) -> Result<(), String> {
        let (stream, version) = (&append.stream.id, self.version(&append.stream.id));
        let fits = match append.expected {
            ExpectedVersion::Any => true,
            ExpectedVersion::NoStream => version == 0,
            ExpectedVersion::Exactly(expected) => version == expected,
        };
        if !fits {
            return Err(format!("conflict {stream} {version}"));
        }
        for event in &append.events {
            if self.events.iter().any(|(_, id)| *id == event.id) {
                return Err(format!("duplicate {}", event.id));
            }
            self.events.push((stream.clone(), event.id.clone()));
        }
        Ok(())
    }

    fn processed(&self, key: &str, now: Timestamp) -> Option<&Claim> {
        self.claims.iter().find(|claim| claim.key == key && claim.expires_at.is_none_or(|end| end > now))
    }

    fn commit(&mut self, transaction: &Transaction) -> Result<(), String> {
        if let Some(claim) = &transaction.claim {
            if let Some(there) = self.processed(&claim.key, claim.claimed_at) {
                return Err(format!("processed {}", there.result.as_str()));
            }
            self.claims.retain(|there| there.key != claim.key);
            self.claims.push(claim.clone());
        }
        for append in &transaction.appends {
            self.append(append)?;
        }
        for message in &transaction.outbox {
            self.messages.push((message.sender.clone(), message.id.clone(), false));
        }
        Ok(())
    }

    /// Does `change`, all or nothing.
    fn attempt(&mut self, change: impl FnOnce(&mut Self) -> Result<(), String>) -> Result<(), String> {
        let mut changed = self.clone();
        change(&mut changed)?;
        *self = changed;
        Ok(())
    }
}

fn said(error: &CommitError) -> String {
    match error {
        CommitError::Processed { processed } => format!("processed {}", processed.result.as_str()),
        CommitError::Moved { actual, .. } => format!("moved {actual}"),
        CommitError::Append(AppendError::Conflict { stream, actual, .. }) => {
            format!("conflict {} {actual}", stream.id)
        }
        CommitError::Append(AppendError::DuplicateId(id)) => format!("duplicate {id}"),
        CommitError::Append(AppendError::Store(fault)) => panic!("{fault}"),
    }
}

/// Does one act to both, and compares all that can be read.
fn compare(store: &mut dyn TransactionalStore, naive: &mut Naive, act: &Act) {
    match act {
        Act::Commit(transaction) => {
            let done = store.commit(transaction).map(|committed| {
                let versions: Vec<i64> = committed.appended.iter().map(|appended| appended.version).collect();
                assert_eq!(versions.len(), transaction.appends.len());
            });
            assert_eq!(
                done.map_err(|error| said(&error)),
                naive.attempt(|naive| naive.commit(transaction)),
                "{act:?}"
            );
        }
        Act::Append(append) => {
            let done = store.append(&append.stream, append.expected, &append.events).map(|appended| {
                assert_eq!(appended.version - append.events.len() as i64, naive.version(&append.stream.id));
            });
            let done = done.map_err(|error| said(&CommitError::Append(error)));
            assert_eq!(done, naive.attempt(|naive| naive.append(append)), "{act:?}");
        }
        Act::RemoveExpired(second) => {
            let before = naive.claims.len();
            naive.claims.retain(|claim| claim.expires_at.is_none_or(|end| end > at(*second)));
            assert_eq!(store.remove_expired(at(*second)).unwrap(), (before - naive.claims.len()) as u64);
        }
        Act::MarkSent(sequences) => {
            store.mark_sent(sequences).unwrap();
            for sequence in sequences {
                if let Some(message) = naive.messages.get_mut((sequence - 1).max(0) as usize)
                    && *sequence > 0
                {
                    message.2 = true;
                }
            }
        }
        Act::Reopen => {}
    }
    let naive_ids: Vec<&String> = naive.events.iter().map(|(_, id)| id).collect();
    assert_eq!(ids(&*store).iter().collect::<Vec<_>>(), naive_ids);
    for stream in ["s0", "s1", "s2"] {
        let events = store.read_stream(&StreamName::untyped(stream), 0).unwrap();
        let versions: Vec<_> = events.iter().map(|event| event.home().unwrap().version.unwrap()).collect();
        assert_eq!(versions, (1..=naive.version(stream)).collect::<Vec<_>>());
    }
    for sender in ["o0", "o1"] {
        let messages = naive.messages.iter().filter(|(of, _, is_sent)| of == sender && !is_sent);
        assert_eq!(unsent(store, sender), messages.map(|(_, id, _)| id.clone()).collect::<Vec<_>>());
    }
    for (key, second) in [("k0", 0), ("k0", 9), ("k1", 5), ("k2", 19)] {
        let processed = store.processed("payment", key, at(second)).unwrap();
        assert_eq!(processed.as_ref(), naive.processed(key, at(second)), "{key} at {second}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_history_is_the_same_in_memory_on_disk_and_in_a_naive_model(acts in acts()) {
        let (mut naive, mut memory) = (Naive::default(), MemoryEventStore::new(clock()));
        for act in &acts {
            compare(&mut memory, &mut naive, act);
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let (mut naive, mut store) = (Naive::default(), SqliteEventStore::open(&path, clock()).unwrap());
        for act in &acts {
            if matches!(act, Act::Reopen) {
                drop(store);
                store = SqliteEventStore::open(&path, clock()).unwrap();
            }
            compare(&mut store, &mut naive, act);
        }
    }
}
