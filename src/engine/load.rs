//! From files to a log: detection, mapping, reading, indexing. Used by the load thread and, on its own thread,
//! by the command line.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::aside::Aside;
use super::dirs::Dirs;
use super::follow::Followed;
use super::memory::MemoryLimit;
use super::pool::{READERS_PER_SOURCE, SourcePool};
use crate::base::cancel::CancelToken;
use crate::base::clock::Stopwatch;
use crate::base::limits::SOURCES_MAX;
use crate::index::{EventLog, Held, LogBuilder, TimeAxis};
use crate::model::SourceId;
use crate::store::mapping::{Mapping, Proposal};
use crate::store::{
    Detection, EnvelopeBatch, FileState, OpenRequest, Progress, SourceInfo, StoreError, StoreReader,
    Unpacked, detect, look, open,
};

/// A file to load.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadItem {
    /// Which.
    pub path: PathBuf,
    /// How to read it, where a person has said so; else it is detected.
    pub mapping: Option<Mapping>,
}

impl LoadItem {
    /// A file whose format is detected.
    pub fn detected(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), mapping: None }
    }
}

/// A log with everything needed to look into it. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct OpenLog {
    /// The index.
    pub log: EventLog,
    /// Its sources, in order.
    pub sources: Arc<Vec<SourceInfo>>,
    /// Ways back into the sources.
    pub pool: Arc<SourcePool>,
    /// Its time axis with idle stretches cut.
    pub axis: Arc<TimeAxis>,
    /// Bytes of heap of what proves that the files still hold what was read of them.
    pub proof_bytes: usize,
}

impl OpenLog {
    /// What each part of it holds in memory.
    pub fn memory(&self) -> Vec<Held> {
        let mut parts = self.log.memory();
        parts.push(Held { name: "hashes of files", is_column: false, bytes: self.proof_bytes });
        parts
    }
}

/// How far loading is.
#[derive(Clone, Debug, Default)]
pub struct LoadProgress {
    /// The file being read.
    pub path: PathBuf,
    /// Events in the log.
    pub events: u64,
    /// Those of them that were read since loading began: a log that was open before is read on.
    pub read: u64,
    /// Of the file being read: bytes or rows done and in all.
    pub step: Progress,
    /// The file is not read but compared with what was read of it before.
    pub compares: bool,
    /// Since loading began.
    pub elapsed: Duration,
    /// Nothing more will come.
    pub finished: bool,
}

impl LoadProgress {
    /// Events a second so far.
    pub fn rate(&self) -> f64 {
        self.read as f64 / self.elapsed.as_secs_f64().max(1e-3)
    }

    /// Share of the current file that is read, 0 to 1, where it is known.
    pub fn share(&self) -> Option<f32> {
        let total = self.step.total.filter(|total| *total > 0)?;
        Some((self.step.done as f64 / total as f64).clamp(0.0, 1.0) as f32)
    }
}

/// A file that no format claims.
#[derive(Clone, Debug)]
pub struct NeedsMapping {
    /// The file.
    pub path: PathBuf,
    /// How it could be read.
    pub proposal: Proposal,
}

/// A file that could not be read, or not to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadFailure {
    /// The file.
    pub path: PathBuf,
    /// What failed, why, and what to do.
    pub problem: String,
}

/// Events between two looks at the memory in use: some ten MB of index.
const EVENTS_BETWEEN_LOOKS: u64 = 100_000;

/// Builds one log from any number of files.
pub struct Loader {
    builder: LogBuilder,
    sources: Vec<SourceInfo>,
    pool: Arc<SourcePool>,
    dirs: Dirs,
    axis: Arc<TimeAxis>,
    axis_events: usize,
    followed: Vec<Followed>,
    /// Asked of the system when the first file is read, not before.
    memory: Option<MemoryLimit>,
    /// Events read since loading began.
    read: u64,
    /// The log that was open before: goes where memory is short.
    pub(super) beside: Option<Box<Aside>>,
}

