//! Watching from outside: the domain's invariants and read models, from the log alone. It follows the journal commit
//! by commit, so it can be asked at any time, also for the first time at the end, and says the same.

use serde_json::{Value, json};

use super::ledger::Ledger;
use super::record::key_text;
use super::report::Account;
use super::{End, Stage, World};
use crate::base::ticks::Ticks;
use crate::domain::Part;
use crate::runtime::monitor::{Books, Cadence, Monitor, Turn};
use crate::runtime::projection::{Observed, ReadModels};
use crate::runtime::{
    CheckFact, DeadLetters, Direction, Fact, Journal, Key, LetterState, MemoryJournal, Position, Protections,
    Recorded, SagaNo, Wiring,
};
use crate::sim::rules::Rules;

/// How far read models are behind the log.
const BEHIND: Ticks = Ticks::from_millis(40);
/// With more sagas than this, checks over all rows rest between commits.
const MANY_SAGAS: u32 = 200;

/// Who watches.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    pub(super) monitor: Monitor,
    /// What holds for the log of every domain.
    pub(super) rules: Rules,
    protections: Protections,
    models: ReadModels,
    ledger: Ledger,
    letters: DeadLetters,
    commits: usize,
    seen: u32,
    projected: u32,
}

impl Watch {
    pub(super) fn new(stage: &Stage, protections: Protections, sagas: u32) -> Self {
        let cadence = if sagas > MANY_SAGAS { Cadence::Amortized } else { Cadence::EveryCommit };
        Self::at(cadence, stage, protections)
    }

    fn at(cadence: Cadence, stage: &Stage, protections: Protections) -> Self {
        Self {
            monitor: stage.monitor().at(cadence),
            rules: Rules::default(),
            protections,
            models: stage.models(),
            ledger: Ledger::new(stage.wiring.steps()),
            letters: DeadLetters::default(),
            commits: 0,
            seen: 0,
            projected: 0,
        }
    }

    /// Sees what was committed since; gives what turned.
    pub(super) fn catch_up(
        &mut self,
        wiring: &Wiring,
        journal: &MemoryJournal,
        now: Ticks,
        quiesced: bool,
    ) -> Vec<Turn> {
        let mut turns = Vec::new();
        for end in journal.commits_from(self.commits) {
            self.commits += 1;
            let mut at = now;
            let mut concerns = false;
            for position in self.seen + 1..=end.0 {
                let Some(event) = journal.event(Position(position)) else { continue };
                self.ledger.fold(wiring, Position(position), event);
                self.letters.evolve(Position(position), event);
                self.rules.observe(wiring, &self.protections, journal, Position(position), event);
                observe(journal, position, event, |observed| self.monitor.observe(observed));
                concerns |= event.fact.domain().is_some();
                at = event.at;
            }
            self.seen = end.0;
            if concerns {
                let (ledger, letters) = (&self.ledger, &self.letters);
                let owed = &|| owed(wiring, journal, ledger, letters);
                let books = Books { version: self.commits as u64, owed };
                turns.extend(self.monitor.after_commit(at, &books));
            }
        }
        if quiesced {
            let (ledger, letters) = (&self.ledger, &self.letters);
            let owed = &|| owed(wiring, journal, ledger, letters);
            let books = Books { version: self.commits as u64, owed };
            turns.extend(self.monitor.settled(now, &books));
        }
        turns
    }

    /// Lets the read models see what is due; they are behind as far as they should be.
    fn project(&mut self, journal: &MemoryJournal, now: Ticks, quiesced: bool) {
        for position in self.projected + 1..=journal.len() {
            let Some(event) = journal.event(Position(position)) else { break };
            if !quiesced && event.at.after(BEHIND) > now {
                break;
            }
            observe(journal, position, event, |observed| self.models.apply(observed));
            self.projected = position;
        }
    }
}

