//! The columns of a table: which, in what order, how wide. Saved with the view's layout. The cells are
//! painted by the view into the ranges that [`Columns::layout`] gives.

mod header;

use egui::Rangef;

pub use header::{HeaderOutput, header};

use crate::ui::widgets::text::LineAlign;

/// A column that a table offers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ColumnSpec<'a> {
    /// Its name in saved layouts; never changes.
    pub id: &'a str,
    /// Its head.
    pub title: &'a str,
    /// Width before anybody changed it.
    pub width: f32,
    /// Narrowest.
    pub least: f32,
    /// Numbers right, text left.
    pub align: LineAlign,
    /// Shown before anybody chose.
    pub shown: bool,
    /// Takes the room that is left; one column at most.
    pub stretch: bool,
    /// Where there is not room enough for the stretching column, the column with the highest number makes way
    /// first; 0 never does.
    pub yields: u8,
    /// What is in it needs this width, its head included: taken as long as nobody chose a width. A column in which nothing
    /// is, 0, is left out until somebody does. The stretching column does not grow beyond it.
    pub fits: Option<f32>,
}

impl<'a> ColumnSpec<'a> {
    /// A shown column of text.
    pub const fn text(id: &'a str, title: &'a str, width: f32) -> Self {
        Self {
            id,
            title,
            width,
            least: 40.0,
            align: LineAlign::Left,
            shown: true,
            stretch: false,
            yields: 0,
            fits: None,
        }
    }

    /// A shown column of numbers.
    pub const fn number(id: &'a str, title: &'a str, width: f32) -> Self {
        Self { align: LineAlign::Right, ..Self::text(id, title, width) }
    }

    /// Takes the room that is left.
    #[must_use]
    pub const fn stretch(mut self) -> Self {
        self.stretch = true;
        self
    }

    /// Makes way for the stretching column, higher numbers first.
    #[must_use]
    pub const fn yields(mut self, order: u8) -> Self {
        self.yields = order;
        self
    }

    /// As wide as what is in it; 0 where that is nothing.
    #[must_use]
    pub const fn fits(mut self, width: f32) -> Self {
        self.fits = Some(width);
        self
    }

    /// Only shown when it was chosen.
    #[must_use]
    pub const fn hidden(mut self) -> Self {
        self.shown = false;
        self
    }

    /// Not narrower than this.
    #[must_use]
    pub const fn least(mut self, least: f32) -> Self {
        self.least = least;
        self
    }
}

/// A column as the user left it.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Column {
    id: String,
    width: f32,
    visible: bool,
}

/// The columns of one table, in their order.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Columns {
    columns: Vec<Column>,
}

/// Where a visible column stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// Its number in the specs.
    pub spec: usize,
    /// From left to right.
    pub x: Rangef,
}

/// Room between two columns.
const BETWEEN: f32 = 12.0;

impl Columns {
    /// The columns as offered.
    pub fn new(specs: &[ColumnSpec<'_>]) -> Self {
        let mut columns = Self::default();
        columns.reconcile(specs);
        columns
    }

    /// Fits saved columns to what the table offers now: unknown ones go, new ones come at their place, widths
    /// that make no sense are forgotten.
    pub fn reconcile(&mut self, specs: &[ColumnSpec<'_>]) {
        let mut seen = Vec::new();
        self.columns.retain(|column| {
            let known = specs.iter().any(|spec| spec.id == column.id) && !seen.contains(&column.id);
            seen.push(column.id.clone());
            known
        });
        for (n, spec) in specs.iter().enumerate() {
            if let Some(column) = self.columns.iter_mut().find(|column| column.id == spec.id) {
                column.width =
                    if column.width.is_finite() { column.width.max(spec.least) } else { spec.width };
            } else {
                // After the nearest earlier neighbour that is there.
                let before = specs[..n].iter().rev().find_map(|earlier| self.position(earlier.id));
                let at = before.map_or(0, |before| before + 1);
                let column = Column { id: spec.id.to_owned(), width: spec.width, visible: spec.shown };
                self.columns.insert(at, column);
            }
        }
    }

    fn position(&self, id: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.id == id)
    }

    /// Whether a column is shown.
    pub fn is_visible(&self, id: &str) -> bool {
        self.columns.iter().any(|column| column.id == id && column.visible)
    }

    /// Shows or hides a column; the last visible one stays.
    pub fn set_visible(&mut self, id: &str, visible: bool) {
        let shown = self.columns.iter().filter(|column| column.visible).count();
        if let Some(column) = self.columns.iter_mut().find(|column| column.id == id)
            && (visible || shown > 1)
        {
            column.visible = visible;
        }
    }

    /// The width that was chosen for a column, or its usual one.
    pub fn width(&self, id: &str) -> Option<f32> {
        self.columns.iter().find(|column| column.id == id).map(|column| column.width)
    }

    /// The width a column is shown with: what somebody chose, else what its content needs.
    fn shown_width(spec: &ColumnSpec<'_>, chosen: f32) -> f32 {
        // The usual width is nobody's choice.
        spec.fits.filter(|_| (chosen - spec.width).abs() < 0.5).unwrap_or(chosen)
    }

    /// Makes a column as wide as given, but not narrower than it may be.
    pub fn set_width(&mut self, spec: &ColumnSpec<'_>, width: f32) {
        if let Some(column) = self.columns.iter_mut().find(|column| column.id == spec.id) {
            column.width = width.max(spec.least);
        }
    }

    /// Puts a column before another, or last.
    pub fn move_before(&mut self, id: &str, before: Option<&str>) {
        if before == Some(id) {
            return;
        }
        if let Some(from) = self.position(id) {
            let column = self.columns.remove(from);
            let to = before.and_then(|before| self.position(before)).unwrap_or(self.columns.len());
            self.columns.insert(to, column);
        }
    }

    /// The ids of all columns in their order.
    pub fn order(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.id.as_str())
    }

