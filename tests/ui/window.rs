//! The real window on real stores, driven frame by frame as a person does: by what is written on things, as a
//! screen reader says it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use egui::accesskit::Role;
use egui::{
    Event, Key, Modifiers, MouseWheelUnit, OutputCommand, PointerButton, Pos2, TouchPhase, Vec2, ViewportId,
    vec2,
};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use sagascope::domain::BuiltIn;
use sagascope::engine::{Dirs, SimFrame, SimRequest, SimStart};
use sagascope::index::{StreamId, StreamLookup};
use sagascope::model::Row;
use sagascope::sim::Recipe;
use sagascope::ui::command::{Command, GoCommand, SimulationCommand};
use sagascope::ui::fonts::Fallback;
use sagascope::ui::theme::Theme;
use sagascope::ui::{App, AppOptions};
use tempfile::TempDir;

use crate::harness;

/// Frames before a window that never comes to rest is given up.
const FRAMES_MAX: usize = 200_000;
/// Frames in which nothing may happen before a window counts as at rest: what arrived during one is drawn by the
/// next, and a click takes frames until it is a question to a job.
const FRAMES_AT_REST: usize = 4;

/// No store at all: the welcome page.
pub const NO_STORE: [PathBuf; 0] = [];

/// A window without a display.
pub struct Window {
    /// To look for what is written, and to press it.
    pub harness: Harness<'static, App>,
    /// Texts put on the clipboard, in order.
    pub copied: Vec<String>,
    home: TempDir,
}

/// How a window begins, where that is not as usual.
pub struct Setup {
    /// Size in points.
    pub size: Vec2,
    /// Seconds from one frame to the next, as far as the window can tell.
    pub frame: f32,
    /// Folder of the settings, which are read and written; without it, they are not kept.
    pub home: Option<TempDir>,
    /// A run to show, as named on the command line.
    pub run: Option<SimRequest>,
}

impl Default for Setup {
    fn default() -> Self {
        Self { size: vec2(1_280.0, 1_600.0), frame: 0.25, home: None, run: None }
    }
}

/// A log that somebody else's shop wrote, with everything in it that real logs have; not the sample that comes with
/// the program.
pub fn another_shop() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/shop-week.jsonl")
}

impl Window {
    /// A window on `stores`, high enough that little is scrolled away.
    pub fn open<P: Into<PathBuf>>(stores: impl IntoIterator<Item = P>) -> Self {
        Self::with(stores, Setup::default())
    }

    /// That log in a window of this size.
    pub fn shop(size: Vec2) -> Self {
        Self::with([another_shop()], Setup { size, ..Setup::default() })
    }

    /// A window on a run of a built-in domain, to its end, shown from `start`.
    pub fn simulate(recipe: &str, start: SimStart) -> Self {
        let mut window = Self::open(NO_STORE);
        window.begin(recipe, start);
        window
    }

    /// Begins a run in this window.
    pub fn begin(&mut self, recipe: &str, start: SimStart) {
        let recipe = Recipe::parse(recipe).expect("the recipe can be read");
        let domain = BuiltIn::named(&recipe.domain).expect("it is built in").load();
        let request = SimRequest { domain: Arc::new(domain), recipe, start };
        self.send(SimulationCommand::Begin(Box::new(request)));
        self.until_run(|_| true);
    }

    /// Draws frames until the run that is open is where it should be.
    #[track_caller]
    pub fn until_run(&mut self, holds: impl Fn(&SimFrame) -> bool) {
        for _ in 0..FRAMES_MAX {
            self.harness.step();
            if self.app().document().and_then(|document| document.frame()).is_some_and(&holds) {
                return self.settle();
            }
            std::thread::yield_now();
        }
        panic!("it never came to pass: {:?}", self.labels());
    }

    /// The recipe of the run that is open.
    pub fn recipe(&self) -> String {
        let document = self.app().document().expect("something is open");
        let simulation = document.simulation.as_ref().expect("it is a run");
        simulation.request.recipe.to_string()
    }

