//! What the history of a workflow engine says about a saga. The engine is the orchestrator and keeps the answers of what
//! it called: its belief and the effect are one event. What it does not say is which call undoes which; that is inferred
//! from their names, and only where something went wrong before or the name means nothing else.

use super::course::StepCourse;
use super::facts::{Act, Sign};
use super::naming::UndoCommand;
use super::plan::Plan;
use crate::domain::Direction;
use crate::model::{WorkflowAct, WorkflowNote};

/// What a note says about the saga it belongs to. `steps` is what happened before, `troubled` whether something failed.
pub(super) fn sign(
    plan: &mut Plan,
    steps: &[StepCourse],
    troubled: bool,
    note: &WorkflowNote,
) -> Option<Sign> {
    plan.is_history = !plan.is_defined;
    let reason = || note.reason.clone().unwrap_or_default();
    let act = match note.act {
        WorkflowAct::Started => {
            if plan.is_history && plan.name.is_none() {
                plan.name = note.workflow.as_deref().map(Into::into);
            }
            return Some(Sign::Started);
        }
        WorkflowAct::Completed => return Some(Sign::Completed),
        WorkflowAct::GaveUp => return Some(Sign::GaveUp(reason())),
        WorkflowAct::AskedToStop => return Some(Sign::AskedToStop),
        WorkflowAct::Asked => Act::Asked,
        WorkflowAct::Begun => Act::Begun(note.attempt.unwrap_or(1)),
        WorkflowAct::Answered => Act::Answered(note.attempt),
        WorkflowAct::Refused => {
            let why = note.reason.as_deref().map_or_else(String::new, |reason| format!(": {reason}"));
            Act::Refused(format!("gave up{why}"))
        }
        WorkflowAct::Unanswered => Act::Failed { unknown: true },
    };
    let (step, direction) = place(plan, steps, troubled, note.step.as_deref()?)?;
    Some(Sign::Step(step, direction, act))
}

/// The step that a call is one of.
fn place(plan: &mut Plan, steps: &[StepCourse], troubled: bool, call: &str) -> Option<(usize, Direction)> {
    if plan.is_defined {
        // A definition knows a step once, however often it is called.
        let name = call.split(" #").next().unwrap_or(call);
        let undo = plan.steps.iter().position(|step| {
            let definition = step.definition.as_ref();
            definition.is_some_and(|definition| definition.compensate.as_deref() == Some(name))
        });
        return match undo {
            Some(at) => Some((at, Direction::Undo)),
            None => Some((plan.step(name)?, Direction::Do)),
        };
    }
    if let Some((_, at)) = plan.undos.iter().find(|(name, _)| **name == *call) {
        return Some((*at, Direction::Undo));
    }
    if let Some(at) = plan.steps.iter().position(|step| *step.name == *call) {
        return Some((at, Direction::Do));
    }
    let undo = UndoCommand::of(call).filter(|undo| undo.is_sure || troubled);
    let undone = undo.and_then(|undo| {
        let held = |at: &usize| steps.get(*at).is_some_and(|step| step.held() > 0);
        let open = |at: &usize| held(at) && plan.undos.iter().all(|(_, taken)| taken != at);
        let fitting = (0..plan.steps.len()).filter(open);
        // Of those that fit alike the last: an undo goes backwards.
        let fitting = fitting.filter_map(|at| Some((undo.fits(&plan.steps[at].name)?, at)));
        fitting.max().map(|(_, at)| at)
    });
    match undone {
        Some(at) => {
            plan.undos.push((call.into(), at));
            Some((at, Direction::Undo))
        }
        None => Some((plan.step(call)?, Direction::Do)),
    }
}

#[cfg(test)]
mod tests;
