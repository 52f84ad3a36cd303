//! How databases are opened: whatever lies beside them, and whatever another process does meanwhile, all
//! rows up to the newest are read, and nothing in the folder changes.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use rusqlite::Connection;
use rusqlite::fallible_iterator::FallibleIterator as _;
use sagascope::base::thread;
use sagascope::model::FetchError;
use sagascope::store::{ReadBatch, StoreError};

use crate::support::{EVENTS_TABLE, Everything, Listing, copied, events_of, fill, open_store, read_all};

/// Names the database to the test below when it runs as another process.
const WRITER: &str = "SAGASCOPE_TEST_WRITER";

/// Lets that process commit all the time until its input ends.
const COMMITTING: &str = "SAGASCOPE_TEST_COMMITTING";

/// Another process with a connection of its own: locks are between processes, so only one can show that they
/// are respected. It runs SQL line by line.
struct Writer {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Writer {
    fn on(path: &Path) -> Self {
        Self::start(Command::new(std::env::current_exe().unwrap()).env(WRITER, path))
    }

    /// One that commits a change of the first row all the time, and has begun to.
    fn committing(path: &Path) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let mut writer = Self::start(command.env(WRITER, path).env(COMMITTING, "1"));
        writer.answer("the first commit");
        writer
    }

    fn start(command: &mut Command) -> Self {
        let mut child = command
            .args(["--exact", "sqlite_opening::the_other_process", "--nocapture"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, input, output }
    }

    /// Runs SQL there; gives what it gave, or panics with its error.
    fn run(&mut self, sql: &str) -> String {
        writeln!(self.input, "{}", sql.replace('\n', " ")).unwrap();
        self.answer(sql)
    }

    fn answer(&mut self, sql: &str) -> String {
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "the writer ended at {sql}");
            if let Some((_, answer)) = line.trim_end_matches('\n').split_once("answer: ") {
                assert!(!answer.starts_with("error"), "{sql}: {answer}");
                return answer.to_owned();
            }
        }
    }

    /// As a crash would.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Closes the connection.
    fn end(mut self) {
        drop(self.input);
        assert!(self.child.wait().unwrap().success());
    }
}

/// Does nothing in a normal run; see [`Writer`].
#[test]
fn the_other_process() {
    let Some(path) = std::env::var_os(WRITER) else { return };
    let connection = Connection::open(path).unwrap();
    if std::env::var_os(COMMITTING).is_some() {
        thread::spawn("input", || {
            drop(std::io::stdin().read_to_end(&mut Vec::new()));
            std::process::exit(0);
        })
        .unwrap();
        connection.busy_timeout(std::time::Duration::from_mins(1)).unwrap();
        let mut answered = false;
        // Locked for most of the time, with a moment between two commits. Counting takes it, and no lock.
        let count = |to: u32| {
            format!(
                "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < {to}) SELECT max(i) FROM n;"
            )
        };
        let change = "UPDATE events SET metadata = '{}' WHERE rowid = 1;";
        let sql = format!("BEGIN EXCLUSIVE; {} {change} COMMIT; {}", count(60_000), count(6_000));
        loop {
            run(&connection, &sql).unwrap();
            if !std::mem::replace(&mut answered, true) {
                println!("answer: committing");
            }
        }
    }
    for sql in std::io::stdin().lines() {
        match run(&connection, &sql.unwrap()) {
            Ok(answer) => println!("answer: {answer}"),
            Err(error) => println!("answer: error {error}"),
        }
    }
}

/// Runs all statements; the first value of the last row that any gave is the answer.
fn run(connection: &Connection, sql: &str) -> rusqlite::Result<String> {
    let mut answer = String::new();
    let mut statements = rusqlite::Batch::new(connection, sql);
    while let Some(mut statement) = statements.next()? {
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            answer = format!("{:?}", row.get::<_, rusqlite::types::Value>(0)?);
        }
    }
    Ok(answer)
}

/// A folder with a database of `rows` events, and one for copies.
struct Place {
    folder: tempfile::TempDir,
    cache: tempfile::TempDir,
}

