//! A switch: on or off, at once. The word beside it says which.

use egui::{Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use crate::ui::theme::tokens;
use crate::ui::widgets::focus_ring;

/// A switch, 26 × 14. `label` names what is switched.
pub fn switch(ui: &mut Ui, on: &mut bool, label: &str) -> Response {
    let t = tokens(ui);
    let (rect, mut response) = ui.allocate_exact_size(vec2(26.0, 14.0), Sense::click());
    if response.clicked() {
        *on = !*on;
        response.mark_changed();
    }
    response.widget_info(|| WidgetInfo::selected(Role::Switch, ui.is_enabled(), *on, label));
    let at = ui.ctx().animate_bool_with_time(response.id, *on, ui.style().animation_time);
    let fill = crate::ui::theme::mix(t.raised, t.accent, at);
    let border = crate::ui::theme::mix(t.line_strong, t.accent, at);
    ui.painter().rect(rect, 7, fill, Stroke::new(1.0, border), StrokeKind::Inside);
    let knob = pos2(egui::lerp(rect.left() + 7.0..=rect.right() - 7.0, at), rect.center().y);
    let color = crate::ui::theme::mix(t.muted, t.on_accent, at);
    ui.painter().circle_filled(knob, 4.5, color);
    focus_ring(ui, rect.expand(3.0), 9, &response);
    response
}
