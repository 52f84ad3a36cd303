//! The bars: what they look like, their words where there is room, and what the pointer does there.

use std::sync::Arc;

use egui::{Color32, Painter, Rect, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::bins::{Bunch, Visible, bunches};
use super::{Act, OneSaga, Scene, path};
use crate::saga::{Bar, BarKind, Strip};
use crate::ui::format::{count, one_line, span, thousands};
use crate::ui::icons::Icon;
use crate::ui::theme::{Outcome, RADIUS_MARK, tick};
use crate::ui::views::ruler::{GridLine, zigzag};
use crate::ui::widgets::{Line, Mark};

/// Height of a bar.
pub(super) const BAR: f32 = 14.0;
/// The least width of a cut that shows a zigzag.
const ZIGZAG: f32 = 10.0;

/// Grid, cuts, and the line of the selected event.
pub(super) fn grounds(scene: &Scene<'_>, ui: &Ui, grid: &[GridLine]) {
    let t = scene.context.tokens;
    let painter = ui.painter().with_clip_rect(scene.plot);
    let bottom =
        scene.seen.last().map_or(scene.plot.top(), |(_, rect)| rect.bottom()).min(scene.plot.bottom());
    let bands: Vec<Rect> = cut_edges(scene)
        .into_iter()
        .map(|(left, right)| Rect::from_min_max(pos2(left, scene.plot.top()), pos2(right, bottom)))
        .collect();
    for band in &bands {
        painter.rect_filled(*band, 0, t.ground);
    }
    for (line, rect) in scene.seen {
        if scene.selected == Some(*line) {
            ui.painter().with_clip_rect(scene.list).rect_filled(*rect, 0, t.selection);
        }
    }
    // Many of them side by side would be a pattern of their own.
    for band in bands.iter().filter(|band| band.width() >= ZIGZAG) {
        zigzag(&painter, band.center().x, *band, t.line_strong);
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
    playhead_ui(scene, &painter);
    let course = path::course(scene, one);
    let cuts = cut_edges(scene);
    for (line, rect) in scene.seen {
        let obstacles = Obstacles {
            marks: one.timeline.marks_of(*line as u32).iter().map(|mark| scene.x(mark.at)).collect(),
            cuts: cuts.clone(),
            turns: path::turns_across(&course, *line as u32),
        };
        line_ui(scene, ui, (*rect, *line, *line), one.visible(*line as u32, scene.times()), &obstacles, acts);
    }
    path::path_ui(scene, &painter, &course);
    for (line, rect) in scene.seen {
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
    let obstacles = Obstacles { marks: Vec::new(), cuts: cut_edges(scene), turns: Vec::new() };
    for ((line, rect), strip) in scene.seen.iter().zip(strips) {
        let Some(strip) = strip else { continue };
        let bars = Visible::of_strip(&strip.bars, scene.times());
        line_ui(scene, ui, (*rect, *line, all[*line] as usize), bars, &obstacles, acts);
    }
}

/// Where the cuts that are seen lie.
fn cut_edges(scene: &Scene<'_>) -> Vec<(f32, f32)> {
    let edges = scene.picture.axis.cuts().map(|cut| (scene.ruler.x(cut.units.0), scene.ruler.x(cut.units.1)));
    edges.filter(|(left, right)| *right >= scene.plot.left() && *left <= scene.plot.right()).collect()
}

fn playhead_ui(scene: &Scene<'_>, painter: &Painter) {
    let t = scene.context.tokens;
    let color = if scene.in_past { t.past_line } else { t.accent };
    painter.vline(scene.playhead, scene.plot.y_range(), Stroke::new(1.5, color));
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

/// What words beside a bar must not lie over: marks, cuts and the turns of the critical path, in order.
struct Obstacles {
    marks: Vec<f32>,
    /// Left and right edges of the cuts.
    cuts: Vec<(f32, f32)>,
    turns: Vec<f32>,
}

impl Obstacles {
    /// The first of them after `x`, a little before it.
    fn after(&self, x: f32) -> f32 {
        let mark = self.marks.iter().copied().filter(|mark| *mark > x - 6.0).fold(f32::INFINITY, f32::min);
        let cut = self.cuts.iter().map(|(left, _)| *left).find(|left| *left > x - 2.0);
        let turn = self.turns.iter().copied().find(|turn| *turn > x + 1.0);
        (mark - 6.0).min(cut.unwrap_or(f32::INFINITY)).min(turn.map_or(f32::INFINITY, |turn| turn - 2.0))
    }
}

fn line_ui(
    scene: &Scene<'_>,
    ui: &mut Ui,
    (rect, number, line): (Rect, usize, usize),
    bars: Visible<'_>,
    obstacles: &Obstacles,
    acts: &mut Vec<Act>,
) {
    let painter = ui.painter().with_clip_rect(scene.plot.intersect(ui.clip_rect()));
    let bunches = bunches(scene, bars, rect);
    for (n, bunch) in bunches.iter().enumerate() {
        let bar = bunch.chief();
        paint(scene, &painter, bunch, bar);
        if bunch.bars.len() > 1 {
            count_ui(scene, &painter, bunch, bar);
            continue;
        }
        let next = bunches.get(n + 1).map_or(scene.plot.right(), |next| next.rect.left());
        let next = next.min(obstacles.after(bunch.rect.right()));
        words_ui(scene, &painter, bunch.rect, (bar, number), next, obstacles);
    }
    for bunch in &bunches {
        bunch_ui(scene, ui, rect, line, bunch, acts);
    }
}

/// How many bars one stands for.
fn count_ui(scene: &Scene<'_>, painter: &Painter, bunch: &Bunch<'_>, bar: &Bar) {
    let t = scene.context.tokens;
    let color = match look(bar).map(|look| t.outcome(look)) {
        _ if bunch.bars.iter().all(|bar| scene.is_later(bar.row)) => t.faint,
        Some(look) => look.on_fill,
        None => t.muted,
    };
    let words = Line::new().piece(&thousands(bunch.bars.len() as u64), tick(), color).center();
    if words.width(painter) + 3.0 <= bunch.rect.width() {
        words.paint(painter, bunch.rect);
    }
}

/// A bar, or several as one in the look of the worst of them; hollow after the playhead.
fn paint(scene: &Scene<'_>, painter: &Painter, bunch: &Bunch<'_>, bar: &Bar) {
    let t = scene.context.tokens;
    let (rect, is_single) = (bunch.rect, bunch.bars.len() == 1);
    let (first, last) = (&bunch.bars[0], &bunch.bars[bunch.bars.len() - 1]);
    let (fill, border) = match look(bar).map(|look| t.outcome(look)) {
        Some(look) => (look.fill, look.color),
        None if is_single => (t.faint, t.faint),
        None => (t.raised, t.faint),
    };
    let happened = if !scene.is_later(last.row) && !last.is_open {
        f32::INFINITY
    } else if scene.is_later(first.began) {
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
    if bunch.bars.iter().any(|bar| scene.is_selected(bar.row) && bar.kind != BarKind::Wait) {
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
fn words_ui(
    scene: &Scene<'_>,
    painter: &Painter,
    rect: Rect,
    (bar, line_number): (&Bar, usize),
    next: f32,
    obstacles: &Obstacles,
) {
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
    let seen = beside_cuts(rect.intersect(scene.plot), &obstacles.cuts);
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
    // The playhead makes way for words.
    if left > rect.right() && (place.left()..place.right()).contains(&scene.playhead) {
        let ground = if scene.selected == Some(line_number) { t.selection } else { t.surface };
        painter.rect_filled(place, 0, ground);
    }
    if let Some(glyph) = glyph {
        let square = Rect::from_center_size(pos2(left + 5.0, rect.center().y), vec2(9.0, 9.0));
        glyph.paint(painter, square, color);
    }
    line.paint(painter, place.with_min_x(left + before));
}

/// The widest part of a bar that no cut lies over.
fn beside_cuts(seen: Rect, cuts: &[(f32, f32)]) -> Rect {
    let (mut from, mut widest) = (seen.left(), seen.with_max_x(seen.left()));
    let inside = cuts.iter().filter(|(left, right)| *right > seen.left() && *left < seen.right());
    for (left, right) in inside.copied().chain([(seen.right(), seen.right())]) {
        if left - from > widest.width() {
            widest = Rect::from_x_y_ranges(from..=left, seen.y_range());
        }
        from = from.max(right);
    }
    widest
}

fn bunch_ui(scene: &Scene<'_>, ui: &mut Ui, rect: Rect, line: usize, bunch: &Bunch<'_>, acts: &mut Vec<Act>) {
    let bar = bunch.chief();
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
        let failed = bunch.bars.iter().filter(|bar| bar.failed).count();
        let failed =
            if failed > 0 { format!(", {} failed", thousands(failed as u64)) } else { String::new() };
        let length = span(bunch.bars[many - 1].to.saturating_sub(bunch.bars[0].from));
        let after = span(bunch.bars[0].from.saturating_sub(scene.picture.axis.nanos_at(0.0)));
        label = format!(
            "{} of {} within {length} from +{after}{failed}, zoom in on them",
            count(many as u64, "bar"),
            one_line(&bar.name)
        );
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
