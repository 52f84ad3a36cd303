//! The log, its filter, the menus and the issues, as a person uses them: the real window on real stores.

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, PointerButton, Pos2, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use sagascope::ui::app::navigation::Playhead;
use sagascope::ui::command::{COMMANDS, GoCommand, Menu, Needs, WindowCommand};
use sagascope_ui_tests::window::Window;

fn shop() -> Window {
    Window::shop(vec2(1_600.0, 1_000.0))
}

/// What the rows of the log say, with where they are.
fn rows_of(window: &Window) -> Vec<(String, Pos2)> {
    let items = window.harness.query_all_by_role(Role::ListItem);
    let named = items.filter_map(|node| Some((node.accesskit_node().label()?, node.rect().center())));
    named.filter(|(label, _)| label.starts_with("position ")).collect()
}

fn row_of(window: &Window, beginning: &str) -> Option<(String, Pos2)> {
    rows_of(window).into_iter().find(|(label, _)| label.starts_with(beginning))
}

/// Presses a button of the mouse on the row whose label begins like this.
fn click_row(window: &mut Window, beginning: &str, button: PointerButton, modifiers: Modifiers) {
    let at = row_of(window, beginning).expect("the row is on screen").1;
    window.press_at(at, button, modifiers);
}

#[test]
fn rows_say_what_a_sighted_person_reads() {
    let window = shop();
    let (first, _) = row_of(&window, "position 0,").unwrap();
    let expected = "position 0, 08:00:00.000, stream SKU-000, StockReceived, version 0, sku SKU-000 · name ";
    assert!(first.starts_with(expected), "{first}");
}

#[test]
fn typing_into_the_filter_leaves_what_matches() {
    let mut window = shop();
    window.key(Modifiers::COMMAND, Key::F);
    window.settle();
    assert!(window.says_part("type:: the event type"), "the fields are offered");
    window.type_text("type:PaymentDeclined");
    assert!(!window.says_part("type:: the event type"), "what was typed is offered no more");
    assert!(window.says_part("88 of 3,776 events"));
    let rows = rows_of(&window);
    assert!(
        rows.len() > 5 && rows.iter().all(|(label, _)| label.contains("PaymentDeclined, failed")),
        "{rows:?}"
    );

    window.press(Key::Enter);
    assert_eq!(window.filter(), "type:PaymentDeclined");
    window.key(Modifiers::COMMAND, Key::F);
    window.press(Key::Escape);
    assert_eq!(window.filter(), "");
    assert!(!window.says_part("of 3,776 events"));
    let rows = rows_of(&window);
    assert!(rows.iter().any(|(label, _)| !label.contains("PaymentDeclined")), "{rows:?}");
    assert!(rows.iter().any(|(label, _)| label.contains("PaymentDeclined")), "the list stays where it was");
}

#[test]
fn what_is_typed_within_the_frame_of_the_keys_is_kept() {
    let typed = |text: &str| -> Vec<Event> {
        let letters = text.chars().flat_map(|letter| {
            let key = Key::from_name(&letter.to_uppercase().to_string()).expect("a key has this letter");
            [key_event(Modifiers::NONE, key, true), Event::Text(letter.to_string())]
        });
        letters.collect()
    };
    let mut window = shop();
    window.select(2_139);
    window.harness.event(key_event(Modifiers::COMMAND, Key::F, true));
    // Each of these letters would do something if nobody typed.
    for event in typed("neo") {
        window.harness.event(event);
    }
    window.settle();
    assert_eq!((window.filter(), window.selected()), ("neo", Some(2_139)));
    window.type_text("b");
    assert_eq!(window.filter(), "neob");
    window.press(Key::Escape);
    // The filter that is there is replaced, as by typing a frame later.
    window.send(GoCommand::Filter("type:OrderPlaced".to_owned()));
    window.harness.event(key_event(Modifiers::COMMAND, Key::F, true));
    window.harness.event(Event::Text("zoo".to_owned()));
    window.settle();
    assert_eq!(window.filter(), "zoo");
    window.press(Key::Escape);
    window.harness.event(key_event(Modifiers::COMMAND, Key::P, true));
    for event in typed("compact").into_iter().chain([key_event(Modifiers::NONE, Key::Enter, true)]) {
        window.harness.event(event);
    }
    window.settle();
    assert!(window.app().preferences().compact, "{:?}", window.labels());
    assert_eq!(window.selected(), Some(2_139));
}

