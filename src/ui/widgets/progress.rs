//! A bar of two pixels: how far, or that something is going on.

use egui::{Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::ui::theme::{motion, tokens};

/// Shows `done` from 0 to 1, or a part that wanders when nobody knows. `label` says of what.
pub fn progress(ui: &mut Ui, width: f32, done: Option<f32>, label: &str) -> Response {
    let t = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(width, 2.0), Sense::hover());
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ProgressIndicator, ui.is_enabled(), label);
        info.value = done.map(|done| f64::from(done) * 100.0);
        info
    });
    ui.painter().rect_filled(rect, 1.0, t.line);
    let (from, to) = match done {
        Some(done) => (0.0, done.clamp(0.0, 1.0)),
        None if motion(ui.ctx()) => {
            ui.ctx().request_repaint();
            let at = (ui.input(|input| input.time) * 0.8).fract() as f32 * 1.3 - 0.3;
            (at.max(0.0), (at + 0.3).min(1.0))
        }
        None => (0.0, 0.3),
    };
    let part = Rect::from_min_max(
        pos2(rect.left() + rect.width() * from, rect.top()),
        pos2(rect.left() + rect.width() * to, rect.bottom()),
    );
    ui.painter().rect_filled(part, 1.0, t.accent);
    response
}
