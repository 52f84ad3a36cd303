//! How the states of a simulation look and read: which outcome, which icon, which words.

use crate::base::ticks::Ticks;
use crate::engine::SimFrame;
use crate::runtime::{Direction, LetterState, Route};
use crate::sim::faults::{FaultGroup, FaultKind};
use crate::sim::{
    Account, InFlight, LedgerLine, Outcome as SagaOutcome, SagaPhase, StepProgress, StepReport,
};
use crate::ui::icons::Icon;
use crate::ui::theme::Outcome;

/// How the end of a saga looks.
pub fn outcome(of: SagaOutcome) -> Outcome {
    match of {
        SagaOutcome::Inconsistent => Outcome::Inconsistent,
        SagaOutcome::DeadLettered => Outcome::DeadLetter,
        SagaOutcome::Stuck => Outcome::Stuck,
        SagaOutcome::Compensated => Outcome::Compensated,
        SagaOutcome::Completed => Outcome::Completed,
        SagaOutcome::Running => Outcome::Running,
    }
}

/// How the phase of a saga looks.
pub fn phase(of: SagaPhase) -> Outcome {
    match of {
        SagaPhase::Running => Outcome::Running,
        SagaPhase::Compensating => Outcome::Compensating,
        SagaPhase::Parked => Outcome::DeadLetter,
        SagaPhase::Completed => Outcome::Completed,
        SagaPhase::Compensated => Outcome::Compensated,
    }
}

/// How a step looks on one of its two lines: state, words; `None`: not reached.
pub type StepLook = Option<(Outcome, String)>;

/// The step on its way forward.
pub fn forward(step: &StepReport) -> StepLook {
    let refused = || step.note.split(':').next().filter(|note| !note.is_empty()).unwrap_or("will not happen");
    Some(match step.state {
        StepProgress::NotReached => return None,
        StepProgress::InFlight => (Outcome::Running, "in flight".to_owned()),
        StepProgress::BackingOff => (Outcome::Running, "waits to try again".to_owned()),
        StepProgress::Rejected => (Outcome::Failed, format!("failed, {}", refused())),
        StepProgress::Unknown | StepProgress::NothingToUndo => (Outcome::Unknown, "unknown".to_owned()),
        StepProgress::Parked => (Outcome::DeadLetter, "dead letter".to_owned()),
        StepProgress::Completed
        | StepProgress::Compensating
        | StepProgress::Compensated
        | StepProgress::UndoParked => (Outcome::Completed, "completed".to_owned()),
    })
}

/// The step on its way back.
pub fn back(step: &StepReport) -> StepLook {
    Some(match step.state {
        StepProgress::Compensating => (Outcome::Compensating, "compensating".to_owned()),
        StepProgress::Compensated => (Outcome::Compensated, "compensated".to_owned()),
        StepProgress::NothingToUndo => (Outcome::Compensated, "nothing to undo".to_owned()),
        StepProgress::UndoParked => (Outcome::DeadLetter, "dead letter".to_owned()),
        _ => return None,
    })
}

/// "1 attempt", "3 attempts".
pub fn attempts(count: u32) -> String {
    if count == 1 { "1 attempt".to_owned() } else { format!("{count} attempts") }
}

/// `3.046 s`.
pub fn seconds(at: Ticks) -> String {
    format!("{}.{:03} s", at.0 / 1_000_000, at.0 / 1_000 % 1_000)
}

/// The icon of a kind of fault.
pub fn fault_icon(kind: FaultKind) -> Icon {
    match kind {
        FaultKind::Reject | FaultKind::Lost => Icon::Cross,
        FaultKind::Transient => Icon::Tilde,
        FaultKind::Conflict => Icon::NotEqual,
        FaultKind::Timeout => Icon::Question,
        FaultKind::Duplicated => Icon::Copy,
        FaultKind::Delayed => Icon::Clock,
        FaultKind::Reordered => Icon::ArrowRight,
        FaultKind::Down => Icon::Minus,
        FaultKind::Poison => Icon::Skull,
        FaultKind::UndoFails => Icon::Undo,
        FaultKind::IdempotencyExpired => Icon::Lock,
        kind if kind.info().group == FaultGroup::Crashes => Icon::Bolt,
        _ => Icon::Warning,
    }
}

