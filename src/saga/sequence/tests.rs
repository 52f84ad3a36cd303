//! What a sequence says and where, tried on small sagas.

use super::super::timeline::testing::{Told, page_of};
use super::*;
use crate::saga::svg::Shape;

const STORY: &[Told<'_>] = &[
    ("OrderPlaced", "order-1", 0, None),
    ("InventoryReservationForTheWholeOrderRequested", "stock-1", 1, Some(0)),
    ("OrderLineConfirmed", "order-1", 2, Some(1)),
    ("PaymentAuthorizationDeclinedByTheIssuer", "pay-1", 3, Some(2)),
    ("InventoryReleased", "stock-1", 90_000, Some(3)),
    ("OrderCancelled", "order-1", 90_001, Some(4)),
];

fn drawn(told: &[Told<'_>], scope: &Scope) -> Drawing {
    let (log, survey, page) = page_of(told);
    draw(&log, &survey, &page, scope, &Palette::LIGHT)
}

/// Every text with its left and right edge and its base line.
fn texts(drawing: &Drawing) -> Vec<(&str, i32, i32, i32)> {
    let mut texts = Vec::new();
    for shape in &drawing.shapes {
        let Shape::Text { at, anchor, style, mono, text } = shape else { continue };
        let wide = if *mono {
            crate::saga::measure::digits(text.chars().count(), style.size)
        } else {
            width(text, *style)
        };
        let left = match anchor {
            Anchor::Start => at.0,
            Anchor::Middle => at.0 - wide / 2,
            Anchor::End => at.0 - wide,
        };
        texts.push((text.as_str(), left, left + wide, at.1));
    }
    texts
}

#[test]
fn every_label_is_whole_and_none_touches_a_lifeline_an_edge_or_another() {
    for to_scale in [false, true] {
        let drawing = drawn(STORY, &Scope { to_scale, ..Scope::default() });
        let texts = texts(&drawing);
        for (name, ..) in STORY {
            assert!(texts.iter().any(|(text, ..)| text.ends_with(name)), "{name} is cut: {texts:?}");
        }
        let is_upright = |points: &[(i32, i32)]| points.len() == 2 && points[0].0 == points[1].0;
        let lifelines: Vec<i32> = drawing
            .shapes
            .iter()
            .filter_map(|shape| match shape {
                Shape::Path { points, .. } if is_upright(points) => Some(points[0].0),
                _ => None,
            })
            .collect();
        assert_eq!(lifelines.len(), 3);
        for (at, (text, left, right, y)) in texts.iter().enumerate() {
            assert!(*left >= 0 && *right <= drawing.size.0, "{text} is beyond the edge");
            // The words on a line across the drawing have a ground of their own.
            let is_row = *y > drawing.head
                && *y < drawing.size.1 - 44
                && !text.contains(", cut short")
                && !text.contains("compensation starts");
            let crossed = lifelines.iter().any(|x| left < x && x < right);
            assert!(!(is_row && crossed), "{text} crosses a lifeline");
            for (other, other_left, other_right, other_y) in &texts[..at] {
                let apart = right <= other_left || other_right <= left || (y - other_y).abs() >= 11;
                assert!(apart, "{text} lies on {other}");
            }
        }
    }
}

#[test]
fn what_lines_and_signs_mean_is_said_of_those_that_come_and_no_others() {
    let drawing = drawn(STORY, &Scope::default());
    assert_eq!(drawing.legend, "caused, back to who asked, waited, ✖ failed, ↺ compensation");
    let plain = drawn(&STORY[..2], &Scope::default());
    assert_eq!(plain.legend, "caused, waited");
    let patterns = |drawing: &Drawing, pattern: Pattern| {
        let is_it = |shape: &&Shape| matches!(shape, Shape::Path { pen, points } if pen.pattern == pattern && pen.arrow && points[0].1 > drawing.head);
        drawing.shapes.iter().filter(is_it).count()
    };
    assert_eq!(patterns(&drawing, Pattern::Dashed), 1, "only the answer is dashed");
    assert_eq!(patterns(&drawing, Pattern::Whole), 4, "an undo is a message as others are");
    let same = [
        ("OrderPlaced", "order-1", 0, None),
        ("OrderPaid", "order-1", 1, None),
        ("OrderPaid", "pay-1", 1, Some(1)),
    ];
    assert_eq!(drawn(&same, &Scope::default()).legend, "caused, waited, = at the same time");
}

#[test]
fn compensation_begins_at_a_line_that_says_so() {
    let said = |told| {
        texts(&drawn(told, &Scope::default())).iter().any(|(text, ..)| text.contains("compensation starts"))
    };
    assert!(said(STORY));
    assert!(!said(&STORY[..3]));
    let drawing = drawn(STORY, &Scope::default());
    let labels: Vec<&String> = drawing.spots.iter().map(|spot| &spot.label).collect();
    let starts: Vec<&&String> =
        labels.iter().filter(|label| label.ends_with("compensation starts")).collect();
    assert_eq!(starts.len(), 1, "{labels:?}");
}

#[test]
fn a_wait_that_is_cut_to_scale_says_how_long_it_was() {
    let scale = Scope { to_scale: true, ..Scope::default() };
    let drawing = drawn(STORY, &scale);
    let words: Vec<&str> = texts(&drawing).iter().map(|(text, ..)| *text).collect();
    assert!(words.contains(&"24 h 59 m without an event, cut short"), "{words:?}");
    assert!(drawing.legend.contains("a long wait, cut short"));
    assert!(!drawn(STORY, &Scope::default()).legend.contains("cut short"));
}

#[test]
fn the_time_of_each_row_is_its_own() {
    let drawing = drawn(STORY, &Scope::default());
    let times: Vec<&str> = drawing
        .shapes
        .iter()
        .filter_map(|shape| match shape {
            Shape::Text { mono: true, text, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(
        times,
        ["0 d 00:00:00", "0 d 00:00:01", "0 d 00:00:02", "0 d 00:00:03", "1 d 01:00:00", "1 d 01:00:01"]
    );
}
