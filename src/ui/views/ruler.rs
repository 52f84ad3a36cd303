//! The ruler above views on a time axis: round times, cuts of idle time as buttons, and the handle of the playhead.
//! What a click does is the view's.

mod cuts;
mod offsets;

use egui::{Color32, CursorIcon, Id, Painter, Rect, Role, Sense, Shape, Stroke, Ui, pos2};

use super::span::Span;
use crate::index::TimeAxis;
use crate::ui::format::Zone;
use crate::ui::theme::{Tokens, tick};
use crate::ui::ticks::Step;
use crate::ui::widgets::node;

pub(super) use cuts::CutAct;

/// Height of the ruler.
pub(super) const RULER: f32 = 44.0;
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
    /// Where times count from, where they are told as what has passed since; else they are those of the clock.
    pub(super) origin: Option<i64>,
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
        let step = if self.origin.is_some() {
            Step::at_least(per_point * offsets::APART)
        } else {
            let rough = Step::at_least(per_point * 60.0);
            Step::at_least(per_point * f64::from(rough.text_width() + 34.0))
        };
        let (first, last) = (axis.nanos_at(self.span.from), axis.nanos_at(self.span.to()));
        let mut lines = Vec::new();
        let mut from = first;
        let mut previous = None;
        let mut stretch = |from: i64, to: i64, after_cut: bool| {
            let places = match self.origin {
                Some(origin) => offsets::places(step, origin, from, to),
                None => step.places(zone, from, to),
            };
            let mut times: Vec<(i64, bool)> = places.into_iter().map(|nanos| (nanos, true)).collect();
            if after_cut && step.is_within_days() && times.first().is_none_or(|(nanos, _)| *nanos != from) {
                times.insert(0, (from, false));
            }
            for (nanos, round) in times {
                let text = match self.origin {
                    Some(origin) => (offsets::text(step, nanos.saturating_sub(origin), round), false),
                    None => step.text(zone, nanos, previous),
                };
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

/// The line of something that was cut out, downwards through `rect` at `x`.
pub(super) fn zigzag(painter: &Painter, x: f32, rect: Rect, color: Color32) {
    let steps = (rect.height() / 4.0).ceil() as usize;
    let points = (0..=steps).map(|step| {
        let side = if step % 2 == 0 { -2.0 } else { 2.0 };
        pos2(x + side, (rect.top() + step as f32 * 4.0).min(rect.bottom()))
    });
    painter.add(Shape::line(points.collect(), Stroke::new(1.0, color)));
}
