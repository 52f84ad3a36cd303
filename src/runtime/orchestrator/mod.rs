//! The saga orchestrator: it tells each service in turn what to do, hears what became of it, and goes back when a
//! step does not happen. The primer: a saga is a transaction that no database can hold, so each step is one of its
//! own, and has a compensation that undoes what it meant. *Compensatable* steps come first, then the *pivot*, the
//! point of no return, then *retriable* ones that must happen in the end.
//!
//! Its state is its stream `saga-<id>`: it survives a crash by being read again, and two workers cannot both move
//! it, for every append says which version it expects. It knows nothing but its stream and the message in hand.
//! An answer counts whichever attempt it belongs to. A missing answer is not a no: the step is *unknown*, and is
//! treated as if it might have happened, so its own undo goes first; a pivot that is unknown goes neither forward
//! nor back until somebody knows.

mod course;
mod state;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::participant::CONFLICT_RETRIES;
use super::pipeline::{Bench, Exposed, Halt, Interrupted, unopposed};
use super::{
    Answer, Body, CommitError, Context, Direction, Fact, FailedAttempt, Failure, Journal, Key, LetterState,
    Message, Parking, Party, SagaFact, SagaNo, Settled, StepNo, StreamNo, WhyResolved,
};
use course::Course;

pub use state::{Lane, Phase, SagaState, Status, StepState};

/// Sagas held in memory are dropped beyond so many: they are read again when their next message comes.
const HELD_MAX: usize = 4096;
/// The same, of sagas that have ended: of them nothing is held but where they ended.
const ENDED_MAX: usize = 65_536;

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// It moved its saga.
    Moved,
    /// It came too late or twice, and changed nothing.
    Ignored,
    /// It could not be read and is kept as a dead letter.
    Kept,
    /// Its saga is unknown here: forgotten in a crash, or never begun.
    Forgotten,
    /// Others were faster, again and again; it is not acknowledged.
    RolledBack,
}

/// A saga in memory.
#[derive(Clone, Debug)]
struct Held {
    stream: StreamNo,
    state: SagaState,
}

/// An orchestrator at work. The states it holds are volatile.
#[derive(Clone, Debug, Default)]
pub struct Orchestrator {
    held: BTreeMap<SagaNo, Box<Held>>,
    /// Sagas that have ended: their streams, and the versions that said so. Timers are not called back, so several
    /// come for every saga after its end; none of them can change it, and none needs its state.
    ended: BTreeMap<SagaNo, (StreamNo, u32)>,
    /// Without a durable saga: what it remembers is all there is.
    remembered: BTreeSet<SagaNo>,
    name: String,
}

impl Orchestrator {
    /// Everything volatile is gone.
    pub fn crash(&mut self) {
        self.held.clear();
        self.ended.clear();
        self.remembered.clear();
    }

    /// These sagas are known without looking; a crash forgets them.
    pub fn remember(&mut self, sagas: impl Iterator<Item = SagaNo>) {
        self.remembered.extend(sagas);
    }

    /// Handles a start, an answer or a timer.
    pub fn handle(&mut self, bench: &mut Bench<'_>, message: &Message) -> Result<Reaction, Halt> {
        for _ in 0..=CONFLICT_RETRIES {
            let stream = self.stream(bench, message.saga);
            let version = bench.journal.version(stream);
            let begins = message.route == super::Route::Start;
            if !begins && !bench.protections.durable_saga && !self.remembered.contains(&message.saga) {
                finish(bench)?;
                return Ok(Reaction::Forgotten);
            }
            if begins != (version == 0) {
                finish(bench)?;
                return Ok(if begins { Reaction::Ignored } else { Reaction::Forgotten });
            }
            let is_timer = matches!(message.body, Body::Deadline | Body::Backoff);
            if is_timer && !message.poison && self.ended.get(&message.saga) == Some(&(stream, version)) {
                finish(bench)?;
                return Ok(Reaction::Ignored);
            }
            let state = self.take(bench, message.saga, stream);
            let context = context_of(bench, message);
            let mut course = Course { bench, stream, context, state, message: Some(message) };
            let reaction = if message.poison { course.keep_poison() } else { course.react(message) };
            let state = course.state;
            match bench.finish(Party::ORCHESTRATOR, Exposed::ToConflicts) {
                Ok(()) => {
                    self.put(bench, message.saga, stream, state);
                    return Ok(reaction);
                }
                Err(Interrupted::Conflict) => {}
                Err(Interrupted::Crashed(gap)) => return Err(Halt::Crashed(gap)),
                Err(Interrupted::Store(reason)) => return Err(Halt::Store(reason)),
            }
        }
        Ok(Reaction::RolledBack)
    }

