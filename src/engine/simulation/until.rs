//! How far a run goes on: until something happens, until a saga has an outcome, or until an event is recorded that
//! fits a condition in the query language. The window's thread and the command line go on by the same rule; who is
//! told on the way is their matter.

use std::cell::Cell;
use std::ops::Range;
use std::sync::Arc;

use super::recording::Recording;
use crate::base::cancel::CancelToken;
use crate::index::StreamId;
use crate::query::{Bound, Expr, Query, QueryError, Test};
use crate::sim::{DeadLetter, History, InvariantState, Outcome, SagaPhase, SagaReport, World};

/// When to stop running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Until {
    /// Nothing is under way any more.
    Quiet,
    /// A fault strikes.
    Fault,
    /// A saga goes back.
    Compensation,
    /// Something is parked as a dead letter.
    DeadLetter,
    /// An invariant breaks.
    BrokenInvariant,
    /// A saga ends.
    SagaEnds,
    /// A saga has this outcome. That one is stuck is known only when nothing is under way any more.
    Outcome(Outcome),
    /// An event is recorded that fits.
    Event(Condition),
}

impl Until {
    /// Every one that needs nothing said beside it, in the order of the menu.
    pub const ALL: [Self; 11] = [
        Self::Quiet,
        Self::Fault,
        Self::Compensation,
        Self::DeadLetter,
        Self::BrokenInvariant,
        Self::SagaEnds,
        Self::Outcome(Outcome::Completed),
        Self::Outcome(Outcome::Compensated),
        Self::Outcome(Outcome::DeadLettered),
        Self::Outcome(Outcome::Stuck),
        Self::Outcome(Outcome::Inconsistent),
    ];

    /// The one that the command line calls so; `Quiet` has no name, for without one a run goes to its end.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|until| until.name() == Some(name))
    }

    /// As the command line calls it.
    pub fn name(&self) -> Option<&'static str> {
        Some(match self {
            Self::Quiet | Self::Event(_) => return None,
            Self::Fault => "fault",
            Self::Compensation => "compensation",
            Self::DeadLetter => "dead-letter",
            Self::BrokenInvariant => "broken-invariant",
            Self::SagaEnds => "saga-ends",
            Self::Outcome(outcome) => outcome.name(),
        })
    }

    /// As the menu says it: "Run until …".
    pub fn words(&self) -> String {
        match self {
            Self::Quiet => "nothing is under way".to_owned(),
            Self::Fault => "a fault strikes".to_owned(),
            Self::Compensation => "a saga goes back".to_owned(),
            Self::DeadLetter => "a dead letter is parked".to_owned(),
            Self::BrokenInvariant => "an invariant breaks".to_owned(),
            Self::SagaEnds => "a saga ends".to_owned(),
            Self::Outcome(outcome) => format!("a saga is {}", outcome.name()),
            Self::Event(condition) => format!("an event matches {condition}"),
        }
    }

    /// What did not come about although it was waited for: "…, and on the way …".
    fn missed(&self) -> String {
        match self {
            Self::Quiet => "something was still under way".to_owned(),
            Self::Fault => "no fault struck".to_owned(),
            Self::Compensation => "no saga went back".to_owned(),
            Self::DeadLetter => "no dead letter was parked".to_owned(),
            Self::BrokenInvariant => "no invariant broke".to_owned(),
            Self::SagaEnds => "no saga ended".to_owned(),
            Self::Outcome(outcome) => format!("no saga became {}", outcome.name()),
            Self::Event(condition) => format!("no event matched {condition}"),
        }
    }
}

impl std::fmt::Display for Until {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Event(condition) => condition.fmt(f),
            other => f.write_str(&other.words()),
        }
    }
}

/// What an event must be like: a query of the query bar about single events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    text: Arc<str>,
}

