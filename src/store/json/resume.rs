//! The end of a file of JSON lines: whether lines came behind it, and whether it is the same file still.

use std::fs::File;
use std::sync::Arc;

use super::identity::Identity;
use super::lines::Mark;
use super::reader::{Decoder, JsonReader};
use crate::store::{Change, FileState, Growth, Resume, SourceInfo};

/// Where a reader of lines ended.
pub(super) struct LinesEnd {
    info: SourceInfo,
    identity: Identity,
    decoder: Arc<Decoder>,
    mark: Mark,
    /// The file when it was looked at last.
    seen: Option<FileState>,
}

impl LinesEnd {
    /// The end at `mark` of the file of `identity`.
    pub(super) fn new(info: SourceInfo, identity: &Identity, decoder: Arc<Decoder>, mark: Mark) -> Self {
        let identity = identity.grown_to(identity.len.max(mark.read_to));
        Self { info, identity, decoder, mark, seen: None }
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
        match JsonReader::behind(self.info.clone(), identity, &self.decoder, self.mark) {
            Ok(reader) => Growth::More { reader: Box::new(reader), heals: self.mark.is_cut },
            Err(_gone_since) => Growth::None,
        }
    }
}
