//! What wheel, drag and keys do to the stretch that is seen, and how it follows the selected event.

use egui::{Key, Modifiers, Rect, Response, Ui};

use super::LanesView;
use super::plot::lane_row_of;
use super::scene::Scene;
use crate::ui::app::navigation::Playhead;
use crate::ui::view::ViewContext;
use crate::ui::views::gestures::Moved;
use crate::ui::views::span::Gesture;
use crate::ui::widgets::RowAlign;

impl LanesView {
    /// Wheel and drag over lanes and ruler.
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
        let (Some(scale), Some(plot)) = (&self.scale, self.plot) else { return false };
        let log = context.log();
        let playhead = context.navigation.playhead_row(log).map(|row| scale.units_of(log, row));
        let mut axis = Moved { zoom: &mut self.zoom, limits: self.limits, plot, now: self.now };
        axis.by_key(key, modifiers, self.pointer, playhead)
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
