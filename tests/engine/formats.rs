//! What holds for every format of the registry: each has a sample here, claims it alone, reads every event of it
//! again, and survives what can be done to a file.

use std::path::{Path, PathBuf};

use sagascope::base::prng::Prng;
use sagascope::store::{FORMATS, Format, OpenRequest, ReadBatch, look, open};

/// Samples by the name of their format; those of our own formats are written by the test itself.
const SAMPLES: &[(&str, &str)] = &[
    ("cloudevents-json", "tests/data/shop.cloudevents.jsonl"),
    ("cqrs-es-sqlite", "tests/data/cqrs-es.db"),
    ("emmett-sqlite", "tests/data/emmett.db"),
    ("jaeger-json", "tests/data/checkout.jaeger.json"),
    ("json-events", "tests/data/shop-domain.jsonl"),
    ("kafka-kcat", "tests/data/kafka/order-events.kcat.jsonl"),
    ("temporal-json", "tests/data/temporal/retries.json"),
    ("ocel-json", "tests/data/shop.ocel2.json"),
    ("ocel-sqlite", "tests/data/shop.ocel2.sqlite"),
    ("otlp-json", "tests/data/checkout.otlp.jsonl"),
    ("pyeventsourcing-sqlite", "tests/data/pyeventsourcing.db"),
];

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A sample of `format` in `folder`.
fn sample(format: &dyn Format, folder: &Path) -> PathBuf {
    if let Some((_, path)) = SAMPLES.iter().find(|(name, _)| *name == format.name()) {
        let copy = folder.join("sample");
        std::fs::copy(root(path), &copy).unwrap();
        return copy;
    }
    let target = match format.name() {
        "sagascope-jsonl" => folder.join("own.jsonl"),
        "sagascope-sqlite" => folder.join("own.db"),
        other => panic!("the format {other} has no sample: add one to SAMPLES"),
    };
    let mut loader = sagascope::engine::Loader::new(sagascope::engine::Dirs::in_folder(folder.join("home")));
    let item = sagascope::engine::LoadItem::detected(root("tests/data/shop-domain.jsonl"));
    let cancel = sagascope::base::cancel::CancelToken::default();
    loader.load(&item, &cancel, &mut |_, _| ()).unwrap();
    sagascope::engine::export(&loader.publish(), &target, &cancel, &mut |_| ()).unwrap();
    target
}

fn names_of_claimants(path: &Path, cache: &Path) -> Vec<&'static str> {
    match look(path, cache) {
        Ok(shape) => {
            FORMATS.iter().filter(|format| format.claims(&shape)).map(|format| format.name()).collect()
        }
        Err(_) => Vec::new(),
    }
}

/// Reads everything there is; errors and issues are fine, panics and hangs are not. Gives the events read.
fn read_what_can_be_read(path: &Path, cache: &Path) -> usize {
    let Ok(shape) = look(path, cache) else { return 0 };
    let request = OpenRequest { path, shape: &shape, cache_dir: cache };
    let Ok(mut reader) = open(&request, None, None) else { return 0 };
    let mut payloads = reader.payloads().unwrap();
    let mut events = 0;
    for _ in 0..100_000 {
        let mut batch = ReadBatch::default();
        let step = reader.read_batch(&mut batch);
        events += batch.events.len();
        for ((locator, event), again) in batch.events.iter().zip(payloads.fetch(&locators(&batch))) {
            // What damage made unreadable may be refused, but is never something else than it was.
            if let Ok(again) = again {
                assert_eq!(again, *event, "{locator:?}");
            }
        }
        match step {
            Ok(step) if !step.finished => {}
            Ok(_) | Err(_) => return events,
        }
    }
    panic!("reading never ends: {}", path.display());
}

fn locators(batch: &ReadBatch) -> Vec<sagascope::model::Locator> {
    batch.events.iter().map(|(locator, _)| *locator).collect()
}

#[test]
fn every_format_has_a_sample_that_it_alone_claims() {
    for format in FORMATS {
        let folder = tempfile::tempdir().unwrap();
        let path = sample(*format, folder.path());
        assert_eq!(names_of_claimants(&path, folder.path()), [format.name()]);
        assert!(read_what_can_be_read(&path, folder.path()) > 50, "{}", format.name());
        assert!(!format.about().is_empty() && !format.title().is_empty());
    }
}

#[test]
fn every_format_survives_truncation_everywhere() {
    for format in FORMATS {
        let folder = tempfile::tempdir().unwrap();
        let path = sample(*format, folder.path());
        let whole = std::fs::read(&path).unwrap();
        let all = read_what_can_be_read(&path, folder.path());
        for part in 0..50 {
            std::fs::write(&path, &whole[..whole.len() * part / 50]).unwrap();
            assert!(names_of_claimants(&path, folder.path()).len() <= 1, "{} at {part}/50", format.name());
            let read = read_what_can_be_read(&path, folder.path());
            assert!(read <= all, "{} at {part}/50 has {read} of {all} events", format.name());
        }
    }
}

#[test]
fn every_format_survives_garbage() {
    let mut prng = Prng::new(7);
    for format in FORMATS {
        let folder = tempfile::tempdir().unwrap();
        let path = sample(*format, folder.path());
        let whole = std::fs::read(&path).unwrap();
        for _ in 0..20 {
            let mut broken = whole.clone();
            for _ in 0..prng.between(1, 200) {
                let at = prng.below(broken.len() as u64) as usize;
                broken[at] = prng.below(256) as u8;
            }
            std::fs::write(&path, &broken).unwrap();
            let claimants = names_of_claimants(&path, folder.path());
            assert!(claimants.len() <= 1, "{}: {claimants:?}", format.name());
            read_what_can_be_read(&path, folder.path());
        }
    }
}

#[test]
fn every_store_in_sample_data_opens_without_an_issue() {
    let cache = tempfile::tempdir().unwrap();
    let mut opened = 0;
    for entry in std::fs::read_dir(root("sample-data")).unwrap() {
        let path = entry.unwrap().path();
        // Domain files are tested where they are read.
        if path.extension().is_some_and(|extension| extension != "md" && extension != "toml") {
            assert_eq!(names_of_claimants(&path, cache.path()).len(), 1, "{}", path.display());
            assert!(read_what_can_be_read(&path, cache.path()) > 50, "{}", path.display());
            opened += 1;
        }
    }
    assert!(opened >= 3, "{opened} samples");
}
