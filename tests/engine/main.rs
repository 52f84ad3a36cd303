//! Tests of the engine through its public interface, one binary for all of them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bookmarks;
mod cli;
mod cli_simulation;
mod event_store;
mod following;
mod formats;
mod fuzzing;
mod index;
mod json_formats;
mod ledgers;
mod memory;
mod message_logs;
mod messaging;
mod native_writer;
mod objects;
mod pairs;
mod plain_log;
mod query;
mod readme;
mod reopening;
mod resume;
mod saga_commands;
mod sagas;
mod search;
mod simulated_runs;
mod simulation;
mod snapshots;
mod sqlite_damage;
mod sqlite_formats;
mod sqlite_mapped;
mod sqlite_opening;
mod support;
mod time_axis;
mod traces;
mod unpacking;
