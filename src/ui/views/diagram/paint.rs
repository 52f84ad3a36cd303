//! Paints a drawing: only what is seen, at any size; text that would be too small to read is left out.

use std::borrow::Cow;

use egui::{Color32, Pos2, Rect, Role, Sense, Shape as Paint, Stroke as Pen, StrokeKind, Ui, vec2};

use crate::model::Row;
use crate::saga::pictures::AsOf;
use crate::saga::svg::{Anchor, Drawing, Shape, Spot, Subject};
use crate::ui::theme::{Tokens, body, mix, semibold};
use crate::ui::widgets::{Line, focus_ring, node};

/// The least height of a text: below that it is cut or left out, never made smaller.
const TEXT_LEAST: f32 = 10.0;
/// The fewest points in which a cut text still says something.
const CUT_LEAST: f32 = 24.0;
/// Height of a band of a drawing, in its pixels: what lies in other bands is not looked at.
const BAND: i32 = 512;
/// A shape that lies in more bands is looked at always.
const BANDS_MAX: usize = 8;

/// A drawing, and where in it things lie.
#[derive(Debug)]
pub(super) struct Painting {
    pub(super) drawing: Drawing,
    shapes: Bands,
    spots: Bands,
}

/// What lies in which stretch of a drawing, by its number.
#[derive(Debug, Default)]
struct Bands {
    bands: Vec<Vec<u32>>,
    /// In so many bands that it is in none.
    tall: Vec<u32>,
}

impl Bands {
    fn add(&mut self, number: usize, top: i32, bottom: i32) {
        let from = (top.max(0) / BAND) as usize;
        let to = (bottom.max(top).max(0) / BAND) as usize;
        if to - from >= BANDS_MAX {
            self.tall.push(number as u32);
            return;
        }
        if self.bands.len() <= to {
            self.bands.resize_with(to + 1, Vec::new);
        }
        self.bands[from..=to].iter_mut().for_each(|band| band.push(number as u32));
    }

    /// What may lie between two heights, in order, each once.
    fn within(&self, top: f32, bottom: f32) -> Vec<usize> {
        let band = |y: f32| (y.max(0.0) as usize / BAND as usize).min(self.bands.len());
        let (from, to) = (band(top), (band(bottom) + 1).min(self.bands.len()));
        let bands = self.bands.get(from..to).unwrap_or_default().iter().flatten();
        let mut found: Vec<usize> = bands.chain(&self.tall).map(|number| *number as usize).collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

impl Painting {
    pub(super) fn of(drawing: Drawing) -> Self {
        let (mut shapes, mut spots) = (Bands::default(), Bands::default());
        for (number, shape) in drawing.shapes.iter().enumerate() {
            let (top, bottom) = reach(shape);
            shapes.add(number, top, bottom);
        }
        for (number, spot) in drawing.spots.iter().enumerate() {
            spots.add(number, spot.at.1, spot.at.1 + spot.size.1);
        }
        Self { drawing, shapes, spots }
    }

    /// What stands for something.
    pub(super) fn spot_of(&self, subject: Subject) -> Option<&Spot> {
        self.drawing.spots.iter().find(|spot| spot.subject == subject)
    }
}

/// From which height to which a shape reaches.
fn reach(shape: &Shape) -> (i32, i32) {
    match shape {
        Shape::Text { at, style, .. } => (at.1 - style.size, at.1 + style.size / 2),
        Shape::Rect { at, size, .. } => (at.1, at.1 + size.1),
        Shape::Path { points, .. } => {
            let heights = points.iter().map(|(_, y)| *y);
            (heights.clone().min().unwrap_or(0), heights.max().unwrap_or(0))
        }
    }
}

/// Where a drawing lies.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// Its upper left corner.
    pub(super) origin: Pos2,
    /// Points for each of its pixels.
    pub(super) scale: f32,
}

impl Place {
    fn point(self, (x, y): (i32, i32)) -> Pos2 {
        self.origin + vec2(x as f32, y as f32) * self.scale
    }

