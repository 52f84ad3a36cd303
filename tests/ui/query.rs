//! The query bar as a person uses it: what it offers while one types, what it says of mistakes, and counting.

use egui::accesskit::Role;
use egui::{Key, Modifiers, vec2};
use egui_kittest::kittest::Queryable as _;
use sagascope::ui::app::navigation::StepList;
use sagascope::ui::command::WindowCommand;
use sagascope_ui_tests::window::Window;

fn shop() -> Window {
    Window::shop(vec2(1_280.0, 1_000.0))
}

/// Puts the caret into the bar and types.
fn ask(window: &mut Window, text: &str) {
    window.key(Modifiers::COMMAND, Key::F);
    window.settle();
    window.type_text(text);
    window.settle();
}

#[test]
fn fields_and_values_are_offered_and_taken_by_keys() {
    let mut window = shop();
    ask(&mut window, "ty");
    assert!(window.says_part("type:: the event type"));
    window.key(Modifiers::NONE, Key::Tab);
    window.settle();
    assert_eq!(window.filter(), "type:");
    assert!(window.says_part("PaymentDeclined: events, 88"), "values follow with their counts");
    window.type_text("declin");
    window.settle();
    window.key(Modifiers::NONE, Key::ArrowDown);
    window.key(Modifiers::NONE, Key::Enter);
    window.settle();
    assert_eq!(window.filter().trim(), "type:PaymentDeclined");
    assert!(window.says_part("88 of 3,776 events"));
    assert!(!window.says_part("PaymentDeclined: events, 88"), "what was taken is offered no more");
}

#[test]
fn escape_closes_what_is_offered_and_then_takes_back_what_was_typed() {
    let mut window = shop();
    ask(&mut window, "type:declin");
    assert!(window.says_part("PaymentDeclined: events, 88"));
    window.press(Key::Escape);
    window.settle();
    assert!(!window.says_part("PaymentDeclined: events, 88"));
    assert_eq!(window.filter(), "type:declin");
    window.press(Key::Escape);
    window.settle();
    assert_eq!(window.filter(), "");
}

#[test]
fn paths_into_payloads_are_offered() {
    let mut window = shop();
    ask(&mut window, "data.am");
    assert!(window.says_part("data.amount: in the payloads of this log"));
}

#[test]
fn a_mistake_says_what_was_expected_and_keeps_the_last_result() {
    let mut window = shop();
    ask(&mut window, "type:PaymentDeclined");
    assert!(window.says_part("88 of 3,776 events"));
    window.type_text(" version<x");
    window.settle();
    assert!(window.says_part("A whole number is expected"));
    assert!(window.says_part("88 of 3,776 events"));
}

#[test]
fn a_query_that_was_asked_is_offered_again() {
    let mut window = shop();
    ask(&mut window, "is:failure");
    window.key(Modifiers::NONE, Key::Escape);
    window.key(Modifiers::NONE, Key::Escape);
    window.key(Modifiers::NONE, Key::Escape);
    window.settle();
    assert_eq!(window.filter(), "");
    ask(&mut window, "");
    assert!(window.says_part("is:failure: asked before"));
}

#[test]
fn counting_shows_a_bar_for_each_group_and_a_click_asks_for_it() {
    let mut window = shop();
    ask(&mut window, "type:Payment* | count by type");
    assert!(window.says_part("PaymentDeclined, 88 events"), "the counts are shown");
    window.click_containing("PaymentDeclined, 88 events, ");
    assert_eq!(window.filter(), "type:PaymentDeclined");
    assert!(window.says_part("88 of 3,776 events"));
}

#[test]
fn sagas_can_be_asked_for() {
    let mut window = shop();
    ask(&mut window, "saga:compensated type:OrderPlaced");
    assert!(window.says_part("63 of 3,776 events"));
}

#[test]
fn what_is_counted_by_can_be_chosen() {
    let mut window = shop();
    window.key(Modifiers::ALT, Key::C);
    window.settle();
    window.click_role(Role::Button, "What is counted by");
    window.harness.get_by_label_contains("aggregate: the kind of that stream").click();
    window.settle();
    let is_group = |label: &String| label.starts_with("Payment, ") && label.contains(" events, ");
    assert!(window.labels().iter().any(is_group), "groups are aggregates now: {:?}", window.labels());
}

/// Asks and leaves the bar, so that plain keys act.
fn find(window: &mut Window, query: &str) {
    ask(window, query);
    window.press(Key::Enter);
}

#[test]
fn n_goes_from_hit_to_hit_also_beside_another_view() {
    let mut window = shop();
    find(&mut window, "type:PaymentDeclined");
    window.send(WindowCommand::ShowView("replay"));
    window.select(0);
    assert_ne!(window.app().navigation().focused_list, StepList::Filtered, "Replay has a list of its own");
    let hits: Vec<u64> = {
        let document = window.app().document().unwrap();
        (0..3).map(|at| document.rows.get(document.log(), at).unwrap().raw()).collect()
    };
    for (at, hit) in hits.iter().enumerate() {
        window.press(Key::N);
        assert_eq!(window.selected(), Some(*hit));
        assert!(window.says_part(&format!("Hit {} of 88", at + 1)));
    }
    window.key(Modifiers::SHIFT, Key::N);
    assert_eq!(window.selected(), Some(hits[1]));
    window.key(Modifiers::ALT, Key::ArrowLeft);
    assert_eq!(window.selected(), Some(hits[2]), "each hit is a place to come back to");
}

#[test]
fn n_says_when_there_is_no_hit() {
    let mut window = shop();
    window.press(Key::N);
    assert!(window.says_part("No query is asked"));
    find(&mut window, "type:PaymentDeclined");
    let before = window.selected();
    window.press(Key::N);
    assert!(window.says_part("No hit after the playhead; 88 before it"), "the playhead is at the end");
    window.key(Modifiers::SHIFT, Key::N);
    assert!(window.says_part("Hit 88 of 88"));
    assert_ne!(window.selected(), before);
    window.press(Key::N);
    assert!(window.says_part("This is the last of 88 hits"));
    find(&mut window, "type:Nothing");
    window.press(Key::N);
    assert!(window.says_part("The query finds no event"));
}
