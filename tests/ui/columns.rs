//! Columns of the log for values inside payloads, filters made from a value, and colours that are queries.

use egui::accesskit::Role;
use egui::{Key, Modifiers, vec2};
use sagascope::ui::command::{ADD_COLUMN, GoCommand, Overlay, WindowCommand};
use sagascope_ui_tests::window::{NO_STORE, Setup, Window, another_shop};

/// An event of another shop: the third decline of a payment.
const DECLINE: u64 = 2_139;

fn shop() -> Window {
    let setup =
        Setup { size: vec2(1_600.0, 1_000.0), home: Some(tempfile::tempdir().unwrap()), ..Setup::default() };
    Window::with([another_shop()], setup)
}

/// What the log says of the event at a position.
fn row(window: &Window, position: &str) -> String {
    let labels = window.labels();
    let found = labels.iter().find(|label| label.starts_with(&format!("position {position}, ")));
    found.cloned().unwrap_or_else(|| panic!("no row {position} in {labels:?}"))
}

fn add(window: &mut Window, path: &str) {
    window.send((ADD_COLUMN.make)());
    window.type_text(path);
    window.press(Key::Enter);
}

#[test]
fn a_column_shows_a_value_of_every_event_and_is_there_again_after_closing() {
    let mut window = shop();
    window.select(DECLINE);
    assert!(!row(&window, "2,139").contains("data.attempt"));
    add(&mut window, "data.attempt");
    add(&mut window, "data.provider_response.code");
    assert!(window.has(Role::ColumnHeader, "data.attempt"));
    let label = row(&window, "2,139");
    assert!(label.contains("data.attempt 3, data.provider_response.code 51"), "{label}");
    let setup = Setup { size: vec2(1_600.0, 1_000.0), home: Some(window.close()), ..Setup::default() };
    let mut window = Window::with(NO_STORE, setup);
    window.select(DECLINE);
    assert!(row(&window, "2,139").contains("data.attempt 3"));
    window.send(WindowCommand::ToggleColumn("data.attempt".to_owned()));
    window.settle();
    assert!(!window.has(Role::ColumnHeader, "data.attempt"));
    let label = row(&window, "2,139");
    assert!(!label.contains("data.attempt") && label.contains("data.provider_response.code 51"), "{label}");
}

#[test]
fn only_a_path_that_is_understood_becomes_a_column() {
    for (path, says) in [
        ("total", "A path begins with data. or meta."),
        ("data.[", "A path begins with data. or meta."),
        ("type", "A path begins with data. or meta."),
    ] {
        let mut window = shop();
        add(&mut window, path);
        assert_eq!(window.app().overlay(), Some(Overlay::Line), "{path}");
        assert!(window.says_part(says), "{path}: {:?}", window.labels());
        assert!(window.app().preferences().value_columns.is_empty());
    }
    let mut window = shop();
    add(&mut window, "data.amount");
    add(&mut window, "data.amount");
    assert!(window.says_part("There is a column for this value"));
    assert_eq!(window.app().preferences().value_columns, ["data.amount"]);
}

#[test]
fn a_value_of_the_inspector_becomes_a_filter_its_opposite_or_a_column() {
    let check = |entry: &str, filter: &str, columns: &[&str]| {
        let mut window = shop();
        window.select(DECLINE);
        window.click_secondary("code: 51");
        window.click(entry);
        assert_eq!(window.filter(), filter, "{entry}");
        assert_eq!(window.app().preferences().value_columns, columns, "{entry}");
    };
    check("Only this value", "data.provider_response.code=51", &[]);
    check("Exclude this value", "-data.provider_response.code=51", &[]);
    check("Show as a column", "", &["data.provider_response.code"]);
}

#[test]
fn what_a_query_finds_keeps_its_colour_whatever_is_asked_next() {
    let mut window = shop();
    window.send(GoCommand::Filter("data.attempt=3".to_owned()));
    window.settle();
    window.key(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::K);
    window.settle();
    window.send(GoCommand::Filter("stream:pay-00301".to_owned()));
    window.settle();
    assert!(row(&window, "2,139").contains("coloured by data.attempt=3"));
    assert!(!row(&window, "2,137").contains("coloured"));
    // The first rule that finds an event counts.
    window.send(GoCommand::Filter("type:PaymentDeclined".to_owned()));
    window.settle();
    window.send(WindowCommand::AddRule);
    window.settle();
    assert!(row(&window, "2,139").contains("coloured by data.attempt=3"));
    assert!(row(&window, "2,137").contains("coloured by type:PaymentDeclined"));
    let hues: Vec<usize> = window.app().preferences().rules.iter().map(|rule| rule.hue).collect();
    assert_eq!(hues, [1, 2]);
    window.click("Saved queries and queries asked before");
    window.click("Take the colour from data.attempt=3");
    window.settle();
    assert!(row(&window, "2,139").contains("coloured by type:PaymentDeclined"));
}

#[test]
fn without_a_query_nothing_is_coloured() {
    let mut window = shop();
    window.send(WindowCommand::AddRule);
    window.settle();
    assert!(window.says_part("Type a query first"));
    assert!(window.app().preferences().rules.is_empty());
}
