//! A JSON value as a list of rows of one height: which nodes are open, what a search leaves, long texts wrapped
//! below their row. No drawing.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde_json::Value;

use super::wrap::wrap;
use crate::base::limits::PAYLOAD_ROWS_MAX;
use crate::replay::{Path, Shown};

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Row {
    /// A value.
    Value(ValueRow),
    /// A line of the text of the value above it.
    Text(Path, Range<usize>),
}

/// The row of a value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ValueRow {
    pub(super) depth: usize,
    /// Key or index; empty where the whole is one scalar.
    pub(super) name: String,
    pub(super) path: Path,
    pub(super) shown: Shown,
    /// Whether its children follow.
    pub(super) open: bool,
    /// Whether its whole text follows.
    pub(super) unfolded: bool,
}

/// What decides the rows besides the value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Choices {
    /// Nodes that a person opened or closed.
    pub(super) open: BTreeMap<Path, bool>,
    /// Values whose whole text is shown.
    pub(super) unfolded: BTreeSet<Path>,
    /// What is searched for, in lower case.
    pub(super) needle: String,
    /// Letters a line of unfolded text holds.
    pub(super) columns: usize,
}

/// The rows of a value.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) list: Vec<Row>,
    /// Rows beyond the bound.
    pub(super) more: usize,
    /// Values that match the search.
    pub(super) hits: usize,
}

/// Values in a payload up to which everything is open before anybody chose.
const OPEN_UP_TO: usize = 60;

/// The rows of `value`: its members, or itself where it has none.
pub(super) fn rows_of(value: &Value, choices: &Choices) -> Rows {
    let is_small = count(value, OPEN_UP_TO + 1) <= OPEN_UP_TO;
    let mut walk = Walk { choices, is_small, out: Rows::default() };
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (key, member) in members {
                walk.node(key, &Path::root().key(key.as_str()), member, 0);
            }
        }
        Value::Array(elements) if !elements.is_empty() => {
            for (at, element) in elements.iter().enumerate() {
                walk.node(&at.to_string(), &Path::root().index(at), element, 0);
            }
        }
        whole => {
            walk.node("", &Path::root(), whole, 0);
        }
    }
    walk.out
}

/// Values in `value`, counted no further than `limit`.
fn count(value: &Value, limit: usize) -> usize {
    let mut counted = 1;
    let mut add = |child: &Value| {
        if counted < limit {
            counted += count(child, limit - counted);
        }
    };
    match value {
        Value::Object(members) => members.values().for_each(&mut add),
        Value::Array(elements) => elements.iter().for_each(&mut add),
        _ => {}
    }
    counted
}

struct Walk<'a> {
    choices: &'a Choices,
    is_small: bool,
    out: Rows,
}

impl Walk<'_> {
    /// Adds a node with what is open below it; whether it or something below matches the search.
    fn node(&mut self, name: &str, path: &Path, value: &Value, depth: usize) -> bool {
        let searching = !self.choices.needle.is_empty();
        if self.out.list.len() >= PAYLOAD_ROWS_MAX && !searching {
            self.out.more += 1;
            return false;
        }
        let shown = Shown::new(value);
        let has_children = shown.kind.has_children();
        let own = searching && self.matches(name, value);
        let chosen = self.choices.open.get(path).copied();
        let open = has_children && (searching || chosen.unwrap_or(self.is_small));
        let unfolded = !has_children && self.choices.unfolded.contains(path);
        let start = self.out.list.len();
        if start < PAYLOAD_ROWS_MAX {
            let row = ValueRow { depth, name: name.to_owned(), path: path.clone(), shown, open, unfolded };
            self.out.list.push(Row::Value(row));
        }
        if unfolded {
            let text = whole_text(value);
            let room = self.choices.columns.saturating_sub(depth * 2).max(8);
            let lines = wrap(&text, room).into_iter().map(|line| Row::Text(path.clone(), line));
            self.out.list.extend(lines);
        }
        let below = open && self.children(path, value, depth + 1);
        if own {
            self.out.hits += 1;
        }
        if searching && !below {
            if !own {
                self.out.list.truncate(start);
            } else if let Some(Row::Value(row)) = self.out.list.get_mut(start) {
                row.open = false;
            }
        }
        own || below
    }

    fn children(&mut self, path: &Path, value: &Value, depth: usize) -> bool {
        let mut any = false;
        match value {
            Value::Object(members) => {
                for (key, member) in members {
                    any |= self.node(key, &path.key(key.as_str()), member, depth);
                }
            }
            Value::Array(elements) => {
                for (at, element) in elements.iter().enumerate() {
                    any |= self.node(&at.to_string(), &path.index(at), element, depth);
                }
            }
            _ => {}
        }
        any
    }

    fn matches(&self, name: &str, value: &Value) -> bool {
        let needle = &self.choices.needle;
        let is_in = |text: &str| text.to_lowercase().contains(needle.as_str());
        is_in(name)
            || match value {
                Value::Object(_) | Value::Array(_) => false,
                Value::String(text) => is_in(text),
                other => is_in(&other.to_string()),
            }
    }
}

