//! Choreography: nobody coordinates; each service knows which events concern it, does its part and publishes what
//! it did. The primer: the saga exists only as a pattern in the log, held together by the correlation id. Every
//! service notes its own part (`participation-<service>-<saga>`) in the transaction of the effect, and undoes only
//! what it finds there: state kept in a map that nobody fills compensates nothing.
//!
//! What it cannot do is what nobody is there for: nobody waits, so a lost event is noticed by nobody; technical
//! failures are retried by the consumer, and when that is spent, a dead letter is all that is left: a service that
//! cannot process cannot answer either, so nothing upstream is undone. Only a refusal travels back, and only from
//! before the point of no return: a step behind it has no right to refuse, and what refuses all the same is parked.
//!
//! Unless a step has a `timeout`: then whoever publishes the event that sets it off keeps its time ([`timekeeping`]).

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

mod timekeeping;

pub(super) use timekeeping::refusal as overdue;

use super::participant::{Outcome, Participant, Recorded, Replies, context_of};
use super::pipeline::{Bench, Exposed, Halt, unopposed};
use super::{
    Answer, Baggage, Body, Direction, DomainFact, Fact, FailedAttempt, Failure, Happened, LetterState,
    Message, Parking, ParticipationFact, Party, Route, SagaNo, Settled, StreamNo, Subscription, WhyResolved,
    retry,
};
use crate::base::ticks::Ticks;

/// A service in a choreography.
#[derive(Clone, Debug)]
pub struct Choreographer {
    participant: Participant,
    /// Without durable participation: what it remembers is all there is.
    remembered: BTreeSet<SagaNo>,
}

impl Choreographer {
    /// The service behind `party`.
    pub fn new(party: Party) -> Self {
        Self { participant: Participant::new(party), remembered: BTreeSet::new() }
    }

    /// Everything volatile is gone.
    pub fn crash(&mut self) {
        self.participant.crash();
        self.remembered.clear();
    }

    /// These sagas are known without looking; a crash forgets them.
    pub fn remember(&mut self, sagas: impl Iterator<Item = SagaNo>) {
        self.remembered.extend(sagas);
    }

    /// Reacts to what happened. `history` and the count of `deliveries` belong to the message on the bus, which keeps
    /// both until it is acknowledged: a failed attempt is added to the history, and the answer
    /// [`Outcome::RolledBack`] asks for another delivery after the wait that [`Choreographer::wait`] gives. A process
    /// that dies on the way loses no count: an attempt that was not committed is made again under its number, and
    /// what is parked already is not tried again.
    pub fn handle(
        &mut self,
        bench: &mut Bench<'_>,
        message: &Message,
        history: &mut Vec<FailedAttempt>,
        deliveries: u32,
    ) -> Result<Outcome, Halt> {
        let party = self.participant.party();
        let keeps_time = matches!(message.route, Route::Timer | Route::Reply);
        let forgotten = (message.direction == Direction::Undo || keeps_time)
            && !bench.protections.durable_saga
            && !self.remembered.contains(&message.saga);
        if forgotten {
            finish(bench, party)?;
            return Ok(Outcome::Ignored);
        }
        if is_parked(bench, message, history) {
            return self.park(bench, message, history, 1);
        }
        let outcome = match &message.body {
            _ if keeps_time => return timekeeping::keep(party, bench, message),
            Body::Overdue(_) => self.participant.overdue(bench, message, &Choreographed)?,
            _ => self.participant.attempt(bench, message, &Choreographed)?,
        };
        let Outcome::RolledBack(failure) = outcome else {
            if !bench.protections.durable_saga {
                self.remembered.insert(message.saga);
            }
            return Ok(outcome);
        };
        let attempt = history.len() as u32 + 1;
        history.push(FailedAttempt { attempt, at: bench.now, error: Arc::clone(&failure.error) });
        let attempts = retry::attempts(&bench.wiring.step(message.step).retry, bench.protections);
        if !failure.permanent && attempt < attempts {
            return Ok(Outcome::RolledBack(failure));
        }
        self.park(bench, message, history, deliveries)
    }

    /// Puts the message aside as a dead letter, after the last attempt of `history`.
    fn park(
        &self,
        bench: &mut Bench<'_>,
        message: &Message,
        history: &mut Vec<FailedAttempt>,
        deliveries: u32,
    ) -> Result<Outcome, Halt> {
        let party = self.participant.party();
        let message_type = match &message.body {
            Body::Event(happened) => Arc::clone(&happened.event_type),
            Body::Overdue(_) => Arc::clone(&bench.wiring.step(message.step).failure),
            _ => Arc::clone(&bench.wiring.saga().starts_on),
        };
        let parking = Parking {
            consumer: bench.wiring.party_name(party),
            message: message.clone(),
            message_type,
            error: history.last().map_or_else(|| "".into(), |last| Arc::clone(&last.error)),
            attempts: history.clone(),
            deliveries,
        };
        let context = context_of(bench, message);
        bench.letters.park(bench.commit, bench.journal, &context, None, parking);
        match finish(bench, party) {
            Ok(()) => history.clear(),
            Err(halt) => {
                // Of an attempt that was not committed nobody knows: it is made again.
                if !is_parked(bench, message, history) {
                    history.pop();
                }
                return Err(halt);
            }
        }
        Ok(Outcome::Handled(None))
    }

    /// How long the consumer waits after the failed attempt of this number.
    pub fn wait(bench: &Bench<'_>, message: &Message, failed: u32) -> Ticks {
        let step = bench.wiring.step(message.step);
        retry::wait_of(&step.retry, bench.seed, &step.name, message.key(), failed)
    }
}

