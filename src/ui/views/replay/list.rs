//! The left side: every event of the stream with what it did to the state.

use egui::{Color32, Rangef, Rect, Sense, Stroke, Ui, UiBuilder, pos2, vec2};

use super::correlation::{HEAD, Neighbours, neighbours_ui};
use super::scene::Scene;
use crate::model::Row;
use crate::query::stream_term;
use crate::replay::{Counts, Step};
use crate::ui::command::GoCommand;
use crate::ui::format::{count, middle, one_line, signed_span};
use crate::ui::theme::{MONO_LETTER, PAD, TOOLBAR, semibold, tokens};
use crate::ui::widgets::row::{RailMark, playhead_line, rail};
use crate::ui::widgets::{Line, RowAlign, RowScroll, VirtualRows, node, row};

/// From this width on, a row shows its time; wider, also the time since the last.
const WIDTH_WITH_TIME: f32 = 340.0;
const WIDTH_WITH_SINCE: f32 = 430.0;
/// Room for `19:02:26.013` and for `+18 h 35 m`.
const TIME: f32 = 92.0;
const SINCE: f32 = 84.0;
/// Room above the first row.
const ABOVE: f32 = 6.0;

/// Its presentation state.
#[derive(Default)]
pub(super) struct EventList {
    scroll: RowScroll,
    /// The step that was brought into view last.
    followed: Option<u32>,
    /// Height of the list at the last frame.
    height: f32,
    neighbours: Neighbours,
}

impl EventList {
    /// Another stream.
    pub(super) fn begin(&mut self) {
        self.scroll = RowScroll::default();
        self.followed = None;
    }

    pub(super) fn is_settled(&self) -> bool {
        self.neighbours.is_settled()
    }

    /// Brings a step into view: one further at the edge, a far one to the middle, where its neighbours are seen.
    fn follow(&mut self, step: u64) {
        let top = self.scroll.top_row;
        let seen = top..top + self.scroll.page();
        let is_near = (seen.start.saturating_sub(1)..=seen.end).contains(&step);
        self.scroll.scroll_to(step, if is_near { RowAlign::Nearest } else { RowAlign::Center });
    }

    pub(super) fn ui(&mut self, scene: &Scene<'_>, ui: &mut Ui) {
        let full = ui.available_rect_before_wrap();
        head_ui(scene, ui, Rect::from_min_size(full.min, vec2(full.width(), TOOLBAR)));
        let below = Rect::from_min_max(full.min + vec2(0.0, TOOLBAR + ABOVE), full.max);
        if self.followed != scene.step {
            self.followed = scene.step;
            if let Some(step) = scene.step {
                self.follow(u64::from(step));
            }
        }
        let navigation = scene.context.navigation;
        let current = scene.step.and_then(|step| scene.replay.step(step)).map(|step| step.row);
        // The selected event may be of another stream: its correlation is then not this one's.
        let log = scene.context.log();
        let is_here = |row: &Row| {
            log.contains(*row) && log.memberships(*row).iter().any(|(stream, _)| *stream == scene.stream)
        };
        let event = navigation.selected.filter(is_here).or(current);
        let streams = event.map(|row| self.neighbours.of(scene, row)).unwrap_or_default();
        let height = scene.context.preferences.row_height();
        let wish = height * scene.replay.len() as f32;
        let list_height = list_height(below.height(), wish, streams.len());
        let list = Rect::from_min_size(below.min, vec2(below.width(), list_height));
        // The neighbours below come later and take room: what was in view stays in view.
        if list_height < self.height
            && let Some(step) = scene.step.map(u64::from)
            && (self.scroll.top_row..=self.scroll.top_row + self.scroll.page()).contains(&step)
        {
            self.scroll.scroll_to(step, RowAlign::Nearest);
        }
        self.height = list_height;
        let mut inner = ui.new_child(UiBuilder::new().max_rect(list).id_salt("rows"));
        VirtualRows::new("events", "Events of the stream", u64::from(scene.replay.len()))
            .row_height(height)
            .show(&mut inner, &mut self.scroll, |ui, n, rect| row_ui(scene, n as u32, ui, rect));
        let rest = Rect::from_min_max(list.left_bottom(), below.max);
        if let Some(row) = event.filter(|_| !streams.is_empty() && rest.height() >= HEAD + 22.0) {
            neighbours_ui(scene, row, &streams, ui, rest);
        }
    }
}

/// What the list gets of `room`: all it wants, but leaves the neighbours a share where it can scroll anyway.
fn list_height(room: f32, wish: f32, neighbours: usize) -> f32 {
    if neighbours == 0 {
        return room;
    }
    let for_them = HEAD + 22.0 * neighbours as f32;
    wish.min((room - for_them).max(room * 0.62)).min(room)
}

