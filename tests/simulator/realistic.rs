//! Generated logs are what a real shop's would be: orders of several lines, parcels, messages that come twice, a release
//! that changes a schema, payments that nobody answers. Each check is broken in ways that it has to see.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sagascope::domain::Domain;
use sagascope::model::Timestamp;
use serde_json::Value;

use crate::generated::{Breakage, Checks, SEEDS, all_are_seen, all_hold, first, log, text};

/// The events of a type, whatever its version.
fn of<'a>(log: &'a [Value], base: &str) -> impl Iterator<Item = &'a Value> {
    let prefix = format!("{base}.v");
    log.iter().filter(move |event| text(event, "type").starts_with(&prefix))
}

fn order(event: &Value) -> String {
    event["data"]["orderId"].as_str().unwrap_or_default().to_owned()
}

/// Nanoseconds.
fn time(event: &Value) -> i64 {
    Timestamp::parse(text(event, "occurred_at")).unwrap().nanos()
}

const MINUTE: i64 = 60_000_000_000;
/// The shop stands still for nine hours at most; after twelve everything is done that only takes a moment.
const SOON: i64 = 12 * 60 * MINUTE;

/// The events that stand so long before the end of the log that what they lead to soon is in it.
fn settled(log: &[Value]) -> &[Value] {
    let end = log.last().map_or(0, time);
    &log[..log.partition_point(|event| time(event) < end - SOON)]
}

/// Product and quantity.
fn line(data: &Value) -> (String, u64) {
    (data["productId"].as_str().unwrap_or_default().to_owned(), data["quantity"].as_u64().unwrap_or_default())
}

/// Products and quantities by order, each event of the type being about one line.
fn lines_of(log: &[Value], base: &str) -> BTreeMap<String, Vec<(String, u64)>> {
    let mut lines: BTreeMap<String, Vec<(String, u64)>> = BTreeMap::new();
    for event in of(log, base) {
        lines.entry(order(event)).or_default().push(line(&event["data"]));
    }
    for list in lines.values_mut() {
        list.sort();
    }
    lines
}

