//! The view "sagas": every saga of the log in a list that is filtered and sorted, what needs a person first; or grouped
//! by variant. A click shows the saga everywhere. One saga in full is the matter of the view "saga".

pub(super) mod table;
mod variants;

use std::sync::Arc;

use egui::{Align, Key, Layout, Modifiers, Rect, Sense, Stroke, Ui, UiBuilder, pos2, vec2};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::engine::Latest;
use crate::index::TypeId;
use crate::saga::{Edge, ListAsk, Outcome, Sort, Survey};
use crate::ui::app::navigation::SagaChoice;
use crate::ui::app::sagas::{NoSagas, Sagas, ShownSaga, SurveyKey};
use crate::ui::command::{GoCommand, WindowCommand};
use crate::ui::format::{count, middle, one_line, saga_look, thousands};
use crate::ui::icons::Icon;
use crate::ui::theme::PAD;
use crate::ui::view::{Around, View, ViewClass, ViewContext};
use crate::ui::widgets::search_field::SearchField;
use crate::ui::widgets::{
    Button, ColumnSpec, Columns, Line, RowAlign, RowScroll, VirtualRows, empty, failed, header, loading,
    segment,
};

/// Its entry in the registry.
pub static CLASS: ViewClass = ViewClass {
    id: "sagas",
    title: "Sagas",
    about: "Every saga of the log: how each went, where it stands, what it owes",
    icon: Icon::Branch,
    around: Around::Log,
    fills: true,
    make: || Box::<SagasView>::default(),
};

/// Height of the bar above.
const BAR: f32 = 44.0;
/// Height of the head of the list.
const HEAD: f32 = 26.0;
/// From this width on, the outcomes have room for their words.
const WIDE: f32 = 760.0;

/// What the list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Shown {
    #[default]
    List,
    Variants,
}

/// What a list depends on.
#[derive(Clone, Debug, PartialEq)]
struct ListKey {
    survey: SurveyKey,
    choice: SagaChoice,
    text: String,
    sort: &'static str,
    reversed: bool,
}

/// What is listed.
#[derive(Debug)]
struct Listed {
    /// Sagas by their place in the survey.
    sagas: Vec<u32>,
    /// The columns, as wide as these sagas need.
    specs: [ColumnSpec<'static>; 13],
}

struct SagasView {
    shown: Shown,
    text: String,
    sort: &'static str,
    reversed: bool,
    columns: Columns,
    scroll: RowScroll,
    variants_scroll: RowScroll,
    list: Latest<ListKey, Arc<Listed>>,
    saga: ShownSaga,
    /// What was listed at the last frame.
    choice: SagaChoice,
}

#[derive(Serialize, Deserialize)]
#[serde(default)]
struct Saved {
    columns: Columns,
    shown: Shown,
    sort: String,
    reversed: bool,
}

impl Default for Saved {
    fn default() -> Self {
        let view = SagasView::default();
        Self { columns: view.columns, shown: view.shown, sort: view.sort.to_owned(), reversed: view.reversed }
    }
}

impl Default for SagasView {
    fn default() -> Self {
        Self {
            shown: Shown::List,
            text: String::new(),
            sort: "outcome",
            reversed: false,
            columns: Columns::new(&table::SPECS),
            scroll: RowScroll::default(),
            variants_scroll: RowScroll::default(),
            list: Latest::default(),
            saga: ShownSaga::default(),
            choice: SagaChoice::default(),
        }
    }
}

impl View for SagasView {
    fn ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui) {
        ui.spacing_mut().item_spacing.y = 0.0;
        if sagas_ui(context, ui).is_none() {
            return;
        }
        // It speaks of the world as of the playhead.
        let Ok(sagas) = context.document.sagas_at_playhead(context.engine, context.navigation) else {
            return;
        };
        // Who asked for some of them wants to see them.
        let choice = &context.navigation.sagas;
        if self.choice != *choice {
            self.choice = choice.clone();
            self.shown = Shown::List;
            self.scroll = RowScroll::default();
        }
        self.bar_ui(context, ui, &sagas);
        match self.shown {
            Shown::List => self.list_ui(context, ui, &sagas),
            Shown::Variants => {
                let selected = choice.variant.as_deref();
                let scroll = &mut self.variants_scroll;
                if let Some(variant) = variants::variants_ui(context, ui, &sagas.survey, selected, scroll) {
                    self.shown = Shown::List;
                    context.send(GoCommand::Sagas(SagaChoice {
                        variant: Some(variant),
                        ..SagaChoice::default()
                    }));
                }
            }
        }
    }

