//! The course of one saga: from its state and one message to facts and further messages. Every fact is folded into
//! the state the moment it is written, so that what follows is decided on the state as it will be.

use std::sync::Arc;

use super::{
    Answer, Body, Context, Direction, Fact, FailedAttempt, Failure, Key, Message, Parking, Party, Phase,
    Reaction, SagaFact, SagaState, Settled, Status, StepNo, StreamNo, Value, WhyResolved,
};
use crate::base::ticks::Ticks;
use crate::domain::{Name, StepKind};
use crate::runtime::pipeline::Bench;
use crate::runtime::{EventId, Refusal, RefusedBy, Route, StepOutcome, UndoEffect, retry};

/// A saga and the message that moves it.
pub(super) struct Course<'a, 'b> {
    pub(super) bench: &'a mut Bench<'b>,
    pub(super) stream: StreamNo,
    /// The cause of what is written next.
    pub(super) context: Context,
    pub(super) state: SagaState,
    pub(super) message: Option<&'a Message>,
}

impl Course<'_, '_> {
    /// What the message changes.
    pub(super) fn react(&mut self, message: &Message) -> Reaction {
        match &message.body {
            Body::Start(input) => self.start(input),
            Body::Answer(answer) if message.direction == Direction::Do => self.answered(message, answer),
            Body::Answer(answer) => self.undo_answered(message, answer),
            Body::Deadline => self.deadline(message),
            Body::Backoff => self.backoff_over(message),
            Body::Command(_) | Body::Event(_) | Body::Overdue(_) => Reaction::Ignored,
        }
    }

    // ── forward ────────────────────────────────────────────────────────────────────────────────────────────

    fn start(&mut self, input: &Arc<Value>) -> Reaction {
        let saga = self.bench.wiring.saga();
        let (saga, definition) = (Arc::clone(&saga.name), saga.version);
        let fact = SagaFact::Started { saga, definition, input: Arc::clone(input) };
        let started = self.write(None, fact);
        self.context.cause = Some(started);
        self.begin(StepNo(0));
        Reaction::Moved
    }

    /// First attempt of a step.
    fn begin(&mut self, step: StepNo) {
        match self.bench.wiring.command_data(step, &self.state.input, self.state.results()) {
            Ok(data) => self.issue(step, Direction::Do, 1, Some(data), None),
            Err(error) => {
                // The definition itself is at fault: no command can be made, so nothing has happened.
                let refusal = Refusal { reason: error.into(), by: RefusedBy::Poison };
                self.context.cause = Some(self.write(
                    Some((step, Direction::Do)),
                    SagaFact::StepRejected { step, attempt: 0, refusal, reply: None },
                ));
                self.compensate("the command cannot be made");
            }
        }
    }

    /// Sends a command and sets its timer.
    fn issue(
        &mut self,
        step: StepNo,
        direction: Direction,
        attempt: u32,
        data: Option<Arc<Value>>,
        retried: Option<(Ticks, Name)>,
    ) {
        let definition = self.bench.wiring.step(step);
        let may_refuse = definition.kind != StepKind::Retriable && direction == Direction::Do;
        let timeout = definition.timeout.filter(|_| self.bench.protections.timeouts);
        let last = may_refuse && attempt >= retry::attempts(&definition.retry, self.bench.protections);
        let deadline = timeout.map(|timeout| self.bench.now.after(timeout));
        let data = data
            .or_else(|| self.state.step(step).data.clone())
            .unwrap_or_else(|| Arc::clone(&self.state.input));
        let fact = match (direction, retried) {
            (Direction::Do, None) => {
                SagaFact::StepStarted { step, attempt, data: Arc::clone(&data), deadline }
            }
            (Direction::Do, Some((backoff, reason))) => {
                SagaFact::StepRetried { step, attempt, backoff, reason, deadline }
            }
            (Direction::Undo, None) => SagaFact::UndoStarted { step, attempt, deadline },
            (Direction::Undo, Some((backoff, reason))) => {
                SagaFact::UndoRetried { step, attempt, backoff, reason, deadline }
            }
        };
        self.context.attempt = attempt;
        let event = self.write(Some((step, direction)), fact);
        let route = if direction == Direction::Do { Route::Command } else { Route::Undo };
        let party = self.bench.wiring.party_of(step);
        let body = Body::Command(data);
        let command = Message { last, ..self.envelope(event, route, party, step, direction, body) };
        self.bench.commit.outbox.push(command);
        if let Some(due) = deadline {
            self.timer(event, step, direction, Body::Deadline, due);
        }
    }

