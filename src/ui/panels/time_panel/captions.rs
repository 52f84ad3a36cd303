//! What stands below the density: times at steps that people count in, names of days at midnight; or ranks.
//! Pure text and numbers.

use chrono::{DateTime, Datelike as _, Local, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeZone as _};

use crate::index::TimeAxis;
use crate::ui::format::{Zone, thousands};

/// Points between two captions, at least; those with milliseconds are longer.
const SPACING: f64 = 56.0;
const SPACING_MILLIS: f64 = 84.0;

/// A caption below a place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Caption {
    pub(super) units: f64,
    pub(super) text: String,
    /// A day, or something larger, begins.
    pub(super) strong: bool,
}

const SECOND: i64 = 1_000_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Steps shorter than a month, in nanoseconds.
const STEPS: [i64; 30] = [
    1_000_000,
    2_000_000,
    5_000_000,
    10_000_000,
    20_000_000,
    50_000_000,
    100_000_000,
    200_000_000,
    500_000_000,
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
const MONTHS: [u32; 8] = [1, 3, 6, 12, 24, 60, 120, 600];

/// How far two captions lie apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Nanos(i64),
    Months(u32),
}

/// The shortest step that is at least `nanos` long.
fn step_of(nanos: f64) -> Step {
    if let Some(step) = STEPS.iter().find(|step| **step as f64 >= nanos) {
        return Step::Nanos(*step);
    }
    let months = nanos / (30.0 * DAY as f64);
    let last = MONTHS[MONTHS.len() - 1];
    Step::Months(MONTHS.iter().copied().find(|step| f64::from(*step) >= months).unwrap_or(last))
}

/// Captions of a time axis between two places, `per_point` units to a point.
pub(super) fn time_captions(
    axis: &TimeAxis,
    (from, to): (f64, f64),
    per_point: f64,
    zone: Zone,
) -> Vec<Caption> {
    let step = match step_of(SPACING * per_point) {
        Step::Nanos(..SECOND) => step_of(SPACING_MILLIS * per_point),
        step => step,
    };
    let mut captions = Vec::new();
    let mut begin = axis.nanos_at(from);
    let end = axis.nanos_at(to);
    for (until, next) in axis.cuts().map(|cut| (cut.from, cut.to)).chain([(i64::MAX, i64::MAX)]) {
        if until < begin {
            // The view may begin inside a cut.
            begin = if next == i64::MAX { begin } else { begin.max(next) };
            continue;
        }
        let until = until.min(end);
        for nanos in multiples(zone, step, begin, until) {
            captions.push(caption(axis, zone, step, nanos));
        }
        if next > end {
            break;
        }
        // A day that begins while time is cut out is named where time goes on.
        let today = day(zone, next);
        if matches!(step, Step::Nanos(step) if step < DAY) && today != day(zone, until) {
            captions.push(Caption {
                units: axis.units_of(next),
                text: zone.custom(next, "%-d %b"),
                strong: true,
            });
        }
        begin = next;
    }
    // The first day is named where nothing near it does.
    if let Step::Nanos(step) = step
        && step < DAY
        && !captions.iter().any(|caption| caption.strong && caption.units < from + 80.0 * per_point)
    {
        let text = zone.custom(axis.nanos_at(from), "%-d %b");
        captions.insert(0, Caption { units: from, text, strong: true });
    }
    captions
}

/// Captions of virtual time: seconds since the run began.
pub(super) fn virtual_captions(axis: &TimeAxis, (from, to): (f64, f64), per_point: f64) -> Vec<Caption> {
    let Step::Nanos(step) = step_of(SPACING * per_point) else { return Vec::new() };
    let (begin, end) = (axis.nanos_at(from), axis.nanos_at(to));
    let mut captions = Vec::new();
    let mut at = begin.div_euclid(step) * step;
    while at <= end && captions.len() < CAPTIONS_MAX {
        let hidden = axis.cuts().find(|cut| (cut.from..cut.to).contains(&at));
        if at >= begin && hidden.is_none() {
            captions.push(Caption { units: axis.units_of(at), text: seconds(at, step), strong: false });
        }
        at = hidden.map_or(at + step, |cut| (cut.to.div_euclid(step) + 1) * step);
    }
    captions
}

/// Captions of an axis, at most: more than fit on any screen.
const CAPTIONS_MAX: usize = 400;

/// Seconds since virtual time began, with as many digits as the step needs.
fn seconds(nanos: i64, step: i64) -> String {
    let since = nanos - VIRTUAL_EPOCH;
    let (whole, millis) = (since.div_euclid(SECOND), since.rem_euclid(SECOND) / 1_000_000);
    if step >= SECOND { format!("{whole} s") } else { format!("{whole}.{millis:03}") }
}

