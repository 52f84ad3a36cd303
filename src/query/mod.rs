//! The query language of the window and of the command line: what an event must match, and what is counted of the
//! events that do. Over the index first, over payloads only where needed.
//!
//! ```text
//! type:payment.* stream:order-42 after:2026-03-01T08:00 before:10m data.total>100 meta.userId=7 version<3
//! corr:8f7b* "free text" saga:stuck -type:*.heartbeat (a or b) cause:(is:failure)/2 | count by type
//! ```
//!
//! The grammar is in `parse`, the fields are the registry [`FIELDS`], what can be counted by is [`GROUPS`].

mod ast;
mod complete;
mod compose;
mod decimal;
mod fields;
mod group;
mod leaf;
mod marks;
mod operand;
mod parse;
mod path;
mod plan;
mod samples;
mod select;
mod stage;
mod text;
mod times;
mod value;
mod words;

pub use ast::{Bound, Expr, Field, Name, Near, Pattern, Query, Term, Test};
pub use complete::{Completion, Known, complete};
pub use compose::{
    correlation_term, group_term, narrowed, negated, stream_term, text_term, type_term, value_group,
};
pub use decimal::bytes;
pub use fields::{FIELDS, FieldInfo, Side, Takes, field_called};
pub use group::{GROUPS, GroupInfo, Tally, tally};
pub use marks::Marks;
pub use parse::QueryError;
pub use path::{Path, Step};
pub use plan::{Fetch, Ground, KeptTexts, MayHold, SegmentBits};
pub use samples::Samples;
pub use select::{Found, SelectStep, select};
pub use stage::{Group, Stage};
pub use text::Needle;
pub use value::{Op, ValueTest};
pub use words::{Wish, toggled, without_stage};
