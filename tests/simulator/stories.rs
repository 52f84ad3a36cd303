//! The stories of the textbook, each told once.

use sagascope::runtime::{LetterState, SagaNo};
use sagascope::sim::world::{Act, ActError, InvariantState, Outcome, StepProgress};

use crate::support::{
    domain, domain_events, domain_with, effects, finish, has, metadata, only, outcome, places, run, step,
    told, world_of,
};

#[test]
fn happy_path() {
    let world = run("shop/fulfilment?seed=7");
    let saga = only(&world);
    assert_eq!(saga.outcome, Outcome::Completed);
    assert!(saga.steps.iter().all(|step| step.attempts == 1 && step.state == StepProgress::Completed));
    assert_eq!((effects(&world, "process-payment"), effects(&world, "reserve-inventory")), ((1, 0), (1, 0)));
    assert_eq!(
        told(&world),
        [
            "order.created.v1",
            "payment.completed.v1",
            "inventory.reserved.v1",
            "order.confirmed.v1",
            "notification.sent.v1"
        ]
    );
}

#[test]
fn refused_payment_and_refused_stock() {
    let world = run("shop/fulfilment?fault=process-payment:reject");
    assert_eq!(told(&world), ["order.created.v1", "payment.failed.v1", "order.cancelled.v1"]);
    let world = run("shop/fulfilment?fault=reserve-inventory:reject");
    assert_eq!(
        told(&world),
        [
            "order.created.v1",
            "payment.completed.v1",
            "inventory.rejected.v1",
            "payment.refunded.v1",
            "order.cancelled.v1"
        ]
    );
}

#[test]
fn an_empty_result_is_still_undone() {
    let domain = domain_with(
        "travel",
        &[("emits = [\"car.booked.v1\"]", "emits = [{ type = \"car.booked.v1\", data = 'null' }]")],
    );
    let world = finish(world_of(&domain, "travel/trip?fault=book-flight:reject"));
    // The domain's own checks need the data that is missing here; the books do not.
    assert_eq!(world.by_the_books(SagaNo(1)), Outcome::Compensated);
    assert_eq!(effects(&world, "book-car"), (1, 1));
}

