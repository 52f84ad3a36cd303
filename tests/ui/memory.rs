//! How much memory logs may take: said in a line, kept, and heard by who reads.

use egui::{Key, vec2};
use sagascope::ui::command::{MEMORY_LIMIT, Overlay};
use sagascope_ui_tests::window::{NO_STORE, Setup, Window};

fn ask(window: &mut Window) {
    window.send((MEMORY_LIMIT.make)());
    assert_eq!(window.app().overlay(), Some(Overlay::Line));
}

#[test]
fn a_limit_is_set_kept_and_taken_back() {
    let home = tempfile::tempdir().unwrap();
    let setup = |home| Setup { size: vec2(1_280.0, 800.0), home: Some(home), ..Setup::default() };
    let mut window = Window::with(NO_STORE, setup(home));
    ask(&mut window);
    window.type_text("3 MB");
    assert!(window.says_part("A size of at least 64 MB is expected"), "{:?}", window.labels());
    window.press(Key::Enter);
    assert_eq!(window.app().overlay(), Some(Overlay::Line), "too little is not taken");
    window.press(Key::Escape);
    ask(&mut window);
    window.type_text("2 GB");
    window.press(Key::Enter);
    assert_eq!(window.app().overlay(), None);
    assert!(window.says_part("Memory limit: 2.0 GB"), "{:?}", window.labels());

    let mut window = Window::with(NO_STORE, setup(window.close()));
    assert_eq!(window.app().preferences().memory_limit, Some(2_000_000_000));
    ask(&mut window);
    for _ in 0.."2.0 GB".len() {
        window.press(Key::Backspace);
    }
    window.press(Key::Enter);
    assert!(window.says_part("Memory limit: as this system allows"), "{:?}", window.labels());
    assert_eq!(window.app().preferences().memory_limit, None);
}

/// A log that does not fit into what was set is shown as far as it does.
#[test]
fn a_log_is_read_as_far_as_the_limit_goes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.jsonl");
    let line = |n: usize| format!("{{\"type\":\"Step\",\"stream\":\"order-{n}\",\"data\":{{\"n\":{n}}}}}\n");
    std::fs::write(&path, (0..150_000).map(line).collect::<String>()).unwrap();
    let mut window = Window::open(NO_STORE);
    // Less than the program itself takes: a person cannot set it, but memory may shrink so under a program.
    window.send(sagascope::ui::command::WindowCommand::LimitMemory(Some(1)));
    window.send(sagascope::ui::command::DocumentCommand::Open(vec![sagascope::engine::LoadItem::detected(
        &path,
    )]));
    if cfg!(target_os = "linux") {
        assert!(window.says_part("does not fit into memory"), "{:?}", window.labels());
        assert!(window.events() > 0, "what was read can be used");
    } else {
        assert_eq!(window.events(), 150_000);
    }
}
