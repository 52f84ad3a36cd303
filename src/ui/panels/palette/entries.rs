//! What the palette offers for a typed text: entries in sections, the best section first.

use std::cmp::Reverse;

use super::fuzzy::{Match, Needle};
use super::go_to::{Place, places};
use super::search::StreamHits;
use crate::index::EventLog;
use crate::model::{Row, Timestamp};
use crate::query::type_term;
use crate::ui::app::App;
use crate::ui::command::{
    COMMANDS, Command, DocumentCommand, ESCAPE, GoCommand, PALETTE, UiCommand, WindowCommand,
};
use crate::ui::format::{Zone, bytes, count, one_line, thousands};
use crate::ui::icons::Icon;
use crate::ui::panels::line::LineWish;
use crate::ui::panels::shortcut_sheet::spelled;
use crate::ui::view::VIEWS;

/// Something that can be chosen.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Its name.
    pub(super) title: String,
    /// What it is, at the right of the name.
    pub(super) about: String,
    /// Its keys.
    pub(super) keys: String,
    /// Its icon.
    pub(super) icon: Option<Icon>,
    /// Family of a type, for its mark.
    pub(super) family: Option<String>,
    /// Whether it can be chosen now.
    pub(super) enabled: bool,
    /// Letters of the name that matched.
    pub(super) letters: Vec<usize>,
    /// What it does.
    pub(super) command: Command,
    score: i32,
}

/// Entries under a heading.
#[derive(Clone, Debug)]
pub(super) struct Section {
    pub(super) title: &'static str,
    pub(super) entries: Vec<Entry>,
}

/// Types shown before anything is typed.
const TYPES_AT_FIRST: usize = 8;
/// Types shown at most.
const TYPES_MAX: usize = 50;

impl Entry {
    pub(super) fn new(
        title: impl Into<String>,
        about: impl Into<String>,
        command: impl Into<Command>,
    ) -> Self {
        Self {
            title: title.into(),
            about: about.into(),
            keys: String::new(),
            icon: None,
            family: None,
            enabled: true,
            letters: Vec::new(),
            command: command.into(),
            score: 0,
        }
    }

    fn matched(mut self, found: Match) -> Self {
        self.score = found.score;
        self.letters = found.letters;
        self
    }
}

/// Everything that matches `typed`.
pub(super) fn sections(app: &App, typed: &str, hits: &StreamHits) -> Vec<Section> {
    let needle = Needle::new(typed);
    let is_empty = typed.trim().is_empty();
    let mut sections = vec![
        Section { title: "Go to", entries: go_to(app, typed, hits.position) },
        Section { title: "Commands", entries: commands(app, &needle) },
        Section { title: "Saved queries", entries: saved_queries(app, &needle, is_empty) },
        Section { title: "Bookmarks", entries: bookmarks(app, &needle) },
        Section { title: "Views", entries: views(app, &needle) },
        Section { title: "Streams", entries: streams(app, hits, &needle) },
        Section { title: "Types", entries: types(app, &needle, is_empty) },
        Section { title: "Recent files", entries: recent(app, &needle) },
    ];
    sections.retain(|section| !section.entries.is_empty());
    if !is_empty {
        for section in &mut sections {
            section.entries.sort_by_key(|entry| (!entry.enabled, Reverse(entry.score)));
        }
        let best = |section: &Section| section.entries.iter().map(|entry| entry.score).max();
        sections.sort_by_key(|section| Reverse(best(section)));
    }
    sections
}

fn commands(app: &App, needle: &Needle) -> Vec<Entry> {
    let is_offered = |command: &&&'static UiCommand| ![PALETTE.name, ESCAPE.name].contains(&command.name);
    let found = COMMANDS.iter().filter(is_offered).filter_map(|command| {
        let by_name = needle.find(command.name);
        let found = by_name.or_else(|| {
            // What it is about counts less, and its letters are not those of the name.
            let found = needle.find(command.about).filter(|found| found.score >= 100)?;
            Some(Match { score: found.score / 4, letters: Vec::new() })
        })?;
        let mut entry = Entry::new(command.name, command.about, (command.make)()).matched(found);
        entry.keys = command.keys.first().map(spelled).unwrap_or_default();
        entry.icon = command.icon;
        entry.enabled = app.has(command.needs);
        Some(entry)
    });
    found.collect()
}

