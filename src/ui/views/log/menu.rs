//! What a right click on a row offers: the filter made from it, its stream, copies.

use egui::Ui;

use crate::query::{correlation_term, narrowed, negated, stream_term, type_term};
use crate::ui::app::bookmarks::BookmarkCommand;
use crate::ui::command::{GoCommand, WRITE_NOTE, WindowCommand};
use crate::ui::panels::line::LineWish;
use crate::ui::view::ViewContext;
use crate::ui::views::log::columns::Cells;
use crate::ui::views::log::row::event_json;

/// The entries for an event; `column` is the one that was clicked.
pub(super) fn row_menu(ui: &mut Ui, context: &ViewContext<'_>, cells: &Cells<'_>, column: Option<&str>) {
    let log = context.log();
    let event = &cells.event;
    let filter = &context.document.filter_text;
    let narrow = |term: &str| context.send(GoCommand::Filter(narrowed(filter, term)));
    let of_type = type_term(&log.event_type(event.event_type).name);
    ui.set_min_width(190.0);
    if entry(ui, true, "Only this type", &format!("Adds {of_type} to the filter")) {
        narrow(&of_type);
    }
    let without = negated(&of_type);
    if entry(ui, true, "Exclude this type", &format!("Adds {without} to the filter")) {
        narrow(&without);
    }
    let of_stream = event.stream.map(|stream| stream_term(log, stream));
    let about = of_stream.as_ref().map_or_else(
        || "This event belongs to no stream".to_owned(),
        |term| format!("Adds {term} to the filter"),
    );
    if entry(ui, of_stream.is_some(), "Only this stream", &about)
        && let Some(term) = &of_stream
    {
        narrow(term);
    }
    let correlation = event.correlation.map(|id| correlation_term(&log.correlation(id).id));
    let about = if correlation.is_some() {
        "Shows every event with its correlation id, whatever the filter was"
    } else {
        "This event has no correlation id"
    };
    if entry(ui, correlation.is_some(), "Follow its correlation", about)
        && let Some(term) = correlation
    {
        context.send(GoCommand::Filter(term));
    }
    let is_value = column.is_some_and(|column| cells.values.iter().any(|value| value.name == column));
    if let Some(column) = column.filter(|_| is_value)
        && entry(ui, true, &format!("Take the column {column} away"), "The value stays in the inspector")
    {
        context.send(WindowCommand::ToggleColumn(column.to_owned()));
    }
    ui.separator();
    let value = column.and_then(|column| cells.copied(column));
    if entry(ui, value.is_some(), "Copy value", "Copies the value under the pointer, whole")
        && let Some(value) = value
    {
        context.send(WindowCommand::Copy(value));
    }
    let json = event_json(cells.whole);
    if entry(ui, json.is_some(), "Copy event as JSON", "Copies the event with everything known of it")
        && let Some(json) = json
    {
        context.send(WindowCommand::Copy(json));
    }
    ui.separator();
    if entry(ui, event.stream.is_some(), "Show stream in Replay", "Replays its stream up to this event")
        && let Some(stream) = event.stream
    {
        context.send(GoCommand::Select(event.row));
        context.send(GoCommand::ShowStream(stream));
    }
    let is_marked = context.document.bookmarks.at(event.row).is_some();
    let name = if is_marked { "Remove the bookmark" } else { "Set a bookmark" };
    if entry(ui, true, name, "Marks this event in the gutter, the time panel and the navigator (m)") {
        context.send(BookmarkCommand::Toggle(Some(event.row)));
    }
    if entry(ui, true, WRITE_NOTE.name, "A line about this event, kept with its bookmark (Shift+m)") {
        context.send(WindowCommand::Ask(LineWish::Note { row: Some(event.row) }));
    }
    let pinned = context.navigation.pinned == Some(event.row);
    let name = if pinned { "Take the pin off" } else { "Pin to compare" };
    if entry(ui, true, name, "Keeps this event beside the selected one (Ctrl+click)") {
        context.send(GoCommand::Pin((!pinned).then_some(event.row)));
    }
}

fn entry(ui: &mut Ui, enabled: bool, name: &str, about: &str) -> bool {
    let response = ui.add_enabled(enabled, egui::Button::new(name));
    response.on_hover_text(about).on_disabled_hover_text(about).clicked()
}
