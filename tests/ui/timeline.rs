//! The timeline of one saga and of many, and the diagrams of the same selection: bars that are clicked, zoom that is
//! undone, cuts that are opened, what is folded and what is in focus.

use egui::accesskit::Role;
use egui::{Key, Modifiers, Rect, Vec2, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use sagascope::engine::SimStart;
use sagascope::ui::command::{GoCommand, WindowCommand};
use sagascope_ui_tests::window::Window;

const SIZE: Vec2 = vec2(2_000.0, 1_200.0);
const HIGH: Vec2 = vec2(2_000.0, 3_600.0);

/// A payment that succeeds at the third attempt, an order that is refused, and everything undone.
const RUN: &str = "shop/fulfilment?seed=7&fault=process-payment:transient:2&fault=confirm-order:reject";

fn run(view: &'static str) -> Window {
    let mut window = Window::simulate(RUN, SimStart::AtEnd);
    window.harness.set_size(SIZE);
    window.send(GoCommand::End);
    window.send(WindowCommand::ShowView(view));
    window
}

/// The saga of a parcel that was lost a day later, in a window that is high enough for all of it.
fn shop(view: &'static str) -> Window {
    let mut window = Window::shop(HIGH);
    window.show("ord-00002");
    window.send(WindowCommand::ShowView("replay"));
    window.send(GoCommand::Version(0));
    window.send(WindowCommand::ShowView(view));
    window
}

/// What is said of everything with this role and this in its label.
fn named(window: &Window, role: Role, part: &str) -> Vec<String> {
    let nodes = window.harness.root().children_recursive();
    let nodes = nodes.map(|node| node.accesskit_node()).filter(|node| node.role() == role);
    nodes.filter_map(|node| node.label()).filter(|label| label.contains(part)).collect()
}

#[test]
fn every_attempt_is_a_bar_and_a_click_selects_how_it_ended() {
    let mut window = run("timeline");
    let retries = named(&window, Role::Button, "process-payment, retry, attempt");
    assert_eq!(retries.len(), 2, "{:?}", window.labels());
    assert!(retries.iter().any(|label| label.contains("failed: unavailable")), "{retries:?}");
    assert_eq!(named(&window, Role::Button, ", compensation, attempt").len(), 3);
    assert_eq!(named(&window, Role::Button, "waiting for process-payment").len(), 2);
    assert!(window.says_part("Critical path: "), "{:?}", window.labels());
    let before = window.rank();
    window.click(&retries[0]);
    let row = window.app().navigation().selected.expect("its last event is selected");
    let log = window.app().document().expect("a log is open").log();
    assert!(log.event_type(log.type_of(row)).name.starts_with("saga.step_"));
    assert!(window.rank() < before, "the playhead is there");
    assert!(window.says_part(", compensation, attempt 1, ") && window.says_part(", after the playhead"));
}

#[test]
fn zooming_is_undone_step_by_step() {
    let mut window = run("timeline");
    let ruler = |window: &Window| -> Vec<String> {
        window.labels().into_iter().filter(|label| label.starts_with("Ruler: ")).collect()
    };
    let whole = ruler(&window);
    window.press(Key::W);
    window.press(Key::F);
    window.press(Key::W);
    window.press(Key::W);
    assert_ne!(ruler(&window), whole);
    while window.harness.query_by_label("Undo zoom").is_some_and(|node| !node.accesskit_node().is_disabled())
    {
        window.click("Undo zoom");
    }
    assert_eq!(ruler(&window), whole);
    window.press(Key::W);
    window.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(ruler(&window), whole);
}

#[test]
fn a_cut_says_how_long_nothing_happened_and_a_click_shows_it() {
    let mut window = shop("timeline");
    let cuts = |window: &Window| named(window, Role::Button, "restore this stretch");
    let before = cuts(&window);
    assert!(before.iter().any(|label| label.starts_with("idle 15 h ")), "{before:?}");
    let longest = before.iter().find(|label| label.starts_with("idle 15 h ")).unwrap().clone();
    window.click(&longest);
    assert!(!cuts(&window).contains(&longest), "{:?}", cuts(&window));
    window.click("Cut idle time again");
    assert_eq!(cuts(&window), before);
    assert!(window.says_part("waiting for ShipmentDispatched, "), "{:?}", window.labels());
}

#[test]
fn all_sagas_have_a_line_each_and_one_of_them_is_opened() {
    let mut window = shop("timeline");
    window.click("All sagas");
    let sagas = named(&window, Role::ListItem, " events in ");
    assert!(sagas.len() > 20, "{sagas:?}");
    let other = sagas.iter().find(|label| !label.starts_with("ord-00002")).unwrap().clone();
    let before = window.selected();
    window.click(&other);
    assert_ne!(window.selected(), before);
    window.press(Key::Enter);
    assert!(window.says_part("Critical path: "), "{:?}", window.labels());
}

#[test]
fn the_timeline_is_copied_as_text_and_as_mermaid() {
    let mut window = run("timeline");
    for (entry, part) in [
        ("Copy timeline as text", "process-payment, retry, attempt 2"),
        ("Copy timeline as Mermaid", "dateFormat x"),
    ] {
        // There is room for both beside the words.
        window.click(entry);
        let copied = window.copied.last().cloned().unwrap_or_default();
        assert!(copied.contains(part), "{copied}");
    }
}

#[test]
fn the_timeline_of_all_sagas_is_copied_and_offered_as_pictures() {
    let mut window = shop("timeline");
    window.click("All sagas");
    window.settle();
    window.click("Copy timeline as text");
    window.settle();
    let copied = window.copied.last().cloned().unwrap_or_default();
    assert!(copied.starts_with("Timeline of 400 sagas\n"), "{}", &copied[..200]);
    let of_sagas = copied.lines().filter(|line| line.contains(", from +") && line.ends_with(" events"));
    assert_eq!(of_sagas.count(), 400);
    assert!(copied.contains("ord-00010 · no-activity: "));
    window.click("Save the timeline as a picture");
    for kind in ["SVG", "PNG"] {
        assert!(window.says(&format!("Save timeline as {kind}…")), "{:?}", window.labels());
    }
}

/// Where everything with this role and this in its label stands.
fn rects(window: &Window, role: Role, part: &str) -> Vec<Rect> {
    let nodes = window.harness.root().children_recursive();
    let holds = |node: &egui_kittest::Node<'_>| {
        let node = node.accesskit_node();
        let words = node.label().or_else(|| node.value());
        node.role() == role && words.is_some_and(|words| words.contains(part))
    };
    nodes.filter(holds).map(|node| node.rect()).collect()
}

