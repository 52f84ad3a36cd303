//! Marked events as a person sees them: in the log, the inspector, the navigator, the time panel and the palette; and
//! that they are there again in a store that was closed, merged, or grew.

use std::path::{Path, PathBuf};

use egui::{Key, Modifiers, vec2};
use egui_kittest::kittest::Queryable as _;
use sagascope::engine::LoadItem;
use sagascope::model::{Row, SourceId};
use sagascope::ui::command::{DocumentCommand, GoCommand, Overlay, WindowCommand};
use sagascope_ui_tests::window::{NO_STORE, Setup, Window, another_shop};
use tempfile::TempDir;

fn at_home(stores: &[PathBuf], home: TempDir) -> Window {
    Window::with(
        stores.to_vec(),
        Setup { size: vec2(1_280.0, 1_100.0), home: Some(home), ..Setup::default() },
    )
}

fn shop() -> Window {
    at_home(&[another_shop()], tempfile::tempdir().unwrap())
}

/// Marks an event and writes a note about it, by keys.
fn note(window: &mut Window, row: u64, note: &str) {
    window.select(row);
    window.key(Modifiers::SHIFT, Key::M);
    window.key(Modifiers::COMMAND, Key::A);
    window.type_text(note);
    window.press(Key::Enter);
}

/// What the navigator lists.
fn listed(window: &Window) -> Vec<String> {
    window.labels().into_iter().filter(|label| label.starts_with("bookmark ")).collect()
}

