//! Small logs whose causes are known.

use serde_json::{Value, json};

use super::EdgeKind::{Cause, StreamOrder, Told};
use super::*;
use crate::index::LogBuilder;
use crate::model::{JsonText, Locator, Membership, Payload, RecordedEvent, StreamName};

fn event(id: Option<&str>, cause: Option<&str>, stream: &str, data: &Value) -> RecordedEvent {
    RecordedEvent {
        id: id.map(str::to_owned),
        causation_id: cause.map(str::to_owned),
        event_type: "Happened".to_owned(),
        streams: vec![Membership {
            stream: StreamName::untyped(stream),
            version: data.get("v").and_then(Value::as_i64),
            role: None,
        }],
        data: Payload::Json(JsonText::from_value(data)),
        ..RecordedEvent::default()
    }
}

fn graph(events: &[RecordedEvent]) -> Graph {
    let mut builder = LogBuilder::default();
    let source = builder.add_source();
    let rows: Vec<Row> =
        events.iter().map(|event| builder.push(source, Locator { at: 0, len: 0 }, event)).collect();
    let log = builder.publish();
    let mut fetch = |rows: &[Row]| rows.iter().map(|row| events.get(row.ordinal()).cloned()).collect();
    Graph::of(&log, &rows, &mut fetch, &CancelToken::default()).unwrap()
}

fn causes(graph: &Graph) -> Vec<Vec<(u32, EdgeKind)>> {
    (0..graph.rows().len()).map(|at| graph.causes(at).to_vec()).collect()
}

#[test]
fn an_event_has_every_cause_that_it_names() {
    let none = json!({});
    let graph = graph(&[
        event(Some("a"), Some("a"), "s", &none),
        event(Some("b"), Some("a"), "t", &none),
        event(Some("c"), Some("b"), "u", &json!({"causedBy": "a"})),
        event(None, None, "s", &none),
    ]);
    let expected = [vec![], vec![(0, Cause)], vec![(1, Cause), (0, Told)], vec![(0, StreamOrder)]];
    assert_eq!(causes(&graph), expected);
    assert_eq!(graph.findings(), []);
    let met = graph.walk(graph.rows()[0], Along::Effects, 10);
    assert_eq!(met.iter().map(|met| met.depth).collect::<Vec<_>>(), [1, 2, 1]);
    assert_eq!(graph.walk(graph.rows()[2], Along::Causes, 1).len(), 1);
}

#[test]
fn causes_resolve_through_ids_inside_the_events_and_places_in_a_history() {
    let graph = graph(&[
        event(None, None, "w", &json!({"v": 1, "message_id": "m1"})),
        event(None, None, "x", &json!({"v": 1, "causation_id": "m1"})),
        event(None, None, "w", &json!({"v": 2, "startedEventId": "1", "scheduledEventId": 1})),
    ]);
    assert_eq!(causes(&graph), [vec![], vec![(0, EdgeKind::Told)], vec![(0, EdgeKind::Scheduled)]]);
}

#[test]
fn what_is_missing_is_said_of_each_event_or_once_of_all() {
    let none = json!({});
    let some = graph(&[
        event(Some("a"), None, "s", &none),
        event(Some("b"), Some("a"), "t", &none),
        event(Some("c"), Some("gone"), "u", &none),
    ]);
    let row = some.rows()[2];
    assert_eq!(some.findings(), [GraphFinding::MissingCause { row, id: "gone".to_owned() }]);
    let all = graph(&[event(Some("a"), Some("x"), "s", &none), event(Some("b"), Some("y"), "t", &none)]);
    assert_eq!(all.findings(), [GraphFinding::NoneResolves { events: 2 }]);
}

#[test]
fn a_circle_of_causes_is_found_and_ends_every_walk() {
    let none = json!({});
    let graph = graph(&[
        event(Some("a"), Some("c"), "s", &none),
        event(Some("b"), Some("a"), "t", &none),
        event(Some("c"), Some("b"), "u", &none),
    ]);
    let [GraphFinding::Cycle(rows)] = graph.findings() else { panic!("{:?}", graph.findings()) };
    assert_eq!(rows.len(), 3);
    assert_eq!(graph.walk(graph.rows()[0], Along::Effects, 10).len(), 2);
}
