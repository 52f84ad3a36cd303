//! The simulator as a person uses it: begun from the palette, stepped, disturbed, and looked at in its log.

use egui::accesskit::Role;
use egui::{Key, Modifiers, PointerButton, vec2};
use egui_kittest::SnapshotResults;
use egui_kittest::kittest::Queryable as _;
use image::RgbaImage;
use sagascope::engine::{SimControl, SimFrame, SimRequest, SimStart, open_domain};
use sagascope::sim::{Outcome, Recipe};
use sagascope::ui::command::{GoCommand, SimulationCommand, WindowCommand};
use sagascope::ui::screenshot::{Shot, Stage};
use sagascope::ui::theme::Theme;
use sagascope_ui_tests::snapshots;
use sagascope_ui_tests::window::{self, Setup, Window};

fn request(recipe: &str, start: SimStart) -> SimRequest {
    let recipe = Recipe::parse(recipe).unwrap();
    SimRequest { domain: open_domain(&recipe.domain).unwrap(), recipe, start }
}

/// A window with a run at its beginning.
fn window(recipe: &str) -> Window {
    let mut window = Window::open(Vec::<String>::new());
    window.send(SimulationCommand::Begin(Box::new(request(recipe, SimStart::Beginning))));
    until(&mut window, |frame| frame.step == 0);
    window
}

fn frame(window: &Window) -> &SimFrame {
    window.app().document().and_then(|document| document.frame()).expect("a run is open")
}

/// Draws frames until the run is where it should be.
#[track_caller]
fn until(window: &mut Window, holds: impl Fn(&SimFrame) -> bool) {
    for _ in 0..20_000 {
        window.harness.step();
        if window.app().document().and_then(|document| document.frame()).is_some_and(&holds) {
            return window.settle();
        }
        std::thread::yield_now();
    }
    panic!("it never came to pass: {:?}", window.labels());
}

#[track_caller]
fn key(window: &mut Window, key: Key, step: u64) {
    window.harness.key_press_modifiers(Modifiers::NONE, key);
    until(window, |frame| frame.step == step);
}

/// Presses something and waits until the run is at the moment.
#[track_caller]
fn press(window: &mut Window, label: &str, holds: impl Fn(&SimFrame) -> bool) {
    window.harness.get_by_label(label).click();
    window.harness.run_steps(4);
    until(window, holds);
}

/// Chooses an entry of the menu of a right click.
#[track_caller]
fn choose(window: &mut Window, label_part: &str, entry: &str, holds: impl Fn(&SimFrame) -> bool) {
    let found = window.harness.query_all_by_label_contains(label_part).next();
    found.unwrap_or_else(|| panic!("nothing says {label_part}: {:?}", window.labels())).click_secondary();
    window.settle();
    press(window, entry, holds);
}

#[test]
fn a_window_that_begins_with_a_run_shows_it_at_its_fault() {
    let run = request("shop/fulfilment?seed=7&fault=process-payment:timeout", SimStart::AtFault);
    let setup = Setup { run: Some(run), ..Setup::default() };
    let mut window = Window::with(window::NO_STORE, setup);
    until(&mut window, |frame| frame.step > 0 && frame.newest > frame.step);
    assert!(window.says("Simulator") && window.says("shop/fulfilment"), "{:?}", window.labels());
}

