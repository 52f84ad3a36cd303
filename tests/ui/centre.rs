//! The centre: a view that needs the room has it to itself, and gives it back.

use egui::accesskit::Role;
use egui::{Key, Modifiers, vec2};
use egui_kittest::kittest::NodeT as _;
use sagascope::index::touched;
use sagascope::ui::command::WindowCommand;
use sagascope::ui::view::VIEWS;
use sagascope_ui_tests::window::{Setup, Window, another_shop};

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
    let mut window = Window::with([another_shop()], setup(home));
    window.send(WindowCommand::ShowView("saga"));
    window.click("Share the centre");
    let home = window.close();
    let mut window = Window::with([another_shop()], setup(home));
    window.send(WindowCommand::ShowView("saga"));
    assert!(is_drawn(&window, "Replay"), "{:?}", tabs(&window));
    window.send(WindowCommand::ResetLayout);
    window.send(WindowCommand::ShowView("saga"));
    assert!(!is_drawn(&window, "Replay"), "as at first start: {:?}", tabs(&window));
}

/// Events that one frame of each view looks at, on a log of so many events, when everything has come to rest.
fn looks(events: usize) -> Vec<(&'static str, u64)> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    let line = |n: usize| {
        let (stream, minute, second) = (n / 5, n / 60 % 60, n % 60);
        format!(
            r#"{{"id":"e{n}","stream":"order-{stream}","type":"Step{}","time":"2026-03-{:02}T{:02}:{minute:02}:{second:02}Z","correlation_id":"c{stream}","data":{{"n":{n}}}}}"#,
            n % 5,
            1 + n / 86_400,
            n / 3_600 % 24,
        ) + "\n"
    };
    std::fs::write(&path, (0..events).map(line).collect::<String>()).unwrap();
    let mut window = Window::with([path], Setup { size: vec2(1_280.0, 800.0), ..Setup::default() });
    assert_eq!(window.events(), events);
    let of_view = |class: &&'static sagascope::ui::view::ViewClass| {
        window.send(WindowCommand::ShowView(class.id));
        let before = touched();
        window.harness.step();
        (class.id, touched() - before)
    };
    VIEWS.iter().map(of_view).collect()
}

#[test]
fn a_frame_looks_at_no_more_events_because_the_log_is_longer() {
    let (few, many) = (looks(3_000), looks(30_000));
    for ((view, few), (_, many)) in few.into_iter().zip(many) {
        assert!(
            many <= 2 * few + 200,
            "{view} looks at {few} events of a short log and at {many} of a long one"
        );
    }
}
