//! Where the rows and the lifelines of a sequence stand: rows even or to the scale of time, lifelines as far apart as
//! what is said between them needs. Draws nothing.

use super::message::Message;
use super::{FOLD, SIDE, style};
use crate::saga::measure::{digits, width};
use crate::saga::svg::Palette;

pub(super) const ROW: i32 = 38;
/// Room for the longest gap of a sequence that is drawn to scale.
pub(super) const CUT: i32 = 8 * ROW;
/// Room for the line where compensation begins.
pub(super) const RULE: i32 = 28;
/// The least and the most between two lifelines.
const GAP_LEAST: i32 = 120;
const GAP_MOST: i32 = 300;
/// From a lifeline to a text beside it, and from the text to the next lifeline.
const BESIDE: i32 = 14;
const CLEAR: i32 = 12;
/// A lifeline's name takes no more.
const HEAD_MOST: i32 = 300;

/// How far apart rows are.
pub(super) struct Spacing {
    /// Where each group stands below the head.
    pub(super) ys: Vec<i32>,
    /// Groups before which time was cut out, and how much.
    pub(super) cuts: Vec<(usize, i64)>,
    pub(super) is_to_scale: bool,
    /// The group above which there is room for a line.
    ruled: Option<usize>,
}

impl Spacing {
    /// Even, or as far apart as in time: never closer than can be read, and what is much longer than most is cut.
    /// A group has its first and its last event; what lies between one's last and the next one's first is empty.
    pub(super) fn of(times: &[(i64, i64)], is_to_scale: bool, ruled: Option<usize>) -> Self {
        let gaps: Vec<i64> = times.windows(2).map(|pair| (pair[1].0 - pair[0].1).max(0)).collect();
        let mut sorted: Vec<i64> = gaps.iter().copied().filter(|gap| *gap > 0).collect();
        sorted.sort_unstable();
        // Three of four gaps are at most three rows high.
        let usual = sorted.get(sorted.len() * 3 / 4).copied().unwrap_or(1).max(1);
        let (mut y, mut ys, mut cuts) = (22, Vec::with_capacity(times.len()), Vec::new());
        for at in 0..times.len() {
            if ruled == Some(at) {
                y += RULE;
            }
            if let Some(gap) = at.checked_sub(1).map(|before| gaps[before]) {
                let room =
                    (i128::from(gap) * i128::from(3 * ROW) / i128::from(usual)).min(i128::from(i32::MAX));
                y += match room as i32 {
                    _ if !is_to_scale => ROW,
                    room if room > CUT => {
                        cuts.push((at, gap));
                        CUT
                    }
                    room => room.max(ROW),
                };
            }
            ys.push(y);
        }
        Self { ys, cuts, is_to_scale, ruled }
    }

    /// Room above a group that belongs to its row: a cut is above that.
    pub(super) fn above(&self, at: usize) -> i32 {
        if self.ruled == Some(at) { ROW + RULE } else { ROW }
    }
}

/// Where what stands beside each other stands.
pub(super) struct Columns {
    /// The right edge of the times.
    pub(super) time: i32,
    /// Where the room of the lifelines begins.
    pub(super) left: i32,
    /// The lifelines.
    pub(super) xs: Vec<i32>,
    /// Room for the name of each.
    pub(super) heads: Vec<i32>,
    pub(super) width: i32,
}

