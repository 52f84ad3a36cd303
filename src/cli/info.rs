//! `sagascope info`: what is in a store, as the window would index it.

use clap::Parser;
use serde_json::{Map, Value, json};

use super::Run;
use super::args::{OutputArgs, StoreArgs};
use super::open::{BadRows, open};
use super::output::Output;
use super::table::{Kind, Table};
use super::text::{clean, count, time};
use crate::engine::{OpenLog, SourceInfo};
use crate::index::{Held, SourceSummary};

/// Say what a store is and how much is in it
#[derive(Parser, Debug)]
#[command(
    name = "info",
    after_help = "Examples:\n  sagascope info shop.db\n  sagascope info orders.db payments.jsonl      two stores as one log\n  \
                  sagascope info shop.db --json | jq .events\n  \
                  sagascope info big.jsonl --memory            what the index holds, part by part\n\n\
                  Keys of --json: format, events, streams, types, correlations, issues (records that could not be \
                  read), warnings (records read with a repair), first_at, last_at, sources, memory (with --memory: each part \
                  of the index with part, is_column, bytes; else null)."
)]
pub(super) struct Info {
    #[command(flatten)]
    stores: StoreArgs,
    /// Also say how much memory the index holds, by column and dictionary
    #[arg(long)]
    memory: bool,
    #[command(flatten)]
    output: OutputArgs,
}

impl Run for Info {
    fn run(self, out: &mut Output) -> anyhow::Result<()> {
        let open = open(&self.stores, BadRows::Said)?;
        if self.output.json {
            print_json(&open, self.memory, out)?;
        } else {
            print_text(&open, out)?;
            if self.memory {
                print_memory(&open, out)?;
            }
        }
        Ok(())
    }
}

/// Sums over all sources.
fn total(open: &OpenLog, of: impl Fn(&SourceSummary) -> u64) -> u64 {
    open.log.sources().iter().map(of).sum()
}

/// The formats of all sources, each once: `emmett-sqlite`, `emmett-sqlite + events-jsonl`.
fn format_names(open: &OpenLog) -> String {
    let mut names: Vec<&str> = Vec::new();
    for source in open.sources.iter() {
        if !names.contains(&source.format.as_str()) {
            names.push(&source.format);
        }
    }
    names.join(" + ")
}

fn print_json(open: &OpenLog, memory: bool, out: &mut Output) -> std::io::Result<()> {
    let log = &open.log;
    let sources: Vec<Value> = open.sources.iter().zip(log.sources()).map(source_json).collect();
    let part = |held: &Held| json!({"part": held.name, "is_column": held.is_column, "bytes": held.bytes});
    let memory: Option<Vec<Value>> = memory.then(|| open.memory().iter().map(part).collect());
    out.json(&json!({
        "format": format_names(open),
        "events": log.len(),
        "streams": log.streams().len(),
        "types": log.types().len(),
        "correlations": log.correlations().len(),
        "issues": total(open, |source| source.issues),
        "warnings": total(open, |source| source.warnings),
        "first_at": log.times().first.map(|time| time.to_string()),
        "last_at": log.times().last.map(|time| time.to_string()),
        "sources": sources,
        "memory": memory,
    }))
}

/// Each part of the index with what it is an event.
fn print_memory(open: &OpenLog, out: &mut Output) -> std::io::Result<()> {
    let events = open.log.len().max(1) as f64;
    let parts = open.memory();
    let mut table = Table::new(&[
        ("MEMORY", Kind::Fixed),
        ("IS", Kind::Fixed),
        ("BYTES", Kind::Number),
        ("AN EVENT", Kind::Number),
    ]);
    let mut row = |name: &str, is: &str, held: usize| {
        let each = format!("{:.1}", held as f64 / events);
        table.row(&[name.to_owned(), is.to_owned(), count(held as u64), each]);
    };
    for held in parts.iter().filter(|held| held.bytes > 0) {
        row(held.name, if held.is_column { "column" } else { "dictionary" }, held.bytes);
    }
    row("all", "", parts.iter().map(|held| held.bytes).sum());
    out.line("")?;
    table.print(out)
}

fn source_json((info, summary): (&SourceInfo, &SourceSummary)) -> Value {
    let mapping: Map<String, Value> =
        info.mapping.iter().map(|(field, column)| (field.clone(), column.clone().into())).collect();
    json!({
        "source": info.path.display().to_string(),
        "format": info.format,
        "title": info.title,
        "bytes": info.bytes,
        "events": summary.events,
        "issues": summary.issues,
        "warnings": summary.warnings,
        "first_at": summary.times.first.map(|time| time.to_string()),
        "last_at": summary.times.last.map(|time| time.to_string()),
        "mapping": mapping,
        "notes": info.notes,
    })
}

/// Width of the names at the left.
const NAMES: usize = 14;

fn print_text(open: &OpenLog, out: &mut Output) -> std::io::Result<()> {
    let log = &open.log;
    let mut line = |name: &str, value: String| out.line(format!("{name:<NAMES$}{value}").trim_end());
    for (number, (info, summary)) in open.sources.iter().zip(log.sources()).enumerate() {
        line("Store", clean(&info.path.display().to_string()))?;
        line("Format", format!("{} ({})", clean(&info.title), clean(&info.format)))?;
        if open.sources.len() > 1 {
            line("Events", count(summary.events))?;
            line(
                "Rows from",
                format!("#{}", if number == 0 { "0".to_owned() } else { format!("{}:0", number + 1) }),
            )?;
        }
        line("Size", bytes(info.bytes))?;
        for (at, (field, column)) in info.mapping.iter().enumerate() {
            line(if at == 0 { "Read as" } else { "" }, format!("{:<16}{}", clean(field), clean(column)))?;
        }
        for (at, note) in info.notes.iter().enumerate() {
            line(if at == 0 { "Note" } else { "" }, clean(note))?;
        }
        line("", String::new())?;
    }
    let issues = total(open, |source| source.issues);
    let warnings = total(open, |source| source.warnings);
    line("Events", count(log.len() as u64))?;
    line("Streams", count(log.streams().len() as u64))?;
    line("Types", count(log.types().len() as u64))?;
    line("Correlations", count(log.correlations().len() as u64))?;
    line("First", with_zone(time(log.times().first)))?;
    line("Last", with_zone(time(log.times().last)))?;
    line(
        "Issues",
        if issues == 0 { "none".to_owned() } else { format!("{} records not read", count(issues)) },
    )?;
    line(
        "Warnings",
        if warnings == 0 { "none".to_owned() } else { format!("{} records repaired", count(warnings)) },
    )
}

fn with_zone(time: String) -> String {
    if time == super::text::NONE { time } else { time + " UTC" }
}

/// `3.1 MB`; exact below 10 kB.
fn bytes(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{} bytes", count(bytes)),
        10_000..1_000_000 => format!("{:.0} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}
