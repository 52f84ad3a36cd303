//! Compressed files: one is unpacked into a folder of our own and read from there like any other, as long as somebody
//! reads from it. The file itself is what people see; what is inside is told by its content, as everywhere.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

use super::scratch::ScratchFolder;
use super::{EnvelopeBatch, Progress, ReadBatch, SourceInfo, StoreError, StoreReader};
use crate::base::cancel::CancelToken;
use crate::model::{FetchError, Locator, PayloadSource, RecordedEvent, TextFinder};

/// Bytes unpacked between two looks at the cancel token.
const CHUNK: usize = 1 << 20;
/// A file that grows to more than so much, and by more than so many times, is no log but a trap.
const SMALL: u64 = 1 << 30;
const TIMES_MAX: u64 = 400;

/// How files are compressed: what one begins with, its name, and what unpacks it. Adding one is one line.
static PACKINGS: &[(&[u8], &str, Opener)] = &[
    (&[0x1f, 0x8b], "gzip", |file| Ok(Box::new(MultiGzDecoder::new(file)))),
    (&[0x28, 0xb5, 0x2f, 0xfd], "zstd", |file| Ok(Box::new(zstd::Decoder::with_buffer(file)?))),
];

type Packed = BufReader<Counted>;
type Opener = fn(Packed) -> io::Result<Box<dyn Read>>;

/// A file that says how much of it has been read.
struct Counted {
    file: File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// What a compressed file holds, in a file of our own that goes with it.
#[derive(Debug)]
pub struct Unpacked {
    folder: ScratchFolder,
    /// What people see.
    original: PathBuf,
    bytes: u64,
    note: String,
}

impl Unpacked {
    /// Unpacks a file; `Ok(None)` if it is not compressed, or when cancelled. `tell` hears how much of it is read. A
    /// file that is damaged or cut is unpacked as far as it goes.
    pub fn of(
        path: &Path,
        cache_dir: &Path,
        cancel: &CancelToken,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Option<Self>, StoreError> {
        let error = |error: io::Error| StoreError::io(path, &error);
        let Some((name, opener)) = packing_of(path).map_err(error)? else { return Ok(None) };
        let file = File::open(path).map_err(error)?;
        let bytes = file.metadata().map_err(error)?.len();
        let read = Arc::new(AtomicU64::new(0));
        let counted = Counted { file, read: Arc::clone(&read) };
        let mut unpacked = Self {
            folder: ScratchFolder::make(cache_dir, "unpacked").map_err(|error| no_room(path, &error))?,
            original: path.to_owned(),
            bytes,
            note: format!("Unpacked from {name}."),
        };
        let mut target = File::create(unpacked.path()).map_err(|error| no_room(path, &error))?;
        let mut source = opener(BufReader::with_capacity(CHUNK, counted)).map_err(error)?;
        let (mut buffer, mut written) = (vec![0; CHUNK], 0_u64);
        loop {
            if cancel.is_cancelled() {
                return Ok(None);
            }
            let len = match source.read(&mut buffer) {
                Ok(0) => break,
                Ok(len) => len,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if written == 0 => {
                    let reason = format!("This {name} file cannot be unpacked: {error}. Get it once more");
                    return Err(StoreError::NotAStore { reason, path: path.to_owned() });
                }
                Err(error) => {
                    unpacked.note = format!(
                        "Unpacked from {name}, which is damaged or cut ({error}): only what comes before that is here."
                    );
                    break;
                }
            };
            target.write_all(&buffer[..len]).map_err(|error| no_room(path, &error))?;
            written += len as u64;
            if written > SMALL && written / TIMES_MAX > bytes {
                let reason = format!(
                    "This {name} file becomes more than {TIMES_MAX} times as large when it is unpacked, which no log does; unpack it by yourself if it is one"
                );
                return Err(StoreError::NotAStore { reason, path: path.to_owned() });
            }
            tell(Progress {
                done: read.load(Ordering::Relaxed).min(bytes),
                total: Some(bytes),
                finished: false,
            });
        }
        Ok(Some(unpacked))
    }

    /// The file of our own.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("content")
    }

