//! The weather: which faults are armed, what they strike, how often each has struck. It knows messages by their
//! envelopes only, and handlers do not know it.

use std::collections::BTreeMap;

use crate::base::ticks::Ticks;
use crate::domain::Name;
use crate::runtime::{
    Body, EventId, Forced, Gap, Message, Party, Protections, Route, SagaNo, StepNo, Wiring, retry,
};
use crate::sim::faults::{FaultKind, Leg, LengthMeans};
use crate::sim::recipe::{Fault, Place};

/// Where a step has no timeout of its own, faults that are measured in timeouts take this.
pub(super) const TIMEOUT: Ticks = Ticks::from_millis(2_000);

/// A fault that may strike.
#[derive(Clone, Debug)]
pub(super) struct Armed {
    pub(super) fault: Fault,
    pub(super) name: Name,
    spot: Spot,
    pub(super) on: bool,
    pub(super) hits: u32,
    pub(super) first_hit: Option<u64>,
}

/// A place, looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Spot {
    Start,
    Step(StepNo, Leg),
    Type(String),
    Service(Party),
    Any,
}

/// A fault that has just struck.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hit {
    pub(super) fault: usize,
    pub(super) saga: SagaNo,
    pub(super) event: Option<EventId>,
    pub(super) route: Route,
}

/// Every armed fault.
#[derive(Clone, Debug, Default)]
pub(super) struct Weather {
    armed: Vec<Armed>,
    counts: BTreeMap<(usize, SagaNo), u32>,
    /// What has struck since it was last asked.
    pub(super) struck: Vec<Hit>,
    /// Who was taken down since it was last asked.
    pub(super) downed: Vec<Party>,
}

/// For how long a process that died stays away, if the fault says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Away(pub(super) Option<Ticks>);

/// What the bus shall do with a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Passage {
    pub(super) lost: bool,
    pub(super) poison: bool,
    /// Held for so long.
    pub(super) delay: Option<Ticks>,
    /// Held until the next one, at most for so long.
    pub(super) reorder: Option<Ticks>,
    pub(super) duplicate: bool,
    /// How much later the second copy comes, if the fault says so.
    pub(super) copy_after: Option<Ticks>,
    /// Its receiver is down from now until then.
    pub(super) down_until: Option<Ticks>,
}

impl Weather {
    pub(super) fn is_calm(&self) -> bool {
        self.armed.is_empty()
    }

    pub(super) fn armed(&self) -> &[Armed] {
        &self.armed
    }

    pub(super) fn armed_mut(&mut self) -> &mut [Armed] {
        &mut self.armed
    }

    /// Arms a fault; one that was disarmed goes on counting where it stopped.
    pub(super) fn arm(&mut self, wiring: &Wiring, fault: &Fault) -> Result<(), String> {
        if let Some(known) = self.armed.iter_mut().find(|armed| armed.fault == *fault) {
            known.on = true;
            return Ok(());
        }
        let spot = match &fault.target.place {
            Place::Start => Spot::Start,
            Place::Any => Spot::Any,
            Place::Type(event_type) => Spot::Type(event_type.clone()),
            Place::Step { step, leg } => {
                let number = wiring.step_named(step).ok_or_else(|| format!("there is no step {step:?}"))?;
                Spot::Step(number, *leg)
            }
            Place::Service(name) => Spot::Service(
                wiring.party_named(name).ok_or_else(|| format!("there is no service {name:?}"))?,
            ),
        };
        let name = fault.to_string().into();
        self.armed.push(Armed { fault: fault.clone(), name, spot, on: true, hits: 0, first_hit: None });
        Ok(())
    }

    /// Disarms a fault; `false` if it is not armed.
    pub(super) fn disarm(&mut self, fault: &Fault) -> bool {
        let known = self.armed.iter_mut().find(|armed| armed.fault == *fault && armed.on);
        known.map(|armed| armed.on = false).is_some()
    }

