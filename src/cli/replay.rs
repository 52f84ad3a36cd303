//! `sagascope replay`: the state of one aggregate at any version, with what set each value.

use std::sync::Arc;

use clap::Parser;
use serde::Serialize;
use serde_json::{Value, json};

use super::args::{MappingArgs, OutputArgs, StoreArgs};
use super::open::{BadRows, open};
use super::table::{Kind, Table};
use super::text::{NONE, clean, number, time};
use super::{Output, Run, domain, steps, stream};
use crate::base::cancel::CancelToken;
use crate::engine::OpenLog;
use crate::index::StreamId;
use crate::model::{StreamName, Timestamp};
use crate::replay::{Evolve, Mark, MergeRule, Replay, Step, TreeRow};

/// Rebuild the state of one stream at any version
#[derive(Parser, Debug)]
#[command(
    name = "replay",
    after_help = "Examples:\n  sagascope replay shop.db Order/order-15\n  sagascope replay shop.db order-15 --at 2\n  \
                  sagascope replay shop.db order-15 --at 2026-01-01T20:27:37.5Z\n  \
                  sagascope replay shop.db order-15 --steps\n  \
                  sagascope replay shop.db order-15 --domain shop\n  \
                  sagascope replay shop.db payment-15 --provenance --json | jq '.\"/status\"'\n\n\
                  The top-level members of each event's data replace those of the state; data that is no object is \
                  kept under \"value\". With --domain the rules of a domain file count for the aggregates it describes. Keys of --json: stream, aggregate_type, version, state; with --steps a line \
                  an event: row, version, type, occurred_at, changes (op, path, from, to); with --provenance one \
                  object from JSON Pointer to row, version and type of the event that set the value."
)]
pub(super) struct ReplayStream {
    /// Files to read; several are merged into one log
    #[arg(value_name = "STORE", required = true, num_args = 1..)]
    stores: Vec<std::path::PathBuf>,
    /// The stream: its id, or Type/id
    #[arg(value_name = "STREAM")]
    stream: String,
    /// Stop after this version (an integer) or at this time
    #[arg(long, value_name = "VERSION|TIME", value_parser = parse_at, allow_negative_numbers = true)]
    at: Option<At>,
    /// Show what each event changed
    #[arg(long, conflicts_with = "provenance")]
    steps: bool,
    /// Show which event set each value
    #[arg(long)]
    provenance: bool,
    /// Let null remove a member instead of being its value
    #[arg(long)]
    null_removes: bool,
    /// Fold by the rules of a domain file, or of a built-in domain: shop, travel, transfer
    #[arg(long, value_name = "FILE|NAME")]
    domain: Option<String>,
    #[command(flatten)]
    mapping: MappingArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Where a replay stops.
#[derive(Clone, Copy, Debug)]
enum At {
    Version(i64),
    Time(Timestamp),
}

fn parse_at(text: &str) -> Result<At, String> {
    if let Ok(version) = text.parse() {
        return Ok(At::Version(version));
    }
    Timestamp::parse(text)
        .map(At::Time)
        .map_err(|_no_time| "neither a version nor a time such as 2026-03-01T08:15:00Z".to_owned())
}

impl Run for ReplayStream {
    fn run(self, out: &mut Output) -> anyhow::Result<()> {
        let stores = StoreArgs { stores: self.stores.clone(), mapping: self.mapping.clone() };
        let open = open(&stores, BadRows::Said)?;
        let id = stream::find(&open, &self.stream)?;
        let domain = self.domain.as_deref().map(domain::open).transpose()?;
        let rule = open.rule_of(id, domain.as_ref(), MergeRule { null_removes: self.null_removes });
        let replay = fold(&open, id, rule)?;
        let view = View { name: open.log.stream(id).name(), at: self.place(&replay)?, replay };
        match (self.steps, self.provenance, self.output.json) {
            (true, _, true) => steps::json(&view, out)?,
            (true, _, false) => steps::text(&view, out)?,
            (_, true, true) => provenance_json(&view, out)?,
            (_, true, false) => provenance_text(&view, out)?,
            (_, _, true) => state_json(&view, out)?,
            (_, _, false) => state_text(&view, out)?,
        }
        Ok(())
    }
}

impl ReplayStream {
    /// The last step that is shown; `None` before the first.
    fn place(&self, replay: &Replay) -> anyhow::Result<Option<u32>> {
        match self.at {
            None => Ok(replay.len().checked_sub(1)),
            Some(At::Time(time)) => Ok(replay.step_at_time(time)),
            Some(At::Version(version)) => replay.step_of_version(version).map(Some).ok_or_else(|| {
                let known: Vec<i64> = replay.steps().filter_map(|step| step.version).collect();
                let hint = match (known.iter().min(), known.iter().max()) {
                    (Some(first), Some(last)) => format!("its versions go from {first} to {last}"),
                    _ => "its events have no versions, so give a time".to_owned(),
                };
                anyhow::anyhow!("There is no version {version} in this stream; {hint}: {}", self.stream)
            }),
        }
    }
}

/// A folded stream and the step at which it is looked at.
pub(super) struct View {
    pub(super) name: StreamName,
    pub(super) replay: Replay,
    pub(super) at: Option<u32>,
}

impl View {
    pub(super) fn step(&self) -> Option<&Step> {
        self.at.and_then(|at| self.replay.step(at))
    }

