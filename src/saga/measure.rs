//! How wide a text will be, near enough to lay out a drawing: the widths of the bundled fonts' letters, without the fonts.
//! Knows neither kerning nor ligatures; of letters beyond ASCII only whether they are wide.

use unicode_width::UnicodeWidthChar as _;

use super::svg::Style;

/// Advances of the letters from space to `~` of the regular cut, in thousandths of the size.
const ADVANCES: [u16; 95] = [
    281, 278, 403, 631, 638, 812, 639, 222, 362, 362, 500, 659, 280, 460, 276, 357, 625, 464, 605, 636, 642,
    608, 624, 571, 616, 624, 276, 280, 659, 659, 659, 507, 936, 676, 651, 727, 719, 598, 587, 743, 740, 264,
    543, 652, 562, 889, 753, 761, 635, 761, 639, 638, 642, 741, 676, 949, 642, 665, 625, 362, 357, 362, 469,
    452, 497, 564, 621, 558, 621, 582, 361, 609, 591, 237, 237, 544, 237, 869, 585, 597, 609, 609, 372, 523,
    364, 581, 557, 812, 540, 557, 541, 362, 327, 362, 659,
];
/// Those of the cut for numbers.
const MONO: i32 = 600;
/// A letter that is not ASCII, and one of an East Asian script.
const OTHER: i32 = 700;
const WIDE: i32 = 1_050;
/// The heavier cut is so many hundredths as wide.
const BOLD: i32 = 106;

/// Thousandths of the size.
fn advance(letter: char) -> i32 {
    let known = (letter as usize).checked_sub(32).and_then(|at| ADVANCES.get(at));
    match (known, letter.width()) {
        (Some(known), _) => i32::from(*known),
        (None, Some(0) | None) => 0,
        (None, Some(1)) => {
            if "✖↺→↓…".contains(letter) {
                960
            } else {
                OTHER
            }
        }
        (None, Some(_)) => WIDE,
    }
}

/// Thousandths of a pixel.
fn exactly(letter: char, style: Style) -> i64 {
    let weight = if style.bold { BOLD } else { 100 };
    i64::from(advance(letter)) * i64::from(weight) * i64::from(style.size) / 100
}

/// Pixels that a text takes.
pub(super) fn width(text: &str, style: Style) -> i32 {
    let sum: i64 = text.chars().map(|letter| exactly(letter, style)).sum();
    i32::try_from(sum / 1_000 + 1).unwrap_or(i32::MAX / 2)
}

/// Pixels that so many digits take.
pub(super) fn digits(letters: usize, size: i32) -> i32 {
    (letters as i32 * size * MONO) / 1_000 + 1
}

/// A text in at most so many pixels, `…` at the end where something is missing.
pub(super) fn fit(text: &str, style: Style, room: i32) -> String {
    if width(text, style) <= room {
        return text.to_owned();
    }
    let mut left = i64::from(room) * 1_000 - exactly('…', style);
    let kept = text.chars().take_while(|letter| {
        left -= exactly(*letter, style);
        left >= 0
    });
    kept.chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Style = Style { size: 10, bold: false, colour: "#000000" };

    #[test]
    fn a_text_is_as_wide_as_its_letters() {
        assert!(width("mmm", STYLE) > width("iii", STYLE) * 2);
        assert!(width("name", Style { bold: true, ..STYLE }) > width("name", STYLE));
        assert_eq!(width("漢字", STYLE), 22);
        assert_eq!(width("e\u{301}", STYLE), width("e", STYLE), "an accent stands on its letter");
    }

    #[test]
    fn a_cut_text_fits_and_says_that_it_is_cut() {
        for room in 12..200 {
            let cut = fit("payment.authorization_declined", STYLE, room);
            assert!(width(&cut, STYLE) <= room + 1, "{cut} in {room}");
            assert!(cut.ends_with('…') || cut == "payment.authorization_declined");
        }
    }
}
