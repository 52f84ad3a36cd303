//! The thread that loads logs and then follows their sources: requests in, engine events out. What a file is, how it
//! is read and whether it has grown is known elsewhere.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::aside::Aside;
use super::follow::{Followed, Live, Stir};
use super::{Dirs, DocumentId, EngineEvent, LoadFailure, LoadItem, Loader, MemoryLimit, Waker};
use crate::base::cancel::{CancelOnDrop, CancelToken};
use crate::base::clock::Stopwatch;
use crate::base::thread;

/// What is asked of the thread.
pub(super) enum LoadAsk {
    Load(LoadRequest),
    Hold {
        document: DocumentId,
        holds: bool,
    },
    /// What may be used from now on; `None`: what this system allows.
    Memory(Option<MemoryLimit>),
    /// Nothing is open any more.
    Close,
    /// Something was written beside a source.
    Stirred,
}

pub(super) struct LoadRequest {
    pub(super) document: DocumentId,
    pub(super) items: Vec<LoadItem>,
    pub(super) into: Target,
    pub(super) cancel: CancelToken,
}

/// Into which log files are loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A new one; where it was open before and its files only grew, reading goes on where it ended.
    New,
    /// A new one, read from the begin whatever is known of it.
    Anew,
    /// The one that is open.
    Open,
}

/// Time between two published snapshots, at least; also a tenth of the time loading took so far, so that publishing
/// never takes a notable share of it.
const PUBLISH_EVERY: Duration = Duration::from_millis(100);

/// Sources are looked at so often where the system does not say that somebody writes.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Looking and showing what came takes at most a share of the time: one part in this many and one.
const REST_TIMES: u32 = 4;

pub(super) struct LoadThread {
    outbox: SyncSender<EngineEvent>,
    waker: Waker,
    dirs: Dirs,
    stir: Stir<LoadAsk>,
    document: DocumentId,
    loader: Loader,
    /// What was loaded into it.
    items: Vec<LoadItem>,
    cancel: CancelToken,
    /// How the document stands, as was told last.
    live: Live,
    /// Events when it was read, and when it was shown last.
    loaded: u64,
    shown: u64,
    /// When sources were looked at last, and how long that took.
    looked: Stopwatch,
    took: Duration,
    stirred: bool,
    memory: Option<MemoryLimit>,
    texts: Texts,
}

/// Who keeps the payloads of the document in memory to be searched.
#[derive(Default)]
struct Texts {
    cancel: CancelOnDrop,
    /// Shared with the thread that is at work.
    busy: Arc<AtomicBool>,
}

impl LoadThread {
    /// `requests` leads to the thread itself, for who watches folders.
    pub(super) fn new(
        requests: Weak<SyncSender<LoadAsk>>,
        outbox: SyncSender<EngineEvent>,
        waker: Waker,
        dirs: Dirs,
    ) -> Self {
        Self {
            outbox,
            waker,
            stir: Stir::new(requests, || LoadAsk::Stirred),
            document: DocumentId(0),
            loader: Loader::new(dirs.clone()),
            items: Vec::new(),
            dirs,
            cancel: CancelToken::default(),
            live: Live::default(),
            loaded: 0,
            shown: 0,
            looked: Stopwatch::start(),
            took: Duration::ZERO,
            stirred: false,
            memory: None,
            texts: Texts::default(),
        }
    }

