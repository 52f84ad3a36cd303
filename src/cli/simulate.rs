//! `sagascope simulate`: one run of a saga with what goes wrong in it, to the end.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Parser;
use serde_json::{Value, json};

use super::args::OutputArgs;
use super::notice::{say, say_of};
use super::query::misread;
use super::simulation::{SagaArgs, What, domain, listed, read_what, run_json, seconds};
use super::table::{Kind, Table};
use super::text::{NONE, clean, counted};
use super::{JudgedWrong, Output, Run};
use crate::base::nearest::nearest;
use crate::base::ticks::Ticks;
use crate::domain::Domain;
use crate::engine::{
    Condition, ModelAsk, ModelPage, PartialFile, Pursuit, Reached, Until, export_events, open_domain_file,
    read_model,
};
use crate::sim::History;
use crate::sim::expect::Expectation;
use crate::sim::faults::FAULTS;
use crate::sim::recipe::{Fault, Problem, Recipe};
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
    /// Time between the starts of two sagas, in virtual time: 100ms if not said
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    every: Option<Ticks>,
    /// Stop before the end: at an outcome (completed, compensated, dead-lettered, stuck, inconsistent), at fault,
    /// compensation, dead-letter, broken-invariant or saga-ends, or at the first event that a query fits
    #[arg(long, value_name = "WHEN", conflicts_with_all = ["expect", "save_expect"])]
    until: Option<String>,
    /// Print the rows of this read model instead, as far as it is
    #[arg(long, value_name = "NAME")]
    read_model: Option<String>,
    /// Only rows with this text in their key or in a value
    #[arg(long, value_name = "TEXT", requires = "read_model", default_value = "")]
    search: String,
    /// Which page of its rows, of a hundred each
    #[arg(long, value_name = "N", requires = "read_model", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    page: u32,
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

fn duration(text: &str) -> Result<Ticks, String> {
    Ticks::parse(text).map_err(|error| error.to_string())
}

