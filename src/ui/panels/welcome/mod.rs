//! The page before a log is open: drop or open a store, the recent ones, a saga to break, a sample, what can be
//! opened.

mod break_saga;
mod choices;
mod story;
mod track;

use std::path::PathBuf;

use egui::{Rect, Role, ScrollArea, Sense, Shape, Stroke, Ui, UiBuilder, pos2, vec2};

use crate::base::clock::now_unix_nanos;
use crate::engine::{FORMATS, Latest, LoadItem, Recent, Sample, existing, samples};
use crate::model::Timestamp;
use crate::ui::app::App;
use crate::ui::command::{Command, DocumentCommand, OPEN, OPEN_PATH, SHORTCUTS};
use crate::ui::format::{Zone, bytes, count, one_line};
use crate::ui::icons::Icon;
use crate::ui::theme::{Outcome, PAD, ROW, ROW_TWO, semibold, tokens};
use crate::ui::widgets::{Button, Line, focus_ring, key_cap, node};

/// Presentation state.
#[derive(Default)]
pub struct Welcome {
    existing: Latest<Vec<PathBuf>, Vec<bool>>,
    samples: Latest<(), Vec<Sample>>,
    break_saga: break_saga::BreakSaga,
    /// Height of the page when it was drawn last, to place it.
    height: f32,
}

impl Welcome {
    /// Whether everything it asked for is there.
    pub fn is_settled(&self) -> bool {
        !self.existing.is_busy() && !self.samples.is_busy() && self.break_saga.is_settled()
    }
}

/// Widest page.
const WIDTH: f32 = 1_216.0;
/// From this width on there are three columns, from the other two.
const THREE: f32 = 1_080.0;
const TWO: f32 = 760.0;
/// Between two columns.
const GAP: f32 = 52.0;
/// Width of the column in the middle, and of the right one.
const MIDDLE: f32 = 426.0;
const RIGHT: f32 = 290.0;
/// Recent files shown.
const RECENT_MAX: usize = 8;

/// Draws the page.
pub fn welcome_ui(app: &mut App, ui: &mut Ui) {
    let recent: Vec<Recent> = app.settings.recent.iter().take(RECENT_MAX).cloned().collect();
    let welcome = &app.panels.welcome;
    let workers = app.engine.workers();
    welcome.samples.ask(workers, &(), |_, _| Some(samples()));
    let paths: Vec<PathBuf> = recent.iter().map(|recent| recent.path.clone()).collect();
    let of_job = paths.clone();
    welcome.existing.ask(workers, &paths, move |_, _| Some(existing(&of_job)));
    let there = welcome.existing.answer_to(&paths);
    let there: &[bool] =
        there.as_ref().and_then(|answer| answer.result.as_ref().ok()).map_or(&[], Vec::as_slice);
    let found = welcome.samples.answer_to(&());
    let found: &[Sample] =
        found.as_ref().and_then(|answer| answer.result.as_ref().ok()).map_or(&[], Vec::as_slice);
    let zone = Zone { local: app.preferences.local_time };
    let mut command: Option<Command> = None;
    let room = ui.available_size();
    let mut drawn = 0.0;
    let mut commands: Vec<Command> = Vec::new();
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        let width = (room.x - 2.0 * 32.0).min(WIDTH);
        let left = ui.max_rect().left() + (room.x - width) / 2.0;
        // Above the middle, where the eye expects it.
        let height = app.panels.welcome.height;
        let down = if height > 0.0 { (room.y - height) * 0.38 } else { room.y * 0.12 };
        let top = ui.max_rect().top() + down.max(24.0);
        head_ui(ui, Rect::from_min_size(pos2(left, top), vec2(width, 64.0)));
        let below = top + 88.0;
        let places = Places::of(left, below, width);
        let mut first = column_ui(ui, places.first, places.first_width, "first");
        drop_ui(&mut first, &mut command);
        first.add_space(24.0);
        recent_ui(&mut first, &recent, there, zone, &mut command);
        let mut bottom = first.min_rect().bottom();
        let start = places.middle.unwrap_or(pos2(left, bottom + 32.0));
        let mut middle = column_ui(ui, start, places.middle_width, "middle");
        app.panels.welcome.break_saga.ui(app.engine.workers(), &mut middle, &mut commands);
        let middle_ends = middle.min_rect().bottom();
        if places.middle.is_none() {
            bottom = middle_ends;
        }
        let start = places.right.unwrap_or(pos2(left, bottom + 24.0));
        let mut right = column_ui(ui, start, places.right_width, "right");
        samples_ui(&mut right, found, &mut command);
        formats_ui(&mut right);
        let bottom = bottom.max(middle_ends).max(right.min_rect().bottom());
        drawn = bottom - top;
        ui.advance_cursor_after_rect(Rect::from_min_max(
            ui.max_rect().min,
            pos2(left + width, bottom + 24.0),
        ));
    });
    if (app.panels.welcome.height - drawn).abs() > 0.5 {
        app.panels.welcome.height = drawn;
        ui.ctx().request_repaint();
    }
    for command in commands.into_iter().chain(command) {
        app.commands.send(command);
    }
}

