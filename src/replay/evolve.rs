//! How an event becomes state: the seam for rules, and the default one, a top-level merge. Rules of domain
//! files live with the domain.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::{Map, Value};

use super::members::{members_of, parse, raw_members};

use crate::model::{JsonText, Payload, RecordedEvent};

/// The key under which data that is no object is kept.
pub const VALUE_KEY: &str = "value";

/// Evolve: state and event give the next state. A function of its arguments and of nothing else, since any
/// step may be folded again.
pub trait Evolve: Send + Sync {
    /// Changes `state` as `event` says. After an error the state is as it was before the event.
    fn evolve(&self, state: &mut Value, event: &RecordedEvent) -> Result<(), EvolveIssue>;

    /// The state before the first event.
    fn initial(&self) -> Value {
        Value::Object(Map::new())
    }

    /// The rule as a merge, if it is one and starts from `{}`: it is then folded without looking at what an
    /// event does not touch.
    fn as_merge(&self) -> Option<MergeRule> {
        None
    }
}

/// Why an event did not change the state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EvolveIssue(pub String);

/// The default rule: the top-level members of the data replace those of the state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MergeRule {
    /// Whether null removes a member instead of being its value.
    pub null_removes: bool,
}

impl Evolve for MergeRule {
    fn evolve(&self, state: &mut Value, event: &RecordedEvent) -> Result<(), EvolveIssue> {
        if let Payload::Json(text) = &event.data {
            self.merge(state, [text]);
        }
        Ok(())
    }

    fn as_merge(&self) -> Option<MergeRule> {
        Some(*self)
    }
}

impl MergeRule {
    /// Merges documents into the state, in order. Only the last value of each member is parsed.
    pub(super) fn merge<'t>(self, state: &mut Value, documents: impl IntoIterator<Item = &'t JsonText>) {
        if !state.is_object() {
            *state = Value::Object(Map::new());
        }
        let members = state.as_object_mut().expect("an object, made above if it was none");
        let mut unparsed: HashMap<Cow<'t, str>, &'t str> = HashMap::new();
        for text in documents {
            let Some(raw_members) = raw_members(text) else {
                for (key, value) in members_of(text) {
                    unparsed.remove(&*key);
                    if self.null_removes && value.is_null() {
                        members.shift_remove(&key);
                    } else {
                        members.insert(key, value);
                    }
                }
                continue;
            };
            for (key, raw) in raw_members {
                if self.null_removes && raw == "null" {
                    unparsed.remove(&key);
                    members.shift_remove(&*key);
                    continue;
                }
                if let Some(known) = unparsed.get_mut(&key) {
                    *known = raw;
                    continue;
                }
                if !members.contains_key(&*key) {
                    members.insert(key.clone().into_owned(), Value::Null);
                }
                unparsed.insert(key, raw);
            }
        }
        for (key, value) in members.iter_mut() {
            if let Some(raw) = unparsed.get(key.as_str()) {
                *value = parse(raw).expect("a part of a valid document");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rule: MergeRule, documents: &[&str], expected: &str) {
        let mut state = rule.initial();
        let documents: Vec<_> = documents.iter().map(|text| JsonText::new(text).unwrap()).collect();
        rule.merge(&mut state, &documents);
        let mut one_by_one = rule.initial();
        for document in &documents {
            rule.merge(&mut one_by_one, [document]);
        }
        assert_eq!(one_by_one.to_string(), expected, "{documents:?}");
        assert_eq!(state.to_string(), expected, "{documents:?}");
    }

    #[test]
    fn members_replace_members_and_keep_their_first_place() {
        let rule = MergeRule::default();
        check(
            rule,
            &[r#"{"a":1,"b":{"x":1}}"#, r#"{"c":0,"b":{"y":2},"a":1.00}"#],
            r#"{"a":1.00,"b":{"y":2},"c":0}"#,
        );
        check(rule, &[r#"{"a":1}"#, r#"{"a":null}"#], r#"{"a":null}"#);
        check(rule, &[r#"{"a":1}"#, "[1]", "null", r#""x""#], r#"{"a":1,"value":"x"}"#);
    }

    #[test]
    fn null_removes_where_the_rule_says_so() {
        let rule = MergeRule { null_removes: true };
        check(rule, &[r#"{"a":1,"b":2}"#, r#"{"a":null,"c":null}"#], r#"{"b":2}"#);
        check(
            rule,
            &[r#"{"a":1,"b":2}"#, r#"{"a":null}"#, r#"{"a":{"x":null}}"#],
            r#"{"b":2,"a":{"x":null}}"#,
        );
        check(rule, &["5", "null"], "{}");
    }
}
