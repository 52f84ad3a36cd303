//! All sagas of a log: which ran, how each stands and what it owes. With a domain file or with facts that a runtime
//! recorded, from those; else from what the other sagas of the log did. Payloads are read only where they are needed,
//! in batches, by whoever lends a [`Fetch`].

use std::sync::Arc;

use super::course::{Course, Letter};
use super::facts::{Said, Seen, is_of_span};
use super::instances::{Instance, Instances};
use super::ledger::{self, Account};
use super::machine::Machine;
use super::mined::{Held, Judgement, Lessons, ShapeLessons};
use super::mined_ledger;
use super::naming::Traits;
use super::outcome::{Confidence, Outcome};
use super::plan::{Plan, Plans};
use super::summary::{StepView, Summary};
use super::undo::UndoPairs;
use super::variants::Variants;
use super::verdict::{Moment, verdict};
use super::worth::{self, Worth};
use crate::base::cancel::CancelToken;
use crate::domain::{Direction, Domain};
use crate::index::{EventLog, TypeId};
use crate::model::{RecordedEvent, Row, SourceId, Timestamp};

/// Reads whole events; `None` for one that cannot be read.
pub type Fetch<'a> = dyn FnMut(&[Row]) -> Vec<Option<RecordedEvent>> + 'a;

/// Events read at a time.
const AT_A_TIME: usize = 4_096;
/// Events of sagas that are judged at a time where next to nothing has to be read.
const JUDGED_AT_A_TIME: usize = 1 << 16;

/// What types begin with that only the history of a workflow engine has.
const HISTORY: &str = "WorkflowExecution";

