//! The view "compare": two sagas side by side, what happened in both on one line, and what differs named: that of the
//! selected event, and that of the pinned event or, where none is pinned, one that went the usual way.

use std::sync::Arc;

use egui::{Rect, Sense, Stroke, Ui, pos2, vec2};

use super::saga::outcome_ui;
use super::sagas::sagas_ui;
use crate::engine::Latest;
use crate::index::TypeId;
use crate::model::Row;
use crate::saga::{Comparison, Page, Part, compare};
use crate::ui::app::navigation::StepList;
use crate::ui::app::sagas::{PageOf, Sagas, ShownSaga, SurveyKey};
use crate::ui::command::{GoCommand, WindowCommand};
use crate::ui::format::{count, middle, one_line, span};
use crate::ui::icons::Icon;
use crate::ui::theme::{Outcome, PAD, Tokens};
use crate::ui::view::{Around, View, ViewClass, ViewContext};
use crate::ui::widgets::{Button, Line, Mark, RowScroll, VirtualRows, empty, failed, loading, row};

/// Its entry in the registry.
pub static CLASS: ViewClass = ViewClass {
    id: "compare",
    title: "Compare",
    about: "Two sagas side by side: what happened in both, and what differs",
    icon: Icon::Branch,
    around: Around::Log,
    make: || Box::<CompareView>::default(),
};

/// Height of the head, and of a difference in words.
const HEAD: f32 = 48.0;
const WORDS: f32 = 18.0;
/// Differences that are said; more are counted.
const SAID_MAX: usize = 6;

#[derive(Default)]
struct CompareView {
    saga: ShownSaga,
    scroll: RowScroll,
    /// What is shown: another comparison begins at its top.
    shown: Option<CompareKey>,
    known: Latest<CompareKey, Arc<Comparison>>,
}

/// What a comparison depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct CompareKey {
    survey: SurveyKey,
    left: usize,
    right: usize,
}

impl View for CompareView {
    fn ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui) {
        ui.spacing_mut().item_spacing.y = 0.0;
        let Some(sagas) = sagas_ui(context, ui) else { return };
        let Some(left) = self.saga.shown(context, &sagas) else { return };
        let pinned = pinned(context, &sagas);
        let Some(right) = pinned.filter(|at| *at != left).or_else(|| sagas.survey.usual(left)) else {
            empty(ui, "There is no other saga to compare this one with", None);
            return;
        };
        let page = |of, at| context.document.saga_page(context.engine, of, &sagas, at);
        let pages = match (page(PageOf::Shown, left), page(PageOf::Other, right)) {
            (Some(Ok(one)), Some(Ok(other))) => [one, other],
            (Some(Err(defect)), _) | (_, Some(Err(defect))) => {
                let why = format!("Because of a defect in Sagascope: {defect}");
                failed(ui, "The sagas cannot be compared", &why, "", "", None);
                return;
            }
            _ => {
                loading(ui, "Reading both sagas", None, "");
                return;
            }
        };
        let key = CompareKey { survey: sagas.key, left, right };
        if self.shown != Some(key) {
            self.shown = Some(key);
            self.scroll = RowScroll::default();
        }
        let (survey, both) = (Arc::clone(&sagas.survey), pages.clone());
        self.known.ask(context.engine.workers(), &key, move |_, _| {
            let name = |id: TypeId| Arc::clone(&survey.traits[id.0 as usize].name);
            Some(Arc::new(compare(&both[0], &both[1], [&name, &name])))
        });
        let Some(answer) = self.known.answer_to(&key) else {
            loading(ui, "Comparing", None, "");
            return;
        };
        let both = match &answer.result {
            Ok(both) => Arc::clone(both),
            Err(defect) => {
                let why = format!("Because of a defect in Sagascope: {defect}");
                failed(ui, "The sagas cannot be compared", &why, "", "", None);
                return;
            }
        };
        let second = if pinned == Some(right) { "pinned" } else { "went the usual way" };
        head_ui(context, &pages, &both, second, ui);
        differences_ui(context.tokens, &both, ui);
        self.rows_ui(context, &sagas, &both, ui);
    }

    fn is_settled(&self) -> bool {
        !self.known.is_busy()
    }

    fn step_list(&self, _context: &ViewContext<'_>) -> StepList {
        StepList::Correlation
    }
}

