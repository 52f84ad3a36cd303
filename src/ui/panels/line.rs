//! One line that is asked for in a small card: the name of a query, a note. What becomes of it is a command.

use egui::{Align, Key, Layout, Ui};

use super::dialogs::{field, page, paragraph};
use crate::engine::{Condition, MemoryLimit, SimControl, Until};
use crate::model::Row;
use crate::query::QueryError;
use crate::ui::app::App;
use crate::ui::app::bookmarks::BookmarkCommand;
use crate::ui::app::document::Document;
use crate::ui::command::{Command, WindowCommand};
use crate::ui::format::{bytes, one_line};
use crate::ui::theme::{caption, heading, mono, tokens};
use crate::ui::widgets::{Button, Line, ModalPlace, SearchField, modal};

/// Letters of a query that the card repeats.
const QUERY_CHARS: usize = 300;

/// What one line is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineWish {
    /// A name for this query; an empty one is the query of the bar.
    SaveQuery {
        /// What it asks.
        query: String,
    },
    /// A note about an event, the selected one if none is named.
    Note {
        /// Which.
        row: Option<Row>,
    },
    /// The path of a value that becomes a column of the log.
    Column,
    /// How much memory may be used.
    Memory,
    /// What an event must be like at which the open run stops.
    Until,
    /// Another name for a saved query.
    RenameQuery {
        /// The name it has.
        name: String,
    },
}

/// The line being typed.
#[derive(Default)]
pub(in crate::ui) struct LineForm {
    wish: Option<LineWish>,
    text: String,
    has_focus: bool,
}

/// How the card is worded.
#[derive(Default)]
struct Words {
    title: &'static str,
    label: &'static str,
    hint: &'static str,
    button: &'static str,
    /// What it is about.
    about: String,
    /// What would come of it, or why nothing can.
    says: &'static str,
    /// What the button does, if it can.
    command: Option<Command>,
    /// A query is asked for.
    is_query: bool,
    /// What is wrong with it, and where.
    error: Option<QueryError>,
}

impl LineForm {
    /// Something else is asked for.
    pub(in crate::ui) fn open(&mut self, wish: LineWish, text: String) {
        *self = Self { wish: Some(wish), text, has_focus: false };
    }
}

fn words(app: &App, wish: &LineWish) -> Words {
    let typed = app.panels.line.text.trim().to_owned();
    let taken = app.settings.saved_query(&typed);
    match wish {
        LineWish::SaveQuery { query } => {
            let replaces = taken.is_some_and(|saved| saved.query != *query);
            Words {
                title: "Save this query",
                label: "Name of the query",
                hint: "declined payments",
                button: if replaces { "Replace" } else { "Save" },
                about: query.chars().take(QUERY_CHARS).collect(),
                says: if replaces { "Another query has this name; it would be replaced" } else { "" },
                command: (!typed.is_empty())
                    .then(|| WindowCommand::SaveQuery { name: typed, query: query.clone() }.into()),
                ..Words::default()
            }
        }
        LineWish::Note { row } => Words {
            title: "Note about this event",
            label: "Note",
            hint: "the first of the declined ones",
            button: "Write",
            about: row.map(|row| event_words(app, row)).unwrap_or_default(),
            says: "One line; it is kept on this computer, never in the store",
            command: row.map(|row| BookmarkCommand::Note { row, note: typed }.into()),
            ..Words::default()
        },
        LineWish::Column => {
            let column = typed.as_str();
            let is_path = crate::query::Group::named(column).is_ok_and(|group| group.path.is_some());
            let is_there = app.preferences.value_columns.iter().any(|known| known == column);
            Words {
                title: "Add a column",
                label: "Path of the value",
                hint: "data.total",
                button: "Add",
                about: String::new(),
                says: match (is_path, is_there) {
                    (_, true) => "There is a column for this value",
                    (false, _) if !column.is_empty() => {
                        "A path begins with data. or meta., as in data.items[0].sku"
                    }
                    _ => "data.total, data.items[*].sku, meta.userId: what stands there, for every event",
                },
                command: (is_path && !is_there).then(|| WindowCommand::ToggleColumn(typed).into()),
                ..Words::default()
            }
        }
        LineWish::Memory => {
            let limit = MemoryLimit::parse(&typed).and_then(MemoryLimit::bytes);
            let kept = app.document.as_ref().map_or(0, |document| document.open.pool.arena().bytes());
            Words {
                title: "Memory limit",
                label: "Memory that may be used",
                hint: "as this system allows",
                button: "Set",
                about: format!(
                    "{} are kept of this log to be searched without reading its files",
                    bytes(kept)
                ),
                says: if typed.is_empty() {
                    "Left empty: four fifths of the memory that is free"
                } else if limit.is_some() {
                    "A log that needs more is shown as far as it fits"
                } else {
                    "A size of at least 64 MB is expected, like 800 MB or 4 GB"
                },
                command: (typed.is_empty() || limit.is_some())
                    .then(|| WindowCommand::LimitMemory(limit).into()),
                ..Words::default()
            }
        }
        LineWish::Until => until_words(&app.panels.line.text),
        LineWish::RenameQuery { name } => {
            let is_taken = typed != *name && taken.is_some();
            let query = app.settings.saved_query(name).map(|saved| saved.query.clone());
            Words {
                title: "Rename the saved query",
                label: "Name of the query",
                hint: "declined payments",
                button: "Rename",
                about: query.unwrap_or_default().chars().take(QUERY_CHARS).collect(),
                says: if is_taken { "Another query has this name" } else { "" },
                command: (!typed.is_empty() && !is_taken)
                    .then(|| WindowCommand::RenameQuery { from: name.clone(), to: typed }.into()),
                ..Words::default()
            }
        }
    }
}

