//! Text cut into lines of so many letters of a fixed width, so that only the lines on screen are laid out.

use std::ops::Range;

use crate::base::text::is_hidden;

/// The lines of `text`, as bytes: broken at line ends and after `columns` letters. Letters of East Asian
/// scripts count double. An empty text is one empty line.
pub fn wrap(text: &str, columns: usize) -> Vec<Range<usize>> {
    let columns = columns.max(2);
    let mut lines = Vec::new();
    let (mut start, mut used) = (0, 0);
    let mut before = None;
    for (at, letter) in text.char_indices() {
        if letter == '\n' {
            lines.push(start..at);
            (start, used, before) = (at + 1, 0, None);
            continue;
        }
        let mut width = width_of(before.replace(letter), letter);
        if used + width > columns && at > start {
            lines.push(start..at);
            (start, used) = (at, 0);
            // Each line is drawn by itself.
            width = width_of(None, letter);
        }
        used += width;
    }
    if start < text.len() || lines.is_empty() {
        lines.push(start..text.len());
    }
    lines
}

/// Columns a letter takes when it is drawn by `format::one_line`.
fn width_of(before: Option<char>, letter: char) -> usize {
    match letter {
        '\u{10000}'.. if is_hidden(before, letter) => "\\u{e0041}".len(),
        _ if is_hidden(before, letter) && !matches!(letter, '\t' | '\r') => "\\u202e".len(),
        '\t'
        | '\r'
        | '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, columns: usize, expected: &[&str]) {
        let lines: Vec<&str> = wrap(text, columns).into_iter().map(|line| &text[line]).collect();
        assert_eq!(lines, expected, "{text:?}");
    }

    #[test]
    fn lines_break_at_line_ends_and_at_the_edge() {
        check("", 4, &[""]);
        check("abcdefghij", 4, &["abcd", "efgh", "ij"]);
        check("ab\ncdefg\n", 4, &["ab", "cdef", "g"]);
        check("\n\na", 4, &["", "", "a"]);
        check("日本語", 4, &["日本", "語"]);
        check("a\u{7}b", 7, &["a\u{7}", "b"]);
        check("abc", 0, &["ab", "c"]);
    }

    proptest! {
        #[test]
        fn nothing_but_line_ends_is_lost(text in "\\PC*|[a-c\n日]{0,40}", columns in 2..20_usize) {
            let joined: String = wrap(&text, columns).into_iter().map(|line| &text[line]).collect();
            prop_assert_eq!(joined, text.replace('\n', ""));
        }
    }
}
