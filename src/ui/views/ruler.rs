//! The ruler above views on a time axis: round times, cuts of idle time as buttons, and the handle of the playhead.
//! What a click does is the view's.

use egui::{
    Align2, Color32, CursorIcon, Id, Painter, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, pos2, vec2,
};

use super::span::Span;
use crate::index::{Cut, TimeAxis};
use crate::ui::format::{self, Zone};
use crate::ui::theme::{RADIUS_CONTROL, Tokens, tick};
use crate::ui::ticks::Step;
use crate::ui::widgets::node;

/// Height of the ruler.
pub(super) const RULER: f32 = 44.0;
/// Height of a cut's button.
const CUT: f32 = 18.0;
/// Between two labels.
const BETWEEN: f32 = 10.0;

/// A line of the grid, with its words where there is room for them.
pub(super) struct GridLine {
    pub(super) x: f32,
    /// Words, and whether they begin a day.
    pub(super) text: Option<(String, bool)>,
    /// A round time, rather than where a cut ends.
    pub(super) round: bool,
}

/// Where a ruler lies, and what it measures.
pub(super) struct Ruler<'a> {
    pub(super) t: &'a Tokens,
    pub(super) id: Id,
    pub(super) zone: Zone,
    /// The stretch of the axis that is seen.
    pub(super) span: Span,
    pub(super) rect: Rect,
}

impl Ruler<'_> {
    /// Where a place of the axis lies.
    pub(super) fn x(&self, units: f64) -> f32 {
        self.rect.left() + self.span.x_of(units, self.rect.width())
    }

    /// Round times, and where cuts end.
    pub(super) fn time_grid(&self, axis: &TimeAxis) -> Vec<GridLine> {
        let per_point = self.span.len / f64::from(self.rect.width().max(1.0));
        let zone = self.zone;
        let rough = Step::at_least(per_point * 60.0);
        let step = Step::at_least(per_point * f64::from(rough.text_width() + 34.0));
        let (first, last) = (axis.nanos_at(self.span.from), axis.nanos_at(self.span.to()));
        let mut lines = Vec::new();
        let mut from = first;
        let mut previous = None;
        let mut stretch = |from: i64, to: i64, after_cut: bool| {
            let mut times: Vec<(i64, bool)> =
                step.places(zone, from, to).into_iter().map(|nanos| (nanos, true)).collect();
            if after_cut && step.is_within_days() && times.first().is_none_or(|(nanos, _)| *nanos != from) {
                times.insert(0, (from, false));
            }
            for (nanos, round) in times {
                let text = step.text(zone, nanos, previous);
                previous = Some(nanos);
                lines.push(GridLine { x: self.x(axis.units_of(nanos)), text: Some(text), round });
            }
        };
        let mut after_cut = false;
        for cut in axis.cuts() {
            if cut.to <= first {
                continue;
            }
            if cut.from >= last {
                break;
            }
            if from <= cut.from {
                stretch(from, cut.from, after_cut);
            }
            (from, after_cut) = (cut.to, true);
        }
        if from <= last {
            stretch(from, last, after_cut);
        }
        lines
    }

    /// Draws the words of the grid.
    pub(super) fn words_ui(&self, ui: &Ui, lines: &[GridLine]) {
        let t = self.t;
        let painter = ui.painter().with_clip_rect(self.rect);
        let words_y = self.rect.bottom() - 16.0;
        let mut free_from = self.rect.left() + 2.0;
        let mut spoken: Vec<&str> = Vec::new();
        for line in lines {
            let Some((text, new_day)) = &line.text else { continue };
            let color = if *new_day { t.text } else { t.muted };
            let galley = painter.layout_no_wrap(text.clone(), tick(), color);
            let mut left = line.x - galley.size().x / 2.0;
            // The first words may slide in from the left edge so that the day is always told.
            if spoken.is_empty() && line.x >= self.rect.left() {
                left = left.max(free_from);
            }
            if left >= free_from && left + galley.size().x <= self.rect.right() + 8.0 {
                free_from = left + galley.size().x + BETWEEN;
                let y = words_y - galley.size().y / 2.0;
                painter.galley(pos2(left.round(), y.round()), galley, color);
                if line.round {
                    let bottom = self.rect.bottom();
                    painter.vline(
                        line.x.round() + 0.5,
                        bottom - 4.0..=bottom,
                        Stroke::new(1.0, t.line_strong),
                    );
                }
                spoken.push(text);
            }
        }
        let label = format!("Ruler: {}", spoken.join(", "));
        node(ui, self.rect, self.id.with("ruler"), Sense::hover(), Role::Label, &label);
    }

    /// Draws the cuts as buttons; the beginning of the one that was pressed.
    pub(super) fn cuts_ui(&self, ui: &Ui, cuts: Vec<Cut>) -> Option<i64> {
        let t = self.t;
        let painter = &ui.painter().with_clip_rect(self.rect);
        let mut restored = None;
        let mut cuts: Vec<(Cut, f32, f32)> = cuts
            .into_iter()
            .map(|cut| (cut, self.x(cut.units.0), self.x(cut.units.1)))
            .filter(|(_, left, right)| *right >= self.rect.left() && *left <= self.rect.right())
            .collect();
        // The longest are named first; the others stay buttons without words where there is no room.
        cuts.sort_by_key(|(cut, ..)| std::cmp::Reverse(cut.to - cut.from));
        let mut taken: Vec<Rect> = Vec::new();
        for (cut, left, right) in cuts {
            let words = format!("idle {}", format::span(cut.to - cut.from));
            let galley = painter.layout_no_wrap(words.clone(), tick(), t.text);
            let middle = f32::midpoint(left, right);
            let width = galley.size().x + 12.0;
            let place = Rect::from_min_size(
                pos2((middle - width / 2.0).round(), self.rect.top() + 3.0),
                vec2(width.round(), CUT),
            );
            let room = self.rect.shrink2(vec2(1.0, 0.0));
            let push = (room.left() - place.left()).max(0.0) + (room.right() - place.right()).min(0.0);
            let place = beside(place.translate(vec2(push, 0.0)), room, &taken);
            let named = place.width() < room.width()
                && push.abs() < place.width() / 2.0
                && taken.iter().all(|other| !other.expand2(vec2(3.0, 0.0)).intersects(place));
            let place = if named {
                place
            } else {
                Rect::from_x_y_ranges(middle - 4.0..=middle + 4.0, place.y_range())
            };
            if !named && taken.iter().any(|other| other.intersects(place)) {
                continue;
            }
            taken.push(place);
            let id = self.id.with(("cut", cut.from));
            let response =
                node(ui, place, id, Sense::click(), Role::Button, &format!("{words}, restore this stretch"));
            let strong = response.hovered() || response.has_focus();
            let border = if strong { t.accent } else { t.line_strong };
            let ground = if strong { t.hover() } else { t.raised };
            painter.rect(place, RADIUS_CONTROL, ground, Stroke::new(1.0, border), StrokeKind::Inside);
            if named {
                painter.galley(
                    Align2::CENTER_CENTER.align_size_within_rect(galley.size(), place).min,
                    galley,
                    t.text,
                );
            } else {
                zigzag(painter, middle, place.shrink2(vec2(0.0, 4.0)), t.muted);
            }
            if response.clicked() {
                restored = Some(cut.from);
            }
            let hint = format!(
                "{words}, {} to {}\nClick to show this stretch",
                self.zone.custom(cut.from, "%-d %b %H:%M:%S"),
                self.zone.custom(cut.to, "%-d %b %H:%M:%S")
            );
            response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(hint);
        }
        restored
    }

    /// Draws the handle of the playhead at `x`; the place of the axis that it was dragged to.
    pub(super) fn handle_ui(&self, ui: &Ui, x: f32, in_past: bool) -> Option<f64> {
        let painter = ui.painter().with_clip_rect(self.rect);
        if x < self.rect.left() - 1.0 || x > self.rect.right() + 1.0 {
            return None;
        }
        let bottom = self.rect.bottom();
        let rect = Rect::from_min_max(pos2(x - 7.0, bottom - 12.0), pos2(x + 7.0, bottom));
        let label = "Playhead: drag to move it";
        let response = node(ui, rect, self.id.with("playhead"), Sense::drag(), Role::Slider, label)
            .on_hover_cursor(CursorIcon::ResizeHorizontal);
        let color = if in_past { self.t.past_line } else { self.t.accent };
        let points = [(-5.0, -9.0), (5.0, -9.0), (5.0, -4.0), (0.0, 0.0), (-5.0, -4.0)];
        let points = points.map(|(dx, dy)| pos2(x + dx, bottom + dy)).to_vec();
        painter.add(Shape::convex_polygon(points, color, Stroke::NONE));
        let at = response.interact_pointer_pos().filter(|_| response.dragged())?;
        Some(self.span.units_at(at.x - self.rect.left(), self.rect.width()))
    }
}

