//! "event 7 of 12 · 5 later ones dimmed": where the playhead stands in a view's list.

use egui::{RichText, Ui};

use crate::index::RowSet;
use crate::ui::app::navigation::{StepList, place_in};
use crate::ui::command::GoCommand;
use crate::ui::format::thousands;
use crate::ui::icons::Icon;
use crate::ui::theme::body;
use crate::ui::view::ViewContext;

/// Draws the place, right to left; nothing at the end of the log, where nothing is dimmed.
pub fn place_ui(context: &ViewContext<'_>, list: StepList, ui: &mut Ui) {
    let log = context.log();
    if !context.navigation.is_in_past(log) {
        return;
    }
    let playhead = context.navigation.playhead_row(log);
    let (done, total) = match list {
        StepList::Stream => {
            let Some(stream) = context.navigation.stream else { return };
            place_in(log, &RowSet::Stream(stream), playhead)
        }
        _ => place_in(log, &context.document.rows, playhead),
    };
    let key = crate::ui::widgets::key_cap(ui, "End").on_hover_text("To the end of the log (End)");
    if key.clicked() {
        context.send(GoCommand::End);
    }
    let later = total - done;
    let words = match (list, later) {
        (_, 0) => format!("event {} of {}", thousands(done), thousands(total)),
        (_, later) => {
            format!("event {} of {} · {} later dimmed", thousands(done), thousands(total), thousands(later))
        }
    };
    ui.label(RichText::new(words).font(body()).color(context.tokens.past));
    let (rect, _) = ui.allocate_exact_size(egui::vec2(14.0, 14.0), egui::Sense::hover());
    Icon::Clock.paint(ui.painter(), rect.shrink(1.0), context.tokens.past);
}
