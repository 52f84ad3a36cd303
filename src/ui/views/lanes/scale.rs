//! The axis of the lanes: time with its idle stretches cut, or ranks where there are no times.

use std::sync::Arc;

use crate::index::{Cut, EventLog, TimeAxis};
use crate::model::Row;

use crate::ui::views::span::Limits;

/// The fewest nanoseconds that may fill the view.
const NANOS_MIN: f64 = 40.0;
/// The fewest ranks that may fill the view.
const RANKS_MIN: f64 = 8.0;
/// An `f64` has 53 bits: beyond this zoom neighbouring pixels would be the same number.
const ZOOM_MAX: f64 = (1_u64 << 40) as f64;

/// A monotone map from events to units.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scale {
    Time(Arc<TimeAxis>),
    /// So many events.
    Rank(u64),
}

impl Scale {
    pub(super) fn total(&self) -> f64 {
        match self {
            Self::Time(axis) => axis.total_units(),
            Self::Rank(events) => events.saturating_sub(1).max(1) as f64,
        }
    }

    /// The shortest stretch that can be told from its neighbours.
    pub(super) fn shortest(&self) -> f64 {
        let shortest = match self {
            Self::Time(_) => NANOS_MIN,
            Self::Rank(_) => RANKS_MIN,
        };
        shortest.max(self.total() / ZOOM_MAX)
    }

    pub(super) fn limits(&self, width: f32) -> Limits {
        Limits::of(self.total(), self.shortest(), width)
    }

    /// Whether it tells events apart at all.
    pub(super) fn has_length(&self) -> bool {
        match self {
            Self::Time(axis) => !axis.is_empty() && axis.total_units() > 1.0,
            Self::Rank(_) => true,
        }
    }

    pub(super) fn units_of(&self, log: &EventLog, row: Row) -> f64 {
        match self {
            Self::Time(axis) => axis.units_of(log.key_of(row)),
            Self::Rank(_) => log.rank_of(row) as f64,
        }
    }

    /// The last event at or before a place, where there is one.
    pub(super) fn row_before(&self, log: &EventLog, units: f64) -> Option<Row> {
        let after = match self {
            Self::Time(axis) => log.rank_at_key(axis.nanos_at(units).saturating_add(1)),
            Self::Rank(_) => (units.max(-1.0).floor() + 1.0) as u64,
        };
        Some(log.row_at(after.min(log.len() as u64).checked_sub(1)?))
    }

    pub(super) fn cuts(&self) -> Vec<Cut> {
        match self {
            Self::Time(axis) => axis.cuts().collect(),
            Self::Rank(_) => Vec::new(),
        }
    }

    /// Where a place of this scale lies on `new`, if both are of time.
    pub(super) fn carried(&self, new: &Self) -> Option<impl Fn(f64) -> f64> {
        match (self, new) {
            (Self::Time(old), Self::Time(new)) => {
                let (old, new) = (Arc::clone(old), Arc::clone(new));
                Some(move |units| new.units_of(old.nanos_at(units)))
            }
            _ => None,
        }
    }
}

/// What of the idle time is cut out.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Idle {
    /// As the time panel has it.
    #[default]
    Cut,
    /// But for the stretches that begin at these times.
    Restored(Vec<i64>),
    /// Nothing.
    Kept,
}

impl Idle {
    /// The axis, where it can be had without looking at the log.
    pub(super) fn axis(&self, document: &Arc<TimeAxis>) -> Option<Arc<TimeAxis>> {
        match self {
            Self::Cut => Some(Arc::clone(document)),
            Self::Restored(_) => None,
            Self::Kept if document.is_empty() => Some(Arc::clone(document)),
            Self::Kept => {
                let (first, last) = (document.nanos_at(0.0), document.nanos_at(document.total_units()));
                Some(Arc::new(TimeAxis::from_keys([first, last].into_iter(), &[first])))
            }
        }
    }

    /// Takes one stretch back.
    pub(super) fn restore(&mut self, from: i64) {
        match self {
            Self::Cut => *self = Self::Restored(vec![from]),
            Self::Restored(all) if !all.contains(&from) => all.push(from),
            Self::Restored(_) | Self::Kept => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis() -> Arc<TimeAxis> {
        let times = (0..100).map(|n| n * 10).chain((0..100).map(|n| 100_000 + n * 10));
        Arc::new(TimeAxis::from_keys(times, &[]))
    }

    #[test]
    fn nothing_is_cut_when_idle_time_is_kept() {
        let kept = Idle::Kept.axis(&axis()).unwrap();
        assert_eq!((kept.cuts().count(), kept.nanos_at(0.0)), (0, 0));
        assert_eq!(kept.nanos_at(kept.total_units()), 100_990);
        assert_eq!(Idle::Cut.axis(&axis()).unwrap().cuts().count(), 1);
    }

    #[test]
    fn a_place_is_carried_over_to_the_other_axis() {
        let cut = Scale::Time(axis());
        let kept = Scale::Time(Idle::Kept.axis(&axis()).unwrap());
        let carry = cut.carried(&kept).unwrap();
        for nanos in [0, 500, 990, 100_000, 100_500] {
            let (Scale::Time(from), Scale::Time(to)) = (&cut, &kept) else { panic!("both are of time") };
            assert!((carry(from.units_of(nanos)) - to.units_of(nanos)).abs() < 0.01, "{nanos}");
        }
        assert!(cut.carried(&Scale::Rank(9)).is_none());
    }
}
