//! What of the window is kept between two runs.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::App;
use super::layout::SavedLayout;
use super::preferences::Preferences;
use crate::engine::{LoadItem, MemoryLimit, Settings, sample_of_cargo_run, still_there};
use crate::model::Row;
use crate::ui::command::DocumentCommand;

/// The window's part of the settings.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct SavedWindow {
    preferences: Preferences,
    layout: SavedLayout,
    /// Files that were open.
    open: Vec<PathBuf>,
    filter: String,
    /// Row at the playhead, where it was not the end.
    playhead: Option<u64>,
}

impl App {
    pub(super) fn restore(&mut self) {
        match Settings::load(self.engine.dirs()) {
            Ok(settings) => self.settings = settings,
            Err(error) => self.say(error.to_string()),
        }
        let window: SavedWindow = serde_json::from_value(self.settings.window.clone()).unwrap_or_default();
        self.preferences = window.preferences;
        if let Some(bytes) = self.preferences.memory_limit {
            self.engine.limit_memory(Some(MemoryLimit::of(bytes)));
        }
        self.layout.restore(&window.layout);
        self.saved = Some(self.settings.clone());
    }

    /// Opens what was open last, at the same place. Started by `cargo run` with nothing to come back to, it
    /// opens the sample store: who builds it from source wants to see it work.
    pub(super) fn reopen(&mut self, sample: bool) {
        let window: SavedWindow = serde_json::from_value(self.settings.window.clone()).unwrap_or_default();
        let files = still_there(window.open);
        if files.is_empty() {
            if let Some(store) = sample_of_cargo_run().filter(|_| sample) {
                self.commands.send(DocumentCommand::Open(vec![LoadItem::detected(store)]));
            }
            return;
        }
        let files = files.into_iter().map(LoadItem::detected).collect();
        self.commands.send(DocumentCommand::Open(files));
        self.commands.send(crate::ui::command::GoCommand::Filter(window.filter));
        self.restore_playhead = window.playhead.map(Row::from_raw);
    }

    fn window_value(&self) -> Value {
        let window = SavedWindow {
            preferences: self.preferences.clone(),
            layout: self.layout.save(),
            open: self.document.as_ref().map(|document| document.paths.clone()).unwrap_or_default(),
            filter: self.document.as_ref().map(|document| document.filter_text.clone()).unwrap_or_default(),
            playhead: match self.navigation.playhead {
                super::navigation::Playhead::At(row) => Some(row.raw()),
                super::navigation::Playhead::End => None,
            },
        };
        serde_json::to_value(window).unwrap_or(Value::Null)
    }

    /// Saves in the background what has changed, not more often than every few seconds.
    pub(super) fn persist(&mut self) {
        if !self.persistent || self.persisted_at.is_some_and(|at| at.elapsed().as_secs() < SAVE_EVERY_SECS) {
            return;
        }
        self.persisted_at = Some(crate::base::clock::Stopwatch::start());
        if let Some(outcome) = self.saving.answer()
            && let Ok(Some(problem)) = &outcome.result
        {
            let problem = problem.clone();
            self.saving.clear();
            self.say(problem);
        }
        self.settings.window = self.window_value();
        if self.saved.as_ref() == Some(&self.settings) {
            return;
        }
        let (settings, dirs) = (self.settings.clone(), self.engine.dirs().clone());
        self.saved = Some(settings.clone());
        self.saves += 1;
        self.saving.ask(self.engine.workers(), &self.saves, move |_, _| {
            Some(settings.save(&dirs).err().map(|error| error.to_string()))
        });
    }

    /// Saves at once, at the end.
    pub fn persist_now(&mut self) {
        if self.persistent {
            self.settings.window = self.window_value();
            // At the end there is nobody left to tell.
            drop(self.settings.save(self.engine.dirs()));
        }
    }
}

/// Seconds between two savings.
const SAVE_EVERY_SECS: u64 = 3;
