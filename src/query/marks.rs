//! A set of events as one bit an event: 1.25 MB for ten million. Knows how to be combined and counted; which events
//! are in it is the matter of whoever asks.

use rayon::prelude::*;

use crate::index::{EventLog, SEGMENT, Segment};
use crate::model::{Row, SourceId};

/// Words of a segment.
pub(super) const WORDS: usize = SEGMENT / 64;

/// One bit for each event of a segment; those beyond its end are 0.
pub(super) type Bits = [u64; WORDS];

/// No event.
pub(super) const NONE: Bits = [0; WORDS];

/// Every event of a segment of this length.
pub(super) fn every(len: usize) -> Bits {
    let mut bits = NONE;
    for (at, word) in bits.iter_mut().enumerate() {
        *word = match len.saturating_sub(at * 64) {
            0 => 0,
            left @ 1..64 => (1 << left) - 1,
            _ => u64::MAX,
        };
    }
    bits
}

/// Bits by a test of each value of a column.
#[inline]
pub(super) fn bits_of<T: Copy>(column: &[T], test: impl Fn(T) -> bool) -> Bits {
    let mut bits = NONE;
    for (word, values) in bits.iter_mut().zip(column.chunks(64)) {
        for (at, value) in values.iter().enumerate() {
            *word |= u64::from(test(*value)) << at;
        }
    }
    bits
}

pub(super) fn combine(a: &mut Bits, b: &Bits, with: impl Fn(u64, u64) -> u64) {
    for (a, b) in a.iter_mut().zip(b) {
        *a = with(*a, *b);
    }
}

/// Places of the bits that are set.
pub(super) fn ones(words: &[u64]) -> impl Iterator<Item = usize> + '_ {
    words.iter().enumerate().flat_map(|(at, word)| {
        let mut left = *word;
        std::iter::from_fn(move || {
            let bit = left.trailing_zeros() as usize;
            left &= left.checked_sub(1)?;
            Some(at * 64 + bit)
        })
    })
}

/// Segments from which on several cores judge them.
const MANY_SEGMENTS: usize = 16;

/// The segments of a source in which something is, with the source.
fn segments_with((source, words): (usize, &Vec<u64>)) -> impl Iterator<Item = (usize, usize)> + '_ {
    let segments = words.chunks(WORDS).enumerate();
    segments.filter(|(_, words)| words.iter().any(|word| *word != 0)).map(move |(number, _)| (source, number))
}

/// A set of events of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// By source: the bits of its segments one after another.
    sources: Vec<Vec<u64>>,
}

impl Marks {
    /// No event of `log`.
    pub fn none(log: &EventLog) -> Self {
        let words = |source: usize| log.segments(SourceId(source as u16)) * WORDS;
        Self { sources: (0..log.sources().len()).map(|source| vec![0; words(source)]).collect() }
    }

    /// These events.
    pub fn of(log: &EventLog, rows: impl IntoIterator<Item = Row>) -> Self {
        let mut marks = Self::none(log);
        for row in rows {
            marks.insert(row);
        }
        marks
    }

