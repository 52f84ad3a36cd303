//! The pen of the icons: strokes of 1.6 on a grid of 12 × 12, scaled into a square.

use std::f32::consts::TAU;

use egui::epaint::PathShape;
use egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, pos2, vec2};

/// Side of the grid.
const GRID: f32 = 12.0;
/// Width of a stroke on the grid.
const WIDTH: f32 = 1.6;

/// Draws in the coordinates of the grid.
pub(crate) struct Pen<'a> {
    painter: &'a Painter,
    origin: Pos2,
    scale: f32,
    color: Color32,
}

impl<'a> Pen<'a> {
    /// A pen over the largest square in the middle of `rect`.
    pub(crate) fn new(painter: &'a Painter, rect: Rect, color: Color32) -> Self {
        let side = rect.width().min(rect.height());
        // On whole pixels, so that straight strokes are as sharp as those of the neighbour.
        let pixels = painter.pixels_per_point();
        let corner = rect.center() - vec2(side, side) / 2.0;
        let origin = pos2((corner.x * pixels).round() / pixels, (corner.y * pixels).round() / pixels);
        Self { painter, origin, scale: side / GRID, color }
    }

    fn at(&self, (x, y): (f32, f32)) -> Pos2 {
        self.origin + vec2(x, y) * self.scale
    }

    fn stroke(&self) -> Stroke {
        // Large icons (the logo on the welcome page) stay as light as text: the stroke grows slower.
        Stroke::new(WIDTH * self.scale.min(1.0) + 0.7 * (self.scale - 1.0).max(0.0), self.color)
    }

    fn points(&self, points: &[(f32, f32)]) -> Vec<Pos2> {
        points.iter().map(|point| self.at(*point)).collect()
    }

    /// An open line.
    pub(crate) fn line(&self, points: &[(f32, f32)]) {
        self.painter.add(Shape::line(self.points(points), self.stroke()));
    }

    /// A closed outline.
    pub(crate) fn outline(&self, points: &[(f32, f32)]) {
        self.painter.add(Shape::closed_line(self.points(points), self.stroke()));
    }

    /// A filled convex shape.
    pub(crate) fn fill(&self, points: &[(f32, f32)]) {
        self.painter.add(PathShape::convex_polygon(self.points(points), self.color, Stroke::NONE));
    }

    /// A circle.
    pub(crate) fn ring(&self, center: (f32, f32), radius: f32) {
        self.painter.circle_stroke(self.at(center), radius * self.scale, self.stroke());
    }

    /// A filled circle.
    pub(crate) fn dot(&self, center: (f32, f32), radius: f32) {
        self.painter.circle_filled(self.at(center), radius * self.scale, self.color);
    }

    /// A part of a circle, in turns clockwise from three o'clock.
    pub(crate) fn arc(&self, center: (f32, f32), radius: f32, from: f32, to: f32) {
        const STEPS: u16 = 20;
        let points: Vec<(f32, f32)> = (0..=STEPS)
            .map(|step| {
                let turn = (from + (to - from) * f32::from(step) / f32::from(STEPS)) * TAU;
                (center.0 + radius * turn.cos(), center.1 + radius * turn.sin())
            })
            .collect();
        self.line(&points);
    }

    /// A rectangle with rounded corners.
    pub(crate) fn rect(&self, min: (f32, f32), max: (f32, f32), radius: f32) {
        let rect = Rect::from_min_max(self.at(min), self.at(max));
        self.painter.rect_stroke(rect, radius * self.scale, self.stroke(), StrokeKind::Middle);
    }

    /// A filled rectangle.
    pub(crate) fn bar(&self, min: (f32, f32), max: (f32, f32)) {
        self.painter.rect_filled(
            Rect::from_min_max(self.at(min), self.at(max)),
            0.5 * self.scale,
            self.color,
        );
    }
}
