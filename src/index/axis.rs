//! A time axis with its idle stretches cut out: the shared scale of the time panel, the lanes and timelines.
//!
//! Coordinates on the axis are called *units*: nanoseconds of the stretches that are kept, plus a fixed width
//! for each cut. The map from time to units is monotone and piecewise linear.

use super::log::EventLog;

/// Cuts at most: beyond that the axis would be all cuts.
const CUTS_MAX: usize = 60;
/// An idle stretch is cut when it is longer than this share of what is kept.
const IDLE_SHARE: u64 = 90;
/// And when it is this many times longer than the usual distance: an even rhythm is not idle, however slow.
const IDLE_TIMES_USUAL: u64 = 16;
/// The cuts together take at most this share of the axis, and each at most `CUT_SHARE`.
const CUTS_SHARE: f64 = 0.4;
const CUT_SHARE: f64 = 0.04;

/// A monotone map between time and a line without idle stretches.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TimeAxis {
    /// Stretches that are kept: (from, to) in nanoseconds since 1970, ascending, never touching.
    kept: Vec<(i64, i64)>,
    /// Units before each kept stretch.
    starts: Vec<f64>,
    cut_units: f64,
    threshold: i64,
}

/// An idle stretch that was cut out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cut {
    /// Last event before it, in nanoseconds since 1970.
    pub from: i64,
    /// First event after it.
    pub to: i64,
    /// Where it lies on the axis.
    pub units: (f64, f64),
}

impl TimeAxis {
    /// The axis of a whole log. Idle stretches that begin at a time in `restored` stay.
    pub fn of(log: &EventLog, restored: &[i64]) -> Self {
        let keys = (0..log.len() as u64).map(|rank| log.key_of(log.row_at(rank)));
        Self::from_keys(keys.filter(|key| *key != super::columns::NO_NUMBER), restored)
    }

    /// The axis of ascending times.
    pub fn from_keys(keys: impl Iterator<Item = i64>, restored: &[i64]) -> Self {
        let mut gaps: Vec<(i64, i64)> = Vec::new();
        let mut distances = Distances::default();
        let (mut first, mut last) = (None, None);
        // Only the longest gaps can be cut; the list is thinned so that memory stays small.
        for key in keys {
            distances.count(last.map_or(0, |last: i64| key.abs_diff(last)));
            if let Some(last) = last
                && key > last
                && !restored.contains(&last)
            {
                gaps.push((last, key));
                if gaps.len() > 64 * CUTS_MAX {
                    keep_longest(&mut gaps);
                }
            }
            first = first.or(Some(key));
            last = Some(key);
        }
        let (Some(first), Some(last)) = (first, last) else { return Self::default() };
        keep_longest(&mut gaps);
        let mut kept_span = last.abs_diff(first);
        let usual = distances.median();
        let mut cuts = Vec::new();
        // Cutting a long gap makes shorter ones stand out: go on until none does.
        while let Some(gap) = gaps.get(cuts.len())
            && span(*gap) > kept_span / IDLE_SHARE
            && span(*gap) > usual.saturating_mul(IDLE_TIMES_USUAL)
            && cuts.len() < CUTS_MAX
        {
            kept_span -= span(*gap);
            cuts.push(*gap);
        }
        let threshold = cuts.last().map_or(0, |gap| i64::try_from(span(*gap)).unwrap_or(i64::MAX));
        cuts.sort_unstable();
        Self::with_cuts(first, last, &cuts, threshold)
    }

    fn with_cuts(first: i64, last: i64, cuts: &[(i64, i64)], threshold: i64) -> Self {
        let mut kept = Vec::with_capacity(cuts.len() + 1);
        let mut from = first;
        for cut in cuts {
            kept.push((from, cut.0));
            from = cut.1;
        }
        kept.push((from, last));
        let kept_units = kept.iter().map(|stretch| span(*stretch) as f64).sum::<f64>().max(1.0);
        let share = (CUTS_SHARE / cuts.len().max(1) as f64).min(CUT_SHARE);
        let cut_units = kept_units * share / (1.0 - share * cuts.len() as f64);
        let mut starts = Vec::with_capacity(kept.len());
        let mut units = 0.0;
        for stretch in &kept {
            starts.push(units);
            units += span(*stretch) as f64 + cut_units;
        }
        Self { kept, starts, cut_units, threshold }
    }

    /// Whether no event has a time.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Length of the axis; at least 1.
    pub fn total_units(&self) -> f64 {
        match (self.kept.last(), self.starts.last()) {
            (Some(stretch), Some(start)) => (start + span(*stretch) as f64).max(1.0),
            _ => 1.0,
        }
    }

    /// The shortest idle stretch that is cut out, in nanoseconds; 0 where nothing is.
    pub fn threshold(&self) -> i64 {
        self.threshold
    }

