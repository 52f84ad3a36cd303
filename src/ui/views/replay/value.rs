//! Values and paths as they are written in the tree, the card and the lists: one line each.

use std::fmt::Write as _;

use egui::Color32;
use serde_json::Value;

use crate::replay::{Path, Segment, Shown, ValueKind};
use crate::ui::format::one_line;
use crate::ui::theme::Tokens;
use crate::ui::widgets::Line;

/// A value, numbers in their hue, escapes in the accent.
pub(super) fn push_value(line: Line, t: &Tokens, shown: &Shown) -> Line {
    match shown.kind {
        ValueKind::Number => line.mono(&shown.text, t.number()),
        ValueKind::String => push_string(line, t, &shown.text),
        ValueKind::Bool => line.mono(&shown.text, t.text),
        ValueKind::Null | ValueKind::Object(_) | ValueKind::Array(_) => line.mono(&shown.text, t.muted),
    }
}

fn push_string(mut line: Line, t: &Tokens, spelled: &str) -> Line {
    for (is_escape, part) in parts(spelled) {
        line = line.mono(part, if is_escape { t.accent } else { t.text });
    }
    line
}

/// Splits a spelled string into escapes and what stands between them.
fn parts(spelled: &str) -> Vec<(bool, &str)> {
    let mut parts = Vec::new();
    let mut rest = spelled;
    while let Some(at) = rest.find('\\') {
        if at > 0 {
            parts.push((false, &rest[..at]));
        }
        let tail = &rest[at..];
        let letters = if tail[1..].starts_with('u') { 6 } else { 2 };
        let end = tail.char_indices().nth(letters).map_or(tail.len(), |(end, _)| end);
        parts.push((true, &tail[..end]));
        rest = &tail[end..];
    }
    if !rest.is_empty() {
        parts.push((false, rest));
    }
    parts
}

/// A value in one colour: what was, what comes later.
pub(super) fn plain_value(shown: &Shown, color: Color32) -> Line {
    Line::new().mono(&shown.text, color)
}

/// `provider_response.code`, `lines[0].sku`; "the whole state" for the root.
pub(super) fn dotted(path: &Path) -> String {
    let mut text = String::new();
    for segment in path.segments() {
        match segment {
            Segment::Index(index) => write!(text, "[{index}]").expect("text takes any text"),
            Segment::Key(key) if is_plain(key) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(key);
            }
            Segment::Key(key) => {
                write!(text, "[{}]", Value::from(&**key)).expect("text takes any text");
            }
        }
    }
    if text.is_empty() { "the whole state".to_owned() } else { one_line(&text) }
}

/// Whether a key can stand between dots.
fn is_plain(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|letter| letter.is_alphanumeric() || "_-$@".contains(letter))
}

/// A value as plain text: strings without quotes, the rest as JSON.
pub(super) fn plain_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => crate::replay::pretty(other),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_is_written_as_a_programmer_would() {
        let root = Path::root();
        for (path, expected) in [
            (root.clone(), "the whole state"),
            (root.key("provider_response").key("code"), "provider_response.code"),
            (root.key("lines").index(0).key("sku"), "lines[0].sku"),
            (root.key("a b").key("c.d"), "[\"a b\"][\"c.d\"]"),
            (root.key("").key("é"), "[\"\"].é"),
        ] {
            assert_eq!(dotted(&path), expected);
        }
    }

    #[test]
    fn escapes_are_told_from_text() {
        let spelled = Shown::new(&json!("\u{7}denied\n \"\\")).text;
        let found: Vec<&str> =
            parts(&spelled).into_iter().filter(|(escape, _)| *escape).map(|(_, part)| part).collect();
        assert_eq!(found, ["\\u0007", "\\n", "\\\"", "\\\\"]);
        let whole: String = parts(&spelled).into_iter().map(|(_, part)| part).collect();
        assert_eq!(whole, spelled);
    }

    #[test]
    fn a_string_is_copied_without_quotes() {
        assert_eq!(plain_text(&json!("a\nb")), "a\nb");
        assert_eq!(plain_text(&json!(null)), "null");
        assert_eq!(plain_text(&json!({"a": 1})), "{\n  \"a\": 1\n}");
    }
}
