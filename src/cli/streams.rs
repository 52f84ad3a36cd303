//! `sagascope streams`: every stream, in order of appearance.

use clap::Parser;
use serde_json::json;

use super::args::{OutputArgs, StoreArgs};
use super::open::{BadRows, open};
use super::table::{Kind, Table};
use super::text::{NONE, count, time};
use super::{Output, Run};
use crate::index::{StreamInfo, glob};

/// List the streams of a store
#[derive(Parser, Debug)]
#[command(
    name = "streams",
    after_help = "Examples:\n  sagascope streams shop.db\n  sagascope streams shop.db --type Order\n  \
                  sagascope streams shop.db --json | jq -s 'max_by(.events)'\n\n\
                  Keys of --json, one object a line: stream, aggregate_type, events, first_version, last_version, \
                  first_at, last_at."
)]
pub(super) struct Streams {
    #[command(flatten)]
    stores: StoreArgs,
    /// Only streams of these aggregate types; where a store has none, what their ids begin with
    #[arg(long = "type", value_name = "GLOB")]
    aggregate_type: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
}

impl Run for Streams {
    fn run(self, out: &mut Output) -> anyhow::Result<()> {
        let open = open(&self.stores, BadRows::Said)?;
        let glob = self.aggregate_type.as_deref().map(glob);
        let streams = open.log.streams().iter();
        let wanted = streams.filter(|stream| glob.as_ref().is_none_or(|glob| glob.is_match(stream.group())));
        if self.output.json {
            for stream in wanted {
                out.json(&json!({
                    "stream": &*stream.id,
                    "aggregate_type": stream.aggregate_type.as_deref(),
                    "events": stream.len(),
                    "first_version": stream.versions().map(|(first, _)| first),
                    "last_version": stream.versions().map(|(_, last)| last),
                    "first_at": stream.times().first.map(|time| time.to_string()),
                    "last_at": stream.times().last.map(|time| time.to_string()),
                }))?;
            }
            return Ok(());
        }
        let mut table = Table::new(&[
            ("TYPE", Kind::Text),
            ("STREAM", Kind::Id),
            ("EVENTS", Kind::Number),
            ("VERSIONS", Kind::Number),
            ("FIRST (UTC)", Kind::Fixed),
            ("LAST (UTC)", Kind::Fixed),
        ]);
        for stream in wanted {
            table.row(&[
                stream.aggregate_type.as_deref().unwrap_or(NONE).to_owned(),
                stream.id.to_string(),
                count(stream.len() as u64),
                versions(stream),
                time(stream.times().first),
                time(stream.times().last),
            ]);
        }
        table.print(out)?;
        Ok(())
    }
}

fn versions(stream: &StreamInfo) -> String {
    match stream.versions() {
        Some((first, last)) if first == last => first.to_string(),
        Some((first, last)) => format!("{first}–{last}"),
        None => NONE.to_owned(),
    }
}
