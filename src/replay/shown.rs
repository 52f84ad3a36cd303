//! A value on one line: spelled as JSON, safe to draw, bounded. What stands beside it is the tree's.

use std::fmt::Write as _;

use serde_json::Value;

use crate::base::limits::TREE_TEXT_CHARS_MAX;
use crate::base::text::is_hidden;

/// A value on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// What it is.
    pub kind: ValueKind,
    /// As JSON spells it, characters that do not print escaped; `{2}` and `[3]` for containers, `{}` and `[]`
    /// for empty ones.
    pub text: String,
    /// Whether `text` is only the beginning.
    pub folded: bool,
    /// Bytes of the whole string or number; 0 for others.
    pub full_len: usize,
}

/// What kind of value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// An object of so many members.
    Object(usize),
    /// An array of so many elements.
    Array(usize),
    /// Text.
    String,
    /// A number.
    Number,
    /// True or false.
    Bool,
    /// Null.
    Null,
}

impl ValueKind {
    /// Whether a row of it can be opened.
    pub fn has_children(self) -> bool {
        matches!(self, Self::Object(1..) | Self::Array(1..))
    }
}

impl Shown {
    /// The line for `value`.
    pub fn new(value: &Value) -> Self {
        let (kind, text, full_len) = match value {
            Value::Null => (ValueKind::Null, "null".to_owned(), 0),
            Value::Bool(truth) => (ValueKind::Bool, truth.to_string(), 0),
            Value::Array(elements) => {
                (ValueKind::Array(elements.len()), container('[', elements.len(), ']'), 0)
            }
            Value::Object(members) => {
                (ValueKind::Object(members.len()), container('{', members.len(), '}'), 0)
            }
            Value::Number(number) => {
                let digits = number.as_str();
                (ValueKind::Number, digits.chars().take(TREE_TEXT_CHARS_MAX).collect(), digits.len())
            }
            Value::String(text) => (ValueKind::String, spell(text), text.len()),
        };
        let folded = match value {
            Value::Number(_) => text.len() < full_len,
            Value::String(_) => text.ends_with('…'),
            _ => false,
        };
        let text = if folded && kind == ValueKind::Number { text + "…" } else { text };
        Self { kind, text, folded, full_len }
    }
}

fn container(open: char, len: usize, close: char) -> String {
    if len == 0 { format!("{open}{close}") } else { format!("{open}{len}{close}") }
}

/// A JSON string, ending in `…` instead of the quote if it was too long. Besides what JSON escapes, characters
/// that would not be seen or would reorder the line are escaped: a log can hold anything.
pub fn spell(text: &str) -> String {
    let mut spelled = String::with_capacity(text.len().min(TREE_TEXT_CHARS_MAX) + 2);
    spelled.push('"');
    let mut before = None;
    for (at, letter) in text.chars().enumerate() {
        if at == TREE_TEXT_CHARS_MAX {
            spelled.push('…');
            return spelled;
        }
        match letter {
            '"' => spelled.push_str("\\\""),
            '\\' => spelled.push_str("\\\\"),
            '\u{8}' => spelled.push_str("\\b"),
            '\u{c}' => spelled.push_str("\\f"),
            '\n' => spelled.push_str("\\n"),
            '\r' => spelled.push_str("\\r"),
            '\t' => spelled.push_str("\\t"),
            _ if is_hidden(before, letter) => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    write!(spelled, "\\u{unit:04x}").expect("text takes any text");
                }
            }
            _ => spelled.push(letter),
        }
        before = Some(letter);
    }
    spelled.push('"');
    spelled
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_shown(json: &str, text: &str, kind: ValueKind) {
        let shown = Shown::new(&serde_json::from_str(json).unwrap());
        assert_eq!((shown.text.as_str(), shown.kind, shown.folded), (text, kind, false), "{json}");
    }

    #[test]
    fn empty_and_null_look_different() {
        check_shown("{}", "{}", ValueKind::Object(0));
        check_shown("[]", "[]", ValueKind::Array(0));
        check_shown("\"\"", "\"\"", ValueKind::String);
        check_shown("null", "null", ValueKind::Null);
        check_shown("\"null\"", "\"null\"", ValueKind::String);
        check_shown("[{}]", "[1]", ValueKind::Array(1));
        check_shown("1.50", "1.50", ValueKind::Number);
        check_shown("false", "false", ValueKind::Bool);
    }

    #[test]
    fn characters_that_do_not_print_are_escaped() {
        check_shown(
            r#""a\u202e\u0000\"\\\u0085ż\udb40\udc41""#,
            r#""a\u202e\u0000\"\\\u0085ż\udb40\udc41""#,
            ValueKind::String,
        );
    }

    #[test]
    fn long_values_are_folded() {
        let text = Shown::new(&"ż".repeat(1_000).into());
        assert_eq!(text.text.chars().count(), TREE_TEXT_CHARS_MAX + 2);
        assert_eq!((text.folded, text.full_len), (true, 2_000));
        let number = Shown::new(&serde_json::from_str(&"7".repeat(1_000)).unwrap());
        assert_eq!((number.folded, number.full_len, number.text.ends_with("7…")), (true, 1_000, true));
        let exact = Shown::new(&"x".repeat(TREE_TEXT_CHARS_MAX - 1).into());
        assert!(!exact.folded);
        assert!(!Shown::new(&"a…".into()).folded);
    }
}
