//! Provenance: the card beside a value that says which event set it, and which set it before.

use egui::{
    Align, Id, Layout, Popup, PopupCloseBehavior, PopupKind, Pos2, Rect, RectAlign, Role, Sense, Ui,
    UiBuilder, pos2, vec2,
};
use serde_json::Value;

use super::scene::Scene;
use super::tree::Shown;
use super::value::{dotted, push_value};
use crate::engine::Latest;
use crate::replay::{Path, Replay, Shown as Spelled, TreeRow};
use crate::ui::app::document::ReplayKey;
use crate::ui::command::GoCommand;
use crate::ui::format::{one_line, thousands};
use crate::ui::theme::{body, mono, mono_small, tokens};
use crate::ui::widgets::hover_card::{WIDTH_MAX, WIDTH_MIN};
use crate::ui::widgets::{Line, focus_ring, hover_card_frame, key_cap, node, separator};

/// Seconds the pointer rests on a value before the card opens.
const DELAY: f64 = 0.12;
/// Room kept free at the view's edge.
const EDGE: f32 = 8.0;
/// Earlier writers on the card; the history has them all.
const EARLIER_MAX: usize = 4;

/// What a card depends on.
#[derive(Clone, Debug, PartialEq)]
struct CardKey {
    replay: ReplayKey,
    step: u32,
    path: Path,
}

/// Who else set the value.
struct Writers {
    /// Newest first, with what they set.
    earlier: Vec<(u32, Written)>,
    /// Earlier ones that are not listed.
    more: usize,
    later: usize,
}

/// What a writer left.
pub(super) enum Written {
    Value(Spelled),
    Removed,
    /// Too many and too large to be spelled.
    Unspelled,
}

impl Written {
    pub(super) fn new(value: Option<&Value>) -> Self {
        value.map_or(Self::Removed, |value| Self::Value(Spelled::new(value)))
    }
}

/// The card and what it waits for.
#[derive(Default)]
pub(super) struct Card {
    writers: Latest<CardKey, Writers>,
    /// The value the pointer rests on, and since when.
    resting: Option<(Path, f64)>,
    /// Where the card is.
    rect: Option<Rect>,
}

impl Card {
    pub(super) fn is_settled(&self) -> bool {
        !self.writers.is_busy()
    }

    /// Whether the pointer is on the card, or on its way there.
    pub(super) fn covers(&self, pointer: Option<Pos2>) -> bool {
        self.rect.zip(pointer).is_some_and(|(rect, at)| rect.expand(5.0).contains(at))
    }

    /// Shows the card for a row; at once when the keyboard is on it.
    pub(super) fn ui(
        &mut self,
        scene: &Scene<'_>,
        shown: &Shown<'_>,
        explained: Option<(&TreeRow, Rect)>,
        at_once: bool,
        value_x: f32,
        ui: &Ui,
    ) {
        let (down, pointer) = ui.input(|input| (input.pointer.any_down(), input.pointer.hover_pos()));
        let busy = (down && !self.covers(pointer)) || Popup::is_any_open(ui.ctx());
        self.rect = None;
        let Some((row, rect)) = explained.filter(|_| !busy) else {
            self.resting = None;
            return;
        };
        if !self.has_rested(row, at_once, ui) {
            return;
        }
        let Some(by) = row.set_by.or(row.set_later) else { return };
        let key = CardKey { replay: scene.key.clone(), step: shown.step, path: row.path.clone() };
        let (replay, path, at) = (scene.replay.clone(), row.path.clone(), shown.step);
        self.writers
            .ask(scene.context.engine.workers(), &key, move |_, _| Some(writers(&replay, &path, at, by)));
        let answer = self.writers.answer_to(&key);
        let writers = answer.as_deref().and_then(|answer| answer.result.as_ref().ok());
        let clip = ui.clip_rect();
        let left = (value_x - 24.0).min(clip.right() - WIDTH_MAX - EDGE).max(clip.left());
        let anchor = Rect::from_min_max(pos2(left, rect.top()), rect.right_bottom());
        let t = tokens(ui);
        let popup = Popup::new(Id::unique("provenance"), ui.ctx().clone(), anchor, ui.layer_id())
            .kind(PopupKind::Tooltip)
            .open(true)
            .close_behavior(PopupCloseBehavior::IgnoreClicks)
            .gap(3.0)
            .align(RectAlign::BOTTOM_START)
            .align_alternatives(&[RectAlign::TOP_START])
            .sense(Sense::hover())
            .frame(hover_card_frame(&t));
        let out = popup.show(|ui| {
            ui.set_min_width(WIDTH_MIN - 26.0);
            ui.set_max_width(WIDTH_MAX - 26.0);
            ui.spacing_mut().item_spacing = vec2(8.0, 4.0);
            body_ui(scene, row, by, writers, ui);
        });
        self.rect = out.map(|out| out.response.rect);
    }

