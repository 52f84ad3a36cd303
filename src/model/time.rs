//! Points in time as stores write them: nanoseconds since 1970 in UTC, and how many digits were stored.

use std::cmp::Ordering;
use std::fmt;

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, Timelike as _};

/// A time in UTC with the precision it was stored in. Range: years 1678 to 2261.
///
/// Ordered and compared by the point in time alone.
#[derive(Clone, Copy, Default)]
pub struct Timestamp {
    nanos: i64,
    digits: u8,
}

/// Text or a number that is no time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a time: {0}")]
pub struct TimeError(pub String);

impl Timestamp {
    /// `nanos` since 1970, shown with `digits` fractional digits (at most 9).
    pub fn from_nanos(nanos: i64, digits: u8) -> Self {
        Self { nanos, digits: digits.min(9) }
    }

    /// Nanoseconds since 1970.
    pub fn nanos(self) -> i64 {
        self.nanos
    }

    /// Fractional digits that were stored, 0 to 9.
    pub fn digits(self) -> u8 {
        self.digits
    }

    /// Reads RFC 3339 and its usual variants: a blank for the `T`, no zone (taken as UTC), a date alone.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        let text = text.trim();
        let error = || TimeError(text.chars().take(60).collect());
        let digits = text
            .find(['.', ','])
            .map_or(0, |dot| text[dot + 1..].bytes().take_while(u8::is_ascii_digit).count().min(9))
            as u8;
        let spelled = text.replace(',', ".");
        let naive = |format: &str| NaiveDateTime::parse_from_str(&spelled, format).map(|time| time.and_utc());
        let time = DateTime::parse_from_rfc3339(&spelled)
            // Without a zone: common enough to be tried by the fast parser, before the slow ones.
            .or_else(|_| DateTime::parse_from_rfc3339(&format!("{spelled}Z")))
            .map(|time| time.to_utc())
            .or_else(|_| {
                DateTime::parse_from_str(&spelled, "%Y-%m-%d %H:%M:%S%.f%#z").map(|time| time.to_utc())
            })
            .or_else(|_| {
                DateTime::parse_from_str(&spelled, "%Y-%m-%d %H:%M:%S%.f %z").map(|time| time.to_utc())
            })
            .or_else(|_| {
                DateTime::parse_from_str(&spelled, "%Y-%m-%dT%H:%M:%S%.f%#z").map(|time| time.to_utc())
            })
            .or_else(|_| naive("%Y-%m-%dT%H:%M:%S%.f"))
            .or_else(|_| naive("%Y-%m-%d %H:%M:%S%.f"))
            .or_else(|_| naive("%Y-%m-%d %H:%M:%S%.f UTC"))
            .or_else(|_| naive("%Y%m%dT%H%M%S%.fZ"))
            .or_else(|_| naive("%Y-%m-%dT%H:%M"))
            .or_else(|_| naive("%Y-%m-%d %H:%M"))
            .or_else(|_| {
                NaiveDate::parse_from_str(&spelled, "%Y-%m-%d")
                    .map(|date| date.and_time(chrono::NaiveTime::MIN).and_utc())
            })
            .map_err(|_not_a_date| error())?;
        let nanos = time.timestamp_nanos_opt().ok_or_else(error)?;
        Ok(Self { nanos, digits })
    }

    /// Reads a count since 1970, its unit told by its size: seconds, milli-, micro- or nanoseconds.
    pub fn from_epoch(count: i64) -> Result<Self, TimeError> {
        let (scale, digits) = match count.unsigned_abs() {
            0..100_000_000_000 => (1_000_000_000, 0),
            100_000_000_000..100_000_000_000_000 => (1_000_000, 3),
            100_000_000_000_000..100_000_000_000_000_000 => (1_000, 6),
            _ => (1, 9),
        };
        let nanos = count.checked_mul(scale).ok_or_else(|| TimeError(count.to_string()))?;
        Ok(Self { nanos, digits })
    }

    fn date_time(self) -> NaiveDateTime {
        DateTime::from_timestamp_nanos(self.nanos).naive_utc()
    }

    /// `2026-03-01`.
    pub fn date(self) -> String {
        self.date_time().format("%Y-%m-%d").to_string()
    }

    /// `19:02:26.013`: the time of day with exactly `digits` fractional digits.
    pub fn time_of_day(self, digits: u8) -> String {
        let time = self.date_time();
        let mut text = time.format("%H:%M:%S").to_string();
        push_fraction(&mut text, time.nanosecond(), digits);
        text
    }

    /// Whether both are on the same day in UTC.
    pub fn same_day(self, other: Self) -> bool {
        self.date_time().num_days_from_ce() == other.date_time().num_days_from_ce()
    }
}

fn push_fraction(text: &mut String, nanosecond: u32, digits: u8) {
    if digits > 0 {
        let all = format!("{:09}", nanosecond.min(999_999_999));
        text.push('.');
        text.push_str(&all[..usize::from(digits)]);
    }
}

/// RFC 3339 in UTC, with the digits stored: `2026-03-01T19:02:26.013693Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = self.date_time();
        let mut text = time.format("%Y-%m-%dT%H:%M:%S").to_string();
        push_fraction(&mut text, time.nanosecond(), self.digits);
        write!(f, "{text}Z")
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartialEq for Timestamp {
    fn eq(&self, other: &Self) -> bool {
        self.nanos == other.nanos
    }
}

impl Eq for Timestamp {}

impl PartialOrd for Timestamp {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timestamp {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nanos.cmp(&other.nanos)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(Timestamp::parse(text).map(|time| time.to_string()), Ok(expected.to_owned()), "{text}");
    }

    #[test]
    fn the_usual_spellings_are_read_with_the_digits_stored() {
        check("2026-03-01T19:02:26.013693Z", "2026-03-01T19:02:26.013693Z");
        check("2026-03-01T19:02:26Z", "2026-03-01T19:02:26Z");
        check("2026-03-01T21:02:26.50+02:00", "2026-03-01T19:02:26.50Z");
        check("2026-03-01 08:06:42.750321+00:00", "2026-03-01T08:06:42.750321Z");
        check("2026-03-01 08:06:42", "2026-03-01T08:06:42Z");
        check("2026-03-01T08:06:42.1234567", "2026-03-01T08:06:42.1234567Z");
        check("2026-03-01 08:06:42.75+02", "2026-03-01T06:06:42.75Z");
        check("2026-03-01T08:06:42+0200", "2026-03-01T06:06:42Z");
        check("20260301T080642Z", "2026-03-01T08:06:42Z");
        check("2026-03-01", "2026-03-01T00:00:00Z");
        check("2026-03-01T08:06", "2026-03-01T08:06:00Z");
    }

    #[test]
    fn no_time_is_an_error() {
        for text in [
            "",
            "yesterday",
            "2026-13-01",
            "2026-03-01T25:00:00Z",
            "0001-01-01T00:00:00Z",
            "9999-12-31T00:00:00Z",
        ] {
            assert!(Timestamp::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn counts_since_1970_tell_their_unit_by_size() {
        for (count, expected) in [
            (1_772_352_000, "2026-03-01T08:00:00Z"),
            (1_772_352_000_123, "2026-03-01T08:00:00.123Z"),
            (1_772_352_000_123_456, "2026-03-01T08:00:00.123456Z"),
            (1_772_352_000_123_456_789, "2026-03-01T08:00:00.123456789Z"),
        ] {
            assert_eq!(Timestamp::from_epoch(count).unwrap().to_string(), expected);
        }
    }
}
