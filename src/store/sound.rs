//! JSON text that can be parsed later: half a surrogate pair is repaired, too deep nesting refused. A document may
//! pass as a raw value and still be unreadable; what every format shares is checked here.

use std::borrow::Cow;

use crate::base::limits::JSON_DEPTH_MAX;

/// What is said of a document whose surrogates were repaired.
pub(super) const REPAIRED_SURROGATES: &str = "Half of a surrogate pair was replaced by \u{fffd}.";

/// What is said of a document that nests too deeply.
pub(super) fn too_deep() -> String {
    format!("It nests deeper than {JSON_DEPTH_MAX} levels, so it was not read.")
}

/// Whether brackets nest deeper than `limit`. Most records do not even have that many.
pub(super) fn nests_deeper(bytes: &[u8], limit: usize) -> bool {
    if brackets(bytes) <= limit {
        return false;
    }
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => {
                depth += 1;
                if depth > limit {
                    return true;
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// How many brackets open. Counted in pieces that a byte can count, many bytes at once.
fn brackets(bytes: &[u8]) -> usize {
    // `{` is `[` with one bit more, which no other byte that becomes `{` by it has.
    let of_piece = |piece: &[u8]| piece.iter().map(|byte| u8::from(byte | 0x20 == b'{')).sum::<u8>();
    bytes.chunks(u8::MAX as usize).map(|piece| usize::from(of_piece(piece))).sum()
}

/// `text` with `\ufffd` for each `\ud800`…`\udfff` that has no other half. A raw value may hold
/// such an escape, but nothing could read it later.
pub(super) fn without_lone_surrogates(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let escape = |at: usize| -> Option<u16> {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    // `\ud` is rare enough to make the slow way rare.
    let is_suspect =
        |at: usize| bytes.get(at + 1) == Some(&b'u') && matches!(bytes.get(at + 2), Some(b'd' | b'D'));
    if !memchr::memchr_iter(b'\\', bytes).any(is_suspect) {
        return Cow::Borrowed(text);
    }
    let mut repaired = String::with_capacity(text.len());
    let (mut at, mut kept) = (0, 0);
    while let Some(found) = memchr::memchr(b'\\', &bytes[at..]) {
        at += found;
        let lone = match escape(at) {
            Some(0xD800..0xDC00) if matches!(escape(at + 6), Some(0xDC00..0xE000)) => {
                at += 12;
                continue;
            }
            Some(0xD800..0xE000) => true,
            _ => false,
        };
        if lone {
            repaired.push_str(&text[kept..at]);
            repaired.push_str("\\ufffd");
            at += 6;
            kept = at;
        } else {
            // The backslash and what it escapes.
            at = (at + 2).min(bytes.len());
        }
    }
    repaired.push_str(&text[kept..]);
    if kept > 0 { Cow::Owned(repaired) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opening_brackets_are_counted_and_nothing_else() {
        let every: Vec<u8> = (0..=u8::MAX).collect();
        assert_eq!(brackets(&every), 2);
        for count in [0, 1, 254, 255, 256, 1_000] {
            assert_eq!(brackets("[".repeat(count).as_bytes()), count);
        }
        assert!(nests_deeper("[".repeat(129).as_bytes(), 128));
        assert!(!nests_deeper("[".repeat(128).as_bytes(), 128));
        // As many, but side by side or in a text.
        assert!(!nests_deeper("[]".repeat(300).as_bytes(), 128));
        assert!(!nests_deeper(format!("\"{}\"", "{".repeat(300)).as_bytes(), 128));
    }
}
