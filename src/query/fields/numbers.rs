//! Fields with numbers, times and lengths of time that the index has.

use std::ops::RangeInclusive;

use super::super::ast::{Bound, Test};
use super::super::leaf::{Column, Leaf};
use super::super::plan::Asked;
use super::names::flags;
use crate::index::EventLog;
use crate::model::Timestamp;

/// The range that the term asks for, and whether a value must lie inside. Ends that are relative to a log without
/// times leave nothing.
pub(super) fn range(asked: &Asked<'_>) -> Option<(RangeInclusive<i64>, bool)> {
    let Test::Between { from, to, inside } = &asked.term.test else { return None };
    let log = asked.ground.log;
    let from = from.map_or(Some(i64::MIN), |bound| resolved(log, bound))?;
    let to = to.map_or(Some(i64::MAX), |bound| resolved(log, bound))?;
    Some((from..=to, *inside))
}

/// "Now" is the last time of the log, never the clock on the wall.
fn resolved(log: &EventLog, bound: Bound) -> Option<i64> {
    let times = log.times();
    match bound {
        Bound::At(at) => Some(at),
        Bound::BeforeEnd(length) => times.last.map(|last: Timestamp| last.nanos().saturating_sub(length)),
        Bound::AfterStart(length) => times.first.map(|first| first.nanos().saturating_add(length)),
    }
}

fn number(asked: &Asked<'_>, column: Column) -> Leaf {
    match range(asked) {
        Some((range, inside)) => Leaf::Number { column, range, inside },
        None => Leaf::Constant(false),
    }
}

pub(super) fn by_time(asked: &Asked<'_>) -> Leaf {
    number(asked, Column::Time)
}

pub(super) fn by_wait(asked: &Asked<'_>) -> Leaf {
    number(asked, Column::Wait)
}

pub(super) fn by_version(asked: &Asked<'_>) -> Leaf {
    number(asked, Column::Version)
}

pub(super) fn by_position(asked: &Asked<'_>) -> Leaf {
    number(asked, Column::Position)
}

pub(super) fn by_row(asked: &Asked<'_>) -> Leaf {
    number(asked, Column::Row)
}

pub(super) fn by_stream_events(asked: &Asked<'_>) -> Leaf {
    let Some((range, inside)) = range(asked) else { return Leaf::Constant(false) };
    let is = |len: usize| range.contains(&(len as i64)) == inside;
    Leaf::streams(flags(asked.ground.log.streams(), |info| is(info.len())))
}

pub(super) fn by_correlation_events(asked: &Asked<'_>) -> Leaf {
    let Some((range, inside)) = range(asked) else { return Leaf::Constant(false) };
    let is = |len: usize| range.contains(&(len as i64)) == inside;
    Leaf::Correlations(flags(asked.ground.log.correlations(), |info| is(info.rows.len())))
}
