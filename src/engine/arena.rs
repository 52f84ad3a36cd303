//! The payloads of a log in memory, as a search sees them: small letters, one after another, so that a text is found
//! without reading a file or decoding an event. Filled behind a log that is open, as far as memory allows; what is not
//! here is read from its source. It only leaves out what cannot match: whether an event does is told by the event.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use memchr::memmem;
use serde_json::Value;

use super::load::OpenLog;
use crate::base::cancel::CancelToken;
use crate::index::{EventLog, SEGMENT, Segment};
use crate::model::{FetchError, JsonText, Payload, RecordedEvent, Row, SourceId};
use crate::query::{KeptTexts, SegmentBits};
use crate::store::FileState;

/// Events, and bytes of them, read at a time: others wait for a way into the source no longer than this takes.
const READ_AT_A_TIME: usize = 256;
const BYTES_AT_A_TIME: u64 = 4 << 20;

/// Letters of a UUID as it is usually spelled.
const UUID_CHARS: usize = 36;

/// Texts of payloads, by source and segment.
#[derive(Debug, Default)]
pub struct Arena {
    sources: RwLock<Vec<Kept>>,
    bytes: AtomicU64,
}

/// What is kept of a source.
#[derive(Debug, Default)]
struct Kept {
    blocks: Vec<Arc<Block>>,
    /// What its files were when they were read.
    stamp: Stamp,
    /// Somebody changes what is in it: its texts may be others at any time.
    given_up: bool,
}

/// What the system says of a source's files, those of a database too: another one where somebody wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Stamp([Option<FileState>; 2]);

impl Stamp {
    fn of(path: &Path) -> Self {
        let mut wal = path.as_os_str().to_owned();
        wal.push("-wal");
        Self([FileState::of(path), FileState::of(Path::new(&wal))])
    }
}

/// The texts of the sources that are what they were when their texts were kept.
#[derive(Debug)]
pub(super) struct Current {
    arena: Arc<Arena>,
    /// By source.
    is_current: Vec<bool>,
}

impl Current {
    /// Those of a log, as of now.
    pub(super) fn of(open: &OpenLog) -> Self {
        let arena = Arc::clone(open.pool.arena());
        let sources = arena.sources.read().unwrap_or_else(PoisonError::into_inner);
        let is_current = sources.iter().zip(&*open.sources);
        let is_current =
            is_current.map(|(kept, info)| !kept.blocks.is_empty() && kept.stamp == Stamp::of(&info.path));
        let is_current = is_current.collect();
        drop(sources);
        Self { arena, is_current }
    }
}

/// The texts of a segment's events, of the first ones where more have come since.
#[derive(Clone, Debug)]
struct Block {
    text: Vec<u8>,
    /// Where the text of each event ends.
    ends: Vec<u32>,
    /// Events whose text is not here: they may carry anything.
    unknown: SegmentBits,
}

impl Default for Block {
    fn default() -> Self {
        Self { text: Vec::new(), ends: Vec::new(), unknown: [0; SEGMENT / 64] }
    }
}

impl Arena {
    /// Bytes that it takes.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Lets go of everything.
    pub(super) fn clear(&self) {
        self.sources.write().unwrap_or_else(PoisonError::into_inner).clear();
        self.bytes.store(0, Ordering::Relaxed);
    }

    /// Reads what is not here yet, in the order of the log's sources, until it takes `room` bytes; lets go of
    /// everything where it takes more.
    pub(super) fn fill(&self, open: &OpenLog, room: u64, cancel: &CancelToken) {
        if self.bytes() > room {
            self.clear();
        }
        let log = &open.log;
        for (number, info) in (0..log.sources().len()).zip(&*open.sources) {
            let source = SourceId(number as u16);
            if !self.begin(source, Stamp::of(&info.path), info.has_rows) {
                continue;
            }
            for number in 0..log.segments(source) {
                let segment = log.segment(source, number);
                let kept = self.block(source, number);
                let from = kept.as_ref().map_or(0, |block| block.ends.len());
                if from == segment.len() {
                    continue;
                }
                let mut block = kept.map_or_else(Block::default, |block| (*block).clone());
                let before = block.bytes();
                let rows: Vec<Row> = (from..segment.len()).map(|at| segment.row(at)).collect();
                let mut left = &rows[..];
                while !left.is_empty() && self.bytes() + block.bytes() - before < room {
                    if cancel.is_cancelled() {
                        return;
                    }
                    let (part, rest) = left.split_at(together(log, left));
                    open.pool.fetch(log, part).iter().for_each(|event| block.push(event));
                    left = rest;
                }
                let is_full = !left.is_empty();
                if block.ends.len() > from {
                    block.text.shrink_to_fit();
                    self.put(source, number, block);
                }
                if is_full {
                    return;
                }
            }
        }
    }

