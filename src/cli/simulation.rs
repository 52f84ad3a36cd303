//! What the subcommands that simulate share: which domain and saga, and how a run is printed. What a run is, and
//! what it came to, is the matter of `sim`.

use std::path::Path;
use std::sync::Arc;

use clap::Args;
use serde_json::{Value, json};

use super::text::NONE;
use crate::base::ticks::Ticks;
use crate::domain::{BuiltIn, Domain};
use crate::engine::{SimRequest, SimStart};
use crate::sim::faults::{PROTECTIONS, Protection};
use crate::sim::recipe::{Problem, Recipe};
use crate::sim::world::{DeadLetter, InvariantReport, InvariantState, RunReport, SagaReport};

/// Which saga, and which protections are off.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct SagaArgs {
    /// Which saga of the domain; the first of the file unless named
    #[arg(long, value_name = "NAME")]
    pub(super) saga: Option<String>,
    /// Seed that every draw depends on
    #[arg(long, value_name = "S")]
    pub(super) seed: Option<u64>,
    /// Switch a protection off: idempotency, outbox, retries, durable-saga or timeouts
    #[arg(long, value_name = "PROTECTION", value_parser = protection)]
    pub(super) without: Vec<Protection>,
}

fn protection(name: &str) -> Result<Protection, String> {
    let known = || PROTECTIONS.iter().map(|info| info.name);
    Protection::named(name).ok_or_else(|| {
        let all: Vec<&str> = known().collect();
        format!("{}; there are {}", Problem::unknown("protection", name, known()), all.join(", "))
    })
}

/// The domain that `which` names: a built-in one or a file.
pub(super) fn domain(which: &str) -> anyhow::Result<Arc<Domain>> {
    super::domain::open(which)
}

/// What a run is asked for by.
pub(super) enum What {
    /// A recipe.
    Recipe(Recipe),
    /// A domain.
    Domain(Arc<Domain>),
}

/// A recipe has a saga behind a slash; everything else is a domain. A path with a slash is a file.
pub(super) fn read_what(text: &str) -> anyhow::Result<What> {
    let path = Path::new(text);
    let is_file = path.is_file() || path.extension().is_some_and(|ext| ext.eq_ignore_ascii_case("toml"));
    if !text.contains('/') || is_file {
        return Ok(What::Domain(domain(text)?));
    }
    let recipe =
        Recipe::parse(text).map_err(|error| anyhow::anyhow!("The recipe is wrong {error}\n{text}"))?;
    Ok(What::Recipe(recipe))
}

/// The run that `text` names where a store could be named as well: a recipe, a built-in domain or a domain file, each
/// with its first saga. `None`: it is a store.
pub fn run_named(text: &str) -> Option<anyhow::Result<SimRequest>> {
    let path = Path::new(text);
    let is_domain_file = path.extension().is_some_and(|ext| ext.eq_ignore_ascii_case("toml"));
    let is_recipe = || text.contains('?') || Recipe::parse(text).is_ok();
    let names_run = is_domain_file || !path.exists() && (BuiltIn::named(text).is_some() || is_recipe());
    names_run.then(|| {
        let (domain, recipe) = match read_what(text)? {
            What::Domain(domain) => {
                let recipe = SagaArgs::default().recipe(&domain)?;
                (domain, recipe)
            }
            What::Recipe(recipe) => (domain(&recipe.domain)?, recipe),
        };
        let recipe = recipe.check(&domain)?;
        Ok(SimRequest { domain, recipe, start: SimStart::AtEnd })
    })
}

/// Whether what stands before the saga and its parameters is a domain that there is, or a file.
pub(super) fn names_domain(text: &str) -> bool {
    let head = text.split('?').next().unwrap_or_default();
    let domain = head.rsplit_once('/').map_or(head, |(domain, _)| domain);
    [head, domain].iter().any(|name| BuiltIn::named(name).is_some() || Path::new(name).is_file())
}

impl SagaArgs {
    /// The recipe that these arguments make for a domain.
    pub(super) fn recipe(&self, domain: &Domain) -> anyhow::Result<Recipe> {
        let first = domain.sagas.first().map(|saga| saga.name.to_string());
        let Some(saga) = self.saga.clone().or(first) else {
            anyhow::bail!("The domain {} has no saga, so there is nothing to simulate", domain.name);
        };
        Ok(self.on_top_of(Recipe::new(&*domain.name, saga)))
    }