    /// Whether the pointer has been on this value long enough.
    fn has_rested(&mut self, row: &TreeRow, at_once: bool, ui: &Ui) -> bool {
        let now = ui.input(|input| input.time);
        let since = match &self.resting {
            Some((path, since)) if *path == row.path => *since,
            _ => now,
        };
        self.resting = Some((row.path.clone(), since));
        let left = DELAY - (now - since);
        if at_once || left <= 0.0 {
            return true;
        }
        ui.ctx().request_repaint_after(std::time::Duration::from_secs_f64(left));
        false
    }
}

/// The earlier writers of a value that `by` set.
fn writers(replay: &Replay, path: &Path, at: u32, by: u32) -> Writers {
    let history = replay.history(path, at);
    let before: Vec<u32> = history.iter().copied().filter(|step| *step < by).collect();
    let earlier = before.iter().rev().take(EARLIER_MAX).map(|step| {
        let value = replay.value_at(path, at, *step);
        (*step, Written::new(value.as_ref()))
    });
    Writers {
        earlier: earlier.collect(),
        more: before.len().saturating_sub(EARLIER_MAX),
        later: history.iter().filter(|step| **step > at.max(by)).count(),
    }
}

fn body_ui(scene: &Scene<'_>, row: &TreeRow, by: u32, writers: Option<&Writers>, ui: &mut Ui) {
    let t = tokens(ui);
    let Some(step) = scene.replay.step(by) else { return };
    let verb = match (&row.value, row.set_by) {
        (None, None) => "set later by ",
        (None, Some(_)) => "removed by ",
        (Some(_), _) => "set by ",
    };
    let time = step.time.map(|time| clock(scene, time)).unwrap_or_default();
    let mut line = Line::new()
        .piece(verb, body(), t.text)
        .strong(&one_line(&step.event_type), t.text)
        .body(&format!(", {}", scene.name(by)), t.text);
    if !time.is_empty() {
        line = line.body(", ", t.text).mono(&time, t.text);
    }
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
    scene.mark(step).paint(ui.painter(), pos2(rect.left() + 4.0, rect.center().y));
    let builder = UiBuilder::new().max_rect(rect).layout(Layout::right_to_left(Align::Center));
    let mut end = ui.new_child(builder);
    Line::new().caption("to jump", t.muted).show(&mut end);
    let key = key_cap(&mut end, "b").interact(Sense::click());
    let sentence = line.text().to_owned();
    let place = Rect::from_x_y_ranges(rect.left() + 16.0..=end.min_rect().left() - 8.0, rect.y_range());
    line.paint(ui.painter(), place);
    node(ui, place, ui.scope_id().with("sentence"), Sense::hover(), Role::Label, &sentence);
    if key.on_hover_text("Jump to that event (b)").clicked() {
        scene.context.send(GoCommand::Select(step.row));
    }
    let Some(writers) = writers else { return };
    let path = dotted(&row.path);
    if writers.earlier.is_empty() {
        if row.value.is_some() {
            separator(ui);
            let words = if writers.later == 0 { "The only writer of " } else { "The first writer of " };
            Line::new().caption(words, t.muted).piece(&path, mono_small(), t.muted).show(ui);
        }
        return;
    }
    separator(ui);
    let all = writers.earlier.len() + writers.more;
    let head = format!("{} earlier {} of ", in_words(all), if all == 1 { "writer" } else { "writers" });
    Line::new().caption(&head, t.muted).piece(&path, mono_small(), t.muted).show(ui);
    for (at, value) in &writers.earlier {
        writer_ui(scene, *at, value, ui);
    }
    if writers.more > 0 {
        let words = format!("+{} more, right-click for the whole history", thousands(writers.more as u64));
        Line::new().caption(&words, t.faint).show(ui);
    }
}

