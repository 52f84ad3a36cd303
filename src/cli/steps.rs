//! `sagascope replay --steps`: what each event changed.

use serde_json::{Value, json};

use super::Output;
use super::replay::View;
use super::text::{clean, cut, number, time};
use crate::replay::{Change, Op, Step};

/// The word for it in JSON.
fn op(op: Op) -> &'static str {
    match op {
        Op::Add => "add",
        Op::Change => "change",
        Op::Remove => "remove",
        Op::Move => "move",
    }
}

/// The steps that are shown, each with its number.
fn shown(view: &View) -> impl Iterator<Item = (u32, &Step)> {
    let count = view.at.map_or(0, |at| at as usize + 1);
    (0..).zip(view.replay.steps().take(count))
}

pub(super) fn json(view: &View, out: &mut Output) -> std::io::Result<()> {
    for (at, step) in shown(view) {
        let changes: Vec<Value> = view.replay.changes_at(at).iter().map(change).collect();
        out.json(&json!({
            "row": step.row.raw(),
            "version": step.version,
            "type": &*step.event_type,
            "occurred_at": step.time.map(|time| time.to_string()),
            "changes": changes,
        }))?;
    }
    Ok(())
}

fn change(change: &Change) -> Value {
    json!({"op": op(change.op), "path": change.path.to_string(), "from": change.from, "to": change.to})
}

pub(super) fn text(view: &View, out: &mut Output) -> std::io::Result<()> {
    out.line(&view.headline())?;
    for (at, step) in shown(view) {
        out.line("")?;
        let version =
            step.version.map_or_else(String::new, |version| format!("version {}, ", number(Some(version))));
        out.line(&format!("{}  {version}{}, {}", clean(&step.event_type), time(step.time), step.row))?;
        let why = match (&step.skipped, &step.issue) {
            (Some(skipped), _) => Some(skipped.as_str().to_owned()),
            (None, Some(issue)) => Some(issue.to_string()),
            (None, None) => None,
        };
        if let Some(why) = why {
            out.line(&format!("    nothing changed: {}", clean(&why)))?;
            continue;
        }
        let changes = view.replay.changes_at(at);
        if changes.is_empty() {
            out.line("    nothing changed")?;
        }
        for change in &changes {
            let width = out.width();
            out.line(&cut(&format!("    {}", clean(&change.to_string())), width))?;
        }
    }
    Ok(())
}