impl Condition {
    /// Reads what was typed. The error points at the place in it.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        let query = Query::parse(text)?;
        let wrong = |at: Range<usize>, message: &str| QueryError { at, message: message.to_owned() };
        if query.filter.is_none() {
            return Err(wrong(0..text.len(), "A condition on events is expected, like type:payment.failed*"));
        }
        if query.stage.is_some() {
            let from = text.rfind('|').unwrap_or(0);
            return Err(wrong(from..text.len(), "A run stops at an event; counting comes afterwards"));
        }
        if query.needs_sagas() {
            let words = "What a saga comes to is known later than its events: choose an outcome instead";
            return Err(wrong(0..text.len(), words));
        }
        if let Some(name) = query.filter.as_ref().and_then(asks_the_future) {
            let at = text.find(name).map_or(0..text.len(), |at| at..at + name.len());
            let words = "What comes after an event is not known when it is recorded: a run stops at what an event \
                         is, and at what came before it";
            return Err(wrong(at, words));
        }
        Ok(Self { text: text.trim().into() })
    }
}

/// The field of a term that later events may answer otherwise.
fn asks_the_future(filter: &Expr) -> Option<&'static str> {
    let found = Cell::new(None);
    let is_of_end = |bound: &Option<Bound>| matches!(bound, Some(Bound::BeforeEnd(_)));
    filter.any_term(&|term| {
        let name = term.field.info.name;
        let asks = match &term.test {
            Test::Among(_) | Test::Word("last") => true,
            Test::Near { .. } => name == "effect",
            Test::Between { from, to, .. } => name.ends_with(".events") || is_of_end(from) || is_of_end(to),
            Test::Text(_) | Test::Name { .. } | Test::Word(_) | Test::Value(_) => false,
        };
        if asks {
            found.set(Some(name));
        }
        asks
    });
    found.get()
}

impl std::fmt::Display for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why a run does not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reached {
    /// What it went on for is the case. Of a condition: the event that fits.
    Met(Option<Match>),
    /// It came to its end, or to its limit, before.
    Over(Began),
}

/// How it was when going on began: what a run is past does not come about once more by going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Began {
    /// Something had happened before.
    pub is_later: bool,
    /// So many sagas had the outcome that was gone on for.
    pub held: usize,
}

/// An event that fits a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// Its place in the log, from 1.
    pub position: u64,
    /// Its type.
    pub event_type: String,
    /// Its stream.
    pub stream: String,
}

impl Reached {
    /// In a sentence; `None` where nothing was asked for but the end.
    pub fn sentence(&self, until: &Until) -> Option<String> {
        match (self, until) {
            (_, Until::Quiet) => None,
            (Self::Met(Some(Match { position, event_type, stream })), _) => {
                Some(format!("Stopped at event {position}: {event_type} of {stream}"))
            }
            (Self::Met(None), until) => Some(format!("Stopped: {}", until.words())),
            (Self::Over(Began { is_later: false, held: 0 }), until) => {
                Some(format!("The run is over before {}", until.words()))
            }
            (Self::Over(Began { held, .. }), until) => {
                let were = match (held, until) {
                    (1.., Until::Outcome(outcome)) => {
                        let be = if *held == 1 { "was" } else { "were" };
                        format!("; {held} {be} {} before", outcome.name())
                    }
                    _ => String::new(),
                };
                Some(format!("The run is over, and on the way {}{were}", until.missed()))
            }
        }
    }
}

/// Steps between two looks of whoever goes on.
const STEPS_AT_A_TIME: u32 = 256;
/// Steps that are looked at together for an event that fits: few at first, for it is likely to be near.
const AHEAD: (u64, u64) = (16, 512);

/// Going on until something.
pub struct Pursuit {
    until: Until,
    began: Began,
    watch: Watch,
    events: Option<Events>,
}

impl Pursuit {
    /// Begins at the present of this history.
    pub fn of(until: Until, history: &History) -> Self {
        let events = match &until {
            Until::Event(condition) => Some(Events::after(history.world(), condition)),
            _ => None,
        };
        let watch = Watch::of(&until, history.world());
        let held = match (&watch.began, &until) {
            (Seen::Outcomes(outcomes), Until::Outcome(outcome)) => {
                outcomes.iter().filter(|it| *it == outcome).count()
            }
            _ => 0,
        };
        let began = Began { is_later: history.moment() > 0, held };
        Self { until, began, watch, events }
    }

