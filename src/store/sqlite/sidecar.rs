//! What lies beside an SQLite database, and how it may therefore be opened without changing anything.
//! Looks at names, sizes and the first bytes only; it opens no database.
//!
//! A process that closes any handle of a file loses all its POSIX locks on it, those of its SQLite
//! connections too. So the database itself is only looked at through one handle that stays open.

use std::ffi::OsString;
use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::store::FileState;

/// How a database may be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// `mode=ro`: rollback journal; nobody's half-finished transaction is in the way, as far as can be seen.
    Rollback,
    /// `mode=ro`: a WAL and its index are there already, so that none has to be made.
    Wal,
    /// `immutable=1`: everything is in the main file, and reading it the usual way would leave files behind.
    Immutable(Stamp),
    /// Only a copy can be opened without a write to the original.
    Copy,
}

/// What must be the same before and after a read that took no lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    len: u64,
    modified: Option<SystemTime>,
    /// Header bytes 24 to 27, the file change counter.
    counter: [u8; 4],
}

/// Which file a path leads to: another file under the same name is another store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity(u64, u64);

impl Identity {
    /// The file that is at `path` now.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        std::fs::metadata(path).map(|meta| Self::of_metadata(&meta))
    }

    #[cfg(unix)]
    fn of_metadata(meta: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self(meta.dev(), meta.ino())
    }

    /// Where files have no numbers, the time of creation has to do.
    #[cfg(not(unix))]
    fn of_metadata(meta: &Metadata) -> Self {
        let created = meta.created().ok().and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
        Self(0, created.map_or(0, |since| since.as_nanos() as u64))
    }
}

/// The file beside `database` that SQLite names by appending `suffix`.
pub(super) fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(database);
    name.push(suffix);
    PathBuf::from(name)
}

/// The suffixes of everything that belongs to a database and holds content of its own.
pub(super) const CONTENT: [&str; 3] = ["", "-wal", "-journal"];

/// Decides by the rule in the module documentation of [`super::open`].
pub(super) fn choose(database: &Path, file: &File) -> io::Result<Choice> {
    let wal = size(&beside(database, "-wal"))?;
    let index = size(&beside(database, "-shm"))?.is_some();
    match (wal, index) {
        (Some(_), true) => return Ok(Choice::Wal),
        (Some(1..), false) => return Ok(Choice::Copy),
        (Some(0), false) | (None, _) => {}
    }
    let header = Header::read(file)?;
    // SQLite opens a WAL that is there whatever the header says, and makes its index beside it.
    let would_write = header.wal_mode || wal.is_some();
    let hot = journal_may_be_hot(database)?;
    if header.ends_inside_a_page {
        // SQLite would read zeros where the rest of the page should be, and say nothing.
        return Ok(Choice::Copy);
    }
    Ok(match (would_write, hot) {
        (true, true) => Choice::Copy,
        (true, false) => Choice::Immutable(header.stamp),
        // A journal of a living writer is no obstacle; SQLite itself tells it from an abandoned one.
        (false, _) => Choice::Rollback,
    })
}

/// The state of every file that holds content, to see that a copy was made in one state.
pub(super) fn stamps(database: &Path) -> io::Result<Vec<Option<FileState>>> {
    CONTENT
        .iter()
        .map(|suffix| {
            found(std::fs::metadata(beside(database, suffix)))
                .map(|meta| meta.as_ref().map(FileState::of_metadata))
        })
        .collect()
}

struct Header {
    wal_mode: bool,
    ends_inside_a_page: bool,
    stamp: Stamp,
}

impl Header {
    fn read(file: &File) -> io::Result<Self> {
        let meta = file.metadata()?;
        // A file that is shorter than a header leaves zeros, which mean nothing.
        let mut bytes = [0; 100];
        let mut filled = 0;
        while filled < bytes.len() {
            match read_at(file, &mut bytes[filled..], filled as u64)? {
                0 => break,
                count => filled += count,
            }
        }
        let counter = [bytes[24], bytes[25], bytes[26], bytes[27]];
        let stamp = Stamp { len: meta.len(), modified: meta.modified().ok(), counter };
        let ends_inside_a_page = page_size(&bytes).is_some_and(|size| !meta.len().is_multiple_of(size));
        Ok(Self { wal_mode: bytes[18] == 2 || bytes[19] == 2, ends_inside_a_page, stamp })
    }
}

/// The page size that a header names, if it can be one.
fn page_size(header: &[u8; 100]) -> Option<u64> {
    match u64::from(u16::from_be_bytes([header[16], header[17]])) {
        1 => Some(65_536),
        size if size >= 512 && size.is_power_of_two() => Some(size),
        _ => None,
    }
}

/// Cuts a copied database to whole pages.
pub(super) fn cut_to_whole_pages(database: &Path) -> io::Result<()> {
    let file = File::options().read(true).write(true).open(database)?;
    let mut header = [0; 100];
    if read_at(&file, &mut header, 0)? == header.len()
        && let Some(size) = page_size(&header)
    {
        let len = file.metadata()?.len();
        file.set_len(len - len % size)?;
    }
    Ok(())
}

#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, bytes, at)
}

#[cfg(windows)]
fn read_at(file: &File, bytes: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, bytes, at)
}

/// A journal with a header: left by a crash, or of a transaction that is running now. `PERSIST` mode
/// leaves one with a header of zeros, `TRUNCATE` an empty one; neither counts.
fn journal_may_be_hot(database: &Path) -> io::Result<bool> {
    let journal = beside(database, "-journal");
    // Opening a pipe would wait for somebody to write to it.
    if !found(std::fs::metadata(&journal))?.is_some_and(|meta| meta.is_file()) {
        return Ok(false);
    }
    let Some(mut file) = found(File::open(journal))? else {
        return Ok(false);
    };
    let mut first = [0];
    Ok(file.read(&mut first)? == 1 && first[0] != 0)
}

fn size(path: &Path) -> io::Result<Option<u64>> {
    Ok(found(std::fs::metadata(path))?.map(|meta| meta.len()))
}

fn found<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with an SQLite header and the given neighbours.
    fn check(wal_mode: bool, beside_it: &[(&str, &[u8])], expected: &str) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let mut header = [0; 100];
        header[18] = 1 + u8::from(wal_mode);
        header[19] = header[18];
        std::fs::write(&path, header).unwrap();
        for (suffix, content) in beside_it {
            std::fs::write(beside(&path, suffix), content).unwrap();
        }
        let choice = match choose(&path, &File::open(&path).unwrap()).unwrap() {
            Choice::Rollback => "rollback",
            Choice::Wal => "wal",
            Choice::Immutable(_) => "immutable",
            Choice::Copy => "copy",
        };
        assert_eq!(choice, expected, "WAL mode {wal_mode}, beside it {beside_it:?}");
    }

    #[test]
    fn what_lies_beside_the_file_decides() {
        check(false, &[], "rollback");
        check(false, &[("-journal", b"\xd9\xd5")], "rollback");
        check(false, &[("-journal", b"")], "rollback");
        check(true, &[], "immutable");
        check(true, &[("-wal", b"")], "immutable");
        check(false, &[("-wal", b"")], "immutable");
        check(true, &[("-shm", b"x")], "immutable");
        check(true, &[("-journal", b"\0\0")], "immutable");
        check(true, &[("-journal", b"\xd9\xd5")], "copy");
        check(true, &[("-wal", b"frames")], "copy");
        check(false, &[("-wal", b"frames")], "copy");
        check(true, &[("-wal", b"frames"), ("-shm", b"x")], "wal");
        check(true, &[("-wal", b""), ("-shm", b"x")], "wal");
    }
}
