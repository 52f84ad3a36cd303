//! Queries kept by name: saved, offered, run, renamed, deleted, and there again after the window was closed.

use egui::accesskit::Role;
use egui::{Key, Modifiers, vec2};
use egui_kittest::kittest::Queryable as _;
use sagascope::ui::command::{GoCommand, Overlay};
use sagascope_ui_tests::window::{NO_STORE, Setup, Window, another_shop};

const MENU: &str = "Saved queries and queries asked before";
const SAVE: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

fn shop() -> Window {
    let setup =
        Setup { size: vec2(1_280.0, 1_000.0), home: Some(tempfile::tempdir().unwrap()), ..Setup::default() };
    Window::with([another_shop()], setup)
}

fn ask(window: &mut Window, query: &str) {
    window.send(GoCommand::Filter(query.to_owned()));
}

/// Saves the query of the bar under a name, by keys alone.
fn save(window: &mut Window, name: &str) {
    window.key(SAVE, Key::S);
    window.type_text(name);
    window.press(Key::Enter);
}

#[test]
fn a_query_is_saved_by_keys_and_is_there_again_after_closing() {
    let mut window = shop();
    ask(&mut window, "type:PaymentDeclined");
    window.key(SAVE, Key::S);
    assert_eq!(window.app().overlay(), Some(Overlay::Line));
    window.press(Key::Enter);
    assert_eq!(window.app().overlay(), Some(Overlay::Line), "a query without a name is not saved");
    window.type_text("declined");
    window.press(Key::Enter);
    assert_eq!(window.app().overlay(), None);
    assert!(window.says_part("Saved the query “declined”"));
    ask(&mut window, "");
    let setup = Setup { size: vec2(1_280.0, 1_000.0), home: Some(window.close()), ..Setup::default() };
    let mut window = Window::with(NO_STORE, setup);
    assert_eq!(window.events(), 3_776, "what was open is opened again");
    window.click(MENU);
    window.click("Run saved query: declined");
    assert_eq!(window.filter(), "type:PaymentDeclined");
    assert_eq!(window.kept(), 88);
}

#[test]
fn saved_queries_stand_above_those_asked_before() {
    let mut window = shop();
    ask(&mut window, "is:failure");
    save(&mut window, "failures");
    ask(&mut window, "");
    for query in ["is:failure", "type:OrderPlaced"] {
        window.key(Modifiers::COMMAND, Key::F);
        window.type_text(query);
        for _ in 0..3 {
            window.press(Key::Escape);
        }
    }
    window.click(MENU);
    let top = |label: &str| window.harness.get_by_role_and_label(Role::MenuItem, label).rect().top();
    assert!(top("Run saved query: failures") < top("Ask again: type:OrderPlaced"));
    window.click("Ask again: type:OrderPlaced");
    assert_eq!(window.filter(), "type:OrderPlaced");
    ask(&mut window, "");
    window.key(Modifiers::COMMAND, Key::F);
    assert!(window.says_part("is:failure: saved as failures"));
    assert!(window.says_part("type:OrderPlaced: asked before"));
    assert!(!window.says_part("is:failure: asked before"), "each query is offered once");
}

#[test]
fn saved_queries_are_renamed_and_deleted() {
    let mut window = shop();
    ask(&mut window, "is:failure");
    save(&mut window, "failures");
    ask(&mut window, "type:OrderPlaced");
    save(&mut window, "orders");
    window.click(MENU);
    window.click("Rename failures");
    window.key(Modifiers::COMMAND, Key::A);
    window.type_text("orders");
    assert!(window.says_part("Another query has this name"));
    window.press(Key::Enter);
    assert_eq!(window.app().overlay(), Some(Overlay::Line), "two queries never share a name");
    window.key(Modifiers::COMMAND, Key::A);
    window.type_text("what failed");
    window.press(Key::Enter);
    window.click(MENU);
    assert!(window.says("Run saved query: what failed") && !window.says("Run saved query: failures"));
    window.click("Delete orders");
    assert!(!window.says("Run saved query: orders"));
    assert!(window.says("Run saved query: what failed"));
}

#[test]
fn the_palette_runs_saved_queries_and_a_name_is_used_once() {
    let mut window = shop();
    ask(&mut window, "is:failure");
    save(&mut window, "odd ones");
    ask(&mut window, "type:PaymentDeclined");
    window.key(SAVE, Key::S);
    window.type_text("odd ones");
    assert!(window.says_part("Another query has this name; it would be replaced"));
    window.click("Replace");
    ask(&mut window, "");
    window.key(Modifiers::COMMAND, Key::P);
    window.type_text("run saved odd");
    assert!(window.says_part("Run saved query: odd ones, type:PaymentDeclined"));
    window.press(Key::Enter);
    window.settle();
    assert_eq!(window.filter(), "type:PaymentDeclined");
}

#[test]
fn what_is_no_query_is_not_saved() {
    let mut window = shop();
    window.key(SAVE, Key::S);
    assert_eq!(window.app().overlay(), None);
    assert!(window.says_part("Type a query first"));
    ask(&mut window, "version<x");
    window.key(SAVE, Key::S);
    assert_eq!(window.app().overlay(), None);
    assert!(window.says_part("This query cannot be saved"));
}
