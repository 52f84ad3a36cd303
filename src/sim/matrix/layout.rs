//! Which rows, columns and cells a failure matrix has, and the recipe of each cell. Runs nothing.

use crate::domain::{Domain, Saga, StepKind};
use crate::sim::faults::{FAULTS, FaultInfo, FaultKind, Leg, Protection};
use crate::sim::possible::{impossible, next_refusable, shown_legs};
use crate::sim::recipe::{Fault, Place, Recipe, RecipeErrors, Target};

/// One row: a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Which.
    pub place: Place,
    /// Its step; `None` for the message that starts a saga.
    pub step: Option<RowStep>,
}

/// What a row says of its step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowStep {
    /// Place in the saga, from 0.
    pub index: usize,
    /// Its name.
    pub name: String,
    /// Compensatable, pivot or retriable.
    pub kind: StepKind,
    /// Nothing is wrong if it happens twice.
    pub notice: bool,
    /// Which of its messages.
    pub leg: Leg,
}

impl RowStep {
    /// What the step is, for people.
    pub fn about(&self) -> &'static str {
        match self.kind {
            _ if self.notice => "notice",
            StepKind::Compensatable if self.index == 0 => "first step",
            StepKind::Compensatable => "compensatable",
            StepKind::Pivot => "pivot",
            StepKind::Retriable => "retriable",
        }
    }
}

impl Row {
    /// `start`, `process-payment/reply`.
    pub fn target(&self) -> String {
        Target { place: self.place.clone(), saga: None }.to_string()
    }
}

/// One cell that can be run: a fault at a message, or two of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Place among [`Layout::rows`] and [`Layout::columns`]; of a pair, those of its first fault.
    pub at: (usize, usize),
    /// Of a pair, those of its second fault.
    pub and: Option<(usize, usize)>,
    /// What is run, in canonical form.
    pub recipe: Recipe,
}

/// The rows, the columns and what may be run where.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The saga.
    pub saga: String,
    /// Messages, in canonical order.
    pub rows: Vec<Row>,
    /// Kinds of faults, in canonical order.
    pub columns: Vec<FaultKind>,
    /// Every cell that can be run, row by row.
    pub cells: Vec<Cell>,
}

impl Layout {
    /// The single-fault matrix around a recipe: its seed, its removals and its own faults are in every cell.
    pub fn new(domain: &Domain, base: &Recipe) -> Result<Self, RecipeErrors> {
        let base = base.check(domain)?;
        let saga = domain.sagas.iter().find(|saga| *saga.name == *base.saga);
        let saga = saga.expect("a checked recipe names a saga of the domain");
        let rows = rows(saga);
        let columns: Vec<FaultKind> = FAULTS.iter().map(|info| info.kind).collect();
        let mut cells = Vec::new();
        for (row, what) in rows.iter().enumerate() {
            for (column, kind) in columns.iter().enumerate() {
                if let Some(faults) = faults_of(saga, what, kind.info()) {
                    let recipe = faults.into_iter().fold(base.clone(), Recipe::with).check(domain)?;
                    cells.push(Cell { at: (row, column), and: None, recipe });
                }
            }
        }
        Ok(Self { saga: base.saga, rows, columns, cells })
    }

