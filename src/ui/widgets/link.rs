//! Words that lead somewhere: accent, underlined under the pointer.

use egui::{CursorIcon, FontId, Response, Role, Sense, Stroke, Ui, WidgetInfo, vec2};

use crate::ui::theme::{body, mono, tokens};
use crate::ui::widgets::focus_ring;
use crate::ui::widgets::text::{Line, shorten_id};

/// A link of words.
pub fn link(ui: &mut Ui, text: &str) -> Response {
    show(ui, text, text, body())
}

/// A link that is an id: mono, cut in the middle, whole on hover and to screen readers.
pub fn id_link(ui: &mut Ui, id: &str) -> Response {
    let short = shorten_id(id);
    let response = show(ui, &short, id, mono());
    if short == id { response } else { response.on_hover_text(id) }
}

fn show(ui: &mut Ui, text: &str, label: &str, font: FontId) -> Response {
    let t = tokens(ui);
    let line = Line::new().piece(text, font, t.accent);
    let width = line.width(ui.painter()).ceil().min(ui.available_width());
    let (rect, response) = ui.allocate_exact_size(vec2(width, 18.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Link, ui.is_enabled(), label));
    let painted = line.paint(ui.painter(), rect);
    if response.hovered() || response.has_focus() {
        let y = painted.rect.bottom() - 1.5;
        ui.painter().hline(painted.rect.x_range(), y, Stroke::new(1.0, t.accent));
    }
    focus_ring(ui, rect.expand(2.0), 2, &response);
    response.on_hover_cursor(CursorIcon::PointingHand)
}
