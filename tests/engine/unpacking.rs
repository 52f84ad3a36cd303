//! Compressed files are opened like what is in them, and leave nothing behind.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use sagascope::base::cancel::CancelToken;
use sagascope::engine::{Dirs, LoadFailure, LoadItem, LoadProgress, Loader, OpenLog};
use sagascope::index::EventLog;
use sagascope::model::RecordedEvent;
use serde_json::json;

type Pack = fn(&[u8]) -> Vec<u8>;

/// Every way in which a file may be compressed.
const PACKINGS: [(&str, Pack); 3] = [("gz", gzip), ("members.gz", two_members), ("zst", zstd)];

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// As `cat a.gz b.gz` makes it, and many tools that compress in parallel.
fn two_members(bytes: &[u8]) -> Vec<u8> {
    let (one, other) = bytes.split_at(bytes.len() / 3);
    [gzip(one), gzip(other)].concat()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

struct Place {
    folder: tempfile::TempDir,
    dirs: Dirs,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dirs = Dirs::in_folder(folder.path().join("home"));
        Self { folder, dirs }
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn open(&self, path: &Path) -> Result<OpenLog, LoadFailure> {
        self.open_until(path, &CancelToken::default(), &mut |_| {})
    }

    fn open_until(
        &self,
        path: &Path,
        cancel: &CancelToken,
        tell: &mut dyn FnMut(LoadProgress),
    ) -> Result<OpenLog, LoadFailure> {
        let mut loader = Loader::new(self.dirs.clone());
        let needs = loader.load(&LoadItem::detected(path), cancel, &mut |_, progress| tell(progress))?;
        assert!(needs.is_none(), "{}", path.display());
        Ok(loader.publish())
    }

    /// Folders of content that somebody still reads.
    fn left(&self) -> usize {
        std::fs::read_dir(self.dirs.cache.join("unpacked")).map_or(0, Iterator::count)
    }
}

fn events(open: &OpenLog) -> Vec<RecordedEvent> {
    let rows: Vec<_> = (0..open.log.len() as u64).map(|rank| open.log.row_at(rank)).collect();
    open.pool.fetch(&open.log, &rows).into_iter().map(Result::unwrap).collect()
}

#[test]
fn a_compressed_store_is_what_is_in_it() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data");
    for name in ["shop-week.jsonl", "written-by-emmett.db"] {
        let place = Place::new();
        let plain = place.open(&samples.join(name)).unwrap();
        let bytes = std::fs::read(samples.join(name)).unwrap();
        for (ending, pack) in PACKINGS {
            let packed = pack(&bytes);
            let path = place.file(&format!("{name}.{ending}"), &packed);
            let open = place.open(&path).unwrap();
            assert_eq!(events(&open), events(&plain), "{name}.{ending}");
            let info = &open.sources[0];
            assert_eq!((&info.path, info.bytes), (&path, packed.len() as u64));
            assert_eq!(info.format, plain.sources[0].format);
            let notes = info.notes.iter().filter(|note| note.starts_with("Unpacked from")).count();
            assert_eq!(notes, 1, "{:?}", info.notes);
            assert_eq!(place.left(), 1);
            drop(open);
            assert_eq!(place.left(), 0, "the content goes with the log");
            assert_eq!(std::fs::read(&path).unwrap(), packed, "the file itself is never written");
        }
    }
}

#[test]
fn what_is_cut_is_read_as_far_as_it_goes() {
    let lines: Vec<String> = (1..=2_000_u32)
        .map(|version| {
            let noise = version.wrapping_mul(2_654_435_761);
            json!({"type": "a", "stream": "s", "version": version, "data": {"n": noise}}).to_string()
        })
        .collect();
    let lines = lines.join("\n");
    for (ending, pack) in PACKINGS {
        let place = Place::new();
        let packed = pack(lines.as_bytes());
        let path = place.file(&format!("log.jsonl.{ending}"), &packed[..packed.len() * 2 / 3]);
        match place.open(&path) {
            Ok(open) => {
                assert!((1..2_000).contains(&open.log.len()), "{ending}: {}", open.log.len());
                let note = &open.sources[0].notes[0];
                assert!(note.contains("damaged or cut"), "{ending}: {note}");
            }
            // What is one block of zstd is there as a whole or not at all.
            Err(failure) => {
                assert_eq!(ending, "zst");
                assert!(
                    failure.problem.starts_with("This zstd file cannot be unpacked"),
                    "{}",
                    failure.problem
                );
            }
        }
        assert_eq!(place.left(), 0);
    }
}

#[test]
fn what_cannot_be_opened_is_named_by_the_file_that_people_see() {
    let place = Place::new();
    for (name, bytes, says) in [
        ("no.gz", vec![0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5, 6, 0xff, 0xff, 0xff], "cannot be unpacked"),
        ("no.zst", vec![0x28, 0xb5, 0x2f, 0xfd, 0xff, 0xff, 0xff], "cannot be unpacked"),
        ("picture.gz", gzip(b"GIF89a\0\0\0"), "looks like binary data"),
        ("twice.gz", gzip(&gzip(b"{}")), "looks like gzip-compressed data"),
        ("empty.gz", gzip(&[]), "This is an empty file"),
    ] {
        let path = place.file(name, &bytes);
        let failure = place.open(&path).unwrap_err();
        assert!(failure.problem.contains(says), "{name}: {}", failure.problem);
        assert!(failure.problem.ends_with(&path.display().to_string()), "{name}: {}", failure.problem);
        assert_eq!(place.left(), 0, "{name}");
    }
}

#[test]
fn a_cancel_while_unpacking_leaves_nothing() {
    let place = Place::new();
    let line = "{\"type\":\"a\",\"stream\":\"s\",\"data\":{}}\n";
    let path = place.file("log.gz", &gzip(line.repeat(200_000).as_bytes()));
    let cancel = CancelToken::default();
    let mut told = Vec::new();
    let open = place.open_until(&path, &cancel, &mut |progress| {
        told.push((progress.events, progress.share()));
        cancel.cancel();
    });
    let log: EventLog = open.unwrap().log;
    assert_eq!((log.len(), log.sources().len()), (0, 0));
    assert_eq!(told.len(), 1, "nothing is told after a cancel: {told:?}");
    assert!(told[0].1.is_some_and(|share| share > 0.0), "how much of the file is read: {told:?}");
    assert_eq!(place.left(), 0);
}
