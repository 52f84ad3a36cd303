//! How fast a log becomes its sagas: by correlation and shape from the columns alone, as a ratio to the program
//! `sqlite3` that groups the same numbers; then everything that a list of them shows. No test: nothing here can fail
//! for being slow. `SAGASCOPE_BENCH_EVENTS` sets the size of the generated log; it is 100,000 events otherwise.

mod measure;

use std::fs::File;
use std::hint::black_box;
use std::io::BufWriter;
use std::path::Path;
use std::process::{Command, Stdio};

use rusqlite::{Connection, params};
use sagascope::base::cancel::CancelToken;
use sagascope::engine::{Dirs, LoadItem, Loader, OpenLog, SurveyProgress};
use sagascope::index::EventLog;
use sagascope::saga::{Instances, ListAsk, Machine, Survey, Traits, Variants};
use sagascope::sim::generate::{GenerateOptions, generate};

use crate::measure::{compare, cost, described};

/// The same grouping in SQL: types of each correlation in the order of the log, then the correlations of each sequence.
const GROUPED: &str = "select count(*) from (select shape, count(*) from (select group_concat(type) as shape \
     from (select correlation, type from events order by correlation, rank) group by correlation) group by shape)";

fn main() -> anyhow::Result<()> {
    let events = match std::env::var("SAGASCOPE_BENCH_EVENTS") {
        Ok(text) => text.replace(['_', ','], "").parse()?,
        Err(_) => 100_000,
    };
    let folder = tempfile::tempdir()?;
    let (lines, numbers) = (folder.path().join("shop.jsonl"), folder.path().join("numbers.db"));
    let never = CancelToken::default();
    let mut file = BufWriter::new(File::create(&lines)?);
    generate(&GenerateOptions { events, seed: 1 }, &mut file, &never, &mut |_| {})?;
    drop(file);
    let mut loader = Loader::new(Dirs::in_folder(folder.path().join("sagascope")));
    let needs = loader
        .load(&LoadItem::detected(&lines), &never, &mut |_, _| {})
        .map_err(|failure| anyhow::anyhow!(failure.problem))?;
    anyhow::ensure!(needs.is_none(), "the generated log is recognized");
    let open = loader.publish();
    write_numbers(&open.log, &numbers)?;
    let log = &open.log;
    let traits = Traits::of_log(log);
    let group = || {
        let instances = Instances::of(log, &traits, &never).expect("nobody cancels it");
        let variants = Variants::of(log, &traits, &instances);
        (instances, variants)
    };
    let (instances, variants) = group();
    println!(
        "{events} events, {} sagas, {} variants; {}",
        instances.len(),
        variants.list.len(),
        if cfg!(debug_assertions) { "NOT an optimized build" } else { "optimized build" },
    );
    let title = "all sagas by correlation and shape";
    let mut ours = || {
        black_box(group().1.list.len());
    };
    if grouped(&numbers).is_some() {
        compare(title, "sqlite3 'group by correlation', then by shape; no index", events, ours)(|| {
            black_box(grouped(&numbers));
        });
    } else {
        println!("{title}: {}", described(cost(&mut ours), events));
        println!("    no ratio: the program sqlite3 is not on the PATH\n");
    }
    let mut machine = || {
        black_box(Machine::of(log, &traits, &instances, &variants, &never).map(|it| it.transitions().len()));
    };
    println!("every transition with its waits: {}", described(cost(&mut machine), events));
    println!("every saga judged: {}", described(cost(&mut || drop(black_box(survey(&open)))), events));
    let survey = survey(&open);
    println!(
        "    {} of {} owe something",
        survey.sagas.iter().filter(|it| !it.owed.is_empty()).count(),
        instances.len()
    );
    let mut listed = || {
        black_box(survey.listed(log, &ListAsk::default()).len());
    };
    println!("the list of all, sorted: {}", described(cost(&mut listed), events));
    let mut found = || {
        let ask = ListAsk { text: "zz".to_owned(), ..ListAsk::default() };
        black_box(survey.listed(log, &ask).len());
    };
    println!("the list searched for a text: {}", described(cost(&mut found), events));
    Ok(())
}

fn survey(open: &OpenLog) -> Survey {
    open.sagas(None, &CancelToken::default(), &SurveyProgress::default()).expect("nobody cancels it")
}

/// The columns that the grouping needs, as a table.
fn write_numbers(log: &EventLog, path: &Path) -> anyhow::Result<()> {
    let mut connection = Connection::open(path)?;
    let transaction = connection.transaction()?;
    transaction
        .execute_batch("create table events (rank integer primary key, correlation integer, type integer)")?;
    let mut insert = transaction.prepare("insert into events values (?1, ?2, ?3)")?;
    let mut numbers: Vec<(u32, u32)> = Vec::new();
    log.scan(|_, id, correlation| numbers.extend(correlation.map(|of| (of.0, id.0))));
    for (rank, (correlation, id)) in numbers.iter().enumerate() {
        insert.execute(params![rank as i64, correlation, id])?;
    }
    drop(insert);
    Ok(transaction.commit()?)
}

/// Number of shapes as the program sqlite3 groups them; `None` where there is no such program.
fn grouped(numbers: &Path) -> Option<u64> {
    let mut sqlite3 = Command::new("sqlite3");
    sqlite3.arg("-readonly").arg(numbers).arg(GROUPED);
    let output = sqlite3.stdin(Stdio::null()).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
