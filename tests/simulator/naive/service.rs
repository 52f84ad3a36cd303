//! The services of the naive model: what a command or an undo leads to.

use super::{AWAY, Answer, Gap, Kind, Leg, Letter, Message, Saga, Way, Without, Wrong};

impl Saga<'_> {
    pub(super) fn serve(&mut self, step: usize, way: Way, attempt: u32, last: bool, poison: bool) {
        let leg = if way == Way::Do { Leg::Command } else { Leg::Undo };
        let handled = Message::Command { step, way, attempt, last, poison };
        let crash = self.crashes(step, leg);
        if crash == Some(Gap::Commit) {
            return self.at(self.now + AWAY, handled);
        }
        let (answer, event) = match way {
            Way::Do => self.carry_out(step, attempt, last, poison),
            Way::Undo => (self.take_back(step), 0),
        };
        if answer == Answer::Threw && crash.is_some() {
            self.unsaid = Some("a crash behind a commit that was rolled back");
        }
        let reply = Message::Reply { step, way, attempt, answer, event, poison: false };
        self.after_commit(crash, handled, vec![(0, reply)]);
    }

    /// Known already, else unreadable, else decided.
    fn carry_out(&mut self, step: usize, attempt: u32, last: bool, poison: bool) -> (Answer, u32) {
        let plan = &self.plan.steps[step];
        let may_refuse = plan.kind != Kind::Retriable;
        let remembers = plan.by_state || !self.lacks(Without::Idempotency);
        // That it was refused or given up is final without an inbox too, as a tombstone is.
        let is_final = |(answer, _): &(Answer, u32)| remembers || (*answer == Answer::No && may_refuse);
        if let Some(known) = self.known[step].answer.filter(is_final) {
            return known;
        }
        let answer = if self.known[step].void {
            Answer::No
        } else if poison {
            self.park(step, Way::Do, Letter::Command(attempt), if may_refuse { "answered" } else { "open" });
            if may_refuse { Answer::No } else { Answer::Unreadable }
        } else {
            self.decide(step, last && may_refuse)
        };
        self.events += 1;
        let said = (answer, self.events);
        // A refusal of one who may not refuse is not kept: what is parked for it must stay redrivable.
        if answer == Answer::Done || answer == Answer::No && may_refuse {
            self.known[step].answer = Some(said);
        }
        said
    }

    /// Throws, or decides and appends, be it a refusal. Where giving up is allowed, the last attempt gives up for good.
    fn decide(&mut self, step: usize, gives_up: bool) -> Answer {
        let refuses = self.strikes(step, Leg::Command, Wrong::Reject);
        if self.throws(step, Leg::Command) {
            if gives_up { Answer::No } else { Answer::Threw }
        } else if refuses {
            Answer::No
        } else {
            self.lines[step].effects += 1;
            self.told.push(format!("{step} done"));
            Answer::Done
        }
    }

    /// An undo is guarded by state: it takes back one effect once, or leaves a tombstone once.
    fn take_back(&mut self, step: usize) -> Answer {
        if self.known[step].undo_done {
            return Answer::Undone;
        }
        if self.strikes(step, Leg::Undo, Wrong::UndoFails) || self.throws(step, Leg::Undo) {
            return Answer::Threw;
        }
        self.known[step].undo_done = true;
        if self.lines[step].effects > 0 {
            self.lines[step].undone += 1;
            self.told.push(format!("{step} undone"));
        } else {
            self.known[step].void = true;
            self.lines[step].tombstones += 1;
            self.told.push(format!("{step} void"));
        }
        Answer::Undone
    }

    /// Whether the attempt fails technically. A conflict is decided again, at most three times within the attempt.
    fn throws(&mut self, step: usize, leg: Leg) -> bool {
        if self.strikes(step, leg, Wrong::Transient) {
            return true;
        }
        let mut conflicts = 0;
        while self.strikes(step, leg, Wrong::Conflict) {
            conflicts += 1;
            if conflicts > 3 {
                return true;
            }
        }
        false
    }
}
