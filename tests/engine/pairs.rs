//! Every fault of the weather alone, and every two of them together, on every saga of every built-in domain, with every
//! protection on: safety at each end (no invariant is broken, nothing is unaccounted for), and liveness once the
//! weather is over (everything becomes quiet, nobody is stuck for want of anything but a lost event, and what was
//! parked ends when it is redriven). What single faults must come to is told by the table of textbook outcomes.
//!
//! Beside the faults of the matrix there are those of timers, and two that are longer than what they meet: a copy that
//! comes after everything is over, and a service that is down for longer than the undo is tried.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sagascope::base::ticks::Ticks;
use sagascope::domain::{BuiltIn, Domain, SagaStyle, StepKind};
use sagascope::runtime::Route;
use sagascope::sim::faults::{FaultKind, Leg};
use sagascope::sim::matrix::Layout;
use sagascope::sim::possible::impossible;
use sagascope::sim::recipe::{Fault, Place, Recipe};
use sagascope::sim::world::{
    Act, InvariantState, Outcome, SagaReport, Stage, StepProgress, StepReport, World,
};

/// Longer than every attempt of an undo together.
const LONG: Ticks = Ticks::from_millis(60_000);

/// A fault and what it needs to be reached.
#[derive(Clone, Debug)]
struct Single {
    place: Place,
    kind: FaultKind,
    faults: Vec<Fault>,
}

impl Single {
    fn new(fault: Fault) -> Self {
        Self { place: fault.target.place.clone(), kind: fault.kind, faults: vec![fault] }
    }
}

/// Every fault of the weather that can strike this saga, and those that only last longer.
fn singles(domain: &Domain, base: &Recipe) -> Vec<Single> {
    let layout = Layout::new(domain, base).unwrap();
    let mut all: Vec<Single> = Vec::new();
    for cell in &layout.cells {
        let (place, kind) = (layout.rows[cell.at.0].place.clone(), layout.columns[cell.at.1]);
        if kind.info().weather {
            all.push(Single { place, kind, faults: cell.recipe.faults.clone() });
        }
    }
    let saga = domain.saga(&base.saga).unwrap();
    for step in &saga.steps {
        let of_timer = layout
            .columns
            .iter()
            .filter(|kind| kind.info().weather && impossible(kind.info(), saga, step, Leg::Timer).is_none());
        all.extend(of_timer.map(|kind| Single::new(Fault::at_step(&step.name, Leg::Timer, *kind))));
        let long = |kind| Fault { length: Some(LONG), ..Fault::at_step(&step.name, Leg::Command, kind) };
        all.push(Single::new(long(FaultKind::Down)));
        // The first command comes long after the one that was sent in its place: a late duplicate of it.
        all.push(Single::new(long(FaultKind::Delayed)));
    }
    all
}

/// What the runs of a saga came to.
#[derive(Default)]
struct Seen {
    outcomes: BTreeMap<Outcome, u32>,
    kinds: BTreeSet<FaultKind>,
    healed: u32,
}

struct Prover {
    stage: Stage,
    orchestrated: bool,
    seen: Seen,
}

impl Prover {
    fn new(domain: &Arc<Domain>, base: &Recipe) -> Self {
        let orchestrated = domain.saga(&base.saga).unwrap().style == SagaStyle::Orchestration;
        Self { stage: World::stage(domain, base).unwrap(), orchestrated, seen: Seen::default() }
    }

    fn run(&mut self, recipe: &Recipe) {
        let mut world = World::on(self.stage.clone(), recipe).unwrap();
        world.run();
        Self::is_safe(&world, recipe);
        let outcome = self.is_live(&world, recipe);
        *self.seen.outcomes.entry(outcome).or_default() += 1;
        self.seen.kinds.extend(world.recipe().faults.iter().map(|fault| fault.kind));
        if outcome == Outcome::DeadLettered {
            self.heal(world, recipe);
        }
    }

    fn is_safe(world: &World, recipe: &Recipe) {
        let broken = |state: &InvariantState| matches!(state, InvariantState::Broken { .. });
        for invariant in world.invariants() {
            assert!(!broken(&invariant.state), "{recipe}: {invariant:?}");
        }
    }

    /// Everything became quiet, and the one saga has come to an end.
    fn is_live(&self, world: &World, recipe: &Recipe) -> Outcome {
        assert!(world.is_quiescent(), "{recipe}: it goes on for ever");
        assert!(world.in_flight().is_empty(), "{recipe}: something is under way");
        let sagas = world.sagas();
        let [saga] = sagas.as_slice() else { panic!("{recipe}: {} sagas", sagas.len()) };
        match saga.outcome {
            Outcome::Completed | Outcome::Compensated => {
                assert_eq!(saga.owed, [], "{recipe}: ended, and still owes");
            }
            Outcome::DeadLettered => {}
            Outcome::Stuck if self.is_forlorn(world, saga) => {}
            outcome => panic!("{recipe}: {outcome:?}"),
        }
        saga.outcome
    }

