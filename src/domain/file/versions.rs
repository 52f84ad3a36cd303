//! A rule that names a type without its version is meant for every version: it is given to each version that the
//! file mentions, behind the upcasters that bring older data up to date. So whoever looks a rule up needs the
//! whole name only.

use std::collections::{BTreeMap, BTreeSet};

use super::reader::Errors;
use crate::domain::{Domain, Name, Program, Upcast, split_version, with_version};

/// Gives the rules of aggregates and projections to the versions they are meant for.
pub(super) fn spread(domain: &mut Domain, errors: &mut Errors<'_>) {
    let versions = versions(domain);
    for aggregate in &mut domain.aggregates {
        rules(&mut aggregate.on, "state", &versions, &domain.upcasts, errors);
    }
    for projection in &mut domain.projections {
        rules(&mut projection.on, "row", &versions, &domain.upcasts, errors);
    }
}

/// Every version that the file mentions, by the name without it.
fn versions(domain: &Domain) -> BTreeMap<String, BTreeSet<u32>> {
    let mut found: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
    let mut add = |name: &str| {
        if let (base, Some(version)) = split_version(name) {
            found.entry(base.to_owned()).or_default().insert(version);
        }
    };
    for aggregate in &domain.aggregates {
        let emits = aggregate.commands.iter().flat_map(|rule| &rule.emits);
        emits.for_each(|emit| add(&emit.event_type));
        aggregate.on.iter().for_each(|(name, _)| add(name));
    }
    for step in domain.sagas.iter().flat_map(|saga| &saga.steps) {
        let undo = step.compensated.iter().chain(&step.tombstone);
        [&step.success, &step.failure].into_iter().chain(undo).for_each(|name| add(name));
    }
    domain.projections.iter().flat_map(|projection| &projection.on).for_each(|(name, _)| add(name));
    domain.services.iter().flat_map(|service| &service.given).for_each(|given| add(&given.event_type));
    domain.schemas.iter().for_each(|schema| add(&schema.event_type));
    domain.sagas.iter().for_each(|saga| add(&saga.starts_on));
    for upcast in &domain.upcasts {
        found.entry(upcast.event_type.to_string()).or_default().extend([upcast.from, upcast.to]);
    }
    found
}

/// `before` is what the program is given beside the event.
fn rules(
    on: &mut Vec<(Name, Program)>,
    before: &str,
    versions: &BTreeMap<String, BTreeSet<u32>>,
    upcasts: &[Upcast],
    errors: &mut Errors<'_>,
) {
    let mut more = Vec::new();
    for (name, program) in on.iter() {
        let (base, None) = split_version(name) else { continue };
        for version in versions.get(base).into_iter().flatten() {
            let whole: Name = with_version(base, Some(*version)).into();
            let taken = on.iter().any(|(other, _)| *other == whole);
            if !taken {
                match behind_upcasts(program, before, base, *version, upcasts) {
                    Ok(program) => more.push((whole, program)),
                    Err(reason) => {
                        errors.add(
                            &(0..0),
                            format!("The upcasters of {base} and the rule for it, together: {reason}"),
                        );
                    }
                }
            }
        }
    }
    on.extend(more);
}

/// The program, given the data as the newest version has it.
fn behind_upcasts(
    program: &Program,
    before: &str,
    base: &str,
    from: u32,
    upcasts: &[Upcast],
) -> Result<Program, String> {
    let mut version = from;
    let mut chain = Vec::new();
    while let Some(upcast) = upcasts.iter().find(|up| *up.event_type == *base && up.from == version) {
        // A version only grows, so that this ends.
        version = upcast.to;
        chain.push(format!("(.event.data |= ({}\n))", upcast.with.text()));
    }
    if chain.is_empty() {
        return Ok(program.clone());
    }
    let text = format!("{{{before}, event: ({} | .event)}} | ({}\n)", chain.join(" | "), program.text());
    Program::compile(&text).map_err(|error| error.reason)
}
