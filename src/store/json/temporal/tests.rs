//! A history written by hand, in every spelling.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::json;

use super::*;
use crate::store::shape::JsonLayout;
use crate::store::{ReadBatch, detect, look, open};

fn payload(value: &Value) -> Value {
    json!({"metadata": {"encoding": BASE64.encode("json/plain")}, "data": BASE64.encode(value.to_string())})
}

/// An order whose payment needs three attempts, and whose parcel fails.
fn history() -> Vec<Value> {
    let task = |number: u32| {
        json!({"eventId": number.to_string(), "eventTime": "2026-03-01T08:00:02Z",
               "eventType": "EVENT_TYPE_WORKFLOW_TASK_COMPLETED",
               "workflowTaskCompletedEventAttributes": {"scheduledEventId": "2"}})
    };
    let activity = |number: u32, name: &str| {
        json!({"eventId": number.to_string(), "eventTime": "2026-03-01T08:00:03Z",
               "eventType": "EVENT_TYPE_ACTIVITY_TASK_SCHEDULED",
               "activityTaskScheduledEventAttributes": {"activityId": "1", "activityType": {"name": name},
                   "input": {"payloads": [payload(&json!({"order": "o-1"}))]}, "workflowTaskCompletedEventId": "3"}})
    };
    vec![
        json!({"eventId": "1", "eventTime": "2026-03-01T08:00:00.5Z", "taskId": "77",
               "eventType": "EVENT_TYPE_WORKFLOW_EXECUTION_STARTED",
               "workflowExecutionStartedEventAttributes": {
                   "workflowType": {"name": "OrderWorkflow"}, "workflowId": "order-1",
                   "originalExecutionRunId": "run-1", "parentWorkflowExecution": {"workflowId": "p", "runId": "run-0"},
                   "parentInitiatedEventId": "9"}}),
        json!({"eventId": "2", "eventTime": "2026-03-01T08:00:01Z", "eventType": "EVENT_TYPE_WORKFLOW_TASK_SCHEDULED",
               "workflowTaskScheduledEventAttributes": {"attempt": 1}}),
        task(3),
        activity(4, "ProcessPayment"),
        json!({"eventId": "5", "eventTime": "2026-03-01T08:00:09Z", "eventType": "EVENT_TYPE_ACTIVITY_TASK_STARTED",
               "activityTaskStartedEventAttributes": {"scheduledEventId": "4", "attempt": 3}}),
        json!({"eventId": "6", "eventTime": "2026-03-01T08:00:10Z", "eventType": "EVENT_TYPE_ACTIVITY_TASK_COMPLETED",
               "activityTaskCompletedEventAttributes": {"scheduledEventId": "4", "startedEventId": "5",
                   "result": {"payloads": [payload(&json!("ok"))]}}}),
        activity(7, "ProcessPayment"),
        json!({"eventId": "8", "eventTime": "2026-03-01T08:00:11Z", "eventType": "EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT",
               "activityTaskTimedOutEventAttributes": {"scheduledEventId": "7", "startedEventId": "0",
                   "failure": {"message": "late", "timeoutFailureInfo": {"timeoutType": "TIMEOUT_TYPE_SCHEDULE_TO_START"}}}}),
        json!({"eventId": "9", "eventTime": "2026-03-01T08:00:12Z", "eventType": "EVENT_TYPE_WORKFLOW_EXECUTION_FAILED",
               "workflowExecutionFailedEventAttributes": {"failure": {"message": "Activity task failed",
                   "cause": {"message": "Encoded failure", "encodedAttributes": payload(&json!({"message": "no parcel"}))}},
                   "workflowTaskCompletedEventId": "3"}}),
    ]
}

fn read(content: &str) -> (Vec<RecordedEvent>, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("my-history.json");
    std::fs::write(&path, content).unwrap();
    let shape = look(&path, folder.path()).unwrap();
    let request = OpenRequest { path: &path, shape: &shape, cache_dir: folder.path() };
    assert!(
        matches!(detect(&request), Ok(crate::store::Detection::Known(format)) if format.name() == "temporal-json")
    );
    let mut reader = open(&request, None, None).unwrap();
    let mut batch = ReadBatch::default();
    while !reader.read_batch(&mut batch).unwrap().finished {}
    assert_eq!(batch.issues, []);
    (batch.events.into_iter().map(|(_, event)| event).collect(), reader.info().notes.join(" "))
}

fn read_list(events: &[Value]) -> Vec<RecordedEvent> {
    read(&Value::from(events.to_vec()).to_string()).0
}

