//! The checks behind the registry: each looks at one more event, knowing those before it.

use super::{Fact, LetterFact, Log, Recorded, Role, SagaFact, SagaNo, Wiring, bit};
use crate::domain::StepKind;
use crate::runtime::{Direction, StepNo, retry};

pub(super) fn whole_streams(log: &Log<'_>, event: &Recorded) -> Option<String> {
    let before = log.seen.version(event);
    (event.version != before + 1).then(|| {
        let name = &log.journal.stream(event.stream).name;
        format!("{name}: version {} follows version {before}", event.version)
    })
}

pub(super) fn cause_before_effect(log: &Log<'_>, event: &Recorded) -> Option<String> {
    let Some(cause) = event.cause else {
        return (!may_come_from_outside(log, event)).then(|| format!("the event {} has no cause", event.id));
    };
    (!log.seen.has(log.journal, cause))
        .then(|| format!("the event {} says that {cause} caused it, which is not before it", event.id))
}

/// Runs and people begin things, and so does whoever stands outside.
fn may_come_from_outside(log: &Log<'_>, event: &Recorded) -> bool {
    match &event.fact {
        Fact::Run(_) | Fact::Service(_) | Fact::Message(_) | Fact::Check(_) => true,
        Fact::Saga(fact) => matches!(fact, SagaFact::Started { .. }),
        Fact::Letter(fact) => {
            matches!(fact, LetterFact::Redriven {} | LetterFact::Discarded {})
                || is_first_step(log.wiring, event)
        }
        Fact::Domain(fact) => fact.role == Role::Given || is_first_step(log.wiring, event),
        Fact::Participation(_) => is_first_step(log.wiring, event),
    }
}

/// Without a coordinator the first service is set off from outside; with one, the message that begins a saga may be
/// kept as a letter.
fn is_first_step(wiring: &Wiring, event: &Recorded) -> bool {
    let Some(key) = event.key.filter(|key| key.direction == Direction::Do) else {
        return !wiring.is_choreographed();
    };
    wiring.is_choreographed() && wiring.first().iter().any(|first| first.step == key.step)
        || !wiring.is_choreographed() && matches!(event.fact, Fact::Letter(_)) && key.step == StepNo(0)
}

pub(super) fn correlated(log: &Log<'_>, event: &Recorded) -> Option<String> {
    let wrong = |owner: SagaNo| {
        (owner != event.saga).then(|| format!("the event {} of {owner} says {}", event.id, event.saga))
    };
    if let Some(breach) = event.key.and_then(|key| wrong(key.saga)) {
        return Some(breach);
    }
    let prefix = match &event.fact {
        Fact::Saga(_) => "saga-",
        Fact::Participation(_) => "participation-",
        _ => return None,
    };
    let name = &log.journal.stream(event.stream).name;
    let owner = name.strip_prefix(prefix).and_then(|rest| SagaNo::parse(rest.rsplit('-').next()?));
    match owner {
        Some(owner) => wrong(owner),
        None => Some(format!("{name} is the stream of no saga")),
    }
}

pub(super) fn letters_named(log: &Log<'_>, event: &Recorded) -> Option<String> {
    let Fact::Letter(fact) = &event.fact else { return None };
    let wrong = |what: &str| Some(format!("{} {what}", log.journal.stream(event.stream).name));
    if event.saga == SagaNo::NONE {
        return wrong("belongs to no saga");
    }
    let LetterFact::Parked { message, step, direction, error, attempts, .. } = fact else { return None };
    let own = (message.saga, message.step, message.direction);
    if own != (event.saga, *step, *direction) || step.index() >= log.wiring.steps() {
        return wrong("names another saga, step or key than the message that it keeps");
    }
    if error.is_empty() || attempts.is_empty() {
        return wrong("does not say why it is one");
    }
    None
}

pub(super) fn pivot_not_undone(log: &Log<'_>, event: &Recorded) -> Option<String> {
    let step = match &event.fact {
        Fact::Saga(fact) if fact.direction() == Direction::Undo => fact.step()?,
        Fact::Domain(fact) if matches!(fact.role, Role::Undone | Role::Tombstone) => event.key?.step,
        _ => return None,
    };
    let definition = log.wiring.step(step);
    let word = match definition.kind {
        StepKind::Compensatable => return None,
        StepKind::Pivot => "pivot",
        StepKind::Retriable => "retriable",
    };
    Some(format!("{}: {} is {word} and is undone", event.saga, definition.name))
}

/// The step whose undo this event begins: the orchestrator's word or, without one, the undone event itself.
pub(super) fn begun_undo(wiring: &Wiring, event: &Recorded) -> Option<StepNo> {
    match &event.fact {
        Fact::Saga(SagaFact::UndoStarted { step, .. }) => Some(*step),
        Fact::Domain(fact) if wiring.is_choreographed() && fact.role == Role::Undone => {
            event.key.map(|key| key.step)
        }
        _ => None,
    }
}

pub(super) fn undos_reversed(log: &Log<'_>, event: &Recorded) -> Option<String> {
    let step = begun_undo(log.wiring, event)?;
    let of_saga = log.seen.of(event.saga);
    // A redrive begins anew, whenever a person wants.
    let again = of_saga.undone & bit(step.0) != 0;
    let last = of_saga.last_undo.filter(|last| !again && *last <= step.0)?;
    let names = log.wiring.step_names();
    Some(format!("{}: {} is undone after {}", event.saga, names[step.index()], names[usize::from(last)]))
}

pub(super) fn attempts_within_policy(log: &Log<'_>, event: &Recorded) -> Option<String> {
    let (step, attempt) = match &event.fact {
        Fact::Saga(
            SagaFact::StepStarted { step, attempt, .. }
            | SagaFact::StepRetried { step, attempt, .. }
            | SagaFact::UndoStarted { step, attempt, .. }
            | SagaFact::UndoRetried { step, attempt, .. },
        ) => (*step, *attempt),
        // Without a coordinator it is the consumer that tries again.
        Fact::Letter(LetterFact::Parked { step, attempts, .. }) if log.wiring.is_choreographed() => {
            (*step, attempts.len() as u32)
        }
        _ => return None,
    };
    let definition = log.wiring.step(step);
    let allowed = retry::attempts(&definition.retry, log.protections);
    (!(1..=allowed).contains(&attempt))
        .then(|| format!("{}: attempt {attempt} of {}, which has {allowed}", event.saga, definition.name))
}
