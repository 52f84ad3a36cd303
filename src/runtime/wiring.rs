//! Who handles what: a saga of a domain, looked up once, so that nobody looks for a name while messages are
//! handled. Nothing here changes while a system runs.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use super::validation::{Passage, Validator};
use super::version_router::{RouteError, VersionRouter};
use super::{Direction, Failure, Party, StepNo};
use crate::domain::{
    Aggregate, CommandRule, Domain, Guard, Name, Part, Program, Saga, SagaStyle, Service, Step, StepKind,
};

/// A saga and everybody who takes part in it.
#[derive(Clone, Debug)]
pub struct Wiring {
    domain: Arc<Domain>,
    saga: usize,
    names: Vec<Name>,
    parties: Vec<Name>,
    steps: Vec<StepWiring>,
    subscribers: Vec<(Name, Vec<Subscription>)>,
    first: Vec<Subscription>,
    /// By step.
    timekeepers: Vec<Vec<Party>>,
    point_of_no_return: Option<StepNo>,
    saga_type: Name,
    validator: Validator,
    /// To the event types that are subscribed to.
    subscribed: VersionRouter,
    /// To the evolve rules of each aggregate.
    evolving: Arc<[VersionRouter]>,
}

/// What a service does when something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The step.
    pub step: StepNo,
    /// Doing or undoing it.
    pub direction: Direction,
    /// Who reacts.
    pub party: Party,
}

#[derive(Clone, Debug)]
struct StepWiring {
    party: Party,
    aggregate: Option<usize>,
    forward: Option<usize>,
    back: Option<(usize, usize)>,
    outcome: Option<usize>,
    undo_outcome: Option<usize>,
    head: String,
    tail: String,
    aggregate_type: Name,
    key_field: Option<String>,
    reads_state: bool,
}

/// Why a saga cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WiringError {
    /// The domain has no saga of this name.
    #[error("the domain has no saga {0:?}")]
    NoSaga(String),
    /// A step names a service the domain does not have.
    #[error("the step {step} needs the service {service}, which the domain does not have")]
    NoService {
        /// The step.
        step: Name,
        /// The service.
        service: Name,
    },
    /// Too many.
    #[error("it has more than 200 steps or services")]
    TooMany,
    /// There is nothing to run.
    #[error("it has no steps")]
    NoSteps,
}

impl Wiring {
    /// Looks everything up for the saga named `saga`.
    pub fn new(domain: Arc<Domain>, saga: &str) -> Result<Self, WiringError> {
        let index = domain
            .sagas
            .iter()
            .position(|known| *known.name == *saga)
            .ok_or_else(|| WiringError::NoSaga(saga.to_owned()))?;
        let shared = Arc::clone(&domain);
        let definition = &shared.sagas[index];
        if definition.steps.is_empty() {
            return Err(WiringError::NoSteps);
        }
        if definition.steps.len() > 200 || domain.services.len() > 200 {
            return Err(WiringError::TooMany);
        }
        let steps = definition
            .steps
            .iter()
            .map(|step| wire(&domain, step))
            .collect::<Result<Vec<_>, WiringError>>()?;
        let names = definition.steps.iter().map(|step| Arc::clone(&step.name)).collect();
        let parties = std::iter::once("orchestrator".into())
            .chain(domain.services.iter().map(|service| Arc::clone(&service.name)))
            .collect();
        let mut wiring = Self {
            saga: index,
            names,
            parties,
            steps,
            subscribers: Vec::new(),
            first: Vec::new(),
            timekeepers: Vec::new(),
            point_of_no_return: point_of_no_return(definition),
            saga_type: "Saga".into(),
            validator: Validator::new(&domain.schemas),
            subscribed: VersionRouter::default(),
            evolving: domain.aggregates.iter().map(|it| evolving(&domain, it)).collect(),
            domain,
        };
        wiring.subscribe(definition);
        let subscribed = wiring.subscribers.iter().map(|(event_type, _)| Arc::clone(event_type));
        wiring.subscribed = VersionRouter::new(subscribed, &shared.upcasts);
        wiring.timekeepers = wiring.step_numbers().map(|step| wiring.who_keeps_the_time_of(step)).collect();
        Ok(wiring)
    }