    fn answered(&mut self, message: &Message, answer: &Answer) -> Reaction {
        let step = message.step;
        let status = self.state.step(step).forward.status;
        let current = self.state.phase == Phase::Running
            && matches!(status, Status::Waiting(_) | Status::BackingOff(_));
        match (status, answer) {
            (_, Answer::Done(result)) if current => self.completed(message, result),
            (_, Answer::Refused(refusal)) if current => self.refused(message, refusal),
            (Status::Waiting(issued), Answer::Failed(failure)) if current && issued == message.event => {
                self.attempt_failed(step, Direction::Do, failure);
            }
            (Status::Parked(_), Answer::Done(result)) => {
                self.resolve(step, Direction::Do, WhyResolved::LateReply);
                self.completed(message, result);
            }
            (Status::Parked(_), Answer::Refused(refusal)) if self.bench.wiring.may_refuse(step) => {
                self.resolve(step, Direction::Do, WhyResolved::LateReply);
                self.refused(message, refusal);
            }
            (_, Answer::Failed(_)) | (Status::Done, _) => return Reaction::Ignored,
            _ => return self.ignore_late(message, answer),
        }
        Reaction::Moved
    }

    fn completed(&mut self, message: &Message, result: &Arc<Value>) {
        let step = message.step;
        let attempt = self.state.step(step).forward.attempts;
        self.context.attempt = attempt;
        let (result, reply) = (Arc::clone(result), message.event);
        let fact = SagaFact::StepCompleted { step, attempt, result, reply };
        let completed = self.write(Some((step, Direction::Do)), fact);
        self.settle(Settled::Resolved(WhyResolved::LateReply), |letter| {
            letter.message.step == step && letter.message.direction == Direction::Do
        });
        self.context.cause = Some(completed);
        if self.bench.wiring.point_of_no_return() == Some(step) {
            self.write(Some((step, Direction::Do)), SagaFact::PivotPassed { step });
        }
        let next = StepNo(step.0 + 1);
        if next.index() < self.bench.wiring.steps() {
            self.begin(next);
        } else {
            self.write(None, SagaFact::Completed {});
        }
    }

    fn refused(&mut self, message: &Message, refusal: &Refusal) {
        let step = message.step;
        if !self.bench.wiring.may_refuse(step) {
            // A step after the point of no return has no right to refuse: a person has to see to it.
            let error = Arc::clone(&refusal.reason);
            let cause = self.rejected(message, refusal);
            self.context.cause = Some(cause);
            self.park(step, Direction::Do, &format!("refused: {error}"));
            return;
        }
        let cause = self.rejected(message, refusal);
        self.context.cause = Some(cause);
        self.compensate(&format!("{} was refused: {}", self.bench.wiring.step(step).name, refusal.reason));
    }

    fn rejected(&mut self, message: &Message, refusal: &Refusal) -> EventId {
        let step = message.step;
        let attempt = self.state.step(step).forward.attempts;
        self.context.attempt = attempt;
        let (refusal, reply) = (refusal.clone(), Some(message.event));
        self.write(Some((step, Direction::Do)), SagaFact::StepRejected { step, attempt, refusal, reply })
    }

    // ── attempts ───────────────────────────────────────────────────────────────────────────────────────────

    fn attempt_failed(&mut self, step: StepNo, direction: Direction, failure: &Failure) {
        let attempt = self.state.step(step).lane(direction).attempts;
        self.context.attempt = attempt;
        let error = Arc::clone(&failure.error);
        let fact = match direction {
            Direction::Do => SagaFact::StepAttemptFailed { step, attempt, error },
            Direction::Undo => SagaFact::UndoAttemptFailed { step, attempt, error },
        };
        let failed = self.write(Some((step, direction)), fact);
        self.context.cause = Some(failed);
        if failure.permanent {
            self.park(step, direction, &failure.error);
        } else {
            self.again_or_never(step, direction, failed, StepOutcome::DidNotHappen);
        }
    }

