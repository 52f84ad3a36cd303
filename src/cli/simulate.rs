//! `sagascope simulate`: one run of a saga with what goes wrong in it, to the end.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Parser;
use serde_json::Value;

use super::args::OutputArgs;
use super::notice::{say, say_of};
use super::simulation::{SagaArgs, What, domain, listed, read_what, run_json, seconds};
use super::table::{Kind, Table};
use super::text::{NONE, clean, counted};
use super::{JudgedWrong, Output, Run};
use crate::domain::Domain;
use crate::engine::{PartialFile, export_events, open_domain_file};
use crate::sim::expect::Expectation;
use crate::sim::faults::FAULTS;
use crate::sim::recipe::{Fault, Recipe};
use crate::sim::world::{InvariantState, RunReport, SagaReport, World};

/// Sagas in the table; of more only how many ended how.
const SAGAS_SHOWN_MAX: usize = 20;

/// Run a saga with what goes wrong in it, and say how it ends
#[derive(Parser, Debug)]
#[command(
    name = "simulate",
    after_help = help()
)]
pub(super) struct Simulate {
    /// A recipe (domain/saga?…), a built-in domain (shop, travel, transfer) or a domain file; from --expect if left out
    #[arg(value_name = "RECIPE|DOMAIN", required_unless_present = "expect")]
    what: Option<String>,
    /// The domain file of the recipe, where its domain is not built in
    #[arg(long, value_name = "FILE")]
    domain: Option<PathBuf>,
    #[command(flatten)]
    args: SagaArgs,
    /// Let something go wrong; may be repeated
    #[arg(long, value_name = "TARGET:KIND[:N]", value_parser = fault)]
    fault: Vec<Fault>,
    /// How many sagas run
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    sagas: Option<u32>,
    /// Record transport as well: messages sent, delivered, lost …, processes that die
    #[arg(long, requires = "into")]
    transport: bool,
    /// Write the log of the run to a new store: .db or .jsonl
    #[arg(long, value_name = "OUT")]
    into: Option<PathBuf>,
    /// Compare with what this file expects; exit 1 when it differs
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
    /// Write what this run came to as a file for --expect
    #[arg(long, value_name = "FILE")]
    save_expect: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
}

fn fault(text: &str) -> Result<Fault, String> {
    Fault::parse(text).map_err(|error| error.to_string())
}

fn help() -> String {
    use std::fmt::Write as _;
    let mut text = String::from(
        "Examples:\n  sagascope simulate shop\n  sagascope simulate shop --fault reserve-inventory:reject\n  \
         sagascope simulate shop --fault process-payment:duplicated --without idempotency\n  \
         sagascope simulate 'shop/fulfilment?seed=7&fault=process-payment:timeout' --into run.db\n  \
         sagascope simulate mine.domain.toml --saga booking --sagas 100 --json\n  \
         sagascope simulate shop --fault send-confirmation:lost --save-expect lost-notice.toml\n  \
         sagascope simulate --expect lost-notice.toml\n\n\
         A fault is TARGET:KIND[:COUNT][@FIRST][+START][=LENGTH]: at most COUNT times (a number or all) from the \
         FIRST occurrence on, beginning at START, for LENGTH (20ms, 2s).\n\
         A target is a step, a step and its leg (step/command, step/reply, step/undo, step/undo-reply, \
         step/timer), start, type/TYPE, service/NAME or any; #2 behind it means the second saga only.\n\n\
         A recipe may also say what is done by hand on the way, act=MOMENT:ACT, where a moment is how many messages \
         were handled and acts done before: lose:, duplicate: or poison:MESSAGE, delay:MESSAGE=2s, stop:SERVICE, \
         start:SERVICE, redrive:LETTER, discard:LETTER, arm:FAULT, disarm:FAULT, without:PROTECTION, \
         with:PROTECTION. A MESSAGE is a step and its leg; @2 behind it means the second of those under way. The \
         window copies such recipes.\n\nKinds:\n",
    );
    for info in FAULTS {
        writeln!(text, "  {:<21} {}", info.name, info.sentence).expect("a String takes all");
    }
    text += "\nThe same recipe gives the same bytes on every machine. Keys of --json: recipe, outcomes, sagas, \
             dead_letters, invariants.\n\nExit codes: 0 done; 1 not as expected by --expect; 2 an argument is wrong.";
    text
}

