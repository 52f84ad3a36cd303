//! What the window asks about queries beside their result: what can be typed next, and what the events that match have
//! in common. Everything behind the window; the newest question wins.

use std::sync::Arc;

use super::document::Document;
use super::sagas::SurveyKey;
use crate::engine::{Engine, Latest};
use crate::model::Row;
use crate::query::{Completion, Expr, Group, Known, Marks, Query, Samples, Tally, complete};

/// What completions depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct CompletionKey {
    generation: u64,
    text: String,
    cursor: usize,
    /// Whether samples of payloads and the sagas are known.
    known: (bool, bool),
}

/// What a count depends on.
#[derive(Clone, Debug, PartialEq)]
pub struct TallyKey {
    generation: u64,
    filter: Option<Expr>,
    group: Group,
    range: Option<(i64, i64)>,
    sagas: Option<SurveyKey>,
}

/// How the events of a query divide.
#[derive(Clone, Debug)]
pub struct Counted {
    /// The groups.
    pub tally: Tally,
    /// Events that match.
    pub events: u64,
}

/// Questions about the query of one document.
#[derive(Default)]
pub(super) struct QueryQuestions {
    samples: Latest<u64, Arc<Samples>>,
    completions: Latest<CompletionKey, Vec<Completion>>,
    tally: Latest<TallyKey, Counted>,
}

impl QueryQuestions {
    pub(super) fn is_busy(&self) -> bool {
        self.samples.is_busy() || self.completions.is_busy() || self.tally.is_busy()
    }

    pub(super) fn clear(&self) {
        self.samples.clear();
        self.completions.clear();
        self.tally.clear();
    }
}

impl Document {
    /// What can be typed at a place of `text`; until it is known, what could be typed before.
    pub fn completions(&self, engine: &Engine, text: &str, cursor: usize) -> Vec<Completion> {
        let generation = self.open.log.generation();
        let open = self.open.clone();
        self.asking.samples.ask(engine.workers(), &generation, move |_, _| Some(Arc::new(open.samples())));
        let samples = self.asking.samples.answer();
        let samples = samples.and_then(|answer| answer.result.as_ref().ok().cloned());
        let survey = self.known_sagas();
        let known = (samples.is_some(), survey.is_some());
        let samples = samples.unwrap_or_default();
        let open = self.open.clone();
        let key = CompletionKey { generation, text: text.to_owned(), cursor, known };
        let typed = key.text.clone();
        self.asking.completions.ask(engine.workers(), &key, move |_, _| {
            let sources = open.source_names();
            let survey = survey.as_ref().map(|sagas| &*sagas.survey);
            let known = Known { log: &open.log, survey, sources: &sources, samples: &samples };
            Some(complete(&known, &typed, cursor))
        });
        // What was typed meanwhile makes the places of older completions wrong.
        let answer = self
            .asking
            .completions
            .answer()
            .filter(|answer| answer.key.text == text && answer.key.cursor == cursor);
        answer.and_then(|answer| answer.result.as_ref().ok().cloned()).unwrap_or_default()
    }

    /// How the events of the query divide by `group`: the newest answer, and whether it is the one asked for.
    pub fn counts(
        &self,
        engine: &Engine,
        group: &Group,
        range: Option<(i64, i64)>,
    ) -> (Option<Arc<crate::engine::Outcome<TallyKey, Counted>>>, bool) {
        let filter = self.filter.filter.clone();
        let needs_sagas = group.info.of_sagas() || self.filter.needs_sagas();
        let mut sagas = None;
        if needs_sagas {
            match self.sagas(engine) {
                Ok(known) => sagas = Some(known),
                Err(_) => return (None, false),
            }
        }
        let key = TallyKey {
            generation: self.open.log.generation(),
            filter: filter.clone(),
            group: group.clone(),
            range,
            sagas: sagas.as_ref().map(|sagas| sagas.key),
        };
        let (open, group) = (self.open.clone(), group.clone());
        let is_older = |asked: &TallyKey| {
            (&asked.filter, &asked.group, asked.range) == (&key.filter, &key.group, key.range)
        };
        self.asking.tally.ask_in_turn(engine.workers(), &key, is_older, move |cancel, _| {
            let survey = sagas.as_ref().map(|sagas| &*sagas.survey);
            let query = Query { filter, stage: None };
            let found = open.select(&query, survey, cancel, &mut |_, _| {})?;
            let marks = match range {
                Some((from, to)) => {
                    let within = |row: &Row| (from..=to).contains(&open.log.key_of(*row));
                    Marks::of(&open.log, found.marks.rows().filter(within))
                }
                None => found.marks,
            };
            let tally = open.tally(&marks, &group, None, survey, cancel, &mut |_, _| {})?;
            Some(Counted { tally, events: marks.len() })
        });
        let answer = self.asking.tally.answer();
        let is_newest = answer.as_ref().is_some_and(|answer| answer.key == key);
        (answer, is_newest)
    }
}