#[test]
fn bars_too_narrow_to_be_told_apart_are_counted_and_a_click_zooms_in() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.jsonl");
    std::fs::write(&path, long_saga(3_000)).unwrap();
    let mut window = Window::open([path]);
    window.harness.set_size(SIZE);
    window.send(WindowCommand::ShowView("timeline"));
    let bins = named(&window, Role::Button, " bars of ");
    assert!(bins.len() > 20, "{:?}", window.labels());
    let counted = |bins: &[String], of: &str| -> usize {
        let of = bins.iter().filter(|label| label.contains(of));
        of.map(|label| label.split(' ').next().unwrap().parse::<usize>().unwrap()).sum()
    };
    assert!(counted(&bins, " bars of ItemPacked within") > 900, "{bins:?}");
    assert!(bins.iter().any(|label| label.contains("ItemPackingFailed") && label.contains(" failed, ")));
    // With a gap between any two on a line.
    let mut places = rects(&window, Role::Button, " bars of ItemPacked within");
    places.sort_by(|one, other| (one.top(), one.left()).partial_cmp(&(other.top(), other.left())).unwrap());
    let apart = |pair: &[Rect]| pair[0].top() < pair[1].top() || pair[0].right() < pair[1].left();
    assert!(places.windows(2).all(apart), "{places:?}");
    // From near, each is a bar of its own.
    for _ in 0..8 {
        let bins = named(&window, Role::Button, " bars of ItemPacked within");
        let Some(bin) = bins.get(bins.len() / 2) else { break };
        window.click(bin);
    }
    assert!(named(&window, Role::Button, " bars of ").is_empty(), "{:?}", window.labels());
    assert!(!named(&window, Role::Button, "ItemPacked, step, ").is_empty(), "{:?}", window.labels());
}

