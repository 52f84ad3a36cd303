//! A list of any number of rows of one height, of which only the visible ones are drawn. It keeps a row and
//! the pixels of it that are hidden, never a pixel offset: at ten million rows an `f32` offset no longer tells
//! neighbouring positions apart. What a row shows and which row is selected is the caller's business.

mod bar;
mod geometry;

use std::ops::Range;

use egui::{Color32, Rect, Role, Sense, Ui, UiBuilder, Vec2, vec2};

pub use geometry::{Anchor, Geometry, RowAlign};

use crate::ui::theme::ROW;

/// Where a list is scrolled to. Kept by the view, saved with its layout.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct RowScroll {
    /// The first row that is seen.
    pub top_row: u64,
    /// Points of that row above the upper edge.
    pub hidden_px: f32,
    /// The row to bring into view, resolved when the height is known.
    #[serde(skip)]
    wanted: Option<(u64, RowAlign)>,
    /// Points to move, resolved likewise.
    #[serde(skip)]
    push: f64,
    /// Whole rows the list showed at the last frame.
    #[serde(skip)]
    page: u64,
}

impl RowScroll {
    /// Brings a row into view at the next frame.
    pub fn scroll_to(&mut self, row: u64, align: RowAlign) {
        self.wanted = Some((row, align));
        self.push = 0.0;
    }

    /// Moves by points at the next frame; down is positive.
    pub fn scroll_by(&mut self, points: f64) {
        self.push += points;
    }

    /// Rows that fit whole into the list, at least one: how far the Page Down key moves the selection.
    pub fn page(&self) -> u64 {
        self.page.max(1)
    }

    fn anchor(&self) -> Anchor {
        Anchor { top_row: self.top_row, hidden_px: self.hidden_px }
    }

    /// Applies what was asked for, and keeps the position inside the list.
    fn settle(&mut self, geometry: &Geometry) {
        let mut anchor = geometry.clamped(self.anchor());
        if let Some((row, align)) = self.wanted.take() {
            anchor = geometry.revealed(anchor, row, align);
        }
        anchor = geometry.moved(anchor, std::mem::take(&mut self.push));
        self.set(anchor);
        self.page = geometry.page();
    }

    fn set(&mut self, anchor: Anchor) {
        self.top_row = anchor.top_row;
        self.hidden_px = anchor.hidden_px;
    }
}

/// A row to show as a tick on the scroll bar: a failure, a search hit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tick {
    /// Which row.
    pub row: u64,
    /// In which colour.
    pub color: Color32,
}

/// What the list drew.
pub struct RowsOutput {
    /// The rows that were at least partly visible.
    pub visible: Range<u64>,
    /// The area of the list.
    pub rect: Rect,
}

/// A list to show in the room there is.
///
/// ```
/// # use sagascope::ui::widgets::{Line, RowAlign, RowScroll, VirtualRows, row};
/// # egui::__run_test_ui(|ui| {
/// let mut scroll = RowScroll::default();
/// scroll.scroll_to(9_999_999, RowAlign::Nearest);
/// let out = VirtualRows::new("log", "Events", 10_000_000).show(ui, &mut scroll, |ui, n, rect| {
///     let clicked = row(ui, rect, &format!("event {n}"), false).clicked();
///     Line::new().mono(&n.to_string(), egui::Color32::WHITE).paint(ui.painter(), rect);
/// });
/// # });
/// ```
#[must_use]
pub struct VirtualRows<'a> {
    id: &'a str,
    label: &'a str,
    rows: u64,
    row_height: f32,
    ticks: &'a [Tick],
}

impl<'a> VirtualRows<'a> {
    /// A list of `rows` rows. `id` must differ from other lists in the same view; `label` is what a screen
    /// reader calls it.
    pub fn new(id: &'a str, label: &'a str, rows: u64) -> Self {
        Self { id, label, rows, row_height: ROW, ticks: &[] }
    }

    /// Another height than 22.
    pub fn row_height(mut self, height: f32) -> Self {
        self.row_height = height;
        self
    }

    /// Ticks on the scroll bar, in any order.
    pub fn ticks(mut self, ticks: &'a [Tick]) -> Self {
        self.ticks = ticks;
        self
    }

    /// Shows the list. `row` is called once for each visible row with a `Ui` of its own, whose ids depend on
    /// the row's number, and the row's rectangle, which may lie partly outside the clip.
    pub fn show(
        self,
        ui: &mut Ui,
        scroll: &mut RowScroll,
        mut row: impl FnMut(&mut Ui, u64, Rect),
    ) -> RowsOutput {
        let rect = ui.available_rect_before_wrap();
        ui.advance_cursor_after_rect(rect);
        let id = ui.make_persistent_id(self.id);
        let geometry = Geometry { rows: self.rows, row_height: self.row_height, view: rect.height() };
        scroll.scroll_by(wheel(ui, rect, id));
        scroll.settle(&geometry);
        bar::interact(ui, rect, id, &geometry, scroll);

        let builder = UiBuilder::new()
            .max_rect(rect)
            .id_salt(id)
            .accessibility_role(Role::List)
            .accessibility_label(self.label);
        let mut list = ui.new_child(builder);
        list.set_clip_rect(rect.intersect(ui.clip_rect()));
        let visible = geometry.visible(scroll.anchor());
        let pixels = ui.pixels_per_point();
        for number in visible.clone() {
            let steps = (number - scroll.top_row) as f32;
            let top = rect.top() + steps * self.row_height - scroll.hidden_px;
            let place = Rect::from_min_size(
                egui::pos2(rect.left(), (top * pixels).round() / pixels),
                vec2(rect.width(), self.row_height),
            );
            let mut one = list.new_child(UiBuilder::new().max_rect(place).scope_id(id.with(number)));
            row(&mut one, number, place);
        }
        bar::paint(ui, rect, (id, self.label), &geometry, scroll, self.ticks);
        RowsOutput { visible, rect }
    }
}