/// Where the columns stand; `None`: below the one before.
struct Places {
    first: egui::Pos2,
    first_width: f32,
    middle: Option<egui::Pos2>,
    middle_width: f32,
    right: Option<egui::Pos2>,
    right_width: f32,
}

impl Places {
    fn of(left: f32, top: f32, width: f32) -> Self {
        let first = pos2(left, top);
        if width >= THREE {
            let first_width = width - MIDDLE - RIGHT - 2.0 * GAP;
            let middle = pos2(left + first_width + GAP, top);
            let right = pos2(middle.x + MIDDLE + GAP, top);
            let (middle_width, right_width) = (MIDDLE, RIGHT);
            Self { first, first_width, middle: Some(middle), middle_width, right: Some(right), right_width }
        } else if width >= TWO {
            let first_width = ((width - GAP) * 0.46).floor();
            let middle_width = width - GAP - first_width;
            let middle = pos2(left + first_width + GAP, top);
            Self {
                first,
                first_width,
                middle: Some(middle),
                middle_width,
                right: None,
                right_width: first_width,
            }
        } else {
            Self {
                first,
                first_width: width,
                middle: None,
                middle_width: width,
                right: None,
                right_width: width,
            }
        }
    }
}

fn column_ui(ui: &mut Ui, min: egui::Pos2, width: f32, salt: &str) -> Ui {
    let area = Rect::from_min_size(min, vec2(width, f32::INFINITY));
    let mut column = ui.new_child(UiBuilder::new().max_rect(area).id_salt(salt));
    column.spacing_mut().item_spacing = vec2(8.0, 0.0);
    column
}

fn head_ui(ui: &mut Ui, rect: Rect) {
    let t = tokens(ui);
    let logo = Rect::from_min_size(rect.min + vec2(0.0, 6.0), vec2(46.0, 46.0));
    Icon::Logo.paint(ui.painter(), logo, t.accent);
    let x = logo.right() + 18.0;
    let name = Rect::from_min_max(pos2(x, rect.top()), pos2(rect.right(), rect.top() + 34.0));
    Line::new().piece("Sagascope", semibold(24.0), t.text).paint(ui.painter(), name);
    let id = ui.scope_id().with("name");
    node(ui, name, id, Sense::hover(), Role::Heading, "Sagascope");
    let words = Rect::from_min_max(pos2(x, rect.top() + 34.0), pos2(rect.right(), rect.top() + 58.0));
    let sentence = "See what happened, step through it, and break it on purpose";
    Line::new().body(sentence, t.muted).paint(ui.painter(), words);
    node(ui, words, id.with("sentence"), Sense::hover(), Role::Label, sentence);
}

/// Where files are dropped, and the two ways to open one without.
fn drop_ui(ui: &mut Ui, command: &mut Option<Command>) {
    let t = tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 152.0), Sense::hover());
    let dragged = ui.input(|input| !input.raw.hovered_files.is_empty());
    let stroke = Stroke::new(1.0, if dragged { t.accent } else { t.line_strong });
    let frame = rect.shrink(0.5);
    let corners =
        [frame.left_top(), frame.right_top(), frame.right_bottom(), frame.left_bottom(), frame.left_top()];
    ui.painter().extend(Shape::dashed_line(&corners, stroke, 4.0, 4.0));
    let line = |at: f32, height: f32| {
        Rect::from_min_size(rect.left_top() + vec2(PAD, at), vec2(rect.width() - 2.0 * PAD, height))
    };
    let title = "Drop an event store here";
    Line::new().piece(title, semibold(14.0), t.text).center().paint(ui.painter(), line(22.0, 22.0));
    node(ui, line(22.0, 22.0), ui.scope_id().with("drop"), Sense::hover(), Role::Heading, title);
    let about = "SQLite databases and JSON lines, opened read-only, never changed";
    Line::new().caption(about, t.muted).center().paint(ui.painter(), line(48.0, 18.0));
    node(ui, line(48.0, 18.0), ui.scope_id().with("about"), Sense::hover(), Role::Label, about);
    let row = Rect::from_center_size(pos2(rect.center().x, rect.top() + 102.0), vec2(190.0, 24.0));
    let layout = egui::Layout::left_to_right(egui::Align::Center);
    let mut buttons = ui.new_child(UiBuilder::new().max_rect(row).layout(layout));
    buttons.spacing_mut().item_spacing.x = 8.0;
    let open = buttons.add(Button::primary(OPEN.name).icon(Icon::Folder));
    if open.on_hover_text(OPEN.about).clicked() {
        *command = Some((OPEN.make)());
    }
    if buttons.add(Button::new(OPEN_PATH.name)).on_hover_text(OPEN_PATH.about).clicked() {
        *command = Some((OPEN_PATH.make)());
    }
}