    /// A window on `stores`.
    pub fn with<P: Into<PathBuf>>(stores: impl IntoIterator<Item = P>, setup: Setup) -> Self {
        let persistent = setup.home.is_some();
        let home = setup.home.unwrap_or_else(|| tempfile::tempdir().expect("a folder for settings"));
        let options = AppOptions {
            dirs: Dirs::in_folder(home.path().to_owned()),
            stores: stores.into_iter().map(Into::into).collect(),
            run: setup.run,
            fonts: Fallback::BundledOnly,
            persistent,
            sample: false,
            theme: Some(Theme::Dark),
        };
        let harness = harness(Theme::Dark)
            .with_size(setup.size)
            .with_step_dt(setup.frame)
            .allow_missing_glyphs()
            .build_eframe(|creation| App::new(&creation.egui_ctx, options).expect("the engine starts"));
        let mut window = Self { harness, copied: Vec::new(), home };
        window.settle();
        window
    }

    /// Closes the window, as the desktop does, and keeps its settings.
    pub fn close(mut self) -> TempDir {
        self.harness.state_mut().persist_now();
        self.home
    }

    /// Draws one frame; true when nothing moves and every answer is there.
    fn frame(&mut self) -> bool {
        self.harness.step();
        let output = self.harness.output();
        for command in &output.platform_output.commands {
            if let OutputCommand::CopyText(text) = command {
                self.copied.push(text.clone());
            }
        }
        let view = output.viewport_output.get(&ViewportId::ROOT);
        view.is_none_or(|view| view.repaint_delay > Duration::ZERO) && self.app().is_settled()
    }

    /// Draws frames until nothing moves and every answer is there.
    pub fn settle(&mut self) {
        let mut at_rest = 0;
        for _ in 0..FRAMES_MAX {
            at_rest = if self.frame() { at_rest + 1 } else { 0 };
            if at_rest == FRAMES_AT_REST {
                return;
            }
            std::thread::yield_now();
        }
        panic!("the window does not come to rest");
    }

    /// Draws frames until something holds.
    #[track_caller]
    pub fn until(&mut self, holds: impl Fn(&Self) -> bool) {
        for _ in 0..FRAMES_MAX {
            self.frame();
            if holds(self) {
                return;
            }
            std::thread::yield_now();
        }
        panic!("it never came to pass: {:?}", self.labels());
    }

    /// The application, to look at.
    pub fn app(&self) -> &App {
        self.harness.state()
    }

    /// Sends a command as a view would.
    pub fn send(&mut self, command: impl Into<Command>) {
        self.app().send(command);
        self.settle();
    }

    /// Selects the event at a row of the first source.
    pub fn select(&mut self, row: u64) {
        self.send(GoCommand::Select(Row::from_raw(row)));
    }

    /// Shows a stream in Replay.
    #[track_caller]
    pub fn show(&mut self, spelling: &str) {
        let stream = self.stream(spelling);
        self.send(GoCommand::ShowStream(stream));
    }

    /// Presses what has this label.
    #[track_caller]
    pub fn click(&mut self, label: &str) {
        self.harness.get_by_label(label).click();
        self.settle();
    }

    /// Presses what has this role and label, where others have the same label.
    #[track_caller]
    pub fn click_role(&mut self, role: Role, label: &str) {
        self.harness.get_by_role_and_label(role, label).click();
        self.settle();
    }

    /// Presses the first thing whose label has this in it.
    #[track_caller]
    pub fn click_containing(&mut self, part: &str) {
        let found = self.harness.query_all_by_label_contains(part).next();
        found.unwrap_or_else(|| panic!("nothing says {part}: {:?}", self.labels())).click();
        self.settle();
    }

    /// Opens the menu of what has this label.
    #[track_caller]
    pub fn click_secondary(&mut self, label: &str) {
        self.harness.get_by_label(label).click_secondary();
        self.settle();
    }

    /// Clicks somewhere with the first button.
    pub fn click_at(&mut self, at: Pos2) {
        self.press_at(at, PointerButton::Primary, Modifiers::NONE);
    }

    /// Clicks twice somewhere with the first button.
    pub fn double_click_at(&mut self, at: Pos2) {
        self.presses_at(at, PointerButton::Primary, Modifiers::NONE, 2);
    }

