//! Retries: how often, and how long between. The primer: a failure that may pass is tried again, but never at once
//! and never for ever; each wait is longer than the one before (*exponential backoff*), and no two clients wait
//! equally long (*jitter*), or all of them come back in the same moment. Without a limit a broken step is tried
//! until the end of days; without retries one hiccup undoes everything.

use std::fmt::Write as _;

use super::{Key, Protections};
use crate::base::entropy::{Purpose, between, mix};
use crate::base::ticks::Ticks;
use crate::domain::RetryPolicy;

/// Attempts in all.
pub fn attempts(policy: &RetryPolicy, protections: &Protections) -> u32 {
    if protections.retries { policy.attempts.max(1) } else { 1 }
}

/// The wait after attempt number `failed`, spread by `random`.
pub fn wait(policy: &RetryPolicy, failed: u32, random: u64) -> Ticks {
    let base = policy.wait_after(failed).0;
    let spread = (u128::from(base) * u128::from(policy.jitter_permille) / 1000).min(u128::from(base)) as u64;
    let drawn = between(random, 0, spread.saturating_mul(2));
    Ticks((base - spread).saturating_add(drawn).max(1))
}

/// The wait of this request after this attempt: a function of the seed and of its name.
pub fn wait_of(policy: &RetryPolicy, seed: u64, step: &str, key: Key, failed: u32) -> Ticks {
    let mut entity = String::with_capacity(40);
    write!(entity, "{}/{step}/{}", key.saga.0, key.direction.word())
        .expect("writing into a string cannot fail");
    wait(policy, failed, mix(seed, Purpose::Jitter, &entity, u64::from(failed)))
}

/// The longest that a step can take until its last deadline: attempts times timeout, and the longest waits.
pub fn budget(policy: &RetryPolicy, protections: &Protections, timeout: Ticks) -> Ticks {
    let attempts = attempts(policy, protections);
    (1..attempts)
        .fold(timeout.times(u64::from(attempts)), |sum, failed| sum.after(policy.longest_wait_after(failed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: RetryPolicy = RetryPolicy {
        attempts: 5,
        exponential: true,
        initial: Ticks::from_millis(100),
        cap: Ticks::from_millis(500),
        jitter_permille: 200,
    };

    #[test]
    fn waits_double_up_to_the_cap_and_are_spread_to_both_sides() {
        for (failed, low, middle, high) in [
            (1, 80, 100, 120),
            (2, 160, 200, 240),
            (3, 320, 400, 480),
            (4, 400, 500, 600),
            (99, 400, 500, 600),
        ] {
            assert_eq!(POLICY.wait_after(failed), Ticks::from_millis(middle));
            assert_eq!(wait(&POLICY, failed, 0), Ticks::from_millis(low));
            assert_eq!(wait(&POLICY, failed, u64::MAX), Ticks::from_millis(high));
        }
        let fixed = RetryPolicy { exponential: false, jitter_permille: 0, ..POLICY };
        assert_eq!(wait(&fixed, 7, u64::MAX), Ticks::from_millis(100));
        let none = RetryPolicy { initial: Ticks(0), jitter_permille: 0, ..POLICY };
        assert_eq!(wait(&none, 1, 0), Ticks(1), "never immediate");
    }

    #[test]
    fn no_run_of_attempts_outlasts_the_budget() {
        let timeout = Ticks::from_millis(2_000);
        let longest = (1..POLICY.attempts)
            .fold(timeout.times(5), |sum, failed| sum.after(wait(&POLICY, failed, u64::MAX)));
        assert!(budget(&POLICY, &Protections::default(), timeout) >= longest);
        let once = Protections { retries: false, ..Protections::default() };
        assert_eq!(budget(&POLICY, &once, timeout), timeout);
    }
}
