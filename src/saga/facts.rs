//! One event as evidence about a saga: what its own facts say (`saga.*`, `dead_letter.*`, `check.*`, and the role and
//! step in the metadata of domain events), else what the definition says that its type means. Lenient: what a log
//! does not say is left open.

use std::cell::OnceCell;

use serde_json::Value;

use super::plan::{Meaning, Plan};
use crate::domain::Direction;
use crate::model::{JsonText, Payload, RecordedEvent, Row, Timestamp, letter_facts};

/// An event of a saga, as far as it is known: from the index alone, or with what it says.
#[derive(Clone, Debug)]
pub struct Seen<'a> {
    /// Which.
    pub row: Row,
    /// Its type.
    pub event_type: &'a str,
    /// When.
    pub time: Option<Timestamp>,
    /// Nanoseconds that place it on a time axis.
    pub key: i64,
    /// Its payload and metadata, where they were read.
    pub said: Option<&'a Said>,
}

/// What an event says.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// Its data as stored.
    pub(super) text: Option<JsonText>,
    /// The same, from the first time that somebody looks at it.
    pub(super) data: OnceCell<Value>,
    /// Its metadata as stored.
    pub(super) around: Option<JsonText>,
    /// The same, from the first time that somebody looks at it.
    pub(super) metadata: OnceCell<Value>,
    /// Its home stream.
    pub stream: String,
}

impl Said {
    /// Of an event that was read.
    pub fn of(event: &RecordedEvent) -> Self {
        Self {
            text: match &event.data {
                Payload::Json(text) => Some(text.clone()),
                _ => None,
            },
            data: OnceCell::new(),
            around: event.metadata.clone(),
            metadata: OnceCell::new(),
            stream: event.home().map(|home| home.stream.id.clone()).unwrap_or_default(),
        }
    }

    /// Whether it is the start or the end of a span.
    pub(super) fn is_of_span(&self) -> bool {
        self.beside(SPAN).is_some_and(|span| span.get("id").is_some() && span.get("phase").is_some())
    }

    /// Its data; null where it has none or cannot be read. Most of it nobody asks for.
    pub fn data(&self) -> &Value {
        self.data.get_or_init(|| self.text.as_ref().map(JsonText::value).unwrap_or_default())
    }

    /// Its metadata; null where it has none.
    pub fn metadata(&self) -> &Value {
        self.metadata.get_or_init(|| self.around.as_ref().map(JsonText::value).unwrap_or_default())
    }

    /// A member of its metadata. Where the text does not have the name, nothing is parsed to find that out: of a million
    /// events, few have what is asked for.
    pub(super) fn beside(&self, name: &str) -> Option<&Value> {
        let text = self.around.as_ref().filter(|_| self.metadata.get().is_none()).map(JsonText::as_str);
        // A name may be spelled with escapes.
        if text.is_some_and(|text| !text.contains(name) && !text.contains('\\')) {
            return None;
        }
        self.metadata().get(name)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.data().get(name).and_then(Value::as_str)
    }
}

/// What happens to a step in one direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// The command is out; nobody has taken it up yet.
    Asked,
    /// An attempt begins; the first of its cycle has number 1.
    Begun(u32),
    /// An attempt failed technically, with this error.
    AttemptFailed(String),
    /// Nobody answered in time.
    TimedOut,
    /// Done, or undone.
    Done,
    /// The same, and this event is itself the effect: an engine that calls the step keeps its answer. With the number
    /// of the attempt, where nothing told of it before.
    Answered(Option<u32>),
    /// There was nothing to undo.
    NothingToDo,
    /// Refused, or given up, with the reason.
    Refused(String),
    /// No attempt is left; whether it may have happened.
    Failed {
        /// Nobody knows whether it happened.
        unknown: bool,
    },
    /// A dead letter keeps it.
    Parked,
    /// It goes on after having been parked.
    Resumed,
}

/// What becomes of a dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetterChange {
    /// Kept for a person.
    Parked,
    /// Sent again.
    Redriven,
    /// Settled: resolved, answered or put away.
    Settled,
}

/// One piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sign {
    /// The saga begins.
    Started,
    /// Something about a step.
    Step(usize, Direction, Act),
    /// A domain event with a meaning for a step.
    Happened(usize, Meaning),
    /// The point of no return lies behind.
    PivotPassed,
    /// The saga goes back.
    GoesBack,
    /// Every step is done.
    Completed,
    /// Everything is undone.
    Compensated,
    /// Somebody asked it to stop.
    AskedToStop,
    /// It ended without reaching its goal, for this reason.
    GaveUp(String),
    /// It waits for a person.
    Waits,
    /// A dead letter of it.
    Letter {
        /// Its stream.
        stream: String,
        /// Its step, where the log says so.
        step: Option<usize>,
        /// Doing or undoing.
        direction: Direction,
        /// What became of it.
        change: LetterChange,
        /// Attempts that it tells of.
        attempts: u32,
    },
    /// An invariant broke, or holds again.
    Check {
        /// Which.
        invariant: String,
        /// Whether it is broken from here on.
        broken: bool,
    },
}

/// The member of the metadata under which a span of a trace says which it is, and whether it starts or ends here.
const SPAN: &str = "span";

/// Whether an event is the start or the end of a span.
pub(super) fn is_of_span(event: &RecordedEvent) -> bool {
    Said::of(event).is_of_span()
}

