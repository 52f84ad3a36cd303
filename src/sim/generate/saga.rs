//! An order's saga as the domain has it: its steps in order, each a command, a service's answer and what the
//! orchestrator makes of it; what was done is undone in reverse order. Each stage records the events that a run of
//! the simulator would, and says what comes next and when; `shop` keeps the time.

use crate::domain::StepKind;

use super::line::{About, Head, Id, put};
use super::order::Order;
use super::parcel::Parcel;
use super::products::Piece;
use super::shop::Shop;
use super::template::Fill;
use super::vocabulary::{PLACES_MAX, StepWords};

/// What goes on next in a saga.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    /// The service has the command.
    Handle,
    /// The service has the same command again, and answers as before.
    Repeat,
    /// The orchestrator has the answer.
    Reply,
    /// The orchestrator has waited long enough.
    TimeOut,
    /// The service has the command that undoes.
    Undo,
    /// The orchestrator hears that it is undone.
    Undone,
}

/// What happens to a saga that the domain does not ask for, and at which step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mishap {
    None,
    /// The service says no.
    Refused(usize),
    /// The service fails once.
    Hiccup(usize),
    /// The first command is lost.
    Lost(usize),
    /// Nobody answers, and the timer that would tell is lost as well: nothing follows.
    Silent(usize),
    /// The command is delivered twice.
    Twice(usize),
}

/// What a service answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Done,
    Refused,
    Failed,
}

/// A saga that has not ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Saga {
    order: Order,
    mishap: Mishap,
    /// The step under way, or being undone.
    at: usize,
    attempt: u64,
    /// When the answer to the command under way is overdue.
    deadline: u64,
    version: u32,
    versions: [u32; PLACES_MAX],
    /// The event that issued the command under way, whose id is the message's.
    issued: Id,
    answer: Answer,
    /// The service's event that answers.
    reply: Id,
}

/// What a service records of a command.
#[derive(Clone, Copy)]
struct Part<'a> {
    event_type: &'a str,
    role: &'static str,
    is_undo: bool,
    /// Which line of the order it is about, from 0, where each has its own event.
    line: usize,
}

/// On the way between two parts of the shop, in microseconds.
const TRANSIT: (u64, u64) = (10_000, 15_000);
/// How much later than the first a second copy of a message arrives.
const COPY_DELAY: (u64, u64) = (200, 8_000);

/// When, and what.
type Planned = (u64, Due);

/// What follows, unless the saga has ended.
type Next = Option<Planned>;

