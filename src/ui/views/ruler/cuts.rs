//! The cuts of a ruler as buttons. All of them are worded alike: "idle 5 h" where each has room for it, "5 h" where not,
//! else only a zigzag. Those that lie too close to be hit are one button with their number, which zooms in.

use egui::{Align2, CursorIcon, Rect, Role, Sense, Stroke, StrokeKind, Ui, pos2, vec2};

use super::{Ruler, zigzag};
use crate::index::Cut;
use crate::ui::format::{count, span};
use crate::ui::theme::{RADIUS_CONTROL, tick};
use crate::ui::widgets::node;

/// Height of a button.
const HIGH: f32 = 18.0;
/// Width of one without words.
const BARE: f32 = 12.0;
/// Between two buttons, at least.
const BETWEEN: f32 = 3.0;
/// How far a button that stands for several reaches.
const GROUP: f32 = 36.0;

/// What is to become of a cut.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::ui::views) enum CutAct {
    /// The stretch that begins here is shown.
    Restore(i64),
    /// Several cuts are looked at from near: from here to there, in units of the axis.
    Zoom(f64, f64),
}

/// One button.
struct Spot {
    first: Cut,
    last: Cut,
    cuts: usize,
    /// Nanoseconds in all.
    length: i64,
    center: f32,
}

impl Spot {
    /// The words of a level: all of them, less, none.
    fn words(&self, level: usize) -> String {
        match (self.cuts, level) {
            (1, 0) => format!("idle {}", span(self.length)),
            (1, 1) => span(self.length),
            (1, _) => String::new(),
            (cuts, _) => cuts.to_string(),
        }
    }

    /// Room for the zigzag before a number.
    fn glyph(&self) -> f32 {
        if self.cuts > 1 { 8.0 } else { 0.0 }
    }
}

/// Those of `cuts` that lie too close to each other become one.
fn spots(cuts: &[(Cut, f32)]) -> Vec<Spot> {
    let mut spots: Vec<Spot> = Vec::new();
    let mut group: Option<f32> = None;
    let mut before = f32::NEG_INFINITY;
    for (at, (cut, center)) in cuts.iter().enumerate() {
        let length = cut.to.saturating_sub(cut.from);
        if let (Some(begins), Some(last)) = (group, spots.last_mut())
            && center - begins < GROUP
            && center - before < BARE + BETWEEN
        {
            before = *center;
            last.last = *cut;
            last.cuts += 1;
            last.length = last.length.saturating_add(length);
            last.center = f32::midpoint(begins, *center);
            continue;
        }
        before = *center;
        let next = cuts.get(at + 1).map(|(_, next)| *next);
        group = next.filter(|next| next - center < BARE + BETWEEN).map(|_| *center);
        spots.push(Spot { first: *cut, last: *cut, cuts: 1, length, center: *center });
    }
    spots
}

/// Where a button of this width stands: within the ruler.
fn place(room: Rect, center: f32, width: f32) -> Rect {
    let half = (width / 2.0).min(room.width() / 2.0);
    let center = center.clamp(room.left() + half, room.right() - half);
    Rect::from_min_size(pos2((center - half).round(), room.top() + 3.0), vec2((half * 2.0).round(), HIGH))
}

fn collide(places: &[Rect], at: usize) -> bool {
    let grown = places[at].expand2(vec2(BETWEEN, 0.0));
    let neighbours = [at.checked_sub(1), Some(at + 1)].into_iter().flatten();
    neighbours.filter_map(|other| places.get(other)).any(|other| other.intersects(grown))
}

