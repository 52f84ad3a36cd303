//! The panel about the selected cell: what it comes to, what happens, why, and what can be done with the run. The
//! run is carried out again in the background for its story; nothing of the open log is touched.

use crate::domain::Money;
use std::sync::Arc;

use egui::{Label, Rect, RichText, ScrollArea, Sense, Stroke, Ui, UiBuilder, pos2, vec2};

use super::{Opens, open_run};
use crate::engine::{Board, Latest, Ran, Tone, Trial};
use crate::runtime::LetterState;
use crate::sim::expect::Expectation;
use crate::sim::matrix::CellReport;
use crate::sim::{Account, InvariantState, LedgerLine, Recipe, RunReport};
use crate::ui::command::WindowCommand;
use crate::ui::format::{outcome_look, virtual_seconds};
use crate::ui::icons::Icon;
use crate::ui::theme::{
    Outcome as Look, PAD, RADIUS_CONTROL, Tokens, caption, heading, mono_small, semibold,
};
use crate::ui::view::ViewContext;
use crate::ui::widgets::{Badge, Button, Line, segment};

/// From this width on all four parts are side by side.
const WIDE: f32 = 1_080.0;

/// What a story depends on.
#[derive(Clone, Debug, PartialEq)]
struct Key {
    domain: usize,
    recipe: String,
}

/// Which part is shown where there is no room for both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    #[default]
    What,
    Why,
    Run,
}

/// Its presentation state.
#[derive(Default)]
pub(super) struct Detail {
    trial: Latest<Key, Result<Trial, String>>,
    part: Part,
}

impl Detail {
    pub(super) fn is_settled(&self) -> bool {
        !self.trial.is_busy()
    }

    /// Draws it into all of `ui`.
    pub(super) fn ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui, board: &Board, ran: Option<&Ran>) {
        let Some(ran) = ran else {
            let words = "Choose a cell to see what happens in its run, and why";
            crate::ui::widgets::empty(ui, words, None);
            return;
        };
        let recipe = ran.recipe(board.ask.without);
        let key = Key { domain: Arc::as_ptr(&board.ask.domain) as usize, recipe: recipe.to_string() };
        let (domain, of_job) = (Arc::clone(&board.ask.domain), recipe.clone());
        self.trial.ask(context.engine.workers(), &key, move |cancel, _| Trial::run(&domain, &of_job, cancel));
        let answer = self.trial.answer_to(&key);
        let trial = answer.as_ref().and_then(|answer| answer.result.as_ref().ok()?.as_ref().ok());
        let all = ui.available_rect_before_wrap();
        let wide = all.width() >= WIDE;
        let shares: &[f32] = if wide { &[0.23, 0.3, 0.27, 0.2] } else { &[0.32, 0.68] };
        let mut left = all.left();
        for (at, share) in shares.iter().enumerate() {
            let width = (all.width() * share).floor();
            let area = Rect::from_min_size(pos2(left, all.top()), vec2(width, all.height()));
            left += width;
            if at > 0 {
                ui.painter().vline(area.left(), area.y_range(), Stroke::new(1.0, context.tokens.line));
            }
            let inside = area.shrink2(vec2(if at == 0 { 16.0 } else { 20.0 }, 10.0));
            let mut part = ui.new_child(UiBuilder::new().max_rect(inside).id_salt(("part", at)));
            part.set_clip_rect(area.intersect(ui.clip_rect()));
            part.spacing_mut().item_spacing = vec2(8.0, 2.0);
            match (wide, at) {
                (_, 0) => {
                    scrolled(&mut part, "cell", |ui| cell_ui(context.tokens, ui, board, ran, trial));
                }
                (true, 1) => what_ui(context.tokens, &mut part, trial, true),
                (true, 2) => why_ui(context.tokens, &mut part, board, ran, trial, true),
                (false, 1) => {
                    let parts =
                        [(Part::What, "What happens"), (Part::Why, "And why"), (Part::Run, "This run")];
                    segment(&mut part, "Part", &mut self.part, &parts);
                    part.add_space(6.0);
                    match self.part {
                        Part::What => what_ui(context.tokens, &mut part, trial, false),
                        Part::Why => why_ui(context.tokens, &mut part, board, ran, trial, false),
                        Part::Run => {
                            scrolled(&mut part, "run", |ui| {
                                run_ui(context, ui, board, ran, &recipe, trial, false);
                            });
                        }
                    }
                }
                _ => scrolled(&mut part, "run", |ui| run_ui(context, ui, board, ran, &recipe, trial, true)),
            }
        }
        ui.advance_cursor_after_rect(all);
    }
}

