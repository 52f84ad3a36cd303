//! The quick way and the slow way to the index, on the same files: every field of every envelope, and every issue.

use proptest::prelude::*;

use super::*;
use crate::model::{Envelope, Envelopes, Member};
use crate::store::json::canonical::Canonical;
use crate::store::json::frames::{Frame, Frames};
use crate::store::{EnvelopeBatch, OpenRequest, ReadBatch, StoreReader, look, open};

/// All that an index gets to know of a log.
type Seen<'a> = Vec<(Locator, Envelope<'a>, Vec<Member<'a>>)>;

fn seen(envelopes: &Envelopes) -> Seen<'_> {
    envelopes.iter().map(|one| (one.locator(), one.envelope(), one.members().collect())).collect()
}

struct Folder {
    folder: tempfile::TempDir,
    path: std::path::PathBuf,
}

impl Folder {
    fn with(content: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.jsonl");
        std::fs::write(&path, content).unwrap();
        Self { folder, path }
    }

    /// Whether a format knows it as its own: a few lines may be enough to spoil a short file.
    fn is_claimed(&self) -> bool {
        look(&self.path, self.folder.path())
            .is_ok_and(|shape| crate::store::FORMATS.iter().any(|format| format.claims(&shape)))
    }

    fn reader(&self) -> Box<dyn StoreReader> {
        let shape = look(&self.path, self.folder.path()).unwrap();
        let request = OpenRequest { path: &self.path, shape: &shape, cache_dir: self.folder.path() };
        let format = crate::store::FORMATS.iter().find(|format| format.claims(&shape)).unwrap();
        open(&request, Some(*format), None).unwrap()
    }

    /// What the slow way makes of the file.
    fn slowly(&self) -> (EnvelopeBatch, Vec<String>) {
        let mut reader = self.reader();
        let (mut whole, mut batch) = (ReadBatch::default(), EnvelopeBatch::default());
        while !reader.read_batch(&mut whole).unwrap().finished {}
        for (locator, event) in &whole.events {
            batch.envelopes.add_event(*locator, event);
        }
        batch.issues = whole.issues;
        (batch, reader.info().notes.clone())
    }

    /// What the quick way does, in blocks of this size.
    fn quickly(&self) -> (Vec<EnvelopeBatch>, Vec<String>) {
        let mut reader = self.reader();
        let mut batches = Vec::new();
        loop {
            let mut batch = EnvelopeBatch::default();
            let progress = reader.read_envelopes(&mut batch).unwrap();
            batches.push(batch);
            if progress.finished {
                assert_eq!(progress.done, std::fs::metadata(&self.path).unwrap().len());
                return (batches, reader.info().notes.clone());
            }
        }
    }
}

/// Both ways see the same in `content`.
fn check(content: &[u8]) {
    let folder = Folder::with(content);
    let (slow, slow_notes) = folder.slowly();
    let (quick, quick_notes) = folder.quickly();
    let seen_quickly: Seen<'_> = quick.iter().flat_map(|batch| seen(&batch.envelopes)).collect();
    let text = String::from_utf8_lossy(content);
    for (quick, slow) in seen_quickly.iter().zip(seen(&slow.envelopes)) {
        assert_eq!(*quick, slow, "{text}");
    }
    assert_eq!(seen_quickly.len(), slow.envelopes.len(), "{text}");
    let issues: Vec<ReadIssue> = quick.into_iter().flat_map(|batch| batch.issues).collect();
    assert_eq!(issues, slow.issues, "{text}");
    assert_eq!(quick_notes, slow_notes);
}