/// A string itself, anything else as JSON.
pub(super) fn whole_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, choices: &Choices, expected: &[&str]) {
        let value: Value = serde_json::from_str(json).unwrap();
        let lines: Vec<String> = rows_of(&value, choices)
            .list
            .iter()
            .map(|row| match row {
                Row::Value(row) => {
                    format!("{}{} {}", "  ".repeat(row.depth), row.name, row.shown.text)
                }
                Row::Text(path, line) => format!("| {path} {line:?}"),
            })
            .collect();
        assert_eq!(lines, expected);
    }

    fn searched(needle: &str) -> Choices {
        Choices { needle: needle.to_owned(), columns: 40, ..Choices::default() }
    }

    #[test]
    fn small_payloads_are_open_and_can_be_closed() {
        let json = r#"{"a":1,"b":{"c":[true,null]}}"#;
        check(json, &Choices::default(), &["a 1", "b {1}", "  c [2]", "    0 true", "    1 null"]);
        let closed = Choices { open: BTreeMap::from([("/b".parse().unwrap(), false)]), ..Choices::default() };
        check(json, &closed, &["a 1", "b {1}"]);
    }

    #[test]
    fn large_payloads_begin_closed() {
        let json = format!(r#"{{"list":[{}0]}}"#, "1,".repeat(100));
        check(&json, &Choices::default(), &["list [101]"]);
    }

    #[test]
    fn a_search_keeps_what_matches_and_the_way_to_it() {
        let json = r#"{"a":{"code":51,"x":1},"b":{"y":"code red"},"code":[{}],"z":"\u0007"}"#;
        check(json, &searched("code"), &["a {2}", "  code 51", "b {1}", "  y \"code red\"", "code [1]"]);
        check(json, &searched("51"), &["a {2}", "  code 51"]);
        check(json, &searched("nothing"), &[]);
        let value: Value = serde_json::from_str(json).unwrap();
        assert_eq!(rows_of(&value, &searched("code")).hits, 3);
    }

    #[test]
    fn scalars_empty_containers_and_nothing_are_rows_too() {
        check("null", &Choices::default(), &[" null"]);
        check("{}", &Choices::default(), &[" {}"]);
        check("[[]]", &Choices::default(), &["0 []"]);
    }

    #[test]
    fn an_unfolded_text_is_wrapped_below_its_row() {
        let choices =
            Choices { unfolded: BTreeSet::from(["/t".parse().unwrap()]), columns: 10, ..Choices::default() };
        check(
            r#"{"t":"0123456789abc","u":1}"#,
            &choices,
            &["t \"0123456789abc\"", "| /t 0..10", "| /t 10..13", "u 1"],
        );
    }

    #[test]
    fn more_rows_than_can_be_shown_are_counted() {
        let value = Value::from(vec![1; PAYLOAD_ROWS_MAX + 7]);
        let rows = rows_of(&value, &Choices::default());
        assert_eq!((rows.list.len(), rows.more), (PAYLOAD_ROWS_MAX, 7));
    }
}
