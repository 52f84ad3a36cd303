//! Loading, failed, empty: what the centre shows while there is no event; files that failed beside those that
//! opened; the hint while a file is dragged.

use egui::{
    Align, Align2, Frame, Id, LayerId, Layout, Margin, Order, Panel, Rect, ScrollArea, Stroke, Ui, UiBuilder,
};

use crate::engine::{LoadFailure, LoadProgress};
use crate::ui::app::App;
use crate::ui::command::{CANCEL_LOADING, CLOSE, DocumentCommand, OPEN, RELOAD, SIMULATE};
use crate::ui::format::{bytes, count, one_line, thousands};
use crate::ui::icons::Icon;
use crate::ui::theme::{Outcome, body, heading, mono_small, semibold, tokens};
use crate::ui::view::ViewContext;
use crate::ui::widgets::{Button, Line, blocks, icon_button, node};

/// Nothing is there yet, or nothing could be read.
pub fn no_events_ui(app: &mut App, ui: &mut Ui) {
    let Some(document) = &app.document else { return };
    let title = one_line(&document.title());
    if !document.failures.is_empty() {
        failures_ui(app, ui);
    } else if !document.unmapped.is_empty() {
        blocks::empty(ui, &format!("{title} waits for you to say which column is what"), None);
    } else if document.cancelled {
        if blocks::empty(ui, "Loading was stopped before the first event", Some("Load again")) {
            app.commands.send((RELOAD.make)());
        }
    } else if !document.progress.finished {
        let sentence = format!("Opening {title}");
        if blocks::loading(ui, &sentence, document.progress.share(), &rate(&document.progress)) {
            app.commands.send((CANCEL_LOADING.make)());
        }
    } else if blocks::empty(ui, "This store has no events", Some("Open another…")) {
        app.commands.send((OPEN.make)());
    }
}

/// "12,000 events · 2,400,000 a second", or how far reading is.
fn rate(progress: &LoadProgress) -> String {
    if progress.events > 0 {
        let rate = thousands(progress.rate() as u64);
        return format!("{} · {rate} a second", count(progress.events, "event"));
    }
    match progress.step.total {
        Some(total) => format!("{} of {}", bytes(progress.step.done), bytes(total)),
        None => String::new(),
    }
}

/// A failure as title, sentences and path: the path stands on the last line of what the store said. A run has no
/// path.
fn parts(failure: &LoadFailure) -> (String, String, String) {
    if failure.path.as_os_str().is_empty() {
        let sentences: Vec<String> = failure.problem.lines().map(one_line).collect();
        return ("The simulation cannot begin".to_owned(), sentences.join(" "), String::new());
    }
    let path = failure.path.display().to_string();
    let name =
        failure.path.file_name().map_or_else(|| path.clone(), |name| name.to_string_lossy().into_owned());
    let sentences = failure.problem.strip_suffix(&path).unwrap_or(&failure.problem).trim_end();
    let sentences: Vec<String> = sentences.lines().map(one_line).collect();
    (format!("{} cannot be opened", one_line(&name)), sentences.join(" "), one_line(&path))
}

/// Every file that failed: what, why, what to do, the path last.
fn failures_ui(app: &App, ui: &mut Ui) {
    let Some(document) = &app.document else { return };
    let t = tokens(ui);
    let rect = ui.available_rect_before_wrap();
    let width = rect.width().min(560.0);
    let top = rect.top() + (rect.height() / 3.0 - 96.0).max(24.0);
    let area = Rect::from_min_max(
        egui::pos2(rect.center().x - width / 2.0, top),
        egui::pos2(rect.center().x + width / 2.0, rect.bottom()),
    );
    let mut inner = ui.new_child(UiBuilder::new().max_rect(area).layout(Layout::top_down(Align::Min)));
    ScrollArea::vertical().max_height(area.height() - 60.0).show(&mut inner, |ui| {
        for failure in &document.failures {
            let (title, sentences, path) = parts(failure);
            ui.horizontal(|ui| {
                let (icon, _) = ui.allocate_exact_size(egui::vec2(16.0, 22.0), egui::Sense::hover());
                let place = Rect::from_center_size(icon.center(), egui::vec2(14.0, 14.0));
                Icon::Warning.paint(ui.painter(), place, t.outcome(Outcome::Failed).color);
                ui.add_space(4.0);
                Line::new().piece(&title, semibold(14.0), t.text).show(ui);
            });
            Frame::new().inner_margin(Margin { left: 28, ..Margin::ZERO }).show(ui, |ui| {
                super::dialogs::paragraph(ui, &sentences, body(), t.muted);
                if !path.is_empty() {
                    ui.add_space(4.0);
                    super::dialogs::paragraph(ui, &path, mono_small(), t.faint);
                }
            });
            ui.add_space(16.0);
        }
    });
    inner.horizontal(|ui| {
        ui.add_space(28.0);
        let (words, icon, command) = match document.simulation {
            Some(_) => ("Choose another…", Icon::Bolt, &SIMULATE),
            None => ("Open another…", Icon::Folder, &OPEN),
        };
        if ui.add(Button::primary(words).icon(icon)).clicked() {
            app.commands.send((command.make)());
        }
        if ui.add(Button::new("Close")).clicked() {
            app.commands.send((CLOSE.make)());
        }
    });
}

