//! Whether a file is still the one that was opened. A file that only grew is; one that was replaced is not.

use std::fs::{File, Metadata};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use crate::base::hash::Fnv1a;

/// Bytes at the begin of a file that tell it from another.
const HEAD_BYTES: usize = 4_096;

/// What is remembered of a file.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    /// Its length when it was opened.
    pub(super) len: u64,
    place: Place,
    head_len: usize,
    head_hash: u64,
}

/// Where the system keeps the file.
#[cfg(unix)]
type Place = (u64, u64);
/// Elsewhere: when it was written, which counts only while its length is the same.
#[cfg(not(unix))]
type Place = Option<std::time::SystemTime>;

#[cfg(unix)]
fn place_of(meta: &Metadata) -> Place {
    use std::os::unix::fs::MetadataExt as _;
    (meta.dev(), meta.ino())
}

#[cfg(not(unix))]
fn place_of(meta: &Metadata) -> Place {
    meta.modified().ok()
}

impl Identity {
    /// Of `file`, which begins with `head`.
    pub(super) fn of(file: &File, head: &[u8]) -> io::Result<Self> {
        let meta = file.metadata()?;
        let head = &head[..head.len().min(HEAD_BYTES)];
        Ok(Self { len: meta.len(), place: place_of(&meta), head_len: head.len(), head_hash: Fnv1a::of(head) })
    }

    /// The same file, which is so long by now.
    #[must_use]
    pub(super) fn grown_to(&self, len: u64) -> Self {
        Self { len, ..self.clone() }
    }

    /// Whether the file at `path` lies where the file lay, whatever is in it now.
    pub(super) fn is_at(&self, path: &Path) -> bool {
        std::fs::metadata(path).is_ok_and(|meta| !cfg!(unix) || place_of(&meta) == self.place)
    }

    /// Whether an open handle leads to it, whatever its name is now.
    pub(super) fn is_handle(&self, file: &File) -> bool {
        file.metadata().is_ok_and(|meta| !cfg!(unix) || place_of(&meta) == self.place)
    }

    /// Whether `path` is the same file, and `file` (an open handle to it) still begins as it did.
    pub(super) fn is_of(&self, path: &Path, file: &mut File) -> bool {
        let Ok(meta) = std::fs::metadata(path) else { return false };
        let place = place_of(&meta);
        let is_same_place =
            if cfg!(unix) { place == self.place } else { meta.len() > self.len || place == self.place };
        let mut head = vec![0; self.head_len];
        is_same_place
            && meta.len() >= self.len
            && file.seek(SeekFrom::Start(0)).is_ok()
            && file.read_exact(&mut head).is_ok()
            && Fnv1a::of(&head) == self.head_hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_grew_is_the_same_and_a_replaced_or_cut_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        std::fs::write(&path, "one").unwrap();
        let mut file = File::open(&path).unwrap();
        let identity = Identity::of(&file, b"one").unwrap();
        assert!(identity.is_of(&path, &mut file));
        std::fs::write(&path, "one, two").unwrap();
        assert!(identity.is_of(&path, &mut file));
        std::fs::write(&path, "ten, two").unwrap();
        assert!(!identity.is_of(&path, &mut file));
        std::fs::write(&path, "on").unwrap();
        assert!(!identity.is_of(&path, &mut file));
        std::fs::write(folder.path().join("g"), "one").unwrap();
        std::fs::rename(folder.path().join("g"), &path).unwrap();
        assert!(!identity.is_of(&path, &mut File::open(&path).unwrap()) || cfg!(not(unix)));
        std::fs::remove_file(&path).unwrap();
        assert!(!identity.is_of(&path, &mut file));
    }
}
