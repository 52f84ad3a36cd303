//! The outline of one JSON document that may be too large to be parsed: the keys of its outermost object whose values
//! are lists, and where these begin. Brackets and strings only, in bounded memory.

use std::io::{self, Read};

/// Bytes asked of the system at a time.
const BLOCK_BYTES: usize = 256 << 10;

/// A longer key is none that anybody asks for.
const KEY_BYTES_MAX: usize = 64;

/// A list in the outermost object of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ListAt {
    /// Its key, as spelled.
    pub(super) key: String,
    /// Offset behind its opening bracket.
    pub(super) at: u64,
}

/// Every list of the outermost object, in order; of a file that is cut or broken, those before.
pub(super) fn lists_of(mut from: impl Read) -> io::Result<Vec<ListAt>> {
    let mut block = vec![0; BLOCK_BYTES];
    let mut lists = Vec::new();
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    let mut key: Vec<u8> = Vec::new();
    let mut base = 0_u64;
    loop {
        let read = match from.read(&mut block) {
            Ok(0) => return Ok(lists),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        for (at, byte) in block[..read].iter().enumerate() {
            if in_string {
                match byte {
                    _ if escaped => escaped = false,
                    b'\\' => escaped = true,
                    b'"' => in_string = false,
                    _ if depth == 1 && key.len() < KEY_BYTES_MAX => key.push(*byte),
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => {
                    in_string = true;
                    if depth == 1 {
                        key.clear();
                    }
                }
                b'[' if depth == 1 => {
                    let key = String::from_utf8_lossy(&key).into_owned();
                    lists.push(ListAt { key, at: base + at as u64 + 1 });
                    depth += 1;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => match depth.checked_sub(1) {
                    None | Some(0) => return Ok(lists),
                    Some(outer) => depth = outer,
                },
                _ => {}
            }
        }
        base += read as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, &str)]) {
        let found = lists_of(text.as_bytes()).unwrap();
        let found: Vec<(&str, &str)> =
            found.iter().map(|list| (list.key.as_str(), &text[list.at as usize..][..1])).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn lists_are_found_at_the_top_only() {
        check(
            r#" {"a":{"x":[1]},"b" : [2,[3]],"c":"[","d\"":[4], "events":[{"e":[5]}]} {"f":[6]}"#,
            &[("b", "2"), ("d", "4"), ("events", "{")],
        );
        check(r#"{"a":[1"#, &[("a", "1")]);
        check(r#"[1,{"a":[2]}]"#, &[]);
        check("", &[]);
    }
}
