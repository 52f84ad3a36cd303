//! The pinned event beside the selected one: what is different in their data.

use egui::{Color32, Rect, Role, Sense, Ui, UiBuilder, pos2, vec2};

use super::prepared::{Slot, State};
use crate::engine::Latest;
use crate::model::Row;
use crate::replay::{Change, Op, Shown, diff};
use crate::ui::command::GoCommand;
use crate::ui::format::{count, one_line};
use crate::ui::icons::Icon;
use crate::ui::theme::{PAD, ROW, SECTION, Tokens, semibold};
use crate::ui::view::ViewContext;
use crate::ui::widgets::{Line, icon_button, node};

/// Changes listed; an event that differs in more is another kind of thing.
const CHANGES_MAX: usize = 200;

/// State of the comparison.
#[derive(Default)]
pub(super) struct Comparison {
    pinned: Slot,
    selected: Slot,
    changes: Latest<(u64, u64), Vec<Change>>,
    /// Height drawn last, kept while another comparison is made.
    height: f32,
}

impl Comparison {
    pub(super) fn is_busy(&self) -> bool {
        self.pinned.is_busy() || self.selected.is_busy() || self.changes.is_busy()
    }

    /// Draws it, if an event is pinned.
    pub(super) fn ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui, row: Row) {
        let log = context.log();
        let Some(pinned) = context.navigation.pinned.filter(|pinned| log.contains(*pinned)) else { return };
        let t = context.tokens;
        let ground = ui.painter().add(egui::Shape::Noop);
        let start = ui.cursor().min;
        ui.push_id("compare", |ui| {
            head_ui(context, ui, pinned, row);
            if pinned == row {
                super::data::note_ui(context, ui, "Pinned. Select another event to compare it with this one");
            } else {
                let top = ui.cursor().top();
                if self.changes_ui(context, ui, pinned, row) {
                    self.height = ui.cursor().top() - top;
                } else {
                    ui.add_space(self.height);
                }
            }
            ui.add_space(8.0);
        });
        let rect = Rect::from_min_max(start, pos2(start.x + ui.available_width(), ui.cursor().top()));
        ui.painter().set(ground, egui::epaint::RectShape::filled(rect, 0, t.raised));
    }

    /// Draws the differences; false while they are not known.
    fn changes_ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui, pinned: Row, row: Row) -> bool {
        let (before, after) = match (self.pinned.get(context, pinned), self.selected.get(context, row)) {
            (State::Ready(before), State::Ready(after)) => (before, after),
            (State::Failed(error), _) | (_, State::Failed(error)) => {
                super::data::note_ui(context, ui, &error.to_string());
                return true;
            }
            _ => return false,
        };
        if before.data.is_none() || after.data.is_none() {
            let same = before.event.data == after.event.data;
            let sentence = if same {
                "Their payloads are the same bytes"
            } else {
                "One of them has no payload that can be read as JSON, so they cannot be compared by value"
            };
            super::data::note_ui(context, ui, sentence);
            return true;
        }
        let key = (before.identity, after.identity);
        self.changes.ask(context.engine.workers(), &key, move |_, _| {
            Some(diff(before.data.as_ref()?, after.data.as_ref()?))
        });
        let Some(answer) = self.changes.answer_to(&key) else { return false };
        match &answer.result {
            Ok(changes) if changes.is_empty() => {
                super::data::note_ui(context, ui, "Their data is the same");
            }
            Ok(changes) => {
                for change in changes.iter().take(CHANGES_MAX) {
                    change_ui(context, ui, change);
                }
                if changes.len() > CHANGES_MAX {
                    let more = count((changes.len() - CHANGES_MAX) as u64, "more difference");
                    super::data::note_ui(context, ui, &more);
                }
            }
            Err(panic) => super::data::note_ui(context, ui, panic),
        }
        true
    }
}

