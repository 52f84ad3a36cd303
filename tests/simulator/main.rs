//! The runtime and the simulator through their public interface: the textbook, the stories, the rules that hold for
//! every log.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod against_naive;
mod checks;
mod choreography;
mod contracts;
mod detection;
mod generated;
mod history;
mod naive;
mod realistic;
mod record;
mod rules;
mod stories;
mod support;
mod textbook;
mod weather;
