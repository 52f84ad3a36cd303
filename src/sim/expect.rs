//! A run as a regression test: a TOML file with the recipe and what must come of it. Everything but the recipe may
//! be left out; what is left out is not checked. Made from a run, it is read by people as well.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::outcome::broken;
use super::recipe::{Recipe, RecipeError};
use super::scenario::given_when_then;
use super::world::{RunReport, SagaReport};

/// Sagas written out one by one; of more only how many ended how.
const SAGAS_WRITTEN_MAX: usize = 20;

/// What must come of a recipe.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// The recipe's line.
    pub recipe: String,
    /// How many sagas end how: `{ completed = 2, stuck = 1 }`. Outcomes that are not named must not occur.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcomes: Option<BTreeMap<String, u32>>,
    /// Codes of the invariants that are broken; all others must hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken: Option<Vec<String>>,
    /// Sagas by their id.
    #[serde(default, rename = "saga", skip_serializing_if = "Vec::is_empty")]
    pub sagas: Vec<ExpectedSaga>,
    /// Every dead letter, in order.
    #[serde(rename = "dead-letter", skip_serializing_if = "Option::is_none")]
    pub dead_letters: Option<Vec<ExpectedLetter>>,
}

/// What must come of one saga.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedSaga {
    /// `s1`.
    pub id: String,
    /// How it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// What is still owed at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owed: Option<Vec<String>>,
    /// Attempts by step; steps that are not named are not checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<BTreeMap<String, u32>>,
    /// Attempts to undo, by step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undo_attempts: Option<BTreeMap<String, u32>>,
}

/// What must come of one dead letter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedLetter {
    /// `s1/process-payment/undo`.
    pub key: String,
    /// Where it stands at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Attempts in its history.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
}

/// Why a file says nothing that can be checked.
#[derive(Debug, thiserror::Error)]
pub enum ExpectError {
    /// No TOML, or not of this form.
    #[error("line {line}: {reason}")]
    Toml {
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// The recipe cannot be read.
    #[error("the recipe cannot be read: {0}")]
    Recipe(#[from] RecipeError),
}

impl Expectation {
    /// Reads a file.
    pub fn parse(text: &str) -> Result<(Self, Recipe), ExpectError> {
        let expectation: Self = toml::from_str(text).map_err(|error| {
            let before = error.span().map_or("", |span| &text[..span.start]);
            ExpectError::Toml {
                line: before.matches('\n').count() + 1,
                reason: error.message().replace('\n', ", "),
            }
        })?;
        let recipe = Recipe::parse(&expectation.recipe)?;
        Ok((expectation, recipe))
    }

    /// What came of a run, to be expected of the same recipe from now on.
    pub fn of(report: &RunReport) -> Self {
        let outcomes = report.outcomes.iter().map(|(outcome, sagas)| (outcome.name().to_owned(), *sagas));
        let sagas = report.sagas.iter().take(SAGAS_WRITTEN_MAX).map(expected_saga);
        let letters = report.dead_letters.iter().map(|letter| ExpectedLetter {
            key: letter.key.clone(),
            state: Some(letter.state.name().to_owned()),
            attempts: Some(letter.attempts.len() as u32),
        });
        Self {
            recipe: report.recipe.clone(),
            outcomes: Some(outcomes.collect()),
            broken: Some(broken(report)),
            sagas: sagas.collect(),
            dead_letters: Some(letters.collect()),
        }
    }

    /// The file: the story as a comment, then what is checked.
    pub fn to_toml(&self, recipe: &Recipe, report: &RunReport) -> String {
        let story = given_when_then(recipe, report);
        let mut text = String::from("# Checked by: sagascope simulate --expect FILE\n#\n");
        for line in story.lines() {
            text += format!("# {line}").trim_end();
            text.push('\n');
        }
        text.push('\n');
        text += &toml::to_string(self).expect("texts, numbers and lists of them are TOML");
        text
    }

    /// What differs between what is expected and what came, each in a sentence; nothing where all is as expected.
    pub fn differences(&self, report: &RunReport) -> Vec<String> {
        let mut found = Differences::default();
        if let Some(expected) = &self.outcomes {
            let came: BTreeMap<String, u32> =
                report.outcomes.iter().map(|(outcome, sagas)| (outcome.name().to_owned(), *sagas)).collect();
            found.compare("outcomes", &counts(expected), &counts(&came));
        }
        if let Some(expected) = &self.broken {
            found.compare("broken invariants", &list(expected), &list(&broken(report)));
        }
        for expected in &self.sagas {
            match report.sagas.iter().find(|saga| saga.id == expected.id) {
                None => found.compare("sagas", &expected.id, "no saga of this id"),
                Some(saga) => found.saga(expected, saga),
            }
        }
        if let Some(expected) = &self.dead_letters {
            let keys = |keys: Vec<&str>| list(&keys);
            found.compare(
                "dead letters",
                &keys(expected.iter().map(|letter| letter.key.as_str()).collect()),
                &keys(report.dead_letters.iter().map(|letter| letter.key.as_str()).collect()),
            );
            for (expected, letter) in expected.iter().zip(&report.dead_letters) {
                let of = |what: &str| format!("dead letter {}: {what}", letter.key);
                found.option(&of("state"), expected.state.as_ref(), &letter.state.name());
                found.option(&of("attempts"), expected.attempts.as_ref(), &letter.attempts.len());
            }
        }
        found.0
    }
}

fn expected_saga(saga: &SagaReport) -> ExpectedSaga {
    let attempts = saga.steps.iter().map(|step| (step.name.clone(), step.attempts));
    let undos = saga.steps.iter().map(|step| (step.name.clone(), step.undo_attempts));
    ExpectedSaga {
        id: saga.id.clone(),
        outcome: Some(saga.outcome.name().to_owned()),
        owed: Some(saga.owed.iter().map(|owed| owed.text.clone()).collect()),
        attempts: Some(attempts.collect()),
        undo_attempts: Some(undos.filter(|(_, attempts)| *attempts > 0).collect()),
    }
}

/// Sentences of the form "what: expected x, came y".
#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn compare(&mut self, what: &str, expected: &str, came: &str) {
        if expected != came {
            self.0.push(format!("{what}: expected {expected}, came {came}"));
        }
    }

