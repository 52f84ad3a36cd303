//! A log that is opened again is read on where it ended, if its files still hold, byte for byte, what was read of
//! them; anything else is read from the begin. What comes of it is always what a first reading would give.

use std::fs::{File, FileTimes};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::prelude::*;
use sagascope::base::cancel::CancelToken;
use sagascope::engine::{Dirs, DocumentId, Engine, EngineEvent, LoadItem, Loader, OpenLog};

/// Events of the log, more than are read at once.
const EVENTS: usize = 700;

fn line(n: usize) -> String {
    let (order, padding) = (n % 7, "x".repeat(1_800));
    format!(
        "{{\"id\":\"e{n}\",\"stream\":\"order-{order}\",\"type\":\"Placed\",\"time\":\"2026-03-01T08:{:02}:{:02}Z\",\"data\":{{\"n\":{n},\"p\":\"{padding}\"}}}}\n",
        n / 60 % 60,
        n % 60
    )
}

fn lines(range: std::ops::Range<usize>) -> String {
    range.map(line).collect()
}

fn append(path: &Path, text: &[u8]) {
    File::options().append(true).open(path).unwrap().write_all(text).unwrap();
}

struct Reader {
    engine: Engine,
    open: OpenLog,
    /// Events that were read for it.
    read: u64,
}

impl Reader {
    fn of(folder: &Path, path: &Path) -> Self {
        let dirs = Dirs::in_folder(folder.join("sagascope"));
        let engine = Engine::new(dirs, Arc::new(|| {})).unwrap();
        let mut reader = Self { engine, open: OpenLog::default(), read: 0 };
        reader.open(path);
        reader
    }

    fn open(&mut self, path: &Path) {
        let document = self.engine.open(vec![LoadItem::detected(path)]);
        self.until_loaded(document);
    }

    /// Another log in its place.
    fn open_another(&mut self, folder: &Path) {
        let other = folder.join("other.jsonl");
        std::fs::write(&other, lines(0..2)).unwrap();
        self.open(&other);
        assert_eq!(self.open.log.len(), 2);
    }

    fn until_loaded(&mut self, wanted: DocumentId) {
        loop {
            match self.engine.wait().expect("the thread is there") {
                EngineEvent::Published { document, open, progress } if document == wanted => {
                    (self.open, self.read) = (*open, progress.read);
                }
                EngineEvent::Loaded { document, .. } if document == wanted => return,
                EngineEvent::Failed { failure, .. } => panic!("{failure:?}"),
                _ => {}
            }
        }
    }
}

/// All that can be seen of a log.
fn seen(open: &OpenLog) -> String {
    let log = &open.log;
    let rows: Vec<_> = (0..log.len() as u64).map(|rank| log.row_at(rank)).collect();
    let events = open.pool.fetch(log, &rows);
    let places: Vec<_> = rows.iter().map(|row| log.locator(*row)).collect();
    format!("{events:?}\n{places:?}\n{:?}\n{:?}\n{:?}", log.issues(), log.sources(), open.sources)
}

/// `open` is what a first reading of the file gives.
fn check_is_fresh(open: &OpenLog, folder: &Path, path: &Path) {
    let mut loader = Loader::new(Dirs::in_folder(folder.join("fresh")));
    loader.load(&LoadItem::detected(path), &CancelToken::default(), &mut |_, _| {}).unwrap();
    let fresh = loader.publish();
    assert_eq!(open.log.len(), fresh.log.len());
    assert!(seen(open) == seen(&fresh), "another log than that of a first reading");
}

fn log_in(folder: &Path) -> PathBuf {
    let path = folder.join("log.jsonl");
    std::fs::write(&path, lines(0..EVENTS)).unwrap();
    path
}

#[test]
fn only_what_came_since_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = log_in(folder.path());
    let mut reader = Reader::of(folder.path(), &path);
    assert_eq!(reader.read, EVENTS as u64);
    // While it is open.
    reader.open(&path);
    assert_eq!((reader.read, reader.open.log.len()), (0, EVENTS));
    // After another one was.
    reader.open_another(folder.path());
    append(&path, lines(EVENTS..EVENTS + 9).as_bytes());
    reader.open(&path);
    assert_eq!((reader.read, reader.open.log.len()), (9, EVENTS + 9));
    check_is_fresh(&reader.open, folder.path(), &path);
    // Once more behind that.
    append(&path, lines(0..3).as_bytes());
    reader.open(&path);
    assert_eq!((reader.read, reader.open.log.len()), (3, EVENTS + 12));
    // Asked to be read again, it is.
    let document = reader.engine.reload(vec![LoadItem::detected(&path)]);
    reader.until_loaded(document);
    assert_eq!(reader.read, EVENTS as u64 + 12);
    // Of what was closed nothing is kept.
    reader.engine.close();
    reader.open(&path);
    assert_eq!(reader.read, EVENTS as u64 + 12);
}

