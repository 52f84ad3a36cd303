//! The heat map: rows and columns with heads that stay, cells of glyph, word and attempts. Which cell is what is
//! said by the table; here it is drawn and clicked.

use egui::{
    Color32, FontId, Painter, Rect, Role, ScrollArea, Sense, Shape, Stroke, StrokeKind, Ui, UiBuilder, Vec2,
    WidgetInfo, pos2, vec2,
};

use super::Opens;
use super::table::{Shown, Table};
use crate::engine::Ran;
use crate::sim::matrix::Row;
use crate::sim::{Outcome, faults::FaultKind};
use crate::ui::format::{count, outcome_look};
use crate::ui::icons::Icon;
use crate::ui::theme::{
    Outcome as Look, RADIUS_MARK, Tokens, body, caption, mono_small, semibold, tick, tokens,
};
use crate::ui::widgets::{Line, focus_ring, hover_card, node, separator};

/// Height of a cell, and of the gap below it.
pub(super) const CELL: f32 = 25.0;
const GAP: f32 = 3.0;
/// Between the rows of two steps.
const BETWEEN: f32 = 11.0;
/// Height of the heads of columns.
pub(super) const HEAD: f32 = 44.0;
/// Width of the heads of rows, as far as the names of the steps need it.
const SIDES: (f32, f32) = (168.0, 280.0);
/// Widths of a column: with a caption's letters, and with those of a tick.
const COLUMN_MAX: f32 = 180.0;
const COLUMN_CAPTION: f32 = 104.0;
const COLUMN_MIN: f32 = 99.0;
/// Between two columns.
const COLUMN_GAP: f32 = 3.0;

/// What a person does in the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Look at a cell, without leaving the table.
    Select((usize, usize)),
    /// Open the run of a cell at the moment of its fault.
    Open((usize, usize)),
    /// Open or fold the column of the gaps.
    Gaps,
}

/// What is drawn beside the table itself.
pub(super) struct Grid<'a> {
    pub(super) table: &'a Table,
    /// Width of the heads of rows.
    pub(super) side: f32,
    pub(super) selected: Option<(usize, usize)>,
    /// Bring the selected cell into view.
    pub(super) reveal: bool,
    /// Cells that ended otherwise are faint.
    pub(super) only: Option<Outcome>,
    pub(super) gaps_open: bool,
}

/// How far the cells are scrolled.
#[derive(Default)]
pub(super) struct Scrolled {
    by: Vec2,
    /// The last frame in which they were drawn.
    frame: u64,
}

