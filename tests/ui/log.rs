//! The log, its filter, the menus and the issues, as a person uses them: the real window on real stores.

use std::path::{Path, PathBuf};

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use sagascope::engine::Dirs;
use sagascope::ui::app::navigation::Playhead;
use sagascope::ui::command::{COMMANDS, Command, GoCommand, Menu, Needs, WindowCommand};
use sagascope::ui::fonts::Fallback;
use sagascope::ui::theme::Theme;
use sagascope::ui::{App, AppOptions};
use sagascope_ui_tests::harness;
use tempfile::TempDir;

/// A window with its own folders.
struct Window {
    harness: Harness<'static, App>,
    _folder: TempDir,
}

/// Frames until a window must be at rest.
const FRAMES_MAX: usize = 20_000;

impl Window {
    fn open(store: &Path, width: f32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = AppOptions {
            dirs: Dirs { cache: folder.path().join("cache"), config: folder.path().join("config") },
            stores: vec![store.to_owned()],
            fonts: Fallback::BundledOnly,
            persistent: false,
            sample: false,
            theme: Some(Theme::Dark),
        };
        let harness = harness(Theme::Dark)
            .allow_missing_glyphs()
            .with_size(vec2(width, 1_000.0))
            .build_eframe(|creation| App::new(&creation.egui_ctx, options).unwrap());
        let mut window = Self { harness, _folder: folder };
        window.settle();
        window
    }

    fn sample() -> Self {
        Self::open(&sample(), 1_600.0)
    }

    fn settle(&mut self) {
        let mut at_rest = 0;
        for _ in 0..FRAMES_MAX {
            self.harness.step();
            at_rest = if self.harness.state().is_settled() { at_rest + 1 } else { 0 };
            if at_rest > 4 {
                return;
            }
            std::thread::yield_now();
        }
        panic!("the window does not come to rest");
    }

    fn send(&mut self, command: impl Into<Command>) {
        self.harness.state().send(command);
        self.settle();
    }

    fn click(&mut self, role: Role, label: &str) {
        self.harness.get_by_role_and_label(role, label).click();
        self.settle();
    }

    /// Presses a button of the mouse on the row whose label begins like this.
    fn click_row(&mut self, beginning: &str, button: egui::PointerButton, modifiers: Modifiers) {
        let at = self.row(beginning).expect("the row is on screen").1;
        self.harness.event(Event::PointerMoved(at));
        self.harness.step();
        for pressed in [true, false] {
            self.harness
                .event_modifiers(Event::PointerButton { pos: at, button, pressed, modifiers }, modifiers);
            self.harness.step();
        }
        self.settle();
    }

    fn press(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.settle();
    }

    fn type_text(&mut self, text: &str) {
        self.harness.event(Event::Text(text.to_owned()));
        self.settle();
    }

    /// What the rows of the log say, with where they are.
    fn rows(&self) -> Vec<(String, egui::Pos2)> {
        let items = self.harness.query_all_by_role(Role::ListItem);
        let named = items.filter_map(|node| Some((node.accesskit_node().label()?, node.rect().center())));
        named.filter(|(label, _)| label.starts_with("position ")).collect()
    }

    fn row(&self, beginning: &str) -> Option<(String, egui::Pos2)> {
        self.rows().into_iter().find(|(label, _)| label.starts_with(beginning))
    }

    fn filter(&self) -> &str {
        &self.harness.state().document().unwrap().filter_text
    }

    fn says(&self, text: &str) -> bool {
        self.harness.query_all_by_label_contains(text).next().is_some()
    }

    fn has(&self, role: Role, label: &str) -> bool {
        self.harness.query_all_by_role_and_label(role, label).next().is_some()
    }
}

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sample-data/shop-week.jsonl")
}

#[test]
fn rows_say_what_a_sighted_person_reads() {
    let window = Window::sample();
    let (first, _) = window.row("position 0,").unwrap();
    let expected = "position 0, 08:00:00.000, stream SKU-000, StockReceived, version 0, sku SKU-000 · name ";
    assert!(first.starts_with(expected), "{first}");
}

#[test]
fn typing_into_the_filter_leaves_what_matches() {
    let mut window = Window::sample();
    window.press(Modifiers::COMMAND, Key::F);
    assert!(window.says("types, * for any letters"), "the help is shown");
    window.type_text("type:PaymentDeclined");
    assert!(!window.says("types, * for any letters"), "the help makes way");
    assert!(window.says("88 of 3,776 events"));
    let rows = window.rows();
    assert!(
        rows.len() > 5 && rows.iter().all(|(label, _)| label.contains("PaymentDeclined, failed")),
        "{rows:?}"
    );

    window.press(Modifiers::NONE, Key::Enter);
    assert_eq!(window.filter(), "type:PaymentDeclined");
    window.press(Modifiers::COMMAND, Key::F);
    window.press(Modifiers::NONE, Key::Escape);
    assert_eq!(window.filter(), "");
    assert!(!window.says("of 3,776 events"));
    let rows = window.rows();
    assert!(rows.iter().any(|(label, _)| !label.contains("PaymentDeclined")), "{rows:?}");
    assert!(rows.iter().any(|(label, _)| label.contains("PaymentDeclined")), "the list stays where it was");
}

