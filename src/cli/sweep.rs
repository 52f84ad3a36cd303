//! `sagascope sweep`: random runs of a saga by seed, and the failures among them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Parser;
use serde_json::json;

use super::args::OutputArgs;
use super::notice::ProgressLine;
use super::simulation::{SagaArgs, domain, listed};
use super::text::{NONE, clean, count, counted};
use super::{JudgedWrong, Output, Run};
use crate::domain::Domain;
use crate::sim::expect::Expectation;
use crate::sim::matrix::in_world;
use crate::sim::outcome::Failure;
use crate::sim::recipe::Recipe;
use crate::sim::scenario::given_when_then;
use crate::sim::shrink::shrink;
use crate::sim::sweep::{SweepRun, sweep};

/// Runs that shrinking one failure may take.
const SHRINK_RUNS_MAX: u64 = 5_000;

/// Run a saga many times with faults drawn by a seed, and show what fails
#[derive(Parser, Debug)]
#[command(
    name = "sweep",
    after_help = "Examples:\n  sagascope sweep shop --runs 1000\n  \
                  sagascope sweep shop --runs 1000 --without outbox --shrink\n  \
                  sagascope sweep travel --runs 500 --seed 7 --shrink --tests found/\n  \
                  sagascope sweep shop --runs 200 --json | jq -r 'select(.failed) | .recipe'\n\n\
                  A run fails when a saga is inconsistent or stuck, or an invariant is broken; runs that fail in the \
                  same way (outcome, broken invariants, step) are shown once. --shrink leaves out of each what does \
                  not matter and tells it as a story. Keys of --json, a line a run: run, recipe, outcome, broken, \
                  step, failed; and with --shrink after the first of its kind a line: run, shrunk, runs, story.\n\n\
                  Exit codes: 0 nothing failed; 1 something did; 2 an argument is wrong."
)]
pub(super) struct Sweep {
    /// A built-in domain (shop, travel, transfer) or a domain file
    #[arg(value_name = "DOMAIN")]
    domain: String,
    /// How many runs
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    runs: u64,
    /// Make the first failure of each kind as short as it can be
    #[arg(long)]
    shrink: bool,
    /// Write each shrunk failure as a file for simulate --expect into this folder
    #[arg(long, value_name = "FOLDER", requires = "shrink")]
    tests: Option<PathBuf>,
    #[command(flatten)]
    args: SagaArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// A failure, and the first run that failed like this.
struct Found {
    run: SweepRun,
    failure: Failure,
    times: u64,
}

impl Run for Sweep {
    fn run(self, out: &mut Output) -> anyhow::Result<()> {
        let domain = domain(&self.domain)?;
        let base = self.args.recipe(&domain)?;
        let mut by_outcome: BTreeMap<&'static str, u64> = BTreeMap::new();
        let mut found: Vec<Found> = Vec::new();
        let mut line = ProgressLine::new();
        let mut printed = Ok(());
        sweep(&domain, &base, self.runs, &mut in_world(&domain), &mut |run| {
            *by_outcome.entry(run.outcome().name()).or_default() += 1;
            let failure = run.failure();
            if self.output.json {
                printed = print_run(&run, failure.as_ref(), out);
            }
            let (done, rate) = (run.number + 1, line.rate(run.number + 1));
            line.show(|| format!("Simulating: {}, {}/s", counted(done, "run"), count(rate)));
            if let Some(failure) = failure {
                match found.iter_mut().find(|known| known.failure == failure) {
                    Some(known) => known.times += 1,
                    None => found.push(Found { run, failure, times: 1 }),
                }
            }
            if printed.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        drop(line);
        printed?;
        if !self.output.json {
            let outcomes = by_outcome.iter().map(|(word, runs)| format!("{} {word}", count(*runs)));
            let all = counted(by_outcome.values().sum(), "run");
            out.line(&format!("{all}: {}", outcomes.collect::<Vec<_>>().join(", ")))?;
            out.line(&summary(&found))?;
        }
        for failure in &found {
            self.show(failure, &domain, out)?;
        }
        if found.is_empty() { Ok(()) } else { Err(JudgedWrong.into()) }
    }
}

fn print_run(run: &SweepRun, failure: Option<&Failure>, out: &mut Output) -> std::io::Result<()> {
    out.json(&json!({
        "run": run.number,
        "recipe": run.recipe.to_string(),
        "outcome": run.outcome(),
        "broken": failure.map_or_else(BTreeSet::new, |failure| failure.broken.clone()),
        "step": failure.and_then(|failure| failure.step.as_deref()),
        "failed": failure.is_some(),
    }))
}

fn summary(found: &[Found]) -> String {
    let failed: u64 = found.iter().map(|found| found.times).sum();
    match found.len() {
        0 => "Nothing failed".to_owned(),
        1 => format!("{} failed, all in one way", counted(failed, "run")),
        ways => format!("{} failed, in {ways} ways", counted(failed, "run")),
    }
}

impl Sweep {
    fn show(&self, found: &Found, domain: &Arc<Domain>, out: &mut Output) -> anyhow::Result<()> {
        if !self.output.json {
            let broken: Vec<String> = found.failure.broken.iter().cloned().collect();
            out.line("")?;
            out.line(&format!(
                "{} at {}, broken: {} ({})",
                found.failure.outcome.name(),
                clean(found.failure.step.as_deref().unwrap_or(NONE)),
                clean(&listed(&broken)),
                counted(found.times, "run")
            ))?;
            out.line(&format!("  {}", clean(&found.run.recipe.to_string())))?;
        }
        if !self.shrink {
            return Ok(());
        }
        let mut carry_out = in_world(domain);
        let mut fails = |recipe: &Recipe| {
            carry_out(recipe).is_ok_and(|report| Failure::of(&report).as_ref() == Some(&found.failure))
        };
        let shrunk = shrink(domain, &found.run.recipe, SHRINK_RUNS_MAX, &mut fails);
        let report = in_world(domain)(&shrunk.recipe)?;
        let story = given_when_then(&shrunk.recipe, &report);
        if self.output.json {
            let recipe = shrunk.recipe.to_string();
            out.json(&json!({
                "run": found.run.number,
                "shrunk": recipe,
                "runs": shrunk.runs,
                "story": story,
            }))?;
        } else {
            for line in story.lines() {
                out.line(&format!("  {}", clean(line)))?;
            }
        }
        if let Some(folder) = &self.tests {
            let text = Expectation::of(&report).to_toml(&shrunk.recipe, &report);
            let name = format!("{}-{}.toml", found.failure.outcome.name(), found.run.number);
            super::simulate::write_new(&folder.join(name), &text)?;
        }
        Ok(())
    }
}
