//! Everything that can be asked of a world, answered as plain data.

use std::collections::{BTreeMap, BTreeSet};

use super::World;
use super::bus::{Flight, Place};
use super::ledger::{Life, Line};
use super::record::key_text;
use super::report::{
    Account, ArmedFault, AttemptReport, DeadLetter, FlightId, InFlight, InvariantReport, InvariantState,
    LedgerLine, LostMessage, Outcome, Owed, ReadModelReport, RunReport, SagaPhase, SagaReport, ServiceReport,
    StepProgress, StepReport,
};
use super::watch::Watch;
use super::weather::message_type;
use crate::domain::Money;
use crate::runtime::monitor::Standing;
use crate::runtime::{
    Body, Direction, Fact, Journal, Lane, Letter, LetterState, Party, Phase, Position, Recorded, RefusedBy,
    Role, Route, SagaNo, SagaState, Status, StepNo, StepOutcome,
};

impl World {
    /// What is under way: messages and timers, the next one first; then what is held, then what waits.
    pub fn in_flight(&self) -> Vec<InFlight> {
        let mut flights: Vec<InFlight> =
            self.bus.flights().map(|(id, flight)| self.flight(id, flight)).collect();
        flights.sort_by_key(|flight| (flight.due.is_none(), flight.due, flight.id));
        flights
    }

    /// Messages that nobody accepted, in the order in which they were lost.
    pub fn lost_messages(&self) -> Vec<LostMessage> {
        let lost = self.bus.lost().iter().map(|(at, message)| LostMessage {
            at: *at,
            from: self.wiring.party_name(message.from).to_string(),
            to: self.wiring.party_name(message.to).to_string(),
            route: message.route,
            saga: message.saga.to_string(),
            step: self.wiring.step_names()[message.step.index()].to_string(),
            attempt: message.attempt,
            label: message_type(&self.wiring, message).to_string(),
        });
        lost.collect()
    }

    fn flight(&self, id: FlightId, flight: &Flight) -> InFlight {
        let message = &flight.message;
        let step = self.wiring.step_names()[message.step.index()].to_string();
        let label = match message.body {
            Body::Deadline if message.direction == Direction::Undo => format!("timer {step}/undo"),
            Body::Deadline => format!("timer {step}"),
            Body::Overdue(_) if message.route == Route::Timer => format!("timer {step}"),
            Body::Backoff => format!("backoff {step}"),
            _ => message_type(&self.wiring, message).to_string(),
        };
        InFlight {
            id,
            from: self.wiring.party_name(message.from).to_string(),
            to: self.wiring.party_name(message.to).to_string(),
            route: message.route,
            saga: message.saga.to_string(),
            step,
            attempt: message.attempt,
            sent_at: flight.sent_at,
            due: (flight.place != Place::Waiting).then_some(flight.due),
            taken_at: flight.taken_at,
            held: matches!(flight.place, Place::Held(_)),
            poison: message.poison,
            label,
        }
    }

    /// Every saga that has begun or should have.
    pub fn sagas(&self) -> Vec<SagaReport> {
        self.sagas_seen_by(&self.watching())
    }

    fn sagas_seen_by(&self, watch: &Watch) -> Vec<SagaReport> {
        let culprits = self.culprits(watch);
        (1..=self.arrived).map(|number| self.saga_report(SagaNo(number), &culprits)).collect()
    }

    /// How one saga ended, as far as its own effects say.
    pub fn by_the_books(&self, saga: SagaNo) -> Outcome {
        self.ledger.outcome(&self.wiring, &self.letters, saga, self.is_quiescent())
    }

    /// How one saga ended, the domain's invariants included.
    pub fn outcome(&self, saga: SagaNo) -> Outcome {
        self.judged(saga, &self.culprits(&self.watching()))
    }

    fn judged(&self, saga: SagaNo, culprits: &BTreeSet<SagaNo>) -> Outcome {
        match self.by_the_books(saga) {
            Outcome::Running => Outcome::Running,
            _ if culprits.contains(&saga) => Outcome::Inconsistent,
            outcome => outcome,
        }
    }