    fn option<T: ToString>(&mut self, what: &str, expected: Option<&T>, came: &impl ToString) {
        if let Some(expected) = expected {
            self.compare(what, &expected.to_string(), &came.to_string());
        }
    }

    fn saga(&mut self, expected: &ExpectedSaga, saga: &SagaReport) {
        let of = |what: &str| format!("{} {what}", saga.id);
        self.option(&of("outcome"), expected.outcome.as_ref(), &saga.outcome.name());
        if let Some(owed) = &expected.owed {
            let came: Vec<&str> = saga.owed.iter().map(|owed| owed.text.as_str()).collect();
            self.compare(&of("owed"), &list(owed), &list(&came));
        }
        for (step, attempts) in expected.attempts.iter().flatten() {
            let found = saga.steps.iter().find(|known| known.name == *step);
            let came = found.map_or_else(|| "no such step".to_owned(), |step| step.attempts.to_string());
            self.compare(&of(&format!("attempts of {step}")), &attempts.to_string(), &came);
        }
        for (step, attempts) in expected.undo_attempts.iter().flatten() {
            let found = saga.steps.iter().find(|known| known.name == *step);
            let came = found.map_or_else(|| "no such step".to_owned(), |step| step.undo_attempts.to_string());
            self.compare(&of(&format!("undo attempts of {step}")), &attempts.to_string(), &came);
        }
    }
}

fn list(items: &[impl AsRef<str>]) -> String {
    if items.is_empty() {
        return "none".to_owned();
    }
    items.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ")
}

