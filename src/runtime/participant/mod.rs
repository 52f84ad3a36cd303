//! A service: it handles commands on its aggregates. The primer, the order of operations: 1 receive, 2 dedupe,
//! 3 validate, 4 load, 5 decide, then commit, acknowledge, publish and mark as sent ([`super::pipeline`]).
//!
//! *Idempotency*: a message comes at least once, so its second coming must do nothing. Either the inbox knows the
//! key (a row written in the same commit as the events, so that both are there or neither), or the aggregate's own
//! state does. The look-up before the work only saves work; the insert inside the commit is what holds. Dedupe
//! comes before validate, for the key is in the envelope: a broken repeat of a finished request still gets its
//! answer. Without an inbox, a charge that is asked for twice is made twice.
//!
//! *Snapshots*: an aggregate is the fold of its stream, and a service that has lost it (a crash, too many others) begins
//! at the newest snapshot and reads what follows. A snapshot is a cache: [`prove_snapshot`] shows that it changes
//! nothing.
//!
//! *Refusals are final*: what was refused or given up is recorded under the key, and every later copy gets the same
//! answer. Retriable steps and undos must never be final: they stay open to another try.

mod aggregate;
mod decide;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::choreographer;
use super::fact::Fact;
use super::pipeline::{Bench, Exposed, Halt, Interrupted, unopposed};
use super::snapshot::{Proof, SNAPSHOT_EVERY, WrongSnapshot};
use super::validation::Passage;
use super::{
    Answer, Body, Claim, Context, Direction, DomainFact, Failure, Journal, Message, Parking, Party, Position,
    Refusal, RefusedBy, Role, Route, SagaNo, StepNo, StreamNo, Wiring,
};
use crate::base::ticks::Ticks;
use crate::domain::Part;

pub use aggregate::Aggregate;
pub(crate) use aggregate::run;
use decide::Decision;

/// How often a conflict is met by deciding again, within one attempt.
pub const CONFLICT_RETRIES: u32 = 3;

/// Loaded aggregates are dropped beyond so many; long streams are kept, for they are dear to load again.
const LOADED_MAX: usize = 1024;
const LONG_STREAM: u32 = 32;

/// What became of a delivery.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Handled and acknowledged; the answer, where there is one.
    Handled(Option<Answer>),
    /// A repeat: the answer of the first time was sent again.
    Repeated(Answer),
    /// Rolled back; the message is not acknowledged.
    RolledBack(Failure),
    /// Nobody waits for it any more.
    Ignored,
}

/// An aggregate in memory, and the version of its newest snapshot; 0 for none.
#[derive(Clone, Debug, Default)]
struct Loaded {
    aggregate: Aggregate,
    kept: u32,
}

impl Loaded {
    /// Begins at the newest snapshot.
    fn of(journal: &dyn Journal, stream: StreamNo) -> Self {
        let is_long = journal.version(stream) >= SNAPSHOT_EVERY.get();
        let snapshot = is_long.then(|| journal.snapshot(stream)).flatten();
        let aggregate = snapshot.map_or_else(Aggregate::default, |snapshot| Aggregate::clone(&snapshot));
        Self { kept: aggregate.version, aggregate }
    }
}

/// A service at work. All it holds is volatile: a crash loses nothing that the journal does not have.
#[derive(Clone, Debug)]
pub struct Participant {
    party: Party,
    loaded: BTreeMap<StreamNo, Box<Loaded>>,
    streams: BTreeMap<(SagaNo, StepNo), StreamNo>,
    name: String,
}

impl Participant {
    /// The service behind `party`.
    pub fn new(party: Party) -> Self {
        Self { party, loaded: BTreeMap::new(), streams: BTreeMap::new(), name: String::new() }
    }

    /// Who it is.
    pub fn party(&self) -> Party {
        self.party
    }

    /// Everything volatile is gone.
    pub fn crash(&mut self) {
        self.loaded.clear();
        self.streams.clear();
    }

