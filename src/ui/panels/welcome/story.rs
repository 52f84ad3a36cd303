//! What a run came to, in one sentence and its reason: "Out of stock: the payment is refunded, the order is
//! cancelled." Read off the report, so that it is never more than what happened.

use super::choices::{capital, participle};
use crate::domain::{Saga, Step};
use crate::engine::{Tone, Trial};
use crate::sim::{Outcome, SagaReport, StepProgress, StepReport};

/// A run, told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Story {
    /// What happened.
    pub(super) told: String,
    /// The rule behind it.
    pub(super) why: &'static str,
    /// How it ended.
    pub(super) outcome: Outcome,
}

/// Tells a run of one saga; `None` where there is no saga to tell of.
pub(super) fn story(trial: &Trial) -> Option<Story> {
    let report = trial.report.sagas.first()?;
    let saga = trial.domain.saga(&trial.recipe.saga)?;
    let undone = undone(saga, report);
    let unknown = unknown(trial, report);
    let refused = report.steps.iter().find(|step| !step.note.is_empty());
    let parked = |state| report.steps.iter().find(|step| step.state == state);
    let (told, why) = match report.outcome {
        Outcome::Compensated => match (refused, unknown) {
            (Some(step), _) => (refusal(step, &undone), REFUSED),
            (None, Some(at)) => {
                let tries = report.steps[at].attempts;
                let told = format!("No answer after {tries} attempts, so it is undone first: {undone}.");
                (told, UNKNOWN)
            }
            (None, None) => (format!("The saga goes back: {undone}."), REFUSED),
        },
        Outcome::DeadLettered => match (parked(StepProgress::UndoParked), parked(StepProgress::Parked)) {
            (Some(step), _) => (undo_parked(step, report, &undone), UNDO_PARKED),
            (None, Some(step)) if report.pivot_passed => {
                let told = format!("{} fails {} times and waits for a person.", step.name, step.attempts);
                (told, AFTER_PIVOT)
            }
            (None, _) => {
                let step = unknown.map_or("the step", |at| &report.steps[at].name);
                (format!("No answer from {step}: the saga waits, neither back nor forward."), PIVOT_UNKNOWN)
            }
        },
        Outcome::Completed => match report.steps.iter().find(|step| step.attempts > 1) {
            Some(step) => (
                format!("{} is tried {} times, and everything is done once.", step.name, step.attempts),
                REPEATED,
            ),
            None => (
                "What was done is kept, the message comes again, and nothing is done twice.".to_owned(),
                REPEATED,
            ),
        },
        Outcome::Stuck => ("Nothing is under way any more, and nobody will act.".to_owned(), STUCK),
        Outcome::Inconsistent => ("Something happened that nothing accounts for.".to_owned(), BROKEN),
        Outcome::Running => ("The run was stopped before its end.".to_owned(), STUCK),
    };
    Some(Story { told, why, outcome: report.outcome })
}

const REFUSED: &str =
    "A refusal is an answer: nothing happened there, so only what was done before is undone, the last first.";
const UNKNOWN: &str =
    "Without an answer it may have happened, so its own undo goes first; what comes late is ignored.";
const UNDO_PARKED: &str =
    "An undo that fails is kept as a dead letter that names the debt; the other undos go on.";
const AFTER_PIVOT: &str = "The point of no return lies behind: nothing is undone, it has to be done.";
const PIVOT_UNKNOWN: &str =
    "This is the point of no return: while nobody knows whether it happened, both ways are wrong.";
const REPEATED: &str = "Each request has a key: a repeat is answered from the inbox, not done again.";
const STUCK: &str = "Nobody noticed that something is missing.";
const BROKEN: &str = "A protection was missing, and an invariant broke.";

