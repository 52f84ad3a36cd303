//! A file in which several sequences lie interleaved as somebody happened to fetch them: the partitions of a topic. Each
//! is in order and the file is not, so they are merged by the rule by which files are: by the running maximum of a
//! sequence's times, ties by sequence, then by place. First the file is looked through, which remembers the place of
//! every record; then the records are read in their order, a block of each sequence at a time.
//!
//! Not [`super::sorted`], which orders single events by their times alone and takes records apart: here a record is one
//! event, and none overtakes another of its own sequence.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::sync::Arc;

use super::frames::{Frame, Frames};
use super::identity::Identity;
use super::layout::start_of;
use super::reader::{Decoder, JsonPayloads, problem_of};
use super::record::{Convert, Record};
use crate::base::limits::{PROBE_BYTES, READ_BATCH_EVENTS};
use crate::model::{Locator, PayloadSource, ReadIssue, Timestamp};
use crate::store::shape::{JsonLayout, JsonShape};
use crate::store::{
    EnvelopeBatch, OpenRequest, Progress, ReadBatch, SourceInfo, StoreError, StoreReader, envelopes_of_whole,
};

/// Bytes looked through, or read, in one batch.
const BATCH_BYTES: u64 = 8 << 20;
/// Bytes of a sequence that are read at a time.
const BLOCK_BYTES: usize = 64 << 10;

/// Which sequence a record is of, and when it happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lane {
    /// The topic.
    pub(super) name: String,
    /// The partition.
    pub(super) number: i64,
    /// When; `None` follows its predecessor.
    pub(super) time: Option<Timestamp>,
}

/// How a format tells sequences apart, without looking at payloads.
pub(super) trait Lanes: Send {
    /// That of a record.
    fn lane(&self, record: &Record<'_>) -> Lane;
}

/// Where a record is, and what it is sorted by.
struct Place {
    key: i64,
    lane: u32,
    len: u32,
    at: u64,
    number: u64,
    last: bool,
}

/// A sequence while the file is looked through, and the block of it that is in memory afterwards.
struct Sequence {
    name: String,
    number: i64,
    /// The latest time so far.
    key: i64,
    block_at: u64,
    block: Vec<u8>,
}

enum Phase {
    Looking { frames: Frames<File>, lanes: Box<dyn Lanes> },
    Reading { places: std::vec::IntoIter<Place>, read: u64 },
}

/// A file that is read in the order of its sequences.
struct OrderedReader {
    info: SourceInfo,
    identity: Identity,
    decoder: Arc<Decoder>,
    file: File,
    sequences: Vec<Sequence>,
    places: Vec<Place>,
    problems: Vec<ReadIssue>,
    phase: Phase,
    layout: JsonLayout,
}

/// Opens the file of `request`; path and size of `info` are filled in here.
pub(super) fn open(
    request: &OpenRequest<'_>,
    shape: &JsonShape,
    convert: Box<dyn Convert>,
    lanes: Box<dyn Lanes>,
    info: SourceInfo,
) -> Result<Box<dyn StoreReader>, StoreError> {
    OrderedReader::open(request, shape, convert, lanes, info)
        .map(|reader| Box::new(reader) as Box<dyn StoreReader>)
        .map_err(|error| StoreError::io(request.path, &error))
}

impl OrderedReader {
    fn open(
        request: &OpenRequest<'_>,
        shape: &JsonShape,
        convert: Box<dyn Convert>,
        lanes: Box<dyn Lanes>,
        mut info: SourceInfo,
    ) -> io::Result<Self> {
        let mut file = File::open(request.path)?;
        let mut head = Vec::new();
        file.by_ref().take(PROBE_BYTES as u64).read_to_end(&mut head)?;
        file.seek(SeekFrom::Start(0))?;
        let identity = Identity::of(&file, &head)?;
        request.path.clone_into(&mut info.path);
        info.bytes = identity.len;
        let keys = shape.records.iter().flat_map(|record| record.keys().cloned()).collect();
        Ok(Self {
            info,
            identity,
            decoder: Arc::new(Decoder::new(convert)),
            file: File::open(request.path)?,
            sequences: Vec::new(),
            places: Vec::new(),
            problems: Vec::new(),
            phase: Phase::Looking { frames: start_of(shape.layout, &head).frames(file, keys)?, lanes },
            layout: shape.layout,
        })
    }

