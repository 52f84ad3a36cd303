//! "Break a saga in three clicks": which saga, what goes wrong, and watch it. The track, the sentence and the recipe
//! follow from a real run in the background and change with every choice.

use std::sync::Arc;

use egui::{Label, Rect, RichText, Role, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::choices::{Choice, choices};
use super::story::{story, unknown};
use super::track::{self, track_ui};
use crate::domain::{BuiltIn, Domain};
use crate::engine::{Latest, SimRequest, SimStart, Trial, Workers};
use crate::ui::command::{Command, SimulationCommand, WindowCommand};
use crate::ui::format::outcome_look;
use crate::ui::icons::Icon;
use crate::ui::theme::{RADIUS_CONTROL, body, caption, heading, mono_small, semibold, tokens};
use crate::ui::widgets::{Badge, Button, Line, focus_ring, node, progress};

/// The sagas that are offered, by the name of their domain, and as a person would say it.
const SAGAS: [(&str, &str); 3] = [("shop", "Shop order"), ("travel", "Travel"), ("transfer", "Transfer")];

/// What is chosen at first: "Payment times out", in which most can be seen.
const FIRST_CHOICE: usize = 1;

/// Width of what stands before each of the three.
const INDENT: f32 = 30.0;
/// Height of a choice.
const CHOICE: f32 = 30.0;

/// A saga that is offered.
struct Offer {
    title: &'static str,
    domain: Arc<Domain>,
    choices: Vec<Choice>,
}

/// Presentation state.
pub(super) struct BreakSaga {
    offers: Latest<(), Vec<Offer>>,
    trial: Latest<String, Result<Trial, String>>,
    saga: usize,
    choice: usize,
}

impl Default for BreakSaga {
    fn default() -> Self {
        Self { offers: Latest::default(), trial: Latest::default(), saga: 0, choice: FIRST_CHOICE }
    }
}

fn offers() -> Vec<Offer> {
    let offer = |(name, title): (&str, &'static str)| {
        let built_in = BuiltIn::named(name)?;
        let domain = Arc::new(built_in.load());
        let choices = choices(&domain, domain.sagas.first()?);
        Some(Offer { title, domain, choices })
    };
    SAGAS.into_iter().filter_map(offer).collect()
}

impl BreakSaga {
    pub(super) fn is_settled(&self) -> bool {
        !self.offers.is_busy() && !self.trial.is_busy()
    }

    /// Draws the column; what was asked for goes to `commands`.
    pub(super) fn ui(&mut self, workers: &Workers, ui: &mut Ui, commands: &mut Vec<Command>) {
        let t = tokens(ui);
        self.offers.ask(workers, &(), |_, _| Some(offers()));
        let answer = self.offers.answer();
        let offers: &[Offer] =
            answer.as_ref().and_then(|answer| answer.result.as_ref().ok()).map_or(&[], Vec::as_slice);
        let title = "Break a saga in three clicks";
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
        Line::new().piece(title, heading(), t.text).paint(ui.painter(), rect);
        node(ui, rect, ui.scope_id().with("title"), Sense::hover(), Role::Heading, title);
        let Some(offer) = offers.get(self.saga.min(offers.len().saturating_sub(1))) else {
            ui.add_space(12.0);
            progress(ui, 280.0, None, "Reading the built-in domains");
            return;
        };
        let about = offer.domain.sagas.first().map_or("", |saga| &saga.about);
        let words = format!("{}\nChoose where it hurts.", about.trim());
        ui.add(Label::new(RichText::new(words).color(t.muted)).wrap());
        ui.add_space(16.0);
        numbered(ui, 1, "A saga");
        let titles: Vec<&str> = offers.iter().map(|offer| offer.title).collect();
        if let Some(chosen) = choices_ui(ui, "A saga", 3, &titles, self.saga, |_| None) {
            self.saga = chosen;
            self.choice = FIRST_CHOICE;
        }
        ui.add_space(14.0);
        numbered(ui, 2, "What goes wrong");
        let Some(offer) = offers.get(self.saga) else { return };
        let titles: Vec<&str> = offer.choices.iter().map(|choice| &*choice.title).collect();
        let about = |at: usize| offer.choices.get(at).map(|choice| choice.about);
        if let Some(chosen) = choices_ui(ui, "What goes wrong", 2, &titles, self.choice, about) {
            self.choice = chosen;
        }
        ui.add_space(14.0);
        numbered(ui, 3, "Watch it");
        if let Some(choice) = offer.choices.get(self.choice) {
            indented(ui, |ui| self.watch_ui(workers, ui, offer, choice, commands));
        }
    }

    fn watch_ui(
        &self,
        workers: &Workers,
        ui: &mut Ui,
        offer: &Offer,
        choice: &Choice,
        commands: &mut Vec<Command>,
    ) {
        let t = tokens(ui);
        let text = choice.recipe.to_string();
        let (domain, recipe) = (Arc::clone(&offer.domain), choice.recipe.clone());
        self.trial.ask(workers, &text, move |cancel, _| Trial::run(&domain, &recipe, cancel));
        // The run before stays until the new one is there: nothing jumps.
        let answer = self.trial.answer();
        let trial = answer.as_ref().and_then(|answer| answer.result.as_ref().ok()?.as_ref().ok());
        let of_this = trial.filter(|trial| trial.domain.name == offer.domain.name);
        let saga = of_this.and_then(|trial| Some((trial, trial.report.sagas.first()?)));
        match saga {
            Some((trial, saga)) => track_ui(ui, &saga.steps, unknown(trial, saga)),
            None => ui.add_space(track::HEIGHT),
        }
        ui.add_space(2.0);
        ui.add_space(4.0);
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 92.0), Sense::hover());
        if let Some(story) = of_this.and_then(story) {
            let mut inner = ui.new_child(UiBuilder::new().max_rect(rect).id_salt("story"));
            inner.spacing_mut().item_spacing = vec2(8.0, 5.0);
            inner.add(Label::new(RichText::new(&story.told).font(body()).color(t.text)).wrap());
            inner.horizontal_top(|ui| {
                ui.add(Badge::new(outcome_look(story.outcome)));
            });
            inner.add(Label::new(RichText::new(story.why).font(caption()).color(t.muted)).wrap());
        }
        ui.add_space(6.0);
        Line::new().piece(&text, mono_small(), t.muted).show(ui);
        ui.add_space(10.0);
        let request = SimRequest {
            domain: Arc::clone(&offer.domain),
            recipe: choice.recipe.clone(),
            start: SimStart::AtFault,
        };
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            let about = "Opens the simulator at the moment it goes wrong: step on and watch the way back";
            if ui.add(Button::primary("Break it").icon(Icon::Play)).on_hover_text(about).clicked() {
                commands.push(SimulationCommand::Begin(Box::new(request.clone())).into());
            }
            let about = "Every fault at every message of this saga, each a run";
            if ui.add(Button::new("Show every failure at once")).on_hover_text(about).clicked() {
                commands.push(SimulationCommand::Begin(Box::new(request)).into());
                commands.push(WindowCommand::ShowView("matrix").into());
            }
        });
    }
}

