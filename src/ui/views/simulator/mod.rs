//! The simulator: one run of a saga, message by message. It draws the frame that the engine's thread made of the
//! run, and sends what a person does to it; it knows no world. Its side panels and its transport row stand in
//! [`crate::ui::panels::simulation`].

mod chart;
mod header;
pub mod look;
pub mod menus;
mod queue;
mod track;

use egui::{Key, Modifiers, Rect, Stroke, Ui, UiBuilder, pos2};

use self::chart::Chart;
use crate::engine::{SimControl, SimFrame};
use crate::ui::app::navigation::StepList;
use crate::ui::command::{Command, SIMULATE, SimulationCommand};
use crate::ui::icons::Icon;
use crate::ui::view::{Around, View, ViewClass, ViewContext};
use crate::ui::widgets::blocks;

/// Its entry in the registry.
pub static CLASS: ViewClass = ViewClass {
    id: "simulator",
    title: "Simulator",
    about: "A saga run message by message, in any weather",
    icon: Icon::Bolt,
    around: Around::Run,
    fills: true,
    make: || Box::<SimulatorView>::default(),
};

/// Height of the recipe line.
const RECIPE: f32 = 38.0;
/// Height of the step track.
const TRACK: f32 = 116.0;
/// Height of the queue's head and of each of its rows.
const QUEUE_ROWS: f32 = 4.0;
/// The chart keeps at least this height.
const CHART_MIN: f32 = 200.0;
/// With more than this, the queue is given up to so many rows more.
const CHART_MAX: f32 = 520.0;
const QUEUE_MORE: f32 = 8.0;

#[derive(Default)]
struct SimulatorView {
    chart: Chart,
}

impl View for SimulatorView {
    fn ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui) {
        if context.document.simulation.is_none() {
            let sentence = "This log was read from a file. A simulation makes one of its own: a saga, step by step, \
                            with what can go wrong.";
            if blocks::empty(ui, sentence, Some(SIMULATE.name)) {
                context.run(&SIMULATE);
            }
            return;
        }
        let Some(frame) = context.document.frame() else {
            blocks::empty(ui, "The run begins", None);
            return;
        };
        self.run_ui(context, frame, ui);
    }

    fn step_list(&self, _context: &ViewContext<'_>) -> StepList {
        StepList::Log
    }

    fn tab_bar_ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui) {
        if let Some(frame) = context.document.frame() {
            header::place_ui(context, frame, ui);
        }
    }

    fn key(&mut self, context: &ViewContext<'_>, key: Key, modifiers: Modifiers) -> bool {
        let Some(simulation) = &context.document.simulation else { return false };
        match command_of(key, modifiers, simulation.holding.is_some()) {
            Some(command) => {
                context.send(command);
                true
            }
            None => false,
        }
    }

    fn is_settled(&self) -> bool {
        true
    }
}

/// What a key does here.
fn command_of(key: Key, modifiers: Modifiers, holding: bool) -> Option<Command> {
    let by = |steps: i64| Some(SimControl::Step(if modifiers.shift { steps * 10 } else { steps }).into());
    if modifiers.alt && key == Key::ArrowLeft {
        return Some(SimControl::Undo.into());
    }
    if modifiers.ctrl || modifiers.alt || modifiers.command {
        return None;
    }
    match key {
        Key::Space => Some(SimulationCommand::TogglePlay.into()),
        Key::ArrowRight | Key::Period => by(1),
        Key::ArrowLeft | Key::Comma => by(-1),
        Key::Home => Some(SimControl::GoTo(0).into()),
        Key::End => Some(SimControl::GoTo(u64::MAX).into()),
        Key::Escape if holding => Some(SimulationCommand::Hold(None).into()),
        _ => None,
    }
}

impl SimulatorView {
    fn run_ui(&mut self, context: &ViewContext<'_>, frame: &SimFrame, ui: &mut Ui) {
        let full = ui.available_rect_before_wrap();
        let words = header::words_height(frame, ui, full.width());
        let heights = heights(full.height(), words);
        let mut top = full.top();
        let line = Stroke::new(1.0, context.tokens.line);
        let mut part = |ui: &mut Ui, name: &str, height: f32| {
            let rect = Rect::from_min_max(pos2(full.left(), top), pos2(full.right(), top + height));
            top += height;
            if top < full.bottom() {
                ui.painter().hline(full.x_range(), top - 0.5, line);
            }
            let mut inner = ui.new_child(UiBuilder::new().max_rect(rect).id_salt(name));
            inner.set_clip_rect(rect.intersect(ui.clip_rect()));
            (inner, rect)
        };
        let (mut inner, rect) = part(ui, "recipe", heights[0]);
        header::recipe_ui(context, frame, &mut inner, rect);
        let (mut inner, rect) = part(ui, "words", heights[1]);
        header::words_ui(context, frame, &mut inner, rect);
        let (mut inner, rect) = part(ui, "track", heights[2]);
        track::track_ui(context, frame, &mut inner, rect);
        let (mut inner, rect) = part(ui, "chart", heights[3]);
        self.chart.ui(context, frame, &mut inner, rect);
        let (mut inner, rect) = part(ui, "queue", heights[4]);
        queue::queue_ui(context, frame, &mut inner, rect);
        ui.advance_cursor_after_rect(full);
    }
}

/// Recipe, words, track, chart, queue: where there is little room, the queue gives some.
fn heights(full: f32, words: f32) -> [f32; 5] {
    let queue = |rows: f32| queue::HEAD + rows * queue::ROW_HEIGHT + 8.0;
    let left = full - RECIPE - words - TRACK;
    let rows = [QUEUE_ROWS, QUEUE_ROWS - 1.0].into_iter().find(|rows| left - queue(*rows) >= CHART_MIN);
    let rows = rows.unwrap_or(QUEUE_ROWS - 2.0);
    // What the chart has no use for.
    let spare = ((left - queue(rows) - CHART_MAX) / queue::ROW_HEIGHT).floor();
    let queue = queue(rows + spare.clamp(0.0, QUEUE_MORE));
    [RECIPE, words, TRACK, (left - queue).max(96.0), queue]
}

/// The saga that is shown, if it is one.
pub fn shown_saga<'f>(context: &ViewContext<'_>, frame: &'f SimFrame) -> Option<&'f crate::sim::SagaReport> {
    let number = context.document.simulation.as_ref()?.saga?;
    frame.sagas.get(number as usize - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_step_in_both_directions() {
        let step = |key, modifiers| match command_of(key, modifiers, false) {
            Some(Command::Simulation(SimulationCommand::Control(SimControl::Step(by)))) => Some(by),
            _ => None,
        };
        for (key, modifiers, expected) in [
            (Key::ArrowRight, Modifiers::NONE, Some(1)),
            (Key::ArrowRight, Modifiers::SHIFT, Some(10)),
            (Key::Comma, Modifiers::NONE, Some(-1)),
            (Key::ArrowLeft, Modifiers::SHIFT, Some(-10)),
            (Key::ArrowLeft, Modifiers::CTRL, None),
            (Key::A, Modifiers::NONE, None),
        ] {
            assert_eq!(step(key, modifiers), expected, "{key:?} {modifiers:?}");
        }
    }

    #[test]
    fn the_parts_fill_the_view() {
        for (full, words) in [(700.0, 62.0), (560.0, 82.0), (1_400.0, 62.0)] {
            assert!((heights(full, words).iter().sum::<f32>() - full).abs() < 0.1, "{full}");
        }
    }
}
