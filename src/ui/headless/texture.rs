//! Textures in memory, sampled as a graphics card does.

use egui::{ImageData, TextureFilter, TextureWrapMode};

/// The pixels of one texture, premultiplied, in gamma space.
#[derive(Default)]
pub(crate) struct Texture {
    width: usize,
    height: usize,
    texels: Vec<[u8; 4]>,
    nearest: bool,
    wrap: TextureWrapMode,
}

impl Texture {
    /// Takes a whole image or a part of one.
    pub(crate) fn update(&mut self, delta: &egui::epaint::ImageDelta) {
        let ImageData::Color(image) = &delta.image;
        let [width, height] = image.size;
        let texel = |color: &egui::Color32| color.to_array();
        match delta.pos {
            None => {
                self.width = width;
                self.height = height;
                self.texels = image.pixels.iter().map(texel).collect();
            }
            Some([left, top]) => {
                for (row, pixels) in image.pixels.chunks(width.max(1)).enumerate().take(height) {
                    let from = (top + row) * self.width + left;
                    if let Some(target) = self.texels.get_mut(from..from + width) {
                        for (slot, color) in target.iter_mut().zip(pixels) {
                            *slot = texel(color);
                        }
                    }
                }
            }
        }
        self.nearest = delta.options.magnification == TextureFilter::Nearest;
        self.wrap = delta.options.wrap_mode;
    }

    fn fetch(&self, x: i64, y: i64) -> [f32; 4] {
        let wrapped = |at: i64, size: usize| {
            let size = size as i64;
            match self.wrap {
                TextureWrapMode::ClampToEdge => at.clamp(0, size - 1),
                TextureWrapMode::Repeat => at.rem_euclid(size),
                TextureWrapMode::MirroredRepeat => {
                    let at = at.rem_euclid(2 * size);
                    if at < size { at } else { 2 * size - 1 - at }
                }
            }
        };
        let at = wrapped(y, self.height) as usize * self.width + wrapped(x, self.width) as usize;
        self.texels.get(at).map_or([0.0; 4], |texel| texel.map(f32::from))
    }

    /// The colour at `u`, `v`, each channel 0 to 255.
    pub(crate) fn sample(&self, u: f32, v: f32) -> [f32; 4] {
        if self.texels.is_empty() {
            return [255.0; 4];
        }
        let (x, y) = (u * self.width as f32, v * self.height as f32);
        if self.nearest {
            return self.fetch(x.floor() as i64, y.floor() as i64);
        }
        let (x, y) = (x - 0.5, y - 0.5);
        let (left, top) = (x.floor(), y.floor());
        let (fx, fy) = (x - left, y - top);
        let (left, top) = (left as i64, top as i64);
        let near = self.fetch(left, top);
        if fx < 1e-3 && fy < 1e-3 {
            return near;
        }
        let across = |a: [f32; 4], b: [f32; 4], share: f32| {
            std::array::from_fn::<f32, 4, _>(|n| a[n] + (b[n] - a[n]) * share)
        };
        let upper = across(near, self.fetch(left + 1, top), fx);
        let lower = across(self.fetch(left, top + 1), self.fetch(left + 1, top + 1), fx);
        across(upper, lower, fy)
    }
}

#[cfg(test)]
mod tests {
    use egui::epaint::ImageDelta;
    use egui::{Color32, ColorImage, TextureOptions};

    use super::*;

    fn image(width: usize, colors: &[Color32]) -> ColorImage {
        ColorImage::new([width, colors.len() / width], colors.to_vec())
    }

    #[test]
    fn sampling_goes_between_texels() {
        let mut texture = Texture::default();
        let colors = [Color32::BLACK, Color32::WHITE];
        texture.update(&ImageDelta::full(image(2, &colors), TextureOptions::LINEAR));
        for (u, expected) in [(0.25, 0.0), (0.5, 127.5), (0.75, 255.0), (0.0, 0.0), (1.0, 255.0)] {
            let [r, ..] = texture.sample(u, 0.5);
            assert!((r - expected).abs() < 0.01, "{u}: {r}");
        }
    }

    #[test]
    fn a_part_replaces_only_its_own_texels() {
        let mut texture = Texture::default();
        texture.update(&ImageDelta::full(image(3, &[Color32::BLACK; 9]), TextureOptions::NEAREST));
        texture.update(&ImageDelta::partial([1, 1], image(2, &[Color32::WHITE; 2]), TextureOptions::NEAREST));
        let white: Vec<bool> = texture.texels.iter().map(|texel| texel[0] == 255).collect();
        assert_eq!(white, [false, false, false, false, true, true, false, false, false]);
    }
}
