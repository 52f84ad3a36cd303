//! Where the event lies and how it was read: schema, file, mapping, repairs.

use egui::Ui;

use super::pair_ui;
use super::prepared::Prepared;
use crate::model::Row;
use crate::query::type_term;
use crate::ui::command::GoCommand;
use crate::ui::format::{bytes, count, one_line, thousands};
use crate::ui::theme::{Outcome, PAD, caption};
use crate::ui::view::ViewContext;
use crate::ui::widgets::{Line, link};

/// What is known of the type.
pub(super) fn schema_ui(context: &ViewContext<'_>, ui: &mut Ui, prepared: &Prepared) {
    let (t, log) = (context.tokens, context.log());
    let info = log.event_type(log.type_of(prepared.row));
    line_ui(ui, |ui| {
        let sentence = format!("Inferred from {} of this type", count(info.events, "event"));
        Line::new().body(&sentence, t.muted).show(ui);
    });
    if info.schema_versions.len() > 1 {
        let versions: Vec<String> = info.schema_versions.iter().map(|version| one_line(version)).collect();
        line_ui(ui, |ui| {
            let line = Line::new().body("Schema versions seen:", t.muted);
            line.gap(6.0).mono(&versions.join(", "), t.text).show(ui);
        });
    }
    line_ui(ui, |ui| {
        if link(ui, "Only events of this type").clicked() {
            context.send(GoCommand::Filter(type_term(&info.name)));
        }
    });
}

/// Where in its source the event is: "byte 8,192", "row 17".
pub(super) fn place(context: &ViewContext<'_>, row: Row) -> String {
    let unit = if has_rows(context, row) { "row" } else { "byte" };
    format!("{unit} {}", thousands(context.log().locator(row).at))
}

fn has_rows(context: &ViewContext<'_>, row: Row) -> bool {
    context.document.open.sources.get(usize::from(row.source().0)).is_some_and(|source| source.has_rows)
}

/// The file, how it was read, and what was repaired on the way.
pub(super) fn source_ui(context: &ViewContext<'_>, ui: &mut Ui, prepared: &Prepared) {
    let t = context.tokens;
    let Some(source) = context.document.open.sources.get(usize::from(prepared.row.source().0)) else {
        return;
    };
    let name = source
        .path
        .file_name()
        .map_or_else(|| source.path.display().to_string(), |name| name.to_string_lossy().into_owned());
    pair_ui(ui, "file", |ui| {
        let path = one_line(&source.path.display().to_string());
        Line::new().mono(&one_line(&name), t.text).show(ui).on_hover_text(path);
    });
    pair_ui(ui, "format", |ui| {
        Line::new().body(&source.title, t.text).show(ui);
    });
    let place = place(context, prepared.row);
    let length = if source.has_rows {
        place
    } else {
        format!("{place}, {} long", bytes(u64::from(context.log().locator(prepared.row).len)))
    };
    pair_ui(ui, "place", |ui| {
        Line::new().mono(&length, t.text).show(ui);
    });
    for (field, column) in &source.mapping {
        pair_ui(ui, field, |ui| {
            Line::new().caption("from ", t.faint).mono(&one_line(column), t.muted).show(ui);
        });
    }
    for warning in &prepared.event.warnings {
        let color = t.outcome(Outcome::Stuck).color;
        paragraph(ui, &format!("Repaired: {}", one_line(warning)), color);
    }
    for note in &source.notes {
        paragraph(ui, note, t.faint);
    }
}

fn paragraph(ui: &mut Ui, text: &str, color: egui::Color32) {
    egui::Frame::new().inner_margin(egui::Margin::symmetric(12, 2)).show(ui, |ui| {
        ui.add(egui::Label::new(egui::RichText::new(text).font(caption()).color(color)).wrap());
    });
}

fn line_ui(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        ui.add_space(PAD);
        content(ui);
        ui.add_space(PAD);
    });
}
