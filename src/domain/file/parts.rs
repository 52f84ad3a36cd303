//! The parts of a domain file that are no sagas.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};
use toml::de::DeValue;

use super::reader::{At, Errors, Fields, Found, json, programs};
use super::suggest::did_you_mean;
use crate::base::ticks::Ticks;
use crate::domain::{
    Aggregate, CommandRule, Domain, Emit, EventSchema, Given, Invariant, Name, Projection, Schema, Service,
    Upcast, When, glob_matches,
};

/// Gives the text of a file beside the domain file, or says why it cannot.
pub(super) type Files<'f> = &'f mut dyn FnMut(&str) -> Result<String, String>;

/// How long a service takes that does not say so.
const LATENCY: (Ticks, Ticks) = (Ticks::from_millis(20), Ticks::from_millis(60));

/// Names of domains, sagas and steps stand in recipes.
pub(super) fn check_name(name: &Found<&str>, what: &str, errors: &mut Errors<'_>) {
    let mut chars = name.value.chars();
    let first = chars.next().is_some_and(|first| first.is_ascii_alphabetic());
    if !(first && chars.all(|char| char.is_ascii_alphanumeric() || char == '-' || char == '_')) {
        let rule = "a letter, then letters, digits, - and _";
        errors.add(
            &name.at,
            format!("{:?} cannot be the {what}: it stands in recipes, so it must be {rule}.", name.value),
        );
    }
}

pub(super) fn about<'t>(fields: &mut Fields<'t>, errors: &mut Errors<'t>) -> String {
    fields.text("about", errors).map(|about| about.value.to_owned()).unwrap_or_default()
}

fn named<T>(list: Vec<(Found<&str>, T)>) -> Vec<(Name, T)> {
    list.into_iter().map(|(name, value)| (name.value.into(), value)).collect()
}

pub(super) fn aggregates<'t>(file: &mut Fields<'t>, errors: &mut Errors<'t>) -> Vec<Aggregate> {
    let mut taken: BTreeMap<&str, &str> = BTreeMap::new();
    let mut all = Vec::new();
    for (name, mut fields) in file.named("aggregate", "an aggregate", errors) {
        let streams = fields.text("streams", errors);
        let glob = streams.as_ref().map(|streams| streams.value.to_owned()).unwrap_or_default();
        let key = fields.program("key", errors);
        let initial =
            fields.get("initial").map_or_else(|| Value::Object(Map::new()), |value| json(value, errors));
        let rules = fields.table("on", "a list of rules by event type", errors);
        let on = named(programs(rules, errors));
        let mut commands = Vec::new();
        for (command, rule) in fields.named("command", "a command's rule", errors) {
            if let Some(other) = taken.insert(command.value, name.value) {
                errors.add(&command.at, format!("{} is already a command of {other}.", command.value));
            }
            commands.push(command_rule(&command, rule, errors));
        }
        if !commands.is_empty() {
            if key.is_none() && !fields.has("key") {
                errors.add(&name.at, format!("{} has commands, so it needs key: a program over the command that says which instance is meant.", name.value));
            }
            if glob.matches('*').count() != 1 {
                let at = streams.as_ref().map_or(&name.at, |streams| &streams.at);
                errors.add(
                    at,
                    format!(
                        "{} has commands, so its streams must be a name with one *, such as \"{}-*\".",
                        name.value,
                        name.value.to_lowercase()
                    ),
                );
            }
        }
        fields.finish(errors);
        all.push(Aggregate { name: name.value.into(), streams: glob, key, initial, on, commands });
    }
    all
}

fn command_rule<'t>(name: &Found<&'t str>, mut fields: Fields<'t>, errors: &mut Errors<'t>) -> CommandRule {
    let requires = fields.program("requires", errors);
    let refusal = fields.text("refusal", errors).map(|text| text.value.to_owned());
    let mut plain: Vec<(usize, Emit)> = Vec::new();
    let tables = fields.list("emits", "an emitted event", errors, &mut |item| {
        let DeValue::String(event_type) = item.get_ref() else { return false };
        plain.push((item.span().start, Emit { event_type: (&**event_type).into(), data: None }));
        true
    });
    let mut emits = plain;
    for mut emit in tables {
        let at = emit.at.start;
        let event_type = emit.needed_text("type", errors);
        let data = emit.program("data", errors);
        emit.finish(errors);
        if let Some(event_type) = event_type {
            emits.push((at, Emit { event_type: event_type.value.into(), data }));
        }
    }
    fields.finish(errors);
    emits.sort_by_key(|(at, _)| *at);
    let emits = emits.into_iter().map(|(_, emit)| emit).collect();
    CommandRule { command: name.value.into(), requires, refusal, emits }
}

