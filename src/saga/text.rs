//! The text twin of a saga's page, for a screen reader, the clipboard and the command line.

use super::facts::{Act, Sign};
use super::graph::EdgeKind;
use super::lane::Attempt;
use super::ledger::{Account, Line};
use super::page::{Page, PageRow};
use super::plan::{Meaning, SpanStep};
use super::survey::Survey;
use crate::base::text::{one_line, span};
use crate::domain::Direction;
use crate::index::EventLog;
use crate::model::Row;

/// What an event says about its saga, in a few words: "process-payment, attempt 2".
pub fn said(page: &Page, row: &PageRow) -> String {
    let step = |at: usize| page.course.as_ref().map_or("", |course| &course.plan.steps[at].name);
    let undo = |direction: Direction| if direction == Direction::Undo { "undo of " } else { "" };
    match &row.sign {
        None | Some(Sign::Started | Sign::Completed | Sign::Compensated) => String::new(),
        Some(Sign::Step(at, _, act)) if span_of(page, *at).is_some() => spanned(page, *at, act),
        Some(Sign::Step(at, direction, act)) => {
            let what = match act {
                Act::Asked => "asked for".to_owned(),
                Act::Begun(number) => format!("attempt {number}"),
                Act::AttemptFailed(error) => format!("failed: {error}"),
                Act::TimedOut => "no answer in time".to_owned(),
                Act::Done | Act::Answered(_) => "done".to_owned(),
                Act::NothingToDo => "nothing to undo".to_owned(),
                Act::Refused(reason) => reason.clone(),
                Act::Failed { unknown: true } => "given up, may have happened".to_owned(),
                Act::Failed { unknown: false } => "given up, did not happen".to_owned(),
                Act::Parked => "dead letter".to_owned(),
                Act::Resumed => "goes on".to_owned(),
            };
            format!("{}{}, {what}", undo(*direction), step(*at))
        }
        Some(Sign::Happened(at, meaning)) => {
            let what = match meaning {
                Meaning::Effect => "effect",
                Meaning::Refusal => "refused",
                Meaning::Undone => "undone",
                Meaning::Tombstone => "nothing to undo",
                Meaning::Part => "part of the effect",
                Meaning::TakenBack => "taken back",
            };
            format!("{}, {what}", step(*at))
        }
        Some(Sign::PivotPassed) => "point of no return".to_owned(),
        Some(Sign::AskedToStop) => "asked to stop".to_owned(),
        Some(Sign::GaveUp(reason)) => reason.clone(),
        Some(Sign::GoesBack) => "compensation starts".to_owned(),
        Some(Sign::Waits) => "waits for a person".to_owned(),
        Some(Sign::Letter { step: at, direction, .. }) => {
            at.map_or_else(String::new, |at| format!("{}{}", undo(*direction), step(at)))
        }
        Some(Sign::Check { invariant, broken: true }) => format!("breaks {invariant}"),
        Some(Sign::Check { invariant, .. }) => format!("{invariant} holds again"),
    }
}

/// The attempts of a step or of its undo, where there were several: how each went and when.
pub fn history(page: &Page, step: usize, direction: Direction) -> Option<String> {
    let course = page.course.as_ref()?.steps.get(step)?;
    let lane = if direction == Direction::Undo { &course.back } else { &course.forward };
    if lane.attempts.len() < 2 {
        return None;
    }
    let last = lane.attempts.len() - 1;
    let told = |(at, attempt): (usize, &Attempt)| {
        let went = match (&attempt.error, attempt.ended) {
            (Some(error), _) => error.as_str(),
            (None, Some(_)) => "done",
            (None, None) if at == last => "under way",
            // Another one followed it, so it did not end it.
            (None, None) => "no answer",
        };
        let when = attempt.ended.or(attempt.began).map_or_else(String::new, |time| format!(" at {time}"));
        format!("{} {went}{when}", at + 1)
    };
    let attempts: Vec<String> = lane.attempts.iter().enumerate().map(told).collect();
    Some(format!("{} attempts: {}", attempts.len(), attempts.join("; ")))
}

/// Why attempts of a step or of its undo failed.
pub fn errors(page: &Page, step: usize, direction: Direction) -> Vec<&str> {
    let Some(course) = page.course.as_ref().and_then(|course| course.steps.get(step)) else {
        return Vec::new();
    };
    let lane = if direction == Direction::Undo { &course.back } else { &course.forward };
    lane.attempts.iter().filter_map(|attempt| attempt.error.as_deref()).collect()
}