    fn subscribe(&mut self, saga: &Saga) {
        let mut add = |event: &Name, subscription: Subscription| match self
            .subscribers
            .iter_mut()
            .find(|(known, _)| known == event)
        {
            Some((_, subscriptions)) if subscriptions.contains(&subscription) => {}
            Some((_, subscriptions)) => subscriptions.push(subscription),
            None => self.subscribers.push((Arc::clone(event), vec![subscription])),
        };
        for reaction in &saga.reactions {
            let Some(step) = saga.steps.get(reaction.step) else { continue };
            let direction = if reaction.undo { Direction::Undo } else { Direction::Do };
            let party = self.steps[reaction.step].party;
            let subscription = Subscription { step: StepNo(reaction.step as u8), direction, party };
            if reaction.event == saga.starts_on && !reaction.undo && !is_event_of(saga, &reaction.event) {
                self.first.push(subscription);
                continue;
            }
            add(&reaction.event, subscription);
            // Whoever waits for an undo waits for its end, whether or not there was something to undo.
            for other in &saga.steps {
                if other.compensated.as_ref() == Some(&reaction.event)
                    && let Some(tombstone) = &other.tombstone
                {
                    add(tombstone, subscription);
                }
            }
            debug_assert!(step.name == self.names[reaction.step], "the steps are in the order of the saga");
        }
        if saga.style == SagaStyle::Choreography && self.first.is_empty() {
            // The step that nobody's event sets off is set off from outside.
            let first = (0..saga.steps.len())
                .find(|index| {
                    !saga.reactions.iter().any(|reaction| reaction.step == *index && !reaction.undo)
                })
                .unwrap_or(0);
            let party = self.steps[first].party;
            self.first.push(Subscription { step: StepNo(first as u8), direction: Direction::Do, party });
        }
    }

    fn who_keeps_the_time_of(&self, step: StepNo) -> Vec<Party> {
        if !self.is_choreographed() || self.step(step).timeout.is_none() {
            return Vec::new();
        }
        let sets_it_off = |event: &Name| {
            let subscribers = self.subscribers(event);
            subscribers.iter().any(|it| (it.step, it.direction) == (step, Direction::Do))
        };
        let mut parties: Vec<Party> = self
            .step_numbers()
            .filter(|other| self.step(*other).outcomes().any(sets_it_off))
            .map(|other| self.party_of(other))
            .collect();
        parties.sort_unstable();
        parties.dedup();
        parties
    }

    /// The domain.
    pub fn domain(&self) -> &Arc<Domain> {
        &self.domain
    }

    /// The saga's definition.
    pub fn saga(&self) -> &Saga {
        &self.domain.sagas[self.saga]
    }

    /// Aggregate type of the streams of sagas.
    pub fn saga_aggregate(&self) -> &Name {
        &self.saga_type
    }

    /// Whether nobody coordinates.
    pub fn is_choreographed(&self) -> bool {
        self.saga().style == SagaStyle::Choreography
    }

    /// Names of the steps, in order.
    pub fn step_names(&self) -> &[Name] {
        &self.names
    }

    /// Number of steps.
    pub fn steps(&self) -> usize {
        self.steps.len()
    }

    /// Every step's number.
    pub fn step_numbers(&self) -> impl DoubleEndedIterator<Item = StepNo> + use<> {
        (0..self.steps.len() as u8).map(StepNo)
    }

    /// A step's definition.
    pub fn step(&self, step: StepNo) -> &Step {
        &self.saga().steps[step.index()]
    }

    /// The step of this name.
    pub fn step_named(&self, name: &str) -> Option<StepNo> {
        self.names.iter().position(|known| **known == *name).map(|index| StepNo(index as u8))
    }

    /// Who handles the step's commands.
    pub fn party_of(&self, step: StepNo) -> Party {
        self.steps[step.index()].party
    }

    /// The service behind a party.
    pub fn service(&self, party: Party) -> Option<&Service> {
        self.domain.services.get(party.service_index()?)
    }

    /// Name of a party; `client` for whoever stands outside.
    pub fn party_name(&self, party: Party) -> Name {
        self.parties.get(usize::from(party.0)).map_or_else(|| "client".into(), Arc::clone)
    }

    /// The party of this name.
    pub fn party_named(&self, name: &str) -> Option<Party> {
        self.parties.iter().position(|known| **known == *name).map(|index| Party(index as u8))
    }

    /// Every party that has an inbox: the orchestrator and the services.
    pub fn parties(&self) -> impl Iterator<Item = Party> + use<> {
        (0..self.parties.len() as u8).map(Party)
    }

    /// Whether a refusal of this step counts: it may be refused, and giving up is recorded.
    pub fn may_refuse(&self, step: StepNo) -> bool {
        self.step(step).kind != StepKind::Retriable
    }

    /// Whether a repeat of this request is held off by the inbox.
    pub fn uses_inbox(&self, step: StepNo, direction: Direction) -> bool {
        direction == Direction::Do && self.step(step).guard == Guard::Key
    }

    /// The step whose completion is the point of no return: the pivot, else the last that is not retriable. `None`:
    /// every step is retriable, and there is no way back from the beginning.
    pub fn point_of_no_return(&self) -> Option<StepNo> {
        self.point_of_no_return
    }

