//! What holds for every log, whatever went wrong: checked over the recorded events of every run in these tests.

use std::collections::{BTreeMap, BTreeSet};

use sagascope::domain::StepKind;
use sagascope::model::RecordedEvent;
use sagascope::sim::world::World;
use serde_json::Value;

/// Fails with the recipe and the rule that is broken.
pub(crate) fn check(world: &World) {
    let events = world.events();
    let recipe = world.recipe().to_string();
    versions_are_whole(&recipe, &events);
    causes_are_in_the_log_before(&recipe, &events);
    sagas_carry_their_correlation(&recipe, &events);
    letters_can_be_found_from_their_saga(&recipe, world);
    only_compensatable_steps_are_undone(&recipe, world, &events);
    undos_run_back(&recipe, world, &events);
    attempts_keep_to_the_policy(&recipe, world, &events);
}

fn stream(event: &RecordedEvent) -> &str {
    &event.home().unwrap().stream.id
}

fn data(event: &RecordedEvent) -> Value {
    event.data.value().unwrap()
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

fn step_of(event: &RecordedEvent) -> Option<String> {
    metadata(event, "step")
}

fn only_compensatable_steps_are_undone(recipe: &str, world: &World, events: &[RecordedEvent]) {
    for event in events {
        let undone = ["undone", "tombstone"].contains(&&*metadata(event, "role").unwrap_or_default());
        if undone || event.event_type.starts_with("saga.undo_") {
            let step = step_of(event).unwrap();
            let kind = world.wiring().step(world.wiring().step_named(&step).unwrap()).kind;
            assert_eq!(kind, StepKind::Compensatable, "{recipe}: {} of {step}", event.event_type);
        }
    }
}

/// Undos begin in the reverse order of the steps.
fn undos_run_back(recipe: &str, world: &World, events: &[RecordedEvent]) {
    let mut last: BTreeMap<String, usize> = BTreeMap::new();
    let mut begun = BTreeSet::new();
    for event in events.iter().filter(|event| event.event_type == "saga.undo_started") {
        let (saga, step) = (event.correlation_id.clone().unwrap(), step_of(event).unwrap());
        if !begun.insert((saga.clone(), step.clone())) {
            continue; // A redrive begins anew, whenever a person wants.
        }
        let number = world.wiring().step_named(&step).unwrap().index();
        if let Some(before) = last.insert(saga.clone(), number) {
            assert!(number < before, "{recipe}: {saga} undoes {step} out of order");
        }
    }
}

fn attempts_keep_to_the_policy(recipe: &str, world: &World, events: &[RecordedEvent]) {
    let retries = !recipe.contains("without=retries");
    for event in events {
        let issues = ["saga.step_started", "saga.step_retried", "saga.undo_started", "saga.undo_retried"];
        if !issues.contains(&&*event.event_type) {
            continue;
        }
        let step = step_of(event).unwrap();
        let policy = world.wiring().step(world.wiring().step_named(&step).unwrap()).retry;
        let attempt = data(event)["attempt"].as_u64().unwrap();
        let allowed = if retries { u64::from(policy.attempts) } else { 1 };
        assert!((1..=allowed).contains(&attempt), "{recipe}: attempt {attempt} of {step}");
    }
}
