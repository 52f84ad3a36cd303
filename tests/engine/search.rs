//! Free text is first looked for in the bytes of a file, and only what may carry it is read: that must find what
//! reading every event finds, and must read few.

use std::io::Write as _;

use proptest::collection::vec;
use proptest::prelude::*;
use sagascope::base::cancel::CancelToken;
use sagascope::engine::{Dirs, JsonlWriter, LoadItem, Loader, OpenLog, export};
use sagascope::index::SEGMENT;
use sagascope::model::{FetchError, JsonText, Membership, Payload, RecordedEvent, Row, StreamName};
use sagascope::query::{Found, Ground, Query, select};
use serde_json::json;

use crate::support::open_log;

fn found(open: &OpenLog, query: &str) -> Found {
    let query = Query::parse(query).unwrap();
    open.select(&query, None, &CancelToken::default(), &mut |_, _| {}).unwrap()
}

/// What reading every event finds.
fn read(open: &OpenLog, query: &str) -> Found {
    let query = Query::parse(query).unwrap();
    let fetch = |rows: &[Row]| -> Vec<Result<RecordedEvent, FetchError>> { open.pool.fetch(&open.log, rows) };
    let ground =
        Ground { log: &open.log, fetch: &fetch, may_hold: None, kept: None, survey: None, sources: &[] };
    select(&ground, &query, &CancelToken::default(), &mut |_, _| {}).unwrap()
}

/// Letters that one writes in several ways, and marks that JSON or a layout adds.
fn word() -> impl Strategy<Value = String> {
    vec(
        prop::sample::select(vec![
            "a", "B", "k", "\u{212A}", "i", "\u{130}", "ö", "\\", "\"", "\n", "1", ".", " ", ",",
        ]),
        1..4,
    )
    .prop_map(|letters| letters.concat())
}

fn event() -> impl Strategy<Value = RecordedEvent> {
    let names = prop::sample::select(vec!["paid", "Booked", "ask"]);
    (names.clone(), names, word(), word(), 0..4_u8).prop_map(|(event_type, stream, one, other, kind)| {
        let json = |value: serde_json::Value| JsonText::new(&value.to_string()).unwrap();
        RecordedEvent {
            event_type: event_type.to_owned(),
            streams: vec![Membership { stream: StreamName::untyped(stream), version: None, role: None }],
            data: match kind {
                0 => Payload::Opaque { bytes: one.into_bytes().into(), encoding: "bytes".into() },
                1 => Payload::Missing,
                _ => Payload::Json(json(json!({ "name": one, "list": [1, other.clone()] }))),
            },
            metadata: (kind > 2).then(|| json(json!({ "by": other }))),
            ..RecordedEvent::default()
        }
    })
}

/// The same in keys of its own: what is no field becomes metadata, under names that no record has.
fn foreign(event: &RecordedEvent) -> String {
    let data = match &event.data {
        Payload::Json(text) => text.value(),
        _ => serde_json::Value::Null,
    };
    let metadata = event.metadata.as_ref().map(JsonText::value);
    let stream = &event.streams[0].stream.id;
    json!({"type": event.event_type, "stream_id": stream, "data": data, "metadata": metadata, "by": "a1"})
        .to_string()
}

/// What of the log is in memory.
#[derive(Clone, Copy, Debug)]
enum Kept {
    Nothing,
    All,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn a_text_is_found_where_reading_every_event_finds_it(
        events in vec(event(), 1..30),
        words in vec(word(), 1..3),
        is_foreign in any::<bool>(),
        kept in prop::sample::select(vec![Kept::Nothing, Kept::All]),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.jsonl");
        let text = if is_foreign {
            events.iter().map(foreign).collect::<Vec<_>>().join("\n")
        } else {
            let mut writer = JsonlWriter::new(Vec::new());
            for event in &events {
                writer.write(event).unwrap();
            }
            String::from_utf8(writer.finish().unwrap()).unwrap()
        };
        std::fs::write(&path, text).unwrap();
        let open = open_log(&path);
        match kept {
            Kept::Nothing => {}
            Kept::All => open.keep_texts(u64::MAX, &CancelToken::default()),
        }
        let quoted: Vec<String> = words.iter().map(|word| json!(word).to_string()).collect();
        let first = &quoted[0];
        for query in [
            quoted.join(" "),
            quoted.join(" or "),
            format!("-{first}"),
            format!("{first} or type:paid"),
            format!("{first} has:data.name"),
            "metadata".to_owned(),
            "\"record.b\"".to_owned(),
            "ask".to_owned(),
        ] {
            let (found, read) = (found(&open, &query), read(&open, &query));
            prop_assert_eq!(found.marks.ranked(&open.log), read.marks.ranked(&open.log), "{}", query);
            prop_assert!(found.read <= read.read);
        }
    }
}

