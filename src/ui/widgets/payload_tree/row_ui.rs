//! One row of a payload tree: name, value, the menu of what can be done with it.

use std::ops::Range;

use egui::{Color32, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};
use serde_json::Value;

use super::rows::{ValueRow, whole_text};
use super::{INDENT, OfValue, TreeAction};
use crate::replay::{Path, ValueKind};
use crate::ui::format::one_line;
use crate::ui::icons::Icon;
use crate::ui::theme::{PAD, RADIUS_MARK, Tokens, tokens};
use crate::ui::widgets::{Line, focus_ring, node};

/// What a person did to a row.
#[derive(Default)]
pub(super) struct Drawn {
    pub(super) toggle: Option<(Path, bool)>,
    pub(super) unfold: Option<Path>,
    pub(super) action: Option<TreeAction>,
}

/// Letters of a text that becomes a filter.
const FILTER_CHARS_MAX: usize = 120;

/// Draws the row of a value; values begin at `column`.
pub(super) fn value_row(
    ui: &mut Ui,
    rect: Rect,
    column: f32,
    row: &ValueRow,
    root: &Value,
    drawn: &mut Drawn,
) {
    let t = tokens(ui);
    let name = one_line(&row.name);
    let has_children = row.shown.kind.has_children();
    let id = ui.scope_id().with(("value", &row.path));
    let response = ui.interact(rect, id, Sense::click());
    let spoken = if name.is_empty() { row.shown.text.clone() } else { format!("{name}: {}", row.shown.text) };
    response.widget_info(|| {
        if has_children {
            WidgetInfo::selected(Role::TreeItem, ui.is_enabled(), row.open, &spoken)
        } else {
            WidgetInfo::labeled(Role::TreeItem, ui.is_enabled(), &spoken)
        }
    });
    let is_hot = response.hovered() || response.has_focus();
    if is_hot {
        ui.painter().rect_filled(rect, 0, t.hover());
    }
    focus_ring(ui, rect.shrink2(vec2(2.0, 0.0)), RADIUS_MARK, &response);
    let left = rect.left() + PAD + row.depth as f32 * INDENT;
    let caret = if has_children { 14.0 } else { 0.0 };
    let column = match (row.open, name.is_empty()) {
        (true, _) => rect.right() - PAD,
        (false, true) => left,
        (false, false) => column,
    };
    let place = Rect::from_x_y_ranges(left..=(column - 8.0 - caret).max(left + 8.0), rect.y_range());
    let painted = Line::new().body(&name, t.muted).paint(ui.painter(), place);
    if has_children {
        let icon = if row.open { Icon::CaretDown } else { Icon::CaretRight };
        let center = pos2(painted.rect.right() + 9.0, rect.center().y);
        icon.paint(ui.painter(), Rect::from_center_size(center, vec2(10.0, 10.0)), t.faint);
    }
    let mut end = rect.right() - PAD;
    if is_hot {
        end -= 22.0;
        copy_button(
            ui,
            Rect::from_x_y_ranges(end + 4.0..=rect.right() - 8.0, rect.y_range()),
            row,
            root,
            drawn,
        );
    }
    let mut is_cut = painted.elided;
    if !(has_children && row.open) {
        is_cut |= value_ui(ui, &t, Rect::from_x_y_ranges(column..=end, rect.y_range()), row, id, drawn);
    }
    if response.clicked() {
        if has_children {
            drawn.toggle = Some((row.path.clone(), !row.open));
        } else if is_cut || row.unfolded {
            drawn.unfold = Some(row.path.clone());
        }
    }
    menu(&response, row, root, drawn);
    if is_cut && !row.unfolded && !response.context_menu_opened() {
        response.on_hover_text(spoken);
    }
}

/// The value of a row; whether it did not fit.
fn value_ui(ui: &mut Ui, t: &Tokens, rect: Rect, row: &ValueRow, id: egui::Id, drawn: &mut Drawn) -> bool {
    let line = value_line(t, row);
    let fits = line.width(ui.painter()) <= rect.width() && !row.shown.folded;
    if fits && !row.unfolded {
        line.paint(ui.painter(), rect);
        return false;
    }
    let words = if row.unfolded { "show less" } else { "show all" };
    let more = Line::new().caption(words, t.accent);
    let width = more.width(ui.painter()).ceil() + 1.0;
    let place = Rect::from_x_y_ranges((rect.right() - width).max(rect.left())..=rect.right(), rect.y_range());
    line.paint(ui.painter(), Rect::from_x_y_ranges(rect.left()..=place.left() - 8.0, rect.y_range()));
    let label = format!("{words} of {}", one_line(&row.name));
    let response = node(ui, place, id.with("all"), Sense::click(), Role::Button, &label);
    more.paint(ui.painter(), place);
    focus_ring(ui, place.expand(2.0), RADIUS_MARK, &response);
    if response.clicked() {
        drawn.unfold = Some(row.path.clone());
    }
    !row.unfolded
}