    /// The sets that `judge` makes of every segment, all cores at work. `None` when it gives none.
    pub(super) fn judged<const N: usize>(
        log: &EventLog,
        judge: impl Fn(Segment<'_>) -> Option<[Bits; N]> + Sync,
    ) -> Option<[Self; N]> {
        let mut sets = std::array::from_fn(|_| Self::default());
        for source in 0..log.sources().len() {
            let source = SourceId(source as u16);
            let segments = (0..log.segments(source)).into_par_iter();
            let judged: Option<Vec<[Bits; N]>> =
                segments.map(|number| judge(log.segment(source, number))).collect();
            let judged = judged?;
            for (at, set) in sets.iter_mut().enumerate() {
                set.sources.push(judged.iter().flat_map(|bits| bits[at]).collect());
            }
        }
        Some(sets)
    }

    /// The same, of the segments alone in which some of these events are: in the others is nothing.
    pub(super) fn judged_among<const N: usize>(
        &self,
        log: &EventLog,
        judge: impl Fn(Segment<'_>) -> Option<[Bits; N]> + Sync,
    ) -> Option<[Self; N]> {
        let places: Vec<(usize, usize)> = (0..).zip(&self.sources).flat_map(segments_with).collect();
        let judged = |(source, number): (usize, usize)| judge(log.segment(SourceId(source as u16), number));
        let judged: Option<Vec<[Bits; N]>> = if places.len() < MANY_SEGMENTS {
            places.iter().copied().map(judged).collect()
        } else {
            places.par_iter().copied().map(judged).collect()
        };
        let mut sets = std::array::from_fn(|_| Self::none(log));
        for ((source, number), of_segment) in places.into_iter().zip(judged?) {
            for (set, bits) in sets.iter_mut().zip(&of_segment) {
                set.sources[source][number * WORDS..][..WORDS].copy_from_slice(bits);
            }
        }
        Some(sets)
    }

    /// Puts an event in; whether it was not there.
    pub fn insert(&mut self, row: Row) -> bool {
        let word = &mut self.sources[usize::from(row.source().0)][row.ordinal() / 64];
        let bit = 1 << (row.ordinal() % 64);
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    /// Whether an event is in it.
    pub fn contains(&self, row: Row) -> bool {
        let words = self.sources.get(usize::from(row.source().0));
        words
            .and_then(|words| words.get(row.ordinal() / 64))
            .is_some_and(|word| word & (1 << (row.ordinal() % 64)) != 0)
    }

    /// Its part of a segment.
    pub(super) fn of_segment(&self, segment: &Segment<'_>) -> Bits {
        let from = segment.first / 64;
        let mut bits = NONE;
        bits.copy_from_slice(&self.sources[usize::from(segment.source.0)][from..from + WORDS]);
        bits
    }

    /// Number of events.
    pub fn len(&self) -> u64 {
        self.sources.iter().flatten().map(|word| u64::from(word.count_ones())).sum()
    }

    /// Whether there is no event.
    pub fn is_empty(&self) -> bool {
        self.sources.iter().flatten().all(|word| *word == 0)
    }

    /// Its events by source and ordinal.
    pub fn rows(&self) -> impl Iterator<Item = Row> + '_ {
        self.sources
            .iter()
            .enumerate()
            .flat_map(|(source, words)| ones(words).map(move |at| Row::new(SourceId(source as u16), at)))
    }

    /// Its events in order of rank.
    pub fn ranked(&self, log: &EventLog) -> Vec<Row> {
        let count = self.len();
        if self.sources.len() > 1 && count > log.len() as u64 / 16 {
            return (0..log.len() as u64)
                .map(|rank| log.row_at(rank))
                .filter(|row| self.contains(*row))
                .collect();
        }
        let mut rows = Vec::with_capacity(count as usize);
        rows.extend(self.rows());
        if self.sources.len() > 1 {
            rows.sort_by_cached_key(|row| log.rank_of(*row));
        }
        rows
    }

    /// The events of both.
    #[must_use]
    pub fn with(mut self, other: &Self) -> Self {
        for (words, others) in self.sources.iter_mut().zip(&other.sources) {
            for (word, other) in words.iter_mut().zip(others) {
                *word |= other;
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_end_where_the_segment_ends() {
        for len in [0, 1, 63, 64, 65, SEGMENT - 1, SEGMENT] {
            let bits = every(len);
            assert_eq!(ones(&bits).collect::<Vec<_>>(), (0..len).collect::<Vec<_>>(), "{len}");
        }
    }

    #[test]
    fn a_column_becomes_bits() {
        let column: Vec<u32> = (0..200).collect();
        let bits = bits_of(&column, |value| value % 7 == 0);
        assert_eq!(ones(&bits).collect::<Vec<_>>(), (0..200).step_by(7).collect::<Vec<_>>());
    }
}
