//! Ids that libraries keep inside data or metadata: an event's own other names, and the events that it names as its
//! causes. Which members count is a list; how they are spelled (case, `-`, `_`, `$`) does not matter.

use serde_json::Value;

use crate::model::RecordedEvent;

/// Members that hold another name of the event itself.
const OWN: [&str; 6] = ["eventid", "messageid", "ceid", "nservicebusmessageid", "spanid", "uuid"];

/// Members that name an event as a cause.
const CAUSES: [&str; 10] = [
    "causationid",
    "cecausationid",
    "causationmessageid",
    "causedby",
    "causeid",
    "nservicebusrelatedto",
    "parentspanid",
    "parentid",
    "relatedto",
    "previouseventid",
];

/// Members that name an event of the same stream by its version: workflow histories.
const PLACES: [&str; 7] = [
    "acceptedeventid",
    "acceptedrequestsequencingeventid",
    "scheduledeventid",
    "startedeventid",
    "initiatedeventid",
    "workflowtaskcompletedeventid",
    "previouseventid",
];

/// The ids of one event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ids {
    /// Its names.
    pub own: Vec<String>,
    /// The events that it names as causes.
    pub causes: Vec<String>,
    /// Events of its stream that it names as causes, by version.
    pub places: Vec<i64>,
}

impl Ids {
    /// Reads them.
    pub fn of(event: &RecordedEvent) -> Self {
        let mut ids = Self::default();
        ids.own.extend(event.id.clone());
        ids.causes.extend(event.causation_id.clone());
        let metadata = event.metadata.as_ref().map(crate::model::JsonText::value);
        for value in metadata.iter().chain(event.data.value().iter()) {
            ids.read(value, true);
        }
        ids.own.sort();
        ids.own.dedup();
        // What names itself as its cause has none.
        ids.causes.retain(|cause| !ids.own.contains(cause));
        ids.causes.sort();
        ids.causes.dedup();
        ids.places.sort_unstable();
        ids.places.dedup();
        ids
    }

    fn read(&mut self, value: &Value, deeper: bool) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    self.take(name, member);
                    if deeper && (member.is_object() || is_flat(member)) {
                        self.read(member, false);
                    }
                }
            }
            // Headers as a flat list of names and values.
            Value::Array(items) => {
                for pair in items.chunks_exact(2) {
                    if let Some(name) = pair[0].as_str() {
                        self.take(name, &pair[1]);
                    }
                }
            }
            _ => {}
        }
    }

    fn take(&mut self, name: &str, value: &Value) {
        let folded: String =
            name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        let place = value.as_i64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
        if PLACES.contains(&folded.as_str()) {
            self.places.extend(place.filter(|place| *place > 0));
        }
        let Some(text) = value.as_str().filter(|text| !text.is_empty()) else { return };
        if OWN.contains(&folded.as_str()) {
            self.own.push(text.to_owned());
        }
        if CAUSES.contains(&folded.as_str()) {
            self.causes.push(text.to_owned());
        }
    }
}

fn is_flat(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.len() >= 2 && items.iter().all(Value::is_string))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{JsonText, Payload};

    #[test]
    fn ids_are_found_in_data_and_metadata_however_they_are_spelled() {
        let event = |data: Value, metadata: Value| RecordedEvent {
            data: Payload::Json(JsonText::from_value(&data)),
            metadata: Some(JsonText::from_value(&metadata)),
            ..RecordedEvent::default()
        };
        for (data, metadata, own, causes, places) in [
            (json!({"event_id": "a"}), json!({"$causationId": "b"}), vec!["a"], vec!["b"], vec![]),
            (
                json!({}),
                json!({"headers": ["ce_id", "a", "causation_id", "b"]}),
                vec!["a"],
                vec!["b"],
                vec![],
            ),
            (json!({"attributes": {"scheduledEventId": "5"}}), json!({}), vec![], vec![], vec![5]),
            // Its own cause: a root.
            (json!({"message_id": "a", "causation_id": "a"}), json!({}), vec!["a"], vec![], vec![]),
        ] {
            let ids = Ids::of(&event(data.clone(), metadata));
            assert_eq!(
                (ids.own, ids.causes, ids.places),
                (
                    own.iter().map(ToString::to_string).collect(),
                    causes.iter().map(ToString::to_string).collect(),
                    places
                ),
                "{data}"
            );
        }
    }
}