/// Values as a field may have them, the usual ones first.
fn value() -> impl Strategy<Value = String> {
    let plain = prop::sample::select(vec![
        "\"order-1\"",
        "\"2026-03-01T08:00:00.5Z\"",
        "7",
        "null",
        "\"8f7b0c1e-0b5f-4e0a-9d6c-3a2f1b4c5d6e\"",
        "\"8F7B0C1E-0B5F-4E0A-9D6C-3A2F1B4C5D6E\"",
    ]);
    let odd = prop::sample::select(vec![
        "\"\"",
        "\"a\\\"b\"",
        "\"\\u0041\"",
        "\"\\ud83d\\ude00\"",
        "\"\\ud83d\"",
        "\"caf\u{e9}\"",
        "\"C:\\\\dir\"",
        "-1",
        "0",
        "01",
        "1.5",
        "1e3",
        "12345678901234567890",
        "999999999999999999",
        "9223372036854775807",
        "-0",
        "true",
        "{}",
        "[]",
        "[1]",
        "{\"$oid\":\"65f0\"}",
        "{\"$date\":\"2026-03-01T08:00:00Z\"}",
        "{\"a\":1,\"a\":2}",
        "1772352000",
        "1772352000.25",
        "\"1772352000123\"",
        "\" 2026-03-01 \"",
        "\"soon\"",
        "[\"w\"]",
        "\"event\"",
        "\"command\"",
        "\"E\"",
        "\"json\"",
        "nul",
        "",
        "\"open",
        "\"{\\\"correlationId\\\":\\\"c\\\"}\"",
        "{\"correlationId\":\"c\"}",
        "{\"x\":{\"correlationId\":\"c\"},\"$causationId\":7}",
        "{\"user\":\"u\"}",
        "{\"\\u0063orrelationId\":\"c\"}",
        "[{\"stream\":\"s\",\"aggregate_type\":\"S\",\"version\":3,\"role\":null}]",
        "[{\"stream\":\"s\",\"aggregate_type\":null,\"version\":null,\"role\":\"r\"},{\"stream\":\"t\",\"aggregate_type\":\"T\",\"version\":3,\"role\":null}]",
        "[{\"stream\":null,\"aggregate_type\":null,\"version\":1,\"role\":null}]",
        "[{\"stream\":\"s\"}]",
        "[{\"stream\":\"s\",\"version\":1,\"aggregate_type\":\"S\",\"role\":null}]",
    ]);
    let deep = (1_usize..140).prop_map(|depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth)));
    let held = (110_usize..130).prop_map(|depth| format!("\"{}{}\"", "[".repeat(depth), "]".repeat(depth)));
    prop_oneof![8 => plain.prop_map(str::to_owned), 4 => odd.prop_map(str::to_owned), 1 => deep, 1 => held]
}

const OWN_KEYS: [&str; 18] = [
    "position",
    "id",
    "kind",
    "type",
    "schema_version",
    "stream",
    "aggregate_type",
    "version",
    "streams",
    "occurred_at",
    "recorded_at",
    "correlation_id",
    "causation_id",
    "data",
    "data_base64",
    "data_encoding",
    "metadata",
    "warnings",
];

const USUAL_KEYS: [&str; 13] = [
    "position",
    "id",
    "type",
    "stream",
    "aggregate_type",
    "version",
    "occurred_at",
    "correlation_id",
    "causation_id",
    "data",
    "metadata",
    "kind",
    "note",
];

/// An event that both ways like.
fn usual(key: &str, n: usize) -> String {
    match key {
        "position" | "version" => n.to_string(),
        "id" | "causation_id" => format!("\"00000000-0000-4000-8000-{n:012}\""),
        "type" => "\"order.created\"".to_owned(),
        "stream" | "correlation_id" => format!("\"order-{}\"", n / 3),
        "aggregate_type" => "\"Order\"".to_owned(),
        "kind" => "\"event\"".to_owned(),
        "streams" => format!(
            "[{{\"stream\":\"order-{}\",\"aggregate_type\":\"Order\",\"version\":{n},\"role\":null}}]",
            n / 3
        ),
        "occurred_at" | "recorded_at" => format!("\"2026-03-01T08:00:{:02}.000001Z\"", n % 60),
        "data" => format!("{{\"n\":{n},\"list\":[1,\"two\",null]}}"),
        _ => "null".to_owned(),
    }
}

