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
        let titles = ["state", "message", "saga", "step", "tries", "failed first", "parked"];
        for (at, (place, title)) in places(rect).into_iter().zip(titles).enumerate() {
            let line = Line::new().caption(title, t.muted);
            let line = if at >= NUMBERS { line.right() } else { line };
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

/// From this column on there are numbers.
const NUMBERS: usize = 4;
/// Width of a time, with the gap before it.
const TIME: f32 = 76.0;

/// Where the columns stand.
fn places(rect: Rect) -> [Rect; 7] {
    let (left, right) = (rect.left() + PAD, rect.right() - PAD);
    let parked = right - TIME;
    let failed = parked - TIME;
    let tries = failed - 44.0;
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
        place(tries, failed - 4.0),
        place(failed, parked - 8.0),
        place(parked, right),
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
        "{}, {}, {}, {}: {attempts}, {}{blocked}",
        state.name(),
        letter.message_type,
        letter.saga,
        step_words(letter),
        times_words(context, letter)
    )
}

/// When it failed first and when it was parked: a run counts virtual time, a queue has times of the calendar.
fn times(context: &ViewContext<'_>, letter: &LoggedLetter) -> (Option<String>, Option<String>) {
    let of_calendar = || {
        let time = context.log().event(letter.changes.first()?.row).time?;
        Some(Zone { local: context.preferences.local_time }.time(time))
    };
    (letter.failed_first().map(virtual_seconds), letter.parked.map(virtual_seconds).or_else(of_calendar))
}

/// "failed first at 0.429 s, parked at 0.877 s".
pub(super) fn times_words(context: &ViewContext<'_>, letter: &LoggedLetter) -> String {
    let (failed, parked) = times(context, letter);
    let failed = failed.map_or_else(|| "never tried".to_owned(), |at| format!("failed first at {at}"));
    let parked =
        parked.map_or_else(|| "parked at an unknown time".to_owned(), |at| format!("parked at {at}"));
    format!("{failed}, {parked}")
}

fn paint(context: &ViewContext<'_>, ui: &Ui, rect: Rect, letter: &LoggedLetter, state: LetterState) {
    let t = context.tokens;
    let painter = ui.painter();
    let [at_state, message, saga, step, tries, failed, parked] = places(rect);
    state_line(t, painter, at_state, state);
    Line::new().body(&letter.message_type, t.text).paint(painter, message);
    Line::new().mono(&letter.saga, t.text).paint(painter, saga);
    Line::new().body(&step_words(letter), t.muted).paint(painter, step);
    Line::new().mono_small(&letter.attempts.len().to_string(), t.muted).right().paint(painter, tries);
    let (first, then) = times(context, letter);
    Line::new().mono_small(first.as_deref().unwrap_or("–"), t.muted).right().paint(painter, failed);
    Line::new().mono_small(then.as_deref().unwrap_or("–"), t.muted).right().paint(painter, parked);
}
