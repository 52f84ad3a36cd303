//! The ledger of a saga: what is still owed as one sum, each effect joined to its undo, the pivot as a line. As of the
//! playhead.

use std::collections::BTreeMap;

use egui::{Color32, Rect, RichText, Role, ScrollArea, Sense, Stroke, Ui, pos2, vec2};

use super::Scene;
use crate::domain::{Money, Unit};
use crate::saga::{self, Account, Line as Entry, Page, Pivot};
use crate::ui::format::{count, one_line};
use crate::ui::theme::{Outcome, PAD, caption, mono};
use crate::ui::widgets::{Line, node, section};

/// Height of an effect with its undo.
const ENTRY: f32 = 42.0;
/// Height of one line of what became of it, and the room before it.
const FATE: f32 = 15.0;
const ELBOW: f32 = 16.0;
/// Height of the line of the pivot.
const PIVOT: f32 = 30.0;

/// Draws it.
pub(super) fn ledger_ui(scene: &Scene<'_>, ui: &mut Ui) {
    let t = scene.context.tokens;
    ui.spacing_mut().item_spacing.y = 0.0;
    let past = scene.context.navigation.is_in_past(scene.context.log());
    section(ui, "Ledger", if past { "as of the playhead" } else { "at the end of the log" }, "");
    let Some(page) = scene.now else {
        words_ui(ui, "Nothing of this saga had happened", t.muted);
        return;
    };
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        owed_ui(scene, page, ui);
        if page.ledger.is_empty() {
            words_ui(ui, "Nothing in this saga is known to be undone by anything", t.muted);
            return;
        }
        let pivot = page.pivot.as_ref();
        for (at, entry) in page.ledger.iter().enumerate() {
            if let Some(pivot) = pivot.filter(|pivot| pivot.line == at) {
                pivot_ui(scene, pivot, ui);
            }
            entry_ui(scene, at, entry, ui);
        }
        if let Some(pivot) = pivot.filter(|pivot| pivot.line >= page.ledger.len()) {
            pivot_ui(scene, pivot, ui);
        }
        ui.add_space(PAD);
    });
}

fn words_ui(ui: &mut Ui, words: &str, color: Color32) {
    egui::Frame::new().inner_margin(egui::Margin::symmetric(PAD as i8, 6)).show(ui, |ui| {
        ui.add(egui::Label::new(RichText::new(words).font(caption()).color(color)).wrap());
    });
}

/// The sum of what is owed, by currency or thing.
fn owed_ui(scene: &Scene<'_>, page: &Page, ui: &mut Ui) {
    let t = scene.context.tokens;
    let debts = &page.summary.owed;
    if debts.is_empty() {
        let is_open = page.ledger.iter().any(|entry| entry.account == Account::Undecided);
        let goes_back = page.summary.outcome == saga::Outcome::Compensating && is_open;
        words_ui(ui, if goes_back { "Nothing is known to be owed yet" } else { "Nothing is owed" }, t.muted);
        return;
    }
    let mut sums: BTreeMap<(String, &str), Money> = BTreeMap::new();
    for debt in debts {
        let Some(amount) = &debt.amount else { continue };
        // Numbers without a unit may count different things: only those of one effect are added up.
        let of = if amount.unit == Unit::Count(String::new()) { &*debt.step } else { "" };
        let sum = sums
            .entry((format!("{:?}", amount.unit), of))
            .or_insert_with(|| Money { value: 0, unit: amount.unit.clone() });
        sum.value = sum.value.saturating_add(amount.value);
    }
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
    let place = rect.shrink2(vec2(PAD, 0.0));
    Line::new().caption("still owed", t.muted).paint(ui.painter(), place);
    let color = t.outcome(Outcome::Compensating).color;
    let many = sums.len() > 1;
    for ((_, of), sum) in &sums {
        egui::Frame::new().inner_margin(egui::Margin::symmetric(PAD as i8, 0)).show(ui, |ui| {
            let line = Line::new().piece(&sum.to_string(), egui::FontId { size: 24.0, ..mono() }, color);
            if !many || of.is_empty() {
                line.show(ui);
                return;
            }
            let of = one_line(of);
            let beside = line.clone().gap(8.0).caption(&of, t.muted);
            // What it is of stands below where there is no room beside it.
            if beside.width(ui.painter()) <= ui.available_width() {
                beside.show(ui);
            } else {
                line.show(ui);
                Line::new().caption(&of, t.muted).show(ui);
            }
        });
    }
    for debt in debts {
        words_ui(ui, &one_line(&debt.text), color);
    }
    let words = format!("{} open", count(debts.len() as u64, "entry"));
    words_ui(ui, &words.replace("entrys", "entries"), t.faint);
    let (line, _) = ui.allocate_exact_size(vec2(ui.available_width(), 9.0), Sense::hover());
    ui.painter().hline(line.x_range(), line.top() + 4.5, Stroke::new(1.0, t.line));
}

