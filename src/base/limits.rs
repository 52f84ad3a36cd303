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

/// Sources whose files stay open between two fetches. Each may hold a dozen, and some systems give a program 256 in
/// all.
pub const SOURCES_OPEN_MAX: usize = 12;

/// Events between two checkpoints of a replay: any version is at most this many folds away.
pub const CHECKPOINT_EVERY: usize = 256;

/// Bytes of events between two checkpoints of a replay, where the events are large.
pub const CHECKPOINT_INPUT_BYTES: usize = 512 << 10;

/// Bytes of checkpoints kept for one replay; beyond it every second one is dropped and the spacing doubles.
pub const CHECKPOINT_BYTES_MAX: usize = 64 << 20;

/// Paths whose history one replay keeps; beyond it only top-level keys are followed.
pub const PROVENANCE_PATHS_MAX: usize = 200_000;

/// Edits searched for when two sequences (array elements, lines of text) are matched; what differs more
/// is paired by place. The search costs the square of it.
pub const DIFF_EDITS_MAX: usize = 500;

/// Characters of a value shown in a row; the whole is a click away.
pub const TREE_TEXT_CHARS_MAX: usize = 240;

/// Rows for values that only a later event sets; beyond it they are counted.
pub const TREE_LATER_ROWS_MAX: usize = 200;

/// Rows of a payload shown as a tree; beyond it they are counted.
pub const PAYLOAD_ROWS_MAX: usize = 50_000;

/// Bytes of a payload shown as wrapped text: laying out more would stop the window. Copying takes all of it.
pub const RAW_TEXT_BYTES_MAX: usize = 1 << 20;

/// Bytes of a payload that are parsed between two frames; a larger one is parsed in the background.
pub const PARSE_AT_ONCE_BYTES: usize = 64 << 10;

/// Streams that the palette offers.
pub const PALETTE_STREAMS_MAX: usize = 50;
