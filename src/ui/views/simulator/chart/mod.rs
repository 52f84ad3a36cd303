//! The message chart: who said what to whom, on virtual time. Actors are lanes; commands are solid arrows, answers
//! dashed ones, handling is a box. Only what fits is drawn.

mod acts;
mod axis;
mod flights;
mod labels;
mod moves;
mod scene;
mod services;

use egui::{Align2, Painter, PointerButton, Pos2, Rect, Role, Sense, Stroke, Ui, UiBuilder, pos2, vec2};

use self::axis::{Axis, Piece};
use self::labels::Labels;
use self::scene::{Scene, SceneKey};
use super::look;
use crate::base::ticks::Ticks;
use crate::engine::SimFrame;
use crate::runtime::Route;
use crate::ui::format::span;
use crate::ui::theme::{PAGE, caption, tick};
use crate::ui::view::ViewContext;
use crate::ui::widgets::{Button, Line, node};

/// Width of the names at the left.
const NAMES: f32 = 136.0;
/// Where in the width a moment in the past stands at most.
const NOW_SHARE: f32 = 0.6;
/// After what happens last: room for the names of messages under way.
const AHEAD: f32 = 132.0;
/// Above the first lane: what turns the saga took.
const TOP: f32 = 46.0;
/// Below the last lane: the moments.
const BOTTOM: f32 = 34.0;
/// Distances of lanes.
const LANES: (f32, f32) = (34.0, 92.0);

/// Presentation state.
#[derive(Default)]
pub(super) struct Chart {
    scene: Option<(SceneKey, Scene)>,
    /// 0: as wide as it would be; each 1 doubles it.
    zoom: f32,
    /// Points by which it was dragged; 0 follows what happens.
    pan: f32,
    /// Idle stretches that were clicked, by where they begin.
    restored: Vec<u64>,
}

/// What all parts of the chart draw by.
pub(super) struct Plot<'a> {
    context: &'a ViewContext<'a>,
    frame: &'a SimFrame,
    scene: &'a Scene,
    axis: Axis,
    /// Of the lanes, without the names.
    rect: Rect,
    /// Left end of the axis.
    origin: f32,
    /// Distance of lanes.
    lane: f32,
    /// The moment of the playhead, moving towards that of the frame.
    now: f64,
}

impl Plot<'_> {
    fn x(&self, at: Ticks) -> f32 {
        self.origin + self.axis.at(at)
    }

    fn y(&self, lane: usize) -> f32 {
        self.rect.top() + TOP + lane as f32 * self.lane
    }

    fn now_x(&self) -> f32 {
        self.origin + self.axis.x(self.now)
    }

    fn bottom(&self) -> f32 {
        self.y(self.scene.lanes.len().saturating_sub(1)) + self.lane * 0.5
    }

    fn sees(&self, from: f32, to: f32) -> bool {
        to >= self.rect.left() - 200.0 && from <= self.rect.right() + 200.0
    }
}

impl Chart {
    pub(super) fn ui(&mut self, context: &ViewContext<'_>, frame: &SimFrame, ui: &mut Ui, rect: Rect) {
        let saga = context.document.simulation.as_ref().and_then(|simulation| simulation.saga);
        let key = SceneKey::of(frame, saga);
        if self.scene.as_ref().is_none_or(|(of, _)| *of != key) {
            self.scene = Some((key, Scene::of(frame, saga)));
        }
        let plot_rect = Rect::from_min_max(pos2(rect.left() + NAMES, rect.top()), rect.max - vec2(12.0, 0.0));
        let response = ui.interact(plot_rect, ui.scope_id().with("plot"), Sense::click_and_drag());
        self.gestures(ui, &response);
        let Some((_, scene)) = &self.scene else { return };
        let axis =
            Axis::new(moments(frame, scene), &self.restored, plot_rect.width() - AHEAD, self.zoom.exp2());
        let overhang = (axis.width() - plot_rect.width() + AHEAD).max(0.0);
        let now = now(ui, context, frame);
        // The newest moment stands at the right; one in the past is brought into sight.
        let back = if frame.is_newest() {
            0.0
        } else {
            (overhang - (axis.x(now) - plot_rect.width() * NOW_SHARE).max(0.0)).max(0.0)
        };
        self.pan = self.pan.clamp(-back, overhang - back);
        let origin = plot_rect.left() - overhang + back + self.pan;
        let lanes = scene.lanes.len().max(1) as f32;
        let lane = ((rect.height() - TOP - BOTTOM) / (lanes - 0.3).max(1.0)).clamp(LANES.0, LANES.1);
        let plot = Plot { context, frame, scene, axis, rect: plot_rect, origin, lane, now };
        services::services_ui(&plot, ui, rect);
        let mut inner = ui.new_child(UiBuilder::new().max_rect(plot_rect).id_salt("moves"));
        inner.set_clip_rect(plot_rect.intersect(ui.clip_rect()));
        ground(&plot, inner.painter());
        marks(&plot, ui.painter(), rect);
        playhead(&plot, inner.painter());
        let labels = moves::moves_ui(&plot, &mut inner);
        let clicked = cuts_ui(&plot, &labels, &mut inner);
        acts::acts_ui(&plot, &mut inner);
        flights::flights_ui(&plot, &mut inner);
        notes_ui(&plot, ui, rect);
        self.restored.extend(clicked);
    }

