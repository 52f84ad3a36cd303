//! The card beside a mark or bar that the pointer is on.

use egui::{Align, Layout, Ui, vec2};
use serde_json::Value;

use super::arrange::Lane;
use super::arrows::CAUSES_MAX;
use super::bins::Item;
use super::plot::{bar_sentence, can_part};
use super::scene::Scene;
use crate::index::StreamId;
use crate::model::Row;
use crate::ui::format;
use crate::ui::theme::Outcome;
use crate::ui::widgets::{Badge, Line, Mark, separator};

/// Values of the payload that are shown.
const VALUES_MAX: usize = 4;
/// Width of the names of values.
const NAMES: f32 = 96.0;

/// What an event is, when it was, its first values, its causes and effects.
pub(super) fn event_card(scene: &Scene<'_>, ui: &mut Ui, stream: StreamId, row: Row) {
    let t = scene.context.tokens;
    let log = scene.log();
    let event = log.event(row);
    let info = log.event_type(event.event_type);
    ui.horizontal(|ui| {
        let later = scene.is_later(row);
        Mark::family(t, &info.family)
            .hollow(later)
            .show(ui, if later { "after the playhead" } else { "happened" });
        Line::new().strong(&format::one_line(&info.name), t.text).show(ui);
        if info.is_failure {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| ui.add(Badge::new(Outcome::Failed)));
        }
    });
    let mut where_from = format::one_line(&log.stream(stream).id);
    if let Some(version) = log.version_in(row, stream) {
        where_from = format!("{where_from} version {version}");
    }
    if let Some(position) = event.position {
        let position = u64::try_from(position).map_or_else(|_| position.to_string(), format::thousands);
        where_from = format!("{where_from} · position {position}");
    }
    Line::new().caption(&where_from, t.muted).show(ui);
    if let Some(time) = event.time {
        value_line(scene, ui, "at", &scene.zone().custom(time.nanos(), "%-d %b %H:%M:%S%.3f"), false);
    }
    values(scene, ui, row);
    let mut story = causes(scene, row);
    let key = (log.generation(), row);
    let open = scene.context.document.open.clone();
    scene.hovered_effects.ask(scene.context.engine.workers(), &key, move |_, _| Some(open.log.effects(row)));
    if let Some(answer) = scene.hovered_effects.answer_to(&key)
        && let Ok(effects) = &answer.result
        && !effects.is_empty()
    {
        let effects = format::count(effects.len() as u64, "effect");
        story = match story {
            Some(story) => Some(format!("{story}, {effects} after it")),
            None => Some(format!("No cause in the log, {effects} after it")),
        };
    }
    if let Some(story) = story {
        separator(ui);
        Line::new().caption(&story, t.muted).show(ui);
    }
}

/// `5 causes back to OrderPlaced`.
fn causes(scene: &Scene<'_>, row: Row) -> Option<String> {
    let log = scene.log();
    let chain = log.causes(row, CAUSES_MAX);
    let root = chain.last()?;
    let name = format::one_line(&log.event_type(log.type_of(*root)).name);
    let more = if chain.len() == CAUSES_MAX { "at least " } else { "" };
    Some(format!("{more}{} back to {name}", format::count(chain.len() as u64, "cause")))
}

fn values(scene: &Scene<'_>, ui: &mut Ui, row: Row) {
    let t = scene.context.tokens;
    let log = scene.log();
    let Some(events) = &scene.context.document.events else { return };
    match events.get(log, row) {
        // Being fetched: room for the usual number of values.
        None => ui.add_space(2.0 * 20.0 - 4.0),
        Some(Err(error)) => {
            Line::new().caption(&format!("The payload cannot be read: {error}"), t.faint).show(ui);
        }
        Some(Ok(event)) => match event.data.value() {
            Some(Value::Object(fields)) => {
                let plain = fields.iter().filter(|(_, value)| !value.is_array() && !value.is_object());
                for (name, value) in plain.take(VALUES_MAX) {
                    let is_number = value.is_number();
                    value_line(scene, ui, &format::one_line(name), &value.to_string(), is_number);
                }
            }
            Some(other) => value_line(scene, ui, "data", &other.to_string(), other.is_number()),
            None if event.data.is_empty() => {}
            None => {
                Line::new().caption("The payload is not readable as text", t.faint).show(ui);
            }
        },
    }
}

fn value_line(scene: &Scene<'_>, ui: &mut Ui, name: &str, value: &str, is_number: bool) {
    let t = scene.context.tokens;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 16.0), egui::Sense::hover());
    let label = format!("{name}: {value}");
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &label));
    let (left, right) = rect.split_left_right_at_x(rect.left() + NAMES);
    Line::new().body(name, t.muted).paint(ui.painter(), left.with_max_x(left.right() - 8.0));
    let color = if is_number { t.number() } else { t.text };
    Line::new().mono(&format::one_line(value), color).paint(ui.painter(), right);
}

/// How many, when, and what a click does.
pub(super) fn bar_card(scene: &Scene<'_>, ui: &mut Ui, lane: &Lane, item: &Item) {
    let t = scene.context.tokens;
    let id = format::one_line(&scene.log().stream(lane.stream).id);
    Line::new().strong(&id, t.text).show(ui);
    ui.label(bar_sentence(scene, lane, item));
    separator(ui);
    let hint = if can_part(scene, item) { "Click to zoom in" } else { "Click to go through them" };
    Line::new().caption(hint, t.faint).show(ui);
}
