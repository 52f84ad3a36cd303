//! Marked events are found again: where they were, elsewhere in a file that was written anew, or not at all.

use std::path::Path;

use sagascope::base::cancel::CancelToken;
use sagascope::engine::{Bookmark, Dirs, LoadItem, Loader, OpenLog};
use sagascope::model::{Row, SourceId};

fn open(paths: &[&Path]) -> OpenLog {
    let folder = tempfile::tempdir().unwrap();
    let mut loader = Loader::new(Dirs::in_folder(folder.path().to_owned()));
    for path in paths {
        loader.load(&LoadItem::detected(*path), &CancelToken::default(), &mut |_, _| {}).unwrap();
    }
    loader.publish()
}

/// Events of two types that take turns, a second apart; `ids` says whether they have ids.
fn write(path: &Path, numbers: impl Iterator<Item = u32>, ids: bool) {
    let line = |n: u32| {
        let id = if ids { format!(r#""id":"event-{n}","#) } else { String::new() };
        let kind = if n.is_multiple_of(2) { "Paid" } else { "Placed" };
        let time = format!("2026-03-01T08:{:02}:{:02}Z", n / 60, n % 60);
        format!(r#"{{{id}"stream":"order-{}","type":"{kind}","time":"{time}","data":{{"n":{n}}}}}"#, n % 7)
            + "\n"
    };
    std::fs::write(path, numbers.map(line).collect::<String>()).unwrap();
}

fn mark(open: &OpenLog, row: Row) -> Bookmark {
    let whole = open.pool.fetch(&open.log, &[row]).pop().unwrap().unwrap();
    Bookmark::of(&open.log, row, Some(&whole))
}

fn find(open: &OpenLog, source: u16, marks: &[Bookmark]) -> Vec<Option<usize>> {
    let wanted: Vec<_> = marks.iter().map(|mark| (SourceId(source), mark.clone())).collect();
    let found = open.find_bookmarks(&wanted, &CancelToken::default()).unwrap();
    found.into_iter().map(|row| row.map(Row::ordinal)).collect()
}

#[test]
fn a_marked_event_is_found_by_its_id_wherever_it_went() {
    let folder = tempfile::tempdir().unwrap();
    let (path, other) = (folder.path().join("a.jsonl"), folder.path().join("b.jsonl"));
    write(&path, 0..200, true);
    let log = open(&[&path]);
    let marks: Vec<Bookmark> = [3, 40, 199].iter().map(|at| mark(&log, Row::new(SourceId(0), *at))).collect();
    assert_eq!(marks[0].id.as_deref(), Some("event-3"));
    assert_eq!((&*marks[0].event_type, &*marks[0].stream), ("Placed", "order-3"));
    assert_eq!(find(&log, 0, &marks), [Some(3), Some(40), Some(199)]);
    // It grew: what was there stays where it was.
    write(&path, 0..900, true);
    assert_eq!(find(&open(&[&path]), 0, &marks), [Some(3), Some(40), Some(199)]);
    // It was written anew without its beginning: ids still name their events, and what went is gone.
    write(&path, 10..900, true);
    assert_eq!(find(&open(&[&path]), 0, &marks), [None, Some(30), Some(189)]);
    // Beside another file it is another source.
    write(&other, 0..50, true);
    assert_eq!(find(&open(&[&other, &path]), 1, &marks), [None, Some(30), Some(189)]);
}

#[test]
fn without_ids_the_place_in_the_file_counts_and_another_event_there_is_not_taken_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jsonl");
    write(&path, 0..200, false);
    let log = open(&[&path]);
    let marks: Vec<Bookmark> = [3, 40].iter().map(|at| mark(&log, Row::new(SourceId(0), *at))).collect();
    assert_eq!(marks[0].id, None);
    write(&path, 0..400, false);
    assert_eq!(find(&open(&[&path]), 0, &marks), [Some(3), Some(40)]);
    write(&path, 10..400, false);
    assert_eq!(find(&open(&[&path]), 0, &marks), [None, None]);
    write(&path, 0..5, false);
    assert_eq!(find(&open(&[&path]), 0, &marks), [Some(3), None]);
}

#[test]
fn looking_can_be_cancelled() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jsonl");
    write(&path, 0..200, true);
    let log = open(&[&path]);
    let gone =
        Bookmark { id: Some("nobody".to_owned()), event_type: "Paid".to_owned(), ..Bookmark::default() };
    let cancel = CancelToken::default();
    cancel.cancel();
    assert_eq!(log.find_bookmarks(&[(SourceId(0), gone.clone())], &cancel), None);
    assert_eq!(find(&log, 0, &[gone]), [None]);
}
