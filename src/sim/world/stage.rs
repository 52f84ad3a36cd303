//! What all worlds of one saga share, made once: who handles what, and the checks and read models before the first
//! event. A matrix runs hundreds of worlds on one stage. Nothing here changes.

use std::sync::Arc;

use super::report::WorldError;
use crate::domain::Domain;
use crate::runtime::monitor::{Cadence, Monitor};
use crate::runtime::projection::ReadModels;
use crate::runtime::{Wiring, WiringError};

/// The stage of a saga. Clones share it.
#[derive(Clone, Debug)]
pub struct Stage {
    pub(super) wiring: Arc<Wiring>,
    fresh: Arc<Fresh>,
}

#[derive(Debug)]
struct Fresh {
    monitor: Monitor,
    models: ReadModels,
}

impl Stage {
    /// The stage for the saga of this name.
    pub fn new(domain: Arc<Domain>, saga: &str) -> Result<Self, WorldError> {
        let name = Arc::clone(&domain.name);
        let wiring = Wiring::new(domain, saga).map_err(|error| match error {
            WiringError::NoSaga(saga) => {
                WorldError::NoSaga { domain: name.to_string(), saga, known: String::new() }
            }
            other => WorldError::Saga { saga: saga.to_owned(), reason: other.to_string() },
        })?;
        let fresh = Fresh {
            monitor: Monitor::new(wiring.domain(), Cadence::default()),
            models: ReadModels::new(wiring.domain()),
        };
        Ok(Self { wiring: Arc::new(wiring), fresh: Arc::new(fresh) })
    }

    /// Name of the saga.
    pub fn saga(&self) -> &str {
        &self.wiring.saga().name
    }

    pub(super) fn monitor(&self) -> Monitor {
        self.fresh.monitor.clone()
    }

    pub(super) fn models(&self) -> ReadModels {
        self.fresh.models.clone()
    }
}
