//! Workflow histories of Temporal, and of Cadence before it: a document with a list of events, as the web UI, the
//! command line (`temporal workflow show --output json`) and the SDKs' test data have it.
//!
//! A history is the log of an orchestrator, and it becomes a log as follows. The workflow is the stream, its type the
//! aggregate type, the event id the version. What Temporal calls `ActivityTaskCompleted` is called by the activity here,
//! `ProcessPayment.completed`, because that is how people tell the steps of a saga apart: the process map then has a
//! node for each step and not three for all, and the filter `type:ProcessPayment.*` finds one. Temporal's own name
//! stands in the metadata (`meta.eventType=ActivityTaskCompleted`), and is the type where there is no step:
//! `WorkflowExecutionStarted`, `TimerFired`, `WorkflowTaskCompleted`. Children, Nexus operations, local activities,
//! signals and updates are named in the same way.
//!
//! The ids that an event has of those before it are all kept in its data; the latest of them is its cause. An event id
//! is unique within a run only, so an event is called `<run>/<event id>`. What an event means for the workflow stands
//! in its metadata as a [`WorkflowNote`], of which the module of sagas makes steps, attempts and the outcome.

mod history;
mod kinds;
mod payloads;
mod told;

use serde_json::{Map, Value};

use self::history::{Histories, History};
use self::kinds::{Kind, Named, kind};
use self::told::{Part, Told, local_activity, member, number_at, part, reason, text_at};
use super::reader::{self, info_of, json_shape};
use super::record::{Convert, Record};
use crate::base::limits::JSON_DEPTH_MAX;
use crate::model::{
    EventKind, JsonText, Membership, Payload, RUNTIME_FAMILIES, RecordedEvent, StreamName, WorkflowAct,
    WorkflowNote,
};
use crate::store::shape::Shape;
use crate::store::sound::{nests_deeper, too_deep};
use crate::store::{Format, OpenRequest, StoreError, StoreReader};

/// Temporal's workflow histories as JSON.
pub(in crate::store) struct TemporalJson;

impl Format for TemporalJson {
    fn name(&self) -> &'static str {
        "temporal-json"
    }

    fn title(&self) -> &'static str {
        "Temporal workflow history, JSON"
    }

    fn about(&self) -> &'static str {
        "Workflow histories of Temporal or Cadence, told by eventId and eventType beside attributes named after the type."
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["json", "jsonl"]
    }

    fn claims(&self, shape: &Shape) -> bool {
        let Shape::Json(shape) = shape else { return false };
        let claimed = shape.records.iter().filter(|record| is_history_event(record)).count();
        claimed > 0 && claimed * 2 >= shape.records.len()
    }

    fn open(&self, request: &OpenRequest<'_>) -> Result<Box<dyn StoreReader>, StoreError> {
        let shape = json_shape(request)?;
        let histories =
            Histories::read(request.path, shape).map_err(|error| StoreError::io(request.path, &error))?;
        let mut info = info_of(self);
        info.mapping = [
            ("type", "the step's name and eventType"),
            ("id", "run id / eventId"),
            ("stream", "workflowId, else the run id, else the file's name"),
            ("aggregate type", "workflowType.name"),
            ("version", "eventId"),
            ("position", "eventId"),
            ("time", "eventTime"),
            ("data", "attributes, their payloads opened"),
            ("correlation", "workflowId"),
            ("causation", "startedEventId, scheduledEventId, initiatedEventId, workflowTaskCompletedEventId"),
        ]
        .into_iter()
        .map(|(label, key)| (label.to_owned(), key.to_owned()))
        .collect();
        if !histories.sealed.is_empty() {
            let encodings: Vec<&str> = histories.sealed.iter().map(String::as_str).collect();
            info.notes.push(format!(
                "Some payloads are encoded as {}, which only the workers can read; they are kept as stored.",
                encodings.join(", ")
            ));
        }
        if histories.len() > 1 {
            info.notes.push(format!("The file has the histories of {} runs.", histories.len()));
        }
        reader::open(request, shape, Box::new(histories), info)
    }
}

