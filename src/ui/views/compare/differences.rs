//! What differs between two sagas, a sentence each, side by side above the steps: two lines of them at most unless all are
//! wanted, so that the steps have the room.

use egui::{Painter, Rect, Role, Sense, Ui, Vec2, vec2};

use crate::ui::format::{count, one_line, thousands};
use crate::ui::theme::{RADIUS_CONTROL, Tokens};
use crate::ui::widgets::{Line, focus_ring, node};

/// Height of a sentence, room around its words, and between two.
const HIGH: f32 = 20.0;
const AROUND: f32 = 8.0;
const BETWEEN: f32 = 6.0;
/// Room above and below all of them.
const MARGIN: f32 = 9.0;
/// Lines, where not all are wanted.
const LINES: usize = 2;
/// Lines where they are: the steps keep some room.
const LINES_ALL: usize = 8;
/// Room for the button that shows the rest, or fewer.
const MORE: f32 = 92.0;
const FEWER: f32 = 176.0;
/// What is said where nothing differs.
const SAME: &str = "Nothing differs";

/// Where the sentences stand, from the left upper corner of their room.
pub(super) struct Flow {
    places: Vec<Rect>,
    /// The button that shows the rest, or less again.
    more: Option<Rect>,
}

impl Flow {
    /// Of so many as fit into `room`, or of all.
    pub(super) fn of(painter: &Painter, all: &[String], room: f32, shows_all: bool) -> Self {
        let width = |words: &str| {
            let line = Line::new().caption(&one_line(words), egui::Color32::WHITE);
            line.width(painter).ceil() + 2.0 * AROUND
        };
        // Only those that have room are measured.
        if all.is_empty() {
            return Self::laid_out([width(SAME)].into_iter(), room, shows_all);
        }
        Self::laid_out(all.iter().map(|words| width(words)), room, shows_all)
    }

    fn laid_out(widths: impl ExactSizeIterator<Item = f32>, room: f32, shows_all: bool) -> Self {
        let (lines, button) = if shows_all { (LINES_ALL, FEWER) } else { (LINES, MORE) };
        let count = widths.len();
        let mut places: Vec<Rect> = Vec::new();
        let mut at = Vec2::ZERO;
        let mut line = 0;
        for (n, width) in widths.enumerate() {
            let width = width.min(room);
            // On the last line, room is left for the button.
            let end = if line + 1 == lines && (n + 1 < count || shows_all) { room - button } else { room };
            if at.x > 0.0 && at.x + width > end {
                if line + 1 == lines {
                    break;
                }
                (line, at) = (line + 1, vec2(0.0, at.y + HIGH + BETWEEN));
            }
            places.push(Rect::from_min_size(at.to_pos2(), vec2(width, HIGH)));
            at.x += width + BETWEEN;
        }
        let wanted = places.len() < count || (shows_all && line >= LINES);
        let more = wanted.then(|| {
            if at.x > 0.0 && at.x + button > room {
                at = vec2(0.0, at.y + HIGH + BETWEEN);
            }
            Rect::from_min_size(at.to_pos2(), vec2(button.min(room), HIGH))
        });
        Self { places, more }
    }

    /// How high they are with the room around them.
    pub(super) fn height(&self) -> f32 {
        let bottom = |rect: &Rect| rect.bottom();
        let lowest = self.places.iter().chain(&self.more).map(bottom).fold(HIGH, f32::max);
        lowest + 2.0 * MARGIN
    }

    /// Draws them; whether more or less of them are wanted.
    pub(super) fn ui(&self, t: &Tokens, ui: &Ui, place: Rect, all: &[String], shows_all: bool) -> bool {
        let corner = place.min.to_vec2() + vec2(0.0, MARGIN);
        let sentences = if all.is_empty() {
            vec![SAME.to_owned()]
        } else {
            all.iter().map(|words| one_line(words)).collect()
        };
        for (at, (words, rect)) in sentences.iter().zip(&self.places).enumerate() {
            let rect = rect.translate(corner);
            ui.painter().rect_filled(rect, RADIUS_CONTROL, t.raised);
            let inner = rect.shrink2(vec2(AROUND - 1.0, 0.0));
            let painted = Line::new().caption(words, t.text).paint(ui.painter(), inner);
            let id = ui.scope_id().with(("difference", at));
            let response = node(ui, rect, id, Sense::hover(), Role::ListItem, words);
            if painted.elided {
                response.on_hover_text(words);
            }
        }
        let Some(rect) = self.more.map(|rect| rect.translate(corner)) else { return false };
        let hidden = all.len().saturating_sub(self.places.len()) as u64;
        let (words, label) = match (shows_all, hidden) {
            (true, 0) => ("Show fewer".to_owned(), "Show fewer differences".to_owned()),
            (true, _) => {
                (format!("Show fewer, {} more below", thousands(hidden)), "Show fewer differences".to_owned())
            }
            (false, _) => (format!("+{hidden} more"), format!("Show {}", count(hidden, "more difference"))),
        };
        let response =
            node(ui, rect, ui.scope_id().with("more differences"), Sense::click(), Role::Button, &label);
        let color = if response.hovered() || response.has_focus() { t.text } else { t.accent };
        Line::new().caption(&words, color).paint(ui.painter(), rect.shrink2(vec2(AROUND - 1.0, 0.0)));
        focus_ring(ui, rect, RADIUS_CONTROL, &response);
        response.on_hover_text(label).clicked()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(widths: &[f32], shows_all: bool) -> Flow {
        Flow::laid_out(widths.iter().copied(), 400.0, shows_all)
    }

    #[test]
    fn two_lines_are_filled_and_the_rest_is_counted() {
        let some = flow(&[100.0; 9], false);
        assert_eq!(some.places.len(), 5, "three, then two and the button");
        assert!((some.more.unwrap().left() - 212.0).abs() < 0.1);
        assert!((some.height() - (2.0 * HIGH + BETWEEN + 2.0 * MARGIN)).abs() < 0.1);
        assert!(some.places.iter().all(|place| place.right() <= 400.0));
        let all = flow(&[100.0; 9], true);
        assert_eq!(all.places.len(), 9);
        assert!(all.more.is_some(), "they can be folded again");
    }

    #[test]
    fn what_fits_needs_no_button() {
        let wide = flow(&[100.0, 900.0], false);
        assert_eq!(wide.places.len(), 2);
        assert!(wide.more.is_none());
        assert!((wide.places[1].width() - 400.0).abs() < 0.1);
        assert!(flow(&[100.0], true).more.is_none());
    }

    #[test]
    fn thousands_leave_room_for_the_steps() {
        let all = flow(&[100.0; 3_000], true);
        assert!(all.places.len() < 30, "{}", all.places.len());
        assert!(all.height() <= (HIGH + BETWEEN) * (LINES_ALL + 1) as f32 + 2.0 * MARGIN);
    }
}