    /// Where a time lies. Inside a cut: in proportion.
    pub fn units_of(&self, nanos: i64) -> f64 {
        let Some(at) = self.kept.partition_point(|(from, _)| *from <= nanos).checked_sub(1) else {
            return 0.0;
        };
        let (from, to) = self.kept[at];
        let inside = self.starts[at] + span((from, nanos.min(to))) as f64;
        match (self.kept.get(at + 1), self.starts.get(at + 1)) {
            (Some((next, _)), Some(end)) if nanos > to => {
                let share = span((to, nanos)) as f64 / span((to, *next)) as f64;
                // Rounding must not carry a time beyond the one that comes next.
                (inside + self.cut_units * share).min(*end)
            }
            (_, Some(end)) => inside.min(*end),
            (_, None) => inside,
        }
    }

    /// The time at a place on the axis.
    pub fn nanos_at(&self, units: f64) -> i64 {
        let Some(at) = self.starts.partition_point(|start| *start <= units).checked_sub(1) else {
            return self.kept.first().map_or(0, |(from, _)| *from);
        };
        let (from, to) = self.kept[at];
        if units >= self.total_units() {
            return self.kept.last().map_or(to, |(_, last)| *last);
        }
        let inside = units - self.starts[at];
        let kept = span((from, to)) as f64;
        match self.kept.get(at + 1) {
            Some((next, _)) if inside > kept => {
                let gap = span((to, *next));
                let skipped = (inside - kept) / self.cut_units * gap as f64;
                to.saturating_add_unsigned((skipped as u64).min(gap))
            }
            // Rounded, since a place on the axis is rarely exact: the nearest time is meant.
            _ => from.saturating_add_unsigned((inside.round() as u64).min(span((from, to)))),
        }
    }

    /// What was cut out, in order.
    pub fn cuts(&self) -> impl Iterator<Item = Cut> + '_ {
        self.kept.windows(2).zip(&self.starts).map(|(pair, start)| {
            let begin = start + span(pair[0]) as f64;
            Cut { from: pair[0].1, to: pair[1].0, units: (begin, begin + self.cut_units) }
        })
    }
}

/// How many distances between events have how many bits: their median to a factor of two, in a few bytes.
struct Distances([u64; 65]);

impl Default for Distances {
    fn default() -> Self {
        Self([0; 65])
    }
}

impl Distances {
    /// Counts a distance; events at the same time have none.
    fn count(&mut self, distance: u64) {
        let bits = (u64::BITS - distance.leading_zeros()) as usize;
        self.0[bits] += u64::from(distance > 0);
    }

    /// At least the median, and less than twice of it; at least 1.
    fn median(&self) -> u64 {
        let half = self.0.iter().sum::<u64>().div_ceil(2);
        let mut counted = 0;
        let bits = self.0.iter().position(|count| {
            counted += count;
            counted >= half
        });
        bits.and_then(|bits| 1_u64.checked_shl(bits as u32)).map_or(u64::MAX, |above| above - 1).max(1)
    }
}

/// Nanoseconds from the first to the second; times can lie further apart than an `i64` can say.
fn span((from, to): (i64, i64)) -> u64 {
    to.abs_diff(from)
}

/// The longest first, of equal ones the earlier.
fn keep_longest(gaps: &mut Vec<(i64, i64)>) {
    gaps.sort_unstable_by_key(|gap| (std::cmp::Reverse(span(*gap)), gap.0));
    gaps.truncate(CUTS_MAX);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bursts() -> TimeAxis {
        // Two bursts of 100 events, 10 apart, with a gap of 100,000 between them.
        let times = (0..100).map(|n| n * 10).chain((0..100).map(|n| 100_000 + n * 10));
        TimeAxis::from_keys(times, &[])
    }

    #[test]
    fn the_long_gap_is_cut_and_named() {
        let cuts: Vec<Cut> = bursts().cuts().collect();
        assert_eq!(cuts.len(), 1);
        assert_eq!((cuts[0].from, cuts[0].to), (990, 100_000));
        assert!(cuts[0].units.1 - cuts[0].units.0 < 0.05 * bursts().total_units());
    }

    #[test]
    fn a_restored_gap_stays() {
        let times = (0..100).map(|n| n * 10).chain((0..100).map(|n| 100_000 + n * 10));
        assert_eq!(TimeAxis::from_keys(times, &[990]).cuts().count(), 0);
    }

    #[test]
    fn an_even_rhythm_is_not_cut() {
        for events in [2, 3, 50, 1_000] {
            assert_eq!(TimeAxis::from_keys((0..events).map(|n| n * 7), &[]).cuts().count(), 0, "{events}");
        }
    }

    #[test]
    fn there_and_back_is_the_identity_and_the_map_is_monotone() {
        let axis = bursts();
        let mut previous = -1.0;
        for nanos in (0..101_000).step_by(17) {
            let units = axis.units_of(nanos);
            assert!(units >= previous, "{nanos}");
            if nanos < 990 || (100_000..100_990).contains(&nanos) {
                assert_eq!(axis.nanos_at(units), nanos);
            }
            previous = units;
        }
        assert!(axis.units_of(i64::MAX) <= axis.total_units());
    }

    #[test]
    fn one_event_and_none_are_fine() {
        assert!(TimeAxis::from_keys(std::iter::empty(), &[]).is_empty());
        let one = TimeAxis::from_keys(std::iter::once(5), &[]);
        assert_eq!((one.units_of(5), one.nanos_at(0.0), one.total_units()), (0.0, 5, 1.0));
    }
}
