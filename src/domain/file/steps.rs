//! The steps of a saga: their keys, what is derived where a key is missing, and what must go together.

use super::parts::check_name;
use super::reader::{At, Errors, Fields, Found};
use crate::base::ticks::Ticks;
use crate::domain::{
    Amount, Domain, Guard, Name, RetryPolicy, Step, StepKind, Unit, split_version, with_version,
};

/// Three attempts in all, as most systems have it.
pub(super) const RETRY: RetryPolicy = RetryPolicy {
    attempts: 3,
    exponential: true,
    initial: Ticks::from_millis(100),
    cap: Ticks::from_millis(10_000),
    jitter_permille: 200,
};

const KINDS: &[(&str, StepKind)] = &[
    ("compensatable", StepKind::Compensatable),
    ("pivot", StepKind::Pivot),
    ("retriable", StepKind::Retriable),
];

/// What steps have that say nothing else.
#[derive(Clone, Copy)]
pub(super) struct Defaults {
    pub(super) timeout: Option<Ticks>,
    pub(super) retry: RetryPolicy,
}

/// A step and the places of its keys.
pub(super) struct Placed {
    pub(super) step: Step,
    pub(super) name_at: At,
    pub(super) kind_at: At,
}

pub(super) fn timeout<'t>(fields: &mut Fields<'t>, errors: &mut Errors<'t>) -> Option<Ticks> {
    let timeout = fields.duration("timeout", errors)?;
    if timeout.value == Ticks::ZERO {
        errors.add(&timeout.at, "A timeout of 0 leaves no time for an answer.");
    }
    Some(timeout.value)
}

pub(super) fn retry<'t>(fields: &mut Fields<'t>, base: RetryPolicy, errors: &mut Errors<'t>) -> RetryPolicy {
    let Some(mut fields) = fields.table("retry", "a retry policy", errors) else { return base };
    let attempts = fields.small("attempts", errors);
    if let Some(attempts) = &attempts
        && attempts.value == 0
    {
        errors.add(&attempts.at, "attempts counts the first one too, so it is at least 1.");
    }
    let exponential = fields.choice("backoff", &[("exponential", true), ("fixed", false)], errors);
    let initial = fields.duration("initial", errors).map_or(base.initial, |initial| initial.value);
    let cap = fields.duration("cap", errors);
    if let Some(cap) = &cap
        && cap.value < initial
    {
        errors.add(&cap.at, format!("cap is less than initial, {initial}."));
    }
    let jitter = fields.permille("jitter", errors);
    fields.finish(errors);
    RetryPolicy {
        attempts: attempts.map_or(base.attempts, |attempts| attempts.value).max(1),
        exponential: exponential.map_or(base.exponential, |exponential| exponential.value),
        initial,
        cap: cap.map_or_else(|| base.cap.max(initial), |cap| cap.value),
        jitter_permille: jitter.map_or(base.jitter_permille, |jitter| jitter.value),
    }
}

