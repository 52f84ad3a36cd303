//! All sagas of a log: which ran, how each stands and what it owes. With a domain file or with facts that a runtime
//! recorded, from those; else from what the other sagas of the log did. Payloads are read only where they are needed,
//! in batches, by whoever lends a [`Fetch`].

use std::sync::Arc;

use super::course::{Course, Letter};
use super::facts::{Said, Seen, is_of_span};
use super::instances::{Instance, Instances};
use super::ledger::{self, Account, Debt};
use super::machine::Machine;
use super::mined::{Held, Judgement, Lessons};
use super::naming::Traits;
use super::outcome::{Confidence, Outcome};
use super::plan::{Plan, Plans};
use super::summary::{StepView, Summary};
use super::undo::UndoPairs;
use super::variants::Variants;
use super::verdict::{Moment, verdict};
use super::worth;
use crate::base::cancel::CancelToken;
use crate::domain::{Direction, Domain, Money};
use crate::index::{EventLog, TypeId};
use crate::model::{RecordedEvent, Row, SourceId, Timestamp};

/// Reads whole events; `None` for one that cannot be read.
pub type Fetch<'a> = dyn FnMut(&[Row]) -> Vec<Option<RecordedEvent>> + 'a;

/// Events read at a time.
const AT_A_TIME: usize = 1_024;

/// The sagas of a log.
#[derive(Debug)]
pub struct Survey {
    /// Which events are one saga.
    pub instances: Instances,
    /// What names say, by type.
    pub traits: Vec<Traits>,
    /// Their shapes.
    pub variants: Variants,
    /// What followed what.
    pub machine: Machine,
    /// What undoes what.
    pub undos: UndoPairs,
    /// Every saga, in the order in which they begin. One instance that follows two definitions is here twice.
    pub sagas: Vec<Summary>,
    /// The domain it was seen by.
    pub domain: Option<Arc<Domain>>,
    /// What is known of the log as a whole.
    pub moment: Moment,
    /// Whether a runtime recorded facts about its sagas.
    pub has_facts: bool,
    /// Whether there are spans of traces.
    pub has_spans: bool,
    /// How many sagas have each outcome, in the order of [`Outcome::ALL`].
    pub counts: [usize; Outcome::ALL.len()],
}

impl Survey {
    /// Finds and judges the sagas of a log; `tell` hears how many of how many are done. `None` when cancelled.
    pub fn of(
        log: &EventLog,
        domain: Option<&Arc<Domain>>,
        fetch: &mut Fetch<'_>,
        cancel: &CancelToken,
        tell: &mut dyn FnMut(usize, usize),
    ) -> Option<Self> {
        let traits = Traits::of_log(log);
        let instances = Instances::of(log, &traits, cancel)?;
        let variants = Variants::of(log, &traits, &instances);
        let machine = Machine::of(log, &traits, &instances, cancel)?;
        let mut undos = UndoPairs::of(&traits, &instances, &variants);
        worth::compare(log, &instances, &variants, &mut undos, fetch);
        let has = |prefix: &str| traits.iter().any(|info| info.name.starts_with(prefix));
        let moment = Moment {
            is_run: has("run.started"),
            quiesced: is_quiet(log, &traits),
            now: log.times().last.map_or(i64::MIN, Timestamp::nanos),
        };
        let has_spans = has_spans(log, fetch);
        let mut survey = Self {
            has_spans,
            has_facts: has_spans || has("saga.") || has("participation.") || has("dead_letter."),
            sagas: Vec::with_capacity(instances.len()),
            domain: domain.cloned(),
            instances,
            traits,
            variants,
            machine,
            undos,
            moment,
            counts: [0; Outcome::ALL.len()],
        };
        survey.judge_all(log, fetch, cancel, tell)?;
        Some(survey)
    }

    fn judge_all(
        &mut self,
        log: &EventLog,
        fetch: &mut Fetch<'_>,
        cancel: &CancelToken,
        tell: &mut dyn FnMut(usize, usize),
    ) -> Option<()> {
        let plans = self.domain.as_deref().map(Plans::of);
        let lessons = Lessons::of(&self.traits, &self.machine, &self.undos, &self.variants);
        let judge = Judge { survey: self, log, plans: plans.as_ref(), lessons };
        let mut sagas = Vec::with_capacity(self.instances.len());
        let all = self.instances.list();
        let mut from = 0;
        while from < all.len() {
            if cancel.is_cancelled() {
                return None;
            }
            tell(from, all.len());
            let (mut to, mut events) = (from, 0);
            while to < all.len() && (to == from || events < AT_A_TIME) {
                events += all[to].rows().len();
                to += 1;
            }
            let mut told = judge.read(&all[from..to], fetch);
            for at in from..to {
                judge.saga(at, &mut told, fetch, &mut sagas);
            }
            from = to;
        }
        tell(all.len(), all.len());
        self.counts = Outcome::ALL.map(|outcome| sagas.iter().filter(|saga| saga.outcome == outcome).count());
        self.sagas = sagas;
        Some(())
    }

