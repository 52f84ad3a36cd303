//! Sequences that lie interleaved in every way.

use proptest::prelude::*;

use super::super::record::Record;
use super::super::values;
use super::*;
use crate::model::{RecordedEvent, StreamName};
use crate::store::look;

struct Simple;

impl Lanes for Simple {
    fn lane(&self, record: &Record<'_>) -> Lane {
        let number = record.get("p").and_then(values::integer).unwrap_or_default();
        Lane { name: "t".to_owned(), number, time: record.get("at").and_then(values::time) }
    }
}

impl Convert for Simple {
    fn event(&self, record: &Record<'_>) -> Result<RecordedEvent, String> {
        let text = |key: &str| record.get(key).and_then(values::text).ok_or("nothing");
        let stream = StreamName::untyped(text("p")?);
        let home = crate::model::Membership {
            stream,
            version: record.get("n").and_then(values::integer),
            role: None,
        };
        let occurred_at = record.get("at").and_then(values::time);
        Ok(RecordedEvent {
            event_type: "e".to_owned(),
            streams: vec![home],
            occurred_at,
            ..RecordedEvent::default()
        })
    }
}

fn read(content: &str) -> (Vec<RecordedEvent>, Vec<ReadIssue>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f");
    std::fs::write(&path, content).unwrap();
    let shape = look(&path, folder.path()).unwrap();
    let request = OpenRequest { path: &path, shape: &shape, cache_dir: folder.path() };
    let crate::store::shape::Shape::Json(json) = &shape else { panic!("{shape:?}") };
    let mut reader = open(&request, json, Box::new(Simple), Box::new(Simple), SourceInfo::default()).unwrap();
    let (mut batch, mut done) = (ReadBatch::default(), 0);
    loop {
        let progress = reader.read_batch(&mut batch).unwrap();
        assert!(progress.done >= done && progress.total.is_some_and(|total| progress.done <= total));
        done = progress.done;
        if progress.finished {
            break;
        }
    }
    let (locators, events): (Vec<_>, Vec<_>) = batch.events.into_iter().unzip();
    for (event, again) in events.iter().zip(reader.payloads().unwrap().fetch(&locators)) {
        assert_eq!(again.as_ref(), Ok(event));
    }
    (events, batch.issues)
}

fn told(event: &RecordedEvent) -> (String, i64, Option<i64>) {
    let home = event.home().unwrap();
    (home.stream.id.clone(), home.version.unwrap(), event.occurred_at.map(Timestamp::nanos))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Each sequence keeps its order, and each record goes where the running maximum of its sequence puts it.
    #[test]
    fn sequences_are_merged_by_the_running_maximum_of_their_times(
        records in prop::collection::vec((0_i64..4, prop::option::of(0_i64..50)), 1..60),
    ) {
        let lines: Vec<String> = records.iter().enumerate().map(|(n, (p, at))| {
            let at = at.map_or("null".to_owned(), |at| (1_772_352_000 + at).to_string());
            format!("{{\"p\":{p},\"n\":{n},\"at\":{at}}}\n")
        }).collect();
        let (events, issues) = read(&lines.concat());
        prop_assert_eq!(issues, vec![]);
        let mut maxima = [i64::MIN; 4];
        let mut expected: Vec<(i64, i64, usize)> = records.iter().enumerate().map(|(n, (p, at))| {
            let known = &mut maxima[*p as usize];
            *known = (*known).max(at.unwrap_or(i64::MIN));
            (*known, *p, n)
        }).collect();
        expected.sort_unstable();
        let expected: Vec<i64> = expected.into_iter().map(|(_, _, n)| n as i64).collect();
        prop_assert_eq!(events.iter().map(|event| told(event).1).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn what_cannot_be_read_is_an_issue_with_its_place_and_the_rest_is_read() {
    let line = |p: i64, n: i64, at: i64| format!("{{\"p\":{p},\"n\":{n},\"at\":{}}}\n", 1_772_352_000 + at);
    let content = [
        line(1, 0, 9),
        "{\"p\":\n".to_owned(),
        line(0, 1, 5),
        "[1]\n".to_owned(),
        line(0, 2, 10),
        "{\"p\":1".to_owned(),
    ];
    let (events, issues) = read(&content.concat());
    assert_eq!(events.iter().map(|event| told(event).1).collect::<Vec<_>>(), [1, 0, 2]);
    let mut problems: Vec<String> =
        issues.iter().map(|issue| format!("{}: {}", issue.place, issue.problem)).collect();
    problems.sort();
    assert_eq!(
        problems,
        [
            "line 2: It is not JSON: EOF while parsing a value at character 5.",
            "line 4: It is not an object.",
            "line 6: The file ends in the middle of this record: it seems to be cut.",
        ]
    );
}

#[test]
fn sequences_longer_than_a_block_are_read_whole() {
    let pad = "x".repeat(900);
    let lines: Vec<String> = (0..2_000)
        .map(|n| {
            // All of the first, then all of the second, though they happened in turns.
            let (p, at) = if n < 1_000 { (0, 2 * n) } else { (1, 2 * (n - 1_000) + 1) };
            format!("{{\"p\":{p},\"n\":{n},\"at\":{},\"pad\":\"{pad}\"}}\n", 1_772_352_000 + at)
        })
        .collect();
    let (events, issues) = read(&lines.concat());
    assert_eq!((events.len(), issues.len()), (2_000, 0));
    assert!(events.is_sorted_by_key(|event| event.occurred_at));
}
