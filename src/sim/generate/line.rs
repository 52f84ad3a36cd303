//! One event as one line of JSON, formatted straight into a reused buffer: the envelope and the small
//! values in it. What stands in `data` is written by whoever records it.

use crate::base::prng::Prng;
use crate::model::Timestamp;

use super::calendar::{DAY, HOUR, MINUTE, SECOND, START_NANOS};
use super::template::{Fill, Template};

/// Something that can write itself as text; nothing is escaped, so texts hold what JSON allows as it is.
pub(super) trait Put {
    /// Appends the text.
    fn put(&self, to: &mut Vec<u8>);
}

/// Appends each of the values.
macro_rules! put {
    ($to:expr, $($part:expr),+ $(,)?) => {{
        $( $crate::sim::generate::line::Put::put(&$part, $to); )+
    }};
}
pub(super) use put;

impl Put for &str {
    fn put(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(self.as_bytes());
    }
}

impl Put for u64 {
    fn put(&self, to: &mut Vec<u8>) {
        digits(to, *self, 1);
    }
}

impl Put for u32 {
    fn put(&self, to: &mut Vec<u8>) {
        digits(to, u64::from(*self), 1);
    }
}

/// A number in at least so many digits.
pub(super) struct Padded(pub(super) u64, pub(super) usize);

impl Put for Padded {
    fn put(&self, to: &mut Vec<u8>) {
        digits(to, self.0, self.1);
    }
}

fn digits(to: &mut Vec<u8>, mut value: u64, width: usize) {
    let mut text = [b'0'; 20];
    let mut from = text.len();
    while value > 0 {
        from -= 1;
        text[from] = b'0' + (value % 10) as u8;
        value /= 10;
    }
    to.extend_from_slice(&text[from.min(text.len() - width)..]);
}

/// A version 4 UUID.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Id(u64, u64);

impl Id {
    /// The next id of a sequence.
    pub(super) fn next(prng: &mut Prng) -> Self {
        let (high, low) = (prng.next_u64(), prng.next_u64());
        Self(high & !0xF000 | 0x4000, low & (u64::MAX >> 2) | 1 << 63)
    }
}

impl Put for Id {
    fn put(&self, to: &mut Vec<u8>) {
        let mut text = [b'-'; 36];
        let mut at = 0;
        for byte in self.0.to_be_bytes().into_iter().chain(self.1.to_be_bytes()) {
            if matches!(at, 8 | 13 | 18 | 23) {
                at += 1;
            }
            text[at] = HEX[usize::from(byte >> 4)];
            text[at + 1] = HEX[usize::from(byte & 15)];
            at += 2;
        }
        to.extend_from_slice(&text);
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Which command of a saga an event has to do with, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct About<'a> {
    pub(super) step: &'a str,
    pub(super) is_undo: bool,
    pub(super) attempt: u64,
    /// What a service made of the command, if it is a service's event: `effect`, `undone`, `refusal`, or `beside` one
    /// of those.
    pub(super) role: Option<&'static str>,
    /// Why, where it refused.
    pub(super) refusal: Option<&'a str>,
}

/// Everything of an event but its position, id, time and payload.
#[derive(Clone, Copy)]
pub(super) struct Head<'a> {
    pub(super) event_type: &'a str,
    pub(super) aggregate_type: &'a str,
    pub(super) stream: &'a Template,
    pub(super) version: u32,
    /// The saga, whose id is the correlation.
    pub(super) saga: Option<u32>,
    pub(super) cause: Option<Id>,
    pub(super) about: Option<About<'a>>,
    /// Said as a role where nothing is said about a command.
    pub(super) role: Option<&'static str>,
}

impl Head<'_> {
    /// The metadata as a run of the simulator records them.
    fn put_metadata(&self, to: &mut Vec<u8>) {
        let mut between = "";
        if let Some(saga) = self.saga {
            put!(to, "\"correlation_id\":\"s", saga, "\"");
            between = ",";
        }
        if let Some(cause) = self.cause {
            put!(to, between, "\"causation_id\":\"", cause, "\"");
            between = ",";
        }
        if let (Some(about), Some(saga)) = (&self.about, self.saga) {
            put!(
                to,
                between,
                "\"key\":\"s",
                saga,
                "/",
                about.step,
                if about.is_undo { "/undo" } else { "/do" }
            );
            put!(to, "\",\"step\":\"", about.step, "\",\"attempt\":", about.attempt);
            if let (Some(role), Some(cause)) = (about.role, self.cause) {
                put!(to, ",\"role\":\"", role, "\"");
                if let Some(reason) = about.refusal {
                    put!(to, ",\"refusal\":{\"reason\":\"", reason, "\",\"by\":\"business\"}");
                }
                put!(to, ",\"message_id\":\"", cause, if about.is_undo { "/undo\"" } else { "/command\"" });
            }
        } else if let Some(role) = self.role {
            put!(to, between, "\"role\":\"", role, "\"");
        }
    }
}

