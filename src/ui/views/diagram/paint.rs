//! Paints a drawing: only what is seen, at any size; text that would be too small to read is left out.

use egui::{Align2, Color32, Pos2, Rect, Role, Sense, Shape as Paint, Stroke as Pen, StrokeKind, Ui, vec2};

use crate::saga::svg::{Anchor, Drawing, Shape, Subject};
use crate::ui::theme::{Tokens, body, semibold};
use crate::ui::widgets::{focus_ring, node};

/// The least height of a text that can be read, in points.
const TEXT_LEAST: f32 = 5.0;

/// Where a drawing lies.
#[derive(Clone, Copy)]
pub(in crate::ui) struct Place {
    /// Its upper left corner.
    pub(in crate::ui) origin: Pos2,
    /// Points for each of its pixels.
    pub(in crate::ui) scale: f32,
}

impl Place {
    fn point(self, (x, y): (i32, i32)) -> Pos2 {
        self.origin + vec2(x as f32, y as f32) * self.scale
    }

    fn rect(self, at: (i32, i32), size: (i32, i32)) -> Rect {
        Rect::from_min_size(self.point(at), vec2(size.0 as f32, size.1 as f32) * self.scale)
    }
}

/// `#rrggbb` as a colour.
fn color(text: &str) -> Color32 {
    Color32::from_hex(text).unwrap_or(Color32::GRAY)
}

/// Draws it; what was clicked. What is `later` than the playhead is dimmed.
pub(super) fn drawing_ui(
    ui: &mut Ui,
    t: &Tokens,
    drawing: &Drawing,
    place: Place,
    selected: Option<Subject>,
    later: &dyn Fn(Subject) -> bool,
) -> Option<Subject> {
    let seen = ui.clip_rect();
    let mut chosen = None;
    // Behind the shapes: the first of them is the ground.
    for (at, shape) in drawing.shapes.iter().enumerate() {
        if at > 0 {
            paint(ui, place, seen, shape);
        }
        if at == 0 {
            for spot in drawing.spots.iter().filter(|spot| selected == Some(spot.subject)) {
                ui.painter().rect_filled(place.rect(spot.at, spot.size), 4, t.selection);
            }
        }
    }
    let title = Rect::from_min_size(place.origin, vec2(1.0, 1.0));
    node(ui, title, ui.scope_id().with("title"), Sense::hover(), Role::Figure, &drawing.title);
    for (at, spot) in drawing.spots.iter().enumerate() {
        let rect = place.rect(spot.at, spot.size);
        if !rect.intersects(seen) {
            continue;
        }
        if later(spot.subject) {
            ui.painter().rect_filled(rect, 0, t.surface.gamma_multiply(0.55));
        }
        let id = ui.scope_id().with(("spot", at));
        let response = node(ui, rect, id, Sense::click(), Role::ListItem, &spot.label);
        if response.hovered() {
            ui.painter().rect_stroke(rect, 4, Pen::new(1.0, t.line_strong), StrokeKind::Inside);
        }
        focus_ring(ui, rect, 4, &response);
        if response.on_hover_text(&spot.label).clicked() {
            chosen = Some(spot.subject);
        }
    }
    chosen
}

/// One shape, where something of it is seen.
pub(in crate::ui) fn paint(ui: &Ui, place: Place, seen: Rect, shape: &Shape) {
    let painter = ui.painter();
    match shape {
        Shape::Text { at, anchor, style, text } => {
            let at = place.point(*at);
            let size = style.size as f32 * place.scale;
            if size < TEXT_LEAST || at.y < seen.top() - size || at.y > seen.bottom() + size * 2.0 {
                return;
            }
            let font = if style.bold { semibold(size) } else { egui::FontId { size, ..body() } };
            let align = match anchor {
                Anchor::Start => Align2::LEFT_BOTTOM,
                Anchor::Middle => Align2::CENTER_BOTTOM,
            };
            // The point is on the base line, a quarter above the foot.
            painter.text(at + vec2(0.0, size * 0.28), align, text, font, color(style.colour));
        }
        Shape::Rect { at, size, fill, border } => {
            let rect = place.rect(*at, *size);
            if rect.intersects(seen) {
                let pen = border.map_or(Pen::NONE, |border| Pen::new(1.0, color(border)));
                let radius = (4.0 * place.scale).min(rect.width() / 4.0);
                painter.rect(rect, radius, color(fill), pen, StrokeKind::Inside);
            }
        }
        Shape::Path { points, stroke } => {
            let points: Vec<Pos2> = points.iter().map(|point| place.point(*point)).collect();
            if !Rect::from_points(&points).expand(2.0).intersects(seen) {
                return;
            }
            let pen = Pen::new(1.5, color(stroke.colour));
            if stroke.dashed {
                painter.extend(Paint::dashed_line(&points, pen, 5.0, 4.0));
            } else {
                painter.add(Paint::line(points.clone(), pen));
            }
            if let (true, [.., before, last]) = (stroke.arrow, points.as_slice()) {
                let along = (*last - *before).normalized() * 7.0 * place.scale.max(0.6);
                let across = vec2(-along.y, along.x) * 0.5;
                let head = vec![*last, *last - along + across, *last - along - across];
                painter.add(Paint::convex_polygon(head, color(stroke.colour), Pen::NONE));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use egui::pos2;

    use super::*;
    use crate::saga::svg::Palette;
    use crate::ui::theme::Theme;

    #[test]
    fn a_place_scales_and_moves() {
        let place = Place { origin: pos2(10.0, 20.0), scale: 0.5 };
        assert_eq!(place.point((100, 40)), pos2(60.0, 40.0));
        assert_eq!(place.rect((0, 0), (20, 10)), Rect::from_min_size(pos2(10.0, 20.0), vec2(10.0, 5.0)));
    }

    #[test]
    fn colours_of_drawings_are_those_of_the_window() {
        for (palette, theme) in [(Palette::DARK, Theme::Dark), (Palette::LIGHT, Theme::Light)] {
            let t = theme.tokens();
            assert_eq!((color(palette.accent), color(palette.surface)), (t.accent, t.surface));
            assert_eq!((color(palette.text), color(palette.muted)), (t.text, t.muted));
        }
    }
}
