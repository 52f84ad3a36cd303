//! Text for a terminal: nothing from a store may move its cursor, colour it or reorder a line; ids are shortened
//! in the middle, counts have separators.

use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::model::Timestamp;

/// What stands for a value that the store does not have.
pub(super) const NONE: &str = "-";

/// `text` on one line: control characters, line separators, and what is invisible or steers the direction of
/// text are escaped. Joiners stay: Persian, Hindi and emoji need them.
pub(super) fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' => cleaned.push_str("\\n"),
            '\r' => cleaned.push_str("\\r"),
            '\t' => cleaned.push_str("\\t"),
            _ if is_unprintable(letter) => {
                write!(cleaned, "\\u{:04x}", u32::from(letter)).expect("a String takes all");
            }
            _ => cleaned.push(letter),
        }
    }
    cleaned
}

fn is_unprintable(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Columns that a text takes in a terminal.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// The beginning of `text` in at most `columns`, `…` at the end where something is missing.
pub(super) fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    beginning(text.chars(), columns.saturating_sub(1)) + "…"
}

/// `text` in at most `columns`, `…` in the middle where something is missing: both ends of an id tell most.
pub(super) fn shorten_middle(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let kept = columns.saturating_sub(1);
    let start = beginning(text.chars(), kept.div_ceil(2));
    let end: String = beginning(text.chars().rev(), kept / 2).chars().rev().collect();
    format!("{start}…{end}")
}

fn beginning(letters: impl Iterator<Item = char>, columns: usize) -> String {
    let mut used = 0;
    letters
        .take_while(|letter| {
            used += letter.width().unwrap_or(0);
            used <= columns
        })
        .collect()
}

/// `3,776`.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 event`, `3,776 events`.
pub(super) fn counted(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(number), if number == 1 { "" } else { "s" })
}

/// `2026-03-01 08:00:00.123` in UTC, to the millisecond where the store says so.
pub(super) fn time(time: Option<Timestamp>) -> String {
    time.map_or_else(|| NONE.to_owned(), |at| format!("{} {}", at.date(), at.time_of_day(at.digits().min(3))))
}

/// A number the store may not have.
pub(super) fn number(value: Option<i64>) -> String {
    value.map_or_else(|| NONE.to_owned(), |value| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_is_left() {
        for (text, expected) in [
            ("a\u{1b}[31mred\u{7}", "a\\u001b[31mred\\u0007"),
            ("csi \u{9b}2J del \u{7f}", "csi \\u009b2J del \\u007f"),
            ("two\r\nlines\t", "two\\r\\nlines\\t"),
            ("evil\u{202e}txt\u{2028}", "evil\\u202etxt\\u2028"),
            ("می\u{200c}خواهم 👩\u{200d}🚀 Größe", "می\u{200c}خواهم 👩\u{200d}🚀 Größe"),
        ] {
            assert_eq!(clean(text), expected);
        }
    }

    #[test]
    fn shortened_texts_keep_to_their_columns() {
        for (text, columns, at_the_end, in_the_middle) in [
            ("order-1", 7, "order-1", "order-1"),
            ("8f7b7676-d015", 7, "8f7b76…", "8f7…015"),
            ("東京東京", 5, "東京…", "東…京"),
            ("abc", 1, "…", "…"),
            ("abc", 0, "…", "…"),
        ] {
            assert_eq!(cut(text, columns), at_the_end);
            assert_eq!(shorten_middle(text, columns), in_the_middle);
        }
    }

    #[test]
    fn counts_have_separators() {
        for (number, expected) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(count(number), expected);
        }
        assert_eq!((counted(1, "event"), counted(0, "event")), ("1 event".to_owned(), "0 events".to_owned()));
    }
}
