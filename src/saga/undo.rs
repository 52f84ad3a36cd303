//! Which event undoes which, mined from a log: by their names, by the order in which they come, and by the amounts
//! they carry where somebody reads those. How sure it is stands beside each.

use std::collections::BTreeMap;

use super::instances::Instances;
use super::naming::Traits;
use super::outcome::{Confidence, permille};
use super::variants::{Variants, shaping};
use crate::index::TypeId;

/// Below this nothing is said.
const SURE_ENOUGH: u16 = 500;

/// An effect and what undoes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UndoPair {
    /// What happened.
    pub effect: TypeId,
    /// What takes it back.
    pub undo: TypeId,
    /// Sagas that have both.
    pub together: usize,
    /// How sure it is, by everything below.
    pub confidence: Confidence,
    /// By their names, in thousandths.
    pub by_name: u16,
    /// By order: of the sagas with the undo, those in which the effect came before it.
    pub by_order: u16,
    /// By amount: of the pairs that were read, those that carry the same one. `None`: nobody read them.
    pub by_amount: Option<u16>,
}

/// Every pair of a log.
#[derive(Clone, Debug, Default)]
pub struct UndoPairs(pub Vec<UndoPair>);

impl UndoPairs {
    /// Of all sagas, by name and order.
    pub fn of(traits: &[Traits], instances: &Instances, variants: &Variants) -> Self {
        let shaping = shaping(traits);
        debug_assert_eq!(instances.len(), variants.of.len());
        // Shapes stand for their sagas: a log has few.
        let mut with_undo: BTreeMap<TypeId, usize> = BTreeMap::new();
        let mut before: BTreeMap<(TypeId, TypeId), usize> = BTreeMap::new();
        for variant in &variants.list {
            let mut seen: Vec<TypeId> = Vec::new();
            let mut undone: Vec<TypeId> = Vec::new();
            for id in variant.shape.iter().filter(|id| shaping[id.0 as usize]) {
                if traits[id.0 as usize].is_undo() && !undone.contains(id) {
                    *with_undo.entry(*id).or_default() += variant.count;
                    for effect in &seen {
                        *before.entry((*effect, *id)).or_default() += variant.count;
                    }
                    undone.push(*id);
                }
                if !seen.contains(id) {
                    seen.push(*id);
                }
            }
        }
        let mut best: Vec<UndoPair> = Vec::new();
        for ((effect, undo), together) in before {
            let by_name = traits[undo.0 as usize].undoes(&traits[effect.0 as usize]);
            let by_order = permille(together, with_undo[&undo]);
            let confidence = Confidence(by_name + (by_order / 5).min(200));
            if by_name > 0 && confidence.0 >= SURE_ENOUGH {
                let pair =
                    UndoPair { effect, undo, together, confidence, by_name, by_order, by_amount: None };
                best.push(pair);
            }
        }
        // An undo takes back one thing: the surest, of equals the one that comes first in the log.
        best.sort_by_key(|pair| (pair.undo, std::cmp::Reverse(pair.confidence), pair.effect));
        best.dedup_by_key(|pair| pair.undo);
        best.sort_by_key(|pair| pair.effect);
        Self(best)
    }

    /// Learns from amounts that were read: of `of` pairs, `same` carried the same amount.
    pub fn learn_amounts(&mut self, undo: TypeId, same: usize, of: usize) {
        if let Some(pair) = self.0.iter_mut().find(|pair| pair.undo == undo).filter(|_| of > 0) {
            let share = permille(same, of);
            pair.by_amount = Some(share);
            let base = pair.by_name + (pair.by_order / 5).min(200);
            // Not quite certain: it is inferred still.
            pair.confidence = Confidence((base + share / 10).saturating_sub((1_000 - share) / 5).min(990));
        }
    }
}
