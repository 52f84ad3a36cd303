//! Dead letters, short: what, when it failed first and was parked, every attempt, and what can be done.

use egui::{Align, Layout, Rect, Role, Sense, Ui, pos2, vec2};

use super::row_rect;
use crate::engine::SimFrame;
use crate::sim::{Act, DeadLetter};
use crate::ui::command::SimulationCommand;
use crate::ui::icons::Icon;
use crate::ui::theme::{PAD, body};
use crate::ui::view::ViewContext;
use crate::ui::views::simulator::look;
use crate::ui::widgets::{Button, Line, node};

/// Letters and attempts that are shown.
const LETTERS: usize = 20;
const ATTEMPTS: usize = 6;

pub(super) fn letters_ui(context: &ViewContext<'_>, frame: &SimFrame, ui: &mut Ui) {
    let t = context.tokens;
    ui.add_space(8.0);
    if frame.dead_letters.is_empty() {
        let rect = row_rect(ui, 22.0);
        let words = "None: every message was handled";
        let painted = Line::new().body(words, t.muted).paint(ui.painter(), rect);
        node(ui, painted.rect, ui.scope_id().with("none"), Sense::hover(), Role::Label, words);
    }
    // The open ones first, the newest of each first.
    let mut letters: Vec<&DeadLetter> = frame.dead_letters.iter().rev().collect();
    letters.sort_by_key(|letter| !letter.redrivable);
    for letter in letters.iter().take(LETTERS) {
        ui.push_id(("letter", letter.id), |ui| letter_ui(context, letter, ui));
    }
    if letters.len() > LETTERS {
        let rect = row_rect(ui, 22.0);
        let words = format!("+{} more, in the log", letters.len() - LETTERS);
        Line::new().caption(&words, t.faint).paint(ui.painter(), rect);
    }
}

fn letter_ui(context: &ViewContext<'_>, letter: &DeadLetter, ui: &mut Ui) {
    let t = context.tokens;
    let state = look::letter(letter.state);
    let color = t.outcome(state).color;
    let head = row_rect(ui, 22.0);
    let icon = Rect::from_center_size(pos2(head.left() + 6.0, head.center().y), vec2(12.0, 12.0));
    state.icon().paint(ui.painter(), icon, color);
    let inner = head.with_min_x(head.left() + 20.0);
    let word = letter.state.name();
    let painted = Line::new().body(word, color).right().paint(ui.painter(), inner);
    let name = Rect::from_min_max(inner.min, pos2(painted.rect.left() - 8.0, inner.bottom()));
    Line::new().mono(&letter.message_type, t.text).paint(ui.painter(), name);
    let label = format!("Dead letter {}, {word}, {}", letter.message_type, letter.error);
    node(ui, head, ui.scope_id().with("head"), Sense::hover(), Role::Label, &label);
    let what = look::direction_words(letter.direction, &letter.step);
    let parked = format!("parked at {}", look::seconds(letter.parked));
    let times = match letter.failed_first() {
        Some(at) => format!("failed first at {}, {parked}", look::seconds(at)),
        None => format!("never tried, {parked}"),
    };
    for words in [format!("{what}, to {}", letter.consumer), times, format!("key {}", letter.key)] {
        let rect = row_rect(ui, 17.0);
        let line = if words.starts_with("key ") {
            Line::new().caption("key ", t.muted).mono_small(&letter.key, t.muted)
        } else {
            Line::new().caption(&words, t.muted)
        };
        line.paint(ui.painter(), rect.with_min_x(rect.left() + 20.0));
    }
    ui.add_space(3.0);
    let skipped = letter.attempts.len().saturating_sub(ATTEMPTS);
    for attempt in letter.attempts.iter().skip(skipped) {
        let rect = row_rect(ui, 22.0);
        let inner = rect.with_min_x(rect.left() + 20.0);
        let at = look::seconds(attempt.at);
        let line =
            Line::new().mono(&attempt.attempt.to_string(), t.muted).gap(12.0).mono(&at, t.muted).gap(12.0);
        let painted = line.body(&attempt.error, t.text).paint(ui.painter(), inner);
        let label = format!("Attempt {} at {at}: {}", attempt.attempt, attempt.error);
        let id = ui.scope_id().with(("attempt", attempt.at.0));
        let response = node(ui, painted.rect, id, Sense::hover(), Role::Label, &label);
        if painted.elided {
            response.on_hover_text(&attempt.error);
        }
    }
    if !letter.blocked.is_empty() {
        let rect = row_rect(ui, 20.0);
        let words = format!("behind it: {}", letter.blocked.join(", "));
        let painted =
            Line::new().caption(&words, t.muted).paint(ui.painter(), rect.with_min_x(rect.left() + 20.0));
        let id = ui.scope_id().with("blocked");
        node(ui, painted.rect, id, Sense::hover(), Role::Label, &words).on_hover_text(&words);
    }
    if letter.redrivable {
        buttons_ui(context, letter, ui);
    }
    ui.add_space(8.0);
}

fn buttons_ui(context: &ViewContext<'_>, letter: &DeadLetter, ui: &mut Ui) {
    ui.add_space(4.0);
    let rect = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover()).0;
    let place = Rect::from_min_max(pos2(rect.left() + PAD + 20.0, rect.top()), rect.max);
    let layout = Layout::left_to_right(Align::Center);
    let mut inner = ui.new_child(egui::UiBuilder::new().max_rect(place).layout(layout).id_salt("buttons"));
    inner.spacing_mut().item_spacing.x = 8.0;
    let label = format!("Redrive {}", letter.message_type);
    let redrive = inner.add(Button::new("Redrive").icon(Icon::ArrowUp).label(&label));
    if redrive.on_hover_text("Send it again, with the same key").clicked() {
        context.send(SimulationCommand::Act(Act::Redrive(letter.id)));
    }
    let label = format!("Discard {}…", letter.message_type);
    let discard = inner.add(Button::new("Discard…").label(&label));
    egui::Popup::menu(&discard).show(|ui| {
        ui.label(egui::RichText::new("Put it away for good? What it owes stays owed.").font(body()));
        if ui.button("Discard it").clicked() {
            context.send(SimulationCommand::Act(Act::Discard(letter.id)));
        }
    });
}
