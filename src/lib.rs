#![doc = include_str!("ARCHITECTURE.md")]

pub mod base;
pub mod engine;
pub mod index;
pub mod model;
pub mod query;
pub mod store;
