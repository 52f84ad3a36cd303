//! Bookmarks in the time panel: a ribbon where the event lies, a click goes there.

use egui::{Id, Rect, Role, Sense, Ui, pos2, vec2};

use super::scale::Scale;
use crate::ui::app::bookmarks::Marked;
use crate::ui::command::GoCommand;
use crate::ui::icons::Icon;
use crate::ui::view::ViewContext;
use crate::ui::widgets::node;

/// Of a ribbon.
const SIZE: f32 = 11.0;

/// Draws them over the ticks; what would cover the one before it is left out.
pub(super) fn marks_ui(context: &ViewContext<'_>, ui: &Ui, chart: Rect, scale: &Scale, id: Id) {
    let (t, log) = (context.tokens, context.log());
    let mut last_x = f32::NEG_INFINITY;
    for marked in context.document.bookmarks.list() {
        let Some(row) = marked.row() else { continue };
        let units = scale.basis.of_row(log, row);
        let x = scale.x_of(units).round();
        if !scale.contains(units) || x < last_x + 4.0 {
            continue;
        }
        last_x = x;
        let place = Rect::from_center_size(pos2(x + 0.5, chart.top() + 5.0), vec2(SIZE, SIZE));
        // A ground of its own lets it stand out from the ticks.
        ui.painter().rect_filled(place.shrink2(vec2(1.0, 0.0)), 1, t.surface);
        Icon::Bookmark.paint(ui.painter(), place, t.accent);
        let label = label(marked);
        // A click, but no stop for the Tab key: the navigator lists them.
        let response = node(ui, place, id.with(("bookmark", row)), Sense::CLICK, Role::Button, &label);
        if response.clicked() {
            context.send(GoCommand::Select(row));
        }
        response.on_hover_text(label);
    }
}

fn label(marked: &Marked) -> String {
    if marked.mark.note.is_empty() {
        format!("Bookmark, {}", marked.event())
    } else {
        format!("Bookmark: {}, {}", marked.title(), marked.event())
    }
}
