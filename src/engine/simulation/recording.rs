//! The log of a run: its events in memory, indexed as any other source's are, and read again from memory.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use crate::engine::OpenLog;
use crate::engine::pool::{READERS_PER_SOURCE, SourcePool};
use crate::index::{LogBuilder, TimeAxis};
use crate::model::{FetchError, Locator, PayloadSource, RecordedEvent, SourceId};
use crate::store::SourceInfo;

/// Takes the events of a run as they are recorded.
pub(super) struct Recording {
    builder: LogBuilder,
    source: SourceId,
    events: Arc<RwLock<Vec<RecordedEvent>>>,
    info: Arc<Vec<SourceInfo>>,
    pool: Arc<SourcePool>,
}

/// Reads events of a run again. The locator is the place in the list.
struct MemorySource(Arc<RwLock<Vec<RecordedEvent>>>);

impl PayloadSource for MemorySource {
    fn fetch(&mut self, locators: &[Locator]) -> Vec<Result<RecordedEvent, FetchError>> {
        let events = self.0.read().unwrap_or_else(PoisonError::into_inner);
        locators
            .iter()
            .map(|locator| events.get(locator.at as usize).cloned().ok_or(FetchError::Changed))
            .collect()
    }

    // Nothing is held open between two reads.
    fn rest(&mut self) {}
}

impl Recording {
    /// An empty log of the run that `recipe` names.
    pub(super) fn new(recipe: &str) -> Self {
        let mut builder = LogBuilder::default();
        let source = builder.add_source();
        let events = Arc::new(RwLock::new(Vec::new()));
        let pool = Arc::new(SourcePool::default());
        pool.add(
            (0..READERS_PER_SOURCE)
                .map(|_| Box::new(MemorySource(Arc::clone(&events))) as Box<dyn PayloadSource>)
                .collect(),
        );
        let info = SourceInfo {
            path: PathBuf::from(recipe),
            format: "simulation".to_owned(),
            title: "Simulation".to_owned(),
            has_rows: true,
            notes: vec!["Times are virtual: the same recipe gives the same log.".to_owned()],
            ..SourceInfo::default()
        };
        Self { builder, source, events, info: Arc::new(vec![info]), pool }
    }

    /// Events recorded so far.
    pub(super) fn len(&self) -> u64 {
        self.builder.len() as u64
    }

    /// Adds what was recorded since.
    pub(super) fn extend(&mut self, events: Vec<RecordedEvent>) {
        let mut kept = self.events.write().unwrap_or_else(PoisonError::into_inner);
        for event in events {
            self.builder.push(self.source, Locator { at: kept.len() as u64, len: 0 }, &event);
            kept.push(event);
        }
    }

    /// The log so far.
    pub(super) fn publish(&mut self) -> OpenLog {
        let log = self.builder.publish();
        let axis = Arc::new(TimeAxis::of(&log, &[]));
        OpenLog { log, sources: Arc::clone(&self.info), pool: Arc::clone(&self.pool), axis, proof_bytes: 0 }
    }
}
