//! The views of the centre, one file or folder each; [`super::view::VIEWS`] lists them.

mod actions;
pub mod compare;
pub mod counts;
pub mod dead_letters;
pub mod diagram;
mod gestures;
pub mod issues;
pub mod lanes;
pub mod log;
pub mod matrix;
pub mod read_models;
pub mod replay;
mod ruler;
pub mod saga;
pub mod sagas;
pub mod simulator;
mod span;
pub mod timeline;
