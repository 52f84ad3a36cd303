//! How fast events are appended one a transaction, as a ratio to raw rusqlite with a table of the same columns in
//! WAL mode at the same sync level. Both sides run in turns.
//! `SAGASCOPE_BENCH_APPENDS` sets the number of events of a turn; it is 5,000 otherwise.

use rusqlite::{Connection, params};
use sagascope::base::clock::Stopwatch;
use sagascope::model::{
    EventStore as _, ExpectedVersion, JsonText, NewEvent, Payload, StreamName, Timestamp,
};
use sagascope::store::native::SqliteEventStore;

use crate::{Ground, measure, number};

/// Turns of the pair; the fastest of each side counts, for noise only adds.
const ROUNDS: u32 = 5;
/// The event's data, as large as those of the sample shop.
const DATA: &str = r#"{"orderId":"1","amount":4500,"currency":"EUR","status":"completed","paymentId":"p1"}"#;

pub(crate) fn run(_ground: &Ground) -> anyhow::Result<()> {
    let appends = number("SAGASCOPE_BENCH_APPENDS", 5_000)? as i64;
    let folder = tempfile::tempdir()?;
    let (mut ours, mut raw) = (f64::INFINITY, f64::INFINITY);
    for round in 0..ROUNDS {
        let path = |side: &str| folder.path().join(format!("{side}-{round}.db"));
        let clock = Box::new(|| Timestamp::from_nanos(0, 0));
        let mut store = SqliteEventStore::open(&path("ours"), clock)?;
        let watch = Stopwatch::start();
        for number in 0..appends {
            let event = NewEvent {
                id: format!("e{number}"),
                event_type: "payment.completed.v1".to_owned(),
                data: Payload::Json(JsonText::new(DATA)?),
                ..NewEvent::default()
            };
            let stream = StreamName::new("Payment", format!("payment-{}", number / 4));
            store.append(&stream, ExpectedVersion::Exactly(number % 4), &[event])?;
        }
        ours = ours.min(watch.elapsed().as_secs_f64());

        let mut connection = Connection::open(path("raw"))?;
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
             CREATE TABLE events (sequence INTEGER PRIMARY KEY, id TEXT UNIQUE, type TEXT, stream TEXT,
                                  version INTEGER, data TEXT, UNIQUE (stream, version))",
        )?;
        let watch = Stopwatch::start();
        for number in 0..appends {
            let transaction = connection.transaction()?;
            transaction
                .prepare_cached(
                    "INSERT INTO events (id, type, stream, version, data) VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![
                    format!("e{number}"),
                    "payment.completed.v1",
                    format!("payment-{}", number / 4),
                    number % 4 + 1,
                    DATA
                ])?;
            transaction.commit()?;
        }
        raw = raw.min(watch.elapsed().as_secs_f64());
    }
    let rate = |seconds: f64| appends as f64 / seconds;
    println!(
        "append, one event a transaction: {:.0}/s, {:.0} % of raw rusqlite's {:.0}/s",
        rate(ours),
        100.0 * raw / ours,
        rate(raw)
    );
    measure::line(
        "append, one event a transaction",
        format!("{:.0}/s", rate(ours)),
        &format!("raw rusqlite, same columns and sync level: {:.0}/s", rate(raw)),
        &format!("{:.2}", raw / ours),
        Some(("0.80", raw / ours >= 0.8)),
    );
    Ok(())
}
