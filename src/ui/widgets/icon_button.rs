//! A button that is an icon alone. It always has a tooltip, which is also its label.

use egui::{Rect, Response, Role, Sense, Ui, WidgetInfo, vec2};

use crate::ui::icons::Icon;
use crate::ui::theme::{BUTTON, RADIUS_CONTROL, mix, tokens};
use crate::ui::widgets::focus_ring;

/// An icon to press, 24 × 24. `tooltip` says what it does, with its key: "Step back (←)".
pub fn icon_button(ui: &mut Ui, icon: Icon, tooltip: &str) -> Response {
    let t = tokens(ui);
    let enabled = ui.is_enabled();
    let (rect, response) = ui.allocate_exact_size(vec2(BUTTON, BUTTON), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, tooltip));
    if ui.is_rect_visible(rect) {
        let down = response.is_pointer_button_down_on();
        let mut color = if enabled { t.muted } else { t.line_strong };
        if enabled && (response.hovered() || down) {
            color = t.text;
            let fill = mix(t.surface, t.text, if down { 0.16 } else { 0.08 });
            ui.painter().rect_filled(rect, RADIUS_CONTROL, fill);
        }
        icon.paint(ui.painter(), Rect::from_center_size(rect.center(), vec2(12.0, 12.0)), color);
        focus_ring(ui, rect, RADIUS_CONTROL, &response);
    }
    response.on_hover_text(tooltip).on_disabled_hover_text(tooltip)
}
