//! The command line: subcommands over the engine, each in a file of its own, as tables for people and as JSON
//! for programs. The contract of the JSON: every key always present, null where a store has nothing.
//!
//! Nothing here knows a format or the window: `main` decides what happens without a subcommand, and may add
//! subcommands of its own.

mod args;
mod convert;
mod dead_letters;
mod domain;
mod drawing;
mod events;
mod formats;
mod generate;
mod info;
mod interrupt;
mod issues;
mod map;
mod matrix;
mod notice;
mod open;
mod output;
mod query;
mod replay;
mod saga;
mod saga_json;
mod sagas;
mod simulate;
mod simulation;
mod steps;
mod stream;
mod streams;
mod sweep;
mod table;
mod template;
mod text;
mod trace;
mod types;

use std::ffi::OsString;
use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command, CommandFactory, FromArgMatches, value_parser};

use crate::engine::{SimRequest, SimStart};

pub use args::{OutputArgs, StoreArgs};
pub use drawing::Rasterise;
pub use output::Output;
use simulation::names_domain;
pub use simulation::run_named;

/// What a subcommand does with its arguments.
pub trait Run: CommandFactory + FromArgMatches {
    /// Does it. An error ends the program with exit code 2.
    fn run(self, out: &mut Output) -> anyhow::Result<()>;
}

/// A subcommand, as the registry knows it.
#[derive(Clone, Copy)]
pub struct Subcommand {
    command: fn() -> Command,
    run: fn(&ArgMatches, &mut Output) -> anyhow::Result<()>,
}

impl Subcommand {
    /// The subcommand that `T` describes: its name, help and arguments.
    pub const fn of<T: Run>() -> Self {
        Self { command: T::command, run: |matches, out| T::from_arg_matches(matches)?.run(out) }
    }
}

/// Every subcommand, in the order the help lists them. Adding one is one file and one line.
pub static SUBCOMMANDS: &[Subcommand] = &[
    Subcommand::of::<info::Info>(),
    Subcommand::of::<streams::Streams>(),
    Subcommand::of::<types::Types>(),
    Subcommand::of::<events::Events>(),
    Subcommand::of::<query::Find>(),
    Subcommand::of::<query::Count>(),
    Subcommand::of::<query::Fields>(),
    Subcommand::of::<issues::Issues>(),
    Subcommand::of::<replay::ReplayStream>(),
    Subcommand::of::<sagas::Sagas>(),
    Subcommand::of::<saga::Saga>(),
    Subcommand::of::<trace::Trace>(),
    Subcommand::of::<map::Map>(),
    Subcommand::of::<dead_letters::DeadLetters>(),
    Subcommand::of::<simulate::Simulate>(),
    Subcommand::of::<matrix::Matrix>(),
    Subcommand::of::<sweep::Sweep>(),
    Subcommand::of::<convert::Convert>(),
    Subcommand::of::<generate::Generate>(),
    Subcommand::of::<formats::Formats>(),
];

/// What remains to be done after the command line was read.
#[derive(Debug)]
pub enum Outcome {
    /// Nothing: a subcommand ran, or the arguments were wrong.
    Exit(ExitCode),
    /// Open the window with these files; with none, the last place or the welcome page.
    Window(Vec<PathBuf>),
    /// Open the window with this run.
    Run(Box<SimRequest>),
}

/// When nothing could be read or an argument is wrong.
const EXIT_FAILED: u8 = 2;

/// When a judgement says no: a run is not what was expected.
const EXIT_JUDGED_WRONG: u8 = 1;

/// A judgement that says no; its sentences are on stderr or stdout already.
#[derive(Debug, thiserror::Error)]
#[error("not as it should be")]
struct JudgedWrong;

/// An error whose sentences are on stderr already.
#[derive(Debug, thiserror::Error)]
#[error("nothing could be read")]
struct AlreadySaid;

/// What only some programs can.
#[derive(Clone, Copy, Default)]
pub struct Extras {
    /// Subcommands beside [`SUBCOMMANDS`].
    pub subcommands: &'static [Subcommand],
    /// What draws diagrams into PNG files.
    pub rasterise: Option<Rasterise>,
}

