//! Which events are one saga: those of one correlation; in a source without correlations those of one tree of causes
//! and, without causes, those of one stream. Where events belong to several streams at once (an object-centric log)
//! only streams of the leading type count, each with all events that name it, so that one event may be in several
//! sagas: the type whose streams see most of what happens for the first time in one of them. Objects that are always
//! there (a warehouse, a customer) see the same again and again, and do not lead. A group of one event is no saga. An id
//! that is used again after the end of its first life begins another; what an id means that several sources have is the
//! matter of [`super::spans`]. Row numbers only: no payload, no text.

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _, HashSet};

use super::naming::Traits;
use super::outcome::permille;
use super::shape::{begins, glances};
use super::spans::sagas;
use crate::base::cancel::CancelToken;
use crate::index::{CorrelationId, EventLog, StreamId, StreamInfo, TypeId};
use crate::model::{Row, SourceId};

/// What holds the events of a saga together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// The same correlation id.
    Correlation(CorrelationId),
    /// The same first cause.
    Tree(Row),
    /// The same stream: a workflow's history, or an object.
    Stream(StreamId),
}

/// The events of one saga, in the order of the log.
#[derive(Clone, Debug)]
pub struct Instance {
    /// What holds them together.
    pub key: Key,
    /// From 1; more where the id was used again.
    pub life: u32,
    rows: Arc<Vec<Row>>,
    from: u32,
    to: u32,
    /// The number of its shape, where that is known without a look at its events: it begins once then.
    shape: Option<u64>,
}

impl Instance {
    fn whole(key: Key, rows: Arc<Vec<Row>>) -> Self {
        Self { key, life: 1, from: 0, to: rows.len() as u32, rows, shape: None }
    }

    /// Its events from one place to another, as a life of its own.
    fn cut(&self, life: u32, from: usize, to: usize) -> Self {
        Self { life, from: from as u32, to: to as u32, shape: None, ..self.clone() }
    }

    /// The number of its shape, where that is known already.
    pub(super) fn shape(&self) -> Option<u64> {
        self.shape
    }

    /// Its events.
    pub fn rows(&self) -> &[Row] {
        &self.rows[self.from as usize..self.to as usize]
    }

    /// The event it begins with.
    pub fn first(&self) -> Row {
        self.rows[self.from as usize]
    }

    /// Its last event.
    pub fn last(&self) -> Row {
        self.rows[self.to as usize - 1]
    }

    /// How it is called: its correlation id, its stream or its first event; `~2` for a second life.
    pub fn id(&self, log: &EventLog) -> String {
        let id = match self.key {
            Key::Correlation(correlation) => log.correlation(correlation).id.to_string(),
            Key::Stream(stream) => log.stream(stream).id.to_string(),
            Key::Tree(root) => format!("row-{root}"),
        };
        if self.life > 1 { format!("{id}~{}", self.life) } else { id }
    }

    /// What people call it: the stream in which it begins, else its id.
    pub fn title(&self, log: &EventLog) -> String {
        let home = match self.key {
            Key::Stream(stream) => Some(stream),
            Key::Correlation(_) | Key::Tree(_) => log.event(self.first()).stream,
        };
        home.map_or_else(|| self.id(log), |stream| log.stream(stream).id.to_string())
    }
}

/// Every saga of a log, in the order in which they begin.
#[derive(Clone, Debug, Default)]
pub struct Instances {
    list: Vec<Instance>,
    places: Arc<Places>,
}

/// Where the sagas of a key are in the list.
#[derive(Debug, Default)]
struct Places {
    /// By correlation, the first life; [`NOWHERE`] for one that is no saga.
    correlations: Vec<u32>,
    /// Of every other key the first life.
    others: HashMap<Key, u32>,
    /// Every life of what has several.
    lives: HashMap<Key, Vec<u32>>,
}

/// In [`Places`]: not in the list.
const NOWHERE: u32 = u32::MAX;

impl Places {
    fn of(log: &EventLog, list: &[Instance]) -> Self {
        let mut places = Self { correlations: vec![NOWHERE; log.correlations().len()], ..Self::default() };
        for (at, one) in list.iter().enumerate() {
            let at = at as u32;
            if one.life > 1 {
                let first = places.first(&one.key).copied();
                places.lives.entry(one.key).or_insert_with(|| first.into_iter().collect()).push(at);
            } else if let Key::Correlation(id) = one.key {
                places.correlations[id.0 as usize] = at;
            } else {
                places.others.insert(one.key, at);
            }
        }
        places
    }

