//! The view "dead-letters": what could not be handled and waits for a person, as of the playhead. It reads the log
//! like any other view; where the log is a run that is open, letters can be sent again, after a dry run that says
//! what would come of it.

mod detail;
mod list;
mod redrive;

use std::sync::Arc;

use egui::{Align, Key, Layout, Modifiers, Rect, Sense, Stroke, Ui, UiBuilder, pos2, vec2};

use self::list::{Entry, List};
use self::redrive::RedriveState;
use crate::engine::{DocumentId, Latest, LoggedLetter, Outcome as Answer, read_letters};
use crate::model::Row;
use crate::runtime::LetterState;
use crate::ui::command::SIMULATE;
use crate::ui::format::{letter_look, thousands};
use crate::ui::icons::Icon;
use crate::ui::theme::{PAD, Tokens};
use crate::ui::view::{Around, View, ViewClass, ViewContext};
use crate::ui::widgets::{Line, empty, failed, loading, segment};

/// Its entry in the registry.
pub static CLASS: ViewClass = ViewClass {
    id: "dead-letters",
    title: "Dead letters",
    about: "Messages that could not be handled, and what waits behind them",
    icon: Icon::Skull,
    around: Around::Log,
    fills: false,
    make: || Box::<DeadLettersView>::default(),
};

/// Height of the bar above.
const BAR: f32 = 44.0;
/// From this width on list and letter are side by side.
const WIDE: f32 = 940.0;
/// Share of the list, beside and above the letter.
const BESIDE: f32 = 0.5;
const ABOVE: f32 = 0.42;

/// What the letters depend on.
#[derive(Clone, Copy, Debug, PartialEq)]
struct LettersKey {
    document: DocumentId,
    generation: u64,
}

type Letters = (Vec<LoggedLetter>, usize);

/// What issued a message depends on.
type Origin = Latest<(DocumentId, u32), Option<(Row, String)>>;

#[derive(Default)]
struct DeadLettersView {
    letters: Latest<LettersKey, Letters>,
    /// Only letters in this state; all without.
    only: Option<LetterState>,
    selected: Option<u32>,
    list: List,
    origin: Origin,
    redrive: RedriveState,
    /// Which text of the message is open.
    shows_message: bool,
}

impl View for DeadLettersView {
    fn ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui) {
        ui.spacing_mut().item_spacing.y = 0.0;
        let open = context.document.open.clone();
        let key = LettersKey { document: context.document.id, generation: open.log.generation() };
        self.letters.ask(context.engine.workers(), &key, move |cancel, _| read_letters(&open, cancel));
        // A log that grows keeps the letters it had until the new ones are read.
        let Some(answer) = self.letters.answer().filter(|answer| answer.key.document == key.document) else {
            if loading(ui, "Reading the dead letters", None, "") {
                self.letters.clear();
            }
            return;
        };
        let (letters, left_out) = match &answer.result {
            Ok(letters) => letters,
            Err(problem) => {
                let why = format!("Because of a defect in Sagascope: {problem}");
                failed(ui, "The dead letters cannot be listed", &why, "", "", None);
                return;
            }
        };
        if letters.is_empty() {
            nothing_ui(context, ui);
            return;
        }
        let entries = self.entries(context, letters);
        self.bar_ui(context, ui, letters, &entries, *left_out);
        self.content_ui(context, ui, &answer, &entries);
    }

    fn key(&mut self, context: &ViewContext<'_>, key: Key, modifiers: Modifiers) -> bool {
        if modifiers.any() {
            return false;
        }
        let by = match key {
            Key::ArrowUp => -1,
            Key::ArrowDown => 1,
            _ => return false,
        };
        let Some(answer) = self.letters.answer() else { return false };
        let Ok((letters, _)) = &answer.result else { return false };
        let entries = self.entries(context, letters);
        self.selected = self.list.step(&entries, self.selected, by);
        true
    }

    fn is_settled(&self) -> bool {
        !self.letters.is_busy() && !self.origin.is_busy() && self.redrive.is_settled()
    }
}

/// There are none: why, and what to do.
fn nothing_ui(context: &ViewContext<'_>, ui: &mut Ui) {
    let is_run = context.document.simulation.is_some();
    let words = if is_run {
        "No dead letters: nothing in this run has needed a person yet"
    } else {
        "No dead letters: this log has no dead_letter events, which runs of Sagascope record"
    };
    if empty(ui, words, (!is_run).then_some(SIMULATE.name)) {
        context.run(&SIMULATE);
    }
}

impl DeadLettersView {
    /// The letters that exist as of the playhead, and those of the chosen state only.
    fn entries(&self, context: &ViewContext<'_>, letters: &[LoggedLetter]) -> Vec<Entry> {
        let (log, rank) = (context.log(), context.navigation.playhead_rank(context.log()));
        let states = letters
            .iter()
            .enumerate()
            .filter_map(|(at, letter)| Some(Entry { at, id: letter.id, state: letter.state_at(log, rank)? }));
        states.filter(|entry| self.only.is_none_or(|only| entry.state == only)).collect()
    }