    /// The wheel zooms, a drag pans; a double click shows all of it and follows again.
    fn gestures(&mut self, ui: &Ui, response: &egui::Response) {
        if response.hovered() {
            let (scroll, zoom) = ui.input(|input| (input.smooth_scroll_delta(), input.zoom_delta()));
            self.zoom = (self.zoom + scroll.y / 240.0 + zoom.log2()).clamp(-4.0, 5.0);
            self.pan += scroll.x;
        }
        if response.dragged_by(PointerButton::Primary) {
            self.pan += response.drag_delta().x;
        }
        if response.double_clicked() {
            (self.zoom, self.pan) = (0.0, 0.0);
            self.restored.clear();
        }
    }
}

/// The moment of the playhead, on its way to that of the frame.
fn now(ui: &Ui, context: &ViewContext<'_>, frame: &SimFrame) -> f64 {
    let simulation = context.document.simulation.as_ref();
    let pace = simulation.filter(|it| it.playing).map_or(0.12, |it| it.seconds_a_message().min(0.5));
    let time = if crate::ui::theme::motion(ui.ctx()) { pace } else { 0.0 };
    // Milliseconds, so that hours fit into what an animation counts by.
    let target = frame.now.0 as f64 / 1_000.0;
    let id = ui.scope_id().with(("now", context.document.id.0));
    let shown = ui.ctx().animate_value_with_time(id, target as f32, time);
    if (f64::from(shown) - target).abs() < 0.5 { frame.now.0 as f64 } else { f64::from(shown) * 1_000.0 }
}

/// Every moment in which something that is drawn happens.
fn moments(frame: &SimFrame, scene: &Scene) -> Vec<u64> {
    let mut moments: Vec<u64> = scene
        .moves
        .iter()
        .flat_map(|it| if it.route == Route::Timer { [it.at.0; 3] } else { [it.sent.0, it.taken.0, it.at.0] })
        .collect();
    moments.push(frame.now.0);
    let soon = frame.in_flight.iter().filter(|flight| flight.route != Route::Timer && !flight.held);
    moments.extend(soon.filter_map(|flight| flight.due).map(|due| due.0));
    moments
}

/// The lanes.
fn ground(plot: &Plot<'_>, painter: &Painter) {
    let t = plot.context.tokens;
    for lane in 0..plot.scene.lanes.len() {
        for piece in plot.axis.pieces.iter().filter(|piece| !piece.is_cut) {
            let (from, to) = (plot.origin + piece.left, plot.origin + piece.right);
            painter.hline(from..=to, plot.y(lane), Stroke::new(1.0, t.line));
        }
        let end = plot.origin + plot.axis.width();
        if end < plot.rect.right() {
            painter.hline(end..=plot.rect.right(), plot.y(lane), Stroke::new(1.0, t.line));
        }
    }
}

/// Moments below.
fn marks(plot: &Plot<'_>, painter: &Painter, rect: Rect) {
    let t = plot.context.tokens;
    let y = (plot.bottom() + 6.0).min(rect.bottom() - 28.0);
    for at in plot.axis.marks(64.0) {
        let x = plot.x(Ticks(at));
        if x < plot.rect.left() || x > plot.rect.right() {
            continue;
        }
        painter.vline(x, y..=y + 4.0, Stroke::new(1.0, t.line_strong));
        let text = format!("{}.{:03}", at / 1_000_000, at / 1_000 % 1_000);
        painter.text(
            pos2(x, y + 6.0),
            Align2::CENTER_TOP,
            text,
            egui::FontId { size: 10.0, ..crate::ui::theme::mono() },
            t.faint,
        );
    }
}

