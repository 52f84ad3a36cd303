//! The bench suite, with one command: `cargo bench --bench suite`. It generates the logs, runs Sagascope and its peers
//! in turns over the same files, which are in the page cache since they were just written, and prints a table with
//! ratios. Times are CPU time, user and system, of child processes too, where /proc tells it. No test: nothing here can
//! fail for being slow.
//!
//! Words behind `--` choose topics. `SAGASCOPE_BENCH_EVENTS` sets the size of the log, 100,000 events otherwise;
//! `SAGASCOPE_BENCH_TABLE` names a file that the table is written to as well.

mod append;
#[cfg(feature = "gui")]
mod frames;
mod load;
mod measure;
mod query;
mod sagas;
mod sim;

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sagascope::base::cancel::CancelToken;
use sagascope::engine::{Dirs, LoadItem, Loader, OpenLog, export};
use sagascope::sim::generate::{GenerateOptions, generate};

/// That of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What all topics share.
struct Ground {
    folder: tempfile::TempDir,
    events: u64,
    /// The log as JSON lines, and in our own SQLite format.
    lines: PathBuf,
    store: PathBuf,
    open: OpenLog,
}

/// A part of the suite.
struct Topic {
    name: &'static str,
    says: &'static str,
    run: fn(&Ground) -> anyhow::Result<()>,
}

/// All of them, in the order of the table.
static TOPICS: &[Topic] = &[
    Topic { name: "load", says: "from a file to a log, and from a stream to its state", run: load::run },
    Topic { name: "query", says: "questions about a log", run: query::run },
    Topic { name: "sagas", says: "the sagas of a log", run: sagas::run },
    #[cfg(feature = "gui")]
    Topic { name: "frames", says: "a frame of the window, and a thousand actions in it", run: frames::run },
    Topic { name: "sim", says: "the simulator and the failure matrix", run: sim::run },
    Topic { name: "append", says: "appending to our own store", run: append::run },
];

/// Programs that are compared with, and what asks each for its version.
const PEERS: [(&str, &str); 5] = [
    ("rg", "--version"),
    ("sqlite3", "--version"),
    ("duckdb", "--version"),
    ("lnav", "--version"),
    ("jq", "--version"),
];

fn main() -> anyhow::Result<()> {
    let asked: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    for word in &asked {
        let known: Vec<&str> = TOPICS.iter().map(|topic| topic.name).collect();
        anyhow::ensure!(known.contains(&&**word), "There is no topic {word}. There are {}", known.join(", "));
    }
    let events = number("SAGASCOPE_BENCH_EVENTS", 100_000)?;
    let ground = Ground::new(events)?;
    for topic in TOPICS.iter().filter(|topic| asked.is_empty() || asked.iter().any(|word| word == topic.name))
    {
        println!("=== {}: {}\n", topic.name, topic.says);
        (topic.run)(&ground)?;
        println!();
    }
    let table = format!("{}\n\n{}", machine(events), measure::table());
    println!("{table}");
    if let Some(path) = std::env::var_os("SAGASCOPE_BENCH_TABLE") {
        std::fs::write(path, table)?;
    }
    Ok(())
}

/// A number from the environment.
fn number(variable: &str, otherwise: u64) -> anyhow::Result<u64> {
    match std::env::var(variable) {
        Ok(text) => Ok(text.replace(['_', ','], "").parse()?),
        Err(_) => Ok(otherwise),
    }
}

impl Ground {
    fn new(events: u64) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let lines = generated(folder.path(), events)?;
        let store = folder.path().join("shop.db");
        let open = opened(folder.path(), &lines)?;
        export(&open, &store, &CancelToken::default(), &mut |_| {})?;
        Ok(Self { folder, events, lines, store, open })
    }
}

/// A log of the sample shop.
fn generated(folder: &Path, events: u64) -> anyhow::Result<PathBuf> {
    let path = folder.join(format!("shop-{events}.jsonl"));
    let mut file = BufWriter::new(File::create(&path)?);
    generate(&GenerateOptions { events, seed: 1 }, &mut file, &CancelToken::default(), &mut |_| {})?;
    Ok(path)
}

/// Reads a file into a log.
fn opened(folder: &Path, path: &Path) -> anyhow::Result<OpenLog> {
    let mut loader = Loader::new(Dirs::in_folder(folder.join("sagascope")));
    let needs = loader
        .load(&LoadItem::detected(path), &CancelToken::default(), &mut |_, _| {})
        .map_err(|failure| anyhow::anyhow!(failure.problem))?;
    anyhow::ensure!(needs.is_none(), "the generated log is recognized");
    Ok(loader.publish())
}

/// The first line that a program prints; `None` where there is no such program.
fn printed(program: &str, argument: &str) -> Option<String> {
    let output = Command::new(program).arg(argument).stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Some(text.lines().next().unwrap_or_default().trim().to_owned())
}

/// What the figures were measured with, in a paragraph.
fn machine(events: u64) -> String {
    let processor = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("model name"))?;
        Some(line.trim_start_matches([' ', '\t', ':']).to_owned())
    });
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let build = if cfg!(debug_assertions) { "NOT an optimized build" } else { "optimized build" };
    let peers = PEERS.map(|(program, argument)| {
        let version = printed(program, argument);
        let version = version.map(|line| line.split_whitespace().take(2).collect::<Vec<_>>().join(" "));
        match version {
            Some(version) if version.starts_with(program) || program == "rg" => version,
            Some(version) => format!("{program} {version}"),
            None => format!("{program} missing"),
        }
    });
    format!(
        "{events} events, seed 1; {}, {cores} cores; {}; Sagascope {}, {build}, {}; {}. CPU time.",
        processor.unwrap_or_else(|| "an unknown processor".to_owned()),
        std::env::consts::OS,
        env!("CARGO_PKG_VERSION"),
        printed("rustc", "--version").unwrap_or_else(|| "an unknown rustc".to_owned()),
        peers.join(", "),
    )
}
