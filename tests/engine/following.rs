//! An open log follows its sources: what is written behind their ends comes, what is no longer the same source is
//! said, and a pause holds back and counts.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;
use sagascope::engine::{Dirs, DocumentId, Engine, EngineEvent, Life, Live, LoadItem, OpenLog};
use sagascope::index::EventLog;
use sagascope::model::Payload;
use sagascope::store::Change;

use crate::support::copied;

/// An engine with one log open, and what it told of it.
struct Follower {
    engine: Engine,
    document: DocumentId,
    open: OpenLog,
    live: Live,
    failures: usize,
}

impl Follower {
    /// Opens `paths` and reads them to their ends.
    fn of(folder: &Path, paths: &[&Path]) -> Self {
        let dirs = Dirs::in_folder(folder.join("sagascope"));
        let mut engine = Engine::new(dirs, Arc::new(|| {})).unwrap();
        let document = engine.open(paths.iter().map(|path| LoadItem::detected(*path)).collect());
        let (open, live) = (OpenLog::default(), Live::default());
        let mut follower = Self { engine, document, open, live, failures: 0 };
        while !follower.take() {}
        follower
    }

    /// Takes the next event; whether that was the end of loading.
    fn take(&mut self) -> bool {
        match self.engine.wait().expect("the thread is there") {
            EngineEvent::Published { open, .. } => self.open = *open,
            EngineEvent::Lives { live, .. } => self.live = live,
            EngineEvent::Loaded { .. } => return true,
            EngineEvent::Failed { .. } => self.failures += 1,
            other => panic!("unexpected: {other:?}"),
        }
        false
    }

    fn until(&mut self, is_so: impl Fn(&Self) -> bool) {
        while !is_so(self) {
            self.take();
        }
    }

    fn log(&self) -> &EventLog {
        &self.open.log
    }

    fn lives(&self) -> Vec<Life> {
        self.live.sources.iter().map(|source| source.life).collect()
    }

    /// The `n` of each event's data, read again from the source.
    fn numbers(&self) -> Vec<String> {
        let rows: Vec<_> = (0..self.log().len() as u64).map(|rank| self.log().row_at(rank)).collect();
        let events = self.open.pool.fetch(self.log(), &rows);
        events.into_iter().map(|event| text_of(&event.unwrap().data)).collect()
    }
}

fn line(n: usize) -> String {
    format!(
        "{{\"id\":\"e{n}\",\"stream\":\"order-{}\",\"type\":\"Placed\",\"time\":\"2026-03-01T08:00:{:02}Z\",\"data\":{{\"n\":{n}}}}}\n",
        n % 3,
        n % 60
    )
}

fn lines(range: std::ops::Range<usize>) -> String {
    range.map(line).collect()
}

fn append(path: &Path, text: &str) {
    OpenOptions::new().append(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
}

fn text_of(payload: &Payload) -> String {
    match payload {
        Payload::Json(text) => text.as_str().to_owned(),
        other => panic!("no JSON: {other:?}"),
    }
}

/// A log of five lines in a folder of its own.
fn log_of_lines() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    std::fs::write(&path, lines(0..5)).unwrap();
    (folder, path)
}

#[test]
fn lines_that_are_appended_come_and_are_read_like_the_others() {
    let (folder, path) = log_of_lines();
    let mut follower = Follower::of(folder.path(), &[&path]);
    assert_eq!((follower.log().len(), follower.lives()), (5, vec![Life::Followed]));
    append(&path, &lines(5..8));
    follower.until(|follower| follower.log().len() == 8);
    append(&path, &lines(8..3_000));
    follower.until(|follower| follower.log().len() == 3_000 && follower.live.came == 2_995);
    let expected: Vec<String> = (0..3_000).map(|n| format!("{{\"n\":{n}}}")).collect();
    assert_eq!(follower.numbers(), expected);
    assert_eq!(follower.open.sources[0].bytes, std::fs::metadata(&path).unwrap().len());
}

