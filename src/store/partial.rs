//! A file that is being written, under a name of its own beside the one it will have: `shop.db` is
//! `shop.db.sagascope-1234-0.partial` until it is whole. What a writer that was killed left goes when the same file
//! is written the next time. Knows nothing of what is written.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// What SQLite may put beside a database, after the database itself.
const SUFFIXES: [&str; 4] = ["", "-journal", "-wal", "-shm"];

/// Names tried for one file; more than one is taken only when this process writes it several times at once.
const NAMES_MAX: u32 = 1_000;

/// The reserved name. Dropped before [`Partial::publish`], the file is removed.
#[derive(Debug)]
pub struct Partial {
    to: PathBuf,
    temporary: PathBuf,
}

impl Partial {
    /// A new empty file that will be at `to`, where nothing may be yet ([`ErrorKind::AlreadyExists`]). Others that
    /// were begun for `to` are removed where `is_abandoned` says that nobody writes them any more.
    pub fn reserve(to: &Path, is_abandoned: fn(&Path) -> bool) -> io::Result<(Self, File)> {
        if to.symlink_metadata().is_ok() {
            return Err(ErrorKind::AlreadyExists.into());
        }
        let name = to.file_name().ok_or(ErrorKind::InvalidFilename)?.to_owned();
        others(to).into_iter().filter(|other| is_abandoned(other)).for_each(|other| remove(&other));
        for attempt in 0..NAMES_MAX {
            let mut temporary = name.clone();
            temporary.push(format!("{MARK}{}-{attempt}{ENDING}", std::process::id()));
            let temporary = to.with_file_name(temporary);
            match File::create_new(&temporary) {
                Ok(file) => return Ok((Self { to: to.to_owned(), temporary }, file)),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(ErrorKind::ResourceBusy.into())
    }

    /// Why the system refuses to write a file, and what to do.
    pub fn refusal(error: &io::Error) -> String {
        match error.kind() {
            ErrorKind::NotFound => {
                "its folder does not exist. Make it first, or choose another one".to_owned()
            }
            ErrorKind::PermissionDenied => "no permission. Choose a folder you may write to".to_owned(),
            ErrorKind::StorageFull => "the disk is full. Free some space, or choose another disk".to_owned(),
            _ => error.to_string(),
        }
    }

    /// Where the bytes are until the end.
    pub fn path(&self) -> &Path {
        &self.temporary
    }

    /// Gives the file its name; [`ErrorKind::AlreadyExists`] if there is one of that name by now.
    pub fn publish(self) -> io::Result<()> {
        // A link fails where a file is; a rename would replace it. The temporary name goes with `self`.
        match std::fs::hard_link(&self.temporary, &self.to) {
            Ok(()) => Ok(()),
            Err(_exists_or_no_links) if self.to.symlink_metadata().is_ok() => {
                Err(ErrorKind::AlreadyExists.into())
            }
            // File systems without links.
            Err(_no_links) => std::fs::rename(&self.temporary, &self.to),
        }
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        remove(&self.temporary);
    }
}

const MARK: &str = ".sagascope-";
const ENDING: &str = ".partial";

/// The files that were begun for `to`.
fn others(to: &Path) -> Vec<PathBuf> {
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (Some(name), Ok(entries)) = (to.file_name().and_then(|name| name.to_str()), folder.read_dir()) else {
        return Vec::new();
    };
    let is_ours = |other: &str| {
        let number = other.strip_prefix(name)?.strip_prefix(MARK)?.strip_suffix(ENDING)?;
        let (process, attempt) = number.split_once('-')?;
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        (is_number(process) && is_number(attempt)).then_some(())
    };
    let names = entries.flatten().map(|entry| entry.file_name());
    let ours = names.filter(|other| other.to_str().is_some_and(|other| is_ours(other).is_some()));
    ours.map(|other| folder.join(other)).collect()
}

/// Removes a file and what SQLite put beside it.
fn remove(file: &Path) {
    for suffix in SUFFIXES {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        // Most of them do not exist; of the others nobody could do more than we.
        drop(std::fs::remove_file(name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn only_what_was_begun_for_the_same_file_and_abandoned_goes() {
        let folder = tempfile::tempdir().unwrap();
        let stay = [
            "a.db.sagascope-1-0.partial.db",
            "a.db.sagascope-1.partial",
            "a.db.sagascope-x-0.partial",
            "ba.db.sagascope-1-0.partial",
            "b.db.sagascope-1-0.partial",
        ];
        let go = [
            "a.db.sagascope-1-0.partial",
            "a.db.sagascope-1-0.partial-journal",
            "a.db.sagascope-22-13.partial",
        ];
        for name in stay.iter().chain(&go) {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let to = folder.path().join("a.db");
        let (living, _) = Partial::reserve(&to, |_| false).unwrap();
        assert_eq!(names(folder.path()).len(), stay.len() + go.len() + 1);
        drop(living);
        let (partial, _) = Partial::reserve(&to, |_| true).unwrap();
        partial.publish().unwrap();
        let mut expected = stay.map(str::to_owned).to_vec();
        expected.push("a.db".to_owned());
        expected.sort();
        assert_eq!(names(folder.path()), expected);
        assert_eq!(Partial::reserve(&to, |_| true).unwrap_err().kind(), ErrorKind::AlreadyExists);
    }
}
