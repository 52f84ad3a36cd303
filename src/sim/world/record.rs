//! Recording: a journal's event as an event of the log that everybody reads. JSON is made here and nowhere before.

use serde_json::{Map, Value};

use super::World;
use crate::base::ticks::Ticks;
use crate::model::{EventKind, JsonText, Membership, Payload, RecordedEvent, StreamName, Timestamp};
use crate::runtime::{Direction, Fact, Journal, Key, Position, Recorded, SagaNo, Wiring};

/// The start of virtual time: 2026-01-01T00:00:00Z, in nanoseconds since 1970.
const EPOCH: i64 = 1_767_225_600_000_000_000;

/// A point in virtual time as a time of the calendar.
pub(super) fn timestamp(at: Ticks) -> Timestamp {
    let nanos = i64::try_from(at.0).unwrap_or(i64::MAX).saturating_mul(1_000);
    Timestamp::from_nanos(EPOCH.saturating_add(nanos), 6)
}

/// `s1/process-payment/undo`.
pub(super) fn key_text(wiring: &Wiring, key: Key) -> String {
    let step = &wiring.step_names()[key.step.index()];
    format!("{}/{step}/{}", key.saga, key.direction.word())
}

impl World {
    /// An event as it is read from any store.
    pub(super) fn recorded(&self, position: Position, event: &Recorded) -> RecordedEvent {
        let stream = self.journal.stream(event.stream);
        let (event_type, data) = event.fact.to_json(self.wiring.step_names());
        let correlation = event.saga.get().map(|_| event.saga.to_string());
        let cause = event.cause.map(|cause| cause.to_string());
        let at = timestamp(event.at);
        RecordedEvent {
            position: Some(i64::from(position.0)),
            id: Some(event.id.to_string()),
            kind: EventKind::Event,
            event_type,
            schema_version: None,
            streams: vec![Membership {
                stream: StreamName::new(stream.aggregate.to_string(), stream.name.to_string()),
                version: Some(i64::from(event.version)),
                role: None,
            }],
            occurred_at: Some(at),
            recorded_at: None,
            correlation_id: correlation,
            causation_id: cause,
            data: Payload::Json(JsonText::from_value(&data)),
            metadata: Some(JsonText::from_value(&self.metadata(event))),
            warnings: Vec::new(),
        }
    }

    fn metadata(&self, event: &Recorded) -> Value {
        let mut metadata = Map::new();
        if event.saga != SagaNo::NONE {
            metadata.insert("correlation_id".into(), event.saga.to_string().into());
        }
        if let Some(cause) = event.cause {
            metadata.insert("causation_id".into(), cause.to_string().into());
        }
        if let Some(key) = event.key {
            metadata.insert("key".into(), key_text(&self.wiring, key).into());
            metadata.insert("step".into(), (&*self.wiring.step_names()[key.step.index()]).into());
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
}
