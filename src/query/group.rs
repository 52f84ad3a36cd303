//! Counting events by what they have in common: by tables of the index, by time, by their sagas, or by a value inside
//! their payloads.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;
use serde_json::Value;

use super::leaf::{Opened, Place};
use super::marks::{Marks, ones};
use super::path::Path;
use super::plan::Ground;
use super::stage::Group;
use crate::base::cancel::CancelToken;
use crate::index::{EventLog, NO_ID, NO_NUMBER, Segment, StreamId, TypeId};
use crate::model::{EventKind, RecordedEvent, Row, SourceId, Timestamp};
use crate::saga::Outcome;

/// Different values that are counted apart; what comes later is counted together.
const VALUES_MAX: usize = 1_000_000;
/// Different values of one event that are counted.
const VALUES_OF_EVENT_MAX: usize = 10_000;
/// Values of one event that are shown side by side.
const VALUES_SIDE_BY_SIDE: usize = 20;
/// Characters of a value that names a group.
const NAME_CHARS: usize = 200;
/// Events that a thread fetches at a time.
const FETCH_AT_A_TIME: usize = 256;

/// What events can be grouped by.
pub struct GroupInfo {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub says: &'static str,
    /// A stage with it.
    pub example: &'static str,
    by: By,
}

impl GroupInfo {
    /// Whether a path follows the name.
    pub fn has_path(&self) -> bool {
        matches!(self.by, By::Value(_))
    }

    /// Whether only payloads tell.
    pub fn of_payload(&self) -> bool {
        matches!(self.by, By::Value(_) | By::Schema)
    }

    /// Whether the sagas of the log must be known.
    pub fn of_sagas(&self) -> bool {
        matches!(self.by, By::Outcome)
    }

    /// Whether groups follow each other in time rather than by size.
    fn in_order(&self) -> bool {
        matches!(self.by, By::Time(_))
    }
}

impl std::fmt::Debug for GroupInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

type NameOf = fn(&Ground<'_>, u32) -> Arc<str>;

/// How the group of an event is found.
enum By {
    /// By a number of the index; numbers with one name are one group, where names can be the same.
    Table {
        distinct: bool,
        ids: for<'a> fn(&Segment<'a>) -> Ids<'a>,
        len: fn(&EventLog) -> usize,
        name: NameOf,
        /// How many events of the whole log are in each group, where the index knows.
        whole: fn(&EventLog) -> Option<Vec<u64>>,
    },
    /// By a number, spelled as it is.
    Number(for<'a> fn(&Segment<'a>) -> &'a [i64]),
    /// By the beginning of its time: so many characters of `2026-03-01T19:02:26`.
    Time(usize),
    Outcome,
    Value(Place),
    Schema,
}

/// A number for each event of a segment.
enum Ids<'a> {
    Column(&'a [u32]),
    Same(u32),
    Kinds(Vec<u32>),
}

const fn group(name: &'static str, says: &'static str, example: &'static str, by: By) -> GroupInfo {
    GroupInfo { name, says, example, by }
}

fn events_of_types(log: &EventLog) -> Vec<u64> {
    log.types().iter().map(|info| info.events).collect()
}

/// Not where some events are in several streams: they count for the one that they were written to.
fn events_of_streams(log: &EventLog) -> Option<Vec<u64>> {
    let events: Vec<u64> = log.streams().iter().map(|info| info.len() as u64).collect();
    log.has_single_streams().then_some(events)
}

fn events_of_correlations(log: &EventLog) -> Vec<u64> {
    log.correlations().iter().map(|info| info.rows.len() as u64).collect()
}