impl Run for Simulate {
    fn run(self, out: &mut Output) -> anyhow::Result<()> {
        let expected = self.expect.as_deref().map(read_expectation).transpose()?;
        let (domain, recipe) = self.recipe(expected.as_ref().map(|(_, recipe)| recipe))?;
        let recipe = recipe.check(&domain)?;
        // As in the window: the same recipe gives the same bytes.
        let mut world = World::new(domain, &recipe)?.watched();
        if self.transport {
            world = world.recording_transport();
        }
        world.run();
        if let Some(problem) = world.unplayed() {
            anyhow::bail!("{problem}");
        }
        let report = world.report();
        let written = self.into.as_deref().map(|into| export_events(&world.events(), into)).transpose()?;
        if let Some(path) = &self.save_expect {
            let text = Expectation::of(&report).to_toml(&recipe, &report);
            write_new(path, &text)?;
        }
        if self.output.json {
            out.json(&run_json(&report))?;
        } else {
            print(&report, out)?;
            if let (Some(written), Some(into)) = (written, &self.into) {
                let events = counted(written.events, "event");
                out.line(&format!("Wrote {events} to {}", clean(&into.display().to_string())))?;
            }
        }
        match (expected, self.expect) {
            (Some((expectation, _)), Some(path)) => judge(&expectation, &report, &path),
            _ => Ok(()),
        }
    }
}

impl Simulate {
    /// The domain, and the recipe from the argument, the options and the expectation.
    fn recipe(&self, expected: Option<&Recipe>) -> anyhow::Result<(Arc<Domain>, Recipe)> {
        let given = self.what.as_deref().map(read_what).transpose()?;
        let (named, of_file) = match given {
            Some(What::Recipe(recipe)) => (Some(recipe), None),
            Some(What::Domain(domain)) => (None, Some(domain)),
            None => (None, None),
        };
        let base = named.or_else(|| expected.cloned());
        let domain = match (of_file, &self.domain, &base) {
            (Some(domain), _, _) => domain,
            (None, Some(path), _) => open_domain_file(path)?,
            (None, None, Some(recipe)) => domain(&recipe.domain)?,
            (None, None, None) => anyhow::bail!("Name a recipe or a domain, or a file with --expect"),
        };
        let mut recipe = match base {
            Some(recipe) => self.args.on_top_of(recipe),
            None => self.args.recipe(&domain)?,
        };
        recipe.sagas = self.sagas.unwrap_or(recipe.sagas);
        let recipe = self.fault.iter().cloned().fold(recipe, Recipe::with);
        Ok((domain, recipe))
    }
}

/// Writes a file where none may be yet.
pub(super) fn write_new(path: &Path, text: &str) -> anyhow::Result<()> {
    let mut file = PartialFile::create(path)?;
    file.write_all(text.as_bytes())?;
    Ok(file.finish()?)
}

