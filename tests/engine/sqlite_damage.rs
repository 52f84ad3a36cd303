//! Broken databases: a sentence and what could be read, never a crash.

use std::path::{Path, PathBuf};

use sagascope::base::prng::Prng;
use sagascope::model::{FetchError, RecordedEvent};
use sagascope::store::StoreError;

use crate::support::{
    EVENTS_TABLE, Everything, Listing, copied, data, events_of, fill, open_store, read_all,
};

/// Reads `content` as a store; checks that it stays as it is and that no message is empty.
fn attempt(folder: &Path, content: &[u8]) -> Result<Everything, StoreError> {
    let path = folder.join("broken.db");
    std::fs::write(&path, content).unwrap();
    let before = Listing::of(folder);
    let cache = tempfile::tempdir().unwrap();
    let read = open_store(&path, cache.path()).map(|mut reader| {
        let read = read_all(&mut *reader);
        let fetched = reader.payloads().unwrap().fetch(&read.locators);
        assert!(!fetched.contains(&Err(FetchError::Changed)), "nobody changed it");
        assert!(!matches!(read.error, Some(StoreError::Changed { .. })), "nobody changed it");
        read
    });
    assert_eq!(Listing::of(folder), before);
    if let Err(error) = &read {
        let text = error.to_string();
        assert!(text.ends_with("broken.db") && text.len() > 60, "{text}");
    }
    read
}

/// What could be read is the beginning of the whole, and the rest is one issue.
fn check_beginning(read: &Everything, whole: &[RecordedEvent], what: &str) {
    assert!(read.error.is_none(), "{what}: {:?}", read.error);
    assert!(whole.starts_with(&read.events), "{what}: {} events", read.events.len());
    assert_eq!(read.issues.len(), usize::from(read.events.len() < whole.len()), "{what}: {:?}", read.issues);
    for issue in &read.issues {
        assert!(issue.problem.starts_with("The rest cannot be read: "), "{what}: {issue:?}");
    }
}

fn synthetic(folder: &Path) -> PathBuf {
    let path = folder.join("whole.db");
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch(&format!("{EVENTS_TABLE} {}", fill(1, 6_000)))
        .unwrap();
    path
}

#[test]
fn a_store_that_was_cut_gives_its_beginning_wherever_it_was_cut() {
    let made = tempfile::tempdir().unwrap();
    for path in [data("emmett.db"), data("pyeventsourcing.db"), synthetic(made.path())] {
        let content = std::fs::read(&path).unwrap();
        let copy = tempfile::tempdir().unwrap();
        let whole = copy.path().join("whole.db");
        std::fs::copy(&path, &whole).unwrap();
        let whole = events_of(&whole);
        let folder = tempfile::tempdir().unwrap();
        let mut partly = 0;
        for part in 0..50 {
            let cut = content.len() * part / 50;
            let what = format!("{} cut at {cut}", path.display());
            if let Ok(read) = attempt(folder.path(), &content[..cut]) {
                check_beginning(&read, &whole, &what);
                partly += usize::from(!read.events.is_empty());
            }
        }
        assert!(partly >= 10, "{}: only {partly} of 50 gave anything", path.display());
    }
}

#[test]
fn a_page_of_zeros_ends_the_reading_there() {
    let folder = tempfile::tempdir().unwrap();
    let whole = events_of(&synthetic(folder.path()));
    let content = std::fs::read(folder.path().join("whole.db")).unwrap();
    let broken = tempfile::tempdir().unwrap();
    for page in (1..content.len() / 4096).step_by(37) {
        let mut content = content.clone();
        content[page * 4096..][..4096].fill(0);
        if let Ok(read) = attempt(broken.path(), &content) {
            check_beginning(&read, &whole, &format!("page {page}"));
        }
    }
}

#[test]
fn random_bytes_after_a_header_are_a_sentence() {
    let header = &std::fs::read(data("emmett.db")).unwrap()[..100];
    let folder = tempfile::tempdir().unwrap();
    for seed in 0..40 {
        let mut prng = Prng::new(seed);
        let mut content = header.to_vec();
        content.extend((0..prng.below(40_000)).map(|_| prng.next_u64() as u8));
        let read = attempt(folder.path(), &content);
        assert!(read.is_err(), "seed {seed}: {read:?}");
    }
}

