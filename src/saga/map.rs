//! The process map: event types as nodes, what followed what as edges, with how often and how long. Two thresholds
//! leave out what is rare; what is kept stays connected.

use std::collections::BTreeMap;

use super::instances::Instance;
use super::machine::{Edge, Machine, Transition, moves};
use super::variants::Variants;
use crate::index::{EventLog, TypeId};

/// How much of the map is shown, in thousandths: 0 shows everything, 1000 only the most frequent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Detail {
    /// Types that come at least so often, measured by the most frequent one.
    pub nodes: u16,
    /// Edges that were taken at least so often, measured by the most frequent one.
    pub edges: u16,
}

/// What stands on the edges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EdgeLabel {
    /// How often.
    #[default]
    Frequency,
    /// How long: half took at most so long.
    Time,
}

/// A type on the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// Which.
    pub id: TypeId,
    /// In how many sagas it comes.
    pub sagas: usize,
    /// How often it comes, several in a row counted once: as often as the ways to it are taken together.
    pub times: usize,
    /// How far down it stands: its usual place in a saga.
    pub layer: usize,
}

/// The map.
#[derive(Clone, Debug, Default)]
pub struct ProcessMap {
    /// Types, from the beginning to the end.
    pub nodes: Vec<Node>,
    /// Transitions between them, the most frequent first; an end that is missing is the beginning or the end.
    pub edges: Vec<Transition>,
    /// Types that are left out.
    pub hidden_nodes: usize,
    /// Transitions that are left out.
    pub hidden_edges: usize,
    /// The earlier moment whose numbers it has, in words; `None`: the end of the log.
    pub as_of: Option<String>,
}

impl ProcessMap {
    /// Of all sagas of a log.
    pub fn of(variants: &Variants, machine: &Machine, detail: Detail) -> Self {
        let mut nodes = nodes(variants);
        let all = nodes.len();
        let most = nodes.iter().map(|node| node.sagas).max().unwrap_or(0);
        nodes.retain(|node| node.sagas * 1_000 >= most * usize::from(detail.nodes));
        let shown = |end: Option<TypeId>| end.is_none_or(|id| nodes.iter().any(|node| node.id == id));
        let between = |known: &&Transition| shown(known.edge.0) && shown(known.edge.1);
        let possible: Vec<Transition> = machine.transitions().iter().filter(between).copied().collect();
        let most = possible.iter().map(|known| known.count).max().unwrap_or(0);
        let frequent = |known: &Transition| known.count * 1_000 >= most * usize::from(detail.edges);
        // The most frequent way into each type and out of it stays, so that no type stands alone.
        let keeps = |at: usize| {
            let (from, to) = possible[at].edge;
            let first = |same: &dyn Fn(&Transition) -> bool| possible.iter().position(same) == Some(at);
            frequent(&possible[at])
                || from.is_some() && first(&|other| other.edge.0 == from)
                || to.is_some() && first(&|other| other.edge.1 == to)
        };
        let edges: Vec<Transition> =
            (0..possible.len()).filter(|at| keeps(*at)).map(|at| possible[at]).collect();
        Self {
            hidden_nodes: all - nodes.len(),
            hidden_edges: machine.transitions().len() - edges.len(),
            nodes,
            edges,
            as_of: None,
        }
    }

    /// The same types and ways with the numbers of an earlier moment: what had not happened by then came 0 times. So
    /// everything stays where it stands while the moment moves.
    #[must_use]
    pub fn as_of(self, then: &Variants, machine: &Machine, moment: &str) -> Self {
        let known = nodes(then);
        let then_of = |node: &Node| known.iter().find(|other| other.id == node.id);
        let zero = |known: &Transition| Transition {
            count: 0,
            sagas: 0,
            waits: super::machine::Waits::default(),
            ..*known
        };
        Self {
            nodes: self
                .nodes
                .iter()
                .map(|node| {
                    let (sagas, times) = then_of(node).map_or((0, 0), |then| (then.sagas, then.times));
                    Node { sagas, times, ..*node }
                })
                .collect(),
            edges: self
                .edges
                .iter()
                .map(|known| machine.transition(known.edge).copied().unwrap_or_else(|| zero(known)))
                .collect(),
            as_of: Some(moment.to_owned()),
            ..self
        }
    }
}

fn nodes(variants: &Variants) -> Vec<Node> {
    // For each type: sagas, the sum of its first places, weighed by sagas, how often it comes, and the variant, counted
    // from 1, that was the last to have it.
    let mut known: BTreeMap<TypeId, (usize, usize, usize, usize)> = BTreeMap::new();
    for (number, variant) in (1..).zip(&variants.list) {
        for (place, id) in variant.shape.iter().enumerate() {
            let (sagas, places, times, newest) = known.entry(*id).or_default();
            *times += variant.count;
            if std::mem::replace(newest, number) != number {
                *sagas += variant.count;
                *places += variant.count * (place + 1);
            }
        }
    }
    let mut placed: Vec<(usize, Node)> = known
        .into_iter()
        .map(|(id, (sagas, places, times, _))| {
            (places * 10 / sagas.max(1), Node { id, sagas, times, layer: 0 })
        })
        .collect();
    placed.sort_by_key(|(place, node)| (*place, node.id));
    placed.into_iter().map(|(place, node)| Node { layer: (place + 5) / 10, ..node }).collect()
}

/// Whether a saga took an edge; `shaping` says which types are part of a shape.
pub(super) fn took(log: &EventLog, shaping: &[bool], one: &Instance, edge: Edge) -> bool {
    let mut last = None;
    for (from, to, _) in moves(log, shaping, one) {
        if (from, Some(to)) == edge {
            return true;
        }
        last = Some(to);
    }
    last.is_some() && (last, None) == edge
}
