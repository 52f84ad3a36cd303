//! The place in the log: one playhead for every view, what is selected, and the places visited before.

use std::ops::Range;
use std::sync::Arc;

use crate::index::{EventLog, RowSet, StreamId, TypeId};
use crate::model::Row;
use crate::replay::Path as ValuePath;
use crate::saga::{Edge, Outcome};

/// A position in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Playhead {
    /// Everything has happened; follows a log that grows.
    #[default]
    End,
    /// This event was the last that happened.
    At(Row),
}

/// A list of events to go through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StepList {
    /// What the filter leaves.
    #[default]
    Filtered,
    /// The replayed stream.
    Stream,
    /// Everything.
    Log,
    /// The correlation of the selected event.
    Correlation,
    /// Events whose type tells of a failure.
    Failures,
}

impl StepList {
    /// As in "event 7 of 12 in this filter".
    pub fn noun(self) -> &'static str {
        match self {
            Self::Filtered => "in this filter",
            Self::Stream => "in this stream",
            Self::Log => "in the log",
            Self::Correlation => "in this correlation",
            Self::Failures => "among the failures",
        }
    }
}

/// Events a second that can be chosen for playing, in tenths.
pub const SPEEDS: [(u32, &str); 6] =
    [(10, "½×"), (20, "1×"), (40, "2×"), (100, "5×"), (200, "10×"), (1_000, "50×")];

/// Places kept to go back to.
const PLACES_MAX: usize = 200;

/// A place to come back to.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Place {
    /// Position in time.
    pub playhead: Playhead,
    /// Selected event.
    pub selected: Option<Row>,
    /// Replayed stream.
    pub stream: Option<StreamId>,
    /// Filter as typed.
    pub filter: String,
}

/// Which sagas are listed; all of them where nothing is chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SagaChoice {
    /// Those that stand so.
    pub outcome: Option<Outcome>,
    /// Those of this shape.
    pub variant: Option<Arc<[TypeId]>>,
    /// Those that took this way of the process map.
    pub way: Option<Edge>,
}

/// Where the window is in the log.
#[derive(Clone, Debug, Default)]
pub struct Navigation {
    /// Position in time.
    pub playhead: Playhead,
    /// How often somebody asked for the end: the lists scroll there, even where the playhead stays where it is.
    pub ends: u32,
    /// The event the inspector shows.
    pub selected: Option<Row>,
    /// A second event to compare with.
    pub pinned: Option<Row>,
    /// The stream that Replay shows.
    pub stream: Option<StreamId>,
    /// The list of the focused view.
    pub focused_list: StepList,
    /// The value pointed at in Replay.
    pub value: Option<ValuePath>,
    /// A stretch of time that was brushed, in nanoseconds; the log shows only what lies in it.
    pub range: Option<(i64, i64)>,
    /// Which sagas are listed.
    pub sagas: SagaChoice,
    /// Whether the playhead moves by itself.
    pub playing: bool,
    /// Index into [`SPEEDS`].
    pub speed: usize,
    /// Whether playing starts again at the end.
    pub looping: bool,
    pub(super) back: Vec<Place>,
    pub(super) forward: Vec<Place>,
}

impl Navigation {
    /// The event at the playhead.
    pub fn playhead_row(&self, log: &EventLog) -> Option<Row> {
        match self.playhead {
            Playhead::At(row) if log.contains(row) => Some(row),
            _ => log.last_row(),
        }
    }

    /// Rank of the playhead; everything with a higher rank has not happened yet.
    pub fn playhead_rank(&self, log: &EventLog) -> u64 {
        self.playhead_row(log).map_or(0, |row| log.rank_of(row))
    }

    /// Whether an event has not happened yet as of the playhead: it is dimmed.
    pub fn is_later(&self, log: &EventLog, row: Row) -> bool {
        match self.playhead {
            Playhead::End => false,
            Playhead::At(_) => log.rank_of(row) > self.playhead_rank(log),
        }
    }

    /// Whether something of the log lies after the playhead.
    pub fn is_in_past(&self, log: &EventLog) -> bool {
        self.playhead_rank(log) + 1 < log.len() as u64
    }

    /// Whether there is a place to go back to, and one to go forward to.
    pub fn can_go(&self) -> (bool, bool) {
        (!self.back.is_empty(), !self.forward.is_empty())
    }

    /// Remembers `place` before it is left for another.
    pub(super) fn leave(&mut self, place: Place) {
        if self.back.last() != Some(&place) {
            self.back.push(place);
        }
        if self.back.len() > PLACES_MAX {
            self.back.remove(0);
        }
        self.forward.clear();
    }
}

/// Where the playhead stands in a list: how many of its events have happened, of how many.
pub fn place_in(log: &EventLog, rows: &RowSet, playhead: Option<Row>) -> (u64, u64) {
    (playhead.map_or(0, |row| rows.count_through(log, row)), rows.len(log))
}

