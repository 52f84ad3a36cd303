//! Every bound in one place, each with its reason.

/// Events handed from a reader to the index at a time: a cancel or a publish waits for one batch.
pub const READ_BATCH_EVENTS: usize = 4_096;

/// A longer line or document is an issue, not an event: 64 MiB is far beyond any real payload, and a
/// file without line ends must not be read into memory whole.
pub const RECORD_BYTES_MAX: usize = 64 << 20;

/// Bytes of a bad row that are kept in its issue.
pub const ISSUE_RAW_BYTES_MAX: usize = 4_096;

/// Issues kept one by one; beyond it they are only counted.
pub const ISSUES_KEPT_MAX: usize = 10_000;

/// Nesting of a JSON document that is still parsed; serde_json's own limit is the same.
pub const JSON_DEPTH_MAX: usize = 128;

/// First bytes of a file shown to every format when it is asked whether the file is its own.
pub const PROBE_BYTES: usize = 64 << 10;

/// Engine events waiting for the window; a full queue slows the loader, not the window.
pub const ENGINE_EVENTS_MAX: usize = 256;

/// Decoded events kept for the rows on screen.
pub const EVENT_CACHE_MAX: usize = 2_048;

/// Sources in one log: a row number keeps 13 bits for the source within 53 bits that JSON can carry.
pub const SOURCES_MAX: usize = 1 << 13;

/// Events between two checkpoints of a replay: any version is at most this many folds away.
pub const CHECKPOINT_EVERY: usize = 256;
