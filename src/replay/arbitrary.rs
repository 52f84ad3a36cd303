//! Random JSON for property tests: few keys and values, so that two of them have much in common, and arrays
//! whose elements have an identity often enough.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{Evolve, EvolveIssue, MergeRule, Replay, ReplayBuilder};
use crate::model::{JsonText, Payload, RecordedEvent, Row, SourceId};

/// Any JSON value, small.
pub(super) fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0..4_i64).prop_map(Value::from),
        prop::sample::select(vec!["", "a", "b", "1"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let key = prop::sample::select(vec!["", "a", "b", "a/b", "~", "id", "0"]);
        let element = (0..4_i64, inner.clone()).prop_map(|(id, value)| json!({"id": id, "v": value}));
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(element, 0..4).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..4).prop_map(|members| {
                let members = members.into_iter().map(|(key, value)| (key.to_owned(), value));
                Value::Object(members.collect::<Map<_, _>>())
            }),
        ]
    })
}

/// Payloads of a stream: mostly objects with few keys, now and then something else or nothing.
pub(super) fn stream() -> impl Strategy<Value = Vec<Payload>> {
    let key = prop::sample::select(vec!["", "a", "b", "c", "value"]);
    let object = prop::collection::vec((key, json_value()), 0..4).prop_map(|members| {
        Value::Object(members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    });
    let payload = prop_oneof![
        12 => object.prop_map(|value| Payload::Json(JsonText::from_value(&value))),
        1 => json_value().prop_map(|value| Payload::Json(JsonText::from_value(&value))),
        1 => Just(Payload::Json(JsonText::new(r#"{"a":1,"b":2,"a":[{"id":1}]}"#).expect("valid JSON"))),
        1 => Just(Payload::Missing),
        1 => Just(Payload::Opaque { bytes: Arc::from(*b"\0"), encoding: "binary".into() }),
    ];
    prop::collection::vec(payload, 1..14)
}

/// An event of type `T<n>` with `data`.
pub(super) fn event(data: Payload, n: usize) -> RecordedEvent {
    RecordedEvent { event_type: format!("T{}", n % 3), data, ..RecordedEvent::default() }
}

/// The replay of `payloads` under `rule`.
pub(super) fn replay(payloads: &[Payload], rule: impl Evolve + 'static) -> Replay {
    let mut builder = ReplayBuilder::new(Arc::new(rule));
    for (n, payload) in payloads.iter().enumerate() {
        builder.push(Row::new(SourceId(0), n), &event(payload.clone(), n));
    }
    builder.finish()
}

/// The replay of JSON documents under the default rule.
pub(super) fn replay_of(documents: &[&str]) -> Replay {
    let payloads: Vec<_> =
        documents.iter().map(|text| Payload::Json(JsonText::new(text).expect("valid JSON"))).collect();
    replay(&payloads, MergeRule::default())
}

/// The states after every step, by the rule alone.
pub(super) fn states(payloads: &[Payload], rule: &dyn Evolve) -> Vec<Value> {
    let mut state = rule.initial();
    let folded = payloads.iter().enumerate().map(|(n, payload)| {
        rule.evolve(&mut state, &event(payload.clone(), n)).expect("the default rule has no issues");
        state.clone()
    });
    folded.collect()
}

/// The default rule without saying that it is one: the builder has to compare whole states.
pub(super) struct Plain(pub(super) MergeRule);

impl Evolve for Plain {
    fn evolve(&self, state: &mut Value, event: &RecordedEvent) -> Result<(), EvolveIssue> {
        self.0.evolve(state, event)
    }
}
