//! Numbers of any length, compared exactly: money is written with decimals and ids with more digits than a float
//! keeps. Comparing is all; there is no arithmetic.

use std::cmp::Ordering;

/// A number as digits and the place of its point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    negative: bool,
    /// Without zeros at either end; empty for zero.
    digits: Vec<u8>,
    /// Digits before the point; negative where zeros follow the point.
    point: i64,
}

/// Units of sizes, decimal and binary, in bytes.
const SIZES: [(&str, i64); 9] = [
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
    ("b", 1),
];

impl Decimal {
    /// A number as JSON spells it, a plus sign and zeros in front allowed.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (number, exponent) = match text.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_number(whole) || !is_number(fraction) || number.ends_with('.') {
            return None;
        }
        let all: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        let zeros = all.iter().take_while(|digit| **digit == b'0').count();
        let end = all.iter().rposition(|digit| *digit != b'0').map_or(zeros, |last| last + 1);
        let digits = all[zeros.min(end)..end].to_vec();
        if digits.is_empty() {
            return Some(Self { negative: false, digits, point: 0 });
        }
        let point = whole.len() as i64 - zeros as i64 + i64::from(exponent);
        Some(Self { negative, digits, point })
    }

    /// The same, or a number with a unit of size: `10kB`, `1.5 MiB`.
    pub(super) fn of_size(text: &str) -> Option<Self> {
        if let Some(number) = Self::parse(text) {
            return Some(number);
        }
        bytes(text).and_then(|bytes| Self::parse(&bytes.to_string()))
    }
}

/// Bytes of `10kB`, `1.5 MiB` or a plain number.
pub fn bytes(text: &str) -> Option<i64> {
    let lower = text.to_ascii_lowercase();
    let (number, unit) = SIZES
        .iter()
        .find_map(|(unit, bytes)| lower.strip_suffix(unit).map(|number| (number.trim_end(), *bytes)))
        .unwrap_or((&lower, 1));
    if let Ok(number) = number.parse::<i64>() {
        return number.checked_mul(unit);
    }
    Decimal::parse(number)?;
    let bytes = number.parse::<f64>().ok()? * unit as f64;
    (bytes.abs() < i64::MAX as f64).then_some(bytes as i64)
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let size = |number: &Self| {
            (!number.digits.is_empty(), if number.digits.is_empty() { 0 } else { number.point })
        };
        let by_size = size(self).cmp(&size(other)).then_with(|| self.digits.cmp(&other.digits));
        match (self.negative, other.negative) {
            (false, false) => by_size,
            (true, true) => by_size.reverse(),
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_compared_exactly() {
        for (a, order, b) in [
            ("7", Ordering::Equal, "7.0"),
            ("0.30000000000000001", Ordering::Greater, "0.3"),
            ("9007199254740993", Ordering::Greater, "9007199254740992"),
            ("-1e3", Ordering::Equal, "-1000"),
            ("-2", Ordering::Less, "-1.5"),
            ("0", Ordering::Equal, "-0.00"),
            ("0.05", Ordering::Less, "0.5"),
            ("1e-7", Ordering::Greater, "0"),
            ("-1", Ordering::Less, "0"),
        ] {
            assert_eq!(Decimal::parse(a).unwrap().cmp(&Decimal::parse(b).unwrap()), order, "{a} {b}");
        }
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in ["", "-", "1.", ".5", "1e", "0x10", "NaN", "1_000", "1 000"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    #[test]
    fn sizes_have_units() {
        for (text, expected) in [
            ("10kB", Some(10_000)),
            ("10 KiB", Some(10_240)),
            ("1.5MB", Some(1_500_000)),
            ("12", Some(12)),
            ("12b", Some(12)),
            ("kB", None),
            ("99999999999tb", None),
        ] {
            assert_eq!(bytes(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_order_is_that_of_integers(a in any::<i64>(), b in -1000_i64..1000, shift in 0_u32..4) {
            for (a, b) in [(a, b), (b, a), (b, b * 10_i64.pow(shift))] {
                let of = |number: i64| Decimal::parse(&number.to_string()).unwrap();
                prop_assert_eq!(of(a).cmp(&of(b)), a.cmp(&b));
            }
        }
    }
}
