//! One saga in full: every event with what came in, what it changed and what went out; the ledger; what is still to
//! come. Plain data for a page, a diagram or a text.

use foldhash::{HashMap, HashMapExt as _};
use serde_json::Value;

use super::ahead::{Ahead, ahead};
use super::course::Course;
use super::facts::{Said, Seen, Sign};
use super::graph::{EdgeKind, Graph};
use super::ledger::{self, Line};
use super::mined::Held;
use super::mined_ledger;
use super::pivot::{self, Pivot};
use super::summary::Summary;
use super::survey::{Fetch, Survey, count};
use super::timeouts::{Timeout, timeouts};
use super::worth;
use crate::base::cancel::CancelToken;
use crate::index::{EventLog, StreamId, TypeId};
use crate::model::{RecordedEvent, Row, Timestamp};
use crate::replay::Change;

/// Events of a saga that are kept while its page is made; those of a longer one are read each time they are needed.
const KEPT_MAX: usize = 1 << 16;

/// One event of a saga.
#[expect(clippy::struct_excessive_bools, reason = "each is a mark of its own on the row")]
#[derive(Clone, Debug)]
pub struct PageRow {
    /// Which.
    pub row: Row,
    /// Its type.
    pub event_type: TypeId,
    /// Its home stream.
    pub stream: Option<StreamId>,
    /// When.
    pub time: Option<Timestamp>,
    /// Since the event before it, in nanoseconds.
    pub wait: i64,
    /// What it says about a step or about the saga; `None` where it says nothing, or nobody knows.
    pub sign: Option<Sign>,
    /// What caused it, among the events of the saga.
    pub incoming: Vec<(Row, EdgeKind)>,
    /// What it caused.
    pub outgoing: Vec<(Row, EdgeKind)>,
    /// What it changed in the state of its stream: before and after.
    pub changes: Vec<Change>,
    /// Its type tells of a failure.
    pub failure: bool,
    /// Its type tells of an undo.
    pub undo: bool,
    /// Recorded beside what happened: a runtime's fact.
    pub technical: bool,
    /// No other saga of the log ever came this way.
    pub is_singular: bool,
}

/// A saga in full.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// What a list says of it.
    pub summary: Summary,
    /// Its steps with every attempt, where they are known; else they are inferred.
    pub course: Option<Course>,
    /// Its events, in order.
    pub rows: Vec<PageRow>,
    /// Its effects and their undos.
    pub ledger: Vec<Line>,
    /// Its point of no return, where one is known.
    pub pivot: Option<Pivot>,
    /// Its timeouts, by the rows of the events that set them; one that fired twice is here twice.
    pub timeouts: Vec<Timeout>,
    /// Those that fired, by the rows of the events that tell of it, with their places among the timeouts.
    fired: Vec<(Row, usize)>,
    /// What is still to come, the next first.
    pub ahead: Vec<Ahead>,
    /// Its causes and effects.
    pub graph: Graph,
}

/// What an event changed in the state of its stream.
pub type Changes<'a> = dyn FnMut(Row) -> Vec<Change> + 'a;