    fn deadline(&mut self, message: &Message) -> Reaction {
        let Message { step, direction, .. } = *message;
        let lane = self.state.step(step).lane(direction);
        if lane.status != Status::Waiting(message.event) {
            return Reaction::Ignored;
        }
        let (attempt, deadline) = (lane.attempts, lane.deadline.unwrap_or(self.bench.now));
        self.context.attempt = attempt;
        let fact = match direction {
            Direction::Do => SagaFact::StepTimedOut { step, attempt, deadline },
            Direction::Undo => SagaFact::UndoTimedOut { step, attempt, deadline },
        };
        let timed_out = self.write(Some((step, direction)), fact);
        self.context.cause = Some(timed_out);
        self.again_or_never(step, direction, timed_out, StepOutcome::Unknown);
        Reaction::Moved
    }

    /// After a failed attempt: waits for the next one, or ends the cycle.
    fn again_or_never(&mut self, step: StepNo, direction: Direction, failed: EventId, outcome: StepOutcome) {
        let definition = self.bench.wiring.step(step);
        let attempts = self.state.step(step).lane(direction).attempts;
        if attempts < retry::attempts(&definition.retry, self.bench.protections) {
            let key = Key { saga: self.context.saga, step, direction };
            let wait = retry::wait_of(&definition.retry, self.bench.seed, &definition.name, key, attempts);
            let due = self.bench.now.after(wait);
            self.timer(failed, step, direction, Body::Backoff, due);
            return;
        }
        if direction == Direction::Undo {
            return self.park(step, direction, "undoing it failed");
        }
        let kind = definition.kind;
        // A refusable step whose last attempt failed without a recorded refusal is not known.
        let outcome = if kind == StepKind::Retriable { outcome } else { StepOutcome::Unknown };
        let fact = SagaFact::StepFailed { step, attempts, outcome };
        let failed = self.write(Some((step, direction)), fact);
        self.context.cause = Some(failed);
        match kind {
            StepKind::Retriable => self.park(step, direction, "no attempt is left"),
            StepKind::Pivot => self.park(step, direction, "whether it happened is not known"),
            StepKind::Compensatable if self.state.pivot_passed => {
                self.park(step, direction, "whether it happened is not known");
            }
            StepKind::Compensatable => {
                self.compensate(&format!("{} is unknown", self.bench.wiring.step(step).name));
            }
        }
    }

    fn backoff_over(&mut self, message: &Message) -> Reaction {
        let Message { step, direction, .. } = *message;
        let lane = self.state.step(step).lane(direction);
        if lane.status != Status::BackingOff(message.event) {
            return Reaction::Ignored;
        }
        let failed_at = lane.failures.last().map_or(self.bench.now, |failure| failure.at);
        let reason = lane.failures.last().map_or_else(|| "".into(), |failure| Arc::clone(&failure.error));
        let backoff = self.bench.now.since(failed_at);
        let attempt = lane.attempts + 1;
        self.issue(step, direction, attempt, None, Some((backoff, reason)));
        Reaction::Moved
    }

    // ── back ───────────────────────────────────────────────────────────────────────────────────────────────

    /// Turns the saga round: what completed or may have happened is undone, the latest first.
    fn compensate(&mut self, reason: &str) {
        let wiring = self.bench.wiring;
        let undos: Arc<[StepNo]> = wiring
            .step_numbers()
            .rev()
            .filter(|step| {
                let definition = wiring.step(*step);
                let happened = matches!(
                    self.state.step(*step).forward.status,
                    Status::Done | Status::Failed(StepOutcome::Unknown)
                );
                happened && definition.kind == StepKind::Compensatable && definition.compensate.is_some()
            })
            .collect();
        let started = self.write(None, SagaFact::CompensationStarted { undos, reason: reason.into() });
        self.settle(Settled::Answered, |letter| letter.message.direction == Direction::Do);
        self.context.cause = Some(started);
        self.next_undo();
    }

    /// Begins the next undo, or ends the saga if nothing is left to begin and nothing is out.
    fn next_undo(&mut self) {
        if self.state.undo_in_hand().is_some() {
            return;
        }
        if let Some(step) = self.state.next_undo() {
            return self.issue(step, Direction::Undo, 1, None, None);
        }
        let back: Arc<[StepNo]> = self.state.parked_undos().collect();
        if back.is_empty() {
            self.settle(Settled::Answered, |_| true);
            self.write(None, SagaFact::Compensated {});
        } else if self.state.phase != Phase::Parked {
            self.write(None, SagaFact::Parked { forward: Arc::from([]), back });
        }
    }

