//! The pixel between two panels that can be dragged.

use egui::{CursorIcon, Id, Key, Rangef, Rect, Response, Role, Sense, Stroke, Ui, WidgetInfo};

use crate::ui::theme::tokens;

/// How far an arrow key moves a splitter that has the focus.
const STEP: f32 = 8.0;

/// A vertical splitter at the right edge of a panel of `width`: drag, arrow keys when focused, a double click
/// gives `usual` back. `label` names the panel. True when the width changed.
pub fn splitter(ui: &Ui, id: Id, at: Rect, width: &mut f32, range: Rangef, usual: f32, label: &str) -> bool {
    let t = tokens(ui);
    let grip = Rect::from_x_y_ranges(at.right() - 3.0..=at.right() + 3.0, at.y_range());
    let response =
        ui.interact(grip, id, Sense::click_and_drag()).on_hover_cursor(CursorIcon::ResizeHorizontal);
    let before = *width;
    *width = moved(ui, &response, before, range, usual);
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::Splitter, ui.is_enabled(), label);
        info.value = Some(f64::from(*width));
        info
    });
    let active = response.dragged() || response.hovered() || response.has_focus();
    let color = if active { t.accent } else { t.line };
    ui.painter().vline(at.right() - 0.5, at.y_range(), Stroke::new(1.0, color));
    (before - *width).abs() > f32::EPSILON
}

/// The width after what the user did to a grip.
pub(crate) fn moved(ui: &Ui, response: &Response, width: f32, range: Rangef, usual: f32) -> f32 {
    let mut new = width;
    if response.double_clicked() {
        new = usual;
    } else if response.dragged() {
        new += response.drag_delta().x;
    }
    if response.has_focus() {
        ui.memory_mut(|memory| {
            let arrows = egui::EventFilter { horizontal_arrows: true, ..Default::default() };
            memory.set_focus_lock_filter(response.id, arrows);
        });
        ui.input(|input| {
            if input.key_pressed(Key::ArrowLeft) {
                new -= STEP;
            }
            if input.key_pressed(Key::ArrowRight) {
                new += STEP;
            }
        });
    }
    range.clamp(new)
}
