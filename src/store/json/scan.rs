//! Where a JSON value ends, found byte by byte and without building anything. Accepts less than JSON allows: whoever
//! asks has a slower reader for the rest, and nothing that it would refuse passes here.

/// Deeper values are left to the slower reader.
const DEPTH_MAX: u32 = 60;

/// Eight times the byte.
const fn all(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// Marks the lowest byte that is zero; bytes above that may be marked wrongly.
const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(all(1)) & !word & all(0x80)
}

/// Index of the first byte that ends a text or is not taken as it is: a quote, a backslash, a control character.
fn special(bytes: &[u8], mut at: usize) -> Option<usize> {
    while let Some(eight) = bytes.get(at..at + 8) {
        let word = u64::from_le_bytes(eight.try_into().expect("eight bytes"));
        let control = word.wrapping_sub(all(b' ')) & !word & all(0x80);
        let found = zeros(word ^ all(b'"')) | zeros(word ^ all(b'\\')) | control;
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    let rest = bytes.get(at..)?;
    rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..b' ')).map(|found| at + found)
}

/// Index of the quote that ends a text without escapes; `at` is behind the first quote.
pub(super) fn plain_text(bytes: &[u8], at: usize) -> Option<usize> {
    special(bytes, at).filter(|end| bytes[*end] == b'"')
}

/// Index behind the text of which `at` is behind the first quote. `\u` is not accepted: it may be half a character.
fn text(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at = special(bytes, at)?;
        match bytes[at] {
            b'"' => return Some(at + 1),
            b'\\' if matches!(bytes.get(at + 1)?, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                at += 2;
            }
            _ => return None,
        }
    }
}

/// Index behind the digits from `at` on, of which there is one at least.
fn digits(bytes: &[u8], at: usize) -> Option<usize> {
    let count = bytes.get(at..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (count > 0).then_some(at + count)
}

/// Index behind the number at `at`.
pub(super) fn number(bytes: &[u8], mut at: usize) -> Option<usize> {
    at += usize::from(bytes.get(at) == Some(&b'-'));
    at = if bytes.get(at) == Some(&b'0') { at + 1 } else { digits(bytes, at)? };
    if bytes.get(at) == Some(&b'.') {
        at = digits(bytes, at + 1)?;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        at += 1 + usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        at = digits(bytes, at)?;
    }
    // 07 is two numbers, and so none.
    if bytes.get(at).is_some_and(u8::is_ascii_digit) { None } else { Some(at) }
}

fn word(bytes: &[u8], at: usize, word: &[u8]) -> Option<usize> {
    bytes[at..].starts_with(word).then_some(at + word.len())
}

/// Index behind blanks.
pub(super) fn blanks(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
        at += 1;
    }
    at
}

/// Index behind the colon of the key at `at`.
fn key(bytes: &[u8], at: usize) -> Option<usize> {
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    let colon = blanks(bytes, text(bytes, at + 1)?);
    (bytes.get(colon) == Some(&b':')).then_some(colon + 1)
}

/// Index behind the value at `at`, before which blanks may stand. `None`: no JSON, or none that is accepted here.
pub(super) fn value(bytes: &[u8], mut at: usize) -> Option<usize> {
    // One bit for each open bracket, the innermost lowest: whether it is an object's.
    let (mut objects, mut depth) = (0_u64, 0_u32);
    loop {
        at = blanks(bytes, at);
        match *bytes.get(at)? {
            b'"' => at = text(bytes, at + 1)?,
            open @ (b'{' | b'[') => {
                let is_object = open == b'{';
                let inner = blanks(bytes, at + 1);
                if bytes.get(inner) == Some(&if is_object { b'}' } else { b']' }) {
                    at = inner + 1;
                } else {
                    if depth == DEPTH_MAX {
                        return None;
                    }
                    depth += 1;
                    objects = objects << 1 | u64::from(is_object);
                    at = if is_object { key(bytes, inner)? } else { inner };
                    continue;
                }
            }
            b'-' | b'0'..=b'9' => at = number(bytes, at)?,
            b't' => at = word(bytes, at, b"true")?,
            b'f' => at = word(bytes, at, b"false")?,
            b'n' => at = word(bytes, at, b"null")?,
            _ => return None,
        }
        loop {
            if depth == 0 {
                return Some(at);
            }
            at = blanks(bytes, at);
            let is_object = objects & 1 == 1;
            match (*bytes.get(at)?, is_object) {
                (b',', true) => {
                    at = key(bytes, blanks(bytes, at + 1))?;
                    break;
                }
                (b',', false) => {
                    at += 1;
                    break;
                }
                (b'}', true) | (b']', false) => {
                    at += 1;
                    objects >>= 1;
                    depth -= 1;
                }
                _ => return None,
            }
        }
    }
}

