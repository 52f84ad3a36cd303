//! The list of letters: one line each, the oldest first.

use egui::{Rect, Sense, Stroke, Ui, pos2, vec2};

use super::state_line;
use crate::engine::LoggedLetter;
use crate::runtime::{Direction, LetterState};
use crate::sim::DeadLetter;
use crate::ui::format::{Zone, count, virtual_seconds};
use crate::ui::theme::PAD;
use crate::ui::view::ViewContext;
use crate::ui::widgets::{Line, RowAlign, RowScroll, VirtualRows, row};

/// Height of the head.
const HEAD: f32 = 26.0;

/// A letter as of the playhead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its place among all letters.
    pub(super) at: usize,
    /// Its number.
    pub(super) id: u32,
    /// Its state.
    pub(super) state: LetterState,
}

/// Presentation state.
#[derive(Default)]
pub(super) struct List {
    scroll: RowScroll,
}

/// What an open run knows of a letter beyond the log.
pub(super) fn live<'a>(context: &ViewContext<'a>, id: u32) -> Option<&'a DeadLetter> {
    context.document.frame()?.dead_letters.iter().find(|letter| letter.id == id)
}

/// "reserve-inventory, undo".
pub(super) fn step_words(letter: &LoggedLetter) -> String {
    match letter.direction {
        Direction::Do => letter.step.clone(),
        Direction::Undo => format!("{}, undo", letter.step),
    }
}

impl List {
    /// The letter so many lines from the selected one.
    pub(super) fn step(&mut self, entries: &[Entry], selected: Option<u32>, by: i64) -> Option<u32> {
        let at = entries.iter().position(|entry| Some(entry.id) == selected).unwrap_or(0) as u64;
        let to = at.saturating_add_signed(by).min(entries.len().saturating_sub(1) as u64);
        self.scroll.scroll_to(to, RowAlign::Nearest);
        entries.get(to as usize).map(|entry| entry.id)
    }

    /// Draws the list; the letter that was chosen.
    pub(super) fn ui(
        &mut self,
        context: &ViewContext<'_>,
        ui: &mut Ui,
        letters: &[LoggedLetter],
        entries: &[Entry],
        selected: Option<u32>,
    ) -> Option<u32> {
        let t = context.tokens;
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEAD), Sense::hover());
        ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.line));
        let titles = ["state", "message", "saga", "step", "tries", "since"];
        for (place, title) in places(rect).into_iter().zip(titles) {
            let line = Line::new().caption(title, t.muted);
            let line = if title == "tries" || title == "since" { line.right() } else { line };
            line.paint(ui.painter(), place);
        }
        let mut chosen = None;
        VirtualRows::new("dead letters", "Dead letters, the oldest first", entries.len() as u64)
            .row_height(context.preferences.row_height())
            .show(ui, &mut self.scroll, |ui, line, rect| {
                let Some(entry) = entries.get(line as usize) else { return };
                let letter = &letters[entry.at];
                let response =
                    row(ui, rect, &label(context, letter, entry.state), selected == Some(entry.id));
                paint(context, ui, rect, letter, entry.state);
                if response.clicked() {
                    chosen = Some(entry.id);
                }
            });
        chosen
    }
}

/// Where the columns stand.
fn places(rect: Rect) -> [Rect; 6] {
    let (left, right) = (rect.left() + PAD, rect.right() - PAD);
    let since = right - 72.0;
    let tries = since - 48.0;
    let room = (tries - 8.0 - (left + 92.0)).max(0.0);
    let saga = (room * 0.14).clamp(28.0, 64.0);
    let remaining = (room - saga - 16.0).max(0.0);
    let message = (remaining * 0.46).floor();
    let starts = left + 92.0;
    let place =
        |from: f32, to: f32| Rect::from_min_max(pos2(from, rect.top()), pos2(to.max(from), rect.bottom()));
    [
        place(left, left + 88.0),
        place(starts, starts + message),
        place(starts + message + 8.0, starts + message + 8.0 + saga),
        place(starts + message + saga + 16.0, tries),
        place(tries, since - 8.0),
        place(since, right),
    ]
}

fn label(context: &ViewContext<'_>, letter: &LoggedLetter, state: LetterState) -> String {
    let attempts = count(letter.attempts.len() as u64, "attempt");
    let blocked = live(context, letter.id).map_or(0, |letter| letter.blocked.len());
    let blocked = if blocked > 0 {
        format!(", {} blocked behind it", count(blocked as u64, "thing"))
    } else {
        String::new()
    };
    format!(
        "{}, {}, {}, {}: {attempts}{blocked}",
        state.name(),
        letter.message_type,
        letter.saga,
        step_words(letter)
    )
}

fn paint(context: &ViewContext<'_>, ui: &Ui, rect: Rect, letter: &LoggedLetter, state: LetterState) {
    let t = context.tokens;
    let painter = ui.painter();
    let [at_state, message, saga, step, tries, since] = places(rect);
    state_line(t, painter, at_state, state);
    Line::new().body(&letter.message_type, t.text).paint(painter, message);
    Line::new().mono(&letter.saga, t.text).paint(painter, saga);
    Line::new().body(&step_words(letter), t.muted).paint(painter, step);
    Line::new().mono_small(&letter.attempts.len().to_string(), t.muted).right().paint(painter, tries);
    // A letter of a queue has a time and no ticks.
    let parked = || {
        let time = context.log().event(letter.changes.first()?.row).time?;
        Some(Zone { local: context.preferences.local_time }.time(time))
    };
    let time = letter.since().map(virtual_seconds).or_else(parked).unwrap_or_default();
    Line::new().mono_small(&time, t.muted).right().paint(painter, since);
}
