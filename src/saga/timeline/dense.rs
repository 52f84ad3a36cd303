//! Bars that are too narrow to be told apart, drawn as one. Whoever draws says where a time lies.

use super::{Bar, BarKind};

/// Width of what stands for several bars: room for a number of three digits.
pub const BIN: f32 = 26.0;
/// The least width of a bar.
const LEAST: f32 = 4.0;
/// Bars that begin closer to each other than this cannot be told apart: the least width and a gap.
const APART: f32 = 5.0;
/// Bars of one bin between which gaps are looked for; where there are more, there is no room for gaps.
const LOOKED_AT: usize = 64;

/// Where times lie.
pub struct Scale<'a> {
    /// In points or pixels.
    pub x: &'a dyn Fn(i64) -> f32,
    /// Where the bin after that of a time begins. Bins are [`BIN`] wide and stay where they are while somebody pans: so
    /// does what is in them.
    pub next_bin: &'a dyn Fn(i64) -> i64,
}

/// A bar, or several as one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Together<'a> {
    /// At least one.
    pub bars: &'a [Bar],
    /// From here.
    pub from: f32,
    /// To here.
    pub to: f32,
}

impl<'a> Together<'a> {
    /// The worst of them.
    pub fn worst(&self) -> &'a Bar {
        let worst = |bar: &&Bar| match (bar.failed, bar.kind) {
            (true, _) => 4,
            (false, BarKind::Undo) => 3,
            (false, _) if bar.is_open => 2,
            (false, BarKind::Step | BarKind::Retry) => 1,
            (false, BarKind::Wait) => 0,
        };
        self.bars.iter().max_by_key(worst).unwrap_or(&self.bars[0])
    }

    /// How many of them failed.
    pub fn failed(&self) -> usize {
        self.bars.iter().filter(|bar| bar.failed).count()
    }
}

/// The bars of a line from the left, with a gap between any two.
pub fn together<'a>(bars: &'a [Bar], scale: &Scale<'_>) -> Vec<Together<'a>> {
    let edges = |bar: &Bar| ((scale.x)(bar.from), (scale.x)(bar.to));
    let mut all: Vec<Together<'a>> = Vec::new();
    // Where the last of them begins among the bars.
    let mut begins = 0;
    let mut at = 0;
    while let Some(bar) = bars.get(at) {
        let (mut left, mut right) = edges(bar);
        let mut end = at + 1;
        if right - left < APART {
            let next_bin = (scale.next_bin)(bar.from);
            let of_bin = at + bars[at..].partition_point(|bar| bar.from < next_bin);
            if of_bin - at > LOOKED_AT {
                // A bar that can be told apart stands for itself however many begin beside it.
                let is_wide = |bar: &Bar| {
                    let (from, to) = edges(bar);
                    to - from >= APART
                };
                let narrow = bars[end..of_bin].iter().position(is_wide);
                end = narrow.map_or(of_bin, |narrow| end + narrow);
                right = edges(&bars[end - 1]).1;
            }
            let mut before = left;
            while of_bin - at <= LOOKED_AT && end < of_bin {
                let (from, to) = edges(&bars[end]);
                if from - before >= APART || to - from >= APART {
                    break;
                }
                (before, right, end) = (from, right.max(to), end + 1);
            }
        }
        let mut bunched = &bars[at..end];
        // What is left over at the end of a bin goes into the next.
        if let Some(before) = all.last()
            && left - before.from < APART
            && before.to - before.from < APART
            && (bunched.len() > 1 || right - left < APART)
        {
            left = before.from;
            bunched = &bars[begins..end];
            all.pop();
        } else {
            begins = at;
        }
        at = end;
        let left = left.round();
        if let Some(before) = all.last_mut() {
            before.to = before.to.min((left - 1.0).max(before.from + 1.0));
        }
        all.push(Together { bars: bunched, from: left, to: (right.round() - 1.0).max(left + LEAST) });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Row;

    fn bars(edges: impl IntoIterator<Item = (i64, i64)>) -> Vec<Bar> {
        let bar = |(from, to)| Bar {
            kind: BarKind::Step,
            name: "a".into(),
            from,
            to,
            began: Row::from_raw(0),
            row: Row::from_raw(1),
            attempt: 0,
            failed: from % 7 == 0,
            error: None,
            is_open: false,
            is_critical: false,
            line: 0,
        };
        edges.into_iter().map(bar).collect()
    }

    /// So many nanoseconds a point.
    fn drawn(bars: &[Bar], per_point: i64) -> Vec<Together<'_>> {
        let bin = 26 * per_point;
        let scale = Scale {
            x: &|nanos| nanos as f32 / per_point as f32,
            next_bin: &|nanos| (nanos.div_euclid(bin) + 1) * bin,
        };
        together(bars, &scale)
    }

    #[test]
    fn a_long_bar_is_not_lost_among_many_short_ones() {
        // Seventy attempts in a bin, and a wait of many bins that begins in it, too.
        let short = (0..70).map(|at| (at * 30, at * 30 + 20));
        let mut all: Vec<(i64, i64)> = short.collect();
        all.push((2_110, 60_000));
        let bars = bars(all);
        let drawn = drawn(&bars, 100);
        let long =
            drawn.iter().find(|drawn| drawn.to - drawn.from > 100.0).expect("it is drawn as long as it is");
        assert!(long.bars.len() == 1 && long.bars[0].to == 60_000, "alone: {} bars", long.bars.len());
    }

    #[test]
    fn bars_that_can_be_told_apart_stay_alone_with_a_gap_between_them() {
        let bars = bars([(0, 20), (20, 26), (26, 60), (70, 71), (80, 90)]);
        let drawn = drawn(&bars, 1);
        assert!(drawn.iter().all(|one| one.bars.len() == 1));
        assert_eq!(
            drawn.iter().map(|one| (one.from, one.to)).collect::<Vec<_>>(),
            [(0.0, 19.0), (20.0, 25.0), (26.0, 59.0), (70.0, 74.0), (80.0, 89.0)]
        );
    }

    #[test]
    fn every_bar_is_in_one_place_however_many_there_are() {
        for (count, per_point) in [(40, 1), (400, 3), (3_000, 20), (3_000, 400), (90_000, 3_000)] {
            let bars = bars((0..count).map(|at| (at * 3 + at / 50 * 90, at * 3 + at / 50 * 90 + 2)));
            let drawn = drawn(&bars, per_point);
            assert_eq!(drawn.iter().map(|one| one.bars.len()).sum::<usize>(), bars.len(), "{per_point}");
            assert!(drawn.windows(2).all(|pair| pair[0].to < pair[1].from), "{per_point}: {drawn:?}");
            assert!(drawn.iter().all(|one| one.to - one.from <= 2.0 * BIN), "{per_point}");
        }
    }

    #[test]
    fn the_worst_stands_for_all() {
        let bars = bars([(12, 13), (13, 14), (14, 15), (15, 16)]);
        let drawn = drawn(&bars, 1);
        assert_eq!((drawn.len(), drawn[0].bars.len(), drawn[0].failed()), (1, 4, 1));
        assert!(drawn[0].worst().failed);
    }
}