/// The start of virtual time in the logs of runs: 2026-01-01T00:00:00Z.
const VIRTUAL_EPOCH: i64 = 1_767_225_600 * SECOND;

fn caption(axis: &TimeAxis, zone: Zone, step: Step, nanos: i64) -> Caption {
    let local = local(zone, nanos);
    let midnight = local.time() == NaiveTime::MIN;
    let new_year = midnight && local.ordinal() == 1;
    let (format, strong) = match step {
        Step::Months(months) if months >= 12 => ("%Y", true),
        Step::Months(_) if new_year => ("%Y", true),
        Step::Months(_) => ("%b", false),
        Step::Nanos(_) if new_year => ("%-d %b %Y", true),
        Step::Nanos(step) if midnight => ("%-d %b", step < DAY || local.day() == 1),
        Step::Nanos(step) if step < SECOND => ("%H:%M:%S%.3f", false),
        Step::Nanos(step) if step < MINUTE => ("%H:%M:%S", false),
        Step::Nanos(_) => ("%H:%M", false),
    };
    Caption { units: axis.units_of(nanos), text: zone.custom(nanos, format), strong }
}

/// The points in time from `from` to `to` that are whole steps on the clock of the zone.
fn multiples(zone: Zone, step: Step, from: i64, to: i64) -> Vec<i64> {
    let mut found = Vec::new();
    match step {
        Step::Nanos(step) => {
            let mut at = (from + offset(zone, from)).div_euclid(step) * step;
            // The offset may change on the way: each is turned back by the one that holds there.
            loop {
                let nanos = at - offset(zone, at - offset(zone, at));
                if nanos > to {
                    return found;
                }
                if nanos >= from {
                    found.push(nanos);
                }
                at = match at.checked_add(step) {
                    Some(next) => next,
                    None => return found,
                };
            }
        }
        Step::Months(step) => {
            let first = local(zone, from);
            let months = first.year() * 12 + first.month0() as i32;
            let months = months.div_euclid(step as i32) * step as i32;
            let mut at = NaiveDate::from_ymd_opt(months.div_euclid(12), months.rem_euclid(12) as u32 + 1, 1);
            while let Some(date) = at {
                let midnight = date.and_time(NaiveTime::MIN).and_utc().timestamp_nanos_opt();
                let Some(midnight) = midnight else { return found };
                let nanos = midnight - offset(zone, midnight - offset(zone, midnight));
                if nanos > to {
                    return found;
                }
                if nanos >= from {
                    found.push(nanos);
                }
                at = date.checked_add_months(Months::new(step));
            }
            found
        }
    }
}

/// Nanoseconds that the clock of the zone is ahead of UTC.
fn offset(zone: Zone, nanos: i64) -> i64 {
    if zone.local { i64::from(Local.timestamp_nanos(nanos).offset().local_minus_utc()) * SECOND } else { 0 }
}

fn local(zone: Zone, nanos: i64) -> NaiveDateTime {
    DateTime::from_timestamp_nanos(nanos.saturating_add(offset(zone, nanos))).naive_utc()
}

fn day(zone: Zone, nanos: i64) -> NaiveDate {
    local(zone, nanos).date()
}

/// Captions of ranks between two places: round numbers of events, counted from 1 as everywhere.
pub(super) fn rank_captions((from, to): (f64, f64), per_point: f64) -> Vec<Caption> {
    let step = round_number(SPACING * per_point);
    let first = (from / step as f64).ceil().max(1.0) as u64;
    let last = (to / step as f64).floor() as u64;
    (first..=last)
        .map(|n| n * step)
        .map(|rank| Caption { units: rank as f64 - 0.5, text: thousands(rank), strong: false })
        .collect()
}

/// The smallest of 1, 2, 5, 10, 20, … that is at least `wanted`.
fn round_number(wanted: f64) -> u64 {
    let mut step = 1_u64;
    for factor in [2, 5, 2].into_iter().cycle() {
        if step as f64 >= wanted || step > u64::MAX / 10 {
            break;
        }
        // 1 → 2 → 5 → 10.
        step = if factor == 5 { step / 2 * 5 } else { step * 2 };
    }
    step
}

