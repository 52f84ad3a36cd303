//! What can go wrong, and what protects against it: two registries, [`FAULTS`] and [`PROTECTIONS`]. Recipes,
//! the palette of faults, the failure matrix and the sweep are made from them. What a fault does to a run is the
//! matter of the world; here is only what can be said about it in advance.

/// What goes wrong. The order is that of canonical recipes and of the columns of the failure matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultKind {
    /// The service answers no: a business decision, recorded.
    Reject,
    /// Handling fails and is rolled back; the next attempt may succeed.
    Transient,
    /// Somebody else appended to the stream first.
    Conflict,
    /// The command is handled, its answer comes certainly too late.
    Timeout,
    /// A message is accepted by nobody.
    Lost,
    /// A message arrives twice.
    Duplicated,
    /// A message arrives later.
    Delayed,
    /// A message is overtaken by the next one.
    Reordered,
    /// The service takes no delivery for a while.
    Down,
    /// The process dies before anything is durable.
    CrashBeforeCommit,
    /// The process dies between commit and acknowledge.
    CrashBeforeAck,
    /// The process dies between acknowledge and publish.
    CrashBeforePublish,
    /// The process dies between publish and marking as sent.
    CrashBeforeMark,
    /// The body of a message breaks its schema.
    Poison,
    /// The compensation throws.
    UndoFails,
    /// The idempotency key is forgotten before the repeat comes.
    IdempotencyExpired,
}

/// Faults that belong together in a palette.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultGroup {
    /// What a handler makes of a message.
    Answers,
    /// What the bus does to a message.
    Messages,
    /// Where a process dies.
    Crashes,
    /// What is wrong with undoing and repeating.
    Undo,
}

impl FaultGroup {
    /// The groups in the order of the palette.
    pub const ALL: [Self; 4] = [Self::Answers, Self::Messages, Self::Crashes, Self::Undo];

    /// Heading in the palette.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Answers => "Answers",
            Self::Messages => "Messages",
            Self::Crashes => "Crashes",
            Self::Undo => "Undo",
        }
    }
}

/// The messages of a step that a fault attaches to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Leg {
    /// To the service that does the step.
    Command,
    /// From that service.
    Reply,
    /// To the service, to undo the step.
    Undo,
    /// The answer to it.
    UndoReply,
    /// What the orchestrator sends to itself, to be woken at a deadline.
    Timer,
}

impl Leg {
    /// Every leg, in canonical order.
    pub const ALL: [Self; 5] = [Self::Command, Self::Reply, Self::Undo, Self::UndoReply, Self::Timer];

    /// As recipes spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Reply => "reply",
            Self::Undo => "undo",
            Self::UndoReply => "undo-reply",
            Self::Timer => "timer",
        }
    }

    /// The leg of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|leg| leg.name() == name)
    }

    /// Whether it exists only where a step has an undo.
    pub const fn is_undo(self) -> bool {
        matches!(self, Self::Undo | Self::UndoReply)
    }
}

/// How often a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Count {
    /// So many occurrences, at least one.
    Times(u32),
    /// Every occurrence.
    All,
}

/// What must be true of a step for a fault to be possible at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing beside the leg.
    Nothing,
    /// A compensation.
    Undo,
    /// A repeat must be held off by the inbox, not by state.
    InboxGuard,
}

/// What a duration after `=` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LengthMeans {
    /// How long the fault is active: occurrences afterwards are spared.
    Lasts,
    /// How much later the message arrives.
    Delays,
    /// How long the process or service stays away.
    Away,
}

