//! Evaluation of a query: the columns first, then the payloads of what these leave open, all cores at work.

use rayon::prelude::*;

use super::ast::Query;
use super::leaf::Opened;
use super::marks::Marks;
use super::plan::{Ground, Plan};
use crate::base::cancel::CancelToken;
use crate::model::Row;

/// Events that a thread fetches at a time.
const FETCH_AT_A_TIME: usize = 256;
/// Such fetches between two looks at the cancel token, and between two partial results.
const FETCHES_AT_A_TIME: usize = 16;

/// How far a selection has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SelectStep {
    /// Events looked at.
    pub done: u64,
    /// Events to look at.
    pub total: u64,
    /// Payloads read.
    pub read: u64,
    /// Events that could not be read again and so could not be searched.
    pub unreadable: u64,
}

/// What a query found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The events.
    pub marks: Marks,
    /// Events looked at in the columns.
    pub looked_at: u64,
    /// Payloads read.
    pub read: u64,
    /// Events that could not be read again and so could not be searched.
    pub unreadable: u64,
}

/// The events that match; `None` when cancelled. `progress` hears of all that were found so far, in order of rank, and
/// only when payloads are read.
pub fn select(
    ground: &Ground<'_>,
    query: &Query,
    cancel: &CancelToken,
    progress: &mut dyn FnMut(&[Row], SelectStep),
) -> Option<Found> {
    let Some(filter) = &query.filter else {
        let [marks] = Marks::judged(ground.log, |segment| Some([super::marks::every(segment.len())]))?;
        return Some(Found { marks, looked_at: ground.log.len() as u64, ..Found::default() });
    };
    let plan = Plan::of(ground, filter, cancel)?;
    run(ground, &plan, cancel, progress)
}

/// The same for a plan.
pub(super) fn run(
    ground: &Ground<'_>,
    plan: &Plan,
    cancel: &CancelToken,
    progress: &mut dyn FnMut(&[Row], SelectStep),
) -> Option<Found> {
    let scan = plan.scan(ground.log, cancel)?;
    let mut found = Found { marks: scan.certain, looked_at: scan.looked_at, ..Found::default() };
    if scan.open.is_empty() {
        return Some(found);
    }
    let certain = found.marks.clone();
    let candidates = certain.clone().with(&scan.open).ranked(ground.log);
    let mut step = SelectStep { total: candidates.len() as u64, ..SelectStep::default() };
    let mut rows = Vec::new();
    for part in candidates.chunks(FETCH_AT_A_TIME * FETCHES_AT_A_TIME) {
        if cancel.is_cancelled() {
            return None;
        }
        let judged: Vec<Judged> = part
            .par_chunks(FETCH_AT_A_TIME)
            .map(|rows| Judged::of(ground, plan, rows, &certain, cancel))
            .collect();
        for part in judged {
            step.read += part.read;
            step.unreadable += part.unreadable;
            rows.extend_from_slice(&part.matching);
            for row in part.matching {
                found.marks.insert(row);
            }
        }
        step.done += part.len() as u64;
        progress(&rows, step);
    }
    if cancel.is_cancelled() {
        return None;
    }
    found.read = step.read;
    found.unreadable = step.unreadable;
    Some(found)
}

/// A few events judged by their payloads.
struct Judged {
    matching: Vec<Row>,
    read: u64,
    unreadable: u64,
}

impl Judged {
    fn of(ground: &Ground<'_>, plan: &Plan, rows: &[Row], certain: &Marks, cancel: &CancelToken) -> Self {
        let mut judged = Self { matching: Vec::new(), read: 0, unreadable: 0 };
        if cancel.is_cancelled() {
            return judged;
        }
        let open: Vec<Row> = rows.iter().copied().filter(|row| !certain.contains(*row)).collect();
        let open = plan.sieved(ground, open);
        let mut events = (ground.fetch)(&open).into_iter();
        judged.read = open.len() as u64;
        let mut open = open.into_iter().peekable();
        for row in rows {
            if certain.contains(*row) {
                judged.matching.push(*row);
                continue;
            }
            // What the sieve left out cannot match.
            if open.next_if_eq(row).is_none() {
                continue;
            }
            let Some(event) = events.next().and_then(Result::ok) else {
                // Nobody knows whether it matches, not even by what it has not.
                judged.unreadable += 1;
                continue;
            };
            if plan.holds(ground.log, *row, &Opened::new(&event)) {
                judged.matching.push(*row);
            }
        }
        judged
    }
}
