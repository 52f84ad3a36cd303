//! What wheel, drag and keys do to the stretch that is seen, and how it follows the selected event.

use egui::{Key, Modifiers, PointerButton, Rect, Response, Ui};

use super::LanesView;
use super::plot::lane_row_of;
use super::scene::Scene;
use crate::ui::app::navigation::Playhead;
use crate::ui::view::ViewContext;
use crate::ui::views::span::Gesture;
use crate::ui::widgets::RowAlign;

/// Points of a turning wheel that zoom in by e.
const WHEEL: f32 = 200.0;
/// One press of W, and of D as a share of what is seen.
const KEY_ZOOM: f64 = 1.5;
const KEY_PAN: f64 = 0.15;

impl LanesView {
    /// Wheel and drag over lanes and ruler.
    pub(super) fn pointer_input(&mut self, ui: &Ui, canvas: &Response, area: Rect) {
        let limits = self.limits;
        let Some(plot) = self.plot else { return };
        let pointer = ui.input(|input| input.pointer.hover_pos()).filter(|at| area.contains(*at));
        self.pointer = pointer.filter(|_| ui.rect_contains_pointer(area)).map(|at| at.x - plot.left());
        if let Some(x) = self.pointer {
            let (turned, pinched) =
                ui.input_mut(|input| (std::mem::take(&mut input.smooth_scroll_delta), input.zoom_delta()));
            let factor = f64::from((turned.y / WHEEL).exp() * pinched);
            let span = self.zoom.span(&limits);
            if (factor - 1.0).abs() > 1e-6 {
                let at = span.units_at(x, plot.width());
                self.zoom.set(span.zoomed(at, factor, &limits), Gesture::Wheel, self.now, &limits);
            }
            if turned.x != 0.0 {
                let share = -f64::from(turned.x / plot.width());
                self.zoom.set(span.panned(share, &limits), Gesture::Pan, self.now, &limits);
            }
        }
        if canvas.dragged_by(PointerButton::Primary) || canvas.dragged_by(PointerButton::Middle) {
            let moved = canvas.drag_delta();
            let span = self.zoom.span(&limits);
            let share = -f64::from(moved.x / plot.width());
            self.zoom.set(span.panned(share, &limits), Gesture::Pan, self.now, &limits);
            self.scroll.scroll_by(-f64::from(moved.y));
            ui.set_cursor_icon(egui::CursorIcon::Grabbing);
        }
    }

    /// W S zoom, A D pan, F fits, Ctrl+Z and Ctrl+Shift+Z go through what was seen.
    pub(super) fn on_key(&mut self, context: &ViewContext<'_>, key: Key, modifiers: Modifiers) -> bool {
        let (Some(scale), Some(plot)) = (&self.scale, self.plot) else { return false };
        let limits = self.limits;
        let span = self.zoom.span(&limits);
        if key == Key::Z && modifiers.command && !modifiers.alt {
            return if modifiers.shift { self.zoom.redo() } else { self.zoom.undo() };
        }
        if modifiers.any() {
            return false;
        }
        // At the pointer, else at the playhead, else in the middle.
        let log = context.log();
        let playhead = context.navigation.playhead_row(log).map(|row| scale.units_of(log, row));
        let at = match (self.pointer, playhead) {
            (Some(x), _) => span.units_at(x, plot.width()),
            (None, Some(units)) if units >= span.from && units <= span.to() => units,
            _ => span.from + span.len / 2.0,
        };
        let (next, gesture) = match key {
            Key::W => (span.zoomed(at, KEY_ZOOM, &limits), Gesture::Wheel),
            Key::S => (span.zoomed(at, 1.0 / KEY_ZOOM, &limits), Gesture::Wheel),
            Key::A => (span.panned(-KEY_PAN, &limits), Gesture::Pan),
            Key::D => (span.panned(KEY_PAN, &limits), Gesture::Pan),
            Key::F => (limits.fit, Gesture::Jump),
            _ => return false,
        };
        self.zoom.set(next, gesture, self.now, &limits);
        true
    }

    /// The row and place of the selected event, when it was selected elsewhere and has to come into view.
    pub(super) fn wanted_row(&self, scene: &Scene<'_>) -> Option<(Option<usize>, f64)> {
        let selected = scene.context.navigation.selected?;
        let navigation = scene.context.navigation;
        // At first everything is shown from the top, unless somebody chose a place before.
        let is_fresh = self.followed.is_none() && navigation.playhead == Playhead::End;
        if is_fresh || self.followed == Some(selected) || !scene.log().contains(selected) {
            return None;
        }
        Some((lane_row_of(scene, selected), scene.scale.units_of(scene.log(), selected)))
    }

    /// Brings the selected event into view; the scale stays.
    pub(super) fn follow(&mut self, row: Option<usize>, units: f64) {
        let limits = self.limits;
        let span = self.zoom.span(&limits);
        let place = (units - span.from) / span.len;
        if !(0.0..=0.96).contains(&place) {
            self.zoom.set(span.panned(place - 0.5, &limits), Gesture::Pan, self.now, &limits);
        }
        self.scroll_to_lane(row);
    }

    /// Brings a row of the view into view.
    pub(super) fn scroll_to_lane(&mut self, row: Option<usize>) {
        if let Some(row) = row.map(|row| row as u64) {
            if row <= self.scroll.top_row {
                // One higher, so that the head that stays does not cover it.
                self.scroll.scroll_to(row.saturating_sub(1), RowAlign::Top);
            } else {
                self.scroll.scroll_to(row, RowAlign::Nearest);
            }
        }
    }
}
