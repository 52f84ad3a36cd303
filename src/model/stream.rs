//! The name of a stream within one source.

use std::fmt;

/// A stream's identity inside its source: the aggregate type, where the store has one, and the id as the
/// store spells it. The two are never joined: the same id may exist under two types.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamName {
    /// What kind of aggregate, if the store says so.
    pub aggregate_type: Option<String>,
    /// The id as stored.
    pub id: String,
}

impl StreamName {
    /// A stream of a known aggregate type.
    pub fn new(aggregate_type: impl Into<String>, id: impl Into<String>) -> Self {
        Self { aggregate_type: Some(aggregate_type.into()), id: id.into() }
    }

    /// A stream whose aggregate type is not known.
    pub fn untyped(id: impl Into<String>) -> Self {
        Self { aggregate_type: None, id: id.into() }
    }
}

/// `Type/id`, or the id alone.
impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.aggregate_type {
            Some(kind) => write!(f, "{kind}/{}", self.id),
            None => f.write_str(&self.id),
        }
    }
}