    /// Handles a command or an undo of an orchestrated saga: whatever happens, the orchestrator gets an answer.
    pub fn handle(&mut self, bench: &mut Bench<'_>, message: &Message) -> Result<Outcome, Halt> {
        let outcome = self.attempt(bench, message, &Orchestrated)?;
        let Outcome::RolledBack(failure) = outcome else { return Ok(outcome) };
        let final_word = message.direction == Direction::Do
            && bench.wiring.may_refuse(message.step)
            && (message.last || failure.permanent);
        if final_word {
            let by = if failure.permanent { RefusedBy::Poison } else { RefusedBy::GaveUp };
            return self.give_up(bench, message, failure, by);
        }
        if failure.permanent {
            self.keep_evidence(bench, message, &failure);
        }
        let answer = Answer::Failed(failure);
        bench.commit.outbox.push(reply(self.party, message, message.event, answer.clone()));
        self.finish(bench, Exposed::No)?;
        Ok(Outcome::Handled(Some(answer)))
    }

    /// Operations 2 to 9; what fails is rolled back and told.
    pub(crate) fn attempt(
        &mut self,
        bench: &mut Bench<'_>,
        message: &Message,
        replies: &dyn Replies,
    ) -> Result<Outcome, Halt> {
        let (known, expired) = self.dedupe(bench, message);
        if let Some(position) = known {
            return self.repeat(bench, message, position, replies);
        }
        let data = match replies.command_data(bench, message) {
            Ok(data) => data,
            Err(failure) => return Ok(Outcome::RolledBack(failure)),
        };
        let poison = if message.poison { Some(unreadable()) } else { invalid(bench, message, &data) };
        for _ in 0..=CONFLICT_RETRIES {
            let stream = match self.load(bench, message, &data) {
                Ok(stream) => stream,
                Err(error) => {
                    return Ok(Outcome::RolledBack(Failure { error: error.into(), permanent: false }));
                }
            };
            let aggregate = &self.loaded[&stream].aggregate;
            let decision = match decide::known(bench.wiring, aggregate, message) {
                Some(position) => Decision::Answer(position),
                None if poison.is_some() => {
                    return Ok(Outcome::RolledBack(poison.unwrap_or_else(unreadable)));
                }
                None => {
                    let forced = bench.around.decide();
                    decide::decide(bench.wiring, aggregate, message, &data, forced)
                }
            };
            let facts = match decision {
                Decision::Answer(position) => return self.repeat(bench, message, position, replies),
                Decision::Fail(failure) => return Ok(Outcome::RolledBack(failure)),
                Decision::Record(facts) => facts,
            };
            if let Some(failure) = unfit(bench, &facts).or_else(|| replies.objection(bench, message, &facts))
            {
                return Ok(Outcome::RolledBack(failure));
            }
            let answer = self.record(bench, message, stream, facts, expired);
            replies.reply(self.party, bench, message, &answer);
            match bench.finish(self.party, Exposed::ToConflicts) {
                Ok(()) => return Ok(Outcome::Handled(Some(answer.answer))),
                Err(Interrupted::Crashed(gap)) => return Err(Halt::Crashed(gap)),
                Err(Interrupted::Store(reason)) => return Err(Halt::Store(reason)),
                Err(Interrupted::Conflict) => {
                    self.loaded.remove(&stream);
                }
            }
        }
        Ok(Outcome::RolledBack(Failure { error: "conflict".into(), permanent: false }))
    }

    /// The inbox's answer, and whether there is a row that has expired.
    fn dedupe(&self, bench: &mut Bench<'_>, message: &Message) -> (Option<Position>, bool) {
        if !bench.protections.idempotency || !bench.wiring.uses_inbox(message.step, message.direction) {
            return (None, false);
        }
        match bench.journal.answered(self.party, message.key(), bench.now) {
            None => (None, false),
            Some(_) if bench.around.expired() => (None, true),
            known => (known, false),
        }
    }

    /// Sends the recorded answer again: no new event, the same event id.
    fn repeat(
        &mut self,
        bench: &mut Bench<'_>,
        message: &Message,
        position: Position,
        replies: &dyn Replies,
    ) -> Result<Outcome, Halt> {
        bench.around.deduplicated();
        let Some(event) = bench.journal.event(position) else { return Ok(Outcome::Ignored) };
        let Fact::Domain(fact) = &event.fact else { return Ok(Outcome::Ignored) };
        let answer = Recorded {
            id: event.id,
            event_type: Arc::clone(&fact.event_type),
            data: Arc::clone(&fact.data),
            answer: answer_to(message.direction, fact),
            new: false,
            beside: Vec::new(),
        };
        replies.reply(self.party, bench, message, &answer);
        self.finish(bench, Exposed::No)?;
        Ok(Outcome::Repeated(answer.answer))
    }