    /// Some steps on; `None`: there may be more to go.
    pub fn advance(&mut self, history: &mut History) -> Option<Reached> {
        if let Some(events) = &mut self.events {
            return events.advance(history, self.began);
        }
        for _ in 0..STEPS_AT_A_TIME {
            if history.step().is_none() {
                // That a saga is stuck is known only now.
                let met = self.watch.is_met(&self.until, history.world());
                return Some(if met { Reached::Met(None) } else { Reached::Over(self.began) });
            }
            if self.watch.is_met_after_step(&self.until, history.world()) {
                return Some(Reached::Met(None));
            }
        }
        None
    }
}

/// The events of a run, looked at as they are recorded.
struct Events {
    condition: Expr,
    log: Recording,
    ahead: u64,
}

impl Events {
    fn after(world: &World, condition: &Condition) -> Self {
        let mut log = Recording::new("");
        log.extend(world.events());
        let read = Query::parse(&condition.text).ok().and_then(|query| query.filter);
        Self { condition: read.expect("it was read before"), log, ahead: AHEAD.0 }
    }

    /// Goes on in a copy, and as far as the first event that fits in the run itself: what comes after it has not
    /// happened yet.
    fn advance(&mut self, history: &mut History, began: Began) -> Option<Reached> {
        let known = self.log.len();
        let mut ahead = history.clone();
        let mut is_over = false;
        for _ in 0..self.ahead {
            if ahead.step().is_none() {
                is_over = true;
                break;
            }
        }
        self.ahead = (self.ahead * 2).min(AHEAD.1);
        self.log.extend(ahead.world().events_from(known + 1));
        let Some(found) = self.first_match(known) else {
            *history = ahead;
            return is_over.then_some(Reached::Over(began));
        };
        while history.world().len() < found.position {
            if history.step().is_none() {
                break;
            }
        }
        Some(Reached::Met(Some(found)))
    }

    /// The first event behind the first `known` ones that fits.
    fn first_match(&mut self, known: u64) -> Option<Match> {
        if self.log.len() == known {
            return None;
        }
        let open = self.log.publish();
        // Only the new ones; what they are asked for may lie among the others, as their causes do. Bound to what
        // was read, not to its text, which may be as long and as deep as a query can be.
        let new = Query::parse(&format!("row>={known}")).ok()?.filter?;
        let query = Query { filter: Expr::all(vec![new, self.condition.clone()]), stage: None };
        let found = open.select(&query, None, &CancelToken::default(), &mut |_, _| {})?;
        let row = found.marks.ranked(&open.log).into_iter().next()?;
        let event = open.log.event(row);
        let stream = event.stream.map(|id: StreamId| open.log.stream(id).id.to_string());
        Some(Match {
            position: row.ordinal() as u64 + 1,
            event_type: open.log.event_type(event.event_type).name.to_string(),
            stream: stream.unwrap_or_default(),
        })
    }
}

/// What was the case when running began, to notice what is new. Only what is asked for is looked at: a run has many
/// steps, and its sagas are many.
struct Watch {
    began: Seen,
    events: u64,
}

/// As much as one condition needs.
enum Seen {
    Nothing,
    /// How often it was the case.
    Times(usize),
    /// How each saga stood.
    Outcomes(Vec<Outcome>),
}

impl Seen {
    fn of(until: &Until, world: &World) -> Self {
        let sagas = |is: &dyn Fn(&SagaReport) -> bool| world.sagas().iter().filter(|saga| is(saga)).count();
        match until {
            Until::Quiet | Until::Event(_) => Self::Nothing,
            Until::Fault => Self::Times(world.faults().iter().map(|fault| fault.hits as usize).sum()),
            Until::Compensation => Self::Times(sagas(&|saga| {
                matches!(saga.phase, SagaPhase::Compensating | SagaPhase::Compensated)
            })),
            Until::DeadLetter => Self::Times(
                world.dead_letters().iter().filter(|letter: &&DeadLetter| letter.redrivable).count(),
            ),
            Until::BrokenInvariant => {
                let is_broken = |state: &InvariantState| matches!(state, InvariantState::Broken { .. });
                Self::Times(world.invariants().iter().filter(|check| is_broken(&check.state)).count())
            }
            Until::SagaEnds => Self::Times(sagas(&|saga| saga.ended.is_some())),
            Until::Outcome(_) => Self::Outcomes(world.sagas().iter().map(|saga| saga.outcome).collect()),
        }
    }
}

