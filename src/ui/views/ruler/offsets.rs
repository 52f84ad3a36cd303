//! Times on a ruler as what has passed since a beginning: a run of a few seconds is read in seconds, not on the clock.

use crate::ui::format::span;
use crate::ui::ticks::Step;

/// Points from one place to the next: room for `+12.25 s`.
pub(super) const APART: f64 = 64.0;
/// Places of one stretch at most: more than any screen has room for.
const PLACES_MAX: usize = 2_000;

const SECOND: i64 = 1_000_000_000;
const MINUTE: i64 = 60 * SECOND;

/// The points in time from `from` to `to`, both included, that are whole steps after `origin`.
pub(super) fn places(step: Step, origin: i64, from: i64, to: i64) -> Vec<i64> {
    let Step::Nanos(step) = step else { return vec![from] };
    let passed = from.saturating_sub(origin);
    let whole = passed.div_euclid(step) + i64::from(passed.rem_euclid(step) > 0);
    let first = origin.saturating_add(whole.saturating_mul(step));
    let places = std::iter::successors(Some(first), |at| at.checked_add(step));
    places.take_while(|at| *at <= to).take(PLACES_MAX).collect()
}

/// `+0.25 s`, `+1 m 20 s`: as exact as the step is; a place that is not round to the millisecond at least.
pub(super) fn text(step: Step, passed: i64, round: bool) -> String {
    let Step::Nanos(step) = step else { return format!("+{}", span(passed)) };
    let mut decimals = 9_usize;
    while decimals > 0 && step % 10_i64.pow(10 - decimals as u32) == 0 {
        decimals -= 1;
    }
    let decimals = if round { decimals } else { decimals.max(3) };
    let passed = passed.max(0);
    let (whole, part) = (passed / SECOND, passed % SECOND);
    let seconds = |whole: i64| {
        if decimals == 0 {
            format!("{whole} s")
        } else {
            format!("{whole}.{:0decimals$} s", part / 10_i64.pow(9 - decimals as u32))
        }
    };
    match passed {
        0 => "+0 s".to_owned(),
        _ if passed < MINUTE => format!("+{}", seconds(whole)),
        _ if whole % 60 == 0 && part == 0 => format!("+{}", span(passed)),
        _ => format!("+{} {}", span(passed - passed % MINUTE), seconds(whole % 60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_whole_steps_after_the_beginning() {
        assert_eq!(places(Step::Nanos(200), 1_050, 1_050, 1_700), [1_050, 1_250, 1_450, 1_650]);
        assert_eq!(places(Step::Nanos(200), 1_050, 1_300, 1_700), [1_450, 1_650]);
        assert!(places(Step::Nanos(1), i64::MIN, i64::MIN, i64::MAX).len() <= PLACES_MAX);
    }

    #[test]
    fn what_has_passed_is_as_exact_as_the_step() {
        const MILLI: i64 = 1_000_000;
        for (step, passed, round, expected) in [
            (200 * MILLI, 0, true, "+0 s"),
            (200 * MILLI, 400 * MILLI, true, "+0.4 s"),
            (20 * MILLI, 1_020 * MILLI, true, "+1.02 s"),
            (MILLI, 1_020 * MILLI, true, "+1.020 s"),
            (5 * SECOND, 25 * SECOND, true, "+25 s"),
            (5 * SECOND, 12_345 * MILLI, false, "+12.345 s"),
            (20 * SECOND, 80 * SECOND, true, "+1 m 20 s"),
            (MINUTE, 2 * MINUTE, true, "+2 m"),
            (100 * MILLI, 80_200 * MILLI, true, "+1 m 20.2 s"),
            (2_000, 6_000, true, "+0.000006 s"),
        ] {
            assert_eq!(text(Step::Nanos(step), passed, round), expected, "{step} {passed}");
        }
    }
}
