//! The time panel and the status line as a person uses them.

use egui::accesskit::Role;
use egui::{Key, Pos2, Rect, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use sagascope::ui::app::navigation::Playhead;
use sagascope::ui::command::GoCommand;
use sagascope_ui_tests::window::Window;

fn shop() -> Window {
    Window::of_shop(vec2(1_280.0, 800.0))
}

/// Rank of the playhead, from 0.
fn rank(window: &Window) -> u64 {
    let log = window.app().document().unwrap().log();
    window.app().navigation().playhead_rank(log)
}

fn rows(window: &Window) -> u64 {
    let document = window.app().document().unwrap();
    document.rows.len(document.log())
}

fn slider(window: &Window) -> Rect {
    window.0.get_by_role_and_label(Role::Slider, "Playhead").rect()
}

/// The density: its rectangle, captions included.
fn chart(window: &Window) -> Rect {
    let images = window
        .0
        .get_all_by_role(Role::Image)
        .filter(|node| node.accesskit_node().label().is_some_and(|label| label != "Sagascope"));
    images.map(|node| node.rect()).next().unwrap()
}

fn at(window: &Window, share: f32) -> Pos2 {
    let chart = chart(window);
    egui::pos2(chart.left() + chart.width() * share, chart.top() + 40.0)
}

#[test]
fn the_buttons_step_through_the_log() {
    let mut window = shop();
    assert_eq!(rank(&window), 3_775);
    window.click("First event (Home)");
    assert_eq!(rank(&window), 0);
    for (button, expected) in [("Next event", 1), ("Next event", 2), ("Previous event", 1)] {
        window.click_containing(button);
        assert_eq!(rank(&window), expected, "{button}");
    }
    assert!(window.has("Playhead at 2026-03-01 08:00:00.000, event 2 of 3,776"));
    window.click("End of the log (End)");
    assert_eq!((rank(&window), window.app().navigation().playhead), (3_775, Playhead::End));
}

#[test]
fn playing_moves_the_playhead_and_pausing_stops_it() {
    let mut window = shop();
    window.click("First event (Home)");
    window.click("Speed 1×");
    window.click_containing("50×");
    window.0.get_by_label("Play").click();
    window.until(|app| app.navigation().playhead_rank(app.document().unwrap().log()) > 1);
    window.0.get_by_label("Pause").click();
    window.until(|app| !app.navigation().playing);
    let stopped = rank(&window);
    window.0.run_steps(5);
    assert_eq!(rank(&window), stopped);
    assert!(window.0.query_by_label("Play").is_some());
}

#[test]
fn the_playhead_is_dragged_and_a_click_jumps() {
    let mut window = shop();
    let (from, to) = (slider(&window).center(), at(&window, 0.3));
    window.drag(from, to);
    let dragged = rank(&window);
    assert!((1..3_775).contains(&dragged), "{dragged}");
    assert!((slider(&window).center().x - to.x).abs() < 12.0, "it is where it was dropped");
    let earlier = at(&window, 0.05);
    window.click_at(earlier);
    assert!(rank(&window) < dragged);
    assert!((slider(&window).center().x - earlier.x).abs() < 12.0, "it is where it was clicked");
}

#[test]
fn the_focused_slider_follows_the_arrows_and_says_where_it_is() {
    let mut window = shop();
    window.click("First event (Home)");
    window.0.get_by_role_and_label(Role::Slider, "Playhead").focus();
    window.settle();
    for (key, expected) in [(Key::ArrowRight, 1), (Key::ArrowRight, 2), (Key::ArrowLeft, 1)] {
        window.0.key_press(key);
        window.settle();
        assert_eq!(rank(&window), expected);
    }
    let node = window.0.get_by_role_and_label(Role::Slider, "Playhead");
    assert_eq!(node.value().as_deref(), Some("2026-03-01 08:00:00.000, event 2 of 3,776"));
}

#[test]
fn a_brushed_range_shrinks_the_log_until_it_is_cleared() {
    let mut window = shop();
    let (from, to) = (at(&window, 0.2), at(&window, 0.4));
    window.drag(from, to);
    let range = window.app().navigation().range.expect("a range was brushed");
    let kept = rows(&window);
    assert!(kept > 0 && kept < 3_776, "{kept}");
    let range_node = window.0.query_all_by_label_contains("Range of ").next().unwrap();
    let name = range_node.accesskit_node().label().or(range_node.value()).unwrap();
    assert!(name.ends_with(&format!(", {kept} events")), "{name}");
    assert_eq!(rank(&window), 3_775, "brushing leaves the playhead where it is");

    let edge = egui::pos2(to.x, to.y);
    let wider = at(&window, 0.6);
    window.drag(edge, wider);
    let wide = window.app().navigation().range.unwrap();
    assert_eq!(wide.0, range.0);
    assert!(wide.1 > range.1 && rows(&window) > kept, "{wide:?}");

    window.click("Clear the range");
    assert_eq!((window.app().navigation().range, rows(&window)), (None, 3_776));
    window.drag(from, to);
    window.0.key_press(Key::Escape);
    window.settle();
    assert_eq!(window.app().navigation().range, None);
}

#[test]
fn time_and_rank_place_the_playhead_differently() {
    let mut window = shop();
    window.send(GoCommand::Start);
    let middle = window.app().document().unwrap().log().row_at(1_888);
    window.send(GoCommand::Select(middle));
    let by_time = slider(&window).center().x;
    window.click("Rank");
    let by_rank = slider(&window).center().x;
    let chart = chart(&window);
    assert!((by_rank - chart.center().x).abs() < 3.0, "half the events are before it");
    assert!(by_time < by_rank - 100.0, "{by_time} {by_rank}");
    window.click("Time");
    assert!((slider(&window).center().x - by_time).abs() < 1.0);
}

#[test]
fn the_wheel_zooms_and_fit_shows_everything_again() {
    let mut window = shop();
    window.click("First event (Home)");
    assert!(window.0.get_by_label("Fit the whole log").accesskit_node().is_disabled());
    let over = at(&window, 0.9);
    window.0.hover_at(over);
    window.settle();
    let wheel = egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: vec2(0.0, 300.0),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Unknown,
        modifiers: egui::Modifiers::NONE,
    };
    window.0.event(wheel);
    window.0.run_steps(20);
    window.settle();
    assert!(window.0.query_by_role_and_label(Role::Slider, "Playhead").is_none(), "it lies outside");
    window.click("Fit the whole log");
    assert!((slider(&window).center().x - chart(&window).left()).abs() < 1.0);
}