impl Place {
    fn new(mode: &str, rows: u32) -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap(), cache: tempfile::tempdir().unwrap() };
        Connection::open(place.path())
            .unwrap()
            .execute_batch(&format!("PRAGMA journal_mode = {mode}; {EVENTS_TABLE} {}", fill(1, rows)))
            .unwrap();
        place
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("store.db")
    }

    fn listing(&self) -> Listing {
        Listing::of(self.folder.path())
    }

    /// Opens, reads and fetches; checks that the folder stays as it is and that nothing stays in the cache.
    fn read(&self, beside_it: &[&str]) -> Everything {
        let before = self.listing();
        assert_eq!(before.names(), beside_it);
        let mut reader = open_store(&self.path(), self.cache.path()).unwrap();
        let read = read_all(&mut *reader);
        let mut payloads = reader.payloads().unwrap();
        for (fetched, event) in payloads.fetch(&read.locators).iter().zip(&read.events) {
            assert_eq!(fetched.as_ref(), Ok(event));
        }
        assert_eq!(self.listing(), before, "while it is open");
        drop((reader, payloads));
        assert_eq!(self.listing(), before, "after it was closed");
        let copies = self.cache.path().join("sqlite-copies");
        assert!(!copies.exists() || copies.read_dir().unwrap().next().is_none(), "no copy stays");
        assert!(read.error.is_none(), "{:?}", read.error);
        assert_eq!(read.issues, []);
        read
    }

    fn count(&self, beside_it: &[&str]) -> usize {
        self.read(beside_it).events.len()
    }

    fn was_copied(&self) -> bool {
        self.cache.path().join("sqlite-copies").exists()
    }
}

#[test]
fn a_rollback_database_is_read_in_place() {
    let place = Place::new("DELETE", 100);
    assert_eq!(place.count(&["store.db"]), 100);
    assert!(!place.was_copied());
}

#[test]
fn a_clean_wal_database_gets_no_files_beside_it() {
    let place = Place::new("WAL", 100);
    assert_eq!(place.count(&["store.db"]), 100);
    assert!(!place.was_copied());
}

#[cfg(unix)]
#[test]
fn a_folder_where_nothing_can_be_written_is_no_obstacle() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new("WAL", 100);
    let set = |path: &Path, mode| std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    set(&place.path(), 0o444);
    set(place.folder.path(), 0o555);
    let count = place.count(&["store.db"]);
    set(place.folder.path(), 0o755);
    assert_eq!(count, 100);
}

#[test]
fn rows_that_are_only_in_the_wal_of_a_living_writer_are_read() {
    let place = Place::new("WAL", 100);
    let mut writer = Writer::on(&place.path());
    writer.run("PRAGMA wal_autocheckpoint = 0");
    writer.run(&fill(101, 150));
    assert_eq!(place.count(&["store.db", "store.db-shm", "store.db-wal"]), 150);
    assert!(!place.was_copied());
    writer.end();
    assert_eq!(place.listing().names(), ["store.db"], "the writer could remove its WAL");
    assert_eq!(place.count(&["store.db"]), 150);
}

#[test]
fn a_wal_left_by_a_crash_is_read_whether_its_index_is_there_or_not() {
    let place = Place::new("WAL", 100);
    let mut writer = Writer::on(&place.path());
    writer.run("PRAGMA wal_autocheckpoint = 0");
    writer.run(&fill(101, 150));
    writer.kill();
    assert_eq!(place.count(&["store.db", "store.db-shm", "store.db-wal"]), 150);
    assert!(!place.was_copied());
    std::fs::write(place.folder.path().join("store.db-shm"), vec![0xaa; 32_768]).unwrap();
    assert_eq!(place.count(&["store.db", "store.db-shm", "store.db-wal"]), 150, "an index of garbage");
    std::fs::remove_file(place.folder.path().join("store.db-shm")).unwrap();
    assert_eq!(place.count(&["store.db", "store.db-wal"]), 150);
    assert!(place.was_copied());
}

#[test]
fn an_empty_wal_without_an_index_is_as_none() {
    let place = Place::new("WAL", 100);
    std::fs::write(place.folder.path().join("store.db-wal"), "").unwrap();
    assert_eq!(place.count(&["store.db", "store.db-wal"]), 100);
    assert!(!place.was_copied());
    let place = Place::new("DELETE", 100);
    std::fs::write(place.folder.path().join("store.db-wal"), "").unwrap();
    assert_eq!(place.count(&["store.db", "store.db-wal"]), 100);
}

