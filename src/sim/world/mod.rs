//! The simulated world: the runtime's processes on a virtual clock, connected by a bus, in the weather of a recipe.
//! [`World::step`] handles one message; cloning a world keeps the moment; the same recipe gives the same bytes.
//! What happens is recorded as events, and everything that can be asked is answered from them.

mod acts;
mod agenda;
mod around;
mod bus;
mod inspect;
mod ledger;
mod narrate;
mod processes;
mod record;
mod report;
mod stage;
mod watch;
mod weather;

use std::sync::Arc;

use serde_json::Value;

use crate::base::entropy::{Purpose, between, mix};
use crate::base::ticks::Ticks;
use crate::domain::{Domain, Part, Sample};
use crate::model::RecordedEvent;
use crate::runtime::{
    Commit, Context, DeadLetters, DomainFact, EventId, Fact, Journal, MemoryJournal, Message, Party,
    Position, Protections, Role, RunFact, SagaNo, Wiring,
};

use super::recipe::{Planned, Recipe};
use around::{Note, start_message};
use bus::{Bus, Due};
use ledger::Ledger;
use processes::Process;
use watch::Watch;
use weather::Weather;

pub use report::*;
pub use stage::Stage;

/// Version of the semantics: raised whenever the same recipe would give another log.
pub const SEMANTICS: u32 = 2;

/// A system at one moment of its run. A clone is a checkpoint.
#[derive(Clone, Debug)]
pub struct World {
    recipe: Arc<Recipe>,
    stage: Stage,
    wiring: Arc<Wiring>,
    protections: Protections,
    journal: MemoryJournal,
    letters: DeadLetters,
    processes: Vec<Process>,
    bus: Bus,
    weather: Weather,
    ledger: Ledger,
    now: Ticks,
    arrived: u32,
    steps: u64,
    end: Option<End>,
    /// What people will do, as the recipe says.
    plan: Vec<Planned>,
    /// Why something of it could not be done.
    refused: Option<String>,
    commit: Commit,
    scratch: String,
    notes: Option<Vec<Note>>,
    watch: Option<Watch>,
    moments: u64,
    last: Option<Moved>,
    /// What a person did since the last step.
    last_act: Option<String>,
}

/// How a run came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Quiesced,
    Stopped,
}

/// One step, cheaply.
#[derive(Clone, Debug)]
struct Moved {
    at: Ticks,
    message: Option<Arc<Message>>,
    sent_at: Ticks,
    taken_at: Ticks,
    events: (u32, u32),
    happened: Happening,
}

/// What a step came to.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Happening {
    Handled,
    /// A repeat: the stored answer was sent again.
    Repeated,
    /// Came too late, or twice, and changed nothing.
    Ignored,
    /// Nobody remembers the saga.
    Forgotten,
    /// The process died.
    Crashed(crate::runtime::Gap),
    /// Rolled back; it will be delivered again.
    RolledBack(crate::domain::Name),
    /// The run is over.
    Ended,
}

impl World {
    /// The world of `recipe` before anything has happened. Transport events are not recorded.
    pub fn new(domain: Arc<Domain>, recipe: &Recipe) -> Result<Self, WorldError> {
        Self::on(Stage::new(domain, &recipe.saga).map_err(|error| refuse(recipe, error))?, recipe)
    }

    /// The stage that a recipe needs.
    pub fn stage(domain: &Arc<Domain>, recipe: &Recipe) -> Result<Stage, WorldError> {
        Stage::new(Arc::clone(domain), &recipe.saga).map_err(|error| refuse(recipe, error))
    }

    /// The same, on a stage that is there already; it is the one of the recipe's saga.
    pub fn on(stage: Stage, recipe: &Recipe) -> Result<Self, WorldError> {
        debug_assert_eq!(stage.saga(), recipe.saga, "the stage of another saga");
        let wiring = Arc::clone(&stage.wiring);
        let parties = wiring.parties().count();
        let mut world = Self {
            recipe: Arc::new(recipe.untouched()),
            protections: protections_of(recipe),
            journal: MemoryJournal::new(recipe.seed),
            letters: DeadLetters::default(),
            processes: wiring.parties().map(|party| Process::new(&wiring, party)).collect(),
            bus: Bus::new(parties),
            weather: Weather::default(),
            ledger: Ledger::new(wiring.steps()),
            now: Ticks::ZERO,
            arrived: 0,
            steps: 0,
            end: None,
            plan: recipe.acts.clone(),
            refused: None,
            commit: Commit::default(),
            scratch: String::new(),
            notes: None,
            watch: None,
            moments: 0,
            last: None,
            last_act: None,
            wiring,
            stage,
        };
        for fault in &recipe.faults {
            let armed = world.weather.arm(&world.wiring, fault);
            armed.map_err(|reason| WorldError::Fault { fault: fault.to_string(), reason })?;
        }
        world.record_run(
            RunFact::Started { recipe: world.recipe.to_string().into(), semantics: SEMANTICS },
            None,
        );
        world.record_given();
        world.bus.schedule(Ticks::ZERO, Due::Arrive(SagaNo(1)));
        Ok(world)
    }

