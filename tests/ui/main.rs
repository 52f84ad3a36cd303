//! Tests of the window, one binary for all of them: everything is found by its accessible name, as a screen
//! reader would, and drawn by CPU.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bookmarks;
mod centre;
mod columns;
mod compare;
mod dead_letters;
mod diagram;
mod dialogs;
mod inspector;
mod lanes;
mod live;
mod log;
mod matrix;
mod memory;
mod navigator;
mod overlaps;
mod palette;
mod pictures;
mod query;
mod replay;
mod sagas;
mod saved;
mod simulator;
mod time;
mod timeline;
mod welcome;
mod widget_use;
mod widgets;