/// Points to scroll by wheel, touchpad or finger; takes them away from scroll areas around the list.
fn wheel(ui: &Ui, rect: Rect, id: egui::Id) -> f64 {
    let mut points = 0.0;
    if ui.is_enabled() && ui.rect_contains_pointer(rect) {
        ui.input_mut(|input| {
            points -= f64::from(input.smooth_scroll_delta.y);
            input.smooth_scroll_delta = Vec2::new(input.smooth_scroll_delta.x, 0.0);
        });
    }
    // A finger drags the rows; a mouse does not, it marks or moves what lies under it.
    if ui.input(egui::InputState::any_touches) {
        let drag = ui.interact(rect, id.with("finger"), Sense::drag());
        points -= f64::from(drag.drag_delta().y);
    }
    points
}

#[cfg(test)]
mod tests {
    use egui::{Event, Modifiers, MouseWheelUnit, PointerButton, TouchPhase, pos2};

    use super::*;
    use crate::ui::headless::Headless;
    use crate::ui::theme::Theme;

    const MANY: u64 = 10_000_000;

    /// Draws a list of 220 points, ten rows, and returns the rows that were drawn with their upper edges.
    fn frame(window: &mut Headless, scroll: &mut RowScroll, rows: u64) -> Vec<(u64, f32)> {
        let mut drawn = Vec::new();
        window.frame(|ui| {
            drawn.clear();
            VirtualRows::new("rows", "Rows", rows)
                .show(ui, scroll, |_, row, rect| drawn.push((row, rect.top())));
        });
        drawn
    }

    fn window() -> Headless {
        Headless::new(vec2(200.0, 220.0), Theme::Dark)
    }

    #[test]
    fn the_last_of_ten_million_rows_is_shown_whole() {
        let (mut window, mut scroll) = (window(), RowScroll::default());
        scroll.scroll_to(MANY - 1, RowAlign::Nearest);
        let drawn = frame(&mut window, &mut scroll, MANY);
        assert_eq!(drawn.first(), Some(&(MANY - 10, 0.0)));
        assert_eq!(drawn.last(), Some(&(MANY - 1, 198.0)));
    }

    #[test]
    fn only_what_is_seen_is_drawn() {
        let (mut window, mut scroll) = (window(), RowScroll::default());
        scroll.top_row = 5_000_000;
        scroll.hidden_px = 5.0;
        let drawn = frame(&mut window, &mut scroll, MANY);
        let rows: Vec<u64> = drawn.iter().map(|(row, _)| *row).collect();
        assert_eq!(rows, (5_000_000..5_000_011).collect::<Vec<_>>());
        assert_eq!(frame(&mut window, &mut scroll, 3).len(), 3);
        assert_eq!(frame(&mut window, &mut scroll, 0).len(), 0);
    }

    #[test]
    fn the_wheel_moves_the_rows_under_the_pointer() {
        let (mut window, mut scroll) = (window(), RowScroll::default());
        scroll.top_row = 5_000_000;
        frame(&mut window, &mut scroll, MANY);
        window.event(Event::PointerMoved(pos2(50.0, 50.0)));
        frame(&mut window, &mut scroll, MANY);
        window.event(Event::MouseWheel {
            unit: MouseWheelUnit::Point,
            delta: vec2(0.0, -30.0),
            phase: TouchPhase::Move,
            source: egui::MouseWheelSource::Unknown,
            modifiers: Modifiers::NONE,
        });
        for _ in 0..20 {
            frame(&mut window, &mut scroll, MANY);
        }
        assert_eq!(scroll.top_row, 5_000_001);
        assert!((scroll.hidden_px - 8.0).abs() < 0.01, "{}", scroll.hidden_px);
    }

    #[test]
    fn dragging_the_bar_to_the_end_shows_the_end() {
        let (mut window, mut scroll) = (window(), RowScroll::default());
        frame(&mut window, &mut scroll, MANY);
        let press = |pos, pressed| Event::PointerButton {
            pos,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        };
        let (from, to) = (pos2(195.0, 8.0), pos2(195.0, 219.0));
        window.event(Event::PointerMoved(from));
        frame(&mut window, &mut scroll, MANY);
        window.event(press(from, true));
        frame(&mut window, &mut scroll, MANY);
        window.event(Event::PointerMoved(to));
        frame(&mut window, &mut scroll, MANY);
        frame(&mut window, &mut scroll, MANY);
        window.event(press(to, false));
        frame(&mut window, &mut scroll, MANY);
        assert_eq!(scroll.top_row, MANY - 10);
    }

    #[test]
    fn rows_keep_their_ids_when_the_list_scrolls() {
        let (mut window, mut scroll) = (window(), RowScroll::default());
        let mut id_of = |row: u64, top: u64| {
            scroll.top_row = top;
            let mut id = None;
            window.frame(|ui| {
                VirtualRows::new("rows", "Rows", MANY).show(ui, &mut scroll, |ui, n, _| {
                    if n == row {
                        id = Some(ui.next_auto_id());
                    }
                });
            });
            id.expect("the row is visible")
        };
        assert_eq!(id_of(7, 2), id_of(7, 5));
        assert_ne!(id_of(7, 2), id_of(8, 2));
    }
}
