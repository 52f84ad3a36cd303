//! Rows of a read model as a table: the key, then a column for each field that any of them has.

use egui::{Rect, ScrollArea, Sense, Stroke, Ui, pos2, vec2};
use serde_json::Value;

use crate::engine::ModelPage;
use crate::ui::format::one_line;
use crate::ui::theme::{PAD, Tokens, caption};
use crate::ui::view::ViewContext;
use crate::ui::widgets::{Line, row};

/// Height of the head.
const HEAD: f32 = 26.0;
/// Between two columns.
const GAP: f32 = 20.0;
/// Widths of a column.
const WIDTHS: (f32, f32) = (40.0, 300.0);
/// Columns that are shown; what a row has beyond them stands in its text for screen readers.
const COLUMNS_MAX: usize = 24;
/// The column of rows that are no objects.
const VALUE: &str = "value";

struct Column<'a> {
    name: &'a str,
    width: f32,
    /// All its values are numbers.
    is_number: bool,
}

/// Draws it into all of `ui`.
pub(super) fn table_ui(context: &ViewContext<'_>, ui: &mut Ui, page: &ModelPage) {
    let t = context.tokens;
    let columns = columns(ui, page);
    let height = context.preferences.row_height();
    let keys = page.rows.iter().map(|(key, _)| Line::new().mono(key, t.text).width(ui.painter()));
    let key = keys.fold(WIDTHS.0, f32::max).min(WIDTHS.1).ceil();
    let wide = PAD * 2.0 + key + columns.iter().map(|column| GAP + column.width).sum::<f32>();
    ScrollArea::both().auto_shrink(false).id_salt("read model rows").show(ui, |ui| {
        ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
        let width = wide.max(ui.available_width());
        let (head, _) = ui.allocate_exact_size(vec2(width, HEAD), Sense::hover());
        ui.painter().hline(head.x_range(), head.bottom() - 0.5, Stroke::new(1.0, t.line));
        Line::new().caption("key", t.muted).paint(ui.painter(), cell(head, head.left() + PAD, key));
        let mut left = head.left() + PAD + key + GAP;
        for column in &columns {
            let line = Line::new().caption(column.name, t.muted);
            let line = if column.is_number { line.right() } else { line };
            line.paint(ui.painter(), cell(head, left, column.width));
            left += column.width + GAP;
        }
        for (name, value) in &page.rows {
            let (rect, _) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
            if !ui.is_rect_visible(rect) {
                continue;
            }
            let response = row(ui, rect, &format!("{name}: {}", words(value)), false);
            Line::new().mono(name, t.text).paint(ui.painter(), cell(rect, rect.left() + PAD, key));
            let mut left = rect.left() + PAD + key + GAP;
            let mut is_cut = false;
            for column in &columns {
                is_cut |= paint(t, ui, cell(rect, left, column.width), column, value);
                left += column.width + GAP;
            }
            if is_cut {
                response.on_hover_text(words(value));
            }
        }
    });
}

fn cell(row: Rect, left: f32, width: f32) -> Rect {
    Rect::from_min_size(pos2(left, row.top()), vec2(width, row.height()))
}

/// The fields of the rows, in the order in which they are met.
fn columns<'a>(ui: &Ui, page: &'a ModelPage) -> Vec<Column<'a>> {
    let mut names: Vec<&str> = Vec::new();
    for (_, value) in &page.rows {
        let fields: Vec<&str> = match &**value {
            Value::Object(members) => members.keys().map(String::as_str).collect(),
            _ => vec![VALUE],
        };
        for field in fields {
            if !names.contains(&field) && names.len() < COLUMNS_MAX {
                names.push(field);
            }
        }
    }
    let measure = |text: &str| ui.painter().layout_no_wrap(text.to_owned(), caption(), egui::Color32::WHITE);
    names
        .into_iter()
        .map(|name| {
            let values = || page.rows.iter().filter_map(|(_, value)| of(value, name));
            let widths = values()
                .map(|value| Line::new().body(&said(value), egui::Color32::PLACEHOLDER).width(ui.painter()));
            let width = widths.fold(measure(name).size().x.max(WIDTHS.0), f32::max).min(WIDTHS.1).ceil();
            Column { name, width, is_number: values().all(Value::is_number) }
        })
        .collect()
}

fn of<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match value {
        Value::Object(members) => members.get(name),
        other => (name == VALUE).then_some(other),
    }
}

/// A text as it is, everything else as JSON.
fn said(value: &Value) -> String {
    match value {
        Value::String(text) => one_line(text),
        other => other.to_string(),
    }
}

/// "status confirmed, total 7050".
fn words(value: &Value) -> String {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| format!("{name} {}", said(value)))
            .collect::<Vec<_>>()
            .join(", "),
        other => said(other),
    }
}

/// Paints a value; true when a part did not fit.
fn paint(t: &Tokens, ui: &Ui, rect: Rect, column: &Column<'_>, value: &Value) -> bool {
    let Some(value) = of(value, column.name) else {
        return false;
    };
    let line = match value {
        Value::Null => Line::new().body("null", t.faint),
        Value::String(text) if text.is_empty() => Line::new().body("\"\"", t.faint),
        Value::String(text) => Line::new().body(&one_line(text), t.text),
        other => Line::new().mono_small(&other.to_string(), t.text),
    };
    let line = if column.is_number { line.right() } else { line };
    line.paint(ui.painter(), rect).elided
}