/// What an effect is worth, all that is held of it where that is owed.
fn worth(entry: &Entry) -> Option<Money> {
    let one = entry.amount.clone()?;
    let times = if entry.account == Account::OwedBack { entry.held().max(1) } else { 1 };
    Some(Money { value: one.value.saturating_mul(times), unit: one.unit })
}

/// An effect, and below it what became of it, in two lines where one has no room for it. `at` is its place.
fn entry_ui(scene: &Scene<'_>, at: usize, entry: &Entry, ui: &mut Ui) {
    let t = scene.context.tokens;
    let (mut words, color) = fate(scene, entry);
    if let Some(stage) = &entry.same_money {
        words = format!("{words}, the same money as {}", one_line(stage));
    }
    let sure = if entry.confidence.is_inferred() {
        format!(" ≈ {} %", entry.confidence.0 / 10)
    } else {
        String::new()
    };
    // A number stays with its sign.
    let fate = Line::new().caption(&words, color).gap(4.0);
    let fate = fate.caption(sure.trim_start().replace(' ', "\u{a0}").as_str(), t.faint).rows(2);
    let room = ui.available_width() - 2.0 * PAD - ELBOW;
    let more = (fate.height(ui.painter(), room) - FATE).max(0.0);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ENTRY + more), Sense::hover());
    if !ui.is_rect_visible(rect) {
        return;
    }
    let inner = rect.shrink2(vec2(PAD, 0.0));
    let (first, second) = (inner.with_max_y(inner.top() + 22.0), inner.with_min_y(inner.top() + 22.0));
    let happened = !entry.effects.is_empty();
    let later = entry.effects.first().is_some_and(|row| !scene.has_happened(*row));
    let strong = if happened && !later { t.text } else { t.faint };
    let amount = match (worth(entry), entry.held()) {
        (Some(amount), _) => amount.to_string(),
        (None, held) if held > 1 => format!("× {held}"),
        _ => String::new(),
    };
    let amount_line = Line::new().mono(&amount, strong).right();
    let room = if amount.is_empty() { 0.0 } else { amount_line.width(ui.painter()) + 8.0 };
    Line::new()
        .body(&one_line(&entry.label), strong)
        .paint(ui.painter(), first.with_max_x(first.right() - room));
    amount_line.paint(ui.painter(), first);
    let corner = pos2(second.left() + 5.0, second.top() + 8.0);
    let stroke = Stroke::new(1.0, t.line_strong);
    ui.painter().vline(corner.x, second.top() - 2.0..=corner.y, stroke);
    ui.painter().hline(corner.x..=corner.x + 6.0, corner.y, stroke);
    fate.paint(ui.painter(), second.with_min_x(second.left() + ELBOW).translate(vec2(0.0, -2.0)));
    let label = format!("{} {amount}: {words}{sure}", one_line(&entry.label));
    let id = ui.scope_id().with(("entry", at));
    let whole = crate::ui::widgets::node(ui, rect, id, Sense::click(), egui::Role::ListItem, &label);
    let whole = whole.on_hover_text(label);
    if let Some(row) = entry.undone.last().or(entry.effects.last())
        && whole.clicked()
    {
        scene.context.send(crate::ui::command::GoCommand::Select(*row));
    }
}