fn key_event(modifiers: Modifiers, key: Key, pressed: bool) -> Event {
    Event::Key { key, physical_key: None, pressed, repeat: false, modifiers }
}

#[test]
fn a_wrong_filter_says_why_and_keeps_the_last_good_result() {
    let mut window = shop();
    window.send(GoCommand::Filter("type:OrderPlaced".to_owned()));
    window.send(GoCommand::Filter("type:OrderPlaced colour:red".to_owned()));
    assert!(window.says_part("There is no field colour"));
    assert!(window.says_part("400 of 3,776 events"));
    assert!(rows_of(&window).iter().all(|(label, _)| label.contains("OrderPlaced")));
}

#[test]
fn a_filter_that_leaves_nothing_can_be_cleared() {
    let mut window = shop();
    window.send(GoCommand::Filter("type:Nothing".to_owned()));
    assert!(window.says_part("No event matches this filter"));
    window.click_role(Role::Button, "Clear filter");
    assert_eq!(window.filter(), "");
    assert!(row_of(&window, "position 0,").is_some());
}

#[test]
fn a_click_selects_and_what_comes_later_is_dimmed() {
    let mut window = shop();
    click_row(&mut window, "position 5,", PointerButton::Primary, Modifiers::NONE);
    let navigation = window.app().navigation();
    let selected = navigation.selected.unwrap();
    assert_eq!((selected.ordinal(), navigation.playhead), (5, Playhead::At(selected)));
    for (label, _) in rows_of(&window) {
        let number: u64 =
            label["position ".len()..].split(", ").next().unwrap().replace(',', "").parse().unwrap();
        assert_eq!(label.contains("after the playhead"), number > 5, "{label}");
        assert_eq!(label.contains("at the playhead"), number == 5, "{label}");
    }
}

#[test]
fn the_row_of_the_playhead_is_brought_into_view_but_scrolling_is_free() {
    let mut window = shop();
    let row = window.app().document().unwrap().log().row_at(3_000);
    window.send(GoCommand::Select(row));
    assert!(row_of(&window, "position 3,000,").is_some());
    let at = row_of(&window, "position 3,000,").unwrap().1;
    window.wheel(at, -2_000.0);
    assert!(row_of(&window, "position 3,000,").is_none(), "the list does not jump back");
    window.key(Modifiers::COMMAND, Key::ArrowRight);
    assert!(row_of(&window, "position 3,001,").is_some(), "a step brings the playhead into view again");
}

#[test]
fn ctrl_click_pins_and_a_second_one_takes_the_pin_off() {
    let mut window = shop();
    for expected in [Some(4), None] {
        click_row(&mut window, "position 4,", PointerButton::Primary, Modifiers::COMMAND);
        assert_eq!(window.app().navigation().pinned.map(|row| row.ordinal()), expected);
        assert_eq!(row_of(&window, "position 4,").unwrap().0.contains("pinned"), expected.is_some());
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
        let mut window = shop();
        click_row(&mut window, "position 3,", PointerButton::Secondary, Modifiers::NONE);
        window.click_role(Role::Button, entry);
        assert!(window.filter().starts_with(filter), "{entry}: {}", window.filter());
        let expected = entry != "Exclude this type";
        assert_eq!(row_of(&window, "position 3,").is_some(), expected, "{entry}");
    }
}

