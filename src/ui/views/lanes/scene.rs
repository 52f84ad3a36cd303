//! What all parts of one frame share: where lanes and places of the axis lie on the screen, what is selected, and
//! what was done, to be applied when the frame is drawn.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use egui::{Color32, Id, Pos2, Rect, pos2};

use super::arrange::{Arranged, Lane};
use super::bins::{Item, LanesAnswer};
use super::scale::Scale;
use crate::engine::Latest;
use crate::index::{EventLog, StreamId, TypeId};
use crate::model::Row;
use crate::ui::format::Zone;
use crate::ui::view::ViewContext;
use crate::ui::views::span::Span;

/// A row of the view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowKind {
    /// The head of a group.
    Group(usize),
    /// A lane of a group.
    Lane(usize, usize),
    /// The streams of a group that are not drawn.
    More(usize),
    /// Groups that are not drawn.
    MoreGroups,
}

/// The rows from top to bottom.
#[derive(Debug, Default)]
pub(super) struct Flat {
    pub(super) rows: Vec<RowKind>,
    pub(super) by_stream: HashMap<StreamId, usize>,
}

impl Flat {
    pub(super) fn of(arranged: &Arranged, folded: &BTreeSet<String>, with_heads: bool) -> Self {
        let mut flat = Self::default();
        for (at, group) in arranged.groups.iter().enumerate() {
            if with_heads {
                flat.rows.push(RowKind::Group(at));
                if folded.contains(&group.name) {
                    continue;
                }
            }
            for (n, lane) in group.lanes.iter().enumerate() {
                flat.by_stream.insert(lane.stream, flat.rows.len());
                flat.rows.push(RowKind::Lane(at, n));
            }
            if group.hidden() > 0 {
                flat.rows.push(RowKind::More(at));
            }
        }
        if arranged.more_groups > 0 {
            flat.rows.push(RowKind::MoreGroups);
        }
        flat
    }

    /// The head that a row stands under.
    pub(super) fn head_of(&self, row: usize) -> Option<usize> {
        (0..=row.min(self.rows.len().checked_sub(1)?))
            .rev()
            .find(|row| matches!(self.rows[*row], RowKind::Group(_)))
    }
}

/// What somebody did.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Act {
    /// Click on an event.
    Select(Row),
    Pin(Row),
    /// Click on a bar.
    ZoomTo(f64, f64),
    Restore(i64),
    Fold(String),
    /// Show more streams of a group.
    More(String),
    Fit,
    Playhead(f64),
}

/// Effects of an event, found off the window's thread.
pub(super) type Effects = Latest<(u64, Row), Vec<Row>>;

/// One frame.
pub(super) struct Scene<'a> {
    pub(super) context: &'a ViewContext<'a>,
    pub(super) id: Id,
    pub(super) scale: &'a Scale,
    pub(super) span: Span,
    /// Lanes without their heads and without the scroll bar.
    pub(super) plot: Rect,
    /// Lanes with their heads, without the scroll bar.
    pub(super) list: Rect,
    pub(super) ruler: Rect,
    pub(super) answer: &'a LanesAnswer,
    /// From the scale of the answer to the one that is seen, while a new answer is worked out.
    pub(super) carry: Option<&'a dyn Fn(f64) -> f64>,
    /// Units of a column of the answer.
    pub(super) column: f64,
    pub(super) flat: &'a Flat,
    /// Rows that are at least partly seen, with their numbers.
    pub(super) seen: &'a [(usize, Rect)],
    pub(super) lane_height: f32,
    /// Rank of the playhead.
    pub(super) playhead: u64,
    pub(super) in_past: bool,
    /// The selected event's effects, as far as they are known.
    pub(super) effects: Vec<Row>,
    pub(super) hovered_effects: &'a Effects,
}