/// A span is a step with one attempt; its status says how that went.
fn of_span(plan: &mut Plan, span: &Value, said: &Said) -> Option<Sign> {
    let text = |name: &str| span.get(name).and_then(Value::as_str);
    let step = plan.span(text("id")?, text("name")?, text("parent"))?;
    let act = match text("phase")? {
        "start" => Act::Begun(1),
        "end" if said.text("status") == Some("error") => {
            Act::Refused(said.text("error").unwrap_or("its status is an error").to_owned())
        }
        "end" => Act::Done,
        _ => return None,
    };
    Some(Sign::Step(step, Direction::Do, act))
}

/// What an event says about the saga it belongs to.
pub(super) fn sign(plan: &mut Plan, event: &Seen<'_>) -> Option<Sign> {
    if let Some(said) = event.said {
        if let Some(span) = said.beside(SPAN) {
            return of_span(plan, span, said);
        }
        if let Some(what) = event.event_type.strip_prefix("saga.") {
            return of_saga(plan, what, said);
        }
        if let Some(what) = event.event_type.strip_prefix("dead_letter.") {
            return of_letter(plan, what, said);
        }
        if let Some(what) = event.event_type.strip_prefix("check.") {
            let broken = match what {
                "broken" => true,
                "restored" => false,
                _ => return None,
            };
            return Some(Sign::Check { invariant: said.text("invariant")?.to_owned(), broken });
        }
        let of_metadata = |name: &str| said.beside(name).and_then(Value::as_str);
        if let Some(role) = of_metadata("role") {
            let meaning = match role {
                "effect" => Meaning::Effect,
                "refusal" => Meaning::Refusal,
                "undone" => Meaning::Undone,
                "tombstone" => Meaning::Tombstone,
                _ => return beside(plan, event.event_type, of_metadata("step")),
            };
            return of_metadata("step")
                .and_then(|step| plan.step(step))
                .map(|step| Sign::Happened(step, meaning));
        }
    }
    plan.meaning(event.event_type).map(|(step, meaning)| Sign::Happened(step, meaning))
}

/// What an event says that is recorded beside a saga, or beside the event that is its answer.
fn beside(plan: &mut Plan, event_type: &str, step: Option<&str>) -> Option<Sign> {
    let (of_type, meaning) = plan.meaning(event_type)?;
    match (step.map(|step| plan.step(step)), meaning) {
        (Some(step), Meaning::Effect) if step == Some(of_type) => {
            Some(Sign::Happened(of_type, Meaning::Part))
        }
        (None, Meaning::Undone) => Some(Sign::Happened(of_type, Meaning::TakenBack)),
        _ => None,
    }
}

fn of_saga(plan: &mut Plan, what: &str, said: &Said) -> Option<Sign> {
    match what {
        "started" => return Some(Sign::Started),
        "pivot_passed" => return Some(Sign::PivotPassed),
        "compensation_started" => return Some(Sign::GoesBack),
        "completed" => return Some(Sign::Completed),
        "compensated" => return Some(Sign::Compensated),
        "parked" => return Some(Sign::Waits),
        "late_reply_ignored" => return None,
        _ => {}
    }
    let step = plan.step(said.text("step")?)?;
    let (direction, what) = match (what.strip_prefix("step_"), what.strip_prefix("undo_")) {
        (Some(what), _) => (Direction::Do, what),
        (None, Some(what)) => (Direction::Undo, what),
        (None, None) => match said.text("direction") {
            Some("undo") => (Direction::Undo, what),
            _ => (Direction::Do, what),
        },
    };
    let reason = || {
        let refusal = said.data().get("refusal").unwrap_or(&Value::Null);
        let reason = refusal.get("reason").and_then(Value::as_str).or_else(|| said.text("reason"));
        let by = refusal.get("by").and_then(Value::as_str);
        let word = if by == Some("gave_up") { "gave up" } else { "refused" };
        reason.map_or_else(|| word.to_owned(), |reason| format!("{word}: {reason}"))
    };
    let number = || said.data().get("attempt").and_then(Value::as_u64).unwrap_or(1) as u32;
    let act = match what {
        "started" | "retried" => Act::Begun(number()),
        "completed" if said.text("effect") == Some("nothing_to_undo") => Act::NothingToDo,
        "completed" => Act::Done,
        "rejected" => Act::Refused(reason()),
        "attempt_failed" => Act::AttemptFailed(said.text("error").unwrap_or("failed").to_owned()),
        "timed_out" => Act::TimedOut,
        "failed" => Act::Failed { unknown: said.text("outcome") == Some("unknown") },
        "parked" => Act::Parked,
        "park_resolved" => Act::Resumed,
        _ => return None,
    };
    Some(Sign::Step(step, direction, act))
}

fn of_letter(plan: &mut Plan, what: &str, said: &Said) -> Option<Sign> {
    let facts = letter_facts(said.data(), said.metadata());
    let text = |name: &str| facts.get(name).and_then(Value::as_str);
    let change = match what {
        "parked" => LetterChange::Parked,
        "redriven" => LetterChange::Redriven,
        "resolved" | "answered" | "discarded" => LetterChange::Settled,
        _ => return None,
    };
    let direction = if text("direction") == Some("undo") { Direction::Undo } else { Direction::Do };
    Some(Sign::Letter {
        stream: said.stream.clone(),
        step: text("step").and_then(|step| plan.step(step)),
        direction,
        change,
        attempts: facts.get("attempts").and_then(Value::as_array).map_or(0, |all| all.len() as u32),
    })
}
