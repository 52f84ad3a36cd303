//! Names of events inside an open log.

use std::fmt;

/// A source of an open log, in the order they were opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub u16);

/// Names an event for as long as the log is open: its source and its ordinal there, both from 0.
///
/// Packed so that the rows of the first source are plain numbers and every row fits into the 53 bits
/// that JSON numbers carry: 13 bits of source above 40 bits of ordinal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Row(u64);

const ORDINAL_BITS: u32 = 40;

impl Row {
    /// The `ordinal`-th event of `source`.
    pub fn new(source: SourceId, ordinal: usize) -> Self {
        debug_assert!((ordinal as u64) < 1 << ORDINAL_BITS, "an ordinal of 40 bits");
        Self((u64::from(source.0) << ORDINAL_BITS) | ordinal as u64)
    }

    /// The row that [`Row::raw`] gave.
    pub fn from_raw(raw: u64) -> Self {
        Self(raw)
    }

    /// As one number: the ordinal itself for the first source.
    pub fn raw(self) -> u64 {
        self.0
    }

    /// Which source.
    pub fn source(self) -> SourceId {
        SourceId((self.0 >> ORDINAL_BITS) as u16)
    }

    /// Which event of the source, from 0.
    pub fn ordinal(self) -> usize {
        (self.0 & ((1 << ORDINAL_BITS) - 1)) as usize
    }
}

/// `#12`, and `#2:12` in sources after the first.
impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.source().0 {
            0 => write!(f, "#{}", self.ordinal()),
            source => write!(f, "#{}:{}", source + 1, self.ordinal()),
        }
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
