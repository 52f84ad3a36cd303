//! Folders of our own for what can only be read from a copy. Each goes when it is no longer used.

use std::fs::DirBuilder;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Makes the names of this process's folders differ.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// A folder in the cache; removed with everything in it on drop.
#[derive(Debug)]
pub(super) struct ScratchFolder(PathBuf);

impl ScratchFolder {
    /// An empty folder among those for one purpose.
    pub(super) fn make(cache_dir: &Path, purpose: &str) -> io::Result<Self> {
        let parent = cache_dir.join(purpose);
        std::fs::create_dir_all(&parent)?;
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let folder = parent.join(format!("{}-{number}", std::process::id()));
            let mut builder = DirBuilder::new();
            #[cfg(unix)]
            {
                use std::os::unix::fs::DirBuilderExt as _;
                // The original may be readable by its owner alone.
                builder.mode(0o700);
            }
            match builder.create(&folder) {
                Ok(()) => return Ok(Self(folder)),
                // Left by a process of the same number that was killed.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for ScratchFolder {
    fn drop(&mut self) {
        // Nobody can act on a failure here; what stays is in our own cache folder.
        drop(std::fs::remove_dir_all(&self.0));
    }
}
