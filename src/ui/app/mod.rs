//! The application: takes what the engine tells and the commands that were sent, then draws.
//!
//! `logic` is the only code that changes state; `ui` draws shared references and sends commands.

mod apply_document;
mod apply_go;
mod apply_window;
mod asking;
pub mod bookmarks;
pub mod document;
pub mod fold;
mod keys;
pub mod layout;
pub mod live;
pub mod navigation;
mod persist;
mod playback;
pub mod preferences;
pub mod rival;
pub mod rules;
pub mod sagas;
mod saved_queries;
pub mod simulation;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use self::document::Document;
use self::layout::Layout;
use self::navigation::Navigation;
use self::playback::Playback;
use self::preferences::Preferences;
use super::command::{Command, CommandQueue, Overlay};
use super::fonts::Fallback;
use super::panels::Panels;
use super::theme::{self, Theme};
use super::view::ViewContext;
use crate::base::clock::Stopwatch;
use crate::engine::{Dirs, Engine, EngineEvent, Latest, LoadItem, Settings, SimRequest};

/// How the window is started.
#[derive(Clone, Debug)]
pub struct AppOptions {
    /// Where settings are kept.
    pub dirs: Dirs,
    /// Stores to open; without any, the welcome page.
    pub stores: Vec<PathBuf>,
    /// A run to show instead.
    pub run: Option<SimRequest>,
    /// Fonts of this system for other scripts; bundled ones only where pictures must be the same everywhere.
    pub fonts: Fallback,
    /// Whether settings are read and written.
    pub persistent: bool,
    /// Whether to open the sample store when there is nothing to come back to.
    pub sample: bool,
    /// Theme instead of the one in the settings.
    pub theme: Option<Theme>,
}

/// A line in the status bar.
#[derive(Clone, Debug)]
pub struct Notice {
    /// The sentence.
    pub text: String,
    /// When it was said.
    pub since: Stopwatch,
    /// An error: stays until the next action instead of some seconds.
    pub lasts: bool,
}

/// What file dialogs and other threads of the window answer.
pub(super) enum Answer {
    Files {
        paths: Vec<PathBuf>,
        add: bool,
    },
    NoFiles {
        quickly: bool,
    },
    /// A file to compare with.
    Rival(PathBuf),
    Said(String),
    Failed(String),
}

/// Everything the window knows.
pub struct App {
    pub(super) engine: Engine,
    pub(super) document: Option<Document>,
    pub(super) navigation: Navigation,
    pub(super) preferences: Preferences,
    pub(super) settings: Settings,
    pub(super) layout: Layout,
    pub(super) panels: Panels,
    pub(super) overlay: Option<Overlay>,
    pub(super) notice: Option<Notice>,
    pub(super) commands: CommandQueue,
    playback: Playback,
    typed_ahead: keys::TypedAhead,
    answers: (SyncSender<Answer>, Receiver<Answer>),
    persistent: bool,
    saved: Option<Settings>,
    forced_theme: Option<Theme>,
    /// Where the playhead was when the window was closed, until the log is there again.
    restore_playhead: Option<crate::model::Row>,
    persisted_at: Option<Stopwatch>,
    saves: u64,
    saving: Latest<u64, Option<String>>,
}

/// Answers of dialogs that can wait: one dialog at a time.
const ANSWERS_MAX: usize = 16;

impl App {
    /// Starts the engine and opens what was asked for.
    pub fn new(context: &egui::Context, options: AppOptions) -> std::io::Result<Self> {
        super::fonts::install(context, options.fonts);
        let waker = context.clone();
        let engine = Engine::new(options.dirs, Arc::new(move || waker.request_repaint()))?;
        let mut app = Self {
            engine,
            document: None,
            navigation: Navigation { speed: 1, ..Navigation::default() },
            preferences: Preferences::default(),
            settings: Settings::default(),
            layout: Layout::default(),
            panels: Panels::default(),
            overlay: None,
            notice: None,
            commands: CommandQueue::default(),
            playback: Playback::default(),
            typed_ahead: keys::TypedAhead::default(),
            answers: sync_channel(ANSWERS_MAX),
            persistent: options.persistent,
            saved: None,
            forced_theme: options.theme,
            restore_playhead: None,
            persisted_at: None,
            saves: 0,
            saving: Latest::default(),
        };
        if app.persistent {
            app.restore();
        }
        app.apply_theme(context);
        if let Some(run) = options.run {
            app.commands.send(super::command::SimulationCommand::Begin(Box::new(run)));
        } else if options.stores.is_empty() {
            app.reopen(options.sample);
        } else {
            app.commands.send(super::command::DocumentCommand::Open(
                options.stores.into_iter().map(LoadItem::detected).collect(),
            ));
        }
        Ok(app)
    }