#[test]
fn a_run_is_begun_from_the_palette_and_a_refusal_is_compensated() {
    let mut window = Window::open(Vec::<String>::new());
    window.key(Modifiers::COMMAND, Key::P);
    window.type_text("simulate a saga");
    window.key(Modifiers::NONE, Key::Enter);
    assert!(window.says("Recipe"), "{:?}", window.labels());
    window.click("Shop");
    window.click("fulfilment");
    press(&mut window, "Begin the simulation", |frame| frame.step == 0);
    assert!(window.says_part("Recipe shop/fulfilment"), "{:?}", window.labels());
    assert!(window.says("Nothing has happened yet."));

    // The card, then the step: nothing has happened yet, so the recipe changes.
    window.click("Fault reject");
    let step = window.harness.query_all_by_label_contains("reserve-inventory, not reached").next().unwrap();
    step.click();
    window.harness.run_steps(4);
    until(&mut window, |frame| frame.recipe_line.contains("fault=reserve-inventory:reject"));
    assert!(window.says("reserve-inventory reject, 0 hits"), "{:?}", window.labels());

    key(&mut window, Key::ArrowRight, 1);
    key(&mut window, Key::Period, 2);
    assert_eq!(frame(&window).messages, 2);
    press(&mut window, "Run until…", |frame| frame.step == 2);
    press(&mut window, "nothing is under way", |frame| frame.quiescent);
    assert_eq!(frame(&window).sagas[0].outcome, Outcome::Compensated);
    assert!(window.says_part("How it ended: compensated"), "{:?}", window.labels());
    assert!(window.says_part("Undo of process-payment, compensated"), "{:?}", window.labels());

    // Back and forward again: the same words.
    let (end, words) = (frame(&window).step, frame(&window).narration.clone());
    window.harness.key_press_modifiers(Modifiers::SHIFT, Key::ArrowLeft);
    until(&mut window, |frame| frame.step == end - 10);
    assert!(window.says(&format!("moment {} of {end}", end - 10)) || window.says_part("in the past"));
    assert_ne!(frame(&window).narration, words);
    window.harness.key_press_modifiers(Modifiers::SHIFT, Key::ArrowRight);
    until(&mut window, |frame| frame.step == end);
    assert_eq!(frame(&window).narration, words);
    assert!(window.says(words.headline.as_str()), "{:?}", window.labels());
}

#[test]
fn a_message_is_lost_by_its_menu_and_that_is_taken_back() {
    let mut window = window("shop/fulfilment?seed=7");
    key(&mut window, Key::ArrowRight, 1);
    let flying = frame(&window).in_flight[0].label.clone();
    choose(&mut window, &format!("{flying} at "), "Lose", |frame| frame.acts == 1);
    assert!(window.says_part("is lost."), "{:?}", window.labels());
    assert!(frame(&window).in_flight.iter().all(|flight| flight.label != flying));
    press(&mut window, "Take back", |frame| frame.acts == 0);
    assert_eq!(frame(&window).in_flight[0].label, flying);
    assert_eq!(frame(&window).step, 1);
}

#[test]
fn what_is_done_in_the_past_leaves_the_other_future_beside() {
    let mut window = window("shop/fulfilment?seed=7");
    window.send(SimControl::Run(sagascope::engine::Until::Quiet));
    until(&mut window, |frame| frame.quiescent && !frame.running);
    let end = frame(&window).newest;
    window.send(SimControl::GoTo(3));
    until(&mut window, |frame| frame.step == 3);
    choose(&mut window, "payment, up", "Stop", |frame| frame.futures.len() == 2);
    assert!(window.says_part("payment, down"), "{:?}", window.labels());
    press(&mut window, "future 2 of 2", |frame| frame.future == 1);
    press(&mut window, "1: as it began", |frame| frame.future == 0);
    assert_eq!(frame(&window).newest, end);
    assert!(window.says_part("payment, up"));
}

#[test]
fn a_dead_letter_is_redriven() {
    let mut window = window("shop/fulfilment?seed=7&fault=send-confirmation:transient:3");
    window.send(SimControl::Run(sagascope::engine::Until::Quiet));
    until(&mut window, |frame| frame.quiescent && !frame.running);
    assert!(window.says_part("Dead letters, 1 open"), "{:?}", window.labels());
    let letter = frame(&window).dead_letters[0].clone();
    assert!(window.says(&format!(
        "Attempt 1 at {}: {}",
        seconds(letter.attempts[0].at.0),
        letter.attempts[0].error
    )));
    press(&mut window, &format!("Redrive {}", letter.message_type), |frame| !frame.quiescent);
    window.send(SimControl::Run(sagascope::engine::Until::Quiet));
    until(&mut window, |frame| frame.quiescent && !frame.running);
    assert_eq!(frame(&window).sagas[0].outcome, Outcome::Completed);
    assert!(window.says_part("Dead letters, 0 open"), "{:?}", window.labels());
    // Back to before the redrive.
    window.harness.key_press_modifiers(Modifiers::ALT, Key::ArrowLeft);
    until(&mut window, |frame| frame.acts == 0);
    assert_eq!(frame(&window).sagas[0].outcome, Outcome::DeadLettered);
}

