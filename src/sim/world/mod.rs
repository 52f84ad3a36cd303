//! The simulated world.

mod report;

pub use report::*;
