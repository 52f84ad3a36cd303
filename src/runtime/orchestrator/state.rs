//! The state of one saga: the fold of its stream and nothing else. Whoever has the stream has the saga.

use std::sync::Arc;

use serde_json::Value;

use crate::base::ticks::Ticks;
use crate::domain::Name;
use crate::runtime::{
    Direction, EventId, Fact, FailedAttempt, Recorded, RefusedBy, SagaFact, StepNo, StepOutcome, UndoEffect,
};

/// Where a saga is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// It has not begun.
    #[default]
    Unborn,
    /// Going forward.
    Running,
    /// Going back.
    Compensating,
    /// Waiting for a person or a late reply.
    Parked,
    /// Every step is done.
    Completed,
    /// Everything that had happened is undone.
    Compensated,
}

/// Where one step is in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// Not begun.
    #[default]
    Idle,
    /// The command that this event issued is out.
    Waiting(EventId),
    /// This event's attempt failed; the next follows after a wait.
    BackingOff(EventId),
    /// Done, or undone.
    Done,
    /// Undone: there was nothing to undo.
    NothingToUndo,
    /// Recorded by the service: it did not happen and will not.
    Refused,
    /// No attempt is left, and what is known.
    Failed(StepOutcome),
    /// This dead letter keeps it.
    Parked(u32),
}

/// One direction of one step.
#[derive(Clone, Debug, Default)]
pub struct Lane {
    /// Where it is.
    pub status: Status,
    /// Commands issued in this cycle; a redrive begins a new one.
    pub attempts: u32,
    /// Commands issued in all cycles.
    pub attempts_in_all: u32,
    /// The event that issued the last command.
    pub issued_by: EventId,
    /// When the last command was issued.
    pub issued_at: Ticks,
    /// When it has had its time.
    pub deadline: Option<Ticks>,
    /// What went wrong in this cycle.
    pub failures: Vec<FailedAttempt>,
    /// The dead letter that keeps it or kept it last.
    pub letter: Option<u32>,
}

/// One step.
#[derive(Clone, Debug, Default)]
pub struct StepState {
    /// Doing it.
    pub forward: Lane,
    /// Undoing it.
    pub back: Lane,
    /// Data of its command.
    pub data: Option<Arc<Value>>,
    /// Data of its success event. May be null: that it is there decides, not what it says.
    pub result: Option<Arc<Value>>,
    /// Why it was refused.
    pub refusal: Option<(Name, RefusedBy)>,
}

impl StepState {
    /// One of the two directions.
    pub fn lane(&self, direction: Direction) -> &Lane {
        match direction {
            Direction::Do => &self.forward,
            Direction::Undo => &self.back,
        }
    }

    fn lane_mut(&mut self, direction: Direction) -> &mut Lane {
        match direction {
            Direction::Do => &mut self.forward,
            Direction::Undo => &mut self.back,
        }
    }
}

/// One saga.
#[derive(Clone, Debug, Default)]
pub struct SagaState {
    /// Version of the last event folded.
    pub version: u32,
    /// Where it is.
    pub phase: Phase,
    /// The step in hand, going forward.
    pub current: StepNo,
    /// Whether the point of no return lies behind.
    pub pivot_passed: bool,
    /// Its steps.
    pub steps: Vec<StepState>,
    /// What will be undone, in order.
    pub undos: Arc<[StepNo]>,
    /// What it was started with.
    pub input: Arc<Value>,
    /// Late replies that were noted.
    pub ignored: Vec<EventId>,
    /// When it began.
    pub started: Ticks,
    /// When it ended or was parked.
    pub ended: Option<Ticks>,
}

impl SagaState {
    /// Before anything has happened.
    pub fn new(steps: usize) -> Self {
        Self { steps: vec![StepState::default(); steps], ..Self::default() }
    }

    /// A step.
    pub fn step(&self, step: StepNo) -> &StepState {
        &self.steps[step.index()]
    }

    /// Data of the success events so far.
    pub fn results(&self) -> impl Iterator<Item = (StepNo, &Arc<Value>)> {
        let numbered = self.steps.iter().enumerate();
        numbered.filter_map(|(index, step)| Some((StepNo(index as u8), step.result.as_ref()?)))
    }

    /// The undo that is under way, if one is.
    pub fn undo_in_hand(&self) -> Option<StepNo> {
        self.undos
            .iter()
            .copied()
            .find(|step| matches!(self.step(*step).back.status, Status::Waiting(_) | Status::BackingOff(_)))
    }

