//! The ruler above the lanes: times with their idle stretches cut, or ranks.

use egui::Ui;

use super::scale::Scale;
use super::scene::{Act, Scene};
use crate::ui::format;
use crate::ui::ticks::round_ranks;
use crate::ui::views::ruler::{CutAct, GridLine, Ruler};

fn ruler<'a>(scene: &Scene<'a>) -> Ruler<'a> {
    let t = scene.context.tokens;
    Ruler { t, id: scene.id, zone: scene.zone(), origin: None, span: scene.span, rect: scene.ruler }
}

/// The grid lines that are seen.
pub(super) fn grid(scene: &Scene<'_>) -> Vec<GridLine> {
    match scene.scale {
        Scale::Rank(events) => {
            let per_point = scene.span.len / f64::from(scene.plot.width().max(1.0));
            let to = (scene.span.to() + 1.0).min(*events as f64);
            let ranks = round_ranks(scene.span.from + 1.0, to, per_point * 80.0);
            let line = |rank: u64| GridLine {
                x: scene.x((rank - 1) as f64),
                text: Some((format::thousands(rank), false)),
                round: true,
            };
            ranks.into_iter().map(line).collect()
        }
        Scale::Time(axis) => ruler(scene).time_grid(axis),
    }
}

/// Draws the words of the grid, the buttons of the cuts and the playhead's handle.
pub(super) fn ruler_ui(scene: &Scene<'_>, ui: &Ui, lines: &[GridLine], acts: &mut Vec<Act>) {
    let ruler = ruler(scene);
    ruler.words_ui(ui, lines);
    acts.extend(ruler.cuts_ui(ui, scene.scale.cuts()).map(|act| match act {
        CutAct::Restore(from) => Act::Restore(from),
        CutAct::Zoom(from, to) => Act::ZoomTo(from, to),
    }));
    let dragged = playhead_x(scene).and_then(|x| ruler.handle_ui(ui, x, scene.in_past));
    acts.extend(dragged.map(Act::Playhead));
}

/// Where the playhead stands.
pub(super) fn playhead_x(scene: &Scene<'_>) -> Option<f32> {
    let log = scene.log();
    let row = scene.context.navigation.playhead_row(log)?;
    Some(scene.x(scene.scale.units_of(log, row)))
}
