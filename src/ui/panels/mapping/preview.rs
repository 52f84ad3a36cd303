//! The first records of an unknown store as a table, with the columns that are mapped standing out.

use std::collections::BTreeMap;

use egui::{Rect, Role, ScrollArea, Sense, Ui, pos2, vec2};

use crate::engine::{Field, Proposal};
use crate::replay::Shown;
use crate::ui::format::one_line;
use crate::ui::theme::{ROW, tokens};
use crate::ui::widgets::{Line, node, separator};

/// Rows that are shown.
const ROWS: usize = 6;
/// Narrowest and widest column.
const WIDTHS: (f32, f32) = (72.0, 220.0);
/// Room between text and the edge of its column.
const INSET: f32 = 6.0;

/// Draws it, wider than the dialog where there are many columns.
pub(super) fn preview_ui(ui: &mut Ui, proposal: &Proposal, fields: &BTreeMap<Field, String>) {
    let t = tokens(ui);
    Line::new().caption("The first records as they would be read", t.faint).show(ui);
    ui.add_space(4.0);
    let rows: Vec<Vec<String>> = proposal
        .preview
        .iter()
        .take(ROWS)
        .map(|row| row.iter().map(|value| Shown::new(value).text).collect())
        .collect();
    if rows.is_empty() {
        Line::new().body("There is no record to look at", t.muted).show(ui);
        return;
    }
    let widths: Vec<f32> = proposal
        .columns
        .iter()
        .enumerate()
        .map(|(at, name)| {
            let texts = rows.iter().filter_map(|row| row.get(at)).chain([name]);
            let widest = texts.map(|text| text.chars().take(40).count()).max().unwrap_or_default();
            (widest as f32 * 6.7 + 2.0 * INSET).clamp(WIDTHS.0, WIDTHS.1)
        })
        .collect();
    ScrollArea::horizontal().auto_shrink([false, true]).show(ui, |ui| {
        let size = vec2(widths.iter().sum(), (rows.len() + 2) as f32 * ROW);
        let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
        let mut left = rect.left();
        for ((at, name), width) in proposal.columns.iter().enumerate().zip(&widths) {
            let column = Rect::from_min_size(pos2(left, rect.top()), vec2(*width, rect.height()));
            left += width;
            if ui.is_rect_visible(column) {
                let field = fields.iter().find(|(_, mapped)| *mapped == name).map(|(field, _)| *field);
                let cells = rows.iter().map(|row| row.get(at).map_or("", String::as_str));
                column_ui(ui, column, name, field, &cells.collect::<Vec<_>>());
            }
        }
    });
    separator(ui);
}

fn column_ui(ui: &mut Ui, rect: Rect, name: &str, field: Option<Field>, cells: &[&str]) {
    let t = tokens(ui);
    let cell = |row: usize| {
        let top = rect.top() + row as f32 * ROW;
        Rect::from_min_size(pos2(rect.left() + INSET, top), vec2(rect.width() - 2.0 * INSET, ROW))
    };
    if field.is_some() {
        ui.painter().rect_filled(rect.shrink2(vec2(1.0, 0.0)), 2, t.selection);
    }
    let name = one_line(name);
    let label = match field {
        Some(field) => {
            Line::new().caption(field.label(), t.accent).paint(ui.painter(), cell(0));
            format!("column {name}, read as {}", field.label())
        }
        None => format!("column {name}, not mapped"),
    };
    let color = if field.is_some() { t.text } else { t.muted };
    Line::new().mono_small(&name, color).paint(ui.painter(), cell(1));
    let id = ui.scope_id().with(("column", &name));
    node(ui, cell(1), id, Sense::hover(), Role::ColumnHeader, &label).on_hover_text(label);
    for (at, text) in cells.iter().enumerate() {
        let place = cell(at + 2);
        let painted = Line::new().mono_small(text, color).paint(ui.painter(), place);
        let response = node(ui, place, id.with(at), Sense::hover(), Role::Cell, text);
        if painted.elided {
            response.on_hover_text(*text);
        }
    }
}