impl Grid<'_> {
    /// Draws into all of `ui`.
    pub(super) fn ui(&self, ui: &mut Ui, scrolled: &mut Scrolled) -> Option<Act> {
        let all = ui.available_rect_before_wrap();
        let side = self.side;
        let columns = self.table.columns.len().max(1) as f32;
        let wide = ((all.width() - side - 16.0) / columns).floor().clamp(COLUMN_MIN, COLUMN_MAX);
        let tops = tops(self.table.rows());
        let content = vec2(columns * wide, tops.last().copied().unwrap_or(0.0) + 8.0);
        let body = Rect::from_min_max(pos2(all.left() + side, all.top() + HEAD), all.max);
        let mut inner = ui.new_child(UiBuilder::new().max_rect(body).id_salt("cells"));
        let mut act = None;
        let mut area = ScrollArea::both().auto_shrink(false).id_salt("matrix cells");
        let frame = ui.ctx().cumulative_frame_nr();
        if scrolled.frame + 1 < frame {
            // Who comes back finds the place again, even where the tab stands in another arrangement by now.
            area = area.scroll_offset(scrolled.by);
        }
        scrolled.frame = frame;
        let out = area.show(&mut inner, |ui| {
            let (place, _) = ui.allocate_exact_size(content, Sense::hover());
            act = self.cells_ui(ui, place.min, wide, &tops);
        });
        scrolled.by = out.state.clamped_offset();
        let origin = body.min - out.state.clamped_offset();
        let clip = out.inner_rect;
        act = self.heads_ui(ui, all, clip, origin.x, wide).or(act);
        self.sides_ui(ui, all, clip, origin.y, side, &tops);
        ui.advance_cursor_after_rect(all);
        act
    }

    fn cells_ui(&self, ui: &mut Ui, origin: egui::Pos2, wide: f32, tops: &[f32]) -> Option<Act> {
        let mut act = None;
        let font = if wide >= COLUMN_CAPTION { caption() } else { tick() };
        let t = tokens(ui);
        for (row, top) in tops.iter().take(self.table.rows().len()).enumerate() {
            if row > 0 && starts_step(self.table.rows(), row) {
                let y = origin.y + top - BETWEEN / 2.0 - 1.0;
                let right = origin.x + wide * self.table.columns.len() as f32;
                ui.painter().hline(origin.x..=right, y, Stroke::new(1.0, t.line));
            }
            for column in 0..self.table.columns.len() {
                let min = pos2(origin.x + column as f32 * wide, origin.y + top);
                let rect = Rect::from_min_size(min, vec2(wide - COLUMN_GAP, CELL));
                let is_selected = self.selected == Some((row, column));
                if is_selected && self.reveal {
                    ui.scroll_to_rect(rect.expand2(vec2(8.0, 12.0)), None);
                }
                if !ui.is_rect_visible(rect) {
                    continue;
                }
                act = self.cell_ui(ui, rect, (row, column), &font).or(act);
            }
        }
        act
    }

    fn cell_ui(&self, ui: &Ui, rect: Rect, at: (usize, usize), font: &FontId) -> Option<Act> {
        let t = tokens(ui);
        let shown = self.table.at(at.0, at.1);
        let paint = CellPaint { t: &t, table: self.table, font, only: self.only };
        paint.paint(ui.painter(), rect, at, &shown);
        let is_selected = self.selected == Some(at);
        if is_selected {
            ui.painter().rect_stroke(rect, RADIUS_MARK, Stroke::new(2.0, t.accent), StrokeKind::Outside);
        }
        let Shown::Ran(ran) = shown else { return None };
        let response = ui.interact(rect, ui.scope_id().with(("cell", at)), Sense::click());
        let label = self.label(ran, at);
        response.widget_info(|| WidgetInfo::selected(Role::Cell, ui.is_enabled(), is_selected, &label));
        if response.hovered() && !is_selected {
            ui.painter().rect_stroke(rect, RADIUS_MARK, Stroke::new(1.0, t.line_strong), StrokeKind::Inside);
        }
        focus_ring(ui, rect.expand(2.0), RADIUS_MARK, &response);
        hover_card(ui, &response, |ui| card_ui(ui, self.table, ran));
        if response.clicked() {
            Some(Act::Open(at))
        } else {
            response.secondary_clicked().then_some(Act::Select(at))
        }
    }

    /// "process-payment/reply, timeout: inconsistent, 3 attempts, differs".
    fn label(&self, ran: &Ran, at: (usize, usize)) -> String {
        let mut label = format!("{}: {}", self.table.name(ran), words(self.table, ran));
        if self.table.columns[at.1].kinds.len() > 1 {
            label += ", the worst of 4 gaps";
        }
        if self.table.differs(at.0, at.1) {
            label += ", differs";
        }
        label
    }

    fn heads_ui(&self, ui: &mut Ui, all: Rect, clip: Rect, left: f32, wide: f32) -> Option<Act> {
        let t = tokens(ui);
        let head = Rect::from_min_max(all.min, pos2(all.right(), all.top() + HEAD));
        ui.painter().hline(head.x_range(), head.bottom() - 0.5, Stroke::new(1.0, t.line));
        let corner = Rect::from_min_max(head.min, pos2(clip.left(), head.bottom()));
        Line::new().caption("step and leg", t.faint).paint(ui.painter(), corner.shrink2(vec2(16.0, 0.0)));
        let mut inner = ui.new_child(UiBuilder::new().max_rect(head).id_salt("heads"));
        inner.set_clip_rect(Rect::from_x_y_ranges(clip.x_range(), head.y_range()).intersect(ui.clip_rect()));
        let ui = &mut inner;
        let mut act = None;
        for (at, column) in self.table.columns.iter().enumerate() {
            let min = pos2(left + at as f32 * wide, head.top());
            let rect = Rect::from_min_size(min, vec2(wide - COLUMN_GAP, HEAD));
            if !ui.is_rect_visible(rect) {
                continue;
            }
            let is_selected = self.selected.is_some_and(|(_, selected)| selected == at);
            let folds = self.table.gaps == Some(at);
            let font = if is_selected { semibold(12.0) } else { FontId { size: 12.0, ..body() } };
            let line = |top: f32| {
                let min = pos2(rect.left() + 5.0, rect.top() + top);
                Rect::from_min_size(min, vec2(rect.width() - if folds { 20.0 } else { 5.0 }, 16.0))
            };
            Line::new().piece(column.title, font, t.text).paint(ui.painter(), line(6.0));
            Line::new().caption(column.default, t.faint).paint(ui.painter(), line(23.0));
            let kind = self.table.board().layout.columns[column.kinds[0]];
            let id = ui.scope_id().with(("head", at));
            if folds {
                let (icon, does) = if self.gaps_open {
                    (Icon::CaretLeft, "Fold the four gaps into one column")
                } else {
                    (Icon::CaretRight, "Open the four gaps of a crash")
                };
                let square =
                    Rect::from_center_size(pos2(rect.right() - 10.0, rect.top() + 14.0), vec2(10.0, 10.0));
                let response = node(ui, rect, id, Sense::click(), Role::Button, does);
                icon.paint(ui.painter(), square, if response.hovered() { t.text } else { t.muted });
                focus_ring(ui, rect.shrink(2.0), RADIUS_MARK, &response);
                if response.on_hover_text(format!("{does}\n{GAPS}")).clicked() {
                    act = Some(Act::Gaps);
                }
            } else {
                let response = node(ui, rect, id, Sense::hover(), Role::ColumnHeader, kind.name());
                response.on_hover_text(kind.info().sentence);
            }
        }
        act
    }

    fn sides_ui(&self, ui: &mut Ui, all: Rect, clip: Rect, top: f32, side: f32, tops: &[f32]) {
        let area = Rect::from_min_max(pos2(all.left(), clip.top()), pos2(all.left() + side, clip.bottom()));
        let mut inner = ui.new_child(UiBuilder::new().max_rect(area).id_salt("sides"));
        inner.set_clip_rect(area.intersect(ui.clip_rect()));
        let t = tokens(&inner);
        inner.painter().rect_filled(area, 0, t.surface);
        let selected = self.selected.map(|(row, _)| row);
        for (at, row) in self.table.rows().iter().enumerate() {
            let rect = Rect::from_min_size(pos2(area.left(), top + tops[at]), vec2(side, CELL));
            if !inner.is_rect_visible(rect) {
                continue;
            }
            if at > 0 && starts_step(self.table.rows(), at) {
                let y = rect.top() - BETWEEN / 2.0 - 1.0;
                inner.painter().hline(area.left() + 16.0..=area.right(), y, Stroke::new(1.0, t.line));
            }
            paint_side(inner.painter(), &t, rect, self.table.rows(), at, selected == Some(at));
            let id = inner.scope_id().with(("side", at));
            let response = node(&inner, rect, id, Sense::hover(), Role::RowHeader, &row.target());
            response.on_hover_text(about_row(row));
        }
    }
}

