//! `sagascope generate`: the log of the simulator's shop, the same bytes for the same seed.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Parser;
use serde_json::json;

use super::args::OutputArgs;
use super::notice::ProgressLine;
use super::text::{clean, count, counted};
use super::{Output, Run, interrupt};
use crate::base::cancel::CancelToken;
use crate::engine::{Dirs, ExportError, ExportKind, JsonlWriter, LoadItem, Loader, PartialFile, export};
use crate::sim::generate::{GenerateError, GenerateOptions, Generated, generate};

/// Write the log of the simulator's shop, to try things on
#[derive(Parser, Debug)]
#[command(
    name = "generate",
    after_help = "Examples:\n  sagascope generate --events 10000 --seed 7 shop.jsonl\n  \
                  sagascope generate --events 1000000 --seed 1 big.db\n  \
                  sagascope generate --events 100 --seed 1 - | head -3\n\n\
                  The shop of sagascope simulate shop: orders, payments, stock, notices and parcels as interleaved \
                  sagas, some failing, with names, payloads and order of steps from its domain file. The same \
                  number of events and the same seed give the same bytes. Keys of --json: out, events, streams, \
                  longest_stream, bytes."
)]
pub(super) struct Generate {
    /// How many events
    #[arg(long, value_name = "N")]
    events: u64,
    /// Which shop: every seed has its own customers, orders and misfortunes
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// The new file, or - for standard output
    #[arg(value_name = "OUT.jsonl|OUT.db|-")]
    to: PathBuf,
    #[command(flatten)]
    output: OutputArgs,
}

impl Run for Generate {
    fn run(self, out: &mut Output) -> anyhow::Result<()> {
        let options = GenerateOptions { events: self.events, seed: self.seed };
        if self.to == Path::new("-") {
            // Standard output is the log itself, with --json too.
            let written = generate(&options, out, &CancelToken::default(), &mut |_| {});
            return match written {
                // As it is, so that a closed pipe is known as one.
                Err(GenerateError::Write(error)) => Err(error.into()),
                written => Ok(end_of_empty_log(&written?, out).map(drop)?),
            };
        }
        let cancel = interrupt::cancel_token();
        let (generated, bytes) = match ExportKind::of_name(&self.to) {
            None => return Err(ExportError::Name(self.to).into()),
            Some(ExportKind::JsonLines) => {
                let mut file = PartialFile::create(&self.to)?;
                let generated = write(&options, &self.to, &mut file, &cancel)?;
                file.finish()?;
                (generated, generated.bytes)
            }
            Some(ExportKind::Sqlite) => write_store(&options, &self.to, &cancel)?,
        };
        let path = self.to.display().to_string();
        if self.output.json {
            out.json(&json!({
                "out": path,
                "events": generated.events,
                "streams": generated.streams,
                "longest_stream": generated.longest_stream,
                "bytes": bytes,
            }))?;
        } else {
            let events = counted(generated.events, "event");
            let streams = counted(generated.streams, "stream");
            out.line(&format!("Wrote {events} in {streams} to {}", clean(&path)))?;
        }
        Ok(())
    }
}

fn write(
    options: &GenerateOptions,
    to: &Path,
    file: &mut PartialFile,
    cancel: &CancelToken,
) -> anyhow::Result<Generated> {
    let mut line = ProgressLine::new();
    let all = options.events;
    let generated = generate(options, file, cancel, &mut |done| {
        let rate = line.rate(done);
        line.show(|| format!("Generating: {} of {}, {}/s", count(done), counted(all, "event"), count(rate)));
    });
    let generated = generated.map_err(|error| match error {
        GenerateError::Cancelled { .. } => ExportError::Cancelled(to.to_owned()).into(),
        error @ GenerateError::Write(_) => anyhow::Error::from(error),
    })?;
    let bytes = generated.bytes + end_of_empty_log(&generated, file)?;
    Ok(Generated { bytes, ..generated })
}

/// A log without events says that it is one; gives the bytes that took.
fn end_of_empty_log(generated: &Generated, to: &mut impl Write) -> std::io::Result<u64> {
    if generated.events > 0 {
        return Ok(0);
    }
    let line = JsonlWriter::new(Vec::new()).finish()?;
    to.write_all(&line)?;
    Ok(line.len() as u64)
}

/// The same log through JSON lines that nobody keeps, so that both files hold the same events.
fn write_store(
    options: &GenerateOptions,
    to: &Path,
    cancel: &CancelToken,
) -> anyhow::Result<(Generated, u64)> {
    if to.symlink_metadata().is_ok() {
        return Err(ExportError::Exists(to.to_owned()).into());
    }
    let mut lines = PartialFile::create(&to.with_extension("jsonl.generated"))?;
    let generated = write(options, to, &mut lines, cancel)?;
    lines.flush()?;
    let mut loader = Loader::new(Dirs::of_this_system());
    let item = LoadItem::detected(lines.temporary());
    let needs =
        loader.load(&item, cancel, &mut |_, _| {}).map_err(|failure| anyhow::anyhow!(failure.problem))?;
    anyhow::ensure!(needs.is_none(), "The generated log is not recognized as a log; this is a defect");
    let mut line = ProgressLine::new();
    let all = generated.events;
    let exported = export(&loader.publish(), to, cancel, &mut |done| {
        line.show(|| format!("Writing: {} of {}", count(done), counted(all, "event")));
    })?;
    Ok((generated, exported.bytes))
}