impl Shop<'_> {
    /// Starts the saga of a new order.
    pub(super) fn open(&mut self, now: u64, user: u32) -> (Saga, Next) {
        self.orders_opened += 1;
        let lines = self.shelf.order(&mut self.prng, self.words.quantity);
        let cost = |piece: &Piece| self.words.products[piece.product].price * piece.quantity;
        let order = Order {
            number: self.orders_opened,
            user,
            lines,
            total: lines.as_slice().iter().map(cost).sum(),
            era: usize::from(self.calendar.is_released(now)),
        };
        let mut saga = Saga {
            order,
            mishap: self.mishap(),
            at: 0,
            attempt: 1,
            deadline: 0,
            version: 0,
            versions: [0; PLACES_MAX],
            issued: Id::default(),
            answer: Answer::Done,
            reply: Id::default(),
        };
        let input = &self.words.eras[order.era].input;
        let words = self.words;
        let started = self.tell(now, &mut saga, "saga.started", None, false, |to, fill, _| {
            put!(
                to,
                "{\"saga\":\"",
                words.saga.0.as_str(),
                "\",\"definition\":",
                words.saga.1,
                ",\"input\":"
            );
            input.put(to, fill);
            put!(to, "}");
        });
        let next = self.start(now, &mut saga, started);
        (saga, next)
    }

    fn mishap(&mut self) -> Mishap {
        let step = self.prng.below(self.words.steps.len() as u64) as usize;
        match self.prng.below(1_000) {
            0..70 => Mishap::Refused(self.words.charge),
            70..85 => Mishap::Refused(self.words.pivot),
            85..93 => Mishap::Refused(self.words.notice),
            93..101 => Mishap::Silent(self.words.charge),
            101..149 => Mishap::Hiccup(step),
            149..179 => Mishap::Lost(step),
            179..204 => Mishap::Twice(*self.prng.pick(&self.words.guarded)),
            _ => Mishap::None,
        }
    }

    /// Does `due` for a saga; one that has ended has nothing next.
    pub(super) fn advance(&mut self, now: u64, due: Due, saga: &mut Saga) -> Next {
        match due {
            Due::Handle => Some(self.handle(now, saga)),
            Due::Repeat => {
                self.tell_of_message(now, saga, "message.deduplicated", 2);
                Some((now + self.transit(), Due::Reply))
            }
            Due::Reply => self.hear(now, saga),
            Due::TimeOut => {
                let step = &self.words.steps[saga.at];
                let (timeout, deadline) = (step.timeout, saga.deadline);
                let failed = self.tell(
                    now,
                    saga,
                    "saga.step_timed_out",
                    Some(saga.issued),
                    true,
                    |to, _, (step, attempt)| {
                        put!(
                            to,
                            "{\"step\":\"",
                            step,
                            "\",\"attempt\":",
                            attempt,
                            ",\"deadline\":",
                            deadline,
                            "}"
                        );
                    },
                );
                Some(self.retry(now, saga, failed, "no answer in time", timeout))
            }
            Due::Undo => Some(self.undo(now, saga)),
            Due::Undone => self.undone(now, saga),
        }
    }

    /// Issues the command of the step the saga is at.
    fn start(&mut self, now: u64, saga: &mut Saga, cause: Id) -> Next {
        let words = self.words;
        let (step, era) = (&words.steps[saga.at], &words.eras[saga.order.era]);
        saga.attempt = 1;
        saga.deadline = now + step.timeout;
        let (at, deadline) = (saga.at, saga.deadline);
        saga.issued =
            self.tell(now, saga, "saga.step_started", Some(cause), true, |to, fill, (name, attempt)| {
                put!(to, "{\"step\":\"", name, "\",\"attempt\":", attempt, ",\"data\":");
                era.steps[at].command_for(fill).put(to, fill);
                put!(to, ",\"deadline\":", deadline, "}");
            });
        match saga.mishap {
            Mishap::Silent(step) if step == at => None,
            Mishap::Lost(lost) if lost == at => Some((now + step.timeout, Due::TimeOut)),
            mishap => {
                if mishap == Mishap::Twice(at) {
                    self.tell_of_message(now, saga, "message.duplicated", 1);
                }
                Some((now + self.transit() + self.latency(step), Due::Handle))
            }
        }
    }

    fn retry(&mut self, now: u64, saga: &mut Saga, cause: Id, reason: &str, timeout: u64) -> Planned {
        let step = &self.words.steps[saga.at];
        let spread = step.backoff * step.jitter_permille / 1_000;
        let wait = step.backoff - spread + self.prng.below(2 * spread + 1);
        saga.attempt += 1;
        let deadline = now + wait + timeout;
        saga.deadline = deadline;
        saga.issued =
            self.tell(now, saga, "saga.step_retried", Some(cause), true, |to, _, (name, attempt)| {
                put!(
                    to,
                    "{\"step\":\"",
                    name,
                    "\",\"attempt\":",
                    attempt,
                    ",\"backoff\":",
                    wait,
                    ",\"reason\":\""
                );
                put!(to, reason, "\",\"deadline\":", deadline, "}");
            });
        (now + wait + self.transit() + self.latency(step), Due::Handle)
    }

    fn transit(&mut self) -> u64 {
        self.prng.between(TRANSIT.0, TRANSIT.1)
    }

    fn latency(&mut self, step: &StepWords) -> u64 {
        self.prng.between(step.latency.0, step.latency.1)
    }

    /// The service decides, and records what it decided.
    fn handle(&mut self, now: u64, saga: &mut Saga) -> Planned {
        let words = self.words;
        let (step, data) = (&words.steps[saga.at], &words.eras[saga.order.era].steps[saga.at]);
        let lacking = self.shelf.lacks(&saga.order.lines).filter(|_| step.is_shared);
        let is_refused = saga.mishap == Mishap::Refused(saga.at) || lacking.is_some();
        saga.answer = if saga.mishap == Mishap::Hiccup(saga.at) && saga.attempt == 1 {
            Answer::Failed
        } else if is_refused {
            let line = lacking.unwrap_or_default();
            let part = Part { event_type: &step.failure, role: "refusal", is_undo: false, line };
            saga.reply = self.answer(now, saga, part, |to, fill| data.refused.put(to, fill));
            Answer::Refused
        } else {
            let part = Part { event_type: &data.success, role: "effect", is_undo: false, line: 0 };
            saga.reply = self.answer(now, saga, part, |to, fill| data.result.put(to, fill));
            if step.is_shared {
                self.take(now, saga.order.lines.as_slice()[0], saga.reply);
                for line in 1..saga.order.lines.as_slice().len() {
                    let part = Part { role: "beside", line, ..part };
                    let reserved = self.answer(now, saga, part, |to, fill| data.result_beside.put(to, fill));
                    self.take(now, saga.order.lines.as_slice()[line], reserved);
                }
            }
            if step.kind == StepKind::Pivot {
                self.pack(now, saga);
            }
            Answer::Done
        };
        if saga.mishap == Mishap::Twice(saga.at) {
            return (now + self.prng.between(COPY_DELAY.0, COPY_DELAY.1), Due::Repeat);
        }
        (now + self.transit(), Due::Reply)
    }

    /// Takes pieces from the shelf, which is filled up in time.
    fn take(&mut self, now: u64, piece: Piece, reserved: Id) {
        let item = &mut self.shelf.items[piece.product];
        item.available -= piece.quantity;
        if item.is_low() {
            item.is_awaited = true;
            self.order_stock(now, piece.product, reserved);
        }
    }

    /// The order is confirmed: what becomes of its parcel is no longer the saga's matter.
    fn pack(&mut self, now: u64, saga: &Saga) {
        let version_at = |step: usize| saga.versions[self.words.steps[step].place];
        let parcel = Parcel {
            order: saga.order,
            version: 0,
            order_version: version_at(self.words.pivot),
            payment_version: version_at(self.words.charge),
            cause: saga.reply,
        };
        self.send(now, parcel);
    }

    /// The orchestrator takes the answer.
    fn hear(&mut self, now: u64, saga: &mut Saga) -> Next {
        let words = self.words;
        let (step, data) = (&words.steps[saga.at], &words.eras[saga.order.era].steps[saga.at]);
        let reply = saga.reply;
        match saga.answer {
            Answer::Failed => {
                let error = "unavailable";
                let failed = self.tell(
                    now,
                    saga,
                    "saga.step_attempt_failed",
                    Some(saga.issued),
                    true,
                    |to, _, (step, attempt)| {
                        put!(
                            to,
                            "{\"step\":\"",
                            step,
                            "\",\"attempt\":",
                            attempt,
                            ",\"error\":\"",
                            error,
                            "\"}"
                        );
                    },
                );
                Some(self.retry(now, saga, failed, error, step.timeout))
            }
            Answer::Refused => self.refused(now, saga),
            Answer::Done => {
                let completed = self.tell(
                    now,
                    saga,
                    "saga.step_completed",
                    Some(reply),
                    true,
                    |to, fill, (step, attempt)| {
                        put!(to, "{\"step\":\"", step, "\",\"attempt\":", attempt, ",\"result\":");
                        data.result.put(to, fill);
                        put!(to, ",\"reply\":\"", reply, "\"}");
                    },
                );
                if step.kind == StepKind::Pivot {
                    self.tell(now, saga, "saga.pivot_passed", Some(completed), true, |to, _, (step, _)| {
                        put!(to, "{\"step\":\"", step, "\"}");
                    });
                }
                if saga.at + 1 == words.steps.len() {
                    self.tell(now, saga, "saga.completed", Some(completed), false, |to, _, _| put!(to, "{}"));
                    return None;
                }
                saga.at += 1;
                self.start(now, saga, completed)
            }
        }
    }

    fn refused(&mut self, now: u64, saga: &mut Saga) -> Next {
        let words = self.words;
        let step = &words.steps[saga.at];
        let reply = saga.reply;
        let reason = step.refusal.as_str();
        let rejected =
            self.tell(now, saga, "saga.step_rejected", Some(reply), true, |to, _, (step, attempt)| {
                put!(to, "{\"step\":\"", step, "\",\"attempt\":", attempt, ",\"refusal\":{\"reason\":\"");
                put!(to, reason, "\",\"by\":\"business\"},\"reply\":\"", reply, "\"}");
            });
        if step.kind == StepKind::Retriable {
            self.park(now, saga, rejected);
            return None;
        }
        let is_undone = |index: &usize| words.steps[*index].kind == StepKind::Compensatable;
        let first = (0..saga.at).rev().find(is_undone);
        let Some(first) = first else {
            self.tell(now, saga, "saga.compensated", Some(rejected), false, |to, _, _| put!(to, "{}"));
            return None;
        };
        let at = saga.at;
        let began = self.tell(now, saga, "saga.compensation_started", Some(rejected), false, |to, _, _| {
            put!(to, "{\"undos\":[");
            for (nth, index) in (0..at).rev().filter(is_undone).enumerate() {
                put!(to, if nth == 0 { "\"" } else { ",\"" }, words.steps[index].name.as_str(), "\"");
            }
            put!(to, "],\"reason\":\"", step.name.as_str(), " was refused: ", reason, "\"}");
        });
        saga.at = first;
        Some(self.start_undo(now, saga, began))
    }

    fn start_undo(&mut self, now: u64, saga: &mut Saga, cause: Id) -> Planned {
        let step = &self.words.steps[saga.at];
        saga.attempt = 1;
        saga.issued =
            self.tell(now, saga, "saga.undo_started", Some(cause), true, |to, _, (name, attempt)| {
                put!(
                    to,
                    "{\"step\":\"",
                    name,
                    "\",\"attempt\":",
                    attempt,
                    ",\"deadline\":",
                    now + step.timeout,
                    "}"
                );
            });
        (now + self.transit() + self.latency(step), Due::Undo)
    }

    fn undo(&mut self, now: u64, saga: &mut Saga) -> Planned {
        let words = self.words;
        let (step, data) = (&words.steps[saga.at], &words.eras[saga.order.era].steps[saga.at]);
        let part = Part { event_type: &step.compensated, role: "undone", is_undo: true, line: 0 };
        saga.reply = self.answer(now, saga, part, |to, fill| data.undone.put(to, fill));
        if step.is_shared {
            let lines = saga.order.lines;
            for (line, piece) in lines.as_slice().iter().enumerate() {
                if line > 0 {
                    let part = Part { role: "beside", line, ..part };
                    self.answer(now, saga, part, |to, fill| data.undone_beside.put(to, fill));
                }
                self.shelf.items[piece.product].available += piece.quantity;
            }
        }
        (now + self.transit(), Due::Undone)
    }

    fn undone(&mut self, now: u64, saga: &mut Saga) -> Next {
        let words = self.words;
        let reply = saga.reply;
        let undone = self.tell(now, saga, "saga.undo_completed", Some(reply), true, |to, _, (name, _)| {
            put!(to, "{\"step\":\"", name, "\",\"effect\":\"undone\",\"reply\":\"", reply, "\"}");
        });
        let earlier = (0..saga.at).rev().find(|index| words.steps[*index].kind == StepKind::Compensatable);
        let Some(earlier) = earlier else {
            self.tell(now, saga, "saga.compensated", Some(undone), false, |to, _, _| put!(to, "{}"));
            return None;
        };
        saga.at = earlier;
        Some(self.start_undo(now, saga, undone))
    }

    /// The step may not be refused, and was: its command goes to the dead letters.
    fn park(&mut self, now: u64, saga: &mut Saga, rejected: Id) {
        let words = self.words;
        let (step, data) = (&words.steps[saga.at], &words.eras[saga.order.era].steps[saga.at]);
        self.letters += 1;
        let letter = self.letters;
        let (issued, saga_number, name) = (saga.issued, saga.order.number, step.name.as_str());
        let attempt = saga.attempt;
        let about = About { step: name, is_undo: false, attempt, role: None, refusal: None };
        let head = Head {
            event_type: "dead_letter.parked",
            aggregate_type: "DeadLetter",
            stream: &self.letter_stream,
            version: 1,
            saga: Some(saga_number),
            cause: Some(rejected),
            about: Some(about),
            role: None,
        };
        let fill = saga.order.fill(words);
        let of_stream = Fill { number: letter, ..fill };
        self.log.record(now, &head, &of_stream, |to, time| {
            put!(to, "{\"consumer\":\"", step.service.as_str(), "\",\"message\":{\"event\":\"", issued);
            put!(to, "\",\"route\":\"command\",\"from\":0,\"to\":", step.consumer, ",\"saga\":", saga_number);
            put!(
                to,
                ",\"step\":\"",
                name,
                "\",\"direction\":\"do\",\"attempt\":",
                attempt,
                ",\"last\":false"
            );
            put!(to, ",\"due\":0,\"poison\":false,\"body\":{\"command\":");
            data.command_for(&fill).put(to, &fill);
            put!(to, "}},\"message_type\":\"", step.command.as_str(), "\",\"step\":\"", name);
            put!(to, "\",\"direction\":\"do\",\"error\":\"refused: ", step.refusal.as_str());
            put!(to, "\",\"attempts\":[{\"attempt\":", attempt, ",\"at\":", time, ",\"error\":\"refused: ");
            put!(to, step.refusal.as_str(), "\"}],\"deliveries\":1}");
        });
        let parked =
            self.tell(now, saga, "saga.step_parked", Some(rejected), true, |to, _, (name, attempt)| {
                put!(to, "{\"step\":\"", name, "\",\"letter\":", letter, ",\"attempts\":", attempt);
                put!(to, ",\"reason\":\"refused: ", step.refusal.as_str(), "\"}");
            });
        self.tell(now, saga, "saga.parked", Some(parked), false, |to, _, _| {
            put!(to, "{\"forward\":[\"", name, "\"],\"back\":[]}");
        });
    }

    /// Records an event of the saga's own stream; `data` gets the step and the attempt it is about.
    fn tell(
        &mut self,
        now: u64,
        saga: &mut Saga,
        event_type: &'static str,
        cause: Option<Id>,
        of_step: bool,
        data: impl FnOnce(&mut Vec<u8>, &Fill<'_>, (&str, u64)),
    ) -> Id {
        saga.version += 1;
        let words = self.words;
        let step = words.steps[saga.at].name.as_str();
        let is_undo = event_type.starts_with("saga.undo_");
        let about = About { step, is_undo, attempt: saga.attempt, role: None, refusal: None };
        let head = Head {
            event_type,
            aggregate_type: "Saga",
            stream: &self.saga_stream,
            version: saga.version,
            saga: Some(saga.order.number),
            cause,
            about: of_step.then_some(about),
            role: None,
        };
        let fill = saga.order.fill(words);
        self.log.record(now, &head, &fill, |to, _| data(to, &fill, (step, saga.attempt)))
    }

    /// Records what the bus or an inbox notes about the command of the step under way.
    fn tell_of_message(&mut self, now: u64, saga: &Saga, event_type: &'static str, version: u32) {
        let words = self.words;
        let step = &words.steps[saga.at];
        let (name, attempt) = (step.name.as_str(), saga.attempt);
        let head = Head {
            event_type,
            aggregate_type: "Message",
            stream: &self.message_stream,
            version,
            saga: Some(saga.order.number),
            cause: Some(saga.issued),
            about: Some(About { step: name, is_undo: false, attempt, role: None, refusal: None }),
            role: None,
        };
        let fill = Fill { message: saga.issued, ..saga.order.fill(words) };
        self.log.record(now, &head, &fill, |to, _| {
            put!(to, "{\"leg\":\"command\",\"from\":\"orchestrator\",\"to\":\"", step.service.as_str());
            put!(to, "\",\"step\":\"", name, "\",\"attempt\":", attempt, "}");
        });
    }

    /// Records what the service of the step under way decided.
    fn answer(
        &mut self,
        now: u64,
        saga: &mut Saga,
        part: Part<'_>,
        data: impl FnOnce(&mut Vec<u8>, &Fill<'_>),
    ) -> Id {
        let words = self.words;
        let step = &words.steps[saga.at];
        let version = if step.is_shared {
            &mut self.shelf.items[saga.order.lines.as_slice()[part.line].product].version
        } else {
            &mut saga.versions[step.place]
        };
        *version += 1;
        let about = About {
            step: &step.name,
            is_undo: part.is_undo,
            attempt: saga.attempt,
            role: Some(part.role),
            refusal: (part.role == "refusal").then_some(step.refusal.as_str()),
        };
        let head = Head {
            event_type: part.event_type,
            aggregate_type: &step.aggregate_type,
            stream: &step.stream,
            version: *version,
            saga: Some(saga.order.number),
            cause: Some(saga.issued),
            about: Some(about),
            role: None,
        };
        let fill = saga.order.fill(words).at(part.line);
        self.log.record(now, &head, &fill, |to, _| data(to, &fill))
    }
}
