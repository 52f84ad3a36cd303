//! A fact as an event type and JSON data, and back without loss. Steps are numbers inside and names outside, so
//! both ways take the list of names.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{DomainFact, Fact};
use crate::domain::Name;

/// Names of the steps, by their number.
pub type StepNames<'a> = &'a [Name];

/// Why an event is no fact of ours.
#[derive(Debug, thiserror::Error)]
#[error("an event of type {event_type} is not what the runtime writes: {reason}")]
pub struct FactError {
    /// Its type.
    pub event_type: String,
    /// What is wrong.
    pub reason: String,
}

/// Fields that hold the number of a step.
const STEP_FIELDS: [&str; 1] = ["step"];
/// Fields that hold a list of them.
const STEP_LISTS: [&str; 3] = ["undos", "forward", "back"];

impl Fact {
    /// Event type and data.
    pub fn to_json(&self, names: StepNames<'_>) -> (String, Value) {
        match self {
            Self::Domain(DomainFact { event_type, data, .. }) => (event_type.to_string(), (**data).clone()),
            Self::Saga(fact) => split("saga", fact, names),
            Self::Participation(fact) => split("participation", fact, names),
            Self::Letter(fact) => split("dead_letter", fact, names),
            Self::Run(fact) => split("run", fact, names),
            Self::Message(fact) => split("message", fact, names),
            Self::Service(fact) => split("service", fact, names),
            Self::Check(fact) => split("check", fact, names),
        }
    }

    /// The fact that an event of this type with this data is; `None` for the types of domain events, which need
    /// what their metadata says as well.
    pub fn from_json(
        event_type: &str,
        data: &Value,
        names: StepNames<'_>,
    ) -> Option<Result<Self, FactError>> {
        let (family, what) = event_type.split_once('.')?;
        let whole = |data: &Value| -> Value {
            let mut data = data.clone();
            if let Some(fields) = data.as_object_mut() {
                replace_steps(fields, &|value| {
                    let name = value.as_str()?;
                    let number = names.iter().position(|step| **step == *name)?;
                    Some(Value::from(number))
                });
            }
            Value::Object(Map::from_iter([(what.to_owned(), data)]))
        };
        let result = match family {
            "saga" => joined(whole(data)).map(Self::Saga),
            "participation" => joined(whole(data)).map(Self::Participation),
            "dead_letter" => joined(whole(data)).map(Self::Letter),
            "run" => joined(whole(data)).map(Self::Run),
            "message" => joined(whole(data)).map(Self::Message),
            "service" => joined(whole(data)).map(Self::Service),
            "check" => joined(whole(data)).map(Self::Check),
            _ => return None,
        };
        Some(result.map_err(|reason| FactError { event_type: event_type.to_owned(), reason }))
    }
}

/// The variant's name becomes the last part of the type, its fields the data.
fn split(family: &str, fact: &impl Serialize, names: StepNames<'_>) -> (String, Value) {
    let value = serde_json::to_value(fact).expect("facts are plain data with text keys");
    let Value::Object(object) = value else { return (family.to_owned(), value) };
    let Some((what, mut data)) = object.into_iter().next() else { return (family.to_owned(), Value::Null) };
    if let Some(fields) = data.as_object_mut() {
        replace_steps(fields, &|value| {
            let name = names.get(usize::try_from(value.as_u64()?).ok()?)?;
            Some(Value::from(&**name))
        });
    }
    (format!("{family}.{what}"), data)
}

fn joined<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| error.to_string())
}

fn replace_steps(fields: &mut Map<String, Value>, replace: &dyn Fn(&Value) -> Option<Value>) {
    for name in STEP_FIELDS {
        if let Some(value) = fields.get_mut(name)
            && let Some(new) = replace(value)
        {
            *value = new;
        }
    }
    for name in STEP_LISTS {
        for value in fields.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(new) = replace(value) {
                *value = new;
            }
        }
    }
    // A dead letter holds a whole message.
    if let Some(message) = fields.get_mut("message").and_then(Value::as_object_mut) {
        replace_steps(message, replace);
    }
}

/// Ticks as a whole number of microseconds.
pub(crate) mod ticks {
    use serde::{Deserialize as _, Deserializer, Serializer};

    use crate::base::ticks::Ticks;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference to the field")]
    pub(crate) fn serialize<S: Serializer>(ticks: &Ticks, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(ticks.0)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Ticks, D::Error> {
        u64::deserialize(deserializer).map(Ticks)
    }
}

/// A deadline, or null where there is none.
pub(crate) mod deadline {
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    use crate::base::ticks::Ticks;

    #[expect(clippy::ref_option, reason = "serde calls it with a reference to the field")]
    pub(crate) fn serialize<S: Serializer>(ticks: &Option<Ticks>, serializer: S) -> Result<S::Ok, S::Error> {
        ticks.map(|ticks| ticks.0).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Ticks>, D::Error> {
        Ok(Option::<u64>::deserialize(deserializer)?.map(Ticks))
    }
}
