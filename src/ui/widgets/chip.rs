//! A small raised word: "choreography · inferred".

use egui::{Response, Role, Sense, Ui, WidgetInfo, vec2};

use crate::ui::theme::{COMPACT, RADIUS_CONTROL, tokens};
use crate::ui::widgets::text::Line;

/// A chip, 18 high. It cannot be pressed.
pub fn chip(ui: &mut Ui, text: &str) -> Response {
    let t = tokens(ui);
    let line = Line::new().caption(text, t.muted);
    let width = (line.width(ui.painter()).ceil() + 12.0).min(ui.available_width());
    let (rect, response) = ui.allocate_exact_size(vec2(width, COMPACT), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, ui.is_enabled(), text));
    ui.painter().rect_filled(rect, RADIUS_CONTROL, t.raised);
    let painted = line.center().paint(ui.painter(), rect.shrink2(vec2(5.0, 0.0)));
    if painted.elided { response.on_hover_text(text) } else { response }
}
