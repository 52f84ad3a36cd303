#![doc = include_str!("ARCHITECTURE.md")]

pub mod base;
pub mod model;
pub mod store;