/// Reads the command line and runs the subcommand it names.
pub fn run(arguments: impl IntoIterator<Item = OsString>, extras: Extras) -> Outcome {
    let subcommands: Vec<Subcommand> = SUBCOMMANDS.iter().chain(extras.subcommands).copied().collect();
    let matches = match root(&subcommands).try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => {
            // Fails only when stdout or stderr is closed, and then nobody reads it.
            drop(error.print());
            return Outcome::Exit(if error.use_stderr() { EXIT_FAILED.into() } else { ExitCode::SUCCESS });
        }
    };
    let Some((name, arguments)) = matches.subcommand() else {
        let stores: Vec<PathBuf> = matches.get_many(STORES).unwrap_or_default().cloned().collect();
        return window(stores);
    };
    let subcommand = subcommands.iter().find(|subcommand| (subcommand.command)().get_name() == name);
    let subcommand = subcommand.expect("clap matches only names of the registry");
    let mut out = Output::stdout(extras.rasterise);
    let result = (subcommand.run)(arguments, &mut out).and_then(|()| Ok(out.flush()?));
    Outcome::Exit(match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) if error.is::<JudgedWrong>() => {
            // What was printed so far is part of the judgement; a closed pipe is nobody's error.
            drop(out.flush());
            EXIT_JUDGED_WRONG.into()
        }
        Err(error) => {
            if !error.is::<AlreadySaid>() {
                notice::say(&format!("{error:#}"));
            }
            EXIT_FAILED.into()
        }
    })
}

/// Whoever read our output has seen enough: `sagascope events shop.db | head`.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

/// A misspelled subcommand looks like a file that is not there; better said here than in a window.
fn window(stores: Vec<PathBuf>) -> Outcome {
    let run = match &*stores {
        [only] => only.to_str().and_then(run_named),
        _ => None,
    };
    match run {
        Some(Ok(request)) => {
            return Outcome::Run(Box::new(SimRequest { start: SimStart::AtFault, ..request }));
        }
        // What merely looks like a recipe, a name with a question mark, is a file that is not there.
        Some(Err(error)) if stores[0].to_str().is_some_and(names_domain) => {
            notice::say(&format!("{error:#}"));
            return Outcome::Exit(EXIT_FAILED.into());
        }
        Some(Err(_)) | None => {}
    }
    if let Some(first) = stores.first()
        && first.components().count() == 1
        && first.extension().is_none()
        && !first.exists()
    {
        notice::say(&format!(
            "There is neither a file nor a subcommand of this name (sagascope --help lists the subcommands): {}",
            first.display()
        ));
        return Outcome::Exit(EXIT_FAILED.into());
    }
    Outcome::Window(stores)
}

/// Name of the argument that takes the files for the window.
const STORES: &str = "stores";

fn root(subcommands: &[Subcommand]) -> Command {
    Command::new("sagascope")
        .about("Browse event stores, replay aggregates, and see what happened")
        .long_about(
            "Browse event stores, replay aggregates, and see what happened.\n\n\
             Without a subcommand the window opens: with the stores or the run named, or where it was left. \
             Stores are only ever read; what they are is told by their content, never by their name.",
        )
        .version(env!("CARGO_PKG_VERSION"))
        .arg(
            Arg::new(STORES)
                .value_name("STORE…|RECIPE")
                .num_args(0..)
                .value_parser(value_parser!(PathBuf))
                .help("Files to open in the window as one log, or a run to show"),
        )
        .args_conflicts_with_subcommands(true)
        .subcommands(subcommands.iter().map(|subcommand| (subcommand.command)()))
        .after_help(
            "Examples:\n  \
             sagascope shop.db                       open a store in the window\n  \
             sagascope 'shop/fulfilment?seed=7'      a run in the window\n  \
             sagascope info shop.db                  what is in it\n  \
             sagascope replay shop.db Order/order-7  the state of one aggregate\n  \
             sagascope matrix shop                   what every fault would do to a saga\n\n\
             Exit codes: 0 done (bad rows are told on stderr); 1 a judgement says no (simulate --expect, sweep); \
             2 nothing could be read, or an argument is wrong.",
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_subcommand_is_well_formed_and_has_help_with_examples_and_json() {
        root(SUBCOMMANDS).debug_assert();
        for subcommand in SUBCOMMANDS {
            let command = (subcommand.command)();
            let name = command.get_name().to_owned();
            let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(examples.contains(&format!("  sagascope {name}")), "{name}: {examples}");
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            assert!(!about.is_empty() && !about.contains('\n') && !about.ends_with('.'), "{name}: {about}");
            assert!(command.get_arguments().any(|arg| arg.get_long() == Some("json")), "{name}");
        }
    }
}
