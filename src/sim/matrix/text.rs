//! The matrix as text: comma-separated values, and a Markdown table.

use std::fmt::Write as _;

use super::layout::{Cell, Layout};
use super::run::CellReport;
use crate::runtime::LetterState;

/// Why writing cannot fail.
const WRITES: &str = "a String takes all";

/// The header line of [`csv()`].
pub fn csv_header() -> String {
    let states: Vec<&str> = LetterState::ALL.iter().map(|state| state.name()).collect();
    format!(
        "saga,target,fault,outcome,attempts,undo_attempts,duration_ticks,{},owed,broken,recipe\n",
        states.join(",")
    )
}

/// A cell as a line of comma-separated values (RFC 4180, ends with a line feed). Lists are joined by `; `.
pub fn csv(layout: &Layout, cell: &Cell, report: &CellReport) -> String {
    let (target, fault) = layout.names(cell);
    let mut fields = vec![
        layout.saga.clone(),
        target,
        fault,
        report.word().to_owned(),
        report.attempts.to_string(),
        report.undo_attempts.to_string(),
        report.duration.0.to_string(),
    ];
    fields.extend(report.dead_letters.iter().map(u32::to_string));
    fields.extend([report.owed.join("; "), report.broken.join("; "), report.recipe.clone()]);
    let quoted: Vec<String> = fields.iter().map(|field| quoted(field)).collect();
    quoted.join(",") + "\n"
}

/// Quotes where a comma, a quote or a line end would tear the field apart.
fn quoted(field: &str) -> String {
    if field.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

/// What stands in a cell: the outcome and the attempts that count there.
pub fn cell_text(layout: &Layout, cell: &Cell, report: &CellReport) -> String {
    let leg = layout.rows[cell.at.0].step.as_ref().map(|step| step.leg);
    match report.outcome {
        None => report.word().to_owned(),
        Some(outcome) => format!("{} {}", outcome.name(), report.attempts_shown(leg)),
    }
}

/// The single-fault matrix as a Markdown table, a row a message and a column a kind of fault. Impossible cells
/// are empty.
pub fn markdown(layout: &Layout, reports: &[(Cell, CellReport)]) -> String {
    let mut text = format!("| {} |", layout.saga);
    for kind in &layout.columns {
        write!(text, " {} |", kind.name()).expect(WRITES);
    }
    text += "\n| --- |";
    text += &" --- |".repeat(layout.columns.len());
    text.push('\n');
    for (row, what) in layout.rows.iter().enumerate() {
        write!(text, "| {} |", what.target()).expect(WRITES);
        for column in 0..layout.columns.len() {
            let found = reports.iter().find(|(cell, _)| cell.at == (row, column) && cell.and.is_none());
            let written = match found {
                Some((cell, report)) => write!(text, " {} |", cell_text(layout, cell, report)),
                None => write!(text, " |"),
            };
            written.expect(WRITES);
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::matrix::report_of;
    use crate::sim::recipe::Recipe;
    use crate::sim::testing::{report, shop};

    fn reports() -> (Layout, Vec<(Cell, CellReport)>) {
        let layout = Layout::new(&shop(), &Recipe::new("shop", "fulfilment")).unwrap();
        let reports = layout.cells.iter().map(|cell| {
            let report = report(&cell.recipe.to_string());
            (cell.clone(), report_of(&layout, cell, &report))
        });
        let reports = reports.collect();
        (layout, reports)
    }

    #[test]
    fn a_line_has_as_many_fields_as_the_header_and_quotes_what_would_tear_it() {
        let (layout, reports) = reports();
        let (cell, report) = &reports[0];
        assert_eq!(
            csv_header(),
            "saga,target,fault,outcome,attempts,undo_attempts,duration_ticks,open,redriven,answered,resolved,\
             discarded,owed,broken,recipe\n"
        );
        assert_eq!(
            csv(&layout, cell, report),
            "fulfilment,start,conflict,inconsistent,1,1,4000,1,0,0,0,0,process-payment: refund 120.00 €,S1,\
             shop/fulfilment?fault=start:conflict\n"
        );
        for (field, expected) in [("a", "a"), ("a, b", "\"a, b\""), ("say \"a\"", "\"say \"\"a\"\"\"")] {
            assert_eq!(quoted(field), expected);
        }
    }

    #[test]
    fn the_table_has_a_line_a_message_and_leaves_the_impossible_empty() {
        let (layout, reports) = reports();
        let table = markdown(&layout, &reports);
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines.len(), 2 + layout.rows.len());
        for line in &lines {
            assert_eq!(line.matches('|').count(), layout.columns.len() + 2, "{line}");
        }
        assert!(lines[2].starts_with("| start | | | inconsistent 1 | | | inconsistent 1 |"), "{}", lines[2]);
        let undo = lines.iter().find(|line| line.starts_with("| process-payment/undo |")).unwrap();
        assert!(undo.contains("| inconsistent 3 |"), "on the way back the attempts to undo count: {undo}");
    }
}
