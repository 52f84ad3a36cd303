//! `sagascope map`: the process map of a log, types as nodes and what followed what as edges.

use clap::{Parser, ValueEnum};
use serde_json::json;

use super::args::{OutputArgs, StoreArgs};
use super::drawing::DrawingArgs;
use super::open::{BadRows, open};
use super::saga_json::{self, cancelled, parse_time, survey};
use super::table::{Kind, Table};
use super::text::{NONE, counted};
use super::{Output, Run};
use crate::base::cancel::CancelToken;
use crate::base::text::span;
use crate::engine::OpenLog;
use crate::index::TypeId;
use crate::model::Timestamp;
use crate::saga::{Detail, EdgeLabel, ProcessMap, Survey, mermaid, pictures};

/// Show what followed what in the sagas of a store, how often and how fast
#[derive(Parser, Debug)]
#[command(
    name = "map",
    after_help = "Examples:\n  sagascope map shop.db\n  sagascope map shop.db --mermaid --edges 5\n  \
                  sagascope map shop.db --svg map.svg --label time\n  \
                  sagascope map shop.db --at 2026-01-04T12:00:00Z\n\n\
                  Keys of --json, one object a line: from and to (null is the beginning or the end), count, sagas, \
                  p50_ms, p95_ms, p99_ms."
)]
pub(super) struct Map {
    #[command(flatten)]
    stores: StoreArgs,
    /// Print it as Mermaid text instead
    #[arg(long, conflicts_with_all = ["json", "drawn"])]
    mermaid: bool,
    #[command(flatten)]
    drawing: DrawingArgs,
    /// Numbers as they were at this time: what had not come by then is left out of the table, and 0 in a picture
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    at: Option<Timestamp>,
    /// Leave out types that come less often than so many percent of the most frequent
    #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=100))]
    nodes: u16,
    /// Leave out ways taken less often than so many percent of the most frequent
    #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=100))]
    edges: u16,
    /// What stands on the edges of --mermaid and --svg
    #[arg(long, value_enum, default_value_t = LabelArg::Frequency)]
    label: LabelArg,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LabelArg {
    Frequency,
    Time,
}

impl Run for Map {
    fn run(self, out: &mut Output) -> anyhow::Result<()> {
        let open = open(&self.stores, BadRows::Said)?;
        let survey = survey(&open, None, None)?;
        let detail = Detail { nodes: self.nodes * 10, edges: self.edges * 10 };
        let map = ProcessMap::of(&survey.variants, &survey.machine, detail);
        let (map, survey) = match self.at {
            Some(at) => as_of(&open, &survey, map, at)?,
            None => (map, survey),
        };
        let label = match self.label {
            LabelArg::Frequency => EdgeLabel::Frequency,
            LabelArg::Time => EdgeLabel::Time,
        };
        if self.mermaid {
            out.line(mermaid::map(&survey, &map, label).trim_end())?;
            return Ok(());
        }
        if self.drawing.is_wanted() {
            let drawing = pictures::map(&survey, &map, label, self.drawing.palette());
            return self.drawing.write(&drawing, self.output.json, out);
        }
        if self.output.json {
            return Ok(as_json(&survey, &map, out)?);
        }
        as_table(&survey, &map, out)
    }
}

/// The map with the numbers of a time, and the sagas as of then.
fn as_of(
    open: &OpenLog,
    survey: &Survey,
    map: ProcessMap,
    at: Timestamp,
) -> anyhow::Result<(ProcessMap, Survey)> {
    let then = saga_json::as_of(open, survey, at)?;
    let machine = then.machine_so_far(&open.log, &CancelToken::default()).ok_or_else(cancelled)?;
    Ok((map.as_of(&then.variants, &machine, &at.to_string()), then))
}

fn name(survey: &Survey, id: Option<TypeId>) -> Option<&str> {
    id.map(|id| &*survey.traits[id.0 as usize].name)
}

fn as_json(survey: &Survey, map: &ProcessMap, out: &mut Output) -> std::io::Result<()> {
    for known in map.edges.iter().filter(|known| known.count > 0) {
        let inside = known.edge.0.is_some() && known.edge.1.is_some();
        let milliseconds = |nanos: i64| inside.then_some(nanos / 1_000_000);
        out.json(&json!({
            "from": name(survey, known.edge.0),
            "to": name(survey, known.edge.1),
            "count": known.count,
            "sagas": known.sagas,
            "p50_ms": milliseconds(known.waits.p50),
            "p95_ms": milliseconds(known.waits.p95),
            "p99_ms": milliseconds(known.waits.p99),
        }))?;
    }
    Ok(())
}

fn as_table(survey: &Survey, map: &ProcessMap, out: &mut Output) -> anyhow::Result<()> {
    let mut table = Table::new(&[
        ("FROM", Kind::Text),
        ("TO", Kind::Text),
        ("TIMES", Kind::Number),
        ("SAGAS", Kind::Number),
        ("HALF WITHIN", Kind::Number),
        ("95 % WITHIN", Kind::Number),
    ]);
    for known in map.edges.iter().filter(|known| known.count > 0) {
        let inside = known.edge.0.is_some() && known.edge.1.is_some();
        let wait = |nanos: i64| if inside { span(nanos) } else { NONE.to_owned() };
        table.row(&[
            name(survey, known.edge.0).unwrap_or("(begins)").to_owned(),
            name(survey, known.edge.1).unwrap_or("(ends)").to_owned(),
            known.count.to_string(),
            known.sagas.to_string(),
            wait(known.waits.p50),
            wait(known.waits.p95),
        ]);
    }
    table.print(out)?;
    let types = map.nodes.iter().filter(|node| node.times > 0).count() as u64;
    let sagas = survey.instances.len() as u64;
    out.line(&format!("{} in {}", counted(types, "type"), counted(sagas, "saga")))?;
    Ok(())
}
