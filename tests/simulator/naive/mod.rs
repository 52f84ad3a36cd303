//! A second opinion on what becomes of one orchestrated saga: the rules of sagas written down once more, as plainly as
//! they can be, from their description and not from the runtime. There is no journal, outbox, inbox or replay in here,
//! only counters, one list of what is to happen when, and a sentence of code for each rule. [`course`] is the whole
//! interface; `against_naive` draws sagas and faults and asks whether the runtime does the same.
//!
//! It says: the outcome, the attempts of each step and of its undo, effects, undos and tombstones in their order, the
//! dead letters with their states, and what is owed forward and back. It does not say when anything happens; the clock
//! in here only tells what comes first, a handling takes a moment, and a wait has no jitter.
//!
//! Where the rules leave open what happens, or where only a drawn number decides which of two comes first, the course
//! is [`Unsaid`] with the reason, and the runs that are compared are drawn without it:
//!
//! * A reply that comes while the step waits for its next attempt: whether that one is still issued, and counts.
//! * What a coordinator whose state is not durable still sends after a crash.
//! * A handler that fails technically and dies before it has said so: there is no commit that the gap could be after.
//!
//! Where they can be read in two ways, this is how they are read: a refusal stays one without the inbox, but that of a
//! step which has no right to refuse is not kept at all, for it must stay redrivable; a handler that throws has not come
//! to refuse, a conflict strikes the append of a refusal too, and the letter of a pivot that is
//! refused late is answered, for the saga goes another way.
//!
//! Choreographed sagas are left out. There is no coordinator in them whose rules could be written down in one place:
//! each service follows its own, repeats are the consumer's, and there are no deadlines unless a step asks for one, so
//! they would be a second model that shares nothing with this one but the outcomes. What becomes of them is held
//! against the textbook's table, fault by fault, in `choreography`.

mod coordinator;
mod service;

use std::collections::BTreeMap;

/// A saga, as far as its course depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) without: Option<Without>,
    /// How long a handling takes.
    pub(crate) moment: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is said by a line of its own in a domain file")]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// It can be undone: what it did stays otherwise when the saga goes back, and nobody owes anything for it.
    pub(crate) has_undo: bool,
    /// A repeat is harmless by the aggregate's state; else only by the inbox.
    pub(crate) by_state: bool,
    pub(crate) notice: bool,
    pub(crate) service: String,
    pub(crate) attempts: u32,
    pub(crate) timeout: u64,
    pub(crate) wait: u64,
    pub(crate) doubling: bool,
    pub(crate) cap: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Compensatable,
    Pivot,
    Retriable,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Without {
    Idempotency,
    Outbox,
    Retries,
    DurableSaga,
    Timeouts,
}

/// What goes wrong: at which leg of which step, from the occurrence `from` on, `count` times (`None`: always).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) step: usize,
    pub(crate) leg: Leg,
    pub(crate) wrong: Wrong,
    pub(crate) count: Option<u32>,
    pub(crate) from: u32,
    /// In ticks, where the fault has one.
    pub(crate) length: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Leg {
    Command,
    Reply,
    Undo,
    UndoReply,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    Reject,
    Transient,
    Conflict,
    Timeout,
    Lost,
    Duplicated,
    Delayed,
    Down,
    Poison,
    UndoFails,
    Crash(Gap),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gap {
    Commit,
    Ack,
    Publish,
    Mark,
}

/// Doing a step, or undoing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Way {
    Do,
    Undo,
}

/// What becomes of a saga. Steps by their place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Course {
    pub(crate) outcome: &'static str,
    pub(crate) steps: Vec<Line>,
    /// Effects, undos and tombstones in their order: `0 done`, `0 undone`, `0 void`.
    pub(crate) told: Vec<String>,
    /// Sorted.
    pub(crate) letters: Vec<(usize, Way, &'static str)>,
    /// How often each is owed; sorted. Of a saga that is inconsistent nothing is asked.
    pub(crate) owed: Vec<(usize, Way, u32)>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) attempts: u32,
    pub(crate) undo_attempts: u32,
    pub(crate) effects: u32,
    pub(crate) undone: u32,
    pub(crate) tombstones: u32,
}

impl Line {
    pub(crate) fn held(&self) -> u32 {
        self.effects.saturating_sub(self.undone)
    }
}

/// Why the rules do not decide the course.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unsaid(pub(crate) &'static str);

/// The course of the only saga of a run.
pub(crate) fn course(plan: &Plan) -> Result<Course, Unsaid> {
    let mut saga = Saga::new(plan);
    let mut out = Vec::new();
    saga.begin(0, &mut out);
    saga.publish(out);
    while let Some(((now, _), message)) = saga.agenda.pop_first() {
        saga.now = now;
        saga.deliver(message);
    }
    match saga.unsaid {
        Some(why) => Err(Unsaid(why)),
        None => Ok(saga.close()),
    }
}