fn seconds(ticks: u64) -> String {
    format!("{}.{:03} s", ticks / 1_000_000, ticks / 1_000 % 1_000)
}

#[test]
fn a_protection_that_is_switched_off_before_anything_happened_is_of_the_recipe() {
    let mut window = window("shop/fulfilment?seed=7");
    press(&mut window, "Retries", |frame| frame.recipe_line.contains("&without=retries"));
    assert_eq!(frame(&window).step, 0);
    assert!(window.says_part("One hiccup is enough"), "{:?}", window.labels());
    press(&mut window, "Retries", |frame| !frame.recipe_line.contains("without"));
}

#[test]
fn a_protection_that_is_switched_off_on_the_way_begins_another_future() {
    let mut window = window("shop/fulfilment?seed=7&fault=reserve-inventory:transient");
    window.send(SimControl::Run(sagascope::engine::Until::Quiet));
    until(&mut window, |frame| frame.quiescent && !frame.running);
    assert_eq!(frame(&window).sagas[0].outcome, Outcome::Completed);
    let end = frame(&window).newest;
    window.send(SimControl::GoTo(3));
    until(&mut window, |frame| frame.step == 3);
    press(&mut window, "Retries", |frame| frame.futures.len() == 2);
    assert!(frame(&window).recipe_line.ends_with("&act=3:without:retries"), "{}", frame(&window).recipe_line);
    assert!(window.says("From here on without retries."), "{:?}", window.labels());
    assert!(window.says_part("One hiccup is enough"), "{:?}", window.labels());
    window.send(SimControl::Run(sagascope::engine::Until::Quiet));
    until(&mut window, |frame| frame.quiescent && !frame.running);
    assert_eq!(frame(&window).sagas[0].outcome, Outcome::Compensated);
    // The chart says where it begins.
    let mark = "From here on without retries. This future begins here";
    press(&mut window, mark, |frame| frame.step == 4);
    // The run with retries is still there.
    press(&mut window, "future 2 of 2", |frame| frame.future == 1);
    assert!(window.says("2: from moment 3 on: without retries"), "{:?}", window.labels());
    press(&mut window, "1: as it began", |frame| frame.future == 0);
    assert_eq!(frame(&window).newest, end);
    assert!(!window.says_part("One hiccup is enough"), "{:?}", window.labels());
    assert!(!window.says_part("This future begins here"), "{:?}", window.labels());
    // Seen from here, the other one is still called by what was done.
    press(&mut window, "future 1 of 2", |frame| frame.future == 0);
    assert!(window.says("2: from moment 3 on: without retries"), "{:?}", window.labels());
}

#[test]
fn a_fault_in_the_middle_of_a_run_counts_from_here() {
    let mut window = window("shop/fulfilment?seed=7");
    key(&mut window, Key::ArrowRight, 1);
    choose(&mut window, "process-payment, not reached", "reject", |frame| frame.acts == 1);
    let line = "shop/fulfilment?seed=7&act=1:arm:process-payment:reject";
    assert_eq!(frame(&window).recipe_line, line);
    assert!(window.says(&format!("Recipe {line}")), "{:?}", window.labels());
    assert!(window.says("process-payment reject, 0 hits"), "{:?}", window.labels());
    press(&mut window, "Remove process-payment:reject", |frame| frame.acts == 2);
    assert!(frame(&window).faults.is_empty());
    assert_eq!(frame(&window).recipe_line, format!("{line}&act=2:disarm:process-payment:reject"));
}

