//! When a saga did what: a bar for each attempt, wait, retry and undo, and the chain of events that decided how long it
//! took. Times of the log only, in nanoseconds. Where an orchestrator noted its attempts the bars are these; else each
//! event has a bar from what caused it. How it is drawn is the matter of the modules beside.

mod build;
mod critical;
mod dense;
mod strip;

use super::page::Page;
use super::survey::Survey;
use crate::base::text::span;
use crate::domain::Name;
use crate::index::{EventLog, TimeAxis};
use crate::model::Row;

pub use critical::{Leg, Stretch, legs};
pub use dense::{BIN, Scale, Together, together};
pub use strip::{Strip, all_keys};

/// What a bar tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BarKind {
    /// A step, or what an event took since its cause.
    Step,
    /// Another attempt after a failure.
    Retry,
    /// Nothing was recorded meanwhile.
    Wait,
    /// Compensation.
    Undo,
}

impl BarKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Step, Self::Retry, Self::Wait, Self::Undo];

    /// As JSON, texts and legends spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Step => "step",
            Self::Retry => "retry",
            Self::Wait => "wait",
            Self::Undo => "compensation",
        }
    }
}

/// A stretch of time of a saga.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// What it tells of.
    pub kind: BarKind,
    /// The step or the event type; of a wait what came after it.
    pub name: Name,
    /// Begins, in nanoseconds since 1970.
    pub from: i64,
    /// Ends.
    pub to: i64,
    /// The event it begins with.
    pub began: Row,
    /// The event it ends with; that it begins with where it has not ended.
    pub row: Row,
    /// Which attempt of its step, from 1; 0 where nobody counts.
    pub attempt: u32,
    /// It ended in a failure.
    pub failed: bool,
    /// Why it failed.
    pub error: Option<String>,
    /// It has not ended: it reaches to the last event of the saga.
    pub is_open: bool,
    /// The saga would have been shorter without it.
    pub is_critical: bool,
    /// Which line it is drawn on.
    pub line: u32,
}

impl Bar {
    /// How long.
    pub fn duration(&self) -> i64 {
        self.to.saturating_sub(self.from)
    }

    /// In words: "process-payment, retry, attempt 2, 77 ms, failed: unavailable".
    pub fn words(&self) -> String {
        let mut words = vec![match self.kind {
            BarKind::Wait => format!("waiting for {}", self.name),
            _ => format!("{}, {}", self.name, self.kind.name()),
        }];
        if self.attempt > 0 {
            words.push(format!("attempt {}", self.attempt));
        }
        words.push(span(self.duration()));
        match (&self.error, self.failed) {
            (Some(error), _) => words.push(format!("failed: {error}")),
            (None, true) => words.push("failed".to_owned()),
            (None, false) => {}
        }
        if self.is_open {
            words.push("not ended".to_owned());
        }
        if self.is_critical {
            words.push("on the critical path".to_owned());
        }
        words.join(", ")
    }
}

/// An event on a line, beside the bars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Which.
    pub row: Row,
    /// When, in nanoseconds since 1970.
    pub at: i64,
    /// Which line it is drawn on.
    pub line: u32,
    /// It tells of a failure.
    pub failed: bool,
}

/// The lines of one step, or of one event type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Track {
    /// The step, or the type.
    pub name: Name,
    /// Its first line.
    pub line: u32,
    /// Lines that its bars need so that they do not lie on each other.
    pub lines: u32,
}

/// A part of the critical path: from what decided when an event came to that event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What decided.
    pub cause: Row,
    /// The event.
    pub row: Row,
    /// Begins.
    pub from: i64,
    /// Ends.
    pub to: i64,
    /// Whether the log says so; else the event before it is taken.
    pub is_known: bool,
}

/// The timeline of one saga.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    /// Its first event, in nanoseconds since 1970.
    pub from: i64,
    /// Its last event.
    pub to: i64,
    /// From the top.
    pub tracks: Vec<Track>,
    /// By line, then by time.
    pub bars: Vec<Bar>,
    /// By line, then by time.
    pub marks: Vec<Mark>,
    /// The chain of causes that ends with the last event, from the first one on.
    pub critical: Vec<Piece>,
    /// The times of all its events, in order.
    pub keys: Vec<i64>,
}

impl Timeline {
    /// Of a saga; `None` where none of its events has a time.
    pub fn of(log: &EventLog, survey: &Survey, page: &Page) -> Option<Self> {
        build::timeline(log, survey, page)
    }

    /// Number of its lines.
    pub fn lines(&self) -> u32 {
        self.tracks.last().map_or(0, |track| track.line + track.lines)
    }

    /// The bars of a line.
    pub fn bars_of(&self, line: u32) -> &[Bar] {
        let from = self.bars.partition_point(|bar| bar.line < line);
        let to = self.bars.partition_point(|bar| bar.line <= line);
        &self.bars[from..to]
    }

    /// The marks of a line.
    pub fn marks_of(&self, line: u32) -> &[Mark] {
        let from = self.marks.partition_point(|mark| mark.line < line);
        let to = self.marks.partition_point(|mark| mark.line <= line);
        &self.marks[from..to]
    }

    /// The line on which an event stands, or a bar ends or begins with it.
    pub fn line_of(&self, row: Row) -> Option<u32> {
        let mark = self.marks.iter().find(|mark| mark.row == row).map(|mark| mark.line);
        let bar = |holds: &dyn Fn(&Bar) -> bool| self.bars.iter().find(|bar| holds(bar)).map(|bar| bar.line);
        mark.or_else(|| bar(&|bar| bar.row == row && bar.kind != BarKind::Wait))
            .or_else(|| bar(&|bar| bar.row == row || bar.began == row))
    }

    /// The critical path without gaps, from the first event to the last.
    pub fn path(&self) -> Vec<Stretch> {
        critical::stretches(self)
    }

    /// Its axis, idle time cut out; stretches that begin at a time in `restored` stay.
    pub fn axis(&self, restored: &[i64]) -> TimeAxis {
        TimeAxis::from_keys(self.keys.iter().copied(), restored)
    }

    /// The longest part of the critical path and its share in per cent.
    pub fn slowest(&self) -> Option<(&Piece, i64)> {
        let piece = self.critical.iter().max_by_key(|piece| piece.to - piece.from)?;
        let all = self.to.saturating_sub(self.from);
        (all > 0).then(|| (piece, ((i128::from(piece.to - piece.from) * 100) / i128::from(all)) as i64))
    }
}

/// The times of some events, in order, never going back; those before the first one that is known have its time.
/// `None` where none is known.
fn keys(log: &EventLog, rows: impl Iterator<Item = Row>) -> Option<Vec<i64>> {
    let mut keys: Vec<i64> = Vec::new();
    let mut last = i64::MIN;
    for row in rows {
        last = last.max(log.key_of(row));
        keys.push(last);
    }
    let first = *keys.iter().find(|key| **key != i64::MIN)?;
    keys.iter_mut().take_while(|key| **key == i64::MIN).for_each(|key| *key = first);
    Some(keys)
}

#[cfg(test)]
pub(super) mod testing;
#[cfg(test)]
mod tests;
