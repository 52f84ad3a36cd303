//! One letter: what it is, every attempt with its error, what waits behind it, what redriving would do, and the
//! event that issued it.

use egui::{Label, RichText, ScrollArea, Sense, Ui, vec2};

use super::list::{live, step_words, times_words};
use super::{DeadLettersView, state_line};
use crate::engine::{LoggedLetter, issuing_event};
use crate::runtime::LetterState;
use crate::ui::command::GoCommand;
use crate::ui::format::{count, letter_about, letter_look, virtual_seconds};
use crate::ui::theme::{PAD, RADIUS_CONTROL, Tokens, caption, heading, mono_small, semibold};
use crate::ui::view::ViewContext;
use crate::ui::widgets::{Line, link};

/// Bytes of a message that are shown.
const MESSAGE_MAX: usize = 8_000;

impl DeadLettersView {
    /// Draws it into all of `ui`.
    pub(super) fn detail_ui(
        &mut self,
        context: &ViewContext<'_>,
        ui: &mut Ui,
        letter: &LoggedLetter,
        state: LetterState,
    ) {
        let t = context.tokens;
        let frame = egui::Frame::new().inner_margin(egui::Margin::symmetric(16, PAD as i8));
        ScrollArea::vertical().auto_shrink(false).id_salt("letter").show(ui, |ui| {
            frame.show(ui, |ui| {
                ui.spacing_mut().item_spacing = vec2(8.0, 3.0);
                head_ui(context, ui, letter, state);
                section(t, ui, "If it were sent again");
                self.redrive.one_ui(context, ui, letter.id);
                section(t, ui, "Attempts");
                attempts_ui(context, ui, letter);
                section(t, ui, "What waits behind it");
                blocked_ui(context, ui, letter, state);
                section(t, ui, "Where it came from");
                self.origin_ui(context, ui, letter);
                section(t, ui, "What happened to it");
                changes_ui(context, ui, letter);
            });
        });
    }

    fn origin_ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui, letter: &LoggedLetter) {
        let t = context.tokens;
        let (open, of_job) = (context.document.open.clone(), letter.clone());
        self.origin.ask(context.engine.workers(), &(context.document.id, letter.id), move |cancel, _| {
            let found = issuing_event(&open, &of_job, cancel);
            Some(found.map(|(row, event)| (row, event.event_type)))
        });
        let answer = self.origin.answer_to(&(context.document.id, letter.id));
        match answer.as_ref().map(|answer| &answer.result) {
            Some(Ok(Some((row, event_type)))) => {
                ui.horizontal(|ui| {
                    Line::new().body("issued by", t.muted).show(ui);
                    if link(ui, event_type)
                        .on_hover_text("Select the event that issued the message")
                        .clicked()
                    {
                        context.send(GoCommand::Select(*row));
                    }
                });
            }
            Some(_) => {
                Line::new().body("The log does not have the event that issued it", t.muted).show(ui);
            }
            None => {}
        }
        let name = if self.shows_message { "Hide the message" } else { "Show the message" };
        if link(ui, name).on_hover_text("The message as it would be sent again").clicked() {
            self.shows_message ^= true;
        }
        if self.shows_message {
            let mut text = serde_json::to_string_pretty(&letter.message).unwrap_or_default();
            if let Some((end, _)) = text.char_indices().nth(MESSAGE_MAX) {
                text.truncate(end);
                text.push('…');
            }
            let frame = egui::Frame::new().fill(t.raised).corner_radius(RADIUS_CONTROL).inner_margin(8.0);
            frame.show(ui, |ui| {
                ui.set_width(ui.available_width());
                let text = RichText::new(text).font(mono_small()).color(t.text);
                ui.add(Label::new(text).wrap().selectable(true));
            });
        }
    }
}

fn section(t: &Tokens, ui: &mut Ui, title: &str) {
    ui.add_space(12.0);
    Line::new().piece(title, semibold(12.0), t.text).show(ui);
    ui.add_space(2.0);
}