/// One writer: what it set, its type and version, its time. A click goes there.
fn writer_ui(scene: &Scene<'_>, at: u32, value: &Written, ui: &mut Ui) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 20.0), Sense::click());
    paint_writer(scene, at, value, &response, rect, ui);
    if response.clicked()
        && let Some(step) = scene.replay.step(at)
    {
        scene.context.send(GoCommand::Select(step.row));
    }
}

/// Paints a writer into a row that can be clicked.
pub(super) fn paint_writer(
    scene: &Scene<'_>,
    at: u32,
    value: &Written,
    response: &egui::Response,
    rect: Rect,
    ui: &Ui,
) {
    let Some(step) = scene.replay.step(at) else { return };
    let t = tokens(ui);
    let time = step.time.map(|time| clock(scene, time)).unwrap_or_default();
    let kind = one_line(&step.event_type);
    let words = match value {
        Written::Value(value) => &value.text,
        Written::Removed => "removed",
        Written::Unspelled => "…",
    };
    let label = format!("{words}, {kind}, {}, {time}", scene.name(at));
    response.widget_info(|| egui::WidgetInfo::labeled(Role::Link, ui.is_enabled(), &label));
    if response.hovered() {
        ui.painter().rect_filled(
            rect.expand2(vec2(4.0, 0.0)),
            2,
            crate::ui::theme::mix(t.overlay, t.text, 0.08),
        );
    }
    focus_ring(ui, rect, 2, response);
    let painter = ui.painter();
    let timed = Line::new().mono(&time, t.muted).right().paint(painter, rect);
    let line = match value {
        Written::Value(value) => push_value(Line::new(), &t, value),
        Written::Removed | Written::Unspelled => Line::new().piece(words, mono(), t.muted),
    };
    let wish = line.width(painter).ceil() + 12.0;
    let column = wish.clamp(40.0, (rect.width() * 0.45).max(40.0));
    line.paint(painter, Rect::from_x_y_ranges(rect.left()..=rect.left() + column - 12.0, rect.y_range()));
    scene.mark(step).paint(painter, pos2(rect.left() + column + 4.0, rect.center().y));
    let name = Rect::from_x_y_ranges(
        rect.left() + column + 16.0..=(timed.rect.left() - 8.0).max(rect.left() + column + 16.0),
        rect.y_range(),
    );
    Line::new().body(&format!("{kind}, {}", scene.name(at)), t.text).paint(painter, name);
}

/// The time of day to the second: the card is about which, not about when exactly.
fn clock(scene: &Scene<'_>, time: crate::model::Timestamp) -> String {
    scene.zone().custom(time.nanos(), "%H:%M:%S")
}

/// "Two", "12".
fn in_words(n: usize) -> String {
    const WORDS: [&str; 9] = ["One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine"];
    match n.checked_sub(1).and_then(|at| WORDS.get(at)) {
        Some(word) => (*word).to_owned(),
        None => thousands(n as u64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_are_words() {
        for (n, expected) in [(1, "One"), (2, "Two"), (9, "Nine"), (10, "10"), (1_200, "1,200")] {
            assert_eq!(in_words(n), expected);
        }
    }
}
