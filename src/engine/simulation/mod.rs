//! A simulation as an open log: a thread that owns the run, records what happens into an ordinary
//! [`super::OpenLog`], and tells the window what the world looks like. What a run is, the simulator knows; here is
//! only who calls it, and when.

mod frame;
mod recording;
mod thread;
mod until;

pub use frame::{Forecast, SimFrame};
pub(super) use thread::SimThread;
pub use until::{Began, Condition, Match, Pursuit, Reached, Until};

use std::sync::Arc;

use crate::base::cancel::CancelToken;
use crate::domain::Domain;
use crate::sim::{Act, Recipe};

/// What a person asks of a simulation that is open.
#[derive(Clone, Debug, PartialEq)]
pub enum SimControl {
    /// So many steps forward, or back where negative.
    Step(i64),
    /// On until the condition holds, or the run is quiet.
    Run(Until),
    /// Stop running.
    Pause,
    /// To the moment after so many steps.
    GoTo(u64),
    /// To the moment in which the event of this position in the log (from 0) was recorded.
    ToEvent(u64),
    /// To the first moment in which a fault struck.
    ToFault,
    /// Do something to the world that is shown; in the past this begins another future, and the one that was stays.
    Act(Act),
    /// Send dead letters again and go on until nothing is under way; in the past this begins another
    /// future.
    Redrive(crate::engine::Redrive),
    /// Take back the last thing that a person did, with the future that it ended.
    Undo,
    /// Keep the future that is there, and go on in another one from here.
    Branch,
    /// Show another of the futures that were kept.
    Future(usize),
}

/// A run to begin.
#[derive(Clone, Debug)]
pub struct SimRequest {
    /// The domain.
    pub domain: Arc<Domain>,
    /// What happens.
    pub recipe: Recipe,
    /// Where to stop at first: at the beginning, or where the fault strikes, or at the end.
    pub start: SimStart,
}

/// Where a run is shown first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SimStart {
    /// Nothing has happened yet.
    #[default]
    Beginning,
    /// The run is there to its end, and shown at the moment of the first fault.
    AtFault,
    /// The run is there to its end.
    AtEnd,
}

/// A message to the thread.
pub(super) enum Ask {
    Start { document: super::DocumentId, request: Box<SimRequest>, cancel: CancelToken },
    Control { document: super::DocumentId, control: SimControl },
}