fn scrolled(ui: &mut Ui, salt: &str, content: impl FnOnce(&mut Ui)) {
    ScrollArea::vertical().auto_shrink(false).id_salt(salt).show(ui, content);
}

fn title(t: &Tokens, ui: &mut Ui, words: &str) {
    Line::new().piece(words, semibold(13.0), t.text).show(ui);
    ui.add_space(4.0);
}

/// The selected cell in figures.
fn cell_ui(t: &Tokens, ui: &mut Ui, board: &Board, ran: &Ran, trial: Option<&Trial>) {
    let (target, fault) = board.layout.names(&ran.cell);
    Line::new().caption("selected cell", t.muted).show(ui);
    for line in [target, fault] {
        ui.add(Label::new(RichText::new(line).font(heading()).color(t.text)).wrap());
    }
    ui.add_space(6.0);
    let leg = board.layout.rows[ran.cell.at.0].step.as_ref().map(|step| step.leg);
    let outcome = |ui: &mut Ui, name: &str, report: &CellReport, strong: bool| {
        fact(t, ui, name, |ui| match report.outcome {
            Some(outcome) => {
                let look = outcome_look(outcome);
                let words = format!("{}, {}", look.word(), report.attempts_shown(leg));
                let badge = Badge::new(look).text(&words);
                ui.add(if strong { badge.strong() } else { badge });
            }
            None => {
                Line::new().body("not reached", t.faint).show(ui);
            }
        });
    };
    outcome(ui, "all protections on", &ran.with, ran.without.is_none());
    if let (Some(without), Some(protection)) = (&ran.without, board.ask.without) {
        outcome(ui, &format!("without {}", protection.name()), without, true);
    }
    let shown = ran.shown();
    let inconsistent = t.outcome(Look::Inconsistent).color;
    if let Some(trial) = trial {
        let unaccounted = unaccounted(&trial.report);
        if !unaccounted.is_empty() {
            fact(t, ui, "unaccounted", |ui| {
                Line::new().mono(&unaccounted.join(", "), inconsistent).show(ui);
            });
        }
        fact(t, ui, "quiet after", |ui| {
            let words = if trial.report.quiescent {
                virtual_seconds(trial.report.ended)
            } else {
                "stopped at its limit".to_owned()
            };
            Line::new().mono(&words, t.text).show(ui);
        });
    }
    if !shown.owed.is_empty() {
        fact(t, ui, "still owed", |ui| {
            Line::new().mono(&shown.owed.join(", "), t.text).rows(4).show(ui);
        });
    }
    fact(t, ui, "dead letters", |ui| {
        let states = LetterState::ALL.iter().zip(shown.dead_letters).filter(|(_, count)| *count > 0);
        let words: Vec<String> = states.map(|(state, count)| format!("{count} {}", state.name())).collect();
        Line::new().mono(&if words.is_empty() { "0".to_owned() } else { words.join(", ") }, t.text).show(ui);
    });
}

fn fact(t: &Tokens, ui: &mut Ui, name: &str, value: impl FnOnce(&mut Ui)) {
    ui.horizontal_top(|ui| {
        let (rect, _) =
            ui.allocate_exact_size(vec2(132.0_f32.min(ui.available_width() / 2.0), 18.0), Sense::hover());
        Line::new().body(name, t.muted).paint(ui.painter(), rect);
        value(ui);
    });
}

/// What nothing in the log accounts for, with its worth where that is known.
fn unaccounted(report: &RunReport) -> Vec<String> {
    let lines = report.sagas.iter().flat_map(|saga| &saga.ledger);
    let lines = lines.filter(|line| line.account == Account::Unaccounted);
    lines.map(|line| worth(line).unwrap_or_else(|| format!("{} × {}", excess(line), line.label))).collect()
}

