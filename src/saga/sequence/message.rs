//! What the rows of a sequence say: from which lifeline to which, in which words and colours. Knows no places.

use crate::base::text::span;
use crate::saga::graph::EdgeKind;
use crate::saga::measure::width;
use crate::saga::page::Page;
use crate::saga::pen::Pattern;
use crate::saga::scope::Shown;
use crate::saga::survey::Survey;
use crate::saga::svg::{Palette, Style};
use crate::saga::text::said;

/// A delay is drawn where it is at least this part of the whole.
const DELAY_SHARE: i64 = 20;

/// What a message tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Usual,
    Failure,
    Undo,
}

/// One row.
#[derive(Clone, Debug)]
pub(super) struct Message {
    /// What stands at its arrow or box, uncut.
    pub(super) text: String,
    /// What a screen reader says.
    pub(super) label: String,
    /// The lifeline that the arrow comes from; none for a box on its own.
    pub(super) from: Option<usize>,
    pub(super) to: usize,
    /// Of the arrow.
    pub(super) pattern: Option<Pattern>,
    pub(super) said: Said,
    pub(super) colour: &'static str,
    pub(super) text_colour: &'static str,
    /// How long it took to follow its cause, where that is long.
    pub(super) delay: Option<String>,
    /// The group that caused it.
    pub(super) cause: Option<usize>,
}

pub(super) fn text_style(p: &Palette) -> Style {
    Style { size: 11, bold: false, colour: p.text }
}

pub(super) fn delay_style(p: &Palette) -> Style {
    Style { size: 10, bold: false, colour: p.muted }
}

impl Message {
    /// Pixels of its text and of its delay.
    pub(super) fn widths(&self, p: &Palette) -> (i32, i32) {
        let delay = self.delay.as_ref().map_or(0, |words| width(words, delay_style(p)));
        (width(&self.text, text_style(p)), delay)
    }
}

/// A message for each group.
pub(super) fn all(survey: &Survey, page: &Page, shown: &Shown, offsets: &[i64], p: &Palette) -> Vec<Message> {
    // Answers, by group: an answer to an answer is a message of its own.
    let mut answers: Vec<bool> = Vec::with_capacity(shown.groups.len());
    let mut messages = Vec::with_capacity(shown.groups.len());
    for (at, group) in shown.groups.iter().enumerate() {
        let (failed, undo) = (group.failed(page), group.is_undo(page));
        let name = group.name(survey, page);
        let mut label = format!("{name}, {}", shown.lines[group.line]);
        for (holds, words) in [(failed, ", failed"), (undo, ", compensation")] {
            if holds {
                label += words;
            }
        }
        let about = said(page, group.row(page));
        if !about.is_empty() {
            label += ", ";
            label += &about;
        }
        let cause = shown.cause(at);
        let from = cause.filter(|(cause, _)| shown.groups[*cause].line != group.line);
        if let Some((cause, _)) = from {
            label += ", from ";
            label += &shown.lines[shown.groups[cause].line];
        }
        let is_answer = from.is_some_and(|(cause, _)| {
            let asker = shown.cause(cause).map(|(asker, _)| shown.groups[asker].line);
            asker == Some(group.line) && !answers[cause]
        });
        answers.push(is_answer);
        let is_guess = from.is_some_and(|(_, kind)| kind == EdgeKind::StreamOrder);
        let said = match (failed, undo) {
            (true, _) => Said::Failure,
            (false, true) => Said::Undo,
            (false, false) => Said::Usual,
        };
        let (colour, text_colour, text) = match said {
            Said::Failure => (p.failed, p.failed, format!("✖ {name}")),
            Said::Undo => (p.undo, p.undo, format!("↺ {name}")),
            Said::Usual if is_guess => (p.muted, p.text, name),
            Said::Usual => (p.accent, p.text, name),
        };
        let pattern = from.map(|_| match (is_guess, is_answer) {
            (true, _) => Pattern::Dotted,
            (false, true) => Pattern::Dashed,
            (false, false) => Pattern::Whole,
        });
        let delay = delay(survey, page, shown, offsets, at);
        if let Some(words) = &delay {
            label += ", ";
            label += words;
        }
        messages.push(Message {
            text,
            label,
            from: from.map(|(cause, _)| shown.groups[cause].line),
            to: group.line,
            pattern,
            said,
            colour,
            text_colour,
            delay,
            cause: cause.map(|(cause, _)| cause),
        });
    }
    messages
}

/// How long a group took to follow its cause, in words, where that is a good part of the whole.
fn delay(survey: &Survey, page: &Page, shown: &Shown, offsets: &[i64], at: usize) -> Option<String> {
    let (cause, kind) = shown.cause(at)?;
    let (from, to) = (&shown.groups[cause], &shown.groups[at]);
    let nanos = offsets[to.rows[0]] - offsets[from.rows[from.rows.len() - 1]];
    // Where a history tells when something was scheduled and when it started, the time between is the queue's.
    let started = &survey.traits[page.rows[to.rows[0]].event_type.0 as usize].name;
    let is_queue = kind == EdgeKind::Scheduled && started.to_lowercase().contains("started");
    let word = if is_queue { "queued" } else { "after" };
    let is_long = nanos > 0 && nanos.saturating_mul(DELAY_SHARE) >= page.summary.duration.max(1);
    is_long.then(|| format!("{word} {}", span(nanos)))
}
