//! The checked subset of jq: parses a program and refuses what could run for ever, answer differently tomorrow or
//! elsewhere, or reach outside. Says where and why.

use jaq_core::compile::Undefined;
use jaq_core::load::parse::Term;
use jaq_core::load::{Lexer, Parser, lex, span};

use super::{ProgramError, prelude};

/// The syntax tree of a program that keeps to the subset.
pub(super) fn parse(text: &str) -> Result<Term<&str>, ProgramError> {
    let tokens = Lexer::new(text).lex().map_err(|errors| match errors.first() {
        Some((expected, rest)) => lexical(text, expected, rest),
        None => ProgramError::whole(text, "This cannot be read as a jq program."),
    })?;
    let parsed = Parser::new(&tokens).parse(Parser::term);
    parsed.map_err(|errors| match errors.first() {
        Some((expected, found)) => {
            let found = lex::Token::opt_as_str(*found, text);
            let place = span(text, found);
            let there =
                if found.is_empty() { "the program ends".to_owned() } else { format!("there is {found:?}") };
            error(&place, format!("A {} is expected, but {there}.", expected.as_str()))
        }
        None => ProgramError::whole(text, "This cannot be read as a jq program."),
    })
}

fn lexical(text: &str, expected: &lex::Expect<&str>, rest: &str) -> ProgramError {
    let start = span(text, rest).start;
    let found = rest.chars().next().map_or(0, char::len_utf8);
    error(&(start..start + found), format!("A {} is expected here.", expected.as_str()))
}

/// A name that nothing defines.
pub(super) fn undefined(text: &str, name: &str, kind: &Undefined) -> ProgramError {
    let place = span_within(text, name);
    let reason = match kind {
        Undefined::Filter(arity) => {
            let others: Vec<_> = prelude::names().into_iter().filter(|(other, _)| *other == name).collect();
            match others.first() {
                Some((_, takes)) => format!("{name} takes {takes} arguments, not {arity}."),
                None => format!("There is no function {name} in programs of a domain file."),
            }
        }
        other => format!("There is no {} {name} here.", other.as_str()),
    };
    error(&place, reason)
}

/// Where `part` lies in `text`; all of it when it is no part.
fn span_within(text: &str, part: &str) -> std::ops::Range<usize> {
    let (whole, start) = (text.as_ptr() as usize, part.as_ptr() as usize);
    if start >= whole && start + part.len() <= whole + text.len() { span(text, part) } else { 0..text.len() }
}

fn error(place: &std::ops::Range<usize>, reason: String) -> ProgramError {
    ProgramError { at: place.start, len: place.len(), reason }
}
