//! Payloads of a history as what they hold: an SDK's data converter wraps every value as base64 beside the name of its
//! encoding. What only the workers can read (encrypted, protobuf) is kept as stored, under the name of its encoding.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value, json};

use crate::model::parse_json;

/// `value` with every payload in it opened. `sealed` hears the encoding of each that stays shut.
pub(super) fn open(value: &mut Value, sealed: &mut dyn FnMut(&str)) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| open(item, sealed)),
        Value::Object(members) => {
            if let Some(opened) = payload(members, sealed) {
                *value = opened;
                return;
            }
            // A list of payloads is the list of what they hold.
            if members.len() == 1
                && let Some(Value::Array(items)) = members.get_mut("payloads")
            {
                for item in items.iter_mut() {
                    open(item, sealed);
                }
                *value = Value::Array(std::mem::take(items));
                return;
            }
            members.iter_mut().for_each(|(_, member)| open(member, sealed));
        }
        _ => {}
    }
}

/// What an object holds that is a payload; `None` if it is none.
fn payload(members: &Map<String, Value>, sealed: &mut dyn FnMut(&str)) -> Option<Value> {
    let marks = members.get("metadata")?.as_object()?;
    if members.keys().any(|name| !matches!(name.as_str(), "metadata" | "data" | "externalPayloads")) {
        return None;
    }
    let encoding = decoded(marks.get("encoding")?)?;
    let encoding = String::from_utf8_lossy(&encoding).into_owned();
    let data = members.get("data").unwrap_or(&Value::Null);
    let bytes = match data {
        Value::Null => Vec::new(),
        data => decoded(data)?,
    };
    if encoding == "binary/null" {
        return Some(Value::Null);
    }
    if encoding.starts_with("json/")
        && let Some(held) = std::str::from_utf8(&bytes).ok().and_then(|text| parse_json(text).ok())
    {
        return Some(held);
    }
    sealed(&encoding);
    Some(json!({ "encoding": encoding, "bytes": bytes.len(), "base64": data }))
}

fn decoded(text: &Value) -> Option<Vec<u8>> {
    BASE64.decode(text.as_str()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(encoding: &str, data: &str) -> Value {
        json!({"metadata": {"encoding": BASE64.encode(encoding)}, "data": BASE64.encode(data)})
    }

    fn check(stored: &Value, expected: &Value, sealed: &[&str]) {
        let (mut value, mut heard) = (stored.clone(), Vec::new());
        open(&mut value, &mut |encoding| heard.push(encoding.to_owned()));
        assert_eq!((&value, heard), (expected, sealed.iter().map(ToString::to_string).collect()), "{stored}");
    }

    #[test]
    fn payloads_become_what_they_hold() {
        check(
            &json!({"input": {"payloads": [wrapped("json/plain", "{\"total\":1.10}"), wrapped("json/protobuf", "2")]}}),
            &json!({"input": [parse_json("{\"total\":1.10}").unwrap(), 2]}),
            &[],
        );
        check(&json!({"metadata": {"encoding": BASE64.encode("binary/null")}}), &Value::Null, &[]);
        check(
            &json!({"header": {"fields": {"trace": wrapped("json/plain", "\"t\"")}}}),
            &json!({"header": {"fields": {"trace": "t"}}}),
            &[],
        );
        check(&json!({"input": {"payloads": []}}), &json!({"input": []}), &[]);
    }

    #[test]
    fn what_cannot_be_read_is_kept_and_told() {
        let secret = json!({"encoding": "binary/encrypted", "bytes": 3, "base64": BASE64.encode("\u{1}xy")});
        check(&wrapped("binary/encrypted", "\u{1}xy"), &secret, &["binary/encrypted"]);
        let broken = json!({"encoding": "json/plain", "bytes": 2, "base64": BASE64.encode("{x")});
        check(&wrapped("json/plain", "{x"), &broken, &["json/plain"]);
    }

    #[test]
    fn what_only_looks_like_a_payload_is_left_alone() {
        for value in [
            json!({"metadata": {"encoding": "utf-8"}, "data": 1}),
            json!({"metadata": {"encoding": BASE64.encode("json/plain")}, "data": "~"}),
            json!({"metadata": {}, "data": "x"}),
            json!({"metadata": {"encoding": BASE64.encode("json/plain")}, "data": "Mg==", "more": 1}),
        ] {
            check(&value, &value, &[]);
        }
    }
}
