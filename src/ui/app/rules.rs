//! Colour rules: queries whose events have a colour in the log. What they find is looked for in the background and
//! kept as one bit an event; where several find one, the first counts.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::App;
use super::document::Document;
use super::sagas::{NoSagas, SurveyKey};
use crate::engine::{Engine, Latest};
use crate::model::Row;
use crate::query::{Marks, Query};
use crate::ui::format::one_line;

/// Rules at most: more than there are hues that can be told apart.
const RULES_MAX: usize = 12;

/// A query whose events have a colour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColorRule {
    /// As typed.
    pub query: String,
    /// Number of its hue, from 1.
    pub hue: usize,
}

/// What an answer depends on.
#[derive(Clone, Debug, PartialEq)]
struct RuleKey {
    generation: u64,
    sagas: Option<SurveyKey>,
}

/// A rule in one log.
struct Applied {
    rule: ColorRule,
    query: Option<Query>,
    found: Latest<RuleKey, Arc<Marks>>,
    /// The newest answer, taken once a frame.
    marks: Option<Arc<Marks>>,
}

/// The rules as they apply to one log.
#[derive(Default)]
pub struct Rules(Vec<Applied>);

impl Rules {
    pub(super) fn is_busy(&self) -> bool {
        self.0.iter().any(|applied| applied.found.is_busy())
    }

    /// The first rule that finds an event.
    pub fn of(&self, row: Row) -> Option<&ColorRule> {
        let finds = |applied: &&Applied| applied.marks.as_ref().is_some_and(|marks| marks.contains(row));
        self.0.iter().find(finds).map(|applied| &applied.rule)
    }

    /// Takes over the rules of now; what is known of those that stayed, stays.
    fn fit(&mut self, rules: &[ColorRule]) {
        if rules.iter().eq(self.0.iter().map(|applied| &applied.rule)) {
            return;
        }
        let mut known = std::mem::take(&mut self.0);
        self.0 = rules
            .iter()
            .map(|rule| match known.iter().position(|applied| applied.rule.query == rule.query) {
                Some(at) => Applied { rule: rule.clone(), ..known.swap_remove(at) },
                None => Applied {
                    rule: rule.clone(),
                    query: Query::parse(&rule.query).ok(),
                    found: Latest::default(),
                    marks: None,
                },
            })
            .collect();
    }
}

impl Document {
    /// Asks what the rules find, and takes what came.
    pub(super) fn refresh_rules(&mut self, engine: &Engine, rules: &[ColorRule]) {
        let mut own = std::mem::take(&mut self.rules);
        own.fit(rules);
        for applied in &mut own.0 {
            let Some(query) = &applied.query else { continue };
            let mut survey = None;
            if query.needs_sagas() {
                match self.sagas(engine) {
                    Ok(sagas) => survey = Some(sagas),
                    Err(NoSagas::Looking(..) | NoSagas::Failed(_)) => continue,
                }
            }
            let sagas = survey.as_ref().map(|sagas| sagas.key);
            let key = RuleKey { generation: self.open.log.generation(), sagas };
            let (open, query) = (self.open.clone(), Query { stage: None, ..query.clone() });
            applied.found.ask_in_turn(
                engine.workers(),
                &key,
                |_| true,
                move |cancel, _| {
                    let survey = survey.as_ref().map(|sagas| &*sagas.survey);
                    open.select(&query, survey, cancel, &mut |_, _| {}).map(|found| Arc::new(found.marks))
                },
            );
            let answer = applied.found.answer();
            applied.marks = answer.and_then(|answer| answer.result.as_ref().ok().cloned());
        }
        self.rules = own;
    }
}

impl App {
    /// Gives the query of the bar a colour.
    pub(super) fn add_rule(&mut self) {
        let asked = self.document.as_ref().map(|document| document.filter_text.trim().to_owned());
        let query = asked.unwrap_or_default();
        let rules = &mut self.preferences.rules;
        let said = if query.is_empty() {
            "Type a query first (Ctrl+F), then what it finds can be coloured".to_owned()
        } else if Query::parse(&query).is_err() {
            "What this query finds cannot be coloured: something in it is not understood".to_owned()
        } else if rules.iter().any(|rule| rule.query == query) {
            "What this query finds has a colour already".to_owned()
        } else if rules.len() >= RULES_MAX {
            format!("There are {RULES_MAX} colours, and all are taken: remove one first")
        } else {
            let is_free = |hue: &usize| rules.iter().all(|rule| rule.hue != *hue);
            let hue = (1..=RULES_MAX).find(is_free).unwrap_or(1);
            rules.push(ColorRule { query: query.clone(), hue });
            format!("What {} finds has a colour", one_line(&query))
        };
        self.say(said);
    }

    pub(super) fn remove_rule(&mut self, query: &str) {
        self.preferences.rules.retain(|rule| rule.query != query);
        self.say(format!("What {} finds has no colour any more", one_line(query)));
    }
}