/// A heading over a list.
fn heading_ui(ui: &mut Ui, title: &str, keys: &str) {
    let t = tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover());
    node(ui, rect, ui.scope_id().with(title), Sense::hover(), Role::Heading, title);
    Line::new().piece(title, semibold(12.0), t.text).paint(ui.painter(), rect.shrink2(vec2(8.0, 0.0)));
    if !keys.is_empty() {
        let area = Rect::from_x_y_ranges(rect.center().x..=rect.right() - 8.0, rect.y_range());
        let layout = egui::Layout::right_to_left(egui::Align::Center);
        key_cap(&mut ui.new_child(UiBuilder::new().max_rect(area).layout(layout)), keys);
    }
}

fn recent_ui(ui: &mut Ui, recent: &[Recent], there: &[bool], zone: Zone, command: &mut Option<Command>) {
    let t = tokens(ui);
    if recent.is_empty() {
        heading_ui(ui, "First steps", "");
        Line::new().gap(8.0).body("Open a sample at the right, or a store of your own.", t.muted).show(ui);
        ui.add_space(4.0);
        ui.horizontal(|ui| {
            ui.add_space(8.0);
            if crate::ui::widgets::link(ui, "All keys on one sheet").clicked() {
                *command = Some((SHORTCUTS.make)());
            }
        });
        return;
    }
    let keys = OPEN.keys.first().map(super::shortcut_sheet::spelled).unwrap_or_default();
    heading_ui(ui, "Recent", &keys);
    let now = now_unix_nanos();
    for (at, recent) in recent.iter().enumerate() {
        let is_missing = there.get(at) == Some(&false);
        let name = recent
            .path
            .file_name()
            .map_or_else(|| recent.path.display().to_string(), |name| name.to_string_lossy().into_owned());
        let entry = Entry {
            icon: Icon::File,
            title: one_line(&name),
            below: if is_missing {
                "moved or renamed: remove from list".to_owned()
            } else {
                format!("{}, {}", recent.format, bytes(recent.bytes))
            },
            middle: if is_missing { String::new() } else { count(recent.events, "event") },
            right: opened(recent.opened_at, now, zone),
            is_missing,
        };
        let response = entry.ui(ui).on_hover_text(one_line(&recent.path.display().to_string()));
        if response.clicked() {
            *command = Some(if is_missing {
                DocumentCommand::ForgetRecent(recent.path.clone()).into()
            } else {
                DocumentCommand::Open(vec![LoadItem::detected(&recent.path)]).into()
            });
        }
        response.context_menu(|ui| {
            if ui.button("Remove from list").clicked() {
                *command = Some(DocumentCommand::ForgetRecent(recent.path.clone()).into());
            }
        });
    }
}

fn samples_ui(ui: &mut Ui, samples: &[Sample], command: &mut Option<Command>) {
    if samples.is_empty() {
        return;
    }
    heading_ui(ui, if samples.len() == 1 { "Sample" } else { "Samples" }, "");
    for sample in samples {
        let entry = Entry {
            icon: Icon::Book,
            title: sample.title.to_owned(),
            below: sample.about.to_owned(),
            middle: String::new(),
            right: bytes(sample.bytes),
            is_missing: false,
        };
        if entry.ui(ui).clicked() {
            *command = Some(DocumentCommand::Open(vec![LoadItem::detected(&sample.path)]).into());
        }
    }
    ui.add_space(24.0);
}

/// What can be opened, from the registry.
fn formats_ui(ui: &mut Ui) {
    let t = tokens(ui);
    heading_ui(ui, "What it opens", "");
    let others =
        [("Any other table or JSON", "Sagascope proposes which column is what; you confirm it once")];
    let known = FORMATS.iter().map(|format| (format.title(), format.about()));
    for (title, about) in known.chain(others) {
        // There are many: a line each, and what it is when it is pointed at.
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
        let about = about.trim_end_matches('.');
        let id = ui.scope_id().with(("format", title));
        let response = node(ui, rect, id, Sense::hover(), Role::Label, &format!("{title}: {about}"));
        if response.contains_pointer() {
            ui.painter().rect_filled(rect, 4, t.hover());
        }
        Line::new().body(title, t.muted).paint(ui.painter(), rect.shrink2(vec2(8.0, 0.0)));
        response.on_hover_text(about);
    }
}