#[test]
fn random_changes_never_crash() {
    let content = std::fs::read(data("cqrs-es.db")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for seed in 0..150 {
        let mut prng = Prng::new(seed);
        let mut content = content.clone();
        for _ in 0..prng.between(1, 200) {
            let at = prng.below(content.len() as u64) as usize;
            content[at] = prng.next_u64() as u8;
        }
        drop(attempt(folder.path(), &content));
    }
}

/// `content` with another key in one cell of a page of a table, where that is such a page and has the cell.
fn with_wrong_key(content: &[u8], page: usize, cell: usize) -> Option<Vec<u8>> {
    let at = page * 4096;
    let (pointers, before_key) = match content[at] {
        // A leaf's cell begins with the size of its row, an inner page's with the number of a child.
        0x0d => (at + 8, None),
        0x05 => (at + 12, Some(4)),
        _ => return None,
    };
    let number = |at: usize| usize::from(u16::from_be_bytes([content[at], content[at + 1]]));
    let cell = (cell < number(at + 3)).then(|| at + number(pointers + 2 * cell))?;
    let size_len = content[cell..].iter().position(|byte| byte & 0x80 == 0)? + 1;
    let key = cell + before_key.unwrap_or(size_len);
    let mut content = content.to_vec();
    // The same number of bytes; another order than that of the cells around it.
    content[key] ^= if content[key] & 0x80 == 0 { 0x40 } else { 0x20 };
    Some(content)
}

#[test]
fn a_key_out_of_order_is_damage_and_no_change() {
    let made = tempfile::tempdir().unwrap();
    let whole = events_of(&synthetic(made.path()));
    let content = std::fs::read(made.path().join("whole.db")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut tried = 0;
    for page in 1..content.len() / 4096 {
        let inner = content[page * 4096] == 0x05;
        if !inner && !page.is_multiple_of(7) {
            continue;
        }
        for cell in (0..200).step_by(if inner { 3 } else { 17 }) {
            let Some(content) = with_wrong_key(&content, page, cell) else { continue };
            let what = format!("page {page}, cell {cell}");
            tried += 1;
            let read = attempt(folder.path(), &content).unwrap_or_else(|error| panic!("{what}: {error}"));
            assert!(read.error.is_none(), "{what}: {:?}", read.error);
            if read.events.len() < whole.len() {
                let problems: Vec<&str> = read.issues.iter().map(|issue| &*issue.problem).collect();
                let [problem] = problems[..] else { panic!("{what}: {problems:?}") };
                assert!(problem.contains("it is damaged"), "{what}: {problem}");
            }
        }
    }
    assert!(tried >= 50, "only {tried} keys were tried");
}

#[test]
fn a_header_alone_and_an_empty_database_say_what_they_are() {
    let folder = tempfile::tempdir().unwrap();
    assert!(attempt(folder.path(), b"SQLite format 3\0").is_err());
    let empty = folder.path().join("empty.db");
    rusqlite::Connection::open(&empty).unwrap().execute_batch("CREATE TABLE t (a); DROP TABLE t").unwrap();
    let error = open_store(&empty, folder.path()).map(|_| ()).unwrap_err();
    assert!(matches!(error, StoreError::NotAStore { .. } | StoreError::Mapping { .. }), "{error}");
}

#[test]
fn a_schema_made_to_do_harm_does_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch(&format!(
            "{EVENTS_TABLE} {}
             CREATE VIEW v AS WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT i FROM n;
             CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM events; END;
             CREATE VIRTUAL TABLE f USING fts5(type, stream_id, time);",
            fill(1, 10)
        ))
        .unwrap();
    assert_eq!(events_of(&path).len(), 10);
}

/// What is left of an object-centric log says what the whole one says, and what is missing is told.
fn check_rest(read: &Everything, whole: &[RecordedEvent], what: &str) {
    assert!(read.error.is_none(), "{what}: {:?}", read.error);
    for event in &read.events {
        let known = whole.iter().find(|known| known.id == event.id);
        let known = known.unwrap_or_else(|| panic!("{what}: {event:?}"));
        assert_eq!(event.event_type, known.event_type, "{what}");
        // A long text has pages of its own, and nothing tells that the bytes in one are others.
        if event.warnings.is_empty() && known.data.len() < 1_000 {
            assert_eq!((event.occurred_at, &event.data), (known.occurred_at, &known.data), "{what}");
        }
    }
    let are_bare = read.events.iter().filter(|event| !event.warnings.is_empty()).count();
    let are_homeless = read.events.iter().filter(|event| event.streams.is_empty()).count();
    if read.events.len() < whole.len() || are_bare > 0 || are_homeless > 0 {
        assert!(
            read.issues.iter().any(|issue| issue.problem.contains("it is damaged")),
            "{what}: {} events, {are_bare} bare, {are_homeless} homeless, {:?}",
            read.events.len(),
            read.issues
        );
    }
}

/// Two tables of events, in a log that fills more than a page of each table.
fn objects(folder: &Path, without_rowid: &str) -> PathBuf {
    let path = folder.join("objects.db");
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch(&format!(
            "CREATE TABLE event(ocel_id TEXT PRIMARY KEY, ocel_type TEXT) {without_rowid};
            CREATE TABLE object(ocel_id TEXT PRIMARY KEY, ocel_type TEXT) {without_rowid};
            CREATE TABLE event_object(ocel_event_id TEXT, ocel_object_id TEXT, ocel_qualifier TEXT,
                PRIMARY KEY(ocel_event_id, ocel_object_id)) {without_rowid};
            CREATE TABLE event_map_type(ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT) {without_rowid};
            CREATE TABLE event_Placed(ocel_id TEXT PRIMARY KEY, ocel_time TEXT, note TEXT) {without_rowid};
            CREATE TABLE event_Paid(ocel_id TEXT PRIMARY KEY, ocel_time TEXT, amount REAL) {without_rowid};
            INSERT INTO event_map_type VALUES ('order placed', 'Placed'), ('order paid', 'Paid');
            WITH RECURSIVE n(i) AS (VALUES (1000) UNION ALL SELECT i + 1 FROM n WHERE i < 2999)
            INSERT INTO event SELECT 'e' || i, iif(i % 2, 'order placed', 'order paid') FROM n;
            INSERT INTO object SELECT DISTINCT 'o' || substr(ocel_id, 2, 3), 'order' FROM event;
            INSERT INTO event_object SELECT ocel_id, 'o' || substr(ocel_id, 2, 3), 'of' FROM event;
            INSERT INTO event_Placed SELECT ocel_id, datetime(substr(ocel_id, 2) + 0, 'unixepoch'),
                iif(ocel_id LIKE '%51', printf('%.9000c', 'x'), 'short') FROM event WHERE ocel_type = 'order placed';
            INSERT INTO event_Paid SELECT ocel_id, datetime(substr(ocel_id, 2) + 0, 'unixepoch'), 1.5 FROM event
                WHERE ocel_type = 'order paid';"
        ))
        .unwrap();
    path
}

/// How many events are left of an object-centric log without each of its pages.
fn left_without_a_page(path: &Path, whole: &[RecordedEvent]) -> Vec<Option<usize>> {
    let content = std::fs::read(path).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let pages = 1..content.len() / 4096;
    pages
        .map(|page| {
            let mut content = content.clone();
            content[page * 4096..][..4096].fill(0);
            let read = attempt(folder.path(), &content).ok()?;
            check_rest(&read, whole, &format!("{} without page {page}", path.display()));
            Some(read.events.len())
        })
        .collect()
}

#[test]
fn a_page_of_an_object_centric_log_that_is_lost_loses_no_event() {
    let (_copy, path) = copied("shop.ocel2.sqlite");
    let left = left_without_a_page(&path, &events_of(&path));
    // Two pages are of its schema: nothing can be asked of a database without that.
    assert_eq!(left.iter().filter(|left| left.is_none()).count(), 2, "{left:?}");
    assert!(left.iter().flatten().all(|left| *left == 120), "{left:?}");
    let made = tempfile::tempdir().unwrap();
    let path = objects(made.path(), "");
    let left = left_without_a_page(&path, &events_of(&path));
    assert!(left.iter().all(|left| *left == Some(2_000)), "{left:?}");
}

#[test]
fn an_object_centric_log_without_rowids_loses_no_event_either() {
    let made = tempfile::tempdir().unwrap();
    let path = objects(made.path(), "WITHOUT ROWID");
    let whole = events_of(&path);
    let left = left_without_a_page(&path, &whole);
    assert!(left.iter().all(|left| *left == Some(2_000)), "{left:?}");
}

#[test]
fn an_object_centric_log_that_was_cut_gives_what_is_left_of_any_table() {
    let made = tempfile::tempdir().unwrap();
    let path = objects(made.path(), "");
    let (whole, content) = (events_of(&path), std::fs::read(&path).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let mut left = Vec::new();
    for part in 1..40 {
        let what = format!("{part} of 40");
        let read = attempt(folder.path(), &content[..content.len() * part / 40]).unwrap();
        check_rest(&read, &whole, &what);
        assert!(!read.issues.is_empty(), "{what}");
        left.push(read.events.len());
    }
    assert!(left.is_sorted() && left[10] > 1_500 && left[20] == 2_000, "{left:?}");
}

#[test]
fn a_key_out_of_order_loses_no_event_of_an_object_centric_log() {
    let made = tempfile::tempdir().unwrap();
    let path = objects(made.path(), "");
    let (whole, content) = (events_of(&path), std::fs::read(&path).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let mut tried = 0;
    for page in 1..content.len() / 4096 {
        for cell in (0..60).step_by(19) {
            let Some(content) = with_wrong_key(&content, page, cell) else { continue };
            tried += 1;
            let read = attempt(folder.path(), &content).unwrap();
            check_rest(&read, &whole, &format!("page {page}, cell {cell}"));
            assert!(read.events.len() >= whole.len() - 1, "page {page}, cell {cell}: {}", read.events.len());
        }
    }
    assert!(tried >= 50, "only {tried} keys were tried");
}

#[test]
fn random_changes_of_an_object_centric_log_never_crash() {
    let content = std::fs::read(data("shop.ocel2.sqlite")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for seed in 0..100 {
        let mut prng = Prng::new(seed);
        let mut content = content.clone();
        for _ in 0..prng.between(1, 200) {
            let at = prng.below(content.len() as u64) as usize;
            content[at] = prng.next_u64() as u8;
        }
        drop(attempt(folder.path(), &content));
    }
}
