//! What a scope leaves, tried on small sagas.

use super::super::timeline::testing::{Told, page_of};
use super::*;

fn names(told: &[Told<'_>], scope: &Scope) -> Vec<String> {
    let (log, survey, page) = page_of(told);
    let shown = Shown::of(&log, &page, scope);
    assert_eq!(shown.groups.iter().map(|group| group.rows.len()).sum::<usize>() + shown.left_out, told.len());
    shown.groups.iter().map(|group| group.name(&survey, &page)).collect()
}

/// Type, stream, second, cause.
const STORY: &[Told<'_>] = &[
    ("OrderPlaced", "order-1", 0, None),
    ("StockReserved", "stock-1", 1, Some(0)),
    ("StockReserved", "stock-2", 2, Some(0)),
    ("PaymentRequested", "pay-1", 3, Some(2)),
    ("PaymentDeclined", "pay-1", 4, Some(3)),
    ("OrderCancelled", "order-1", 5, Some(4)),
];

#[test]
fn everything_is_shown_unless_something_else_is_asked_for() {
    assert_eq!(names(STORY, &Scope::default()).len(), STORY.len());
}

#[test]
fn repeats_stand_as_one_until_they_are_opened() {
    let mut scope = Scope { folds_repeats: true, ..Scope::default() };
    assert_eq!(names(STORY, &scope)[1], "StockReserved ×2");
    let (log, _, page) = page_of(STORY);
    scope.opened.insert(Shown::of(&log, &page, &scope).groups[1].first(&page));
    assert_eq!(names(STORY, &scope).len(), STORY.len());
}

#[test]
fn a_lifeline_that_is_folded_keeps_its_place_and_its_causes() {
    let scope = Scope { folded: BTreeSet::from(["pay".to_owned()]), ..Scope::default() };
    assert_eq!(names(STORY, &scope)[3], "2 events");
    let (log, _, page) = page_of(STORY);
    let shown = Shown::of(&log, &page, &scope);
    assert_eq!((shown.causes(3), shown.cause(4).map(|(at, _)| at)), (&[(2, EdgeKind::Cause)][..], Some(3)));
}

#[test]
fn a_focus_leaves_the_neighbours_or_the_whole_way() {
    let (log, _, page) = page_of(STORY);
    let seen = |reach| {
        let scope = Scope { focus: Some((page.rows[3].row, reach)), ..Scope::default() };
        let shown = Shown::of(&log, &page, &scope);
        shown.groups.iter().map(|group| group.rows[0]).collect::<Vec<_>>()
    };
    assert_eq!(seen(Reach::Near), [2, 3, 4]);
    assert_eq!(seen(Reach::Far), [0, 2, 3, 4, 5]);
}

#[test]
fn effects_of_one_cause_that_lead_to_nothing_stand_as_one_in_a_flow_and_are_opened_again() {
    let told: &[Told<'_>] = &[
        ("OrderPlaced", "order-1", 0, None),
        ("StockReserved", "stock-1", 1, Some(0)),
        ("PaymentRequested", "pay-1", 2, Some(0)),
        ("StockReserved", "stock-2", 3, Some(0)),
        ("PaymentRequested", "pay-2", 4, Some(0)),
        ("PaymentAuthorized", "pay-2", 5, Some(4)),
        ("StockReserved", "stock-3", 6, Some(5)),
    ];
    let (log, survey, page) = page_of(told);
    let names = |scope: &Scope| -> Vec<String> {
        let shown = Shown::of(&log, &page, scope).with_siblings_joined(&page, scope);
        for at in 0..told.len() {
            let group = shown.group_of(at).unwrap();
            assert!(shown.groups[group].rows.contains(&at), "{at} in {group}");
        }
        for (at, group) in shown.groups.iter().enumerate() {
            let real =
                group.rows.iter().filter_map(|row| told[*row].3.and_then(|cause| shown.group_of(cause)));
            assert!(real.clone().all(|cause| shown.causes(at).iter().any(|(known, _)| *known == cause)));
            assert_eq!(real.collect::<BTreeSet<_>>().len(), shown.causes(at).len());
        }
        shown.groups.iter().map(|group| group.name(&survey, &page)).collect()
    };
    let mut scope = Scope { folds_repeats: true, ..Scope::default() };
    // The second payment led on, and the last stock has another cause.
    let joined = [
        "OrderPlaced",
        "StockReserved ×2",
        "PaymentRequested",
        "PaymentRequested",
        "PaymentAuthorized",
        "StockReserved",
    ];
    assert_eq!(names(&scope), joined);
    scope.opened.insert(page.rows[1].row);
    assert_eq!(names(&scope).len(), told.len());
    assert_eq!(names(&Scope::default()).len(), told.len());
}