/// Whether a record is meant as an event of a history.
pub(super) fn is_history_event(record: &Map<String, Value>) -> bool {
    let has = |wanted: Part| record.keys().any(|key| part(key) == wanted);
    let named = record.iter().any(|(key, value)| {
        part(key) == Part::Type && value.as_str().is_some_and(|name| kind(&kinds::plain_name(name)).is_some())
    });
    let attributes = record.keys().any(|key| key != "attributes" && part(key) == Part::Attributes);
    has(Part::Id) && (attributes && has(Part::Type) || named && has(Part::Time))
}

/// Members that name an event of the same history as a cause.
const CAUSES: [&str; 6] = [
    "startedEventId",
    "scheduledEventId",
    "initiatedEventId",
    "acceptedEventId",
    "acceptedRequestSequencingEventId",
    "workflowTaskCompletedEventId",
];

/// Members that name a run and an event of it as a cause, in another history.
const OUTER_CAUSES: [(&str, &str); 2] = [
    ("parentWorkflowExecution", "parentInitiatedEventId"),
    ("externalWorkflowExecution", "externalInitiatedEventId"),
];

impl Convert for Histories {
    fn event(&self, record: &Record<'_>) -> Result<RecordedEvent, String> {
        self.event_at(record, 0)
    }

    fn event_at(&self, record: &Record<'_>, at: u64) -> Result<RecordedEvent, String> {
        let told = Told::of(record, &mut |_| ())?;
        let history = self.of(at);
        let mut warnings = Vec::new();
        if told.number.is_none() {
            warnings.push("It has no eventId that is a number.".to_owned());
        }
        if let Some(raw) = told.bad_time {
            let shown: String = raw.get().chars().take(60).collect();
            warnings.push(format!("The time cannot be read: {shown}"));
        }
        let (event_type, note) = meaning(&told, history);
        let stream = match &history.kind {
            Some(kind) => StreamName::new(kind.clone(), history.workflow.clone()),
            None => StreamName::untyped(history.workflow.clone()),
        };
        Ok(RecordedEvent {
            position: told.number,
            id: told.number.map(|number| format!("{}/{number}", history.run)),
            kind: EventKind::Event,
            event_type,
            schema_version: None,
            streams: vec![Membership { stream, version: told.number, role: None }],
            occurred_at: told.time,
            recorded_at: None,
            correlation_id: Some(history.workflow.clone()),
            causation_id: cause(&told, history),
            data: if told.attributes.is_null() {
                Payload::Missing
            } else {
                Payload::Json(checked(&told.attributes)?)
            },
            metadata: Some(checked(&metadata(&told, history, note.as_ref()))?),
            warnings,
        })
    }
}

/// The text of a value that can be parsed again.
fn checked(value: &Value) -> Result<JsonText, String> {
    let text = JsonText::from_value(value);
    // What holds it is one level more.
    if nests_deeper(text.as_str().as_bytes(), JSON_DEPTH_MAX - 1) { Err(too_deep()) } else { Ok(text) }
}

fn metadata(told: &Told<'_>, history: &History, note: Option<&WorkflowNote>) -> Value {
    let mut metadata = Map::new();
    metadata.insert("eventType".to_owned(), told.name.clone().into());
    metadata.insert("runId".to_owned(), history.run.clone().into());
    for (key, raw) in &told.rest {
        metadata.entry(*key).or_insert_with(|| history::parsed(raw.get()));
    }
    if let Some(note) = note {
        note.write(&mut metadata);
    }
    Value::Object(metadata)
}

/// The id of what caused an event: the latest of the events that it names.
fn cause(told: &Told<'_>, history: &History) -> Option<String> {
    let before = |name: &&str| number_at(&told.attributes, name).filter(|id| Some(*id) < told.number);
    if let Some(latest) = CAUSES.iter().filter_map(before).max() {
        return Some(format!("{}/{latest}", history.run));
    }
    OUTER_CAUSES.iter().find_map(|(execution, event)| {
        let run = text_at(&told.attributes, &[execution, "runId"])?;
        Some(format!("{run}/{}", number_at(&told.attributes, event)?))
    })
}

