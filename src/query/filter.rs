//! `type:payment.* stream:ord-* corr:8f7b… -text "two words"`: parsing.

use std::ops::Range;

/// What an event must match: all terms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Empty: everything matches.
    pub terms: Vec<Term>,
}

/// One word of a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// `-word`: must not match.
    pub negated: bool,
    /// What must match.
    pub kind: TermKind,
}

/// What a term looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TermKind {
    /// `type:GLOB`, the whole type name.
    Type(String),
    /// `stream:GLOB`, the id, or `Type/id`.
    Stream(String),
    /// `corr:ID`, a correlation id or, ended by `*` or `…`, its beginning.
    Correlation(String),
    /// Text in the payload, the metadata, the type or the stream, without regard to case.
    Text(String),
}

/// A filter that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FilterError {
    /// Bytes of the input that are wrong.
    pub at: Range<usize>,
    /// What was expected.
    pub message: String,
}

impl Filter {
    /// Parses what is typed into the filter box.
    pub fn parse(input: &str) -> Result<Self, FilterError> {
        let mut terms = Vec::new();
        let mut rest = input;
        loop {
            rest = rest.trim_start();
            if rest.is_empty() {
                return Ok(Self { terms });
            }
            let at = input.len() - rest.len();
            let (term, after) = parse_term(rest, at)?;
            terms.push(term);
            rest = after;
        }
    }

    /// Whether everything matches.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether payloads must be read to answer it.
    pub fn needs_payloads(&self) -> bool {
        self.terms.iter().any(|term| matches!(term.kind, TermKind::Text(_)))
    }
}

type MakeTerm = fn(String) -> TermKind;

/// The fields a word can begin with.
const FIELDS: [(&str, MakeTerm); 5] = [
    ("type", TermKind::Type),
    ("stream", TermKind::Stream),
    ("corr", TermKind::Correlation),
    ("correlation", TermKind::Correlation),
    ("text", TermKind::Text),
];

fn parse_term(input: &str, at: usize) -> Result<(Term, &str), FilterError> {
    let negated = input.starts_with('-') && input[1..].starts_with(|next: char| !next.is_whitespace());
    let body = if negated { &input[1..] } else { input };
    let body_at = at + usize::from(negated);
    let field = body
        .split_once(':')
        .filter(|(field, _)| field.chars().all(char::is_alphanumeric) && !field.is_empty());
    let (kind, value, value_at): (MakeTerm, &str, usize) = match field {
        Some((field, value)) => match FIELDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(field)) {
            Some((_, kind)) => (*kind, value, body_at + field.len() + 1),
            // `12:30` and the like are text; a word before a colon is a field somebody misspelled.
            None if field.chars().any(char::is_numeric) => (TermKind::Text, body, body_at),
            None => {
                let message = format!(
                    "There is no field {field}. Known are type, stream, corr and text; quote it to search for text"
                );
                return Err(FilterError { at: body_at..body_at + field.len(), message });
            }
        },
        None => (TermKind::Text, body, body_at),
    };
    let (text, rest) = parse_value(value, value_at)?;
    if text.is_empty() {
        return Err(FilterError { at: at..value_at, message: "A value is expected here".to_owned() });
    }
    Ok((Term { negated, kind: kind(text) }, rest))
}

/// A quoted text or everything to the next blank.
fn parse_value(input: &str, at: usize) -> Result<(String, &str), FilterError> {
    let Some(quoted) = input.strip_prefix('"') else {
        let end = input.find(char::is_whitespace).unwrap_or(input.len());
        return Ok((input[..end].to_owned(), &input[end..]));
    };
    let mut text = String::new();
    let mut escaped = false;
    for (offset, letter) in quoted.char_indices() {
        match letter {
            _ if escaped => text.push(letter),
            '\\' => {
                escaped = true;
                continue;
            }
            '"' => return Ok((text, &quoted[offset + 1..])),
            _ => text.push(letter),
        }
        escaped = false;
    }
    Err(FilterError { at: at..at + input.len(), message: "The closing quotation mark is missing".to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, expected: &[(bool, TermKind)]) {
        let terms =
            expected.iter().map(|(negated, kind)| Term { negated: *negated, kind: kind.clone() }).collect();
        assert_eq!(Filter::parse(input), Ok(Filter { terms }), "{input}");
    }

    #[test]
    fn words_become_terms() {
        use TermKind::{Correlation, Stream, Text, Type};
        check("", &[]);
        check("  ", &[]);
        check("type:payment.*", &[(false, Type("payment.*".into()))]);
        check("-type:*.heartbeat ord", &[(true, Type("*.heartbeat".into())), (false, Text("ord".into()))]);
        check(
            "stream:\"my order\" corr:8f…",
            &[(false, Stream("my order".into())), (false, Correlation("8f…".into()))],
        );
        check(
            "12:30 - \"a \\\" b\"",
            &[(false, Text("12:30".into())), (false, Text("-".into())), (false, Text("a \" b".into()))],
        );
    }

    #[test]
    fn errors_point_at_the_place() {
        for (input, at) in [("ok colour:red", 3..9), ("type:", 0..5), ("\"open", 0..5), ("a -stream:", 2..10)]
        {
            assert_eq!(Filter::parse(input).unwrap_err().at, at, "{input}");
        }
    }
}
