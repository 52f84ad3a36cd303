//! The course of one saga: the fold of what its events say, step by step. Beliefs (what an orchestrator notes) and
//! effects (what services did) are kept apart; neither is changed into the other here.

use std::collections::BTreeMap;

use super::facts::{Act, LetterChange, Seen, Sign, sign as sign_of};
use super::lane::{Lane, StepState, noted_state};
use super::plan::{Meaning, Plan};
use super::workflow;
use crate::domain::{Direction, StepKind};
use crate::model::{Row, WorkflowNote};

/// What is known of one step.
#[derive(Clone, Debug, Default)]
pub struct StepCourse {
    /// Doing it.
    pub forward: Lane,
    /// Undoing it.
    pub back: Lane,
    /// Success events.
    pub effects: Vec<Row>,
    /// Events that undo one.
    pub undone: Vec<Row>,
    /// Events that say that there was nothing to undo.
    pub tombstones: Vec<Row>,
    /// Refusals.
    pub refusals: Vec<Row>,
    /// Further parts of the effects.
    pub parts: Vec<Row>,
    /// Events that undo one for a reason that the saga does not know. The saga itself holds what it held.
    pub taken_back: Vec<Row>,
}

impl StepCourse {
    /// Effects less undos.
    pub fn held(&self) -> i64 {
        self.effects.len() as i64 - self.undone.len() as i64
    }
}

/// A dead letter of the saga.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Whether it waits for a person.
    pub open: bool,
    /// Its step.
    pub step: Option<usize>,
    /// Doing or undoing.
    pub direction: Direction,
    /// The event that parked it last.
    pub parked: Row,
    /// Its place among the events of the saga.
    pub at: usize,
    /// Attempts it tells of, over all its cycles.
    pub attempts: u32,
}

/// Everything that the events of one saga say.
#[expect(clippy::struct_excessive_bools, reason = "each is said by an event of its own")]
#[derive(Clone, Debug)]
pub struct Course {
    /// What it is meant to do.
    pub plan: Plan,
    /// Its steps, in the order of the plan.
    pub steps: Vec<StepCourse>,
    /// Whether somebody notes what happens: there are facts about the saga itself.
    pub noted: bool,
    /// Every step is done.
    pub completed: bool,
    /// Everything is undone.
    pub compensated: bool,
    /// It goes back.
    pub going_back: bool,
    /// The point of no return lies behind.
    pub pivot_passed: bool,
    /// Why it ended without having reached its goal, and without having undone what it did.
    pub gave_up: Option<String>,
    /// Something failed, or somebody asked it to stop.
    troubled: bool,
    /// Where it ended: place among its events.
    pub end: Option<usize>,
    /// Invariants that are broken by it.
    pub broken: Vec<String>,
    /// Dead letters by stream.
    letters: BTreeMap<String, Letter>,
    events: usize,
}

impl Course {
    /// Before anything has happened.
    pub fn new(plan: Plan) -> Self {
        Self {
            steps: vec![StepCourse::default(); plan.steps.len()],
            plan,
            noted: false,
            completed: false,
            compensated: false,
            going_back: false,
            pivot_passed: false,
            gave_up: None,
            troubled: false,
            end: None,
            broken: Vec::new(),
            letters: BTreeMap::new(),
            events: 0,
        }
    }