#[test]
fn what_proves_it_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = log_in(folder.path());
    let reader = Reader::of(folder.path(), &path);
    let bytes = std::fs::metadata(&path).unwrap().len() as usize;
    let held = reader.open.memory().into_iter().find(|part| part.name == "hashes of files").unwrap().bytes;
    assert!((1..bytes / 1_000).contains(&held), "{held} of {bytes}");
}

#[test]
fn a_byte_that_changed_anywhere_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = log_in(folder.path());
    let content = std::fs::read(&path).unwrap();
    let mut reader = Reader::of(folder.path(), &path);
    let places = (1_000..content.len()).step_by(97_003).chain([content.len() - 3]);
    for at in places {
        let modified = std::fs::metadata(&path).unwrap().modified().unwrap();
        let mut file = File::options().write(true).open(&path).unwrap();
        // A letter of a text in most places; a broken record is no worse.
        file.seek(SeekFrom::Start(at as u64)).unwrap();
        file.write_all(if content[at] == b'x' { b"y" } else { b"x" }).unwrap();
        file.set_times(FileTimes::new().set_modified(modified)).unwrap();
        drop(file);
        reader.open(&path);
        assert!(reader.read >= EVENTS as u64 - 1, "byte {at} was not noticed: {} read", reader.read);
        check_is_fresh(&reader.open, folder.path(), &path);
    }
}

#[test]
fn a_file_that_did_not_only_grow_is_read_from_the_begin() {
    type Change = fn(&Path);
    let changes: [(&str, Change); 4] = [
        ("cut", |path| File::options().write(true).open(path).unwrap().set_len(900_000).unwrap()),
        ("cut and grown again", |path| {
            let file = File::options().write(true).open(path).unwrap();
            file.set_len(1_000_000).unwrap();
            append(path, format!("\n{}", lines(0..EVENTS)).as_bytes());
        }),
        ("another file with the same begin and end", |path| {
            let text = std::fs::read_to_string(path).unwrap();
            std::fs::remove_file(path).unwrap();
            std::fs::write(path, text.replace("\"e300\"", "\"f300\"")).unwrap();
        }),
        ("a line that was read goes on", |path| append(path, b"{\"more\":1}\n")),
    ];
    for (what, change) in changes {
        let folder = tempfile::tempdir().unwrap();
        let path = log_in(folder.path());
        // Its last line has no end.
        append(&path, line(2).trim_end().as_bytes());
        let mut reader = Reader::of(folder.path(), &path);
        reader.open_another(folder.path());
        change(&path);
        reader.open(&path);
        assert_eq!(reader.read, reader.open.log.len() as u64, "{what}");
        check_is_fresh(&reader.open, folder.path(), &path);
    }
}

#[test]
fn a_database_is_read_anew() {
    let (folder, path) = crate::support::copied("emmett.db");
    let mut reader = Reader::of(folder.path(), &path);
    let events = reader.read;
    reader.open(&path);
    assert_eq!((reader.read, reader.open.log.len() as u64), (events, events));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_log_that_grew_is_as_if_it_was_read_at_once(
        more in prop::collection::vec((0_usize..900, 0_usize..8), 1..9),
        cuts in prop::collection::vec(0_usize..20_000, 1..4),
    ) {
        let mut text = String::new();
        for (n, kind) in more {
            match kind {
                0 => text.push_str("no event\n"),
                1 => text.push_str("\r\n"),
                2 => text.push_str(&line(n).replace("xxxx", "x\\\"x\\u00e9")),
                3 => text.push_str(&line(n).replace("xxxx", "C:\\\\d\\\\\"")),
                4 => text.push_str(&line(n).replace('\n', "\r\n")),
                _ => text.push_str(&line(n)),
            }
        }
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (text.len() + 1)).chain([text.len()]).collect();
        cuts.sort_unstable();
        let folder = tempfile::tempdir().unwrap();
        let path = log_in(folder.path());
        let mut reader = Reader::of(folder.path(), &path);
        let mut from = 0;
        for cut in cuts {
            append(&path, &text.as_bytes()[from..cut]);
            from = cut;
            reader.open(&path);
            check_is_fresh(&reader.open, folder.path(), &path);
        }
    }
}
