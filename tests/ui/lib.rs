//! Tests of the window, in a package of their own so that the engine tests never compile egui. Here is what
//! they share: a harness that is dressed like the window and drawn by CPU, with no display and no driver.

pub mod window;

use egui_kittest::{HarnessBuilder, SnapshotOptions, TestRenderer};
use image::RgbaImage;
use sagascope::ui::fonts::{self, Fallback};
use sagascope::ui::headless::Rasteriser;
use sagascope::ui::theme::{self, Theme, Tokens};

/// Draws kittest's frames by CPU.
#[derive(Default)]
pub struct CpuRenderer(Rasteriser);

impl TestRenderer for CpuRenderer {
    fn handle_delta(&mut self, delta: &mut egui::TexturesDelta) {
        self.0.apply(delta);
    }

    fn render(&mut self, ctx: &egui::Context, output: &egui::FullOutput) -> Result<RgbaImage, String> {
        let size = ctx.viewport_rect().size();
        let picture = self.0.draw_output(ctx, output, size, Tokens::of(ctx).surface);
        let (width, height) = (picture.width() as u32, picture.height() as u32);
        RgbaImage::from_raw(width, height, picture.into_rgba()).ok_or_else(|| "a row is missing".to_owned())
    }
}

/// A harness in a theme, with the bundled fonts, no transitions and the CPU renderer.
pub fn harness<State>(theme: Theme) -> HarnessBuilder<State> {
    HarnessBuilder::default()
        .with_theme(theme.to_egui())
        .with_render_cursor(false)
        .with_options(snapshots())
        .renderer(CpuRenderer::default())
        .with_context_setup(move |ctx| {
            fonts::install(ctx, Fallback::BundledOnly);
            theme::apply(ctx, theme);
            theme::set_motion(ctx, false);
        })
}

/// Where pictures are kept, and how little they may differ: machines round colours differently.
pub fn snapshots() -> SnapshotOptions {
    SnapshotOptions::new()
        .output_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"))
        .max_failed_pixels(20)
}