const GAPS: &str =
    "A process may die before commit, before acknowledge, before publish, before marking as sent";

/// The width that the names of the steps and their messages need side by side.
pub(super) fn side(rows: &[Row], painter: &Painter) -> f32 {
    let width = |(at, row): (usize, &Row)| {
        let leg = row.step.as_ref().map_or("message", |step| step.leg.name());
        let leg = Line::new().caption(leg, Color32::PLACEHOLDER).width(painter);
        let name = row.step.as_ref().filter(|_| starts_step(rows, at)).map_or("", |step| &step.name);
        16.0 + Line::new().piece(name, semibold(12.0), Color32::PLACEHOLDER).width(painter)
            + 10.0
            + leg
            + 12.0
    };
    rows.iter().enumerate().map(width).fold(SIDES.0, f32::max).min(SIDES.1).ceil()
}

/// The height at which the whole table is seen.
pub(super) fn height(rows: &[Row]) -> f32 {
    HEAD + tops(rows).last().copied().unwrap_or(0.0) + 20.0
}

/// Where each row begins, and where the last ends.
pub(super) fn tops(rows: &[Row]) -> Vec<f32> {
    let mut top = 8.0;
    let mut tops = Vec::with_capacity(rows.len() + 1);
    for row in 0..rows.len() {
        if row > 0 && starts_step(rows, row) {
            top += BETWEEN;
        }
        tops.push(top);
        top += CELL + GAP;
    }
    tops.push(top);
    tops
}

