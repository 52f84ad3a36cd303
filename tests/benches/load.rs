//! How fast a store becomes a log and a stream a state, as ratios to peers that a reader can name: the programs
//! `sqlite3`, `duckdb` and `lnav`, and serde_json reading the same lines.

use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use sagascope::base::cancel::CancelToken;
use sagascope::base::clock::Stopwatch;
use sagascope::engine::{Dirs, Engine, EngineEvent, LoadItem, Loader, OpenLog};
use sagascope::index::StreamId;
use sagascope::replay::{Evolve, MergeRule};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::measure::{self, Budget, alone, compare, cost, short};
use crate::{Ground, opened};

/// Rows that fill a screen.
const SCREEN: usize = 60;
/// Streams that are rebuilt, at most.
const REBUILT: usize = 20_000;
/// What lnav has to know of the lines.
const LNAV_FORMAT: &str = r#"{"$schema": "https://lnav.org/schemas/format-v1.schema.json", "shop_events": {
    "title": "shop", "description": "events of a shop", "json": true, "file-pattern": ".*\\.jsonl",
    "timestamp-field": "occurred_at",
    "line-format": [{"field": "__timestamp__"}, " ", {"field": "type"}, " ", {"field": "stream"}],
    "value": {"type": {"kind": "string", "identifier": true}, "stream": {"kind": "string"}}}}"#;

pub(crate) fn run(ground: &Ground) -> anyhow::Result<()> {
    let Ground { folder, events, lines, store, open } = ground;
    let (folder, events) = (folder.path(), *events);
    first_screen(ground)?;
    let held: usize = open.memory().iter().map(|part| part.bytes).sum();
    let bytes = held as f64 / events.max(1) as f64;
    println!("index: {bytes:.1} bytes an event, dictionaries included\n");
    measure::line(
        "heap for an event, dictionaries in",
        format!("{bytes:.1} bytes"),
        "",
        "",
        Some(("96 bytes", bytes <= 96.0)),
    );

    let text = std::fs::read(lines)?;
    compare(
        "JSON lines to full index",
        "serde_json, envelope with RawValue, same lines",
        events,
        None,
        || {
            black_box(opened(folder, lines).expect("it was read before").log.len());
        },
    )(|| {
        let text = std::fs::read(lines).expect("it was read before");
        assert_eq!(envelopes(&text).len() as u64, events);
    });
    if duckdb_reads(lines) {
        let peer = "duckdb 'create table … read_json_auto', same lines";
        let budget: Budget = Some(("1/6", |own| own.ratio <= 1.0 / 6.0));
        compare("JSON lines to full index", peer, events, budget, || {
            black_box(opened(folder, lines).expect("it was read before").log.len());
        })(|| {
            assert!(duckdb_reads(lines));
        });
    } else {
        measure::line("JSON lines to full index", String::new(), "duckdb is missing", "", None);
    }
    reopened(ground)?;
    let index_store = || {
        black_box(opened(folder, store).expect("it was read before").log.len());
    };
    match count_rows(store) {
        Some(rows) if rows == events => {
            let budget: Budget = Some(("9 ×", |own| own.ratio <= 9.0));
            compare(
                "SQLite to full index",
                "sqlite3 'select count(*)', no index",
                events,
                budget,
                index_store,
            )(|| {
                black_box(count_rows(store));
            });
        }
        Some(rows) => anyhow::bail!("sqlite3 counts {rows} rows of {events}"),
        None => alone("SQLite to full index", "sqlite3 is missing", events, None, index_store),
    }
    lnav(ground)?;
    rebuilds(open);
    replays(open, &text);
    Ok(())
}

/// The log that was open, opened again: its file is hashed, nothing of it parsed.
fn reopened(ground: &Ground) -> anyhow::Result<()> {
    let engine = || Engine::new(Dirs::in_folder(ground.folder.path().join("sagascope")), Arc::new(|| {}));
    let mut open = engine()?;
    assert_eq!(read_of(&mut open, &ground.lines), ground.events);
    let peer = "the same by an engine that does not know it";
    compare("JSON lines opened again", peer, ground.events, None, || {
        assert_eq!(read_of(&mut open, &ground.lines), 0);
    })(|| {
        let mut new = engine().expect("there was one before");
        assert_eq!(read_of(&mut new, &ground.lines), ground.events);
    });
    Ok(())
}