#[test]
fn a_transaction_that_a_crash_left_half_done_is_not_seen() {
    let place = Place::new("DELETE", 5_000);
    let mut writer = Writer::on(&place.path());
    writer.run("PRAGMA cache_size = 5");
    writer.run("BEGIN IMMEDIATE");
    writer.run("UPDATE events SET event_type = 'Wrong'");
    writer.run(&fill(5_001, 6_000));
    writer.kill();
    let raw = std::fs::read(place.path()).unwrap();
    assert!(raw.windows(5).any(|bytes| bytes == b"Wrong"), "the crash has to leave something to roll back");
    let read = place.read(&["store.db", "store.db-journal"]);
    assert_eq!(read.events.len(), 5_000);
    assert!(read.events.iter().all(|event| event.event_type == "Placed"));
    assert!(place.was_copied());
}

#[test]
fn a_writer_in_the_middle_of_a_transaction_is_no_obstacle() {
    let place = Place::new("DELETE", 100);
    let mut writer = Writer::on(&place.path());
    writer.run("BEGIN IMMEDIATE");
    writer.run(&fill(101, 110));
    assert_eq!(place.count(&["store.db", "store.db-journal"]), 100);
    assert!(!place.was_copied());
    writer.run("COMMIT");
    writer.end();
    assert_eq!(place.count(&["store.db"]), 110);
}

#[test]
fn a_locked_database_is_a_sentence_after_a_short_wait() {
    let place = Place::new("DELETE", 100);
    let mut writer = Writer::on(&place.path());
    writer.run("BEGIN EXCLUSIVE");
    let before = place.listing();
    let error = open_store(&place.path(), place.cache.path()).map(|_| ()).unwrap_err().to_string();
    assert!(error.starts_with("SQLite cannot read this store: another program has locked it."), "{error}");
    assert!(error.ends_with("store.db"), "{error}");
    assert_eq!(place.listing(), before);
    writer.run("COMMIT");
    writer.end();
    assert_eq!(place.count(&["store.db"]), 100);
}

#[test]
fn a_store_is_read_and_its_events_are_fetched_while_somebody_commits_all_the_time() {
    for mode in ["DELETE", "TRUNCATE", "PERSIST", "WAL"] {
        let place = Place::new(mode, 400);
        let writer = Writer::committing(&place.path());
        let mut reader = open_store(&place.path(), place.cache.path()).unwrap();
        let read = read_all(&mut *reader);
        assert!(read.error.is_none(), "{mode}: {:?}", read.error);
        assert_eq!(read.events.len(), 400, "{mode}");
        let mut payloads = reader.payloads().unwrap();
        for locators in read.locators.chunks(8) {
            for fetched in payloads.fetch(locators) {
                assert!(fetched.is_ok(), "{mode}: {fetched:?}");
            }
        }
        writer.end();
    }
}

#[test]
fn a_writer_can_checkpoint_and_go_on_while_a_store_is_read() {
    let place = Place::new("WAL", 6_000);
    let mut writer = Writer::on(&place.path());
    writer.run(&fill(6_001, 9_000));
    let mut reader = open_store(&place.path(), place.cache.path()).unwrap();
    let mut batch = ReadBatch::default();
    assert!(!reader.read_batch(&mut batch).unwrap().finished);
    assert_eq!(batch.events.len(), 4_096);
    writer.run(&fill(9_001, 9_500));
    let checkpointed = writer.run("PRAGMA wal_checkpoint(TRUNCATE)");
    assert_eq!(checkpointed, "Integer(0)", "the whole WAL was taken over");
    let rest = read_all(&mut *reader);
    assert!(rest.error.is_none(), "{:?}", rest.error);
    assert_eq!(4_096 + rest.events.len(), 9_000, "up to the newest event at opening");
    writer.end();
    assert_eq!(place.listing().names(), ["store.db"], "an open reader keeps no file alive");
    let mut payloads = reader.payloads().unwrap();
    assert!(payloads.fetch(&rest.locators).iter().all(Result::is_ok));
}

