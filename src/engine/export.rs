//! A log, or some of its events, into a new file: the SQLite store or JSON lines of our own, losing nothing, or a table
//! for other programs. What is half-written has another name and goes when the work ends early; nothing is ever overwritten.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::OpenLog;
use super::table::EventTable;
use crate::base::cancel::CancelToken;
use crate::model::{FetchError, RecordedEvent, Row};
use crate::store::native::{WriteError, Writer};
use crate::store::{JsonlWriter, Partial};

/// Events read and written at a time; one transaction of the SQLite store.
const EXPORT_AT_A_TIME: usize = 1_024;

/// A format that a log can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportKind {
    /// Our own SQLite store.
    Sqlite,
    /// Our own JSON lines.
    JsonLines,
}

impl ExportKind {
    /// What a file name asks for: `.db`, `.sqlite`, `.sqlite3`, `.sagascope`, or `.jsonl`, `.ndjson`.
    pub fn of_name(path: &Path) -> Option<Self> {
        let extension = path.extension().and_then(OsStr::to_str)?.to_ascii_lowercase();
        match extension.as_str() {
            "db" | "sqlite" | "sqlite3" | "sagascope" => Some(Self::Sqlite),
            "jsonl" | "ndjson" => Some(Self::JsonLines),
            _ => None,
        }
    }

    /// [`crate::store::Format::name`] of what is written.
    pub fn format(self) -> &'static str {
        match self {
            Self::Sqlite => "sagascope-sqlite",
            Self::JsonLines => "sagascope-jsonl",
        }
    }
}

/// What was written, a table or a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exported {
    /// As what: [`ExportKind::format`], or `csv`.
    pub format: &'static str,
    /// How many events.
    pub events: u64,
    /// Size of the file.
    pub bytes: u64,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The name does not say which format.
    #[error("The name does not say what to write. End it with .db for an SQLite store or with .jsonl for JSON lines\n{}", .0.display())]
    Name(PathBuf),
    /// Nothing is ever overwritten.
    #[error("There is a file of this name already. Choose another name, or move it away first\n{}", .0.display())]
    Exists(PathBuf),
    /// Somebody asked for the end.
    #[error("Stopped, so nothing was written\n{}", .0.display())]
    Cancelled(PathBuf),
    /// An event is in the index but can no longer be read: without it the copy would not be whole.
    #[error("Nothing was written, because {row} cannot be copied. {error}\n{}", path.display())]
    Unreadable {
        /// Which.
        row: Row,
        /// Why.
        error: FetchError,
        /// Its source.
        path: PathBuf,
    },
    /// The SQLite store could not be written.
    #[error(transparent)]
    Store(#[from] WriteError),
    /// The file could not be written.
    #[error("Cannot write the file: {}\n{}", Partial::refusal(error), path.display())]
    Io {
        /// The system's reason.
        error: io::Error,
        /// The file.
        path: PathBuf,
    },
}

/// Writes every event of the log, in its order, to a new file whose name tells the format. `progress` hears how
/// many events are written.
pub fn export(
    open: &OpenLog,
    to: &Path,
    cancel: &CancelToken,
    progress: &mut dyn FnMut(u64),
) -> Result<Exported, ExportError> {
    write(open, Which::All, to, cancel, progress)
}

/// Writes some events of the log, in the order of `rows`, to a new file whose name tells the format; `.csv` too.
pub fn export_rows(
    open: &OpenLog,
    rows: &[Row],
    to: &Path,
    cancel: &CancelToken,
    progress: &mut dyn FnMut(u64),
) -> Result<Exported, ExportError> {
    if !is_table(to) {
        return write(open, Which::These(rows), to, cancel, progress);
    }
    let failed = |error| ExportError::Io { error, path: to.to_owned() };
    let mut table = EventTable::new(PartialFile::create(to)?).map_err(failed)?;
    let events = copy(open, Which::These(rows), to, cancel, progress, &mut |rows, events| {
        table.write(rows, events).map_err(failed)
    })?;
    table.finish().map_err(failed)?.finish()?;
    exported("csv", events, to)
}

/// Whether a file name asks for a table, which is no store: it does not keep all that an event has.
pub fn is_table(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"))
}

fn exported(format: &'static str, events: u64, to: &Path) -> Result<Exported, ExportError> {
    let file = std::fs::metadata(to).map_err(|error| ExportError::Io { error, path: to.to_owned() })?;
    Ok(Exported { format, events, bytes: file.len() })
}

