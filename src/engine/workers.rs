//! Threads for jobs that take longer than a frame.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use super::Waker;
use crate::base::thread;

/// Jobs that can wait. Every [`super::Latest`] has at most one, so this many of them can exist.
const JOBS_MAX: usize = 256;

pub(super) type Job = Box<dyn FnOnce() + Send>;

/// A few named threads that take jobs from one queue. They end when the last clone is dropped.
#[derive(Clone)]
pub struct Workers {
    queue: SyncSender<Job>,
    waker: Waker,
}

impl Workers {
    /// One thread a core but one, at least two: a search over all payloads never keeps a replay waiting.
    pub fn new(waker: Waker) -> std::io::Result<Self> {
        let (queue, jobs) = sync_channel::<Job>(JOBS_MAX);
        let jobs = Arc::new(Mutex::new(jobs));
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        for number in 0..(cores - 1).clamp(2, 8) {
            let jobs = Arc::clone(&jobs);
            thread::spawn(&format!("engine-worker-{number}"), move || work(&jobs))?;
        }
        Ok(Self { queue, waker })
    }

    /// Hands over a job; false when the queue is full.
    pub(super) fn submit(&self, job: Job) -> bool {
        self.queue.try_send(job).is_ok()
    }

    pub(super) fn waker(&self) -> Waker {
        Arc::clone(&self.waker)
    }
}

fn work(jobs: &Mutex<Receiver<Job>>) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        // Jobs catch their own panics to report them; this keeps the thread alive in any case.
        drop(thread::caught(job));
    }
}
