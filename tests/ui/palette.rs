//! The command palette and the sheet of keys.

use egui::{Key, Modifiers};
use sagascope::ui::command::{COMMANDS, Overlay};
use sagascope_ui_tests::window::{NO_STORE, Window, another_shop};

fn palette() -> Window {
    let mut window = Window::open([another_shop()]);
    window.key(Modifiers::COMMAND, Key::P);
    assert_eq!(window.app().overlay(), Some(Overlay::Palette));
    window
}

fn run(window: &mut Window, typed: &str) {
    window.type_text(typed);
    window.press(Key::Enter);
}

#[test]
fn a_command_is_found_by_its_name_and_run() {
    let mut window = palette();
    run(&mut window, "compact");
    assert!(window.app().preferences().compact);
    assert_eq!(window.app().overlay(), None);
}

#[test]
fn a_stream_is_found_by_its_id_and_shown() {
    let mut window = palette();
    run(&mut window, "pay-00301");
    assert_eq!(window.app().navigation().stream, Some(window.stream("pay-00301")));
    assert_eq!(window.app().overlay(), None);
}

#[test]
fn a_type_becomes_the_filter() {
    let mut window = palette();
    run(&mut window, "PaymentDecl");
    assert_eq!(window.filter(), "type:PaymentDeclined");
}

#[test]
fn places_are_gone_to_by_version_position_row_and_time() {
    for (typed, row) in [
        ("position 2139", 2_139),
        ("event 2140", 2_139),
        ("#2139", 2_139),
        ("2026-03-01 19:02:26.5", 2_139),
        ("2026-03-01 19:02:21.3", 2_137),
    ] {
        let mut window = palette();
        run(&mut window, typed);
        assert_eq!(window.selected(), Some(row), "{typed}");
    }
    let mut window = palette();
    run(&mut window, "pay-00301");
    window.key(Modifiers::COMMAND, Key::P);
    run(&mut window, "v2");
    assert_eq!(window.selected(), Some(2_137));
    window.key(Modifiers::COMMAND, Key::P);
    window.type_text("version 99");
    assert!(window.says_part("it has versions 0 to 4"), "{:?}", window.labels());
}

#[test]
fn arrows_choose_and_the_mouse_does_too() {
    let mut window = palette();
    window.type_text("pay-003");
    let is_entry = |label: &String| label.starts_with("pay-") && label.contains(", Payment");
    let ids: Vec<String> = window.labels().into_iter().filter(is_entry).collect();
    window.press(Key::ArrowDown);
    window.press(Key::Enter);
    let second = ids[1].split(',').next().unwrap().to_owned();
    assert_eq!(window.app().navigation().stream, Some(window.stream(&second)));
    window.key(Modifiers::COMMAND, Key::P);
    window.type_text("pay-003");
    window.click(&ids[3]);
    let fourth = ids[3].split(',').next().unwrap().to_owned();
    assert_eq!(window.app().navigation().stream, Some(window.stream(&fourth)));
}

#[test]
fn what_needs_a_log_does_nothing_without_one() {
    let mut window = Window::open(NO_STORE);
    window.key(Modifiers::COMMAND, Key::P);
    run(&mut window, "filter events");
    assert_eq!(window.app().overlay(), Some(Overlay::Palette), "it stays open");
    window.press(Key::Escape);
    assert_eq!(window.app().overlay(), None);
}

#[test]
fn nothing_found_says_so() {
    let mut window = palette();
    window.type_text("zzzzqqqq");
    assert!(window.says("Nothing is called “zzzzqqqq”"), "{:?}", window.labels());
}

#[test]
fn the_sheet_lists_every_command_with_its_keys() {
    let mut window = Window::open([another_shop()]);
    window.press(Key::Questionmark);
    assert_eq!(window.app().overlay(), Some(Overlay::Shortcuts));
    let labels = window.labels();
    for command in COMMANDS.iter().filter(|command| !command.keys.is_empty()) {
        let line = format!("{}: ", command.name);
        assert!(labels.iter().any(|label| label.starts_with(&line)), "{line} is not in {labels:?}");
    }
    assert!(window.says("Undo zoom or pan: Ctrl Z") && window.says("Pin to compare: Ctrl Click"));
    window.click("Close (Esc)");
    assert_eq!(window.app().overlay(), None);
}
