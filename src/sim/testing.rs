//! A saga of the usual form for tests that run nothing: first step, two compensatable, pivot, notice.

use crate::base::ticks::Ticks;
use crate::domain::{Domain, Guard, RetryPolicy, Saga, SagaStyle, Step, StepKind};

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
