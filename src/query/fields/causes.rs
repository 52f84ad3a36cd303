//! Fields along causes: what an event led to and what led to it. By the index alone; causes that only payloads name
//! are the matter of the sagas.

use super::super::ast::{Near, Test};
use super::super::leaf::Leaf;
use super::super::marks::{Bits, Marks, NONE, bits_of, combine};
use super::super::plan::Asked;
use crate::index::{EventLog, NO_ROW, Segment};
use crate::model::{Row, SourceId};

/// The events that the term names, and how many hops it allows; none of any other term. `None` when cancelled.
fn named(asked: &Asked<'_>) -> Option<(Marks, u32)> {
    let log = asked.ground.log;
    Some(match &asked.term.test {
        Test::Near { to: Near::Event(row), hops } => {
            (Marks::of(log, log.contains(*row).then_some(*row)), *hops)
        }
        Test::Near { to: Near::Matching(inner), hops } => (asked.marks(inner)?, *hops),
        _ => (Marks::none(log), 0),
    })
}

/// Events with a cause in the log.
pub(super) fn with_cause(log: &EventLog) -> Marks {
    let sets = Marks::judged(log, |segment| Some([bits_of(segment.causes(), |cause| cause != NO_ROW)]));
    let [marks] = sets.expect("every segment has its bits");
    marks
}

/// Events that one of the named led to.
pub(super) fn caused_by(asked: &Asked<'_>) -> Option<Leaf> {
    let (named, hops) = named(asked)?;
    let log = asked.ground.log;
    if hops == u32::MAX {
        return everything_after(asked, &named).map(Leaf::Marked);
    }
    let mut reached = Marks::none(log);
    let mut newest = named;
    for _ in 0..hops {
        if newest.is_empty() {
            break;
        }
        let follows = |segment: Segment<'_>| -> Option<[Bits; 1]> {
            if asked.cancel.is_cancelled() {
                return None;
            }
            let mut bits =
                bits_of(segment.causes(), |cause| cause != NO_ROW && newest.contains(Row::from_raw(cause)));
            if bits != NONE {
                combine(&mut bits, &reached.of_segment(&segment), |a, b| a & !b);
            }
            Some([bits])
        };
        [newest] = Marks::judged(log, follows)?;
        reached = reached.with(&newest);
    }
    Some(Leaf::Marked(reached))
}

/// Events that one of the named led to over any number of hops. A cause nearly always stands before its effects, so
/// that one pass finds whole chains.
fn everything_after(asked: &Asked<'_>, named: &Marks) -> Option<Marks> {
    let log = asked.ground.log;
    let mut reached = Marks::none(log);
    loop {
        let mut grew = false;
        for source in 0..log.sources().len() {
            let source = SourceId(source as u16);
            for number in 0..log.segments(source) {
                if asked.cancel.is_cancelled() {
                    return None;
                }
                let segment = log.segment(source, number);
                for (at, cause) in segment.causes().iter().enumerate().filter(|(_, cause)| **cause != NO_ROW)
                {
                    let cause = Row::from_raw(*cause);
                    if named.contains(cause) || reached.contains(cause) {
                        grew |= reached.insert(segment.row(at));
                    }
                }
            }
        }
        if !grew {
            return Some(reached);
        }
    }
}

/// Events that led to one of the named.
pub(super) fn leading_to(asked: &Asked<'_>) -> Option<Leaf> {
    let (named, hops) = named(asked)?;
    let log = asked.ground.log;
    let mut reached = Marks::none(log);
    let mut newest: Vec<Row> = named.rows().collect();
    for _ in 0..hops {
        if newest.is_empty() {
            break;
        }
        if asked.cancel.is_cancelled() {
            return None;
        }
        let causes = newest.iter().filter_map(|row| log.event(*row).cause);
        newest = causes.filter(|cause| reached.insert(*cause)).collect();
    }
    Some(Leaf::Marked(reached))
}
