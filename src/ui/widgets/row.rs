//! The ground of a row in a list: selected, under the pointer, at the playhead. What stands in the row is
//! the view's business.

use egui::{Painter, Pos2, Rect, Response, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2};

use crate::ui::theme::{Tokens, tokens};
use crate::ui::widgets::focus_ring;

/// Makes `rect` a row that can be clicked. Call it before painting the row's columns.
pub fn row(ui: &mut Ui, rect: Rect, label: &str, selected: bool) -> Response {
    let t = tokens(ui);
    let id = ui.next_auto_id();
    ui.skip_ahead_auto_ids(1);
    let response = ui.interact(rect, id, Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::ListItem, ui.is_enabled(), selected, label));
    if selected {
        ui.painter().rect_filled(rect, 0, t.selection);
    } else if response.hovered() {
        ui.painter().rect_filled(rect, 0, t.hover());
    }
    focus_ring(ui, rect, 0, &response);
    response
}

/// The line under the row of the playhead when it stands in the past.
pub fn playhead_line(painter: &Painter, t: &Tokens, rect: Rect) {
    painter.hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.past_line));
}

/// What stands on the rail of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RailMark {
    /// An event before the playhead.
    Before,
    /// The playhead in the past.
    Playhead,
    /// An event after the playhead.
    After,
    /// Nothing: a day between events.
    None,
}

/// The rail in the gutter of a row: a line through `x`, and what stands on it.
pub fn rail(painter: &Painter, t: &Tokens, rect: Rect, x: f32, mark: RailMark) {
    let center = pos2(x, rect.center().y);
    painter.vline(x, rect.y_range(), Stroke::new(1.0, t.line_strong));
    match mark {
        RailMark::Before => {
            painter.circle_filled(center, 3.0, t.faint);
        }
        RailMark::Playhead => playhead(painter, t, center),
        RailMark::After => {
            painter.circle(center, 2.5, t.surface, Stroke::new(1.0, t.faint));
        }
        RailMark::None => (),
    }
}

fn playhead(painter: &Painter, t: &Tokens, center: Pos2) {
    let points = [(-4.0, -5.0), (5.0, 0.0), (-4.0, 5.0)].map(|(x, y)| center + egui::vec2(x, y));
    painter.add(Shape::convex_polygon(points.to_vec(), t.past_line, Stroke::NONE));
}
