//! JSON stores from the outside: detected, read to their end, and read again event by event. Real samples, and
//! files broken in every way.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use sagascope::model::{FetchError, Payload, ReadIssue, RecordedEvent, StreamName};
use sagascope::store::mapping::{Field, Mapping};
use sagascope::store::shape::Shape;
use sagascope::store::{
    Detection, FORMATS, JsonlWriter, OpenRequest, ReadBatch, SourceInfo, StoreError, StoreReader, detect,
    look, open,
};
use tempfile::TempDir;

/// A file read to its end.
struct Read {
    reader: Box<dyn StoreReader>,
    info: SourceInfo,
    events: Vec<RecordedEvent>,
    issues: Vec<ReadIssue>,
    locators: Vec<sagascope::model::Locator>,
}

fn opened(path: &Path, mapping: Option<&Mapping>) -> Result<Box<dyn StoreReader>, StoreError> {
    let cache = tempfile::tempdir().unwrap();
    let shape = look(path, cache.path())?;
    open(&OpenRequest { path, shape: &shape, cache_dir: cache.path() }, None, mapping)
}

/// Reads `path` to its end and checks what every source owes: progress, and the same event when fetched again.
fn read(path: &Path, mapping: Option<&Mapping>) -> Result<Read, StoreError> {
    let mut reader = opened(path, mapping)?;
    let mut batch = ReadBatch::default();
    let mut done = 0;
    loop {
        let before = batch.events.len();
        let progress = reader.read_batch(&mut batch)?;
        assert!(batch.events.len() - before <= sagascope::base::limits::READ_BATCH_EVENTS);
        assert!(progress.done >= done && progress.total.is_some_and(|total| progress.done <= total));
        done = progress.done;
        if progress.finished {
            break;
        }
    }
    let (locators, events): (Vec<_>, Vec<_>) = batch.events.into_iter().unzip();
    let again = reader.payloads()?.fetch(&locators);
    for (event, again) in events.iter().zip(again) {
        assert_eq!(again.as_ref(), Ok(event));
    }
    Ok(Read { info: reader.info().clone(), reader, events, issues: batch.issues, locators })
}

fn written(content: impl AsRef<[u8]>) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.dat");
    std::fs::write(&path, content).unwrap();
    (folder, path)
}

