//! Replay as a person uses it: the real window on another shop's log, found by what a screen reader says.

use std::sync::mpsc::{SyncSender, sync_channel};

use egui::accesskit::Role;
use egui::{Key, Modifiers, Vec2, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use sagascope::engine::Latest;
use sagascope::ui::command::{GoCommand, Overlay, RELOAD, WindowCommand};
use sagascope_ui_tests::window::{Setup, Window};

const SIZE: Vec2 = vec2(1600.0, 1000.0);

/// Another shop's log, at version 3 of the payment that was declined three times.
fn payment(size: Vec2) -> Window {
    let mut window = Window::shop(size);
    window.show("pay-00301");
    window.send(GoCommand::Version(3));
    window
}

/// A store of these lines.
fn store_of(folder: &tempfile::TempDir, lines: &[String]) -> Window {
    let store = folder.path().join("store.jsonl");
    std::fs::write(&store, lines.join("\n")).unwrap();
    Window::with([store], Setup { size: SIZE, ..Setup::default() })
}

/// What the screen reader says of every row of the tree.
fn rows(window: &Window) -> Vec<String> {
    let nodes = window.harness.root().children_recursive();
    let nodes = nodes.map(|node| node.accesskit_node());
    nodes.filter(|node| node.role() == Role::TreeItem).filter_map(|node| node.label()).collect()
}

#[track_caller]
fn has_row(window: &Window, start: &str) {
    let rows = rows(window);
    assert!(rows.iter().any(|row| row.starts_with(start)), "no row begins with {start}: {rows:#?}");
}

#[test]
fn stepping_shows_what_each_event_changed_and_who_set_the_rest() {
    let mut window = payment(SIZE);
    has_row(&window, "attempt, 3, was 2, changed, set by PaymentDeclined version 3");
    has_row(&window, "reason, \"3ds_timeout\", set by PaymentDeclined version 2");
    has_row(&window, "provider_response.code, 51, was 54, changed, set by PaymentDeclined version 3");
    has_row(&window, "auth_code, not set yet, set later, at version 4");
    window.press(Key::ArrowRight);
    assert_eq!(window.version(), Some(4));
    has_row(&window, "auth_code, \"181108\", added, set by PaymentAuthorized version 4");
    has_row(&window, "attempt, 3, set by PaymentDeclined version 3");
    for _ in 0..4 {
        window.press(Key::ArrowLeft);
    }
    assert_eq!(window.version(), Some(0));
    has_row(&window, "amount, 48760, added, set by PaymentRequested version 0");
    has_row(&window, "attempt, not set yet");
}

#[test]
fn a_click_in_the_list_goes_there_and_back_returns() {
    let mut window = payment(SIZE);
    window.click_containing("version 1, PaymentDeclined, failed, 3 added");
    assert_eq!(window.version(), Some(1));
    has_row(&window, "attempt, 1, added");
    window.key(Modifiers::ALT, Key::ArrowLeft);
    assert_eq!(window.version(), Some(3));
    has_row(&window, "attempt, 3, was 2");
}

#[test]
fn b_jumps_to_the_event_that_set_the_value_under_the_pointer() {
    let mut window = payment(SIZE);
    window.harness.get_by_label_contains("reason, \"3ds_timeout\"").hover();
    window.settle();
    assert_eq!(window.app().navigation().value.as_ref().unwrap().to_string(), "/reason");
    window.press(Key::B);
    assert_eq!(window.version(), Some(2));
    window.press(Key::C);
    assert_eq!(window.version(), Some(2), "nothing changes the reason later");
    window.key(Modifiers::SHIFT, Key::C);
    assert_eq!(window.version(), Some(1));
    window.key(Modifiers::ALT, Key::ArrowLeft);
    assert_eq!(window.version(), Some(2));
}

#[test]
fn the_card_lists_earlier_writers_and_leads_to_them() {
    let mut window = payment(SIZE);
    window.harness.get_by_label_contains("provider_response.code, 51").hover();
    window.harness.run_steps(20);
    window.settle();
    window.harness.get_by_label_contains("set by PaymentDeclined, version 3, 19:02:26");
    window.harness.get_by_label_contains("Two earlier writers of provider_response.code");
    window.click_containing("54, PaymentDeclined, version 2, 19:02:21");
    assert_eq!(window.version(), Some(2));
}

#[test]
fn the_keyboard_walks_through_the_values() {
    let mut window = payment(SIZE);
    window.harness.get_by_label_contains("attempt, 3, was 2").focus();
    window.settle();
    let value = |window: &Window| window.app().navigation().value.as_ref().map(ToString::to_string);
    assert_eq!(value(&window).as_deref(), Some("/attempt"));
    window.press(Key::ArrowDown);
    assert_eq!(value(&window).as_deref(), Some("/reason"));
    window.press(Key::ArrowUp);
    window.press(Key::ArrowUp);
    assert_eq!(value(&window).as_deref(), Some("/method"));
    window.harness.get_by_label_contains("set by PaymentRequested, version 0");
    window.press(Key::B);
    assert_eq!(window.version(), Some(0));
}

#[test]
fn a_right_click_offers_the_whole_history_of_a_value() {
    let mut window = payment(SIZE);
    window.harness.get_by_label_contains("attempt, 3, was 2").click_secondary();
    window.settle();
    window.click_containing("History of this value…");
    window.harness.get_by_label_contains("History of attempt3 writers");
    window.click_containing("1, PaymentDeclined, version 1, 19:01:58");
    assert_eq!(window.version(), Some(1));
    window.click_containing("3, PaymentDeclined, version 3, 19:02:26");
    assert_eq!(window.version(), Some(3));
    window.press(Key::Escape);
    assert!(window.harness.query_by_label_contains("History of attempt").is_none());
}

#[test]
fn a_long_value_is_shown_whole_and_what_has_no_data_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let long = "abc ".repeat(500);
    let event = |version: u32, data: &str| {
        format!(
            r#"{{"stream_type":"T","stream_id":"t-1","version":{version},"global":{version},"type":"Noted","at":"2026-03-01T10:00:0{version}Z"{data}}}"#
        )
    };
    let data = format!(r#","data":{{"note":"{long}"}}"#);
    let mut window = store_of(&folder, &[event(0, &data), event(1, "")]);
    window.show("t-1");
    window.harness.get_by_label_contains("version 1, Noted, no data");
    window.harness.get_by_label("no data: the state is as before");
    window.click_containing("note, \"abc abc");
    window.harness.get_by_label_contains("note2.0 kB");
    let shown = window.harness.root().children_recursive().filter_map(|node| node.accesskit_node().value());
    assert!(shown.into_iter().any(|text| text == long), "the whole text is there");
    window.press(Key::Escape);
    assert!(window.harness.query_by_label_contains("note2.0 kB").is_none());
}

#[test]
fn containers_fold_and_open() {
    let mut window = payment(SIZE);
    window.click_containing("provider_response, {2}");
    assert!(!rows(&window).iter().any(|row| row.starts_with("provider_response.code")));
    has_row(&window, "provider_response, {2}, 1 changed inside");
    window.click_containing("provider_response, {2}");
    has_row(&window, "provider_response.code");
}

#[test]
fn two_versions_are_compared() {
    let mut window = payment(SIZE);
    let row = {
        let app = window.app();
        let document = app.document().unwrap();
        document.log().replay_rows(window.stream("pay-00301"))[1]
    };
    window.harness.get_by_label_contains("version 1, PaymentDeclined").click_modifiers(Modifiers::COMMAND);
    window.settle();
    assert_eq!(window.app().navigation().pinned, Some(row));
    assert_eq!(window.version(), Some(3), "the playhead stays");
    window.harness.get_by_label("Comparing version 1 with version 3");
    has_row(&window, "attempt, 3, was 1, changed");
    has_row(&window, "reason, \"3ds_timeout\", was \"issuer_unavailable\", changed");
    assert!(rows(&window).iter().any(|row| row.starts_with("provider_response.code, 51, set by")));
    window.click_containing("Diff");
    window.harness.get_by_label("changed: ~ attempt 1 → 3");
    window.click_containing("Text");
    window.harness.get_by_label_contains("added, \"attempt\": 3");
    window.click_containing("Stop comparing");
    assert!(window.harness.query_by_label_contains("Comparing").is_none());
}

#[test]
fn a_version_is_typed_to_compare_with_and_to_jump_to() {
    let mut window = payment(SIZE);
    window.click_containing("Compare with…");
    window.harness.get_by_label("Compare with version or time").focus();
    window.harness.step();
    window.harness.get_by_label("Compare with version or time").type_text("0");
    window.harness.step();
    window.press(Key::Enter);
    window.harness.get_by_label("Comparing version 0 with version 3");
    window.click_containing("version 3 of 4, jump to another");
    let fields: Vec<_> = window.harness.query_all_by_label("Version or time").collect();
    fields.last().unwrap().focus();
    drop(fields);
    window.harness.step();
    window.harness.query_all_by_label("Version or time").last().unwrap().type_text("4");
    window.harness.step();
    window.press(Key::Enter);
    assert_eq!(window.version(), Some(4));
}

#[test]
fn before_its_first_event_a_stream_says_when_it_begins() {
    let mut window = payment(SIZE);
    let first = window.app().document().unwrap().log().row_at(0);
    window.send(GoCommand::Select(first));
    window.show("pay-00301");
    window.harness.get_by_label_contains("pay-00301 begins later, at 2026-03-01 19:01:41");
    window.click_containing("Go to its first event");
    assert_eq!(window.version(), Some(0));
    has_row(&window, "payment_id, \"pay-00301\", added");
}

#[test]
fn the_other_streams_of_the_correlation_lead_there() {
    let mut window = payment(SIZE);
    window.harness.get_by_label("stream shp-00301, Shipment, 0 of 2 events have happened");
    window.click_containing("stream ord-00301, Order, 1 of 3 events have happened");
    assert_eq!(window.app().navigation().stream, Some(window.stream("ord-00301")));
}

#[test]
fn null_removes_a_value_only_when_that_is_switched_on() {
    let folder = tempfile::tempdir().unwrap();
    let event = |version: u32, data: &str| {
        format!(
            r#"{{"stream_type":"T","stream_id":"t-1","version":{version},"global":{version},"type":"Noted","at":"2026-03-01T10:00:0{version}Z","data":{data}}}"#
        )
    };
    let lines = [event(0, r#"{"a":1,"b":{}}"#), event(1, r#"{"a":null,"c":[],"d":""}"#)];
    let mut window = store_of(&folder, &lines);
    window.show("t-1");
    has_row(&window, "a, null, was 1, changed");
    has_row(&window, "b, {}");
    has_row(&window, "c, []");
    has_row(&window, "d, \"\"");
    window.click_containing("More: copy, save, rule");
    window.harness.get_by_role_and_label(Role::Switch, "Null removes a value").click();
    window.settle();
    has_row(&window, "a, was 1, removed");
}

/// Two events of an order whose status only the domain's rules know.
fn order(folder: &tempfile::TempDir) -> Window {
    let event = |version: u32, name: &str, data: &str| {
        format!(
            r#"{{"stream_type":"Order","stream_id":"order-1","version":{version},"global":{version},"type":"{name}","at":"2026-03-01T10:00:0{version}Z","data":{data}}}"#
        )
    };
    let lines = [
        event(1, "order.created.v1", r#"{"orderId":"1","total":12}"#),
        event(2, "order.confirmed.v1", r#"{"orderId":"1"}"#),
    ];
    let mut window = store_of(folder, &lines);
    window.show("order-1");
    window
}

#[test]
fn the_domain_that_is_chosen_says_how_a_log_is_replayed() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = order(&folder);
    let status = |window: &Window| rows(window).into_iter().find(|row| row.starts_with("status"));
    assert_eq!(status(&window), None, "merged, an order has no status");
    window.send(WindowCommand::ToggleOverlay(Overlay::Domain));
    window.click("Shop");
    assert!(window.says("shop knows 1 of 1 streams"), "{:?}", window.labels());
    window.click("Use this domain");
    has_row(&window, "status, \"confirmed\", was \"created\", changed");
    window.send((RELOAD.make)());
    window.show("order-1");
    assert!(status(&window).is_some(), "a log that is read again keeps its domain");
    window.send(WindowCommand::ToggleOverlay(Overlay::Domain));
    window.click("Use none");
    assert_eq!(status(&window), None);
}

#[test]
fn a_domain_file_that_is_wrong_or_fits_nothing_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wrong.toml");
    std::fs::write(&path, "format = 2\nnam = 'x'\n").unwrap();
    let mut window = order(&folder);
    window.send(WindowCommand::ToggleOverlay(Overlay::Domain));
    window.type_text(&path.display().to_string());
    window.press(Key::Enter);
    assert!(window.says_part("1:10"), "{:?}", window.labels());
    assert!(window.app().document().unwrap().domain().is_none());
    window.click("Travel");
    assert!(window.says("travel knows none of the streams of this log"), "{:?}", window.labels());
}

#[test]
fn every_size_and_way_to_show_the_state_is_drawn() {
    for size in [vec2(1280.0, 800.0), SIZE, vec2(2560.0, 1440.0), vec2(700.0, 480.0)] {
        let mut window = payment(size);
        for way in ["Diff", "Text", "Tree"] {
            window.click_containing(way);
        }
        window.send(WindowCommand::ToggleCompact);
        assert!(!rows(&window).is_empty(), "{size}");
        assert_eq!(window.harness.unnamed_widgets(), Vec::<String>::new(), "{size}");
    }
}

/// Keeps every worker thread of the engine waiting until it is dropped.
struct Busy(Vec<Latest<usize, ()>>, Vec<SyncSender<()>>);

impl Busy {
    fn all_workers_of(window: &Window) -> Self {
        let mut busy = Self(Vec::new(), Vec::new());
        // More than there can be: the rest waits behind them.
        for number in 0..16 {
            let (open, gate) = sync_channel::<()>(0);
            let latest = Latest::default();
            latest.ask(window.app().engine().workers(), &number, move |_, _| gate.recv().ok());
            busy.0.push(latest);
            busy.1.push(open);
        }
        busy
    }
}

#[test]
fn a_long_fold_says_how_far_it_is_and_can_be_stopped_and_begun_again() {
    let mut window = payment(SIZE);
    let busy = Busy::all_workers_of(&window);
    let stream = window.stream("SKU-003");
    window.app().send(GoCommand::ShowStream(stream));
    window.until(|window| window.has(Role::Button, "Cancel"));
    assert!(window.says("Folding 110 events of SKU-003"), "{:?}", window.labels());
    assert!(window.says("0 of 110 events"), "{:?}", window.labels());
    window.harness.get_by_role_and_label(Role::Button, "Cancel").click();
    window.until(|window| window.has(Role::Button, "Fold again"));
    assert!(window.says("Folding SKU-003 was stopped before the first event"), "{:?}", window.labels());
    drop(busy);
    window.settle();
    assert!(window.has(Role::Button, "Fold again"), "it stays as it is");
    window.click("Fold again");
    has_row(&window, "sku, \"SKU-003\", set by");
}

#[test]
fn escape_stops_a_fold_and_another_stream_is_folded_all_the_same() {
    let mut window = payment(SIZE);
    let busy = Busy::all_workers_of(&window);
    let stream = window.stream("SKU-003");
    window.app().send(GoCommand::ShowStream(stream));
    window.until(|window| window.has(Role::Button, "Cancel"));
    window.harness.key_press(Key::Escape);
    window.until(|window| window.has(Role::Button, "Fold again"));
    drop(busy);
    window.show("pay-00301");
    has_row(&window, "payment_id, \"pay-00301\"");
    window.show("SKU-003");
    has_row(&window, "sku, \"SKU-003\", set by");
}