/// A number in a ring, and what it is about.
fn numbered(ui: &mut Ui, number: u32, title: &str) {
    let t = tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
    let center = pos2(rect.left() + 10.0, rect.center().y);
    ui.painter().circle_stroke(center, 9.5, Stroke::new(1.0, t.accent));
    let ring = Rect::from_center_size(center, vec2(20.0, 20.0));
    Line::new().piece(&number.to_string(), caption(), t.accent).center().paint(ui.painter(), ring);
    let words = rect.with_min_x(rect.left() + INDENT);
    Line::new().piece(title, semibold(13.0), t.text).paint(ui.painter(), words);
    let label = format!("{number}, {title}");
    node(ui, rect, ui.scope_id().with(("number", number)), Sense::hover(), Role::Heading, &label);
    ui.add_space(6.0);
}

fn indented(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    let room = ui.available_rect_before_wrap();
    let inside = Rect::from_min_max(pos2(room.left() + INDENT, room.top()), room.max);
    let mut inner = ui.new_child(UiBuilder::new().max_rect(inside).id_salt("indented"));
    inner.spacing_mut().item_spacing = vec2(8.0, 0.0);
    content(&mut inner);
    ui.advance_cursor_after_rect(inner.min_rect());
}

/// Choices in so many columns; the one that was newly chosen.
fn choices_ui<'a>(
    ui: &mut Ui,
    name: &str,
    across: usize,
    titles: &[&str],
    chosen: usize,
    about: impl Fn(usize) -> Option<&'a str>,
) -> Option<usize> {
    let t = tokens(ui);
    let lines = titles.len().div_ceil(across);
    let height = lines as f32 * (CHOICE + 8.0) - 8.0;
    let (all, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::RadioGroup, ui.is_enabled(), name));
    let area = all.with_min_x(all.left() + INDENT);
    let width = (area.width() - 8.0 * (across - 1) as f32) / across as f32;
    let mut newly = None;
    for (at, title) in titles.iter().enumerate() {
        let min = vec2((at % across) as f32 * (width + 8.0), (at / across) as f32 * (CHOICE + 8.0));
        let rect = Rect::from_min_size(area.min + min, vec2(width, CHOICE));
        let is_chosen = at == chosen;
        let one = ui.interact(rect, response.id.with(at), Sense::click());
        one.widget_info(|| WidgetInfo::selected(Role::RadioButton, ui.is_enabled(), is_chosen, *title));
        let (fill, border, color) = if is_chosen {
            (t.selection, t.accent, t.text)
        } else if one.hovered() {
            (t.hover(), t.line_strong, t.text)
        } else {
            (t.surface, t.line_strong, t.muted)
        };
        ui.painter().rect(rect, RADIUS_CONTROL, fill, Stroke::new(1.0, border), StrokeKind::Inside);
        Line::new().body(title, color).paint(ui.painter(), rect.shrink2(vec2(12.0, 0.0)));
        focus_ring(ui, rect, RADIUS_CONTROL, &one);
        if one.clicked() && !is_chosen {
            newly = Some(at);
        }
        if let Some(about) = about(at) {
            one.on_hover_text(about);
        }
    }
    newly
}
