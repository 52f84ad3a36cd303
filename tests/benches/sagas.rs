//! How fast a log becomes its sagas: by correlation and shape from the columns alone, as a ratio to the program
//! `sqlite3` that groups the same numbers; then everything that a list of them shows.

use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};

use rusqlite::{Connection, params};
use sagascope::base::cancel::CancelToken;
use sagascope::engine::{OpenLog, SurveyProgress};
use sagascope::index::EventLog;
use sagascope::saga::{Instances, ListAsk, Machine, Survey, Traits, Variants};

use crate::Ground;
use crate::measure::{Budget, alone, compare, cost, described};

/// The same grouping in SQL: types of each correlation in the order of the log, then the correlations of each sequence.
const GROUPED: &str = "select count(*) from (select shape, count(*) from (select group_concat(type) as shape \
     from (select correlation, type from events order by correlation, rank) group by correlation) group by shape)";

pub(crate) fn run(ground: &Ground) -> anyhow::Result<()> {
    let Ground { folder, events, open, .. } = ground;
    let (events, never) = (*events, CancelToken::default());
    let numbers = folder.path().join("numbers.db");
    write_numbers(&open.log, &numbers)?;
    let log = &open.log;
    let traits = Traits::of_log(log);
    let group = || {
        let instances = Instances::of(log, &traits, &never).expect("nobody cancels it");
        let variants = Variants::of(log, &traits, &instances);
        (instances, variants)
    };
    let (instances, variants) = group();
    println!("{events} events, {} sagas, {} variants", instances.len(), variants.list.len());
    let title = "all sagas by correlation and shape";
    let budget: Budget = Some(("10 ms", |own| own.seconds <= 0.01));
    let ours = || {
        black_box(group().1.list.len());
    };
    if grouped(&numbers).is_some() {
        compare(title, "sqlite3 'group by correlation', then by shape; no index", events, budget, ours)(
            || {
                black_box(grouped(&numbers));
            },
        );
    } else {
        alone(title, "sqlite3 is missing", events, budget, ours);
    }
    let mut machine = || {
        black_box(Machine::of(log, &traits, &instances, &variants, &never).map(|it| it.transitions().len()));
    };
    println!("every transition with its waits: {}", described(cost(&mut machine), events));
    alone("every saga judged, payloads read", "", events, None, || drop(black_box(survey(open))));
    let survey = survey(open);
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
