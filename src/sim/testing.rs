//! A saga of the usual form and the report of a run, for tests that run nothing.

use crate::base::ticks::Ticks;
use crate::domain::{Domain, Guard, RetryPolicy, Saga, SagaStyle, Step, StepKind};
use crate::runtime::{Direction, EventId, LetterState};
use crate::sim::world::{
    Account, ArmedFault, AttemptReport, DeadLetter, InvariantReport, InvariantState, LedgerLine, Outcome,
    Owed, RunReport, SagaPhase, SagaReport, StepProgress, StepReport,
};

/// The domain `shop` with the saga `fulfilment` and its choreographed twin.
pub(super) fn shop() -> Domain {
    let steps = vec![
        step("create-order", "order", StepKind::Compensatable, Guard::State),
        step("process-payment", "payment", StepKind::Compensatable, Guard::Key),
        step("reserve-inventory", "inventory", StepKind::Compensatable, Guard::Key),
        step("confirm-order", "order", StepKind::Pivot, Guard::State),
        Step { notice: true, ..step("send-confirmation", "notification", StepKind::Retriable, Guard::Key) },
    ];
    let saga = Saga {
        name: "fulfilment".into(),
        about: String::new(),
        style: SagaStyle::Orchestration,
        version: 1,
        starts_on: "order.placed".into(),
        input: None,
        samples: Vec::new(),
        steps,
        reactions: Vec::new(),
    };
    let without_deadlines = saga.steps.iter().map(|step| Step { timeout: None, ..step.clone() }).collect();
    let twin = Saga {
        name: "twin".into(),
        style: SagaStyle::Choreography,
        steps: without_deadlines,
        ..saga.clone()
    };
    Domain { name: "shop".into(), sagas: vec![saga, twin], ..Domain::default() }
}

fn step(name: &str, service: &str, kind: StepKind, guard: Guard) -> Step {
    let undo = kind == StepKind::Compensatable;
    Step {
        name: name.into(),
        kind,
        notice: false,
        guard,
        service: service.into(),
        command: format!("{name}.do").into(),
        data: None,
        success: format!("{name}.done").into(),
        failure: format!("{name}.rejected").into(),
        compensate: undo.then(|| format!("{name}.undo").into()),
        compensated: undo.then(|| format!("{name}.undone").into()),
        tombstone: undo.then(|| format!("{name}.voided").into()),
        timeout: Some(Ticks::from_millis(2_000)),
        retry: RetryPolicy {
            attempts: 3,
            exponential: true,
            initial: Ticks::from_millis(100),
            cap: Ticks::from_millis(2_000),
            jitter_permille: 200,
        },
        amount: None,
        label: name.to_owned(),
    }
}

/// The report of a run of one saga in which payment was charged twice, one charge is unaccounted for, the refund is
/// parked and the only fault struck.
pub(super) fn report(recipe: &str) -> RunReport {
    let step = |name: &str, state, attempts, undo_attempts| StepReport {
        name: name.to_owned(),
        kind: StepKind::Compensatable,
        state,
        attempts,
        undo_attempts,
        note: String::new(),
    };
    let line = |name: &str, effects, undone, account| LedgerLine {
        step: name.to_owned(),
        label: name.to_owned(),
        kind: StepKind::Compensatable,
        effects,
        undone,
        tombstones: 0,
        held: i64::from(effects) - i64::from(undone),
        amount: None,
        paid_not_known: false,
        account,
    };
    let saga = SagaReport {
        id: "s1".to_owned(),
        phase: SagaPhase::Parked,
        outcome: Outcome::Inconsistent,
        steps: vec![
            step("create-order", StepProgress::Compensated, 1, 1),
            step("process-payment", StepProgress::UndoParked, 2, 3),
            step("reserve-inventory", StepProgress::Rejected, 1, 0),
            step("confirm-order", StepProgress::NotReached, 0, 0),
            step("send-confirmation", StepProgress::NotReached, 0, 0),
        ],
        ledger: vec![
            line("create-order", 1, 1, Account::Settled),
            line("process-payment", 2, 0, Account::Unaccounted),
        ],
        owed: vec![Owed {
            step: "process-payment".to_owned(),
            direction: Direction::Undo,
            times: 1,
            amount: None,
            text: "process-payment: refund 120.00 €".to_owned(),
        }],
        pivot_passed: false,
        started: Ticks(100),
        ended: Some(Ticks(4_100)),
    };
    let letter = DeadLetter {
        id: 1,
        state: LetterState::Open,
        consumer: "payment".to_owned(),
        message: EventId(1),
        message_type: "payment.refund".to_owned(),
        key: "s1/process-payment/undo".to_owned(),
        saga: "s1".to_owned(),
        step: "process-payment".to_owned(),
        direction: Direction::Undo,
        error: "provider unavailable".to_owned(),
        deliveries: 3,
        attempts: (1..=3)
            .map(|attempt| AttemptReport {
                attempt,
                at: Ticks(u64::from(attempt) * 1_000),
                error: "provider unavailable".to_owned(),
            })
            .collect(),
        parked: Ticks(3_000),
        blocked: Vec::new(),
        redrivable: true,
    };
    let invariant = |code: &str, state| InvariantReport {
        code: code.to_owned(),
        about: "at most one charge held per order".to_owned(),
        state,
    };
    RunReport {
        recipe: recipe.to_owned(),
        outcomes: vec![(Outcome::Inconsistent, 1)],
        sagas: vec![saga],
        dead_letters: vec![letter],
        invariants: vec![
            invariant(
                "S1",
                InvariantState::Broken {
                    since: Ticks(2_000),
                    difference: "2 charges".to_owned(),
                    event: None,
                },
            ),
            invariant("S2", InvariantState::Holds),
        ],
        faults: vec![armed("process-payment:duplicated", 12)],
        ended: Ticks(9_000),
        steps: 40,
        events: 60,
        quiescent: true,
        stopped: false,
    }
}

/// A fault that struck once.
fn armed(fault: &str, first_hit: u64) -> ArmedFault {
    ArmedFault { fault: fault.to_owned(), on: true, hits: 1, first_hit: Some(first_hit) }
}
