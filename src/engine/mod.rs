//! The façade: requests in, events out, snapshots to read. It owns the threads and ties the modules below
//! together; the window and the command line see stores only through it.

mod bookmarks;
mod cache;
mod dirs;
mod domain;
mod experiment;
mod export;
mod files;
mod journal;
mod latest;
mod letters;
mod load;
mod pool;
mod query;
mod redrive;
mod replay;
mod sagas;
mod settings;
mod simulation;
mod table;
mod trial;
mod workers;

pub use bookmarks::{Bookmark, bookmarks_of_file};
pub use cache::{Cached, EventCache};
pub use dirs::Dirs;
pub use domain::{DomainFileError, open_domain, open_domain_file};
pub use experiment::{Board, MatrixAsk, Ran};
pub use export::{
    ExportError, ExportKind, Exported, PartialFile, export, export_events, export_rows, is_table, record,
};
pub use files::{
    PathLook, Sample, SaveError, existing, look_at_path, path_of, propose_table, sample_of_cargo_run,
    samples, save_text, still_there,
};
pub use journal::{JournalError, StoreJournal};
pub use latest::{Latest, Outcome};
pub use letters::{LetterChange, LoggedLetter, issuing_event, letter_counts, read_letters};
pub use load::{LoadFailure, LoadItem, LoadProgress, Loader, NeedsMapping, OpenLog};
pub use pool::SourcePool;
pub use redrive::{Batch, RAMP, Redrive, Redriven, StopRule};
pub use replay::FoldCount;
pub use sagas::{SurveyProgress, Trace};
pub use settings::{Recent, SavedQuery, Settings, SettingsError};
pub use simulation::{Forecast, SimControl, SimFrame, SimRequest, SimStart, Until};
pub use trial::{Tone, Trial, TrialLine};
pub use workers::Workers;

pub use crate::store::mapping::{FIELDS, Field, Mapping, Proposal};
pub use crate::store::{FORMATS, Format, JsonlWriter, SourceInfo, event_to_json};

use self::simulation::{Ask, SimThread};

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::base::cancel::{CancelOnDrop, CancelToken};
use crate::base::clock::Stopwatch;
use crate::base::limits::ENGINE_EVENTS_MAX;
use crate::base::thread;

/// Wakes whoever reads engine events; the window passes `request_repaint`.
pub type Waker = Arc<dyn Fn() + Send + Sync>;

/// Names an open log: a new one for every "open", the same while sources are added to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DocumentId(pub u64);

/// What the engine tells.
#[derive(Debug)]
pub enum EngineEvent {
    /// More of the document can be seen.
    Published {
        /// Which.
        document: DocumentId,
        /// The snapshot.
        open: Box<OpenLog>,
        /// How far loading is.
        progress: LoadProgress,
    },
    /// Loading ended: everything is read, or it was cancelled.
    Loaded {
        /// Which.
        document: DocumentId,
        /// Whether somebody cancelled it: what is there stays.
        cancelled: bool,
    },
    /// A file needs a mapping that a person confirms.
    NeedsMapping {
        /// For which document.
        document: DocumentId,
        /// The file and what is proposed.
        request: Box<NeedsMapping>,
    },
    /// A file could not be read, or not to its end.
    Failed {
        /// For which document.
        document: DocumentId,
        /// Which file, and a sentence.
        failure: LoadFailure,
    },
    /// The log of a simulation begins anew, in another future: the next snapshot does not continue the last.
    Replaced {
        /// Which document.
        document: DocumentId,
    },
    /// A simulation is at another moment.
    Simulated {
        /// Which document.
        document: DocumentId,
        /// What it looks like.
        frame: Box<SimFrame>,
    },
}

/// Loads logs in the background and lends worker threads. Dropping it ends its threads.
pub struct Engine {
    requests: SyncSender<LoadRequest>,
    outbox: SyncSender<EngineEvent>,
    events: Receiver<EngineEvent>,
    /// Started by the first simulation.
    simulations: Option<SimThread>,
    workers: Workers,
    dirs: Dirs,
    waker: Waker,
    next_document: u64,
    running: CancelOnDrop,
}

struct LoadRequest {
    document: DocumentId,
    items: Vec<LoadItem>,
    /// Into the log that is open, rather than a new one.
    add: bool,
    cancel: CancelToken,
}

/// Load requests that can wait: each replaces the one before, so more are never useful.
const REQUESTS_MAX: usize = 16;

impl Engine {
    /// Starts the threads. Fails when the system has none to give.
    pub fn new(dirs: Dirs, waker: Waker) -> std::io::Result<Self> {
        let (requests, inbox) = sync_channel::<LoadRequest>(REQUESTS_MAX);
        let (outbox, events) = sync_channel(ENGINE_EVENTS_MAX);
        let load_waker = Arc::clone(&waker);
        let load_dirs = dirs.clone();
        let load_outbox = outbox.clone();
        thread::spawn("engine-load", move || load_thread(&inbox, &load_outbox, &load_waker, &load_dirs))?;
        let workers = Workers::new(Arc::clone(&waker))?;
        Ok(Self {
            requests,
            outbox,
            events,
            simulations: None,
            workers,
            dirs,
            waker,
            next_document: 1,
            running: CancelOnDrop::default(),
        })
    }

    /// Opens files as one new log; what was being loaded is cancelled.
    pub fn open(&mut self, items: Vec<LoadItem>) -> DocumentId {
        let document = DocumentId(self.next_document);
        self.next_document += 1;
        self.request(document, items, false);
        document
    }