/// Takes some events with their rows.
type Put<'a> = dyn FnMut(&[Row], &[RecordedEvent]) -> Result<(), ExportError> + 'a;

/// Which events are written.
#[derive(Clone, Copy)]
enum Which<'a> {
    All,
    These(&'a [Row]),
}

fn write(
    open: &OpenLog,
    which: Which<'_>,
    to: &Path,
    cancel: &CancelToken,
    progress: &mut dyn FnMut(u64),
) -> Result<Exported, ExportError> {
    let kind = ExportKind::of_name(to).ok_or_else(|| ExportError::Name(to.to_owned()))?;
    let failed = |error| ExportError::Io { error, path: to.to_owned() };
    let mut copy = |put: &mut Put<'_>| copy(open, which, to, cancel, progress, put);
    let events = match kind {
        ExportKind::Sqlite => {
            let mut writer = Writer::create(to).map_err(ExportError::from_write)?;
            let written = copy(&mut |_, events| Ok(writer.write(events)?))?;
            writer.finish().map_err(ExportError::from_write)?;
            written
        }
        ExportKind::JsonLines => {
            let mut writer = JsonlWriter::new(PartialFile::create(to)?);
            let written = copy(&mut |_, events| {
                events.iter().try_for_each(|event| writer.write(event)).map_err(failed)
            })?;
            writer.finish().map_err(failed)?.finish()?;
            written
        }
    };
    exported(kind.format(), events, to)
}

/// Writes events that nobody has stored yet, the log of a run, in their order to a new file whose name tells the
/// format.
pub fn export_events(events: &[RecordedEvent], to: &Path) -> Result<Exported, ExportError> {
    let kind = ExportKind::of_name(to).ok_or_else(|| ExportError::Name(to.to_owned()))?;
    match kind {
        ExportKind::Sqlite => {
            let mut writer = Writer::create(to).map_err(ExportError::from_write)?;
            for some in events.chunks(EXPORT_AT_A_TIME) {
                writer.write(some)?;
            }
            writer.finish().map_err(ExportError::from_write)?;
        }
        ExportKind::JsonLines => {
            let failed = |error| ExportError::Io { error, path: to.to_owned() };
            let mut writer = JsonlWriter::new(PartialFile::create(to)?);
            events.iter().try_for_each(|event| writer.write(event)).map_err(failed)?;
            writer.finish().map_err(failed)?.finish()?;
        }
    }
    exported(kind.format(), events.len() as u64, to)
}

/// Writes the log of a run to a new file whose name tells the format; gives how many events.
pub fn record(open: &OpenLog, to: &Path) -> Result<u64, ExportError> {
    export(open, to, &CancelToken::default(), &mut |_| {}).map(|exported| exported.events)
}

impl ExportError {
    fn of_file(error: io::Error, to: &Path) -> Self {
        match error.kind() {
            ErrorKind::AlreadyExists => Self::Exists(to.to_owned()),
            _ => Self::Io { error, path: to.to_owned() },
        }
    }

    fn from_write(error: WriteError) -> Self {
        match error {
            WriteError::Exists { path } => Self::Exists(path),
            other @ WriteError::Io { .. } => Self::Store(other),
        }
    }
}

/// Hands events of the log to `put`, some at a time.
fn copy(
    open: &OpenLog,
    which: Which<'_>,
    to: &Path,
    cancel: &CancelToken,
    progress: &mut dyn FnMut(u64),
    put: &mut Put<'_>,
) -> Result<u64, ExportError> {
    let log = &open.log;
    let all = match which {
        Which::All => log.len() as u64,
        Which::These(rows) => rows.len() as u64,
    };
    let mut done = 0;
    while done < all {
        if cancel.is_cancelled() {
            return Err(ExportError::Cancelled(to.to_owned()));
        }
        let until = (done + EXPORT_AT_A_TIME as u64).min(all);
        let rows: Vec<Row> = match which {
            Which::All => (done..until).map(|rank| log.row_at(rank)).collect(),
            Which::These(rows) => rows[done as usize..until as usize].to_vec(),
        };
        let mut events = Vec::with_capacity(rows.len());
        for (row, event) in rows.iter().zip(open.pool.fetch(log, &rows)) {
            events.push(event.map_err(|error| {
                let source = open.sources.get(usize::from(row.source().0));
                let path = source.map(|source| source.path.clone()).unwrap_or_default();
                ExportError::Unreadable { row: *row, error, path }
            })?);
        }
        put(&rows, &events)?;
        done = until;
        progress(done);
    }
    // Also a log that was cut short while it was loaded is not copied.
    if cancel.is_cancelled() { Err(ExportError::Cancelled(to.to_owned())) } else { Ok(done) }
}