/// Stream, aggregate type, number of versions.
fn head_ui(scene: &Scene<'_>, ui: &mut Ui, rect: Rect) {
    let t = tokens(ui);
    let info = scene.context.log().stream(scene.stream);
    let (id, group) = (scene.stream_id(), one_line(info.group()));
    let noun = if info.versions().is_some() { "version" } else { "event" };
    let mut counted = count(u64::from(scene.replay.len()), noun);
    if scene.key.events < info.len() {
        counted.push_str(", more are being folded");
    }
    let note = if group.is_empty() { counted.clone() } else { format!("{group} · {counted}") };
    let inner = rect.shrink2(vec2(PAD, 0.0));
    let painter = ui.painter();
    let wish = Line::new().mono(&id, t.text).width(painter).ceil();
    let width_of = |note: &str| Line::new().caption(note, t.muted).width(painter).ceil();
    // The type leaves before the id is cut: it mostly stands in it.
    let beside = if wish + 8.0 + width_of(&note) <= inner.width() { &note } else { &counted };
    let width = wish.min((inner.width() - width_of(beside) - 8.0).max(inner.width() * 0.45));
    let place = Rect::from_x_y_ranges(inner.left()..=inner.left() + width + 1.0, rect.y_range());
    let letters = (place.width() / MONO_LETTER) as usize;
    Line::new().mono(&middle(&id, letters.max(5)), t.text).paint(painter, place);
    let room = Rect::from_x_y_ranges((inner.left() + width + 8.0)..=inner.right(), rect.y_range());
    if room.width() > 24.0 {
        Line::new().caption(beside, t.muted).paint(painter, room);
    }
    painter.hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.line));
    let label = format!("{id}, {note}");
    let response = node(ui, rect, ui.scope_id().with("head"), Sense::click(), egui::Role::Heading, &label);
    let response = response.on_hover_text(&label);
    response.context_menu(|ui| {
        if ui.button("Copy stream id").clicked() {
            let id = scene.context.log().stream(scene.stream).id.to_string();
            scene.context.send(crate::ui::command::WindowCommand::Copy(id));
        }
        if ui.button("Show only this stream in the log").clicked() {
            let term = stream_term(scene.context.log(), scene.stream);
            scene.context.send(GoCommand::Filter(term));
        }
    });
}

fn row_ui(scene: &Scene<'_>, n: u32, ui: &mut Ui, rect: Rect) {
    let Some(step) = scene.replay.step(n) else { return };
    let t = tokens(ui);
    let later = scene.is_later(step.row);
    let selected = scene.context.navigation.selected == Some(step.row);
    let at_playhead = scene.in_past && scene.step == Some(n);
    let since = since_last(scene, n);
    let label = label(scene, n, step, since.as_deref());
    let response = row(ui, rect, &label, selected);
    if response.clicked() {
        if ui.input(|input| input.modifiers.command) {
            super::toggle_pin(scene, step.row);
        } else {
            scene.context.send(GoCommand::Select(step.row));
        }
    }
    let painter = ui.painter();
    let rail_mark = match (at_playhead, later) {
        (true, _) => RailMark::Playhead,
        (_, true) => RailMark::After,
        _ => RailMark::Before,
    };
    let rail_x = rect.left() + 14.0;
    rail(painter, &t, rect, rail_x, rail_mark);
    if scene.compare == Some(n) {
        painter.circle(pos2(rail_x, rect.center().y), 4.5, t.surface, Stroke::new(2.0, t.accent));
    }
    if at_playhead {
        playhead_line(painter, &t, rect);
    }
    let color = t.text_at(later);
    let end = rect.right() - PAD;
    let counted = counts_line(scene, step, later)
        .right()
        .paint(painter, Rect::from_x_y_ranges((rect.left() + 60.0)..=end, rect.y_range()));
    let mut right = (counted.rect.left() - 8.0).min(end);
    let mut column = |width: f32, text: &str, color: Color32| {
        let place = Rect::from_x_y_ranges((right - width)..=right, rect.y_range());
        Line::new().mono_small(text, color).right().paint(painter, place);
        right -= width + 12.0;
    };
    if rect.width() >= WIDTH_WITH_SINCE {
        column(SINCE, since.as_deref().unwrap_or_default(), t.faint);
    }
    if rect.width() >= WIDTH_WITH_TIME {
        column(TIME, &scene.time(step.time), if later { t.faint } else { t.muted });
    }
    let number = step.version.map_or_else(|| (n + 1).to_string(), |version| version.to_string());
    let digits = Line::new().mono(&number, color);
    let widest = digits.width(painter).ceil().max(7.0);
    digits.paint(painter, rect_of(rect.left() + 29.0, widest + 1.0, rect));
    let mark_x = rect.left() + 29.0 + number_column(scene) + 12.0 + 4.0;
    scene.mark(step).paint(painter, pos2(mark_x, rect.center().y));
    let name_left = mark_x + 12.0;
    let mut name = Line::new();
    let text = one_line(&step.event_type);
    name = if selected { name.piece(&text, semibold(13.0), color) } else { name.body(&text, color) };
    let room = Rangef::new(name_left, (right - if step.failure { 16.0 } else { 0.0 }).max(name_left));
    let named = name.paint(painter, Rect::from_x_y_ranges(room, rect.y_range()));
    if step.failure {
        crate::ui::widgets::mark::failure_cross(ui, pos2(named.rect.right() + 11.0, rect.center().y));
    }
    let when = step.time.map(|time| format!("{} {}", scene.zone().date_time(time), scene.zone().name()));
    let mut card = text;
    for more in [when, since.map(|since| format!("{since} since the one before"))].into_iter().flatten() {
        card.push('\n');
        card.push_str(&more);
    }
    card.push_str("\nCtrl+click compares with it");
    response.on_hover_text(card);
}

