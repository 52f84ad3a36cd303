//! The ledger: what really happened, folded from the log alone, and how it is accounted for. One line for each step
//! of each saga: effects, undos, tombstones. Nobody's belief takes part, so a debt that was paid without anybody
//! knowing is no debt. An effect is *unaccounted* if nothing in the log says why it is there; that, and only that,
//! is an inconsistency. What an open letter or an unended saga holds is named, and so it is accounted for.

use crate::base::ticks::Ticks;
use crate::domain::StepKind;
use crate::runtime::{
    DeadLetters, Fact, LetterState, Position, Recorded, Role, SagaFact, SagaNo, StepNo, Wiring,
};

use super::report::{Account, Outcome};

/// What happened to one step of one saga.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) effects: u16,
    pub(super) undone: u16,
    pub(super) tombstones: u16,
    pub(super) refusals: u16,
    /// The first success event.
    pub(super) effect: Position,
    /// The last one.
    pub(super) last_effect: Position,
}

impl Line {
    pub(super) fn held(self) -> i64 {
        i64::from(self.effects) - i64::from(self.undone)
    }
}

/// What the log says of one saga as a whole.
#[expect(clippy::struct_excessive_bools, reason = "each is said by an event of its own")]
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Life {
    pub(super) begun: bool,
    pub(super) started: Ticks,
    pub(super) ended: Option<Ticks>,
    pub(super) completed: bool,
    pub(super) compensated: bool,
    pub(super) going_back: bool,
    pub(super) parked: bool,
    pub(super) pivot_passed: bool,
    /// Where it ended.
    pub(super) end: Position,
}

/// Every saga's lines.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    steps: usize,
    lines: Vec<Line>,
    lives: Vec<Life>,
}

impl Ledger {
    pub(super) fn new(steps: usize) -> Self {
        Self { steps, ..Self::default() }
    }

    /// Folds one event.
    pub(super) fn fold(&mut self, wiring: &Wiring, position: Position, event: &Recorded) {
        if event.saga == SagaNo::NONE || !matches!(event.fact, Fact::Saga(_) | Fact::Domain(_)) {
            return;
        }
        let saga = event.saga.index();
        if self.lives.len() <= saga {
            self.lives.resize(saga + 1, Life::default());
            self.lines.resize((saga + 1) * self.steps, Line::default());
        }
        let course = &mut self.lives[saga];
        if !course.begun {
            course.begun = true;
            course.started = event.at;
        }
        match &event.fact {
            Fact::Saga(fact) => course.fold(position, event.at, fact),
            Fact::Domain(fact) => {
                let Some(key) = event.key else { return };
                let index = saga * self.steps + key.step.index();
                let line = &mut self.lines[index];
                match fact.role {
                    Role::Effect => {
                        if line.effects == 0 {
                            line.effect = position;
                        }
                        line.effects += 1;
                        line.last_effect = position;
                    }
                    Role::Undone => line.undone += 1,
                    Role::Tombstone => line.tombstones += 1,
                    Role::Refusal => line.refusals += 1,
                    Role::Beside | Role::Given => return,
                }
                if wiring.is_choreographed() {
                    self.project(wiring, event.saga, position, event.at);
                }
            }
            _ => {}
        }
    }

    /// Without a coordinator the saga's life is a projection of its effects.
    fn project(&mut self, wiring: &Wiring, saga: SagaNo, position: Position, at: Ticks) {
        let lines = self.lines(saga);
        let last = lines.last().is_some_and(|line| line.effects > 0);
        let refused = lines.iter().any(|line| line.refusals > 0);
        let all_undone = wiring.step_numbers().all(|step| {
            let owes = wiring.step(step).compensate.is_some();
            !owes || lines[step.index()].held() <= 0
        });
        let pivot_passed = wiring.point_of_no_return().is_some_and(|step| lines[step.index()].effects > 0);
        let life = &mut self.lives[saga.index()];
        life.completed = last;
        life.going_back = refused && !last;
        life.compensated = refused && all_undone && !last;
        life.pivot_passed = pivot_passed;
        if (life.completed || life.compensated) && life.ended.is_none() {
            life.ended = Some(at);
            life.end = position;
        }
    }