    /// Who reacts to an event of this type: those who subscribe to it or to the newest version it can be brought to.
    /// A version that nobody knows goes to those who know others: they keep it as a poison message.
    pub fn subscribers(&self, event_type: &str) -> &[Subscription] {
        let of = |name: &str| self.subscribers.iter().find(|(known, _)| **known == *name);
        let found = of(event_type).or_else(|| match self.subscribed.target(event_type)? {
            Ok(name) | Err(name) => of(&name),
        });
        found.map_or(&[], |(_, subscriptions)| subscriptions)
    }

    /// The data of an event as those who subscribe to it understand it: checked, and brought to their version.
    pub fn receive<'a>(&self, event_type: &str, data: &'a Value) -> Result<Cow<'a, Value>, Failure> {
        let poison = |error: String| Failure { error: error.into(), permanent: true };
        self.validator.check(event_type, data, Passage::In).map_err(|invalid| poison(invalid.to_string()))?;
        match self.subscribed.route(event_type, data) {
            Ok(routed) => Ok(routed.data),
            Err(RouteError::NoHandler { .. }) => Ok(Cow::Borrowed(data)),
            Err(error) => Err(poison(format!("{}: {error}", error.reason()))),
        }
    }

    /// What the types of messages and events promise.
    pub fn validator(&self) -> &Validator {
        &self.validator
    }

    /// The way of old events to the evolve rules of a step's aggregate.
    pub(crate) fn evolving(&self, step: StepNo) -> Option<&VersionRouter> {
        self.evolving.get(self.steps[step.index()].aggregate?)
    }

    /// An aggregate type of the domain, and the way of old events to its evolve rules.
    pub(crate) fn definition(&self, aggregate: &str) -> Option<(&Aggregate, &VersionRouter)> {
        let index = self.domain.aggregates.iter().position(|known| *known.name == *aggregate)?;
        self.domain.aggregates.get(index).zip(self.evolving.get(index))
    }

    /// In a choreography, those who keep the time of a step that has a timeout: whoever does a step whose end sets it
    /// off.
    pub fn timekeepers(&self, step: StepNo) -> &[Party] {
        self.timekeepers.get(step.index()).map_or(&[], Vec::as_slice)
    }

    /// Who begins, when there is no orchestrator.
    pub fn first(&self) -> &[Subscription] {
        &self.first
    }

    /// Type of the command that does or undoes a step.
    pub fn command(&self, step: StepNo, direction: Direction) -> Name {
        let definition = self.step(step);
        match direction {
            Direction::Do => Arc::clone(&definition.command),
            Direction::Undo => definition
                .compensate
                .as_ref()
                .map_or_else(|| format!("{}.undo", definition.command).into(), Arc::clone),
        }
    }

    /// The aggregate that a step's commands go to, if the domain has one.
    pub fn aggregate(&self, step: StepNo) -> Option<&Aggregate> {
        self.domain.aggregates.get(self.steps[step.index()].aggregate?)
    }

    /// Aggregate type of the stream that a step's events go to.
    pub fn aggregate_type(&self, step: StepNo) -> &Name {
        &self.steps[step.index()].aggregate_type
    }

    /// The rule that decides a step's command, if the domain has one.
    pub fn rule(&self, step: StepNo, direction: Direction) -> Option<&CommandRule> {
        let wired = &self.steps[step.index()];
        let (aggregate, rule) = match direction {
            Direction::Do => (wired.aggregate?, wired.forward?),
            Direction::Undo => wired.back?,
        };
        self.domain.aggregates.get(aggregate)?.commands.get(rule)
    }

    /// The program that says how the service answers, if it has one.
    pub fn outcome(&self, step: StepNo, direction: Direction) -> Option<&Program> {
        let wired = &self.steps[step.index()];
        let index = match direction {
            Direction::Do => wired.outcome?,
            Direction::Undo => wired.undo_outcome?,
        };
        Some(&self.service(wired.party)?.outcomes.get(index)?.1)
    }

    /// The field of the command's data that is the key of a step's aggregate, if its program says no more than that.
    pub(crate) fn key_field(&self, step: StepNo) -> Option<&str> {
        self.steps[step.index()].key_field.as_deref()
    }

    /// Whether any program that decides about this step looks at the state of its aggregate.
    pub fn reads_state(&self, step: StepNo) -> bool {
        self.steps[step.index()].reads_state
    }

    /// Writes the id of the stream that a step's events go to into `name`. `key` is what the aggregate's key program
    /// gave.
    pub fn stream_name(&self, step: StepNo, saga: super::SagaNo, key: Option<&Value>, name: &mut String) {
        use std::fmt::Write as _;
        let wired = &self.steps[step.index()];
        name.clear();
        name.push_str(&wired.head);
        let written = match key {
            Some(Value::String(text)) => write!(name, "{text}{}", wired.tail),
            Some(Value::Null) | None => write!(name, "{saga}{}", wired.tail),
            Some(other) => write!(name, "{other}{}", wired.tail),
        };
        written.expect("writing into a string cannot fail");
    }

    /// The data of a step's command, from the saga's input and the results so far.
    pub fn command_data<'a>(
        &self,
        step: StepNo,
        input: &Arc<Value>,
        results: impl Iterator<Item = (StepNo, &'a Arc<Value>)>,
    ) -> Result<Arc<Value>, String> {
        let Some(program) = &self.step(step).data else { return Ok(Arc::clone(input)) };
        let results: Vec<(&str, Part<'_>)> = if program.reads("results") {
            results.map(|(step, data)| (&*self.names[step.index()], Part::Value(data))).collect()
        } else {
            Vec::new()
        };
        let given = [("input", Part::Value(input)), ("results", Part::Object(&results))];
        program.run_on(Part::Object(&given)).map(Arc::new).map_err(|fault| fault.to_string())
    }
}