/// The sagas of a log.
#[derive(Debug)]
pub struct Survey {
    /// Which events are one saga.
    pub instances: Instances,
    /// What names say, by type.
    pub traits: Arc<Vec<Traits>>,
    /// Their shapes.
    pub variants: Arc<Variants>,
    /// What followed what, in the log as a whole.
    pub machine: Arc<Machine>,
    /// What undoes what, in the log as a whole.
    pub undos: Arc<UndoPairs>,
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
    /// The shapes of the sagas of the log as a whole: what is inferred is inferred from these.
    pub(super) learnt: Arc<Variants>,
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
        let machine = Machine::of(log, &traits, &instances, &variants, cancel)?;
        let mut undos = UndoPairs::of(&traits, &instances, &variants);
        worth::compare(log, &instances, &variants, &mut undos, fetch);
        let has = |prefix: &str| traits.iter().any(|info| info.name.starts_with(prefix));
        let moment = Moment {
            is_run: has("run.started"),
            quiesced: is_quiet(log, &traits, log.len() as u64),
            now: log.times().last.map_or(i64::MIN, Timestamp::nanos),
        };
        let variants = Arc::new(variants);
        let has_spans = has_spans(log, fetch);
        let named = ["saga.", "participation.", "dead_letter.", HISTORY].into_iter().any(has);
        let mut survey = Self {
            has_spans,
            has_facts: has_spans || named,
            sagas: Vec::new(),
            domain: domain.cloned(),
            instances,
            traits: Arc::new(traits),
            learnt: Arc::clone(&variants),
            variants,
            machine: Arc::new(machine),
            undos: Arc::new(undos),
            moment,
            counts: [0; Outcome::ALL.len()],
        };
        survey.judge_all(log, fetch, cancel, tell)?;
        Some(survey)
    }

    /// The same sagas as they stood when the event at `rank` was the last that had happened. Those that had not begun
    /// are left out; the others have the places among the instances that they have here. What is inferred is
    /// inferred from the log as a whole. `None` when cancelled.
    pub fn as_of(
        &self,
        log: &EventLog,
        rank: u64,
        fetch: &mut Fetch<'_>,
        cancel: &CancelToken,
        tell: &mut dyn FnMut(usize, usize),
    ) -> Option<Self> {
        let instances = self.instances.until(log, rank);
        let variants = Arc::new(Variants::of(log, &self.traits, &instances));
        let mut survey = Self {
            instances,
            traits: Arc::clone(&self.traits),
            variants,
            machine: Arc::clone(&self.machine),
            undos: Arc::clone(&self.undos),
            sagas: Vec::new(),
            domain: self.domain.clone(),
            moment: Moment {
                is_run: self.moment.is_run,
                quiesced: is_quiet(log, &self.traits, rank + 1),
                now: log.key_of(log.row_at(rank)),
            },
            has_facts: self.has_facts,
            has_spans: self.has_spans,
            counts: [0; Outcome::ALL.len()],
            learnt: Arc::clone(&self.learnt),
        };
        survey.judge_all(log, fetch, cancel, tell)?;
        Some(survey)
    }

    /// What followed what up to the moment of this survey; [`Self::machine`] is of the log as a whole. `None` when
    /// cancelled.
    pub fn machine_so_far(&self, log: &EventLog, cancel: &CancelToken) -> Option<Machine> {
        Machine::of(log, &self.traits, &self.instances, &self.variants, cancel)
    }

    fn lessons(&self) -> Lessons<'_> {
        Lessons::of(&self.traits, &self.machine, &self.undos, &self.learnt)
    }

    fn judge_all(
        &mut self,
        log: &EventLog,
        fetch: &mut Fetch<'_>,
        cancel: &CancelToken,
        tell: &mut dyn FnMut(usize, usize),
    ) -> Option<()> {
        let plans = self.domain.as_deref().map(Plans::of);
        let shapes = Shapes::of(self);
        let judge = Judge { survey: self, log, plans: plans.as_ref(), shapes: &shapes };
        let mut sagas = Vec::with_capacity(self.instances.len());
        let all = self.instances.list();
        let at_a_time = if self.has_facts { AT_A_TIME } else { JUDGED_AT_A_TIME };
        let mut from = 0;
        while from < all.len() {
            if cancel.is_cancelled() {
                return None;
            }
            tell(from, all.len());
            let (mut to, mut events) = (from, 0);
            while to < all.len() && (to == from || events < at_a_time) {
                events += all[to].rows().len();
                to += 1;
            }
            let mut told = judge.read(&all[from..to], fetch);
            let mut unpriced = Vec::new();
            for at in from..to {
                judge.saga(at, &mut told, fetch, &mut sagas, &mut unpriced);
            }
            judge.price(&unpriced, fetch, &mut sagas);
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
        let judge = Judge { survey: self, log, plans: plans.as_ref(), shapes: &Shapes::default() };
        let one = &self.instances.list()[instance];
        let told = judge.read(std::slice::from_ref(one), fetch);
        judge.courses(one, &told)
    }

    /// What an inferred saga holds of what can be undone, and whether an undo is due.
    pub fn with_lessons<T>(&self, work: impl FnOnce(&Lessons<'_>) -> T) -> T {
        work(&self.lessons())
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

/// What a saga owes, before it is known what it is worth.
struct Unpriced<'a> {
    /// Its place among the summaries.
    saga: usize,
    instance: usize,
    /// Everything of it that can be undone.
    held: Vec<Held<'a>>,
}

/// What holds of every saga of a variant, by its place: found once for all of them.
#[derive(Default)]
struct Shapes<'a>(Vec<ShapeKnown<'a>>);

struct ShapeKnown<'a> {
    /// What the log taught.
    lessons: ShapeLessons<'a>,
    /// What happened last.
    current: Option<&'a Arc<str>>,
    is_singular: bool,
    /// A failure may be among its events.
    fails: bool,
    /// It ended with a failure, or something was undone.
    ended_badly: bool,
}

impl<'a> Shapes<'a> {
    fn of(survey: &'a Survey) -> Self {
        let lessons = survey.lessons();
        // What a runtime recorded beside what happened is no part of a shape.
        let beside = survey.traits.iter().any(|info| info.technical && info.failure);
        let of_shape = |shape: &[TypeId]| {
            let info = |id: &TypeId| &survey.traits[id.0 as usize];
            let mut before = None;
            ShapeKnown {
                lessons: lessons.of_shape(shape),
                current: shape.last().map(|id| &info(id).name),
                is_singular: shape
                    .iter()
                    .any(|id| survey.machine.is_singular((before.replace(*id), Some(*id)))),
                fails: beside || shape.iter().any(|id| info(id).failure),
                ended_badly: shape.last().is_some_and(|last| info(last).failure)
                    || shape.iter().any(|id| info(id).is_undo()),
            }
        };
        Self(survey.variants.list.iter().map(|variant| of_shape(&variant.shape)).collect())
    }
}

