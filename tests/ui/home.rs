//! The real window on real stores, driven as a person does: by what is written on things.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use egui::{Event, Key, Modifiers, OutputCommand, ViewportId, vec2};
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

/// A window without a display.
pub struct Window {
    /// To look for what is written, and to press it.
    pub harness: Harness<'static, App>,
    /// Texts put on the clipboard, in order.
    pub copied: Vec<String>,
    home: TempDir,
}

/// The sample store: a shop's week.
pub fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sample-data/shop-week.jsonl")
}

impl Window {
    /// A window on `stores` with settings of its own that are not kept.
    pub fn open<P: Into<PathBuf>>(stores: impl IntoIterator<Item = P>) -> Self {
        let home = tempfile::tempdir().expect("a folder for settings");
        Self::at_home(home, stores, false)
    }

    /// The same with the settings in `home`, read and written.
    pub fn at_home<P: Into<PathBuf>>(
        home: TempDir,
        stores: impl IntoIterator<Item = P>,
        persistent: bool,
    ) -> Self {
        let options = AppOptions {
            dirs: Dirs::in_folder(home.path().to_owned()),
            stores: stores.into_iter().map(Into::into).collect(),
            fonts: Fallback::BundledOnly,
            persistent,
            sample: false,
            theme: Some(Theme::Dark),
        };
        let harness = harness(Theme::Dark)
            .with_size(vec2(1_280.0, 1_600.0))
            .allow_missing_glyphs()
            .build_eframe(|creation| App::new(&creation.egui_ctx, options).expect("the engine starts"));
        let mut window = Self { harness, copied: Vec::new(), home };
        window.settle();
        window
    }

    /// A window on a run of a built-in domain, to its end, shown from `start`.
    pub fn simulate(recipe: &str, start: SimStart) -> Self {
        let mut window = Self::open(Vec::<PathBuf>::new());
        window.begin(recipe, start);
        window
    }

    /// Begins a run in this window.
    pub fn begin(&mut self, recipe: &str, start: SimStart) {
        let recipe = Recipe::parse(recipe).expect("the recipe can be read");
        let domain = BuiltIn::named(&recipe.domain).expect("it is built in").load();
        let request = SimRequest { domain: Arc::new(domain), recipe, start };
        self.send(SimulationCommand::Begin(Box::new(request)));
        self.until(|_| true);
    }

    /// Draws frames until the run that is open is where it should be.
    #[track_caller]
    pub fn until(&mut self, holds: impl Fn(&SimFrame) -> bool) {
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

    /// Closes the window and keeps its settings.
    pub fn close(self) -> TempDir {
        self.home
    }

    /// Draws frames until nothing moves and every answer is there.
    pub fn settle(&mut self) {
        let mut at_rest = 0;
        for _ in 0..FRAMES_MAX {
            self.harness.step();
            let output = self.harness.output();
            for command in &output.platform_output.commands {
                if let OutputCommand::CopyText(text) = command {
                    self.copied.push(text.clone());
                }
            }
            let view = output.viewport_output.get(&ViewportId::ROOT);
            let is_still = view.is_none_or(|view| view.repaint_delay > Duration::ZERO);
            at_rest = if is_still && self.app().is_settled() { at_rest + 1 } else { 0 };
            // What arrived during one frame is drawn by the next.
            if at_rest == 3 {
                return;
            }
            std::thread::yield_now();
        }
        panic!("the window does not come to rest");
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

    /// Presses what has this label.
    #[track_caller]
    pub fn click(&mut self, label: &str) {
        self.harness.get_by_label(label).click();
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

    /// Presses a key.
    pub fn key(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.settle();
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

    /// The selected row.
    pub fn selected(&self) -> Option<u64> {
        self.app().navigation().selected.map(Row::raw)
    }

    /// Events in the log.
    pub fn events(&self) -> usize {
        self.app().document().map_or(0, |document| document.log().len())
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
