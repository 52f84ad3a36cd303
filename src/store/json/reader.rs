//! Reads a JSON file from its beginning to its end in bounded memory, and single records of it again later.
//! Formats give it only the step from record to event.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::escapes::{Sure, Watch};
use super::frames::{Cut, Frame, Frames};
use super::identity::Identity;
use super::layout::{Start, start_of};
use super::lines::{Lines, Mark};
use super::record::{Convert, Fault, decode_at};
use super::resume::LinesEnd;
use super::sieve;
use crate::base::limits::{PROBE_BYTES, READ_BATCH_EVENTS};
use crate::model::{FetchError, Locator, PayloadSource, ReadIssue, RecordedEvent, TextFinder};
use crate::store::seal::Seal;
use crate::store::shape::{JsonShape, Shape};
use crate::store::{
    EnvelopeBatch, Format, OpenRequest, Progress, ReadBatch, Resume, SourceInfo, StoreError, StoreReader,
    envelopes_of_whole,
};

/// Bytes read for one batch, so that a cancel never waits long.
const BATCH_BYTES: u64 = 8 << 20;

/// What the reader and every payload source of it share.
pub(super) struct Decoder {
    convert: Box<dyn Convert>,
    /// Every backslash of the file is doubled. Known before the first record with a backslash is read.
    unescape: AtomicBool,
}

impl Decoder {
    /// Of a file whose backslashes are as they should be.
    pub(super) fn new(convert: Box<dyn Convert>) -> Self {
        Self { convert, unescape: AtomicBool::new(false) }
    }

    /// Whether an event that carries this text has it in the bytes of its record, too.
    fn keeps(&self, text: &str) -> bool {
        self.convert.keeps(text)
    }

    /// The event in `bytes`, which are at this offset of the file.
    pub(super) fn event(&self, bytes: &[u8], at: u64) -> Result<RecordedEvent, Fault> {
        decode_at(bytes, at, self.unescapes(), self.convert.as_ref())
    }

    /// Whether `bytes` are a mark of the format's own and no event.
    pub(super) fn is_nothing(&self, bytes: &[u8]) -> bool {
        self.convert.is_nothing(bytes)
    }

    /// Whether backslashes are doubled, as far as is known.
    pub(super) fn unescapes(&self) -> bool {
        self.unescape.load(Ordering::Relaxed)
    }

    /// What makes events of records.
    pub(super) fn convert(&self) -> &dyn Convert {
        self.convert.as_ref()
    }
}

/// A JSON file being read.
pub(super) struct JsonReader {
    info: SourceInfo,
    identity: Identity,
    frames: Frames<File>,
    decoder: Arc<Decoder>,
    /// Until it is known whether backslashes are doubled.
    watch: Option<Watch>,
    /// How sure that is where nothing is watched any more.
    sure: Sure,
    /// A record that waits for that.
    pending: Option<Cut>,
    /// The same file for the index, where a record is a line.
    lines: Option<Lines>,
}

/// The JSON shape that every format of this module claims.
pub(super) fn json_shape<'a>(request: &OpenRequest<'a>) -> Result<&'a JsonShape, StoreError> {
    match request.shape {
        Shape::Json(shape) => Ok(shape),
        Shape::Sqlite(_) | Shape::Other { .. } => Err(StoreError::NotAStore {
            reason: "This is no JSON file, so it cannot be read as one".to_owned(),
            path: request.path.to_owned(),
        }),
    }
}

/// What is known of a source of `format` before it is read; its format adds mapping and notes.
pub(super) fn info_of(format: &dyn Format) -> SourceInfo {
    SourceInfo { format: format.name().to_owned(), title: format.title().to_owned(), ..SourceInfo::default() }
}

/// Opens the file of `request`. Path and size of `info` are filled in here.
pub(super) fn open(
    request: &OpenRequest<'_>,
    shape: &JsonShape,
    convert: Box<dyn Convert>,
    info: SourceInfo,
) -> Result<Box<dyn StoreReader>, StoreError> {
    JsonReader::open(request.path, shape, convert, info)
        .map(|reader| Box::new(reader) as Box<dyn StoreReader>)
        .map_err(|error| StoreError::io(request.path, &error))
}

