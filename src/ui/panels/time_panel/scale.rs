//! Where events lie on the panel: by time or by rank, the whole log or a stretch of it. Pure arithmetic.

use std::sync::Arc;

use crate::index::{EventLog, TimeAxis};
use crate::model::Row;

/// What the panel is ordered by. Places on it are *units*: those of the axis, or ranks.
#[derive(Clone, Debug)]
pub(super) enum Basis {
    /// Equal widths are equal times, idle stretches cut.
    Time(Arc<TimeAxis>),
    /// Equal widths are equal numbers of events, of so many.
    Rank(u64),
}

impl Basis {
    /// Units of the whole log.
    pub(super) fn total(&self) -> f64 {
        match self {
            Self::Time(axis) => axis.total_units(),
            Self::Rank(events) => (*events).max(1) as f64,
        }
    }

    /// The fewest units that a view may show: a millisecond, or ten events.
    fn least(&self) -> f64 {
        match self {
            Self::Time(_) => 1e6,
            Self::Rank(_) => 10.0,
        }
    }

    /// Where an event lies.
    pub(super) fn of_row(&self, log: &EventLog, row: Row) -> f64 {
        match self {
            Self::Time(axis) => axis.units_of(log.key_of(row)),
            Self::Rank(_) => log.rank_of(row) as f64 + 0.5,
        }
    }

    /// Where a stretch of time lies.
    pub(super) fn of_range(&self, log: &EventLog, (from, to): (i64, i64)) -> (f64, f64) {
        match self {
            Self::Time(axis) => (axis.units_of(from), axis.units_of(to)),
            Self::Rank(_) => (log.rank_at_key(from) as f64, log.rank_at_key(to.saturating_add(1)) as f64),
        }
    }

    /// The time at a place.
    pub(super) fn nanos_at(&self, log: &EventLog, units: f64) -> i64 {
        match self {
            Self::Time(axis) => axis.nanos_at(units.max(0.0)),
            Self::Rank(_) => self.row_before(log, units).map_or(0, |row| log.key_of(row)),
        }
    }

    /// The last event at or before a place, else the first of all.
    pub(super) fn row_before(&self, log: &EventLog, units: f64) -> Option<Row> {
        let last = (log.len() as u64).checked_sub(1)?;
        let rank = match self {
            Self::Time(_) => log.rank_at_key(self.nanos_at(log, units).saturating_add(1)).saturating_sub(1),
            Self::Rank(_) => units.max(0.0) as u64,
        };
        Some(log.row_at(rank.min(last)))
    }

    /// The event nearest to a place.
    pub(super) fn row_near(&self, log: &EventLog, units: f64) -> Option<Row> {
        let before = self.row_before(log, units)?;
        let Self::Time(_) = self else { return Some(before) };
        let after = log.rank_of(before) + 1;
        if after >= log.len() as u64 {
            return Some(before);
        }
        let after = log.row_at(after);
        let nanos = self.nanos_at(log, units);
        let is_nearer = log.key_of(after).abs_diff(nanos) < log.key_of(before).abs_diff(nanos);
        Some(if is_nearer { after } else { before })
    }
}

/// The stretch that is shown, as shares of the whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Zoom {
    pub(super) from: f64,
    pub(super) to: f64,
}

impl Default for Zoom {
    fn default() -> Self {
        Self { from: 0.0, to: 1.0 }
    }
}

impl Zoom {
    /// Whether everything is shown.
    pub(super) fn is_whole(self) -> bool {
        self == Self::default()
    }

    /// Shown `factor` times larger, what lies at `pivot` (a share of the view) staying where it is.
    pub(super) fn scaled(self, basis: &Basis, factor: f64, pivot: f64) -> Self {
        let least = (basis.least() / basis.total()).min(1.0);
        let width = ((self.to - self.from) / factor).clamp(least, 1.0);
        let at = self.from + (self.to - self.from) * pivot;
        Self::beginning(at - width * pivot, width)
    }

    /// Moved by a share of the view.
    pub(super) fn moved(self, by: f64) -> Self {
        let width = self.to - self.from;
        Self::beginning(self.from + width * by, width)
    }

    fn beginning(from: f64, width: f64) -> Self {
        if width >= 1.0 {
            return Self::default();
        }
        let from = from.clamp(0.0, 1.0 - width);
        Self { from, to: from + width }
    }
}

/// From units to points and back.
#[derive(Clone, Debug)]
pub(super) struct Scale {
    pub(super) basis: Basis,
    from: f64,
    per_point: f64,
    left: f32,
    width: f32,
}

