//! The end of a file of JSON lines: whether lines came behind it, and whether it is the same file still.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::sync::Arc;

use super::escapes::Sure;
use super::identity::Identity;
use super::lines::Mark;
use super::reader::{Decoder, JsonReader};
use crate::base::cancel::CancelToken;
use crate::base::limits::PROBE_BYTES;
use crate::store::seal::Seal;
use crate::store::{Change, FileState, Growth, Progress, Resume, SourceInfo};

/// Lines that ended before a file is known to be one of lines whatever follows.
const LINES_MIN: u64 = 2;

/// Where a reader of lines ended.
pub(super) struct LinesEnd {
    info: SourceInfo,
    identity: Identity,
    decoder: Arc<Decoder>,
    mark: Mark,
    /// What was read.
    seal: Seal,
    /// Whether its backslashes are doubled.
    sure: Sure,
    /// The file when it was looked at last.
    seen: Option<FileState>,
}

impl LinesEnd {
    /// The end at a mark of the file of `identity`, of which a seal holds what was read.
    pub(super) fn new(
        info: SourceInfo,
        identity: &Identity,
        decoder: Arc<Decoder>,
        (mark, seal, sure): (Mark, Seal, Sure),
    ) -> Self {
        let identity = identity.grown_to(identity.len.max(mark.read_to));
        Self { info, identity, decoder, mark, seal, sure, seen: None }
    }

    /// The file, if its path still names the one that was read.
    fn file(&self) -> Option<File> {
        let mut file = File::open(&self.info.path).ok()?;
        let is_it = self.identity.is_handle(&file) && self.identity.is_of(&self.info.path, &mut file);
        is_it.then_some(file)
    }

    /// Whether what may have come behind the last line does not belong to it. One that could not be read is read again
    /// with its rest; one that was read has to end first.
    fn is_line_over(&self) -> bool {
        if !self.mark.is_open || self.mark.is_cut {
            return true;
        }
        let mut next = Vec::new();
        let read = self.file().is_some_and(|mut file| {
            file.seek(SeekFrom::Start(self.mark.read_to)).is_ok()
                && file.take(2).read_to_end(&mut next).is_ok()
        });
        read && (next.is_empty() || next.starts_with(b"\n") || next == b"\r\n")
    }
}

impl Resume for LinesEnd {
    fn look(&mut self) -> Growth {
        let path = &self.info.path;
        let Some(state) = FileState::of(path) else {
            self.seen = None;
            return Growth::Changed(Change::Gone);
        };
        if self.seen == Some(state) {
            return Growth::None;
        }
        // A file that cannot be opened just now is looked at again.
        let Ok(mut file) = File::open(path) else { return Growth::None };
        if !self.identity.is_of(path, &mut file) {
            let is_shorter = state.bytes() < self.mark.read_to && self.identity.is_at(path);
            return Growth::Changed(if is_shorter { Change::Shorter } else { Change::Replaced });
        }
        self.seen = Some(state);
        if state.bytes() <= self.mark.read_to {
            return Growth::None;
        }
        let identity = self.identity.grown_to(state.bytes());
        let read = (self.mark, self.seal.clone(), self.sure);
        match JsonReader::behind(self.info.clone(), identity, &self.decoder, read) {
            Ok(reader) => Growth::More { reader: Box::new(reader), heals: self.mark.is_cut },
            Err(_gone_since) => Growth::None,
        }
    }

    /// Not of a file whose first bytes tell more once there are more of them, and not where its backslashes were told
    /// by its end: the whole file may then be read in another way.
    fn can_be_proven(&self) -> bool {
        self.seal.end() == self.mark.read_to
            && self.mark.read_to >= PROBE_BYTES as u64
            && self.mark.lines >= LINES_MIN
            && self.sure != Sure::Guessed
    }

    fn is_intact(&mut self, cancel: &CancelToken, tell: &mut dyn FnMut(Progress)) -> bool {
        // What is known by the file's length and time counts no longer.
        self.seen = None;
        self.can_be_proven() && self.seal.holds(&|| self.file(), cancel, tell) && self.is_line_over()
    }

    fn proof_bytes(&self) -> usize {
        self.seal.heap_bytes()
    }
}
