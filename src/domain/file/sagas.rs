//! Sagas: their steps, their order, and who reacts to what.

use std::collections::BTreeSet;

use toml::Spanned;
use toml::de::DeValue;

use super::parts::{about, check_name};
use super::reader::{Errors, Fields, Found, json};
use super::steps::{Defaults, Placed, RETRY, retry, step, timeout};
use super::suggest::did_you_mean;
use crate::base::ticks::Ticks;
use crate::domain::{
    Domain, Name, Reaction, RetryPolicy, Saga, SagaStyle, Sample, Step, StepKind, split_version,
};

/// A saga that may wait for another one, whose steps it takes.
struct Draft<'t> {
    name: Found<&'t str>,
    saga: Saga,
    steps: Vec<Placed>,
    like: Option<Found<&'t str>>,
    /// Whether the file says what starts it.
    starts: bool,
    /// In a choreography, for every step that can have one.
    timeout: Option<Ticks>,
    changes: Vec<Change<'t>>,
    reactions: Vec<(Found<&'t str>, Found<&'t str>)>,
}

/// What a choreography changes in a step that it takes over.
struct Change<'t> {
    step: Found<&'t str>,
    timeout: Option<Ticks>,
    retry: Option<RetryPolicy>,
}

pub(super) fn sagas<'t>(file: &mut Fields<'t>, domain: &mut Domain, errors: &mut Errors<'t>) {
    let drafts: Vec<Draft<'t>> = {
        let named = file.named("saga", "a saga", errors).into_iter();
        named.map(|(name, fields)| draft(name, fields, domain, errors)).collect()
    };
    for index in 0..drafts.len() {
        let mut steps: Vec<Step> = drafts[index].steps.iter().map(|placed| placed.step.clone()).collect();
        let mut saga = drafts[index].saga.clone();
        if let Some(like) = &drafts[index].like {
            let other = drafts.iter().find(|other| other.name.value == like.value);
            match other {
                Some(other) if other.like.is_none() => {
                    let taken =
                        other.steps.iter().map(|placed| Step { timeout: None, ..placed.step.clone() });
                    steps = taken.collect();
                    inherit(&mut saga, drafts[index].starts, &other.saga);
                }
                Some(other) => {
                    let message = format!("{} takes its steps from elsewhere itself.", other.name.value);
                    errors.add(&like.at, message);
                }
                None => {
                    let hint = did_you_mean(like.value, drafts.iter().map(|draft| draft.name.value));
                    errors.add(&like.at, format!("There is no saga {}.{hint}", like.value));
                }
            }
            for change in &drafts[index].changes {
                apply(change, &mut steps, errors);
            }
        }
        let reactions = reactions(&drafts[index], &saga.starts_on, &steps, errors);
        if saga.style == SagaStyle::Choreography {
            keep_time(&drafts[index], &mut steps, &reactions, errors);
        }
        check_emits(&drafts[index], domain, errors);
        domain.sagas.push(Saga { steps, reactions, ..saga });
    }
}

/// In a choreography the time of a step is kept by whoever publishes what sets it off, and when it is over the step is
/// refused. So a step needs somebody in the system before it, and must be one that may be refused.
fn keep_time(draft: &Draft<'_>, steps: &mut [Step], reactions: &[Reaction], errors: &mut Errors<'_>) {
    let emitted = |event: &str| {
        let base = split_version(event).0;
        steps.iter().flat_map(Step::outcomes).any(|known| split_version(known).0 == base)
    };
    let inside: BTreeSet<usize> = reactions
        .iter()
        .filter(|reaction| !reaction.undo && emitted(&reaction.event))
        .map(|reaction| reaction.step)
        .collect();
    for (index, step) in steps.iter_mut().enumerate() {
        let reason = if step.kind == StepKind::Retriable {
            "it may not be refused, so its time cannot be over"
        } else if !inside.contains(&index) {
            "it is set off from outside, where nobody keeps its time"
        } else {
            step.timeout = step.timeout.or(draft.timeout);
            continue;
        };
        if step.timeout.is_some() {
            let changed = draft.changes.iter().find(|change| *change.step.value == *step.name);
            let placed = draft.steps.iter().find(|placed| placed.step.name == step.name);
            let at = changed.map(|change| &change.step.at).or(placed.map(|placed| &placed.name_at));
            errors.add(at.unwrap_or(&draft.name.at), format!("{} has a timeout, but {reason}.", step.name));
        }
    }
}