#[test]
fn a_short_run_is_measured_from_its_beginning() {
    let window = run("timeline");
    let ruler = |window: &Window| {
        let found = window.labels().into_iter().find(|label| label.starts_with("Ruler: "));
        found.unwrap_or_else(|| panic!("no ruler in {:?}", window.labels()))
    };
    let short = ruler(&window);
    assert!(short.starts_with("Ruler: +0 s, +0.") && short.matches(" s,").count() > 3, "{short}");
    assert!(window.says_part(" s from 1 Jan 00:00:00"), "the day is told beside it");
    // A day is told by the clock.
    let long = ruler(&shop("timeline"));
    assert!(long.starts_with("Ruler: 1 Mar "), "{long}");
}

#[test]
fn names_of_steps_have_the_room_they_need_up_to_a_third() {
    let width = |name: &str, size: Vec2| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("names.jsonl");
        std::fs::write(&path, long_saga(40).replace("ItemPackingFailed", name)).unwrap();
        let mut window = Window::open([path]);
        window.harness.set_size(size);
        window.send(WindowCommand::ShowView("timeline"));
        let ruler = rects(&window, Role::Label, "Ruler: ")[0].width();
        let heads = rects(&window, Role::Label, &format!("{name}, "));
        (heads[0].width(), ruler)
    };
    let long = "ConfirmationRefusedByTheCustomsOffice";
    let ((few, _), (many, _)) = (width("Failed", SIZE), width(long, SIZE));
    assert!(many > few + 80.0, "{few} {many}");
    let (head, ruler) = width(&long.repeat(4), vec2(1_000.0, 700.0));
    assert!(head < ruler, "{head} of {ruler}");
}

#[test]
fn the_flow_says_why_and_an_event_is_seen_with_its_neighbours_alone() {
    let mut window = shop("diagram");
    window.click("Flow");
    let all = named(&window, Role::ListItem, ", caused by ");
    assert!(
        all.iter().any(|label| label.starts_with("PaymentRefunded, Payment, caused by ShipmentLost")),
        "{all:?}"
    );
    window
        .click_role(Role::ListItem, all.iter().find(|label| label.starts_with("PaymentAuthorized")).unwrap());
    window.press(Key::I);
    let near = named(&window, Role::ListItem, ", caused by ");
    assert_eq!(near.len(), 2, "the request is a root here: {near:?}");
    window.press(Key::I);
    assert!(named(&window, Role::ListItem, ", caused by ").len() > near.len());
    window.press(Key::I);
    assert_eq!(named(&window, Role::ListItem, ", caused by ").len(), all.len());
    window.click("Copy the diagram");
    window.click("Copy as Mermaid");
    assert!(window.copied.last().is_some_and(|text| text.contains("\n---\nflowchart TD")));
}

#[test]
fn repeats_and_lifelines_are_folded_and_opened() {
    for kind in ["Sequence", "Flow"] {
        let mut window = shop("diagram");
        window.click(kind);
        assert!(window.says_part("StockReserved ×4, "), "{kind}: {:?}", window.labels());
        window.click("Show each of the 4 events");
        assert_eq!(
            named(&window, Role::ListItem, "StockReserved, Inventory").len(),
            4,
            "{kind} {:?}",
            window.labels()
        );
        let lifeline = named(&window, Role::Button, "Lifeline Payment, ");
        window.click(&lifeline[0]);
        assert!(window.says_part("Lifeline Payment, 3 events, folded"), "{kind}: {:?}", window.labels());
        assert!(window.says_part("2 events, Payment"), "{kind}: {:?}", window.labels());
        window.click("Lifeline Payment, 3 events, folded");
        assert!(window.says_part("PaymentAuthorized, Payment"), "{kind}");
    }
}

#[test]
fn attempts_stand_as_one_in_the_sequence_of_a_run() {
    let mut window = run("diagram");
    assert!(window.says_part("process-payment, 2 failed"), "{:?}", window.labels());
    window.click("What is folded");
    window.click("Unfold everything");
    assert!(!window.says_part("process-payment, 2 failed, "));
    assert!(window.says_part("saga.step_attempt_failed, "), "{:?}", window.labels());
}

#[test]
fn what_lies_after_the_playhead_says_so_in_both_diagrams() {
    for kind in ["Sequence", "Flow"] {
        let mut window = shop("diagram");
        window.click(kind);
        let events = named(&window, Role::ListItem, "OrderPlaced, ");
        window.click(&events[0]);
        let later = named(&window, Role::ListItem, ", after the playhead");
        assert!(later.iter().any(|label| label.starts_with("OrderCancelled")), "{kind}: {later:?}");
    }
}

