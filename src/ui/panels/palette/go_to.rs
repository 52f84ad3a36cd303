//! Places that a typed text can mean: a version, an event, a position, a time. Only the reading; where the
//! place is, the log says.

use chrono::{Local, NaiveDateTime, Offset as _, TimeZone as _};

use crate::model::Timestamp;

/// A place that was typed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Place {
    /// `version 3`, `v3`: of the replayed stream.
    Version(i64),
    /// `event 7`: the seventh of the log.
    Event(u64),
    /// `position 2139`: as the store counts.
    Position(i64),
    /// `#12`: the row.
    Row(u64),
    /// `19:02`, `2026-03-01 19:02:26`.
    Time(Timestamp),
}

/// Every place that `typed` could mean. Times without a date are of the day of `day`; without a zone they are in
/// the zone of this computer where `local`.
pub(super) fn places(typed: &str, day: Option<Timestamp>, local: bool) -> Vec<Place> {
    let typed = typed.trim();
    let lower = typed.to_lowercase();
    let rest =
        ["go to ", "goto "].iter().find_map(|words| lower.strip_prefix(words)).unwrap_or(&lower).trim();
    let number = |words: &[&str]| {
        let rest = words.iter().find_map(|word| rest.strip_prefix(word))?;
        rest.trim().replace(',', "").parse::<i64>().ok()
    };
    let unsigned = |n: i64| u64::try_from(n).ok();
    if let Some(version) = number(&["version ", "v "]).or_else(|| number(&["v"])) {
        return vec![Place::Version(version)];
    }
    if let Some(position) = number(&["position ", "pos "]) {
        return vec![Place::Position(position)];
    }
    if let Some(event) = number(&["event "]).and_then(unsigned) {
        return vec![Place::Event(event)];
    }
    if let Some(row) = number(&["row #", "row ", "#"]).and_then(unsigned) {
        return vec![Place::Row(row)];
    }
    if let Some(n) = number(&[""]) {
        let event = unsigned(n).filter(|n| *n > 0).map(Place::Event);
        return [Some(Place::Version(n)), event, Some(Place::Position(n))].into_iter().flatten().collect();
    }
    let time = ["time ", "at "].iter().find_map(|word| rest.strip_prefix(word)).unwrap_or(rest);
    time_of(time, day, local).map(Place::Time).into_iter().collect()
}

/// A time as people type it: with a date or without, with a zone or without.
fn time_of(text: &str, day: Option<Timestamp>, local: bool) -> Option<Timestamp> {
    let text = text.trim().to_uppercase();
    let is_clock = text.split(':').count() >= 2
        && text.chars().all(|letter| letter.is_ascii_digit() || letter == ':' || letter == '.');
    let text = if is_clock {
        let date = if local {
            Local.timestamp_nanos(day?.nanos()).format("%Y-%m-%d").to_string()
        } else {
            day?.date()
        };
        // One digit for the hour is how people type the morning.
        let clock = if text.find(':') == Some(1) { format!("0{text}") } else { text };
        format!("{date} {clock}")
    } else {
        text
    };
    let time = Timestamp::parse(&text).ok()?;
    let has_zone = text.ends_with('Z')
        || text.ends_with("UTC")
        || text.get(10..).is_some_and(|clock| clock.contains(['+', '-']));
    if !local || has_zone {
        return Some(time);
    }
    let naive: NaiveDateTime = chrono::DateTime::from_timestamp_nanos(time.nanos()).naive_utc();
    let offset = Local.offset_from_local_datetime(&naive).earliest()?.fix().local_minus_utc();
    let nanos = time.nanos().checked_sub(i64::from(offset) * 1_000_000_000)?;
    Some(Timestamp::from_nanos(nanos, time.digits()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Place {
        Place::Time(Timestamp::parse(text).unwrap())
    }

    fn check(typed: &str, expected: &[Place]) {
        let day = Timestamp::parse("2026-03-01T08:00:00Z").ok();
        assert_eq!(places(typed, day, false), expected, "{typed}");
    }

    #[test]
    fn numbers_and_words_name_places() {
        use Place::{Event, Position, Row, Version};
        check("3", &[Version(3), Event(3), Position(3)]);
        check("0", &[Version(0), Position(0)]);
        check("2,139", &[Version(2139), Event(2139), Position(2139)]);
        check("v3", &[Version(3)]);
        check("go to version 3", &[Version(3)]);
        check("event 7", &[Event(7)]);
        check("position -1", &[Position(-1)]);
        check("#12", &[Row(12)]);
        check("row #12", &[Row(12)]);
        check("pay", &[]);
        check("", &[]);
        check("v", &[]);
    }

    #[test]
    fn times_are_of_the_day_of_the_playhead() {
        check("19:02", &[time("2026-03-01 19:02")]);
        check("9:02:26.5", &[time("2026-03-01 09:02:26.5")]);
        check("at 2026-03-04T10:00:00+02:00", &[time("2026-03-04T08:00:00Z")]);
        check("2026-03-04", &[time("2026-03-04")]);
        check("25:99", &[]);
        assert_eq!(places("19:02", None, false), []);
    }

    #[test]
    fn a_zone_that_is_typed_counts_whatever_the_window_shows() {
        let expected = [time("2026-03-04T08:00:00Z")];
        assert_eq!(places("2026-03-04T08:00:00Z", None, true), expected);
        assert_eq!(places("2026-03-04 09:00:00+01:00", None, true), expected);
    }
}
