//! The view "saga": one saga in full, that of the selected event. Its events in three columns on one line: what came
//! in, what it changed, what went out; what is still to come, outlined; the ledger beside. What has not happened as
//! of the playhead is dimmed. Finding sagas is the engine's matter, their list that of the view "sagas".

mod below;
mod columns;
mod groups;
mod ledger;
mod rows;

use std::sync::Arc;

use egui::{Align, Layout, Rect, Sense, Stroke, Ui, UiBuilder, pos2, vec2};

use self::groups::Groups;
use super::actions::{Action, actions_ui};
use super::sagas::sagas_ui;
use super::sagas::table::step_look;
use crate::model::Row;
use crate::saga::mermaid::DIAGRAMS;
use crate::saga::pictures::PICTURES;
use crate::saga::svg::Palette;
use crate::saga::{Page, Summary, Survey, text};
use crate::ui::app::navigation::StepList;
use crate::ui::app::sagas::{PageOf, Sagas, ShownSaga};
use crate::ui::command::WindowCommand;
use crate::ui::format::{middle, one_line, saga_look, span};
use crate::ui::icons::Icon;
use crate::ui::theme::{PAD, Tokens, heading};
use crate::ui::view::{Around, View, ViewClass, ViewContext};
use crate::ui::widgets::{Button, Line, chip, failed, loading};

/// Its entry in the registry.
pub static CLASS: ViewClass = ViewClass {
    id: "saga",
    title: "Saga",
    about: "One saga: what came in, what it changed, what went out, what is owed",
    icon: Icon::Branch,
    around: Around::Log,
    fills: true,
    make: || Box::<SagaView>::default(),
};

/// Height of the head, and of the steps below it.
const HEAD: f32 = 44.0;
const STEPS: f32 = 30.0;
/// Room for what can be done with the saga, where there is little.
const MORE: f32 = 34.0;
/// Size of a PNG that is saved from the menu: sharp in print.
const PNG_PERCENT: u16 = 200;
/// From this width on the ledger is beside the events.
const WIDE: f32 = 720.0;
const LEDGER: f32 = 264.0;
/// The ledger beside much room, and how much is left before it ends.
const LEDGER_WIDE: f32 = 360.0;
const LEFT_OVER: f32 = 160.0;
/// The ledger beside little room, and below which width that is.
const LEDGER_NARROW: f32 = 204.0;
const ROOMY: f32 = 900.0;

#[derive(Default)]
struct SagaView {
    saga: ShownSaga,
    /// Whether the selected event belongs to the saga that is shown.
    is_of_event: bool,
    /// What a runtime recorded beside what happened is shown too.
    shows_facts: bool,
    groups: Groups,
    rows: rows::Rows,
    past: Past,
}

/// The saga as of the playhead.
#[derive(Default)]
enum Past {
    /// Everything of it has happened.
    #[default]
    End,
    /// It had come so far.
    Page(Arc<Page>),
    /// Nothing of it had happened.
    NotBegun,
}

impl Past {
    fn take(&mut self) -> Self {
        std::mem::take(self)
    }
}

/// The saga at `at` as of the playhead. While it is being judged anew, what was shown `before` stays.
fn past(context: &ViewContext<'_>, sagas: &Sagas, at: usize, before: Past) -> Past {
    let log = context.log();
    let last = sagas.survey.instances.list()[sagas.survey.sagas[at].instance].last();
    let moment = context.navigation.playhead_row(log);
    if !context.navigation.is_in_past(log) {
        return Past::End;
    }
    let Ok(then) = context.document.sagas_at_playhead(context.engine, context.navigation) else {
        return before;
    };
    if then.key.as_of != moment {
        return before;
    }
    match then.place_of(&sagas.survey, at) {
        None => Past::NotBegun,
        Some(_)
            if !context.navigation.is_later(log, last)
                && then.survey.moment.now == sagas.survey.moment.now =>
        {
            Past::End
        }
        Some(at) => match context.document.saga_page(context.engine, PageOf::Past, &then, at) {
            Some(Ok(page)) => Past::Page(page),
            _ => before,
        },
    }
}

