//! When things happen in the shop: busy evenings, quiet nights, and a few hours without any event.
//! Times are microseconds since [`START_NANOS`]. Nothing here knows what happens.

use crate::base::prng::Prng;

/// A second.
pub(super) const SECOND: u64 = 1_000_000;
/// A minute.
pub(super) const MINUTE: u64 = 60 * SECOND;
/// An hour.
pub(super) const HOUR: u64 = 60 * MINUTE;
/// A day.
pub(super) const DAY: u64 = 24 * HOUR;
/// 2026-01-01T00:00:00Z, in nanoseconds since 1970.
pub(super) const START_NANOS: i64 = 1_767_225_600_000_000_000;

/// Events that one order brings about, its share of new customers and deliveries of stock included.
const EVENTS_PER_ORDER: u64 = 23;

/// Visitors in each hour of the day; 100 is the mean.
const RHYTHM: [u64; 24] = [
    29, 18, 12, 10, 12, 21, 44, 72, 101, 125, 140, 145, 154, 140, 130, 125, 130, 145, 169, 188, 184, 150, 97,
    58,
];

/// Mid-quantiles of the exponential distribution in thousandths of its mean: waiting times without floats.
const WAITING: [u64; 16] =
    [32, 98, 170, 247, 330, 421, 521, 633, 757, 901, 1_068, 1_270, 1_520, 1_856, 2_367, 3_466];

/// The pace of one log.
pub(super) struct Calendar {
    mean_gap: u64,
    idle: [(u64, u64); 3],
    /// From when on orders are of the newest version of their schema.
    release: u64,
}

impl Calendar {
    /// The pace at which `events` events fill days for a small log and a quarter for a million.
    pub(super) fn new(events: u64, prng: &mut Prng) -> Self {
        // No log tells of more than a century: beyond it the shop only gets busier.
        let span = (events.isqrt().min(400_000) * DAY / 11).max(3 * DAY);
        let idle = [17, 46, 73].map(|percent| {
            let from = span / 100 * percent + prng.below(span / 20);
            (from, from + prng.between(3 * HOUR, 9 * HOUR))
        });
        let orders = (events / EVENTS_PER_ORDER).max(1);
        let mean_gap = (span / orders).min(HOUR);
        // A release goes out in the morning, if the log knows a second day.
        let release = orders.saturating_mul(mean_gap) / 2;
        let release = if release < DAY { release } else { release / DAY * DAY + 5 * HOUR };
        Self { mean_gap, idle, release }
    }

    /// Whether the newest version of the schemas is in use at a time.
    pub(super) const fn is_released(&self, now: u64) -> bool {
        now >= self.release
    }

    /// Orders on a day, about.
    pub(super) fn orders_a_day(&self) -> u64 {
        DAY / self.mean_gap.max(SECOND / 1_000)
    }

    /// When the next visitor comes: waits are used up faster in busy hours.
    pub(super) fn next_visit(&self, now: u64, prng: &mut Prng) -> u64 {
        let quantile = *prng.pick(&WAITING) * prng.between(85, 115);
        let mut wait = self.mean_gap * quantile / 1_000;
        let mut time = now;
        loop {
            let weight = RHYTHM[(time % DAY / HOUR) as usize];
            let rest = HOUR - time % HOUR;
            if wait <= rest * weight {
                return time + wait / weight;
            }
            wait -= rest * weight;
            time += rest;
        }
    }

    /// `time`, or what becomes of it when the shop stands still then: all that waited follows in a rush.
    pub(super) fn open(&self, time: u64) -> u64 {
        match self.idle.iter().find(|(from, to)| (*from..*to).contains(&time)) {
            Some((from, to)) => to + (time - from) / 64,
            None => time,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evenings_have_many_times_the_visitors_of_nights() {
        let mut prng = Prng::new(1);
        let calendar = Calendar::new(100_000, &mut prng);
        let (mut time, mut night, mut evening) = (0, 0, 0);
        for _ in 0..20_000 {
            time = calendar.next_visit(time, &mut prng);
            match time % DAY / HOUR {
                2..=4 => night += 1,
                18..=20 => evening += 1,
                _ => {}
            }
        }
        assert!(evening > 8 * night && night > 50, "{evening} in the evenings, {night} at night");
    }

    #[test]
    fn no_time_falls_into_a_standstill_and_order_is_kept() {
        let calendar = Calendar::new(1_000_000, &mut Prng::new(2));
        for (from, to) in calendar.idle {
            assert!(to - from >= 3 * HOUR, "a gap that can be seen");
            assert_eq!(calendar.open(from - 1), from - 1);
            assert_eq!(calendar.open(from), to);
            assert!(calendar.open(to - 1) < to + HOUR / 6);
            assert!(calendar.open(from + MINUTE) < calendar.open(from + HOUR));
            assert_eq!(calendar.open(to), to);
        }
    }
}