/// What a choreography does not say itself is that of the saga whose steps it takes.
fn inherit(saga: &mut Saga, starts: bool, other: &Saga) {
    if !starts {
        saga.starts_on = other.starts_on.clone();
    }
    if saga.input.is_none() {
        saga.input.clone_from(&other.input);
    }
    if saga.samples.is_empty() {
        saga.samples.clone_from(&other.samples);
    }
}

fn draft<'t>(
    name: Found<&'t str>,
    mut fields: Fields<'t>,
    domain: &Domain,
    errors: &mut Errors<'t>,
) -> Draft<'t> {
    check_name(&name, "name of a saga", errors);
    let styles = [("orchestration", SagaStyle::Orchestration), ("choreography", SagaStyle::Choreography)];
    let style = fields.choice("style", &styles, errors).map_or(SagaStyle::Orchestration, |style| style.value);
    let choreographed = style == SagaStyle::Choreography;
    let about = about(&mut fields, errors);
    let version = fields.small("version", errors).map_or(1, |version| version.value);
    let starts_on = fields.text("starts_on", errors);
    let starts = starts_on.is_some();
    let starts_on: Name =
        starts_on.map_or_else(|| format!("{}.requested", name.value).into(), |name| name.value.into());
    let input = fields.program("input", errors);
    let samples = samples(&mut fields, errors);
    let timeout = timeout(&mut fields, errors);
    let of_steps = timeout.filter(|_| !choreographed);
    let defaults = Defaults { timeout: of_steps, retry: retry(&mut fields, RETRY, errors) };
    let like = fields.text("like", errors);
    if let Some(like) = &like
        && !choreographed
    {
        errors.add(&like.at, "Only a choreography takes its steps from another saga.");
    }
    let mut steps: Vec<Placed> = Vec::new();
    let mut changes = Vec::new();
    for entry in fields.list("step", "a step", errors, &mut |_| false) {
        if like.is_some() {
            changes.extend(change(entry, defaults, errors));
        } else {
            steps.extend(step(entry, defaults, domain, errors));
        }
    }
    if steps.is_empty() && like.is_none() && !fields.has("step") {
        errors.add(&name.at, format!("The saga {} has no steps.", name.value));
    }
    check_order(&steps, errors);
    let mut reactions = Vec::new();
    for mut entry in fields.list("on", "a reaction", errors, &mut |_| false) {
        let (event, command) = (entry.needed_text("event", errors), entry.needed_text("command", errors));
        if !choreographed {
            errors.add(
                &entry.at,
                "Only services of a choreography react to events; an orchestrator sends commands.",
            );
        }
        entry.finish(errors);
        reactions.extend(event.zip(command));
    }
    if choreographed && !fields.has("on") {
        errors.add(
            &name.at,
            format!("In the choreography {} nobody reacts to anything: it has no on.", name.value),
        );
    }
    fields.finish(errors);
    let saga = Saga {
        name: name.value.into(),
        about,
        style,
        version,
        starts_on,
        input,
        samples,
        steps: Vec::new(),
        reactions: Vec::new(),
    };
    Draft { name, saga, steps, like, starts, timeout, changes, reactions }
}

fn change<'t>(mut fields: Fields<'t>, defaults: Defaults, errors: &mut Errors<'t>) -> Option<Change<'t>> {
    let step = fields.needed_text("name", errors);
    let timeout = timeout(&mut fields, errors);
    let retry = fields.has("retry").then(|| retry(&mut fields, defaults.retry, errors));
    fields.finish(errors);
    Some(Change { step: step?, timeout, retry })
}

fn apply(change: &Change<'_>, steps: &mut [Step], errors: &mut Errors<'_>) {
    let name = change.step.value;
    if let Some(step) = steps.iter_mut().find(|step| &*step.name == name) {
        step.timeout = change.timeout.or(step.timeout);
        step.retry = change.retry.unwrap_or(step.retry);
        return;
    }
    let hint = did_you_mean(name, steps.iter().map(|step| &*step.name));
    errors.add(&change.step.at, format!("There is no step {name}.{hint}"));
}

fn samples<'t>(fields: &mut Fields<'t>, errors: &mut Errors<'t>) -> Vec<(Name, Sample)> {
    let mut all = Vec::new();
    for (name, mut fields) in fields.named("sample", "a sample", errors) {
        let (min, max) = (fields.integer("min", errors), fields.integer("max", errors));
        let one_of = fields.get("one_of");
        let sample = match (min, max, one_of) {
            (Some(min), Some(max), None) => {
                if min.value > max.value {
                    errors.add(&min.at, "min is more than max.");
                }
                Some(Sample::Between(min.value.min(max.value), max.value))
            }
            (None, None, Some(list)) => choices(list, errors),
            _ => {
                errors.add(&fields.at, "A sample has min and max, both whole numbers, or one_of, a list.");
                None
            }
        };
        fields.finish(errors);
        all.extend(sample.map(|sample| (name.value.into(), sample)));
    }
    all
}

