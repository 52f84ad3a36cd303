//! The filter: typed here, applied as it is typed, explained where it is wrong.

use egui::text::{CCursor, CCursorRange};
use egui::{Id, Popup, PopupAnchor, PopupCloseBehavior, Rect, Response, Role, Sense, TextEdit, Ui, vec2};

use crate::ui::app::App;
use crate::ui::app::document::Document;
use crate::ui::command::GoCommand;
use crate::ui::format::thousands;
use crate::ui::theme::{mono, tokens};
use crate::ui::widgets::{Line, SearchField, hover_card_frame, node};

/// What a filter can say, for the card under the empty field.
const HELP: [(&str, &str); 6] = [
    ("type:payment.*", "types, * for any letters"),
    ("stream:ord-*", "streams: an id, or Type/id"),
    ("corr:8f7b*", "a correlation id, * for its rest"),
    ("\"two words\"", "text in payload, metadata or names"),
    ("-type:*.heartbeat", "a minus leaves out what matches"),
    ("type:a* stream:b*", "all words must match"),
];

/// The text being typed.
#[derive(Default)]
pub(super) struct FilterField {
    text: String,
    /// The filter as the document had it last.
    known: String,
    /// What was sent last.
    sent: String,
    pub(super) wants_focus: bool,
    pub(super) has_focus: bool,
    /// From the moment the field is entered until something is typed.
    help: bool,
}

/// Names the filter's text field.
pub fn filter_id() -> Id {
    Id::unique("filter")
}

/// Draws the field into `rect`.
pub(super) fn filter_ui(app: &mut App, ui: &mut Ui, rect: Rect) {
    let App { document: Some(document), panels, commands, .. } = app else { return };
    let field = &mut panels.menu_bar.filter;
    if field.known != document.filter_text {
        field.known.clone_from(&document.filter_text);
        // What comes back is what was typed; another text comes from elsewhere.
        if field.known != field.sent {
            field.text.clone_from(&field.known);
            field.sent.clone_from(&field.known);
        }
    }
    let note = note(document);
    let error = document.filter_error.as_ref().filter(|_| field.text == document.filter_text);
    let mut child = ui.new_child(egui::UiBuilder::new().max_rect(rect).id_salt("filter"));
    let response = SearchField::new("Filter events", &mut field.text)
        .query()
        .note(&note)
        .bad(error.is_some())
        .bad_at(error.map(|error| error.at.clone()))
        .width(rect.width())
        .id(filter_id())
        .show(&mut child);
    if std::mem::take(&mut field.wants_focus) {
        response.request_focus();
        select_all(ui, &field.text);
    }
    field.has_focus = response.has_focus();
    if response.gained_focus() {
        field.help = true;
    }
    if response.changed() {
        field.help = false;
        field.sent.clone_from(&field.text);
        commands.send(GoCommand::Filter(field.text.clone()));
    }
    field.help &= response.has_focus();
    match error {
        Some(error) => error_ui(ui, rect, &response, &error.message),
        None if field.help => help_ui(ui, rect, &response),
        None => (),
    }
}

fn select_all(ui: &Ui, text: &str) {
    let mut state = TextEdit::load_state(ui.ctx(), filter_id()).unwrap_or_default();
    let all = CCursorRange::two(CCursor::new(0), CCursor::new(text.chars().count()));
    state.cursor.set_char_range(Some(all));
    TextEdit::store_state(ui.ctx(), filter_id(), state);
}

/// "12 of 3,776 events", and how far a search is.
fn note(document: &Document) -> String {
    let log = document.log();
    let found = document.rows.len(log);
    if let Some(step) = document.searching() {
        let percent = step.done * 100 / step.total.max(1);
        return format!("{percent} %, {} found", thousands(found));
    }
    let total = log.len() as u64;
    if document.filter.is_empty() && found == total {
        return String::new();
    }
    format!("{} of {} events", thousands(found), thousands(total))
}

fn below<'a>(ui: &Ui, rect: Rect, response: &Response, what: &str) -> Popup<'a> {
    Popup::from_response(response)
        .id(filter_id().with(what))
        .anchor(PopupAnchor::ParentRect(rect))
        .open(true)
        .close_behavior(PopupCloseBehavior::IgnoreClicks)
        .frame(hover_card_frame(&tokens(ui)))
        .gap(4.0)
}

fn error_ui(ui: &Ui, rect: Rect, response: &Response, message: &str) {
    below(ui, rect, response, "error").show(|ui| {
        let t = tokens(ui);
        ui.set_max_width(rect.width().max(240.0) - 26.0);
        let text = egui::RichText::new(message).color(t.removed());
        ui.add(egui::Label::new(text).wrap());
    });
}

fn help_ui(ui: &Ui, rect: Rect, response: &Response) {
    below(ui, rect, response, "help").show(|ui| {
        let t = tokens(ui);
        ui.spacing_mut().item_spacing.y = 0.0;
        for (example, about) in HELP {
            let (line, _) = ui.allocate_exact_size(vec2(330.0, 20.0), Sense::hover());
            Line::new().piece(example, mono(), t.text).paint(ui.painter(), line);
            let right = Rect::from_x_y_ranges(line.left() + 138.0..=line.right(), line.y_range());
            Line::new().caption(about, t.muted).paint(ui.painter(), right);
            let id = ui.scope_id().with(example);
            node(ui, line, id, Sense::hover(), Role::Label, &format!("{example}: {about}"));
        }
    });
}