pub(super) fn upcasts<'t>(file: &mut Fields<'t>, errors: &mut Errors<'t>) -> Vec<Upcast> {
    let mut all: Vec<(At, Upcast)> = Vec::new();
    for mut fields in file.list("upcast", "an upcaster", errors, &mut |_| false) {
        let at = fields.at.clone();
        let event_type = fields.needed_text("type", errors);
        let from = fields.small("from", errors);
        let to = fields.small("to", errors);
        let with = fields.needed_program("with", errors);
        for key in ["from", "to"] {
            if !fields.has(key) {
                errors.add(&at, format!("This is an upcaster without {key}."));
            }
        }
        fields.finish(errors);
        let (Some(event_type), Some(from), Some(to), Some(with)) = (event_type, from, to, with) else {
            continue;
        };
        if to.value <= from.value {
            errors.add(
                &to.at,
                format!("An upcaster goes to a newer version: to must be more than {}.", from.value),
            );
            continue;
        }
        let same =
            |other: &&(At, Upcast)| *other.1.event_type == *event_type.value && other.1.from == from.value;
        if all.iter().any(|other| same(&other)) {
            errors.add(
                &from.at,
                format!("There is already an upcaster of {} from version {}.", event_type.value, from.value),
            );
            continue;
        }
        let upcast = Upcast { event_type: event_type.value.into(), from: from.value, to: to.value, with };
        all.push((to.at, upcast));
    }
    let newest = |name: &str| all.iter().filter(|(_, up)| &*up.event_type == name).map(|(_, up)| up.to).max();
    for (at, up) in &all {
        let goes_on = all.iter().any(|(_, next)| next.event_type == up.event_type && next.from == up.to);
        let newest = newest(&up.event_type).unwrap_or(up.to);
        if up.to != newest && !goes_on {
            errors.add(
                at,
                format!(
                    "The chain of {} has a gap: nothing takes version {} on to version {newest}.",
                    up.event_type, up.to
                ),
            );
        }
    }
    all.into_iter().map(|(_, upcast)| upcast).collect()
}

pub(super) fn projections<'t>(file: &mut Fields<'t>, errors: &mut Errors<'t>) -> Vec<Projection> {
    let mut all = Vec::new();
    for (name, mut fields) in file.named("projection", "a projection", errors) {
        let key = fields.needed_program("key", errors);
        let rules = fields.table("on", "a list of rules by event type", errors);
        let on = named(programs(rules, errors));
        fields.finish(errors);
        if let Some(key) = key {
            all.push(Projection { name: name.value.into(), key, on });
        }
    }
    all
}

pub(super) fn schemas<'t>(
    file: &mut Fields<'t>,
    read: Files<'_>,
    errors: &mut Errors<'t>,
) -> Vec<EventSchema> {
    let entries = file.table("schema", "a list of schemas by event type", errors).map(Fields::entries);
    let mut all = Vec::new();
    for (name, value) in entries.unwrap_or_default() {
        let at = value.span();
        let source = match value.get_ref() {
            DeValue::String(path) => schema_file(path, read),
            DeValue::Table(_) => Ok(json(value, errors)),
            _ => Err("A schema is the path of a JSON file beside this one, in quotes.".to_owned()),
        };
        let compiled = source.and_then(|source| {
            Schema::compile(&source).map_err(|error| format!("This is no JSON Schema: {error}."))
        });
        match compiled {
            Ok(schema) => all.push(EventSchema { event_type: name.value.into(), schema: Arc::new(schema) }),
            Err(message) => errors.add(&at, message),
        }
    }
    all
}

fn schema_file(path: &str, read: Files<'_>) -> Result<Value, String> {
    let leaves = path.starts_with(['/', '\\'])
        || path.contains(':')
        || path.split(['/', '\\']).any(|part| part == "..");
    if leaves || path.is_empty() {
        return Err("A schema is the path of a JSON file inside this file's folder.".to_owned());
    }
    let text = read(path).map_err(|why| format!("The schema cannot be read: {why}."))?;
    crate::model::parse_json(&text).map_err(|error| format!("The schema is {error}."))
}

pub(super) fn invariants<'t>(file: &mut Fields<'t>, errors: &mut Errors<'t>) -> Vec<Invariant> {
    let mut all = Vec::new();
    for (name, mut fields) in file.named("invariant", "an invariant", errors) {
        let code = fields.text("code", errors).map(|code| code.value.to_owned()).unwrap_or_default();
        let about = about(&mut fields, errors);
        let holds = fields.needed_program("holds", errors);
        let settled = fields.choice("when", &[("always", false), ("settled", true)], errors);
        let within = fields.duration("within", errors);
        let settled = settled.is_none_or(|settled| settled.value);
        if let Some(within) = &within
            && !settled
        {
            errors.add(
                &within.at,
                "within belongs to when = \"settled\": what must always hold has no time to.",
            );
        }
        fields.finish(errors);
        let when = if settled { When::Settled(within.map(|within| within.value)) } else { When::Always };
        if let Some(holds) = holds {
            all.push(Invariant { name: name.value.into(), code, about, holds, when });
        }
    }
    all
}

