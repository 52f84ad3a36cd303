//! What tests of stores share: samples, opening, reading to the end, and folders before and after.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use sagascope::base::cancel::CancelToken;
use sagascope::engine::{Dirs, LoadItem, Loader, OpenLog};
use sagascope::model::{Locator, ReadIssue, RecordedEvent};
use sagascope::store::mapping::Mapping;
use sagascope::store::{OpenRequest, ReadBatch, StoreError, StoreReader, look, open};

/// A file of `tests/data`.
pub(crate) fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// A copy of a file of `tests/data`, in a folder of its own.
pub(crate) fn copied(name: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::copy(data(name), &path).unwrap();
    (folder, path)
}

/// The log of a store whose format is known.
pub(crate) fn open_log(path: &Path) -> OpenLog {
    let folder = tempfile::tempdir().unwrap();
    let mut loader = Loader::new(Dirs::in_folder(folder.path().to_owned()));
    let needs = loader.load(&LoadItem::detected(path), &CancelToken::default(), &mut |_, _| {}).unwrap();
    assert!(needs.is_none(), "{}", path.display());
    loader.publish()
}

/// A large sample that is not part of the repository; says so when it is not there.
pub(crate) fn sample(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("SAGASCOPE_SAMPLES").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/samples")),
        PathBuf::from,
    );
    let path = root.join(name);
    if !path.exists() {
        println!("skipped: {} is not there (set SAGASCOPE_SAMPLES)", path.display());
        return None;
    }
    Some(path)
}

/// Opens a store with a cache folder that must not be needed, or may be.
pub(crate) fn open_store(path: &Path, cache: &Path) -> Result<Box<dyn StoreReader>, StoreError> {
    let shape = look(path, cache)?;
    open(&OpenRequest { path, shape: &shape, cache_dir: cache }, None, None)
}

/// Opens a store through a mapping.
pub(crate) fn open_mapped(
    path: &Path,
    cache: &Path,
    mapping: &Mapping,
) -> Result<Box<dyn StoreReader>, StoreError> {
    let shape = look(path, cache)?;
    open(&OpenRequest { path, shape: &shape, cache_dir: cache }, None, Some(mapping))
}

/// All that a reader gives.
#[derive(Debug, Default)]
pub(crate) struct Everything {
    pub(crate) locators: Vec<Locator>,
    pub(crate) events: Vec<RecordedEvent>,
    pub(crate) issues: Vec<ReadIssue>,
    pub(crate) error: Option<StoreError>,
}

/// Reads to the end or to an error.
pub(crate) fn read_all(reader: &mut dyn StoreReader) -> Everything {
    let mut everything = Everything::default();
    let mut before = 0;
    loop {
        let mut batch = ReadBatch::default();
        let progress = reader.read_batch(&mut batch);
        let (locators, events): (Vec<_>, Vec<_>) = batch.events.into_iter().unzip();
        everything.locators.extend(locators);
        everything.events.extend(events);
        everything.issues.extend(batch.issues);
        match progress {
            Ok(progress) => {
                assert!(progress.done >= before, "progress goes forward");
                assert!(progress.total.is_none_or(|total| progress.done <= total), "{progress:?}");
                before = progress.done;
                if progress.finished {
                    return everything;
                }
            }
            Err(error) => {
                everything.error = Some(error);
                return everything;
            }
        }
    }
}

/// Opens and reads a store that is whole, and fetches every event again.
pub(crate) fn events_of(path: &Path) -> Vec<RecordedEvent> {
    let cache = tempfile::tempdir().unwrap();
    let mut reader = open_store(path, cache.path()).unwrap();
    let everything = read_all(&mut *reader);
    assert_eq!(everything.issues, []);
    assert!(everything.error.is_none(), "{:?}", everything.error);
    let fetched = reader.payloads().unwrap().fetch(&everything.locators);
    assert_eq!(fetched.len(), everything.events.len());
    for (fetched, event) in fetched.into_iter().zip(&everything.events) {
        assert_eq!(fetched.as_ref(), Ok(event));
    }
    everything.events
}

/// Every file of a folder with its content and time of change.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Listing(BTreeMap<OsString, (Vec<u8>, std::time::SystemTime)>);

impl Listing {
    pub(crate) fn of(folder: &Path) -> Self {
        let files = std::fs::read_dir(folder).unwrap().map(|entry| {
            let entry = entry.unwrap();
            let changed = entry.metadata().unwrap().modified().unwrap();
            (entry.file_name(), (std::fs::read(entry.path()).unwrap(), changed))
        });
        Self(files.collect())
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.0.keys().map(|name| name.to_str().unwrap()).collect()
    }
}

/// Names and sizes: contents would fill the screen.
impl std::fmt::Debug for Listing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sizes = self.0.iter().map(|(name, (content, changed))| (name, (content.len(), changed)));
        f.debug_map().entries(sizes).finish()
    }
}

/// The table of cqrs-es.
pub(crate) const EVENTS_TABLE: &str = "CREATE TABLE events (aggregate_type TEXT, aggregate_id TEXT, sequence INTEGER, \
     event_type TEXT, event_version TEXT, payload TEXT, metadata TEXT, \
     PRIMARY KEY (aggregate_type, aggregate_id, sequence));";

/// SQL that adds the events `from..=to` to it, ten a stream.
pub(crate) fn fill(from: u32, to: u32) -> String {
    format!(
        "WITH RECURSIVE n(i) AS (VALUES ({from}) UNION ALL SELECT i + 1 FROM n WHERE i < {to}) \
         INSERT INTO events (rowid, aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata) \
         SELECT i, 'Order', 'o-' || (i / 10), i % 10 + 1, 'Placed', '1.0', \
         '{{\"Placed\":{{\"n\":' || i || '}}}}', '{{}}' FROM n;"
    )
}
