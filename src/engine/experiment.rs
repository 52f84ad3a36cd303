//! The failure matrix of a saga, run on a worker and handed out while it grows. Which cells there are and what each
//! came to, the simulator knows; here they are only carried out, counted and sorted.

use std::sync::Arc;

use crate::base::cancel::CancelToken;
use crate::base::clock::Stopwatch;
use crate::domain::Domain;
use crate::sim::faults::Protection;
use crate::sim::matrix::{Cell, CellReport, Compared, Layout, Run, differs, in_world, report_of};
use crate::sim::{Outcome, Recipe, WorldError};

/// What to run.
#[derive(Clone, Debug)]
pub struct MatrixAsk {
    /// The domain.
    pub domain: Arc<Domain>,
    /// Saga and seed; its faults and removals are in every cell.
    pub base: Recipe,
    /// Every pair of cells instead of every cell.
    pub pairs: bool,
    /// Each cell also without this protection.
    pub without: Option<Protection>,
}

/// Two asks are the same if they are about the same domain, not one that looks like it.
impl PartialEq for MatrixAsk {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.domain, &other.domain)
            && (&self.base, self.pairs, self.without) == (&other.base, other.pairs, other.without)
    }
}

/// A cell that was run.
#[derive(Clone, Debug)]
pub struct Ran {
    /// Which.
    pub cell: Cell,
    /// What it came to with every protection.
    pub with: CellReport,
    /// And without the one that is compared.
    pub without: Option<CellReport>,
}

impl Ran {
    /// What is shown: the run without the protection where one is compared.
    pub fn shown(&self) -> &CellReport {
        self.without.as_ref().unwrap_or(&self.with)
    }

    /// Whether the comparison differs.
    pub fn differs(&self) -> bool {
        self.without.as_ref().is_some_and(|without| differs(&self.with, without))
    }

    /// The recipe of what is shown.
    pub fn recipe(&self, without: Option<Protection>) -> Recipe {
        match without.filter(|_| self.without.is_some()) {
            Some(protection) => self.cell.recipe.clone().without(protection),
            None => self.cell.recipe.clone(),
        }
    }
}

/// What is there of a matrix.
#[derive(Clone, Debug)]
pub struct Board {
    /// What was asked.
    pub ask: MatrixAsk,
    /// Rows, columns and cells.
    pub layout: Arc<Layout>,
    /// Chunks of cells in the order they were run, shared from one telling to the next.
    chunks: Vec<Arc<Vec<Ran>>>,
    /// Cells in all.
    pub total: usize,
    /// How many of what is there had each outcome, in the order of [`Outcome::ALL`]; the last counts those whose
    /// fault was not reached.
    counts: [usize; Outcome::ALL.len() + 1],
    /// How many differ.
    pub differing: usize,
    /// The worst first, then those that differ, then in the order of the rows.
    pub worst_first: Arc<Vec<u32>>,
}

/// Milliseconds between two tellings.
const TELL_EVERY_MS: u128 = 80;

/// Cells of a chunk at most, so that most pairs are shared.
const CHUNK: usize = 512;

impl Board {
    /// Runs everything that is asked for, telling on the way. `None`: nobody wants it any more. The error is a
    /// sentence.
    pub fn run(
        ask: &MatrixAsk,
        cancel: &CancelToken,
        tell: &mut dyn FnMut(Result<Self, String>),
    ) -> Option<Result<Self, String>> {
        let layout = match Layout::new(&ask.domain, &ask.base) {
            Ok(layout) => Arc::new(layout),
            Err(errors) => return Some(Err(errors.to_string())),
        };
        let cells: Vec<Cell> =
            if ask.pairs { layout.pairs(&ask.domain).collect() } else { layout.cells.clone() };
        let mut board = Self {
            ask: ask.clone(),
            layout: Arc::clone(&layout),
            chunks: Vec::new(),
            total: cells.len(),
            counts: [0; Outcome::ALL.len() + 1],
            differing: 0,
            worst_first: Arc::default(),
        };
        // All cells are about one saga: who handles what is looked up once.
        let mut carry_out = in_world(&ask.domain);
        let mut fresh = Vec::new();
        let mut told = Stopwatch::start();
        for cell in cells {
            if cancel.is_cancelled() {
                return None;
            }
            match ran(ask.without, &layout, cell, &mut carry_out) {
                Ok(ran) => fresh.push(ran),
                Err(error) => return Some(Err(error.to_string())),
            }
            if told.elapsed().as_millis() >= TELL_EVERY_MS || fresh.len() >= CHUNK {
                board.add(std::mem::take(&mut fresh));
                tell(Ok(board.clone()));
                told = Stopwatch::start();
            }
        }
        board.add(fresh);
        Some(Ok(board))
    }

    fn add(&mut self, fresh: Vec<Ran>) {
        for ran in &fresh {
            let at = ran.shown().outcome.and_then(place).unwrap_or(Outcome::ALL.len());
            self.counts[at] += 1;
            self.differing += usize::from(ran.differs());
        }
        if !fresh.is_empty() {
            self.join(fresh);
        }
        let mut order: Vec<u32> = (0..self.len() as u32).collect();
        order.sort_by_cached_key(|at| {
            self.get(*at as usize).map(|ran| {
                (ran.shown().outcome.and_then(place).unwrap_or(Outcome::ALL.len()), !ran.differs(), *at)
            })
        });
        self.worst_first = Arc::new(order);
    }

