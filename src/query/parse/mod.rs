//! From text to a query. A recursive descent over what is typed into the query bar or on the command line; every error
//! has its place and says what was expected there.
//!
//! ```text
//! query  = [ any ] [ "|" stage ]
//! any    = all { "or" all }
//! all    = one { [ "and" ] one }
//! one    = "-" one | "not" one | "(" any ")" | term
//! term   = field op value | field op "(" values ")" | text
//! field  = name [ path ]           path = { "." member | "[" index "]" }
//! op     = ":" | "=" | "!=" | "<" | "<=" | ">" | ">=" | "~"
//! value  = word | '"' text '"'     values = any, where a word alone is a value of the field
//! stage  = "count" [ "by" group ] | "top" [ number ] group
//! ```

use std::ops::Range;

use super::ast::{Expr, Field, Query};
use super::fields::{FIELDS, FieldInfo, Takes, field_called, text_field};
use super::operand;
use super::path::{Path, read_quoted};
use super::stage::Stage;
use super::value::Op;
use crate::base::nearest::nearest;

/// Parentheses and negations inside each other: more are an attack.
const DEPTH_MAX: usize = 64;
/// Bytes of a query.
const LENGTH_MAX: usize = 16 * 1_024;

/// A query that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    /// Bytes of the input that are wrong.
    pub at: Range<usize>,
    /// What was expected.
    pub message: String,
}

impl QueryError {
    pub(super) fn new(at: Range<usize>, message: impl Into<String>) -> Self {
        Self { at, message: message.into() }
    }
}

impl Query {
    /// Parses what is typed into the query bar.
    pub fn parse(input: &str) -> Result<Self, QueryError> {
        Ok(Outline::of(input)?.query)
    }
}

/// A query with the places of its outermost parts, to change it by a click.
#[derive(Clone, Debug)]
pub(super) struct Outline {
    pub(super) query: Query,
    /// The parts that must all hold, each with its place. One part, where it is parts of which any must hold.
    pub(super) parts: Vec<(Range<usize>, Expr)>,
    /// Whether the one part is bound by `or` and needs parentheses beside another.
    pub(super) is_any: bool,
    /// Where the filter ends: at the stage, or at the end.
    pub(super) end: usize,
}

impl Outline {
    pub(super) fn of(input: &str) -> Result<Self, QueryError> {
        if input.len() > LENGTH_MAX {
            let message = format!("A query has at most {LENGTH_MAX} bytes");
            return Err(QueryError::new(0..input.len(), message));
        }
        let mut parser = Parser { input, at: 0, depth: 0, value_of: None, parts: None };
        parser.skip_blanks();
        let filter = if parser.rest().is_empty() || parser.rest().starts_with('|') {
            None
        } else {
            Some(parser.any()?)
        };
        let end = parser.at;
        let stage = parser.stage()?;
        if !parser.rest().is_empty() {
            let at = parser.at..parser.at + parser.rest().chars().next().map_or(0, char::len_utf8);
            return Err(QueryError::new(at, "There is no ( for this )"));
        }
        let is_any = matches!(filter, Some(Expr::Any(_)));
        let parts = match (&filter, parser.parts) {
            (Some(filter), _) if is_any => vec![(first_place(input)..end, filter.clone())],
            (_, parts) => parts.unwrap_or_default(),
        };
        Ok(Self { query: Query { filter, stage }, parts, is_any, end })
    }
}

fn first_place(input: &str) -> usize {
    input.len() - input.trim_start().len()
}

/// The values of `field:(…)`: what a word alone means there.
#[derive(Clone)]
struct ValueOf {
    field: Field,
    op: Op,
}

