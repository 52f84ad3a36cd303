//! What asks the person something, and what is shown in place of a log: mappings of unknown stores, a path to
//! type, files that cannot be read.

use std::path::Path;

use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use sagascope::ui::command::{DocumentCommand, Overlay, WindowCommand};
use sagascope_ui_tests::window::{NO_STORE, Window, another_shop};

/// A database of two tables that could hold events; neither is of a known format.
fn unknown_database(path: &Path, rows: usize) {
    let connection = rusqlite::Connection::open(path).unwrap();
    let tables = "create table login_history (id integer primary key, event_type text, user_id text, created_at text);
                  create table audit_trail (no integer primary key, what text, subject_ref text, happened text, detail text);";
    connection.execute_batch(tables).unwrap();
    for n in 0..rows {
        let at = format!("2026-03-01T08:{:02}:{:02}Z", n / 60, n % 60);
        let login = "insert into login_history (event_type, user_id, created_at) values ('LoggedIn', ?, ?)";
        connection.execute(login, (format!("u-{}", n % 3), &at)).unwrap();
        let audit =
            "insert into audit_trail (what, subject_ref, happened, detail) values (?, ?, ?, '{\"n\": 1}')";
        let what = ["InvoiceSent", "InvoicePaid"][n % 2];
        connection.execute(audit, (what, format!("inv-{}", n / 2), &at)).unwrap();
    }
}

fn is_disabled(window: &Window, label: &str) -> bool {
    window.harness.get_by_label(label).accesskit_node().is_disabled()
}

#[test]
fn an_unknown_table_is_mapped_once_and_then_opens_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("first.db"), folder.path().join("second.db"));
    unknown_database(&first, 40);
    unknown_database(&second, 6);
    let mut window = Window::open([first]);
    assert!(window.says("How are events stored in first.db?"), "{:?}", window.labels());
    assert!(window.says("type: event_type") && window.says("column user_id, read as stream"));
    window.click("Open");
    assert_eq!(window.events(), 40);
    assert!(!window.says_part("How are events stored"));
    window.send(DocumentCommand::Open(vec![sagascope::engine::LoadItem::detected(second)]));
    assert_eq!(window.events(), 6);
    assert!(!window.says_part("How are events stored"));
}

#[test]
fn another_table_can_be_chosen_and_fields_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    unknown_database(&path, 10);
    let mut window = Window::open([path]);
    window.click("table: login_history");
    window.click("audit_trail");
    assert!(window.says("column happened, read as time"), "{:?}", window.labels());
    let labels = window.labels();
    if !labels.iter().any(|label| label == "type: what") {
        let current = labels.iter().find(|label| label.starts_with("type: ")).unwrap().clone();
        window.click(&current);
        window.click("what");
    }
    let current = window.labels().into_iter().find(|label| label.starts_with("stream: ")).unwrap();
    if current != "stream: subject_ref" {
        window.click(&current);
        window.click("subject_ref");
    }
    window.click("Open");
    assert_eq!(window.events(), 10);
    let log = window.app().document().unwrap().log();
    let types: Vec<&str> = log.types().iter().map(|info| &*info.name).collect();
    assert_eq!(types, ["InvoiceSent", "InvoicePaid"]);
    assert_eq!(log.streams().len(), 5);
}

#[test]
fn a_mapping_that_lacks_something_says_what_and_cannot_be_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    unknown_database(&path, 10);
    let mut window = Window::open([path]);
    assert!(!is_disabled(&window, "Open"));
    window.click("type: event_type");
    window.click("none");
    assert!(window.says("Still missing: the type, which says what happened"), "{:?}", window.labels());
    assert!(is_disabled(&window, "Open"));
    window.click("Skip");
    assert!(window.app().document().is_none(), "nothing is left, so the welcome page is shown");
    assert!(window.says("Drop an event store here"));
}

