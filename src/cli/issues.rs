//! `sagascope issues`: records that could not be read.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use clap::Parser;
use serde_json::json;

use super::args::{OutputArgs, StoreArgs};
use super::notice::say;
use super::open::{BadRows, open, source_name};
use super::table::{Kind, Table};
use super::text::count;
use super::{Output, Run};

/// Bytes of a bad record shown in the table.
const SHOWN_BYTES: usize = 200;

/// List the records that could not be read, and why
#[derive(Parser, Debug)]
#[command(
    name = "issues",
    after_help = "Examples:\n  sagascope issues shop.jsonl\n  \
                  sagascope issues shop.jsonl --json | jq -r .raw_base64 | base64 -d\n\n\
                  Keys of --json, one object a line: source, where, problem, raw_base64 (its first bytes)."
)]
pub(super) struct Issues {
    #[command(flatten)]
    stores: StoreArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl Run for Issues {
    fn run(self, out: &mut Output) -> anyhow::Result<()> {
        let open = open(&self.stores, BadRows::Shown)?;
        let issues = open.log.issues();
        let all: u64 = open.log.sources().iter().map(|source| source.issues).sum();
        if self.output.json {
            for (source, issue) in issues.iter() {
                out.json(&json!({
                    "source": source_name(&open, *source),
                    "where": issue.place,
                    "problem": issue.problem,
                    "raw_base64": BASE64.encode(&issue.raw),
                }))?;
            }
        } else if issues.is_empty() {
            out.line("No issues: every record was read")?;
        } else {
            let mut table = Table::new(&[
                ("STORE", Kind::Id),
                ("WHERE", Kind::Fixed),
                ("PROBLEM", Kind::Text),
                ("RECORD", Kind::Rest),
            ]);
            for (source, issue) in issues.iter() {
                let raw = &issue.raw[..issue.raw.len().min(SHOWN_BYTES)];
                table.row(&[
                    source_name(&open, *source),
                    issue.place.clone(),
                    issue.problem.clone(),
                    String::from_utf8_lossy(raw).into_owned(),
                ]);
            }
            table.print(out)?;
        }
        if all > issues.len() as u64 {
            say(&format!("{} more issues were counted but not kept", count(all - issues.len() as u64)));
        }
        Ok(())
    }
}