    /// Number of sagas that have begun, those before the last included.
    pub(super) fn sagas(&self) -> u32 {
        self.lives.len() as u32
    }

    pub(super) fn life(&self, saga: SagaNo) -> Life {
        self.lives.get(saga.index()).copied().unwrap_or_default()
    }

    pub(super) fn lines(&self, saga: SagaNo) -> &[Line] {
        self.lines.get(saga.index() * self.steps..(saga.index() + 1) * self.steps).unwrap_or(&[])
    }

    /// How one line is accounted for.
    pub(super) fn account(&self, wiring: &Wiring, saga: SagaNo, step: StepNo) -> Account {
        let (course, book) = (self.life(saga), self.lines(saga));
        let Some(line) = book.get(step.index()) else { return Account::Settled };
        let definition = wiring.step(step);
        let held = line.held();
        let undoable = definition.kind == StepKind::Compensatable && definition.compensate.is_some();
        if held < 0 || held > 1 && !definition.notice {
            return Account::Unaccounted;
        }
        if course.completed {
            let right = definition.notice || held == 1;
            return if right { Account::Settled } else { Account::Unaccounted };
        }
        let needs_no_undo = definition.kind == StepKind::Compensatable && !undoable;
        if course.compensated {
            return if held == 0 || needs_no_undo { Account::Settled } else { Account::Unaccounted };
        }
        if course.going_back {
            return match held {
                0 => Account::Settled,
                _ if undoable => Account::OwedBack,
                _ if needs_no_undo => Account::Settled,
                _ => Account::Undecided,
            };
        }
        // Where nothing may be refused there is no way back from the beginning.
        let done = |pivot: StepNo| book.get(pivot.index()).is_some_and(|line| line.held() > 0);
        let past = course.pivot_passed || wiring.point_of_no_return().is_none_or(done);
        match (past, held) {
            (true, 0) => Account::OwedForward,
            (true, _) | (false, 0) => Account::Settled,
            (false, _) => Account::Undecided,
        }
    }

    /// The first line that nothing accounts for.
    pub(super) fn unaccounted(&self, wiring: &Wiring, saga: SagaNo) -> Option<StepNo> {
        wiring.step_numbers().find(|step| self.account(wiring, saga, *step) == Account::Unaccounted)
    }

    /// How the saga ended: the first rule that fits.
    pub(super) fn outcome(
        &self,
        wiring: &Wiring,
        letters: &DeadLetters,
        saga: SagaNo,
        quiesced: bool,
    ) -> Outcome {
        let life = self.life(saga);
        let ended = life.completed || life.compensated;
        if !quiesced && !ended {
            return Outcome::Running;
        }
        if self.unaccounted(wiring, saga).is_some() {
            return Outcome::Inconsistent;
        }
        let dead = letters
            .of_saga(saga)
            .any(|letter| letter.state == LetterState::Open && (!ended || letter.position > life.end));
        match life {
            _ if dead && quiesced => Outcome::DeadLettered,
            Life { completed: true, .. } => Outcome::Completed,
            Life { compensated: true, .. } => Outcome::Compensated,
            _ => Outcome::Stuck,
        }
    }
}

impl Life {
    fn fold(&mut self, position: Position, at: Ticks, fact: &SagaFact) {
        match fact {
            SagaFact::PivotPassed { .. } => self.pivot_passed = true,
            SagaFact::CompensationStarted { .. } => {
                self.going_back = true;
                self.parked = false;
                self.ended = None;
            }
            SagaFact::ParkResolved { .. } => {
                self.parked = false;
                self.ended = None;
            }
            SagaFact::Completed {} => {
                self.completed = true;
                self.end_at(position, at);
            }
            SagaFact::Compensated {} => {
                self.compensated = true;
                self.parked = false;
                self.end_at(position, at);
            }
            SagaFact::Parked { .. } => {
                self.parked = true;
                self.end_at(position, at);
            }
            _ => {}
        }
    }

    fn end_at(&mut self, position: Position, at: Ticks) {
        self.ended = Some(at);
        self.end = position;
    }
}
