//! What is drawn on a lane: single marks where there is room, else bars of seven points. Runs on a worker for the
//! seen stretch and its neighbourhood; bars stand on a grid of the axis, so that panning never changes them.

use std::ops::Range;
use std::sync::Arc;

use crate::base::cancel::CancelToken;
use crate::index::{EventLog, TypeId};

use super::arrange::{ArrangeKey, Arranged, Lane};
use super::scale::Scale;
use crate::ui::views::span::Span;

/// Points from bar to bar; a bar itself is a point narrower.
pub(super) const COLUMN: f32 = 7.0;
/// Points between two marks, at least.
const APART: f64 = 13.0;

/// What the picture of the lanes depends on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LanesKey {
    pub(super) arrange: ArrangeKey,
    pub(super) scale: Scale,
    /// Units of a column.
    pub(super) column: f64,
    /// What is worked out: the seen stretch and its neighbourhood.
    pub(super) page: Span,
}

impl LanesKey {
    /// For a stretch seen in `width` points.
    pub(super) fn of(arrange: ArrangeKey, scale: Scale, seen: Span, width: f32) -> Self {
        let column = seen.len / f64::from(width.max(COLUMN)) * f64::from(COLUMN);
        let page = (seen.from / seen.len).floor();
        // One length before what is seen and one after it, whichever part of a page that is.
        let page = Span { from: (page - 1.0) * seen.len, len: seen.len * 4.0 };
        Self { arrange, scale, column, page }
    }
}

/// Something drawn on a lane: an event, or several as a bar.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Item {
    /// Which events of the lane.
    pub(super) rows: Range<usize>,
    /// Units of the first and the last.
    pub(super) first: f64,
    pub(super) last: f64,
    /// The bar's place on the grid of columns.
    pub(super) column: i64,
    pub(super) failures: usize,
    /// The most frequent type, of several the one seen first.
    pub(super) top_type: TypeId,
    /// A mark rather than a bar.
    pub(super) single: bool,
}

impl Item {
    /// One event, drawn as a mark or, among others, as a bar.
    pub(super) fn is_event(&self) -> bool {
        self.rows.len() == 1
    }
}

/// A family of types in view.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LegendEntry {
    /// A type of it, for its name and hue.
    pub(super) of_type: TypeId,
    pub(super) events: u64,
}

/// The picture.
#[derive(Debug)]
pub(super) struct LanesAnswer {
    pub(super) arranged: Arc<Arranged>,
    /// By group, by lane.
    pub(super) items: Vec<Vec<Vec<Item>>>,
    /// Most events in a bar.
    pub(super) most: usize,
    /// Families in view, most frequent first.
    pub(super) legend: Vec<LegendEntry>,
    pub(super) has_failures: bool,
}

/// Works the picture out. `None` when cancelled.
pub(super) fn picture(
    log: &EventLog,
    key: &LanesKey,
    arranged: Arc<Arranged>,
    cancel: &CancelToken,
) -> Option<LanesAnswer> {
    let mut counts = TypeCounts::new(log);
    let mut answer =
        LanesAnswer { arranged, items: Vec::new(), most: 1, legend: Vec::new(), has_failures: false };
    let arranged = Arc::clone(&answer.arranged);
    for group in &arranged.groups {
        let mut lanes = Vec::with_capacity(group.lanes.len());
        for lane in &group.lanes {
            if cancel.is_cancelled() {
                return None;
            }
            let items = items(log, key, lane, &mut counts);
            for item in items.iter().filter(|item| !item.single) {
                answer.most = answer.most.max(item.rows.len());
            }
            answer.has_failures |= items.iter().any(|item| item.failures > 0);
            lanes.push(items);
        }
        answer.items.push(lanes);
    }
    answer.legend = counts.legend(log);
    Some(answer)
}