fn orders(_domain: &Arc<Domain>, log: &[Value]) -> Vec<String> {
    let (mut wrong, mut placed, mut totals, mut lengths) =
        (Vec::new(), BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
    for event in of(log, "order.created") {
        let data = &event["data"];
        let items = data["items"].as_array().map(Vec::as_slice).unwrap_or_default();
        let cost =
            |item: &Value| item["quantity"].as_u64().unwrap_or(0) * item["price"].as_u64().unwrap_or(0);
        let mut lines: Vec<(String, u64)> = items.iter().map(line).collect();
        lines.sort();
        let products: BTreeSet<&String> = lines.iter().map(|(product, _)| product).collect();
        if data["total"] != items.iter().map(cost).sum::<u64>() {
            wrong.push(format!("the total is not the sum of the lines: {event}"));
        }
        if products.len() != lines.len() {
            wrong.push(format!("two lines about one product: {event}"));
        }
        lengths.insert(lines.len());
        placed.insert(order(event), lines);
        totals.insert(order(event), data["total"].clone());
    }
    if !lengths.iter().copied().eq(1..=5) {
        wrong.push(format!("orders have {lengths:?} lines"));
    }
    for event in
        of(log, "payment.completed").filter(|it| totals.get(&order(it)) != Some(&it["data"]["amount"]))
    {
        wrong.push(format!("not what the order costs: {event}"));
    }
    let (reserved, released) = (lines_of(log, "inventory.reserved"), lines_of(log, "inventory.released"));
    for event in of(log, "order.confirmed").filter(|it| reserved.get(&order(it)) != placed.get(&order(it))) {
        wrong.push(format!("confirmed, and not every line is reserved: {event}"));
    }
    for event in of(log, "order.cancelled").filter(|it| released.get(&order(it)) != reserved.get(&order(it)))
    {
        wrong.push(format!("cancelled, and not every line is free again: {event}"));
    }
    wrong
}

/// What each event of a parcel's way is caused by.
const WAYS: [(&str, &str); 7] = [
    ("shipment.created", "order.confirmed"),
    ("shipment.dispatched", "shipment.created"),
    ("shipment.delivered", "shipment.dispatched"),
    ("order.completed", "shipment.delivered"),
    ("shipment.lost", "shipment.dispatched"),
    ("payment.refunded", "shipment.lost"),
    ("order.closed", "payment.refunded"),
];

fn parcels(_domain: &Arc<Domain>, log: &[Value]) -> Vec<String> {
    let by_id: BTreeMap<&str, &Value> = log.iter().map(|event| (text(event, "id"), event)).collect();
    let mut wrong = Vec::new();
    for (effect, cause) in WAYS {
        for event in of(log, effect) {
            if event["metadata"].get("step").is_some() {
                // The saga itself took its payment back.
                continue;
            }
            let of_cause = event["causation_id"].as_str().and_then(|id| by_id.get(id));
            let fits = of_cause.is_some_and(|of_cause| {
                text(of_cause, "type").starts_with(&format!("{cause}.v"))
                    && of_cause["correlation_id"] == event["correlation_id"]
                    && order(of_cause) == order(event)
            });
            if !fits {
                wrong.push(format!("not caused by {cause} of its order: {event}"));
            }
        }
    }
    let orders = |base: &str| of(log, base).map(order).collect::<BTreeSet<_>>();
    let streams: BTreeSet<&str> = of(log, "shipment.created").map(|event| text(event, "stream")).collect();
    if of(log, "shipment.created").count() != streams.len() {
        wrong.push("a parcel is packed twice".to_owned());
    }
    // What a moment later is due is there, where the log goes on for long enough.
    let due = [
        ("order.confirmed", "shipment.created"),
        ("shipment.delivered", "order.completed"),
        ("shipment.lost", "payment.refunded"),
        ("shipment.lost", "order.closed"),
    ];
    for (first, then) in due {
        let done = orders(then);
        let missing = of(settled(log), first).filter(|event| !done.contains(&order(event)));
        wrong.extend(missing.map(|event| format!("no {then} after {event}")));
    }
    let (lost, delivered) = (orders("shipment.lost"), orders("shipment.delivered"));
    if lost.intersection(&delivered).next().is_some() {
        wrong.push("a parcel is lost and delivered".to_owned());
    }
    let per_thousand = lost.len() * 1_000 / (lost.len() + delivered.len()).max(1);
    if !(5..=150).contains(&per_thousand) || delivered.len() < 50 {
        wrong.push(format!("{} parcels are lost, {} delivered", lost.len(), delivered.len()));
    }
    wrong
}

fn repeats(domain: &Arc<Domain>, log: &[Value]) -> Vec<String> {
    let mut wrong = Vec::new();
    let sagas: BTreeSet<&str> = log.iter().filter_map(|event| event["correlation_id"].as_str()).collect();
    let of_type = |events: &[Value], name: &str| -> BTreeMap<String, usize> {
        let hits = events.iter().enumerate().filter(|(_, event)| event["type"] == name);
        hits.map(|(place, event)| (text(event, "causation_id").to_owned(), place)).collect()
    };
    let absorbed = of_type(log, "message.deduplicated");
    let doubled = of_type(log, "message.duplicated");
    for message in of_type(settled(log), "message.duplicated").keys() {
        if !absorbed.contains_key(message) {
            wrong.push(format!("nobody saw the second copy of {message}"));
        }
    }
    for (message, place) in &absorbed {
        let event = &log[*place];
        let answers =
            |event: &&Value| event["causation_id"] == **message && event["metadata"]["role"].is_string();
        let main = |event: &&Value| event["metadata"]["role"] != "beside";
        if !doubled.contains_key(message) {
            wrong.push(format!("there was no second copy: {event}"));
        }
        if log[..*place].iter().filter(answers).filter(main).count() != 1 {
            wrong.push(format!("it was not handled once before: {event}"));
        }
        if log[*place..].iter().any(|event| answers(&event)) {
            wrong.push(format!("it was handled again: {event}"));
        }
        let step = event["metadata"]["step"].as_str().unwrap_or_default();
        let steps = &domain.sagas[0].steps;
        if !steps.iter().any(|it| *it.name == *step && it.guard == sagascope::domain::Guard::Key) {
            wrong.push(format!("no inbox keeps keys of it: {event}"));
        }
    }
    if !(2..=60).contains(&(absorbed.len() * 1_000 / sagas.len())) {
        wrong.push(format!("{} of {} sagas have a message twice", absorbed.len(), sagas.len()));
    }
    wrong
}

fn release(_domain: &Arc<Domain>, log: &[Value]) -> Vec<String> {
    let times =
        |name: &str| -> Vec<i64> { log.iter().filter(|event| event["type"] == name).map(time).collect() };
    let (before, since) = (times("order.created.v1"), times("order.created.v2"));
    let (Some(last), Some(first)) = (before.last(), since.first()) else {
        return vec![format!("{} orders of version 1, {} of version 2", before.len(), since.len())];
    };
    let mut wrong = Vec::new();
    // Orders that were placed before the release and tried again are written in the version they began with.
    if *last > first + MINUTE {
        wrong.push(format!("version 1 at {last}, after version 2 at {first}"));
    }
    let share = before.len() * 100 / (before.len() + since.len());
    if !(15..=65).contains(&share) {
        wrong.push(format!("{share} % are of version 1"));
    }
    wrong
}

/// The last event of the orchestrator about each saga that is quiet and has not ended.
fn quiet(log: &[Value]) -> Vec<&Value> {
    let mut last: BTreeMap<&str, &Value> = BTreeMap::new();
    for event in log.iter().filter(|event| text(event, "type").starts_with("saga.")) {
        last.insert(text(event, "correlation_id"), event);
    }
    let until = settled(log).len();
    let is_quiet = |event: &&Value| {
        let ends = ["saga.completed", "saga.compensated", "saga.parked"];
        !ends.contains(&text(event, "type")) && event["position"].as_u64().unwrap_or_default() <= until as u64
    };
    last.into_values().filter(is_quiet).collect()
}

fn endings(_domain: &Arc<Domain>, log: &[Value]) -> Vec<String> {
    let is_unanswered =
        |event: &&Value| event["type"] == "saga.step_started" && event["data"]["step"] == "process-payment";
    let quiet = quiet(log);
    let odd = quiet.iter().filter(|event| !is_unanswered(event));
    let mut wrong: Vec<String> = odd.map(|event| format!("nothing follows on {event}")).collect();
    let sagas = log.iter().filter(|event| event["type"] == "saga.started").count();
    if quiet.len() * 100 > sagas * 4 {
        wrong.push(format!("{} of {sagas} sagas do not end", quiet.len()));
    }
    wrong
}

/// What makes a log like a real one.
const CHECKS: &Checks = &[
    ("orders have up to five lines, and each is paid, reserved and released", orders),
    ("confirmed orders are sent, and what is lost is refunded", parcels),
    ("some messages come twice and are handled once", repeats),
    ("orders are of version 1 until the release, then of version 2", release),
    ("sagas end unless their payment is not answered", endings),
];

#[test]
fn generated_logs_are_like_those_of_a_real_shop() {
    all_hold(CHECKS);
}

#[test]
fn some_payments_are_never_answered() {
    let quiet: usize = SEEDS.into_iter().map(|seed| quiet(&log(seed)).len()).sum();
    assert!(quiet > 0);
}

/// Takes the first event out for which this holds.
fn remove(log: &mut Vec<Value>, is_it: impl Fn(&Value) -> bool) {
    let place = log.iter().position(is_it).unwrap();
    log.remove(place);
}

#[test]
fn each_check_of_a_real_shop_sees_what_it_is_for() {
    let breakages: &[(&str, &[Breakage])] = &[
        (
            CHECKS[0].0,
            &[
                |log| first(log, "order.created.v1")["data"]["total"] = 1.into(),
                |log| first(log, "payment.completed.v1")["data"]["amount"] = 1.into(),
                |log| {
                    log.retain(|event| {
                        event["type"] != "inventory.reserved.v1" || event["metadata"]["role"] != "beside"
                    });
                },
                |log| first(log, "inventory.released.v1")["data"]["quantity"] = 77.into(),
                |log| {
                    log.retain(|event| event["data"]["items"].as_array().is_none_or(|items| items.len() < 5));
                },
            ],
        ),
        (
            CHECKS[1].0,
            &[
                |log| remove(log, |event| event["type"] == "shipment.created.v1"),
                |log| remove(log, |event| event["type"] == "order.completed.v1"),
                |log| remove(log, |event| event["type"] == "order.closed.v1"),
                |log| {
                    log.retain(|event| {
                        event["type"] != "payment.refunded.v1" || event["metadata"]["role"] != "beside"
                    });
                },
                |log| log.retain(|event| event["type"] != "shipment.lost.v1"),
                |log| first(log, "shipment.dispatched.v1")["correlation_id"] = "s0".into(),
                |log| first(log, "shipment.lost.v1")["data"]["orderId"] = "0".into(),
            ],
        ),
        (
            CHECKS[2].0,
            &[
                |log| remove(log, |event| event["type"] == "message.deduplicated"),
                |log| log.retain(|event| !text(event, "type").starts_with("message.")),
                |log| remove(log, |event| event["type"] == "message.duplicated"),
                |log| first(log, "message.deduplicated")["metadata"]["step"] = "create-order".into(),
                |log| {
                    let message = first(log, "message.deduplicated")["causation_id"].clone();
                    let answer = log
                        .iter()
                        .find(|it| it["causation_id"] == message && it["metadata"]["role"].is_string());
                    log.push(answer.unwrap().clone());
                },
            ],
        ),
        (
            CHECKS[3].0,
            &[
                |log| log.retain(|event| event["type"] != "order.created.v1"),
                |log| {
                    let mut late = first(log, "order.created.v1").clone();
                    late["occurred_at"] = log[log.len() - 1]["occurred_at"].clone();
                    log.push(late);
                },
            ],
        ),
        (
            CHECKS[4].0,
            &[
                |log| remove(log, |event| event["type"] == "saga.completed"),
                |log| remove(log, |event| event["type"] == "saga.compensated"),
            ],
        ),
    ];
    all_are_seen(CHECKS, breakages);
}
