//! A question whose newest form is the only one that matters: the selection while a filter is typed, the replay
//! of the selected stream, the density of the visible stretch.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::workers::Workers;
use crate::base::cancel::CancelToken;
use crate::base::thread;

/// An answer with the question it belongs to.
#[derive(Debug)]
pub struct Outcome<K, R> {
    /// The question.
    pub key: K,
    /// The answer, or the message of a panic.
    pub result: Result<R, String>,
    /// Whether more will come under the same key.
    pub partial: bool,
}

/// One question at a time: asking anew cancels the running one and replaces a waiting one. Dropping it cancels.
pub struct Latest<K, R> {
    state: Arc<Mutex<State<K, R>>>,
}

struct State<K, R> {
    /// What was asked last.
    asked: Option<K>,
    running: Option<CancelToken>,
    waiting: Option<Question<K, R>>,
    answer: Option<Arc<Outcome<K, R>>>,
}

type Work<R> = Box<dyn FnOnce(&CancelToken, &mut dyn FnMut(R)) -> Option<R> + Send>;

struct Question<K, R> {
    key: K,
    work: Work<R>,
}

impl<K, R> Default for Latest<K, R> {
    fn default() -> Self {
        let state = State { asked: None, running: None, waiting: None, answer: None };
        Self { state: Arc::new(Mutex::new(state)) }
    }
}

impl<K, R> Latest<K, R>
where
    K: Clone + PartialEq + Send + Sync + 'static,
    R: Send + Sync + 'static,
{
    /// Asks, unless just this was asked last. `work` gives `None` when it was cancelled, and may hand out
    /// partial answers on the way.
    pub fn ask(
        &self,
        workers: &Workers,
        key: &K,
        work: impl FnOnce(&CancelToken, &mut dyn FnMut(R)) -> Option<R> + Send + 'static,
    ) {
        let mut state = lock(&self.state);
        if state.asked.as_ref() == Some(key) {
            return;
        }
        state.asked = Some(key.clone());
        state.waiting = Some(Question { key: key.clone(), work: Box::new(work) });
        if let Some(running) = &state.running {
            running.cancel();
        } else {
            start(&self.state, &mut state, workers);
        }
    }

    /// [`Self::ask`], but a running question that `is_of_old_log` knows as the same about a log that has grown since is
    /// answered first: asked anew with every event that comes, it would never be answered.
    pub fn ask_in_turn(
        &self,
        workers: &Workers,
        key: &K,
        is_of_old_log: impl Fn(&K) -> bool,
        work: impl FnOnce(&CancelToken, &mut dyn FnMut(R)) -> Option<R> + Send + 'static,
    ) {
        let waits = {
            let state = lock(&self.state);
            state.running.is_some() && state.asked.as_ref().is_some_and(is_of_old_log)
        };
        if !waits {
            self.ask(workers, key, work);
        }
    }

    /// The newest answer; its key tells to what. Stays until a newer one comes.
    pub fn answer(&self) -> Option<Arc<Outcome<K, R>>> {
        lock(&self.state).answer.clone()
    }

    /// The newest answer if it belongs to `key`.
    pub fn answer_to(&self, key: &K) -> Option<Arc<Outcome<K, R>>> {
        self.answer().filter(|answer| answer.key == *key)
    }

    /// Whether an answer is still to come.
    pub fn is_busy(&self) -> bool {
        let state = lock(&self.state);
        state.running.is_some() || state.waiting.is_some()
    }

    /// Ends the running question without an answer; the newest answer stays, and the same may be asked again.
    pub fn cancel(&self) {
        let mut state = lock(&self.state);
        if let Some(running) = &state.running {
            running.cancel();
        }
        state.asked = None;
        state.waiting = None;
    }

    /// Forgets question and answer.
    pub fn clear(&self) {
        self.cancel();
        lock(&self.state).answer = None;
    }
}

impl<K, R> Drop for Latest<K, R> {
    fn drop(&mut self) {
        let mut state = lock(&self.state);
        state.waiting = None;
        if let Some(running) = &state.running {
            running.cancel();
        }
    }
}