/// Where events and ledger stand.
struct Places {
    events: Rect,
    ledger: Option<Rect>,
}

/// The ledger stands beside the events, which take no more than `wish`: in much room the eye has no way to go.
fn places(all: Rect, wish: f32) -> Places {
    if all.width() < WIDE {
        return Places { events: all, ledger: None };
    }
    let least = if all.width() >= ROOMY { LEDGER } else { LEDGER_NARROW };
    let split = (all.left() + wish).min(all.right() - least).round();
    let right = all.right().min(split + LEDGER_WIDE);
    // A little that is left over is the ledger's too.
    let right = if all.right() - right < LEFT_OVER { all.right() } else { right };
    Places { events: all.with_max_x(split), ledger: Some(all.with_min_x(split + 1.0).with_max_x(right)) }
}

/// What is drawn.
struct Scene<'a> {
    context: &'a ViewContext<'a>,
    survey: &'a Survey,
    /// The saga as far as the log goes.
    page: &'a Page,
    /// The saga as of the playhead; `None` where it had not begun.
    now: Option<&'a Page>,
    /// Events of the log that have happened as of the playhead.
    rank: u64,
}

impl Scene<'_> {
    fn has_happened(&self, row: Row) -> bool {
        self.context.log().rank_of(row) <= self.rank
    }
}

impl View for SagaView {
    fn ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui) {
        ui.spacing_mut().item_spacing.y = 0.0;
        let Some(sagas) = sagas_ui(context, ui) else { return };
        let Some(at) = self.saga.shown(context, &sagas) else { return };
        let found = self.saga.found(context, &sagas).to_vec();
        self.is_of_event = !found.is_empty();
        let page = match context.document.saga_page(context.engine, PageOf::Shown, &sagas, at) {
            None => {
                loading(ui, "Reading the saga", None, "");
                return;
            }
            Some(Err(defect)) => {
                let why = format!("Because of a defect in Sagascope: {defect}");
                failed(ui, "The saga cannot be shown", &why, "", "", None);
                return;
            }
            Some(Ok(page)) => page,
        };
        let rank = context.navigation.playhead_rank(context.log());
        let then = past(context, &sagas, at, self.past.take());
        let now = match &then {
            Past::End => Some(&*page),
            Past::Page(page) => Some(&**page),
            Past::NotBegun => None,
        };
        let scene = Scene { context, survey: &sagas.survey, page: &page, now, rank };
        let groups = self.groups.of(&page, self.shows_facts);
        self.head_ui(&scene, &found, at, ui);
        if !page.summary.steps.is_empty() {
            steps_ui(&scene, ui);
        }
        let all = ui.available_rect_before_wrap();
        let wish = self.rows.wish(&scene, &groups, ui);
        let places = places(all, wish);
        let mut events = ui.new_child(UiBuilder::new().max_rect(places.events).id_salt("events"));
        events.set_clip_rect(places.events.intersect(ui.clip_rect()));
        if let Some(opened) = self.rows.ui(&scene, &groups, &mut events) {
            self.groups.toggle(opened);
        }
        if let Some(place) = places.ledger {
            let stroke = Stroke::new(1.0, context.tokens.line);
            ui.painter().vline(place.left() - 0.5, all.y_range(), stroke);
            if place.right() < all.right() {
                ui.painter().vline(place.right() + 0.5, all.y_range(), stroke);
            }
            let mut side = ui.new_child(UiBuilder::new().max_rect(place).id_salt("ledger"));
            side.set_clip_rect(place.intersect(ui.clip_rect()));
            ledger::ledger_ui(&scene, &mut side);
        }
        self.past = then;
        ui.advance_cursor_after_rect(all);
    }

    fn step_list(&self, _context: &ViewContext<'_>) -> StepList {
        // An event that is in no saga has no list of its own.
        if self.is_of_event { StepList::Correlation } else { StepList::Filtered }
    }
}

/// What can be done with a saga.
#[derive(Clone, Copy)]
enum Act {
    CopyText,
    /// By their places in the lists of diagrams and pictures.
    CopyMermaid(usize),
    SaveSvg(usize),
    SavePng(usize),
    ToggleFacts,
}

