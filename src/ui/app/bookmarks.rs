//! The bookmarks of the open log: which of the kept ones belong to its sources, and where their events are now. What is
//! kept is in the settings, how one is found again in the engine.

use std::collections::{BTreeMap, BTreeSet};

use super::App;
use super::document::Document;
use crate::engine::{Bookmark, Engine, Latest, OpenLog, Settings, bookmarks_of_file};
use crate::model::{Row, SourceId};
use crate::ui::command::{Command, WindowCommand};
use crate::ui::format::{Zone, count, one_line, thousands};
use crate::ui::panels::line::LineWish;

/// Letters of a note at most.
const NOTE_CHARS: usize = 500;

/// What is done with bookmarks.
#[derive(Clone, Debug, PartialEq)]
pub enum BookmarkCommand {
    /// Set one on an event (the selected one), or take it off.
    Toggle(Option<Row>),
    /// Write about an event; one without a bookmark gets one.
    Note {
        /// Which event.
        row: Row,
        /// What is written; nothing takes the note away.
        note: String,
    },
    /// Take one away, also where its event is not there any more.
    Remove {
        /// The store it is kept under.
        store: String,
        /// Which.
        mark: Box<Bookmark>,
    },
    /// To the next (1) or previous (-1) one.
    Step {
        /// 1 or -1.
        by: i64,
    },
    /// Put the list on the clipboard.
    CopyText,
}

impl From<BookmarkCommand> for Command {
    fn from(command: BookmarkCommand) -> Self {
        Self::Bookmark(command)
    }
}

/// Where the event of a bookmark is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkPlace {
    /// In the log.
    Here(Row),
    /// That is not known yet.
    Looking,
    /// Not in this log any more.
    Gone,
}

/// A bookmark of the open log.
#[derive(Clone, Debug, PartialEq)]
pub struct Marked {
    /// What it is kept under.
    pub store: String,
    /// As it is kept.
    pub mark: Bookmark,
    /// Where its event is.
    pub place: MarkPlace,
}

impl Marked {
    /// Its event, if that is in the log.
    pub fn row(&self) -> Option<Row> {
        match self.place {
            MarkPlace::Here(row) => Some(row),
            MarkPlace::Looking | MarkPlace::Gone => None,
        }
    }

    /// Its note, or the type of its event.
    pub fn title(&self) -> String {
        one_line(if self.mark.note.is_empty() { &self.mark.event_type } else { &self.mark.note })
    }

    /// What its event is: `PaymentDeclined, pay-00008 version 2`.
    pub fn event(&self) -> String {
        let mut words = one_line(&self.mark.event_type);
        if !self.mark.stream.is_empty() {
            words = format!("{words}, {}", one_line(&self.mark.stream));
        }
        match self.mark.version {
            Some(version) => format!("{words} version {version}"),
            None => words,
        }
    }

    /// Why it cannot be gone to, or nothing.
    pub fn why_not(&self) -> &'static str {
        match self.place {
            MarkPlace::Here(_) => "",
            MarkPlace::Looking => "being looked for",
            MarkPlace::Gone => "not in this log any more",
        }
    }

    /// As a line of text: when, what, what was written.
    fn text(&self, zone: Zone) -> String {
        let time = self.mark.time.map(|time| format!("{}  ", zone.custom(time, "%Y-%m-%d %H:%M:%S%.3f")));
        let note = if self.mark.note.is_empty() { String::new() } else { format!("  {}", self.title()) };
        let why = self.why_not();
        let why = if why.is_empty() { String::new() } else { format!("  ({why})") };
        format!("{}{}{note}{why}", time.unwrap_or_default(), self.event())
    }
}

/// Names a bookmark: what it is kept under, and it without its note.
type MarkName = (String, Bookmark);

fn name(store: &str, mark: &Bookmark) -> MarkName {
    (store.to_owned(), Bookmark { note: String::new(), ..mark.clone() })
}

/// What a search for events depends on.
#[derive(Clone, Debug, PartialEq)]
struct SearchKey {
    generation: u64,
    wanted: Vec<(SourceId, MarkName)>,
}

/// The bookmarks of one document.
#[derive(Default)]
pub struct Bookmarks {
    list: Vec<Marked>,
    by_row: BTreeMap<Row, usize>,
    /// Rows stay the same while a log is open.
    found: BTreeMap<MarkName, Row>,
    /// Looked for in vain in the log of this generation.
    gone: BTreeSet<(u64, MarkName)>,
    search: Latest<SearchKey, Vec<Option<Row>>>,
    /// What the list was made of: generation, and whether more will come.
    made: Option<(u64, bool)>,
    /// Events to mark whose id is not read yet, with the note to write.
    waiting: Vec<(Row, Option<String>)>,
}

impl Bookmarks {
    /// All of them in the order of the log, then those whose event is not there.
    pub fn list(&self) -> &[Marked] {
        &self.list
    }