#[test]
fn every_event_says_whose_it_is_what_caused_it_and_what_it_means() {
    let events = read_list(&history());
    let told: Vec<String> = events
        .iter()
        .map(|event| {
            let metadata = event.metadata.as_ref().unwrap().value();
            let note = WorkflowNote::read(&metadata);
            let said = note.map(|note| {
                let step = note.step.or(note.workflow).unwrap_or_default();
                let attempt = note.attempt.map(|count| format!(" {count}")).unwrap_or_default();
                format!(" {:?} {step}{attempt} {}", note.act, note.reason.unwrap_or_default())
            });
            let cause = event.causation_id.as_deref().unwrap_or("-");
            format!("{} {cause}{}", event.event_type, said.unwrap_or_default()).trim_end().to_owned()
        })
        .collect();
    assert_eq!(
        told,
        [
            "WorkflowExecutionStarted run-0/9 Started OrderWorkflow",
            "WorkflowTaskScheduled -",
            "WorkflowTaskCompleted run-1/2",
            "ProcessPayment.scheduled run-1/3 Asked ProcessPayment",
            "ProcessPayment.started run-1/4 Begun ProcessPayment 3",
            "ProcessPayment.completed run-1/5 Answered ProcessPayment",
            "ProcessPayment.scheduled run-1/3 Asked ProcessPayment #2",
            "ProcessPayment.timed_out run-1/7 Refused ProcessPayment #2 timed out: schedule to start",
            "WorkflowExecutionFailed run-1/3 GaveUp  Activity task failed: no parcel",
        ]
    );
    let first = &events[0];
    assert_eq!(first.id.as_deref(), Some("run-1/1"));
    assert_eq!(first.home().unwrap().stream, StreamName::new("OrderWorkflow", "order-1"));
    assert_eq!((first.home().unwrap().version, first.position), (Some(1), Some(1)));
    assert_eq!(first.occurred_at.unwrap().to_string(), "2026-03-01T08:00:00.5Z");
    assert!(events.iter().all(|event| event.correlation_id.as_deref() == Some("order-1")));
    assert_eq!(events[3].data.value().unwrap()["input"], json!([{"order": "o-1"}]));
    assert_eq!(first.metadata.as_ref().unwrap().value()["taskId"], "77");
    assert!(events.iter().all(|event| event.warnings.is_empty()));
}

/// In `snake_case`, and ids as numbers.
fn snake(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| {
                let name: String = name
                    .chars()
                    .flat_map(|letter| {
                        let gap = letter.is_ascii_uppercase().then_some('_');
                        gap.into_iter().chain(std::iter::once(letter.to_ascii_lowercase()))
                    })
                    .collect();
                let number = value
                    .as_str()
                    .filter(|_| name.ends_with("event_id"))
                    .and_then(|id| id.parse::<i64>().ok());
                let value = number.map_or_else(|| snake(value), Value::from);
                (name, value)
            })
            .collect(),
        Value::Array(items) => items.iter().map(snake).collect(),
        other => other.clone(),
    }
}

#[test]
fn every_spelling_is_the_same_history() {
    let (plain, events) = (read_list(&history()), history());
    let list = Value::from(events.clone()).to_string();
    let short = list.replace("EVENT_TYPE_WORKFLOW_EXECUTION_STARTED", "WorkflowExecutionStarted");
    for content in [
        format!("{{\"events\": {list}}}"),
        format!("{{\"history\": {{\"events\": {list}}}, \"nextPageToken\": null}}"),
        events.iter().map(|event| event.to_string() + "\n").collect::<String>(),
        short,
        snake(&Value::from(events.clone())).to_string(),
    ] {
        let shown: String = content.chars().take(70).collect();
        let other = read(&content).0;
        let told = |events: &[RecordedEvent]| -> Vec<_> {
            events
                .iter()
                .map(|event| {
                    let note = WorkflowNote::read(&event.metadata.as_ref().unwrap().value());
                    let (id, cause) = (event.id.clone(), event.causation_id.clone());
                    (event.event_type.clone(), id, cause, event.streams.clone(), event.occurred_at, note)
                })
                .collect()
        };
        assert_eq!(told(&other), told(&plain), "{shown}");
    }
}

#[test]
fn a_history_that_does_not_name_its_workflow_is_called_by_its_run_or_its_file() {
    for (member, workflow, id) in
        [("workflowId", "run-1", "run-1/1"), ("originalExecutionRunId", "my-history", "my-history/1")]
    {
        let mut events = history();
        let started = &mut events[0]["workflowExecutionStartedEventAttributes"];
        started.as_object_mut().unwrap().shift_remove("workflowId");
        started.as_object_mut().unwrap().shift_remove(member);
        let events = read_list(&events);
        assert_eq!(events[3].home().unwrap().stream.id, workflow);
        assert_eq!(events[0].id.as_deref(), Some(id));
    }
}

#[test]
fn several_histories_in_one_file_are_told_apart() {
    let mut events = history();
    let mut second = history();
    second[0]["workflowExecutionStartedEventAttributes"]["workflowId"] = "order-2".into();
    second[0]["workflowExecutionStartedEventAttributes"]["originalExecutionRunId"] = "run-2".into();
    second[3]["activityTaskScheduledEventAttributes"]["activityType"]["name"] = "ShipParcel".into();
    events.extend(second);
    let (events, notes) = read(&json!({"events": events}).to_string());
    let at =
        |place: usize| (events[place].event_type.as_str(), events[place].home().unwrap().stream.id.as_str());
    assert_eq!(
        (at(5), at(14)),
        (("ProcessPayment.completed", "order-1"), ("ShipParcel.completed", "order-2"))
    );
    assert!(notes.contains("2 runs"), "{notes}");
}

