//! One row of the log: rail, cells, what the pointer shows. What a click does is the view's.

use egui::{Rangef, Rect, Response, Role, Sense, Stroke, Ui, pos2, vec2};

use crate::engine::Cached;
use crate::model::Timestamp;
use crate::ui::format::{Zone, middle, one_line, span};
use crate::ui::icons::Icon;
use crate::ui::theme::{body, caption, mix, mono, semibold};
use crate::ui::view::ViewContext;
use crate::ui::views::log::columns::{Cells, DATA, POSITION, STREAM, Style, TIME, TYPE, style};
use crate::ui::views::log::preview::{Preview, Tone};
use crate::ui::widgets::columns::Cell;
use crate::ui::widgets::row::{RailMark, playhead_line, rail};
use crate::ui::widgets::{ColumnSpec, Line, Mark, mark, node, row};

/// Width of the gutter with the rail.
pub(super) const GUTTER: f32 = 28.0;
/// The rail in the gutter.
const RAIL: f32 = 14.0;
/// The middle of a bookmark, right of the rail.
const MARK: f32 = 24.0;
/// Width of a digit of the mono face.
const DIGIT: f32 = 7.2;
/// Characters of a payload shown when the pointer rests on it.
const HOVER_CHARS_MAX: usize = 900;

/// What all rows of a frame have in common.
pub(super) struct RowStyle<'a> {
    pub(super) context: &'a ViewContext<'a>,
    pub(super) cells: &'a [Cell],
    pub(super) specs: &'a [ColumnSpec<'a>],
    /// Events of the list that have happened.
    pub(super) done: u64,
    /// Whether something of the log lies after the playhead.
    pub(super) in_past: bool,
    pub(super) has_positions: bool,
}

/// One event to draw.
pub(super) struct EventRow<'a> {
    /// Place in the list.
    pub(super) index: u64,
    pub(super) cells: Cells<'a>,
}