    /// Adds files to the log `document`, if it is still the one that is open.
    pub fn add(&mut self, document: DocumentId, items: Vec<LoadItem>) {
        self.request(document, items, true);
    }

    /// Begins a simulation as a new log; what was being loaded or simulated is cancelled.
    pub fn simulate(&mut self, request: SimRequest) -> std::io::Result<DocumentId> {
        let document = DocumentId(self.next_document);
        self.next_document += 1;
        self.running = CancelOnDrop::default();
        let simulations = match self.simulations.take() {
            Some(simulations) => simulations,
            None => SimThread::start(self.outbox.clone(), Arc::clone(&self.waker))?,
        };
        let ask = Ask::Start { document, request: Box::new(request), cancel: self.running.0.clone() };
        // A thread that does not keep up is busy with a run that was just cancelled; a dead one is replaced.
        if simulations.ask(ask) {
            self.simulations = Some(simulations);
        }
        Ok(document)
    }

    /// Asks something of the simulation `document`, if it is still the one that is open.
    pub fn control(&self, document: DocumentId, control: SimControl) {
        if let Some(simulations) = &self.simulations {
            // More than the queue holds are only asked for by a held key: the next one is as good.
            let _queued: bool = simulations.ask(Ask::Control { document, control });
        }
    }

    /// Stops loading; what is there stays.
    pub fn cancel_loading(&mut self) {
        self.running.0.cancel();
    }

    /// What happened since the last call. Never waits.
    pub fn poll(&self) -> impl Iterator<Item = EngineEvent> + '_ {
        self.events.try_iter()
    }

    /// Waits for the next event; `None` when the threads are gone. For the command line and tests.
    pub fn wait(&self) -> Option<EngineEvent> {
        self.events.recv().ok()
    }

    /// Threads for [`Latest`] jobs.
    pub fn workers(&self) -> &Workers {
        &self.workers
    }

    /// Where settings and caches are kept.
    pub fn dirs(&self) -> &Dirs {
        &self.dirs
    }

    /// A cache of whole events for what is on screen.
    pub fn event_cache(&self, open: &OpenLog) -> std::io::Result<EventCache> {
        EventCache::start(Arc::clone(&open.pool), Arc::clone(&self.waker))
    }

    fn request(&mut self, document: DocumentId, items: Vec<LoadItem>, add: bool) {
        if !add {
            // Replaces, and so cancels, what was being loaded.
            self.running = CancelOnDrop::default();
        } else if self.running.0.is_cancelled() {
            self.running = CancelOnDrop::default();
        }
        let request = LoadRequest { document, items, add, cancel: self.running.0.clone() };
        if self.requests.try_send(request).is_err() {
            // The thread died or sixteen requests wait: the window says that nothing happens.
            self.running.0.cancel();
        }
    }
}

fn load_thread(inbox: &Receiver<LoadRequest>, outbox: &SyncSender<EngineEvent>, waker: &Waker, dirs: &Dirs) {
    let mut current = (DocumentId(0), Loader::new(dirs.clone()));
    while let Ok(request) = inbox.recv() {
        if !request.add {
            current = (request.document, Loader::new(dirs.clone()));
        } else if current.0 != request.document {
            continue;
        }
        let document = request.document;
        let send = |event: EngineEvent| {
            let sent = outbox.send(event).is_ok();
            waker();
            sent
        };
        let loader = &mut current.1;
        let paths: Vec<PathBuf> = request.items.iter().map(|item| item.path.clone()).collect();
        let outcome = thread::caught(|| load(loader, &request, &send));
        if let Err(message) = outcome {
            let path = paths.first().cloned().unwrap_or_default();
            let problem = format!("Loading stopped because of a defect in Sagascope: {message}");
            send(EngineEvent::Failed { document, failure: LoadFailure { path, problem } });
            // A loader that panicked half-way is not used again.
            current = (DocumentId(0), Loader::new(dirs.clone()));
        }
        let cancelled = request.cancel.is_cancelled();
        if !send(EngineEvent::Loaded { document, cancelled }) {
            return;
        }
    }
}

/// Milliseconds between two published snapshots, at least; also a tenth of the time loading took so far, so
/// that publishing never takes a notable share of it.
const PUBLISH_EVERY_MS: u128 = 100;

fn load(loader: &mut Loader, request: &LoadRequest, send: &dyn Fn(EngineEvent) -> bool) {
    let document = request.document;
    let started = Stopwatch::start();
    let mut published_at = None;
    for item in &request.items {
        let result = loader.load(item, &request.cancel, &mut |loader, progress| {
            let now = started.elapsed().as_millis();
            let due = published_at.is_none_or(|at| now - at >= PUBLISH_EVERY_MS.max(now / 10));
            if due {
                published_at = Some(now);
                send(EngineEvent::Published { document, open: Box::new(loader.publish()), progress });
            }
        });
        match result {
            Ok(None) => {}
            Ok(Some(needs)) => {
                send(EngineEvent::NeedsMapping { document, request: Box::new(needs) });
            }
            Err(failure) => {
                send(EngineEvent::Failed { document, failure });
            }
        }
        if request.cancel.is_cancelled() {
            break;
        }
    }
    let open = Box::new(loader.publish());
    if !open.sources.is_empty() {
        let progress = loader.progress(started.elapsed(), true);
        send(EngineEvent::Published { document, open, progress });
    }
}
