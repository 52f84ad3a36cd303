//! The payloads of a log in memory, as a search sees them: small letters, one after another, so that a text is found
//! without reading a file or decoding an event. Filled behind a log that is open, as far as memory allows; what is not
//! here is read from its source. It only leaves out what cannot match: whether an event does is told by the event.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use memchr::memmem;
use serde_json::Value;

use super::pool::SourcePool;
use crate::base::cancel::CancelToken;
use crate::index::{EventLog, SEGMENT, Segment};
use crate::model::{FetchError, JsonText, Payload, RecordedEvent, Row, SourceId};
use crate::query::{KeptTexts, SegmentBits};

/// Events read at a time: others wait for a way into the source no longer than this takes.
const READ_AT_A_TIME: usize = 512;

/// Letters of a UUID as it is usually spelled.
const UUID_CHARS: usize = 36;

/// Texts of payloads, by source and segment.
#[derive(Debug, Default)]
pub struct Arena {
    sources: RwLock<Vec<Vec<Arc<Block>>>>,
    bytes: AtomicU64,
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

    /// Reads what is not here yet, in the order of the log's sources, until it takes `room` bytes.
    pub(super) fn fill(&self, pool: &SourcePool, log: &EventLog, room: u64, cancel: &CancelToken) {
        for source in 0..log.sources().len() {
            let source = SourceId(source as u16);
            for number in 0..log.segments(source) {
                let segment = log.segment(source, number);
                let kept = self.block(source, number);
                let from = kept.as_ref().map_or(0, |block| block.ends.len());
                if from == segment.len() {
                    continue;
                }
                if self.bytes() >= room {
                    return;
                }
                let mut block = kept.map_or_else(Block::default, |block| (*block).clone());
                let rows: Vec<Row> = (from..segment.len()).map(|at| segment.row(at)).collect();
                for rows in rows.chunks(READ_AT_A_TIME) {
                    if cancel.is_cancelled() {
                        return;
                    }
                    pool.fetch(log, rows).iter().for_each(|event| block.push(event));
                }
                block.text.shrink_to_fit();
                self.put(source, number, block);
            }
        }
    }

    fn block(&self, source: SourceId, number: usize) -> Option<Arc<Block>> {
        let sources = self.sources.read().unwrap_or_else(PoisonError::into_inner);
        sources.get(usize::from(source.0))?.get(number).cloned()
    }

    /// Puts a segment's texts in: the next one of its source, or one that is there and has grown.
    fn put(&self, source: SourceId, number: usize, block: Block) {
        let mut sources = self.sources.write().unwrap_or_else(PoisonError::into_inner);
        let at = usize::from(source.0);
        if sources.len() <= at {
            sources.resize_with(at + 1, Vec::new);
        }
        let (blocks, block) = (&mut sources[at], Arc::new(block));
        self.bytes.fetch_add(block.bytes(), Ordering::Relaxed);
        match blocks.get_mut(number) {
            Some(known) => {
                self.bytes.fetch_sub(known.bytes(), Ordering::Relaxed);
                *known = block;
            }
            None => blocks.push(block),
        }
    }
}

impl KeptTexts for Arena {
    fn holding(&self, segment: &Segment<'_>, text: &str) -> Option<SegmentBits> {
        if text.is_empty() || may_be_in_a_uuid(text) {
            return None;
        }
        let block = self.block(segment.source, segment.first / SEGMENT)?;
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
