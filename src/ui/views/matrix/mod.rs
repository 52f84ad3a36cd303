//! The view "matrix": every fault at every message of a saga, or every pair of them, each a run. Which cells there
//! are and how they end, the engine finds out in the background; a click opens a run at the moment of its fault.

mod detail;
mod export;
mod grid;
mod pairs;
mod table;
mod toolbar;

use std::sync::Arc;

use egui::{Key, Modifiers, Rect, Stroke, Ui, UiBuilder, pos2};

use self::detail::Detail;
use self::grid::{Act, Grid, Scrolled};
use self::pairs::Pairs;
use self::table::{BoardAnswer, Shown, Table};
use crate::domain::{BUILT_IN, Domain};
use crate::engine::{Board, Latest, MatrixAsk, Ran, SimRequest, SimStart, open_domain};
use crate::sim::faults::Protection;
use crate::sim::{Outcome, Recipe};
use crate::ui::command::{SimulationCommand, WindowCommand};
use crate::ui::icons::Icon;
use crate::ui::view::{Around, View, ViewClass, ViewContext};
use crate::ui::widgets::{empty, failed, loading};

/// Its entry in the registry.
pub static CLASS: ViewClass = ViewClass {
    id: "matrix",
    title: "Matrix",
    about: "Every fault at every message of a saga, and how each run ends; a click opens that run at the fault",
    icon: Icon::Bolt,
    around: Around::Nothing,
    fills: true,
    make: || Box::<MatrixView>::default(),
};

/// Seed of the runs where no simulation says another.
const SEED: u64 = 7;

/// Height of the panel about the selected cell, what it may grow to, and its share of a low view.
const DETAIL: f32 = 232.0;
const DETAIL_MAX: f32 = 420.0;
const DETAIL_SHARE: f32 = 0.46;
/// Below this height there is no panel.
const LOW: f32 = 300.0;

#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "switches that a person sets one by one")]
struct MatrixView {
    /// Saga that a person chose; else that of the open simulation, else the first built-in one.
    chosen: Option<Saga>,
    pairs: bool,
    without: Option<Protection>,
    /// Only this outcome stands out.
    only: Option<Outcome>,
    gaps_open: bool,
    /// Somebody pressed Cancel: nothing runs until it is asked for again. What was there is kept.
    cancelled: bool,
    kept: Option<BoardAnswer>,
    catalog: Latest<(), Vec<Arc<Domain>>>,
    board: Latest<MatrixAsk, Result<Board, String>>,
    table: Option<(Table, bool)>,
    /// The cells that are asked for are there, and seen.
    is_shown: bool,
    /// The saga whose cells were shown last.
    last: Option<Saga>,
    selected: Option<(usize, usize)>,
    reveal: bool,
    scrolled: Scrolled,
    list: Pairs,
    detail: Detail,
}

/// A saga of a domain.
#[derive(Clone, Debug)]
struct Saga {
    domain: Arc<Domain>,
    base: Recipe,
}

impl PartialEq for Saga {
    fn eq(&self, other: &Self) -> bool {
        (&self.base.domain, &self.base.saga) == (&other.base.domain, &other.base.saga)
    }
}

