//! Timeouts of a saga, joined to what set them: what a runtime notes (a step that nobody answered in time), what a
//! workflow's history tells (timers that fired, calls that timed out), and what the name of an event says. Where a
//! definition gives a step its time, an attempt that was answered in time says until when it would have waited.

use serde_json::Value;

use super::course::Course;
use super::facts::{Act, Sign};
use super::graph::EdgeKind;
use super::naming::Traits;
use super::page::PageRow;
use crate::model::{Row, Timestamp};

/// A timeout that was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeout {
    /// The event that set it.
    pub set: Row,
    /// When it fires or fired, where that is known.
    pub due: Option<Timestamp>,
    /// The event that says that it fired; `None` where it did not, or has not yet.
    pub fired: Option<Row>,
}

/// Every timeout of a saga, by the rows of the events that set them.
pub(super) fn timeouts(
    course: Option<&Course>,
    rows: &[PageRow],
    traits: &[Traits],
    data: &mut dyn FnMut(Row) -> Option<Value>,
) -> Vec<Timeout> {
    let mut all: Vec<Timeout> = rows.iter().filter_map(|row| fired(row, traits)).collect();
    all.sort_by_key(|timeout| (timeout.set, timeout.fired));
    let is_known = |row: Row| all.binary_search_by_key(&row, |timeout| timeout.set).is_ok();
    let mut waits = |row: &PageRow| {
        let due = due(course?, row)?;
        // A runtime says that nobody watched the time.
        let is_off = data(row.row)?.get("deadline").is_some_and(Value::is_null);
        (!is_off).then_some(Timeout { set: row.row, due: Some(due), fired: None })
    };
    let waiting: Vec<Timeout> = rows.iter().filter(|row| !is_known(row.row)).filter_map(&mut waits).collect();
    all.extend(waiting);
    all.sort_by_key(|timeout| (timeout.set, timeout.fired));
    all
}

/// The timeout that an event tells of.
fn fired(row: &PageRow, traits: &[Traits]) -> Option<Timeout> {
    let info = &traits[row.event_type.0 as usize];
    let says = |words: [&str; 2]| words.iter().all(|word| info.has_word(word));
    let noted = matches!(row.sign, Some(Sign::Step(.., Act::TimedOut)));
    if !noted && !says(["timed", "out"]) && !says(["timer", "fired"]) {
        return None;
    }
    // What merely comes before it in its stream did not set it.
    let set = row.incoming.iter().filter(|(_, kind)| *kind != EdgeKind::StreamOrder);
    let best = set.clone().find(|(_, kind)| *kind == EdgeKind::Scheduled).or_else(|| set.clone().next());
    best.map(|(set, _)| Timeout { set: *set, due: row.time, fired: Some(row.row) })
}

/// Until when an attempt waits for its answer, by the definition of its step.
fn due(course: &Course, row: &PageRow) -> Option<Timestamp> {
    let Some(Sign::Step(step, _, Act::Begun(_))) = &row.sign else { return None };
    let timeout = course.plan.steps[*step].definition.as_ref()?.timeout?;
    let nanos = i64::try_from(timeout.0.checked_mul(1_000)?).ok()?;
    let began = row.time?;
    Some(Timestamp::from_nanos(began.nanos().checked_add(nanos)?, began.digits()))
}