/// The way of old events to the evolve rules of an aggregate.
pub(crate) fn evolving(domain: &Domain, aggregate: &Aggregate) -> VersionRouter {
    VersionRouter::new(aggregate.on.iter().map(|(event_type, _)| Arc::clone(event_type)), &domain.upcasts)
}

fn is_event_of(saga: &Saga, event: &Name) -> bool {
    saga.steps.iter().any(|step| {
        step.success == *event || step.failure == *event || step.compensated.as_ref() == Some(event)
    })
}

fn point_of_no_return(saga: &Saga) -> Option<StepNo> {
    let pivot = saga.steps.iter().position(|step| step.kind == StepKind::Pivot);
    let last = || saga.steps.iter().rposition(|step| step.kind != StepKind::Retriable);
    pivot.or_else(last).map(|index| StepNo(index as u8))
}

fn wire(domain: &Domain, step: &Step) -> Result<StepWiring, WiringError> {
    let service =
        domain.services.iter().position(|service| service.name == step.service).ok_or_else(|| {
            WiringError::NoService { step: Arc::clone(&step.name), service: Arc::clone(&step.service) }
        })?;
    let rule_of = |command: &Name| {
        domain.aggregates.iter().enumerate().find_map(|(index, aggregate)| {
            let rule = aggregate.commands.iter().position(|rule| rule.command == *command)?;
            Some((index, rule))
        })
    };
    let forward = rule_of(&step.command);
    let back = step.compensate.as_ref().and_then(rule_of);
    let outcomes = &domain.services[service].outcomes;
    let outcome = outcomes.iter().position(|(command, _)| *command == step.command);
    let undo_outcome =
        step.compensate.as_ref().and_then(|undo| outcomes.iter().position(|(command, _)| command == undo));
    let aggregate = forward.or(back).map(|(aggregate, _)| aggregate);
    let (head, tail, aggregate_type) = match aggregate.map(|index| &domain.aggregates[index]) {
        Some(aggregate) => {
            let (head, tail) = aggregate.streams.split_once('*').unwrap_or((&aggregate.streams, ""));
            (head.to_owned(), tail.to_owned(), Arc::clone(&aggregate.name))
        }
        None => (format!("{}-", step.service), String::new(), Arc::clone(&step.service)),
    };
    let rules = [forward, back].into_iter().flatten();
    let by_rule = rules.map(|(aggregate, rule)| &domain.aggregates[aggregate].commands[rule]).any(|rule| {
        rule.requires.iter().chain(rule.emits.iter().filter_map(|emit| emit.data.as_ref())).any(reads_state)
    });
    let by_outcome =
        [outcome, undo_outcome].into_iter().flatten().any(|index| reads_state(&outcomes[index].1));
    Ok(StepWiring {
        party: Party::service(service),
        aggregate,
        forward: forward.map(|(_, rule)| rule),
        back,
        outcome,
        undo_outcome,
        head,
        tail,
        aggregate_type,
        key_field: aggregate
            .and_then(|index| domain.aggregates[index].key.as_ref())
            .and_then(|program| field_of_command(program.text())),
        reads_state: by_rule || by_outcome,
    })
}

/// `.command.data.orderId` asks for one field, which is what nearly every key is.
fn field_of_command(text: &str) -> Option<String> {
    let field = text.trim().strip_prefix(".command.data.")?;
    let plain = field.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (plain && !field.is_empty() && !field.starts_with(|first: char| first.is_ascii_digit()))
        .then(|| field.to_owned())
}

fn reads_state(program: &Program) -> bool {
    program.reads("state")
}
