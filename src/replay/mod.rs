//! The fold: the state of a stream at any version, what each event changed in it, and which event set a value.
//! Reads events that somebody else fetched; no I/O, no thread, no clock.

mod align;
#[cfg(test)]
mod arbitrary;
mod build;
mod checkpoints;
mod diff;
mod evolve;
mod fold;
mod lcs;
mod members;
mod path;
mod provenance;
mod rules;
mod shown;
mod step;
mod text;
mod tree;

pub use build::ReplayBuilder;
pub use diff::{ApplyError, Change, Counts, Op, apply, diff};
pub use evolve::{Evolve, EvolveIssue, MergeRule, VALUE_KEY};
pub use fold::Replay;
pub use path::{Path, PathError, Segment};
pub use rules::{DomainRule, rule_for};
pub use shown::{Shown, ValueKind, spell};
pub use step::{Skipped, Step};
pub use text::{LineChange, line_diff, pretty};
pub use tree::{Mark, Tree, TreeRow};
