//! The critical path in the window: one line below the bars that decided how long the saga took, dimmed after the playhead.

use std::sync::{Arc, PoisonError};

use egui::{Painter, Pos2, Shape, Stroke, pos2};

use super::super::span::Span;
use super::Scene;
use super::bars::BAR;
use super::picture::OneSaga;
use crate::saga::{Leg, legs};

/// From the middle of a line to the path.
const BELOW: f32 = BAR / 2.0 + 3.0;

/// Which part of the axis is seen, and where.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct View {
    span: Span,
    plot: (f32, f32),
}

/// The path as far as it is seen: worked out once for a part of the axis, for it may have a hundred thousand stretches.
pub(super) fn course(scene: &Scene<'_>, one: &OneSaga) -> Arc<[Leg]> {
    let view = View { span: scene.ruler.span, plot: (scene.plot.left(), scene.plot.right()) };
    let mut known = one.course.lock().unwrap_or_else(PoisonError::into_inner);
    match &*known {
        Some((of, course)) if *of == view => Arc::clone(course),
        _ => {
            let course: Arc<[Leg]> = worked_out(scene, one).into();
            *known = Some((view, Arc::clone(&course)));
            course
        }
    }
}

fn worked_out(scene: &Scene<'_>, one: &OneSaga) -> Vec<Leg> {
    let (from, to) = scene.times();
    let begin = one.path.partition_point(|stretch| stretch.to < from);
    let end = one.path.partition_point(|stretch| stretch.from <= to);
    let seen = one.path[begin.min(end)..end].iter();
    legs(seen.map(|stretch| Leg { from: scene.x(stretch.from), to: scene.x(stretch.to), line: stretch.line }))
}

/// Where the path crosses a line, or begins or ends on it, from the left.
pub(super) fn turns_across(course: &[Leg], line: u32) -> Vec<f32> {
    let turns = course.windows(2).filter(|pair| {
        let (one, other) = (pair[0].line, pair[1].line);
        (one.min(other)..=one.max(other)).contains(&line)
    });
    turns.map(|pair| pair[1].from).collect()
}

/// Draws it: what lies after the playhead is dimmed.
pub(super) fn path_ui(scene: &Scene<'_>, painter: &Painter, course: &[Leg]) {
    let t = scene.context.tokens;
    let Some((first, top)) = scene.seen.first() else { return };
    let y = |line: u32| top.center().y + (line as f32 - *first as f32) * scene.line_height + BELOW;
    let corners = course.iter().flat_map(|leg| [pos2(leg.from, y(leg.line)), pos2(leg.to, y(leg.line))]);
    let corners: Vec<Pos2> = corners.map(|corner| pos2(corner.x.round(), corner.y.round())).collect();
    let clip = painter.clip_rect();
    let playhead = if scene.in_past { scene.playhead.clamp(clip.left(), clip.right()) } else { clip.right() };
    for (clip, color) in [(clip.with_min_x(playhead), t.line_strong), (clip.with_max_x(playhead), t.accent)] {
        let shape = Shape::line(corners.clone(), Stroke::new(2.0, color));
        painter.with_clip_rect(clip).add(shape);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leg(from: f32, to: f32, line: u32) -> Leg {
        Leg { from, to, line }
    }

    #[test]
    fn a_turn_is_in_the_way_of_the_lines_between() {
        let course = [leg(0.0, 30.0, 0), leg(30.0, 60.0, 3), leg(60.0, 90.0, 2)];
        assert_eq!(turns_across(&course, 1), [30.0]);
        assert_eq!(turns_across(&course, 3), [30.0, 60.0]);
        assert!(turns_across(&course, 4).is_empty());
    }
}
