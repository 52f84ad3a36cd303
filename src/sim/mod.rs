//! Worlds that are made up, each a function of its seed: nothing here reads a file, a clock or a thread.
//! [`generate`] is the shop whose log is the test and bench material; [`recipe`] is one line of text that says what
//! a simulation does, [`faults`] what can go wrong in it.

pub mod faults;
pub mod generate;
pub mod recipe;
