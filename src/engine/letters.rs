//! The dead letters that a log tells of: the fold of its `dead_letter.*` events, as our own runs record them. A log
//! that was opened from a file and one that is being recorded are read alike; redriving is not the matter here.

use std::sync::Arc;

use serde_json::Value;

use super::OpenLog;
use crate::base::cancel::CancelToken;
use crate::base::ticks::Ticks;
use crate::index::{EventLog, StreamId};
use crate::model::{RecordedEvent, Row, letter_facts};
use crate::runtime::record::{ticks, timestamp};
use crate::runtime::{Direction, LetterState};

/// Aggregate type of dead letters.
const AGGREGATE: &str = "DeadLetter";
/// How their streams and their types begin.
const STREAM: &str = "dead_letter-";
const FAMILY: &str = "dead_letter.";
/// The number of a letter whose stream has none.
const UNNUMBERED: u32 = 0;

/// Letters that are read; of more only the number is told.
const LETTERS_MAX: usize = 20_000;

/// Events of one saga that are looked through for the one that issued a message.
const SEARCHED_MAX: usize = 2_000;

/// Something that happened to a letter.
#[derive(Clone, Debug, PartialEq)]
pub struct LetterChange {
    /// The event that says so.
    pub row: Row,
    /// What it is from then on.
    pub state: LetterState,
    /// `parked`, `repeated`, `redriven` …
    pub what: Arc<str>,
}

/// One failed attempt, as the log keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedAttempt {
    /// Which of its cycle.
    pub attempt: u64,
    /// When, in virtual time.
    pub at: Ticks,
    /// With what.
    pub error: String,
    /// The event that told of it.
    pub row: Row,
}

/// A dead letter and everything that happened to it.
#[derive(Clone, Debug, PartialEq)]
pub struct LoggedLetter {
    /// Its stream.
    pub stream: StreamId,
    /// `1`, `2` …: the number in its stream's id.
    pub id: u32,
    /// Who should have handled the message.
    pub consumer: String,
    /// Type of the message.
    pub message_type: String,
    /// `s1/process-payment/undo`.
    pub key: String,
    /// Its saga.
    pub saga: String,
    /// The step.
    pub step: String,
    /// Doing or undoing.
    pub direction: Direction,
    /// The last error.
    pub error: String,
    /// How often it was delivered.
    pub deliveries: u64,
    /// The message as it would be sent again.
    pub message: Value,
    /// Every attempt, of every cycle.
    pub attempts: Vec<LoggedAttempt>,
    /// What happened to it, in order.
    pub changes: Vec<LetterChange>,
    /// When it was parked first, in virtual time; `None` where a queue keeps it, which knows only times of the
    /// calendar: that of its first change.
    pub parked: Option<Ticks>,
}

impl LoggedLetter {
    /// What it is as of a rank of the log; `None` before it was parked.
    pub fn state_at(&self, log: &EventLog, rank: u64) -> Option<LetterState> {
        let happened = self.changes.iter().take_while(|change| log.rank_of(change.row) <= rank);
        happened.last().map(|change| change.state)
    }

    /// When the message failed first; `None` where it was parked without being tried.
    pub fn failed_first(&self) -> Option<Ticks> {
        self.attempts.first().map(|attempt| attempt.at)
    }

    /// Attempts that had failed as of a rank.
    pub fn attempts_at<'a>(
        &'a self,
        log: &'a EventLog,
        rank: u64,
    ) -> impl Iterator<Item = &'a LoggedAttempt> + 'a {
        self.attempts.iter().filter(move |attempt| log.rank_of(attempt.row) <= rank)
    }
}

/// What a letter is after an event of this type; `None`: the event changes nothing of that.
fn state_after(event_type: &str) -> Option<LetterState> {
    Some(match event_type.strip_prefix(FAMILY)? {
        "parked" => LetterState::Open,
        "redriven" => LetterState::Redriven,
        "answered" => LetterState::Answered,
        "resolved" => LetterState::Resolved,
        "discarded" => LetterState::Discarded,
        _ => return None,
    })
}

fn streams(log: &EventLog) -> impl Iterator<Item = StreamId> + '_ {
    // Most logs have none: then no stream is looked at.
    let any = log.types().iter().any(|info| info.name.starts_with(FAMILY));
    let all = if any { log.streams().len() } else { 0 };
    (0..all as u32).map(StreamId).filter(|id| {
        let info = log.stream(*id);
        info.aggregate_type.as_deref() == Some(AGGREGATE) || info.id.starts_with(STREAM)
    })
}

/// Letters by state at the end of the log, in the order of [`LetterState::ALL`]; read from the index alone.
pub fn letter_counts(log: &EventLog) -> [u64; LetterState::ALL.len()] {
    let mut counts = [0; LetterState::ALL.len()];
    for stream in streams(log) {
        let mut types = log.replay_rows(stream).into_iter().rev().map(|row| log.type_of(row));
        let state = types.find_map(|id| state_after(&log.event_type(id).name));
        if let Some(at) = state.and_then(|state| LetterState::ALL.iter().position(|known| *known == state)) {
            counts[at] += 1;
        }
    }
    counts
}