    /// Loads the aggregate that the command addresses, up to date.
    fn load(
        &mut self,
        bench: &mut Bench<'_>,
        message: &Message,
        data: &Arc<Value>,
    ) -> Result<StreamNo, String> {
        let Message { saga, step, .. } = *message;
        let stream = if bench.wiring.key_field(step).is_some() {
            self.address(bench, message, data)?
        } else if let Some(stream) = self.streams.get(&(saga, step)) {
            *stream
        } else {
            let stream = self.address(bench, message, data)?;
            if self.streams.len() >= LOADED_MAX {
                self.streams.clear();
            }
            self.streams.insert((saga, step), stream);
            stream
        };
        if self.loaded.len() >= LOADED_MAX && !self.loaded.contains_key(&stream) {
            self.loaded.retain(|_, loaded| loaded.aggregate.version >= LONG_STREAM);
        }
        let definition = bench.wiring.aggregate(step).zip(bench.wiring.evolving(step));
        let with_state = bench.wiring.reads_state(step);
        let loaded = self.loaded.entry(stream).or_insert_with(|| Box::new(Loaded::of(bench.journal, stream)));
        loaded.aggregate.catch_up(bench.journal, stream, definition, with_state)?;
        // Everything in it is committed: what is only decided is not in the journal.
        if loaded.aggregate.is_due(loaded.kept) {
            loaded.kept = loaded.aggregate.version;
            bench.journal.keep_snapshot(stream, Arc::new(loaded.aggregate.clone()));
        }
        Ok(stream)
    }

    fn address(
        &mut self,
        bench: &mut Bench<'_>,
        message: &Message,
        data: &Value,
    ) -> Result<StreamNo, String> {
        let Message { saga, step, .. } = *message;
        if let Some(field) = bench.wiring.key_field(step) {
            let key = data.as_object().and_then(|fields| fields.get(field)).unwrap_or(&Value::Null);
            bench.wiring.stream_name(step, saga, Some(key), &mut self.name);
            return Ok(bench.journal.open(&self.name, bench.wiring.aggregate_type(step)));
        }
        let key = match bench.wiring.aggregate(step).and_then(|aggregate| aggregate.key.as_ref()) {
            None => None,
            Some(program) => {
                let (command_type, saga) = (bench.wiring.command(step, Direction::Do), saga.to_string());
                let command = [
                    ("type", Part::Text(&command_type)),
                    ("saga", Part::Text(&saga)),
                    ("data", Part::Value(data)),
                ];
                Some(run(program, &[("command", Part::Object(&command))])?)
            }
        };
        bench.wiring.stream_name(step, saga, key.as_ref(), &mut self.name);
        Ok(bench.journal.open(&self.name, bench.wiring.aggregate_type(step)))
    }

    /// Writes events and the inbox row into the commit.
    fn record(
        &self,
        bench: &mut Bench<'_>,
        message: &Message,
        stream: StreamNo,
        facts: Vec<DomainFact>,
        renew: bool,
    ) -> Recorded {
        let context = context_of(bench, message);
        let mut main = None;
        let mut beside = Vec::new();
        for fact in facts {
            let is_main = fact.role != Role::Beside;
            let event_type = Arc::clone(&fact.event_type);
            let data = Arc::clone(&fact.data);
            let answer = is_main.then(|| answer_to(message.direction, &fact));
            let id = bench.commit.append(bench.journal, stream, &context, Fact::Domain(fact));
            match answer {
                Some(answer) => {
                    main = Some(Recorded { id, event_type, data, answer, new: true, beside: Vec::new() });
                }
                None => beside.push((id, event_type, data)),
            }
        }
        let mut main = main.expect("every decision has one event that is the answer");
        main.beside = beside;
        let final_word = match &main.answer {
            Answer::Refused(_) => bench.wiring.may_refuse(message.step),
            _ => true,
        };
        let guarded =
            bench.protections.idempotency && bench.wiring.uses_inbox(message.step, message.direction);
        if guarded && final_word {
            let ttl = bench.wiring.service(self.party).and_then(|service| service.idempotency_ttl);
            let expires = ttl.map_or(Ticks::MAX, |ttl| bench.now.after(ttl));
            let (consumer, key, answer) = (self.party, message.key(), main.id);
            bench.commit.claim = Some(Claim { consumer, key, answer, expires, renew });
        }
        main
    }

