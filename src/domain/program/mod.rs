//! Programs of a domain file: jq in a checked subset, compiled once, run on JSON. A program is a function: no
//! clock, no environment, no input but its own. What the subset leaves out, and why, is in `subset`.

mod bounded;
mod native;
mod part;
mod prelude;
mod reads;
mod shape;
mod subset;
mod value;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use jaq_core::data::JustLut;
use jaq_core::load::parse::Def;
use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Filter, Vars};
use jaq_json::Val;
use serde_json::Value;

pub use part::Part;

type Data = JustLut<Val>;

/// A compiled program. Clones share it; it may be run on many threads at once.
#[derive(Clone)]
pub struct Program(Arc<Compiled>);

struct Compiled {
    text: Box<str>,
    filter: Filter<Data>,
    /// The same, where it is simple enough.
    native: Option<native::Node>,
    reads: reads::Reads,
}

/// Why a text is no program of the subset, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct ProgramError {
    /// Offset in the program's text, in bytes.
    pub at: usize,
    /// Length of the wrong part, in bytes; 0 where something is missing.
    pub len: usize,
    /// For people: what is wrong and, where it is not obvious, why and what to write instead.
    pub reason: String,
}

/// What a program that compiled says when it fails on an input: `cannot index number with "items"`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ProgramFault(pub String);

impl Program {
    /// Checks and compiles `text`. The first error is reported.
    pub fn compile(text: &str) -> Result<Self, ProgramError> {
        let term = subset::parse(text)?;
        let (reads, native) = (reads::of(&term), native::compile(&term));
        let arena = Arena::default();
        let main = Def { name: "main", args: Vec::new(), body: bounded::term(term) };
        let modules = Loader::new(prelude::defs().into_iter().map(bounded::definition).chain([main]))
            .load(&arena, File { code: "main", path: () })
            .map_err(|_parsed_before| ProgramError::whole(text, "This cannot be read as a jq program."))?;
        let filter = Compiler::default()
            .with_funs(prelude::funs().chain(bounded::funs()))
            .compile(modules)
            .map_err(|errors| {
            let first = errors.into_iter().flat_map(|(_, undefined)| undefined).next();
            match first {
                Some((name, kind)) => subset::undefined(text, name, &kind),
                None => ProgramError::whole(text, "This cannot be compiled as a jq program."),
            }
        })?;
        Ok(Self(Arc::new(Compiled { text: text.into(), filter, native, reads })))
    }

    /// The first output for `input`; null where there is none. A program gives the same answer for the same input,
    /// always.
    pub fn run(&self, input: &Value) -> Result<Value, ProgramFault> {
        self.run_on(Part::Value(input))
    }

    /// The same, for an input that lies in several places: what is not read is not copied.
    pub fn run_on(&self, input: Part<'_>) -> Result<Value, ProgramFault> {
        let quick = self.0.native.as_ref().and_then(|native| native::run(native, input));
        quick.map_or_else(|| self.interpret(&input.whole()), Ok)
    }

    /// By the interpreter.
    fn interpret(&self, input: &Value) -> Result<Value, ProgramFault> {
        let filter = &self.0.filter;
        let context = Ctx::<Data>::new(&filter.lut, Vars::new([]));
        let first = filter.id.run((context, value::to_jq(input))).map(jaq_core::unwrap_valr).next();
        match first {
            None => Ok(Value::Null),
            Some(Ok(output)) => value::from_jq(&output),
            Some(Err(error)) => Err(value::fault(error)),
        }
    }

    /// As written.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Whether the answer may depend on the field `name` of the input, so that a caller need not build what is
    /// never read. When in doubt, it may.
    pub fn reads(&self, name: &str) -> bool {
        self.0.reads.contains(name)
    }

    /// The fields of the input that the program names; `None` when it may read any.
    pub fn fields_read(&self) -> Option<&BTreeSet<String>> {
        self.0.reads.names()
    }
}

impl ProgramError {
    fn whole(text: &str, reason: impl Into<String>) -> Self {
        Self { at: 0, len: text.len(), reason: reason.into() }
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Program({:?})", self.text())
    }
}

/// Two programs are equal when their texts are.
impl PartialEq for Program {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for Program {}

#[cfg(test)]
mod tests;
