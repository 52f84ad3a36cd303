//! Sources of an open log that may grow: what is known of each since it was read, and what tells that it is time to
//! look again. Reading what came is the [`super::Loader`]'s business.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Weak};

use notify::{RecursiveMode, Watcher as _};

use crate::base::cancel::CancelToken;
use crate::model::SourceId;
use crate::store::{Change, FileState, Growth, Progress, Resume, StoreReader};

/// How a source stands since it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// What is written behind its end is read as it comes.
    Followed,
    /// A source of this kind does not grow at its end; a change of the file is noticed.
    Watched,
    /// It is another one by now: what was read stays.
    Changed(Change),
    /// Reading what came was stopped or failed.
    Stopped,
}

/// A source of a log and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveSource {
    /// The file.
    pub path: PathBuf,
    /// How it stands.
    pub life: Life,
}

/// How a log that is open follows its sources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Live {
    /// The sources that were read to their ends.
    pub sources: Vec<LiveSource>,
    /// Whether what comes is held back.
    pub holds: bool,
    /// Events that came meanwhile.
    pub held: u64,
    /// Events that came since the log was read, with those that are held back.
    pub came: u64,
}

impl Live {
    /// Whether anything is followed.
    pub fn is_followed(&self) -> bool {
        self.sources.iter().any(|source| source.life == Life::Followed)
    }

    /// The sources that are not what they were, and how.
    pub fn changed(&self) -> impl Iterator<Item = (&Path, Change)> {
        self.sources.iter().filter_map(|source| match source.life {
            Life::Changed(change) => Some((&*source.path, change)),
            Life::Followed | Life::Watched | Life::Stopped => None,
        })
    }
}

/// A source that was read to its end.
pub struct Followed {
    pub(super) source: SourceId,
    pub(super) path: PathBuf,
    /// The file when reading began; counts only where there is no end to go on from.
    state: Option<FileState>,
    end: Option<Box<dyn Resume>>,
    life: Life,
}

impl Followed {
    pub(super) fn new(
        source: SourceId,
        path: PathBuf,
        state: Option<FileState>,
        end: Option<Box<dyn Resume>>,
    ) -> Self {
        let life = if end.is_some() { Life::Followed } else { Life::Watched };
        Self { source, path, state, end, life }
    }

    /// How it stands.
    pub fn live(&self) -> LiveSource {
        LiveSource { path: self.path.clone(), life: self.life }
    }

    /// Whether looking again may tell something.
    pub fn is_open(&self) -> bool {
        self.life != Life::Stopped
    }

    /// Looks again; what is to be read where there is more, and whether that heals the last record read.
    pub(super) fn look(&mut self) -> Option<(Box<dyn StoreReader>, bool)> {
        if self.life == Life::Stopped {
            return None;
        }
        let Some(end) = &mut self.end else {
            self.life = match FileState::of(&self.path) {
                None => Life::Changed(Change::Gone),
                now if now == self.state => Life::Watched,
                _ => Life::Changed(Change::Rewritten),
            };
            return None;
        };
        match end.look() {
            Growth::None => {
                // A file that was away for a moment is there again.
                if self.life == Life::Changed(Change::Gone) {
                    self.life = Life::Followed;
                }
                None
            }
            Growth::More { reader, heals } => {
                self.life = Life::Followed;
                Some((reader, heals))
            }
            Growth::Changed(change) => {
                self.life = Life::Changed(change);
                None
            }
        }
    }

    /// Whether it can be proven that it is still what was read.
    pub(super) fn can_be_proven(&self) -> bool {
        self.life == Life::Followed && self.end.as_ref().is_some_and(|end| end.can_be_proven())
    }

    /// Proves it, reading all of it once more.
    pub(super) fn is_intact(&mut self, cancel: &CancelToken, tell: &mut dyn FnMut(Progress)) -> bool {
        self.end.as_mut().is_some_and(|end| end.is_intact(cancel, tell))
    }

    /// Bytes of heap that the proof takes.
    pub(super) fn proof_bytes(&self) -> usize {
        self.end.as_ref().map_or(0, |end| end.proof_bytes())
    }

    pub(super) fn go_on(&mut self, end: Option<Box<dyn Resume>>) {
        self.life = if end.is_some() { Life::Followed } else { Life::Stopped };
        self.end = end;
    }

    pub(super) fn stop(&mut self) {
        (self.life, self.end) = (Life::Stopped, None);
    }
}

/// Calls when something is written in the folders of the sources. File systems that cannot tell are looked at once in
/// a while anyway, so that a watcher the system refuses is no loss.
pub(super) struct Stir<T: Send + 'static> {
    watcher: Option<notify::RecommendedWatcher>,
    folders: BTreeSet<PathBuf>,
    /// One call is on its way.
    called: Arc<AtomicBool>,
    to: Weak<SyncSender<T>>,
    call: fn() -> T,
}

impl<T: Send + 'static> Stir<T> {
    /// Calls by sending `call` to whoever reads `to`.
    pub(super) fn new(to: Weak<SyncSender<T>>, call: fn() -> T) -> Self {
        Self { watcher: None, folders: BTreeSet::new(), called: Arc::default(), to, call }
    }

    /// The call was heard: the next change calls again.
    pub(super) fn heard(&self) {
        self.called.store(false, Ordering::Release);
    }

    /// Watches the folders of these files, and no others.
    pub(super) fn watch<'a>(&mut self, files: impl Iterator<Item = &'a Path>) {
        let folder = |file: &Path| file.canonicalize().ok()?.parent().map(Path::to_owned);
        let folders: BTreeSet<PathBuf> = files.filter_map(folder).collect();
        if folders == self.folders {
            return;
        }
        // A new one: taking folders off a watcher one by one has no advantage.
        self.watcher = if folders.is_empty() { None } else { self.watcher_of(&folders) };
        self.folders = folders;
    }

    fn watcher_of(&self, folders: &BTreeSet<PathBuf>) -> Option<notify::RecommendedWatcher> {
        let (called, to, call) = (Arc::clone(&self.called), Weak::clone(&self.to), self.call);
        let heard = move |event: notify::Result<notify::Event>| {
            // Our own reading is an access, too.
            let is_change = event.as_ref().is_ok_and(|event| !event.kind.is_access());
            if is_change
                && let Some(to) = to.upgrade()
                && !called.swap(true, Ordering::AcqRel)
                && to.try_send(call()).is_err()
            {
                called.store(false, Ordering::Release);
            }
        };
        let mut watcher = notify::recommended_watcher(heard).ok()?;
        for folder in folders {
            watcher.watch(folder, RecursiveMode::NonRecursive).ok()?;
        }
        Some(watcher)
    }
}
