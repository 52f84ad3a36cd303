//! The view "compare": two sagas side by side, what happened in both on one line, and what differs named, as of the
//! playhead: that of the selected event, and that of the pinned event, one that went the usual way, or its counterpart
//! in another run.

mod differences;
mod partner;

use std::sync::Arc;

use egui::{Popup, Rect, RectAlign, Sense, Stroke, Ui, pos2, vec2};

use self::differences::Flow;
use self::partner::{CompareKey, Missing, Partner, Side, Sides};
use super::saga::outcome_ui;
use super::sagas::sagas_ui;
use crate::engine::Latest;
use crate::index::TypeId;
use crate::model::Row;
use crate::saga::{Comparison, Part, compare};
use crate::ui::app::navigation::StepList;
use crate::ui::app::rival::RivalChoice;
use crate::ui::app::sagas::ShownSaga;
use crate::ui::command::{DocumentCommand, GoCommand, WindowCommand};
use crate::ui::format::{count, middle, one_line, span};
use crate::ui::icons::Icon;
use crate::ui::theme::{Outcome, PAD, Tokens};
use crate::ui::view::{Around, View, ViewClass, ViewContext};
use crate::ui::widgets::{
    Button, Line, Mark, RowScroll, VirtualRows, empty, failed, loading, row, separator,
};

/// Its entry in the registry.
pub static CLASS: ViewClass = ViewClass {
    id: "compare",
    title: "Compare",
    about: "Two sagas or two runs side by side: what happened in both, and what differs",
    icon: Icon::Branch,
    around: Around::Log,
    fills: true,
    make: || Box::<CompareView>::default(),
};

/// Height of the bar above, at least, and of the heads of the columns.
const BAR: f32 = 38.0;
const HEAD: f32 = 44.0;
/// The widest column.
const COLUMN_MAX: f32 = 480.0;

/// Room for the buttons of the bar.
const BUTTONS: f32 = 232.0;

#[derive(Default)]
struct CompareView {
    saga: ShownSaga,
    scroll: RowScroll,
    partner: Partner,
    /// What is shown: another comparison begins at its top.
    shown: Option<CompareKey>,
    known: Latest<CompareKey, Arc<Known>>,
    /// Every difference is said, however many there are.
    shows_all: bool,
}

/// What is known of two sagas.
#[derive(Debug)]
struct Known {
    /// All of both, aligned.
    whole: Comparison,
    /// What differs as of the playhead.
    differences: Vec<String>,
}

impl View for CompareView {
    fn ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui) {
        ui.spacing_mut().item_spacing.y = 0.0;
        let Some(sagas) = sagas_ui(context, ui) else { return };
        let Some(left) = self.saga.shown(context, &sagas) else { return };
        let sides = match self.partner.sides(context, &sagas, left) {
            Ok(sides) => sides,
            Err(why) => {
                self.bar_ui(context, None, None, ui);
                missing_ui(context, &why, ui);
                return;
            }
        };
        if self.shown.as_ref() != Some(&sides.key) {
            self.shown = Some(sides.key.clone());
            self.scroll = RowScroll::default();
        }
        let pages = sides.both.each_ref().map(|side| (Arc::clone(&side.whole), side.then.clone()));
        let surveys = sides.both.each_ref().map(|side| Arc::clone(&side.survey));
        self.known.ask(context.engine.workers(), &sides.key, move |_, _| {
            let names = surveys
                .each_ref()
                .map(|survey| move |id: TypeId| Arc::clone(&survey.traits[id.0 as usize].name));
            let names: [&dyn Fn(TypeId) -> crate::domain::Name; 2] = [&names[0], &names[1]];
            let [one, other] = &pages;
            let whole = compare(&one.0, &other.0, names);
            let differences = match (&one.1, &other.1) {
                (Some(one), Some(other)) => compare(one, other, names).differences,
                _ => vec!["The second had not begun as of the playhead".to_owned()],
            };
            Some(Arc::new(Known { whole, differences }))
        });
        let known = match self.known.answer_to(&sides.key).map(|answer| answer.result.clone()) {
            Some(Ok(known)) => known,
            why => {
                self.bar_ui(context, Some(&sides), None, ui);
                heads_ui(context.tokens, &sides, ui);
                match why {
                    Some(Err(defect)) => missing_ui(context, &Missing::Defect(defect), ui),
                    _ => missing_ui(context, &Missing::Reading("Comparing"), ui),
                }
                return;
            }
        };
        self.bar_ui(context, Some(&sides), Some(&known), ui);
        heads_ui(context.tokens, &sides, ui);
        self.rows_ui(context, &sides, &known.whole, ui);
    }

    fn is_settled(&self) -> bool {
        !self.known.is_busy()
    }

    fn step_list(&self, _context: &ViewContext<'_>) -> StepList {
        StepList::Correlation
    }
}