    /// The courses of one saga whose steps are known, one for each definition that it follows. Empty where its steps
    /// are inferred.
    pub fn courses(&self, log: &EventLog, instance: usize, fetch: &mut Fetch<'_>) -> Vec<Course> {
        let plans = self.domain.as_deref().map(Plans::of);
        let lessons = Lessons::of(&self.traits, &self.machine, &self.undos, &self.variants);
        let judge = Judge { survey: self, log, plans: plans.as_ref(), lessons };
        let one = &self.instances.list()[instance];
        let told = judge.read(std::slice::from_ref(one), fetch);
        judge.courses(one, &told)
    }

    /// What an inferred saga holds of what can be undone, and whether an undo is due.
    pub fn with_lessons<T>(&self, work: impl FnOnce(&Lessons<'_>) -> T) -> T {
        work(&Lessons::of(&self.traits, &self.machine, &self.undos, &self.variants))
    }

    /// The sagas that an event belongs to.
    pub fn of_event(&self, log: &EventLog, row: Row) -> Vec<usize> {
        let of_one = |instance: usize| {
            let from = self.sagas.partition_point(|saga| saga.instance < instance);
            (from..self.sagas.len()).take_while(move |at| self.sagas[*at].instance == instance)
        };
        self.instances.of_event(log, row).into_iter().flat_map(of_one).collect()
    }

    /// The saga that needs a person most; the first of several.
    pub fn neediest(&self) -> Option<usize> {
        self.sagas.iter().enumerate().min_by_key(|(_, saga)| saga.outcome).map(|(at, _)| at)
    }

    /// The sagas by id or title.
    pub fn named(&self, log: &EventLog, name: &str) -> Vec<usize> {
        let instances = self.instances.named(log, name);
        let found = self.sagas.iter().enumerate().filter(|(_, saga)| instances.contains(&saga.instance));
        found.map(|(at, _)| at).collect()
    }
}

/// What was read of some events, by their place in order of rows.
struct Told(Vec<(Row, Said)>);

impl Told {
    fn of(&self, row: Row) -> Option<&Said> {
        let at = self.0.binary_search_by_key(&row, |(row, _)| *row).ok()?;
        Some(&self.0[at].1)
    }
}

struct Judge<'a> {
    survey: &'a Survey,
    log: &'a EventLog,
    plans: Option<&'a Plans>,
    lessons: Lessons<'a>,
}

