//! A key as it stands on the keyboard: "Ctrl P".

use egui::{Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2};

use crate::ui::theme::{RADIUS_CONTROL, tokens};
use crate::ui::widgets::text::Line;

/// A key cap, 18 high. Made clickable with `response.interact(Sense::click())` where the key's command
/// can be clicked as well.
pub fn key_cap(ui: &mut Ui, keys: &str) -> Response {
    let t = tokens(ui);
    let line = Line::new().mono_small(keys, t.muted);
    let width = (line.width(ui.painter()).ceil() + 10.0).max(18.0);
    let (rect, response) = ui.allocate_exact_size(vec2(width, 18.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, ui.is_enabled(), format!("key {keys}")));
    let border = Stroke::new(1.0, t.line_strong);
    ui.painter().rect_stroke(rect, RADIUS_CONTROL - 1, border, StrokeKind::Inside);
    line.center().paint(ui.painter(), rect);
    response
}
