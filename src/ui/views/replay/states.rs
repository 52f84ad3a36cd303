//! What the view shows instead of a state: no stream, folding, not begun, failed.

use egui::Ui;

use super::scene::Scene;
use crate::index::StreamId;
use crate::ui::command::{GoCommand, RELOAD};
use crate::ui::format::{count, one_line};
use crate::ui::theme::{body, tokens};
use crate::ui::view::ViewContext;
use crate::ui::widgets::{Line, blocks, progress};

/// Nothing to replay.
pub(super) fn no_stream(ui: &mut Ui) {
    blocks::empty(ui, "Choose a stream in the navigator", None);
}

/// The first fold of a stream: short, so that it says little and cannot be cancelled but by another stream.
pub(super) fn folding(context: &ViewContext<'_>, stream: StreamId, ui: &mut Ui) {
    let stream = context.log().stream(stream);
    let sentence = format!("Folding {} of {}", count(stream.len() as u64, "event"), one_line(&stream.id));
    let rect = ui.available_rect_before_wrap();
    ui.add_space((rect.height() / 3.0 - 12.0).max(8.0));
    ui.vertical_centered(|ui| {
        let color = tokens(ui).muted;
        Line::new().piece(&sentence, body(), color).show(ui);
        ui.add_space(8.0);
        progress(ui, 280.0_f32.min(rect.width()), None, &sentence);
    });
}

/// The fold or what was made of it failed: a defect, since no event can make it fail.
pub(super) fn failed(context: &ViewContext<'_>, stream: StreamId, message: &str, ui: &mut Ui) {
    let stream = context.log().stream(stream);
    let what = format!("{} cannot be replayed", one_line(&stream.id));
    let why = format!("Folding it stopped because of a defect in Sagascope: {}", one_line(message));
    if blocks::failed(ui, &what, &why, "Reading the files again may help", "", Some("Reload")) {
        context.run(&RELOAD);
    }
}

/// The playhead stands before the stream's first event.
pub(super) fn not_begun(scene: &Scene<'_>, ui: &mut Ui) {
    let Some(first) = scene.replay.step(0) else {
        blocks::empty(ui, &format!("{} has no event to replay", scene.stream_id()), None);
        return;
    };
    let when = first.time.map(|time| format!(", at {}", scene.zone().date_time(time))).unwrap_or_default();
    let sentence = format!("{} begins later{when}", scene.stream_id());
    if blocks::empty(ui, &sentence, Some("Go to its first event")) {
        scene.context.send(GoCommand::Select(first.row));
    }
}
