//! Ids that lead somewhere: correlation, cause, the streams; and the metadata beside them.

use egui::{Role, Sense, Ui};

use super::pair_ui;
use super::prepared::Prepared;
use crate::model::Row;
use crate::query::correlation_term;
use crate::ui::command::{GoCommand, WindowCommand};
use crate::ui::format::{count, one_line};
use crate::ui::view::ViewContext;
use crate::ui::widgets::link::id_link;
use crate::ui::widgets::text::shorten_id;
use crate::ui::widgets::{Line, PayloadTree, TreeAction};

/// Correlation, cause, id, row, then what else the store keeps.
pub(super) fn metadata_ui(
    context: &ViewContext<'_>,
    ui: &mut Ui,
    prepared: &Prepared,
    tree: &mut PayloadTree,
) -> Option<TreeAction> {
    let (t, event) = (context.tokens, &prepared.event);
    if let Some(id) = &event.correlation_id {
        pair_ui(ui, "correlation", |ui| {
            let link = id_link(ui, &one_line(id));
            if link.on_hover_text("Only events of this correlation").clicked() {
                context.send(GoCommand::Filter(correlation_term(id)));
            }
            let correlation = context.log().event(prepared.row).correlation;
            if let Some(correlation) = correlation {
                let events = context.log().correlation(correlation).rows.len() as u64;
                Line::new().caption(&count(events, "event"), t.faint).show(ui);
            }
        });
    }
    if let Some(id) = &event.causation_id {
        cause_ui(context, ui, prepared.row, id);
    }
    if let Some(id) = &event.id {
        pair_ui(ui, "id", |ui| {
            if id_link(ui, &one_line(id)).on_hover_text("Copy the id").clicked() {
                context.send(WindowCommand::Copy(id.clone()));
            }
        });
    }
    pair_ui(ui, "row", |ui| {
        let about = "Source and ordinal: names this event for as long as the log is open";
        Line::new().mono(&prepared.row.to_string(), t.text).show(ui).on_hover_text(about);
    });
    if let Some(version) = &event.schema_version {
        pair_ui(ui, "schema version", |ui| {
            Line::new().mono(&one_line(version), t.text).show(ui);
        });
    }
    let metadata = prepared.metadata.as_ref().filter(|value| !is_empty(value))?;
    tree.show(ui, metadata, prepared.identity)
}

fn is_empty(value: &serde_json::Value) -> bool {
    value.as_object().is_some_and(serde_json::Map::is_empty) || value.is_null()
}

fn cause_ui(context: &ViewContext<'_>, ui: &mut Ui, row: Row, id: &str) {
    let t = context.tokens;
    let cause = context.log().event(row).cause;
    pair_ui(ui, "cause", |ui| match cause {
        Some(cause) if cause != row => {
            let name = &context.log().event_type(context.log().type_of(cause)).name;
            let about = format!("To the cause: {}", one_line(name));
            if id_link(ui, &one_line(id)).on_hover_text(about).clicked() {
                context.send(GoCommand::Select(cause));
            }
        }
        other => {
            let short = one_line(&shorten_id(id));
            let words = if other.is_some() { "this event itself" } else { "missing" };
            let line = Line::new().mono(&short, t.text).gap(8.0).caption(words, t.faint);
            let why = if other.is_some() { "" } else { "\nNo event of this log has this id" };
            line.show(ui).on_hover_text(format!("{}{why}", one_line(id)));
        }
    });
}

/// Each stream the event belongs to, with its version there.
pub(super) fn streams_ui(context: &ViewContext<'_>, ui: &mut Ui, prepared: &Prepared) {
    let (t, log) = (context.tokens, context.log());
    for ((stream, version), membership) in log.memberships(prepared.row).iter().zip(&prepared.event.streams) {
        let info = log.stream(*stream);
        let (rect, _) =
            ui.allocate_exact_size(egui::vec2(ui.available_width(), crate::ui::theme::ROW), Sense::hover());
        let id = one_line(&info.id);
        let version = version.map(|version| format!("v{version}")).unwrap_or_default();
        let role = membership.role.as_deref().map(one_line).unwrap_or_default();
        let label = format!("stream {id} {version} {role}").trim().to_owned();
        let salt = ui.scope_id().with(("stream", stream.0));
        let response = crate::ui::widgets::node(ui, rect, salt, Sense::click(), Role::Link, &label);
        if response.hovered() || response.has_focus() {
            ui.painter().rect_filled(rect, 0, t.hover());
        }
        crate::ui::widgets::focus_ring(ui, rect, 0, &response);
        let line = Line::new().mono(&id, t.accent).gap(8.0).mono_small(&version, t.muted);
        let line = line.gap(8.0).caption(info.group(), t.faint).gap(8.0).caption(&role, t.faint);
        line.paint(ui.painter(), rect.shrink2(egui::vec2(crate::ui::theme::PAD, 0.0)));
        if response.on_hover_text("Replay this stream").clicked() {
            context.send(GoCommand::ShowStream(*stream));
        }
    }
}
