//! Free text is first looked for in the bytes of a file, and only what may carry it is read: that must find what
//! reading every event finds, and must read few.

use proptest::collection::vec;
use proptest::prelude::*;
use sagascope::base::cancel::CancelToken;
use sagascope::engine::{JsonlWriter, OpenLog};
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
    let ground = Ground { log: &open.log, fetch: &fetch, may_hold: None, survey: None, sources: &[] };
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn a_text_is_found_where_reading_every_event_finds_it(
        events in vec(event(), 1..30),
        words in vec(word(), 1..3),
        is_foreign in any::<bool>(),
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
}
