//! Stepping back is exact, and an act in the past keeps both futures.

use sagascope::sim::history::History;
use sagascope::sim::recipe::Recipe;
use sagascope::sim::world::{Act, ActError, Outcome, World};

use crate::support::{domain, outcome, world_of};

const LINES: [&str; 4] = [
    "shop/fulfilment?seed=7&fault=process-payment:undo-fails&fault=confirm-order:reject",
    "shop/fulfilment?seed=7&sagas=9&every=5ms&fault=any:crash-before-ack@4&fault=reserve-inventory:down",
    "shop/fulfilment_choreographed?fault=reserve-inventory:transient:99",
    "travel/trip?sagas=2&fault=book-car:timeout&without=idempotency",
];

fn same(one: &World, other: &World, what: &str) {
    assert_eq!(one.moment(), other.moment(), "{what}");
    assert_eq!(one.now(), other.now(), "{what}");
    assert_eq!(one.in_flight(), other.in_flight(), "{what}");
    assert_eq!(one.events(), other.events(), "{what}");
    assert_eq!(one.sagas(), other.sagas(), "{what}");
}

#[test]
fn every_moment_is_found_again_exactly_as_it_was() {
    for line in LINES {
        let domain = domain(line.split('/').next().unwrap());
        let mut history = History::new(world_of(&domain, line));
        history.run();
        let newest = history.newest();
        assert!(newest > 5, "{line}: {newest}");
        // Forward, back and in leaps.
        let mut fresh = world_of(&domain, line);
        let mut moments = vec![fresh.clone()];
        while fresh.step().is_some() {
            moments.push(fresh.clone());
        }
        let order = (0..=newest).rev().chain([3, newest, 0, newest / 2, newest / 3]);
        for moment in order {
            assert_eq!(history.go_to(moment), moment);
            same(history.world(), &moments[moment as usize], line);
        }
        assert!(history.go_to(newest + 10) == newest, "nothing comes after the end");
    }
}

#[test]
fn a_step_back_and_a_step_on_lead_to_the_same_moment() {
    let domain = domain("shop");
    let mut history = History::new(world_of(&domain, LINES[0]));
    for _ in 0..20 {
        history.step();
    }
    let there = history.world().clone();
    assert!(history.step_back());
    assert_eq!(history.moment() + 1, there.moment());
    history.step();
    same(history.world(), &there, "back and on");
    while history.step_back() {}
    assert_eq!(history.moment(), 0);
}

#[test]
fn an_act_in_the_past_begins_a_branch_and_both_futures_stay() {
    let domain = domain("shop");
    let mut history = History::new(world_of(&domain, "shop/fulfilment?seed=7"));
    history.run();
    let first = history.world().clone();
    assert_eq!(outcome(&first), Outcome::Completed);

    let fault = Recipe::parse("shop/fulfilment?fault=reserve-inventory:reject").unwrap().faults[0].clone();
    history.go_to(4);
    history.act(&Act::Arm(fault)).unwrap();
    assert_eq!((history.branch(), history.branches().len()), (1, 2));
    history.run();
    let second = history.world().clone();
    assert_eq!(outcome(&second), Outcome::Compensated);

    assert!(history.switch(0));
    history.run();
    same(history.world(), &first, "the first future");
    assert!(history.switch(1));
    history.run();
    same(history.world(), &second, "the second future");
    assert_eq!(history.branches()[1].parent, Some((0, 4)));
    assert!(!history.switch(2));
}

#[test]
fn acts_are_done_again_on_the_way_and_what_cannot_be_done_changes_nothing() {
    let domain = domain("shop");
    let mut history = History::new(world_of(&domain, "shop/fulfilment?seed=7&without=timeouts"));
    history.go_to(3);
    let flight = history.world().in_flight()[0].id;
    history.act(&Act::Lose(flight)).unwrap();
    assert_eq!(history.branches().len(), 1, "at the newest moment there is no other future");
    let before = history.world().clone();
    assert_eq!(history.act(&Act::Lose(flight)), Err(ActError::NotInFlight));
    assert_eq!(history.act(&Act::Stop("bakery".to_owned())), Err(ActError::NoService("bakery".to_owned())));
    assert_eq!(history.act(&Act::Redrive(1)), Err(ActError::NoLetter(1)));
    same(history.world(), &before, "nothing happened");
    history.run();
    let end = history.world().clone();
    assert_eq!(outcome(&end), Outcome::Stuck);
    history.go_to(0);
    history.go_to(end.moment());
    same(history.world(), &end, "with the act");
}

#[test]
fn what_a_person_does_to_a_message_or_a_service() {
    let domain = domain("shop");
    for (what, expected, attempts) in [
        ("lose", Outcome::Completed, 2),
        ("delay", Outcome::Completed, 1),
        ("duplicate", Outcome::Completed, 1),
        ("poison", Outcome::Compensated, 1),
        ("stop", Outcome::Completed, 1),
    ] {
        let mut world = world_of(&domain, "shop/fulfilment?seed=7");
        let on_its_way = |world: &World| {
            world.in_flight().into_iter().find(|flight| flight.label == "payment.process").map(|it| it.id)
        };
        assert!(world.run_until(|world| on_its_way(world).is_some()));
        let id = on_its_way(&world).unwrap();
        let act = match what {
            "lose" => Act::Lose(id),
            "delay" => Act::Delay(id, sagascope::base::ticks::Ticks::from_millis(700)),
            "duplicate" => Act::Duplicate(id),
            "poison" => Act::Poison(id),
            _ => Act::Stop("payment".to_owned()),
        };
        world.act(&act).unwrap();
        if what == "stop" {
            world.step();
            assert!(!world.services().iter().find(|it| it.name == "payment").unwrap().up);
            world.act(&Act::Start("payment".to_owned())).unwrap();
        }
        world.run();
        let saga = world.sagas().remove(0);
        assert_eq!((saga.outcome, saga.steps[1].attempts), (expected, attempts), "{what}");
        assert_eq!(saga.ledger[1].effects, u32::from(what != "poison"), "{what}");
        crate::rules::check(&world);
    }
}

#[test]
fn a_service_that_stays_stopped_keeps_the_run_from_its_end() {
    let domain = domain("shop");
    let mut world = world_of(&domain, "shop/fulfilment?without=timeouts");
    world.act(&Act::Stop("payment".to_owned())).unwrap();
    world.run();
    assert!(!world.is_quiescent());
    assert_eq!(outcome(&world), Outcome::Running);
    assert!(world.narrate().next.contains("down"), "{}", world.narrate().next);
    world.act(&Act::Start("payment".to_owned())).unwrap();
    world.run();
    assert_eq!(outcome(&world), Outcome::Completed);
}
