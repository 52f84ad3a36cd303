//! The step track: the steps forward on one line, and below it what is undone, running back from where it failed.

use egui::{
    Color32, Painter, Pos2, Rect, Role, ScrollArea, Sense, Shape, Stroke, StrokeKind, Ui, pos2, vec2,
};

use super::look::{self, StepLook};
use super::{menus, shown_saga};
use crate::domain::StepKind;
use crate::engine::SimFrame;
use crate::sim::{Outcome as SagaOutcome, SagaPhase, SagaReport, StepProgress, StepReport};
use crate::ui::theme::{Outcome, PAGE, Tokens, body, semibold};
use crate::ui::view::ViewContext;
use crate::ui::widgets::{Line, focus_ring, node};

/// Narrowest step before the track scrolls; a longer name is given more, up to a point.
const STEP_MIN: f32 = 128.0;
const STEP_MAX: f32 = 220.0;
/// What a pivot is, in as many words as there is room for.
const PIVOT: [&str; 3] = ["pivot: point of no return", "pivot: no way back", "pivot"];
/// Radius of a step.
const RADIUS: f32 = 8.0;
/// Of the two lines, from the top.
const FORWARD_Y: f32 = 31.0;
const BACK_Y: f32 = 84.0;

pub(super) fn track_ui(context: &ViewContext<'_>, frame: &SimFrame, ui: &mut Ui, rect: Rect) {
    let chosen = context.document.simulation.as_ref().and_then(|simulation| simulation.saga);
    let Some(number) = chosen else { return counts_ui(context, frame, ui, rect) };
    let ahead = not_begun(frame, number);
    let saga = shown_saga(context, frame).unwrap_or(&ahead);
    let steps = saga.steps.len().max(1) as f32;
    let width = ((rect.width() - 2.0 * PAGE) / steps).max(narrowest(saga, ui.painter()));
    let whole = width * steps + 2.0 * PAGE;
    ScrollArea::horizontal().id_salt("track").auto_shrink([false, false]).show(ui, |ui| {
        let (all, _) = ui.allocate_exact_size(vec2(whole.max(rect.width()), rect.height()), Sense::hover());
        let track = Track { context, frame, saga, all, width };
        track.lines(ui.painter());
        for at in 0..saga.steps.len() {
            ui.push_id(("step", at), |ui| track.step_ui(ui, at));
        }
    });
}

/// The width that the names of the steps need.
fn narrowest(saga: &SagaReport, painter: &Painter) -> f32 {
    let name = |step: &StepReport| {
        Line::new().piece(&step.name, semibold(12.0), Color32::PLACEHOLDER).width(painter).ceil()
    };
    // The last one has the margin of the page as well.
    let before_last = saga.steps.len().saturating_sub(1);
    let widest = saga.steps.iter().take(before_last).map(name).fold(0.0, f32::max);
    (widest + 2.0 * RADIUS + 11.0).ceil().clamp(STEP_MIN, STEP_MAX)
}

/// A saga that has not begun: its steps as the domain defines them.
fn not_begun(frame: &SimFrame, number: u32) -> SagaReport {
    let steps = menus::definition(frame).map(|saga| &*saga.steps).unwrap_or_default();
    let steps = steps.iter().map(|step| StepReport {
        name: step.name.to_string(),
        kind: step.kind,
        state: StepProgress::NotReached,
        attempts: 0,
        undo_attempts: 0,
        note: String::new(),
    });
    SagaReport {
        id: format!("s{number}"),
        phase: SagaPhase::Running,
        outcome: SagaOutcome::Running,
        steps: steps.collect(),
        ledger: Vec::new(),
        owed: Vec::new(),
        pivot_passed: false,
        started: frame.now,
        ended: None,
    }
}

struct Track<'a> {
    context: &'a ViewContext<'a>,
    frame: &'a SimFrame,
    saga: &'a SagaReport,
    all: Rect,
    width: f32,
}