    /// Records under the key that the step will not happen, so that no later copy of the command can make it.
    fn give_up(
        &mut self,
        bench: &mut Bench<'_>,
        message: &Message,
        failure: Failure,
        by: RefusedBy,
    ) -> Result<Outcome, Halt> {
        let data = command_data(message).unwrap_or_default();
        let stream = self.load(bench, message, &data).unwrap_or_else(|_unknown| {
            let name = format!("{}-{}", bench.wiring.party_name(self.party), message.saga);
            bench.journal.open(&name, bench.wiring.aggregate_type(message.step))
        });
        if failure.permanent {
            self.keep_evidence(bench, message, &failure);
        }
        let refusal = decide::refusal(bench.wiring, message, &data, Refusal { reason: failure.error, by });
        let recorded = self.record(bench, message, stream, vec![refusal], false);
        Orchestrated.reply(self.party, bench, message, &recorded);
        self.finish(bench, Exposed::No)?;
        Ok(Outcome::Handled(Some(recorded.answer)))
    }

    /// The time of a choreographed step is over, says whoever keeps it: what is recorded under the key is sent again,
    /// and if nothing is, that it will not happen is recorded and sent.
    pub(crate) fn overdue(
        &mut self,
        bench: &mut Bench<'_>,
        message: &Message,
        replies: &dyn Replies,
    ) -> Result<Outcome, Halt> {
        if message.poison {
            return Ok(Outcome::RolledBack(unreadable()));
        }
        let data = match replies.command_data(bench, message) {
            Ok(data) => data,
            Err(failure) => return Ok(Outcome::RolledBack(failure)),
        };
        let stream = match self.load(bench, message, &data) {
            Ok(stream) => stream,
            Err(error) => return Ok(Outcome::RolledBack(Failure { error: error.into(), permanent: false })),
        };
        if let Some(position) = self.loaded[&stream].aggregate.answer(message.saga, message.step) {
            return self.repeat(bench, message, position, replies);
        }
        let refusal = decide::refusal(bench.wiring, message, &data, choreographer::overdue());
        let recorded = self.record(bench, message, stream, vec![refusal], false);
        replies.reply(self.party, bench, message, &recorded);
        self.finish(bench, Exposed::No)?;
        Ok(Outcome::Handled(Some(recorded.answer)))
    }

    /// A message that nobody can read is always kept.
    fn keep_evidence(&self, bench: &mut Bench<'_>, message: &Message, failure: &Failure) {
        let context = context_of(bench, message);
        let parking = Parking {
            consumer: bench.wiring.party_name(self.party),
            message: message.clone(),
            message_type: bench.wiring.command(message.step, message.direction),
            error: Arc::clone(&failure.error),
            attempts: vec![super::FailedAttempt {
                attempt: message.attempt,
                at: bench.now,
                error: Arc::clone(&failure.error),
            }],
            deliveries: 1,
        };
        bench.letters.park(bench.commit, bench.journal, &context, None, parking);
    }

    fn finish(&mut self, bench: &mut Bench<'_>, exposed: Exposed) -> Result<(), Halt> {
        unopposed(bench.finish(self.party, exposed))
    }
}

/// Folds an aggregate from its newest snapshot and from its beginning, and compares.
pub fn prove_snapshot(
    journal: &dyn Journal,
    wiring: &Wiring,
    stream: StreamNo,
) -> Result<Proof, WrongSnapshot> {
    let definition = wiring.definition(&journal.stream(stream).aggregate);
    let snapshot = journal.snapshot(stream).map_or_else(Aggregate::default, |it| Aggregate::clone(&it));
    let (kept, with_state) = (snapshot.version, snapshot.has_state());
    let fold = |mut aggregate: Aggregate| {
        let folded = aggregate.catch_up(journal, stream, definition, with_state);
        folded.map(|()| aggregate)
    };
    let (version, kept) = (u64::from(journal.version(stream)), u64::from(kept));
    if fold(snapshot) == fold(Aggregate::default()) {
        Ok(Proof { version, snapshot: kept, folded: version.saturating_sub(kept) })
    } else {
        Err(WrongSnapshot { version, snapshot: kept })
    }
}