fn read_expectation(path: &Path) -> anyhow::Result<(Expectation, Recipe)> {
    let failed = |why: String| anyhow::anyhow!("The expectation cannot be read: {why}\n{}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    Expectation::parse(&text).map_err(|error| failed(error.to_string()))
}

fn judge(expectation: &Expectation, report: &RunReport, path: &Path) -> anyhow::Result<()> {
    let differences = expectation.differences(report);
    if differences.is_empty() {
        return Ok(());
    }
    for difference in &differences {
        say(difference);
    }
    let count = counted(differences.len() as u64, "difference");
    say_of(&format!("The run is not what was expected ({count})"), path);
    Err(JudgedWrong.into())
}

fn print(report: &RunReport, out: &mut Output) -> anyhow::Result<()> {
    out.line(&clean(&report.recipe))?;
    let outcomes = report.outcomes.iter().map(|(outcome, sagas)| format!("{sagas} {}", outcome.name()));
    out.line(&format!(
        "{} after {} ({})",
        outcomes.collect::<Vec<_>>().join(", "),
        seconds(report.ended),
        counted(report.events, "event")
    ))?;
    for fault in report.faults.iter().filter(|fault| fault.hits == 0) {
        out.line(&format!("{} never struck", clean(&fault.fault)))?;
    }
    if let [saga] = report.sagas.as_slice() {
        steps(saga, out)?;
    } else {
        sagas(&report.sagas, out)?;
    }
    let mut letters = Table::new(&[
        ("DEAD LETTER", Kind::Fixed),
        ("STATE", Kind::Fixed),
        ("KEY", Kind::Id),
        ("ATTEMPTS", Kind::Number),
        ("REASON", Kind::Text),
        ("BLOCKED", Kind::Rest),
    ]);
    for letter in &report.dead_letters {
        letters.row(&[
            letter.id.to_string(),
            letter.state.name().to_owned(),
            letter.key.clone(),
            letter.attempts.len().to_string(),
            letter.error.clone(),
            listed(&letter.blocked),
        ]);
    }
    if letters.waiting() > 0 {
        out.line("")?;
        letters.print(out)?;
    }
    let mut invariants = Table::new(&[
        ("INVARIANT", Kind::Fixed),
        ("STATE", Kind::Fixed),
        ("ABOUT", Kind::Text),
        ("DIFFERENCE", Kind::Rest),
    ]);
    for invariant in &report.invariants {
        let (state, difference) = match &invariant.state {
            InvariantState::Holds => ("holds", NONE.to_owned()),
            InvariantState::NotChecked => ("not checked", NONE.to_owned()),
            InvariantState::Broken { difference, .. } => ("broken", difference.clone()),
        };
        invariants.row(&[invariant.code.clone(), state.to_owned(), invariant.about.clone(), difference]);
    }
    if invariants.waiting() > 0 {
        out.line("")?;
        invariants.print(out)?;
    }
    Ok(())
}

fn steps(saga: &SagaReport, out: &mut Output) -> anyhow::Result<()> {
    out.line("")?;
    let mut table = Table::new(&[
        ("STEP", Kind::Fixed),
        ("STATE", Kind::Fixed),
        ("ATTEMPTS", Kind::Number),
        ("UNDO", Kind::Number),
        ("NOTE", Kind::Rest),
    ]);
    for step in &saga.steps {
        let state = serde_json::to_value(step.state).ok();
        let state = state.as_ref().and_then(Value::as_str).unwrap_or_default();
        table.row(&[
            step.name.clone(),
            state.replace('-', " "),
            step.attempts.to_string(),
            step.undo_attempts.to_string(),
            step.note.clone(),
        ]);
    }
    table.print(out)?;
    for owed in &saga.owed {
        out.line(&format!("Still owed: {}", clean(&owed.text)))?;
    }
    Ok(())
}

fn sagas(sagas: &[SagaReport], out: &mut Output) -> anyhow::Result<()> {
    out.line("")?;
    let mut table = Table::new(&[
        ("SAGA", Kind::Fixed),
        ("OUTCOME", Kind::Fixed),
        ("STARTED", Kind::Number),
        ("ENDED", Kind::Number),
        ("OWED", Kind::Rest),
    ]);
    for saga in sagas.iter().take(SAGAS_SHOWN_MAX) {
        table.row(&[
            saga.id.clone(),
            saga.outcome.name().to_owned(),
            seconds(saga.started),
            saga.ended.map_or_else(|| NONE.to_owned(), seconds),
            listed(&saga.owed.iter().map(|owed| owed.text.clone()).collect::<Vec<_>>()),
        ]);
    }
    table.print(out)?;
    if sagas.len() > SAGAS_SHOWN_MAX {
        out.line(&format!("and {} more (--json lists all)", sagas.len() - SAGAS_SHOWN_MAX))?;
    }
    Ok(())
}