#[test]
fn days_stand_between_events() {
    let mut window = shop();
    window.send(GoCommand::Filter("corr:229db9b3*".to_owned()));
    assert!(window.says_part("2026-03-02 · 18 h 34 m later"));
    assert_eq!(rows_of(&window).len(), 12, "dates take no event's place");
}

#[test]
fn columns_are_shown_and_hidden() {
    let mut window = shop();
    assert!(!window.has(Role::ColumnHeader, "correlation"));
    for column in ["correlation", "stream"] {
        window.harness.get_by_role_and_label(Role::ColumnHeader, "type").click_secondary();
        window.settle();
        window.click_role(Role::CheckBox, column);
        window.press(Key::Escape);
    }
    assert!(window.has(Role::ColumnHeader, "correlation"));
    assert!(!window.has(Role::ColumnHeader, "stream"));
}

#[test]
fn compact_rows_show_more_events() {
    let mut window = shop();
    let before = rows_of(&window).len();
    window.send(WindowCommand::ToggleCompact);
    assert!(rows_of(&window).len() > before, "{} rows, {before} before", rows_of(&window).len());
}

#[test]
fn menus_list_every_command() {
    let mut window = shop();
    for menu in Menu::ALL {
        window.click_role(Role::Button, menu.title());
        for command in COMMANDS.iter().filter(|command| command.menu == menu) {
            let entry = window.harness.get_by_role_and_label(Role::MenuItem, command.name);
            // No simulation is open here.
            let idle = ["Stop loading", "Clear filter", "Clear range", "Back", "Forward"]
                .contains(&command.name)
                || command.needs == Needs::Simulation;
            assert_eq!(entry.accesskit_node().is_disabled(), idle, "{}", command.name);
        }
        window.press(Key::Escape);
    }
}

#[test]
fn a_menu_entry_does_what_it_says() {
    let mut window = shop();
    window.click_role(Role::Button, "View");
    window.click_role(Role::MenuItem, "Compact rows");
    assert!(window.app().preferences().compact);
    assert!(!window.has(Role::MenuItem, "Compact rows"), "the menu closes");
}

#[test]
fn nothing_of_the_menu_bar_overlaps_in_a_narrow_window() {
    for width in [700.0, 900.0, 1_100.0, 1_280.0, 1_920.0] {
        let mut window = Window::shop(vec2(width, 1_000.0));
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
    let mut window = shop();
    window.send(GoCommand::Range(Some((1_772_391_746_000_000_000, 1_772_391_747_000_000_000))));
    assert!(row_of(&window, "position 2,139,").is_some(), "{:?}", rows_of(&window));
    window.click_role(Role::Button, "Remove the range 1 Mar 19:02:26 – 19:02:27");
    assert_eq!(window.app().navigation().range, None);
}

#[test]
fn records_that_could_not_be_read_are_listed_with_their_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("broken.jsonl");
    let good = r#"{"at":"2026-03-01T10:00:00Z","stream_id":"a-1","type":"order.created.v1","data":{"n":1}}"#;
    std::fs::write(&store, format!("{good}\n{{\"half\":\nnot json at all\n{good}\n")).unwrap();
    let mut window = Window::open([store]);
    window.harness.get_all_by_role_and_label(Role::Button, "2 issues").next().unwrap().click();
    window.settle();
    assert!(window.says_part("2 records could not be read"));
    let line = window.harness.get_by_label_contains("broken.jsonl, line 3: ");
    assert!(line.accesskit_node().label().unwrap().ends_with("bytes not json at all"));
    line.click();
    window.settle();
    // The inspector has a choice of the same name.
    let choices = window.harness.get_all_by_role_and_label(Role::RadioButton, "Hex");
    choices.min_by(|a, b| a.rect().left().total_cmp(&b.rect().left())).unwrap().click();
    window.settle();
    assert!(window.says_part("0000  6e 6f 74 20 6a 73 6f 6e 20 61 74 20 61 6c 6c     not json at all"));
    window.click_role(Role::RadioButton, "Sources 1");
    assert!(window.says_part("type from type"));
}