#[test]
fn a_line_that_was_half_written_is_an_issue_until_it_is_whole() {
    let (folder, path) = log_of_lines();
    let whole = line(5);
    let (first, rest) = whole.split_at(20);
    append(&path, first);
    let mut follower = Follower::of(folder.path(), &[&path]);
    assert_eq!((follower.log().len(), follower.log().issues().len()), (5, 1));
    append(&path, rest);
    append(&path, "no event\n");
    follower.until(|follower| follower.log().len() == 6);
    let issues: Vec<_> = follower.log().issues().iter().map(|(_, issue)| issue.place.clone()).collect();
    assert_eq!(issues, ["line 7"], "the half line is an issue no longer, and lines are counted on");
    assert_eq!(follower.log().sources()[0].issues, 1);
    // A last line that is whole but for its end is an event at once, and none a second time.
    append(&path, line(6).trim_end());
    follower.until(|follower| follower.log().len() == 7);
    append(&path, &format!("\n{}", line(7)));
    follower.until(|follower| follower.log().len() == 8);
    assert_eq!(follower.numbers()[5..], [r#"{"n":5}"#, r#"{"n":6}"#, r#"{"n":7}"#]);
    assert_eq!(follower.log().issues().len(), 1);
}

#[test]
fn a_pause_holds_back_and_counts() {
    let (folder, path) = log_of_lines();
    let mut follower = Follower::of(folder.path(), &[&path]);
    follower.engine.hold(follower.document, true);
    follower.until(|follower| follower.live.holds);
    append(&path, &lines(5..9));
    follower.until(|follower| follower.live.held == 4);
    append(&path, &lines(9..10));
    follower.until(|follower| follower.live.held == 5);
    assert_eq!(follower.log().len(), 5, "nothing is shown");
    follower.engine.hold(follower.document, false);
    follower.until(|follower| !follower.live.holds);
    assert_eq!((follower.log().len(), follower.live.held, follower.live.came), (10, 0, 5));
}

#[test]
fn what_is_no_longer_the_same_file_is_said_and_what_was_read_stays() {
    let check = |change: &dyn Fn(&Path), expected: &[Change]| {
        let (folder, path) = log_of_lines();
        let mut follower = Follower::of(folder.path(), &[&path]);
        change(&path);
        let expected: Vec<Life> = expected.iter().map(|change| Life::Changed(*change)).collect();
        follower.until(|follower| follower.lives() == expected);
        assert_eq!((follower.log().len(), follower.failures), (5, 0));
    };
    check(&|path| std::fs::remove_file(path).unwrap(), &[Change::Gone]);
    check(&|path| File::options().write(true).open(path).unwrap().set_len(40).unwrap(), &[Change::Shorter]);
    // Rotation: the log is moved away, and another one begins under its name.
    let rotate = |path: &Path| {
        std::fs::rename(path, path.with_extension("1")).unwrap();
        std::fs::write(path, lines(5..400)).unwrap();
    };
    check(&rotate, &[Change::Replaced]);
    check(&|path| std::fs::write(path, lines(7..400)).unwrap(), &[Change::Replaced]);
}

#[test]
fn a_file_that_is_back_is_followed_again() {
    let (folder, path) = log_of_lines();
    let mut follower = Follower::of(folder.path(), &[&path]);
    let away = path.with_extension("away");
    std::fs::rename(&path, &away).unwrap();
    follower.until(|follower| follower.lives() == [Life::Changed(Change::Gone)]);
    std::fs::rename(&away, &path).unwrap();
    append(&path, &lines(5..6));
    follower.until(|follower| follower.log().len() == 6 && follower.lives() == [Life::Followed]);
}

/// Adds a copy of the last message of an Emmett store, under the next position.
fn send(connection: &Connection, n: usize) {
    let columns: Vec<String> = connection
        .prepare("SELECT name FROM pragma_table_info('emt_messages') WHERE name NOT IN ('global_position', 'message_id', 'stream_position')")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let columns = columns.join(", ");
    let sql = format!(
        "INSERT INTO emt_messages (message_id, stream_position, {columns})
         SELECT 'added-{n}', stream_position + 1, {columns} FROM emt_messages ORDER BY global_position DESC LIMIT 1"
    );
    assert_eq!(connection.execute(&sql, []).unwrap(), 1);
}

#[test]
fn rows_of_a_database_come_while_its_writer_has_it_open() {
    for mode in ["delete", "wal"] {
        let (folder, path) = copied("emmett.db");
        let writer = Connection::open(&path).unwrap();
        writer.pragma_update(None, "journal_mode", mode).unwrap();
        let mut follower = Follower::of(folder.path(), &[&path]);
        let events = follower.log().len();
        assert_eq!(follower.lives(), [Life::Followed]);
        for n in 0..3 {
            send(&writer, n);
            follower.until(|follower| follower.log().len() == events + n + 1);
        }
        let last = follower.log().last_row().unwrap();
        let event = follower.open.pool.fetch(follower.log(), &[last]).pop().unwrap().unwrap();
        assert_eq!(event.id.as_deref(), Some("added-2"), "{mode}");
        // Rows that were read are taken away: nothing can be read on behind them.
        writer.execute("DELETE FROM emt_messages WHERE message_id LIKE 'added%'", []).unwrap();
        follower.until(|follower| follower.lives() == [Life::Changed(Change::Rewritten)]);
        assert_eq!(follower.log().len(), events + 3);
    }
}

#[test]
fn a_source_that_does_not_grow_at_its_end_is_watched() {
    let folder = tempfile::tempdir().unwrap();
    let (list, packed) = (folder.path().join("list.json"), folder.path().join("log.jsonl.gz"));
    std::fs::write(&list, format!("[{}]", line(1))).unwrap();
    let mut packing =
        flate2::write::GzEncoder::new(File::create(&packed).unwrap(), flate2::Compression::fast());
    packing.write_all(lines(0..9).as_bytes()).unwrap();
    packing.finish().unwrap();
    let mut follower = Follower::of(folder.path(), &[&list, &packed]);
    assert_eq!(follower.lives(), [Life::Watched, Life::Watched]);
    std::fs::write(&list, format!("[{},{}]", line(1), line(2))).unwrap();
    follower.until(|follower| follower.lives() == [Life::Changed(Change::Rewritten), Life::Watched]);
    std::fs::remove_file(&packed).unwrap();
    follower.until(|follower| follower.lives()[1] == Life::Changed(Change::Gone));
    assert_eq!(follower.log().len(), 10);
}

#[test]
fn nothing_is_followed_that_is_not_open_any_more() {
    let (folder, path) = log_of_lines();
    let mut follower = Follower::of(folder.path(), &[&path]);
    let other = folder.path().join("other.jsonl");
    std::fs::write(&other, lines(0..2)).unwrap();
    follower.document = follower.engine.open(vec![LoadItem::detected(&other)]);
    while !follower.take() {}
    append(&path, &lines(5..6));
    append(&other, &lines(2..3));
    follower.until(|follower| follower.log().len() == 3);
    assert_eq!(follower.live.sources.len(), 1);
}
