//! What must be looked for in the whole log, off the window's thread: streams by id, an event by position.

use std::cmp::Reverse;

use super::fuzzy::Needle;
use crate::base::cancel::CancelToken;
use crate::base::limits::PALETTE_STREAMS_MAX;
use crate::engine::{DocumentId, Latest, Workers};
use crate::index::{EventLog, StreamId};
use crate::model::Row;

/// What the answer depends on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SearchKey {
    pub(super) document: DocumentId,
    pub(super) generation: u64,
    pub(super) typed: String,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub(super) struct StreamHits {
    /// The streams that match best, the best first.
    pub(super) streams: Vec<StreamId>,
    /// The event at the position that was typed.
    pub(super) position: Option<Row>,
}

/// Rows between two looks at the cancel token.
const LOOK_EVERY: usize = 4_096;

/// Asks for what matches `key.typed`.
pub(super) fn ask(
    search: &Latest<SearchKey, StreamHits>,
    workers: &Workers,
    log: &EventLog,
    key: &SearchKey,
    position: Option<i64>,
) {
    let log = log.clone();
    let typed = key.typed.clone();
    search.ask(workers, key, move |cancel, _| {
        let streams = streams(&log, &typed, cancel)?;
        let position = match position {
            Some(position) => row_at_position(&log, position, cancel)?,
            None => None,
        };
        Some(StreamHits { streams, position })
    });
}

fn streams(log: &EventLog, typed: &str, cancel: &CancelToken) -> Option<Vec<StreamId>> {
    if typed.trim().is_empty() {
        return Some(Vec::new());
    }
    let needle = Needle::new(typed);
    let mut best: Vec<(Reverse<i32>, StreamId)> = Vec::new();
    for (at, info) in log.streams().iter().enumerate() {
        if at % LOOK_EVERY == 0 && cancel.is_cancelled() {
            return None;
        }
        let whole = || needle.find(&info.name().to_string());
        if let Some(found) = needle.find(&info.id).or_else(whole) {
            best.push((Reverse(found.score), StreamId(at as u32)));
            if best.len() >= PALETTE_STREAMS_MAX * 8 {
                keep_best(&mut best);
            }
        }
    }
    keep_best(&mut best);
    Some(best.into_iter().map(|(_, stream)| stream).collect())
}

fn keep_best(best: &mut Vec<(Reverse<i32>, StreamId)>) {
    best.sort_unstable();
    best.truncate(PALETTE_STREAMS_MAX);
}

/// `Some(None)` where no event has the position.
#[expect(clippy::option_option, reason = "the outer one says that it was cancelled")]
fn row_at_position(log: &EventLog, position: i64, cancel: &CancelToken) -> Option<Option<Row>> {
    for rank in 0..log.len() as u64 {
        if rank.is_multiple_of(LOOK_EVERY as u64) && cancel.is_cancelled() {
            return None;
        }
        let row = log.row_at(rank);
        if log.event(row).position == Some(position) {
            return Some(Some(row));
        }
    }
    Some(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::LogBuilder;
    use crate::model::{Locator, Membership, RecordedEvent, StreamName};

    #[test]
    fn the_best_streams_and_the_position_are_found() {
        let mut builder = LogBuilder::default();
        let source = builder.add_source();
        for n in 0..2_000 {
            let stream = StreamName::new("Order", format!("ord-{n:05}"));
            let event = RecordedEvent {
                position: Some(n * 10),
                streams: vec![Membership { stream, ..Membership::default() }],
                ..RecordedEvent::default()
            };
            builder.push(source, Locator::default(), &event);
        }
        let log = builder.publish();
        let cancel = CancelToken::default();
        let found = streams(&log, "ord-01234", &cancel).unwrap();
        assert_eq!(found[0], StreamId(1_234));
        assert_eq!(streams(&log, "ord", &cancel).unwrap().len(), PALETTE_STREAMS_MAX);
        assert_eq!(streams(&log, "Order/ord-00007", &cancel).unwrap()[0], StreamId(7));
        assert_eq!(streams(&log, " ", &cancel).unwrap(), []);
        assert_eq!(row_at_position(&log, 70, &cancel), Some(Some(log.row_at(7))));
        assert_eq!(row_at_position(&log, 71, &cancel), Some(None));
        cancel.cancel();
        assert_eq!(streams(&log, "ord", &cancel), None);
    }
}
