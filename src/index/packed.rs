//! A column of numbers that mostly grow: positions and places in a file. A full chunk takes the room its numbers need:
//! none where each is one more than the one before, half where they lie close together.

use std::borrow::Cow;
use std::sync::Arc;

use crate::base::chunks::CHUNK;

/// A growing column of numbers, whose clones are cheap and never change.
#[derive(Debug, Default)]
pub(super) struct Packed {
    /// All full but the last, which may be partial where there is no tail.
    chunks: Vec<Chunk>,
    /// Less than a chunk, behind full ones: what a writer adds to. A clone has none.
    tail: Vec<i64>,
    len: usize,
}

/// Numbers that are added to no more.
#[derive(Clone, Debug)]
enum Chunk {
    /// Each one more than the one before.
    Run {
        first: i64,
        len: usize,
    },
    /// Distances from the least.
    Near {
        least: i64,
        distances: Arc<Vec<u32>>,
    },
    Any(Arc<Vec<i64>>),
}

impl Chunk {
    fn of(numbers: &[i64]) -> Self {
        let is_run = numbers.windows(2).all(|pair| pair[0].checked_add(1) == Some(pair[1]));
        let least = numbers.iter().copied().min().unwrap_or_default();
        if let (true, Some(first)) = (is_run, numbers.first()) {
            return Self::Run { first: *first, len: numbers.len() };
        }
        let distance = |number: &i64| u32::try_from(number.checked_sub(least)?).ok();
        match numbers.iter().map(distance).collect::<Option<Vec<u32>>>() {
            Some(distances) => Self::Near { least, distances: Arc::new(distances) },
            None => Self::Any(Arc::new(numbers.to_vec())),
        }
    }

    fn get(&self, at: usize) -> Option<i64> {
        match self {
            Self::Run { first, len } => (at < *len).then(|| first + at as i64),
            Self::Near { least, distances } => Some(least + i64::from(*distances.get(at)?)),
            Self::Any(numbers) => numbers.get(at).copied(),
        }
    }

    fn numbers(&self) -> Cow<'_, [i64]> {
        match self {
            Self::Run { first, len } => (0..*len as i64).map(|at| first + at).collect(),
            Self::Near { least, distances } => {
                distances.iter().map(|distance| least + i64::from(*distance)).collect()
            }
            Self::Any(numbers) => Cow::Borrowed(numbers),
        }
    }

    fn heap_bytes(&self) -> usize {
        match self {
            Self::Run { .. } => 0,
            Self::Near { distances, .. } => distances.capacity() * size_of::<u32>(),
            Self::Any(numbers) => numbers.capacity() * size_of::<i64>(),
        }
    }
}

impl Clone for Packed {
    fn clone(&self) -> Self {
        let mut chunks = Vec::with_capacity(self.chunks.len() + 1);
        chunks.extend(self.chunks.iter().cloned());
        if !self.tail.is_empty() {
            chunks.push(Chunk::of(&self.tail));
        }
        Self { chunks, tail: Vec::new(), len: self.len }
    }
}

impl Packed {
    /// Appends a number.
    pub(super) fn push(&mut self, number: i64) {
        if self.tail.is_empty()
            && !self.len.is_multiple_of(CHUNK)
            && let Some(last) = self.chunks.pop()
        {
            self.tail.extend_from_slice(&last.numbers());
        }
        self.tail.push(number);
        self.len += 1;
        if self.tail.len() == CHUNK {
            self.chunks.push(Chunk::of(&self.tail));
            self.tail.clear();
        }
    }

    /// The number at an index below the length.
    pub(super) fn get(&self, index: usize) -> i64 {
        let at = index % CHUNK;
        let number = match self.chunks.get(index / CHUNK) {
            Some(chunk) => chunk.get(at),
            None => self.tail.get(at).copied(),
        };
        number.expect("an index below the length")
    }

    /// The numbers from `number * CHUNK` on, at most [`CHUNK`] of them.
    pub(super) fn slice(&self, number: usize) -> Cow<'_, [i64]> {
        match self.chunks.get(number) {
            Some(chunk) => chunk.numbers(),
            None if number == self.chunks.len() => Cow::Borrowed(&self.tail),
            None => Cow::Borrowed(&[]),
        }
    }

    /// Heap bytes of all of it.
    pub(super) fn heap_bytes(&self) -> usize {
        self.chunks.iter().map(Chunk::heap_bytes).sum::<usize>()
            + self.chunks.capacity() * size_of::<Chunk>()
            + self.tail.capacity() * size_of::<i64>()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn numbers() -> impl Strategy<Value = Vec<i64>> {
        let step = prop_oneof![Just(vec![1]), Just(vec![0, 7, 600]), Just(vec![1, i64::MAX / 5_000, -3])];
        let start = prop::sample::select(vec![0, i64::MIN, i64::MAX - 9_000]);
        (start, step, 0..3 * CHUNK, any::<bool>()).prop_map(|(start, steps, len, has_gap)| {
            let mut number: i64 = start;
            (0..len)
                .map(|at| {
                    number = number.wrapping_add(steps[at % steps.len()]);
                    if has_gap && at % 5_000 == 77 { i64::MIN } else { number }
                })
                .collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn is_what_a_vector_is(numbers in numbers(), cut in 0..3 * CHUNK) {
            let cut = cut.min(numbers.len());
            let mut column = Packed::default();
            numbers[..cut].iter().for_each(|number| column.push(*number));
            let mut other = column.clone();
            for column in [&mut column, &mut other] {
                let before = column.clone();
                numbers[cut..].iter().for_each(|number| column.push(*number));
                for (kept, expected) in [(&*column, &numbers[..]), (&before, &numbers[..cut]), (&column.clone(), &numbers[..])] {
                    let sliced: Vec<i64> =
                        (0..=numbers.len() / CHUNK).flat_map(|at| kept.slice(at).into_owned()).collect();
                    prop_assert!(sliced == expected);
                    prop_assert!(expected.iter().enumerate().all(|(at, number)| kept.get(at) == *number));
                }
            }
        }
    }

    #[test]
    fn a_run_takes_no_room_and_a_file_half() {
        let bytes = |step: i64| {
            let mut column = Packed::default();
            (0..100 * CHUNK as i64).for_each(|n| column.push(n * step));
            column.clone().heap_bytes() as f64 / (100 * CHUNK) as f64
        };
        assert!(bytes(1) < 0.1, "{}", bytes(1));
        assert!(bytes(600) < 4.1, "{}", bytes(600));
        assert!(bytes(i64::from(u32::MAX)) < 8.1, "{}", bytes(i64::from(u32::MAX)));
    }
}
