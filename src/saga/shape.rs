//! The shape of a saga as a number, and one look at the whole log that tells it for every correlation. What a shape is
//! for people is the matter of the variants.

use super::naming::Traits;
use crate::index::{EventLog, TypeId};

/// Odd numbers without a pattern: the first bits of π and of e.
const STEP: u64 = 0x2437_f6a8_885a_308d;
const FOLD: u64 = 0xadf8_5458_a2bb_4a9b;
/// Stands for no type.
const NONE: u32 = u32::MAX;

/// A number for a sequence of types: the same for the same sequence, and for another one with a chance of 2^-64.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ShapeNumber(u64);

impl ShapeNumber {
    /// With one more type behind.
    pub(super) fn then(self, id: TypeId) -> Self {
        let wide = u128::from(self.0 ^ (u64::from(id.0) + 1).wrapping_mul(STEP)) * u128::from(FOLD);
        Self((wide as u64) ^ ((wide >> 64) as u64))
    }

    /// The number.
    pub(super) fn get(self) -> u64 {
        self.0
    }
}

/// What one look at the log says of a correlation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Glance {
    first: u32,
    last: u32,
    /// Events in all.
    pub(super) events: u32,
    /// The type with which it begins came again.
    pub(super) again: bool,
    /// Its shape, as if it had one life.
    pub(super) shape: ShapeNumber,
}

/// Whether a type can begin a life: whatever happened, and what a runtime says of a beginning.
pub(super) fn begins(info: &Traits) -> bool {
    !info.technical || &*info.name == "saga.started"
}

/// Looks at every correlation: one pass over the columns, in the order of the log.
pub(super) fn glances(log: &EventLog, traits: &[Traits]) -> Vec<Glance> {
    let new = Glance { first: NONE, last: NONE, events: 0, again: false, shape: ShapeNumber::default() };
    let mut glances = vec![new; log.correlations().len()];
    let kinds: Vec<(bool, bool)> = traits.iter().map(|info| (!info.technical, begins(info))).collect();
    log.scan(|_, id, correlation| {
        let Some(known) = correlation.and_then(|correlation| glances.get_mut(correlation.0 as usize)) else {
            return;
        };
        known.events += 1;
        let (shapes, begins) = kinds[id.0 as usize];
        if begins {
            known.again |= known.first == id.0;
            if known.first == NONE {
                known.first = id.0;
            }
        }
        if shapes && known.last != id.0 {
            known.last = id.0;
            known.shape = known.shape.then(id);
        }
    });
    glances
}
