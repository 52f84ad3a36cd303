//! "Simulate a saga…": a system, a saga, a seed, how many; or a recipe as text. The text is what counts: the choices
//! only write it.

use std::path::PathBuf;
use std::sync::Arc;

use egui::{Key, Ui};

use super::dialogs::{field, page, paragraph, problem_ui};
use crate::base::ticks::Ticks;
use crate::domain::{BUILT_IN, BuiltIn, Domain, SagaStyle};
use crate::engine::{Latest, SimRequest, SimStart, open_domain, open_domain_file, path_of};
use crate::sim::Recipe;
use crate::ui::app::App;
use crate::ui::command::{Command, SimulationCommand};
use crate::ui::format::{span, thousands};
use crate::ui::theme::{Tokens, body, caption, heading, tokens};
use crate::ui::widgets::{Button, Line, ModalPlace, modal};

/// Milliseconds between two sagas at most: an hour.
const EVERY_MAX_MS: f64 = 3_600_000.0;

/// Text being typed.
#[derive(Default)]
pub struct Simulate {
    recipe: String,
    /// A domain file; empty for a built-in domain.
    file: String,
    is_file: bool,
    domain: Latest<Source, Result<Arc<Domain>, String>>,
    wants_start: bool,
    has_focus: bool,
}

/// Where a domain comes from.
#[derive(Clone, Debug, PartialEq)]
enum Source {
    BuiltIn(String),
    File(PathBuf),
}

impl Simulate {
    /// The dialog was opened.
    pub fn opened(&mut self) {
        if self.recipe.is_empty() {
            "shop/fulfilment?seed=7".clone_into(&mut self.recipe);
        }
        self.wants_start = false;
        self.has_focus = false;
    }

    /// Whether everything it asked for is there.
    pub fn is_settled(&self) -> bool {
        !self.domain.is_busy()
    }

    fn source(&self) -> Source {
        if self.is_file {
            return Source::File(path_of(&self.file));
        }
        let name = self.recipe.split(['/', '?']).next().unwrap_or_default().trim();
        Source::BuiltIn(name.to_owned())
    }
}

/// What can be said of the text by now.
enum Said {
    /// It can be run.
    Ready(Box<SimRequest>),
    /// What is wrong, all of it.
    Wrong(String),
    /// The domain is being read.
    Reading,
    /// Nothing was typed yet.
    Nothing(&'static str),
}

fn look(app: &App) -> (Option<Arc<Domain>>, Said) {
    let form = &app.panels.simulate;
    let source = form.source();
    if form.is_file && form.file.trim().is_empty() {
        return (None, Said::Nothing("Type or paste the path of a domain file; it is only read"));
    }
    if let Source::BuiltIn(name) = &source
        && BuiltIn::named(name).is_none()
    {
        let names: Vec<&str> = BUILT_IN.iter().map(|built_in| built_in.name).collect();
        let words = format!(
            "There is no built-in domain \"{name}\". Built in are {}; for others choose \"Domain file\".",
            names.join(", ")
        );
        return (None, Said::Wrong(words));
    }
    let asked = source.clone();
    form.domain.ask(app.engine.workers(), &source, move |_, _| {
        Some(match &asked {
            Source::BuiltIn(name) => open_domain(name).map_err(|error| error.to_string()),
            Source::File(path) => open_domain_file(path).map_err(|error| error.to_string()),
        })
    });
    let Some(answer) = form.domain.answer_to(&source) else { return (None, Said::Reading) };
    let domain = match &answer.result {
        Ok(Ok(domain)) => Arc::clone(domain),
        Ok(Err(problem)) => return (None, Said::Wrong(problem.clone())),
        Err(panic) => return (None, Said::Wrong(panic.clone())),
    };
    let said = match checked(&form.recipe, &domain) {
        Ok(recipe) => Said::Ready(Box::new(SimRequest {
            domain: Arc::clone(&domain),
            recipe,
            start: SimStart::Beginning,
        })),
        Err(problem) => Said::Wrong(problem),
    };
    (Some(domain), said)
}

fn checked(text: &str, domain: &Domain) -> Result<Recipe, String> {
    let recipe = Recipe::parse(text.trim()).map_err(|error| error.to_string())?;
    recipe.check(domain).map_err(|errors| errors.to_string())
}

/// Draws it.
pub fn simulate_ui(app: &mut App, ui: &mut Ui) {
    let mut close = false;
    let mut begun: Option<Command> = None;
    let (domain, said) = look(app);
    let closed = modal(ui.ctx(), "simulate", 640.0, ModalPlace::Top, |ui| {
        page(ui, |ui| {
            let t = tokens(ui);
            Line::new().piece("Simulate a saga", heading(), t.text).show(ui);
            ui.add_space(4.0);
            paragraph(
                ui,
                "A saga of a system runs message by message on a virtual clock. What goes wrong, you choose there.",
                caption(),
                t.muted,
            );
            ui.add_space(14.0);
            let form = &mut app.panels.simulate;
            system_ui(form, &t, ui);
            sagas_ui(form, domain.as_deref(), &t, ui);
            numbers_ui(form, &t, ui);
            let entered = recipe_ui(form, &t, ui);
            form.wants_start |= entered;
            ui.add_space(8.0);
            said_ui(&said, &t, ui);
            ui.add_space(12.0);
            let can_start = matches!(said, Said::Ready(_));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let start = ui
                    .add(Button::primary("Simulate").label("Begin the simulation").enabled(can_start))
                    .clicked();
                if (start || form.wants_start)
                    && let Said::Ready(request) = &said
                {
                    begun = Some(SimulationCommand::Begin(request.clone()).into());
                }
                close |= ui.add(Button::new("Cancel")).clicked();
            });
            if !matches!(said, Said::Reading) {
                form.wants_start = false;
            }
        });
    });
    if let Some(command) = begun {
        app.commands.send(command);
        close = true;
    }
    if close || closed {
        app.overlay = None;
    }
}

