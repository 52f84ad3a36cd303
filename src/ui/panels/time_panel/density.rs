//! What the panel counts in the background: the density of the log, and where the events of the current list
//! lie. Every answer says what it belongs to, so that an old one is drawn until the new one is there.

use std::sync::Arc;

use super::scale::{Basis, Zoom};
use crate::base::cancel::CancelToken;
use crate::engine::{DocumentId, OpenLog};
use crate::index::{
    Bin, CorrelationId, EventLog, RowSet, StreamId, TimeAxis, TypeId, edges_by_rank, edges_by_time,
    histogram, share,
};
use crate::model::Row;
use crate::ui::app::navigation::{StepList, place_in};
use crate::ui::view::ViewContext;

/// What the panel is ordered by, as chosen.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Order {
    /// By time; idle stretches are cut but for those that begin at these times.
    Time { cut: bool, restored: Vec<i64> },
    /// By rank.
    Rank,
}

/// What a basis depends on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct BasisKey {
    pub(super) document: DocumentId,
    pub(super) generation: u64,
    pub(super) order: Order,
}

/// What a density depends on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct DensityKey {
    pub(super) basis: BasisKey,
    pub(super) zoom: Zoom,
    pub(super) bins: usize,
}

/// Counts of what is shown.
#[derive(Clone, Debug)]
pub(super) struct Density {
    pub(super) basis: Basis,
    pub(super) bins: Vec<Bin>,
    pub(super) peak: u32,
    /// Failures in all bins.
    pub(super) failures: u64,
}

impl Density {
    /// Counts. `known` is the basis of the answer before, where it is still right.
    pub(super) fn count(
        open: &OpenLog,
        key: &DensityKey,
        known: Option<Basis>,
        cancel: &CancelToken,
    ) -> Option<Self> {
        let log = &open.log;
        let basis = known.unwrap_or_else(|| basis(open, &key.basis.order));
        let bins = histogram(log, &edges(log, &basis, key.zoom, key.bins), cancel)?;
        let peak = bins.iter().map(|bin| bin.events).max().unwrap_or(0);
        let failures = bins.iter().map(|bin| u64::from(bin.failures)).sum();
        Some(Self { basis, bins, peak, failures })
    }
}

/// Where the bins of a stretch begin and end, as ranks.
fn edges(log: &EventLog, basis: &Basis, zoom: Zoom, bins: usize) -> Vec<u64> {
    let (from, to) = (basis.total() * zoom.from, basis.total() * zoom.to);
    match basis {
        Basis::Time(axis) => edges_by_time(log, axis, (from, to), bins),
        Basis::Rank(_) => edges_by_rank(log, (from as u64, to.ceil() as u64), bins),
    }
}

/// What the share of the query in each bin depends on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ShareKey {
    pub(super) density: DensityKey,
    pub(super) rows: List,
}

/// How many events of each bin the query finds.
pub(super) fn share_of(log: &EventLog, basis: &Basis, key: &ShareKey) -> Vec<u32> {
    let DensityKey { zoom, bins, .. } = key.density;
    share(log, &key.rows.sorted(log), &edges(log, basis, zoom, bins))
}

fn basis(open: &OpenLog, order: &Order) -> Basis {
    let axis = &open.axis;
    match order {
        Order::Time { cut: true, restored } if restored.is_empty() => Basis::Time(Arc::clone(axis)),
        Order::Time { cut: true, restored } => Basis::Time(Arc::new(TimeAxis::of(&open.log, restored))),
        Order::Time { cut: false, .. } => {
            let (first, last) = (axis.nanos_at(0.0), axis.nanos_at(axis.total_units()));
            // With the only gap restored nothing is cut.
            Basis::Time(Arc::new(TimeAxis::from_keys([first, last].into_iter(), &[first])))
        }
        Order::Rank => Basis::Rank(open.log.len() as u64),
    }
}

/// The list that the focused view steps through, by what names it.
#[derive(Clone, Debug)]
pub(super) enum List {
    /// The whole log.
    All,
    /// What the filter leaves.
    Rows(Arc<Vec<Row>>),
    /// One stream.
    Stream(StreamId),
    /// One correlation.
    Correlation(CorrelationId),
}

impl PartialEq for List {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::All, Self::All) => true,
            // A selection is never changed in place.
            (Self::Rows(a), Self::Rows(b)) => Arc::ptr_eq(a, b),
            (Self::Stream(a), Self::Stream(b)) => a == b,
            (Self::Correlation(a), Self::Correlation(b)) => a == b,
            _ => false,
        }
    }
}

