//! Lines that run beside each other: each gets a track on which it meets no other. Knows stretches by their ends only.

use std::collections::BTreeMap;

/// The tracks of one place where lines run.
#[derive(Clone, Debug, Default)]
pub(super) struct Tracks {
    /// For each track what is taken: beginning and end, both of them included.
    taken: Vec<BTreeMap<i32, i32>>,
}

impl Tracks {
    /// The first track with room from `one` end to the other, of at most `most`.
    pub(super) fn take(&mut self, one: i32, other: i32, most: usize) -> Option<usize> {
        let (from, to) = (one.min(other), one.max(other));
        let is_free = |taken: &BTreeMap<i32, i32>| {
            taken.range(..=to).next_back().is_none_or(|(_, last_end)| *last_end < from)
        };
        let at = match self.taken.iter().take(most).position(is_free) {
            Some(at) => at,
            None if self.taken.len() < most => {
                self.taken.push(BTreeMap::new());
                self.taken.len() - 1
            }
            None => return None,
        };
        self.taken[at].insert(from, to);
        Some(at)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.taken.len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_two_lines_lie_on_each_other(lines in proptest::collection::vec((0_i32..60, 0_i32..60), 0..60)) {
            let mut tracks = Tracks::default();
            let placed: Vec<(i32, i32, Option<usize>)> = lines
                .iter()
                .map(|(one, other)| (*one.min(other), *one.max(other), tracks.take(*one, *other, 8)))
                .collect();
            prop_assert!(tracks.len() <= 8);
            for (at, one) in placed.iter().enumerate() {
                for other in &placed[..at] {
                    let is_apart = one.1 < other.0 || other.1 < one.0;
                    prop_assert!(is_apart || one.2.is_none() || one.2 != other.2, "{one:?} {other:?}");
                }
            }
        }
    }
}
