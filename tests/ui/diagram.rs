//! The diagrams of a saga and the process map: what they say of themselves, and what stays in view.

use egui::accesskit::Role;
use egui::{Rect, Vec2, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use sagascope::engine::SimStart;
use sagascope::ui::command::{GoCommand, WindowCommand};
use sagascope_ui_tests::window::Window;

const SIZE: Vec2 = vec2(1_280.0, 800.0);
const RUN: &str = "shop/fulfilment?seed=7&fault=reserve-inventory:reject";

fn run(view: &'static str) -> Window {
    let mut window = Window::simulate(RUN, SimStart::AtEnd);
    window.harness.set_size(SIZE);
    window.send(GoCommand::End);
    window.send(WindowCommand::ShowView(view));
    window
}

fn place(window: &Window, label: &str) -> Rect {
    window.harness.get_by_label_contains(label).rect()
}

/// What is said of the events that are drawn, with where they are.
fn events(window: &Window, word: &str) -> Vec<(String, Rect)> {
    let nodes = window.harness.root().children_recursive();
    let items = nodes.filter(|node| node.accesskit_node().role() == Role::ListItem);
    let said = items.filter_map(|node| Some((node.accesskit_node().label()?, node.rect())));
    said.filter(|(label, _)| label.contains(word)).collect()
}

#[test]
fn the_names_of_the_lifelines_stay_above_while_the_rows_are_scrolled() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.jsonl");
    std::fs::write(&path, crate::timeline::long_saga(300)).unwrap();
    let mut window = Window::open([path]);
    window.harness.set_size(SIZE);
    window.send(WindowCommand::ShowView("diagram"));
    window.send(GoCommand::Start);
    window.settle();
    let before = place(&window, "Lifeline item");
    let first = events(&window, "OrderPlaced, item");
    assert!(first.iter().any(|(_, rect)| rect.top() > before.top()), "{first:?}");
    window.send(GoCommand::End);
    window.settle();
    assert!(events(&window, "OrderPlaced, item").is_empty(), "the first row is scrolled away");
    assert_eq!(place(&window, "Lifeline item"), before);
}

#[test]
fn a_diagram_says_what_its_signs_mean_and_where_compensation_starts() {
    let mut window = run("diagram");
    let legend = "Legend: caused, back to who asked";
    assert!(window.says_part(legend), "{:?}", window.labels());
    assert!(window.says_part("✖ failed, ↺ compensation"), "{:?}", window.labels());
    window.click("Flow");
    assert!(!window.says_part(legend), "in a flow nothing goes back to who asked");
    assert!(window.says_part("Legend: caused, undoes"), "{:?}", window.labels());
}

#[test]
fn the_process_map_counts_one_thing_and_says_which() {
    let mut window = run("diagram");
    window.click("Process map");
    assert!(window.says_part("All numbers say how often"), "{:?}", window.labels());
    window.click("How long");
    window.settle();
    assert!(window.says_part("on a line how long half of them took at most"), "{:?}", window.labels());
}

/// The run with the playhead in the middle of its saga.
fn in_the_past(view: &'static str) -> Window {
    let mut window = run(view);
    let log = window.app().document().unwrap().log();
    let row = log.row_at(log.len() as u64 / 2);
    window.send(GoCommand::Select(row));
    window.settle();
    window
}

#[test]
fn a_diagram_in_the_past_says_how_the_saga_stood_then() {
    for view in ["diagram", "flow"] {
        let mut window = run(view);
        assert!(window.says_part(" · compensated · "), "{:?}", window.labels());
        window = in_the_past(view);
        assert!(window.says_part(" as of the playhead · "), "{:?}", window.labels());
        assert!(!window.says_part(" · compensated · "), "{:?}", window.labels());
        window.click("Copy the diagram");
        window.click("Copy as text");
        let copied = window.copied.last().cloned().unwrap_or_default();
        let title = copied.lines().next().unwrap_or_default();
        assert!(title.contains("as of the playhead"), "{copied}");
        assert_eq!(copied.contains("\nas of the playhead: "), view == "diagram", "{copied}");
        window.click("Copy the diagram");
        window.click("Copy as Mermaid");
        let copied = window.copied.last().cloned().unwrap_or_default();
        let kind = if view == "diagram" { "sequenceDiagram" } else { "flowchart" };
        let title = copied.lines().nth(1).unwrap_or_default();
        assert!(title.starts_with("title: \"") && title.contains("as of the playhead"), "{copied}");
        assert!(copied.contains(&format!("\n---\n{kind}")), "{copied}");
    }
}

#[test]
fn the_process_map_has_the_numbers_of_the_playhead() {
    let mut window = run("diagram");
    window.click("Process map");
    window.settle();
    assert!(window.says("Process map") && !window.says_part("not taken by then"), "{:?}", window.labels());
    window = in_the_past("diagram");
    window.click("Process map");
    window.settle();
    assert!(window.says("Process map as of the playhead"), "{:?}", window.labels());
    assert!(window.says_part("not taken by then"), "{:?}", window.labels());
    window.click("Copy the diagram");
    window.click("Copy as Mermaid");
    let copied = window.copied.last().cloned().unwrap_or_default();
    let title = "---\ntitle: \"Process map as of the playhead\"\n---\nflowchart TD";
    assert!(copied.starts_with(title) && copied.contains("|\"0\"|"), "{copied}");
}

#[test]
fn the_bar_has_one_row_again_after_the_process_map_needed_two() {
    let mut window = run("diagram");
    // Where a sequence has room in one row, and the process map has not.
    let top = |window: &Window| window.harness.get_by_label("Copy the diagram").rect().top();
    let radio =
        |window: &Window| window.harness.get_by_role_and_label(Role::RadioButton, "Process map").rect().top();
    let in_a_row = |window: &Window| (top(window) - radio(window)).abs() < 1.0;
    assert!(in_a_row(&window));
    window.click_role(Role::RadioButton, "Process map");
    assert!(!in_a_row(&window));
    for kind in ["Sequence", "Process map", "Flow"] {
        window.click_role(Role::RadioButton, kind);
        let row = window.harness.get_by_role_and_label(Role::RadioButton, kind).rect().top();
        assert_eq!((top(&window) - row).abs() < 1.0, kind != "Process map", "{kind}");
    }
}
