//! The ledger of the saga that is shown: each effect joined to its undo, and what is still owed.

use egui::{Color32, Painter, Pos2, Rect, Role, Sense, Shape, Stroke, Ui, pos2, vec2};

use super::row_rect;
use crate::domain::{Money, StepKind};
use crate::engine::SimFrame;
use crate::runtime::Direction;
use crate::sim::{Account, LedgerLine, SagaReport};
use crate::ui::icons::Icon;
use crate::ui::theme::{Outcome, caption, mono};
use crate::ui::view::ViewContext;
use crate::ui::views::simulator::{look, shown_saga};
use crate::ui::widgets::section::section;
use crate::ui::widgets::{Line, node};

/// Height of an effect with its undo.
const LINE: f32 = 41.0;
/// Sagas that owe something and are listed where all are shown.
const SAGAS: usize = 12;

pub(super) fn ledger_ui(context: &ViewContext<'_>, frame: &SimFrame, ui: &mut Ui) {
    let t = context.tokens;
    let title = if frame.recipe.sagas > 1 {
        shown_saga(context, frame)
            .map_or_else(|| "Ledger of all sagas".to_owned(), |saga| format!("Ledger of {}", saga.id))
    } else {
        "Ledger".to_owned()
    };
    section(ui, &title, "", "held");
    let shows_all = context.document.simulation.as_ref().is_some_and(|simulation| simulation.saga.is_none());
    if shows_all {
        return all_ui(context, frame, ui);
    }
    let Some(saga) = shown_saga(context, frame) else {
        let rect = row_rect(ui, 22.0);
        Line::new().body("The saga has not begun", t.muted).paint(ui.painter(), rect);
        return;
    };
    let shown: Vec<&LedgerLine> =
        saga.ledger.iter().filter(|line| line.effects + line.undone + line.tombstones > 0).collect();
    if shown.is_empty() {
        let rect = row_rect(ui, 22.0);
        Line::new().body("Nothing has been done yet", t.muted).paint(ui.painter(), rect);
    }
    for line in &saga.ledger {
        if shown.iter().any(|shown| shown.step == line.step) {
            line_ui(context, frame, saga, line, ui);
        }
        if line.kind == StepKind::Pivot {
            pivot_ui(context, saga, ui);
        }
    }
    for owed in &saga.owed {
        let words = match owed.direction {
            Direction::Undo => "still owed back",
            Direction::Do => "still owed forward",
        };
        let rect = row_rect(ui, 30.0);
        let value = owed.amount.as_ref().map_or_else(|| owed.step.clone(), Money::to_string);
        let figure = egui::FontId { size: if owed.amount.is_some() { 17.0 } else { 12.0 }, ..mono() };
        let color = t.outcome(Outcome::Compensating).color;
        Line::new().body(words, t.muted).paint(ui.painter(), rect);
        Line::new().piece(&value, figure, color).right().paint(ui.painter(), rect);
        let label = format!("{words}: {}", owed.text);
        node(ui, rect, ui.scope_id().with(("owed", &owed.step)), Sense::hover(), Role::Label, &label)
            .on_hover_text(&owed.text);
    }
}

/// An effect and what is held of it; below, on an elbow, its undo or how it stands.
fn line_ui(context: &ViewContext<'_>, frame: &SimFrame, saga: &SagaReport, line: &LedgerLine, ui: &mut Ui) {
    let t = context.tokens;
    let step = saga.steps.iter().find(|step| step.name == line.step);
    let (outcome, words) = look::ledger(line, step);
    let rect = row_rect(ui, LINE);
    let name = if line.label.is_empty() { &line.step } else { &line.label };
    let held = held(line);
    let upper = Rect::from_min_size(rect.min + vec2(0.0, 1.0), vec2(rect.width(), 20.0));
    let lower =
        Rect::from_min_size(pos2(rect.left() + 16.0, rect.top() + 20.0), vec2(rect.width() - 16.0, 18.0));
    let amount = if line.held == 0 { t.faint } else { t.text };
    let written = Line::new().mono(&held, amount).right().paint(ui.painter(), upper);
    let room = upper.with_max_x(written.rect.left() - 8.0);
    let painted = Line::new().body(name, t.text).paint(ui.painter(), room);
    let color = t.outcome(outcome).color;
    let is_open = matches!(line.account, Account::OwedBack | Account::OwedForward);
    elbow(
        ui.painter(),
        pos2(rect.left() + 4.0, upper.bottom()),
        lower,
        if is_open { color } else { t.line_strong },
        is_open,
    );
    let icon = Rect::from_center_size(pos2(lower.left() + 6.0, lower.center().y), vec2(11.0, 11.0));
    outcome.icon().paint(ui.painter(), icon, color);
    let said = Line::new().piece(&words, caption(), color);
    let said = said.paint(ui.painter(), lower.with_min_x(lower.left() + 17.0));
    let undo = undo_of(frame, &line.step);
    let undo_line = Line::new().mono_small(undo, t.faint).right();
    if undo_line.width(ui.painter()) <= lower.right() - said.rect.right() - 12.0 {
        undo_line.paint(ui.painter(), lower);
    }
    let label = format!("{name}: {words}, {held} held");
    let response =
        node(ui, rect, ui.scope_id().with(("line", &line.step)), Sense::hover(), Role::Label, &label);
    let whole = if painted.elided { format!("{name}\n") } else { String::new() };
    let undo = if undo.is_empty() { "nothing undoes it".to_owned() } else { format!("undone by {undo}") };
    response.on_hover_text(format!(
        "{whole}{}: happened {} ×, undone {} ×{}; {undo}",
        line.step,
        line.effects,
        line.undone,
        if line.tombstones > 0 { ", and will be refused if it comes later" } else { "" }
    ));
}