/// Marks and bars of one lane.
fn items(log: &EventLog, key: &LanesKey, lane: &Lane, counts: &mut TypeCounts) -> Vec<Item> {
    let units = |at: usize| key.scale.units_of(log, lane.row(at));
    let before = |from: usize, end: f64| lane.partition_from(from, |row| key.scale.units_of(log, row) < end);
    let apart = key.column / f64::from(COLUMN) * APART;
    let mut items = Vec::new();
    let end = key.page.to();
    let mut at = before(0, key.page.from);
    let mut previous = at.checked_sub(1).map(units);
    while at < lane.len() {
        let first = units(at);
        if first > end {
            break;
        }
        let column = (first / key.column).floor();
        let next = before(at + 1, (column + 1.0) * key.column).max(at + 1);
        let last = if next == at + 1 { first } else { units(next - 1) };
        let free_before = previous.is_none_or(|previous| first - previous >= apart);
        let free_after = next >= lane.len() || units(next) - last >= apart;
        let (failures, top_type) = counts.count(log, lane, at..next);
        items.push(Item {
            rows: at..next,
            first,
            last,
            column: column as i64,
            failures,
            top_type,
            single: next == at + 1 && free_before && free_after,
        });
        previous = Some(last);
        at = next;
    }
    items
}

/// Counts by type, of one bar and of all of them.
struct TypeCounts {
    is_failure: Vec<bool>,
    of_bar: Vec<usize>,
    touched: Vec<TypeId>,
    in_all: Vec<u64>,
}

impl TypeCounts {
    fn new(log: &EventLog) -> Self {
        let types = log.types().len();
        Self {
            is_failure: log.types().iter().map(|info| info.is_failure).collect(),
            of_bar: vec![0; types],
            touched: Vec::new(),
            in_all: vec![0; types],
        }
    }

    /// Failures and the most frequent type of a range of a lane.
    fn count(&mut self, log: &EventLog, lane: &Lane, rows: Range<usize>) -> (usize, TypeId) {
        let mut failures = 0;
        for at in rows {
            let id = log.type_of(lane.row(at));
            let index = id.0 as usize;
            failures += usize::from(self.is_failure[index]);
            if self.of_bar[index] == 0 {
                self.touched.push(id);
            }
            self.of_bar[index] += 1;
            self.in_all[index] += 1;
        }
        let mut top = (0, TypeId(0));
        for id in self.touched.drain(..) {
            let count = std::mem::take(&mut self.of_bar[id.0 as usize]);
            if count > top.0 {
                top = (count, id);
            }
        }
        (failures, top.1)
    }