    /// The next undo that has not begun.
    pub fn next_undo(&self) -> Option<StepNo> {
        self.undos.iter().copied().find(|step| self.step(*step).back.status == Status::Idle)
    }

    /// Steps whose undo is parked.
    pub fn parked_undos(&self) -> impl Iterator<Item = StepNo> {
        self.undos.iter().copied().filter(|step| matches!(self.step(*step).back.status, Status::Parked(_)))
    }

    /// Folds one event of the saga's stream.
    pub fn evolve(&mut self, event: &Recorded) {
        self.version = event.version;
        let Fact::Saga(fact) = &event.fact else { return };
        match fact {
            SagaFact::Started { input, .. } => {
                self.phase = Phase::Running;
                self.input = Arc::clone(input);
                self.started = event.at;
            }
            SagaFact::PivotPassed { .. } => self.pivot_passed = true,
            SagaFact::CompensationStarted { undos, .. } => {
                self.phase = Phase::Compensating;
                self.ended = None;
                self.undos = Arc::clone(undos);
            }
            SagaFact::Completed {} => self.end(Phase::Completed, event.at),
            SagaFact::Compensated {} => self.end(Phase::Compensated, event.at),
            SagaFact::Parked { .. } => self.end(Phase::Parked, event.at),
            SagaFact::LateReplyIgnored { reply, .. } => self.ignored.push(*reply),
            _ => self.evolve_step(event, fact),
        }
    }

    fn end(&mut self, phase: Phase, at: Ticks) {
        self.phase = phase;
        self.ended = Some(at);
    }

    fn evolve_step(&mut self, event: &Recorded, fact: &SagaFact) {
        let Some(number) = fact.step() else { return };
        let direction = fact.direction();
        let Some(step) = self.steps.get_mut(number.index()) else { return };
        match fact {
            SagaFact::StepStarted { data, .. } => {
                self.current = number;
                step.data = Some(Arc::clone(data));
            }
            SagaFact::StepCompleted { result, .. } => step.result = Some(Arc::clone(result)),
            SagaFact::StepRejected { refusal, .. } => {
                step.refusal = Some((Arc::clone(&refusal.reason), refusal.by));
            }
            _ => {}
        }
        let lane = step.lane_mut(direction);
        match fact {
            SagaFact::StepStarted { attempt, deadline, .. }
            | SagaFact::StepRetried { attempt, deadline, .. }
            | SagaFact::UndoStarted { attempt, deadline, .. }
            | SagaFact::UndoRetried { attempt, deadline, .. } => {
                if *attempt == 1 {
                    lane.failures.clear();
                }
                lane.status = Status::Waiting(event.id);
                lane.attempts = *attempt;
                lane.attempts_in_all += 1;
                lane.issued_by = event.id;
                lane.issued_at = event.at;
                lane.deadline = *deadline;
            }
            SagaFact::StepAttemptFailed { attempt, error, .. }
            | SagaFact::UndoAttemptFailed { attempt, error, .. } => {
                lane.failures.push(FailedAttempt {
                    attempt: *attempt,
                    at: event.at,
                    error: Arc::clone(error),
                });
                lane.status = Status::BackingOff(event.id);
            }
            SagaFact::StepTimedOut { attempt, .. } | SagaFact::UndoTimedOut { attempt, .. } => {
                lane.failures.push(FailedAttempt {
                    attempt: *attempt,
                    at: event.at,
                    error: "no answer in time".into(),
                });
                lane.status = Status::BackingOff(event.id);
            }
            SagaFact::StepCompleted { .. } | SagaFact::UndoCompleted { effect: UndoEffect::Undone, .. } => {
                lane.status = Status::Done;
            }
            SagaFact::UndoCompleted { effect: UndoEffect::NothingToUndo, .. } => {
                lane.status = Status::NothingToUndo;
            }
            SagaFact::StepRejected { .. } => lane.status = Status::Refused,
            SagaFact::StepFailed { outcome, .. } => lane.status = Status::Failed(*outcome),
            SagaFact::StepParked { letter, .. } | SagaFact::UndoParked { letter, .. } => {
                lane.status = Status::Parked(*letter);
                lane.letter = Some(*letter);
            }
            SagaFact::ParkResolved { direction, .. } => {
                lane.status = Status::BackingOff(event.id);
                self.ended = None;
                self.phase = if *direction == Direction::Do { Phase::Running } else { Phase::Compensating };
            }
            _ => {}
        }
    }
}
