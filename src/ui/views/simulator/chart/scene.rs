//! What of a run the chart draws: lanes, and the messages around the moment that is shown. A run may have any
//! number of steps; of those only a stretch is looked at, and only so many are drawn.

use crate::base::ticks::Ticks;
use crate::engine::SimFrame;
use crate::runtime::Route;
use crate::sim::possible::ORCHESTRATOR;
use crate::sim::{Handled, LostMessage, StepResult, Turn, WorldStep};

/// Messages drawn before the moment that is shown.
const BEFORE_MAX: usize = 240;
/// Messages drawn after it, while it lies in the past.
const AFTER_MAX: usize = 60;
/// Acts that are marked.
const ACTS_MAX: usize = 100;
/// Steps looked through for messages of the saga that is shown.
const LOOKED_AT_MAX: usize = 20_000;

/// One message on the chart.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Move {
    /// Number of the step that handled it; 0 for a lost one.
    pub(super) number: u64,
    /// Lane of the sender; `None`: from outside.
    pub(super) from: Option<usize>,
    /// Lane of the receiver.
    pub(super) to: usize,
    pub(super) sent: Ticks,
    pub(super) taken: Ticks,
    pub(super) at: Ticks,
    pub(super) route: Route,
    pub(super) attempt: u32,
    pub(super) label: String,
    pub(super) result: StepResult,
    pub(super) turn: Option<Turn>,
    pub(super) sentence: String,
    pub(super) lost: bool,
    /// After the moment that is shown.
    pub(super) after: bool,
}

/// Something that a person did to the run.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Done {
    /// The moment after it.
    pub(super) number: u64,
    pub(super) at: Ticks,
    pub(super) sentence: String,
    /// After the moment that is shown.
    pub(super) after: bool,
}

/// What a scene depends on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SceneKey {
    steps: usize,
    step: u64,
    newest: u64,
    acts: usize,
    saga: Option<u32>,
    future: usize,
    recipe: String,
}

/// Lanes and messages.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scene {
    pub(super) lanes: Vec<String>,
    pub(super) moves: Vec<Move>,
    pub(super) acts: Vec<Done>,
    /// Where the future that is shown left another one, and the number of the moment after that.
    pub(super) begins: Option<(Ticks, u64)>,
    /// Whether messages before the first are left out.
    pub(super) is_cut: bool,
}

impl SceneKey {
    pub(super) fn of(frame: &SimFrame, saga: Option<u32>) -> Self {
        Self {
            steps: frame.steps.len(),
            step: frame.step,
            newest: frame.newest,
            acts: frame.acts,
            saga,
            future: frame.future,
            recipe: frame.recipe_line.clone(),
        }
    }
}

impl Scene {
    pub(super) fn of(frame: &SimFrame, saga: Option<u32>) -> Self {
        let lanes = lanes(frame);
        let wanted = saga.map(|number| format!("s{number}"));
        let is_wanted = |step: &&WorldStep| {
            matches!(step.what, Handled::Message(_))
                && wanted.as_ref().is_none_or(|wanted| step.saga.as_ref() == Some(wanted))
        };
        let now = (frame.step as usize).min(frame.steps.len());
        let (before, after) = frame.steps.split_at(now);
        let looked = before.len().min(LOOKED_AT_MAX);
        let mut past: Vec<&WorldStep> =
            before[before.len() - looked..].iter().rev().filter(is_wanted).take(BEFORE_MAX).collect();
        past.reverse();
        let is_cut = past.len() == BEFORE_MAX || looked < before.len();
        let later = after.iter().take(LOOKED_AT_MAX).filter(is_wanted).take(AFTER_MAX);
        let mut moves: Vec<Move> = Vec::with_capacity(past.len() + AFTER_MAX);
        moves.extend(past.into_iter().filter_map(|step| of_step(step, &lanes, false)));
        let first = moves.first().map_or(Ticks::ZERO, |first| first.sent);
        let lost = frame.lost.iter().rev().take(BEFORE_MAX).filter(|lost| {
            (lost.at >= first || !is_cut) && wanted.as_ref().is_none_or(|wanted| lost.saga == *wanted)
        });
        moves.extend(lost.filter_map(|lost| of_lost(lost, &lanes)));
        moves.extend(later.filter_map(|step| of_step(step, &lanes, true)));
        moves.sort_by_key(|it| it.at);
        let around = after.iter().take(LOOKED_AT_MAX);
        let around = before[before.len() - looked..].iter().chain(around);
        let acts = around.filter(|step| step.what == Handled::Acted).map(|step| Done {
            number: step.number,
            at: step.at,
            sentence: step.sentence.clone(),
            after: step.number > frame.step,
        });
        let begins = frame.left_at.map(|moment| {
            let before = (moment as usize).checked_sub(1).and_then(|at| frame.steps.get(at));
            (before.map_or(Ticks::ZERO, |step| step.at), moment + 1)
        });
        Self { lanes, moves, acts: acts.take(ACTS_MAX).collect(), begins, is_cut }
    }

    /// The lane of a name.
    pub(super) fn lane(&self, name: &str) -> Option<usize> {
        self.lanes.iter().position(|lane| lane == name)
    }
}

/// The orchestrator, if there is one, then the services in the order in which the saga first needs them.
fn lanes(frame: &SimFrame) -> Vec<String> {
    let mut lanes: Vec<String> = Vec::new();
    let is_there = |name: &str| frame.services.iter().any(|service| service.name == name);
    let steps = frame.domain.saga(&frame.recipe.saga).map(|saga| &*saga.steps).unwrap_or_default();
    let named = std::iter::once(ORCHESTRATOR).chain(steps.iter().map(|step| &*step.service));
    let rest = frame.services.iter().map(|service| &*service.name);
    for name in named.chain(rest) {
        if is_there(name) && !lanes.iter().any(|lane| lane == name) {
            lanes.push(name.to_owned());
        }
    }
    lanes
}

fn of_step(step: &WorldStep, lanes: &[String], after: bool) -> Option<Move> {
    let Handled::Message(route) = step.what else { return None };
    let lane = |name: &str| lanes.iter().position(|lane| lane == name);
    Some(Move {
        number: step.number,
        from: lane(&step.from),
        to: lane(&step.to)?,
        sent: step.sent_at,
        taken: step.taken_at.max(step.sent_at).min(step.at),
        at: step.at,
        route,
        attempt: step.attempt,
        label: step.label.clone(),
        result: step.result,
        turn: step.turn,
        sentence: step.sentence.clone(),
        lost: false,
        after,
    })
}

fn of_lost(lost: &LostMessage, lanes: &[String]) -> Option<Move> {
    let lane = |name: &str| lanes.iter().position(|lane| lane == name);
    Some(Move {
        number: 0,
        from: lane(&lost.from),
        to: lane(&lost.to)?,
        sent: lost.at,
        taken: lost.at,
        at: lost.at,
        route: lost.route,
        attempt: lost.attempt,
        label: lost.label.clone(),
        result: StepResult::Failed,
        turn: None,
        sentence: format!("{} to {} is lost.", lost.label, lost.to),
        lost: true,
        after: false,
    })
}
