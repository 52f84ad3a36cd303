//! A database that can only be read from a copy: the copy, in a folder of its own that goes when it is
//! no longer used. Knows nothing of what is in the database.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::super::scratch::ScratchFolder;
use super::sidecar::{CONTENT, beside, cut_to_whole_pages, stamps};

/// How often a copy is tried while somebody writes.
const ATTEMPTS: usize = 5;

/// A copied database.
#[derive(Debug)]
pub(super) struct CopiedStore {
    folder: ScratchFolder,
}

impl CopiedStore {
    /// Copies `database`, its WAL and its journal in one state. The error kind is `WouldBlock` when somebody
    /// kept writing.
    pub(super) fn make(database: &Path, cache_dir: &Path) -> io::Result<Self> {
        let copy = Self { folder: ScratchFolder::make(cache_dir, "sqlite-copies")? };
        for _ in 0..ATTEMPTS {
            let before = stamps(database)?;
            let copied: io::Result<()> = CONTENT
                .iter()
                .try_for_each(|suffix| copy_file(&beside(database, suffix), &beside(&copy.path(), suffix)));
            let after = stamps(database)?;
            copied?;
            if before == after {
                cut_to_whole_pages(&copy.path())?;
                return Ok(copy);
            }
        }
        Err(ErrorKind::WouldBlock.into())
    }

    /// The copied database.
    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join("store.db")
    }
}

/// Copies content, not permissions: the copy must be writable for SQLite to recover it.
fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    let mut source = match std::fs::File::open(from) {
        Ok(source) => source,
        // It may have been there in an attempt before.
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return match std::fs::remove_file(to) {
                Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            };
        }
        Err(error) => return Err(error),
    };
    let mut target = OpenOptions::new().write(true).create(true).truncate(true).open(to)?;
    io::copy(&mut source, &mut target).map(|_bytes| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_the_content_of_all_files_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("cache");
        let path = folder.path().join("store.db");
        std::fs::write(&path, "database").unwrap();
        std::fs::write(beside(&path, "-wal"), "frames").unwrap();
        let copy = CopiedStore::make(&path, &cache).unwrap();
        assert_eq!(std::fs::read(copy.path()).unwrap(), b"database");
        assert_eq!(std::fs::read(beside(&copy.path(), "-wal")).unwrap(), b"frames");
        assert!(!beside(&copy.path(), "-journal").exists());
        drop(copy);
        assert_eq!(std::fs::read_dir(cache.join("sqlite-copies")).unwrap().count(), 0);
    }
}
