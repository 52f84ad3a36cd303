//! `sagascope dead-letters`: what nobody has handled, by the `dead_letter.*` events of any log.

use clap::Parser;
use serde_json::json;

use super::args::{OutputArgs, StoreArgs};
use super::open::{BadRows, open};
use super::simulation::listed;
use super::table::{Kind, Table};
use super::text::{NONE, counted, number, time};
use super::{Output, Run};
use crate::model::Row;
use crate::sim::letters::{LoggedLetter, LoggedLetters};

/// Events read at a time.
const AT_A_TIME: usize = 512;

/// List the dead letters of a store: what failed, why, and what waits behind it
#[derive(Parser, Debug)]
#[command(
    name = "dead-letters",
    after_help = "Examples:\n  sagascope dead-letters run.db\n  sagascope dead-letters run.db --open\n  \
                  sagascope dead-letters run.db --json | jq -r 'select(.state == \"open\") | .key'\n\n\
                  A dead letter is the fold of its dead_letter.* events; a run of simulate --into has them. Keys of \
                  --json, one object a line: id, state, consumer, message_type, key, saga, step, direction, reason, \
                  deliveries, attempts (attempt, at_ticks, error), failed_first, parked, blocked."
)]
pub(super) struct DeadLetters {
    #[command(flatten)]
    stores: StoreArgs,
    /// Only those that wait for a person
    #[arg(long)]
    open: bool,
    #[command(flatten)]
    output: OutputArgs,
}

impl Run for DeadLetters {
    fn run(self, out: &mut Output) -> anyhow::Result<()> {
        let open = open(&self.stores, BadRows::Said)?;
        let mut letters = LoggedLetters::default();
        let wanted = |row: &Row| LoggedLetters::wants(&open.log.event_type(open.log.type_of(*row)).name);
        let rows: Vec<Row> =
            (0..open.log.len() as u64).map(|rank| open.log.row_at(rank)).filter(wanted).collect();
        for rows in rows.chunks(AT_A_TIME) {
            for event in open.pool.fetch(&open.log, rows) {
                letters.evolve(&event?);
            }
        }
        let letters = letters.finish();
        let shown = letters.iter().filter(|letter| !self.open || letter.state == "open");
        if self.output.json {
            for letter in shown {
                out.json(&letter_json(letter))?;
            }
            return Ok(());
        }
        let mut table = Table::new(&[
            ("ID", Kind::Fixed),
            ("STATE", Kind::Fixed),
            ("FAILED FIRST", Kind::Fixed),
            ("PARKED", Kind::Fixed),
            ("KEY", Kind::Id),
            ("CONSUMER", Kind::Fixed),
            ("ATTEMPTS", Kind::Number),
            ("REASON", Kind::Text),
            ("BLOCKED", Kind::Rest),
        ]);
        let mut count = 0;
        for letter in shown {
            count += 1;
            table.row(&[
                letter.id.clone(),
                letter.state.clone(),
                time(letter.failed_first()),
                time(letter.parked),
                letter.key.clone().unwrap_or_else(|| NONE.to_owned()),
                letter.consumer.clone().unwrap_or_else(|| NONE.to_owned()),
                number(i64::try_from(letter.attempts.len()).ok()),
                letter.reason.clone().unwrap_or_else(|| NONE.to_owned()),
                listed(&letter.blocked),
            ]);
        }
        table.print(out)?;
        let open = letters.iter().filter(|letter| letter.state == "open").count() as u64;
        let shown = if self.open { "open dead letter" } else { "dead letter" };
        out.line(&format!("{}, {open} open", counted(count, shown)))?;
        Ok(())
    }
}

fn letter_json(letter: &LoggedLetter) -> serde_json::Value {
    let attempts = letter.attempts.iter().map(
        |attempt| json!({ "attempt": attempt.attempt, "at_ticks": attempt.at_ticks, "error": attempt.error }),
    );
    json!({
        "id": letter.id,
        "state": letter.state,
        "consumer": letter.consumer,
        "message_type": letter.message_type,
        "key": letter.key,
        "saga": letter.saga,
        "step": letter.step,
        "direction": letter.direction,
        "reason": letter.reason,
        "deliveries": letter.deliveries,
        "attempts": attempts.collect::<Vec<_>>(),
        "failed_first": letter.failed_first().map(|time| time.to_string()),
        "parked": letter.parked.map(|time| time.to_string()),
        "blocked": letter.blocked,
    })
}
