//! Text for a terminal: what is in a column fits it, ids are shortened in the middle, times are in UTC. What is
//! escaped is decided by [`crate::base::text`].

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::base::text::one_line;
pub(super) use crate::base::text::{count as counted, thousands as count};
use crate::model::Timestamp;

/// What stands for a value that the store does not have.
pub(super) const NONE: &str = "-";

/// `text` on one line, with nothing in it that a terminal might act on.
pub(super) fn clean(text: &str) -> String {
    one_line(text).into_owned()
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
}