/// Whether a row is the first of its step.
pub(super) fn starts_step(rows: &[Row], at: usize) -> bool {
    let name = |row: &Row| row.step.as_ref().map(|step| step.name.clone());
    at == 0 || name(&rows[at - 1]) != name(&rows[at])
}

fn about_row(row: &Row) -> String {
    let Some(step) = &row.step else { return "The message that starts the saga".to_owned() };
    let what = match step.leg.name() {
        "command" => "The command, handled by the service",
        "reply" => "The answer, handled by the orchestrator",
        "undo" => "The command to undo, handled by the service",
        "undo-reply" => "The answer to that, handled by the orchestrator",
        _ => "A timer",
    };
    format!("{what}\n{}, {}", step.name, step.about())
}

fn paint_side(painter: &Painter, t: &Tokens, rect: Rect, rows: &[Row], at: usize, selected: bool) {
    let row = &rows[at];
    let left = rect.left() + 16.0;
    let leg = row.step.as_ref().map_or("message", |step| step.leg.name());
    let color = if selected { t.text } else { t.muted };
    let room = Rect::from_x_y_ranges(left..=rect.right() - 12.0, rect.y_range());
    let words = Line::new().caption(leg, color).right().paint(painter, room);
    let name = Rect::from_x_y_ranges(left..=words.rect.left() - 8.0, rect.y_range());
    if starts_step(rows, at) {
        let title = row.step.as_ref().map_or("start", |step| &step.name);
        Line::new().piece(title, semibold(12.0), t.text).paint(painter, name);
    } else if at > 0
        && starts_step(rows, at - 1)
        && let Some(step) = &row.step
    {
        let about = step.about();
        let mut room = name;
        if about == "pivot" {
            let square = Rect::from_center_size(pos2(left + 4.0, rect.center().y), vec2(9.0, 9.0));
            Icon::Diamond.paint(painter, square, t.muted);
            room = room.with_min_x(left + 12.0);
        }
        Line::new().caption(about, t.faint).paint(painter, room);
    }
}

/// "inconsistent, 3 attempts", "not reached".
pub(super) fn words(table: &Table, ran: &Ran) -> String {
    let report = ran.shown();
    match report.outcome {
        None => "not reached".to_owned(),
        Some(outcome) => {
            let attempts = report.attempts_shown(table.leg(ran));
            format!("{}, {}", outcome_look(outcome).word(), count(u64::from(attempts), "attempt"))
        }
    }
}

