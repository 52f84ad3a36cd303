//! One line of the navigator: how it looks, what it is called, and what it asks for when it is used.

use egui::{Color32, Key, Popup, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::lines::{Folds, Item, SagaLines, Section};
use super::menu::{stream_menu, type_menu};
use super::model::{Model, Sort};
use crate::index::{StreamId, TypeId};
use crate::query::{Wish, negated, type_term};
use crate::runtime::LetterState;
use crate::ui::format::{Zone, count, letter_about, letter_look, middle, one_line, saga_look, thousands};
use crate::ui::icons::Icon;
use crate::ui::theme::{PAD, body, caption, mono, mono_small, semibold};
use crate::ui::view::ViewContext;
use crate::ui::widgets::{Button, Line, Mark, focus_ring, row};

/// Where groups begin, and where streams do.
pub(super) const GROUP: f32 = 26.0;
const STREAM: f32 = 50.0;
/// Width of a letter of an id.
const LETTER: f32 = 7.25;
/// Wider than this the time of the last event has a column.
const TIMES_FROM: f32 = 300.0;

/// What a line asks for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Act {
    /// Open what is folded, fold what is open, show more.
    Fold(Item),
    /// Another order.
    Sort(Sort),
    /// Replay a stream.
    Show(StreamId),
    /// Show the dead letters.
    ShowLetters,
    /// List the sagas of one outcome.
    ShowSagas(crate::saga::Outcome),
    /// Put a word into the filter or take it out.
    Filter(String, Wish),
    /// Move the focus from a line by so many lines.
    Focus(u64, i64),
}

/// What all lines share.
pub(super) struct Rows<'a> {
    pub(super) context: &'a ViewContext<'a>,
    pub(super) model: &'a Model,
    pub(super) folds: &'a Folds,
    pub(super) finding: bool,
    pub(super) sort: Sort,
    pub(super) wants_focus: Option<u64>,
    pub(super) menu_by_key: &'a mut bool,
    pub(super) sagas: &'a SagaLines,
    /// The group of the replayed stream.
    pub(super) selected_group: Option<usize>,
}

