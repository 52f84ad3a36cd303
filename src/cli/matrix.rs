//! `sagascope matrix`: every fault at every message of a saga, and what each comes to.

use std::collections::BTreeMap;
use std::io::Write as _;

use clap::Parser;

use super::args::OutputArgs;
use super::notice::ProgressLine;
use super::simulation::{SagaArgs, domain, listed, seconds};
use super::table::{Kind, Table};
use super::text::{clean, count, counted};
use super::{Output, Run};
use crate::domain::Domain;
use crate::sim::matrix::{
    Cell, CellReport, Layout, cell_text, csv, csv_header, differs, in_world, markdown, report_of,
};
use crate::sim::recipe::Recipe;

/// Cells printed at a time, so that a long list is seen while it grows.
const AT_A_TIME: usize = 200;

/// Try every fault at every message of a saga
#[derive(Parser, Debug)]
#[command(
    name = "matrix",
    after_help = "Examples:\n  sagascope matrix shop\n  sagascope matrix shop --without idempotency\n  \
                  sagascope matrix travel --json | jq -r 'select(.outcome == \"dead-lettered\") | .recipe'\n  \
                  sagascope matrix shop --pairs --json | jq -s 'map(select(.broken != [])) | length'\n  \
                  sagascope matrix shop --markdown > matrix.md\n\n\
                  Without --json each cell is a line; with --without, * marks what differs from all protections on. \
                  Cells that cannot happen are left out. Keys of --json, one object a line: saga, target, fault, \
                  outcome (null: the fault was never reached), attempts, undo_attempts, duration_ticks, dead_letters, \
                  letters (the same by state), owed, broken, recipe."
)]
pub(super) struct Matrix {
    /// A built-in domain (shop, travel, transfer) or a domain file
    #[arg(value_name = "DOMAIN")]
    domain: String,
    #[command(flatten)]
    args: SagaArgs,
    /// Every two faults together instead of each alone
    #[arg(long)]
    pairs: bool,
    /// Print comma-separated values
    #[arg(long, conflicts_with_all = ["json", "markdown"])]
    csv: bool,
    /// Print a table for a Markdown document
    #[arg(long, conflicts_with_all = ["json", "pairs"])]
    markdown: bool,
    #[command(flatten)]
    output: OutputArgs,
}

impl Run for Matrix {
    fn run(self, out: &mut Output) -> anyhow::Result<()> {
        let domain = domain(&self.domain)?;
        let layout = Layout::new(&domain, &self.args.recipe(&domain)?)?;
        let mut carry_out = in_world(&domain);
        let mut progress = ProgressLine::new();
        let mut printer = Printer::new(&self, &layout, out)?;
        for cell in cells(&layout, &domain, self.pairs) {
            let report = report_of(&layout, &cell, &carry_out(&cell.recipe)?);
            let all_on = if cell.recipe.without.is_empty() || !printer.compares() {
                None
            } else {
                let recipe = Recipe { without: Vec::new(), ..cell.recipe.clone() };
                Some(report_of(&layout, &cell, &carry_out(&recipe)?))
            };
            printer.cell(cell, report, all_on.as_ref(), out)?;
            let (runs, rate) = (printer.runs, progress.rate(printer.runs));
            progress.show(|| format!("Simulating: {}, {}/s", counted(runs, "run"), count(rate)));
        }
        drop(progress);
        printer.end(out)
    }
}

fn cells<'a>(layout: &'a Layout, domain: &'a Domain, pairs: bool) -> Box<dyn Iterator<Item = Cell> + 'a> {
    if pairs { Box::new(layout.pairs(domain)) } else { Box::new(layout.cells.iter().cloned()) }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Csv,
    Markdown,
    Table,
}

/// Prints cells as they come, and what they add up to.
struct Printer<'a> {
    layout: &'a Layout,
    form: Form,
    table: Table,
    /// For Markdown, which needs all of them at once.
    kept: Vec<(Cell, CellReport)>,
    by_outcome: BTreeMap<&'static str, u64>,
    runs: u64,
    differ: u64,
    compared: u64,
}

impl<'a> Printer<'a> {
    fn new(args: &Matrix, layout: &'a Layout, out: &mut Output) -> anyhow::Result<Self> {
        let form = match args {
            _ if args.output.json => Form::Json,
            _ if args.csv => Form::Csv,
            _ if args.markdown => Form::Markdown,
            _ => Form::Table,
        };
        if form == Form::Csv {
            out.write_all(csv_header().as_bytes())?;
        }
        let table = Table::new(&[
            ("TARGET", Kind::Fixed),
            ("FAULT", Kind::Fixed),
            ("", Kind::Fixed),
            ("OUTCOME", Kind::Fixed),
            ("TIME", Kind::Number),
            ("DEAD LETTERS", Kind::Fixed),
            ("BROKEN", Kind::Text),
            ("OWED", Kind::Rest),
        ]);
        let by_outcome = BTreeMap::new();
        Ok(Self { layout, form, table, kept: Vec::new(), by_outcome, runs: 0, differ: 0, compared: 0 })
    }

    /// Whether it shows what differs from all protections on.
    fn compares(&self) -> bool {
        self.form == Form::Table
    }

    fn cell(
        &mut self,
        cell: Cell,
        report: CellReport,
        all_on: Option<&CellReport>,
        out: &mut Output,
    ) -> anyhow::Result<()> {
        self.runs += 1;
        *self.by_outcome.entry(report.word()).or_default() += 1;
        match self.form {
            Form::Json => out.json(&report.json(self.layout, &cell))?,
            Form::Csv => out.write_all(csv(self.layout, &cell, &report).as_bytes())?,
            Form::Markdown => self.kept.push((cell, report)),
            Form::Table => {
                let differs = all_on.is_some_and(|all_on| differs(all_on, &report));
                self.compared += u64::from(all_on.is_some());
                self.differ += u64::from(differs);
                self.row(&cell, &report, differs);
                if self.table.waiting() >= AT_A_TIME {
                    self.table.print(out)?;
                }
            }
        }
        Ok(())
    }

    fn row(&mut self, cell: &Cell, report: &CellReport, differs: bool) {
        let (target, fault) = self.layout.names(cell);
        let letters = report.letters().into_iter().map(|(state, count)| format!("{count} {state}"));
        self.table.row(&[
            target,
            fault,
            if differs { "*" } else { "" }.to_owned(),
            cell_text(self.layout, cell, report),
            seconds(report.duration),
            listed(&letters.collect::<Vec<_>>()),
            listed(&report.broken),
            listed(&report.owed),
        ]);
    }

    fn end(mut self, out: &mut Output) -> anyhow::Result<()> {
        match self.form {
            Form::Json | Form::Csv => return Ok(()),
            Form::Markdown => out.write_all(markdown(self.layout, &self.kept).as_bytes())?,
            Form::Table => {
                self.table.print(out)?;
                let outcomes =
                    self.by_outcome.iter().map(|(word, cells)| format!("{} {word}", count(*cells)));
                let outcomes = outcomes.collect::<Vec<_>>().join(", ");
                out.line("")?;
                out.line(&format!("{}: {outcomes}", clean(&counted(self.runs, "run"))))?;
                if self.compared > 0 {
                    out.line(&format!("{} (*) from all protections on", differ(self.differ)))?;
                }
            }
        }
        Ok(())
    }
}

fn differ(cells: u64) -> String {
    format!("{} {}", counted(cells, "cell"), if cells == 1 { "differs" } else { "differ" })
}
