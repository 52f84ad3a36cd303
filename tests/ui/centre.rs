//! The centre: a view that needs the room has it to itself, and gives it back.

use egui::accesskit::Role;
use egui::{Key, Modifiers, vec2};
use egui_kittest::kittest::NodeT as _;
use sagascope::ui::command::WindowCommand;
use sagascope::ui::view::VIEWS;
use sagascope_ui_tests::window::{Setup, Window, sample};

/// What is written on the tabs that are drawn, the active ones first.
fn tabs(window: &Window) -> Vec<String> {
    let nodes: Vec<_> = window
        .harness
        .root()
        .children_recursive()
        .filter(|node| node.accesskit_node().role() == Role::Tab)
        .collect();
    let mut named: Vec<(bool, String)> = nodes
        .iter()
        .map(|node| node.accesskit_node())
        .map(|node| (!node.is_selected().unwrap_or(false), node.label().unwrap_or_default()))
        .collect();
    named.sort();
    named.into_iter().map(|(_, name)| name).collect()
}

fn is_drawn(window: &Window, tab: &str) -> bool {
    tabs(window).iter().any(|name| name == tab)
}

#[test]
fn a_view_that_needs_room_has_the_centre_until_another_one_is_asked_for() {
    for class in VIEWS.iter().filter(|class| class.fills && class.id != "simulator") {
        let mut window = Window::shop(vec2(1_280.0, 800.0));
        assert!(is_drawn(&window, "Log") && is_drawn(&window, "Replay"), "{:?}", tabs(&window));
        window.send(WindowCommand::ShowView(class.id));
        assert!(!is_drawn(&window, "Replay"), "{} shares the centre: {:?}", class.id, tabs(&window));
        assert!(is_drawn(&window, class.title) && is_drawn(&window, "Log"));
        window.click("Log");
        assert!(is_drawn(&window, "Replay"), "{} keeps the centre: {:?}", class.id, tabs(&window));
    }
}

#[test]
fn a_button_and_a_key_say_whether_a_view_fills_the_centre() {
    let mut window = Window::shop(vec2(1_280.0, 800.0));
    window.send(WindowCommand::ShowView("log"));
    let ctrl_shift = Modifiers::COMMAND | Modifiers::SHIFT;
    window.key(ctrl_shift, Key::F);
    assert!(!is_drawn(&window, "Replay"), "{:?}", tabs(&window));
    window.click("Share the centre");
    assert!(is_drawn(&window, "Replay"), "{:?}", tabs(&window));

    window.send(WindowCommand::ShowView("saga"));
    window.click("Share the centre");
    assert!(is_drawn(&window, "Replay"), "it was asked to share: {:?}", tabs(&window));
}

#[test]
fn what_was_said_of_a_view_is_kept() {
    let home = tempfile::tempdir().unwrap();
    let setup = |home| Setup { size: vec2(1_280.0, 800.0), home: Some(home), ..Setup::default() };
    let mut window = Window::with([sample()], setup(home));
    window.send(WindowCommand::ShowView("saga"));
    window.click("Share the centre");
    let home = window.close();
    let mut window = Window::with([sample()], setup(home));
    window.send(WindowCommand::ShowView("saga"));
    assert!(is_drawn(&window, "Replay"), "{:?}", tabs(&window));
    window.send(WindowCommand::ResetLayout);
    window.send(WindowCommand::ShowView("saga"));
    assert!(!is_drawn(&window, "Replay"), "as at first start: {:?}", tabs(&window));
}