impl JsonReader {
    fn open(
        path: &Path,
        shape: &JsonShape,
        convert: Box<dyn Convert>,
        mut info: SourceInfo,
    ) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let mut head = Vec::new();
        file.by_ref().take(PROBE_BYTES as u64).read_to_end(&mut head)?;
        file.seek(SeekFrom::Start(0))?;
        let identity = Identity::of(&file, &head)?;
        let start = start_of(shape.layout, &head);
        let mut watch = match start {
            Start::Lines => Some(Watch::new(File::open(path)?, 0)),
            Start::List(..) => None,
        };
        let (mut unescape, mut sure) = (false, Sure::Unseen);
        if let Some(known) = watch.as_mut().map(|watch| watch.look(PROBE_BYTES as u64)).transpose()?.flatten()
        {
            unescape = known;
            sure = watch.take().map_or(sure, |watch| watch.sure());
        }
        path.clone_into(&mut info.path);
        info.bytes = identity.len;
        if unescape {
            info.notes.push(UNESCAPED.to_owned());
        }
        let keys = shape.records.iter().flat_map(|record| record.keys().cloned()).collect();
        let decoder = Arc::new(Decoder { convert, unescape: AtomicBool::new(unescape) });
        let lines = match start {
            Start::Lines => Some(Lines::open(path, &decoder)?),
            Start::List(..) => None,
        };
        let frames = start.frames(file, keys)?;
        Ok(Self { info, identity, frames, decoder, watch, sure, pending: None, lines })
    }

    /// The file of another reader, from where that one ended; `seal` holds what it read.
    pub(super) fn behind(
        mut info: SourceInfo,
        identity: Identity,
        decoder: &Arc<Decoder>,
        (mark, seal, sure): (Mark, Seal, Sure),
    ) -> io::Result<Self> {
        let mut file = File::open(&info.path)?;
        file.seek(SeekFrom::Start(mark.at))?;
        let mut watch = None;
        if sure == Sure::Unseen {
            let mut watched = File::open(&info.path)?;
            watched.seek(SeekFrom::Start(mark.at))?;
            watch = Some(Watch::new(watched, mark.at));
        }
        let lines = Some(Lines::open_at(&info.path, decoder, mark, seal)?);
        info.bytes = identity.len;
        let (frames, decoder) = (Frames::lines(file, mark.at), Arc::clone(decoder));
        Ok(Self { info, identity, frames, decoder, watch, sure, pending: None, lines })
    }

    fn take(&mut self, cut: &Cut, batch: &mut ReadBatch) {
        if self.decoder.is_nothing(self.frames.bytes(cut)) {
            return;
        }
        match self.decoder.event(self.frames.bytes(cut), cut.at) {
            Ok(event) => {
                batch.events.push((Locator { at: cut.at, len: cut.range.len() as u32 }, event));
            }
            Err(fault) => {
                let is_syntax = fault.is_syntax;
                let problem = problem_of(fault, cut.last);
                batch.issues.push(ReadIssue::new(self.frames.place(cut), problem, self.frames.bytes(cut)));
                if is_syntax {
                    self.frames.recover(cut);
                }
            }
        }
    }

    fn read(&mut self, batch: &mut ReadBatch) -> io::Result<bool> {
        let until = self.frames.read_to() + BATCH_BYTES;
        let full = batch.events.len() + batch.issues.len() + READ_BATCH_EVENTS;
        while batch.events.len() + batch.issues.len() < full && self.frames.read_to() <= until {
            let frame = match self.pending.take() {
                Some(cut) => Frame::Record(cut),
                None => self.frames.next()?,
            };
            match frame {
                Frame::Record(cut) => {
                    let Self { frames, watch, sure, decoder, info, .. } = self;
                    if !is_ready(frames.bytes(&cut), (watch, sure), decoder, info)? {
                        self.pending = Some(cut);
                        return Ok(false);
                    }
                    self.take(&cut, batch);
                }
                Frame::Problem(issue) => batch.issues.push(issue),
                Frame::Pause => {}
                Frame::End => return Ok(true),
            }
        }
        Ok(false)
    }
}