/// What became of an effect.
fn fate(scene: &Scene<'_>, entry: &Entry) -> (String, Color32) {
    let t = scene.context.tokens;
    let undo = entry.undo.as_deref().map_or_else(|| "its undo".to_owned(), one_line);
    let owed = t.outcome(Outcome::Compensating).color;
    match entry.account {
        Account::OwedBack => (format!("{undo} is still owed"), owed),
        Account::OwedForward => ("still to be done".to_owned(), owed),
        Account::Unaccounted => {
            ("held, and nothing says why".to_owned(), t.outcome(Outcome::Inconsistent).color)
        }
        Account::LeftOver => ("stays, though the saga failed".to_owned(), t.outcome(Outcome::Failed).color),
        // It goes back, and nothing in it tells so far which of its steps can be undone.
        Account::Undecided
            if scene.now.is_some_and(|page| page.summary.outcome == saga::Outcome::Compensating) =>
        {
            ("held, not known yet whether it is undone".to_owned(), t.muted)
        }
        Account::Undecided => ("held, nothing is decided yet".to_owned(), t.muted),
        Account::Settled if !entry.undone.is_empty() => {
            (format!("{undo}: undone"), t.outcome(Outcome::Compensated).color)
        }
        Account::Settled if entry.effects.is_empty() => ("did not happen".to_owned(), t.faint),
        Account::Settled if !entry.taken_back.is_empty() => {
            ("taken back beside the saga".to_owned(), t.outcome(Outcome::Compensated).color)
        }
        Account::Settled => ("stays".to_owned(), t.muted),
    }
}

/// The point of no return, named.
fn pivot_ui(scene: &Scene<'_>, pivot: &Pivot, ui: &mut Ui) {
    let t = scene.context.tokens;
    let sure = if pivot.confidence.is_inferred() {
        format!(" ≈\u{a0}{}\u{a0}%", pivot.confidence.0 / 10)
    } else {
        String::new()
    };
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), PIVOT), Sense::hover());
    let words = one_line(&pivot.words());
    let id = ui.scope_id().with("pivot");
    let reason = pivot.reason().map_or_else(String::new, |reason| format!(", {reason}"));
    let sense = if pivot.passed.is_some() { Sense::click() } else { Sense::hover() };
    let response = node(ui, rect, id, sense, Role::Label, &format!("{words}{reason}"));
    if let Some(row) = pivot.passed.filter(|_| response.clicked()) {
        scene.context.send(crate::ui::command::GoCommand::Select(row));
    }
    let told =
        |words: &str| Line::new().caption(&format!("◇ {words}"), t.text).caption(&sure, t.faint).center();
    let mut line = told(&words);
    // Whether it was passed says more than the word for it, which the sign tells too.
    if let Some((_, short)) =
        words.split_once(": ").filter(|_| line.width(ui.painter()) > rect.width() - 2.0 * PAD)
    {
        line = told(short);
    }
    if !reason.is_empty() || line.width(ui.painter()) + 48.0 > rect.width() {
        response.on_hover_text(format!("{words}{reason}"));
    }
    let width = (line.width(ui.painter()) + 16.0).min(rect.width() - 2.0 * PAD);
    let stroke = Stroke::new(1.0, t.line_strong);
    let (left, right) = (rect.center().x - width / 2.0, rect.center().x + width / 2.0);
    ui.painter().hline(rect.left() + PAD..=left, rect.center().y, stroke);
    ui.painter().hline(right..=rect.right() - PAD, rect.center().y, stroke);
    line.paint(ui.painter(), Rect::from_x_y_ranges(left..=right, rect.y_range()));
}
