//! The members of a document in their own spelling, found without parsing them. Only for documents that are
//! known to be valid, as `JsonText` is; whatever is unexpected is left to the parser.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::VALUE_KEY;
use crate::model::{JsonText, parse_json};

/// A member: its key, and the text of its value.
pub(super) type RawMember<'t> = (Cow<'t, str>, &'t str);

/// More nesting than this is left to the parser, whose limit is near.
const DEPTH_MAX: usize = 100;

/// The members that a document sets, parsed.
pub(super) fn members_of(data: &JsonText) -> Map<String, Value> {
    match data.value() {
        Value::Object(members) => members,
        value => Map::from_iter([(VALUE_KEY.to_owned(), value)]),
    }
}

/// The members of a document as text, in order, one key perhaps several times. `None` where only the parsed
/// document tells the truth: it is no object, it is nested deeply, or it is a number that `serde_json` passes
/// around in the clothes of an object.
pub(super) fn raw_members(data: &JsonText) -> Option<Vec<RawMember<'_>>> {
    let mut scan = Scan { text: data.as_str(), at: 0 };
    let mut members = Vec::with_capacity(8);
    scan.expect(b'{')?;
    if scan.skip_blanks()? == b'}' {
        return Some(members);
    }
    loop {
        let key = scan.key()?;
        if key.starts_with("$serde_json::private") {
            return None;
        }
        scan.expect(b':')?;
        scan.skip_blanks()?;
        members.push((key, scan.value()?));
        match scan.skip_blanks()? {
            b',' => scan.at += 1,
            b'}' => return Some(members),
            _ => return None,
        }
    }
}

/// The value that a part of a valid document spells.
pub(super) fn parse(raw: &str) -> Option<Value> {
    match raw.as_bytes() {
        [b'"', text @ .., b'"'] if !text.contains(&b'\\') => {
            Some(Value::String(raw[1..raw.len() - 1].to_owned()))
        }
        // Small integers: the parser takes the long way to keep their digits.
        [b'1'..=b'9', rest @ ..] if rest.len() < 18 && rest.iter().all(u8::is_ascii_digit) => {
            raw.parse::<i64>().ok().map(Value::from)
        }
        _ => parse_json(raw).ok(),
    }
}

struct Scan<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Scan<'t> {
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_blanks(&mut self) -> Option<u8> {
        while matches!(self.byte()?, b' ' | b'\n' | b'\r' | b'\t') {
            self.at += 1;
        }
        self.byte()
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.skip_blanks()? == byte).then(|| self.at += 1)
    }

    /// Goes behind a string; true if it has escapes.
    fn skip_string(&mut self) -> Option<bool> {
        let mut escapes = false;
        self.at += 1;
        loop {
            let rest = self.text.as_bytes().get(self.at..)?;
            let stop = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
            self.at += stop + 1;
            if rest[stop] == b'"' {
                return Some(escapes);
            }
            escapes = true;
            self.at += 1;
        }
    }

    fn key(&mut self) -> Option<Cow<'t, str>> {
        if self.skip_blanks()? != b'"' {
            return None;
        }
        let start = self.at;
        let escapes = self.skip_string()?;
        if escapes {
            return serde_json::from_str(&self.text[start..self.at]).ok().map(Cow::Owned);
        }
        Some(Cow::Borrowed(&self.text[start + 1..self.at - 1]))
    }

    fn value(&mut self) -> Option<&'t str> {
        let start = self.at;
        let mut depth = 0;
        loop {
            match self.byte()? {
                b'"' => {
                    self.skip_string()?;
                }
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                    if depth > DEPTH_MAX {
                        return None;
                    }
                }
                b'}' | b']' if depth > 0 => {
                    depth -= 1;
                    self.at += 1;
                }
                _ if depth > 0 => self.at += 1,
                _ => {
                    while !matches!(self.byte()?, b',' | b'}' | b' ' | b'\n' | b'\r' | b'\t') {
                        self.at += 1;
                    }
                }
            }
            if depth == 0 {
                return Some(&self.text[start..self.at]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::replay::arbitrary::json_value;

    fn check(document: &str, expected: Option<&[(&str, &str)]>) {
        let text = JsonText::new(document).unwrap();
        let members = raw_members(&text);
        let members: Option<Vec<_>> =
            members.as_ref().map(|members| members.iter().map(|(key, raw)| (&**key, *raw)).collect());
        assert_eq!(members.as_deref(), expected, "{document}");
    }

    #[test]
    fn members_are_split_without_parsing_them() {
        check(
            r#" {"a" : 1.0 , "b\n" :{"c": [1, "]"]}} "#,
            Some(&[("a", "1.0"), ("b\n", r#"{"c": [1, "]"]}"#)]),
        );
        check(r#"{"a":"x\"}","a":null,"":[{}]}"#, Some(&[("a", r#""x\"}""#), ("a", "null"), ("", "[{}]")]));
        check("{\n}", Some(&[]));
        check("{\"ż\\\\\": -1e5\n}", Some(&[("ż\\", "-1e5")]));
    }

    #[test]
    fn what_only_the_parser_understands_is_left_to_it() {
        check("[1]", None);
        check("null", None);
        check(&format!("{{\"a\":{}{}}}", "[".repeat(101), "]".repeat(101)), None);
        check(r#"{"$serde_json::private::Number":"1"}"#, None);
    }

    proptest! {
        #[test]
        fn members_are_those_of_the_parsed_document(value in json_value(), blanks: bool) {
            let text = if blanks { format!("{value:#}") } else { value.to_string() };
            let text = JsonText::new(&text).unwrap();
            let parsed = raw_members(&text).map(|members| {
                let members = members.into_iter().map(|(key, raw)| (key.into_owned(), parse(raw).unwrap()));
                Value::Object(members.collect())
            });
            prop_assert_eq!(parsed.map(|value| value.to_string()), value.is_object().then(|| value.to_string()));
        }

        #[test]
        fn a_scalar_is_what_the_parser_says(text in r#"-?(0|[1-9][0-9]{0,22})(\.[0-9]{1,3})?|"(a|\\[n"\\]){0,4}""#) {
            prop_assert_eq!(parse(&text), parse_json(&text).ok());
        }
    }
}
