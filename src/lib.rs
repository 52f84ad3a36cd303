#![doc = include_str!("ARCHITECTURE.md")]

pub mod base;
pub mod cli;
pub mod domain;
pub mod engine;
pub mod index;
pub mod model;
pub mod query;
pub mod replay;
pub mod runtime;
pub mod saga;
pub mod sim;
pub mod store;
#[cfg(feature = "gui")]
pub mod ui;