    /// `Order/ord-7: 3 of 7 events, at version 2, OrderPaid, 2026-03-01 08:15:00 UTC`.
    pub(super) fn headline(&self) -> String {
        let done = self.at.map_or(0, |at| at + 1);
        let name = clean(&self.name.to_string());
        let mut parts = vec![format!("{name}: {done} of {} events", self.replay.len())];
        if let Some(step) = self.step() {
            parts.extend(step.version.map(|version| format!("at version {version}")));
            parts.push(clean(&step.event_type));
            parts.extend(step.time.map(|_| format!("{} UTC", time(step.time))));
        }
        parts.join(", ")
    }
}

/// The replay of a stream; an error where an event of it cannot be read, for the state would be another one.
fn fold(open: &OpenLog, stream: StreamId, rule: Arc<dyn Evolve>) -> anyhow::Result<Replay> {
    let cancel = CancelToken::default();
    let mut failed = None;
    let replay = open.replay_telling(stream, rule, &cancel, &mut |row, error| {
        failed.get_or_insert_with(|| anyhow::anyhow!("{row}: {error}"));
        cancel.cancel();
    });
    match (replay, failed) {
        (_, Some(error)) => Err(error),
        (replay, None) => Ok(replay.expect("only an unreadable event cancels")),
    }
}

fn state_json(view: &View, out: &mut Output) -> std::io::Result<()> {
    let state = view.at.map_or_else(|| view.replay.state_before(0), |at| view.replay.state_at(at));
    out.json(&StateLine {
        stream: &view.name.id,
        aggregate_type: view.name.aggregate_type.as_deref(),
        version: view.step().and_then(|step| step.version),
        state: &state,
    })
}

/// One line of `--json`. A struct, because `json!` would parse numbers anew and respell their exponents.
#[derive(Serialize)]
struct StateLine<'a> {
    stream: &'a str,
    aggregate_type: Option<&'a str>,
    version: Option<i64>,
    state: &'a Value,
}

fn state_text(view: &View, out: &mut Output) -> std::io::Result<()> {
    out.line(&view.headline())?;
    let Some(at) = view.at else { return out.line("Nothing has happened yet") };
    out.line("")?;
    let mut table = Table::new(&[
        ("", Kind::Fixed),
        ("STATE", Kind::Text),
        ("", Kind::Rest),
        ("SET BY", Kind::Number),
        ("", Kind::Text),
    ]);
    let tree = view.replay.rows_at(at, None, &|_| true);
    let mut marked = false;
    for row in tree.rows.iter().filter(|row| row.mark != Mark::NotSetYet) {
        let mark = sign(row.mark);
        marked |= !mark.is_empty();
        let (version, event_type) = set_by(&view.replay, row.set_by);
        table.row(&[
            mark.to_owned(),
            format!("{}{}", "  ".repeat(row.depth), row.name),
            value_of(row),
            version,
            event_type,
        ]);
    }
    if tree.rows.is_empty() {
        out.line("The state is empty: no event carried data")?;
    }
    table.print(out)?;
    if marked {
        out.line("")?;
        out.line("+ added, ~ changed, - removed by the last event shown")?;
    }
    Ok(())
}