/// The step of which nobody knew whether it happened, by its place.
pub(super) fn unknown(trial: &Trial, report: &SagaReport) -> Option<usize> {
    use StepProgress::{Compensated, NothingToUndo, Parked, UndoParked, Unknown};

    if !trial.lines.iter().any(|line| line.tone == Tone::Unknown) {
        return None;
    }
    let at = report.steps.iter().rposition(|step| step.attempts > 0)?;
    let step = &report.steps[at];
    let given_up = matches!(step.state, Compensated | NothingToUndo | Parked | UndoParked | Unknown);
    (given_up && step.note.is_empty()).then_some(at)
}

/// "the payment is refunded, the order is cancelled", in the order in which it happens.
fn undone(saga: &Saga, report: &SagaReport) -> String {
    let steps = saga.steps.iter().zip(&report.steps).rev();
    let undone = steps.filter(|(_, step)| step.state == StepProgress::Compensated);
    let clauses: Vec<String> = undone.map(|(step, _)| clause(step)).collect();
    if clauses.is_empty() { "there is nothing to undo".to_owned() } else { clauses.join(", ") }
}

fn clause(step: &Step) -> String {
    format!("the {} is {}", crate::model::type_family(&step.command), participle(step))
}

fn refusal(step: &StepReport, undone: &str) -> String {
    let reason = step.note.split_once(": ").map_or(&*step.note, |(_, reason)| reason);
    format!("{}: {undone}.", capital(reason))
}

fn undo_parked(step: &StepReport, report: &SagaReport, undone: &str) -> String {
    let owed: Vec<&str> =
        report.owed.iter().filter_map(|owed| owed.text.split_once(": ").map(|(_, what)| what)).collect();
    let debt = if owed.is_empty() { String::new() } else { format!(", {} stay owed", owed.join(" and ")) };
    format!("The undo of {} fails {} times{debt}; {undone}.", step.name, step.undo_attempts)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::cancel::CancelToken;
    use crate::domain::BUILT_IN;
    use crate::ui::panels::welcome::choices::choices;

    fn told(domain: &str, title: &str) -> (String, Outcome) {
        let domain = Arc::new(BUILT_IN.iter().find(|known| known.name == domain).unwrap().load());
        let offered = choices(&domain, &domain.sagas[0]);
        let choice = offered.iter().find(|choice| choice.title == title).unwrap();
        let trial = Trial::run(&domain, &choice.recipe, &CancelToken::default()).unwrap().unwrap();
        let story = story(&trial).unwrap();
        (story.told, story.outcome)
    }

    #[test]
    fn each_failure_of_the_shop_is_told() {
        for (title, sentence, outcome) in [
            (
                "No stock",
                "Out of stock: the payment is refunded, the order is cancelled.",
                Outcome::Compensated,
            ),
            ("Payment refused", "Card declined: the order is cancelled.", Outcome::Compensated),
            (
                "Payment times out",
                "No answer after 3 attempts, so it is undone first: the payment is refunded, the order is \
                 cancelled.",
                Outcome::Compensated,
            ),
            (
                "Service crashes",
                "What was done is kept, the message comes again, and nothing is done twice.",
                Outcome::Completed,
            ),
            (
                "Order never answers",
                "No answer from confirm-order: the saga waits, neither back nor forward.",
                Outcome::DeadLettered,
            ),
        ] {
            assert_eq!(told("shop", title), (sentence.to_owned(), outcome), "{title}");
        }
        let (refund, outcome) = told("shop", "Refund fails");
        assert!(refund.starts_with("The undo of process-payment fails 3 times, "), "{refund}");
        assert!(refund.ends_with("€ stay owed; the order is cancelled."), "{refund}");
        assert_eq!(outcome, Outcome::DeadLettered);
    }

    #[test]
    fn every_offer_of_every_domain_ends_without_breaking_anything() {
        for built_in in BUILT_IN {
            let domain = built_in.load();
            for choice in choices(&domain, &domain.sagas[0]) {
                let (sentence, outcome) = told(built_in.name, &choice.title);
                assert!(sentence.ends_with('.'), "{sentence}");
                let is_orderly =
                    matches!(outcome, Outcome::Completed | Outcome::Compensated | Outcome::DeadLettered);
                assert!(is_orderly, "{}: {sentence}", choice.title);
            }
        }
    }
}
