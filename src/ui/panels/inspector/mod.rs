//! The inspector at the right: everything known of the selected event, and how it differs from a pinned one.
//! It shows and sends commands; whole events come from the cache, what takes longer from jobs.

mod causality;
mod compare;
mod data;
mod head;
mod links;
mod prepared;
mod source;

use std::collections::BTreeMap;

use egui::{Layout, Rect, Role, ScrollArea, Sense, Stroke, Ui, UiBuilder, vec2};
use serde_json::Value;

use self::causality::Causality;
use self::compare::Comparison;
use self::data::DataSection;
use self::prepared::{Prepared, Slot, State};
use crate::model::{FetchError, Row};
use crate::query::{Wish, group_term, text_term, toggled, value_group, without_stage};
use crate::ui::app::bookmarks::BookmarkCommand;
use crate::ui::command::{COPY_EVENT, Command, GoCommand, RELOAD, WindowCommand};
use crate::ui::icons::Icon;
use crate::ui::theme::{PAD, TAB_BAR, tokens};
use crate::ui::view::ViewContext;
use crate::ui::widgets::section::folding_section;
use crate::ui::widgets::{Button, Line, OfValue, PayloadTree, TreeAction, blocks, icon_button, node};

/// Its presentation state.
#[derive(Default)]
pub struct Inspector {
    selected: Slot,
    data: DataSection,
    metadata: PayloadTree,
    causality: Causality,
    comparison: Comparison,
    folded: BTreeMap<&'static str, bool>,
    /// Height of the parts that need the whole event, kept while the next one is fetched.
    last_height: f32,
}

impl Inspector {
    /// Draws it.
    pub fn ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui) {
        let log = context.log();
        let selected = context.navigation.selected.filter(|row| log.contains(*row));
        ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
        bar_ui(context, ui, selected);
        let Some(row) = selected else {
            let sentence = "Select an event to see everything known of it";
            if blocks::empty(ui, sentence, Some("Select the last event"))
                && let Some(last) = log.last_row()
            {
                context.send(GoCommand::Select(last));
            }
            return;
        };
        let state = self.selected.get(context, row);
        ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
            ui.set_width(ui.available_width());
            head::head_ui(context, ui, row, state.ready());
            self.comparison.ui(context, ui, row);
            match &state {
                State::Ready(prepared) => {
                    let top = ui.cursor().top();
                    self.event_ui(context, ui, prepared);
                    self.last_height = ui.cursor().top() - top;
                }
                State::Loading => ui.add_space(self.last_height),
                State::Failed(error) => failed_ui(context, ui, error),
            }
        });
    }

    /// Whether everything it asked for is there.
    pub fn is_settled(&self) -> bool {
        !self.selected.is_busy() && !self.causality.is_busy() && !self.comparison.is_busy()
    }

    fn event_ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui, prepared: &Prepared) {
        let (note, size) = data::summary(prepared);
        if self.section(ui, "Data", &note, &size) {
            ui.push_id("data", |ui| {
                let action = self.data.ui(context, ui, prepared);
                act(context, ("data", prepared.data.as_ref()), action);
            });
            ui.add_space(8.0);
        }
        if self.section(ui, "Metadata", "", "") {
            ui.push_id("metadata", |ui| {
                let action = links::metadata_ui(context, ui, prepared, &mut self.metadata);
                act(context, ("meta", prepared.metadata.as_ref()), action);
            });
            ui.add_space(8.0);
        }
        if prepared.event.streams.len() > 1 {
            let count = prepared.event.streams.len().to_string();
            if self.section(ui, "Streams", "", &count) {
                links::streams_ui(context, ui, prepared);
                ui.add_space(8.0);
            }
        }
        let same = match prepared.event.correlation_id {
            Some(_) if ui.available_width() > 310.0 => "same correlation: o",
            Some(_) => "next: o",
            None => "",
        };
        if self.section(ui, "Causes and effects", "", same) {
            self.causality.ui(context, ui, prepared.row);
            ui.add_space(8.0);
        }
        if self.section(ui, "Schema", "", "") {
            source::schema_ui(context, ui, prepared);
            ui.add_space(8.0);
        }
        let place = source::place(context, prepared.row);
        if self.section(ui, "Source", "", &place) {
            source::source_ui(context, ui, prepared);
            ui.add_space(8.0);
        }
    }

    /// The head of a section over a line; whether it is open.
    fn section(&mut self, ui: &mut Ui, title: &'static str, note: &str, count: &str) -> bool {
        let color = tokens(ui).line;
        let top = ui.cursor().top() + 0.5;
        ui.painter().hline(ui.max_rect().x_range(), top, Stroke::new(1.0, color));
        ui.add_space(4.0);
        let folded = self.folded.entry(title).or_default();
        let mut open = !*folded;
        folding_section(ui, title, note, count, &mut open);
        *folded = !open;
        open
    }
}

