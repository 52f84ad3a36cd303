//! The sagas of a log as a person looks through them: the list, its variants, one saga with its ledger.

use std::fmt::Write as _;

use egui::accesskit::Role;
use egui::{Key, Modifiers, Vec2, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use sagascope::engine::SimStart;
use sagascope::model::Row;
use sagascope::ui::command::{GoCommand, WindowCommand};
use sagascope_ui_tests::window::{Setup, Window};

const SIZE: Vec2 = vec2(2_000.0, 1_200.0);

/// Some sagas of the shop, of which the last fails for want of stock.
const RUN: &str = "shop/fulfilment?seed=7&sagas=6&fault=reserve-inventory:reject";

fn run(view: &'static str) -> Window {
    let mut window = Window::simulate(RUN, SimStart::AtEnd);
    window.harness.set_size(SIZE);
    window.send(GoCommand::End);
    window.send(WindowCommand::ShowView(view));
    window
}

/// What is said of every row of the list.
fn rows(window: &Window, word: &str) -> Vec<String> {
    let nodes = window.harness.root().children_recursive();
    let nodes = nodes.map(|node| node.accesskit_node());
    let items = nodes.filter(|node| node.role() == Role::ListItem).filter_map(|node| node.label());
    items.filter(|label| label.contains(word)).collect()
}

#[test]
fn the_list_says_how_every_saga_went() {
    let mut window = run("sagas");
    assert_eq!(rows(&window, ", stands at ").len(), 6, "{:?}", window.labels());
    assert_eq!(rows(&window, ", compensated, ").len(), 6, "each of them met the fault");
    window.click("Compensated 6");
    assert_eq!(rows(&window, ", stands at ").len(), 6);
}

#[test]
fn a_saga_that_is_chosen_is_shown_everywhere() {
    let mut window = Window::shop(SIZE);
    window.send(WindowCommand::ShowView("sagas"));
    let first = rows(&window, ", stands at ")[0].clone();
    window.click(&first);
    let row = window.app().navigation().selected.expect("its last event is selected");
    window.press(Key::ArrowDown);
    assert_ne!(window.app().navigation().selected, Some(row), "the next saga");
    window.press(Key::Enter);
    assert!(window.says_part("Ledger"), "{:?}", window.labels());
}

#[test]
fn text_and_outcome_leave_the_sagas_that_are_like_that() {
    let mut window = run("sagas");
    window.click("Find a saga");
    window.type_text("no such saga");
    assert!(window.says("No saga is like that"), "{:?}", window.labels());
    window.click("Show all sagas");
    assert_eq!(rows(&window, ", stands at ").len(), 6);
}

#[test]
fn variants_are_counted_and_one_of_them_leaves_its_sagas() {
    let mut window = run("sagas");
    window.click("Variants");
    let variants = rows(&window, " percent: ");
    assert!(!variants.is_empty(), "{:?}", window.labels());
    assert!(variants[0].contains(" → "), "{variants:?}");
    window.click(&variants[0]);
    let count: usize = variants[0].split(' ').next().and_then(|count| count.parse().ok()).unwrap();
    assert_eq!(rows(&window, ", stands at ").len(), count, "{variants:?}");
    window.click("Show the sagas of every variant");
    assert_eq!(rows(&window, ", stands at ").len(), 6);
}

#[test]
fn a_saga_says_what_each_event_changed_and_what_is_undone() {
    let window = run("saga");
    let events = rows(&window, "payment.completed.v1");
    assert!(events.iter().any(|event| event.contains("status")), "{events:?}");
    assert!(
        window.says_part("undone"),
        "the ledger joins the payment with its refund: {:?}",
        window.labels()
    );
    assert!(window.says("Nothing is owed"));
    assert!(window.says_part("step process-payment, compensated"), "{:?}", window.labels());
}

#[test]
fn the_attempts_of_a_step_are_one_row_with_their_history_and_can_be_opened() {
    let mut window =
        Window::simulate("shop/fulfilment?seed=7&fault=process-payment:transient:2", SimStart::AtEnd);
    window.harness.set_size(SIZE);
    window.send(GoCommand::End);
    window.send(WindowCommand::ShowView("saga"));
    let paid = rows(&window, "payment.completed.v1");
    let history = "3 attempts: 1 unavailable at ";
    assert!(paid.iter().any(|label| label.contains(history) && label.contains("; 3 done at ")), "{paid:?}");
    assert!(rows(&window, "process-payment, failed: ").is_empty(), "folded");
    window.click("Show each of the attempts");
    assert_eq!(rows(&window, "process-payment, failed: ").len(), 2, "{:?}", rows(&window, ""));
    assert_eq!(rows(&window, "process-payment, attempt ").len(), 3);
    // Any of its parts closes it again.
    window.click_containing("Fold the events in a row");
    assert!(rows(&window, "process-payment, failed: ").is_empty());
    // Among the facts of the runtime they are one row too.
    window.click("Show what the runtime recorded");
    let failed = rows(&window, "3 attempts: ");
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert!(rows(&window, "process-payment, failed: ").is_empty(), "{:?}", rows(&window, "saga."));
}

#[test]
fn a_timeout_leads_to_what_set_it_and_back() {
    let mut window =
        Window::simulate("shop/fulfilment?seed=7&fault=process-payment:timeout", SimStart::AtEnd);
    window.harness.set_size(SIZE);
    window.send(GoCommand::End);
    window.send(WindowCommand::ShowView("saga"));
    window.click("Show each of the attempts");
    let name = |window: &Window| {
        let row = window.app().navigation().selected.expect("an event is selected");
        let log = window.app().document().unwrap().log();
        log.event_type(log.type_of(row)).name.to_string()
    };
    window.click_containing("Go to its other end, timeout fired ");
    assert_eq!(name(&window), "saga.step_timed_out");
    window.click_containing("Go to its other end, timeout set ");
    assert_eq!(name(&window), "saga.step_started");
}

#[test]
fn what_is_owed_is_summed() {
    let recipe = "shop/fulfilment?seed=7&fault=reserve-inventory:reject&fault=process-payment:undo-fails";
    let mut window = Window::simulate(recipe, SimStart::AtEnd);
    window.harness.set_size(SIZE);
    window.send(GoCommand::End);
    window.send(WindowCommand::ShowView("saga"));
    assert!(window.says("still owed") || window.says_part("is still owed"), "{:?}", window.labels());
    assert!(!window.says("Nothing is owed"));
}

#[test]
fn what_lies_after_the_playhead_says_so() {
    let mut window = run("saga");
    let before = rows(&window, "not yet at the playhead").len();
    assert_eq!(before, 0);
    window.send(GoCommand::Start);
    window.settle();
    assert!(!rows(&window, "not yet at the playhead").is_empty(), "{:?}", window.labels());
}

#[test]
fn it_is_copied_as_text_and_as_mermaid() {
    let mut window = run("saga");
    for (entry, start) in [
        ("Copy as text", "saga-s1: fulfilment, compensated"),
        ("Copy sequence as Mermaid", "sequenceDiagram"),
    ] {
        if entry.ends_with("Mermaid") {
            window.click("Copy a diagram of the saga as Mermaid text");
        }
        window.click(entry);
        let copied = window.copied.last().cloned().unwrap_or_default();
        assert!(copied.starts_with(start), "{copied}");
    }
    // Where there is no room for the buttons, the same stands in a menu.
    window.harness.set_size(vec2(760.0, 600.0));
    window.settle();
    assert!(!window.has(Role::Button, "Copy a diagram of the saga as Mermaid text"), "{:?}", window.labels());
    window.click("More: copy, save, what is shown");
    window.click("Copy sequence as Mermaid");
    assert_eq!(window.copied.len(), 3);
}

#[test]
fn in_much_room_the_ledger_stands_beside_the_events() {
    let mut window = run("saga");
    window.harness.set_size(vec2(2_560.0, 1_440.0));
    window.settle();
    let left = |part: &str| {
        let nodes = window.harness.root().children_recursive();
        let mut items = nodes.filter(|node| {
            let node = node.accesskit_node();
            node.role() == Role::ListItem && node.label().is_some_and(|label| label.starts_with(part))
        });
        items.next().unwrap_or_else(|| panic!("no {part} in {:?}", window.labels())).rect().left()
    };
    let apart = left("charge the card") - left("1, order.created.v1");
    assert!((500.0..1_200.0).contains(&apart), "{apart}");
}

#[test]
fn columns_in_which_nothing_is_make_way_and_the_others_are_whole() {
    let heads = |window: &Window| -> Vec<(String, f32)> {
        let nodes = window.harness.root().children_recursive();
        let heads = nodes.filter(|node| node.accesskit_node().role() == Role::ColumnHeader);
        heads.map(|node| (node.accesskit_node().label().unwrap_or_default(), node.rect().width())).collect()
    };
    let width =
        |heads: &[(String, f32)], name: &str| heads.iter().find(|head| head.0 == name).map(|head| head.1);
    let ended = heads(&run("sagas"));
    assert_eq!((width(&ended, "owed"), width(&ended, "quiet for")), (None, None), "{ended:?}");
    assert!(width(&ended, "began").is_some_and(|width| width > 165.0), "{ended:?}");
    let recipe = "shop/fulfilment?seed=7&fault=reserve-inventory:reject&fault=process-payment:undo-fails";
    let mut window = Window::simulate(recipe, SimStart::AtEnd);
    window.harness.set_size(SIZE);
    window.send(GoCommand::End);
    window.send(WindowCommand::ShowView("sagas"));
    let owing = heads(&window);
    assert!(width(&owing, "owed").is_some_and(|width| width > 100.0), "{owing:?}");
}

#[test]
fn the_views_are_drawn_at_every_size() {
    for size in [vec2(700.0, 480.0), vec2(1_280.0, 800.0), vec2(2_560.0, 1_440.0)] {
        let mut window = Window::shop(size);
        for view in ["sagas", "saga", "diagram", "compare"] {
            window.send(WindowCommand::ShowView(view));
            assert_eq!(window.harness.unnamed_widgets(), Vec::<String>::new(), "{size} {view}");
        }
    }
}

#[test]
fn the_sequence_of_a_saga_is_drawn_and_its_events_are_selected_in_it() {
    let mut window = Window::shop(SIZE);
    window.send(WindowCommand::ShowView("sagas"));
    let first = rows(&window, ", stands at ")[0].clone();
    window.click(&first);
    window.send(WindowCommand::ShowView("diagram"));
    let before = window.app().navigation().selected;
    let mut events = rows(&window, "OrderPlaced, ");
    events.retain(|label| label == "OrderPlaced, Order, at 0.000 s");
    assert_eq!(events.len(), 1, "{:?}", window.labels());
    window.click(&events[0]);
    assert_ne!(window.app().navigation().selected, before);
    window.click("Copy the diagram");
    window.click("Copy as Mermaid");
    assert!(window.copied.last().is_some_and(|text| text.contains("\n---\nsequenceDiagram")));
    for _ in 0..10 {
        if window.harness.query_by_label("Larger").is_some_and(|node| !node.accesskit_node().is_disabled()) {
            window.click("Larger");
        }
    }
    assert!(window.says("200 %"), "{:?}", window.labels());
}

#[test]
fn a_type_on_the_process_map_leaves_its_events() {
    let mut window = Window::shop(SIZE);
    window.send(WindowCommand::ShowView("diagram"));
    window.click("Process map");
    while !window.says("35 %") {
        window.click("Smaller");
    }
    let types = rows(&window, "OrderCancelled, in ");
    assert_eq!(types.len(), 1, "{:?}", window.labels());
    window.click(&types[0]);
    let document = window.app().document().expect("a log is open");
    assert_eq!(document.filter_text, "type:OrderCancelled");
}

#[test]
fn a_way_of_the_process_map_leaves_the_sagas_that_took_it() {
    let mut window = run("diagram");
    window.click("Process map");
    let ways = rows(&window, " times in ");
    let way =
        ways.iter().find(|way| way.contains("payment.completed.v1 → ")).expect("a way from the payment");
    window.click(&way.clone());
    assert_eq!(rows(&window, ", stands at ").len(), 6, "{:?}", window.labels());
    window.click("Show the sagas of every way");
    assert!(!window.says("Show the sagas of every way"));
}

#[test]
fn list_and_page_speak_of_the_world_as_of_the_playhead() {
    let mut window = run("sagas");
    let log = window.app().document().unwrap().log().clone();
    let paid = (0..log.len() as u64).map(|rank| log.row_at(rank));
    let mut paid = paid.filter(|row| &*log.event_type(log.type_of(*row)).name == "payment.completed.v1");
    let first = paid.next().unwrap();
    window.send(GoCommand::Select(first));
    window.settle();
    assert!(window.says("as of the playhead"), "{:?}", window.labels());
    assert!(rows(&window, ", compensated, ").is_empty(), "{:?}", rows(&window, ", stands at "));
    assert!(!rows(&window, ", running, ").is_empty());
    window.send(WindowCommand::ShowView("saga"));
    assert!(window.says_part("process-payment, in flight"), "{:?}", window.labels());
    assert!(window.says("Nothing is owed"));
    window.send(GoCommand::End);
    assert!(window.says_part("step process-payment, compensated"), "{:?}", window.labels());
}

#[test]
fn a_saga_that_is_chosen_in_the_list_leaves_the_playhead_where_it_is() {
    let mut window = run("sagas");
    let first = rows(&window, ", stands at ")[0].clone();
    let before = window.app().navigation().playhead;
    window.click(&first);
    assert!(window.app().navigation().selected.is_some());
    assert_eq!(window.app().navigation().playhead, before);
    assert_eq!(rows(&window, ", compensated, ").len(), 6, "the list stays as it was");
}

#[test]
fn two_sagas_stand_side_by_side_with_what_differs() {
    let mut window =
        Window::simulate("shop/fulfilment?seed=7&sagas=2&fault=reserve-inventory#2:reject", SimStart::AtEnd);
    window.harness.set_size(SIZE);
    window.send(GoCommand::End);
    window.send(WindowCommand::ShowView("sagas"));
    let completed = rows(&window, ", completed, ");
    let undone = rows(&window, ", compensated, ");
    assert_eq!((completed.len(), undone.len()), (1, 1), "{:?}", rows(&window, ", stands at "));
    window.click(&undone[0]);
    let at = window.harness.get_by_label(&completed[0]).rect().center();
    window.press_at(at, egui::PointerButton::Primary, egui::Modifiers::COMMAND);
    assert!(
        window.says("Outcome: compensated in the first, completed in the second"),
        "{:?}",
        window.labels()
    );
    assert!(!rows(&window, "both: order.created.v1").is_empty(), "{:?}", window.labels());
    let only = rows(&window, "only in the first: payment.refunded.v1");
    assert_eq!(only.len(), 1, "{:?}", window.labels());
    window.click("Swap the two sagas");
    assert_eq!(rows(&window, "only in the second: payment.refunded.v1").len(), 1, "{:?}", window.labels());
    window.click("Copy the comparison as text");
    assert!(
        window.copied.last().is_some_and(|text| text.contains("only in the second: payment.refunded.v1"))
    );
}

#[test]
fn the_navigator_counts_sagas_by_outcome_and_lists_them() {
    let mut window = run("log");
    window.click("compensated, 6 sagas");
    assert_eq!(rows(&window, ", compensated, ").len(), 6, "{:?}", window.labels());
}

#[test]
fn before_the_first_saga_the_list_says_so_and_leads_to_the_end() {
    let mut window = Window::shop(SIZE);
    window.send(WindowCommand::ShowView("sagas"));
    window.send(GoCommand::Start);
    window.send(GoCommand::Select(window.app().document().unwrap().log().row_at(0)));
    assert!(window.says("No saga had begun as of the playhead"), "{:?}", window.labels());
    window.click("Go to the end of the log");
    assert!(!rows(&window, ", stands at ").is_empty(), "{:?}", window.labels());
}

#[test]
fn a_hundred_thousand_sagas_are_scrolled_to_their_end_and_only_what_is_seen_is_drawn() {
    let mut text = String::new();
    for saga in 0..100_000 {
        // One of them has an event more than the others.
        let events: &[&str] = if saga == 50_000 { &["Placed", "Paid", "Paid"] } else { &["Placed", "Paid"] };
        for name in events {
            writeln!(
                text,
                "{{\"type\":\"{name}\",\"stream\":\"order-{saga}\",\"correlation_id\":\"saga-{saga}\",\"data\":{{}}}}"
            )
            .unwrap();
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("many.jsonl");
    std::fs::write(&path, text).unwrap();
    let mut window = Window::with([path], Setup { size: vec2(1_280.0, 800.0), ..Setup::default() });
    window.send(WindowCommand::ShowView("sagas"));
    window.until(|window| !rows(window, ", stands at ").is_empty());
    window.click_role(Role::ColumnHeader, "events");
    let longest = |window: &Window| rows(window, "stands at Paid, 3 events");
    if !longest(&window).is_empty() {
        window.click_role(Role::ColumnHeader, "events");
    }
    let first = rows(&window, ", stands at ");
    assert!(longest(&window).is_empty(), "{first:?}");
    let bar = window.harness.get_by_label("Scroll Sagas").rect();
    window.drag(bar.center_top() + vec2(0.0, 4.0), bar.center_bottom() + vec2(0.0, 40.0));
    let last = rows(&window, ", stands at ");
    assert_eq!(longest(&window).len(), 1, "the longest is the last: {last:?}");
    assert!(!last.contains(&first[0]), "{first:?}");
    for seen in [first, last] {
        assert!((5..60).contains(&seen.len()), "{}", seen.len());
    }
    assert!(window.labels().len() < 600, "{}", window.labels().len());
}

#[test]
fn o_walks_a_correlation_and_e_the_failures_in_every_view_of_a_saga() {
    for view in ["log", "saga", "timeline", "diagram"] {
        let mut window = Window::shop(SIZE);
        window.send(WindowCommand::ShowView(view));
        let log = window.app().document().unwrap().log().clone();
        let rows: Vec<Row> = (0..log.len() as u64).map(|rank| log.row_at(rank)).collect();
        let failed: Vec<u64> = rows
            .iter()
            .filter(|row| {
                let name = &log.event_type(log.type_of(**row)).name;
                ["PaymentDeclined", "ShipmentLost", "StockReservationFailed"].contains(&&**name)
            })
            .map(|row| row.raw())
            .collect();
        assert!(failed.len() > 20, "{failed:?}");
        window.send(GoCommand::Select(rows[0]));
        for row in &failed[..2] {
            window.key(Modifiers::NONE, Key::E);
            assert_eq!(window.selected(), Some(*row), "{view}");
        }
        window.key(Modifiers::SHIFT, Key::E);
        assert_eq!(window.selected(), Some(failed[0]), "{view}");
        let correlation = log.event(Row::from_raw(failed[0])).correlation;
        assert!(correlation.is_some());
        let same = rows.iter().filter(|row| log.event(**row).correlation == correlation);
        let same: Vec<u64> = same.map(|row| row.raw()).collect();
        let at = same.iter().position(|row| *row == failed[0]).unwrap();
        assert!(at > 0 && at + 1 < same.len(), "{at} of {same:?}");
        for (modifiers, row) in
            [(Modifiers::NONE, same[at + 1]), (Modifiers::SHIFT, same[at]), (Modifiers::SHIFT, same[at - 1])]
        {
            window.key(modifiers, Key::O);
            assert_eq!(window.selected(), Some(row), "{view}");
        }
    }
}

#[test]
fn attempts_after_an_answer_that_was_lost_are_not_told_before_they_happened() {
    let mut window =
        Window::simulate("shop/fulfilment?seed=7&fault=process-payment:timeout", SimStart::AtEnd);
    window.harness.set_size(SIZE);
    window.send(WindowCommand::ShowView("saga"));
    let log = window.app().document().unwrap().log().clone();
    let all = (0..log.len() as u64).map(|rank| log.row_at(rank));
    let mut paid = all.filter(|row| &*log.event_type(log.type_of(*row)).name == "payment.completed.v1");
    window.send(GoCommand::Select(paid.next().unwrap()));
    let told: Vec<String> = rows(&window, ", payment.completed.v1")
        .into_iter()
        .filter(|label| label.starts_with(|letter: char| letter.is_ascii_digit()))
        .collect();
    assert_eq!(told.len(), 1, "{:?}", window.labels());
    assert!(!told[0].contains("attempts") && !told[0].contains("no answer"), "{told:?}");
    window.send(GoCommand::End);
    assert!(window.says_part("3 attempts: 1 no answer"), "{:?}", window.labels());
}

#[test]
fn between_two_undos_a_ledger_does_not_say_that_nothing_is_decided() {
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../../sample-data/shop-week.jsonl");
    let mut window = Window::open([sample]);
    let stream = window.stream("saga-s15");
    let log = window.app().document().unwrap().log();
    // The first of its undos is done, the next has not begun.
    let between = log.replay_rows(stream)[11];
    window.send(GoCommand::Select(between));
    window.send(WindowCommand::ShowView("saga"));
    assert!(window.says("Nothing is known to be owed yet"), "{:?}", window.labels());
    assert!(window.says_part("held, not known yet whether it is undone"), "{:?}", window.labels());
    assert!(!window.says_part("nothing is decided yet"), "{:?}", window.labels());
}