/// Steps with several attempts, and their histories.
fn histories(page: &Page) -> Vec<String> {
    let Some(course) = &page.course else { return Vec::new() };
    let mut told = Vec::new();
    for (at, step) in course.plan.steps.iter().enumerate() {
        for (direction, undo) in [(Direction::Do, ""), (Direction::Undo, "undo of ")] {
            let history = history(page, at, direction);
            told.extend(history.map(|history| format!("{undo}{}: {history}", step.name)));
        }
    }
    told
}

/// What an event has to do with a timeout, by the numbers of the rows.
fn timeout(page: &Page, row: &PageRow) -> String {
    let number = |row| page.graph.place(row).map_or_else(String::new, |place| format!(" {}", place + 1));
    if let Some(timeout) = page.timeout_fired_as(row.row) {
        return format!(", timeout set by{}", number(timeout.set));
    }
    match page.timeout_set_by(row.row).map(|timeout| (timeout.fired, timeout.due)) {
        Some((Some(fired), _)) => format!(", timeout fired as{}", number(fired)),
        Some((None, Some(due))) => format!(", timeout at {due}"),
        _ => String::new(),
    }
}

fn span_of(page: &Page, at: usize) -> Option<SpanStep> {
    page.course.as_ref()?.plan.steps.get(at)?.span
}

/// What a span says of itself beyond its name: how long it took, and why it failed.
fn spanned(page: &Page, at: usize, act: &Act) -> String {
    let Some(course) = &page.course else { return String::new() };
    let attempt = course.steps[at].forward.attempts.first();
    let took = attempt.and_then(|attempt| Some((attempt.began?, attempt.ended?)));
    let took = took.map(|(began, ended)| span(ended.nanos().saturating_sub(began.nanos()).max(0)));
    let what = match (act, took) {
        (Act::Done, Some(took)) => format!("took {took}"),
        (Act::Refused(reason), Some(took)) => format!("{reason}, after {took}"),
        (Act::Refused(reason), None) => reason.clone(),
        _ => String::new(),
    };
    match (span_of(page, at), what.is_empty()) {
        (Some(span), true) if span.number > 1 => format!("#{}", span.number),
        (Some(span), false) if span.number > 1 => format!("#{} {what}", span.number),
        _ => what,
    }
}

/// A line of the ledger in words: "process-payment: 269.70 €, undone".
pub fn ledger_line(line: &Line) -> String {
    let amount = line.amount.as_ref().map_or_else(String::new, |amount| format!(" {amount}"));
    let undo = line.undo.as_deref().unwrap_or("its undo");
    let state = match line.account {
        Account::OwedBack => format!("held, {undo} is due"),
        Account::OwedForward => "still to be done".to_owned(),
        Account::Undecided => "held, not decided".to_owned(),
        Account::LeftOver => "stays, though the saga failed".to_owned(),
        Account::Unaccounted => "held, and nothing says why".to_owned(),
        Account::Settled if !line.undone.is_empty() => "undone".to_owned(),
        Account::Settled if line.effects.is_empty() => "did not happen".to_owned(),
        Account::Settled if !line.taken_back.is_empty() => "done, taken back beside the saga".to_owned(),
        Account::Settled => "done".to_owned(),
    };
    let times = if line.effects.len() > 1 { format!(" × {}", line.effects.len()) } else { String::new() };
    let sure = if line.confidence.is_inferred() {
        format!(" (inferred, {} %)", line.confidence.0 / 10)
    } else {
        String::new()
    };
    let same =
        line.same_money.as_deref().map_or_else(String::new, |stage| format!(", the same money as {stage}"));
    format!("{}{amount}{times}: {state}{same}{sure}", line.step)
}

/// The ledger in words, the pivot as a line of it: which line that is.
pub fn ledger_lines(page: &Page) -> (Vec<String>, Option<usize>) {
    let mut lines: Vec<String> = page.ledger.iter().map(ledger_line).collect();
    let place = page.pivot.as_ref().map(|pivot| pivot.line.min(lines.len()));
    if let Some((pivot, place)) = page.pivot.as_ref().zip(place) {
        let reason = pivot.reason().map_or_else(String::new, |reason| format!(" ({reason})"));
        lines.insert(place, format!("◇ {}{reason}", pivot.words()));
    }
    (lines, place)
}

/// Changes and effects of one event that are told; of the rest how many there are.
const CHANGES_MAX: usize = 8;
const EFFECTS_MAX: usize = 5;
/// Below the type of an event.
const INDENT: &str = "                     ";

