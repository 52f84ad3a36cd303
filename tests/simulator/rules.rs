//! What holds for every log, whatever went wrong: checked over the recorded events of every run in these tests. The
//! registry of rules is the product's; here it is asked, and what it says of versions, causes, correlation and letters
//! is checked once more over the log as it is written out, which is all that others get to see.

use std::collections::{BTreeMap, BTreeSet};

use sagascope::model::RecordedEvent;
use sagascope::sim::rules::RULES;
use sagascope::sim::world::{InvariantState, World};
use serde_json::Value;

/// Fails with the recipe and the rule that is broken.
pub(crate) fn check(world: &World) {
    let events = world.events();
    let recipe = world.recipe().to_string();
    versions_are_whole(&recipe, &events);
    causes_are_in_the_log_before(&recipe, &events);
    sagas_carry_their_correlation(&recipe, &events);
    letters_can_be_found_from_their_saga(&recipe, world);
    every_rule_is_kept(&recipe, world);
}

fn every_rule_is_kept(recipe: &str, world: &World) {
    let invariants = world.invariants();
    for rule in RULES {
        let report = invariants.iter().find(|it| it.code == rule.code && it.about == rule.about);
        assert_eq!(report.unwrap().state, InvariantState::Holds, "{recipe}: {}", rule.name);
    }
}

fn stream(event: &RecordedEvent) -> &str {
    &event.home().unwrap().stream.id
}

fn metadata(event: &RecordedEvent, name: &str) -> Option<String> {
    let metadata = event.metadata.as_ref()?.value();
    metadata.get(name).and_then(Value::as_str).map(str::to_owned)
}

fn versions_are_whole(recipe: &str, events: &[RecordedEvent]) {
    let mut versions: BTreeMap<&str, i64> = BTreeMap::new();
    let mut ids = BTreeSet::new();
    for (index, event) in events.iter().enumerate() {
        let version = versions.entry(stream(event)).or_default();
        *version += 1;
        assert_eq!(event.home().unwrap().version, Some(*version), "{recipe}: {}", stream(event));
        assert_eq!(event.position, Some(index as i64 + 1), "{recipe}");
        assert!(ids.insert(event.id.clone()), "{recipe}: two events with one id");
    }
}

fn causes_are_in_the_log_before(recipe: &str, events: &[RecordedEvent]) {
    let mut known = BTreeSet::new();
    for event in events {
        let place = || format!("{recipe}: {} in {}", event.event_type, stream(event));
        if let Some(cause) = &event.causation_id {
            assert!(known.contains(cause), "{}: its cause is not before it", place());
        } else {
            let outside = event.event_type.starts_with("run.")
                || event.event_type.starts_with("service.")
                || event.event_type.starts_with("message.")
                || ["saga.started", "dead_letter.redriven", "dead_letter.discarded"]
                    .contains(&&*event.event_type)
                // Choreographed: what the first service does is set off from outside.
                || metadata(event, "key").is_some_and(|_| !events.iter().any(|it| it.event_type == "saga.started"));
            assert!(outside, "{}: it has no cause", place());
        }
        known.insert(event.id.clone().unwrap());
    }
}

fn sagas_carry_their_correlation(recipe: &str, events: &[RecordedEvent]) {
    for event in events {
        let of_saga = stream(event)
            .strip_prefix("saga-")
            .map(str::to_owned)
            .or_else(|| metadata(event, "key").and_then(|key| key.split('/').next().map(str::to_owned)));
        if let Some(saga) = of_saga {
            assert_eq!(event.correlation_id.as_deref(), Some(&*saga), "{recipe}: {}", event.event_type);
        }
    }
}

fn letters_can_be_found_from_their_saga(recipe: &str, world: &World) {
    let sagas: BTreeSet<String> = world.sagas().into_iter().map(|saga| saga.id).collect();
    for letter in world.dead_letters() {
        assert!(sagas.contains(&letter.saga), "{recipe}: {letter:?}");
        assert!(letter.key.starts_with(&format!("{}/{}/", letter.saga, letter.step)), "{recipe}: {letter:?}");
        assert!(!letter.error.is_empty() && !letter.attempts.is_empty(), "{recipe}: {letter:?}");
    }
}
