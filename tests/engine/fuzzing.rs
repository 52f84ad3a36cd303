//! Every target of the fuzzer, over its seeds and over mutations of them that are the same each time.
//! `SAGASCOPE_FUZZ=100000` makes so many for each.

#[path = "../fuzz/targets.rs"]
mod targets;

use sagascope::base::prng::Prng;

use self::targets::{TARGETS, seeds};

/// Mutations of each target.
const MUTATIONS: u64 = 100;
/// Bytes of a seed that are mutated; a whole file of lines says no more.
const SEED_BYTES: usize = 100_000;

/// Numbers that break what counts on small ones, and texts that end something.
const EXTREMES: [&str; 12] = [
    "-1",
    "0",
    "9223372036854775808",
    "1e999",
    "18446744073709551616",
    "null",
    "\"",
    "}",
    "[",
    "\\u0000",
    "\n",
    "..",
];

/// Some bytes changed: flipped, cut, doubled, taken from another seed, replaced by an extreme.
fn mutated(random: &mut Prng, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = random.pick(seeds).clone();
    bytes.truncate(SEED_BYTES);
    for _ in 0..random.between(1, 4) {
        if bytes.is_empty() {
            break;
        }
        let at = random.below(bytes.len() as u64) as usize;
        let len = random.below((bytes.len() - at).min(64) as u64 + 1) as usize;
        match random.below(6) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes.truncate(at),
            2 => drop(bytes.drain(at..at + len)),
            3 => {
                let again = bytes[at..at + len].to_vec();
                bytes.splice(at..at, again);
            }
            4 => {
                let other = random.pick(seeds);
                let from = random.below(other.len().max(1) as u64) as usize;
                let piece: Vec<u8> = other.iter().skip(from).take(len).copied().collect();
                bytes.splice(at..at + len, piece);
            }
            _ => {
                let extreme = random.pick(&EXTREMES).bytes();
                bytes.splice(at..at + len.min(8), extreme);
            }
        }
    }
    bytes
}

#[test]
fn no_bytes_break_a_parser() {
    let mutations = std::env::var("SAGASCOPE_FUZZ").ok().and_then(|text| text.parse().ok());
    let mutations = mutations.unwrap_or(MUTATIONS);
    for target in TARGETS {
        let seeds = seeds(target);
        assert!(!seeds.is_empty(), "{}", target.name);
        for seed in &seeds {
            (target.run)(seed);
        }
        for number in 0..mutations {
            let bytes = mutated(&mut Prng::new(number), &seeds);
            let outcome = std::panic::catch_unwind(|| (target.run)(&bytes));
            assert!(
                outcome.is_ok(),
                "{} number {number}: {:?}",
                target.name,
                String::from_utf8_lossy(&bytes[..bytes.len().min(2_000)])
            );
        }
    }
}