/// A file being written under a temporary name beside the one it gets by [`PartialFile::finish`]. Dropped before,
/// it is removed.
#[derive(Debug)]
pub struct PartialFile {
    to: PathBuf,
    /// Locked, where the system has locks that only those feel who ask for them.
    file: BufWriter<File>,
    partial: Partial,
}

impl PartialFile {
    /// Begins a file that will be at `to`, where nothing may be yet.
    pub fn create(to: &Path) -> Result<Self, ExportError> {
        let (partial, file) =
            Partial::reserve(to, is_abandoned).map_err(|error| ExportError::of_file(error, to))?;
        if cfg!(unix) {
            // Without it others could take the file for abandoned; a file system that has no locks tells them so.
            drop(file.try_lock());
        }
        let file = BufWriter::with_capacity(256 << 10, file);
        Ok(Self { to: to.to_owned(), file, partial })
    }

    /// Where the bytes are until the end, to be read back after a flush.
    pub fn temporary(&self) -> &Path {
        self.partial.path()
    }

    /// Closes the file and gives it its name.
    pub fn finish(self) -> Result<(), ExportError> {
        let Self { to, mut file, partial } = self;
        let written = file.flush().and_then(|()| file.get_ref().sync_all());
        written.and_then(|()| partial.publish()).map_err(|error| ExportError::of_file(error, &to))
    }
}

/// Whether nobody writes the file: the lock of whoever did is gone.
fn is_abandoned(partial: &Path) -> bool {
    cfg!(unix) && File::open(partial).is_ok_and(|file| file.try_lock().is_ok())
}

impl Write for PartialFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Dirs, LoadItem, Loader};

    /// A log of `events` events; the folder holds its file.
    fn log(folder: &Path, events: usize) -> OpenLog {
        let path = folder.join("from.jsonl");
        let lines: Vec<String> = (0..events)
            .map(|n| format!(r#"{{"type":"Happened","stream_id":"s-{n}","version":0,"data":{{"n":{n}}}}}"#))
            .collect();
        std::fs::write(&path, lines.join("\n")).unwrap();
        let mut loader = Loader::new(Dirs::in_folder(folder.join("home")));
        let needs = loader.load(&LoadItem::detected(path), &CancelToken::default(), &mut |_, _| {}).unwrap();
        assert!(needs.is_none());
        loader.publish()
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_cancelled_export_leaves_nothing_behind() {
        for name in ["out.db", "out.jsonl"] {
            let folder = tempfile::tempdir().unwrap();
            let open = log(folder.path(), 3 * EXPORT_AT_A_TIME);
            let cancel = CancelToken::default();
            let result = export(&open, &folder.path().join(name), &cancel, &mut |_| cancel.cancel());
            assert!(matches!(result, Err(ExportError::Cancelled(_))), "{result:?}");
            assert_eq!(names(folder.path()), ["from.jsonl"], "{name}");
        }
    }

    #[test]
    fn an_existing_file_is_refused_and_stays_as_it_is() {
        for name in ["out.db", "out.jsonl"] {
            let folder = tempfile::tempdir().unwrap();
            let open = log(folder.path(), 3);
            let to = folder.path().join(name);
            std::fs::write(&to, "mine").unwrap();
            let result = export(&open, &to, &CancelToken::default(), &mut |_| {});
            assert!(matches!(result, Err(ExportError::Exists(_))), "{result:?}");
            assert_eq!(std::fs::read(&to).unwrap(), b"mine");
            assert_eq!(names(folder.path()), ["from.jsonl", name]);
        }
    }

    #[test]
    fn the_name_tells_the_format() {
        for (name, expected) in [
            ("a.db", Some(ExportKind::Sqlite)),
            ("a.SQLite3", Some(ExportKind::Sqlite)),
            ("a.b.jsonl", Some(ExportKind::JsonLines)),
            ("a.csv", None),
            ("a.json", None),
            ("db", None),
        ] {
            assert_eq!(ExportKind::of_name(Path::new(name)), expected, "{name}");
        }
    }
}
