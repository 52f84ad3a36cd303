//! `sagascope trace`: what led to an event and what it led to, as a tree.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Parser;
use serde_json::{Value, json};

use super::args::{MappingArgs, OutputArgs, StoreArgs};
use super::notice::say;
use super::open::{BadRows, open};
use super::text::{clean, time};
use super::{Output, Run};
use crate::base::cancel::CancelToken;
use crate::engine::OpenLog;
use crate::model::{Row, SourceId};
use crate::saga::{EdgeKind, Ids, Met};

/// Events read at a time.
const AT_A_TIME: usize = 1_024;

/// Show what led to an event and what it led to
#[derive(Parser, Debug)]
#[command(
    name = "trace",
    after_help = "Examples:\n  sagascope trace shop.db '#1812'\n  sagascope trace shop.db 452e62c2-157a-4ed3-9815-99111316f611\n  \
                  sagascope trace shop.db 1812 --json\n\n\
                  An event is named by its row, as events --json prints it, or by its id. An event may have several \
                  causes. Keys of --json, one object a line, causes first, then the event itself, then effects: row, \
                  relation (cause, event, effect), depth, by (cause, told, scheduled, stream-order), type, stream, at."
)]
pub(super) struct Trace {
    /// File to read
    #[arg(value_name = "STORE")]
    store: PathBuf,
    /// The event: its row, or its id
    #[arg(value_name = "EVENT")]
    event: String,
    #[command(flatten)]
    mapping: MappingArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl Run for Trace {
    fn run(self, out: &mut Output) -> anyhow::Result<()> {
        let stores = StoreArgs { stores: vec![self.store.clone()], mapping: self.mapping.clone() };
        let open = open(&stores, BadRows::Said)?;
        let row = find(&open, &self.event)?;
        let trace = open.trace(row, &CancelToken::default()).context("Reading was cancelled")?;
        if self.output.json {
            for met in &trace.causes {
                out.json(&line(&open, met, "cause"))?;
            }
            out.json(&object(&open, row, "event", 0, None))?;
            for met in &trace.effects {
                out.json(&line(&open, met, "effect"))?;
            }
        } else {
            // The farthest cause first, so that the tree reads down in time.
            for met in trace.causes.iter().rev() {
                out.line(&format!(
                    "{}↑ {}{}",
                    "  ".repeat(met.depth - 1),
                    shown(&open, met.row),
                    how(met.kind)
                ))?;
            }
            out.line(&format!("● {}", shown(&open, row)))?;
            for met in &trace.effects {
                out.line(&format!("{}↓ {}{}", "  ".repeat(met.depth), shown(&open, met.row), how(met.kind)))?;
            }
        }
        if trace.is_cut {
            say("There are more causes or effects: 10,000 of each are listed");
        }
        if trace.is_of_index {
            say("The log is too long to look for causes that only the data names");
        }
        for finding in &trace.findings {
            say(&finding.to_string());
        }
        Ok(())
    }
}

/// The event that is named.
fn find(open: &OpenLog, name: &str) -> anyhow::Result<Row> {
    let log = &open.log;
    let number = name.strip_prefix('#').unwrap_or(name);
    let row = match number.split_once(':') {
        Some((source, ordinal)) => {
            source.parse::<u16>().ok().filter(|source| *source > 0).and_then(|source| {
                Some(Row::new(SourceId(source - 1), ordinal.parse().ok().filter(|at: &usize| *at < 1 << 40)?))
            })
        }
        None => number.parse::<u64>().ok().map(Row::from_raw),
    };
    if let Some(row) = row.filter(|row| log.contains(*row)) {
        return Ok(row);
    }
    let all: Vec<Row> = (0..log.len() as u64).map(|rank| log.row_at(rank)).collect();
    for rows in all.chunks(AT_A_TIME) {
        for (row, event) in rows.iter().zip(open.pool.fetch(log, rows)) {
            let Ok(event) = event else { continue };
            if event.id.as_deref() == Some(name) || Ids::of(&event).own.iter().any(|id| id == name) {
                return Ok(*row);
            }
        }
    }
    anyhow::bail!("There is no event with this row or id; sagascope events --json prints both: {name}")
}

fn shown(open: &OpenLog, row: Row) -> String {
    let event = open.log.event(row);
    let name = clean(&open.log.event_type(event.event_type).name);
    let stream = event
        .stream
        .map_or_else(String::new, |id| format!("  {}", clean(&open.log.stream(id).name().to_string())));
    format!("{name}{stream}  {}  {row}", time(event.time))
}

fn how(kind: EdgeKind) -> &'static str {
    match kind {
        EdgeKind::Cause => "",
        EdgeKind::Told => "  (told by an id inside)",
        EdgeKind::Scheduled => "  (by its place in the history)",
        EdgeKind::StreamOrder => "  (next in its stream, inferred)",
    }
}

fn line(open: &OpenLog, met: &Met, relation: &str) -> Value {
    object(open, met.row, relation, met.depth, Some(met.kind))
}

fn object(open: &OpenLog, row: Row, relation: &str, depth: usize, kind: Option<EdgeKind>) -> Value {
    let event = open.log.event(row);
    json!({
        "row": row.raw(),
        "relation": relation,
        "depth": depth,
        "by": kind.map(EdgeKind::name),
        "type": &*open.log.event_type(event.event_type).name,
        "stream": event.stream.map(|id| open.log.stream(id).name().to_string()),
        "at": event.time.map(|time| time.to_string()),
    })
}
