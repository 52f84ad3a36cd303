//! The shapes of sagas: the sequence of what happened, repeats of the same folded into one. Sagas of the same shape are
//! a variant. Types as numbers: no text is compared.

use foldhash::{HashMap, HashMapExt as _};

use super::instances::{Instance, Instances};
use super::naming::Traits;
use super::shape::ShapeNumber;
use crate::index::{EventLog, TypeId};

/// Sagas of one shape.
#[derive(Clone, Debug)]
pub struct Variant {
    /// What happened, in order, each once however often it came in a row.
    pub shape: Vec<TypeId>,
    /// How many sagas have it.
    pub count: usize,
    /// The first of them, by its place in the list.
    pub first: usize,
}

/// Every variant, the most frequent first.
#[derive(Clone, Debug, Default)]
pub struct Variants {
    /// The variants.
    pub list: Vec<Variant>,
    /// For each saga its variant.
    pub of: Vec<u32>,
}

/// Which types are part of a shape: all that are not technical.
pub(super) fn shaping(traits: &[Traits]) -> Vec<bool> {
    traits.iter().map(|info| !info.technical).collect()
}

/// The shape of one saga.
pub fn shape(log: &EventLog, shaping: &[bool], one: &Instance) -> Vec<TypeId> {
    let mut shape = Vec::with_capacity(one.rows().len());
    for row in one.rows() {
        let id = log.type_of(*row);
        if shaping[id.0 as usize] && shape.last() != Some(&id) {
            shape.push(id);
        }
    }
    shape
}

fn number_of(log: &EventLog, shaping: &[bool], one: &Instance) -> u64 {
    let (mut number, mut last) = (ShapeNumber::default(), None);
    for row in one.rows() {
        let id = log.type_of(*row);
        if shaping[id.0 as usize] && last != Some(id) {
            number = number.then(id);
            last = Some(id);
        }
    }
    number.get()
}

impl Variants {
    /// Of all sagas.
    pub fn of(log: &EventLog, traits: &[Traits], instances: &Instances) -> Self {
        let shaping = shaping(traits);
        let mut known: HashMap<u64, u32> = HashMap::new();
        let mut variants = Self { list: Vec::new(), of: Vec::with_capacity(instances.len()) };
        for (at, one) in instances.list().iter().enumerate() {
            let number = one.shape().unwrap_or_else(|| number_of(log, &shaping, one));
            let number = *known.entry(number).or_insert_with(|| {
                let shape = shape(log, &shaping, one);
                variants.list.push(Variant { shape, count: 0, first: at });
                variants.list.len() as u32 - 1
            });
            variants.list[number as usize].count += 1;
            variants.of.push(number);
        }
        variants.sorted()
    }

    /// The most frequent first; of equals, the one that appeared first.
    fn sorted(mut self) -> Self {
        let mut order: Vec<usize> = (0..self.list.len()).collect();
        order.sort_by_key(|at| std::cmp::Reverse(self.list[*at].count));
        let mut place = vec![0; order.len()];
        for (to, from) in order.iter().enumerate() {
            place[*from] = to as u32;
        }
        self.list = order.iter().map(|at| self.list[*at].clone()).collect();
        for of in &mut self.of {
            *of = place[*of as usize];
        }
        self
    }
}
