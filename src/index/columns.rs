//! The columns of one source, one value an event.

use super::packed::Packed;
use crate::base::chunks::{CHUNK, Chunks};
use crate::model::{EventKind, Locator, Row, Timestamp};

/// In a number column: the store has none.
pub(super) const NO_NUMBER: i64 = i64::MIN;
/// In an id column: none.
pub(super) const NO_ID: u32 = u32::MAX;
/// In the cause column: none, or not resolved.
pub(super) const NO_ROW: u64 = u64::MAX;

/// One source's events.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    pub(super) positions: Packed,
    /// Nanoseconds since 1970, or [`NO_NUMBER`].
    pub(super) times: Chunks<i64>,
    /// Running maximum of the times: the key by which sources merge and time axes place events. Where a chunk of it
    /// is the times themselves, it is the same memory.
    pub(super) keys: Chunks<i64>,
    pub(super) types: Chunks<u32>,
    /// Home stream.
    pub(super) streams: Chunks<u32>,
    pub(super) versions: Chunks<i64>,
    pub(super) correlations: Chunks<u32>,
    /// Row of the causing event.
    pub(super) causes: Chunks<u64>,
    /// Bits of an offset or of a row's key.
    pub(super) offsets: Packed,
    pub(super) lengths: Chunks<u32>,
    pub(super) flags: Chunks<Flags>,
    /// Memberships beyond the home stream, by ordinal.
    pub(super) memberships: Chunks<ExtraMembership>,
}

/// A stream beyond the home stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct ExtraMembership {
    pub(super) ordinal: u32,
    pub(super) stream: u32,
    pub(super) version: i64,
}

impl Columns {
    pub(super) fn len(&self) -> usize {
        self.types.len()
    }

    /// To be called when a time and its key were added.
    pub(super) fn share_keys(&mut self) {
        if self.times.len().is_multiple_of(CHUNK) {
            self.keys.share(&self.times, self.times.len() / CHUNK - 1);
        }
    }

    pub(super) fn locator(&self, ordinal: usize) -> Locator {
        Locator { at: self.offsets.get(ordinal) as u64, len: self.lengths[ordinal] }
    }

    pub(super) fn time(&self, ordinal: usize) -> Option<Timestamp> {
        number(self.times[ordinal]).map(|nanos| Timestamp::from_nanos(nanos, self.flags[ordinal].digits()))
    }

    pub(super) fn cause(&self, ordinal: usize) -> Option<Row> {
        let raw = self.causes[ordinal];
        (raw != NO_ROW).then(|| Row::from_raw(raw))
    }

    pub(super) fn extra_memberships(&self, ordinal: usize) -> impl Iterator<Item = ExtraMembership> + '_ {
        let start = self.memberships.partition_point(|extra| (extra.ordinal as usize) < ordinal);
        (start..self.memberships.len())
            .map(|at| self.memberships[at])
            .take_while(move |extra| extra.ordinal as usize == ordinal)
    }
}

/// `None` for the value that stands for none.
pub(super) fn number(value: i64) -> Option<i64> {
    (value != NO_NUMBER).then_some(value)
}

/// `None` for the id that stands for none.
pub(super) fn id(value: u32) -> Option<u32> {
    (value != NO_ID).then_some(value)
}

/// Small facts of an event: digits of its time (4 bits), kind (2), warnings (1), an unresolved cause (1).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flags(u8);

impl Flags {
    pub(super) fn new(digits: u8, kind: EventKind, has_warnings: bool) -> Self {
        let kind = EventKind::ALL.iter().position(|k| *k == kind).unwrap_or(0) as u8;
        Self((digits & 15) | (kind << 4) | (u8::from(has_warnings) << 6))
    }

    pub(super) fn digits(self) -> u8 {
        self.0 & 15
    }

    pub(super) fn kind(self) -> EventKind {
        EventKind::ALL.get(usize::from((self.0 >> 4) & 3)).copied().unwrap_or_default()
    }

    pub(super) fn has_warnings(self) -> bool {
        self.0 & (1 << 6) != 0
    }
}