impl Judge<'_> {
    /// Reads what has to be read of some sagas: everything where a runtime recorded facts, else nothing.
    fn read(&self, sagas: &[Instance], fetch: &mut Fetch<'_>) -> Told {
        if !self.survey.has_facts {
            return Told(Vec::new());
        }
        let transport = |row: &Row| {
            let name = &self.survey.traits[self.log.type_of(*row).0 as usize].name;
            !self.survey.has_spans
                && ["message.", "service.", "run."].iter().any(|prefix| name.starts_with(prefix))
        };
        let rows = sagas.iter().flat_map(Instance::rows).copied().filter(|row| !transport(row));
        let mut rows: Vec<Row> = rows.collect();
        rows.sort_unstable();
        rows.dedup();
        let mut told = Vec::with_capacity(rows.len());
        for part in rows.chunks(AT_A_TIME) {
            let events = fetch(part);
            let read = part.iter().zip(events).filter_map(|(row, event)| Some((*row, Said::of(&event?))));
            told.extend(read);
        }
        Told(told)
    }

    fn courses(&self, one: &Instance, told: &Told) -> Vec<Course> {
        let name = |row: &Row| &*self.survey.traits[self.log.type_of(*row).0 as usize].name;
        let mut types: Vec<&str> = one.rows().iter().map(name).collect();
        types.sort_unstable();
        types.dedup();
        let coordinated = types.iter().any(|name| name.starts_with("saga."));
        let started = one.rows().iter().filter(|row| name(row) == "saga.started");
        let recorded: Vec<&str> = started
            .filter_map(|row| told.of(*row)?.data.get("saga").and_then(serde_json::Value::as_str))
            .collect();
        let mut plans: Vec<Plan> = Vec::new();
        if let Some(known) = self.plans {
            for plan in recorded.iter().filter_map(|name| known.named(name)) {
                if plans.iter().all(|other| other.name != plan.name) {
                    plans.push(plan.clone());
                }
            }
            if plans.is_empty() {
                plans.extend(known.of_types(&types, coordinated).into_iter().cloned());
            }
            // Where nothing happened that a definition knows, a dead letter may name its step.
            if plans.is_empty() {
                let said = one.rows().iter().filter_map(|row| told.of(*row));
                let steps: Vec<&str> = said.filter_map(|said| said.data.get("step")?.as_str()).collect();
                plans.extend(known.of_steps(&steps, coordinated).cloned());
            }
        }
        if plans.is_empty() && self.survey.has_facts {
            let mut plan = Plan::unknown();
            let is_trace = one.rows().iter().any(|row| told.of(*row).is_some_and(Said::is_of_span));
            let recorded: Option<Arc<str>> = recorded.first().map(|name| (*name).into());
            plan.name = recorded.or_else(|| is_trace.then(|| "trace".into()));
            plans.push(plan);
        }
        plans.into_iter().map(|plan| self.course(one, plan, told)).collect()
    }

    fn course(&self, one: &Instance, plan: Plan, told: &Told) -> Course {
        let mut course = Course::new(plan);
        for row in one.rows() {
            let known = self.log.event(*row);
            course.fold(&Seen {
                row: *row,
                event_type: &self.survey.traits[known.event_type.0 as usize].name,
                time: known.time,
                key: known.key,
                said: told.of(*row),
            });
        }
        course
    }

    fn saga(&self, at: usize, told: &mut Told, fetch: &mut Fetch<'_>, into: &mut Vec<Summary>) {
        let one = &self.survey.instances.list()[at];
        let base = self.base(at, one);
        let courses = self.courses(one, told);
        if courses.is_empty() {
            into.push(self.inferred(base, one, fetch));
            return;
        }
        for course in courses {
            let mut summary = base.clone();
            summary.definition.clone_from(&course.plan.name);
            if course.noted || course.plan.is_defined {
                self.known(&mut summary, one, &course, told, fetch);
            } else {
                summary = self.inferred(summary, one, fetch);
                self.overrule(&mut summary, one, &course);
            }
            into.push(summary);
        }
    }

    fn base(&self, at: usize, one: &Instance) -> Summary {
        let (first, last) = (self.log.event(one.first()), self.log.event(one.last()));
        let shape = &self.survey.variants.list[self.survey.variants.of[at] as usize].shape;
        let mut before = None;
        let singular = shape.iter().any(|id| {
            let edge = (before.replace(*id), Some(*id));
            self.survey.machine.is_singular(edge)
        });
        let name = |id: &TypeId| Arc::clone(&self.survey.traits[id.0 as usize].name);
        Summary {
            instance: at,
            definition: None,
            outcome: Outcome::Running,
            confidence: Confidence::CERTAIN,
            variant: self.survey.variants.of[at],
            current: shape.last().map_or_else(|| name(&last.event_type), name),
            steps: Vec::new(),
            retries: 0,
            owed: Vec::new(),
            started: first.time,
            last: last.time,
            duration: last.key.saturating_sub(first.key).max(0),
            silence: self.survey.moment.now.saturating_sub(last.key).max(0),
            events: one.rows().len(),
            is_singular: singular,
        }
    }

    fn known(
        &self,
        summary: &mut Summary,
        one: &Instance,
        course: &Course,
        told: &Told,
        fetch: &mut Fetch<'_>,
    ) {
        let last = self.log.key_of(one.last());
        let state = self.survey.variants.list[summary.variant as usize].shape.last();
        let patience = state.and_then(|state| self.survey.machine.patience(*state));
        summary.outcome = verdict(course, self.survey.moment, last, patience);
        if let Some(current) = course.current() {
            summary.current = Arc::clone(&course.plan.steps[current].name);
        }
        summary.steps = steps(course);
        let beyond = |attempts: u32| attempts.saturating_sub(1);
        let retries = summary.steps.iter().map(|step| beyond(step.attempts) + beyond(step.undo_attempts));
        summary.retries = retries.sum();
        let owes = (0..course.steps.len())
            .any(|at| matches!(ledger::account(course, at), Account::OwedBack | Account::OwedForward));
        if owes {
            let lines = ledger::lines(course, &mut |row| match told.of(row) {
                Some(said) => Some(said.data.clone()),
                None => fetch(&[row]).pop().flatten().and_then(|event| event.data.value()),
            });
            summary.owed = ledger::debts(&lines);
        }
    }

    /// Steps and outcome from what the other sagas of the log did.
    fn inferred(&self, mut summary: Summary, one: &Instance, fetch: &mut Fetch<'_>) -> Summary {
        let shape = &self.survey.variants.list[summary.variant as usize].shape;
        let held = self.lessons.held(shape, &|id| count(self.log, one, id));
        let Judgement { outcome, confidence } =
            self.lessons.judge(shape, &held, self.survey.moment, summary.silence);
        summary.outcome = outcome;
        summary.confidence = confidence;
        summary.retries = self.retries(one, shape);
        summary.owed = held.iter().filter(|held| held.due).map(|held| self.debt(one, held, fetch)).collect();
        summary
    }

    /// Failures that were followed by another try.
    fn retries(&self, one: &Instance, shape: &[TypeId]) -> u32 {
        let failure = |id: TypeId| self.survey.traits[id.0 as usize].failure;
        let ended_badly = shape.last().is_some_and(|last| failure(*last))
            || shape.iter().any(|id| self.survey.traits[id.0 as usize].is_undo());
        let failures = one.rows().iter().filter(|row| failure(self.log.type_of(**row))).count() as u32;
        if ended_badly { failures.saturating_sub(1) } else { failures }
    }

    fn debt(&self, one: &Instance, held: &Held<'_>, fetch: &mut Fetch<'_>) -> Debt {
        let name = |id: TypeId| self.survey.traits[id.0 as usize].name.to_string();
        let times = held.effects.saturating_sub(held.undone) as u32;
        let mut worth = |id: TypeId| -> Option<Vec<Money>> {
            let rows: Vec<Row> =
                one.rows().iter().copied().filter(|row| self.log.type_of(*row) == id).collect();
            fetch(&rows).into_iter().map(|event| worth::of(&event?.data.value()?)).collect()
        };
        let amount = worth::less(worth(held.pair.effect), worth(held.pair.undo));
        let what = amount.as_ref().map_or_else(|| format!("× {times}"), ToString::to_string);
        let text = format!("{}: {} is due, {what}", name(held.pair.effect), name(held.pair.undo));
        Debt { step: name(held.pair.effect), direction: Direction::Undo, times, amount, text }
    }

    /// What a runtime recorded counts for more than what was inferred.
    fn overrule(&self, summary: &mut Summary, one: &Instance, course: &Course) {
        let happened = |row: &Row| !self.survey.traits[self.log.type_of(*row).0 as usize].technical;
        let last = one.rows().iter().rposition(happened).unwrap_or(0);
        // A letter that nothing followed keeps the saga from its end, whatever the end looks like.
        let keeps = |letter: &Letter| letter.open && (!summary.outcome.is_end() || letter.at > last);
        let dead = course.letters().any(keeps);
        let twice = |at: usize| {
            let held = course.steps[at].held();
            held < 0 || held > 1 && !course.plan.steps[at].is_notice()
        };
        summary.steps = steps(course);
        if !course.broken.is_empty() || (0..course.steps.len()).any(twice) {
            summary.outcome = Outcome::Inconsistent;
            summary.confidence = Confidence::CERTAIN;
        } else if dead {
            summary.outcome = Outcome::DeadLettered;
            summary.confidence = Confidence::CERTAIN;
        }
    }
}

