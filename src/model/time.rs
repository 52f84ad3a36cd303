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
        Self::of_plain(text.as_bytes()).map_or_else(|| Self::of_any(text), Ok)
    }

    /// What any of the spellings says.
    fn of_any(text: &str) -> Result<Self, TimeError> {
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

    /// The spelling that nearly all times have, `2026-03-01T19:02:26.013693Z`, with a blank for the `T` or an offset
    /// for the `Z`. `None` for anything else, right or wrong: times are read by the million.
    fn of_plain(text: &[u8]) -> Option<Self> {
        let number = |at: usize, len: usize| {
            let digits = text.get(at..at + len)?;
            digits.iter().try_fold(0, |sum: i64, byte| {
                byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0'))
            })
        };
        let is = |at: usize, bytes: &[u8]| text.get(at).is_some_and(|byte| bytes.contains(byte));
        if !(is(4, b"-") && is(7, b"-") && is(10, b"T ") && is(13, b":") && is(16, b":")) {
            return None;
        }
        let (year, month, day) = (number(0, 4)?, number(5, 2)?, number(8, 2)?);
        let (hour, minute, second) = (number(11, 2)?, number(14, 2)?, number(17, 2)?);
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days_in_month = match month {
            4 | 6 | 9 | 11 => 30,
            2 => 28 + i64::from(leap),
            1..=12 => 31,
            _ => return None,
        };
        if !(1..=days_in_month).contains(&day) || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let has_fraction = is(19, b".");
        let digits =
            if has_fraction { text[20..].iter().take_while(|byte| byte.is_ascii_digit()).count() } else { 0 };
        if has_fraction && digits == 0 {
            return None;
        }
        let fraction = match digits {
            0 => 0,
            1..=9 => number(20, digits)? * 10_i64.pow(9 - digits as u32),
            _ => return None,
        };
        let zone = if has_fraction { 20 + digits } else { 19 };
        let offset = match (text.get(zone)?, text.len() - zone) {
            (b'Z', 1) => 0,
            (sign @ (b'+' | b'-'), 6) if is(zone + 3, b":") => {
                let (hours, minutes) = (number(zone + 1, 2)?, number(zone + 4, 2)?);
                let minutes = (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)?;
                if *sign == b'-' { -minutes } else { minutes }
            }
            _ => return None,
        };
        // Days since 1970 (H. Hinnant, "days_from_civil"): years begin in March, so that a leap day is a year's last.
        let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let of_year = (153 * month + 2) / 5 + day - 1;
        let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
        let seconds = days * 86_400 + hour * 3_600 + (minute - offset) * 60 + second;
        let nanos = seconds.checked_mul(1_000_000_000)?.checked_add(fraction)?;
        Some(Self { nanos, digits: digits as u8 })
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
    use proptest::prelude::*;

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

    /// A time in one of many spellings, nearly all of them right.
    fn spelled() -> impl Strategy<Value = String> {
        let part = |low: u32, high: u32| low..=high;
        (
            (part(1_600, 2_300), part(0, 13), part(0, 32)),
            prop::sample::select(vec!["T", " ", "t", "_"]),
            (part(0, 24), part(0, 60), part(0, 60)),
            prop_oneof![Just(String::new()), "\\.[0-9]{0,11}"],
            prop_oneof![Just("Z".to_owned()), Just(String::new()), "[+-][0-2][0-9]:[0-6][0-9]", "[+-][0-9]{2}"],
        )
            .prop_map(|((year, month, day), separator, (hour, minute, second), fraction, zone)| {
                format!("{year:04}-{month:02}-{day:02}{separator}{hour:02}:{minute:02}:{second:02}{fraction}{zone}")
            })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_096))]
        #[test]
        fn the_fast_way_reads_what_the_slow_one_reads(text in spelled()) {
            if let Some(fast) = Timestamp::of_plain(text.as_bytes()) {
                let slow = Timestamp::of_any(&text);
                prop_assert_eq!(slow.as_ref().map(|time| (time.nanos, time.digits)), Ok((fast.nanos, fast.digits)));
            }
        }
    }

    #[test]
    fn the_fast_way_reads_the_usual_times() {
        for text in [
            "2026-03-01T19:02:26.013693Z",
            "2026-03-01T19:02:26Z",
            "2024-02-29 21:02:26.5+02:00",
            "1969-12-31T23:59:59.999999999-11:30",
        ] {
            let fast = Timestamp::of_plain(text.as_bytes()).map(|time| (time.nanos, time.digits));
            assert_eq!(fast, Timestamp::of_any(text).ok().map(|time| (time.nanos, time.digits)), "{text}");
            assert!(fast.is_some(), "{text}");
        }
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
