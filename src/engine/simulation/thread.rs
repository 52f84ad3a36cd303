//! The thread of a simulation: one run at a time, and the futures of it that were kept. A newer start replaces
//! what runs; controls of a run that was replaced are dropped.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::frame::SimFrame;
use super::recording::Recording;
use super::{Ask, Pursuit, SimControl, SimRequest, SimStart, Until};
use crate::base::cancel::CancelToken;
use crate::base::clock::Stopwatch;
use crate::base::thread;
use crate::engine::{DocumentId, EngineEvent, LoadFailure, LoadProgress, Redrive, Waker};
use crate::sim::{History, World, WorldStep};

/// Controls that can wait: a person gives a few a second, a held key some dozens.
const CONTROLS_MAX: usize = 256;

/// Steps between two looks at whether somebody wants it to stop.
const STEPS_AT_A_TIME: u32 = 256;

/// Milliseconds between two frames while it runs.
const FRAME_EVERY_MS: u128 = 60;

/// The way to the thread. Dropping it ends the thread.
pub(in crate::engine) struct SimThread {
    asks: SyncSender<Ask>,
}

impl SimThread {
    /// Starts it.
    pub(in crate::engine) fn start(outbox: SyncSender<EngineEvent>, waker: Waker) -> std::io::Result<Self> {
        let (asks, inbox) = sync_channel(CONTROLS_MAX);
        thread::spawn("engine-sim", move || serve(&inbox, &outbox, &waker))?;
        Ok(Self { asks })
    }

    /// Hands something over; false when the thread is gone or does not keep up.
    pub(in crate::engine) fn ask(&self, ask: Ask) -> bool {
        self.asks.try_send(ask).is_ok()
    }
}

/// Where frames and snapshots go.
struct Teller<'a> {
    outbox: &'a SyncSender<EngineEvent>,
    waker: &'a Waker,
}

impl Teller<'_> {
    fn tell(&self, event: EngineEvent) -> bool {
        let sent = self.outbox.send(event).is_ok();
        (self.waker)();
        sent
    }

    /// There is no run, for this reason.
    fn fail(&self, document: DocumentId, problem: String) {
        self.tell(EngineEvent::Failed { document, failure: LoadFailure { path: PathBuf::new(), problem } });
        self.tell(EngineEvent::Loaded { document, cancelled: false });
    }
}

fn serve(inbox: &Receiver<Ask>, outbox: &SyncSender<EngineEvent>, waker: &Waker) {
    let teller = Teller { outbox, waker };
    let mut open: Option<Run> = None;
    let mut next: Option<Ask> = None;
    while let Some(ask) = next.take().or_else(|| inbox.recv().ok()) {
        let document = match &ask {
            Ask::Start { document, .. } | Ask::Control { document, .. } => *document,
        };
        match thread::caught(|| answer(ask, &mut open, inbox, &teller)) {
            Ok(interrupted_by) => next = interrupted_by,
            Err(message) => {
                open = None;
                let problem = format!("The simulation stopped because of a defect in Sagascope: {message}");
                teller.fail(document, problem);
            }
        }
    }
}

/// Does what was asked. Gives what was asked meanwhile, if it ended that.
fn answer(ask: Ask, open: &mut Option<Run>, inbox: &Receiver<Ask>, teller: &Teller<'_>) -> Option<Ask> {
    match ask {
        Ask::Start { document, request, cancel } => {
            *open = None;
            match Run::begin(document, *request, cancel) {
                Ok(run) => {
                    let run = open.insert(run);
                    run.show_start();
                    run.tell(teller);
                    teller.tell(EngineEvent::Loaded { document, cancelled: false });
                }
                Err(problem) => teller.fail(document, problem),
            }
            None
        }
        Ask::Control { document, control } => {
            let run = open.as_mut().filter(|run| run.document == document)?;
            let interrupted_by = run.obey(control, inbox, teller);
            run.tell(teller);
            interrupted_by
        }
    }
}

/// The run that is open.
struct Run {
    document: DocumentId,
    request: SimRequest,
    cancel: CancelToken,
    history: History,
    recording: Recording,
    /// The steps as the window has them, shared until there are more.
    steps: Arc<Vec<WorldStep>>,
    /// The recording was begun anew: the window must forget what it knows of the old one.
    replaced: bool,
    running: bool,
    refused: Option<String>,
    /// Where running stopped and why, until it is told.
    said: Option<String>,
}

impl Run {
    fn begin(document: DocumentId, mut request: SimRequest, cancel: CancelToken) -> Result<Self, String> {
        request.recipe = request.recipe.check(&request.domain).map_err(|errors| errors.to_string())?;
        // Watched, so that the log says which check broke and when: its sagas are judged by it.
        let world = World::new(Arc::clone(&request.domain), &request.recipe)
            .map_err(|error| error.to_string())?
            .watched();
        let recording = Recording::new(&request.recipe.to_string());
        Ok(Self {
            document,
            request,
            cancel,
            history: History::new(world),
            recording,
            steps: Arc::default(),
            replaced: false,
            running: false,
            refused: None,
            said: None,
        })
    }

    fn show_start(&mut self) {
        match self.request.start {
            SimStart::Beginning => {}
            SimStart::AtEnd => self.run_to_end(),
            SimStart::AtFault => {
                self.run_to_end();
                self.go_to_fault();
            }
        }
    }

