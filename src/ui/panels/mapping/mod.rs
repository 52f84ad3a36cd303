//! The dialog for a store that no format claims: which column is which field of an event. The person decides;
//! the proposal only saves typing.

mod preview;

use std::collections::BTreeMap;
use std::path::PathBuf;

use egui::{Align, Layout, Popup, Rect, ScrollArea, Sense, Ui, UiBuilder, vec2};

use super::dialogs::page;
use crate::engine::{FIELDS, Field, Latest, Mapping, NeedsMapping, Proposal, propose_table};
use crate::ui::app::App;
use crate::ui::command::DocumentCommand;
use crate::ui::format::one_line;
use crate::ui::icons::Icon;
use crate::ui::theme::{body, caption, heading, tokens};
use crate::ui::widgets::{Button, Line, ModalPlace, modal};

/// What was chosen so far.
#[derive(Default)]
pub(super) struct MappingForm {
    /// The file it is about.
    path: PathBuf,
    /// Columns and first rows of the table that is chosen.
    proposal: Proposal,
    fields: BTreeMap<Field, String>,
    table: Option<String>,
    /// Another table, being looked into.
    looking: Latest<(PathBuf, String), Result<Proposal, String>>,
    /// Why another table could not be looked into.
    problem: Option<String>,
}

impl MappingForm {
    /// Whether everything it asked for is there.
    pub(super) fn is_settled(&self) -> bool {
        !self.looking.is_busy()
    }

    /// Begins with what is proposed for another file.
    fn begin(&mut self, needs: &NeedsMapping) {
        *self = Self {
            path: needs.path.clone(),
            fields: needs.proposal.mapping.fields.clone(),
            table: needs.proposal.mapping.table.clone(),
            proposal: needs.proposal.clone(),
            ..Self::default()
        };
    }

    fn mapping(&self) -> Mapping {
        Mapping { table: self.table.clone(), fields: self.fields.clone() }
    }

    /// Takes what was found in the table that was chosen.
    fn take_table(&mut self) {
        let Some(table) =
            self.table.clone().filter(|table| self.proposal.mapping.table.as_ref() != Some(table))
        else {
            return;
        };
        let Some(answer) = self.looking.answer_to(&(self.path.clone(), table)) else { return };
        match &answer.result {
            Ok(Ok(proposal)) => {
                self.proposal = proposal.clone();
                self.fields = proposal.mapping.fields.clone();
                self.problem = None;
            }
            Ok(Err(sentence)) | Err(sentence) => {
                self.problem = Some(sentence.clone());
                self.table.clone_from(&self.proposal.mapping.table);
            }
        }
    }
}

/// What a mapping lacks, as a sentence; `None` when it can be used.
fn missing(mapping: &Mapping) -> Option<&'static str> {
    let has = |field: Field| mapping.fields.contains_key(&field);
    let has_place = has(Field::Stream) || has(Field::OccurredAt) || has(Field::RecordedAt);
    match (has(Field::Type), has_place) {
        (true, true) => None,
        (false, true) => Some("Still missing: the type, which says what happened"),
        (true, false) => Some("Still missing: a stream or a time"),
        (false, false) => Some("Still missing: the type, and a stream or a time"),
    }
}

/// Draws the dialog for the first file that waits for a mapping.
pub(super) fn mapping_ui(app: &mut App, ui: &mut Ui) {
    let Some(needs) = app.document.as_ref().and_then(|document| document.unmapped.first()) else { return };
    let form = &mut app.panels.dialogs.mapping;
    if form.path != needs.path {
        form.begin(needs);
    }
    form.take_table();
    let window = ui.ctx().content_rect();
    let mut answer = None;
    modal(ui.ctx(), "mapping", 900.0, ModalPlace::Center, |ui| {
        page(ui, |ui| {
            head_ui(ui, needs);
            ui.add_space(12.0);
            let height = (window.height() - 240.0).max(120.0);
            let area = ScrollArea::vertical().max_height(height).min_scrolled_height(height);
            area.auto_shrink([false, true]).show(ui, |ui| {
                table_ui(app.engine.workers(), app.engine.dirs(), ui, form, &needs.proposal.tables);
                fields_ui(ui, form);
                ui.add_space(16.0);
                preview::preview_ui(ui, &form.proposal, &form.fields);
            });
            ui.add_space(12.0);
            answer = answer_ui(ui, form, needs);
        });
    });
    if let Some(command) = answer {
        app.commands.send(command);
    }
}

fn head_ui(ui: &mut Ui, needs: &NeedsMapping) {
    let t = tokens(ui);
    let name = needs.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let title = format!("How are events stored in {}?", one_line(&name));
    let path = one_line(&needs.path.display().to_string());
    Line::new().piece(&title, heading(), t.text).show(ui).on_hover_text(path);
    ui.add_space(6.0);
    let unit = if needs.proposal.mapping.table.is_some() { "column" } else { "part" };
    let sentence = format!(
        "No known format fits. Say which {unit} is which field of an event; the answer is kept for every store of this shape, and the store itself is never changed."
    );
    super::dialogs::paragraph(ui, &sentence, body(), t.muted);
}

