//! Replay as a person uses it: the real window on the sample store, found by what a screen reader says.

use std::path::PathBuf;

use egui::accesskit::Role;
use egui::{Key, Modifiers, Vec2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use sagascope::engine::Dirs;
use sagascope::index::{StreamId, StreamLookup};
use sagascope::ui::app::{App, AppOptions};
use sagascope::ui::command::{Command, GoCommand, WindowCommand};
use sagascope::ui::fonts::Fallback;
use sagascope::ui::theme::Theme;
use sagascope_ui_tests::harness;

/// Frames until everything asked for is there.
const FRAMES_MAX: usize = 20_000;

struct Window(Harness<'static, App>);

impl Window {
    /// The sample store, at version 3 of the payment that was declined three times.
    fn open(size: Vec2) -> Self {
        let mut window = Self::of(
            PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../sample-data/shop-week.jsonl")),
            size,
        );
        window.show("pay-00301");
        window.send(GoCommand::Version(3));
        window
    }

    fn of(store: PathBuf, size: Vec2) -> Self {
        let options = AppOptions {
            dirs: Dirs { cache: PathBuf::new(), config: PathBuf::new() },
            stores: vec![store],
            fonts: Fallback::BundledOnly,
            persistent: false,
            sample: false,
            theme: Some(Theme::Dark),
        };
        // Frames are driven by `settle`, so that nobody has to be woken: a context of its own will do.
        let app = App::new(&egui::Context::default(), options).unwrap();
        let harness = harness(Theme::Dark).with_size(size).allow_missing_glyphs().build_ui_state(
            |ui, app: &mut App| {
                app.logic(&ui.ctx().clone());
                app.ui(ui);
            },
            app,
        );
        let mut window = Self(harness);
        window.settle();
        window
    }

    /// Draws frames until nothing moves any more.
    fn settle(&mut self) {
        // A click is a press and a release, each in a frame of its own.
        self.0.run_steps(4);
        for _ in 0..FRAMES_MAX {
            self.0.step();
            if self.0.state().is_settled() {
                self.0.step();
                self.0.step();
                if self.0.state().is_settled() {
                    return;
                }
            }
            std::thread::yield_now();
        }
        panic!("the window never came to rest");
    }

    fn send(&mut self, command: impl Into<Command>) {
        self.0.state().send(command);
        self.settle();
    }

    fn stream(&self, id: &str) -> StreamId {
        match self.0.state().document().unwrap().log().find_stream(id) {
            StreamLookup::Found(stream) => stream,
            other => panic!("{id}: {other:?}"),
        }
    }

    fn show(&mut self, id: &str) {
        let stream = self.stream(id);
        self.send(GoCommand::ShowStream(stream));
    }

    fn press(&mut self, key: Key) {
        self.0.key_press(key);
        self.settle();
    }

    fn click(&mut self, label: &str) {
        // The inspector has words of the same name; this view comes first.
        let node = self.0.get_all_by_label_contains(label).next();
        node.expect("something has this name").click();
        self.settle();
    }

    /// What the screen reader says of every row of the tree.
    fn rows(&self) -> Vec<String> {
        let nodes = self.0.root().children_recursive();
        let nodes = nodes.map(|node| node.accesskit_node());
        nodes.filter(|node| node.role() == Role::TreeItem).filter_map(|node| node.label()).collect()
    }

    fn has_row(&self, start: &str) {
        let rows = self.rows();
        assert!(rows.iter().any(|row| row.starts_with(start)), "no row begins with {start}: {rows:#?}");
    }

    fn version(&self) -> Option<i64> {
        let app = self.0.state();
        app.document().unwrap().log().event(app.navigation().selected.unwrap()).version
    }
}

const SIZE: Vec2 = vec2(1600.0, 1000.0);

#[test]
fn stepping_shows_what_each_event_changed_and_who_set_the_rest() {
    let mut window = Window::open(SIZE);
    window.has_row("attempt, 3, was 2, changed, set by PaymentDeclined version 3");
    window.has_row("reason, \"3ds_timeout\", set by PaymentDeclined version 2");
    window.has_row("provider_response.code, 51, was 54, changed, set by PaymentDeclined version 3");
    window.has_row("auth_code, not set yet, set later, at version 4");
    window.press(Key::ArrowRight);
    assert_eq!(window.version(), Some(4));
    window.has_row("auth_code, \"181108\", added, set by PaymentAuthorized version 4");
    window.has_row("attempt, 3, set by PaymentDeclined version 3");
    for _ in 0..4 {
        window.press(Key::ArrowLeft);
    }
    assert_eq!(window.version(), Some(0));
    window.has_row("amount, 48760, added, set by PaymentRequested version 0");
    window.has_row("attempt, not set yet");
}

#[test]
fn a_click_in_the_list_goes_there_and_back_returns() {
    let mut window = Window::open(SIZE);
    window.click("version 1, PaymentDeclined, failed, 3 added");
    assert_eq!(window.version(), Some(1));
    window.has_row("attempt, 1, added");
    window.0.key_press_modifiers(Modifiers::ALT, Key::ArrowLeft);
    window.settle();
    assert_eq!(window.version(), Some(3));
    window.has_row("attempt, 3, was 2");
}

#[test]
fn b_jumps_to_the_event_that_set_the_value_under_the_pointer() {
    let mut window = Window::open(SIZE);
    window.0.get_by_label_contains("reason, \"3ds_timeout\"").hover();
    window.settle();
    assert_eq!(window.0.state().navigation().value.as_ref().unwrap().to_string(), "/reason");
    window.press(Key::B);
    assert_eq!(window.version(), Some(2));
    window.press(Key::N);
    assert_eq!(window.version(), Some(2), "nothing changes the reason later");
    window.0.key_press_modifiers(Modifiers::SHIFT, Key::N);
    window.settle();
    assert_eq!(window.version(), Some(1));
    window.0.key_press_modifiers(Modifiers::ALT, Key::ArrowLeft);
    window.settle();
    assert_eq!(window.version(), Some(2));
}

#[test]
fn the_card_lists_earlier_writers_and_leads_to_them() {
    let mut window = Window::open(SIZE);
    window.0.get_by_label_contains("provider_response.code, 51").hover();
    window.0.run_steps(20);
    window.settle();
    window.0.get_by_label_contains("set by PaymentDeclined, version 3, 19:02:26");
    window.0.get_by_label_contains("Two earlier writers of provider_response.code");
    window.click("54, PaymentDeclined, version 2, 19:02:21");
    assert_eq!(window.version(), Some(2));
}

#[test]
fn the_keyboard_walks_through_the_values() {
    let mut window = Window::open(SIZE);
    window.0.get_by_label_contains("attempt, 3, was 2").focus();
    window.settle();
    let value = |window: &Window| window.0.state().navigation().value.as_ref().map(ToString::to_string);
    assert_eq!(value(&window).as_deref(), Some("/attempt"));
    window.press(Key::ArrowDown);
    assert_eq!(value(&window).as_deref(), Some("/reason"));
    window.press(Key::ArrowUp);
    window.press(Key::ArrowUp);
    assert_eq!(value(&window).as_deref(), Some("/method"));
    window.0.get_by_label_contains("set by PaymentRequested, version 0");
    window.press(Key::B);
    assert_eq!(window.version(), Some(0));
}

#[test]
fn a_right_click_offers_the_whole_history_of_a_value() {
    let mut window = Window::open(SIZE);
    window.0.get_by_label_contains("attempt, 3, was 2").click_secondary();
    window.settle();
    window.click("History of this value…");
    window.0.get_by_label_contains("History of attempt3 writers");
    window.click("1, PaymentDeclined, version 1, 19:01:58");
    assert_eq!(window.version(), Some(1));
    window.click("3, PaymentDeclined, version 3, 19:02:26");
    assert_eq!(window.version(), Some(3));
    window.press(Key::Escape);
    assert!(window.0.query_by_label_contains("History of attempt").is_none());
}

#[test]
fn a_long_value_is_shown_whole_and_what_has_no_data_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("long.jsonl");
    let long = "abc ".repeat(500);
    let event = |version: u32, data: &str| {
        format!(
            r#"{{"stream_type":"T","stream_id":"t-1","version":{version},"global":{version},"type":"Noted","at":"2026-03-01T10:00:0{version}Z"{data}}}"#
        )
    };
    let data = format!(r#","data":{{"note":"{long}"}}"#);
    std::fs::write(&store, [event(0, &data), event(1, "")].join("\n")).unwrap();
    let mut window = Window::of(store, SIZE);
    window.show("t-1");
    window.0.get_by_label_contains("version 1, Noted, no data");
    window.0.get_by_label("no data: the state is as before");
    window.click("note, \"abc abc");
    window.0.get_by_label_contains("note2.0 kB");
    let shown = window.0.root().children_recursive().filter_map(|node| node.accesskit_node().value());
    assert!(shown.into_iter().any(|text| text == long), "the whole text is there");
    window.press(Key::Escape);
    assert!(window.0.query_by_label_contains("note2.0 kB").is_none());
}

#[test]
fn containers_fold_and_open() {
    let mut window = Window::open(SIZE);
    window.click("provider_response, {2}");
    assert!(!window.rows().iter().any(|row| row.starts_with("provider_response.code")));
    window.has_row("provider_response, {2}, 1 changed inside");
    window.click("provider_response, {2}");
    window.has_row("provider_response.code");
}

#[test]
fn two_versions_are_compared() {
    let mut window = Window::open(SIZE);
    let row = {
        let app = window.0.state();
        let document = app.document().unwrap();
        document.log().replay_rows(window.stream("pay-00301"))[1]
    };
    window.0.get_by_label_contains("version 1, PaymentDeclined").click_modifiers(Modifiers::COMMAND);
    window.settle();
    assert_eq!(window.0.state().navigation().pinned, Some(row));
    assert_eq!(window.version(), Some(3), "the playhead stays");
    window.0.get_by_label("Comparing version 1 with version 3");
    window.has_row("attempt, 3, was 1, changed");
    window.has_row("reason, \"3ds_timeout\", was \"issuer_unavailable\", changed");
    assert!(window.rows().iter().any(|row| row.starts_with("provider_response.code, 51, set by")));
    window.click("Diff");
    window.0.get_by_label("changed: ~ attempt 1 → 3");
    window.click("Text");
    window.0.get_by_label_contains("added, \"attempt\": 3");
    window.click("Stop comparing");
    assert!(window.0.query_by_label_contains("Comparing").is_none());
}

#[test]
fn a_version_is_typed_to_compare_with_and_to_jump_to() {
    let mut window = Window::open(SIZE);
    window.click("Compare with…");
    window.0.get_by_label("Compare with version or time").focus();
    window.0.step();
    window.0.get_by_label("Compare with version or time").type_text("0");
    window.0.step();
    window.press(Key::Enter);
    window.0.get_by_label("Comparing version 0 with version 3");
    window.click("version 3 of 4, jump to another");
    let fields: Vec<_> = window.0.query_all_by_label("Version or time").collect();
    fields.last().unwrap().focus();
    drop(fields);
    window.0.step();
    window.0.query_all_by_label("Version or time").last().unwrap().type_text("4");
    window.0.step();
    window.press(Key::Enter);
    assert_eq!(window.version(), Some(4));
}

#[test]
fn before_its_first_event_a_stream_says_when_it_begins() {
    let mut window = Window::open(SIZE);
    let first = window.0.state().document().unwrap().log().row_at(0);
    window.send(GoCommand::Select(first));
    window.show("pay-00301");
    window.0.get_by_label_contains("pay-00301 begins later, at 2026-03-01 19:01:41");
    window.click("Go to its first event");
    assert_eq!(window.version(), Some(0));
    window.has_row("payment_id, \"pay-00301\", added");
}

#[test]
fn the_other_streams_of_the_correlation_lead_there() {
    let mut window = Window::open(SIZE);
    window.0.get_by_label("stream shp-00301, Shipment, 0 of 2 events have happened");
    window.click("stream ord-00301, Order, 1 of 3 events have happened");
    assert_eq!(window.0.state().navigation().stream, Some(window.stream("ord-00301")));
}

#[test]
fn null_removes_a_value_only_when_that_is_switched_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("nulls.jsonl");
    let event = |version: u32, data: &str| {
        format!(
            r#"{{"stream_type":"T","stream_id":"t-1","version":{version},"global":{version},"type":"Noted","at":"2026-03-01T10:00:0{version}Z","data":{data}}}"#
        )
    };
    let lines = [event(0, r#"{"a":1,"b":{}}"#), event(1, r#"{"a":null,"c":[],"d":""}"#)];
    std::fs::write(&store, lines.join("\n")).unwrap();
    let mut window = Window::of(store, SIZE);
    window.show("t-1");
    window.has_row("a, null, was 1, changed");
    window.has_row("b, {}");
    window.has_row("c, []");
    window.has_row("d, \"\"");
    window.click("More: copy, save, rule");
    window.0.get_by_role_and_label(Role::Switch, "Null removes a value").click();
    window.settle();
    window.has_row("a, was 1, removed");
}

#[test]
fn every_size_and_way_to_show_the_state_is_drawn() {
    for size in [vec2(1280.0, 800.0), SIZE, vec2(2560.0, 1440.0), vec2(700.0, 480.0)] {
        let mut window = Window::open(size);
        for way in ["Diff", "Text", "Tree"] {
            window.click(way);
        }
        window.send(WindowCommand::ToggleCompact);
        assert!(!window.rows().is_empty(), "{size}");
        assert_eq!(window.0.unnamed_widgets(), Vec::<String>::new(), "{size}");
    }
}
