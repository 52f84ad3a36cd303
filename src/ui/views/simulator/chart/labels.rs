//! The words on the chart: none covers another, none is crossed by the playhead, and what lies below one is covered
//! by it. They are placed while the messages are drawn and painted when all of these are there.

use egui::{Color32, Painter, Rect, pos2, vec2};

use crate::ui::icons::Icon;
use crate::ui::widgets::Line;

/// Height of a label.
const HEIGHT: f32 = 14.0;
/// Between the words of two labels.
const APART: f32 = 4.0;
/// Width of an icon with the gap behind it.
const ICON: f32 = 15.0;

/// Words that have their place.
struct Placed {
    rect: Rect,
    line: Option<Line>,
    icon: Option<(Icon, Color32)>,
}

/// The labels of a chart.
pub(super) struct Labels {
    placed: Vec<Placed>,
    /// Where the chart begins: none stands before.
    begin: f32,
    playhead: f32,
    /// There is room for a second row below a label.
    has_second: bool,
}

impl Labels {
    pub(super) fn new(begin: f32, playhead: f32, has_second: bool) -> Self {
        Self { placed: Vec::new(), begin, playhead, has_second }
    }

    /// Puts words at `left`, `top`, where nothing else stands, or else in the row below; before the playhead where it
    /// would cross them.
    pub(super) fn put(&mut self, painter: &Painter, left: f32, top: f32, line: Line) {
        let width = line.width(painter).ceil();
        let below = || self.free(left, top + HEIGHT, width).filter(|_| self.has_second);
        if let Some(rect) = self.free(left, top, width).or_else(below) {
            self.placed.push(Placed { rect, line: Some(line), icon: None });
        }
    }

    /// The same with an icon before the words; where they have no room, the icon alone.
    pub(super) fn put_icon(
        &mut self,
        painter: &Painter,
        (left, top): (f32, f32),
        icon: (Icon, Color32),
        line: Line,
    ) {
        let width = ICON + line.width(painter).ceil();
        let icon = Some(icon);
        if let Some(rect) = self.free(left, top, width) {
            self.placed.push(Placed { rect, line: Some(line), icon });
        } else if let Some(rect) = self.free(left, top, ICON - 3.0) {
            self.placed.push(Placed { rect, line: None, icon });
        }
    }

    fn free(&self, left: f32, top: f32, width: f32) -> Option<Rect> {
        let crossed = left - 2.0 < self.playhead && self.playhead < left + width + 2.0;
        let left = if crossed { self.playhead - APART - width } else { left };
        let rect = Rect::from_min_size(pos2(left, top), vec2(width, HEIGHT));
        let is_free = left >= self.begin && !self.covers(rect.expand2(vec2(APART, 0.0)));
        is_free.then_some(rect)
    }

    /// Whether words stand there.
    pub(super) fn covers(&self, rect: Rect) -> bool {
        // Those that only touch leave each other alone.
        self.placed.iter().any(|placed| placed.rect.shrink(0.5).intersects(rect))
    }

    /// Paints all of them on `ground`.
    pub(super) fn paint(&self, painter: &Painter, ground: Color32) {
        for placed in &self.placed {
            painter.rect_filled(placed.rect.expand2(vec2(1.0, -1.0)), 0, ground);
            let mut words = placed.rect;
            if let Some((icon, color)) = placed.icon {
                let square =
                    Rect::from_center_size(pos2(words.left() + 6.0, words.center().y), vec2(11.0, 11.0));
                icon.paint(painter, square, color);
                words.min.x += ICON;
            }
            if let Some(line) = &placed.line {
                // A hair wider than it is, so that rounding cuts nothing.
                line.clone().paint(painter, words.with_max_x(words.right() + 2.0));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::headless::Headless;
    use crate::ui::theme::Theme;

    fn with_labels(has_second: bool, test: impl Fn(&mut Labels, &Painter)) {
        let mut window = Headless::new(vec2(600.0, 200.0), Theme::Dark);
        window.run(|ui| test(&mut Labels::new(100.0, 300.0, has_second), ui.painter()));
    }

    fn words(text: &str) -> Line {
        Line::new().caption(text, Color32::WHITE)
    }

    #[test]
    fn no_label_covers_another_or_stands_before_the_chart() {
        with_labels(false, |labels, painter| {
            labels.put(painter, 120.0, 50.0, words("reserve"));
            labels.put(painter, 130.0, 50.0, words("reserve 2"));
            assert_eq!(labels.placed.len(), 1, "the second has no room");
            labels.put(painter, 130.0, 80.0, words("another row"));
            labels.put(painter, 60.0, 120.0, words("before the chart"));
            assert_eq!(labels.placed.len(), 2);
            assert!(labels.covers(Rect::from_min_size(pos2(121.0, 52.0), vec2(4.0, 4.0))));
            assert!(!labels.covers(Rect::from_min_size(pos2(121.0, 66.0), vec2(4.0, 4.0))));
        });
    }

    #[test]
    fn where_lanes_are_far_apart_a_label_without_room_stands_a_row_below() {
        with_labels(true, |labels, painter| {
            labels.put(painter, 120.0, 50.0, words("reserve"));
            labels.put(painter, 130.0, 50.0, words("reserve 2"));
            let [first, second] = &labels.placed[..] else { panic!("both have room") };
            assert!(second.rect.top() > first.rect.top() && second.rect.top() >= first.rect.bottom());
        });
    }

    #[test]
    fn a_label_that_the_playhead_would_cross_ends_before_it() {
        with_labels(false, |labels, painter| {
            labels.put(painter, 290.0, 50.0, words("refund 3"));
            let rect = labels.placed[0].rect;
            assert!(rect.right() < 300.0 && rect.right() > 290.0, "{rect:?}");
        });
    }

    #[test]
    fn where_the_words_have_no_room_the_icon_stands_alone() {
        with_labels(false, |labels, painter| {
            labels.put(painter, 150.0, 50.0, words("started"));
            labels.put_icon(
                painter,
                (130.0, 50.0),
                (Icon::Clock, Color32::WHITE),
                words("unknown after 2 s"),
            );
            assert!(labels.placed[1].line.is_none() && labels.placed[1].icon.is_some());
        });
    }
}
