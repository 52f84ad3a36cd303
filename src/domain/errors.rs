//! What is wrong with a domain file: everything at once, each with its place.

use std::fmt;
use std::ops::Range;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The place in bytes.
    pub span: Range<usize>,
    /// A sentence: what is wrong, and what to write instead.
    pub message: String,
}

/// All that is wrong with a file, by place; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainErrors(Vec<DomainError>);

impl DomainErrors {
    /// `found` in the text, by place; the same message at the same place once.
    pub(super) fn new(text: &str, mut found: Vec<(Range<usize>, String)>) -> Self {
        found.sort_by(|a, b| (a.0.start, &a.1).cmp(&(b.0.start, &b.1)));
        found.dedup();
        let errors = found.into_iter().map(|(span, message)| {
            let before = text.get(..span.start.min(text.len())).unwrap_or(text);
            let line_start = before.rfind('\n').map_or(0, |end| end + 1);
            DomainError {
                line: before.matches('\n').count() + 1,
                column: before[line_start..].chars().count() + 1,
                span,
                message,
            }
        });
        Self(errors.collect())
    }

    /// The errors, by place.
    pub fn iter(&self) -> impl Iterator<Item = &DomainError> {
        self.0.iter()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Never: there is no `DomainErrors` without an error.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A line each: `12:5: message`.
impl fmt::Display for DomainErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{}:{}: {}", error.line, error.column, error.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for DomainErrors {}
