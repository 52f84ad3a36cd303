//! One recipe carried out to its end, as a view tells it: the report, and what happened line by line. Runs on a
//! worker; what a run is, the simulator knows.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::base::cancel::CancelToken;
use crate::base::ticks::Ticks;
use crate::domain::Domain;
use crate::runtime::{
    Fact, Journal, Key, LetterFact, Position, Recorded, Role, RunFact, SagaFact, StepOutcome,
};
use crate::sim::{Recipe, RunReport, World, WorldStep};

/// Lines kept of a run; of a longer one the later ones are left out, and counted.
const LINES_MAX: usize = 500;

/// Steps between two looks at whether the run is still wanted.
const STEPS_AT_A_TIME: u64 = 1_024;

/// A run that was carried out.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The domain.
    pub domain: Arc<Domain>,
    /// What was carried out.
    pub recipe: Recipe,
    /// What it came to.
    pub report: RunReport,
    /// What happened, in order.
    pub lines: Vec<TrialLine>,
    /// Lines that were left out at the end.
    pub more: u64,
    /// The first line at which a fault struck.
    pub at_fault: Option<usize>,
}

/// One step of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialLine {
    /// When.
    pub at: Ticks,
    /// What kind of thing happened.
    pub tone: Tone,
    /// In plain words.
    pub sentence: String,
}

/// What kind of thing a step was, the more telling ones last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    /// Nothing to remark.
    #[default]
    Plain,
    /// An answer that changes nothing any more.
    Late,
    /// Something is done.
    Done,
    /// The saga goes back.
    Back,
    /// Something is undone.
    Undone,
    /// Something failed or was refused.
    Failed,
    /// Nobody knows whether it happened.
    Unknown,
    /// A person is needed.
    Parked,
    /// It happened once more than it should.
    Broken,
}

impl Trial {
    /// Carries out a recipe. `None`: nobody wants it any more. The error is a sentence.
    pub fn run(domain: &Arc<Domain>, recipe: &Recipe, cancel: &CancelToken) -> Option<Result<Self, String>> {
        let mut world = match World::new(Arc::clone(domain), recipe) {
            Ok(world) => world,
            Err(error) => return Some(Err(error.to_string())),
        };
        let (mut lines, mut more, mut at_fault) = (Vec::new(), 0, None);
        let mut effects = BTreeMap::new();
        let mut seen = 0;
        while let Some(step) = world.step() {
            if step.number.is_multiple_of(STEPS_AT_A_TIME) && cancel.is_cancelled() {
                return None;
            }
            // What lies between two steps (the weather's own notes) belongs to the later one.
            let last = step.events.0 + step.events.1;
            let events =
                (seen + 1..last.max(seen + 1)).filter_map(|at| world.journal().event(Position(at as u32)));
            let (tone, faulted) = judge(events, &mut effects);
            seen = last.saturating_sub(1).max(seen);
            if lines.len() >= LINES_MAX {
                more += 1;
                continue;
            }
            if faulted && at_fault.is_none() {
                at_fault = Some(lines.len());
            }
            lines.push(line(step, tone));
        }
        let report = world.report();
        Some(Ok(Self { domain: Arc::clone(domain), recipe: recipe.clone(), report, lines, more, at_fault }))
    }
}

fn line(step: WorldStep, tone: Tone) -> TrialLine {
    TrialLine { at: step.at, tone, sentence: step.sentence }
}

/// The most telling of some events, and whether a fault struck among them. `effects` counts what each request led to.
fn judge<'a>(events: impl Iterator<Item = &'a Recorded>, effects: &mut BTreeMap<Key, u32>) -> (Tone, bool) {
    let (mut tone, mut faulted) = (Tone::Plain, false);
    for event in events {
        faulted |= matches!(event.fact, Fact::Run(RunFact::FaultInjected { .. }));
        tone = tone.max(tone_of(event, effects));
    }
    (tone, faulted)
}