    fn legend(&self, log: &EventLog) -> Vec<LegendEntry> {
        let mut legend: Vec<LegendEntry> = Vec::new();
        for (at, events) in self.in_all.iter().enumerate().filter(|(_, events)| **events > 0) {
            let of_type = TypeId(at as u32);
            let family = &log.event_type(of_type).family;
            match legend.iter_mut().find(|entry| log.event_type(entry.of_type).family == *family) {
                Some(entry) => entry.events += events,
                None => legend.push(LegendEntry { of_type, events: *events }),
            }
        }
        legend.sort_by_key(|entry| std::cmp::Reverse(entry.events));
        legend
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::index::{RowSet, TimeAxis};
    use crate::ui::views::lanes::arrange::{GroupBy, SameRows, SortBy, arrange, tests::log_of};

    fn drawn(log: &EventLog, axis: TimeAxis, seen: Span, width: f32) -> (LanesKey, LanesAnswer) {
        let rows = SameRows(RowSet::All);
        let arrange_key = ArrangeKey {
            generation: 0,
            rows,
            group_by: GroupBy::Nothing,
            sort: SortBy::Name,
            more: BTreeMap::new(),
            kept: Vec::new(),
        };
        let scale = Scale::Time(Arc::new(axis));
        let key = LanesKey::of(arrange_key, scale, seen, width);
        let cancel = CancelToken::default();
        let arranged = Arc::new(arrange(log, &[], &key.arrange, &cancel).unwrap());
        let answer = picture(log, &key, arranged, &cancel).unwrap();
        (key, answer)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn bars_hold_what_a_naive_count_finds(
            seconds in prop::collection::vec(0..2_000_i64, 1..120),
            part in (0.0..0.9_f64, 0.05..1.0_f64),
            width in 30.0..900.0_f32,
        ) {
            let mut seconds = seconds;
            seconds.sort_unstable();
            let names = ["ord-1", "pay_failed-1"];
            let events: Vec<(&str, i64)> =
                seconds.iter().enumerate().map(|(n, second)| (names[n % 2], *second)).collect();
            let log = log_of(&events);
            let axis = TimeAxis::of(&log, &[]);
            let total = axis.total_units();
            let seen = Span { from: total * part.0, len: total * part.1 };
            let (key, answer) = drawn(&log, axis, seen, width);
            prop_assert!(key.page.from <= seen.from && key.page.to() >= seen.to());
            for (lane, items) in answer.arranged.groups[0].lanes.iter().zip(&answer.items[0]) {
                let mut naive: BTreeMap<i64, (usize, usize)> = BTreeMap::new();
                for at in 0..lane.len() {
                    let units = key.scale.units_of(&log, lane.row(at));
                    if units >= key.page.from && units <= key.page.to() {
                        let slot = naive.entry((units / key.column).floor() as i64).or_default();
                        slot.0 += 1;
                        slot.1 += usize::from(log.is_failure(lane.row(at)));
                    }
                }
                let found: BTreeMap<i64, (usize, usize)> = items
                    .iter()
                    .map(|item| (item.column, (item.rows.len(), item.failures)))
                    .collect();
                // The last column may reach beyond the page.
                let inside = |map: &BTreeMap<i64, (usize, usize)>| {
                    let last = (key.page.to() / key.column).floor() as i64;
                    map.iter().filter(|(column, _)| **column < last).map(|(c, n)| (*c, *n)).collect::<Vec<_>>()
                };
                prop_assert_eq!(inside(&found), inside(&naive));
                let px = |units: f64| units / key.column * f64::from(COLUMN);
                for pair in items.windows(2).filter(|pair| pair[0].single || pair[1].single) {
                    prop_assert!(px(pair[1].first) - px(pair[0].last) >= APART - 0.01, "marks overlap");
                }
            }
        }
    }

    #[test]
    fn a_bar_is_named_by_its_most_frequent_type() {
        let log = log_of(&[("ord-1", 0), ("ord-1", 1), ("ord-1", 2), ("ord-1", 5_000)]);
        // The long gap stays, so that the first three share a column.
        let axis = TimeAxis::of(&log, &[2_000_000_000]);
        let seen = Span { from: 0.0, len: axis.total_units() * 1.1 };
        let (_, answer) = drawn(&log, axis, seen, 200.0);
        let items = &answer.items[0][0];
        assert_eq!(
            items.iter().map(|item| (item.rows.len(), item.single)).collect::<Vec<_>>(),
            [(3, false), (1, true)]
        );
        assert_eq!(&*log.event_type(items[0].top_type).name, "ordMoved");
        assert_eq!((answer.most, answer.legend.len(), answer.has_failures), (3, 1, false));
    }

    #[test]
    fn panning_a_little_asks_nothing_new() {
        let key = |from: f64| {
            let arrange = ArrangeKey {
                generation: 0,
                rows: SameRows(RowSet::All),
                group_by: GroupBy::Nothing,
                sort: SortBy::Name,
                more: BTreeMap::new(),
                kept: Vec::new(),
            };
            LanesKey::of(arrange, Scale::Rank(1_000), Span { from, len: 100.0 }, 700.0)
        };
        assert_eq!(key(210.0), key(260.0));
        assert_ne!(key(210.0), key(310.0));
    }
}