impl Columns {
    /// For times of so many letters; with buttons that open what is folded, or without, and at least so wide.
    pub(super) fn of(
        names: &[String],
        messages: &[Message],
        letters: usize,
        (folds, least): (bool, i32),
        p: &Palette,
    ) -> Self {
        let heads: Vec<i32> =
            names.iter().map(|name| (width(name, style(13, true, p.text)) + 16).min(HEAD_MOST)).collect();
        // Between each lifeline and the next; the last is what lies at the right of the last one.
        let mut gaps: Vec<i32> = vec![GAP_LEAST; names.len()];
        if let Some(last) = gaps.last_mut() {
            *last = heads.last().map_or(0, |head| head / 2);
        }
        for (at, pair) in heads.windows(2).enumerate() {
            gaps[at] = gaps[at].max(pair[0].midpoint(pair[1]) + CLEAR);
        }
        for message in messages {
            let (text, delay) = message.widths(p);
            let is_rightward = message.from.is_some_and(|from| from < message.to);
            let gap = if is_rightward { message.to - 1 } else { message.to };
            gaps[gap] = gaps[gap].max(BESIDE + text + CLEAR);
            gaps[message.to] = gaps[message.to].max(if delay > 0 { BESIDE + delay + CLEAR } else { 0 });
        }
        let time = SIDE + digits(letters, 11).max(width("elapsed", style(11, false, p.muted)));
        let left = time + 16 + if folds { FOLD.0 + 8 } else { 0 };
        let mut x = left + heads.first().map_or(0, |head| head / 2).max(16);
        let xs: Vec<i32> = gaps
            .iter()
            .map(|gap| {
                let own = x;
                x += (*gap).min(GAP_MOST);
                own
            })
            .collect();
        Self { time, left, xs, heads, width: (x + SIDE).max(least) }
    }

    /// Room for a text between a lifeline and the next, or the edge.
    pub(super) fn room_right(&self, line: usize) -> i32 {
        let next = self.xs.get(line + 1).copied().unwrap_or(self.width - SIDE + CLEAR);
        next - self.xs[line] - BESIDE - CLEAR + 2
    }

    /// Room for a text between a lifeline and the one before it.
    pub(super) fn room_left(&self, line: usize) -> i32 {
        let before = line.checked_sub(1).map_or(self.left, |before| self.xs[before]);
        self.xs[line] - before - BESIDE - CLEAR + 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saga::pen::Pattern;
    use crate::saga::sequence::message::Said;

    fn message(text: &str, from: Option<usize>, to: usize) -> Message {
        let p = &Palette::LIGHT;
        Message {
            text: text.to_owned(),
            label: String::new(),
            from,
            to,
            pattern: from.map(|_| Pattern::Whole),
            said: Said::Usual,
            colour: p.accent,
            text_colour: p.text,
            delay: None,
            cause: None,
        }
    }

    #[test]
    fn a_long_wait_is_cut_and_how_much_is_known() {
        let times = [0, 10, 20, 30, 40, 9_000, 9_010].map(|at| (at, at));
        let spacing = Spacing::of(&times, true, Some(5));
        assert_eq!(spacing.cuts, [(5, 8_960)]);
        assert_eq!(spacing.ys[5] - spacing.ys[4], CUT + RULE);
        assert!(Spacing::of(&times, false, None).cuts.is_empty(), "even spacing cuts nothing");
        // Fifty attempts as one row are no time without an event.
        let folded = [(0, 0), (10, 10), (20, 20), (30, 8_990), (9_000, 9_000)];
        assert!(Spacing::of(&folded, true, None).cuts.is_empty());
    }

    #[test]
    fn lifelines_are_as_far_apart_as_their_messages_need() {
        let p = &Palette::LIGHT;
        let names: Vec<String> = ["A", "B", "C"].map(str::to_owned).to_vec();
        let long = "payment.authorization_declined";
        let messages = [message("ok", Some(0), 1), message(long, Some(0), 2), message(long, None, 2)];
        let columns = Columns::of(&names, &messages, 7, (false, 560), p);
        let gap = |at: usize| columns.xs[at + 1] - columns.xs[at];
        assert_eq!(gap(0), GAP_LEAST, "the long name is said beside C");
        let wide = messages[1].widths(p).0;
        assert!(columns.room_left(2) >= wide && columns.room_right(2) >= wide);
        assert!(columns.width >= columns.xs[2] + BESIDE + wide + SIDE, "nothing is cut at the edge");
        let huge = message(&"x".repeat(200), Some(1), 0);
        let columns = Columns::of(&names, &[huge], 7, (false, 560), p);
        assert_eq!(columns.xs[1] - columns.xs[0], GAP_MOST);
    }
}
