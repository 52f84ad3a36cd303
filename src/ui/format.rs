//! How numbers, times and names are written in the window: pure text, no drawing.

use std::path::Path;

use chrono::{DateTime, Local, TimeZone as _};

pub use crate::base::text::{count, span, thousands};
use crate::base::ticks::Ticks;
use crate::model::Timestamp;
use crate::runtime::LetterState;
use crate::saga::Outcome as SagaOutcome;
use crate::ui::theme::Outcome;

/// `812 bytes`, `3.1 MB`.
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if n < 1_000 {
        return count(n, "byte");
    }
    let mut tenths = n / 100;
    let mut unit = 0;
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths /= 1_000;
        unit += 1;
    }
    if tenths < 100 {
        format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
    } else {
        format!("{} {}", tenths / 10, UNITS[unit])
    }
}

/// `+1.492 s`, `-4.731 s`.
pub fn signed_span(nanos: i64) -> String {
    format!("{}{}", if nanos < 0 { '-' } else { '+' }, span(nanos))
}

/// A clock in the chosen zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone {
    /// The zone of this computer instead of UTC.
    pub local: bool,
}

impl Zone {
    /// "UTC", or the offset of this computer.
    pub fn name(self) -> String {
        if self.local {
            format!("local, UTC{}", Local.timestamp_nanos(0).format("%:z"))
        } else {
            "UTC".to_owned()
        }
    }

    fn format(self, time: Timestamp, format: &str) -> String {
        if self.local {
            Local.timestamp_nanos(time.nanos()).format(format).to_string()
        } else {
            DateTime::from_timestamp_nanos(time.nanos()).format(format).to_string()
        }
    }

    /// `19:02:26.013`: milliseconds where the store has them.
    pub fn time(self, time: Timestamp) -> String {
        self.format(time, if time.digits() == 0 { "%H:%M:%S" } else { "%H:%M:%S%.3f" })
    }

    /// `2026-03-01`.
    pub fn date(self, time: Timestamp) -> String {
        self.format(time, "%Y-%m-%d")
    }

    /// `2026-03-01 19:02:26.013`.
    pub fn date_time(self, time: Timestamp) -> String {
        format!("{} {}", self.date(time), self.time(time))
    }

    /// `1 Mar 23:27`, for axes.
    pub fn custom(self, nanos: i64, format: &str) -> String {
        self.format(Timestamp::from_nanos(nanos, 9), format)
    }

    /// The first moment of the day after the one `nanos` lies on, in nanoseconds since 1970.
    pub fn next_day(self, nanos: i64) -> i64 {
        const DAY: i64 = 86_400_000_000_000;
        let utc = nanos.div_euclid(DAY).saturating_add(1).saturating_mul(DAY);
        if !self.local {
            return utc;
        }
        let midnight = Local.timestamp_nanos(nanos).date_naive().succ_opt().and_then(|day| {
            // Where the clock jumps over midnight, the day begins an hour later.
            (0..=3).find_map(|hour| Local.from_local_datetime(&day.and_hms_opt(hour, 0, 0)?).earliest())
        });
        midnight.and_then(|time| time.timestamp_nanos_opt()).filter(|next| *next > nanos).unwrap_or(utc)
    }

    /// The day a time lies on, as a number that only serves to compare.
    pub fn day(self, time: Timestamp) -> String {
        self.date(time)
    }
}

/// An id cut in the middle, when it is longer than `max` letters: `229db9b3…aee9` where it is a UUID, else
/// `Inve…-SKU-003`, with more of its end, because that is where ids of one kind differ.
pub fn middle(id: &str, max: usize) -> String {
    let length = id.chars().count();
    if length <= max || max < 5 {
        return id.to_owned();
    }
    let is_uuid = length == 36 && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let tail = if is_uuid { ((max - 1) / 3).min(6) } else { max - 1 - ((max - 1) / 3).min(8) };
    let head = max - 1 - tail;
    let start: String = id.chars().take(head).collect();
    let end: String = id.chars().skip(length - tail).collect();
    format!("{start}…{end}")
}

