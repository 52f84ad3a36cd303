//! What of the menu bar is shown in a narrow window: pure arithmetic.

/// Something that can be left out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Optional {
    /// Points it takes, with the gap beside it.
    pub(super) width: f32,
    /// The lowest leaves first.
    pub(super) rank: u8,
}

/// Which of `items` are shown so that all of them and what must stay fit into `room`.
pub(super) fn fit(room: f32, must_stay: f32, items: &[Optional]) -> Vec<bool> {
    let mut shown = vec![true; items.len()];
    loop {
        let taken: f32 =
            items.iter().zip(&shown).filter(|(_, shown)| **shown).map(|(item, _)| item.width).sum();
        let first = (0..items.len()).filter(|at| shown[*at]).min_by_key(|at| items[*at].rank);
        match first {
            Some(first) if taken + must_stay > room => shown[first] = false,
            _ => return shown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_important_leaves_first() {
        let items = [(100.0, 3), (50.0, 1), (80.0, 2)].map(|(width, rank)| Optional { width, rank });
        for (room, expected) in [
            (430.0, [true, true, true]),
            (429.0, [true, false, true]),
            (379.0, [true, false, false]),
            (299.0, [false, false, false]),
            (0.0, [false, false, false]),
        ] {
            assert_eq!(fit(room, 200.0, &items), expected, "{room}");
        }
    }
}
