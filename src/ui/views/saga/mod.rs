//! The view "saga": one saga in full, that of the selected event. Its events in three columns on one line: what came
//! in, what it changed, what went out; what is still to come, outlined; the ledger beside. What has not happened as
//! of the playhead is dimmed. Finding sagas is the engine's matter, their list that of the view "sagas".

mod groups;
mod ledger;
mod rows;

use std::sync::Arc;

use egui::{
    Align, Layout, Popup, PopupCloseBehavior, Rect, RectAlign, Sense, Stroke, Ui, UiBuilder, pos2, vec2,
};

use self::groups::Groups;
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
use crate::ui::widgets::blocks::note;
use crate::ui::widgets::{Button, Line, chip, failed, loading, separator, switch};

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
/// Size of a PNG that is saved from the menu: sharp in print.
const PNG_PERCENT: u16 = 200;
/// From this width on the ledger is beside the events.
const WIDE: f32 = 720.0;
const LEDGER: f32 = 264.0;
/// The ledger beside little room, and below which width that is.
const LEDGER_NARROW: f32 = 216.0;
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
        self.head_ui(&scene, &found, at, ui);
        if !page.summary.steps.is_empty() {
            steps_ui(&scene, ui);
        }
        let groups = self.groups.of(&page, self.shows_facts);
        let all = ui.available_rect_before_wrap();
        let ledger = if all.width() >= ROOMY { LEDGER } else { LEDGER_NARROW };
        let split = if all.width() >= WIDE { all.right() - ledger } else { all.right() };
        let mut events = ui.new_child(UiBuilder::new().max_rect(all.with_max_x(split)).id_salt("events"));
        events.set_clip_rect(all.with_max_x(split).intersect(ui.clip_rect()));
        if let Some(opened) = self.rows.ui(&scene, &groups, &mut events) {
            self.groups.toggle(opened);
        }
        if split < all.right() {
            ui.painter().vline(split + 0.5, all.y_range(), Stroke::new(1.0, context.tokens.line));
            let place = all.with_min_x(split + 1.0);
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

impl SagaView {
    fn head_ui(&mut self, scene: &Scene<'_>, found: &[usize], at: usize, ui: &mut Ui) {
        let t = scene.context.tokens;
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEAD), Sense::hover());
        ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.line));
        let inner = rect.shrink2(vec2(PAD, 0.0));
        let layout = Layout::right_to_left(Align::Center);
        let mut bar = ui.new_child(UiBuilder::new().max_rect(inner).layout(layout).id_salt("head"));
        bar.spacing_mut().item_spacing.x = 8.0;
        self.more_ui(scene, &mut bar);
        if found.len() > 1 {
            let place = found.iter().position(|known| *known == at).unwrap_or(0);
            let words = format!("{} of {}", place + 1, found.len());
            let button = Button::new(&words).label("Show the next saga of this event");
            if bar.add(button).on_hover_text("The selected event belongs to several sagas").clicked() {
                self.saga.choose(found[(place + 1) % found.len()]);
            }
        }
        bar.with_layout(Layout::left_to_right(Align::Center), |ui| head_words_ui(scene, t, ui));
    }

    /// Copying, saving, and what is shown.
    fn more_ui(&mut self, scene: &Scene<'_>, ui: &mut Ui) {
        let button = ui.add(Button::ghost("…").label("More: copy, save, what is shown"));
        let close = PopupCloseBehavior::CloseOnClickOutside;
        Popup::menu(&button).close_behavior(close).gap(4.0).align(RectAlign::BOTTOM_END).show(|ui| {
            ui.set_width(260.0);
            let Scene { context, survey, page, .. } = *scene;
            if ui.button("Copy as text").clicked() {
                let lines = text::lines(context.log(), survey, page);
                context.send(WindowCommand::Copy(lines.join("\n")));
                ui.close();
            }
            for diagram in DIAGRAMS {
                let words = format!("Copy {} as Mermaid", diagram.title.to_lowercase());
                if ui.button(words).clicked() {
                    context.send(WindowCommand::Copy(diagram.mermaid(context.log(), survey, page)));
                    ui.close();
                }
            }
            separator(ui);
            for picture in PICTURES {
                if ui.button(format!("Save {} as SVG…", picture.name)).clicked() {
                    let palette = if ui.visuals().dark_mode { Palette::DARK } else { Palette::LIGHT };
                    let text = picture.svg(context.log(), survey, page, &palette);
                    let name = format!("{}-{}.svg", file_part(&page.title), picture.name);
                    context.send(WindowCommand::SaveText { name, text });
                    ui.close();
                }
            }
            for picture in PICTURES {
                if ui.button(format!("Save {} as PNG…", picture.name)).clicked() {
                    let palette = if ui.visuals().dark_mode { Palette::DARK } else { Palette::LIGHT };
                    let drawing = Arc::new(picture.draw(context.log(), survey, page, &palette));
                    let name = format!("{}-{}.png", file_part(&page.title), picture.name);
                    context.send(WindowCommand::SavePicture { name, drawing, percent: PNG_PERCENT });
                    ui.close();
                }
            }
            separator(ui);
            ui.horizontal(|ui| {
                switch(ui, &mut self.shows_facts, "Show what the runtime recorded");
                ui.label("Show what the runtime recorded");
            });
            note(ui, "Facts such as saga.step_started, beside what the aggregates did");
        });
        button.on_hover_text("Copy or save the saga, and what is shown");
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
