//! The head of a section: 28 high, semibold caption, something at the right; can fold what is below.

use egui::{Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::ui::icons::Icon;
use crate::ui::theme::{PAD, RADIUS_MARK, SECTION, semibold, tokens};
use crate::ui::widgets::focus_ring;
use crate::ui::widgets::text::Line;

/// A head over the full width. `count` stands at the right, mono; `note` behind the title, faint.
pub fn section(ui: &mut Ui, title: &str, note: &str, count: &str) -> Response {
    show(ui, title, note, count, None)
}

/// A head that opens and closes what is below by a click, Space or Enter.
pub fn folding_section(ui: &mut Ui, title: &str, note: &str, count: &str, open: &mut bool) -> Response {
    show(ui, title, note, count, Some(open))
}

fn show(ui: &mut Ui, title: &str, note: &str, count: &str, open: Option<&mut bool>) -> Response {
    let t = tokens(ui);
    let sense = if open.is_some() { Sense::click() } else { Sense::hover() };
    let (rect, mut response) = ui.allocate_exact_size(vec2(ui.available_width(), SECTION), sense);
    let label =
        [title, note, count].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
    let mut left = rect.left() + PAD;
    if let Some(open) = open {
        if response.clicked() {
            *open = !*open;
            response.mark_changed();
        }
        let is_open = *open;
        response
            .widget_info(|| WidgetInfo::selected(Role::DisclosureTriangle, ui.is_enabled(), is_open, &label));
        let square = Rect::from_center_size(pos2(left + 5.0, rect.center().y), vec2(12.0, 12.0));
        let icon = if is_open { Icon::CaretDown } else { Icon::CaretRight };
        icon.paint(ui.painter(), square, if response.hovered() { t.text } else { t.muted });
        left += 16.0;
        focus_ring(ui, rect.shrink(2.0), RADIUS_MARK, &response);
    } else {
        response.widget_info(|| WidgetInfo::labeled(Role::Heading, ui.is_enabled(), &label));
    }
    let painter = ui.painter();
    let right = rect.right() - PAD;
    let count = Line::new().mono_small(count, t.muted).right();
    let counted = count.paint(painter, Rect::from_x_y_ranges(left..=right, rect.y_range()));
    let room = Rect::from_x_y_ranges(left..=(counted.rect.left() - 8.0).max(left), rect.y_range());
    let mut line = Line::new().piece(title, semibold(12.0), t.text);
    if !note.is_empty() {
        line = line.gap(6.0).caption(note, t.faint);
    }
    line.paint(painter, room);
    response
}
