//! The consistency monitor. The primer: in a system of services that only agree eventually, what must hold is
//! written down as named checks and looked at from outside. A check that must hold *always* is evaluated after
//! every commit; one that must hold when things have *settled* is given until nothing is under way any more, or a
//! stated time. What is broken says since when, by which event, and what differs. What somebody still owes and the
//! log says so is no breach: the books come in as `owed`.
//!
//! The monitor has read models of its own, which are never behind, so that it judges what is recorded and not what
//! a slow projection has seen of it. A check is evaluated only when a read model it mentions has changed.
//! It changes nothing in the system; the check that holds for every domain, that each effect is accounted for, is the
//! ledger's.

use std::sync::Arc;

use serde_json::Value;

use super::projection::{Observed, ReadModels};
use crate::base::ticks::Ticks;
use crate::domain::{Domain, Invariant, Name, Part, Program, When};

/// Rows that are handed to the checks for each commit, on average, under [`Cadence::Amortized`].
const ROWS_A_COMMIT: u64 = 256;

/// How often checks are evaluated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cadence {
    /// Whenever something they mention has changed: finds the event that did it.
    #[default]
    EveryCommit,
    /// A check over n rows rests for n / 256 commits, for runs of very many sagas: the time it takes stays in
    /// proportion to the events, and a breach is dated to the commit that found it. At quiescence every check is
    /// evaluated under all.
    Amortized,
    /// At quiescence only, once each: says whether everything holds. A breach is not dated: where there is one, whoever
    /// asks evaluates anew with another cadence.
    AtTheEnd,
}

/// The checks of a domain, and how each of them stands. A clone is independent and cheap.
#[derive(Clone, Debug)]
pub struct Monitor {
    plans: Arc<[Plan]>,
    models: ReadModels,
    checks: Vec<Check>,
    cadence: Cadence,
    commits: u64,
}

/// What is known of a check without any event.
#[derive(Debug)]
struct Plan {
    invariant: Invariant,
    /// Indices of the read models that it mentions.
    models: Vec<usize>,
    reads_owed: bool,
}

#[derive(Clone, Debug, Default)]
struct Check {
    standing: Standing,
    /// The rows and books it was last evaluated on.
    seen: Option<Seen>,
    /// A difference that may still go away by itself, and since when it is there.
    pending: Option<Breach>,
    /// Not evaluated before that many commits.
    rests_until: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    changed_at: u64,
    owed_version: u64,
}

/// How a check stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Nothing it mentions has been seen yet, or nothing has settled yet.
    #[default]
    NotChecked,
    /// It holds.
    Holds,
    /// It does not.
    Broken(Breach),
    /// Its program failed: for people.
    Failed(String),
}

/// What is inconsistent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Since when.
    pub since: Ticks,
    /// Place in the log of the event that did it: the last one that changed what the check reads; 0 for none.
    pub position: u64,
    /// What differs, in words.
    pub difference: String,
}

/// A check that began or ceased to be broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Name of the invariant.
    pub invariant: Name,
    /// How it stands now: broken or holding.
    pub standing: Standing,
    /// Place in the log of the event that did it.
    pub position: u64,
}

/// What the books say beside the log: debts that are accounted for.
pub struct Books<'a> {
    /// Changes whenever `owed` may give something else.
    pub version: u64,
    /// The list that programs get as `.owed`; asked for at most once.
    pub owed: &'a dyn Fn() -> Value,
}

/// One line for each check.
#[derive(Clone, Debug)]
pub struct CheckReport<'a> {
    /// The invariant.
    pub invariant: &'a Invariant,
    /// How it stands.
    pub standing: &'a Standing,
}

impl Monitor {
    /// The invariants of `domain`, none of them checked yet.
    pub fn new(domain: &Domain, cadence: Cadence) -> Self {
        let models = ReadModels::new(domain);
        let plan = |invariant: &Invariant| Plan {
            models: mentioned(&invariant.holds, &models),
            reads_owed: invariant.holds.reads("owed"),
            invariant: invariant.clone(),
        };
        let plans: Arc<[Plan]> = domain.invariants.iter().map(plan).collect();
        Self { checks: vec![Check::default(); plans.len()], plans, models, cadence, commits: 0 }
    }

