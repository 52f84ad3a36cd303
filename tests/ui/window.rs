//! The real window on a real store, driven frame by frame and found by what a screen reader says.

use std::path::PathBuf;

use egui::{Event, Modifiers, PointerButton, Pos2, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use sagascope::engine::Dirs;
use sagascope::index::{StreamId, StreamLookup};
use sagascope::ui::app::{App, AppOptions};
use sagascope::ui::command::Command;
use sagascope::ui::fonts::Fallback;
use sagascope::ui::theme::Theme;

use crate::harness;

/// Frames until everything asked for is there.
const FRAMES_MAX: usize = 20_000;

/// A window.
pub struct Window(pub Harness<'static, App>);

impl Window {
    /// The sample store of a shop's week.
    pub fn of_shop(size: Vec2) -> Self {
        let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../../sample-data/shop-week.jsonl");
        Self::open(vec![PathBuf::from(sample)], size)
    }

    /// Any stores.
    pub fn open(stores: Vec<PathBuf>, size: Vec2) -> Self {
        let options = AppOptions {
            dirs: Dirs { cache: PathBuf::new(), config: PathBuf::new() },
            stores,
            fonts: Fallback::BundledOnly,
            persistent: false,
            sample: false,
            theme: Some(Theme::Dark),
        };
        let build = |cc: &mut eframe::CreationContext<'static>| {
            App::new(&cc.egui_ctx, options).expect("threads can be started")
        };
        let mut window = Self(
            harness(Theme::Dark).with_size(size).with_max_steps(8).allow_missing_glyphs().build_eframe(build),
        );
        window.settle();
        window
    }

    /// The application.
    pub fn app(&self) -> &App {
        self.0.state()
    }

    /// Draws frames until nothing is asked for any more.
    pub fn settle(&mut self) {
        // A click takes frames until it is a question to a job, and its answer frames until all have drawn it.
        for _ in 0..3 {
            self.0.run_steps(4);
            self.until(App::is_settled);
        }
    }

    /// Draws frames until something holds.
    pub fn until(&mut self, holds: impl Fn(&App) -> bool) {
        for _ in 0..FRAMES_MAX {
            self.0.step();
            if holds(self.app()) {
                return;
            }
            std::thread::yield_now();
        }
        panic!("it never came to pass");
    }

    /// Sends a command, as a view would.
    pub fn send(&mut self, command: impl Into<Command>) {
        self.app().send(command);
        self.settle();
    }

    /// Clicks on what has this name.
    pub fn click(&mut self, label: &str) {
        self.0.get_by_label(label).click();
        self.settle();
    }

    /// Clicks on what has a name that contains this.
    pub fn click_containing(&mut self, label: &str) {
        self.0.get_by_label_contains(label).click();
        self.settle();
    }

    /// Whether something has a name that contains this.
    pub fn has(&self, label: &str) -> bool {
        self.0.query_all_by_label_contains(label).next().is_some()
    }

    /// Clicks somewhere.
    pub fn click_at(&mut self, at: Pos2) {
        self.drag(at, at);
    }

    /// Drags with the first button, a step a frame.
    pub fn drag(&mut self, from: Pos2, to: Pos2) {
        let button = |pos, pressed| Event::PointerButton {
            pos,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        };
        self.0.event(Event::PointerMoved(from));
        self.0.step();
        self.0.event(button(from, true));
        self.0.step();
        if from != to {
            for part in [0.25, 0.5, 1.0] {
                self.0.event(Event::PointerMoved(from + (to - from) * part));
                self.0.step();
            }
        }
        self.0.event(button(to, false));
        self.settle();
    }

    /// A stream by its id.
    pub fn stream(&self, id: &str) -> StreamId {
        match self.app().document().expect("a log is open").log().find_stream(id) {
            StreamLookup::Found(stream) => stream,
            other => panic!("{id}: {other:?}"),
        }
    }
}
