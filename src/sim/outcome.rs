//! What can be read off the report of a run: the worst outcome, what is broken, and whether two runs fail in the
//! same way.

use std::collections::BTreeSet;

use super::world::{Account, InvariantState, Outcome, RunReport, SagaReport, StepProgress};
use crate::base::ticks::Ticks;

/// The outcome that counts for a run of several sagas: the first by precedence.
pub fn worst(report: &RunReport) -> Outcome {
    report.sagas.iter().map(|saga| saga.outcome).min().unwrap_or(Outcome::Running)
}

/// Codes of the invariants that are broken, in the order of the domain.
pub fn broken(report: &RunReport) -> Vec<String> {
    let broken = report.invariants.iter().filter(|one| matches!(one.state, InvariantState::Broken { .. }));
    broken.map(|invariant| invariant.code.clone()).collect()
}

/// How long a saga took; where it has not ended, until the run did.
pub fn duration(saga: &SagaReport, report: &RunReport) -> Ticks {
    saga.ended.unwrap_or(report.ended).since(saga.started)
}

/// What makes two failures the same one: seed, times and attempts may differ.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Failure {
    /// The worst outcome.
    pub outcome: Outcome,
    /// Codes of the broken invariants.
    pub broken: BTreeSet<String>,
    /// The step of the first line that nothing accounts for or, where none is, at which a stuck saga stands.
    pub step: Option<String>,
}

impl Failure {
    /// The failure of a run; `None` where every saga ended in an orderly way, by completion, compensation or with
    /// its debts named in a dead letter.
    pub fn of(report: &RunReport) -> Option<Self> {
        let outcome = worst(report);
        let broken: BTreeSet<String> = broken(report).into_iter().collect();
        let orderly = matches!(outcome, Outcome::Completed | Outcome::Compensated | Outcome::DeadLettered);
        if orderly && broken.is_empty() {
            return None;
        }
        let unaccounted = report.sagas.iter().find_map(first_unaccounted);
        let of_outcome = || report.sagas.iter().filter(|saga| saga.outcome == outcome);
        let step = unaccounted.or_else(|| of_outcome().find_map(where_it_stands));
        Some(Self { outcome, broken, step })
    }
}

fn first_unaccounted(saga: &SagaReport) -> Option<String> {
    let line = saga.ledger.iter().find(|line| line.account == Account::Unaccounted);
    line.map(|line| line.step.clone())
}

fn where_it_stands(saga: &SagaReport) -> Option<String> {
    use StepProgress::{
        BackingOff, Compensating, Completed, InFlight, NotReached, Parked, UndoParked, Unknown,
    };
    let waits = |state| matches!(state, InFlight | BackingOff | Unknown | Parked | Compensating | UndoParked);
    let waiting = saga.steps.iter().find(|step| waits(step.state));
    // Between two steps: the last that is done, or the first.
    let done = || saga.steps.iter().take_while(|step| step.state == Completed).last();
    let first = || saga.steps.iter().find(|step| step.state == NotReached);
    waiting.or_else(done).or_else(first).map(|step| step.name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::testing::report;

    #[test]
    fn a_failure_is_named_by_outcome_invariants_and_step() {
        let report = report("shop/fulfilment");
        let failure = Failure::of(&report).unwrap();
        assert_eq!(
            failure,
            Failure {
                outcome: Outcome::Inconsistent,
                broken: ["S1".to_owned()].into(),
                step: Some("process-payment".to_owned())
            }
        );
        assert_eq!(duration(&report.sagas[0], &report), Ticks(4_000));
    }

    #[test]
    fn a_stuck_saga_is_named_by_where_it_stands_and_an_orderly_end_is_no_failure() {
        use StepProgress::{Completed, InFlight, NotReached};
        let mut report = report("shop/fulfilment");
        report.invariants.clear();
        report.sagas[0].ledger.clear();
        report.sagas[0].ended = None;
        assert_eq!(duration(&report.sagas[0], &report), Ticks(8_900));
        for (outcome, states, step) in [
            (
                Outcome::Stuck,
                [Completed, InFlight, NotReached, NotReached, NotReached],
                Some("process-payment"),
            ),
            (
                Outcome::Stuck,
                [Completed, Completed, NotReached, NotReached, NotReached],
                Some("process-payment"),
            ),
            (Outcome::Stuck, [NotReached; 5], Some("create-order")),
            (Outcome::Completed, [Completed; 5], None),
            (Outcome::DeadLettered, [Completed; 5], None),
        ] {
            report.sagas[0].outcome = outcome;
            for (step, state) in report.sagas[0].steps.iter_mut().zip(states) {
                step.state = state;
            }
            let found = Failure::of(&report);
            assert_eq!(found.as_ref().and_then(|failure| failure.step.as_deref()), step, "{states:?}");
            assert_eq!(found.is_none(), outcome != Outcome::Stuck);
        }
    }
}
