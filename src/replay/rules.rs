//! Evolve by the rules of a domain file: upcasters first, then the rule for the event's type, and the default merge
//! where there is none. Which aggregate a stream belongs to is decided once, by [`rule_for`].

use std::sync::Arc;

use serde_json::{Map, Value};

use super::evolve::{Evolve, EvolveIssue, MergeRule};
use crate::domain::{Aggregate, Domain, Program, split_version, with_version};
use crate::model::{JsonText, Payload, RecordedEvent, StreamName};

/// The rule for a stream: that of its aggregate in `domain`, by aggregate type or by the glob over stream ids; else
/// `fallback`.
pub fn rule_for(domain: Option<&Arc<Domain>>, stream: &StreamName, fallback: MergeRule) -> Arc<dyn Evolve> {
    let rule = domain.and_then(|domain| DomainRule::of_stream(domain, stream, fallback));
    rule.map_or_else(|| Arc::new(fallback) as Arc<dyn Evolve>, |rule| Arc::new(rule))
}

/// The rules of one aggregate.
#[derive(Clone, Debug)]
pub struct DomainRule {
    domain: Arc<Domain>,
    /// Index in [`Domain::aggregates`].
    aggregate: usize,
    fallback: MergeRule,
}

impl DomainRule {
    /// The rules for a stream; `None` where it belongs to no aggregate of the domain.
    pub fn of_stream(domain: &Arc<Domain>, stream: &StreamName, fallback: MergeRule) -> Option<Self> {
        let found = domain.aggregate_of_stream(stream.aggregate_type.as_deref(), &stream.id)?;
        let aggregate = domain.aggregates.iter().position(|other| other.name == found.name)?;
        Some(Self { domain: Arc::clone(domain), aggregate, fallback })
    }

    /// The aggregate whose rules these are.
    pub fn aggregate(&self) -> &Aggregate {
        &self.domain.aggregates[self.aggregate]
    }

    /// The rule for an event, and its data where upcasters changed it. Older versions are brought up until there
    /// is a rule; a rule without a version takes any.
    fn route(
        &self,
        event: &RecordedEvent,
        data: &JsonText,
    ) -> Result<(Option<&Program>, Option<Value>), EvolveIssue> {
        let rules = &self.aggregate().on;
        let named = |name: &str| rules.iter().find(|(rule, _)| &**rule == name).map(|(_, program)| program);
        let (base, in_name) = split_version(&event.event_type);
        let stored = || event.schema_version.as_deref().and_then(|version| version.parse().ok());
        let mut upcast: Option<Value> = None;
        let mut version: Option<u32> = in_name.or_else(stored);
        while let Some(known) = version {
            if let Some(rule) = named(&with_version(base, Some(known))) {
                return Ok((Some(rule), upcast));
            }
            let Some(step) = self.domain.upcast(base, known) else { break };
            let before = upcast.take().unwrap_or_else(|| data.value());
            upcast = Some(step.with.run(&before).map_err(|fault| {
                EvolveIssue(format!(
                    "The upcaster of {base} from version {known} to {} failed: {fault}.",
                    step.to
                ))
            })?);
            version = Some(step.to);
        }
        Ok((named(base), upcast))
    }
}

impl Evolve for DomainRule {
    fn evolve(&self, state: &mut Value, event: &RecordedEvent) -> Result<(), EvolveIssue> {
        let Payload::Json(data) = &event.data else { return Ok(()) };
        let (rule, upcast) = self.route(event, data)?;
        let Some(rule) = rule else {
            let data = upcast.as_ref().map_or_else(|| data.clone(), JsonText::from_value);
            self.fallback.merge(state, [&data]);
            return Ok(());
        };
        let mut input = Map::new();
        if rule.reads("event") {
            input.insert("event".to_owned(), event_value(event, upcast.unwrap_or_else(|| data.value())));
        }
        if rule.reads("state") {
            input.insert("state".to_owned(), std::mem::take(state));
        }
        let mut input = Value::Object(input);
        match rule.run(&input) {
            Ok(after) => {
                *state = after;
                Ok(())
            }
            Err(fault) => {
                if let Some(before) = input.get_mut("state") {
                    *state = before.take();
                }
                let aggregate = &self.aggregate().name;
                Err(EvolveIssue(format!("The rule of {aggregate} for {} failed: {fault}.", event.event_type)))
            }
        }
    }

    fn initial(&self) -> Value {
        self.aggregate().initial.clone()
    }

    fn as_merge(&self) -> Option<MergeRule> {
        let Aggregate { on, initial, .. } = self.aggregate();
        let plain = initial.as_object().is_some_and(Map::is_empty);
        (on.is_empty() && plain && self.domain.upcasts.is_empty()).then_some(self.fallback)
    }
}

