//! The façade: requests in, events out, snapshots to read. It owns the threads and ties the modules below
//! together; the window and the command line see stores only through it.

mod arena;
mod aside;
mod bookmarks;
mod cache;
mod dirs;
mod domain;
mod experiment;
mod export;
mod files;
mod follow;
mod journal;
mod latest;
mod letters;
mod load;
mod loading;
mod memory;
mod pool;
mod query;
mod read_models;
mod redrive;
mod replay;
mod sagas;
mod settings;
mod simulation;
mod table;
mod trial;
mod workers;

pub use arena::Arena;
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
pub use follow::{Life, Live, LiveSource};
pub use journal::{JournalError, StoreJournal};
pub use latest::{Latest, Outcome};
pub use letters::{LetterChange, LoggedLetter, issuing_event, letter_counts, read_letters};
pub use load::{LoadFailure, LoadItem, LoadProgress, Loader, NeedsMapping, OpenLog};
pub use memory::MemoryLimit;
pub use pool::SourcePool;
pub use read_models::{ModelAsk, ModelPage, read_model};
pub use redrive::{Batch, RAMP, Redrive, Redriven, StopRule};
pub use replay::FoldCount;
pub use sagas::{SurveyProgress, Trace};
pub use settings::{Recent, SavedQuery, Settings, SettingsError};
pub use simulation::{
    Began, Condition, Forecast, Match, Pursuit, Reached, SimControl, SimFrame, SimRequest, SimStart, Until,
};
pub use trial::{Tone, Trial, TrialLine};
pub use workers::Workers;

pub use crate::store::mapping::{FIELDS, Field, Mapping, Proposal};
pub use crate::store::{FORMATS, Format, JsonlWriter, SourceInfo, event_to_json};

use self::loading::{LoadAsk, LoadRequest, LoadThread, Target};
use self::simulation::{Ask, SimThread};

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::base::cancel::CancelOnDrop;
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
    /// How the document follows its sources, whenever that changes.
    Lives {
        /// Which document.
        document: DocumentId,
        /// How.
        live: Live,
    },
    /// The log begins anew, a simulation's in another future: the next snapshot does not continue the last.
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
    requests: Arc<SyncSender<LoadAsk>>,
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

/// Load requests that can wait: each replaces the one before, so more are never useful.
const REQUESTS_MAX: usize = 16;

impl Engine {
    /// Starts the threads. Fails when the system has none to give.
    pub fn new(dirs: Dirs, waker: Waker) -> std::io::Result<Self> {
        let (requests, inbox) = sync_channel::<LoadAsk>(REQUESTS_MAX);
        let requests = Arc::new(requests);
        let (outbox, events) = sync_channel(ENGINE_EVENTS_MAX);
        let loading =
            LoadThread::new(Arc::downgrade(&requests), outbox.clone(), Arc::clone(&waker), dirs.clone());
        thread::spawn("engine-load", move || loading.run(&inbox))?;
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

    /// Opens files as one new log; what was being loaded is cancelled. Of the log that was open last only what came
    /// since is read, where its files still hold all that was read of them.
    pub fn open(&mut self, items: Vec<LoadItem>) -> DocumentId {
        let document = DocumentId(self.next_document);
        self.next_document += 1;
        self.request(document, items, Target::New);
        document
    }

    /// The same from the begin of the files, whatever is known of them.
    pub fn reload(&mut self, items: Vec<LoadItem>) -> DocumentId {
        let document = DocumentId(self.next_document);
        self.next_document += 1;
        self.request(document, items, Target::Anew);
        document
    }

    /// Adds files to the log `document`, if it is still the one that is open.
    pub fn add(&mut self, document: DocumentId, items: Vec<LoadItem>) {
        self.request(document, items, Target::Open);
    }

    /// Begins a simulation as a new log; what was being loaded or simulated is cancelled.
    pub fn simulate(&mut self, request: SimRequest) -> std::io::Result<DocumentId> {
        let document = DocumentId(self.next_document);
        self.next_document += 1;
        self.close();
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

    /// Stops loading and following: nothing is open any more.
    pub fn close(&mut self) {
        self.running.0.cancel();
        let _queued: bool = self.requests.try_send(LoadAsk::Close).is_ok();
    }

    /// Holds back what comes to the sources of `document`, or shows it again.
    pub fn hold(&self, document: DocumentId, holds: bool) {
        // A thread that is gone, or busy with sixteen requests, follows nothing.
        let _queued: bool = self.requests.try_send(LoadAsk::Hold { document, holds }).is_ok();
    }

    /// Sets how much memory may be used; `None`: what this system allows.
    pub fn limit_memory(&self, limit: Option<MemoryLimit>) {
        let _queued: bool = self.requests.try_send(LoadAsk::Memory(limit)).is_ok();
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

    fn request(&mut self, document: DocumentId, items: Vec<LoadItem>, into: Target) {
        if into != Target::Open {
            // Replaces, and so cancels, what was being loaded.
            self.running = CancelOnDrop::default();
        } else if self.running.0.is_cancelled() {
            self.running = CancelOnDrop::default();
        }
        let request = LoadRequest { document, items, into, cancel: self.running.0.clone() };
        if self.requests.try_send(LoadAsk::Load(request)).is_err() {
            // The thread died or sixteen requests wait: the window says that nothing happens.
            self.running.0.cancel();
        }
    }
}
