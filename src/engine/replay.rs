//! From a stream of an open log to its replay.

use std::sync::Arc;

use super::load::OpenLog;
use crate::base::cancel::CancelToken;
use crate::domain::Domain;
use crate::index::StreamId;
use crate::model::{FetchError, Payload, RecordedEvent, Row};
use crate::replay::{Evolve, MergeRule, Replay, ReplayBuilder, rule_for};

/// Events fetched between two looks at the cancel token.
const FETCH_AT_A_TIME: usize = 512;

impl OpenLog {
    /// The rule to fold a stream by: that of its aggregate in `domain`, else `fallback`.
    pub fn rule_of(
        &self,
        stream: StreamId,
        domain: Option<&Arc<Domain>>,
        fallback: MergeRule,
    ) -> Arc<dyn Evolve> {
        rule_for(domain, &self.log.stream(stream).name(), fallback)
    }

    /// Folds a stream from its first event to its last; `None` when cancelled. An event that cannot be read again
    /// changes nothing and is marked as skipped.
    pub fn replay(&self, stream: StreamId, rule: Arc<dyn Evolve>, cancel: &CancelToken) -> Option<Replay> {
        self.replay_telling(stream, rule, cancel, &mut |_, _| {})
    }

    /// The same, telling of every event that cannot be read again, for whoever wants no replay then: `cancel` ends
    /// it there.
    pub fn replay_telling(
        &self,
        stream: StreamId,
        rule: Arc<dyn Evolve>,
        cancel: &CancelToken,
        unreadable: &mut dyn FnMut(Row, &FetchError),
    ) -> Option<Replay> {
        let rows = self.log.replay_rows(stream);
        let mut builder = ReplayBuilder::new(rule).of_stream(self.log.stream(stream).name());
        for part in rows.chunks(FETCH_AT_A_TIME) {
            if cancel.is_cancelled() {
                return None;
            }
            for (row, event) in part.iter().zip(self.pool.fetch(&self.log, part)) {
                let event = event.unwrap_or_else(|error| {
                    unreadable(*row, &error);
                    self.unreadable(*row, error.to_string())
                });
                builder.push(*row, &event);
            }
        }
        (!cancel.is_cancelled()).then(|| builder.finish())
    }

    /// What the index knows of an event, with the reason in place of its payload.
    fn unreadable(&self, row: Row, reason: String) -> RecordedEvent {
        let known = self.log.event(row);
        RecordedEvent {
            event_type: self.log.event_type(known.event_type).name.to_string(),
            occurred_at: known.time,
            data: Payload::Opaque { bytes: Arc::from([]), encoding: reason.into() },
            ..RecordedEvent::default()
        }
    }
}