/// The beginning of what is long.
fn cut(text: &str) -> String {
    const LETTERS: usize = 72;
    match text.char_indices().nth(LETTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The first of some things, and how many more there are.
fn some(all: impl ExactSizeIterator<Item = String>, most: usize, between: &str) -> String {
    let left = all.len().saturating_sub(most);
    let mut told: Vec<String> = all.take(most).collect();
    if left > 0 {
        told.push(format!("{left} more"));
    }
    told.join(between)
}

/// What an event led to, with the numbers of the rows: `leads to 3 OrderPaid, 4 OrderShipped`.
///
/// `number` gives the number of an event where it is shown, if it is.
pub fn led_to(
    log: &EventLog,
    survey: &Survey,
    row: &PageRow,
    number: &dyn Fn(Row) -> Option<usize>,
) -> String {
    let effects = row.outgoing.iter().map(|(effect, kind)| {
        let number = number(*effect).map_or_else(String::new, |number| format!("{number} "));
        let guess = if *kind == EdgeKind::StreamOrder { " (by order)" } else { "" };
        format!("{number}{}{guess}", one_line(&survey.traits[log.type_of(*effect).0 as usize].name))
    });
    format!("leads to {}", some(effects, EFFECTS_MAX, ", "))
}

/// A saga's page as text, a line each.
pub fn lines(log: &EventLog, survey: &Survey, page: &Page) -> Vec<String> {
    let summary = &page.summary;
    let definition = summary.definition.as_deref().map_or("inferred", |name| name);
    let sure = if summary.confidence.is_inferred() {
        format!(" (inferred, {} %)", summary.confidence.0 / 10)
    } else {
        String::new()
    };
    let mut text = vec![format!(
        "{}: {definition}, {}{sure}, {} events in {}",
        one_line(&page.title),
        summary.outcome,
        summary.events,
        span(summary.duration)
    )];
    let reason = page.course.as_ref().and_then(|course| course.gave_up.as_deref());
    if let Some(reason) = reason.filter(|reason| !reason.is_empty()) {
        text.push(format!("Why: {}", one_line(reason)));
    }
    if summary.silence > 0 && !summary.outcome.is_end() {
        text.push(format!("Quiet for {} at {}", span(summary.silence), one_line(&summary.current)));
    }
    text.push(String::new());
    for (number, row) in page.rows.iter().enumerate() {
        let name = one_line(&survey.traits[row.event_type.0 as usize].name).into_owned();
        let stream = row.stream.map_or_else(String::new, |id| one_line(&log.stream(id).id).into_owned());
        let said = said(page, row);
        let mut marks = String::new();
        if row.failure {
            marks += " ✖";
        }
        if row.is_singular {
            marks += " (never seen before)";
        }
        let said = if said.is_empty() { said } else { format!("  {}", one_line(&said)) };
        let timeout = timeout(page, row);
        text.push(format!(
            "{:>4}  +{:<12} {name}{marks}  {stream}{said}{timeout}",
            number + 1,
            span(row.wait)
        ));
        if !row.changes.is_empty() {
            let changes = row.changes.iter().map(|change| cut(&one_line(&change.to_string())));
            text.push(format!("{INDENT}state: {}", some(changes, CHANGES_MAX, "; ")));
        }
        if !row.outgoing.is_empty() {
            let number = |effect: Row| page.graph.place(effect).map(|place| place + 1);
            text.push(format!("{INDENT}{}", led_to(log, survey, row, &number)));
        }
    }
    let histories = histories(page);
    if !histories.is_empty() {
        text.extend([String::new(), "Attempts".to_owned()]);
        text.extend(histories.iter().map(|history| format!("  {}", one_line(history))));
    }
    let (ledger, _) = ledger_lines(page);
    if !ledger.is_empty() {
        text.extend([String::new(), "Ledger".to_owned()]);
        text.extend(ledger.iter().map(|line| format!("  {}", one_line(line))));
    }
    if !summary.owed.is_empty() {
        text.extend([String::new(), "Owed".to_owned()]);
        text.extend(summary.owed.iter().map(|debt| format!("  {}", one_line(&debt.text))));
    }
    if !page.ahead.is_empty() {
        text.extend([String::new(), "Still to come".to_owned()]);
        for next in &page.ahead {
            let undo = if next.direction == Direction::Undo && next.is_defined { "undo of " } else { "" };
            let seen =
                if next.is_defined { String::new() } else { format!(", {} of {}", next.count, next.of) };
            let usual =
                next.waits.map_or_else(String::new, |waits| format!(", usually within {}", span(waits.p95)));
            let or = if next.instead { "or " } else { "" };
            text.push(format!("  {or}{undo}{}{seen}{usual}", one_line(&next.name)));
        }
    }
    if !page.graph.findings().is_empty() {
        text.extend([String::new(), "Findings".to_owned()]);
        text.extend(
            page.graph.findings().iter().map(|finding| format!("  {}", one_line(&finding.to_string()))),
        );
    }
    text
}
