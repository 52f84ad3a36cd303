//! A journal's event as an event of any log, and back without loss: what the fact does not say stands in the
//! metadata. Places and versions are the store's; nothing is written here.

use serde_json::{Map, Value};

use super::fact::json::{FactError, StepNames};
use super::{Direction, DomainFact, EventId, Fact, Key, Recorded, Role, SagaNo, StepNo, StreamNo};
use crate::base::ticks::Ticks;
use crate::model::{RecordedEvent, Timestamp};

/// The start of virtual time: 2026-01-01T00:00:00Z, in nanoseconds since 1970.
const EPOCH: i64 = 1_767_225_600_000_000_000;

/// A point in virtual time as a time of the calendar.
pub fn timestamp(at: Ticks) -> Timestamp {
    let nanos = i64::try_from(at.0).unwrap_or(i64::MAX).saturating_mul(1_000);
    Timestamp::from_nanos(EPOCH.saturating_add(nanos), 6)
}

/// The tick of a time of the calendar; times before the start are the start.
pub fn ticks(at: Timestamp) -> Ticks {
    Ticks(u64::try_from(at.nanos().saturating_sub(EPOCH) / 1_000).unwrap_or(0))
}

/// `s1/process-payment/undo`.
pub fn key_text(names: StepNames<'_>, key: Key) -> String {
    format!("{}/{}/{}", key.saga, names[key.step.index()], key.direction.word())
}

/// Reads what [`key_text`] writes.
pub fn parse_key(names: StepNames<'_>, text: &str) -> Option<Key> {
    let (saga, rest) = text.split_once('/')?;
    let (step, direction) = rest.rsplit_once('/')?;
    let step = names.iter().position(|name| **name == *step)?;
    let direction = [Direction::Do, Direction::Undo].into_iter().find(|it| it.word() == direction)?;
    Some(Key { saga: SagaNo::parse(saga)?, step: StepNo(step as u8), direction })
}

/// The metadata of an event.
pub fn metadata(names: StepNames<'_>, event: &Recorded) -> Value {
    let mut metadata = Map::new();
    if event.saga != SagaNo::NONE {
        metadata.insert("correlation_id".into(), event.saga.to_string().into());
    }
    if let Some(cause) = event.cause {
        metadata.insert("causation_id".into(), cause.to_string().into());
    }
    if let Some(key) = event.key {
        metadata.insert("key".into(), key_text(names, key).into());
        metadata.insert("step".into(), (&*names[key.step.index()]).into());
    }
    if event.attempt > 0 {
        metadata.insert("attempt".into(), event.attempt.into());
    }
    if let Fact::Domain(fact) = &event.fact {
        let role = serde_json::to_value(fact.role).expect("a role is a word");
        metadata.insert("role".into(), role);
        if let Some(refusal) = &fact.refusal {
            let refusal = serde_json::to_value(refusal).expect("a refusal is plain data");
            metadata.insert("refusal".into(), refusal);
        }
        if let (Some(cause), Some(key)) = (event.cause, event.key) {
            let leg = if key.direction == Direction::Do { "command" } else { "undo" };
            metadata.insert("message_id".into(), format!("{cause}/{leg}").into());
        }
    }
    Value::Object(metadata)
}

/// Reads an event that was written by this runtime into the stream that is `stream` in the journal. What somebody
/// else appended is a domain event beside everything.
pub fn read(names: StepNames<'_>, stream: StreamNo, event: &RecordedEvent) -> Result<Recorded, FactError> {
    let unreadable =
        |reason: &str| FactError { event_type: event.event_type.clone(), reason: reason.to_owned() };
    let metadata = event.metadata.as_ref().map(crate::model::JsonText::value).unwrap_or_default();
    let text = |name: &str| metadata.get(name).and_then(Value::as_str);
    let data = event.data.value().unwrap_or(Value::Null);
    let role: Option<Role> = metadata.get("role").and_then(|role| serde_json::from_value(role.clone()).ok());
    let fact = match role {
        Some(role) => Fact::Domain(DomainFact {
            event_type: event.event_type.as_str().into(),
            data: data.into(),
            role,
            refusal: metadata.get("refusal").and_then(|it| serde_json::from_value(it.clone()).ok()),
        }),
        None => match Fact::from_json(&event.event_type, &data, names) {
            Some(fact) => fact?,
            None => Fact::Domain(DomainFact {
                event_type: event.event_type.as_str().into(),
                data: data.into(),
                role: Role::Beside,
                refusal: None,
            }),
        },
    };
    let id: Option<EventId> = event.id.as_deref().and_then(|id| id.parse().ok());
    let version = event.home().and_then(|home| home.version).and_then(|version| u32::try_from(version).ok());
    Ok(Recorded {
        id: id.ok_or_else(|| unreadable("its id is no UUID"))?,
        stream,
        version: version.ok_or_else(|| unreadable("it has no version"))?,
        at: event.occurred_at.map(ticks).unwrap_or_default(),
        saga: event.correlation_id.as_deref().and_then(SagaNo::parse).unwrap_or(SagaNo::NONE),
        cause: event.causation_id.as_deref().and_then(|cause| cause.parse().ok()),
        key: text("key").and_then(|key| parse_key(names, key)),
        attempt: metadata.get("attempt").and_then(Value::as_u64).unwrap_or(0) as u32,
        fact,
    })
}
