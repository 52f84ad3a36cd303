//! Generated logs tell of the shop of the domain file: every type, stream, payload, state and check of them fits it.

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

const SEEDS: [u64; 4] = [1, 2, 7, 42];

fn log(seed: u64) -> Vec<Value> {
    let mut bytes = Vec::new();
    let options = GenerateOptions { events: 5_000, seed };
    generate(&options, &mut bytes, &CancelToken::default(), &mut |_| {}).unwrap();
    bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

fn shop() -> Arc<Domain> {
    Arc::new(BuiltIn::named("shop").unwrap().load())
}

fn text<'a>(event: &'a Value, key: &str) -> &'a str {
    event[key].as_str().unwrap_or_else(|| panic!("no {key} in {event}"))
}

/// Events of the runtime itself, which no domain file names.
fn is_of_the_runtime(event: &Value) -> bool {
    ["saga.", "dead_letter."].iter().any(|prefix| text(event, "type").starts_with(prefix))
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

#[test]
fn every_type_and_stream_is_the_domains() {
    let domain = shop();
    let known = types(&domain);
    for event in SEEDS.into_iter().flat_map(log) {
        let (event_type, stream) = (text(&event, "type"), text(&event, "stream"));
        if is_of_the_runtime(&event) {
            let kind = event_type.split('.').next().unwrap();
            assert!(stream.starts_with(&format!("{kind}-")), "{event}");
            continue;
        }
        assert!(known.contains(event_type) || known.contains(split_version(event_type).0), "{event}");
        let aggregate_type = text(&event, "aggregate_type");
        if let Some(aggregate) = domain.aggregate(aggregate_type) {
            assert!(glob_matches(&aggregate.streams, stream), "{event}");
        } else {
            assert!(domain.service(aggregate_type).is_some(), "{event}");
            assert_eq!(stream, format!("{aggregate_type}-{}", text(&event, "correlation_id")));
        }
    }
}

#[test]
fn every_payload_passes_its_schema() {
    let domain = shop();
    let mut checked = BTreeSet::new();
    for event in SEEDS.into_iter().flat_map(log) {
        if let Some(schema) = domain.schemas.iter().find(|it| &*it.event_type == text(&event, "type")) {
            assert_eq!(schema.schema.check(&event["data"]), Ok(()), "{event}");
            checked.insert(schema.event_type.to_string());
        }
    }
    assert_eq!(checked.len(), domain.schemas.len(), "{checked:?}");
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

#[test]
fn every_stream_folds_by_the_rules_of_the_domain() {
    let domain = shop();
    for seed in SEEDS {
        let (mut rules, mut states) = (BTreeMap::new(), BTreeMap::new());
        for event in log(seed) {
            let recorded = recorded(&event);
            let stream = &recorded.home().unwrap().stream;
            let rule = rules
                .entry(stream.clone())
                .or_insert_with(|| rule_for(Some(&domain), stream, MergeRule::default()));
            let state = states.entry(stream.clone()).or_insert_with(|| rule.initial());
            rule.evolve(state, &recorded).unwrap_or_else(|issue| panic!("{issue:?}: {event}"));
        }
        let streams_in = |prefix: &str, status: &str| {
            let of = states.iter().filter(|(stream, _)| stream.id.starts_with(prefix));
            of.filter(|(_, state)| state["status"] == status).count()
        };
        for (prefix, state) in [
            ("order-", "confirmed"),
            ("order-", "cancelled"),
            ("payment-", "completed"),
            ("payment-", "failed"),
            ("payment-", "refunded"),
            ("user-", "active"),
        ] {
            assert!(streams_in(prefix, state) > 0, "no stream {prefix}* came to be {state}");
        }
    }
}

#[test]
fn the_invariants_hold_all_the_way() {
    let domain = shop();
    for seed in SEEDS {
        let mut monitor = Monitor::new(&domain, Cadence::Amortized);
        let mut open: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
        let nothing = || json!([]);
        for event in log(seed) {
            let position = event["position"].as_u64().unwrap();
            monitor.observe(&Observed {
                position,
                event_type: text(&event, "type"),
                event: Part::Value(&event),
            });
            if let Some(saga) = event["correlation_id"].as_str() {
                let held = open.entry(saga.to_owned()).or_default();
                let step = event["metadata"]["step"].as_str().unwrap_or_default().to_owned();
                match event["metadata"]["role"].as_str() {
                    Some("effect") => *held.entry(step).or_default() += 1,
                    Some("undone") => *held.entry(step).or_default() -= 1,
                    _ => {}
                }
                if ["saga.completed", "saga.compensated"].contains(&text(&event, "type")) {
                    open.remove(saga);
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
                steps.iter().map(move |(step, held)| json!({"saga": saga, "step": step, "held": held}))
            });
            lines.collect::<Value>()
        };
        monitor.settled(Ticks(0), &Books { version: 1, owed: &owed });
        let mut held = 0;
        for report in monitor.reports() {
            let standing = report.standing;
            assert!(
                !matches!(standing, Standing::Broken(_) | Standing::Failed(_)),
                "seed {seed}, {}: {standing:?}",
                report.invariant.name
            );
            held += u32::from(matches!(standing, Standing::Holds));
        }
        assert!(held >= 8, "{held} invariants were checked");
    }
}

#[test]
fn versions_have_no_gaps_and_causes_are_earlier_events_of_the_same_saga() {
    for seed in SEEDS {
        let (mut versions, mut ids) = (BTreeMap::<String, u64>::new(), BTreeMap::new());
        for event in log(seed) {
            let version = versions.entry(text(&event, "stream").to_owned()).or_default();
            *version += 1;
            assert_eq!(event["version"], *version, "{event}");
            let saga = event["correlation_id"].clone();
            if let Some(cause) = event["causation_id"].as_str() {
                let of = ids.get(cause).unwrap_or_else(|| panic!("no cause: {event}"));
                assert!(saga.is_null() || *of == saga, "caused by another saga: {event}");
                assert_eq!(event["metadata"]["causation_id"], cause);
            }
            assert_eq!(event["metadata"].get("correlation_id").cloned().unwrap_or_default(), saga);
            assert!(ids.insert(text(&event, "id").to_owned(), saga).is_none(), "{event}");
        }
    }
}

/// What an event is, said without ids, times and numbers that every saga has its own of.
fn shape(event: &Value) -> String {
    let keys = |value: &Value| {
        value.as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect::<Vec<_>>().join(" ")
    };
    let kind = event["aggregate_type"].as_str().unwrap_or_default();
    format!("{} of {kind}: {} | {}", text(event, "type"), keys(&event["data"]), keys(&event["metadata"]))
}

#[test]
fn a_generated_saga_is_recorded_as_a_run_records_it() {
    let generated: Vec<Value> = SEEDS.into_iter().flat_map(log).collect();
    let shapes: BTreeSet<String> = generated.iter().map(shape).collect();
    for recipe in [
        "shop/fulfilment",
        "shop/fulfilment?fault=process-payment:transient&fault=confirm-order:reject",
        "shop/fulfilment?fault=process-payment:reject",
        "shop/fulfilment?fault=reserve-inventory:reject&fault=create-order:lost",
        "shop/fulfilment?fault=send-confirmation:reject",
    ] {
        let world = crate::support::finish(crate::support::world_of(&shop(), recipe));
        for event in world.events() {
            let home = event.home().unwrap();
            let as_line = json!({
                "type": event.event_type,
                "aggregate_type": home.stream.aggregate_type,
                "data": event.data.value(),
                "metadata": event.metadata.as_ref().map(JsonText::value),
            });
            let is_given = as_line["metadata"]["role"] == "given";
            if event.event_type.starts_with("run.") || is_given {
                continue;
            }
            // Orders of a run are of the schema's first version and name a currency all the same.
            let shape = shape(&as_line);
            if event.event_type != "order.created.v1" {
                assert!(shapes.contains(&shape), "{recipe}: no event is {shape}");
            }
        }
    }
}