fn head_ui(context: &ViewContext<'_>, ui: &mut Ui, letter: &LoggedLetter, state: LetterState) {
    let t = context.tokens;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 20.0), Sense::hover());
    let about = letter_about(state);
    let label = format!("{}: {about}", letter_look(state).word());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &label));
    state_line(t, ui.painter(), rect, state);
    ui.add(Label::new(RichText::new(about).font(caption()).color(t.muted)).wrap());
    let title = RichText::new(&letter.message_type).font(heading()).color(t.text);
    ui.add(Label::new(title).wrap());
    Line::new().mono(&letter.key, t.muted).show(ui);
    ui.add_space(4.0);
    let error = RichText::new(&letter.error).color(t.text);
    ui.add(Label::new(error).wrap());
    let deliveries = count(letter.deliveries, "delivery").replace("deliverys", "deliveries");
    let words = format!("{}, for {}, {deliveries}", step_words(letter), letter.consumer);
    Line::new().caption(&words, t.muted).show(ui);
    let mut times = times_words(context, letter);
    times.get_mut(..1).map(str::make_ascii_uppercase);
    Line::new().caption(&times, t.muted).show(ui);
}

fn attempts_ui(context: &ViewContext<'_>, ui: &mut Ui, letter: &LoggedLetter) {
    let t = context.tokens;
    let rank = context.navigation.playhead_rank(context.log());
    for attempt in letter.attempts_at(context.log(), rank) {
        ui.horizontal_top(|ui| {
            let (rect, response) = ui.allocate_exact_size(vec2(132.0, 18.0), Sense::hover());
            let when = virtual_seconds(attempt.at);
            let label = format!("attempt {}, {when}, {}", attempt.attempt, attempt.error);
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ListItem, true, &label));
            Line::new()
                .mono_small(&when, t.muted)
                .gap(10.0)
                .caption(&format!("attempt {}", attempt.attempt), t.muted)
                .paint(ui.painter(), rect);
            ui.add(Label::new(RichText::new(&attempt.error).color(t.text)).wrap());
        });
    }
    if letter.attempts_at(context.log(), rank).next().is_none() {
        Line::new().body("It was never tried: nobody could have handled it", t.muted).show(ui);
    }
}

fn blocked_ui(context: &ViewContext<'_>, ui: &mut Ui, letter: &LoggedLetter, state: LetterState) {
    let t = context.tokens;
    let Some(live) = live(context, letter.id) else {
        let words = "The log does not record it; it is known while a run is open.";
        ui.add(Label::new(RichText::new(words).color(t.muted)).wrap());
        return;
    };
    for blocked in &live.blocked {
        Line::new().mono(blocked, t.text).show(ui);
    }
    if live.blocked.is_empty() {
        let words = if state == LetterState::Open {
            "Nothing: the rest of the saga does not depend on it."
        } else {
            "Nothing: it holds nothing up any more."
        };
        Line::new().body(words, t.muted).show(ui);
    }
}

fn changes_ui(context: &ViewContext<'_>, ui: &mut Ui, letter: &LoggedLetter) {
    let t = context.tokens;
    let rank = context.navigation.playhead_rank(context.log());
    for change in &letter.changes {
        let later = context.log().rank_of(change.row) > rank;
        ui.horizontal(|ui| {
            let (rect, _) = ui.allocate_exact_size(vec2(12.0, 18.0), Sense::hover());
            let look = t.outcome(letter_look(change.state));
            let square = egui::Rect::from_center_size(rect.center(), vec2(10.0, 10.0));
            look.outcome.icon().paint(ui.painter(), square, if later { t.faint } else { look.color });
            if link(ui, &change.what).on_hover_text("Go to this event").clicked() {
                context.send(GoCommand::Select(change.row));
            }
            if later {
                Line::new().caption("after the playhead", t.faint).show(ui);
            }
        });
    }
}
