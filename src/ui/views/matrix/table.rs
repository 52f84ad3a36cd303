//! What the matrix shows in which cell: columns, of which the four crash gaps are one that opens, and the state of
//! each cell. Nothing is drawn here.

use std::sync::Arc;

use crate::engine::{Board, MatrixAsk, Outcome as Answer, Ran};
use crate::sim::faults::{FaultKind, Leg};
use crate::sim::matrix::Row;
use crate::sim::{Outcome, Recipe};

/// The answer of the job that fills a board.
pub(super) type BoardAnswer = Arc<Answer<MatrixAsk, Result<Board, String>>>;

/// A column as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    /// Above it.
    pub(super) title: &'static str,
    /// Below the title.
    pub(super) default: &'static str,
    /// What it stands for, as places among the columns of the layout; more than one: the gaps, folded.
    pub(super) kinds: Vec<usize>,
    /// One of the gaps, open.
    pub(super) is_gap: bool,
}

/// What stands in a cell.
pub(super) enum Shown<'a> {
    /// This cannot happen here.
    Impossible,
    /// It has not been run yet.
    Pending,
    /// It was run; of several the worst.
    Ran(&'a Ran),
}

/// A board laid out.
#[derive(Clone)]
pub(super) struct Table {
    answer: BoardAnswer,
    /// For each row and column of the layout the number of its cell.
    places: Vec<Option<u32>>,
    pub(super) columns: Vec<Column>,
    /// The column of the gaps, or their first.
    pub(super) gaps: Option<usize>,
}

impl Table {
    /// Lays out an answer; `None` where it is a failure.
    pub(super) fn new(answer: &BoardAnswer, gaps_open: bool) -> Option<Self> {
        let board = answer.result.as_ref().ok()?.as_ref().ok()?;
        let layout = &board.layout;
        let mut places = vec![None; layout.rows.len() * layout.columns.len()];
        for (number, cell) in layout.cells.iter().enumerate() {
            places[cell.at.0 * layout.columns.len() + cell.at.1] = Some(number as u32);
        }
        let mut columns: Vec<Column> = Vec::new();
        let mut gaps = None;
        for (at, kind) in layout.columns.iter().enumerate() {
            let info = kind.info();
            if kind.is_crash() && !gaps_open {
                if let Some(first) = gaps {
                    Column::add(&mut columns, first, at);
                } else {
                    gaps = Some(columns.len());
                    let kinds = vec![at];
                    columns.push(Column { title: "crash", default: "4 gaps", kinds, is_gap: false });
                }
                continue;
            }
            if kind.is_crash() && gaps.is_none() {
                gaps = Some(columns.len());
            }
            let default = if kind.is_crash() { "crash" } else { info.default };
            columns.push(Column { title: info.title, default, kinds: vec![at], is_gap: kind.is_crash() });
        }
        Some(Self { answer: Arc::clone(answer), places, columns, gaps })
    }

    /// Whether it is laid out of this answer.
    pub(super) fn is_of(&self, answer: &BoardAnswer) -> bool {
        Arc::ptr_eq(&self.answer, answer)
    }

    pub(super) fn board(&self) -> &Board {
        let board = self.answer.result.as_ref().ok().and_then(|result| result.as_ref().ok());
        board.expect("a table is made of nothing else")
    }

    pub(super) fn rows(&self) -> &[Row] {
        &self.board().layout.rows
    }

    /// What stands at a row and a shown column.
    pub(super) fn at(&self, row: usize, column: usize) -> Shown<'_> {
        let (board, all) = (self.board(), self.board().layout.columns.len());
        let Some(column) = self.columns.get(column) else { return Shown::Impossible };
        let mut worst: Option<&Ran> = None;
        let mut pending = false;
        for kind in &column.kinds {
            let Some(number) = self.places.get(row * all + kind).copied().flatten() else { continue };
            match board.get(number as usize) {
                None => pending = true,
                Some(ran) if worst.is_none_or(|known| is_worse(ran, known)) => worst = Some(ran),
                Some(_) => {}
            }
        }
        match worst {
            // Of a folded column half run nothing is said yet.
            _ if pending => Shown::Pending,
            Some(ran) => Shown::Ran(ran),
            None => Shown::Impossible,
        }
    }

    /// Whether any cell that a shown column stands for differs.
    pub(super) fn differs(&self, row: usize, column: usize) -> bool {
        let (board, all) = (self.board(), self.board().layout.columns.len());
        let kinds = self.columns.get(column).map_or(&[][..], |column| &column.kinds);
        kinds.iter().any(|kind| {
            let number = self.places.get(row * all + kind).copied().flatten();
            number.and_then(|number| board.get(number as usize)).is_some_and(Ran::differs)
        })
    }

    /// The kind of fault of a cell that was run.
    pub(super) fn kind(&self, ran: &Ran) -> FaultKind {
        self.board().layout.columns[ran.cell.at.1]
    }

    /// The leg that a cell is about.
    pub(super) fn leg(&self, ran: &Ran) -> Option<Leg> {
        self.rows()[ran.cell.at.0].step.as_ref().map(|step| step.leg)
    }

    /// `process-payment/reply, timeout`.
    pub(super) fn name(&self, ran: &Ran) -> String {
        let (target, fault) = self.board().layout.names(&ran.cell);
        format!("{target}, {fault}")
    }

    /// The cell from here in a direction that is not impossible; where it is, if there is none.
    pub(super) fn next(&self, from: (usize, usize), by: (i64, i64)) -> (usize, usize) {
        let mut at = from;
        loop {
            let row = at.0.saturating_add_signed(by.0 as isize);
            let column = at.1.saturating_add_signed(by.1 as isize);
            let next = (row, column);
            if next == at || row >= self.rows().len() || column >= self.columns.len() {
                return from;
            }
            at = next;
            if !matches!(self.at(row, column), Shown::Impossible) {
                return at;
            }
        }
    }

    /// The next cell after `from`, row by row and around, for which `is` holds.
    pub(super) fn find(
        &self,
        from: (usize, usize),
        is: impl Fn(&Self, (usize, usize)) -> bool,
    ) -> Option<(usize, usize)> {
        let (rows, columns) = (self.rows().len(), self.columns.len());
        let all = rows * columns;
        let start = from.0 * columns + from.1;
        (1..=all)
            .map(|step| (start + step) % all)
            .map(|at| (at / columns, at % columns))
            .find(|at| is(self, *at))
    }

    /// The cell whose faults are those of a run that is open.
    pub(super) fn of_run(&self, recipe: &Recipe) -> Option<(usize, usize)> {
        let board = self.board();
        let ran = board.iter().find(|ran| ran.cell.recipe.faults == recipe.faults)?;
        self.column_of(ran.cell.at.1).map(|column| (ran.cell.at.0, column))
    }

    fn column_of(&self, kind: usize) -> Option<usize> {
        self.columns.iter().position(|column| column.kinds.contains(&kind))
    }

    /// The worst cell, the first among equals: what there is to look at first.
    pub(super) fn worst(&self) -> Option<(usize, usize)> {
        let board = self.board();
        let ran = board.get(*board.worst_first.first()? as usize)?;
        self.column_of(ran.cell.at.1).map(|column| (ran.cell.at.0, column))
    }
}

