//! What a simulation looks like at one moment: everything that a view draws, as plain data. Made on the thread of
//! the simulation, so that drawing asks nothing of the world.

use std::sync::Arc;

use crate::base::ticks::Ticks;
use crate::domain::Domain;
use crate::sim::history::BranchReport;
use crate::sim::rules::RULES;
use crate::sim::{
    ArmedFault, DeadLetter, History, InFlight, InvariantReport, InvariantState, LostMessage, Narration,
    Outcome, ReadModelReport, Recipe, SagaReport, ServiceReport, World, WorldStep,
};

/// A moment of a simulation.
#[derive(Clone, Debug)]
pub struct SimFrame {
    /// The domain.
    pub domain: Arc<Domain>,
    /// The world itself, to carry out on a copy what might be done to it.
    pub world: Arc<World>,
    /// What was asked for, and what was done to it since: it gives the same run again.
    pub recipe: Recipe,
    /// Its canonical line.
    pub recipe_line: String,
    /// The moment: steps and acts so far.
    pub step: u64,
    /// The newest moment of this future.
    pub newest: u64,
    /// Messages handled so far.
    pub messages: u64,
    /// Virtual time of this moment.
    pub now: Ticks,
    /// Events recorded up to this moment.
    pub events: u64,
    /// Whether nothing is under way any more.
    pub quiescent: bool,
    /// The limit of steps that stopped the run, if it did: nothing more happens although something is under way.
    pub stopped: Option<u64>,
    /// In plain words.
    pub narration: Narration,
    /// Every saga that has begun.
    pub sagas: Vec<SagaReport>,
    /// Messages and timers under way, the next first.
    pub in_flight: Vec<InFlight>,
    /// Dead letters.
    pub dead_letters: Vec<DeadLetter>,
    /// Invariants.
    pub invariants: Vec<InvariantReport>,
    /// Services and the orchestrator.
    pub services: Vec<ServiceReport>,
    /// Read models.
    pub read_models: Vec<ReadModelReport>,
    /// Faults of the recipe and how often they struck.
    pub faults: Vec<ArmedFault>,
    /// Messages that nobody accepted up to this moment.
    pub lost: Vec<LostMessage>,
    /// Every step up to the newest moment of this future.
    pub steps: Arc<Vec<WorldStep>>,
    /// What comes if nothing else happens. `None` while the run is too long to look ahead.
    pub forecast: Option<Forecast>,
    /// The futures that were kept, in words; the one that is shown, among them.
    pub futures: Vec<String>,
    /// The moment at which the future that is shown left another one; `None`: it is the first.
    pub left_at: Option<u64>,
    /// Which of [`SimFrame::futures`] is shown.
    pub future: usize,
    /// How many things a person did on the way here.
    pub acts: usize,
    /// What a person did last, in words, if it can be taken back.
    pub undo: Option<String>,
    /// Whether the thread goes on by itself just now.
    pub running: bool,
    /// The last act that was not carried out, as a sentence.
    pub refused: Option<String>,
    /// Where going on stopped and why, as a sentence; told once.
    pub said: Option<String>,
}

/// How a run ends if nobody touches it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// When.
    pub at: Ticks,
    /// How many sagas have which outcome.
    pub outcomes: Vec<(Outcome, u32)>,
    /// What is still owed then, in words.
    pub owed: Vec<String>,
    /// Invariants that are broken then.
    pub broken: Vec<String>,
    /// Dead letters that are open then.
    pub open_letters: usize,
}

/// Sagas of a run that is still looked ahead in, so that a frame costs little.
const FORECAST_SAGAS_MAX: u32 = 50;

impl SimFrame {
    pub(super) fn of(domain: &Arc<Domain>, history: &History, steps: Arc<Vec<WorldStep>>) -> Self {
        let world = history.world();
        let recipe = history.recipe();
        let branches = history.branches();
        Self {
            domain: Arc::clone(domain),
            world: Arc::new(world.clone()),
            recipe_line: recipe.to_string(),
            step: history.moment(),
            newest: history.newest(),
            messages: world.steps_done(),
            now: world.now(),
            events: world.len(),
            quiescent: world.is_quiescent(),
            stopped: world.is_stopped().then(|| recipe.steps_max()),
            narration: world.narrate(),
            sagas: world.sagas(),
            in_flight: world.in_flight(),
            dead_letters: world.dead_letters(),
            invariants: invariants(world),
            services: world.services(),
            read_models: world.read_models(),
            faults: world.faults(),
            lost: world.lost_messages(),
            steps,
            // What is over needs no looking ahead.
            forecast: (recipe.sagas <= FORECAST_SAGAS_MAX || world.is_quiescent() || world.is_stopped())
                .then(|| Forecast::of(world)),
            futures: branches.iter().map(words_of).collect(),
            left_at: branches[history.branch()].parent.map(|(_, moment)| moment),
            future: history.branch(),
            acts: history.acts().len(),
            undo: last_act(history),
            running: false,
            refused: None,
            said: None,
            recipe,
        }
    }

    /// Whether the run came to its end, or to its limit, and that is shown.
    pub fn is_over(&self) -> bool {
        (self.quiescent || self.stopped.is_some()) && self.is_newest()
    }

    /// Whether the moment that is shown is the newest.
    pub fn is_newest(&self) -> bool {
        self.step == self.newest
    }
}

/// What a person did last, in the words of the run.
/// What the domain demands and, where it is broken, what holds for the log of every domain.
fn invariants(world: &World) -> Vec<InvariantReport> {
    let of_every_log = |check: &InvariantReport| RULES.iter().any(|rule| rule.code == check.code);
    let mut invariants = world.invariants();
    invariants.retain(|check| check.state != InvariantState::Holds || !of_every_log(check));
    invariants
}

fn last_act(history: &History) -> Option<String> {
    let moment = history.acts().last()?.moment;
    history.steps().get(moment as usize).map(|step| step.sentence.trim_end_matches('.').to_owned())
}

/// A future as a menu names it: "as it began", "from moment 3 on: without retries".
fn words_of(branch: &BranchReport) -> String {
    let Some((_, moment)) = branch.parent else { return "as it began".to_owned() };
    let Some(first) = branch.acts.iter().find(|planned| planned.moment == moment) else {
        return format!("from moment {moment} on");
    };
    let act = first.act.sentence(ToString::to_string);
    let act = act.strip_prefix("from here on").map_or(&*act, |rest| rest.trim_start_matches([':', ' ']));
    format!("from moment {moment} on: {act}")
}

impl Forecast {
    fn of(world: &World) -> Self {
        let mut ahead = world.clone();
        ahead.run();
        let report = ahead.report();
        let is_broken = |check: &&InvariantReport| matches!(check.state, InvariantState::Broken { .. });
        Self {
            at: report.ended,
            outcomes: report.outcomes,
            owed: report
                .sagas
                .iter()
                .flat_map(|saga| saga.owed.iter().map(|owed| owed.text.clone()))
                .collect(),
            broken: report
                .invariants
                .iter()
                .filter(is_broken)
                .map(|check| format!("{} {}", check.code, check.about).trim().to_owned())
                .collect(),
            open_letters: report.dead_letters.iter().filter(|letter| letter.redrivable).count(),
        }
    }
}
