//! Whole events for what is on screen: asked for while drawing, fetched behind it, kept within bounds.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::Waker;
use super::pool::SourcePool;
use crate::base::limits::EVENT_CACHE_MAX;
use crate::base::thread;
use crate::index::EventLog;
use crate::model::{FetchError, Locator, RecordedEvent, Row};

/// Rows fetched before the window is woken: about two screens.
const FETCH_AT_A_TIME: usize = 128;
/// Rows that may wait; what was asked for longest ago has left the screen and is forgotten.
const WANTED_MAX: usize = 1_024;

/// An event, or why it cannot be read.
pub type Cached = Result<Arc<RecordedEvent>, FetchError>;

/// A bounded cache in front of a [`SourcePool`], filled by a thread of its own that ends with it.
pub struct EventCache {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    kept: HashMap<Row, (Cached, u64)>,
    wanted: Vec<(Row, Locator)>,
    /// Rows at the front of `wanted` that are being fetched.
    fetching: bool,
    clock: u64,
    closed: bool,
}

impl EventCache {
    pub(super) fn start(pool: Arc<SourcePool>, waker: Waker) -> std::io::Result<Self> {
        let shared = Arc::<Shared>::default();
        let of_thread = Arc::clone(&shared);
        thread::spawn("engine-events", move || of_thread.run(&pool, &waker))?;
        Ok(Self { shared })
    }

    /// The event if it is here; else it is asked for and the window is woken when it is. Never waits for I/O.
    pub fn get(&self, log: &EventLog, row: Row) -> Option<Cached> {
        let mut state = self.shared.lock();
        state.clock += 1;
        let clock = state.clock;
        if let Some((event, used)) = state.kept.get_mut(&row) {
            *used = clock;
            return Some(event.clone());
        }
        if !state.wanted.iter().any(|(wanted, _)| *wanted == row) {
            if state.wanted.len() >= WANTED_MAX {
                state.wanted.remove(0);
            }
            state.wanted.push((row, log.locator(row)));
            self.shared.changed.notify_one();
        }
        None
    }

    /// Whether nothing is asked for and nothing is under way.
    pub fn is_idle(&self) -> bool {
        let state = self.shared.lock();
        state.wanted.is_empty() && !state.fetching
    }
}

impl Drop for EventCache {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, pool: &SourcePool, waker: &Waker) {
        loop {
            let mut state = self.lock();
            while state.wanted.is_empty() && !state.closed {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            if state.closed {
                return;
            }
            // The newest requests are what is on screen now.
            let from = state.wanted.len().saturating_sub(FETCH_AT_A_TIME);
            let mut rows = state.wanted.split_off(from);
            rows.sort_unstable_by_key(|(row, _)| *row);
            state.fetching = true;
            drop(state);
            let fetched = thread::caught(|| pool.fetch_located(&rows)).unwrap_or_else(|panic| {
                rows.iter().map(|_| Err(FetchError::Unreadable(panic.clone()))).collect()
            });
            let mut state = self.lock();
            state.fetching = false;
            for ((row, _), event) in rows.iter().zip(fetched) {
                state.clock += 1;
                let clock = state.clock;
                state.kept.insert(*row, (event.map(Arc::new), clock));
            }
            state.forget_oldest();
            drop(state);
            waker();
        }
    }
}

impl State {
    /// Forgets the least recently used half when the cache is over its bound, so that this is rare.
    fn forget_oldest(&mut self) {
        if self.kept.len() <= EVENT_CACHE_MAX {
            return;
        }
        let mut stamps: Vec<u64> = self.kept.values().map(|(_, used)| *used).collect();
        let middle = stamps.len() / 2;
        let (_, median, _) = stamps.select_nth_unstable(middle);
        let median = *median;
        self.kept.retain(|_, (_, used)| *used >= median);
    }
}
