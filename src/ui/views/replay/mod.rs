//! Replay: one stream step by step, with the rebuilt state, what each event changed in it, and which event set
//! every value. Draws what [`crate::replay`] answers; folds nothing itself.

mod card;
mod changes;
mod content;
mod correlation;
mod list;
mod menu;
mod scene;
mod states;
mod toolbar;
mod tree;
mod value;
mod windows;

use egui::{Rangef, Rect, RichText, Ui, UiBuilder, vec2};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::content::{Content, ContentKey, Mode};
use self::list::EventList;
use self::scene::Scene;
use self::toolbar::Toolbar;
use self::tree::StateTree;
use self::windows::Windows;
use crate::engine::Latest;
use crate::index::StreamId;
use crate::model::Row;
use crate::ui::app::navigation::StepList;
use crate::ui::command::GoCommand;
use crate::ui::icons::Icon;
use crate::ui::theme::body;
use crate::ui::view::{Around, View, ViewClass, ViewContext};
use crate::ui::widgets::{RowScroll, key_cap, splitter};

/// Its entry in the registry.
pub static CLASS: ViewClass = ViewClass {
    id: "replay",
    title: "Replay",
    about: "One stream, step by step, with the rebuilt state and which event set each value",
    icon: Icon::StepForward,
    around: Around::Log,
    fills: false,
    make: || Box::<ReplayView>::default(),
};

/// Widths the list may have.
const LIST_WIDTHS: Rangef = Rangef { min: 150.0, max: 560.0 };
/// The narrowest right side worth drawing.
const STATE_WIDTH_MIN: f32 = 260.0;

#[derive(Default)]
struct ReplayView {
    /// As dragged; by default by the size of the window.
    list_width: Option<f32>,
    list: EventList,
    toolbar: Toolbar,
    mode: Mode,
    content: Latest<ContentKey, Content>,
    tree: StateTree,
    /// Where the diff and the text are scrolled to.
    lines: RowScroll,
    windows: Windows,
    /// The stream drawn last: another one begins at the top.
    stream: Option<StreamId>,
    pinned: scene::PinnedStep,
}

/// What is kept between two runs.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Saved {
    list_width: Option<f32>,
    mode: Mode,
}

