//! How many events a thread has looked at: what a frame must not do more of when a log is longer. It counts, for benches
//! and tests; nothing is decided by it.

use std::cell::Cell;

thread_local! {
    static TOUCHED: Cell<u64> = const { Cell::new(0) };
}

/// Events that this thread has looked at since it began: one by one, or a segment of columns at a time.
pub fn touched() -> u64 {
    TOUCHED.get()
}

/// Notes that so many more are looked at.
#[inline]
pub(super) fn touch(events: usize) {
    TOUCHED.set(TOUCHED.get().wrapping_add(events as u64));
}
