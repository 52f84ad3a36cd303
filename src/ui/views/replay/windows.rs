//! Small windows over the view: a long value as a whole, and everybody who ever set a value.

use egui::{Align2, Id, ScrollArea, Sense, TextEdit, Ui, Window, vec2};
use serde_json::Value;

use super::card::{Written, paint_writer};
use super::menu::value_of;
use super::scene::Scene;
use super::tree::Shown;
use super::value::{dotted, plain_text};
use crate::engine::Latest;
use crate::index::StreamId;
use crate::replay::{Path, Replay, TreeRow};
use crate::ui::app::document::ReplayKey;
use crate::ui::command::{GoCommand, WindowCommand};
use crate::ui::format::{bytes, count};
use crate::ui::icons::Icon;
use crate::ui::theme::{mono, tokens};
use crate::ui::widgets::blocks::note;
use crate::ui::widgets::{Line, RowAlign, RowScroll, VirtualRows, hover_card_frame, icon_button, separator};

/// Bytes of a value that are laid out; copying takes all of it.
const SHOWN_BYTES_MAX: usize = 64 << 10;
/// Writers whose containers are kept with them; of more, only scalars are.
const CONTAINERS_MAX: usize = 2_000;

/// What a history depends on.
#[derive(Clone, Debug, PartialEq)]
struct HistoryKey {
    replay: ReplayKey,
    step: u32,
    path: Path,
}

type Writers = Vec<(u32, Written)>;

/// The windows that are open.
#[derive(Default)]
pub(super) struct Windows {
    value: Option<WholeValue>,
    history: Option<HistoryKey>,
    writers: Latest<HistoryKey, Writers>,
    scroll: RowScroll,
    /// The step the history was scrolled to.
    followed: Option<u32>,
}

struct WholeValue {
    title: String,
    whole: String,
    /// The beginning, as far as it is laid out.
    shown: String,
}

impl Windows {
    pub(super) fn close(&mut self) {
        self.value = None;
        self.history = None;
    }

    pub(super) fn is_settled(&self) -> bool {
        !self.writers.is_busy()
    }

    /// Opens a value as a whole.
    pub(super) fn show_value(&mut self, scene: &Scene<'_>, shown: &Shown<'_>, row: &TreeRow) {
        let Some(value) = value_of(scene.replay, shown, row) else { return };
        let whole = plain_text(&value);
        let mut end = whole.len().min(SHOWN_BYTES_MAX);
        while !whole.is_char_boundary(end) {
            end -= 1;
        }
        let shown = whole[..end].to_owned();
        self.value = Some(WholeValue { title: dotted(&row.path), whole, shown });
    }

    /// Opens the history of a value.
    pub(super) fn show_history(&mut self, scene: &Scene<'_>, shown: &Shown<'_>, row: &TreeRow) {
        let key = HistoryKey { replay: scene.key.clone(), step: shown.step, path: row.path.clone() };
        self.history = Some(key);
        self.followed = None;
        self.scroll = RowScroll::default();
    }

    /// Draws what is open.
    pub(super) fn ui(&mut self, scene: &Scene<'_>, ui: &Ui) {
        self.value_ui(scene, ui);
        self.history_ui(scene, ui);
    }

    /// Closes the innermost window; false where none is open.
    pub(super) fn escape(&mut self) -> bool {
        self.value.take().is_some() || self.history.take().is_some()
    }

