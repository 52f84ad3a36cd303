//! Sagas a second on one core, and the time of a single-fault matrix. Prints numbers and asserts nothing about time:
//! `cargo bench -p sagascope --no-default-features --bench sim`.
#![expect(clippy::print_stdout, reason = "a bench prints its numbers")]

use std::sync::Arc;

use sagascope::base::clock::{Clock, SystemClock};
use sagascope::domain::BuiltIn;
use sagascope::sim::faults::{FAULTS, Leg};
use sagascope::sim::recipe::{Fault, Recipe};
use sagascope::sim::world::{Outcome, World};

fn main() {
    for (domain, saga, sagas) in [
        ("shop", "fulfilment", 10_000_u32),
        ("travel", "trip", 10_000),
        ("shop", "fulfilment_choreographed", 10_000),
    ] {
        throughput(domain, saga, sagas);
    }
    matrix("shop", "fulfilment");
}
