//! How fast questions about a log are answered, as ratios to peers that a reader can name: ripgrep over the same lines,
//! `sqlite3` over the same store, jq over the same lines.

use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};

use sagascope::base::cancel::CancelToken;
use sagascope::engine::OpenLog;
use sagascope::query::{Group, Query};

use crate::Ground;
use crate::measure::{Budget, alone, compare};

pub(crate) fn run(ground: &Ground) -> anyhow::Result<()> {
    let Ground { events, lines, store, open, .. } = ground;
    let events = *events;
    let middle = open.log.event(open.log.row_at(events / 2)).time.expect("generated events have times");
    let typed = format!("type:payment.* after:{middle}");
    let found = ask(open, &typed);
    against(
        &format!("filter by type and time, {found} found"),
        events,
        Some(("1 ms", |own| own.seconds <= 1e-3)),
        || {
            black_box(ask(open, &typed));
        },
        "sqlite3 with the same condition, no index",
        &sqlite(
            store,
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
            if by == "type" {
                Some(("1 ms", |own| own.seconds <= 1e-3))
            } else {
                Some(("2 ms", |own| own.seconds <= 2e-3))
            },
            || {
                black_box(count_by(open, &group));
            },
            "sqlite3 group by, no index",
            &sqlite(
                store,
                &format!("select count(*) from (select 1 from events not indexed group by {column})"),
            ),
        );
    }
    let stream = open.log.stream(sagascope::index::StreamId(7)).id.to_string();
    let one = format!("stream={stream}");
    alone("one stream by its name", "", events, Some(("10 µs", |own| own.seconds <= 1e-5)), || {
        black_box(ask(open, &one));
    });

    let word = "insufficient funds";
    let found = ask(open, &format!("\"{word}\""));
    against(
        &format!("text in all payloads, {found} found"),
        events,
        Some(("1.5 ×", |own| own.ratio <= 1.5)),
        || {
            black_box(ask(open, &format!("\"{word}\"")));
        },
        "rg -c over the same lines",
        &[vec!["rg".into(), "-c".into(), "-i".into(), word.into(), lines.display().to_string()]].concat(),
    );
    // As in the window a while after the log was opened.
    open.keep_texts(u64::MAX, &CancelToken::default());
    let kept = ask(open, &format!("\"{word}\""));
    anyhow::ensure!(kept == found, "{found} found in the file and {kept} in memory");
    against(
        &format!("text in all payloads, kept in memory, {kept} found"),
        events,
        Some(("1/4", |own| own.ratio <= 0.25)),
        || {
            black_box(ask(open, &format!("\"{word}\"")));
        },
        "rg -c over the same lines",
        &[vec!["rg".into(), "-c".into(), "-i".into(), word.into(), lines.display().to_string()]].concat(),
    );
    against(
        "a number inside payloads",
        events,
        None,
        || {
            black_box(ask(open, "type:payment.* data.amount>100"));
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
fn against(title: &str, events: u64, budget: Budget, ours: impl FnMut(), peer: &str, command: &[String]) {
    let run = || {
        let (program, args) = command.split_first()?;
        let output = Command::new(program).args(args).stdin(Stdio::null()).output().ok()?;
        Some(output.stdout.len())
    };
    if run().is_some() {
        compare(title, peer, events, budget, ours)(|| {
            black_box(run());
        });
    } else {
        alone(title, &format!("{} is missing", command[0]), events, budget, ours);
    }
}
