//! The open log as the window has it: the newest snapshot, what the filter leaves, and the replayed stream.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::asking::QueryQuestions;
use super::bookmarks::Bookmarks;
use super::fold::{Fold, FoldState};
use super::navigation::Navigation;
use super::rival::Rivals;
use super::rules::Rules;
use super::sagas::{NoSagas, SagaQuestions, SurveyKey};
use super::simulation::Simulation;
use crate::base::clock::Stopwatch;
use crate::domain::Domain;
use crate::engine::{
    DocumentId, Engine, EventCache, Latest, Live, LoadFailure, LoadProgress, NeedsMapping, OpenLog, Outcome,
    SimFrame,
};
use crate::index::{EventLog, RowSet, StreamId};
use crate::model::Row;
use crate::query::{Expr, Query, QueryError, SelectStep};
use crate::replay::{MergeRule, Replay};

/// A log in the window.
pub struct Document {
    /// Which of the engine's.
    pub id: DocumentId,
    /// The files asked for.
    pub paths: Vec<PathBuf>,
    /// Newest snapshot.
    pub open: OpenLog,
    /// How far loading is.
    pub progress: LoadProgress,
    /// Requests to the engine that have not ended: opening, and every adding.
    pub(super) requests: u32,
    /// Whether loading was cancelled.
    pub cancelled: bool,
    /// Files that could not be read.
    pub failures: Vec<LoadFailure>,
    /// Files that wait for a mapping.
    pub unmapped: Vec<NeedsMapping>,
    /// Whole events for what is on screen.
    pub events: Option<EventCache>,
    /// The filter as typed.
    pub filter_text: String,
    /// What is wrong with it, if something is.
    pub filter_error: Option<QueryError>,
    /// The last filter that could be understood.
    pub filter: Query,
    /// What it leaves of the log: the last answer, until a newer one is there.
    pub rows: RowSet,
    /// What is known of the simulation, if it is one.
    pub simulation: Option<Simulation>,
    /// The domain that was chosen for it.
    chosen: Option<Arc<Domain>>,
    /// How often a domain was chosen.
    choices: u32,
    pub(super) questions: SagaQuestions,
    /// Other runs to compare with.
    pub rivals: Rivals,
    pub(super) asking: QueryQuestions,
    /// Events that a person marked.
    pub bookmarks: Bookmarks,
    /// How it follows its sources.
    pub live: Live,
    /// What has a colour.
    pub rules: Rules,
    /// Why the sagas that the query asks about are not known.
    no_sagas: Option<String>,
    selection: Latest<SelectKey, Selected>,
    replay: Latest<ReplayKey, Replay>,
    fold: Option<Fold>,
}

/// What a selection depends on.
#[derive(Clone, Debug, PartialEq)]
struct SelectKey {
    generation: u64,
    filter: Option<Expr>,
    range: Option<(i64, i64)>,
    sagas: Option<SurveyKey>,
}

/// What an answer cost.
#[derive(Clone, Copy, Debug)]
pub struct SelectCost {
    /// How long it took.
    pub took: Duration,
    /// Events looked at in the index.
    pub looked_at: u64,
    /// Payloads read.
    pub read: u64,
    /// Payloads that could not be read again.
    pub unreadable: u64,
}

/// An answer to a filter.
#[derive(Clone, Debug)]
pub struct Selected {
    rows: RowSet,
    /// How far a search through payloads is.
    pub step: SelectStep,
    /// What it cost, at the end.
    cost: Option<SelectCost>,
}

/// What a replay depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayKey {
    /// Which stream.
    pub stream: StreamId,
    /// How many of its events are loaded.
    pub events: usize,
    /// The rule's switch.
    pub null_removes: bool,
    /// By which choice of a domain.
    pub choice: u32,
}

impl Document {
    /// A log that is being opened.
    pub fn new(id: DocumentId, paths: Vec<PathBuf>) -> Self {
        Self {
            id,
            paths,
            open: OpenLog::default(),
            progress: LoadProgress::default(),
            requests: 1,
            cancelled: false,
            failures: Vec::new(),
            unmapped: Vec::new(),
            events: None,
            filter_text: String::new(),
            filter_error: None,
            filter: Query::default(),
            rows: RowSet::All,
            simulation: None,
            chosen: None,
            choices: 0,
            questions: SagaQuestions::default(),
            rivals: Rivals::default(),
            asking: QueryQuestions::default(),
            bookmarks: Bookmarks::default(),
            live: Live::default(),
            rules: Rules::default(),
            no_sagas: None,
            selection: Latest::default(),
            replay: Latest::default(),
            fold: None,
        }
    }

    /// A simulation that is beginning.
    pub(super) fn simulated(id: DocumentId, simulation: Simulation) -> Self {
        Self { simulation: Some(simulation), ..Self::new(id, Vec::new()) }
    }