/// Whether `bytes` can be decoded now. A backslash in them means nothing before the look ahead is done.
fn is_ready(
    bytes: &[u8],
    (watch, sure): (&mut Option<Watch>, &mut Sure),
    decoder: &Decoder,
    info: &mut SourceInfo,
) -> io::Result<bool> {
    let Some(looking) = watch else { return Ok(true) };
    if memchr::memchr(b'\\', bytes).is_none() {
        return Ok(true);
    }
    let Some(unescape) = looking.look(BATCH_BYTES)? else { return Ok(false) };
    *sure = looking.sure();
    *watch = None;
    decoder.unescape.store(unescape, Ordering::Relaxed);
    if unescape {
        info.notes.push(UNESCAPED.to_owned());
    }
    Ok(true)
}

/// What is wrong with a record, which may be the last of its file.
pub(super) fn problem_of(fault: Fault, is_last: bool) -> String {
    if is_last && fault.is_cut {
        "The file ends in the middle of this record: it seems to be cut.".to_owned()
    } else {
        fault.problem
    }
}

/// The note on a file that `psql \copy` wrote.
const UNESCAPED: &str =
    "Backslashes were doubled, as psql's \\copy writes them; the whole file was read with single ones.";

impl StoreReader for JsonReader {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn read_batch(&mut self, batch: &mut ReadBatch) -> Result<Progress, StoreError> {
        let finished = self.read(batch).map_err(|error| StoreError::io(&self.info.path, &error))?;
        let done = self.frames.read_to();
        Ok(Progress { done, total: Some(self.identity.len.max(done)), finished })
    }

    fn read_envelopes(&mut self, batch: &mut EnvelopeBatch) -> Result<Progress, StoreError> {
        let Self { info, lines, watch, sure, decoder, .. } = self;
        let Some(lines) = lines else { return envelopes_of_whole(self, batch) };
        let step = lines.read(batch, |bytes| is_ready(bytes, (watch, sure), decoder, info));
        let step = step.map_err(|error| StoreError::io(&self.info.path, &error))?;
        let total = Some(self.identity.len.max(step.read_to));
        Ok(Progress { done: step.read_to, total, finished: step.finished })
    }

    fn payloads(&self) -> Result<Box<dyn PayloadSource>, StoreError> {
        JsonPayloads::of(&self.info.path, &self.identity, &self.decoder)
    }

    fn resume(&self) -> Option<Box<dyn Resume>> {
        let lines = self.lines.as_ref()?;
        let read = (lines.mark(), lines.seal().clone(), self.sure);
        Some(Box::new(LinesEnd::new(self.info.clone(), &self.identity, Arc::clone(&self.decoder), read)))
    }
}

/// Reads single records again.
pub(super) struct JsonPayloads {
    path: PathBuf,
    /// None while nothing is asked of it.
    file: Option<File>,
    identity: Identity,
    decoder: Arc<Decoder>,
    /// What was read last; kept for its memory.
    bytes: Vec<u8>,
}

impl JsonPayloads {
    /// Of the file that was opened, if it is still there.
    pub(super) fn of(
        path: &Path,
        identity: &Identity,
        decoder: &Arc<Decoder>,
    ) -> Result<Box<dyn PayloadSource>, StoreError> {
        let (path, identity, decoder) = (path.to_owned(), identity.clone(), Arc::clone(decoder));
        let mut source = Self { path, file: None, identity, decoder, bytes: Vec::new() };
        match source.same_file() {
            Ok(Some(_)) => {}
            Ok(None) => return Err(StoreError::Changed { path: source.path }),
            Err(error) => return Err(StoreError::io(&source.path, &error)),
        }
        source.rest();
        Ok(Box::new(source))
    }