    fn key(&mut self, context: &ViewContext<'_>, key: Key, modifiers: Modifiers) -> bool {
        let by = match key {
            Key::ArrowUp => -1,
            Key::ArrowDown => 1,
            Key::Enter => 0,
            _ => return false,
        };
        if modifiers.any() || self.shown != Shown::List {
            return false;
        }
        let Ok(sagas) = context.document.sagas_at_playhead(context.engine, context.navigation) else {
            return false;
        };
        if by == 0 {
            context.send(WindowCommand::ShowView("saga"));
            return true;
        }
        let Some(answer) = self.list.answer() else { return false };
        let Ok(listed) = &answer.result else { return false };
        let list = &listed.sagas;
        let selected = self.saga.of_event(context, &sagas);
        let at = list.iter().position(|at| Some(*at as usize) == selected);
        let to = match at {
            Some(at) => (at as u64).saturating_add_signed(by).min(list.len().saturating_sub(1) as u64),
            None => 0,
        };
        if let Some(saga) = list.get(to as usize) {
            self.scroll.scroll_to(to, RowAlign::Nearest);
            self.choose(context, &sagas.survey, *saga as usize);
        }
        true
    }

    fn is_settled(&self) -> bool {
        !self.list.is_busy()
    }

    fn save(&self) -> Value {
        let saved = Saved {
            columns: self.columns.clone(),
            shown: self.shown,
            sort: self.sort.to_owned(),
            reversed: self.reversed,
        };
        serde_json::to_value(saved).unwrap_or(Value::Null)
    }

    fn restore(&mut self, saved: &Value) {
        if let Ok(mut saved) = serde_json::from_value::<Saved>(saved.clone()) {
            saved.columns.reconcile(&table::SPECS);
            self.columns = saved.columns;
            self.shown = saved.shown;
            self.sort = Sort::named(&saved.sort).map_or("outcome", |sort| sort.name);
            self.reversed = saved.reversed;
        }
    }
}

/// The sagas of the open log; `None` after saying why there are none: they are being looked for, cannot be, or the log
/// has none.
pub(super) fn sagas_ui(context: &ViewContext<'_>, ui: &mut Ui) -> Option<Sagas> {
    match context.document.sagas(context.engine) {
        Ok(sagas) if sagas.survey.sagas.is_empty() => {
            let why = "No sagas here: no two events share a correlation, a cause or a stream";
            if empty(ui, why, Some("Show the log")) {
                context.send(WindowCommand::ShowView("log"));
            }
            None
        }
        Ok(sagas) => Some(sagas),
        Err(NoSagas::Looking(done, all)) => {
            let share = (all > 0).then(|| done as f32 / all as f32);
            let words = match all {
                0 => String::new(),
                _ => format!("{} of {}", thousands(done as u64), count(all as u64, "saga")),
            };
            // Leaving the view is what stops it.
            loading(ui, "Looking for sagas", share, &words);
            None
        }
        Err(NoSagas::Failed(defect)) => {
            let why = format!("Because of a defect in Sagascope: {defect}");
            failed(ui, "The sagas cannot be listed", &why, "", "", None);
            None
        }
    }
}

impl SagasView {
    /// Shows a saga: its last event is selected. The playhead stays, since another one would change the list.
    fn choose(&mut self, context: &ViewContext<'_>, survey: &Survey, at: usize) {
        let Some(saga) = survey.sagas.get(at) else { return };
        self.saga.choose(at);
        context.send(GoCommand::Inspect(survey.instances.list()[saga.instance].last()));
    }