    /// Forgets everything read from the log: the next snapshot is of another one.
    pub(super) fn forget_log(&mut self) {
        self.open = OpenLog::default();
        self.events = None;
        self.rows = RowSet::All;
        self.selection.clear();
        self.replay.clear();
        self.questions.clear();
        self.asking.clear();
        self.bookmarks = Bookmarks::default();
        self.rules = Rules::default();
    }

    /// The newest frame of the simulation.
    pub fn frame(&self) -> Option<&SimFrame> {
        self.simulation.as_ref()?.frame.as_deref()
    }

    /// The domain by whose rules it is replayed: that of the run, or the one that was chosen.
    pub fn domain(&self) -> Option<&Arc<Domain>> {
        self.simulation.as_ref().map(|simulation| &simulation.request.domain).or(self.chosen.as_ref())
    }

    /// How often a domain was chosen: what is known by an older choice is old.
    pub(super) fn choices(&self) -> u32 {
        self.choices
    }

    /// From now on it is replayed by the rules of `domain`.
    pub(super) fn use_domain(&mut self, domain: Option<Arc<Domain>>) {
        self.chosen = domain;
        self.choices += 1;
    }

    /// The index.
    pub fn log(&self) -> &EventLog {
        &self.open.log
    }

    /// "shop.db", or "shop.db and 2 more".
    pub fn title(&self) -> String {
        let name = |path: &PathBuf| {
            path.file_name()
                .map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
        };
        if let Some(simulation) = &self.simulation {
            return format!("{}/{}", simulation.request.recipe.domain, simulation.request.recipe.saga);
        }
        match self.paths.as_slice() {
            [] => String::new(),
            [one] => name(one),
            [first, others @ ..] => format!("{} and {} more", name(first), others.len()),
        }
    }

    /// Takes a newer snapshot.
    pub(super) fn publish(&mut self, open: OpenLog, progress: LoadProgress, engine: &Engine) {
        // A log that is read on where it was open before has its own ways into the files.
        if self.events.is_none() || !Arc::ptr_eq(&self.open.pool, &open.pool) {
            self.events = engine.event_cache(&open).ok();
        }
        self.open = open;
        self.progress = progress;
    }

    /// Takes a filter as typed; a wrong one keeps the last good result.
    pub(super) fn set_filter(&mut self, text: String) {
        match Query::parse(&text) {
            Ok(filter) => {
                self.filter = filter;
                self.filter_error = None;
            }
            Err(error) => self.filter_error = Some(error),
        }
        self.filter_text = text;
    }

    /// Asks for what is not known yet and takes what came; called once a frame before drawing.
    pub(super) fn refresh(&mut self, engine: &Engine, navigation: &Navigation, null_removes: bool) {
        self.refresh_rows(engine, navigation.range);
        if let Some(stream) = navigation.stream {
            self.ask_replay(engine, stream, null_removes);
        }
    }

    fn refresh_rows(&mut self, engine: &Engine, range: Option<(i64, i64)>) {
        if self.filter.filter.is_none() && range.is_none() {
            self.rows = RowSet::All;
            self.selection.clear();
            return;
        }
        // A question about sagas waits for them; until then the last good result stays.
        let mut survey = None;
        self.no_sagas = None;
        if self.filter.needs_sagas() {
            match self.sagas(engine) {
                Ok(sagas) => survey = Some(sagas),
                Err(NoSagas::Looking(..)) => return,
                Err(NoSagas::Failed(defect)) => {
                    self.no_sagas = Some(defect);
                    return;
                }
            }
        }
        let key = SelectKey {
            generation: self.open.log.generation(),
            filter: self.filter.filter.clone(),
            range,
            sagas: survey.as_ref().map(|sagas| sagas.key),
        };
        let open = self.open.clone();
        let query = Query { filter: self.filter.filter.clone(), stage: None };
        let is_newest = |asked: &SelectKey| asked.filter == key.filter && asked.range == range;
        self.selection.ask_in_turn(engine.workers(), &key, is_newest, move |cancel, tell| {
            let within = |rows: Vec<Row>| match range {
                Some((from, to)) => {
                    rows.into_iter().filter(|row| (from..=to).contains(&open.log.key_of(*row))).collect()
                }
                None => rows,
            };
            let mut told = 0;
            let mut progress = |found: &[Row], step: SelectStep| {
                // Each telling copies what was found: twice as many events in between every time.
                if step.done >= told * 2 + 4_096 {
                    told = step.done;
                    tell(Selected { rows: RowSet::Some(Arc::new(within(found.to_vec()))), step, cost: None });
                }
            };
            let clock = Stopwatch::start();
            let survey = survey.as_ref().map(|sagas| &*sagas.survey);
            let found = open.select(&query, survey, cancel, &mut progress)?;
            let cost = SelectCost {
                took: clock.elapsed(),
                looked_at: found.looked_at,
                read: found.read,
                unreadable: found.unreadable,
            };
            let rows = RowSet::Some(Arc::new(within(found.marks.ranked(&open.log))));
            Some(Selected { rows, step: SelectStep::default(), cost: Some(cost) })
        });
        if let Some(answer) = self.selection.answer()
            && is_newest(&answer.key)
            && let Ok(selected) = &answer.result
        {
            self.rows = selected.rows.clone();
        }
    }