#[test]
fn histories_that_follow_each_other_as_documents_are_all_read() {
    let mut second = history();
    second[0]["workflowExecutionStartedEventAttributes"]["workflowId"] = "order-2".into();
    second[0]["workflowExecutionStartedEventAttributes"]["originalExecutionRunId"] = "run-2".into();
    for (one, other) in [
        (json!({"events": history()}), json!({"events": second, "nextPageToken": null})),
        (
            json!({"history": {"events": history()}, "more": {"events": [{"eventId": "1"}]}}),
            json!({"history": {"events": second}}),
        ),
    ] {
        let (events, notes) = read(&format!("{one:#}\n{other:#}\n"));
        let ids: Vec<&str> = events.iter().filter_map(|event| event.id.as_deref()).collect();
        assert_eq!(
            (ids.len(), ids[0], ids[8], ids[9], ids[17]),
            (18, "run-1/1", "run-1/9", "run-2/1", "run-2/9")
        );
        assert!(notes.contains("2 runs"), "{notes}");
    }
}

#[test]
fn histories_of_one_line_each_are_all_read_with_and_without_line_ends_between() {
    let of = |number: usize, input: usize| {
        let mut events = history();
        let started = &mut events[0]["workflowExecutionStartedEventAttributes"];
        started["workflowId"] = format!("order-{number}").into();
        started["originalExecutionRunId"] = format!("run-{number}").into();
        // An input may be longer than all that is looked at to tell a format.
        started["input"] = json!({"payloads": [payload(&"x".repeat(input).into())]});
        events
    };
    for input in [0, 300 << 10] {
        for wrap in
            [|events| json!({"events": events}), |events| json!({"history": {"events": events}, "x": 1})]
        {
            let files = [1, 2, 3].map(|number| wrap(of(number, input)).to_string());
            for between in ["", "\n", "\r\n\r\n", " "] {
                let (events, notes) = read(&files.join(between));
                let ids: Vec<&str> = events.iter().filter_map(|event| event.id.as_deref()).collect();
                let expected: Vec<String> =
                    (0..27).map(|place| format!("run-{}/{}", place / 9 + 1, place % 9 + 1)).collect();
                assert_eq!(ids, expected, "{between:?}, {input} bytes of input");
                assert!(notes.contains("3 runs"), "{notes}");
            }
        }
    }
}

#[test]
fn lists_in_the_events_of_lines_are_no_histories() {
    let line =
        |id: &str| json!({"id": id, "type": "order.placed", "data": [{"sku": 1}, {"sku": 2}]}).to_string();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    std::fs::write(&path, format!("{}\n{}\n", line("a"), line("b"))).unwrap();
    let Shape::Json(shape) = look(&path, folder.path()).unwrap() else { panic!() };
    assert_eq!((shape.layout, shape.records.len()), (JsonLayout::Lines, 2));
}

#[test]
fn sealed_payloads_and_local_activities_are_told() {
    let mut events = history();
    events[5]["activityTaskCompletedEventAttributes"]["result"]["payloads"][0]["metadata"]["encoding"] =
        BASE64.encode("binary/encrypted").into();
    let data = payload(&json!({"ActivityID": "1", "ActivityType": "Quote", "Attempt": 2}));
    events[7] = json!({"eventId": "8", "eventTime": "2026-03-01T08:00:11Z", "eventType": "EVENT_TYPE_MARKER_RECORDED",
        "markerRecordedEventAttributes": {"markerName": "LocalActivity", "details": {"data": {"payloads": [data]}}}});
    let (events, notes) = read(&json!(events).to_string());
    assert!(notes.contains("binary/encrypted"), "{notes}");
    assert_eq!(events[5].data.value().unwrap()["result"][0]["encoding"], "binary/encrypted");
    let note = WorkflowNote::read(&events[7].metadata.as_ref().unwrap().value()).unwrap();
    assert_eq!(
        (events[7].event_type.as_str(), note.step.as_deref(), note.attempt),
        ("Quote.completed", Some("Quote"), Some(2))
    );
}

#[test]
fn an_event_that_is_broken_is_read_as_far_as_it_can_be() {
    let mut events = history();
    events[4] = json!({"eventId": "five", "eventTime": "soon", "activityTaskStartedEventAttributes": {"scheduledEventId": "4"}});
    events[5]["activityTaskCompletedEventAttributes"]["scheduledEventId"] = "99".into();
    let events = read_list(&events);
    assert_eq!((events[4].event_type.as_str(), events[4].warnings.len()), ("ProcessPayment.started", 2));
    assert_eq!(events[5].event_type, "ActivityTaskCompleted");
}
