//! Drives the targets by what the code does with their bytes: `cargo +nightly fuzz run --fuzz-dir tests/fuzz parsers`.
//! The first byte picks a target; `SAGASCOPE_FUZZ_TARGET=query` takes one alone, and all bytes for it.
#![no_main]

#[expect(dead_code, reason = "the fuzzer is given its seeds as files")]
mod targets;

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

use self::targets::TARGETS;

/// The number of the target that was asked for.
fn asked() -> Option<usize> {
    static ASKED: OnceLock<Option<usize>> = OnceLock::new();
    *ASKED.get_or_init(|| {
        let name = std::env::var("SAGASCOPE_FUZZ_TARGET").ok()?;
        let found = TARGETS.iter().position(|target| target.name == name);
        Some(found.unwrap_or_else(|| panic!("there is no target {name}")))
    })
}

fuzz_target!(|bytes: &[u8]| {
    match (asked(), bytes.split_first()) {
        (Some(target), _) => (TARGETS[target].run)(bytes),
        (None, Some((first, rest))) => (TARGETS[usize::from(*first) % TARGETS.len()].run)(rest),
        (None, None) => {}
    }
});