/// Everything that events can be grouped by.
pub static GROUPS: &[GroupInfo] = &[
    group(
        "type",
        "the event type",
        "count by type",
        By::Table {
            distinct: true,
            ids: |segment| Ids::Column(segment.types()),
            len: |log| log.types().len(),
            name: |ground, id| Arc::clone(&ground.log.event_type(TypeId(id)).name),
            whole: |log| Some(events_of_types(log)),
        },
    ),
    group(
        "family",
        "what types have before the first dot, or their first word",
        "count by family",
        By::Table {
            distinct: false,
            ids: |segment| Ids::Column(segment.types()),
            len: |log| log.types().len(),
            name: |ground, id| Arc::clone(&ground.log.event_type(TypeId(id)).family),
            whole: |log| Some(events_of_types(log)),
        },
    ),
    group(
        "stream",
        "the stream that it was written to",
        "top 20 stream",
        By::Table {
            distinct: true,
            ids: |segment| Ids::Column(segment.streams()),
            len: |log| log.streams().len(),
            name: |ground, id| {
                let info = ground.log.stream(StreamId(id));
                match info.aggregate_type {
                    Some(_) => info.name().to_string().into(),
                    None => Arc::clone(&info.id),
                }
            },
            whole: events_of_streams,
        },
    ),
    group(
        "aggregate",
        "the kind of that stream",
        "count by aggregate",
        By::Table {
            distinct: false,
            ids: |segment| Ids::Column(segment.streams()),
            len: |log| log.streams().len(),
            name: |ground, id| ground.log.stream(StreamId(id)).group().into(),
            whole: events_of_streams,
        },
    ),
    group(
        "corr",
        "the correlation id",
        "top 20 corr",
        By::Table {
            distinct: true,
            ids: |segment| Ids::Column(segment.correlations()),
            len: |log| log.correlations().len(),
            name: |ground, id| Arc::clone(&ground.log.correlation(crate::index::CorrelationId(id)).id),
            whole: |log| Some(events_of_correlations(log)),
        },
    ),
    group(
        "source",
        "the file that it was read from",
        "count by source",
        By::Table {
            distinct: false,
            ids: |segment| Ids::Same(u32::from(segment.source.0)),
            len: |log| log.sources().len(),
            name: |ground, id| {
                ground.sources.get(id as usize).map_or_else(|| "?".into(), |name| name.as_str().into())
            },
            whole: |_| None,
        },
    ),
    group(
        "kind",
        "event, command or integration event",
        "count by kind",
        By::Table {
            distinct: true,
            ids: |segment| Ids::Kinds(segment.traits().map(|(kind, _)| kind as u32).collect()),
            len: |_| EventKind::ALL.len(),
            name: |_, id| EventKind::ALL[id as usize].as_str().into(),
            whole: |_| None,
        },
    ),
    group("version", "its version in its stream", "top 5 version", By::Number(|segment| segment.versions())),
    group("month", "the month, in UTC", "count by month", By::Time(7)),
    group("day", "the day, in UTC", "count by day", By::Time(10)),
    group("hour", "the hour, in UTC", "count by hour", By::Time(13)),
    group("minute", "the minute, in UTC", "count by minute", By::Time(16)),
    group("saga", "the outcome of its saga", "count by saga", By::Outcome),
    group("schema", "the version of its schema", "count by schema", By::Schema),
    group("data", "a value inside the data", "count by data.status", By::Value(Place::Data)),
    group("meta", "a value inside the metadata", "count by meta.userId", By::Value(Place::Metadata)),
];

/// What `name` names.
pub(super) fn group_called(name: &str) -> Option<&'static GroupInfo> {
    GROUPS.iter().find(|group| group.name.eq_ignore_ascii_case(name))
}

/// How many events have what in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Names with their number of events: the largest first, or in order of time.
    pub groups: Vec<(Arc<str>, u64)>,
    /// Events in groups that are not listed: beyond the largest that were asked for.
    pub others: u64,
    /// How many groups these are.
    pub other_groups: u64,
    /// Events without such a value.
    pub without: u64,
    /// Payloads read.
    pub read: u64,
}

/// Counts events by group; all of them where `top` is `None`. `None` when cancelled; `progress` hears how many payloads
/// of how many are read.
pub fn tally(
    ground: &Ground<'_>,
    marks: &Marks,
    group: &Group,
    top: Option<usize>,
    cancel: &CancelToken,
    progress: &mut dyn FnMut(u64, u64),
) -> Option<Tally> {
    let mut counts = Counts::default();
    match &group.info.by {
        By::Table { distinct, ids, len, name, whole } => {
            let log = ground.log;
            let all = log.len() as u64;
            let known = (marks.len() == all).then(|| whole(log)).flatten();
            let by_id = if let Some(known) = known {
                counts.without = all - known.iter().sum::<u64>();
                known
            } else {
                let mut by_id = vec![0_u64; len(log)];
                counts.without = by_table(log, marks, *ids, &mut by_id, cancel)?;
                by_id
            };
            if *distinct {
                return Some(largest(ground, &by_id, *name, top, counts.without));
            }
            let found = by_id.into_iter().enumerate().filter(|(_, count)| *count > 0);
            counts.add_all(found.map(|(id, count)| (name(ground, id as u32), count)));
        }
        By::Number(column) => {
            let mut numbers: HashMap<i64, u64> = HashMap::new();
            counts.without = each(ground.log, marks, cancel, |segment, at| {
                let number = column(segment)[at];
                let has_one = number != NO_NUMBER;
                if has_one {
                    *numbers.entry(number).or_default() += 1;
                }
                has_one
            })?;
            counts.add_all(numbers.into_iter().map(|(number, count)| (number.to_string().into(), count)));
        }
        By::Time(chars) => by_time(ground.log, marks, *chars, cancel, &mut counts)?,
        By::Outcome => by_outcome(ground, marks, &mut counts),
        By::Value(place) => {
            let path = group.path.clone().unwrap_or_default();
            by_payload(ground, marks, cancel, progress, &mut counts, &|event| {
                event.document(*place).map(|document| values(document, &path)).unwrap_or_default()
            })?;
        }
        By::Schema => by_payload(ground, marks, cancel, progress, &mut counts, &|event| {
            event.schema_version().map(Arc::from).into_iter().collect()
        })?,
    }
    Some(counts.listed(group.info.in_order(), top))
}

