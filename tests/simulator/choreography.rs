//! The same saga without a coordinator: what is the same, and what nobody is there for.

use std::sync::Arc;

use sagascope::domain::Domain;
use sagascope::runtime::LetterState;
use sagascope::sim::world::{Act, Outcome, World};

use crate::support::{domain_with, effects, finish, has, only, outcome, places, run, told, world_of};

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
        // Behind the pivot there is no way back.
        ("fault=send-confirmation:reject", Outcome::DeadLettered),
        ("fault=send-confirmation:reject:1", Outcome::DeadLettered),
        ("fault=send-confirmation:transient:2", Outcome::Completed),
        ("fault=send-confirmation:transient:99", Outcome::DeadLettered),
        ("fault=send-confirmation:poison", Outcome::DeadLettered),
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

/// As in the orchestrated twin: a step behind the pivot has no right to refuse. It is parked at once, for asking again
/// would not help; what is owed is named, and nothing is recorded that would keep a redrive from being done.
#[test]
fn a_step_behind_the_pivot_that_refuses_is_parked_at_once_and_can_be_sent_again() {
    for protections in
        ["", "&without=idempotency", "&without=retries", "&without=timeouts", "&without=outbox"]
    {
        let faults = format!("fault=send-confirmation:reject{protections}");
        let world = run(&format!("{SAGA}?{faults}"));
        let twin = run(&format!("shop/fulfilment?{faults}"));
        for world in [&world, &twin] {
            assert_eq!(outcome(world), Outcome::DeadLettered, "{faults}");
            let letters = world.dead_letters();
            assert_eq!((letters.len(), letters[0].state), (1, LetterState::Open), "{faults}");
            assert_eq!((&*letters[0].step, letters[0].attempts.len()), ("send-confirmation", 1), "{faults}");
        }
        assert_eq!(world.dead_letters()[0].error, twin.dead_letters()[0].error);
        let owed = |world: &World| only(world).owed.into_iter().map(|owed| owed.text).collect::<Vec<_>>();
        assert_eq!((owed(&world).len(), owed(&world)), (1, owed(&twin)), "{faults}");
        assert_eq!(told(&world).last().unwrap(), "order.confirmed.v1", "{faults}");
        let mut world = world;
        let fault = world.recipe().faults[0].clone();
        world.act(&Act::Disarm(fault)).unwrap();
        world.act(&Act::Redrive(1)).unwrap();
        let world = finish(world);
        assert_eq!((outcome(&world), effects(&world, "send-confirmation")), (Outcome::Completed, (1, 0)));
        assert_eq!(world.dead_letters()[0].state, LetterState::Resolved);
    }
}

