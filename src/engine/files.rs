//! Small file work that the window asks for, so that it touches no file itself: lists of recent files, the sample
//! store, a path being typed, a text to save. All of it may wait for a disk: call it in a job.

use std::path::{Path, PathBuf};

use super::dirs::Dirs;
use crate::store::mapping::Proposal;

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathLook {
    /// A file that can be opened, with its size.
    File {
        /// In bytes.
        bytes: u64,
    },
    /// A folder.
    Folder,
    /// Nothing; with the nearest folder above it that exists.
    Missing {
        /// Up to here the path is right.
        exists: PathBuf,
    },
    /// The system does not say, and why.
    Refused(String),
}

/// A store that comes with Sagascope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Where it is.
    pub path: PathBuf,
    /// What it is called.
    pub title: &'static str,
    /// What can be seen in it.
    pub about: &'static str,
    /// Its size.
    pub bytes: u64,
}

/// The stores that come with Sagascope: file, title, what is in it.
const SAMPLES: &[(&str, &str, &str)] =
    &[("shop-week.jsonl", "Shop, one week", "retries, refunds, dead letters, lost parcels")];

/// The samples that are on this computer: in the sources, beside the program, or in the current folder.
pub fn samples() -> Vec<Sample> {
    let mut folders = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR"))];
    folders.extend(std::env::current_exe().ok().and_then(|exe| exe.parent().map(Path::to_owned)));
    folders.extend(std::env::current_dir());
    samples_in(&folders)
}

fn samples_in(folders: &[PathBuf]) -> Vec<Sample> {
    let find = |&(file, title, about): &(&str, &'static str, &'static str)| {
        folders.iter().find_map(|folder| {
            let path = folder.join("sample-data").join(file);
            let meta = std::fs::metadata(&path).ok().filter(std::fs::Metadata::is_file)?;
            Some(Sample { path, title, about, bytes: meta.len() })
        })
    };
    SAMPLES.iter().filter_map(find).collect()
}

/// A text file that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("Cannot save: {reason}. Choose another folder\n{}", path.display())]
pub struct SaveError {
    reason: std::io::Error,
    path: PathBuf,
}

/// Writes text to a file the person chose.
pub fn save_text(path: &Path, text: &str) -> Result<(), SaveError> {
    std::fs::write(path, text).map_err(|reason| SaveError { reason, path: path.to_owned() })
}

/// Those of `paths` that are still files, in order.
pub fn still_there(paths: Vec<PathBuf>) -> Vec<PathBuf> {
    paths.into_iter().filter(|path| path.is_file()).collect()
}

/// The sample store, when the program was started by `cargo run`.
pub fn sample_of_cargo_run() -> Option<PathBuf> {
    std::env::var_os("CARGO_MANIFEST_DIR")?;
    samples().into_iter().next().map(|sample| sample.path)
}

/// Whether each of `paths` is a file.
pub fn existing(paths: &[PathBuf]) -> Vec<bool> {
    paths.iter().map(|path| path.is_file()).collect()
}

/// The path that a person typed or pasted: without quotes around it, `~` for the home folder.
pub fn path_of(typed: &str) -> PathBuf {
    let typed = typed.trim();
    let quoted = |mark: char| typed.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark));
    let typed = quoted('"').or_else(|| quoted('\'')).unwrap_or(typed);
    let typed = typed.strip_prefix("file://").unwrap_or(typed);
    match (typed.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(typed),
    }
}

/// What is at `path`.
pub fn look_at_path(path: &Path) -> PathLook {
    match std::fs::metadata(path) {
        Ok(meta) if meta.is_dir() => PathLook::Folder,
        Ok(meta) => PathLook::File { bytes: meta.len() },
        Err(error)
            if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) =>
        {
            let exists = path.ancestors().skip(1).find(|above| above.is_dir());
            PathLook::Missing { exists: exists.map(Path::to_owned).unwrap_or_default() }
        }
        Err(error) => PathLook::Refused(error.to_string()),
    }
}

/// How one table of a database could be read; the sentence where it cannot.
pub fn propose_table(dirs: &Dirs, path: &Path, table: &str) -> Result<Proposal, String> {
    crate::store::propose_table(path, &dirs.cache, table).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_file_a_folder_or_missing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.db");
        std::fs::write(&file, "12345").unwrap();
        assert_eq!(look_at_path(&file), PathLook::File { bytes: 5 });
        assert_eq!(look_at_path(folder.path()), PathLook::Folder);
        let missing = PathLook::Missing { exists: folder.path().to_owned() };
        assert_eq!(look_at_path(&folder.path().join("no/such.db")), missing);
        assert_eq!(look_at_path(&file.join("below")), missing);
        assert_eq!(existing(&[file, folder.path().to_owned(), "nowhere".into()]), [true, false, false]);
    }

    #[test]
    fn typed_paths_lose_their_quotes() {
        for (typed, path) in [
            (" /a b.db ", "/a b.db"),
            ("\"/a b.db\"", "/a b.db"),
            ("'/a.db'", "/a.db"),
            ("file:///a.db", "/a.db"),
            ("\"", "\""),
        ] {
            assert_eq!(path_of(typed), PathBuf::from(path), "{typed}");
        }
        let home = std::env::home_dir().unwrap();
        assert_eq!(path_of("~/a.db"), home.join("a.db"));
    }

    #[test]
    fn samples_are_those_that_are_there() {
        let empty = tempfile::tempdir().unwrap();
        assert_eq!(samples_in(&[empty.path().to_owned()]), []);
        let found = samples();
        let titles: Vec<&str> = found.iter().map(|sample| sample.title).collect();
        assert_eq!(titles, ["Shop, one week"]);
        assert!(found.iter().all(|sample| sample.bytes > 0));
    }

    #[test]
    fn another_table_of_a_database_can_be_proposed() {
        let folder = tempfile::tempdir().unwrap();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/written-by-emmett.db");
        let dirs = Dirs::in_folder(folder.path().join("home"));
        let proposal = propose_table(&dirs, &path, "emt_streams").unwrap();
        assert_eq!(proposal.mapping.table.as_deref(), Some("emt_streams"));
        assert!(proposal.columns.iter().any(|column| column == "stream_type"), "{:?}", proposal.columns);
        assert!(!proposal.preview.is_empty());
        assert!(propose_table(&dirs, &path, "gone").unwrap_err().contains("no table gone"));
    }
}