/// How long a process is away after a crash.
const AWAY: u64 = 5_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Done,
    /// Refused, given up, or poison at a step that may be refused: recorded, final.
    No,
    /// Poison at a step that may not be refused: nothing is recorded.
    Unreadable,
    /// Rolled back.
    Threw,
    Undone,
}

#[derive(Clone, Copy, Debug)]
enum Message {
    Command {
        step: usize,
        way: Way,
        attempt: u32,
        last: bool,
        poison: bool,
    },
    /// `event` tells answers apart: a stored answer that is sent again is the same event.
    Reply {
        step: usize,
        way: Way,
        attempt: u32,
        answer: Answer,
        event: u32,
        poison: bool,
    },
    /// The deadline of an attempt is over.
    Deadline {
        step: usize,
        way: Way,
        attempt: u32,
    },
    /// The wait before an attempt is over.
    Again {
        step: usize,
        way: Way,
    },
}

/// What the coordinator is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// A step or an undo is under way.
    Busy(usize, Way),
    /// A step after which there is no way back, or of which nobody knows, is parked.
    Parked(usize),
    /// Every undo has had its turn; some are parked.
    Owing,
    Completed,
    Compensated,
}

/// What a dead letter is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Letter {
    /// Of this attempt.
    Command(u32),
    Reply(u32),
}

/// What a service knows of a step.
#[derive(Clone, Debug, Default)]
struct Known {
    /// Recorded under the key of the step.
    answer: Option<(Answer, u32)>,
    /// The undo has been carried out, whether there was something to undo or not.
    undo_done: bool,
    /// There was nothing to undo: the command is refused for ever.
    void: bool,
}

struct Saga<'a> {
    plan: &'a Plan,
    now: u64,
    sequence: u64,
    agenda: BTreeMap<(u64, u64), Message>,
    /// Messages sent on each leg.
    sent: BTreeMap<(usize, Leg), u32>,
    /// How often each fault of a handler could have struck.
    chances: Vec<u32>,
    /// Service, from, to.
    down: Vec<(String, u64, u64)>,
    known: Vec<Known>,
    lines: Vec<Line>,
    told: Vec<String>,
    phase: Phase,
    /// The attempt under way is over and the next one is waited for.
    waiting: bool,
    /// Attempts of the step or undo under way.
    attempt: u32,
    went_back: bool,
    /// Undos still to be sent, the next one last.
    undos: Vec<usize>,
    parked_undos: Vec<usize>,
    /// Answers so far.
    events: u32,
    letters: BTreeMap<(usize, Way, Letter), &'static str>,
    forgotten: bool,
    unsaid: Option<&'static str>,
}

impl<'a> Saga<'a> {
    fn new(plan: &'a Plan) -> Self {
        Self {
            plan,
            now: 0,
            sequence: 0,
            agenda: BTreeMap::new(),
            sent: BTreeMap::new(),
            chances: vec![0; plan.faults.len()],
            down: Vec::new(),
            known: vec![Known::default(); plan.steps.len()],
            lines: vec![Line::default(); plan.steps.len()],
            told: Vec::new(),
            phase: Phase::Busy(0, Way::Do),
            waiting: false,
            attempt: 0,
            went_back: false,
            undos: Vec::new(),
            parked_undos: Vec::new(),
            events: 0,
            letters: BTreeMap::new(),
            forgotten: false,
            unsaid: None,
        }
    }

    fn lacks(&self, protection: Without) -> bool {
        self.plan.without == Some(protection)
    }

    fn attempts_of(&self, step: usize) -> u32 {
        if self.lacks(Without::Retries) { 1 } else { self.plan.steps[step].attempts }
    }

    /// The wait after `attempt` attempts.
    fn wait_after(&self, step: usize, attempt: u32) -> u64 {
        let step = &self.plan.steps[step];
        let doubled = if step.doubling { step.wait << (attempt - 1) } else { step.wait };
        doubled.min(step.cap).max(1)
    }

    /// The longest that a step may take with all its attempts.
    fn budget(&self, step: usize) -> u64 {
        let attempts = self.attempts_of(step);
        let waits: u64 = (1..attempts).map(|attempt| self.wait_after(step, attempt)).sum();
        u64::from(attempts) * self.plan.steps[step].timeout + waits
    }

    fn at(&mut self, time: u64, message: Message) {
        self.sequence += 1;
        self.agenda.insert((time, self.sequence), message);
    }

    /// A fault of the bus at the message that is now sent on this leg.
    fn on_the_way(&self, step: usize, leg: Leg, wrong: Wrong) -> Option<u64> {
        let number = self.sent[&(step, leg)];
        let strikes = |fault: &&Fault| {
            (fault.step, fault.leg, fault.wrong) == (step, leg, wrong) && is_in(fault, number)
        };
        self.plan.faults.iter().find(strikes).map(|fault| fault.length)
    }