    /// The same, evaluating so often.
    #[must_use]
    pub fn at(mut self, cadence: Cadence) -> Self {
        self.cadence = cadence;
        self
    }

    /// Takes one event of a commit in.
    pub fn observe(&mut self, observed: &Observed<'_>) {
        self.models.apply(observed);
    }

    /// After the events of a commit: evaluates what must hold always, and what had its time to settle.
    pub fn after_commit(&mut self, now: Ticks, books: &Books<'_>) -> Vec<Turn> {
        self.commits += 1;
        if self.cadence == Cadence::AtTheEnd {
            return Vec::new();
        }
        self.run(now, books, false)
    }

    /// Evaluates all, whether something settled or not: nothing is under way any more, or a person asks.
    pub fn settled(&mut self, now: Ticks, books: &Books<'_>) -> Vec<Turn> {
        self.run(now, books, true)
    }

    /// How every check stands, in the order of the domain file.
    pub fn reports(&self) -> impl Iterator<Item = CheckReport<'_>> {
        self.plans
            .iter()
            .zip(&self.checks)
            .map(|(plan, check)| CheckReport { invariant: &plan.invariant, standing: &check.standing })
    }

    /// Whether every check was evaluated and holds.
    pub fn all_hold(&self) -> bool {
        self.checks.iter().all(|check| check.standing == Standing::Holds)
    }

    /// The read models that are checked, as of the last event.
    pub fn models(&self) -> &ReadModels {
        &self.models
    }

    fn run(&mut self, now: Ticks, books: &Books<'_>, is_settled: bool) -> Vec<Turn> {
        let mut input = Input::new(&self.models, books);
        let mut turns = Vec::new();
        for (plan, check) in self.plans.iter().zip(&mut self.checks) {
            let seen = Seen {
                changed_at: input.changed_at(&plan.models),
                owed_version: if plan.reads_owed { books.version } else { 0 },
            };
            let before = check.standing.clone();
            let is_due = match plan.invariant.when {
                When::Always => true,
                When::Settled(within) => is_settled || within.is_some(),
            };
            let rests = self.cadence == Cadence::Amortized && self.commits < check.rests_until;
            if is_due && check.seen != Some(seen) && (is_settled || !rests) {
                let rows = input.rows(&plan.models);
                check.rests_until = self.commits + rows / ROWS_A_COMMIT;
                check.judge(plan, input.evaluate(plan), seen.changed_at, now);
                check.seen = Some(seen);
            }
            check.settle(plan.invariant.when, now, is_settled);
            turns.extend(check.turn(&before, &plan.invariant.name, seen.changed_at));
        }
        turns
    }
}

impl Check {
    /// Takes what a program said.
    fn judge(&mut self, plan: &Plan, verdict: Result<Option<String>, String>, position: u64, now: Ticks) {
        let said = match verdict {
            Ok(None) => {
                self.pending = None;
                self.standing = Standing::Holds;
                return;
            }
            Ok(Some(difference)) => difference,
            Err(fault) => {
                self.pending = None;
                self.standing = Standing::Failed(fault);
                return;
            }
        };
        // A breach that goes on keeps its beginning, and says what differs now.
        match (&mut self.standing, plan.invariant.when) {
            (Standing::Broken(breach), _) => breach.difference = said,
            (standing, When::Always) => {
                *standing = Standing::Broken(Breach { since: now, position, difference: said });
            }
            (_, When::Settled(_)) => match &mut self.pending {
                Some(pending) => pending.difference = said,
                pending => *pending = Some(Breach { since: now, position, difference: said }),
            },
        }
    }