fn choices(list: &Spanned<DeValue<'_>>, errors: &mut Errors<'_>) -> Option<Sample> {
    match list.get_ref() {
        DeValue::Array(items) if !items.is_empty() => {
            Some(Sample::OneOf(items.iter().map(|item| json(item, errors)).collect()))
        }
        _ => {
            errors.add(&list.span(), "one_of must be a list with something in it.");
            None
        }
    }
}

/// Compensatable steps, then at most one pivot, then retriable ones; no name twice.
fn check_order(steps: &[Placed], errors: &mut Errors<'_>) {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    let mut pivot: Option<&Step> = None;
    let mut retriable: Option<&Step> = None;
    for Placed { step, name_at, kind_at } in steps {
        if !names.insert(&step.name) {
            errors.add(name_at, format!("There are two steps called {}.", step.name));
        }
        match (step.kind, pivot, retriable) {
            (StepKind::Pivot, Some(first), _) => {
                errors.add(
                    kind_at,
                    format!("A saga has one point of no return, and {} is it already.", first.name),
                );
            }
            (StepKind::Compensatable, Some(pivot), _) => {
                errors.add(kind_at, format!("{} stands after the pivot {}, so it could never be undone: make it retriable, or move it before.", step.name, pivot.name));
            }
            (StepKind::Compensatable | StepKind::Pivot, None, Some(before)) => {
                errors.add(kind_at, format!("{} stands after the retriable step {}, which cannot be undone: retriable steps come last.", step.name, before.name));
            }
            _ => {}
        }
        match step.kind {
            StepKind::Pivot => pivot = pivot.or(Some(step)),
            StepKind::Retriable => retriable = retriable.or(Some(step)),
            StepKind::Compensatable => {}
        }
    }
}

/// The rule of a step's command must emit the step's success, and that of its undo the undone event.
fn check_emits(draft: &Draft<'_>, domain: &Domain, errors: &mut Errors<'_>) {
    for Placed { step, name_at, .. } in &draft.steps {
        let undo = step.compensate.as_ref().zip(step.compensated.as_ref());
        for (command, event) in [Some((&step.command, &step.success)), undo].into_iter().flatten() {
            if let Some((aggregate, rule)) = domain.aggregate_of_command(command)
                && !rule.emits.is_empty()
                && !rule.emits.iter().any(|emit| emit.event_type == *event)
            {
                let message = format!(
                    "{} waits for {event}, but {} of {} does not emit it.",
                    step.name, command, aggregate.name
                );
                errors.add(name_at, message);
            }
        }
    }
}

fn reactions(draft: &Draft<'_>, starts_on: &Name, steps: &[Step], errors: &mut Errors<'_>) -> Vec<Reaction> {
    if steps.is_empty() {
        return Vec::new();
    }
    let outcomes = steps.iter().flat_map(|step| {
        [Some(&step.success), Some(&step.failure), step.compensated.as_ref(), step.tombstone.as_ref()]
    });
    let events: Vec<&Name> = outcomes.flatten().chain([starts_on]).collect();
    let mut all = Vec::new();
    for (event, command) in &draft.reactions {
        // Another version of what is emitted is the version router's matter.
        let base = split_version(event.value).0;
        if !events.iter().any(|known| split_version(known).0 == base) {
            let hint = did_you_mean(event.value, events.iter().map(|name| &***name));
            errors.add(&event.at, format!("Nothing in {} emits {}.{hint}", draft.name.value, event.value));
        }
        let doing = steps.iter().position(|step| &*step.command == command.value);
        let undoing = || steps.iter().position(|step| step.compensate.as_deref() == Some(command.value));
        let found = doing.map(|step| (step, false)).or_else(|| undoing().map(|step| (step, true)));
        if let Some((step, undo)) = found {
            all.push(Reaction { event: event.value.into(), step, undo });
        } else {
            let known = steps.iter().flat_map(|step| [Some(&step.command), step.compensate.as_ref()]);
            let hint = did_you_mean(command.value, known.flatten().map(|name| &**name));
            errors.add(&command.at, format!("No step has the command {}.{hint}", command.value));
        }
    }
    all
}