    fn value_ui(&mut self, scene: &Scene<'_>, ui: &Ui) {
        let Some(value) = &mut self.value else { return };
        let size = bytes(value.whole.len() as u64);
        let mut open = true;
        framed(scene.stream, "whole-value", vec2(460.0, 260.0), ui, |ui| {
            let copy = || scene.context.send(WindowCommand::Copy(value.whole.clone()));
            open = head_ui(&value.title, &size, Some(&copy), ui);
            if value.shown.len() < value.whole.len() {
                note(
                    ui,
                    &format!("The first {} are shown; Copy takes all of it", bytes(SHOWN_BYTES_MAX as u64)),
                );
            }
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                let width = ui.available_width();
                let mut text = value.shown.as_str();
                let edit = TextEdit::multiline(&mut text).font(mono()).desired_width(width);
                ui.add(edit.frame(egui::Frame::NONE));
            });
        });
        if !open {
            self.value = None;
        }
    }

    fn history_ui(&mut self, scene: &Scene<'_>, ui: &Ui) {
        let Some(key) = self.history.clone().filter(|key| key.replay.stream == scene.stream) else { return };
        let (replay, path, at) = (scene.replay.clone(), key.path.clone(), key.step);
        self.writers
            .ask(scene.context.engine.workers(), &key, move |_, _| Some(all_writers(&replay, &path, at)));
        let answer = self.writers.answer_to(&key);
        let writers = answer.as_deref().and_then(|answer| answer.result.as_ref().ok());
        let note = writers.map(|all| count(all.len() as u64, "writer")).unwrap_or_default();
        // The writer of what is shown: the newest that has happened.
        let current = writers.and_then(|all| {
            let happened = all.partition_point(|(step, _)| Some(*step) <= scene.step);
            happened.checked_sub(1)
        });
        if let Some(at) = current
            && self.followed != Some(at as u32)
        {
            self.followed = Some(at as u32);
            self.scroll.scroll_to(at as u64, RowAlign::Nearest);
        }
        let mut open = true;
        framed(scene.stream, "history", vec2(440.0, 280.0), ui, |ui| {
            open = head_ui(&format!("History of {}", dotted(&key.path)), &note, None, ui);
            let Some(writers) = writers else { return };
            VirtualRows::new("writers", "Writers of this value", writers.len() as u64).show(
                ui,
                &mut self.scroll,
                |ui, n, rect| {
                    let (step, value) = &writers[n as usize];
                    let response = ui.interact(rect, ui.next_auto_id(), Sense::click());
                    if current == Some(n as usize) {
                        ui.painter().rect_filled(rect, 2, tokens(ui).selection);
                    }
                    let inner = rect.shrink2(vec2(6.0, 0.0)).with_max_x(rect.right() - 16.0);
                    paint_writer(scene, *step, value, &response, inner, ui);
                    if response.clicked()
                        && let Some(step) = scene.replay.step(*step)
                    {
                        scene.context.send(GoCommand::Select(step.row));
                    }
                },
            );
        });
        if !open {
            self.history = None;
        }
    }
}

/// Every writer of a value with what it set.
fn all_writers(replay: &Replay, path: &Path, at: u32) -> Writers {
    let steps = replay.history(path, at);
    let now = replay.value_at(path, at, at);
    let is_container = matches!(now, Some(Value::Object(_) | Value::Array(_)));
    if is_container && steps.len() > CONTAINERS_MAX {
        // Spelling them is folding all of them: what they hold is told at each one's own step.
        return steps.into_iter().map(|step| (step, Written::Unspelled)).collect();
    }
    let values = replay.history_values(path, at).into_iter();
    values.map(|(step, value)| (step, Written::new(value.as_ref()))).collect()
}

/// A window that can be moved and resized, dressed like a card.
fn framed(stream: StreamId, name: &str, size: egui::Vec2, ui: &Ui, content: impl FnOnce(&mut Ui)) {
    let t = tokens(ui);
    Window::new(name)
        .id(Id::unique((name, stream.0)))
        .title_bar(false)
        .frame(hover_card_frame(&t))
        .default_size(size)
        .min_size(vec2(280.0, 140.0))
        .pivot(Align2::CENTER_CENTER)
        .default_pos(ui.clip_rect().center())
        .constrain(true)
        .show(ui.ctx(), content);
}

/// Title, a note, Copy and Close; false when it was closed.
fn head_ui(title: &str, note: &str, copy: Option<&dyn Fn()>, ui: &mut Ui) -> bool {
    let t = tokens(ui);
    let mut open = true;
    ui.horizontal(|ui| {
        let buttons = if copy.is_some() { 64.0 } else { 32.0 };
        let room = ui.available_width() - buttons;
        ui.scope(|ui| {
            ui.set_max_width(room);
            Line::new().strong(title, t.text).gap(8.0).caption(note, t.muted).show(ui);
        });
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            open = !icon_button(ui, Icon::Close, "Close (Escape)").clicked();
            if let Some(copy) = copy
                && icon_button(ui, Icon::Copy, "Copy all of it").clicked()
            {
                copy();
            }
        });
    });
    separator(ui);
    open
}
