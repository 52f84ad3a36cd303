//! Reads a JSON file whose events are not in the order of time, or of which one record holds several: the whole file
//! is looked through once and where each event lies is kept in memory; then events come in the order of their times.
//! What a record holds, and what an event is, are the matter of a format's [`Parts`].
//!
//! Not [`super::ordered`], which merges sequences that are each in order, and keeps them so.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;

use super::frames::{Frame, Frames};
use super::identity::Identity;
use super::layout::Start;
use super::record::Fault;
use crate::base::limits::{PROBE_BYTES, READ_BATCH_EVENTS};
use crate::model::{FetchError, Locator, PayloadSource, ReadIssue, RecordedEvent};
use crate::store::{
    EnvelopeBatch, OpenRequest, Progress, ReadBatch, SourceInfo, StoreError, StoreReader, envelopes_of_whole,
};

/// Bytes read for one batch, so that a cancel never waits long.
const BATCH_BYTES: u64 = 8 << 20;

/// Bytes read ahead: events that follow each other in time mostly lie near each other.
const AHEAD_BYTES: usize = 64 << 10;

/// Where an event lies, and what it is ordered by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    /// Nanoseconds since 1970; an event without a time follows the one before it.
    pub(super) time: Option<i64>,
    /// Orders events of the same time.
    pub(super) tie: (u8, i64),
    /// Its bytes.
    pub(super) locator: Locator,
}

/// How one format takes its records apart.
pub(super) trait Parts: Send + Sync {
    /// The events in a record that lies at this offset. Called in the order of the file.
    fn parts(&self, at: u64, record: &[u8]) -> Result<Vec<Part>, Fault>;

    /// The event of a part.
    fn event(&self, locator: Locator, bytes: &[u8]) -> Result<RecordedEvent, Fault>;
}

/// Opens the file of `request`, whose records begin at `start`. Path and size of `info` are filled in here.
pub(super) fn open(
    request: &OpenRequest<'_>,
    start: Start,
    keys: Vec<String>,
    parts: Arc<dyn Parts>,
    info: SourceInfo,
) -> Result<Box<dyn StoreReader>, StoreError> {
    let opened = || -> io::Result<Sorted> {
        let (file, identity) = identified(request)?;
        let info = SourceInfo { path: request.path.to_owned(), bytes: identity.len, ..info };
        let window = Window::new(File::open(request.path)?);
        let frames = Some(start.frames(file, keys)?);
        Ok(Sorted { info, identity, frames, parts, found: Vec::new(), done: 0, window })
    };
    opened()
        .map(|reader| Box::new(reader) as Box<dyn StoreReader>)
        .map_err(|error| StoreError::io(request.path, &error))
}

/// The file at its beginning, and what tells it from another.
fn identified(request: &OpenRequest<'_>) -> io::Result<(File, Identity)> {
    let head = head(request)?;
    let mut file = File::open(request.path)?;
    let identity = Identity::of(&file, &head)?;
    file.seek(SeekFrom::Start(0))?;
    Ok((file, identity))
}

/// The first bytes of a file.
pub(super) fn head(request: &OpenRequest<'_>) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    File::open(request.path)?.take(PROBE_BYTES as u64).read_to_end(&mut head)?;
    Ok(head)
}

struct Sorted {
    info: SourceInfo,
    identity: Identity,
    /// While the file is looked through.
    frames: Option<Frames<File>>,
    parts: Arc<dyn Parts>,
    found: Vec<Part>,
    /// Events given.
    done: usize,
    window: Window,
}

impl Sorted {
    /// Looks through the next bytes of the file; true at its end.
    fn look(&mut self, batch: &mut ReadBatch) -> io::Result<bool> {
        let Some(frames) = &mut self.frames else { return Ok(true) };
        let until = frames.read_to() + BATCH_BYTES;
        while frames.read_to() <= until {
            match frames.next()? {
                Frame::Record(cut) => match self.parts.parts(cut.at, frames.bytes(&cut)) {
                    Ok(parts) => self.found.extend(parts),
                    Err(fault) => {
                        let problem = if cut.last && fault.is_cut {
                            "The file ends in the middle of this record: it seems to be cut.".to_owned()
                        } else {
                            fault.problem
                        };
                        batch.issues.push(ReadIssue::new(frames.place(&cut), problem, frames.bytes(&cut)));
                        if fault.is_syntax {
                            frames.recover(&cut);
                        }
                    }
                },
                Frame::Problem(issue) => batch.issues.push(issue),
                Frame::Pause => {}
                Frame::End => return Ok(true),
            }
        }
        Ok(false)
    }

    fn sort(&mut self) {
        let mut last = i64::MIN;
        for part in &mut self.found {
            last = part.time.unwrap_or(last);
            part.time = Some(last);
        }
        self.found.sort_by_key(|part| (part.time, part.tie));
    }

