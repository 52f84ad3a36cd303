//! What a person does to a world: to messages under way, to services, to dead letters, to the weather. Each act is
//! recorded in the log; [`crate::sim::history`] keeps them beside the recipe, so that a run with acts can be run again.

use std::sync::Arc;

use super::bus::Due;
use super::report::{Act, ActError, FlightId, Handled, StepResult, WorldStep};
use super::{End, World, fact_context};
use crate::base::ticks::Ticks;
use crate::runtime::{
    Body, Fact, LetterFact, LetterState, Message, MessageFact, Party, RunFact, SagaNo, ServiceFact,
};

impl World {
    /// Carries out an act, now. Nothing changes if it cannot be carried out.
    pub fn act(&mut self, act: &Act) -> Result<(), ActError> {
        self.check(act)?;
        let sentence = self.sentence_of(act);
        self.end = None;
        self.last_act = Some(super::narrate::sentence(&sentence));
        self.record_run(RunFact::Acted { act: sentence.into() }, None);
        self.carry_out(act);
        self.flush_notes();
        self.flush_hits();
        self.moments += 1;
        self.record_checks();
        Ok(())
    }

    /// The act that was just done, as a step of the run that handled no message. `before`: events recorded until then.
    pub(in crate::sim) fn acted(&self, before: u64) -> WorldStep {
        WorldStep {
            number: self.moments,
            at: self.now,
            what: Handled::Acted,
            from: String::new(),
            to: String::new(),
            saga: None,
            step: None,
            attempt: 0,
            sent_at: self.now,
            taken_at: self.now,
            label: String::new(),
            result: StepResult::Done,
            turn: None,
            events: (before + 1, self.len() - before),
            sentence: self.last_act.clone().unwrap_or_default(),
        }
    }

    fn check(&self, act: &Act) -> Result<(), ActError> {
        match act {
            Act::Lose(id) | Act::Delay(id, _) | Act::Duplicate(id) | Act::Poison(id) => {
                self.bus.flight(*id).map(|_| ()).ok_or(ActError::NotInFlight)
            }
            Act::Stop(name) | Act::Start(name) => {
                self.wiring.party_named(name).map(|_| ()).ok_or_else(|| ActError::NoService(name.clone()))
            }
            Act::Redrive(id) | Act::Discard(id) => {
                let letter = self.letters.get(*id).ok_or(ActError::NoLetter(*id))?;
                let open = letter.state == LetterState::Open;
                if open { Ok(()) } else { Err(ActError::NotOpen(letter.state)) }
            }
            Act::Arm(fault) => {
                let mut trial = self.weather.clone();
                trial.arm(&self.wiring, fault).map_err(ActError::Fault)
            }
            Act::Disarm(fault) => {
                let mut trial = self.weather.clone();
                let armed = trial.disarm(fault);
                armed.then_some(()).ok_or_else(|| ActError::Fault(format!("The fault {fault} is not armed.")))
            }
        }
    }

    fn sentence_of(&self, act: &Act) -> String {
        let label = |id: &FlightId| {
            self.in_flight().into_iter().find(|it| it.id == *id).map_or_else(String::new, |it| it.label)
        };
        match act {
            Act::Lose(id) => format!("the message {} is lost", label(id)),
            Act::Delay(id, length) => format!("the message {} comes {length} later", label(id)),
            Act::Duplicate(id) => format!("the message {} comes twice", label(id)),
            Act::Poison(id) => format!("the message {} is broken", label(id)),
            Act::Stop(name) => format!("{name} is stopped"),
            Act::Start(name) => format!("{name} is started"),
            Act::Redrive(id) => format!("dead letter {id} is sent again"),
            Act::Discard(id) => format!("dead letter {id} is put away"),
            Act::Arm(fault) => format!("from here on: {fault}"),
            Act::Disarm(fault) => format!("no longer: {fault}"),
        }
    }

    fn carry_out(&mut self, act: &Act) {
        match act {
            Act::Lose(id) => {
                if let Some(flight) = self.bus.remove(*id) {
                    self.note(MessageFact::Lost, &flight.message);
                    self.bus.lose(self.now, flight.message);
                }
            }
            Act::Delay(id, length) => self.bus.delay(self.now, *id, *length),
            Act::Duplicate(id) => {
                let message = self.message(*id);
                let now = self.now;
                self.with_around(|around| {
                    let delay = around.copy_delay(&message);
                    around.bus.copy(now, *id, now.after(delay));
                });
                self.note(MessageFact::Duplicated, &message);
            }
            Act::Poison(id) => {
                if let Some(flight) = self.bus.flight_mut(*id) {
                    Arc::make_mut(&mut flight.message).poison = true;
                }
            }
            Act::Stop(name) => self.set_stopped(name, true),
            Act::Start(name) => self.set_stopped(name, false),
            Act::Redrive(id) => self.redrive(*id),
            Act::Discard(id) => self.discard(*id),
            Act::Arm(fault) => self.weather.arm(&self.wiring, fault).expect("it was tried before"),
            Act::Disarm(fault) => {
                self.weather.disarm(fault);
            }
        }
    }

    fn message(&self, id: FlightId) -> Arc<Message> {
        Arc::clone(&self.bus.flight(id).expect("it was looked for before").message)
    }

    fn set_stopped(&mut self, name: &str, stopped: bool) {
        let party = self.wiring.party_named(name).expect("it was looked for before");
        self.bus.consumer_mut(party).stopped = stopped;
        if stopped {
            self.note_service(party, ServiceFact::Down {});
        } else {
            // A person who starts a service means it: whatever kept it down is over.
            self.bus.consumer_mut(party).down_until = Some(self.now);
            self.bus.schedule(self.now, Due::Up(party));
        }
    }

    fn redrive(&mut self, id: u32) {
        let letter = self.letters.get(id).expect("it was looked for before");
        let message = Message::clone(&letter.message);
        let by_message = matches!(message.body, Body::Start(_)) || self.wiring.is_choreographed();
        let redriven = if by_message {
            self.record_redriven(id);
            false
        } else {
            self.redrive_by_orchestrator(id)
        };
        if !redriven {
            let message = Message { due: Ticks::ZERO, ..message };
            self.with_around(|around| around.send(&message));
        }
    }

    fn record_redriven(&mut self, id: u32) {
        let letter = self.letters.get(id).expect("it was looked for before");
        let mut context = fact_context(self.now, letter.message.saga, None);
        context.key = Some(letter.key());
        let stream = Arc::clone(&crate::runtime::Journal::stream(&self.journal, letter.stream).name);
        self.record(context, &stream, "DeadLetter", Fact::Letter(LetterFact::Redriven {}));
    }

    fn discard(&mut self, id: u32) {
        let letter = self.letters.get(id).expect("it was looked for before");
        let mut context = fact_context(self.now, letter.message.saga, None);
        context.key = Some(letter.key());
        let stream = Arc::clone(&crate::runtime::Journal::stream(&self.journal, letter.stream).name);
        self.record(context, &stream, "DeadLetter", Fact::Letter(LetterFact::Discarded {}));
    }

    /// Whether the run was stopped by its limit.
    pub fn is_stopped(&self) -> bool {
        self.end == Some(End::Stopped)
    }

    /// The party that a name belongs to, for whoever lists services.
    pub fn has_service(&self, name: &str) -> bool {
        self.wiring.party_named(name).is_some_and(|party| party != Party::CLIENT)
    }

    /// Sagas that have begun or should have.
    pub fn saga_numbers(&self) -> impl Iterator<Item = SagaNo> + use<> {
        (1..=self.arrived).map(SagaNo)
    }
}
