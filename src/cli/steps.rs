//! `sagascope replay --steps`: what each event changed.

use serde::Serialize;
use serde_json::Value;

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
        let changes = view.replay.changes_at(at);
        out.json(&StepLine {
            row: step.row.raw(),
            version: step.version,
            event_type: &step.event_type,
            occurred_at: step.time.map(|time| time.to_string()),
            changes: changes.iter().map(ChangeLine::of).collect(),
        })?;
    }
    Ok(())
}

/// One line of `--steps --json`. Structs, because `json!` would parse numbers anew and respell their exponents.
#[derive(Serialize)]
struct StepLine<'a> {
    row: u64,
    version: Option<i64>,
    #[serde(rename = "type")]
    event_type: &'a str,
    occurred_at: Option<String>,
    changes: Vec<ChangeLine<'a>>,
}

#[derive(Serialize)]
struct ChangeLine<'a> {
    op: &'static str,
    path: String,
    from: Option<&'a Value>,
    to: Option<&'a Value>,
}

impl<'a> ChangeLine<'a> {
    fn of(change: &'a Change) -> Self {
        Self {
            op: op(change.op),
            path: change.path.to_string(),
            from: change.from.as_ref(),
            to: change.to.as_ref(),
        }
    }
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
