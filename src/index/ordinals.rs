//! Lists of ordinals that are mostly short, as those of streams are: a few need no memory of their own, and cost no
//! allocation while a log is read.

use std::ops::Deref;
use std::sync::Arc;

/// As many as fit into the room that a reference to more would take with its list.
const FEW: usize = 7;

/// Ordinals of events in a source, ascending. A clone is cheap.
#[derive(Clone, Debug)]
pub struct Ordinals(List);

#[derive(Clone, Debug)]
enum List {
    Few { len: u8, ordinals: [u32; FEW] },
    Many(Arc<Vec<u32>>),
}

impl Default for Ordinals {
    fn default() -> Self {
        Self(List::Few { len: 0, ordinals: [0; FEW] })
    }
}

impl Deref for Ordinals {
    type Target = [u32];

    fn deref(&self) -> &[u32] {
        match &self.0 {
            List::Few { len, ordinals } => &ordinals[..usize::from(*len)],
            List::Many(ordinals) => ordinals,
        }
    }
}

/// Ordinals that are ascending.
impl From<Vec<u32>> for Ordinals {
    fn from(list: Vec<u32>) -> Self {
        if list.len() > FEW { Self(List::Many(Arc::new(list))) } else { list.into_iter().collect() }
    }
}

impl FromIterator<u32> for Ordinals {
    fn from_iter<I: IntoIterator<Item = u32>>(ordinals: I) -> Self {
        let mut list = Self::default();
        ordinals.into_iter().for_each(|ordinal| list.push(ordinal));
        list
    }
}

impl Ordinals {
    /// Adds one; clones do not see it.
    pub(super) fn push(&mut self, ordinal: u32) {
        match &mut self.0 {
            List::Few { len, ordinals } if usize::from(*len) < FEW => {
                ordinals[usize::from(*len)] = ordinal;
                *len += 1;
            }
            List::Few { ordinals, .. } => {
                let mut more = Vec::with_capacity(2 * FEW);
                more.extend_from_slice(ordinals);
                more.push(ordinal);
                self.0 = List::Many(Arc::new(more));
            }
            List::Many(ordinals) => Arc::make_mut(ordinals).push(ordinal),
        }
    }

    /// Heap bytes of the list, not of whoever owns it.
    pub(super) fn heap_bytes(&self) -> usize {
        match &self.0 {
            List::Few { .. } => 0,
            List::Many(ordinals) => {
                2 * size_of::<usize>() + size_of::<Vec<u32>>() + ordinals.capacity() * size_of::<u32>()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_lists_are_what_was_added_and_clones_stay() {
        let mut list = Ordinals::default();
        let mut clones = Vec::new();
        for ordinal in 0..40 {
            clones.push(list.clone());
            list.push(ordinal * 3);
        }
        clones.push(list);
        for (len, clone) in clones.iter().enumerate() {
            assert!(clone.iter().copied().eq((0..len as u32).map(|ordinal| ordinal * 3)), "{len}");
            assert_eq!(clone.heap_bytes() > 0, len > FEW, "{len}");
            assert_eq!(Ordinals::from(clone.to_vec())[..], clone[..]);
        }
        assert_eq!(size_of::<Ordinals>(), 32);
    }
}