impl View for MatrixView {
    fn ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui) {
        ui.spacing_mut().item_spacing.y = 0.0;
        let sagas = self.sagas(context);
        let Some(saga) = self.saga(&sagas) else {
            if let Some(Err(problem)) = self.catalog.answer().map(|answer| answer.result.clone().map(drop)) {
                let why = format!("Because of a defect in Sagascope: {problem}");
                failed(ui, "No saga can be listed", &why, "", "", None);
            } else {
                loading(ui, "Reading the built-in domains", None, "");
            }
            return;
        };
        // The open simulation may be of another saga than the one before.
        if self.last.as_ref().is_some_and(|last| *last != saga) {
            self.changed();
        }
        self.last = Some(saga.clone());
        let ask = MatrixAsk {
            domain: Arc::clone(&saga.domain),
            base: saga.base.clone(),
            pairs: self.pairs,
            without: self.without,
        };
        if !self.cancelled {
            let of_job = ask.clone();
            self.board.ask(context.engine.workers(), &ask, move |cancel, tell| {
                Board::run(&of_job, cancel, &mut |board| tell(board))
            });
        }
        let kept = self.kept.clone().filter(|kept| kept.key == ask);
        let answer = self.board.answer_to(&ask).or(kept);
        self.toolbar_ui(context, ui, &sagas, &saga, answer.as_ref());
        // The bar may just have asked for another one, whose cells have other numbers.
        let is_asked = |answer: &BoardAnswer| {
            let chosen = self.chosen.as_ref().is_none_or(|chosen| *chosen == saga);
            chosen && answer.key.pairs == self.pairs && answer.key.without == self.without
        };
        let answer = answer.filter(|answer| is_asked(answer));
        self.is_shown = answer.is_some();
        self.content_ui(context, ui, answer.as_ref());
    }

    fn tab_bar_ui(&mut self, _context: &ViewContext<'_>, _ui: &mut Ui) {
        // Its runs have no place in the open log.
    }

    fn key(&mut self, context: &ViewContext<'_>, key: Key, modifiers: Modifiers) -> bool {
        // The table that was there before is no longer seen.
        if modifiers.any() || !self.is_shown {
            return false;
        }
        if self.pairs {
            return self.key_in_pairs(context, key);
        }
        let Some((table, _)) = &self.table else { return false };
        let by = match key {
            Key::ArrowUp => (-1, 0),
            Key::ArrowDown => (1, 0),
            Key::ArrowLeft => (0, -1),
            Key::ArrowRight => (0, 1),
            Key::Enter => {
                let Some(at) = self.selected else { return false };
                self.open_cell(context, at);
                return true;
            }
            _ => return false,
        };
        let Some(from) = self.selected.or_else(|| table.worst()) else { return false };
        self.selected = Some(table.next(from, by));
        self.reveal = true;
        true
    }

    fn outlives_log(&self) -> bool {
        // A run that is opened from it is another log: who comes back finds the table as it was.
        true
    }

    fn is_settled(&self) -> bool {
        !self.catalog.is_busy() && !self.board.is_busy() && self.detail.is_settled()
    }
}

impl MatrixView {
    /// The sagas to choose from: those of the open simulation, then the built-in ones.
    fn sagas(&mut self, context: &ViewContext<'_>) -> Vec<Saga> {
        self.catalog.ask(context.engine.workers(), &(), |_, _| {
            Some(BUILT_IN.iter().filter_map(|built_in| open_domain(built_in.name).ok()).collect())
        });
        let mut sagas = Vec::new();
        if let Some(simulation) = &context.document.simulation {
            let recipe = &simulation.request.recipe;
            let base = Recipe { seed: recipe.seed, ..Recipe::new(&*recipe.domain, &*recipe.saga) };
            sagas.push(Saga { domain: Arc::clone(&simulation.request.domain), base });
        }
        let built_in = self.catalog.answer();
        let built_in = built_in.as_ref().and_then(|answer| answer.result.as_ref().ok());
        for domain in built_in.into_iter().flatten() {
            for saga in &domain.sagas {
                let base = Recipe { seed: SEED, ..Recipe::new(&*domain.name, &*saga.name) };
                let saga = Saga { domain: Arc::clone(domain), base };
                if !sagas.contains(&saga) {
                    sagas.push(saga);
                }
            }
        }
        sagas
    }

    fn saga(&mut self, sagas: &[Saga]) -> Option<Saga> {
        if let Some(chosen) = &self.chosen {
            // The open simulation may have it with another seed by now.
            let known = sagas.iter().find(|saga| *saga == chosen);
            self.chosen = known.cloned().or(self.chosen.take());
        }
        self.chosen.clone().or_else(|| sagas.first().cloned())
    }

    /// Forgets what belongs to another matrix.
    fn changed(&mut self) {
        self.table = None;
        self.selected = None;
        self.cancelled = false;
        self.list = Pairs::default();
    }

    /// Ends the runs that are under way; what is there stays.
    fn stop(&mut self) {
        self.kept = self.board.answer();
        self.board.clear();
        self.cancelled = true;
    }