/// What there is to say about a kind of fault.
#[derive(Clone, Copy, Debug)]
pub struct FaultInfo {
    /// The kind.
    pub kind: FaultKind,
    /// In recipes: `crash-before-ack`.
    pub name: &'static str,
    /// On a card under the heading of its group: "before ack".
    pub title: &'static str,
    /// Where the palette shows it.
    pub group: FaultGroup,
    /// What happens, in one sentence.
    pub sentence: &'static str,
    /// What the message it strikes does, after its name: "is lost".
    pub phrase: &'static str,
    /// How often, where a recipe does not say.
    pub count: Count,
    /// The default in two words, below the heading of a column: "for ever".
    pub default: &'static str,
    /// Where it strikes if a recipe names a step without a leg.
    pub leg: Leg,
    /// Whether the message that starts a saga can suffer it.
    pub at_start: bool,
    /// The legs that can suffer it.
    pub legs: &'static [Leg],
    /// What else must be true of the step.
    pub needs: Needs,
    /// What a duration means for it.
    pub length: LengthMeans,
    /// Weather: with every protection on it must break nothing. The others take a protection away.
    pub weather: bool,
}

const COMMAND: &[Leg] = &[Leg::Command];
const COMMAND_OR_UNDO: &[Leg] = &[Leg::Command, Leg::Undo];
const REPLIES: &[Leg] = &[Leg::Reply, Leg::UndoReply];
const BODIES: &[Leg] = &[Leg::Command, Leg::Reply, Leg::Undo, Leg::UndoReply];
const EVERY: &[Leg] = &Leg::ALL;

const fn answer(
    kind: FaultKind,
    name: &'static str,
    phrase: &'static str,
    sentence: &'static str,
) -> FaultInfo {
    FaultInfo {
        kind,
        name,
        title: name,
        group: FaultGroup::Answers,
        sentence,
        phrase,
        count: Count::Times(1),
        default: "1 ×",
        leg: Leg::Command,
        at_start: false,
        legs: COMMAND,
        needs: Needs::Nothing,
        length: LengthMeans::Lasts,
        weather: true,
    }
}

const fn message(
    kind: FaultKind,
    name: &'static str,
    phrase: &'static str,
    sentence: &'static str,
) -> FaultInfo {
    let info = answer(kind, name, phrase, sentence);
    FaultInfo { group: FaultGroup::Messages, at_start: true, legs: EVERY, ..info }
}

const fn crash(
    kind: FaultKind,
    name: &'static str,
    title: &'static str,
    phrase: &'static str,
    sentence: &'static str,
) -> FaultInfo {
    FaultInfo {
        title,
        group: FaultGroup::Crashes,
        length: LengthMeans::Away,
        ..message(kind, name, phrase, sentence)
    }
}