    /// The same world, with transport recorded too: messages sent, delivered, acknowledged, lost …, and processes
    /// that die and come back. Nothing else changes by it.
    #[must_use]
    pub fn recording_transport(mut self) -> Self {
        self.notes = Some(Vec::new());
        self
    }

    /// Handles one message. `None`: nothing is under way, or the run was stopped.
    pub fn step(&mut self) -> Option<WorldStep> {
        let moved = self.advance()?;
        let report = self.describe(&moved);
        self.last = Some(moved);
        Some(report)
    }

    /// Runs until nothing is under way, or until the recipe's limit.
    pub fn run(&mut self) {
        while let Some(moved) = self.advance() {
            self.last = Some(moved);
        }
    }

    /// Runs until `done` says so after a step; `false` if the run ended before.
    pub fn run_until(&mut self, mut done: impl FnMut(&Self) -> bool) -> bool {
        while let Some(moved) = self.advance() {
            self.last = Some(moved);
            if done(self) {
                return true;
            }
        }
        false
    }

    /// The time.
    pub fn now(&self) -> Ticks {
        self.now
    }

    /// Whether nothing is under way any more.
    pub fn is_quiescent(&self) -> bool {
        self.end == Some(End::Quiesced)
    }

    /// Messages handled so far.
    pub fn steps_done(&self) -> u64 {
        self.steps
    }

    /// What it is a function of; of what people do, what they have done until now.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// The domain.
    pub fn domain(&self) -> &Arc<Domain> {
        self.wiring.domain()
    }

    /// Who handles what.
    pub fn wiring(&self) -> &Wiring {
        &self.wiring
    }

    /// Steps and acts so far: two worlds of one recipe and the same acts are the same at the same moment.
    pub fn moment(&self) -> u64 {
        self.moments
    }

    /// Number of events recorded.
    pub fn len(&self) -> u64 {
        u64::from(self.journal.len())
    }

    /// Whether nothing is recorded, which is never the case.
    pub fn is_empty(&self) -> bool {
        self.journal.is_empty()
    }

    /// The log.
    pub fn events(&self) -> Vec<RecordedEvent> {
        self.events_from(1)
    }

    /// The log from this position on; positions count from 1.
    pub fn events_from(&self, position: u64) -> Vec<RecordedEvent> {
        let position = Position(u32::try_from(position).unwrap_or(u32::MAX));
        self.journal.events_from(position).map(|(at, event)| self.recorded(at, event)).collect()
    }

    /// The event store itself.
    pub fn journal(&self) -> &MemoryJournal {
        &self.journal
    }

    /// The next thing that happens.
    fn advance(&mut self) -> Option<Moved> {
        while self.act_as_planned() {}
        if self.end.is_some() || self.refused.is_some() {
            return None;
        }
        let moved = self.next_moved()?;
        self.moments += 1;
        self.last_act = None;
        self.record_checks();
        Some(moved)
    }

    fn next_moved(&mut self) -> Option<Moved> {
        loop {
            if self.steps >= self.recipe.steps_max() {
                return Some(self.conclude(End::Stopped));
            }
            let Some((at, due)) = self.bus.pop() else {
                // A service that a person stopped keeps the run from its end.
                return self.bus.is_quiet().then(|| self.conclude(End::Quiesced));
            };
            self.now = at;
            match due {
                Due::Arrive(saga) => self.arrive(saga),
                Due::Accept(id) => self.with_around(|around| around.release(id)),
                Due::Restart(party) => self.restart(party),
                Due::Up(party) => self.up(party),
                Due::Deliver(id) if !self.is_up(id) => self.bus.wait(id),
                Due::Deliver(id) => return Some(self.deliver(id)),
            }
        }
    }

    fn is_up(&self, id: FlightId) -> bool {
        self.bus.flight(id).is_none_or(|flight| self.bus.consumer(flight.message.to).is_up())
    }

    fn conclude(&mut self, end: End) -> Moved {
        let first = self.journal.len() + 1;
        self.end = Some(end);
        match end {
            End::Stopped => self.record_run(RunFact::Stopped {}, None),
            End::Quiesced => {
                let unused: Vec<_> = self
                    .weather
                    .armed()
                    .iter()
                    .filter(|armed| armed.hits == 0)
                    .map(|armed| Arc::clone(&armed.name))
                    .collect();
                for fault in unused {
                    self.record_run(RunFact::FaultUnused { fault }, None);
                }
                self.record_run(RunFact::Quiesced {}, None);
            }
        }
        Moved {
            at: self.now,
            message: None,
            sent_at: self.now,
            taken_at: self.now,
            events: (first, self.journal.len()),
            happened: Happening::Ended,
        }
    }

