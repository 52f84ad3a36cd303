//! Each rule holds for logs as worlds write them, and is broken by one event that is not as it should be.

use std::sync::Arc;

use super::*;
use crate::domain::BuiltIn;
use crate::runtime::StepNo;
use crate::sim::recipe::Recipe;
use crate::sim::world::World;

const LINES: [&str; 6] = [
    "shop/fulfilment",
    "shop/fulfilment?fault=confirm-order:reject&fault=process-payment/undo:undo-fails",
    "shop/fulfilment?fault=send-confirmation:poison&fault=create-order:lost",
    "shop/fulfilment?sagas=3&fault=process-payment:timeout",
    "shop/fulfilment_choreographed?fault=confirm-order:reject",
    "shop/fulfilment_choreographed?fault=create-order:poison",
];

fn run(line: &str) -> World {
    let recipe = Recipe::parse(line).unwrap();
    let domain = Arc::new(BuiltIn::named(&recipe.domain).unwrap().load());
    let mut world = World::new(domain, &recipe).unwrap().recording_transport().watched();
    world.run();
    world
}

/// Follows the log of a world, each event as `change` makes it.
fn follow(world: &World, change: &mut dyn FnMut(&mut Recorded)) -> Rules {
    let mut rules = Rules::default();
    for (position, event) in world.journal().events_from(Position(1)) {
        let mut event = event.clone();
        change(&mut event);
        rules.observe(world.wiring(), &Protections::default(), world.journal(), position, &event);
    }
    rules
}

fn broken(rules: &Rules) -> Vec<&'static str> {
    rules.standing().filter(|(_, breach)| breach.is_some()).map(|(rule, _)| rule.name).collect()
}

#[test]
fn every_log_of_a_world_keeps_them() {
    for line in LINES {
        let rules = follow(&run(line), &mut |_| {});
        assert_eq!(broken(&rules), [""; 0], "{line}: {:?}", rules.breaches);
        assert!(rules.culprits().is_empty());
    }
}

/// Makes an event wrong in the way that a rule forbids; `false`: this event cannot be wrong in that way.
fn spoil(rule: &str, event: &mut Recorded) -> bool {
    match (rule, &mut event.fact) {
        ("whole-streams", Fact::Domain(_)) => event.version += 1,
        ("cause-before-effect", Fact::Saga(SagaFact::PivotPassed { .. })) => event.cause = Some(EventId(7)),
        ("correlated", Fact::Saga(SagaFact::StepCompleted { .. })) => event.saga = SagaNo(9),
        ("letters-named", Fact::Letter(LetterFact::Parked { error, .. })) => *error = "".into(),
        ("pivot-not-undone", Fact::Domain(fact)) if fact.role == Role::Undone => {
            let key = event.key.as_mut().unwrap();
            key.step = StepNo(3);
        }
        ("undos-reversed", Fact::Saga(SagaFact::UndoStarted { step, .. })) if step.0 > 1 => *step = StepNo(0),
        ("attempts-within-policy", Fact::Saga(SagaFact::StepRetried { attempt, .. })) => *attempt = 4,
        _ => return false,
    }
    true
}

#[test]
fn each_is_broken_by_one_event_that_says_which_saga_it_was() {
    for rule in RULES {
        let mut found = 0;
        for line in LINES {
            let mut spoiled = None;
            let rules = follow(&run(line), &mut |event| {
                if spoiled.is_none() && spoil(rule.name, event) {
                    spoiled = Some((event.id, event.saga));
                }
            });
            let Some((id, saga)) = spoiled else { continue };
            let (_, breach) = rules.standing().find(|(known, _)| known.name == rule.name).unwrap();
            let breach = breach.unwrap_or_else(|| panic!("{line}: {} is not seen to be broken", rule.name));
            // That an undo came too early is seen at the next one.
            if rule.name != "undos-reversed" {
                assert_eq!(breach.event, id, "{line}: {}", rule.name);
            }
            assert!(!breach.difference.is_empty());
            assert!(saga == SagaNo::NONE || rules.culprits().contains(&saga), "{line}: {}", rule.name);
            found += 1;
        }
        assert!(found > 0, "no log has an event that can break {}: spoil one", rule.name);
    }
}

#[test]
fn they_are_named_once() {
    for (index, rule) in RULES.iter().enumerate() {
        assert_eq!(rule.code, format!("G{}", index + 1));
        assert!(RULES[..index].iter().all(|other| other.name != rule.name), "{}", rule.name);
        assert!(!rule.about.ends_with('.'), "{}", rule.about);
    }
}