    fn content_ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui, answer: Option<&BoardAnswer>) {
        let board = match answer.map(|answer| &answer.result) {
            Some(Ok(Ok(board))) => board,
            Some(Ok(Err(problem))) => {
                failed(ui, "This saga cannot be run", problem, "Choose another one above", "", None);
                return;
            }
            Some(Err(panic)) => {
                let why = format!("Because of a defect in Sagascope: {panic}");
                failed(ui, "The runs stopped", &why, "", "", None);
                return;
            }
            None if self.cancelled => {
                if empty(ui, "The runs were cancelled before the first was done", Some("Run them")) {
                    self.cancelled = false;
                }
                return;
            }
            None => {
                if loading(ui, "Running the saga with every fault", None, "") {
                    self.stop();
                }
                return;
            }
        };
        let all = ui.available_rect_before_wrap();
        // What the table leaves is the panel's, up to a point.
        let spare = if self.pairs { 0.0 } else { all.height() - grid::height(&board.layout.rows) };
        let height = DETAIL.min((all.height() * DETAIL_SHARE).floor()).max(spare.min(DETAIL_MAX));
        // In a low tile the cells come first: what they are is said by their cards.
        let height = if all.height() < LOW { 0.0 } else { height };
        let split = all.bottom() - height;
        let above = Rect::from_min_max(all.min, pos2(all.right(), split));
        let below = Rect::from_min_max(pos2(all.left(), split), all.max);
        let mut grid = ui.new_child(UiBuilder::new().max_rect(above).id_salt("grid"));
        grid.set_clip_rect(above.intersect(ui.clip_rect()));
        let ran = if self.pairs {
            self.pairs_ui(context, &mut grid, board)
        } else if let Some(answer) = answer {
            self.table_ui(context, &mut grid, answer)
        } else {
            None
        };
        if height > 0.0 {
            ui.painter().hline(below.x_range(), below.top() + 0.5, Stroke::new(1.0, context.tokens.line));
            let mut detail = ui.new_child(UiBuilder::new().max_rect(below).id_salt("detail"));
            detail.set_clip_rect(below.intersect(ui.clip_rect()));
            self.detail.ui(context, &mut detail, board, ran.as_ref());
        }
        ui.advance_cursor_after_rect(all);
    }

    fn pairs_ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui, board: &Board) -> Option<Ran> {
        let opened = self.list.ui(context, ui, board, self.only);
        let ran = self.list.selected(board).cloned();
        if opened && let Some(ran) = &ran {
            open_run(context, board, ran);
        }
        ran
    }

    fn key_in_pairs(&mut self, context: &ViewContext<'_>, key: Key) -> bool {
        let Some(answer) = self.board.answer() else { return false };
        let Ok(Ok(board)) = &answer.result else { return false };
        match key {
            Key::ArrowUp => self.list.step(-1),
            Key::ArrowDown => self.list.step(1),
            Key::PageUp => self.list.step(-10),
            Key::PageDown => self.list.step(10),
            Key::Enter => match self.list.selected(board) {
                Some(ran) => open_run(context, board, ran),
                None => return false,
            },
            _ => return false,
        }
        true
    }

    fn table_ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui, answer: &BoardAnswer) -> Option<Ran> {
        let is_known =
            self.table.as_ref().is_some_and(|(table, open)| table.is_of(answer) && *open == self.gaps_open);
        if !is_known {
            self.table = Table::new(answer, self.gaps_open).map(|table| (table, self.gaps_open));
        }
        let (table, _) = self.table.as_ref()?;
        if self.selected.is_none() && table.board().is_whole() {
            let open = context.document.simulation.as_ref();
            let of_run = open.and_then(|simulation| table.of_run(&simulation.request.recipe));
            self.selected = of_run.or_else(|| table.worst());
            self.reveal = true;
        }
        let grid = Grid {
            table,
            side: grid::side(table.rows(), ui.painter()),
            selected: self.selected,
            reveal: std::mem::take(&mut self.reveal),
            only: self.only,
            gaps_open: self.gaps_open,
        };
        match grid.ui(ui, &mut self.scrolled) {
            Some(Act::Select(at)) => self.selected = Some(at),
            Some(Act::Open(at)) => {
                self.selected = Some(at);
                self.open_cell(context, at);
            }
            Some(Act::Gaps) => self.toggle_gaps(),
            None => {}
        }
        self.ran()
    }

    /// The selected cell, if it was run.
    fn ran(&self) -> Option<Ran> {
        let ((table, _), at) = (self.table.as_ref()?, self.selected?);
        match table.at(at.0, at.1) {
            Shown::Ran(ran) => Some(ran.clone()),
            _ => None,
        }
    }

    /// Opens or folds the gaps; the selection stays with what it is on.
    fn toggle_gaps(&mut self) {
        let Some((table, _)) = &self.table else { return };
        let Some(gaps) = table.gaps else { return };
        if let Some((row, column)) = self.selected {
            let column = match (self.gaps_open, column) {
                (false, column) if column > gaps => column + 3,
                (false, column) if column == gaps => match table.at(row, column) {
                    Shown::Ran(ran) => {
                        let kinds = &table.columns[gaps].kinds;
                        gaps + kinds.iter().position(|kind| *kind == ran.cell.at.1).unwrap_or(0)
                    }
                    _ => column,
                },
                (true, column) if column > gaps + 3 => column - 3,
                (true, column) if column >= gaps => gaps,
                (_, column) => column,
            };
            self.selected = Some((row, column));
        }
        self.gaps_open ^= true;
    }

    fn open_cell(&self, context: &ViewContext<'_>, at: (usize, usize)) {
        if let Some((table, _)) = &self.table
            && let Shown::Ran(ran) = table.at(at.0, at.1)
        {
            open_run(context, table.board(), ran);
        }
    }

    /// To the next cell that differs.
    fn next_difference(&mut self) {
        if let Some((table, _)) = &self.table {
            let from = self.selected.unwrap_or((0, 0));
            if let Some(at) = table.find(from, |table, at| table.differs(at.0, at.1)) {
                self.selected = Some(at);
                self.reveal = true;
            }
        }
    }
}

