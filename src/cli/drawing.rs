//! Writing a diagram to a file: as SVG, or as PNG where the program can draw one.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use super::Output;
use crate::engine::save_text;
use crate::saga::svg::{Drawing, Palette};

/// Draws a diagram into a PNG at so many percent of its natural size; its width and height in pixels. Needs fonts and
/// a rasteriser, which only a program with a window has.
pub type Rasterise = fn(&Drawing, u16, &Path) -> anyhow::Result<(usize, usize)>;

/// Where a diagram is written to, and how.
#[derive(Args, Debug)]
pub(super) struct DrawingArgs {
    /// Write a picture as SVG
    #[arg(long, value_name = "OUT", group = "drawn")]
    svg: Option<PathBuf>,
    /// Write a picture as PNG
    #[arg(long, value_name = "OUT", group = "drawn")]
    png: Option<PathBuf>,
    /// Size of the PNG in percent of the natural size
    #[arg(long, value_name = "PERCENT", requires = "png", default_value_t = 200, value_parser = clap::value_parser!(u16).range(10..=1_600))]
    scale: u16,
    /// Print what a picture shows in words instead, a line for each thing on it
    #[arg(long, group = "drawn", conflicts_with = "json")]
    words: bool,
    /// On a dark ground
    #[arg(long, requires = "drawn", conflicts_with = "words")]
    dark: bool,
}

impl DrawingArgs {
    /// Whether a picture is asked for.
    pub(super) fn is_wanted(&self) -> bool {
        self.svg.is_some() || self.png.is_some() || self.words
    }

    /// Whether it is asked for in words.
    pub(super) fn is_words(&self) -> bool {
        self.words
    }

    /// Its colours.
    pub(super) fn palette(&self) -> &'static Palette {
        if self.dark { &Palette::DARK } else { &Palette::LIGHT }
    }

    /// Writes it and says so, or prints it.
    pub(super) fn write(&self, drawing: &Drawing, as_json: bool, out: &mut Output) -> anyhow::Result<()> {
        let (path, size) = match (&self.svg, &self.png) {
            (Some(path), _) => {
                save_text(path, &drawing.svg())?;
                (path, (drawing.size.0 as usize, drawing.size.1 as usize))
            }
            (None, Some(path)) => {
                let rasterise = out.rasterise().context(
                    "This build has no window and draws no PNG. Write an SVG with --svg, or build with the feature gui",
                )?;
                (path, rasterise(drawing, self.scale, path)?)
            }
            (None, None) => {
                for line in drawing.words() {
                    out.line(&line)?;
                }
                return Ok(());
            }
        };
        let (width, height) = size;
        if as_json {
            out.json(&json!({ "picture": path, "width": width, "height": height }))?;
        } else {
            out.line(&format!("{width}×{height}  {}", path.display()))?;
        }
        Ok(())
    }
}