impl Column {
    fn add(columns: &mut [Self], at: usize, kind: usize) {
        if let Some(column) = columns.get_mut(at) {
            column.kinds.push(kind);
        }
    }
}

/// The rank of what is shown: an outcome by precedence, what was not reached last.
fn rank(ran: &Ran) -> usize {
    let outcome = ran.shown().outcome;
    outcome
        .and_then(|outcome| Outcome::ALL.iter().position(|known| *known == outcome))
        .unwrap_or(Outcome::ALL.len())
}

fn is_worse(ran: &Ran, known: &Ran) -> bool {
    (rank(ran), !ran.differs()) < (rank(known), !known.differs())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::base::cancel::CancelToken;
    use crate::domain::BuiltIn;
    use crate::sim::faults::Protection;

    pub(in crate::ui::views::matrix) fn answer(without: Option<Protection>) -> BoardAnswer {
        let ask = MatrixAsk {
            domain: Arc::new(BuiltIn::named("shop").unwrap().load()),
            base: Recipe { seed: 7, ..Recipe::new("shop", "fulfilment") },
            pairs: false,
            without,
        };
        let result = Ok(Board::run(&ask, &CancelToken::default(), &mut |_| ()).unwrap());
        Arc::new(Answer { key: ask, result, partial: false })
    }

    #[test]
    fn folded_gaps_show_their_worst_and_open_to_four() {
        let answer = answer(Some(Protection::Outbox));
        let folded = Table::new(&answer, false).unwrap();
        let open = Table::new(&answer, true).unwrap();
        assert_eq!(open.columns.len(), folded.columns.len() + 3);
        let gaps = folded.gaps.unwrap();
        assert_eq!(open.gaps, Some(gaps));
        for row in 0..folded.rows().len() {
            let outcome = |table: &Table, column| match table.at(row, column) {
                Shown::Ran(ran) => Some(rank(ran)),
                _ => None,
            };
            let worst = (gaps..gaps + 4).filter_map(|column| outcome(&open, column)).min();
            assert_eq!(outcome(&folded, gaps), worst, "row {row}");
            let any = (gaps..gaps + 4).any(|column| open.differs(row, column));
            assert_eq!(folded.differs(row, gaps), any, "row {row}");
        }
    }

    #[test]
    fn the_keyboard_steps_over_the_impossible() {
        let table = Table::new(&answer(None), false).unwrap();
        let from = table.worst().unwrap();
        let mut at = from;
        for by in [(0, 1), (0, -1), (1, 0), (-1, 0)] {
            for _ in 0..100 {
                let next = table.next(at, by);
                assert!(!matches!(table.at(next.0, next.1), Shown::Impossible));
                at = next;
            }
        }
        assert_eq!(table.next((0, table.columns.len() - 1), (0, 1)), (0, table.columns.len() - 1));
    }

    #[test]
    fn the_next_that_differs_is_found_around_the_end() {
        let table = Table::new(&answer(Some(Protection::Idempotency)), false).unwrap();
        let differs = |table: &Table, at: (usize, usize)| table.differs(at.0, at.1);
        let first = table.find((0, 0), differs).unwrap();
        let mut at = first;
        let mut seen = 0;
        loop {
            at = table.find(at, differs).unwrap();
            seen += 1;
            if at == first {
                break;
            }
        }
        assert!(seen > 1 && seen <= table.board().differing);
        assert!(Table::new(&answer(None), false).unwrap().find((0, 0), differs).is_none());
    }
}
