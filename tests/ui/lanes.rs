//! The lanes as a person uses them: the real window on the sample store, everything found by its name.

use std::path::PathBuf;

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, MouseWheelUnit, Pos2, Rect, TouchPhase, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use sagascope::engine::Dirs;
use sagascope::ui::app::{App, AppOptions};
use sagascope::ui::command::{Command, GoCommand, Panel, WindowCommand};
use sagascope::ui::fonts::Fallback;
use sagascope::ui::theme::Theme;
use sagascope_ui_tests::harness;

/// Frames until everything asked for is there.
const FRAMES_MAX: usize = 20_000;

struct Window(Harness<'static, App>);

impl Window {
    /// Within the centre, above the replay, without navigator, inspector and time panel.
    const LANES: Rect = Rect { min: Pos2 { x: 0.0, y: 60.0 }, max: Pos2 { x: 1_600.0, y: 750.0 } };

    /// The sample store with a filter, in the lanes.
    fn open(filter: &str) -> Self {
        let store = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../sample-data/shop-week.jsonl"));
        let mut window = Self::of(store);
        window.send(GoCommand::Filter(filter.to_owned()));
        window
    }

    fn of(store: PathBuf) -> Self {
        let options = AppOptions {
            dirs: Dirs { cache: PathBuf::new(), config: PathBuf::new() },
            stores: vec![store],
            fonts: Fallback::BundledOnly,
            persistent: false,
            sample: false,
            theme: Some(Theme::Dark),
        };
        // Frames are driven by `settle`, so that nobody has to be woken: a context of its own will do.
        let app = App::new(&egui::Context::default(), options).unwrap();
        let harness = harness(Theme::Dark)
            .with_size(vec2(1_600.0, 1_600.0))
            .with_step_dt(1.0 / 60.0)
            .allow_missing_glyphs()
            .build_ui_state(
                |ui, app: &mut App| {
                    app.logic(&ui.ctx().clone());
                    app.ui(ui);
                },
                app,
            );
        let mut window = Self(harness);
        window.settle();
        window.send(WindowCommand::ShowView("lanes"));
        for panel in [Panel::Navigator, Panel::Inspector, Panel::Time] {
            window.send(WindowCommand::TogglePanel(panel));
        }
        window
    }

    fn settle(&mut self) {
        self.0.run_steps(4);
        for _ in 0..FRAMES_MAX {
            self.0.step();
            if self.0.state().is_settled() {
                self.0.run_steps(3);
                if self.0.state().is_settled() {
                    return;
                }
            }
            std::thread::yield_now();
        }
        panic!("the window does not come to rest");
    }

    fn send(&mut self, command: impl Into<Command>) {
        self.0.state().send(command);
        self.settle();
    }

    /// The names of everything whose name contains `part`, from top to bottom.
    fn names(&self, part: &str) -> Vec<String> {
        let mut found: Vec<(f32, String)> = self
            .0
            .root()
            .children_recursive()
            .filter_map(|node| {
                let label = node.accesskit_node().label().or(node.accesskit_node().value())?;
                (label.contains(part) && Self::LANES.contains(node.rect().center()))
                    .then(|| (node.rect().top(), label))
            })
            .collect();
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        found.into_iter().map(|(_, label)| label).collect()
    }

    /// Where something of the lanes is; other views name the same events lower down.
    fn rect(&self, part: &str) -> Rect {
        let mut rects = self.0.get_all_by_label_contains(part).map(|node| node.rect());
        rects.find(|rect| Self::LANES.contains(rect.center())).unwrap()
    }

    fn click(&mut self, part: &str) {
        self.0.get_all_by_label_contains(part).next().unwrap().click();
        self.settle();
    }

    /// Presses the first mouse button at a place; kittest's own click needs a node that is in the Tab order.
    fn click_at(&mut self, pos: Pos2, modifiers: Modifiers) {
        self.0.event(Event::PointerMoved(pos));
        self.0.step();
        for pressed in [true, false] {
            let button = egui::PointerButton::Primary;
            self.0.event_modifiers(Event::PointerButton { pos, button, pressed, modifiers }, modifiers);
            self.0.step();
        }
        self.0.event(Event::ModifiersChanged(Modifiers::NONE));
        self.settle();
    }

    fn key(&mut self, modifiers: Modifiers, key: Key) {
        self.0.key_press_modifiers(modifiers, key);
        self.settle();
    }

    fn marks(&self) -> Vec<String> {
        self.names("stream ").into_iter().filter(|name| name.starts_with("position ")).collect()
    }

    fn ruler(&self) -> String {
        self.names("Ruler: ").remove(0)
    }
}

#[test]
fn a_mark_tells_what_it_is_and_a_click_selects_it() {
    let mut window = Window::open("stream:*-00399");
    assert_eq!(window.names("streams drawn"), ["2 of 2 streams drawn, 1,130 in the log"]);
    let declined: Vec<String> =
        window.marks().into_iter().filter(|mark| mark.contains("PaymentDeclined, failed")).collect();
    assert_eq!(declined.len(), 3, "{declined:?}");
    let at = window.rect("PaymentDeclined, failed, version 2").center();
    window.click_at(at, Modifiers::NONE);
    let app = window.0.state();
    let selected = app.navigation().selected.unwrap();
    let log = app.document().unwrap().log();
    assert_eq!(&*log.event_type(log.type_of(selected)).name, "PaymentDeclined");
    assert_eq!(log.event(selected).version, Some(2));
    assert_eq!(
        window.names("after the playhead").iter().filter(|name| name.starts_with("position ")).count(),
        2
    );
    // Ctrl+click pins another.
    let at = window.rect("PaymentRequested").center();
    window.click_at(at, Modifiers::COMMAND);
    assert_eq!(window.0.state().navigation().selected, Some(selected));
    let pinned = window.0.state().navigation().pinned.unwrap();
    let log = window.0.state().document().unwrap().log();
    assert_eq!(&*log.event_type(log.type_of(pinned)).name, "PaymentRequested");
}

#[test]
fn the_wheel_zooms_at_the_pointer_and_undo_goes_back() {
    let mut window = Window::open("stream:*-00399");
    let before = window.ruler();
    let at = window.rect("PaymentDeclined, failed, version 2").center();
    window.0.event(Event::PointerMoved(at));
    window.0.step();
    window.0.event(Event::MouseWheel {
        unit: MouseWheelUnit::Point,
        delta: vec2(0.0, 300.0),
        phase: TouchPhase::Move,
        source: egui::MouseWheelSource::Unknown,
        modifiers: Modifiers::NONE,
    });
    window.0.run_steps(40);
    window.settle();
    assert_ne!(window.ruler(), before);
    let zoomed = window.rect("PaymentDeclined, failed, version 2").center();
    assert!((zoomed - at).length() < 2.0, "{at} {zoomed}");
    let near = window.ruler();
    window.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.ruler(), before);
    window.key(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::Z);
    assert_eq!(window.ruler(), near);
    window.key(Modifiers::NONE, Key::F);
    assert_eq!(window.ruler(), before);
    for key in [Key::W, Key::W, Key::W, Key::A, Key::D, Key::S, Key::S, Key::S] {
        window.key(Modifiers::NONE, key);
    }
    window.click("Undo zoom");
    assert_ne!(window.ruler(), before);
}

