//! The card that explains what the pointer is on: overlay ground, the one shadow, never over what it explains.

use egui::{Align, Frame, Layout, Margin, Popup, RectAlign, Response, Stroke, Tooltip, Ui, vec2};

use crate::ui::theme::{RADIUS_CARD, Tokens, tokens};

/// Widths a card may have.
pub const WIDTH_MIN: f32 = 312.0;
/// The widest a card may be.
pub const WIDTH_MAX: f32 = 400.0;

/// The frame of cards, palettes and popups.
pub fn hover_card_frame(t: &Tokens) -> Frame {
    Frame::new()
        .fill(t.overlay)
        .stroke(Stroke::new(1.0, t.line_strong))
        .corner_radius(RADIUS_CARD)
        .shadow(crate::ui::theme::overlay_shadow(t))
        .inner_margin(Margin::symmetric(12, 8))
}

/// Shows a card below `response` (above when there is no room) while the pointer is on it or on the card.
/// The first line of `content` is a sentence; then [`separator`]; then rows.
pub fn hover_card(ui: &Ui, response: &Response, content: impl FnOnce(&mut Ui)) {
    let frame = hover_card_frame(&tokens(ui));
    let mut tooltip = Tooltip::for_enabled(response).gap(4.0);
    tooltip.popup = tooltip.popup.frame(frame);
    tooltip.popup = below_or_above(tooltip.popup);
    tooltip.show(|ui| body(ui, content));
}

/// Below if it fits, else above: never over the row itself.
fn below_or_above(popup: Popup<'_>) -> Popup<'_> {
    popup.align(RectAlign::BOTTOM_START).align_alternatives(&[
        RectAlign::BOTTOM_END,
        RectAlign::TOP_START,
        RectAlign::TOP_END,
    ])
}

fn body(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    ui.set_min_width(WIDTH_MIN - 26.0);
    ui.set_max_width(WIDTH_MAX - 26.0);
    ui.spacing_mut().item_spacing = vec2(8.0, 4.0);
    ui.with_layout(Layout::top_down(Align::Min), content);
}

/// The line across a card or panel.
pub fn separator(ui: &mut Ui) {
    let t = tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 9.0), egui::Sense::hover());
    ui.painter().hline(rect.x_range(), rect.center().y, Stroke::new(1.0, t.line_strong));
}