    pub(super) fn rect(self, at: (i32, i32), size: (i32, i32)) -> Rect {
        Rect::from_min_size(self.point(at), vec2(size.0 as f32, size.1 as f32) * self.scale)
    }
}

/// `#rrggbb` as a colour.
fn color(text: &str) -> Color32 {
    Color32::from_hex(text).unwrap_or(Color32::GRAY)
}

/// What is drawn in one frame.
struct Canvas<'a> {
    t: &'a Tokens,
    place: Place,
    painter: egui::Painter,
    /// Where texts stand already: of two that would lie on each other the lighter gives way.
    taken: Vec<Rect>,
}

/// How a drawing is shown.
pub(super) struct Manner<'a> {
    /// What stands out.
    pub(super) selected: Option<Subject>,
    /// What is later than the playhead is dimmed.
    pub(super) later: &'a dyn Fn(Row) -> bool,
    /// What is said of an earlier moment in the place of what is said of the end.
    pub(super) as_of: Option<&'a AsOf>,
}

impl Manner<'_> {
    /// The shape at a place, with what it says as of the moment that is shown.
    fn shape<'a>(&self, drawing: &'a Drawing, at: usize) -> Cow<'a, Shape> {
        let other = self.as_of.and_then(|then| {
            let words = [(drawing.title_at, &then.title), (drawing.foot_at, &then.foot)];
            let (_, words) = words.into_iter().find(|(place, _)| *place == Some(at))?;
            drawing.other_words(at, words)
        });
        other.map_or_else(|| Cow::Borrowed(&drawing.shapes[at]), Cow::Owned)
    }
}

/// Draws it; what was clicked.
pub(super) fn drawing_ui(
    ui: &mut Ui,
    t: &Tokens,
    painting: &Painting,
    place: Place,
    manner: &Manner<'_>,
) -> Option<Subject> {
    let Manner { selected, later, as_of } = *manner;
    let seen = ui.clip_rect();
    let drawing = &painting.drawing;
    let height = |y: f32| (y - place.origin.y) / place.scale;
    let (top, bottom) = (height(seen.top()), height(seen.bottom()));
    let spots = painting.spots.within(top, bottom);
    let mut canvas = Canvas { t, place, painter: ui.painter().clone(), taken: Vec::new() };
    for spot in spots.iter().map(|at| &drawing.spots[*at]) {
        if selected == Some(spot.subject) {
            canvas.painter.rect_filled(place.rect(spot.at, spot.size).expand(3.0), 4, t.selection);
        }
    }
    // The first shape is the ground.
    let shapes: Vec<usize> = painting.shapes.within(top, bottom).into_iter().filter(|at| *at > 0).collect();
    let dim = |at: usize| drawing.owners[at].is_some_and(later);
    let in_head = |at: usize| drawing.head > 0 && reach(&drawing.shapes[at]).1 <= drawing.head;
    for at in shapes.iter().filter(|at| !in_head(**at)) {
        canvas.shape(&drawing.shapes[*at], dim(*at), seen);
    }
    for is_bold in [true, false] {
        for at in shapes.iter().filter(|at| !in_head(**at)) {
            canvas.text(&manner.shape(drawing, *at), is_bold, dim(*at), seen);
        }
    }
    let mut chosen = None;
    let title = Rect::from_min_size(place.origin, vec2(1.0, 1.0));
    node(
        ui,
        title,
        ui.scope_id().with("title"),
        Sense::hover(),
        Role::Figure,
        as_of.map_or(&drawing.title, |then| &then.title),
    );
    if !drawing.legend.is_empty() {
        let words = format!("Legend: {}", drawing.legend);
        node(ui, title, ui.scope_id().with("legend"), Sense::hover(), Role::Label, &words);
    }
    for at in spots {
        let spot = &drawing.spots[at];
        if !(drawing.head > 0 && spot.at.1 + spot.size.1 <= drawing.head) {
            chosen = spot_ui(ui, t, at, spot, place, selected, later).or(chosen);
        }
    }
    if drawing.head > 0 {
        chosen = head_ui(ui, t, painting, place, manner).or(chosen);
    }
    chosen
}

