//! The place of an entry in a list, found by a hash of its key. The list itself stays with its owner, in its own
//! order: nothing here can be iterated, so no hash ever decides in which order things happen, and the same keys give
//! the same answers on every machine. Entries are only added; whoever removes needs a tree.

/// Places in a list of less than 2³² entries, by hash. Open addressing; a clone is one copy of memory.
#[derive(Clone, Debug, Default)]
pub struct Lookup {
    /// Upper half: a part of the hash. Lower half: the place plus one; 0 is an empty slot.
    slots: Vec<u64>,
    len: usize,
}

const SLOTS_MIN: usize = 16;

impl Lookup {
    /// The place that was added under `hash` and for which `is_it` says yes; of several, the one added first.
    pub fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let mask = self.slots.len().checked_sub(1)?;
        let tag = hash >> 32;
        let mut at = tag as usize & mask;
        loop {
            let slot = self.slots[at];
            if slot == 0 {
                return None;
            }
            let place = (slot as u32).wrapping_sub(1);
            if slot >> 32 == tag && is_it(place) {
                return Some(place);
            }
            at = (at + 1) & mask;
        }
    }

    /// Looks at the memory that `find` begins at, so that it is at hand soon after; gives what is there, which means
    /// nothing. The waits of many such looks one after the other overlap.
    pub fn touch(&self, hash: u64) -> u64 {
        let mask = self.slots.len().wrapping_sub(1);
        self.slots.get((hash >> 32) as usize & mask).copied().unwrap_or_default()
    }

    /// Adds a place that is not there yet.
    pub fn add(&mut self, hash: u64, place: u32) {
        if (self.len + 1) * 4 > self.slots.len() * 3 {
            self.grow();
        }
        self.len += 1;
        put(&mut self.slots, (hash >> 32) << 32 | (u64::from(place) + 1));
    }

    fn grow(&mut self) {
        let mut larger = vec![0; (self.slots.len() * 2).max(SLOTS_MIN)];
        // From a gap on, so that a run that goes on at the front keeps its order: what was added first stays first.
        let gap = self.slots.iter().position(|slot| *slot == 0).unwrap_or(0);
        let (front, back) = self.slots.split_at(gap);
        for slot in back.iter().chain(front).filter(|slot| **slot != 0) {
            put(&mut larger, *slot);
        }
        self.slots = larger;
    }
}

fn put(slots: &mut [u64], entry: u64) {
    let mask = slots.len() - 1;
    let mut at = (entry >> 32) as usize & mask;
    while slots[at] != 0 {
        at = (at + 1) & mask;
    }
    slots[at] = entry;
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Also where many keys share a hash.
        #[test]
        fn finds_what_a_tree_finds(keys in proptest::collection::vec(0_u64..500, 0..300), bits in 0_u32..8) {
            let hash = |key: u64| (key & ((1 << bits) - 1)) << 32 | key >> 3;
            let (mut list, mut tree, mut lookup) = (Vec::new(), BTreeMap::new(), Lookup::default());
            for key in keys {
                let found = lookup.find(hash(key), |place| list[place as usize] == key);
                prop_assert_eq!(found, tree.get(&key).copied());
                if found.is_none() {
                    tree.insert(key, list.len() as u32);
                    lookup.add(hash(key), list.len() as u32);
                    list.push(key);
                }
            }
            // Asked for a hash alone, the first that was added under it.
            for key in 0..500 {
                let first = list.iter().position(|other| hash(*other) >> 32 == hash(key) >> 32);
                prop_assert_eq!(lookup.find(hash(key), |_| true), first.map(|place| place as u32));
            }
            for key in 0..500 {
                let found = lookup.find(hash(key), |place| list[place as usize] == key);
                prop_assert_eq!(found, tree.get(&key).copied());
            }
        }
    }
}