/// Says which files could not be read beside those that are open, until it is dismissed.
pub(super) fn banner_ui(context: &ViewContext<'_>, ui: &mut Ui) {
    let failures = &context.document.failures;
    let Some(first) = failures.first() else { return };
    let t = context.tokens;
    let look = t.outcome(Outcome::Failed);
    let frame = Frame::new().fill(look.fill).inner_margin(Margin::symmetric(12, 0));
    Panel::top("failures").exact_size(32.0).frame(frame).show(ui, |ui| {
        let (title, sentences, path) = parts(first);
        let title = match failures.len() {
            1 => title.replace("cannot be opened", "could not be read"),
            n => format!("{} could not be read", count(n as u64, "file")),
        };
        let rect = ui.max_rect();
        let layout = Layout::right_to_left(Align::Center);
        let mut inner = ui.new_child(UiBuilder::new().max_rect(rect).layout(layout));
        if icon_button(&mut inner, Icon::Close, "Dismiss").clicked() {
            context.send(DocumentCommand::DismissFailures);
        }
        let room = inner.available_rect_before_wrap();
        let square =
            Rect::from_center_size(egui::pos2(room.left() + 6.0, room.center().y), egui::vec2(12.0, 12.0));
        Icon::Warning.paint(inner.painter(), square, look.on_fill);
        let room = Rect::from_x_y_ranges(room.left() + 20.0..=room.right() - 8.0, room.y_range());
        let line = Line::new().strong(&title, look.on_fill).gap(8.0).body(&sentences, t.text);
        line.paint(inner.painter(), room);
        let label = format!("{title}: {sentences}");
        let id = inner.scope_id().with("failure");
        let response = node(&inner, room, id, egui::Sense::hover(), egui::Role::Alert, &label);
        let all: Vec<String> = failures.iter().map(|failure| failure.problem.clone()).collect();
        let hover = if failures.len() > 1 { all.join("\n\n") } else { format!("{sentences}\n{path}") };
        response.on_hover_text(hover);
    });
}

/// "Drop to open" over the whole window while files are dragged over it.
pub fn drop_hint_ui(app: &App, ui: &mut Ui) {
    let ctx = ui.ctx();
    let (files, shift) = ctx.input(|input| (input.raw.hovered_files.len(), input.modifiers.shift));
    if files == 0 {
        return;
    }
    let t = tokens(ui);
    let can_add = app.document.is_some();
    let (title, hint) = match (can_add, shift) {
        (true, true) => ("Drop to add to this log", "Without Shift: open as a new log"),
        (true, false) => ("Drop to open", "With Shift: add to this log"),
        (false, _) => ("Drop to open", "Read-only; several files merge into one log"),
    };
    let painter = ctx.layer_painter(LayerId::new(Order::Tooltip, Id::unique("drop hint")));
    let rect = ctx.content_rect();
    painter.rect_filled(rect, 0, t.ground.gamma_multiply(0.85));
    let frame = rect.shrink(16.0);
    painter.rect(
        frame,
        8,
        t.selection.gamma_multiply(0.6),
        Stroke::new(2.0, t.accent),
        egui::StrokeKind::Inside,
    );
    let center = frame.center();
    painter.text(center - egui::vec2(0.0, 12.0), Align2::CENTER_CENTER, title, heading(), t.text);
    painter.text(center + egui::vec2(0.0, 14.0), Align2::CENTER_CENTER, hint, body(), t.muted);
    let label = format!("{title}. {hint}");
    node(ui, frame, Id::unique("drop hint label"), egui::Sense::hover(), egui::Role::Status, &label);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_failure_stands_apart() {
        for (problem, sentences) in [
            ("Cannot read the file: it does not exist.\n/a/b.db", "Cannot read the file: it does not exist."),
            ("Loading stopped\nfor a reason", "Loading stopped for a reason"),
        ] {
            let failure = LoadFailure { path: "/a/b.db".into(), problem: problem.to_owned() };
            let expected = ("b.db cannot be opened".to_owned(), sentences.to_owned(), "/a/b.db".to_owned());
            assert_eq!(parts(&failure), expected);
        }
    }

    #[test]
    fn progress_tells_events_or_bytes() {
        let mut progress =
            LoadProgress { elapsed: std::time::Duration::from_secs(2), ..LoadProgress::default() };
        assert_eq!(rate(&progress), "");
        progress.step.total = Some(2_000_000);
        progress.step.done = 1_500_000;
        assert_eq!(rate(&progress), "1.5 MB of 2.0 MB");
        (progress.events, progress.read) = (5_000, 5_000);
        assert_eq!(rate(&progress), "5,000 events · 2,500 a second");
    }
}