/// Opens a file; events that had to be read for it.
fn read_of(engine: &mut Engine, path: &Path) -> u64 {
    let wanted = engine.open(vec![LoadItem::detected(path)]);
    let mut read = 0;
    while let Some(event) = engine.wait() {
        match event {
            EngineEvent::Published { document, progress, .. } if document == wanted => read = progress.read,
            EngineEvent::Loaded { document, .. } if document == wanted => break,
            _ => {}
        }
    }
    read
}

/// Time from opening a store to the first snapshot that fills a screen.
fn first_screen(ground: &Ground) -> anyhow::Result<()> {
    for (what, path) in [("JSON lines", &ground.lines), ("SQLite", &ground.store)] {
        let mut best = f64::INFINITY;
        for _ in 0..5 {
            let watch = Stopwatch::start();
            let cancel = CancelToken::default();
            let mut loader = Loader::new(Dirs::in_folder(ground.folder.path().join("sagascope")));
            let mut shown = None;
            loader
                .load(&LoadItem::detected(path), &cancel, &mut |loader, _| {
                    if shown.is_none() && loader.publish().log.len() >= SCREEN {
                        shown = Some(watch.elapsed().as_secs_f64());
                        cancel.cancel();
                    }
                })
                .map_err(|failure| anyhow::anyhow!(failure.problem))?;
            best = best.min(shown.unwrap_or(f64::INFINITY));
        }
        let title = format!("first screen of {what}, by the clock");
        println!("{title}: {:.1} ms", best * 1e3);
        measure::line(&title, short(best), "", "", Some(("50 ms", best <= 0.05)));
    }
    println!();
    Ok(())
}

/// lnav, which has to be told what the lines are, counts them.
fn lnav(ground: &Ground) -> anyhow::Result<()> {
    let config = ground.folder.path().join("lnav");
    let formats = config.join("formats/shop");
    std::fs::create_dir_all(&formats)?;
    std::fs::write(formats.join("shop.json"), LNAV_FORMAT)?;
    let count = || {
        let mut lnav = Command::new("lnav");
        lnav.arg("-I")
            .arg(&config)
            .args(["-n", "-c", ";select count(*) from shop_events"])
            .arg(&ground.lines);
        let output = lnav.stdin(Stdio::null()).output().ok()?;
        String::from_utf8(output.stdout).ok()?.split_whitespace().last()?.parse::<u64>().ok()
    };
    let ours = || {
        let open = opened(ground.folder.path(), &ground.lines).expect("it was read before");
        black_box(open.log.len());
    };
    let title = "JSON lines to full index";
    match count() {
        Some(found) if found == ground.events => {
            compare(title, "lnav -n, told the format, counts the lines", ground.events, None, ours)(|| {
                black_box(count());
            });
        }
        Some(found) => measure::line(title, String::new(), &format!("lnav counts {found} lines"), "", None),
        None => measure::line(title, String::new(), "lnav is missing", "", None),
    }
    Ok(())
}

/// Folds streams by the default rule, on one core.
fn rebuilds(open: &OpenLog) {
    let rule: Arc<dyn Evolve> = Arc::new(MergeRule::default());
    let streams = open.log.streams().len().min(REBUILT);
    let folded: u64 = open.log.streams().iter().take(streams).map(|stream| stream.len() as u64).sum();
    let seconds = cost(&mut || {
        for stream in 0..streams {
            let replay = open.replay(StreamId(stream as u32), Arc::clone(&rule), &CancelToken::default());
            black_box(replay.map(|replay| replay.len()));
        }
    });
    let rate = folded as f64 / seconds;
    println!("rebuild {streams} streams of {folded} events: {rate:.0} events/s\n");
    measure::line(
        "rebuild of aggregates, default rule, reading in",
        format!("{:.0},000 events/s", rate / 1e3),
        "",
        "",
        Some(("1,500,000/s", rate >= 1.5e6)),
    );
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
        "serde_json, parse and merge, last state only; in memory",
        steps,
        Some(("25 ms of 40,000", |own| own.seconds <= 0.025)),
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
    let version = every_version / steps.max(1) as f64;
    println!("then any version: {:.4} ms on average", version * 1e3);
    measure::line("then any version of it", short(version), "", "", Some(("1 ms", version <= 1e-3)));
}