    /// Whether there is nobody left who could go on. A coordinator waits for everything, unless its timer is lost too.
    /// Without one nobody waits for an event that never comes, and nobody reacts to the refusal of a step that may not
    /// be refused.
    fn is_forlorn(&self, world: &World, saga: &SagaReport) -> bool {
        let lost = world.lost_messages();
        if self.orchestrated {
            return lost.iter().any(|message| message.route == Route::Timer);
        }
        let refused =
            |step: &StepReport| (step.kind, step.state) == (StepKind::Retriable, StepProgress::Rejected);
        !lost.is_empty() || saga.steps.iter().any(refused)
    }

    /// The weather is over, and a person sends again what was parked.
    fn heal(&mut self, mut world: World, recipe: &Recipe) {
        for fault in &recipe.faults {
            world.act(&Act::Disarm(fault.clone())).unwrap();
        }
        // Behind a step that goes on the next one may wait.
        for _ in 0..=world.wiring().steps() {
            let letters = world.dead_letters();
            for letter in letters.iter().filter(|letter| letter.redrivable) {
                world.act(&Act::Redrive(letter.id)).unwrap();
            }
            world.run();
        }
        Self::is_safe(&world, recipe);
        let outcome = self.is_live(&world, recipe);
        assert_ne!(outcome, Outcome::DeadLettered, "{recipe}: redriving does not end it");
        self.seen.healed += 1;
    }
}

/// Every fault alone and every pair; the outcomes that must be among them.
fn prove(domain: &str, saga: &str, outcomes: &[Outcome]) {
    prove_of(BuiltIn::named(domain).unwrap().load(), saga, outcomes);
}

fn prove_of(domain: Domain, saga: &str, outcomes: &[Outcome]) {
    let domain = Arc::new(domain);
    let base = Recipe::new(&*domain.name, saga);
    let singles = singles(&domain, &base);
    let mut prover = Prover::new(&domain, &base);
    let with = |recipe: Recipe, single: &Single| single.faults.iter().cloned().fold(recipe, Recipe::with);
    let mut pairs = 0;
    for (index, one) in singles.iter().enumerate() {
        let alone = with(base.clone(), one).check(&domain).unwrap();
        prover.run(&alone);
        for other in &singles[index + 1..] {
            if one.place == other.place && (one.kind.excludes(other.kind) || one.kind == other.kind) {
                continue;
            }
            let both = with(alone.clone(), other).check(&domain).unwrap();
            prover.run(&both);
            pairs += 1;
        }
    }
    let Seen { outcomes: seen, kinds, healed } = prover.seen;
    println!("{base}: {} singles, {pairs} pairs, {seen:?}, {healed} healed", singles.len());
    assert_eq!(seen.keys().copied().collect::<Vec<_>>(), outcomes, "{base}");
    assert!(healed > 100, "{base}: {healed} were dead letters");
    let expected: BTreeSet<FaultKind> = singles.iter().map(|single| single.kind).collect();
    assert!(kinds.is_superset(&expected), "{base}: {kinds:?}");
}

use Outcome::{Compensated, Completed, DeadLettered, Stuck};

#[test]
fn the_shop_is_safe_and_live_under_every_pair_of_faults() {
    prove("shop", "fulfilment", &[DeadLettered, Stuck, Compensated, Completed]);
}

#[test]
fn the_shop_without_a_coordinator_is_safe_under_every_pair_of_faults() {
    prove("shop", "fulfilment_choreographed", &[DeadLettered, Stuck, Compensated, Completed]);
}

/// Its steps have deadlines here, kept by one service for the next.
#[test]
fn the_shop_without_a_coordinator_and_with_timeouts_is_safe_under_every_pair_of_faults() {
    let built_in = BuiltIn::named("shop").unwrap();
    let (from, to) = ("like = \"fulfilment\"", "like = \"fulfilment\"\ntimeout = \"2s\"");
    assert!(built_in.text.contains(from));
    let domain = Domain::parse(&built_in.text.replace(from, to), &mut |path| built_in.file(path)).unwrap();
    prove_of(domain, "fulfilment_choreographed", &[DeadLettered, Stuck, Compensated, Completed]);
}

#[test]
fn travel_is_safe_and_live_under_every_pair_of_faults() {
    prove("travel", "trip", &[DeadLettered, Stuck, Compensated, Completed]);
}

#[test]
fn a_transfer_is_safe_and_live_under_every_pair_of_faults() {
    prove("transfer", "transfer", &[DeadLettered, Stuck, Compensated, Completed]);
}

/// The list above is of the sagas that there are.
#[test]
fn no_saga_of_a_built_in_domain_is_left_out() {
    let sagas = sagascope::domain::BUILT_IN.iter().flat_map(|built_in| {
        let domain = built_in.load();
        domain.sagas.iter().map(|saga| format!("{}/{}", domain.name, saga.name)).collect::<Vec<_>>()
    });
    let sagas: BTreeSet<String> = sagas.collect();
    let proved = ["shop/fulfilment", "shop/fulfilment_choreographed", "transfer/transfer", "travel/trip"];
    assert_eq!(sagas.iter().map(String::as_str).collect::<Vec<_>>(), proved);
}
