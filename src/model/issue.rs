//! What could not be read, beside what could.

/// A record that is not in the log because it could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadIssue {
    /// Where in its source: "line 2140", "row 17 of events", "byte 4096".
    pub place: String,
    /// What is wrong, one sentence without the place.
    pub problem: String,
    /// The record's first bytes, at most [`crate::base::limits::ISSUE_RAW_BYTES_MAX`].
    pub raw: Vec<u8>,
}

impl ReadIssue {
    /// An issue with as much of `raw` as is kept.
    pub fn new(place: impl Into<String>, problem: impl Into<String>, raw: &[u8]) -> Self {
        let kept = raw.len().min(crate::base::limits::ISSUE_RAW_BYTES_MAX);
        Self { place: place.into(), problem: problem.into(), raw: raw[..kept].to_vec() }
    }
}
