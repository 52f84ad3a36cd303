//! A run as a story: Given (what is switched off), When (what goes wrong), Then (how it ends). Text for people and
//! for the head of a regression test; it decides nothing.

use std::fmt::Write as _;

use super::faults::{Count, Leg, Protection};
use super::recipe::{Fault, Place, Recipe};
use super::world::{InvariantState, Outcome, RunReport, SagaReport};

/// Sagas told one by one; of more only how many ended how.
const SAGAS_TOLD_MAX: usize = 3;

/// The run that `recipe` came to, as Given-When-Then; every line ends with a line feed.
pub fn given_when_then(recipe: &Recipe, report: &RunReport) -> String {
    let mut text = format!("Scenario: {recipe}\n");
    say(&mut text, "Given", given(recipe));
    say(&mut text, "When", when(recipe));
    say(&mut text, "Then", then(report));
    text
}

/// The first line with its word, the others with "And".
fn say(text: &mut String, word: &str, lines: Vec<String>) {
    for (index, line) in lines.into_iter().enumerate() {
        let word = if index == 0 { word } else { "And" };
        writeln!(text, "  {word} {line}").expect("a String takes all");
    }
}

fn given(recipe: &Recipe) -> Vec<String> {
    let mut lines = vec![format!("the saga {} of the domain {}", recipe.saga, recipe.domain)];
    if recipe.without.is_empty() {
        lines.push("every protection is on".to_owned());
    }
    lines.extend(recipe.without.iter().map(|removal| without(*removal)));
    lines
}

fn without(protection: Protection) -> String {
    let info = protection.info();
    format!("without {} (\"{}\" does not hold)", info.title.to_lowercase(), info.sentence)
}

fn when(recipe: &Recipe) -> Vec<String> {
    let begin = match recipe.sagas {
        1 => "it is started".to_owned(),
        sagas => format!("{sagas} of them are started, one every {}", recipe.arrival()),
    };
    let acts = recipe.acts.iter().map(|planned| {
        let act = planned.act.sentence(ToString::to_string);
        format!("at moment {}, {act}", planned.moment)
    });
    std::iter::once(begin).chain(recipe.faults.iter().map(fault)).chain(acts).collect()
}

/// "the reply of process-payment comes after the last deadline, every time".
pub fn fault(fault: &Fault) -> String {
    let info = fault.kind.info();
    let what = match &fault.target.place {
        Place::Start => "the message that starts it".to_owned(),
        Place::Step { step, leg } => match leg {
            Leg::Command => format!("the command of {step}"),
            Leg::Reply => format!("the reply of {step}"),
            Leg::Undo => format!("the undo of {step}"),
            Leg::UndoReply => format!("the reply to the undo of {step}"),
            Leg::Timer => format!("the timer of {step}"),
        },
        Place::Type(name) => format!("a message {name}"),
        Place::Service(name) => format!("a message to {name}"),
        Place::Any => "any message".to_owned(),
    };
    let mut text = format!("{what} {}", info.phrase);
    if let Some(saga) = fault.target.saga {
        write!(text, ", in saga s{saga} only").expect("a String takes all");
    }
    let times = match (fault.count, fault.at) {
        (Count::Times(1), 1) => ", the first time".to_owned(),
        (Count::Times(times), 1) => format!(", the first {times} times"),
        (Count::All, 1) => ", every time".to_owned(),
        (Count::Times(1), at) => format!(", only the {} time", ordinal(at)),
        (Count::Times(times), at) => format!(", {times} times from the {} on", ordinal(at)),
        (Count::All, at) => format!(", from the {} time on", ordinal(at)),
    };
    text += &times;
    if let Some(start) = fault.start {
        write!(text, ", from {start} on").expect("a String takes all");
    }
    if let Some(length) = fault.length {
        write!(text, ", for {length}").expect("a String takes all");
    }
    text
}

/// `1st`, `2nd`, `11th`.
fn ordinal(number: u32) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

fn then(report: &RunReport) -> Vec<String> {
    let mut lines = Vec::new();
    if let [saga] = report.sagas.as_slice() {
        lines.push(format!("the saga {}", ended(saga.outcome)));
    } else {
        lines.extend(report.outcomes.iter().map(|(outcome, sagas)| match sagas {
            1 => format!("1 saga {}", ended(*outcome)),
            sagas => format!("{sagas} sagas: each {}", ended(*outcome)),
        }));
    }
    for saga in report.sagas.iter().take(SAGAS_TOLD_MAX) {
        lines.extend(attempts(saga, report.sagas.len() > 1));
        lines.extend(saga.owed.iter().map(|owed| format!("it still owes {}", owed.text)));
    }
    for letter in &report.dead_letters {
        lines.push(format!(
            "the dead letter {} ({}) is {}: {}",
            letter.id, letter.key, letter.state, letter.error
        ));
    }
    for invariant in &report.invariants {
        if let InvariantState::Broken { difference, .. } = &invariant.state {
            lines.push(format!("{} is broken, {}: {difference}", invariant.code, invariant.about));
        }
    }
    lines
}

fn ended(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Inconsistent => "is inconsistent: an invariant is broken",
        Outcome::DeadLettered => "is dead-lettered: it waits for a person",
        Outcome::Stuck => "is stuck: nothing will happen any more",
        Outcome::Compensated => "is compensated: what had happened is undone",
        Outcome::Completed => "is completed",
        Outcome::Running => "is still running",
    }
}

/// Steps that needed more than one attempt, or an undo.
fn attempts(saga: &SagaReport, named: bool) -> Vec<String> {
    let of = if named { format!(" of {}", saga.id) } else { String::new() };
    let mut lines = Vec::new();
    for step in &saga.steps {
        if step.attempts > 1 {
            lines.push(format!("{}{of} took {} attempts", step.name, step.attempts));
        }
        match step.undo_attempts {
            0 => {}
            1 => lines.push(format!("the undo of {}{of} was sent", step.name)),
            undos => lines.push(format!("the undo of {}{of} took {undos} attempts", step.name)),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_told_with_its_place_and_its_count() {
        for (text, told) in [
            (
                "process-payment:timeout",
                "the reply of process-payment comes after the last deadline, every time",
            ),
            (
                "start:crash-before-ack",
                "the message that starts it makes its receiver crash before ack, the first time",
            ),
            ("a/undo-reply:lost:3", "the reply to the undo of a is lost, the first 3 times"),
            ("a#2:transient@2", "the command of a fails technically, in saga s2 only, only the 2nd time"),
            ("a:reject:all@11", "the command of a is refused, from the 11th time on"),
            ("any:delayed:2@23=1s", "any message arrives late, 2 times from the 23rd on, for 1s"),
            (
                "service/b:down+2s=1s",
                "a message to b meets a service that is down, the first time, from 2s on, for 1s",
            ),
        ] {
            assert_eq!(fault(&Fault::parse(text).unwrap()), told);
        }
    }
}
