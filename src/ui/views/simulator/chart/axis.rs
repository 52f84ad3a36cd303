//! Virtual time across the chart: stretches in which something happens at one scale, idle time cut out.

use crate::base::ticks::Ticks;

/// Idle time from this on is cut, in ticks.
const IDLE: u64 = 600_000;
/// What is left of an idle stretch at both ends, in ticks.
const MARGIN: u64 = 40_000;
/// Width of a cut.
pub(super) const CUT: f32 = 72.0;
/// Points a tick, at most and at least, before zooming: 1 and 0.28 points a millisecond.
const SCALES: (f32, f32) = (0.001, 0.000_28);

/// A stretch of time on the chart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Piece {
    pub(super) from: u64,
    pub(super) to: u64,
    /// From the left end of the axis.
    pub(super) left: f32,
    pub(super) right: f32,
    /// Idle time, not to scale.
    pub(super) is_cut: bool,
}

/// Where each moment stands, from the left end of all of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    pub(super) pieces: Vec<Piece>,
    /// Points a tick.
    pub(super) scale: f32,
}

impl Axis {
    /// The axis of `moments` in room of `width`, `zoom` times as wide as it would be. Idle stretches that begin at one
    /// of `restored` are kept.
    pub(super) fn new(mut moments: Vec<u64>, restored: &[u64], width: f32, zoom: f32) -> Self {
        moments.sort_unstable();
        moments.dedup();
        let first = moments.first().copied().unwrap_or(0);
        let last = moments.last().copied().unwrap_or(0);
        // (from, to, cut)
        let mut stretches: Vec<(u64, u64, bool)> = Vec::new();
        let mut from = first.saturating_sub(MARGIN / 2);
        for pair in moments.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            if b - a >= IDLE {
                let cut = (a + MARGIN, b - MARGIN);
                if !restored.contains(&cut.0) {
                    stretches.push((from, cut.0, false));
                    stretches.push((cut.0, cut.1, true));
                    from = cut.1;
                }
            }
        }
        stretches.push((from, last + MARGIN, false));
        let active: u64 = stretches.iter().filter(|it| !it.2).map(|it| it.1 - it.0).sum();
        let cuts = stretches.iter().filter(|it| it.2).count() as f32 * CUT;
        let fit = (width - cuts).max(100.0) / active.max(1) as f32;
        let scale = fit.clamp(SCALES.1, SCALES.0) * zoom;
        let mut left = 0.0;
        let pieces = stretches.into_iter().map(|(from, to, is_cut)| {
            let right = left + if is_cut { CUT } else { (to - from) as f32 * scale };
            let piece = Piece { from, to, left, right, is_cut };
            left = right;
            piece
        });
        Self { pieces: pieces.collect(), scale }
    }

    /// Width of all of it.
    pub(super) fn width(&self) -> f32 {
        self.pieces.last().map_or(0.0, |piece| piece.right)
    }

    /// Where a moment stands; beyond the ends at the scale of the chart.
    pub(super) fn x(&self, ticks: f64) -> f32 {
        let after = self.pieces.partition_point(|piece| (piece.to as f64) < ticks);
        let Some(piece) = self.pieces.get(after).or(self.pieces.last()) else { return 0.0 };
        let length = (piece.to - piece.from).max(1) as f64;
        let share = ((ticks - piece.from as f64) / length) as f32;
        piece.left + share * (piece.right - piece.left)
    }

    /// Where a moment stands.
    pub(super) fn at(&self, ticks: Ticks) -> f32 {
        self.x(ticks.0 as f64)
    }

    /// Moments to write below the chart, at least `apart` points from each other.
    pub(super) fn marks(&self, apart: f32) -> Vec<u64> {
        let Some(step) = [1, 2, 5]
            .into_iter()
            .flat_map(|digit| (3..12).map(move |power| digit * 10_u64.pow(power)))
            .filter(|step| *step as f32 * self.scale >= apart)
            .min()
        else {
            return Vec::new();
        };
        let scaled = self.pieces.iter().filter(|piece| !piece.is_cut);
        scaled.flat_map(|piece| (piece.from.div_ceil(step)..=piece.to / step).map(|at| at * step)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_time_is_cut_and_the_order_of_moments_stays() {
        let axis = Axis::new(vec![0, 100_000, 200_000, 2_100_000, 2_200_000], &[], 800.0, 1.0);
        let cuts: Vec<(u64, u64)> =
            axis.pieces.iter().filter(|piece| piece.is_cut).map(|piece| (piece.from, piece.to)).collect();
        assert_eq!(cuts, [(240_000, 2_060_000)]);
        let places: Vec<f32> =
            [0, 100_000, 200_000, 1_000_000, 2_100_000, 2_200_000].map(|at| axis.at(Ticks(at))).to_vec();
        assert!(places.is_sorted(), "{places:?}");
        let second = axis.at(Ticks(2_200_000)) - axis.at(Ticks(2_100_000));
        assert!((second - (places[1] - places[0])).abs() < 0.01, "{places:?}");
        let kept = Axis::new(vec![0, 200_000, 2_100_000], &[240_000], 800.0, 1.0);
        assert!(kept.pieces.iter().all(|piece| !piece.is_cut));
    }

    #[test]
    fn a_short_run_is_not_blown_up_and_a_long_one_stays_readable() {
        assert!(Axis::new(vec![0, 20_000], &[], 800.0, 1.0).width() < 100.0);
        let long: Vec<u64> = (0..200).map(|at| at * 100_000).collect();
        assert!(Axis::new(long, &[], 800.0, 1.0).width() > 5_000.0);
        assert!(Axis::new(Vec::new(), &[], 800.0, 1.0).at(Ticks(0)).is_finite());
    }

    #[test]
    fn marks_stand_at_round_moments_apart_from_each_other() {
        let axis = Axis::new(vec![0, 300_000, 600_000], &[], 400.0, 1.0);
        let marks = axis.marks(60.0);
        assert!(marks.len() >= 3 && marks.iter().all(|at| at % 1_000 == 0), "{marks:?}");
        assert!(marks.windows(2).all(|pair| axis.at(Ticks(pair[1])) - axis.at(Ticks(pair[0])) >= 60.0));
    }
}