    /// A saga begins: its start message goes out, and the next one is scheduled.
    fn arrive(&mut self, saga: SagaNo) {
        self.arrived = self.arrived.max(saga.0);
        if saga.0 < self.recipe.sagas {
            let next = SagaNo(saga.0 + 1);
            self.bus.schedule(self.now.after(self.recipe.arrival()), Due::Arrive(next));
        }
        let input = Arc::new(self.input_of(saga));
        let wiring = Arc::clone(&self.wiring);
        let first: Vec<_> = if wiring.is_choreographed() {
            wiring.first().iter().map(|subscription| (subscription.step, subscription.party)).collect()
        } else {
            vec![(crate::runtime::StepNo(0), Party::ORCHESTRATOR)]
        };
        for (step, to) in first {
            let message = start_message(self.recipe.seed, saga, step, to, Arc::clone(&input));
            self.with_around(|around| around.send(&message));
        }
        self.flush_hits();
    }

    /// What a saga is started with: a function of the seed and its number.
    fn input_of(&self, saga: SagaNo) -> Value {
        let definition = self.wiring.saga();
        let mut sample = Vec::with_capacity(definition.samples.len() + 1);
        for (name, values) in &definition.samples {
            let random = mix(self.recipe.seed, Purpose::Data, &format!("{}/{name}", saga.0), 0);
            let value = match values {
                Sample::Between(low, high) => Part::Number(between(random, *low, *high)),
                Sample::OneOf(values) if values.is_empty() => Part::Value(&Value::Null),
                Sample::OneOf(values) => {
                    Part::Value(&values[between(random, 0, values.len() as u64 - 1) as usize])
                }
            };
            sample.push((&**name, value));
        }
        let number = ("number", Part::Number(u64::from(saga.0)));
        let Some(program) = &definition.input else {
            sample.push(number);
            return Part::Object(&sample).to_value();
        };
        let given = [number, ("sample", Part::Object(&sample))];
        program.run_on(Part::Object(&given)).unwrap_or(Value::Null)
    }

    /// What is there before the run begins.
    fn record_given(&mut self) {
        let domain = Arc::clone(self.wiring.domain());
        let cause = self.journal.event(Position(1)).map(|event| event.id);
        for given in domain.services.iter().flat_map(|service| &service.given) {
            let stream = self.journal.open(&given.stream, &given.aggregate);
            let fact = DomainFact {
                event_type: Arc::clone(&given.event_type),
                data: Arc::new(given.data.clone()),
                role: Role::Given,
                refusal: None,
            };
            let context = Context { at: Ticks::ZERO, saga: SagaNo::NONE, cause, key: None, attempt: 0 };
            self.commit.append(&self.journal, stream, &context, Fact::Domain(fact));
            self.commit_notes();
        }
    }

    /// Records what the run itself does.
    fn record_run(&mut self, fact: RunFact, cause: Option<EventId>) {
        self.record(fact_context(self.now, SagaNo::NONE, cause), "run-1", "Run", Fact::Run(fact));
    }

    fn record(&mut self, context: Context, stream: &str, aggregate: &str, fact: Fact) {
        let stream = self.journal.open(stream, &aggregate.into());
        self.commit.append(&self.journal, stream, &context, fact);
        self.commit_notes();
    }

    fn commit_notes(&mut self) {
        let first = self.journal.commit(&mut self.commit).expect("nobody else writes to these streams");
        for at in first.0..=self.journal.len() {
            if let Some(event) = self.journal.event(Position(at)) {
                self.ledger.fold(&self.wiring, Position(at), event);
                self.letters.evolve(Position(at), event);
            }
        }
    }
}

fn fact_context(at: Ticks, saga: SagaNo, cause: Option<EventId>) -> Context {
    Context { at, saga, cause, key: None, attempt: 0 }
}

fn protections_of(recipe: &Recipe) -> Protections {
    let mut protections = Protections::default();
    for removal in &recipe.without {
        *acts::switch(&mut protections, *removal) = false;
    }
    protections
}

/// The error in the words of the recipe.
fn refuse(recipe: &Recipe, error: WorldError) -> WorldError {
    match error {
        WorldError::NoSaga { saga, known, .. } => {
            WorldError::NoSaga { domain: recipe.domain.clone(), saga, known }
        }
        other => other,
    }
}