    fn bar_ui(
        &mut self,
        context: &ViewContext<'_>,
        ui: &mut Ui,
        letters: &[LoggedLetter],
        shown: &[Entry],
        left_out: usize,
    ) {
        let t = context.tokens;
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), BAR), Sense::hover());
        ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.line));
        let inner = rect.shrink2(vec2(PAD, 0.0));
        let mut bar = ui.new_child(
            UiBuilder::new().max_rect(inner).layout(Layout::left_to_right(Align::Center)).id_salt("bar"),
        );
        let (log, rank) = (context.log(), context.navigation.playhead_rank(context.log()));
        let states: Vec<LetterState> =
            letters.iter().filter_map(|letter| letter.state_at(log, rank)).collect();
        let all = format!("All {}", thousands(states.len() as u64));
        let words: Vec<(LetterState, String)> = LetterState::ALL
            .into_iter()
            .map(|state| (state, states.iter().filter(|known| **known == state).count()))
            .filter(|(state, count)| *count > 0 || self.only == Some(*state))
            .map(|(state, count)| (state, format!("{} {}", state_word(state), thousands(count as u64))))
            .collect();
        let mut choices: Vec<(Option<LetterState>, &str)> = vec![(None, &all)];
        choices.extend(words.iter().map(|(state, words)| (Some(*state), &**words)));
        segment(&mut bar, "Letters", &mut self.only, &choices);
        bar.add_space(4.0);
        let scope =
            if context.navigation.is_in_past(log) { "as of the playhead" } else { "at the end of the log" };
        let more = if left_out > 0 {
            format!(", {} more not read", thousands(left_out as u64))
        } else {
            String::new()
        };
        Line::new().caption(&format!("{scope}{more}"), t.faint).show(&mut bar);
        let used = bar.min_rect().right() + 12.0;
        let open: Vec<u32> =
            shown.iter().filter(|entry| entry.state == LetterState::Open).map(|entry| entry.id).collect();
        let room = Rect::from_min_max(pos2(used.min(inner.right()), inner.top()), inner.max);
        let layout = Layout::right_to_left(Align::Center);
        let mut right = ui.new_child(UiBuilder::new().max_rect(room).layout(layout).id_salt("redrive all"));
        self.redrive.all_ui(context, &mut right, &open);
    }

    fn content_ui(
        &mut self,
        context: &ViewContext<'_>,
        ui: &mut Ui,
        answer: &Arc<Answer<LettersKey, Letters>>,
        entries: &[Entry],
    ) {
        let Ok((letters, _)) = &answer.result else { return };
        let all = ui.available_rect_before_wrap();
        let wide = all.width() >= WIDE;
        let (first, second) = if wide {
            let split = all.left() + (all.width() * BESIDE).floor();
            ui.painter().vline(split + 0.5, all.y_range(), Stroke::new(1.0, context.tokens.line));
            (all.with_max_x(split), all.with_min_x(split + 1.0))
        } else {
            let split = all.top() + (all.height() * ABOVE).floor();
            ui.painter().hline(all.x_range(), split + 0.5, Stroke::new(1.0, context.tokens.line));
            (all.with_max_y(split), all.with_min_y(split + 1.0))
        };
        if !entries.iter().any(|entry| Some(entry.id) == self.selected) {
            // Where a person is needed first.
            let open = entries.iter().find(|entry| entry.state == LetterState::Open);
            self.selected = open.or(entries.first()).map(|entry| entry.id);
        }
        let mut list = ui.new_child(UiBuilder::new().max_rect(first).id_salt("list"));
        list.set_clip_rect(first.intersect(ui.clip_rect()));
        list.spacing_mut().item_spacing.y = 0.0;
        if let Some(chosen) = self.list.ui(context, &mut list, letters, entries, self.selected) {
            self.selected = Some(chosen);
        }
        let mut detail = ui.new_child(UiBuilder::new().max_rect(second).id_salt("letter"));
        detail.set_clip_rect(second.intersect(ui.clip_rect()));
        let chosen = entries.iter().find(|entry| Some(entry.id) == self.selected);
        if let Some(entry) = chosen {
            self.detail_ui(context, &mut detail, &letters[entry.at], entry.state);
        } else {
            let words = if self.only.is_some() {
                "No letter is in this state here"
            } else {
                "No letter was parked before the playhead"
            };
            empty(&mut detail, words, None);
        }
        ui.advance_cursor_after_rect(all);
    }
}

/// With a capital letter, as the choice says it.
fn state_word(state: LetterState) -> &'static str {
    match state {
        LetterState::Open => "Open",
        LetterState::Redriven => "Redriven",
        LetterState::Answered => "Answered",
        LetterState::Resolved => "Resolved",
        LetterState::Discarded => "Discarded",
    }
}

/// A state as glyph and word.
fn state_line(t: &Tokens, painter: &egui::Painter, rect: Rect, state: LetterState) {
    let look = t.outcome(letter_look(state));
    let square = Rect::from_center_size(pos2(rect.left() + 6.0, rect.center().y), vec2(12.0, 12.0));
    look.outcome.icon().paint(painter, square, look.color);
    let words = rect.with_min_x(rect.left() + 17.0);
    Line::new().body(state.name(), look.color).paint(painter, words);
}