impl View for ReplayView {
    fn ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui) {
        let log = context.log();
        let stream = context.navigation.stream.filter(|stream| (stream.0 as usize) < log.streams().len());
        let Some(stream) = stream else { return states::no_stream(ui) };
        if self.stream != Some(stream) {
            self.stream = Some(stream);
            self.list.begin();
            self.tree.begin();
            self.lines = RowScroll::default();
            self.windows.close();
        }
        let answer = context.document.replay(context.navigation);
        let replay = match answer.as_deref() {
            None => return states::folding(context, stream, ui),
            Some(outcome) => match &outcome.result {
                Ok(replay) => replay,
                Err(message) => return states::failed(context, stream, message, ui),
            },
        };
        let Some(key) = answer.as_deref().map(|outcome| &outcome.key) else { return };
        let compare = self.pinned.step_of(context.navigation.pinned, key, replay);
        let scene = Scene::new(*context, stream, replay, key, compare);

        let full = ui.available_rect_before_wrap();
        let usual = if ui.ctx().content_rect().width() >= 1_400.0 { 264.0 } else { 232.0 };
        let most = LIST_WIDTHS.clamp(full.width() - STATE_WIDTH_MIN);
        let mut width = self.list_width.unwrap_or(usual).min(most);
        let left = Rect::from_min_size(full.min, vec2(width, full.height()));
        let right = Rect::from_min_max(left.right_top(), full.max);
        let mut side = ui.new_child(UiBuilder::new().max_rect(left).id_salt("events"));
        side.set_clip_rect(left.intersect(ui.clip_rect()));
        self.list.ui(&scene, &mut side);

        let mut main = ui.new_child(UiBuilder::new().max_rect(right).id_salt("state"));
        main.set_clip_rect(right.intersect(ui.clip_rect()));
        main.spacing_mut().item_spacing = vec2(8.0, 0.0);
        match scene.step {
            Some(step) => self.state_ui(&scene, step, &mut main),
            None => states::not_begun(&scene, &mut main),
        }
        let range = Rangef::new(LIST_WIDTHS.min, most);
        if splitter(ui, ui.scope_id().with("splitter"), left, &mut width, range, usual, "Width of the events")
        {
            self.list_width = Some(width);
        }
        ui.advance_cursor_after_rect(full);
    }

    fn step_list(&self, _context: &ViewContext<'_>) -> StepList {
        StepList::Stream
    }

    fn tab_bar_ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui) {
        let log = context.log();
        if !context.navigation.is_in_past(log) {
            return;
        }
        let answer = context.document.replay(context.navigation);
        let Some(replay) = answer.as_deref().and_then(|outcome| outcome.result.as_ref().ok()) else { return };
        let words = match context.document.replay_step(context.navigation) {
            Some(step) => scene::place_of(replay, step),
            None => "not begun yet".to_owned(),
        };
        if key_cap(ui, "End")
            .interact(egui::Sense::click())
            .on_hover_text("To the end of the log (End)")
            .clicked()
        {
            context.send(GoCommand::End);
        }
        ui.label(RichText::new(words).font(body()).color(context.tokens.past));
        let (rect, _) = ui.allocate_exact_size(vec2(14.0, 14.0), egui::Sense::hover());
        Icon::Clock.paint(ui.painter(), rect.shrink(1.0), context.tokens.past);
    }

    fn key(&mut self, context: &ViewContext<'_>, key: egui::Key, _modifiers: egui::Modifiers) -> bool {
        if key != egui::Key::Escape {
            return false;
        }
        let is_folding = context.document.replay(context.navigation).is_none()
            && context.document.fold(context.navigation).is_some_and(|fold| !fold.stopped);
        if is_folding {
            context.send(GoCommand::StopFold);
        }
        is_folding || self.windows.escape()
    }

    fn is_settled(&self) -> bool {
        !self.content.is_busy()
            && self.list.is_settled()
            && self.tree.is_settled()
            && self.windows.is_settled()
    }

    fn save(&self) -> Value {
        let saved = Saved { list_width: self.list_width, mode: self.mode };
        serde_json::to_value(saved).unwrap_or(Value::Null)
    }

    fn restore(&mut self, saved: &Value) {
        let saved: Saved = serde_json::from_value(saved.clone()).unwrap_or_default();
        self.list_width = saved.list_width.filter(|width| LIST_WIDTHS.contains(*width));
        self.mode = saved.mode;
    }
}

impl ReplayView {
    /// Toolbar and the state after `step`.
    fn state_ui(&mut self, scene: &Scene<'_>, step: u32, ui: &mut Ui) {
        let wanted = ContentKey {
            replay: scene.key.clone(),
            step,
            compare: scene.compare,
            mode: self.mode,
            folds: self.tree.folds_version(),
        };
        // Never while one runs: a state that takes long then still comes in while the playhead moves.
        if !self.content.is_busy() {
            let replay = scene.replay.clone();
            let folds = self.tree.folds();
            let key = wanted.clone();
            self.content.ask(scene.context.engine.workers(), &wanted, move |cancel, _| {
                content::make(&replay, &key, &folds, cancel)
            });
        }
        let answer = self.content.answer().filter(|answer| {
            answer.key.replay.stream == wanted.replay.stream && answer.key.mode == wanted.mode
        });
        let counts = answer
            .as_deref()
            .filter(|answer| answer.key.compare == wanted.compare)
            .and_then(|answer| Some(answer.result.as_ref().ok()?.counts));
        self.toolbar.ui(scene, step, counts, &mut self.mode, ui);
        if self.mode != wanted.mode {
            ui.ctx().request_repaint();
        }
        let Some(answer) = answer else { return };
        match &answer.result {
            Ok(content) => match &content.body {
                content::Body::Tree(rows) => {
                    let shown =
                        tree::Shown { tree: rows, step: answer.key.step, compare: answer.key.compare };
                    self.tree.ui(scene, &shown, &mut self.windows, ui);
                }
                content::Body::Diff(lines) => changes::diff_ui(scene, lines, &mut self.lines, ui),
                content::Body::Text(lines) => changes::text_ui(scene, lines, &mut self.lines, ui),
            },
            Err(message) => states::failed(&scene.context, scene.stream, message, ui),
        }
        self.windows.ui(scene, ui);
    }
}

/// Whether a row is the pinned one: a second click takes the pin off.
fn toggle_pin(scene: &Scene<'_>, row: Row) {
    let pinned = scene.context.navigation.pinned;
    scene.context.send(GoCommand::Pin((pinned != Some(row)).then_some(row)));
}