    /// What differs for too long, or when nothing is under way any more, is broken.
    fn settle(&mut self, when: When, now: Ticks, is_settled: bool) {
        let is_over = |pending: &Breach| match when {
            When::Always => true,
            When::Settled(within) => {
                is_settled || within.is_some_and(|within| now.since(pending.since) >= within)
            }
        };
        if let Some(pending) = self.pending.take_if(|pending| is_over(pending)) {
            self.standing = Standing::Broken(pending);
        }
    }

    fn turn(&self, before: &Standing, invariant: &Name, position: u64) -> Option<Turn> {
        let was_broken = matches!(before, Standing::Broken(_));
        let position = match &self.standing {
            Standing::Broken(breach) if !was_broken => breach.position,
            Standing::Holds if was_broken => position,
            _ => return None,
        };
        Some(Turn { invariant: invariant.clone(), standing: self.standing.clone(), position })
    }
}

/// What programs are given, built as far as somebody reads it and at most once a commit.
struct Input<'a> {
    models: &'a ReadModels,
    books: &'a Books<'a>,
    owed: Option<Value>,
}

impl<'a> Input<'a> {
    fn new(models: &'a ReadModels, books: &'a Books<'a>) -> Self {
        Self { models, books, owed: None }
    }

    /// Place of the last event that changed one of these models.
    fn changed_at(&self, models: &[usize]) -> u64 {
        let mentioned = self.models.iter().enumerate().filter(|(index, _)| models.contains(index));
        mentioned.map(|(_, (_, model))| model.changed_at()).max().unwrap_or(0)
    }

    fn rows(&self, models: &[usize]) -> u64 {
        let mentioned = self.models.iter().enumerate().filter(|(index, _)| models.contains(index));
        mentioned.map(|(_, (_, model))| model.rows().len() as u64).sum()
    }

    /// Whether the invariant holds; else what differs, or why that is not known.
    fn evaluate(&mut self, plan: &Plan) -> Result<Option<String>, String> {
        let mentioned = self.models.iter().enumerate().filter(|(index, _)| plan.models.contains(index));
        let models: Vec<_> =
            mentioned.map(|(_, (name, model))| (&**name, Part::Tree(model.rows()))).collect();
        let mut input = vec![("models", Part::Object(&models))];
        if plan.reads_owed {
            input.push(("owed", Part::Value(self.owed.get_or_insert_with(self.books.owed))));
        }
        let verdict = plan.invariant.holds.run_on(Part::Object(&input)).map_err(|fault| {
            format!("The invariant {} could not be evaluated: {fault}", plan.invariant.name)
        })?;
        Ok(difference(&verdict))
    }
}

/// What a program's answer says differs; `None` for true.
fn difference(verdict: &Value) -> Option<String> {
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match verdict {
        Value::Bool(true) => None,
        Value::Bool(false) | Value::Null => Some("It does not hold.".to_owned()),
        // A list of what differs: an empty one says that nothing does.
        Value::Array(items) if items.is_empty() => None,
        Value::Array(items) => Some(items.iter().map(plain).collect::<Vec<_>>().join("; ")),
        other => Some(plain(other)),
    }
}

/// The models that a program can tell apart: those it names right behind `.models`, or all of them where it uses
/// `models` in any other way.
fn mentioned(program: &Program, models: &ReadModels) -> Vec<usize> {
    if !program.reads("models") {
        return Vec::new();
    }
    let all = || (0..models.len()).collect();
    if !program.text().contains("models") {
        return all();
    }
    let mut found = Vec::new();
    for (at, word) in program.text().match_indices("models") {
        let rest = &program.text()[at + word.len()..];
        let Some(name) = rest.strip_prefix('.').map(|rest| {
            let end = rest.find(|letter: char| !(letter.is_alphanumeric() || letter == '_'));
            &rest[..end.unwrap_or(rest.len())]
        }) else {
            return all();
        };
        match models.index_of(name) {
            Some(index) => found.push(index),
            // Null for every log there is; but rather evaluate too often than not at all.
            None => return all(),
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests;