impl Group {
    /// What a path leads to in one event, as it would name its groups: several values side by side. `None` where it
    /// leads nowhere, or where the group is none of a value.
    pub fn value_of(&self, event: &RecordedEvent) -> Option<String> {
        let By::Value(place) = &self.info.by else { return None };
        self.value_of_document(Opened::new(event).document(*place)?)
    }

    /// The same in the document that the path leads into.
    pub fn value_of_document(&self, document: &Value) -> Option<String> {
        let mut found = Vec::new();
        self.path.as_ref()?.visit(document, &mut |value| {
            found.push(text_of(value));
            found.len() >= VALUES_SIDE_BY_SIDE
        });
        (!found.is_empty()).then(|| found.join(", "))
    }
}

/// Events by name.
#[derive(Default)]
struct Counts {
    groups: HashMap<Arc<str>, u64>,
    beyond: u64,
    without: u64,
    read: u64,
}

impl Counts {
    fn add(&mut self, name: Arc<str>, count: u64) {
        if self.groups.len() < VALUES_MAX || self.groups.contains_key(&name) {
            *self.groups.entry(name).or_default() += count;
        } else {
            self.beyond += count;
        }
    }

    fn add_all(&mut self, groups: impl IntoIterator<Item = (Arc<str>, u64)>) {
        for (name, count) in groups {
            self.add(name, count);
        }
    }

    fn listed(self, in_order: bool, top: Option<usize>) -> Tally {
        let mut groups: Vec<(Arc<str>, u64)> = self.groups.into_iter().collect();
        groups.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let rest = groups.split_off(top.unwrap_or(usize::MAX).min(groups.len()));
        if in_order {
            groups.sort_unstable();
        }
        Tally {
            groups,
            others: rest.iter().map(|(_, count)| count).sum::<u64>() + self.beyond,
            other_groups: rest.len() as u64 + u64::from(self.beyond > 0),
            without: self.without,
            read: self.read,
        }
    }
}

/// Calls `has_one` with every marked event; how many had none. `None` when cancelled.
fn each(
    log: &EventLog,
    marks: &Marks,
    cancel: &CancelToken,
    mut has_one: impl FnMut(&Segment<'_>, usize) -> bool,
) -> Option<u64> {
    let mut without = 0;
    for source in 0..log.sources().len() {
        let source = SourceId(source as u16);
        for number in 0..log.segments(source) {
            if cancel.is_cancelled() {
                return None;
            }
            let segment = log.segment(source, number);
            for at in ones(&marks.of_segment(&segment)) {
                without += u64::from(!has_one(&segment, at));
            }
        }
    }
    Some(without)
}

/// Counts by number; how many events have none. `None` when cancelled.
fn by_table(
    log: &EventLog,
    marks: &Marks,
    ids: for<'a> fn(&Segment<'a>) -> Ids<'a>,
    by_id: &mut [u64],
    cancel: &CancelToken,
) -> Option<u64> {
    debug_assert!(by_id.len() < NO_ID as usize, "the number that stands for none is no entry");
    let mut without = 0;
    for source in 0..log.sources().len() {
        let source = SourceId(source as u16);
        for number in 0..log.segments(source) {
            if cancel.is_cancelled() {
                return None;
            }
            let segment = log.segment(source, number);
            let bits = marks.of_segment(&segment);
            let mut count = |id: u32| match by_id.get_mut(id as usize) {
                Some(count) => *count += 1,
                None => without += 1,
            };
            match ids(&segment) {
                Ids::Column(column) => ones(&bits).for_each(|at| count(column[at])),
                Ids::Kinds(kinds) => ones(&bits).for_each(|at| count(kinds[at])),
                Ids::Same(id) => ones(&bits).for_each(|_| count(id)),
            }
        }
    }
    Some(without)
}