/// All of it with nothing to click, from the upper left corner: for a picture of its own.
pub(in crate::ui) fn whole(ui: &Ui, t: &Tokens, drawing: &Drawing, scale: f32) {
    let place = Place { origin: Pos2::ZERO, scale };
    let mut canvas = Canvas { t, place, painter: ui.painter().clone(), taken: Vec::new() };
    // The first shape is the ground; a picture has no rounded corners.
    if let Some(Shape::Rect { at, size, fill, .. }) = drawing.shapes.first() {
        canvas.painter.rect_filled(place.rect(*at, *size), 0, color(fill));
    }
    for shape in drawing.shapes.iter().skip(1) {
        canvas.shape(shape, false, Rect::EVERYTHING);
    }
    for is_bold in [true, false] {
        for shape in &drawing.shapes {
            canvas.text(shape, is_bold, false, Rect::EVERYTHING);
        }
    }
}

/// Points of the head that do not stay above in a view of this height: where the head would take half of it, the title
/// and the legend are scrolled away with the rest.
fn gone(drawing: &Drawing, scale: f32, height: f32) -> f32 {
    let is_short = height < drawing.head as f32 * scale * 2.0;
    if is_short { drawing.names as f32 * scale } else { 0.0 }
}

/// Points of the head that stay.
pub(super) fn kept(drawing: &Drawing, scale: f32, height: f32) -> f32 {
    drawing.head as f32 * scale - gone(drawing, scale, height)
}

/// The part that stays above: drawn last, at the upper edge.
fn head_ui(
    ui: &mut Ui,
    t: &Tokens,
    painting: &Painting,
    place: Place,
    manner: &Manner<'_>,
) -> Option<Subject> {
    let seen = ui.clip_rect();
    let drawing = &painting.drawing;
    let head = drawing.head as f32;
    let gone = gone(drawing, place.scale, seen.height());
    let top = place.origin.y.max(seen.top() - gone);
    let fixed = Place { origin: egui::pos2(place.origin.x, top), ..place };
    let strip =
        Rect::from_min_max(egui::pos2(seen.left(), top), egui::pos2(seen.right(), top + head * place.scale));
    ui.painter().rect_filled(strip, 0, t.surface);
    if place.origin.y < seen.top() - gone {
        ui.painter().hline(strip.x_range(), strip.bottom() - 0.5, Pen::new(1.0, t.line));
    }
    let mut canvas = Canvas { t, place: fixed, painter: ui.painter().clone(), taken: Vec::new() };
    let within = painting.shapes.within(0.0, head);
    let own = |at: &usize| *at > 0 && reach(&drawing.shapes[*at]).1 <= drawing.head;
    let shapes: Vec<Cow<'_, Shape>> =
        within.into_iter().filter(own).map(|at| manner.shape(drawing, at)).collect();
    for shape in &shapes {
        canvas.shape(shape, false, seen);
    }
    for is_bold in [true, false] {
        for shape in &shapes {
            canvas.text(shape, is_bold, false, seen);
        }
    }
    let mut chosen = None;
    for at in painting.spots.within(0.0, head) {
        let spot = &drawing.spots[at];
        if spot.at.1 + spot.size.1 <= drawing.head {
            chosen = spot_ui(ui, t, at, spot, fixed, None, manner.later).or(chosen);
        }
    }
    chosen
}

