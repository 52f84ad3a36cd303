//! The lanes as a person uses them: the real window on another shop's log, everything found by its name.

use std::path::PathBuf;

use egui::accesskit::Role;
use egui::{Key, Modifiers, PointerButton, Pos2, Rect, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use sagascope::ui::command::{GoCommand, Panel, WindowCommand};
use sagascope_ui_tests::window::{Setup, Window, another_shop};

/// Where the lanes are: above the replay, without navigator, inspector and time panel.
const LANES: Rect = Rect { min: Pos2 { x: 0.0, y: 60.0 }, max: Pos2 { x: 1_600.0, y: 778.0 } };

/// Another shop's log with a filter, in the lanes.
fn shop(filter: &str) -> Window {
    let mut window = lanes_of(another_shop());
    window.send(GoCommand::Filter(filter.to_owned()));
    window
}

fn lanes_of(store: PathBuf) -> Window {
    let setup = Setup { size: vec2(1_600.0, 1_600.0), frame: 1.0 / 60.0, ..Setup::default() };
    let mut window = Window::with([store], setup);
    window.send(WindowCommand::ShowView("lanes"));
    for panel in [Panel::Navigator, Panel::Inspector, Panel::Time] {
        window.send(WindowCommand::TogglePanel(panel));
    }
    window
}

/// The names of everything in the lanes whose name contains `part`, from top to bottom.
fn names(window: &Window, part: &str) -> Vec<String> {
    let nodes = window.harness.root().children_recursive();
    let mut found: Vec<(f32, String)> = nodes
        .filter_map(|node| {
            let label = node.accesskit_node().label().or(node.accesskit_node().value())?;
            (label.contains(part) && LANES.contains(node.rect().center())).then(|| (node.rect().top(), label))
        })
        .collect();
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    found.into_iter().map(|(_, label)| label).collect()
}

/// Where something of the lanes is; other views name the same events lower down.
fn rect(window: &Window, part: &str) -> Rect {
    let mut rects = window.harness.get_all_by_label_contains(part).map(|node| node.rect());
    rects.find(|rect| LANES.contains(rect.center())).unwrap()
}

fn marks(window: &Window) -> Vec<String> {
    names(window, "stream ").into_iter().filter(|name| name.starts_with("position ")).collect()
}

fn ruler(window: &Window) -> String {
    names(window, "Ruler: ").remove(0)
}

#[test]
fn a_mark_tells_what_it_is_and_a_click_selects_it() {
    let mut window = shop("stream:*-00399");
    assert_eq!(names(&window, "streams drawn"), ["2 of 2 streams drawn, 1,130 in the log"]);
    let declined: Vec<String> =
        marks(&window).into_iter().filter(|mark| mark.contains("PaymentDeclined, failed")).collect();
    assert_eq!(declined.len(), 3, "{declined:?}");
    let at = rect(&window, "PaymentDeclined, failed, version 2").center();
    window.click_at(at);
    let app = window.app();
    let selected = app.navigation().selected.unwrap();
    let log = app.document().unwrap().log();
    assert_eq!(&*log.event_type(log.type_of(selected)).name, "PaymentDeclined");
    assert_eq!(log.event(selected).version, Some(2));
    assert_eq!(
        names(&window, "after the playhead").iter().filter(|name| name.starts_with("position ")).count(),
        2
    );
    // Ctrl+click pins another.
    let at = rect(&window, "PaymentRequested").center();
    window.press_at(at, PointerButton::Primary, Modifiers::COMMAND);
    assert_eq!(window.app().navigation().selected, Some(selected));
    let pinned = window.app().navigation().pinned.unwrap();
    let log = window.app().document().unwrap().log();
    assert_eq!(&*log.event_type(log.type_of(pinned)).name, "PaymentRequested");
}

#[test]
fn the_wheel_zooms_at_the_pointer_and_undo_goes_back() {
    let mut window = shop("stream:*-00399");
    let before = ruler(&window);
    let at = rect(&window, "PaymentDeclined, failed, version 2").center();
    window.wheel(at, 300.0);
    assert_ne!(ruler(&window), before);
    let zoomed = rect(&window, "PaymentDeclined, failed, version 2").center();
    assert!((zoomed - at).length() < 2.0, "{at} {zoomed}");
    let near = ruler(&window);
    window.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(ruler(&window), before);
    window.key(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::Z);
    assert_eq!(ruler(&window), near);
    window.press(Key::F);
    assert_eq!(ruler(&window), before);
    for key in [Key::W, Key::W, Key::W, Key::A, Key::D, Key::S, Key::S, Key::S] {
        window.press(key);
    }
    window.click_containing("Undo zoom");
    assert_ne!(ruler(&window), before);
}

#[test]
fn lanes_are_sorted_and_groups_fold() {
    let mut window = shop("stream:*-0039*");
    let lanes = |window: &Window, kind: &str| -> Vec<String> {
        names(window, kind)
            .into_iter()
            .filter(|name| name.starts_with("stream ") && !name.contains('–'))
            .collect()
    };
    let by_name = lanes(&window, "ord-");
    assert_eq!((by_name.len(), by_name[0].as_str()), (10, "stream ord-00390, 3 events"));
    let size = window.harness.get_by_role_and_label(Role::RadioButton, "size").rect().center();
    window.click_at(size);
    let by_size = lanes(&window, "ord-");
    assert_eq!(by_size[9], "stream ord-00391, 1 event");
    assert!(lanes(&window, "pay-").len() > 5);
    window.click_containing("Payment, 10 of 383 streams, open");
    assert_eq!(lanes(&window, "pay-").len(), 0);
    window.click_containing("Payment, 10 of 383 streams, folded");
    assert!(lanes(&window, "pay-").len() > 5);
}

#[test]
fn too_many_streams_say_how_many_more_and_show_them() {
    let mut window = shop("type:ShipmentDispatched");
    let more = names(&window, "more stream");
    assert_eq!(names(&window, "streams drawn").len(), 1);
    if let Some(more) = more.first() {
        let more = more.clone();
        window.click_containing(&more);
        assert_ne!(names(&window, "more stream").first(), Some(&more));
    } else {
        // The row is below what is seen: the counts tell it.
        assert!(
            names(&window, "streams drawn")[0].starts_with("200 of "),
            "{:?}",
            names(&window, "streams drawn")
        );
    }
}

#[test]
fn a_cut_is_named_and_a_click_restores_it() {
    let mut window = shop("");
    let cuts = names(&window, "restore this stretch");
    assert!(!cuts.is_empty());
    let longest = cuts.iter().find(|name| name.starts_with("idle 1 h 31 m")).unwrap().clone();
    window.click_containing(&longest);
    assert!(!names(&window, "restore this stretch").contains(&longest));
    window.click_containing("Cut idle time again");
    assert_eq!(names(&window, "restore this stretch"), cuts);
}

#[test]
fn a_bar_says_what_it_holds_and_a_click_zooms_in() {
    let mut window = shop("stream:SKU-000");
    let before = ruler(&window);
    let bar = names(&window, " events, ").into_iter().find(|name| name.contains("mostly")).unwrap();
    assert!(bar.starts_with("stream SKU-000, "), "{bar}");
    let at = rect(&window, &bar).center();
    window.click_at(at);
    assert_ne!(ruler(&window), before);
}

#[test]
fn a_head_shows_its_stream_in_replay_and_a_double_click_filters() {
    let mut window = shop("stream:*-00399");
    window.click_containing("stream ord-00399, 2 events");
    let app = window.app();
    let stream = app.navigation().stream.unwrap();
    assert_eq!(&*app.document().unwrap().log().stream(stream).id, "ord-00399");
    let head = rect(&window, "stream ord-00399, 2 events").center();
    window.double_click_at(head);
    assert_eq!(window.app().document().unwrap().filter_text, "stream:ord-00399");
}

#[test]
fn without_times_the_lanes_offer_ranks_and_an_empty_filter_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("timeless.jsonl");
    let event =
        |n: usize| format!(r#"{{"stream":"ord-1","type":"OrderMoved","version":{n},"data":{{"n":{n}}}}}"#);
    std::fs::write(&store, (0..20).map(event).collect::<Vec<_>>().join("\n")).unwrap();
    let mut window = lanes_of(store);
    window.click_containing("Show them by rank");
    assert!(ruler(&window).starts_with("Ruler: 2, 4, "), "{}", ruler(&window));
    assert_eq!(names(&window, "streams drawn").len() + names(&window, "stream drawn").len(), 1);
    window.send(GoCommand::Filter("type:Nothing".to_owned()));
    assert!(!names(&window, "No event matches this filter").is_empty());
    let clear = window.harness.get_by_role_and_label(Role::Button, "Clear filter").rect().center();
    window.click_at(clear);
    assert_eq!(window.app().document().unwrap().filter_text, "");
}

#[test]
fn the_selected_stream_has_a_lane_however_many_there_are() {
    let mut window = shop("");
    let head = "stream ord-00399, 2 events, shown because it is selected";
    assert!(names(&window, "stream ord-00399").is_empty());
    window.show("ord-00399");
    assert_eq!(names(&window, "stream ord-00399, 2 events, shown"), [head], "it is scrolled to");
    let log = window.app().document().unwrap().log();
    let placed = log.replay_rows(window.stream("ord-00399"))[0];
    window.send(GoCommand::Select(placed));
    assert!(!names(&window, "stream ord-00399, 2 events, 23:27:16–23:28:03").is_empty(), "with its events");
    // The next one takes its place; one that has a lane anyway needs none.
    window.show("ord-00398");
    assert_eq!(names(&window, "stream ord-00398, 3 events, shown because it is selected").len(), 1);
    window.select(0);
    window.show("SKU-000");
    assert!(!names(&window, "stream SKU-000, ").is_empty());
    assert!(names(&window, "shown because it is selected").is_empty());
}