    /// One saga.
    pub fn saga(&self, saga: SagaNo) -> SagaReport {
        self.saga_report(saga, &self.culprits(&self.watching()))
    }

    fn saga_report(&self, saga: SagaNo, culprits: &BTreeSet<SagaNo>) -> SagaReport {
        let state = self.state(saga);
        let life = self.ledger.life(saga);
        let ledger: Vec<LedgerLine> =
            self.wiring.step_numbers().map(|step| self.ledger_line(saga, step, state.as_ref())).collect();
        let steps =
            self.wiring.step_numbers().map(|step| self.step_report(saga, step, state.as_ref())).collect();
        SagaReport {
            id: saga.to_string(),
            phase: phase(life, state.as_ref()),
            outcome: self.judged(saga, culprits),
            steps,
            owed: owed(&ledger),
            ledger,
            pivot_passed: life.pivot_passed,
            started: life.started,
            ended: life.ended,
        }
    }

    /// What one saga owes.
    pub fn owed_by(&self, saga: SagaNo) -> Vec<Owed> {
        let steps = self.wiring.step_numbers();
        let owing = steps.filter(|step| {
            let account = self.ledger.account(&self.wiring, saga, *step);
            matches!(account, Account::OwedBack | Account::OwedForward)
        });
        let ledger: Vec<LedgerLine> = owing.map(|step| self.ledger_line(saga, step, None)).collect();
        owed(&ledger)
    }

    /// What the orchestrator knows, if there is one.
    pub(super) fn state(&self, saga: SagaNo) -> Option<SagaState> {
        let orchestrator = self.orchestrator()?;
        Some(orchestrator.state(&self.journal, self.wiring.steps(), saga))
    }

    fn line(&self, saga: SagaNo, step: StepNo) -> Line {
        self.ledger.lines(saga).get(step.index()).copied().unwrap_or_default()
    }

    fn ledger_line(&self, saga: SagaNo, step: StepNo, state: Option<&SagaState>) -> LedgerLine {
        let line = self.line(saga, step);
        let definition = self.wiring.step(step);
        let believed = state.map(|state| state.step(step));
        let parked = |lane: &Lane| matches!(lane.status, Status::Parked(_));
        let paid_not_known = believed.is_some_and(|believed| {
            parked(&believed.back) && line.held() == 0 || parked(&believed.forward) && line.held() > 0
        });
        LedgerLine {
            step: definition.name.to_string(),
            label: definition.label.clone(),
            kind: definition.kind,
            effects: u32::from(line.effects),
            undone: u32::from(line.undone),
            tombstones: u32::from(line.tombstones),
            held: line.held(),
            amount: self.amount(step, line.effect),
            paid_not_known,
            account: self.ledger.account(&self.wiring, saga, step),
        }
    }

    /// What the effect at `position` is worth.
    fn amount(&self, step: StepNo, position: Position) -> Option<Money> {
        let amount = self.wiring.step(step).amount.as_ref()?;
        let Fact::Domain(fact) = &self.journal.event(position)?.fact else { return None };
        let value = amount.value.run(&fact.data).ok()?.as_i64()?;
        Some(Money { value, unit: amount.unit.clone() })
    }

    fn step_report(&self, saga: SagaNo, step: StepNo, state: Option<&SagaState>) -> StepReport {
        let definition = self.wiring.step(step);
        let (progress, attempts, undo_attempts, note) = match state {
            Some(state) => {
                let known = state.step(step);
                let note = known.refusal.as_ref().map_or_else(String::new, |(reason, by)| match by {
                    RefusedBy::GaveUp => format!("gave up: {reason}"),
                    _ => format!("refused: {reason}"),
                });
                let attempts = (known.forward.attempts_in_all, known.back.attempts_in_all);
                (progress(&known.forward, &known.back), attempts.0, attempts.1, note)
            }
            None => self.projected(saga, step),
        };
        StepReport {
            name: definition.name.to_string(),
            kind: definition.kind,
            state: progress,
            attempts,
            undo_attempts,
            note,
        }
    }

