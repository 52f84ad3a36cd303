//! The domain file: what Sagascope may be told about a system. The definitions are plain data; programs in them
//! are jq in a checked subset. No I/O: the caller brings the texts.

mod definition;
mod program;
mod schema;

pub use definition::*;
pub use program::{Program, ProgramError, ProgramFault};
pub use schema::{Schema, SchemaError};
