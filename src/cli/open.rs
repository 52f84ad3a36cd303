//! Opening stores for a subcommand: the same index as the window, mappings found or asked for, failures said.

use std::path::Path;
use std::time::Duration;

use super::args::{MappingArgs, StoreArgs};
use super::notice::{ProgressLine, say, say_of};
use super::text::{count, counted};
use super::{AlreadySaid, template};
use crate::base::cancel::CancelToken;
use crate::engine::{Dirs, LoadItem, Loader, Mapping, NeedsMapping, OpenLog, Settings};
use crate::model::SourceId;

/// Whether the number of bad rows is said on stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadRows {
    /// One line a source.
    Said,
    /// The subcommand shows them itself.
    Shown,
}

/// Opens everything that opens; an error when nothing did.
pub(super) fn open(args: &StoreArgs, bad_rows: BadRows) -> anyhow::Result<OpenLog> {
    open_cancellable(args, bad_rows, &CancelToken::default())
}

/// The same, ending early when `cancel` says so.
pub(super) fn open_cancellable(
    args: &StoreArgs,
    bad_rows: BadRows,
    cancel: &CancelToken,
) -> anyhow::Result<OpenLog> {
    let StoreArgs { stores, mapping } = args;
    let mapping = read_mapping(mapping)?;
    let dirs = Dirs::of_this_system();
    let remembered = Settings::load(&dirs).unwrap_or_else(|error| {
        say(&error.to_string());
        Settings::default()
    });
    let mut loading = Loading { loader: Loader::new(dirs), mapping, remembered, cancel };
    // With several stores a mapping is for those that no format claims; a single one it is for in any case.
    let forced = if stores.len() == 1 { loading.mapping.clone() } else { None };
    let mut opened = 0;
    for path in stores {
        opened += usize::from(loading.load(path, forced.clone()));
    }
    if opened == 0 {
        return Err(AlreadySaid.into());
    }
    let open = loading.loader.publish();
    if bad_rows == BadRows::Said {
        say_bad_rows(&open);
    }
    Ok(open)
}

/// What became of a file.
enum Step {
    /// It was read, or what kept it from being read is said.
    Ended {
        readable: bool,
    },
    NeedsMapping(Box<NeedsMapping>),
}

struct Loading<'a> {
    loader: Loader,
    mapping: Option<Mapping>,
    remembered: Settings,
    cancel: &'a CancelToken,
}

impl Loading<'_> {
    /// Whether the file could be read, if not to its end.
    fn load(&mut self, path: &Path, mapping: Option<Mapping>) -> bool {
        match self.try_load(path, mapping) {
            Step::NeedsMapping(needs) => match self.choose(&needs) {
                Some(mapping) => matches!(self.try_load(path, Some(mapping)), Step::Ended { readable: true }),
                None => false,
            },
            Step::Ended { readable } => readable,
        }
    }

    fn try_load(&mut self, path: &Path, mapping: Option<Mapping>) -> Step {
        let mut line = ProgressLine::new();
        let (before, issues) = (self.count(), self.loader.issues());
        let item = LoadItem { path: path.to_owned(), mapping };
        let loaded = self.loader.load(&item, self.cancel, &mut |_, progress| {
            line.show(|| {
                let share =
                    progress.share().map_or_else(String::new, |share| format!("{:.0} %, ", share * 100.0));
                let rate = count(progress.rate() as u64);
                format!("Reading: {share}{}, {rate}/s", counted(progress.events, "event"))
            });
        });
        drop(line);
        match loaded {
            // A file of which every record is bad was not read; an empty store was.
            Ok(None) => Step::Ended { readable: self.count() > before || self.loader.issues() == issues },
            Ok(Some(needs)) => Step::NeedsMapping(Box::new(needs)),
            Err(failure) => {
                say_of(&failure.problem, path);
                // What was read before the failure stays in the log.
                Step::Ended { readable: self.count() > before }
            }
        }
    }

    /// Events read so far.
    fn count(&self) -> u64 {
        self.loader.progress(Duration::ZERO, false).events
    }

    /// The mapping for a file that no format claims: given, remembered, or proposed and good enough.
    fn choose(&self, needs: &NeedsMapping) -> Option<Mapping> {
        if let Some(mapping) = &self.mapping {
            return Some(mapping.clone());
        }
        let remembered = self.remembered.mappings.get(&needs.proposal.shape_key);
        let (mapping, from) = match remembered {
            Some(mapping) => (mapping, "it is read as it was last confirmed"),
            None if needs.proposal.mapping.is_sufficient() => {
                (&needs.proposal.mapping, "it is read by its column names (--map FILE to say otherwise)")
            }
            None => {
                say_of(
                    "No format claims this file, and its columns do not tell which is the type and which the \
                     stream or the time. Fill in the template below, save it, and give it with --map FILE",
                    &needs.path,
                );
                super::notice::raw(&template::template(&needs.proposal));
                return None;
            }
        };
        let columns: Vec<String> =
            mapping.described().into_iter().map(|(field, column)| format!("{field} = {column}")).collect();
        say_of(&format!("No format claims this file; {from}: {}", columns.join(", ")), &needs.path);
        Some(mapping.clone())
    }
}

fn read_mapping(args: &MappingArgs) -> anyhow::Result<Option<Mapping>> {
    let Some(path) = &args.map else { return Ok(None) };
    let failed = |why: String| anyhow::anyhow!("The mapping cannot be read: {why}\n{}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    let mapping = toml::from_str(&text).map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start].lines().count().max(1));
        failed(format!("line {line}: {}", error.message().replace('\n', ", ")))
    })?;
    Ok(Some(mapping))
}

fn say_bad_rows(open: &OpenLog) {
    for (source, summary) in open.sources.iter().zip(open.log.sources()) {
        if summary.issues > 0 {
            let verb = if summary.issues == 1 { "was" } else { "were" };
            say_of(
                &format!(
                    "{} could not be read and {verb} left out (sagascope issues shows what and why)",
                    counted(summary.issues, "record")
                ),
                &source.path,
            );
        }
    }
}

/// A source as it was named on the command line.
pub(super) fn source_name(open: &OpenLog, source: SourceId) -> String {
    open.sources.get(usize::from(source.0)).map_or_else(String::new, |info| info.path.display().to_string())
}
