//! One event of a history by its parts, whatever their spelling: `eventId` or `event_id`, as text or as a number, its
//! attributes under a key that is named after its type, their payloads opened.

use serde_json::Value;
use serde_json::value::RawValue;

use super::super::record::Record;
use super::super::values;
use super::history::parsed;
use super::kinds::plain_name;
use super::payloads;
use crate::model::Timestamp;
use crate::store::mapping::folded;

/// What the key of attributes ends with, without regard to case and underscores.
const ATTRIBUTES: &str = "eventattributes";

/// The parts of an event.
#[derive(Debug)]
pub(super) struct Told<'a> {
    /// Its number in the history, from 1.
    pub(super) number: Option<i64>,
    /// Temporal's own name of its type, in one spelling.
    pub(super) name: String,
    /// When.
    pub(super) time: Option<Timestamp>,
    /// Its time as stored, where it cannot be read.
    pub(super) bad_time: Option<&'a RawValue>,
    /// Its attributes with every payload opened; null where it has none.
    pub(super) attributes: Value,
    /// The keys that are none of these.
    pub(super) rest: Vec<(&'a str, &'a RawValue)>,
}

/// What a key of an event is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Id,
    Type,
    Time,
    Attributes,
    Rest,
}

/// What the key `name` is.
pub(super) fn part(name: &str) -> Part {
    match folded(name).as_str() {
        "eventid" => Part::Id,
        "eventtype" => Part::Type,
        // Cadence's is a number of nanoseconds.
        "eventtime" | "timestamp" => Part::Time,
        "attributes" => Part::Attributes,
        folded if folded.ends_with(ATTRIBUTES) => Part::Attributes,
        _ => Part::Rest,
    }
}

impl<'a> Told<'a> {
    /// Takes a record apart. `sealed` hears the encodings of payloads that cannot be read.
    pub(super) fn of(record: &'a Record<'_>, sealed: &mut dyn FnMut(&str)) -> Result<Self, String> {
        let (mut number, mut name, mut time, mut bad_time) = (None, None, None, None);
        let (mut attributes, mut named_by_key) = (Value::Null, None);
        let mut rest = Vec::new();
        for (key, raw) in record.keys.iter().filter(|(_, raw)| raw.get() != "null") {
            match part(key) {
                Part::Id => number = values::position(raw),
                // A number is the place of the type in Temporal's own list; the key of the attributes names it too.
                Part::Type => name = values::string(raw).map(|name| plain_name(&name)),
                Part::Time => {
                    time = values::time(raw).or_else(|| counted_time(raw));
                    bad_time = time.is_none().then_some(*raw);
                }
                Part::Attributes => {
                    attributes = parsed(raw.get());
                    payloads::open(&mut attributes, sealed);
                    named_by_key = type_of_key(key);
                }
                Part::Rest => rest.push((key.as_ref(), *raw)),
            }
        }
        let name = name.filter(|name| !name.is_empty()).or(named_by_key).ok_or("It has no eventType.")?;
        Ok(Self { number, name, time, bad_time, attributes, rest })
    }
}

/// Protobuf's own time: seconds and nanoseconds.
fn counted_time(raw: &RawValue) -> Option<Timestamp> {
    let record = Record::parse(raw.get()).ok()?;
    let seconds = values::integer(record.get("seconds")?)?;
    let nanos = record.get("nanos").and_then(values::integer).unwrap_or(0);
    Some(Timestamp::from_nanos(seconds.checked_mul(1_000_000_000)?.checked_add(nanos)?, 9))
}

/// `timerFiredEventAttributes` are those of a `TimerFired`.
fn type_of_key(key: &str) -> Option<String> {
    let camel = key.strip_suffix("EventAttributes").map(|stem| {
        let mut letters = stem.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    });
    let snake = || key.strip_suffix("_event_attributes").map(|stem| plain_name(&stem.to_ascii_uppercase()));
    camel.or_else(snake).filter(|name| !name.is_empty())
}

/// The member called `name`, whatever its spelling.
pub(super) fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let members = value.as_object()?;
    let spelled = members.get(name).or_else(|| {
        let wanted = folded(name);
        members.iter().find(|(key, _)| folded(key) == wanted).map(|(_, value)| value)
    });
    spelled.filter(|value| !value.is_null())
}

/// The text at the end of a path, if it is not empty.
pub(super) fn text_at(value: &Value, path: &[&str]) -> Option<String> {
    let found = path.iter().try_fold(value, |value, name| member(value, name))?;
    found.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The number under `name`, also as text; 0 is none.
pub(super) fn number_at(value: &Value, name: &str) -> Option<i64> {
    let found = member(value, name)?;
    let number = found.as_i64().or_else(|| found.as_str().and_then(|text| text.trim().parse().ok()));
    number.filter(|number| *number > 0)
}

/// An activity that ran inside its workflow: the only trace is a marker, and each SDK writes its own.
pub(super) struct LocalActivity {
    pub(super) name: String,
    pub(super) attempt: Option<i64>,
}

/// Names of the markers of local activities: of Go and Java, and of the SDKs that share a core.
const LOCAL_MARKERS: [&str; 2] = ["LocalActivity", "core_local_activity"];

/// The local activity whose marker an event is.
pub(super) fn local_activity(told: &Told<'_>) -> Option<LocalActivity> {
    let marker = text_at(&told.attributes, &["markerName"])?;
    if told.name != "MarkerRecorded" || !LOCAL_MARKERS.contains(&marker.as_str()) {
        return None;
    }
    let details = member(&told.attributes, "details")?;
    let first = |name: &str| member(details, name)?.as_array()?.first();
    let name = first("data")
        .and_then(|data| text_at(data, &["activityType"]))
        .or_else(|| first("type")?.as_str().map(str::to_owned))?;
    let attempt = first("data").and_then(|data| number_at(data, "attempt"));
    let attempt = attempt.or_else(|| number_at(first("meta")?, "atpt"));
    Some(LocalActivity { name, attempt })
}

/// Causes inside causes that are told; of more only the outer ones.
const CAUSES_MAX: usize = 16;

/// A failure and what caused it, the outermost first: "Activity task failed: card declined".
pub(super) fn reason(failure: &Value) -> Option<String> {
    let mut messages: Vec<String> = Vec::new();
    let mut next = Some(failure);
    for _ in 0..CAUSES_MAX {
        let Some(failure) = next else { break };
        // With an encoding of failures the true message is inside a payload.
        let encoded = text_at(failure, &["encodedAttributes", "message"]);
        if let Some(message) = encoded.or_else(|| text_at(failure, &["message"]))
            && !messages.iter().any(|known| known.contains(&message))
        {
            messages.push(message);
        }
        next = member(failure, "cause");
    }
    (!messages.is_empty()).then(|| messages.join(": "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_attributes_names_the_type() {
        for (key, expected) in [
            ("timerFiredEventAttributes", Some("TimerFired")),
            ("timer_fired_event_attributes", Some("TimerFired")),
            // As damage leaves it.
            ("\u{fffd}imerFiredEventAttributes", Some("\u{fffd}imerFired")),
            ("EventAttributes", None),
            ("attributes", None),
        ] {
            assert_eq!(type_of_key(key).as_deref(), expected, "{key}");
        }
    }
}
