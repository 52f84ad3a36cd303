//! What the subcommands about sagas share: surveying a log, and a saga as JSON.

use crate::domain::Money;
use std::sync::Arc;

use serde_json::{Value, json};

use super::domain;
use crate::base::cancel::CancelToken;
use crate::engine::{OpenLog, SurveyProgress};
use crate::model::{Row, Timestamp};
use crate::saga::{Page, Summary, Survey};

/// Every saga of a log, seen by the domain that is named, if one is; as the log stood at a time, if one is given.
pub(super) fn survey(open: &OpenLog, domain: Option<&str>, at: Option<Timestamp>) -> anyhow::Result<Survey> {
    let domain = domain.map(domain::open).transpose()?;
    let (never, progress) = (CancelToken::default(), SurveyProgress::default());
    let survey = open.sagas(domain.as_ref(), &never, &progress).ok_or_else(cancelled)?;
    match at {
        Some(at) => as_of(open, &survey, at),
        None => Ok(survey),
    }
}

/// The sagas of a survey as they stood at a time.
pub(super) fn as_of(open: &OpenLog, survey: &Survey, at: Timestamp) -> anyhow::Result<Survey> {
    let happened = open.log.ranks_in((i64::MIN, at.nanos())).end;
    let Some(rank) = happened.checked_sub(1) else {
        anyhow::bail!(
            "Nothing had happened by then: the log begins later. Leave --at out for all of it: {at}"
        );
    };
    let (never, progress) = (CancelToken::default(), SurveyProgress::default());
    open.sagas_as_of(survey, rank, &never, &progress).ok_or_else(cancelled)
}

pub(super) fn cancelled() -> anyhow::Error {
    anyhow::anyhow!("Looking for sagas was cancelled")
}

/// A time of the command line.
pub(super) fn parse_time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).map_err(|_no_time| "not a time such as 2026-03-01T08:15:00Z".to_owned())
}

/// A saga as one object of a list.
pub(super) fn summary(open: &OpenLog, survey: &Survey, saga: &Summary) -> Value {
    let one = &survey.instances.list()[saga.instance];
    let steps: Vec<Value> = if saga.steps.is_empty() {
        let shape = &survey.variants.list[saga.variant as usize].shape;
        let steps = shape.iter().map(|id| {
            let times = crate::saga::count(&open.log, one, *id);
            json!({ "name": &*survey.traits[id.0 as usize].name, "state": null, "attempts": times, "undo_attempts": null })
        });
        steps.collect()
    } else {
        let steps = saga.steps.iter().map(|step| {
            json!({
                "name": &*step.name,
                "state": step.state.name(),
                "attempts": step.attempts,
                "undo_attempts": step.undo_attempts,
            })
        });
        steps.collect()
    };
    json!({
        "saga": one.id(&open.log),
        "title": one.title(&open.log),
        "definition": saga.definition.as_deref(),
        "outcome": saga.outcome.name(),
        "inferred": saga.confidence.is_inferred(),
        "confidence": f64::from(saga.confidence.0) / 1_000.0,
        "variant": saga.variant + 1,
        "current": &*saga.current,
        "started_at": saga.started.map(|time| time.to_string()),
        "last_at": saga.last.map(|time| time.to_string()),
        "duration_ms": saga.duration / 1_000_000,
        "quiet_ms": saga.silence / 1_000_000,
        "retries": saga.retries,
        "steps": steps,
        "owed": saga.owed.iter().map(|debt| json!({
            "step": debt.step,
            "direction": debt.direction.word(),
            "times": debt.times,
            "amount": amount(debt.amount.as_ref()),
            "text": debt.text,
        })).collect::<Vec<_>>(),
        "events": saga.events,
        "never_seen_before": saga.is_singular,
    })
}

fn amount(money: Option<&Money>) -> Value {
    money.map_or(Value::Null, |money| money.value.into())
}

/// The point of no return; null where none is known.
fn pivot(page: &Page) -> Value {
    page.pivot.as_ref().map_or(Value::Null, |pivot| {
        json!({
            "name": &*pivot.name,
            "passed": pivot.passed.is_some(),
            "row": pivot.passed.map(Row::raw),
            "line": pivot.line,
            "inferred": pivot.confidence.is_inferred(),
            "confidence": f64::from(pivot.confidence.0) / 1_000.0,
            "sagas": pivot.confidence.is_inferred().then_some(pivot.sagas),
        })
    })
}

/// A saga in full.
pub(super) fn page(open: &OpenLog, survey: &Survey, page: &Page) -> Value {
    let rows = |rows: &[Row]| rows.iter().map(|row| row.raw()).collect::<Vec<_>>();
    let name = |id: crate::index::TypeId| Arc::clone(&survey.traits[id.0 as usize].name);
    let mut object = summary(open, survey, &page.summary);
    let events = page.rows.iter().map(|row| {
        json!({
            "row": row.row.raw(),
            "type": &*name(row.event_type),
            "stream": row.stream.map(|id| open.log.stream(id).id.to_string()),
            "at": row.time.map(|time| time.to_string()),
            "wait_ms": row.wait / 1_000_000,
            "says": crate::saga::text::said(page, row),
            "causes": row.incoming.iter().map(|(row, kind)| json!({"row": row.raw(), "by": kind.name()})).collect::<Vec<_>>(),
            "effects": row.outgoing.iter().map(|(row, kind)| json!({"row": row.raw(), "by": kind.name()})).collect::<Vec<_>>(),
            "changes": row.changes.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "timeout": page.timeout_set_by(row.row).map(|timeout| json!({
                "at": timeout.due.map(|time| time.to_string()),
                "fired": timeout.fired.map(Row::raw),
            })),
            "timeout_set_by": page.timeout_fired_as(row.row).map(|timeout| timeout.set.raw()),
            "never_seen_before": row.is_singular,
        })
    });
    let ledger = page.ledger.iter().map(|line| {
        json!({
            "step": line.step,
            "effects": rows(&line.effects),
            "undone": rows(&line.undone),
            "tombstones": rows(&line.tombstones),
            "undo": line.undo,
            "amount": amount(line.amount.as_ref()),
            "same_money_as": line.same_money,
            "account": line.account,
            "paid_not_known": line.paid_not_known,
            "confidence": f64::from(line.confidence.0) / 1_000.0,
        })
    });
    let ahead = page.ahead.iter().map(|next| {
        json!({
            "name": &*next.name,
            "direction": next.direction.word(),
            "count": next.count,
            "of": next.of,
            "likelihood": f64::from(next.likelihood.0) / 1_000.0,
            "p50_ms": next.waits.map(|waits| waits.p50 / 1_000_000),
            "p95_ms": next.waits.map(|waits| waits.p95 / 1_000_000),
            "instead": next.instead,
        })
    });
    let (events, ledger, ahead): (Vec<_>, Vec<_>, Vec<_>) =
        (events.collect(), ledger.collect(), ahead.collect());
    let findings: Vec<String> = page.graph.findings().iter().map(ToString::to_string).collect();
    if let Some(members) = object.as_object_mut() {
        members.insert("rows".to_owned(), events.into());
        members.insert("ledger".to_owned(), ledger.into());
        members.insert("pivot".to_owned(), pivot(page));
        members.insert("ahead".to_owned(), ahead.into());
        members.insert("findings".to_owned(), findings.into());
    }
    object
}
