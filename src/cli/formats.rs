//! `sagascope formats`: what can be opened.

use clap::Parser;
use serde_json::json;

use super::args::OutputArgs;
use super::{Output, Run};
use crate::engine::FORMATS;

/// List the formats that can be opened
#[derive(Parser, Debug)]
#[command(
    name = "formats",
    after_help = "Examples:\n  sagascope formats\n  sagascope formats --json | jq -r .format\n\n\
                  Other SQLite tables and JSON are read through a mapping of their columns (--map FILE)."
)]
pub(super) struct Formats {
    #[command(flatten)]
    output: OutputArgs,
}

impl Run for Formats {
    fn run(self, out: &mut Output) -> anyhow::Result<()> {
        for format in FORMATS {
            if self.output.json {
                out.json(&json!({
                    "format": format.name(),
                    "title": format.title(),
                    "about": format.about(),
                    "extensions": format.extensions(),
                }))?;
            } else {
                out.line(&format!("{:<24}{}", format.name(), format.title()))?;
                out.line(&format!("    {}", format.about()))?;
            }
        }
        Ok(())
    }
}