/// The bus keeps the count of attempts with the message, so no crash makes a consumer begin to count anew.
#[test]
fn a_crash_while_a_letter_is_parked_loses_no_count_of_attempts() {
    for (cause, attempts) in [("transient:99", vec![1, 2, 3]), ("poison", vec![1])] {
        for (gap, deliveries) in [
            ("crash-before-commit", 1),
            ("crash-before-ack", 1),
            ("crash-before-publish", 0),
            ("crash-before-mark", 0),
        ] {
            for protections in ["", "&without=outbox", "&without=idempotency", "&without=durable-saga"] {
                let line = format!(
                    "{SAGA}?fault=reserve-inventory:{cause}&fault=reserve-inventory:{gap}{protections}"
                );
                let world = run(&line);
                assert!(world.faults().iter().all(|fault| fault.hits > 0), "{line}: {:?}", world.faults());
                assert_eq!(outcome(&world), Outcome::DeadLettered, "{line}");
                let letters = world.dead_letters();
                assert_eq!((letters.len(), letters[0].state), (1, LetterState::Open), "{line}");
                let counted: Vec<u32> = letters[0].attempts.iter().map(|attempt| attempt.attempt).collect();
                assert_eq!(counted, attempts, "{line}");
                assert_eq!(letters[0].deliveries, attempts.len() as u32 + deliveries, "{line}");
                assert!(letters[0].attempts.is_sorted_by_key(|attempt| attempt.at), "{line}");
            }
        }
    }
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

/// The same choreography, in which every step that can have one has a timeout.
fn with_timeouts() -> Arc<Domain> {
    let from = "style = \"choreography\"\nlike = \"fulfilment\"";
    domain_with("shop", &[(from, &format!("timeout = \"2s\"\n{from}"))])
}

fn timed(faults: &str) -> World {
    finish(world_of(&with_timeouts(), format!("{SAGA}?{faults}").trim_end_matches('?')))
}

#[test]
fn a_timeout_of_a_step_changes_what_nobody_was_there_for() {
    use Outcome::{Compensated, Completed, DeadLettered, Inconsistent, Stuck};
    for (faults, without, with) in [
        ("", Completed, Completed),
        // The event that sets a step off never comes: the step is refused, and the saga goes back.
        ("fault=process-payment:lost", Stuck, Compensated),
        ("fault=reserve-inventory:lost", Stuck, Compensated),
        ("fault=confirm-order:lost", Stuck, Compensated),
        // A notice may not be refused, and has none.
        ("fault=send-confirmation:lost", Stuck, Stuck),
        // What became of a step is told to its timekeeper, who asks and is told again, and to the next step, whose own
        // time is over without it.
        ("fault=process-payment/reply:lost@1", Stuck, Completed),
        ("fault=process-payment/reply:lost@2", Completed, Compensated),
        ("fault=reserve-inventory/reply:lost:2", Stuck, Compensated),
        // The first step is set off from outside.
        ("fault=create-order/reply:lost", Stuck, Compensated),
        // A service that cannot process can still be told that it is over.
        ("fault=process-payment:transient:99", DeadLettered, Compensated),
        ("fault=reserve-inventory:transient:99", DeadLettered, Compensated),
        ("fault=confirm-order:conflict:99", DeadLettered, Compensated),
        // Late, but not later than what says that it is over.
        ("fault=reserve-inventory:down=1m", Completed, Completed),
        // Later: the command finds the refusal.
        ("fault=reserve-inventory/reply:timeout", Completed, Compensated),
        ("fault=process-payment:delayed=1h", Completed, Compensated),
        ("fault=reserve-inventory:delayed=1h", Completed, Compensated),
        // Nobody can read the event, and so it is with what says that its time is over.
        ("fault=process-payment:poison", DeadLettered, DeadLettered),
        ("fault=process-payment:poison:1", DeadLettered, Compensated),
        ("fault=reserve-inventory:reject", Compensated, Compensated),
        ("fault=reserve-inventory:transient:2", Completed, Completed),
        // Protections.
        ("fault=process-payment:lost&without=timeouts", Stuck, Stuck),
        ("fault=process-payment:delayed=1h&without=idempotency", Completed, Compensated),
        ("fault=process-payment:duplicated&without=idempotency", Inconsistent, Inconsistent),
        ("fault=create-order:crash-before-publish&without=outbox", Stuck, Stuck),
        ("fault=process-payment:crash-before-publish&without=outbox", Stuck, Completed),
    ] {
        let line = format!("{SAGA}?{faults}");
        assert_eq!(outcome(&run(line.trim_end_matches('?'))), without, "{faults}, without a timeout");
        let world = timed(faults);
        assert_eq!(outcome(&world), with, "{faults}, with timeouts: {:?}", told(&world));
        assert!(world.faults().iter().all(|fault| fault.hits > 0), "{faults}: {:?}", world.faults());
    }
}

#[test]
fn who_publishes_what_sets_a_step_off_notes_that_its_time_is_over() {
    let world = timed("fault=reserve-inventory:lost");
    assert_eq!(told(&world)[2..], ["inventory.rejected.v1", "payment.refunded.v1", "order.cancelled.v1"]);
    let events = world.events();
    let over = events.iter().find(|event| event.event_type == "participation.timed_out").unwrap();
    assert_eq!(over.home().unwrap().stream.id, "participation-payment-s1");
    let data = over.data.value().unwrap();
    assert_eq!(data["step"], "reserve-inventory");
    // The answer is caused by it, and it by the event that set the timer.
    let refused = events.iter().find(|event| event.event_type == "inventory.rejected.v1").unwrap();
    assert_eq!(refused.causation_id, over.id);
    assert_eq!(refused.data.value().unwrap()["reason"], "no answer in time");
    let charged = events.iter().find(|event| event.event_type == "payment.completed.v1").unwrap();
    assert_eq!(over.causation_id, charged.id);
    let waited = over.occurred_at.unwrap().nanos() - charged.occurred_at.unwrap().nanos();
    assert_eq!(waited, 2_000_000_000);
}

#[test]
fn what_was_heard_in_time_stops_the_timer() {
    let world = timed("");
    assert!(!has(&world, "participation.timed_out"));
    assert_eq!(places(&world, "participation.heard").len(), 3, "of payment, stock and confirmation");
    assert_eq!(told(&world).len(), 5);
    // Without deadlines nobody listens.
    assert!(!has(&run(SAGA), "participation.heard"));
    assert!(!has(&timed("without=timeouts"), "participation.heard"));
}

#[test]
fn a_letter_of_a_step_whose_time_is_over_is_answered() {
    let world = timed("fault=reserve-inventory:transient:99");
    let letters = world.dead_letters();
    assert_eq!((letters.len(), letters[0].state), (1, LetterState::Answered));
    assert_eq!((effects(&world, "create-order"), effects(&world, "process-payment")), ((1, 1), (1, 1)));
    assert!(only(&world).owed.is_empty());
}