#[test]
fn a_writer_that_comes_and_goes_between_batches_is_noticed() {
    let place = Place::new("WAL", 9_000);
    let mut reader = open_store(&place.path(), place.cache.path()).unwrap();
    let mut batch = ReadBatch::default();
    reader.read_batch(&mut batch).unwrap();
    let mut writer = Writer::on(&place.path());
    writer.run("PRAGMA wal_autocheckpoint = 0");
    writer.run("UPDATE events SET event_type = 'Later' WHERE rowid > 8000");
    reader.read_batch(&mut batch).unwrap();
    writer.end();
    let rest = read_all(&mut *reader);
    assert!(rest.error.is_none(), "{:?}", rest.error);
    assert_eq!(batch.events.len() + rest.events.len(), 9_000);
    let later = batch.events.iter().map(|(_, event)| event).chain(&rest.events);
    assert_eq!(later.filter(|event| event.event_type == "Later").count(), 1_000);
    assert_eq!(place.listing().names(), ["store.db"]);
}

/// A store of 9,000 rows of which one of three is missing. Without an index VACUUM gives new rowids.
fn with_gaps(mode: &str) -> Place {
    let place = Place::new(mode, 1);
    let table = EVENTS_TABLE.replace(", PRIMARY KEY (aggregate_type, aggregate_id, sequence)", "");
    Connection::open(place.path())
        .unwrap()
        .execute_batch(&format!(
            "DROP TABLE events; {table} {} DELETE FROM events WHERE rowid % 3 = 0",
            fill(1, 13_500)
        ))
        .unwrap();
    place
}

#[test]
fn a_vacuum_that_renumbers_rows_is_noticed_by_reader_and_payloads() {
    for mode in ["DELETE", "WAL"] {
        let place = with_gaps(mode);
        let mut reader = open_store(&place.path(), place.cache.path()).unwrap();
        let mut payloads = reader.payloads().unwrap();
        let mut batch = ReadBatch::default();
        reader.read_batch(&mut batch).unwrap();
        let locators: Vec<_> = batch.events.iter().skip(10).map(|(locator, _)| *locator).collect();
        assert!(payloads.fetch(&locators).iter().all(Result::is_ok));
        Connection::open(place.path()).unwrap().execute_batch("VACUUM").unwrap();
        assert!(matches!(reader.read_batch(&mut batch), Err(StoreError::Changed { .. })), "{mode}");
        assert!(payloads.fetch(&locators).iter().all(|event| *event == Err(FetchError::Changed)), "{mode}");
    }
}

#[test]
fn a_vacuum_that_keeps_all_keys_is_no_change() {
    for name in ["emmett.db", "cqrs-es.db"] {
        let (folder, path) = copied(name);
        let mut reader = open_store(&path, folder.path()).unwrap();
        let read = read_all(&mut *reader);
        Connection::open(&path).unwrap().execute_batch("VACUUM").unwrap();
        let fetched = reader.payloads().unwrap().fetch(&read.locators);
        assert!(
            fetched.iter().zip(&read.events).all(|(fetched, event)| fetched.as_ref() == Ok(event)),
            "{name}"
        );
    }
}

#[test]
fn another_file_under_the_same_name_is_another_store() {
    let place = Place::new("WAL", 9_000);
    let mut reader = open_store(&place.path(), place.cache.path()).unwrap();
    let mut batch = ReadBatch::default();
    reader.read_batch(&mut batch).unwrap();
    let locators: Vec<_> = batch.events.iter().map(|(locator, _)| *locator).collect();
    // The same content, but nobody can know that.
    let other = place.folder.path().join("other.db");
    std::fs::copy(place.path(), &other).unwrap();
    std::fs::rename(&other, place.path()).unwrap();
    assert!(matches!(reader.read_batch(&mut batch), Err(StoreError::Changed { .. })));
    let fetched = reader.payloads().unwrap().fetch(&locators[..3]);
    assert!(fetched.iter().all(|event| *event == Err(FetchError::Changed)), "{fetched:?}");
    std::fs::remove_file(place.path()).unwrap();
    assert!(matches!(reader.read_batch(&mut batch), Err(StoreError::Changed { .. })));
}