/// The last part of a path, on one line.
pub fn file_name(path: &Path) -> String {
    one_line(&path.file_name().map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy()))
}

/// Text on one line: what cannot be seen as escapes, so that nothing in a store can break the layout.
pub fn one_line(text: &str) -> String {
    crate::base::text::one_line(text).into_owned()
}

/// How the end of a saga of ours looks.
pub fn outcome_look(outcome: crate::sim::Outcome) -> Outcome {
    use crate::sim::Outcome as Sim;
    match outcome {
        Sim::Inconsistent => Outcome::Inconsistent,
        Sim::DeadLettered => Outcome::DeadLetter,
        Sim::Stuck => Outcome::Stuck,
        Sim::Compensated => Outcome::Compensated,
        Sim::Completed => Outcome::Completed,
        Sim::Running => Outcome::Running,
    }
}

/// How a state of dead letters looks.
pub fn letter_look(state: LetterState) -> Outcome {
    match state {
        LetterState::Open => Outcome::DeadLetter,
        LetterState::Redriven => Outcome::Running,
        LetterState::Answered => Outcome::Compensated,
        LetterState::Resolved => Outcome::Completed,
        LetterState::Discarded => Outcome::NoActivity,
    }
}

/// How an outcome of a saga looks.
pub fn saga_look(outcome: SagaOutcome) -> Outcome {
    match outcome {
        SagaOutcome::Inconsistent => Outcome::Inconsistent,
        SagaOutcome::DeadLettered => Outcome::DeadLetter,
        SagaOutcome::Stuck => Outcome::Stuck,
        SagaOutcome::Failed => Outcome::Failed,
        SagaOutcome::NoActivity => Outcome::NoActivity,
        SagaOutcome::Compensating => Outcome::Compensating,
        SagaOutcome::Running => Outcome::Running,
        SagaOutcome::Compensated => Outcome::Compensated,
        SagaOutcome::Completed => Outcome::Completed,
    }
}

/// What a state of dead letters means, in one sentence.
pub fn letter_about(state: LetterState) -> &'static str {
    match state {
        LetterState::Open => "Nobody will act without a person",
        LetterState::Redriven => "It was sent again and is under way",
        LetterState::Answered => "The saga has gone another way: kept as evidence, and not to be sent again",
        LetterState::Resolved => "It was handled after all",
        LetterState::Discarded => "A person put it away",
    }
}

/// A point or a stretch of virtual time: `2.182 s`.
pub fn virtual_seconds(ticks: Ticks) -> String {
    let millis = ticks.0 / 1_000;
    format!("{}.{:03} s", thousands(millis / 1_000), millis % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        for (n, expected) in [
            (1, "1 byte"),
            (999, "999 bytes"),
            (3_120_950, "3.1 MB"),
            (812_000_000, "812 MB"),
            (1_500, "1.5 kB"),
        ] {
            assert_eq!(bytes(n), expected);
        }
    }

    #[test]
    fn the_next_day_begins_at_midnight() {
        const DAY: i64 = 86_400_000_000_000;
        let utc = Zone { local: false };
        for (nanos, expected) in [(0, DAY), (DAY - 1, DAY), (DAY, 2 * DAY), (-1, 0), (i64::MAX, i64::MAX)] {
            assert_eq!(utc.next_day(nanos), expected, "{nanos}");
        }
        let local = Zone { local: true };
        let next = local.next_day(1_772_391_746_013_693_000);
        assert_eq!(local.custom(next, "%H:%M:%S"), "00:00:00");
    }

    #[test]
    fn ids_are_cut_in_the_middle_and_text_stays_on_its_line() {
        assert_eq!(middle("229db9b3-e0c1-4c3c-8a11-1b2c3d4eaee9", 13), "229db9b3…aee9");
        assert_eq!(middle("ord-00301", 13), "ord-00301");
        assert_eq!(one_line("a\nb\u{202e}c\u{e0041}"), "a\\nb\\u202ec\\u{e0041}");
        assert_eq!(middle("Inventory-SKU-003", 13), "Inve…-SKU-003");
    }
}
