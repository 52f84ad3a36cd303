//! Causality as a graph: an event may have several causes. Edges come from the index, from ids inside the events,
//! from places in a workflow's history and, where an event names no cause, from the order of its stream. What does
//! not fit is a finding: causes that are missing, cycles.

use foldhash::{HashMap, HashMapExt as _};

use super::ids::Ids;
use super::survey::Fetch;
use crate::base::cancel::CancelToken;
use crate::index::{EventLog, StreamId};
use crate::model::Row;

/// Events read at a time.
const AT_A_TIME: usize = 1_024;

/// How it is known that one event caused another; the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EdgeKind {
    /// The store says so.
    Cause,
    /// An id inside the event's data or metadata.
    Told,
    /// A place in the history of its workflow.
    Scheduled,
    /// It came next in its stream, and names no cause: inferred.
    StreamOrder,
}

impl EdgeKind {
    /// As JSON and texts spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cause => "cause",
            Self::Told => "told",
            Self::Scheduled => "scheduled",
            Self::StreamOrder => "stream-order",
        }
    }
}

/// Something in the causes that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GraphFinding {
    /// An event names a cause that is not among the events.
    MissingCause {
        /// The event.
        row: Row,
        /// The id it names.
        id: String,
    },
    /// Events that cause each other, from the first of them round.
    Cycle(Vec<Row>),
    /// Causes are named, and none is among the events: said once for all.
    NoneResolves {
        /// Events that name one.
        events: usize,
    },
}

impl std::fmt::Display for GraphFinding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::MissingCause { row, id } => {
                write!(f, "Event {row} names a cause that is not among these events: {id}")
            }
            Self::Cycle(rows) => {
                let rows: Vec<String> = rows.iter().map(ToString::to_string).collect();
                write!(f, "Events cause each other in a circle: {}", rows.join(" → "))
            }
            Self::NoneResolves { events } => write!(
                f,
                "{events} events name a cause, and none of these causes is among these events: they may be a part of a larger log"
            ),
        }
    }
}

/// The causes and effects among some events.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    rows: Vec<Row>,
    places: HashMap<Row, u32>,
    causes: Vec<Vec<(u32, EdgeKind)>>,
    effects: Vec<Vec<(u32, EdgeKind)>>,
    findings: Vec<GraphFinding>,
}

impl Graph {
    /// By the index alone: nothing is read.
    pub fn of_index(log: &EventLog, rows: &[Row]) -> Self {
        let mut graph = Self::empty(rows);
        for (at, row) in rows.iter().enumerate() {
            if let Some(cause) = log.event(*row).cause {
                graph.join(cause, at, EdgeKind::Cause);
            }
        }
        graph.finish()
    }

    /// The same, and what the events themselves say. `None` when cancelled.
    pub fn of(log: &EventLog, rows: &[Row], fetch: &mut Fetch<'_>, cancel: &CancelToken) -> Option<Self> {
        let mut graph = Self::empty(rows);
        let mut ids: Vec<Ids> = Vec::with_capacity(rows.len());
        for part in rows.chunks(AT_A_TIME) {
            if cancel.is_cancelled() {
                return None;
            }
            ids.extend(
                fetch(part).into_iter().map(|event| event.map(|event| Ids::of(&event)).unwrap_or_default()),
            );
        }
        let mut names: HashMap<&str, usize> = HashMap::new();
        let mut versions: HashMap<(StreamId, i64), usize> = HashMap::new();
        for (at, (row, known)) in rows.iter().zip(&ids).enumerate() {
            for name in &known.own {
                names.entry(name).or_insert(at);
            }
            let event = log.event(*row);
            if let (Some(stream), Some(version)) = (event.stream, event.version) {
                versions.entry((stream, version)).or_insert(at);
            }
        }
        let mut last_of_stream: HashMap<StreamId, usize> = HashMap::new();
        let (mut naming, mut resolved) = (0, 0);
        let mut missing = Vec::new();
        for (at, (row, known)) in rows.iter().zip(&ids).enumerate() {
            let event = log.event(*row);
            if let Some(cause) = event.cause {
                graph.join(cause, at, EdgeKind::Cause);
            }
            for id in &known.causes {
                match names.get(id.as_str()) {
                    Some(cause) => graph.join(rows[*cause], at, EdgeKind::Told),
                    None if event.cause.is_some() => {}
                    None => missing.push(GraphFinding::MissingCause { row: *row, id: id.clone() }),
                }
            }
            for version in &known.places {
                let cause = event.stream.and_then(|stream| versions.get(&(stream, *version)));
                if let Some(cause) = cause.filter(|cause| **cause != at) {
                    graph.join(rows[*cause], at, EdgeKind::Scheduled);
                }
            }
            naming += usize::from(!known.causes.is_empty());
            resolved += usize::from(
                !known.causes.is_empty() && (event.cause.is_some() || !graph.causes[at].is_empty()),
            );
            let Some(stream) = event.stream else { continue };
            let before = last_of_stream.insert(stream, at);
            if let Some(before) = before.filter(|_| graph.causes[at].is_empty() && known.causes.is_empty()) {
                graph.join(rows[before], at, EdgeKind::StreamOrder);
            }
        }
        if naming > 1 && resolved == 0 {
            missing = vec![GraphFinding::NoneResolves { events: naming }];
        }
        graph.findings = missing;
        Some(graph.finish())
    }

