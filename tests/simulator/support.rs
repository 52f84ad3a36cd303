//! Worlds from a line of text, and what there is to ask of them.

use std::sync::Arc;

use sagascope::domain::{BuiltIn, Domain};
use sagascope::model::RecordedEvent;
use sagascope::sim::recipe::Recipe;
use sagascope::sim::world::{Outcome, SagaReport, StepReport, World};
use serde_json::Value;

/// The built-in domain of this name.
pub(crate) fn domain(name: &str) -> Arc<Domain> {
    Arc::new(BuiltIn::named(name).unwrap().load())
}

/// The built-in domain of this name with its text changed: each pair says what is replaced by what.
pub(crate) fn domain_with(name: &str, changes: &[(&str, &str)]) -> Arc<Domain> {
    let built_in = BuiltIn::named(name).unwrap();
    let mut text = built_in.text.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "the domain {name} does not say {from}");
        text = text.replace(from, to);
    }
    Arc::new(Domain::parse(&text, &mut |path| built_in.file(path)).unwrap())
}

/// The world of a recipe, before anything has happened.
pub(crate) fn world_of(domain: &Arc<Domain>, line: &str) -> World {
    let recipe = Recipe::parse(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    World::new(Arc::clone(domain), &recipe).unwrap_or_else(|error| panic!("{line}: {error}"))
}

/// The world of a recipe of a built-in domain at its end.
pub(crate) fn run(line: &str) -> World {
    finish(world_of(&domain(line.split('/').next().unwrap()), line))
}

/// A world at its end.
pub(crate) fn finish(mut world: World) -> World {
    world.run();
    crate::rules::check(&world);
    world
}

/// The only saga.
pub(crate) fn only(world: &World) -> SagaReport {
    let sagas = world.sagas();
    assert_eq!(sagas.len(), 1);
    sagas.into_iter().next().unwrap()
}

pub(crate) fn outcome(world: &World) -> Outcome {
    only(world).outcome
}

pub(crate) fn step(world: &World, name: &str) -> StepReport {
    only(world).steps.into_iter().find(|step| step.name == name).unwrap()
}

/// Effects and undos of a step.
pub(crate) fn effects(world: &World, name: &str) -> (u32, u32) {
    let line = only(world).ledger.into_iter().find(|line| line.step == name).unwrap();
    (line.effects, line.undone)
}

pub(crate) fn metadata(event: &RecordedEvent, name: &str) -> Option<String> {
    let metadata = event.metadata.as_ref()?.value();
    metadata.get(name).and_then(Value::as_str).map(str::to_owned)
}

/// The domain events in order, without those that were there before.
pub(crate) fn domain_events(world: &World) -> Vec<RecordedEvent> {
    let mut events = world.events();
    events.retain(|event| metadata(event, "role").is_some_and(|role| role != "given"));
    events
}

/// Their types.
pub(crate) fn told(world: &World) -> Vec<String> {
    domain_events(world).into_iter().map(|event| event.event_type).collect()
}

/// Whether the log has an event of this type.
pub(crate) fn has(world: &World, event_type: &str) -> bool {
    world.events().iter().any(|event| event.event_type == event_type)
}

/// Places in the log of all events of this type.
pub(crate) fn places(world: &World, event_type: &str) -> Vec<i64> {
    let events = world.events();
    let found = events.iter().filter(|event| event.event_type == event_type);
    found.map(|event| event.position.unwrap()).collect()
}