/// Every kind of fault, in canonical order. Adding one is a line here and its effect in the world.
pub static FAULTS: &[FaultInfo] = &[
    FaultInfo {
        count: Count::All,
        default: "all",
        ..answer(
            FaultKind::Reject,
            "reject",
            "is refused",
            "The service says no: a business decision, recorded and final.",
        )
    },
    FaultInfo {
        legs: COMMAND_OR_UNDO,
        ..answer(
            FaultKind::Transient,
            "transient",
            "fails technically",
            "Handling fails and is rolled back, as if it had not begun; the next attempt may succeed.",
        )
    },
    FaultInfo {
        at_start: true,
        legs: EVERY,
        ..answer(
            FaultKind::Conflict,
            "conflict",
            "meets a concurrent append",
            "Somebody else appended to the stream first: the handler reloads and decides again.",
        )
    },
    FaultInfo {
        count: Count::All,
        default: "all",
        leg: Leg::Reply,
        at_start: false,
        legs: REPLIES,
        length: LengthMeans::Delays,
        ..message(
            FaultKind::Timeout,
            "timeout",
            "comes after the last deadline",
            "The work is done, but its answer is held back until after the last deadline.",
        )
    },
    FaultInfo {
        at_start: false,
        ..message(
            FaultKind::Lost,
            "lost",
            "is lost",
            "The message is accepted by nobody and leaves no trace.",
        )
    },
    FaultInfo {
        length: LengthMeans::Delays,
        ..message(
            FaultKind::Duplicated,
            "duplicated",
            "arrives twice",
            "A second copy of the message arrives after a while.",
        )
    },
    FaultInfo {
        default: "half a timeout",
        length: LengthMeans::Delays,
        ..message(FaultKind::Delayed, "delayed", "arrives late", "The message arrives later than it would.")
    },
    message(
        FaultKind::Reordered,
        "reordered",
        "is overtaken by the next message",
        "The next message to the same receiver overtakes it.",
    ),
    FaultInfo {
        default: "past deadline",
        at_start: false,
        legs: COMMAND,
        length: LengthMeans::Away,
        ..message(
            FaultKind::Down,
            "down",
            "meets a service that is down",
            "The service takes no delivery until after the step's last deadline; messages wait in order.",
        )
    },
    crash(
        FaultKind::CrashBeforeCommit,
        "crash-before-commit",
        "before commit",
        "makes its receiver crash before commit",
        "The process dies before anything is durable; the message is delivered again.",
    ),
    crash(
        FaultKind::CrashBeforeAck,
        "crash-before-ack",
        "before ack",
        "makes its receiver crash before ack",
        "The process dies after the commit and before it acknowledges; the message is delivered again.",
    ),
    crash(
        FaultKind::CrashBeforePublish,
        "crash-before-publish",
        "before publish",
        "makes its receiver crash before publish",
        "The process dies after it acknowledged and before it sent what follows.",
    ),
    crash(
        FaultKind::CrashBeforeMark,
        "crash-before-mark",
        "before mark",
        "makes its receiver crash before mark",
        "The process dies after it sent what follows and before it noted that; it is sent again.",
    ),
    FaultInfo {
        count: Count::All,
        default: "all",
        legs: BODIES,
        ..answer(
            FaultKind::Poison,
            "poison",
            "has a broken body",
            "The body of the message breaks its schema; nobody can handle it, however often it comes.",
        )
    },
    FaultInfo {
        title: "undo fails",
        group: FaultGroup::Undo,
        count: Count::All,
        default: "for ever",
        leg: Leg::Undo,
        legs: &[Leg::Undo],
        needs: Needs::Undo,
        ..answer(FaultKind::UndoFails, "undo-fails", "fails", "Undoing the step fails each time it is tried.")
    },
    FaultInfo {
        title: "key expired",
        group: FaultGroup::Undo,
        count: Count::All,
        default: "TTL 0",
        needs: Needs::InboxGuard,
        weather: false,
        ..answer(
            FaultKind::IdempotencyExpired,
            "idempotency-expired",
            "is forgotten before it is repeated",
            "The inbox has forgotten the key when the repeat comes, so the repeat is new work.",
        )
    },
];

impl FaultKind {
    /// What there is to say about it.
    pub fn info(self) -> &'static FaultInfo {
        FAULTS.iter().find(|info| info.kind == self).expect("every kind has its line in FAULTS")
    }

    /// As recipes spell it.
    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        FAULTS.iter().find(|info| info.name == name).map(|info| info.kind)
    }

    /// Whether it is one of the four crash gaps.
    pub fn is_crash(self) -> bool {
        self.info().group == FaultGroup::Crashes
    }

    /// Whether both on one leg make no sense: nothing else happens to a lost message, and a process dies once.
    pub fn excludes(self, other: Self) -> bool {
        self == Self::Lost || other == Self::Lost || self.is_crash() && other.is_crash()
    }
}

/// A safeguard of the runtime that can be switched off, to show what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protection {
    /// The inboxes.
    Idempotency,
    /// Events and messages in one transaction.
    Outbox,
    /// More than one attempt.
    Retries,
    /// The orchestrator's state as events.
    DurableSaga,
    /// Deadlines.
    Timeouts,
}

/// What there is to say about a protection.
#[derive(Clone, Copy, Debug)]
pub struct ProtectionInfo {
    /// Which.
    pub protection: Protection,
    /// In recipes: `durable-saga`.
    pub name: &'static str,
    /// Beside its switch: "Durable saga".
    pub title: &'static str,
    /// What it does, below the title.
    pub sentence: &'static str,
    /// What breaks without it.
    pub without: &'static str,
}