#[test]
fn json_of_an_unknown_shape_is_mapped_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("odd.json");
    let records: Vec<String> = (0..12)
        .map(|n| {
            format!("{{\"what\":{{\"kind\":\"Opened\",\"ref\":\"case-{}\"}},\"when\":\"2026-03-01T09:{n:02}:00Z\",\"n\":{n}}}", n % 4)
        })
        .collect();
    std::fs::write(&path, format!("[{}]", records.join(","))).unwrap();
    let mut window = Window::open([path]);
    window.click("stream: none");
    window.click("/what/ref");
    window.click("Open");
    assert_eq!((window.events(), window.app().document().unwrap().log().streams().len()), (12, 4));
}

#[test]
fn a_broken_file_says_what_failed_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken.db");
    std::fs::write(&path, [b"SQLite format 3\0".as_slice(), &[7; 400]].concat()).unwrap();
    let mut window = Window::open([path.clone()]);
    assert!(window.says("broken.db cannot be opened"), "{:?}", window.labels());
    assert!(window.says_part("SQLite cannot read this store"));
    assert!(window.says(&path.display().to_string()));
    window.click("Close");
    assert!(window.says("Drop an event store here"));
}

#[test]
fn a_missing_file_is_a_sentence_as_well() {
    let window = Window::open(["/nowhere/at/all.db"]);
    assert!(window.says_part("it does not exist. Check the name"), "{:?}", window.labels());
}

#[test]
fn a_broken_file_beside_a_good_one_is_a_banner_that_goes_away() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken.db");
    std::fs::write(&path, "neither one nor the other").unwrap();
    let mut window = Window::open([another_shop(), path]);
    assert_eq!(window.events(), 3_776);
    assert!(window.says_part("broken.db could not be read: "), "{:?}", window.labels());
    window.click("Dismiss");
    assert!(!window.says_part("could not be read"));
}

#[test]
fn a_path_is_checked_while_it_is_typed_and_opened_by_enter() {
    let mut window = Window::open(NO_STORE);
    window.click("Open by path…");
    assert_eq!(window.app().overlay(), Some(Overlay::OpenPath));
    window.type_text("/nowhere/at/all.db");
    assert!(window.says_part("Nothing is there. Check the spelling after /"), "{:?}", window.labels());
    window.press(Key::Enter);
    assert_eq!(window.app().overlay(), Some(Overlay::OpenPath), "it stays until the path is right");
    window.key(Modifiers::COMMAND, Key::A);
    window.type_text(&another_shop().display().to_string());
    assert!(window.says_part("A file of 3."), "{:?}", window.labels());
    window.press(Key::Enter);
    assert_eq!((window.app().overlay(), window.events()), (None, 3_776));
}

#[test]
fn a_folder_is_no_store() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::open(NO_STORE);
    window.send(WindowCommand::ToggleOverlay(Overlay::OpenPath));
    window.type_text(&folder.path().display().to_string());
    assert!(window.says("This is a folder. Name a file in it"), "{:?}", window.labels());
}

#[test]
fn about_tells_version_and_licences() {
    let mut window = Window::open(NO_STORE);
    window.send(WindowCommand::ToggleOverlay(Overlay::About));
    assert!(window.says_part("Version 0.1.0") && window.says_part("MIT OR Apache-2.0"));
    window.click("Inter");
    assert!(window.says_part("The Inter Project Authors"), "{:?}", window.labels());
    window.press(Key::Escape);
    assert_eq!(window.app().overlay(), None);
}

#[test]
fn keys_of_the_log_rest_while_a_mapping_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    unknown_database(&path, 3);
    let mut window = Window::open([another_shop()]);
    let before = window.selected();
    window.send(DocumentCommand::Add(vec![sagascope::engine::LoadItem::detected(path)]));
    assert!(window.says("How are events stored in shop.db?"));
    window.press(Key::End);
    window.press(Key::ArrowLeft);
    assert_eq!(window.selected(), before);
    window.click("Open");
    assert_eq!(window.events(), 3_779);
}
