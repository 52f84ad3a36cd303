//! Virtual time: ticks of one microsecond, and durations as domain files and recipes spell them.
//! Integers only; nothing here reads a clock.

use std::fmt;

/// A point in virtual time or a length of it, in microseconds. Arithmetic saturates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticks(pub u64);

/// Text that is no duration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DurationError(pub String);

impl fmt::Display for DurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a duration: {:?}; write a whole number and a unit: 250us, 20ms, 2s, 5m or 1h", self.0)
    }
}

impl std::error::Error for DurationError {}

/// Units, the longest first, with their ticks.
const UNITS: [(&str, u64); 5] =
    [("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1_000), ("us", 1)];

impl Ticks {
    /// The start of virtual time, and no length.
    pub const ZERO: Self = Self(0);
    /// The end of virtual time: for ever.
    pub const MAX: Self = Self(u64::MAX);

    /// So many milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000))
    }

    /// Reads a whole number and a unit: `us`, `ms`, `s`, `m`, `h`.
    pub fn parse(text: &str) -> Result<Self, DurationError> {
        let error = || DurationError(text.to_owned());
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let (_, ticks) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(error)?;
        let number: u64 = number.parse().map_err(|_no_number| error())?;
        number.checked_mul(*ticks).map(Self).ok_or_else(error)
    }

    /// Later by `length`.
    #[must_use]
    pub const fn after(self, length: Self) -> Self {
        Self(self.0.saturating_add(length.0))
    }

    /// The length from `start` to here; zero when `start` is later.
    #[must_use]
    pub const fn since(self, start: Self) -> Self {
        Self(self.0.saturating_sub(start.0))
    }

    /// So many times as long.
    #[must_use]
    pub const fn times(self, factor: u64) -> Self {
        Self(self.0.saturating_mul(factor))
    }
}

/// In the largest unit that gives a whole number, so that reading it again gives the same ticks.
impl fmt::Display for Ticks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |(_, ticks): &&(&str, u64)| self.0 != 0 && self.0.is_multiple_of(*ticks);
        let (unit, ticks) = UNITS.iter().find(fits).unwrap_or(&("us", 1));
        write!(f, "{}{unit}", self.0 / ticks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_whole_numbers_with_a_unit() {
        for (text, ticks) in [("0us", 0), ("20ms", 20_000), ("2s", 2_000_000), ("90m", 5_400_000_000)] {
            assert_eq!(Ticks::parse(text), Ok(Ticks(ticks)));
        }
        for wrong in ["", "5", "ms", "1.5s", "-1s", "1 s", "1d", "20000000000000h"] {
            assert_eq!(Ticks::parse(wrong), Err(DurationError(wrong.to_owned())), "{wrong}");
        }
    }

    #[test]
    fn printing_and_reading_is_the_identity() {
        for (ticks, text) in [
            (0, "0us"),
            (1, "1us"),
            (1_500_000, "1500ms"),
            (60_000_000, "1m"),
            (u64::MAX, "18446744073709551615us"),
        ] {
            assert_eq!(Ticks(ticks).to_string(), text);
            assert_eq!(Ticks::parse(text), Ok(Ticks(ticks)));
        }
    }
}