#[test]
fn only_events_that_may_carry_a_text_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    let lines = (0..3_000).map(|number| {
        let name = match number {
            7 | 2_999 => "a needle",
            8 => "N\u{c4}DEL",
            9 => "tab\t",
            _ => "hay",
        };
        json!({"type": "found", "stream": "s", "version": number + 1, "data": {"name": name}}).to_string()
    });
    std::fs::write(&path, lines.collect::<Vec<_>>().join("\n")).unwrap();
    let open = open_log(&path);
    for (query, matching, looked_into) in [
        ("NEEDLE", 2, 3),
        ("needle or tab", 3, 3),
        ("needle data.name=hay", 0, 3),
        ("type:found needle", 2, 3),
        ("\"n\u{e4}del\"", 1, 3_000),
        ("-needle", 2_998, 3_000),
        ("nowhere", 0, 1),
    ] {
        let found = found(&open, query);
        assert_eq!((found.marks.len(), found.read), (matching, looked_into), "{query}");
    }
    // Kept in memory, only what carries it is read, whatever it is written with.
    open.keep_texts(u64::MAX, &CancelToken::default());
    for (query, matching, looked_into) in [
        ("NEEDLE", 2, 2),
        ("needle or tab", 3, 3),
        ("needle data.name=hay", 0, 2),
        ("type:found needle", 2, 2),
        ("\"n\u{e4}del\"", 1, 1),
        ("\"tab\t\"", 1, 1),
        ("-needle", 2_998, 2),
        ("nowhere", 0, 0),
    ] {
        let found = found(&open, query);
        assert_eq!((found.marks.len(), found.read), (matching, looked_into), "{query}");
    }
}

/// Rows of a database are written anew in their places: what was kept of them counts no more.
#[test]
fn a_payload_that_was_changed_since_is_found_by_what_it_says_now() {
    let folder = tempfile::tempdir().unwrap();
    let (lines, path) = (folder.path().join("log.jsonl"), folder.path().join("log.db"));
    std::fs::write(&lines, r#"{"type":"sent","stream":"s","data":{"to":"Lima"}}"#.to_owned() + "\n").unwrap();
    export(&open_log(&lines), &path, &CancelToken::default(), &mut |_| {}).unwrap();
    let open = open_log(&path);
    open.keep_texts(u64::MAX, &CancelToken::default());
    assert!(open.pool.arena().bytes() > 0);
    assert_eq!(found(&open, "zanzibar").marks.len(), 0);
    let database = rusqlite::Connection::open(&path).unwrap();
    let changed = database
        .execute(
            "UPDATE events SET data = '{\"to\":\"Zanzibar\"}' WHERE rowid = (SELECT max(rowid) FROM events)",
            [],
        )
        .unwrap();
    assert_eq!(changed, 1);
    drop(database);
    assert_eq!(found(&open, "zanzibar").marks.len(), 1);
    // Kept anew it would be wrong again with the next change.
    open.keep_texts(u64::MAX, &CancelToken::default());
    assert_eq!(open.pool.arena().bytes(), 0);
    assert_eq!(found(&open, "zanzibar").marks.len(), 1);
}

/// A log of several segments of which some are kept, and some events came later.
#[test]
fn what_is_not_kept_is_searched_in_its_source() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    let total = 2 * SEGMENT + 300;
    let line = |number: usize| {
        let name = if number.is_multiple_of(1_000) { "needle" } else { "hay" };
        json!({"type": "found", "stream": "s", "version": number + 1, "data": {"name": name}}).to_string()
            + "\n"
    };
    std::fs::write(&path, (0..total).map(line).collect::<String>()).unwrap();
    let never = CancelToken::default();
    let (limited, cancelled) = (open_log(&path), open_log(&path));
    limited.keep_texts(1, &never);
    assert!(limited.pool.arena().bytes() > 1, "the first segment is begun while there is room");
    let given_up = CancelToken::default();
    given_up.cancel();
    cancelled.keep_texts(u64::MAX, &given_up);
    assert_eq!(cancelled.pool.arena().bytes(), 0);
    for open in [&limited, &cancelled] {
        let found = found(open, "needle");
        let ordinals: Vec<usize> = found.marks.rows().map(Row::ordinal).collect();
        assert!(ordinals.iter().copied().eq((0..total).step_by(1_000)), "{ordinals:?}");
    }
    // A log that has grown since: the new events are looked for in the file.
    let mut loader = Loader::new(Dirs::in_folder(folder.path().join("own")));
    loader.load(&LoadItem::detected(&path), &never, &mut |_, _| {}).unwrap();
    let before = loader.publish();
    before.keep_texts(u64::MAX, &never);
    let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
    for number in total..total + 1_200 {
        file.write_all(line(number).as_bytes()).unwrap();
    }
    loader.look(&never, &mut |_, _| {});
    let after = loader.publish();
    assert_eq!(after.log.len(), total + 1_200);
    let expected = (0..total + 1_200).step_by(1_000).count() as u64;
    assert_eq!(found(&after, "needle").marks.len(), expected);
    after.keep_texts(u64::MAX, &never);
    let found = found(&after, "needle");
    assert_eq!((found.marks.len(), found.read), (expected, expected));
}