/// Says why there is nothing to compare, and what to do.
fn missing_ui(context: &ViewContext<'_>, why: &Missing, ui: &mut Ui) {
    match why {
        Missing::Reading(what) => {
            loading(ui, what, None, "");
        }
        Missing::NoOther => {
            let action = "Compare with another file…";
            if empty(ui, "There is no other saga to compare this one with", Some(action)) {
                context.send(DocumentCommand::ChooseRival);
            }
        }
        Missing::NotBegun => {
            let action = "Go to the end of the log";
            if empty(ui, "This saga had not begun as of the playhead", Some(action)) {
                context.send(GoCommand::End);
            }
        }
        Missing::Unreadable(problem) => {
            failed(ui, "The other run cannot be read", problem, "", "", None);
        }
        Missing::Defect(defect) => {
            let why = format!("Because of a defect in Sagascope: {defect}");
            failed(ui, "The sagas cannot be compared", &why, "", "", None);
        }
    }
}

/// What to compare with: another saga of this log, a run that was left, another file.
fn with_ui(context: &ViewContext<'_>, ui: &mut Ui) {
    let button = ui.add(Button::new("With…").icon(Icon::Branch).label("Choose what to compare with"));
    Popup::menu(&button).gap(4.0).align(RectAlign::BOTTOM_END).show(|ui| {
        ui.set_width(320.0);
        let rivals = &context.document.rivals;
        let chosen = rivals.chosen();
        if ui.selectable_label(chosen.is_none(), "Another saga of this log").clicked() {
            context.send(DocumentCommand::CompareWith(None));
            ui.close();
        }
        if !rivals.kept().is_empty() {
            separator(ui);
        }
        for run in rivals.kept().iter().rev() {
            let choice = RivalChoice::Kept(run.number);
            let words = format!("The run {}", middle(&one_line(&run.title), 64));
            if ui.selectable_label(chosen == Some(&choice), words).on_hover_text(&run.title).clicked() {
                context.send(DocumentCommand::CompareWith(Some(choice)));
                ui.close();
            }
        }
        separator(ui);
        if ui.button("Another file…").clicked() {
            context.send(DocumentCommand::ChooseRival);
            ui.close();
        }
    });
}

impl CompareView {
    /// What differs, and what to do with it.
    fn bar_ui(
        &mut self,
        context: &ViewContext<'_>,
        sides: Option<&Sides>,
        known: Option<&Known>,
        ui: &mut Ui,
    ) {
        let t = context.tokens;
        let all = ui.available_rect_before_wrap();
        let room = (all.width() - 2.0 * PAD - BUTTONS).max(0.0);
        let differences = known.map(|known| known.differences.as_slice());
        let flow = differences.map(|all| Flow::of(ui.painter(), all, room, self.shows_all));
        let high = flow.as_ref().map_or(0.0, Flow::height).max(BAR);
        let (rect, _) = ui.allocate_exact_size(vec2(all.width(), high), Sense::hover());
        ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.line));
        if let (Some(flow), Some(differences)) = (flow, differences) {
            let place = Rect::from_min_size(rect.min + vec2(PAD, 0.0), vec2(room, high));
            if flow.ui(t, ui, place, differences, self.shows_all) {
                self.shows_all = !self.shows_all;
            }
        }
        let buttons = Rect::from_min_max(
            pos2(rect.right() - PAD - BUTTONS, rect.top()),
            pos2(rect.right() - PAD, rect.top() + BAR),
        );
        let mut right = ui.new_child(
            egui::UiBuilder::new()
                .max_rect(buttons)
                .layout(egui::Layout::right_to_left(egui::Align::Center))
                .id_salt("buttons"),
        );
        right.spacing_mut().item_spacing.x = 6.0;
        with_ui(context, &mut right);
        let Some(sides) = sides else { return };
        match sides.of_rival {
            Some((at, of)) => {
                for (by, word, name) in [(1, "›", "next"), (-1, "‹", "previous")] {
                    let label = format!("Show the {name} saga of the other run");
                    let button = right.add(Button::new(word).label(&label));
                    if button.on_hover_text(format!("{label}: this is {} of {of}", at + 1)).clicked() {
                        self.partner.step(by, of);
                    }
                }
            }
            None => swap_ui(context, sides, &mut right),
        }
        if let Some(known) = known {
            let copy = Button::new("Copy").icon(Icon::Copy).label("Copy the comparison as text");
            if right.add(copy).on_hover_text("Copy the comparison as text").clicked() {
                context.send(WindowCommand::Copy(text(sides, known)));
            }
        }
    }
}

