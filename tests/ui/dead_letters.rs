//! The dead letters: what they say, what redriving would do before it is done, and where it cannot be done.

use sagascope::engine::{SimStart, record};
use sagascope::runtime::LetterState;
use sagascope::ui::command::WindowCommand;
use sagascope::ui::format::virtual_seconds;
use sagascope_ui_tests::window::{Window, another_shop};

const HEALED: &str = "shop/fulfilment?seed=7&fault=send-confirmation:transient:3";

fn letters(window: &Window) -> Vec<LetterState> {
    let frame = window.app().document().unwrap().frame().unwrap();
    frame.dead_letters.iter().map(|letter| letter.state).collect()
}

/// The line of the only letter, with both its times as the run knows them.
fn line(window: &Window) -> String {
    let letter = &window.app().document().unwrap().frame().unwrap().dead_letters[0];
    let (failed, parked) = (letter.attempts[0].at, letter.attempts[2].at);
    assert!(failed < parked);
    format!(
        "open, notification.send, s1, send-confirmation: 3 attempts, failed first at {}, parked at {}",
        virtual_seconds(failed),
        virtual_seconds(parked)
    )
}

#[test]
fn a_dry_run_says_what_redriving_does_and_it_does_that() {
    let mut window = Window::simulate(HEALED, SimStart::AtEnd);
    window.send(WindowCommand::ShowView("dead-letters"));
    let line = line(&window);
    for said in [&*line, "s1/send-confirmation/do", "saga.step_retried"] {
        assert!(window.says(said), "{said} is not in {:?}", window.labels());
    }
    assert!(window.says("Redriving now would: complete s1"), "{:?}", window.labels());
    assert_eq!(letters(&window), [LetterState::Open], "a dry run changes nothing");
    window.click("Redrive");
    window.until_run(|frame| frame.dead_letters[0].state != LetterState::Open && frame.quiescent);
    assert_eq!(letters(&window), [LetterState::Resolved]);
    assert!(window.says_part("resolved, notification.send, s1"), "{:?}", window.labels());
    assert!(window.says("It cannot be redriven: only an open letter can be sent again."));
}

#[test]
fn many_go_in_ramps_that_stop() {
    let recipe = "shop/fulfilment?seed=7&sagas=12&fault=send-confirmation:transient:all";
    let mut window = Window::simulate(recipe, SimStart::AtEnd);
    window.send(WindowCommand::ShowView("dead-letters"));
    assert!(window.says_part("fail again for 12 of 12"), "{:?}", window.labels());
    window.click("Redrive at once");
    window.click("In ramps 1-2-5-10, stop at the first that fails");
    assert!(window.says_part("fail again, stop there, with 11 left alone"), "{:?}", window.labels());
    window.click("Redrive all 12");
    window.until_run(|frame| frame.dead_letters.iter().any(|letter| letter.attempts.len() > 3));
    let frame = window.app().document().unwrap().frame().unwrap();
    let tries = |more: usize| frame.dead_letters.iter().filter(|letter| letter.attempts.len() > more).count();
    assert_eq!((tries(0), tries(3)), (12, 1), "only the first was sent again");
}

#[test]
fn a_log_from_a_file_shows_its_letters_and_says_why_none_is_redriven() {
    let window = Window::simulate(HEALED, SimStart::AtEnd);
    let line = line(&window);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.jsonl");
    record(&window.app().document().unwrap().open, &path).unwrap();
    let mut window = Window::open([path]);
    window.send(WindowCommand::ShowView("dead-letters"));
    assert!(window.says(&line), "the file says the same two times as the run: {:?}", window.labels());
    assert!(window.says_part("this log was opened from a file, which is never changed"));
    assert!(!window.says("Redrive") && !window.says("Redrive all"));
    let mut other = Window::open([another_shop()]);
    other.send(WindowCommand::ShowView("dead-letters"));
    assert!(other.says_part("No dead letters: this log has no dead_letter events"), "{:?}", other.labels());
}

#[test]
fn the_navigator_counts_them_by_state_and_leads_there() {
    let mut window = Window::simulate(HEALED, SimStart::AtEnd);
    window.send(WindowCommand::ShowView("log"));
    assert!(window.says("Dead letters, 1"), "{:?}", window.labels());
    window.click("open, 1 dead letter");
    assert!(window.says("s1/send-confirmation/do"), "{:?}", window.labels());
    let window = Window::open([another_shop()]);
    assert!(!window.says_part("Dead letters, "));
}
