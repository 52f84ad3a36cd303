//! Joined choices of which one holds: Tree, Diff, Text.

use egui::{CornerRadius, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use crate::ui::theme::{BUTTON, RADIUS_CONTROL, body, tokens};
use crate::ui::widgets::text::Line;

/// Shows `choices` side by side; a click or Enter sets `value`. The response is `changed()` then.
/// `name` says what is chosen: "View", "Sort by".
pub fn segment<T: Copy + PartialEq>(
    ui: &mut Ui,
    name: &str,
    value: &mut T,
    choices: &[(T, &str)],
) -> Response {
    let t = tokens(ui);
    let font = egui::FontId { size: 12.0, ..body() };
    let widths: Vec<f32> = choices
        .iter()
        .map(|(_, text)| Line::new().piece(text, font.clone(), t.text).width(ui.painter()).ceil() + 16.0)
        .collect();
    let size = vec2(widths.iter().sum(), BUTTON);
    let (rect, mut response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::RadioGroup, ui.is_enabled(), name));
    let border = Stroke::new(1.0, t.line_strong);
    ui.painter().rect(rect, RADIUS_CONTROL, t.surface, border, StrokeKind::Inside);
    let mut left = rect.left();
    let last = choices.len().saturating_sub(1);
    for (n, ((choice, text), width)) in choices.iter().zip(&widths).enumerate() {
        let part = egui::Rect::from_min_size(pos2(left, rect.top()), vec2(*width, rect.height()));
        left += width;
        let chosen = *choice == *value;
        let one = ui.interact(part, response.id.with(n), Sense::click());
        one.widget_info(|| WidgetInfo::selected(Role::RadioButton, ui.is_enabled(), chosen, text));
        let radius = |end: bool| if end { RADIUS_CONTROL } else { 0 };
        let corners = CornerRadius {
            nw: radius(n == 0),
            sw: radius(n == 0),
            ne: radius(n == last),
            se: radius(n == last),
        };
        let painter = ui.painter();
        if chosen {
            painter.rect(part, corners, t.selection, border, StrokeKind::Inside);
        } else if one.hovered() {
            painter.rect(part, corners, t.hover(), border, StrokeKind::Inside);
        } else if n < last {
            painter.vline(part.right() - 0.5, part.y_range(), border);
        }
        let color = if chosen || one.hovered() { t.text } else { t.muted };
        Line::new().piece(text, font.clone(), color).center().paint(painter, part);
        if one.has_focus() {
            painter.rect_stroke(part, corners, Stroke::new(2.0, t.accent), StrokeKind::Inside);
        }
        if one.clicked() && !chosen {
            *value = *choice;
            response.mark_changed();
        }
    }
    response
}