/// Which two, each over its column.
fn heads_ui(t: &Tokens, sides: &Sides, ui: &mut Ui) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEAD), Sense::hover());
    let [one, other] = halves(rect);
    for (side, place) in sides.both.iter().zip([one, other]) {
        saga_ui(t, side, place, ui);
    }
    ui.painter().vline(other.left() - 0.5, rect.y_range(), Stroke::new(1.0, t.line));
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.line));
}

fn swap_ui(context: &ViewContext<'_>, sides: &Sides, ui: &mut Ui) {
    let swap = ui.add(Button::new("Swap").label("Swap the two sagas"));
    if swap.on_hover_text("Select the other saga and pin this one").clicked() {
        let last = |side: &Side| side.whole.rows.last().map(|row| row.row);
        context.send(GoCommand::Pin(last(&sides.both[0])));
        if let Some(row) = last(&sides.both[1]) {
            context.send(GoCommand::Inspect(row));
        }
    }
}

impl CompareView {
    fn rows_ui(&mut self, context: &ViewContext<'_>, sides: &Sides, both: &Comparison, ui: &mut Ui) {
        let t = context.tokens;
        VirtualRows::new("compared", "What happened in both, aligned", both.pairs.len() as u64)
            .row_height(context.preferences.row_height())
            .show(ui, &mut self.scroll, |ui, line, rect| {
                let Some((left, right)) = both.pairs.get(line as usize).copied() else { return };
                let parts = [left.map(|at| &both.left[at]), right.map(|at| &both.right[at])];
                let label = line_words(parts);
                let selected = context.navigation.selected;
                // A row of another log is called like one of this log, and is none.
                let own = |side: usize| parts[side].filter(|_| sides.both[side].rival.is_none());
                let is_selected = [own(0), own(1)].iter().flatten().any(|part| Some(part.row) == selected);
                let response = row(ui, rect, &label, is_selected);
                let [one, other] = halves(rect);
                let only_one = parts.iter().any(Option::is_none);
                for ((part, place), side) in parts.into_iter().zip([one, other]).zip(&sides.both) {
                    match part {
                        Some(part) => part_ui(context, side, part, only_one, place, ui),
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
                        if right { own(1).or(own(0)) } else { own(0).or(own(1)) }.map(|part| part.row);
                    if let Some(row) = target {
                        context.send(GoCommand::Select(row));
                    }
                }
            });
    }
}

/// The columns: near one another in much room too.
fn halves(rect: Rect) -> [Rect; 2] {
    let middle = (rect.left() + (rect.width() / 2.0).min(COLUMN_MAX)).round();
    [rect.with_max_x(middle), rect.with_min_x(middle)]
}

/// A saga in the head: what it is called and how it stands.
fn saga_ui(t: &Tokens, side: &Side, place: Rect, ui: &mut Ui) {
    let (page, role) = (side.shown(), side.role.as_str());
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
        "{} · took {} · {}",
        middle(&one_line(role), 48),
        span(page.summary.duration),
        count(page.summary.events as u64, "event")
    );
    Line::new().caption(&facts, t.muted).paint(ui.painter(), inner.with_min_y(inner.center().y));
}

fn part_ui(
    context: &ViewContext<'_>,
    side: &Side,
    part: &Part,
    only_one: bool,
    place: Rect,
    ui: &mut Ui,
) -> Rect {
    let t = context.tokens;
    // The other run has a time of its own.
    let later = side.rival.is_none() && context.navigation.is_later(context.log(), part.row);
    let info = &side.survey.traits[side.log(context).type_of(part.row).0 as usize];
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
fn text(sides: &Sides, known: &Known) -> String {
    let [one, other] = sides
        .both
        .each_ref()
        .map(|side| format!("{} ({})", one_line(&side.whole.title), one_line(&side.role)));
    let both = &known.whole;
    let mut lines = vec![format!("{one} and {other}")];
    lines.extend(known.differences.iter().cloned());
    let pairs = both.pairs.iter();
    lines.extend(
        pairs.map(|(left, right)| {
            line_words([left.map(|at| &both.left[at]), right.map(|at| &both.right[at])])
        }),
    );
    lines.join("\n")
}
