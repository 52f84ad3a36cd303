//! Counts over the whole log, one bin for some pixels.

use super::axis::TimeAxis;
use super::log::EventLog;
use crate::base::cancel::CancelToken;

/// Events in one bin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bin {
    /// All events.
    pub events: u32,
    /// Those whose type tells of a failure.
    pub failures: u32,
}

/// Events by equal widths of `axis` between `from` and `to` units. `None` when cancelled.
pub fn histogram_by_time(
    log: &EventLog,
    axis: &TimeAxis,
    (from, to): (f64, f64),
    n_bins: usize,
    cancel: &CancelToken,
) -> Option<Vec<Bin>> {
    let width = (to - from).max(1.0) / n_bins.max(1) as f64;
    let edge = |bin: usize| log.rank_at_key(axis.nanos_at(from + width * bin as f64));
    // Events at the very end of the range belong to the last bin.
    let after = axis.nanos_at(to).checked_add(1);
    let end = after.map_or(log.len() as u64, |after| log.rank_at_key(after));
    histogram(log, n_bins, |bin| if bin == n_bins { end } else { edge(bin) }, cancel)
}

/// Events by equal numbers of ranks between `from` and `to`. `None` when cancelled.
pub fn histogram_by_rank(
    log: &EventLog,
    (from, to): (u64, u64),
    n_bins: usize,
    cancel: &CancelToken,
) -> Option<Vec<Bin>> {
    let edge = |bin: usize| from + ((u128::from(to - from) * bin as u128) / n_bins.max(1) as u128) as u64;
    histogram(log, n_bins, edge, cancel)
}

fn histogram(
    log: &EventLog,
    n_bins: usize,
    edge: impl Fn(usize) -> u64,
    cancel: &CancelToken,
) -> Option<Vec<Bin>> {
    let is_failure: Vec<bool> = log.types().iter().map(|info| info.is_failure).collect();
    let mut bins = Vec::with_capacity(n_bins);
    let mut from = edge(0);
    for bin in 1..=n_bins {
        if cancel.is_cancelled() {
            return None;
        }
        let to = edge(bin).clamp(from, log.len() as u64);
        let failures =
            (from..to).filter(|rank| is_failure[log.type_of(log.row_at(*rank)).0 as usize]).count();
        bins.push(Bin { events: (to - from) as u32, failures: failures as u32 });
        from = to;
    }
    Some(bins)
}
