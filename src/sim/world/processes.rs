//! The processes of a world: the orchestrator and the services, how messages are handed to them, how they die and
//! come back. A restart does two things only: it drains the outbox, and it takes deliveries again.

use std::sync::Arc;

use super::around::Around;
use super::bus::Due;
use super::report::FlightId;
use super::{Happening, Moved, World, fact_context};
use crate::base::ticks::Ticks;
use crate::domain::Name;
use crate::runtime::{
    Bench, Choreographer, Fact, FailedAttempt, Gap, Halt, Journal, Message, MessageFact, Orchestrator,
    Outcome, Participant, Party, Reaction, RunFact, SagaNo, ServiceFact, Transport, Wiring,
};

/// How long a process that died stays away, where the fault does not say.
const DOWNTIME: Ticks = Ticks::from_millis(5);
/// How often the orchestrator is handed a message that it cannot commit for conflicts, and the wait between.
const ORCHESTRATOR_DELIVERIES: u32 = 3;
const ORCHESTRATOR_WAIT: Ticks = Ticks::from_millis(50);

/// A process with an inbox.
#[derive(Clone, Debug)]
pub(super) enum Process {
    Orchestrator(Orchestrator),
    Participant(Participant),
    Choreographer(Choreographer),
}

impl Process {
    pub(super) fn new(wiring: &Wiring, party: Party) -> Self {
        if party == Party::ORCHESTRATOR {
            Self::Orchestrator(Orchestrator::default())
        } else if wiring.is_choreographed() {
            Self::Choreographer(Choreographer::new(party))
        } else {
            Self::Participant(Participant::new(party))
        }
    }

    fn crash(&mut self) {
        match self {
            Self::Orchestrator(process) => process.crash(),
            Self::Participant(process) => process.crash(),
            Self::Choreographer(process) => process.crash(),
        }
    }

    /// Without durable sagas these are in its memory.
    pub(super) fn remember(&mut self, sagas: impl Iterator<Item = SagaNo>) {
        match self {
            Self::Orchestrator(process) => process.remember(sagas),
            Self::Participant(_) => {}
            Self::Choreographer(process) => process.remember(sagas),
        }
    }

    /// Hands over a message. `history` belongs to the delivery.
    fn handle(
        &mut self,
        bench: &mut Bench<'_>,
        message: &Message,
        history: &mut Vec<FailedAttempt>,
        deliveries: u32,
    ) -> Result<(Happening, Option<Ticks>), Halt> {
        Ok(match self {
            Self::Orchestrator(process) => match process.handle(bench, message)? {
                Reaction::Moved | Reaction::Kept => (Happening::Handled, None),
                Reaction::Ignored => (Happening::Ignored, None),
                Reaction::Forgotten => (Happening::Forgotten, None),
                Reaction::RolledBack if deliveries < ORCHESTRATOR_DELIVERIES => {
                    (Happening::RolledBack("conflict".into()), Some(ORCHESTRATOR_WAIT))
                }
                Reaction::RolledBack => {
                    process.set_aside(bench, message, "conflict")?;
                    (Happening::Handled, None)
                }
            },
            Self::Participant(process) => (happening(process.handle(bench, message)?), None),
            Self::Choreographer(process) => {
                let outcome = process.handle(bench, message, history, deliveries)?;
                let wait = matches!(outcome, Outcome::RolledBack(_))
                    .then(|| Choreographer::wait(bench, message, history.len() as u32));
                (happening(outcome), wait)
            }
        })
    }
}

fn happening(outcome: Outcome) -> Happening {
    match outcome {
        Outcome::Handled(_) => Happening::Handled,
        Outcome::Repeated(_) => Happening::Repeated,
        Outcome::RolledBack(failure) => Happening::RolledBack(failure.error),
        Outcome::Ignored => Happening::Ignored,
    }
}

