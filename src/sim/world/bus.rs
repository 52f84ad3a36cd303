//! The bus and the clock. Virtual time is a queue ordered by (tick, sequence); the sequence is given at scheduling,
//! so a timer set before a reply was sent wins a tie. Every accepted message stays until it is acknowledged; each
//! consumer gets its messages in the order of acceptance, at least once. Only a fault loses one.
//!
//! One entry in the queue for each message: it comes due when its receiver has finished with it, that is after the
//! way there and the time of handling. A consumer's messages come due in their order, but do not wait for each
//! other's handling: a service is many workers behind one ordered inbox.

use std::collections::VecDeque;
use std::sync::Arc;

use super::agenda::Agenda;
use super::report::FlightId;
use crate::base::ticks::Ticks;
use crate::runtime::{FailedAttempt, Message, Party, SagaNo};

/// A message under way.
#[derive(Clone, Debug)]
pub(super) struct Flight {
    pub(super) message: Arc<Message>,
    pub(super) sent_at: Ticks,
    pub(super) taken_at: Ticks,
    /// When it comes due; meaningless while it is held or waits for its receiver.
    pub(super) due: Ticks,
    pub(super) place: Place,
    pub(super) deliveries: u32,
    /// Attempts of the consumer itself, in a choreography.
    pub(super) history: Vec<FailedAttempt>,
}

/// Where a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// On its way; the sequence of its entry in the queue.
    Under(u64),
    /// Held back; accepted when this entry comes due, or when the next message to its receiver is.
    Held(u64),
    /// At its receiver, who is down.
    Waiting,
}

/// What comes due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    /// The flight is delivered.
    Deliver(FlightId),
    /// The flight is accepted.
    Accept(FlightId),
    /// The process is there again.
    Restart(Party),
    /// The service takes deliveries again.
    Up(Party),
    /// The saga begins.
    Arrive(SagaNo),
}

/// A receiver.
#[derive(Clone, Debug, Default)]
pub(super) struct Consumer {
    /// Its process is dead and will be back.
    pub(super) crashed: bool,
    /// A fault keeps it down until then.
    pub(super) down_until: Option<Ticks>,
    /// A person stopped it.
    pub(super) stopped: bool,
    waiting: VecDeque<FlightId>,
    last: Ticks,
    overtaken: Vec<FlightId>,
}

impl Consumer {
    pub(super) fn is_up(&self) -> bool {
        !self.crashed && self.down_until.is_none() && !self.stopped
    }
}

/// Flights by their ids, which are given in turn: a window from the oldest one that is still under way to the newest.
#[derive(Clone, Debug, Default)]
struct Flights {
    window: VecDeque<Option<Box<Flight>>>,
    /// How many ids lie before the window.
    before: u64,
    count: usize,
}

impl Flights {
    fn add(&mut self, flight: Flight) -> FlightId {
        self.window.push_back(Some(Box::new(flight)));
        self.count += 1;
        FlightId(self.before + self.window.len() as u64)
    }

    fn place(&self, id: FlightId) -> Option<usize> {
        usize::try_from(id.0.checked_sub(self.before + 1)?).ok()
    }

    fn get(&self, id: FlightId) -> Option<&Flight> {
        self.window.get(self.place(id)?)?.as_deref()
    }

    fn get_mut(&mut self, id: FlightId) -> Option<&mut Flight> {
        let place = self.place(id)?;
        self.window.get_mut(place)?.as_deref_mut()
    }

    fn remove(&mut self, id: FlightId) -> Option<Box<Flight>> {
        let place = self.place(id)?;
        let flight = self.window.get_mut(place)?.take()?;
        self.count -= 1;
        while let Some(None) = self.window.front() {
            self.window.pop_front();
            self.before += 1;
        }
        Some(flight)
    }

    fn iter(&self) -> impl Iterator<Item = (FlightId, &Flight)> {
        let numbered = self.window.iter().zip(self.before + 1..);
        numbered.filter_map(|(flight, id)| Some((FlightId(id), flight.as_deref()?)))
    }
}

/// Time, and everything that is under way in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Bus {
    agenda: Agenda,
    flights: Flights,
    consumers: Vec<Consumer>,
    /// What nobody accepted, and when.
    lost: Vec<(Ticks, Arc<Message>)>,
}

impl Bus {
    pub(super) fn new(consumers: usize) -> Self {
        Self { consumers: vec![Consumer::default(); consumers], ..Self::default() }
    }

    pub(super) fn schedule(&mut self, at: Ticks, due: Due) -> u64 {
        self.agenda.schedule(at, due)
    }

    /// What comes due next; entries that mean nothing any more are left out.
    pub(super) fn pop(&mut self) -> Option<(Ticks, Due)> {
        while let Some((at, sequence, due)) = self.agenda.next() {
            if self.is_current(sequence, due) {
                return Some((at, due));
            }
        }
        None
    }