/// Which of some captions are shown so that none touches another: days first, then from the left.
/// Each is given as (left, right, strong).
pub(super) fn without_overlap(places: &[(f32, f32, bool)]) -> Vec<bool> {
    const GAP: f32 = 8.0;
    let mut shown = vec![false; places.len()];
    for strong in [true, false] {
        for (at, place) in places.iter().enumerate().filter(|(_, place)| place.2 == strong) {
            let is_free = places
                .iter()
                .zip(&shown)
                .all(|(other, shown)| !shown || other.1 + GAP <= place.0 || place.1 + GAP <= other.0);
            shown[at] = is_free;
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    const UTC: Zone = Zone { local: false };

    fn nanos(text: &str) -> i64 {
        crate::model::Timestamp::parse(text).unwrap().nanos()
    }

    fn check(from: &str, to: &str, points: f64, expected: &[&str]) {
        let (from, to) = (nanos(from), nanos(to));
        let axis = TimeAxis::from_keys([from, to].into_iter(), &[from]);
        let units = axis.total_units();
        let captions = time_captions(&axis, (0.0, units), units / points, UTC);
        let texts: Vec<String> = captions
            .iter()
            .map(|caption| format!("{}{}", if caption.strong { "*" } else { "" }, caption.text))
            .collect();
        assert_eq!(texts, expected);
    }

    #[test]
    fn steps_are_those_that_people_count_in() {
        check(
            "2026-03-01T08:00",
            "2026-03-02T08:30",
            300.0,
            &["*1 Mar", "12:00", "18:00", "*2 Mar", "06:00"],
        );
        check(
            "2026-03-01T23:59:59.700",
            "2026-03-02T00:00:00.300",
            600.0,
            &[
                "*1 Mar",
                "23:59:59.700",
                "23:59:59.800",
                "23:59:59.900",
                "*2 Mar",
                "00:00:00.100",
                "00:00:00.200",
                "00:00:00.300",
            ],
        );
        check("2026-12-30", "2027-01-02", 300.0, &["30 Dec", "31 Dec", "*1 Jan 2027", "2 Jan"]);
        check("2025-11-20", "2026-05-02", 420.0, &["Dec", "*2026", "Feb", "Mar", "Apr", "May"]);
        check("1999-03-01", "2026-05-02", 500.0, &["*2000", "*2005", "*2010", "*2015", "*2020", "*2025"]);
    }

    #[test]
    fn a_day_that_begins_while_time_is_cut_is_named_where_time_goes_on() {
        let (a, b) = (nanos("2026-03-01T20:00"), nanos("2026-03-03T06:00"));
        let keys = (0..60).map(|n| a + n * MINUTE).chain((0..60).map(|n| b + n * MINUTE));
        let axis = TimeAxis::from_keys(keys, &[]);
        let total = axis.total_units();
        let captions = time_captions(&axis, (0.0, total), total / 400.0, UTC);
        let named: Vec<(&str, i64)> = captions
            .iter()
            .filter(|caption| caption.strong)
            .map(|caption| (&*caption.text, axis.nanos_at(caption.units)))
            .collect();
        assert_eq!(named, [("1 Mar", a), ("3 Mar", b)]);
    }

    #[test]
    fn there_are_never_more_captions_than_room() {
        for hours in [1, 7, 30, 200, 3_000, 50_000, 700_000] {
            let from = nanos("1990-05-05T05:05:05");
            let to = from + hours * HOUR;
            let axis = TimeAxis::from_keys([from, to].into_iter(), &[from]);
            let total = axis.total_units();
            let captions = time_captions(&axis, (0.0, total), total / 1_300.0, UTC);
            assert!((2..=25).contains(&captions.len()), "{hours} h: {captions:?}");
        }
    }

    #[test]
    fn ranks_are_round_numbers() {
        let texts = |from: f64, to: f64, points: f64| -> Vec<String> {
            rank_captions((from, to), (to - from) / points).into_iter().map(|caption| caption.text).collect()
        };
        assert_eq!(texts(0.0, 3_776.0, 400.0), ["1,000", "2,000", "3,000"]);
        assert_eq!(
            texts(100.0, 110.0, 800.0),
            ["100", "101", "102", "103", "104", "105", "106", "107", "108", "109", "110"]
        );
        for (wanted, expected) in
            [(0.3, 1), (1.5, 2), (3.0, 5), (6.0, 10), (11.0, 20), (480.0, 500), (501.0, 1_000)]
        {
            assert_eq!(round_number(wanted), expected, "{wanted}");
        }
    }

    #[test]
    fn days_push_hours_aside() {
        let places = [(0.0, 30.0, false), (25.0, 60.0, true), (64.0, 90.0, false), (70.0, 99.0, false)];
        assert_eq!(without_overlap(&places), [false, true, false, true]);
    }
}
