//! Messages that were handled or lost, drawn as arrows and boxes, and the turns that a saga took.

use egui::{Color32, Painter, Pos2, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, pos2, vec2};

use super::Plot;
use super::labels::Labels;
use super::scene::Move;
use crate::base::ticks::Ticks;
use crate::engine::SimControl;
use crate::runtime::Route;
use crate::sim::possible::ORCHESTRATOR;
use crate::sim::{StepResult, Turn};
use crate::ui::icons::Icon;
use crate::ui::theme::{Outcome, Tokens, caption, mono_small};
use crate::ui::views::simulator::{look, shown_saga};
use crate::ui::widgets::{Line, hover_card, node};

/// Half the height of a box.
const BOX: f32 = 5.5;
/// From this distance of lanes on there is room for two rows of words between them.
const TWO_ROWS: f32 = 48.0;
/// Length of the head of an arrow.
const HEAD: f32 = 6.0;

/// Draws the messages; gives where words stand.
pub(super) fn moves_ui(plot: &Plot<'_>, ui: &mut Ui) -> Labels {
    bar(plot, ui.painter());
    let mut labels = Labels::new(plot.rect.left(), plot.now_x(), plot.lane >= TWO_ROWS);
    for (at, it) in plot.scene.moves.iter().enumerate() {
        let (from, to) = (plot.x(it.sent), plot.x(it.at));
        if !plot.sees(from, to) {
            continue;
        }
        let place = draw(plot, it, &mut labels, ui.painter());
        turn(plot, it, &mut labels, ui.painter());
        move_ui(plot, ui, at, it, place);
    }
    labels.paint(ui.painter(), plot.context.tokens.surface);
    labels
}

/// The life of the saga that is shown, along the orchestrator's lane.
fn bar(plot: &Plot<'_>, painter: &Painter) {
    let t = plot.context.tokens;
    let Some(lane) = plot.scene.lane(ORCHESTRATOR) else { return };
    let Some(saga) = shown_saga(plot.context, plot.frame) else { return };
    let y = plot.y(lane);
    let back = plot.scene.moves.iter().find(|it| it.turn == Some(Turn::Back)).map(|it| it.at);
    let end = saga.ended.unwrap_or(plot.frame.now).min(plot.frame.now);
    let begin =
        plot.scene.moves.first().map_or(saga.started, |first| saga.started.max(first.sent.min(saga.started)));
    let turn = back.unwrap_or(Ticks::MAX).min(end);
    let parts = [(begin, turn, Outcome::Running), (turn, end, Outcome::Compensating)];
    for (from, to, outcome) in parts {
        if to <= from {
            continue;
        }
        let color = t.outcome(outcome).color;
        for piece in plot.axis.pieces.iter().filter(|piece| !piece.is_cut) {
            let left = plot.x(from.max(Ticks(piece.from)));
            let right = plot.x(to.min(Ticks(piece.to)));
            if right > left {
                painter.rect_filled(Rect::from_min_max(pos2(left, y - 2.5), pos2(right, y + 2.5)), 0, color);
            }
        }
    }
}

/// The colour of a message, and of what came of it.
fn colors(t: &Tokens, it: &Move) -> (Color32, Outcome) {
    let back = look::is_back(it.route);
    let outcome = match it.result {
        StepResult::Done if back => Outcome::Compensated,
        StepResult::Done => Outcome::Completed,
        StepResult::Refused | StepResult::Failed | StepResult::Crashed => Outcome::Failed,
        StepResult::TimedOut => Outcome::Unknown,
        StepResult::Repeated | StepResult::Ignored => Outcome::Stuck,
    };
    let is_answer = matches!(it.route, Route::Reply | Route::UndoReply);
    let arrow = match (it.after, it.lost, back) {
        (true, _, _) => t.line_strong,
        (_, true, _) => t.outcome(Outcome::Failed).color,
        _ if is_answer && outcome == Outcome::Failed => t.outcome(Outcome::Failed).color,
        (_, _, true) => t.outcome(Outcome::Compensating).color,
        _ => t.faint,
    };
    (arrow, outcome)
}