    /// Takes what happened, applies commands, asks for what is missing. Runs before every frame, also hidden.
    pub fn logic(&mut self, context: &egui::Context) {
        self.take_engine_events();
        self.take_answers();
        self.take_dropped_files(context);
        self.keys(context);
        self.play(context);
        self.play_simulation(context);
        let commands = self.commands.take();
        if !commands.is_empty() {
            self.notice.take_if(|notice| notice.lasts);
        }
        for (command, _sender) in commands {
            self.apply(context, command);
        }
        self.sync_simulation();
        self.navigation.focused_list = self.focused_list();
        if let Some(document) = &mut self.document {
            document.refresh(&self.engine, &self.navigation, self.preferences.null_removes);
            document.refresh_rules(&self.engine, &self.preferences.rules);
        }
        self.refresh_bookmarks();
        self.persist();
    }

    /// Draws the window.
    pub fn ui(&mut self, ui: &mut egui::Ui) {
        super::panels::window_ui(self, ui);
        if !self.commands.is_empty() {
            ui.ctx().request_repaint();
        }
    }

    /// Whether nothing is loading and every answer is there: a picture may be taken.
    pub fn is_settled(&self) -> bool {
        self.commands.is_empty()
            && self.document.as_ref().is_none_or(Document::is_settled)
            && self.layout.views_are_settled()
            && self.panels.is_settled()
    }

    /// Sends a command, as a view would: for scripts and tests.
    pub fn send(&self, command: impl Into<Command>) {
        self.commands.send(command);
    }

    /// The engine behind the window.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The open log.
    pub fn document(&self) -> Option<&Document> {
        self.document.as_ref()
    }

    /// The place in it.
    pub fn navigation(&self) -> &Navigation {
        &self.navigation
    }

    /// How the person likes the window.
    pub fn preferences(&self) -> &Preferences {
        &self.preferences
    }

    /// What lies above the window.
    pub fn overlay(&self) -> Option<Overlay> {
        self.overlay
    }

    fn apply(&mut self, context: &egui::Context, command: Command) {
        match command {
            Command::Document(command) => self.apply_document(context, command),
            Command::Go(command) => self.apply_go(command),
            Command::Bookmark(command) => self.apply_bookmark(command),
            Command::Simulation(command) => self.apply_simulation(context, command),
            Command::Window(command) => self.apply_window(context, command),
        }
    }

    fn take_engine_events(&mut self) {
        let events: Vec<EngineEvent> = self.engine.poll().collect();
        for event in events {
            self.on_engine_event(event);
        }
    }

    fn take_answers(&mut self) {
        while let Ok(answer) = self.answers.1.try_recv() {
            self.on_answer(answer);
        }
    }

    fn focused_list(&self) -> navigation::StepList {
        let Some(document) = &self.document else { return navigation::StepList::default() };
        let tokens = Theme::Dark.tokens();
        let context = ViewContext {
            tokens: &tokens,
            preferences: &self.preferences,
            engine: &self.engine,
            document,
            navigation: &self.navigation,
            focused: true,
            commands: &self.commands,
        };
        self.layout.focused_list(&context)
    }

    pub(super) fn say(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice { text: text.into(), since: Stopwatch::start(), lasts: false });
    }

    /// Says what went wrong: it stays until the next action.
    pub(super) fn complain(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice { text: text.into(), since: Stopwatch::start(), lasts: true });
    }

    pub(super) fn apply_theme(&self, context: &egui::Context) {
        use preferences::ThemeChoice;
        let theme = self.forced_theme.unwrap_or_else(|| match self.preferences.theme {
            ThemeChoice::Dark => Theme::Dark,
            ThemeChoice::Light => Theme::Light,
            ThemeChoice::System => context.system_theme().map_or(Theme::Dark, Theme::from_egui),
        });
        theme::apply(context, theme);
        theme::set_motion(context, self.preferences.motion);
        context.set_zoom_factor(self.preferences.zoom_tenths as f32 / 10.0);
    }
}

impl eframe::App for App {
    fn logic(&mut self, context: &egui::Context, _frame: &mut eframe::Frame) {
        Self::logic(self, context);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        Self::ui(self, ui);
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        self.persist_now();
    }
}