fn head_ui(context: &ViewContext<'_>, ui: &mut Ui, pinned: Row, row: Row) {
    let t = context.tokens;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), SECTION), Sense::hover());
    let area = Rect::from_x_y_ranges(rect.right() - 30.0..=rect.right() - 4.0, rect.y_range());
    let layout = egui::Layout::right_to_left(egui::Align::Center);
    let mut close = ui.new_child(UiBuilder::new().max_rect(area).layout(layout));
    if icon_button(&mut close, Icon::Close, "Stop comparing (Esc)").clicked() {
        context.send(GoCommand::Pin(None));
    }
    let names = names_of(context, pinned, row);
    let title = format!("Compare: {names}");
    let room = Rect::from_x_y_ranges(rect.left() + PAD..=rect.right() - 38.0, rect.y_range());
    let line = Line::new().piece(&title, semibold(12.0), t.text);
    let fits = line.width(ui.painter()) <= room.width();
    let response = node(ui, room, ui.scope_id().with("head"), Sense::click(), Role::Heading, &title);
    if fits {
        line.paint(ui.painter(), room);
    } else {
        Line::new().piece("Compare", semibold(12.0), t.text).paint(ui.painter(), room);
        let (below, _) = ui.allocate_exact_size(vec2(ui.available_width(), 20.0), Sense::hover());
        Line::new().caption(&names, t.muted).paint(ui.painter(), below.shrink2(vec2(PAD, 0.0)));
    }
    if response.clicked() {
        context.send(GoCommand::Select(pinned));
    }
    response.on_hover_text(format!("{names}\nClick to select the pinned event"));
}

/// `PaymentDeclined v2 ↔ v3`, the type twice only where it differs.
fn names_of(context: &ViewContext<'_>, pinned: Row, row: Row) -> String {
    if pinned == row {
        return name_of(context, pinned);
    }
    let log = context.log();
    let (a, b) = (log.event(pinned), log.event(row));
    match (a.event_type == b.event_type && a.stream == b.stream, b.version) {
        (true, Some(version)) => format!("{} ↔ v{version}", name_of(context, pinned)),
        _ => format!("{} ↔ {}", name_of(context, pinned), name_of(context, row)),
    }
}

/// `PaymentDeclined v3`, or the row where there is no version.
fn name_of(context: &ViewContext<'_>, row: Row) -> String {
    let known = context.log().event(row);
    let name = one_line(&context.log().event_type(known.event_type).name);
    match known.version {
        Some(version) => format!("{name} v{version}"),
        None => format!("{name} {row}"),
    }
}

fn change_ui(context: &ViewContext<'_>, ui: &mut Ui, change: &Change) {
    let t = context.tokens;
    let color = color_of(t, change.op);
    let path = change.path.to_string();
    let path = one_line(path.strip_prefix('/').unwrap_or(&path)).replace('/', ".");
    let spelled = |value: &Option<serde_json::Value>| value.as_ref().map(|value| Shown::new(value).text);
    let (from, to) = (spelled(&change.from), spelled(&change.to));
    let label = match (&from, &to) {
        (Some(from), Some(to)) => format!("{path}: {from} → {to}"),
        (None, Some(to)) => format!("{path}: added {to}"),
        (Some(from), None) => format!("{path}: removed {from}"),
        (None, None) => path.clone(),
    };
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let id = ui.next_auto_id();
    ui.skip_ahead_auto_ids(1);
    let response = node(ui, rect, id, Sense::click(), Role::ListItem, &label);
    ui.painter().rect_filled(rect, 0, t.diff_ground(color));
    let sign = Rect::from_x_y_ranges(rect.left() + PAD..=rect.left() + PAD + 12.0, rect.y_range());
    Line::new().mono(&change.op.sign().to_string(), color).paint(ui.painter(), sign);
    let column = rect.left() + PAD + 16.0 + rect.width() * 0.36;
    let names = Rect::from_x_y_ranges(rect.left() + PAD + 16.0..=column - 8.0, rect.y_range());
    let path_line = Line::new().body(&path, t.muted).paint(ui.painter(), names);
    let mut line = Line::new();
    if let Some(from) = &from {
        let is_gone = to.is_none();
        line = if is_gone { line.struck(from, t.muted) } else { line.mono(from, t.muted) };
    }
    if from.is_some() && to.is_some() {
        line = line.gap(6.0).body("→", t.faint).gap(6.0);
    }
    if let Some(to) = &to {
        line = line.mono(to, t.text);
    }
    let values = Rect::from_x_y_ranges(column..=rect.right() - PAD, rect.y_range());
    let painted = line.paint(ui.painter(), values);
    response.context_menu(|ui| {
        if ui.button("Copy path").on_hover_text("As a JSON Pointer").clicked() {
            context.send(crate::ui::command::WindowCommand::Copy(change.path.to_string()));
        }
    });
    if painted.elided || path_line.elided {
        response.on_hover_text(label);
    }
}

fn color_of(t: &Tokens, op: Op) -> Color32 {
    match op {
        Op::Add => t.added(),
        Op::Change | Op::Move => t.changed(),
        Op::Remove => t.removed(),
    }
}