    fn is_current(&self, sequence: u64, due: Due) -> bool {
        match due {
            Due::Deliver(id) => self.flights.get(id).is_some_and(|it| it.place == Place::Under(sequence)),
            Due::Accept(id) => self.flights.get(id).is_some_and(|it| it.place == Place::Held(sequence)),
            Due::Restart(_) | Due::Up(_) | Due::Arrive(_) => true,
        }
    }

    /// Nobody accepts this message.
    pub(super) fn lose(&mut self, now: Ticks, message: Arc<Message>) {
        self.lost.push((now, message));
    }

    pub(super) fn lost(&self) -> &[(Ticks, Arc<Message>)] {
        &self.lost
    }

    pub(super) fn consumer(&self, party: Party) -> &Consumer {
        &self.consumers[usize::from(party.0)]
    }

    pub(super) fn consumer_mut(&mut self, party: Party) -> &mut Consumer {
        &mut self.consumers[usize::from(party.0)]
    }

    pub(super) fn flights(&self) -> impl Iterator<Item = (FlightId, &Flight)> {
        self.flights.iter()
    }

    pub(super) fn flight(&self, id: FlightId) -> Option<&Flight> {
        self.flights.get(id)
    }

    pub(super) fn flight_mut(&mut self, id: FlightId) -> Option<&mut Flight> {
        self.flights.get_mut(id)
    }

    /// Whether anything is under way that will come due.
    pub(super) fn is_quiet(&self) -> bool {
        self.flights.count == 0 && self.consumers.iter().all(Consumer::is_up)
    }

    /// Accepts a message: it takes its place behind what its receiver is to get before.
    pub(super) fn accept(&mut self, now: Ticks, message: Arc<Message>, latency: (Ticks, Ticks)) -> FlightId {
        let to = message.to;
        let id = self.add(now, message);
        self.under_way(now, id, latency);
        for held in std::mem::take(&mut self.consumer_mut(to).overtaken) {
            if self.flights.get(held).is_some() {
                self.under_way(now, held, latency);
            }
        }
        id
    }

    /// Keeps a message back: it is accepted at `until`.
    pub(super) fn hold(&mut self, now: Ticks, message: Arc<Message>, until: Ticks) -> FlightId {
        let id = self.add(now, message);
        let sequence = self.schedule(until, Due::Accept(id));
        let flight = self.flights.get_mut(id).expect("just added");
        flight.place = Place::Held(sequence);
        flight.due = until;
        id
    }

    /// Keeps a message back until the next one to its receiver is accepted, at the latest until `until`.
    pub(super) fn hold_for_next(&mut self, now: Ticks, message: Arc<Message>, until: Ticks) -> FlightId {
        let to = message.to;
        let id = self.hold(now, message, until);
        self.consumer_mut(to).overtaken.push(id);
        id
    }

    /// A message that was held takes its place.
    pub(super) fn release(&mut self, now: Ticks, id: FlightId, latency: (Ticks, Ticks)) {
        let Some(flight) = self.flights.get(id) else { return };
        let to = flight.message.to;
        self.consumer_mut(to).overtaken.retain(|held| *held != id);
        self.under_way(now, id, latency);
    }

    fn add(&mut self, now: Ticks, message: Arc<Message>) -> FlightId {
        self.flights.add(Flight {
            message,
            sent_at: now,
            taken_at: now,
            due: now,
            place: Place::Waiting,
            deliveries: 0,
            history: Vec::new(),
        })
    }

    fn under_way(&mut self, now: Ticks, id: FlightId, (way, handling): (Ticks, Ticks)) {
        let flight = self.flights.get_mut(id).expect("whoever calls has looked");
        let consumer = &mut self.consumers[usize::from(flight.message.to.0)];
        if flight.message.due > Ticks::ZERO {
            // A timer comes when it is due, whatever else is on its way.
            flight.due = flight.message.due.max(now);
            flight.taken_at = flight.due;
        } else {
            flight.due = now.after(way).after(handling).max(consumer.last);
            flight.taken_at = Ticks(flight.due.0.saturating_sub(handling.0));
            consumer.last = flight.due;
        }
        let due = flight.due;
        let sequence = self.schedule(due, Due::Deliver(id));
        self.flights.get_mut(id).expect("still there").place = Place::Under(sequence);
    }

    /// Its receiver is down: the message waits in its place.
    pub(super) fn wait(&mut self, id: FlightId) {
        let Some(flight) = self.flights.get_mut(id) else { return };
        flight.place = Place::Waiting;
        let to = flight.message.to;
        self.consumer_mut(to).waiting.push_back(id);
    }

    /// It was not acknowledged: it comes again, before everything that waits.
    pub(super) fn wait_first(&mut self, id: FlightId) {
        let Some(flight) = self.flights.get_mut(id) else { return };
        flight.place = Place::Waiting;
        let to = flight.message.to;
        self.consumer_mut(to).waiting.push_front(id);
    }

