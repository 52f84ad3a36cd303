//! Arguments that several subcommands share.

use std::path::PathBuf;

use clap::Args;

/// The stores to read.
#[derive(Args, Clone, Debug)]
pub struct StoreArgs {
    /// Files to read; several are merged into one log
    #[arg(value_name = "STORE", required = true, num_args = 1..)]
    pub stores: Vec<PathBuf>,
    /// For those that no format claims.
    #[command(flatten)]
    pub mapping: MappingArgs,
}

/// How to read files that no format claims.
#[derive(Args, Clone, Debug)]
pub struct MappingArgs {
    /// TOML that says which column is which field, for a file that no format claims
    #[arg(long, value_name = "FILE")]
    pub map: Option<PathBuf>,
}

/// How to print.
#[derive(Args, Clone, Copy, Debug)]
pub struct OutputArgs {
    /// Print JSON, one object a line, instead of text for people
    #[arg(long)]
    pub json: bool,
}
