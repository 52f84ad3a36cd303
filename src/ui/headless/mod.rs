//! The window without a display: runs a view for as many frames as it asks for and draws it by CPU into a
//! picture. Serves picture tests, PNG export and `sagascope screenshot`. The same input gives the same
//! bytes: fixed time, bundled fonts, no transitions. Paint callbacks are not drawn; we use none.

mod drawing;
mod picture;
mod raster;
mod texture;

use egui::{Context, Event, FullOutput, RawInput, Rect, Ui, Vec2, ViewportId, pos2};

pub use drawing::{DrawError, draw};
pub use picture::{Picture, PictureError};
pub use raster::Rasteriser;

use crate::ui::fonts::{self, Fallback};
use crate::ui::theme::{self, Theme, Tokens};

/// Frames a view may ask for without ever coming to rest.
const FRAMES_MAX: usize = 24;

/// Time between two frames, in seconds: long enough that tooltips open within a few frames.
const FRAME_SECONDS: f64 = 0.1;

/// A window that exists only in memory.
///
/// ```
/// use sagascope::ui::headless::Headless;
/// use sagascope::ui::theme::Theme;
///
/// let mut window = Headless::new(egui::vec2(320.0, 200.0), Theme::Dark);
/// window.run(|ui| {
///     ui.label("Hello");
/// });
/// let picture = window.picture();
/// assert_eq!((picture.width(), picture.height()), (320, 200));
/// ```
pub struct Headless {
    ctx: Context,
    size: Vec2,
    pixels_per_point: f32,
    time: f64,
    events: Vec<Event>,
    rasteriser: Rasteriser,
    last: Option<FullOutput>,
}

impl Headless {
    /// A window of `size` points, at one pixel a point.
    pub fn new(size: Vec2, theme: Theme) -> Self {
        let ctx = Context::default();
        fonts::install(&ctx, Fallback::BundledOnly);
        theme::apply(&ctx, theme);
        theme::set_motion(&ctx, false);
        Self {
            ctx,
            size,
            pixels_per_point: 1.0,
            time: 0.0,
            events: Vec::new(),
            rasteriser: Rasteriser::default(),
            last: None,
        }
    }

    /// The same at another scale, such as 2 for sharp pictures in a manual.
    #[must_use]
    pub fn with_pixels_per_point(mut self, pixels_per_point: f32) -> Self {
        self.pixels_per_point = pixels_per_point;
        self
    }

    /// The same with the machine's fonts for what no bundled one has: another picture on another machine.
    #[must_use]
    pub fn with_system_fonts(self) -> Self {
        fonts::add_system(&self.ctx);
        self
    }

    /// The context, to set up or look into.
    pub fn ctx(&self) -> &Context {
        &self.ctx
    }

    /// Something the user does, seen by the next frame.
    pub fn event(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Runs frames until the view no longer asks for one at once. Returns how many it took.
    pub fn run(&mut self, ui: impl FnMut(&mut Ui)) -> usize {
        self.run_until(ui, FRAMES_MAX, |_| true)
    }

    /// Runs frames until `done` holds and the view is at rest, at most `frames_max`: for views that wait for
    /// work on other threads.
    pub fn run_until(
        &mut self,
        mut ui: impl FnMut(&mut Ui),
        frames_max: usize,
        mut done: impl FnMut(&Context) -> bool,
    ) -> usize {
        let mut frames = 0;
        // The second frame settles sizes that were measured in the first.
        while frames < frames_max.max(2) {
            let at_rest = self.frame(&mut ui);
            frames += 1;
            if at_rest && frames >= 2 && done(&self.ctx) {
                break;
            }
        }
        frames
    }

    /// Runs one frame; true when the view asks for no other at once.
    pub fn frame(&mut self, ui: impl FnMut(&mut Ui)) -> bool {
        let mut input = RawInput {
            screen_rect: Some(Rect::from_min_size(pos2(0.0, 0.0), self.size)),
            time: Some(self.time),
            predicted_dt: FRAME_SECONDS as f32,
            events: std::mem::take(&mut self.events),
            focused: true,
            ..RawInput::default()
        };
        input.viewports.entry(ViewportId::ROOT).or_default().native_pixels_per_point =
            Some(self.pixels_per_point);
        self.time += FRAME_SECONDS;
        let mut output = self.ctx.run_ui(input, ui);
        self.rasteriser.apply(&mut output.textures_delta);
        let at_rest =
            output.viewport_output.get(&ViewportId::ROOT).is_none_or(|view| !view.repaint_delay.is_zero());
        self.last = Some(output);
        at_rest
    }

    /// What egui said at the last frame: commands, the accessibility tree, the cursor.
    pub fn output(&self) -> Option<&FullOutput> {
        self.last.as_ref()
    }

    /// Draws the last frame.
    pub fn picture(&self) -> Picture {
        let background = Tokens::of(&self.ctx).surface;
        match &self.last {
            Some(output) => self.rasteriser.draw_output(&self.ctx, output, self.size, background),
            None => Picture::filled(0, 0, background),
        }
    }
}

/// Draws a view at rest.
pub fn render(size: Vec2, theme: Theme, ui: impl FnMut(&mut Ui)) -> Picture {
    let mut window = Headless::new(size, theme);
    window.run(ui);
    window.picture()
}

#[cfg(test)]
mod tests {
    use egui::{Color32, vec2};

