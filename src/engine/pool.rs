//! Ways into the sources of a log, lent to whoever reads events again.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::Builder;

use super::arena::Arena;
use crate::base::limits::SOURCES_OPEN_MAX;
use crate::index::EventLog;
use crate::model::{FetchError, Locator, PayloadSource, RecordedEvent, Row, TextFinder};

/// Ways into each source at the same time: the rows on screen, a replay and a search each have their own.
pub(super) const READERS_PER_SOURCE: usize = 3;
/// Rows from which on a thread costs less than it saves.
const WORTH_SHARING: usize = 512;

/// Lends one of a few readers of a source at a time.
#[derive(Default)]
pub struct SourcePool {
    sources: Mutex<Vec<Arc<Lending>>>,
    /// Sources that may have files open, the one used last at the end.
    awake: Mutex<VecDeque<usize>>,
    arena: Arc<Arena>,
}

#[derive(Default)]
struct Lending {
    free: Mutex<Vec<Box<dyn PayloadSource>>>,
    returned: Condvar,
}

impl SourcePool {
    pub(super) fn add(&self, readers: Vec<Box<dyn PayloadSource>>) {
        let lending = Lending { free: Mutex::new(readers), returned: Condvar::new() };
        self.sources.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::new(lending));
    }

    /// Lets every source rest, and what is kept of them go.
    pub(super) fn rest(&self) {
        self.arena.clear();
        for lending in &*self.sources.lock().unwrap_or_else(PoisonError::into_inner) {
            let mut free = lending.free.lock().unwrap_or_else(PoisonError::into_inner);
            free.iter_mut().for_each(|reader| reader.rest());
        }
    }

    /// What of the sources is kept in memory to be searched.
    pub fn arena(&self) -> &Arc<Arena> {
        &self.arena
    }

    /// Reads events again, one result for each row. Waits for a free reader: not for the window's thread.
    pub fn fetch(&self, log: &EventLog, rows: &[Row]) -> Vec<Result<RecordedEvent, FetchError>> {
        let located: Vec<(Row, Locator)> = rows.iter().map(|row| (*row, log.locator(*row))).collect();
        self.fetch_located(&located)
    }

    /// The same by several threads, where there are enough rows to be worth it.
    pub(super) fn fetch_shared(
        &self,
        log: &EventLog,
        rows: &[Row],
    ) -> Vec<Result<RecordedEvent, FetchError>> {
        // One way in stays free for whoever draws.
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(READERS_PER_SOURCE - 1);
        if threads < 2 || rows.len() < WORTH_SHARING {
            return self.fetch(log, rows);
        }
        let (own, others) = rows.split_at(rows.len().div_ceil(threads));
        std::thread::scope(|scope| {
            let fetch = |part| move || self.fetch(log, part);
            let helpers: Vec<_> = others
                .chunks(own.len())
                .map(|part| {
                    (part, Builder::new().name("engine-reader".to_owned()).spawn_scoped(scope, fetch(part)))
                })
                .collect();
            let mut results = self.fetch(log, own);
            for (part, helper) in helpers {
                match helper {
                    Ok(helper) => match helper.join() {
                        Ok(read) => results.extend(read),
                        Err(panic) => std::panic::resume_unwind(panic),
                    },
                    // The system has no thread to give.
                    Err(_) => results.extend(self.fetch(log, part)),
                }
            }
            results
        })
    }

    /// Which of these events may carry a text, as far as their sources know without decoding them.
    pub(super) fn may_hold(&self, log: &EventLog, rows: &[Row], text: &dyn TextFinder) -> Vec<bool> {
        let mut answers = Vec::with_capacity(rows.len());
        for run in rows.chunk_by(|a, b| a.source() == b.source()) {
            let locators: Vec<Locator> = run.iter().map(|row| log.locator(*row)).collect();
            let read = self.read(usize::from(run[0].source().0), |reader| reader.may_hold(&locators, text));
            answers.extend(read.unwrap_or_else(|| vec![true; run.len()]));
        }
        answers
    }

    /// The same for rows whose locators are known.
    pub(super) fn fetch_located(&self, rows: &[(Row, Locator)]) -> Vec<Result<RecordedEvent, FetchError>> {
        let mut results = Vec::with_capacity(rows.len());
        // Runs of the same source are fetched together; a run is usually everything.
        for run in rows.chunk_by(|a, b| a.0.source() == b.0.source()) {
            let locators: Vec<Locator> = run.iter().map(|(_, locator)| *locator).collect();
            let read = self.read(usize::from(run[0].0.source().0), |reader| reader.fetch(&locators));
            results.extend(read.unwrap_or_else(|| vec![Err(FetchError::Changed); locators.len()]));
        }
        results
    }

    /// Lends a reader of a source; `None` where there is no such source.
    fn read<T>(&self, source: usize, work: impl FnOnce(&mut dyn PayloadSource) -> T) -> Option<T> {
        let lending = self.sources.lock().unwrap_or_else(PoisonError::into_inner).get(source).cloned()?;
        let result = lending.with(work);
        self.used(source);
        Some(result)
    }

    /// Remembers that `source` was used; lets the one rest that was not for the longest time.
    fn used(&self, source: usize) {
        let mut awake = self.awake.lock().unwrap_or_else(PoisonError::into_inner);
        awake.retain(|other| *other != source);
        awake.push_back(source);
        let tired = if awake.len() > SOURCES_OPEN_MAX { awake.pop_front() } else { None };
        drop(awake);
        let Some(tired) = tired else { return };
        let lending = self.sources.lock().unwrap_or_else(PoisonError::into_inner).get(tired).cloned();
        if let Some(lending) = lending {
            // A reader that is lent now makes its source a used one when it comes back.
            lending
                .free
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .iter_mut()
                .for_each(|reader| reader.rest());
        }
    }
}

impl Lending {
    fn with<T>(&self, work: impl FnOnce(&mut dyn PayloadSource) -> T) -> T {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let reader = loop {
            match free.pop() {
                Some(reader) => break reader,
                None => free = self.returned.wait(free).unwrap_or_else(PoisonError::into_inner),
            }
        };
        drop(free);
        let mut lent = Lent { lending: self, reader: Some(reader) };
        work(lent.reader.as_deref_mut().expect("given back only on drop"))
    }
}

/// Gives the reader back even when the work panics.
struct Lent<'a> {
    lending: &'a Lending,
    reader: Option<Box<dyn PayloadSource>>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        self.lending.free.lock().unwrap_or_else(PoisonError::into_inner).extend(self.reader.take());
        self.lending.returned.notify_one();
    }
}

impl std::fmt::Debug for SourcePool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SourcePool").finish_non_exhaustive()
    }
}
