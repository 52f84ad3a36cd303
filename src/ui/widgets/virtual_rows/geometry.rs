//! Where rows lie: pure arithmetic, in rows and parts of rows, exact at any length.

use std::ops::Range;

/// A scroll position.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Anchor {
    /// The first row that is seen.
    pub top_row: u64,
    /// Points of it above the upper edge, less than a row.
    pub hidden_px: f32,
}

/// Where a row that is brought into view comes to stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RowAlign {
    /// Where it is, if it is seen whole; else at the nearer edge.
    #[default]
    Nearest,
    /// First.
    Top,
    /// In the middle.
    Center,
    /// Last.
    Bottom,
}

/// The measures of a list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Geometry {
    /// Rows in the list.
    pub rows: u64,
    /// Points of a row.
    pub row_height: f32,
    /// Points of the window onto it.
    pub view: f32,
}

impl Geometry {
    fn height(&self) -> f64 {
        f64::from(self.row_height).max(1.0)
    }

    fn view(&self) -> f64 {
        f64::from(self.view).max(0.0)
    }

    /// The last position: the last row ends at the lower edge.
    pub fn end(&self) -> Anchor {
        let fit = (self.view() / self.height()).ceil();
        let fits = fit as u64;
        if fits > self.rows || self.rows as f64 * self.height() <= self.view() {
            return Anchor::default();
        }
        Anchor { top_row: self.rows - fits, hidden_px: (fit * self.height() - self.view()) as f32 }
    }

    /// The position, moved back inside the list.
    pub fn clamped(&self, at: Anchor) -> Anchor {
        let end = self.end();
        let sound = at.hidden_px.is_finite() && at.hidden_px >= 0.0;
        let at = Anchor { hidden_px: if sound { at.hidden_px } else { 0.0 }, ..at };
        let beyond = at.top_row > end.top_row || (at.top_row == end.top_row && at.hidden_px > end.hidden_px);
        if beyond {
            end
        } else if f64::from(at.hidden_px) >= self.height() {
            self.moved(Anchor { hidden_px: 0.0, ..at }, f64::from(at.hidden_px))
        } else {
            at
        }
    }

    /// The position `points` further down.
    pub fn moved(&self, at: Anchor, points: f64) -> Anchor {
        let inside = f64::from(at.hidden_px) + points;
        let rows = (inside / self.height()).floor();
        let hidden = inside - rows * self.height();
        if rows < 0.0 && rows.abs() > at.top_row as f64 {
            return Anchor::default();
        }
        let top_row =
            if rows < 0.0 { at.top_row - rows.abs() as u64 } else { at.top_row.saturating_add(rows as u64) };
        self.clamped(Anchor { top_row, hidden_px: (hidden as f32).min(self.row_height.next_down()) })
    }

    /// The position from which `row` is seen as `align` says.
    pub fn revealed(&self, at: Anchor, row: u64, align: RowAlign) -> Anchor {
        let row = row.min(self.rows.saturating_sub(1));
        let top = Anchor { top_row: row, hidden_px: 0.0 };
        let bottom = || self.moved(top, self.height() - self.view());
        match align {
            RowAlign::Top => self.clamped(top),
            RowAlign::Bottom => bottom(),
            RowAlign::Center => self.moved(top, (self.height() - self.view()) / 2.0),
            RowAlign::Nearest => {
                let above = row < at.top_row || (row == at.top_row && at.hidden_px > 0.0);
                if above {
                    return self.clamped(top);
                }
                let lower_edge = ((row - at.top_row) as f64 + 1.0) * self.height() - f64::from(at.hidden_px);
                if lower_edge > self.view() { bottom() } else { at }
            }
        }
    }

    /// The rows that are at least partly seen from a position.
    pub fn visible(&self, at: Anchor) -> Range<u64> {
        let count = ((self.view() + f64::from(at.hidden_px)) / self.height()).ceil() as u64;
        let first = at.top_row.min(self.rows);
        first..first.saturating_add(count).min(self.rows)
    }

    /// Rows that fit whole, at least one.
    pub fn page(&self) -> u64 {
        ((self.view() / self.height()) as u64).max(1)
    }

    /// Points of all rows together that do not fit.
    fn excess(&self) -> f64 {
        (self.rows as f64 * self.height() - self.view()).max(0.0)
    }

    /// How far down a position is, 0 to 1; `None` when everything fits.
    pub fn fraction(&self, at: Anchor) -> Option<f64> {
        let excess = self.excess();
        let offset = at.top_row as f64 * self.height() + f64::from(at.hidden_px);
        (excess > 0.0).then(|| (offset / excess).clamp(0.0, 1.0))
    }

    /// The position at a fraction.
    pub fn at_fraction(&self, fraction: f64) -> Anchor {
        self.moved(Anchor::default(), fraction.clamp(0.0, 1.0) * self.excess())
    }

