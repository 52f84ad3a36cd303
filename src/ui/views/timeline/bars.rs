//! The bars: what they look like, their words where there is room, and what the pointer does there.

use std::sync::Arc;

use egui::{Color32, Painter, Rect, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::{Act, Lines, OneSaga, Scene};
use crate::saga::{Bar, BarKind, Strip};
use crate::ui::format::{one_line, span};
use crate::ui::icons::Icon;
use crate::ui::theme::{Outcome, RADIUS_MARK};
use crate::ui::views::ruler::{GridLine, zigzag};
use crate::ui::widgets::{Line, Mark};

/// Height of a bar, of a wait, and the least width of either.
const BAR: f32 = 14.0;
const WAIT: f32 = 4.0;
const LEAST: f32 = 4.0;

/// Grid, cuts, and the line of the selected event.
pub(super) fn grounds(scene: &Scene<'_>, ui: &Ui, grid: &[GridLine]) {
    let t = scene.context.tokens;
    let painter = ui.painter().with_clip_rect(scene.plot);
    let bottom =
        scene.seen.last().map_or(scene.plot.top(), |(_, rect)| rect.bottom()).min(scene.plot.bottom());
    let selected = match &scene.picture.lines {
        Lines::One(one) => {
            let row = scene.context.navigation.selected;
            row.and_then(|row| one.timeline.line_of(row)).map(|line| line as usize)
        }
        Lines::All(all) => all.iter().position(|at| scene.shown == Some(*at as usize)),
    };
    for (line, rect) in scene.seen {
        if selected == Some(*line) {
            ui.painter().with_clip_rect(scene.list).rect_filled(*rect, 0, t.selection);
        }
    }
    for cut in scene.picture.axis.cuts() {
        let (left, right) = (scene.ruler.x(cut.units.0), scene.ruler.x(cut.units.1));
        if right < scene.plot.left() || left > scene.plot.right() {
            continue;
        }
        let band = Rect::from_min_max(pos2(left, scene.plot.top()), pos2(right, bottom));
        painter.rect_filled(band, 0, t.ground);
        zigzag(&painter, band.center().x, band, t.line_strong);
    }
    for line in grid.iter().filter(|line| line.round) {
        painter.vline(line.x.round() + 0.5, scene.plot.top()..=bottom, Stroke::new(1.0, t.line));
    }
    for (_, rect) in scene.seen {
        painter.hline(scene.list.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.line));
    }
}

/// One saga, a line for each step.
pub(super) fn one_ui(scene: &Scene<'_>, ui: &mut Ui, one: &OneSaga, acts: &mut Vec<Act>) {
    let painter = ui.painter().with_clip_rect(scene.plot);
    turns_ui(scene, &painter, one);
    playhead_ui(scene, &painter);
    for (line, rect) in scene.seen {
        let marks: Vec<f32> =
            one.timeline.marks_of(*line as u32).iter().map(|mark| scene.x(mark.at)).collect();
        line_ui(scene, ui, *rect, *line, one.timeline.bars_of(*line as u32), &marks, acts);
        marks_ui(scene, ui, *rect, *line, one, acts);
    }
}

/// All sagas, a line for each.
pub(super) fn all_ui(
    scene: &Scene<'_>,
    ui: &mut Ui,
    all: &[u32],
    strips: &[Option<Arc<Strip>>],
    acts: &mut Vec<Act>,
) {
    playhead_ui(scene, &ui.painter().with_clip_rect(scene.plot));
    for ((line, rect), strip) in scene.seen.iter().zip(strips) {
        let Some(strip) = strip else { continue };
        line_ui(scene, ui, *rect, all[*line] as usize, &strip.bars, &[], acts);
    }
}

fn playhead_ui(scene: &Scene<'_>, painter: &Painter) {
    let t = scene.context.tokens;
    let color = if scene.in_past { t.past_line } else { t.accent };
    painter.vline(scene.playhead, scene.plot.y_range(), Stroke::new(1.5, color));
}

/// Where the critical path goes from one line to another.
fn turns_ui(scene: &Scene<'_>, painter: &Painter, one: &OneSaga) {
    let Some((first, top)) = scene.seen.first() else { return };
    let y = |line: u32| top.center().y + (line as f32 - *first as f32) * scene.line_height;
    let stroke = Stroke::new(1.0, scene.context.tokens.accent);
    for (at, from, to) in &one.turns {
        let (x, top, bottom) = (scene.x(*at), y(*from), y(*to));
        if !scene.plot.x_range().contains(x) || top.max(bottom) < scene.plot.top() {
            continue;
        }
        if top.min(bottom) < scene.plot.bottom() {
            painter.vline(x, top.min(bottom)..=top.max(bottom), stroke);
        }
    }
}

/// Bars that are drawn as one, because they are too narrow to be told apart.
struct Bunch<'a> {
    bars: &'a [Bar],
    rect: Rect,
}