fn observe(journal: &MemoryJournal, position: u32, event: &Recorded, tell: impl FnOnce(&Observed<'_>)) {
    let position = u64::from(position);
    let Some(fact) = event.fact.domain() else {
        return tell(&Observed { position, event_type: "", event: Part::Value(&Value::Null) });
    };
    let members = [
        ("type", Part::Text(&fact.event_type)),
        ("stream", Part::Text(&journal.stream(event.stream).name)),
        ("version", Part::Number(u64::from(event.version))),
        ("data", Part::Value(&fact.data)),
    ];
    tell(&Observed { position, event_type: &fact.event_type, event: Part::Object(&members) });
}

/// What the books account for: what sagas that have not ended hold and owe, and what open letters keep. One entry for
/// each step: `{saga, step, key, effects, undos, held, why, amount}`; the key is that of the request which is due.
fn owed(wiring: &Wiring, journal: &MemoryJournal, ledger: &Ledger, letters: &DeadLetters) -> Value {
    let mut all = Vec::new();
    for saga in (1..=ledger.sagas()).map(SagaNo) {
        let life = ledger.life(saga);
        if life.completed || life.compensated {
            continue;
        }
        for (step, line) in wiring.step_numbers().zip(ledger.lines(saga)) {
            let account = ledger.account(wiring, saga, step);
            let is_due = account == Account::OwedForward;
            if account == Account::Unaccounted || line.held() == 0 && !is_due {
                continue;
            }
            let direction = if is_due { Direction::Do } else { Direction::Undo };
            let kept = letters.of_saga(saga).any(|letter| {
                letter.state == LetterState::Open
                    && (letter.message.step, letter.message.direction) == (step, direction)
            });
            let amount = wiring.step(step).amount.as_ref().and_then(|amount| {
                let fact = journal.event(line.effect)?.fact.domain()?;
                amount.value.run(&fact.data).ok()?.as_i64()?.checked_mul(line.held())
            });
            all.push(json!({
                "saga": saga.to_string(),
                "step": &*wiring.step_names()[step.index()],
                "key": key_text(wiring, Key { saga, step, direction }),
                "effects": line.effects,
                "undos": line.undone,
                "held": line.held(),
                "why": if kept { "dead letter" } else { "not ended" },
                "amount": amount,
            }));
        }
    }
    Value::Array(all)
}

impl World {
    /// The same world, watched: the domain's checks are made after every commit and recorded in the log when they
    /// break and when they hold again. Without it they are made when somebody asks.
    #[must_use]
    pub fn watched(mut self) -> Self {
        self.watch = Some(Watch::new(&self.stage, self.protections, self.recipe.sagas));
        self
    }

    /// Who watches, up to date.
    pub(super) fn watching(&self) -> Watch {
        let quiesced = self.end == Some(End::Quiesced);
        let caught_up = |mut watch: Watch| {
            watch.catch_up(&self.wiring, &self.journal, self.now, quiesced);
            watch
        };
        if let Some(watch) = &self.watch {
            return caught_up(watch.clone());
        }
        if quiesced {
            // What holds at the end holds, whatever was between. When it ceased to is asked only where it does not.
            let watch = caught_up(Watch::at(Cadence::AtTheEnd, &self.stage, self.protections));
            if watch.monitor.all_hold() {
                return watch;
            }
        }
        caught_up(Watch::new(&self.stage, self.protections, self.recipe.sagas))
    }

    /// The read models as far as they are, to be queried.
    pub fn models(&self) -> ReadModels {
        let known = self.watch.clone();
        let mut watch = known.unwrap_or_else(|| Watch::new(&self.stage, self.protections, self.recipe.sagas));
        watch.project(&self.journal, self.now, self.end == Some(End::Quiesced));
        watch.models
    }

    /// The read models as they come out when they are thrown away and the log is read again up to this place.
    pub fn rebuilt_models(&self, up_to: u64) -> ReadModels {
        self.stage.models().rebuilt(|visit| {
            for position in 1..=self.journal.len().min(u32::try_from(up_to).unwrap_or(u32::MAX)) {
                if let Some(event) = self.journal.event(Position(position)) {
                    observe(&self.journal, position, event, |observed| visit(observed));
                }
            }
        })
    }

    /// Lets the watch see what was committed, and records what it finds.
    pub(super) fn record_checks(&mut self) {
        let Some(mut watch) = self.watch.take() else { return };
        let quiesced = self.end == Some(End::Quiesced);
        let turns = watch.catch_up(&self.wiring, &self.journal, self.now, quiesced);
        watch.project(&self.journal, self.now, quiesced);
        for turn in turns {
            let event = self.journal.event(Position(u32::try_from(turn.position).unwrap_or(0)));
            let (event, saga) = event.map_or((None, SagaNo::NONE), |event| (Some(event.id), event.saga));
            let stream = format!("check-{}", turn.invariant);
            let invariant = turn.invariant;
            let fact = match turn.standing {
                crate::runtime::monitor::Standing::Broken(breach) => {
                    CheckFact::Broken { invariant, difference: breach.difference.into(), event }
                }
                _ => CheckFact::Restored { invariant, event },
            };
            let context = super::fact_context(self.now, saga, event);
            self.record(context, &stream, "Check", Fact::Check(fact));
        }
        self.watch = Some(watch);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::BuiltIn;
    use crate::runtime::{Commit, EventId};
    use crate::sim::recipe::Recipe;
    use crate::sim::world::{InvariantState, Outcome};

    #[test]
    fn asking_at_the_end_says_what_watching_all_the_time_says() {
        let shop = "shop/fulfilment?sagas=3&fault=process-payment";
        let mut broken = 0;
        for faults in
            ["", ":transient:all", "/reply:lost", "/command:duplicated&without=idempotency", "&limit=9"]
        {
            let line = if faults.is_empty() || faults.starts_with('&') {
                format!("shop/fulfilment?sagas=3{faults}")
            } else {
                format!("{shop}{faults}")
            };
            let recipe = Recipe::parse(&line).unwrap();
            let domain = Arc::new(BuiltIn::named("shop").unwrap().load());
            let mut world = World::new(domain, &recipe).unwrap();
            world.run();
            let mut all_the_time = Watch::new(&world.stage, world.protections, recipe.sagas);
            all_the_time.catch_up(&world.wiring, &world.journal, world.now, world.is_quiescent());
            let standings =
                |watch: &Watch| watch.monitor.reports().map(|it| it.standing.clone()).collect::<Vec<_>>();
            let expected = standings(&all_the_time);
            assert_eq!(standings(&world.watching()), expected, "{line}");
            broken += usize::from(!all_the_time.monitor.all_hold() && world.is_quiescent());
        }
        assert_eq!(broken, 1, "one of them breaks a check and none of the others does");
    }

    #[test]
    fn a_saga_whose_log_breaks_a_rule_is_inconsistent_and_the_others_are_not() {
        let recipe = Recipe::parse("shop/fulfilment?sagas=2").unwrap();
        let domain = Arc::new(BuiltIn::named("shop").unwrap().load());
        for watched in [false, true] {
            let mut world = World::new(Arc::clone(&domain), &recipe).unwrap();
            if watched {
                world = world.watched();
            }
            world.run();
            assert_eq!(world.outcome(SagaNo(2)), Outcome::Completed);
            let mut last = world.journal.events_from(Position(1)).last().unwrap().1.clone();
            last.version += 1;
            last.saga = SagaNo(2);
            last.id = EventId(5);
            last.cause = Some(EventId(7));
            world.journal.commit(&mut Commit { events: vec![last], ..Commit::default() }).unwrap();
            let report = world.report();
            assert_eq!(
                (world.outcome(SagaNo(2)), world.outcome(SagaNo(1))),
                (Outcome::Inconsistent, Outcome::Completed)
            );
            assert_eq!(report.outcomes, [(Outcome::Inconsistent, 1), (Outcome::Completed, 1)]);
            let broken =
                report.invariants.iter().find(|it| matches!(it.state, InvariantState::Broken { .. }));
            assert_eq!(broken.unwrap().code, "G2");
        }
    }
}