/// To run a saved query; once something is typed, also to rename or delete one.
fn saved_queries(app: &App, needle: &Needle, is_empty: bool) -> Vec<Entry> {
    let mut entries = Vec::new();
    for saved in &app.settings.saved_queries {
        let name = saved.name.clone();
        let wishes: [(&str, Icon, Command); 3] = [
            ("Run", Icon::Search, GoCommand::Filter(saved.query.clone()).into()),
            ("Rename", Icon::Pen, WindowCommand::Ask(LineWish::RenameQuery { name: name.clone() }).into()),
            ("Delete", Icon::Close, WindowCommand::DeleteQuery(name).into()),
        ];
        for (verb, icon, command) in wishes.into_iter().take(if is_empty { 1 } else { 3 }) {
            let title = format!("{verb} saved query: {}", one_line(&saved.name));
            let Some(found) = needle.find(&title) else { continue };
            let mut entry = Entry::new(title, one_line(&saved.query), command).matched(found);
            entry.icon = Some(icon);
            entry.enabled = app.document.is_some() || verb != "Run";
            entries.push(entry);
        }
    }
    entries
}

/// To go to what was marked.
fn bookmarks(app: &App, needle: &Needle) -> Vec<Entry> {
    let Some(document) = &app.document else { return Vec::new() };
    let found = document.bookmarks.list().iter().filter_map(|marked| {
        let row = marked.row()?;
        let title = format!("Go to bookmark: {}", marked.title());
        let found = needle.find(&title)?;
        let mut entry = Entry::new(title, marked.event(), GoCommand::Select(row)).matched(found);
        entry.icon = Some(Icon::Bookmark);
        Some(entry)
    });
    found.collect()
}

/// Views that no command shows.
fn views(app: &App, needle: &Needle) -> Vec<Entry> {
    let has_command = |id: &str| {
        COMMANDS.iter().any(|command| {
            matches!((command.make)(), Command::Window(WindowCommand::ShowView(shown)) if shown == id)
        })
    };
    let found = VIEWS.iter().filter(|class| !has_command(class.id)).filter_map(|class| {
        let found = needle.find(class.title)?;
        let command = WindowCommand::ShowView(class.id);
        let mut entry = Entry::new(class.title, class.about, command).matched(found);
        entry.icon = Some(class.icon);
        entry.enabled = app.document.is_some();
        Some(entry)
    });
    found.collect()
}

fn streams(app: &App, hits: &StreamHits, needle: &Needle) -> Vec<Entry> {
    let Some(document) = &app.document else { return Vec::new() };
    let log = document.log();
    let known = hits.streams.iter().filter(|stream| (stream.0 as usize) < log.streams().len());
    let found = known.filter_map(|stream| {
        let info = log.stream(*stream);
        // Compared again: the hits may still be those of the text before the last letter.
        let found = needle
            .find(&info.id)
            .or_else(|| needle.find(&info.name().to_string()).as_ref().map(without_letters))?;
        let events = count(info.len() as u64, "event");
        let about = match info.group() {
            "" => events,
            group => format!("{} · {events}", one_line(group)),
        };
        Some(Entry::new(one_line(&info.id), about, GoCommand::ShowStream(*stream)).matched(found))
    });
    found.collect()
}

fn without_letters(found: &Match) -> Match {
    Match { score: found.score, letters: Vec::new() }
}

fn types(app: &App, needle: &Needle, is_empty: bool) -> Vec<Entry> {
    let Some(document) = &app.document else { return Vec::new() };
    let mut found: Vec<Entry> = document
        .log()
        .types()
        .iter()
        .filter_map(|info| {
            let found = needle.find(&info.name)?;
            let about = format!("{}, show only these", count(info.events, "event"));
            let filter = GoCommand::Filter(type_term(&info.name));
            let mut entry = Entry::new(one_line(&info.name), about, filter).matched(found);
            entry.family = Some(info.family.to_string());
            Some(entry)
        })
        .collect();
    found.sort_by_key(|entry| Reverse(entry.score));
    found.truncate(if is_empty { TYPES_AT_FIRST } else { TYPES_MAX });
    found
}

