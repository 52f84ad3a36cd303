//! The types of Temporal's events: what each is called here, what says which step it is about, and what it means for
//! the workflow. A type that is not in the list is read all the same, under Temporal's own name.

use crate::model::WorkflowAct;

/// Where the name of a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// The event is about the workflow as a whole.
    Workflow,
    /// In the event itself, under this path.
    Here(&'static [&'static str]),
    /// In the event that this member names by its id.
    By(&'static str),
}

/// One type.
#[derive(Debug)]
pub(super) struct Kind {
    /// Temporal's own name.
    pub(super) temporal: &'static str,
    /// Whose.
    pub(super) named: Named,
    /// What follows the step's name in the name of the type; empty: Temporal's own name is kept.
    pub(super) verb: &'static str,
    /// What it says about the workflow.
    pub(super) act: Option<WorkflowAct>,
    /// Whether its name is one of a step: activities, children and operations are, signals and updates are not.
    pub(super) is_step: bool,
}

const fn whole(temporal: &'static str, act: WorkflowAct) -> Kind {
    Kind { temporal, named: Named::Workflow, verb: "", act: Some(act), is_step: false }
}

const fn asks(temporal: &'static str, path: &'static [&'static str], verb: &'static str) -> Kind {
    Kind { temporal, named: Named::Here(path), verb, act: Some(WorkflowAct::Asked), is_step: true }
}

const fn tells(temporal: &'static str, by: &'static str, verb: &'static str, act: WorkflowAct) -> Kind {
    Kind { temporal, named: Named::By(by), verb, act: Some(act), is_step: true }
}

const fn names(temporal: &'static str, named: Named, verb: &'static str) -> Kind {
    Kind { temporal, named, verb, act: None, is_step: false }
}

const SCHEDULED: &str = "scheduledEventId";
const INITIATED: &str = "initiatedEventId";

/// Every type that has a name of its own here or says something about the workflow.
pub(super) static KINDS: &[Kind] = {
    use WorkflowAct::{Answered, AskedToStop, Begun, Completed, GaveUp, Refused, Started, Unanswered};
    &[
        whole("WorkflowExecutionStarted", Started),
        whole("WorkflowExecutionCompleted", Completed),
        // The work goes on in the next run, which is a history of its own.
        whole("WorkflowExecutionContinuedAsNew", Completed),
        whole("WorkflowExecutionFailed", GaveUp),
        whole("WorkflowExecutionTimedOut", GaveUp),
        whole("WorkflowExecutionCanceled", GaveUp),
        whole("WorkflowExecutionTerminated", GaveUp),
        whole("WorkflowExecutionCancelRequested", AskedToStop),
        asks("ActivityTaskScheduled", &["activityType", "name"], "scheduled"),
        tells("ActivityTaskStarted", SCHEDULED, "started", Begun),
        tells("ActivityTaskCompleted", SCHEDULED, "completed", Answered),
        tells("ActivityTaskFailed", SCHEDULED, "failed", Refused),
        tells("ActivityTaskTimedOut", SCHEDULED, "timed_out", Unanswered),
        tells("ActivityTaskCanceled", SCHEDULED, "canceled", Refused),
        names("ActivityTaskCancelRequested", Named::By(SCHEDULED), "cancel_requested"),
        asks("StartChildWorkflowExecutionInitiated", &["workflowType", "name"], "initiated"),
        tells("StartChildWorkflowExecutionFailed", INITIATED, "start_failed", Refused),
        tells("ChildWorkflowExecutionStarted", INITIATED, "started", Begun),
        tells("ChildWorkflowExecutionCompleted", INITIATED, "completed", Answered),
        tells("ChildWorkflowExecutionFailed", INITIATED, "failed", Refused),
        tells("ChildWorkflowExecutionCanceled", INITIATED, "canceled", Refused),
        tells("ChildWorkflowExecutionTimedOut", INITIATED, "timed_out", Unanswered),
        tells("ChildWorkflowExecutionTerminated", INITIATED, "terminated", Unanswered),
        asks("NexusOperationScheduled", &["operation"], "scheduled"),
        tells("NexusOperationStarted", SCHEDULED, "started", Begun),
        tells("NexusOperationCompleted", SCHEDULED, "completed", Answered),
        tells("NexusOperationFailed", SCHEDULED, "failed", Refused),
        tells("NexusOperationCanceled", SCHEDULED, "canceled", Refused),
        tells("NexusOperationTimedOut", SCHEDULED, "timed_out", Unanswered),
        names("NexusOperationCancelRequested", Named::By(SCHEDULED), "cancel_requested"),
        names("NexusOperationCancelRequestCompleted", Named::By(SCHEDULED), "cancel_accepted"),
        names("NexusOperationCancelRequestFailed", Named::By(SCHEDULED), "cancel_failed"),
        names("WorkflowExecutionSignaled", Named::Here(&["signalName"]), "signaled"),
        names("SignalExternalWorkflowExecutionInitiated", Named::Here(&["signalName"]), "signal_initiated"),
        names("ExternalWorkflowExecutionSignaled", Named::By(INITIATED), "signal_delivered"),
        names("SignalExternalWorkflowExecutionFailed", Named::By(INITIATED), "signal_failed"),
        names(
            "WorkflowExecutionUpdateAdmitted",
            Named::Here(&["request", "input", "name"]),
            "update_admitted",
        ),
        names(
            "WorkflowExecutionUpdateAccepted",
            Named::Here(&["acceptedRequest", "input", "name"]),
            "update_accepted",
        ),
        names("WorkflowExecutionUpdateCompleted", Named::By("acceptedEventId"), "update_completed"),
    ]
};

/// The type of this name.
pub(super) fn kind(temporal: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.temporal == temporal)
}