    /// Looks through one more part of the file; how far it has come, or `None` at its end.
    fn look(&mut self) -> io::Result<Option<u64>> {
        let Phase::Looking { frames, lanes } = &mut self.phase else { return Ok(None) };
        let until = frames.read_to() + BATCH_BYTES;
        while frames.read_to() <= until {
            match frames.next()? {
                Frame::Record(cut) => {
                    let text = String::from_utf8_lossy(frames.bytes(&cut));
                    let (lane, is_broken) = match Record::parse(&text) {
                        Ok(record) => (Some(lanes.lane(&record)), false),
                        Err(error) => (None, !error.is_data()),
                    };
                    drop(text);
                    // What cannot be read stays behind what it stood behind: in the sequence of the record before.
                    let before = self.places.last().map(|place| place.lane as usize);
                    let at = match (lane, before) {
                        (Some(lane), _) => sequence(&mut self.sequences, &lane),
                        (None, Some(before)) => before,
                        (None, None) => sequence(&mut self.sequences, &Lane::default()),
                    };
                    self.places.push(Place {
                        key: self.sequences[at].key,
                        lane: at as u32,
                        len: cut.range.len() as u32,
                        at: cut.at,
                        number: cut.number,
                        last: cut.last,
                    });
                    if is_broken {
                        frames.recover(&cut);
                    }
                }
                Frame::Problem(issue) => self.problems.push(issue),
                Frame::Pause => {}
                Frame::End => return Ok(None),
            }
        }
        Ok(Some(frames.read_to()))
    }

    fn sort(&mut self) {
        let mut places = std::mem::take(&mut self.places);
        let sequences = &self.sequences;
        let name = |place: &Place| {
            let sequence = &sequences[place.lane as usize];
            (sequence.name.as_str(), sequence.number)
        };
        places.sort_by(|one, other| one.key.cmp(&other.key).then_with(|| name(one).cmp(&name(other))));
        self.phase = Phase::Reading { places: places.into_iter(), read: 0 };
    }

    /// Reads records until a batch is full; whether any are left.
    fn read(&mut self, batch: &mut ReadBatch) -> Result<bool, StoreError> {
        let Phase::Reading { places, read } = &mut self.phase else { return Ok(true) };
        batch.issues.append(&mut self.problems);
        let until = *read + BATCH_BYTES;
        for _ in 0..READ_BATCH_EVENTS {
            if *read >= until {
                break;
            }
            let Some(place) = places.next() else { return Ok(false) };
            let sequence = &mut self.sequences[place.lane as usize];
            let bytes = sequence.bytes(&mut self.file, &place).map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => StoreError::Changed { path: self.info.path.clone() },
                _ => StoreError::io(&self.info.path, &error),
            })?;
            *read += u64::from(place.len);
            match self.decoder.event(bytes, place.at) {
                Ok(event) => batch.events.push((Locator { at: place.at, len: place.len }, event)),
                Err(fault) => {
                    let problem = problem_of(fault, place.last);
                    let where_it_is = match self.layout {
                        JsonLayout::Lines => format!("line {}", place.number),
                        JsonLayout::Array | JsonLayout::Document => {
                            format!("record {} at byte {}", place.number, place.at)
                        }
                    };
                    batch.issues.push(ReadIssue::new(where_it_is, problem, bytes));
                }
            }
        }
        Ok(places.len() > 0)
    }
}

/// The place of a record's sequence, whose latest time it may raise.
fn sequence(sequences: &mut Vec<Sequence>, lane: &Lane) -> usize {
    let known = sequences.iter().position(|known| known.number == lane.number && known.name == lane.name);
    let at = known.unwrap_or_else(|| {
        let name = lane.name.clone();
        sequences.push(Sequence { name, number: lane.number, key: i64::MIN, block_at: 0, block: Vec::new() });
        sequences.len() - 1
    });
    let sequence = &mut sequences[at];
    sequence.key = lane.time.map_or(sequence.key, |time| time.nanos().max(sequence.key));
    at
}

impl Sequence {
    fn bytes(&mut self, file: &mut File, place: &Place) -> io::Result<&[u8]> {
        let len = place.len as usize;
        let inside = |block_at: u64, block: &[u8]| {
            place.at >= block_at && place.at + len as u64 <= block_at + block.len() as u64
        };
        if !inside(self.block_at, &self.block) {
            self.block.clear();
            self.block_at = place.at;
            file.seek(SeekFrom::Start(place.at))?;
            file.take(len.max(BLOCK_BYTES) as u64).read_to_end(&mut self.block)?;
            if self.block.len() < len {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let from = (place.at - self.block_at) as usize;
        Ok(&self.block[from..from + len])
    }
}

impl StoreReader for OrderedReader {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn read_envelopes(&mut self, batch: &mut EnvelopeBatch) -> Result<Progress, StoreError> {
        envelopes_of_whole(self, batch)
    }

    fn read_batch(&mut self, batch: &mut ReadBatch) -> Result<Progress, StoreError> {
        let total = self.identity.len;
        let at = |done: u64, finished: bool| Progress { done: done.min(total), total: Some(total), finished };
        if let Phase::Looking { .. } = self.phase {
            let looked = self.look().map_err(|error| StoreError::io(&self.info.path, &error))?;
            if let Some(looked) = looked {
                return Ok(at(looked / 2, false));
            }
            self.sort();
            return Ok(at(total / 2, false));
        }
        let is_left = self.read(batch)?;
        let Phase::Reading { read, .. } = &self.phase else { return Ok(at(0, false)) };
        Ok(if is_left { at(total / 2 + read / 2, false) } else { at(total, true) })
    }

    fn payloads(&self) -> Result<Box<dyn PayloadSource>, StoreError> {
        JsonPayloads::of(&self.info.path, &self.identity, &self.decoder)
    }
}

#[cfg(test)]
mod tests;
