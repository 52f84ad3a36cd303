//! The window: the only module that knows egui.
//!
//! `app` holds the state and applies commands, `views` and `panels` draw it, `widgets` are the pieces, `theme`
//! says how everything looks, `ticks` where an axis is labelled, `headless` draws it all without a display.
//!
//! Wording: sentence case, no full stop after a single sentence, `…` on what asks for more, the terms of the
//! field (event, stream, version, playhead), errors that say what to do.

pub mod app;
pub mod command;
pub mod fonts;
pub mod format;
pub mod headless;
pub mod icons;
pub mod panels;
pub mod run;
pub mod screenshot;
pub mod theme;
mod ticks;
pub mod view;
pub mod views;
pub mod widgets;

pub use app::{App, AppOptions};
pub use run::run;