impl Track<'_> {
    fn at(&self, step: usize, back: bool) -> Pos2 {
        let y = if back { BACK_Y } else { FORWARD_Y };
        pos2(self.all.left() + PAGE + RADIUS + step as f32 * self.width, self.all.top() + y)
    }

    /// Whether a step waits for its undo.
    fn waits_for_undo(&self, step: &StepReport) -> bool {
        self.saga.phase == SagaPhase::Compensating
            && step.kind == StepKind::Compensatable
            && step.state == StepProgress::Completed
    }

    fn lines(&self, painter: &Painter) {
        let t = self.context.tokens;
        let steps = &self.saga.steps;
        for (at, step) in steps.iter().enumerate().skip(1) {
            let (from, to) =
                (self.at(at - 1, false) + vec2(RADIUS, 0.0), self.at(at, false) - vec2(RADIUS, 0.0));
            match look::forward(step) {
                Some((outcome, _)) => {
                    let color = t
                        .outcome(if outcome == Outcome::Running { outcome } else { Outcome::Completed })
                        .color;
                    painter.line_segment([from, to], Stroke::new(2.0, color));
                }
                None => {
                    painter.extend(Shape::dashed_line(
                        &[from, to],
                        Stroke::new(1.0, t.line_strong),
                        3.0,
                        3.0,
                    ));
                }
            }
        }
        let going_back = |step: &StepReport| look::back(step).is_some() || self.waits_for_undo(step);
        let Some(first) = steps.iter().position(going_back) else { return };
        let turn = steps.iter().rposition(|step| {
            matches!(step.state, StepProgress::Rejected | StepProgress::Unknown | StepProgress::NothingToUndo)
        });
        let stroke = Stroke::new(2.0, t.outcome(Outcome::Compensating).color);
        let end = self.at(first, true) + vec2(RADIUS, 0.0);
        let corner = match turn {
            Some(turn) => {
                let from = self.at(turn, false) + vec2(0.0, RADIUS);
                let below = pos2(from.x, end.y);
                painter.line_segment([from, below], stroke);
                below
            }
            None => self.at(steps.iter().rposition(going_back).unwrap_or(first), true),
        };
        painter.line_segment([corner, end], stroke);
    }

    fn step_ui(&self, ui: &mut Ui, at: usize) {
        let t = self.context.tokens;
        let step = &self.saga.steps[at];
        let forward = look::forward(step);
        let center = self.at(at, false);
        let words = self.words_rect(at, center);
        let name_color = if forward.is_some() { t.text } else { t.muted };
        let above =
            Rect::from_min_max(pos2(words.left(), center.y - 19.0), pos2(words.right(), center.y - 2.0));
        Line::new().piece(&step.name, semibold(12.0), name_color).paint(ui.painter(), above);
        let below = |nth: f32| {
            let top = center.y + 4.0 + nth * 15.0;
            Rect::from_min_max(pos2(words.left(), top), pos2(words.right(), top + 15.0))
        };
        let said = self.state_line(ui.painter(), below(0.0), &forward, step.attempts);
        let note = if step.kind == StepKind::Pivot { PIVOT[0] } else { "" };
        let written = PIVOT.map(|words| Line::new().caption(words, t.faint)).into_iter();
        let mut fitting = written.filter(|line| line.width(ui.painter()) <= words.width());
        if let Some(line) = fitting.next().filter(|_| !note.is_empty()) {
            line.paint(ui.painter(), below(1.0));
        }
        let label = [&*step.name, &said, &step.note, note].into_iter().filter(|part| !part.is_empty());
        let label = label.collect::<Vec<_>>().join(", ");
        self.circle_ui(ui, at, false, &forward, &label);
        let back = look::back(step);
        if back.is_none() && !self.waits_for_undo(step) {
            return;
        }
        let center = self.at(at, true);
        let words = self.words_rect(at, center);
        let below =
            Rect::from_min_max(pos2(words.left(), center.y + 3.0), pos2(words.right(), center.y + 20.0));
        let waits = Some((Outcome::Compensating, "waits for its undo".to_owned()));
        let shown = if back.is_some() { &back } else { &waits };
        let said = self.state_line(ui.painter(), below, shown, step.undo_attempts);
        self.circle_ui(ui, at, true, &back, &format!("Undo of {}, {said}", step.name));
    }

    fn words_rect(&self, at: usize, center: Pos2) -> Rect {
        let is_last = at + 1 == self.saga.steps.len();
        let right = if is_last { self.all.right() - 4.0 } else { center.x + self.width - RADIUS - 4.0 };
        Rect::from_min_max(pos2(center.x + RADIUS + 7.0, center.y - 20.0), pos2(right, center.y + 20.0))
    }

    /// "completed, 2 attempts"; gives what is written.
    fn state_line(&self, painter: &Painter, rect: Rect, look: &StepLook, attempts: u32) -> String {
        let t = self.context.tokens;
        let Some((outcome, word)) = look else {
            Line::new().caption("not reached", t.faint).paint(painter, rect);
            return "not reached".to_owned();
        };
        let tail = if attempts > 0 { format!(", {}", look::attempts(attempts)) } else { String::new() };
        let said = format!("{word}{tail}");
        // Where there is little room, the count alone.
        let whole = Line::new().caption(&said, t.muted).width(painter);
        let tail = if whole > rect.width() && attempts > 0 { format!(", {attempts}×") } else { tail };
        Line::new().caption(word, t.outcome(*outcome).color).caption(&tail, t.muted).paint(painter, rect);
        said
    }

    fn circle_ui(&self, ui: &mut Ui, at: usize, back: bool, look: &StepLook, label: &str) {
        let t = self.context.tokens;
        let step = &self.saga.steps[at];
        let center = self.at(at, back);
        let words = self.words_rect(at, center);
        // Name and state belong to what can be pressed.
        let reach = Rect::from_min_max(pos2(center.x - RADIUS - 4.0, center.y - 20.0), words.max);
        let id = ui.scope_id().with(("circle", back));
        let response = node(ui, reach, id, Sense::click(), Role::Button, label);
        let holding = self.context.document.simulation.as_ref().and_then(|simulation| simulation.holding);
        let dragged = egui::DragAndDrop::has_payload_of_type::<crate::sim::faults::FaultKind>(ui.ctx());
        let is_target = (holding.is_some() || dragged) && response.contains_pointer();
        step_shape(
            ui.painter(),
            t,
            center,
            step.kind == StepKind::Pivot && !back,
            look.as_ref().map(|look| look.0),
        );
        if is_target {
            ui.painter().circle_stroke(center, RADIUS + 4.0, Stroke::new(2.0, t.accent));
        }
        focus_ring(ui, Rect::from_center_size(center, vec2(24.0, 24.0)), 12, &response);
        menus::step_menu(self.context, self.frame, &step.name, back, &response);
        if response.clicked()
            && let Some(kind) = holding
        {
            menus::arm_at_step(self.context, self.frame, &step.name, back, kind);
        }
        let hint = match holding {
            Some(kind) => format!("Click: {} strikes here", kind.info().title),
            None => "Right-click: what goes wrong here".to_owned(),
        };
        let note = if step.note.is_empty() { String::new() } else { format!("{}\n", step.note) };
        response.on_hover_text(format!("{note}{hint}"));
    }
}

