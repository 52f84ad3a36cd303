//! Where the ruler has ticks: round times of the chosen zone, no closer than a label is wide.

use chrono::{DateTime, Datelike as _, Local, NaiveDate, TimeZone as _};

use crate::ui::format::Zone;

const S: i64 = 1_000_000_000;
const MINUTE: i64 = 60 * S;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Steps above a second; below, 1, 2 and 5 times powers of ten.
const STEPS: [i64; 21] = [
    S,
    2 * S,
    5 * S,
    10 * S,
    15 * S,
    30 * S,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
    14 * DAY,
];
const MONTHS: [u32; 9] = [1, 3, 6, 12, 24, 60, 120, 240, 600];
/// Ticks of one stretch at most: more than any screen has room for.
const TICKS_MAX: usize = 2_000;

/// Between two ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Nanos(i64),
    Months(u32),
}

impl Step {
    /// The shortest round step of at least `nanos`.
    pub(super) fn at_least(nanos: f64) -> Self {
        let mut decimal = 1_i64;
        while decimal < S {
            for times in [1, 2, 5] {
                if (decimal * times) as f64 >= nanos {
                    return Self::Nanos(decimal * times);
                }
            }
            decimal *= 10;
        }
        if let Some(step) = STEPS.iter().find(|step| **step as f64 >= nanos) {
            return Self::Nanos(*step);
        }
        let months = MONTHS.iter().find(|months| f64::from(**months) * 28.0 * DAY as f64 >= nanos);
        Self::Months(*months.unwrap_or(&MONTHS[MONTHS.len() - 1]))
    }

    /// How a time of this step is written, without its day.
    fn format(self) -> &'static str {
        match self {
            Self::Nanos(step) if step < 1_000 => "%H:%M:%S%.9f",
            Self::Nanos(step) if step < 1_000_000 => "%H:%M:%S%.6f",
            Self::Nanos(step) if step < S => "%H:%M:%S%.3f",
            Self::Nanos(step) if step < MINUTE => "%H:%M:%S",
            Self::Nanos(step) if step < DAY => "%H:%M",
            Self::Nanos(_) => "%-d %b",
            Self::Months(months) if months < 12 => "%b %Y",
            Self::Months(_) => "%Y",
        }
    }

    fn has_time(self) -> bool {
        matches!(self, Self::Nanos(step) if step < DAY)
    }

    /// About the width of a label in points, at 10 points of type.
    pub(super) fn label_width(self) -> f32 {
        match self {
            Self::Nanos(step) if step < 1_000 => 118.0,
            Self::Nanos(step) if step < 1_000_000 => 100.0,
            Self::Nanos(step) if step < S => 84.0,
            Self::Nanos(step) if step < MINUTE => 60.0,
            _ => 42.0,
        }
    }
}

/// The text of a tick: the day as well where it differs from that of the tick before, alone at midnight.
pub(super) fn text(zone: Zone, step: Step, nanos: i64, previous: Option<i64>) -> (String, bool) {
    let day = |nanos| zone.custom(nanos, "%Y-%m-%d");
    let new_day = previous.is_none_or(|previous| day(previous) != day(nanos));
    if !step.has_time() || !new_day {
        return (zone.custom(nanos, step.format()), false);
    }
    if zone.custom(nanos, "%H:%M:%S%.9f") == "00:00:00.000000000" {
        return (zone.custom(nanos, "%-d %b"), true);
    }
    (zone.custom(nanos, &format!("%-d %b {}", step.format())), true)
}

/// Nanoseconds by which the zone is ahead of UTC at a time.
fn offset(zone: Zone, nanos: i64) -> i64 {
    if zone.local { i64::from(Local.timestamp_nanos(nanos).offset().local_minus_utc()) * S } else { 0 }
}