fn help() -> String {
    use std::fmt::Write as _;
    let mut text = String::from(
        "Examples:\n  sagascope simulate shop\n  sagascope simulate shop --fault reserve-inventory:reject\n  \
         sagascope simulate shop --fault process-payment:duplicated --without idempotency\n  \
         sagascope simulate 'shop/fulfilment?seed=7&fault=process-payment:timeout' --into run.db\n  \
         sagascope simulate mine.domain.toml --saga booking --sagas 100 --json\n  \
         sagascope simulate shop --fault send-confirmation:lost --save-expect lost-notice.toml\n  \
         sagascope simulate --expect lost-notice.toml\n  \
         sagascope simulate shop --fault confirm-order:reject --until 'type:payment.refunded*'\n\n\
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
             dead_letters, invariants; with --read-model instead read_model, page, rows (key, row), more, total, as_of, lag; \
             with --until also until (when, reached, event); where the limit of the recipe \
             ended the run also stopped (steps).\n\nExit codes: 0 done; 1 not as expected by --expect; 2 an argument is wrong.";
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
        let until = self.until.as_deref().map(read_until).transpose()?;
        let stop = if let Some(until) = until {
            let (at, stop) = run_until(world, until, recipe.to_string())?;
            world = at;
            Some(stop)
        } else {
            world.run();
            if let Some(problem) = world.unplayed() {
                anyhow::bail!("{problem}");
            }
            None
        };
        let mut report = world.report();
        if let Some(stop) = &stop {
            report.recipe.clone_from(&stop.recipe);
        }
        let written = self.into.as_deref().map(|into| export_events(&world.events(), into)).transpose()?;
        if let Some(path) = &self.save_expect {
            let text = Expectation::of(&report).to_toml(&recipe, &report);
            write_new(path, &text)?;
        }
        if let Some(model) = &self.read_model {
            let page = Rows::of(&world, model, &self.search, self.page)?;
            if self.output.json {
                out.json(&with_stop(page.json(), stop.as_ref()))?;
            } else {
                page.print(out)?;
                left(&report, stop.as_ref(), out)?;
            }
        } else if self.output.json {
            out.json(&with_stop(run_json(&report), stop.as_ref()))?;
        } else {
            print(&report, stop.as_ref(), out)?;
        }
        if let (Some(written), Some(into), false) = (written, &self.into, self.output.json) {
            let events = counted(written.events, "event");
            out.line(&format!("Wrote {events} to {}", clean(&into.display().to_string())))?;
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
        if let Some(every) = self.every {
            recipe.every = Some(every).filter(|every| *every != Recipe::EVERY);
        }
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

/// Where a run was left, that should not go to its end.
struct Stop {
    until: Until,
    reached: Reached,
    /// What was asked for: acts that it plans for later than the stop are part of it.
    recipe: String,
}

impl Stop {
    fn json(&self) -> Value {
        let name = self.until.name().map_or_else(|| self.until.to_string(), str::to_owned);
        let event = match &self.reached {
            Reached::Met(Some(event)) => {
                json!({ "position": event.position, "type": event.event_type, "stream": event.stream })
            }
            _ => Value::Null,
        };
        json!({ "when": name, "reached": matches!(self.reached, Reached::Met(_)), "event": event })
    }
}

/// A result with where the run was left.
fn with_stop(mut json: Value, stop: Option<&Stop>) -> Value {
    if let (Some(stop), Value::Object(members)) = (stop, &mut json) {
        members.insert("until".to_owned(), stop.json());
    }
    json
}

/// Letters of a word that is taken for a slip.
const SLIP_MIN: usize = 6;

/// A name, or else a query about an event. A word alone that is nearly a name is a slip: as a query it would look for
/// this text in every event, find none, and the run would go to its end.
fn read_until(text: &str) -> anyhow::Result<Until> {
    let word = text.trim();
    if let Some(until) = Until::named(&word.to_lowercase()) {
        return Ok(until);
    }
    let is_word = word.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_'));
    let names = || Until::ALL.iter().filter_map(Until::name);
    // A short word is like too many others.
    if let (true, Some(name)) = (is_word && word.len() >= SLIP_MIN, nearest(word, names())) {
        let what = match Until::named(name) {
            Some(Until::Outcome(_)) => "outcome",
            _ => "moment to stop at",
        };
        let unknown = Problem::unknown(what, word, names());
        anyhow::bail!("--until: {unknown} To stop at the first event with this text, write '\"{word}\"'");
    }
    Condition::parse(text).map(Until::Event).map_err(|error| misread(text, &error))
}

fn run_until(world: World, until: Until, recipe: String) -> anyhow::Result<(World, Stop)> {
    let mut history = History::new(world);
    let mut pursuit = Pursuit::of(until.clone(), &history);
    let reached = loop {
        if let Some(reached) = pursuit.advance(&mut history) {
            break reached;
        }
    };
    if let Some(problem) = history.take_refused() {
        anyhow::bail!("{problem}");
    }
    // Acts that were to come later than where it stopped are no mistake; those beyond its end are.
    if let Some(problem) = history.world().unplayed().filter(|_| matches!(reached, Reached::Over(_))) {
        anyhow::bail!("{problem}");
    }
    Ok((history.world().clone(), Stop { until, reached, recipe }))
}

/// Rows on a page of a read model.
const PAGE_ROWS: usize = 100;

/// A page of a read model.
struct Rows {
    model: String,
    number: u32,
    page: ModelPage,
}

impl Rows {
    fn of(world: &World, model: &str, search: &str, number: u32) -> anyhow::Result<Self> {
        let (model, search) = (model.to_owned(), search.to_owned());
        let mut ask = ModelAsk { model, search, limit: PAGE_ROWS, ..ModelAsk::default() };
        let mut page = read_model(world, &ask)?;
        for _ in 1..number {
            let Some(next) = page.next.take() else {
                page.rows.clear();
                break;
            };
            ask.after = Some(next);
            page = read_model(world, &ask)?;
        }
        Ok(Self { model: ask.model, number, page })
    }

    fn json(&self) -> Value {
        let page = &self.page;
        let rows: Vec<Value> =
            page.rows.iter().map(|(key, row)| json!({ "key": &**key, "row": &**row })).collect();
        json!({
            "read_model": self.model,
            "page": self.number,
            "rows": rows,
            "more": page.next.is_some(),
            "total": page.total,
            "as_of": page.as_of,
            "lag": page.lag,
        })
    }

    fn print(&self, out: &mut Output) -> anyhow::Result<()> {
        let page = &self.page;
        let mut table = Table::new(&[("KEY", Kind::Id), ("ROW", Kind::Rest)]);
        for (key, row) in &page.rows {
            table.row(&[key.to_string(), row.to_string()]);
        }
        table.print(out)?;
        let behind = if page.lag == 0 {
            "nothing behind".to_owned()
        } else {
            format!("{} behind", counted(page.lag, "event"))
        };
        let more =
            if page.next.is_some() { format!("; --page {} goes on", self.number + 1) } else { String::new() };
        let shown = counted(page.rows.len() as u64, "row");
        out.line(&format!("{shown} of {}, {behind}, as of event {}{more}", page.total, page.as_of))?;
        Ok(())
    }
}

/// Why the run stands where it does, where that is not its end.
fn left(report: &RunReport, stop: Option<&Stop>, out: &mut Output) -> anyhow::Result<()> {
    if let Some(said) = stop.and_then(|stop| stop.reached.sentence(&stop.until)) {
        out.line(&clean(&said))?;
    }
    if report.stopped {
        let steps = counted(report.steps, "step");
        out.line(&format!(
            "Stopped by its limit of {steps}: what runs stays so, and no saga counts as stuck"
        ))?;
    }
    Ok(())
}

fn print(report: &RunReport, stop: Option<&Stop>, out: &mut Output) -> anyhow::Result<()> {
    out.line(&clean(&report.recipe))?;
    let outcomes = report.outcomes.iter().map(|(outcome, sagas)| format!("{sagas} {}", outcome.name()));
    out.line(&format!(
        "{} after {} ({})",
        outcomes.collect::<Vec<_>>().join(", "),
        seconds(report.ended),
        counted(report.events, "event")
    ))?;
    left(report, stop, out)?;
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
