//! Cuts a stream of bytes into records without ever holding more than one record: lines here, the elements of
//! an array in [`super::elements`]. What is inside a record is none of its business.

use std::io::{self, Read};
use std::ops::Range;

use super::elements::{Elements, List};
use crate::base::limits::{ISSUE_RAW_BYTES_MAX, RECORD_BYTES_MAX};
use crate::model::ReadIssue;

/// Bytes asked of the system at a time.
const BLOCK_BYTES: usize = 256 << 10;

/// The window of a file that is in memory.
pub(super) struct Blocks<R> {
    from: R,
    /// The window.
    pub(super) bytes: Vec<u8>,
    /// Offset of its first byte in the file.
    pub(super) base: u64,
    /// The file has no more.
    pub(super) ended: bool,
}

impl<R: Read> Blocks<R> {
    /// Reads one more block, after dropping the first `done` bytes of the window.
    pub(super) fn advance(&mut self, done: usize) -> io::Result<()> {
        self.bytes.drain(..done);
        self.base += done as u64;
        if self.bytes.capacity() > 16 * BLOCK_BYTES && self.bytes.len() < BLOCK_BYTES {
            self.bytes.shrink_to(2 * BLOCK_BYTES);
        }
        let read = self.from.by_ref().take(BLOCK_BYTES as u64).read_to_end(&mut self.bytes)?;
        self.ended = read == 0;
        Ok(())
    }

    /// Offset in the file of the byte after the window.
    pub(super) fn read_to(&self) -> u64 {
        self.base + self.bytes.len() as u64
    }
}

/// What comes next.
#[derive(Debug)]
pub(super) enum Frame {
    /// A record, to be had from [`Frames::bytes`].
    Record(Cut),
    /// Something that is no record.
    Problem(ReadIssue),
    /// A block was read and nothing is whole yet: the caller may look at its cancel token.
    Pause,
    /// Nothing more.
    End,
}

/// Where a record lies.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    /// Offset in the file.
    pub(super) at: u64,
    /// The same within the window, valid until the next call of [`Frames::next`].
    pub(super) range: Range<usize>,
    /// Counted from 1: the line, or the element.
    pub(super) number: u64,
    /// The file ends right behind it, without what ends a record.
    pub(super) last: bool,
}

/// A record that is too long to keep.
pub(super) struct Skipped {
    raw: Vec<u8>,
    /// Where it begins in the file.
    pub(super) at: u64,
}

impl Skipped {
    /// Remembers what an issue needs of it.
    pub(super) fn new(at: u64, bytes: &[u8]) -> Self {
        Self { raw: bytes[..bytes.len().min(ISSUE_RAW_BYTES_MAX)].to_vec(), at }
    }

    /// The issue, once the record's end was found at `end`.
    pub(super) fn issue(&self, place: String, end: u64, limit: usize) -> ReadIssue {
        let problem =
            format!("It is {} bytes long; more than {limit} are not read, so it was skipped.", end - self.at);
        ReadIssue::new(place, problem, &self.raw)
    }
}

/// How records are told apart.
enum Cutter {
    Lines { start: usize, scanned: usize, line: u64, skipped: Option<Skipped> },
    Elements(Elements),
}

/// The records of a file.
pub(super) struct Frames<R> {
    blocks: Blocks<R>,
    cutter: Cutter,
    limit: usize,
}

impl<R: Read> Frames<R> {
    /// One record a line. `from` stands at offset `base`.
    pub(super) fn lines(from: R, base: u64) -> Self {
        Self::new(from, base, Cutter::Lines { start: 0, scanned: 0, line: 0, skipped: None })
    }

    /// Elements of a list. `from` stands at offset `base`, inside it. `keys` are those of its usual elements.
    pub(super) fn elements(from: R, base: u64, list: List, keys: Vec<String>) -> Self {
        Self::new(from, base, Cutter::Elements(Elements::new(list, keys)))
    }

    fn new(from: R, base: u64, cutter: Cutter) -> Self {
        let blocks = Blocks { from, bytes: Vec::new(), base, ended: false };
        Self { blocks, cutter, limit: RECORD_BYTES_MAX }
    }

    /// With another limit than [`RECORD_BYTES_MAX`].
    #[cfg(test)]
    pub(super) fn with_limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// How far the file was read.
    pub(super) fn read_to(&self) -> u64 {
        self.blocks.read_to()
    }

    /// The bytes of a record.
    pub(super) fn bytes(&self, cut: &Cut) -> &[u8] {
        &self.blocks.bytes[cut.range.clone()]
    }

    /// Where a record is, in words.
    pub(super) fn place(&self, cut: &Cut) -> String {
        match self.cutter {
            Cutter::Lines { .. } => format!("line {}", cut.number),
            Cutter::Elements(_) => format!("record {} at byte {}", cut.number, cut.at),
        }
    }

    /// Told that `cut` is no JSON: looks for the next record inside it, where that is possible, because a
    /// missing quote or bracket moved its end.
    pub(super) fn recover(&mut self, cut: &Cut) {
        if let Cutter::Elements(elements) = &mut self.cutter {
            elements.recover(&self.blocks.bytes, cut);
        }
    }

