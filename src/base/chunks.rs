//! A growing column whose clones are cheap and never change: the storage of every published snapshot.
//!
//! Elements live in chunks behind `Arc`s. A clone copies one pointer per chunk; a later write to the
//! original copies only the chunk it touches, and only if a clone still shares it.

use std::sync::Arc;

/// Elements in a chunk: small enough to copy within microseconds, large enough that ten million
/// elements are a few thousand pointers.
pub const CHUNK: usize = 4096;

/// A vector of `T` in shared chunks.
#[derive(Debug)]
pub struct Chunks<T> {
    chunks: Vec<Arc<Vec<T>>>,
    len: usize,
}

impl<T> Clone for Chunks<T> {
    fn clone(&self) -> Self {
        Self { chunks: self.chunks.clone(), len: self.len }
    }
}

impl<T> Default for Chunks<T> {
    fn default() -> Self {
        Self { chunks: Vec::new(), len: 0 }
    }
}

impl<T> Chunks<T> {
    /// Number of elements.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The element at `index`, if there is one.
    pub fn get(&self, index: usize) -> Option<&T> {
        self.chunks.get(index / CHUNK)?.get(index % CHUNK)
    }

    /// The last element.
    pub fn last(&self) -> Option<&T> {
        self.len.checked_sub(1).and_then(|last| self.get(last))
    }

    /// All elements in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + '_ {
        self.chunks.iter().flat_map(|chunk| chunk.iter())
    }

    /// All elements as slices of up to [`CHUNK`], for tight scans.
    pub fn slices(&self) -> impl Iterator<Item = &[T]> + '_ {
        self.chunks.iter().map(|chunk| chunk.as_slice())
    }

    /// The elements of one chunk: those from `number * CHUNK` on; none beyond the end.
    pub fn slice(&self, number: usize) -> &[T] {
        self.chunks.get(number).map_or(&[], |chunk| chunk.as_slice())
    }

    /// Heap bytes of the chunks themselves, not of what the elements own.
    pub fn heap_bytes(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.capacity() * size_of::<T>()).sum::<usize>()
            + self.chunks.capacity() * size_of::<Arc<Vec<T>>>()
    }

    /// Index of the first element for which `before` is false; the column must be partitioned by it.
    pub fn partition_point(&self, mut before: impl FnMut(&T) -> bool) -> usize {
        let chunk = self.chunks.partition_point(|chunk| chunk.last().is_some_and(&mut before));
        match self.chunks.get(chunk) {
            Some(values) => chunk * CHUNK + values.partition_point(before),
            None => self.len,
        }
    }
}

impl<T: Clone> Chunks<T> {
    /// Appends an element.
    pub fn push(&mut self, value: T) {
        if self.len.is_multiple_of(CHUNK) {
            self.chunks.push(Arc::new(Vec::new()));
        }
        let last = self.chunks.last_mut().expect("a chunk was just pushed or is not full");
        let values = Arc::make_mut(last);
        if values.len() == values.capacity() {
            // A clone made by `make_mut` has no spare room; growing to the full chunk once is cheapest.
            // The first chunk of a short column grows by doubling instead.
            let room = if self.len >= CHUNK / 4 { CHUNK - values.len() } else { values.len().max(4) };
            values.reserve_exact(room);
        }
        values.push(value);
        self.len += 1;
    }

    /// The element at `index`, to change; copies its chunk if a clone shares it.
    pub fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        Arc::make_mut(self.chunks.get_mut(index / CHUNK)?).get_mut(index % CHUNK)
    }
}

impl<T> std::ops::Index<usize> for Chunks<T> {
    type Output = T;

    fn index(&self, index: usize) -> &T {
        &self.chunks[index / CHUNK][index % CHUNK]
    }
}

impl<T: Clone> FromIterator<T> for Chunks<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut chunks = Self::default();
        for item in items {
            chunks.push(item);
        }
        chunks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_does_not_see_later_writes() {
        let mut column: Chunks<u32> = (0..10_000).collect();
        let before = column.clone();
        column.push(10_000);
        *column.get_mut(5_000).unwrap() = 7;
        assert_eq!(before.len(), 10_000);
        assert_eq!(before[5_000], 5_000);
        assert_eq!(column[5_000], 7);
        assert_eq!(column.last(), Some(&10_000));
        assert!(before.iter().copied().eq(0..10_000));
    }

    #[test]
    fn partition_point_agrees_with_a_vector() {
        let column: Chunks<u32> = (0..9_000).map(|n| n / 3).collect();
        let plain: Vec<u32> = column.iter().copied().collect();
        for limit in [0, 1, 2, 1_364, 1_365, 1_366, 2_730, 2_999, 3_000, 9_000] {
            assert_eq!(
                column.partition_point(|v| *v < limit),
                plain.partition_point(|v| *v < limit),
                "{limit}"
            );
        }
    }
}