    /// Every chunk but the last is full, so that a place is found by division.
    fn join(&mut self, fresh: Vec<Ran>) {
        let mut rest = fresh.into_iter().peekable();
        while rest.peek().is_some() {
            match self.chunks.last_mut().filter(|last| last.len() < CHUNK) {
                Some(last) => {
                    let room = CHUNK - last.len();
                    Arc::make_mut(last).extend(rest.by_ref().take(room));
                }
                None => self.chunks.push(Arc::new(rest.by_ref().take(CHUNK).collect())),
            }
        }
    }

    /// Cells that are there.
    pub fn len(&self) -> usize {
        self.chunks.last().map_or(0, |last| (self.chunks.len() - 1) * CHUNK + last.len())
    }

    /// Whether nothing is there yet.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Whether everything is there.
    pub fn is_whole(&self) -> bool {
        self.len() == self.total
    }

    /// The cell of this number.
    pub fn get(&self, at: usize) -> Option<&Ran> {
        self.chunks.get(at / CHUNK)?.get(at % CHUNK)
    }

    /// Every cell that is there, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Ran> {
        self.chunks.iter().flat_map(|chunk| chunk.iter())
    }

    /// How many of what is there ended so; `None`: whose fault was not reached.
    pub fn count(&self, outcome: Option<Outcome>) -> usize {
        self.counts[outcome.and_then(place).unwrap_or(Outcome::ALL.len())]
    }
}

fn place(outcome: Outcome) -> Option<usize> {
    Outcome::ALL.iter().position(|known| *known == outcome)
}

fn ran(
    without: Option<Protection>,
    layout: &Layout,
    cell: Cell,
    run: &mut Run<'_>,
) -> Result<Ran, WorldError> {
    if let Some(protection) = without {
        let Compared { with, without } = Compared::run(layout, &cell, protection, run)?;
        return Ok(Ran { cell, with, without: Some(without) });
    }
    let with = report_of(layout, &cell, &run(&cell.recipe)?);
    Ok(Ran { cell, with, without: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::BuiltIn;

    fn ask(saga: (&str, &str), without: Option<Protection>) -> MatrixAsk {
        MatrixAsk {
            domain: Arc::new(BuiltIn::named(saga.0).unwrap().load()),
            base: Recipe { seed: 7, ..Recipe::new(saga.0, saga.1) },
            pairs: false,
            without,
        }
    }

    fn run(ask: &MatrixAsk) -> Board {
        Board::run(ask, &CancelToken::default(), &mut |_| ()).unwrap().unwrap()
    }

    #[test]
    fn every_cell_is_run_once_and_counted_once() {
        let board = run(&ask(("shop", "fulfilment"), None));
        assert!(board.is_whole() && board.total == board.layout.cells.len());
        let counted = Outcome::ALL.into_iter().map(Some).chain([None]).map(|outcome| board.count(outcome));
        assert_eq!(counted.sum::<usize>(), board.total);
        assert_eq!((board.count(Some(Outcome::Inconsistent)), board.differing), (0, 0));
        assert!(board.iter().zip(&board.layout.cells).all(|(ran, cell)| ran.cell == *cell));
        let ranks: Vec<_> =
            board.worst_first.iter().map(|at| board.get(*at as usize).unwrap().shown().outcome).collect();
        let place = |outcome: &Option<Outcome>| outcome.and_then(place).unwrap_or(usize::MAX);
        assert!(ranks.is_sorted_by_key(place));
    }

    #[test]
    fn without_a_protection_the_cells_that_need_it_differ() {
        let board = run(&ask(("shop", "fulfilment"), Some(Protection::Idempotency)));
        let inconsistent = board.count(Some(Outcome::Inconsistent));
        assert!(inconsistent > 0 && board.differing >= inconsistent, "{inconsistent} {}", board.differing);
        let worst = board.get(board.worst_first[0] as usize).unwrap();
        assert_eq!(worst.shown().outcome, Some(Outcome::Inconsistent));
        assert!(worst.differs());
        assert!(worst.recipe(Some(Protection::Idempotency)).to_string().ends_with("&without=idempotency"));
    }

    #[test]
    fn it_grows_in_the_sight_of_whoever_waits_and_ends_when_nobody_does() {
        let ask = MatrixAsk { pairs: true, ..ask(("transfer", "transfer"), None) };
        let cancel = CancelToken::default();
        let mut seen = Vec::new();
        let ended = Board::run(&ask, &cancel, &mut |board| {
            let board = board.unwrap();
            seen.push((board.len(), board.total));
            if seen.len() == 3 {
                cancel.cancel();
            }
        });
        assert!(ended.is_none());
        assert!(seen.is_sorted() && seen.iter().all(|(done, total)| done <= total), "{seen:?}");
    }
}
