//! One line of text in a given width, or the few that it was told it may have: cut with … where it does not fit,
//! whole on hover. Ids are cut in the middle. Text that wraps without end is egui's own label.

use std::borrow::Cow;
use std::sync::Arc;

use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{
    Align, Color32, FontId, Galley, Painter, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2,
};

use crate::ui::theme::{body, caption, mono, mono_small, semibold, tokens};

/// A line made of pieces of different type and colour, painted into a rectangle.
///
/// ```
/// # use sagascope::ui::{theme::tokens, widgets::Line};
/// # egui::__run_test_ui(|ui| {
/// let t = tokens(ui);
/// let rect = ui.available_rect_before_wrap();
/// Line::new().strong("PaymentDeclined", t.text).gap(8.0).caption("v3", t.muted).paint(ui.painter(), rect);
/// # });
/// ```
#[derive(Clone, Default)]
pub struct Line {
    job: LayoutJob,
    align: LineAlign,
    gap: f32,
    /// Rows below the first that it may have.
    more_rows: usize,
}

/// Where a line stands in its rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineAlign {
    /// At the left, as text does.
    #[default]
    Left,
    /// In the middle.
    Center,
    /// At the right, as numbers do.
    Right,
}

/// What was painted.
pub struct Painted {
    /// Where.
    pub rect: Rect,
    /// Whether a part did not fit.
    pub elided: bool,
}

impl Line {
    /// An empty line.
    pub fn new() -> Self {
        Self::default()
    }

    /// A piece in any font.
    #[must_use]
    pub fn piece(mut self, text: &str, font: FontId, color: Color32) -> Self {
        self.push(text, TextFormat { font_id: font, color, valign: Align::Center, ..TextFormat::default() });
        self
    }

    /// Words.
    #[must_use]
    pub fn body(self, text: &str, color: Color32) -> Self {
        self.piece(text, body(), color)
    }

    /// A name that stands out.
    #[must_use]
    pub fn strong(self, text: &str, color: Color32) -> Self {
        self.piece(text, semibold(13.0), color)
    }

    /// Small words.
    #[must_use]
    pub fn caption(self, text: &str, color: Color32) -> Self {
        self.piece(text, caption(), color)
    }

    /// Numbers, ids, times.
    #[must_use]
    pub fn mono(self, text: &str, color: Color32) -> Self {
        self.piece(text, mono(), color)
    }

    /// Numbers beside captions.
    #[must_use]
    pub fn mono_small(self, text: &str, color: Color32) -> Self {
        self.piece(text, mono_small(), color)
    }

    /// A value that was replaced: mono, struck through.
    #[must_use]
    pub fn struck(mut self, text: &str, color: Color32) -> Self {
        let strikethrough = egui::Stroke::new(1.0, color);
        let valign = Align::Center;
        self.push(
            text,
            TextFormat { font_id: mono(), color, strikethrough, valign, ..TextFormat::default() },
        );
        self
    }

    /// Room before the next piece.
    #[must_use]
    pub fn gap(mut self, points: f32) -> Self {
        self.gap += points;
        self
    }

    /// At the right of its rectangle.
    #[must_use]
    pub fn right(mut self) -> Self {
        self.align = LineAlign::Right;
        self
    }

    /// In the middle of its rectangle.
    #[must_use]
    pub fn center(mut self) -> Self {
        self.align = LineAlign::Center;
        self
    }

    /// May wrap between words into so many rows; what is more is cut.
    #[must_use]
    pub fn rows(mut self, rows: usize) -> Self {
        self.more_rows = rows.saturating_sub(1);
        self
    }

    /// As given.
    #[must_use]
    pub fn align(mut self, align: LineAlign) -> Self {
        self.align = align;
        self
    }

    /// The characters, for a label or to copy.
    pub fn text(&self) -> &str {
        &self.job.text
    }

