//! What stands below an event on the page of its saga: how the attempts before it failed, and the timeout that it set or
//! that it is, with the way to the other end of it.

use egui::{Rect, Sense, Ui};

use super::Scene;
use super::groups::Group;
use crate::model::{Row, Timestamp};
use crate::saga::{Page, text};
use crate::ui::command::GoCommand;
use crate::ui::format::{Zone, one_line};
use crate::ui::theme::Outcome;
use crate::ui::widgets::{Line, node};

/// One line of it.
pub(super) enum Below {
    /// How the attempts went, in short.
    Failures(String),
    /// It set a timeout that fired: by this event.
    Fired(Row),
    /// It set a timeout that did not fire: until when it waited.
    Waits(Timestamp),
    /// It is a timeout: set by this event.
    SetBy(Row),
}

/// The attempts of a group in words: each with its error and when.
pub(super) fn history(scene: &Scene<'_>, group: &Group) -> Option<String> {
    let attempts = group.attempts.as_ref()?;
    text::history(attempts_page(scene, group), attempts.step, attempts.direction)
}

/// The page that knows of the attempts what had happened as of the playhead: of a group that has begun, and is not over.
fn attempts_page<'a>(scene: &Scene<'a>, group: &Group) -> &'a Page {
    let happened = |at: &usize| scene.has_happened(scene.page.rows[*at].row);
    match scene.now {
        Some(now) if group.attempts.as_ref().is_some_and(|attempts| attempts.rows.iter().any(happened)) => {
            now
        }
        _ => scene.page,
    }
}

/// The lines below an event.
pub(super) fn below(scene: &Scene<'_>, group: &Group) -> Vec<Below> {
    told(scene.page, attempts_page(scene, group), group)
}

/// As many lines as there will be, at most.
pub(super) fn lines_below(page: &Page, group: &Group) -> usize {
    told(page, page, group).len()
}

/// The lines below an event of a page, with what another one knows of its attempts.
fn told(page: &Page, attempted: &Page, group: &Group) -> Vec<Below> {
    let mut lines = Vec::new();
    if let Some(attempts) = &group.attempts {
        let errors = text::errors(attempted, attempts.step, attempts.direction);
        if !errors.is_empty() {
            let words = if errors.windows(2).all(|two| two[0] == two[1]) {
                format!("{} failed: {}", errors.len(), errors[0])
            } else {
                format!("{} failed: {}", errors.len(), errors.join("; "))
            };
            lines.push(Below::Failures(one_line(&words)));
        }
    }
    let row = page.rows[group.last()].row;
    if let Some(timeout) = page.timeout_fired_as(row) {
        lines.push(Below::SetBy(timeout.set));
    }
    match page.timeout_set_by(row).map(|timeout| (timeout.fired, timeout.due)) {
        Some((Some(fired), _)) => lines.push(Below::Fired(fired)),
        Some((None, Some(due))) => lines.push(Below::Waits(due)),
        Some((None, None)) | None => {}
    }
    lines
}

impl Below {
    /// In words; nothing of failures, which the history tells in full.
    pub(super) fn words(&self, scene: &Scene<'_>) -> Option<String> {
        let zone = Zone { local: scene.context.preferences.local_time };
        let log = scene.context.log();
        let event = |row: Row| {
            let event = log.event(row);
            let name = one_line(&scene.survey.traits[event.event_type.0 as usize].name);
            (event.time.map_or_else(String::new, |time| zone.time(time)), name)
        };
        match self {
            Self::Failures(_) => None,
            Self::Fired(row) => {
                let (time, name) = event(*row);
                Some(format!("timeout fired {time}: {name}"))
            }
            Self::Waits(due) => Some(format!("timeout at {}", zone.time(*due))),
            Self::SetBy(row) => {
                let (time, name) = event(*row);
                Some(format!("timeout set {time} by {name}"))
            }
        }
    }

    /// Draws it; whether something is cut.
    pub(super) fn ui(&self, scene: &Scene<'_>, ui: &Ui, place: Rect, later: bool) -> bool {
        let t = scene.context.tokens;
        let dimmed = |color| if later { t.faint } else { color };
        let (words, goes) = match self {
            Self::Failures(words) => {
                let color = dimmed(t.outcome(Outcome::Failed).color);
                return Line::new().caption(words, color).paint(ui.painter(), place).elided;
            }
            Self::Fired(row) | Self::SetBy(row) => (self.words(scene), Some(*row)),
            Self::Waits(_) => (self.words(scene), None),
        };
        let words = words.unwrap_or_default();
        let color = dimmed(if goes.is_some() { t.accent } else { t.muted });
        let painted = Line::new().caption(&words, color).paint(ui.painter(), place);
        if let Some(row) = goes {
            let id = ui.scope_id().with(("timeout", row, matches!(self, Self::Fired(_))));
            let label = format!("Go to its other end, {words}");
            let link = node(ui, painted.rect, id, Sense::click(), egui::Role::Button, &label);
            if link.on_hover_text(label).clicked() {
                scene.context.send(GoCommand::Select(row));
            }
        }
        painted.elided
    }
}
