//! Recording: a journal's event as an event of the log that everybody reads. JSON is made here and nowhere before.

use super::World;
use crate::model::{EventKind, JsonText, Membership, Payload, RecordedEvent, StreamName};
use crate::runtime::{Journal, Key, Position, Recorded, Wiring, record};

/// `s1/process-payment/undo`.
pub(super) fn key_text(wiring: &Wiring, key: Key) -> String {
    record::key_text(wiring.step_names(), key)
}

impl World {
    /// An event as it is read from any store.
    pub(super) fn recorded(&self, position: Position, event: &Recorded) -> RecordedEvent {
        let stream = self.journal.stream(event.stream);
        let (event_type, data) = event.fact.to_json(self.wiring.step_names());
        let correlation = event.saga.get().map(|_| event.saga.to_string());
        let cause = event.cause.map(|cause| cause.to_string());
        let at = record::timestamp(event.at);
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
            metadata: Some(JsonText::from_value(&record::metadata(self.wiring.step_names(), event))),
            warnings: Vec::new(),
        }
    }
}
