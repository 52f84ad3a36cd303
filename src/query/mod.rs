//! The filter of the window and of the command line: words that an event must match, over the index first and
//! over payloads only where needed. Not yet the whole query language: juxtaposition and negation.

mod compose;
mod filter;
mod select;
mod text;
mod words;

pub use compose::{correlation_term, narrowed, negated, stream_term, text_term, type_term};
pub use filter::{Filter, FilterError, Term, TermKind};
pub use select::{Fetch, SelectStep, select};
pub use text::Needle;
pub use words::{Wish, toggled};
