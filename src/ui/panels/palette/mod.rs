//! Everything by name: commands, streams, types, recent files, places to go to.

mod entries;
mod fuzzy;
mod go_to;
mod search;

use egui::{Key, Modifiers, Rect, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use self::entries::{Entry, Section, sections};
use self::go_to::{Place, places};
use self::search::{SearchKey, StreamHits};
use crate::engine::Latest;
use crate::ui::app::App;
use crate::ui::theme::{PAD, Tokens, body, semibold, tokens};
use crate::ui::widgets::{
    Line, Mark, ModalPlace, RowAlign, RowScroll, SearchField, VirtualRows, key_cap, modal,
};

/// Presentation state.
#[derive(Default)]
pub struct Palette {
    typed: String,
    /// Which entry Enter runs, counted over all sections.
    chosen: usize,
    /// Enter was pressed before the streams were found.
    wants_run: bool,
    scroll: RowScroll,
    search: Latest<SearchKey, StreamHits>,
    /// The sections, and what they were made of.
    made: Option<(Made, Vec<Section>)>,
}

/// What the sections depend on.
#[derive(Clone, Debug, PartialEq)]
struct Made {
    key: SearchKey,
    /// Whether the answer is to this key, and how many streams it has.
    streams: (bool, usize),
    recent: usize,
    /// Saved queries and bookmarks.
    saved: (usize, usize),
    has_log: bool,
}

/// Height of a row.
const ROW_HEIGHT: f32 = 30.0;
/// Rows seen at once.
const ROWS_SEEN: usize = 13;

/// A row of the list.
#[derive(Clone, Copy)]
enum Item<'a> {
    Heading(&'static str),
    Entry(usize, &'a Entry),
}

impl Palette {
    /// Whether everything it asked for is there.
    pub fn is_settled(&self) -> bool {
        !self.search.is_busy()
    }
}

/// Draws the palette.
pub fn palette_ui(app: &mut App, ui: &mut Ui) {
    let mut run = None;
    let closed = modal(ui.ctx(), "palette", 640.0, ModalPlace::Top, |ui| {
        let (moved, enter) = keys(ui);
        let id = ui.scope_id().with("palette field");
        ui.add_space(8.0);
        let area = ui.available_rect_before_wrap().shrink2(vec2(8.0, 0.0));
        let area = Rect::from_min_size(area.min, vec2(area.width(), 28.0));
        let mut line = ui.new_child(UiBuilder::new().max_rect(area));
        let hint = "Search commands, streams, types and files";
        let field = SearchField::new(hint, &mut app.panels.palette.typed).query().id(id).show(&mut line);
        ui.advance_cursor_after_rect(area);
        ui.add_space(8.0);
        if !field.has_focus() {
            field.request_focus();
        }
        if field.changed() {
            let palette = &mut app.panels.palette;
            palette.chosen = 0;
            palette.wants_run = false;
            palette.scroll = RowScroll::default();
        }
        let is_complete = make(app);
        let Some((made, sections)) = app.panels.palette.made.take() else { return };
        let palette = &mut app.panels.palette;
        let entries: Vec<&Entry> = sections.iter().flat_map(|section| &section.entries).collect();
        choose(palette, &sections, entries.len(), moved);
        palette.wants_run |= enter;
        let mut clicked = None;
        if entries.is_empty() {
            empty_ui(ui, &palette.typed, is_complete);
        } else {
            clicked = list_ui(ui, palette, &sections);
        }
        foot_ui(ui);
        if palette.wants_run && is_complete {
            palette.wants_run = false;
            clicked = clicked.or(Some(palette.chosen));
        }
        let entry = clicked.and_then(|at| entries.get(at)).filter(|entry| entry.enabled);
        run = entry.map(|entry| entry.command.clone());
        app.panels.palette.made = Some((made, sections));
    });
    if let Some(command) = run {
        app.overlay = None;
        app.commands.send(command);
    } else if closed {
        app.overlay = None;
    }
}

/// How far the choice moves, and whether Enter was pressed; taken before the field sees the keys.
fn keys(ui: &mut Ui) -> (i64, bool) {
    ui.input_mut(|input| {
        let mut times = |key| input.count_and_consume_key(Modifiers::NONE, key) as i64;
        let page = ROWS_SEEN as i64 - 2;
        let moved =
            times(Key::ArrowDown) - times(Key::ArrowUp) + page * (times(Key::PageDown) - times(Key::PageUp));
        (moved, times(Key::Enter) > 0)
    })
}

/// Makes the sections where something they depend on changed; whether they are those of the typed text.
fn make(app: &mut App) -> bool {
    let palette = &app.panels.palette;
    let typed = palette.typed.trim().to_owned();
    let (document, generation) =
        app.document.as_ref().map(|document| (document.id, document.log().generation())).unwrap_or_default();
    let key = SearchKey { document, generation, typed };
    if let Some(document) = &app.document {
        let position = places(&key.typed, None, false).into_iter().find_map(|place| match place {
            Place::Position(position) => Some(position),
            _ => None,
        });
        search::ask(&palette.search, app.engine.workers(), document.log(), &key, position);
    }
    let answer = palette.search.answer().filter(|answer| answer.key.document == document);
    let hits = answer.as_ref().and_then(|answer| answer.result.as_ref().ok()).cloned().unwrap_or_default();
    let is_complete = app.document.is_none() || answer.is_some_and(|answer| answer.key == key);
    let made = Made {
        key,
        streams: (is_complete, hits.streams.len()),
        recent: app.settings.recent.len(),
        saved: (
            app.settings.saved_queries.len(),
            app.document.as_ref().map_or(0, |document| document.bookmarks.list().len()),
        ),
        has_log: app.document.is_some(),
    };
    if palette.made.as_ref().is_none_or(|(known, _)| *known != made) {
        let sections = sections(app, &made.key.typed, &hits);
        app.panels.palette.made = Some((made, sections));
    }
    is_complete
}

/// Moves the choice over the entries, past those that cannot be chosen where there are others.
fn choose(palette: &mut Palette, sections: &[Section], count: usize, moved: i64) {
    let last = count.saturating_sub(1);
    palette.chosen = palette.chosen.min(last);
    if moved != 0 {
        let wrapped = match (palette.chosen, moved) {
            (0, -1) => last,
            (at, 1) if at == last => 0,
            (at, by) => (at as i64 + by).clamp(0, last as i64) as usize,
        };
        palette.chosen = wrapped;
        palette.wants_run = false;
        if let Some(row) = row_of(sections, palette.chosen) {
            // The heading above the first entry comes into view with it.
            palette.scroll.scroll_to(if row == 1 { 0 } else { row }, RowAlign::Nearest);
        }
    }
}

/// The row of the list an entry stands in.
fn row_of(sections: &[Section], entry: usize) -> Option<u64> {
    let mut before = 0;
    for (at, section) in sections.iter().enumerate() {
        if entry < before + section.entries.len() {
            return Some((entry + at + 1) as u64);
        }
        before += section.entries.len();
    }
    None
}

fn list_ui(ui: &mut Ui, palette: &mut Palette, sections: &[Section]) -> Option<usize> {
    let mut items = Vec::new();
    let mut number = 0;
    for section in sections {
        items.push(Item::Heading(section.title));
        for entry in &section.entries {
            items.push(Item::Entry(number, entry));
            number += 1;
        }
    }
    let room = ui.ctx().content_rect().height() * 0.7 - 100.0;
    let seen = items.len().min(ROWS_SEEN).min((room / ROW_HEIGHT).max(3.0) as usize);
    let size = vec2(ui.available_width(), seen as f32 * ROW_HEIGHT);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let mut inner = ui.new_child(UiBuilder::new().max_rect(rect));
    inner.set_clip_rect(rect.intersect(ui.clip_rect()));
    let mut clicked = None;
    let rows = VirtualRows::new("palette", "Results", items.len() as u64).row_height(ROW_HEIGHT);
    let chosen = palette.chosen;
    rows.show(&mut inner, &mut palette.scroll, |ui, row, rect| match items[row as usize] {
        Item::Heading(title) => heading_ui(ui, rect, title),
        Item::Entry(number, entry) => {
            if entry_ui(ui, rect, entry, number == chosen) {
                clicked = Some(number);
            }
        }
    });
    clicked
}

fn heading_ui(ui: &mut Ui, rect: Rect, title: &str) {
    let t = tokens(ui);
    let id = ui.scope_id().with("heading");
    crate::ui::widgets::node(ui, rect, id, Sense::hover(), Role::Heading, title);
    let room = Rect::from_min_max(pos2(rect.left() + PAD + 4.0, rect.top() + 6.0), rect.max);
    Line::new().piece(title, semibold(11.0), t.faint).paint(ui.painter(), room);
}

/// Draws an entry; true when it was clicked.
fn entry_ui(ui: &mut Ui, rect: Rect, entry: &Entry, chosen: bool) -> bool {
    let t = tokens(ui);
    let response = ui.interact(rect, ui.scope_id().with("entry"), Sense::click());
    let label = [&entry.title, &entry.about, &entry.keys]
        .into_iter()
        .filter(|part| !part.is_empty())
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, entry.enabled, chosen, &label));
    let ground = rect.shrink2(vec2(8.0, 0.0));
    if chosen {
        ui.painter().rect_filled(ground, 4, t.selection);
    } else if response.hovered() {
        ui.painter().rect_filled(ground, 4, t.hover());
    }
    let (title, about) = if entry.enabled { (t.text, t.muted) } else { (t.faint, t.faint) };
    let left = rect.left() + PAD + 4.0;
    let square = Rect::from_center_size(pos2(left + 6.0, rect.center().y), vec2(12.0, 12.0));
    match (&entry.family, entry.icon) {
        (Some(family), _) => Mark::family(&t, family).paint(ui.painter(), square.center()),
        (None, Some(icon)) => icon.paint(ui.painter(), square, about),
        (None, None) => {}
    }
    let mut end = rect.right() - PAD - 4.0;
    if !entry.keys.is_empty() {
        let width = Line::new().mono_small(&entry.keys, t.muted).width(ui.painter()).ceil() + 10.0;
        let area = Rect::from_x_y_ranges(end - width.max(18.0)..=end, rect.y_range());
        let layout = egui::Layout::right_to_left(egui::Align::Center);
        key_cap(&mut ui.new_child(UiBuilder::new().max_rect(area).layout(layout)), &entry.keys);
        end = area.left() - 10.0;
    }
    let line = title_line(&t, entry, title).gap(10.0).caption(&entry.about, about);
    line.paint(ui.painter(), Rect::from_x_y_ranges(left + 22.0..=end, rect.y_range()));
    response.clicked()
}

