//! Where the columns of the saga page stand: as wide as what is in them, so that incoming, state and outgoing are near one
//! another in much room; names before times in little.

use std::collections::HashMap;

use egui::{Color32, Painter, Rect};

use super::Scene;
use super::groups::Group;
use super::rows::{CHANGES_MAX, EFFECTS_MAX, STREAM_MAX, name_of, short};
use crate::index::TypeId;
use crate::saga::{PageRow, text};
use crate::ui::format::{one_line, signed_span};
use crate::ui::theme::PAD;
use crate::ui::views::lanes::without_family;
use crate::ui::widgets::Line;

/// Widths of letters: of numbers, of mono and small mono, of words and captions.
const NUMBER_DIGIT: f32 = 6.7;
const MONO: f32 = 7.3;
const CAPTION: f32 = 6.0;
const WORDS: f32 = 6.9;
/// Less room than this is left to what came in.
const NARROW: f32 = 380.0;
/// The rail with what is beside it, and the arrow before what went out.
const RAIL: f32 = 18.0;
const AFTER_RAIL: f32 = 22.0;
const ARROW: f32 = 32.0;
/// Before a name: its mark.
const MARK: f32 = 16.0;
/// Beyond these no column grows: what is longer is cut, and whole on hover.
const INCOMING_MAX: f32 = 300.0;
const CHANGES_MOST: f32 = 460.0;
const OUTGOING_MAX: f32 = 300.0;
/// What captions of the columns need.
const INCOMING_LEAST: f32 = 120.0;
const CHANGES_LEAST: f32 = 84.0;
const OUTGOING_LEAST: f32 = 96.0;
/// In little room changes are cut to the first, in less to the second; times with what stands behind them to the third.
const CHANGES_TIGHT: f32 = 152.0;
const CHANGES_SHORT: f32 = 120.0;
const SECOND_TIGHT: f32 = 176.0;

/// What a column must have, what it needs so that names are whole, and what it would like to have.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Need {
    least: f32,
    names: f32,
    wish: f32,
}

impl Need {
    fn grow(&mut self, least: f32, names: f32, wish: f32) {
        self.least = self.least.max(least);
        self.names = self.names.max(names.max(least));
        self.wish = self.wish.max(wish.max(names).max(least));
    }

    fn within(self, least: f32, most: f32) -> Self {
        let within = |width: f32| width.clamp(least, most);
        Self { least: within(self.least), names: within(self.names), wish: within(self.wish) }
    }
}

/// What the columns of a page need.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Needs {
    incoming: Need,
    changes: Need,
    outgoing: Need,
}

impl Needs {
    /// Names are measured once a type, the rest is counted: a saga may have thousands of events.
    pub(super) fn of(scene: &Scene<'_>, groups: &[Group], painter: &Painter) -> Self {
        let mut names: HashMap<TypeId, [f32; 4]> = HashMap::new();
        let mut widths_of = |id: TypeId| {
            *names.entry(id).or_insert_with(|| {
                let info = &scene.survey.traits[id.0 as usize];
                let name = one_line(&info.name);
                let short = without_family(&name, &info.family).unwrap_or(&name);
                let strong = |words: &str| Line::new().strong(words, Color32::WHITE).width(painter);
                let body = |words: &str| Line::new().body(words, Color32::WHITE).width(painter);
                [strong(short), strong(&name), body(short), body(&name)]
            })
        };
        let log = scene.context.log();
        let mut needs = Self::default();
        for group in groups {
            let row = &scene.page.rows[group.last()];
            let [short_name, name, ..] = widths_of(row.event_type);
            let mut beside = MARK + 6.0;
            beside += if row.failure { 16.0 } else { 0.0 };
            beside += if group.part.is_some() { 52.0 } else { 0.0 };
            beside += if group.rows.len() > 1 { 14.0 + NUMBER_DIGIT * digits(group.rows.len()) } else { 0.0 };
            // "×12 attempts"
            beside += if group.attempts.is_some() { 76.0 } else { 0.0 };
            let (name, second) = (name + beside, second_line(scene, row));
            needs.incoming.grow(short_name + beside, name.max(second.min(SECOND_TIGHT)), name.max(second));
            for change in row.changes.iter().take(CHANGES_MAX) {
                let letters = |text: &str| text.chars().count() as f32;
                let values = [change.from.as_ref(), change.to.as_ref()];
                let values: f32 =
                    values.iter().flatten().map(|value| letters(&short(Some(value))) + 2.0).sum();
                let name = letters(&name_of(change)) * WORDS + 14.0;
                let wish = name + values * MONO;
                needs.changes.grow(wish.min(CHANGES_SHORT), wish.min(CHANGES_TIGHT), wish);
            }
            for (effect, _) in row.outgoing.iter().take(EFFECTS_MAX) {
                let [.., short_name, name] = widths_of(log.type_of(*effect));
                let after = signed_span(log.key_of(*effect).saturating_sub(log.key_of(row.row)));
                let wish = MARK + 2.0 + name + 8.0 + after.chars().count() as f32 * NUMBER_DIGIT;
                needs.outgoing.grow(MARK + 2.0 + short_name, MARK + 2.0 + name, wish);
            }
        }
        // What is to come as far as the log goes, wherever the playhead stands: columns do not move with it.
        for next in &scene.page.ahead {
            // "undo of" may stand before it.
            let name = MARK + (next.name.chars().count() + 8) as f32 * WORDS;
            needs.incoming.grow(name.min(INCOMING_LEAST * 1.5), name, name);
        }
        Self {
            incoming: needs.incoming.within(INCOMING_LEAST, INCOMING_MAX),
            changes: needs.changes.within(CHANGES_LEAST, CHANGES_MOST),
            outgoing: needs.outgoing.within(OUTGOING_LEAST, OUTGOING_MAX),
        }
    }

