//! Traces of OTLP and Jaeger: a span is a step with start, end and error, the trace is the saga, the service the
//! lifeline; and both formats tell the same.

use std::path::{Path, PathBuf};

use sagascope::base::cancel::CancelToken;
use sagascope::engine::{Dirs, LoadItem, Loader, OpenLog, SurveyProgress};
use sagascope::model::{JsonText, RecordedEvent};
use sagascope::saga::{Outcome, StepState, Survey, text};
use serde_json::{Value, json};

use crate::support::{data, events_of, open_store, read_all};

const BOTH: [&str; 2] = ["checkout.otlp.jsonl", "checkout.jaeger.json"];

fn open(path: &Path) -> (OpenLog, Survey) {
    let folder = tempfile::tempdir().unwrap();
    let mut loader = Loader::new(Dirs::in_folder(folder.path().to_owned()));
    let needs = loader.load(&LoadItem::detected(path), &CancelToken::default(), &mut |_, _| {}).unwrap();
    assert!(needs.is_none());
    let open = loader.publish();
    let survey = open.sagas(None, &CancelToken::default(), &SurveyProgress::default()).unwrap();
    (open, survey)
}

fn metadata(event: &RecordedEvent) -> Value {
    event.metadata.as_ref().map(JsonText::value).unwrap()
}