/// Every protection, in canonical order.
pub static PROTECTIONS: &[ProtectionInfo] = &[
    ProtectionInfo {
        protection: Protection::Idempotency,
        name: "idempotency",
        title: "Idempotency",
        sentence: "a repeat is answered, not done again",
        without: "A message that arrives twice is done twice: the customer pays again.",
    },
    ProtectionInfo {
        protection: Protection::Outbox,
        name: "outbox",
        title: "Outbox",
        sentence: "a crash before publish loses nothing",
        without: "What was committed and not yet sent is gone after a crash, timers included: the saga waits for ever.",
    },
    ProtectionInfo {
        protection: Protection::Retries,
        name: "retries",
        title: "Retries",
        sentence: "a hiccup is tried again",
        without: "One hiccup is enough to undo everything, or after the pivot to leave a dead letter.",
    },
    ProtectionInfo {
        protection: Protection::DurableSaga,
        name: "durable-saga",
        title: "Durable saga",
        sentence: "the orchestrator resumes after a crash",
        without: "After a crash the orchestrator no longer knows its sagas: answers come to nobody, nothing is undone.",
    },
    ProtectionInfo {
        protection: Protection::Timeouts,
        name: "timeouts",
        title: "Timeouts",
        sentence: "a lost message is noticed at its deadline",
        without: "Nobody notices that an answer does not come: the saga waits for ever.",
    },
];

impl Protection {
    /// What there is to say about it.
    pub fn info(self) -> &'static ProtectionInfo {
        PROTECTIONS
            .iter()
            .find(|info| info.protection == self)
            .expect("every protection has its line in PROTECTIONS")
    }

    /// As recipes spell it.
    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// The protection of this name.
    pub fn named(name: &str) -> Option<Self> {
        PROTECTIONS.iter().find(|info| info.name == name).map(|info| info.protection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_is_sorted_and_names_are_found_again() {
        assert!(FAULTS.is_sorted_by_key(|info| info.kind));
        assert!(PROTECTIONS.is_sorted_by_key(|info| info.protection));
        for info in FAULTS {
            assert_eq!(FaultKind::named(info.name), Some(info.kind));
            assert_eq!(info.kind.name(), info.name);
        }
        for info in PROTECTIONS {
            assert_eq!(Protection::named(info.name), Some(info.protection));
            assert_eq!(info.protection.name(), info.name);
        }
        for leg in Leg::ALL {
            assert_eq!(Leg::named(leg.name()), Some(leg));
        }
    }

    #[test]
    fn every_fault_can_strike_where_it_naturally_does_and_is_explained() {
        for info in FAULTS {
            assert!(info.legs.contains(&info.leg), "{}", info.name);
            assert!(info.sentence.ends_with('.') && !info.title.is_empty(), "{}", info.name);
            assert!(info.needs != Needs::Undo || info.legs.iter().all(|leg| leg.is_undo()), "{}", info.name);
            assert!(FaultGroup::ALL.contains(&info.group));
        }
        for info in PROTECTIONS {
            assert!(!info.sentence.ends_with('.') && info.without.ends_with('.'), "{}", info.name);
        }
    }

    #[test]
    fn on_one_leg_lost_excludes_everything_and_crashes_exclude_each_other() {
        use FaultKind::{CrashBeforeAck, CrashBeforeMark, Delayed, Duplicated, Lost, Reject};
        for (a, b, excluded) in [
            (Lost, Reject, true),
            (Delayed, Lost, true),
            (CrashBeforeAck, CrashBeforeMark, true),
            (CrashBeforeAck, Duplicated, false),
            (Delayed, Duplicated, false),
        ] {
            assert_eq!((a.excludes(b), b.excludes(a)), (excluded, excluded), "{a:?} {b:?}");
        }
    }
}
