//! Triangles to pixels: the CPU twin of egui's shader. Corners are snapped to 1/256 pixel and covered by
//! exact integer edges with the top-left rule, so that neighbours neither overlap nor leave a seam, and
//! every run draws the same. Colours are multiplied and blended in gamma space, premultiplied, as glow does.

use std::collections::BTreeMap;

use egui::epaint::{Mesh, Primitive, Vertex};
use egui::{ClippedPrimitive, Color32, Context, FullOutput, Rect, TextureId, TexturesDelta, Vec2};

use crate::ui::headless::picture::Picture;
use crate::ui::headless::texture::Texture;

/// Steps of a pixel that a corner is snapped to.
const SUB: i64 = 256;

/// Draws tessellated frames; keeps the textures between them.
#[derive(Default)]
pub struct Rasteriser {
    textures: BTreeMap<TextureId, Texture>,
}

impl Rasteriser {
    /// Takes new and changed textures, and drops those that were freed. Leaves `delta` empty.
    pub fn apply(&mut self, delta: &mut TexturesDelta) {
        let mut changed: Vec<_> = delta.set.drain().collect();
        changed.sort_by_key(|(id, _)| *id);
        for (id, deltas) in changed {
            let texture = self.textures.entry(id).or_default();
            for part in &deltas {
                texture.update(part);
            }
        }
        self.textures.retain(|id, _| !delta.free.contains(id));
        delta.clear();
    }

    /// Tessellates and draws a frame of `size` points. Its textures must have been applied.
    pub fn draw_output(
        &self,
        ctx: &Context,
        output: &FullOutput,
        size: Vec2,
        background: Color32,
    ) -> Picture {
        let scale = output.pixels_per_point;
        let primitives = ctx.tessellate(output.shapes.clone(), scale);
        let pixels = |points: f32| (points * scale).round().max(0.0) as usize;
        let mut picture = Picture::filled(pixels(size.x), pixels(size.y), background);
        self.draw(&mut picture, &primitives, scale);
        picture
    }

    /// Draws primitives over what the picture holds.
    pub fn draw(&self, picture: &mut Picture, primitives: &[ClippedPrimitive], pixels_per_point: f32) {
        for ClippedPrimitive { clip_rect, primitive } in primitives {
            let Primitive::Mesh(mesh) = primitive else { continue };
            let Some(clip) = Clip::new(*clip_rect, pixels_per_point, picture) else { continue };
            let fallback = Texture::default();
            let texture = self.textures.get(&mesh.texture_id).unwrap_or(&fallback);
            draw_mesh(picture, mesh, texture, clip, pixels_per_point);
        }
    }
}

/// The pixels that may be drawn: columns `left..right`, rows `top..bottom`.
#[derive(Clone, Copy)]
struct Clip {
    left: i64,
    right: i64,
    top: i64,
    bottom: i64,
}

impl Clip {
    fn new(rect: Rect, scale: f32, picture: &Picture) -> Option<Self> {
        let pixel = |points: f32, limit: usize| ((points * scale).round() as i64).clamp(0, limit as i64);
        let clip = Self {
            left: pixel(rect.min.x, picture.width()),
            right: pixel(rect.max.x, picture.width()),
            top: pixel(rect.min.y, picture.height()),
            bottom: pixel(rect.max.y, picture.height()),
        };
        (clip.left < clip.right && clip.top < clip.bottom).then_some(clip)
    }
}

fn draw_mesh(picture: &mut Picture, mesh: &Mesh, texture: &Texture, clip: Clip, scale: f32) {
    for corners in mesh.indices.chunks_exact(3) {
        let vertex = |n: usize| mesh.vertices.get(corners[n] as usize);
        if let (Some(a), Some(b), Some(c)) = (vertex(0), vertex(1), vertex(2)) {
            draw_triangle(picture, [a, b, c], texture, clip, scale);
        }
    }
}

/// One side of a triangle: `at(x, y)` is positive inside, in units of 1/SUB² pixel².
#[derive(Clone, Copy)]
struct Edge {
    per_x: i64,
    per_y: i64,
    base: i64,
    /// Zero for top and left sides, which own the pixels exactly on them, else one.
    bias: i64,
}

impl Edge {
    fn new(from: (i64, i64), to: (i64, i64)) -> Self {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let top_left = dy < 0 || (dy == 0 && dx > 0);
        Self { per_x: -dy, per_y: dx, base: dy * from.0 - dx * from.1, bias: i64::from(!top_left) }
    }

