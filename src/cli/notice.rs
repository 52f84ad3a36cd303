//! Standard error: sentences that begin with `sagascope:`, and progress where somebody watches.

use std::io::{IsTerminal as _, Write as _, stderr};
use std::path::Path;
use std::time::Duration;

use super::text::clean;
use crate::base::clock::Stopwatch;

/// Says a sentence on one line. A path on a line of its own comes after a colon.
pub(super) fn say(sentence: &str) {
    let mut line = String::new();
    for part in sentence.lines().filter(|part| !part.trim().is_empty()) {
        if !line.is_empty() {
            line.truncate(line.trim_end_matches(['.', ':']).len());
            line.push_str(": ");
        }
        line.push_str(&clean(part));
    }
    raw(&format!("sagascope: {line}\n"));
}

/// Says a problem that has a file; the path comes last, once.
pub(super) fn say_of(problem: &str, path: &Path) {
    let path = path.display().to_string();
    if problem.ends_with(&path) { say(problem) } else { say(&format!("{problem}\n{path}")) }
}

/// Writes text that is ours or already cleaned.
pub(super) fn raw(text: &str) {
    // Nobody is left to be told when stderr is closed.
    drop(stderr().write_all(text.as_bytes()));
}

/// Progress is shown only for what takes longer.
const QUIET: Duration = Duration::from_millis(500);
/// Between two updates of the line.
const UPDATE_EVERY: Duration = Duration::from_millis(100);

/// A line on stderr that is written over and over, and gone at the end. Only a terminal sees it.
pub(super) struct ProgressLine {
    started: Stopwatch,
    shown: Option<Duration>,
    watched: bool,
}

impl ProgressLine {
    pub(super) fn new() -> Self {
        Self { started: Stopwatch::start(), shown: None, watched: stderr().is_terminal() }
    }

    /// Shows what `text` says now, if it is time.
    pub(super) fn show(&mut self, text: impl FnOnce() -> String) {
        let now = self.started.elapsed();
        if self.watched && now >= self.shown.map_or(QUIET, |shown| shown + UPDATE_EVERY) {
            self.shown = Some(now);
            raw(&format!("\r\u{1b}[K{}", clean(&text())));
        }
    }

    /// Events a second since the beginning.
    pub(super) fn rate(&self, events: u64) -> u64 {
        (events as f64 / self.started.elapsed().as_secs_f64().max(1e-3)) as u64
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        if self.shown.is_some() {
            raw("\r\u{1b}[K");
        }
    }
}