/// One step; `None` when what makes it a step is missing, which is then listed.
pub(super) fn step<'t>(
    mut fields: Fields<'t>,
    defaults: Defaults,
    domain: &Domain,
    errors: &mut Errors<'t>,
) -> Option<Placed> {
    let at = fields.at.clone();
    let name = fields.needed_text("name", errors);
    let command = fields.needed_text("command", errors);
    let success = fields.needed_text("success", errors);
    let kind = fields.choice("kind", KINDS, errors);
    let guard = fields.choice("guard", &[("key", Guard::Key), ("state", Guard::State)], errors);
    let notice = fields.flag("notice", errors);
    let service = fields.text("service", errors);
    let data = fields.program("data", errors);
    let failure = fields.text("failure", errors);
    let undo = undo(&mut fields, kind.as_ref().map_or(StepKind::Compensatable, |kind| kind.value), errors);
    let compensated = fields.text("compensated", errors);
    let tombstone = fields.text("tombstone", errors);
    let timeout = timeout(&mut fields, errors);
    let retry = retry(&mut fields, defaults.retry, errors);
    let amount = amount(&mut fields, errors);
    let label = fields.text("label", errors);
    fields.finish(errors);

    if undo.is_none() {
        for (key, name) in [("compensated", &compensated), ("tombstone", &tombstone)] {
            if let Some(name) = name {
                errors.add(&name.at, format!("{key} without compensate: nothing asks for an undo."));
            }
        }
    }
    if let Some(name) = &name {
        check_name(name, "name of a step", errors);
    }
    let (name, command, success) = (name?, command?, success?);
    let failure_name =
        failure.as_ref().map_or_else(|| derived(success.value, "rejected"), |failure| failure.value.into());
    if *failure_name == *success.value {
        let at = failure.as_ref().map_or(&success.at, |failure| &failure.at);
        errors.add(at, "success and failure are the same event: the answer would say nothing.");
    }
    let given =
        |given: Option<Found<&str>>, or: &dyn Fn() -> Name| given.map_or_else(or, |name| name.value.into());
    let compensated = undo.is_some().then(|| given(compensated, &|| derived(success.value, "undone")));
    let tombstone = undo.is_some().then(|| given(tombstone, &|| voided(success.value)));
    let step = Step {
        name: name.value.into(),
        kind: kind.as_ref().map_or(StepKind::Compensatable, |kind| kind.value),
        notice: notice.unwrap_or(false),
        guard: guard.map_or(Guard::Key, |guard| guard.value),
        service: given(service, &|| service_of(command.value, domain)),
        command: command.value.into(),
        data,
        success: success.value.into(),
        failure: failure_name,
        compensate: undo,
        compensated,
        tombstone,
        timeout: timeout.or(defaults.timeout),
        retry,
        amount,
        label: label.map_or_else(|| last_word(command.value), |label| label.value.to_owned()),
    };
    let kind_at = kind.map_or_else(|| at.clone(), |kind| kind.at);
    Some(Placed { step, name_at: name.at, kind_at })
}

/// The command that undoes the step. A compensatable step has one, or says that it needs none; others have none.
fn undo<'t>(fields: &mut Fields<'t>, kind: StepKind, errors: &mut Errors<'t>) -> Option<Name> {
    let compensate = fields.text("compensate", errors);
    let none = fields.choice("undo", &[("none", ())], errors);
    if kind == StepKind::Compensatable {
        match (&compensate, &none) {
            (None, None) if !fields.has("compensate") && !fields.has("undo") => errors.add(
                &fields.at,
                "A compensatable step needs compensate, the command that undoes it, or undo = \"none\".",
            ),
            (Some(_), Some(none)) => {
                errors.add(&none.at, "This step has compensate and says that it has no undo.");
            }
            _ => {}
        }
        return compensate.map(|compensate| compensate.value.into());
    }
    if let Some(compensate) = compensate {
        let word = if kind == StepKind::Pivot { "pivot" } else { "retriable" };
        errors.add(&compensate.at, format!("A {word} step is never undone, so it has no compensate."));
    }
    None
}

fn amount<'t>(fields: &mut Fields<'t>, errors: &mut Errors<'t>) -> Option<Amount> {
    let mut fields = fields.table("amount", "an amount", errors)?;
    let value = fields.needed_program("value", errors);
    let cents = fields.text("cents", errors);
    let count = fields.text("count", errors);
    let unit = match (cents, count) {
        (Some(cents), None) => Some(Unit::Cents(cents.value.to_owned())),
        (None, Some(count)) => Some(Unit::Count(count.value.to_owned())),
        _ => {
            errors.add(
                &fields.at,
                "An amount has cents, with a currency, or count, with the word for the pieces.",
            );
            None
        }
    };
    fields.finish(errors);
    Some(Amount { value: value?, unit: unit? })
}

/// The service whose answers name the command, else the command's family: `payment` of `payment.process`.
fn service_of(command: &str, domain: &Domain) -> Name {
    let named = domain.services.iter().find(|service| service.outcome(command).is_some());
    named.map_or_else(|| family(command).into(), |service| service.name.clone())
}

fn family(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

/// `payment.completed.v1` with another last word: `payment.rejected.v1`.
fn derived(success: &str, word: &str) -> Name {
    let (base, version) = split_version(success);
    let family = base.rsplit_once('.').map_or(base, |(family, _)| family);
    with_version(&format!("{family}.{word}"), version).into()
}

fn voided(success: &str) -> Name {
    let (base, version) = split_version(success);
    with_version(&format!("{}.voided", family(base)), version).into()
}

fn last_word(command: &str) -> String {
    command.rsplit('.').next().unwrap_or(command).replace(['_', '-'], " ")
}