    /// Share of the list that is seen, 0 to 1.
    pub fn share(&self) -> f64 {
        if self.rows == 0 { 1.0 } else { (self.view() / (self.rows as f64 * self.height())).min(1.0) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LONG: Geometry = Geometry { rows: 10_000_000, row_height: 22.0, view: 500.0 };

    #[test]
    fn one_pixel_steps_at_five_million_rows_are_all_different() {
        let mut at = Anchor { top_row: 5_000_000, hidden_px: 0.0 };
        let mut seen = Vec::new();
        for _ in 0..16 {
            at = LONG.moved(at, 1.0);
            assert!(!seen.contains(&at), "{at:?}");
            seen.push(at);
        }
        assert_eq!(at, Anchor { top_row: 5_000_000, hidden_px: 16.0 });
        assert_eq!(LONG.moved(at, 6.0), Anchor { top_row: 5_000_001, hidden_px: 0.0 });
        assert_eq!(LONG.moved(at, -17.0), Anchor { top_row: 4_999_999, hidden_px: 21.0 });
    }

    #[test]
    fn the_end_shows_the_last_row_whole() {
        let end = LONG.end();
        assert_eq!(LONG.visible(end).end, LONG.rows);
        let height = (LONG.rows - end.top_row) as f32 * LONG.row_height - end.hidden_px;
        assert!((height - LONG.view).abs() < 0.001, "{height}");
    }

    #[test]
    fn a_shrinking_list_pulls_the_position_back() {
        let at = Anchor { top_row: 9_000_000, hidden_px: 3.0 };
        for (rows, expected) in [
            (9_000_000, Anchor { top_row: 8_999_977, hidden_px: 6.0 }),
            (100, Anchor { top_row: 77, hidden_px: 6.0 }),
            (22, Anchor::default()),
            (0, Anchor::default()),
        ] {
            let geometry = Geometry { rows, ..LONG };
            assert_eq!(geometry.clamped(at), expected, "{rows}");
        }
    }

    #[test]
    fn a_row_is_brought_into_view_as_asked() {
        let at = Anchor { top_row: 100, hidden_px: 10.0 };
        for (row, align, expected) in [
            (110, RowAlign::Nearest, at),
            (100, RowAlign::Nearest, Anchor { top_row: 100, hidden_px: 0.0 }),
            (3, RowAlign::Nearest, Anchor { top_row: 3, hidden_px: 0.0 }),
            (200, RowAlign::Nearest, Anchor { top_row: 178, hidden_px: 6.0 }),
            (200, RowAlign::Top, Anchor { top_row: 200, hidden_px: 0.0 }),
            (200, RowAlign::Bottom, Anchor { top_row: 178, hidden_px: 6.0 }),
            (200, RowAlign::Center, Anchor { top_row: 189, hidden_px: 3.0 }),
            (u64::MAX, RowAlign::Top, LONG.end()),
            (0, RowAlign::Bottom, Anchor::default()),
        ] {
            assert_eq!(LONG.revealed(at, row, align), expected, "{row} {align:?}");
        }
    }

    #[test]
    fn saved_nonsense_is_repaired() {
        for hidden_px in [f32::NAN, f32::INFINITY, -5.0] {
            let at = LONG.clamped(Anchor { top_row: 7, hidden_px });
            assert_eq!(at, Anchor { top_row: 7, hidden_px: 0.0 });
        }
        let at = LONG.clamped(Anchor { top_row: 7, hidden_px: 50.0 });
        assert_eq!(at, Anchor { top_row: 9, hidden_px: 6.0 });
    }

    proptest! {
        #[test]
        fn a_position_is_always_inside_the_list(
            rows in 0_u64..=20_000_000,
            view in 0.0_f32..3_000.0,
            top_row in 0_u64..=30_000_000,
            hidden_px in 0.0_f32..22.0,
            points in -1e9_f64..1e9,
        ) {
            let geometry = Geometry { rows, row_height: 22.0, view };
            let at = geometry.moved(geometry.clamped(Anchor { top_row, hidden_px }), points);
            prop_assert!(at.hidden_px >= 0.0 && at.hidden_px < 22.0);
            prop_assert_eq!(geometry.clamped(at), at);
            let visible = geometry.visible(at);
            prop_assert!(visible.end <= rows);
            let full = (visible.end - visible.start) as f32 * 22.0 - at.hidden_px;
            prop_assert!(full + 0.01 >= view || visible == (0..rows), "{full} of {view}");
        }

        #[test]
        fn the_bar_and_the_position_agree(rows in 100_u64..=20_000_000, fraction in 0.0_f64..=1.0) {
            let geometry = Geometry { rows, row_height: 22.0, view: 500.0 };
            let back = geometry.fraction(geometry.at_fraction(fraction)).unwrap();
            prop_assert!((back - fraction).abs() < 1e-6, "{back}");
        }

        #[test]
        fn a_step_there_and_back_ends_where_it_began(top_row in 1_000_u64..9_000_000, points in -5_000_i32..5_000) {
            let at = Anchor { top_row, hidden_px: 4.0 };
            let there = LONG.moved(at, f64::from(points));
            prop_assert_eq!(LONG.moved(there, f64::from(-points)), at);
        }
    }
}