/// The command that undoes a step; empty where there is none.
fn undo_of<'f>(frame: &'f SimFrame, step: &str) -> &'f str {
    let steps = frame.domain.saga(&frame.recipe.saga).map(|saga| &*saga.steps).unwrap_or_default();
    let step = steps.iter().find(|known| &*known.name == step);
    step.and_then(|step| step.compensate.as_deref()).unwrap_or("")
}

/// From an effect down to its undo; dashed while that is still to come.
fn elbow(painter: &Painter, from: Pos2, to: Rect, color: Color32, is_open: bool) {
    let stroke = Stroke::new(1.0, color);
    let points = [from, pos2(from.x, to.center().y), pos2(to.left() - 4.0, to.center().y)];
    if is_open {
        painter.extend(Shape::dashed_line(&points, stroke, 2.0, 2.0));
    } else {
        painter.line(points.to_vec(), stroke);
    }
}

/// What is held, with its worth.
fn held(line: &LedgerLine) -> String {
    match &line.amount {
        Some(amount) => {
            Money { value: amount.value.saturating_mul(line.held), unit: amount.unit.clone() }.to_string()
        }
        None => line.held.to_string(),
    }
}

/// The point of no return as a rule with a diamond.
fn pivot_ui(context: &ViewContext<'_>, saga: &SagaReport, ui: &mut Ui) {
    let t = context.tokens;
    let rect = row_rect(ui, 20.0);
    let words = if saga.pivot_passed { "pivot passed: no way back" } else { "pivot not passed" };
    let line = Line::new().piece(words, caption(), t.muted);
    let width = line.width(ui.painter()).ceil() + 18.0;
    let place = Rect::from_center_size(rect.center(), vec2(width, rect.height()));
    let stroke = Stroke::new(1.0, t.line_strong);
    ui.painter().hline(rect.left()..=place.left() - 8.0, rect.center().y, stroke);
    ui.painter().hline(place.right() + 8.0..=rect.right(), rect.center().y, stroke);
    let icon = Rect::from_center_size(pos2(place.left() + 6.0, rect.center().y), vec2(10.0, 10.0));
    Icon::Diamond.paint(ui.painter(), icon, t.muted);
    line.paint(ui.painter(), place.with_min_x(place.left() + 16.0));
    node(ui, place, ui.scope_id().with("pivot"), Sense::hover(), Role::Label, words);
}

/// Of all sagas: those that owe something.
fn all_ui(context: &ViewContext<'_>, frame: &SimFrame, ui: &mut Ui) {
    let t = context.tokens;
    let owing: Vec<&SagaReport> = frame.sagas.iter().filter(|saga| !saga.owed.is_empty()).collect();
    if owing.is_empty() {
        let rect = row_rect(ui, 22.0);
        Line::new().body("No saga owes anything", t.muted).paint(ui.painter(), rect);
    }
    for saga in owing.iter().take(SAGAS) {
        let rect = row_rect(ui, 22.0);
        let owed: Vec<&str> = saga.owed.iter().map(|owed| &*owed.text).collect();
        let words = owed.join(", ");
        Line::new().mono(&saga.id, t.text).gap(8.0).body(&words, t.muted).paint(ui.painter(), rect);
        let label = format!("{} owes {words}", saga.id);
        node(ui, rect, ui.scope_id().with(&saga.id), Sense::hover(), Role::Label, &label)
            .on_hover_text(words);
    }
    if owing.len() > SAGAS {
        let rect = row_rect(ui, 22.0);
        Line::new()
            .caption(&format!("+{} more sagas", owing.len() - SAGAS), t.faint)
            .paint(ui.painter(), rect);
    }
}