impl Loader {
    /// An empty log.
    pub fn new(dirs: Dirs) -> Self {
        Self {
            builder: LogBuilder::default(),
            sources: Vec::new(),
            pool: Arc::default(),
            dirs,
            axis: Arc::default(),
            axis_events: 0,
            followed: Vec::new(),
            memory: None,
            read: 0,
            beside: None,
        }
    }

    /// The same with another limit than this system's.
    #[must_use]
    pub fn with_memory(mut self, memory: MemoryLimit) -> Self {
        self.memory = Some(memory);
        self
    }

    /// What may be used from now on; `None`: what this system allows.
    pub(super) fn set_memory(&mut self, memory: Option<MemoryLimit>) {
        self.memory = memory;
    }

    /// What may be used, as far as that was asked.
    pub(super) fn memory(&mut self) -> MemoryLimit {
        *self.memory.get_or_insert_with(MemoryLimit::of_this_system)
    }

    /// Reads a file into the log, telling after each batch. `Ok(Some(…))` where a mapping is needed first.
    /// On an error everything read until then stays in the log.
    pub fn load(
        &mut self,
        item: &LoadItem,
        cancel: &CancelToken,
        tell: &mut dyn FnMut(&mut Self, LoadProgress),
    ) -> Result<Option<NeedsMapping>, LoadFailure> {
        let failed = |error: &StoreError| LoadFailure { path: item.path.clone(), problem: error.to_string() };
        let started = Stopwatch::start();
        // What is written while it is read is not missed.
        let state = FileState::of(&item.path);
        let cache = self.dirs.cache.clone();
        let unpacked = {
            let mut tell = |step| {
                let progress = self.progress(started.elapsed(), false);
                tell(self, LoadProgress { path: item.path.clone(), step, ..progress });
            };
            Unpacked::of(&item.path, &cache, cancel, &mut tell).map_err(|error| failed(&error))?
        };
        if cancel.is_cancelled() {
            return Ok(None);
        }
        let mut reader = match self.reader(item, unpacked).map_err(|error| failed(&error))? {
            Ok(reader) => reader,
            Err(proposal) => return Ok(Some(NeedsMapping { path: item.path.clone(), proposal })),
        };
        if self.sources.len() >= SOURCES_MAX {
            let problem = format!(
                "This log has {SOURCES_MAX} sources already, and more cannot be numbered. Open the file by itself"
            );
            return Err(LoadFailure { path: item.path.clone(), problem });
        }
        let readers: Result<Vec<_>, StoreError> =
            (0..READERS_PER_SOURCE).map(|_| reader.payloads()).collect();
        self.pool.add(readers.map_err(|error| failed(&error))?);
        let source = self.builder.add_source();
        self.sources.push(reader.info().clone());
        let finished =
            self.read(source, &mut *reader, started, cancel, tell).map_err(|error| failed(&error))?;
        if finished {
            self.followed.push(Followed::new(source, item.path.clone(), state, reader.resume()));
        }
        Ok(None)
    }

    /// Reads a source to its end; false where that was cancelled.
    fn read(
        &mut self,
        source: SourceId,
        reader: &mut dyn StoreReader,
        started: Stopwatch,
        cancel: &CancelToken,
        tell: &mut dyn FnMut(&mut Self, LoadProgress),
    ) -> Result<bool, StoreError> {
        let mut batch = EnvelopeBatch::default();
        let memory = self.memory();
        let mut asked = self.events();
        loop {
            batch.clear();
            let step = reader.read_envelopes(&mut batch);
            let before = self.events();
            self.builder.push_all(source, &batch.envelopes);
            self.read += self.events() - before;
            for issue in batch.issues.drain(..) {
                self.builder.push_issue(source, issue);
            }
            // Notes may only be known after the first rows.
            if let Some(info) = self.sources.get_mut(usize::from(source.0)) {
                info.clone_from(reader.info());
            }
            let step = step?;
            if !step.finished && self.events() >= asked + EVENTS_BETWEEN_LOOKS {
                asked = self.events();
                if let Some(reason) = memory.exceeded(asked)
                    && self.beside.take().is_none()
                {
                    return Err(StoreError::Memory { reason, path: reader.info().path.clone() });
                }
            }
            let mut progress = self.progress(started.elapsed(), false);
            progress.path.clone_from(&reader.info().path);
            progress.step = step;
            tell(self, progress);
            if step.finished || cancel.is_cancelled() {
                return Ok(step.finished);
            }
        }
    }

