//! A saga as a track: the way forward above, the way back below, a glyph where each step ended.

use egui::{Painter, Rect, Role, Sense, Shape, Stroke, Ui, pos2, vec2};

use crate::domain::StepKind;
use crate::sim::{StepProgress, StepReport};
use crate::ui::theme::{Outcome, Tokens, tick, tokens};
use crate::ui::widgets::{Line, node};

/// Height of the whole.
pub(super) const HEIGHT: f32 = 84.0;
/// The two lines, from the top.
const FORWARD: f32 = 32.0;
const BACK: f32 = 68.0;
/// Radius of a step.
const R: f32 = 8.0;

/// What stands on a line at a step: nothing, or how it went.
type Glyph = Option<Outcome>;

/// How a step went forward, and how back.
fn glyphs(step: &StepReport, unknown: bool) -> (Glyph, Glyph) {
    use StepProgress as P;
    let forward = if unknown { Outcome::Unknown } else { Outcome::Completed };
    match step.state {
        P::NotReached => (None, None),
        P::InFlight | P::BackingOff => (Some(Outcome::Running), None),
        P::Completed => (Some(Outcome::Completed), None),
        P::Rejected => (Some(Outcome::Failed), None),
        P::Unknown => (Some(Outcome::Unknown), None),
        P::Parked => (Some(if unknown { Outcome::Unknown } else { Outcome::DeadLetter }), None),
        P::Compensating => (Some(forward), Some(Outcome::Compensating)),
        P::Compensated => (Some(forward), Some(Outcome::Compensated)),
        P::NothingToUndo => (Some(Outcome::Unknown), Some(Outcome::Compensated)),
        P::UndoParked => (Some(forward), Some(Outcome::DeadLetter)),
    }
}

/// Draws the track over the full width. `unknown`: the step of which nobody knows whether it happened.
pub(super) fn track_ui(ui: &mut Ui, steps: &[StepReport], unknown: Option<usize>) {
    let t = tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    if steps.is_empty() {
        return;
    }
    let painter = ui.painter();
    let glyphs: Vec<(Glyph, Glyph)> =
        steps.iter().enumerate().map(|(at, step)| glyphs(step, unknown == Some(at))).collect();
    let apart = (rect.width() - 72.0) / (steps.len().max(2) - 1) as f32;
    let x = |at: usize| rect.left() + 36.0 + at as f32 * apart;
    let (forward, back) = (rect.top() + FORWARD, rect.top() + BACK);
    let rail = Stroke::new(2.0, t.line_strong);
    painter.hline(x(0)..=x(steps.len() - 1), forward, rail);
    let reached = glyphs.iter().rposition(|(way, _)| way.is_some());
    let undone: Vec<usize> = (0..steps.len()).filter(|at| glyphs[*at].1.is_some()).collect();
    if let (Some(from), Some(first)) = (reached, undone.first()) {
        back_line(painter, &t, (x(from) + apart * 0.36, forward), (x(*first), back));
    }
    for (at, step) in steps.iter().enumerate() {
        let name = step.name.split('-').next().unwrap_or(&step.name);
        let label = Rect::from_center_size(pos2(x(at), rect.top() + 8.0), vec2(apart.max(64.0), 14.0));
        Line::new().piece(name, tick(), t.faint).center().paint(painter, label);
        let (way, undo) = glyphs[at];
        mark(painter, &t, pos2(x(at), forward), way, step.kind == StepKind::Pivot);
        if undo.is_some() {
            mark(painter, &t, pos2(x(at), back), undo, false);
        }
        let place = Rect::from_min_max(pos2(x(at) - 12.0, rect.top()), pos2(x(at) + 12.0, rect.bottom()));
        let words = words(step, glyphs[at]);
        let response = node(ui, place, ui.scope_id().with(("step", at)), Sense::hover(), Role::Label, &words);
        response.on_hover_text(&words);
    }
}

/// From the failed step down and back.
fn back_line(painter: &Painter, t: &Tokens, from: (f32, f32), to: (f32, f32)) {
    let stroke = Stroke::new(2.0, t.outcome(Outcome::Compensating).color);
    let bend = 5.0;
    let points = vec![
        pos2(from.0, from.1 + 1.0),
        pos2(from.0, to.1 - bend),
        pos2(from.0 - bend * 0.3, to.1 - bend * 0.3),
        pos2(from.0 - bend, to.1),
        pos2(to.0 + R, to.1),
    ];
    painter.add(Shape::line(points, stroke));
    let tip = pos2(to.0 + R + 1.0, to.1);
    painter.line_segment([tip, tip + vec2(5.0, -4.0)], stroke);
    painter.line_segment([tip, tip + vec2(5.0, 4.0)], stroke);
}

fn mark(painter: &Painter, t: &Tokens, center: egui::Pos2, glyph: Glyph, is_pivot: bool) {
    let Some(outcome) = glyph else {
        let ring: Vec<egui::Pos2> = if is_pivot { diamond(center) } else { circle(center) };
        painter.add(Shape::convex_polygon(ring.clone(), t.surface, Stroke::NONE));
        painter.extend(Shape::dashed_line(&ring, Stroke::new(1.5, t.faint), 3.0, 2.5));
        return;
    };
    let look = t.outcome(outcome);
    if is_pivot {
        painter.add(Shape::convex_polygon(diamond(center), look.fill, Stroke::new(1.5, look.color)));
    } else {
        painter.circle(center, R, look.fill, Stroke::new(1.5, look.color));
    }
    let square = Rect::from_center_size(center, vec2(9.0, 9.0));
    outcome.icon().paint(painter, square, if is_pivot { look.on_fill } else { look.color });
}

fn circle(center: egui::Pos2) -> Vec<egui::Pos2> {
    (0..=24).map(|at| center + R * egui::Vec2::angled(at as f32 / 24.0 * std::f32::consts::TAU)).collect()
}

fn diamond(center: egui::Pos2) -> Vec<egui::Pos2> {
    let r = R + 2.0;
    [(0.0, -r), (r, 0.0), (0.0, r), (-r, 0.0), (0.0, -r)].map(|(x, y)| center + vec2(x, y)).to_vec()
}

/// "process-payment: completed, then compensated".
fn words(step: &StepReport, glyphs: (Glyph, Glyph)) -> String {
    match glyphs {
        (None, _) => format!("{}: not reached", step.name),
        (Some(way), None) if step.note.is_empty() => format!("{}: {}", step.name, way.word()),
        (Some(_), None) => format!("{}: {}", step.name, step.note),
        (Some(way), Some(undo)) => format!("{}: {}, then {}", step.name, way.word(), undo.word()),
    }
}