fn spot_ui(
    ui: &Ui,
    t: &Tokens,
    at: usize,
    spot: &Spot,
    place: Place,
    selected: Option<Subject>,
    later: &dyn Fn(Row) -> bool,
) -> Option<Subject> {
    let rect = place.rect(spot.at, spot.size);
    if !rect.intersects(ui.clip_rect()) {
        return None;
    }
    let is_later = matches!(spot.subject, Subject::Event(row) if later(row));
    let label = if is_later { format!("{}, after the playhead", spot.label) } else { spot.label.clone() };
    let id = ui.scope_id().with(("spot", at));
    let role = match spot.subject {
        Subject::Event(_) | Subject::Type(_) | Subject::Way(_) => Role::ListItem,
        Subject::Line(_) | Subject::Fold(_) => Role::Button,
    };
    let response = node(ui, rect, id, Sense::click(), role, &label);
    if selected == Some(spot.subject) {
        ui.painter().rect_stroke(rect.expand(3.0), 4, Pen::new(1.0, t.accent), StrokeKind::Inside);
    } else if response.hovered() {
        ui.painter().rect_stroke(rect, 4, Pen::new(1.0, t.line_strong), StrokeKind::Inside);
    }
    focus_ring(ui, rect, 4, &response);
    response.on_hover_text(label).clicked().then_some(spot.subject)
}

impl Canvas<'_> {
    /// The colour of a line or box: weaker after the playhead.
    fn ink(&self, text: &str, dim: bool) -> Color32 {
        let color = color(text);
        if dim { mix(self.t.surface, color, 0.4) } else { color }
    }

    /// Boxes and lines.
    fn shape(&self, shape: &Shape, dim: bool, seen: Rect) {
        let (painter, place) = (&self.painter, self.place);
        match shape {
            Shape::Text { .. } => {}
            Shape::Rect { at, size, fill, border } => {
                let rect = place.rect(*at, *size);
                if rect.intersects(seen) {
                    let wide = place.scale.max(1.0);
                    let pen = border.map_or(Pen::NONE, |border| Pen::new(wide, self.ink(border, dim)));
                    let radius = (4.0 * place.scale).min(rect.width() / 4.0);
                    painter.rect(rect, radius, self.ink(fill, dim), pen, StrokeKind::Inside);
                }
            }
            Shape::Path { points, pen } => {
                let traced = pen.trace(points);
                let at = |(x, y): (f32, f32)| place.origin + vec2(x, y) * place.scale;
                let line: Vec<Pos2> = traced.line.iter().map(|point| at(*point)).collect();
                if !Rect::from_points(&line).expand(2.0).intersects(seen) {
                    return;
                }
                let color = self.ink(pen.colour, dim);
                let ink = Pen::new((pen.width as f32 / 10.0 * place.scale).max(1.0), color);
                let (strokes, gaps) = pen.pattern.lengths();
                if strokes.is_empty() {
                    painter.add(Paint::line(line, ink));
                } else {
                    self.broken(&line, ink, strokes, gaps, seen);
                }
                if let Some(head) = traced.head {
                    painter.add(Paint::convex_polygon(head.map(at).to_vec(), color, Pen::NONE));
                }
            }
        }
    }

    /// A broken line, only as far as it is seen: one through a long diagram has a hundred thousand dashes.
    fn broken(&self, line: &[Pos2], ink: Pen, strokes: &[f32], gaps: &[f32], seen: Rect) {
        let scaled = |lengths: &[f32]| -> Vec<f32> {
            lengths.iter().map(|length| (length * self.place.scale).max(1.0)).collect()
        };
        let (strokes, gaps) = (scaled(strokes), scaled(gaps));
        let period: f32 = strokes.iter().chain(&gaps).sum();
        for pair in line.windows(2) {
            let Some([start, end]) = clipped(pair[0], pair[1], seen) else { continue };
            // The dashes stay where they are while the diagram is scrolled.
            let hidden = pair[0].distance(start) % period;
            let start = start - (end - start).normalized() * hidden;
            self.painter.extend(Paint::dashed_line_with_offset(&[start, end], ink, &strokes, &gaps, 0.0));
        }
    }

    /// A text: never so small that it cannot be read. Zoomed out it is cut to the room that it has, and gives way
    /// where another stands.
    fn text(&mut self, shape: &Shape, is_bold: bool, dim: bool, seen: Rect) {
        let Shape::Text { at, anchor, style, mono, text } = shape else { return };
        if style.bold != is_bold {
            return;
        }
        let scale = self.place.scale;
        let at = self.place.point(*at);
        let size = (style.size as f32 * scale).max(TEXT_LEAST);
        if at.y < seen.top() - size || at.y > seen.bottom() + size * 2.0 {
            return;
        }
        let color = if dim { self.t.faint } else { color(style.colour) };
        let font = |size: f32| match (*mono, style.bold) {
            (true, _) => egui::FontId { size, ..crate::ui::theme::mono() },
            (false, true) => semibold(size),
            (false, false) => egui::FontId { size, ..body() },
        };
        let line = |size: f32| Line::new().piece(text, font(size), color);
        let galley = if scale < 1.0 {
            let room = line(style.size as f32).width(&self.painter) * scale;
            let whole = line(size).width(&self.painter);
            if whole > room + 1.0 && room < CUT_LEAST {
                return;
            }
            line(size).layout(&self.painter, room + 1.0)
        } else {
            line(size).layout(&self.painter, f32::INFINITY)
        };
        let left = match anchor {
            Anchor::Start => at.x,
            Anchor::Middle => at.x - galley.size().x / 2.0,
            Anchor::End => at.x - galley.size().x,
        };
        // The point is on the base line, a quarter above the foot.
        let corner = egui::pos2(left, at.y + size * 0.28 - galley.size().y);
        let rect = Rect::from_min_size(corner, galley.size());
        if scale < 1.0 {
            let core = rect.shrink2(vec2(0.0, 2.0));
            if self.taken.iter().any(|other| other.intersects(core)) {
                return;
            }
            self.taken.push(core);
        }
        self.painter.galley(corner, galley, color);
    }
}

