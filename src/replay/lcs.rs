//! What two sequences have in common, in order: Myers' greedy search, bounded. Knows nothing of what the
//! elements are.

/// Pairs (index before, index after) of equal elements, both ascending: a longest common subsequence while
/// no more than `edits_max` elements differ, else the common beginning and end alone.
pub(super) fn common(
    before: usize,
    after: usize,
    edits_max: usize,
    same: impl Fn(usize, usize) -> bool,
) -> Vec<(usize, usize)> {
    let shorter = before.min(after);
    let head = (0..shorter).take_while(|&at| same(at, at)).count();
    let tail = (0..shorter - head).take_while(|&back| same(before - 1 - back, after - 1 - back)).count();
    let mut pairs: Vec<_> = (0..head).map(|at| (at, at)).collect();
    let (middle_before, middle_after) = (before - head - tail, after - head - tail);
    if middle_before > 0 && middle_after > 0 {
        let middle =
            search(middle_before as isize, middle_after as isize, edits_max, |x, y| same(x + head, y + head));
        pairs.extend(middle.into_iter().map(|(x, y)| (x + head, y + head)));
    }
    pairs.extend((0..tail).rev().map(|back| (before - 1 - back, after - 1 - back)));
    pairs
}

fn search(
    before: isize,
    after: isize,
    edits_max: usize,
    same: impl Fn(usize, usize) -> bool,
) -> Vec<(usize, usize)> {
    let edits_max = edits_max.min((before + after) as usize) as isize;
    let slot = |diagonal: isize| (diagonal + edits_max + 1) as usize;
    // The farthest x reached on each diagonal, and a copy of its used part before every round.
    let mut farthest = vec![0_isize; 2 * edits_max as usize + 3];
    let mut rounds: Vec<Vec<isize>> = Vec::new();
    for edits in 0..=edits_max {
        rounds.push(farthest[slot(-edits - 1)..=slot(edits + 1)].to_vec());
        for diagonal in (-edits..=edits).step_by(2) {
            let down = diagonal == -edits
                || (diagonal != edits && farthest[slot(diagonal - 1)] < farthest[slot(diagonal + 1)]);
            let mut x = if down { farthest[slot(diagonal + 1)] } else { farthest[slot(diagonal - 1)] + 1 };
            while x < before && x - diagonal < after && same(x as usize, (x - diagonal) as usize) {
                x += 1;
            }
            farthest[slot(diagonal)] = x;
            if x >= before && x - diagonal >= after {
                return trace(before, after, &rounds);
            }
        }
    }
    Vec::new()
}

/// Walks the rounds back from the end and collects the diagonals.
fn trace(before: isize, after: isize, rounds: &[Vec<isize>]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let (mut x, mut y) = (before, after);
    for (edits, farthest) in rounds.iter().enumerate().rev() {
        let edits = edits as isize;
        let reached = |diagonal: isize| farthest[(diagonal + edits + 1) as usize];
        let diagonal = x - y;
        let down = diagonal == -edits || (diagonal != edits && reached(diagonal - 1) < reached(diagonal + 1));
        let from = if edits == 0 {
            0
        } else if down {
            reached(diagonal + 1)
        } else {
            reached(diagonal - 1) + 1
        };
        while x > from {
            x -= 1;
            y -= 1;
            pairs.push((x as usize, y as usize));
        }
        if down {
            y -= 1;
        } else {
            x -= 1;
        }
    }
    pairs.reverse();
    pairs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn common_text(before: &str, after: &str, edits_max: usize) -> String {
        let (before, after) = (before.as_bytes(), after.as_bytes());
        let pairs = common(before.len(), after.len(), edits_max, |x, y| before[x] == after[y]);
        pairs.iter().map(|&(x, _)| char::from(before[x])).collect()
    }

    #[test]
    fn the_longest_common_sequence_is_found() {
        for (before, after, expected) in [
            ("", "", ""),
            ("", "abc", ""),
            ("abc", "abc", "abc"),
            ("abcabba", "cbabac", "baba"),
            ("axbycz", "abc", "abc"),
            ("abc", "xyz", ""),
        ] {
            assert_eq!(common_text(before, after, 100).len(), expected.len(), "{before} {after}");
        }
    }

    #[test]
    fn beyond_the_bound_only_both_ends_are_matched() {
        assert_eq!(common_text("a12b34c", "a56b78c", 3), "ac");
        assert_eq!(common_text("a12b34c", "a56b78c", 8), "abc");
    }

    proptest! {
        #[test]
        fn it_is_as_long_as_the_table_says(before in "[abc]{0,12}", after in "[abc]{0,12}") {
            let (x, y) = (before.as_bytes(), after.as_bytes());
            let mut table = vec![vec![0_usize; y.len() + 1]; x.len() + 1];
            for i in 0..x.len() {
                for j in 0..y.len() {
                    table[i + 1][j + 1] =
                        if x[i] == y[j] { table[i][j] + 1 } else { table[i][j + 1].max(table[i + 1][j]) };
                }
            }
            let pairs = common(x.len(), y.len(), 100, |i, j| x[i] == y[j]);
            prop_assert_eq!(pairs.len(), table[x.len()][y.len()]);
            prop_assert!(pairs.iter().all(|&(i, j)| x[i] == y[j]));
            prop_assert!(pairs.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1));
        }
    }
}