    /// What follows the sources that were read to their ends.
    pub fn followed(&self) -> &[Followed] {
        &self.followed
    }

    pub(super) fn followed_mut(&mut self) -> &mut [Followed] {
        &mut self.followed
    }

    /// Keeps no file open, and of its payloads nothing in memory: nobody looks at the log for now.
    pub(super) fn put_to_rest(&mut self) {
        self.read = 0;
        self.pool.rest();
    }

    /// Looks whether the sources have grown, and reads what came. A source that fails is not followed on.
    pub fn look(
        &mut self,
        cancel: &CancelToken,
        tell: &mut dyn FnMut(&mut Self, LoadProgress),
    ) -> Vec<LoadFailure> {
        let mut failures = Vec::new();
        let mut followed = std::mem::take(&mut self.followed);
        for one in &mut followed {
            let Some((mut reader, heals)) = one.look() else { continue };
            if heals {
                self.builder.withdraw_issue(one.source);
            }
            match self.read(one.source, &mut *reader, Stopwatch::start(), cancel, tell) {
                Ok(true) => one.go_on(reader.resume()),
                Ok(false) => one.stop(),
                Err(error) => {
                    one.stop();
                    failures.push(LoadFailure { path: one.path.clone(), problem: error.to_string() });
                }
            }
        }
        self.followed = followed;
        failures
    }

    fn reader(
        &self,
        item: &LoadItem,
        unpacked: Option<Unpacked>,
    ) -> Result<Result<Box<dyn StoreReader>, Proposal>, StoreError> {
        let Some(unpacked) = unpacked else { return self.reader_of(item) };
        let inside = LoadItem { path: unpacked.path(), mapping: item.mapping.clone() };
        match self.reader_of(&inside) {
            Ok(Ok(inner)) => Ok(Ok(unpacked.reader(inner))),
            Ok(Err(proposal)) => Ok(Err(proposal)),
            Err(error) => Err(unpacked.error(error)),
        }
    }

    fn reader_of(&self, item: &LoadItem) -> Result<Result<Box<dyn StoreReader>, Proposal>, StoreError> {
        let shape = look(&item.path, &self.dirs.cache)?;
        let request = OpenRequest { path: &item.path, shape: &shape, cache_dir: &self.dirs.cache };
        if item.mapping.is_some() {
            return open(&request, None, item.mapping.as_ref()).map(Ok);
        }
        match detect(&request)? {
            Detection::Known(format) => open(&request, Some(format), None).map(Ok),
            Detection::Proposed(proposal) => Ok(Err(proposal)),
        }
    }

    /// Events so far.
    pub fn events(&self) -> u64 {
        self.builder.len() as u64
    }

    /// Records that could not be read so far.
    pub fn issues(&self) -> u64 {
        self.builder.issues()
    }

    /// Progress as of now.
    pub fn progress(&self, elapsed: Duration, finished: bool) -> LoadProgress {
        let events = self.events();
        LoadProgress { events, read: self.read, elapsed, finished, ..LoadProgress::default() }
    }

    /// The log so far.
    pub fn publish(&mut self) -> OpenLog {
        let log = self.builder.publish();
        if log.len() != self.axis_events {
            self.axis = Arc::new(TimeAxis::of(&log, &[]));
            self.axis_events = log.len();
        }
        OpenLog {
            log,
            sources: Arc::new(self.sources.clone()),
            pool: Arc::clone(&self.pool),
            axis: Arc::clone(&self.axis),
            proof_bytes: self.followed.iter().map(Followed::proof_bytes).sum(),
        }
    }
}