    /// Notes that a source is read now; whether it can be kept. A database that changes is not: rows are written anew
    /// in their places. What is appended to a file of records leaves the others as they are.
    fn begin(&self, source: SourceId, stamp: Stamp, has_rows: bool) -> bool {
        let mut sources = self.sources.write().unwrap_or_else(PoisonError::into_inner);
        let at = usize::from(source.0);
        if sources.len() <= at {
            sources.resize_with(at + 1, Kept::default);
        }
        let kept = &mut sources[at];
        if !kept.blocks.is_empty() && kept.stamp != stamp && has_rows {
            let held: u64 = kept.blocks.iter().map(|block| block.bytes()).sum();
            self.bytes.fetch_sub(held, Ordering::Relaxed);
            kept.blocks.clear();
            kept.given_up = true;
        }
        kept.stamp = stamp;
        !kept.given_up
    }

    fn block(&self, source: SourceId, number: usize) -> Option<Arc<Block>> {
        let sources = self.sources.read().unwrap_or_else(PoisonError::into_inner);
        sources.get(usize::from(source.0))?.blocks.get(number).cloned()
    }

    /// Puts a segment's texts in: the next one of its source, or one that is there and has grown.
    fn put(&self, source: SourceId, number: usize, block: Block) {
        let mut sources = self.sources.write().unwrap_or_else(PoisonError::into_inner);
        // Another fill let go of everything meanwhile.
        let Some(kept) = sources.get_mut(usize::from(source.0)) else { return };
        let (blocks, bytes) = (&mut kept.blocks, block.bytes());
        if let Some(known) = blocks.get_mut(number) {
            self.bytes.fetch_sub(known.bytes(), Ordering::Relaxed);
            *known = Arc::new(block);
        } else if blocks.len() == number {
            blocks.push(Arc::new(block));
        } else {
            return;
        }
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// How many of the first rows are read together: at least one, and no more than a few megabytes.
fn together(log: &EventLog, rows: &[Row]) -> usize {
    let mut bytes = 0;
    let fits = rows.iter().take(READ_AT_A_TIME).take_while(|row| {
        bytes += u64::from(log.locator(**row).len);
        bytes <= BYTES_AT_A_TIME
    });
    fits.count().max(1)
}

impl KeptTexts for Current {
    fn holding(&self, segment: &Segment<'_>, text: &str) -> Option<SegmentBits> {
        let is_current = self.is_current.get(usize::from(segment.source.0)).is_some_and(|current| *current);
        if !is_current || text.is_empty() || may_be_in_a_uuid(text) {
            return None;
        }
        let block = self.arena.block(segment.source, segment.first / SEGMENT)?;
        let mut bits = block.unknown;
        let finder = memmem::Finder::new(text);
        let (mut event, mut from) = (0, 0);
        while let Some(found) = finder.find(&block.text[from..]) {
            let at = from + found;
            event += block.ends[event..].partition_point(|end| *end as usize <= at);
            bits[event / 64] |= 1 << (event % 64);
            from = block.ends[event] as usize;
        }
        // Those that came since.
        for event in block.ends.len()..segment.len() {
            bits[event / 64] |= 1 << (event % 64);
        }
        Some(bits)
    }
}

/// Ids that are UUIDs are not kept: nearly every event has three of them.
fn may_be_in_a_uuid(text: &str) -> bool {
    text.len() <= UUID_CHARS && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

fn is_uuid(id: &str) -> bool {
    id.len() == UUID_CHARS && may_be_in_a_uuid(id)
}

impl Block {
    fn bytes(&self) -> u64 {
        (self.text.capacity() + size_of_val(&*self.ends) + size_of::<Self>()) as u64
    }

    fn push(&mut self, event: &Result<RecordedEvent, FetchError>) {
        let start = self.text.len();
        if let Ok(event) = event {
            self.write(event);
        }
        let number = self.ends.len();
        let end = u32::try_from(self.text.len()).ok().filter(|_| event.is_ok());
        if end.is_none() {
            self.text.truncate(start);
            self.unknown[number / 64] |= 1 << (number % 64);
        }
        self.ends.push(end.unwrap_or(start as u32));
    }

    /// Everything that a search for text looks at: data, metadata and ids.
    fn write(&mut self, event: &RecordedEvent) {
        match &event.data {
            Payload::Json(json) => self.json(json),
            Payload::Opaque { bytes, .. } => self.part(&String::from_utf8_lossy(bytes)),
            Payload::Missing => {}
        }
        if let Some(json) = &event.metadata {
            self.json(json);
        }
        let ids = [&event.id, &event.correlation_id, &event.causation_id];
        ids.into_iter().flatten().filter(|id| !is_uuid(id)).for_each(|id| self.part(id));
    }

    fn json(&mut self, json: &JsonText) {
        self.part(json.as_str());
        // With escapes, what is written and what it says are two texts.
        if json.as_str().contains('\\') {
            self.values(&json.value());
        }
    }

    fn values(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.part(text),
            Value::Array(items) => items.iter().for_each(|item| self.values(item)),
            Value::Object(members) => {
                for (name, member) in members {
                    self.part(name);
                    self.values(member);
                }
            }
            other => self.part(&other.to_string()),
        }
    }

    fn part(&mut self, text: &str) {
        let from = self.text.len();
        if text.is_ascii() {
            self.text.extend_from_slice(text.as_bytes());
            self.text[from..].make_ascii_lowercase();
        } else {
            self.text.extend_from_slice(text.to_lowercase().as_bytes());
        }
        self.text.push(b'\n');
    }
}