    /// Where the visible columns stand between `left` and `right`. The stretching column takes what is left;
    /// columns that yield are left out until it has its usual width; columns beyond the right edge are not
    /// returned.
    pub fn layout(&self, specs: &[ColumnSpec<'_>], left: f32, right: f32) -> Vec<Cell> {
        let all: Vec<(usize, f32)> = self
            .columns
            .iter()
            .filter(|column| column.visible)
            .filter_map(|column| {
                let spec = specs.iter().position(|spec| spec.id == column.id)?;
                let width = Self::shown_width(&specs[spec], column.width);
                (width > 0.0).then_some((spec, width))
            })
            .collect();
        let mut shown = vec![true; all.len()];
        let rest_of = |shown: &[bool]| {
            let visible = || all.iter().zip(shown).filter(|(_, shown)| **shown).map(|(column, _)| column);
            let gaps = BETWEEN * visible().count().saturating_sub(1) as f32;
            let fixed: f32 = visible().filter(|(n, _)| !specs[*n].stretch).map(|(_, width)| width).sum();
            right - left - gaps - fixed
        };
        if let Some(stretching) = all.iter().map(|(n, _)| &specs[*n]).find(|spec| spec.stretch) {
            let wanted = stretching.fits.map_or(stretching.width, |fits| fits.min(stretching.width));
            let mut yielding: Vec<usize> = (0..all.len()).filter(|at| specs[all[*at].0].yields > 0).collect();
            yielding.sort_by_key(|at| std::cmp::Reverse(specs[all[*at].0].yields));
            let mut out = Vec::new();
            for at in yielding {
                if rest_of(&shown) >= wanted {
                    break;
                }
                shown[at] = false;
                out.push(at);
            }
            // A wide one may have left room for others that made way before it.
            for at in out.into_iter().rev() {
                shown[at] = true;
                shown[at] = rest_of(&shown) >= wanted;
            }
        }
        let rest = rest_of(&shown);
        let visible: Vec<(usize, f32)> =
            all.iter().zip(&shown).filter(|(_, shown)| **shown).map(|(column, _)| *column).collect();
        let mut x = left;
        let mut cells = Vec::with_capacity(visible.len());
        for (spec, width) in visible {
            let most = specs[spec].fits.unwrap_or(f32::INFINITY);
            let width = if specs[spec].stretch { rest.min(most).max(specs[spec].least) } else { width };
            if x >= right {
                break;
            }
            cells.push(Cell { spec, x: Rangef::new(x, (x + width).min(right)) });
            x += width + BETWEEN;
        }
        cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPECS: [ColumnSpec<'static>; 4] = [
        ColumnSpec::number("position", "position", 60.0),
        ColumnSpec::text("time", "time", 100.0),
        ColumnSpec::text("meta", "metadata", 80.0).hidden(),
        ColumnSpec::text("data", "data", 200.0).stretch(),
    ];

    fn shown(columns: &Columns, right: f32) -> Vec<(&'static str, f32, f32)> {
        let cells = columns.layout(&SPECS, 0.0, right);
        cells.iter().map(|cell| (SPECS[cell.spec].id, cell.x.min, cell.x.max)).collect()
    }

    #[test]
    fn the_stretching_column_takes_what_is_left() {
        let columns = Columns::new(&SPECS);
        assert_eq!(
            shown(&columns, 500.0),
            [("position", 0.0, 60.0), ("time", 72.0, 172.0), ("data", 184.0, 500.0)]
        );
    }

    #[test]
    fn columns_beyond_the_edge_are_left_out() {
        let columns = Columns::new(&SPECS);
        assert_eq!(shown(&columns, 150.0), [("position", 0.0, 60.0), ("time", 72.0, 150.0)]);
        assert_eq!(shown(&columns, 0.0), []);
    }

    #[test]
    fn columns_that_yield_make_way_in_their_order() {
        let mut specs = SPECS;
        specs[0] = specs[0].yields(1);
        specs[1] = specs[1].yields(2);
        let columns = Columns::new(&specs);
        let shown = |right| {
            let cells = columns.layout(&specs, 0.0, right);
            cells.iter().map(|cell| specs[cell.spec].id).collect::<Vec<_>>()
        };
        assert_eq!(shown(384.0), ["position", "time", "data"]);
        assert_eq!(shown(383.0), ["position", "data"]);
        assert_eq!(shown(260.0), ["data"]);
        // What makes way last is so wide that others have room without it.
        specs[0] = specs[0].yields(2);
        specs[1] = specs[1].yields(1);
        let shown = |right| {
            let cells = columns.layout(&specs, 0.0, right);
            cells.iter().map(|cell| specs[cell.spec].id).collect::<Vec<_>>()
        };
        assert_eq!(shown(383.0), ["time", "data"]);
        assert_eq!(shown(300.0), ["position", "data"]);
    }

    #[test]
    fn columns_are_as_wide_as_what_is_in_them_until_somebody_chooses() {
        let mut specs = SPECS;
        (specs[0], specs[1], specs[3]) = (specs[0].fits(0.0), specs[1].fits(140.0), specs[3].fits(300.0));
        let mut columns = Columns::new(&specs);
        let shown = |columns: &Columns, right| {
            let cells = columns.layout(&specs, 0.0, right);
            cells.iter().map(|cell| (specs[cell.spec].id, cell.x.min, cell.x.max)).collect::<Vec<_>>()
        };
        assert_eq!(shown(&columns, 500.0), [("time", 0.0, 140.0), ("data", 152.0, 452.0)]);
        columns.set_width(&specs[0], 50.0);
        columns.set_width(&specs[1], 90.0);
        assert_eq!(
            shown(&columns, 400.0),
            [("position", 0.0, 50.0), ("time", 62.0, 152.0), ("data", 164.0, 400.0)]
        );
    }

    #[test]
    fn a_column_is_moved_hidden_and_resized() {
        let mut columns = Columns::new(&SPECS);
        columns.move_before("data", Some("position"));
        columns.set_visible("time", false);
        columns.set_width(&SPECS[0], 3.0);
        assert_eq!(shown(&columns, 300.0), [("data", 0.0, 248.0), ("position", 260.0, 300.0)]);
        columns.move_before("data", None);
        columns.move_before("nothing", Some("data"));
        assert_eq!(columns.order().collect::<Vec<_>>(), ["position", "time", "meta", "data"]);
    }

    #[test]
    fn the_last_visible_column_cannot_be_hidden() {
        let mut columns = Columns::new(&SPECS);
        for spec in &SPECS {
            columns.set_visible(spec.id, false);
        }
        assert_eq!(SPECS.iter().filter(|spec| columns.is_visible(spec.id)).count(), 1);
    }

    #[test]
    fn saved_columns_are_fitted_to_what_is_offered() {
        let saved = r#"[{"id":"data","width":300.0,"visible":true},{"id":"gone","width":5.0,"visible":true},
            {"id":"time","width":1.0,"visible":false},{"id":"data","width":9.0,"visible":false}]"#;
        let mut columns: Columns = serde_json::from_str(saved).unwrap();
        columns.reconcile(&SPECS);
        assert_eq!(columns.order().collect::<Vec<_>>(), ["position", "data", "time", "meta"]);
        assert_eq!(columns.width("time"), Some(40.0));
        assert_eq!(columns.width("data"), Some(300.0));
        let again: Columns = serde_json::from_str(&serde_json::to_string(&columns).unwrap()).unwrap();
        assert_eq!(again, columns);
    }
}
