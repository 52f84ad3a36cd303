//! An outcome as glyph and word, in its colour, with or without its tint behind.

use egui::{Rect, Response, Role, Sense, Ui, Widget, WidgetInfo, pos2, vec2};

use crate::ui::theme::{Outcome, RADIUS_MARK, body, caption, mono_small, semibold, tokens};
use crate::ui::widgets::text::Line;

/// An outcome to show.
///
/// ```
/// # use sagascope::ui::{theme::Outcome, widgets::Badge};
/// # egui::__run_test_ui(|ui| {
/// ui.add(Badge::new(Outcome::Failed));
/// ui.add(Badge::new(Outcome::Compensating).text("cancel in flight").strong());
/// ui.add(Badge::cell(Outcome::Compensated).attempts(3));
/// # });
/// ```
#[must_use]
pub struct Badge<'a> {
    outcome: Outcome,
    text: Option<&'a str>,
    strong: bool,
    cell: bool,
    attempts: Option<u32>,
    width: Option<f32>,
}

impl<'a> Badge<'a> {
    /// Glyph and word on a panel.
    pub fn new(outcome: Outcome) -> Self {
        Self { outcome, text: None, strong: false, cell: false, attempts: None, width: None }
    }

    /// A cell of the matrix: 25 high, on its tint, small; completed has no tint, so that the rest speaks.
    pub fn cell(outcome: Outcome) -> Self {
        Self { cell: true, ..Self::new(outcome) }
    }

    /// Other words than the outcome's own.
    pub fn text(mut self, text: &'a str) -> Self {
        self.text = Some(text);
        self
    }

    /// Semibold.
    pub fn strong(mut self) -> Self {
        self.strong = true;
        self
    }

    /// A number at the right of a cell.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = Some(attempts);
        self
    }

    /// A fixed width, for cells.
    pub fn width(mut self, width: f32) -> Self {
        self.width = Some(width);
        self
    }
}

impl Widget for Badge<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let t = tokens(ui);
        let look = t.outcome(self.outcome);
        let word = self.text.unwrap_or(self.outcome.word());
        let font = match (self.cell, self.strong) {
            (true, _) => caption(),
            (false, true) => semibold(13.0),
            (false, false) => body(),
        };
        let filled = self.cell && self.outcome != Outcome::Completed;
        let color = if filled { look.on_fill } else { look.color };
        let word_color = if self.cell && !filled { t.muted } else { color };
        let line = Line::new().piece(word, font, word_color);
        let (icon, gap, padding, height) =
            if self.cell { (10.0, 4.0, 5.0, 25.0) } else { (12.0, 5.0, 0.0, 18.0) };
        let attempts =
            self.attempts.map(|count| Line::new().piece(&count.to_string(), mono_small(), word_color));
        let tail = attempts.as_ref().map_or(0.0, |line| line.width(ui.painter()).ceil() + 6.0);
        let wish = icon + gap + line.width(ui.painter()).ceil() + tail + 2.0 * padding;
        let width = self.width.unwrap_or(wish).min(ui.available_width().max(icon));
        let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
        let label = match self.attempts {
            Some(1) => format!("{word}, 1 attempt"),
            Some(count) => format!("{word}, {count} attempts"),
            None => word.to_owned(),
        };
        response.widget_info(|| WidgetInfo::labeled(Role::Label, ui.is_enabled(), &label));
        let painter = ui.painter();
        if filled {
            painter.rect_filled(rect, RADIUS_MARK, look.fill);
        }
        let left = rect.left() + padding;
        let square = Rect::from_center_size(pos2(left + icon / 2.0, rect.center().y), vec2(icon, icon));
        self.outcome.icon().paint(painter, square, color);
        let end = rect.right() - padding;
        line.paint(painter, Rect::from_x_y_ranges(left + icon + gap..=(end - tail + 1.0), rect.y_range()));
        if let Some(attempts) = attempts {
            attempts.right().paint(painter, Rect::from_x_y_ranges(left..=end, rect.y_range()));
        }
        response
    }
}