/// What a message is, for the queue: "undo of create-order, attempt 1".
pub fn message_words(route: Route, step: &str, attempt: u32) -> String {
    match route {
        Route::Start => "begins the saga".to_owned(),
        Route::Command => format!("does {step}, attempt {attempt}"),
        Route::Reply => format!("answer about {step}, attempt {attempt}"),
        Route::Undo => format!("undo of {step}, attempt {attempt}"),
        Route::UndoReply => format!("answer about the undo of {step}, attempt {attempt}"),
        Route::Timer => "ignored if the answer comes first".to_owned(),
    }
}

/// Whether a timer is of an attempt that has its answer: it will change nothing.
pub fn is_stale(frame: &SimFrame, flight: &InFlight) -> bool {
    let saga = frame.sagas.iter().find(|saga| saga.id == flight.saga);
    let step = saga.and_then(|saga| saga.steps.iter().find(|step| step.name == flight.step));
    let Some(step) = step.filter(|_| flight.route == Route::Timer) else { return false };
    if flight.label.ends_with("/undo") {
        step.state != StepProgress::Compensating || step.undo_attempts > flight.attempt
    } else {
        let waits = matches!(step.state, StepProgress::InFlight | StepProgress::BackingOff);
        !waits || step.attempts > flight.attempt
    }
}

/// The short name of a message below its box: the last word of `payment.refund`.
pub fn short(label: &str) -> &str {
    let (name, _version) = crate::domain::split_version(label);
    name.rsplit('.').next().unwrap_or(name)
}

/// Whether a message goes back.
pub fn is_back(route: Route) -> bool {
    matches!(route, Route::Undo | Route::UndoReply)
}

/// How the state of a dead letter looks.
pub fn letter(state: LetterState) -> Outcome {
    match state {
        LetterState::Open => Outcome::DeadLetter,
        LetterState::Redriven => Outcome::Running,
        LetterState::Answered => Outcome::Compensated,
        LetterState::Resolved => Outcome::Completed,
        LetterState::Discarded => Outcome::Stuck,
    }
}

/// "undo of process-payment" or "process-payment".
pub fn direction_words(direction: Direction, step: &str) -> String {
    match direction {
        Direction::Do => step.to_owned(),
        Direction::Undo => format!("undo of {step}"),
    }
}

/// How a line of the ledger stands, in a word or two.
pub fn ledger(line: &LedgerLine, step: Option<&StepReport>) -> (Outcome, String) {
    let state = step.map(|step| step.state);
    match (line.account, state) {
        _ if line.paid_not_known => (Outcome::Unknown, "paid, not known".to_owned()),
        (Account::Unaccounted, _) => (Outcome::Inconsistent, "nothing says why".to_owned()),
        (_, Some(StepProgress::UndoParked)) => (Outcome::DeadLetter, "undo parked".to_owned()),
        (Account::OwedForward, Some(StepProgress::Parked)) => (Outcome::DeadLetter, "parked".to_owned()),
        (Account::OwedForward, _) => (Outcome::Running, "still to be done".to_owned()),
        (_, Some(StepProgress::Compensating)) => (Outcome::Compensating, "undo in flight".to_owned()),
        (Account::OwedBack, _) => (Outcome::Compensating, "to be undone".to_owned()),
        _ if line.effects > 0 && line.held == 0 => (Outcome::Compensated, "undone".to_owned()),
        (Account::Undecided, _) if line.held > 0 => (Outcome::Running, "held".to_owned()),
        _ if line.held > 0 => (Outcome::Completed, "held".to_owned()),
        _ if line.tombstones > 0 => (Outcome::Compensated, "never happened".to_owned()),
        _ => (Outcome::NoActivity, "nothing".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_names_are_short() {
        for (ticks, text) in [(0, "0.000 s"), (3_046_499, "3.046 s"), (61_000_000, "61.000 s")] {
            assert_eq!(seconds(Ticks(ticks)), text);
        }
        for (label, text) in
            [("payment.refund", "refund"), ("payment.completed.v1", "completed"), ("timer", "timer")]
        {
            assert_eq!(short(label), text);
        }
    }
}
