//! What a person does to a world: to messages under way, to services, to dead letters, to the weather. Each act is
//! recorded in the log and added to the recipe, so that a run with acts can be run again: from the recipe alone, or by
//! [`crate::sim::history`], which keeps them for each of its futures.

use std::sync::Arc;

use super::bus::Due;
use super::report::{Act, ActError, FlightId, Handled, StepResult, WorldStep};
use super::{End, World, fact_context};
use crate::base::ticks::Ticks;
use crate::runtime::{
    Body, Fact, LetterFact, LetterState, Message, MessageFact, Party, Protections, Route, RunFact, SagaNo,
    ServiceFact,
};
use crate::sim::faults::{Leg, Protection};
use crate::sim::recipe::{self, Place, Planned, Target, UnderWay};

impl World {
    /// Carries out an act, now. Nothing changes if it cannot be carried out.
    pub fn act(&mut self, act: &Act) -> Result<(), ActError> {
        self.check(act)?;
        let sentence = self.sentence_of(act);
        let spelled = self.spelled(act).ok_or(ActError::NotInFlight)?;
        let planned = Planned { moment: self.moments, act: spelled };
        self.end = None;
        self.last_act = Some(super::narrate::sentence(&sentence));
        let fact = RunFact::Acted { act: sentence.into(), recipe: planned.to_string().into() };
        self.record_run(fact, None);
        Arc::make_mut(&mut self.recipe).acts.push(planned);
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
            Act::Protect(..) => Ok(()),
        }
    }

    fn sentence_of(&self, act: &Act) -> String {
        act.sentence(|id| {
            self.in_flight().into_iter().find(|it| it.id == *id).map_or_else(String::new, |it| it.label)
        })
    }

    /// The act as recipes spell it. `None`: its message is not under way.
    pub(in crate::sim) fn spelled(&self, act: &Act) -> Option<recipe::Act> {
        act.naming(|id| {
            let target = self.target_of(&self.bus.flight(*id)?.message);
            let number = self.on_leg(&target).position(|known| known == *id)? + 1;
            Some(UnderWay { target, number: number as u32 })
        })
    }

    /// The act with the message that its name stands for now.
    pub(in crate::sim) fn meant(&self, act: &recipe::Act) -> Result<Act, ActError> {
        let named = |message: &UnderWay| self.on_leg(&message.target).nth(message.number.max(1) as usize - 1);
        act.naming(named).ok_or_else(|| {
            let message = act.message().map_or_else(String::new, ToString::to_string);
            let known = self.bus.flights().map(|(_, flight)| self.target_of(&flight.message).to_string());
            let mut known: Vec<String> = known.collect();
            known.sort_unstable();
            known.dedup();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            ActError::NotUnderWay { message, known }
        })
    }

    fn target_of(&self, message: &Message) -> Target {
        let leg = match message.route {
            Route::Start => None,
            Route::Command => Some(Leg::Command),
            Route::Reply => Some(Leg::Reply),
            Route::Undo => Some(Leg::Undo),
            Route::UndoReply => Some(Leg::UndoReply),
            Route::Timer => Some(Leg::Timer),
        };
        let step = || self.wiring.step_names()[message.step.index()].to_string();
        let place = leg.map_or(Place::Start, |leg| Place::Step { step: step(), leg });
        Target { place, saga: (self.recipe.sagas > 1).then_some(message.saga.0) }
    }

    /// What is under way there, in the order in which it was sent.
    fn on_leg<'w>(&'w self, target: &'w Target) -> impl Iterator<Item = FlightId> + 'w {
        let is_there = |message: &Message| {
            let of = self.target_of(message);
            of.place == target.place && target.saga.is_none_or(|saga| saga == message.saga.0)
        };
        self.bus.flights().filter(move |(_, flight)| is_there(&flight.message)).map(|(id, _)| id)
    }

    /// Does what the recipe has planned for this moment. What cannot be done then ends the run.
    pub(super) fn act_as_planned(&mut self) -> bool {
        let planned = self.plan.iter().find(|planned| planned.moment == self.moments);
        let Some(planned) = planned.cloned() else { return false };
        let done = self.meant(&planned.act).and_then(|act| self.act(&act));
        if let Err(error) = &done {
            self.refused = Some(format!("act={planned} cannot be done. {error}"));
        }
        done.is_ok()
    }

    /// What the recipe has planned, for whoever carries it out instead of this world.
    pub(in crate::sim) fn take_plan(&mut self) -> Vec<Planned> {
        std::mem::take(&mut self.plan)
    }

    /// Why what the recipe has planned was not done, once the run is over.
    pub fn unplayed(&self) -> Option<String> {
        let ahead = self.plan.iter().find(|planned| planned.moment >= self.moments);
        self.refused.clone().or_else(|| {
            let moments = self.moments;
            ahead.map(|planned| format!("act={planned} cannot be done. The run is over at moment {moments}."))
        })
    }

    /// Whether this protection is there now.
    pub fn protects(&self, protection: Protection) -> bool {
        *switch(&mut { self.protections }, protection)
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
            Act::Protect(protection, on) => self.protect(*protection, *on),
        }
    }

    fn protect(&mut self, protection: Protection, on: bool) {
        *switch(&mut self.protections, protection) = on;
        if protection == Protection::DurableSaga && !on {
            // Until now everything was durable, so whoever is there knows it: forgetting begins with the next crash.
            for process in &mut self.processes {
                process.remember((1..=self.arrived).map(SagaNo));
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

/// The switch of a protection.
pub(super) fn switch(protections: &mut Protections, protection: Protection) -> &mut bool {
    match protection {
        Protection::Idempotency => &mut protections.idempotency,
        Protection::Outbox => &mut protections.outbox,
        Protection::Retries => &mut protections.retries,
        Protection::DurableSaga => &mut protections.durable_saga,
        Protection::Timeouts => &mut protections.timeouts,
    }
}