fn sign(mark: Mark) -> &'static str {
    match mark {
        Mark::Added => "+",
        Mark::Changed | Mark::ChangedInside(_) => "~",
        Mark::Removed => "-",
        Mark::None | Mark::NotSetYet => "",
    }
}

/// The value on a line; of one that changed, what it was too.
fn value_of(row: &TreeRow) -> String {
    match (&row.value, &row.before) {
        (Some(value), Some(before)) => format!("{} (was {})", value.text, before.text),
        (Some(value), None) | (None, Some(value)) => value.text.clone(),
        (None, None) => String::new(),
    }
}

/// Version (or the row where there is none) and type of the event at a step.
fn set_by(replay: &Replay, step: Option<u32>) -> (String, String) {
    let Some(step) = step.and_then(|step| replay.step(step)) else { return (NONE.to_owned(), String::new()) };
    let place = if step.version.is_some() { number(step.version) } else { step.row.to_string() };
    (place, step.event_type.to_string())
}

fn provenance_json(view: &View, out: &mut Output) -> std::io::Result<()> {
    let leaves = view.at.map(|at| view.replay.provenance_at(at)).unwrap_or_default();
    let mut object = serde_json::Map::new();
    for (path, step) in leaves {
        let step = step.and_then(|step| view.replay.step(step));
        let setter = step
            .map(|step| json!({"row": step.row.raw(), "version": step.version, "type": &*step.event_type}));
        object.insert(path.to_string(), setter.into());
    }
    out.json(&object)
}

fn provenance_text(view: &View, out: &mut Output) -> std::io::Result<()> {
    out.line(&view.headline())?;
    let Some(at) = view.at else { return out.line("Nothing has happened yet") };
    out.line("")?;
    let state = view.replay.state_at(at);
    let mut table = Table::new(&[
        ("VALUE OF", Kind::Text),
        ("IS", Kind::Rest),
        ("SET BY", Kind::Number),
        ("", Kind::Text),
        ("ROW", Kind::Number),
    ]);
    for (path, step) in view.replay.provenance_at(at) {
        let (version, event_type) = set_by(&view.replay, step);
        let row = step.and_then(|step| view.replay.step(step)).map(|step| step.row.to_string());
        let value = path.get(&state).map(ToString::to_string).unwrap_or_default();
        table.row(&[path.to_string(), value, version, event_type, row.unwrap_or_else(|| NONE.to_owned())]);
    }
    table.print(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Dirs, LoadItem, Loader};

    #[test]
    fn a_stream_of_which_an_event_is_gone_has_no_state() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.jsonl");
        let line = r#"{"type":"Happened","stream_id":"s","version":1,"data":{"n":1}}"#;
        std::fs::write(&path, format!("{line}\n{line}\n")).unwrap();
        let mut loader = Loader::new(Dirs::in_folder(folder.path().join("home")));
        let needs = loader.load(&LoadItem::detected(&path), &CancelToken::default(), &mut |_, _| {});
        assert!(needs.unwrap().is_none());
        let open = loader.publish();
        let stream = open.log.memberships(open.log.row_at(0))[0].0;
        assert_eq!(fold(&open, stream, Arc::new(MergeRule::default())).unwrap().len(), 2);
        std::fs::write(&path, line).unwrap();
        let error = fold(&open, stream, Arc::new(MergeRule::default())).unwrap_err().to_string();
        assert!(error.contains("changed since it was opened"), "{error}");
    }
}