/// How many of a line's effects nothing accounts for: beyond one, or all where the saga went back.
fn excess(line: &LedgerLine) -> i64 {
    if line.undone > 0 || line.held == 1 { line.held } else { line.held - 1 }
}

fn worth(line: &LedgerLine) -> Option<String> {
    let amount = line.amount.as_ref()?;
    let total = Money { value: amount.value.saturating_mul(excess(line)), unit: amount.unit.clone() };
    Some(total.to_string())
}

/// The run from just before its fault, line by line.
fn what_ui(t: &Tokens, ui: &mut Ui, trial: Option<&Trial>, with_title: bool) {
    if with_title {
        title(t, ui, "What happens");
    }
    let Some(trial) = trial else { return };
    let first = trial.at_fault.map_or(0, |at| at.saturating_sub(1));
    let lines: Vec<_> = trial.lines[first..].iter().filter(|line| line.tone != Tone::Plain).collect();
    scrolled(ui, "what happens", |ui| {
        for line in lines {
            let (icon, color) = tone_look(t, line.tone);
            ui.horizontal_top(|ui| {
                let (rect, _) = ui.allocate_exact_size(vec2(56.0, 18.0), Sense::hover());
                Line::new().mono_small(&virtual_seconds(line.at), t.muted).paint(ui.painter(), rect);
                let (rect, _) = ui.allocate_exact_size(vec2(14.0, 18.0), Sense::hover());
                let square = Rect::from_center_size(rect.center(), vec2(11.0, 11.0));
                icon.paint(ui.painter(), square, color);
                let text = line.sentence.trim_end_matches('.');
                let color = if line.tone == Tone::Late { t.muted } else { t.text };
                ui.add(Label::new(RichText::new(text).color(color)).wrap());
            });
        }
        if trial.more > 0 {
            let words = format!("+{} more steps: open the run to see them", trial.more);
            Line::new().caption(&words, t.faint).show(ui);
        }
    });
}

/// How a kind of line looks.
pub(super) fn tone_look(t: &Tokens, tone: Tone) -> (Icon, egui::Color32) {
    let of = |look: Look| (look.icon(), t.outcome(look).color);
    match tone {
        Tone::Plain => (Icon::Dot, t.faint),
        Tone::Late => (Icon::Clock, t.muted),
        Tone::Done => of(Look::Completed),
        Tone::Back => of(Look::Compensating),
        Tone::Undone => of(Look::Compensated),
        Tone::Failed => of(Look::Failed),
        Tone::Unknown => of(Look::Unknown),
        Tone::Parked => of(Look::DeadLetter),
        Tone::Broken => of(Look::Inconsistent),
    }
}

/// The rules behind it: the fault, the protection, what broke.
fn why_ui(t: &Tokens, ui: &mut Ui, board: &Board, ran: &Ran, trial: Option<&Trial>, with_title: bool) {
    if with_title {
        title(t, ui, "And why");
    }
    scrolled(ui, "why", |ui| {
        ui.spacing_mut().item_spacing.y = 6.0;
        for words in reasons(board, ran) {
            ui.add(Label::new(RichText::new(words).color(t.text)).wrap());
        }
        let Some(trial) = trial else { return };
        for check in &trial.report.invariants {
            if let InvariantState::Broken { difference, .. } = &check.state {
                let words = format!("{}, {}: {difference}", check.code, check.about);
                ui.horizontal_top(|ui| {
                    let look = t.outcome(Look::Inconsistent);
                    let (rect, _) = ui.allocate_exact_size(vec2(14.0, 18.0), Sense::hover());
                    let square = Rect::from_center_size(rect.center(), vec2(11.0, 11.0));
                    Look::Inconsistent.icon().paint(ui.painter(), square, look.color);
                    ui.add(Label::new(RichText::new(words).color(t.text)).wrap());
                });
            }
        }
        for saga in &trial.report.sagas {
            for step in saga.steps.iter().filter(|step| !step.note.is_empty()) {
                let words = format!("{}: {}", step.name, step.note);
                Line::new().piece(&words, caption(), t.muted).show(ui);
            }
        }
    });
}