/// Where a button can stand that others would cover: beside the one that covers it, while it still is where it points.
fn beside(place: Rect, room: Rect, taken: &[Rect]) -> Rect {
    let is_free = |place: Rect| {
        room.contains_rect(place)
            && taken.iter().all(|other| !other.expand2(vec2(3.0, 0.0)).intersects(place))
    };
    let Some(other) = taken.iter().find(|other| other.expand2(vec2(3.0, 0.0)).intersects(place)) else {
        return place;
    };
    let right = place.translate(vec2(other.right() + 4.0 - place.left(), 0.0));
    let left = place.translate(vec2(other.left() - 4.0 - place.right(), 0.0));
    let (near, far) = if place.center().x >= other.center().x { (right, left) } else { (left, right) };
    let reaches = |to: &Rect| (to.center().x - place.center().x).abs() <= place.width() && is_free(*to);
    [near, far].into_iter().find(reaches).unwrap_or(place)
}

/// The line of something that was cut out, downwards through `rect` at `x`.
pub(super) fn zigzag(painter: &Painter, x: f32, rect: Rect, color: Color32) {
    let steps = (rect.height() / 4.0).ceil() as usize;
    let points = (0..=steps).map(|step| {
        let side = if step % 2 == 0 { -2.0 } else { 2.0 };
        pos2(x + side, (rect.top() + step as f32 * 4.0).min(rect.bottom()))
    });
    painter.add(Shape::line(points.collect(), Stroke::new(1.0, color)));
}
