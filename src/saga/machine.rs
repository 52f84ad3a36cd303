//! The state machine that the sagas of a log walk through: which type followed which, how often, and how long it
//! took. A saga's state is the type of what happened last.

use foldhash::{HashMap, HashMapExt as _};

use super::instances::{Instance, Instances};
use super::naming::Traits;
use super::outcome::{Confidence, permille};
use super::variants::{Variant, Variants, shaping};
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
    /// Of some waits; puts them in another order.
    pub fn of(waits: &mut [i64]) -> Self {
        let all = waits.len();
        let place = |permille: usize| (all * permille).div_ceil(1_000).saturating_sub(1);
        // The highest first: what is below it is to its left then.
        let mut rest = waits;
        let mut at = |permille: usize| {
            let place = place(permille);
            if place >= rest.len() {
                return 0;
            }
            let value = *rest.select_nth_unstable(place).1;
            rest = &mut std::mem::take(&mut rest)[..=place];
            value
        };
        let (p99, p95, p50) = (at(990), at(950), at(500));
        Self { p50, p95, p99 }
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

impl Transition {
    /// Neither the beginning nor the end.
    fn is_move(&self) -> bool {
        self.edge.0.is_some() && self.edge.1.is_some()
    }
}

/// The transitions that the shapes of a log show, without how long they took.
struct Ways {
    transitions: Vec<Transition>,
    /// For each variant the places of its transitions, in order; its end is the last.
    of_variant: Vec<Vec<u32>>,
}

impl Ways {
    fn of(variants: &[Variant]) -> Self {
        let mut places: HashMap<Edge, u32> = HashMap::new();
        let mut transitions: Vec<Transition> = Vec::new();
        let mut of_variant = Vec::with_capacity(variants.len());
        // For each transition the variant, counted from 1, that was the last to have it.
        let mut newest: Vec<usize> = Vec::new();
        for (number, variant) in (1..).zip(variants) {
            let mut ways: Vec<u32> = Vec::with_capacity(variant.shape.len() + 1);
            let mut before = None;
            // A shape without anything in it neither begins nor ends.
            let end = (!variant.shape.is_empty()).then_some(None);
            for to in variant.shape.iter().map(|id| Some(*id)).chain(end) {
                let edge = (before, to);
                let place = *places.entry(edge).or_insert_with(|| {
                    transitions.push(Transition { edge, count: 0, sagas: 0, waits: Waits::default() });
                    newest.push(0);
                    transitions.len() as u32 - 1
                });
                let known = &mut transitions[place as usize];
                known.count += variant.count;
                if std::mem::replace(&mut newest[place as usize], number) != number {
                    known.sagas += variant.count;
                }
                ways.push(place);
                before = to;
            }
            of_variant.push(ways);
        }
        Self { transitions, of_variant }
    }
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
    /// Of all sagas, whose shapes are known. `None` when cancelled.
    pub fn of(
        log: &EventLog,
        traits: &[Traits],
        instances: &Instances,
        variants: &Variants,
        cancel: &CancelToken,
    ) -> Option<Self> {
        let ways = Ways::of(&variants.list);
        let room = |known: &Transition| if known.is_move() { known.count } else { 0 };
        let mut waits: Vec<Vec<i64>> =
            ways.transitions.iter().map(|known| Vec::with_capacity(room(known))).collect();
        let shaping = shaping(traits);
        for (number, (one, variant)) in instances.list().iter().zip(&variants.of).enumerate() {
            if number % 4_096 == 0 && cancel.is_cancelled() {
                return None;
            }
            // The shape says which transitions come; the events only how long each took.
            let mut slots = ways.of_variant[*variant as usize].iter();
            for (from, _, wait) in moves(log, &shaping, one) {
                if let Some(slot) = slots.next().filter(|_| from.is_some()) {
                    waits[*slot as usize].push(wait);
                }
            }
        }
        Some(Self::from(ways.transitions, waits))
    }

    fn from(mut transitions: Vec<Transition>, waits: Vec<Vec<i64>>) -> Self {
        let mut stays: HashMap<TypeId, Vec<i64>> = HashMap::new();
        let mut all = Vec::with_capacity(waits.iter().map(Vec::len).sum());
        for (known, mut waits) in transitions.iter_mut().zip(waits) {
            if let (Some(from), Some(_)) = known.edge {
                stays.entry(from).or_default().extend(&waits);
                all.extend(&waits);
            }
            known.waits = Waits::of(&mut waits);
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
