//! Weather over many sagas at once, and what it must leave alone: repeats add nothing, the same recipe gives the same
//! log, a fault changes only what it strikes. Every fault alone and every pair of them on one saga are the matter of
//! the tests of the engine.

use std::sync::Arc;

use sagascope::domain::Domain;
use sagascope::sim::recipe::Recipe;
use sagascope::sim::world::{Act, InvariantState, Outcome, World};

use crate::support::{domain, domain_events, world_of};

fn check_run(domain: &Arc<Domain>, recipe: &Recipe) -> World {
    let mut world = World::new(Arc::clone(domain), recipe).unwrap();
    world.run();
    let line = recipe.to_string();
    assert!(world.is_quiescent(), "{line}: it goes on for ever");
    for saga in world.saga_numbers() {
        let outcome = world.by_the_books(saga);
        assert!(
            !matches!(outcome, Outcome::Inconsistent | Outcome::Running),
            "{line}: {saga} is {outcome:?}"
        );
    }
    let invariants = world.invariants();
    let broken: Vec<_> = invariants
        .into_iter()
        .filter(|invariant| matches!(invariant.state, InvariantState::Broken { .. }))
        .collect();
    assert!(broken.is_empty(), "{line}: {broken:?}");
    world
}

#[test]
fn many_sagas_at_once_in_bad_weather_keep_the_books_balanced() {
    let domain = domain("shop");
    for seed in 0..4 {
        let line = format!(
            "shop/fulfilment?seed={seed}&sagas=20&every=3ms&fault=any:crash-before-ack@5&fault=process-payment:down\
             &fault=any:duplicated:3@4&fault=reserve-inventory/reply:lost@1&fault=any:reordered:2"
        );
        let recipe = Recipe::parse(&line).unwrap();
        let world = check_run(&domain, &recipe);
        crate::rules::check(&world);
    }
}

/// Types and keys of the domain events, in no particular order.
fn effects(world: &World) -> Vec<String> {
    let mut effects: Vec<String> = domain_events(world)
        .into_iter()
        .map(|event| {
            let key = event.metadata.as_ref().unwrap().value()["key"].to_string();
            format!("{} {key}", event.event_type)
        })
        .collect();
    effects.sort();
    effects
}

#[test]
fn any_message_delivered_twice_adds_no_domain_event() {
    for line in [
        "shop/fulfilment",
        "shop/fulfilment?fault=confirm-order:reject",
        "shop/fulfilment?fault=process-payment:timeout",
        "shop/fulfilment?fault=send-confirmation:reject",
        "travel/trip?fault=book-car:transient:99",
        "travel/trip?fault=issue-vouchers:poison",
        "shop/fulfilment_choreographed",
        "shop/fulfilment_choreographed?fault=confirm-order:reject",
    ] {
        let domain = domain(line.split('/').next().unwrap());
        let mut world = world_of(&domain, line);
        let mut calm = world.clone();
        calm.run();
        let mut copies = 0;
        while world.step().is_some() {
            // A copy of a message that is held would come before the original: another story, not a repeat.
            for flight in world.in_flight().into_iter().filter(|flight| !flight.held) {
                let mut twice = world.clone();
                twice.act(&Act::Duplicate(flight.id)).unwrap();
                twice.run();
                assert_eq!(effects(&twice), effects(&calm), "{line}: {} twice", flight.label);
                copies += 1;
            }
        }
        assert!(copies >= 4, "{line}: {copies} copies");
    }
}

#[test]
fn the_same_recipe_gives_the_same_log_and_transport_decides_nothing() {
    for line in [
        "shop/fulfilment?seed=5&sagas=3",
        "shop/fulfilment?seed=5&sagas=3&every=1ms&fault=any:crash-before-ack@3&fault=process-payment:timeout",
        "shop/fulfilment_choreographed?seed=2&fault=process-payment:duplicated&fault=confirm-order:reject",
        "travel/trip?seed=9&fault=book-car:down&fault=book-hotel/undo:lost",
    ] {
        let domain = domain(line.split('/').next().unwrap());
        let (mut first, mut second) = (world_of(&domain, line), world_of(&domain, line));
        let mut noted = world_of(&domain, line).recording_transport();
        for world in [&mut first, &mut second, &mut noted] {
            world.run();
            crate::rules::check(world);
        }
        assert_eq!(first.events(), second.events(), "{line}");
        assert_eq!(first.sagas(), noted.sagas(), "{line}");
        assert!(noted.len() > first.len() + 20);
        let ids = |world: &World| domain_events(world).into_iter().map(|event| event.id).collect::<Vec<_>>();
        assert_eq!(ids(&first), ids(&noted), "{line}");
    }
}

#[test]
fn a_fault_changes_only_what_it_touches() {
    let domain = domain("shop");
    let mut calm = world_of(&domain, "shop/fulfilment?seed=4&sagas=3&every=10s");
    let mut struck = world_of(
        &domain,
        "shop/fulfilment?seed=4&sagas=3&every=10s&fault=process-payment%232:timeout"
            .replace("%23", "#")
            .as_str(),
    );
    calm.run();
    struck.run();
    let of = |world: &World, saga: &str| -> Vec<_> {
        let events = world.events().into_iter().filter(|event| event.correlation_id.as_deref() == Some(saga));
        events.map(|event| (event.event_type, event.occurred_at, event.data.value())).collect()
    };
    assert_ne!(of(&calm, "s2"), of(&struck, "s2"));
    for saga in ["s1", "s3"] {
        let strip = |world: &World| {
            let told = of(world, saga);
            told.into_iter().map(|(event_type, at, _)| (event_type, at)).collect::<Vec<_>>()
        };
        assert_eq!(strip(&calm), strip(&struck), "{saga}");
    }
}