#[test]
fn what_breaks_its_own_schema_never_leaves() {
    let domain =
        domain_with("shop", &[(r#"data = '.command.data + {status: "completed"}'"#, "data = 'null'")]);
    let world = finish(world_of(&domain, "shop/fulfilment"));
    assert_eq!(outcome(&world), Outcome::Compensated);
    assert_eq!(effects(&world, "process-payment"), (0, 0));
    let letters = world.dead_letters();
    assert_eq!((letters.len(), letters[0].state), (1, LetterState::Answered));
    assert!(letters[0].error.contains("payment.completed.v1"), "{}", letters[0].error);
}

#[test]
fn first_step_refused() {
    let world = run("shop/fulfilment?fault=create-order:reject");
    assert_eq!(outcome(&world), Outcome::Compensated);
    assert!(!has(&world, "saga.undo_started"));
    assert!(world.narrate().headline.contains("nothing to undo"), "{}", world.narrate().headline);
}

#[test]
fn refused_confirmation_goes_back_in_reverse() {
    let world = run("shop/fulfilment?fault=confirm-order:reject");
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
fn one_hiccup_and_spent_retries() {
    let world = run("shop/fulfilment?fault=process-payment:transient:1");
    assert_eq!((outcome(&world), step(&world, "process-payment").attempts), (Outcome::Completed, 2));
    assert_eq!(effects(&world, "process-payment"), (1, 0));

    let world = run("shop/fulfilment?fault=process-payment:transient:99");
    assert_eq!((outcome(&world), step(&world, "process-payment").attempts), (Outcome::Compensated, 3));
    assert!(world.dead_letters().is_empty());
}

#[test]
fn giving_up_is_final() {
    let world = run("shop/fulfilment?fault=process-payment:transient:2&fault=process-payment:delayed@1=1m");
    assert_eq!(outcome(&world), Outcome::Compensated);
    assert_eq!(effects(&world, "process-payment"), (0, 0));
    assert_eq!(told(&world), ["order.created.v1", "payment.failed.v1", "order.cancelled.v1"]);
}

#[test]
fn lost_command() {
    let world = run("shop/fulfilment?fault=process-payment:lost");
    assert_eq!((outcome(&world), step(&world, "process-payment").attempts), (Outcome::Completed, 2));
    let world = run("shop/fulfilment?fault=process-payment:lost&without=timeouts");
    assert_eq!(outcome(&world), Outcome::Stuck);
    assert_eq!(step(&world, "process-payment").state, StepProgress::InFlight, "the message that was last");
}

#[test]
fn lost_reply_gets_the_stored_one() {
    let world = run("shop/fulfilment?fault=process-payment/reply:lost");
    let events = world.events();
    let charges: Vec<_> = events.iter().filter(|event| event.event_type == "payment.completed.v1").collect();
    let done = events.iter().find(|event| {
        event.event_type == "saga.step_completed" && metadata(event, "step").unwrap() == "process-payment"
    });
    assert_eq!(charges.len(), 1);
    assert_eq!(done.unwrap().data.value().unwrap()["reply"].as_str(), charges[0].id.as_deref());
    assert_eq!(step(&world, "process-payment").attempts, 2);
}

#[test]
fn unknown_payment_is_refunded_first() {
    let world = run("shop/fulfilment?fault=process-payment:timeout");
    assert_eq!(outcome(&world), Outcome::Compensated);
    assert_eq!(
        told(&world),
        ["order.created.v1", "payment.completed.v1", "payment.refunded.v1", "order.cancelled.v1"]
    );
    assert_eq!(places(&world, "saga.late_reply_ignored").len(), 1, "one event, however often it comes");
}

#[test]
fn what_never_happened_never_happens() {
    let world = run("shop/fulfilment?fault=process-payment:delayed:all=1m");
    assert_eq!(outcome(&world), Outcome::Compensated);
    assert_eq!(step(&world, "process-payment").state, StepProgress::NothingToUndo);
    assert_eq!(told(&world), ["order.created.v1", "payment.voided.v1", "order.cancelled.v1"]);
}

#[test]
fn a_late_reply_in_time_counts() {
    let world = run(
        "shop/fulfilment?fault=process-payment/reply:delayed@1=2100ms&fault=process-payment/reply:lost@2",
    );
    assert_eq!((outcome(&world), step(&world, "process-payment").attempts), (Outcome::Completed, 2));
}

#[test]
fn an_unknown_pivot_goes_neither_way_until_somebody_knows() {
    let world = run("shop/fulfilment?fault=confirm-order/reply:lost:99");
    assert_eq!(outcome(&world), Outcome::DeadLettered);
    assert!(!has(&world, "saga.undo_started") && !has(&world, "saga.compensation_started"));

    let world = run("shop/fulfilment?fault=confirm-order:timeout");
    assert_eq!(outcome(&world), Outcome::Completed);
    assert_eq!(world.dead_letters()[0].state, LetterState::Resolved);

    // A late refusal turns the saga round after all.
    let world = run("shop/fulfilment?fault=confirm-order:timeout&fault=confirm-order:reject");
    assert_eq!(outcome(&world), Outcome::Compensated);
    assert_eq!(world.dead_letters()[0].state, LetterState::Answered);
}

#[test]
fn a_notice_that_fails_for_ever_is_owed_and_a_redrive_completes_it() {
    let mut world = run("shop/fulfilment?fault=send-confirmation:transient:99");
    let saga = only(&world);
    assert_eq!((saga.outcome, saga.owed.len()), (Outcome::DeadLettered, 1));
    assert_eq!(effects(&world, "process-payment"), (1, 0), "the payment is not refunded");
    assert_eq!(world.dead_letters()[0].attempts.len(), 3);

    let fault = world.recipe().faults[0].clone();
    world.act(&Act::Disarm(fault)).unwrap();
    world.act(&Act::Redrive(1)).unwrap();
    let world = finish(world);
    assert_eq!(outcome(&world), Outcome::Completed);
    assert_eq!(world.dead_letters()[0].state, LetterState::Resolved);
    assert_eq!(step(&world, "send-confirmation").attempts, 4, "a new cycle");
}

#[test]
fn a_redrive_that_fails_again_opens_the_same_letter_with_its_history() {
    let mut world = run("shop/fulfilment?fault=send-confirmation:transient:99");
    world.act(&Act::Redrive(1)).unwrap();
    let world = finish(world);
    assert_eq!(outcome(&world), Outcome::DeadLettered);
    let letters = world.dead_letters();
    assert_eq!((letters.len(), letters[0].state, letters[0].attempts.len()), (1, LetterState::Open, 6));
}

#[test]
fn a_refund_that_fails_for_ever_is_a_named_debt_and_the_others_go_on() {
    let world = run("shop/fulfilment?fault=process-payment:undo-fails&fault=confirm-order:reject");
    let saga = only(&world);
    assert_eq!(saga.outcome, Outcome::DeadLettered);
    assert_eq!(effects(&world, "reserve-inventory"), (1, 1));
    assert_eq!(effects(&world, "create-order"), (1, 1));
    let owed: Vec<_> = saga.owed.iter().map(|owed| owed.step.as_str()).collect();
    assert_eq!(owed, ["process-payment"]);
    assert!(saga.owed[0].text.ends_with(" €"), "{}", saga.owed[0].text);
    assert!(world.invariants().iter().all(|it| it.state == InvariantState::Holds));
    assert!(world.narrate().owed.contains('€'));
}

#[test]
fn a_saga_does_not_end_while_an_undo_is_out() {
    let world = run(
        "shop/fulfilment?fault=reserve-inventory/undo-reply:timeout&fault=process-payment/undo:delayed:all=3s\
         &fault=confirm-order:reject",
    );
    assert_eq!(outcome(&world), Outcome::Compensated);
    assert!(has(&world, "saga.undo_parked"));
    let undone = places(&world, "saga.undo_completed");
    let ended = places(&world, "saga.compensated");
    assert_eq!((undone.len(), ended.len()), (3, 1));
    assert!(ended[0] > undone[2]);
    let resolved = places(&world, "saga.park_resolved")[0];
    let refunded = places(&world, "payment.refunded.v1")[0];
    assert!(resolved < refunded, "the answer came while the other undo was out");
}

#[test]
fn two_deliveries_without_idempotency_are_two_charges_and_the_check_names_the_second() {
    let world = run("shop/fulfilment?fault=process-payment:duplicated&without=idempotency");
    assert_eq!(outcome(&world), Outcome::Inconsistent);
    let charges: Vec<_> = domain_events(&world)
        .into_iter()
        .filter(|event| event.event_type == "payment.completed.v1")
        .collect();
    assert_eq!(charges.len(), 2);
    let broken = world.invariants().into_iter().find_map(|invariant| match invariant.state {
        InvariantState::Broken { event, .. } => event,
        _ => None,
    });
    assert_eq!(broken.map(|id| id.to_string()), charges[1].id);

    let world = run("shop/fulfilment?fault=create-order:duplicated&without=idempotency");
    assert_eq!(outcome(&world), Outcome::Completed);
}

#[test]
fn a_dual_write_loses_what_was_not_sent() {
    for (fault, expected) in [
        ("process-payment/reply:crash-before-publish", Outcome::Stuck),
        ("send-confirmation/reply:crash-before-publish", Outcome::Completed),
        ("process-payment:crash-before-publish", Outcome::Completed),
    ] {
        let world = run(&format!("shop/fulfilment?fault={fault}&without=outbox"));
        assert_eq!(outcome(&world), expected, "{fault}");
    }
    // Two protections off at once.
    for (step, without, expected) in [
        ("process-payment", "idempotency", Outcome::Inconsistent),
        ("process-payment", "timeouts", Outcome::Stuck),
        ("process-payment", "retries", Outcome::Compensated),
        ("confirm-order", "retries", Outcome::DeadLettered),
        ("send-confirmation", "retries", Outcome::DeadLettered),
    ] {
        let line =
            format!("shop/fulfilment?fault={step}:crash-before-publish&without={without}&without=outbox");
        assert_eq!(outcome(&run(&line)), expected, "{line}");
    }
}

#[test]
fn an_orchestrator_that_dies_anywhere_goes_on_as_if_it_had_not() {
    for weather in [
        "",
        "&fault=process-payment:timeout",
        "&fault=confirm-order:reject",
        "&fault=send-confirmation:transient:99",
    ] {
        let calm = run(&format!("shop/fulfilment?seed=3{weather}"));
        let mut crashes = 0;
        for gap in ["commit", "ack", "publish", "mark"] {
            for nth in 1.. {
                let line = format!(
                    "shop/fulfilment?seed=3{weather}&fault=service/orchestrator:crash-before-{gap}@{nth}"
                );
                let world = run(&line);
                if world.faults().last().unwrap().hits == 0 {
                    break;
                }
                crashes += 1;
                assert_eq!(told(&world), told(&calm), "{line}");
                assert_eq!(outcome(&world), outcome(&calm), "{line}");
            }
        }
        assert!(crashes > 24, "{weather}: {crashes} crashes");
    }
}

#[test]
fn a_forgetful_orchestrator_is_stuck_although_everything_is_done() {
    let world = run("shop/fulfilment?fault=send-confirmation/reply:crash-before-commit&without=durable-saga");
    assert_eq!(outcome(&world), Outcome::Stuck);
    assert_eq!(told(&world).len(), 5);
}

#[test]
fn poison_is_kept_as_evidence_and_closed_books_stay_closed() {
    let mut world = run("shop/fulfilment?fault=process-payment:poison");
    assert_eq!(outcome(&world), Outcome::Compensated);
    assert_eq!(world.dead_letters()[0].state, LetterState::Answered);
    let before = world.len();
    assert_eq!(world.act(&Act::Redrive(1)), Err(ActError::NotOpen(LetterState::Answered)));
    assert_eq!(world.len(), before);

    let world = run("shop/fulfilment?fault=process-payment/reply:lost&fault=process-payment:poison@2");
    assert_eq!(outcome(&world), Outcome::Completed, "a broken repeat gets the stored answer");
    assert!(world.dead_letters().is_empty());
}

#[test]
fn the_last_unit_is_sold_once() {
    let domain = domain_with(
        "shop",
        &[
            ("quantity = 100000", "quantity = 1"),
            ("quantity = { min = 1, max = 3 }", "quantity = { min = 1, max = 1 }"),
            (r#"productId = "lamp", price"#, r#"productId = "kettle", price"#),
            (r#"productId = "chair", price"#, r#"productId = "kettle", price"#),
            (r#"productId = "clock", price"#, r#"productId = "kettle", price"#),
            (r#"productId = "radio", price"#, r#"productId = "kettle", price"#),
            (r#"productId = "rug", price"#, r#"productId = "kettle", price"#),
        ],
    );
    let world = finish(world_of(&domain, "shop/fulfilment?sagas=2&every=1ms"));
    let mut outcomes: Vec<_> = world.sagas().iter().map(|saga| saga.outcome).collect();
    outcomes.sort();
    assert_eq!(outcomes, [Outcome::Compensated, Outcome::Completed]);
    let count = |event_type: &str| told(&world).iter().filter(|it| *it == event_type).count();
    assert_eq!((count("inventory.reserved.v1"), count("inventory.rejected.v1")), (1, 1));
}

#[test]
fn every_open_letter_can_be_redriven_once_the_weather_is_good() {
    let domain = domain("travel");
    for fault in [
        "book-flight/reply:lost:99",
        "book-flight:lost:99",
        "issue-vouchers:poison",
        "issue-vouchers:reject",
        "issue-vouchers/reply:poison",
        "issue-vouchers/reply:lost:99",
        "send-itinerary:transient:99",
    ] {
        let mut world = finish(world_of(&domain, &format!("travel/trip?fault={fault}")));
        assert_eq!(outcome(&world), Outcome::DeadLettered, "{fault}");
        let fault_itself = world.recipe().faults[0].clone();
        world.act(&Act::Disarm(fault_itself)).unwrap();
        for _ in 0..4 {
            let letters = world.dead_letters();
            let Some(letter) = letters.iter().find(|letter| letter.redrivable) else { break };
            world.act(&Act::Redrive(letter.id)).unwrap();
            world.run();
        }
        assert_eq!(outcome(&world), Outcome::Completed, "{fault}");
        assert!(world.dead_letters().iter().all(|letter| letter.state == LetterState::Resolved), "{fault}");
        crate::rules::check(&world);
    }
}