    /// Folds the next event. Gives the step it is about, and what it means.
    pub fn fold(&mut self, event: &Seen<'_>) -> Option<Sign> {
        let at = self.events;
        self.events += 1;
        let said = event.said.filter(|said| said.beside(WorkflowNote::MEMBER).is_some());
        let note = said.and_then(|said| WorkflowNote::read(said.metadata()));
        let sign = note.and_then(|note| workflow::sign(&mut self.plan, &self.steps, self.troubled, &note));
        let sign = sign.or_else(|| sign_of(&mut self.plan, event))?;
        self.steps.resize_with(self.plan.steps.len(), StepCourse::default);
        match &sign {
            Sign::Started | Sign::Waits => self.noted = true,
            Sign::Step(step, direction, act) => self.take(event, *step, *direction, act),
            Sign::Happened(step, meaning) => {
                let course = &mut self.steps[*step];
                let rows = match meaning {
                    Meaning::Effect => &mut course.effects,
                    Meaning::Refusal => &mut course.refusals,
                    Meaning::Undone => &mut course.undone,
                    Meaning::Tombstone => &mut course.tombstones,
                    Meaning::Part => &mut course.parts,
                    Meaning::TakenBack => &mut course.taken_back,
                };
                rows.push(event.row);
                if !self.noted {
                    self.project(at);
                }
            }
            Sign::PivotPassed => self.pivot_passed = true,
            Sign::GoesBack => {
                self.going_back = true;
                self.end = None;
            }
            // What comes to its end on the way back has not reached its goal, whatever its engine calls that.
            Sign::Completed if self.plan.is_history && self.going_back => self.give_up(at, ""),
            Sign::Completed => {
                self.completed = true;
                self.end = Some(at);
            }
            Sign::GaveUp(reason) => self.give_up(at, reason),
            Sign::AskedToStop => self.troubled = true,
            Sign::Compensated => {
                self.compensated = true;
                self.end = Some(at);
            }
            Sign::Letter { stream, step, direction, change, attempts } => match change {
                LetterChange::Parked => {
                    let before = self.letters.get(stream).map_or(0, |letter| letter.attempts);
                    let letter = Letter {
                        open: true,
                        step: *step,
                        direction: *direction,
                        parked: event.row,
                        at,
                        attempts: before + attempts,
                    };
                    self.letters.insert(stream.clone(), letter);
                }
                LetterChange::Redriven | LetterChange::Settled => {
                    if let Some(letter) = self.letters.get_mut(stream) {
                        letter.open = false;
                    }
                }
            },
            Sign::Check { invariant, broken } => {
                self.broken.retain(|known| known != invariant);
                if *broken {
                    self.broken.push(invariant.clone());
                }
            }
        }
        Some(sign)
    }

    fn take(&mut self, event: &Seen<'_>, step: usize, direction: Direction, act: &Act) {
        self.noted = true;
        if *act == Act::Resumed {
            self.end = None;
        }
        let course = &mut self.steps[step];
        let lane = if direction == Direction::Do { &mut course.forward } else { &mut course.back };
        lane.take(event, act);
        match (act, direction) {
            (Act::Answered(_), Direction::Do) => course.effects.push(event.row),
            (Act::Answered(_), Direction::Undo) => course.undone.push(event.row),
            (Act::Refused(_) | Act::Failed { .. }, Direction::Do) => self.troubled = true,
            _ => {}
        }
        if self.plan.is_history && direction == Direction::Undo {
            self.going_back = true;
        }
        if self.plan.steps[step].span.is_some_and(|span| span.is_root || span.is_top) {
            self.completed = self.spans_ended_well() == Some(true);
            self.end = self.completed.then(|| self.events - 1);
        }
    }

    /// Whether a trace ended well: every root of it did, or what stands above the rest where the root is not in the
    /// log. `None` while one of them runs, and of what is no trace.
    pub fn spans_ended_well(&self) -> Option<bool> {
        let spans = || self.plan.steps.iter().enumerate().filter_map(|(at, step)| Some((at, step.span?)));
        let has_root = spans().any(|(_, span)| span.is_root);
        let mut well = None;
        for (at, _) in spans().filter(|(_, span)| if has_root { span.is_root } else { span.is_top }) {
            match self.state(at) {
                StepState::Completed => well = well.or(Some(true)),
                StepState::Rejected => well = Some(false),
                _ => return None,
            }
        }
        well
    }

    /// It ended without reaching its goal: undone, or failed. It is undone where it undid something and nothing that it
    /// undoes stands; what it has no undo for it did not want to undo. Where it undid nothing it failed, whether
    /// something had happened or not: nobody compensated anything.
    fn give_up(&mut self, at: usize, reason: &str) {
        self.going_back = true;
        self.end = Some(at);
        let undid = self.steps.iter().any(|step| !step.undone.is_empty() || !step.tombstones.is_empty());
        let stands = (0..self.steps.len()).any(|step| self.has_undo(step) && self.steps[step].held() > 0);
        self.compensated = undid && !stands;
        self.gave_up = (!self.compensated).then(|| reason.to_owned());
    }

