//! What surrounds a handler in this world: the bus with its weather, and the ledger that watches every commit.

use std::fmt::Write as _;
use std::sync::Arc;

use super::bus::Bus;
use super::ledger::Ledger;
use super::report::FlightId;
use super::weather::Weather;
use crate::base::entropy::{Draws, Purpose, between, mix};
use crate::base::ticks::Ticks;
use crate::runtime::{
    DeadLetters, Direction, EventId, Forced, Gap, Journal, Message, MessageFact, Party, Position,
    Protections, Route, Surroundings, Transport, Wiring,
};

/// How long a message is on its way, both ends included.
const WAY: (u64, u64) = (5_000, 15_000);
/// How much later a copy comes, both ends included.
const COPY: (u64, u64) = (1_000, 200_000);

/// A note on transport, recorded after the step if it is recorded at all.
pub(super) type Note = (MessageFact, Message);

/// The parts of a world that a handler meets.
pub(super) struct Around<'a> {
    pub(super) bus: &'a mut Bus,
    pub(super) weather: &'a mut Weather,
    pub(super) ledger: &'a mut Ledger,
    pub(super) wiring: &'a Wiring,
    pub(super) protections: &'a Protections,
    pub(super) seed: u64,
    pub(super) now: Ticks,
    /// The message in hand.
    pub(super) message: Option<&'a Message>,
    pub(super) flight: FlightId,
    pub(super) acknowledged: bool,
    pub(super) away: Option<Ticks>,
    pub(super) scratch: &'a mut String,
    /// Where notes on transport go; none: they are not kept.
    pub(super) notes: Option<&'a mut Vec<Note>>,
}

impl Around<'_> {
    fn note(&mut self, what: impl FnOnce(Transport) -> MessageFact, message: &Message) {
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

    /// Way and handling of a message: functions of its name.
    fn latency(&mut self, message: &Message) -> (Ticks, Ticks) {
        if message.route == Route::Timer {
            return (Ticks::ZERO, Ticks::ZERO);
        }
        self.name(message);
        let draws = Draws::of(self.seed, Purpose::Latency, self.scratch);
        let attempt = u64::from(message.attempt) * 2;
        let way = between(draws.draw(attempt), WAY.0, WAY.1);
        let handling = self.wiring.service(message.to).map_or(0, |service| {
            let (low, high) = service.latency;
            between(draws.draw(attempt + 1), low.0, high.0.max(low.0))
        });
        (Ticks(way), Ticks(handling))
    }

    /// Writes the name that a message's chance depends on: `1/process-payment/do/command`.
    fn name(&mut self, message: &Message) {
        self.scratch.clear();
        write!(self.scratch, "{}", message.saga.0).expect("writing into a string cannot fail");
        let step = &self.wiring.step_names()[message.step.index()];
        for part in [&**step, message.direction.word(), message.route.name()] {
            self.scratch.push('/');
            self.scratch.push_str(part);
        }
    }

    /// Hands a message to the bus, through the weather.
    pub(super) fn send(&mut self, message: &Message) {
        let passage = self.weather.passage(self.wiring, *self.protections, self.seed, message, self.now);
        if let Some(until) = passage.down_until {
            self.down(message.to, until);
        }
        if passage.lost {
            self.note(MessageFact::Lost, message);
            self.bus.lose(self.now, Arc::new(message.clone()));
            return;
        }
        self.note(MessageFact::Sent, message);
        let message = Arc::new(Message { poison: message.poison || passage.poison, ..message.clone() });
        let latency = self.latency(&message);
        let original = message.route != Route::Timer || message.due <= self.now;
        let base = if original { self.now } else { message.due };
        let id = match passage {
            super::weather::Passage { delay: Some(delay), .. } => {
                self.note(MessageFact::Delayed, &message);
                self.bus.hold(self.now, Arc::clone(&message), base.after(delay))
            }
            super::weather::Passage { reorder: Some(longest), .. } => {
                self.note(MessageFact::Delayed, &message);
                self.bus.hold_for_next(self.now, Arc::clone(&message), base.after(longest))
            }
            _ if passage.duplicate => self.bus.accept(self.now, Arc::clone(&message), latency),
            _ => {
                self.bus.accept(self.now, message, latency);
                return;
            }
        };
        if passage.duplicate {
            self.note(MessageFact::Duplicated, &message);
            let delay = passage.copy_after.unwrap_or_else(|| self.copy_delay(&message));
            let from = passage.delay.map_or(self.now, |delay| base.after(delay));
            self.bus.copy(self.now, id, from.after(delay));
        }
    }

    /// How much later a copy of this message comes.
    pub(super) fn copy_delay(&mut self, message: &Message) -> Ticks {
        // A timer has no way, and so no name: its copy takes the one of the message that was sent before it.
        if message.route != Route::Timer {
            self.name(message);
        }
        let drawn = mix(self.seed, Purpose::DuplicateDelay, self.scratch, u64::from(message.attempt));
        Ticks(between(drawn, COPY.0, COPY.1))
    }

    /// A message that was held takes its place on the bus.
    pub(super) fn release(&mut self, id: FlightId) {
        let Some(message) = self.bus.flight(id).map(|flight| Arc::clone(&flight.message)) else { return };
        let latency = self.latency(&message);
        self.bus.release(self.now, id, latency);
    }

    fn down(&mut self, party: Party, until: Ticks) {
        self.weather.downed.push(party);
        let consumer = self.bus.consumer_mut(party);
        consumer.down_until = Some(consumer.down_until.map_or(until, |known| known.max(until)));
        self.bus.schedule(until, super::bus::Due::Up(party));
    }
}