/// A change of one line.
#[derive(Clone, Debug)]
enum Change {
    None,
    Value(usize, String),
    Repeat(usize, String),
    Swap(usize, usize),
    Drop(usize),
    Rename(usize, &'static str),
    Spaced,
    Cut(usize),
    Byte(usize, u8),
    Insert(usize, u8),
    Around(&'static str, &'static str),
}

fn change() -> impl Strategy<Value = Change> {
    let at = || 0_usize..18;
    let byte = || prop_oneof![any::<u8>(), prop::sample::select(b"\"\\{}[],:0 \n\x00\xff".to_vec())];
    prop_oneof![
        4 => Just(Change::None),
        6 => (at(), value()).prop_map(|(at, value)| Change::Value(at, value)),
        1 => (at(), value()).prop_map(|(at, value)| Change::Repeat(at, value)),
        1 => (at(), at()).prop_map(|(one, two)| Change::Swap(one, two)),
        1 => at().prop_map(Change::Drop),
        1 => (at(), prop::sample::select(vec!["correlationId", "name", "Type", "trace_id", "ti\\u006de", "x"]))
            .prop_map(|(at, key)| Change::Rename(at, key)),
        1 => Just(Change::Spaced),
        1 => (0_usize..600).prop_map(Change::Cut),
        2 => (0_usize..600, byte()).prop_map(|(at, byte)| Change::Byte(at, byte)),
        1 => (0_usize..600, byte()).prop_map(|(at, byte)| Change::Insert(at, byte)),
        1 => prop::sample::select(vec![(" ", "\t\r"), ("\0", "\0\0"), ("", "}"), ("[", "]"), ("x", ""), ("", " 1")])
            .prop_map(|(before, after)| Change::Around(before, after)),
    ]
}

fn line(keys: &[&str], n: usize, changes: &[Change]) -> Vec<u8> {
    let mut members: Vec<(String, String)> =
        keys.iter().map(|key| ((*key).to_owned(), usual(key, n))).collect();
    let len = keys.len();
    let mut between = (":", ",");
    for change in changes {
        match change {
            Change::Value(at, value) => members[at % len].1.clone_from(value),
            Change::Repeat(at, value) => {
                let key = members[at % len].0.clone();
                members.push((key, value.clone()));
            }
            Change::Swap(one, two) => members.swap(one % len, two % len),
            Change::Rename(at, key) => (*key).clone_into(&mut members[at % len].0),
            Change::Spaced => between = (" : ", " ,\t"),
            _ => {}
        }
    }
    if let Some(Change::Drop(at)) = changes.iter().find(|change| matches!(change, Change::Drop(_))) {
        members.remove(at % len);
    }
    let members: Vec<String> =
        members.iter().map(|(key, value)| format!("\"{key}\"{}{value}", between.0)).collect();
    let mut line = format!("{{{}}}", members.join(between.1)).into_bytes();
    for change in changes {
        match change {
            Change::Cut(at) => line.truncate((*at).min(line.len())),
            Change::Byte(at, byte) => {
                let at = at % line.len().max(1);
                if let Some(old) = line.get_mut(at) {
                    *old = *byte;
                }
            }
            Change::Insert(at, byte) => line.insert(at % (line.len() + 1), *byte),
            Change::Around(before, after) => {
                line = [before.as_bytes(), &line, after.as_bytes()].concat();
            }
            _ => {}
        }
    }
    line
}

/// A log of which the first lines tell what it is.
fn log(keys: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let line_changes =
        prop_oneof![2 => prop::collection::vec(change(), 0..1), 3 => prop::collection::vec(change(), 1..4)];
    (prop::collection::vec(line_changes, 1..12), any::<bool>(), any::<bool>()).prop_map(
        move |(lines, ends, has_mark)| {
            let mut log = if has_mark { b"\xEF\xBB\xBF".to_vec() } else { Vec::new() };
            for n in 0..3 {
                log.extend(line(keys, n, &[]));
                log.push(b'\n');
            }
            for (n, changes) in lines.iter().enumerate() {
                log.extend(line(keys, n + 3, changes));
                log.push(b'\n');
            }
            if !ends {
                log.pop();
            }
            log
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn both_ways_read_our_own_lines_alike(log in log(&OWN_KEYS)) {
        prop_assume!(Folder::with(&log).is_claimed());
        check(&log);
    }

    #[test]
    fn both_ways_read_usual_events_alike(log in log(&USUAL_KEYS)) {
        prop_assume!(Folder::with(&log).is_claimed());
        check(&log);
    }
}

#[test]
fn usual_lines_are_read_the_quick_way() {
    let mut quick = Quick::default();
    let mut to = Envelopes::default();
    let first = String::from_utf8(line(&OWN_KEYS, 0, &[])).unwrap();
    assert!(!quick.add(&first, Locator::default(), &mut to), "nothing is learned yet");
    quick.learn(&first, &Canonical);
    for n in 0..100 {
        let line = String::from_utf8(line(&OWN_KEYS, n, &[])).unwrap();
        assert!(quick.add(&line, Locator::default(), &mut to), "{line}");
    }
    assert_eq!(to.len(), 100);
}

#[test]
fn doubled_backslashes_are_undone_in_both_ways() {
    for keys in [&OWN_KEYS[..], &USUAL_KEYS[..]] {
        let value = |text: &str| [Change::Value(keys.len() - 2, text.to_owned())];
        let mut log = Vec::new();
        for n in 0..2_000 {
            log.extend(line(keys, n, &[]));
            log.push(b'\n');
        }
        for n in 2_000..2_010 {
            log.extend(line(keys, n, &value(r#"{"said":"a \\"b\\" c"}"#)));
            log.push(b'\n');
        }
        check(&log);
        let folder = Folder::with(&log);
        let (batches, notes) = folder.quickly();
        assert_eq!(batches.iter().map(|batch| batch.envelopes.len()).sum::<usize>(), 2_010);
        assert_eq!(notes.iter().filter(|note| note.contains("doubled")).count(), 1);
    }
}

/// What the frames and the slow way make of `content`, with a limit for lines.
fn by_frames(content: &[u8], decoder: &Decoder, limit: usize) -> EnvelopeBatch {
    let mut frames = Frames::lines(content, 0).with_limit(limit);
    let mut batch = EnvelopeBatch::default();
    loop {
        match frames.next().unwrap() {
            Frame::Record(cut) => {
                let locator = Locator { at: cut.at, len: cut.range.len() as u32 };
                match decoder.event(frames.bytes(&cut), cut.at) {
                    Ok(event) => batch.envelopes.add_event(locator, &event),
                    Err(fault) => {
                        let problem = problem_of(fault, cut.last);
                        batch.issues.push(ReadIssue::new(frames.place(&cut), problem, frames.bytes(&cut)));
                    }
                }
            }
            Frame::Problem(issue) => batch.issues.push(issue),
            Frame::Pause => {}
            Frame::End => return batch,
        }
    }
}

/// Reads `content` in blocks, by so many threads.
fn in_blocks(content: &[u8], decoder: &Arc<Decoder>, sizes: Sizes, threads: usize) -> Vec<EnvelopeBatch> {
    let folder = Folder::with(content);
    let mut lines = Lines::with_sizes(&folder.path, decoder, sizes, threads).unwrap();
    let mut batches = Vec::new();
    loop {
        let mut batch = EnvelopeBatch::default();
        let step = lines.read(&mut batch, |_| Ok(true)).unwrap();
        batches.push(batch);
        if step.finished {
            return batches;
        }
    }
}

#[test]
fn blocks_come_back_in_order_whatever_their_size() {
    let mut log = Vec::new();
    for n in 0..500 {
        let changes = match n % 10 {
            3 => vec![Change::Cut(50)],
            5 => vec![Change::Value(13, format!("\"{}\"", "x".repeat(3_000 + n)))],
            7 => vec![Change::Value(13, format!("\"{}\"", "y".repeat(200 * (n % 7))))],
            _ => Vec::new(),
        };
        log.extend(line(&OWN_KEYS, n, &changes));
        log.extend(if n % 4 == 0 { &b"\r\n\n"[..] } else { b"\n" });
    }
    log.extend(br#"{"cut":"#);
    let decoder = Arc::new(Decoder::new(Box::new(Canonical)));
    let limit = 3_000;
    let slow = by_frames(&log, &decoder, limit);
    assert_eq!(slow.issues.len(), 101);
    let blocks = [64, 500, 1_000, 5_000, 100_000, log.len(), 10 * log.len()];
    for (block, threads) in blocks.iter().flat_map(|block| [0, 1, 3].map(|threads| (*block, threads))) {
        let batches = in_blocks(&log, &decoder, Sizes { block, line: limit }, threads);
        let quick: Seen<'_> = batches.iter().flat_map(|batch| seen(&batch.envelopes)).collect();
        assert!(quick == seen(&slow.envelopes), "blocks of {block}");
        let issues = batches.iter().flat_map(|batch| &batch.issues);
        for (quick, slow) in issues.clone().zip(&slow.issues) {
            assert_eq!((&quick.place, &quick.problem), (&slow.place, &slow.problem), "blocks of {block}");
            // Of a line that is too long, as much is kept as was in memory when that was seen.
            assert_eq!(quick.raw[..quick.raw.len().min(limit)], slow.raw[..slow.raw.len().min(limit)]);
        }
        assert_eq!(issues.count(), slow.issues.len(), "blocks of {block}");
        assert_eq!(batches.len() > 20, block < 50_000, "blocks of {block}");
    }
}

/// A file that can be read up to a place.
struct Broken(std::io::Cursor<Vec<u8>>);

impl std::io::Read for Broken {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(std::io::Error::other("bad sector")),
            read => Ok(read),
        }
    }
}

#[test]
fn what_comes_before_a_place_that_cannot_be_read_is_there() {
    let mut log = Vec::new();
    for n in 0..300 {
        log.extend(line(&OWN_KEYS, n, &[]));
        log.push(b'\n');
    }
    log.extend(b"{\"half\"");
    let decoder = Arc::new(Decoder::new(Box::new(Canonical)));
    for (block, threads) in [(700, 0), (700, 3), (5_000, 2), (1 << 20, 2)] {
        let file = Box::new(Broken(std::io::Cursor::new(log.clone())));
        let mut lines = Lines::of(file, &decoder, Sizes { block, line: 10_000 }, threads);
        let mut events = 0;
        let error = loop {
            let mut batch = EnvelopeBatch::default();
            match lines.read(&mut batch, |_| Ok(true)) {
                Ok(step) => assert!(!step.finished),
                Err(error) => break error,
            }
            events += batch.envelopes.len();
        };
        assert_eq!((events, error.to_string().as_str()), (300, "bad sector"), "{block}, {threads}");
    }
}

#[test]
fn a_line_without_end_is_passed_over_in_parts() {
    let mut log = line(&OWN_KEYS, 0, &[]);
    log.push(b'\n');
    let start = log.len();
    log.extend(vec![b'x'; 50_000]);
    let decoder = Arc::new(Decoder::new(Box::new(Canonical)));
    for threads in [0, 2] {
        let batches = in_blocks(&log, &decoder, Sizes { block: 1_000, line: 2_000 }, threads);
        assert!(batches.len() > 40, "{} reads", batches.len());
        let issues: Vec<_> = batches.iter().flat_map(|batch| &batch.issues).collect();
        let problem = format!("It is {} bytes long", log.len() - start);
        assert!(issues.len() == 1 && issues[0].problem.starts_with(&problem), "{issues:?}");
        assert_eq!(issues[0].place, "line 2");
    }
}

#[test]
fn nothing_comes_before_the_reader_is_ready() {
    let mut log = Vec::new();
    for n in 0..100 {
        log.extend(line(&OWN_KEYS, n, &[]));
        log.push(b'\n');
    }
    let folder = Folder::with(&log);
    let decoder = Arc::new(Decoder::new(Box::new(Canonical)));
    for threads in 0..3 {
        let sizes = Sizes { block: 1_000, line: 10_000 };
        let mut lines = Lines::with_sizes(&folder.path, &decoder, sizes, threads).unwrap();
        let (mut events, mut asked) = (0, 0);
        loop {
            let mut batch = EnvelopeBatch::default();
            let step = lines
                .read(&mut batch, |_| {
                    asked += 1;
                    Ok(asked % 3 == 0)
                })
                .unwrap();
            events += batch.envelopes.len();
            if step.finished {
                break;
            }
        }
        assert_eq!(events, 100);
    }
}

#[test]
fn what_the_slow_way_refuses_is_not_read_the_quick_way() {
    for (keys, changes) in [
        (&OWN_KEYS[..], vec![Change::Value(14, "[]".to_owned())]),
        // Around it there is one bracket too many.
        (
            &USUAL_KEYS[..],
            vec![
                Change::Value(10, format!("\"{}{}\"", "[".repeat(127), "]".repeat(127))),
                Change::Value(12, "7".to_owned()),
            ],
        ),
        // The same behind a blank that the other lines do not have.
        (
            &USUAL_KEYS[..],
            vec![
                Change::Value(10, format!(" \"{}{}\"", "[".repeat(127), "]".repeat(127))),
                Change::Value(12, "7".to_owned()),
            ],
        ),
    ] {
        let mut log = Vec::new();
        for n in 0..4 {
            log.extend(line(keys, n, if n == 3 { &changes } else { &[] }));
            log.push(b'\n');
        }
        check(&log);
        assert_eq!(Folder::with(&log).slowly().0.issues.len(), 1);
    }
}
