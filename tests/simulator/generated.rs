//! Generated logs tell of the shop of the domain file: every type, stream, payload, state and check of them fits it.
//! That they are what a real shop's would be is checked in `realistic`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sagascope::base::cancel::CancelToken;
use sagascope::base::ticks::Ticks;
use sagascope::domain::{BuiltIn, Domain, Part, glob_matches, split_version};
use sagascope::model::{JsonText, Membership, Payload, RecordedEvent, StreamName};
use sagascope::replay::{MergeRule, rule_for};
use sagascope::runtime::monitor::{Books, Cadence, Monitor, Standing};
use sagascope::runtime::projection::Observed;
use sagascope::sim::generate::{GenerateOptions, generate};
use serde_json::{Value, json};

pub(crate) const SEEDS: [u64; 4] = [1, 2, 7, 42];

pub(crate) fn log(seed: u64) -> Vec<Value> {
    let mut bytes = Vec::new();
    let options = GenerateOptions { events: 5_000, seed };
    generate(&options, &mut bytes, &CancelToken::default(), &mut |_| {}).unwrap();
    bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

pub(crate) fn shop() -> Arc<Domain> {
    Arc::new(BuiltIn::named("shop").unwrap().load())
}

pub(crate) fn text<'a>(event: &'a Value, key: &str) -> &'a str {
    event[key].as_str().unwrap_or_else(|| panic!("no {key} in {event}"))
}

/// Events of the runtime itself, which no domain file names.
fn is_of_the_runtime(event: &Value) -> bool {
    ["saga.", "dead_letter.", "message."].iter().any(|prefix| text(event, "type").starts_with(prefix))
}

/// Every type the domain speaks of, each with its version or, where a rule takes any, without.
fn types(domain: &Domain) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    all.extend(domain.schemas.iter().map(|it| it.event_type.to_string()));
    for aggregate in &domain.aggregates {
        all.extend(aggregate.on.iter().map(|(name, _)| name.to_string()));
    }
    for step in domain.sagas.iter().flat_map(|it| &it.steps) {
        all.extend([&step.success, &step.failure].map(ToString::to_string));
        all.extend([&step.compensated, &step.tombstone].into_iter().flatten().map(ToString::to_string));
    }
    all
}

/// Recorded beside what a run knows: what becomes of a parcel, and what each further line of an order reserves.
fn is_beside(event: &Value) -> bool {
    event["metadata"]["role"] == "beside"
}

/// What is wrong with a log, in one respect: one line each.
pub(crate) type Check = fn(&Arc<Domain>, &[Value]) -> Vec<String>;

fn types_and_streams(domain: &Arc<Domain>, log: &[Value]) -> Vec<String> {
    let known = types(domain);
    let is_right = |event: &Value| {
        let (event_type, stream) = (text(event, "type"), text(event, "stream"));
        if is_of_the_runtime(event) {
            let kind = event_type.split('.').next().unwrap();
            return stream.starts_with(&format!("{kind}-"));
        }
        let aggregate_type = text(event, "aggregate_type");
        let at_home = match domain.aggregate(aggregate_type) {
            Some(aggregate) => glob_matches(&aggregate.streams, stream),
            None => {
                domain.service(aggregate_type).is_some()
                    && stream == format!("{aggregate_type}-{}", text(event, "correlation_id"))
            }
        };
        at_home && (known.contains(event_type) || known.contains(split_version(event_type).0))
    };
    log.iter().filter(|event| !is_right(event)).map(|event| format!("not the domain's: {event}")).collect()
}

fn payloads(domain: &Arc<Domain>, log: &[Value]) -> Vec<String> {
    let check = |event: &Value| {
        let schema = domain.schemas.iter().find(|it| &*it.event_type == text(event, "type"))?;
        Some(format!("{:?}: {event}", schema.schema.check(&event["data"]).err()?))
    };
    log.iter().filter_map(check).collect()
}