    /// The cell at a row and a column; `None` where the fault is impossible.
    pub fn cell(&self, row: usize, column: usize) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.at == (row, column))
    }

    /// Every pair of weather cells, in order, except those of one message whose kinds exclude each other.
    pub fn pairs<'a>(&'a self, domain: &'a Domain) -> impl Iterator<Item = Cell> + 'a {
        let weather = |cell: &&Cell| self.columns[cell.at.1].info().weather;
        let singles: Vec<&Cell> = self.cells.iter().filter(weather).collect();
        let count = singles.len();
        (0..count).flat_map(move |i| (i + 1..count).map(move |j| (i, j))).filter_map(move |(i, j)| {
            let (one, other) = (singles[i], singles[j]);
            let kinds = (self.columns[one.at.1], self.columns[other.at.1]);
            if one.at.0 == other.at.0 && kinds.0.excludes(kinds.1) {
                return None;
            }
            let both = other.recipe.faults.iter().cloned().fold(one.recipe.clone(), Recipe::with);
            let recipe = both.check(domain).expect("the faults of two checked recipes are possible");
            Some(Cell { at: one.at, and: Some(other.at), recipe })
        })
    }

    /// The same cell without a protection.
    #[must_use]
    pub fn without(cell: &Cell, protection: Protection) -> Cell {
        Cell { recipe: cell.recipe.clone().without(protection), ..cell.clone() }
    }

    /// Where and what, for people and for JSON: `process-payment/reply` and `timeout`; of a pair both, joined.
    pub fn names(&self, cell: &Cell) -> (String, String) {
        let name = |(row, column): (usize, usize)| (self.rows[row].target(), self.columns[column].name());
        let (target, fault) = name(cell.at);
        match cell.and.map(name) {
            None => (target, fault.to_owned()),
            Some((other, and)) => (format!("{target} + {other}"), format!("{fault} + {and}")),
        }
    }
}

fn rows(saga: &Saga) -> Vec<Row> {
    let mut rows = vec![Row { place: Place::Start, step: None }];
    for (index, step) in saga.steps.iter().enumerate() {
        rows.extend(shown_legs(step).map(|leg| Row {
            place: Place::Step { step: step.name.to_string(), leg },
            step: Some(RowStep {
                index,
                name: step.name.to_string(),
                kind: step.kind,
                notice: step.notice,
                leg,
            }),
        }));
    }
    rows
}