fn read_text(content: impl AsRef<[u8]>) -> Result<Read, StoreError> {
    let (_folder, path) = written(content);
    read(&path, None)
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// A sample that lies beside the repository or where `SAGASCOPE_SAMPLES` says, if it is there.
fn sample(name: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/samples");
    let folders = [std::env::var_os("SAGASCOPE_SAMPLES").map(PathBuf::from), Some(beside)];
    let found = folders.into_iter().flatten().map(|folder| folder.join(name)).find(|path| path.is_file());
    if found.is_none() {
        println!("skipped: no sample {name}");
    }
    found
}

fn check_shop_week(path: &Path) {
    let shop = read(path, None).unwrap();
    assert_eq!(shop.info.format, "json-events");
    assert_eq!((shop.events.len(), shop.issues.len()), (3_776, 0));
    let mapping: Vec<String> =
        shop.info.mapping.iter().map(|(field, key)| format!("{field}={key}")).collect();
    assert_eq!(
        mapping.join(" "),
        "type=type stream=stream_id aggregate type=stream_type version=version time=at id=message_id \
         position=global data=data metadata=extra correlation=correlation_id causation=causation_id"
    );
    assert!(shop.info.notes.is_empty(), "{:?}", shop.info.notes);
    let first = &shop.events[0];
    assert_eq!(first.position, Some(0));
    assert_eq!(first.id.as_deref(), Some("609e467a-da67-4f81-8a11-9b9e16bc1732"));
    assert_eq!(first.event_type, "StockReceived");
    assert_eq!(first.home().unwrap().stream, StreamName::new("Inventory", "SKU-000"));
    assert_eq!(first.home().unwrap().version, Some(0));
    assert_eq!(first.occurred_at.unwrap().to_string(), "2026-03-01T08:00:00.000000Z");
    assert_eq!(first.correlation_id.as_deref(), Some("8f7b7676-d015-40dc-ac63-888f28f00481"));
    assert_eq!(first.causation_id, first.id);
    assert_eq!(first.metadata, None);
    assert_eq!(first.data.value().unwrap()["name"], "Kaffeemühle „Größe XL“");
    let hostile = shop.events[39].data.value().unwrap();
    assert_eq!(hostile["customer"]["name"], "Robert'); DROP TABLE events;--");
    assert!(shop.events.iter().all(|event| event.warnings.is_empty()));
    assert!(shop.events.iter().any(|event| event.metadata.is_some()));
    assert!(shop.events.iter().any(|event| event.data.len() > 300_000));
    let streams: std::collections::BTreeSet<_> =
        shop.events.iter().map(|event| event.home().unwrap().stream.clone()).collect();
    assert_eq!(streams.len(), 1_130);
}

#[test]
fn a_log_of_another_shop_is_read_by_the_names_of_its_fields() {
    check_shop_week(&data("shop-week.jsonl"));
}

#[test]
fn the_small_copies_are_read_whole() {
    for (name, format, count) in
        [("shop-domain.jsonl", "json-events", 120), ("shop.cloudevents.jsonl", "cloudevents-json", 60)]
    {
        let store = read(&data(name), None).unwrap();
        assert_eq!((store.info.format.as_str(), store.events.len(), store.issues.len()), (format, count, 0));
    }
}

#[test]
fn cloud_events_of_the_sdk_are_read() {
    let Some(path) = sample("cloudevents/shop.cloudevents.jsonl") else { return };
    let shop = read(&path, None).unwrap();
    assert_eq!(shop.info.format, "cloudevents-json");
    assert_eq!((shop.events.len(), shop.issues.len()), (3_776, 0));
    let first = &shop.events[0];
    assert_eq!(first.event_type, "com.shop.StockReceived");
    assert_eq!(first.schema_version.as_deref(), Some("1"));
    assert_eq!(first.home().unwrap().stream, StreamName::untyped("SKU-000"));
    assert_eq!(first.home().unwrap().version, Some(0));
    assert!(
        first.metadata.as_ref().unwrap().as_str().starts_with(r#"{"source":"/inventorys","datacontenttype""#)
    );
    assert!(shop.events.iter().all(|event| event.warnings.is_empty()));
}

#[test]
fn formats_of_others_are_not_claimed_by_the_general_one() {
    for name in ["kcat/order-events.kcat.jsonl", "temporal/sdk-java/complexHistory1.json"] {
        let Some(path) = sample(name) else { continue };
        let shape = look(&path, &path).unwrap();
        assert!(matches!(&shape, Shape::Json(json) if !json.records.is_empty()), "{name}");
        let claimed: Vec<_> =
            FORMATS.iter().filter(|format| format.claims(&shape)).map(|f| f.name()).collect();
        assert!(!claimed.contains(&"json-events"), "{name}: {claimed:?}");
    }
}

#[test]
fn our_own_lines_give_the_same_events_again() {
    let shop = read(&data("shop-domain.jsonl"), None).unwrap();
    let mut writer = JsonlWriter::new(Vec::new());
    for event in &shop.events {
        writer.write(event).unwrap();
    }
    let own = read_text(writer.finish().unwrap()).unwrap();
    assert_eq!(own.info.format, "sagascope-jsonl");
    assert_eq!((own.events, own.issues), (shop.events, vec![]));
}

/// The same records in every layout.
#[test]
fn layout_line_ends_and_a_byte_order_mark_make_no_difference() {
    let lines = std::fs::read_to_string(data("shop-domain.jsonl")).unwrap();
    let expected = read(&data("shop-domain.jsonl"), None).unwrap().events;
    let records: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let list = serde_json::to_string(&records).unwrap();
    for content in [
        format!("\u{feff}{}", lines.replace('\n', "\r\n")),
        lines.replace('\n', "\n\n\0\0\n"),
        list.clone(),
        serde_json::to_string_pretty(&records).unwrap(),
        format!("{{\"count\": 120, \"events\": {list}, \"next\": null}}"),
        format!("\u{feff}{{\n \"items\" : {}\n}}", serde_json::to_string_pretty(&records).unwrap()),
        records
            .iter()
            .map(|record| serde_json::to_string_pretty(record).unwrap())
            .collect::<Vec<_>>()
            .join("\n"),
    ] {
        let shown: String = content.chars().take(40).collect();
        let store = read_text(&content).unwrap();
        assert_eq!(store.issues, [], "{shown}");
        assert!(store.events == expected, "{shown}");
    }
}

#[test]
fn a_broken_line_is_an_issue_with_its_place_and_the_rest_is_read() {
    let good = r#"{"type":"Paid","stream_id":"p-1","data":{}}"#;
    let store = read_text(format!("{good}\n{{\"type\":\n[1]\n\n{{\"stream_id\":\"x\"}}\n{good}\n")).unwrap();
    assert_eq!(store.events.len(), 2);
    let issues: Vec<String> =
        store.issues.iter().map(|issue| format!("{}: {}", issue.place, issue.problem)).collect();
    assert_eq!(
        issues,
        [
            "line 2: It is not JSON: EOF while parsing a value at character 8.",
            "line 3: It is not an object.",
            "line 5: It has no event type.",
        ]
    );
    assert_eq!(store.issues[0].raw, b"{\"type\":");
}

#[test]
fn a_broken_element_of_an_array_is_an_issue_and_the_rest_is_read() {
    let good = r#"{"type":"Paid","stream_id":"p-1","data":{"type":"x"}}"#;
    for broken in [
        r#"{"type":nope,"stream_id":"p"}"#,
        r#"{"type":"Paid","stream_id":"p","data":{"#,
        r#"{"type":"Paid","stream_id":"p"#,
        r#"{"type":"Paid","stream_id":["p","data":{}}"#,
    ] {
        let store = read_text(format!("[{good},\n{good},{broken},{good},{good}]")).unwrap();
        assert_eq!(store.events.len(), 4, "{broken}: {:?}", store.issues);
        assert_eq!(store.issues.len(), 1, "{broken}: {:?}", store.issues);
        assert!(store.issues[0].place.starts_with("record 3 at byte "), "{}", store.issues[0].place);
    }
}

#[test]
fn a_file_cut_anywhere_gives_what_is_whole_and_at_most_one_issue() {
    let lines = std::fs::read_to_string(data("shop-domain.jsonl")).unwrap();
    let records: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let list = serde_json::to_string_pretty(&records).unwrap();
    let whole = read(&data("shop-domain.jsonl"), None).unwrap().events;
    for content in [lines, list] {
        for part in 1..50 {
            let cut = content.len() * part / 50;
            let store = read_text(&content.as_bytes()[..cut]).unwrap();
            assert!(store.issues.len() <= 1, "{part}: {:?}", store.issues);
            assert!(store.events[..] == whole[..store.events.len()], "{part}");
            assert!(store.events.len() + 5 > 120 * part / 50 / 2, "{part}: {}", store.events.len());
            if let [issue] = store.issues.as_slice() {
                assert!(issue.problem.contains("seems to be cut"), "{part}: {issue:?}");
            }
        }
    }
}

#[test]
fn hostile_text_is_only_text() {
    let name = "a\u{0}\u{1b}[31m\u{202e}\u{2028}'); DROP TABLE events;--<b>&amp;\u{fffd}💥";
    let record = serde_json::json!({"type": name, "stream_id": name, "data": {name: name}});
    let store = read_text(record.to_string()).unwrap();
    let [event] = store.events.as_slice() else { panic!("{:?}", store.issues) };
    assert_eq!((event.event_type.as_str(), event.home().unwrap().stream.id.as_str()), (name, name));
    assert_eq!(event.data.value().unwrap()[name], name);
}

#[test]
fn invalid_utf8_is_repaired_with_a_warning() {
    let store = read_text(
        b"{\"type\":\"t\",\"stream_id\":\"s\"}\n{\"type\":\"t\xFF\",\"stream_id\":\"s\"}\n{\xFF}\n",
    )
    .unwrap();
    assert_eq!((store.events.len(), store.issues.len()), (2, 1));
    assert_eq!(store.events[1].event_type, "t\u{fffd}");
    assert_eq!(store.events[1].warnings.len(), 1);
}

#[test]
fn a_hundred_thousand_levels_are_an_issue() {
    let good = r#"{"type":"t","stream_id":"s","data":1}"#;
    let deep = format!(
        "{{\"type\":\"t\",\"stream_id\":\"s\",\"data\":{}{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    for content in [format!("{good}\n{deep}\n{good}"), format!("[{good},{deep},{good}]")] {
        let store = read_text(content).unwrap();
        assert_eq!((store.events.len(), store.issues.len()), (2, 1));
        assert!(store.issues[0].problem.contains("128 levels"), "{}", store.issues[0].problem);
    }
    // Alone it is not even looked into.
    assert!(read_text(&deep).is_err());
    assert!(read_text("[".repeat(100_000)).is_err());
}

#[test]
fn what_is_no_store_is_a_sentence() {
    let utf16: Vec<u8> = "\u{feff}{\"type\":1}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (content, part) in [
        (Vec::new(), "an empty file"),
        (b"\x1f\x8b\x08\0\0\0\0\0".to_vec(), "gzip"),
        (utf16, "UTF-16"),
        (b"[1,2,x]".to_vec(), "text, but not JSON"),
        (b"hello".to_vec(), "text, but not JSON"),
        (b"{ hello }".to_vec(), "text, but not JSON"),
        (b"[]".to_vec(), "Nothing in this file looks like events"),
        (b"[1,2,3]".to_vec(), "Nothing in this file looks like events"),
    ] {
        let Err(error) = read_text(&content) else { panic!("{part}") };
        assert!(matches!(error, StoreError::NotAStore { .. }), "{error}");
        assert!(error.to_string().contains(part), "{part}: {error}");
    }
}

#[test]
fn doubled_backslashes_of_copy_are_undone_in_the_whole_file() {
    // Enough lines without backslashes that the first block does not tell.
    let plain: String = (0..9_000)
        .map(|n| {
            format!("{{\"type\":\"t\",\"stream_id\":\"s\",\"data\":{{\"n\":{n},\"pad\":\"{:80}\"}}}}\n", "")
        })
        .collect::<Vec<_>>()
        .concat();
    let wrong = r#"{"type":"t","stream_id":"s","data":{"text":"a\\nb"}}"#;
    let broken = r#"{"type":"t","stream_id":"s","data":{"text":"say \\"x\\""}}"#;
    let store = read_text(format!("{plain}{wrong}\n{plain}{broken}\n")).unwrap();
    assert_eq!(store.issues, []);
    assert_eq!(store.events[9_000].data.value().unwrap()["text"], "a\nb");
    assert_eq!(store.events[18_001].data.value().unwrap()["text"], "say \"x\"");
    assert!(store.info.notes.iter().any(|note| note.contains("\\copy")), "{:?}", store.info.notes);
    // Without a line that fails, they are what they are.
    let store = read_text(format!("{wrong}\n{wrong}\n")).unwrap();
    assert_eq!(store.events[0].data.value().unwrap()["text"], "a\\nb");
    assert_eq!(store.info.notes, Vec::<String>::new());
}

#[test]
fn payloads_that_are_text_with_json_are_unwrapped_and_noted() {
    let store = read_text(
        r#"{"eventType":"t","streamId":"s","data":"{\"a\":1.10}","metaData":"{\"$correlationId\":\"c\"}"}"#,
    )
    .unwrap();
    let event = &store.events[0];
    assert_eq!(event.data.value().unwrap().to_string(), r#"{"a":1.10}"#);
    assert_eq!(event.correlation_id.as_deref(), Some("c"));
    assert_eq!(store.info.notes, ["Payloads are text that holds JSON; they are shown as that JSON."]);
}

#[test]
fn a_source_that_grew_is_valid_and_a_replaced_or_cut_one_is_changed() {
    let line = "{\"type\":\"t\",\"stream_id\":\"s\",\"data\":{\"n\":1}}\n";
    let (_folder, path) = written(line.repeat(3));
    let store = read(&path, None).unwrap();
    let mut payloads = store.reader.payloads().unwrap();
    OpenOptions::new().append(true).open(&path).unwrap().write_all(line.as_bytes()).unwrap();
    assert!(payloads.fetch(&store.locators).iter().all(Result::is_ok));
    std::fs::write(&path, line.replace("\"t\"", "\"u\"").repeat(5)).unwrap();
    assert_eq!(payloads.fetch(&store.locators)[0], Err(FetchError::Changed));
    std::fs::write(&path, line).unwrap();
    assert_eq!(payloads.fetch(&store.locators)[2], Err(FetchError::Changed));
    assert!(matches!(store.reader.payloads(), Err(StoreError::Changed { .. })));
    std::fs::remove_file(&path).unwrap();
    assert_eq!(payloads.fetch(&store.locators), vec![Err(FetchError::Changed); 3]);
}

#[test]
fn an_unknown_shape_is_proposed_and_read_by_a_mapping() {
    let line = r#"{"meta":{"was":"Paid","nr":"p-1"},"wann":"2026-03-01T08:00:00Z","betrag":5}"#;
    let (_folder, path) = written(format!("{line}\n{line}\n"));
    let shape = look(&path, &path).unwrap();
    let request = OpenRequest { path: &path, shape: &shape, cache_dir: &path };
    let Ok(Detection::Proposed(proposal)) = detect(&request) else { panic!("no proposal") };
    assert_eq!(proposal.columns, ["/meta", "/meta/was", "/meta/nr", "/wann", "/betrag"]);
    assert_eq!(proposal.mapping.fields[&Field::OccurredAt], "/wann");
    assert!(matches!(opened(&path, None), Err(StoreError::Mapping { .. })));

    let mut mapping = proposal.mapping;
    mapping.fields.insert(Field::Type, "/meta/was".to_owned());
    mapping.fields.insert(Field::Stream, "/meta/nr".to_owned());
    mapping.fields.insert(Field::Data, "/betrag".to_owned());
    mapping.fields.remove(&Field::Metadata);
    let store = read(&path, Some(&mapping)).unwrap();
    assert_eq!(store.info.format, "mapped-json");
    let event = &store.events[1];
    assert_eq!((event.event_type.as_str(), event.home().unwrap().stream.id.as_str()), ("Paid", "p-1"));
    assert_eq!(event.data.value().unwrap(), 5);
    assert_eq!(event.metadata.as_ref().unwrap().value()["meta"]["was"], "Paid");

    mapping.fields.insert(Field::Id, "/meta/id".to_owned());
    let Err(error) = opened(&path, Some(&mapping)) else { panic!("a wrong pointer was taken") };
    let text = error.to_string();
    assert!(text.contains("\"/meta/id\"") && text.contains("/meta/was, /meta/nr"), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn garbage_never_panics(mut bytes in prop::collection::vec(any::<u8>(), 0..2_000), start in 0_usize..5) {
        let prefix: &[u8] = [b"".as_slice(), b"{", b"[{", b"{\"type\":\"t\",\"stream_id\":\"s\"}\n", b"{\"events\":[{"][start];
        bytes.splice(0..0, prefix.iter().copied());
        // `read` checks that what was read can be read again.
        let _either = read_text(&bytes);
    }

    #[test]
    fn json_that_is_damaged_never_panics(place in 0_usize..40_000, with in any::<u8>(), as_list in any::<bool>()) {
        let mut bytes = std::fs::read(data("shop-domain.jsonl")).unwrap();
        if as_list {
            let text = String::from_utf8(bytes).unwrap();
            bytes = format!("[{}]", text.trim_end().replace('\n', ",")).into_bytes();
        }
        bytes[place] = with;
        if let Ok(store) = read_text(&bytes) {
            prop_assert!(store.events.len() >= 116, "{} {:?}", store.events.len(), store.issues);
let is_json = |event: &RecordedEvent| !matches!(event.data, Payload::Opaque { .. });
            prop_assert!(store.events.iter().all(is_json));
        }
    }
}
