//! How a saga stands whose steps are known: the first rule that fits. Nothing here is inferred.

use super::course::Course;
use super::ledger::{Account, account};
use super::outcome::Outcome;

/// What is known about the log as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// The log is a run of a simulator, which says itself when it is quiet.
    pub is_run: bool,
    /// The run says that nothing is under way any more.
    pub quiesced: bool,
    /// The last time of the log, in nanoseconds since 1970.
    pub now: i64,
}

/// How a saga stands. `last` is the time of its last event, `quiet` how long it may be quiet where it stands, by the
/// log's own experience; both in nanoseconds.
pub(super) fn verdict(course: &Course, moment: Moment, last: i64, quiet: Option<i64>) -> Outcome {
    let ended = course.has_ended();
    if moment.is_run && !moment.quiesced && !ended {
        return if course.going_back { Outcome::Compensating } else { Outcome::Running };
    }
    let unaccounted = (0..course.steps.len()).any(|at| account(course, at) == Account::Unaccounted);
    if unaccounted || !course.broken.is_empty() {
        return Outcome::Inconsistent;
    }
    let dead = course.letters().any(|letter| letter.open && course.end.is_none_or(|end| letter.at > end));
    if dead && (moment.quiesced || !moment.is_run) {
        return Outcome::DeadLettered;
    }
    if course.completed {
        return Outcome::Completed;
    }
    if course.compensated {
        return Outcome::Compensated;
    }
    // It says itself that it is over, and it did not get where it should: a workflow that failed, ran out of time or was
    // stopped; a trace whose root failed.
    if course.gave_up.is_some() || course.spans_ended_well() == Some(false) {
        return Outcome::Failed;
    }
    if moment.quiesced {
        return Outcome::Stuck;
    }
    let silence = moment.now.saturating_sub(last);
    if budget(course).is_some_and(|budget| silence > budget) {
        return Outcome::Stuck;
    }
    if quiet.is_some_and(|quiet| silence > quiet) {
        return Outcome::NoActivity;
    }
    if course.going_back { Outcome::Compensating } else { Outcome::Running }
}

/// How long the step in hand may take by its definition, in nanoseconds.
fn budget(course: &Course) -> Option<i64> {
    let step = course.plan.steps[course.current()?].definition.as_ref()?;
    let nanos = step.budget()?.0.checked_mul(1_000)?;
    i64::try_from(nanos).ok()
}