/// The lines written so far and not yet taken, and what is counted over all of them.
pub(super) struct Log {
    pub(super) bytes: Vec<u8>,
    ids: Prng,
    events_max: u64,
    position: u64,
    last_time: u64,
    day: u64,
    date: String,
    streams: u64,
    longest_stream: u64,
}

impl Log {
    /// An empty log that takes `events_max` events.
    pub(super) fn new(events_max: u64, ids: Prng) -> Self {
        Self {
            bytes: Vec::new(),
            ids,
            events_max,
            position: 0,
            last_time: 0,
            day: u64::MAX,
            date: String::new(),
            streams: 0,
            longest_stream: 0,
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.position >= self.events_max
    }

    pub(super) fn events(&self) -> u64 {
        self.position
    }

    pub(super) fn streams(&self) -> u64 {
        self.streams
    }

    pub(super) fn longest_stream(&self) -> u64 {
        self.longest_stream
    }

    /// The next id.
    pub(super) fn id(&mut self) -> Id {
        Id::next(&mut self.ids)
    }

    /// Appends an event at `time`, or within milliseconds after the last one if that is later; its payload
    /// is what `data` writes, given the time it got. A full log takes nothing.
    pub(super) fn record(
        &mut self,
        time: u64,
        head: &Head<'_>,
        fill: &Fill<'_>,
        data: impl FnOnce(&mut Vec<u8>, u64),
    ) -> Id {
        let id = self.id();
        if self.is_full() {
            return id;
        }
        self.position += 1;
        self.last_time = time.max(self.last_time + 1 + id.1 % 60);
        self.streams += u64::from(head.version == 1);
        self.longest_stream = self.longest_stream.max(u64::from(head.version));
        self.turn_to(self.last_time / DAY);

        let to = &mut self.bytes;
        put!(to, "{\"position\":", self.position, ",\"id\":\"", id, "\",\"type\":\"", head.event_type);
        put!(to, "\",\"stream\":\"");
        head.stream.put(to, fill);
        put!(to, "\",\"aggregate_type\":\"", head.aggregate_type, "\",\"version\":", head.version);
        put!(to, ",\"occurred_at\":\"", self.date.as_str(), "T", Padded(self.last_time % DAY / HOUR, 2));
        put!(to, ":", Padded(self.last_time % HOUR / MINUTE, 2), ":");
        put!(
            to,
            Padded(self.last_time % MINUTE / SECOND, 2),
            ".",
            Padded(self.last_time % SECOND, 6),
            "Z\","
        );
        match head.saga {
            Some(saga) => put!(to, "\"correlation_id\":\"s", saga, "\",\"causation_id\":"),
            None => put!(to, "\"correlation_id\":null,\"causation_id\":"),
        }
        match head.cause {
            Some(cause) => put!(to, "\"", cause, "\""),
            None => put!(to, "null"),
        }
        put!(to, ",\"data\":");
        data(to, self.last_time);
        put!(to, ",\"metadata\":{");
        head.put_metadata(to);
        put!(to, "}}\n");
        id
    }

    fn turn_to(&mut self, day: u64) {
        if self.day != day {
            self.day = day;
            let nanos = START_NANOS.saturating_add((day * DAY) as i64 * 1_000);
            self.date = Timestamp::from_nanos(nanos, 0).date();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &impl Put, expected: &str) {
        let mut text = Vec::new();
        value.put(&mut text);
        assert_eq!(String::from_utf8(text).unwrap(), expected);
    }

    #[test]
    fn small_values_are_written_as_they_are_read() {
        check(&0_u64, "0");
        check(&u64::MAX, "18446744073709551615");
        check(&Padded(7, 6), "000007");
        check(&Padded(1_234_567, 6), "1234567");
        check(&Id(0x0123_4567_89AB_4DEF, 0x8123_4567_89AB_CDEF), "01234567-89ab-4def-8123-456789abcdef");
    }

    #[test]
    fn ids_are_formed_as_version_4() {
        let mut prng = Prng::new(3);
        for _ in 0..1_000 {
            let mut text = Vec::new();
            Id::next(&mut prng).put(&mut text);
            let id = uuid::Uuid::parse_str(std::str::from_utf8(&text).unwrap()).unwrap();
            assert_eq!((id.get_version_num(), id.get_variant()), (4, uuid::Variant::RFC4122));
        }
    }
}
