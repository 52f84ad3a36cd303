//! The state at a step as the rows of a tree: values spelled for a line, what changed marked in place, who set
//! them. No drawing; which nodes are open is the caller's.

use serde_json::Value;

use super::align::{Child, Pair, Place, align, identity_key};
use super::diff::{Counts, count};
use super::provenance::{Cursor, Track};
use super::{Path, Replay, Shown};
use crate::base::limits::TREE_LATER_ROWS_MAX;

/// The rows of a state.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tree {
    /// From the top; children follow their parent.
    pub rows: Vec<TreeRow>,
    /// Values that only a later event sets and that have no row.
    pub more_later: usize,
}

/// One line of the tree.
#[derive(Clone, Debug, PartialEq)]
pub struct TreeRow {
    /// 0 for the members of the state.
    pub depth: usize,
    /// The key or the index; empty when the whole state is one scalar.
    pub name: String,
    /// Where it is in the state shown; for what was removed, in the state it is compared with.
    pub path: Path,
    /// The value; `None` for what was removed and what is not set yet.
    pub value: Option<Shown>,
    /// The other value, of a row that changed or was removed.
    pub before: Option<Shown>,
    /// What is different from the state it is compared with.
    pub mark: Mark,
    /// The step that set it; for what was removed, that removed it. `None` for what no event set.
    pub set_by: Option<u32>,
    /// The step after the one shown that sets it, of a row that has no value now.
    pub set_later: Option<u32>,
    /// Whether its children follow.
    pub open: bool,
}

/// How a row differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It does not.
    None,
    /// It was not there, or is part of what was not.
    Added,
    /// It was another value.
    Changed,
    /// It is no longer there.
    Removed,
    /// It is not set yet: a later event sets it.
    NotSetYet,
    /// So many changes inside it.
    ChangedInside(u32),
}

impl Replay {
    /// The state after `step` as rows, compared with the state after `compare_with`, or with the one before
    /// `step`: what the event changed. `open` says of a container whether its children follow.
    pub fn rows_at(&self, step: u32, compare_with: Option<u32>, open: &dyn Fn(&Path) -> bool) -> Tree {
        let (before, after) = match compare_with {
            Some(other) => (self.state_at(other), self.state_at(step)),
            None => self.around(step),
        };
        let mut builder = Builder { replay: self, step, open, rows: Vec::new() };
        let cursor = Cursor::ROOT;
        let pair = Pair { before: Some((Place::Key(""), &before)), after: Some((Place::Key(""), &after)) };
        if after.is_object() || after.is_array() {
            builder.children(&pair, Inherited::Compare, &Path::root(), 0, cursor);
        } else {
            builder.row(&pair, Inherited::Compare, Path::root(), 0, cursor);
        }
        let more_later = builder.later(&after);
        Tree { rows: builder.rows, more_later }
    }
}

/// What is known of a subtree from above.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inherited {
    /// Both sides are there to be compared.
    Compare,
    /// Nothing in it changed.
    Same,
    /// All of it was added.
    Added,
    /// All of it was removed.
    Removed,
}

struct Builder<'r> {
    replay: &'r Replay,
    step: u32,
    open: &'r dyn Fn(&Path) -> bool,
    rows: Vec<TreeRow>,
}

