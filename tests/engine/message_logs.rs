//! Logs of what moves messages and runs workflows: Temporal's histories and Kafka's topics, of real SDKs and a real
//! broker, from the outside.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::cli::Cli;
use crate::support::{data, events_of, sample};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn sagas(cli: &Cli, paths: &[PathBuf]) -> Vec<Map<String, Value>> {
    let paths = paths.iter().map(|path| text(path));
    cli.json(&std::iter::once("sagas").chain(paths).collect::<Vec<_>>())
}

fn topics() -> Vec<PathBuf> {
    ["order-events", "payment-events", "payment-events.DLT"]
        .map(|topic| data(&format!("kafka/{topic}.kcat.jsonl")))
        .to_vec()
}

/// Of each saga by its id: how people call it and how it stands.
fn stands(sagas: &[Map<String, Value>]) -> BTreeMap<&str, (&str, &str)> {
    sagas
        .iter()
        .map(|saga| {
            let text = |name: &str| saga[name].as_str().unwrap();
            (text("saga"), (text("title"), text("outcome")))
        })
        .collect()
}

#[test]
fn histories_of_every_sdk_are_read_to_their_end() {
    for (name, events, workflow, kind, outcome, retries, steps) in [
        (
            "activity-retried",
            11,
            "abdb8767-2b5c-4b1d-bda5-c40581f9eeb5",
            "TestWorkflow1",
            "failed",
            1,
            "HeartbeatAndThrowIO rejected 2",
        ),
        (
            "child-fails",
            14,
            "9a44eb45-aedc-4183-9ed2-63b4e2a799f2",
            "TestWorkflow1",
            "failed",
            0,
            "ITestChild rejected 1",
        ),
        (
            "bare-list",
            45,
            "test-multiple-update-ordering",
            "MultipleUpdateWorkflow",
            "completed",
            0,
            "Echo completed 1, Echo #2 completed 1, Echo #3 completed 1",
        ),
        (
            "integer-ids",
            11,
            "integer-ids",
            "testReplayWorkflowFromFile",
            "completed",
            0,
            "testActivityMultipleArgs completed 1",
        ),
        (
            "reset",
            17,
            "parent-workflow-id",
            "ResetWorkflowWithChild",
            "completed",
            0,
            "TestChildWorkflow completed 1",
        ),
        // Cut before its activity answers.
        (
            "bad-history",
            7,
            "7a971df0-94f4-416d-ab2b-d7de0571b75c",
            "Workflow1",
            "running",
            0,
            "helloworldActivity in-flight 0",
        ),
    ] {
        let path = data(&format!("temporal/{name}.json"));
        let read = events_of(&path);
        assert_eq!(read.len(), events, "{name}");
        let versions: Vec<i64> = read.iter().map(|event| event.home().unwrap().version.unwrap()).collect();
        assert_eq!(versions, (1..=events as i64).collect::<Vec<_>>(), "{name}");
        assert!(read.iter().all(|event| event.warnings.is_empty() && event.occurred_at.is_some()), "{name}");
        let cli = Cli::new();
        let sagas = sagas(&cli, &[path]);
        let [saga] = sagas.as_slice() else { panic!("{name}: {sagas:?}") };
        let told: Vec<String> = saga["steps"]
            .as_array()
            .unwrap()
            .iter()
            .map(|step| {
                let text = |name: &str| step[name].as_str().unwrap();
                format!("{} {} {}", text("name"), text("state"), step["attempts"])
            })
            .collect();
        assert_eq!(
            (
                &saga["saga"],
                &saga["definition"],
                &saga["outcome"],
                &saga["retries"],
                told.join(", ").as_str()
            ),
            (&json!(workflow), &json!(kind), &json!(outcome), &json!(retries), steps),
            "{name}"
        );
    }
}

#[test]
fn a_history_that_is_opened_twice_is_told_once() {
    let path = data("temporal/activity-retried.json");
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("again.json");
    std::fs::copy(&path, &copy).unwrap();
    let cli = Cli::new();
    let once = sagas(&cli, std::slice::from_ref(&path));
    assert_eq!(sagas(&cli, &[path, copy]), once);
}