#[test]
fn a_wrong_filter_says_why_and_keeps_the_last_good_result() {
    let mut window = Window::sample();
    window.send(GoCommand::Filter("type:OrderPlaced".to_owned()));
    window.send(GoCommand::Filter("type:OrderPlaced colour:red".to_owned()));
    assert!(window.says("There is no field colour"));
    assert!(window.says("400 of 3,776 events"));
    assert!(window.rows().iter().all(|(label, _)| label.contains("OrderPlaced")));
}

#[test]
fn a_filter_that_leaves_nothing_can_be_cleared() {
    let mut window = Window::sample();
    window.send(GoCommand::Filter("type:Nothing".to_owned()));
    assert!(window.says("No event matches this filter"));
    window.click(Role::Button, "Clear filter");
    assert_eq!(window.filter(), "");
    assert!(window.row("position 0,").is_some());
}

#[test]
fn a_click_selects_and_what_comes_later_is_dimmed() {
    let mut window = Window::sample();
    window.click_row("position 5,", egui::PointerButton::Primary, Modifiers::NONE);
    let navigation = window.harness.state().navigation();
    let selected = navigation.selected.unwrap();
    assert_eq!((selected.ordinal(), navigation.playhead), (5, Playhead::At(selected)));
    for (label, _) in window.rows() {
        let number: u64 =
            label["position ".len()..].split(", ").next().unwrap().replace(',', "").parse().unwrap();
        assert_eq!(label.contains("after the playhead"), number > 5, "{label}");
        assert_eq!(label.contains("at the playhead"), number == 5, "{label}");
    }
}

#[test]
fn the_row_of_the_playhead_is_brought_into_view_but_scrolling_is_free() {
    let mut window = Window::sample();
    let row = window.harness.state().document().unwrap().log().row_at(3_000);
    window.send(GoCommand::Select(row));
    assert!(window.row("position 3,000,").is_some());
    let at = window.row("position 3,000,").unwrap().1;
    window.harness.event(Event::PointerMoved(at));
    window.harness.event(Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: vec2(0.0, -2_000.0),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Unknown,
        modifiers: Modifiers::NONE,
    });
    for _ in 0..60 {
        window.harness.step();
    }
    assert!(window.row("position 3,000,").is_none(), "the list does not jump back");
    window.press(Modifiers::COMMAND, Key::ArrowRight);
    assert!(window.row("position 3,001,").is_some(), "a step brings the playhead into view again");
}

#[test]
fn ctrl_click_pins_and_a_second_one_takes_the_pin_off() {
    let mut window = Window::sample();
    for expected in [Some(4), None] {
        window.click_row("position 4,", egui::PointerButton::Primary, Modifiers::COMMAND);
        assert_eq!(window.harness.state().navigation().pinned.map(|row| row.ordinal()), expected);
        assert_eq!(window.row("position 4,").unwrap().0.contains("pinned"), expected.is_some());
    }
}

#[test]
fn a_right_click_makes_filters_of_an_event() {
    for (entry, filter) in [
        ("Only this type", "type:StockReceived"),
        ("Exclude this type", "-type:StockReceived"),
        ("Only this stream", "stream:SKU-003"),
        ("Follow its correlation", "corr:"),
    ] {
        let mut window = Window::sample();
        window.click_row("position 3,", egui::PointerButton::Secondary, Modifiers::NONE);
        window.click(Role::Button, entry);
        assert!(window.filter().starts_with(filter), "{entry}: {}", window.filter());
        let expected = entry != "Exclude this type";
        assert_eq!(window.row("position 3,").is_some(), expected, "{entry}");
    }
}

#[test]
fn days_stand_between_events() {
    let mut window = Window::sample();
    window.send(GoCommand::Filter("corr:229db9b3*".to_owned()));
    assert!(window.says("2026-03-02 · 18 h 34 m later"));
    assert_eq!(window.rows().len(), 12, "dates take no event's place");
}

