//! What an event of a workflow engine's history says about the workflow that it belongs to, in the one spelling that
//! every reader of such histories writes beside the event and every reader of sagas understands. No engine's own
//! names are known here.

use serde_json::{Map, Value};

/// Families of types that a runtime of sagas records beside what happened: `saga.started`, `dead_letter.parked`. No
/// reader of other histories may give such a name to anything else.
pub const RUNTIME_FAMILIES: [&str; 8] =
    ["saga.", "run.", "message.", "service.", "check.", "participation.", "dead_letter.", "snapshot."];

/// What an event says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkflowAct {
    /// The workflow begins.
    Started,
    /// A step is asked for: the command is out.
    Asked,
    /// An attempt of a step begins.
    Begun,
    /// A step is done, and this event is its answer.
    Answered,
    /// A step did not happen, and will not be tried again.
    Refused,
    /// A step was given up without an answer: it may have happened.
    Unanswered,
    /// Somebody asked the workflow to stop.
    AskedToStop,
    /// The workflow reached its end.
    Completed,
    /// The workflow ended without reaching it: it failed, was cancelled, terminated, or took too long.
    GaveUp,
}

impl WorkflowAct {
    const ALL: [(Self, &'static str); 9] = [
        (Self::Started, "started"),
        (Self::Asked, "asked"),
        (Self::Begun, "begun"),
        (Self::Answered, "answered"),
        (Self::Refused, "refused"),
        (Self::Unanswered, "unanswered"),
        (Self::AskedToStop, "asked-to-stop"),
        (Self::Completed, "completed"),
        (Self::GaveUp, "gave-up"),
    ];

    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(act, _)| *act == self).map_or("", |(_, word)| word)
    }
}

/// One event as evidence about its workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkflowNote {
    /// What happened.
    pub act: WorkflowAct,
    /// The kind of workflow, where the event says it: `OrderWorkflow`.
    pub workflow: Option<String>,
    /// The step: `ProcessPayment`, or `ProcessPayment #2` the second time.
    pub step: Option<String>,
    /// Which attempt it is, from 1, where the engine counts them.
    pub attempt: Option<u32>,
    /// Why.
    pub reason: Option<String>,
}

impl WorkflowNote {
    /// The member of an event's metadata that holds one.
    pub const MEMBER: &str = "workflow";

    /// A note without particulars.
    pub fn of(act: WorkflowAct) -> Self {
        Self { act, workflow: None, step: None, attempt: None, reason: None }
    }

    /// Adds the note to an event's metadata.
    pub fn write(&self, metadata: &mut Map<String, Value>) {
        let texts = [("kind", &self.workflow), ("step", &self.step), ("reason", &self.reason)];
        let mut note = Map::new();
        note.insert("act".to_owned(), self.act.word().into());
        note.extend(
            texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text.clone()?.into()))),
        );
        note.extend(self.attempt.map(|attempt| ("attempt".to_owned(), attempt.into())));
        metadata.insert(Self::MEMBER.to_owned(), Value::Object(note));
    }

    /// The note in an event's metadata.
    pub fn read(metadata: &Value) -> Option<Self> {
        let note = metadata.get(Self::MEMBER)?;
        let text = |name: &str| note.get(name).and_then(Value::as_str);
        let act = text("act")?;
        let (act, _) = WorkflowAct::ALL.into_iter().find(|(_, word)| *word == act)?;
        Some(Self {
            act,
            workflow: text("kind").map(str::to_owned),
            step: text("step").map(str::to_owned),
            attempt: note.get("attempt").and_then(Value::as_u64).and_then(|count| u32::try_from(count).ok()),
            reason: text("reason").map(str::to_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_as_it_was_written() {
        for (act, _) in WorkflowAct::ALL {
            let note = WorkflowNote {
                workflow: Some("Order".to_owned()),
                step: Some("Pay #2".to_owned()),
                attempt: Some(3),
                reason: Some("no".to_owned()),
                ..WorkflowNote::of(act)
            };
            for note in [note, WorkflowNote::of(act)] {
                let mut metadata = Map::new();
                note.write(&mut metadata);
                assert_eq!(WorkflowNote::read(&Value::Object(metadata)), Some(note));
            }
        }
        for metadata in
            [serde_json::json!({}), serde_json::json!({"workflow": {"act": "danced"}}), Value::Null]
        {
            assert_eq!(WorkflowNote::read(&metadata), None, "{metadata}");
        }
    }
}