    /// The value at the middle of a pixel.
    fn at(&self, x: i64, y: i64) -> i64 {
        self.base + self.per_x * (x * SUB + SUB / 2) + self.per_y * (y * SUB + SUB / 2)
    }

    /// Narrows `left..right` to the pixels of row `y` on the inner side.
    fn narrow(&self, y: i64, left: &mut i64, right: &mut i64) {
        let start = self.at(0, y) - self.bias;
        let step = self.per_x * SUB;
        match step.cmp(&0) {
            std::cmp::Ordering::Greater => *left = (*left).max(-(start.div_euclid(step))),
            std::cmp::Ordering::Less => *right = (*right).min(start.div_euclid(-step) + 1),
            std::cmp::Ordering::Equal if start < 0 => *right = *left,
            std::cmp::Ordering::Equal => (),
        }
    }
}

fn draw_triangle(picture: &mut Picture, corners: [&Vertex; 3], texture: &Texture, clip: Clip, scale: f32) {
    let [a, mut b, mut c] = corners;
    let snap = |vertex: &Vertex| {
        let snap = |points: f32| (f64::from(points * scale) * SUB as f64).round() as i64;
        (snap(vertex.pos.x), snap(vertex.pos.y))
    };
    let (pa, mut pb, mut pc) = (snap(a), snap(b), snap(c));
    let mut area = (pb.0 - pa.0) * (pc.1 - pa.1) - (pb.1 - pa.1) * (pc.0 - pa.0);
    if area == 0 {
        return;
    }
    if area < 0 {
        std::mem::swap(&mut b, &mut c);
        std::mem::swap(&mut pb, &mut pc);
        area = -area;
    }
    // Each edge weighs the corner opposite to it.
    let edges = [Edge::new(pb, pc), Edge::new(pc, pa), Edge::new(pa, pb)];
    let rows = [pa.1, pb.1, pc.1];
    let columns = [pa.0, pb.0, pc.0];
    let floor = |values: [i64; 3]| values.iter().min().map_or(0, |least| least.div_euclid(SUB));
    let ceil = |values: [i64; 3]| values.iter().max().map_or(0, |most| most.div_euclid(SUB) + 1);
    let fill = Fill::new([a, b, c], texture, area);
    for y in floor(rows).max(clip.top)..ceil(rows).min(clip.bottom) {
        let (mut left, mut right) = (floor(columns).max(clip.left), ceil(columns).min(clip.right));
        for edge in &edges {
            edge.narrow(y, &mut left, &mut right);
        }
        if left >= right {
            continue;
        }
        let from = (y as usize * picture.width() + left as usize) * 4;
        let to = (y as usize * picture.width() + right as usize) * 4;
        fill.row(&mut picture.rgba_mut()[from..to], &edges, left, y);
    }
}