#[test]
fn columns_are_shown_and_hidden() {
    let mut window = Window::sample();
    assert!(!window.has(Role::ColumnHeader, "correlation"));
    for column in ["correlation", "stream"] {
        window.harness.get_by_role_and_label(Role::ColumnHeader, "type").click_secondary();
        window.settle();
        window.click(Role::CheckBox, column);
        window.press(Modifiers::NONE, Key::Escape);
    }
    assert!(window.has(Role::ColumnHeader, "correlation"));
    assert!(!window.has(Role::ColumnHeader, "stream"));
}

#[test]
fn compact_rows_show_more_events() {
    let mut window = Window::sample();
    let before = window.rows().len();
    window.send(WindowCommand::ToggleCompact);
    assert!(window.rows().len() > before, "{} rows, {before} before", window.rows().len());
}

#[test]
fn menus_list_every_command() {
    let mut window = Window::sample();
    for menu in Menu::ALL {
        window.click(Role::Button, menu.title());
        for command in COMMANDS.iter().filter(|command| command.menu == menu) {
            let entry = window.harness.get_by_role_and_label(Role::MenuItem, command.name);
            // No simulation is open here.
            let idle = ["Stop loading", "Clear filter", "Back", "Forward"].contains(&command.name)
                || command.needs == Needs::Simulation;
            assert_eq!(entry.accesskit_node().is_disabled(), idle, "{}", command.name);
        }
        window.press(Modifiers::NONE, Key::Escape);
    }
}

#[test]
fn a_menu_entry_does_what_it_says() {
    let mut window = Window::sample();
    window.click(Role::Button, "View");
    window.click(Role::MenuItem, "Compact rows");
    assert!(window.harness.state().preferences().compact);
    assert!(!window.has(Role::MenuItem, "Compact rows"), "the menu closes");
}

#[test]
fn nothing_of_the_menu_bar_overlaps_in_a_narrow_window() {
    for width in [700.0, 900.0, 1_100.0, 1_280.0, 1_920.0] {
        let mut window = Window::open(&sample(), width);
        window.send(GoCommand::Range(Some((1_772_391_746_000_000_000, 1_772_395_346_000_000_000))));
        let nodes = window.harness.root().children_recursive();
        let mut places: Vec<(String, egui::Rect)> = nodes
            .filter(|node| {
                let role = node.accesskit_node().role();
                [Role::Button, Role::TextInput, Role::Label, Role::Image].contains(&role)
            })
            .filter(|node| node.rect().bottom() <= 40.0 && node.rect().width() > 1.0)
            .filter_map(|node| Some((node.accesskit_node().label()?, node.rect())))
            .collect();
        places.sort_by(|a, b| a.1.left().total_cmp(&b.1.left()));
        assert!(places.len() >= 7, "{places:?}");
        for pair in places.windows(2) {
            assert!(pair[0].1.right() <= pair[1].1.left() + 1.0, "{width}: {pair:?}");
        }
        assert!(places.iter().all(|(_, rect)| rect.right() <= width), "{width}");
        let field = window.harness.get_by_role_and_label(Role::TextInput, "Filter events").rect();
        assert!(field.width() > 60.0, "{width}: {field}");
    }
}

#[test]
fn the_brushed_range_is_named_and_can_be_removed() {
    let mut window = Window::sample();
    window.send(GoCommand::Range(Some((1_772_391_746_000_000_000, 1_772_391_747_000_000_000))));
    assert!(window.row("position 2,139,").is_some(), "{:?}", window.rows());
    window.click(Role::Button, "Remove the range 1 Mar 19:02 – 19:02");
    assert_eq!(window.harness.state().navigation().range, None);
}

#[test]
fn records_that_could_not_be_read_are_listed_with_their_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("broken.jsonl");
    let good = r#"{"at":"2026-03-01T10:00:00Z","stream_id":"a-1","type":"order.created.v1","data":{"n":1}}"#;
    std::fs::write(&store, format!("{good}\n{{\"half\":\nnot json at all\n{good}\n")).unwrap();
    let mut window = Window::open(&store, 1_600.0);
    window.harness.get_all_by_role_and_label(Role::Button, "2 issues").next().unwrap().click();
    window.settle();
    assert!(window.says("2 records could not be read"));
    let line = window.harness.get_by_label_contains("broken.jsonl, line 3: ");
    assert!(line.accesskit_node().label().unwrap().ends_with("bytes not json at all"));
    line.click();
    window.settle();
    // The inspector has a choice of the same name.
    let choices = window.harness.get_all_by_role_and_label(Role::RadioButton, "Hex");
    choices.min_by(|a, b| a.rect().left().total_cmp(&b.rect().left())).unwrap().click();
    window.settle();
    assert!(window.says("0000  6e 6f 74 20 6a 73 6f 6e 20 61 74 20 61 6c 6c     not json at all"));
    window.click(Role::RadioButton, "Sources 1");
    assert!(window.says("type ← type"));
}