/// The part of a line that lies in `seen`, where it is level or upright; else all of it.
fn clipped(from: Pos2, to: Pos2, seen: Rect) -> Option<[Pos2; 2]> {
    let seen = seen.expand(8.0);
    if !Rect::from_two_pos(from, to).intersects(seen) {
        return None;
    }
    let within = |at: Pos2| at.clamp(seen.min, seen.max);
    let is_straight = (from.x - to.x).abs() < 0.5 || (from.y - to.y).abs() < 0.5;
    Some(if is_straight { [within(from), within(to)] } else { [from, to] })
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

    #[test]
    fn where_there_is_little_room_the_names_stay_and_the_title_goes() {
        let mut drawing = Drawing::new(100, 900, "tall", &Palette::DARK);
        (drawing.names, drawing.head) = (60, 90);
        // It is the height on the screen that counts.
        for (scale, height, points) in [(1.0, 400.0, 90), (1.0, 120.0, 30), (2.0, 240.0, 60)] {
            assert_eq!(kept(&drawing, scale, height) as i32, points, "{scale} {height}");
        }
    }

    #[test]
    fn only_what_is_seen_is_looked_at_and_nothing_of_it_is_missed() {
        let mut drawing = Drawing::new(100, 90_000, "long", &Palette::DARK);
        for at in 0..3_000 {
            drawing.rect((0, at * 30), (10, 20), Palette::DARK.raised, None);
        }
        let painting = Painting::of(drawing);
        let found = painting.shapes.within(30_000.0, 30_600.0);
        let in_sight = |at: &usize| (*at as i32 - 1) * 30 + 20 >= 30_000 && (*at as i32 - 1) * 30 <= 30_600;
        assert!((1..=3_000).filter(in_sight).all(|at| found.contains(&at)));
        assert!(found.len() < 60 && found.is_sorted(), "{}", found.len());
        assert_eq!(painting.shapes.within(1e7, 2e7).len(), 1, "the ground is everywhere");
    }
}
