//! The filter of the window and of the command line: words that an event must match, over the index first and
//! over payloads only where needed. Not yet the whole query language: juxtaposition and negation.

mod compose;
mod filter;
mod select;
mod text;

pub use compose::{correlation_term, narrowed, negated, stream_term, type_term};
pub use filter::{Filter, FilterError, Term, TermKind};
pub use select::{Fetch, SelectStep, select};
pub use text::Needle;