impl Surroundings for Around<'_> {
    fn decide(&mut self) -> Option<Forced> {
        let message = self.message?;
        self.weather.decision(self.wiring, message, self.now)
    }

    fn conflict(&mut self) -> bool {
        self.message.is_some_and(|message| self.weather.conflict(self.wiring, message, self.now))
    }

    fn expired(&mut self) -> bool {
        self.message.is_some_and(|message| self.weather.expired(self.wiring, message, self.now))
    }

    fn crash(&mut self, gap: Gap) -> bool {
        let Some(message) = self.message else { return false };
        match self.weather.crash(self.wiring, message, self.now, gap) {
            Some(super::weather::Away(away)) => {
                self.away = away;
                true
            }
            None => false,
        }
    }

    fn committed(&mut self, journal: &dyn Journal, _letters: &DeadLetters, first: Position) {
        for at in first.0..=journal.len() {
            if let Some(event) = journal.event(Position(at)) {
                self.ledger.fold(self.wiring, Position(at), event);
            }
        }
    }

    fn acknowledge(&mut self) {
        self.acknowledged = true;
        if let Some(message) = self.message {
            self.note(MessageFact::Acknowledged, message);
        }
        self.bus.remove(self.flight);
    }

    fn publish(&mut self, message: &Message) {
        self.send(message);
    }

    fn deduplicated(&mut self) {
        if let Some(message) = self.message {
            self.note(MessageFact::Deduplicated, message);
        }
    }
}

/// The id of the message that starts a saga: it stands outside of the log.
pub(super) fn start_id(seed: u64, saga: crate::runtime::SagaNo) -> EventId {
    EventId::of(seed, "client", saga.0)
}

/// What a start message needs beside its input.
pub(super) fn start_message(
    seed: u64,
    saga: crate::runtime::SagaNo,
    step: crate::runtime::StepNo,
    to: Party,
    input: std::sync::Arc<serde_json::Value>,
) -> Message {
    Message {
        event: start_id(seed, saga),
        route: Route::Start,
        from: Party::CLIENT,
        to,
        saga,
        step,
        direction: Direction::Do,
        attempt: 1,
        last: false,
        due: Ticks::ZERO,
        poison: false,
        body: crate::runtime::Body::Start(input),
    }
}
