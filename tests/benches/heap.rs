//! What a log holds of the heap, as the allocator was asked for it, beside what the log says of itself (`sagascope info
//! --memory`): `cargo bench --bench heap`. Counted, not timed, so it fails where the two are apart. It is a program of
//! its own because the allocator that counts would slow the suite down.
//!
//! `SAGASCOPE_BENCH_EVENTS` sets the size of the log, 100,000 events otherwise.

use std::alloc::System;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use sagascope::base::cancel::CancelToken;
use sagascope::engine::{Dirs, LoadItem, Loader, OpenLog, export};
use sagascope::sim::generate::{GenerateOptions, generate};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// How far the two counts may be apart, in parts of a hundred.
const APART_PERCENT: usize = 5;

/// Bytes that the program holds now.
fn held() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

fn main() -> anyhow::Result<()> {
    let events = std::env::var("SAGASCOPE_BENCH_EVENTS").ok().map_or(Ok(100_000), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    let (lines, store) = (folder.path().join("shop.jsonl"), folder.path().join("shop.db"));
    let mut file = BufWriter::new(File::create(&lines)?);
    generate(&GenerateOptions { events, seed: 1 }, &mut file, &CancelToken::default(), &mut |_| {})?;
    drop(file);
    let (open, loader) = opened(folder.path(), &lines)?;
    export(&open, &store, &CancelToken::default(), &mut |_| {})?;
    drop((open, loader));
    let each = |bytes: usize| bytes as f64 / events as f64;
    println!("{events} events, bytes an event\n");
    println!("| source | the log of itself | the allocator | with what reads on | kept for search |");
    println!("| --- | --- | --- | --- | --- |");
    for (name, path) in [("JSON lines", &lines), ("SQLite", &store)] {
        let before = held();
        let (open, loader) = opened(folder.path(), path)?;
        let followed = held() - before;
        drop(loader);
        let asked = held() - before;
        let counted: usize = open.memory().iter().map(|part| part.bytes).sum();
        open.keep_texts(u64::MAX, &CancelToken::default());
        let kept = held() - before - asked;
        println!(
            "| {name} | {:.1} | {:.1} | {:.1} | {:.1} |",
            each(counted),
            each(asked),
            each(followed),
            each(kept)
        );
        let apart = asked.abs_diff(counted) * 100 / asked.max(1);
        anyhow::ensure!(
            apart <= APART_PERCENT,
            "{name}: the log counts {counted} bytes and the allocator {asked}: {apart} % apart"
        );
        let said = open.pool.arena().bytes() as usize;
        anyhow::ensure!(
            said.abs_diff(kept) * 100 / kept.max(1) <= APART_PERCENT,
            "{name}: {said} bytes are said to be kept for search, {kept} are"
        );
    }
    Ok(())
}

/// A log with the loader that reads on when its source grows.
fn opened(folder: &Path, path: &Path) -> anyhow::Result<(OpenLog, Loader)> {
    let mut loader = Loader::new(Dirs::in_folder(folder.join("sagascope")));
    let needs = loader
        .load(&LoadItem::detected(path), &CancelToken::default(), &mut |_, _| {})
        .map_err(|failure| anyhow::anyhow!(failure.problem))?;
    anyhow::ensure!(needs.is_none(), "the generated log is recognized");
    let open = loader.publish();
    Ok((open, loader))
}