/// Draws a message; gives where the pointer finds it.
fn draw(plot: &Plot<'_>, it: &Move, labels: &mut Labels, painter: &Painter) -> Rect {
    let t = plot.context.tokens;
    let (arrow, outcome) = colors(t, it);
    let to_y = plot.y(it.to);
    let at_x = plot.x(it.at);
    if it.route == Route::Timer {
        return timer(plot, it, labels, painter);
    }
    let from_y = it.from.map_or(plot.y(0) - 22.0, |lane| plot.y(lane));
    let start = pos2(plot.x(it.sent), from_y);
    if it.lost {
        return lost(it, start, to_y, arrow, labels, painter);
    }
    let stroke = Stroke::new(1.2, arrow);
    let is_answer = matches!(it.route, Route::Reply | Route::UndoReply);
    if is_answer {
        let end = pos2(at_x, to_y + toward(to_y, from_y) * 3.0);
        painter.extend(Shape::dashed_line(&[start, end], stroke, 4.0, 3.0));
        head(painter, start, end, arrow);
        return Rect::from_center_size(end, vec2(10.0, 14.0));
    }
    let taken = plot.x(it.taken);
    if it.route == Route::Start {
        return Rect::from_center_size(pos2(at_x, to_y), vec2(10.0, 12.0));
    }
    let end = pos2(taken, to_y + toward(to_y, from_y) * BOX);
    if it.from != Some(it.to) {
        painter.line_segment([start, end], stroke);
        head(painter, start, end, arrow);
    }
    let handled = Rect::from_min_max(pos2(taken, to_y - BOX), pos2(at_x.max(taken + 6.0), to_y + BOX));
    let looks = t.outcome(outcome);
    let (fill, border) = if it.after { (t.surface, t.line_strong) } else { (looks.fill, looks.color) };
    painter.rect(handled, 2, fill, Stroke::new(1.0, border), StrokeKind::Inside);
    let mut words = look::short(&it.label).to_owned();
    if it.attempt > 1 {
        words = format!("{words} {}", it.attempt);
    }
    match it.result {
        StepResult::Refused => words.push_str(" refused"),
        StepResult::Crashed => words.push_str(" crashed"),
        StepResult::Repeated => words.push_str(" again"),
        StepResult::Done | StepResult::Failed | StepResult::TimedOut | StepResult::Ignored => {}
    }
    let color = match (it.after, outcome) {
        (true, _) => t.faint,
        (_, Outcome::Failed) => looks.color,
        _ => t.muted,
    };
    let line = Line::new().piece(&words, mono_small(), color);
    labels.put(painter, handled.left(), handled.bottom() + 2.0, line);
    handled.expand(3.0)
}

fn toward(of: f32, other: f32) -> f32 {
    if other < of { -1.0 } else { 1.0 }
}

/// A deadline that nobody met, on the lane of who set it.
fn timer(plot: &Plot<'_>, it: &Move, labels: &mut Labels, painter: &Painter) -> Rect {
    let t = plot.context.tokens;
    let (x, y) = (plot.x(it.at), plot.y(it.to));
    let hit = Rect::from_center_size(pos2(x, y), vec2(10.0, 14.0));
    if it.result != StepResult::TimedOut {
        return hit;
    }
    let color = if it.after { t.faint } else { t.outcome(Outcome::Unknown).color };
    painter.circle_filled(pos2(x, y), 3.5, color);
    let words = format!("unknown after {}", duration(it.at.since(it.sent)));
    labels.put_icon(
        painter,
        (x, y - 23.0),
        (Icon::Clock, color),
        Line::new().piece(&words, caption(), color),
    );
    hit
}

/// `2 s`, `1.99 s`, `120 ms`.
pub(super) fn duration(length: Ticks) -> String {
    let millis = length.0 / 1_000;
    match (millis, millis % 1_000) {
        (0..1_000, _) => format!("{millis} ms"),
        (_, 0) => format!("{} s", millis / 1_000),
        (_, rest) => format!("{}.{:02} s", millis / 1_000, rest / 10),
    }
}