fn recorded(event: &Value) -> RecordedEvent {
    let stream = StreamName::new(text(event, "aggregate_type"), text(event, "stream"));
    RecordedEvent {
        event_type: text(event, "type").to_owned(),
        streams: vec![Membership { stream, version: event["version"].as_i64(), role: None }],
        data: Payload::Json(JsonText::from_value(&event["data"])),
        ..RecordedEvent::default()
    }
}

fn folds(domain: &Arc<Domain>, log: &[Value]) -> Vec<String> {
    let (mut rules, mut states, mut wrong) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    for event in log {
        let recorded = recorded(event);
        let stream = &recorded.home().unwrap().stream;
        let rule = rules
            .entry(stream.clone())
            .or_insert_with(|| rule_for(Some(domain), stream, MergeRule::default()));
        let state = states.entry(stream.clone()).or_insert_with(|| rule.initial());
        if let Err(issue) = rule.evolve(state, &recorded) {
            wrong.push(format!("{issue:?}: {event}"));
        }
    }
    for (prefix, status) in [
        ("order-", "confirmed"),
        ("order-", "cancelled"),
        ("payment-", "completed"),
        ("payment-", "failed"),
        ("payment-", "refunded"),
        ("shipment-", "dispatched"),
        ("shipment-", "delivered"),
        ("shipment-", "lost"),
        ("order-", "completed"),
        ("order-", "closed"),
        ("user-", "active"),
    ] {
        if !states.iter().any(|(stream, state)| stream.id.starts_with(prefix) && state["status"] == status) {
            wrong.push(format!("no stream {prefix}* came to be {status}"));
        }
    }
    wrong
}

fn invariants(domain: &Arc<Domain>, log: &[Value]) -> Vec<String> {
    let mut monitor = Monitor::new(domain, Cadence::Amortized);
    let mut open: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
    let nothing = || json!([]);
    for event in log {
        let position = event["position"].as_u64().unwrap();
        monitor.observe(&Observed { position, event_type: text(event, "type"), event: Part::Value(event) });
        if let Some(saga) = event["correlation_id"].as_str() {
            let held = open.entry(saga.to_owned()).or_default();
            let step = event["metadata"]["step"].as_str().unwrap_or_default().to_owned();
            match event["metadata"]["role"].as_str() {
                Some("effect") => *held.entry(step).or_default() += 1,
                Some("undone") => *held.entry(step).or_default() -= 1,
                _ => {}
            }
            if ["saga.completed", "saga.compensated"].contains(&text(event, "type")) {
                open.remove(saga);
            }
            // From when a parcel is lost until the money is back, somebody owes it.
            let parcel = format!("{saga} after the parcel was lost");
            match text(event, "type") {
                "shipment.lost.v1" => {
                    open.insert(parcel, BTreeMap::from([("process-payment".to_owned(), 1)]));
                }
                "payment.refunded.v1" => drop(open.remove(&parcel)),
                _ => {}
            }
        }
        // Now and then: a check looks at every row there is.
        if position % 250 == 0 {
            monitor.after_commit(Ticks(0), &Books { version: 0, owed: &nothing });
        }
    }
    // What is under way at the end of the log, or will never end, is accounted for.
    let owed = || {
        let lines = open.iter().flat_map(|(saga, steps)| {
            let saga = saga.split(' ').next();
            steps.iter().map(move |(step, held)| json!({"saga": saga, "step": step, "held": held}))
        });
        lines.collect::<Value>()
    };
    monitor.settled(Ticks(0), &Books { version: 1, owed: &owed });
    let (mut held, mut wrong) = (0, Vec::new());
    for report in monitor.reports() {
        let standing = report.standing;
        if matches!(standing, Standing::Broken(_) | Standing::Failed(_)) {
            wrong.push(format!("{}: {standing:?}", report.invariant.name));
        }
        held += u32::from(matches!(standing, Standing::Holds));
    }
    if held < 8 && wrong.is_empty() {
        wrong.push(format!("{held} invariants were checked"));
    }
    wrong
}