    /// An error of what is inside, said of the file that people see.
    #[must_use]
    pub fn error(&self, error: StoreError) -> StoreError {
        let original = self.original.clone();
        match error {
            StoreError::Io { reason, .. } => StoreError::Io { reason, path: original },
            StoreError::NotAStore { reason, .. } => StoreError::NotAStore { reason, path: original },
            StoreError::Sqlite { reason, .. } => StoreError::Sqlite { reason, path: original },
            StoreError::Memory { reason, .. } => StoreError::Memory { reason, path: original },
            StoreError::Changed { .. } => StoreError::Changed { path: original },
            StoreError::Mapping { reason, .. } => StoreError::Mapping { reason, path: original },
        }
    }

    /// What reads the content, as a reader of the file that people see.
    pub fn reader(self, inner: Box<dyn StoreReader>) -> Box<dyn StoreReader> {
        let mut reader = UnpackedReader { inner, info: SourceInfo::default(), unpacked: Arc::new(self) };
        reader.look();
        Box::new(reader)
    }
}

fn packing_of(path: &Path) -> io::Result<Option<(&'static str, Opener)>> {
    let mut head = Vec::new();
    // A device or a pipe is not read to find that out.
    if !std::fs::metadata(path)?.is_file() {
        return Ok(None);
    }
    File::open(path)?.take(4).read_to_end(&mut head)?;
    let found = PACKINGS.iter().find(|(magic, ..)| head.starts_with(magic));
    Ok(found.map(|(_, name, opener)| (*name, *opener)))
}

fn no_room(path: &Path, error: &io::Error) -> StoreError {
    let reason = format!("it could not be unpacked into the cache folder: {error}. Free some space");
    StoreError::Io { reason, path: path.to_owned() }
}

struct UnpackedReader {
    inner: Box<dyn StoreReader>,
    info: SourceInfo,
    unpacked: Arc<Unpacked>,
}

impl UnpackedReader {
    /// Takes over what the reader of the content says of it.
    fn look(&mut self) {
        self.info.clone_from(self.inner.info());
        self.info.path.clone_from(&self.unpacked.original);
        self.info.bytes = self.unpacked.bytes;
        self.info.notes.insert(0, self.unpacked.note.clone());
    }
}

impl StoreReader for UnpackedReader {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn read_batch(&mut self, batch: &mut ReadBatch) -> Result<Progress, StoreError> {
        let progress = self.inner.read_batch(batch).map_err(|error| self.unpacked.error(error));
        self.look();
        progress
    }

    fn read_envelopes(&mut self, batch: &mut EnvelopeBatch) -> Result<Progress, StoreError> {
        let progress = self.inner.read_envelopes(batch).map_err(|error| self.unpacked.error(error));
        self.look();
        progress
    }

    fn payloads(&self) -> Result<Box<dyn PayloadSource>, StoreError> {
        let inner = self.inner.payloads().map_err(|error| self.unpacked.error(error))?;
        Ok(Box::new(UnpackedPayloads { inner, _unpacked: Arc::clone(&self.unpacked) }))
    }
}

struct UnpackedPayloads {
    inner: Box<dyn PayloadSource>,
    /// Keeps the content where it is.
    _unpacked: Arc<Unpacked>,
}

impl PayloadSource for UnpackedPayloads {
    fn fetch(&mut self, locators: &[Locator]) -> Vec<Result<RecordedEvent, FetchError>> {
        self.inner.fetch(locators)
    }

    fn may_hold(&mut self, locators: &[Locator], text: &dyn TextFinder) -> Vec<bool> {
        self.inner.may_hold(locators, text)
    }

    fn rest(&mut self) {
        self.inner.rest();
    }
}