#[test]
fn a_card_is_dragged_onto_a_step() {
    let mut window = window("shop/fulfilment?seed=7");
    let from = window.harness.get_by_label("Fault lost").rect().center();
    let step = window.harness.query_all_by_label_contains("create-order, not reached").next().unwrap();
    let to = step.rect().left_center() + vec2(12.0, 0.0);
    let button = |pos, pressed| egui::Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    for event in [egui::Event::PointerMoved(from), button(from, true)] {
        window.harness.event(event);
        window.harness.step();
    }
    for part in [0.3, 0.7, 1.0] {
        window.harness.event(egui::Event::PointerMoved(from + (to - from) * part));
        window.harness.step();
    }
    window.harness.event(button(to, false));
    window.harness.run_steps(4);
    until(&mut window, |frame| frame.recipe_line.ends_with("fault=create-order:lost"));
}

#[test]
fn the_log_of_the_run_has_the_same_playhead() {
    let mut window = window("shop/fulfilment?seed=7");
    window.send(SimControl::Run(sagascope::engine::Until::Quiet));
    until(&mut window, |frame| frame.quiescent && !frame.running);
    let newest = frame(&window).newest;
    key(&mut window, Key::ArrowLeft, newest - 1);
    window.send(SimControl::GoTo(4));
    until(&mut window, |frame| frame.step == 4);
    let last = frame(&window).events - 1;
    assert_eq!(window.selected(), Some(last));
    // An event that is chosen in the log moves the run.
    window.send(WindowCommand::ShowView("log"));
    window.select(last + 6);
    until(&mut window, |frame| frame.events > last + 6);
    assert!(frame(&window).step > 4 && frame(&window).step < newest);
    window.send(GoCommand::End);
    until(&mut window, |frame| frame.step == newest);
}

#[test]
fn errors_of_recipes_and_domain_files_are_said_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wrong.domain.toml");
    std::fs::write(&path, "format = 2\nnam = 'x'\n").unwrap();
    let mut window = Window::open(Vec::<String>::new());
    window.key(Modifiers::COMMAND, Key::N);
    window.key(Modifiers::COMMAND, Key::A);
    window.type_text("shop/fulfilment?fault=proces-payment:lost&fault=confirm-order:undo-fails");
    assert!(window.says_part("did you mean \"process-payment\"?"), "{:?}", window.labels());
    assert!(window.says_part("confirm-order has no undo"), "{:?}", window.labels());
    window.click("Domain file");
    assert!(window.says_part("Type or paste the path"), "{:?}", window.labels());
    window.harness.get_by_label("Path of a domain file").focus();
    window.settle();
    window.type_text(path.to_str().unwrap());
    assert!(window.says_part("1:10:") && window.says_part("2:1:"), "{:?}", window.labels());
}

#[test]
fn other_logs_offer_a_simulation() {
    let mut window = Window::open([sagascope_ui_tests::window::another_shop()]);
    window.send(WindowCommand::ShowView("simulator"));
    window.click("Simulate a saga…");
    assert!(window.says("Recipe"), "{:?}", window.labels());
}

#[test]
fn many_sagas_are_shown_one_or_all() {
    let mut window = window("shop/fulfilment?seed=7&sagas=40&fault=process-payment:transient:9");
    window.send(SimControl::Run(sagascope::engine::Until::Quiet));
    until(&mut window, |frame| frame.quiescent && !frame.running);
    window.send(SimulationCommand::ShowSaga(None));
    assert!(window.says("40 of 40 sagas have begun"), "{:?}", window.labels());
    window.send(SimulationCommand::ShowSaga(Some(40)));
    assert!(window.says_part("Ledger of s40"), "{:?}", window.labels());
}

