//! What mouse and keyboard do to the density: move the playhead, brush a range, zoom and pan.

use egui::{CursorIcon, Id, Key, PointerButton, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::TimePanel;
use super::density::Tick;
use super::scale::Scale;
use crate::model::Row;
use crate::ui::app::navigation::Playhead;
use crate::ui::command::GoCommand;
use crate::ui::format::Zone;
use crate::ui::view::ViewContext;

/// What is being dragged.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Gesture {
    /// Nothing.
    #[default]
    None,
    /// The playhead.
    Playhead,
    /// A range from this place to the pointer.
    Brush(f64),
}

/// Points around a thin thing in which it can be taken.
const GRIP: f32 = 5.0;

impl TimePanel {
    /// Wheel and pinch: zoom at the pointer; sideways: pan.
    pub(super) fn zoom_by_wheel(&mut self, ui: &Ui, rect: Rect, scale: &Scale) {
        if !ui.is_enabled() || !ui.rect_contains_pointer(rect) {
            return;
        }
        let Some(pointer) = ui.input(|input| input.pointer.hover_pos()) else { return };
        let (scroll, pinch) = ui.input_mut(|input| {
            let scroll = std::mem::take(&mut input.smooth_scroll_delta);
            (scroll, input.zoom_delta())
        });
        let factor = f64::from(scroll.y / 160.0).exp() * f64::from(pinch);
        let width = f64::from(rect.width().max(1.0));
        if (factor - 1.0).abs() > 1e-4 {
            let pivot = (f64::from(pointer.x - rect.left()) / width).clamp(0.0, 1.0);
            self.zoom = self.zoom.scaled(&scale.basis, factor, pivot);
        }
        if scroll.x != 0.0 {
            self.zoom = self.zoom.moved(-f64::from(scroll.x) / width);
        }
    }

    /// Click and drag on the density itself. The response is that of the whole chart.
    pub(super) fn brush(
        &mut self,
        context: &ViewContext<'_>,
        ui: &Ui,
        response: &Response,
        scale: &Scale,
        ticks: &[Tick],
    ) {
        let origin = ui.input(|input| input.pointer.press_origin());
        let pointer = response.interact_pointer_pos();
        if response.dragged_by(PointerButton::Middle) {
            let width = f64::from(response.rect.width().max(1.0));
            self.zoom = self.zoom.moved(-f64::from(response.drag_delta().x) / width);
            return;
        }
        if response.drag_started_by(PointerButton::Primary)
            && let Some(origin) = origin
        {
            let has_times = !context.document.open.axis.is_empty();
            let anchor = scale.units_at(origin.x);
            // Where nothing has a time there is no stretch of time to choose.
            self.gesture = if has_times { Gesture::Brush(anchor) } else { Gesture::Playhead };
        }
        if response.dragged_by(PointerButton::Primary)
            && let Some(pointer) = pointer
        {
            self.drag_to(context, pointer.x, scale);
        }
        if response.drag_stopped() {
            self.gesture = Gesture::None;
        }
        if response.clicked()
            && let Some(pointer) = pointer
        {
            // To the end of the bar under the pointer, so that a click on a bar finds its events.
            let end_of_bar =
                pointer.x + super::BAR - (pointer.x - response.rect.left()).rem_euclid(super::BAR);
            let at_tick = (pointer.y < response.rect.top() + 10.0)
                .then(|| nearest_tick(ticks, scale, pointer.x))
                .flatten();
            let row = at_tick.or_else(|| scale.basis.row_before(context.log(), scale.units_at(end_of_bar)));
            if let Some(row) = row {
                context.send(GoCommand::Select(row));
            }
        }
    }

    /// Goes on with what is being dragged.
    fn drag_to(&self, context: &ViewContext<'_>, x: f32, scale: &Scale) {
        let units = scale.units_at(x);
        let log = context.log();
        match self.gesture {
            Gesture::Playhead => {
                let row = scale.basis.row_near(log, units);
                if let Some(row) = row.filter(|row| context.navigation.playhead != Playhead::At(*row)) {
                    context.send(GoCommand::Playhead(Playhead::At(row)));
                }
            }
            Gesture::Brush(anchor) => {
                let ends = (scale.basis.nanos_at(log, anchor), scale.basis.nanos_at(log, units));
                let range = Some((ends.0.min(ends.1), ends.0.max(ends.1)));
                if context.navigation.range != range {
                    context.send(GoCommand::Range(range));
                }
            }
            Gesture::None => {}
        }
    }

