//! From an open log to its sagas: whoever asks is a worker or the command line, never the window's thread. Everything
//! can be cancelled, says how far it is, and reads payloads in batches.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::dirs::Dirs;
use super::load::{LoadItem, Loader, OpenLog};
use crate::base::cancel::CancelToken;
use crate::domain::Domain;
use crate::index::StreamId;
use crate::model::{RecordedEvent, Row};
use crate::replay::{Change, MergeRule, Replay};
use crate::saga::{Along, Graph, GraphFinding, Met, Page, Survey};

/// Streams of one saga whose state is rebuilt, and events of the longest of them: more would make a page slow.
const STREAMS_MAX: usize = 64;
const STREAM_EVENTS_MAX: usize = 50_000;
/// Events that are read to follow causes that only their payloads name.
const TRACED_MAX: usize = 200_000;
/// Events of a trace in each direction.
const TRACE_MAX: usize = 10_000;

/// How far a survey is: sagas done and in all. Clones look at the same numbers.
#[derive(Clone, Debug, Default)]
pub struct SurveyProgress(Arc<(AtomicUsize, AtomicUsize)>);

impl SurveyProgress {
    /// Sagas done, and sagas in all.
    pub fn get(&self) -> (usize, usize) {
        (self.0.0.load(Ordering::Relaxed), self.0.1.load(Ordering::Relaxed))
    }

    fn set(&self, done: usize, all: usize) {
        self.0.0.store(done, Ordering::Relaxed);
        self.0.1.store(all, Ordering::Relaxed);
    }
}

/// Causes and effects of one event.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The event.
    pub row: Row,
    /// What led to it, the nearest first in each branch.
    pub causes: Vec<Met>,
    /// What it led to.
    pub effects: Vec<Met>,
    /// What does not fit in its causes.
    pub findings: Vec<GraphFinding>,
    /// There are more causes or effects than the 10,000 that are listed of each.
    pub is_cut: bool,
    /// There were too many events to look for causes that only payloads name.
    pub is_of_index: bool,
}

/// The replay of a stream with the step of each of its rows.
struct SteppedReplay {
    replay: Replay,
    steps: HashMap<Row, u32>,
}

impl OpenLog {
    /// Every saga of the log, judged by `domain` where it knows them. `None` when cancelled.
    pub fn sagas(
        &self,
        domain: Option<&Arc<Domain>>,
        cancel: &CancelToken,
        progress: &SurveyProgress,
    ) -> Option<Survey> {
        let mut tell = |done, all| progress.set(done, all);
        Survey::of(&self.log, domain, &mut |rows| self.read(rows), cancel, &mut tell)
    }

    /// The sagas of a survey of this log as they stood when the event at `rank` was the last that had happened. `None`
    /// when cancelled.
    pub fn sagas_as_of(
        &self,
        survey: &Survey,
        rank: u64,
        cancel: &CancelToken,
        progress: &SurveyProgress,
    ) -> Option<Survey> {
        let mut tell = |done, all| progress.set(done, all);
        survey.as_of(&self.log, rank, &mut |rows| self.read(rows), cancel, &mut tell)
    }

    /// One saga in full: the one at this place of a survey of this log. `None` when cancelled or not there.
    pub fn saga_page(&self, survey: &Survey, at: usize, cancel: &CancelToken) -> Option<Page> {
        let mut replays: HashMap<StreamId, Option<SteppedReplay>> = HashMap::new();
        let mut changes = |row: Row| -> Vec<Change> {
            let Some(stream) = self.log.event(row).stream else { return Vec::new() };
            let room = replays.len() < STREAMS_MAX && self.log.stream(stream).len() <= STREAM_EVENTS_MAX;
            let replay = replays.entry(stream).or_insert_with(|| {
                let rule = self.rule_of(stream, survey.domain.as_ref(), MergeRule::default());
                let replay = room.then(|| self.replay(stream, rule, cancel)).flatten()?;
                let steps = replay.steps().zip(0..).map(|(step, at)| (step.row, at)).collect();
                Some(SteppedReplay { replay, steps })
            });
            let Some(SteppedReplay { replay, steps }) = replay else { return Vec::new() };
            steps.get(&row).map(|step| replay.changes_at(*step)).unwrap_or_default()
        };
        Page::of(&self.log, survey, at, &mut |rows| self.read(rows), &mut changes, cancel)
    }

    /// What led to an event and what it led to: through its sagas' events, else through the whole log. `None` when
    /// cancelled.
    pub fn trace(&self, row: Row, cancel: &CancelToken) -> Option<Trace> {
        let correlated = self.log.event(row).correlation.map(|id| self.log.correlation(id).rows.to_vec());
        let rows = correlated
            .filter(|rows| rows.len() > 1)
            .unwrap_or_else(|| (0..self.log.len() as u64).map(|rank| self.log.row_at(rank)).collect());
        let is_of_index = rows.len() > TRACED_MAX;
        let graph = if is_of_index {
            Graph::of_index(&self.log, &rows)
        } else {
            Graph::of(&self.log, &rows, &mut |rows| self.read(rows), cancel)?
        };
        let causes = graph.walk(row, Along::Causes, TRACE_MAX);
        let effects = graph.walk(row, Along::Effects, TRACE_MAX);
        let is_cut = causes.len() >= TRACE_MAX || effects.len() >= TRACE_MAX;
        Some(Trace { row, causes, effects, findings: graph.findings().to_vec(), is_cut, is_of_index })
    }

    /// Opens a file as a log of its own, beside the one that is open: to compare with. `None` when cancelled.
    pub fn beside(path: &Path, dirs: &Dirs, cancel: &CancelToken) -> Option<Result<Self, String>> {
        let mut loader = Loader::new(dirs.clone());
        let read = loader.load(&LoadItem::detected(path), cancel, &mut |_, _| {});
        if cancel.is_cancelled() {
            return None;
        }
        Some(match read {
            Ok(None) => Ok(loader.publish()),
            Ok(Some(_)) => {
                Err("Its columns are not known: open it by itself first and say what they mean".to_owned())
            }
            Err(failure) => Err(failure.problem),
        })
    }

    fn read(&self, rows: &[Row]) -> Vec<Option<RecordedEvent>> {
        self.pool.fetch_shared(&self.log, rows).into_iter().map(Result::ok).collect()
    }
}