/// The name with the letters that matched standing out.
fn title_line(t: &Tokens, entry: &Entry, color: egui::Color32) -> Line {
    let mut line = Line::new();
    let mut run = String::new();
    let mut hit = false;
    let flush = |line: Line, run: &mut String, hit: bool| {
        let text = std::mem::take(run);
        if text.is_empty() {
            return line;
        }
        if hit && entry.enabled {
            line.piece(&text, semibold(13.0), t.accent)
        } else {
            line.piece(&text, body(), color)
        }
    };
    for (at, letter) in entry.title.chars().enumerate() {
        let is_hit = entry.letters.binary_search(&at).is_ok();
        if is_hit != hit {
            line = flush(line, &mut run, hit);
            hit = is_hit;
        }
        run.push(letter);
    }
    flush(line, &mut run, hit)
}

fn empty_ui(ui: &mut Ui, typed: &str, is_complete: bool) {
    let t = tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 3.0 * ROW_HEIGHT), Sense::hover());
    if !is_complete {
        return;
    }
    let sentence = format!("Nothing is called “{}”", crate::ui::format::one_line(typed.trim()));
    let id = ui.scope_id().with("nothing");
    crate::ui::widgets::node(ui, rect, id, Sense::hover(), Role::Label, &sentence);
    Line::new().body(&sentence, t.muted).center().paint(ui.painter(), rect.shrink2(vec2(PAD, 0.0)));
}