/// The bar with what can be done with the event.
fn bar_ui(context: &ViewContext<'_>, ui: &mut Ui, selected: Option<Row>) {
    let t = context.tokens;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), TAB_BAR), Sense::hover());
    ui.painter().rect_filled(rect, 0, t.ground);
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.line));
    let title = Rect::from_x_y_ranges(rect.left() + PAD..=rect.center().x, rect.y_range());
    Line::new().body("Inspector", t.muted).paint(ui.painter(), title);
    let area = rect.shrink2(vec2(4.0, 4.0));
    let mut buttons =
        ui.new_child(UiBuilder::new().max_rect(area).layout(Layout::right_to_left(egui::Align::Center)));
    buttons.spacing_mut().item_spacing.x = 2.0;
    let copy = buttons.add(Button::ghost("Copy").icon(Icon::Copy).enabled(selected.is_some()));
    if copy.on_hover_text("Copy the event as JSON (Ctrl+Shift+C)").clicked() {
        context.run(&COPY_EVENT);
    }
    if let Some(row) = selected {
        let is_marked = context.document.bookmarks.at(row).is_some();
        let about = if is_marked { "Remove the bookmark (m)" } else { "Set a bookmark (m)" };
        let button = icon_button(&mut buttons, Icon::Bookmark, about);
        if is_marked {
            let place = Rect::from_center_size(button.rect.center(), vec2(12.0, 12.0));
            Icon::Bookmark.paint(buttons.painter(), place, t.accent);
        }
        if button.clicked() {
            context.send(BookmarkCommand::Toggle(Some(row)));
        }
    }
    let pinned = context.navigation.pinned;
    let is_pinned = pinned.is_some() && pinned == selected;
    let (word, about) = if is_pinned {
        ("Unpin", "Take the pin off")
    } else {
        ("Pin", "Pin this event, then select another to compare them")
    };
    let pin = Button::ghost(word).icon(Icon::Pin).enabled(selected.is_some()).selected(is_pinned);
    if buttons.add(pin).on_hover_text(about).clicked() {
        context.send(GoCommand::Pin(if is_pinned { None } else { selected }));
    }
}

/// Carries out what was chosen of a value in `document`, which is the event's `name`: its data or its metadata.
fn act(context: &ViewContext<'_>, (name, document): (&str, Option<&Value>), action: Option<TreeAction>) {
    match action {
        Some(TreeAction::At(path, what)) => {
            let Some(document) = document else { return };
            let Some(group) = value_group(name, document, &path) else { return };
            let filter = |wish| {
                let value = group.value_of_document(document)?;
                let term = group_term(&group, &value)?;
                let query = toggled(without_stage(&context.document.filter_text), &term, wish);
                Some(GoCommand::Filter(query))
            };
            let command = match what {
                OfValue::Column => Some(WindowCommand::ToggleColumn(group.to_string()).into()),
                OfValue::Only => filter(Wish::Only).map(Command::from),
                OfValue::Exclude => filter(Wish::Exclude).map(Command::from),
            };
            match command {
                Some(command) => context.send(command),
                None => context.send(WindowCommand::Say(
                    "A filter cannot ask for this value: it is too long".to_owned(),
                )),
            }
        }
        Some(TreeAction::Copy(text)) => context.send(WindowCommand::Copy(text)),
        Some(TreeAction::OnlyWith(text)) => context.send(GoCommand::Filter(text_term(&text))),
        None => {}
    }
}

fn failed_ui(context: &ViewContext<'_>, ui: &mut Ui, error: &FetchError) {
    let (why, todo) = match error {
        FetchError::Changed => {
            ("The store changed since it was opened.".to_owned(), "Reload to read it again from its files.")
        }
        FetchError::Unreadable(reason) => {
            (format!("Its record could not be read again: {reason}"), "Reload if the file was being written.")
        }
    };
    ui.add_space(16.0);
    let size = vec2(ui.available_width(), 240.0);
    ui.allocate_ui(size, |ui| {
        ui.set_min_size(size);
        if blocks::failed(ui, "This event cannot be shown", &why, todo, "", Some("Reload")) {
            context.run(&RELOAD);
        }
    });
}

/// Where values begin beside their names.
fn column_of_values(width: f32) -> f32 {
    (width * 0.29).clamp(84.0, 124.0)
}

/// A line of a name and what `value` draws beside it.
fn pair_ui(ui: &mut Ui, name: &str, value: impl FnOnce(&mut Ui)) {
    let t = tokens(ui);
    let width = ui.available_width();
    let (rect, _) = ui.allocate_exact_size(vec2(width, crate::ui::theme::ROW), Sense::hover());
    let column = rect.left() + PAD + column_of_values(width);
    let room = Rect::from_x_y_ranges(rect.left() + PAD..=column - 8.0, rect.y_range());
    Line::new().body(name, t.muted).paint(ui.painter(), room);
    node(ui, room, ui.scope_id().with(("name", name)), Sense::hover(), Role::Label, name);
    let area = Rect::from_x_y_ranges(column..=rect.right() - PAD, rect.y_range());
    let mut inner =
        ui.new_child(UiBuilder::new().max_rect(area).layout(Layout::left_to_right(egui::Align::Center)));
    inner.spacing_mut().item_spacing.x = 8.0;
    value(&mut inner);
}