    /// Presses and releases a button of the mouse, a frame each; kittest's own click needs a node that is in the
    /// Tab order.
    pub fn press_at(&mut self, at: Pos2, button: PointerButton, modifiers: Modifiers) {
        self.presses_at(at, button, modifiers, 1);
    }

    fn presses_at(&mut self, at: Pos2, button: PointerButton, modifiers: Modifiers, times: usize) {
        self.harness.event(Event::PointerMoved(at));
        self.frame();
        for pressed in [true, false].repeat(times) {
            let event = Event::PointerButton { pos: at, button, pressed, modifiers };
            self.harness.event_modifiers(event, modifiers);
            self.frame();
        }
        self.harness.event(Event::ModifiersChanged(Modifiers::NONE));
        self.settle();
    }

    /// Drags with the first button, a step a frame.
    pub fn drag(&mut self, from: Pos2, to: Pos2) {
        let button = |pos, pressed| Event::PointerButton {
            pos,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        };
        self.harness.event(Event::PointerMoved(from));
        self.frame();
        self.harness.event(button(from, true));
        self.frame();
        for part in [0.25, 0.5, 1.0] {
            self.harness.event(Event::PointerMoved(from + (to - from) * part));
            self.frame();
        }
        self.harness.event(button(to, false));
        self.settle();
    }

    /// Turns the wheel at a place, by points.
    pub fn wheel(&mut self, at: Pos2, points: f32) {
        self.harness.event(Event::PointerMoved(at));
        self.frame();
        self.harness.event(Event::MouseWheel {
            unit: MouseWheelUnit::Point,
            delta: vec2(0.0, points),
            phase: TouchPhase::Move,
            source: egui::MouseWheelSource::Unknown,
            modifiers: Modifiers::NONE,
        });
        // Scrolling is smooth: it takes about a second.
        for _ in 0..60 {
            self.frame();
        }
        self.settle();
    }

    /// Presses a key.
    pub fn key(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.settle();
    }

    /// Presses a key without modifiers.
    pub fn press(&mut self, key: Key) {
        self.key(Modifiers::NONE, key);
    }

    /// Types into what has the focus.
    pub fn type_text(&mut self, text: &str) {
        self.harness.event(Event::Text(text.to_owned()));
        self.settle();
    }

    /// Everything that is written.
    pub fn labels(&self) -> Vec<String> {
        let nodes = self.harness.root().children_recursive();
        nodes
            .filter_map(|node| {
                let node = node.accesskit_node();
                // What is only read has its text as its value.
                node.label().or(node.value())
            })
            .collect()
    }

    /// Whether something is written, as the whole of a label.
    pub fn says(&self, label: &str) -> bool {
        self.labels().iter().any(|other| other == label)
    }

    /// Whether something is written as a part of a label.
    pub fn says_part(&self, part: &str) -> bool {
        self.labels().iter().any(|label| label.contains(part))
    }

    /// Whether something has this role and label.
    pub fn has(&self, role: Role, label: &str) -> bool {
        self.harness.query_all_by_role_and_label(role, label).next().is_some()
    }

    /// The selected row.
    pub fn selected(&self) -> Option<u64> {
        self.app().navigation().selected.map(Row::raw)
    }

    /// Version of the selected event in its stream.
    pub fn version(&self) -> Option<i64> {
        let row = self.app().navigation().selected?;
        self.app().document()?.log().event(row).version
    }

    /// Rank of the playhead, from 0.
    pub fn rank(&self) -> u64 {
        self.app().document().map_or(0, |document| self.app().navigation().playhead_rank(document.log()))
    }

    /// Events in the log.
    pub fn events(&self) -> usize {
        self.app().document().map_or(0, |document| document.log().len())
    }

    /// Events that filter and range leave.
    pub fn kept(&self) -> u64 {
        self.app().document().map_or(0, |document| document.rows.len(document.log()))
    }

    /// The filter as typed.
    pub fn filter(&self) -> &str {
        self.app().document().map_or("", |document| &document.filter_text)
    }

    /// A stream by its spelling.
    #[track_caller]
    pub fn stream(&self, spelling: &str) -> StreamId {
        match self.app().document().map(|document| document.log().find_stream(spelling)) {
            Some(StreamLookup::Found(stream)) => stream,
            other => panic!("{spelling}: {other:?}"),
        }
    }
}