#[test]
fn an_event_of_a_history_has_all_its_causes_and_an_attempt_its_number() {
    let cli = Cli::new();
    let path = data("temporal/activity-retried.json");
    let page = cli.json(&["saga", text(&path), "abdb8767-2b5c-4b1d-bda5-c40581f9eeb5"]);
    let rows = page[0]["rows"].as_array().unwrap();
    let causes = |at: usize| -> Vec<u64> {
        rows[at]["causes"].as_array().unwrap().iter().map(|cause| cause["row"].as_u64().unwrap()).collect()
    };
    // The failure: started, and scheduled; the end: the task that decided it.
    assert_eq!((rows[6]["type"].as_str(), causes(6)), (Some("HeartbeatAndThrowIO.failed"), vec![5, 4]));
    assert_eq!((rows[10]["type"].as_str(), causes(10)), (Some("WorkflowExecutionFailed"), vec![9]));
    assert_eq!(rows[5]["says"], "HeartbeatAndThrowIO, attempt 2");
    assert_eq!(rows[6]["says"], "HeartbeatAndThrowIO, gave up: simulated IO problem");
    assert_eq!(page[0]["findings"], json!([]));
    // An event may be asked for by its id, and the reset run has that of its own.
    let traced = cli.json(&["trace", text(&path), "abdb8767-2b5c-4b1d-bda5-c40581f9eeb5/5"]);
    assert!(
        traced
            .iter()
            .any(|line| line["type"] == "HeartbeatAndThrowIO.failed" && line["relation"] == "effect")
    );
    let reset = events_of(&data("temporal/reset.json"));
    assert_eq!(reset[0].id.as_deref(), Some("b64f8938-b361-4a06-8821-a5d5ad8c8992/1"));
}

#[test]
fn a_child_is_a_saga_of_its_own_that_its_parent_caused_and_the_next_run_is_another_life() {
    let event = |number: u32, second: u32, kind: &str, attributes: Value| {
        let key = format!("{}{}EventAttributes", kind[..1].to_ascii_lowercase(), &kind[1..]);
        let mut event = json!({"eventId": number.to_string(), "eventTime": format!("2026-03-01T08:00:{second:02}Z"), "eventType": kind});
        event[key] = attributes;
        event
    };
    let cli = Cli::new();
    let parent = json!({"events": [
        event(1, 0, "WorkflowExecutionStarted", json!({"workflowType": {"name": "Order"}, "workflowId": "order-1", "originalExecutionRunId": "run-1"})),
        event(2, 1, "StartChildWorkflowExecutionInitiated", json!({"workflowType": {"name": "Ship"}, "workflowId": "ship-1"})),
        event(3, 4, "WorkflowExecutionContinuedAsNew", json!({"newExecutionRunId": "run-3"})),
    ]});
    let child = json!([
        event(
            1,
            2,
            "WorkflowExecutionStarted",
            json!({"workflowType": {"name": "Ship"}, "workflowId": "ship-1",
            "originalExecutionRunId": "run-2", "parentWorkflowExecution": {"workflowId": "order-1", "runId": "run-1"},
            "parentInitiatedEventId": "2"})
        ),
        event(2, 3, "WorkflowExecutionCompleted", json!({})),
    ]);
    let next = json!({"events": [
        event(1, 5, "WorkflowExecutionStarted", json!({"workflowType": {"name": "Order"}, "workflowId": "order-1", "originalExecutionRunId": "run-3"})),
        event(2, 6, "WorkflowExecutionTerminated", json!({"reason": "by hand"})),
    ]});
    let paths: Vec<PathBuf> = [("parent", parent), ("child", child), ("next", next)]
        .into_iter()
        .map(|(name, history)| cli.write(&format!("{name}.json"), history.to_string()))
        .collect();
    let sagas = sagas(&cli, &paths);
    let stands: Vec<(&str, &str)> =
        stands(&sagas).into_iter().map(|(id, (_, outcome))| (id, outcome)).collect();
    assert_eq!(stands, [("order-1", "completed"), ("order-1~2", "failed"), ("ship-1", "completed")]);
}

#[test]
fn topics_tell_the_same_sagas_as_the_story_they_are_of() {
    let cli = Cli::new();
    let week = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/shop-week.jsonl"));
    let whole = sagas(&cli, &[week]);
    let whole = stands(&whole);
    let topics = topics();
    let parts = sagas(&cli, &topics);
    let parts = stands(&parts);
    assert_eq!(parts.len(), 45);
    for (id, stands) in &parts {
        assert_eq!(whole.get(id), Some(stands), "{id}");
    }
    let count = |outcome: &str| parts.values().filter(|(_, known)| *known == outcome).count();
    assert_eq!([count("completed"), count("compensated"), count("no-activity")], [29, 13, 3]);
    // One file with all topics, as `kcat` run three times into one writes it.
    let all: Vec<u8> = topics.iter().flat_map(|path| std::fs::read(path).unwrap()).collect();
    let one = cli.write("all.jsonl", all);
    let one = sagas(&cli, &[one]);
    assert!(stands_differ(&parts, &one).is_empty());
}

