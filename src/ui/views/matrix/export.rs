//! The matrix as files: comma-separated values and Markdown as the command line writes them, and a picture of the
//! whole table as SVG or PNG, which needs no size of window.

use std::fmt::Write as _;

use egui::{Color32, Rect, pos2, vec2};

use super::grid::{self, Grid, starts_step, tops};
use super::table::{Shown, Table};
use crate::engine::Board;
use crate::saga::svg::escape;
use crate::sim::matrix::{self, Cell, CellReport};
use crate::ui::format::outcome_look;
use crate::ui::headless::{Headless, Picture};
use crate::ui::theme::{Outcome as Look, Theme, Tokens, caption, heading};
use crate::ui::widgets::Line;

/// Every run as a line.
pub(super) fn csv(board: &Board) -> String {
    let mut text = matrix::csv_header();
    for ran in board.iter() {
        text += &matrix::csv(&board.layout, &ran.cell, ran.shown());
    }
    text
}

/// The table.
pub(super) fn markdown(board: &Board) -> String {
    let reports: Vec<(Cell, CellReport)> =
        board.iter().map(|ran| (ran.cell.clone(), ran.shown().clone())).collect();
    matrix::markdown(&board.layout, &reports)
}

/// Widths and heights of the picture.
const SIDE: f32 = 212.0;
const COLUMN: f32 = 108.0;
const HEAD: f32 = 92.0;
const CELL: f32 = 25.0;

/// Widths of the heads of rows and of a column of the PNG, the height of what stands above the table, and how sharp it is.
const PNG_SIDE: f32 = 228.0;
const PNG_COLUMN: f32 = 112.0;
const PNG_TITLE: f32 = 48.0;
const PNG_SCALE: f32 = 2.0;

/// The whole table as the window draws it, whatever of it is seen there.
pub(super) fn png(theme: Theme, table: &Table) -> Picture {
    let size = vec2(
        PNG_SIDE + PNG_COLUMN * table.columns.len() as f32 + 16.0,
        PNG_TITLE + grid::height(table.rows()),
    );
    let t = theme.tokens();
    let mut window = Headless::new(size, theme).with_pixels_per_point(PNG_SCALE);
    window.run(|ui| {
        let all = Rect::from_min_size(pos2(0.0, 0.0), size);
        let (title, about) = titles(table);
        let above = all.with_max_y(PNG_TITLE).shrink2(vec2(16.0, 0.0));
        Line::new().piece(&title, heading(), t.text).paint(ui.painter(), above);
        Line::new().piece(&about, caption(), t.muted).right().paint(ui.painter(), above);
        let below = egui::UiBuilder::new().max_rect(all.with_min_y(PNG_TITLE)).id_salt("table");
        let gaps_open = table.columns.iter().any(|column| column.is_gap);
        let grid = Grid { table, side: PNG_SIDE, selected: None, reveal: false, only: None, gaps_open };
        // Nothing is clicked in a picture.
        let _act = grid.ui(&mut ui.new_child(below), &mut super::grid::Scrolled::default());
    });
    window.picture()
}

/// What the picture is of, and how many runs stand in it.
fn titles(table: &Table) -> (String, String) {
    let board = table.board();
    let without = board.ask.without.map_or_else(String::new, |one| format!(", without {}", one.name()));
    let title = format!("{}/{}{without}", board.ask.base.domain, board.ask.base.saga);
    let runs = format!("{} runs", board.len());
    let differ = format!("{runs}, {} differ from all on", board.differing);
    (title, if board.ask.without.is_some() { differ } else { runs })
}

/// The whole table as it is shown: gaps folded or open.
pub(super) fn svg(t: &Tokens, table: &Table) -> String {
    let tops = tops(table.rows());
    let (width, height) = (
        SIDE + COLUMN * table.columns.len() as f32 + 16.0,
        HEAD + tops.last().copied().unwrap_or(0.0) + 16.0,
    );
    let mut svg = Svg::new(width, height, t);
    let (title, about) = titles(table);
    svg.text(16.0, 28.0, 16, 600, t.text, "start", &title);
    svg.text(width - 16.0, 28.0, 12, 400, t.muted, "end", &about);
    for (at, column) in table.columns.iter().enumerate() {
        let x = SIDE + COLUMN * at as f32 + 5.0;
        svg.text(x, 62.0, 12, 400, t.text, "start", column.title);
        svg.text(x, 78.0, 11, 400, t.faint, "start", column.default);
    }
    svg.line(16.0, HEAD, width - 16.0, t.line);
    for (row, about) in table.rows().iter().enumerate() {
        let y = HEAD + tops[row];
        let middle = y + CELL / 2.0 + 4.0;
        if starts_step(table.rows(), row) {
            if row > 0 {
                svg.line(16.0, y - 6.5, width - 16.0, t.line);
            }
            let name = about.step.as_ref().map_or("start", |step| &step.name);
            svg.text(16.0, middle, 12, 600, t.text, "start", name);
        }
        let leg = about.step.as_ref().map_or("message", |step| step.leg.name());
        svg.text(SIDE - 12.0, middle, 11, 400, t.muted, "end", leg);
        for column in 0..table.columns.len() {
            svg.cell(t, table, (row, column), SIDE + COLUMN * column as f32, y);
        }
    }
    svg.end()
}

struct Svg(String);

