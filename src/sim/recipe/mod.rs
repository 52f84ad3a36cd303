//! A recipe: one line of text from which a simulation follows to the last byte. Here it is read, printed and
//! checked against a domain; carrying it out is the matter of the world.
//!
//! ```text
//! recipe   = domain "/" saga [ "?" param { "&" param } ]
//! param    = "seed=" uint | "sagas=" uint | "every=" duration | "fault=" fault | "without=" removal
//!          | "act=" moment ":" act | "limit=" uint
//! fault    = target ":" kind [ ":" count ] [ "@" uint ] [ "+" duration ] [ "=" duration ]
//! target   = ( step [ "/" leg ] | "start" | "type/" eventtype | "service/" name | "any" ) [ "#" uint ]
//! leg      = "command" | "reply" | "undo" | "undo-reply" | "timer"
//! count    = uint | "all"
//! moment   = uint
//! act      = ( "lose" | "duplicate" | "poison" ) ":" message | "delay:" message "=" duration
//!          | ( "stop" | "start" ) ":" service | ( "redrive" | "discard" ) ":" letter
//!          | ( "arm" | "disarm" ) ":" fault | ( "with" | "without" ) ":" removal
//! message  = ( step [ "/" leg ] | "start" ) [ "#" uint ] [ "@" uint ]
//! ```
//!
//! An act is what a person does to a run that has begun, after so many steps and acts: `act=7:lose:process-payment/reply`.
//! `@2` is the second message under way on that leg. What is done while a run is watched is added to its recipe, so
//! that the recipe gives the same run again.
//!
//! [`Recipe::parse`] knows the grammar and the names of the registries; [`Recipe::check`] knows a domain as well
//! and gives the canonical form, in which two recipes that mean the same are the same text.

mod act;
mod check;
mod error;
mod parse;
mod print;
mod scan;

#[cfg(test)]
pub(super) mod arbitrary;

use crate::base::ticks::Ticks;

use super::faults::{Count, FaultKind, Leg, Protection};

pub use act::{Act, Planned, UnderWay};
pub use error::{Problem, RecipeError, RecipeErrors};

/// What a simulation is a function of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// Name of the domain.
    pub domain: String,
    /// Name of the saga in it.
    pub saga: String,
    /// What every draw depends on.
    pub seed: u64,
    /// How many sagas run; at least 1.
    pub sagas: u32,
    /// Time between the starts of two sagas. `None`: [`Recipe::EVERY`].
    pub every: Option<Ticks>,
    /// What goes wrong, without repetitions.
    pub faults: Vec<Fault>,
    /// Protections that are off, in the order of their registry, without repetitions.
    pub without: Vec<Protection>,
    /// What a person does to it, in the order of moments; at most one act at each.
    pub acts: Vec<Planned>,
    /// Steps after which the run is stopped. `None`: [`Recipe::STEPS_PER_SAGA`] for each saga.
    pub limit: Option<u64>,
}

impl Recipe {
    /// Time between the starts of two sagas where a recipe gives none.
    pub const EVERY: Ticks = Ticks::from_millis(100);

    /// Steps (messages delivered, timers fired) for each saga where a recipe gives no limit: many times what the
    /// longest saga with every retry needs, so that only a run that goes in circles meets it.
    pub const STEPS_PER_SAGA: u64 = 10_000;

    /// One saga, seed 0, nothing goes wrong.
    pub fn new(domain: impl Into<String>, saga: impl Into<String>) -> Self {
        Self {
            domain: domain.into(),
            saga: saga.into(),
            seed: 0,
            sagas: 1,
            every: None,
            faults: Vec::new(),
            without: Vec::new(),
            acts: Vec::new(),
            limit: None,
        }
    }

    /// Time between the starts of two sagas.
    pub fn arrival(&self) -> Ticks {
        self.every.unwrap_or(Self::EVERY)
    }

    /// Steps after which the run is stopped.
    pub fn steps_max(&self) -> u64 {
        self.limit.unwrap_or(Self::STEPS_PER_SAGA.saturating_mul(u64::from(self.sagas)))
    }

    /// Whether this protection is on.
    pub fn protects(&self, protection: Protection) -> bool {
        !self.without.contains(&protection)
    }

    /// Takes a protection away; twice is once.
    #[must_use]
    pub fn without(mut self, protection: Protection) -> Self {
        if self.protects(protection) {
            self.without.push(protection);
            self.without.sort_unstable();
        }
        self
    }

    /// The same without what people do to it.
    #[must_use]
    pub fn untouched(&self) -> Self {
        Self { acts: Vec::new(), ..self.clone() }
    }

    /// Adds a fault; twice the same is once.
    #[must_use]
    pub fn with(mut self, fault: Fault) -> Self {
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
        self
    }
}

/// What goes wrong, where and how often. Nothing is left open: what the text leaves out has its default here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub target: Target,
    /// What.
    pub kind: FaultKind,
    /// How often, from [`Fault::at`] on, for each saga.
    pub count: Count,
    /// The first occurrence that is struck, counted from 1 for each saga.
    pub at: u32,
    /// When the fault begins; occurrences before are spared. `None`: it is there from the start.
    pub start: Option<Ticks>,
    /// How long it lasts, delays or stays away, as [`super::faults::LengthMeans`] says. `None`: the kind's default.
    pub length: Option<Ticks>,
}

impl Fault {
    /// A fault with the defaults of its kind.
    pub fn new(target: Target, kind: FaultKind) -> Self {
        Self { target, kind, count: kind.info().count, at: 1, start: None, length: None }
    }

    /// A fault at one leg of a step, in every saga.
    pub fn at_step(step: &str, leg: Leg, kind: FaultKind) -> Self {
        Self::new(Target { place: Place::Step { step: step.to_owned(), leg }, saga: None }, kind)
    }

    /// How often, instead of the default.
    #[must_use]
    pub fn times(mut self, count: u32) -> Self {
        self.count = Count::Times(count);
        self
    }

    /// Whether the occurrence of this number, counted from 1, is struck.
    pub fn strikes(&self, occurrence: u32) -> bool {
        occurrence >= self.at
            && match self.count {
                Count::All => true,
                Count::Times(times) => occurrence - self.at < times,
            }
    }
}

/// Which messages a fault strikes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// Where.
    pub place: Place,
    /// Only the saga of this number, counted from 1. `None`: each.
    pub saga: Option<u32>,
}

/// Where a fault strikes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The message that starts a saga.
    Start,
    /// One leg of a step.
    Step {
        /// Name of the step.
        step: String,
        /// Which of its messages.
        leg: Leg,
    },
    /// Messages of a type: `type/payment.completed.v1`.
    Type(String),
    /// What a service handles: `service/payment`.
    Service(String),
    /// Any message.
    Any,
}
