//! The domain's checks and read models as a run shows them: recorded when they turn, behind and then level.

use sagascope::runtime::queries::{Ask, Fits, Query, answer};
use sagascope::sim::world::{InvariantState, Outcome, World};
use serde_json::{Value, json};

use crate::support::{domain, has, only, world_of};

fn watched(line: &str) -> World {
    let mut world = world_of(&domain(line.split('/').next().unwrap()), line).watched();
    world.run();
    crate::rules::check(&world);
    world
}

fn broken(world: &World) -> Vec<(String, String)> {
    let invariants = world.invariants().into_iter();
    invariants
        .filter_map(|it| match it.state {
            InvariantState::Broken { difference, .. } => Some((it.code, difference)),
            _ => None,
        })
        .collect()
}

#[test]
fn a_check_that_breaks_is_recorded_with_the_event_that_did_it() {
    let world = watched("shop/fulfilment?fault=process-payment:duplicated&without=idempotency");
    let events = world.events();
    let charges: Vec<_> = events.iter().filter(|it| it.event_type == "payment.completed.v1").collect();
    let fact = events.iter().find(|it| it.event_type == "check.broken").unwrap();
    let data = fact.data.value().unwrap();
    assert_eq!(data["invariant"], "one_charge");
    assert_eq!(data["difference"], "order 1 holds 2 charges");
    assert_eq!(data["event"].as_str(), charges[1].id.as_deref());
    assert_eq!(fact.causation_id, charges[1].id);
    assert_eq!(fact.home().unwrap().stream.id, "check-one_charge");
    assert_eq!(only(&world).outcome, Outcome::Inconsistent);
    assert!(broken(&world).contains(&("S1".to_owned(), "order 1 holds 2 charges".to_owned())));
}

#[test]
fn a_check_that_holds_again_is_recorded_too() {
    // The second charge is one too many until both are undone but one: the undo takes one effect back.
    let world = watched(
        "shop/fulfilment?fault=process-payment:duplicated&fault=confirm-order:reject&without=idempotency",
    );
    let turns: Vec<(String, Value)> = world
        .events()
        .into_iter()
        .filter(|it| it.event_type.starts_with("check."))
        .map(|it| (it.event_type.clone(), it.data.value().unwrap()["invariant"].clone()))
        .filter(|(_, name)| name == "one_charge")
        .collect();
    let expected = ["check.broken", "check.restored"].map(|turn| (turn.to_owned(), json!("one_charge")));
    assert_eq!(turns, expected);
    assert_eq!(only(&world).outcome, Outcome::Inconsistent, "one charge is still held for nothing");
}

#[test]
fn watching_changes_nothing_but_the_record_of_the_checks() {
    for line in [
        "shop/fulfilment?seed=3&sagas=3",
        "shop/fulfilment?fault=process-payment:duplicated&without=idempotency",
        "shop/fulfilment?fault=process-payment/undo:undo-fails&fault=confirm-order:reject",
        "travel/trip?fault=issue-vouchers:reject",
        "transfer/transfer?fault=credit-target:lost:99",
    ] {
        let watched = watched(line);
        let mut alone = world_of(watched.domain(), line);
        alone.run();
        assert_eq!(broken(&watched), broken(&alone), "{line}");
        assert_eq!(watched.sagas(), alone.sagas(), "{line}");
        let mut events = watched.events();
        events.retain(|event| !event.event_type.starts_with("check."));
        let types = |events: Vec<sagascope::model::RecordedEvent>| -> Vec<_> {
            events.into_iter().map(|event| (event.id, event.event_type)).collect()
        };
        assert_eq!(types(events), types(alone.events()), "{line}");
    }
}

#[test]
fn what_an_open_letter_keeps_is_no_breach_and_nothing_is_recorded() {
    let world = watched("shop/fulfilment?fault=process-payment/undo:undo-fails&fault=confirm-order:reject");
    assert_eq!(only(&world).outcome, Outcome::DeadLettered);
    assert_eq!(broken(&world), []);
    assert!(!has(&world, "check.broken"));
}

#[test]
fn read_models_are_behind_while_things_happen_and_level_in_the_end() {
    let mut world = world_of(&domain("shop"), "shop/fulfilment?sagas=2&every=30ms");
    let mut longest = 0;
    while world.step().is_some() {
        longest = longest.max(world.read_models().iter().map(|model| model.lag).max().unwrap());
    }
    assert!(longest > 0, "a lag that nobody sees is none");
    assert!(world.read_models().iter().all(|model| model.lag == 0));
    let models = world.models();
    let query = |model: &str, ask| answer(&models, world.len(), &Query { model: model.into(), ask }).unwrap();
    let list = Ask::List { fits: Fits::Field("confirmed".to_owned(), json!(true)), after: None, limit: 10 };
    let orders = query("orders", list);
    assert_eq!(orders.rows.iter().map(|(key, _)| &**key).collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(orders.lag, 0);
    assert_eq!(query("payments", Ask::Get("1".into())).rows[0].1["held"], json!(1));
}
