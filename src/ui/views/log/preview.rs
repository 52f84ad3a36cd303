//! A payload on one line: `attempt 3 · reason 3ds_timeout · provider_response {2}`. Bounded in time and length;
//! the whole is in the inspector.

use serde_json::Value;

use crate::engine::Cached;
use crate::model::Payload;
use crate::ui::format::{bytes, one_line};
use crate::ui::views::log::columns::ValueColumn;

/// Characters of a line; columns are rarely wider.
const CHARS_MAX: usize = 240;
/// Characters of one value.
const VALUE_CHARS_MAX: usize = 80;
/// Larger documents are not parsed for a line.
const PARSED_BYTES_MAX: usize = 64 << 10;

/// How a piece of the line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// Names, counts, notes.
    Quiet,
    /// Values.
    Value,
    /// What could not be read.
    Bad,
}

/// A payload on one line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Preview {
    /// The pieces in order.
    pub(super) pieces: Vec<(Tone, String)>,
    /// What stands in the columns of values, in their order.
    pub(super) values: Vec<Option<String>>,
}

impl Preview {
    /// Of an event, or of why it cannot be read; with its values for these columns.
    pub(super) fn of(event: &Cached, columns: &[ValueColumn]) -> Self {
        match event {
            Ok(event) => {
                let values = columns.iter().map(|column| column.text(event)).collect();
                Self { values, ..Self::of_payload(&event.data) }
            }
            Err(error) => Self::one(Tone::Bad, one_line(&error.to_string())),
        }
    }

    fn one(tone: Tone, text: String) -> Self {
        Self { pieces: vec![(tone, text)], values: Vec::new() }
    }

    fn of_payload(payload: &Payload) -> Self {
        match payload {
            Payload::Missing => Self::default(),
            Payload::Opaque { bytes: data, encoding } => {
                Self::one(Tone::Quiet, format!("{}, {}", one_line(encoding), bytes(data.len() as u64)))
            }
            Payload::Json(text) if text.as_str().len() > PARSED_BYTES_MAX => {
                let size = bytes(text.as_str().len() as u64);
                let mut preview = Self::one(Tone::Quiet, format!("{size}  "));
                preview.push(Tone::Value, &cut(text.as_str(), CHARS_MAX));
                preview
            }
            Payload::Json(text) => Self::of_value(&text.value()),
        }
    }

    fn of_value(value: &Value) -> Self {
        let mut preview = Self::default();
        match value {
            Value::Object(members) if !members.is_empty() => {
                // Ids say the least and take the most room: they come last.
                let ids = members.iter().filter(|(name, _)| is_id(name));
                let others = members.iter().filter(|(name, _)| !is_id(name));
                for (at, (name, member)) in others.chain(ids).enumerate() {
                    let separator = if at == 0 { "" } else { " · " };
                    preview.push(Tone::Quiet, &format!("{separator}{} ", cut(name, VALUE_CHARS_MAX)));
                    preview.push_value(member);
                    if preview.chars() > CHARS_MAX {
                        break;
                    }
                }
            }
            Value::Array(elements) if !elements.is_empty() => {
                preview.push(Tone::Quiet, &format!("[{}]", elements.len()));
                for (at, element) in elements.iter().enumerate() {
                    preview.push(Tone::Quiet, if at == 0 { " " } else { " · " });
                    preview.push_value(element);
                    if preview.chars() > CHARS_MAX {
                        break;
                    }
                }
            }
            other => preview.push_value(other),
        }
        preview
    }

    fn push_value(&mut self, value: &Value) {
        match value {
            Value::Null => self.push(Tone::Quiet, "null"),
            Value::Bool(truth) => self.push(Tone::Value, if *truth { "true" } else { "false" }),
            Value::Number(number) => self.push(Tone::Value, &cut(number.as_str(), VALUE_CHARS_MAX)),
            // Empty and null look different.
            Value::String(text) if text.trim().is_empty() => self.push(Tone::Value, &format!("\"{text}\"")),
            Value::String(text) => self.push(Tone::Value, &cut(text, VALUE_CHARS_MAX)),
            Value::Array(elements) if elements.is_empty() => self.push(Tone::Quiet, "[]"),
            Value::Array(elements) => self.push(Tone::Quiet, &format!("[{}]", elements.len())),
            Value::Object(members) if members.is_empty() => self.push(Tone::Quiet, "{}"),
            Value::Object(members) => self.push(Tone::Quiet, &format!("{{{}}}", members.len())),
        }
    }

    fn push(&mut self, tone: Tone, text: &str) {
        let text = one_line(text);
        match self.pieces.last_mut() {
            Some((last, piece)) if *last == tone => piece.push_str(&text),
            _ => self.pieces.push((tone, text)),
        }
    }

    fn chars(&self) -> usize {
        self.pieces.iter().map(|(_, text)| text.len()).sum()
    }

    /// The line without tones.
    pub(super) fn text(&self) -> String {
        self.pieces.iter().map(|(_, text)| text.as_str()).collect()
    }
}

/// Whether a member's name says that its value is an id: `id`, `order_id`, `orderId`.
fn is_id(name: &str) -> bool {
    name.eq_ignore_ascii_case("id") || name.ends_with("_id") || name.ends_with("Id") || name.ends_with("-id")
}

/// The beginning of a text.
fn cut(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::JsonText;

    fn check(json: &str, expected: &str) {
        let preview = Preview::of_payload(&Payload::Json(JsonText::new(json).unwrap()));
        assert_eq!(preview.text(), expected, "{json}");
    }

    #[test]
    fn payloads_are_shown_on_one_line() {
        check(
            r#"{"attempt":3,"reason":"3ds_timeout","provider_response":{"a":1,"b":2}}"#,
            "attempt 3 · reason 3ds_timeout · provider_response {2}",
        );
        check(r#"{"a":null,"b":"","c":[],"d":{},"e":true}"#, "a null · b \"\" · c [] · d {} · e true");
        check(r#"{"text":"two\nlines\u202e"}"#, "text two\\nlines\\u202e");
        check(r#"["a",1.50,{"b":1}]"#, "[3] a · 1.50 · {1}");
        check(r#"{"order_id":"o-1","id":7,"paid":true}"#, "paid true · order_id o-1 · id 7");
        check("{}", "{}");
        check("12", "12");
    }

    #[test]
    fn names_and_values_differ_in_tone() {
        let preview = Preview::of_payload(&Payload::Json(JsonText::new(r#"{"a":1,"b":{"c":2}}"#).unwrap()));
        let expected = [(Tone::Quiet, "a "), (Tone::Value, "1"), (Tone::Quiet, " · b {1}")];
        assert_eq!(preview.pieces, expected.map(|(tone, text)| (tone, text.to_owned())));
    }

    #[test]
    fn long_payloads_stay_short() {
        let long = format!("{{\"a\":\"{}\",\"b\":[{}1]}}", "x".repeat(50_000), "1,".repeat(1_000));
        for json in [long.clone(), format!("[{long},{long}]")] {
            let preview = Preview::of_payload(&Payload::Json(JsonText::new(&json).unwrap()));
            assert!(preview.text().chars().count() < 400, "{}", preview.text().len());
        }
    }

    #[test]
    fn an_opaque_payload_says_what_it_is() {
        let payload = Payload::Opaque { bytes: vec![0; 120].into(), encoding: "encrypted".into() };
        assert_eq!(Preview::of_payload(&payload).text(), "encrypted, 120 bytes");
        assert_eq!(Preview::of_payload(&Payload::Missing).text(), "");
    }
}