fn steps(course: &Course) -> Vec<StepView> {
    let steps = course.plan.steps.iter().enumerate().map(|(at, step)| {
        let (attempts, undo_attempts) = course.attempts(at);
        StepView { name: Arc::clone(&step.name), state: course.state(at), attempts, undo_attempts }
    });
    steps.collect()
}

/// Whether a source begins with a span: then it is one of traces.
fn has_spans(log: &EventLog, fetch: &mut Fetch<'_>) -> bool {
    let sources = log.sources().iter().enumerate().filter(|(_, source)| source.events > 0);
    let first: Vec<Row> = sources.map(|(at, _)| Row::new(SourceId(at as u16), 0)).collect();
    fetch(&first).iter().flatten().any(is_of_span)
}

/// How often a type comes in a saga.
pub fn count(log: &EventLog, one: &Instance, id: TypeId) -> usize {
    one.rows().iter().filter(|row| log.type_of(**row) == id).count()
}

/// Whether a run says that nothing is under way any more: after its last word on that, nothing happened.
fn is_quiet(log: &EventLog, traits: &[Traits]) -> bool {
    let names =
        (0..log.len() as u64).rev().map(|rank| &*traits[log.type_of(log.row_at(rank)).0 as usize].name);
    let mut said = names.take_while(|name| name.starts_with("run.") || name.starts_with("check."));
    said.any(|name| name == "run.quiesced")
}