/// The faults of a cell: the fault itself and, on the way back, what makes the saga go back. `None` where it is
/// impossible.
fn faults_of(saga: &Saga, row: &Row, info: &FaultInfo) -> Option<Vec<Fault>> {
    let fault = Fault::new(Target { place: row.place.clone(), saga: None }, info.kind);
    let Some(at) = &row.step else { return info.at_start.then(|| vec![fault]) };
    let step = &saga.steps[at.index];
    if impossible(info, saga, step, at.leg).is_some() {
        return None;
    }
    if !at.leg.is_undo() {
        return Some(vec![fault]);
    }
    let back = match next_refusable(saga, at.index) {
        Some(next) => Fault::at_step(&next.name, Leg::Command, FaultKind::Reject),
        // Nothing after it can be refused: only not knowing whether it happened makes the saga undo it.
        None if step.timeout.is_some() => Fault::at_step(&step.name, Leg::Reply, FaultKind::Timeout),
        None => return None,
    };
    Some(vec![back, fault])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::testing::shop;

    fn layout(saga: &str) -> Layout {
        Layout::new(&shop(), &Recipe { seed: 7, ..Recipe::new("shop", saga) }).unwrap()
    }

    #[test]
    fn rows_are_start_and_the_messages_of_each_step() {
        let rows: Vec<String> = layout("fulfilment").rows.iter().map(Row::target).collect();
        assert_eq!(
            rows,
            [
                "start",
                "create-order/command",
                "create-order/reply",
                "create-order/undo",
                "create-order/undo-reply",
                "process-payment/command",
                "process-payment/reply",
                "process-payment/undo",
                "process-payment/undo-reply",
                "reserve-inventory/command",
                "reserve-inventory/reply",
                "reserve-inventory/undo",
                "reserve-inventory/undo-reply",
                "confirm-order/command",
                "confirm-order/reply",
                "send-confirmation/command",
                "send-confirmation/reply",
            ]
        );
        assert_eq!(rows, layout("twin").rows.iter().map(Row::target).collect::<Vec<_>>());
    }

    #[test]
    fn each_kind_has_the_cells_where_it_can_happen() {
        let layout = layout("fulfilment");
        for (kind, cells) in [
            (FaultKind::Reject, 5),
            (FaultKind::Transient, 5 + 3),
            (FaultKind::Conflict, 17),
            (FaultKind::Timeout, 5 + 3),
            (FaultKind::Lost, 16),
            (FaultKind::Duplicated, 17),
            (FaultKind::Delayed, 17),
            (FaultKind::Reordered, 17),
            (FaultKind::Down, 5),
            (FaultKind::CrashBeforeCommit, 17),
            (FaultKind::CrashBeforeAck, 17),
            (FaultKind::CrashBeforePublish, 17),
            (FaultKind::CrashBeforeMark, 17),
            (FaultKind::Poison, 16),
            (FaultKind::UndoFails, 3),
            (FaultKind::IdempotencyExpired, 3),
        ] {
            let found = layout.cells.iter().filter(|cell| layout.columns[cell.at.1] == kind);
            assert_eq!(found.count(), cells, "{kind:?}");
        }
        assert_eq!(layout.columns.len(), FAULTS.len());
        assert_eq!(layout.cell(0, 0), None, "the message that starts a saga cannot be refused");
    }

    #[test]
    fn cells_are_in_canonical_order_and_their_recipes_too() {
        for saga in ["fulfilment", "twin"] {
            let layout = layout(saga);
            assert!(layout.cells.is_sorted_by_key(|cell| cell.at));
            for cell in &layout.cells {
                assert_eq!(cell.recipe.check(&shop()).as_ref(), Ok(&cell.recipe));
                assert_eq!(cell.recipe.seed, 7);
            }
        }
    }

    #[test]
    fn on_the_way_back_the_recipe_says_why_the_saga_goes_back() {
        let layout = layout("fulfilment");
        let recipe = |target: &str, kind: FaultKind| {
            let row = layout.rows.iter().position(|row| row.target() == target).unwrap();
            let column = layout.columns.iter().position(|known| *known == kind).unwrap();
            layout.cell(row, column).map(|cell| cell.recipe.to_string())
        };
        for (target, kind, expected) in [
            (
                "reserve-inventory/undo",
                FaultKind::UndoFails,
                Some("shop/fulfilment?seed=7&fault=reserve-inventory:undo-fails&fault=confirm-order:reject"),
            ),
            (
                "create-order/undo-reply",
                FaultKind::Lost,
                Some(
                    "shop/fulfilment?seed=7&fault=create-order/undo-reply:lost&fault=process-payment:reject",
                ),
            ),
            (
                "confirm-order/command",
                FaultKind::Lost,
                Some("shop/fulfilment?seed=7&fault=confirm-order:lost"),
            ),
            ("confirm-order/command", FaultKind::UndoFails, None),
        ] {
            assert_eq!(recipe(target, kind).as_deref(), expected);
        }
    }

    #[test]
    fn pairs_are_every_two_weather_cells_that_do_not_exclude_each_other() {
        let layout = layout("fulfilment");
        let domain = shop();
        let kind = |at: (usize, usize)| layout.columns[at.1];
        let weather: Vec<&Cell> = layout.cells.iter().filter(|cell| kind(cell.at).info().weather).collect();
        let excluded = weather
            .iter()
            .enumerate()
            .flat_map(|(i, one)| weather[i + 1..].iter().map(move |other| (one, other)))
            .filter(|(one, other)| one.at.0 == other.at.0 && kind(one.at).excludes(kind(other.at)))
            .count();
        let pairs: Vec<Cell> = layout.pairs(&domain).collect();
        assert_eq!(pairs.len(), weather.len() * (weather.len() - 1) / 2 - excluded);
        assert!(excluded > 0);
        for pair in &pairs {
            let (one, other) = (pair.at, pair.and.unwrap());
            assert!(one < other);
            assert!(one.0 != other.0 || !kind(one).excludes(kind(other)), "{pair:?}");
        }
        let names = layout.names(&pairs[0]);
        assert_eq!(names, ("start + start".to_owned(), "conflict + duplicated".to_owned()));
    }
}