/// An event that is an answer, new or known.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    pub(crate) id: super::EventId,
    pub(crate) event_type: crate::domain::Name,
    pub(crate) data: Arc<Value>,
    pub(crate) answer: Answer,
    /// Whether it is recorded only now.
    pub(crate) new: bool,
    /// Events recorded beside it.
    pub(crate) beside: Vec<(super::EventId, crate::domain::Name, Arc<Value>)>,
}

/// Where answers go: to the orchestrator, or to whoever subscribes.
pub(crate) trait Replies {
    /// The data of the command that `message` is or stands for, or why it cannot be read.
    fn command_data(&self, bench: &Bench<'_>, message: &Message) -> Result<Arc<Value>, Failure>;
    /// Why nobody could be told what was decided, so that it must not be recorded.
    fn objection(&self, _bench: &Bench<'_>, _message: &Message, _facts: &[DomainFact]) -> Option<Failure> {
        None
    }
    /// Adds to the commit what goes out with `recorded`.
    fn reply(&self, party: Party, bench: &mut Bench<'_>, message: &Message, recorded: &Recorded);
}

/// Answers go to the orchestrator.
struct Orchestrated;

impl Replies for Orchestrated {
    fn command_data(&self, _bench: &Bench<'_>, message: &Message) -> Result<Arc<Value>, Failure> {
        command_data(message).ok_or_else(unreadable)
    }

    fn reply(&self, party: Party, bench: &mut Bench<'_>, message: &Message, recorded: &Recorded) {
        bench.commit.outbox.push(reply(party, message, recorded.id, recorded.answer.clone()));
    }
}

fn command_data(message: &Message) -> Option<Arc<Value>> {
    match &message.body {
        Body::Command(data) => Some(Arc::clone(data)),
        _ => None,
    }
}

/// Why a command's data is not what its type promises.
fn invalid(bench: &Bench<'_>, message: &Message, data: &Value) -> Option<Failure> {
    let command = bench.wiring.command(message.step, message.direction);
    let checked = bench.wiring.validator().check(&command, data, Passage::In);
    checked.err().map(|invalid| Failure { error: invalid.to_string().into(), permanent: true })
}

/// Why what a handler decided must not be committed: nobody could read it. Trying again does not help.
fn unfit(bench: &Bench<'_>, facts: &[DomainFact]) -> Option<Failure> {
    let invalid = facts
        .iter()
        .find_map(|fact| bench.wiring.validator().check(&fact.event_type, &fact.data, Passage::Out).err())?;
    Some(Failure { error: invalid.to_string().into(), permanent: true })
}

fn unreadable() -> Failure {
    Failure { error: "poison".into(), permanent: true }
}

pub(crate) fn context_of(bench: &Bench<'_>, message: &Message) -> Context {
    Context {
        at: bench.now,
        saga: message.saga,
        cause: (message.route != Route::Start).then_some(message.event),
        key: Some(message.key()),
        attempt: message.attempt,
    }
}

fn reply(party: Party, message: &Message, event: super::EventId, answer: Answer) -> Message {
    Message {
        event,
        route: if message.direction == Direction::Do { Route::Reply } else { Route::UndoReply },
        from: party,
        to: Party::ORCHESTRATOR,
        last: false,
        due: Ticks::ZERO,
        poison: false,
        body: Body::Answer(answer),
        attempt: message.attempt,
        saga: message.saga,
        step: message.step,
        direction: message.direction,
    }
}

/// What an event says to whoever asked for this direction.
fn answer_to(direction: Direction, fact: &DomainFact) -> Answer {
    match (direction, fact.role) {
        (Direction::Do, Role::Tombstone) => {
            Answer::Refused(Refusal { reason: "undone before it came".into(), by: RefusedBy::Tombstone })
        }
        _ => fact.answer(),
    }
}