impl World {
    /// Lets `use_it` work with what surrounds handlers, while none is at work.
    pub(super) fn with_around<T>(&mut self, use_it: impl FnOnce(&mut Around<'_>) -> T) -> T {
        let mut around = Around {
            bus: &mut self.bus,
            weather: &mut self.weather,
            ledger: &mut self.ledger,
            wiring: &self.wiring,
            protections: &self.protections,
            seed: self.recipe.seed,
            now: self.now,
            message: None,
            flight: FlightId(0),
            acknowledged: false,
            away: None,
            scratch: &mut self.scratch,
            notes: self.notes.as_mut(),
        };
        use_it(&mut around)
    }

    /// Hands a message to its receiver, who is up.
    pub(super) fn deliver(&mut self, id: FlightId) -> Moved {
        self.steps += 1;
        let first = self.journal.len() + 1;
        let flight = self.bus.flight_mut(id).expect("only what is under way is delivered");
        flight.deliveries += 1;
        let (message, deliveries) = (Arc::clone(&flight.message), flight.deliveries);
        let (sent_at, taken_at) = (flight.sent_at, flight.taken_at);
        let mut history = std::mem::take(&mut flight.history);
        let party = message.to;
        let wiring = Arc::clone(&self.wiring);
        self.note(MessageFact::Delivered, &message);
        let mut around = Around {
            bus: &mut self.bus,
            weather: &mut self.weather,
            ledger: &mut self.ledger,
            wiring: &wiring,
            protections: &self.protections,
            seed: self.recipe.seed,
            now: self.now,
            message: Some(&message),
            flight: id,
            acknowledged: false,
            away: None,
            scratch: &mut self.scratch,
            notes: self.notes.as_mut(),
        };
        let mut bench = Bench {
            journal: &mut self.journal,
            letters: &mut self.letters,
            wiring: &wiring,
            protections: &self.protections,
            seed: self.recipe.seed,
            now: self.now,
            around: &mut around,
            commit: &mut self.commit,
        };
        let process = &mut self.processes[usize::from(party.0)];
        let result = process.handle(&mut bench, &message, &mut history, deliveries);
        let (acknowledged, away) = (around.acknowledged, around.away);
        self.commit.clear();
        let happened = match result {
            Ok((happened, Some(wait))) => {
                self.note(MessageFact::AttemptFailed, &message);
                if let Some(flight) = self.bus.flight_mut(id) {
                    flight.history = history;
                }
                self.bus.again(id, self.now.after(wait));
                happened
            }
            Ok((happened, None)) => happened,
            Err(Halt::Store(reason)) => unreachable!("a journal in memory does not fail: {reason}"),
            Err(Halt::Crashed(gap)) => {
                if !acknowledged {
                    self.bus.wait_first(id);
                }
                if let Some(flight) = self.bus.flight_mut(id) {
                    flight.history = history;
                }
                self.crash(party, away.unwrap_or(DOWNTIME), gap);
                Happening::Crashed(gap)
            }
        };
        self.flush_notes();
        self.flush_hits();
        let events = (first, self.journal.len());
        Moved { at: self.now, message: Some(message), sent_at, taken_at, events, happened }
    }

    fn crash(&mut self, party: Party, away: Ticks, gap: Gap) {
        self.processes[usize::from(party.0)].crash();
        self.bus.consumer_mut(party).crashed = true;
        self.bus.schedule(self.now.after(away), Due::Restart(party));
        self.note_service(party, ServiceFact::Crashed { gap: gap.name().into() });
    }

    pub(super) fn restart(&mut self, party: Party) {
        self.bus.consumer_mut(party).crashed = false;
        self.note_service(party, ServiceFact::Restarted {});
        self.with_bench(|bench| bench.drain(party));
        if self.bus.consumer(party).is_up() {
            self.bus.resume(self.now, party);
        }
        self.flush_hits();
    }

    pub(super) fn up(&mut self, party: Party) {
        let now = self.now;
        let consumer = self.bus.consumer_mut(party);
        if consumer.down_until.is_none_or(|until| until > now) {
            return;
        }
        consumer.down_until = None;
        let up = consumer.is_up();
        self.note_service(party, ServiceFact::Up {});
        if up {
            self.bus.resume(now, party);
        }
    }

    /// Lets `use_it` work on the bench, with no message in hand.
    pub(super) fn with_bench<T>(&mut self, use_it: impl FnOnce(&mut Bench<'_>) -> T) -> T {
        let wiring = Arc::clone(&self.wiring);
        let mut around = Around {
            bus: &mut self.bus,
            weather: &mut self.weather,
            ledger: &mut self.ledger,
            wiring: &wiring,
            protections: &self.protections,
            seed: self.recipe.seed,
            now: self.now,
            message: None,
            flight: FlightId(0),
            acknowledged: false,
            away: None,
            scratch: &mut self.scratch,
            notes: self.notes.as_mut(),
        };
        let mut bench = Bench {
            journal: &mut self.journal,
            letters: &mut self.letters,
            wiring: &wiring,
            protections: &self.protections,
            seed: self.recipe.seed,
            now: self.now,
            around: &mut around,
            commit: &mut self.commit,
        };
        use_it(&mut bench)
    }

    /// The orchestrator, if `party` is one.
    pub(super) fn orchestrator(&self) -> Option<&Orchestrator> {
        match self.processes.first() {
            Some(Process::Orchestrator(process)) if !self.wiring.is_choreographed() => Some(process),
            _ => None,
        }
    }

    /// Has the orchestrator redrive a letter; `false` if the letter keeps no step and no undo.
    pub(super) fn redrive_by_orchestrator(&mut self, letter: u32) -> bool {
        let mut process =
            std::mem::replace(&mut self.processes[0], Process::Orchestrator(Orchestrator::default()));
        let redriven = match &mut process {
            Process::Orchestrator(orchestrator) => self
                .with_bench(|bench| orchestrator.redrive(bench, letter))
                .expect("nobody else writes to a journal in memory"),
            _ => false,
        };
        self.processes[0] = process;
        redriven
    }

    // ── recording ──────────────────────────────────────────────────────────────────────────────────────────

    pub(super) fn note(&mut self, what: impl FnOnce(Transport) -> MessageFact, message: &Message) {
        let Some(notes) = &mut self.notes else { return };
        let transport = Transport {
            leg: message.route.name().into(),
            from: self.wiring.party_name(message.from),
            to: self.wiring.party_name(message.to),
            step: message.step,
            attempt: message.attempt,
        };
        notes.push((what(transport), message.clone()));
    }

    pub(super) fn note_service(&mut self, party: Party, fact: ServiceFact) {
        if self.notes.is_none() {
            return;
        }
        let stream = format!("service-{}", self.wiring.party_name(party));
        let context = fact_context(self.now, crate::runtime::SagaNo::NONE, None);
        self.record(context, &stream, "Service", Fact::Service(fact));
    }

    /// Records what was noted on transport.
    pub(super) fn flush_notes(&mut self) {
        let Some(notes) = &mut self.notes else { return };
        for (fact, message) in std::mem::take(notes) {
            let stream = format!("message-{}", message.event);
            let outside = message.route == crate::runtime::Route::Start;
            let mut context = fact_context(self.now, message.saga, (!outside).then_some(message.event));
            context.key = Some(message.key());
            context.attempt = message.attempt;
            self.record(context, &stream, "Message", Fact::Message(fact));
        }
    }

    /// Records which faults have struck.
    pub(super) fn flush_hits(&mut self) {
        for party in std::mem::take(&mut self.weather.downed) {
            self.note_service(party, ServiceFact::Down {});
        }
        if self.weather.struck.is_empty() {
            return;
        }
        for hit in std::mem::take(&mut self.weather.struck) {
            let fault: Name = Arc::clone(&self.weather.armed()[hit.fault].name);
            let position = u64::from(self.journal.len()) + 1;
            self.weather.armed_mut()[hit.fault].first_hit.get_or_insert(position);
            let fact = RunFact::FaultInjected { fault, message: hit.event, leg: hit.route.name().into() };
            let context = fact_context(self.now, hit.saga, hit.event);
            self.record(context, "run-1", "Run", Fact::Run(fact));
        }
    }
}