#[test]
fn a_run_looks_as_it_did() {
    let mut results = SnapshotResults::new();
    for theme in Theme::ALL {
        let shot = Shot {
            stores: Vec::new(),
            run: None,
            moment: None,
            view: None,
            stream: None,
            at: None,
            filter: String::new(),
            theme,
            size: vec2(1_200.0, 860.0),
            scale: 1.0,
        };
        let mut stage = Stage::new(&shot).unwrap();
        let recipe = "shop/fulfilment?seed=7&fault=process-payment/undo:undo-fails&fault=reserve-inventory:lost\
                      &fault=confirm-order:reject";
        stage.send(SimulationCommand::Begin(Box::new(request(recipe, SimStart::Beginning))));
        for _ in 0..20_000 {
            stage.frame();
            if stage.app().document().and_then(|document| document.frame()).is_some() {
                break;
            }
            std::thread::yield_now();
        }
        stage.send(SimControl::Run(sagascope::engine::Until::DeadLetter));
        for _ in 0..20_000 {
            stage.frame();
            let frame = stage.app().document().and_then(|document| document.frame());
            if frame.is_some_and(|frame| !frame.running && !frame.dead_letters.is_empty()) {
                break;
            }
            std::thread::yield_now();
        }
        stage.settle();
        let picture = stage.window().picture();
        let (width, height) = (picture.width() as u32, picture.height() as u32);
        let image = RgbaImage::from_raw(width, height, picture.into_rgba()).unwrap();
        let name = format!("simulator-{}", theme.name());
        results.add(egui_kittest::try_image_snapshot_options(&image, &name, &snapshots()));
    }
}

#[test]
fn a_run_that_cannot_begin_says_why_and_what_to_do() {
    let mut window = Window::open(Vec::<String>::new());
    let wrong = request("shop/fulfilment?fault=no-such-step:lost", SimStart::Beginning);
    window.send(SimulationCommand::Begin(Box::new(wrong)));
    assert!(window.says("The simulation cannot begin"), "{:?}", window.labels());
    assert!(window.says_part("no-such-step"));
    window.click("Choose another…");
    assert!(window.says("Begin the simulation"), "the dialog is open: {:?}", window.labels());
}

#[test]
fn a_run_goes_on_until_an_event_matches_and_a_mistake_is_underlined() {
    let mut window = window("shop/fulfilment?seed=7&fault=reserve-inventory:reject");
    press(&mut window, "Run until…", |frame| frame.step == 0);
    window.click("an event matches…");
    window.type_text("type:payment.refunded* colour:red");
    assert!(window.says_part("colour"), "{:?}", window.labels());
    let complaint = sagascope::engine::Condition::parse("type:payment.refunded* colour:red").unwrap_err();
    assert!(window.says(&complaint.message), "{:?}", window.labels());
    window.key(Modifiers::NONE, Key::Enter);
    assert_eq!(frame(&window).step, 0, "what is not understood runs nothing");
    window.click("Clear");
    window.type_text("type:payment.refunded* data.amount>0");
    window.harness.key_press_modifiers(Modifiers::NONE, Key::Enter);
    until(&mut window, |frame| frame.step > 0 && !frame.running);
    assert!(window.says_part("Stopped at event "), "{:?}", window.labels());
    assert!(frame(&window).is_newest() && !frame(&window).quiescent);
    let last = window.app().document().unwrap();
    let types: Vec<_> = last.log().types().iter().map(|info| info.name.to_string()).collect();
    assert!(types.iter().any(|name| name.starts_with("payment.refunded")), "{types:?}");
    assert!(!types.iter().any(|name| name.starts_with("order.cancelled")), "that comes later: {types:?}");
    // From the palette, with the condition of before.
    window.key(Modifiers::COMMAND, Key::P);
    window.type_text("run until an event matches");
    window.key(Modifiers::NONE, Key::Enter);
    assert!(window.says("type:payment.refunded* data.amount>0"), "{:?}", window.labels());
    window.harness.key_press_modifiers(Modifiers::NONE, Key::Enter);
    until(&mut window, |frame| frame.quiescent);
    let said = "The run is over, and on the way no event matched type:payment.refunded* data.amount>0";
    assert!(window.says_part(said), "it was stopped at one before: {:?}", window.labels());
}

