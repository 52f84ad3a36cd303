//! Aligned columns within the width of the terminal. Rows come in blocks, so that a long list is printed while
//! it is read; the first block decides the widths.

use super::output::Output;
use super::text::{clean, cut, shorten_middle, width};

/// What a column holds, which decides how it is aligned and how it gives way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Aligned right; never shortened.
    Number,
    /// Never shortened: times, places.
    Fixed,
    /// Shortened in the middle, after the others.
    Id,
    /// Cut at the end.
    Text,
    /// Cut at the end, first of all.
    Rest,
}

/// Narrowest width a column is given before the table runs over the edge.
fn narrowest(kind: Kind) -> usize {
    match kind {
        Kind::Number | Kind::Fixed => usize::MAX,
        Kind::Id => 13,
        Kind::Text => 24,
        Kind::Rest => 16,
    }
}

/// Blanks between two columns.
const GAP: usize = 2;

/// A table being printed.
#[derive(Debug)]
pub(super) struct Table {
    columns: Vec<(&'static str, Kind)>,
    widths: Option<Vec<usize>>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(columns: &[(&'static str, Kind)]) -> Self {
        Self { columns: columns.to_vec(), widths: None, rows: Vec::new() }
    }

    /// Adds a row, one cell a column. Cells may hold anything.
    pub(super) fn row<const N: usize>(&mut self, cells: &[String; N]) {
        debug_assert_eq!(N, self.columns.len(), "one cell a column");
        self.rows.push(cells.iter().map(|cell| clean(cell)).collect());
    }

    /// Rows waiting to be printed.
    pub(super) fn waiting(&self) -> usize {
        self.rows.len()
    }

    /// Prints the rows so far; the header too when they are the first. A table without rows prints nothing.
    pub(super) fn print(&mut self, out: &mut Output) -> std::io::Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let rows = std::mem::take(&mut self.rows);
        let widths = if let Some(widths) = self.widths.take() {
            widths
        } else {
            let widths = self.layout(&rows, out.width());
            let header: Vec<String> = self.columns.iter().map(|(name, _)| (*name).to_owned()).collect();
            out.line(&self.line(&header, &widths))?;
            widths
        };
        for row in &rows {
            out.line(&self.line(row, &widths))?;
        }
        self.widths = Some(widths);
        Ok(())
    }

    fn layout(&self, rows: &[Vec<String>], available: usize) -> Vec<usize> {
        let mut widths: Vec<usize> = (0..self.columns.len())
            .map(|column| {
                let widest = rows.iter().map(|row| width(&row[column])).max().unwrap_or(0);
                widest.max(width(self.columns[column].0))
            })
            .collect();
        let gaps = GAP * (widths.len() - 1);
        for kind in [Kind::Rest, Kind::Text, Kind::Id] {
            // One column off the widest at a time: equals stay equal.
            while widths.iter().sum::<usize>() + gaps > available {
                let giving = (0..widths.len())
                    .filter(|&at| self.columns[at].1 == kind && widths[at] > narrowest(kind))
                    .max_by_key(|&at| widths[at]);
                let Some(giving) = giving else { break };
                // What is far too wide goes at once: a cell may be a megabyte.
                widths[giving] = (widths[giving] - 1).min(available);
            }
        }
        widths
    }

    fn line(&self, cells: &[String], widths: &[usize]) -> String {
        let mut line = String::new();
        for (at, ((cell, columns), (_, kind))) in cells.iter().zip(widths).zip(&self.columns).enumerate() {
            let shown = match kind {
                Kind::Number | Kind::Fixed => cell.clone(),
                Kind::Id => shorten_middle(cell, *columns),
                Kind::Text | Kind::Rest => cut(cell, *columns),
            };
            let padding = " ".repeat(columns.saturating_sub(width(&shown)));
            if at > 0 {
                line.push_str(&" ".repeat(GAP));
            }
            let parts = if *kind == Kind::Number { [padding, shown] } else { [shown, padding] };
            line.extend(parts);
        }
        line.truncate(line.trim_end().len());
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(available: usize) -> Vec<String> {
        let mut table = Table::new(&[("N", Kind::Number), ("ID", Kind::Id), ("DATA", Kind::Rest)]);
        table.row(&["7".into(), "8f7b7676-d015-40dc-ac63-888f28f00481".into(), "x".repeat(100)]);
        table.row(&["12345".into(), "short".into(), "y\u{1b}".into()]);
        let mut out = Output::buffer(available);
        table.print(&mut out).unwrap();
        out.text().lines().map(str::to_owned).collect()
    }

    #[test]
    fn numbers_stand_right_and_the_rest_gives_way_first() {
        let lines = printed(80);
        assert_eq!(lines[0], "    N  ID                                    DATA");
        assert_eq!(
            lines[1],
            format!("    7  8f7b7676-d015-40dc-ac63-888f28f00481  {}…", "x".repeat(80 - 5 - 36 - 4 - 1))
        );
        assert_eq!(lines[2], "12345  short                                 y\\u001b");
    }

    #[test]
    fn ids_are_shortened_in_the_middle_when_the_rest_is_narrow() {
        let lines = printed(52);
        assert_eq!(lines[1], format!("    7  8f7b7676-d015…-888f28f00481  {}…", "x".repeat(15)));
        assert!(lines.iter().all(|line| width(line) <= 52), "{lines:?}");
    }

    #[test]
    fn a_table_that_cannot_fit_runs_over_the_edge_rather_than_lose_a_number() {
        assert!(printed(10)[2].starts_with("12345  short"));
    }
}
