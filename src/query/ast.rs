//! A query as it was understood. How it is written is the matter of the parser, what it finds that of the plan.

use std::fmt;

use super::fields::{FieldInfo, PLACES};
use super::path::Path;
use super::stage::Stage;
use super::value::ValueTest;
use crate::model::Row;

/// What an event must match, and what is done with the events that do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// `None`: everything matches.
    pub filter: Option<Expr>,
    /// What stands after `|`.
    pub stage: Option<Stage>,
}

/// A condition on one event.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// All of them hold; at least two.
    All(Vec<Self>),
    /// One of them holds; at least two.
    Any(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
    /// A field and what is asked of it.
    Term(Term),
}

/// `type:payment.*`: a field and what is asked of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// Which field.
    pub field: Field,
    /// What is asked.
    pub test: Test,
}

/// A field of an event.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its entry in [`super::FIELDS`].
    pub info: &'static FieldInfo,
    /// The way into data or metadata, for the fields that have one.
    pub path: Option<Path>,
}

impl PartialEq for Field {
    fn eq(&self, other: &Self) -> bool {
        self.info.name == other.info.name && self.path == other.path
    }
}

/// What is asked of a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// The text occurs, without regard to case.
    Text(String),
    /// A name or an id.
    Name {
        /// What it is like.
        like: Name,
        /// False for `!=`.
        equal: bool,
    },
    /// A number, time, duration or size; both ends count.
    Between {
        /// The least, if there is one.
        from: Option<Bound>,
        /// The greatest, if there is one.
        to: Option<Bound>,
        /// False for `!=`: there is a value, outside of this.
        inside: bool,
    },
    /// One of the field's own words.
    Word(&'static str),
    /// A value inside data or metadata.
    Value(ValueTest),
    /// Some event that shares the field's value matches.
    Among(Box<Expr>),
    /// An event in reach along causes.
    Near {
        /// The other event.
        to: Near,
        /// How many causes lie between at most; the event itself is 0.
        hops: u32,
    },
}

/// What a name is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Name {
    /// `*`, `?`, `[…]` and `{a,b}`, without regard to case.
    Glob(String),
    /// The name itself, as it is written.
    Exact(String),
    /// It matches somewhere in the name.
    Regex(Pattern),
}

/// A regular expression; equal to one that is written alike.
#[derive(Clone, Debug)]
pub struct Pattern(pub regex::Regex);

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

/// One end of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// A number; nanoseconds since 1970 for times, nanoseconds for durations, bytes for sizes.
    At(i64),
    /// So many nanoseconds before the last time of the log.
    BeforeEnd(i64),
    /// So many nanoseconds after the first time of the log.
    AfterStart(i64),
}

impl Bound {
    /// Moved by the smallest difference there is, once or back.
    #[must_use]
    pub(super) fn moved(self, by: i64) -> Self {
        match self {
            Self::At(at) => Self::At(at.saturating_add(by)),
            Self::BeforeEnd(length) => Self::BeforeEnd(length.saturating_sub(by)),
            Self::AfterStart(length) => Self::AfterStart(length.saturating_add(by)),
        }
    }
}

/// The other end of a causal relation.
#[derive(Clone, Debug, PartialEq)]
pub enum Near {
    /// This event.
    Event(Row),
    /// Any event that matches.
    Matching(Box<Expr>),
}

impl Query {
    /// Whether every event matches and nothing more is asked.
    pub fn is_empty(&self) -> bool {
        self.filter.is_none() && self.stage.is_none()
    }

    /// Whether payloads must be read to answer it.
    pub fn needs_payloads(&self) -> bool {
        self.filter.as_ref().is_some_and(Expr::needs_payloads)
            || self.stage.as_ref().is_some_and(Stage::needs_payloads)
    }

    /// Whether the sagas of the log must be known to answer it.
    pub fn needs_sagas(&self) -> bool {
        let in_filter =
            self.filter.as_ref().is_some_and(|filter| filter.any_term(&|term| term.field.info.of_sagas));
        in_filter || self.stage.as_ref().is_some_and(Stage::needs_sagas)
    }
}

impl Expr {
    /// All of `parts`; `None` of none.
    pub fn all(parts: Vec<Self>) -> Option<Self> {
        if parts.len() < 2 { parts.into_iter().next() } else { Some(Self::All(parts)) }
    }

    /// Any of `parts`; `None` of none.
    pub fn any(parts: Vec<Self>) -> Option<Self> {
        if parts.len() < 2 { parts.into_iter().next() } else { Some(Self::Any(parts)) }
    }

    /// Whether a term is of a kind, in queries inside terms too.
    pub fn any_term(&self, is: &dyn Fn(&Term) -> bool) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(|part| part.any_term(is)),
            Self::Not(inner) => inner.any_term(is),
            Self::Term(term) => is(term) || term.inner().is_some_and(|inner| inner.any_term(is)),
        }
    }

    /// Whether payloads must be read.
    pub fn needs_payloads(&self) -> bool {
        self.any_term(&Term::needs_payload)
    }
}

impl Term {
    fn needs_payload(&self) -> bool {
        let is_of_index =
            matches!(self.test, Test::Word(word) if PLACES.iter().any(|(place, _)| *place == word));
        self.field.info.of_payload && !is_of_index
    }

    /// The query inside it.
    pub(super) fn inner(&self) -> Option<&Expr> {
        match &self.test {
            Test::Among(inner) | Test::Near { to: Near::Matching(inner), .. } => Some(inner),
            _ => None,
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(f, "{}{path}", self.info.name),
            None => f.write_str(self.info.name),
        }
    }
}