struct Judge<'a> {
    survey: &'a Survey,
    log: &'a EventLog,
    plans: Option<&'a Plans>,
    shapes: &'a Shapes<'a>,
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
        if self.plans.is_none() && !self.survey.has_facts {
            return Vec::new();
        }
        let name = |row: &Row| &*self.survey.traits[self.log.type_of(*row).0 as usize].name;
        let mut ids: Vec<TypeId> = Vec::new();
        if self.plans.is_some() {
            ids.extend(one.rows().iter().map(|row| self.log.type_of(*row)));
            ids.sort_unstable();
            ids.dedup();
        }
        let types: Vec<&str> = ids.iter().map(|id| &*self.survey.traits[id.0 as usize].name).collect();
        let coordinated = types.iter().any(|name| name.starts_with("saga."));
        let started = one.rows().iter().filter(|row| name(row) == "saga.started");
        let recorded: Vec<&str> = started
            .filter_map(|row| told.of(*row)?.data().get("saga").and_then(serde_json::Value::as_str))
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
                let steps: Vec<&str> = said.filter_map(|said| said.data().get("step")?.as_str()).collect();
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

    fn saga<'s>(
        &'s self,
        at: usize,
        told: &mut Told,
        fetch: &mut Fetch<'_>,
        into: &mut Vec<Summary>,
        unpriced: &mut Vec<Unpriced<'s>>,
    ) {
        let one = &self.survey.instances.list()[at];
        let base = self.base(at, one);
        let courses = self.courses(one, told);
        if courses.is_empty() {
            let inferred = self.inferred(base, one, into.len(), unpriced);
            into.push(inferred);
            return;
        }
        for course in courses {
            let mut summary = base.clone();
            summary.definition.clone_from(&course.plan.name);
            if course.noted || course.plan.is_defined {
                self.known(&mut summary, one, &course, told, fetch);
            } else {
                summary = self.inferred(summary, one, into.len(), unpriced);
                self.overrule(&mut summary, one, &course);
            }
            into.push(summary);
        }
    }

    fn base(&self, at: usize, one: &Instance) -> Summary {
        let (first, last) = (self.log.event(one.first()), self.log.event(one.last()));
        let variant = self.survey.variants.of[at];
        let known = &self.shapes.0[variant as usize];
        let name = |id: TypeId| &self.survey.traits[id.0 as usize].name;
        Summary {
            instance: at,
            definition: None,
            outcome: Outcome::Running,
            confidence: Confidence::CERTAIN,
            variant,
            current: Arc::clone(known.current.unwrap_or_else(|| name(last.event_type))),
            steps: Vec::new(),
            retries: 0,
            owed: Vec::new(),
            started: first.time,
            last: last.time,
            duration: last.key.saturating_sub(first.key).max(0),
            silence: self.survey.moment.now.saturating_sub(last.key).max(0),
            events: one.rows().len(),
            is_singular: known.is_singular,
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
        if !course.plan.undos.is_empty() {
            summary.confidence = Confidence::BY_CALLS;
        }
        // Where an engine says that it is over, no step is in hand.
        let over = course.plan.is_history && course.end.is_some();
        if let Some(current) = course.current().filter(|_| !over) {
            summary.current = Arc::clone(&course.plan.steps[current].name);
        }
        summary.steps = steps(course);
        let beyond = |attempts: u32| attempts.saturating_sub(1);
        let retries = summary.steps.iter().map(|step| beyond(step.attempts) + beyond(step.undo_attempts));
        summary.retries = retries.sum();
        let owes = (0..course.steps.len())
            .any(|at| matches!(ledger::account(course, at), Account::OwedBack | Account::OwedForward));
        if owes {
            let effects = course.steps.iter().flat_map(|step| step.effects.iter().chain(&step.parts));
            let unread: Vec<Row> = effects.copied().filter(|row| told.of(*row).is_none()).collect();
            let read = if unread.is_empty() { Vec::new() } else { fetch(&unread) };
            let lines = ledger::lines(course, &mut |row| {
                if let Some(said) = told.of(row) {
                    return Some(said.data().clone());
                }
                let at = unread.iter().position(|known| *known == row)?;
                read.get(at)?.as_ref()?.data.value()
            });
            summary.owed = ledger::debts(&lines);
        }
    }

    /// Steps and outcome from what the other sagas of the log did. What it owes is left to be priced; it will stand at
    /// `place`.
    fn inferred<'s>(
        &'s self,
        mut summary: Summary,
        one: &Instance,
        place: usize,
        unpriced: &mut Vec<Unpriced<'s>>,
    ) -> Summary {
        let known = &self.shapes.0[summary.variant as usize];
        let counts = |id| count(self.log, one, id);
        let owes = known.lessons.due(&counts).next().is_some();
        if owes {
            let held = known.lessons.held(&counts).collect();
            unpriced.push(Unpriced { saga: place, instance: summary.instance, held });
        }
        let Judgement { outcome, confidence } =
            known.lessons.judge(owes, self.survey.moment, summary.silence);
        summary.outcome = outcome;
        summary.confidence = confidence;
        summary.retries = self.retries(one, known);
        summary
    }

    /// Failures that were followed by another try.
    fn retries(&self, one: &Instance, known: &ShapeKnown<'_>) -> u32 {
        if !known.fails {
            return 0;
        }
        let failure = |id: TypeId| self.survey.traits[id.0 as usize].failure;
        let failures = one.rows().iter().filter(|row| failure(self.log.type_of(**row))).count() as u32;
        if known.ended_badly { failures.saturating_sub(1) } else { failures }
    }

    /// Reads what the effects of some sagas that owe something are worth, all in one go, and notes what each owes.
    fn price(&self, unpriced: &[Unpriced<'_>], fetch: &mut Fetch<'_>, sagas: &mut [Summary]) {
        let mut rows: Vec<Row> = Vec::new();
        for Unpriced { instance, held, .. } in unpriced {
            let is_held =
                |id: TypeId| held.iter().any(|held| [held.pair.effect, held.pair.undo].contains(&id));
            let all = self.survey.instances.list()[*instance].rows();
            rows.extend(all.iter().filter(|row| is_held(self.log.type_of(**row))));
        }
        rows.sort_unstable();
        rows.dedup();
        let mut worths: Vec<Option<Worth>> = Vec::with_capacity(rows.len());
        for part in rows.chunks(AT_A_TIME) {
            worths.extend(fetch(part).into_iter().map(|event| worth::of(&event?.data.value()?)));
        }
        let mut worth = |row: Row| worths[rows.binary_search(&row).ok()?].clone();
        for Unpriced { saga, instance, held } in unpriced {
            let one = &self.survey.instances.list()[*instance];
            sagas[*saga].owed =
                mined_ledger::of(self.log, &self.survey.traits, one, held, false, &mut worth).1;
        }
    }

    /// What a runtime recorded counts for more than what was inferred.
    fn overrule(&self, summary: &mut Summary, one: &Instance, course: &Course) {
        let happened = |row: &Row| !self.survey.traits[self.log.type_of(*row).0 as usize].technical;
        let last = one.rows().iter().rposition(happened).unwrap_or(0);
        // A letter that nothing followed keeps the saga from its end, whatever the end looks like; so does an undo that
        // nobody did: the undos of other steps go on beside it.
        let keeps = |letter: &Letter| {
            let is_last = letter.at > last || self.at_once(letter.parked, one.rows()[last]);
            let is_undo = letter.direction == Direction::Undo;
            letter.open && (!summary.outcome.is_end() || is_last || is_undo)
        };
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

impl Judge<'_> {
    /// Whether two events happened at the same time as far as the first one's clock goes: a queue stamps the copy of a
    /// message in milliseconds, which looks earlier than the message itself.
    fn at_once(&self, one: Row, other: Row) -> bool {
        let times = self.log.event(one).time.zip(self.log.event(other).time);
        times.is_some_and(|(one, other)| {
            let unit = 10_i64.pow(9 - u32::from(one.digits().min(9)));
            one.nanos().div_euclid(unit) == other.nanos().div_euclid(unit)
        })
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

/// Whether a run says after so many events that nothing is under way any more: after its last word on that, nothing
/// happened.
fn is_quiet(log: &EventLog, traits: &[Traits], events: u64) -> bool {
    let names = (0..events).rev().map(|rank| &*traits[log.type_of(log.row_at(rank)).0 as usize].name);
    let mut said = names.take_while(|name| name.starts_with("run.") || name.starts_with("check."));
    said.any(|name| name == "run.quiesced")
}
