//! Schemas and versions: what breaks its schema never reaches a handler, what nobody could read is never committed,
//! and an older version is understood as the newest.

use std::sync::Arc;

use sagascope::domain::Domain;
use sagascope::runtime::LetterState;
use sagascope::sim::world::{Outcome, World};

use crate::support::{domain_with, effects, finish, has, only, outcome, step, world_of};

fn run(domain: &Arc<Domain>, line: &str) -> World {
    finish(world_of(domain, line))
}

fn data_of(world: &World, event_type: &str) -> serde_json::Value {
    world.events().into_iter().find(|it| it.event_type == event_type).unwrap().data.value().unwrap()
}

#[test]
fn a_command_that_breaks_its_schema_is_poison_and_never_handled() {
    let schema = "[schema]\n\"payment.process\" = { type = \"object\", required = [\"iban\"] }\n";
    let world = run(&domain_with("shop", &[("[schema]\n", schema)]), "shop/fulfilment");
    assert_eq!(outcome(&world), Outcome::Compensated);
    assert_eq!(effects(&world, "process-payment"), (0, 0));
    assert_eq!(step(&world, "process-payment").attempts, 1, "poison is not tried again");
    let letters = world.dead_letters();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].state, LetterState::Answered);
    assert!(letters[0].error.contains("payment.process came in and breaks its schema"), "{letters:?}");
    assert!(letters[0].error.contains("iban"), "{letters:?}");
}

#[test]
fn what_a_handler_decides_against_the_schema_is_not_committed() {
    let broken = "\"inventory.reserved.v1\" = { required = [\"warehouse\"] }";
    let change = [("\"inventory.reserved.v1\" = \"schemas/inventory.reserved.v1.json\"", broken)];
    let world = run(&domain_with("shop", &change), "shop/fulfilment");
    assert_eq!(outcome(&world), Outcome::Compensated);
    assert!(!has(&world, "inventory.reserved.v1"));
    assert_eq!(effects(&world, "process-payment"), (1, 1), "what was done before is undone");
    assert_eq!(step(&world, "reserve-inventory").attempts, 1);
    assert!(world.dead_letters()[0].error.contains("inventory.reserved.v1 was to be sent and breaks"));
}

#[test]
fn an_older_version_is_brought_to_the_one_that_is_subscribed_to() {
    let domain = domain_with(
        "shop",
        &[
            ("event = \"order.created.v1\", command", "event = \"order.created.v2\", command"),
            (
                "emits = [\"order.created.v1\"]",
                "emits = [{ type = \"order.created.v1\", data = '.command.data | {orderId, userId, items, total}' }]",
            ),
            ("currency: $order.currency}", "currency: .results.\"create-order\".currency}"),
        ],
    );
    let world = run(&domain, "shop/fulfilment_choreographed");
    assert_eq!(outcome(&world), Outcome::Completed);
    assert!(data_of(&world, "order.created.v1").get("currency").is_none());
    assert_eq!(data_of(&world, "payment.completed.v1")["currency"], "USD", "by the upcaster");
}

#[test]
fn a_version_newer_than_anybody_knows_is_kept_as_poison() {
    let domain = domain_with(
        "shop",
        &[
            ("emits = [\"order.created.v1\"]", "emits = [\"order.created.v3\"]"),
            ("success = \"order.created.v1\"", "success = \"order.created.v3\""),
        ],
    );
    let world = run(&domain, "shop/fulfilment_choreographed");
    assert_eq!(only(&world).outcome, Outcome::DeadLettered);
    assert!(!has(&world, "payment.completed.v1"));
    let letter = &world.dead_letters()[0];
    assert!(letter.error.starts_with("version: order.created has version 3"), "{letter:?}");
    assert_eq!((letter.consumer.as_str(), letter.attempts.len()), ("payment", 1));
    assert_eq!(letter.message_type, "order.created.v3");
}
