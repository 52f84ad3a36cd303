//! What is fuzzed: every parser that meets bytes from elsewhere, as a function of bytes that must neither panic nor
//! contradict itself. The same functions are driven by `cargo fuzz` (`parsers.rs`) and, with a fixed number of
//! mutations, by the ordinary tests. Adding one is one function and one entry here.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use sagascope::base::cancel::CancelToken;
use sagascope::domain::Domain;
use sagascope::engine::{Dirs, LoadItem, Loader, OpenLog};
use sagascope::model::{Locator, Row, Timestamp};
use sagascope::query::{Known, Query, complete};
use sagascope::sim::recipe::Recipe;
use sagascope::store::mapping::Mapping;
use sagascope::store::{EnvelopeBatch, OpenRequest, ReadBatch, StoreReader, look, open};

/// Something that is fuzzed.
pub(crate) struct Target {
    /// Its name, as `cargo fuzz` knows it.
    pub(crate) name: &'static str,
    /// Files to begin from, below the repository.
    pub(crate) files: &'static [&'static str],
    /// Texts to begin from.
    pub(crate) texts: &'static [&'static str],
    /// What must hold for any bytes.
    pub(crate) run: fn(&[u8]),
}

/// All of them.
pub(crate) static TARGETS: &[Target] = &[
    Target {
        name: "query",
        files: &[],
        texts: &[
            "type:payment.* stream:order-42 after:2026-03-01T08:00 before:10m data.total>100 meta.userId=7",
            "version<3 corr:8f7b… \"free text\" saga:stuck -type:*.heartbeat (a or b)",
            "data.lines[*].sku=SKU-001 cause:(type:*Declined)/2 wait>250ms size>10kB type~^pay | top 20 stream",
            "corr.has:(is:failure) stream.events>100 | count by data.status",
        ],
        run: query,
    },
    Target {
        name: "recipe",
        files: &[],
        texts: &[
            "shop/fulfilment?seed=7&fault=process-payment:timeout&without=idempotency",
            "shop/fulfilment?seed=7&act=3:lose:process-payment/command&act=4:stop:inventory&act=15:start:inventory",
            "travel/trip?sagas=20&every=5ms&fault=issue-vouchers:lost:99",
        ],
        run: recipe,
    },
    Target {
        name: "domain",
        files: &["sample-data/shop.domain.toml", "sample-data/transfer.domain.toml"],
        texts: &[],
        run: domain,
    },
    Target {
        name: "mapping",
        files: &[],
        texts: &["type = \"kind\"\nstream = \"key\"\ndata = \"body\"\n"],
        run: mapping,
    },
    Target {
        name: "lines",
        files: &[
            "tests/data/shop-domain.jsonl",
            "tests/data/shop.cloudevents.jsonl",
            "sample-data/shop-week.jsonl",
        ],
        texts: &[
            "{\"type\":\"a\",\"stream\":\"s\",\"data\":{\"n\":1}}\n\n{\"type\":\"a\",\"stream\":\"s\",\"data\":null}",
            // Lines of one shape, and then a number with more digits than fit.
            "{\"position\":1,\"id\":\"e\",\"type\":\"a\",\"stream\":\"s\",\"version\":1,\"data\":{}}\n{\"position\":2,\"id\":\"e\",\"type\":\"a\",\"stream\":\"s\",\"version\":1,\"data\":{}}\n{\"position\":9223372036854775808300,\"id\":\"e\",\"type\":\"a\",\"stream\":\"s\",\"version\":1,\"data\":{}}",
        ],
        run: lines,
    },
    Target {
        name: "document",
        files: &[
            "tests/data/checkout.jaeger.json",
            "tests/data/checkout.otlp.jsonl",
            "tests/data/shop.ocel2.json",
            "tests/data/temporal/integer-ids.json",
            "tests/data/temporal/bad-history.json",
            "tests/data/kafka/payment-events.DLT.kcat.jsonl",
        ],
        texts: &[],
        run: file,
    },
    Target {
        name: "database",
        files: &["tests/data/cqrs-es.db", "tests/data/emmett.db", "tests/data/pyeventsourcing-compressed.db"],
        texts: &[],
        run: file,
    },
    Target { name: "packed", files: &[], texts: &["\u{1f}\u{8}\0", "(/"], run: packed },
];

/// The repository.
fn root() -> PathBuf {
    // The crate of `cargo fuzz` lies two folders below it.
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    if here.join("sample-data").is_dir() { here.to_owned() } else { here.join("../..") }
}

/// The bytes that mutations of a target begin from.
pub(crate) fn seeds(target: &Target) -> Vec<Vec<u8>> {
    let files = target
        .files
        .iter()
        .map(|file| std::fs::read(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}")));
    files.chain(target.texts.iter().map(|text| text.as_bytes().to_vec())).collect()
}

/// A small log to ask.
fn log() -> &'static OpenLog {
    static LOG: OnceLock<OpenLog> = OnceLock::new();
    LOG.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let dirs = Dirs::in_folder(folder.path().to_owned());
        let mut loader = Loader::new(dirs);
        let sample = LoadItem::detected(root().join("tests/data/shop-domain.jsonl"));
        loader.load(&sample, &CancelToken::default(), &mut |_, _| {}).expect("the sample opens");
        loader.publish()
    })
}