    fn bar_ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui, sagas: &Sagas) {
        let (t, survey) = (context.tokens, &sagas.survey);
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), BAR), Sense::hover());
        ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.line));
        let inner = rect.shrink2(vec2(PAD, 0.0));
        let layout = Layout::left_to_right(Align::Center);
        let mut bar = ui.new_child(UiBuilder::new().max_rect(inner).layout(layout).id_salt("bar"));
        bar.spacing_mut().item_spacing.x = 8.0;
        let shown = [(Shown::List, "Sagas"), (Shown::Variants, "Variants")];
        segment(&mut bar, "Show", &mut self.shown, &shown);
        if self.shown == Shown::Variants {
            let words = format!(
                "{} of {}",
                count(survey.variants.list.len() as u64, "variant"),
                count(survey.instances.len() as u64, "saga")
            );
            Line::new().caption(&words, t.faint).show(&mut bar);
            return;
        }
        SearchField::new("Find a saga", &mut self.text).width(180.0).show(&mut bar);
        let choice = &context.navigation.sagas;
        let mut only = choice.outcome;
        if rect.width() >= WIDE {
            let all = format!("All {}", thousands(survey.sagas.len() as u64));
            let words: Vec<(Outcome, String)> = Outcome::ALL
                .into_iter()
                .zip(survey.counts)
                .filter(|(outcome, count)| *count > 0 || only == Some(*outcome))
                .map(|(outcome, count)| {
                    let word = saga_look(outcome).word();
                    (outcome, format!("{} {}", capital(word), thousands(count as u64)))
                })
                .collect();
            let mut choices: Vec<(Option<Outcome>, &str)> = vec![(None, &all)];
            choices.extend(words.iter().map(|(outcome, words)| (Some(*outcome), &**words)));
            segment(&mut bar, "Outcome", &mut only, &choices);
            if only != choice.outcome {
                context.send(GoCommand::Sagas(SagaChoice { outcome: only, ..choice.clone() }));
            }
        }
        if choice.variant.is_some() {
            let button =
                Button::new("One variant").icon(Icon::Close).label("Show the sagas of every variant");
            if bar.add(button).clicked() {
                context.send(GoCommand::Sagas(SagaChoice { variant: None, ..choice.clone() }));
            }
        }
        if let Some(way) = choice.way {
            let words = way_words(survey, way);
            let short = middle(&words, 36);
            let button = Button::new(&short).icon(Icon::Close);
            let button = button.label("Show the sagas of every way");
            if bar
                .add(button)
                .on_hover_text(format!("Only sagas that went {words}. A click shows all"))
                .clicked()
            {
                context.send(GoCommand::Sagas(SagaChoice { way: None, ..choice.clone() }));
            }
        }
        as_of_ui(context, sagas, &mut bar);
    }

    fn list_ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui, sagas: &Sagas) {
        let key = ListKey {
            survey: sagas.key,
            choice: context.navigation.sagas.clone(),
            text: self.text.trim().to_owned(),
            sort: self.sort,
            reversed: self.reversed,
        };
        let (log, survey, asked) = (context.log().clone(), Arc::clone(&sagas.survey), key.clone());
        self.list.ask(context.engine.workers(), &key, move |_, _| {
            let ask = ListAsk {
                outcomes: asked.choice.outcome.into_iter().collect(),
                variant: asked.choice.variant,
                way: asked.choice.way,
                text: asked.text,
                sort: Sort::named(asked.sort),
                reversed: asked.reversed,
            };
            let sagas = survey.listed(&log, &ask);
            let specs = table::specs_of(&log, &survey, &sagas);
            Some(Arc::new(Listed { sagas, specs }))
        });
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEAD), Sense::hover());
        let inner = Rect::from_min_max(
            pos2(rect.left() + PAD, rect.top()),
            pos2((rect.right() - PAD).max(rect.left() + PAD), rect.bottom()),
        );
        // Until the new list is there, the one before stays: nothing jumps. Its survey may be older.
        let answer = self.list.answer().filter(|answer| answer.key.survey == sagas.key);
        let listed = answer.as_ref().and_then(|answer| answer.result.as_ref().ok());
        let specs = listed.map_or(&table::SPECS, |listed| &listed.specs);
        let head = header(ui, inner, ui.scope_id().with("head"), &mut self.columns, specs);
        if let Some(sort) = head.clicked.and_then(table::sort_of) {
            self.reversed = self.sort == sort && !self.reversed;
            self.sort = sort;
        }
        let Some(list) = listed.map(|listed| &listed.sagas) else { return };
        if sagas.survey.sagas.is_empty() {
            if empty(ui, "No saga had begun as of the playhead", Some("Go to the end of the log")) {
                context.send(GoCommand::End);
            }
            return;
        }
        if list.is_empty() {
            if empty(ui, "No saga is like that", Some("Show all sagas")) {
                context.send(GoCommand::Sagas(SagaChoice::default()));
                self.text.clear();
            }
            return;
        }
        let selected = self.saga.of_event(context, sagas);
        let (mut chosen, mut pinned) = (None, None);
        let mut opened = false;
        VirtualRows::new("sagas", "Sagas", list.len() as u64)
            .row_height(context.preferences.row_height())
            .show(ui, &mut self.scroll, |ui, line, rect| {
                let Some(at) = list.get(line as usize).map(|at| *at as usize) else { return };
                let response =
                    table::saga_row(context, ui, rect, &head.cells, &sagas.survey, at, selected == Some(at));
                if response.clicked() {
                    let pins = ui.input(|input| input.modifiers.command);
                    *if pins { &mut pinned } else { &mut chosen } = Some(at);
                }
                opened |= response.double_clicked();
            });
        if let Some(at) = chosen {
            self.choose(context, &sagas.survey, at);
        }
        // A second one to compare with, as with events.
        if let Some(at) = pinned {
            let instance = &sagas.survey.instances.list()[sagas.survey.sagas[at].instance];
            context.send(GoCommand::Pin(Some(instance.last())));
            context.send(WindowCommand::ShowView("compare"));
        }
        if opened {
            context.send(WindowCommand::ShowView("saga"));
        }
    }
}

/// As of when a list speaks, where that is not the end of the log.
fn as_of_ui(context: &ViewContext<'_>, sagas: &Sagas, ui: &mut Ui) {
    let log = context.log();
    let playhead = context.navigation.playhead_row(log).filter(|_| context.navigation.is_in_past(log));
    let words = match (sagas.key.as_of, playhead) {
        (None, None) => return,
        (of, playhead) if of != playhead => "being judged as of the playhead",
        _ => "as of the playhead",
    };
    let shown = Line::new().caption(words, context.tokens.past).show(ui);
    shown.on_hover_text(
        "How each saga stood then, by what the whole log taught. Those that had not begun are left out",
    );
}

/// A way of the process map in words.
pub(super) fn way_words(survey: &Survey, (from, to): Edge) -> String {
    let name = |end: Option<TypeId>, none: &str| {
        end.map_or_else(|| none.to_owned(), |id| one_line(&survey.traits[id.0 as usize].name))
    };
    format!("{} → {}", name(from, "the beginning"), name(to, "the end"))
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
