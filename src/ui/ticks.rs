//! Round places on an axis and what is written at them: times that people count in, in the chosen zone, and
//! round numbers. Shared by the time panel and the ruler of the lanes; which of them have room is theirs to say.

use chrono::{DateTime, Datelike as _, Local, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeZone as _};

use super::format::Zone;

pub(super) const SECOND: i64 = 1_000_000_000;
pub(super) const MINUTE: i64 = 60 * SECOND;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;

/// Steps from a second to less than a month; below a second, 1, 2 and 5 times powers of ten.
const STEPS: [i64; 21] = [
    SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    15 * SECOND,
    30 * SECOND,
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
/// Steps from a month on, in months.
const MONTHS: [u32; 9] = [1, 3, 6, 12, 24, 60, 120, 240, 600];
/// Places of one stretch at most: more than any screen has room for.
const PLACES_MAX: usize = 2_000;

/// How far two places lie apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Nanos(i64),
    Months(u32),
}

impl Step {
    /// The shortest round step of at least `nanos`.
    pub(super) fn at_least(nanos: f64) -> Self {
        if nanos <= (SECOND / 2) as f64 {
            return Self::Nanos(round_number(nanos) as i64);
        }
        if let Some(step) = STEPS.iter().find(|step| **step as f64 >= nanos) {
            return Self::Nanos(*step);
        }
        let months = MONTHS.iter().find(|months| f64::from(**months) * 30.0 * DAY as f64 >= nanos);
        Self::Months(*months.unwrap_or(&MONTHS[MONTHS.len() - 1]))
    }

    /// Whether places of this step lie within days.
    pub(super) fn is_within_days(self) -> bool {
        matches!(self, Self::Nanos(step) if step < DAY)
    }

    /// About the width of what is written in points, at 10 points of type.
    pub(super) fn text_width(self) -> f32 {
        match self {
            Self::Nanos(step) if step < 1_000 => 118.0,
            Self::Nanos(step) if step < 1_000_000 => 100.0,
            Self::Nanos(step) if step < SECOND => 84.0,
            Self::Nanos(step) if step < MINUTE => 60.0,
            _ => 42.0,
        }
    }

    /// The points in time from `from` to `to`, both included, that are whole steps on the clock of the zone.
    pub(super) fn places(self, zone: Zone, from: i64, to: i64) -> Vec<i64> {
        // The offset may change on the way: each is turned back by the one that holds there.
        let back = |at: i64| {
            let about = at.saturating_sub(offset(zone, at));
            at.saturating_sub(offset(zone, about))
        };
        match self {
            Self::Nanos(step) => {
                let first = from.saturating_add(offset(zone, from)).div_euclid(step).saturating_mul(step);
                let places = std::iter::successors(Some(first), |at| at.checked_add(step)).map(back);
                let inside = places.skip_while(|at| *at < from).take_while(|at| *at <= to);
                inside.take(PLACES_MAX).collect()
            }
            Self::Months(step) => {
                let first = local(zone, from);
                let months = first.year() * 12 + first.month0() as i32;
                let months = months.div_euclid(step as i32) * step as i32;
                let first =
                    NaiveDate::from_ymd_opt(months.div_euclid(12), months.rem_euclid(12) as u32 + 1, 1);
                let dates = std::iter::successors(first, |date| date.checked_add_months(Months::new(step)));
                let midnights =
                    dates.map_while(|date| date.and_time(NaiveTime::MIN).and_utc().timestamp_nanos_opt());
                let inside = midnights.map(back).skip_while(|at| *at < from).take_while(|at| *at <= to);
                inside.take(PLACES_MAX).collect()
            }
        }
    }

    /// What is written at a time, and whether a day, or something larger, begins there. The day is told too where
    /// it is not that of `previous`, the time written before.
    pub(super) fn text(self, zone: Zone, nanos: i64, previous: Option<i64>) -> (String, bool) {
        let at = local(zone, nanos);
        let before = previous.map(|previous| local(zone, previous));
        let is_midnight = at.time() == NaiveTime::MIN;
        let is_new_year = is_midnight && at.ordinal() == 1;
        let other_day = before.is_none_or(|before| before.date() != at.date());
        let other_year = before.is_none_or(|before| before.year() != at.year());
        let clock = match self {
            Self::Nanos(step) if step < 1_000 => "%H:%M:%S%.9f",
            Self::Nanos(step) if step < 1_000_000 => "%H:%M:%S%.6f",
            Self::Nanos(step) if step < SECOND => "%H:%M:%S%.3f",
            Self::Nanos(step) if step < MINUTE => "%H:%M:%S",
            Self::Nanos(_) => "%H:%M",
            Self::Months(months) => {
                return match (months >= 12 || is_new_year, other_year) {
                    (true, _) => (zone.custom(nanos, "%Y"), true),
                    (false, true) => (zone.custom(nanos, "%b %Y"), true),
                    (false, false) => (zone.custom(nanos, "%b"), false),
                };
            }
        };
        if is_new_year {
            (zone.custom(nanos, "%-d %b %Y"), true)
        } else if is_midnight {
            (zone.custom(nanos, "%-d %b"), self.is_within_days() || at.day() == 1)
        } else if other_day {
            (zone.custom(nanos, &format!("%-d %b {clock}")), true)
        } else {
            (zone.custom(nanos, clock), false)
        }
    }
}

/// The day of a time in the zone.
pub(super) fn day(zone: Zone, nanos: i64) -> NaiveDate {
    local(zone, nanos).date()
}