fn stands_differ<'a>(
    known: &BTreeMap<&'a str, (&'a str, &'a str)>,
    other: &[Map<String, Value>],
) -> Vec<&'a str> {
    let other = stands(other);
    known.iter().filter(|(id, stands)| other.get(*id) != Some(stands)).map(|(id, _)| *id).collect()
}

#[test]
fn the_whole_topics_tell_the_whole_week() {
    let names = ["order-events", "payment-events", "payment-events.DLT"];
    let paths: Vec<PathBuf> =
        names.iter().filter_map(|topic| sample(&format!("kcat/{topic}.kcat.jsonl"))).collect();
    if paths.len() < names.len() {
        return;
    }
    let cli = Cli::new();
    let week =
        sagas(&cli, &[PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/shop-week.jsonl"))]);
    let topics = sagas(&cli, &paths);
    assert_eq!(stands(&topics).len(), 400);
    assert_eq!(stands_differ(&stands(&week), &topics), Vec::<&str>::new());
}

#[test]
fn topics_are_put_in_order_and_what_is_odd_in_them_is_kept() {
    let orders = events_of(&data("kafka/order-events.kcat.jsonl"));
    assert_eq!(orders.len(), 129);
    assert!(orders.is_sorted_by_key(sagascope::model::RecordedEvent::time));
    let first = &orders[0];
    assert_eq!(first.event_type, "com.shop.OrderPlaced");
    assert_eq!(first.home().unwrap().stream, sagascope::model::StreamName::new("order-events", "ord-00001"));
    let repaired: Vec<_> = orders.iter().filter(|event| !event.warnings.is_empty()).collect();
    let [repaired] = repaired.as_slice() else { panic!("{repaired:?}") };
    assert_eq!(repaired.home().unwrap().stream.id, "order-events/0");
    assert!(repaired.data.value().unwrap().as_str().unwrap().contains("not utf8"));
    let deleted: Vec<_> =
        orders.iter().filter(|event| event.event_type == "order-events.tombstone").collect();
    assert_eq!(deleted.len(), 1);
    assert_eq!(
        (deleted[0].data.value(), deleted[0].home().unwrap().stream.id.as_str()),
        (Some(Value::Null), "ord-00319")
    );
}

#[test]
fn a_dead_letter_topic_is_dead_letters_with_their_reasons() {
    let cli = Cli::new();
    let topics = topics();
    let letters = cli.json(&["dead-letters", text(&topics[0]), text(&topics[1]), text(&topics[2])]);
    assert_eq!(letters.len(), 11);
    assert!(letters.iter().all(|letter| letter["state"] == "open" && letter["saga"].is_string()));
    let first = &letters[0];
    assert_eq!(
        (&first["reason"], &first["message_type"], &first["key"]),
        (&json!("insufficient_funds"), &json!("payment-events"), &json!("pay-00008"))
    );
    // Where nothing followed, the letter is what the saga waits for; it looks a little earlier than its message.
    let record = |topic: &str, offset: u32, ts: u64, headers: &Value, key: &str| {
        let record = json!({"topic": topic, "partition": 0, "offset": offset, "tstype": "create", "ts": ts, "broker": 1,
            "headers": headers, "key": key, "payload": "{}"});
        format!("{record}\n")
    };
    let said = |kind: &str, time: &str, order: &str| {
        json!(["ce_type", kind, "ce_time", time, "correlation_id", order])
    };
    let mut lines = String::new();
    for order in ["c-1", "c-2"] {
        lines += &record(
            "payments",
            0,
            1_772_352_000_100,
            &said("PaymentRequested", "2026-03-01T08:00:00.1005Z", order),
            order,
        );
        lines += &record(
            "payments",
            1,
            1_772_352_000_200,
            &said("PaymentDeclined", "2026-03-01T08:00:00.2005Z", order),
            order,
        );
    }
    let reason = json!(["kafka_dlt-exception-message", "declined", "correlation_id", "c-1"]);
    lines += &record("payments-dlq", 0, 1_772_352_000_200, &reason, "c-1");
    let path = cli.write("payments.jsonl", lines);
    let sagas = sagas(&cli, &[path]);
    assert_eq!(
        stands(&sagas).into_iter().map(|(id, (_, outcome))| (id, outcome)).collect::<Vec<_>>(),
        [("c-1", "dead-lettered"), ("c-2", "compensated")]
    );
}