fn versions_and_causes(_domain: &Arc<Domain>, log: &[Value]) -> Vec<String> {
    let (mut versions, mut ids, mut wrong) = (BTreeMap::<String, u64>::new(), BTreeMap::new(), Vec::new());
    for (place, event) in log.iter().enumerate() {
        let version = versions.entry(text(event, "stream").to_owned()).or_default();
        *version += 1;
        let saga = event["correlation_id"].clone();
        let of_cause = event["causation_id"].as_str().map(|cause| ids.get(cause));
        let metadata = &event["metadata"];
        for (is_right, what) in [
            (event["version"] == *version, "a gap in its stream"),
            (event["position"] == place + 1, "a gap in the log"),
            (of_cause != Some(None), "its cause is not before it"),
            (saga.is_null() || !matches!(of_cause, Some(Some(of)) if *of != saga), "caused by another saga"),
            (
                metadata.get("causation_id") == event.get("causation_id").filter(|it| !it.is_null()),
                "two causes",
            ),
            (metadata.get("correlation_id").cloned().unwrap_or_default() == saga, "two sagas"),
            (
                text(event, "occurred_at")
                    >= log.get(place.wrapping_sub(1)).map_or("", |it| text(it, "occurred_at")),
                "before the event before it",
            ),
        ] {
            if !is_right {
                wrong.push(format!("{what}: {event}"));
            }
        }
        if ids.insert(text(event, "id").to_owned(), saga).is_some() {
            wrong.push(format!("an id twice: {event}"));
        }
    }
    wrong
}

/// What an event is, said without ids, times and numbers that every saga has its own of.
fn shape(event: &Value) -> String {
    let keys = |value: &Value| {
        value.as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect::<Vec<_>>().join(" ")
    };
    let kind = event["aggregate_type"].as_str().unwrap_or_default();
    format!("{} of {kind}: {} | {}", text(event, "type"), keys(&event["data"]), keys(&event["metadata"]))
}

/// Of what the bus does the shop tells that a message came twice, and of what befalls a run nothing.
fn is_told(event_type: &str) -> bool {
    let untold = ["run.", "service.", "message."].iter().any(|prefix| event_type.starts_with(prefix));
    !untold || ["message.duplicated", "message.deduplicated"].contains(&event_type)
}

/// Runs of the simulator in which happens what happens in the shop: a hiccup, a loss or a repeat at any step, a
/// refusal at any.
fn runs() -> Vec<Vec<Value>> {
    let domain = shop();
    let steps: Vec<String> = domain.sagas[0].steps.iter().map(|step| step.name.to_string()).collect();
    let mishaps = steps
        .iter()
        .flat_map(|step| ["transient", "lost", "duplicated"].map(|kind| format!("&fault={step}:{kind}")));
    let mishaps: Vec<String> = std::iter::once(String::new()).chain(mishaps).collect();
    let refusals = steps.iter().map(|step| format!("&fault={step}:reject"));
    let refusals: Vec<String> = std::iter::once(String::new()).chain(refusals).collect();
    let recipes =
        mishaps.iter().flat_map(|mishap| refusals.iter().map(move |refusal| format!("{mishap}{refusal}")));
    let run = |faults: String| {
        let line = format!("shop/fulfilment?{}", faults.trim_start_matches('&'));
        let world = crate::support::world_of(&domain, line.trim_end_matches('?')).recording_transport();
        let world = crate::support::finish(world);
        let events = world.events().into_iter().map(|event| {
            let home = event.home().unwrap();
            json!({
                "type": event.event_type,
                "aggregate_type": home.stream.aggregate_type,
                "correlation_id": event.correlation_id,
                "data": event.data.value(),
                "metadata": event.metadata.as_ref().map(JsonText::value),
            })
        });
        events.filter(|event| is_told(text(event, "type")) && event["metadata"]["role"] != "given").collect()
    };
    recipes.map(run).collect()
}