impl RowStyle<'_> {
    /// The column under `x`.
    pub(super) fn column_at(&self, x: f32) -> Option<&str> {
        let cell = self.cells.iter().find(|cell| x >= cell.x.min - 6.0 && x < cell.x.max + 6.0)?;
        Some(self.specs[cell.spec].id)
    }

    /// Draws an event.
    pub(super) fn event(&self, ui: &mut Ui, rect: Rect, event: &EventRow<'_>) -> Response {
        let ViewContext { tokens: t, navigation, .. } = *self.context;
        let log = self.context.log();
        let name = event.cells.event.row;
        let later = event.index >= self.done;
        let at_playhead = self.in_past && event.index + 1 == self.done;
        let is_playhead = at_playhead && navigation.playhead_row(log) == Some(name);
        let selected = navigation.selected == Some(name);
        let pinned = navigation.pinned == Some(name);
        let marked = self.context.document.bookmarks.at(name);
        let mut label = self.label(event, later, is_playhead, pinned);
        if let Some(marked) = marked {
            label.push_str(", bookmark");
            if !marked.mark.note.is_empty() {
                label.push_str(": ");
                label.push_str(&marked.title());
            }
        }
        let rule = self.context.document.rules.of(name);
        if let Some(rule) = rule {
            label.push_str(", coloured by ");
            label.push_str(&one_line(&rule.query));
            let hue = t.hue(rule.hue);
            ui.painter().rect_filled(rect, 0, mix(t.surface, hue, 0.14));
        }
        let response = row(ui, rect, &label, selected);
        if let Some(rule) = rule {
            let bar = rect.with_max_x(rect.left() + 3.0);
            ui.painter().rect_filled(bar, 0, t.hue(rule.hue));
        }
        let painter = ui.painter();
        let mark = match (is_playhead, later) {
            (true, _) => RailMark::Playhead,
            (false, _) if pinned => RailMark::None,
            (false, true) => RailMark::After,
            (false, false) => RailMark::Before,
        };
        rail(painter, t, rect, rect.left() + RAIL, mark);
        if pinned {
            let frame = rect.shrink2(vec2(1.0, 0.5));
            painter.rect_stroke(frame, 2, Stroke::new(1.0, t.accent), egui::StrokeKind::Inside);
            if !is_playhead {
                let ground = if selected { t.selection } else { t.surface };
                let place =
                    Rect::from_center_size(pos2(rect.left() + RAIL, rect.center().y), vec2(14.0, 14.0));
                painter.rect_filled(place, 2, ground);
                Icon::Pin.paint(painter, place.shrink(1.0), t.accent);
            }
        }
        if marked.is_some() {
            let place = Rect::from_center_size(pos2(rect.left() + MARK, rect.center().y), vec2(10.0, 10.0));
            Icon::Bookmark.paint(ui.painter(), place, t.accent);
        }
        let hovered_x = response.hover_pos().map(|at| at.x);
        let mut explained = None;
        for cell in self.cells {
            let spec = &self.specs[cell.spec];
            let place = Rect::from_x_y_ranges(cell.x, rect.y_range());
            let elided = match spec.id {
                TYPE => self.paint_type(ui, place, event, later, selected),
                DATA => self.paint_data(ui, place, event, later),
                column => self.paint_text(ui, place, spec, column, event, later),
            };
            if hovered_x.is_some_and(|x| cell.x.contains(x)) && (elided || spec.id == TIME) {
                explained = Some(spec.id);
            }
        }
        if at_playhead {
            playhead_line(ui.painter(), t, rect);
        }
        let note = marked.filter(|marked| !marked.mark.note.is_empty());
        let is_noted = hovered_x.is_some_and(|x| x < rect.left() + GUTTER);
        if let Some(note) = note.filter(|_| is_noted) {
            return response.on_hover_text_at_pointer(note.title());
        }
        match explained.and_then(|column| self.explanation(column, event)) {
            Some((text, is_mono)) => response.on_hover_ui_at_pointer(|ui| {
                let font = if is_mono { mono() } else { body() };
                ui.add(egui::Label::new(egui::RichText::new(text).font(font).color(t.text)).wrap());
            }),
            None => response,
        }
    }

    fn paint_type(&self, ui: &Ui, place: Rect, event: &EventRow<'_>, later: bool, selected: bool) -> bool {
        let t = self.context.tokens;
        let info = self.context.log().event_type(event.cells.event.event_type);
        let middle = place.center().y;
        Mark::family(t, &info.family).hollow(later).paint(ui.painter(), pos2(place.left() + 4.0, middle));
        let cross = if info.is_failure { 18.0 } else { 0.0 };
        let room = Rangef::new(place.left() + 16.0, (place.right() - cross).max(place.left() + 17.0));
        let font = if selected { semibold(13.0) } else { body() };
        let text = event.cells.text(TYPE).unwrap_or_default();
        let painted = Line::new()
            .piece(&text, font, t.text_at(later))
            .paint(ui.painter(), Rect::from_x_y_ranges(room, place.y_range()));
        if info.is_failure {
            mark::failure_cross(ui, pos2(painted.rect.right() + 14.0, middle));
        }
        painted.elided
    }

    fn paint_data(&self, ui: &Ui, place: Rect, event: &EventRow<'_>, later: bool) -> bool {
        let t = self.context.tokens;
        let Some(preview) = event.cells.preview else { return false };
        let mut line = Line::new();
        for (tone, text) in &preview.pieces {
            let color = match tone {
                Tone::Bad => t.removed(),
                _ if later => t.faint,
                Tone::Quiet => t.muted,
                Tone::Value => t.text,
            };
            line = line.mono(text, color);
        }
        line.paint(ui.painter(), place).elided
    }

    fn paint_text(
        &self,
        ui: &Ui,
        place: Rect,
        spec: &ColumnSpec<'_>,
        column: &str,
        event: &EventRow<'_>,
        later: bool,
    ) -> bool {
        let t = self.context.tokens;
        let Some(text) = event.cells.text(column) else { return false };
        let (font, color) = match style(column) {
            Style::Mono | Style::Id => (mono(), t.text_at(later)),
            Style::MutedMono => (mono(), if later { t.faint } else { t.muted }),
            Style::Words => (body(), if later { t.faint } else { t.muted }),
        };
        let short = match style(column) {
            Style::Id => middle(&text, (place.width() / DIGIT + 0.05) as usize),
            _ => text.clone(),
        };
        let painted = Line::new().piece(&short, font, color).align(spec.align).paint(ui.painter(), place);
        painted.elided || short != text
    }

    /// What a resting pointer shows of a cell: the text, and whether it is mono.
    fn explanation(&self, column: &str, event: &EventRow<'_>) -> Option<(String, bool)> {
        match column {
            TIME => Some((self.when(event.cells.event.time?), false)),
            DATA => {
                let text = event.cells.whole.and_then(|whole| whole.as_ref().ok()).and_then(|whole| {
                    let value = whole.data.value()?;
                    serde_json::to_string_pretty(&value).ok()
                });
                let text = text.or_else(|| event.cells.preview.map(Preview::text))?;
                let lines: Vec<String> = text.lines().map(crate::ui::format::one_line).collect();
                let mut text = lines.join("\n");
                if let Some((end, _)) = text.char_indices().nth(HOVER_CHARS_MAX) {
                    text.truncate(end);
                    text.push('…');
                }
                Some((text, true))
            }
            _ => event.cells.text(column).map(|text| (text, !matches!(column, TYPE))),
        }
    }

    /// `2026-03-01 19:02:26.013 UTC, 4 m 31 s before the playhead`.
    fn when(&self, time: Timestamp) -> String {
        let zone = Zone { local: self.context.preferences.local_time };
        let log = self.context.log();
        let playhead = self.context.navigation.playhead_row(log).and_then(|row| log.event(row).time);
        let age = playhead.map(|playhead| playhead.nanos().saturating_sub(time.nanos()));
        let age = match age {
            None => String::new(),
            Some(0) => "\nat the playhead".to_owned(),
            Some(age) if age > 0 => format!("\n{} before the playhead", span(age)),
            Some(age) => format!("\n{} after the playhead", span(age)),
        };
        format!("{} {}{age}", zone.date_time(time), zone.name())
    }

    /// What a sighted person reads off the row.
    fn label(&self, event: &EventRow<'_>, later: bool, is_playhead: bool, pinned: bool) -> String {
        let cells = &event.cells;
        let counted = if self.has_positions { "position" } else { "row" };
        let mut parts = Vec::with_capacity(10);
        let mut part = |prefix: &str, column: &str| {
            if let Some(text) = cells.text(column) {
                parts.push(format!("{prefix}{text}"));
            }
        };
        part(&format!("{counted} "), POSITION);
        part("", TIME);
        part("stream ", STREAM);
        part("", TYPE);
        if self.context.log().event_type(cells.event.event_type).is_failure {
            parts.push("failed".to_owned());
        }
        if let Some(version) = cells.event.version {
            parts.push(format!("version {version}"));
        }
        let notes = [(is_playhead, "at the playhead"), (later, "after the playhead"), (pinned, "pinned")];
        parts.extend(notes.iter().filter(|(holds, _)| *holds).map(|(_, note)| (*note).to_owned()));
        for value in cells.values {
            parts.extend(cells.text(&value.name).map(|text| format!("{} {text}", value.name)));
        }
        if let Some(preview) = event.cells.preview.filter(|preview| !preview.pieces.is_empty()) {
            parts.push(preview.text());
        }
        parts.join(", ")
    }
}