impl Svg {
    fn new(width: f32, height: f32, t: &Tokens) -> Self {
        let mut svg = Self(String::new());
        svg.add(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" font-family=\"Inter, sans-serif\">\n"
        ));
        svg.rect(0.0, 0.0, width, height, t.surface);
        svg
    }

    fn add(&mut self, what: std::fmt::Arguments<'_>) {
        self.0.write_fmt(what).expect("a String takes all");
    }

    fn rect(&mut self, x: f32, y: f32, width: f32, height: f32, fill: Color32) {
        let fill = hex(fill);
        self.add(format_args!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"2\" fill=\"{fill}\"/>\n"
        ));
    }

    fn line(&mut self, from: f32, y: f32, to: f32, color: Color32) {
        let color = hex(color);
        self.add(format_args!("<path d=\"M{from} {y}H{to}\" stroke=\"{color}\"/>\n"));
    }

    #[expect(clippy::too_many_arguments, reason = "the attributes of one element, in its order")]
    fn text(&mut self, x: f32, y: f32, size: u32, weight: u32, fill: Color32, anchor: &str, text: &str) {
        let (fill, text) = (hex(fill), escape(text));
        self.add(format_args!(
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" font-weight=\"{weight}\" fill=\"{fill}\" \
             text-anchor=\"{anchor}\">{text}</text>\n"
        ));
    }

    fn cell(&mut self, t: &Tokens, table: &Table, at: (usize, usize), x: f32, y: f32) {
        let (wide, middle) = (COLUMN - 3.0, y + CELL / 2.0 + 4.0);
        let Shown::Ran(ran) = table.at(at.0, at.1) else {
            self.rect(x + wide / 2.0 - 4.0, y + CELL / 2.0, 8.0, 1.0, t.line_strong);
            return;
        };
        let report = ran.shown();
        let Some(outcome) = report.outcome else {
            self.text(x + wide / 2.0, middle, 11, 400, t.faint, "middle", "not reached");
            return;
        };
        let look = t.outcome(outcome_look(outcome));
        let is_filled = look.outcome != Look::Completed;
        let (glyph, words) = if is_filled { (look.on_fill, look.on_fill) } else { (look.color, t.muted) };
        if is_filled {
            self.rect(x, y, wide, CELL, look.fill);
        }
        self.text(x + 5.0, middle, 11, 400, glyph, "start", &look.outcome.glyph().to_string());
        self.text(x + 20.0, middle, 11, 400, words, "start", look.outcome.word());
        let attempts = report.attempts_shown(table.leg(ran)).to_string();
        self.text(x + wide - 5.0, middle, 11, 400, words, "end", &attempts);
        if table.differs(at.0, at.1) {
            let (right, fill) = (x + wide, hex(t.accent));
            self.add(format_args!("<path d=\"M{right} {y}h-8l8 8z\" fill=\"{fill}\"/>\n"));
        }
    }

    fn end(mut self) -> String {
        self.0 += "</svg>\n";
        self.0
    }
}

fn hex(color: Color32) -> String {
    format!("#{:02x}{:02x}{:02x}", color.r(), color.g(), color.b())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::faults::Protection;
    use crate::ui::theme::Theme;
    use crate::ui::views::matrix::table::tests::answer;

    #[test]
    fn the_picture_has_every_cell_and_marks_what_differs() {
        let table = Table::new(&answer(Some(Protection::Idempotency)), true).unwrap();
        let picture = svg(&Theme::Dark.tokens(), &table);
        assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"));
        let board = table.board();
        assert_eq!(picture.matches("h-8l8 8z").count(), board.differing);
        for outcome in Look::ALL {
            let expected = board
                .iter()
                .filter(|ran| ran.shown().outcome.is_some_and(|known| outcome_look(known) == outcome))
                .count();
            assert_eq!(
                picture.matches(&format!(">{}</text>", outcome.word())).count(),
                expected,
                "{outcome:?}"
            );
        }
        assert_eq!(picture.matches("<text").count(), picture.matches("</text>").count());
    }

    #[test]
    fn the_png_has_the_whole_table_in_the_colours_of_its_outcomes() {
        let table = Table::new(&answer(Some(Protection::Idempotency)), false).unwrap();
        for theme in Theme::ALL {
            let picture = png(theme, &table);
            let wide = PNG_SIDE + PNG_COLUMN * table.columns.len() as f32 + 16.0;
            assert_eq!(picture.width(), (wide * PNG_SCALE) as usize);
            let tops = tops(table.rows());
            for (row, top) in tops.iter().take(table.rows().len()).enumerate() {
                for column in 0..table.columns.len() {
                    let Shown::Ran(ran) = table.at(row, column) else { continue };
                    let Some(outcome) = ran.shown().outcome.map(outcome_look) else { continue };
                    let t = theme.tokens();
                    let filled = outcome != Look::Completed;
                    let expected = if filled { t.outcome(outcome).fill } else { t.surface };
                    // Below the glyph of the cell, where nothing but its ground is.
                    let x = (PNG_SIDE + PNG_COLUMN * column as f32 + 8.0) * PNG_SCALE;
                    let y = (PNG_TITLE + grid::HEAD + top + grid::CELL - 3.0) * PNG_SCALE;
                    let found = picture.pixel(x as usize, y as usize);
                    assert_eq!(found[..3], expected.to_array()[..3], "{row} {column} {outcome:?}");
                }
            }
        }
    }

    #[test]
    fn a_line_a_run_and_a_line_a_message() {
        let table = Table::new(&answer(None), false).unwrap();
        let board = table.board();
        assert_eq!(csv(board).lines().count(), board.total + 1);
        assert_eq!(markdown(board).lines().count(), board.layout.rows.len() + 2);
    }
}
