//! A state as text: pretty JSON, and two of them line by line. For copying, for the terminal and for the Text
//! and Diff tabs; the tree is elsewhere.

use serde_json::Value;

use super::lcs::common;
use crate::base::limits::DIFF_EDITS_MAX;

/// Pretty JSON, two blanks a level, numbers and keys as the store spells them.
pub fn pretty(value: &Value) -> String {
    format!("{value:#}")
}

/// One line of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineChange {
    /// The line.
    pub text: String,
    /// Its number before, from 1; `None` for an added line.
    pub before: Option<usize>,
    /// Its number after, from 1; `None` for a removed line.
    pub after: Option<usize>,
}

impl LineChange {
    /// `+`, `-`, or a blank for a line that stayed.
    pub fn sign(&self) -> char {
        match (self.before, self.after) {
            (None, _) => '+',
            (_, None) => '-',
            _ => ' ',
        }
    }
}

/// All lines of both states pretty-printed; removed lines before those that replace them. A comma at the end is
/// no difference: it says that something follows, which the next line says too.
pub fn line_diff(before: &Value, after: &Value) -> Vec<LineChange> {
    let (before, after) = (pretty(before), pretty(after));
    let (before, after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let bare = |line: &'_ str| -> usize { line.len() - usize::from(line.ends_with(',')) };
    let same = |x: usize, y: usize| before[x][..bare(before[x])] == after[y][..bare(after[y])];
    let mut lines = Vec::with_capacity(before.len().max(after.len()));
    let (mut x, mut y) = (0, 0);
    let matches = common(before.len(), after.len(), DIFF_EDITS_MAX, same);
    for (next_x, next_y) in matches.into_iter().chain([(before.len(), after.len())]) {
        lines.extend((x..next_x).map(|at| LineChange {
            text: before[at].to_owned(),
            before: Some(at + 1),
            after: None,
        }));
        lines.extend((y..next_y).map(|at| LineChange {
            text: after[at].to_owned(),
            before: None,
            after: Some(at + 1),
        }));
        if let Some(text) = after.get(next_y) {
            lines.push(LineChange {
                text: (*text).to_owned(),
                before: Some(next_x + 1),
                after: Some(next_y + 1),
            });
        }
        (x, y) = (next_x + 1, next_y + 1);
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::replay::arbitrary::json_value;

    #[test]
    fn a_state_prints_as_it_is_spelled() {
        let value: Value = serde_json::from_str(r#"{"b":1.50,"a":[],"c":{"d":"\u0007"}}"#).unwrap();
        assert_eq!(
            pretty(&value),
            "{\n  \"b\": 1.50,\n  \"a\": [],\n  \"c\": {\n    \"d\": \"\\u0007\"\n  }\n}"
        );
    }

    #[test]
    fn lines_are_compared_without_their_comma() {
        let lines = line_diff(&json!({"a": 1, "b": 2}), &json!({"a": 1, "b": 3, "c": 4}));
        let lines: Vec<_> = lines.iter().map(|line| format!("{}{}", line.sign(), line.text)).collect();
        assert_eq!(lines, [" {", "   \"a\": 1,", "-  \"b\": 2", "+  \"b\": 3,", "+  \"c\": 4", " }"]);
        let removed = line_diff(&json!({"a": 1, "b": 2}), &json!({"a": 1}));
        assert_eq!(removed.iter().map(LineChange::sign).collect::<String>(), "  - ");
        assert_eq!(removed[1].text, "  \"a\": 1");
    }

    proptest! {
        #[test]
        fn every_line_of_both_sides_is_there_once_and_in_order(before in json_value(), after in json_value()) {
            let lines = line_diff(&before, &after);
            let side = |number: fn(&LineChange) -> Option<usize>| lines.iter().filter_map(number).collect::<Vec<_>>();
            let count = |value: &Value| (1..=pretty(value).lines().count()).collect::<Vec<_>>();
            prop_assert_eq!(side(|line| line.before), count(&before));
            prop_assert_eq!(side(|line| line.after), count(&after));
            let text: Vec<_> = lines.iter().filter(|line| line.after.is_some()).map(|line| line.text.clone()).collect();
            prop_assert_eq!(text.join("\n"), pretty(&after));
        }
    }
}