/// How a run shall go on.
fn until_words(typed: &str) -> Words {
    let condition = Condition::parse(typed);
    Words {
        title: "Run until an event matches",
        label: "Condition on an event",
        hint: "type:payment.failed* data.amount>100",
        button: "Run",
        says: "As in the query bar, asked of each event as it is recorded: type:payment.failed* data.amount>100",
        command: condition.as_ref().ok().map(|it| SimControl::Run(Until::Event(it.clone())).into()),
        is_query: true,
        // Nothing typed yet is no mistake.
        error: condition.err().filter(|_| !typed.trim().is_empty()),
        ..Words::default()
    }
}

/// What an event is, in a few words.
fn event_words(app: &App, row: Row) -> String {
    let Some(log) = app.document.as_ref().map(Document::log).filter(|log| log.contains(row)) else {
        return String::new();
    };
    let event = log.event(row);
    let name = &log.event_type(event.event_type).name;
    match (event.stream, event.version) {
        (Some(stream), Some(version)) => format!("{name}, {} version {version}", log.stream(stream).id),
        (Some(stream), None) => format!("{name}, {}", log.stream(stream).id),
        (None, _) => name.to_string(),
    }
}

/// Draws the card.
pub(super) fn line_ui(app: &mut App, ui: &mut Ui) {
    let Some(wish) = app.panels.line.wish.clone() else {
        app.overlay = None;
        return;
    };
    let mut chosen = None;
    let mut close = false;
    let closed = modal(ui.ctx(), "line", 480.0, ModalPlace::Top, |ui| {
        page(ui, |ui| {
            let t = tokens(ui);
            let before = words(app, &wish);
            Line::new().piece(before.title, heading(), t.text).show(ui);
            if !before.about.is_empty() {
                ui.add_space(8.0);
                paragraph(ui, &one_line(&before.about), mono(), t.muted);
            }
            ui.add_space(12.0);
            let form = &mut app.panels.line;
            let response = if before.is_query {
                let error = before.error.as_ref();
                SearchField::new(before.label, &mut form.text)
                    .query()
                    .bad(error.is_some())
                    .bad_at(error.map(|error| error.at.clone()))
                    .show(ui)
            } else {
                field(ui, &mut form.text, before.label, before.hint, f32::INFINITY)
            };
            let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            if !form.has_focus || entered {
                response.request_focus();
                form.has_focus = true;
            }
            let now = words(app, &wish);
            ui.add_space(4.0);
            ui.scope(|ui| {
                ui.set_min_height(18.0);
                if let Some(error) = &now.error {
                    paragraph(ui, &error.message, caption(), t.removed());
                } else if !now.says.is_empty() {
                    paragraph(ui, now.says, caption(), t.muted);
                }
            });
            ui.add_space(8.0);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let button = Button::primary(now.button).enabled(now.command.is_some());
                if ui.add(button).clicked() || entered {
                    chosen = now.command;
                }
                close = ui.add(Button::new("Cancel")).clicked();
            });
        });
    });
    if let Some(command) = chosen {
        app.commands.send(command);
        close = true;
    }
    if close || closed {
        app.overlay = None;
    }
}
