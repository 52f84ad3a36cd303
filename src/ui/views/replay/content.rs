//! What the right side shows, made off the window's thread: the rows of the tree, the list of changes, or the
//! lines of the text.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::base::cancel::CancelToken;
use crate::replay::{Change, Counts, LineChange, Op, Path, Replay, Shown, Tree, line_diff};
use crate::ui::app::document::ReplayKey;

/// Containers of more children begin folded.
const OPEN_CHILDREN_MAX: usize = 8;
/// Containers with a change inside are opened up to this size.
const OPEN_CHANGED_CHILDREN_MAX: usize = 60;
/// Containers deeper down begin folded.
const OPEN_DEPTH_MAX: usize = 3;

/// Which way the state is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Mode {
    /// The state with what changed in place.
    #[default]
    Tree,
    /// The changes alone.
    Diff,
    /// JSON line by line.
    Text,
}

/// What content depends on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ContentKey {
    pub(super) replay: ReplayKey,
    pub(super) step: u32,
    pub(super) compare: Option<u32>,
    pub(super) mode: Mode,
    /// Grows with every fold and unfold.
    pub(super) folds: u64,
}

/// What a person folded (false) or opened (true).
pub(super) type Folds = HashMap<Path, bool>;

/// What is drawn.
pub(super) struct Content {
    /// What is different from the state it is compared with.
    pub(super) counts: Counts,
    pub(super) body: Body,
}

pub(super) enum Body {
    Tree(Tree),
    Diff(Vec<DiffLine>),
    Text(Vec<LineChange>),
}

/// One change, spelled for a line.
pub(super) struct DiffLine {
    pub(super) op: Op,
    pub(super) path: Path,
    pub(super) from: Option<Shown>,
    pub(super) to: Option<Shown>,
}

impl DiffLine {
    fn new(change: &Change) -> Self {
        Self {
            op: change.op,
            path: change.path.clone(),
            from: change.from.as_ref().map(Shown::new),
            to: change.to.as_ref().map(Shown::new),
        }
    }
}

/// Makes the content; `None` when cancelled.
pub(super) fn make(
    replay: &Replay,
    key: &ContentKey,
    folds: &Folds,
    cancel: &CancelToken,
) -> Option<Content> {
    let changes = match key.compare {
        Some(other) => Some(replay.changes_between(other, key.step)),
        None if key.mode == Mode::Diff => Some(replay.changes_at(key.step)),
        None => None,
    };
    if cancel.is_cancelled() {
        return None;
    }
    let counts = match (&changes, key.compare) {
        (Some(changes), Some(_)) => count(changes),
        _ => replay.step(key.step).map(|step| step.counts).unwrap_or_default(),
    };
    let body = match key.mode {
        Mode::Diff => Body::Diff(changes.iter().flatten().map(DiffLine::new).collect()),
        mode => {
            let after = replay.state_at(key.step);
            let before = match key.compare {
                Some(other) => replay.state_at(other),
                None => replay.state_before(key.step),
            };
            if cancel.is_cancelled() {
                return None;
            }
            if mode == Mode::Text {
                Body::Text(line_diff(&before, &after))
            } else {
                let open = |path: &Path| {
                    let known = folds.get(path).copied();
                    known.unwrap_or_else(|| begins_open(path, &before, &after))
                };
                Body::Tree(replay.rows_at(key.step, key.compare, &open))
            }
        }
    };
    (!cancel.is_cancelled()).then_some(Content { counts, body })
}

fn count(changes: &[Change]) -> Counts {
    let mut counts = Counts::default();
    for change in changes {
        match change.op {
            Op::Add => counts.added += 1,
            Op::Change | Op::Move => counts.changed += 1,
            Op::Remove => counts.removed += 1,
        }
    }
    counts
}

/// Small containers near the top are open, and those with a change inside, so that nobody has to look for it.
fn begins_open(path: &Path, before: &Value, after: &Value) -> bool {
    let depth = path.segments().len();
    let (old, new) = (path.get(before), path.get(after));
    let children = match new.or(old) {
        Some(Value::Object(members)) => members.len(),
        Some(Value::Array(elements)) => elements.len(),
        _ => 0,
    };
    let changed = old.is_some() && new.is_some() && old != new;
    (depth <= OPEN_DEPTH_MAX && children <= OPEN_CHILDREN_MAX)
        || (changed && children <= OPEN_CHANGED_CHILDREN_MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(pointer: &str, before: &Value, after: &Value, expected: bool) {
        let path = pointer.parse::<Path>().unwrap();
        assert_eq!(begins_open(&path, before, after), expected, "{pointer}");
    }

    #[test]
    fn small_containers_and_those_that_changed_begin_open() {
        let long: Vec<u32> = (0..50).collect();
        let before = json!({"small": {"a": 1}, "long": long, "a": {"b": {"c": {"d": {"e": 1}}}}});
        let mut after = before.clone();
        check("/small", &before, &after, true);
        check("/long", &before, &after, false);
        check("/a/b/c", &before, &after, true);
        check("/a/b/c/d", &before, &after, false);
        after["long"][3] = json!("three");
        check("/long", &before, &after, true);
    }
}