    /// Whether a fault of one of `kinds` strikes this message now; counts the occurrence.
    fn strikes(
        &mut self,
        wiring: &Wiring,
        message: &Message,
        now: Ticks,
        kinds: &[FaultKind],
    ) -> Option<usize> {
        let mut first = None;
        for index in 0..self.armed.len() {
            let armed = &self.armed[index];
            let kind = armed.fault.kind;
            if !armed.on || !kinds.contains(&kind) || !armed.matches(wiring, message) {
                continue;
            }
            let start = armed.fault.start.unwrap_or(Ticks::ZERO);
            if now < start {
                continue;
            }
            let count = self.counts.entry((index, message.saga)).or_default();
            *count += 1;
            let lasts = kind.info().length == LengthMeans::Lasts;
            let over = lasts && armed.fault.length.is_some_and(|length| now >= start.after(length));
            if over || !armed.fault.strikes(*count) {
                continue;
            }
            self.struck.push(Hit {
                fault: index,
                saga: message.saga,
                event: (message.route != Route::Start).then_some(message.event),
                route: message.route,
            });
            self.armed[index].hits += 1;
            first.get_or_insert(index);
        }
        first
    }

    fn length(&self, index: usize) -> Option<Ticks> {
        self.armed[index].fault.length
    }

    /// What happens to a message on its way; in the order lost, poison, delayed or reordered, duplicated.
    pub(super) fn passage(
        &mut self,
        wiring: &Wiring,
        protections: Protections,
        seed: u64,
        message: &Message,
        now: Ticks,
    ) -> Passage {
        let mut passage = Passage::default();
        if self.is_calm() {
            return passage;
        }
        let definition = wiring.step(message.step);
        let timeout = definition.timeout.unwrap_or(TIMEOUT);
        if let Some(index) = self.strikes(wiring, message, now, &[FaultKind::Down]) {
            let until = self.length(index).map(|length| now.after(length));
            passage.down_until =
                Some(until.unwrap_or_else(|| {
                    last_deadline(wiring, protections, seed, message, now).after(timeout)
                }));
        }
        if self.strikes(wiring, message, now, &[FaultKind::Lost]).is_some() {
            passage.lost = true;
            return passage;
        }
        passage.poison = self.strikes(wiring, message, now, &[FaultKind::Poison]).is_some();
        if let Some(index) = self.strikes(wiring, message, now, &[FaultKind::Timeout]) {
            let budget = retry::budget(&definition.retry, &protections, timeout);
            passage.delay = Some(self.length(index).unwrap_or(budget.after(timeout)));
        }
        if let Some(index) = self.strikes(wiring, message, now, &[FaultKind::Delayed]) {
            let length = self.length(index).unwrap_or(Ticks(timeout.0 / 2));
            passage.delay = Some(passage.delay.map_or(length, |delay| delay.max(length)));
        }
        if let Some(index) = self.strikes(wiring, message, now, &[FaultKind::Reordered]) {
            passage.reorder = Some(self.length(index).unwrap_or(Ticks(timeout.0 / 2)));
        }
        if let Some(index) = self.strikes(wiring, message, now, &[FaultKind::Duplicated]) {
            passage.duplicate = true;
            passage.copy_after = self.length(index);
        }
        passage
    }

    /// What becomes of a decision.
    pub(super) fn decision(&mut self, wiring: &Wiring, message: &Message, now: Ticks) -> Option<Forced> {
        if self.is_calm() {
            return None;
        }
        if self.strikes(wiring, message, now, &[FaultKind::Transient, FaultKind::UndoFails]).is_some() {
            return Some(Forced::Throw);
        }
        self.strikes(wiring, message, now, &[FaultKind::Reject]).map(|_| Forced::Refuse)
    }

    pub(super) fn conflict(&mut self, wiring: &Wiring, message: &Message, now: Ticks) -> bool {
        !self.is_calm() && self.strikes(wiring, message, now, &[FaultKind::Conflict]).is_some()
    }

    pub(super) fn expired(&mut self, wiring: &Wiring, message: &Message, now: Ticks) -> bool {
        !self.is_calm() && self.strikes(wiring, message, now, &[FaultKind::IdempotencyExpired]).is_some()
    }

    /// Whether the process dies here, and for how long it stays away if the fault says so.
    pub(super) fn crash(&mut self, wiring: &Wiring, message: &Message, now: Ticks, gap: Gap) -> Option<Away> {
        if self.is_calm() {
            return None;
        }
        let kind = match gap {
            Gap::Commit => FaultKind::CrashBeforeCommit,
            Gap::Acknowledge => FaultKind::CrashBeforeAck,
            Gap::Publish => FaultKind::CrashBeforePublish,
            Gap::Mark => FaultKind::CrashBeforeMark,
        };
        self.strikes(wiring, message, now, &[kind]).map(|index| Away(self.length(index)))
    }
}