    fn first(&self, key: &Key) -> Option<&u32> {
        match key {
            Key::Correlation(id) => self.correlations.get(id.0 as usize).filter(|at| **at != NOWHERE),
            Key::Tree(_) | Key::Stream(_) => self.others.get(key),
        }
    }

    /// The places of every life.
    fn all(&self, key: &Key) -> &[u32] {
        match self.lives.get(key) {
            Some(lives) => lives,
            None => self.first(key).map_or(&[], std::slice::from_ref),
        }
    }
}

impl Instances {
    /// Finds the sagas of a log. `None` when cancelled.
    pub fn of(log: &EventLog, traits: &[Traits], cancel: &CancelToken) -> Option<Self> {
        let (mut list, several) = by_correlation(log, traits);
        let correlated = correlated_sources(log);
        // Correlations are in the order in which they appear.
        let mut in_order = log.sources().len() <= 1 && correlated.iter().all(|correlated| *correlated);
        for (source, _) in correlated.iter().enumerate().filter(|(_, correlated)| !**correlated) {
            if cancel.is_cancelled() {
                return None;
            }
            let source = SourceId(source as u16);
            let trees = by_tree(log, source);
            list.extend(if trees.is_empty() {
                by_stream(log, source, leading_type(log, source).as_deref())
            } else {
                trees
            });
        }
        let mut list = match cut_into_lives(log, traits, list) {
            Ok(cut) => {
                in_order = false;
                cut
            }
            Err(whole) => whole,
        };
        if !in_order && !list.is_sorted_by_key(|one| log.rank_of(one.first())) {
            list.sort_by_cached_key(|one| log.rank_of(one.first()));
        }
        if !several.is_empty() {
            count_lives(&mut list, &several);
        }
        if cancel.is_cancelled() {
            return None;
        }
        let places = Arc::new(Places::of(log, &list));
        Some(Self { list, places })
    }

    /// Those that had begun when the event at `rank` was the last that had happened, each as far as it had come: the
    /// first ones of the list.
    pub(super) fn until(&self, log: &EventLog, rank: u64) -> Self {
        let happened = |row: &Row| log.rank_of(*row) <= rank;
        let begun = self.list.partition_point(|one| happened(&one.first()));
        let list: Vec<Instance> = self.list[..begun]
            .iter()
            .map(|one| {
                let to = one.from + one.rows().partition_point(happened) as u32;
                Instance { to, shape: one.shape.filter(|_| to == one.to), ..one.clone() }
            })
            .collect();
        Self { list, places: Arc::clone(&self.places) }
    }

    /// All of them.
    pub fn list(&self) -> &[Instance] {
        &self.list
    }

