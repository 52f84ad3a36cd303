//! What a right click on a value offers.

use egui::{Response, Ui};
use serde_json::Value;

use super::scene::Scene;
use super::tree::Shown;
use super::value::{dotted, plain_text};
use super::windows::Windows;
use crate::replay::{Path, Replay, TreeRow, pretty};
use crate::ui::command::{GoCommand, WindowCommand};

/// The menu of a row.
pub(super) fn menu_ui(
    scene: &Scene<'_>,
    shown: &Shown<'_>,
    row: &TreeRow,
    windows: &mut Windows,
    response: &Response,
) {
    response.context_menu(|ui| {
        let value = || value_of(scene.replay, shown, row);
        let copy = |ui: &mut Ui, words: &str, text: &dyn Fn() -> Option<String>| {
            if ui.button(words).clicked()
                && let Some(text) = text()
            {
                scene.context.send(WindowCommand::Copy(text));
            }
        };
        if row.value.is_some() || row.before.is_some() {
            copy(ui, "Copy value", &|| value().as_ref().map(plain_text));
            copy(ui, "Copy as JSON", &|| value().as_ref().map(pretty));
        }
        copy(ui, "Copy path", &|| Some(dotted(&row.path)));
        copy(ui, "Copy path as JSON Pointer", &|| Some(row.path.to_string()));
        ui.separator();
        let to = |step: Option<u32>| {
            if let Some(step) = step.and_then(|step| scene.replay.step(step)) {
                scene.context.send(GoCommand::Value(Some(row.path.clone())));
                scene.context.send(GoCommand::Select(step.row));
            }
        };
        if let Some(by) = row.set_by {
            let verb = if row.value.is_some() { "set" } else { "removed" };
            if ui.button(format!("Jump to the event that {verb} it, {} (b)", scene.name(by))).clicked() {
                to(Some(by));
            }
        }
        if let Some(later) = row.set_later
            && ui.button(format!("Jump to the event that sets it, {}", scene.name(later))).clicked()
        {
            to(Some(later));
        }
        let jump = |ui: &mut Ui, words: &str, by: i64| {
            if ui.button(words).clicked() {
                scene.context.send(GoCommand::Value(Some(row.path.clone())));
                scene.context.send(GoCommand::ToChange { by });
            }
        };
        jump(ui, "Next change of it (c)", 1);
        jump(ui, "Previous change of it (Shift+c)", -1);
        if ui.button("History of this value…").clicked() {
            windows.show_history(scene, shown, row);
        }
        if row.value.as_ref().is_some_and(|value| value.folded) && ui.button("Show all of it…").clicked() {
            windows.show_value(scene, shown, row);
        }
    });
}

/// The value of a row as it is, or as it was where it was removed.
pub(super) fn value_of(replay: &Replay, shown: &Shown<'_>, row: &TreeRow) -> Option<Value> {
    let get = |path: &Path, state: &Value| path.get(state).cloned();
    match (&row.value, shown.compare) {
        (Some(_), _) => get(&row.path, &replay.state_at(shown.step)),
        (None, Some(other)) => get(&row.path, &replay.state_at(other)),
        (None, None) => get(&row.path, &replay.state_before(shown.step)),
    }
}
