//! "Domain of this log…": the domain file by whose rules the open log is read, from then on. Nothing is written.

use std::sync::Arc;

use egui::{Key, Ui};

use super::dialogs::{field, page, paragraph, problem_ui};
use crate::base::text::thousands;
use crate::domain::{BUILT_IN, Domain};
use crate::engine::{Latest, open_domain, path_of};
use crate::ui::app::App;
use crate::ui::command::DocumentCommand;
use crate::ui::theme::{Tokens, body, caption, heading, tokens};
use crate::ui::widgets::{Button, Line, ModalPlace, modal};

/// What is typed, and what is known of it.
#[derive(Default)]
pub struct DomainForm {
    /// Name of a built-in domain, or a path.
    which: String,
    found: Latest<Asked, Result<Found, String>>,
    wants_use: bool,
    has_focus: bool,
}

/// A domain for a log.
#[derive(Clone, Debug, PartialEq)]
struct Asked {
    which: String,
    generation: u64,
}

/// A domain, and how much of the log it knows.
#[derive(Clone, Debug)]
struct Found {
    domain: Arc<Domain>,
    /// Streams that are an aggregate's.
    known: u64,
    streams: u64,
}

impl DomainForm {
    /// The dialog was opened.
    pub fn opened(&mut self) {
        self.which.clear();
        self.found.clear();
        self.wants_use = false;
        self.has_focus = false;
    }

    /// Whether everything it asked for is there.
    pub fn is_settled(&self) -> bool {
        !self.found.is_busy()
    }
}

/// What can be said of the text by now.
enum Said {
    Ready(Found),
    Wrong(String),
    Reading,
    Nothing,
}

fn look(app: &App) -> Said {
    let form = &app.panels.domain;
    let (which, Some(document)) = (form.which.trim(), &app.document) else { return Said::Nothing };
    if which.is_empty() {
        return Said::Nothing;
    }
    let which = if BUILT_IN.iter().any(|built_in| built_in.name == which) {
        which.to_owned()
    } else {
        path_of(which).to_string_lossy().into_owned()
    };
    let asked = Asked { which: which.clone(), generation: document.log().generation() };
    let log = document.open.log.clone();
    form.found.ask(app.engine.workers(), &asked, move |cancel, _| {
        let domain = match open_domain(&which) {
            Ok(domain) => domain,
            Err(error) => return Some(Err(error.to_string())),
        };
        let mut known = 0;
        for stream in log.streams().iter() {
            if cancel.is_cancelled() {
                return None;
            }
            let name = stream.name();
            known +=
                u64::from(domain.aggregate_of_stream(name.aggregate_type.as_deref(), &name.id).is_some());
        }
        Some(Ok(Found { domain, known, streams: log.streams().len() as u64 }))
    });
    match form.found.answer_to(&asked) {
        None => Said::Reading,
        Some(answer) => match &answer.result {
            Ok(Ok(found)) => Said::Ready(found.clone()),
            Ok(Err(problem)) => Said::Wrong(problem.clone()),
            Err(panic) => Said::Wrong(panic.clone()),
        },
    }
}

/// Draws it.
pub fn domain_ui(app: &mut App, ui: &mut Ui) {
    let mut close = false;
    let mut chosen = None;
    let said = look(app);
    let has_domain = app.document.as_ref().is_some_and(|document| document.domain().is_some());
    let closed = modal(ui.ctx(), "domain", 600.0, ModalPlace::Top, |ui| {
        page(ui, |ui| {
            let t = tokens(ui);
            Line::new().piece("Domain of this log", heading(), t.text).show(ui);
            ui.add_space(4.0);
            paragraph(
                ui,
                "A domain file says what the events of a system mean. Replays then follow its rules; streams that it does not know are merged as before.",
                caption(),
                t.muted,
            );
            ui.add_space(14.0);
            let form = &mut app.panels.domain;
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 6.0;
                Line::new().piece("Built in", body(), t.muted).show(ui);
                ui.add_space(12.0);
                for built_in in BUILT_IN {
                    let on = form.which.trim() == built_in.name;
                    if ui
                        .add(Button::new(built_in.title).selected(on))
                        .on_hover_text(built_in.about)
                        .clicked()
                    {
                        built_in.name.clone_into(&mut form.which);
                        form.wants_use = false;
                    }
                }
            });
            ui.add_space(8.0);
            form.wants_use |= field_ui(form, ui);
            ui.add_space(8.0);
            said_ui(&said, &t, ui);
            ui.add_space(12.0);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let can_use = matches!(said, Said::Ready(_));
                let pressed =
                    ui.add(Button::primary("Use").label("Use this domain").enabled(can_use)).clicked();
                if (pressed || form.wants_use)
                    && let Said::Ready(found) = &said
                {
                    chosen = Some(DocumentCommand::UseDomain(Some(Arc::clone(&found.domain))));
                }
                if has_domain && ui.add(Button::new("Use none")).clicked() {
                    chosen = Some(DocumentCommand::UseDomain(None));
                }
                close |= ui.add(Button::new("Cancel")).clicked();
            });
            if !matches!(said, Said::Reading) {
                form.wants_use = false;
            }
        });
    });
    if let Some(command) = chosen {
        app.commands.send(command);
        close = true;
    }
    if close || closed {
        app.overlay = None;
    }
}

/// The field; true when Enter was pressed in it.
fn field_ui(form: &mut DomainForm, ui: &mut Ui) -> bool {
    let label = "Path of a domain file";
    let response = field(ui, &mut form.which, label, "/home/me/shop.domain.toml", f32::INFINITY);
    if response.changed() {
        form.wants_use = false;
    }
    let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    if !form.has_focus || entered {
        response.request_focus();
        form.has_focus = true;
    }
    entered
}

fn said_ui(said: &Said, t: &Tokens, ui: &mut Ui) {
    ui.scope(|ui| {
        ui.set_min_height(18.0);
        match said {
            Said::Ready(Found { domain, known: 0, .. }) => {
                let words = format!("{} knows none of the streams of this log", domain.name);
                paragraph(ui, &words, caption(), t.changed());
            }
            Said::Ready(Found { domain, known, streams }) => {
                let words =
                    format!("{} knows {} of {} streams", domain.name, thousands(*known), thousands(*streams));
                paragraph(ui, &words, caption(), t.muted);
            }
            Said::Wrong(problem) => {
                problem_ui(ui, t, problem);
            }
            Said::Reading => paragraph(ui, "Reading the domain file", caption(), t.muted),
            Said::Nothing => {
                paragraph(ui, "Choose a built-in one, or type or paste a path", caption(), t.muted);
            }
        }
    });
}