fn actions(shows_facts: bool) -> [Action<'static, Act>; 4] {
    let diagrams = DIAGRAMS.iter().enumerate();
    let mermaid = diagrams
        .map(|(at, diagram)| {
            (format!("Copy {} as Mermaid", diagram.title.to_lowercase()), Act::CopyMermaid(at))
        })
        .collect();
    let pictures = || PICTURES.iter().enumerate();
    let svg = pictures().map(|(at, picture)| (format!("Save {} as SVG…", picture.name), Act::SaveSvg(at)));
    let png = pictures().map(|(at, picture)| (format!("Save {} as PNG…", picture.name), Act::SavePng(at)));
    [
        Action {
            words: "Copy as text",
            icon: Some(Icon::Copy),
            about: "Copy the saga as text",
            choices: vec![("Copy as text".to_owned(), Act::CopyText)],
            is_on: false,
            enabled: true,
        },
        Action {
            words: "Save",
            icon: None,
            about: "Save a picture of the saga",
            choices: svg.chain(png).collect(),
            is_on: false,
            enabled: true,
        },
        Action {
            words: "Mermaid",
            icon: None,
            about: "Copy a diagram of the saga as Mermaid text",
            choices: mermaid,
            is_on: false,
            enabled: true,
        },
        Action {
            words: "Recorded facts",
            icon: None,
            about: "Facts such as saga.step_started, beside what the aggregates did",
            choices: vec![("Show what the runtime recorded".to_owned(), Act::ToggleFacts)],
            is_on: shows_facts,
            enabled: true,
        },
    ]
}

impl SagaView {
    fn head_ui(&mut self, scene: &Scene<'_>, found: &[usize], at: usize, ui: &mut Ui) {
        let t = scene.context.tokens;
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEAD), Sense::hover());
        ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.line));
        let inner = rect.shrink2(vec2(PAD, 0.0));
        let layout = Layout::left_to_right(Align::Center);
        // Room for "…" stays in any case.
        let words = inner.with_max_x(inner.right() - MORE);
        let mut bar = ui.new_child(UiBuilder::new().max_rect(words).layout(layout).id_salt("head"));
        bar.spacing_mut().item_spacing.x = 8.0;
        head_words_ui(scene, t, &mut bar);
        if found.len() > 1 {
            let place = found.iter().position(|known| *known == at).unwrap_or(0);
            let words = format!("{} of {}", place + 1, found.len());
            let button = Button::new(&words).label("Show the next saga of this event");
            if bar.add(button).on_hover_text("The selected event belongs to several sagas").clicked() {
                self.saga.choose(found[(place + 1) % found.len()]);
            }
        }
        let left = (bar.min_rect().right() + 12.0).min(inner.right() - MORE);
        let actions = actions(self.shows_facts);
        let shown = actions.len() - usize::from(!self.groups.has_facts);
        let more = "More: copy, save, what is shown";
        if let (Some(act), _) = actions_ui(ui, inner.with_min_x(left), &actions[..shown], more) {
            self.apply(scene, ui, act);
        }
    }

    fn apply(&mut self, scene: &Scene<'_>, ui: &Ui, act: Act) {
        let Scene { context, survey, page, .. } = *scene;
        let log = context.log();
        let palette = if ui.visuals().dark_mode { Palette::DARK } else { Palette::LIGHT };
        let name = |picture: &str, kind: &str| format!("{}-{picture}.{kind}", file_part(&page.title));
        match act {
            Act::CopyText => {
                context.send(WindowCommand::Copy(text::lines(log, survey, page).join("\n")));
            }
            Act::CopyMermaid(at) => {
                context.send(WindowCommand::Copy(DIAGRAMS[at].mermaid(log, survey, page)));
            }
            Act::SaveSvg(at) => {
                let text = PICTURES[at].svg(log, survey, page, &palette);
                context.send(WindowCommand::SaveText { name: name(PICTURES[at].name, "svg"), text });
            }
            Act::SavePng(at) => {
                let drawing = Arc::new(PICTURES[at].draw(log, survey, page, &palette));
                let name = name(PICTURES[at].name, "png");
                context.send(WindowCommand::SavePicture { name, drawing, percent: PNG_PERCENT });
            }
            Act::ToggleFacts => self.shows_facts = !self.shows_facts,
        }
    }
}