impl List {
    /// What the filter leaves, whatever view has the focus.
    pub(super) fn of_filter(context: &ViewContext<'_>) -> Self {
        match &context.document.rows {
            RowSet::All => Self::All,
            RowSet::Some(rows) => Self::Rows(Arc::clone(rows)),
            RowSet::Stream(stream) => Self::Stream(*stream),
        }
    }

    /// The current one.
    pub(super) fn of(context: &ViewContext<'_>) -> Self {
        let log = context.log();
        match context.navigation.focused_list {
            StepList::Filtered => Self::of_filter(context),
            StepList::Stream => context
                .navigation
                .stream
                .filter(|stream| (stream.0 as usize) < log.streams().len())
                .map_or(Self::All, Self::Stream),
            StepList::Correlation => context
                .navigation
                .selected
                .filter(|row| log.contains(*row))
                .and_then(|row| log.event(row).correlation)
                .map_or(Self::All, Self::Correlation),
            StepList::Log | StepList::Failures => Self::All,
        }
    }

    /// Number of events.
    pub(super) fn len(&self, log: &EventLog) -> usize {
        match self {
            Self::All => log.len(),
            Self::Rows(rows) => rows.len(),
            Self::Stream(stream) => log.stream(*stream).len(),
            Self::Correlation(id) => log.correlation(*id).rows.len(),
        }
    }

    /// How many of its events have happened as of the playhead. `sorted` is the list by rank where it is known.
    pub(super) fn done(&self, log: &EventLog, playhead: Option<Row>, sorted: Option<&RowSet>) -> u64 {
        let Some(row) = playhead else { return 0 };
        match self {
            Self::All => log.rank_of(row) + 1,
            Self::Rows(rows) => place_in(log, &RowSet::Some(Arc::clone(rows)), Some(row)).0,
            Self::Stream(stream) => {
                let info = log.stream(*stream);
                let rank = log.rank_of(row);
                // Events of one source never overtake each other.
                let happened = |ordinal: &u32| log.rank_of(Row::new(info.source, *ordinal as usize)) <= rank;
                info.ordinals.partition_point(happened) as u64
            }
            Self::Correlation(_) => sorted.map_or(0, |rows| rows.count_through(log, row)),
        }
    }

    /// Its events by rank.
    fn sorted(&self, log: &EventLog) -> RowSet {
        match self {
            Self::All => RowSet::All,
            Self::Rows(rows) => RowSet::Some(Arc::clone(rows)),
            Self::Stream(stream) => RowSet::Some(Arc::new(log.stream(*stream).rows().collect())),
            Self::Correlation(id) => RowSet::sorted(log, log.correlation(*id).rows.to_vec()),
        }
    }
}

/// Events drawn one by one; more are drawn as one tick a bin.
pub(super) const TICKS_MAX: usize = 2_000;

/// What the ticks of a list depend on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TicksKey {
    pub(super) basis: BasisKey,
    pub(super) list: List,
    /// Stretch and bins, where there are too many events for one tick each.
    pub(super) binned: Option<(Zoom, usize)>,
}

/// An event that hangs from the top.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Tick {
    pub(super) units: f64,
    pub(super) row: Row,
    pub(super) event_type: TypeId,
}

/// The events of a list, and where they lie.
#[derive(Clone, Debug)]
pub(super) struct Ticks {
    pub(super) rows: RowSet,
    pub(super) ticks: Vec<Tick>,
}

impl Ticks {
    pub(super) fn find(log: &EventLog, basis: &Basis, key: &TicksKey) -> Self {
        let rows = key.list.sorted(log);
        let tick = |row: Row| Tick { units: basis.of_row(log, row), row, event_type: log.type_of(row) };
        let all = 0..rows.len(log);
        let ticks = match (&key.list, key.binned) {
            // The density shows them all.
            (List::All, _) => Vec::new(),
            (_, None) => all.filter_map(|at| rows.get(log, at)).map(tick).collect(),
            (_, Some((zoom, bins))) => {
                let (from, to) = (basis.total() * zoom.from, basis.total() * zoom.to);
                let width = (to - from) / bins.max(1) as f64;
                let mut ticks = Vec::with_capacity(bins);
                let mut at = 0;
                for bin in 0..bins {
                    let edge = from + width * bin as f64;
                    at = first_from(at, all.end, |index| {
                        rows.get(log, index).is_some_and(|row| basis.of_row(log, row) < edge)
                    });
                    let found = rows.get(log, at).map(tick);
                    ticks.extend(found.filter(|tick| tick.units < edge + width));
                }
                ticks
            }
        };
        Self { rows, ticks }
    }
}

