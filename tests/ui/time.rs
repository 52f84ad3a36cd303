//! The time panel and the status line as a person uses them.

use egui::accesskit::Role;
use egui::{Key, Modifiers, Pos2, Rect, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use sagascope::ui::app::navigation::{Playhead, SPEEDS};
use sagascope::ui::command::{GoCommand, WindowCommand};
use sagascope_ui_tests::window::{NO_STORE, Window};

fn shop() -> Window {
    Window::shop(vec2(1_280.0, 800.0))
}

fn slider(window: &Window) -> Rect {
    window.harness.get_by_role_and_label(Role::Slider, "Playhead").rect()
}

/// The density: its rectangle, captions included.
fn chart(window: &Window) -> Rect {
    let images = window
        .harness
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
    assert_eq!(window.rank(), 3_775);
    window.click("First event (Home)");
    assert_eq!(window.rank(), 0);
    for (button, expected) in [("Next event", 1), ("Next event", 2), ("Previous event", 1)] {
        window.click_containing(button);
        assert_eq!(window.rank(), expected, "{button}");
    }
    assert!(window.says_part("Playhead at 2026-03-01 08:00:00.000, event 2 of 3,776"));
    window.click("End of the log (End)");
    assert_eq!((window.rank(), window.app().navigation().playhead), (3_775, Playhead::End));
}

#[test]
fn playing_moves_the_playhead_and_pausing_stops_it() {
    let mut window = shop();
    window.click("First event (Home)");
    window.click("Speed 1×");
    window.click_containing("50×");
    window.harness.get_by_label("Play").click();
    window.until(|window| window.rank() > 1);
    window.harness.get_by_label("Pause").click();
    window.until(|window| !window.app().navigation().playing);
    let stopped = window.rank();
    window.harness.run_steps(5);
    assert_eq!(window.rank(), stopped);
    assert!(window.harness.query_by_label("Play").is_some());
}

#[test]
fn the_playhead_is_dragged_and_a_click_jumps() {
    let mut window = shop();
    let (from, to) = (slider(&window).center(), at(&window, 0.3));
    window.drag(from, to);
    let dragged = window.rank();
    assert!((1..3_775).contains(&dragged), "{dragged}");
    assert!((slider(&window).center().x - to.x).abs() < 12.0, "it is where it was dropped");
    let earlier = at(&window, 0.05);
    window.click_at(earlier);
    assert!(window.rank() < dragged);
    assert!((slider(&window).center().x - earlier.x).abs() < 12.0, "it is where it was clicked");
}

#[test]
fn the_focused_slider_follows_the_arrows_and_says_where_it_is() {
    let mut window = shop();
    window.click("First event (Home)");
    window.harness.get_by_role_and_label(Role::Slider, "Playhead").focus();
    window.settle();
    for (key, expected) in [(Key::ArrowRight, 1), (Key::ArrowRight, 2), (Key::ArrowLeft, 1)] {
        window.press(key);
        assert_eq!(window.rank(), expected);
    }
    let node = window.harness.get_by_role_and_label(Role::Slider, "Playhead");
    assert_eq!(node.value().as_deref(), Some("2026-03-01 08:00:00.000, event 2 of 3,776"));
}

#[test]
fn a_brushed_range_shrinks_the_log_until_it_is_cleared() {
    let mut window = shop();
    let (from, to) = (at(&window, 0.2), at(&window, 0.4));
    window.drag(from, to);
    let range = window.app().navigation().range.expect("a range was brushed");
    let kept = window.kept();
    assert!(kept > 0 && kept < 3_776, "{kept}");
    let range_node = window.harness.query_all_by_label_contains("Range of ").next().unwrap();
    let name = range_node.accesskit_node().label().or(range_node.value()).unwrap();
    assert!(name.ends_with(&format!(", {kept} events")), "{name}");
    assert_eq!(window.rank(), 3_775, "brushing leaves the playhead where it is");

    let edge = egui::pos2(to.x, to.y);
    let wider = at(&window, 0.6);
    window.drag(edge, wider);
    let wide = window.app().navigation().range.unwrap();
    assert_eq!(wide.0, range.0);
    assert!(wide.1 > range.1 && window.kept() > kept, "{wide:?}");

    window.click("Clear the range");
    assert_eq!((window.app().navigation().range, window.kept()), (None, 3_776));
    window.drag(from, to);
    window.press(Key::Escape);
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
    assert!(window.harness.get_by_label("Fit the whole log").accesskit_node().is_disabled());
    let over = at(&window, 0.9);
    window.wheel(over, 300.0);
    assert!(window.harness.query_by_role_and_label(Role::Slider, "Playhead").is_none(), "it lies outside");
    window.click("Fit the whole log");
    assert!((slider(&window).center().x - chart(&window).left()).abs() < 1.0);
}

#[test]
fn an_idle_cut_is_restored_and_cut_again() {
    let mut window = shop();
    let cuts = |window: &Window| window.harness.query_all_by_label_contains("cut out: show it").count();
    let before = cuts(&window);
    assert!(before > 0);
    let first = window.harness.query_all_by_label_contains("cut out: show it").next().unwrap();
    first.click();
    window.settle();
    assert!(window.says_part("shown: cut it out again"));
    window.click_containing("shown: cut it out again");
    assert_eq!(cuts(&window), before);
    window.click_containing("Idle over");
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
    assert!(window.says_part("event 7 of 88 in this filter · rank"));
    assert!(window.says_part("Filter kept 88 events (2.3 %)"));
}

#[test]
fn the_status_line_counts_and_switches() {
    let mut window = shop();
    assert!(window.says_part("3,776 events · 1,130 streams · 18 types"));
    window.click("Rows normal");
    assert!(window.app().preferences().compact);
    window.click("UTC");
    assert!(window.app().preferences().local_time);
    let closed = Window::open(NO_STORE);
    for words in
        ["No store open", "Nothing leaves this computer: no server, no account", "Press ? for all keys"]
    {
        assert!(closed.says_part(words), "{words}");
    }
}

/// First and last rank in the range.
fn ranks(window: &Window) -> Option<(u64, u64)> {
    let ranks = window.app().document()?.log().ranks_in(window.app().navigation().range?);
    Some((ranks.start, ranks.end - 1))
}

#[test]
fn a_range_is_set_and_cleared_by_keys() {
    let mut window = shop();
    for (row, key, expected, said) in [
        (1_000, Key::OpenBracket, Some((1_000, 3_775)), "Range of 4 d 9 h: 2,776 events"),
        (2_000, Key::CloseBracket, Some((1_000, 2_000)), ": 1,001 events"),
        (1_500, Key::OpenBracket, Some((1_500, 2_000)), ": 501 events"),
        // An end on the wrong side of the other one opens it again.
        (2_500, Key::OpenBracket, Some((2_500, 3_775)), ": 1,276 events"),
        (500, Key::CloseBracket, Some((0, 500)), ": 501 events"),
    ] {
        window.select(row);
        window.press(key);
        assert_eq!(ranks(&window), expected, "{row} {key:?}");
        assert!(window.says_part(said), "{said} is not in {:?}", window.labels());
        let (from, to) = expected.unwrap();
        assert_eq!(window.kept(), to - from + 1);
    }
    assert!(window.says_part(", 501 events") && window.says_part("Range of "), "{:?}", window.labels());
    window.press(Key::Backslash);
    assert_eq!((window.app().navigation().range, window.kept()), (None, 3_776));
}

#[test]
fn a_range_is_set_by_the_palette() {
    let mut window = shop();
    window.select(1_000);
    for (typed, expected) in [
        ("range starts", Some((1_000, 3_775))),
        ("range ends at the", Some((1_000, 1_000))),
        ("clear range", None),
    ] {
        window.key(Modifiers::COMMAND, Key::P);
        window.type_text(typed);
        window.press(Key::Enter);
        assert_eq!(ranks(&window), expected, "{typed}");
    }
}

#[test]
fn events_without_times_have_no_range() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("timeless.jsonl");
    std::fs::write(&store, r#"{"stream":"ord-1","type":"OrderMoved","version":0,"data":{}}"#).unwrap();
    let mut window = Window::open([store]);
    window.press(Key::OpenBracket);
    assert_eq!(window.app().navigation().range, None);
    assert!(window.says("A range needs times, and these events have none"), "{:?}", window.labels());
}

#[test]
fn a_loop_stays_within_the_range_in_every_list() {
    for view in ["log", "lanes", "replay"] {
        let mut window = shop();
        window.show("SKU-003");
        let log = window.app().document().unwrap().log();
        let rows = log.replay_rows(window.stream("SKU-003"));
        let (from, to) = (log.key_of(rows[10]), log.key_of(rows[12]));
        window.send(GoCommand::Range(Some((from, to))));
        window.send(WindowCommand::ShowView(view));
        // Far outside: playing begins in the range all the same.
        window.send(GoCommand::Select(rows[40]));
        window.send(GoCommand::Speed(SPEEDS.len() - 1));
        window.send(GoCommand::Loop(true));
        window.app().send(GoCommand::TogglePlay);
        let mut seen = Vec::new();
        let mut loops = 0;
        while loops < 2 {
            let before = window.rank();
            window.until(|window| window.rank() != before);
            loops += u32::from(window.rank() < before);
            seen.push(
                window.app().navigation().playhead_row(window.app().document().unwrap().log()).unwrap(),
            );
        }
        let log = window.app().document().unwrap().log();
        for row in &seen {
            assert!((from..=to).contains(&log.key_of(*row)), "{view}: {seen:?}");
            assert!(view != "replay" || rows[10..=12].contains(row), "{view}: {seen:?}");
        }
        assert!(seen.len() >= 3, "{view}: {seen:?}");
        window.app().send(GoCommand::TogglePlay);
        window.settle();
    }
}