    /// The playhead's handle and line: dragged, or moved by the arrows while it has the focus.
    pub(super) fn playhead_handle(
        &mut self,
        context: &ViewContext<'_>,
        ui: &Ui,
        (chart, x): (Rect, f32),
        scale: &Scale,
        id: Id,
    ) -> Response {
        let rect = Rect::from_min_max(pos2(x - GRIP, chart.top()), pos2(x + GRIP, chart.bottom()));
        let response = ui
            .interact(rect, id.with("playhead"), Sense::click_and_drag())
            .on_hover_cursor(CursorIcon::ResizeHorizontal);
        if response.drag_started_by(PointerButton::Primary) {
            self.gesture = Gesture::Playhead;
            if context.navigation.playing {
                context.send(GoCommand::TogglePlay);
            }
        }
        if response.dragged_by(PointerButton::Primary)
            && let Some(pointer) = response.interact_pointer_pos()
        {
            self.drag_to(context, pointer.x, scale);
        }
        if response.drag_stopped() {
            self.gesture = Gesture::None;
        }
        let by = step_by_keys(ui, &response);
        if by != 0 {
            context.send(GoCommand::StepFocused { by });
        }
        self.describe_playhead(context, ui, &response);
        response
    }

    /// The playhead as a slider, with the words of the row above as its value.
    fn describe_playhead(&self, context: &ViewContext<'_>, ui: &Ui, response: &Response) {
        let log = context.log();
        let rank = context.navigation.playhead_rank(log);
        response.widget_info(|| WidgetInfo::slider(ui.is_enabled(), (rank + 1) as f64, "Playhead"));
        let zone = Zone { local: context.preferences.local_time };
        let row = context.navigation.playhead_row(log);
        let time = row.and_then(|row| log.event(row).time).map(|time| zone.date_time(time));
        let place = self.place(context);
        let value = time.map_or_else(|| place.clone(), |time| format!("{time}, {place}"));
        ui.ctx().accesskit_node_builder(response.id, |node| {
            node.set_value(value);
            node.set_min_numeric_value(1.0);
            node.set_max_numeric_value(log.len() as f64);
            node.set_numeric_value_step(1.0);
            node.add_action(egui::accesskit::Action::Increment);
            node.add_action(egui::accesskit::Action::Decrement);
        });
    }

    /// The ends of the range, to be moved.
    pub(super) fn range_edges(
        &mut self,
        context: &ViewContext<'_>,
        ui: &Ui,
        (chart, units): (Rect, (f64, f64)),
        scale: &Scale,
        id: Id,
    ) {
        for (name, own, other) in [("from", units.0, units.1), ("to", units.1, units.0)] {
            if !scale.contains(own) {
                continue;
            }
            let x = scale.x_of(own);
            let rect = Rect::from_center_size(pos2(x, chart.center().y), vec2(GRIP + 1.0, chart.height()));
            let response = ui
                .interact(rect, id.with(("edge", name)), Sense::DRAG)
                .on_hover_cursor(CursorIcon::ResizeHorizontal);
            response.widget_info(|| WidgetInfo::labeled(Role::Splitter, ui.is_enabled(), "End of the range"));
            if response.drag_started_by(PointerButton::Primary) {
                self.gesture = Gesture::Brush(other);
            }
            if response.dragged_by(PointerButton::Primary)
                && let Some(pointer) = response.interact_pointer_pos()
            {
                self.drag_to(context, pointer.x, scale);
            }
            if response.drag_stopped() {
                self.gesture = Gesture::None;
            }
        }
    }
}

/// Events to step by what was pressed while the slider has the focus.
fn step_by_keys(ui: &Ui, response: &Response) -> i64 {
    use egui::accesskit::Action;
    let asked = |action| ui.input(|input| input.num_accesskit_action_requests(response.id, action) as i64);
    let mut by = asked(Action::Increment) - asked(Action::Decrement);
    if response.has_focus() {
        let filter = egui::EventFilter { horizontal_arrows: true, ..Default::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        by += ui.input(|input| {
            let step = if input.modifiers.shift { 10 } else { 1 };
            let presses = |key| i64::from(input.key_pressed(key));
            step * (presses(Key::ArrowRight) - presses(Key::ArrowLeft))
        });
    }
    by
}

/// The event of the tick at `x`, within a few points.
fn nearest_tick(ticks: &[Tick], scale: &Scale, x: f32) -> Option<Row> {
    let distance = |tick: &&Tick| (scale.x_of(tick.units) - x).abs();
    let nearest = ticks.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
    (distance(&nearest) <= GRIP).then_some(nearest.row)
}
