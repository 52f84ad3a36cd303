//! The filter: typed here, applied as it is typed, explained where it is wrong.

use egui::text::{CCursor, CCursorRange};
use egui::{Id, Popup, PopupAnchor, PopupCloseBehavior, Rect, Response, TextEdit, Ui};

use super::saved::{Known, saved_ui};
use super::suggest::{self, Chosen, EARLIER, Suggestions};
use crate::engine::{Engine, Settings};
use crate::query::Completion;
use crate::ui::app::App;
use crate::ui::app::document::Document;
use crate::ui::command::{GoCommand, WindowCommand};
use crate::ui::format::{count, one_line, thousands};
use crate::ui::theme::tokens;
use crate::ui::widgets::{SearchField, hover_card_frame};

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
    pub(super) suggestions: Suggestions,
}

/// Names the filter's text field.
pub fn filter_id() -> Id {
    Id::unique("filter")
}

/// Draws the field into `rect`.
pub(super) fn filter_ui(app: &mut App, ui: &mut Ui, rect: Rect) {
    let App { document: Some(document), panels, commands, engine, settings, preferences, .. } = app else {
        return;
    };
    let field = &mut panels.menu_bar.filter;
    if field.known != document.filter_text {
        field.known.clone_from(&document.filter_text);
        // What comes back is what was typed; another text comes from elsewhere.
        if field.known != field.sent {
            field.text.clone_from(&field.known);
            field.sent.clone_from(&field.known);
        }
    }
    let (note, card) = (note(document), cost(document));
    let error = document.filter_error.as_ref().filter(|_| field.text == document.filter_text);
    let list = if field.suggestions.open {
        suggested(document, engine, settings, &field.text, suggest::caret(ui, &field.text))
    } else {
        Vec::new()
    };
    let mut taken = match field.suggestions.keys(ui, list.len()) {
        Chosen::Taken(at) => list.get(at),
        Chosen::Nothing => None,
    };
    if let Some(one) = taken {
        suggest::take(ui, &mut field.text, one);
    }
    let mut child = ui.new_child(egui::UiBuilder::new().max_rect(rect).id_salt("filter"));
    let response = SearchField::new("Filter events", &mut field.text)
        .query()
        .note(&note)
        .note_card(&card)
        .bad(error.is_some())
        .bad_at(error.map(|error| error.at.clone()))
        .width(rect.width())
        .id(filter_id())
        .show(&mut child);
    let known = Known { settings, rules: &preferences.rules };
    saved_ui(ui, rect, &document.filter_text, &known, commands);
    if std::mem::take(&mut field.wants_focus) {
        response.request_focus();
        select_all(ui, &field.text);
    }
    field.has_focus = response.has_focus();
    if response.gained_focus() || response.changed() {
        field.suggestions.close();
        field.suggestions.open = true;
        field.suggestions.typed = response.changed();
    }
    if let Some(at) = field.suggestions.show(ui, rect, &response, &list)
        && let Some(one) = list.get(at)
    {
        suggest::take(ui, &mut field.text, one);
        taken = Some(one);
        response.request_focus();
    }
    let is_left = response.lost_focus() && taken.is_none();
    if is_left {
        field.suggestions.close();
        commands.send(WindowCommand::RememberQuery(field.text.trim().to_owned()));
    }
    if response.changed() || taken.is_some() {
        field.sent.clone_from(&field.text);
        commands.send(GoCommand::Filter(field.text.clone()));
    }
    if let Some(one) = taken {
        // A field is followed by its values; a whole term is enough.
        field.suggestions.close();
        field.suggestions.open = one.text.ends_with([':', '.', '(', '>', ' ']);
        field.suggestions.typed = true;
        response.request_focus();
    }
    if let Some(error) = error.filter(|_| list.is_empty() || !field.suggestions.open) {
        error_ui(ui, rect, &response, &error.message);
    } else if let Some(defect) = document.query_defect() {
        let words = format!("The query has no answer, because of a defect in Sagascope: {defect}");
        error_ui(ui, rect, &response, &words);
    }
}

/// What can be typed at `caret`; in an empty field the saved queries and those asked before come first.
fn suggested(
    document: &Document,
    engine: &Engine,
    settings: &Settings,
    text: &str,
    caret: usize,
) -> Vec<Completion> {
    let mut list = Vec::new();
    if text.trim().is_empty() {
        let saved = settings.saved_queries.iter().take(EARLIER).map(|saved| Completion {
            at: 0..text.len(),
            text: saved.query.clone(),
            says: format!("saved as {}", one_line(&saved.name)),
            count: None,
        });
        list.extend(saved);
        let is_saved = |query: &&String| settings.saved_queries.iter().any(|saved| saved.query == **query);
        let earlier =
            settings.queries.iter().filter(|query| !is_saved(query)).take(EARLIER).map(|query| Completion {
                at: 0..text.len(),
                text: query.clone(),
                says: "asked before".to_owned(),
                count: None,
            });
        list.extend(earlier);
    }
    list.extend(document.completions(engine, text, caret));
    // What is there already is no suggestion.
    list.retain(|one| text.get(one.at.clone()) != Some(one.text.as_str()));
    list
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

/// What the answer cost: not in the note itself, where it would change with every machine.
fn cost(document: &Document) -> String {
    let Some(cost) = document.cost() else { return String::new() };
    let log = document.log();
    let permille = (document.rows.len(log) * 1_000).checked_div(log.len() as u64).unwrap_or(0);
    let mut words = format!(
        "{}.{} % of the log, in {:.1} ms\n{} looked at, {} read",
        permille / 10,
        permille % 10,
        cost.took.as_secs_f64() * 1_000.0,
        count(cost.looked_at, "event"),
        count(cost.read, "payload"),
    );
    if cost.unreadable > 0 {
        words = format!("{words}\n{} could not be read again", count(cost.unreadable, "event"));
    }
    words
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