#[test]
fn a_run_goes_on_until_an_outcome() {
    let mut window = window("shop/fulfilment?seed=7&fault=reserve-inventory:reject");
    press(&mut window, "Run until…", |frame| frame.step == 0);
    for outcome in ["completed", "compensated", "dead-lettered", "stuck", "inconsistent"] {
        assert!(window.says(&format!("a saga is {outcome}")), "{:?}", window.labels());
    }
    press(&mut window, "a saga is compensated", |frame| frame.step > 0 && !frame.running);
    assert_eq!(frame(&window).sagas[0].outcome, Outcome::Compensated);
    assert!(!frame(&window).quiescent, "its end is not awaited");
    assert!(window.says("Stopped: a saga is compensated"), "{:?}", window.labels());
}

#[test]
fn a_run_that_hits_its_limit_says_so_and_playing_it_ends() {
    let mut window = window("shop/fulfilment?seed=7&limit=4");
    window.send(SimulationCommand::Pace(5));
    window.send(SimulationCommand::TogglePlay);
    until(&mut window, |frame| frame.messages == 4 && frame.stopped.is_some());
    window.settle();
    assert!(!window.app().document().unwrap().simulation.as_ref().unwrap().playing);
    assert!(window.says_part("stopped at its limit of 4 steps"), "{:?}", window.labels());
    assert!(window.says_part("Its limit of 4 steps was reached"), "{:?}", window.labels());
    let log = window.app().document().unwrap();
    assert!(log.log().types().iter().any(|info| &*info.name == "run.stopped"));
}

#[test]
fn many_sagas_come_as_fast_as_is_said() {
    let mut window = Window::open(Vec::<String>::new());
    window.send(WindowCommand::ToggleOverlay(sagascope::ui::command::Overlay::Simulate));
    assert!(!window.says("One every"), "one saga comes alone");
    window.click_role(Role::SpinButton, "Sagas");
    window.type_text("5");
    window.key(Modifiers::NONE, Key::Enter);
    assert!(window.says("10 a second"), "{:?}", window.labels());
    window.click_role(Role::SpinButton, "One every");
    window.type_text("2500");
    window.key(Modifiers::NONE, Key::Enter);
    assert!(window.says("0.4 a second"), "{:?}", window.labels());
    press(&mut window, "Begin the simulation", |frame| frame.step == 0);
    assert_eq!(window.recipe(), "shop/fulfilment?seed=7&sagas=5&every=2500ms");
    window.send(SimControl::Run(sagascope::engine::Until::Quiet));
    until(&mut window, |frame| frame.quiescent);
    let started: Vec<u64> = frame(&window).sagas.iter().map(|saga| saga.started.0).collect();
    assert!(started.windows(2).all(|pair| pair[1] - pair[0] >= 2_400_000), "{started:?}");
}

#[test]
fn a_read_model_shows_its_rows_in_pages_found_by_text_and_rebuilt() {
    let mut window = window("shop/fulfilment?seed=7&sagas=120");
    window.send(SimControl::Run(sagascope::engine::Until::Quiet));
    until(&mut window, |frame| frame.quiescent && !frame.running);
    window.click("Read model orders, 120 rows, behind by nothing");
    assert!(window.says_part("120 rows, nothing behind"), "{:?}", window.labels());
    assert!(window.says("rows 1 to 100"), "{:?}", window.labels());
    window.click("Next page");
    assert!(window.says("rows 101 to 120"), "{:?}", window.labels());
    window.click("Rebuild");
    assert!(window.says_part("every row is the same"), "{:?}", window.labels());
    window.click("Search rows");
    window.type_text("no such text");
    assert!(window.says_part("No row has this text"), "{:?}", window.labels());
    window.click("Clear the search");
    assert!(window.says("rows 1 to 100"), "{:?}", window.labels());
    // As of the playhead: at the beginning no event has been read.
    window.send(SimControl::GoTo(0));
    until(&mut window, |frame| frame.step == 0);
    assert!(window.says_part("No row yet"), "{:?}", window.labels());
}
