//! JSON as text that is known to be valid: numbers keep their digits and objects their order, and nothing is
//! parsed before somebody looks at it.

use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Number, Value};

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
        parse_json(text)?;
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
        parse_json(&self.0).unwrap_or_else(|_| Value::String(self.0.to_string()))
    }
}

/// Parses a document as it is spelled. serde_json alone would write `1E5` as `1e+5`, and would take objects with
/// a key of its own private ones for something else than objects.
pub fn parse_json(text: &str) -> Result<Value, JsonError> {
    let value = serde_json::from_str::<Value>(text);
    if !(has_exponent(text.as_bytes()) || text.contains("$serde_json") || text.contains("\\u0024serde_json"))
    {
        return Ok(value?);
    }
    Ok(parse_with_care(serde_json::from_str(text)?, 0)?)
}

/// Whether a number has an exponent: a digit is followed by an `e` outside of texts. Ids are full of such pairs.
fn has_exponent(bytes: &[u8]) -> bool {
    let mut at = 0;
    while let Some(found) = memchr::memchr3(b'"', b'e', b'E', &bytes[at..]).map(|found| at + found) {
        at = found + 1;
        if bytes[found] != b'"' {
            if found > 0 && bytes[found - 1].is_ascii_digit() {
                return true;
            }
            continue;
        }
        // To the end of the text; what is escaped does not end it.
        while let Some(end) = memchr::memchr2(b'"', b'\\', &bytes[at..]).map(|end| at + end) {
            at = (end + if bytes[end] == b'"' { 1 } else { 2 }).min(bytes.len());
            if bytes[end] == b'"' {
                break;
            }
        }
    }
    false
}

/// Member by member, so that serde_json sees no number and no object as a whole.
fn parse_with_care(raw: &RawValue, depth: usize) -> Result<Value, serde_json::Error> {
    let text = raw.get();
    if depth > crate::base::limits::JSON_DEPTH_MAX {
        return Err(serde::de::Error::custom("recursion limit exceeded"));
    }
    Ok(match text.as_bytes().first() {
        Some(b'{') => {
            let Members(members) = serde_json::from_str(text)?;
            let mut object = Map::with_capacity(members.len());
            for (name, member) in members {
                object.insert(name, parse_with_care(member, depth + 1)?);
            }
            Value::Object(object)
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text)?;
            Value::Array(
                items.into_iter().map(|item| parse_with_care(item, depth + 1)).collect::<Result<_, _>>()?,
            )
        }
        // serde_json has just read it as a number.
        Some(b'-' | b'0'..=b'9') => Value::Number(Number::from_string_unchecked(text.to_owned())),
        _ => serde_json::from_str(text)?,
    })
}

/// An object's members in order, unparsed.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(InOrder)
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
        for text in [
            "1.10",
            "12345678901234567890123",
            "-0.0",
            "1e400",
            "[1E5,1.0E-03,{\"e\":0e0}]",
            r#"{"id":"5e4-1E2","quoted \\":"\"1e5","n":2E2}"#,
            r#"{"id":"5e41\\\"e"}"#,
            r#"{"b":1,"a":2.50}"#,
        ] {
            assert_eq!(JsonText::new(text).unwrap().value().to_string(), text);
        }
    }

    #[test]
    fn keys_that_serde_json_keeps_for_itself_are_keys() {
        for text in [
            r#"{"$serde_json::private::Number":"5"}"#,
            r#"{"a":{"$serde_json::private::RawValue":"{}"}}"#,
            r#"{"a":{"$serde_json::private::Number":"1","b":2}}"#,
        ] {
            assert_eq!(JsonText::new(text).unwrap().value().to_string(), text);
        }
        let escaped = JsonText::new(r#"{"\u0024serde_json::private::Number":"5"}"#).unwrap();
        assert_eq!(escaped.value().to_string(), r#"{"$serde_json::private::Number":"5"}"#);
    }

    #[test]
    fn nesting_beyond_the_limit_is_an_error_not_a_crash() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(JsonText::new(&deep).is_err());
    }
}