/// Names from before 1.0 and of Cadence: a workflow task was a decision task.
static OLD_NAMES: [(&str, &str); 5] = [
    ("DecisionTaskScheduled", "WorkflowTaskScheduled"),
    ("DecisionTaskStarted", "WorkflowTaskStarted"),
    ("DecisionTaskCompleted", "WorkflowTaskCompleted"),
    ("DecisionTaskTimedOut", "WorkflowTaskTimedOut"),
    ("DecisionTaskFailed", "WorkflowTaskFailed"),
];

/// Temporal's name of a type in one spelling: `EVENT_TYPE_TIMER_FIRED`, `TIMER_FIRED` and `TimerFired` are one.
pub(super) fn plain_name(spelled: &str) -> String {
    let bare = spelled.strip_prefix("EVENT_TYPE_").unwrap_or(spelled);
    let shouted = bare.chars().all(|letter| letter == '_' || letter.is_ascii_uppercase());
    let plain = if shouted && bare.len() > 1 {
        let capital = |word: &str| {
            let (first, rest) = word.split_at(word.len().min(1));
            format!("{first}{}", rest.to_ascii_lowercase())
        };
        bare.split('_').map(capital).collect::<String>()
    } else {
        bare.to_owned()
    };
    let old = OLD_NAMES.iter().find(|(old, _)| *old == plain);
    old.map_or(plain, |(_, new)| (*new).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_a_type_are_one() {
        for (spelled, plain) in [
            ("EVENT_TYPE_WORKFLOW_EXECUTION_STARTED", "WorkflowExecutionStarted"),
            ("WORKFLOW_TASK_TIMED_OUT", "WorkflowTaskTimedOut"),
            ("WorkflowExecutionStarted", "WorkflowExecutionStarted"),
            ("DecisionTaskCompleted", "WorkflowTaskCompleted"),
            ("EVENT_TYPE_", ""),
            ("", ""),
        ] {
            assert_eq!(plain_name(spelled), plain, "{spelled}");
        }
    }

    #[test]
    fn every_type_is_listed_once() {
        for (at, one) in KINDS.iter().enumerate() {
            assert!(KINDS[..at].iter().all(|other| other.temporal != one.temporal), "{}", one.temporal);
            assert_eq!(plain_name(one.temporal), one.temporal);
        }
    }
}