#[test]
fn lanes_are_sorted_and_groups_fold() {
    let mut window = Window::open("stream:*-0039*");
    let lanes = |window: &Window, kind: &str| -> Vec<String> {
        window
            .names(kind)
            .into_iter()
            .filter(|name| name.starts_with("stream ") && !name.contains('–'))
            .collect()
    };
    let by_name = lanes(&window, "ord-");
    assert_eq!((by_name.len(), by_name[0].as_str()), (10, "stream ord-00390, 3 events"));
    let size = window.0.get_by_role_and_label(Role::RadioButton, "size").rect().center();
    window.click_at(size, Modifiers::NONE);
    let by_size = lanes(&window, "ord-");
    assert_eq!(by_size[9], "stream ord-00391, 1 event");
    assert!(lanes(&window, "pay-").len() > 5);
    window.click("Payment, 10 of 383 streams, open");
    assert_eq!(lanes(&window, "pay-").len(), 0);
    window.click("Payment, 10 of 383 streams, folded");
    assert!(lanes(&window, "pay-").len() > 5);
}

#[test]
fn too_many_streams_say_how_many_more_and_show_them() {
    let mut window = Window::open("type:ShipmentDispatched");
    let more = window.names("more stream");
    assert_eq!(window.names("streams drawn").len(), 1);
    if let Some(more) = more.first() {
        let more = more.clone();
        window.click(&more);
        assert_ne!(window.names("more stream").first(), Some(&more));
    } else {
        // The row is below what is seen: the counts tell it.
        assert!(
            window.names("streams drawn")[0].starts_with("200 of "),
            "{:?}",
            window.names("streams drawn")
        );
    }
}