/// The numbers that the events of a list have in it which lie in a range of time: a stretch, since lists are in
/// the order of the log.
pub fn within(log: &EventLog, rows: &RowSet, range: Option<(i64, i64)>) -> Range<u64> {
    let Some(range) = range else { return 0..rows.len(log) };
    let ranks = log.ranks_in(range);
    // How many events of the list stand before a rank.
    let before = |rank: u64| rank.checked_sub(1).map_or(0, |last| rows.count_through(log, log.row_at(last)));
    before(ranks.start)..before(ranks.end)
}

/// The number of the event that playing goes to after `events` more of a list, of which `done` have happened and
/// `played` is to be gone through; `None` at its end, unless it begins anew.
pub fn next_played(done: u64, events: u64, played: &Range<u64>, looping: bool) -> Option<u64> {
    if played.is_empty() {
        None
    } else if done < played.end {
        // Before the range, the next event is its first.
        Some((done.max(played.start) + events.max(1) - 1).min(played.end - 1))
    } else {
        looping.then_some(played.start)
    }
}

/// The row `by` events away from the playhead in a list, or its first or last where that is beyond.
/// `None` where there is nothing to step to.
pub fn step(log: &EventLog, rows: &RowSet, playhead: Option<Row>, by: i64) -> Option<Row> {
    let (done, total) = place_in(log, rows, playhead);
    let last = total.checked_sub(1)?;
    let index = if by >= 0 {
        // From between two events, one forward is the next of the list.
        let next = done.checked_add(by.unsigned_abs())?.checked_sub(1)?;
        if done == total {
            return None;
        }
        next.min(last)
    } else {
        // On an event of the list it counts itself; between two, the one before is the first step back.
        let on_event = playhead.is_some_and(|row| rows.index_of(log, row).is_some());
        let from = if on_event { done.checked_sub(1)? } else { done };
        if from == 0 {
            return None;
        }
        from.saturating_sub(by.unsigned_abs())
    };
    rows.get(log, index)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::index::LogBuilder;
    use crate::model::{Locator, RecordedEvent, SourceId, Timestamp};

    fn log(n: usize) -> EventLog {
        let mut builder = LogBuilder::default();
        let source = builder.add_source();
        for _ in 0..n {
            builder.push(source, Locator::default(), &RecordedEvent::default());
        }
        builder.publish()
    }

    fn row(ordinal: usize) -> Row {
        Row::new(SourceId(0), ordinal)
    }

    #[test]
    fn stepping_goes_through_the_list_only() {
        let log = log(10);
        let rows = RowSet::Some(Arc::new(vec![row(2), row(5), row(8)]));
        for (at, by, expected) in [
            (Some(2), 1, Some(5)),
            (Some(5), -1, Some(2)),
            (Some(3), 1, Some(5)),
            (Some(3), -1, Some(2)),
            (Some(0), -1, None),
            (Some(0), 1, Some(2)),
            (Some(2), -1, None),
            (Some(8), 1, None),
            (Some(9), 1, None),
            (Some(9), -1, Some(8)),
            (Some(2), 10, Some(8)),
            (Some(9), -10, Some(2)),
        ] {
            assert_eq!(step(&log, &rows, at.map(row), by), expected.map(row), "{at:?} {by}");
        }
        assert_eq!(step(&log, &RowSet::Some(Arc::default()), Some(row(0)), 1), None);
        assert_eq!(place_in(&log, &rows, Some(row(5))), (2, 3));
    }

    #[test]
    fn playing_goes_through_what_lies_in_the_range() {
        let mut builder = LogBuilder::default();
        let source = builder.add_source();
        for n in 0..10 {
            let occurred_at = Some(Timestamp::from_nanos(n, 0));
            let event = RecordedEvent { occurred_at, ..RecordedEvent::default() };
            builder.push(source, Locator::default(), &event);
        }
        let log = builder.publish();
        let some = RowSet::Some(Arc::new(vec![row(2), row(5), row(8)]));
        for (rows, range, expected) in [
            (&RowSet::All, None, 0..10),
            (&RowSet::All, Some((3, 6)), 3..7),
            (&some, None, 0..3),
            (&some, Some((3, 8)), 1..3),
            (&some, Some((0, 4)), 0..1),
            (&some, Some((6, 7)), 2..2),
            (&some, Some((9, 99)), 3..3),
        ] {
            assert_eq!(within(&log, rows, range), expected, "{range:?}");
        }
        for (done, events, looping, expected) in [
            (0, 1, false, Some(3)),
            (2, 3, false, Some(5)),
            (4, 1, false, Some(4)),
            (4, 99, false, Some(6)),
            (7, 1, false, None),
            (7, 1, true, Some(3)),
            (10, 5, true, Some(3)),
        ] {
            assert_eq!(next_played(done, events, &(3..7), looping), expected, "{done} {events} {looping}");
        }
        assert_eq!(next_played(0, 1, &(2..2), true), None);
    }
}
