//! Where lines and boxes of a flow lie, tried on sagas of any shape.

use proptest::prelude::*;

use super::super::timeline::testing::{Told, page_of};
use super::layout::Way;
use super::*;

const NAMES: [&str; 5] =
    ["OrderPlaced", "StockReserved", "StockReleased", "PaymentAuthorized", "PaymentRefunded"];
const STREAMS: [&str; 4] = ["order-1", "stock-1", "pay-1", "pay-2"];

/// The stretches of a line.
fn stretches(way: &Way) -> impl Iterator<Item = ((i32, i32), (i32, i32))> + '_ {
    way.points.windows(2).map(|pair| {
        let (one, other) = (pair[0], pair[1]);
        (one.min(other), one.max(other))
    })
}

/// Whether two stretches have more than a point in common.
fn lie_on_each_other(one: ((i32, i32), (i32, i32)), other: ((i32, i32), (i32, i32))) -> bool {
    let upright = |stretch: ((i32, i32), (i32, i32))| stretch.0.0 == stretch.1.0;
    match (upright(one), upright(other)) {
        (true, true) => one.0.0 == other.0.0 && one.0.1.max(other.0.1) < one.1.1.min(other.1.1),
        (false, false) => one.0.1 == other.0.1 && one.0.0.max(other.0.0) < one.1.0.min(other.1.0),
        _ => false,
    }
}

fn layout_of(told: &[Told<'_>], extra: &BTreeSet<(usize, usize)>) -> Layout {
    let (log, _, page) = page_of(told);
    let shown = Shown::of(&log, &page, &Scope::default());
    let widths = vec![140; shown.lines.len()];
    let last = shown.groups.len();
    let extra = extra.iter().copied().filter(|(undo, effect)| *undo.max(effect) < last).collect();
    Layout::of(&shown, &widths, &extra, SIDE)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn lines_run_beside_each_other_past_the_boxes_and_come_in_straight(
        events in proptest::collection::vec((0_usize..5, 0_usize..4, proptest::option::of(0_usize..24)), 2..24),
        undos in proptest::collection::btree_set((0_usize..24, 0_usize..24), 0..8),
    ) {
        let told: Vec<Told<'_>> = events
            .iter()
            .enumerate()
            .map(|(at, (name, stream, cause))| {
                (NAMES[*name], STREAMS[*stream], at as i64, cause.filter(|cause| *cause < at))
            })
            .collect();
        let undos = undos.into_iter().filter(|(undo, effect)| *undo < told.len() && effect < undo).collect();
        let layout = layout_of(&told, &undos);
        for way in &layout.causes {
            let [.., before, last] = way.points[..] else { panic!("{way:?}") };
            prop_assert!(before.0 == last.0 && before.1 < last.1, "down into its box: {way:?}");
        }
        for way in layout.undos.iter().filter(|way| !way.points.is_empty()) {
            let [.., before, last] = way.points[..] else { panic!("{way:?}") };
            prop_assert!(before.1 == last.1 && before.0 > last.0, "from the right: {way:?}");
        }
        let all: Vec<&Way> = layout.causes.iter().chain(&layout.undos).collect();
        for (at, one) in all.iter().enumerate() {
            for other in &all[..at] {
                let is_related = [other.from, other.to].iter().any(|end| [one.from, one.to].contains(end));
                for stretch in stretches(one) {
                    let meets = stretches(other).any(|own| lie_on_each_other(stretch, own));
                    prop_assert!(is_related || !meets, "{one:?} on {other:?}");
                }
            }
            for ((left, top), wide) in &layout.boxes {
                for ((x0, y0), (x1, y1)) in stretches(one) {
                    let is_through = x0 < left + wide && x1 > *left && y0 < top + HIGH && y1 > *top;
                    prop_assert!(!is_through, "{one:?} through the box at {left}, {top}");
                }
            }
        }
        let within = |(x, y): &(i32, i32)| (0..=layout.size.0).contains(x) && (0..=layout.size.1).contains(y);
        prop_assert!(all.iter().flat_map(|way| &way.points).all(within), "{:?}", layout.size);
    }
}

#[test]
fn undos_that_lie_within_each_other_have_lines_of_their_own_and_beyond_that_numbers() {
    let told: Vec<Told<'_>> =
        (0..16).map(|at| ("StockReserved", "stock-1", at, (at as usize).checked_sub(1))).collect();
    let undos: BTreeSet<(usize, usize)> = (0..8).map(|at| (15 - at, at)).collect();
    let layout = layout_of(&told, &undos);
    let drawn: BTreeSet<i32> =
        layout.undos.iter().filter(|way| !way.points.is_empty()).map(|way| way.points[1].0).collect();
    assert_eq!(drawn.len(), 4, "each beside the others");
    let numbers = numbers(&layout);
    assert_eq!(numbers.len(), 8, "the other four have a number at both ends");
    assert_eq!(numbers[&0], numbers[&15]);
    assert_ne!(numbers[&0], numbers[&1]);
    let shortest = layout.undos.iter().find(|way| (way.from, way.to) == (8, 7)).unwrap();
    assert!(!shortest.points.is_empty(), "what is near is a line");
}

#[test]
fn a_box_is_as_wide_as_its_name_and_says_what_it_is_without_colour() {
    const LONG: &str = "PaymentAuthorizationDeclined";
    let told = [
        ("OrderPlaced", "order-1", 0, None),
        (LONG, "pay-1", 1, Some(0)),
        ("StockReleased", "s-1", 2, Some(1)),
    ];
    let (log, survey, page) = page_of(&told);
    let drawing = draw(&log, &survey, &page, &Scope::default(), &Palette::LIGHT);
    let says = |text: &str| {
        let is_it = |shape: &crate::saga::svg::Shape| matches!(shape, crate::saga::svg::Shape::Text { text: own, .. } if own == text);
        drawing.shapes.iter().any(is_it)
    };
    assert!(says(&format!("✖ {LONG}")) && says("↺ StockReleased"), "{:?}", drawing.shapes);
    assert_eq!(drawing.legend, "caused, ✖ failed, ↺ compensation");
}
