//! How a source that was read to its end is looked at again: whether there is more behind that end, or whether it is
//! another source by now. What a format knows of its own end is its own business; who looks and when is the engine's.

use std::fs::Metadata;
use std::path::Path;
use std::time::SystemTime;

use super::{Progress, StoreReader};
use crate::base::cancel::CancelToken;

/// The end of a source that was read. Keeps no file open between two looks.
pub trait Resume: Send {
    /// Looks again. Quick where nothing happened: it asks the system for a file's length and time.
    fn look(&mut self) -> Growth;

    /// Whether [`Resume::is_intact`] may say yes. Not where a source can only be known by reading it anew: of a
    /// database nothing but its rows tells that they are what they were.
    fn can_be_proven(&self) -> bool {
        false
    }

    /// Reads once more all that was read, without parsing it, and says whether each byte of it is what it was and what
    /// may have come since goes on behind it, as if the source were read from its begin. What happens to it meanwhile
    /// is seen as far as it is where the source is read.
    fn is_intact(&mut self, _cancel: &CancelToken, _tell: &mut dyn FnMut(Progress)) -> bool {
        false
    }

    /// Bytes of heap that the proof takes.
    fn proof_bytes(&self) -> usize {
        0
    }
}

/// What became of a source since it was read to its end.
pub enum Growth {
    /// Nothing that can be seen.
    None,
    /// There is more.
    More {
        /// Reads what is behind the end; asked for its own [`StoreReader::resume`] when it is finished.
        reader: Box<dyn StoreReader>,
        /// The last record was being written when it was read: its issue is one no longer, and it is read again.
        heals: bool,
    },
    /// It is not what it was: what was read of it stays, and nothing of it can be read on.
    Changed(Change),
}

/// How a source changed so that reading cannot go on behind its old end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// The file is no longer there.
    Gone,
    /// Another file has its name: a log that was rotated, a store that was written anew.
    Replaced,
    /// It is shorter than it was.
    Shorter,
    /// It was changed elsewhere than at its end.
    Rewritten,
}

impl Change {
    /// What happened, as the end of a sentence that begins with the file's name.
    pub fn words(self) -> &'static str {
        match self {
            Self::Gone => "is gone",
            Self::Replaced => "was replaced by another file",
            Self::Shorter => "was cut short",
            Self::Rewritten => "was changed",
        }
    }
}

/// What the system says of a file without opening it: the same as long as nobody writes to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileState {
    len: u64,
    modified: Option<SystemTime>,
}

impl FileState {
    /// Of the file at `path`; `None` where there is none.
    pub fn of(path: &Path) -> Option<Self> {
        std::fs::metadata(path).ok().as_ref().map(Self::of_metadata)
    }

    /// Of the file that the system describes so.
    pub fn of_metadata(meta: &Metadata) -> Self {
        Self { len: meta.len(), modified: meta.modified().ok() }
    }

    /// Its length.
    pub fn bytes(self) -> u64 {
        self.len
    }
}