    /// It was not acknowledged: it comes again at `at`.
    pub(super) fn again(&mut self, id: FlightId, at: Ticks) {
        let sequence = self.schedule(at, Due::Deliver(id));
        let Some(flight) = self.flights.get_mut(id) else { return };
        flight.place = Place::Under(sequence);
        flight.due = at;
        flight.taken_at = at;
    }

    /// The receiver takes deliveries again: what waits comes at once, in order.
    pub(super) fn resume(&mut self, now: Ticks, party: Party) {
        for id in std::mem::take(&mut self.consumer_mut(party).waiting) {
            self.again(id, now);
        }
    }

    /// Done with.
    pub(super) fn remove(&mut self, id: FlightId) -> Option<Box<Flight>> {
        let flight = self.flights.remove(id)?;
        let consumer = &mut self.consumers[usize::from(flight.message.to.0)];
        if flight.place == Place::Waiting {
            consumer.waiting.retain(|waiting| *waiting != id);
        }
        consumer.overtaken.retain(|held| *held != id);
        Some(flight)
    }

    /// It comes so much later; others may overtake it.
    pub(super) fn delay(&mut self, now: Ticks, id: FlightId, length: Ticks) {
        let Some(flight) = self.flights.get(id) else { return };
        let until = flight.due.max(now).after(length);
        let to = flight.message.to;
        self.consumer_mut(to).waiting.retain(|waiting| *waiting != id);
        self.again(id, until);
    }

    /// A second copy, same bytes, that is accepted at `at`.
    pub(super) fn copy(&mut self, now: Ticks, id: FlightId, at: Ticks) -> Option<FlightId> {
        let message = Arc::clone(&self.flights.get(id)?.message);
        Some(self.hold(now, message, at))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::runtime::{Body, Direction, EventId, Route, StepNo};

    const TO: Party = Party(1);

    fn message(number: u32, due: u64) -> Arc<Message> {
        Arc::new(Message {
            event: EventId::default(),
            route: Route::Command,
            from: Party::ORCHESTRATOR,
            to: TO,
            saga: SagaNo(number),
            step: StepNo(0),
            direction: Direction::Do,
            attempt: 1,
            last: false,
            due: Ticks(due),
            poison: false,
            body: Body::Command(Arc::new(Value::Null)),
        })
    }

    fn drain(bus: &mut Bus) -> Vec<(u64, u32)> {
        let mut order = Vec::new();
        while let Some((at, due)) = bus.pop() {
            match due {
                Due::Deliver(id) => order.push((at.0, bus.remove(id).unwrap().message.saga.0)),
                Due::Accept(id) => bus.release(at, id, (Ticks(1), Ticks(0))),
                _ => unreachable!("nothing else was scheduled"),
            }
        }
        order
    }

    #[test]
    fn a_consumer_gets_its_messages_in_the_order_of_acceptance() {
        let mut bus = Bus::new(2);
        bus.accept(Ticks(0), message(1, 0), (Ticks(5), Ticks(90)));
        bus.accept(Ticks(0), message(2, 0), (Ticks(5), Ticks(10)));
        bus.accept(Ticks(99), message(3, 0), (Ticks(5), Ticks(10)));
        assert_eq!(drain(&mut bus), [(95, 1), (95, 2), (114, 3)]);
    }

    #[test]
    fn a_timer_comes_when_it_is_due_and_wins_a_tie_if_it_was_set_first() {
        let mut bus = Bus::new(2);
        bus.accept(Ticks(0), message(1, 50), (Ticks(5), Ticks(0)));
        bus.accept(Ticks(10), message(2, 0), (Ticks(40), Ticks(0)));
        bus.accept(Ticks(10), message(3, 50), (Ticks(5), Ticks(0)));
        assert_eq!(drain(&mut bus), [(50, 1), (50, 2), (50, 3)]);
    }

    #[test]
    fn a_held_message_is_overtaken_by_the_next_or_comes_when_its_time_is_up() {
        let mut bus = Bus::new(2);
        bus.hold_for_next(Ticks(0), message(1, 0), Ticks(1000));
        bus.accept(Ticks(10), message(2, 0), (Ticks(5), Ticks(0)));
        bus.hold_for_next(Ticks(20), message(3, 0), Ticks(500));
        assert_eq!(drain(&mut bus), [(15, 2), (15, 1), (501, 3)]);
    }

    #[test]
    fn what_waits_for_a_receiver_comes_in_order_and_what_was_in_hand_first() {
        let mut bus = Bus::new(2);
        let first = bus.accept(Ticks(0), message(1, 0), (Ticks(1), Ticks(0)));
        bus.accept(Ticks(0), message(2, 0), (Ticks(1), Ticks(0)));
        for _ in 0..2 {
            let Some((_, Due::Deliver(id))) = bus.pop() else { panic!("two messages are due") };
            if id == first { bus.wait_first(id) } else { bus.wait(id) }
        }
        assert_eq!(bus.pop(), None);
        bus.resume(Ticks(9), TO);
        assert_eq!(drain(&mut bus), [(9, 1), (9, 2)]);
        assert!(bus.is_quiet());
    }
}
