//! What wheel, drag and keys do to a time axis, the same in every view that has one. Which events lie on it is the
//! matter of the view.

use egui::{Key, Modifiers, PointerButton, Rect, Response, Ui};

use super::span::{Gesture, Limits, Zoom};

/// Points of a turning wheel that zoom in by e.
const WHEEL: f32 = 200.0;
/// One press of W, and of D as a share of what is seen.
const KEY_ZOOM: f64 = 1.5;
const KEY_PAN: f64 = 0.15;

/// A time axis that is being moved.
pub(super) struct Moved<'a> {
    /// What is seen of it.
    pub(super) zoom: &'a mut Zoom,
    /// How far it can be zoomed and panned.
    pub(super) limits: Limits,
    /// Where it lies.
    pub(super) plot: Rect,
    /// The time of the frame.
    pub(super) now: f64,
}

impl Moved<'_> {
    /// Wheel and drag within an area: where the pointer is on the axis, and how far the lines were dragged down.
    pub(super) fn by_pointer(&mut self, ui: &Ui, canvas: &Response, area: Rect) -> (Option<f32>, f32) {
        let limits = self.limits;
        let pointer = ui.input(|input| input.pointer.hover_pos()).filter(|at| area.contains(*at));
        let pointer = pointer.filter(|_| ui.rect_contains_pointer(area)).map(|at| at.x - self.plot.left());
        if let Some(x) = pointer {
            let (turned, pinched) =
                ui.input_mut(|input| (std::mem::take(&mut input.smooth_scroll_delta), input.zoom_delta()));
            let factor = f64::from((turned.y / WHEEL).exp() * pinched);
            let span = self.zoom.span(&limits);
            if (factor - 1.0).abs() > 1e-6 {
                let at = span.units_at(x, self.plot.width());
                self.zoom.set(span.zoomed(at, factor, &limits), Gesture::Wheel, self.now, &limits);
            }
            self.pan(turned.x);
        }
        if !canvas.dragged_by(PointerButton::Primary) && !canvas.dragged_by(PointerButton::Middle) {
            return (pointer, 0.0);
        }
        let moved = canvas.drag_delta();
        self.pan(moved.x);
        ui.set_cursor_icon(egui::CursorIcon::Grabbing);
        (pointer, moved.y)
    }

    fn pan(&mut self, by: f32) {
        if by != 0.0 {
            let share = -f64::from(by / self.plot.width());
            let span = self.zoom.span(&self.limits).panned(share, &self.limits);
            self.zoom.set(span, Gesture::Pan, self.now, &self.limits);
        }
    }

    /// W S zoom, A D pan, F fits, Ctrl+Z and Ctrl+Shift+Z go through what was seen; true when the key was one of them.
    /// It is zoomed at the pointer, else at the playhead where that is seen, else in the middle.
    pub(super) fn by_key(
        &mut self,
        key: Key,
        modifiers: Modifiers,
        pointer: Option<f32>,
        playhead: Option<f64>,
    ) -> bool {
        let limits = self.limits;
        if key == Key::Z && modifiers.command && !modifiers.alt {
            return if modifiers.shift { self.zoom.redo() } else { self.zoom.undo() };
        }
        if modifiers.any() {
            return false;
        }
        let span = self.zoom.span(&limits);
        let at = match (pointer, playhead) {
            (Some(x), _) => span.units_at(x, self.plot.width()),
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
}