/// The saga of the pinned event.
fn pinned(context: &ViewContext<'_>, sagas: &Sagas) -> Option<usize> {
    let row = context.navigation.pinned?;
    sagas.survey.of_event(context.log(), row).into_iter().next()
}

/// Which two, and what to do with them.
fn head_ui(context: &ViewContext<'_>, pages: &[Arc<Page>; 2], both: &Comparison, second: &str, ui: &mut Ui) {
    let t = context.tokens;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEAD), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.line));
    let button = Rect::from_min_max(
        pos2(rect.right() - PAD - 148.0, rect.top()),
        pos2(rect.right() - PAD, rect.bottom()),
    );
    let halves = halves(rect.with_max_x(button.left()));
    for ((page, place), role) in pages.iter().zip(halves).zip(["selected", second]) {
        saga_ui(t, page, place, role, ui);
    }
    let mut right = ui.new_child(
        egui::UiBuilder::new()
            .max_rect(button)
            .layout(egui::Layout::right_to_left(egui::Align::Center))
            .id_salt("swap"),
    );
    let swap = right.add(Button::new("Swap").label("Swap the two sagas"));
    if swap.on_hover_text("Select the other saga and pin this one").clicked() {
        let last = |page: &Page| page.rows.last().map(|row| row.row);
        context.send(GoCommand::Pin(last(&pages[0])));
        if let Some(row) = last(&pages[1]) {
            context.send(GoCommand::Inspect(row));
        }
    }
    let copy = right.add(Button::new("Copy").icon(Icon::Copy).label("Copy the comparison as text"));
    if copy.clicked() {
        context.send(WindowCommand::Copy(text(pages, both)));
    }
}

impl CompareView {
    fn rows_ui(&mut self, context: &ViewContext<'_>, sagas: &Sagas, both: &Comparison, ui: &mut Ui) {
        let t = context.tokens;
        VirtualRows::new("compared", "What happened in both, aligned", both.pairs.len() as u64)
            .row_height(context.preferences.row_height())
            .show(ui, &mut self.scroll, |ui, line, rect| {
                let Some((left, right)) = both.pairs.get(line as usize).copied() else { return };
                let parts = [left.map(|at| &both.left[at]), right.map(|at| &both.right[at])];
                let label = line_words(parts);
                let selected = context.navigation.selected;
                let is_selected = parts.iter().flatten().any(|part| Some(part.row) == selected);
                let response = row(ui, rect, &label, is_selected);
                let [one, other] = halves(rect);
                let only_one = parts.iter().any(Option::is_none);
                for (part, place) in parts.into_iter().zip([one, other]) {
                    match part {
                        Some(part) => part_ui(context, sagas, part, only_one, place, ui),
                        None => {
                            Line::new()
                                .caption("–", t.faint)
                                .paint(ui.painter(), place.with_min_x(place.left() + 92.0))
                                .rect
                        }
                    };
                }
                ui.painter().vline(other.left() - 0.5, rect.y_range(), Stroke::new(1.0, t.line));
                if response.clicked() {
                    let at = ui.input(|input| input.pointer.interact_pos());
                    let right = at.is_some_and(|at| at.x >= other.left());
                    let target: Option<Row> =
                        if right { parts[1].or(parts[0]) } else { parts[0].or(parts[1]) }
                            .map(|part| part.row);
                    if let Some(row) = target {
                        context.send(GoCommand::Select(row));
                    }
                }
            });
    }
}

fn halves(rect: Rect) -> [Rect; 2] {
    let middle = rect.center().x.round();
    [rect.with_max_x(middle), rect.with_min_x(middle)]
}

/// A saga in the head: what it is called and how it stands.
fn saga_ui(t: &Tokens, page: &Page, place: Rect, role: &str, ui: &mut Ui) {
    let inner = place.shrink2(vec2(PAD, 4.0));
    let title = one_line(&page.title);
    let letters = (inner.width() / 9.0).max(8.0) as usize;
    let first = inner.with_max_y(inner.center().y);
    let mut line = ui.new_child(
        egui::UiBuilder::new()
            .max_rect(first)
            .layout(egui::Layout::left_to_right(egui::Align::Center))
            .id_salt(role),
    );
    Line::new().strong(&middle(&title, letters), t.text).show(&mut line).on_hover_text(&title);
    outcome_ui(&page.summary, t, &mut line);
    let facts = format!(
        "{role} · took {} · {}",
        span(page.summary.duration),
        count(page.summary.events as u64, "event")
    );
    Line::new().caption(&facts, t.muted).paint(ui.painter(), inner.with_min_y(inner.center().y));
}