    fn run_to_end(&mut self) {
        let cancel = self.cancel.clone();
        let mut steps = 0_u32;
        while self.history.step().is_some() {
            steps = steps.wrapping_add(1);
            if steps.is_multiple_of(STEPS_AT_A_TIME) && cancel.is_cancelled() {
                return;
            }
        }
    }

    fn go_to_fault(&mut self) {
        let first = self.history.world().faults().iter().filter_map(|fault| fault.first_hit).min();
        if let Some(position) = first {
            self.go_to_position(position);
        }
    }

    /// To the moment in which the event at this position of the world's log, from 1, was recorded.
    fn go_to_position(&mut self, position: u64) {
        let moment = self.history.steps().partition_point(|step| step.events.0 <= position);
        self.history.go_to(moment as u64);
    }

    fn obey(&mut self, control: SimControl, inbox: &Receiver<Ask>, teller: &Teller<'_>) -> Option<Ask> {
        self.refused = None;
        match control {
            SimControl::Step(by) => {
                self.history.go_to(self.history.moment().saturating_add_signed(by));
            }
            SimControl::Run(until) => return self.run(&until, inbox, teller),
            // What ran has been interrupted by this already.
            SimControl::Pause => {}
            SimControl::GoTo(moment) => {
                self.history.go_to(moment.min(self.history.newest()));
            }
            SimControl::ToEvent(at) => self.go_to_position(at + 1),
            SimControl::ToFault => self.go_to_fault(),
            SimControl::Redrive(redrive) => self.redrive(&redrive),
            SimControl::Act(act) => {
                self.refused =
                    self.in_branches(|history| history.act(&act)).err().map(|error| error.to_string());
            }
            SimControl::Undo => {
                self.in_branches(History::take_back);
            }
            SimControl::Branch => self.in_branches(History::branch_off),
            SimControl::Future(index) => {
                self.in_branches(|history| history.switch(index));
            }
        }
        None
    }

    /// Goes on until `until`, telling on the way. Anything else that is asked for ends it, and is given back.
    fn run(&mut self, until: &Until, inbox: &Receiver<Ask>, teller: &Teller<'_>) -> Option<Ask> {
        let mut pursuit = Pursuit::of(until.clone(), &self.history);
        let (mut told, mut next) = (Stopwatch::start(), FRAME_EVERY_MS);
        self.running = true;
        let interrupted_by = loop {
            if let Some(reached) = pursuit.advance(&mut self.history) {
                self.said = reached.sentence(until);
                break None;
            }
            if self.cancel.is_cancelled() {
                break None;
            }
            if let Ok(ask) = inbox.try_recv() {
                break Some(ask);
            }
            if told.elapsed().as_millis() >= next {
                told = Stopwatch::start();
                self.tell(teller);
                // A frame of a large run takes its time: running has most of it.
                next = FRAME_EVERY_MS.max(told.elapsed().as_millis() * 5);
                told = Stopwatch::start();
            }
        };
        self.running = false;
        interrupted_by
    }

    /// Does something that may lead to another future, whose log is another one.
    fn in_branches<T>(&mut self, change: impl FnOnce(&mut History) -> T) -> T {
        let before = self.history.branch();
        let done = change(&mut self.history);
        if self.history.branch() != before {
            self.record_anew();
        }
        done
    }

    fn redrive(&mut self, redrive: &Redrive) {
        let cancel = self.cancel.clone();
        // Cancelled half-way, what was sent is sent: the frame shows it.
        self.in_branches(|history| redrive.carry_out(history, &cancel));
    }

    fn record_anew(&mut self) {
        self.recording = Recording::new(&self.request.recipe.to_string());
        self.steps = Arc::default();
        self.replaced = true;
    }

    /// Tells the newest snapshot and frame.
    fn tell(&mut self, teller: &Teller<'_>) {
        let document = self.document;
        let history = &self.history;
        // What lies after the moment that is shown is dimmed, not gone: the log reaches to the newest moment.
        let fresh = if history.moment() == history.newest() {
            history.world().events_from(self.recording.len() + 1)
        } else if self.recording.len() == 0 {
            let mut ahead = history.clone();
            ahead.go_to(history.newest());
            ahead.world().events()
        } else {
            Vec::new()
        };
        let grew = !fresh.is_empty() || self.recording.len() == 0;
        self.recording.extend(fresh);
        if self.steps.len() != history.steps().len() {
            self.steps = Arc::new(history.steps().to_vec());
        }
        let mut frame = SimFrame::of(&self.request.domain, history, Arc::clone(&self.steps));
        frame.running = self.running;
        frame.said = self.said.take();
        frame.refused = self.history.take_refused().or_else(|| self.refused.clone());
        if grew {
            let progress = LoadProgress {
                events: self.recording.len(),
                read: self.recording.len(),
                finished: true,
                ..LoadProgress::default()
            };
            let open = Box::new(self.recording.publish());
            let replaced = std::mem::take(&mut self.replaced);
            if replaced {
                teller.tell(EngineEvent::Replaced { document });
            }
            teller.tell(EngineEvent::Published { document, open, progress });
        }
        teller.tell(EngineEvent::Simulated { document, frame: Box::new(frame) });
    }
}
