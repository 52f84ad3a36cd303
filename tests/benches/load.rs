//! How fast a store becomes a log and a stream a state, as ratios to peers that a reader can name: the program
//! `sqlite3` counting the same rows, and serde_json reading the same lines. No test: nothing here can fail for
//! being slow.
//!
//! Both sides of a ratio run in turns over the same files, which are in the page cache since they were just
//! written, and are measured in CPU time (user and system, child processes included) where /proc tells it.
//! `SAGASCOPE_BENCH_EVENTS` sets the size of the generated log; it is 100,000 events otherwise.

mod measure;

use std::fs::File;
use std::hint::black_box;
use std::io::BufWriter;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use sagascope::base::cancel::CancelToken;
use sagascope::engine::{Dirs, LoadItem, Loader, OpenLog, export};
use sagascope::index::StreamId;
use sagascope::replay::MergeRule;
use sagascope::sim::generate::{GenerateOptions, generate};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::measure::{compare, cost, cpu_seconds, described};

fn main() -> anyhow::Result<()> {
    let events = match std::env::var("SAGASCOPE_BENCH_EVENTS") {
        Ok(text) => text.replace(['_', ','], "").parse()?,
        Err(_) => 100_000,
    };
    let folder = tempfile::tempdir()?;
    let (lines, store) = (folder.path().join("shop.jsonl"), folder.path().join("shop.db"));
    let never = CancelToken::default();
    let options = GenerateOptions { events, seed: 1 };
    let mut file = BufWriter::new(File::create(&lines)?);
    let generated = generate(&options, &mut file, &never, &mut |_| {})?;
    drop(file);
    let open = load(folder.path(), &lines)?;
    let exported = export(&open, &store, &never, &mut |_| {})?;

    println!(
        "{} events in {} streams, the longest with {}; {:.1} MB of lines, {:.1} MB of SQLite; {}, {}",
        generated.events,
        generated.streams,
        generated.longest_stream,
        generated.bytes as f64 / 1e6,
        exported.bytes as f64 / 1e6,
        if cpu_seconds().is_some() { "CPU time" } else { "wall time, since /proc/self/stat is not there" },
        if cfg!(debug_assertions) { "NOT an optimized build" } else { "optimized build" },
    );
    let held: usize = open.log.memory().iter().map(|part| part.bytes).sum();
    println!("index: {:.1} bytes an event, dictionaries included\n", held as f64 / events.max(1) as f64);

    let text = std::fs::read(&lines)?;
    compare("JSON lines to full index", "serde_json, envelope with RawValue, same lines", events, || {
        black_box(load(folder.path(), &lines).expect("it was read before").log.len());
    })(|| {
        let text = std::fs::read(&lines).expect("it was read before");
        assert_eq!(envelopes(&text).len() as u64, events);
    });
    if duckdb_reads(&lines) {
        let budget = "duckdb 'create table … read_json_auto', same lines; the budget is a ratio of 0.17";
        compare("JSON lines to full index", budget, events, || {
            black_box(load(folder.path(), &lines).expect("it was read before").log.len());
        })(|| {
            assert!(duckdb_reads(&lines));
        });
    } else {
        println!("    no ratio to DuckDB: the program duckdb is not on the PATH\n");
    }
    let mut index_store = || {
        black_box(load(folder.path(), &store).expect("it was read before").log.len());
    };
    match count_rows(&store) {
        Some(rows) if rows == events => {
            compare("SQLite to full index", "sqlite3 'select count(*)', no index", events, index_store)(
                || {
                    black_box(count_rows(&store));
                },
            );
        }
        Some(rows) => anyhow::bail!("sqlite3 counts {rows} rows of {events}"),
        None => {
            println!("SQLite to full index: {}", described(cost(&mut index_store), events));
            println!("    no ratio: the program sqlite3 is not on the PATH\n");
        }
    }
    replays(&open, &text);
    Ok(())
}

fn load(folder: &Path, path: &Path) -> anyhow::Result<OpenLog> {
    let mut loader = Loader::new(Dirs::in_folder(folder.join("sagascope")));
    let needs = loader
        .load(&LoadItem::detected(path), &CancelToken::default(), &mut |_, _| {})
        .map_err(|failure| anyhow::anyhow!(failure.problem))?;
    anyhow::ensure!(needs.is_none(), "the generated log is recognized");
    Ok(loader.publish())
}

/// What any reader of the lines has to find at least, the payload left as text.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "type")]
    event_type: &'a str,
    stream: &'a str,
    version: i64,
    occurred_at: &'a str,
    correlation_id: Option<&'a str>,
    causation_id: Option<&'a str>,
    #[serde(borrow)]
    data: &'a RawValue,
}

fn envelopes(text: &[u8]) -> Vec<Envelope<'_>> {
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let read = lines.map(|line| {
        let envelope: Envelope<'_> = serde_json::from_slice(line).expect("generated lines are JSON");
        black_box((
            envelope.event_type,
            envelope.occurred_at,
            envelope.correlation_id,
            envelope.causation_id,
        ));
        envelope
    });
    read.collect()
}

/// Whether the program duckdb makes a table of the lines, in memory; it is not there on most machines.
fn duckdb_reads(lines: &Path) -> bool {
    let text = lines.display().to_string().replace('\'', "''");
    let sql = format!(
        "create table events as select * from read_json_auto('{text}', format = 'newline_delimited', \
         maximum_object_size = 67108864)"
    );
    let mut duckdb = Command::new("duckdb");
    duckdb.args([":memory:", &sql]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    duckdb.status().is_ok_and(|status| status.success())
}

/// Rows of the store's table as the program sqlite3 counts them; `None` where there is no such program.
fn count_rows(store: &Path) -> Option<u64> {
    let mut sqlite3 = Command::new("sqlite3");
    sqlite3.arg("-readonly").arg(store).arg("select count(*) from events not indexed");
    let output = sqlite3.stdin(Stdio::null()).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// The longest stream, folded the first time and then looked at in every version.
fn replays(open: &OpenLog, text: &[u8]) {
    let streams = open.log.streams().iter().enumerate();
    let Some((at, info)) = streams.max_by_key(|(_, info)| info.len()) else { return };
    let (stream, steps) = (StreamId(at as u32), info.len() as u64);
    let replay = || open.replay(stream, Arc::new(MergeRule::default()), &CancelToken::default());
    let mut own: Vec<Envelope<'_>> =
        envelopes(text).into_iter().filter(|envelope| envelope.stream == &*info.id).collect();
    own.sort_by_key(|envelope| envelope.version);
    compare(
        "first fold of the longest stream",
        "serde_json, parse and merge, last state only",
        steps,
        || {
            black_box(replay().expect("nobody cancels it").len());
        },
    )(|| {
        let mut state = Map::new();
        for envelope in &own {
            if let Ok(Value::Object(members)) = serde_json::from_str(envelope.data.get()) {
                state.extend(members);
            }
        }
        black_box(state.len());
    });
    let folded = replay().expect("nobody cancels it");
    let every_version = cost(&mut || {
        for step in 0..folded.len() {
            black_box(folded.state_at(step));
        }
    });
    println!("then any version: {:.4} ms on average", every_version * 1e3 / steps.max(1) as f64);
}
