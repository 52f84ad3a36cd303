//! An open log that grows: what the window knows of it, and what it says when a file is no longer the one that was
//! read.

use super::App;
use super::document::Document;
use crate::engine::{DocumentId, Live};
use crate::ui::format::{count, one_line};

/// How a log stands to its files, as far as one glance goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Liveness {
    /// No file of it grows at its end.
    Off,
    /// New events are shown as they come.
    On,
    /// So many are held back.
    Held(u64),
    /// A file is not what it was.
    Changed,
}

impl Document {
    /// Whether new events are shown as they come.
    pub fn is_live(&self) -> bool {
        self.live.is_followed() && !self.live.holds
    }

    /// How it stands to its files; `None` where it has none, or is not read yet.
    pub fn liveness(&self) -> Option<Liveness> {
        if self.live.sources.is_empty() {
            return None;
        }
        Some(if self.live.holds {
            Liveness::Held(self.live.held)
        } else if self.live.changed().next().is_some() {
            Liveness::Changed
        } else if self.live.is_followed() {
            Liveness::On
        } else {
            Liveness::Off
        })
    }

    /// What became of the files that are not what they were, a sentence each.
    pub fn changes(&self) -> Vec<String> {
        let name = |path: &std::path::Path| {
            one_line(&path.file_name().map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy()))
        };
        self.live.changed().map(|(path, change)| format!("{} {}", name(path), change.words())).collect()
    }
}

impl App {
    pub(super) fn on_live(&mut self, id: DocumentId, live: Live) {
        let Some(document) = self.document.as_mut().filter(|document| document.id == id) else { return };
        let known = document.changes();
        document.live = live;
        let news: Vec<String> =
            document.changes().into_iter().filter(|change| !known.contains(change)).collect();
        if !news.is_empty() {
            self.complain(format!(
                "{}: what was read of it stays. Reload (Ctrl+R) reads it again",
                news.join(", ")
            ));
        }
    }

    pub(super) fn toggle_live(&mut self) {
        let Some(document) = &self.document else { return };
        if !document.live.is_followed() {
            self.say("Nothing is followed: no file of this log grows at its end");
            return;
        }
        let holds = !document.live.holds;
        self.engine.hold(document.id, holds);
        let held = document.live.held;
        self.say(match (holds, held) {
            (true, _) => "New events are held back".to_owned(),
            (false, 0) => "New events are shown as they come".to_owned(),
            (false, held) => format!("{} shown, and what comes next as it comes", count(held, "new event")),
        });
    }
}