fn lock<K, R>(state: &Mutex<State<K, R>>) -> MutexGuard<'_, State<K, R>> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts the waiting question on a worker, if there is one.
fn start<K, R>(shared: &Arc<Mutex<State<K, R>>>, state: &mut State<K, R>, workers: &Workers)
where
    K: Clone + PartialEq + Send + Sync + 'static,
    R: Send + Sync + 'static,
{
    let Some(Question { key, work }) = state.waiting.take() else { return };
    let cancel = CancelToken::default();
    state.running = Some(cancel.clone());
    let shared = Arc::clone(shared);
    let again = workers.clone();
    let submitted = workers.submit(Box::new(move || {
        let waker = again.waker();
        let put = |result: Result<R, String>, partial: bool| {
            let mut state = lock(&shared);
            if state.asked.as_ref() == Some(&key) {
                state.answer = Some(Arc::new(Outcome { key: key.clone(), result, partial }));
            }
            drop(state);
            waker();
        };
        let outcome = thread::caught(|| work(&cancel, &mut |part| put(Ok(part), true)));
        match outcome {
            Ok(Some(result)) => put(Ok(result), false),
            Ok(None) => {}
            Err(panic) => put(Err(panic), false),
        }
        let mut state = lock(&shared);
        state.running = None;
        start(&shared, &mut state, &again);
        drop(state);
        waker();
    }));
    if !submitted {
        state.running = None;
        state.asked = None;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;

    fn workers(capacity: usize) -> (Workers, std::sync::mpsc::Receiver<()>) {
        let (woken, wakes) = sync_channel(capacity);
        let ring = Arc::new(move || {
            woken.try_send(()).ok();
        });
        (Workers::new(ring).unwrap(), wakes)
    }

    #[test]
    fn the_newest_question_wins() {
        let (workers, wakes) = workers(1_000);
        let latest = Latest::<u32, u32>::default();
        for key in 0..100 {
            latest.ask(&workers, &key, move |cancel, _| (!cancel.is_cancelled()).then_some(key * 2));
        }
        while latest.is_busy() {
            wakes.recv().unwrap();
        }
        assert_eq!(latest.answer_to(&99).unwrap().result, Ok(198));
        assert!(latest.answer_to(&98).is_none());
    }

    #[test]
    fn a_panic_becomes_a_message_and_the_next_question_is_answered() {
        let (workers, wakes) = workers(1_000);
        let latest = Latest::<u32, u32>::default();
        latest.ask(&workers, &1, |_, _| panic!("broken"));
        while latest.is_busy() {
            wakes.recv().unwrap();
        }
        assert_eq!(latest.answer().unwrap().result, Err("broken".to_owned()));
        latest.ask(&workers, &2, |_, part| {
            part(1);
            Some(2)
        });
        while latest.is_busy() {
            wakes.recv().unwrap();
        }
        let answer = latest.answer().unwrap();
        assert_eq!((&answer.result, answer.partial), (&Ok(2), false));
    }

    #[test]
    fn a_cancelled_question_has_no_answer_and_may_be_asked_again() {
        let (workers, wakes) = workers(1_000);
        let latest = Latest::<u32, u32>::default();
        latest.ask(&workers, &1, |_, _| Some(10));
        while latest.is_busy() {
            wakes.recv().unwrap();
        }
        let (open, gate) = sync_channel::<()>(1);
        latest.ask(&workers, &2, move |cancel, _| {
            gate.recv().unwrap();
            (!cancel.is_cancelled()).then_some(20)
        });
        latest.cancel();
        open.send(()).unwrap();
        while latest.is_busy() {
            wakes.recv().unwrap();
        }
        assert_eq!(latest.answer().unwrap().key, 1, "the one before stays");
        latest.ask(&workers, &2, |_, _| Some(21));
        while latest.is_busy() {
            wakes.recv().unwrap();
        }
        assert_eq!(latest.answer_to(&2).unwrap().result, Ok(21));
    }
}
