//! JSON as text that is known to be valid: numbers keep their digits and objects their order, and nothing is
//! parsed before somebody looks at it. (serde_json writes `1e400` as `1e+400`: the one spelling it does not keep.)

use std::sync::Arc;

use serde_json::Value;
use serde_json::value::RawValue;

/// Text that is not JSON, with serde_json's reason.
#[derive(Debug, thiserror::Error)]
#[error("not JSON: {0}")]
pub struct JsonError(#[from] serde_json::Error);

/// A valid JSON document as text. Clones share it.
#[derive(Clone, Debug)]
pub struct JsonText(Arc<str>);

impl JsonText {
    /// Checks `text`, deep nesting included (128 levels), and keeps it as it is spelled.
    pub fn new(text: &str) -> Result<Self, JsonError> {
        // A full parse, so that `value` cannot fail later: IgnoredAny would accept more nesting.
        serde_json::from_str::<Value>(text)?;
        Ok(Self(text.trim().into()))
    }

    /// The text of a part that serde_json has already checked.
    pub fn from_raw(raw: &RawValue) -> Self {
        Self(raw.get().into())
    }

    /// The text of a value.
    pub fn from_value(value: &Value) -> Self {
        Self(value.to_string().into())
    }

    /// As stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Parsed. Text that only [`JsonText::from_raw`] saw may nest too deeply; it is then given as a string.
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.0).unwrap_or_else(|_| Value::String(self.0.to_string()))
    }
}

/// Equal documents: the same values in the same order, whatever the white space.
impl PartialEq for JsonText {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || self.value() == other.value()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_digits_and_keys_their_order() {
        for text in ["1.10", "12345678901234567890123", "-0.0", "1e+400", r#"{"b":1,"a":2.50}"#] {
            assert_eq!(JsonText::new(text).unwrap().value().to_string(), text);
        }
    }

    #[test]
    fn nesting_beyond_the_limit_is_an_error_not_a_crash() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(JsonText::new(&deep).is_err());
    }
}
