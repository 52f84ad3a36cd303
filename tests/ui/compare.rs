//! Two runs side by side: a run that was left for another future, and the run of a file.

use egui::accesskit::Role;
use egui::{Vec2, vec2};
use egui_kittest::kittest::NodeT as _;
use sagascope::engine::{SimControl, SimStart, Until, record};
use sagascope::sim::{Act, Fault};
use sagascope::ui::app::rival::RivalChoice;
use sagascope::ui::command::{DocumentCommand, GoCommand, SimulationCommand, WindowCommand};
use sagascope_ui_tests::window::Window;

const SIZE: Vec2 = vec2(2_000.0, 1_200.0);

/// What is said of every row.
fn rows(window: &Window, part: &str) -> Vec<String> {
    let nodes = window.harness.root().children_recursive();
    let nodes = nodes.map(|node| node.accesskit_node());
    let items = nodes.filter(|node| node.role() == Role::ListItem).filter_map(|node| node.label());
    items.filter(|label| label.contains(part)).collect()
}

#[test]
fn a_saga_is_compared_with_itself_in_a_future_that_was_left() {
    let mut window = Window::simulate("shop/fulfilment?seed=7", SimStart::AtEnd);
    window.harness.set_size(SIZE);
    window.send(SimControl::GoTo(3));
    window.until_run(|frame| frame.step == 3);
    let refused = Fault::parse("reserve-inventory:reject").unwrap();
    window.send(SimulationCommand::Act(Act::Arm(refused)));
    window.until_run(|frame| frame.futures.len() == 2);
    window.send(SimControl::Run(Until::Quiet));
    window.until_run(|frame| frame.quiescent && !frame.running);
    window.send(GoCommand::End);
    window.send(WindowCommand::ShowView("compare"));
    assert!(window.says("There is no other saga to compare this one with"), "{:?}", window.labels());
    window.click("Choose what to compare with");
    window.click_containing("The run shop/fulfilment?seed=7");
    let differs = "Outcome: compensated in the first, completed in the second";
    assert!(window.says(differs), "{:?}", window.labels());
    assert_eq!(rows(&window, "only in the first: payment.refunded.v1").len(), 1, "{:?}", window.labels());
    assert!(!rows(&window, "only in the second: order.confirmed.v1").is_empty(), "{:?}", window.labels());
    assert!(!rows(&window, "both: payment.completed.v1").is_empty(), "{:?}", window.labels());
    // In little room they take two lines, and the rest is shown on demand.
    window.harness.set_size(vec2(1_000.0, 900.0));
    window.settle();
    assert!(window.says(differs), "{:?}", window.labels());
    let said = |window: &Window| rows(window, " in the first").len() + rows(window, "Only in the ").len();
    let before = said(&window);
    window.click_containing(" more difference");
    assert!(said(&window) > before, "{:?}", window.labels());
    window.click("Show fewer differences");
    assert_eq!(said(&window), before);
    window.click("Choose what to compare with");
    window.click("Another saga of this log");
    assert!(!window.says(differs));
}

#[test]
fn a_saga_is_compared_with_its_counterpart_in_another_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("refused.jsonl");
    let other =
        Window::simulate("shop/fulfilment?seed=7&sagas=2&fault=confirm-order:reject", SimStart::AtEnd);
    record(&other.app().document().unwrap().open, &path).unwrap();
    let mut window = Window::simulate("shop/fulfilment?seed=7&sagas=2", SimStart::AtEnd);
    window.harness.set_size(SIZE);
    window.send(GoCommand::End);
    window.send(DocumentCommand::CompareWith(Some(RivalChoice::File(path))));
    let differs = "Outcome: completed in the first, compensated in the second";
    assert!(window.says(differs), "{:?}", window.labels());
    assert!(window.says_part("only in the second: order.confirmation_refused"), "{:?}", window.labels());
    // Its other saga ended like this too.
    let second = if window.says("Show the next saga of the other run") { "next" } else { "previous" };
    window.click(&format!("Show the {second} saga of the other run"));
    assert!(window.says(differs), "{:?}", window.labels());
    let missing = folder.path().join("nowhere.jsonl");
    window.send(DocumentCommand::CompareWith(Some(RivalChoice::File(missing))));
    assert!(window.says("The other run cannot be read"), "{:?}", window.labels());
}