/// The tally of a table whose entries all have names of their own: only the entries that are listed are named.
fn largest(ground: &Ground<'_>, by_id: &[u64], name: NameOf, top: Option<usize>, without: u64) -> Tally {
    let counted = by_id.iter().zip(0..).filter(|(count, _)| **count > 0);
    let mut found: Vec<(u64, u32)> = counted.map(|(count, id)| (*count, id)).collect();
    let listed = top.unwrap_or(usize::MAX).min(found.len());
    if listed > 0 && listed < found.len() {
        // Which of many equal ones are listed is decided by their numbers, how these are ordered by their names.
        found.select_nth_unstable_by(listed - 1, |a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    }
    let rest = found.split_off(listed);
    let mut groups: Vec<(Arc<str>, u64)> =
        found.into_iter().map(|(count, id)| (name(ground, id), count)).collect();
    groups.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let others = rest.iter().map(|(count, _)| count).sum();
    Tally { groups, others, other_groups: rest.len() as u64, without, read: 0 }
}

fn by_time(
    log: &EventLog,
    marks: &Marks,
    chars: usize,
    cancel: &CancelToken,
    counts: &mut Counts,
) -> Option<()> {
    // Minutes are the finest: a name is made once for each, not for every event.
    let mut minutes: BTreeMap<i64, u64> = BTreeMap::new();
    counts.without = each(log, marks, cancel, |segment, at| {
        let time = segment.times()[at];
        let has_one = time != NO_NUMBER;
        if has_one {
            *minutes.entry(time.div_euclid(60_000_000_000)).or_default() += 1;
        }
        has_one
    })?;
    for (minute, count) in minutes {
        let name = Timestamp::from_nanos(minute.saturating_mul(60_000_000_000), 0).to_string();
        counts.add(name[..chars].into(), count);
    }
    Some(())
}

/// An event in several sagas counts once for each of their outcomes.
fn by_outcome(ground: &Ground<'_>, marks: &Marks, counts: &mut Counts) {
    let mut of_sagas = Marks::none(ground.log);
    for outcome in Outcome::ALL {
        let mut of_outcome = Marks::none(ground.log);
        if let Some(survey) = ground.survey {
            for saga in survey.sagas.iter().filter(|saga| saga.outcome == outcome) {
                let rows = survey.instances.list()[saga.instance].rows();
                for row in rows.iter().filter(|row| marks.contains(**row)) {
                    of_outcome.insert(*row);
                }
            }
        }
        let events = of_outcome.len();
        if events > 0 {
            counts.add(outcome.name().into(), events);
        }
        of_sagas = of_sagas.with(&of_outcome);
    }
    counts.without = marks.len().saturating_sub(of_sagas.len());
}

type NamesOf<'a> = dyn Fn(&Opened<'_>) -> Vec<Arc<str>> + Sync + 'a;

fn by_payload(
    ground: &Ground<'_>,
    marks: &Marks,
    cancel: &CancelToken,
    progress: &mut dyn FnMut(u64, u64),
    counts: &mut Counts,
    names: &NamesOf<'_>,
) -> Option<()> {
    let rows: Vec<Row> = marks.rows().collect();
    for part in rows.chunks(FETCH_AT_A_TIME * 16) {
        if cancel.is_cancelled() {
            return None;
        }
        let read: Vec<Vec<Arc<str>>> = part
            .par_chunks(FETCH_AT_A_TIME)
            .flat_map_iter(|rows| {
                let events = (ground.fetch)(rows);
                events
                    .into_iter()
                    .map(|event| event.map(|event| names(&Opened::new(&event))).unwrap_or_default())
            })
            .collect();
        for names in read {
            counts.without += u64::from(names.is_empty());
            counts.add_all(names.into_iter().map(|name| (name, 1)));
        }
        counts.read += part.len() as u64;
        progress(counts.read, rows.len() as u64);
    }
    Some(())
}

/// The different values that a path leads to, as texts.
fn values(document: &Value, path: &Path) -> Vec<Arc<str>> {
    let mut names: HashSet<Arc<str>> = HashSet::new();
    path.visit(document, &mut |value| {
        names.insert(text_of(value).into());
        names.len() >= VALUES_OF_EVENT_MAX
    });
    names.into_iter().collect()
}

/// A value as it names a group: a text without quotation marks, what is long cut.
fn text_of(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.char_indices().nth(NAME_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