#[test]
fn a_file_that_is_overwritten_in_place_is_noticed() {
    let (folder, path) = copied("cqrs-es.db");
    let mut reader = open_store(&path, folder.path()).unwrap();
    let read = read_all(&mut *reader);
    let other = Place::new("WAL", 5_000);
    std::fs::write(&path, std::fs::read(other.path()).unwrap()).unwrap();
    let fetched = reader.payloads().unwrap().fetch(&read.locators);
    assert!(fetched.iter().all(|event| *event == Err(FetchError::Changed)), "{fetched:?}");
}

#[test]
fn a_table_that_was_altered_is_noticed() {
    let place = Place::new("DELETE", 9_000);
    let mut reader = open_store(&place.path(), place.cache.path()).unwrap();
    let mut batch = ReadBatch::default();
    reader.read_batch(&mut batch).unwrap();
    let connection = Connection::open(place.path()).unwrap();
    connection.execute_batch("CREATE TABLE another (a); CREATE INDEX i ON events (event_type)").unwrap();
    reader.read_batch(&mut batch).unwrap();
    connection.execute_batch("ALTER TABLE events RENAME COLUMN metadata TO more").unwrap();
    assert!(matches!(reader.read_batch(&mut batch), Err(StoreError::Changed { .. })));
}

#[test]
fn rows_added_to_a_table_without_rowids_do_not_hide_the_ones_that_were_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let connection = Connection::open(&path).unwrap();
    let insert = |from: u32, to: u32, step: u32| {
        let sql = format!(
            "WITH RECURSIVE n(i) AS (VALUES ({from}) UNION ALL SELECT i + {step} FROM n WHERE i + {step} <= {to})
             INSERT INTO stored_events SELECT printf('%08d', i), 1, 'shop:Order.Placed', '{{\"n\":' || i || '}}' FROM n"
        );
        connection.execute_batch(&sql).unwrap();
    };
    connection
        .execute_batch(
            "CREATE TABLE stored_events (originator_id TEXT, originator_version INTEGER, topic TEXT, state BLOB,
                 PRIMARY KEY (originator_id, originator_version)) WITHOUT ROWID",
        )
        .unwrap();
    insert(2, 10_000, 2);
    let mut reader = open_store(&path, folder.path()).unwrap();
    let read = read_all(&mut *reader);
    assert_eq!(read.events.len(), 5_000);
    insert(1, 9_999, 2);
    let some: Vec<usize> = vec![0, 1, 63, 64, 65, 2_500, 4_998, 4_999];
    let locators: Vec<_> = some.iter().map(|index| read.locators[*index]).collect();
    let fetched = reader.payloads().unwrap().fetch(&locators);
    for (index, fetched) in some.iter().zip(&fetched) {
        assert_eq!(fetched.as_ref(), Ok(&read.events[*index]), "{index}");
    }
    connection.execute_batch("DELETE FROM stored_events WHERE originator_id = '00000004'").unwrap();
    assert_eq!(reader.payloads().unwrap().fetch(&locators)[1], Err(FetchError::Changed));
}

#[test]
fn a_linked_store_is_judged_by_what_lies_beside_the_file_itself() {
    let place = Place::new("WAL", 100);
    let mut writer = Writer::on(&place.path());
    writer.run("PRAGMA wal_autocheckpoint = 0");
    writer.run(&fill(101, 150));
    #[cfg(unix)]
    {
        let elsewhere = tempfile::tempdir().unwrap();
        let link = elsewhere.path().join("link.db");
        std::os::unix::fs::symlink(place.path(), &link).unwrap();
        assert_eq!(events_of(&link).len(), 150);
        assert_eq!(elsewhere.path().read_dir().unwrap().count(), 1);
    }
    writer.end();
}

#[test]
fn what_is_no_file_is_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    for (path, expected) in [
        (folder.path().join("none.db"), "Cannot read the file: it does not exist."),
        (folder.path().to_owned(), "Cannot read the file: it is a folder."),
    ] {
        let error = open_store(&path, folder.path()).map(|_| ()).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}