fn written(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("traces.json");
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

#[test]
fn a_span_is_its_start_and_its_end_in_order_of_time() {
    for name in BOTH {
        let events = events_of(&data(name));
        assert_eq!(events.len(), 58, "{name}: 29 spans");
        assert!(events.is_sorted_by_key(|event| event.occurred_at), "{name}");
        assert!(events.iter().all(|event| event.warnings.is_empty()), "{name}");
        let (first, second) = (&events[0], &events[1]);
        assert_eq!(first.event_type, "POST /checkout", "{name}");
        assert_eq!(first.home().unwrap().stream.id, "frontend");
        assert_eq!(first.data.value().unwrap()["http.response.status_code"], 200);
        assert_eq!((second.event_type.as_str(), &second.causation_id), ("orders.Place", &first.id));
        let end = events.iter().find(|event| event.event_type == "POST /checkout ended").unwrap();
        assert_eq!((&end.causation_id, &end.correlation_id), (&first.id, &first.correlation_id));
        assert_eq!(end.data.value().unwrap()["duration_ns"], 180_000_000);
        assert_eq!(metadata(first)["span"]["kind"], "server");
        let failed: Vec<&RecordedEvent> =
            events.iter().filter(|event| event.event_type.ends_with(" failed")).collect();
        assert_eq!(failed.len(), 5, "{name}");
        let data = failed[0].data.value().unwrap();
        assert_eq!(data["error"], "card declined: insufficient funds", "{name}");
        assert_eq!(data["events"][0]["attributes"]["exception.message"], data["error"]);
    }
}

#[test]
fn what_took_no_time_ends_after_it_starts_and_a_link_stands_in_for_a_parent() {
    for name in BOTH {
        let events = events_of(&data(name));
        let at = |wanted: &str| events.iter().position(|event| event.event_type == wanted).unwrap();
        assert!(at("print label") < at("print label ended"), "{name}");
        let batch = &events[at("ship batch")];
        let shipped = &events[at("orders.placed process")];
        assert_eq!(batch.causation_id, shipped.id, "{name}");
        assert_ne!(batch.correlation_id, shipped.correlation_id, "{name}");
        assert_eq!(batch.data.value().unwrap()["links"].as_array().unwrap().len(), 2, "{name}");
        assert_eq!(metadata(batch)["span"].get("parent"), None, "{name}");
    }
}

/// What is told of each trace: its id, how it stands, and its steps with how each ended.
/// A saga: its name, how it stands, its steps with their states.
type Told = (String, Outcome, Vec<(String, StepState)>);

fn told(survey: &Survey, open: &OpenLog) -> Vec<Told> {
    let sagas = survey.sagas.iter().map(|saga| {
        let one = &survey.instances.list()[saga.instance];
        let steps = saga.steps.iter().map(|step| (step.name.to_string(), step.state)).collect();
        assert!(saga.owed.is_empty() && !saga.confidence.is_inferred());
        (one.id(&open.log), saga.outcome, steps)
    });
    sagas.collect()
}

#[test]
fn what_ended_in_failure_is_found_by_that_word() {
    let cli = crate::cli::Cli::new();
    for (name, failed, others) in [
        ("checkout.jaeger.json", 1, 4),
        ("temporal/child-fails.json", 1, 0),
        ("temporal/bad-history.json", 0, 1),
    ] {
        let path = data(name);
        let path = path.to_str().unwrap();
        assert_eq!(cli.json(&["sagas", path, "--outcome", "failed"]).len(), failed, "{name}");
        assert_eq!(cli.json(&["sagas", path]).len(), failed + others, "{name}");
        let events = cli.json(&["query", path, "saga:failed"]).len();
        assert_eq!(events > 0, failed > 0, "{name}");
    }
}

#[test]
fn a_trace_is_a_saga_and_both_formats_tell_the_same_of_it() {
    let all = BOTH.map(|name| {
        let (open, survey) = open(&data(name));
        told(&survey, &open)
    });
    assert_eq!(all[0], all[1]);
    let outcomes: Vec<Outcome> = all[0].iter().map(|(_, outcome, _)| *outcome).collect();
    // The second was retried; the third failed at its root; of the fourth the root is not in the file.
    assert_eq!(
        outcomes,
        [Outcome::Completed, Outcome::Completed, Outcome::Failed, Outcome::Completed, Outcome::Completed]
    );
    let state = |at: usize, name: &str| {
        let (.., steps) = &all[0][at];
        steps.iter().find(|(step, _)| step == name).unwrap_or_else(|| panic!("{name} in {steps:?}")).1
    };
    assert_eq!(state(1, "payment.Charge"), StepState::Rejected);
    assert_eq!(state(1, "payment.Charge #2"), StepState::Completed);
    assert_eq!(state(2, "POST /checkout"), StepState::Rejected);
    assert_eq!(all[0][0].2.len(), 7);
}

#[test]
fn the_page_of_a_trace_says_how_long_a_step_took_and_why_it_failed() {
    let (open, survey) = open(&data("checkout.otlp.jsonl"));
    let page = open.saga_page(&survey, 1, &CancelToken::default()).unwrap();
    let lines = text::lines(&open.log, &survey, &page).join("\n");
    for part in [
        "trace, completed, 16 events in 0.253 s",
        "payment  card declined: insufficient funds, after 0.040 s",
        "payment  #2 took 0.040 s",
        "frontend  took 0.180 s",
    ] {
        assert!(lines.contains(part), "{part:?} is not in\n{lines}");
    }
    assert!(page.ledger.is_empty() && page.ahead.is_empty(), "{lines}");
    let course = page.course.unwrap();
    let charge = course.plan.steps.iter().position(|step| &*step.name == "payment.Charge").unwrap();
    let attempt = &course.steps[charge].forward.attempts[0];
    let took = attempt.ended.unwrap().nanos() - attempt.began.unwrap().nanos();
    assert_eq!((took, attempt.error.as_deref()), (40_000_000, Some("card declined: insufficient funds")));
}

#[test]
fn before_the_root_has_ended_a_trace_runs() {
    let (folder, path) = written(
        &json!({"resourceSpans": [{"resource": {"attributes": []}, "scopeSpans": [{"spans": [
            {"traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "name": "root",
                "startTimeUnixNano": 1_544_712_660_000_000_000_i64},
            {"traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b175",
                "parentSpanId": "eee19b7ec3c1b174", "name": "child",
                "startTimeUnixNano": "1544712660100000000", "endTimeUnixNano": "1544712660200000000"}]}]}]})
        .to_string(),
    );
    let (open, survey) = open(&path);
    assert_eq!(open.log.len(), 3);
    assert_eq!(survey.sagas[0].outcome, Outcome::Running);
    assert_eq!(&*survey.sagas[0].current, "root");
    drop(folder);
}

#[test]
fn other_signals_are_refused_with_a_sentence() {
    for signal in ["resourceLogs", "resourceMetrics"] {
        let (folder, path) = written(&json!({ signal: [{"resource": {}}] }).to_string());
        let error = open_store(&path, folder.path()).err().unwrap().to_string();
        assert!(error.contains("logs or metrics") && error.contains("resourceSpans"), "{error}");
    }
}

fn types(text: &str) -> Vec<String> {
    let (_folder, path) = written(text);
    events_of(&path).into_iter().map(|event| event.event_type).collect()
}

#[test]
fn every_way_in_which_jaeger_writes_a_span_is_read() {
    let span = json!({"traceID": "a1", "spanID": "b1", "operationName": "op", "startTime": 1_772_352_000_000_000_i64,
        "duration": 5, "tags": [], "processID": "p1"});
    let trace = json!({"traceID": "a1", "spans": [span], "processes": {"p1": {"serviceName": "s"}}});
    let document = json!({"traceID": "a1", "spanID": "b1", "operationName": "op", "parentSpanID": "b0",
        "startTimeMillis": 1_772_352_000_000_i64, "duration": 5, "process": {"serviceName": "s", "tags": []},
        "tag": {"error": true}});
    for (text, end) in [
        (json!({"data": [trace]}).to_string(), "op ended"),
        (trace.to_string(), "op ended"),
        (format!("{trace}\n{trace}\n"), "op ended"),
        (json!([trace]).to_string(), "op ended"),
        (format!("{document}\n"), "op failed"),
        (json!([document]).to_string(), "op failed"),
        (json!({"_index": "jaeger-span-2026-03-01", "_source": document}).to_string(), "op failed"),
    ] {
        let read = types(&text);
        assert_eq!((read[0].as_str(), read.last().unwrap().as_str()), ("op", end), "{text}");
        let (_folder, path) = written(&text);
        assert_eq!(events_of(&path)[0].home().unwrap().stream.id, "s", "{text}");
    }
}

#[test]
fn a_bad_span_is_an_issue_and_a_cut_file_gives_what_is_whole() {
    let good = r#"{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"op","startTimeUnixNano":"1","endTimeUnixNano":"2"}"#;
    let request = |spans: &str| format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{spans}]}}]}}]}}"#);
    let text = format!("{}\n{}\n{}", request(&format!("{good},{{}},7")), request(good), &request(good)[..60]);
    let (folder, path) = written(&text);
    let read = read_all(&mut *open_store(&path, folder.path()).unwrap());
    assert_eq!(read.events.len(), 4);
    let problems: Vec<&str> = read.issues.iter().map(|issue| issue.problem.as_str()).collect();
    assert_eq!(
        problems,
        [
            "The file ends in the middle of this record: it seems to be cut.",
            "It has no traceId.",
            "It is not an object."
        ]
    );
}