    /// What the query finds, once that is the answer to the query and the range of now, or a part of it.
    pub fn hits(&self, range: Option<(i64, i64)>) -> Option<&RowSet> {
        let answer = self.selection.answer()?;
        let is_newest = answer.key.filter == self.filter.filter && answer.key.range == range;
        is_newest.then_some(&self.rows)
    }

    /// Why the query has no answer, because of a defect in Sagascope.
    pub fn query_defect(&self) -> Option<String> {
        let of_selection = || self.selection.answer()?.result.as_ref().err().cloned();
        self.no_sagas.clone().or_else(of_selection)
    }

    /// What the newest answer to the query cost, once it is whole.
    pub fn cost(&self) -> Option<SelectCost> {
        let answer = self.selection.answer()?;
        (answer.key.filter == self.filter.filter).then_some(answer.result.as_ref().ok()?.cost).flatten()
    }

    /// How far a search through payloads is, while it runs.
    pub fn searching(&self) -> Option<SelectStep> {
        let answer = self.selection.answer()?;
        let selected = answer.result.as_ref().ok()?;
        (answer.partial && self.selection.is_busy()).then_some(selected.step)
    }

    /// Whether the filter is being answered.
    pub fn is_selecting(&self) -> bool {
        self.selection.is_busy()
    }

    fn ask_replay(&mut self, engine: &Engine, stream: StreamId, null_removes: bool) {
        let log = &self.open.log;
        if stream.0 as usize >= log.streams().len() {
            return;
        }
        let domain = self.domain().cloned();
        let key = ReplayKey { stream, events: log.stream(stream).len(), null_removes, choice: self.choices };
        if self.fold.as_ref().is_some_and(|fold| fold.refuses(&key)) {
            return;
        }
        // A stream that grows is folded to where it was first: begun anew with every event it would never be done.
        let is_older = |asked: &ReplayKey| ReplayKey { events: key.events, ..asked.clone() } == key;
        if self.replay.is_busy() && self.fold.as_ref().is_some_and(|fold| is_older(&fold.key)) {
            return;
        }
        let fold = self.fold.take().filter(|fold| fold.key == key);
        let fold = self.fold.insert(fold.unwrap_or_else(|| Fold::begin(key.clone())));
        let (open, count) = (self.open.clone(), fold.count.clone());
        self.replay.ask(engine.workers(), &key, move |cancel, _| {
            let rule = open.rule_of(stream, domain.as_ref(), MergeRule { null_removes });
            open.replay_counting(stream, rule, cancel, &count)
        });
    }

    /// Ends the fold that runs; it is not begun again before [`Self::fold_again`] or another stream.
    pub(super) fn stop_fold(&mut self) {
        if let Some(fold) = &mut self.fold
            && self.replay.answer_to(&fold.key).is_none()
        {
            self.replay.cancel();
            fold.stop();
        }
    }

    /// Begins a fold that was stopped anew.
    pub(super) fn fold_again(&mut self) {
        self.fold.take_if(|fold| fold.state().stopped);
    }

    /// The fold of the stream in `navigation` while it has no result: how far it is, or that it was stopped.
    pub fn fold(&self, navigation: &Navigation) -> Option<FoldState> {
        let fold = self.fold.as_ref().filter(|fold| Some(fold.key.stream) == navigation.stream)?;
        self.replay.answer_to(&fold.key).is_none().then(|| fold.state())
    }

    /// The newest replay, if it is of the stream in `navigation`: perhaps of fewer events than are loaded by now.
    pub fn replay(&self, navigation: &Navigation) -> Option<Arc<Outcome<ReplayKey, Replay>>> {
        self.replay.answer().filter(|answer| Some(answer.key.stream) == navigation.stream)
    }

    /// The replay's last step that has happened as of the playhead.
    pub fn replay_step(&self, navigation: &Navigation) -> Option<u32> {
        let answer = self.replay(navigation)?;
        let replay = answer.result.as_ref().ok()?;
        let log = self.log();
        let playhead = navigation.playhead_rank(log);
        // Versions ascend with ranks but for logs that were written out of order.
        let happened = |step: u32| replay.step(step).is_some_and(|step| log.rank_of(step.row) <= playhead);
        let (mut low, mut high) = (0, replay.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if happened(middle) { low = middle + 1 } else { high = middle }
        }
        low.checked_sub(1)
    }

    /// Whether everything asked for is there.
    pub fn is_settled(&self) -> bool {
        self.requests == 0
            && !self.selection.is_busy()
            && !self.replay.is_busy()
            && !self.questions.is_busy()
            && !self.rivals.is_busy()
            && !self.asking.is_busy()
            && !self.bookmarks.is_busy()
            && !self.rules.is_busy()
            && self.events.as_ref().is_none_or(EventCache::is_idle)
    }
}