    fn empty(rows: &[Row]) -> Self {
        Self {
            places: rows.iter().enumerate().map(|(at, row)| (*row, at as u32)).collect(),
            causes: vec![Vec::new(); rows.len()],
            effects: vec![Vec::new(); rows.len()],
            rows: rows.to_vec(),
            findings: Vec::new(),
        }
    }

    /// Adds an edge, if both ends are here, it is new, and it joins two events.
    fn join(&mut self, cause: Row, effect: usize, kind: EdgeKind) {
        let Some(cause) = self.places.get(&cause).copied() else { return };
        let known = self.causes[effect].iter().any(|(place, _)| *place == cause);
        if !known && cause as usize != effect {
            self.causes[effect].push((cause, kind));
            self.effects[cause as usize].push((effect as u32, kind));
        }
    }

    fn finish(mut self) -> Self {
        if let Some(cycle) = self.cycle() {
            self.findings.push(GraphFinding::Cycle(cycle));
        }
        self
    }

    /// The first cycle, if there is one: a walk along causes that meets itself.
    fn cycle(&self) -> Option<Vec<Row>> {
        // 0 not seen, 1 on the way, 2 done.
        let mut marks = vec![0_u8; self.rows.len()];
        for start in 0..self.rows.len() {
            if marks[start] != 0 {
                continue;
            }
            let mut way: Vec<(usize, usize)> = vec![(start, 0)];
            marks[start] = 1;
            while let Some((at, next)) = way.last_mut() {
                let Some((cause, _)) = self.causes[*at].get(*next) else {
                    marks[*at] = 2;
                    way.pop();
                    continue;
                };
                *next += 1;
                let cause = *cause as usize;
                match marks[cause] {
                    0 => {
                        marks[cause] = 1;
                        way.push((cause, 0));
                    }
                    1 => {
                        let from = way.iter().position(|(at, _)| *at == cause).unwrap_or(0);
                        let mut rows: Vec<Row> = way[from..].iter().map(|(at, _)| self.rows[*at]).collect();
                        rows.reverse();
                        return Some(rows);
                    }
                    _ => {}
                }
            }
        }
        None
    }

    /// The events, in the order given.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Place of an event.
    pub fn place(&self, row: Row) -> Option<usize> {
        self.places.get(&row).map(|at| *at as usize)
    }

    /// What caused an event, by place.
    pub fn causes(&self, at: usize) -> &[(u32, EdgeKind)] {
        &self.causes[at]
    }

    /// What an event caused, by place.
    pub fn effects(&self, at: usize) -> &[(u32, EdgeKind)] {
        &self.effects[at]
    }

    /// What does not fit.
    pub fn findings(&self) -> &[GraphFinding] {
        &self.findings
    }

    /// A walk from one event along its causes or its effects: each event once, as deep as it was met first, at most
    /// `limit` of them. The event itself is not among them.
    pub fn walk(&self, row: Row, along: Along, limit: usize) -> Vec<Met> {
        let Some(start) = self.place(row) else { return Vec::new() };
        let mut seen = vec![false; self.rows.len()];
        seen[start] = true;
        let mut met = Vec::new();
        let edges = |at: usize| if along == Along::Causes { &self.causes[at] } else { &self.effects[at] };
        let mut way: Vec<(u32, EdgeKind, usize)> =
            edges(start).iter().rev().map(|(at, kind)| (*at, *kind, 1)).collect();
        while let Some((at, kind, depth)) = way.pop() {
            if met.len() == limit {
                break;
            }
            if std::mem::replace(&mut seen[at as usize], true) {
                continue;
            }
            met.push(Met { row: self.rows[at as usize], kind, depth });
            way.extend(edges(at as usize).iter().rev().map(|(at, kind)| (*at, *kind, depth + 1)));
        }
        met
    }
}

/// Which way a walk goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Along {
    /// Back in time.
    Causes,
    /// Forward.
    Effects,
}

/// An event met on a walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Met {
    /// Which.
    pub row: Row,
    /// How it is known.
    pub kind: EdgeKind,
    /// Edges from where the walk began.
    pub depth: usize,
}

#[cfg(test)]
mod tests;