impl Builder<'_> {
    fn row(&mut self, pair: &Pair<'_>, inherited: Inherited, path: Path, depth: usize, cursor: Cursor) {
        let (old, new) = (pair.before.map(|child| child.1), pair.after.map(|child| child.1));
        let Some(shown) = new.or(old) else { return };
        let (mark, below) = match (inherited, old, new) {
            (Inherited::Compare, None, _) | (Inherited::Added, ..) => (Mark::Added, Inherited::Added),
            (Inherited::Compare, _, None) | (Inherited::Removed, ..) => (Mark::Removed, Inherited::Removed),
            (Inherited::Compare, Some(old), Some(new)) if old != new => {
                if align(old, new).is_some() {
                    let mut counts = Counts::default();
                    count(old, new, &mut counts);
                    (Mark::ChangedInside(counts.total()), Inherited::Compare)
                } else {
                    (Mark::Changed, Inherited::Added)
                }
            }
            (Inherited::Compare | Inherited::Same, ..) => (Mark::None, Inherited::Same),
        };
        let line = Shown::new(shown);
        let is_open = line.kind.has_children() && (self.open)(&path)
            // What only lost its last member can still show it.
            || matches!(mark, Mark::ChangedInside(_)) && (self.open)(&path);
        let name = if depth == 0 && path.last().is_none() { String::new() } else { name_of(&path) };
        let (value, before) = match mark {
            Mark::Removed => (None, Some(line)),
            Mark::Changed => (Some(line), old.map(Shown::new)),
            _ => (Some(line), None),
        };
        let set_by = self.replay.provenance.set_by(cursor, self.step);
        let child_path = path.clone();
        self.rows.push(TreeRow {
            depth,
            name,
            path,
            value,
            before,
            mark,
            set_by,
            set_later: None,
            open: is_open,
        });
        if is_open {
            self.children(pair, below, &child_path, depth + 1, cursor);
        }
    }

    fn children(&mut self, pair: &Pair<'_>, inherited: Inherited, path: &Path, depth: usize, cursor: Cursor) {
        let (old, new) = (pair.before.map(|child| child.1), pair.after.map(|child| child.1));
        let keys = (old.and_then(key_of), new.and_then(key_of));
        let alignment = match (inherited, old, new) {
            (Inherited::Compare, Some(old), Some(new)) if old != new => align(old, new),
            _ => None,
        };
        let compared = alignment.is_some();
        let pairs = match alignment {
            Some(alignment) => alignment.pairs,
            None => alone(new.or(old), inherited == Inherited::Removed),
        };
        let below = match inherited {
            Inherited::Compare if compared => Inherited::Compare,
            // A scalar became a container, or nothing changed.
            Inherited::Compare if old == new => Inherited::Same,
            Inherited::Compare => Inherited::Added,
            other => other,
        };
        for pair in pairs {
            let (side, key, child) = match (pair.after, pair.before) {
                (Some(child), _) => (new, keys.1, child),
                (None, Some(child)) => (old, keys.0, child),
                (None, None) => continue,
            };
            let track = match (child.0, side) {
                (Place::Index(index), Some(Value::Array(elements))) => Track::element(elements, key, index),
                (Place::Index(index), _) => Track::Index(index),
                (Place::Key(key), _) => Track::Key(key),
            };
            let cursor = self.replay.provenance.below(cursor, track, self.step);
            self.row(&pair, below, path.child(child.0.segment()), depth, cursor);
        }
    }

    /// Rows for top-level members that a later event sets; gives the number of those without a row.
    fn later(&mut self, state: &Value) -> usize {
        let mut rows = 0;
        let mut more = 0;
        for (step, key) in self.replay.provenance.top_level_after(self.step) {
            if state.get(key).is_some() {
                continue;
            }
            let path = Path::root().key(key);
            if let Some(removed) =
                self.rows.iter_mut().find(|row| row.mark == Mark::Removed && row.path == path)
            {
                removed.set_later = Some(step);
            } else if rows == TREE_LATER_ROWS_MAX {
                more += 1;
            } else {
                rows += 1;
                self.rows.push(TreeRow {
                    depth: 0,
                    name: key.to_owned(),
                    path,
                    value: None,
                    before: None,
                    mark: Mark::NotSetYet,
                    set_by: None,
                    set_later: Some(step),
                    open: false,
                });
            }
        }
        more
    }
}

fn name_of(path: &Path) -> String {
    path.last().map(ToString::to_string).unwrap_or_default()
}

fn key_of(value: &Value) -> Option<&str> {
    identity_key(value.as_array()?)
}