/// The events of each saga that has ended, in order. Orders are of either version of their schema.
fn stories(log: &[Value]) -> BTreeMap<String, Vec<String>> {
    let mut stories: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for event in log {
        let Some(saga) = event["correlation_id"].as_str() else { continue };
        // A second copy that comes is nothing that happens to a saga; where it falls depends on the weather.
        if is_beside(event) || text(event, "type").starts_with("message.") {
            continue;
        }
        let step = event["metadata"]["step"].as_str().unwrap_or_default();
        let event_type = text(event, "type").replace("order.created.v2", "order.created.v1");
        stories.entry(saga.to_owned()).or_default().push(format!("{event_type} {step}"));
    }
    let ends = ["saga.completed ", "saga.compensated ", "saga.parked "];
    stories.retain(|_, told| told.last().is_some_and(|last| ends.contains(&&**last)));
    stories
}

fn stories_of_runs(_domain: &Arc<Domain>, log: &[Value]) -> Vec<String> {
    let known: BTreeSet<Vec<String>> = runs().iter().flat_map(|run| stories(run).into_values()).collect();
    let told = stories(log);
    let mut wrong: Vec<String> = told
        .iter()
        .filter(|(_, told)| !known.contains(*told))
        .map(|(saga, told)| format!("no run goes like {saga}: {told:?}"))
        .collect();
    let different: BTreeSet<&Vec<String>> = told.values().collect();
    if different.len() < 8 {
        wrong.push(format!("there are only {} different stories", different.len()));
    }
    wrong
}

fn shapes_of_runs(_domain: &Arc<Domain>, log: &[Value]) -> Vec<String> {
    let runs: BTreeSet<String> = runs().iter().flatten().map(shape).collect();
    let here: BTreeSet<String> = log
        .iter()
        .filter(|event| !event["correlation_id"].is_null() && !is_beside(event))
        .map(shape)
        .collect();
    // Orders of a run are of the schema's first version and name a currency all the same; and they have one line.
    let is_order = |shape: &&String| shape.starts_with("order.created.");
    here.difference(&runs)
        .filter(|shape| !is_order(shape))
        .map(|shape| format!("no run records {shape}"))
        .collect()
}

/// What is checked of a generated log, each with a name.
pub(crate) type Checks = [(&'static str, Check)];

/// Whether it fits the domain.
const CHECKS: &Checks = &[
    ("types and streams are the domain's", types_and_streams),
    ("payloads pass their schemas", payloads),
    ("streams fold by the domain's rules", folds),
    ("the invariants hold all the way", invariants),
    ("versions have no gaps and causes are earlier events of the same saga", versions_and_causes),
    ("sagas go as runs go", stories_of_runs),
    ("events are recorded as runs record them", shapes_of_runs),
];

#[test]
fn generated_logs_are_right_in_every_respect() {
    all_hold(CHECKS);
}

pub(crate) fn all_hold(checks: &Checks) {
    let domain = shop();
    for seed in SEEDS {
        let log = log(seed);
        for (name, check) in checks {
            let wrong = check(&domain, &log);
            assert!(
                wrong.is_empty(),
                "seed {seed}, {name}: {} are wrong, the first {}",
                wrong.len(),
                wrong[0]
            );
        }
    }
}

#[test]
fn every_schema_and_every_shape_of_a_run_is_there() {
    let domain = shop();
    let generated: Vec<Value> = SEEDS.into_iter().flat_map(log).collect();
    let types: BTreeSet<&str> = generated.iter().map(|event| text(event, "type")).collect();
    for schema in &domain.schemas {
        assert!(types.contains(&*schema.event_type), "no {}", schema.event_type);
    }
    let shapes: BTreeSet<String> = generated.iter().map(shape).collect();
    let missing: BTreeSet<String> =
        runs().iter().flatten().map(shape).filter(|shape| !shapes.contains(shape)).collect();
    // Orders are of either version of their schema, nobody in the shop refuses one before it is there, and no order
    // that goes back has a message that came twice.
    let elsewhere = ["order.created.v1", "order.creation_refused.v1", "saga.late_reply_ignored"];
    let missing: Vec<&String> =
        missing.iter().filter(|shape| !elsewhere.iter().any(|known| shape.starts_with(known))).collect();
    assert_eq!(missing, Vec::<&String>::new());
}

/// The first event of this type.
pub(crate) fn first<'a>(log: &'a mut [Value], event_type: &str) -> &'a mut Value {
    log.iter_mut().find(|event| event["type"] == event_type).unwrap()
}