#[test]
fn thousands_of_messages_are_drawn_as_far_as_they_are_seen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.jsonl");
    std::fs::write(&path, long_saga(3_000)).unwrap();
    let mut window = Window::open([path]);
    for view in ["timeline", "diagram"] {
        window.send(WindowCommand::ShowView(view));
        let drawn = window.labels().len();
        assert!(drawn < 1_500, "{view}: {drawn}");
    }
    window.click("Flow");
    assert!(window.labels().len() < 1_500, "{}", window.labels().len());
    // The last of them is in sight when it is selected.
    let last = window.app().document().and_then(|document| document.log().last_row()).unwrap();
    window.send(GoCommand::Select(last));
    assert!(window.says_part("ItemPacked, item"), "{:?}", window.labels());
}

/// The rows of a sequence, each with where it stands.
fn places(window: &Window) -> Vec<(String, f32)> {
    let nodes = window.harness.root().children_recursive();
    let items = nodes.filter(|node| node.accesskit_node().role() == Role::ListItem);
    let items = items.filter_map(|node| Some((node.accesskit_node().label()?, node.rect().center().y)));
    let mut items: Vec<_> =
        items.filter(|(label, _)| label.contains(", Order") || label.contains(", Ship")).collect();
    items.sort_by(|one, other| one.1.total_cmp(&other.1));
    items
}

#[test]
fn to_scale_rows_are_as_far_apart_as_they_are_in_time() {
    let mut window = shop("diagram");
    let gap = |window: &Window, name: &str| {
        let places = places(window);
        let at = places.iter().position(|(label, _)| label.starts_with(name));
        let at = at.unwrap_or_else(|| panic!("no {name} in {places:?}"));
        (places[at].1 - places[at - 1].1).round()
    };
    let names = |window: &Window| places(window).into_iter().map(|(label, _)| label).collect::<Vec<_>>();
    let before = names(&window);
    // Dispatched 15 hours after it was confirmed, which followed the payment in seconds.
    let even = (gap(&window, "ShipmentDispatched"), gap(&window, "OrderCancelled"));
    window.click("Space rows to the scale of time");
    assert_eq!(names(&window), before, "the order is that of time in both");
    let scaled = (gap(&window, "ShipmentDispatched"), gap(&window, "OrderCancelled"));
    assert!(scaled.0 > 2.0 * even.0, "{even:?} {scaled:?}");
    assert!(scaled.0 > scaled.1, "{scaled:?}");
    window.click("Space rows to the scale of time");
    assert_eq!((gap(&window, "ShipmentDispatched"), gap(&window, "OrderCancelled")), even);
}

#[test]
fn the_history_of_a_workflow_has_a_lifeline_for_each_activity() {
    let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/temporal");
    let mut window = Window::open([data.join("retries.json")]);
    window.harness.set_size(HIGH);
    window.send(WindowCommand::ShowView("diagram"));
    for activity in ["ListWorkflow", "DescribeWorkflowExecution"] {
        let lifelines = named(&window, Role::Button, &format!("Lifeline {activity}, "));
        assert_eq!(lifelines.len(), 1, "{activity}: {:?}", named(&window, Role::Button, "Lifeline "));
    }
    let lifelines = named(&window, Role::Button, "Lifeline ");
    assert_eq!(lifelines.len(), 3, "the workflow itself and two activities: {lifelines:?}");
}

/// One saga of so many events: a chain with failures, and a fan of what each of them led to.
pub fn long_saga(events: usize) -> String {
    let lines = (0..events).map(|at| {
        let name = ["OrderPlaced", "ItemReserved", "ItemPacked", "ItemPackingFailed"]
            [if at == 0 { 0 } else { 1 + at % 3 }];
        let cause = if at % 3 == 0 { at.saturating_sub(3) } else { at - at % 3 };
        let cause = if at > 0 { format!(",\"causation_id\":\"e{cause}\"") } else { String::new() };
        let second = at * 2 + (at / 500) * 7_200;
        format!(
            "{{\"id\":\"e{at}\",\"type\":\"{name}\",\"stream\":\"item-{}\",\"correlation_id\":\"c1\"{cause},\
             \"occurred_at\":\"2026-03-01T{:02}:{:02}:{:02}Z\",\"data\":{{\"n\":{at}}}}}\n",
            at % 7,
            second / 3_600,
            second / 60 % 60,
            second % 60
        )
    });
    lines.collect()
}
