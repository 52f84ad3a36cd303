//! The navigator: bookmarks, streams by group, types and sources of the whole log, to find one and go there. What it lists
//! is found in the background; here is its state and what a click does.

mod bookmarks;
mod lines;
mod menu;
mod model;
mod rows;

use std::sync::Arc;

use egui::{Align, Key, Layout, Rect, Stroke, Ui, UiBuilder, pos2, vec2};

use self::lines::{Folds, Item, Lines, SagaLines, Section};
use self::model::{Model, ModelKey, Sort};
use self::rows::Act;
use crate::engine::{DocumentId, Latest, Outcome};
use crate::index::StreamId;
use crate::query::toggled;
use crate::ui::app::navigation::SagaChoice;
use crate::ui::command::{GoCommand, WindowCommand};
use crate::ui::theme::{PAD, TAB_BAR, body, caption};
use crate::ui::view::ViewContext;
use crate::ui::widgets::{Line, RowAlign, RowScroll, SearchField, VirtualRows, empty};

/// Events of a log up to which its sagas are looked for without being asked for.
const SAGAS_AT_ONCE: usize = 100_000;

/// Seconds between two looks at a log that grows.
const REFRESH: f64 = 0.4;

/// Its presentation state.
#[derive(Default)]
pub struct Navigator {
    document: DocumentId,
    wanted: String,
    sort: Sort,
    folds: Folds,
    scroll: RowScroll,
    model: Latest<ModelKey, Model>,
    asked_at: f64,
    asked: Option<ModelKey>,
    laid_out: Option<LaidOut>,
    /// The replayed stream, as it was when the list last followed it.
    followed: Option<StreamId>,
    /// The line that takes the focus when it is drawn.
    wants_focus: Option<u64>,
    /// The open menu was asked for by a key and hangs below its row.
    menu_by_key: bool,
}

/// Lines with what they were laid out of.
struct LaidOut {
    answer: Arc<Outcome<ModelKey, Model>>,
    folds: Folds,
    sagas: SagaLines,
    sources: usize,
    bookmarks: usize,
    lines: Arc<Lines>,
}

