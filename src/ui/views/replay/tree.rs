//! The state as a tree: every value with what it was before and the event that set it. Remembers what is folded
//! and which value is pointed at.

use std::collections::HashMap;
use std::sync::Arc;

use egui::{
    Color32, EventFilter, Key, Rect, Response, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::card::Card;
use super::changes::{glyph, ground};
use super::content::Folds;
use super::menu::menu_ui;
use super::scene::Scene;
use super::value::{dotted, push_value};
use super::windows::Windows;
use crate::replay::{Mark as Change, Path, Tree, TreeRow};
use crate::ui::app::navigation::StepList;
use crate::ui::command::GoCommand;
use crate::ui::format::{count, one_line};
use crate::ui::icons::Icon;
use crate::ui::theme::{PAD, Tokens, tokens};
use crate::ui::widgets::{Line, RowAlign, RowScroll, VirtualRows, blocks};

/// Height of the line with the column names.
const HEAD: f32 = 26.0;
/// Where names begin, and how far each level is indented.
const NAMES: f32 = 42.0;
const INDENT: f32 = 16.0;
/// From this width on, the type of the event is written out beside its version.
const WIDTH_WITH_TYPE: f32 = 620.0;

/// Rows to draw, with the step they are of: for a frame or two the one before.
pub(super) struct Shown<'a> {
    pub(super) tree: &'a Tree,
    pub(super) step: u32,
    pub(super) compare: Option<u32>,
}

/// Its presentation state.
#[derive(Default)]
pub(super) struct StateTree {
    scroll: RowScroll,
    folds: Arc<Folds>,
    folds_version: u64,
    /// What the pointer is on. Stays while the rows move under a pointer that rests.
    hovered: Option<Path>,
    /// What was clicked.
    pinned: Option<Path>,
    /// What was told as the value pointed at.
    told: Option<Path>,
    pointer: Option<egui::Pos2>,
    /// A row that takes the keyboard at the next frame.
    focus_wanted: Option<u64>,
    card: Card,
}

/// What happened in the rows of one frame.
#[derive(Default)]
struct Seen {
    hovered: Option<u64>,
    focused: Option<u64>,
    /// The row that the card explains, with where it is.
    rects: HashMap<u64, Rect>,
    clicked: Option<(u64, bool)>,
}

impl StateTree {
    /// Another stream. What is folded stays: the next stream likely has the same fields.
    pub(super) fn begin(&mut self) {
        self.scroll = RowScroll::default();
        self.hovered = None;
        self.pinned = None;
        self.focus_wanted = None;
    }

    pub(super) fn folds(&self) -> Arc<Folds> {
        Arc::clone(&self.folds)
    }

    pub(super) fn folds_version(&self) -> u64 {
        self.folds_version
    }

    pub(super) fn is_settled(&self) -> bool {
        self.card.is_settled()
    }

    pub(super) fn ui(&mut self, scene: &Scene<'_>, shown: &Shown<'_>, windows: &mut Windows, ui: &mut Ui) {
        let full = ui.available_rect_before_wrap();
        let columns = Columns::of(full);
        head_ui(scene, shown, &columns, ui);
        self.follow_navigation(scene);
        let tree = shown.tree;
        if tree.rows.is_empty() {
            blocks::empty(ui, "The state is empty: no event set a value yet", None);
            return;
        }
        let rows = tree.rows.len() as u64 + u64::from(tree.more_later > 0);
        let mut seen = Seen::default();
        let height = scene.context.preferences.row_height();
        let name = format!("State at {}", scene.name(shown.step));
        let mut scroll = std::mem::take(&mut self.scroll);
        let out =
            VirtualRows::new("state", &name, rows).row_height(height).show(ui, &mut scroll, |ui, n, rect| {
                match tree.rows.get(n as usize) {
                    Some(row) => {
                        self.row_ui(scene, shown, (n, row), (&columns, rect), windows, &mut seen, ui);
                    }
                    None => more_later_ui(tree.more_later, &columns, rect, ui),
                }
            });
        self.scroll = scroll;
        self.point(scene, tree, &seen, out.rect, ui);
        self.clicks(scene, shown, &seen, windows);
        self.keys(scene, tree, &seen, ui);
        let explained = seen.focused.or_else(|| {
            tree.rows.iter().position(|row| Some(&row.path) == self.hovered.as_ref()).map(|at| at as u64)
        });
        let explained = explained.and_then(|n| Some((tree.rows.get(n as usize)?, *seen.rects.get(&n)?)));
        self.card.ui(scene, shown, explained, seen.focused.is_some(), columns.value, ui);
    }

