//! `sagascope convert`: any store into our own formats, losing nothing that an event has.

use std::path::PathBuf;

use clap::Parser;
use serde_json::json;

use super::args::{OutputArgs, StoreArgs};
use super::notice::ProgressLine;
use super::open::{BadRows, open_cancellable};
use super::text::{clean, count, counted};
use super::{Output, Run, interrupt};
use crate::engine::{ExportError, ExportKind, export};

/// Convert stores into Sagascope's own SQLite store or JSON lines
#[derive(Parser, Debug)]
#[command(
    name = "convert",
    after_help = "Examples:\n  sagascope convert shop.db shop.jsonl\n  sagascope convert shop.jsonl shop-copy.db\n  \
                  sagascope convert orders.db payments.jsonl both.db      merged in order of time\n\n\
                  The ending of OUT says what is written: .db (also .sqlite, .sqlite3, .sagascope) or .jsonl \
                  (also .ndjson). An existing file is never overwritten. Keys of --json: out, format, events, bytes."
)]
pub(super) struct Convert {
    #[command(flatten)]
    stores: StoreArgs,
    /// The new file
    #[arg(value_name = "OUT.db|OUT.jsonl")]
    to: PathBuf,
    #[command(flatten)]
    output: OutputArgs,
}

impl Run for Convert {
    fn run(self, out: &mut Output) -> anyhow::Result<()> {
        // Said before a long load, not after it.
        if ExportKind::of_name(&self.to).is_none() {
            return Err(ExportError::Name(self.to).into());
        }
        if self.to.symlink_metadata().is_ok() {
            return Err(ExportError::Exists(self.to).into());
        }
        let cancel = interrupt::cancel_token();
        let open = open_cancellable(&self.stores, BadRows::Said, &cancel)?;
        let mut line = ProgressLine::new();
        let all = open.log.len() as u64;
        let exported = export(&open, &self.to, &cancel, &mut |done| {
            let rate = line.rate(done);
            line.show(|| format!("Writing: {} of {}, {}/s", count(done), counted(all, "event"), count(rate)));
        });
        drop(line);
        let exported = exported?;
        let path = self.to.display().to_string();
        if self.output.json {
            out.json(&json!({
                "out": path,
                "format": exported.format,
                "events": exported.events,
                "bytes": exported.bytes,
            }))?;
        } else {
            out.line(&format!("Wrote {} to {}", counted(exported.events, "event"), clean(&path)))?;
        }
        Ok(())
    }
}