/// An event as the programs of a domain file see it.
fn event_value(event: &RecordedEvent, data: Value) -> Value {
    let home = event.home();
    let mut value = Map::new();
    value.insert("type".to_owned(), event.event_type.as_str().into());
    value.insert("stream".to_owned(), home.map_or(Value::Null, |home| home.stream.id.as_str().into()));
    value.insert("version".to_owned(), home.and_then(|home| home.version).map_or(Value::Null, Value::from));
    value.insert("data".to_owned(), data);
    Value::Object(value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::BuiltIn;
    use crate::model::Membership;

    fn event(
        stream: &StreamName,
        event_type: &str,
        schema_version: Option<&str>,
        data: &Value,
    ) -> RecordedEvent {
        RecordedEvent {
            event_type: event_type.to_owned(),
            schema_version: schema_version.map(str::to_owned),
            streams: vec![Membership { stream: stream.clone(), version: Some(1), role: None }],
            data: Payload::Json(JsonText::from_value(data)),
            ..RecordedEvent::default()
        }
    }

    fn domain(text: &str) -> Arc<Domain> {
        Arc::new(Domain::parse(text, &mut |path| Err(format!("no {path}"))).unwrap())
    }

    fn fold(domain: &Arc<Domain>, stream: &StreamName, events: &[(&str, Option<&str>, Value)]) -> Value {
        let rule = rule_for(Some(domain), stream, MergeRule::default());
        let mut state = rule.initial();
        for (event_type, schema_version, data) in events {
            rule.evolve(&mut state, &event(stream, event_type, *schema_version, data)).unwrap();
        }
        state
    }

    #[test]
    fn the_rules_of_the_shop_fold_an_order_and_its_stock() {
        let shop = Arc::new(BuiltIn::named("shop").unwrap().load());
        let order = fold(
            &shop,
            &StreamName::untyped("order-1"),
            &[
                ("order.created.v1", None, json!({"orderId": "1", "total": 5})),
                ("order.updated", None, json!({"note": "ring twice"})),
                ("order.shipped", None, json!({"by": "bike"})),
                ("order.confirmed.v1", None, json!({"orderId": "1"})),
            ],
        );
        let expected = json!({"status": "confirmed", "orderId": "1", "total": 5, "currency": "USD",
            "note": "ring twice", "by": "bike"});
        assert_eq!(order, expected);
        let stock = fold(
            &shop,
            &StreamName::new("Stock", "whatever"),
            &[
                ("inventory.received.v1", None, json!({"productId": "lamp", "quantity": 5})),
                ("inventory.reserved.v1", None, json!({"productId": "lamp", "quantity": 3})),
                ("inventory.released.v1", None, json!({"productId": "lamp", "quantity": 1})),
            ],
        );
        assert_eq!(stock, json!({"available": 3, "reserved": 2, "productId": "lamp"}));
    }

    #[test]
    fn older_versions_are_brought_up_before_the_rule_sees_them() {
        let domain = domain(
            r#"
            [aggregate.A]
            streams = "a-*"
            on."x.v3" = '.state + {got: .event.data.n}'
            on."y" = '.state + .event.data'
            [[upcast]]
            type = "x"
            from = 1
            to = 2
            with = '{n: (.m * 10)}'
            [[upcast]]
            type = "x"
            from = 2
            to = 3
            with = '{n: (.n + 1)}'
            [[upcast]]
            type = "z"
            from = 1
            to = 2
            with = '.new = true'
            "#,
        );
        let stream = StreamName::untyped("a-1");
        for (event_type, schema_version, data, expected) in [
            ("x.v1", None, json!({"m": 4}), json!({"got": 41})),
            ("x.v2", None, json!({"n": 4}), json!({"got": 5})),
            ("x.v3", None, json!({"n": 4}), json!({"got": 4})),
            ("x", Some("1"), json!({"m": 4}), json!({"got": 41})),
            ("x", None, json!({"m": 4}), json!({"m": 4})),
            ("x.v4", None, json!({"k": 4}), json!({"k": 4})),
            ("y.v7", None, json!({"k": 4}), json!({"k": 4})),
            ("z.v1", None, json!({"k": 4}), json!({"k": 4, "new": true})),
        ] {
            let state = fold(&domain, &stream, &[(event_type, schema_version, data)]);
            assert_eq!(state, expected, "{event_type} {schema_version:?}");
        }
    }

    #[test]
    fn a_rule_that_fails_leaves_the_state_and_says_why() {
        let domain = domain("[aggregate.A]\nstreams = 'a'\non.x = '.state + {n: (.event.data.n + {})}'");
        let stream = StreamName::untyped("a");
        let rule = rule_for(Some(&domain), &stream, MergeRule::default());
        let mut state = json!({"kept": [1]});
        let issue = rule.evolve(&mut state, &event(&stream, "x", None, &json!({"n": 1}))).unwrap_err();
        assert_eq!(state, json!({"kept": [1]}));
        assert!(issue.0.contains("The rule of A for x failed"), "{issue}");
    }

    #[test]
    fn streams_of_no_aggregate_keep_the_default_rule() {
        let shop = Arc::new(BuiltIn::named("shop").unwrap().load());
        for (domain, stream) in
            [(Some(&shop), StreamName::untyped("warehouse-1")), (None, StreamName::untyped("order-1"))]
        {
            let rule = rule_for(domain, &stream, MergeRule { null_removes: true });
            assert_eq!(rule.as_merge(), Some(MergeRule { null_removes: true }));
        }
        let rule = rule_for(Some(&shop), &StreamName::new("Order", "17"), MergeRule::default());
        assert_eq!((rule.as_merge(), rule.initial()), (None, json!({"status": "new"})));
    }
}