impl Page {
    /// Of the saga at this place of a survey. `None` when cancelled or when there is no such place.
    pub fn of(
        log: &EventLog,
        survey: &Survey,
        at: usize,
        fetch: &mut Fetch<'_>,
        changes: &mut Changes<'_>,
        cancel: &CancelToken,
    ) -> Option<Self> {
        let summary = survey.sagas.get(at)?.clone();
        let one = &survey.instances.list()[summary.instance];
        // Its steps, its causes and its rows each look at what the events say: they are read once.
        let mut kept: HashMap<Row, Option<RecordedEvent>> = HashMap::new();
        let keeps = one.rows().len() <= KEPT_MAX;
        let fetch: &mut Fetch<'_> = &mut |rows: &[Row]| {
            if !keeps {
                return fetch(rows);
            }
            let missing: Vec<Row> = rows.iter().copied().filter(|row| !kept.contains_key(row)).collect();
            if !missing.is_empty() {
                let read = fetch(&missing);
                kept.extend(missing.into_iter().zip(read));
            }
            rows.iter().map(|row| kept.get(row).cloned().flatten()).collect()
        };
        let courses = survey.courses(log, summary.instance, fetch).into_iter();
        let known = courses.filter(|course| course.noted || course.plan.is_defined);
        let plan = known.map(|course| course.plan).find(|plan| plan.name == summary.definition);
        let mut course = plan.map(Course::new);
        let graph = Graph::of(log, one.rows(), fetch, cancel)?;
        let mut rows = Vec::with_capacity(one.rows().len());
        let mut told: HashMap<Row, Value> = HashMap::with_capacity(one.rows().len());
        let (mut before, mut state): (Option<i64>, Option<TypeId>) = (None, None);
        for part in one.rows().chunks(256) {
            if cancel.is_cancelled() {
                return None;
            }
            for (row, event) in part.iter().zip(fetch(part)) {
                let said = event.as_ref().map(Said::of);
                let known = log.event(*row);
                let info = &survey.traits[known.event_type.0 as usize];
                let seen = Seen {
                    row: *row,
                    event_type: &info.name,
                    time: known.time,
                    key: known.key,
                    said: said.as_ref(),
                };
                let sign = course.as_mut().and_then(|course| course.fold(&seen));
                let place = graph.place(*row).unwrap_or_default();
                let joined = |edges: &[(u32, EdgeKind)]| {
                    edges.iter().map(|(at, kind)| (graph.rows()[*at as usize], *kind)).collect()
                };
                let edge = (state, Some(known.event_type));
                let moved = !info.technical && state != Some(known.event_type);
                rows.push(PageRow {
                    row: *row,
                    event_type: known.event_type,
                    stream: known.stream,
                    time: known.time,
                    wait: before
                        .replace(known.key)
                        .map_or(0, |before| known.key.saturating_sub(before).max(0)),
                    sign,
                    incoming: joined(graph.causes(place)),
                    outgoing: joined(graph.effects(place)),
                    changes: changes(*row),
                    failure: info.failure,
                    undo: info.is_undo(),
                    technical: info.technical,
                    is_singular: moved && survey.machine.is_singular(edge),
                });
                if moved {
                    state = Some(known.event_type);
                }
                told.insert(*row, said.map(|said| said.data().clone()).unwrap_or_default());
            }
        }
        let mut data = |row: Row| told.get(&row).cloned();
        let ledger = match &course {
            Some(course) => ledger::lines(course, &mut data),
            None => inferred(log, survey, &summary, &mut data),
        };
        let pivot = match &course {
            Some(course) => pivot::known(course, &rows),
            None => pivot::inferred(log, &survey.traits, &survey.learnt, one, &ledger),
        };
        let timeouts = timeouts(course.as_ref(), &rows, &survey.traits, &mut data);
        let places = timeouts.iter().enumerate();
        let mut fired: Vec<(Row, usize)> =
            places.filter_map(|(at, timeout)| Some((timeout.fired?, at))).collect();
        fired.sort_unstable();
        let ahead = ahead(survey, &summary, course.as_ref());
        let (id, title) = (one.id(log), one.title(log));
        Some(Self { id, title, summary, course, rows, ledger, pivot, timeouts, fired, ahead, graph })
    }

    /// The timeout that an event set.
    pub fn timeout_set_by(&self, row: Row) -> Option<&Timeout> {
        let at = self.timeouts.binary_search_by_key(&row, |timeout| timeout.set).ok()?;
        self.timeouts.get(at)
    }

    /// The timeout that an event tells of.
    pub fn timeout_fired_as(&self, row: Row) -> Option<&Timeout> {
        let at = self.fired.binary_search_by_key(&row, |(fired, _)| *fired).ok()?;
        self.timeouts.get(self.fired[at].1)
    }

    /// Whether its steps are inferred.
    pub fn is_inferred(&self) -> bool {
        self.course.is_none()
    }
}

/// The lines of a saga of which nobody says what its events mean.
fn inferred(
    log: &EventLog,
    survey: &Survey,
    summary: &Summary,
    data: &mut dyn FnMut(Row) -> Option<Value>,
) -> Vec<Line> {
    let one = &survey.instances.list()[summary.instance];
    let shape = &survey.variants.list[summary.variant as usize].shape;
    let mut worth = |row: Row| worth::of(&data(row)?);
    survey.with_lessons(|lessons| {
        let of_shape = lessons.of_shape(shape);
        let counts = |id| count(log, one, id);
        let held: Vec<Held<'_>> = of_shape.held(&counts).collect();
        mined_ledger::of(log, &survey.traits, one, &held, summary.outcome.is_end(), &mut worth).0
    })
}
