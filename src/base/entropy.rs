//! Chance as a function: every draw names what it is for, so that no generator is shared and a new draw
//! somewhere changes nothing elsewhere. Integers only; fixed for ever, for recipes depend on its exact output.
//!
//! The words are absorbed one after the other by the finalizer of SplitMix64 (Steele, Lea, Flood 2014).

/// What a draw is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// How long a message or a handler takes.
    Latency = 1,
    /// Spread of a backoff.
    Jitter = 2,
    /// When a saga starts.
    Arrival = 3,
    /// Contents of what is ordered, booked, transferred.
    Data = 4,
    /// How much later the copy of a message arrives.
    DuplicateDelay = 5,
    /// Faults of a random run.
    Swarm = 6,
    /// Identifiers.
    Identity = 7,
}

/// 64 bits that depend on all four arguments and on nothing else. `entity` is a stable name
/// (`1/process-payment/do/command`); `n` counts attempts or draws.
pub fn mix(seed: u64, purpose: Purpose, entity: &str, n: u64) -> u64 {
    Draws::of(seed, purpose, entity).draw(n)
}

/// All draws of one entity, for whoever draws more than once: `Draws::of(seed, purpose, entity).draw(n)` is
/// `mix(seed, purpose, entity, n)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draws(u64);

impl Draws {
    /// What the first three arguments of [`mix`] come to.
    pub fn of(seed: u64, purpose: Purpose, entity: &str) -> Self {
        let mut state = absorb(0x5361_6761_7363_6F70, seed);
        state = absorb(state, purpose as u64);
        state = absorb(state, entity.len() as u64);
        let mut words = entity.as_bytes().chunks_exact(8);
        for word in &mut words {
            state = absorb(state, u64::from_le_bytes(word.try_into().expect("chunks of 8 bytes")));
        }
        let rest = words.remainder();
        if !rest.is_empty() {
            let mut word = [0; 8];
            word[..rest.len()].copy_from_slice(rest);
            state = absorb(state, u64::from_le_bytes(word));
        }
        Self(state)
    }

    /// The draw of this number.
    pub fn draw(self, n: u64) -> u64 {
        absorb(self.0, n)
    }

    /// A hash of the entity: its draws without a number.
    pub fn hash(self) -> u64 {
        self.0
    }
}

/// `random` as a number in `low..=high`, by multiply and shift. `low` must not be above `high`.
pub fn between(random: u64, low: u64, high: u64) -> u64 {
    debug_assert!(low <= high, "an empty range");
    let count = u128::from(high - low) + 1;
    low + ((u128::from(random) * count) >> 64) as u64
}

/// `word` as a hash: neighbours end up far from each other.
pub fn scattered(word: u64) -> u64 {
    absorb(0, word)
}

fn absorb(state: u64, word: u64) -> u64 {
    let mut z = (state ^ word).wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_argument_matters() {
        let base = mix(7, Purpose::Latency, "1/process-payment/do/command", 1);
        assert_eq!(base, mix(7, Purpose::Latency, "1/process-payment/do/command", 1));
        for other in [
            mix(8, Purpose::Latency, "1/process-payment/do/command", 1),
            mix(7, Purpose::Jitter, "1/process-payment/do/command", 1),
            mix(7, Purpose::Latency, "1/process-payment/do/reply", 1),
            mix(7, Purpose::Latency, "1/process-payment/do/command", 2),
            mix(7, Purpose::Latency, "1/process-payment/do/command\0", 1),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn outputs_are_fixed_for_ever() {
        let drawn = |entity| mix(7, Purpose::Latency, entity, 1);
        assert_eq!(
            ["", "1234567", "12345678", "123456789"].map(drawn),
            [0x092F_BE32_61DE_D114, 0xE220_F345_DA61_AE77, 0x2332_7FC4_B2F8_CCC2, 0x9E42_A4D1_B56B_94FD]
        );
    }

    #[test]
    fn ranges_are_inclusive_and_reach_both_ends() {
        assert_eq!(between(0, 3, 5), 3);
        assert_eq!(between(u64::MAX, 3, 5), 5);
        assert_eq!(between(u64::MAX, 0, u64::MAX), u64::MAX);
        assert_eq!(between(12, 9, 9), 9);
        let drawn: std::collections::BTreeSet<u64> =
            (0..100).map(|n| between(mix(1, Purpose::Data, "x", n), 0, 4)).collect();
        assert_eq!(drawn.len(), 5);
    }
}
