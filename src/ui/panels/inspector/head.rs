//! What stands on top: the type, whether it tells of a failure, position, stream, version, time, the note.

use egui::{Rect, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::prepared::Prepared;
use crate::base::clock::now_unix_nanos;
use crate::index::EventRef;
use crate::model::{EventKind, Row, Timestamp};
use crate::ui::command::{WRITE_NOTE, WindowCommand};
use crate::ui::format::{Zone, one_line, signed_span, span, thousands};
use crate::ui::icons::Icon;
use crate::ui::panels::line::LineWish;
use crate::ui::theme::{Outcome, PAD, RADIUS_CONTROL, heading, mono_small};
use crate::ui::view::ViewContext;
use crate::ui::widgets::{Badge, Line, Mark, chip, node};

/// Draws it; all but the time of recording comes from the index, so that it is there at once.
pub(super) fn head_ui(context: &ViewContext<'_>, ui: &mut Ui, row: Row, prepared: Option<&Prepared>) {
    let known = context.log().event(row);
    ui.add_space(8.0);
    type_ui(context, ui, &known);
    place_ui(context, ui, &known);
    time_ui(context, ui, &known, prepared);
    note_ui(context, ui, row);
    ui.add_space(8.0);
}

fn type_ui(context: &ViewContext<'_>, ui: &mut Ui, known: &EventRef) {
    let (t, log) = (context.tokens, context.log());
    let info = log.event_type(known.event_type);
    let later = context.navigation.is_later(log, known.row);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover());
    let mut end = rect.right() - PAD;
    if info.is_failure {
        let width = 60.0;
        let area = Rect::from_x_y_ranges(end - width..=end, rect.y_range());
        let layout = egui::Layout::right_to_left(egui::Align::Center);
        let mut inner = ui.new_child(UiBuilder::new().max_rect(area).layout(layout));
        let badge = inner.add(Badge::new(Outcome::Failed));
        badge.on_hover_text("Inferred from the words in the type's name");
        end -= width + 8.0;
    }
    let mark = Mark::family(t, &info.family).hollow(later);
    mark.paint(ui.painter(), pos2(rect.left() + PAD + 4.0, rect.center().y));
    let name = one_line(&info.name);
    let room = Rect::from_x_y_ranges(rect.left() + PAD + 18.0..=end, rect.y_range());
    let painted = Line::new().piece(&name, heading(), t.text_at(later)).paint(ui.painter(), room);
    let failed = if info.is_failure { ", failed" } else { "" };
    let after = if later { ", after the playhead" } else { "" };
    let label = format!("{name}{failed}{after}");
    let response = node(ui, room, ui.scope_id().with("type"), Sense::hover(), Role::Heading, &label);
    if painted.elided {
        response.on_hover_text(name);
    }
}

fn place_ui(context: &ViewContext<'_>, ui: &mut Ui, known: &EventRef) {
    let (t, log) = (context.tokens, context.log());
    let mut parts = Vec::new();
    match known.position {
        Some(position) => parts.push(format!("position {}", number(position))),
        None => parts.push(format!("event {} of the log", thousands(log.rank_of(known.row) + 1))),
    }
    match (known.stream, known.version) {
        (Some(stream), Some(version)) => {
            parts.push(format!("{} version {version}", one_line(&log.stream(stream).id)));
        }
        (Some(stream), None) => parts.push(one_line(&log.stream(stream).id)),
        (None, _) => parts.push("no stream".to_owned()),
    }
    line_ui(ui, |ui| {
        Line::new().caption(&parts.join(" · "), t.muted).show(ui);
        if known.kind != EventKind::Event {
            chip(ui, known.kind.as_str());
        }
    });
}

fn time_ui(context: &ViewContext<'_>, ui: &mut Ui, known: &EventRef, prepared: Option<&Prepared>) {
    let t = context.tokens;
    let zone = Zone { local: context.preferences.local_time };
    let Some(time) = known.time else {
        line_ui(ui, |ui| {
            Line::new().caption("The store has no time for it", t.faint).show(ui);
        });
        return;
    };
    line_ui(ui, |ui| {
        let text = format!("{} {}", zone.date_time(time), zone.name());
        let shown = Line::new().piece(&text, mono_small(), t.text).show(ui);
        shown.on_hover_text(exact(time));
    });
    let recorded = prepared.and_then(|prepared| {
        let event = &prepared.event;
        event.recorded_at.filter(|recorded| event.occurred_at.is_some_and(|time| time != *recorded))
    });
    if let Some(recorded) = recorded {
        let apart = signed_span(recorded.nanos().saturating_sub(time.nanos()));
        line_ui(ui, |ui| {
            let line = Line::new().caption("recorded", t.muted).gap(6.0);
            let line = line.mono_small(&zone.date_time(recorded), t.muted).gap(6.0);
            line.mono_small(&apart, t.faint).show(ui).on_hover_text(exact(recorded));
        });
    }
}

/// The bookmark with its note; a click writes another one.
fn note_ui(context: &ViewContext<'_>, ui: &mut Ui, row: Row) {
    let Some(marked) = context.document.bookmarks.at(row) else { return };
    let t = context.tokens;
    let note = one_line(&marked.mark.note);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::click());
    let label =
        if note.is_empty() { "Bookmark: write a note…".to_owned() } else { format!("Bookmark: {note}") };
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), &label));
    let is_lit = response.hovered() || response.has_focus();
    if is_lit {
        ui.painter().rect_filled(rect.shrink2(vec2(4.0, 0.0)), RADIUS_CONTROL, t.hover());
    }
    let icon = Rect::from_center_size(pos2(rect.left() + PAD + 4.0, rect.center().y), vec2(10.0, 10.0));
    Icon::Bookmark.paint(ui.painter(), icon, t.accent);
    let room = Rect::from_x_y_ranges(rect.left() + PAD + 18.0..=rect.right() - PAD, rect.y_range());
    let line = match (note.is_empty(), is_lit) {
        (true, lit) => Line::new().body("Write a note…", if lit { t.text } else { t.muted }),
        (false, _) => Line::new().body(&note, t.text),
    };
    let painted = line.paint(ui.painter(), room);
    if response.clicked() {
        context.send(WindowCommand::Ask(LineWish::Note { row: Some(row) }));
    }
    let about = if painted.elided {
        format!("{note}\nClick to write another note")
    } else {
        WRITE_NOTE.about.to_owned()
    };
    response.on_hover_text(about);
}

/// As stored, in both zones, and how long ago.
fn exact(time: Timestamp) -> String {
    let age = now_unix_nanos().saturating_sub(time.nanos());
    let age = if age >= 0 { format!("{} ago", span(age)) } else { format!("in {}", span(age)) };
    let local = Zone { local: true };
    format!("{time}\n{} {}\n{age}", local.date_time(time), local.name())
}

fn number(n: i64) -> String {
    let digits = thousands(n.unsigned_abs());
    if n < 0 { format!("-{digits}") } else { digits }
}

fn line_ui(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 20.0), Sense::hover());
    let area = Rect::from_x_y_ranges(rect.left() + PAD..=rect.right() - PAD, rect.y_range());
    let layout = egui::Layout::left_to_right(egui::Align::Center);
    let mut inner = ui.new_child(UiBuilder::new().max_rect(area).layout(layout));
    inner.spacing_mut().item_spacing.x = 8.0;
    content(&mut inner);
}
