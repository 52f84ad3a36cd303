//! Running the cells of a failure matrix, and what each came to.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use serde_json::{Value, json};

use super::layout::{Cell, Layout};
use crate::base::ticks::Ticks;
use crate::domain::Domain;
use crate::runtime::LetterState;
use crate::sim::faults::{Leg, Protection};
use crate::sim::outcome::{broken, duration, worst};
use crate::sim::recipe::Recipe;
use crate::sim::world::{Outcome, RunReport, SagaReport, Stage, World, WorldError};

/// Carries out a recipe. A function rather than the world itself, so that the tests of what is made of reports
/// need no world.
pub type Run<'a> = dyn FnMut(&Recipe) -> Result<RunReport, WorldError> + 'a;

/// Carries out recipes of a domain in a world.
pub fn in_world(domain: &Arc<Domain>) -> impl FnMut(&Recipe) -> Result<RunReport, WorldError> {
    let domain = Arc::clone(domain);
    // Most recipes that come are about one saga.
    let mut known: Option<Stage> = None;
    move |recipe| {
        let stage = match known.take().filter(|stage| stage.saga() == recipe.saga) {
            Some(stage) => stage,
            None => World::stage(&domain, recipe)?,
        };
        let mut world = World::on(known.insert(stage).clone(), recipe)?;
        world.run();
        Ok(world.report())
    }
}

/// What a cell came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellReport {
    /// The recipe's line.
    pub recipe: String,
    /// How its saga ended, of several the worst; `None`: a fault of the cell never struck ("not reached").
    pub outcome: Option<Outcome>,
    /// Attempts of the step that is struck: doing it. Of a pair, those of its first step; of the start, those of
    /// the first step.
    pub attempts: u32,
    /// Attempts of undoing it.
    pub undo_attempts: u32,
    /// From the start of the saga to its end or, where it has none, to the end of the run.
    pub duration: Ticks,
    /// Dead letters, in the order of [`LetterState::ALL`].
    pub dead_letters: [u32; LetterState::ALL.len()],
    /// What is still owed, for people.
    pub owed: Vec<String>,
    /// Codes of the invariants that are broken.
    pub broken: Vec<String>,
    /// Position of the first event that says that a fault struck.
    pub first_fault: Option<u64>,
}

impl CellReport {
    /// The number beside the outcome: attempts in the direction that is struck.
    pub fn attempts_shown(&self, leg: Option<Leg>) -> u32 {
        if leg.is_some_and(Leg::is_undo) { self.undo_attempts } else { self.attempts }
    }

    /// The outcome as tables and pictures say it.
    pub fn word(&self) -> &'static str {
        self.outcome.map_or("not reached", Outcome::name)
    }

    /// Dead letters by state, states without any left out.
    pub fn letters(&self) -> BTreeMap<&'static str, u32> {
        let by_state = LetterState::ALL.iter().map(|state| state.name()).zip(self.dead_letters);
        by_state.filter(|(_, count)| *count > 0).collect()
    }

    /// A cell as a JSON object.
    pub fn json(&self, layout: &Layout, cell: &Cell) -> Value {
        let (target, fault) = layout.names(cell);
        json!({
            "saga": layout.saga,
            "target": target,
            "fault": fault,
            "outcome": self.outcome,
            "attempts": self.attempts,
            "undo_attempts": self.undo_attempts,
            "duration_ticks": self.duration.0,
            "dead_letters": self.dead_letters.iter().sum::<u32>(),
            "letters": self.letters(),
            "owed": self.owed,
            "broken": self.broken,
            "recipe": self.recipe,
        })
    }
}

/// A cell with every protection on, and without one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// With what the base recipe has.
    pub with: CellReport,
    /// Without the protection.
    pub without: CellReport,
}

impl Compared {
    /// Runs a cell both ways.
    pub fn run(
        layout: &Layout,
        cell: &Cell,
        protection: Protection,
        run: &mut Run<'_>,
    ) -> Result<Self, WorldError> {
        let bare = Layout::without(cell, protection);
        let with = report_of(layout, cell, &run(&cell.recipe)?);
        let without = report_of(layout, &bare, &run(&bare.recipe)?);
        Ok(Self { with, without })
    }

    /// Whether the protection makes a difference here.
    pub fn differs(&self) -> bool {
        differs(&self.with, &self.without)
    }
}

/// Whether two reports of a cell differ in what a person sees of it: the outcome or the attempts.
pub fn differs(one: &CellReport, other: &CellReport) -> bool {
    let seen = |report: &CellReport| (report.outcome, report.attempts, report.undo_attempts);
    seen(one) != seen(other)
}

