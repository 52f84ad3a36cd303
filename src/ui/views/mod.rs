//! The views of the centre, one file or folder each; [`super::view::VIEWS`] lists them.

pub mod compare;
pub mod dead_letters;
pub mod diagram;
pub mod issues;
pub mod lanes;
pub mod log;
pub mod matrix;
pub mod replay;
pub mod saga;
pub mod sagas;
pub mod simulator;