/// Whether the attempts of this very delivery are in an open letter: the process died after it had parked it, and
/// before it could acknowledge. A copy of the message has attempts of its own.
fn is_parked(bench: &Bench<'_>, message: &Message, history: &[FailedAttempt]) -> bool {
    let Some(last) = history.last() else { return false };
    let letter = bench.letters.of_message(message.id());
    letter.is_some_and(|letter| letter.state == LetterState::Open && letter.attempts.last() == Some(last))
}

fn finish(bench: &mut Bench<'_>, party: Party) -> Result<(), Halt> {
    unopposed(bench.finish(party, Exposed::No))
}

/// Answers go to whoever subscribes.
struct Choreographed;

impl Replies for Choreographed {
    fn command_data(&self, bench: &Bench<'_>, message: &Message) -> Result<Arc<Value>, Failure> {
        let (input, results) = match &message.body {
            Body::Start(input) => (input, [].as_slice()),
            Body::Event(happened) | Body::Overdue(happened) => {
                (&happened.baggage.input, happened.baggage.results.as_slice())
            }
            _ => return Err(poison("poison")),
        };
        // What happened in a version older than one's own is understood as one's own.
        let upcast = match &message.body {
            Body::Event(happened) | Body::Overdue(happened) => {
                match bench.wiring.receive(&happened.event_type, &happened.data)? {
                    Cow::Borrowed(_) => None,
                    Cow::Owned(data) => Some((&happened.data, Arc::new(data))),
                }
            }
            _ => None,
        };
        let results = results.iter().map(|(step, data)| match &upcast {
            Some((before, upcast)) if before == &data => (*step, upcast),
            _ => (*step, data),
        });
        bench.wiring.command_data(message.step, input, results).map_err(|error| poison(&error))
    }

    /// A refusal travels back, but behind the point of no return there is no way back: there it is what keeps the
    /// service from doing its part, no answer, and nothing of it is recorded, so that it can be sent again.
    fn objection(&self, bench: &Bench<'_>, message: &Message, facts: &[DomainFact]) -> Option<Failure> {
        if message.direction != Direction::Do || bench.wiring.may_refuse(message.step) {
            return None;
        }
        let refusal = facts.iter().find_map(|fact| fact.refusal.as_ref())?;
        Some(Failure { error: format!("refused: {}", refusal.reason).into(), permanent: true })
    }

    fn reply(&self, party: Party, bench: &mut Bench<'_>, message: &Message, recorded: &Recorded) {
        if recorded.new {
            note_participation(party, bench, message, recorded);
        }
        timekeeping::settle_refused(bench, message, recorded);
        let letter = bench.letters.of_message(message.id());
        if letter.is_some_and(|letter| matches!(letter.state, LetterState::Open | LetterState::Redriven)) {
            let context = context_of(bench, message);
            let id = message.id();
            let how = Settled::Resolved(WhyResolved::LateReply);
            bench
                .letters
                .settle(bench.commit, bench.journal, &context, how, |letter| letter.message.id() == id);
        }
        let baggage = Arc::new(pack(message, recorded));
        timekeeping::report(party, bench, message, recorded, &baggage);
        let main = std::iter::once((recorded.id, &recorded.event_type, &recorded.data));
        let beside = recorded.beside.iter().map(|(id, event_type, data)| (*id, event_type, data));
        for (event, event_type, data) in main.chain(beside) {
            for subscription in bench.wiring.subscribers(event_type) {
                let happened = Happened {
                    event_type: Arc::clone(event_type),
                    data: Arc::clone(data),
                    baggage: Arc::clone(&baggage),
                };
                let route =
                    if subscription.direction == Direction::Do { Route::Command } else { Route::Undo };
                let Subscription { step, direction, party: to } = *subscription;
                if direction == Direction::Do && bench.protections.timeouts {
                    timekeeping::set_timer(party, bench, message.saga, step, event, &happened);
                }
                bench.commit.outbox.push(Message {
                    event,
                    route,
                    from: party,
                    to,
                    saga: message.saga,
                    step,
                    direction,
                    attempt: 1,
                    last: false,
                    due: Ticks::ZERO,
                    poison: false,
                    body: Body::Event(happened),
                });
            }
        }
    }
}

fn poison(error: &str) -> Failure {
    Failure { error: error.into(), permanent: true }
}

/// The service's own part, in the transaction of the effect.
fn note_participation(party: Party, bench: &mut Bench<'_>, message: &Message, recorded: &Recorded) {
    let step = message.step;
    let cause = (message.route != Route::Start).then_some(message.event);
    let fact = match recorded.answer {
        Answer::Done(_) => ParticipationFact::Acted { step, cause },
        Answer::Undone => ParticipationFact::Undone { step, cause },
        _ => return,
    };
    let stream = participation(party, bench, message.saga);
    let context = context_of(bench, message);
    bench.commit.append(bench.journal, stream, &context, Fact::Participation(fact));
}

/// Where a service notes its own part in a saga.
fn participation(party: Party, bench: &mut Bench<'_>, saga: SagaNo) -> StreamNo {
    let name = format!("participation-{}-{saga}", bench.wiring.party_name(party));
    bench.journal.open(&name, &"Participation".into())
}

/// What the next message carries along.
fn pack(message: &Message, recorded: &Recorded) -> Baggage {
    let mut baggage = match &message.body {
        Body::Start(input) => Baggage { input: Arc::clone(input), results: Vec::new() },
        Body::Event(happened) | Body::Overdue(happened) => (*happened.baggage).clone(),
        _ => Baggage::default(),
    };
    if let Answer::Done(result) = &recorded.answer {
        baggage.results.push((message.step, Arc::clone(result)));
    }
    baggage
}