    use super::*;

    #[test]
    fn the_same_view_gives_the_same_bytes() {
        let draw = || {
            render(vec2(300.0, 120.0), Theme::Light, |ui| {
                ui.label("Sagascope 0123456789");
                if ui.button("Open…").clicked() {
                    ui.close();
                }
            })
        };
        let (first, second) = (draw(), draw());
        assert_eq!(first, second);
        assert_eq!(first.png().unwrap(), second.png().unwrap());
        let ground = first.pixel(299, 119);
        let written = (0..300).flat_map(|x| (0..120).map(move |y| (x, y)));
        assert!(written.filter(|(x, y)| first.pixel(*x, *y) != ground).count() > 500, "no text was drawn");
    }

    #[test]
    fn a_rectangle_on_whole_pixels_covers_exactly_them() {
        let rect = Rect::from_min_max(pos2(10.0, 20.0), pos2(30.0, 25.0));
        let picture = render(vec2(40.0, 40.0), Theme::Dark, |ui| {
            ui.painter().rect_filled(rect, 0.0, Color32::WHITE);
        });
        for y in 0..40 {
            for x in 0..40 {
                let inside = (10..30).contains(&x) && (20..25).contains(&y);
                let white = picture.pixel(x, y) == [255; 4];
                assert_eq!(white, inside, "{x}, {y}: {:?}", picture.pixel(x, y));
            }
        }
    }

    #[test]
    fn a_view_that_never_rests_is_stopped() {
        let mut window = Headless::new(vec2(40.0, 40.0), Theme::Dark);
        assert_eq!(window.run(|ui| ui.ctx().request_repaint()), FRAMES_MAX);
        assert_eq!(window.run(|_| ()), 2);
    }

    #[test]
    fn a_waiting_view_runs_until_its_condition_holds() {
        let mut window = Headless::new(vec2(40.0, 40.0), Theme::Dark);
        window.run(|_| ());
        let mut asked = 0;
        let frames = window.run_until(
            |_| (),
            100,
            |_| {
                asked += 1;
                asked == 5
            },
        );
        assert_eq!((frames, asked), (6, 5));
    }

    #[test]
    fn a_picture_scales_with_the_pixels_of_a_point() {
        let mut window = Headless::new(vec2(50.0, 20.0), Theme::Dark).with_pixels_per_point(2.0);
        window.run(|ui| {
            ui.painter().rect_filled(Rect::from_min_max(pos2(0.0, 0.0), pos2(5.0, 5.0)), 0.0, Color32::WHITE);
        });
        let picture = window.picture();
        assert_eq!((picture.width(), picture.height()), (100, 40));
        assert_eq!(picture.pixel(9, 9), [255; 4]);
        assert_ne!(picture.pixel(10, 10), [255; 4]);
    }
}
