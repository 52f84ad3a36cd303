//! A log that does not fit into memory is read as far as it does, and that is said.

use sagascope::base::cancel::CancelToken;
use sagascope::engine::{Dirs, LoadItem, Loader, MemoryLimit};
use sagascope::sim::generate::{GenerateOptions, generate};

#[test]
fn what_does_not_fit_ends_with_a_sentence_and_what_was_read() {
    // Only Linux tells how much is in use.
    if !cfg!(target_os = "linux") {
        println!("skipped: this system does not tell how much memory is in use");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.jsonl");
    let mut file = std::fs::File::create(&path).unwrap();
    let (options, never) = (GenerateOptions { events: 150_000, seed: 1 }, CancelToken::default());
    generate(&options, &mut file, &never, &mut |_| {}).unwrap();
    let load = |limit: u64| {
        let dirs = Dirs::in_folder(folder.path().to_owned());
        let mut loader = Loader::new(dirs).with_memory(MemoryLimit::of(limit));
        let outcome = loader.load(&LoadItem::detected(&path), &never, &mut |_, _| {});
        (outcome.err(), loader.publish())
    };
    let (failure, open) = load(u64::MAX);
    assert_eq!((failure, open.log.len()), (None, 150_000));
    let (failure, open) = load(1 << 20);
    let problem = failure.unwrap().problem;
    assert!(problem.contains("does not fit into memory"), "{problem}");
    assert!(problem.contains(&format!("after {} events", open.log.len())), "{problem}");
    assert!((100_000..150_000).contains(&open.log.len()), "{}", open.log.len());
    let last = open.log.last_row().unwrap();
    assert!(open.pool.fetch(&open.log, &[last])[0].is_ok(), "what was read can be used");
}