    /// A fault of the handler that is now at this point.
    fn strikes(&mut self, step: usize, leg: Leg, wrong: Wrong) -> bool {
        let mut struck = false;
        for (fault, chances) in self.plan.faults.iter().zip(&mut self.chances) {
            if (fault.step, fault.leg, fault.wrong) == (step, leg, wrong) {
                *chances += 1;
                struck |= is_in(fault, *chances);
            }
        }
        struck
    }

    fn crashes(&mut self, step: usize, leg: Leg) -> Option<Gap> {
        [Gap::Commit, Gap::Ack, Gap::Publish, Gap::Mark]
            .into_iter()
            .find(|gap| self.strikes(step, leg, Wrong::Crash(*gap)))
    }

    /// Lost, else poisoned, delayed, doubled: in this order.
    fn send(&mut self, after: u64, message: Message) {
        let (step, leg) = match message {
            Message::Command { step, way: Way::Do, .. } => (step, Leg::Command),
            Message::Command { step, way: Way::Undo, .. } => (step, Leg::Undo),
            Message::Reply { step, way: Way::Do, .. } => (step, Leg::Reply),
            Message::Reply { step, way: Way::Undo, .. } => (step, Leg::UndoReply),
            Message::Deadline { .. } | Message::Again { .. } => return self.at(self.now + after, message),
        };
        *self.sent.entry((step, leg)).or_default() += 1;
        if self.on_the_way(step, leg, Wrong::Lost).is_some() {
            return;
        }
        let poisoned = self.on_the_way(step, leg, Wrong::Poison).is_some();
        let message = match message {
            Message::Command { step, way, attempt, last, .. } => {
                Message::Command { step, way, attempt, last, poison: poisoned }
            }
            Message::Reply { step, way, attempt, answer, event, .. } => {
                Message::Reply { step, way, attempt, answer, event, poison: poisoned }
            }
            other => other,
        };
        let held = self
            .on_the_way(step, leg, Wrong::Timeout)
            .map(|_| self.budget(step) + self.plan.steps[step].timeout);
        let later = self.on_the_way(step, leg, Wrong::Delayed);
        let due = self.now + after + self.plan.moment + held.unwrap_or(0) + later.unwrap_or(0);
        self.at(due, message);
        if let Some(length) = self.on_the_way(step, leg, Wrong::Duplicated) {
            self.at(due + length, message);
        }
    }

    fn publish(&mut self, messages: Vec<(u64, Message)>) {
        for (after, message) in messages {
            self.send(after, message);
        }
    }

    fn deliver(&mut self, message: Message) {
        match message {
            Message::Command { step, way, attempt, last, poison } => {
                let service = &self.plan.steps[step].service;
                let away = self
                    .down
                    .iter()
                    .find(|(down, from, to)| down == service && *from <= self.now && self.now < *to);
                match away {
                    // Messages wait in order.
                    Some((_, _, to)) => self.at(*to, message),
                    None => self.serve(step, way, attempt, last, poison),
                }
            }
            Message::Reply { step, way, .. } => {
                let leg = if way == Way::Do { Leg::Reply } else { Leg::UndoReply };
                let crash = self.crashes(step, leg);
                self.coordinate(message, crash);
            }
            Message::Deadline { .. } | Message::Again { .. } => self.coordinate(message, None),
        }
    }

    /// What a handler publishes after its commit, and what a crash in the gaps behind makes of it.
    fn after_commit(&mut self, crash: Option<Gap>, handled: Message, out: Vec<(u64, Message)>) {
        let outbox = !self.lacks(Without::Outbox);
        match crash {
            // Without the outbox nobody knows what was to be sent; with it the relay sends it after the restart.
            Some(Gap::Ack | Gap::Publish) if !outbox => {}
            Some(Gap::Ack | Gap::Publish) => {
                self.publish(out.into_iter().map(|(after, message)| (after + AWAY, message)).collect());
            }
            Some(Gap::Mark) if outbox => {
                self.publish(out.clone());
                self.publish(out.into_iter().map(|(after, message)| (after + AWAY, message)).collect());
            }
            _ => self.publish(out),
        }
        if crash == Some(Gap::Ack) {
            self.at(self.now + AWAY, handled);
        }
    }

    /// A letter is known by its consumer and its message: the same again is the same letter.
    fn park(&mut self, step: usize, way: Way, what: Letter, state: &'static str) {
        self.letters.entry((step, way, what)).or_insert(state);
    }
}

fn is_in(fault: &Fault, number: u32) -> bool {
    number >= fault.from && fault.count.is_none_or(|count| number < fault.from + count)
}
