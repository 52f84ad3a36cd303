//! One of many sagas on a line of its own: a bar from each event to the next, by the index alone, so that a hundred
//! thousand of them can be scrolled through.

use std::sync::Arc;

use super::{Bar, BarKind, keys};
use crate::index::{EventLog, TimeAxis};
use crate::saga::naming::Traits;
use crate::saga::survey::Survey;

/// The times of the events of these sagas of a survey, by their places in it, in order.
pub fn all_keys(log: &EventLog, survey: &Survey, list: &[u32]) -> Vec<i64> {
    let of_saga = |at: &u32| survey.instances.list()[survey.sagas[*at as usize].instance].rows().iter();
    let rows = list.iter().flat_map(of_saga);
    let mut keys: Vec<i64> = rows.map(|row| log.key_of(*row)).filter(|key| *key != i64::MIN).collect();
    keys.sort_unstable();
    keys
}

/// The line of one saga.
#[derive(Clone, Debug, PartialEq)]
pub struct Strip {
    /// Its first event, in nanoseconds since 1970.
    pub from: i64,
    /// Its last event.
    pub to: i64,
    /// From each event to the next.
    pub bars: Vec<Bar>,
}

impl Strip {
    /// Of the saga at this place of a survey; `None` where there is none, or none of its events has a time.
    pub fn of(log: &EventLog, survey: &Survey, at: usize) -> Option<Self> {
        let one = &survey.instances.list()[survey.sagas.get(at)?.instance];
        let rows = one.rows();
        let keys = keys(log, rows.iter().copied())?;
        let cuts: Vec<(i64, i64)> =
            TimeAxis::from_keys(keys.iter().copied(), &[]).cuts().map(|cut| (cut.from, cut.to)).collect();
        let info = |at: usize| &survey.traits[log.type_of(rows[at]).0 as usize];
        let bar = |at: usize| {
            let before = at.saturating_sub(1);
            let (from, to) = (keys[before], keys[at]);
            let kind = if info(at).is_undo() || takes_back(info(at)) {
                BarKind::Undo
            } else if info(before).failure && info(before).family == info(at).family {
                BarKind::Retry
            } else if cuts.binary_search(&(from, to)).is_ok() {
                BarKind::Wait
            } else {
                BarKind::Step
            };
            Bar {
                kind,
                name: Arc::clone(&info(at).name),
                from,
                to,
                began: rows[before],
                row: rows[at],
                attempt: 0,
                failed: info(at).failure,
                error: None,
                is_open: false,
                is_critical: false,
                line: 0,
            }
        };
        Some(Self { from: keys[0], to: keys[keys.len() - 1], bars: (0..rows.len()).map(bar).collect() })
    }
}

/// Whether a runtime's fact is about an undo.
fn takes_back(info: &Traits) -> bool {
    info.technical && ["saga.undo_", "saga.compensat"].iter().any(|prefix| info.name.starts_with(prefix))
}
