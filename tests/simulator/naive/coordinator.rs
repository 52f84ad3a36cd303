//! The coordinator of the naive model: what a reply or a deadline leads to, and how the saga stands in the end.

use super::{AWAY, Answer, Course, Gap, Kind, Letter, Message, Phase, Saga, Way, Without, Wrong};

type Out = Vec<(u64, Message)>;

impl Saga<'_> {
    pub(super) fn begin(&mut self, step: usize, out: &mut Out) {
        if step == self.plan.steps.len() {
            self.phase = Phase::Completed;
            return;
        }
        self.phase = Phase::Busy(step, Way::Do);
        self.attempt = 0;
        self.issue(step, Way::Do, 0, out);
    }

    /// The next command, `after` a wait.
    fn issue(&mut self, step: usize, way: Way, after: u64, out: &mut Out) {
        if after > 0 {
            self.waiting = true;
            out.push((after, Message::Again { step, way }));
            return;
        }
        self.waiting = false;
        self.attempt += 1;
        let attempt = self.attempt;
        let line = &mut self.lines[step];
        match way {
            Way::Do => line.attempts += 1,
            Way::Undo => line.undo_attempts += 1,
        }
        if way == Way::Do && attempt == 1 {
            // A service that is down is so from the step's first command on.
            for fault in &self.plan.faults {
                if fault.wrong == Wrong::Down && fault.step == step {
                    let service = self.plan.steps[step].service.clone();
                    self.down.push((service, self.now, self.now + fault.length));
                }
            }
        }
        let last = attempt == self.attempts_of(step);
        out.push((0, Message::Command { step, way, attempt, last, poison: false }));
        if !self.lacks(Without::Timeouts) {
            out.push((self.plan.steps[step].timeout, Message::Deadline { step, way, attempt }));
        }
    }

    pub(super) fn coordinate(&mut self, message: Message, crash: Option<Gap>) {
        if self.forgotten {
            return;
        }
        if crash.is_some() && self.lacks(Without::DurableSaga) {
            self.unsaid = Some("what a forgetful coordinator still sends");
            return;
        }
        if crash == Some(Gap::Commit) {
            return self.at(self.now + AWAY, message);
        }
        let mut out = Vec::new();
        match message {
            Message::Reply { step, way, attempt, answer, event, poison } => {
                if poison {
                    // It is kept as evidence and never read.
                    self.park(step, way, Letter::Reply(event), "open");
                } else {
                    self.hear(step, way, attempt, answer, &mut out);
                }
            }
            Message::Deadline { step, way, attempt } => {
                if self.phase == Phase::Busy(step, way) && self.attempt == attempt && !self.waiting {
                    self.attempt_is_over(step, way, true, &mut out);
                }
            }
            Message::Again { step, way } => {
                if self.phase == Phase::Busy(step, way) && self.waiting {
                    self.issue(step, way, 0, &mut out);
                }
            }
            Message::Command { .. } => unreachable!("commands go to services"),
        }
        self.after_commit(crash, message, out);
    }

    fn hear(&mut self, step: usize, way: Way, attempt: u32, answer: Answer, out: &mut Out) {
        let current = self.phase == Phase::Busy(step, way);
        let may_refuse = self.plan.steps[step].kind != Kind::Retriable;
        if current && self.waiting {
            self.unsaid = Some("a reply between two attempts");
        }
        match (way, answer) {
            (Way::Do, Answer::Done) if current => self.step_is_done(step, out),
            (Way::Do, Answer::No) if current && may_refuse => self.go_back(step, false, out),
            (Way::Do, Answer::No) if current => self.park_step(step, self.attempt),
            (Way::Do, Answer::Unreadable) if current => self.park_step(step, attempt),
            (_, Answer::Threw) if current && attempt == self.attempt => {
                self.attempt_is_over(step, way, false, out);
            }
            (Way::Undo, Answer::Undone) if current => self.next_undo(out),
            (Way::Do, Answer::Done) if self.phase == Phase::Parked(step) => {
                self.settle(step, Way::Do, "resolved");
                self.step_is_done(step, out);
            }
            // The letter is kept; the saga has gone another way.
            (Way::Do, Answer::No) if self.phase == Phase::Parked(step) && may_refuse => {
                self.settle(step, Way::Do, "answered");
                self.go_back(step, false, out);
            }
            (Way::Undo, Answer::Undone) if self.parked_undos.contains(&step) => {
                self.settle(step, Way::Undo, "resolved");
                self.parked_undos.retain(|parked| *parked != step);
                if self.phase == Phase::Owing && self.parked_undos.is_empty() {
                    self.phase = Phase::Compensated;
                }
            }
            // Late, and changes nothing.
            _ => {}
        }
    }

    fn settle(&mut self, step: usize, way: Way, as_it_is: &'static str) {
        for ((of, to, what), state) in &mut self.letters {
            if (*of, *to) == (step, way) && matches!(what, Letter::Command(_)) && *state == "open" {
                *state = as_it_is;
            }
        }
    }

    fn step_is_done(&mut self, step: usize, out: &mut Out) {
        self.begin(step + 1, out);
    }

    /// By a failure or a deadline: again, or that was all.
    fn attempt_is_over(&mut self, step: usize, way: Way, by_deadline: bool, out: &mut Out) {
        if self.attempt < self.attempts_of(step) {
            let wait = self.wait_after(step, self.attempt);
            self.issue(step, way, wait, out);
            return;
        }
        match (way, self.plan.steps[step].kind) {
            (Way::Undo, _) => {
                self.park(step, Way::Undo, Letter::Command(self.attempt), "open");
                self.parked_undos.push(step);
                self.next_undo(out);
            }
            // Nobody knows whether it happened: its own undo first.
            (Way::Do, Kind::Compensatable) => self.go_back(step, by_deadline, out),
            // Neither back nor forward; or no way back.
            (Way::Do, Kind::Pivot | Kind::Retriable) => self.park_step(step, self.attempt),
        }
    }

    fn park_step(&mut self, step: usize, attempt: u32) {
        self.park(step, Way::Do, Letter::Command(attempt), "open");
        self.phase = Phase::Parked(step);
    }

    /// Undoes the completed steps in reverse order; the failed one before them where nobody knows.
    fn go_back(&mut self, step: usize, unknown: bool, out: &mut Out) {
        self.went_back = true;
        self.undos = (0..step).filter(|step| self.plan.steps[*step].has_undo).collect();
        if unknown && self.plan.steps[step].has_undo {
            self.undos.push(step);
        }
        self.next_undo(out);
    }

    fn next_undo(&mut self, out: &mut Out) {
        match self.undos.pop() {
            Some(step) => {
                self.phase = Phase::Busy(step, Way::Undo);
                self.attempt = 0;
                self.issue(step, Way::Undo, 0, out);
            }
            None if self.parked_undos.is_empty() => self.phase = Phase::Compensated,
            None => self.phase = Phase::Owing,
        }
    }

    /// How it stands when nothing is to happen any more.
    pub(super) fn close(mut self) -> Course {
        // A reply that nobody could read is of no matter once the saga has ended or gone back.
        if self.went_back || self.phase == Phase::Completed {
            for ((_, _, what), state) in &mut self.letters {
                if matches!(what, Letter::Reply(_)) {
                    *state = "answered";
                }
            }
        }
        let steps = self.plan.steps.iter().zip(&self.lines);
        let unaccounted = steps.clone().any(|(step, line)| {
            let held = line.held();
            let right = match self.phase {
                Phase::Compensated => held == 0 || held == 1 && !step.has_undo,
                Phase::Completed => held == 1,
                _ => held <= 1,
            };
            !step.notice && !right
        });
        let open = self.letters.values().any(|state| *state == "open");
        let outcome = match self.phase {
            _ if unaccounted => "inconsistent",
            Phase::Completed => "completed",
            Phase::Compensated => "compensated",
            _ if open => "dead-lettered",
            _ => "stuck",
        };
        let mut owed = Vec::new();
        let last_that_can_refuse = self.plan.steps.iter().rposition(|step| step.kind != Kind::Retriable);
        let is_past_the_pivot = last_that_can_refuse.is_none_or(|at| self.lines[at].effects > 0);
        for (at, (step, line)) in steps.enumerate() {
            if step.has_undo && self.went_back && line.held() > 0 {
                owed.push((at, Way::Undo, line.held()));
            }
            if step.kind == Kind::Retriable && is_past_the_pivot && !self.went_back && line.effects == 0 {
                owed.push((at, Way::Do, 1));
            }
        }
        let mut letters: Vec<_> =
            self.letters.iter().map(|((step, way, _), state)| (*step, *way, *state)).collect();
        letters.sort_unstable();
        Course { outcome, steps: self.lines, told: self.told, letters, owed }
    }
}
