//! The mark of an event: a square in the hue of its family, hollow after the playhead, ✖ for a failure.

use egui::{Color32, Painter, Pos2, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2};

use crate::ui::icons::Icon;
use crate::ui::theme::{RADIUS_MARK, Tokens, tokens};

/// A mark to paint.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    /// The hue of the family.
    pub color: Color32,
    /// After the playhead.
    pub hollow: bool,
    /// The event tells of a failure: a ✖ inside.
    pub failed: bool,
    /// Side in points: 8 in lists, 10 in lanes.
    pub side: f32,
}

impl Mark {
    /// A filled mark of 8 points for a family: pass what [`crate::model::type_family`] returns.
    pub fn family(t: &Tokens, family: &str) -> Self {
        Self { color: t.family(family), hollow: false, failed: false, side: 8.0 }
    }

    /// Hollow after the playhead.
    #[must_use]
    pub fn hollow(mut self, hollow: bool) -> Self {
        self.hollow = hollow;
        self
    }

    /// With ✖ inside; needs a side of 10 or more to be read.
    #[must_use]
    pub fn failed(mut self, failed: bool) -> Self {
        self.failed = failed;
        self
    }

    /// At another size.
    #[must_use]
    pub fn side(mut self, side: f32) -> Self {
        self.side = side;
        self
    }

    /// Paints around `center`. The row or lane it stands in is what screen readers read.
    pub fn paint(self, painter: &Painter, center: Pos2) {
        let pixels = painter.pixels_per_point();
        let corner = center - vec2(self.side, self.side) / 2.0;
        let corner = egui::pos2((corner.x * pixels).round() / pixels, (corner.y * pixels).round() / pixels);
        let rect = Rect::from_min_size(corner, vec2(self.side, self.side));
        if self.hollow {
            painter.rect_stroke(rect, RADIUS_MARK, Stroke::new(1.5, self.color), StrokeKind::Inside);
        } else {
            painter.rect_filled(rect, RADIUS_MARK, self.color);
        }
        if self.failed {
            let cross = rect.shrink(self.side * 0.18);
            let color = if self.hollow { self.color } else { Tokens::of(painter.ctx()).surface };
            Icon::Cross.paint(painter, cross, color);
        }
    }

    /// The mark in egui's flow, with a label.
    pub fn show(self, ui: &mut Ui, label: &str) -> Response {
        let (rect, response) = ui.allocate_exact_size(vec2(self.side, 16.0), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Image, ui.is_enabled(), label));
        self.paint(ui.painter(), rect.center());
        response
    }
}

/// The ✖ behind the name of a failed event in a list.
pub fn failure_cross(ui: &Ui, center: Pos2) {
    let color = tokens(ui).removed();
    Icon::Cross.paint(ui.painter(), Rect::from_center_size(center, vec2(8.0, 8.0)), color);
}