/// A row with its name at the left.
fn row<R>(ui: &mut Ui, t: &Tokens, name: &str, content: impl FnOnce(&mut Ui) -> R) -> R {
    let inner = ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let (rect, _) = ui.allocate_exact_size(egui::vec2(78.0, 26.0), egui::Sense::hover());
        Line::new().piece(name, body(), t.muted).paint(ui.painter(), rect);
        content(ui)
    });
    ui.add_space(8.0);
    inner.inner
}

fn system_ui(form: &mut Simulate, t: &Tokens, ui: &mut Ui) {
    row(ui, t, "System", |ui| {
        let chosen = form.recipe.split('/').next().unwrap_or_default().to_owned();
        for built_in in BUILT_IN {
            let on = !form.is_file && chosen == built_in.name;
            if ui.add(Button::new(built_in.title).selected(on)).on_hover_text(built_in.about).clicked() {
                form.is_file = false;
                let saga =
                    built_in.text.lines().find_map(|line| line.strip_prefix("[saga.")?.strip_suffix(']'));
                change(form, |recipe| {
                    *recipe =
                        Recipe { seed: recipe.seed, ..Recipe::new(built_in.name, saga.unwrap_or("saga")) }
                });
            }
        }
        let about = "A system of your own, described in a domain file";
        if ui.add(Button::new("Domain file").selected(form.is_file)).on_hover_text(about).clicked() {
            form.is_file = true;
        }
    });
    if form.is_file {
        row(ui, t, "File", |ui| {
            field(ui, &mut form.file, "Path of a domain file", "/home/me/shop.domain.toml", f32::INFINITY);
        });
    }
}

/// Changes the recipe that is typed; one that cannot be read begins anew.
fn change(form: &mut Simulate, change: impl FnOnce(&mut Recipe)) {
    let mut recipe =
        Recipe::parse(form.recipe.trim()).unwrap_or_else(|_unreadable| Recipe::new("shop", "fulfilment"));
    change(&mut recipe);
    form.recipe = recipe.to_string();
}

fn sagas_ui(form: &mut Simulate, domain: Option<&Domain>, t: &Tokens, ui: &mut Ui) {
    row(ui, t, "Saga", |ui| {
        let chosen = Recipe::parse(form.recipe.trim()).map(|recipe| (recipe.domain, recipe.saga)).ok();
        let Some(domain) = domain else {
            Line::new().caption("The system is not known yet", t.faint).show(ui);
            return;
        };
        ui.horizontal_wrapped(|ui| {
            for saga in &domain.sagas {
                let on =
                    chosen.as_ref().is_some_and(|(of, name)| **of == *domain.name && **name == *saga.name);
                let style = match saga.style {
                    SagaStyle::Orchestration => "with an orchestrator",
                    SagaStyle::Choreography => "without a coordinator",
                };
                let about = format!("{}\n{} steps, {style}", saga.about, saga.steps.len());
                if ui.add(Button::new(&saga.name).selected(on)).on_hover_text(about).clicked() {
                    let (of, name) = (domain.name.to_string(), saga.name.to_string());
                    change(form, |recipe| {
                        // Faults name steps of the other saga.
                        let (seed, sagas, every) = (recipe.seed, recipe.sagas, recipe.every);
                        *recipe = Recipe { seed, sagas, every, ..Recipe::new(of, name) };
                    });
                }
            }
        });
    });
}