/// Reads every letter, oldest first, and how many were left out. `None` when cancelled.
pub fn read_letters(open: &OpenLog, cancel: &CancelToken) -> Option<(Vec<LoggedLetter>, usize)> {
    let mut letters = Vec::new();
    let mut left_out = 0;
    for stream in streams(&open.log) {
        if cancel.is_cancelled() {
            return None;
        }
        if letters.len() == LETTERS_MAX {
            left_out += 1;
            continue;
        }
        letters.extend(letter(open, stream));
    }
    letters
        .sort_by_key(|letter: &LoggedLetter| letter.changes.first().map(|first| open.log.rank_of(first.row)));
    // Letters of a queue have no number of their own; they get those that follow.
    let mut next = letters.iter().map(|letter| letter.id).max().unwrap_or(0);
    for letter in letters.iter_mut().filter(|letter| letter.id == UNNUMBERED) {
        next = next.saturating_add(1);
        letter.id = next;
    }
    Some((letters, left_out))
}

fn letter(open: &OpenLog, stream: StreamId) -> Option<LoggedLetter> {
    let rows = open.log.replay_rows(stream);
    let name = &open.log.stream(stream).id;
    let id = name.strip_prefix(STREAM).and_then(|id| id.parse().ok()).unwrap_or(UNNUMBERED);
    let mut found: Option<LoggedLetter> = None;
    for (row, event) in rows.iter().zip(open.pool.fetch(&open.log, &rows)) {
        let Ok(event) = event else { continue };
        let data = event.data.value().unwrap_or_default();
        let letter = match &mut found {
            Some(letter) => letter,
            None => found.insert(begin(stream, id, &event)),
        };
        let metadata = event.metadata.as_ref().map(crate::model::JsonText::value).unwrap_or_default();
        letter.take(*row, &event.event_type, &data, &metadata);
        // A run tells each attempt by the virtual time that its events have too.
        let has_tick = |attempt: &Value| attempt.get("at").is_some_and(Value::is_u64);
        let attempts = data.get("attempts").and_then(Value::as_array);
        let is_of_run = || attempts.is_some_and(|attempts| attempts.iter().all(has_tick));
        if letter.parked.is_none() && letter.changes.len() == 1 && is_of_run() {
            letter.parked =
                event.time().filter(|time| timestamp(ticks(*time)).nanos() == time.nanos()).map(ticks);
        }
    }
    found.filter(|letter| !letter.changes.is_empty())
}

fn begin(stream: StreamId, id: u32, event: &RecordedEvent) -> LoggedLetter {
    let metadata = event.metadata.as_ref().map(crate::model::JsonText::value).unwrap_or_default();
    LoggedLetter {
        stream,
        id,
        consumer: String::new(),
        message_type: String::new(),
        key: text(&metadata, "key"),
        saga: event.correlation_id.clone().unwrap_or_default(),
        step: text(&metadata, "step"),
        direction: Direction::Do,
        error: String::new(),
        deliveries: 0,
        message: Value::Null,
        attempts: Vec::new(),
        changes: Vec::new(),
        parked: None,
    }
}

fn text(data: &Value, field: &str) -> String {
    data.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
}

impl LoggedLetter {
    fn take(&mut self, row: Row, event_type: &str, said: &Value, metadata: &Value) {
        let data = letter_facts(said, metadata);
        if let Some(deliveries) = data.get("deliveries").and_then(Value::as_u64) {
            self.deliveries = self.deliveries.max(deliveries);
        }
        let state = state_after(event_type).or(self.changes.last().map(|change| change.state));
        let Some(state) = state else { return };
        if state_after(event_type) == Some(LetterState::Open) {
            self.consumer = text(data, "consumer");
            self.message_type = text(data, "message_type");
            self.step = text(data, "step");
            self.error = text(data, "error");
            // A queue keeps the message itself.
            let is_copy = !std::ptr::eq(data, said);
            self.message =
                data.get("message").or_else(|| is_copy.then_some(said)).cloned().unwrap_or_default();
            if self.key.is_empty() {
                self.key = text(data, "key");
            }
            if data.get("direction").and_then(Value::as_str) == Some(Direction::Undo.word()) {
                self.direction = Direction::Undo;
            }
            let attempts = data.get("attempts").and_then(Value::as_array).into_iter().flatten();
            self.attempts.extend(attempts.map(|attempt| LoggedAttempt {
                attempt: attempt.get("attempt").and_then(Value::as_u64).unwrap_or_default(),
                at: Ticks(attempt.get("at").and_then(Value::as_u64).unwrap_or_default()),
                error: text(attempt, "error"),
                row,
            }));
        }
        let what = event_type.strip_prefix(FAMILY).unwrap_or(event_type).into();
        self.changes.push(LetterChange { row, state, what });
    }
}

/// The event that issued a letter's message, where the log has it among the events of its saga.
pub fn issuing_event(
    open: &OpenLog,
    letter: &LoggedLetter,
    cancel: &CancelToken,
) -> Option<(Row, RecordedEvent)> {
    let wanted = text(&letter.message, "event");
    let log = &open.log;
    let parked = letter.changes.first()?.row;
    if let Some(cause) = log.event(parked).cause.filter(|_| wanted.is_empty()) {
        let event = open.pool.fetch(log, &[cause]).pop()?.ok()?;
        return Some((cause, event));
    }
    let correlation = log.event(parked).correlation?;
    let last = log.rank_of(parked);
    let rows = log.correlation(correlation).rows.iter().copied().filter(|row| log.rank_of(*row) <= last);
    let mut rows: Vec<Row> = rows.collect();
    rows.drain(..rows.len().saturating_sub(SEARCHED_MAX));
    if cancel.is_cancelled() {
        return None;
    }
    let events = open.pool.fetch(log, &rows);
    rows.into_iter().zip(events).find_map(|(row, event)| {
        let event = event.ok()?;
        (event.id.as_deref() == Some(&*wanted)).then_some((row, event))
    })
}