    fn push(&mut self, text: &str, format: TextFormat) {
        // A line is one line: what would break it is shown as a space.
        let flat: Cow<'_, str> = if text.contains(['\n', '\r', '\t']) {
            Cow::Owned(text.replace(['\n', '\r', '\t'], " "))
        } else {
            Cow::Borrowed(text)
        };
        self.job.append(&flat, std::mem::take(&mut self.gap), format);
    }

    /// Lays it out in at most `width` points.
    pub fn layout(self, painter: &Painter, width: f32) -> Arc<Galley> {
        let mut job = self.job;
        job.wrap = TextWrapping {
            max_width: width.max(0.0),
            max_rows: 1 + self.more_rows,
            // A single line is filled up to the last letter; several break between words.
            break_anywhere: self.more_rows == 0,
            overflow_character: Some('…'),
        };
        painter.layout_job(job)
    }

    /// The width the line would like to have.
    pub fn width(&self, painter: &Painter) -> f32 {
        self.clone().layout(painter, f32::INFINITY).size().x
    }

    /// The height it takes in `width` points.
    pub fn height(&self, painter: &Painter, width: f32) -> f32 {
        self.clone().layout(painter, width).size().y.ceil()
    }

    /// Paints into `rect`, vertically in its middle.
    pub fn paint(self, painter: &Painter, rect: Rect) -> Painted {
        let align = self.align;
        let galley = self.layout(painter, rect.width());
        let size = galley.size();
        let left = match align {
            LineAlign::Left => rect.left(),
            LineAlign::Center => rect.center().x - size.x / 2.0,
            LineAlign::Right => rect.right() - size.x,
        };
        let pixels = painter.pixels_per_point();
        let top = ((rect.center().y - size.y / 2.0) * pixels).round() / pixels;
        let place = Rect::from_min_size(pos2((left * pixels).round() / pixels, top), size);
        let elided = galley.elided;
        painter.galley(place.min, galley, Color32::PLACEHOLDER);
        Painted { rect: place, elided }
    }

    /// Takes room in egui's flow, paints there, is a label to screen readers and shows the whole on hover
    /// when it was cut.
    pub fn show(self, ui: &mut Ui) -> Response {
        let text = self.job.text.clone();
        let wish = self.clone().layout(ui.painter(), f32::INFINITY).size();
        let width = wish.x.min(ui.available_width()).ceil();
        let height = if self.more_rows > 0 { self.height(ui.painter(), width) } else { wish.y.ceil() };
        let height = height.max(16.0);
        let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, ui.is_enabled(), &text));
        let painted = self.paint(ui.painter(), rect);
        if painted.elided { response.on_hover_text(text) } else { response }
    }
}

/// Text at the ordinary size, cut at the end to the room there is; whole on hover.
pub fn elided(ui: &mut Ui, text: &str, color: Color32) -> Response {
    Line::new().body(text, color).show(ui)
}

/// Characters kept before and after the cut of an id.
const ID_HEAD: usize = 8;
const ID_TAIL: usize = 4;

/// `229db9b3-4c6e-…-aee9` as `229db9b3…aee9`. Ids that would not become shorter stay whole.
pub fn shorten_id(id: &str) -> Cow<'_, str> {
    let count = id.chars().count();
    if count <= ID_HEAD + ID_TAIL + 1 {
        return Cow::Borrowed(id);
    }
    let boundary = |n: usize| id.char_indices().nth(n).map_or(id.len(), |(at, _)| at);
    Cow::Owned(format!("{}…{}", &id[..boundary(ID_HEAD)], &id[boundary(count - ID_TAIL)..]))
}

/// An id, cut in the middle, whole on hover and to screen readers.
pub fn short_id(ui: &mut Ui, id: &str) -> Response {
    let color = tokens(ui).text;
    let short = shorten_id(id);
    let response = Line::new().mono(&short, color).show(ui);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, ui.is_enabled(), id));
    if short == id { response } else { response.on_hover_text(id) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::headless::Headless;
    use crate::ui::theme::Theme;

    #[test]
    fn ids_are_cut_in_the_middle() {
        for (id, short) in [
            ("229db9b3-0000-4000-8000-00000000aee9", "229db9b3…aee9"),
            ("ord-00301", "ord-00301"),
            ("1234567890123", "1234567890123"),
            ("12345678901234", "12345678…1234"),
            ("żółćżółćżółćżółć", "żółćżółć…żółć"),
            ("", ""),
        ] {
            assert_eq!(shorten_id(id), short, "{id}");
        }
    }

    fn painted(text: &str, width: f32) -> Painted {
        let mut window = Headless::new(vec2(400.0, 40.0), Theme::Dark);
        let mut painted = None;
        window.run(|ui| {
            let rect = Rect::from_min_size(pos2(10.0, 10.0), vec2(width, 22.0));
            painted = Some(Line::new().body(text, Color32::WHITE).right().paint(ui.painter(), rect));
        });
        painted.unwrap()
    }

    #[test]
    fn text_that_does_not_fit_is_cut_and_says_so() {
        let text = "a name that is much too long for its column";
        for (width, elided) in [(390.0, false), (80.0, true), (0.0, true)] {
            let painted = painted(text, width);
            assert_eq!(painted.elided, elided, "{width}");
            assert!(painted.rect.width() <= width.max(12.0), "{width}: {:?}", painted.rect);
        }
    }

    #[test]
    fn right_aligned_text_ends_at_the_right() {
        let painted = painted("2,120", 100.0);
        assert!((painted.rect.right() - 110.0).abs() <= 1.0, "{:?}", painted.rect);
    }

    #[test]
    fn a_line_break_in_a_value_does_not_break_the_line() {
        assert_eq!(Line::new().mono("a\nb\tc", Color32::WHITE).text(), "a b c");
    }
}