fn tone_of(event: &Recorded, effects: &mut BTreeMap<Key, u32>) -> Tone {
    match &event.fact {
        Fact::Domain(fact) => match fact.role {
            Role::Effect => {
                let Some(key) = event.key else { return Tone::Done };
                let count = effects.entry(key).or_default();
                *count += 1;
                if *count > 1 { Tone::Broken } else { Tone::Done }
            }
            Role::Refusal => Tone::Failed,
            Role::Undone | Role::Tombstone => Tone::Undone,
            Role::Beside | Role::Given => Tone::Plain,
        },
        Fact::Saga(fact) => tone_of_saga(fact),
        Fact::Letter(LetterFact::Parked { .. }) => Tone::Parked,
        Fact::Check(crate::runtime::CheckFact::Broken { .. }) => Tone::Broken,
        _ => Tone::Plain,
    }
}

fn tone_of_saga(fact: &SagaFact) -> Tone {
    match fact {
        SagaFact::StepCompleted { .. } | SagaFact::Completed {} | SagaFact::ParkResolved { .. } => Tone::Done,
        SagaFact::StepTimedOut { .. }
        | SagaFact::UndoTimedOut { .. }
        | SagaFact::StepFailed { outcome: StepOutcome::Unknown, .. } => Tone::Unknown,
        SagaFact::StepRejected { .. }
        | SagaFact::StepAttemptFailed { .. }
        | SagaFact::UndoAttemptFailed { .. }
        | SagaFact::StepFailed { .. } => Tone::Failed,
        SagaFact::CompensationStarted { .. }
        | SagaFact::UndoStarted { .. }
        | SagaFact::UndoRetried { .. } => Tone::Back,
        SagaFact::UndoCompleted { .. } | SagaFact::Compensated {} => Tone::Undone,
        SagaFact::StepParked { .. } | SagaFact::UndoParked { .. } | SagaFact::Parked { .. } => Tone::Parked,
        SagaFact::LateReplyIgnored { .. } => Tone::Late,
        _ => Tone::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::BuiltIn;
    use crate::sim::Outcome;

    fn trial(recipe: &str) -> Trial {
        let recipe = Recipe::parse(recipe).unwrap();
        let domain = Arc::new(BuiltIn::named(&recipe.domain).unwrap().load());
        Trial::run(&domain, &recipe, &CancelToken::default()).unwrap().unwrap()
    }

    #[test]
    fn a_refusal_is_told_with_its_way_back() {
        let trial = trial("shop/fulfilment?seed=7&fault=reserve-inventory:reject");
        assert_eq!(trial.report.sagas[0].outcome, Outcome::Compensated);
        let fault = &trial.lines[trial.at_fault.unwrap()];
        assert_eq!(fault.tone, Tone::Failed, "{fault:?}");
        let after: Vec<Tone> = trial.lines[trial.at_fault.unwrap()..].iter().map(|line| line.tone).collect();
        assert!(after.contains(&Tone::Undone) && !after.contains(&Tone::Broken), "{after:?}");
        assert!(trial.lines.is_sorted_by_key(|line| line.at));
    }

    #[test]
    fn a_second_charge_is_marked_where_it_happens() {
        let trial = trial("shop/fulfilment?seed=7&fault=process-payment:duplicated&without=idempotency");
        assert_eq!(trial.report.sagas[0].outcome, Outcome::Inconsistent);
        assert!(trial.lines.iter().any(|line| line.tone == Tone::Broken), "{:?}", trial.lines);
    }

    #[test]
    fn nobody_waits_for_a_run_that_is_not_wanted_and_an_impossible_one_is_a_sentence() {
        let domain = Arc::new(BuiltIn::named("shop").unwrap().load());
        let none = Trial::run(&domain, &Recipe::new("shop", "none"), &CancelToken::default()).unwrap();
        assert!(none.unwrap_err().contains("none"));
        let many = Recipe { sagas: 500, ..Recipe::new("shop", "fulfilment") };
        let cancel = CancelToken::default();
        cancel.cancel();
        assert!(Trial::run(&domain, &many, &cancel).is_none());
    }
}