/// The row between two days: `2026-03-02 · 18 h 35 m later`.
pub(super) fn day_row(ui: &Ui, context: &ViewContext<'_>, rect: Rect, date: &str, gap: Option<i64>) {
    let t = context.tokens;
    rail(ui.painter(), t, rect, rect.left() + RAIL, RailMark::None);
    let later = gap.map(|gap| format!(" · {} later", span(gap))).unwrap_or_default();
    let left = rect.left() + GUTTER + 68.0;
    let line = Line::new().piece(date, caption(), t.muted).caption(&later, t.muted);
    let room = Rect::from_x_y_ranges(left + 24.0..=rect.right() - 16.0, rect.y_range());
    let painted = line.paint(ui.painter(), room);
    let y = rect.center().y.floor() + 0.5;
    ui.painter().hline(left..=left + 16.0, y, Stroke::new(1.0, t.line_strong));
    ui.painter().hline(painted.rect.right() + 8.0..=rect.right() - 16.0, y, Stroke::new(1.0, t.line));
    let label = format!("{date}{later}");
    node(ui, painted.rect, ui.scope_id().with("day"), Sense::hover(), Role::Label, &label);
}

/// The whole of an event as JSON, as far as it is there.
pub(super) fn event_json(whole: Option<&Cached>) -> Option<String> {
    let event = whole?.as_ref().ok()?;
    serde_json::to_string_pretty(&crate::engine::event_to_json(event)).ok()
}
