//! Free text in an event: found in decoded values, so that `ö` and `\u00f6` match alike.

use crate::model::{JsonText, Payload, RecordedEvent};

/// A text to look for, without regard to case.
#[derive(Clone, Debug)]
pub struct Needle(String);

impl Needle {
    /// Looks for `text`.
    pub fn new(text: &str) -> Self {
        Self(text.to_lowercase())
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
