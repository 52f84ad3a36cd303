//! The fold of the replayed stream as somebody waits for it: how far, how fast, and whether it was stopped.
//! The fold itself runs behind the window.

use std::time::Duration;

use super::document::ReplayKey;
use crate::base::clock::Stopwatch;
use crate::engine::FoldCount;

/// A fold that was asked for.
pub(super) struct Fold {
    pub(super) key: ReplayKey,
    pub(super) count: FoldCount,
    since: Stopwatch,
    /// Events folded when somebody stopped it.
    stopped_at: Option<usize>,
}

/// What a view says of a fold that has no result yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoldState {
    /// Events folded so far.
    pub done: u64,
    /// Events of the stream.
    pub total: u64,
    /// Time since it was asked for.
    pub elapsed: Duration,
    /// Whether somebody stopped it: it goes on only when asked for again.
    pub stopped: bool,
}

impl Fold {
    pub(super) fn begin(key: ReplayKey) -> Self {
        Self { key, count: FoldCount::default(), since: Stopwatch::start(), stopped_at: None }
    }

    pub(super) fn stop(&mut self) {
        self.stopped_at = Some(self.count.get());
    }

    /// Whether it was stopped and `key` asks for the same, perhaps with events that were loaded since.
    pub(super) fn refuses(&self, key: &ReplayKey) -> bool {
        self.stopped_at.is_some()
            && self.key.stream == key.stream
            && self.key.null_removes == key.null_removes
            && self.key.choice == key.choice
    }

    pub(super) fn state(&self) -> FoldState {
        FoldState {
            done: self.stopped_at.unwrap_or_else(|| self.count.get()) as u64,
            total: self.key.events as u64,
            elapsed: self.since.elapsed(),
            stopped: self.stopped_at.is_some(),
        }
    }
}

impl FoldState {
    /// Events a second so far; `None` before the first were folded.
    pub fn rate(&self) -> Option<u64> {
        let seconds = self.elapsed.as_secs_f64();
        (self.done > 0 && seconds > 0.0).then(|| (self.done as f64 / seconds) as u64)
    }

    /// The share that is folded, from 0 to 1.
    pub fn share(&self) -> f32 {
        self.done as f32 / self.total.max(1) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::StreamId;

    fn key(stream: u32, events: usize, null_removes: bool) -> ReplayKey {
        ReplayKey { stream: StreamId(stream), events, null_removes, choice: 0 }
    }

    #[test]
    fn a_stopped_fold_refuses_the_same_question_only() {
        let mut fold = Fold::begin(key(1, 10, false));
        assert!(!fold.refuses(&key(1, 10, false)), "it runs");
        fold.stop();
        for (other, refused) in [
            (key(1, 10, false), true),
            (key(1, 12, false), true),
            (key(1, 10, true), false),
            (key(2, 10, false), false),
        ] {
            assert_eq!(fold.refuses(&other), refused, "{other:?}");
        }
    }

    #[test]
    fn rate_and_share_follow_from_what_is_done() {
        let mut state =
            FoldState { done: 0, total: 40_000, elapsed: Duration::from_millis(500), stopped: false };
        assert_eq!((state.rate(), state.share().to_bits()), (None, 0.0_f32.to_bits()));
        state.done = 10_000;
        assert_eq!((state.rate(), state.share().to_bits()), (Some(20_000), 0.25_f32.to_bits()));
    }
}