/// Round times from `from` to `to`, both included.
pub(super) fn ticks(zone: Zone, step: Step, from: i64, to: i64) -> Vec<i64> {
    match step {
        Step::Nanos(step) => {
            // The zone's offset at the start: a change within the stretch moves the round times after it.
            let offset = offset(zone, from);
            let first = (from.saturating_add(offset)).div_euclid(step) * step;
            (0..=TICKS_MAX as i64)
                .map(|n| first.saturating_add(n.saturating_mul(step)).saturating_sub(offset))
                .skip_while(|nanos| *nanos < from)
                .take_while(|nanos| *nanos <= to && *nanos < i64::MAX - DAY)
                .collect()
        }
        Step::Months(months) => {
            let date = DateTime::from_timestamp_nanos(from).date_naive();
            let first = (date.year() * 12 + date.month0() as i32).div_euclid(months as i32);
            (first..)
                .take(TICKS_MAX)
                .map_while(|n| {
                    let month = n * months as i32;
                    let date =
                        NaiveDate::from_ymd_opt(month.div_euclid(12), month.rem_euclid(12) as u32 + 1, 1)?;
                    let nanos = date.and_hms_opt(0, 0, 0)?.and_utc().timestamp_nanos_opt()?;
                    Some(nanos - offset(zone, nanos))
                })
                .skip_while(|nanos| *nanos < from)
                .take_while(|nanos| *nanos <= to)
                .collect()
        }
    }
}

/// Round ranks from `from` to `to`.
pub(super) fn rank_ticks(from: f64, to: f64, at_least: f64) -> Vec<u64> {
    let mut decimal = 1_u64;
    let step = 'step: loop {
        for times in [1, 2, 5] {
            if (decimal * times) as f64 >= at_least {
                break 'step decimal * times;
            }
        }
        decimal = decimal.saturating_mul(10);
        if decimal > u64::MAX / 50 {
            break decimal;
        }
    };
    let first = (from.max(0.0) / step as f64).ceil() as u64 * step;
    (0..TICKS_MAX as u64).map(|n| first + n * step).take_while(|rank| *rank as f64 <= to).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const UTC: Zone = Zone { local: false };
    /// 1 March 2026, midnight.
    const MARCH: i64 = 1_772_323_200 * S;

    #[test]
    fn steps_are_round() {
        for (nanos, step) in [
            (0.3, Step::Nanos(1)),
            (3.0, Step::Nanos(5)),
            (600_000.0, Step::Nanos(1_000_000)),
            (0.6e9, Step::Nanos(S)),
            (7e9, Step::Nanos(10 * S)),
            (40e9, Step::Nanos(MINUTE)),
            (5_000e9, Step::Nanos(2 * HOUR)),
            (80_000e9, Step::Nanos(DAY)),
            (20.0 * DAY as f64, Step::Months(1)),
            (1e30, Step::Months(600)),
        ] {
            assert_eq!(Step::at_least(nanos), step, "{nanos}");
        }
    }

    #[test]
    fn ticks_stand_at_round_times_within_the_stretch() {
        let step = Step::Nanos(6 * HOUR);
        let found = ticks(UTC, step, MARCH + HOUR, MARCH + DAY + HOUR);
        assert_eq!(found, [6, 12, 18, 24].map(|hour| MARCH + hour * HOUR));
        let mut previous = None;
        let texts: Vec<String> = found
            .into_iter()
            .map(|nanos| {
                let (text, _) = text(UTC, step, nanos, previous);
                previous = Some(nanos);
                text
            })
            .collect();
        assert_eq!(texts, ["1 Mar 06:00", "12:00", "18:00", "2 Mar"]);
    }

    #[test]
    fn months_begin_on_the_first() {
        let found = ticks(UTC, Step::Months(3), MARCH, MARCH + 400 * DAY);
        let texts: Vec<String> =
            found.iter().map(|nanos| text(UTC, Step::Months(3), *nanos, None).0).collect();
        assert_eq!(texts, ["Apr 2026", "Jul 2026", "Oct 2026", "Jan 2027", "Apr 2027"]);
    }

    #[test]
    fn ranks_are_round_and_never_too_many() {
        assert_eq!(rank_ticks(-3.0, 100.0, 30.0), [0, 50, 100]);
        assert_eq!(rank_ticks(7.0, 9.0, 0.01), [7, 8, 9]);
        assert!(ticks(UTC, Step::Nanos(1), i64::MIN / 2, i64::MAX).len() <= TICKS_MAX + 1);
    }
}
