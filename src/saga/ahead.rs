//! What a saga that has not ended still has before it: by its definition, or by what followed in the other sagas of
//! the log that stood where it stands.

use std::sync::Arc;

use super::course::Course;
use super::lane::StepState;
use super::machine::{Next, Waits};
use super::outcome::Confidence;
use super::summary::Summary;
use super::survey::Survey;
use crate::domain::{Direction, Name};
use crate::index::TypeId;

/// Steps that are foretold without a definition.
const FORETOLD_MAX: usize = 12;

/// Something still to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ahead {
    /// The step or the event type.
    pub name: Name,
    /// Doing or undoing.
    pub direction: Direction,
    /// How often it followed, of [`Ahead::of`]; 0 of 0 where the definition alone says it.
    pub count: usize,
    /// How often anything followed.
    pub of: usize,
    /// How long it usually took, where that is known.
    pub waits: Option<Waits>,
    /// How likely it is.
    pub likelihood: Confidence,
    /// It may come instead of the one before it, rather than after it.
    pub instead: bool,
    /// The definition says it, and it names a step; else it is a type that followed in other sagas.
    pub is_defined: bool,
}

/// What is ahead of a saga, the next first. Empty at its end.
pub(super) fn ahead(survey: &Survey, summary: &Summary, course: Option<&Course>) -> Vec<Ahead> {
    if summary.outcome.is_end() || course.is_some_and(|course| course.spans_ended_well().is_some()) {
        return Vec::new();
    }
    match course.filter(|course| course.plan.is_defined) {
        Some(course) => defined(survey, course),
        None => foretold(survey, summary),
    }
}

fn defined(survey: &Survey, course: &Course) -> Vec<Ahead> {
    let pending = |at: usize| match course.state(at) {
        StepState::NotReached | StepState::InFlight | StepState::BackingOff | StepState::Parked => {
            (!course.going_back).then_some(Direction::Do)
        }
        StepState::Completed | StepState::Unknown | StepState::Compensating | StepState::UndoParked => {
            (course.going_back && course.has_undo(at)).then_some(Direction::Undo)
        }
        _ => None,
    };
    let steps = 0..course.steps.len();
    let mut left: Vec<(usize, Direction)> = steps.filter_map(|at| Some((at, pending(at)?))).collect();
    if course.going_back {
        left.reverse();
    }
    let ahead = left.into_iter().map(|(at, direction)| {
        let plan = &course.plan.steps[at];
        let done = plan.definition.as_ref().and_then(|step| match direction {
            Direction::Do => Some(&step.success),
            Direction::Undo => step.compensated.as_ref(),
        });
        let id = done.and_then(|name| survey.traits.iter().position(|info| info.name == *name));
        let usual = id.and_then(|id| {
            let to = Some(TypeId(id as u32));
            survey.machine.transitions().iter().find(|known| known.edge.1 == to && known.edge.0.is_some())
        });
        Ahead {
            name: Arc::clone(&plan.name),
            direction,
            count: usual.map_or(0, |known| known.count),
            of: usual.map_or(0, |known| known.count),
            waits: usual.map(|known| known.waits),
            likelihood: Confidence::CERTAIN,
            instead: false,
            is_defined: true,
        }
    });
    ahead.collect()
}

fn foretold(survey: &Survey, summary: &Summary) -> Vec<Ahead> {
    let shape = &survey.variants.list[summary.variant as usize].shape;
    let mut state = shape.last().copied();
    let mut seen: Vec<TypeId> = shape.clone();
    let mut found = Vec::new();
    let entry = |next: &Next, id: TypeId, instead: bool| {
        let info = &survey.traits[id.0 as usize];
        Ahead {
            name: Arc::clone(&info.name),
            direction: if info.is_undo() { Direction::Undo } else { Direction::Do },
            count: next.count,
            of: next.of,
            waits: Some(next.waits),
            likelihood: next.likelihood(),
            instead,
            is_defined: false,
        }
    };
    while found.len() < FORETOLD_MAX {
        let next = survey.machine.next(state);
        let mut choices = next.iter().filter_map(|next| next.to.map(|id| (next, id)));
        let Some((best, id)) = choices.find(|(_, id)| !seen.contains(id)) else { break };
        // Where most sagas end, nothing more is foretold.
        if next.iter().any(|other| other.to.is_none() && other.count > best.count) {
            break;
        }
        let is_first = found.is_empty();
        found.push(entry(best, id, false));
        if is_first {
            found.extend(choices.take(2).map(|(next, id)| entry(next, id, true)));
        }
        seen.push(id);
        state = Some(id);
    }
    found
}
