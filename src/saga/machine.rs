//! The state machine that the sagas of a log walk through: which type followed which, how often, and how long it
//! took. A saga's state is the type of what happened last.

use std::collections::BTreeMap;

use foldhash::{HashMap, HashMapExt as _};

use super::instances::{Instance, Instances};
use super::naming::Traits;
use super::outcome::{Confidence, permille};
use super::variants::shaping;
use crate::base::cancel::CancelToken;
use crate::index::{EventLog, TypeId};

/// From one type to the next; `None` stands for the beginning and the end.
pub type Edge = (Option<TypeId>, Option<TypeId>);

/// How long something took, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waits {
    /// Half took at most so long.
    pub p50: i64,
    /// Nineteen of twenty.
    pub p95: i64,
    /// Ninety-nine of a hundred.
    pub p99: i64,
}

impl Waits {
    /// Of some waits; sorts them.
    pub fn of(waits: &mut [i64]) -> Self {
        waits.sort_unstable();
        let at = |permille: usize| {
            let place = (waits.len() * permille).div_ceil(1_000).saturating_sub(1);
            waits.get(place).copied().unwrap_or(0)
        };
        Self { p50: at(500), p95: at(950), p99: at(990) }
    }
}

/// One transition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// From where to where.
    pub edge: Edge,
    /// How often it was taken.
    pub count: usize,
    /// In how many sagas.
    pub sagas: usize,
    /// How long it took.
    pub waits: Waits,
}

/// What may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Next {
    /// What; `None`: nothing more.
    pub to: Option<TypeId>,
    /// How often it followed, of [`Next::of`].
    pub count: usize,
    /// How often anything followed, or nothing.
    pub of: usize,
    /// How long it took.
    pub waits: Waits,
}

impl Next {
    /// How likely it is.
    pub fn likelihood(&self) -> Confidence {
        Confidence::share(self.count, self.of)
    }
}

/// Every transition of a log.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    transitions: Vec<Transition>,
    by_edge: HashMap<Edge, u32>,
    /// How long sagas stay where they are, by type.
    stays: HashMap<TypeId, (usize, Waits)>,
    /// The same over all types.
    any_stay: Option<Waits>,
}

#[derive(Default)]
struct Taken {
    waits: Vec<i64>,
    sagas: usize,
    last: usize,
}

/// The moves of one saga: from, to, and the wait between.
pub fn moves<'a>(
    log: &'a EventLog,
    shaping: &'a [bool],
    one: &'a Instance,
) -> impl Iterator<Item = (Option<TypeId>, TypeId, i64)> + 'a {
    let mut before: Option<(TypeId, i64)> = None;
    one.rows().iter().filter_map(move |row| {
        let id = log.type_of(*row);
        if !shaping[id.0 as usize] {
            return None;
        }
        let key = log.key_of(*row);
        let last = before.replace((id, key));
        match last {
            Some((known, _)) if known == id => None,
            Some((known, at)) => Some((Some(known), id, key.saturating_sub(at).max(0))),
            None => Some((None, id, 0)),
        }
    })
}

impl Machine {
    /// Of all sagas. `None` when cancelled.
    pub fn of(
        log: &EventLog,
        traits: &[Traits],
        instances: &Instances,
        cancel: &CancelToken,
    ) -> Option<Self> {
        let shaping = shaping(traits);
        let mut taken: BTreeMap<Edge, Taken> = BTreeMap::new();
        for (number, one) in instances.list().iter().enumerate() {
            if number % 4_096 == 0 && cancel.is_cancelled() {
                return None;
            }
            let mut end = None;
            let mut take = |edge: Edge, wait: i64| {
                let known = taken.entry(edge).or_default();
                known.waits.push(wait);
                if known.last != number + 1 {
                    known.last = number + 1;
                    known.sagas += 1;
                }
            };
            for (from, to, wait) in moves(log, &shaping, one) {
                take((from, Some(to)), wait);
                end = Some(to);
            }
            if end.is_some() {
                take((end, None), 0);
            }
        }
        Some(Self::from(taken))
    }

    fn from(taken: BTreeMap<Edge, Taken>) -> Self {
        let mut stays: HashMap<TypeId, Vec<i64>> = HashMap::new();
        let mut all = Vec::new();
        let mut transitions = Vec::with_capacity(taken.len());
        for (edge, mut known) in taken {
            if let (Some(from), Some(_)) = edge {
                stays.entry(from).or_default().extend(&known.waits);
                all.extend(&known.waits);
            }
            let waits = Waits::of(&mut known.waits);
            transitions.push(Transition { edge, count: known.waits.len(), sagas: known.sagas, waits });
        }
        transitions.sort_by_key(|transition| (std::cmp::Reverse(transition.count), transition.edge));
        let by_edge = transitions.iter().enumerate().map(|(at, known)| (known.edge, at as u32)).collect();
        let stays = stays.into_iter().map(|(id, mut waits)| (id, (waits.len(), Waits::of(&mut waits))));
        let any_stay = (!all.is_empty()).then(|| Waits::of(&mut all));
        Self { transitions, by_edge, stays: stays.collect(), any_stay }
    }

    /// Every transition, the most frequent first.
    pub fn transitions(&self) -> &[Transition] {
        &self.transitions
    }

    /// One transition.
    pub fn transition(&self, edge: Edge) -> Option<&Transition> {
        self.by_edge.get(&edge).map(|at| &self.transitions[*at as usize])
    }

    /// What followed a state, the most frequent first, the end among it.
    pub fn next(&self, from: Option<TypeId>) -> Vec<Next> {
        let known = self.transitions.iter().filter(|known| known.edge.0 == from);
        let all: Vec<&Transition> = known.collect();
        let of = all.iter().map(|known| known.count).sum();
        all.iter()
            .map(|known| Next { to: known.edge.1, count: known.count, of, waits: known.waits })
            .collect()
    }

    /// How long a saga may be quiet in a state before it is longer than ninety-nine of a hundred were; where nothing
    /// ever followed that state, longer than anywhere.
    pub fn patience(&self, state: TypeId) -> Option<i64> {
        let stay = self.stays.get(&state).map(|(_, waits)| *waits).or(self.any_stay);
        stay.map(|waits| waits.p99)
    }

    /// How many sagas that reached a state ended there, in thousandths.
    pub fn end_share(&self, state: TypeId) -> u16 {
        let ended = self.transition((Some(state), None)).map_or(0, |known| known.count);
        let left = self.stays.get(&state).map_or(0, |(count, _)| *count);
        permille(ended, ended + left)
    }

    /// Whether only this one saga ever took a transition: it was never seen before.
    pub fn is_singular(&self, edge: Edge) -> bool {
        self.transition(edge).is_some_and(|known| known.sagas == 1)
            && self.transitions.iter().any(|known| known.sagas > 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_seen() {
        let mut waits: Vec<i64> = (1..=100).rev().collect();
        assert_eq!(Waits::of(&mut waits), Waits { p50: 50, p95: 95, p99: 99 });
        assert_eq!(Waits::of(&mut [7]), Waits { p50: 7, p95: 7, p99: 7 });
        assert_eq!(Waits::of(&mut []), Waits::default());
    }
}
