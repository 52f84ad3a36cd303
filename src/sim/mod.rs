//! Worlds that are made up, each a function of its seed: nothing here reads a file, a clock or a thread.
//! So far the shop whose log is the test and bench material. It records nothing itself: callers open files.

pub mod generate;
