//! Lines between days: where a list of events shows a date instead of an event, and back. Pure arithmetic; a
//! date takes a row of its own, so that all rows keep one height and positions stay whole numbers.

/// Dates shown in one list; a list over more days shows those of its beginning. 27 years.
const DAYS_MAX: usize = 10_000;

/// Where days begin in a list of events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Days {
    /// Indexes of the events that a date stands before, ascending.
    before: Vec<u64>,
}

/// What a row of the list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// The date of the event with this index.
    Day(u64),
    /// The event with this index.
    Event(u64),
}

impl Days {
    /// Looks only where a day can end, not at every event: `key` ascends over `len` events, `next_day` gives
    /// the first moment after a day.
    pub(super) fn of(len: u64, key: impl Fn(u64) -> i64, next_day: impl Fn(i64) -> i64) -> Self {
        let mut before = Vec::new();
        let mut at = 0;
        while at < len && before.len() < DAYS_MAX {
            let today = key(at);
            let tomorrow = next_day(today);
            if tomorrow <= today {
                break;
            }
            at = first_at_least(at, len, tomorrow, &key);
            if at < len {
                before.push(at);
            }
        }
        Self { before }
    }

    /// Rows of the list of `events` events.
    pub(super) fn rows(&self, events: u64) -> u64 {
        events + self.before.len() as u64
    }

    /// The row that shows an event.
    pub(super) fn row_of(&self, event: u64) -> u64 {
        event + self.before.partition_point(|day| *day <= event) as u64
    }

    /// What a row shows.
    pub(super) fn shown(&self, row: u64) -> Shown {
        // The k-th date stands in row `before[k] + k`, and these ascend as well.
        let (mut low, mut high) = (0, self.before.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.before[middle] + (middle as u64) < row { low = middle + 1 } else { high = middle }
        }
        match self.before.get(low) {
            Some(day) if day + low as u64 == row => Shown::Day(*day),
            _ => Shown::Event(row - low as u64),
        }
    }
}

/// The first index after `from` whose key is at least `bound`, in steps that double.
fn first_at_least(from: u64, len: u64, bound: i64, key: &impl Fn(u64) -> i64) -> u64 {
    let (mut low, mut step) = (from + 1, 1);
    while low + step < len && key(low + step) < bound {
        low += step;
        step *= 2;
    }
    let mut high = (low + step).min(len);
    while low < high {
        let middle = low + (high - low) / 2;
        if key(middle) < bound { low = middle + 1 } else { high = middle }
    }
    low
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn days(keys: &[i64]) -> Days {
        Days::of(keys.len() as u64, |at| keys[at as usize], |key| (key.div_euclid(10) + 1).saturating_mul(10))
    }

    #[test]
    fn a_date_stands_before_the_first_event_of_a_later_day() {
        for (keys, expected) in [
            (&[][..], &[][..]),
            (&[1, 5, 9], &[]),
            (&[1, 10, 11, 35], &[1, 3]),
            (&[i64::MIN, 5, 10], &[1, 2]),
            (&[0, i64::MAX, i64::MAX], &[1]),
        ] {
            assert_eq!(days(keys).before, expected, "{keys:?}");
        }
    }

    proptest! {
        #[test]
        fn rows_show_every_event_once_and_a_date_where_the_day_changes(
            mut keys in prop::collection::vec(-100_i64..200, 0..80),
        ) {
            keys.sort_unstable();
            let days = days(&keys);
            let mut naive = Vec::new();
            for (at, key) in keys.iter().enumerate() {
                if at > 0 && key.div_euclid(10) != keys[at - 1].div_euclid(10) {
                    naive.push(Shown::Day(at as u64));
                }
                naive.push(Shown::Event(at as u64));
            }
            prop_assert_eq!(days.rows(keys.len() as u64), naive.len() as u64);
            for (row, shown) in naive.iter().enumerate() {
                prop_assert_eq!(days.shown(row as u64), *shown);
                if let Shown::Event(event) = shown {
                    prop_assert_eq!(days.row_of(*event), row as u64);
                }
            }
        }
    }
}
