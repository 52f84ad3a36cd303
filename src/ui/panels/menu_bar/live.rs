//! Whether new events are shown as they come, as a button of the menu bar.

use egui::{Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::ui::app::App;
use crate::ui::app::document::Document;
use crate::ui::app::live::Liveness;
use crate::ui::command::{LIVE, RELOAD};
use crate::ui::format::thousands;
use crate::ui::icons::Icon;
use crate::ui::theme::{Outcome, tokens};
use crate::ui::widgets::{Line, focus_ring};

/// What the button says.
pub(super) fn words(liveness: Liveness) -> String {
    match liveness {
        Liveness::Off => "Live off".to_owned(),
        Liveness::On => "Live".to_owned(),
        Liveness::Held(0) => "Paused".to_owned(),
        Liveness::Held(held) => format!("Paused, {} new", thousands(held)),
        Liveness::Changed => "Changed".to_owned(),
    }
}

/// Draws it; a click pauses, goes on, or reads a changed file again.
pub(super) fn live_ui(app: &App, ui: &mut Ui, document: &Document, words: &str) {
    let Some(liveness) = document.liveness() else { return };
    let t = tokens(ui);
    let line = |color| Line::new().body(words, color);
    let width = line(t.text).width(ui.painter()).ceil() + 18.0;
    let sense = if liveness == Liveness::Off { Sense::hover() } else { Sense::click() };
    let (rect, response) = ui.allocate_exact_size(vec2(width, 24.0), sense);
    let role = if liveness == Liveness::Off { Role::Label } else { Role::Button };
    response.widget_info(|| WidgetInfo::labeled(role, true, words));
    let middle = pos2(rect.left() + 6.0, rect.center().y);
    let square = Rect::from_center_size(middle, vec2(12.0, 12.0));
    match liveness {
        Liveness::Off => {
            ui.painter().circle_stroke(middle, 4.0, egui::Stroke::new(1.5, t.muted));
        }
        Liveness::On => {
            ui.painter().circle_filled(middle, 4.0, t.outcome(Outcome::Completed).color);
        }
        Liveness::Held(_) => Icon::Pause.paint(ui.painter(), square, t.past_line),
        Liveness::Changed => Icon::Warning.paint(ui.painter(), square, t.outcome(Outcome::Stuck).color),
    }
    let color = if response.hovered() || response.has_focus() { t.text } else { t.muted };
    let room = Rect::from_x_y_ranges(rect.left() + 17.0..=rect.right() + 1.0, rect.y_range());
    line(color).paint(ui.painter(), room);
    focus_ring(ui, rect.expand(2.0), 4, &response);
    let (command, about) = match liveness {
        Liveness::Off => {
            (None, "No file of this log grows at its end; should one change, it is said".to_owned())
        }
        Liveness::On => (Some(&LIVE), came(document.live.came) + "\nClick to hold back what comes (l)"),
        Liveness::Held(_) => (Some(&LIVE), "What comes is held back. Click to show it (l)".to_owned()),
        Liveness::Changed => (
            Some(&RELOAD),
            document.changes().join("\n") + "\nWhat was read stays. Click to read it again (Ctrl+R)",
        ),
    };
    let clicked = response.clicked();
    response.on_hover_text(about);
    if let (true, Some(command)) = (clicked, command) {
        app.send((command.make)());
    }
}

fn came(events: u64) -> String {
    match events {
        0 => "What is written to the open files is shown as it comes".to_owned(),
        1 => "1 event came since the log was read".to_owned(),
        events => format!("{} events came since the log was read", thousands(events)),
    }
}