    /// The recipe with what these arguments say.
    pub(super) fn on_top_of(&self, mut recipe: Recipe) -> Recipe {
        if let Some(saga) = &self.saga {
            recipe.saga.clone_from(saga);
        }
        recipe.seed = self.seed.unwrap_or(recipe.seed);
        self.without.iter().fold(recipe, |recipe, removal| recipe.without(*removal))
    }
}

/// `2.182 s`: ticks as people read them, to the millisecond.
pub(super) fn seconds(ticks: Ticks) -> String {
    format!("{}.{:03} s", ticks.0 / 1_000_000, ticks.0 / 1_000 % 1_000)
}

/// The result of a run, as `simulate --json` prints it.
pub(super) fn run_json(report: &RunReport) -> Value {
    let outcomes: serde_json::Map<String, Value> =
        report.outcomes.iter().map(|(outcome, sagas)| (outcome.name().to_owned(), json!(sagas))).collect();
    let mut json = json!({
        "recipe": report.recipe,
        "outcomes": outcomes,
        "sagas": report.sagas.iter().map(saga_json).collect::<Vec<_>>(),
        "dead_letters": report.dead_letters.iter().map(letter_json).collect::<Vec<_>>(),
        "invariants": report.invariants.iter().map(invariant_json).collect::<Vec<_>>(),
    });
    if report.stopped {
        json["stopped"] = json!({ "steps": report.steps });
    }
    json
}

fn saga_json(saga: &SagaReport) -> Value {
    let steps = saga.steps.iter().map(|step| {
        json!({
            "name": step.name,
            "state": step.state,
            "attempts": step.attempts,
            "undo_attempts": step.undo_attempts,
            "note": step.note,
        })
    });
    let ledger = saga.ledger.iter().map(|line| {
        json!({
            "step": line.step,
            "effects": line.effects,
            "undone": line.undone,
            "held": line.held,
            "account": line.account,
        })
    });
    json!({
        "id": saga.id,
        "outcome": saga.outcome,
        "phase": saga.phase,
        "started_ticks": saga.started.0,
        "ended_ticks": saga.ended.map(|ended| ended.0),
        "pivot_passed": saga.pivot_passed,
        "steps": steps.collect::<Vec<_>>(),
        "ledger": ledger.collect::<Vec<_>>(),
        "owed": saga.owed.iter().map(|owed| &owed.text).collect::<Vec<_>>(),
    })
}

fn letter_json(letter: &DeadLetter) -> Value {
    let attempts = letter.attempts.iter().map(
        |attempt| json!({ "attempt": attempt.attempt, "at_ticks": attempt.at.0, "error": attempt.error }),
    );
    json!({
        "id": letter.id,
        "state": letter.state.name(),
        "consumer": letter.consumer,
        "message_type": letter.message_type,
        "key": letter.key,
        "saga": letter.saga,
        "step": letter.step,
        "direction": letter.direction.word(),
        "reason": letter.error,
        "deliveries": letter.deliveries,
        "attempts": attempts.collect::<Vec<_>>(),
        "failed_first_ticks": letter.failed_first().map(|at| at.0),
        "parked_ticks": letter.parked.0,
        "blocked": letter.blocked,
        "redrivable": letter.redrivable,
    })
}

fn invariant_json(invariant: &InvariantReport) -> Value {
    let (state, since, difference, event) = match &invariant.state {
        InvariantState::Holds => ("holds", None, None, None),
        InvariantState::NotChecked => ("not-checked", None, None, None),
        InvariantState::Broken { since, difference, event } => {
            ("broken", Some(since.0), Some(difference), event.map(|event| event.to_string()))
        }
    };
    json!({
        "code": invariant.code,
        "about": invariant.about,
        "state": state,
        "since_ticks": since,
        "difference": difference,
        "event": event,
    })
}

/// Items in a cell of a table.
pub(super) fn listed(items: &[String]) -> String {
    if items.is_empty() { NONE.to_owned() } else { items.join(", ") }
}
