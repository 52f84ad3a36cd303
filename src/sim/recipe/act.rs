//! What a person does to a run, as recipes spell it: which act, and at which moment. Carrying it out is the matter of
//! the world.
//!
//! A message under way has a number in its world, but a recipe is for people: there it is the leg of its step, and of
//! several on one leg the first, second … in the order in which they were sent.

use std::fmt;

use super::{Fault, Target};
use crate::base::ticks::Ticks;
use crate::sim::faults::Protection;

/// What a person does to a world. `M` names a message under way: in a recipe by its place, in a world by its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act<M = UnderWay> {
    /// A message under way disappears.
    Lose(M),
    /// It arrives so much later.
    Delay(M, Ticks),
    /// A second copy arrives.
    Duplicate(M),
    /// Its body breaks.
    Poison(M),
    /// A service takes no deliveries any more.
    Stop(String),
    /// It does again.
    Start(String),
    /// A dead letter is sent again.
    Redrive(u32),
    /// A dead letter is put away.
    Discard(u32),
    /// From here on this can go wrong as well.
    Arm(Fault),
    /// From here on this does not go wrong any more.
    Disarm(Fault),
    /// From here on a protection is there, or is missing.
    Protect(Protection, bool),
}

impl<M> Act<M> {
    /// As recipes spell it.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Lose(_) => "lose",
            Self::Delay(..) => "delay",
            Self::Duplicate(_) => "duplicate",
            Self::Poison(_) => "poison",
            Self::Stop(_) => "stop",
            Self::Start(_) => "start",
            Self::Redrive(_) => "redrive",
            Self::Discard(_) => "discard",
            Self::Arm(_) => "arm",
            Self::Disarm(_) => "disarm",
            Self::Protect(_, true) => "with",
            Self::Protect(_, false) => "without",
        }
    }

    /// The message that it is done to, if it is one.
    pub fn message(&self) -> Option<&M> {
        match self {
            Self::Lose(message)
            | Self::Delay(message, _)
            | Self::Duplicate(message)
            | Self::Poison(message) => Some(message),
            _ => None,
        }
    }

    /// The same act with the message named otherwise. `None`: there is no such message.
    pub fn naming<N>(&self, name: impl FnOnce(&M) -> Option<N>) -> Option<Act<N>> {
        Some(match self {
            Self::Lose(message) => Act::Lose(name(message)?),
            Self::Delay(message, length) => Act::Delay(name(message)?, *length),
            Self::Duplicate(message) => Act::Duplicate(name(message)?),
            Self::Poison(message) => Act::Poison(name(message)?),
            Self::Stop(service) => Act::Stop(service.clone()),
            Self::Start(service) => Act::Start(service.clone()),
            Self::Redrive(letter) => Act::Redrive(*letter),
            Self::Discard(letter) => Act::Discard(*letter),
            Self::Arm(fault) => Act::Arm(fault.clone()),
            Self::Disarm(fault) => Act::Disarm(fault.clone()),
            Self::Protect(protection, on) => Act::Protect(*protection, *on),
        })
    }

    /// In words; `label` says what is under way.
    pub fn sentence(&self, label: impl Fn(&M) -> String) -> String {
        match self {
            Self::Lose(id) => format!("the message {} is lost", label(id)),
            Self::Delay(id, length) => format!("the message {} comes {length} later", label(id)),
            Self::Duplicate(id) => format!("the message {} comes twice", label(id)),
            Self::Poison(id) => format!("the message {} is broken", label(id)),
            Self::Stop(name) => format!("{name} is stopped"),
            Self::Start(name) => format!("{name} is started"),
            Self::Redrive(id) => format!("dead letter {id} is sent again"),
            Self::Discard(id) => format!("dead letter {id} is put away"),
            Self::Arm(fault) => format!("from here on: {fault}"),
            Self::Disarm(fault) => format!("no longer: {fault}"),
            Self::Protect(protection, on) => {
                let word = if *on { "with" } else { "without" };
                format!("from here on {word} {}", protection.info().title.to_lowercase())
            }
        }
    }
}

impl Act {
    /// Where there is one saga only, it is not named.
    pub(super) fn of_the_only_saga(&mut self) {
        match self {
            Self::Lose(message)
            | Self::Delay(message, _)
            | Self::Duplicate(message)
            | Self::Poison(message) => {
                message.target.saga = None;
            }
            Self::Arm(fault) | Self::Disarm(fault) => fault.target.saga = None,
            _ => {}
        }
    }
}

/// A message under way: the `number`th, counted from 1, of those on this leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnderWay {
    /// The leg of a step or the start, and of which saga.
    pub target: Target,
    /// Which of them.
    pub number: u32,
}

impl fmt::Display for UnderWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.target.fmt(f)?;
        if self.number > 1 { write!(f, "@{}", self.number) } else { Ok(()) }
    }
}

/// An act and its moment: how many steps and acts come before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The moment.
    pub moment: u64,
    /// What is done.
    pub act: Act,
}

impl fmt::Display for Planned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:", self.moment, self.act.word())?;
        match &self.act {
            Act::Lose(message) | Act::Duplicate(message) | Act::Poison(message) => message.fmt(f),
            Act::Delay(message, length) => write!(f, "{message}={length}"),
            Act::Stop(service) | Act::Start(service) => f.write_str(service),
            Act::Redrive(letter) | Act::Discard(letter) => letter.fmt(f),
            Act::Arm(fault) | Act::Disarm(fault) => fault.fmt(f),
            Act::Protect(protection, _) => f.write_str(protection.name()),
        }
    }
}