impl Rows<'_> {
    /// Draws a line.
    pub(super) fn row_ui(&mut self, ui: &mut Ui, rect: Rect, line: u64, item: Item) -> Option<Act> {
        let (response, act) = match item {
            Item::Gap => return None,
            Item::Bookmarks | Item::Streams | Item::Types | Item::Letters | Item::Sagas | Item::Sources => {
                self.section_ui(ui, rect, item)
            }
            Item::Bookmark(at) => (self.bookmark_ui(ui, rect, at)?, None),
            Item::Saga(at) => self.saga_ui(ui, rect, *self.sagas.outcomes.get(at)?),
            Item::SagasWait => {
                let response = row(ui, rect, "Looking for sagas", false);
                let room = rect.with_min_x(rect.left() + GROUP + 16.0);
                Line::new()
                    .caption("Looking for sagas…", self.context.tokens.faint)
                    .paint(ui.painter(), room);
                (response, None)
            }
            Item::Letter(at) => self.letter_ui(ui, rect, *self.model.letters.get(at)?),
            Item::Group(at) => self.group_ui(ui, rect, at),
            Item::Stream(id) => self.stream_ui(ui, rect, id),
            Item::Type(at) => self.type_ui(ui, rect, *self.model.types.get(at)?),
            Item::Source(at) => self.source_ui(ui, rect, at)?,
            Item::More(_, more) => self.more_ui(ui, rect, item, &format!("+{} more", thousands(more as u64))),
            Item::MoreTypes(more) => {
                self.more_ui(ui, rect, item, &format!("+{} more", thousands(more as u64)))
            }
            Item::Fewer(_) => self.more_ui(ui, rect, item, "Show fewer"),
        };
        if self.wants_focus == Some(line) {
            response.request_focus();
            self.wants_focus = None;
        }
        self.keys(ui, &response, line, item).or(act)
    }

    /// The arrow keys move within the list, open and fold.
    fn keys(&self, ui: &Ui, response: &Response, line: u64, item: Item) -> Option<Act> {
        if !response.has_focus() {
            return None;
        }
        let arrows =
            egui::EventFilter { vertical_arrows: true, horizontal_arrows: true, ..Default::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
        let pressed = |key| ui.input(|input| input.key_pressed(key));
        let moves = [(Key::ArrowDown, 1), (Key::ArrowUp, -1), (Key::Home, i64::MIN), (Key::End, i64::MAX)];
        if let Some((_, by)) = moves.into_iter().find(|(key, _)| pressed(*key)) {
            return Some(Act::Focus(line, by));
        }
        let is_open = self.is_open(item)?;
        let turns = if is_open { pressed(Key::ArrowLeft) } else { pressed(Key::ArrowRight) };
        turns.then_some(Act::Fold(item))
    }

    /// Whether something that can be folded is open.
    fn is_open(&self, item: Item) -> Option<bool> {
        match item {
            Item::Bookmarks => Some(!self.folds.folded.contains(&Section::Bookmarks)),
            Item::Streams => Some(!self.folds.folded.contains(&Section::Streams)),
            Item::Types => Some(!self.folds.folded.contains(&Section::Types)),
            Item::Letters => Some(!self.folds.folded.contains(&Section::Letters)),
            Item::Sagas => Some(self.sagas.open),
            Item::Sources => Some(!self.folds.folded.contains(&Section::Sources)),
            Item::Group(at) => Some(self.folds.is_open(&self.model.groups.get(at)?.key, self.finding)),
            _ => None,
        }
    }

    /// A line that opens and folds what is below.
    fn folding(&self, ui: &mut Ui, rect: Rect, left: f32, label: &str, item: Item) -> Response {
        let t = self.context.tokens;
        let is_open = self.is_open(item).unwrap_or(true);
        let id = ui.next_auto_id();
        ui.skip_ahead_auto_ids(1);
        let response = ui.interact(rect, id, Sense::click());
        response
            .widget_info(|| WidgetInfo::selected(Role::DisclosureTriangle, ui.is_enabled(), is_open, label));
        if response.hovered() {
            ui.painter().rect_filled(rect, 0, t.hover());
        } else if !is_open && self.selected_group.map(Item::Group) == Some(item) {
            // Folded, it stands for the replayed stream inside.
            ui.painter().rect_filled(rect, 0, t.selection);
        }
        let caret = Rect::from_center_size(pos2(left + 5.0, rect.center().y), vec2(12.0, 12.0));
        let icon = if is_open { Icon::CaretDown } else { Icon::CaretRight };
        icon.paint(ui.painter(), caret, if response.hovered() { t.text } else { t.muted });
        focus_ring(ui, rect, 0, &response);
        response
    }

    fn section_ui(&self, ui: &mut Ui, rect: Rect, item: Item) -> (Response, Option<Act>) {
        let (context, t) = (self.context, self.context.tokens);
        let log = context.log();
        let found = |found: usize, all: usize| {
            if self.finding {
                format!("{} of {}", thousands(found as u64), thousands(all as u64))
            } else {
                thousands(all as u64)
            }
        };
        let (title, number) = match item {
            Item::Bookmarks => ("Bookmarks", thousands(context.document.bookmarks.list().len() as u64)),
            Item::Streams => ("Streams", found(self.model.streams, log.streams().len())),
            Item::Types => ("Types", found(self.model.types.len(), log.types().len())),
            Item::Letters => {
                ("Dead letters", thousands(self.model.letters.iter().map(|(_, count)| count).sum()))
            }
            Item::Sagas if self.sagas.outcomes.is_empty() => ("Sagas", String::new()),
            Item::Sagas => {
                let all: usize = self.sagas.outcomes.iter().map(|(_, count)| count).sum();
                ("Sagas", thousands(all as u64))
            }
            _ => ("Sources", thousands(context.document.open.sources.len() as u64)),
        };
        let inferred = if item == Item::Streams && self.model.is_inferred() { "inferred" } else { "" };
        let label = [title, inferred, &number].into_iter().filter(|part| !part.is_empty());
        let label = label.collect::<Vec<_>>().join(", ");
        let response = self.folding(ui, rect, rect.left() + PAD, &label, item);
        let end = number_ui(ui, rect, &number, t.muted);
        let title = Line::new().piece(title, semibold(12.0), t.text).gap(6.0).caption(inferred, t.faint);
        let left = rect.left() + PAD + 16.0;
        let painted = title.paint(ui.painter(), Rect::from_x_y_ranges(left..=end, rect.y_range()));
        let mut act = response.clicked().then_some(Act::Fold(item));
        if item == Item::Streams && log.streams().len() > 1 {
            act = self.sort_ui(ui, rect, painted.rect.right() + 6.0, end).or(act);
        }
        let response = if inferred.is_empty() {
            response
        } else {
            response.on_hover_text(
                "This store names no aggregate types: streams are grouped by how their ids begin",
            )
        };
        (response, act)
    }

    /// The choice of order, behind the title.
    fn sort_ui(&self, ui: &mut Ui, rect: Rect, left: f32, end: f32) -> Option<Act> {
        let place = Rect::from_min_max(pos2(left, rect.top() + 1.0), pos2(end, rect.bottom() - 1.0));
        if place.width() < 60.0 {
            return None;
        }
        let layout = egui::Layout::left_to_right(egui::Align::Center);
        let mut inner = ui.new_child(egui::UiBuilder::new().max_rect(place).layout(layout));
        let label = format!("Sort streams, now {}", self.sort.word());
        let button = Button::ghost(self.sort.word()).small().trailing(Icon::CaretDown).label(&label);
        let button = inner.add(button);
        let mut act = None;
        Popup::menu(&button).show(|ui| {
            for sort in Sort::ALL {
                if ui.selectable_label(sort == self.sort, sort.word()).clicked() {
                    act = Some(Act::Sort(sort));
                }
            }
        });
        act
    }

    fn group_ui(&self, ui: &mut Ui, rect: Rect, at: usize) -> (Response, Option<Act>) {
        let t = self.context.tokens;
        let group = &self.model.groups[at];
        let name = one_line(group.name());
        let number = group.streams.len() as u64;
        // Where all are inferred, the section says so.
        let inferred =
            if group.key.0 && !self.model.is_inferred() && !group.key.1.is_empty() { "inferred" } else { "" };
        let holds = if self.selected_group == Some(at) { ", holds the replayed stream" } else { "" };
        let label = format!("{name}, {}{holds}", count(number, "stream"));
        let response = self.folding(ui, rect, rect.left() + GROUP, &label, Item::Group(at));
        let end = number_ui(ui, rect, &thousands(number), t.faint);
        let left = rect.left() + GROUP + 16.0;
        let line = Line::new().body(&name, t.text).gap(6.0).caption(inferred, t.faint);
        let painted = line.paint(ui.painter(), Rect::from_x_y_ranges(left..=end, rect.y_range()));
        let act = response.clicked().then_some(Act::Fold(Item::Group(at)));
        let response = if painted.elided { response.on_hover_text(name) } else { response };
        (response, act)
    }

    fn stream_ui(&mut self, ui: &mut Ui, rect: Rect, id: StreamId) -> (Response, Option<Act>) {
        let (context, t) = (self.context, self.context.tokens);
        let info = context.log().stream(id);
        let zone = Zone { local: context.preferences.local_time };
        let events = count(info.len() as u64, "event");
        let last = info.times().last.map(|last| zone.date_time(last));
        let name = one_line(&info.id);
        // The same id may stand in two files.
        let sources = &context.document.open.sources;
        let source = sources.get(usize::from(info.source.0)).filter(|_| sources.len() > 1);
        let source = source.map_or_else(String::new, |source| format!(", in {}", file_name(&source.path)));
        let label = match &last {
            Some(last) => format!("stream {name}, {events}, last {last}{source}"),
            None => format!("stream {name}, {events}{source}"),
        };
        let is_selected = context.navigation.stream == Some(id);
        let response = row(ui, rect, &label, is_selected);
        let color = if is_selected { t.text } else { t.faint };
        let mut end = number_ui(ui, rect, &thousands(info.len() as u64), color);
        if rect.width() >= TIMES_FROM
            && let Some(last) = info.times().last
        {
            let time = Line::new().piece(&zone.custom(last.nanos(), "%-d %b %H:%M"), mono_small(), t.faint);
            let place = Rect::from_x_y_ranges(end - 92.0..=end - 8.0, rect.y_range());
            end = time.right().paint(ui.painter(), place).rect.left() - 8.0;
        }
        let room = Rect::from_x_y_ranges(rect.left() + STREAM..=end, rect.y_range());
        let short = middle(&name, (room.width() / LETTER).max(5.0) as usize);
        Line::new().piece(&short, mono(), t.text).paint(ui.painter(), room);
        let act = stream_menu(context, ui, &response, (id, info), self.menu_by_key);
        let act = act.or(response.clicked().then_some(Act::Show(id)));
        let versions = info.versions().map(|(low, high)| format!(", versions {low} to {high}"));
        let first = info.times().first.map(|first| format!("\nfirst {}", zone.date_time(first)));
        let last = last.map(|last| format!("\nlast {last}"));
        let response = response.on_hover_text(format!(
            "{}{source}\n{events}{}{}{}",
            one_line(&info.name().to_string()),
            versions.unwrap_or_default(),
            first.unwrap_or_default(),
            last.unwrap_or_default()
        ));
        (response, act)
    }

    fn type_ui(&mut self, ui: &mut Ui, rect: Rect, id: TypeId) -> (Response, Option<Act>) {
        let (context, t) = (self.context, self.context.tokens);
        let info = context.log().event_type(id);
        let name = one_line(&info.name);
        let events = count(info.events, "event");
        let term = type_term(&info.name);
        let (is_only, is_excluded) = self.in_filter(&term);
        let state = match (is_only, is_excluded) {
            (true, _) => ", only this type is shown",
            (_, true) => ", excluded",
            _ => "",
        };
        let response = row(ui, rect, &format!("type {name}, {events}{state}"), is_only);
        let end = number_ui(ui, rect, &thousands(info.events), t.faint);
        let left = rect.left() + GROUP;
        Mark::family(t, &info.family)
            .hollow(is_excluded)
            .paint(ui.painter(), pos2(left + 4.0, rect.center().y));
        let line = if is_excluded {
            Line::new().piece(&name, body(), t.faint).gap(6.0).caption("excluded", t.faint)
        } else {
            Line::new().piece(&name, body(), t.text)
        };
        line.paint(ui.painter(), Rect::from_x_y_ranges(left + 14.0..=end, rect.y_range()));
        let mut act = type_menu(context, ui, &response, info, self.menu_by_key);
        if response.clicked() {
            let excludes = ui.input(|input| input.modifiers.command);
            // A click on what is excluded shows it again.
            let wish = if excludes || is_excluded { Wish::Exclude } else { Wish::Only };
            act = Some(Act::Filter(term, wish));
        }
        let zone = Zone { local: context.preferences.local_time };
        let times =
            info.times.first.zip(info.times.last).map(|(first, last)| {
                format!("\nfirst {}\nlast {}", zone.date_time(first), zone.date_time(last))
            });
        let response = response.on_hover_text(format!(
            "{name}\n{events}{}\nClick: only this type, Ctrl+click: exclude it",
            times.unwrap_or_default()
        ));
        (response, act)
    }

    /// Whether the filter asks for just this word, and whether it excludes it.
    fn in_filter(&self, term: &str) -> (bool, bool) {
        let filter = &self.context.document.filter;
        (filter.has_term(term), filter.has_term(&negated(term)))
    }

    /// The dead letters of one state.
    fn letter_ui(
        &self,
        ui: &mut Ui,
        rect: Rect,
        (state, letters): (LetterState, u64),
    ) -> (Response, Option<Act>) {
        let t = self.context.tokens;
        let response = row(ui, rect, &format!("{}, {}", state.name(), count(letters, "dead letter")), false);
        let end = number_ui(ui, rect, &thousands(letters), t.faint);
        let left = rect.left() + GROUP;
        let look = t.outcome(letter_look(state));
        let icon = Rect::from_center_size(pos2(left + 5.0, rect.center().y), vec2(12.0, 12.0));
        look.outcome.icon().paint(ui.painter(), icon, look.color);
        let room = Rect::from_x_y_ranges(left + 16.0..=end, rect.y_range());
        Line::new().body(state.name(), t.text).paint(ui.painter(), room);
        let act = response.clicked().then_some(Act::ShowLetters);
        (response.on_hover_text(letter_about(state)), act)
    }

    /// The sagas of one outcome.
    fn saga_ui(
        &self,
        ui: &mut Ui,
        rect: Rect,
        (outcome, sagas): (crate::saga::Outcome, usize),
    ) -> (Response, Option<Act>) {
        let t = self.context.tokens;
        let look = t.outcome(saga_look(outcome));
        let word = look.outcome.word();
        let is_listed = self.context.navigation.sagas.outcome == Some(outcome);
        let response = row(ui, rect, &format!("{word}, {}", count(sagas as u64, "saga")), is_listed);
        let end = number_ui(ui, rect, &thousands(sagas as u64), t.faint);
        let left = rect.left() + GROUP;
        let icon = Rect::from_center_size(pos2(left + 5.0, rect.center().y), vec2(12.0, 12.0));
        look.outcome.icon().paint(ui.painter(), icon, look.color);
        let room = Rect::from_x_y_ranges(left + 16.0..=end, rect.y_range());
        Line::new().body(word, t.text).paint(ui.painter(), room);
        let act = response.clicked().then_some(Act::ShowSagas(outcome));
        (response.on_hover_text("List these sagas"), act)
    }

    fn source_ui(&self, ui: &mut Ui, rect: Rect, at: usize) -> Option<(Response, Option<Act>)> {
        let t = self.context.tokens;
        let source = self.context.document.open.sources.get(at)?;
        let events = self.context.log().sources().get(at).map_or(0, |summary| summary.events);
        let name = source
            .path
            .file_name()
            .map_or_else(|| source.path.display().to_string(), |name| name.to_string_lossy().into_owned());
        let name = one_line(&name);
        let label = format!("source {name}, {}, {}", source.title, count(events, "event"));
        let response = row(ui, rect, &label, false);
        let end = number_ui(ui, rect, &thousands(events), t.faint);
        let left = rect.left() + GROUP;
        let icon = Rect::from_center_size(pos2(left + 5.0, rect.center().y), vec2(12.0, 12.0));
        Icon::File.paint(ui.painter(), icon, t.muted);
        Line::new()
            .body(&name, t.text)
            .gap(6.0)
            .caption(&source.title, t.faint)
            .paint(ui.painter(), Rect::from_x_y_ranges(left + 16.0..=end, rect.y_range()));
        let bytes = crate::ui::format::bytes(source.bytes);
        let path = one_line(&source.path.display().to_string());
        Some((response.on_hover_text(format!("{}, {bytes}\n{path}", source.title)), None))
    }

    fn more_ui(&self, ui: &mut Ui, rect: Rect, item: Item, words: &str) -> (Response, Option<Act>) {
        let t = self.context.tokens;
        let label = match item {
            Item::More(group, _) => {
                format!("{words} streams of {}", one_line(self.model.groups[group].name()))
            }
            Item::MoreTypes(_) => format!("{words} types"),
            _ => words.to_owned(),
        };
        let response = row(ui, rect, &label, false);
        let color: Color32 = if response.hovered() || response.has_focus() { t.accent } else { t.muted };
        let left = rect.left() + if matches!(item, Item::MoreTypes(_)) { GROUP + 14.0 } else { STREAM };
        let room = Rect::from_x_y_ranges(left..=rect.right() - PAD, rect.y_range());
        Line::new().piece(words, caption(), color).paint(ui.painter(), room);
        let act = response.clicked().then_some(Act::Fold(item));
        (response, act)
    }
}

/// The last part of a path.
fn file_name(path: &std::path::Path) -> String {
    let name = path
        .file_name()
        .map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
    one_line(&name)
}

/// A number at the right; where the room before it ends.
fn number_ui(ui: &Ui, rect: Rect, number: &str, color: Color32) -> f32 {
    let place = Rect::from_x_y_ranges(rect.left()..=rect.right() - PAD, rect.y_range());
    let painted = Line::new().piece(number, mono_small(), color).right().paint(ui.painter(), place);
    painted.rect.left() - 8.0
}
