//! A log that grows while it is open: new events come, the end is followed, a pause counts, and a file that is no
//! longer the same one is said.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use egui::Key;
use sagascope::ui::app::live::Liveness;
use sagascope::ui::app::navigation::Playhead;
use sagascope_ui_tests::window::{Window, another_shop};
use tempfile::TempDir;

fn lines(range: std::ops::Range<u32>) -> String {
    range.fold(String::new(), |mut text, n| {
        let time = format!("2026-03-01T08:{:02}:{:02}Z", n / 60, n % 60);
        writeln!(
            text,
            r#"{{"id":"event-{n}","stream":"order-{}","type":"Step","time":"{time}","data":{{"n":{n}}}}}"#,
            n % 7
        )
        .unwrap();
        text
    })
}

fn append(path: &Path, text: &str) {
    OpenOptions::new().append(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
}

/// A window on a log of a hundred events.
fn growing() -> (TempDir, PathBuf, Window) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("grows.jsonl");
    std::fs::write(&path, lines(0..100)).unwrap();
    let window = Window::open([path.clone()]);
    (folder, path, window)
}

fn liveness(window: &Window) -> Liveness {
    window.app().document().and_then(|document| document.liveness()).expect("it is read")
}

/// The row of the log that shows an event, if it is on screen.
fn shows(window: &Window, position: u32) -> bool {
    window.says_part(&format!("row {position},")) || window.says_part(&format!("position {position},"))
}

#[test]
fn new_events_come_and_whoever_is_at_the_end_stays_there() {
    let (_folder, path, mut window) = growing();
    window.until(|window| window.says("Live"));
    assert!(shows(&window, 0) && !shows(&window, 99));
    append(&path, &lines(100..110));
    window.until(|window| window.events() == 110);
    window.settle();
    assert!(shows(&window, 0), "a list that is read elsewhere stays where it is");
    // The playhead was at the end all the time; asked for, the list goes there.
    window.press(Key::End);
    window.settle();
    assert!(shows(&window, 109));
    append(&path, &lines(110..200));
    window.until(|window| window.events() == 200);
    window.settle();
    assert!(shows(&window, 199) && !shows(&window, 109));
    // In the past nothing moves.
    window.select(150);
    window.settle();
    append(&path, &lines(200..300));
    window.until(|window| window.events() == 300);
    window.settle();
    assert!(shows(&window, 150) && !shows(&window, 299));
    assert_ne!(window.app().navigation().playhead, Playhead::End);
}

#[test]
fn a_filter_follows_the_end_too() {
    let (_folder, path, mut window) = growing();
    window.show("order-3");
    window.send(sagascope::ui::command::GoCommand::Filter("data.n>=50".to_owned()));
    window.settle();
    assert_eq!(window.kept(), 50);
    window.press(Key::End);
    window.settle();
    append(&path, &lines(100..180));
    window.until(|window| window.kept() == 130);
    window.settle();
    assert!(shows(&window, 179));
}

#[test]
fn a_pause_holds_back_counts_and_shows_at_once() {
    let (_folder, path, mut window) = growing();
    window.until(|window| liveness(window) == Liveness::On);
    window.press(Key::L);
    window.until(|window| window.says("Paused"));
    append(&path, &lines(100..112));
    window.until(|window| window.says("Paused, 12 new"));
    assert_eq!(window.events(), 100);
    window.click("Paused, 12 new");
    window.until(|window| liveness(window) == Liveness::On);
    assert_eq!(window.events(), 112);
    assert!(window.says_part("12 new events shown"));
}

#[test]
fn a_rotated_log_is_said_and_a_click_reads_the_new_one() {
    let (folder, path, mut window) = growing();
    std::fs::rename(&path, folder.path().join("grows.1.jsonl")).unwrap();
    std::fs::write(&path, lines(500..503)).unwrap();
    window.until(|window| window.says_part("grows.jsonl was replaced by another file"));
    assert_eq!((window.events(), liveness(&window)), (100, Liveness::Changed));
    window.click("Changed");
    window.until(|window| window.events() == 3);
    window.until(|window| liveness(window) == Liveness::On);
}

#[test]
fn what_does_not_grow_at_its_end_has_no_pause() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.json");
    std::fs::write(&path, format!("[{}]", lines(0..3).trim_end().replace('\n', ","))).unwrap();
    let mut window = Window::open([path]);
    window.until(|window| window.says("Live off"));
    window.press(Key::L);
    window.settle();
    assert!(window.says_part("no file of this log grows at its end"));
    let window = Window::open([another_shop()]);
    assert!(window.says("Live"));
}