/// A member of an object: where its key lies between its quotes, and where its value lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct MemberAt {
    pub(super) key: (usize, usize),
    pub(super) value: (usize, usize),
}

/// Calls `each` for every member of the object at `at`; gives the index of its closing bracket. `None` also where
/// `each` gives it, and where a key has an escape.
pub(super) fn members(
    bytes: &[u8],
    at: usize,
    mut each: impl FnMut(MemberAt) -> Option<()>,
) -> Option<usize> {
    if bytes.get(at) != Some(&b'{') {
        return None;
    }
    let mut at = blanks(bytes, at + 1);
    if bytes.get(at) == Some(&b'}') {
        return Some(at);
    }
    loop {
        if bytes.get(at) != Some(&b'"') {
            return None;
        }
        let end = plain_text(bytes, at + 1)?;
        let colon = blanks(bytes, end + 1);
        if bytes.get(colon) != Some(&b':') {
            return None;
        }
        let from = blanks(bytes, colon + 1);
        let to = value(bytes, from)?;
        each(MemberAt { key: (at + 1, end), value: (from, to) })?;
        at = blanks(bytes, to);
        match bytes.get(at)? {
            b',' => at = blanks(bytes, at + 1),
            b'}' => return Some(at),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::value::RawValue;

    use super::*;

    /// JSON and what is nearly JSON.
    fn nearly_json() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "\"a\"",
            "\"b\":",
            "\\",
            "\\\"",
            "\\n",
            "\\u00e9",
            "\\ud800",
            "\\x",
            " ",
            "\t",
            "\n",
            "\u{0}",
            "\u{1f}",
            "\u{7f}",
            "é",
            "\u{1f600}",
            "true",
            "false",
            "null",
            "nul",
            "0",
            "-",
            "-1",
            "1.5",
            "1.",
            ".5",
            "1e5",
            "1E+",
            "01",
            "12345678901234567890",
            "1e400",
            "x",
            "\"long text of more\"",
        ]);
        prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
    }

    fn usual_json() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            prop::sample::select(vec![
                "1.10",
                "1e400",
                "-0.0",
                "12345678901234567890123",
                "0",
                "null",
                "true"
            ])
            .prop_map(str::to_owned),
            "[ -~é]{0,20}".prop_map(|text| serde_json::Value::from(text).to_string()),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(|list| format!("[{}]", list.join(", "))),
                prop::collection::vec(("[a-z\\\\]{1,4}", inner), 0..4).prop_map(|members| {
                    let members: Vec<String> = members
                        .iter()
                        .map(|(key, value)| format!("{} : {value}", serde_json::Value::from(key.as_str())))
                        .collect();
                    format!("{{{}}}", members.join(","))
                }),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_096))]
        #[test]
        fn nothing_passes_that_serde_json_refuses(text in nearly_json()) {
            if let Some(end) = value(text.as_bytes(), 0) {
                let raw = serde_json::from_str::<&RawValue>(&text[..end]);
                prop_assert_eq!(raw.map(|raw| raw.get().to_owned()).ok(), Some(text[..end].trim_start().to_owned()));
            }
        }

        #[test]
        fn usual_json_passes(text in usual_json()) {
            prop_assert_eq!(value(text.as_bytes(), 0), Some(text.len()), "{}", text);
        }
    }

    #[test]
    fn what_is_odd_is_left_to_the_slow_reader() {
        for text in [
            r#""\u00e9""#,
            r#""\x""#,
            "\"\u{1}\"",
            "\"a",
            "01",
            "-",
            "1.",
            "1e",
            "[1,]",
            "{\"a\"}",
            "{1:2}",
            "nul",
            "",
        ] {
            assert_eq!(value(text.as_bytes(), 0), None, "{text}");
        }
        let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(value(nested(60).as_bytes(), 0), Some(121));
        assert_eq!(value(nested(61).as_bytes(), 0), None);
        assert_eq!(value(br#" {"a" : [ 1 , "b\"" ] } ,"#, 0), Some(23));
    }
}
