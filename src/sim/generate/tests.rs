//! The log as a reader sees it: every promise of the generator, checked on the parsed lines.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::*;

const TYPES: [&str; 40] = [
    "dead_letter.parked",
    "inventory.received.v1",
    "inventory.rejected.v1",
    "inventory.released.v1",
    "inventory.reserved.v1",
    "message.deduplicated",
    "message.duplicated",
    "notification.rejected.v1",
    "notification.sent.v1",
    "order.cancelled.v1",
    "order.closed.v1",
    "order.completed.v1",
    "order.confirmation_refused.v1",
    "order.confirmed.v1",
    "order.created.v1",
    "order.created.v2",
    "payment.completed.v1",
    "payment.failed.v1",
    "payment.refunded.v1",
    "saga.compensated",
    "saga.compensation_started",
    "saga.completed",
    "saga.parked",
    "saga.pivot_passed",
    "saga.started",
    "saga.step_attempt_failed",
    "saga.step_completed",
    "saga.step_parked",
    "saga.step_rejected",
    "saga.step_retried",
    "saga.step_started",
    "saga.step_timed_out",
    "saga.undo_completed",
    "saga.undo_started",
    "shipment.created.v1",
    "shipment.delivered.v1",
    "shipment.dispatched.v1",
    "shipment.lost.v1",
    "user.created.v1",
    "user.updated.v1",
];

fn log(events: u64, seed: u64) -> (Vec<u8>, Generated) {
    let mut bytes = Vec::new();
    let options = GenerateOptions { events, seed };
    let generated = generate(&options, &mut bytes, &CancelToken::default(), &mut |_| {}).unwrap();
    (bytes, generated)
}

fn events(count: u64, seed: u64) -> Vec<Value> {
    lines(&log(count, seed).0).into_iter().map(parsed).collect()
}

fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n').collect()
}

fn parsed(line: &[u8]) -> Value {
    serde_json::from_slice(line).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(line)))
}

fn text<'a>(event: &'a Value, path: &str) -> &'a str {
    event.pointer(path).and_then(Value::as_str).unwrap_or_else(|| panic!("no text {path} in {event}"))
}

fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

#[test]
fn a_log_has_exactly_the_events_asked_for() {
    for count in [0, 1, 2, 1_000] {
        let (bytes, generated) = log(count, 7);
        assert_eq!(lines(&bytes).len() as u64, count);
        assert_eq!((generated.events, generated.bytes), (count, bytes.len() as u64));
    }
}

#[test]
fn the_bytes_of_a_seed_are_fixed_for_ever() {
    // Benches, samples and recorded results name logs by their options: a change here must be meant.
    for ((count, seed), expected) in
        [((400, 1), 0x089F_7D68_8E7B_560D_u64), ((5_000, 42), 0x6D94_FB92_536F_C8C6)]
    {
        let bytes = log(count, seed).0;
        assert_eq!(bytes, log(count, seed).0);
        assert_eq!(fnv(&bytes), expected, "{count} events of seed {seed}: {:#x}", fnv(&bytes));
    }
}

#[test]
fn seeds_tell_different_stories() {
    let hashes: BTreeSet<u64> = (0..20).map(|seed| fnv(&log(50, seed).0)).collect();
    assert_eq!(hashes.len(), 20);
}

#[test]
fn every_line_has_the_fields_in_their_order() {
    let fields = [
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
    ];
    for (index, event) in events(3_000, 3).iter().enumerate() {
        let object = event.as_object().unwrap();
        assert!(object.keys().eq(fields), "{event}");
        assert_eq!(event["position"], index + 1);
        assert!(event["data"].is_object() && event["metadata"].is_object(), "{event}");
    }
}

#[test]
fn every_type_occurs_in_twenty_thousand_events_and_no_other() {
    for seed in 0..5 {
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        for event in events(20_000, seed) {
            *counts.entry(text(&event, "/type").to_owned()).or_default() += 1;
        }
        assert!(counts.keys().map(String::as_str).eq(TYPES), "seed {seed}: {counts:?}");
    }
}

#[test]
fn both_versions_of_an_order_occur_and_only_the_second_names_the_currency() {
    let mut seen = BTreeSet::new();
    for event in &events(5_000, 4) {
        let event_type = text(event, "/type");
        if let Some(version) = event_type.strip_prefix("order.created.") {
            assert_eq!(event["data"].get("currency").is_some(), version == "v2", "{event}");
            seen.insert(version.to_owned());
        }
    }
    assert_eq!(seen.len(), 2);
}

#[test]
fn time_goes_forward_versions_have_no_gaps_and_causes_come_first() {
    let (mut last_time, mut ids, mut versions) = (String::new(), BTreeSet::new(), BTreeMap::new());
    let mut correlations = BTreeSet::new();
    for event in events(20_000, 5) {
        let time = text(&event, "/occurred_at").to_owned();
        assert_eq!(time.len(), "2026-01-01T00:00:00.000000Z".len());
        assert!(time.as_str() >= "2026-01-01" && time > last_time, "{time} after {last_time}");
        last_time = time;

        let version: &mut u64 = versions.entry(text(&event, "/stream").to_owned()).or_default();
        *version += 1;
        assert_eq!(event["version"], *version, "{event}");

        let is_first = event["correlation_id"].as_str().is_some_and(|id| correlations.insert(id.to_owned()));
        match event["causation_id"].as_str() {
            Some(cause) => assert!(ids.contains(cause), "{event}"),
            None => assert!(is_first || event["correlation_id"].is_null(), "{event}"),
        }
        assert!(ids.insert(text(&event, "/id").to_owned()), "an id twice: {event}");
    }
}

