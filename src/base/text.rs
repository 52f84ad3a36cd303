//! Text on one line for a terminal or a window: what cannot be seen or would reorder the line is escaped, and
//! numbers have separators. Knows nothing of fonts, widths or colours.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::RangeInclusive;

/// Characters that show nothing, break a line or steer the direction of text: Unicode's control characters are
/// told by themselves, these are the rest of `Default_Ignorable_Code_Point` (Unicode 16) with the separators and
/// annotations of lines. In order. What stays although it is ignorable is in [`JOINERS`] and [`SELECTORS`].
const INVISIBLE: [RangeInclusive<char>; 18] = [
    '\u{ad}'..='\u{ad}',
    '\u{34f}'..='\u{34f}',
    '\u{61c}'..='\u{61c}',
    '\u{115f}'..='\u{1160}',
    '\u{17b4}'..='\u{17b5}',
    '\u{180b}'..='\u{180f}',
    '\u{200b}'..='\u{200b}',
    '\u{200e}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{3164}'..='\u{3164}',
    '\u{feff}'..='\u{feff}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{fff0}'..='\u{fffb}',
    '\u{1bca0}'..='\u{1bca3}',
    '\u{1d173}'..='\u{1d17a}',
    '\u{e0000}'..='\u{e00ff}',
    '\u{e01f0}'..='\u{e0fff}',
];

/// Persian, Hindi and emoji need them.
const JOINERS: RangeInclusive<char> = '\u{200c}'..='\u{200d}';

/// They choose the look of the character before them. One after another shows nothing and can hide text.
const SELECTORS: [RangeInclusive<char>; 2] = ['\u{fe00}'..='\u{fe0f}', '\u{e0100}'..='\u{e01ef}'];

/// Whether `letter` has to be escaped to be seen where `before` is the character before it.
pub fn is_hidden(before: Option<char>, letter: char) -> bool {
    if letter.is_ascii() {
        return letter.is_ascii_control();
    }
    if SELECTORS.iter().any(|range| range.contains(&letter)) {
        return before.is_none_or(|before| {
            before.is_control()
                || JOINERS.contains(&before)
                || SELECTORS.iter().chain(&INVISIBLE).any(|range| range.contains(&before))
        });
    }
    letter.is_control() || INVISIBLE.iter().any(|range| range.contains(&letter))
}

/// Appends `letter` as an escape: `\n`, `\u001b`, `\u{e0041}`.
fn push_escape(text: &mut String, letter: char) {
    let written = match letter {
        '\n' => text.write_str("\\n"),
        '\r' => text.write_str("\\r"),
        '\t' => text.write_str("\\t"),
        '\u{10000}'.. => write!(text, "\\u{{{:x}}}", u32::from(letter)),
        _ => write!(text, "\\u{:04x}", u32::from(letter)),
    };
    written.expect("a String takes all");
}

/// `text` on one line, every hidden character of it as an escape: nothing in a store can move a cursor, break a
/// layout, hide something or make a line read as something else than it says.
pub fn one_line(text: &str) -> Cow<'_, str> {
    let mut before = None;
    let Some(first) = text.char_indices().find(|(_, letter)| is_hidden(before.replace(*letter), *letter))
    else {
        return Cow::Borrowed(text);
    };
    let (shown, rest) = text.split_at(first.0);
    let mut line = String::with_capacity(text.len() + 16);
    line.push_str(shown);
    let mut before = shown.chars().next_back();
    for letter in rest.chars() {
        if is_hidden(before.replace(letter), letter) {
            push_escape(&mut line, letter);
        } else {
            line.push(letter);
        }
    }
    Cow::Owned(line)
}

/// `1,234,567`.
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 event`, `2,345 events`.
pub fn count(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", thousands(n), if n == 1 { "" } else { "s" })
}

/// A length of time in its two largest units: `1.492 s`, `22.793 s`, `4 m 31 s`, `18 h 35 m`, `53 h 31 m`, `12 d 4 h`.
/// The one spelling of it, in the window, in pictures and on the command line. Milliseconds stand as parts of a second, so
/// that a column of them can be compared. A negative one has no sign: whoever needs it writes it.
pub fn span(nanos: i64) -> String {
    let nanos = nanos.unsigned_abs();
    let (micros, millis, seconds) = (nanos / 1_000, nanos / 1_000_000, nanos / 1_000_000_000);
    match seconds {
        0 if nanos == 0 => "0 s".to_owned(),
        0 if millis == 0 && micros == 0 => format!("{nanos} ns"),
        0 if millis == 0 => format!("{micros} µs"),
        0..60 => format!("{}.{:03} s", seconds, millis % 1_000),
        60..3_600 => two(seconds / 60, "m", seconds % 60, "s"),
        3_600..360_000 => two(seconds / 3_600, "h", seconds / 60 % 60, "m"),
        _ => two(seconds / 86_400, "d", seconds / 3_600 % 24, "h"),
    }
}

fn two(large: u64, large_unit: &str, small: u64, small_unit: &str) -> String {
    if small == 0 {
        format!("{large} {large_unit}")
    } else {
        format!("{large} {large_unit} {small} {small_unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_or_steers_the_line_is_escaped() {
        for (text, expected) in [
            ("a\u{1b}[31mred\u{7}", "a\\u001b[31mred\\u0007"),
            ("csi \u{9b}2J del \u{7f}", "csi \\u009b2J del \\u007f"),
            ("two\r\nlines\t", "two\\r\\nlines\\t"),
            ("evil\u{202e}txt\u{2028}", "evil\\u202etxt\\u2028"),
            ("pay\u{ad}pal\u{2063}\u{3164}\u{feff}", "pay\\u00adpal\\u2063\\u3164\\ufeff"),
            ("tag\u{e0041}\u{e007f}", "tag\\u{e0041}\\u{e007f}"),
            ("a\u{fe01}\u{e0150}\u{e0151}", "a\u{fe01}\\u{e0150}\\u{e0151}"),
            ("\u{fe0f}", "\\ufe0f"),
            (
                "می\u{200c}خواهم 👩\u{200d}🚀 1\u{fe0f}\u{20e3} 葛\u{e0100} Größe",
                "می\u{200c}خواهم 👩\u{200d}🚀 1\u{fe0f}\u{20e3} 葛\u{e0100} Größe",
            ),
        ] {
            assert_eq!(one_line(text), expected);
        }
    }

    #[test]
    fn the_ranges_are_in_order_and_apart() {
        assert!(INVISIBLE.windows(2).all(|pair| pair[0].end() < pair[1].start()));
    }

    #[test]
    fn counts_have_separators() {
        for (number, expected) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(thousands(number), expected);
        }
        assert_eq!((count(1, "event"), count(0, "event")), ("1 event".to_owned(), "0 events".to_owned()));
    }

    #[test]
    fn spans_have_two_units() {
        const S: i64 = 1_000_000_000;
        for (nanos, expected) in [
            (0, "0 s"),
            (500, "500 ns"),
            (1_500, "1 µs"),
            (377_000_000, "0.377 s"),
            (22_793_000_000, "22.793 s"),
            (271 * S, "4 m 31 s"),
            (66_900 * S, "18 h 35 m"),
            (3_600 * S, "1 h"),
            (192_660 * S, "53 h 31 m"),
            (1_051_200 * S, "12 d 4 h"),
            (-271 * S, "4 m 31 s"),
        ] {
            assert_eq!(span(nanos), expected);
        }
    }
}
