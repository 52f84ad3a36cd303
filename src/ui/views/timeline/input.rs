//! What wheel, drag and keys do to the stretch that is seen.

use egui::{Key, Modifiers, Rect, Response, Ui};

use super::TimelineView;
use crate::ui::view::ViewContext;
use crate::ui::views::gestures::Moved;

impl TimelineView {
    /// Wheel and drag over lines and ruler.
    pub(super) fn pointer_input(&mut self, ui: &Ui, canvas: &Response, area: Rect) {
        let Some(plot) = self.plot else { return };
        let mut axis = Moved { zoom: &mut self.zoom, limits: self.limits, plot, now: self.now };
        let (pointer, down) = axis.by_pointer(ui, canvas, area);
        self.pointer = pointer;
        if down != 0.0 {
            self.scroll.scroll_by(-f64::from(down));
        }
    }

    /// W S zoom, A D pan, F fits, Ctrl+Z and Ctrl+Shift+Z go through what was seen.
    pub(super) fn on_key(&mut self, context: &ViewContext<'_>, key: Key, modifiers: Modifiers) -> bool {
        let (Some((_, picture)), Some(plot)) = (&self.drawn, self.plot) else { return false };
        if key == Key::Enter && self.all && !modifiers.any() {
            self.all = false;
            return true;
        }
        let log = context.log();
        let playhead = context.navigation.playhead_row(log).map(|row| picture.axis.units_of(log.key_of(row)));
        let mut axis = Moved { zoom: &mut self.zoom, limits: self.limits, plot, now: self.now };
        axis.by_key(key, modifiers, self.pointer, playhead)
    }
}