#[test]
fn what_is_undone_was_done_before_and_in_reverse_order() {
    let mut done = BTreeMap::<String, Vec<String>>::new();
    let mut undone = BTreeMap::<String, u32>::new();
    for event in events(30_000, 6) {
        let role = event.pointer("/metadata/role").and_then(Value::as_str);
        // Beside the steps stand further lines of an order, and what becomes of its parcel.
        let role = role.filter(|role| *role != "beside");
        let (Some(saga), Some(role)) = (event["correlation_id"].as_str(), role) else { continue };
        let (steps, step) = (done.entry(saga.to_owned()).or_default(), text(&event, "/metadata/step"));
        match role {
            "effect" => steps.push(step.to_owned()),
            "undone" => {
                assert_eq!(steps.pop().as_deref(), Some(step), "{event}");
                *undone.entry(step.to_owned()).or_default() += 1;
            }
            _ => assert_eq!(role, "refusal", "{event}"),
        }
    }
    let steps: Vec<&str> = undone.keys().map(String::as_str).collect();
    assert_eq!(steps, ["create-order", "process-payment", "reserve-inventory"]);
    assert!(undone.values().all(|count| *count > 10), "{undone:?}");
}

#[test]
fn sagas_end_in_every_way() {
    let mut last = BTreeMap::new();
    for event in events(60_000, 10) {
        if let Some(saga) = event["correlation_id"].as_str().filter(|_| event["aggregate_type"] == "Saga") {
            last.insert(saga.to_owned(), text(&event, "/type").to_owned());
        }
    }
    let mut ends: BTreeMap<&str, u32> = BTreeMap::new();
    for event_type in last.values() {
        *ends.entry(event_type).or_default() += 1;
    }
    for (end, at_least) in [("saga.completed", 2_000), ("saga.compensated", 100), ("saga.parked", 5)] {
        assert!(ends.get(end).is_some_and(|count| *count >= at_least), "{end}: {ends:?}");
    }
    // Payments that nobody answers, and no timer that would tell.
    assert!(ends.get("saga.step_started").is_some_and(|stuck| *stuck > 3), "{ends:?}");
}

#[test]
fn most_streams_are_short_and_a_few_are_long() {
    for seed in [1, 2] {
        let (_, generated) = log(50_000, seed);
        let per_thousand = generated.streams * 1_000 / generated.events;
        assert!((210..=265).contains(&per_thousand), "{generated:?}");
        assert!((1_200..=3_000).contains(&generated.longest_stream), "{generated:?}");
        assert!((500..=620).contains(&(generated.bytes / generated.events)), "{generated:?}");
    }
}

#[test]
fn the_counts_are_those_of_the_lines() {
    let (bytes, generated) = log(4_000, 11);
    let mut streams: BTreeMap<String, u64> = BTreeMap::new();
    for line in lines(&bytes) {
        *streams.entry(text(&parsed(line), "/stream").to_owned()).or_default() += 1;
    }
    assert_eq!(generated.streams, streams.len() as u64);
    assert_eq!(generated.longest_stream, *streams.values().max().unwrap());
}

#[test]
fn a_cancelled_log_ends_with_a_whole_line() {
    let (mut bytes, cancel) = (Vec::new(), CancelToken::default());
    let ends_it = cancel.clone();
    let options = GenerateOptions { events: u64::MAX, seed: 1 };
    let result = generate(&options, &mut bytes, &cancel, &mut |_| ends_it.cancel());
    let whole = lines(&bytes).len() as u64;
    assert!(matches!(result, Err(GenerateError::Cancelled { written }) if written == whole && whole > 0));
    assert_eq!(bytes.last(), Some(&b'\n'));
}

#[test]
fn progress_grows_and_ends_with_the_last_event() {
    let mut heard = Vec::new();
    let options = GenerateOptions { events: 2_000, seed: 1 };
    generate(&options, &mut io::sink(), &CancelToken::default(), &mut |events| heard.push(events)).unwrap();
    assert!(heard.len() > 2 && heard.is_sorted(), "{heard:?}");
    assert_eq!(heard.last(), Some(&2_000));
}

#[test]
fn a_full_disk_is_said_with_what_to_do() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
            Err(io::Error::from(io::ErrorKind::StorageFull))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let options = GenerateOptions { events: 10, seed: 1 };
    let error = generate(&options, &mut Full, &CancelToken::default(), &mut |_| {}).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the log could not be written: no storage space; free some space or choose another place"
    );
}

/// The number that follows `option` in a command.
fn argument(command: &str, option: &str) -> u64 {
    let mut words = command.split_whitespace().skip_while(|word| *word != option);
    words.nth(1).and_then(|number| number.parse().ok()).expect("an option and its number")
}

#[test]
fn the_sample_is_what_the_command_in_its_readme_writes() {
    let sample = include_str!("../../../sample-data/shop-week.jsonl");
    let readme = include_str!("../../../sample-data/README.md");
    let mut quoted = readme.split('`').skip(1).step_by(2);
    let command = quoted.find(|text| text.starts_with("sagascope generate ")).unwrap();
    assert!(command.ends_with(" shop-week.jsonl"), "{command}");
    let (events, seed) = (argument(command, "--events"), argument(command, "--seed"));
    assert!(log(events, seed).0 == sample.as_bytes(), "write it anew: {command}");
}