fn rect_of(left: f32, width: f32, row: Rect) -> Rect {
    Rect::from_x_y_ranges(left..=left + width, row.y_range())
}

/// Width of the widest version number, from its digits: the mono face has one width.
fn number_column(scene: &Scene<'_>) -> f32 {
    let last = super::scene::last_of(scene.replay).len().max(1);
    last as f32 * 7.2
}

/// `+5 ~2 −1`, or why there is nothing.
fn counts_line(scene: &Scene<'_>, step: &Step, later: bool) -> Line {
    let t = scene.context.tokens;
    if let Some(skipped) = step.skipped {
        return Line::new().caption(skipped.as_str(), t.faint);
    }
    if step.issue.is_some() {
        return Line::new().caption("not applied", if later { t.faint } else { t.removed() });
    }
    let mut line = Line::new();
    for (text, color) in signs(step.counts) {
        line = line.mono(&text, if later { t.faint } else { color(t) }).gap(6.0);
    }
    line
}

type ColorOf = fn(&crate::ui::theme::Tokens) -> Color32;

/// What is not zero, each with its colour.
fn signs(counts: Counts) -> impl Iterator<Item = (String, ColorOf)> {
    let all: [(u32, char, ColorOf); 3] = [
        (counts.added, '+', crate::ui::theme::Tokens::added),
        (counts.changed, '~', crate::ui::theme::Tokens::changed),
        (counts.removed, '−', crate::ui::theme::Tokens::removed),
    ];
    all.into_iter().filter(|(n, _, _)| *n > 0).map(|(n, sign, color)| (format!("{sign}{n}"), color))
}

/// Time since the step before.
fn since_last(scene: &Scene<'_>, n: u32) -> Option<String> {
    let now = scene.replay.step(n)?.time?;
    let before = scene.replay.step(n.checked_sub(1)?)?.time?;
    Some(signed_span(now.nanos().saturating_sub(before.nanos())))
}

/// What a sighted user sees in the row.
fn label(scene: &Scene<'_>, n: u32, step: &Step, since: Option<&str>) -> String {
    let mut parts = vec![scene.name(n), one_line(&step.event_type)];
    if step.failure {
        parts.push("failed".to_owned());
    }
    let counts = step.counts;
    for (count, verb) in [(counts.added, "added"), (counts.changed, "changed"), (counts.removed, "removed")] {
        if count > 0 {
            parts.push(format!("{count} {verb}"));
        }
    }
    parts.extend(step.skipped.map(|skipped| skipped.as_str().to_owned()));
    parts.extend(step.issue.as_ref().map(|issue| format!("not applied: {}", one_line(&issue.0))));
    parts.push(scene.time(step.time));
    parts.extend(since.map(|since| format!("{since} since the one before")));
    if scene.is_later(step.row) {
        parts.push("after the playhead".to_owned());
    }
    if scene.compare == Some(n) {
        parts.push("compared with".to_owned());
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(room: f32, rows: u32, neighbours: usize, expected: f32) {
        let height = list_height(room, rows as f32 * 22.0, neighbours);
        assert!((height - expected).abs() < 0.5, "{rows} rows, {neighbours} neighbours: {height}");
    }

    #[test]
    fn the_neighbours_stand_right_below_a_short_list_and_get_a_share_beside_a_long_one() {
        check(400.0, 5, 4, 110.0);
        check(400.0, 40_000, 0, 400.0);
        check(400.0, 40_000, 2, 400.0 - HEAD - 44.0);
        check(400.0, 40_000, 50, 248.0);
    }

    #[test]
    fn only_what_happened_is_counted() {
        let counts = Counts { added: 5, changed: 0, removed: 1 };
        let texts: Vec<String> = signs(counts).map(|(text, _)| text).collect();
        assert_eq!(texts, ["+5", "−1"]);
    }
}
