//! Folders of our own for what can only be read from a copy. Each goes when it is no longer used; what a process left
//! that was killed goes when the next one needs such a folder.

use std::fs::{DirBuilder, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Makes the names of this process's folders differ.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// Where a locked file says of each folder that it is in use: the lock goes with the process, however that ends.
const IN_USE: &str = "in-use";

/// A folder in the cache; removed with everything in it on drop.
#[derive(Debug)]
pub(super) struct ScratchFolder {
    path: PathBuf,
    /// Locked as long as the folder is in use.
    lock: (PathBuf, File),
}

impl ScratchFolder {
    /// An empty folder among those for one purpose.
    pub(super) fn make(cache_dir: &Path, purpose: &str) -> io::Result<Self> {
        let (parent, locks) = (cache_dir.join(purpose), cache_dir.join(IN_USE));
        std::fs::create_dir_all(&parent)?;
        std::fs::create_dir_all(&locks)?;
        remove_abandoned(cache_dir, &locks);
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let name = format!("{}-{number}", std::process::id());
            let path = parent.join(&name);
            // The lock is there before the folder is, so that nobody takes it for an abandoned one.
            let lock = locks.join(format!("{purpose}.{name}"));
            let held = match File::create_new(&lock) {
                Ok(file) => file,
                // Of a process of the same number that was killed.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error),
            };
            // Without locks on this file system nobody finds out who is gone, and nothing is removed.
            drop(held.try_lock());
            let mut builder = DirBuilder::new();
            #[cfg(unix)]
            {
                use std::os::unix::fs::DirBuilderExt as _;
                // The original may be readable by its owner alone.
                builder.mode(0o700);
            }
            match builder.create(&path) {
                Ok(()) => return Ok(Self { path, lock: (lock, held) }),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// Removes the folders of processes that are gone. Nobody can act on a failure here.
fn remove_abandoned(cache_dir: &Path, locks: &Path) {
    for entry in std::fs::read_dir(locks).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some((purpose, folder)) = name.to_str().and_then(|name| name.split_once('.')) else { continue };
        // Names that somebody else gave lead to nothing that is ours.
        if !folder.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
            continue;
        }
        let Ok(file) = File::options().write(true).open(entry.path()) else { continue };
        if file.try_lock().is_ok() {
            drop(std::fs::remove_dir_all(cache_dir.join(purpose).join(folder)));
            drop(std::fs::remove_file(entry.path()));
        }
    }
}

impl Drop for ScratchFolder {
    fn drop(&mut self) {
        // Nobody can act on a failure here; what stays is in our own cache folder.
        drop(std::fs::remove_dir_all(&self.path));
        drop(self.lock.1.unlock());
        drop(std::fs::remove_file(&self.lock.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_left_goes_and_what_is_in_use_stays() {
        let cache = tempfile::tempdir().unwrap();
        let used = ScratchFolder::make(cache.path(), "unpacked").unwrap();
        std::fs::write(used.path().join("content"), "used").unwrap();
        // What is left of a process that was killed: a folder, and a lock that nobody holds.
        let left = cache.path().join("unpacked").join("999999-0");
        std::fs::create_dir(&left).unwrap();
        std::fs::write(left.join("content"), "left").unwrap();
        std::fs::write(cache.path().join(IN_USE).join("unpacked.999999-0"), "").unwrap();

        let next = ScratchFolder::make(cache.path(), "sqlite-copies").unwrap();
        assert!(!left.exists());
        assert_eq!(std::fs::read(used.path().join("content")).unwrap(), b"used");
        drop((used, next));
        for folder in [IN_USE, "unpacked", "sqlite-copies"] {
            assert_eq!(std::fs::read_dir(cache.path().join(folder)).unwrap().count(), 0, "{folder}");
        }
    }
}