    /// A step in a choreography, as its effects show it.
    fn projected(&self, saga: SagaNo, step: StepNo) -> (StepProgress, u32, u32, String) {
        let line = self.line(saga, step);
        let letter = |direction| {
            self.letters.of_saga(saga).find(|letter| {
                letter.message.step == step
                    && letter.message.direction == direction
                    && letter.state == LetterState::Open
            })
        };
        let (forward, back) = (letter(Direction::Do), letter(Direction::Undo));
        let tries = |letter: Option<&Letter>| letter.map_or(0, |letter| letter.attempts.len() as u32);
        let done = u32::from(line.effects.max(line.refusals).min(1));
        let state = if back.is_some() {
            StepProgress::UndoParked
        } else if forward.is_some() {
            StepProgress::Parked
        } else if line.undone > 0 {
            StepProgress::Compensated
        } else if line.effects > 0 {
            StepProgress::Completed
        } else if line.tombstones > 0 {
            StepProgress::NothingToUndo
        } else if line.refusals > 0 {
            StepProgress::Rejected
        } else {
            StepProgress::NotReached
        };
        let undone = u32::from((line.undone + line.tombstones).min(1));
        (state, done + tries(forward), undone + tries(back), String::new())
    }

    /// Every dead letter, oldest first.
    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        self.letters.iter().map(|letter| self.letter(letter)).collect()
    }

    fn letter(&self, letter: &Letter) -> DeadLetter {
        let message = &letter.message;
        let attempts = letter.attempts.iter().map(|attempt| AttemptReport {
            attempt: attempt.attempt,
            at: attempt.at,
            error: attempt.error.to_string(),
        });
        DeadLetter {
            id: letter.id,
            state: letter.state,
            consumer: self.wiring.party_name(letter.consumer).to_string(),
            message: message.event,
            message_type: letter.message_type.to_string(),
            key: key_text(&self.wiring, letter.key()),
            saga: message.saga.to_string(),
            step: self.wiring.step_names()[message.step.index()].to_string(),
            direction: message.direction,
            error: letter.error.to_string(),
            deliveries: letter.deliveries,
            attempts: attempts.collect(),
            parked: letter.since,
            blocked: self.blocked(letter),
            redrivable: letter.state == LetterState::Open,
        }
    }

    /// What waits behind an open letter: the steps that its saga cannot begin, and messages of the saga to the same
    /// consumer.
    fn blocked(&self, letter: &Letter) -> Vec<String> {
        if letter.state != LetterState::Open {
            return Vec::new();
        }
        let message = &letter.message;
        let saga = message.saga;
        let later = |step: &StepNo| match message.direction {
            Direction::Do => step.0 > message.step.0 && self.line(saga, *step).effects == 0,
            // In a choreography the undos further back wait for this one.
            Direction::Undo => {
                self.wiring.is_choreographed() && step.0 < message.step.0 && self.line(saga, *step).held() > 0
            }
        };
        let steps = self.wiring.step_numbers().filter(later);
        let steps = steps.map(|step| format!("{saga}: {}", self.wiring.step_names()[step.index()]));
        let messages = self
            .bus
            .flights()
            .filter(|(_, flight)| {
                let waits = &flight.message;
                waits.saga == saga && waits.to == letter.consumer && waits.route != Route::Timer
            })
            .map(|(_, flight)| format!("{saga}: {}", message_type(&self.wiring, &flight.message)));
        steps.chain(messages).collect()
    }

    /// Every invariant: first that the books balance, which holds for every domain, then the domain's own, then the
    /// rules of every log ([`crate::sim::rules::RULES`]).
    pub fn invariants(&self) -> Vec<InvariantReport> {
        self.invariants_seen_by(&self.watching())
    }

    fn invariants_seen_by(&self, watch: &Watch) -> Vec<InvariantReport> {
        let mut reports = vec![self.books_balance()];
        for check in watch.monitor.reports() {
            let invariant = check.invariant;
            let state = match check.standing {
                Standing::NotChecked => InvariantState::NotChecked,
                Standing::Holds => InvariantState::Holds,
                Standing::Broken(breach) => InvariantState::Broken {
                    since: breach.since,
                    difference: breach.difference.clone(),
                    event: self.at(breach.position).map(|event| event.id),
                },
                Standing::Failed(reason) => {
                    InvariantState::Broken { since: self.now, difference: reason.clone(), event: None }
                }
            };
            let code = if invariant.code.is_empty() { &*invariant.name } else { &invariant.code };
            let about = if invariant.about.is_empty() { &*invariant.name } else { &invariant.about };
            reports.push(InvariantReport { code: code.to_owned(), about: about.to_owned(), state });
        }
        reports.extend(watch.rules.standing().map(|(rule, breach)| InvariantReport {
            code: rule.code.to_owned(),
            about: rule.about.to_owned(),
            state: breach.map_or(InvariantState::Holds, |breach| InvariantState::Broken {
                since: breach.since,
                difference: breach.difference.clone(),
                event: Some(breach.event),
            }),
        }));
        reports
    }

    fn at(&self, position: u64) -> Option<&Recorded> {
        self.journal.event(Position(u32::try_from(position).ok()?))
    }

    /// Sagas whose effects break an invariant of the domain, or whose events a rule of every log.
    fn culprits(&self, watch: &Watch) -> BTreeSet<SagaNo> {
        let broken = watch.monitor.reports().filter_map(|check| match check.standing {
            Standing::Broken(breach) => self.at(breach.position).map(|event| event.saga),
            _ => None,
        });
        let by_rules = watch.rules.culprits().iter().copied();
        broken.filter(|saga| *saga != SagaNo::NONE).chain(by_rules).collect()
    }

    fn books_balance(&self) -> InvariantReport {
        let sagas = (1..=self.arrived).map(SagaNo);
        let broken = sagas
            .filter(|saga| self.by_the_books(*saga) == Outcome::Inconsistent || self.has_excess(*saga))
            .find_map(|saga| self.ledger.unaccounted(&self.wiring, saga).map(|step| (saga, step)));
        let state = match broken {
            None => InvariantState::Holds,
            Some((saga, step)) => {
                let line = self.line(saga, step);
                let event = self.journal.event(line.last_effect);
                let name = &self.wiring.step(step).name;
                InvariantState::Broken {
                    since: event.map_or(self.now, |event| event.at),
                    difference: format!(
                        "{saga}: {name} happened {} times and was undone {} times, and nothing says why",
                        line.effects, line.undone
                    ),
                    event: event.map(|event| event.id),
                }
            }
        };
        let (code, about) = ("E1".to_owned(), "every effect is accounted for".to_owned());
        InvariantReport { code, about, state }
    }

    /// Whether a step of this saga is held more than once, which nothing can make right.
    fn has_excess(&self, saga: SagaNo) -> bool {
        self.wiring.step_numbers().any(|step| {
            let held = self.line(saga, step).held();
            held < 0 || held > 1 && !self.wiring.step(step).notice
        })
    }

    /// The orchestrator, if there is one, and the services.
    pub fn services(&self) -> Vec<ServiceReport> {
        let mut inboxes: BTreeMap<Party, u32> = BTreeMap::new();
        let mut hands: BTreeMap<Party, String> = BTreeMap::new();
        for (_, flight) in self.bus.flights() {
            if flight.message.route == Route::Timer || matches!(flight.place, Place::Held(_)) {
                continue;
            }
            let to = flight.message.to;
            *inboxes.entry(to).or_default() += 1;
            let taken = matches!(flight.place, Place::Under(_)) && flight.taken_at <= self.now;
            if taken && flight.taken_at < flight.due {
                hands.entry(to).or_insert_with(|| message_type(&self.wiring, &flight.message).to_string());
            }
        }
        let parties = self.wiring.parties();
        let present =
            parties.filter(|party| *party != Party::ORCHESTRATOR || !self.wiring.is_choreographed());
        present
            .map(|party| ServiceReport {
                name: self.wiring.party_name(party).to_string(),
                up: self.bus.consumer(party).is_up(),
                inbox: inboxes.get(&party).copied().unwrap_or(0),
                in_hand: hands.get(&party).cloned(),
            })
            .collect()
    }

    /// The read models.
    pub fn read_models(&self) -> Vec<ReadModelReport> {
        let models = self.models();
        models
            .iter()
            .map(|(name, model)| ReadModelReport {
                name: name.to_string(),
                rows: model.rows().len() as u64,
                lag: model.lag(self.len()),
            })
            .collect()
    }

    /// The faults, and how often each has struck.
    pub fn faults(&self) -> Vec<ArmedFault> {
        let armed = self.weather.armed().iter().filter(|armed| armed.on || armed.hits > 0);
        armed
            .map(|armed| ArmedFault {
                fault: armed.name.to_string(),
                on: armed.on,
                hits: armed.hits,
                first_hit: armed.first_hit,
            })
            .collect()
    }

    /// What the run came to so far.
    pub fn report(&self) -> RunReport {
        let mut counts: BTreeMap<Outcome, u32> = BTreeMap::new();
        let watch = self.watching();
        let sagas = self.sagas_seen_by(&watch);
        for saga in &sagas {
            *counts.entry(saga.outcome).or_default() += 1;
        }
        RunReport {
            recipe: self.recipe.to_string(),
            outcomes: counts.into_iter().collect(),
            sagas,
            dead_letters: self.dead_letters(),
            invariants: self.invariants_seen_by(&watch),
            faults: self.faults(),
            ended: self.now,
            steps: self.steps,
            events: self.len(),
            quiescent: self.is_quiescent(),
            stopped: self.is_stopped(),
        }
    }

    /// The success events of a step, in the order they were recorded.
    pub fn effects_of(&self, saga: SagaNo, step: &str) -> Vec<Position> {
        let Some(step) = self.wiring.step_named(step) else { return Vec::new() };
        let all = self.journal.events_from(Position(1));
        all.filter(|(_, event)| {
            let role = event.fact.domain().map(|fact| fact.role);
            let key = event.key.map(|key| (key.saga, key.step));
            role == Some(Role::Effect) && key == Some((saga, step))
        })
        .map(|(position, _)| position)
        .collect()
    }
}

