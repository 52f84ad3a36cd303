//! The navigator as a person uses it.

use egui::accesskit::Role;
use egui::{Key, Modifiers, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use sagascope_ui_tests::window::Window;

fn shop() -> Window {
    Window::shop(vec2(1_280.0, 1_000.0))
}

fn type_name(window: &mut Window, text: &str) {
    window.harness.get_by_role_and_label(Role::TextInput, "Filter names").focus();
    window.settle();
    window.type_text(text);
}

#[test]
fn groups_open_and_fold() {
    let mut window = shop();
    assert!(window.says_part("Streams, 1,130"));
    assert!(!window.says_part("stream pay-"));
    window.click("Payment, 383 streams");
    assert!(window.says_part("stream pay-00001, "));
    assert!(!window.says_part("stream pay-00200, "));
    window.click("+378 more streams of Payment");
    assert!(window.says_part("stream pay-00012, "));
    window.click("Payment, 383 streams");
    assert!(!window.says_part("stream pay-"));
    // Its middle is the choice of order.
    window.harness.get_by_label("Streams, 1,130").click_accesskit();
    window.settle();
    assert!(!window.says_part("Payment, 383 streams"));
}

#[test]
fn typing_a_name_finds_streams_and_types() {
    let mut window = shop();
    type_name(&mut window, "PAY-0030");
    assert!(window.says_part("Streams, 9 of 1,130"));
    assert!(window.says_part("stream pay-00301, 5 events"));
    assert!(!window.says_part("Order, 400 streams"));
    window.click("Clear");
    type_name(&mut window, "declin");
    assert!(window.says_part("type PaymentDeclined, 88 events"));
    assert!(!window.says_part("type OrderPlaced"));
}

#[test]
fn a_name_that_nothing_has_says_so() {
    let mut window = shop();
    type_name(&mut window, "zebra");
    assert!(window.says_part("No stream or type is named “zebra”"));
    window.harness.get_all_by_label("Clear").last().unwrap().click();
    window.settle();
    assert!(window.says_part("Streams, 1,130"));
}

#[test]
fn a_click_on_a_stream_replays_it() {
    let mut window = shop();
    type_name(&mut window, "pay-00301");
    window.click_containing("stream pay-00301");
    assert_eq!(window.app().navigation().stream, Some(window.stream("pay-00301")));
    let row = window.harness.get_by_label_contains("stream pay-00301");
    assert_eq!(row.accesskit_node().toggled(), Some(egui::accesskit::Toggled::True));
}

#[test]
fn a_click_on_a_type_filters_and_the_next_shows_everything() {
    let mut window = shop();
    let declined = "type PaymentDeclined, 88 events";
    window.click(declined);
    assert_eq!(window.filter(), "type:PaymentDeclined");
    window.click("type PaymentDeclined, 88 events, only this type is shown");
    assert_eq!(window.filter(), "");
    window.harness.get_by_label(declined).click_modifiers(Modifiers::COMMAND);
    window.settle();
    assert_eq!(window.filter(), "-type:PaymentDeclined");
    window.click("type PaymentDeclined, 88 events, excluded");
    assert_eq!(window.filter(), "");
}

#[test]
fn the_menu_of_a_type_excludes_it() {
    let mut window = shop();
    window.harness.get_by_label("type PaymentDeclined, 88 events").click_secondary();
    window.settle();
    window.click("Exclude this type");
    assert_eq!(window.filter(), "-type:PaymentDeclined");
}

#[test]
fn the_keyboard_goes_through_the_list() {
    let mut window = shop();
    let is_focused = |window: &Window, label: &str| window.harness.get_by_label_contains(label).is_focused();
    window.harness.get_by_label("Order, 400 streams").focus();
    window.settle();
    window.press(Key::ArrowDown);
    assert!(is_focused(&window, "Payment, 383 streams"));
    window.press(Key::ArrowRight);
    window.press(Key::ArrowDown);
    assert!(is_focused(&window, "stream pay-00001, "));
    window.press(Key::Enter);
    assert_eq!(window.app().navigation().stream, Some(window.stream("pay-00001")));
    window.press(Key::ArrowUp);
    window.press(Key::ArrowLeft);
    assert!(!window.says_part("stream pay-"));
    window.press(Key::End);
    assert!(is_focused(&window, "completed, "), "the last line: sagas that completed");
    window.harness.get_by_label("+6 more types").focus();
    window.settle();
    window.press(Key::Enter);
    assert!(!window.says_part("more types"));
}

#[test]
fn streams_are_sorted_as_chosen() {
    let mut window = shop();
    window.click("Payment, 383 streams");
    window.click("Sort streams, now by name");
    window.click("by count");
    let log = window.app().document().unwrap().log();
    let payments = log.streams().iter().filter(|stream| stream.group() == "Payment");
    let most = payments.max_by_key(|stream| stream.len()).unwrap().len();
    let shown: Vec<String> = window
        .harness
        .query_all_by_label_contains("stream pay-")
        .filter_map(|node| node.accesskit_node().label())
        .collect();
    assert!(shown[0].contains(&format!(", {most} events")), "{shown:?}");
}
