//! The failure matrix: what stands in its cells, how one is opened, compared, exported.

use egui::accesskit::{Role, Toggled};
use egui::{Key, Modifiers, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use sagascope::engine::SimStart;
use sagascope::ui::command::{Panel, WindowCommand};
use sagascope_ui_tests::window::{Window, another_shop};

/// The matrix in a window so large that every cell is seen.
fn show(mut window: Window) -> Window {
    window.harness.set_size(vec2(2_600.0, 3_000.0));
    for panel in [Panel::Navigator, Panel::Inspector, Panel::Time] {
        window.send(WindowCommand::TogglePanel(panel));
    }
    window.send(WindowCommand::ShowView("matrix"));
    window
}

fn window() -> Window {
    show(Window::open([another_shop()]))
}

#[test]
fn every_cell_says_how_its_run_ends() {
    let window = window();
    for said in [
        "process-payment/command, reject: compensated, 1 attempt",
        "process-payment/reply, timeout: compensated, 3 attempts",
        "confirm-order/reply, poison: dead letter, 3 attempts",
        "send-confirmation/command, idempotency-expired: not reached",
        "0 inconsistent",
    ] {
        assert!(window.says(said), "{said} is not in {:?}", window.labels());
    }
    assert!(!window.says_part("differs"));
    assert!(!window.says_part("start, reject"), "the message that starts a saga cannot be refused");
}

#[test]
fn without_a_protection_cells_differ_and_the_panel_says_why() {
    let mut window = window();
    window.click("without idempotency");
    let cell = "process-payment/command, duplicated: inconsistent, 2 attempts, differs";
    let cell = if window.says(cell) {
        cell
    } else {
        "process-payment/command, duplicated: inconsistent, 1 attempt, differs"
    };
    window.click_secondary(cell);
    assert!(window.app().document().unwrap().simulation.is_none(), "a right click opens nothing");
    for said in [
        "A message that arrives twice is done twice: the customer pays again.",
        "With idempotency, a repeat is answered, not done again.",
        "&without=idempotency",
    ] {
        assert!(window.says(said), "{said} is not in {:?}", window.labels());
    }
    let differ = window.labels().into_iter().find(|label| label.ends_with("cells differ")).unwrap();
    window.click(&differ);
    window.click("off");
    assert!(!window.says_part("differs"));
}

#[test]
fn arrows_move_the_cell_and_enter_opens_its_run_at_the_fault() {
    let mut window = window();
    window.click_secondary("process-payment/command, reject: compensated, 1 attempt");
    window.key(Modifiers::NONE, Key::ArrowRight);
    assert!(window.app().document().unwrap().simulation.is_none(), "an arrow key opens nothing");
    window.key(Modifiers::NONE, Key::Enter);
    window.until_run(|frame| !frame.is_newest());
    assert_eq!(window.recipe(), "shop/fulfilment?seed=7&fault=process-payment:transient");
    let frame = window.app().document().unwrap().frame().unwrap();
    assert!(!frame.is_newest() && frame.faults[0].hits == 1, "{:?}", frame.faults);
}

#[test]
fn one_click_opens_a_run_at_its_fault_and_the_matrix_is_found_again_as_it_was() {
    // So low that the last step is below the edge.
    let mut window = Window::shop(vec2(1_280.0, 800.0));
    window.send(WindowCommand::ShowView("matrix"));
    window.click("without idempotency");
    let cell = "send-confirmation/command, lost: completed, 2 attempts";
    for _ in 0..20 {
        window.key(Modifiers::NONE, Key::ArrowDown);
    }
    let top = |window: &Window| window.harness.get_by_label(cell).rect().top();
    let before = top(&window);
    window.click(cell);
    window.until_run(|frame| !frame.is_newest());
    assert_eq!(window.recipe(), "shop/fulfilment?seed=7&fault=send-confirmation:lost&without=idempotency");
    assert_eq!(window.app().document().unwrap().frame().unwrap().faults[0].hits, 1);
    assert!(window.says_part("Alt+6 goes back to the matrix"), "{:?}", window.labels());
    window.click_role(Role::Tab, "Matrix");
    assert!(window.says_part("cells differ"), "it is compared as before: {:?}", window.labels());
    let node = window.harness.get_by_label(cell);
    assert_eq!(node.accesskit_node().toggled(), Some(Toggled::True), "its cell is the selected one");
    assert!((top(&window) - before).abs() < 1.0, "it is scrolled as before");
}

#[test]
fn a_cell_whose_fault_never_strikes_says_so_and_opens_at_the_end() {
    let mut window = window();
    let cell = "send-confirmation/command, idempotency-expired: not reached";
    window.click_secondary(cell);
    assert!(window.says("Open at its end") && !window.says("Open at the fault"), "{:?}", window.labels());
    window.harness.get_by_label(cell).hover();
    window.settle();
    assert!(window.says_part("The fault never strikes. Click or Enter: open this run at its end"));
    window.click("Open at its end");
    window.until_run(|frame| frame.is_newest() && frame.quiescent);
    let said = "The fault never struck, this is the end of the run; Alt+6 goes back to the matrix";
    assert!(window.says_part(said), "{:?}", window.labels());
    assert!(!window.says_part("At the moment of the fault"));
}

#[test]
fn the_open_run_is_the_selected_cell_and_its_saga_the_matrix() {
    let run = "travel/trip?seed=3&fault=book-car/reply:lost";
    let window = show(Window::simulate(run, SimStart::AtEnd));
    assert!(window.says("Saga travel/trip"), "{:?}", window.labels());
    assert!(window.says("book-car/reply") && window.says("lost"), "{:?}", window.labels());
    assert!(window.says_part("travel/trip?seed=3"), "{:?}", window.labels());
}

#[test]
fn the_gaps_of_a_crash_open_and_fold() {
    let mut window = window();
    assert!(window.says_part("the worst of 4 gaps"));
    window.click("Open the four gaps of a crash");
    assert!(window.says_part("confirm-order/reply, crash-before-mark: completed"), "{:?}", window.labels());
    assert!(!window.says_part("the worst of 4 gaps"));
    window.click("Fold the four gaps into one column");
    assert!(window.says_part("the worst of 4 gaps"));
}

#[test]
fn it_can_be_copied_as_markdown() {
    let mut window = window();
    window.click("Export");
    window.click("Copy as Markdown");
    let table = window.copied.last().unwrap();
    assert!(table.starts_with("| fulfilment | reject | transient |"), "{table}");
    assert!(table.contains("\n| process-payment/reply |"), "{table}");
    window.click("Copy recipe");
    assert!(window.copied.last().unwrap().starts_with("shop/fulfilment?seed=7&fault="));
}

#[test]
fn pairs_are_listed_the_worst_first() {
    let mut window = window();
    window.click("Saga shop/fulfilment");
    window.click("transfer/transfer");
    window.click("Pairs");
    let rows: Vec<String> =
        window.labels().into_iter().filter(|label| label.contains(" and ") && label.contains(": ")).collect();
    let rank = |label: &String| {
        let words = ["inconsistent", "dead letter", "stuck", "compensated", "completed", "not reached"];
        words.iter().position(|word| label.contains(&format!(": {word}")))
    };
    let ranks: Vec<_> = rows.iter().filter_map(rank).collect();
    assert!(ranks.len() > 10 && ranks.is_sorted(), "{rows:?}");
    window.key(Modifiers::NONE, Key::ArrowDown);
    window.key(Modifiers::NONE, Key::Enter);
    // A fault on the way back brings another one that leads there.
    assert!(window.recipe().matches("fault=").count() >= 2, "{}", window.recipe());
    window.click_role(Role::Tab, "Matrix");
    let first = window.recipe();
    window.click(&rows[0]);
    window.until_run(|frame| !frame.is_newest());
    assert_ne!(window.recipe(), first, "one click opens another pair");
}

#[test]
fn the_panels_stay_where_another_view_is_beside_it() {
    let mut window = Window::shop(egui::vec2(1_280.0, 800.0));
    let has_panels = |window: &Window| window.says("Streams") || window.says_part("Streams");
    assert!(has_panels(&window), "{:?}", window.labels());
    window.send(WindowCommand::ShowView("matrix"));
    assert!(!has_panels(&window), "it has the window to itself: {:?}", window.labels());
    window.click("Share the centre");
    assert!(window.says("Replay"), "it is below");
    assert!(has_panels(&window), "{:?}", window.labels());
}
