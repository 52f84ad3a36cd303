//! Pairs of faults as a list, the worst first: thousands of runs are too many for a table of rows and columns.

use std::sync::Arc;

use egui::{Rect, Sense, Stroke, Ui, vec2};

use crate::engine::{Board, Ran};
use crate::sim::Outcome;
use crate::ui::format::{count, outcome_look};
use crate::ui::theme::{PAD, ROW, Tokens, body, caption, mono_small};
use crate::ui::view::ViewContext;
use crate::ui::widgets::{Line, RowAlign, RowScroll, VirtualRows, empty, row};

use super::Opens;
use super::grid::triangle;

/// Height of the head.
const HEAD: f32 = 26.0;

/// Its presentation state.
#[derive(Default)]
pub(super) struct Pairs {
    scroll: RowScroll,
    /// The cell that is selected, by its number in the board.
    selected: Option<u32>,
    /// What is listed: of which order, and of which outcome.
    listed: Option<Listed>,
}

struct Listed {
    of: Arc<Vec<u32>>,
    only: Option<Outcome>,
    numbers: Arc<Vec<u32>>,
}

impl Pairs {
    /// The selected pair.
    pub(super) fn selected<'a>(&self, board: &'a Board) -> Option<&'a Ran> {
        board.get(self.selected? as usize)
    }

    /// Moves the selection by so many lines.
    pub(super) fn step(&mut self, by: i64) {
        let Some(listed) = &self.listed else { return };
        let last = listed.numbers.len().saturating_sub(1) as u64;
        let at = self.selected.and_then(|number| listed.numbers.iter().position(|other| *other == number));
        let to = at.map_or(0, |at| (at as u64).saturating_add_signed(by).min(last));
        self.selected = listed.numbers.get(to as usize).copied();
        self.scroll.scroll_to(to, RowAlign::Nearest);
    }

    fn numbers(&mut self, board: &Board, only: Option<Outcome>) -> Arc<Vec<u32>> {
        let is_known = |listed: &&Listed| Arc::ptr_eq(&listed.of, &board.worst_first) && listed.only == only;
        if let Some(listed) = self.listed.as_ref().filter(is_known) {
            return Arc::clone(&listed.numbers);
        }
        let numbers = match only {
            None => Arc::clone(&board.worst_first),
            Some(only) => {
                let is = |number: &u32| {
                    board.get(*number as usize).is_some_and(|ran| ran.shown().outcome == Some(only))
                };
                Arc::new(board.worst_first.iter().copied().filter(is).collect())
            }
        };
        self.listed =
            Some(Listed { of: Arc::clone(&board.worst_first), only, numbers: Arc::clone(&numbers) });
        numbers
    }

    /// Draws the list; true when the selected pair shall be opened.
    pub(super) fn ui(
        &mut self,
        context: &ViewContext<'_>,
        ui: &mut Ui,
        board: &Board,
        only: Option<Outcome>,
    ) -> bool {
        let t = context.tokens;
        let numbers = self.numbers(board, only);
        if self.selected.is_none() && board.is_whole() {
            self.selected = numbers.first().copied();
        }
        if numbers.is_empty() && board.is_whole() {
            let word = only.map_or("anyhow", |only| outcome_look(only).word());
            empty(ui, &format!("No pair of faults ends {word}"), None);
            return false;
        }
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEAD), Sense::hover());
        ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.line));
        for (x, title) in
            places(rect).into_iter().zip(["ends", "tries", "first fault", "second fault", "recipe"])
        {
            Line::new()
                .caption(title, t.muted)
                .paint(ui.painter(), Rect::from_x_y_ranges(x.0..=x.1, rect.y_range()));
        }
        let (mut opened, selected) = (false, self.selected);
        let mut chosen = None;
        VirtualRows::new("pairs", "Pairs of faults, the worst first", numbers.len() as u64)
            .row_height(context.preferences.row_height().min(ROW))
            .show(ui, &mut self.scroll, |ui, line, rect| {
                let Some(number) = numbers.get(line as usize) else { return };
                let Some(ran) = board.get(*number as usize) else { return };
                let response = row(ui, rect, &label(board, ran), selected == Some(*number));
                paint(t, ui, rect, board, ran);
                opened |= response.clicked();
                if response.clicked() || response.secondary_clicked() {
                    chosen = Some(*number);
                }
                response.on_hover_text(Opens::of(ran).clicks());
            });
        self.selected = chosen.or(self.selected);
        opened
    }
}

fn names(board: &Board, ran: &Ran) -> (String, String) {
    let name = |at: (usize, usize)| {
        format!("{}, {}", board.layout.rows[at.0].target(), board.layout.columns[at.1].info().title)
    };
    (name(ran.cell.at), ran.cell.and.map(name).unwrap_or_default())
}

fn label(board: &Board, ran: &Ran) -> String {
    let (one, other) = names(board, ran);
    let report = ran.shown();
    let ends = report.outcome.map_or("not reached", |outcome| outcome_look(outcome).word());
    let attempts = count(u64::from(report.attempts), "attempt");
    let differs = if ran.differs() { ", differs" } else { "" };
    format!("{one} and {other}: {ends}, {attempts}{differs}")
}

/// Where the columns begin and end.
fn places(rect: Rect) -> [(f32, f32); 5] {
    let (left, right) = (rect.left() + PAD, rect.right() - PAD);
    let free = (right - left - 176.0).max(0.0);
    let fault = (free * 0.3).clamp(120.0, 300.0);
    let first = left + 176.0;
    [
        (left, left + 112.0),
        (left + 124.0, left + 164.0),
        (first, first + fault - 12.0),
        (first + fault, first + 2.0 * fault - 12.0),
        (first + 2.0 * fault, right),
    ]
}

fn paint(t: &Tokens, ui: &Ui, rect: Rect, board: &Board, ran: &Ran) {
    let painter = ui.painter();
    let report = ran.shown();
    let (one, other) = names(board, ran);
    let place = places(rect).map(|x| Rect::from_x_y_ranges(x.0..=x.1.max(x.0), rect.y_range()));
    match report.outcome {
        None => drop(Line::new().body("not reached", t.faint).paint(painter, place[0])),
        Some(outcome) => {
            let look = t.outcome(outcome_look(outcome));
            let square =
                Rect::from_center_size(egui::pos2(place[0].left() + 6.0, rect.center().y), vec2(12.0, 12.0));
            look.outcome.icon().paint(painter, square, look.color);
            let words = place[0].with_min_x(place[0].left() + 17.0);
            Line::new().piece(look.outcome.word(), body(), look.color).paint(painter, words);
        }
    }
    Line::new().mono_small(&report.attempts.to_string(), t.muted).right().paint(painter, place[1]);
    Line::new().piece(&one, body(), t.text).paint(painter, place[2]);
    Line::new().piece(&other, body(), t.text).paint(painter, place[3]);
    let font = if place[4].width() > 200.0 { mono_small() } else { caption() };
    Line::new().piece(&report.recipe, font, t.faint).paint(painter, place[4]);
    if ran.differs() {
        triangle(painter, rect.right_top(), t.accent);
    }
}