    /// That of an event.
    pub fn at(&self, row: Row) -> Option<&Marked> {
        self.by_row.get(&row).and_then(|at| self.list.get(*at))
    }

    pub(super) fn is_busy(&self) -> bool {
        self.search.is_busy() || !self.waiting.is_empty()
    }

    /// Takes what was found; whether something that the list depends on changed.
    fn take_found(&mut self, generation: u64, is_whole: bool) -> bool {
        if let Some(answer) = self.search.answer()
            && answer.key.generation == generation
            && let Ok(rows) = &answer.result
        {
            for ((_, name), row) in answer.key.wanted.iter().zip(rows) {
                match row {
                    Some(row) => drop(self.found.insert(name.clone(), *row)),
                    None => drop(self.gone.insert((generation, name.clone()))),
                }
            }
            self.search.clear();
            self.made = None;
        }
        self.made != Some((generation, is_whole))
    }

    /// Makes the list; asks for events that are not found yet.
    fn make(
        &mut self,
        (stores, open): (&[(SourceId, String)], &OpenLog),
        kept: &BTreeMap<String, Vec<Bookmark>>,
        engine: &Engine,
        is_whole: bool,
    ) {
        let log = &open.log;
        let generation = log.generation();
        self.made = Some((generation, is_whole));
        self.list.clear();
        let mut wanted = Vec::new();
        for (source, store) in stores {
            for mark in kept.get(store).into_iter().flatten() {
                let name = name(store, mark);
                let place = match self.found.get(&name).filter(|row| log.contains(**row)) {
                    Some(row) => MarkPlace::Here(*row),
                    None if is_whole && self.gone.contains(&(generation, name.clone())) => MarkPlace::Gone,
                    None => MarkPlace::Looking,
                };
                if place == MarkPlace::Looking && is_whole {
                    wanted.push((*source, name));
                }
                self.list.push(Marked { store: store.clone(), mark: mark.clone(), place });
            }
        }
        self.list.sort_by_cached_key(|marked| {
            (marked.row().map_or(u64::MAX, |row| log.rank_of(row)), marked.mark.time, marked.mark.ordinal)
        });
        let rows = self.list.iter().enumerate().filter_map(|(at, marked)| Some((marked.row()?, at)));
        self.by_row = rows.collect();
        if !wanted.is_empty() {
            let open = open.clone();
            let key = SearchKey { generation, wanted };
            let asked: Vec<_> =
                key.wanted.iter().map(|(source, (_, mark))| (*source, mark.clone())).collect();
            self.search.ask(engine.workers(), &key, move |cancel, _| open.find_bookmarks(&asked, cancel));
        }
    }
}

/// What the bookmarks of each source are kept under. The same file twice is one.
fn stores(document: &Document) -> Vec<(SourceId, String)> {
    if let Some(simulation) = &document.simulation {
        let recipe = &simulation.request.recipe;
        return vec![(SourceId(0), format!("run {}/{}?seed={}", recipe.domain, recipe.saga, recipe.seed))];
    }
    let mut stores: Vec<(SourceId, String)> = Vec::new();
    for (at, source) in document.open.sources.iter().enumerate() {
        let store = bookmarks_of_file(&source.path);
        if stores.iter().all(|(_, other)| *other != store) {
            stores.push((SourceId(at as u16), store));
        }
    }
    stores
}

impl App {
    pub(super) fn apply_bookmark(&mut self, command: BookmarkCommand) {
        let Some(document) = &mut self.document else { return };
        match command {
            BookmarkCommand::Toggle(row) => self.toggle_bookmark(row),
            BookmarkCommand::Note { row, note } => document.bookmarks.waiting.push((row, Some(note))),
            BookmarkCommand::Remove { store, mark } => self.remove_bookmark(&store, &mark),
            BookmarkCommand::Step { by } => self.visit_bookmark(by),
            BookmarkCommand::CopyText => {
                let zone = Zone { local: self.preferences.local_time };
                let lines: Vec<String> =
                    document.bookmarks.list.iter().map(|marked| marked.text(zone) + "\n").collect();
                if lines.is_empty() {
                    return self.say("There is no bookmark in this log: m sets one");
                }
                self.commands.send(WindowCommand::Copy(lines.concat()));
            }
        }
    }

    /// The event that is meant, or that there is none.
    pub(super) fn meant(&mut self, row: Option<Row>) -> Option<Row> {
        let log = self.document.as_ref()?.log();
        let row = row.or(self.navigation.selected).filter(|row| log.contains(*row));
        if row.is_none() {
            self.say("Select an event first");
        }
        row
    }

    fn toggle_bookmark(&mut self, row: Option<Row>) {
        let Some(row) = self.meant(row) else { return };
        let Some(document) = &mut self.document else { return };
        let waiting = document.bookmarks.waiting.len();
        document.bookmarks.waiting.retain(|(other, _)| *other != row);
        if document.bookmarks.waiting.len() < waiting {
            return;
        }
        match document.bookmarks.at(row).cloned() {
            Some(marked) => self.remove_bookmark(&marked.store, &marked.mark),
            None => document.bookmarks.waiting.push((row, None)),
        }
    }