/// What else can be typed.
fn foot_ui(ui: &mut Ui) {
    let t = tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 32.0), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.top() + 4.0, egui::Stroke::new(1.0, t.line));
    let room = Rect::from_min_max(pos2(rect.left() + PAD + 4.0, rect.top() + 6.0), rect.max - vec2(PAD, 0.0));
    let line = Line::new().caption("↑ ↓ to choose, Enter to run, Esc to close", t.faint).gap(16.0);
    let line = line.caption("A version, position, #row or time goes there", t.faint);
    line.paint(ui.painter(), room);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::command::GoCommand;

    fn section(entries: usize) -> Section {
        let entry = || Entry::new("x", "", GoCommand::End);
        Section { title: "s", entries: (0..entries).map(|_| entry()).collect() }
    }

    #[test]
    fn entries_stand_below_their_headings() {
        let sections = [section(2), section(1), section(3)];
        let rows: Vec<Option<u64>> = (0..7).map(|entry| row_of(&sections, entry)).collect();
        assert_eq!(rows, [Some(1), Some(2), Some(4), Some(6), Some(7), Some(8), None]);
    }

    #[test]
    fn the_choice_goes_round() {
        let sections = [section(2), section(1)];
        let mut palette = Palette::default();
        for (moved, expected) in [(-1, 2), (1, 0), (1, 1), (10, 2), (-10, 0)] {
            choose(&mut palette, &sections, 3, moved);
            assert_eq!(palette.chosen, expected, "{moved}");
        }
        choose(&mut palette, &[], 0, 1);
        assert_eq!(palette.chosen, 0);
    }
}
