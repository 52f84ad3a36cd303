//! Times as a query writes them: as precise as they are written, so that `2026-03` is the whole month, or relative to
//! the ends of the log.

use std::cmp::Ordering;

use chrono::{DateTime, Months, NaiveDate, TimeDelta, Utc};

use super::ast::Bound;
use super::value::duration;
use crate::model::Timestamp;

/// Everything that a spelling of a time covers, in nanoseconds since 1970, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TimeSpan {
    pub(super) from: i64,
    pub(super) to: i64,
}

impl TimeSpan {
    /// What `2026-03`, `2026-03-01`, `2026-03-01T08`, `…T08:00`, `…T08:00:05` or `…T08:00:05.250` cover. Without a
    /// zone it is UTC. A year alone is a number.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let dash = |at: usize| bytes.get(at) == Some(&b'-');
        if bytes.len() < 7 || !bytes[..4].iter().all(u8::is_ascii_digit) || !dash(4) {
            return None;
        }
        match bytes.len() {
            7 => {
                let first = NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").ok()?;
                Self::between(start(first)?, start(first.checked_add_months(Months::new(1))?)?)
            }
            10 => {
                let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
                Self::between(start(day)?, start(day.succ_opt()?)?)
            }
            13 => {
                let from = Timestamp::parse(&format!("{text}:00")).ok()?.nanos();
                Self::of_length(from, TimeDelta::hours(1))
            }
            _ => {
                let from = Timestamp::parse(text).ok()?;
                // The time itself, behind the date; what follows it is the zone.
                let clock = text.get(11..)?;
                let clock = &clock[..clock.find(['Z', 'z', '+', '-', ' ']).unwrap_or(clock.len())];
                let length = match (clock.matches(':').count(), from.digits()) {
                    (0 | 1, _) => 60_000_000_000,
                    (_, digits) => 10_i64.pow(9 - u32::from(digits.min(9))),
                };
                Self::of_length(from.nanos(), TimeDelta::nanoseconds(length))
            }
        }
    }

    fn of_length(from: i64, length: TimeDelta) -> Option<Self> {
        Some(Self { from, to: from.checked_add(length.num_nanoseconds()? - 1)? })
    }

    fn between(from: DateTime<Utc>, end: DateTime<Utc>) -> Option<Self> {
        Some(Self { from: from.timestamp_nanos_opt()?, to: end.timestamp_nanos_opt()?.checked_sub(1)? })
    }

    /// Whether a time lies before, inside or after.
    pub(super) fn order(self, nanos: i64) -> Ordering {
        if nanos < self.from {
            Ordering::Less
        } else if nanos > self.to {
            Ordering::Greater
        } else {
            Ordering::Equal
        }
    }
}

fn start(day: NaiveDate) -> Option<DateTime<Utc>> {
    Some(day.and_hms_opt(0, 0, 0)?.and_utc())
}

/// Both ends of what a text says in a comparison with an event's time: a time, `10m` or `-10m` before the last time of
/// the log, `+10m` after its first.
pub(super) fn time_bounds(text: &str) -> Option<(Bound, Bound)> {
    if let Some(span) = TimeSpan::parse(text) {
        return Some((Bound::At(span.from), Bound::At(span.to)));
    }
    let bound = match text.strip_prefix('+') {
        Some(length) => Bound::AfterStart(duration(length)?),
        None => Bound::BeforeEnd(duration(text.strip_prefix('-').unwrap_or(text))?),
    };
    Some((bound, bound))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<(&str, &str)>) {
        let span = TimeSpan::parse(text)
            .map(|span| [span.from, span.to].map(|nanos| Timestamp::from_nanos(nanos, 9).to_string()));
        let expected = expected.map(|(from, to)| [from.to_owned(), to.to_owned()]);
        assert_eq!(span, expected, "{text}");
    }

    #[test]
    fn a_time_covers_what_it_leaves_open() {
        check("2026-02", Some(("2026-02-01T00:00:00.000000000Z", "2026-02-28T23:59:59.999999999Z")));
        check("2026-03-01", Some(("2026-03-01T00:00:00.000000000Z", "2026-03-01T23:59:59.999999999Z")));
        check("2026-03-01T08", Some(("2026-03-01T08:00:00.000000000Z", "2026-03-01T08:59:59.999999999Z")));
        check("2026-03-01T08:30", Some(("2026-03-01T08:30:00.000000000Z", "2026-03-01T08:30:59.999999999Z")));
        check(
            "2026-03-01T08:30:05+02:00",
            Some(("2026-03-01T06:30:05.000000000Z", "2026-03-01T06:30:05.999999999Z")),
        );
        check(
            "2026-03-01T08:30:05.250Z",
            Some(("2026-03-01T08:30:05.250000000Z", "2026-03-01T08:30:05.250999999Z")),
        );
        for no_time in ["2026", "2026-13", "10m", "paid", "2026-03-0", "1234-56-78", "9999-01-01"] {
            check(no_time, None);
        }
    }

    #[test]
    fn times_can_be_relative_to_the_log() {
        let minutes = 600_000_000_000;
        for (text, expected) in [
            ("10m", Some(Bound::BeforeEnd(minutes))),
            ("-10m", Some(Bound::BeforeEnd(minutes))),
            ("+10m", Some(Bound::AfterStart(minutes))),
            ("ten", None),
        ] {
            assert_eq!(time_bounds(text).map(|(from, _)| from), expected, "{text}");
        }
    }
}