#[test]
fn a_cut_is_named_and_a_click_restores_it() {
    let mut window = Window::open("");
    let cuts = window.names("restore this stretch");
    assert!(!cuts.is_empty());
    let longest = cuts.iter().find(|name| name.starts_with("idle 1 h 31 m")).unwrap().clone();
    window.click(&longest);
    assert!(!window.names("restore this stretch").contains(&longest));
    window.click("Cut idle time again");
    assert_eq!(window.names("restore this stretch"), cuts);
}

#[test]
fn a_bar_says_what_it_holds_and_a_click_zooms_in() {
    let mut window = Window::open("stream:SKU-000");
    let before = window.ruler();
    let bar = window.names(" events, ").into_iter().find(|name| name.contains("mostly")).unwrap();
    assert!(bar.starts_with("stream SKU-000, "), "{bar}");
    let at = window.rect(&bar).center();
    window.click_at(at, Modifiers::NONE);
    assert_ne!(window.ruler(), before);
}

#[test]
fn a_head_shows_its_stream_in_replay_and_a_double_click_filters() {
    let mut window = Window::open("stream:*-00399");
    window.click("stream ord-00399, 2 events");
    let app = window.0.state();
    let stream = app.navigation().stream.unwrap();
    assert_eq!(&*app.document().unwrap().log().stream(stream).id, "ord-00399");
    let head = window.rect("stream ord-00399, 2 events").center();
    window.0.event(Event::PointerMoved(head));
    window.0.step();
    for pressed in [true, false, true, false] {
        let (button, modifiers) = (egui::PointerButton::Primary, Modifiers::NONE);
        window.0.event(Event::PointerButton { pos: head, button, pressed, modifiers });
        window.0.step();
    }
    window.settle();
    assert_eq!(window.0.state().document().unwrap().filter_text, "stream:ord-00399");
}

#[test]
fn without_times_the_lanes_offer_ranks_and_an_empty_filter_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("timeless.jsonl");
    let event =
        |n: usize| format!(r#"{{"stream":"ord-1","type":"OrderMoved","version":{n},"data":{{"n":{n}}}}}"#);
    std::fs::write(&store, (0..20).map(event).collect::<Vec<_>>().join("\n")).unwrap();
    let mut window = Window::of(store);
    window.click("Show them by rank");
    assert!(window.ruler().starts_with("Ruler: 1, "), "{}", window.ruler());
    assert_eq!(window.names("streams drawn").len() + window.names("stream drawn").len(), 1);
    window.send(GoCommand::Filter("type:Nothing".to_owned()));
    assert!(!window.names("No event matches this filter").is_empty());
    let clear = window.0.get_by_role_and_label(Role::Button, "Clear filter").rect().center();
    window.click_at(clear, Modifiers::NONE);
    assert_eq!(window.0.state().document().unwrap().filter_text, "");
}
