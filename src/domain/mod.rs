//! The domain file: what Sagascope may be told about a system. The definitions are plain data; programs in them
//! are jq in a checked subset. No I/O: the caller brings the texts.
//!
//! What follows is the description of the format, as it lies beside the samples.
//!
#![doc = include_str!("../../sample-data/DOMAIN.md")]

mod built_in;
mod definition;
mod errors;
mod file;
mod lookup;
mod program;
mod schema;

pub use built_in::{BUILT_IN, BuiltIn};
pub use definition::*;
pub use errors::{DomainError, DomainErrors};
pub use lookup::{glob_matches, split_version, with_version};
pub use program::{Part, Program, ProgramError, ProgramFault};
pub use schema::{Schema, SchemaError};

#[cfg(test)]
mod tests;
