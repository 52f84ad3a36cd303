//! Raw JSON values as the parts of an event: text, integers, times, payloads. Every function takes what stores
//! really write (numbers as text, `MongoDB`'s `{"$date": …}`) and says in a sentence what it cannot take.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::record::Record;
use crate::base::limits::JSON_DEPTH_MAX;
use crate::model::{JsonText, Payload, Timestamp};
use crate::store::sound::{nests_deeper, too_deep};

/// The content of a JSON string; `None` if it is none.
pub(super) fn string(raw: &RawValue) -> Option<Cow<'_, str>> {
    let inside = raw.get().strip_prefix('"')?.strip_suffix('"')?;
    if memchr::memchr(b'\\', inside.as_bytes()).is_none() {
        return Some(Cow::Borrowed(inside));
    }
    serde_json::from_str(raw.get()).ok().map(Cow::Owned)
}

/// The inside of `MongoDB`'s `{"$oid": "…"}`, `{"$date": …}`, `{"$numberLong": "…"}`.
fn extended(raw: &RawValue) -> Option<&RawValue> {
    let text = raw.get();
    if !text.starts_with('{') || text.len() > 100 {
        return None;
    }
    let record = Record::parse(text).ok()?;
    match record.keys.as_slice() {
        [(key, value)] if key.starts_with('$') => Some(value),
        _ => None,
    }
}

/// A name or an id: a string, or a number or a truth value as it is spelled. `None` for documents and null.
pub(super) fn text(raw: &RawValue) -> Option<String> {
    match raw.get().as_bytes().first()? {
        b'"' => string(raw).map(Cow::into_owned),
        b'{' => extended(raw).and_then(|inner| string(inner).map(Cow::into_owned)),
        b'[' | b'n' => None,
        _ => Some(raw.get().to_owned()),
    }
}

/// An integer, or a string that is one.
pub(super) fn integer(raw: &RawValue) -> Option<i64> {
    match raw.get().as_bytes().first()? {
        b'"' => string(raw)?.trim().parse().ok(),
        b'{' => integer(extended(raw)?),
        _ => raw.get().parse().ok(),
    }
}

/// A position in a stream or a store: an integer from 0.
pub(super) fn position(raw: &RawValue) -> Option<i64> {
    integer(raw).filter(|position| *position >= 0)
}

/// A time as text or as a count since 1970.
pub(super) fn time(raw: &RawValue) -> Option<Timestamp> {
    match raw.get().as_bytes().first()? {
        b'"' => {
            let text = string(raw)?;
            Timestamp::parse(&text).ok().or_else(|| epoch(text.trim()))
        }
        b'{' => time(extended(raw)?),
        _ => epoch(raw.get()),
    }
}

/// A count since 1970, with a fraction of its unit.
fn epoch(text: &str) -> Option<Timestamp> {
    if let Ok(count) = text.parse() {
        return Timestamp::from_epoch(count).ok();
    }
    let Some((whole, fraction)) = text
        .split_once('.')
        .filter(|(_, fraction)| !fraction.is_empty() && fraction.bytes().all(|digit| digit.is_ascii_digit()))
    else {
        // 1.7e9: no digits are stored that could be kept.
        let count: f64 = text.parse().ok().filter(|count: &f64| count.is_finite() && count.abs() < 9e18)?;
        return Timestamp::from_epoch(count as i64).ok();
    };
    let base = Timestamp::from_epoch(whole.parse().ok()?).ok()?;
    let unit_digits = usize::from(base.digits());
    let kept: String = fraction.chars().take(9 - unit_digits).collect();
    let digits = unit_digits + kept.len();
    let nanos = kept.parse::<i64>().unwrap_or(0) * 10_i64.pow((9 - digits) as u32);
    let nanos = if whole.starts_with('-') { -nanos } else { nanos };
    Some(Timestamp::from_nanos(base.nanos().checked_add(nanos)?, digits as u8))
}