    /// The open file; `None` if the path no longer names the file that was opened, at least as long as it was.
    fn same_file(&mut self) -> io::Result<Option<&mut File>> {
        let file = match self.file.take() {
            Some(file) => file,
            None => File::open(&self.path)?,
        };
        let file = self.file.insert(file);
        Ok(self.identity.is_of(&self.path, file).then_some(file))
    }
}

/// Records that lie behind each other, with no more between two of them than costs less to read than to leave out.
fn stretches(locators: &[Locator]) -> impl Iterator<Item = &[Locator]> {
    const GAP: u64 = 8 << 10;
    const STRETCH: u64 = 1 << 20;
    let mut from = locators.first().map_or(0, |locator| locator.at);
    locators.chunk_by(move |one, next| {
        let end = one.at + u64::from(one.len);
        let joined = (end..=end + GAP).contains(&next.at) && next.at + u64::from(next.len) - from <= STRETCH;
        if !joined {
            from = next.at;
        }
        joined
    })
}

/// The records of one stretch, read at once; each for itself where that does not work.
fn events(file: &mut File, decoder: &Decoder, stretch: &[Locator]) -> Vec<Result<RecordedEvent, FetchError>> {
    let one_by_one = |file: &mut File| stretch.iter().map(|locator| event(file, decoder, *locator)).collect();
    let (Some(first), Some(last)) = (stretch.first(), stretch.last().filter(|_| stretch.len() > 1)) else {
        return one_by_one(file);
    };
    let mut bytes = vec![0; (last.at + u64::from(last.len) - first.at) as usize];
    if file.seek(SeekFrom::Start(first.at)).and_then(|_| file.read_exact(&mut bytes)).is_err() {
        return one_by_one(file);
    }
    let records = stretch.iter().map(|locator| {
        let from = (locator.at - first.at) as usize;
        let record = &bytes[from..from + locator.len as usize];
        decoder.event(record, locator.at).map_err(|fault| FetchError::Unreadable(fault.problem))
    });
    records.collect()
}

fn event(file: &mut File, decoder: &Decoder, locator: Locator) -> Result<RecordedEvent, FetchError> {
    let unreadable = |error: io::Error| FetchError::Unreadable(error.to_string());
    let mut bytes = vec![0; locator.len as usize];
    file.seek(SeekFrom::Start(locator.at)).map_err(unreadable)?;
    match file.read_exact(&mut bytes) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(FetchError::Changed),
        Err(error) => Err(unreadable(error)),
        Ok(()) => decoder.event(&bytes, locator.at).map_err(|fault| FetchError::Unreadable(fault.problem)),
    }
}

impl PayloadSource for JsonPayloads {
    fn fetch(&mut self, locators: &[Locator]) -> Vec<Result<RecordedEvent, FetchError>> {
        let decoder = Arc::clone(&self.decoder);
        let problem = match self.same_file() {
            Ok(Some(file)) => {
                return stretches(locators).flat_map(|stretch| events(file, &decoder, stretch)).collect();
            }
            Ok(None) => FetchError::Changed,
            Err(error) if error.kind() == io::ErrorKind::NotFound => FetchError::Changed,
            Err(error) => FetchError::Unreadable(error.to_string()),
        };
        vec![Err(problem); locators.len()]
    }

    fn may_hold(&mut self, locators: &[Locator], text: &dyn TextFinder) -> Vec<bool> {
        if !self.decoder.keeps(text.text()) {
            return vec![true; locators.len()];
        }
        let mut bytes = std::mem::take(&mut self.bytes);
        let mut answers = Vec::with_capacity(locators.len());
        if let Ok(Some(file)) = self.same_file() {
            for stretch in stretches(locators) {
                answers.extend(sieve::may_hold(file, stretch, text, &mut bytes));
            }
        } else {
            // Whoever reads them hears why.
            answers.resize(locators.len(), true);
        }
        self.bytes = bytes;
        answers
    }

    fn rest(&mut self) {
        self.file = None;
        self.bytes = Vec::new();
    }
}
