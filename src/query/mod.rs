//! The filter of the window and of the command line: words that an event must match, over the index first and
//! over payloads only where needed. Not yet the whole query language: juxtaposition and negation.

mod filter;
mod select;
mod text;

pub use filter::{Filter, FilterError, Term, TermKind};
pub use select::{Fetch, SelectStep, select};