    /// Without a coordinator the life of a saga is what its effects show.
    fn project(&mut self, at: usize) {
        if !self.plan.is_defined {
            return;
        }
        let last = self.steps.last().is_some_and(|step| !step.effects.is_empty());
        let refused = self.steps.iter().any(|step| !step.refusals.is_empty());
        let undone = self.plan.steps.iter().zip(&self.steps).all(|(plan, step)| {
            let has_undo = plan.definition.as_ref().is_some_and(|step| step.compensate.is_some());
            !has_undo || step.held() <= 0
        });
        let pivot = self.plan.point_of_no_return();
        self.pivot_passed = pivot.is_some_and(|pivot| !self.steps[pivot].effects.is_empty());
        self.completed = last;
        self.going_back = refused && !last;
        self.compensated = self.going_back && undone;
        self.end = if self.has_ended() { self.end.or(Some(at)) } else { None };
    }

    /// Its dead letters.
    pub fn letters(&self) -> impl Iterator<Item = &Letter> {
        self.letters.values()
    }

    /// Whether it has ended, well or not.
    pub fn has_ended(&self) -> bool {
        self.completed || self.compensated
    }

    /// Where a step is.
    pub fn state(&self, step: usize) -> StepState {
        let course = &self.steps[step];
        if self.noted { noted_state(&course.forward, &course.back) } else { self.shown_state(step) }
    }

    /// How often doing and undoing a step was attempted.
    pub fn attempts(&self, step: usize) -> (u32, u32) {
        let course = &self.steps[step];
        if self.noted {
            return (course.forward.tries(), course.back.tries());
        }
        let tries = |direction| self.open_letter(step, direction).map_or(0, |letter| letter.attempts);
        let done = u32::from(!course.effects.is_empty() || !course.refusals.is_empty());
        let undone = u32::from(!course.undone.is_empty() || !course.tombstones.is_empty());
        (done + tries(Direction::Do), undone + tries(Direction::Undo))
    }

    fn open_letter(&self, step: usize, direction: Direction) -> Option<&Letter> {
        self.letters()
            .find(|letter| letter.open && letter.step == Some(step) && letter.direction == direction)
    }

    /// Where a step is that nobody notes: as its effects show it.
    fn shown_state(&self, step: usize) -> StepState {
        let course = &self.steps[step];
        if self.open_letter(step, Direction::Undo).is_some() {
            StepState::UndoParked
        } else if self.open_letter(step, Direction::Do).is_some() {
            StepState::Parked
        } else if !course.undone.is_empty() {
            StepState::Compensated
        } else if !course.effects.is_empty() {
            StepState::Completed
        } else if !course.tombstones.is_empty() {
            StepState::NothingToUndo
        } else if !course.refusals.is_empty() {
            StepState::Rejected
        } else {
            StepState::NotReached
        }
    }

    /// The step in hand: the first that is neither done nor given up, going back the last that is not undone yet.
    pub fn current(&self) -> Option<usize> {
        let open = |at: &usize| {
            matches!(
                self.state(*at),
                StepState::InFlight
                    | StepState::BackingOff
                    | StepState::Unknown
                    | StepState::Parked
                    | StepState::Compensating
                    | StepState::UndoParked
            )
        };
        let all = 0..self.steps.len();
        all.clone().find(open).or_else(|| {
            if self.going_back {
                all.rev().find(|at| self.steps[*at].held() > 0)
            } else {
                all.clone().find(|at| self.state(*at) == StepState::NotReached)
            }
        })
    }

    /// Whether a step has to be undone when the saga goes back.
    pub fn has_undo(&self, step: usize) -> bool {
        if let Some(definition) = &self.plan.steps[step].definition {
            return definition.kind == StepKind::Compensatable && definition.compensate.is_some();
        }
        let course = &self.steps[step];
        !course.undone.is_empty() || !course.tombstones.is_empty() || !course.back.is_idle()
    }
}