    /// Escape and other streams take the pointing away from outside.
    fn follow_navigation(&mut self, scene: &Scene<'_>) {
        let value = &scene.context.navigation.value;
        if *value != self.told {
            self.pinned.clone_from(value);
            self.told.clone_from(value);
            if value.is_none() {
                self.hovered = None;
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "what a row is drawn from, at its one caller")]
    fn row_ui(
        &mut self,
        scene: &Scene<'_>,
        shown: &Shown<'_>,
        (n, row): (u64, &TreeRow),
        (columns, rect): (&Columns, Rect),
        windows: &mut Windows,
        seen: &mut Seen,
        ui: &mut Ui,
    ) {
        let t = tokens(ui);
        let id = ui.next_auto_id();
        ui.skip_ahead_auto_ids(1);
        let response = ui.interact(rect, id, Sense::click());
        let label = label(scene, row);
        let has_children = row.value.as_ref().is_some_and(|value| value.kind.has_children());
        response.widget_info(|| WidgetInfo::labeled(egui::Role::TreeItem, ui.is_enabled(), &label));
        seen.rects.insert(n, rect);
        if self.focus_wanted == Some(n) {
            self.focus_wanted = None;
            response.request_focus();
        }
        if response.has_focus() {
            seen.focused = Some(n);
            let arrows =
                EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
        }
        if response.hovered() {
            seen.hovered = Some(n);
        }
        if response.clicked() {
            seen.clicked = Some((n, has_children));
        }
        let pointed = scene.context.navigation.value.as_ref() == Some(&row.path);
        paint_row(scene, row, columns, rect, &t, ui);
        if pointed || response.has_focus() {
            ui.painter().rect_stroke(rect, 0, Stroke::new(1.0, t.accent), StrokeKind::Inside);
        }
        if has_children || row.open {
            paint_caret(row, columns, rect, &t, &response, ui);
        }
        menu_ui(scene, shown, row, windows, &response);
    }

    /// Folds a container, or opens it.
    fn toggle(&mut self, row: &TreeRow) {
        Arc::make_mut(&mut self.folds).insert(row.path.clone(), !row.open);
        self.folds_version += 1;
    }

    /// Which value is pointed at: by keyboard, by pointer, or the one clicked.
    fn point(&mut self, scene: &Scene<'_>, tree: &Tree, seen: &Seen, list: Rect, ui: &Ui) {
        let path_of = |n: u64| tree.rows.get(n as usize).map(|row| row.path.clone());
        let pointer = ui.input(|input| input.pointer.hover_pos());
        // Only a pointer that moved points elsewhere: after a jump the rows may stand differently under it.
        if pointer != self.pointer && !self.card.covers(pointer) {
            self.pointer = pointer;
            let inside = pointer.is_some_and(|at| list.contains(at));
            self.hovered = if inside { seen.hovered.and_then(path_of) } else { None };
        }
        let focused = seen.focused.and_then(path_of);
        let value = focused.or_else(|| self.hovered.clone()).or_else(|| self.pinned.clone());
        if value != self.told {
            self.told.clone_from(&value);
            scene.context.send(GoCommand::Value(value));
        }
    }

    fn clicks(&mut self, scene: &Scene<'_>, shown: &Shown<'_>, seen: &Seen, windows: &mut Windows) {
        let Some((n, has_children)) = seen.clicked else { return };
        let Some(row) = shown.tree.rows.get(n as usize) else { return };
        if has_children {
            self.toggle(row);
        } else if row.value.as_ref().is_some_and(|value| value.folded) {
            windows.show_value(scene, shown, row);
        }
        self.pinned = Some(row.path.clone());
    }

    /// Keys while a row has the keyboard: the common ones do not reach a focused row.
    fn keys(&mut self, scene: &Scene<'_>, tree: &Tree, seen: &Seen, ui: &Ui) {
        let Some(at) = seen.focused else { return };
        let last = (tree.rows.len() as u64).saturating_sub(1);
        let pressed = |key: Key| ui.input(|input| input.key_pressed(key));
        let shift = ui.input(|input| input.modifiers.shift);
        let to = if pressed(Key::ArrowDown) {
            at + 1
        } else if pressed(Key::ArrowUp) {
            at.saturating_sub(1)
        } else {
            at
        }
        .min(last);
        if to != at {
            self.focus_wanted = Some(to);
            self.scroll.scroll_to(to, RowAlign::Nearest);
            ui.ctx().request_repaint();
        }
        let send = |command: GoCommand| scene.context.send(command);
        if pressed(Key::ArrowRight) {
            send(GoCommand::Step { list: StepList::Stream, by: 1 });
        }
        if pressed(Key::ArrowLeft) {
            send(GoCommand::Step { list: StepList::Stream, by: -1 });
        }
        if pressed(Key::B) {
            send(GoCommand::ToWriter);
        }
        if pressed(Key::C) {
            send(GoCommand::ToChange { by: if shift { -1 } else { 1 } });
        }
        if pressed(Key::N) {
            send(GoCommand::Hit { by: if shift { -1 } else { 1 } });
        }
    }
}

/// The triangle that folds and unfolds; the whole row does the same.
fn paint_caret(row: &TreeRow, columns: &Columns, rect: Rect, t: &Tokens, over: &Response, ui: &Ui) {
    let x = columns.name + row.depth as f32 * INDENT - 9.0;
    let place = Rect::from_center_size(pos2(x, rect.center().y), vec2(10.0, 10.0));
    let icon = if row.open { Icon::CaretDown } else { Icon::CaretRight };
    icon.paint(ui.painter(), place, if over.hovered() { t.text } else { t.muted });
}

/// Where the columns stand.
struct Columns {
    left: f32,
    name: f32,
    value: f32,
    before: f32,
    right: f32,
    with_type: bool,
}

impl Columns {
    fn of(rect: Rect) -> Self {
        let width = rect.width();
        let value = rect.left() + (width * 0.32).max(130.0);
        Self {
            left: rect.left(),
            name: rect.left() + NAMES,
            value,
            before: rect.left() + (width * 0.625).max(value - rect.left() + 90.0),
            right: rect.right() - PAD,
            with_type: width >= WIDTH_WITH_TYPE,
        }
    }