fn numbers_ui(form: &mut Simulate, t: &Tokens, ui: &mut Ui) {
    let Ok(recipe) = Recipe::parse(form.recipe.trim()) else { return };
    row(ui, t, "Seed", |ui| {
        let mut seed = recipe.seed;
        let drag = ui.add(egui::DragValue::new(&mut seed).speed(0.1));
        drag.widget_info(|| egui::WidgetInfo::labeled(egui::Role::SpinButton, true, "Seed"));
        if drag.on_hover_text("Every draw follows from it: amounts, latencies, jitter").changed() {
            change(form, |recipe| recipe.seed = seed);
        }
        ui.add_space(12.0);
        Line::new().piece("Sagas", body(), t.muted).show(ui);
        let mut sagas = recipe.sagas;
        let drag = ui.add(egui::DragValue::new(&mut sagas).range(1..=100_000).speed(0.1));
        drag.widget_info(|| egui::WidgetInfo::labeled(egui::Role::SpinButton, true, "Sagas"));
        if drag.on_hover_text("How many run").changed() {
            change(form, |recipe| recipe.sagas = sagas);
        }
        if recipe.sagas > 1 {
            arrival_ui(form, &recipe, t, ui);
        }
    });
}

/// How fast they come: one every so many milliseconds, and what that is in a second.
fn arrival_ui(form: &mut Simulate, recipe: &Recipe, t: &Tokens, ui: &mut Ui) {
    ui.add_space(12.0);
    Line::new().piece("one every", body(), t.muted).show(ui);
    let every = recipe.arrival();
    let mut millis = every.0 as f64 / 1_000.0;
    let drag = egui::DragValue::new(&mut millis).range(0.0..=EVERY_MAX_MS);
    // What a recipe says stays, be it more than can be dragged to.
    let drag = drag.clamp_existing_to_range(false).max_decimals(3).suffix(" ms");
    let drag = ui.add(drag.speed(1.0));
    drag.widget_info(|| egui::WidgetInfo::labeled(egui::Role::SpinButton, true, "One every"));
    let about = "Time between the starts of two sagas, in the virtual time of the run: every= in the recipe";
    if drag.on_hover_text(about).changed() {
        let every = Ticks((millis * 1_000.0).round() as u64);
        change(form, |recipe| recipe.every = Some(every).filter(|every| *every != Recipe::EVERY));
    }
    let rate = match every.0 {
        0 => "all at once".to_owned(),
        1..=100_000_000 => format!("{} a second", rate(every)),
        _ => format!("one in {}", span(i64::try_from(every.0).unwrap_or(i64::MAX).saturating_mul(1_000))),
    };
    Line::new().caption(&rate, t.muted).show(ui);
}

/// "10", "0.4": how many begin in a second.
fn rate(every: Ticks) -> String {
    let hundredths = 100_000_000 / every.0.max(1);
    let (whole, part) = (hundredths / 100, hundredths % 100);
    match (part, part % 10) {
        (0, _) => thousands(whole),
        (_, 0) => format!("{}.{}", thousands(whole), part / 10),
        _ => format!("{}.{part:02}", thousands(whole)),
    }
}

fn recipe_ui(form: &mut Simulate, t: &Tokens, ui: &mut Ui) -> bool {
    let mut entered = false;
    row(ui, t, "Recipe", |ui| {
        let response = field(
            ui,
            &mut form.recipe,
            "Recipe",
            "shop/fulfilment?seed=7&fault=process-payment:lost",
            f32::INFINITY,
        );
        if response.changed() {
            form.wants_start = false;
        }
        entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        if !form.has_focus || entered {
            response.request_focus();
            form.has_focus = true;
        }
    });
    entered
}

fn said_ui(said: &Said, t: &Tokens, ui: &mut Ui) {
    ui.scope(|ui| {
        ui.set_min_height(18.0);
        match said {
            Said::Ready(request) => {
                let saga = request.domain.saga(&request.recipe.saga);
                let about = saga.map_or("", |saga| &*saga.about);
                paragraph(ui, about, caption(), t.muted);
            }
            Said::Wrong(problem) => {
                problem_ui(ui, t, problem);
            }
            Said::Reading => paragraph(ui, "Reading the domain file", caption(), t.muted),
            Said::Nothing(words) => paragraph(ui, words, caption(), t.muted),
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_of_arrival_is_said_to_the_hundredth() {
        for (millis, said) in
            [(100, "10"), (1_000, "1"), (2_500, "0.4"), (300, "3.33"), (60_000, "0.01"), (8, "125")]
        {
            assert_eq!(rate(Ticks::from_millis(millis)), said, "{millis} ms");
        }
    }
}
