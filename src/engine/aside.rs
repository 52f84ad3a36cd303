//! The log that was open before, kept for when it is opened again: where all of its files still hold what was read of
//! them, only what came since is read. Not kept where that cannot be proven, or is a burden.

use super::follow::{Followed, Life};
use super::{LoadItem, LoadProgress, Loader};
use crate::base::cancel::CancelToken;

/// Heap of an event while its log is kept, at most, in bytes.
const EVENT_HEAP: u64 = 160;

/// The share of the room that it may take, one in so many: the texts of the log that is open need room too.
const ROOM_SHARE: u64 = 4;

/// A log that is not open.
pub(super) struct Aside {
    items: Vec<LoadItem>,
    pub(super) loader: Loader,
}

impl Aside {
    /// What is kept when the log of `items` gives way: it, or what it kept itself.
    pub(super) fn of(items: Vec<LoadItem>, mut loader: Loader) -> Option<Box<Self>> {
        let older = loader.beside.take();
        let followed = loader.followed();
        let is_provable = followed.len() == items.len() && followed.iter().all(Followed::can_be_proven);
        if items.is_empty() || !is_provable {
            return older;
        }
        loader.put_to_rest();
        let fits = loader.events().saturating_mul(EVENT_HEAP) <= loader.memory().room(0) / ROOM_SHARE;
        if fits { Some(Box::new(Self { items, loader })) } else { older }
    }

    /// Whether it is the log of these files, read in this way.
    pub(super) fn is_of(&self, items: &[LoadItem]) -> bool {
        self.items == items
    }

    /// Whether all its files still hold what was read of them.
    pub(super) fn is_intact(
        &mut self,
        cancel: &CancelToken,
        progress: &LoadProgress,
        tell: &mut dyn FnMut(LoadProgress),
    ) -> bool {
        self.loader.followed_mut().iter_mut().all(|one| {
            let path = one.path.clone();
            one.is_intact(cancel, &mut |step| {
                tell(LoadProgress { path: path.clone(), step, compares: true, ..progress.clone() });
            })
        })
    }

    /// Whether its files are followed on after they were looked at.
    pub(super) fn is_followed(loader: &Loader) -> bool {
        loader.followed().iter().all(|one| one.live().life == Life::Followed)
    }
}
