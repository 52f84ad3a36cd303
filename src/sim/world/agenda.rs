//! What comes due, and when: the clock's queue. Ordered by (tick, sequence), where the sequence is the order of
//! scheduling.
//!
//! A heap would do, but most of what is scheduled is in order already: the timers of one length come due in the order
//! in which they were set, and so do the messages to one consumer. So entries are kept in a few queues, each in order,
//! and only what fits behind none of them goes to a heap: scheduling is a push, and the next entry is the least of the
//! heads.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::bus::Due;
use crate::base::ticks::Ticks;

/// Queues at most: about one for each consumer and for each length of a timer.
const QUEUES_MAX: usize = 12;

type Entry = (Ticks, u64, Due);

/// Entries by the time they come due.
#[derive(Clone, Debug, Default)]
pub(super) struct Agenda {
    queues: Vec<VecDeque<Entry>>,
    rest: BinaryHeap<Reverse<Entry>>,
    sequence: u64,
}

impl Agenda {
    /// Adds an entry; gives its sequence.
    pub(super) fn schedule(&mut self, at: Ticks, due: Due) -> u64 {
        self.sequence += 1;
        let entry = (at, self.sequence, due);
        match self.queue_for(at) {
            Some(queue) => self.queues[queue].push_back(entry),
            None if self.queues.len() < QUEUES_MAX => self.queues.push(VecDeque::from([entry])),
            None => self.rest.push(Reverse(entry)),
        }
        self.sequence
    }

    /// The queue whose last entry comes closest before `at`; an empty one if there is none.
    fn queue_for(&self, at: Ticks) -> Option<usize> {
        let mut best: Option<(usize, Option<Ticks>)> = None;
        for (index, queue) in self.queues.iter().enumerate() {
            let last = queue.back().map(|(last, ..)| *last);
            let fits = last.is_none_or(|last| last <= at);
            if fits && best.is_none_or(|(_, known)| known < last) {
                best = Some((index, last));
            }
        }
        best.map(|(index, _)| index)
    }

    /// Takes the next entry.
    pub(super) fn next(&mut self) -> Option<Entry> {
        let heads = self.queues.iter().enumerate();
        let heads = heads.filter_map(|(index, queue)| queue.front().map(|entry| (entry.0, entry.1, index)));
        let least = heads.min();
        let of_rest = self.rest.peek().map(|Reverse(entry)| (entry.0, entry.1));
        match least {
            Some((at, sequence, queue)) if of_rest.is_none_or(|rest| (at, sequence) < rest) => {
                self.queues[queue].pop_front()
            }
            _ => self.rest.pop().map(|Reverse(entry)| entry),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::runtime::SagaNo;

    proptest! {
        #[test]
        fn entries_come_by_time_and_then_in_the_order_of_scheduling(
            moves in proptest::collection::vec(proptest::option::of(0_u64..60), 0..400),
        ) {
            let (mut agenda, mut sorted) = (Agenda::default(), Vec::new());
            for (number, at) in moves.into_iter().enumerate() {
                if let Some(at) = at {
                    let due = Due::Arrive(SagaNo(number as u32));
                    let sequence = agenda.schedule(Ticks(at), due);
                    sorted.push((Ticks(at), sequence, due));
                } else {
                    sorted.sort();
                    let expected = (!sorted.is_empty()).then(|| sorted.remove(0));
                    prop_assert_eq!(agenda.next(), expected);
                }
            }
            sorted.sort();
            let rest: Vec<_> = std::iter::from_fn(|| agenda.next()).collect();
            prop_assert_eq!(rest, sorted);
        }
    }
}
