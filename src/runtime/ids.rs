//! Names as small numbers: sagas, steps, parties, keys and event ids. What is compared a million times a second is
//! a number; what people read is printed from it. No names of domains here: those are [`super::Wiring`]'s.

use crate::domain::Direction;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::base::entropy::{Draws, Purpose, mix};

/// Which saga of a run, counted from 1; 0 means none. Printed, it is the saga's id and its correlation id: `s1`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SagaNo(pub u32);

impl SagaNo {
    /// Belongs to no saga.
    pub const NONE: Self = Self(0);

    /// Its number, unless it is none.
    pub fn get(self) -> Option<u32> {
        (self.0 > 0).then_some(self.0)
    }

    /// Where it lies in a list of all sagas.
    pub fn index(self) -> usize {
        self.0.saturating_sub(1) as usize
    }

    /// Reads `s1`.
    pub fn parse(text: &str) -> Option<Self> {
        text.strip_prefix('s')?.parse().ok().filter(|number| *number > 0).map(Self)
    }
}

impl fmt::Display for SagaNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s{}", self.0)
    }
}

/// Which step of the saga's definition, counted from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepNo(pub u8);

impl StepNo {
    /// Where it lies in the list of steps.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// The idempotency key of a command: `s1/process-payment/do`. The attempt is no part of it, so that a retry and
/// a redrive are known to be the same request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Whose.
    pub saga: SagaNo,
    /// Which step.
    pub step: StepNo,
    /// Doing or undoing.
    pub direction: Direction,
}

/// Who sends and who receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Party(pub u8);

impl Party {
    /// Whoever starts sagas, outside of the system.
    pub const CLIENT: Self = Self(u8::MAX);
    /// The saga orchestrator.
    pub const ORCHESTRATOR: Self = Self(0);

    /// The service at this place of the domain's list.
    pub fn service(index: usize) -> Self {
        Self(index as u8 + 1)
    }

    /// The service's place in the domain's list.
    pub fn service_index(self) -> Option<usize> {
        (self != Self::CLIENT && self != Self::ORCHESTRATOR).then(|| usize::from(self.0) - 1)
    }
}

/// Names an event for ever: a hash of the run's seed, the stream and the version, spelled as a UUID (version 8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(pub u128);

impl EventId {
    /// The id of the event with this version in this stream.
    pub fn of(seed: u64, stream: &str, version: u32) -> Self {
        Self::drawn(Draws::of(seed, Purpose::Identity, stream), version)
    }

    /// The same, from the draws of seed and stream.
    pub fn drawn(stream: Draws, version: u32) -> Self {
        let high = stream.draw(u64::from(version));
        let low = mix(high, Purpose::Identity, "", u64::from(version));
        let bits = u128::from(high) << 64 | u128::from(low);
        Self(uuid::Builder::from_custom_bytes(bits.to_be_bytes()).into_uuid().as_u128())
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&uuid::Uuid::from_u128(self.0), f)
    }
}

impl FromStr for EventId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        uuid::Uuid::from_str(text).map(|id| Self(id.as_u128()))
    }
}

impl Serialize for EventId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EventId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Place of an event in the journal, counted from 1; 0 means none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(pub u32);

/// A stream of a journal, by the number the journal gave it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamNo(pub u32);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_id_depends_on_seed_stream_and_version_and_is_read_back() {
        let id = EventId::of(7, "saga-s1", 1);
        assert_eq!(id, EventId::of(7, "saga-s1", 1));
        for other in
            [EventId::of(8, "saga-s1", 1), EventId::of(7, "saga-s2", 1), EventId::of(7, "saga-s1", 2)]
        {
            assert_ne!(id, other);
        }
        assert_eq!(id.to_string().parse::<EventId>().unwrap(), id);
        assert_eq!(serde_json::to_value(id).unwrap(), id.to_string());
    }

    #[test]
    fn a_saga_is_called_by_its_number() {
        assert_eq!(SagaNo(12).to_string(), "s12");
        assert_eq!(SagaNo::parse("s12"), Some(SagaNo(12)));
        assert_eq!(SagaNo::parse("s0"), None);
        assert_eq!(SagaNo::parse("12"), None);
    }
}
