//! Two sagas beside each other: what happened in both stands on one line, and what differs is named.

use super::outcome::Outcome;
use super::page::Page;
use super::survey::Survey;
use crate::base::text::span;
use crate::domain::Name;
use crate::index::EventLog;
use crate::model::Row;

/// A line of the comparison: places among the parts of each; one is missing where only the other did it.
pub type Pair = (Option<usize>, Option<usize>);

/// What happened in a saga, repeats folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The first event of it.
    pub row: Row,
    /// The event type.
    pub name: Name,
    /// How often in a row.
    pub times: usize,
    /// From the beginning of the saga, in nanoseconds.
    pub at: i64,
}

/// Two sagas side by side.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// What happened in the first.
    pub left: Vec<Part>,
    /// What happened in the second.
    pub right: Vec<Part>,
    /// Both, aligned.
    pub pairs: Vec<Pair>,
    /// What differs, a sentence each.
    pub differences: Vec<String>,
}

/// Parts that are aligned at most; what lies beyond is listed one after the other.
const ALIGNED_MAX: usize = 1_500;

/// Compares two sagas. `name` gives the name of a type of the first or the second log.
pub fn compare(left: &Page, right: &Page, names: [&dyn Fn(crate::index::TypeId) -> Name; 2]) -> Comparison {
    let (one, other) = (parts(left, names[0]), parts(right, names[1]));
    let pairs = align(&one, &other);
    let mut differences = Vec::new();
    let (a, b) = (&left.summary, &right.summary);
    let mut differ = |what: &str, one: String, other: String| {
        if one != other {
            differences.push(format!("{what}: {one} in the first, {other} in the second"));
        }
    };
    differ("Outcome", a.outcome.to_string(), b.outcome.to_string());
    differ("Retries", a.retries.to_string(), b.retries.to_string());
    differ("Duration", span(a.duration), span(b.duration));
    let owed = |page: &Page| {
        let all: Vec<&str> = page.summary.owed.iter().map(|debt| debt.text.as_str()).collect();
        if all.is_empty() { "nothing".to_owned() } else { all.join(", ") }
    };
    differ("Owed", owed(left), owed(right));
    for (one_at, other_at) in &pairs {
        match (one_at, other_at) {
            (Some(at), None) => differences.push(format!("Only in the first: {}", one[*at].name)),
            (None, Some(at)) => differences.push(format!("Only in the second: {}", other[*at].name)),
            (Some(a), Some(b)) if one[*a].times != other[*b].times => {
                let (name, a, b) = (&one[*a].name, one[*a].times, other[*b].times);
                let times =
                    |count: usize| if count == 1 { "once".to_owned() } else { format!("{count} times") };
                differences.push(format!("{name}: {} in the first, {} in the second", times(a), times(b)));
            }
            _ => {}
        }
    }
    Comparison { left: one, right: other, pairs, differences }
}

impl Survey {
    /// The saga that went the usual way, to compare the one at `at` with: the first other one of the most frequent
    /// variant whose sagas are completed; where none is, of the most frequent variant.
    pub fn usual(&self, at: usize) -> Option<usize> {
        let own = self.sagas.get(at)?.variant;
        let others = || self.sagas.iter().enumerate().filter(|(place, _)| *place != at);
        let well = || others().filter(|(_, saga)| saga.outcome == Outcome::Completed);
        // The most frequent variant is the first: mostly it ended well, and its first saga is found soon.
        let found = well().find(|(_, saga)| saga.variant == 0);
        // Beside a saga of the same way there is little to see, unless that is the usual one.
        let found = found.or_else(|| well().min_by_key(|(_, saga)| saga.variant));
        let found = found.or_else(|| others().min_by_key(|(_, saga)| (saga.variant == own, saga.variant)));
        found.map(|(place, _)| place)
    }

    /// The saga of another run that stands for the one called `id`, or `title`, which began there as number `place` from
    /// 0: by id, else by title, else by its place.
    pub fn counterpart(&self, log: &EventLog, id: &str, title: &str, place: usize) -> Option<usize> {
        let by = |name: &str| self.named(log, name).into_iter().next();
        by(id).or_else(|| by(title)).or_else(|| self.sagas.len().checked_sub(1).map(|last| place.min(last)))
    }
}

fn parts(page: &Page, name: &dyn Fn(crate::index::TypeId) -> Name) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut at = 0_i64;
    for row in &page.rows {
        at = at.saturating_add(row.wait);
        if row.technical {
            continue;
        }
        let name = name(row.event_type);
        match parts.last_mut() {
            Some(last) if last.name == name => last.times += 1,
            _ => parts.push(Part { row: row.row, name, times: 1, at }),
        }
    }
    parts
}

/// The longest common sequence, with what is between.
fn align(one: &[Part], other: &[Part]) -> Vec<Pair> {
    let (n, m) = (one.len().min(ALIGNED_MAX), other.len().min(ALIGNED_MAX));
    let mut best = vec![0_u16; (n + 1) * (m + 1)];
    let at = |i: usize, j: usize| i * (m + 1) + j;
    for i in (0..n).rev() {
        for j in (0..m).rev() {
            best[at(i, j)] = if one[i].name == other[j].name {
                best[at(i + 1, j + 1)] + 1
            } else {
                best[at(i + 1, j)].max(best[at(i, j + 1)])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut pairs = Vec::with_capacity(one.len().max(other.len()));
    while i < n && j < m {
        if one[i].name == other[j].name {
            pairs.push((Some(i), Some(j)));
            (i, j) = (i + 1, j + 1);
        } else if best[at(i + 1, j)] >= best[at(i, j + 1)] {
            pairs.push((Some(i), None));
            i += 1;
        } else {
            pairs.push((None, Some(j)));
            j += 1;
        }
    }
    pairs.extend((i..one.len()).map(|i| (Some(i), None)));
    pairs.extend((j..other.len()).map(|j| (None, Some(j))));
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<Part> {
        let part =
            |letter: char| Part { row: Row::from_raw(0), name: letter.to_string().into(), times: 1, at: 0 };
        text.chars().map(part).collect()
    }

    #[test]
    fn what_both_did_stands_on_one_line_and_nothing_is_lost() {
        for (one, other, common) in [("abcd", "abxd", 3), ("", "ab", 0), ("ab", "", 0), ("aab", "ab", 2)] {
            let pairs = align(&parts(one), &parts(other));
            assert_eq!(pairs.iter().filter(|pair| pair.0.is_some() && pair.1.is_some()).count(), common);
            assert!(pairs.iter().filter_map(|pair| pair.0).eq(0..one.len()), "{pairs:?}");
            assert!(pairs.iter().filter_map(|pair| pair.1).eq(0..other.len()), "{pairs:?}");
        }
    }
}