    /// The next record; reads one block at most.
    pub(super) fn next(&mut self) -> io::Result<Frame> {
        let Self { blocks, cutter, limit } = self;
        let (start, scanned, line, skipped) = match cutter {
            Cutter::Lines { start, scanned, line, skipped } => (start, scanned, line, skipped),
            Cutter::Elements(elements) => return elements.next(blocks, *limit),
        };
        if blocks.base == 0 && *line == 0 && *start == 0 && blocks.bytes.starts_with(b"\xEF\xBB\xBF") {
            *start = 3;
            *scanned = (*scanned).max(3);
        }
        loop {
            let end = memchr::memchr(b'\n', &blocks.bytes[*scanned..]).map(|found| *scanned + found);
            if end.is_none() && !blocks.ended {
                let pending = blocks.bytes.len() - *start;
                if skipped.is_none() && pending > *limit {
                    let at = blocks.base + *start as u64;
                    *skipped = Some(Skipped::new(at, &blocks.bytes[*start..]));
                }
                let done = if skipped.is_some() { blocks.bytes.len() } else { *start };
                *scanned = blocks.bytes.len() - done;
                *start = 0;
                blocks.advance(done)?;
                return Ok(Frame::Pause);
            }
            let last = end.is_none();
            let end = end.unwrap_or(blocks.bytes.len());
            let range = trimmed(&blocks.bytes, *start..end);
            *start = (end + 1).min(blocks.bytes.len());
            *scanned = *start;
            *line += 1;
            if let Some(skipped) = skipped.take() {
                let end = blocks.base + end as u64;
                return Ok(Frame::Problem(skipped.issue(format!("line {line}"), end, *limit)));
            }
            if !range.is_empty() {
                let at = blocks.base + range.start as u64;
                return Ok(if range.len() > *limit {
                    let skipped = Skipped::new(at, &blocks.bytes[range.clone()]);
                    Frame::Problem(skipped.issue(format!("line {line}"), at + range.len() as u64, *limit))
                } else {
                    Frame::Record(Cut { at, range, number: *line, last })
                });
            }
            if last {
                return Ok(Frame::End);
            }
        }
    }
}

/// What may stand around a record: blanks, and the NUL bytes a crash leaves in a log.
pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0)
}

/// `range` without blanks at its ends.
pub(super) fn trimmed(bytes: &[u8], range: Range<usize>) -> Range<usize> {
    let inside = &bytes[range.clone()];
    let Some(first) = inside.iter().position(|byte| !is_blank(*byte)) else {
        return range.start..range.start;
    };
    let last =
        inside.iter().rposition(|byte| !is_blank(*byte)).expect("there is a first, so there is a last");
    range.start + first..range.start + last + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time, so that every block boundary is met.
    struct Drops<'a>(&'a [u8]);

    impl Read for Drops<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0.read(&mut buffer[..1])
        }
    }

    fn all(mut frames: Frames<impl Read>) -> Vec<String> {
        let mut seen = Vec::new();
        loop {
            match frames.next().unwrap() {
                Frame::Record(cut) => seen.push(String::from_utf8_lossy(frames.bytes(&cut)).into_owned()),
                Frame::Problem(issue) => seen.push(format!("{}: {}", issue.place, issue.problem)),
                Frame::Pause => {}
                Frame::End => return seen,
            }
        }
    }

    #[test]
    fn lines_are_cut_at_line_feeds_and_blank_ones_dropped() {
        let text = "\u{feff}{1}\r\n\n  {2} \n\0\0\n{3}";
        assert_eq!(all(Frames::lines(text.as_bytes(), 0)), ["{1}", "{2}", "{3}"]);
        assert_eq!(all(Frames::lines(Drops(text.as_bytes()), 0)), ["{1}", "{2}", "{3}"]);
    }

    #[test]
    fn a_line_beyond_the_limit_is_one_issue_and_the_rest_is_read() {
        let long = "x".repeat(3 * BLOCK_BYTES);
        for text in [format!("a\n{long}\nb\n"), format!("a\n{long}{long}\nb")] {
            let frames = Frames::lines(text.as_bytes(), 0).with_limit(100_000);
            let seen = all(frames);
            assert_eq!(seen.len(), 3, "{seen:?}");
            assert!(seen[1].starts_with("line 2: It is ") && seen[1].contains("100000"), "{}", seen[1]);
            assert_eq!(seen[2], "b");
        }
    }

    #[test]
    fn memory_stays_small_while_a_long_line_is_skipped() {
        let text = "x".repeat(64 * BLOCK_BYTES);
        let mut frames = Frames::lines(text.as_bytes(), 0).with_limit(1000);
        let mut pauses = 0;
        while !matches!(frames.next().unwrap(), Frame::End) {
            pauses += 1;
            assert!(frames.blocks.bytes.len() <= 2 * BLOCK_BYTES);
        }
        assert!(pauses >= 64, "{pauses}");
    }
}