#[test]
fn an_idle_cut_is_restored_and_cut_again() {
    let mut window = shop();
    let cuts = |window: &Window| window.0.query_all_by_label_contains("cut out: show it").count();
    let before = cuts(&window);
    assert!(before > 0);
    let first = window.0.query_all_by_label_contains("cut out: show it").next().unwrap();
    first.click();
    window.settle();
    assert!(window.has("shown: cut it out again"));
    window.click_containing("shown: cut it out again");
    assert_eq!(cuts(&window), before);
    window.click_containing("Idle from");
    assert_eq!(cuts(&window), 0);
    window.click("Idle time shown");
    assert_eq!(cuts(&window), before);
}

#[test]
fn the_place_is_told_in_the_words_of_the_list() {
    let mut window = shop();
    window.send(GoCommand::Filter("type:PaymentDeclined".to_owned()));
    let last = window.app().document().unwrap().rows.get(window.app().document().unwrap().log(), 6);
    window.send(GoCommand::Select(last.unwrap()));
    assert!(window.has("event 7 of 88 in this filter · rank"));
    assert!(window.has("Filter kept 88 events (2.3 %)"));
}

#[test]
fn the_status_line_counts_and_switches() {
    let mut window = shop();
    assert!(window.has("3,776 events · 1,130 streams · 18 types"));
    window.click("Rows normal");
    assert!(window.app().preferences().compact);
    window.click("UTC");
    assert!(window.app().preferences().local_time);
    let mut closed = Window::open(Vec::new(), vec2(1_280.0, 800.0));
    closed.settle();
    for words in
        ["No store open", "Nothing leaves this computer: no server, no account", "Press ? for all keys"]
    {
        assert!(closed.has(words), "{words}");
    }
}
