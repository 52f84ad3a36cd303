//! A diagram of the engine as a picture of its own, at any size: what "Save as PNG" and `--png` write. What is on
//! screen has nothing to do with it: the whole diagram is drawn.

use egui::vec2;

use super::{Headless, Picture};
use crate::saga::svg::Drawing;
use crate::ui::theme::Theme;
use crate::ui::views::diagram::paint::whole;

/// Pixels of the largest picture: 256 MB while it is drawn.
const PIXELS_MAX: u64 = 64 << 20;

/// A picture that cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub enum DrawError {
    /// It does not fit.
    #[error(
        "The picture would be {width}×{height} pixels, more than can be drawn: choose at most {fits} %, or save it \
         as SVG"
    )]
    TooLarge {
        /// Pixels in a row.
        width: u64,
        /// Rows.
        height: u64,
        /// The largest percentage that fits.
        fits: u64,
    },
}

/// Draws all of it at so many percent of its natural size.
pub fn draw(drawing: &Drawing, percent: u16) -> Result<Picture, DrawError> {
    let side = |length: i32| (length.max(1) as u64 * u64::from(percent)).div_ceil(100).max(1);
    let (width, height) = (side(drawing.size.0), side(drawing.size.1));
    if width * height > PIXELS_MAX {
        let natural = drawing.size.0.max(1) as u64 * drawing.size.1.max(1) as u64;
        return Err(DrawError::TooLarge { width, height, fits: (PIXELS_MAX * 10_000 / natural).isqrt() });
    }
    // Colours are those of the drawing; the theme has no say.
    // A small picture is the natural one with fewer pixels, so that nothing is cut: no letter is kept large in it, for
    // there is nobody to read what a pointer would tell.
    let pixels = f32::from(percent.min(100)) / 100.0;
    let points = vec2(width as f32, height as f32) / pixels;
    let mut window = Headless::new(points, Theme::Light).with_pixels_per_point(pixels).with_system_fonts();
    window.run(|ui| whole(ui, &Theme::Light.tokens(), drawing, f32::from(percent.max(100)) / 100.0));
    Ok(window.picture())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saga::svg::{Anchor, Palette, Style};

    #[test]
    fn a_diagram_is_drawn_whole_at_any_size() {
        let p = &Palette::DARK;
        let mut drawing = Drawing::new(200, 60, "Test", p);
        drawing.rect((190, 50), (10, 10), p.failed, None);
        drawing.text((10, 30), Anchor::Start, Style { size: 12, bold: false, colour: p.text }, "paid");
        for percent in [50, 100, 300] {
            let picture = draw(&drawing, percent).unwrap();
            let size = |length: usize| length * usize::from(percent) / 100;
            assert_eq!((picture.width(), picture.height()), (size(200), size(60)));
            assert_eq!(picture.pixel(0, 0)[..3], [0x14, 0x17, 0x1B], "the ground is that of the drawing");
            let corner = picture.pixel(size(195), size(55));
            assert_eq!(corner[..3], [0xFF, 0x91, 0x76], "{percent}");
        }
        let error = draw(&Drawing::new(2_000, 100_000, "Long", p), 100).unwrap_err().to_string();
        assert!(error.contains("at most 57 %"), "{error}");
        assert!(draw(&Drawing::new(2_000, 100_000, "Long", p), 57).is_ok());
    }
}