/// What an event is called, and what it says about the workflow.
fn meaning(told: &Told<'_>, history: &History) -> (String, Option<WorkflowNote>) {
    let Some(kind) = kind(&told.name) else { return of_marker(told, history) };
    let name = match kind.named {
        Named::Workflow => None,
        Named::Here(_) => told.number.and_then(|number| history.name(number)),
        Named::By(member) => number_at(&told.attributes, member).and_then(|number| history.name(number)),
    };
    let event_type = match name {
        Some(name) if !kind.verb.is_empty() => typed(&name.name, kind.verb),
        _ => told.name.clone(),
    };
    let step = name.and_then(|name| name.step.clone());
    let note =
        kind.act.filter(|_| step.is_some() == kind.is_step).map(|act| note(told, history, kind, act, step));
    (event_type, note)
}

/// The type of what happened to a step. One that is called as a runtime's own facts are would be taken for these.
fn typed(name: &str, verb: &str) -> String {
    let family = format!("{name}.");
    let taken = RUNTIME_FAMILIES.iter().any(|known| family.starts_with(known));
    if taken { format!("{}-step.{verb}", name.replace('.', "-")) } else { family + verb }
}

fn note(
    told: &Told<'_>,
    history: &History,
    kind: &Kind,
    act: WorkflowAct,
    step: Option<String>,
) -> WorkflowNote {
    let failure = member(&told.attributes, "failure").and_then(reason);
    let timeout = timeout(&told.attributes);
    // What never was begun cannot have happened.
    let never_begun = timeout.as_deref() == Some("schedule to start");
    let said = || text_at(&told.attributes, &["reason"]).or_else(|| text_at(&told.attributes, &["cause"]));
    let words = match kind.temporal {
        "WorkflowExecutionTerminated" => {
            said().map_or("terminated".to_owned(), |why| format!("terminated: {why}"))
        }
        name if name.ends_with("Canceled") => {
            failure.map_or("cancelled".to_owned(), |why| format!("cancelled: {why}"))
        }
        name if name.ends_with("TimedOut") => {
            timeout.map_or("timed out".to_owned(), |which| format!("timed out: {which}"))
        }
        _ => failure.or_else(said).unwrap_or_default(),
    };
    let attempt = number_at(&told.attributes, "attempt").and_then(|count| u32::try_from(count).ok());
    WorkflowNote {
        act: if act == WorkflowAct::Unanswered && never_begun { WorkflowAct::Refused } else { act },
        workflow: history.kind.clone().filter(|_| act == WorkflowAct::Started),
        step,
        attempt: attempt.filter(|_| act == WorkflowAct::Begun),
        reason: Some(words).filter(|words| !words.is_empty()),
    }
}

/// Which of an activity's timeouts passed: `start to close`.
fn timeout(attributes: &Value) -> Option<String> {
    let inner = || text_at(attributes, &["failure", "timeoutFailureInfo", "timeoutType"]);
    let cause = || text_at(attributes, &["failure", "cause", "timeoutFailureInfo", "timeoutType"]);
    let spelled = text_at(attributes, &["timeoutType"]).or_else(inner).or_else(cause)?;
    let bare = spelled.strip_prefix("TIMEOUT_TYPE_").unwrap_or(&spelled);
    // StartToClose has its words apart as START_TO_CLOSE has.
    let words = if bare.contains('_') { bare.to_ascii_lowercase() } else { bare.to_owned() };
    Some(crate::model::words(&words).join(" "))
}

/// A marker may be the only trace of an activity; everything else keeps Temporal's name and says nothing.
fn of_marker(told: &Told<'_>, history: &History) -> (String, Option<WorkflowNote>) {
    let name = told.number.and_then(|number| history.name(number));
    let (Some(local), Some(name)) = (local_activity(told), name) else { return (told.name.clone(), None) };
    let failure = member(&told.attributes, "failure");
    let (verb, act) = if failure.is_some() {
        ("failed", WorkflowAct::Refused)
    } else {
        ("completed", WorkflowAct::Answered)
    };
    let note = WorkflowNote {
        step: name.step.clone(),
        attempt: local.attempt.and_then(|count| u32::try_from(count).ok()),
        reason: failure.and_then(reason),
        ..WorkflowNote::of(act)
    };
    (typed(&name.name, verb), Some(note))
}

#[cfg(test)]
mod tests;