/// A step: circle or diamond with the glyph of its state; a dashed ring where it is not reached.
fn step_shape(painter: &Painter, t: &Tokens, center: Pos2, is_pivot: bool, state: Option<Outcome>) {
    let (color, fill) = match state {
        Some(outcome) => (t.outcome(outcome).color, t.outcome(outcome).fill),
        None => (t.faint, t.surface),
    };
    let stroke = Stroke::new(1.5, color);
    let side = RADIUS + 2.5;
    let corners =
        [vec2(0.0, -side), vec2(side, 0.0), vec2(0.0, side), vec2(-side, 0.0)].map(|by| center + by);
    match (state, is_pivot) {
        (Some(_), true) => {
            painter.add(Shape::convex_polygon(corners.to_vec(), fill, stroke));
        }
        (Some(_), false) => {
            painter.circle(center, RADIUS, fill, stroke);
        }
        (None, true) => {
            painter.circle_filled(center, RADIUS, t.surface);
            let mut outline = corners.to_vec();
            outline.push(corners[0]);
            painter.extend(Shape::dashed_line(&outline, Stroke::new(1.5, color), 2.5, 2.5));
        }
        (None, false) => ring(painter, center, t.surface, color),
    }
    if let Some(outcome) = state {
        outcome.icon().paint(painter, Rect::from_center_size(center, vec2(9.0, 9.0)), color);
    }
}

/// A dashed ring.
fn ring(painter: &Painter, center: Pos2, fill: Color32, color: Color32) {
    painter.circle_filled(center, RADIUS, fill);
    let points: Vec<Pos2> = (0..=32_u8)
        .map(|at| {
            let (sin, cos) = (f32::from(at) / 32.0 * std::f32::consts::TAU).sin_cos();
            center + vec2(cos, sin) * RADIUS
        })
        .collect();
    painter.extend(Shape::dashed_line(&points, Stroke::new(1.5, color), 3.0, 3.2));
}

/// Of many sagas: how many stand where.
fn counts_ui(context: &ViewContext<'_>, frame: &SimFrame, ui: &mut Ui, rect: Rect) {
    let t = context.tokens;
    let inner = rect.shrink2(vec2(PAGE, 16.0));
    let begun = frame.sagas.len();
    let head = Rect::from_min_size(inner.min, vec2(inner.width(), 18.0));
    let words = format!("{begun} of {} sagas have begun", frame.recipe.sagas);
    Line::new().piece(&words, semibold(12.0), t.text).paint(ui.painter(), head);
    node(ui, head, ui.scope_id().with("begun"), Sense::hover(), Role::Label, &words);
    let mut left = inner.left();
    for outcome in SagaOutcome::ALL {
        let count = frame.sagas.iter().filter(|saga| saga.outcome == outcome).count();
        if count == 0 {
            continue;
        }
        let look = t.outcome(look::outcome(outcome));
        let line =
            Line::new().mono(&count.to_string(), t.text).gap(6.0).piece(outcome.name(), body(), look.color);
        let width = line.width(ui.painter()).ceil() + 38.0;
        let card = Rect::from_min_size(pos2(left, head.bottom() + 10.0), vec2(width, 30.0));
        ui.painter().rect(card, 4, t.raised, Stroke::NONE, StrokeKind::Inside);
        let square = Rect::from_center_size(pos2(card.left() + 15.0, card.center().y), vec2(12.0, 12.0));
        look::outcome(outcome).icon().paint(ui.painter(), square, look.color);
        line.paint(ui.painter(), card.with_min_x(card.left() + 27.0));
        let label = format!("{count} {}", outcome.name());
        node(ui, card, ui.scope_id().with(outcome.name()), Sense::hover(), Role::Label, &label);
        left = card.right() + 8.0;
    }
}