/// The first number from `low` to `high` for which `is_before` does not hold.
fn first_from(mut low: u64, mut high: u64, is_before: impl Fn(u64) -> bool) -> u64 {
    while low < high {
        let middle = low + (high - low) / 2;
        if is_before(middle) { low = middle + 1 } else { high = middle }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::LogBuilder;
    use crate::model::{Locator, RecordedEvent, SourceId, Timestamp};

    fn log(n: i64) -> EventLog {
        let mut builder = LogBuilder::default();
        let source = builder.add_source();
        for at in 0..n {
            let recorded_at = Some(Timestamp::from_nanos(at * 10, 9));
            builder.push(
                source,
                Locator::default(),
                &RecordedEvent { recorded_at, ..RecordedEvent::default() },
            );
        }
        builder.publish()
    }

    fn key(list: List, binned: Option<(Zoom, usize)>) -> TicksKey {
        let basis = BasisKey { document: DocumentId(1), generation: 1, order: Order::Rank };
        TicksKey { basis, list, binned }
    }

    #[test]
    fn few_events_have_a_tick_each_and_many_one_a_bin() {
        let log = log(1_000);
        let rows = |ordinals: &mut dyn Iterator<Item = usize>| {
            List::Rows(Arc::new(ordinals.map(|at| Row::new(SourceId(0), at)).collect()))
        };
        let basis = Basis::Rank(1_000);
        let few = Ticks::find(&log, &basis, &key(rows(&mut [3, 500].into_iter()), None));
        assert_eq!(few.ticks.iter().map(|tick| tick.units).collect::<Vec<_>>(), [3.5, 500.5]);
        let many = rows(&mut (0..1_000).filter(|at| *at < 100 || *at >= 800));
        let binned = Ticks::find(&log, &basis, &key(many, Some((Zoom::default(), 10))));
        assert_eq!(binned.ticks.iter().map(|tick| tick.units).collect::<Vec<_>>(), [0.5, 800.5, 900.5]);
        assert_eq!(Ticks::find(&log, &basis, &key(List::All, None)).ticks, []);
    }

    #[test]
    fn the_share_counts_every_event_of_the_query_in_the_bin_that_it_lies_in() {
        let log = log(1_000);
        let ordinals: Vec<usize> = (0..1_000).filter(|at| at % 3 == 0 || *at > 900).collect();
        let rows = List::Rows(Arc::new(ordinals.iter().map(|at| Row::new(SourceId(0), *at)).collect()));
        let axis = Arc::new(TimeAxis::of(&log, &[]));
        let open = OpenLog { log, axis, ..OpenLog::default() };
        for order in [Order::Rank, Order::Time { cut: true, restored: Vec::new() }] {
            for zoom in [Zoom::default(), Zoom { from: 0.2, to: 0.7 }] {
                let basis = BasisKey { document: DocumentId(1), generation: 1, order: order.clone() };
                let density = DensityKey { basis, zoom, bins: 37 };
                let counted = Density::count(&open, &density, None, &CancelToken::default()).unwrap();
                let key = ShareKey { density, rows: rows.clone() };
                let share = share_of(&open.log, &counted.basis, &key);
                assert_eq!(share.len(), 37);
                assert!(share.iter().zip(&counted.bins).all(|(share, bin)| *share <= bin.events));
                let within = |at: &&usize| {
                    let place = counted.basis.of_row(&open.log, Row::new(SourceId(0), **at));
                    let total = counted.basis.total();
                    (total * zoom.from..=total * zoom.to).contains(&place)
                };
                let expected = ordinals.iter().filter(within).count() as u32;
                let found: u32 = share.iter().sum();
                assert!(found.abs_diff(expected) <= 1, "{found} of {expected}, {order:?} {zoom:?}");
            }
        }
    }

    #[test]
    fn the_density_counts_every_event_once_in_every_order() {
        let log = log(1_000);
        let axis = Arc::new(TimeAxis::of(&log, &[]));
        let open = OpenLog { log, axis, ..OpenLog::default() };
        for order in [
            Order::Rank,
            Order::Time { cut: true, restored: Vec::new() },
            Order::Time { cut: true, restored: vec![50] },
            Order::Time { cut: false, restored: Vec::new() },
        ] {
            let basis = BasisKey { document: DocumentId(1), generation: 1, order };
            let key = DensityKey { basis, zoom: Zoom::default(), bins: 37 };
            let density = Density::count(&open, &key, None, &CancelToken::default()).unwrap();
            let events: u32 = density.bins.iter().map(|bin| bin.events).sum();
            assert_eq!((events, density.bins.len()), (1_000, 37), "{:?}", key.basis.order);
            assert!(density.peak >= 27, "{:?}", key.basis.order);
        }
    }
}
