//! A picture in memory and as a PNG file. Nothing about how it was drawn.

use std::io;
use std::path::{Path, PathBuf};

use egui::Color32;

/// Opaque pixels, row by row from the top.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    width: usize,
    height: usize,
    rgba: Vec<u8>,
}

/// Why a picture could not be written.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The file could not be written.
    #[error("The picture could not be written: {reason}. Choose a folder you may write to: {}", path.display())]
    Write {
        /// Where to.
        path: PathBuf,
        /// What the system said.
        #[source]
        reason: io::Error,
    },
    /// The picture has no pixels, or more than the format can say.
    #[error("The picture could not be encoded: {0}. Choose a size of at least one pixel")]
    Encode(#[from] png::EncodingError),
}

impl Picture {
    /// A picture of one colour.
    pub fn filled(width: usize, height: usize, color: Color32) -> Self {
        let rgba = [color.r(), color.g(), color.b(), 255].repeat(width * height);
        Self { width, height, rgba }
    }

    /// Pixels in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Red, green, blue and 255 of every pixel.
    pub fn rgba(&self) -> &[u8] {
        &self.rgba
    }

    /// The same, to draw into.
    pub(crate) fn rgba_mut(&mut self) -> &mut [u8] {
        &mut self.rgba
    }

    /// The bytes of [`Picture::rgba`] by value.
    pub fn into_rgba(self) -> Vec<u8> {
        self.rgba
    }

    /// One pixel; black and transparent outside.
    pub fn pixel(&self, x: usize, y: usize) -> [u8; 4] {
        let at = (y * self.width + x) * 4;
        match self.rgba.get(at..at + 4) {
            Some(pixel) if x < self.width => [pixel[0], pixel[1], pixel[2], pixel[3]],
            _ => [0; 4],
        }
    }

    /// The picture as PNG: the same pixels always give the same bytes.
    pub fn png(&self) -> Result<Vec<u8>, PictureError> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Balanced);
        encoder.write_header()?.write_image_data(&self.rgba)?;
        Ok(bytes)
    }

    /// Writes the picture to a file.
    pub fn save_png(&self, path: &Path) -> Result<(), PictureError> {
        let bytes = self.png()?;
        std::fs::write(path, bytes).map_err(|reason| PictureError::Write { path: path.to_owned(), reason })
    }
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({} × {})", self.width, self.height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_png_holds_the_pixels() {
        let mut picture = Picture::filled(3, 2, Color32::WHITE);
        picture.rgba_mut()[..4].copy_from_slice(&[1, 2, 3, 255]);
        let bytes = picture.png().unwrap();
        let mut reader = png::Decoder::new(io::Cursor::new(bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        assert_eq!(pixels, picture.rgba());
        assert_eq!(picture.pixel(0, 0), [1, 2, 3, 255]);
        assert_eq!(picture.pixel(3, 0), [0; 4]);
    }

    #[test]
    fn an_error_says_what_to_do_and_names_the_path_last() {
        let picture = Picture::filled(1, 1, Color32::WHITE);
        let error = picture.save_png(Path::new("/nowhere/at/all.png")).unwrap_err().to_string();
        assert!(error.ends_with("/nowhere/at/all.png"), "{error}");
        assert!(Picture::filled(0, 0, Color32::WHITE).png().is_err());
    }
}
