//! Tests of whole domain files: the built-in ones, and wrong ones.

mod built_in;
mod wrong;
