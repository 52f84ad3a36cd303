//! Counts over the whole log, one bin for some pixels.

use super::axis::TimeAxis;
use super::log::EventLog;
use super::rows::RowSet;
use crate::base::cancel::CancelToken;

/// Events in one bin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bin {
    /// All events.
    pub events: u32,
    /// Those whose type tells of a failure.
    pub failures: u32,
}

/// Where bins of equal widths of `axis` between `from` and `to` units begin and the last one ends, as ranks.
pub fn edges_by_time(log: &EventLog, axis: &TimeAxis, (from, to): (f64, f64), n_bins: usize) -> Vec<u64> {
    let width = (to - from).max(1.0) / n_bins.max(1) as f64;
    let edge = |bin: usize| log.rank_at_key(axis.nanos_at(from + width * bin as f64));
    // Events at the very end of the range belong to the last bin.
    let after = axis.nanos_at(to).checked_add(1);
    let end = after.map_or(log.len() as u64, |after| log.rank_at_key(after));
    ascending((0..n_bins).map(edge).chain([end]), log)
}

/// The same for bins of equal numbers of ranks.
pub fn edges_by_rank(log: &EventLog, (from, to): (u64, u64), n_bins: usize) -> Vec<u64> {
    let edge = |bin: usize| from + ((u128::from(to - from) * bin as u128) / n_bins.max(1) as u128) as u64;
    ascending((0..=n_bins).map(edge), log)
}

fn ascending(edges: impl Iterator<Item = u64>, log: &EventLog) -> Vec<u64> {
    let mut least = 0;
    let ascend = |edge: u64| {
        least = edge.min(log.len() as u64).max(least);
        least
    };
    edges.map(ascend).collect()
}

/// The events between each two neighbours of `edges`. `None` when cancelled.
pub fn histogram(log: &EventLog, edges: &[u64], cancel: &CancelToken) -> Option<Vec<Bin>> {
    let is_failure: Vec<bool> = log.types().iter().map(|info| info.is_failure).collect();
    let mut bins = Vec::with_capacity(edges.len());
    for (from, to) in edges.iter().zip(edges.iter().skip(1)) {
        if cancel.is_cancelled() {
            return None;
        }
        let failures =
            (*from..*to).filter(|rank| is_failure[log.type_of(log.row_at(*rank)).0 as usize]).count();
        bins.push(Bin { events: (to - from) as u32, failures: failures as u32 });
    }
    Some(bins)
}

/// How many events of `rows` lie between each two neighbours of `edges`.
pub fn share(log: &EventLog, rows: &RowSet, edges: &[u64]) -> Vec<u32> {
    // How many of them stand before a rank.
    let before = |rank: u64| rank.checked_sub(1).map_or(0, |last| rows.count_through(log, log.row_at(last)));
    let before: Vec<u64> = edges.iter().map(|edge| before(*edge)).collect();
    before.iter().zip(before.iter().skip(1)).map(|(from, to)| (to - from) as u32).collect()
}