/// Idle time as buttons; gives the one that was clicked.
fn cuts_ui(plot: &Plot<'_>, labels: &Labels, ui: &mut Ui) -> Option<u64> {
    let t = plot.context.tokens;
    let mut clicked = None;
    for piece in plot.axis.pieces.iter().filter(|piece| piece.is_cut) {
        let (from, to) = (plot.origin + piece.left, plot.origin + piece.right);
        if !plot.sees(from, to) {
            continue;
        }
        zigzag(ui.painter(), from, to, plot.y(0), t.line_strong);
        let words = cut_words(piece);
        let width = Line::new().piece(&words, caption(), t.text).width(ui.painter()).ceil() + 12.0;
        let place = |lane: usize| {
            let center = pos2(f32::midpoint(from, to), plot.y(lane));
            Rect::from_center_size(center, vec2(width.max(CUT_BUTTON_MIN), 20.0))
        };
        // In the middle, or at the lane next to it where no words stand.
        let middle = plot.scene.lanes.len() / 2;
        let mut lanes: Vec<usize> = (1..plot.scene.lanes.len()).collect();
        lanes.sort_by_key(|lane| lane.abs_diff(middle));
        let is_free = |lane: &usize| !labels.covers(place(*lane).expand(2.0));
        let place = place(lanes.into_iter().find(is_free).unwrap_or(middle));
        // Half a length is no length.
        if place.left() < plot.rect.left() || place.right() > plot.rect.right() {
            continue;
        }
        let mut inner = ui.new_child(UiBuilder::new().max_rect(place).id_salt(("cut", piece.from)));
        let label = format!("Show {words}");
        if inner
            .add(Button::new(&words).small().label(&label))
            .on_hover_text("Show this stretch in full")
            .clicked()
        {
            clicked = Some(piece.from);
        }
    }
    clicked
}

/// Narrowest button of a cut.
const CUT_BUTTON_MIN: f32 = 40.0;

fn cut_words(piece: &Piece) -> String {
    let millis = (piece.to - piece.from) / 1_000;
    if millis < 60_000 {
        format!("idle {}.{:02} s", millis / 1_000, millis % 1_000 / 10)
    } else {
        format!("idle {}", span((millis * 1_000_000) as i64))
    }
}

fn zigzag(painter: &Painter, from: f32, to: f32, y: f32, color: egui::Color32) {
    let teeth = 8;
    let points: Vec<Pos2> = (0..=teeth)
        .map(|at| {
            let x = from + (to - from) * at as f32 / teeth as f32;
            let by = if at == 0 || at == teeth {
                0.0
            } else if at % 2 == 0 {
                3.5
            } else {
                -3.5
            };
            pos2(x, y + by)
        })
        .collect();
    painter.line(points, Stroke::new(1.0, color));
}

/// The playhead: accent at the newest moment, amber in the past.
fn playhead(plot: &Plot<'_>, painter: &Painter) {
    let t = plot.context.tokens;
    let color = if plot.frame.is_newest() { t.accent } else { t.past_line };
    let x = plot.now_x().round();
    let top = plot.rect.top() + 3.0;
    painter.vline(x, top..=plot.bottom() + 6.0, Stroke::new(2.0, color));
    let head = [(-5.0, 0.0), (5.0, 0.0), (5.0, 5.0), (0.0, 10.0), (-5.0, 5.0)]
        .map(|(dx, dy)| pos2(x + dx, top + dy));
    painter.add(egui::Shape::convex_polygon(head.to_vec(), color, Stroke::NONE));
}

/// What the lines mean; that earlier messages are not drawn.
fn notes_ui(plot: &Plot<'_>, ui: &mut Ui, rect: Rect) {
    let t = plot.context.tokens;
    // Below the names of the lanes, where no moment is written.
    let names = Rect::from_min_max(rect.min + vec2(PAGE, 0.0), pos2(plot.rect.left(), rect.bottom()));
    // Beside the moments, however much room is left below them.
    let top = (plot.bottom() + 6.0).min(rect.bottom() - 29.0);
    for (down, words) in [(0.0, "solid: command"), (13.0, "dashed: answer")] {
        let place = names.with_min_y(top + down).with_max_y(top + down + 13.0);
        Line::new().piece(words, tick(), t.faint).paint(ui.painter(), place);
    }
    let foot = Rect::from_min_max(pos2(plot.rect.left(), rect.bottom() - 16.0), rect.max - vec2(8.0, 2.0));
    if plot.scene.is_cut {
        let words = "earlier messages are in the log";
        let painted = Line::new().piece(words, tick(), t.faint).paint(ui.painter(), foot);
        node(ui, painted.rect, ui.scope_id().with("cut off"), Sense::hover(), Role::Label, words);
    }
    let label = format!("Playhead at {}", look::seconds(plot.frame.now));
    let x = plot.now_x();
    let place = Rect::from_min_max(pos2(x - 4.0, plot.rect.top()), pos2(x + 4.0, plot.rect.top() + 14.0));
    node(ui, place, ui.scope_id().with("playhead"), Sense::hover(), Role::Label, &label);
}
