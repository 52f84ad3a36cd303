//! The bars of sagas that somebody made up, and what must hold of all.

use proptest::collection::vec;
use proptest::prelude::*;

use super::testing::{Told, page_of};
use super::*;

const HOUR: i64 = 3_600;

/// What is said of a saga's bars: kind, name, seconds from and to, on the critical path.
fn bars(told: &[Told<'_>]) -> Vec<(BarKind, String, i64, i64, bool)> {
    let (log, survey, page) = page_of(told);
    let timeline = Timeline::of(&log, &survey, &page).unwrap();
    let second = |nanos: i64| (nanos - timeline.from) / 1_000_000_000;
    let mut bars: Vec<_> = timeline
        .bars
        .iter()
        .map(|bar| (bar.kind, bar.name.to_string(), second(bar.from), second(bar.to), bar.is_critical))
        .collect();
    bars.sort_by_key(|bar| (bar.3, bar.2));
    bars
}

#[test]
fn every_event_took_from_its_cause_and_is_a_step_a_retry_a_wait_or_an_undo() {
    let told = [
        ("OrderPlaced", "order-1", 0, None),
        ("PaymentRequested", "pay-1", 1, Some(0)),
        ("StockReserved", "stock-1", 2, Some(0)),
        ("PaymentDeclined", "pay-1", 4, Some(1)),
        ("PaymentAuthorized", "pay-1", 6, Some(3)),
        ("ShipmentLost", "ship-1", 5 * HOUR, Some(4)),
        ("PaymentRefunded", "pay-1", 5 * HOUR + 3, Some(5)),
    ];
    let expected = [
        (BarKind::Step, "OrderPlaced", 0, 0, false),
        (BarKind::Step, "PaymentRequested", 0, 1, true),
        (BarKind::Step, "StockReserved", 0, 2, false),
        (BarKind::Step, "PaymentDeclined", 1, 4, true),
        (BarKind::Retry, "PaymentAuthorized", 4, 6, true),
        (BarKind::Wait, "ShipmentLost", 6, 5 * HOUR, true),
        (BarKind::Undo, "PaymentRefunded", 5 * HOUR, 5 * HOUR + 3, true),
    ];
    let expected: Vec<_> =
        expected.map(|(kind, name, from, to, path)| (kind, name.to_owned(), from, to, path)).into();
    assert_eq!(bars(&told), expected);
}

#[test]
fn bars_that_overlap_stand_on_lines_of_their_own() {
    let told: Vec<Told<'_>> =
        (0..20)
            .map(|n| {
                if n == 0 {
                    ("OrderPlaced", "order-1", 0, None)
                } else {
                    ("StockReserved", "s-1", n, Some(0))
                }
            })
            .collect();
    let (log, survey, page) = page_of(&told);
    let timeline = Timeline::of(&log, &survey, &page).unwrap();
    let lines: Vec<u32> = timeline.tracks.iter().map(|track| track.lines).collect();
    // Nineteen bars begin with the order; more than eight lie over each other.
    assert_eq!((lines, timeline.lines()), (vec![1, 8], 9));
    assert_eq!(timeline.bars.iter().filter(|bar| bar.line > 0).count(), 19);
}

#[test]
fn the_longest_part_of_the_way_is_named() {
    let told = [
        ("OrderPlaced", "order-1", 0, None),
        ("StockReserved", "stock-1", 9, Some(0)),
        ("OrderConfirmed", "order-1", 10, Some(0)),
    ];
    let (log, survey, page) = page_of(&told);
    let timeline = Timeline::of(&log, &survey, &page).unwrap();
    // What came between decided nothing.
    let (piece, share) = timeline.slowest().unwrap();
    assert_eq!((timeline.critical.len(), piece.row, share), (1, page.rows[2].row, 100));
}

proptest! {
    #[test]
    fn the_timeline_covers_exactly_first_to_last(
        events in vec((0..6_usize, 0..4_usize, 0..90_000_i64, prop::option::of(0..40_usize)), 2..60)
    ) {
        let types = ["OrderPlaced", "PaymentDeclined", "PaymentAuthorized", "PaymentRefunded", "StockReserved", "Odd"];
        let streams = ["order-1", "pay-1", "stock-1", "stock-2"];
        let mut second = 0;
        let told: Vec<Told<'_>> = events
            .iter()
            .map(|(name, stream, wait, cause)| {
                // Half of all events follow at once.
                second += (wait - 45_000).max(0);
                (types[*name], streams[*stream], second, *cause)
            })
            .collect();
        let (log, survey, page) = page_of(&told);
        let timeline = Timeline::of(&log, &survey, &page).unwrap();
        let times: Vec<i64> = page.rows.iter().map(|row| log.key_of(row.row)).collect();
        let (first, last) = (times[0], times[times.len() - 1]);
        prop_assert_eq!((timeline.from, timeline.to), (first, last));

        // No instant between the first and the last event is without a bar, and no bar reaches beyond.
        let mut stretches: Vec<(i64, i64)> = timeline.bars.iter().map(|bar| (bar.from, bar.to)).collect();
        stretches.sort_unstable();
        let mut covered = first;
        for (from, to) in stretches {
            prop_assert!(from <= covered && from >= first && to <= last && from <= to);
            covered = covered.max(to);
        }
        prop_assert_eq!(covered, last);

        // The critical path does the same without overlapping.
        let mut at = first;
        for piece in &timeline.critical {
            prop_assert_eq!(piece.from, at);
            at = piece.to;
        }
        prop_assert_eq!(at, last);

        // The axis begins with the first and ends with the last event, whatever is cut out of it.
        let axis = timeline.axis(&[]);
        prop_assert_eq!((axis.nanos_at(0.0), axis.nanos_at(axis.total_units())), (first, last));
        for cut in axis.cuts() {
            prop_assert!(times.binary_search(&cut.from).is_ok() && times.binary_search(&cut.to).is_ok());
            prop_assert_eq!(timeline.axis(&[cut.from]).cuts().filter(|other| *other == cut).count(), 0);
        }

        // Bars of one line are in order, and every event is found again.
        for line in 0..timeline.lines() {
            prop_assert!(timeline.bars_of(line).is_sorted_by_key(|bar| bar.from));
        }
        for row in &page.rows {
            prop_assert!(timeline.line_of(row.row).is_some());
        }
        let ends = timeline.bars.iter().filter(|bar| bar.kind != BarKind::Wait || bar.from < bar.to).count();
        prop_assert!(ends >= page.rows.len());
        let strip = Strip::of(&log, &survey, 0).unwrap();
        let mut at = first;
        for bar in &strip.bars {
            prop_assert_eq!(bar.from, at);
            at = bar.to;
        }
        prop_assert_eq!(at, last);
    }
}