impl Ruler<'_> {
    /// Draws the cuts as buttons; what is to become of the one that was pressed.
    pub(in crate::ui::views) fn cuts_ui(&self, ui: &Ui, cuts: Vec<Cut>) -> Option<CutAct> {
        let room = self.rect.shrink2(vec2(1.0, 0.0));
        let seen: Vec<(Cut, f32)> = cuts
            .into_iter()
            .filter_map(|cut| {
                let (left, right) = (self.x(cut.units.0), self.x(cut.units.1));
                let is_seen = right >= room.left() && left <= room.right();
                // Of the part that is seen.
                is_seen.then(|| (cut, f32::midpoint(left.max(room.left()), right.min(room.right()))))
            })
            .collect();
        let spots = spots(&seen);
        let painter = ui.painter().with_clip_rect(self.rect);
        let width = |spot: &Spot, level: usize| {
            let words = spot.words(level);
            let text = painter.layout_no_wrap(words.clone(), tick(), self.t.text).size().x;
            if words.is_empty() { BARE } else { text + 12.0 + spot.glyph() }
        };
        let mut levels = vec![2; spots.len()];
        let mut places = Vec::new();
        for level in 0..3 {
            levels.fill(level);
            places = spots.iter().map(|spot| place(room, spot.center, width(spot, level))).collect();
            if (0..places.len()).all(|at| !collide(&places, at)) {
                break;
            }
            let tight = (0..places.len()).filter(|at| collide(&places, *at)).count();
            if level == 1 && tight * 2 <= places.len() {
                // Those that have room keep what they are called, where they are the most.
                for (at, spot) in spots.iter().enumerate() {
                    if collide(&places, at) {
                        levels[at] = 2;
                        places[at] = place(room, spot.center, width(spot, 2));
                    }
                }
                break;
            }
        }
        let mut act = None;
        for (at, spot) in spots.iter().enumerate() {
            // At the edges even what has no words may not fit beside the other.
            let hidden = at > 0 && places[at - 1].intersects(places[at]);
            if !hidden {
                act = self.cut_ui(ui, spot, levels[at], places[at]).or(act);
            }
        }
        act
    }

    fn cut_ui(&self, ui: &Ui, spot: &Spot, level: usize, place: Rect) -> Option<CutAct> {
        let t = self.t;
        let painter = ui.painter().with_clip_rect(self.rect);
        let length = span(spot.length);
        let single = spot.cuts == 1;
        let label = if single {
            format!("idle {length}, restore this stretch")
        } else {
            format!("{}, {length} in all, zoom in on them", count(spot.cuts as u64, "idle stretch"))
                .replace("stretchs", "stretches")
        };
        let id = self.id.with(("cut", spot.first.from));
        let response = node(ui, place, id, Sense::click(), Role::Button, &label);
        let strong = response.hovered() || response.has_focus();
        let border = if strong { t.accent } else { t.line_strong };
        let ground = if strong { t.hover() } else { t.raised };
        painter.rect(place, RADIUS_CONTROL, ground, Stroke::new(1.0, border), StrokeKind::Inside);
        let words = spot.words(level);
        if words.is_empty() {
            zigzag(&painter, place.center().x, place.shrink2(vec2(0.0, 4.0)), t.muted);
        } else {
            let galley = painter.layout_no_wrap(words, tick(), t.text);
            let words = place.with_min_x(place.left() + spot.glyph());
            let at = Align2::CENTER_CENTER.align_size_within_rect(galley.size(), words).min;
            if !single {
                zigzag(&painter, place.left() + 8.0, place.shrink2(vec2(0.0, 4.0)), t.muted);
            }
            painter.galley(at, galley, t.text);
        }
        let clicked = response.clicked();
        let hint = format!(
            "{}, {} to {}\n{}",
            if single {
                format!("idle {length}")
            } else {
                format!("{} times idle, {length} in all", spot.cuts)
            },
            self.zone.custom(spot.first.from, "%-d %b %H:%M:%S"),
            self.zone.custom(spot.last.to, "%-d %b %H:%M:%S"),
            if single { "Click to show this stretch" } else { "Click to zoom in on them" }
        );
        response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(hint);
        let act = if single {
            CutAct::Restore(spot.first.from)
        } else {
            CutAct::Zoom(spot.first.units.0, spot.last.units.1)
        };
        clicked.then_some(act)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cuts(centers: &[f32]) -> Vec<(Cut, f32)> {
        let cut = |at: usize| Cut { from: at as i64 * 10, to: at as i64 * 10 + 5, units: (0.0, 0.0) };
        centers.iter().enumerate().map(|(at, center)| (cut(at), *center)).collect()
    }

    #[test]
    fn cuts_that_lie_too_close_are_one() {
        let numbers =
            |centers: &[f32]| spots(&cuts(centers)).iter().map(|spot| spot.cuts).collect::<Vec<_>>();
        assert_eq!(numbers(&[10.0, 40.0, 70.0]), [1, 1, 1]);
        assert_eq!(numbers(&[10.0, 18.0, 26.0, 34.0, 90.0]), [4, 1]);
        assert_eq!(numbers(&(0..12).map(|at| at as f32 * 6.0).collect::<Vec<_>>()), [6, 6]);
        let all = spots(&cuts(&[10.0, 18.0]));
        assert_eq!((all[0].length, all[0].center), (10, 14.0));
    }

    #[test]
    fn buttons_stand_within_the_ruler() {
        let room = Rect::from_min_max(pos2(100.0, 0.0), pos2(300.0, 44.0));
        for (center, width) in [(100.0, 50.0), (300.0, 50.0), (200.0, 500.0), (310.0, 12.0)] {
            assert!(room.contains_rect(place(room, center, width)), "{center} {width}");
        }
    }
}
