//! `sagascope types`: every event type, in order of appearance.

use clap::Parser;
use serde_json::json;

use super::args::{OutputArgs, StoreArgs};
use super::open::{BadRows, open};
use super::table::{Kind, Table};
use super::text::{NONE, count, time};
use super::{Output, Run};

/// List the event types of a store
#[derive(Parser, Debug)]
#[command(
    name = "types",
    after_help = "Examples:\n  sagascope types shop.db\n  sagascope types shop.db --json | jq -r .type\n\n\
                  Keys of --json, one object a line: type, schema_versions, events, streams (in how many it \
                  occurs), first_at, last_at."
)]
pub(super) struct Types {
    #[command(flatten)]
    stores: StoreArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl Run for Types {
    fn run(self, out: &mut Output) -> anyhow::Result<()> {
        let open = open(&self.stores, BadRows::Said)?;
        let streams = open.log.streams_by_type();
        let types = open.log.types().iter().zip(streams);
        if self.output.json {
            for (info, streams) in types {
                out.json(&json!({
                    "type": &*info.name,
                    "schema_versions": info.schema_versions.iter().map(|version| &**version).collect::<Vec<_>>(),
                    "events": info.events,
                    "streams": streams,
                    "first_at": info.times.first.map(|time| time.to_string()),
                    "last_at": info.times.last.map(|time| time.to_string()),
                }))?;
            }
            return Ok(());
        }
        let mut table = Table::new(&[
            ("TYPE", Kind::Text),
            ("EVENTS", Kind::Number),
            ("STREAMS", Kind::Number),
            ("SCHEMA", Kind::Text),
            ("FIRST (UTC)", Kind::Fixed),
            ("LAST (UTC)", Kind::Fixed),
        ]);
        for (info, streams) in types {
            let schemas = info.schema_versions.join(", ");
            table.row(&[
                info.name.to_string(),
                count(info.events),
                count(streams),
                if schemas.is_empty() { NONE.to_owned() } else { schemas },
                time(info.times.first),
                time(info.times.last),
            ]);
        }
        table.print(out)?;
        Ok(())
    }
}