/// What all cells share when they are painted.
struct CellPaint<'a> {
    t: &'a Tokens,
    table: &'a Table,
    font: &'a FontId,
    only: Option<Outcome>,
}

impl CellPaint<'_> {
    fn paint(&self, painter: &Painter, rect: Rect, at: (usize, usize), shown: &Shown<'_>) {
        match shown {
            Shown::Impossible => {
                let dash = Rect::from_center_size(rect.center(), vec2(8.0, 1.0));
                painter.rect_filled(dash, 0, self.t.line_strong);
            }
            Shown::Pending => {
                painter.circle_filled(rect.center(), 1.5, self.t.line_strong);
            }
            Shown::Ran(ran) => {
                self.paint_ran(painter, rect, ran);
                if self.table.differs(at.0, at.1) {
                    triangle(painter, rect.right_top(), self.t.accent);
                }
            }
        }
    }

    fn paint_ran(&self, painter: &Painter, rect: Rect, ran: &Ran) {
        let t = self.t;
        let report = ran.shown();
        let inside = rect.shrink2(vec2(4.0, 0.0));
        let Some(outcome) = report.outcome else {
            let words = Line::new().piece("not reached", self.font.clone(), t.faint);
            words.center().paint(painter, inside);
            return;
        };
        let look = t.outcome(outcome_look(outcome));
        let is_faint = self.only.is_some_and(|only| only != outcome);
        let is_filled = look.outcome != Look::Completed && !is_faint;
        let (glyph, color) = match (is_filled, is_faint) {
            (true, _) => (look.on_fill, look.on_fill),
            (_, true) => (t.faint, t.faint),
            _ => (look.color, t.muted),
        };
        if is_filled {
            painter.rect_filled(rect, RADIUS_MARK, look.fill);
        }
        let square = Rect::from_center_size(pos2(inside.left() + 5.0, rect.center().y), vec2(10.0, 10.0));
        look.outcome.icon().paint(painter, square, glyph);
        let attempts = report.attempts_shown(self.table.leg(ran)).to_string();
        let number = FontId { size: self.font.size, ..mono_small() };
        let shown = Line::new().piece(&attempts, number, color).right().paint(painter, inside);
        let room = Rect::from_x_y_ranges(inside.left() + 13.0..=shown.rect.left() - 1.0, rect.y_range());
        Line::new().piece(look.outcome.word(), self.font.clone(), color).paint(painter, room);
    }
}

/// The mark of what differs, in the upper right.
pub(super) fn triangle(painter: &Painter, corner: egui::Pos2, color: Color32) {
    let points = vec![corner, corner - vec2(8.0, 0.0), corner + vec2(0.0, 8.0)];
    painter.add(Shape::convex_polygon(points, color, Stroke::NONE));
}

/// What a cell is, under the pointer.
fn card_ui(ui: &mut Ui, table: &Table, ran: &Ran) {
    let t = tokens(ui);
    let kind: FaultKind = table.kind(ran);
    ui.add(egui::Label::new(kind.info().sentence).wrap());
    separator(ui);
    Line::new().strong(&table.name(ran), t.text).show(ui);
    let line = |ui: &mut Ui, name: &str, value: &str| {
        Line::new().caption(name, t.muted).gap(8.0).body(value, t.text).show(ui);
    };
    if let Some(protection) = table.board().ask.without {
        let with = ran.with.outcome.map_or("not reached", |outcome| outcome_look(outcome).word());
        line(ui, "all protections on", with);
        line(ui, &format!("without {}", protection.name()), &words(table, ran));
    } else {
        line(ui, "ends", &words(table, ran));
    }
    for owed in &ran.shown().owed {
        line(ui, "owed", owed);
    }
    if !ran.shown().broken.is_empty() {
        line(ui, "broken", &ran.shown().broken.join(", "));
    }
    ui.add(
        egui::Label::new(egui::RichText::new(Opens::of(ran).clicks()).font(caption()).color(t.faint)).wrap(),
    );
}
