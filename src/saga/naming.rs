//! What the names of event types say about sagas: which are technical, which tell of a failure, an undo or an end,
//! and which effect an undo may undo. Everything said here is inferred, and used only where nobody says more.

use std::sync::Arc;

use crate::index::EventLog;
use crate::model::{RUNTIME_FAMILIES, words};

/// Bookkeeping of a workflow engine: how its workers decide what to do next, and what they note for themselves.
const BOOKKEEPING: [&str; 8] = [
    "WorkflowTaskScheduled",
    "WorkflowTaskStarted",
    "WorkflowTaskCompleted",
    "WorkflowTaskFailed",
    "WorkflowTaskTimedOut",
    "WorkflowPropertiesModified",
    "UpsertWorkflowSearchAttributes",
    "MarkerRecorded",
];

/// Words of an undo, each with the words of effects that it undoes; none: whatever the family did.
static UNDOS: &[(&str, &[&str])] = &[
    (
        "refunded",
        &["authorized", "authorised", "captured", "charged", "completed", "paid", "received", "settled"],
    ),
    ("released", &["reserved", "allocated", "held", "locked", "blocked"]),
    ("unreserved", &["reserved"]),
    ("restocked", &["picked", "reserved", "shipped"]),
    (
        "cancelled",
        &["created", "placed", "booked", "opened", "requested", "scheduled", "submitted", "ordered"],
    ),
    (
        "canceled",
        &["created", "placed", "booked", "opened", "requested", "scheduled", "submitted", "ordered"],
    ),
    ("reversed", &[]),
    ("reverted", &[]),
    ("compensated", &[]),
    ("undone", &[]),
    ("voided", &["authorized", "authorised", "issued"]),
    ("revoked", &["granted", "issued"]),
    ("withdrawn", &["submitted", "placed"]),
    ("returned", &["shipped", "delivered", "taken", "borrowed"]),
    ("removed", &["added"]),
    ("deleted", &["created"]),
];

/// Words with which a story ends well.
const ENDS: [&str; 16] = [
    "archived",
    "closed",
    "completed",
    "confirmed",
    "delivered",
    "done",
    "finished",
    "fulfilled",
    "notified",
    "published",
    "resolved",
    "sent",
    "settled",
    "shipped",
    "succeeded",
    "terminated",
];

/// Words of steps that may happen twice without harm.
const NOTICES: [&str; 8] =
    ["advice", "confirmation", "email", "inform", "itinerary", "mail", "notify", "notification"];

/// What a type's name says.
#[derive(Clone, Debug)]
pub struct Traits {
    /// As stored.
    pub name: Arc<str>,
    /// Recorded beside what happened.
    pub technical: bool,
    /// Tells of a failure or a refusal.
    pub failure: bool,
    /// Tells that something is undone: place in the list of such words.
    undo: Option<usize>,
    /// Tells of a good end.
    pub good_end: bool,
    /// The noun: `payment`.
    pub family: Arc<str>,
    words: Vec<String>,
}

impl Traits {
    /// Of one name.
    pub fn of(name: &Arc<str>, family: &Arc<str>, failure: bool) -> Self {
        let words = words(name);
        let undo = UNDOS.iter().position(|(undo, _)| words.iter().any(|word| word == undo));
        Self {
            technical: RUNTIME_FAMILIES.iter().any(|prefix| name.starts_with(prefix))
                || BOOKKEEPING.contains(&&**name),
            failure,
            undo,
            good_end: ENDS.iter().any(|end| words.iter().any(|word| word == end)),
            name: Arc::clone(name),
            family: Arc::clone(family),
            words,
        }
    }

    /// Of every type of a log, by its number.
    pub fn of_log(log: &EventLog) -> Vec<Self> {
        log.types().iter().map(|info| Self::of(&info.name, &info.family, info.is_failure)).collect()
    }

    /// Whether the name tells of an undo.
    pub fn is_undo(&self) -> bool {
        self.undo.is_some()
    }

    /// Whether a word is in the name.
    pub(super) fn has_word(&self, word: &str) -> bool {
        self.words.iter().any(|own| own == word)
    }

    /// How sure the names alone are that this type undoes `effect`, in thousandths; 0: they do not say so.
    pub fn undoes(&self, effect: &Self) -> u16 {
        let Some(undo) = self.undo else { return 0 };
        if effect.technical || effect.failure || effect.is_undo() || effect.family != self.family {
            return 0;
        }
        let (_, effects) = UNDOS[undo];
        let named = effects.iter().any(|word| effect.words.iter().any(|own| own == word));
        match (named, effects.is_empty()) {
            (true, _) => 700,
            (false, true) => 500,
            (false, false) => 200,
        }
    }
}