    fn undo_answered(&mut self, message: &Message, answer: &Answer) -> Reaction {
        let step = message.step;
        let status = self.state.step(step).back.status;
        let waits = matches!(status, Status::Waiting(_) | Status::BackingOff(_));
        match (status, answer) {
            (_, Answer::Undone | Answer::NothingToUndo) if waits => self.undone(message, answer),
            (Status::Parked(_), Answer::Undone | Answer::NothingToUndo) => {
                self.resolve(step, Direction::Undo, WhyResolved::LateReply);
                self.undone(message, answer);
            }
            (Status::Waiting(issued), Answer::Failed(failure)) if issued == message.event => {
                self.attempt_failed(step, Direction::Undo, failure);
            }
            _ => return Reaction::Ignored,
        }
        Reaction::Moved
    }

    fn undone(&mut self, message: &Message, answer: &Answer) {
        let step = message.step;
        let effect = match answer {
            Answer::NothingToUndo => UndoEffect::NothingToUndo,
            _ => UndoEffect::Undone,
        };
        self.context.attempt = self.state.step(step).back.attempts;
        let fact = SagaFact::UndoCompleted { step, effect, reply: message.event };
        let completed = self.write(Some((step, Direction::Undo)), fact);
        self.settle(Settled::Resolved(WhyResolved::LateReply), |letter| {
            letter.message.step == step && letter.message.direction == Direction::Undo
        });
        self.context.cause = Some(completed);
        self.next_undo();
    }

    // ── parked ─────────────────────────────────────────────────────────────────────────────────────────────

    /// Puts a step or an undo aside, with the last command as a dead letter.
    fn park(&mut self, step: StepNo, direction: Direction, reason: &str) {
        let lane = self.state.step(step).lane(direction);
        let (attempts, known) = (lane.attempts, lane.letter);
        let mut failures = lane.failures.clone();
        let route = if direction == Direction::Do { Route::Command } else { Route::Undo };
        let party = self.bench.wiring.party_of(step);
        let data = self.state.step(step).data.clone().unwrap_or_else(|| Arc::clone(&self.state.input));
        let issued_by = lane.issued_by;
        if failures.is_empty() {
            failures.push(FailedAttempt { attempt: attempts, at: self.bench.now, error: reason.into() });
        }
        let error = failures.last().map_or_else(|| Name::from(reason), |failure| Arc::clone(&failure.error));
        let message = Message {
            attempt: attempts,
            ..self.envelope(issued_by, route, party, step, direction, Body::Command(data))
        };
        let parking = Parking {
            consumer: self.bench.wiring.party_name(party),
            message,
            message_type: self.bench.wiring.command(step, direction),
            error,
            deliveries: attempts,
            attempts: failures,
        };
        self.context.key = Some(Key { saga: self.context.saga, step, direction });
        self.context.attempt = attempts;
        let bench = &mut *self.bench;
        let letter = bench.letters.park_for(bench.commit, bench.journal, &self.context, known, parking);
        let reason: Name = reason.into();
        let fact = match direction {
            Direction::Do => SagaFact::StepParked { step, letter, attempts, reason },
            Direction::Undo => SagaFact::UndoParked { step, letter, attempts, reason },
        };
        let parked = self.write(Some((step, direction)), fact);
        self.context.cause = Some(parked);
        if direction == Direction::Undo {
            return self.next_undo();
        }
        let forward: Arc<[StepNo]> =
            self.bench.wiring.step_numbers().filter(|later| later.0 >= step.0).collect();
        self.write(None, SagaFact::Parked { forward, back: Arc::from([]) });
    }

    fn resolve(&mut self, step: StepNo, direction: Direction, by: WhyResolved) {
        let fact = SagaFact::ParkResolved { step, direction, by };
        let resolved = self.write(Some((step, direction)), fact);
        if by == WhyResolved::Redrive {
            self.context.cause = Some(resolved);
        }
    }

    /// A new cycle of attempts with the old key.
    pub(super) fn redrive(&mut self, step: StepNo, direction: Direction) {
        self.resolve(step, direction, WhyResolved::Redrive);
        self.issue(step, direction, 1, None, None);
    }