/// Events with ids or without, one a second.
fn write(path: &Path, numbers: std::ops::Range<u32>, ids: bool) {
    let line = |n: u32| {
        let id = if ids { format!(r#""id":"event-{n}","#) } else { String::new() };
        let time = format!("2026-03-01T08:{:02}:{:02}Z", n / 60, n % 60);
        format!(r#"{{{id}"stream":"order-{}","type":"Step{n}","time":"{time}","data":{{"n":{n}}}}}"#, n % 7)
            + "\n"
    };
    std::fs::write(path, numbers.map(line).collect::<String>()).unwrap();
}

#[test]
fn m_sets_a_bookmark_and_takes_it_away() {
    let mut window = shop();
    window.select(63);
    assert!(!window.says_part("Bookmarks, "));
    window.press(Key::M);
    assert!(window.says("Bookmarks, 1"));
    assert!(window.says_part("Bookmark set"));
    assert_eq!(listed(&window).len(), 1);
    assert!(
        window
            .labels()
            .iter()
            .any(|label| label.starts_with("position 63, ") && label.ends_with(", bookmark"))
    );
    window.press(Key::M);
    assert!(!window.says("Bookmarks, 1"));
    assert!(window.says_part("Bookmark removed"));
    window.press(Key::M);
    window.click("Remove the bookmark (m)");
    assert!(listed(&window).is_empty());
}

#[test]
fn a_note_is_written_read_changed_and_survives_closing() {
    let mut window = shop();
    note(&mut window, 63, "the first decline");
    assert_eq!(window.app().overlay(), None);
    assert!(window.says("Bookmark: the first decline"), "the inspector says it");
    assert!(window.says_part(", bookmark: the first decline"), "the log says it");
    note(&mut window, 10, "early");
    let titles = |window: &Window| {
        listed(window).iter().map(|label| label.split(", ").next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(titles(&window), ["bookmark early", "bookmark the first decline"], "in the order of the log");
    window.click("Bookmark: early");
    assert_eq!(window.app().overlay(), Some(Overlay::Line));
    window.key(Modifiers::COMMAND, Key::A);
    window.type_text("earlier");
    window.press(Key::Enter);
    let mut window = at_home(&NO_STORE, window.close());
    assert_eq!(titles(&window), ["bookmark earlier", "bookmark the first decline"]);
    window.click_containing("bookmark the first decline");
    assert_eq!(window.selected(), Some(63));
    assert_eq!(window.rank(), 63, "the playhead goes with it");
}

#[test]
fn u_goes_from_bookmark_to_bookmark_and_the_palette_and_time_panel_lead_there() {
    let mut window = shop();
    for row in [700, 63, 2_000] {
        window.select(row);
        window.press(Key::M);
    }
    window.send(GoCommand::Select(Row::from_raw(0)));
    for row in [63, 700, 2_000] {
        window.press(Key::U);
        assert_eq!(window.selected(), Some(row));
    }
    window.press(Key::U);
    assert_eq!(window.selected(), Some(2_000));
    assert!(window.says_part("No bookmark after the playhead; there are 3 bookmarks"));
    window.key(Modifiers::SHIFT, Key::U);
    assert_eq!(window.selected(), Some(700));
    note(&mut window, 700, "odd");
    window.select(0);
    // The time panel's says what the event is, the inspector's does not.
    window.harness.get_by_label_contains("Bookmark: odd, ").click();
    window.settle();
    assert_eq!(window.selected(), Some(700));
    window.select(0);
    window.key(Modifiers::COMMAND, Key::P);
    window.type_text("bookmark: odd");
    window.press(Key::Enter);
    window.settle();
    assert_eq!(window.selected(), Some(700));
}

#[test]
fn the_list_goes_out_as_text_and_each_can_be_removed_by_its_menu() {
    let mut window = shop();
    note(&mut window, 63, "look here");
    window.select(700);
    window.press(Key::M);
    let first = listed(&window)[0].clone();
    window.click_secondary(&first);
    window.click("Copy bookmarks as text");
    let copied = window.copied.last().unwrap().clone();
    let lines: Vec<&str> = copied.lines().collect();
    assert_eq!(lines.len(), 2, "{copied}");
    assert!(lines[0].starts_with("2026-03-01 ") && lines[0].ends_with("  look here"), "{copied}");
    window.click_secondary(&first);
    window.click("Remove the bookmark");
    assert_eq!(listed(&window).len(), 1);
    assert!(window.says_part("its note was “look here”"));
}

#[test]
fn bookmarks_follow_their_events_through_growth_and_merging_and_say_when_they_are_gone() {
    let folder = tempfile::tempdir().unwrap();
    let (path, other) = (folder.path().join("a.jsonl"), folder.path().join("b.jsonl"));
    write(&path, 0..50, true);
    write(&other, 20..40, true);
    let mut window = at_home(std::slice::from_ref(&path), tempfile::tempdir().unwrap());
    note(&mut window, 3, "three");
    note(&mut window, 30, "thirty");
    window.send(DocumentCommand::Add(vec![LoadItem::detected(&other)]));
    window.until(|window| window.events() == 70);
    window.settle();
    assert_eq!(listed(&window).len(), 2, "rows stay what they are when a source is merged");
    window.click_containing("bookmark thirty");
    assert_eq!(window.selected(), Some(30));
    let home = window.close();
    // Written anew without its beginning, and longer.
    write(&path, 10..90, true);
    let mut window = at_home(&[other.clone(), path.clone()], home);
    let three = "bookmark three, Step3, order-3, not in this log any more";
    assert!(listed(&window).contains(&three.to_owned()), "{:?}", listed(&window));
    window.click_containing("bookmark thirty");
    let row = Row::from_raw(window.selected().unwrap());
    assert_eq!((row.source(), row.ordinal()), (SourceId(1), 20), "the same event in another place");
    window.click(three);
    assert!(window.says_part("This event is not in this log any more"));
    let home = window.close();
    write(&path, 0..90, true);
    let window = at_home(&[path], home);
    let listed = listed(&window);
    assert!(listed.iter().all(|label| !label.contains("not in this log")), "it came back: {listed:?}");
    assert_eq!(listed.len(), 2);
}

#[test]
fn without_ids_the_place_in_the_file_counts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jsonl");
    write(&path, 0..50, false);
    let mut window = at_home(std::slice::from_ref(&path), tempfile::tempdir().unwrap());
    note(&mut window, 30, "thirty");
    let home = window.close();
    write(&path, 0..90, false);
    let window = at_home(std::slice::from_ref(&path), home);
    assert!(listed(&window)[0].starts_with("bookmark thirty, Step30, order-2"));
    assert!(!listed(&window)[0].contains("not in this log"));
    let home = window.close();
    write(&path, 1..90, false);
    let window = at_home(&[path], home);
    assert!(listed(&window)[0].ends_with("not in this log any more"), "another event is not taken for it");
}

#[test]
fn a_run_has_bookmarks_too() {
    let mut window = Window::simulate("shop/fulfilment?seed=7", sagascope::engine::SimStart::AtEnd);
    window.send(WindowCommand::ShowView("log"));
    window.select(4);
    window.press(Key::M);
    assert!(window.says("Bookmarks, 1"));
    assert!(!window.says_part("looking"));
}
