//! Sagascope.
fn main() {}