/// A payload: JSON as it is, and text that holds an object or an array as what it holds.
pub(super) fn payload(raw: &RawValue) -> Payload {
    Payload::Json(held_document(raw).unwrap_or_else(|| JsonText::from_raw(raw)))
}

/// The object or array that a string holds.
pub(super) fn held_document(raw: &RawValue) -> Option<JsonText> {
    if !raw.get().starts_with('"') {
        return None;
    }
    let inside = string(raw)?;
    inside.trim_start().starts_with(['{', '[']).then(|| JsonText::new(&inside).ok()).flatten()
}

/// An object of these keys. `Err` if it nests too deeply to be looked into later.
pub(super) fn object<'a>(
    keys: impl Iterator<Item = (Cow<'a, str>, &'a RawValue)>,
) -> Result<Option<JsonText>, String> {
    let mut text = String::new();
    for (key, value) in keys {
        text.push(if text.is_empty() { '{' } else { ',' });
        push_string(&mut text, &key);
        text.push(':');
        text.push_str(value.get());
    }
    if text.is_empty() {
        return Ok(None);
    }
    text.push('}');
    if nests_deeper(text.as_bytes(), JSON_DEPTH_MAX - 1) {
        return Err(too_deep());
    }
    let raw = RawValue::from_string(text).expect("JSON values with commas between them are JSON");
    Ok(Some(JsonText::from_raw(&raw)))
}

/// `text` as a JSON string.
fn push_string(out: &mut String, text: &str) {
    if text.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        out.push_str(&serde_json::Value::from(text).to_string());
    } else {
        out.push('"');
        out.push_str(text);
        out.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).unwrap()
    }

    #[test]
    fn times_are_read_as_text_and_as_counts() {
        for (text, expected) in [
            (r#""2026-03-01T08:00:00.50Z""#, Some("2026-03-01T08:00:00.50Z")),
            ("1772352000", Some("2026-03-01T08:00:00Z")),
            ("1772352000.25", Some("2026-03-01T08:00:00.25Z")),
            ("1772352000123.4567", Some("2026-03-01T08:00:00.1234567Z")),
            ("-0.5", Some("1969-12-31T23:59:59.5Z")),
            ("1.772352e9", Some("2026-03-01T08:00:00Z")),
            (r#""1772352000123""#, Some("2026-03-01T08:00:00.123Z")),
            (r#"{"$date":"2026-03-01T08:00:00Z"}"#, Some("2026-03-01T08:00:00Z")),
            (r#"{"$date":{"$numberLong":"1772352000000"}}"#, Some("2026-03-01T08:00:00.000Z")),
            (r#""soon""#, None),
            ("1e400", None),
            ("true", None),
            ("null", None),
            ("[1]", None),
        ] {
            assert_eq!(time(&raw(text)).map(|time| time.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn integers_and_ids_are_read_in_every_usual_spelling() {
        for (text, expected) in [
            ("7", Some(7)),
            (r#"" 7""#, Some(7)),
            ("-1", None),
            ("1.5", None),
            ("99999999999999999999", None),
            (r#"{"$numberLong":"9"}"#, Some(9)),
            ("null", None),
        ] {
            assert_eq!(position(&raw(text)), expected, "{text}");
        }
        for (json, expected) in [
            (r#""a\u0062""#, Some("ab")),
            ("12345678901234567890", Some("12345678901234567890")),
            (r#"{"$oid":"65f0"}"#, Some("65f0")),
            ("null", None),
            ("{}", None),
        ] {
            assert_eq!(text(&raw(json)).as_deref(), expected, "{json}");
        }
    }

    #[test]
    fn text_that_holds_a_document_is_that_document() {
        assert_eq!(payload(&raw(r#""{\"a\":1}""#)).value().unwrap().to_string(), r#"{"a":1}"#);
        assert_eq!(payload(&raw(r#""{nope""#)).value().unwrap().to_string(), r#""{nope""#);
        assert_eq!(payload(&raw(r#""7""#)).value().unwrap().to_string(), r#""7""#);
    }
}