    fn all(&self) -> [Need; 3] {
        [self.incoming, self.changes, self.outgoing]
    }
}

/// Width of the time and what stands behind it.
fn second_line(scene: &Scene<'_>, row: &PageRow) -> f32 {
    let said = text::said(scene.page, row);
    let letters = if said.is_empty() {
        row.stream.map_or(0, |id| scene.context.log().stream(id).id.chars().count().min(STREAM_MAX))
    } else {
        said.chars().count()
    };
    let singular = if row.is_singular { 100.0 } else { 0.0 };
    let time = if row.time.is_some() { 12.0 * NUMBER_DIGIT + 8.0 } else { 0.0 };
    MARK + time + letters as f32 * CAPTION + singular + 4.0
}

fn digits(number: usize) -> f32 {
    number.max(1).ilog10() as f32 + 1.0
}

/// Where the columns stand.
#[derive(Clone, Copy)]
pub(super) struct Columns {
    pub(super) number: f32,
    pub(super) incoming: f32,
    pub(super) rail: f32,
    pub(super) changes: f32,
    pub(super) outgoing: f32,
    pub(super) right: f32,
    /// There is room for the events only.
    pub(super) is_narrow: bool,
}

fn gutter(last: usize) -> f32 {
    (digits(last) * NUMBER_DIGIT + 8.0).ceil().max(24.0)
}

/// Widths of the columns in `room`: what each would like; where that is too much, names go before the rest; in very
/// little each is cut alike.
fn widths(needs: [Need; 3], room: f32) -> [f32; 3] {
    let sum = |width: fn(&Need) -> f32| needs.iter().map(width).sum::<f32>();
    let (least, names, wish) = (sum(|need| need.least), sum(|need| need.names), sum(|need| need.wish));
    let between = |low: f32, high: f32, share: f32| (low + (high - low) * share).floor();
    if room >= wish {
        needs.map(|need| need.wish.floor())
    } else if room >= names {
        needs.map(|need| between(need.names, need.wish, (room - names) / (wish - names)))
    } else if room >= least {
        needs.map(|need| between(need.least, need.names, (room - least) / (names - least)))
    } else {
        needs.map(|need| between(0.0, need.least, (room / least).max(0.0)))
    }
}

impl Columns {
    /// The width that rows numbered up to `last` would like.
    pub(super) fn wish(needs: &Needs, last: usize) -> f32 {
        let columns: f32 = needs.all().iter().map(|need| need.wish).sum();
        // A scroll bar has room at the right.
        (PAD + gutter(last) + RAIL + AFTER_RAIL + ARROW + columns + PAD + 12.0).ceil()
    }

    /// In `rect`, of rows that are numbered up to `last`.
    pub(super) fn of(rect: Rect, last: usize, needs: &Needs) -> Self {
        let (left, right) = (rect.left() + PAD, rect.right() - PAD);
        let gutter = gutter(last);
        let room = right - left - gutter;
        let is_narrow = room < NARROW;
        let [incoming, changes, _] = widths(needs.all(), room - RAIL - AFTER_RAIL - ARROW);
        let rail = if is_narrow { right - 16.0 } else { left + gutter + incoming + RAIL };
        let outgoing = rail + AFTER_RAIL + changes + ARROW;
        Self {
            number: left,
            incoming: left + gutter,
            rail,
            changes: rail + AFTER_RAIL,
            outgoing,
            right,
            is_narrow,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEEDS: [Need; 3] = [
        Need { least: 120.0, names: 150.0, wish: 200.0 },
        Need { least: 130.0, names: 150.0, wish: 300.0 },
        Need { least: 50.0, names: 100.0, wish: 100.0 },
    ];

    fn drawn(room: f32) -> [i32; 3] {
        widths(NEEDS, room).map(|width| width as i32)
    }

    #[test]
    fn columns_take_what_they_need_and_no_more() {
        assert_eq!(drawn(2_000.0), [200, 300, 100]);
        assert_eq!(drawn(600.0), [200, 300, 100]);
    }

    #[test]
    fn in_little_room_names_go_before_the_rest() {
        assert_eq!(drawn(500.0), [175, 225, 100]);
        assert_eq!(drawn(400.0), [150, 150, 100]);
        assert_eq!(drawn(350.0), [135, 140, 75]);
        assert_eq!(drawn(150.0), [60, 65, 25]);
        assert_eq!(drawn(-10.0), [0, 0, 0]);
    }
}
