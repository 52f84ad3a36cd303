//! The size and nesting of a program, looked at before it is parsed: parsing, compiling and running are recursive,
//! so a text without bounds would be a stack without bounds.

use super::ProgramError;

/// Longest text; the programs of the built-in domains stay below 1 KiB.
const TEXT_BYTES_MAX: usize = 16 << 10;
/// Brackets and interpolations inside one another.
const NESTING_MAX: usize = 48;
/// Operators and keywords in all: each may nest the rest of the program.
const OPERATORS_MAX: usize = 400;

/// Words behind which the rest of a program nests.
const KEYWORDS: [&str; 13] =
    ["if", "then", "elif", "else", "try", "catch", "reduce", "foreach", "def", "label", "as", "and", "or"];

/// Refuses what is too long, too deep, or has too many operators.
pub(super) fn check(text: &str) -> Result<(), ProgramError> {
    let at = |at: usize, reason: String| ProgramError { at, len: 0, reason };
    if text.len() > TEXT_BYTES_MAX {
        return Err(at(
            0,
            format!("A program may have {TEXT_BYTES_MAX} bytes; this one has {}.", text.len()),
        ));
    }
    let bytes = text.as_bytes();
    // What is open: brackets by their byte, strings by the quote.
    let mut open: Vec<u8> = Vec::new();
    let mut operators = 0;
    let mut place = 0;
    while let Some(byte) = bytes.get(place).copied() {
        let start = place;
        place += 1;
        if open.last() == Some(&b'"') {
            match byte {
                b'"' => {
                    open.pop();
                }
                b'\\' => {
                    if bytes.get(place) == Some(&b'(') {
                        open.push(b'(');
                    }
                    place += 1;
                }
                _ => {}
            }
        } else {
            match byte {
                b'#' => {
                    let end = bytes[place..].iter().position(|byte| *byte == b'\n');
                    place = end.map_or(bytes.len(), |end| place + end);
                }
                b'(' | b'[' | b'{' | b'"' => open.push(byte),
                b')' | b']' | b'}' => {
                    open.pop();
                }
                b'|' | b',' | b'+' | b'-' | b'*' | b'/' | b'%' | b'=' | b'<' | b'>' | b'!' | b'?' | b':'
                | b';' => operators += 1,
                _ if byte.is_ascii_alphabetic() || byte == b'_' => {
                    let word = bytes[start..]
                        .iter()
                        .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
                        .count();
                    place = start + word;
                    operators += usize::from(KEYWORDS.contains(&&text[start..place]));
                }
                _ => {}
            }
        }
        if open.len() > NESTING_MAX {
            return Err(at(start, format!("This is nested more than {NESTING_MAX} deep.")));
        }
        if operators > OPERATORS_MAX {
            return Err(at(
                start,
                format!("A program may have {OPERATORS_MAX} operators; here is one more."),
            ));
        }
    }
    Ok(())
}
