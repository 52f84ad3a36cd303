//! A growing column whose clones are cheap and never change: the storage of every published snapshot.
//!
//! Elements live in chunks behind `Arc`s. A clone copies one pointer per chunk; a later write to the
//! original copies only the chunk it touches, and only if a clone still shares it. The chunk being filled belongs to
//! its writer alone, so that adding an element is as cheap as in a vector; a clone gets a copy of it.

use std::sync::Arc;

/// Elements in a chunk: small enough to copy within microseconds, large enough that ten million
/// elements are a few thousand pointers.
pub const CHUNK: usize = 4096;

/// A vector of `T` in shared chunks.
#[derive(Debug)]
pub struct Chunks<T> {
    /// All full but the last, which may be partial where there is no tail.
    shared: Vec<Arc<Vec<T>>>,
    /// Less than a chunk, behind full ones: what a writer adds to. A clone has none.
    tail: Vec<T>,
    len: usize,
}

impl<T: Clone> Clone for Chunks<T> {
    fn clone(&self) -> Self {
        let mut shared = Vec::with_capacity(self.shared.len() + usize::from(!self.tail.is_empty()));
        shared.extend(self.shared.iter().cloned());
        if !self.tail.is_empty() {
            shared.push(Arc::new(self.tail.clone()));
        }
        Self { shared, tail: Vec::new(), len: self.len }
    }
}

impl<T> Default for Chunks<T> {
    fn default() -> Self {
        Self { shared: Vec::new(), tail: Vec::new(), len: 0 }
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
        self.slice(index / CHUNK).get(index % CHUNK)
    }

    /// The last element.
    pub fn last(&self) -> Option<&T> {
        self.len.checked_sub(1).and_then(|last| self.get(last))
    }

    /// All elements in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + '_ {
        self.slices().flatten()
    }

    /// All elements as slices of up to [`CHUNK`], for tight scans.
    pub fn slices(&self) -> impl DoubleEndedIterator<Item = &[T]> + '_ {
        let tail = (!self.tail.is_empty()).then_some(self.tail.as_slice());
        self.shared.iter().map(|chunk| chunk.as_slice()).chain(tail)
    }

    /// The elements of one chunk: those from `number * CHUNK` on; none beyond the end.
    pub fn slice(&self, number: usize) -> &[T] {
        match self.shared.get(number) {
            Some(chunk) => chunk,
            None if number == self.shared.len() => &self.tail,
            None => &[],
        }
    }

    /// Heap bytes of the chunks themselves, not of what the elements own.
    pub fn heap_bytes(&self) -> usize {
        (self.shared.iter().map(|chunk| chunk.capacity()).sum::<usize>() + self.tail.capacity())
            * size_of::<T>()
            + self.shared.capacity() * size_of::<Arc<Vec<T>>>()
    }

    /// The same without the chunks that are those of `other`.
    pub fn heap_bytes_beside(&self, other: &Self) -> usize {
        let both = self.shared.iter().zip(&other.shared).filter(|(own, other)| Arc::ptr_eq(own, other));
        self.heap_bytes() - both.map(|(own, _)| own.capacity() * size_of::<T>()).sum::<usize>()
    }

    /// Index of the first element for which `before` is false; the column must be partitioned by it.
    pub fn partition_point(&self, mut before: impl FnMut(&T) -> bool) -> usize {
        let chunk = self.shared.partition_point(|chunk| chunk.last().is_some_and(&mut before));
        // Behind a last chunk that is partial the column ends.
        (chunk * CHUNK + self.slice(chunk).partition_point(before)).min(self.len)
    }
}

impl<T: Clone> Chunks<T> {
    /// Appends an element.
    pub fn push(&mut self, value: T) {
        if self.tail.is_empty() {
            self.begin_tail();
        }
        self.tail.push(value);
        self.len += 1;
        if self.tail.len() == CHUNK {
            self.shared.push(Arc::new(std::mem::take(&mut self.tail)));
        }
    }

    /// Makes a tail to add to: of the last chunk, if that is partial.
    #[cold]
    fn begin_tail(&mut self) {
        // Of a short column the tail grows by doubling; a longer one will fill it.
        let room = if self.len >= CHUNK / 4 { CHUNK } else { 0 };
        self.tail.reserve_exact(room);
        if !self.len.is_multiple_of(CHUNK)
            && let Some(last) = self.shared.pop()
        {
            self.tail.extend_from_slice(&last);
        }
    }

    /// The element at `index`, to change; copies its chunk if a clone shares it.
    pub fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        let full = self.shared.len();
        match self.shared.get_mut(index / CHUNK) {
            Some(chunk) => Arc::make_mut(chunk).get_mut(index % CHUNK),
            None if index / CHUNK == full => self.tail.get_mut(index % CHUNK),
            None => None,
        }
    }
}

impl<T> std::ops::Index<usize> for Chunks<T> {
    type Output = T;

    fn index(&self, index: usize) -> &T {
        &self.slice(index / CHUNK)[index % CHUNK]
    }
}

impl<T: PartialEq> Chunks<T> {
    /// Takes a full chunk of `other` for its own, where both hold the same.
    pub fn share(&mut self, other: &Self, number: usize) {
        if let (Some(own), Some(other)) = (self.shared.get_mut(number), other.shared.get(number))
            && own == other
        {
            *own = Arc::clone(other);
        }
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
    fn a_clone_goes_on_where_it_was_cloned() {
        for len in [0, 1, 5, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 7] {
            let mut column: Chunks<usize> = (0..len).collect();
            let mut clone = column.clone();
            for (one, from) in [(&mut column, 0), (&mut clone, 100_000)] {
                for n in 0..2 * CHUNK {
                    one.push(from + n);
                }
                let added = (0..2 * CHUNK).map(|n| from + n);
                assert!(one.iter().copied().eq((0..len).chain(added)), "{len}");
                assert_eq!(one.iter().count(), one.len());
                assert!(one.slices().enumerate().all(|(number, slice)| slice == one.slice(number)));
                assert_eq!(one.get(one.len()), None);
                assert_eq!(one.get_mut(len + 2 * CHUNK), None);
            }
        }
    }

    #[test]
    fn equal_chunks_are_shared_and_counted_once() {
        let numbers = |len: usize, odd: usize| (0..len).map(move |n| if n == odd { 0 } else { n + 1 });
        let other: Chunks<usize> = numbers(3 * CHUNK, usize::MAX).collect();
        let mut column: Chunks<usize> = numbers(3 * CHUNK, CHUNK + 1).collect();
        (0..4).for_each(|number| column.share(&other, number));
        assert!(column.iter().copied().eq(numbers(3 * CHUNK, CHUNK + 1)));
        assert_eq!(column.heap_bytes() - column.heap_bytes_beside(&other), 2 * CHUNK * size_of::<usize>());
        *column.get_mut(0).unwrap() = 7;
        assert_eq!((other[0], column[0]), (1, 7));
    }

    #[test]
    fn partition_point_agrees_with_a_vector() {
        let column: Chunks<u32> = (0..9_000).map(|n| n / 3).collect();
        let plain: Vec<u32> = column.iter().copied().collect();
        for limit in [0, 1, 2, 1_364, 1_365, 1_366, 2_730, 2_999, 3_000, 9_000] {
            // Of a clone the last chunk is partial, of a writer the tail.
            for column in [&column, &column.clone()] {
                assert_eq!(
                    column.partition_point(|v| *v < limit),
                    plain.partition_point(|v| *v < limit),
                    "{limit}"
                );
            }
        }
    }
}