impl Navigator {
    /// Draws it.
    pub fn ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui) {
        if self.document != context.document.id {
            *self = Self { document: context.document.id, sort: self.sort, ..Self::default() };
        }
        let rect = ui.max_rect();
        header_ui(context, ui, rect);
        let top = rect.top() + TAB_BAR + 8.0;
        let place = Rect::from_min_max(pos2(rect.left() + PAD, top), pos2(rect.right() - PAD, top + 24.0));
        let mut field = ui.new_child(UiBuilder::new().max_rect(place).id_salt("filter names"));
        let response =
            SearchField::new("Filter names", &mut self.wanted).width(place.width()).show(&mut field);
        if response.changed() {
            self.folds.folded_found.clear();
            self.scroll.scroll_to(0, RowAlign::Nearest);
        }
        if response.has_focus() && ui.input(|input| input.key_pressed(Key::ArrowDown)) {
            self.wants_focus = Some(self.scroll.top_row);
        }
        let below = Rect::from_min_max(pos2(rect.left(), place.bottom() + 6.0), rect.max);
        let mut list = ui.new_child(UiBuilder::new().max_rect(below).id_salt("lists"));
        self.lists_ui(context, &mut list);
        ui.advance_cursor_after_rect(rect);
    }

    /// Whether everything it asked for is there.
    pub fn is_settled(&self) -> bool {
        !self.model.is_busy()
    }

    /// Asks for the lists of this snapshot, text and order; a growing log is looked at now and then.
    fn ask(&mut self, context: &ViewContext<'_>, ui: &Ui) {
        let key = ModelKey {
            document: self.document,
            generation: context.log().generation(),
            wanted: self.wanted.trim().to_owned(),
            sort: self.sort,
        };
        let now = ui.input(|input| input.time);
        if let Some(asked) = &self.asked
            && *asked != key
            && (&asked.wanted, asked.sort) == (&key.wanted, key.sort)
            && !context.document.progress.finished
        {
            let waits = self.asked_at + REFRESH - now;
            if waits > 0.0 || self.model.is_busy() {
                ui.ctx().request_repaint_after_secs(waits.max(0.05) as f32);
                return;
            }
        }
        if self.asked.as_ref() != Some(&key) {
            self.asked_at = now;
            self.asked = Some(key.clone());
        }
        let (log, question) = (context.log().clone(), key.clone());
        self.model
            .ask(context.engine.workers(), &key, move |cancel, _| Model::build(&log, &question, cancel));
    }

    fn lists_ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui) {
        self.ask(context, ui);
        let Some(answer) = self.model.answer() else {
            return;
        };
        let model = match &answer.result {
            Ok(model) => model,
            Err(problem) => {
                let why = format!("Because of a defect in Sagascope: {problem}");
                crate::ui::widgets::failed(ui, "Streams and types cannot be listed", &why, "", "", None);
                return;
            }
        };
        let finding = !answer.key.wanted.is_empty();
        if finding && model.groups.is_empty() && model.types.is_empty() {
            let name = crate::ui::format::one_line(&crate::ui::format::middle(&answer.key.wanted, 40));
            if empty(ui, &format!("No stream or type is named “{name}”"), Some("Clear")) {
                self.wanted.clear();
            }
            return;
        }
        self.follow(context, ui, model);
        let sagas = self.sagas(context, finding);
        let lines = self.lines(context, &answer, finding, &sagas);
        let mut act = None;
        let mut rows = rows::Rows {
            context,
            model,
            folds: &self.folds,
            finding,
            sort: self.sort,
            wants_focus: self.wants_focus.take(),
            menu_by_key: &mut self.menu_by_key,
            sagas: &sagas,
            selected_group: context.navigation.stream.and_then(|id| model.group_of(context.log(), id)),
        };
        let height = context.preferences.row_height();
        VirtualRows::new("navigator", "Streams and types", lines.len()).row_height(height).show(
            ui,
            &mut self.scroll,
            |ui, line, rect| {
                if let Some(item) = lines.get(model, line) {
                    act = rows.row_ui(ui, rect, line, item).or(act.take());
                }
            },
        );
        if let Some(act) = act {
            self.act(context, model, &lines, finding, act);
        }
    }

    /// The first time a stream is shown its group is open; later its group is only opened by hand, but
    /// where it is open the stream is among those that are shown.
    fn follow(&mut self, context: &ViewContext<'_>, ui: &Ui, model: &Model) {
        let stream = context.navigation.stream;
        if stream == self.followed || ui.rect_contains_pointer(ui.max_rect()) {
            return;
        }
        let Some(stream) = stream else { return };
        let Some(group) = model.group_of(context.log(), stream).map(|at| &model.groups[at]) else { return };
        if self.followed.is_none() {
            self.folds.open.insert(group.key.clone());
        }
        self.followed = Some(stream);
        if self.folds.open.contains(&group.key)
            && let Some(place) = group.streams.iter().position(|id| *id == stream)
        {
            self.folds.reveal(&group.key, place);
        }
    }

    /// How many sagas stand how. They are looked for only where that is soon done, or asked for.
    fn sagas(&self, context: &ViewContext<'_>, finding: bool) -> SagaLines {
        let is_small = context.log().len() <= SAGAS_AT_ONCE && context.document.progress.finished;
        if finding || !self.folds.sagas.unwrap_or(is_small) {
            return SagaLines::default();
        }
        let Ok(sagas) = context.document.sagas(context.engine) else {
            return SagaLines { open: true, waiting: true, outcomes: Vec::new() };
        };
        let counts = crate::saga::Outcome::ALL.into_iter().zip(sagas.survey.counts);
        SagaLines { open: true, waiting: false, outcomes: counts.filter(|(_, count)| *count > 0).collect() }
    }

    /// The lines, laid out anew only when something of it changed.
    fn lines(
        &mut self,
        context: &ViewContext<'_>,
        answer: &Arc<Outcome<ModelKey, Model>>,
        finding: bool,
        sagas: &SagaLines,
    ) -> Arc<Lines> {
        let sources = context.document.open.sources.len();
        let sources = if sources > 1 { sources } else { 0 };
        let bookmarks = context.document.bookmarks.list().len();
        if let Some(laid_out) = &self.laid_out
            && Arc::ptr_eq(&laid_out.answer, answer)
            && laid_out.sources == sources
            && laid_out.bookmarks == bookmarks
            && laid_out.folds == self.folds
            && laid_out.sagas == *sagas
        {
            return Arc::clone(&laid_out.lines);
        }
        let none = Model::default();
        let model = answer.result.as_ref().unwrap_or(&none);
        let lines = Arc::new(Lines::new(model, &self.folds, finding, sagas, sources, bookmarks));
        self.laid_out = Some(LaidOut {
            answer: Arc::clone(answer),
            folds: self.folds.clone(),
            sagas: sagas.clone(),
            sources,
            bookmarks,
            lines: Arc::clone(&lines),
        });
        lines
    }

    fn act(&mut self, context: &ViewContext<'_>, model: &Model, lines: &Lines, finding: bool, act: Act) {
        match act {
            Act::Fold(Item::Bookmarks) => self.folds.toggle_section(Section::Bookmarks),
            Act::Fold(Item::Streams) => self.folds.toggle_section(Section::Streams),
            Act::Fold(Item::Types) => self.folds.toggle_section(Section::Types),
            Act::Fold(Item::Letters) => self.folds.toggle_section(Section::Letters),
            Act::Fold(Item::Sagas) => {
                let is_open = self.laid_out.as_ref().is_some_and(|laid_out| laid_out.sagas.open);
                self.folds.sagas = Some(!is_open);
            }
            Act::Fold(Item::Sources) => self.folds.toggle_section(Section::Sources),
            Act::Fold(Item::Group(at)) => self.folds.toggle(&model.groups[at].key, finding),
            Act::Fold(Item::More(at, _)) => {
                self.folds.full.insert(model.groups[at].key.clone());
            }
            Act::Fold(Item::Fewer(at)) => {
                self.folds.full.remove(&model.groups[at].key);
            }
            Act::Fold(_) => self.folds.all_types = true,
            Act::Sort(sort) => self.sort = sort,
            Act::Show(stream) => {
                // It is in view already: where it was clicked.
                self.followed = Some(stream);
                context.send(GoCommand::ShowStream(stream));
            }
            Act::ShowSagas(outcome) => {
                context
                    .send(GoCommand::Sagas(SagaChoice { outcome: Some(outcome), ..SagaChoice::default() }));
                context.send(WindowCommand::ShowView("sagas"));
            }
            Act::ShowLetters => context.send(WindowCommand::ShowView("dead-letters")),
            Act::Filter(term, wish) => {
                context.send(GoCommand::Filter(toggled(&context.document.filter_text, &term, wish)));
            }
            Act::Focus(from, by) => {
                let to = lines.next(model, from, by);
                self.scroll.scroll_to(to, RowAlign::Nearest);
                self.wants_focus = Some(to);
            }
        }
    }
}

fn header_ui(context: &ViewContext<'_>, ui: &mut Ui, rect: Rect) {
    let t = context.tokens;
    let header = Rect::from_min_size(rect.min, vec2(rect.width(), TAB_BAR));
    ui.painter().rect_filled(header, 0, t.ground);
    ui.painter().hline(header.x_range(), header.bottom() - 0.5, Stroke::new(1.0, t.line));
    let inside = header.shrink2(vec2(PAD, 0.0));
    let mut left = ui.new_child(
        UiBuilder::new().max_rect(inside).layout(Layout::left_to_right(Align::Center)).id_salt("title"),
    );
    Line::new().piece("Navigator", body(), t.text).show(&mut left);
    let mut right = ui.new_child(
        UiBuilder::new().max_rect(inside).layout(Layout::right_to_left(Align::Center)).id_salt("scope"),
    );
    let scope = Line::new().piece("whole log", caption(), t.faint).show(&mut right);
    scope.on_hover_text("Counts speak of the whole log, not of the playhead or the filter");
}