/// The value as it is painted: what is empty looks empty, escapes step back.
fn value_line(t: &Tokens, row: &ValueRow) -> Line {
    let text = row.shown.text.as_str();
    match row.shown.kind {
        ValueKind::Number => Line::new().mono(text, t.number()),
        ValueKind::Bool => Line::new().mono(text, t.hue(5)),
        ValueKind::Null => Line::new().mono(text, t.faint),
        ValueKind::Object(_) | ValueKind::Array(_) => Line::new().mono(text, t.muted),
        ValueKind::String => pieces(text).into_iter().fold(Line::new(), |line, (part, is_escape)| {
            line.mono(part, if is_escape { t.faint } else { t.text })
        }),
    }
}

/// A spelled string cut into plain parts and escapes.
fn pieces(text: &str) -> Vec<(&str, bool)> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (plain, escaped) = rest.split_at(at);
        let length = if escaped[1..].starts_with('u') { 6 } else { 2 };
        let length = escaped.char_indices().nth(length).map_or(escaped.len(), |(end, _)| end);
        if !plain.is_empty() {
            pieces.push((plain, false));
        }
        pieces.push((&escaped[..length], true));
        rest = &escaped[length..];
    }
    if !rest.is_empty() {
        pieces.push((rest, false));
    }
    pieces
}

/// A line of an unfolded text.
pub(super) fn text_row(ui: &mut Ui, rect: Rect, path: &Path, line: Range<usize>, root: &Value, at: usize) {
    let t = tokens(ui);
    let Some(value) = path.get(root) else { return };
    let depth = path.segments().len();
    // Strings are lent as they are; a long number is short enough to be spelled again.
    let whole = whole_text_of(value);
    let text = whole.get(line).map(one_line).unwrap_or_default();
    let left = rect.left() + PAD + depth as f32 * INDENT;
    ui.painter().rect_filled(rect, 0, t.raised);
    node(ui, rect, ui.scope_id().with(("text", at)), Sense::hover(), Role::Label, &text);
    let place = Rect::from_x_y_ranges(left..=rect.right() - PAD, rect.y_range());
    Line::new().mono(&text, t.text).paint(ui.painter(), place);
}

fn whole_text_of(value: &Value) -> std::borrow::Cow<'_, str> {
    match value {
        Value::String(text) => text.as_str().into(),
        other => whole_text(other).into(),
    }
}

fn copy_button(ui: &mut Ui, rect: Rect, row: &ValueRow, root: &Value, drawn: &mut Drawn) {
    let t = tokens(ui);
    let label = format!("Copy value of {}", one_line(&row.name));
    let id = ui.scope_id().with(("copy", &row.path));
    let response = node(ui, rect, id, Sense::click(), Role::Button, &label);
    let color: Color32 = if response.hovered() || response.has_focus() { t.text } else { t.muted };
    Icon::Copy.paint(ui.painter(), Rect::from_center_size(rect.center(), vec2(12.0, 12.0)), color);
    focus_ring(ui, rect.shrink(2.0), RADIUS_MARK, &response);
    if response.clicked() {
        drawn.action = row.path.get(root).map(|value| TreeAction::Copy(whole_text(value)));
    }
    response.on_hover_text("Copy value");
}

fn menu(response: &Response, row: &ValueRow, root: &Value, drawn: &mut Drawn) {
    response.context_menu(|ui| {
        let Some(value) = row.path.get(root) else { return };
        if ui.button("Copy value").clicked() {
            drawn.action = Some(TreeAction::Copy(whole_text(value)));
        }
        if ui.button("Copy path").on_hover_text("As a JSON Pointer").clicked() {
            drawn.action = Some(TreeAction::Copy(row.path.to_string()));
        }
        if ui.button("Copy as JSON").clicked() {
            let json = serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string());
            drawn.action = Some(TreeAction::Copy(json));
        }
        let text: String = whole_text(value).chars().take(FILTER_CHARS_MAX).collect();
        let is_text = !matches!(value, Value::Object(_) | Value::Array(_) | Value::Null) && !text.is_empty();
        ui.separator();
        let mut at = |ui: &mut egui::Ui, enabled: bool, words: &str, about: &str, what: OfValue| {
            let button = ui.add_enabled(enabled, egui::Button::new(words));
            if button.on_hover_text(about).clicked() {
                drawn.action = Some(TreeAction::At(row.path.clone(), what));
            }
        };
        let is_single = !matches!(value, Value::Object(_) | Value::Array(_));
        at(ui, is_single, "Only this value", "Only events that have it at this place", OfValue::Only);
        at(ui, is_single, "Exclude this value", "No events that have it at this place", OfValue::Exclude);
        let is_below = row.path.last().is_some();
        at(ui, is_below, "Show as a column", "Shows in the log what stands at this place", OfValue::Column);
        ui.separator();
        let only = ui.add_enabled(is_text, egui::Button::new("Only events with this text"));
        if only.clicked() {
            drawn.action = Some(TreeAction::OnlyWith(text));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_told_from_the_text_around_them() {
        for (text, expected) in [
            (r#""plain""#, vec![(r#""plain""#, false)]),
            (
                r#""\u0007denied\n line""#,
                vec![("\"", false), (r"\u0007", true), ("denied", false), (r"\n", true), (" line\"", false)],
            ),
            (r#""\\\"""#, vec![("\"", false), (r"\\", true), (r#"\""#, true), ("\"", false)]),
            (r"\u12…", vec![(r"\u12…", true)]),
            ("", vec![]),
        ] {
            assert_eq!(pieces(text), expected, "{text}");
        }
    }
}