impl Armed {
    fn matches(&self, wiring: &Wiring, message: &Message) -> bool {
        if self.fault.target.saga.is_some_and(|saga| saga != message.saga.0) {
            return false;
        }
        let info = self.fault.kind.info();
        match &self.spot {
            Spot::Start => message.route == Route::Start,
            Spot::Step(step, leg) => is_leg(wiring, message, *step, *leg),
            Spot::Type(event_type) => *message_type(wiring, message) == **event_type,
            Spot::Service(party) => message.to == *party && can_suffer(info, message.route),
            Spot::Any => can_suffer(info, message.route),
        }
    }
}

fn can_suffer(info: &crate::sim::faults::FaultInfo, route: Route) -> bool {
    let leg = match route {
        Route::Start => return info.at_start,
        Route::Command => Leg::Command,
        Route::Reply => Leg::Reply,
        Route::Undo => Leg::Undo,
        Route::UndoReply => Leg::UndoReply,
        Route::Timer => Leg::Timer,
    };
    info.legs.contains(&leg)
}

/// Whether `message` is this leg of this step. In a choreography the event that a step publishes is its reply and
/// the next one's command at once.
fn is_leg(wiring: &Wiring, message: &Message, step: StepNo, leg: Leg) -> bool {
    if let Body::Event(happened) = &message.body {
        let definition = wiring.step(step);
        let event_type = &happened.event_type;
        match leg {
            Leg::Reply if definition.success == *event_type || definition.failure == *event_type => {
                return true;
            }
            Leg::UndoReply
                if definition.compensated.as_ref() == Some(event_type)
                    || definition.tombstone.as_ref() == Some(event_type) =>
            {
                return true;
            }
            _ => {}
        }
    }
    if wiring.is_choreographed() && message.route == Route::Start && leg == Leg::Command {
        return message.step == step;
    }
    message.step == step
        && message.route
            == match leg {
                Leg::Command => Route::Command,
                Leg::Reply => Route::Reply,
                Leg::Undo => Route::Undo,
                Leg::UndoReply => Route::UndoReply,
                Leg::Timer => Route::Timer,
            }
}

/// The type of a message, for people: of the command or of the event that it carries.
pub(super) fn message_type(wiring: &Wiring, message: &Message) -> Name {
    let definition = wiring.step(message.step);
    match &message.body {
        Body::Start(_) => Name::clone(&wiring.saga().starts_on),
        Body::Event(happened) => Name::clone(&happened.event_type),
        Body::Overdue(_) if message.route == Route::Timer => "timer".into(),
        Body::Overdue(_) => Name::clone(&definition.failure),
        Body::Command(_) => wiring.command(message.step, message.direction),
        Body::Deadline | Body::Backoff => "timer".into(),
        Body::Answer(answer) => {
            use crate::runtime::Answer;
            let undone = || definition.compensated.as_ref().unwrap_or(&definition.success);
            match answer {
                Answer::Done(_) => Name::clone(&definition.success),
                Answer::Refused(_) => Name::clone(&definition.failure),
                Answer::Undone => Name::clone(undone()),
                Answer::NothingToUndo => {
                    Name::clone(definition.tombstone.as_ref().unwrap_or_else(|| undone()))
                }
                Answer::Failed(_) => "fault".into(),
            }
        }
    }
}

/// The step's last deadline, if its first command goes out now and every attempt has its time.
fn last_deadline(
    wiring: &Wiring,
    protections: Protections,
    seed: u64,
    message: &Message,
    now: Ticks,
) -> Ticks {
    let definition = wiring.step(message.step);
    let timeout = definition.timeout.unwrap_or(TIMEOUT);
    let attempts = retry::attempts(&definition.retry, &protections);
    (1..attempts).fold(now.after(timeout), |deadline, failed| {
        let wait = retry::wait_of(&definition.retry, seed, &definition.name, message.key(), failed);
        deadline.after(wait).after(timeout)
    })
}
