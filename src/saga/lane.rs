//! One direction of one step as an orchestrator notes it: its attempts, and where it stands by them.

use serde::Serialize;

use super::facts::{Act, Seen};
use crate::model::{Row, Timestamp};

/// Where a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepState {
    /// Its turn has not come.
    NotReached,
    /// The command is out.
    InFlight,
    /// The next attempt is waited for.
    BackingOff,
    /// Done.
    Completed,
    /// It did not happen, and will not.
    Rejected,
    /// It may have happened.
    Unknown,
    /// A dead letter keeps it.
    Parked,
    /// Its undo is out, or waits for its next attempt.
    Compensating,
    /// Undone.
    Compensated,
    /// The undo found nothing.
    NothingToUndo,
    /// A dead letter keeps its undo.
    UndoParked,
}

impl StepState {
    /// As JSON and tables spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotReached => "not-reached",
            Self::InFlight => "in-flight",
            Self::BackingOff => "backing-off",
            Self::Completed => "completed",
            Self::Rejected => "rejected",
            Self::Unknown => "unknown",
            Self::Parked => "parked",
            Self::Compensating => "compensating",
            Self::Compensated => "compensated",
            Self::NothingToUndo => "nothing-to-undo",
            Self::UndoParked => "undo-parked",
        }
    }
}

/// One attempt of a step or of its undo.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// Which of its cycle, from 1.
    pub number: u32,
    /// The event that began it.
    pub row: Row,
    /// When it began.
    pub began: Option<Timestamp>,
    /// When it ended, if it has.
    pub ended: Option<Timestamp>,
    /// Why it failed, if it did.
    pub error: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Status {
    #[default]
    Idle,
    Waiting,
    BackingOff,
    Done,
    Nothing,
    DidNotHappen,
    Unknown,
    Parked,
}

/// One direction of a step, as the orchestrator notes it.
#[derive(Clone, Debug, Default)]
pub struct Lane {
    status: Status,
    /// Commands issued in all cycles, with what became of each.
    pub attempts: Vec<Attempt>,
    /// Why it was refused.
    pub refusal: Option<String>,
    /// An engine asked for it, which counts attempts and need not tell of each.
    is_counted: bool,
}

impl Lane {
    /// Whether a dead letter keeps it, as the orchestrator knows.
    pub fn is_parked(&self) -> bool {
        self.status == Status::Parked
    }

    /// Whether nothing is known of it.
    pub fn is_idle(&self) -> bool {
        self.status == Status::Idle
    }

    /// Number of attempts in all cycles. An attempt that says it is the third of its cycle had two before it, whether
    /// somebody told of them or not.
    pub fn tries(&self) -> u32 {
        let (mut before, mut tries) = (0, 0_u32);
        for attempt in &self.attempts {
            let more = attempt.number.checked_sub(before).filter(|more| *more > 0);
            tries = tries.saturating_add(more.unwrap_or(attempt.number.max(1)));
            before = attempt.number;
        }
        // Of a counted one whose beginning nobody told, its end is known at least.
        let has_ended = !matches!(self.status, Status::Idle | Status::Waiting);
        if tries == 0 && self.is_counted && has_ended { 1 } else { tries }
    }

    fn end_attempt(&mut self, time: Option<Timestamp>, error: Option<String>) {
        if let Some(last) = self.attempts.last_mut() {
            last.ended = last.ended.or(time);
            last.error = last.error.take().or(error);
        }
    }

    pub(super) fn take(&mut self, event: &Seen<'_>, act: &Act) {
        match act {
            Act::Asked => {
                self.status = Status::Waiting;
                self.is_counted = true;
            }
            Act::Begun(number) => {
                self.status = Status::Waiting;
                self.attempts.push(Attempt {
                    number: *number,
                    row: event.row,
                    began: event.time,
                    ended: None,
                    error: None,
                });
            }
            Act::AttemptFailed(error) => {
                self.status = Status::BackingOff;
                self.end_attempt(event.time, Some(error.clone()));
            }
            Act::TimedOut => {
                self.status = Status::BackingOff;
                self.end_attempt(event.time, Some("no answer in time".to_owned()));
            }
            Act::Answered(number) => {
                self.status = Status::Done;
                self.is_counted = true;
                if let Some(number) = number.filter(|_| self.attempts.is_empty()) {
                    let began = event.time;
                    self.attempts.push(Attempt { number, row: event.row, began, ended: None, error: None });
                }
                self.end_attempt(event.time, None);
            }
            Act::Done => {
                self.status = Status::Done;
                self.end_attempt(event.time, None);
            }
            Act::NothingToDo => {
                self.status = Status::Nothing;
                self.end_attempt(event.time, None);
            }
            Act::Refused(reason) => {
                self.status = Status::DidNotHappen;
                self.refusal = Some(reason.clone());
                self.end_attempt(event.time, Some(reason.clone()));
            }
            Act::Failed { unknown } => {
                self.status = if *unknown { Status::Unknown } else { Status::DidNotHappen };
                self.end_attempt(event.time, None);
            }
            Act::Parked => self.status = Status::Parked,
            Act::Resumed => self.status = Status::BackingOff,
        }
    }
}

/// Where a step is, by both its directions.
pub(super) fn noted_state(forward: &Lane, back: &Lane) -> StepState {
    match back.status {
        Status::Waiting | Status::BackingOff => return StepState::Compensating,
        Status::Done => return StepState::Compensated,
        Status::Nothing => return StepState::NothingToUndo,
        Status::Parked => return StepState::UndoParked,
        Status::Idle | Status::DidNotHappen | Status::Unknown => {}
    }
    match forward.status {
        Status::Idle => StepState::NotReached,
        Status::Waiting => StepState::InFlight,
        Status::BackingOff => StepState::BackingOff,
        Status::Done | Status::Nothing => StepState::Completed,
        Status::DidNotHappen => StepState::Rejected,
        Status::Unknown => StepState::Unknown,
        Status::Parked => StepState::Parked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SourceId;

    #[test]
    fn attempts_that_are_known_only_by_count_are_counted() {
        let seen = Seen { row: Row::new(SourceId(0), 0), event_type: "t", time: None, key: 0, said: None };
        for (acts, tries) in [
            (vec![], 0),
            (vec![Act::Asked], 0),
            (vec![Act::Asked, Act::Begun(3), Act::Answered(None)], 3),
            (vec![Act::Begun(1), Act::TimedOut, Act::Begun(2), Act::Done], 2),
            // A second cycle begins from one.
            (vec![Act::Begun(1), Act::Begun(2), Act::Parked, Act::Begun(1)], 3),
            (vec![Act::Begun(1), Act::Begun(1)], 2),
            (vec![Act::Answered(Some(2))], 2),
            (vec![Act::Asked, Act::Refused("no".to_owned())], 1),
            (vec![Act::Done], 0),
        ] {
            let mut lane = Lane::default();
            for act in &acts {
                lane.take(&seen, act);
            }
            assert_eq!(lane.tries(), tries, "{acts:?}");
        }
    }
}
