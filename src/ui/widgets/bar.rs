//! The bar above a view: what is chosen from the left, what goes out from the right, in one row as long as there is
//! room for both, else in rows below one another. Not the bar of the window, which leaves things out instead.

use egui::{Align, AsIdSalt, Id, Layout, Rect, Sense, Stroke, Ui, UiBuilder, Vec2, pos2, vec2};

use crate::ui::theme::{BUTTON, tokens};

/// Between what is at the left and what is at the right, and between two rows.
const GAP: f32 = 12.0;
const ROW_GAP: f32 = 6.0;
/// At both ends.
const PAD: f32 = 12.0;
/// Between two things on one side.
const SPACING: f32 = 8.0;

/// A bar that is being drawn: [`Self::begin`], [`Self::left`], [`Self::right`], [`Self::end`].
pub struct Bar {
    id: Id,
    /// One row of it.
    row: Rect,
    has_room: bool,
}

impl Bar {
    /// `height` is that of a bar of one row. `form` is which of its few forms it has: each has a width of its own, as
    /// it was when there was last room for it.
    pub fn begin(ui: &Ui, height: f32, form: impl AsIdSalt) -> Self {
        let id = ui.scope_id().with("bar").with(form);
        let row = Rect::from_min_size(ui.cursor().min, vec2(ui.available_width(), height));
        let needed: Option<f32> = ui.data(|data| data.get_temp(id));
        Self { id, row, has_room: needed.is_none_or(|needed| needed <= row.width()) }
    }

    /// How wide the widest thing in it may be.
    pub fn room(&self) -> f32 {
        self.row.width() - 2.0 * PAD
    }

    /// Where what is at the left is drawn.
    pub fn left(&self, ui: &mut Ui) -> Ui {
        let inner = self.row.shrink2(vec2(PAD, 0.0));
        let (room, layout) = if self.has_room {
            (inner, Layout::left_to_right(Align::Center))
        } else {
            let above = self.row.center().y - BUTTON / 2.0;
            let room = inner.with_min_y(above).with_max_y(above + BUTTON);
            (room, Layout::left_to_right(Align::Center).with_main_wrap(true))
        };
        let mut left = ui.new_child(UiBuilder::new().max_rect(room).layout(layout).id_salt("left"));
        left.spacing_mut().item_spacing = vec2(SPACING, ROW_GAP);
        left
    }

    /// Where what is at the right is drawn, from the right.
    pub fn right(&self, ui: &mut Ui, left: &Ui) -> Ui {
        let inner = self.row.shrink2(vec2(PAD, 0.0));
        let room = if self.has_room {
            inner.with_min_x(left.min_rect().right() + GAP)
        } else {
            let top = left.min_rect().bottom() + ROW_GAP;
            Rect::from_min_size(pos2(inner.left(), top), vec2(inner.width(), BUTTON))
        };
        let layout = Layout::right_to_left(Align::Center).with_main_wrap(!self.has_room);
        let mut right = ui.new_child(UiBuilder::new().max_rect(room).layout(layout).id_salt("right"));
        right.spacing_mut().item_spacing = Vec2::splat(ROW_GAP);
        right
    }

    /// Takes the room that was used, and draws the line below.
    pub fn end(self, ui: &mut Ui, left: &Ui, right: &Ui) {
        let mut rect = self.row;
        if self.has_room {
            let needed = left.min_rect().width() + GAP + right.min_rect().width() + 2.0 * PAD;
            ui.data_mut(|data| data.insert_temp(self.id, needed));
            if needed > rect.width() {
                ui.ctx().request_discard("a bar needs more rows");
            }
        } else {
            rect.max.y = right.min_rect().bottom() + (self.row.height() - BUTTON) / 2.0;
        }
        ui.allocate_rect(rect, Sense::hover());
        let line = Stroke::new(1.0, tokens(ui).line);
        ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, line);
    }
}