impl Scene<'_> {
    pub(super) fn log(&self) -> &EventLog {
        self.context.log()
    }

    pub(super) fn zone(&self) -> Zone {
        Zone { local: self.context.preferences.local_time }
    }

    /// Where a place of the axis lies.
    pub(super) fn x(&self, units: f64) -> f32 {
        self.plot.left() + self.span.x_of(units, self.plot.width())
    }

    /// Where a place of the answer's axis lies.
    pub(super) fn item_x(&self, units: f64) -> f32 {
        self.x(self.carry.map_or(units, |carry| carry(units)))
    }

    /// Left and right edge of a column's bar.
    pub(super) fn bar_x(&self, item: &Item) -> (f32, f32) {
        let left = self.item_x(item.column as f64 * self.column).round();
        let right = self.item_x((item.column + 1) as f64 * self.column).round();
        (left, (right - 1.0).max(left + 2.0))
    }

    pub(super) fn lane(&self, kind: RowKind) -> Option<(&Lane, &[Item])> {
        let RowKind::Lane(group, lane) = kind else { return None };
        let items = self.answer.items.get(group).and_then(|lanes| lanes.get(lane));
        Some((self.answer.arranged.groups.get(group)?.lanes.get(lane)?, items.map_or(&[], Vec::as_slice)))
    }

    /// How many events of a lane have happened as of the playhead.
    pub(super) fn happened(&self, lane: &Lane) -> usize {
        if self.in_past {
            lane.partition_from(0, |row| self.log().rank_of(row) <= self.playhead)
        } else {
            lane.len()
        }
    }

    pub(super) fn is_later(&self, row: Row) -> bool {
        self.in_past && self.log().rank_of(row) > self.playhead
    }

    pub(super) fn hue(&self, event_type: TypeId) -> Color32 {
        self.context.tokens.family(&self.log().event_type(event_type).family)
    }

    /// The middle of an event's mark, whether it is seen or not, if its stream is a lane that is not folded.
    pub(super) fn place_of(&self, row: Row) -> Option<Pos2> {
        let log = self.log();
        if !log.contains(row) {
            return None;
        }
        let streams = log.memberships(row);
        let number = streams.iter().find_map(|(stream, _)| self.flat.by_stream.get(stream))?;
        let (first, rect) = self.seen.first()?;
        let steps = *number as f32 - *first as f32;
        let y = rect.center().y + steps * self.lane_height;
        Some(pos2(self.x(self.scale.units_of(log, row)), y))
    }

    pub(super) fn is_selected_lane(&self, lane: &Lane) -> bool {
        let log = self.log();
        self.context.navigation.selected.is_some_and(|row| {
            log.contains(row) && log.memberships(row).iter().any(|(stream, _)| *stream == lane.stream)
        })
    }

    /// "09:12–09:43", with the days where they differ.
    pub(super) fn stretch(&self, first: Row, last: Row) -> String {
        let (log, zone) = (self.log(), self.zone());
        if !matches!(self.scale, Scale::Time(_)) {
            let (first, last) = (log.rank_of(first) + 1, log.rank_of(last) + 1);
            return format!(
                "ranks {}–{}",
                crate::ui::format::thousands(first),
                crate::ui::format::thousands(last)
            );
        }
        let (first, last) = (log.key_of(first), log.key_of(last));
        let same_day = zone.custom(first, "%Y-%m-%d") == zone.custom(last, "%Y-%m-%d");
        let format = match last - first {
            0..2_000_000_000 => "%H:%M:%S%.3f",
            2_000_000_000..120_000_000_000 => "%H:%M:%S",
            _ if same_day => "%H:%M",
            _ => "%-d %b %H:%M",
        };
        let (from, to) = (zone.custom(first, format), zone.custom(last, format));
        if from == to { from } else { format!("{from}–{to}") }
    }
}

/// The rows as they were last laid out, and for what.
#[derive(Default)]
pub(super) struct FlatOf {
    arranged: Option<Arc<Arranged>>,
    folded: BTreeSet<String>,
    with_heads: bool,
    pub(super) flat: Arc<Flat>,
}

impl FlatOf {
    /// The rows, laid out again only when something changed.
    pub(super) fn get(
        &mut self,
        arranged: &Arc<Arranged>,
        folded: &BTreeSet<String>,
        with_heads: bool,
    ) -> Arc<Flat> {
        let same = self.arranged.as_ref().is_some_and(|old| Arc::ptr_eq(old, arranged))
            && self.folded == *folded
            && self.with_heads == with_heads;
        if !same {
            self.flat = Arc::new(Flat::of(arranged, folded, with_heads));
            self.arranged = Some(Arc::clone(arranged));
            self.folded.clone_from(folded);
            self.with_heads = with_heads;
        }
        Arc::clone(&self.flat)
    }
}