    fn remove_bookmark(&mut self, store: &str, mark: &Bookmark) {
        if !self.settings.unmark(store, mark) {
            return;
        }
        if let Some(document) = &mut self.document {
            document.bookmarks.made = None;
        }
        // A note is quickly lost and slowly written.
        if mark.note.is_empty() {
            self.say("Bookmark removed");
        } else {
            self.say(format!("Bookmark removed; its note was “{}”", one_line(&mark.note)));
        }
    }

    fn visit_bookmark(&mut self, by: i64) {
        let Some(document) = &self.document else { return };
        let log = document.log();
        let rows: Vec<Row> = document.bookmarks.list.iter().filter_map(Marked::row).collect();
        let playhead = self.navigation.playhead_rank(log);
        let found = if by >= 0 {
            rows.iter().position(|row| log.rank_of(*row) > playhead)
        } else {
            rows.iter().rposition(|row| log.rank_of(*row) < playhead)
        };
        let Some(at) = found else {
            let side = if by >= 0 { "after" } else { "before" };
            let words = if rows.is_empty() {
                "There is no bookmark in this log: m sets one".to_owned()
            } else {
                format!("No bookmark {side} the playhead; there are {}", count(rows.len() as u64, "bookmark"))
            };
            return self.say(words);
        };
        let row = rows[at];
        let title = document.bookmarks.at(row).map(Marked::title).unwrap_or_default();
        let place = format!("{} of {}", thousands(at as u64 + 1), thousands(rows.len() as u64));
        self.commands.send(crate::ui::command::GoCommand::Select(row));
        self.say(format!("Bookmark {place}: {title}"));
    }

    /// Sets the bookmarks that waited for their events, and makes the list anew; called once a frame before drawing.
    pub(super) fn refresh_bookmarks(&mut self) {
        let Some(document) = &mut self.document else { return };
        let waiting = std::mem::take(&mut document.bookmarks.waiting);
        let mut said = None;
        for (row, note) in waiting {
            match set_bookmark(document, &mut self.settings, row, note.as_deref()) {
                Some(words) => said = Some(words),
                None => document.bookmarks.waiting.push((row, note)),
            }
        }
        let is_whole = document.progress.finished || document.cancelled;
        if document.bookmarks.take_found(document.open.log.generation(), is_whole) {
            let stores = stores(document);
            let Document { bookmarks, open, .. } = document;
            bookmarks.make((&stores, open), &self.settings.bookmarks, &self.engine, is_whole);
        }
        if let Some(said) = said {
            self.say(said);
        }
    }

    /// Asks for a note about an event, with the one it has.
    pub(super) fn ask_note(&mut self, row: Option<Row>) {
        let Some(row) = self.meant(row) else { return };
        let known = self.document.as_ref().and_then(|document| document.bookmarks.at(row));
        let text = known.map(|marked| marked.mark.note.clone()).unwrap_or_default();
        self.open_line(LineWish::Note { row: Some(row) }, text);
    }
}

/// Sets a bookmark, or writes another note into it; what is said of it. `None` until the event is read: its id names it.
fn set_bookmark(
    document: &mut Document,
    settings: &mut Settings,
    row: Row,
    note: Option<&str>,
) -> Option<&'static str> {
    let log = document.log();
    if !log.contains(row) {
        return Some("This event is not in the log");
    }
    let known = document.bookmarks.at(row).cloned();
    let is_new = known.is_none();
    let (store, mut mark) = if let Some(known) = known {
        (known.store, known.mark)
    } else {
        let whole = match &document.events {
            Some(cache) => cache.get(log, row)?.ok(),
            None => None,
        };
        let source = document.open.sources.get(usize::from(row.source().0));
        let store = match source.filter(|_| document.simulation.is_none()) {
            Some(source) => bookmarks_of_file(&source.path),
            None => stores(document).first()?.1.clone(),
        };
        (store, Bookmark::of(log, row, whole.as_deref()))
    };
    let written = note.map(|note| {
        let plain: String = note.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        plain.trim().chars().take(NOTE_CHARS).collect::<String>()
    });
    let said = match (&written, is_new) {
        (None, _) => "Bookmark set; Shift+m writes a note",
        (Some(note), true) if note.is_empty() => "Bookmark set; Shift+m writes a note",
        (Some(note), false) if note.is_empty() => "The note is empty now",
        (Some(_), _) => "Note written",
    };
    if let Some(note) = written {
        mark.note = note;
    }
    document.bookmarks.found.insert(name(&store, &mark), row);
    document.bookmarks.made = None;
    settings.mark(&store, mark);
    Some(said)
}