/// The bars of a line that are seen, from the left.
fn bunches<'a>(scene: &Scene<'_>, bars: &'a [Bar], line: Rect) -> Vec<Bunch<'a>> {
    let mut bunches: Vec<Bunch<'a>> = Vec::new();
    let mut begin = 0;
    for (at, bar) in bars.iter().enumerate() {
        let (left, right) = (scene.x(bar.from), scene.x(bar.to));
        if right < scene.plot.left() - LEAST || left > scene.plot.right() + LEAST {
            begin = at + 1;
            continue;
        }
        let high = if bar.kind == BarKind::Wait && !bar.failed { WAIT } else { BAR };
        let rect = Rect::from_min_max(
            pos2(left.round(), line.center().y - high / 2.0),
            pos2(right.round().max(left.round() + LEAST), line.center().y + high / 2.0),
        );
        match bunches.last_mut() {
            Some(last)
                if rect.width() <= LEAST + 0.5
                    && last.rect.right() >= rect.right() - 1.0
                    && last.rect.width() <= LEAST + 0.5 =>
            {
                last.bars = &bars[begin..=at];
            }
            _ => {
                begin = at;
                bunches.push(Bunch { bars: &bars[at..=at], rect });
            }
        }
    }
    bunches
}

/// What stands for a bunch: a failure before anything else.
fn chief<'a>(bunch: &Bunch<'a>) -> &'a Bar {
    bunch.bars.iter().find(|bar| bar.failed).unwrap_or(&bunch.bars[bunch.bars.len() - 1])
}

fn look(bar: &Bar) -> Option<Outcome> {
    Some(match (bar.failed, bar.is_open, bar.kind) {
        (true, ..) => Outcome::Failed,
        (false, _, BarKind::Wait) => return None,
        (false, _, BarKind::Undo) => Outcome::Compensated,
        (false, true, _) => Outcome::Running,
        (false, false, BarKind::Step | BarKind::Retry) => Outcome::Completed,
    })
}

fn line_ui(
    scene: &Scene<'_>,
    ui: &mut Ui,
    rect: Rect,
    line: usize,
    bars: &[Bar],
    marks: &[f32],
    acts: &mut Vec<Act>,
) {
    let painter = ui.painter().with_clip_rect(scene.plot.intersect(ui.clip_rect()));
    let bunches = bunches(scene, bars, rect);
    for (n, bunch) in bunches.iter().enumerate() {
        let bar = chief(bunch);
        paint(scene, &painter, bunch.rect, bar);
        let next = bunches.get(n + 1).map_or(scene.plot.right(), |next| next.rect.left());
        let mark = marks.iter().copied().filter(|x| *x > bunch.rect.right() - 6.0).fold(next + 6.0, f32::min);
        if bunch.bars.len() == 1 {
            words_ui(scene, &painter, bunch.rect, bar, next.min(mark - 6.0));
        }
    }
    for bunch in &bunches {
        bunch_ui(scene, ui, rect, line, bunch, acts);
    }
}

/// A bar; hollow after the playhead.
fn paint(scene: &Scene<'_>, painter: &Painter, rect: Rect, bar: &Bar) {
    let t = scene.context.tokens;
    let (fill, border) = match look(bar).map(|look| t.outcome(look)) {
        Some(look) => (look.fill, look.color),
        None => (t.faint, t.faint),
    };
    let happened = if !scene.is_later(bar.row) && !bar.is_open {
        f32::INFINITY
    } else if scene.is_later(bar.began) {
        f32::NEG_INFINITY
    } else {
        scene.playhead
    };
    if happened < rect.right() {
        let stroke = Stroke::new(1.0, t.line_strong);
        painter.rect(rect, RADIUS_MARK, Color32::TRANSPARENT, stroke, StrokeKind::Inside);
    }
    let clip = painter.clip_rect();
    let before = painter.with_clip_rect(clip.with_max_x(happened.clamp(clip.left(), clip.right())));
    before.rect(rect, RADIUS_MARK, fill, Stroke::new(1.0, border), StrokeKind::Inside);
    if bar.is_critical {
        let y = rect.center().y + BAR / 2.0 + 2.0;
        let color = if scene.is_later(bar.row) { t.line_strong } else { t.accent };
        painter.hline(rect.x_range(), y, Stroke::new(2.0, color));
    }
    if scene.is_selected(bar.row) && bar.kind != BarKind::Wait {
        painter.rect_stroke(rect.expand(3.0), 4, Stroke::new(1.5, t.accent), StrokeKind::Inside);
    }
}

/// What stands beside a bar: its attempt, how long, why it failed.
fn words(bar: &Bar) -> String {
    let mut words = Vec::new();
    if bar.attempt > 1 {
        words.push(format!("attempt {}", bar.attempt));
    }
    if bar.from < bar.to {
        words.push(span(bar.duration()));
    }
    words.extend(bar.error.as_deref().map(one_line));
    if bar.is_open {
        words.push("not ended".to_owned());
    }
    words.join(" · ")
}

