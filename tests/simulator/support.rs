//! Worlds from a line of text.

use std::sync::Arc;

use sagascope::domain::{BuiltIn, Domain};
use sagascope::sim::recipe::Recipe;
use sagascope::sim::world::World;

/// The built-in domain of this name.
pub(crate) fn domain(name: &str) -> Arc<Domain> {
    Arc::new(BuiltIn::named(name).unwrap().load())
}

/// The world of a recipe, before anything has happened.
pub(crate) fn world_of(domain: &Arc<Domain>, line: &str) -> World {
    let recipe = Recipe::parse(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    World::new(Arc::clone(domain), &recipe).unwrap_or_else(|error| panic!("{line}: {error}"))
}

/// The world of a recipe at its end.
pub(crate) fn run(line: &str) -> World {
    let domain = domain(line.split('/').next().unwrap());
    let mut world = world_of(&domain, line);
    world.run();
    crate::rules::check(&world);
    world
}

/// Types of the events of a log, transport and run left out.
pub(crate) fn story(world: &World) -> Vec<String> {
    let events = world.events();
    let told = events.iter().map(|event| event.event_type.clone());
    told.filter(|event_type| {
        !["run.", "message.", "service."].iter().any(|family| event_type.starts_with(family))
    })
    .collect()
}