/// What a triangle is filled with.
enum Fill<'a> {
    /// One colour, premultiplied, 0 to 255.
    Flat([f32; 4]),
    /// Colours blended between the corners.
    Shaded([&'a Vertex; 3], f32, [f32; 4]),
    /// The same, times a texture: glyphs.
    Textured([&'a Vertex; 3], f32, &'a Texture),
}

impl<'a> Fill<'a> {
    fn new(corners: [&'a Vertex; 3], texture: &'a Texture, area: i64) -> Self {
        let [a, b, c] = corners;
        let per_area = 1.0 / area as f32;
        if a.uv != b.uv || b.uv != c.uv {
            return Self::Textured(corners, per_area, texture);
        }
        let texel = texture.sample(a.uv.x, a.uv.y);
        if a.color == b.color && b.color == c.color {
            return Self::Flat(times(a.color.to_array().map(f32::from), texel));
        }
        Self::Shaded(corners, per_area, texel)
    }

    fn row(&self, pixels: &mut [u8], edges: &[Edge; 3], left: i64, y: i64) {
        match self {
            Self::Flat(color) => {
                for pixel in pixels.chunks_exact_mut(4) {
                    blend(pixel, *color);
                }
            }
            Self::Shaded(corners, per_area, texel) => {
                for (pixel, x) in pixels.chunks_exact_mut(4).zip(left..) {
                    let weights = edges.map(|edge| edge.at(x, y) as f32 * per_area);
                    blend(pixel, times(shade(corners, weights), *texel));
                }
            }
            Self::Textured(corners, per_area, texture) => {
                for (pixel, x) in pixels.chunks_exact_mut(4).zip(left..) {
                    let weights = edges.map(|edge| edge.at(x, y) as f32 * per_area);
                    let uv = |pick: fn(&Vertex) -> f32| {
                        corners.iter().zip(weights).map(|(corner, weight)| pick(corner) * weight).sum::<f32>()
                    };
                    let texel = texture.sample(uv(|v| v.uv.x), uv(|v| v.uv.y));
                    if texel[3] > 0.0 {
                        blend(pixel, times(shade(corners, weights), texel));
                    }
                }
            }
        }
    }
}

/// The colour between the corners.
fn shade(corners: &[&Vertex; 3], weights: [f32; 3]) -> [f32; 4] {
    let colors = corners.map(|corner| corner.color.to_array());
    std::array::from_fn(|n| (0..3).map(|corner| f32::from(colors[corner][n]) * weights[corner]).sum())
}

fn times(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
    std::array::from_fn(|n| a[n] * b[n] / 255.0)
}

/// Lays a premultiplied colour over an opaque pixel.
fn blend(pixel: &mut [u8], over: [f32; 4]) {
    let rest = 1.0 - over[3] / 255.0;
    for (channel, over) in pixel.iter_mut().zip(over).take(3) {
        *channel = (over + f32::from(*channel) * rest + 0.5) as u8;
    }
}

#[cfg(test)]
mod tests {
    use egui::epaint::WHITE_UV;
    use egui::{Pos2, pos2};
    use proptest::prelude::*;

    use super::*;

    fn triangle(corners: [Pos2; 3], color: Color32) -> ClippedPrimitive {
        let vertex = |pos| Vertex { pos, uv: WHITE_UV, color };
        let mesh = Mesh { indices: vec![0, 1, 2], vertices: corners.map(vertex).to_vec(), ..Mesh::default() };
        ClippedPrimitive { clip_rect: Rect::EVERYTHING, primitive: Primitive::Mesh(mesh) }
    }

    #[test]
    fn half_transparent_white_on_black_is_grey() {
        let mut picture = Picture::filled(2, 2, Color32::BLACK);
        let half = Color32::from_white_alpha(128);
        let all = [pos2(-9.0, -9.0), pos2(40.0, -9.0), pos2(-9.0, 40.0)];
        Rasteriser::default().draw(&mut picture, &[triangle(all, half)], 1.0);
        assert_eq!(picture.pixel(1, 1), [128, 128, 128, 255]);
    }

    #[test]
    fn nothing_is_drawn_outside_the_clip() {
        let mut picture = Picture::filled(4, 4, Color32::BLACK);
        let mut primitive = triangle([pos2(-9.0, -9.0), pos2(40.0, -9.0), pos2(-9.0, 40.0)], Color32::WHITE);
        primitive.clip_rect = Rect::from_min_max(pos2(1.0, 1.0), pos2(3.0, 2.0));
        Rasteriser::default().draw(&mut picture, &[primitive], 1.0);
        let white: Vec<(usize, usize)> = (0..4)
            .flat_map(|y| (0..4).map(move |x| (x, y)))
            .filter(|(x, y)| picture.pixel(*x, *y)[0] == 255)
            .collect();
        assert_eq!(white, [(1, 1), (2, 1)]);
    }

    proptest! {
        /// Four triangles around a point inside a square cover each of its pixels once: no seam, no overlap.
        #[test]
        fn triangles_that_share_sides_cover_each_pixel_once(
            x in 1.0_f32..31.0,
            y in 1.0_f32..31.0,
        ) {
            let mut picture = Picture::filled(32, 32, Color32::BLACK);
            let square = [pos2(0.0, 0.0), pos2(32.0, 0.0), pos2(32.0, 32.0), pos2(0.0, 32.0)];
            let faint = Color32::from_white_alpha(64);
            let parts: Vec<ClippedPrimitive> = (0..4)
                .map(|n| triangle([square[n], square[(n + 1) % 4], pos2(x, y)], faint))
                .collect();
            Rasteriser::default().draw(&mut picture, &parts, 1.0);
            for row in 0..32 {
                for column in 0..32 {
                    prop_assert_eq!(picture.pixel(column, row)[0], 64, "{}, {}", column, row);
                }
            }
        }
    }
}
