//! What stands below the density: times at steps that people count in, names of days at midnight; or ranks.
//! Pure text and numbers.

use crate::index::TimeAxis;
use crate::ui::format::{Zone, thousands};
use crate::ui::ticks::{SECOND, Step, day, round_ranks};

/// Points between two captions, at least; longer ones need what they are wide.
const SPACING: f64 = 56.0;

/// A caption below a place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Caption {
    pub(super) units: f64,
    pub(super) text: String,
    /// A day, or something larger, begins.
    pub(super) strong: bool,
}

/// Captions of a time axis between two places, `per_point` units to a point.
pub(super) fn time_captions(
    axis: &TimeAxis,
    (from, to): (f64, f64),
    per_point: f64,
    zone: Zone,
) -> Vec<Caption> {
    let rough = Step::at_least(SPACING * per_point);
    let step = Step::at_least(f64::from(rough.text_width()).max(SPACING) * per_point);
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
        for nanos in step.places(zone, begin, until) {
            captions.push(caption(axis, zone, step, nanos));
        }
        if next > end {
            break;
        }
        // A day that begins while time is cut out is named where time goes on.
        let today = day(zone, next);
        if step.is_within_days() && today != day(zone, until) {
            captions.push(Caption {
                units: axis.units_of(next),
                text: zone.custom(next, "%-d %b"),
                strong: true,
            });
        }
        begin = next;
    }
    // The first day is named where nothing near it does.
    if step.is_within_days()
        && !captions.iter().any(|caption| caption.strong && caption.units < from + 80.0 * per_point)
    {
        let text = zone.custom(axis.nanos_at(from), "%-d %b");
        captions.insert(0, Caption { units: from, text, strong: true });
    }
    captions
}

/// Captions of virtual time: seconds since the run began.
pub(super) fn virtual_captions(axis: &TimeAxis, (from, to): (f64, f64), per_point: f64) -> Vec<Caption> {
    let Step::Nanos(step) = Step::at_least(SPACING * per_point) else { return Vec::new() };
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
    // Days have captions of their own.
    let (text, strong) = step.text(zone, nanos, Some(nanos));
    Caption { units: axis.units_of(nanos), text, strong }
}

/// Captions of ranks between two places.
pub(super) fn rank_captions((from, to): (f64, f64), per_point: f64) -> Vec<Caption> {
    round_ranks(from, to, SPACING * per_point)
        .into_iter()
        .map(|rank| Caption { units: rank as f64 - 0.5, text: thousands(rank), strong: false })
        .collect()
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
    use crate::ui::ticks::{HOUR, MINUTE};

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
    }

    #[test]
    fn days_push_hours_aside() {
        let places = [(0.0, 30.0, false), (25.0, 60.0, true), (64.0, 90.0, false), (70.0, 99.0, false)];
        assert_eq!(without_overlap(&places), [false, true, false, true]);
    }
}