    /// A reply for a step that was given up: noted once.
    fn ignore_late(&mut self, message: &Message, answer: &Answer) -> Reaction {
        let said = match answer {
            Answer::Done(_) => "done",
            Answer::Refused(_) => "refused",
            Answer::Undone => "undone",
            Answer::NothingToUndo => "nothing to undo",
            Answer::Failed(_) => return Reaction::Ignored,
        };
        let answers_itself =
            matches!(self.state.step(message.step).forward.status, Status::Refused | Status::Idle);
        if self.state.ignored.contains(&message.event) || answers_itself {
            return Reaction::Ignored;
        }
        let (step, reply) = (message.step, message.event);
        self.write(
            Some((step, message.direction)),
            SagaFact::LateReplyIgnored { step, reply, said: said.into() },
        );
        Reaction::Moved
    }

    // ── poison ─────────────────────────────────────────────────────────────────────────────────────────────

    pub(super) fn keep_poison(&mut self) -> Reaction {
        self.keep("poison");
        Reaction::Kept
    }

    /// Keeps the message in hand as a dead letter. If its saga waits for it no more, the letter is answered.
    pub(super) fn keep(&mut self, error: &str) {
        let Some(message) = self.message else { return };
        let Message { step, direction, .. } = *message;
        let error: Name = error.into();
        let message_type = match message.route {
            Route::Start => Arc::clone(&self.bench.wiring.saga().starts_on),
            Route::Timer => "timer".into(),
            _ if direction == Direction::Do => Arc::clone(&self.bench.wiring.step(step).success),
            _ => {
                let definition = self.bench.wiring.step(step);
                definition.compensated.clone().unwrap_or_else(|| Arc::clone(&definition.success))
            }
        };
        let attempts =
            vec![FailedAttempt { attempt: message.attempt, at: self.bench.now, error: Arc::clone(&error) }];
        let parking = Parking {
            consumer: self.bench.wiring.party_name(Party::ORCHESTRATOR),
            message: message.clone(),
            message_type,
            error,
            attempts,
            deliveries: 1,
        };
        self.context.key = Some(message.key());
        let bench = &mut *self.bench;
        let new = bench.letters.of_message(message.id()).is_none();
        let id = bench.letters.park(bench.commit, bench.journal, &self.context, None, parking);
        let settled = match self.state.step(step).lane(direction).status {
            _ if !new || message.route == Route::Start => return,
            Status::Waiting(_) | Status::BackingOff(_) | Status::Parked(_) => return,
            Status::Done | Status::NothingToUndo => Settled::Resolved(WhyResolved::LateReply),
            _ => Settled::Answered,
        };
        let stream = bench.journal.open(&format!("dead_letter-{id}"), &"DeadLetter".into());
        bench.commit.append(bench.journal, stream, &self.context, Fact::Letter(settled.fact()));
    }

    // ── tools ──────────────────────────────────────────────────────────────────────────────────────────────

    /// Writes a fact and folds it.
    fn write(&mut self, about: Option<(StepNo, Direction)>, fact: SagaFact) -> EventId {
        let saga = self.context.saga;
        let key = about.map(|(step, direction)| Key { saga, step, direction });
        let attempt = if about.is_some() { self.context.attempt } else { 0 };
        let context = Context { key, attempt, ..self.context };
        let bench = &mut *self.bench;
        let id = bench.commit.append(bench.journal, self.stream, &context, Fact::Saga(fact));
        self.state.evolve(bench.commit.events.last().expect("an event was just added"));
        id
    }

    fn settle(&mut self, how: Settled, chosen: impl Fn(&crate::runtime::Letter) -> bool) {
        let bench = &mut *self.bench;
        if !bench.letters.is_empty() {
            bench.letters.settle(bench.commit, bench.journal, &self.context, how, chosen);
        }
    }

    fn envelope(
        &self,
        event: EventId,
        route: Route,
        to: Party,
        step: StepNo,
        direction: Direction,
        body: Body,
    ) -> Message {
        Message {
            event,
            route,
            from: Party::ORCHESTRATOR,
            to,
            saga: self.context.saga,
            step,
            direction,
            attempt: self.context.attempt,
            last: false,
            due: Ticks::ZERO,
            poison: false,
            body,
        }
    }

    fn timer(&mut self, event: EventId, step: StepNo, direction: Direction, body: Body, due: Ticks) {
        let to = Party::ORCHESTRATOR;
        let timer = Message { due, ..self.envelope(event, Route::Timer, to, step, direction, body) };
        self.bench.commit.outbox.push(timer);
    }
}