/// A query is understood or refused at a place in it; what it finds lies in the log.
fn query(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let open = log();
    match Query::parse(&text) {
        Ok(query) if !query.needs_sagas() => {
            let found = open.select(&query, None, &CancelToken::default(), &mut |_, _| {});
            assert!(found.expect("nobody cancels it").marks.len() <= open.log.len() as u64);
        }
        Ok(_) => {}
        Err(error) => {
            assert!(error.at.start <= error.at.end && error.at.end <= text.len(), "{text:?}: {error:?}");
            assert!(text.get(error.at.clone()).is_some(), "{text:?}: {error:?}");
        }
    }
    let samples = open.samples();
    let known = Known { log: &open.log, survey: None, sources: &[], samples: &samples };
    let cursor = (0..=text.len()).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    for one in complete(&known, &text, cursor) {
        assert!(text.get(one.at.clone()).is_some(), "{text:?}: {one:?}");
    }
}

/// A recipe that is understood is printed as one that means the same.
fn recipe(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(recipe) = Recipe::parse(&text) {
        let printed = recipe.to_string();
        assert_eq!(Recipe::parse(&printed).as_ref(), Ok(&recipe), "{text:?} is printed as {printed:?}");
    }
}

/// A domain file is understood, or all that is wrong is said.
fn domain(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Err(errors) = Domain::parse(&text, &mut |path| Err(format!("there is no file {path}"))) {
        assert!(!errors.to_string().is_empty());
    }
}

fn mapping(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let read: Result<Mapping, _> = toml::from_str(&text);
    drop(read);
}

fn written(bytes: &[u8], name: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("a file in it");
    (folder, path)
}

/// Where an event lies, and what the index keeps of it.
type Kept = (Locator, String, Option<i64>, Option<String>);

/// The fast way through lines gives what the checked one gives: the same events, the same issues.
fn lines(bytes: &[u8]) {
    let (folder, path) = written(bytes, "lines.jsonl");
    let reader = || -> Option<Box<dyn StoreReader>> {
        let shape = look(&path, folder.path()).ok()?;
        open(&OpenRequest { path: &path, shape: &shape, cache_dir: folder.path() }, None, None).ok()
    };
    let (Some(mut slow), Some(mut fast)) = (reader(), reader()) else { return };
    let (mut checked, mut quick): (Vec<Kept>, Vec<Kept>) = (Vec::new(), Vec::new());
    let (mut checked_issues, mut quick_issues) = (Vec::new(), Vec::new());
    loop {
        let mut batch = ReadBatch::default();
        let step = slow.read_batch(&mut batch);
        for (locator, event) in batch.events {
            let time = event.time().map(Timestamp::nanos);
            checked.push((locator, event.event_type.clone(), time, event.correlation_id.clone()));
        }
        checked_issues.extend(batch.issues);
        if step.is_err() || step.is_ok_and(|step| step.finished) {
            break;
        }
    }
    loop {
        let mut batch = EnvelopeBatch::default();
        let step = fast.read_envelopes(&mut batch);
        for packed in batch.envelopes.iter() {
            let envelope = packed.envelope();
            quick.push((
                packed.locator(),
                envelope.event_type.to_owned(),
                envelope.time.map(Timestamp::nanos),
                envelope.correlation_id.map(str::to_owned),
            ));
        }
        quick_issues.append(&mut batch.issues);
        if step.is_err() || step.is_ok_and(|step| step.finished) {
            break;
        }
    }
    assert_eq!(checked, quick);
    assert_eq!(checked_issues, quick_issues);
}

/// Any bytes are opened or refused; every event that is found is read again, or said to be unreadable.
fn file(bytes: &[u8]) {
    let (folder, path) = written(bytes, "file");
    let mut loader = Loader::new(Dirs::in_folder(folder.path().to_owned()));
    let outcome = loader.load(&LoadItem::detected(&path), &CancelToken::default(), &mut |_, _| {});
    if let Err(failure) = outcome {
        assert!(!failure.problem.is_empty());
    }
    let open = loader.publish();
    let rows: Vec<Row> = (0..open.log.len() as u64).map(|rank| open.log.row_at(rank)).collect();
    assert_eq!(open.pool.fetch(&open.log, &rows).len(), rows.len());
}

/// What claims to be compressed, and what is.
fn packed(bytes: &[u8]) {
    use std::io::Write as _;
    file(bytes);
    let mut packing = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packing.write_all(bytes).expect("memory takes all");
    let whole = packing.finish().expect("memory takes all");
    file(&whole);
    file(&whole[..whole.len() / 2]);
}