/// The sentences of the registries that explain a cell.
fn reasons(board: &Board, ran: &Ran) -> Vec<String> {
    let kinds = std::iter::once(ran.cell.at).chain(ran.cell.and).map(|at| board.layout.columns[at.1]);
    let mut said: Vec<String> = kinds.map(|kind| kind.info().sentence.to_owned()).collect();
    said.dedup();
    let shown = ran.shown();
    if shown.outcome.is_none() {
        said.push("Nothing repeats the message here, so the fault never had anything to strike.".to_owned());
    }
    if let (Some(protection), Some(without)) = (board.ask.without, &ran.without) {
        let info = protection.info();
        if ran.differs() {
            said.push(format!("With {}, {}.", info.title.to_lowercase(), info.sentence));
            said.push(info.without.to_owned());
        } else if without.outcome.is_some() {
            let name = info.title.to_lowercase();
            said.push(format!("Nothing here needs {name}: the run ends in the same way without it."));
        }
    }
    said.extend(shown.outcome.map(|outcome| meaning(outcome).to_owned()));
    said
}

/// What an outcome means.
fn meaning(outcome: crate::sim::Outcome) -> &'static str {
    use crate::sim::Outcome as Sim;
    match outcome {
        Sim::Inconsistent => {
            "Inconsistent: something is held or missing that nothing in the log accounts for."
        }
        Sim::DeadLettered => {
            "Dead letter: the saga waits for a person, and what is owed is named. Nothing is broken."
        }
        Sim::Stuck => "Stuck: nothing is under way any more, and nobody will act.",
        Sim::Compensated => "Compensated: what had happened is undone, the last step first.",
        Sim::Completed => "Completed: every step is done, once.",
        Sim::Running => "Running: the run was stopped before its end.",
    }
}

/// The recipe, and what can be done with it.
fn run_ui(
    context: &ViewContext<'_>,
    ui: &mut Ui,
    board: &Board,
    ran: &Ran,
    recipe: &Recipe,
    trial: Option<&Trial>,
    with_title: bool,
) {
    let t = context.tokens;
    if with_title {
        title(t, ui, "This run");
    }
    let text = recipe.to_string();
    let frame = egui::Frame::new().fill(t.raised).corner_radius(RADIUS_CONTROL).inner_margin(PAD * 0.66);
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 0.0;
        for (at, part) in text.split('&').enumerate() {
            let part = if at == 0 { part.to_owned() } else { format!("&{part}") };
            let (name, value) = part.split_once('=').map_or((&*part, ""), |(name, value)| (name, value));
            let color = if at == 0 { t.text } else { t.accent };
            let equals = if value.is_empty() { "" } else { "=" };
            let line = Line::new()
                .piece(&format!("{name}{equals}"), mono_small(), if at == 0 { t.text } else { t.muted })
                .piece(value, mono_small(), color);
            line.rows(3).show(ui);
        }
    });
    ui.add_space(8.0);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(8.0, 8.0);
        let (words, about) = Opens::of(ran).button();
        let open = ui.add(Button::primary(words).icon(Icon::Play));
        if open.on_hover_text(about).clicked() {
            open_run(context, board, ran);
        }
        let copy = ui.add(Button::new("Copy recipe").icon(Icon::Copy));
        if copy.on_hover_text("The line from which this run follows to the last byte").clicked() {
            context.send(WindowCommand::Copy(text.clone()));
        }
        let write = ui.add(Button::new("Write as test…").enabled(trial.is_some()));
        let about =
            "A file that `sagascope simulate --expect` checks: this recipe must end like this from now on";
        if write.on_hover_text(about).clicked()
            && let Some(trial) = trial
        {
            let text = Expectation::of(&trial.report).to_toml(recipe, &trial.report);
            context.send(WindowCommand::SaveText { name: test_name(board, ran), text });
        }
    });
}

/// `process-payment-reply-timeout.expect.toml`.
fn test_name(board: &Board, ran: &Ran) -> String {
    let (target, fault) = board.layout.names(&ran.cell);
    let without = board.ask.without.map_or_else(String::new, |one| format!("-without-{}", one.name()));
    let plain: String = format!("{target}-{fault}{without}")
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' })
        .collect();
    format!("{plain}.expect.toml")
}