/// A message that nobody accepted: it ends on its way.
fn lost(it: &Move, start: Pos2, to_y: f32, color: Color32, labels: &mut Labels, painter: &Painter) -> Rect {
    let end = pos2(start.x + 7.0, start.y + (to_y - start.y) * 0.55);
    painter.line_segment([start, end], Stroke::new(1.2, color));
    let cross = Rect::from_center_size(end + vec2(0.0, toward(start.y, to_y) * 5.0), vec2(9.0, 9.0));
    Icon::Cross.paint(painter, cross, color);
    let words = format!("{} lost", look::short(&it.label));
    let line = Line::new().piece(&words, caption(), color);
    labels.put(painter, cross.right() + 4.0, cross.center().y - 8.0, line);
    cross.expand(4.0)
}

fn head(painter: &Painter, from: Pos2, to: Pos2, color: Color32) {
    let along = (to - from).normalized();
    let across = along.rot90() * (HEAD * 0.5);
    let back = to - along * HEAD;
    painter.add(Shape::convex_polygon(vec![to, back + across, back - across], color, Stroke::NONE));
}

/// What a message meant for its saga, above its lane.
fn turn(plot: &Plot<'_>, it: &Move, labels: &mut Labels, painter: &Painter) {
    let t = plot.context.tokens;
    let Some(turn) = it.turn else { return };
    let (outcome, words) = match turn {
        Turn::Started => (Outcome::NoActivity, "started"),
        Turn::Back => (Outcome::Compensating, "compensation"),
        Turn::Parked => (Outcome::DeadLetter, "parked"),
        Turn::Resumed => (Outcome::Running, "goes on"),
        Turn::Completed => (Outcome::Completed, "completed"),
        Turn::Compensated => (Outcome::Compensated, "compensated"),
    };
    let color = match (it.after, turn) {
        (true, _) => t.faint,
        (_, Turn::Started) => t.muted,
        _ => t.outcome(outcome).color,
    };
    let (x, top) = (plot.x(it.at), plot.y(it.to) - 23.0);
    let line = Line::new().piece(words, caption(), color);
    // What ends something stands before its moment, what begins something after it.
    match turn {
        Turn::Started | Turn::Back => labels.put(painter, x, top, line),
        Turn::Resumed => labels.put_icon(painter, (x, top), (outcome.icon(), color), line),
        Turn::Parked | Turn::Completed | Turn::Compensated => {
            let left = x - 17.0 - line.width(painter).ceil();
            labels.put_icon(painter, (left, top), (outcome.icon(), color), line);
        }
    }
}

/// A message as something to point at: what it was, and the way to its moment.
fn move_ui(plot: &Plot<'_>, ui: &mut Ui, at: usize, it: &Move, place: Rect) {
    let t = plot.context.tokens;
    let id = ui.scope_id().with(("move", at));
    let label = format!("{} {}", look::seconds(it.at), it.sentence);
    let response = node(ui, place, id, Sense::click(), Role::Button, &label);
    if response.hovered() || response.has_focus() {
        ui.painter().rect_stroke(place, 3, Stroke::new(1.0, t.accent), StrokeKind::Inside);
    }
    if response.clicked() && it.number > 0 {
        plot.context.send(SimControl::GoTo(it.number));
    }
    hover_card(ui, &response, |ui| {
        ui.label(&it.sentence);
        crate::ui::widgets::separator(ui);
        let rows = [
            ("message", it.label.clone()),
            ("sent", look::seconds(it.sent)),
            ("handled", look::seconds(it.at)),
            ("attempt", it.attempt.to_string()),
        ];
        for (name, value) in rows {
            if it.lost && name == "handled" {
                continue;
            }
            Line::new().caption(name, t.muted).gap(8.0).mono_small(&value, t.text).show(ui);
        }
        if it.number > 0 {
            Line::new().caption("Click: go to this moment", t.faint).show(ui);
        }
    });
}