fn part_ui(
    context: &ViewContext<'_>,
    sagas: &Sagas,
    part: &Part,
    only_one: bool,
    place: Rect,
    ui: &mut Ui,
) -> Rect {
    let t = context.tokens;
    let later = context.navigation.is_later(context.log(), part.row);
    let info = &sagas.survey.traits[context.log().type_of(part.row).0 as usize];
    let color = match (later, only_one) {
        (true, _) => t.faint,
        (false, true) => t.outcome(Outcome::Compensating).color,
        (false, false) => t.text,
    };
    let time = Rect::from_min_max(place.min, pos2(place.left() + 80.0, place.bottom()));
    Line::new().mono_small(&format!("+{}", span(part.at)), t.faint).right().paint(ui.painter(), time);
    Mark::family(t, &info.family)
        .failed(info.failure)
        .hollow(later || info.is_undo())
        .paint(ui.painter(), pos2(place.left() + 96.0, place.center().y));
    let times = if part.times > 1 { format!(" ×{}", part.times) } else { String::new() };
    let words = place.with_min_x(place.left() + 110.0).with_max_x(place.right() - 8.0);
    Line::new().body(&one_line(&part.name), color).mono_small(&times, t.muted).paint(ui.painter(), words).rect
}

/// What differs, a sentence each.
fn differences_ui(t: &Tokens, both: &Comparison, ui: &mut Ui) {
    let all = &both.differences;
    let shown = all.len().min(SAID_MAX);
    let more = usize::from(all.len() > shown);
    let height = (shown.max(1) + more) as f32 * WORDS + 12.0;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    ui.painter().rect_filled(rect, 0, t.raised);
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.line));
    let line = |at: usize| {
        let top = rect.top() + 6.0 + at as f32 * WORDS;
        Rect::from_min_max(pos2(rect.left() + PAD, top), pos2(rect.right() - PAD, top + WORDS))
    };
    if all.is_empty() {
        let at = line(0);
        Line::new().caption("Nothing differs", t.muted).paint(ui.painter(), at);
        crate::ui::widgets::node(
            ui,
            at,
            ui.scope_id().with("same"),
            Sense::hover(),
            egui::Role::Label,
            "Nothing differs",
        );
    }
    for (at, words) in all.iter().take(shown).enumerate() {
        let words = one_line(words);
        Line::new().caption(&words, t.text).paint(ui.painter(), line(at));
        let id = ui.scope_id().with(("difference", at));
        crate::ui::widgets::node(ui, line(at), id, Sense::hover(), egui::Role::ListItem, &words)
            .on_hover_text(&words);
    }
    if more > 0 {
        let words = format!("and {} more, marked below", all.len() - shown);
        Line::new().caption(&words, t.muted).paint(ui.painter(), line(shown));
    }
}

fn line_words(parts: [Option<&Part>; 2]) -> String {
    let words = |part: &Part| {
        let times = if part.times > 1 { format!(" ×{}", part.times) } else { String::new() };
        format!("{}{times} after {}", one_line(&part.name), span(part.at))
    };
    match parts {
        [Some(one), Some(other)] => format!("both: {}, {}", words(one), words(other)),
        [Some(one), None] => format!("only in the first: {}", words(one)),
        [None, Some(other)] => format!("only in the second: {}", words(other)),
        [None, None] => String::new(),
    }
}

/// The text twin.
fn text(pages: &[Arc<Page>; 2], both: &Comparison) -> String {
    let mut lines = vec![format!("{} and {}", one_line(&pages[0].title), one_line(&pages[1].title))];
    lines.extend(both.differences.iter().cloned());
    let pairs = both.pairs.iter();
    lines.extend(
        pairs.map(|(left, right)| {
            line_words([left.map(|at| &both.left[at]), right.map(|at| &both.right[at])])
        }),
    );
    lines.join("\n")
}
