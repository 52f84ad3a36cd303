//! What the view shows instead of a state: no stream, folding, stopped, not begun, failed.

use std::time::Duration;

use egui::Ui;

use super::scene::Scene;
use crate::index::StreamId;
use crate::ui::app::fold::FoldState;
use crate::ui::command::{GoCommand, RELOAD};
use crate::ui::format::{count, one_line, thousands};
use crate::ui::view::ViewContext;
use crate::ui::widgets::blocks;

/// Nothing to replay.
pub(super) fn no_stream(ui: &mut Ui) {
    blocks::empty(ui, "Choose a stream in the navigator", None);
}

/// Folds that are ready sooner than this are not announced: most are, and nothing should flash by.
const ANNOUNCED_AFTER: Duration = Duration::from_millis(120);
/// Between two looks at how far a fold is.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The first fold of a stream: how far and how fast, or that it was stopped.
pub(super) fn folding(context: &ViewContext<'_>, stream: StreamId, ui: &mut Ui) {
    let Some(fold) = context.document.fold(context.navigation) else { return };
    let stream = one_line(&context.log().stream(stream).id);
    if fold.stopped {
        if blocks::empty(ui, &stopped_sentence(&stream, &fold), Some("Fold again")) {
            context.send(GoCommand::FoldAgain);
        }
        return;
    }
    ui.ctx().request_repaint_after(LOOK_EVERY);
    if fold.elapsed >= ANNOUNCED_AFTER {
        let sentence = format!("Folding {} of {stream}", count(fold.total, "event"));
        if blocks::loading(ui, &sentence, Some(fold.share()), &rate(&fold)) {
            context.send(GoCommand::StopFold);
        }
    }
}

/// "12,288 of 40,000 events · 310,000 a second".
fn rate(fold: &FoldState) -> String {
    let done = format!("{} of {}", thousands(fold.done), count(fold.total, "event"));
    fold.rate().map_or_else(|| done.clone(), |rate| format!("{done} · {} a second", thousands(rate)))
}

fn stopped_sentence(stream: &str, fold: &FoldState) -> String {
    match fold.done {
        0 => format!("Folding {stream} was stopped before the first event"),
        done => format!(
            "Folding {stream} was stopped after {} of {}",
            thousands(done),
            count(fold.total, "event")
        ),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fold_says_how_far_and_how_fast_it_is_or_where_it_stopped() {
        let fold =
            |done| FoldState { done, total: 40_000, elapsed: Duration::from_millis(500), stopped: false };
        assert_eq!(rate(&fold(0)), "0 of 40,000 events");
        assert_eq!(rate(&fold(12_288)), "12,288 of 40,000 events · 24,576 a second");
        assert_eq!(stopped_sentence("s-1", &fold(0)), "Folding s-1 was stopped before the first event");
        assert_eq!(stopped_sentence("s-1", &fold(512)), "Folding s-1 was stopped after 512 of 40,000 events");
    }
}
