//! What a person did to the run, as marks below the lanes, and where the future that is shown left another one.

use egui::{Rect, Role, Sense, Shape, Stroke, Ui, pos2, vec2};

use super::Plot;
use super::scene::Done;
use crate::base::ticks::Ticks;
use crate::engine::SimControl;
use crate::ui::icons::Icon;
use crate::ui::theme::RADIUS_CONTROL;
use crate::ui::widgets::{focus_ring, node};

/// Side of a mark.
const MARK: f32 = 16.0;

pub(super) fn acts_ui(plot: &Plot<'_>, ui: &mut Ui) {
    let begins = plot.scene.begins;
    if let Some((at, number)) = begins {
        begin(plot, ui, at);
        // What was done there has the mark; a future that was only begun has one of its own.
        if !plot.scene.acts.iter().any(|act| act.number == number) {
            mark_ui(plot, ui, at, number - 1, Icon::Branch, "This future begins here", false);
        }
    }
    for act in &plot.scene.acts {
        let Done { number, at, sentence, after } = act;
        let is_first = begins.is_some_and(|(_, begin)| begin == *number);
        let (icon, about) = if is_first {
            (Icon::Branch, format!("{sentence} This future begins here"))
        } else {
            (Icon::Diamond, sentence.clone())
        };
        mark_ui(plot, ui, *at, *number, icon, &about, *after);
    }
}

/// A dashed line through all lanes.
fn begin(plot: &Plot<'_>, ui: &Ui, at: Ticks) {
    let x = plot.x(at).round();
    let stroke = Stroke::new(1.0, plot.context.tokens.accent);
    let line = [pos2(x, plot.rect.top() + super::TOP - 18.0), pos2(x, mark_y(plot) - MARK / 2.0)];
    ui.painter().extend(Shape::dashed_line(&line, stroke, 2.0, 3.0));
}

fn mark_y(plot: &Plot<'_>) -> f32 {
    plot.bottom() - 3.0
}

fn mark_ui(plot: &Plot<'_>, ui: &mut Ui, at: Ticks, number: u64, icon: Icon, about: &str, after: bool) {
    let t = plot.context.tokens;
    let x = plot.x(at);
    if !plot.sees(x, x) {
        return;
    }
    let place = Rect::from_center_size(pos2(x, mark_y(plot)), vec2(MARK, MARK));
    let id = ui.scope_id().with(("act", number));
    let response = node(ui, place, id, Sense::click(), Role::Button, about);
    let fill = if response.hovered() { t.selection } else { t.surface };
    ui.painter().rect_filled(place, RADIUS_CONTROL, fill);
    icon.paint(ui.painter(), place.shrink(2.5), if after { t.faint } else { t.accent });
    focus_ring(ui, place, RADIUS_CONTROL, &response);
    if response.on_hover_text(about).clicked() {
        plot.context.send(SimControl::GoTo(number));
    }
}