/// Verbs of commands that undo, and whether they are never said of anything else: a lock is released at the end of
/// every good story, and nothing is refunded in one.
const UNDO_COMMANDS: [(&str, bool); 17] = [
    ("compensate", true),
    ("compensation", true),
    ("refund", true),
    ("restock", true),
    ("reverse", true),
    ("revert", true),
    ("rollback", true),
    ("undo", true),
    ("unreserve", true),
    ("void", true),
    ("cancel", false),
    ("clear", false),
    ("delete", false),
    ("release", false),
    ("remove", false),
    ("return", false),
    ("revoke", false),
];

/// Words of a step's name that say nothing about what it is for.
const EMPTY_WORDS: [&str; 6] = ["activity", "async", "for", "step", "the", "workflow"];

/// A step whose name is a command that undoes something.
#[derive(Debug)]
pub(super) struct UndoCommand {
    /// Whether nothing else is called so.
    pub(super) is_sure: bool,
    about: Vec<String>,
}

impl UndoCommand {
    /// `RefundPayment`, `compensateBookHotel`; `None` for every other name.
    pub(super) fn of(step: &str) -> Option<Self> {
        let mut about = words(step);
        let (at, is_sure) = about.iter().enumerate().find_map(|(at, word)| {
            let (_, is_sure) = UNDO_COMMANDS.iter().find(|(verb, _)| verb == word)?;
            Some((at, *is_sure))
        })?;
        about.remove(at);
        about.retain(|word| !EMPTY_WORDS.contains(&word.as_str()) && word.parse::<u32>().is_err());
        Some(Self { is_sure, about })
    }

    /// How many words of its object are in the name of another step. `None`: it is about something else.
    pub(super) fn fits(&self, step: &str) -> Option<usize> {
        let known = words(step);
        let common = self.about.iter().filter(|word| known.contains(word)).count();
        // A bare "refund" is about whatever there is.
        (common > 0 || self.about.is_empty()).then_some(common)
    }
}

/// Whether a step of this name is a notice, which nobody minds twice.
pub(super) fn is_notice(step: &str) -> bool {
    words(step).iter().any(|word| NOTICES.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{is_failure_type, type_family};

    fn traits(name: &str) -> Traits {
        Traits::of(&name.into(), &type_family(name).into(), is_failure_type(name))
    }

    #[test]
    fn an_undo_is_joined_to_what_its_family_did() {
        for (undo, effect, sure) in [
            ("PaymentRefunded", "PaymentAuthorized", 700),
            ("payment.refunded.v1", "payment.completed.v1", 700),
            ("StockReleased", "StockReserved", 700),
            ("OrderCancelled", "OrderPlaced", 700),
            ("hotel.cancelled.v1", "hotel.booked.v1", 700),
            ("PaymentRefunded", "PaymentRequested", 200),
            ("PaymentRefunded", "OrderPlaced", 0),
            ("PaymentRefunded", "PaymentDeclined", 0),
            ("OrderPlaced", "OrderPlaced", 0),
        ] {
            assert_eq!(traits(undo).undoes(&traits(effect)), sure, "{undo} {effect}");
        }
    }

    #[test]
    fn a_command_that_undoes_is_joined_to_what_it_is_about() {
        for (undo, step, fits) in [
            ("RefundPayment", "ProcessPayment", Some(1)),
            ("compensateBookHotel", "bookHotel", Some(2)),
            ("CancelHotelActivity #2", "BookHotel", Some(1)),
            ("refund", "withdraw", Some(0)),
            ("CancelHotel", "BookFlight", None),
        ] {
            assert_eq!(UndoCommand::of(undo).unwrap().fits(step), fits, "{undo} {step}");
        }
        assert!(UndoCommand::of("ProcessPayment").is_none());
        assert!(
            UndoCommand::of("RefundCard").unwrap().is_sure
                && !UndoCommand::of("ReleaseLock").unwrap().is_sure
        );
    }

    #[test]
    fn what_a_runtime_records_is_told_from_what_happened() {
        assert!(traits("saga.step_started").technical && traits("message.sent").technical);
        assert!(traits("WorkflowTaskFailed").technical && !traits("WorkflowTaskAssigned").technical);
        assert!(!traits("order.created.v1").technical && !traits("MessageSent").technical);
        assert!(is_notice("send-confirmation") && !is_notice("process-payment"));
    }
}
