//! Free text in an event: found in decoded values, so that `ö` and `\u00f6` match alike.

use regex::bytes::Regex;

use crate::model::{JsonText, Payload, RecordedEvent, TextFinder};

/// A text to look for, without regard to case.
#[derive(Clone, Debug)]
pub struct Needle(String, Option<InBytes>);

/// The same in bytes that nobody has decoded.
#[derive(Clone, Debug)]
struct InBytes {
    text: String,
    regex: Regex,
}

impl InBytes {
    /// `None` where the text is not ASCII: which letters are the same without regard to case is then a matter of
    /// more than bytes.
    fn of(text: &str) -> Option<Self> {
        if text.is_empty() || !text.is_ascii() {
            return None;
        }
        let mut pattern = String::with_capacity(4 * text.len());
        for letter in text.chars() {
            match letter {
                // The sign for kelvin and the dotted capital become these in lower case.
                'k' => pattern.push_str("[kK\u{212A}]"),
                'i' => pattern.push_str("[iI\u{130}]"),
                'a'..='z' => pattern.extend(['[', letter, letter.to_ascii_uppercase(), ']']),
                other => pattern.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
            }
        }
        Some(Self { text: text.to_owned(), regex: Regex::new(&pattern).ok()? })
    }
}

impl TextFinder for InBytes {
    fn text(&self) -> &str {
        &self.text
    }

    fn find(&self, bytes: &[u8], from: usize) -> Option<usize> {
        self.regex.find_at(bytes, from).map(|found| found.start())
    }
}

impl Needle {
    /// Looks for `text`.
    pub fn new(text: &str) -> Self {
        Self(text.to_lowercase(), InBytes::of(&text.to_lowercase()))
    }

    /// The text in small letters.
    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// What finds it in bytes, if that can be done.
    pub(super) fn finder(&self) -> Option<&dyn TextFinder> {
        self.1.as_ref().map(|finder| finder as &dyn TextFinder)
    }

    /// Whether it occurs in `text`.
    pub fn is_in(&self, text: &str) -> bool {
        if self.0.is_ascii() && text.is_ascii() {
            return contains_ignoring_ascii_case(text.as_bytes(), self.0.as_bytes());
        }
        text.to_lowercase().contains(&self.0)
    }

    /// Whether the text occurs in what the event carries.
    pub(super) fn is_in_event(&self, event: &RecordedEvent) -> bool {
        let in_data = match &event.data {
            Payload::Json(json) => self.is_in_json(json),
            Payload::Opaque { bytes, .. } => self.is_in(&String::from_utf8_lossy(bytes)),
            Payload::Missing => false,
        };
        in_data
            || event.metadata.as_ref().is_some_and(|json| self.is_in_json(json))
            || [&event.id, &event.correlation_id, &event.causation_id]
                .into_iter()
                .flatten()
                .any(|id| self.is_in(id))
    }

    fn is_in_json(&self, json: &JsonText) -> bool {
        let text = json.as_str();
        // Without escapes the text says what the values say. With them only the values do: `nb` is not in "a\nb".
        // A search that itself has quotation marks (`"status":"paid"`) is for the text as written.
        if !text.contains('\\') || (self.0.contains('"') && self.is_in(text)) {
            return self.is_in(text);
        }
        self.is_in_values(&json.value())
    }

    fn is_in_values(&self, value: &serde_json::Value) -> bool {
        match value {
            serde_json::Value::String(text) => self.is_in(text),
            serde_json::Value::Array(items) => items.iter().any(|item| self.is_in_values(item)),
            serde_json::Value::Object(members) => {
                members.iter().any(|(name, member)| self.is_in(name) || self.is_in_values(member))
            }
            other => self.is_in(&other.to_string()),
        }
    }
}

fn contains_ignoring_ascii_case(text: &[u8], needle: &[u8]) -> bool {
    let Some(first) = needle.first() else { return true };
    let (lower, upper) = (*first, first.to_ascii_uppercase());
    memchr::memchr2_iter(lower, upper, text)
        .any(|at| text.get(at..at + needle.len()).is_some_and(|part| part.eq_ignore_ascii_case(needle)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_found_in_decoded_values() {
        let event = RecordedEvent {
            data: Payload::Json(
                JsonText::new(r#"{"name":"Gr\u00f6\u00dfe XL","n":12.50,"Ort":"Málaga"}"#).unwrap(),
            ),
            ..RecordedEvent::default()
        };
        for (text, expected) in [
            ("größe", true),
            ("GRÖSSE", false),
            ("xl", true),
            ("12.50", true),
            ("ort", true),
            ("MÁLAGA", true),
            ("nope", false),
        ] {
            assert_eq!(Needle::new(text).is_in_event(&event), expected, "{text}");
        }
    }
}