/// What a ledger says is owed.
fn owed(ledger: &[LedgerLine]) -> Vec<Owed> {
    let owed = |line: &LedgerLine| Owed::of(&line.step, line.account, line.held, line.amount.as_ref());
    ledger.iter().filter_map(owed).collect()
}

fn phase(life: Life, state: Option<&SagaState>) -> SagaPhase {
    let by_state = state.map(|state| state.phase);
    match by_state {
        _ if life.completed => SagaPhase::Completed,
        _ if life.compensated => SagaPhase::Compensated,
        Some(Phase::Parked) => SagaPhase::Parked,
        Some(Phase::Compensating) => SagaPhase::Compensating,
        None if life.going_back => SagaPhase::Compensating,
        _ => SagaPhase::Running,
    }
}

/// Where a step is, from both its directions.
fn progress(forward: &Lane, back: &Lane) -> StepProgress {
    match back.status {
        Status::Waiting(_) | Status::BackingOff(_) => return StepProgress::Compensating,
        Status::Done => return StepProgress::Compensated,
        Status::NothingToUndo => return StepProgress::NothingToUndo,
        Status::Parked(_) => return StepProgress::UndoParked,
        Status::Idle | Status::Refused | Status::Failed(_) => {}
    }
    match forward.status {
        Status::Idle => StepProgress::NotReached,
        Status::Waiting(_) => StepProgress::InFlight,
        Status::BackingOff(_) => StepProgress::BackingOff,
        Status::Done | Status::NothingToUndo => StepProgress::Completed,
        Status::Refused | Status::Failed(StepOutcome::DidNotHappen) => StepProgress::Rejected,
        Status::Failed(StepOutcome::Unknown) => StepProgress::Unknown,
        Status::Parked(_) => StepProgress::Parked,
    }
}