/// The choice of the table, where several could be meant.
fn table_ui(
    workers: &crate::engine::Workers,
    dirs: &crate::engine::Dirs,
    ui: &mut Ui,
    form: &mut MappingForm,
    tables: &[String],
) {
    if tables.len() < 2 {
        return;
    }
    let t = tokens(ui);
    let current = form.table.clone().unwrap_or_default();
    let mut chosen = None;
    ui.horizontal(|ui| {
        label_ui(ui, "table");
        chosen = choice_ui(ui, "table", &current, tables);
        if let Some(problem) = &form.problem {
            super::dialogs::paragraph(ui, &one_line(problem), caption(), t.removed());
        }
    });
    ui.add_space(12.0);
    if let Some(table) = chosen {
        let key = (form.path.clone(), table.clone());
        let (dirs, path, name) = (dirs.clone(), form.path.clone(), table.clone());
        form.looking.ask(workers, &key, move |_, _| Some(propose_table(&dirs, &path, &name)));
        form.table = Some(table);
    }
}

/// Shown for a field that no column fills.
const NONE: &str = "none";

/// A choice of a column for every field, in two columns where there is room.
fn fields_ui(ui: &mut Ui, form: &mut MappingForm) {
    let mut choices = vec![NONE.to_owned()];
    choices.extend(form.proposal.columns.iter().cloned());
    let columns = if ui.available_width() > 560.0 { 2 } else { 1 };
    let rows = FIELDS.len().div_ceil(columns);
    let width = ui.available_width() / columns as f32;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), rows as f32 * 28.0), Sense::hover());
    for (at, (field, label, _)) in FIELDS.iter().enumerate() {
        let corner = rect.min + vec2((at / rows) as f32 * width, (at % rows) as f32 * 28.0);
        let area = Rect::from_min_size(corner, vec2(width - 16.0, 28.0));
        let layout = Layout::left_to_right(Align::Center);
        let mut line = ui.new_child(UiBuilder::new().max_rect(area).layout(layout).id_salt(label));
        label_ui(&mut line, label);
        let current = form.fields.get(field).cloned().unwrap_or_else(|| NONE.to_owned());
        if let Some(chosen) = choice_ui(&mut line, label, &current, &choices) {
            if chosen == NONE && !form.proposal.columns.contains(&chosen) {
                form.fields.remove(field);
            } else {
                form.fields.insert(*field, chosen);
            }
        }
    }
}

fn label_ui(ui: &mut Ui, label: &str) {
    let t = tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(108.0, 24.0), Sense::hover());
    Line::new().body(label, t.muted).paint(ui.painter(), rect);
}

/// A button that shows what is chosen and opens the list of what there is.
fn choice_ui(ui: &mut Ui, label: &str, current: &str, choices: &[String]) -> Option<String> {
    let shown = one_line(current);
    let spoken = format!("{label}: {shown}");
    let width = ui.available_width().min(280.0);
    let text: String = fitting(ui, &shown, width - 40.0);
    let button = Button::new(&text).trailing(Icon::CaretDown).width(width).label(&spoken);
    let response = ui.add(button);
    let mut chosen = None;
    Popup::menu(&response).width(width).show(|ui| {
        ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
            for choice in choices {
                let is_it = choice == current;
                if ui.selectable_label(is_it, one_line(choice)).clicked() {
                    chosen = Some(choice.clone());
                    ui.close();
                }
            }
        });
    });
    chosen.filter(|chosen| chosen != current)
}

/// As much of `text` as a button shows.
fn fitting(ui: &Ui, text: &str, width: f32) -> String {
    let color = tokens(ui).text;
    if Line::new().body(text, color).width(ui.painter()) <= width {
        return text.to_owned();
    }
    crate::ui::format::middle(text, (width / 8.0) as usize)
}

/// What is missing, and the buttons.
fn answer_ui(ui: &mut Ui, form: &MappingForm, needs: &NeedsMapping) -> Option<DocumentCommand> {
    let t = tokens(ui);
    let mapping = form.mapping();
    let lacks = missing(&mapping);
    let is_looking = form.proposal.mapping.table != form.table;
    let mut answer = None;
    ui.allocate_ui_with_layout(
        vec2(ui.available_width(), 24.0),
        Layout::right_to_left(Align::Center),
        |ui| {
            let open = Button::primary("Open").enabled(lacks.is_none() && !is_looking);
            if ui.add(open).clicked() {
                // Under the key of the table that is proposed again when a store of this shape comes.
                let shape_key = needs.proposal.shape_key.clone();
                let path = needs.path.clone();
                answer = Some(DocumentCommand::ConfirmMapping { path, mapping: mapping.clone(), shape_key });
            }
            if ui.add(Button::new("Skip")).on_hover_text("Leave this file out").clicked() {
                answer = Some(DocumentCommand::DismissMapping(needs.path.clone()));
            }
            ui.add_space(8.0);
            let payload = if mapping.fields.contains_key(&Field::Data) {
                ""
            } else {
                "All that is not mapped becomes the payload"
            };
            let (text, color) = lacks.map_or((payload, t.faint), |sentence| {
                (sentence, t.outcome(crate::ui::theme::Outcome::Stuck).color)
            });
            if !text.is_empty() {
                Line::new().piece(text, body(), color).show(ui);
            }
        },
    );
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_says_what_it_lacks() {
        for (fields, expected) in [
            (vec![], Some("Still missing: the type, and a stream or a time")),
            (vec![Field::Stream], Some("Still missing: the type, which says what happened")),
            (vec![Field::Type, Field::Data], Some("Still missing: a stream or a time")),
            (vec![Field::Type, Field::RecordedAt], None),
            (vec![Field::Type, Field::Stream], None),
        ] {
            let fields: BTreeMap<Field, String> =
                fields.into_iter().map(|field| (field, "column".to_owned())).collect();
            let mapping = Mapping { table: None, fields };
            assert_eq!(missing(&mapping), expected);
            assert_eq!(missing(&mapping).is_none(), mapping.is_sufficient());
        }
    }
}
