//! How fast questions about a log are answered, as ratios to peers that a reader can name: ripgrep over the same lines,
//! `sqlite3` over the same store, jq over the same lines. No test: nothing here can fail for being slow.
//!
//! `SAGASCOPE_BENCH_EVENTS` sets the size of the generated log; it is 100,000 events otherwise.

mod measure;

use std::fs::File;
use std::hint::black_box;
use std::io::BufWriter;
use std::path::Path;
use std::process::{Command, Stdio};

use sagascope::base::cancel::CancelToken;
use sagascope::engine::{Dirs, LoadItem, Loader, OpenLog, export};
use sagascope::query::{Group, Query};
use sagascope::sim::generate::{GenerateOptions, generate};

use crate::measure::{compare, cost, described};

fn main() -> anyhow::Result<()> {
    let events = match std::env::var("SAGASCOPE_BENCH_EVENTS") {
        Ok(text) => text.replace(['_', ','], "").parse()?,
        Err(_) => 100_000,
    };
    let folder = tempfile::tempdir()?;
    let (lines, store) = (folder.path().join("shop.jsonl"), folder.path().join("shop.db"));
    let never = CancelToken::default();
    let mut file = BufWriter::new(File::create(&lines)?);
    generate(&GenerateOptions { events, seed: 1 }, &mut file, &never, &mut |_| {})?;
    drop(file);
    let open = load(folder.path(), &lines)?;
    export(&open, &store, &never, &mut |_| {})?;
    let optimized = if cfg!(debug_assertions) { "NOT an optimized build" } else { "optimized build" };
    println!("{events} events, {optimized}, all cores; CPU time of all threads together\n");

    let middle = open.log.event(open.log.row_at(events / 2)).time.expect("generated events have times");
    let typed = format!("type:payment.* after:{middle}");
    let found = ask(&open, &typed);
    against(
        &format!("filter by type and time, {found} found"),
        events,
        || {
            black_box(ask(&open, &typed));
        },
        "sqlite3 with the same condition, no index",
        &sqlite(
            &store,
            &format!(
                "select count(*) from events not indexed where type like 'payment.%' and occurred_at >= '{middle}'"
            ),
        ),
    );
    for by in ["type", "stream"] {
        let group = Group::named(by)?;
        let column = if by == "type" { "type" } else { "stream_id" };
        against(
            &format!("count by {by}"),
            events,
            || {
                black_box(count_by(&open, &group));
            },
            "sqlite3 group by, no index",
            &sqlite(
                &store,
                &format!("select count(*) from (select 1 from events not indexed group by {column})"),
            ),
        );
    }
    let stream = open.log.stream(sagascope::index::StreamId(7)).id.to_string();
    let one = format!("stream={stream}");
    let seconds = cost(&mut || {
        black_box(ask(&open, &one));
    });
    println!("one stream by its name: {}\n", described(seconds, events));

    let word = "insufficient funds";
    let found = ask(&open, &format!("\"{word}\""));
    against(
        &format!("text in all payloads, {found} found"),
        events,
        || {
            black_box(ask(&open, &format!("\"{word}\"")));
        },
        "rg -c over the same lines",
        &[vec!["rg".into(), "-c".into(), "-i".into(), word.into(), lines.display().to_string()]].concat(),
    );
    against(
        "a number inside payloads",
        events,
        || {
            black_box(ask(&open, "type:payment.* data.amount>100"));
        },
        "jq over the same lines",
        &[
            "jq".to_owned(),
            "-c".to_owned(),
            "select((.type | startswith(\"payment.\")) and (.data.amount // 0) > 100) | .position".to_owned(),
            lines.display().to_string(),
        ],
    );
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

fn ask(open: &OpenLog, text: &str) -> u64 {
    let query = Query::parse(text).expect("a query of the bench");
    let found = open.select(&query, None, &CancelToken::default(), &mut |_, _| {});
    found.expect("nobody cancels it").marks.len()
}

fn count_by(open: &OpenLog, group: &Group) -> usize {
    let never = CancelToken::default();
    let all = open.select(&Query::default(), None, &never, &mut |_, _| {}).expect("nobody cancels it");
    let tally = open.tally(&all.marks, group, Some(20), None, &never, &mut |_, _| {});
    tally.expect("nobody cancels it").groups.len()
}

fn sqlite(store: &Path, statement: &str) -> Vec<String> {
    ["sqlite3", "-readonly", &store.display().to_string(), statement].map(str::to_owned).to_vec()
}

/// Compares with a program, where it is on the PATH.
fn against(title: &str, events: u64, mut ours: impl FnMut(), peer: &str, command: &[String]) {
    let run = || {
        let (program, args) = command.split_first()?;
        let output = Command::new(program).args(args).stdin(Stdio::null()).output().ok()?;
        Some(output.stdout.len())
    };
    if run().is_some() {
        compare(title, peer, events, ours)(|| {
            black_box(run());
        });
    } else {
        println!("{title}: {}", described(cost(&mut ours), events));
        println!("    no ratio: the program {} is not on the PATH\n", command[0]);
    }
}
