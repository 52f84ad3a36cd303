//! The same saga without a coordinator: what is the same, and what nobody is there for.

use sagascope::runtime::LetterState;
use sagascope::sim::world::{Act, Outcome};

use crate::support::{effects, finish, only, outcome, run, told};

const SAGA: &str = "shop/fulfilment_choreographed";

#[test]
fn what_differs_from_the_orchestrated_twin_under_the_same_fault() {
    for (faults, expected) in [
        ("", Outcome::Completed),
        // Nobody waits.
        ("fault=process-payment:lost", Outcome::Stuck),
        ("fault=process-payment/reply:lost", Outcome::Stuck),
        ("fault=create-order/reply:lost", Outcome::Stuck),
        // A service that cannot process cannot answer.
        ("fault=reserve-inventory:transient:99", Outcome::DeadLettered),
        ("fault=process-payment:poison", Outcome::DeadLettered),
        ("fault=process-payment:transient:2", Outcome::Completed),
        // No deadline, so nothing is late.
        ("fault=process-payment/reply:timeout", Outcome::Completed),
        ("fault=process-payment:delayed=1h", Outcome::Completed),
        // What a repeat and a crash do is the same.
        ("fault=process-payment:duplicated", Outcome::Completed),
        ("fault=process-payment:duplicated&without=idempotency", Outcome::Inconsistent),
        ("fault=process-payment:crash-before-commit", Outcome::Completed),
        ("fault=process-payment:crash-before-ack", Outcome::Completed),
        ("fault=process-payment:crash-before-publish", Outcome::Completed),
        ("fault=process-payment:crash-before-mark", Outcome::Completed),
        ("fault=process-payment:conflict", Outcome::Completed),
        ("fault=process-payment:down=5s", Outcome::Completed),
        // Without the outbox the next service never hears of it; the last has nobody to tell.
        ("fault=create-order:crash-before-publish&without=outbox", Outcome::Stuck),
        ("fault=process-payment:crash-before-publish&without=outbox", Outcome::Stuck),
        ("fault=confirm-order:crash-before-publish&without=outbox", Outcome::Stuck),
        ("fault=send-confirmation:crash-before-publish&without=outbox", Outcome::Completed),
        ("fault=process-payment:transient:1&without=retries", Outcome::DeadLettered),
        // Refusals travel back.
        ("fault=create-order:reject", Outcome::Compensated),
        ("fault=process-payment:reject", Outcome::Compensated),
        ("fault=reserve-inventory:reject", Outcome::Compensated),
        ("fault=confirm-order:reject", Outcome::Compensated),
    ] {
        let world = run(format!("{SAGA}?{faults}").trim_end_matches('?'));
        assert_eq!(outcome(&world), expected, "{faults}");
        assert!(world.faults().iter().all(|fault| fault.hits > 0), "{faults}: {:?}", world.faults());
    }
}

#[test]
fn refusals_travel_back_in_reverse() {
    let world = run(&format!("{SAGA}?fault=confirm-order:reject"));
    assert_eq!(
        told(&world)[3..],
        [
            "order.confirmation_refused.v1",
            "inventory.released.v1",
            "payment.refunded.v1",
            "order.cancelled.v1"
        ]
    );
}

#[test]
fn a_technical_failure_leaves_what_was_done_before_held() {
    let world = run(&format!("{SAGA}?fault=reserve-inventory:transient:99"));
    assert_eq!((effects(&world, "create-order"), effects(&world, "process-payment")), ((1, 0), (1, 0)));
    let letters = world.dead_letters();
    assert_eq!((letters.len(), letters[0].attempts.len(), &*letters[0].consumer), (1, 3, "inventory"));
}

#[test]
fn an_undo_that_fails_for_ever_keeps_the_undos_further_back_from_running() {
    let world = run(&format!("{SAGA}?fault=process-payment:undo-fails&fault=confirm-order:reject"));
    assert_eq!(outcome(&world), Outcome::DeadLettered);
    assert_eq!(effects(&world, "reserve-inventory"), (1, 1));
    assert_eq!((effects(&world, "process-payment"), effects(&world, "create-order")), ((1, 0), (1, 0)));
    let owed: Vec<_> = only(&world).owed.into_iter().map(|owed| owed.step).collect();
    assert_eq!(owed, ["create-order", "process-payment"]);
    assert_eq!(world.dead_letters()[0].blocked, ["s1: create-order"]);
}

#[test]
fn participation_that_is_not_durable_compensates_nothing() {
    let faults = "fault=process-payment:crash-before-mark&fault=confirm-order:reject";
    let world = run(&format!("{SAGA}?{faults}&without=durable-saga"));
    assert_eq!(outcome(&world), Outcome::Stuck);
    assert_eq!(effects(&world, "process-payment"), (1, 0));
    let world = run(&format!("{SAGA}?{faults}"));
    assert_eq!(outcome(&world), Outcome::Compensated);
}

#[test]
fn a_redrive_hands_the_event_to_its_consumer_again() {
    let mut world = run(&format!("{SAGA}?fault=reserve-inventory:transient:99"));
    let fault = world.recipe().faults[0].clone();
    world.act(&Act::Disarm(fault)).unwrap();
    world.act(&Act::Redrive(1)).unwrap();
    let world = finish(world);
    assert_eq!(outcome(&world), Outcome::Completed);
    assert_eq!(world.dead_letters()[0].state, LetterState::Resolved);
}