fn recent(app: &App, needle: &Needle) -> Vec<Entry> {
    let found = app.settings.recent.iter().filter_map(|recent| {
        let path = recent.path.display().to_string();
        let name =
            recent.path.file_name().map_or_else(|| path.clone(), |name| name.to_string_lossy().into_owned());
        let found = needle.find(&name).or_else(|| needle.find(&path).as_ref().map(without_letters))?;
        let about = format!("{}, {}", recent.format, bytes(recent.bytes));
        let item = crate::engine::LoadItem::detected(&recent.path);
        let mut entry = Entry::new(one_line(&name), about, DocumentCommand::Open(vec![item])).matched(found);
        entry.icon = Some(Icon::File);
        Some(entry)
    });
    found.collect()
}

/// Places that the typed text can mean.
fn go_to(app: &App, typed: &str, position: Option<Row>) -> Vec<Entry> {
    let Some(document) = &app.document else { return Vec::new() };
    let log = document.log();
    if log.is_empty() {
        return Vec::new();
    }
    let zone = Zone { local: app.preferences.local_time };
    let day: Option<Timestamp> = app.navigation.playhead_row(log).and_then(|row| log.event(row).time);
    let found = places(typed, day, zone.local).into_iter().filter_map(|place| {
        let mut entry = entry_of(app, log, place, zone, position)?;
        // A place that was spelled out is what was meant; one that does not exist is said below the rest.
        entry.score = if entry.enabled { 190 } else { 5 };
        entry.icon = Some(Icon::ArrowRight);
        Some(entry)
    });
    found.collect()
}

fn entry_of(app: &App, log: &EventLog, place: Place, zone: Zone, position: Option<Row>) -> Option<Entry> {
    let disabled = |title: String, why: String| {
        let mut entry = Entry::new(title, why, GoCommand::Filter(String::new()));
        entry.enabled = false;
        entry
    };
    let events = || format!("this log has {}", count(log.len() as u64, "event"));
    Some(match place {
        Place::Version(version) => {
            let stream = app.navigation.stream.filter(|stream| (stream.0 as usize) < log.streams().len())?;
            let info = log.stream(stream);
            let title = format!("Go to version {version} of {}", one_line(&info.id));
            match info.versions() {
                Some((low, high)) if (low..=high).contains(&version) => {
                    Entry::new(title, "", GoCommand::Version(version))
                }
                Some((low, high)) => disabled(title, format!("it has versions {low} to {high}")),
                None => disabled(title, "its store has no versions".to_owned()),
            }
        }
        Place::Event(number) => {
            let title = format!("Go to event {} of the log", thousands(number));
            match number.checked_sub(1).filter(|rank| *rank < log.len() as u64) {
                Some(rank) => Entry::new(title, "", GoCommand::Select(log.row_at(rank))),
                None => disabled(title, events()),
            }
        }
        Place::Position(number) => {
            let title = format!("Go to position {number}");
            match position {
                Some(row) => Entry::new(title, "as the store counts", GoCommand::Select(row)),
                None => disabled(title, "no event has it".to_owned()),
            }
        }
        Place::Row(raw) => {
            let row = Row::from_raw(raw);
            let title = format!("Go to row {row}");
            if log.contains(row) {
                Entry::new(title, "", GoCommand::Select(row))
            } else {
                disabled(title, events())
            }
        }
        Place::Time(time) => {
            let title = format!("Go to {} {}", zone.date_time(time), zone.name());
            // What has happened as of a time: the last event that is not after it.
            let after = log.rank_at_key(time.nanos().saturating_add(1));
            let about = if after == 0 { "before the first event" } else { "" };
            Entry::new(title, about, GoCommand::Select(log.row_at(after.saturating_sub(1))))
        }
    })
}