pub(super) struct Parser<'a> {
    input: &'a str,
    at: usize,
    depth: usize,
    value_of: Option<ValueOf>,
    /// Of the first outermost `all`.
    parts: Option<Vec<(Range<usize>, Expr)>>,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.input[self.at..]
    }

    fn skip_blanks(&mut self) {
        self.at = self.input.len() - self.rest().trim_start().len();
    }

    /// The word at this place in lower case, if it is `word`; takes it.
    fn take_word(&mut self, word: &str) -> bool {
        let Some(start) = self.rest().get(..word.len()) else { return false };
        let ends = self.rest()[word.len()..]
            .chars()
            .next()
            .is_none_or(|next| next.is_whitespace() || "()|".contains(next));
        let is = start.eq_ignore_ascii_case(word) && ends;
        if is {
            self.at += word.len();
            self.skip_blanks();
        }
        is
    }

    fn any(&mut self) -> Result<Expr, QueryError> {
        let mut parts = vec![self.all()?];
        let mut at = self.at;
        while self.take_word("or") {
            if self.is_at_end() {
                return Err(QueryError::new(
                    at..self.at,
                    "A term is expected after or; quote it to search for the word",
                ));
            }
            parts.push(self.all()?);
            at = self.at;
        }
        Ok(Expr::any(parts).expect("at least one part"))
    }

    fn is_at_end(&self) -> bool {
        self.rest().is_empty() || self.rest().starts_with([')', '|'])
    }

    fn all(&mut self) -> Result<Expr, QueryError> {
        let mut parts = Vec::new();
        loop {
            let from = self.at;
            let part = self.one()?;
            parts.push((from..self.at, part));
            self.skip_blanks();
            let before = self.at;
            if self.take_word("or") {
                self.at = before;
                break;
            }
            if self.take_word("and") && self.is_at_end() {
                return Err(QueryError::new(
                    before..self.at,
                    "A term is expected after and; quote it to search for the word",
                ));
            }
            if self.is_at_end() {
                break;
            }
        }
        let all = Expr::all(parts.iter().map(|(_, part)| part.clone()).collect());
        if self.depth == 0 && self.parts.is_none() {
            self.parts = Some(parts);
        }
        Ok(all.expect("at least one part"))
    }

    /// Goes one level deeper for what `inner` reads.
    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, QueryError>) -> Result<T, QueryError> {
        if self.depth >= DEPTH_MAX {
            return Err(QueryError::new(
                self.at..self.input.len(),
                "Too many parentheses or negations inside each other",
            ));
        }
        self.depth += 1;
        let read = inner(self);
        self.depth -= 1;
        read
    }

    fn one(&mut self) -> Result<Expr, QueryError> {
        let rest = self.rest();
        let is_negated = rest
            .strip_prefix('-')
            .is_some_and(|next| !next.starts_with(char::is_whitespace) && !next.is_empty());
        if is_negated {
            self.at += 1;
            if self.is_at_end() {
                return Err(QueryError::new(self.at - 1..self.at, "A term is expected after -"));
            }
            return Ok(Expr::Not(Box::new(self.deeper(Self::one)?)));
        }
        let from = self.at;
        if self.take_word("not") {
            if self.is_at_end() {
                return Err(QueryError::new(
                    from..self.at,
                    "A term is expected after not; quote it to search for the word",
                ));
            }
            return Ok(Expr::Not(Box::new(self.deeper(Self::one)?)));
        }
        if rest.starts_with('(') {
            return self.group();
        }
        if rest.starts_with(')') {
            return Err(QueryError::new(from..from + 1, "A term is expected before )"));
        }
        self.term()
    }

    /// What stands in parentheses.
    fn group(&mut self) -> Result<Expr, QueryError> {
        let from = self.at;
        self.at += 1;
        self.skip_blanks();
        if self.rest().starts_with(')') {
            return Err(QueryError::new(from..self.at + 1, "A term is expected in the parentheses"));
        }
        if self.rest().is_empty() {
            return Err(QueryError::new(from..self.at, "The closing ) is missing"));
        }
        let inner = self.deeper(Self::any)?;
        if !self.rest().starts_with(')') {
            return Err(QueryError::new(from..self.at, "The closing ) is missing"));
        }
        self.at += 1;
        Ok(inner)
    }

    fn term(&mut self) -> Result<Expr, QueryError> {
        let from = self.at;
        if let Some((field, op)) = self.field()? {
            return self.asked(from, field, op);
        }
        let (text, quoted) = self.value()?;
        let (field, op) = match &self.value_of {
            Some(value_of) => (value_of.field.clone(), value_of.op),
            None => (Field { info: text_field(), path: None }, Op::Like),
        };
        operand::test(&field, op, &text, quoted, from..self.at).map(|expr| expr.of(field))
    }

    /// What is asked of a field: a value, values in parentheses, or a query in them.
    fn asked(&mut self, from: usize, field: Field, op: Op) -> Result<Expr, QueryError> {
        if op == Op::Matches || !self.rest().starts_with('(') {
            let value_at = self.at;
            let (text, quoted) = if op == Op::Matches { self.pattern()? } else { self.value()? };
            if !quoted && self.rest().starts_with('(') {
                let message =
                    "A blank is expected before (; a value with parentheses stands in quotation marks";
                return Err(QueryError::new(self.at..self.at + 1, message));
            }
            if !quoted && text.starts_with(['=', '<', '>', '~']) {
                let message = "The value begins with an operator: quote it, or write the operator once";
                return Err(QueryError::new(value_at..value_at + 1, message));
            }
            if text.is_empty() && !quoted {
                let message = format!("A value is expected here, as in {}", field.info.example);
                return Err(QueryError::new(from..value_at, message));
            }
            return operand::test(&field, op, &text, quoted, value_at..self.at).map(|test| test.of(field));
        }
        let is_query = matches!(field.info.takes, Takes::Event | Takes::Query);
        let outer = self.value_of.take();
        if !is_query {
            self.value_of = Some(ValueOf { field: field.clone(), op });
        }
        let inner = self.group();
        self.value_of = outer;
        let inner = inner?;
        if !is_query {
            return Ok(inner);
        }
        let at = self.at;
        let hops = match (field.info.takes, self.rest().strip_prefix('/')) {
            (Takes::Event, Some(_)) => {
                self.at += 1;
                Some(self.value()?.0)
            }
            _ => None,
        };
        operand::of_query(&field, inner, hops.as_deref(), at..self.at).map(|test| test.of(field))
    }

    /// A field with its operator, if one stands here; errors where a word before an operator is no field.
    fn field(&mut self) -> Result<Option<(Field, Op)>, QueryError> {
        let rest = self.rest();
        let from = self.at;
        let len = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len());
        let (name, after) = rest.split_at(len);
        if name.is_empty() {
            return Ok(None);
        }
        let (info, path, end) = match field_called(name) {
            Some(info) if info.has_path() => {
                let (path, len) = Path::read(after).map_err(|(at, message)| {
                    let place = from + name.len() + at;
                    let letter = self.input[place..].chars().next().map_or(0, char::len_utf8);
                    QueryError::new(place..place + letter, message)
                })?;
                (Some(info), Some(path), name.len() + len)
            }
            known => dotted(rest, name, known),
        };
        let Some((op, spelling)) = Op::ALL.iter().find(|(_, spelling)| rest[end..].starts_with(spelling))
        else {
            if info.is_some_and(FieldInfo::has_path) && path.as_ref().is_some_and(|path| !path.0.is_empty()) {
                let message = format!(
                    "What is asked of it is expected here: {name}.total>100, or has:{}",
                    &rest[..end]
                );
                return Err(QueryError::new(from..from + end, message));
            }
            return Ok(None);
        };
        let Some(info) = info else {
            let value = &rest[end + spelling.len()..];
            // `12:30`, `http://…`, `a=` at the end and the like are text; a word before a comparison is a field that
            // somebody misspelled.
            let is_text = name.chars().any(char::is_numeric) && *op == Op::Like
                || value.starts_with("//")
                || value.is_empty() && *op != Op::Like
                || value.starts_with(['=', '>', ':']);
            if is_text {
                return Ok(None);
            }
            let at = from..from + end;
            return Err(QueryError::new(at, unknown_field(&rest[..end])));
        };
        self.at += end + spelling.len();
        Ok(Some((Field { info, path }, *op)))
    }

    /// A quoted text, or everything to the next blank or parenthesis; whether it was quoted.
    fn value(&mut self) -> Result<(String, bool), QueryError> {
        let rest = self.rest();
        if rest.starts_with('"') {
            let Some((text, len)) = read_quoted(rest) else {
                return Err(QueryError::new(
                    self.at..self.input.len(),
                    "The closing quotation mark is missing",
                ));
            };
            self.at += len;
            return Ok((text, true));
        }
        let len = rest
            .find(|letter: char| letter.is_whitespace() || matches!(letter, '(' | ')' | '|'))
            .unwrap_or(rest.len());
        self.at += len;
        Ok((rest[..len].to_owned(), false))
    }

    /// The same of a regular expression, which has parentheses and bars of its own: to the next blank, or to the end
    /// of a group around it.
    fn pattern(&mut self) -> Result<(String, bool), QueryError> {
        let rest = self.rest();
        if rest.starts_with('"') {
            return self.value();
        }
        let (mut open, mut escaped) = (0_u32, false);
        let ends = |(at, letter): (usize, char)| {
            let is_plain = !std::mem::take(&mut escaped);
            escaped = is_plain && letter == '\\';
            match letter {
                _ if letter.is_whitespace() => Some(at),
                '(' if is_plain => {
                    open += 1;
                    None
                }
                ')' if is_plain && open == 0 => Some(at),
                ')' if is_plain => {
                    open -= 1;
                    None
                }
                _ => None,
            }
        };
        let len = rest.char_indices().find_map(ends).unwrap_or(rest.len());
        self.at += len;
        Ok((rest[..len].to_owned(), false))
    }

    /// What stands after `|`.
    fn stage(&mut self) -> Result<Option<Stage>, QueryError> {
        let Some(after) = self.rest().strip_prefix('|') else { return Ok(None) };
        let from = self.at + 1;
        self.at = self.input.len();
        Stage::parse(after, from).map(Some)
    }
}

/// `stream.events`: the longest name of a field that stands here, and where it ends.
fn dotted(
    rest: &str,
    name: &str,
    known: Option<&'static FieldInfo>,
) -> (Option<&'static FieldInfo>, Option<Path>, usize) {
    let after = &rest[name.len()..];
    let Some(member) = after.strip_prefix('.') else { return (known, None, name.len()) };
    let len = member.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(member.len());
    let end = name.len() + 1 + len;
    match known {
        // `corr.events` is a field, and `correlation.events` is the same one.
        Some(known) => (field_called(&format!("{}.{}", known.name, &member[..len])), None, end),
        None => (None, None, end),
    }
}

fn unknown_field(name: &str) -> String {
    let names = FIELDS.iter().map(|field| field.name);
    if let Some(close) = nearest(name, names) {
        return format!("There is no field {name}. Did you mean {close}? Quote it to search for text");
    }
    format!("There is no field {name}. In the payload it is data.{name}; quote it to search for text")
}

#[cfg(test)]
mod tests;