/// Runs cells one after the other and hands over each as it is done. Ends early when `each` breaks.
pub fn run(
    layout: &Layout,
    cells: impl IntoIterator<Item = Cell>,
    run: &mut Run<'_>,
    each: &mut dyn FnMut(Cell, CellReport) -> ControlFlow<()>,
) -> Result<(), WorldError> {
    for cell in cells {
        let report = report_of(layout, &cell, &run(&cell.recipe)?);
        if each(cell, report).is_break() {
            break;
        }
    }
    Ok(())
}

/// What the report of a run says about its cell.
pub fn report_of(layout: &Layout, cell: &Cell, report: &RunReport) -> CellReport {
    let reached = report.faults.iter().all(|fault| fault.hits > 0);
    let step = layout.rows[cell.at.0].step.as_ref().map_or(0, |step| step.index);
    let most = |attempts: &dyn Fn(&SagaReport) -> Option<u32>| {
        report.sagas.iter().filter_map(attempts).max().unwrap_or(0)
    };
    let letters = |state: &LetterState| {
        report.dead_letters.iter().filter(|letter| letter.state == *state).count() as u32
    };
    CellReport {
        recipe: report.recipe.clone(),
        outcome: reached.then(|| worst(report)),
        attempts: most(&|saga| saga.steps.get(step).map(|step| step.attempts)),
        undo_attempts: most(&|saga| saga.steps.get(step).map(|step| step.undo_attempts)),
        duration: report.sagas.iter().map(|saga| duration(saga, report)).max().unwrap_or_default(),
        dead_letters: LetterState::ALL.each_ref().map(letters),
        owed: report.sagas.iter().flat_map(|saga| saga.owed.iter().map(|owed| owed.text.clone())).collect(),
        broken: broken(report),
        first_fault: report.faults.iter().filter_map(|fault| fault.first_hit).min(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::testing::{report, shop};

    fn layout() -> Layout {
        Layout::new(&shop(), &Recipe::new("shop", "fulfilment")).unwrap()
    }

    #[test]
    fn a_cell_says_what_its_run_came_to() {
        let layout = layout();
        let at = |target: &str| {
            let row = layout.rows.iter().position(|row| row.target() == target).unwrap();
            layout.cells.iter().find(|cell| cell.at.0 == row).unwrap()
        };
        let cell = at("process-payment/command");
        let found = report_of(&layout, cell, &report("a/b"));
        assert_eq!(
            found.json(&layout, cell).to_string(),
            r#"{"saga":"fulfilment","target":"process-payment/command","fault":"reject","outcome":"inconsistent","#
                .to_owned()
                + r#""attempts":2,"undo_attempts":3,"duration_ticks":4000,"dead_letters":1,"letters":{"open":1},"#
                + r#""owed":["process-payment: refund 120.00 €"],"broken":["S1"],"recipe":"a/b"}"#
        );
        assert_eq!((found.first_fault, found.word()), (Some(12), "inconsistent"));
        assert_eq!((found.attempts_shown(Some(Leg::Command)), found.attempts_shown(Some(Leg::Undo))), (2, 3));
    }

    #[test]
    fn a_fault_that_never_struck_leaves_the_cell_without_an_outcome() {
        let layout = layout();
        let mut report = report("a/b");
        report.faults[0].hits = 0;
        let found = report_of(&layout, &layout.cells[0], &report);
        assert_eq!((found.outcome, found.word()), (None, "not reached"));
        assert!(found.json(&layout, &layout.cells[0])["outcome"].is_null());
    }

    #[test]
    fn cells_come_one_by_one_until_nobody_wants_more() {
        let layout = layout();
        let mut ran = Vec::new();
        let mut seen = 0;
        run(
            &layout,
            layout.cells.clone(),
            &mut |recipe| {
                ran.push(recipe.to_string());
                Ok(report(&recipe.to_string()))
            },
            &mut |_, _| {
                seen += 1;
                if seen == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            },
        )
        .unwrap();
        let expected: Vec<String> = layout.cells[..3].iter().map(|cell| cell.recipe.to_string()).collect();
        assert_eq!((ran, seen), (expected, 3));
    }

    #[test]
    fn a_comparison_runs_the_same_cell_without_the_protection() {
        let layout = layout();
        let mut carry_out = |recipe: &Recipe| {
            let mut report = report(&recipe.to_string());
            if recipe.protects(Protection::Idempotency) {
                report.sagas[0].outcome = Outcome::Completed;
            }
            Ok(report)
        };
        for (protection, expected) in [(Protection::Idempotency, true), (Protection::Outbox, false)] {
            let compared = Compared::run(&layout, &layout.cells[0], protection, &mut carry_out).unwrap();
            assert_eq!(compared.differs(), expected);
            assert!(compared.without.recipe.ends_with(&format!("&without={}", protection.name())));
            assert_eq!(compared.with.recipe, layout.cells[0].recipe.to_string());
        }
    }
}