/// What is checked of services once everything else is known.
pub(super) struct ServicePlaces {
    commands: Vec<(Name, At)>,
    ttls: Vec<(usize, At)>,
}

pub(super) fn services<'t>(
    file: &mut Fields<'t>,
    domain: &mut Domain,
    errors: &mut Errors<'t>,
) -> ServicePlaces {
    let mut places = ServicePlaces { commands: Vec::new(), ttls: Vec::new() };
    for (name, mut fields) in file.named("service", "a service", errors) {
        let latency = fields.table("latency", "a latency", errors).map(|fields| latency(fields, errors));
        let mut outcomes = Vec::new();
        for (command, mut answer) in fields.named("on", "an answer to a command", errors) {
            if let Some(outcome) = answer.needed_program("outcome", errors) {
                outcomes.push((command.value.into(), outcome));
            }
            answer.finish(errors);
            places.commands.push((command.value.into(), command.at));
        }
        let ttl = fields.duration("idempotency_ttl", errors);
        if let Some(ttl) = &ttl {
            places.ttls.push((domain.services.len(), ttl.at.clone()));
        }
        let mut given = Vec::new();
        for event in fields.list("given", "an event given beforehand", errors, &mut |_| false) {
            given.extend(given_event(event, domain, errors));
        }
        fields.finish(errors);
        domain.services.push(Service {
            name: name.value.into(),
            latency: latency.unwrap_or(LATENCY),
            outcomes,
            given,
            idempotency_ttl: ttl.map(|ttl| ttl.value),
        });
    }
    places
}

fn latency<'t>(mut fields: Fields<'t>, errors: &mut Errors<'t>) -> (Ticks, Ticks) {
    let min = fields.duration("min", errors);
    let max = fields.duration("max", errors);
    let least = min.as_ref().map_or(LATENCY.0, |min| min.value);
    let most = max.as_ref().map_or_else(|| least.max(LATENCY.1), |max| max.value);
    if least > most {
        let at = min.map_or(fields.at.clone(), |min| min.at);
        errors.add(&at, "min is more than max.");
    }
    fields.finish(errors);
    (least.min(most), most)
}

fn given_event<'t>(mut fields: Fields<'t>, domain: &Domain, errors: &mut Errors<'t>) -> Option<Given> {
    let aggregate = fields.needed_text("aggregate", errors);
    let stream = fields.needed_text("stream", errors);
    let event_type = fields.needed_text("type", errors);
    let data = fields.get("data").map_or_else(|| Value::Object(Map::new()), |value| json(value, errors));
    fields.finish(errors);
    let (aggregate, stream, event_type) = (aggregate?, stream?, event_type?);
    match domain.aggregate(aggregate.value) {
        None => {
            let known = domain.aggregates.iter().map(|aggregate| &*aggregate.name);
            let hint = did_you_mean(aggregate.value, known);
            errors.add(&aggregate.at, format!("There is no aggregate {}.{hint}", aggregate.value));
        }
        Some(known) if !known.streams.is_empty() && !glob_matches(&known.streams, stream.value) => {
            let message =
                format!("{} is no stream of {}: they are {}.", stream.value, known.name, known.streams);
            errors.add(&stream.at, message);
        }
        Some(_) => {}
    }
    Some(Given {
        aggregate: aggregate.value.into(),
        stream: stream.value.to_owned(),
        event_type: event_type.value.into(),
        data,
    })
}

impl ServicePlaces {
    /// Answers to commands that nobody sends, and keys that are forgotten while a repeat may still come.
    pub(super) fn check(&self, domain: &Domain, errors: &mut Errors<'_>) {
        let steps = domain.sagas.iter().flat_map(|saga| &saga.steps);
        let of_steps = steps.flat_map(|step| [Some(&step.command), step.compensate.as_ref()]).flatten();
        let of_rules = domain.aggregates.iter().flat_map(|aggregate| &aggregate.commands);
        let known: Vec<&Name> = of_steps.chain(of_rules.map(|rule| &rule.command)).collect();
        for (command, at) in &self.commands {
            if !known.contains(&command) {
                let hint = did_you_mean(command, known.iter().map(|name| &***name));
                errors.add(at, format!("No step and no aggregate has the command {command}.{hint}"));
            }
        }
        for (index, at) in &self.ttls {
            let service = &domain.services[*index];
            let steps = domain.sagas.iter().flat_map(|saga| &saga.steps);
            let steps = steps.filter(|step| step.service == service.name);
            let longest =
                steps.filter_map(|step| Some((step.budget()?, step))).max_by_key(|(budget, _)| *budget);
            if let (Some(ttl), Some((budget, step))) = (service.idempotency_ttl, longest)
                && ttl < budget
            {
                errors.add(at, format!("Keys are forgotten after {ttl}, but {} may be repeated for {budget}: a repeat would be done twice.", step.name));
            }
        }
    }
}