    fn place(from: f32, to: f32, row: Rect) -> Rect {
        Rect::from_x_y_ranges(from..=to.max(from), row.y_range())
    }
}

fn head_ui(scene: &Scene<'_>, shown: &Shown<'_>, columns: &Columns, ui: &mut Ui) {
    let t = tokens(ui);
    let full = ui.available_rect_before_wrap();
    let rect = Rect::from_min_size(full.min, vec2(full.width(), HEAD));
    ui.advance_cursor_after_rect(rect);
    let before =
        shown.compare.map_or_else(|| "before".to_owned(), |other| format!("at {}", scene.name(other)));
    let at = format!("at {}", scene.name(shown.step));
    let painter = ui.painter();
    let caption = |text: &str, from: f32, to: f32| {
        Line::new().caption(text, t.muted).paint(painter, Columns::place(from, to, rect));
    };
    caption("value of", columns.name, columns.value - 12.0);
    caption(&at, columns.value, columns.before - 12.0);
    caption(&before, columns.before, columns.right - 60.0);
    Line::new()
        .caption("set by", t.muted)
        .right()
        .paint(painter, Columns::place(columns.left, columns.right, rect));
}

fn paint_row(scene: &Scene<'_>, row: &TreeRow, columns: &Columns, rect: Rect, t: &Tokens, ui: &Ui) {
    let painter = ui.painter();
    let (icon, tint) = look(t, row.mark);
    if let (Some(icon), Some(color)) = (icon, tint) {
        ground(ui, t, rect, color);
        icon.paint(painter, glyph(rect), color);
    }
    let not_there = row.value.is_none();
    let name_left = columns.name + row.depth as f32 * INDENT;
    let name_color = match row.mark {
        Change::NotSetYet | Change::Removed => t.faint,
        Change::Added | Change::Changed => t.text,
        _ => t.muted,
    };
    let name = if row.path.last().is_none() { "value".to_owned() } else { one_line(&row.name) };
    let name = if name.is_empty() { "\"\"".to_owned() } else { name };
    Line::new().body(&name, name_color).paint(painter, Columns::place(name_left, columns.value - 12.0, rect));

    let set_by = set_by_line(scene, row, columns, t);
    let mut right = columns.right;
    if let Some((line, mark)) = set_by {
        let room = Columns::place(columns.before - 12.0, columns.right, rect);
        let written = line.right().paint(painter, room);
        right = written.rect.left() - 12.0;
        if let Some(mark) = mark {
            mark.paint(painter, pos2(written.rect.left() - 12.0, rect.center().y));
            right -= 16.0;
        }
    }
    let value_place =
        Columns::place(columns.value, if row.before.is_some() { columns.before - 12.0 } else { right }, rect);
    let mut value = Line::new();
    value = match (&row.value, &row.before) {
        (Some(shown), _) => push_value(value, t, shown),
        (None, Some(before)) => value.struck(&before.text, t.muted),
        (None, None) => value.mono("not set yet", t.faint),
    };
    value.paint(painter, value_place);
    if let (Some(before), false) = (&row.before, not_there) {
        let line = Line::new().mono("was ", t.faint);
        let line = line.mono(&before.text, t.faint);
        line.paint(painter, Columns::place(columns.before, right, rect));
    }
}

/// The right column: mark, type and version of the event that set the value.
fn set_by_line(
    scene: &Scene<'_>,
    row: &TreeRow,
    columns: &Columns,
    t: &Tokens,
) -> Option<(Line, Option<crate::ui::widgets::Mark>)> {
    if let Change::ChangedInside(n) = row.mark {
        return Some((Line::new().caption(&format!("{n} changed inside"), t.faint), None));
    }
    if let Some(later) = row.set_later {
        return Some((
            Line::new().caption(&format!("set later, at {}", scene.short_name(later)), t.faint),
            None,
        ));
    }
    let by = row.set_by?;
    let step = scene.replay.step(by)?;
    let mut line = Line::new();
    let color = if row.value.is_none() { t.faint } else { t.muted };
    if columns.with_type {
        line = line.caption(&one_line(&step.event_type), color).gap(6.0);
    }
    Some((line.mono_small(&scene.short_name(by), color), Some(scene.mark(step))))
}

fn look(t: &Tokens, mark: Change) -> (Option<Icon>, Option<Color32>) {
    match mark {
        Change::Added => (Some(Icon::Plus), Some(t.added())),
        Change::Changed => (Some(Icon::Tilde), Some(t.changed())),
        Change::Removed => (Some(Icon::Minus), Some(t.removed())),
        Change::None | Change::NotSetYet | Change::ChangedInside(_) => (None, None),
    }
}

/// The last row: more values that only later events set.
fn more_later_ui(more: usize, columns: &Columns, rect: Rect, ui: &Ui) {
    let t = tokens(ui);
    let words = format!("+{} set later", count(more as u64, "more value"));
    let place = Columns::place(columns.name, columns.right, rect);
    Line::new().body(&words, t.faint).paint(ui.painter(), place);
    crate::ui::widgets::node(
        ui,
        rect,
        ui.scope_id().with("later"),
        Sense::hover(),
        egui::Role::Label,
        &words,
    );
}

/// What a sighted user sees in the row.
fn label(scene: &Scene<'_>, row: &TreeRow) -> String {
    let mut parts = vec![dotted(&row.path)];
    match (&row.value, &row.before) {
        (Some(value), Some(before)) => {
            parts.push(value.text.clone());
            parts.push(format!("was {}", before.text));
        }
        (Some(value), None) => parts.push(value.text.clone()),
        (None, Some(before)) => parts.push(format!("was {}", before.text)),
        (None, None) => parts.push("not set yet".to_owned()),
    }
    match row.mark {
        Change::Added => parts.push("added".to_owned()),
        Change::Changed => parts.push("changed".to_owned()),
        Change::Removed => parts.push("removed".to_owned()),
        Change::ChangedInside(n) => parts.push(format!("{n} changed inside")),
        Change::None | Change::NotSetYet => {}
    }
    if let Some((by, step)) = row.set_by.and_then(|by| Some((by, scene.replay.step(by)?))) {
        let verb = if row.value.is_none() { "removed by" } else { "set by" };
        parts.push(format!("{verb} {} {}", one_line(&step.event_type), scene.name(by)));
    }
    if let Some(later) = row.set_later {
        parts.push(format!("set later, at {}", scene.name(later)));
    }
    let value = row.value.as_ref().or(row.before.as_ref());
    if value.is_some_and(|value| value.kind.has_children()) {
        parts.push(if row.open { "unfolded" } else { "folded" }.to_owned());
    }
    parts.join(", ")
}