/// A line of two in a list of files.
struct Entry {
    icon: Icon,
    title: String,
    below: String,
    middle: String,
    right: String,
    is_missing: bool,
}

impl Entry {
    fn ui(&self, ui: &mut Ui) -> egui::Response {
        let t = tokens(ui);
        let size = vec2(ui.available_width(), ROW_TWO);
        let (rect, response) = ui.allocate_exact_size(size, Sense::click());
        let parts = [&self.title, &self.below, &self.middle, &self.right];
        let label: Vec<&str> =
            parts.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        response.widget_info(|| egui::WidgetInfo::labeled(Role::Button, ui.is_enabled(), label.join(", ")));
        if response.hovered() || response.has_focus() {
            ui.painter().rect_filled(rect, 4, t.hover());
        }
        focus_ring(ui, rect, 4, &response);
        let color = if self.is_missing { t.faint } else { t.text };
        let square = Rect::from_center_size(pos2(rect.left() + 16.0, rect.center().y), vec2(14.0, 14.0));
        self.icon.paint(ui.painter(), square, if self.is_missing { t.faint } else { t.accent });
        // Without a middle, what is at the right stands beside the title, and below is all of the width.
        let has_middle = !self.middle.is_empty();
        let upper = Rect::from_min_max(rect.min + vec2(0.0, 4.0), pos2(rect.right(), rect.top() + 22.0));
        let beside = if has_middle { rect } else { upper };
        let right = Rect::from_x_y_ranges(rect.right() - 100.0..=rect.right() - 8.0, beside.y_range());
        let painted = Line::new().caption(&self.right, t.muted).right().paint(ui.painter(), right);
        // Times stand in a column of their own.
        let mut end = if has_middle { right.left() } else { painted.rect.left() } - 8.0;
        if has_middle {
            let middle = Rect::from_x_y_ranges(end - 120.0..=end, rect.y_range());
            let painted = Line::new().caption(&self.middle, t.muted).right().paint(ui.painter(), middle);
            end = painted.rect.left() - 12.0;
        }
        let left = rect.left() + 36.0;
        let line = |top: f32, height: f32| {
            Rect::from_min_max(pos2(left, rect.top() + top), pos2(end.max(left), rect.top() + top + height))
        };
        Line::new().body(&self.title, color).paint(ui.painter(), line(4.0, 18.0));
        let below = if self.is_missing { t.outcome(Outcome::Stuck).color } else { t.faint };
        let lower = line(22.0, 16.0);
        let lower = if has_middle { lower } else { lower.with_max_x(rect.right() - 8.0) };
        Line::new().caption(&self.below, below).paint(ui.painter(), lower);
        response
    }
}

/// When a file was opened, as people say it: "today 14:02", "yesterday", "Friday", "12 March", "12 March 2025".
fn opened(then: i64, now: i64, zone: Zone) -> String {
    const DAY: i64 = 86_400_000_000_000;
    let day = |nanos: i64| zone.day(Timestamp::from_nanos(nanos, 0));
    let (date, today) = (day(then), day(now));
    let year = |date: &str| date.get(..4).map(str::to_owned);
    if date == today {
        zone.custom(then, "today %H:%M")
    } else if date == day(now.saturating_sub(DAY)) {
        "yesterday".to_owned()
    } else if then < now && now - then < 6 * DAY {
        zone.custom(then, "%A")
    } else if year(&date) == year(&today) {
        zone.custom(then, "%-d %B")
    } else {
        zone.custom(then, "%-d %B %Y")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_opening_is_told_as_people_do() {
        let nanos = |text: &str| Timestamp::parse(text).unwrap().nanos();
        let now = nanos("2026-03-12T10:00:00Z");
        for (then, expected) in [
            ("2026-03-12T09:02:00Z", "today 09:02"),
            ("2026-03-11T23:59:00Z", "yesterday"),
            ("2026-03-08T08:00:00Z", "Sunday"),
            ("2026-03-01T08:00:00Z", "1 March"),
            ("2025-12-31T08:00:00Z", "31 December 2025"),
        ] {
            assert_eq!(opened(nanos(then), now, Zone { local: false }), expected);
        }
    }
}