    /// Puts a message aside that could not be handled, as a dead letter of its saga.
    pub fn set_aside(&mut self, bench: &mut Bench<'_>, message: &Message, error: &str) -> Result<(), Halt> {
        let stream = self.stream(bench, message.saga);
        let state = self.take(bench, message.saga, stream);
        let context = context_of(bench, message);
        let mut course = Course { bench, stream, context, state, message: Some(message) };
        course.keep(error);
        finish(bench)
    }

    /// What is known of a saga; read again if it is not held.
    pub fn state(&self, journal: &dyn Journal, steps: usize, saga: SagaNo) -> SagaState {
        if let Some(held) = self.held.get(&saga)
            && held.state.version == journal.version(held.stream)
        {
            return held.state.clone();
        }
        let mut state = SagaState::new(steps);
        if let Some(stream) = journal.find(&format!("saga-{saga}")) {
            journal.replay(stream, 0, &mut |_, event| state.evolve(event));
        }
        state
    }

    /// A person sends a dead letter again: a new cycle of attempts with the old key. `false`: the letter does not
    /// keep a step or an undo, so its message itself has to be sent again. On an error nothing is sent.
    pub fn redrive(&mut self, bench: &mut Bench<'_>, letter: u32) -> Result<bool, CommitError> {
        let Some(known) = bench.letters.get(letter) else { return Ok(false) };
        let Key { saga, step, direction } = known.key();
        let letter_stream = known.stream;
        debug_assert_eq!(known.state, LetterState::Open, "whoever asks has looked");
        let stream = self.stream(bench, saga);
        let state = self.take(bench, saga, stream);
        let context = Context {
            at: bench.now,
            saga,
            cause: None,
            key: Some(Key { saga, step, direction }),
            attempt: 0,
        };
        let keeps = state.step(step).lane(direction).status == Status::Parked(letter);
        let fact = Fact::Letter(super::LetterFact::Redriven {});
        let cause = bench.commit.append(bench.journal, letter_stream, &context, fact);
        let context = Context { cause: Some(cause), ..context };
        let mut course = Course { bench, stream, context, state, message: None };
        if keeps {
            course.redrive(step, direction);
        }
        let state = course.state;
        bench.note()?;
        self.put(bench, saga, stream, state);
        bench.drain(Party::ORCHESTRATOR);
        Ok(keeps)
    }

    fn stream(&mut self, bench: &mut Bench<'_>, saga: SagaNo) -> StreamNo {
        use std::fmt::Write as _;
        if let Some(held) = self.held.get(&saga) {
            return held.stream;
        }
        if let Some((stream, _)) = self.ended.get(&saga) {
            return *stream;
        }
        self.name.clear();
        write!(self.name, "saga-{saga}").expect("writing into a string cannot fail");
        bench.journal.open(&self.name, bench.wiring.saga_aggregate())
    }

    /// The saga's state, up to date; it is given back after the commit, and lost if there is none: what is left
    /// behind has version 0, which no saga has that has begun.
    fn take(&mut self, bench: &Bench<'_>, saga: SagaNo, stream: StreamNo) -> SagaState {
        let version = bench.journal.version(stream);
        match self.held.get_mut(&saga) {
            Some(held) if held.state.version == version => std::mem::take(&mut held.state),
            _ => {
                let mut state = SagaState::new(bench.wiring.steps());
                bench.journal.replay(stream, 0, &mut |_, event| state.evolve(event));
                state
            }
        }
    }

    fn put(&mut self, bench: &Bench<'_>, saga: SagaNo, stream: StreamNo, state: SagaState) {
        if !bench.protections.durable_saga {
            self.remembered.insert(saga);
        }
        if matches!(state.phase, Phase::Completed | Phase::Compensated) {
            self.held.remove(&saga);
            if self.ended.len() >= ENDED_MAX {
                self.ended.clear();
            }
            self.ended.insert(saga, (stream, state.version));
            return;
        }
        self.ended.remove(&saga);
        if let Some(held) = self.held.get_mut(&saga) {
            **held = Held { stream, state };
            return;
        }
        if self.held.len() >= HELD_MAX {
            self.held.clear();
        }
        self.held.insert(saga, Box::new(Held { stream, state }));
    }
}

fn finish(bench: &mut Bench<'_>) -> Result<(), Halt> {
    unopposed(bench.finish(Party::ORCHESTRATOR, Exposed::No))
}

fn context_of(bench: &Bench<'_>, message: &Message) -> Context {
    let outside = message.route == super::Route::Start;
    Context {
        at: bench.now,
        saga: message.saga,
        cause: (!outside).then_some(message.event),
        key: None,
        attempt: message.attempt,
    }
}