fn counts(outcomes: &BTreeMap<String, u32>) -> String {
    let counts = outcomes.iter().filter(|(_, sagas)| **sagas > 0);
    list(&counts.map(|(outcome, sagas)| format!("{sagas} {outcome}")).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::testing::report;

    const RECIPE: &str = "shop/fulfilment?fault=process-payment:duplicated&without=idempotency";

    #[test]
    fn what_a_run_came_to_is_what_is_expected_of_it() {
        let report = report(RECIPE);
        let made = Expectation::of(&report);
        let text = made.to_toml(&Recipe::parse(RECIPE).unwrap(), &report);
        let (read, recipe) = Expectation::parse(&text).unwrap();
        assert_eq!(read, made, "{text}");
        assert_eq!(recipe.to_string(), RECIPE);
        assert_eq!(read.differences(&report), Vec::<String>::new());
        for line in [
            "#   Given the saga fulfilment of the domain shop",
            "#   And without idempotency (\"a repeat is answered, not done again\" does not hold)",
            "#   And the command of process-payment arrives twice, the first time",
            "#   Then the saga is inconsistent: an invariant is broken",
            "#   And process-payment took 2 attempts",
            "#   And the undo of process-payment took 3 attempts",
            "#   And it still owes process-payment: refund 120.00 €",
            "#   And the dead letter 1 (s1/process-payment/undo) is open: provider unavailable",
            "#   And S1 is broken, at most one charge held per order: 2 charges",
            "broken = [\"S1\"]",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }

    #[test]
    fn every_difference_is_named() {
        let came = report(RECIPE);
        let check = |change: &dyn Fn(&mut Expectation), said: &str| {
            let mut expected = Expectation::of(&came);
            change(&mut expected);
            assert_eq!(expected.differences(&came), [said]);
        };
        check(
            &|expected| expected.outcomes = Some([("completed".to_owned(), 1)].into()),
            "outcomes: expected 1 completed, came 1 inconsistent",
        );
        check(&|expected| expected.broken = Some(vec![]), "broken invariants: expected none, came S1");
        check(
            &|expected| expected.sagas[0].outcome = Some("stuck".to_owned()),
            "s1 outcome: expected stuck, came inconsistent",
        );
        check(
            &|expected| expected.sagas[0].id = "s9".to_owned(),
            "sagas: expected s9, came no saga of this id",
        );
        check(
            &|expected| expected.sagas[0].owed = Some(vec![]),
            "s1 owed: expected none, came process-payment: refund 120.00 €",
        );
        check(
            &|expected| expected.sagas[0].attempts = Some([("process-payment".to_owned(), 1)].into()),
            "s1 attempts of process-payment: expected 1, came 2",
        );
        check(
            &|expected| expected.sagas[0].undo_attempts = Some([("ship".to_owned(), 1)].into()),
            "s1 undo attempts of ship: expected 1, came no such step",
        );
        check(
            &|expected| expected.dead_letters = Some(vec![]),
            "dead letters: expected none, came s1/process-payment/undo",
        );
        let letter = |state: &str, attempts| ExpectedLetter {
            key: "s1/process-payment/undo".to_owned(),
            state: Some(state.to_owned()),
            attempts: Some(attempts),
        };
        check(
            &|expected| expected.dead_letters = Some(vec![letter("resolved", 3)]),
            "dead letter s1/process-payment/undo: state: expected resolved, came open",
        );
        check(
            &|expected| expected.dead_letters = Some(vec![letter("open", 2)]),
            "dead letter s1/process-payment/undo: attempts: expected 2, came 3",
        );
    }

    #[test]
    fn what_is_left_out_is_not_checked_and_what_is_misspelled_is_said() {
        let (expected, _) = Expectation::parse("recipe = \"shop/fulfilment\"").unwrap();
        assert_eq!(expected.differences(&report(RECIPE)), Vec::<String>::new());
        for (text, said) in [
            ("recipe = \"shop\"", "the recipe cannot be read: at character 5: expected \"/\", found the end"),
            (
                "recipe = \"a/b\"\noutcome = 1",
                "line 2: unknown field `outcome`, expected one of `recipe`, `outcomes`, `broken`, `saga`, \
                 `dead-letter`",
            ),
            ("", "line 1: missing field `recipe`"),
        ] {
            assert_eq!(
                Expectation::parse(text).map_err(|error| error.to_string()).err().as_deref(),
                Some(said)
            );
        }
    }
}
