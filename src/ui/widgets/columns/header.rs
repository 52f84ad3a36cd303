//! The head of a table: names that can be dragged to another place, edges that can be dragged, a menu of
//! the columns there are.

use egui::{CursorIcon, Id, Rangef, Rect, Response, Role, Sense, Stroke, Ui, WidgetInfo};

use crate::ui::theme::tokens;
use crate::ui::widgets::columns::{Cell, ColumnSpec, Columns};
use crate::ui::widgets::splitter::moved;
use crate::ui::widgets::text::Line;

/// What the user did to a head.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeaderOutput<'a> {
    /// Where the columns stand now.
    pub cells: Vec<Cell>,
    /// The column whose name was clicked: to sort by it.
    pub clicked: Option<&'a str>,
    /// Whether order, widths or choice changed: to save them.
    pub changed: bool,
}

/// Shows the head of a table over `rect` and applies what the user does to `columns`. Names are dragged to
/// reorder; edges are dragged, or moved by arrow keys when focused, and take their usual width back by a
/// double click; a right click offers the columns.
pub fn header<'a>(
    ui: &mut Ui,
    rect: Rect,
    id: Id,
    columns: &mut Columns,
    specs: &[ColumnSpec<'a>],
) -> HeaderOutput<'a> {
    let t = tokens(ui);
    let mut out = HeaderOutput::default();
    let before = columns.clone();
    let cells = columns.layout(specs, rect.left(), rect.right());
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.line));
    let mut dragged = None;
    for cell in &cells {
        let spec = &specs[cell.spec];
        let place = Rect::from_x_y_ranges(cell.x, rect.y_range());
        let response = ui.interact(place, id.with(spec.id), Sense::click_and_drag());
        response.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, ui.is_enabled(), spec.title));
        let color = if response.hovered() || response.has_focus() { t.text } else { t.muted };
        let color = if response.dragged() { t.accent } else { color };
        Line::new().caption(spec.title, color).align(spec.align).paint(ui.painter(), place);
        crate::ui::widgets::focus_ring(ui, place.expand(2.0), 2, &response);
        if response.clicked() {
            out.clicked = Some(spec.id);
        }
        if response.dragged() || response.drag_stopped() {
            dragged = Some((spec.id, response.clone()));
        }
        menu(&response, columns, specs);
        if !spec.stretch {
            edge(ui, id, spec, cell.x, rect, columns);
        }
    }
    if let Some((name, response)) = dragged {
        reorder(ui, rect, name, &response, &cells, columns, specs);
    }
    out.changed = *columns != before;
    out.cells = columns.layout(specs, rect.left(), rect.right());
    out
}

fn edge(ui: &Ui, id: Id, spec: &ColumnSpec<'_>, x: Rangef, rect: Rect, columns: &mut Columns) {
    let grip = Rect::from_x_y_ranges(x.max + 2.0..=x.max + 10.0, rect.y_range());
    let response = ui.interact(grip, id.with((spec.id, "edge")), Sense::click_and_drag());
    response.widget_info(|| {
        let mut info =
            WidgetInfo::labeled(Role::Splitter, ui.is_enabled(), format!("Width of {}", spec.title));
        info.value = Some(f64::from(x.span()));
        info
    });
    let response = response.on_hover_cursor(CursorIcon::ResizeHorizontal);
    let chosen = columns.width(spec.id).unwrap_or(spec.width);
    let width = Columns::shown_width(spec, chosen);
    let new = moved(ui, &response, width, Rangef::new(spec.least, f32::INFINITY), spec.width);
    // Not moved: it goes on being as wide as its content.
    if (new - width).abs() > f32::EPSILON {
        columns.set_width(spec, new);
    }
    if response.hovered() || response.dragged() || response.has_focus() {
        let line = rect.shrink2(egui::vec2(0.0, 4.0)).y_range();
        ui.painter().vline(grip.center().x, line, Stroke::new(1.0, tokens(ui).accent));
    }
}

/// Shows where the dragged column would come to stand, and puts it there when it is let go.
fn reorder(
    ui: &Ui,
    rect: Rect,
    name: &str,
    response: &Response,
    cells: &[Cell],
    columns: &mut Columns,
    specs: &[ColumnSpec<'_>],
) {
    let Some(pointer) = response.interact_pointer_pos() else { return };
    let next = cells.iter().find(|cell| pointer.x < cell.x.center());
    let x =
        next.map_or_else(|| cells.last().map_or(rect.right(), |cell| cell.x.max), |cell| cell.x.min - 6.0);
    if response.drag_stopped() {
        columns.move_before(name, next.map(|cell| specs[cell.spec].id));
    } else {
        ui.painter().vline(x, rect.y_range(), Stroke::new(2.0, tokens(ui).accent));
    }
}

fn menu(response: &Response, columns: &mut Columns, specs: &[ColumnSpec<'_>]) {
    response.context_menu(|ui| {
        for spec in specs {
            let mut visible = columns.is_visible(spec.id);
            if ui.checkbox(&mut visible, spec.title).changed() {
                columns.set_visible(spec.id, visible);
            }
        }
    });
}
