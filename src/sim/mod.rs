//! Worlds that are made up, each a function of its seed: nothing here reads a file, a clock or a thread.
//! [`generate`] is the shop whose log is the test and bench material.
//!
//! [`recipe`] is one line of text that says what a simulation does, [`faults`] what can go wrong in it and
//! [`possible`] where, and [`world`] carries it out; [`history`] steps back in it and keeps every future. [`matrix`]
//! tries every fault at every message, [`sweep`] what a seed draws; [`shrink`] makes a recipe that fails as short as
//! it can be, [`scenario`] tells it as a story and [`expect`] keeps it as a test.
//! [`letters`] finds the dead letters of any log, and [`rules`] are what holds for every one.

pub mod expect;
pub mod faults;
pub mod generate;
pub mod history;
pub mod letters;
pub mod matrix;
pub mod outcome;
pub mod possible;
pub mod recipe;
pub mod rules;
pub mod scenario;
pub mod shrink;
pub mod sweep;
pub mod world;

pub use history::History;
pub use recipe::{Fault, Place, Recipe, Target};
pub use world::*;

#[cfg(test)]
mod testing;