/// Inside where there is room, else after it, else nowhere.
fn words_ui(scene: &Scene<'_>, painter: &Painter, rect: Rect, bar: &Bar, next: f32) {
    let t = scene.context.tokens;
    let later = scene.is_later(bar.row);
    let color = match look(bar).map(|look| t.outcome(look)) {
        _ if later => t.faint,
        Some(look) if bar.failed => look.on_fill,
        _ => t.muted,
    };
    let text = words(bar);
    let glyph = match (bar.failed, bar.kind) {
        (true, _) => Some(Icon::Cross),
        (false, BarKind::Undo) => Some(Icon::UndoDone),
        (false, BarKind::Retry) => Some(Icon::Loop),
        (false, BarKind::Step | BarKind::Wait) => None,
    };
    let before = if glyph.is_some() { 14.0 } else { 0.0 };
    let line = Line::new().caption(&text, color);
    let width = line.width(painter) + before;
    let seen = rect.intersect(scene.plot);
    let left = if bar.kind != BarKind::Wait && width + 12.0 <= seen.width() {
        seen.left() + 6.0
    } else if width + 12.0 <= next - rect.right() && !text.is_empty() {
        rect.right() + 6.0
    } else {
        // What happened is told at least by its glyph.
        if let Some(glyph) = glyph.filter(|_| seen.width() >= 16.0) {
            let square = Rect::from_center_size(pos2(seen.left() + 9.0, rect.center().y), vec2(9.0, 9.0));
            glyph.paint(painter, square, color);
        }
        return;
    };
    if text.is_empty() {
        return;
    }
    let place = Rect::from_center_size(pos2(left + width / 2.0, rect.center().y), vec2(width + 1.0, BAR));
    if let Some(glyph) = glyph {
        let square = Rect::from_center_size(pos2(left + 5.0, rect.center().y), vec2(9.0, 9.0));
        glyph.paint(painter, square, color);
    }
    line.paint(painter, place.with_min_x(left + before));
}

fn bunch_ui(scene: &Scene<'_>, ui: &mut Ui, rect: Rect, line: usize, bunch: &Bunch<'_>, acts: &mut Vec<Act>) {
    let bar = chief(bunch);
    let place = Rect::from_x_y_ranges(bunch.rect.x_range(), rect.shrink(2.0).y_range()).intersect(scene.plot);
    if place.width() <= 0.0 || place.height() <= 0.0 {
        return;
    }
    let id = scene.ruler.id.with(("bar", line, bar.row, bar.from, bar.kind.name()));
    // Not in the Tab order: there may be thousands; the arrow keys go from event to event.
    let response = ui.interact(place, id, Sense::CLICK);
    let many = bunch.bars.len();
    let mut label = one_line(&bar.words());
    if many > 1 {
        label = format!("{many} bars, {label}");
    }
    if scene.is_later(bar.row) {
        label += ", after the playhead";
    }
    let selected = bunch.bars.iter().any(|bar| scene.is_selected(bar.row));
    response.widget_info(|| WidgetInfo::selected(egui::Role::Button, true, selected, &label));
    if response.clicked() {
        let (from, to) = (bunch.bars[0].from, bunch.bars[many - 1].to);
        acts.push(if many > 1 && from < to { Act::ZoomTo(from, to) } else { Act::Select(bar.row) });
    }
    response.on_hover_text(label);
}

/// Events beside the bars.
fn marks_ui(scene: &Scene<'_>, ui: &mut Ui, rect: Rect, line: usize, one: &OneSaga, acts: &mut Vec<Act>) {
    let t = scene.context.tokens;
    let painter = ui.painter().with_clip_rect(scene.plot);
    let mut last = f32::NEG_INFINITY;
    for mark in one.timeline.marks_of(line as u32) {
        let x = scene.x(mark.at);
        // What lies on another mark cannot be told from it.
        if !scene.plot.x_range().contains(x) || x - last < 2.0 {
            continue;
        }
        last = x;
        let info = scene.log().event_type(scene.log().type_of(mark.row));
        let later = scene.is_later(mark.row);
        let center = pos2(x, rect.center().y);
        let place = Rect::from_center_size(center, vec2(10.0, rect.height() - 6.0));
        if scene.is_selected(mark.row) {
            painter.rect_stroke(
                Rect::from_center_size(center, vec2(16.0, 16.0)),
                4,
                Stroke::new(1.5, t.accent),
                StrokeKind::Inside,
            );
        }
        painter.rect_filled(Rect::from_center_size(center, vec2(10.0, 10.0)), RADIUS_MARK, t.surface);
        Mark::family(t, &info.family).hollow(later).paint(&painter, center);
        let id = scene.ruler.id.with(("mark", mark.row));
        let response = ui.interact(place, id, Sense::CLICK);
        let after = if later { ", after the playhead" } else { "" };
        let label = format!("{}, event{after}", one_line(&info.name));
        let selected = scene.is_selected(mark.row);
        response.widget_info(|| WidgetInfo::selected(egui::Role::Button, true, selected, &label));
        if response.clicked() {
            acts.push(Act::Select(mark.row));
        }
        response.on_hover_text(label);
    }
}