    /// Works until nobody can ask any more.
    pub(super) fn run(mut self, inbox: &Receiver<LoadAsk>) {
        loop {
            let ask = match self.next_look() {
                None => inbox.recv().map_err(|_gone| RecvTimeoutError::Disconnected),
                Some(wait) => inbox.recv_timeout(wait),
            };
            match ask {
                Ok(LoadAsk::Load(request)) => {
                    if !self.load(&request) {
                        return;
                    }
                }
                Ok(LoadAsk::Hold { document, holds }) => {
                    if document == self.document {
                        self.hold(holds);
                    }
                }
                Ok(LoadAsk::Memory(limit)) => {
                    self.memory = limit;
                    self.loader.set_memory(limit);
                    // Whoever sets a limit looks at what is held.
                    self.loader.beside = None;
                    // What is under way goes by the old limit.
                    self.texts = Texts::default();
                    self.keep_texts();
                }
                Ok(LoadAsk::Close) => {
                    self.begin(DocumentId(0));
                    // Whoever closes a log wants its memory back.
                    self.loader.beside = None;
                }
                Ok(LoadAsk::Stirred) => {
                    self.stir.heard();
                    self.stirred = true;
                }
                Err(RecvTimeoutError::Timeout) => self.look(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// In how long the sources are looked at again; `None` while there is nothing to follow.
    fn next_look(&self) -> Option<Duration> {
        if !self.loader.followed().iter().any(Followed::is_open) {
            return None;
        }
        let rest = (self.took * REST_TIMES).max(PUBLISH_EVERY);
        let every = if self.stirred { rest } else { rest.max(LOOK_EVERY) };
        Some(every.saturating_sub(self.looked.elapsed()))
    }

    fn send(&self, event: EngineEvent) -> bool {
        let sent = self.outbox.send(event).is_ok();
        (self.waker)();
        sent
    }

    /// Loads; false where nobody hears of it any more.
    fn load(&mut self, request: &LoadRequest) -> bool {
        let document = request.document;
        let mut known = None;
        match request.into {
            Target::Open if document != self.document => return true,
            Target::Open => {}
            Target::Anew => {
                self.begin(document);
                self.loader.beside = None;
            }
            Target::New => {
                let is_it = |aside: &mut Box<Aside>| aside.is_of(&request.items);
                known = self.loader.beside.take_if(is_it);
                self.begin(document);
                // What was open until now may be what is asked for.
                known = known.or_else(|| self.loader.beside.take_if(is_it));
            }
        }
        self.cancel = request.cancel.clone();
        self.items.extend_from_slice(&request.items);
        let outcome = thread::caught(|| {
            if !known.is_some_and(|known| self.take_up(known, &request.items)) {
                self.load_items(&request.items);
            }
        });
        if let Err(message) = outcome {
            let path = request.items.first().map(|item| item.path.clone()).unwrap_or_default();
            self.broke(path, &message);
        }
        let followed = self.loader.followed();
        let paths: Vec<PathBuf> = followed.iter().map(|one| one.path.clone()).collect();
        self.stir.watch(paths.iter().map(PathBuf::as_path));
        self.looked = Stopwatch::start();
        if !self.live.holds {
            self.loaded = self.loader.events();
            self.shown = self.loaded;
        }
        self.tell_live();
        self.keep_texts();
        self.send(EngineEvent::Loaded { document, cancelled: request.cancel.is_cancelled() })
    }

    fn begin(&mut self, document: DocumentId) {
        self.document = document;
        self.texts = Texts::default();
        let loader = std::mem::replace(&mut self.loader, Loader::new(self.dirs.clone()));
        self.loader.beside = Aside::of(std::mem::take(&mut self.items), loader);
        self.loader.set_memory(self.memory);
        (self.live, self.loaded, self.shown) = (Live::default(), 0, 0);
        self.stir.watch(std::iter::empty());
    }

    /// Goes on with a log that was open before, if its files still hold all that was read of them; false where it is
    /// read anew.
    fn take_up(&mut self, mut known: Box<Aside>, items: &[LoadItem]) -> bool {
        let started = Stopwatch::start();
        let cancel = self.cancel.clone();
        // What a person waits for comes first, read anew. What fails here fails again below, and is told there.
        let stop = CancelToken::default();
        if let Some(item) = items.first() {
            let first = self.with_snapshots(started, |loader, cancel, tell| {
                loader.load(item, &stop, &mut |loader, progress| {
                    tell(loader, progress);
                    if loader.events() > 0 || cancel.is_cancelled() {
                        stop.cancel();
                    }
                })
            });
            drop(first);
        }
        let is_intact = self.with_snapshots(started, |loader, cancel, tell| {
            let progress = loader.progress(started.elapsed(), false);
            known.is_intact(cancel, &progress, &mut |progress| tell(loader, progress))
        });
        if cancel.is_cancelled() {
            self.loader.beside = Some(known);
            self.publish(started.elapsed());
            return true;
        }
        let fresh = std::mem::replace(&mut self.loader, Loader::new(self.dirs.clone()));
        self.loader.set_memory(self.memory);
        self.loader.beside = fresh.beside;
        if !is_intact {
            // The begin that is shown may be of other content than what comes.
            self.send(EngineEvent::Replaced { document: self.document });
            return false;
        }
        let anew = std::mem::replace(&mut self.loader, known.loader);
        self.loader.set_memory(self.memory);
        let failures = self.with_snapshots(started, |loader, cancel, tell| loader.look(cancel, tell));
        if cancel.is_cancelled() || (failures.is_empty() && Aside::is_followed(&self.loader)) {
            self.loader.beside = anew.beside;
            self.publish(started.elapsed());
            return true;
        }
        self.loader = anew;
        // What was shown of it meanwhile is not what comes.
        self.send(EngineEvent::Replaced { document: self.document });
        false
    }

    fn load_items(&mut self, items: &[LoadItem]) {
        let document = self.document;
        let started = Stopwatch::start();
        for item in items {
            let result = self.with_snapshots(started, |loader, cancel, tell| loader.load(item, cancel, tell));
            match result {
                Ok(None) => {}
                Ok(Some(needs)) => {
                    self.send(EngineEvent::NeedsMapping { document, request: Box::new(needs) });
                }
                Err(failure) => {
                    self.send(EngineEvent::Failed { document, failure });
                }
            }
            if self.cancel.is_cancelled() {
                break;
            }
        }
        self.publish(started.elapsed());
    }

    /// Runs `work`, which reads into the log, and shows the log now and then.
    fn with_snapshots<T>(
        &mut self,
        started: Stopwatch,
        work: impl FnOnce(&mut Loader, &CancelToken, &mut dyn FnMut(&mut Loader, super::LoadProgress)) -> T,
    ) -> T {
        let (document, holds, cancel) = (self.document, self.live.holds, self.cancel.clone());
        let (outbox, waker) = (self.outbox.clone(), Waker::clone(&self.waker));
        let mut published = None::<Duration>;
        work(&mut self.loader, &cancel, &mut |loader, progress| {
            let now = started.elapsed();
            if !holds && published.is_none_or(|at| now.saturating_sub(at) >= PUBLISH_EVERY.max(now / 10)) {
                published = Some(now);
                let open = Box::new(loader.publish());
                // Whoever is gone is noticed at the end.
                let _sent: bool = outbox.send(EngineEvent::Published { document, open, progress }).is_ok();
                waker();
            }
        })
    }

    fn publish(&mut self, elapsed: Duration) {
        let open = Box::new(self.loader.publish());
        if !open.sources.is_empty() {
            let progress = self.loader.progress(elapsed, true);
            self.send(EngineEvent::Published { document: self.document, open, progress });
        }
    }

    /// Keeps in memory what there is to be searched, behind everything else. What comes while that is under way, and
    /// what does not fit, is searched in its file.
    fn keep_texts(&mut self) {
        if self.document == DocumentId(0) || self.texts.busy.swap(true, Ordering::AcqRel) {
            return;
        }
        let open = self.loader.publish();
        let room = self.loader.memory().room(open.pool.arena().bytes());
        let (cancel, waker) = (self.texts.cancel.0.clone(), Waker::clone(&self.waker));
        let busy = Arc::clone(&self.texts.busy);
        let work = move || {
            // A panic costs the texts, nothing else: without them the file is searched.
            drop(thread::caught(|| open.keep_texts(room, &cancel)));
            busy.store(false, Ordering::Release);
            waker();
        };
        if thread::spawn("engine-texts", work).is_err() {
            self.texts.busy.store(false, Ordering::Release);
        }
    }

    fn hold(&mut self, holds: bool) {
        self.live.holds = holds;
        if !holds && self.loader.events() > self.shown {
            self.show();
        }
        // Said even where nothing else changed: it is the answer to the request.
        let live = self.live_now();
        self.tell(live);
    }

    /// Looks at the sources, reads what came, and says what is new.
    fn look(&mut self) {
        self.stirred = false;
        let clock = Stopwatch::start();
        let before = (self.loader.events(), self.loader.issues());
        let looked =
            thread::caught(|| self.with_snapshots(clock, |loader, cancel, tell| loader.look(cancel, tell)));
        match looked {
            Ok(failures) => {
                for failure in failures {
                    self.send(EngineEvent::Failed { document: self.document, failure });
                }
                if (self.loader.events(), self.loader.issues()) != before && !self.live.holds {
                    self.show();
                }
            }
            Err(message) => {
                let path = self.live.sources.first().map(|source| source.path.clone()).unwrap_or_default();
                self.broke(path, &message);
            }
        }
        self.tell_live();
        (self.looked, self.took) = (Stopwatch::start(), clock.elapsed());
    }

    fn show(&mut self) {
        self.publish(Duration::ZERO);
        self.shown = self.loader.events();
        self.keep_texts();
    }

    fn live_now(&self) -> Live {
        let events = self.loader.events();
        Live {
            sources: self.loader.followed().iter().map(Followed::live).collect(),
            holds: self.live.holds,
            held: if self.live.holds { events - self.shown } else { 0 },
            came: events - self.loaded,
        }
    }

    fn tell_live(&mut self) {
        let live = self.live_now();
        if live != self.live {
            self.tell(live);
        }
    }

    fn tell(&mut self, live: Live) {
        self.live = live.clone();
        self.send(EngineEvent::Lives { document: self.document, live });
    }

    /// A loader that panicked half-way is not used again.
    fn broke(&mut self, path: PathBuf, message: &str) {
        let document = self.document;
        let problem = format!("Loading stopped because of a defect in Sagascope: {message}");
        self.send(EngineEvent::Failed { document, failure: LoadFailure { path, problem } });
        self.items.clear();
        self.begin(DocumentId(0));
    }
}