/// Makes a sound log wrong.
pub(crate) type Breakage = fn(&mut Vec<Value>);

/// Breaks one log in each respect, in more than one way: a check that sees nothing checks nothing.
#[test]
fn each_check_sees_what_it_is_for() {
    let breakages: &[(&str, &[Breakage])] = &[
        (
            "types and streams are the domain's",
            &[
                |log| first(log, "payment.completed.v1")["type"] = "payment.settled.v1".into(),
                |log| first(log, "order.confirmed.v1")["stream"] = "basket-1".into(),
                |log| first(log, "notification.sent.v1")["stream"] = "notification-s0".into(),
                |log| first(log, "saga.completed")["stream"] = "order-1".into(),
            ],
        ),
        (
            "payloads pass their schemas",
            &[
                |log| first(log, "payment.completed.v1")["data"]["amount"] = "many".into(),
                |log| {
                    first(log, "user.created.v1")["data"].as_object_mut().unwrap().remove("email");
                },
            ],
        ),
        (
            "streams fold by the domain's rules",
            &[
                |log| log.retain(|event| event["type"] != "payment.refunded.v1"),
                |log| first(log, "inventory.reserved.v1")["data"] = json!("all of it"),
            ],
        ),
        (
            "the invariants hold all the way",
            &[
                |log| {
                    let order = first(log, "order.confirmed.v1")["data"]["orderId"].clone();
                    let is_charge = |event: &&Value| {
                        event["type"] == "payment.completed.v1" && event["data"]["orderId"] == order
                    };
                    let mut again = log.iter().find(is_charge).unwrap().clone();
                    again["position"] = (log.len() + 1).into();
                    log.push(again);
                },
                |log| first(log, "inventory.reserved.v1")["data"]["quantity"] = 10_000_000.into(),
                |log| first(log, "payment.refunded.v1")["data"]["amount"] = 10_000_000.into(),
                |log| {
                    let order = first(log, "order.confirmed.v1")["data"]["orderId"].clone();
                    log.retain(|event| {
                        event["type"] != "payment.completed.v1" || event["data"]["orderId"] != order
                    });
                },
            ],
        ),
        (
            "versions have no gaps and causes are earlier events of the same saga",
            &[
                |log| {
                    log.remove(1_000);
                },
                |log| log.swap(2_000, 2_100),
                |log| first(log, "saga.completed")["causation_id"] = Value::Null,
                |log| first(log, "saga.pivot_passed")["metadata"]["correlation_id"] = "s0".into(),
                |log| log[1_001]["id"] = log[1_000]["id"].clone(),
                |log| log[1_001]["version"] = 77.into(),
            ],
        ),
        (
            "sagas go as runs go",
            &[
                |log| log.retain(|event| event["type"] != "saga.pivot_passed"),
                |log| {
                    let undone =
                        log.iter().position(|event| event["type"] == "inventory.released.v1").unwrap();
                    log.remove(undone);
                },
                |log| first(log, "saga.undo_started")["metadata"]["step"] = "send-confirmation".into(),
                |log| log.truncate(60),
            ],
        ),
        (
            "events are recorded as runs record them",
            &[
                |log| first(log, "saga.step_started")["metadata"]["mood"] = "good".into(),
                |log| {
                    first(log, "saga.step_completed")["data"].as_object_mut().unwrap().remove("reply");
                },
            ],
        ),
    ];
    all_are_seen(CHECKS, breakages);
}

/// Breaks a sound log in each of these ways: the check of that name sees it.
pub(crate) fn all_are_seen(checks: &Checks, breakages: &[(&str, &[Breakage])]) {
    let domain = shop();
    let sound = log(SEEDS[0]);
    for (name, check) in checks {
        let (_, ways) = breakages.iter().find(|(known, _)| known == name).expect("each check is broken here");
        for (way, break_it) in ways.iter().enumerate() {
            let mut log = sound.clone();
            break_it(&mut log);
            assert_ne!(check(&domain, &log), Vec::<String>::new(), "{name}: breakage {way} is not seen");
        }
    }
}
