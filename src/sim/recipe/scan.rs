//! Reading a recipe from left to right: names, numbers, durations, and where they stand. Knows no registry.

use crate::base::ticks::Ticks;

use super::error::{Problem, RecipeError};

/// A text and the place up to which it has been read.
pub(super) struct Scan<'a> {
    text: &'a str,
    /// Byte offset of what comes next.
    at: usize,
}

impl<'a> Scan<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Where the next character stands.
    pub(super) fn place(&self) -> usize {
        self.at
    }

    /// An error at a place.
    pub(super) fn error_at(&self, place: usize, problem: Problem) -> RecipeError {
        RecipeError { at: Some(self.text[..place].chars().count()), problem }
    }

    /// Takes what comes next if it is this.
    pub(super) fn take(&mut self, what: &str) -> bool {
        let taken = self.rest().starts_with(what);
        if taken {
            self.at += what.len();
        }
        taken
    }

    /// Something else must stand here.
    pub(super) fn expected(&self, expected: &str) -> RecipeError {
        let found = match self.rest().chars().next() {
            None => "the end".to_owned(),
            Some(found) => format!("\"{found}\""),
        };
        self.error_at(self.at, Problem::Expected { expected: expected.to_owned(), found })
    }

    /// Takes this, or says that it is missing.
    pub(super) fn need(&mut self, what: &str) -> Result<(), RecipeError> {
        if self.take(what) { Ok(()) } else { Err(self.expected(&format!("\"{what}\""))) }
    }

    /// Nothing may be left.
    pub(super) fn end(&self, expected: &str) -> Result<(), RecipeError> {
        if self.rest().is_empty() { Ok(()) } else { Err(self.expected(expected)) }
    }

    /// A letter, then letters, digits, `-` and `_`.
    pub(super) fn name(&mut self, expected: &str) -> Result<&'a str, RecipeError> {
        if !self.rest().starts_with(|first: char| first.is_ascii_alphabetic()) {
            return Err(self.expected(expected));
        }
        Ok(self.take_while(|next| next.is_ascii_alphanumeric() || matches!(next, b'-' | b'_')))
    }

    /// Names with dots between.
    pub(super) fn dotted(&mut self, expected: &str) -> Result<&'a str, RecipeError> {
        let start = self.at;
        self.name(expected)?;
        while self.take(".") {
            self.name("a name after the dot")?;
        }
        Ok(&self.text[start..self.at])
    }

    /// Digits only.
    pub(super) fn number(&mut self, what: &'static str, low: u64, high: u64) -> Result<u64, RecipeError> {
        let start = self.at;
        let digits = self.take_while(|next| next.is_ascii_digit());
        if digits.is_empty() {
            return Err(self.expected("a number"));
        }
        let number = digits.parse().ok().filter(|number| (low..=high).contains(number));
        number.ok_or_else(|| self.error_at(start, Problem::Range { what, low, high }))
    }

    /// A whole number and a unit.
    pub(super) fn duration(&mut self) -> Result<Ticks, RecipeError> {
        let start = self.at;
        let text = self.take_while(|next| next.is_ascii_alphanumeric());
        Ticks::parse(text).map_err(|error| {
            let found = format!("\"{}\"", error.0);
            let expected = "a whole number and a unit (250us, 20ms, 2s, 5m, 1h)".to_owned();
            self.error_at(start, Problem::Expected { expected, found })
        })
    }

    fn take_while(&mut self, belongs: impl Fn(u8) -> bool) -> &'a str {
        let length = self.rest().bytes().take_while(|&next| belongs(next)).count();
        let taken = &self.rest()[..length];
        self.at += length;
        taken
    }
}
