//! What the two spellings of object-centric event logs (OCEL) share: which of an event's objects is its home, and
//! which of its attributes are fields. Knows neither SQLite nor JSON.

use serde_json::{Map, Value};

use super::mapping::{Field, spelling_rank};
use crate::model::{JsonText, Membership, Payload, RecordedEvent, words};

/// What every reader of such a log says of it.
pub(super) const NOTES: [&str; 3] = [
    "An event belongs to every object that it names. Its home is the object of the type that its own type names (a payment of PaymentDeclined), else the first one.",
    "The log keeps no order of its own; events come in the order of their times.",
    "Attributes of objects, their changes and relations between objects are no events and are not shown.",
];

/// Puts the home first and joins what an object is to the event where it is named twice.
pub(super) fn arrange(event_type: &str, streams: Vec<Membership>) -> Vec<Membership> {
    let mut arranged: Vec<Membership> = Vec::with_capacity(streams.len());
    for one in streams {
        let Some(known) = arranged.iter_mut().find(|known| known.stream == one.stream) else {
            arranged.push(one);
            continue;
        };
        known.role = match (known.role.take(), one.role) {
            (Some(known), Some(more)) if known.split(", ").all(|part| part != more) => {
                Some(format!("{known}, {more}"))
            }
            (known, more) => known.or(more),
        };
    }
    let named = words(event_type);
    let place = |member: &Membership| {
        let kind = words(member.stream.aggregate_type.as_deref()?);
        named.iter().position(|word| kind.iter().any(|kind| is_one_of(word, kind)))
    };
    // Of equals the first one is kept.
    let home = arranged.iter().enumerate().filter_map(|(at, member)| Some((place(member)?, at))).min();
    if let Some((_, home)) = home {
        arranged[..=home].rotate_right(1);
    }
    arranged
}

/// Whether `word` names one of what `kind` names: `order` of `orders`.
fn is_one_of(word: &str, kind: &str) -> bool {
    let singular = |text: &str| match text.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => text.strip_suffix('s').unwrap_or(text).to_owned(),
    };
    word == kind || singular(word) == singular(kind)
}

/// Takes the attribute that the most telling spelling of `field` names.
fn take(attributes: &mut Map<String, Value>, field: Field) -> Option<String> {
    let scalar = |value: &Value| match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let found = attributes.iter().filter_map(|(key, value)| {
        let rank = spelling_rank(field, key)?;
        Some((rank, key.clone(), scalar(value)?))
    });
    let (_, key, text) = found.min_by_key(|(rank, ..)| *rank)?;
    attributes.remove(&key);
    Some(text)
}

/// Fills an event of which id, type and time are known.
pub(super) fn fill(event: &mut RecordedEvent, mut attributes: Map<String, Value>, streams: Vec<Membership>) {
    event.streams = arrange(&event.event_type, streams);
    event.correlation_id = take(&mut attributes, Field::CorrelationId);
    event.causation_id = take(&mut attributes, Field::CausationId);
    if !attributes.is_empty() {
        event.data = Payload::Json(JsonText::from_value(&Value::Object(attributes)));
    }
}

/// Orders events by time, given in the order of the file; one without a time follows the one before it.
pub(super) fn by_time(times: &[Option<i64>]) -> Vec<u32> {
    let mut last = i64::MIN;
    let keys: Vec<i64> = times.iter().map(|time| time.inspect(|time| last = *time).unwrap_or(last)).collect();
    let mut order: Vec<u32> = (0..times.len() as u32).collect();
    order.sort_by_key(|at| keys[*at as usize]);
    order
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::StreamName;

    fn check(event_type: &str, objects: &[(&str, &str, &str)], expected: &[(&str, &str)]) {
        let streams = objects.iter().map(|(kind, id, role)| Membership {
            stream: StreamName::new(*kind, *id),
            version: None,
            role: Some((*role).to_owned()),
        });
        let arranged = arrange(event_type, streams.collect());
        let found: Vec<(&str, &str)> =
            arranged.iter().map(|one| (&*one.stream.id, one.role.as_deref().unwrap())).collect();
        assert_eq!(found, expected, "{event_type}");
    }

    #[test]
    fn the_home_is_of_the_type_that_the_event_names_else_the_first() {
        let objects = [("order", "o", "a"), ("payments", "p", "b"), ("product", "s", "c")];
        check("PaymentDeclined", &objects, &[("p", "b"), ("o", "a"), ("s", "c")]);
        check("pay order", &objects, &[("o", "a"), ("p", "b"), ("s", "c")]);
        check("StockReserved", &objects, &[("o", "a"), ("p", "b"), ("s", "c")]);
        // An order's product: what the name says first counts.
        check("OrderProductAdded", &objects, &[("o", "a"), ("p", "b"), ("s", "c")]);
        check("x", &[], &[]);
    }

    #[test]
    fn an_object_that_is_named_twice_is_one_stream() {
        let objects = [("order", "o", "a"), ("order", "q", "b"), ("order", "o", "c"), ("order", "o", "c")];
        check("t", &objects, &[("o", "a, c"), ("q", "b")]);
    }

    #[test]
    fn causality_is_found_among_the_attributes() {
        let attributes = json!({"correlationId": "c", "causationId": 7, "traceId": "t", "amount": 1});
        let mut event = RecordedEvent::default();
        fill(&mut event, attributes.as_object().unwrap().clone(), Vec::new());
        assert_eq!((event.correlation_id.as_deref(), event.causation_id.as_deref()), (Some("c"), Some("7")));
        assert_eq!(event.data.value().unwrap(), json!({"traceId": "t", "amount": 1}));
    }

    #[test]
    fn events_are_ordered_by_time_and_one_without_follows_the_one_before() {
        assert_eq!(by_time(&[Some(5), None, Some(1), Some(5)]), [2, 0, 1, 3]);
        assert_eq!(by_time(&[None, Some(1)]), [0, 1]);
    }
}
