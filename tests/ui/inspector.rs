//! The inspector on another shop's log: everything known of the selected event, links, copies, comparison.

use egui::Key;
use egui_kittest::kittest::Queryable as _;
use sagascope_ui_tests::window::{Window, another_shop};

/// The third decline of the payment pay-00301, and the second.
const THIRD: u64 = 2_139;
const SECOND: u64 = 2_137;

fn window() -> Window {
    let mut window = Window::open([another_shop()]);
    window.select(THIRD);
    window
}

#[test]
fn the_selected_event_is_shown_with_everything_known_of_it() {
    let window = window();
    for label in [
        "PaymentDeclined, failed",
        "position 2,139 · pay-00301 version 3",
        "2026-03-01 19:02:26.013 UTC",
        "payment_id: \"pay-00301\"",
        "attempt: 3",
        "provider_response: {2}",
        "raw: \"\\u0007denied\\n\\u2028line\"",
        "229db9b3-1307-4fff-af1e-92e0c0aedee9",
        "#2139",
        "Inferred from 88 events of this type",
        "shop-week.jsonl",
    ] {
        assert!(window.says(label), "{label} is not in {:?}", window.labels());
    }
}

#[test]
fn links_lead_to_cause_correlation_type_and_effects() {
    let mut window = window();
    window.click_containing("cause, PaymentDeclined, v2");
    assert_eq!(window.selected(), Some(SECOND));
    window.click_containing("effect, PaymentDeclined, v3");
    assert_eq!(window.selected(), Some(THIRD));
    window.click_containing("a46f4bc0");
    assert_eq!(window.selected(), Some(SECOND));
    window.click_containing("229db9b3");
    assert!(window.filter().starts_with("corr:229db9b3"), "{}", window.filter());
    window.click("Only events of this type");
    assert_eq!(window.filter(), "type:PaymentDeclined");
}

#[test]
fn an_event_after_the_playhead_says_so() {
    let window = window();
    assert!(window.says_part("effect, PaymentAuthorized, v4, pay-00301, +1.932 s, after the playhead"));
}

#[test]
fn the_event_is_copied_as_json() {
    let mut window = window();
    window.click("Copy");
    let event: serde_json::Value = serde_json::from_str(&window.copied[0]).unwrap();
    assert_eq!(event["data"]["attempt"], 3);
    assert_eq!(event["type"], "PaymentDeclined");
}

#[test]
fn a_value_is_copied_in_three_ways_and_becomes_a_filter() {
    let mut window = window();
    for (value, item, expected) in [
        ("raw: \"\\u0007denied\\n\\u2028line\"", "Copy value", "\u{7}denied\n\u{2028}line"),
        ("raw: \"\\u0007denied\\n\\u2028line\"", "Copy path", "/provider_response/raw"),
        ("attempt: 3", "Copy as JSON", "3"),
        (
            "provider_response: {2}",
            "Copy as JSON",
            "{\n  \"code\": 51,\n  \"raw\": \"\\u0007denied\\n\u{2028}line\"\n}",
        ),
    ] {
        window.click_secondary(value);
        window.click(item);
        assert_eq!(window.copied.last().map(String::as_str), Some(expected), "{value} {item}");
    }
    window.click_secondary("reason: \"3ds_timeout\"");
    window.click("Only events with this text");
    assert_eq!(window.filter(), "\"3ds_timeout\"");
}

#[test]
fn nodes_fold_and_a_search_finds_what_is_inside() {
    let mut window = window();
    window.click("provider_response: {2}");
    assert!(!window.says("code: 51"));
    window.harness.get_by_label("Search data").focus();
    window.settle();
    window.type_text("51");
    assert!(window.says("code: 51") && window.says("1 match"), "{:?}", window.labels());
    assert!(!window.says("attempt: 3"));
    window.click("Clear");
    assert!(window.says("attempt: 3") && !window.says("code: 51"));
}

#[test]
fn the_text_and_the_bytes_can_be_seen() {
    let mut window = window();
    window.click("Raw");
    assert!(window.says_part("{\"payment_id\":"), "{:?}", window.labels());
    window.click("Copy the data as stored");
    assert!(window.copied[0].contains("\"3ds_timeout\""));
    window.click("Hex");
    assert!(window.says_part("0000 7b 22 70"), "{:?}", window.labels());
}

#[test]
fn a_pinned_event_is_compared_with_the_selected_one() {
    let mut window = window();
    window.select(SECOND);
    window.click("Pin");
    assert!(window.says("Compare: PaymentDeclined v2"));
    window.select(THIRD);
    assert!(window.says("Compare: PaymentDeclined v2 ↔ v3"), "{:?}", window.labels());
    assert!(window.says("attempt: 2 → 3") && window.says("provider_response.code: 54 → 51"));
    window.click("Stop comparing (Esc)");
    assert_eq!(window.app().navigation().pinned, None);
    assert!(!window.says_part("Compare:"));
}

#[test]
fn escape_takes_the_pin_off() {
    let mut window = window();
    window.click("Pin");
    window.press(Key::Escape);
    window.press(Key::Escape);
    assert_eq!(window.app().navigation().pinned, None);
}

#[test]
fn sections_fold() {
    let mut window = window();
    window.click("Metadata");
    assert!(!window.says("#2139"));
    window.click("Metadata");
    assert!(window.says("#2139"));
}

#[test]
fn an_event_that_cannot_be_read_again_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("copy.jsonl");
    std::fs::copy(another_shop(), &path).unwrap();
    let mut window = Window::open([path.clone()]);
    std::fs::write(&path, "{}\n").unwrap();
    window.select(1_000);
    assert!(window.says("This event cannot be shown"), "{:?}", window.labels());
    assert!(window.says("Reload"));
}

#[test]
fn a_large_payload_is_parsed_behind_the_window() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.jsonl");
    let list: Vec<String> = (0..20_000).map(|n| format!("\"value {n}\"")).collect();
    let note = "x".repeat(2_000);
    let line = format!(
        "{{\"type\":\"Imported\",\"stream_id\":\"s-1\",\"at\":\"2026-03-01T08:00:00Z\",\"data\":{{\"list\":[{}],\"note\":\"{note}\",\"empty\":{{}}}}}}\n",
        list.join(",")
    );
    std::fs::write(&path, line).unwrap();
    let mut window = Window::open([path]);
    assert!(window.says("list: [20000]") && window.says("empty: {}"), "{:?}", window.labels());
    window.click("list: [20000]");
    assert!(window.says("0: \"value 0\"") && !window.says("19999: \"value 19999\""));
    window.click("list: [20000]");
    window.click("show all of note");
    assert!(window.says("show less of note"));
    let lines = window.labels().iter().filter(|label| label.chars().all(|c| c == 'x')).count();
    assert!(lines > 20, "{lines} lines of the text are shown");
}