fn local(zone: Zone, nanos: i64) -> NaiveDateTime {
    DateTime::from_timestamp_nanos(nanos.saturating_add(offset(zone, nanos))).naive_utc()
}

/// Nanoseconds that the clock of the zone is ahead of UTC.
fn offset(zone: Zone, nanos: i64) -> i64 {
    if zone.local { i64::from(Local.timestamp_nanos(nanos).offset().local_minus_utc()) * SECOND } else { 0 }
}

/// Round ranks from `from` to `to`, at least `apart` from each other, counted from 1 as everywhere.
pub(super) fn round_ranks(from: f64, to: f64, apart: f64) -> Vec<u64> {
    let step = round_number(apart);
    let first = (from / step as f64).ceil().max(1.0) as u64;
    (first..).map(|n| n.saturating_mul(step)).take_while(|rank| *rank as f64 <= to).take(PLACES_MAX).collect()
}

/// The smallest of 1, 2, 5, 10, 20, … that is at least `wanted`.
fn round_number(wanted: f64) -> u64 {
    let mut decimal = 1_u64;
    loop {
        for times in [1, 2, 5] {
            if (decimal * times) as f64 >= wanted || decimal > u64::MAX / 100 {
                return decimal * times;
            }
        }
        decimal *= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UTC: Zone = Zone { local: false };
    /// 1 March 2026, midnight.
    const MARCH: i64 = 1_772_323_200 * SECOND;

    fn texts(step: Step, from: i64, to: i64) -> Vec<String> {
        let mut previous = None;
        let text = |nanos: i64| {
            let (text, _) = step.text(UTC, nanos, previous);
            previous = Some(nanos);
            text
        };
        step.places(UTC, from, to).into_iter().map(text).collect()
    }

    #[test]
    fn steps_are_round() {
        for (nanos, step) in [
            (0.3, Step::Nanos(1)),
            (3.0, Step::Nanos(5)),
            (600_000.0, Step::Nanos(1_000_000)),
            (0.4e9, Step::Nanos(SECOND / 2)),
            (0.6e9, Step::Nanos(SECOND)),
            (7e9, Step::Nanos(10 * SECOND)),
            (40e9, Step::Nanos(MINUTE)),
            (5_000e9, Step::Nanos(2 * HOUR)),
            (80_000e9, Step::Nanos(DAY)),
            (20.0 * DAY as f64, Step::Months(1)),
            (1e30, Step::Months(600)),
        ] {
            assert_eq!(Step::at_least(nanos), step, "{nanos}");
        }
        for (wanted, expected) in
            [(0.3, 1), (1.5, 2), (3.0, 5), (6.0, 10), (11.0, 20), (480.0, 500), (501.0, 1_000)]
        {
            assert_eq!(round_number(wanted), expected, "{wanted}");
        }
    }

    #[test]
    fn places_are_round_times_within_the_stretch() {
        let step = Step::Nanos(6 * HOUR);
        assert_eq!(
            step.places(UTC, MARCH + HOUR, MARCH + DAY + HOUR),
            [6, 12, 18, 24].map(|hour| MARCH + hour * HOUR)
        );
        assert_eq!(
            texts(step, MARCH + HOUR, MARCH + DAY + 7 * HOUR),
            ["1 Mar 06:00", "12:00", "18:00", "2 Mar", "06:00"]
        );
    }

    #[test]
    fn months_begin_on_the_first_and_name_a_year_once() {
        assert_eq!(
            texts(Step::Months(3), MARCH, MARCH + 400 * DAY),
            ["Apr 2026", "Jul", "Oct", "2027", "Apr"]
        );
        assert_eq!(texts(Step::Months(12), MARCH, MARCH + 800 * DAY), ["2027", "2028"]);
    }

    #[test]
    fn days_stand_out_where_they_begin() {
        let strong = |step: Step, nanos: i64| step.text(UTC, nanos, Some(nanos));
        let january = MARCH + 306 * DAY;
        for (step, nanos, expected) in [
            (HOUR, MARCH, ("1 Mar", true)),
            (HOUR, MARCH + HOUR, ("01:00", false)),
            (DAY, MARCH, ("1 Mar", true)),
            (DAY, MARCH + DAY, ("2 Mar", false)),
            (DAY, january, ("1 Jan 2027", true)),
            (SECOND / 10, MARCH + SECOND / 10, ("00:00:00.100", false)),
            (100, MARCH + 300, ("00:00:00.000000300", false)),
        ] {
            let (text, is_strong) = strong(Step::Nanos(step), nanos);
            assert_eq!((text.as_str(), is_strong), expected, "{step}");
        }
    }

    #[test]
    fn there_are_never_too_many() {
        for (from, to) in [(i64::MIN, i64::MAX), (i64::MIN / 2, i64::MAX), (i64::MAX - 5, i64::MAX)] {
            for step in [Step::Nanos(1), Step::Nanos(14 * DAY), Step::Months(1), Step::Months(600)] {
                assert!(step.places(UTC, from, to).len() <= PLACES_MAX, "{step:?}");
            }
        }
        assert_eq!(round_ranks(0.0, 1e18, 0.1).len(), PLACES_MAX);
    }

    #[test]
    fn ranks_are_round() {
        assert_eq!(round_ranks(-3.0, 100.0, 30.0), [50, 100]);
        assert_eq!(round_ranks(7.0, 9.0, 0.01), [7, 8, 9]);
        assert_eq!(round_ranks(0.0, 3_776.0, 560.0), [1_000, 2_000, 3_000]);
    }
}
