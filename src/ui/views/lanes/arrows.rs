//! Causes and effects of the selected event as arrows across lanes.

use egui::epaint::CubicBezierShape;
use egui::{Color32, Painter, Pos2, Shape, Stroke, Vec2, vec2};

use super::scene::Scene;
use crate::model::Row;

/// Causes followed back.
pub(super) const CAUSES_MAX: usize = 32;
/// Effects drawn: more would hide the lanes.
const EFFECTS_MAX: usize = 64;
/// From a mark's middle to where an arrow begins and ends.
const GAP: f32 = 8.0;
const HEAD: f32 = 7.0;

/// One arrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) from: Row,
    pub(super) to: Row,
    /// To an effect of the selected event: dashed.
    pub(super) effect: bool,
}

/// The arrows of the selected event whose both ends stand on lanes.
pub(super) fn links(scene: &Scene<'_>) -> Vec<Link> {
    let log = scene.log();
    let Some(selected) = scene.context.navigation.selected.filter(|row| log.contains(*row)) else {
        return Vec::new();
    };
    let mut links = Vec::new();
    let mut to = selected;
    for from in log.causes(selected, CAUSES_MAX) {
        links.push(Link { from, to, effect: false });
        to = from;
    }
    let effects = scene.effects.iter().take(EFFECTS_MAX);
    links.extend(effects.map(|to| Link { from: selected, to: *to, effect: true }));
    links.retain(|link| scene.place_of(link.from).is_some() && scene.place_of(link.to).is_some());
    links
}

/// Draws them.
pub(super) fn paint(scene: &Scene<'_>, painter: &Painter, links: &[Link]) {
    let color = scene.context.tokens.accent;
    for link in links {
        if let (Some(from), Some(to)) = (scene.place_of(link.from), scene.place_of(link.to)) {
            arrow(painter, from, to, link.effect, color);
        }
    }
}

/// An arrow from one mark to another: straight along a lane, else leaving and arriving upright.
fn arrow(painter: &Painter, from: Pos2, to: Pos2, dashed: bool, color: Color32) {
    let stroke = Stroke::new(1.5, color);
    let along = (to.y - from.y).abs() < 1.0;
    let direction =
        if along { vec2((to.x - from.x).signum(), 0.0) } else { vec2(0.0, (to.y - from.y).signum()) };
    if along && (to.x - from.x).abs() < 2.0 * GAP {
        return;
    }
    let (start, tip) = (from + direction * GAP, to - direction * GAP);
    let end = tip - direction * (HEAD - 1.0);
    let bend: Vec2 = if along { vec2(0.0, 0.0) } else { vec2(0.0, (end.y - start.y) * 0.5) };
    let curve = CubicBezierShape::from_points_stroke(
        [start, start + bend, end - bend, end],
        false,
        Color32::TRANSPARENT,
        stroke,
    );
    let path = curve.flatten(Some(0.4));
    // Dashes outside the view would be made as well: long arrows are cut to what is seen first.
    let seen = painter.clip_rect().expand(20.0);
    let is_near = |pair: &[Pos2]| {
        let (a, b) = (pair[0], pair[1]);
        a.x.min(b.x) <= seen.right()
            && a.x.max(b.x) >= seen.left()
            && a.y.min(b.y) <= seen.bottom()
            && a.y.max(b.y) >= seen.top()
    };
    let mut drawn: Vec<Pos2> = Vec::with_capacity(path.len());
    for pair in path.windows(2).filter(|pair| is_near(pair)) {
        let (a, b) = (nearer(pair[0], pair[1], seen), nearer(pair[1], pair[0], seen));
        if drawn.last() != Some(&a) {
            drawn.push(a);
        }
        drawn.push(b);
    }
    if dashed {
        painter.extend(Shape::dashed_line(&drawn, stroke, 4.0, 3.0));
    } else {
        painter.add(Shape::line(drawn, stroke));
    }
    let side = direction.rot90() * (HEAD * 0.45);
    let points = vec![tip, tip - direction * HEAD + side, tip - direction * HEAD - side];
    painter.add(Shape::convex_polygon(points, color, Stroke::NONE));
}

/// `at`, moved along the way to `other` until it is near what is seen.
fn nearer(at: Pos2, other: Pos2, seen: egui::Rect) -> Pos2 {
    let (dx, dy) = (other.x - at.x, other.y - at.y);
    let share = |value: f32, delta: f32, low: f32, high: f32| {
        if delta.abs() < 0.01 {
            0.0
        } else if value < low {
            (low - value) / delta
        } else if value > high {
            (high - value) / delta
        } else {
            0.0
        }
    };
    let along = share(at.x, dx, seen.left(), seen.right()).max(share(at.y, dy, seen.top(), seen.bottom()));
    at + vec2(dx, dy) * along.clamp(0.0, 1.0)
}
