//! The scroll bar of a list: thin, over the rows' right edge, wider under the pointer.

use egui::{Id, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::ui::theme::tokens;
use crate::ui::widgets::virtual_rows::{Geometry, RowScroll, Tick};

/// Width of the strip that reacts to the pointer.
const STRIP: f32 = 10.0;
/// Shortest handle.
const HANDLE_MIN: f32 = 24.0;

fn strip(rect: Rect) -> Rect {
    Rect::from_min_max(pos2(rect.right() - STRIP, rect.top()), rect.max)
}

/// The handle of the bar, `None` when everything fits.
fn handle(rect: Rect, geometry: &Geometry, scroll: &RowScroll) -> Option<Rect> {
    let fraction = geometry.fraction(scroll.anchor())?;
    let track = f64::from(rect.height());
    let length = (track * geometry.share()).max(f64::from(HANDLE_MIN)).min(track);
    let top = rect.top() + (fraction * (track - length)) as f32;
    Some(Rect::from_min_size(pos2(rect.right() - STRIP, top), vec2(STRIP, length as f32)))
}

/// Takes clicks and drags, before the rows are drawn so that they already stand at the new place.
pub(crate) fn interact(ui: &Ui, rect: Rect, id: Id, geometry: &Geometry, scroll: &mut RowScroll) {
    let Some(grip) = handle(rect, geometry, scroll) else { return };
    // Where the bar was last frame decides who gets the pointer; it is registered again on top in `paint`.
    let Some(response) = ui.ctx().read_response(id.with("bar")) else { return };
    let offset_id = id.with("grip");
    if let Some(pointer) = response.interact_pointer_pos() {
        let held: f32 = if response.drag_started() || response.clicked() {
            let inside = grip.contains(pos2(grip.center().x, pointer.y));
            let held = if inside { pointer.y - grip.top() } else { grip.height() / 2.0 };
            ui.data_mut(|data| data.insert_temp(offset_id, held));
            held
        } else {
            ui.data(|data| data.get_temp(offset_id)).unwrap_or(grip.height() / 2.0)
        };
        let room = f64::from(rect.height() - grip.height());
        if (response.dragged() || response.clicked()) && room > 0.0 {
            let fraction = f64::from(pointer.y - held - rect.top()) / room;
            scroll.set(geometry.at_fraction(fraction));
        }
    }
}

/// Draws the bar over the rows.
pub(crate) fn paint(
    ui: &Ui,
    rect: Rect,
    (id, label): (Id, &str),
    geometry: &Geometry,
    scroll: &RowScroll,
    ticks: &[Tick],
) {
    let t = tokens(ui);
    paint_ticks(ui, rect, geometry, ticks);
    let Some(grip) = handle(rect, geometry, scroll) else { return };
    // Not in the Tab order: the list is scrolled by the keys of its view.
    let response = ui.interact(strip(rect), id.with("bar"), Sense::CLICK | Sense::DRAG);
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ScrollBar, ui.is_enabled(), format!("Scroll {label}"));
        info.value = geometry.fraction(scroll.anchor()).map(|fraction| fraction * 100.0);
        info
    });
    let active = response.hovered() || response.dragged();
    let (width, color) = if active { (6.0, t.faint) } else { (4.0, t.line_strong) };
    let thumb = Rect::from_min_max(
        pos2(rect.right() - width - 2.0, grip.top() + 2.0),
        pos2(rect.right() - 2.0, grip.bottom() - 2.0),
    );
    ui.painter().rect_filled(thumb, width / 2.0, color);
}

/// One tick a pixel row at most, the first of its colour, however many rows fall on it.
fn paint_ticks(ui: &Ui, rect: Rect, geometry: &Geometry, ticks: &[Tick]) {
    let mut last = None;
    for tick in ticks.iter().filter(|tick| tick.row < geometry.rows) {
        let fraction = (tick.row as f64 + 0.5) / geometry.rows as f64;
        let y = (rect.top() + (f64::from(rect.height()) * fraction) as f32).floor();
        if last != Some((y.to_bits(), tick.color)) {
            last = Some((y.to_bits(), tick.color));
            let mark = Rect::from_min_size(pos2(rect.right() - 3.0, y - 1.0), vec2(3.0, 2.0));
            ui.painter().rect_filled(mark, 0, tick.color);
        }
    }
}
