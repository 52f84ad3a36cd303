//! A card above the window that takes the keys and the pointer until it is closed.

use egui::{Align2, Context, Id, Margin, Modal, Ui, vec2};

use crate::ui::theme::Tokens;
use crate::ui::widgets::hover_card_frame;

/// Where a card stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ModalPlace {
    /// In the middle.
    #[default]
    Center,
    /// Near the top, where it grows downwards as more is found.
    Top,
}

/// Shows a card of `width` (less in a small window). True when it is to be closed: a click beside it.
pub fn modal(
    ctx: &Context,
    name: &'static str,
    width: f32,
    place: ModalPlace,
    content: impl FnOnce(&mut Ui),
) -> bool {
    let t = Tokens::of(ctx);
    let id = Id::unique(("modal", name));
    let window = ctx.content_rect();
    let area = match place {
        ModalPlace::Center => Modal::default_area(id),
        ModalPlace::Top => {
            let down = (window.height() * 0.12).min(110.0);
            Modal::default_area(id).anchor(Align2::CENTER_TOP, vec2(0.0, down))
        }
    };
    let frame = hover_card_frame(&t).inner_margin(Margin::ZERO);
    let width = width.min(window.width() - 48.0);
    let shown =
        Modal::new(id).area(area).frame(frame).backdrop_color(t.ground.gamma_multiply(0.6)).show(ctx, |ui| {
            ui.set_width(width);
            ui.spacing_mut().item_spacing = vec2(8.0, 0.0);
            content(ui);
        });
    shown.should_close()
}
