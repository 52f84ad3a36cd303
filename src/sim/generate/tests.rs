//! The log as a reader sees it: every promise of the generator, checked on the parsed lines.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::*;

const TYPES: [&str; 17] = [
    "inventory.received",
    "inventory.released",
    "inventory.reserved",
    "order.cancelled",
    "order.completed",
    "order.confirmed",
    "order.created",
    "order.item_added",
    "payment.completed",
    "payment.failed",
    "payment.initiated",
    "payment.refunded",
    "shipment.delivered",
    "shipment.dispatched",
    "shipment.lost",
    "user.created",
    "user.updated",
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
        [((400, 1), 0xEE67_D1AC_5295_778B_u64), ((5_000, 42), 0x1B24_1782_422A_43BE)]
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
        "schema_version",
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
        assert!(["1", "2"].contains(&text(event, "/schema_version")));
        assert!(event["data"].as_object().is_some_and(|data| data.len() >= 2), "{event}");
        assert!(!text(event, "/metadata/service").is_empty() && !text(event, "/metadata/user").is_empty());
        let prefix = text(event, "/stream").split('-').next().unwrap().to_owned();
        assert!(text(event, "/aggregate_type").eq_ignore_ascii_case(&prefix));
        assert_eq!(text(event, "/type").split('.').next(), Some(prefix.as_str()));
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
fn both_schema_versions_of_an_order_occur_and_only_the_second_names_the_currency() {
    let mut seen = BTreeSet::new();
    for event in events(5_000, 4).iter().filter(|event| event["type"] == "order.created") {
        let is_second = event["schema_version"] == "2";
        assert_eq!(event["data"].get("currency").is_some(), is_second, "{event}");
        seen.insert(is_second);
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

        let is_first = correlations.insert(text(&event, "/correlation_id").to_owned());
        match event["causation_id"].as_str() {
            Some(cause) => assert!(ids.contains(cause), "{event}"),
            None => assert!(is_first, "only the first of a correlation has no cause: {event}"),
        }
        assert!(ids.insert(text(&event, "/id").to_owned()), "an id twice: {event}");
    }
}

#[test]
fn what_is_undone_was_done_before_and_in_reverse_order() {
    let (mut paid, mut held) = (BTreeSet::new(), BTreeMap::<String, Vec<(Value, Value)>>::new());
    let (mut refunds, mut releases) = (0, 0);
    for event in events(30_000, 6) {
        let stock = || (event["stream"].clone(), event["data"]["quantity"].clone());
        match text(&event, "/type") {
            "payment.completed" => {
                paid.insert(text(&event, "/stream").to_owned());
            }
            "payment.refunded" => {
                assert!(
                    paid.remove(text(&event, "/stream")),
                    "nothing was paid, or refunded before: {event}"
                );
                refunds += 1;
            }
            "inventory.reserved" => {
                held.entry(text(&event, "/correlation_id").to_owned()).or_default().push(stock());
            }
            "inventory.released" => {
                let last = held.get_mut(text(&event, "/correlation_id")).and_then(Vec::pop);
                assert_eq!(last, Some(stock()), "{event}");
                releases += 1;
            }
            _ => {}
        }
    }
    assert!(refunds > 20 && releases > 100, "{refunds} refunds, {releases} releases");
}

#[test]
fn stock_adds_up() {
    let mut stock: BTreeMap<String, i64> = BTreeMap::new();
    for event in events(20_000, 8).iter().filter(|event| event["aggregate_type"] == "Inventory") {
        let quantity = event["data"]["quantity"].as_i64().unwrap();
        let available = stock.entry(text(event, "/stream").to_owned()).or_default();
        *available += if event["type"] == "inventory.reserved" { -quantity } else { quantity };
        assert!(*available >= 0, "{event}");
        assert_eq!(event["data"]["available"], *available, "{event}");
    }
}

#[test]
fn a_message_that_came_twice_says_which_event_it_repeats() {
    let events = events(30_000, 9);
    let repeats: Vec<&Value> =
        events.iter().filter(|event| event["metadata"].get("duplicate_of").is_some()).collect();
    assert!(repeats.len() > 5, "{}", repeats.len());
    for repeat in repeats {
        let original = events.iter().find(|event| event["id"] == repeat["metadata"]["duplicate_of"]).unwrap();
        for field in ["type", "stream", "data", "correlation_id", "causation_id"] {
            assert_eq!(repeat[field], original[field], "{field}");
        }
    }
}

#[test]
fn sagas_end_in_every_way() {
    let mut reasons: BTreeMap<String, u32> = BTreeMap::new();
    let mut last = BTreeMap::new();
    for event in events(60_000, 10) {
        if event["type"] == "order.cancelled" {
            *reasons.entry(text(&event, "/data/reason").to_owned()).or_default() += 1;
        }
        if event["type"] != "user.created" {
            last.insert(text(&event, "/correlation_id").to_owned(), event);
        }
    }
    let all = [
        "abandoned",
        "customer_request",
        "insufficient_stock",
        "parcel_lost",
        "payment_declined",
        "payment_timeout",
    ];
    assert!(reasons.keys().map(String::as_str).eq(all), "{reasons:?}");
    // Payments that were never answered, hours before the end of the log.
    let stuck = last.values().filter(|event| event["type"] == "payment.initiated").count();
    assert!(stuck > 3, "{stuck}");
}

#[test]
fn most_streams_are_short_and_a_few_are_long() {
    for seed in [1, 2] {
        let (_, generated) = log(50_000, seed);
        let per_thousand = generated.streams * 1_000 / generated.events;
        assert!((210..=265).contains(&per_thousand), "{generated:?}");
        assert!((1_500..=4_000).contains(&generated.longest_stream), "{generated:?}");
        assert!((550..=650).contains(&(generated.bytes / generated.events)), "{generated:?}");
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