impl Watch {
    fn of(until: &Until, world: &World) -> Self {
        Self { began: Seen::of(until, world), events: world.len() }
    }

    /// After a step: a step that recorded nothing changed nothing of this.
    fn is_met_after_step(&mut self, until: &Until, world: &World) -> bool {
        // A fault may strike without an event, and that a saga is stuck is known only at the end.
        let is_of_events = !matches!(until, Until::Fault);
        if *until == Until::Outcome(Outcome::Stuck) || is_of_events && world.len() == self.events {
            return false;
        }
        self.events = world.len();
        self.is_met(until, world)
    }

    fn is_met(&self, until: &Until, world: &World) -> bool {
        match (&self.began, Seen::of(until, world), until) {
            (Seen::Times(before), Seen::Times(now), _) => now > *before,
            (Seen::Outcomes(before), Seen::Outcomes(now), Until::Outcome(outcome)) => {
                let is_new = |(at, now): (usize, &Outcome)| now == outcome && before.get(at) != Some(outcome);
                now.iter().enumerate().any(is_new)
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::BuiltIn;
    use crate::sim::Recipe;

    fn history(recipe: &str) -> History {
        let domain = Arc::new(BuiltIn::named("shop").unwrap().load());
        let recipe = Recipe::parse(recipe).unwrap().check(&domain).unwrap();
        History::new(World::new(domain, &recipe).unwrap())
    }

    fn pursue(history: &mut History, until: &Until) -> Reached {
        let mut pursuit = Pursuit::of(until.clone(), history);
        loop {
            if let Some(reached) = pursuit.advance(history) {
                return reached;
            }
        }
    }

    #[test]
    fn a_condition_as_deep_as_a_query_may_be_stops_a_run() {
        let deep = format!("{}type:payment.completed*{}", "(".repeat(64), ")".repeat(64));
        assert!(Condition::parse(&format!("({deep})")).is_err(), "one deeper is refused");
        let mut history = history("shop/fulfilment");
        let reached = pursue(&mut history, &Until::Event(Condition::parse(&deep).unwrap()));
        let Reached::Met(Some(found)) = reached else { panic!("{reached:?}") };
        assert_eq!(found.event_type, "payment.completed.v1");
    }

    #[test]
    fn what_a_run_is_past_is_not_said_to_lie_ahead() {
        let mut history = history("shop/fulfilment?fault=reserve-inventory:reject");
        let compensated = Until::Outcome(Outcome::Compensated);
        let completed = Until::Outcome(Outcome::Completed);
        let mut said = |until: &Until| pursue(&mut history, until).sentence(until).unwrap();
        assert_eq!(said(&compensated), "Stopped: a saga is compensated");
        assert_eq!(
            said(&compensated),
            "The run is over, and on the way no saga became compensated; 1 was compensated before"
        );
        assert_eq!(said(&completed), "The run is over, and on the way no saga became completed");
        assert_eq!(said(&Until::Fault), "The run is over, and on the way no fault struck");
        let payment = Until::Event(Condition::parse("type:payment.completed*").unwrap());
        assert_eq!(
            said(&payment),
            "The run is over, and on the way no event matched type:payment.completed*"
        );
        let mut fresh = self::history("shop/fulfilment");
        let never = pursue(&mut fresh, &compensated).sentence(&compensated);
        assert_eq!(never.unwrap(), "The run is over before a saga is compensated");
    }

    #[test]
    fn a_condition_that_cannot_stop_a_run_is_refused_at_its_place() {
        for (text, wrong) in [
            ("", ""),
            ("type:payment.* | count", "| count"),
            ("saga:stuck", "saga:stuck"),
            ("colour:red", "colour"),
            ("type:a data.total>", "data.total>"),
            ("corr.has:(type:payment.refunded*)", "corr.has"),
            ("type:a -stream.has:(type:b)", "stream.has"),
            ("effect:(type:b)", "effect"),
            ("stream.events>3", "stream.events"),
            ("is:last", "is"),
            ("before:1ms", "before"),
        ] {
            let error = Condition::parse(text).unwrap_err();
            assert_eq!(&text[error.at.clone()], wrong, "{}", error.message);
        }
        assert_eq!(Condition::parse(" data.amount>100 ").unwrap().to_string(), "data.amount>100");
    }
}