    /// Number of sagas.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The sagas that an event belongs to, by their place in the list: an event of several objects is in several.
    pub fn of_event(&self, log: &EventLog, row: Row) -> Vec<usize> {
        let mut keys: Vec<Key> = log.event(row).correlation.map(Key::Correlation).into_iter().collect();
        keys.extend(log.memberships(row).into_iter().map(|(stream, _)| Key::Stream(stream)));
        keys.push(Key::Tree(root_of(log, row)));
        let rank = log.rank_of(row);
        let has = |at: &usize| {
            let one = self.list.get(*at);
            one.is_some_and(|one| one.rows().binary_search_by_key(&rank, |row| log.rank_of(*row)).is_ok())
        };
        let mut found = Vec::new();
        for key in keys {
            found.extend(self.places.all(&key).iter().map(|at| *at as usize).find(has));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The sagas called `name`: by id, else by title.
    pub fn named(&self, log: &EventLog, name: &str) -> Vec<usize> {
        let by = |spelling: &dyn Fn(&Instance) -> String| -> Vec<usize> {
            let found = self.list.iter().enumerate().filter(|(_, one)| spelling(one) == name);
            found.map(|(at, _)| at).collect()
        };
        let found = by(&|one| one.id(log));
        if found.is_empty() { by(&|one| one.title(log)) } else { found }
    }
}

/// Sagas by correlation, and the correlations that are several.
fn by_correlation(log: &EventLog, traits: &[Traits]) -> (Vec<Instance>, HashSet<Key>) {
    let one_source = log.sources().len() <= 1;
    let known = glances(log, traits);
    let groups = log.correlations().iter().zip(known).enumerate().filter(|(_, (_, known))| known.events > 1);
    let (mut list, mut several) = (Vec::new(), HashSet::default());
    for (at, (info, known)) in groups {
        let key = Key::Correlation(CorrelationId(at as u32));
        let shape =
            |events: usize| (!known.again && events == known.events as usize).then(|| known.shape.get());
        // Within one source events are read in order.
        if one_source {
            let rows = Arc::clone(&info.rows);
            list.push(Instance { shape: shape(rows.len()), ..Instance::whole(key, rows) });
            continue;
        }
        let sagas = sagas(log, &info.id, &info.rows).into_iter().filter(|rows| rows.len() > 1);
        let before = list.len();
        list.extend(
            sagas.map(|rows| Instance { shape: shape(rows.len()), ..Instance::whole(key, Arc::new(rows)) }),
        );
        if list.len() > before + 1 {
            several.insert(key);
        }
    }
    (list, several)
}

/// Counts the lives of ids that several sagas have, in the order in which they begin.
fn count_lives(list: &mut [Instance], several: &HashSet<Key>) {
    let mut lives: HashMap<Key, u32> = HashMap::new();
    for one in list.iter_mut().filter(|one| several.contains(&one.key)) {
        let life = lives.entry(one.key).or_default();
        *life += 1;
        one.life = *life;
    }
}

/// For each source whether any of its events has a correlation.
fn correlated_sources(log: &EventLog) -> Vec<bool> {
    let mut correlated = vec![false; log.sources().len()];
    let mut missing = correlated.len();
    for info in log.correlations().iter() {
        for row in info.rows.iter() {
            let known = &mut correlated[usize::from(row.source().0)];
            missing -= usize::from(!*known);
            *known = true;
            // The events of one correlation are mostly of one source: one look is enough while all are known.
            if missing == 0 {
                return correlated;
            }
        }
    }
    correlated
}

/// The first cause of an event; in a cycle the event of it that comes first.
pub(super) fn root_of(log: &EventLog, row: Row) -> Row {
    let mut seen = HashSet::from_iter([row]);
    let mut current = row;
    while let Some(cause) = log.event(current).cause {
        if !seen.insert(cause) {
            // Round the cycle once.
            let (mut first, mut at) = (cause, cause);
            while let Some(next) = log.event(at).cause.filter(|next| *next != cause) {
                first = first.min(next);
                at = next;
            }
            return first;
        }
        current = cause;
    }
    current
}

/// Trees of causes with more than one event. Works with places in the source: a few numbers an event.
fn by_tree(log: &EventLog, source: SourceId) -> Vec<Instance> {
    let events = log.sources()[usize::from(source.0)].events as usize;
    let mut parent: Vec<u32> = (0..events as u32).collect();
    let mut any = false;
    for ordinal in 0..events {
        let cause = log.event(Row::new(source, ordinal)).cause;
        if let Some(cause) = cause.filter(|cause| cause.source() == source) {
            let (one, other) = (find(&mut parent, ordinal as u32), find(&mut parent, cause.ordinal() as u32));
            // The lower number stands for the group, so a cycle is named by its first event.
            parent[one.max(other) as usize] = one.min(other);
            any = true;
        }
    }
    if !any {
        return Vec::new();
    }
    let mut groups: HashMap<u32, Vec<Row>> = HashMap::new();
    for ordinal in 0..events as u32 {
        let root = find(&mut parent, ordinal);
        groups.entry(root).or_default().push(Row::new(source, ordinal as usize));
    }
    let trees = groups.into_values().filter(|rows| rows.len() > 1);
    let mut trees: Vec<Instance> =
        trees.map(|rows| Instance::whole(Key::Tree(root_of(log, rows[0])), Arc::new(rows))).collect();
    trees.sort_by_key(Instance::first);
    trees
}

fn find(parent: &mut [u32], mut at: u32) -> u32 {
    while parent[at as usize] != at {
        parent[at as usize] = parent[parent[at as usize] as usize];
        at = parent[at as usize];
    }
    at
}

/// The aggregate type of the streams that are sagas, where events belong to several streams: the one whose streams
/// cover most events that are the first of their type in such a stream; of equals the one with most types of events,
/// then the one that came first. `None` where every event has one stream at most.
fn leading_type(log: &EventLog, source: SourceId) -> Option<Arc<str>> {
    let events = log.sources()[usize::from(source.0)].events as usize;
    let of_source = || log.streams().iter().filter(|info| info.source == source);
    if of_source().map(StreamInfo::len).sum::<usize>() <= events {
        return None;
    }
    let mut kinds: Vec<Arc<str>> = Vec::new();
    for kind in of_source().filter_map(|info| info.aggregate_type.as_ref()) {
        if !kinds.contains(kind) {
            kinds.push(Arc::clone(kind));
        }
    }
    let score = |kind: &Arc<str>| {
        let mut covered: HashSet<Row> = HashSet::default();
        let mut types: HashSet<TypeId> = HashSet::default();
        for info in of_source().filter(|info| info.aggregate_type.as_ref() == Some(kind) && info.len() > 1) {
            let mut seen: HashSet<TypeId> = HashSet::default();
            covered.extend(info.rows().filter(|row| seen.insert(log.type_of(*row))));
            types.extend(seen);
        }
        (covered.len(), types.len())
    };
    // The last of equals wins, so the first comes last.
    kinds.into_iter().rev().max_by_key(score)
}

/// Streams with more than one event; of one aggregate type alone where one is given.
fn by_stream(log: &EventLog, source: SourceId, kind: Option<&str>) -> Vec<Instance> {
    let streams = log.streams().iter().enumerate();
    streams
        .filter(|(_, info)| info.source == source && info.len() > 1)
        .filter(|(_, info)| kind.is_none() || info.aggregate_type.as_deref() == kind)
        .map(|(at, info)| Instance::whole(Key::Stream(StreamId(at as u32)), Arc::new(info.rows().collect())))
        .collect()
}

/// An id is used again where the type with which its events begin comes after one with which sagas end. `Err` with the
/// list as it was where nothing has to be cut.
fn cut_into_lives(
    log: &EventLog,
    traits: &[Traits],
    list: Vec<Instance>,
) -> Result<Vec<Instance>, Vec<Instance>> {
    let can_begin: Vec<bool> = traits.iter().map(begins).collect();
    let shaped = |row: Row| {
        let id = log.type_of(row);
        can_begin[id.0 as usize].then_some(id)
    };
    let again = |one: &Instance| {
        if one.shape.is_some() {
            return false;
        }
        let mut types = one.rows().iter().filter_map(|row| shaped(*row));
        let first = types.next();
        first.is_some_and(|first| types.any(|id| id == first))
    };
    if !list.iter().any(again) {
        return Err(list);
    }
    let ends = end_types(log, traits, &list);
    let mut cut = Vec::with_capacity(list.len());
    for one in list {
        if !again(&one) {
            cut.push(one);
            continue;
        }
        let Some((at, start)) =
            one.rows().iter().enumerate().find_map(|(at, row)| shaped(*row).map(|id| (at, id)))
        else {
            continue;
        };
        let (mut life, mut from, mut before) = (1, 0, None);
        for (place, row) in one.rows().iter().enumerate().skip(at) {
            let Some(id) = shaped(*row) else { continue };
            let after_end = before.is_some_and(|before: TypeId| ends[before.0 as usize]);
            // A workflow's next run begins with an event that nothing else begins with.
            let begins_run = &*traits[id.0 as usize].name == "WorkflowExecutionStarted";
            if id == start && (after_end || begins_run) && place - from > 1 {
                cut.push(one.cut(life, from, place));
                (life, from) = (life + 1, place);
            }
            before = Some(id);
        }
        // A start alone is no saga, but it is an event of its correlation: it stays with the life before.
        let to = one.rows().len();
        match cut.last_mut() {
            Some(newest) if life > 1 && to - from < 2 => newest.to = to as u32,
            _ => cut.push(one.cut(life, from, to)),
        }
    }
    Ok(cut)
}

/// Types with which most of the groups end that have them, or that name an end.
fn end_types(log: &EventLog, traits: &[Traits], list: &[Instance]) -> Vec<bool> {
    let mut seen = vec![0_usize; traits.len()];
    let mut ended = vec![0_usize; traits.len()];
    let mut stamp = vec![usize::MAX; traits.len()];
    for (number, one) in list.iter().enumerate() {
        let mut end = None;
        for row in one.rows() {
            let at = log.type_of(*row).0 as usize;
            if traits[at].technical {
                continue;
            }
            if stamp[at] != number {
                stamp[at] = number;
                seen[at] += 1;
            }
            end = Some(at);
        }
        if let Some(end) = end {
            ended[end] += 1;
        }
    }
    let named = |info: &Traits| info.good_end || info.is_undo() || info.failure;
    let ends = traits.iter().enumerate().map(|(at, info)| {
        !info.technical && ended[at] > 0 && permille(ended[at], seen[at]) >= 500 && named(info)
    });
    ends.collect()
}