    fn take(&mut self, batch: &mut ReadBatch) -> io::Result<()> {
        let mut bytes = 0;
        for part in self.found[self.done..].iter().take(READ_BATCH_EVENTS) {
            self.done += 1;
            bytes += u64::from(part.locator.len);
            let raw = self.window.bytes(part.locator)?;
            match self.parts.event(part.locator, raw) {
                Ok(event) => batch.events.push((part.locator, event)),
                Err(fault) => {
                    let place = format!("byte {}", part.locator.at);
                    batch.issues.push(ReadIssue::new(place, fault.problem, raw));
                }
            }
            if bytes >= BATCH_BYTES {
                break;
            }
        }
        Ok(())
    }
}

impl StoreReader for Sorted {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn read_envelopes(&mut self, batch: &mut EnvelopeBatch) -> Result<Progress, StoreError> {
        envelopes_of_whole(self, batch)
    }

    fn read_batch(&mut self, batch: &mut ReadBatch) -> Result<Progress, StoreError> {
        let len = self.identity.len;
        // The file is read twice: half of the way is to look through it.
        let total = Some(2 * len);
        if self.frames.is_some() {
            let ended = self.look(batch).map_err(|error| StoreError::io(&self.info.path, &error))?;
            if !ended {
                let read = self.frames.as_ref().map_or(len, Frames::read_to);
                return Ok(Progress { done: read.min(len), total, finished: false });
            }
            self.frames = None;
            self.sort();
        }
        self.take(batch).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => StoreError::Changed { path: self.info.path.clone() },
            _ => StoreError::io(&self.info.path, &error),
        })?;
        let finished = self.done >= self.found.len();
        let part = (u128::from(len) * self.done as u128 / self.found.len().max(1) as u128) as u64;
        Ok(Progress { done: if finished { 2 * len } else { len + part }, total, finished })
    }

    fn payloads(&self) -> Result<Box<dyn PayloadSource>, StoreError> {
        let path = self.info.path.clone();
        Ok(Box::new(SortedPayloads {
            path,
            window: None,
            identity: self.identity.clone(),
            parts: Arc::clone(&self.parts),
        }))
    }
}

/// A file, and some bytes of it.
struct Window {
    file: File,
    at: u64,
    bytes: Vec<u8>,
}

impl Window {
    fn new(file: File) -> Self {
        Self { file, at: 0, bytes: Vec::new() }
    }

    /// The bytes at a place; an error of its own kind where the file ends before.
    fn bytes(&mut self, locator: Locator) -> io::Result<&[u8]> {
        let (from, len) = (locator.at, locator.len as usize);
        let has = |at: u64, held: usize| from >= at && from + len as u64 <= at + held as u64;
        if !has(self.at, self.bytes.len()) {
            self.bytes.clear();
            self.at = from;
            self.file.seek(SeekFrom::Start(from))?;
            let wanted = len.max(AHEAD_BYTES) as u64;
            self.file.by_ref().take(wanted).read_to_end(&mut self.bytes)?;
            if self.bytes.len() < len {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let start = (from - self.at) as usize;
        Ok(&self.bytes[start..start + len])
    }
}

/// Reads single events again.
struct SortedPayloads {
    path: PathBuf,
    /// None while nothing is asked of it.
    window: Option<Window>,
    identity: Identity,
    parts: Arc<dyn Parts>,
}

impl SortedPayloads {
    fn read(&mut self, locators: &[Locator]) -> io::Result<Vec<Result<RecordedEvent, FetchError>>> {
        let mut window = match self.window.take() {
            Some(window) => window,
            None => Window::new(File::open(&self.path)?),
        };
        if !self.identity.is_of(&self.path, &mut window.file) {
            return Ok(vec![Err(FetchError::Changed); locators.len()]);
        }
        // What was read ahead before may have been overwritten since.
        window.bytes.clear();
        let events = locators.iter().map(|locator| match window.bytes(*locator) {
            Ok(bytes) => {
                self.parts.event(*locator, bytes).map_err(|fault| FetchError::Unreadable(fault.problem))
            }
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(FetchError::Changed),
            Err(error) => Err(FetchError::Unreadable(error.to_string())),
        });
        let events = events.collect();
        self.window = Some(window);
        Ok(events)
    }
}

impl PayloadSource for SortedPayloads {
    fn fetch(&mut self, locators: &[Locator]) -> Vec<Result<RecordedEvent, FetchError>> {
        self.read(locators).unwrap_or_else(|error| {
            let problem = if error.kind() == io::ErrorKind::NotFound {
                FetchError::Changed
            } else {
                FetchError::Unreadable(error.to_string())
            };
            vec![Err(problem); locators.len()]
        })
    }

    fn rest(&mut self) {
        self.window = None;
    }
}
