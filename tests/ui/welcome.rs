//! The page before a log is open.

use egui::HoveredFile;
use sagascope::engine::{Dirs, Recent, Settings};
use sagascope::index::StreamLookup;
use sagascope_ui_tests::window::{NO_STORE, Setup, Window, another_shop};

#[test]
fn the_sample_is_one_click_away() {
    let mut window = Window::open(NO_STORE);
    for label in [
        "Sagascope",
        "See what happened, step through it, and break it on purpose",
        "Drop an event store here",
        "Open…",
    ] {
        assert!(window.says(label), "{label} is not in {:?}", window.labels());
    }
    assert!(window.says_part("CloudEvents"));
    window.click_containing("Shop, one week");
    assert_eq!(window.events(), 3_776);
    // The simulator's shop, which tells what its sagas did.
    let log = window.app().document().unwrap().log();
    assert!(matches!(log.find_stream("saga-s15"), StreamLookup::Found(_)));
}

#[test]
fn a_saga_is_broken_in_three_clicks_and_the_reason_is_said_before() {
    let mut window = Window::open(Vec::<std::path::PathBuf>::new());
    assert!(window.says_part("No answer after 3 attempts"), "{:?}", window.labels());
    window.click("Travel");
    assert!(window.says("Flight sold out") && !window.says("No stock"), "{:?}", window.labels());
    window.click("Shop order");
    window.click("No stock");
    for said in [
        "Out of stock: the payment is refunded, the order is cancelled.",
        "A refusal is an answer: nothing happened there, so only what was done before is undone, the last first.",
        "reserve-inventory: refused: out of stock",
        "process-payment: completed, then compensated",
        "confirm-order: not reached",
        "shop/fulfilment?seed=7&fault=reserve-inventory:reject",
    ] {
        assert!(window.says(said), "{said} is not in {:?}", window.labels());
    }
    window.click("Break it");
    window.until_run(|frame| frame.newest > 0);
    assert_eq!(window.recipe(), "shop/fulfilment?seed=7&fault=reserve-inventory:reject");
    let frame = window.app().document().unwrap().frame().unwrap();
    assert!(!frame.is_newest(), "it stands at the fault, and the way back lies ahead");
    let refused = frame.sagas[0].steps.iter().find(|step| step.name == "reserve-inventory").unwrap();
    assert_eq!(refused.undo_attempts, 0);
}

#[test]
fn every_failure_of_a_saga_is_one_click_from_the_welcome_page() {
    let mut window = Window::open(Vec::<std::path::PathBuf>::new());
    window.click("Show every failure at once");
    assert!(
        window.says_part("confirm-order/command, reject: compensated, 1 attempt"),
        "{:?}",
        window.labels()
    );
}

#[test]
fn recent_files_open_again_and_missing_ones_leave_the_list() {
    let home = tempfile::tempdir().unwrap();
    let mut settings = Settings::default();
    settings.remember(Recent {
        path: another_shop(),
        format: "JSON events".into(),
        bytes: 5,
        events: 3_776,
        opened_at: 0,
    });
    settings.remember(Recent { path: "/nowhere/gone.db".into(), events: 7, ..Recent::default() });
    settings.save(&Dirs::in_folder(home.path().to_owned())).unwrap();
    let mut window = Window::with(NO_STORE, Setup { home: Some(home), ..Setup::default() });
    let missing = "gone.db, moved or renamed: remove from list";
    assert!(window.says_part(missing), "{:?}", window.labels());
    window.click_containing(missing);
    assert!(!window.says_part("gone.db"));
    window.click_containing("shop-week.jsonl, JSON events, 5 bytes, 3,776 events");
    assert_eq!(window.events(), 3_776);
}

#[test]
fn dragged_files_are_told_where_they_go() {
    let mut window = Window::open(NO_STORE);
    window.harness.input_mut().hovered_files = vec![HoveredFile::default()];
    // A window that files are dragged over never rests.
    window.harness.run_steps(3);
    assert!(window.says_part("Drop to open. Read-only"), "{:?}", window.labels());
    let mut window = Window::open([another_shop()]);
    window.harness.input_mut().hovered_files = vec![HoveredFile::default()];
    // A window that files are dragged over never rests.
    window.harness.run_steps(3);
    assert!(window.says_part("Drop to open. With Shift: add to this log"), "{:?}", window.labels());
    window.harness.input_mut().hovered_files.clear();
    window.settle();
    assert!(!window.says_part("Drop to"));
}