/// Id, definition, how it stands.
fn head_words_ui(scene: &Scene<'_>, t: &Tokens, ui: &mut Ui) {
    let summary = scene.now.map_or(&scene.page.summary, |now| &now.summary);
    // A long id leaves room for how the saga stands.
    let letters = (ui.available_width() * 0.3 / 9.0).max(8.0) as usize;
    let title = one_line(&scene.page.title);
    let shown = Line::new().piece(&middle(&title, letters), heading(), t.text).show(ui);
    shown.on_hover_text(title);
    if scene.now.is_none() {
        Line::new().strong("not begun as of the playhead", t.past).show(ui);
        return;
    }
    outcome_ui(summary, t, ui);
    let definition = summary.definition.as_deref().map_or_else(|| "inferred".to_owned(), one_line);
    chip(ui, &definition);
    let mut line = Line::new().caption(&format!("took {}", span(summary.duration)), t.muted);
    if !summary.outcome.is_end() && summary.silence > 0 {
        line = line.caption(&format!(", quiet for {}", span(summary.silence)), t.muted);
    }
    line.show(ui);
}

/// Glyph and word of how a saga stands, and how sure that is.
pub(super) fn outcome_ui(summary: &Summary, t: &Tokens, ui: &mut Ui) {
    let outcome = t.outcome(saga_look(summary.outcome));
    let (square, _) = ui.allocate_exact_size(vec2(12.0, 12.0), Sense::hover());
    outcome.outcome.icon().paint(ui.painter(), square, outcome.color);
    let sure = if summary.confidence.is_inferred() {
        format!(", {} % sure", summary.confidence.0 / 10)
    } else {
        String::new()
    };
    let line = Line::new().strong(outcome.outcome.word(), outcome.color);
    if sure.is_empty() { line } else { line.caption(&sure, t.faint) }.show(ui);
}

/// Every step with its state and attempts, in order.
fn steps_ui(scene: &Scene<'_>, ui: &mut Ui) {
    let t = scene.context.tokens;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), STEPS), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.line));
    let mut x = rect.left() + PAD;
    for step in scene.now.map_or(&[][..], |now| &now.summary.steps) {
        let attempts = match (step.attempts, step.undo_attempts) {
            (0 | 1, 0 | 1) => String::new(),
            (tries, 0 | 1) => format!(" ×{tries}"),
            (tries, undos) => format!(" ×{tries}, undo ×{undos}"),
        };
        let state = step.state.name().replace('-', " ");
        let middle = pos2(x + 6.0, rect.center().y);
        let color = if let Some(look) = step_look(step.state).map(|look| t.outcome(look)) {
            let square = Rect::from_center_size(middle, vec2(12.0, 12.0));
            look.outcome.icon().paint(ui.painter(), square, look.color);
            look.color
        } else {
            ui.painter().circle_stroke(middle, 4.0, Stroke::new(1.0, t.line_strong));
            t.faint
        };
        let line = Line::new().caption(&one_line(&step.name), color).mono_small(&attempts, t.muted);
        let place = rect.with_min_x(x + 16.0).with_max_x(rect.right() - PAD);
        let width = line.width(ui.painter());
        let area = Rect::from_min_size(pos2(x, rect.top()), vec2(width + 16.0, rect.height()));
        let label = format!("step {}, {state}{attempts}", one_line(&step.name));
        let id = ui.scope_id().with(("step", &*step.name));
        crate::ui::widgets::node(ui, area, id, Sense::hover(), egui::Role::Label, &label)
            .on_hover_text(format!("{}: {state}{attempts}", one_line(&step.name)));
        line.paint(ui.painter(), place);
        x += width + 34.0;
        if x > rect.right() - 60.0 {
            break;
        }
    }
}

/// What of a title can stand in the name of a file.
fn file_part(title: &str) -> String {
    let safe = |letter: char| {
        if letter.is_alphanumeric() || "-_.".contains(letter) { letter } else { '_' }
    };
    title.chars().take(80).map(safe).collect()
}