/// Where the run of a cell opens, and which of its faults never strikes in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opens {
    /// At the first fault.
    Fault,
    /// At the one of the pair that strikes.
    Other,
    /// Where something else makes the saga go back: the fault is one of an undo.
    Turn { strikes: bool },
    /// At its end: none strikes, of one or of two.
    End { of_two: bool },
}

impl Opens {
    fn of(ran: &Ran) -> Self {
        let report = ran.shown();
        let is_of_undo = ran.cell.and.is_none() && ran.cell.recipe.faults.len() > 1;
        if is_of_undo && report.first_fault.is_some() {
            return Self::Turn { strikes: report.outcome.is_some() };
        }
        match (report.first_fault, report.outcome) {
            (None, _) => Self::End { of_two: ran.cell.and.is_some() },
            (Some(_), None) => Self::Other,
            (Some(_), Some(_)) => Self::Fault,
        }
    }

    /// What the buttons of the mouse do, in cells and in the list of pairs.
    fn clicks(self) -> &'static str {
        match self {
            Self::Fault => "Click or Enter: open this run at the fault. Right click: only look at it here",
            Self::Other => {
                "One of the two never strikes. Click or Enter: open this run at the other. Right click: only look at \
                 it here"
            }
            Self::Turn { strikes: true } => {
                "Click or Enter: open this run where the saga turns back, before the fault of its undo. Right click: \
                 only look at it here"
            }
            Self::Turn { strikes: false } => {
                "The fault of the undo never strikes. Click or Enter: open this run where the saga turns back. Right \
                 click: only look at it here"
            }
            Self::End { of_two: false } => {
                "The fault never strikes. Click or Enter: open this run at its end. Right click: only look at it here"
            }
            Self::End { of_two: true } => {
                "Neither fault strikes. Click or Enter: open this run at its end. Right click: only look at it here"
            }
        }
    }

    /// The button, and what it does.
    fn button(self) -> (&'static str, &'static str) {
        match self {
            Self::Fault | Self::Other => (
                "Open at the fault",
                "Opens this run in the simulator, at the moment the fault strikes (a click on its cell, or Enter)",
            ),
            Self::Turn { .. } => (
                "Open where it turns back",
                "Opens this run in the simulator where the saga turns back, before the fault of its undo (a click on \
                 its cell, or Enter)",
            ),
            Self::End { .. } => (
                "Open at its end",
                "Opens this run in the simulator, at its end: no fault strikes in it (a click on its cell, or Enter)",
            ),
        }
    }

    /// What is said when it is open.
    fn said(self) -> &'static str {
        match self {
            Self::Fault => "At the moment of the fault; Alt+6 goes back to the matrix",
            Self::Other => {
                "At the moment of one fault, the other never struck; Alt+6 goes back to the matrix"
            }
            Self::Turn { strikes: true } => {
                "Where the saga turns back, before the fault of its undo; Alt+6 goes back to the matrix"
            }
            Self::Turn { strikes: false } => {
                "Where the saga turns back, the fault of its undo never struck; Alt+6 goes back to the matrix"
            }
            Self::End { of_two: false } => {
                "The fault never struck, this is the end of the run; Alt+6 goes back to the matrix"
            }
            Self::End { of_two: true } => {
                "Neither fault struck, this is the end of the run; Alt+6 goes back to the matrix"
            }
        }
    }
}

/// Opens the run of a cell at the moment of its fault, or at its end where none strikes.
fn open_run(context: &ViewContext<'_>, board: &Board, ran: &Ran) {
    let request = SimRequest {
        domain: Arc::clone(&board.ask.domain),
        recipe: ran.recipe(board.ask.without),
        start: SimStart::AtFault,
    };
    context.send(SimulationCommand::Begin(Box::new(request)));
    // Beside the run, so that the way back is one click wherever the matrix was looked at.
    context.send(WindowCommand::ShowView("matrix"));
    context.send(WindowCommand::ShowView("simulator"));
    context.send(WindowCommand::Say(Opens::of(ran).said().to_owned()));
}