impl Scale {
    pub(super) fn new(basis: Basis, zoom: Zoom, left: f32, width: f32) -> Self {
        let total = basis.total();
        let per_point = total * (zoom.to - zoom.from) / f64::from(width.max(1.0));
        Self { from: total * zoom.from, per_point, basis, left, width: width.max(1.0) }
    }

    /// First and last unit that are shown.
    pub(super) fn shown(&self) -> (f64, f64) {
        (self.from, self.from + self.per_point * f64::from(self.width))
    }

    /// Units of one point.
    pub(super) fn per_point(&self) -> f64 {
        self.per_point
    }

    pub(super) fn x_of(&self, units: f64) -> f32 {
        // Clamped, so that what lies far outside cannot overflow the painter.
        let points = ((units - self.from) / self.per_point).clamp(-1e5, 1e5);
        self.left + points as f32
    }

    pub(super) fn units_at(&self, x: f32) -> f64 {
        self.from + f64::from((x - self.left).clamp(0.0, self.width)) * self.per_point
    }

    /// Whether a place is drawn.
    pub(super) fn contains(&self, units: f64) -> bool {
        let (from, to) = self.shown();
        (from..=to).contains(&units)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::LogBuilder;
    use crate::model::{Locator, RecordedEvent, SourceId, Timestamp};

    fn log(times: &[i64]) -> EventLog {
        let mut builder = LogBuilder::default();
        let source = builder.add_source();
        for time in times {
            let recorded_at = Some(Timestamp::from_nanos(*time, 9));
            builder.push(
                source,
                Locator::default(),
                &RecordedEvent { recorded_at, ..RecordedEvent::default() },
            );
        }
        builder.publish()
    }

    fn row(ordinal: usize) -> Row {
        Row::new(SourceId(0), ordinal)
    }

    #[test]
    fn a_place_finds_the_event_before_it_and_the_nearest() {
        let log = log(&[0, 100, 110, 400]);
        let basis = Basis::Time(Arc::new(TimeAxis::from_keys([0, 400].into_iter(), &[0])));
        for (units, before, near) in [
            (0.0, 0, 0),
            (40.0, 0, 0),
            (60.0, 0, 1),
            (100.0, 1, 1),
            (106.0, 1, 2),
            (200.0, 2, 2),
            (999.0, 3, 3),
        ] {
            assert_eq!(basis.row_before(&log, units), Some(row(before)), "before {units}");
            assert_eq!(basis.row_near(&log, units), Some(row(near)), "near {units}");
        }
        let basis = Basis::Rank(4);
        for (units, expected) in [(0.0, 0), (0.9, 0), (1.0, 1), (3.5, 3), (4.0, 3)] {
            assert_eq!(basis.row_near(&log, units), Some(row(expected)), "rank {units}");
        }
        assert_eq!(basis.of_range(&log, (100, 110)), (1.0, 3.0));
        assert_eq!(basis.row_near(&EventLog::default(), 1.0), None);
    }

    #[test]
    fn zooming_keeps_what_lies_under_the_pointer() {
        let basis = Basis::Rank(1_000);
        let zoom = Zoom::default().scaled(&basis, 4.0, 0.25);
        let at = |zoom: Zoom, pivot: f64| zoom.from + (zoom.to - zoom.from) * pivot;
        assert!((at(zoom, 0.25) - 0.25).abs() < 1e-9, "{zoom:?}");
        assert!((zoom.to - zoom.from - 0.25).abs() < 1e-9, "{zoom:?}");
        assert!(zoom.scaled(&basis, 0.1, 0.7).is_whole());
        let closest = zoom.scaled(&basis, 1e9, 0.5);
        assert!((closest.to - closest.from - 0.01).abs() < 1e-9, "ten of a thousand events: {closest:?}");
    }

    #[test]
    fn moving_stops_at_both_ends() {
        let zoom = Zoom { from: 0.5, to: 0.75 };
        assert_eq!(zoom.moved(-1.0), Zoom { from: 0.25, to: 0.5 });
        assert_eq!(zoom.moved(-9.0), Zoom { from: 0.0, to: 0.25 });
        assert_eq!(zoom.moved(9.0), Zoom { from: 0.75, to: 1.0 });
    }

    #[test]
    fn points_and_units_go_there_and_back() {
        let scale = Scale::new(Basis::Rank(100), Zoom { from: 0.5, to: 1.0 }, 12.0, 200.0);
        assert_eq!(scale.shown(), (50.0, 100.0));
        for (units, x) in [(50.0, 12.0), (75.0, 112.0), (100.0, 212.0)] {
            assert!((scale.x_of(units) - x).abs() < 1e-3);
            assert!((scale.units_at(x) - units).abs() < 1e-3);
        }
        assert_eq!((scale.contains(49.0), scale.contains(50.0)), (false, true));
    }
}