/// The children of one side.
fn alone<'v>(value: Option<&'v Value>, removed: bool) -> Vec<Pair<'v>> {
    let pair = |child: Child<'v>| {
        if removed {
            Pair { before: Some(child), after: None }
        } else {
            Pair { before: None, after: Some(child) }
        }
    };
    match value {
        Some(Value::Object(members)) => {
            members.iter().map(|(key, value)| pair((Place::Key(key), value))).collect()
        }
        Some(Value::Array(elements)) => {
            elements.iter().enumerate().map(|(index, value)| pair((Place::Index(index), value))).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;

    use super::*;
    use crate::replay::MergeRule;
    use crate::replay::arbitrary::{replay, replay_of, stream};

    fn line(row: &TreeRow) -> String {
        let mark = match row.mark {
            Mark::None => String::new(),
            Mark::Added => "+ ".to_owned(),
            Mark::Changed => "~ ".to_owned(),
            Mark::Removed => "- ".to_owned(),
            Mark::NotSetYet => "? ".to_owned(),
            Mark::ChangedInside(n) => format!("({n}) "),
        };
        let mut line = format!("{}{mark}{}", "  ".repeat(row.depth), row.name);
        if let Some(value) = &row.value {
            write!(line, " {}", value.text).unwrap();
        }
        if let Some(before) = &row.before {
            write!(line, " was {}", before.text).unwrap();
        }
        if let Some(step) = row.set_by {
            write!(line, " @{step}").unwrap();
        }
        if let Some(step) = row.set_later {
            write!(line, " later @{step}").unwrap();
        }
        line
    }

    fn check(documents: &[&str], (step, compare_with): (u32, Option<u32>), expected: &[&str]) {
        let tree = replay_of(documents).rows_at(step, compare_with, &|_| true);
        assert_eq!(tree.rows.iter().map(line).collect::<Vec<_>>(), expected);
        assert_eq!(tree.more_later, 0);
    }

    const PAYMENT: [&str; 5] = [
        r#"{"id":"pay-1","amount":48760}"#,
        r#"{"attempt":1,"response":{"code":51,"raw":"\u0007denied\n line"}}"#,
        r#"{"attempt":2,"response":{"code":54,"raw":"\u0007denied\n line"}}"#,
        r#"{"attempt":3,"response":{"code":51,"raw":"\u0007denied\n line"}}"#,
        r#"{"auth_code":"181108","amount":48760}"#,
    ];

    #[test]
    fn the_tree_shows_what_the_event_changed_and_who_set_the_rest() {
        check(
            &PAYMENT,
            (3, None),
            &[
                "id \"pay-1\" @0",
                "amount 48760 @0",
                "~ attempt 3 was 2 @3",
                "(1) response {2} @3",
                "  ~ code 51 was 54 @3",
                "  raw \"\\u0007denied\\n line\" @1",
                "? auth_code later @4",
            ],
        );
    }

    #[test]
    fn any_two_versions_can_be_compared() {
        check(
            &PAYMENT,
            (1, Some(3)),
            &[
                "id \"pay-1\" @0",
                "amount 48760 @0",
                "~ attempt 1 was 3 @1",
                "response {2} @1",
                "  code 51 @1",
                "  raw \"\\u0007denied\\n line\" @1",
                "? auth_code later @4",
            ],
        );
        check(
            &[r#"{"a":1}"#, r#"{"b":{"c":1}}"#],
            (0, Some(1)),
            &["a 1 @0", "- b was {1} later @1", "  - c was 1"],
        );
    }

    #[test]
    fn what_was_added_and_removed_is_marked_with_all_in_it() {
        check(
            &[r#"{"m":{"x":[1],"y":0}}"#, r#"{"m":{"y":0,"z":{"w":null}},"n":{}}"#],
            (1, None),
            &[
                "(2) m {2} @1",
                "  - x was [1] @1",
                "    - 0 was 1 @1",
                "  y 0 @0",
                "  + z {1} @1",
                "    + w null @1",
                "+ n {} @1",
            ],
        );
        check(&[r#"{"m":1}"#, r#"{"m":{"x":1}}"#], (1, None), &["~ m {1} was 1 @1", "  + x 1 @1"]);
        check(&[r#"{"m":{"x":1}}"#, r#"{"m":{}}"#], (1, None), &["(1) m {} @1", "  - x was 1 @1"]);
    }

    #[test]
    fn elements_with_an_identity_keep_their_row_when_they_move() {
        check(
            &[r#"{"l":[{"id":1,"n":1},{"id":2,"n":1}]}"#, r#"{"l":[{"id":2,"n":1},{"id":1,"n":2}]}"#],
            (1, None),
            &[
                "(2) l [2] @1",
                "  0 {2} @0",
                "    id 2 @0",
                "    n 1 @0",
                "  (1) 1 {2} @1",
                "    id 1 @0",
                "    ~ n 2 was 1 @1",
            ],
        );
    }

    #[test]
    fn closed_containers_have_no_rows_inside() {
        let replay = replay_of(&PAYMENT);
        let tree = replay.rows_at(3, None, &|_| false);
        let names: Vec<_> = tree.rows.iter().map(|row| (row.name.as_str(), row.open)).collect();
        assert_eq!(
            names,
            [("id", false), ("amount", false), ("attempt", false), ("response", false), ("auth_code", false)]
        );
        let opened = replay.rows_at(3, None, &|path| path.to_string() == "/response");
        assert_eq!(opened.rows.len(), 7);
    }

    #[test]
    fn later_values_are_shown_up_to_a_limit() {
        let members: Vec<_> = (0..TREE_LATER_ROWS_MAX + 7).map(|n| format!("\"k{n}\":1")).collect();
        let tree = replay_of(&["{}", &format!("{{{}}}", members.join(","))]).rows_at(0, None, &|_| true);
        assert_eq!((tree.rows.len(), tree.more_later), (TREE_LATER_ROWS_MAX, 7));
        assert_eq!(tree.rows[1].name, "k1");
    }

    proptest! {
        #[test]
        fn rows_agree_with_provenance_and_the_diff(payloads in stream(), step in 0..14_u32) {
            let replay = replay(&payloads, MergeRule::default());
            let step = step % replay.len();
            let tree = replay.rows_at(step, None, &|_| true);
            for row in tree.rows.iter().filter(|row| row.value.is_some()) {
                prop_assert_eq!(row.set_by, replay.set_by(&row.path, step), "{}", row.path);
                let state = replay.state_at(step);
                prop_assert_eq!(row.value.clone(), row.path.get(&state).map(Shown::new));
            }
            let marked = |mark| tree.rows.iter().filter(move |row| row.mark == mark).count() as u32;
            let counts = replay.step(step).unwrap().counts;
            prop_assert!(marked(Mark::Added) >= counts.added);
            prop_assert!(marked(Mark::Removed) >= counts.removed);
            prop_assert!(marked(Mark::Changed) <= counts.changed);
            prop_assert_eq!(counts.total() > 0, tree.rows.iter().any(|row| {
                matches!(row.mark, Mark::Added | Mark::Changed | Mark::Removed | Mark::ChangedInside(_))
            }));
        }
    }
}
